//! What a client is told whose request was refused before anybody looked at what it asks for.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::head::Refusal;
use crate::api::problem::Problem;

/// Answers requests that were refused on the connection.
pub(super) async fn refused(request: Request, next: Next) -> Response {
    match request.extensions().get::<Refusal>() {
        Some(refusal) => problem(*refusal).into_response(),
        None => next.run(request).await,
    }
}

fn problem(refusal: Refusal) -> Problem {
    let unreadable = |detail| Problem::new("bad-request", detail);
    match refusal {
        Refusal::Unreadable => unreadable(
            "This is no request of HTTP/1.1. HTTP/2 is spoken here with prior knowledge, TLS only at the proxy.",
        ),
        Refusal::HostMissing => unreadable("The header Host is missing. HTTP/1.1 requires one."),
        Refusal::HostTwice => unreadable("The header Host stands there more than once. HTTP/1.1 requires exactly one."),
        Refusal::TwoLengths => unreadable(
            "The body has more than one length. Send either one Content-Length or Transfer-Encoding: chunked.",
        ),
        Refusal::BadLength => unreadable("Content-Length is no number of bytes."),
        Refusal::BadEncoding => unreadable("The only Transfer-Encoding that is read here is chunked, in HTTP/1.1."),
        Refusal::TooLarge => Problem::new(
            "headers-too-large",
            "The address and the headers are too long together. Send long lists with POST, and fewer cookies.",
        ),
        Refusal::TooSlow => Problem::new(
            "request-too-slow",
            "The head of the request came too slowly. Send it again over a better connection.",
        ),
    }
}
