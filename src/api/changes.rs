//! `/v1/changes`: the feed of events, followed by sequence.

use std::time::Duration;

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Parsed, Path, Query},
    params::{Sequence, SequencePath, bounded, page_size},
    problem::{self, Failure, Problem},
    reply::{Answer, Cache, Reply},
    views::event::{Event, EventPage},
};
use crate::{
    domain::CertificationId,
    registry::{self, Registry, RegistryError, door::Door},
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
    /// While there is nothing to tell, wait this many seconds for it (28 at most). The answer comes as soon as there is
    /// something; without anything by then, the page is empty. Ask again at once, with its `next` as `after`.
    #[param(minimum = 0, maximum = 30, default = 0)]
    wait: Option<u32>,
}

/// The longest `wait` that is taken, in seconds.
const MAX_WAIT_SECONDS: u32 = 30;
/// The longest that is waited: a request as a whole has 30 seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(28);
/// Under load commits come many times a second. Who is interested in few of them looks no more often than this.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Follow every change of the registry
///
/// Events after a sequence, oldest first. Keep `next` and ask again with it as `after`: nothing is missed and nothing
/// comes twice. With `wait` the answer comes when there is something to tell, within a moment of its publication.
#[utoipa::path(get, path = "/v1/changes", tag = "Changes", operation_id = "list_changes", params(ChangesQuery),
    responses((status = 200, description = "A page of events.", body = EventPage)))]
pub async fn list_changes(State(door): State<Door>, Query(query): Query<ChangesQuery>) -> Answer {
    let wait = wait(query.wait)?;
    let question = Question {
        limit: page_size(query.limit, 50, 1_000)?,
        after: query.after.map_or(0, |after| after.0.0),
        kind: bounded("type", query.kind, 60)?,
        certification: query.certification.map(|id| id.0),
    };
    if wait.is_zero() {
        let page = door.ask(move |registry| question.page(registry)).await?;
        // A full page would always read the same, were it not for `latest` and `more`: five seconds are the price.
        return Ok(Reply::json(Cache::Head, &page));
    }
    // Before the first look: what comes after it wakes.
    let mut waiter = door.registry().waiter(wait).ok_or_else(|| {
        let detail =
            "As many wait for changes as this registry has places for. Ask again in a few seconds, or without 'wait'.";
        Failure::from(Problem::new("too-many-waiting", detail))
    })?;
    loop {
        let asked = question.clone();
        let page = door.ask(move |registry| asked.page(registry)).await?;
        if !page.items.is_empty() || !waiter.more_came().await {
            return Ok(Reply::json(Cache::Never, &page));
        }
        if question.is_narrow() {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}

/// How long to wait.
///
/// # Errors
/// 400 above the bound.
fn wait(seconds: Option<u32>) -> Result<Duration, Failure> {
    match seconds.unwrap_or(0) {
        seconds @ 0..=MAX_WAIT_SECONDS => Ok(Duration::from_secs(seconds.into()).min(LONGEST_WAIT)),
        _ => Err(Problem::new("bad-parameter", "'wait' is between 0 and 30 seconds.").into()),
    }
}

/// Which events, read and checked.
#[derive(Debug, Clone)]
struct Question {
    after: u64,
    limit: usize,
    kind: Option<String>,
    certification: Option<CertificationId>,
}

impl Question {
    /// Whether not every commit answers it.
    fn is_narrow(&self) -> bool {
        self.kind.is_some() || self.certification.is_some()
    }

    fn page(&self, registry: &Registry) -> registry::Result<EventPage> {
        let (index, after) = (registry.index(), self.after);
        // Read before the events: what comes in between is seen by the next question.
        let latest = index.latest_sequence()?.unwrap_or(0);
        let mut rows = index.events(after, self.limit + 1, self.kind.as_deref(), self.certification.as_ref())?;
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let newest = rows.last().map(|row| row.sequence);
        // Without further events, everything up to `latest` was looked at.
        let next = if more { newest.unwrap_or(after) } else { latest.max(newest.unwrap_or(0)) };
        let items = rows.iter().map(|row| Event::of(row, registry.settings())).collect();
        Ok(EventPage { items, next, latest: latest.max(newest.unwrap_or(0)), more })
    }
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
