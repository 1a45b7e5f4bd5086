//! Case statements: what was asked, answered, required and withdrawn, newest first.

use askama::Template;
use axum::{extract::State, response::Response};

use super::page::{Frame, Keep, shown};
use crate::{
    index::EventRow,
    registry::{Registry, Result, door::Door},
};

/// How many events the page lists.
const LISTED: usize = 100;
/// The kinds of events that the page is about.
const KINDS: [&str; 3] = ["case.stated", "certification.withdrawn", "certification.reinstated"];

#[derive(Template)]
#[template(path = "web/cases.html")]
struct CasesPage {
    frame: Frame,
    lines: Vec<Line>,
}

/// One statement.
struct Line {
    on: String,
    about: String,
    address: String,
    headline: String,
}

/// `/cases`
pub async fn cases(State(door): State<Door>) -> Response {
    shown(door, Keep::Current, page).await
}

fn page(registry: &Registry) -> Result<CasesPage> {
    let mut events = Vec::new();
    for kind in KINDS {
        events.extend(registry.index().events(0, usize::MAX, Some(kind), None)?);
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.sequence));
    events.truncate(LISTED);
    let frame = Frame::new(registry.settings(), "Cases", "/cases").described(
        "Clarifications that were asked for, independent verifications that were required, withdrawals: signed statements \
         about self-certifications.",
    );
    let lines = events.iter().map(|event| line(registry, event)).collect::<Result<Vec<Line>>>()?;
    Ok(CasesPage { frame, lines })
}

fn line(registry: &Registry, event: &EventRow) -> Result<Line> {
    let (about, address) = match (&event.certification, &event.supplier) {
        (Some(id), _) => {
            let row = registry.index().certification(id)?;
            (row.map_or_else(|| id.to_string(), |row| row.current.service_name), format!("/s/{id}"))
        }
        (None, Some(id)) => (id.to_string(), format!("/s/{id}")),
        (None, None) => (String::new(), "/".to_owned()),
    };
    let on = event.time.day_in_london().in_words();
    Ok(Line { on, about, address, headline: event.headline.clone() })
}
