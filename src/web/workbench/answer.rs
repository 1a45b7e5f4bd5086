//! What the workbench's doors answer: JSON for the page's script, never kept anywhere.

use axum::{
    extract::{Multipart, multipart::MultipartRejection, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    domain::Fault,
    registry::{ErrorKind, RegistryError, Result},
    web::page,
};

/// A place with what is said of it.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// A JSON pointer into the document; empty for the document as a whole.
    pub pointer: String,
    /// A slug.
    pub code: String,
    /// What is wrong or doubtful, and what to do.
    pub detail: String,
}

impl From<Fault> for Place {
    fn from(fault: Fault) -> Self {
        Place { detail: in_a_field(&fault), pointer: fault.pointer, code: fault.code.to_owned() }
    }
}

/// The words of a fault for somebody who fills in a form and sees no members.
fn in_a_field(fault: &Fault) -> String {
    let field = fault.pointer.rsplit('/').next().unwrap_or_default();
    let own = format!("'{field}' ");
    match (fault.code, fault.detail.strip_prefix(&own)) {
        ("missing-member", Some(_)) if field == "person" => "Write this person's name.".to_owned(),
        ("missing-member", Some(_)) => "Fill this in.".to_owned(),
        ("bad-value", Some(rest)) => format!("This {rest}"),
        _ => fault.detail.clone(),
    }
}

/// An answer as JSON, or what went wrong as `{"detail": …}`.
pub fn json<T: Serialize>(answered: Result<T>) -> Response {
    let (status, body) = match &answered {
        Ok(value) => (StatusCode::OK, serde_json::to_vec(value)),
        Err(error) => {
            page::note(error);
            let (status, _) = page::status_of(error.kind);
            (status, serde_json::to_vec(&serde_json::json!({"code": error.code, "detail": page::words_of(error)})))
        }
    };
    let body = body.expect("answers have only texts, numbers, lists and members");
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The bytes that were sent.
///
/// # Errors
/// Too large when they are over the limit of forms.
pub fn bytes(sent: std::result::Result<axum::body::Bytes, BytesRejection>) -> Result<Vec<u8>> {
    let too_large = |_| {
        let detail = "That is over 1 MiB, far more than a form or a draft has. Is it the right file? Pictures inside it are not needed: paste its text instead.";
        RegistryError::new(ErrorKind::TooLarge, "body-too-large", detail)
    };
    sent.map(|bytes| bytes.to_vec()).map_err(too_large)
}

/// The field `work` of a form.
///
/// # Errors
/// Unreadable when it is not there.
pub async fn work(form: std::result::Result<Multipart, MultipartRejection>) -> Result<Vec<u8>> {
    let bad = || {
        let detail = "No draft came with the form, or it is larger than 1 MiB. Go back to the workbench: nothing that you typed there is lost.";
        RegistryError::new(ErrorKind::Unreadable, "bad-parts", detail)
    };
    let mut form = form.map_err(|_| bad())?;
    while let Some(field) = form.next_field().await.map_err(|_| bad())? {
        if field.name() == Some("work") {
            return field.bytes().await.map(|bytes| bytes.to_vec()).map_err(|_| bad());
        }
    }
    Err(bad())
}
