//! `…/diff` and `…/changes`: what changed between versions, and step by step.

use axum::extract::{OriginalUri, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Parsed, Path, Query},
    params::{CertificationPath, VersionNumber, page_size, read_cursor, write_cursor},
    problem::{self, Failure, Problem},
    reply::{Answer, Cache, Reply},
    versions::PageQuery,
    views::comparison::{CertificationChanges, ComparisonView},
};
use crate::{
    compare::{self, Comparison, TextOptions},
    domain::{CertificationId, Day, WatchItem},
    registry::{Registry, RegistryError, Result, door::Door},
};

/// Which versions are compared: `from` or `since`, and `to`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// The older version.
    #[param(value_type = Option<u32>, minimum = 1, example = 1)]
    from: Option<Parsed<VersionNumber>>,
    /// Instead of `from`: the version that a reader of this day knew. A day, a month or a year (its first day).
    #[param(example = "2025-09-04")]
    since: Option<String>,
    /// The newer version; the current one without it.
    #[param(value_type = Option<u32>, minimum = 1)]
    to: Option<Parsed<VersionNumber>>,
}

/// Where a comparison begins.
enum From {
    Version(u32),
    Day(Day),
}

impl DiffQuery {
    fn from(&self) -> std::result::Result<From, Failure> {
        let bad = |detail: &str| Failure::from(Problem::new("bad-parameter", detail));
        match (&self.from, &self.since) {
            (Some(from), None) => Ok(From::Version(from.0.0)),
            (None, Some(since)) => Day::parse_start_of_period(since)
                .map(From::Day)
                .map_err(|_| Problem::new("bad-day", "Write 'since' as 2019-09-04, 2019-09 or 2019.").into()),
            _ => Err(bad("Say where to begin: either 'from' with a version, or 'since' with a day.")),
        }
    }
}

/// Compares, and says how long the answer may be kept.
fn compared(registry: &Registry, id: &CertificationId, from: &From, to: Option<u32>) -> Result<(Comparison, Cache)> {
    registry.certification(id)?;
    let (from, fixed) = match (from, to) {
        (From::Version(version), to) => (*version, to.is_some()),
        (From::Day(day), Some(_)) => (known_on(registry, id, *day)?, false),
        (From::Day(day), None) => return Ok((net_since(registry, id, *day)?, Cache::Current)),
    };
    let cache = if fixed { Cache::Derived } else { Cache::Current };
    match to {
        // What stands beside it belongs to the present, never to an answer that may be kept.
        Some(to) => Ok((registry.compare(id, from, to)?, cache)),
        None => Ok((registry.compare_with_current(id, from)?, cache)),
    }
}

/// Then and now as the since-report compares them: the same words for the same question.
fn net_since(registry: &Registry, id: &CertificationId, day: Day) -> Result<Comparison> {
    let item = WatchItem { certification: id.clone(), signed_up_on: day, reviewed_on: None, label: None };
    Ok(registry.since(&item)?.report.net)
}

/// The version that a reader of that day knew.
fn known_on(registry: &Registry, id: &CertificationId, day: Day) -> Result<u32> {
    if day > registry.clock().now().day_in_london() {
        return Err(RegistryError::invalid("day-ahead", "That day lies ahead. Write a day that has begun."));
    }
    let baseline = compare::baseline(day, &registry.index().publications(id)?);
    let baseline = baseline.ok_or_else(|| RegistryError::internal(format!("{id} has no publication")))?;
    Ok(baseline.version)
}

async fn diff(
    door: Door,
    path: CertificationPath,
    query: DiffQuery,
    write: fn(&Registry, &CertificationId, &Comparison, Cache) -> Reply,
) -> Answer {
    let (from, to) = (query.from()?, query.to.map(|to| to.0.0));
    let reply = door.ask(move |registry| {
        let id = path.id();
        let (comparison, cache) = compared(registry, &id, &from, to)?;
        Ok(write(registry, &id, &comparison, cache).noticed(registry.settings()))
    });
    Ok(reply.await?)
}

