//! Atom feeds, and the badge for a supplier's own site.

use axum::{
    extract::State,
    http::{HeaderMap, header},
};

use super::{
    extract::Path,
    params::{CertificationPath, SupplierPath},
    problem,
    reply::{Answer, Cache, Reply},
};
use crate::{
    domain::ChangeKind,
    index::VersionRow,
    registry::{
        door::Door,
        feed::{self, Feed},
    },
};

fn atom(headers: &HeaderMap, feed: &Feed) -> Reply {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let base = feed::base(text("host"), text("x-forwarded-proto"));
    Reply::text(Cache::Current, "application/atom+xml; charset=utf-8", feed.atom(&base))
        .with(header::VARY, "Accept-Encoding, Host")
}

/// Follow one certification with a feed reader
///
/// Every version and case statement, newest first, with what it changed in one line.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/feed.atom", tag = "Changes",
    operation_id = "get_certification_feed", params(CertificationPath),
    responses((status = 200, description = "Atom (RFC 4287).", body = String, content_type = "application/atom+xml"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_certification_feed(
    State(door): State<Door>,
    headers: HeaderMap,
    Path(path): Path<CertificationPath>,
) -> Answer {
    let feed = door.ask(move |registry| registry.feed_of_certification(&path.id())).await?;
    Ok(atom(&headers, &feed))
}

/// Follow one supplier with a feed reader
#[utoipa::path(get, path = "/v1/suppliers/{supplier}/feed.atom", tag = "Changes", operation_id = "get_supplier_feed",
    params(SupplierPath),
    responses((status = 200, description = "Atom (RFC 4287).", body = String, content_type = "application/atom+xml"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_supplier_feed(State(door): State<Door>, headers: HeaderMap, Path(path): Path<SupplierPath>) -> Answer {
    let feed = door.ask(move |registry| registry.feed_of_supplier(&path.supplier.0)).await?;
    Ok(atom(&headers, &feed))
}

/// Follow the whole registry with a feed reader
///
/// The newest 50 events. Programs that must miss nothing follow `/v1/changes` instead.
#[utoipa::path(get, path = "/v1/changes.atom", tag = "Changes", operation_id = "get_changes_feed",
    responses((status = 200, description = "Atom (RFC 4287).", body = String, content_type = "application/atom+xml")))]
pub async fn get_changes_feed(State(door): State<Door>, headers: HeaderMap) -> Answer {
    let feed = door.ask(|registry| registry.feed_of_everything()).await?;
    Ok(atom(&headers, &feed))
}

/// Get a badge for a supplier's own site
///
/// Neutral: that it is self-certified, the version and its day. It is no seal of approval.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/badge.svg", tag = "Certifications",
    operation_id = "get_badge", params(CertificationPath),
    responses((status = 200, description = "A small picture.", body = String, content_type = "image/svg+xml"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_badge(State(door): State<Door>, Path(path): Path<CertificationPath>) -> Answer {
    let (row, simulated) = door
        .ask(move |registry| Ok((registry.certification(&path.id())?.current, registry.settings().simulated_dates)))
        .await?;
    Ok(Reply::text(Cache::Current, "image/svg+xml", badge(&row, simulated)))
}

/// `self-certified · version 5 · 2 Nov 2026`, drawn in grey.
fn badge(row: &VersionRow, simulated: bool) -> String {
    let standing = if row.kind == ChangeKind::Transcription { "transcribed, not signed" } else { "self-certified" };
    let day = row.publication.published_at.day_in_london().in_words();
    let day: Vec<&str> = day.split(' ').map(|part| part.get(..3).filter(|_| part.len() > 4).unwrap_or(part)).collect();
    let note = if simulated { " (simulated)" } else { "" };
    let words = format!("{standing} · version {} · {}{note}", row.publication.version, day.join(" "));
    // Letters of this size are some 6.3 units wide; the text is told to fit what that comes to.
    let text_width = words.chars().count() * 63 / 10;
    let width = text_width + 20;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"24\" viewBox=\"0 0 {width} 24\" role=\"img\" \
         aria-label=\"{words}\"><title>{words}</title><rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"23\" rx=\"5\" \
         fill=\"#ffffff\" stroke=\"#55606a\"/><text x=\"10\" y=\"16\" textLength=\"{text_width}\" fill=\"#1b2227\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">{words}</text></svg>\n",
        width - 1
    )
}
