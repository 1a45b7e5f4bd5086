//! The whole self-certification for people, now and for each version.
//!
//! Names of persons are left out (titles stay), so that these answers may be kept: a name must be forgettable.

use axum::{extract::State, http::header};

use super::{
    extract::Path,
    params::{CertificationPath, VersionPath},
    problem,
    reply::{Answer, Cache, Reply},
    views::address,
};
use crate::{
    domain::{CertificationId, Edition},
    registry::{Registry, door::Door, read::VersionContent},
    statement::{Facts, StatementView},
};

/// One of the renderings.
#[derive(Debug, Clone, Copy)]
enum Rendering {
    Html,
    Markdown,
    Text,
    Csv,
}

impl Rendering {
    fn reply(self, cache: Cache, name: &str, view: &StatementView) -> Reply {
        let reply = match self {
            Rendering::Html => Reply::page(cache, view.html()),
            Rendering::Markdown => Reply::text(cache, "text/markdown; charset=utf-8", view.markdown()),
            Rendering::Text => Reply::text(cache, "text/plain; charset=utf-8", view.text()),
            Rendering::Csv => Reply::text(cache, "text/csv; charset=utf-8; header=present", view.csv())
                .with(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
        };
        if view.transcription { reply.with(super::reply::ROBOTS, "noindex") } else { reply }
    }
}

async fn current(door: Door, path: CertificationPath, rendering: Rendering) -> Answer {
    // Writing it out takes as long as reading it: both happen behind the door.
    let reply = door.ask(move |registry| {
        let version = registry.with_content(registry.certification(&path.id())?.current)?;
        let (name, view) = statement(registry, &version);
        Ok(rendering.reply(Cache::Current, &name, &view))
    });
    Ok(reply.await?)
}

async fn of_version(door: Door, path: VersionPath, rendering: Rendering) -> Answer {
    let reply = door.ask(move |registry| {
        let (id, number) = path.parts();
        let version = registry.with_content(registry.version(&id, number)?)?;
        let (name, view) = statement(registry, &version);
        Ok(rendering.reply(Cache::Derived, &name, &view))
    });
    Ok(reply.await?)
}

fn statement(registry: &Registry, version: &VersionContent) -> (String, StatementView) {
    let publication = &version.row.publication;
    let id: &CertificationId = &publication.certification;
    let facts = Facts {
        address: Some(format!("{}/versions/{}", address(id), publication.version)),
        simulated_dates: registry.settings().simulated_dates,
        ..Facts::of(publication)
    };
    let edition: &Edition = &version.edition;
    let name = format!("{}-{}-version-{}", id.supplier, id.service, publication.version);
    (name, StatementView::new(&version.content, edition, &facts, None))
}

/// Read a self-certification as a page
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/statement.html", tag = "Certifications",
    operation_id = "get_statement_html", params(CertificationPath),
    responses((status = 200, description = "A page that needs nothing else.", body = String, content_type = "text/html"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_statement_html(State(door): State<Door>, Path(path): Path<CertificationPath>) -> Answer {
    current(door, path, Rendering::Html).await
}

/// Read a self-certification as Markdown
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/statement.md", tag = "Certifications",
    operation_id = "get_statement_markdown", params(CertificationPath),
    responses((status = 200, description = "Markdown.", body = String, content_type = "text/markdown"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_statement_markdown(State(door): State<Door>, Path(path): Path<CertificationPath>) -> Answer {
    current(door, path, Rendering::Markdown).await
}

/// Read a self-certification as plain text
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/statement.txt", tag = "Certifications",
    operation_id = "get_statement_text", params(CertificationPath),
    responses((status = 200, description = "Plain text.", body = String, content_type = "text/plain"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_statement_text(State(door): State<Door>, Path(path): Path<CertificationPath>) -> Answer {
    current(door, path, Rendering::Text).await
}

/// Get the answers as a table
///
/// Cells that a spreadsheet would take for a formula begin with an apostrophe.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/responses.csv", tag = "Responses",
    operation_id = "get_responses_csv", params(CertificationPath),
    responses((status = 200, description = "One row for each answer (RFC 4180).", body = String, content_type = "text/csv"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_responses_csv(State(door): State<Door>, Path(path): Path<CertificationPath>) -> Answer {
    current(door, path, Rendering::Csv).await
}

/// Read one version as a page
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/statement.html", tag = "Versions",
    operation_id = "get_version_statement_html", params(VersionPath),
    responses((status = 200, description = "A page that needs nothing else.", body = String, content_type = "text/html"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_version_statement_html(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    of_version(door, path, Rendering::Html).await
}

/// Read one version as Markdown
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/statement.md", tag = "Versions",
    operation_id = "get_version_statement_markdown", params(VersionPath),
    responses((status = 200, description = "Markdown.", body = String, content_type = "text/markdown"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_version_statement_markdown(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    of_version(door, path, Rendering::Markdown).await
}

/// Read one version as plain text
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/statement.txt", tag = "Versions",
    operation_id = "get_version_statement_text", params(VersionPath),
    responses((status = 200, description = "Plain text.", body = String, content_type = "text/plain"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_version_statement_text(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    of_version(door, path, Rendering::Text).await
}

/// Get the answers of one version as a table
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/responses.csv", tag = "Versions",
    operation_id = "get_version_responses_csv", params(VersionPath),
    responses((status = 200, description = "One row for each answer (RFC 4180).", body = String, content_type = "text/csv"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_version_responses_csv(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    of_version(door, path, Rendering::Csv).await
}