/// Compare two versions
///
/// What changed, question by question: most important first, each with a sentence, a direction and the published rule
/// that decided how much it matters.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/diff", tag = "Changes", operation_id = "get_diff",
    params(CertificationPath, DiffQuery),
    responses((status = 200, description = "The comparison.", body = ComparisonView), (status = 404, response = problem::NotFound),
        (status = 422, response = problem::Unprocessable)))]
pub async fn get_diff(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<DiffQuery>,
) -> Answer {
    diff(door, path, query, |registry, id, comparison, cache| {
        Reply::json(cache, &ComparisonView::of(id.to_string(), comparison, registry.settings()))
    })
    .await
}

/// Compare two versions, as a page
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/diff.html", tag = "Changes", operation_id = "get_diff_html",
    params(CertificationPath, DiffQuery),
    responses((status = 200, description = "A page that needs nothing else.", body = String, content_type = "text/html"),
        (status = 404, response = problem::NotFound), (status = 422, response = problem::Unprocessable)))]
pub async fn get_diff_html(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<DiffQuery>,
) -> Answer {
    diff(door, path, query, |_, _, comparison, cache| Reply::page(cache, comparison.html_page())).await
}

/// Compare two versions, as Markdown
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/diff.md", tag = "Changes", operation_id = "get_diff_markdown",
    params(CertificationPath, DiffQuery),
    responses((status = 200, description = "Markdown.", body = String, content_type = "text/markdown"),
        (status = 404, response = problem::NotFound), (status = 422, response = problem::Unprocessable)))]
pub async fn get_diff_markdown(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<DiffQuery>,
) -> Answer {
    diff(door, path, query, |_, _, comparison, cache| {
        Reply::text(cache, "text/markdown; charset=utf-8", comparison.markdown())
    })
    .await
}

/// Compare two versions, as plain text
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/diff.txt", tag = "Changes", operation_id = "get_diff_text",
    params(CertificationPath, DiffQuery),
    responses((status = 200, description = "Plain text.", body = String, content_type = "text/plain"),
        (status = 404, response = problem::NotFound), (status = 422, response = problem::Unprocessable)))]
pub async fn get_diff_text(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<DiffQuery>,
) -> Answer {
    diff(door, path, query, |_, _, comparison, cache| {
        Reply::text(cache, "text/plain; charset=utf-8", comparison.text(&TextOptions::default()))
    })
    .await
}

/// List what changed, version by version
///
/// Every version compared with the one before it, newest first.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/changes", tag = "Changes",
    operation_id = "list_certification_changes", params(CertificationPath, PageQuery),
    responses((status = 200, description = "A page of comparisons.", body = CertificationChanges,
        headers(("Link" = String, description = "`rel=\"next\"`: the next page, where there is one."))),
        (status = 404, response = problem::NotFound)))]
pub async fn list_certification_changes(
    State(door): State<Door>,
    OriginalUri(uri): OriginalUri,
    Path(path): Path<CertificationPath>,
    Query(query): Query<PageQuery>,
) -> Answer {
    let limit = page_size(query.limit, 10, 50)?;
    let before: Option<VersionNumber> = read_cursor(query.cursor.as_deref())?;
    let page = door.ask(move |registry| changes(registry, &path.id(), before.map(|number| number.0), limit)).await?;
    let next = page.next_cursor.clone();
    Ok(Reply::json(Cache::Current, &page).next_page(uri.path(), uri.query(), next.as_deref()))
}

fn changes(
    registry: &Registry,
    id: &CertificationId,
    before: Option<u32>,
    limit: usize,
) -> Result<CertificationChanges> {
    let current = registry.certification(id)?.current.publication.version;
    let newest = before.map_or(current, |before| before.saturating_sub(1).min(current));
    let versions: Vec<u32> = (2..=newest).rev().take(limit).collect();
    let view = |&version: &u32| {
        let comparison = registry.compare(id, version - 1, version)?;
        Ok(ComparisonView::of(id.to_string(), &comparison, registry.settings()))
    };
    let last = versions.last().copied().filter(|last| *last > 2);
    Ok(CertificationChanges {
        certification: id.to_string(),
        items: versions.iter().map(view).collect::<Result<_>>()?,
        next_cursor: last.map(|last| write_cursor(&last.to_string())),
    })
}
