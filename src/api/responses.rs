//! `…/responses`: single answers and their history.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    certifications::{CodeName, Stood},
    extract::{Parsed, Path, Query},
    params::{AnswerPath, AsOfQuery, CertificationPath},
    problem,
    reply::{Answer, Cache, Reply},
    views::answer::{AnswerHistory, AnswerList, AnswerView, answers},
};
use crate::{
    domain::{AnswerId, CertificationId},
    registry::{Registry, Result, door::Door},
};

/// Which answers, as of when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResponsesQuery {
    /// Only questions that are answered `green`, `amber`, `black` or `not_recorded`.
    #[param(value_type = Option<String>, example = "amber")]
    code: Option<Parsed<CodeName>>,
    /// A day (its end in London) or an instant; the current state without it.
    #[param(example = "2025-09-04")]
    as_of: Option<String>,
}

/// List answers
///
/// The answers to 37 questions and the statements on seven support areas, in the form's order. What stands now says
/// of each answer since which version it stands unchanged.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/responses", tag = "Responses",
    operation_id = "list_responses", params(CertificationPath, ResponsesQuery),
    responses((status = 200, description = "The answers.", body = AnswerList), (status = 404, response = problem::NotFound),
        (status = 422, response = problem::Unprocessable)))]
pub async fn list_responses(
    State(door): State<Door>,
    Path(path): Path<CertificationPath>,
    Query(query): Query<ResponsesQuery>,
) -> Answer {
    let listed = door.ask(move |registry| {
        let (mut list, cache) = list(registry, &path.id(), query.as_of.as_deref())?;
        if let Some(code) = query.code {
            list.items.retain(|answer| answer.code.as_deref() == Some(code.0.0.as_str()));
        }
        Ok((list, cache))
    });
    let (list, cache) = listed.await?;
    Ok(Reply::json(cache, &list))
}

/// Get one answer
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/responses/{question}", tag = "Responses",
    operation_id = "get_response", params(AnswerPath, AsOfQuery),
    responses((status = 200, description = "The answer, alone in its list.", body = AnswerList),
        (status = 404, response = problem::NotFound), (status = 422, response = problem::Unprocessable)))]
pub async fn get_response(
    State(door): State<Door>,
    Path(path): Path<AnswerPath>,
    Query(query): Query<AsOfQuery>,
) -> Answer {
    let found = door.ask(move |registry| {
        let (id, answer) = parts(path);
        let stood = Stood::at(registry, &id, query.as_of.as_deref())?;
        registry.answer_is_asked(&stood.version.edition, answer)?;
        let (mut list, cache) = list(registry, &id, query.as_of.as_deref())?;
        list.items.retain(|item| item.id == answer.to_string());
        Ok((list, cache))
    });
    let (list, cache) = found.await?;
    Ok(Reply::json(cache, &list))
}

/// Get the history of one answer
///
/// Every version in which it changed, what changed, and whose key signed it.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/responses/{question}/history", tag = "Responses",
    operation_id = "get_response_history", params(AnswerPath),
    responses((status = 200, description = "Oldest first.", body = AnswerHistory), (status = 404, response = problem::NotFound)))]
pub async fn get_response_history(State(door): State<Door>, Path(path): Path<AnswerPath>) -> Answer {
    let history = door.ask(move |registry| {
        let (id, answer) = parts(path);
        let rows = registry.answer_history(&id, answer)?;
        let current = registry.with_content(registry.certification(&id)?.current)?;
        let asked = current.edition.asked(answer).unwrap_or_default();
        Ok(AnswerHistory::of(id.to_string(), answer, asked, &rows, registry.settings()))
    });
    Ok(Reply::json(Cache::Current, &history.await?))
}

fn parts(path: AnswerPath) -> (CertificationId, AnswerId) {
    (CertificationId::new(path.supplier.0, path.service.0), path.question.0)
}

fn list(registry: &Registry, id: &CertificationId, as_of: Option<&str>) -> Result<(AnswerList, Cache)> {
    let stood = Stood::at(registry, id, as_of)?;
    let mut items: Vec<AnswerView> = answers(&stood.version);
    if as_of.is_none() {
        let rows = registry.index().answers(id)?;
        items = items.into_iter().map(|answer| answer.since(&rows)).collect();
    }
    let list = AnswerList {
        certification: id.to_string(),
        version: stood.version.row.publication.version,
        instant: stood.instant.map(|instant| instant.to_string()),
        simulated_dates: registry.settings().simulated_dates.then_some(true),
        items,
    };
    Ok((list, stood.cache))
}
