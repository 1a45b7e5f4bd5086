//! `/v1/cases` and `…/cases`: case statements come in, and cases are listed.

use std::str::FromStr;

use axum::{
    extract::{OriginalUri, Request, State},
    http::StatusCode,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Parsed, Path, Query},
    params::{AsOfQuery, CertificationPath, Sequence, bounded, page_size, read_cursor, write_cursor},
    problem,
    reply::{Answer, Cache, Reply},
    submissions::{self, Extra},
    views::{
        case::{
            CasePage, CaseResult, CaseSubmissionForm, CaseSubmissionJson, CaseView, CertificationCases, NewestStatement,
        },
        standing::StandingView,
    },
};
use crate::{
    domain::CertificationId,
    index::{CaseFilter, CaseFolder, CaseProgress},
    registry::{Registry, RegistryError, Result, door::Door},
};

/// How a list of cases is narrowed and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CaseQuery {
    /// About this certification only: `supplier/service`.
    #[param(value_type = Option<String>, example = "example-learning/example-cloud")]
    certification: Option<Parsed<CertificationId>>,
    /// `open` (not closed: also what is answered or overdue), `answered`, `overdue` or `closed`.
    #[param(value_type = Option<String>, example = "open")]
    state: Option<Parsed<StateName>>,
    /// Opened by a statement of this type, for example `challenge`.
    #[serde(rename = "type")]
    #[param(max_length = 60, example = "challenge")]
    kind: Option<String>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// From `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A value of parameter `state`.
#[derive(Debug)]
struct StateName(CaseProgress);

impl FromStr for StateName {
    type Err = &'static str;
    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "open" => Ok(StateName(CaseProgress::Open)),
            "answered" => Ok(StateName(CaseProgress::Answered)),
            "overdue" => Ok(StateName(CaseProgress::Overdue)),
            "closed" => Ok(StateName(CaseProgress::Closed)),
            _ => Err("it is open, answered, overdue or closed"),
        }
    }
}

/// List cases
///
/// Questions of the Department's, verifications that it requires, withdrawals, notices, transfers and so on, each with
/// every statement in it and the days that it took.
#[utoipa::path(get, path = "/v1/cases", tag = "Cases", operation_id = "list_cases", params(CaseQuery),
    responses((status = 200, description = "A page of cases.", body = CasePage,
        headers(("Link" = String, description = "`rel=\"next\"`: the next page, where there is one.")))))]
pub async fn list_cases(
    State(door): State<Door>,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<CaseQuery>,
) -> Answer {
    let limit = page_size(query.limit, 50, 200)?;
    let after: Option<Sequence> = read_cursor(query.cursor.as_deref())?;
    let filter = CaseFilter {
        certification: query.certification.map(|id| id.0),
        kind: bounded("type", query.kind, 60)?,
        progress: query.state.map(|state| state.0.0),
    };
    let page = door.ask(move |registry| {
        let today = registry.present()?.day_in_london();
        let mut found = registry.cases(&filter, after.map_or(0, |after| after.0), limit + 1)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().map(|found| write_cursor(&found.case.opening.sequence.to_string()));
        let items = found.iter().map(|found| CaseView::of(found, today)).collect();
        Ok(CasePage { items, next_cursor: last.filter(|_| more) })
    });
    let page = page.await?;
    let next = page.next_cursor.clone();
    Ok(Reply::json(Cache::Current, &page).next_page(uri.path(), uri.query(), next.as_deref()))
}

/// List the cases about a certification
///
/// With what they add up to. `as_of` shows them as they stood then, beside what is known now.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/cases", tag = "Cases",
    operation_id = "list_certification_cases", params(CertificationPath, AsOfQuery),
    responses((status = 200, description = "Every case, oldest first.", body = CertificationCases),
        (status = 404, response = problem::NotFound), (status = 422, response = problem::Unprocessable)))]
pub async fn list_certification_cases(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<AsOfQuery>,
) -> Answer {
    let view = door.ask(move |registry| certification_cases(registry, &path.id(), query.as_of)).await?;
    Ok(Reply::json(Cache::Current, &view))
}

fn certification_cases(registry: &Registry, id: &CertificationId, asked: Option<String>) -> Result<CertificationCases> {
    registry.certification(id)?;
    let now = registry.present()?;
    let then = asked.as_deref().map(|text| registry.instant_of(text)).transpose()?;
    if then.is_some_and(|then| then > now) {
        return Err(RegistryError::invalid("as-of-ahead", "That instant lies ahead. Ask for a day that has begun."));
    }
    let at = then.unwrap_or(now);
    let cases = registry.cases_of(id, at)?;
    let standing_now = StandingView::of(&registry.standing(id, None)?);
    let (standing, standing_now) = match then {
        Some(then) => (StandingView::then(&registry.standing(id, Some(then))?), Some(standing_now)),
        None => (standing_now, None),
    };
    let newest = registry.index().newest_statement(&CaseFolder::from(id))?;
    Ok(CertificationCases {
        certification: id.to_string(),
        standing,
        standing_now,
        asked,
        newest: newest.map(|(seq, digest)| NewestStatement { seq, digest: digest.to_string() }),
        items: cases.iter().map(|found| CaseView::of(found, at.day_in_london())).collect(),
    })
}

/// State something about a certification or a supplier
///
/// The statement says itself whom it concerns. Signed by the Department or by the supplier, as its type asks; withdrawal,
/// closure and transfer by a supplier need both of its signatures. The same bytes again give the same receipt.
#[utoipa::path(post, path = "/v1/cases", tag = "Publishing", operation_id = "submit_case",
    request_body(description = "The signed statement and its signatures.",
        content((CaseSubmissionJson = "application/json"), (CaseSubmissionForm = "multipart/form-data"))),
    responses((status = 200, description = "The same bytes were stated before.", body = CaseResult),
        (status = 201, description = "Stated.", body = CaseResult),
        (status = 403, response = problem::Refused), (status = 409, response = problem::Conflict),
        (status = 413, response = problem::TooLarge), (status = 415, response = problem::UnsupportedMedia),
        (status = 422, response = problem::Unprocessable), (status = 507, response = problem::Full)))]
pub async fn submit_case(State(door): State<Door>, request: Request) -> Answer {
    let submission = submissions::read::<CaseSubmissionJson>(request, Extra::Case).await?.case();
    let result = door.ask(move |registry| {
        let accepted = registry.submit_case(submission)?;
        Ok((accepted.already, CaseResult::of(&accepted, registry.settings())))
    });
    let (already, view) = result.await?;
    let status = if already { StatusCode::OK } else { StatusCode::CREATED };
    Ok(Reply::json(Cache::Never, &view).status(status))
}
