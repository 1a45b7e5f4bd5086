//! Find a sentence: from when to when some words stood, over everything that was ever published.

use std::str::FromStr;

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    address,
    ask::{Asked, encoded, shown_again},
    page::{Frame, Keep, shown},
    row,
};
use crate::registry::{
    Registry, Result,
    door::Door,
    find::{Stood, StoodPlace, Within},
};

/// How many places one page lists.
const LISTED: usize = 20;
/// The longest words that are looked for, in characters.
const MAX_WORDS_CHARACTERS: usize = 1_000;

#[derive(Template)]
#[template(path = "web/find.html")]
struct FindPage {
    frame: Frame,
    words: String,
    /// Why the words cannot be looked for.
    error: Option<&'static str>,
    page: Option<Places>,
}

/// What was found.
struct Places {
    places: Vec<Place>,
    next: Option<String>,
    /// This is not the first page.
    goes_on: bool,
}

/// One place.
struct Place {
    /// The words in the last version that said so.
    address: String,
    service_name: String,
    supplier_name: String,
    condition: Option<String>,
    stood: Stood,
}

/// Where a page begins, in an address: `12-7`.
struct Begin(StoodPlace);

impl FromStr for Begin {
    type Err = ();
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (newest, below) = text.split_once('-').ok_or(())?;
        Ok(Begin(StoodPlace { newest: newest.parse().map_err(|_| ())?, below: below.parse().map_err(|_| ())? }))
    }
}

/// `/find`, and with `words` where and when they stood.
pub async fn find(State(door): State<Door>, asked: Asked) -> Response {
    shown(door, Keep::Current, move |registry| page(registry, &asked)).await
}

fn page(registry: &Registry, asked: &Asked) -> Result<FindPage> {
    let frame = Frame::new(registry.settings(), "Find a sentence", "/find")
        .described("Paste words that a supplier said, and see from when to when they stood in its statement.");
    let Some(typed) = asked.get("words") else {
        return Ok(FindPage { frame, words: String::new(), error: None, page: None });
    };
    // What was looked for is nobody else's business: such a page is not for search engines.
    let frame = frame.unlisted();
    let words = shown_again(typed, MAX_WORDS_CHARACTERS);
    let error = if typed.chars().count() > MAX_WORDS_CHARACTERS {
        Some("These are more words than can be looked for at once, at most 1,000 characters. One sentence is enough.")
    } else if !words.chars().any(char::is_alphanumeric) {
        Some("There is no letter or digit to look for. Paste some words.")
    } else {
        None
    };
    let page = match error {
        None => Some(places(registry, &words, asked.parsed("from"))?),
        Some(_) => None,
    };
    Ok(FindPage { frame, words, error, page })
}

fn places(registry: &Registry, words: &str, begin: Option<Begin>) -> Result<Places> {
    let goes_on = begin.is_some();
    let page = registry.find_words(&Within::Everything, words, begin.map(|begin| begin.0), LISTED)?;
    let next =
        page.next.map(|StoodPlace { newest, below }| format!("/find?words={}&from={newest}-{below}", encoded(words)));
    let places = page.found.into_iter().map(|stood| place(registry, stood)).collect::<Result<_>>()?;
    Ok(Places { places, next, goes_on })
}

fn place(registry: &Registry, stood: Stood) -> Result<Place> {
    let id = &stood.last.certification;
    let current = registry.certification(id)?.current;
    Ok(Place {
        address: format!("{}/versions/{}#{}", address::certification(id), stood.last.version, stood.answer),
        service_name: current.service_name,
        supplier_name: current.supplier_name,
        condition: row::condition(registry, id)?,
        stood,
    })
}
