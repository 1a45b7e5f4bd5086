//! `/v1/reports/since`: what changed since the reader signed up, for a whole list at once.
//!
//! A list tells which services a school uses: nothing of it is kept, cached or logged.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::extract::State;
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::IntoParams;

use super::{
    extract::{Json, Query},
    problem::{self, Failure, Problem},
    reply::{Answer, Cache, Reply},
    views::since::{SinceItem, SinceReportView, SinceRequest, SinceResult},
};
use crate::{
    domain::{Day, WatchItem},
    registry::{
        ErrorKind, Registry, RegistryError, Result,
        compare::Since,
        door::Door,
        watch::{MAX_ITEMS, Tally, Watch},
    },
};

mod render;

/// The longest `ref` or `label`, in characters.
const MAX_LABEL_CHARACTERS: usize = 200;

/// The list as a query. Send long ones with POST.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only described: a repeated parameter is read as pairs")]
pub struct SinceQuery {
    /// `supplier/service@day`, once for each service; a day, a month or a year (its first day).
    #[param(example = json!(["example-learning/example-cloud@2019-09"]), min_items = 1, max_items = 1000)]
    item: Vec<String>,
    /// The day of the last review; then that is where each comparison begins.
    #[param(example = "2026-06-30")]
    reviewed_on: Option<String>,
    /// `summary` (usual) or `full`, which adds every change in full.
    #[param(example = "summary")]
    detail: Option<String>,
}

/// A parameter as it came.
type Pairs = Vec<(String, String)>;

/// A list that was read and has a size that can be answered.
struct Asked {
    items: Vec<SinceItem>,
    reviewed_on: Option<String>,
    full: bool,
}

impl Asked {
    fn from_body(request: SinceRequest) -> std::result::Result<Asked, Failure> {
        let full = detail(request.detail.as_deref())?;
        let items = request.items.into_iter().map(|item| item.0).collect();
        Asked { items, reviewed_on: request.reviewed_on, full }.checked()
    }

    fn from_pairs(pairs: Pairs) -> std::result::Result<Asked, Failure> {
        let mut asked = Asked { items: Vec::new(), reviewed_on: None, full: false };
        for (name, value) in pairs {
            match name.as_str() {
                "item" => asked.items.push(item(&value)),
                "reviewed_on" => asked.reviewed_on = Some(value),
                _ => asked.full = detail(Some(&value))?,
            }
        }
        asked.checked()
    }

    fn checked(self) -> std::result::Result<Asked, Failure> {
        if self.items.is_empty() || self.items.len() > MAX_ITEMS {
            let detail = format!("A report takes 1 to {MAX_ITEMS} items; {} came.", self.items.len());
            return Err(Problem::new("too-many-items", detail).into());
        }
        let too_long = |text: &Option<String>| text.as_ref().is_some_and(|t| t.chars().count() > MAX_LABEL_CHARACTERS);
        if self.items.iter().any(|item| too_long(&item.reference) || too_long(&item.label)) {
            let detail = format!("'ref' and 'label' have at most {MAX_LABEL_CHARACTERS} characters.");
            return Err(Problem::new("bad-body", detail).into());
        }
        Ok(self)
    }
}

fn detail(text: Option<&str>) -> std::result::Result<bool, Failure> {
    match text {
        None | Some("summary") => Ok(false),
        Some("full") => Ok(true),
        _ => Err(Problem::new("bad-parameter", "'detail' is summary or full.").into()),
    }
}

/// `supplier/service@day`. What cannot be read is answered in its place.
fn item(text: &str) -> SinceItem {
    let (certification, day) = text.split_once('@').unwrap_or((text, ""));
    SinceItem {
        certification: certification.to_owned(),
        signed_up_on: day.to_owned(),
        reviewed_on: None,
        reference: None,
        label: None,
    }
}

/// One answered item, with the value that the renderings write out.
struct Answered {
    result: SinceResult,
    since: Option<Arc<Since>>,
}

/// A whole answered list.
struct Report {
    view: SinceReportView,
    /// Beside each item, what the page and the texts write out; left out where the table alone is asked for.
    found: Vec<Option<Arc<Since>>>,
}

