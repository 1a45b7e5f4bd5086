//! The stylesheet and the mark: part of the program, kept for ever under addresses that name their content.

use std::sync::LazyLock;

use axum::{http::header, response::IntoResponse};

use crate::domain::Digest;

/// The one stylesheet.
pub const STYLE: &str = include_str!("style.css");
/// The mark beside the registry's name, also the browser's icon.
const MARK: &str = include_str!("mark.svg");

static STYLE_ADDRESS: LazyLock<String> =
    LazyLock::new(|| format!("/style.css?{}", &Digest::of(STYLE.as_bytes()).hex()[..12]));

/// Where pages find the stylesheet.
pub fn style_address() -> &'static str {
    &STYLE_ADDRESS
}

/// The stylesheet.
pub async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, STYLE)
}

/// The mark.
pub async fn mark() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=604800")];
    (headers, MARK)
}
