//! Floor 4: pages. For now one: what this is, what is on the register, and where to ask what changed.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    domain::ChangeKind,
    index::{CertificationFilter, CertificationRow},
    registry::{Registry, Result, door::Door},
};

/// How many certifications the page lists; the API has all of them.
const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "web/home.html")]
struct Home {
    name: String,
    authority_name: String,
    simulated: bool,
    more: bool,
    certifications: Vec<Row>,
}

/// One line of the list.
struct Row {
    id: String,
    service_name: String,
    supplier_name: String,
    version: u32,
    published_on: String,
    assurance: &'static str,
    headline: String,
}

impl Row {
    fn of(row: CertificationRow) -> Self {
        let current = row.current;
        let assurance = match (current.kind, &current.countersignature_key) {
            (ChangeKind::Transcription, _) => "Transcribed; not signed by the supplier",
            (_, Some(_)) => "Self-certified; signed by two people",
            (_, None) => "Self-certified; signed by one person, not independently verified",
        };
        Row {
            id: current.publication.certification.to_string(),
            service_name: current.service_name,
            supplier_name: current.supplier_name,
            version: current.publication.version,
            published_on: current.publication.published_at.day_in_london().in_words(),
            assurance,
            headline: current.headline,
        }
    }
}

/// The pages of `registry`.
pub fn router(registry: Arc<Registry>) -> Router {
    Router::new().route("/", get(home)).with_state(Door::new(registry))
}

fn page(registry: &Registry) -> Result<Home> {
    let mut rows = registry.index().certifications(&CertificationFilter::default(), None, LISTED + 1)?;
    let more = rows.len() > LISTED;
    rows.truncate(LISTED);
    let settings = registry.settings();
    Ok(Home {
        name: settings.name.clone(),
        authority_name: settings.authority_name.clone(),
        simulated: settings.simulated_dates,
        more,
        certifications: rows.into_iter().map(Row::of).collect(),
    })
}

/// Says that it is not the reader's fault; the words go to the log.
fn failed(error: &dyn std::error::Error) -> Response {
    eprintln!("{}", serde_json::json!({"level": "error", "page": "/", "error": error.to_string()}));
    let words = "The registry failed to answer. Try again, or tell its operator.\n";
    (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
}

async fn home(State(door): State<Door>) -> Response {
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let rendered = door.ask(page).await.map(|page| page.render());
    match rendered {
        Ok(Ok(html)) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, policy),
                (header::CACHE_CONTROL, "public, max-age=60"),
            ];
            (headers, html).into_response()
        }
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}