fn report(registry: &Registry, asked: Asked, keep_found: bool, is_wanted: &AtomicBool) -> Result<Report> {
    let Asked { items, reviewed_on, full } = asked;
    let (mut watch, mut tally) = (registry.watch(is_wanted), Tally::default());
    let (mut results, mut found) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
    for item in items {
        let answered = answer(registry, item, reviewed_on.as_deref(), full, &mut watch)?;
        tally.count(answered.since.as_deref());
        results.push(answered.result);
        found.push(answered.since.filter(|_| keep_found));
    }
    let view = SinceReportView {
        headline: tally.sentence(),
        made_at: registry.clock().now().to_string(),
        sequence: registry.index().latest_sequence()?.unwrap_or(0),
        simulated_dates: registry.settings().simulated_dates.then_some(true),
        items: results,
    };
    Ok(Report { view, found })
}

/// Answers one item; what fails, fails in its own place.
fn answer(
    registry: &Registry,
    item: SinceItem,
    reviewed_on: Option<&str>,
    full: bool,
    watch: &mut Watch<'_>,
) -> Result<Answered> {
    let failed = |item, error: RegistryError| Answered { result: SinceResult::failed(item, &error), since: None };
    let watched = match watched(&item, reviewed_on) {
        Ok(watched) => watched,
        Err(error) => return Ok(failed(item, error)),
    };
    Ok(match watch.since(&watched)? {
        Ok(since) => {
            let result = SinceResult::found(item, &watched, &since, full, registry.settings());
            Answered { result, since: Some(since) }
        }
        Err(error) => failed(item, error),
    })
}

fn watched(item: &SinceItem, reviewed_on: Option<&str>) -> Result<WatchItem> {
    let day = |text: &str| {
        Day::parse_start_of_period(text).map_err(|_| {
            RegistryError::new(ErrorKind::Unreadable, "bad-day", "Write the day as 2019-09-04, 2019-09 or 2019.")
        })
    };
    let certification = item.certification.parse().map_err(|_| {
        let detail = "A service is named supplier/service, like example-learning/example-cloud. /v1/certifications?q=… searches by name.";
        RegistryError::not_found("certification-not-found", detail)
    })?;
    Ok(WatchItem {
        certification,
        signed_up_on: day(&item.signed_up_on)?,
        reviewed_on: item.reviewed_on.as_deref().or(reviewed_on).map(day).transpose()?,
        label: item.label.clone(),
    })
}

/// Reports are the dearest answers: so many are made at a time, others wait.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Says that nobody waits any more, when the request ends early.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

async fn answered(door: Door, asked: Asked, write: fn(&Report) -> Reply) -> Answer {
    answered_with(door, asked, true, write).await
}

async fn answered_with(door: Door, asked: Asked, keep_found: bool, write: fn(&Report) -> Reply) -> Answer {
    let place = AT_ONCE.acquire().await.map_err(RegistryError::internal)?;
    let wanted = Wanted(Arc::new(AtomicBool::new(true)));
    let is_wanted = wanted.0.clone();
    let reply = door.ask(move |registry| {
        let _place = place;
        Ok(write(&report(registry, asked, keep_found, &is_wanted)?))
    });
    Ok(reply.await?)
}

fn json(report: &Report) -> Reply {
    Reply::json(Cache::Never, &report.view)
}

/// Report what changed since you signed up
///
/// One result for each service, in the order of the list; a service that is not on the register stays in the list and
/// says so.
#[utoipa::path(post, path = "/v1/reports/since", tag = "Changes", operation_id = "report_since", request_body = SinceRequest,
    responses((status = 200, description = "The report.", body = SinceReportView), (status = 413, response = problem::TooLarge),
        (status = 415, response = problem::UnsupportedMedia), (status = 422, response = problem::Unprocessable)))]
pub async fn report_since(State(door): State<Door>, Json(request): Json<SinceRequest>) -> Answer {
    answered_with(door, Asked::from_body(request)?, false, json).await
}

/// Report what changed since you signed up, asked by address
#[utoipa::path(get, path = "/v1/reports/since", tag = "Changes", operation_id = "get_report_since", params(SinceQuery),
    responses((status = 200, description = "The report.", body = SinceReportView), (status = 422, response = problem::Unprocessable)))]
pub async fn get_report_since(State(door): State<Door>, Query(pairs): Query<Pairs>) -> Answer {
    answered_with(door, Asked::from_pairs(pairs)?, false, json).await
}

/// Report what changed since you signed up, as a table
///
/// Cells that a spreadsheet would take for a formula begin with an apostrophe.
#[utoipa::path(post, path = "/v1/reports/since.csv", tag = "Changes", operation_id = "report_since_csv", request_body = SinceRequest,
    responses((status = 200, description = "One row for each service (RFC 4180).", body = String, content_type = "text/csv"),
        (status = 413, response = problem::TooLarge), (status = 415, response = problem::UnsupportedMedia),
        (status = 422, response = problem::Unprocessable)))]
