//! Receipts, evidence packs, and the live check of a version's signatures.

use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    extract::{Parsed, Path, Query},
    params::{CertificationPath, VersionPath},
    problem,
    reply::{Answer, Cache, Reply},
    views::proof::{ReceiptView, VerificationView},
};
use crate::{
    domain::{CertificationId, Day},
    evidence::Asked,
    registry::door::Door,
};

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
        let published_at = registry.version(&id, number)?.publication.published_at;
        let (then, state) = (registry.standing(&id, Some(published_at))?, registry.version_state(&id, number)?);
        let view = VerificationView::of((id.to_string(), number), &verification, registry.settings(), now);
        Ok(view.beside(&then, &registry.standing(&id, None)?, state))
    });
    Ok(Reply::json(Cache::Current, &view.await?))
}

/// A ZIP file.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, content_media_type = "application/zip")]
#[expect(dead_code, reason = "only described: the bytes go out as they are")]
pub struct ZipFile(Vec<u8>);

/// Get the evidence for a version
///
/// A ZIP file to keep: the document, its signatures, the keys with the Department's word on them, proofs from the log, a
/// page for people, and a script that checks all of it without the registry's software.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/evidence.zip", tag = "Versions",
    operation_id = "get_evidence", params(VersionPath),
    responses((status = 200, description = "The pack.", body = ZipFile, content_type = "application/zip"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_evidence(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    let (id, version) = path.parts();
    evidence(door, id, Asked::Version(version)).await
}

/// Which day.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvidenceQuery {
    /// The day, in London.
    #[param(value_type = String, format = Date, example = "2025-09-04")]
    on: Parsed<Day>,
}

/// Get the evidence for a day
///
/// The same for every version that stood at any moment of that day.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/evidence.zip", tag = "Certifications",
    operation_id = "get_evidence_on", params(CertificationPath, EvidenceQuery),
    responses((status = 200, description = "The pack.", body = ZipFile, content_type = "application/zip"),
        (status = 404, response = problem::NotFound), (status = 422, response = problem::Unprocessable)))]
pub async fn get_evidence_on(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<EvidenceQuery>,
) -> Answer {
    evidence(door, path.id(), Asked::On(query.on.0)).await
}

async fn evidence(door: Door, id: CertificationId, asked: Asked) -> Answer {
    let pack = door.ask(move |registry| registry.evidence(&id, asked)).await?;
    Ok(Reply::download(Cache::Never, "application/zip", &pack.name, pack.bytes))
}
