//! How submissions come in: two request types, the same exact bytes; and those of the Department.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, State},
    http::{HeaderMap, HeaderName, StatusCode},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::de::DeserializeOwned;

use super::{
    extract::{Body, Path, unsupported},
    params::{EditionPath, SupplierPath},
    problem::{self, Failure, Problem},
    reply::{Answer, Cache, Reply},
    views::publish::{
        KeyRequestJson, Parts, RingSubmissionForm, RingSubmissionJson, SignedFileForm, SignedFileJson, SubmissionResult,
    },
};
use crate::{
    domain::Digest,
    registry::{
        Registry, Result,
        door::Door,
        enrol::{Accepted, SignedFile},
    },
};

/// Which parts a form may have besides `document` and `signature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// `countersignature` and any number of `people`.
    Version,
    /// `countersignature`.
    Case,
    /// None.
    File,
    /// Any number of `requests`.
    Ring,
    /// Any number of `signatures` (and no `signature`), and of `files` named by their paths.
    Authority,
}

/// Reads a submission, as JSON of shape `T` or as a form.
///
/// # Errors
/// In the published order: 413, 415, 400 for the parts, 400 for a digest that does not fit the body.
pub async fn read<T: DeserializeOwned + Into<Parts>>(
    request: Request,
    extra: Extra,
) -> std::result::Result<Parts, Failure> {
    let body = Body::read(request).await?;
    let (headers, bytes) = (body.headers.clone(), body.bytes.clone());
    let parts = match body.media_type.as_str() {
        "application/json" => body.json::<T>()?.into(),
        "multipart/form-data" => form(body, extra).await?,
        _ => return Err(unsupported("application/json or multipart/form-data")),
    };
    check_content_digest(&headers, &bytes)?;
    Ok(parts)
}

/// RFC 9530: digests of other kinds than SHA-256 are left unchecked, as the RFC allows.
fn check_content_digest(headers: &HeaderMap, bytes: &Bytes) -> std::result::Result<(), Failure> {
    let fits = |value: &str| {
        let members = value.split(',').filter_map(|member| member.trim().split_once('='));
        let own = members.filter(|(name, _)| name.trim().eq_ignore_ascii_case("sha-256"));
        own.into_iter().all(|(_, value)| {
            let encoded = value.trim().strip_prefix(':').and_then(|value| value.strip_suffix(':'));
            let digest = encoded.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
            digest.as_deref() == Some(Digest::of(bytes).as_bytes().as_slice())
        })
    };
    let mut values = headers.get_all(HeaderName::from_static("content-digest")).iter();
    if values.all(|value| value.to_str().is_ok_and(fits)) {
        return Ok(());
    }
    let detail = "The body does not have the SHA-256 that its Content-Digest names: send it again, unaltered.";
    Err(Problem::new("bad-content-digest", detail).into())
}

fn bad_parts(detail: impl Into<String>) -> Failure {
    Problem::new("bad-parts", detail).into()
}

async fn form(body: Body, extra: Extra) -> std::result::Result<Parts, Failure> {
    let mut request = Request::new(axum::body::Body::from(body.bytes));
    *request.headers_mut() = body.headers;
    let unreadable = || bad_parts("The form cannot be read: it needs a boundary, and a header for each part.");
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
    let (mut parts, mut has_document) = (Parts::default(), false);
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| unreadable())?.to_vec();
        match (name.as_str(), extra) {
            ("document", _) if !has_document => (parts.document, has_document) = (bytes, true),
            ("signatures", Extra::Authority) => parts.signatures.push(text(bytes, "signatures")?),
            ("files", Extra::Authority) if !parts.files.contains_key(&file_name) => {
                parts.files.insert(file_name, bytes);
            }
            ("signature", extra) if extra != Extra::Authority && parts.signature.is_none() => {
                parts.signature = Some(text(bytes, "signature")?)
            }
            ("countersignature", Extra::Version | Extra::Case) if parts.countersignature.is_none() => {
                parts.countersignature = Some(text(bytes, "countersignature")?);
            }
            ("people", Extra::Version) => parts.people.push(bytes),
            ("requests", Extra::Ring) => parts.requests.push(key_request(&bytes)?.into()),
            ("document" | "signature" | "countersignature" | "files", _) => {
                return Err(bad_parts(format!("Part '{name}' comes twice, or is not wanted here.")));
            }
            _ => return Err(bad_parts(format!("A part has a name that is not known here: send {}.", known(extra)))),
        }
    }
    if has_document { Ok(parts) } else { Err(bad_parts("Part 'document' is missing: send the signed file.")) }
}

fn known(extra: Extra) -> &'static str {
    match extra {
        Extra::Version => "document, signature, countersignature and people",
        Extra::Case => "document, signature and countersignature",
        Extra::File => "document and signature",
        Extra::Ring => "document, signature and requests",
        Extra::Authority => "document, signatures and files",
    }
}

