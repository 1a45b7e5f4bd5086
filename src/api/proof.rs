//! Receipts, and the live check of a version's signatures.

use axum::extract::State;

use super::{
    extract::Path,
    params::VersionPath,
    problem,
    reply::{Answer, Cache, Reply},
    views::proof::{ReceiptView, VerificationView},
};
use crate::registry::door::Door;

/// Get a version's receipt
///
/// Proof of publication: a pure function of the commit, the same for ever.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/receipt", tag = "Versions",
    operation_id = "get_receipt", params(VersionPath),
    responses((status = 200, description = "The receipt.", body = ReceiptView), (status = 404, response = problem::NotFound)))]
pub async fn get_receipt(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    let view = door.ask(move |registry| {
        let (id, number) = path.parts();
        let receipt = registry.receipt(registry.version(&id, number)?.publication.sequence)?;
        Ok(ReceiptView::of(&receipt, registry.settings()))
    });
    Ok(Reply::json(Cache::Immutable, &view.await?))
}

/// Check a version's signatures
///
/// As known when it was published, and as known now: a key may have been reported compromised since.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/verification", tag = "Versions",
    operation_id = "verify_version", params(VersionPath),
    responses((status = 200, description = "The outcome, in one sentence and in detail.", body = VerificationView),
        (status = 404, response = problem::NotFound)))]
pub async fn verify_version(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    let view = door.ask(move |registry| {
        let (id, number) = path.parts();
        let verification = registry.verification(&id, number)?;
        let now = registry.clock().now();
        Ok(VerificationView::of((id.to_string(), number), &verification, registry.settings(), now))
    });
    Ok(Reply::json(Cache::Current, &view.await?))
}
