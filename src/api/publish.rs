//! `POST …/versions`: publishing. Signatures are the authority to write.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Path, Query},
    params::CertificationPath,
    problem::{self, Failure},
    reply::{Answer, Cache, Reply},
    submissions::{self, Extra},
    views::publish::{PublishResult, VersionSubmissionForm, VersionSubmissionJson},
};
use crate::registry::door::Door;

/// Whether to go through the checks only.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PublishQuery {
    /// Check everything, write nothing, and show what schools would see. Missing signatures are no fault then.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// Publish a version
///
/// No token is needed: the two signatures are the authority. The same bytes again give the same receipt, for ever.
/// With `dry_run=true` every fault is reported at once, and nothing is written.
#[utoipa::path(post, path = "/v1/certifications/{supplier}/{service}/versions", tag = "Publishing",
    operation_id = "publish_version", params(CertificationPath, PublishQuery),
    request_body(description = "The signed document, its signatures and the records of people that it is the first to name.",
        content((VersionSubmissionJson = "application/json"), (VersionSubmissionForm = "multipart/form-data"))),
    responses((status = 200, description = "The same bytes were published before; or a dry run found nothing wrong.", body = PublishResult),
        (status = 201, description = "Published.", body = PublishResult,
            headers(("Location" = String, description = "The version's permanent address."))),
        (status = 403, response = problem::Refused), (status = 404, response = problem::NotFound),
        (status = 409, response = problem::Conflict), (status = 413, response = problem::TooLarge),
        (status = 415, response = problem::UnsupportedMedia), (status = 422, response = problem::Unprocessable),
        (status = 507, response = problem::Full)))]
pub async fn publish_version(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<PublishQuery>,
    request: Request,
) -> Answer {
    let submission = submissions::read::<VersionSubmissionJson>(request, Extra::Version).await?.version();
    let id = path.id();
    let (asked, conflicting) = (id.clone(), version_inside(&submission.document));
    let done = door.ask(move |registry| {
        let settings = registry.settings();
        if query.dry_run {
            return Ok(PublishResult::rehearsed(&registry.dry_run(&asked, submission)?, settings));
        }
        Ok(PublishResult::of(&registry.publish(&asked, submission)?, settings))
    });
    let result = done.await.map_err(|error| {
        let built_on = conflicting.and_then(|version| version.checked_sub(1));
        Failure::from(error).map(|problem| problem.about_certification(&id, built_on))
    })?;
    let status = if result.outcome == "published" { StatusCode::CREATED } else { StatusCode::OK };
    let location = result.links.get("version").cloned();
    let reply = Reply::json(Cache::Never, &result).status(status);
    Ok(match location {
        Some(location) => reply.with(header::LOCATION, location),
        None => reply,
    })
}

/// The version that a document says it is: only to show its author the way after a conflict.
fn version_inside(document: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Numbered {
        version: u32,
    }
    serde_json::from_slice::<Numbered>(document).ok().map(|document| document.version)
}