/// A signature is text. One that is not is left to the registry, which says what is wrong with it.
fn text(bytes: Vec<u8>, name: &str) -> std::result::Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| bad_parts(format!("Part '{name}' is not text: send the armoured signature.")))
}

fn key_request(bytes: &[u8]) -> std::result::Result<KeyRequestJson, Failure> {
    serde_json::from_slice(bytes).map_err(|_| {
        bad_parts("A part 'requests' is not a JSON object of document, signature and, with a rotation, old_signature.")
    })
}

/// Writes what became of a submission.
pub(super) fn result(
    registry: &Registry,
    accepted: &Accepted,
    digest: Digest,
) -> Result<(StatusCode, SubmissionResult)> {
    let receipt = registry.receipt(accepted.committed.sequence)?;
    let status = if accepted.already { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, SubmissionResult::of(accepted, &receipt, digest.to_string(), registry.settings())))
}

async fn submit(
    door: Door,
    file: SignedFile,
    put: impl FnOnce(&Registry, SignedFile) -> Result<Accepted> + Send + 'static,
) -> Answer {
    let digest = Digest::of(&file.document);
    let done = door.ask(move |registry| {
        let accepted = put(registry, file)?;
        result(registry, &accepted, digest)
    });
    let (status, view) = done.await?;
    Ok(Reply::json(Cache::Never, &view).status(status))
}

/// Publish an edition
///
/// Signed by the Department in namespace `editions@…`. An edition never changes once published.
#[utoipa::path(put, path = "/v1/editions/{edition}", tag = "Publishing", operation_id = "put_edition", params(EditionPath),
    request_body(description = "The file and the Department's signature.",
        content((SignedFileJson = "application/json"), (SignedFileForm = "multipart/form-data"))),
    responses((status = 200, description = "Exactly this file was in force before.", body = SubmissionResult),
        (status = 201, description = "Accepted.", body = SubmissionResult),
        (status = 403, response = problem::Refused), (status = 404, response = problem::NotFound),
        (status = 409, response = problem::Conflict), (status = 413, response = problem::TooLarge),
        (status = 415, response = problem::UnsupportedMedia), (status = 422, response = problem::Unprocessable),
        (status = 507, response = problem::Full)))]
pub async fn put_edition(State(door): State<Door>, Path(path): Path<EditionPath>, request: Request) -> Answer {
    let (file, _) = read::<SignedFileJson>(request, Extra::File).await?.file();
    submit(door, file, move |registry, file| registry.put_edition(&path.edition.0, file)).await
}

/// Register a supplier, or replace its record by the next version
///
/// Signed by the Department in namespace `keys@…`.
#[utoipa::path(put, path = "/v1/suppliers/{supplier}", tag = "Publishing", operation_id = "put_supplier", params(SupplierPath),
    request_body(description = "The record and the Department's signature.",
        content((SignedFileJson = "application/json"), (SignedFileForm = "multipart/form-data"))),
    responses((status = 200, description = "Exactly this record was in force before.", body = SubmissionResult),
        (status = 201, description = "Accepted.", body = SubmissionResult),
        (status = 403, response = problem::Refused), (status = 404, response = problem::NotFound),
        (status = 409, response = problem::Conflict), (status = 413, response = problem::TooLarge),
        (status = 415, response = problem::UnsupportedMedia), (status = 422, response = problem::Unprocessable),
        (status = 507, response = problem::Full)))]
pub async fn put_supplier(State(door): State<Door>, Path(path): Path<SupplierPath>, request: Request) -> Answer {
    let (file, _) = read::<SignedFileJson>(request, Extra::File).await?.file();
    submit(door, file, move |registry, file| registry.put_supplier(&path.supplier.0, file)).await
}

/// Put the next version of a supplier's key ring in force
///
/// Signed by the Department in namespace `keys@…`; every new key comes with its own signed request.
#[utoipa::path(put, path = "/v1/suppliers/{supplier}/allowed_signers", tag = "Publishing", operation_id = "put_allowed_signers",
    params(SupplierPath),
    request_body(description = "The ring, the Department's signature and the requests of new keys.",
        content((RingSubmissionJson = "application/json"), (RingSubmissionForm = "multipart/form-data"))),
    responses((status = 200, description = "Exactly this ring was in force before.", body = SubmissionResult),
        (status = 201, description = "Accepted.", body = SubmissionResult),
        (status = 403, response = problem::Refused), (status = 404, response = problem::NotFound),
        (status = 409, response = problem::Conflict), (status = 413, response = problem::TooLarge),
        (status = 415, response = problem::UnsupportedMedia), (status = 422, response = problem::Unprocessable),
        (status = 507, response = problem::Full)))]
pub async fn put_allowed_signers(State(door): State<Door>, Path(path): Path<SupplierPath>, request: Request) -> Answer {
    let (file, requests) = read::<RingSubmissionJson>(request, Extra::Ring).await?.file();
    submit(door, file, move |registry, file| registry.put_ring(&path.supplier.0, file, requests)).await
}
