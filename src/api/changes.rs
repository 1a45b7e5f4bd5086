//! `/v1/changes`: the feed of events, followed by sequence.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Parsed, Path, Query},
    params::{Sequence, SequencePath, bounded, page_size},
    problem,
    reply::{Answer, Cache, Reply},
    views::event::{Event, EventPage},
};
use crate::{
    domain::CertificationId,
    registry::{RegistryError, door::Door},
};

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// After this sequence; 0 is the genesis, so `after=0` gives everything else.
    #[param(value_type = Option<u64>, maximum = 9007199254740991u64, default = 0)]
    after: Option<Parsed<Sequence>>,
    /// How many at most.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<u32>,
    /// Of this type only, for example `version.published`.
    #[param(rename = "type", max_length = 60)]
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Of this certification only: `supplier/service`.
    #[param(value_type = Option<String>, example = "example-learning/example-cloud")]
    certification: Option<Parsed<CertificationId>>,
}

/// Follow every change of the registry
///
/// Events after a sequence, oldest first. Keep `next` and ask again with it as `after`: nothing is missed and nothing
/// comes twice.
#[utoipa::path(get, path = "/v1/changes", tag = "Changes", operation_id = "list_changes", params(ChangesQuery),
    responses((status = 200, description = "A page of events.", body = EventPage)))]
pub async fn list_changes(State(door): State<Door>, Query(query): Query<ChangesQuery>) -> Answer {
    let limit = page_size(query.limit, 50, 1_000)?;
    let after = query.after.map_or(0, |after| after.0.0);
    let kind = bounded("type", query.kind, 60)?;
    let page = door.ask(move |registry| {
        let index = registry.index();
        let certification = query.certification.as_ref().map(|id| &id.0);
        // Read before the events: what comes in between is seen by the next question.
        let latest = index.latest_sequence()?.unwrap_or(0);
        let mut rows = index.events(after, limit + 1, kind.as_deref(), certification)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let newest = rows.last().map(|row| row.sequence);
        // Without further events, everything up to `latest` was looked at.
        let next = if more { newest.unwrap_or(after) } else { latest.max(newest.unwrap_or(0)) };
        let items = rows.iter().map(|row| Event::of(row, registry.settings())).collect();
        Ok(EventPage { items, next, latest: latest.max(newest.unwrap_or(0)), more })
    });
    let page = page.await?;
    // A full page would always read the same, were it not for `latest` and `more`: five seconds are the price.
    Ok(Reply::json(Cache::Head, &page))
}

/// Get one event
#[utoipa::path(get, path = "/v1/changes/{sequence}", tag = "Changes", operation_id = "get_change", params(SequencePath),
    responses((status = 200, description = "The event.", body = Event), (status = 404, response = problem::NotFound)))]
pub async fn get_change(State(door): State<Door>, Path(path): Path<SequencePath>) -> Answer {
    let event = door.ask(move |registry| {
        let sequence = path.sequence.0.0;
        let row = registry.index().event(sequence)?.ok_or_else(|| {
            RegistryError::not_found("sequence-not-found", format!("There is no commit {sequence} yet."))
        })?;
        Ok(Event::of(&row, registry.settings()))
    });
    Ok(Reply::json(Cache::Derived, &event.await?))
}
