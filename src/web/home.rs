//! The first page: what this is, search, what changed lately, three doors. A search shows what was found instead.

use std::str::FromStr;

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    address,
    ask::{Asked, encoded, shown_again},
    page::{Frame, Keep, shown},
    row::ServiceRow,
};
use crate::{
    domain::CertificationId,
    index::{CertificationCursor, CertificationFilter, CertificationSort, Counts, SupplierRow},
    registry::{Registry, Result, door::Door, excerpt::Excerpt, search::SaidPlace},
};

/// How many services one page lists.
const LISTED: usize = 50;
/// How many services with the words in an answer one page lists.
const SAID: usize = 20;
/// How many changes the first page shows.
const RECENT: usize = 8;
/// The longest search, in characters.
const MAX_SEARCH_CHARACTERS: usize = 200;

#[derive(Template)]
#[template(path = "web/home.html")]
struct Home {
    frame: Frame,
    counts: Counts,
    /// The newest certifications, where nothing is searched for.
    recent: Vec<ServiceRow>,
    found: Option<Found>,
}

/// What a search found.
struct Found {
    q: String,
    suppliers: Vec<SupplierRow>,
    /// Whether this page lists services by name; further pages of answers do not.
    lists_names: bool,
    services: Vec<ServiceRow>,
    next: Option<String>,
    /// Answers with the words; none while further services by name are shown.
    said: Option<Said>,
}

/// Services with an answer that holds the words.
struct Said {
    hits: Vec<Hit>,
    next: Option<String>,
}

/// One of them.
struct Hit {
    row: ServiceRow,
    excerpts: Vec<Excerpt>,
}

/// `/`, and with `q` what is found.
pub async fn home(State(door): State<Door>, asked: Asked) -> Response {
    shown(door, Keep::Current, move |registry| page(registry, &asked)).await
}

fn page(registry: &Registry, asked: &Asked) -> Result<Home> {
    let found = asked.has("q").then(|| search(registry, asked)).transpose()?;
    let settings = registry.settings();
    let (title, canonical) = match &found {
        Some(found) if found.q.is_empty() => ("All services".to_owned(), "/?q="),
        Some(found) => (format!("Search: {}", found.q), ""),
        None => ("What suppliers say about your school's data, and what changed".to_owned(), "/"),
    };
    let mut frame = Frame::new(settings, title, canonical)
        .described(
            "A public register of signed self-certifications by suppliers of cloud software services for schools: what \
             each supplier says, who signed it, and what changed since your school signed up.",
        )
        .with_feed("Everything that changes on the register", "/v1/changes.atom");
    frame.unlisted = canonical.is_empty();
    let recent = match found {
        Some(_) => Vec::new(),
        None => {
            let filter = CertificationFilter { sort: CertificationSort::RecentlyChanged, ..Default::default() };
            ServiceRow::all(registry, &registry.index().certifications(&filter, None, RECENT)?)?
        }
    };
    Ok(Home { frame, counts: registry.index().counts()?, recent, found })
}

fn search(registry: &Registry, asked: &Asked) -> Result<Found> {
    let q = shown_again(asked.get("q").unwrap_or_default(), MAX_SEARCH_CHARACTERS);
    let filter = CertificationFilter { names: Some(q.clone()).filter(|q| !q.is_empty()), ..Default::default() };
    let after: Option<CertificationId> = asked.parsed("after");
    let said_after: Option<Place> = asked.parsed("said");
    let is_first = after.is_none() && said_after.is_none();
    let said = match filter.names {
        Some(_) if after.is_none() => Some(said(registry, &filter, said_after)?),
        _ => None,
    };
    let lists_names = said_after.is_none();
    let (services, next) = if lists_names { named(registry, &filter, after)? } else { (Vec::new(), None) };
    let suppliers =
        if is_first && !q.is_empty() { registry.index().suppliers(Some(&q), None, 10)? } else { Vec::new() };
    Ok(Found { q, suppliers, lists_names, services, next, said })
}

/// Services with the words in their names, and where there are more.
fn named(
    registry: &Registry,
    filter: &CertificationFilter,
    after: Option<CertificationId>,
) -> Result<(Vec<ServiceRow>, Option<String>)> {
    let cursor = after.map(|id| CertificationCursor { id, sequence: 0 });
    let mut rows = registry.index().certifications(filter, cursor.as_ref(), LISTED + 1)?;
    let more = rows.len() > LISTED;
    rows.truncate(LISTED);
    let last = rows.last().map(|row| row.current.publication.certification.clone());
    let q = encoded(filter.names.as_deref().unwrap_or_default());
    let next = last.filter(|_| more).map(|id| format!("/?q={q}&after={id}"));
    Ok((ServiceRow::all(registry, &rows)?, next))
}

/// Where a page of answers begins, in an address: `12-7`.
#[derive(Clone, Copy)]
struct Place(SaidPlace);

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (at, below) = text.split_once('-').ok_or(())?;
        Ok(Place(SaidPlace { at: at.parse().map_err(|_| ())?, below: below.parse().map_err(|_| ())? }))
    }
}

fn said(registry: &Registry, filter: &CertificationFilter, after: Option<Place>) -> Result<Said> {
    let page = registry.said(filter, after.map(|place| place.0), SAID)?;
    let (rows, excerpts): (Vec<_>, Vec<_>) = page.hits.into_iter().map(|hit| (hit.row, hit.excerpts)).unzip();
    let rows = ServiceRow::all(registry, &rows)?;
    let q = encoded(filter.names.as_deref().unwrap_or_default());
    Ok(Said {
        hits: rows.into_iter().zip(excerpts).map(|(row, excerpts)| Hit { row, excerpts }).collect(),
        next: page.next.map(|SaidPlace { at, below }| format!("/?q={q}&said={at}-{below}")),
    })
}

impl Home {
    fn supplier_address(&self, row: &SupplierRow) -> String {
        address::supplier(&row.id)
    }
}
