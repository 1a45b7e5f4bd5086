//! Exact bytes: documents and signatures.

use axum::extract::State;
use utoipa::ToSchema;

use super::{
    extract::Path,
    params::{DigestPath, SignaturePath, VersionPath},
    problem::{self, Problem},
    reply::{Answer, Cache, Reply},
    views::proof::{SignatureList, StoredSignatureView},
};
use crate::{
    domain::{CaseStatement, CertificationId, ChangeKind, Digest},
    index::{StatementRow, VersionRow},
    registry::{Registry, RegistryError, Result, door::Door},
    signing::Sshsig,
};

/// Bytes of no type that a client should try to understand.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
#[allow(dead_code, reason = "only described")]
pub struct ExactBytes(Vec<u8>);

fn download(row: &VersionRow, bytes: Vec<u8>) -> Reply {
    let CertificationId { supplier, service } = &row.publication.certification;
    let name = format!("{supplier}-{service}-version-{}.json", row.publication.version);
    Reply::download(Cache::Immutable, "application/octet-stream", &name, bytes)
}

fn download_statement(row: StatementRow) -> Reply {
    let CaseStatement { supplier, service, seq, .. } = &row.stated.statement;
    let folder = service.as_ref().map_or_else(|| supplier.to_string(), |service| format!("{supplier}-{service}"));
    let (name, location) = (format!("{folder}-case-{seq:05}.json"), format!("/v1/changes/{}", row.stated.sequence));
    Reply::download(Cache::Immutable, "application/octet-stream", &name, row.document.into_bytes())
        .with(axum::http::header::CONTENT_LOCATION, location)
}

/// Download a version's document
///
/// Exactly the bytes that were signed: their SHA-256 is the version's digest, and the ETag.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/document", tag = "Versions",
    operation_id = "get_document", params(VersionPath),
    responses((status = 200, description = "The bytes.", body = inline(ExactBytes), content_type = "application/octet-stream",
        headers(("ETag" = String, description = "Strong: `\"sha256-…\"`."), ("Content-Digest" = String, description = "RFC 9530"))),
        (status = 404, response = problem::NotFound)))]
pub async fn get_document(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    let found = door.ask(move |registry| {
        let (id, number) = path.parts();
        let row = registry.version(&id, number)?;
        let bytes = registry.bytes(&row.object, row.publication.digest)?;
        Ok((row, bytes))
    });
    let (row, bytes) = found.await?;
    Ok(download(&row, bytes))
}

/// Download a document or a case statement by its digest
///
/// 404 means: these bytes were never published here.
#[utoipa::path(get, path = "/v1/documents/{digest}", tag = "Versions", operation_id = "get_document_by_digest",
    params(DigestPath),
    responses((status = 200, description = "The bytes.", body = inline(ExactBytes), content_type = "application/octet-stream",
        headers(("ETag" = String, description = "Strong: `\"sha256-…\"`."), ("Content-Digest" = String, description = "RFC 9530"),
            ("Content-Location" = String, description = "The version that it is, or the change that brought the statement."))),
        (status = 404, response = problem::NotFound)))]
pub async fn get_document_by_digest(State(door): State<Door>, Path(path): Path<DigestPath>) -> Answer {
    let digest: Digest = path.digest.0.0;
    let statement = door.ask(move |registry| Ok(registry.index().statement_by_digest(digest)?)).await?;
    if let Some(row) = statement {
        return Ok(download_statement(row));
    }
    let (row, bytes) = door.ask(move |registry| registry.document_by_digest(digest)).await?;
    let publication = &row.publication;
    let location =
        format!("/v1/certifications/{}/versions/{}/document", publication.certification, publication.version);
    Ok(download(&row, bytes).with(axum::http::header::CONTENT_LOCATION, location))
}

/// List a version's signatures
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/signatures", tag = "Versions",
    operation_id = "list_signatures", params(VersionPath),
    responses((status = 200, description = "Each signature as it was sent.", body = SignatureList), (status = 404, response = problem::NotFound)))]
pub async fn list_signatures(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    let items = door.ask(move |registry| {
        let (id, number) = path.parts();
        let stored = signatures(registry, &registry.version(&id, number)?)?;
        stored.into_iter().map(|(role, text)| view(role, text)).collect::<Result<Vec<_>>>()
    });
    Ok(Reply::json(Cache::Immutable, &SignatureList { items: items.await? }))
}

/// Download one signature of a version
///
/// Armoured SSHSIG: `ssh-keygen -Y verify -s` takes it as it is.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}/signatures/{role}", tag = "Versions",
    operation_id = "get_signature", params(SignaturePath),
    responses((status = 200, description = "The signature's exact text.", body = String, content_type = "text/plain",
        headers(("ETag" = String, description = "Strong: `\"sha256-…\"`."), ("Content-Digest" = String, description = "RFC 9530"))),
        (status = 404, response = problem::NotFound)))]
pub async fn get_signature(State(door): State<Door>, Path(path): Path<SignaturePath>) -> Answer {
    let SignaturePath { supplier, service, version, role } = path;
    let id = CertificationId::new(supplier.0, service.0);
    let stored = door.ask(move |registry| signatures(registry, &registry.version(&id, version.0.0)?)).await?;
    let roles: Vec<&str> = stored.iter().map(|(role, _)| *role).collect();
    let roles = roles.join(" and ");
    let found = stored.into_iter().find(|(stored, _)| *stored == role);
    let (role, text) =
        found.ok_or_else(|| Problem::new("signature-not-found", format!("This version is signed by: {roles}.")))?;
    let suffix = if role == "official" { "countersig" } else { "sig" };
    Ok(Reply::download(
        Cache::Immutable,
        "text/plain; charset=utf-8",
        &format!("document.json.{suffix}"),
        text.into_bytes(),
    ))
}

/// Role and text of each signature, in order.
fn signatures(registry: &Registry, row: &VersionRow) -> Result<Vec<(&'static str, String)>> {
    let first = if row.kind == ChangeKind::Transcription { "department" } else { "signatory" };
    let objects = [(first, &row.signature_object), ("official", &row.countersignature_object)];
    let read = |(role, object): (&'static str, &Option<String>)| {
        object.as_ref().map(|object| Ok((role, registry.text(object)?)))
    };
    objects.into_iter().filter_map(read).collect()
}

fn view(role: &str, text: String) -> Result<StoredSignatureView> {
    let signature = Sshsig::parse(&text).map_err(RegistryError::internal)?;
    Ok(StoredSignatureView {
        role: role.to_owned(),
        fingerprint: signature.key().fingerprint(),
        namespace: signature.namespace().to_owned(),
        signature: text,
    })
}
