//! The third commitment, measured: totals and what is overdue. No league table.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use askama::Template;
use axum::{Extension, extract::State, response::Response};

use super::{
    address,
    page::{Frame, Keep, shown},
    picture,
};
use crate::{
    compare::{FreshnessState, Lag},
    domain::Instant,
    registry::{Registry, Result, compare::PromptnessTotals, door::Door},
};

/// How old totals may become before they are counted again, beside the page that shows them.
const KEPT_SECONDS: i64 = 300;
/// How many overdue certifications are listed.
const LISTED: usize = 200;

/// The totals as they were last counted: counting goes through every version of everything, so nobody but the first
/// reader waits for it. Totals of another day are not shown: what is overdue has changed.
#[derive(Clone, Default)]
pub struct Counted(Arc<Shared>);

#[derive(Default)]
struct Shared {
    totals: Mutex<Option<Arc<PromptnessTotals>>>,
    /// Held while somebody counts.
    counting: Mutex<()>,
    /// Whether a count is under way that nobody waits for.
    refreshing: AtomicBool,
}

impl Counted {
    /// What is known today, and whether it should be counted again.
    fn known(&self, now: Instant) -> Option<(Arc<PromptnessTotals>, bool)> {
        // What is inside is whole at any time, so a panic elsewhere does not matter.
        let kept = self.0.totals.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let age = now.unix_seconds() - kept.counted_at.unix_seconds();
        (kept.counted_at.day_in_london() == now.day_in_london()).then(|| (kept, !(0..KEPT_SECONDS).contains(&age)))
    }

    /// The totals of today; counts them if they are not known, or old and `anew`.
    fn totals(&self, registry: &Registry, anew: bool) -> Result<Arc<PromptnessTotals>> {
        let now = registry.clock().now();
        let good = |known: Option<(Arc<PromptnessTotals>, bool)>| known.filter(|(_, old)| !(anew && *old));
        if let Some((totals, _)) = good(self.known(now)) {
            return Ok(totals);
        }
        // Others wait for one count.
        let _counting = self.0.counting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((totals, _)) = good(self.known(now)) {
            return Ok(totals);
        }
        let totals = Arc::new(registry.promptness_totals()?);
        *self.0.totals.lock().unwrap_or_else(PoisonError::into_inner) = Some(totals.clone());
        Ok(totals)
    }

    /// Counts again beside everything else, if it is time.
    fn refresh(&self, door: &Door) {
        let counted = self.clone();
        let now = door.registry().clock().now();
        if self.known(now).is_some_and(|(_, old)| old) && !self.0.refreshing.swap(true, Ordering::SeqCst) {
            let door = door.clone();
            tokio::spawn(async move {
                let counting = counted.clone();
                // A failure is told to whoever needs the totals next.
                let _ = door.ask(move |registry| counting.totals(registry, true)).await;
                counted.0.refreshing.store(false, Ordering::SeqCst);
            });
        }
    }
}

#[derive(Template)]
#[template(path = "web/promptness.html")]
struct PromptnessPage {
    frame: Frame,
    totals: Arc<PromptnessTotals>,
    counted_at: String,
    due_after: u32,
    lapsed_after: u32,
}

/// `/promptness`
pub async fn promptness(State(door): State<Door>, Extension(counted): Extension<Counted>) -> Response {
    counted.refresh(&door);
    shown(door, Keep::Current, move |registry| {
        let totals = counted.totals(registry, false)?;
        let settings = registry.settings();
        let frame = Frame::new(settings, "Promptness", "/promptness").described(
            "Suppliers promise to update their self-certifications promptly. How long it takes, measured, and what is overdue.",
        );
        let counted_at = totals.counted_at.to_string();
        let (due_after, lapsed_after) = (settings.freshness.due_after_months, settings.freshness.lapsed_after_months);
        Ok(PromptnessPage { frame, totals, counted_at, due_after, lapsed_after })
    })
    .await
}

impl PromptnessPage {
    fn sentence(&self) -> String {
        self.totals.together.as_ref().map(|together| together.sentence()).unwrap_or_default()
    }

    /// Updates by how long they took.
    fn lags(&self) -> Vec<(&'static str, usize)> {
        let lags = self.totals.together.as_ref().map(|together| together.lags.as_slice()).unwrap_or_default();
        let count =
            |within: fn(i64) -> bool| lags.iter().filter(|lag| matches!(lag, Lag::Days(days) if within(*days))).count();
        vec![
            ("Announced ahead", count(|days| days < 0)),
            ("Within 7 days", count(|days| (0..=7).contains(&days))),
            ("8 to 30 days", count(|days| (8..=30).contains(&days))),
            ("31 to 90 days", count(|days| (31..=90).contains(&days))),
            ("More than 90 days", count(|days| days > 90)),
            ("No change date given", lags.iter().filter(|lag| **lag == Lag::NoDateGiven).count()),
        ]
    }

    fn lag_picture(&self) -> String {
        picture::bars("Updates by how long they took after the service changed", &self.lags())
    }

    fn freshness(&self) -> Vec<(&'static str, usize)> {
        let words = |state: FreshnessState| match state {
            FreshnessState::Affirmed => "Confirmed lately",
            FreshnessState::Due => "Confirmation due",
            FreshnessState::Lapsed => "Confirmation lapsed",
            FreshnessState::Never => "Transcribed, never confirmed",
        };
        self.totals.freshness.iter().map(|(state, count)| (words(*state), *count)).collect()
    }

    /// What is overdue: name, supplier, address and since when.
    fn overdue(&self) -> Vec<(&str, &str, String, String)> {
        let listed = self.totals.overdue.iter().take(LISTED);
        let line = |(row, facts): &'_ (crate::index::CertificationRow, crate::compare::FreshnessFacts)| {
            (address::certification(&row.current.publication.certification), facts.sentence())
        };
        listed
            .map(|pair| {
                let (address, sentence) = line(pair);
                (pair.0.current.service_name.as_str(), pair.0.current.supplier_name.as_str(), address, sentence)
            })
            .collect()
    }

    fn unlisted_overdue(&self) -> usize {
        self.totals.overdue.len().saturating_sub(LISTED)
    }
}
