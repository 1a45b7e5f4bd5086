//! The third commitment, measured: totals and what is overdue. No league table.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::{Extension, extract::State, response::Response};

use super::{
    address,
    page::{Frame, Keep, shown},
    picture,
};
use crate::{
    compare::{FreshnessState, Lag},
    registry::{Registry, Result, compare::PromptnessTotals, door::Door},
};

/// How long totals are shown before they are counted again.
const KEPT_SECONDS: i64 = 300;
/// How many overdue certifications are listed.
const LISTED: usize = 200;

/// The totals as they were last counted: counting goes through every version of everything.
#[derive(Clone, Default)]
pub struct Counted(Arc<Mutex<Option<Arc<PromptnessTotals>>>>);

impl Counted {
    fn totals(&self, registry: &Registry) -> Result<Arc<PromptnessTotals>> {
        // What is inside is whole at any time, so a panic elsewhere does not matter. Others wait for one count.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = registry.clock().now();
        let fresh = |totals: &&Arc<PromptnessTotals>| {
            let age = now.unix_seconds() - totals.counted_at.unix_seconds();
            (0..KEPT_SECONDS).contains(&age) && totals.counted_at.day_in_london() == now.day_in_london()
        };
        if let Some(totals) = kept.as_ref().filter(fresh) {
            return Ok(totals.clone());
        }
        let totals = Arc::new(registry.promptness_totals()?);
        *kept = Some(totals.clone());
        Ok(totals)
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
    shown(door, Keep::Current, move |registry| {
        let totals = counted.totals(registry)?;
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
