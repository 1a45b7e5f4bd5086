//! Pages for those who sign: the senior official's, the making of a key, and the signing page to keep.
//!
//! ```text
//! GET  /suppliers/official    asks for the envelope that the officer handed over
//! POST /suppliers/official    shows what the official is asked to vouch for; nothing is stored
//! GET  /suppliers/keys        makes a key and its request to the Department, in the browser
//! GET  /suppliers/sign.html   the signing page as a file, for opening from disk
//! ```
//!
//! Script stands in these pages and is allowed by its digest alone. Reading works without it, and so does signing with
//! ssh-keygen: the commands are shown, filled in. Keys are never sent; what is uploaded is read, answered and
//! forgotten.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

mod handover;
mod review;

use super::page::{Frame, Keep, failed, html_page};
use crate::{
    domain::Digest,
    registry::{
        RegistryError,
        door::Door,
        workbench::{KEY_PANEL, PANELS_SCRIPT, SIGNING_SCRIPT, policy_digest, signing_page},
    },
};

/// The pages.
pub fn router() -> Router<Door> {
    Router::new()
        .route("/suppliers/official", get(review::ask).post(review::review))
        .route("/suppliers/keys", get(keys))
        .route("/suppliers/sign.html", get(download))
}

/// What runs on the official's page.
static OFFICIAL_SCRIPT: LazyLock<String> =
    LazyLock::new(|| [SIGNING_SCRIPT, PANELS_SCRIPT, include_str!("official.js")].concat());
/// What runs where keys are made.
static KEYS_SCRIPT: LazyLock<String> =
    LazyLock::new(|| [SIGNING_SCRIPT, PANELS_SCRIPT, include_str!("keys.js")].concat());

/// A page that runs exactly this script, and may ask this server and nobody else.
fn with_script(status: StatusCode, html: String, script: &str) -> Response {
    let policy = format!(
        "default-src 'none'; script-src {}; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
        policy_digest(script)
    );
    let mut response = html_page(status, Keep::Never, html);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[derive(Template)]
#[template(path = "web/official/keys.html")]
struct KeysPage {
    frame: Frame,
    panel: &'static str,
    script: &'static str,
}

async fn keys(State(door): State<Door>) -> Response {
    let frame = Frame::new(door.registry().settings(), "Make a key", "/suppliers/keys")
        .described("Make a signing key in your browser, and the request with which the Department enrols it.");
    let page = KeysPage { frame, panel: KEY_PANEL, script: &KEYS_SCRIPT };
    match page.render() {
        Ok(html) => with_script(StatusCode::OK, html, &KEYS_SCRIPT),
        Err(error) => failed(door.registry().settings(), &RegistryError::internal(error)),
    }
}

/// The digest of the signing page, for those who compare it.
fn signing_page_digest() -> &'static str {
    static DIGEST: LazyLock<String> = LazyLock::new(|| Digest::of(signing_page().as_bytes()).hex().to_string());
    &DIGEST
}

/// To be kept, not to be run from here: a page that a server sends anew each time could be another one each time.
async fn download() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"sign.html\""),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, signing_page())
}
