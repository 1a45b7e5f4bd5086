//! `/v1/authority`: whose keys count, and what they cover.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::Query,
    problem,
    reply::{Answer, Cache, Reply},
    submissions::{self, Extra},
    views::{
        authority::{AuthoritySubmissionForm, AuthoritySubmissionJson, AuthorityView},
        publish::SubmissionResult,
    },
};
use crate::{domain::Digest, registry::door::Door};

/// The authority file at an instant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuthorityQuery {
    /// A day (its end in London) or an instant; as it stands without it.
    #[param(example = "2026-01-01")]
    at: Option<String>,
}

/// Get the authority file in force with all that it covers
///
/// The list of root, Department and registry keys with its signatures by root keys, the trust policy, the registry's
/// settings, the guide and the scripts.
#[utoipa::path(get, path = "/v1/authority", tag = "Registry", operation_id = "get_authority", params(AuthorityQuery),
    responses((status = 200, description = "The file, its signatures and all covered files.", body = AuthorityView),
        (status = 404, response = problem::NotFound)))]
pub async fn get_authority(State(door): State<Door>, Query(query): Query<AuthorityQuery>) -> Answer {
    let view = door.ask(move |registry| {
        let at = query.at.as_deref().map(|text| registry.instant_of(text)).transpose()?;
        Ok(AuthorityView::of(&registry.authority_set(at)?, registry.settings()))
    });
    Ok(Reply::json(Cache::Current, &view.await?))
}

/// Put the next version of the authority file in force
///
/// Signed in namespace `root@…` by as many different root keys of the file in force as that one asks for. Files that
/// are left out stay as they are; none is ever removed.
#[utoipa::path(put, path = "/v1/authority", tag = "Publishing", operation_id = "put_authority",
    request_body(description = "The next authority file, its signatures, and the covered files that differ.",
        content((AuthoritySubmissionJson = "application/json"), (AuthoritySubmissionForm = "multipart/form-data"))),
    responses((status = 200, description = "Exactly this file was in force before.", body = SubmissionResult),
        (status = 201, description = "Accepted.", body = SubmissionResult),
        (status = 403, response = problem::Refused), (status = 409, response = problem::Conflict),
        (status = 413, response = problem::TooLarge), (status = 415, response = problem::UnsupportedMedia),
        (status = 422, response = problem::Unprocessable), (status = 507, response = problem::Full)))]
pub async fn put_authority(State(door): State<Door>, request: Request) -> Answer {
    let submission = submissions::read::<AuthoritySubmissionJson>(request, Extra::Authority).await?.authority();
    let digest = Digest::of(&submission.document);
    let done = door.ask(move |registry| {
        let accepted = registry.put_authority(submission)?;
        submissions::result(registry, &accepted, digest)
    });
    let (status, view): (StatusCode, SubmissionResult) = done.await?;
    Ok(Reply::json(Cache::Never, &view).status(status))
}
