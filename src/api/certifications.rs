//! `/v1/certifications` and one certification, now or as of an instant.

use std::str::FromStr;

use axum::{
    extract::{OriginalUri, State},
    http::header,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Parsed, Path, Query},
    params::{AsOfQuery, CertificationPath, bounded, page_size, read_cursor},
    problem::{self, Failure, Problem},
    reply::{Answer, Cache, Reply},
    search,
    views::{
        address,
        certification::{CertificationPage, CertificationSummary, CertificationView},
        links,
        promptness::PromptnessView,
        standing::StandingView,
        version::VersionView,
    },
};
use crate::{
    domain::{AnswerId, CertificationId, Code, Day, EditionId, Instant, SupplierId},
    index::{Beside, CertificationFilter, CertificationRow, CertificationSort},
    registry::{Registry, Result, door::Door, read::VersionContent},
};

/// How a list of certifications is narrowed, ordered and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CertificationQuery {
    /// Words. First come certifications with all of them in the names of supplier or service (also as parts of words), in the
    /// order of `sort`; then those with all of them as whole words in one answer, whose words were stated last first.
    /// The first eight words count.
    #[param(max_length = 200, example = "cloud")]
    q: Option<String>,
    /// Of this supplier only.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40)]
    supplier: Option<Parsed<SupplierId>>,
    /// `self_certified` or `transcribed`; or what stands beside it: `withdrawn`, `challenged`, `verification_required`,
    /// `overdue`, `notice`, `ended`, `transferred`.
    #[param(value_type = Option<String>, example = "self_certified")]
    status: Option<Parsed<Status>>,
    /// Answering this edition.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9](-?[a-z0-9])*$", min_length = 2, max_length = 40)]
    edition: Option<Parsed<EditionId>>,
    /// With `code`: answering this question with that colour.
    #[param(value_type = Option<String>, pattern = "^[qs][1-9][0-9]?\\.[1-9][0-9]?$")]
    question: Option<Parsed<AnswerId>>,
    /// With `question`: `green`, `amber`, `black` or `not_recorded`.
    #[param(value_type = Option<String>)]
    code: Option<Parsed<CodeName>>,
    /// Published something after the end of this day, or after this instant.
    #[param(example = "2025-09-04")]
    changed_since: Option<String>,
    /// `id` (usual) or `recently_changed`.
    #[param(value_type = Option<String>)]
    sort: Option<Parsed<SortName>>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// From `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A value of parameter `status`: whether transcriptions are wanted, or what stands beside the document.
#[derive(Debug, Clone, Copy)]
enum Status {
    Transcribed(bool),
    Beside(Beside),
}

impl FromStr for Status {
    type Err = &'static str;
    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Ok(match text {
            "self_certified" => Status::Transcribed(false),
            "transcribed" => Status::Transcribed(true),
            "withdrawn" => Status::Beside(Beside::Withdrawn),
            "challenged" => Status::Beside(Beside::Challenged),
            "verification_required" => Status::Beside(Beside::VerificationRequired),
            "overdue" => Status::Beside(Beside::Overdue),
            "notice" => Status::Beside(Beside::Notice),
            "ended" => Status::Beside(Beside::Ended),
            "transferred" => Status::Beside(Beside::Transferred),
            _ => {
                return Err(
                    "it is self_certified, transcribed, withdrawn, challenged, verification_required, overdue, \
                            notice, ended or transferred",
                );
            }
        })
    }
}

/// A value of parameter `sort`.
#[derive(Debug)]
struct SortName(CertificationSort);

impl FromStr for SortName {
    type Err = &'static str;
    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "id" => Ok(SortName(CertificationSort::Id)),
            "recently_changed" => Ok(SortName(CertificationSort::RecentlyChanged)),
            _ => Err("it is id or recently_changed"),
        }
    }
}

/// A value of a parameter `code`.
#[derive(Debug)]
pub(super) struct CodeName(pub Code);

impl FromStr for CodeName {
    type Err = &'static str;
    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Code::parse(text).map(CodeName).ok_or("it is green, amber, black or not_recorded")
    }
}

impl CertificationQuery {
    fn answer(&self) -> std::result::Result<Option<(AnswerId, Code)>, Failure> {
        match (&self.question, &self.code) {
            (Some(question), Some(code)) => Ok(Some((question.0, code.0.0))),
            (None, None) => Ok(None),
            _ => Err(Problem::new("bad-parameter", "'question' and 'code' go together: give both, or none.").into()),
        }
    }

    fn filter(
        self,
        answer: Option<(AnswerId, Code)>,
        changed_since: Option<Instant>,
        today: Day,
    ) -> CertificationFilter {
        let status = self.status.map(|status| status.0);
        CertificationFilter {
            names: self.q,
            supplier: self.supplier.map(|id| id.0),
            edition: self.edition.map(|id| id.0),
            answer,
            changed_since,
            transcriptions: match status {
                Some(Status::Transcribed(wanted)) => Some(wanted),
                _ => None,
            },
            beside: match status {
                Some(Status::Beside(beside)) => Some((beside, today)),
                _ => None,
            },
            sort: self.sort.map(|sort| sort.0.0).unwrap_or_default(),
        }
    }
}

