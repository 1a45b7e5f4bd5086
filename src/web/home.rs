//! The first page: what this is, search, what changed lately, three doors. A search shows what was found instead.

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
    registry::{Registry, Result, door::Door},
};

/// How many services one page lists.
const LISTED: usize = 50;
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
    services: Vec<ServiceRow>,
    next: Option<String>,
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
    let after: Option<CertificationId> = asked.parsed("after");
    let filter = CertificationFilter { names: Some(q.clone()).filter(|q| !q.is_empty()), ..Default::default() };
    let cursor = after.clone().map(|id| CertificationCursor { id, sequence: 0 });
    let mut rows = registry.index().certifications(&filter, cursor.as_ref(), LISTED + 1)?;
    let more = rows.len() > LISTED;
    rows.truncate(LISTED);
    let last = rows.last().map(|row| row.current.publication.certification.clone());
    let next = last.filter(|_| more).map(|id| format!("/?q={}&after={id}", encoded(&q)));
    let suppliers = match after {
        None if !q.is_empty() => registry.index().suppliers(Some(&q), None, 10)?,
        _ => Vec::new(),
    };
    Ok(Found { services: ServiceRow::all(registry, &rows)?, q, suppliers, next })
}

impl Home {
    fn supplier_address(&self, row: &SupplierRow) -> String {
        address::supplier(&row.id)
    }
}
