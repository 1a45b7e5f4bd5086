//! `/v1/find`: from when to when some words stood, over all certifications.

use std::str::FromStr;

use axum::extract::{OriginalUri, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Parsed, Query},
    params::{Sequence, bounded, page_size, read_cursor, write_cursor},
    problem::{self, Problem},
    reply::{Answer, Cache, Reply},
    views::found::{StoodPageView, StoodView},
};
use crate::{
    domain::{CertificationId, SupplierId},
    registry::{
        Registry, Result,
        door::Door,
        find::{StoodPage, StoodPlace, Within},
    },
};

/// The longest words that are looked for, in characters.
const MAX_WORDS_CHARACTERS: usize = 2_000;

/// Which words, and where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FindQuery {
    /// Words as they stood one after the other in one paragraph, with at least one letter or digit. Capitals, white space and
    /// the forms of quotes and dashes make no difference; everything else does. Words are found whole.
    #[param(max_length = 2000, example = "kept for 60 days")]
    words: String,
    /// What this supplier said only.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40)]
    supplier: Option<Parsed<SupplierId>>,
    /// Instead of `supplier`: what was said in this certification only, `supplier/service`.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9](-?[a-z0-9])*/[a-z0-9](-?[a-z0-9])*$", max_length = 81)]
    certification: Option<Parsed<CertificationId>>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// From `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Where a page begins, as a cursor holds it: `found 12 7`.
pub(super) struct Place(pub StoodPlace);

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (newest, below) = text.strip_prefix("found ").and_then(|rest| rest.split_once(' ')).ok_or(())?;
        let number = |text: &str| text.parse::<Sequence>().map(|number| number.0).map_err(|_| ());
        Ok(Place(StoodPlace { newest: number(newest)?, below: number(below)? }))
    }
}

/// Find from when to when some words stood
///
/// Looks through every version that was ever published. Each run of versions in which the words stood in one answer comes
/// once, whose words were stated last first.
#[utoipa::path(get, path = "/v1/find", tag = "Certifications", operation_id = "find_words", params(FindQuery),
    responses((status = 200, description = "A page of places where the words stood.", body = StoodPageView,
        headers(("Link" = String, description = "`rel=\"next\"`: the next page, where there is one."))),
        (status = 404, response = problem::NotFound)))]
pub async fn find_words(
    State(door): State<Door>,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<FindQuery>,
) -> Answer {
    let words = bounded("words", Some(query.words), MAX_WORDS_CHARACTERS)?.unwrap_or_default();
    if !words.chars().any(char::is_alphanumeric) {
        return Err(Problem::new("bad-parameter", "'words' has no letter or digit: paste some words to find.").into());
    }
    let within = match (query.supplier, query.certification) {
        (None, None) => Within::Everything,
        (Some(supplier), None) => Within::Supplier(supplier.0),
        (None, Some(certification)) => Within::Certification(certification.0),
        (Some(_), Some(_)) => {
            let detail = "'supplier' and 'certification' exclude each other: give one of them, or none.";
            return Err(Problem::new("bad-parameter", detail).into());
        }
    };
    let limit = page_size(query.limit, 20, 100)?;
    let after: Option<Place> = read_cursor(query.cursor.as_deref())?;
    let page = door.ask(move |registry| {
        let page = registry.find_words(&within, &words, after.map(|place| place.0), limit)?;
        view(registry, &page)
    });
    let page = page.await?;
    let next = page.next_cursor.clone();
    Ok(Reply::json(Cache::Current, &page).next_page(uri.path(), uri.query(), next.as_deref()))
}

fn view(registry: &Registry, page: &StoodPage) -> Result<StoodPageView> {
    let rows = page.found.iter().map(|stood| registry.certification(&stood.last.certification));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let standings = registry.standings(&rows)?;
    let settings = registry.settings();
    let stood = page.found.iter().zip(rows.iter().zip(&standings));
    let next = page.next.map(|place| write_cursor(&format!("found {} {}", place.newest, place.below)));
    Ok(StoodPageView {
        items: stood.map(|(stood, (row, standing))| StoodView::of(stood, row, standing, settings)).collect(),
        next_cursor: next,
    })
}