/// List and search certifications
///
/// A list may be gone through page by page while others publish. With `sort=recently_changed`, what is published anew
/// meanwhile moves to the front. A page of a search may have fewer than `limit`, even none, and still a next one.
#[utoipa::path(get, path = "/v1/certifications", tag = "Certifications", operation_id = "list_certifications",
    params(CertificationQuery),
    responses((status = 200, description = "A page of certifications.", body = CertificationPage,
        headers(("Link" = String, description = "`rel=\"next\"`: the next page, where there is one.")))))]
pub async fn list_certifications(
    State(door): State<Door>,
    OriginalUri(uri): OriginalUri,
    Query(mut query): Query<CertificationQuery>,
) -> Answer {
    query.q = bounded("q", query.q, 200)?;
    let limit = page_size(query.limit, 50, 200)?;
    let after: Option<search::Place> = read_cursor(query.cursor.as_deref())?;
    let answer = query.answer()?;
    let page = door.ask(move |registry| {
        let since = query.changed_since.as_deref().map(|text| registry.instant_of(text)).transpose()?;
        let today = registry.clock().now().day_in_london();
        let filter = query.filter(answer, since, today);
        search::page(registry, &filter, after, limit)
    });
    let page = page.await?;
    let next = page.next_cursor.clone();
    Ok(Reply::json(Cache::Current, &page).next_page(uri.path(), uri.query(), next.as_deref()))
}

/// Get a certification, as it stands or as it stood
///
/// `as_of` with a day means its end in London. Published order counts, never a date that is claimed: a version that
/// the supplier says applies only later is shown with `announced`.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}", tag = "Certifications",
    operation_id = "get_certification", params(CertificationPath, AsOfQuery),
    responses((status = 200, description = "The certification.", body = CertificationView,
        headers(("Content-Location" = String, description = "The version that is shown, under its permanent address."))),
        (status = 404, response = problem::NotFound), (status = 422, response = problem::Unprocessable)))]
pub async fn get_certification(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<AsOfQuery>,
) -> Answer {
    let (view, cache) = door.ask(move |registry| certification(registry, path.id(), query.as_of)).await?;
    let location = format!("/v1/certifications/{}/versions/{}", view.id, view.version);
    Ok(Reply::json(cache, &view).with(header::CONTENT_LOCATION, location))
}

fn certification(
    registry: &Registry,
    id: CertificationId,
    asked: Option<String>,
) -> Result<(CertificationView, Cache)> {
    let settings = registry.settings();
    let stood = Stood::at(registry, &id, asked.as_deref())?;
    let (summary, promptness) = match asked {
        Some(_) => (None, None),
        None => {
            let summary = summaries(registry, &[registry.certification(&id)?])?.pop();
            (summary, Some(PromptnessView::of(&registry.promptness(&id)?)))
        }
    };
    let then = stood.instant.map(|instant| registry.standing(&id, Some(instant))).transpose()?;
    let base = address(&id);
    let version = stood.version.row.publication.version;
    let view = CertificationView {
        id: id.to_string(),
        asked,
        instant: stood.instant.map(|instant| instant.to_string()),
        version,
        announced: stood.announced.map(|day| day.to_string()),
        simulated_dates: settings.simulated_dates.then_some(true),
        standing_then: then.as_ref().map(StandingView::then),
        standing: StandingView::of(&registry.standing(&id, None)?),
        summary,
        promptness,
        content: VersionView::of(&stood.version, settings),
        links: links([
            ("self", base.clone()),
            ("version", format!("{base}/versions/{version}")),
            ("versions", format!("{base}/versions")),
            ("cases", format!("{base}/cases")),
            ("statement", format!("{base}/versions/{version}/statement.html")),
        ]),
    };
    // What is known now may change at any time, also of what stood long ago.
    Ok((view, Cache::Current))
}

/// Certifications as lists show them.
pub(super) fn summaries(registry: &Registry, rows: &[CertificationRow]) -> Result<Vec<CertificationSummary>> {
    let standings = registry.standings(rows)?;
    let summary = |(row, standing)| CertificationSummary::of(row, standing, registry.settings());
    Ok(rows.iter().zip(&standings).map(summary).collect())
}

/// What stood at the instant that was asked for, or what stands now.
pub(super) struct Stood {
    /// The version with its content.
    pub version: VersionContent,
    /// The instant that was meant, if one was asked for.
    pub instant: Option<Instant>,
    /// The supplier says that the version applies only from this day.
    pub announced: Option<Day>,
    /// How long the answer may be kept.
    pub cache: Cache,
}

/// An answer about an instant at least so far back can never change: no commit will be dated before it, whatever
/// the clock does within the tolerance of the writer.
const SETTLED_SECONDS: i64 = 600;

impl Stood {
    /// Finds it.
    ///
    /// # Errors
    /// Not found; unreadable `as_of`, or one that lies ahead.
    pub fn at(registry: &Registry, id: &CertificationId, asked: Option<&str>) -> Result<Stood> {
        let now = registry.clock().now();
        let Some(asked) = asked else {
            let version = registry.with_content(registry.certification(id)?.current)?;
            let announced = version.row.effective_on.filter(|day| day.starts_at() > now);
            return Ok(Stood { version, instant: None, announced, cache: Cache::Current });
        };
        let found = registry.as_of(id, registry.instant_of(asked)?)?;
        let settled = found.instant.plus_seconds(SETTLED_SECONDS) < now;
        let cache = if settled { Cache::Frozen } else { Cache::Current };
        Ok(Stood { version: found.version, instant: Some(found.instant), announced: found.announced, cache })
    }
}
