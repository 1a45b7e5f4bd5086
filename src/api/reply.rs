//! Answers with their cache class and validator.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::notice;
use crate::{
    domain::{Digest, RegistrySettings},
    signing::wire,
};

/// How long an answer may be kept, and how it is checked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// A: bytes that can never change; strong validator.
    Immutable,
    /// B: JSON about something that can never change.
    Frozen,
    /// C: computed from what can never change, by rules that may.
    Derived,
    /// D: what stands now.
    Current,
    /// E: the newest end of the log.
    Head,
    /// N: never kept.
    Never,
}

impl Cache {
    fn control(self) -> &'static str {
        match self {
            Cache::Immutable => "public, max-age=31536000, immutable, no-transform",
            Cache::Frozen => "public, max-age=604800, stale-while-revalidate=2592000",
            Cache::Derived => "public, max-age=86400",
            Cache::Current => "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400",
            Cache::Head => "public, max-age=5",
            Cache::Never => "no-store",
        }
    }
}

/// What every handler gives back.
pub type Answer = Result<Reply, super::problem::Failure>;

/// An answer's body with everything that is said about it.
#[derive(Debug, Clone)]
pub struct Reply {
    status: StatusCode,
    cache: Cache,
    media_type: &'static str,
    body: Vec<u8>,
    headers: Vec<(HeaderName, String)>,
}

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
/// Asks search engines to leave an answer out.
pub const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

impl Reply {
    fn new(cache: Cache, media_type: &'static str, body: Vec<u8>) -> Self {
        Reply { status: StatusCode::OK, cache, media_type, body, headers: Vec::new() }
    }

    /// A JSON answer.
    pub fn json<T: Serialize>(cache: Cache, view: &T) -> Self {
        let body = serde_json::to_vec(view).expect("views have only texts, numbers, lists and members");
        Self::new(cache, "application/json", body)
    }

    /// JSON exactly as it was signed: never formatted again.
    pub fn exact_json(bytes: Vec<u8>) -> Self {
        let digest = wire::base64(Digest::of(&bytes).as_bytes());
        Self::new(Cache::Immutable, "application/json", bytes).with(CONTENT_DIGEST, format!("sha-256=:{digest}:"))
    }

    /// A text of another type.
    pub fn text(cache: Cache, media_type: &'static str, text: String) -> Self {
        Self::new(cache, media_type, text.into_bytes())
    }

    /// Bytes of another type.
    pub fn bytes(cache: Cache, media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self::new(cache, media_type, bytes)
    }

    /// A page for people that needs nothing but its own style.
    pub fn page(cache: Cache, html: String) -> Self {
        Self::text(cache, "text/html; charset=utf-8", html).with(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
    }

    /// Exact bytes as a download, with their digest.
    pub fn download(cache: Cache, media_type: &'static str, name: &str, bytes: Vec<u8>) -> Self {
        let digest = wire::base64(Digest::of(&bytes).as_bytes());
        Self::new(cache, media_type, bytes)
            .with(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
            .with(CONTENT_DIGEST, format!("sha-256=:{digest}:"))
    }

    /// The same with another status.
    pub fn status(self, status: StatusCode) -> Self {
        Reply { status, ..self }
    }

    /// The same with one more header.
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same after the notice of simulated dates, where it is a text or page for people and there is need of it.
    pub fn noticed(mut self, settings: &RegistrySettings) -> Self {
        let write = match self.media_type.split(';').next() {
            Some("text/html") => notice::in_page,
            Some("text/plain" | "text/markdown") => notice::before_text,
            _ => return self,
        };
        let text = String::from_utf8_lossy(&self.body).into_owned();
        self.body = write(settings, text).into_bytes();
        self
    }

    /// The same with a link to the next page, where there is one.
    pub fn next_page(self, path: &str, query: Option<&str>, cursor: Option<&str>) -> Self {
        let Some(cursor) = cursor else { return self };
        let kept = query.unwrap_or_default().split('&').filter(|p| !p.is_empty() && !p.starts_with("cursor="));
        let query: Vec<String> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
        self.with(header::LINK, format!("<{path}?{}>; rel=\"next\"", query.join("&")))
    }

    /// The validator: the digest of what is sent.
    fn entity_tag(&self) -> Option<String> {
        let digest = Digest::of(&self.body).hex();
        match self.cache {
            Cache::Immutable => Some(format!("\"sha256-{digest}\"")),
            Cache::Never => None,
            _ => Some(format!("W/\"{}\"", &digest[..32])),
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let tag = self.entity_tag();
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache.control()));
        let tag = tag.map(|tag| (header::ETAG, tag));
        for (name, value) in self.headers.into_iter().chain(tag) {
            // Ids, digests and addresses of this registry are always visible ASCII.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(name, value);
            }
        }
        response
    }
}
