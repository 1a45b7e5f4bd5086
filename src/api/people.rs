//! `/v1/people/{digest}`: person records, never kept by anybody on the way.

use axum::extract::State;

use super::{
    documents::ExactBytes,
    extract::Path,
    params::DigestPath,
    problem,
    reply::{Answer, Cache, Reply},
};
use crate::{domain::Digest, registry::door::Door};

/// Get a person record
///
/// The record's exact bytes. Once the person asked to be forgotten: 410, and the documents that name the digest stay
/// valid.
#[utoipa::path(get, path = "/v1/people/{digest}", tag = "People", operation_id = "get_person", params(DigestPath),
    responses((status = 200, description = "The record's exact bytes (JSON).", body = inline(ExactBytes), content_type = "application/octet-stream",
        headers(("Content-Digest" = String, description = "RFC 9530"))),
        (status = 404, response = problem::NotFound), (status = 410, response = problem::Gone)))]
pub async fn get_person(State(door): State<Door>, Path(path): Path<DigestPath>) -> Answer {
    let digest: Digest = path.digest.0.0;
    let record = door.ask(move |registry| registry.person(digest)).await?;
    Ok(Reply::download(Cache::Never, "application/octet-stream", "person.json", record.bytes))
}