pub async fn report_since_csv(State(door): State<Door>, Json(request): Json<SinceRequest>) -> Answer {
    answered(door, Asked::from_body(request)?, render::csv).await
}

/// Report what changed since you signed up, as a table, asked by address
#[utoipa::path(get, path = "/v1/reports/since.csv", tag = "Changes", operation_id = "get_report_since_csv", params(SinceQuery),
    responses((status = 200, description = "One row for each service (RFC 4180).", body = String, content_type = "text/csv"),
        (status = 422, response = problem::Unprocessable)))]
pub async fn get_report_since_csv(State(door): State<Door>, Query(pairs): Query<Pairs>) -> Answer {
    answered(door, Asked::from_pairs(pairs)?, render::csv).await
}

/// Report what changed since you signed up, as a page
#[utoipa::path(post, path = "/v1/reports/since.html", tag = "Changes", operation_id = "report_since_html", request_body = SinceRequest,
    responses((status = 200, description = "A page that needs nothing else.", body = String, content_type = "text/html"),
        (status = 413, response = problem::TooLarge), (status = 415, response = problem::UnsupportedMedia),
        (status = 422, response = problem::Unprocessable)))]
pub async fn report_since_html(State(door): State<Door>, Json(request): Json<SinceRequest>) -> Answer {
    answered(door, Asked::from_body(request)?, render::html).await
}

/// Report what changed since you signed up, as a page, asked by address
#[utoipa::path(get, path = "/v1/reports/since.html", tag = "Changes", operation_id = "get_report_since_html", params(SinceQuery),
    responses((status = 200, description = "A page that needs nothing else.", body = String, content_type = "text/html"),
        (status = 422, response = problem::Unprocessable)))]
pub async fn get_report_since_html(State(door): State<Door>, Query(pairs): Query<Pairs>) -> Answer {
    answered(door, Asked::from_pairs(pairs)?, render::html).await
}

/// Report what changed since you signed up, as Markdown
#[utoipa::path(post, path = "/v1/reports/since.md", tag = "Changes", operation_id = "report_since_markdown", request_body = SinceRequest,
    responses((status = 200, description = "Markdown.", body = String, content_type = "text/markdown"),
        (status = 413, response = problem::TooLarge), (status = 415, response = problem::UnsupportedMedia),
        (status = 422, response = problem::Unprocessable)))]
pub async fn report_since_markdown(State(door): State<Door>, Json(request): Json<SinceRequest>) -> Answer {
    answered(door, Asked::from_body(request)?, render::markdown).await
}

/// Report what changed since you signed up, as Markdown, asked by address
#[utoipa::path(get, path = "/v1/reports/since.md", tag = "Changes", operation_id = "get_report_since_markdown", params(SinceQuery),
    responses((status = 200, description = "Markdown.", body = String, content_type = "text/markdown"),
        (status = 422, response = problem::Unprocessable)))]
pub async fn get_report_since_markdown(State(door): State<Door>, Query(pairs): Query<Pairs>) -> Answer {
    answered(door, Asked::from_pairs(pairs)?, render::markdown).await
}

/// Report what changed since you signed up, as plain text
#[utoipa::path(post, path = "/v1/reports/since.txt", tag = "Changes", operation_id = "report_since_text", request_body = SinceRequest,
    responses((status = 200, description = "Plain text.", body = String, content_type = "text/plain"),
        (status = 413, response = problem::TooLarge), (status = 415, response = problem::UnsupportedMedia),
        (status = 422, response = problem::Unprocessable)))]
pub async fn report_since_text(State(door): State<Door>, Json(request): Json<SinceRequest>) -> Answer {
    answered(door, Asked::from_body(request)?, render::text).await
}

/// Report what changed since you signed up, as plain text, asked by address
#[utoipa::path(get, path = "/v1/reports/since.txt", tag = "Changes", operation_id = "get_report_since_text", params(SinceQuery),
    responses((status = 200, description = "Plain text.", body = String, content_type = "text/plain"),
        (status = 422, response = problem::Unprocessable)))]
pub async fn get_report_since_text(State(door): State<Door>, Query(pairs): Query<Pairs>) -> Answer {
    answered(door, Asked::from_pairs(pairs)?, render::text).await
}
