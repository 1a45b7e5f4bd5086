//! `/v1/export…`: everything at once, for those who keep a copy.

use std::{
    io::Write,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::{Compression, GzBuilder};
use hyper::body::{Frame, SizeHint};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use utoipa::{IntoParams, ToSchema};

use super::{
    extract::{Parsed, Query},
    problem::{self, Failure, Problem},
    range::{Range, requested},
};
use crate::{
    index::VersionRow,
    registry::{
        Registry, RegistryError, Result,
        door::Door,
        export::{ExportKind, Exported, export_failure},
    },
    statement::{
        Facts, StatementView,
        csv::{CSV_COLUMNS, guarded},
    },
};

/// How much of a file is in memory for each reader.
const CHUNK_BYTES: u64 = 256 * 1024;
/// Caches may keep it for less than it may be behind.
const CACHE_CONTROL: &str = "public, max-age=30, no-transform";

/// Which versions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `current`, or `all` for superseded versions as well.
    #[param(value_type = Option<String>, example = "current", default = "current")]
    versions: Option<Parsed<Versions>>,
}

/// `current` or `all`.
#[derive(Debug, Clone, Copy)]
pub struct Versions(ExportKind);

impl std::str::FromStr for Versions {
    type Err = &'static str;
    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "current" => Ok(Versions(ExportKind::Current)),
            "all" => Ok(Versions(ExportKind::All)),
            _ => Err("it is current or all"),
        }
    }
}

/// A gzip file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, content_media_type = "application/gzip")]
#[allow(dead_code, reason = "only described")]
pub struct GzipFile(Vec<u8>);

/// The first line of an export.
#[derive(Debug, Serialize)]
struct First<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    registry: &'a str,
    sequence: u64,
    versions: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    simulated_dates: Option<bool>,
}

/// A line for each version.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(rename = "type")]
    kind: &'static str,
    certification: String,
    version: u32,
    digest: String,
    sequence: u64,
    commit: String,
    published_at: String,
    document: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    countersignature: Option<String>,
}

/// The last line.
#[derive(Debug, Serialize)]
struct Last {
    #[serde(rename = "type")]
    kind: &'static str,
    lines: u64,
}

/// Download every certification
///
/// One JSON object a line (NDJSON), as of one sequence. The first has type `export` with `registry`, `sequence` and
/// `versions`; each of the others type `version` with `certification`, `version`, `digest`, `sequence`, `commit`,
/// `published_at`, `document` (exactly the text that was signed), `signature` and `countersignature`; the last type `end`
/// with the number of `lines` between. To stay level, follow `/v1/changes` with `after` set to the export's sequence and
/// fetch what it names. Person records are never in it. It is made anew when it is asked for and there is news, and may
/// be a minute behind. An interrupted download goes on with `Range` and `If-Range`.
#[utoipa::path(get, path = "/v1/export.ndjson.gz", tag = "Changes", operation_id = "get_export", params(ExportQuery,
    ("Range" = Option<String>, Header, description = "One range of bytes (RFC 9110 §14).")),
    responses((status = 200, description = "The file.", body = inline(GzipFile), content_type = "application/gzip",
        headers(("ETag" = String, description = "Strong: `\"sha256-…\"`."), ("Accept-Ranges" = String, description = "`bytes`"))),
        (status = 206, description = "The part of it that was asked for."),
        (status = 416, response = problem::RangeNotSatisfiable), (status = 507, response = problem::Full)))]
pub async fn get_export(
    State(door): State<Door>,
    Query(query): Query<ExportQuery>,
    headers: HeaderMap,
) -> std::result::Result<Response, Failure> {
    let kind = query.versions.map_or(ExportKind::Current, |versions| versions.0.0);
    let made = door.ask(move |registry| registry.exported(kind, |out, sequence| lines(registry, kind, sequence, out)));
    send(made.await?, &headers, "application/gzip", names(kind).1)
}

/// Download every answer as a table
///
/// One row for each answer of every current version, as of one sequence, for spreadsheets and statistics: certification,
/// version, day of publication, then the columns of `responses.csv`. Cells that a spreadsheet would take for a formula
/// begin with an apostrophe.
#[utoipa::path(get, path = "/v1/export/responses.csv", tag = "Changes", operation_id = "get_export_responses",
    params(("Range" = Option<String>, Header, description = "One range of bytes (RFC 9110 §14).")),
    responses((status = 200, description = "One row for each answer (RFC 4180).", body = String, content_type = "text/csv",
        headers(("ETag" = String, description = "Strong: `\"sha256-…\"`."), ("Accept-Ranges" = String, description = "`bytes`"))),
        (status = 206, description = "The part of it that was asked for."),
        (status = 416, response = problem::RangeNotSatisfiable), (status = 507, response = problem::Full)))]
pub async fn get_export_responses(
    State(door): State<Door>,
    headers: HeaderMap,
) -> std::result::Result<Response, Failure> {
    let kind = ExportKind::Responses;
    let made = door.ask(move |registry| registry.exported(kind, |out, sequence| table(registry, sequence, out)));
    send(made.await?, &headers, "text/csv; charset=utf-8; header=present", names(kind).1)
}

/// What the versions are called, and the file.
fn names(kind: ExportKind) -> (&'static str, &'static str) {
    match kind {
        ExportKind::Current => ("current", "export.ndjson.gz"),
        ExportKind::All => ("all", "export-all.ndjson.gz"),
        ExportKind::Responses => ("current", "responses.csv"),
    }
}

fn lines(registry: &Registry, kind: ExportKind, sequence: u64, out: &mut dyn Write) -> Result<()> {
    let mut out = GzBuilder::new().write(out, Compression::new(5));
    let settings = registry.settings();
    let first = First {
        kind: "export",
        registry: settings.registry.as_str(),
        sequence,
        versions: names(kind).0,
        simulated_dates: settings.simulated_dates.then_some(true),
    };
    line(&mut out, &first)?;
    let mut lines = 0;
    registry.each_exported_version(kind, sequence, &mut |row| {
        lines += 1;
        line(&mut out, &version(registry, row)?)
    })?;
    line(&mut out, &Last { kind: "end", lines })?;
    out.finish().map(drop).map_err(export_failure)
}

fn line<T: Serialize>(out: &mut impl Write, line: &T) -> Result<()> {
    let mut text = serde_json::to_vec(line).map_err(RegistryError::internal)?;
    text.push(b'\n');
    out.write_all(&text).map_err(export_failure)
}

fn version(registry: &Registry, row: &VersionRow) -> Result<Line> {
    let publication = &row.publication;
    let text = |object: &Option<String>| object.as_ref().map(|object| registry.text(object)).transpose();
    let document = registry.bytes(&row.object, publication.digest)?;
    Ok(Line {
        kind: "version",
        certification: publication.certification.to_string(),
        version: publication.version,
        digest: publication.digest.to_string(),
        sequence: publication.sequence,
        commit: row.commit.clone(),
        published_at: publication.published_at.to_string(),
        document: String::from_utf8(document).map_err(RegistryError::internal)?,
        signature: text(&row.signature_object)?,
        countersignature: text(&row.countersignature_object)?,
    })
}

fn table(registry: &Registry, sequence: u64, out: &mut dyn Write) -> Result<()> {
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => export_failure(error),
        other => RegistryError::internal(format!("{other:?}")),
    };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(["certification", "version", "published_on"].into_iter().chain(CSV_COLUMNS)).map_err(failed)?;
    registry.each_exported_version(ExportKind::Responses, sequence, &mut |row| {
        let publication = &row.publication;
        let version = registry.with_content(row.clone())?;
        let view = StatementView::new(&version.content, &version.edition, &Facts::of(publication), None);
        let own = [
            publication.certification.to_string(),
            publication.version.to_string(),
            publication.published_at.day_in_london().to_string(),
        ];
        for cells in view.csv_rows() {
            writer.write_record(own.iter().cloned().chain(cells).map(guarded)).map_err(failed)?;
        }
        Ok(())
    })?;
    writer.flush().map_err(export_failure)
}

/// Answers with the file, or with the part of it that is asked for.
fn send(
    exported: Arc<Exported>,
    asked: &HeaderMap,
    media_type: &'static str,
    name: &str,
) -> std::result::Result<Response, Failure> {
    let (length, tag) = (exported.bytes_len(), format!("\"sha256-{}\"", exported.digest().hex()));
    let range = match requested(asked, length, &tag) {
        Range::Unsatisfiable => {
            let detail = format!("The file has {length} bytes: ask for a range within them, or for the whole.");
            let mut response = Problem::new("range-not-satisfiable", detail).into_response();
            insert(response.headers_mut(), header::CONTENT_RANGE, format!("bytes */{length}"));
            return Ok(response);
        }
        Range::Whole => None,
        Range::Part(first, last) => Some((first, last)),
    };
    let (first, last) = range.unwrap_or((0, length.saturating_sub(1)));
    let sent = last + 1 - first;
    let sequence = exported.sequence();
    let mut response = Body::new(FileBody { file: exported, at: first, end: last + 1, reading: None }).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CACHE_CONTROL, CACHE_CONTROL.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{sequence}-{name}\"")),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_LENGTH, sent.to_string()),
        (header::ETAG, tag),
    ] {
        insert(headers, name, value);
    }
    if range.is_some() {
        insert(headers, header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}"));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: String) {
    // Numbers, digests and fixed words are always visible ASCII.
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(name, value);
    }
}

/// A part of a file on its way, some of it at a time.
struct FileBody {
    file: Arc<Exported>,
    at: u64,
    end: u64,
    /// The next part, read on a thread that may block.
    reading: Option<JoinHandle<std::io::Result<Vec<u8>>>>,
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        if self.at >= self.end {
            return Poll::Ready(None);
        }
        let (at, length) = (self.at, (self.end - self.at).min(CHUNK_BYTES));
        let file = self.file.clone();
        let reading = self.reading.get_or_insert_with(|| {
            tokio::task::spawn_blocking(move || file.read(at, usize::try_from(length).unwrap_or(0)))
        });
        let read = std::task::ready!(Pin::new(reading).poll(context));
        self.reading = None;
        self.at += length;
        Poll::Ready(Some(read.map_err(std::io::Error::other).flatten().map(|bytes| Frame::data(bytes.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.end - self.at)
    }
}
