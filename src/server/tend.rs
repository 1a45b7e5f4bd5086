//! What is done beside the requests: the log's witnesses are asked, its newest checkpoint is kept, the repository
//! packed, and all that was stored read again.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::journal::{Journal, Level};
use crate::registry::{Registry, RegistryError};

/// How often it is looked whether the repository wants packing.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// Witnesses are asked no more often than this.
const BETWEEN_WITNESSES: Duration = Duration::from_secs(1);
/// After so many of these intervals they are asked although nothing changed: their word on the time grows old.
const WITNESSES_ANYWAY: u64 = 600;
/// After so many of them the newest checkpoint is kept.
const BETWEEN_CHECKPOINTS: u64 = 60;

/// Until everything is read again for the first time: who starts has other work.
const BEFORE_FIRST_SCRUB: Duration = Duration::from_secs(15);
/// And then so often, as long as that is a small part of the time: for this many times as long as it took there is
/// rest.
const BETWEEN_SCRUBS: Duration = Duration::from_secs(30);
const REST: u32 = 19;

/// Lets witnesses cosign soon after a change, at most once a second, and keeps the newest checkpoint where every clone
/// finds it.
pub(super) async fn tend_log(registry: Arc<Registry>, journal: Journal, mut told: Option<String>) {
    let mut ticks = tokio::time::interval(BETWEEN_WITNESSES);
    for tick in 0u64.. {
        ticks.tick().await;
        ask_witnesses(&registry, &journal, tick.is_multiple_of(WITNESSES_ANYWAY) && tick > 0, &mut told).await;
        if tick.is_multiple_of(BETWEEN_CHECKPOINTS) {
            keep_checkpoint(&registry, &journal).await;
        }
    }
}

/// What goes wrong is told when it begins or changes, not every second for as long as it lasts.
pub(super) async fn ask_witnesses(
    registry: &Arc<Registry>,
    journal: &Journal,
    always: bool,
    told: &mut Option<String>,
) {
    let failure = in_background(registry, move |registry| {
        let asked = registry.ask_witnesses(always)?;
        Ok((!asked.failures.is_empty()).then(|| asked.failures.join("; ")))
    })
    .await;
    if failure != *told {
        failure.iter().for_each(|words| tell(journal, "ask the witnesses", words));
        *told = failure;
    }
}

/// A checkpoint that cannot be kept now is kept later: what it says is derived from the commits.
pub(super) async fn keep_checkpoint(registry: &Arc<Registry>, journal: &Journal) {
    let failure = in_background(registry, |registry| registry.keep_checkpoint().map(|_| None)).await;
    failure.iter().for_each(|words| tell(journal, "keep the checkpoint", words));
}

/// Packs the repository whenever that is worth the time.
pub(super) async fn maintain(registry: Arc<Registry>, journal: Journal) {
    let mut ticks = tokio::time::interval(BETWEEN_LOOKS);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        ticks.tick().await;
        let tells = journal.clone();
        let work = move |registry: &Registry| {
            if let Some(done) = registry.maintain_if_due()? {
                let packs = [("packs_before", json!(done.packs_before)), ("packs_after", json!(done.packs_after))];
                tells.tell(Level::Info, "maintained", &packs);
            }
            Ok(None)
        };
        let failure = in_background(&registry, work).await;
        if failure != told {
            failure.iter().for_each(|words| tell(&journal, "pack the repository", words));
            told = failure;
        }
    }
}

/// Reads all that was stored again and again, and tells what is wrong when it begins or changes.
pub(super) async fn scrub(registry: Arc<Registry>, journal: Journal) {
    let (mut pause, mut told) = (BEFORE_FIRST_SCRUB, Vec::new());
    loop {
        tokio::time::sleep(pause).await;
        let scrubbed = registry.clone();
        let scrubbed = match tokio::task::spawn_blocking(move || scrubbed.scrub()).await {
            Ok(Some(scrubbed)) => scrubbed,
            // The registry is stopping.
            Ok(None) => return,
            Err(panicked) => {
                tell(&journal, "scrub", &panicked.to_string());
                continue;
            }
        };
        if scrubbed.wrong != told {
            for finding in &scrubbed.wrong {
                let fields = [("check", json!(finding.check)), ("found", json!(finding.found))];
                let remedy = ("remedy", json!(finding.remedy));
                journal.tell(Level::Error, "damage", &[&fields[..], &[remedy]].concat());
            }
            if scrubbed.wrong.is_empty() {
                journal.tell(Level::Info, "damage_gone", &[]);
            }
            told = scrubbed.wrong;
        }
        pause = BETWEEN_SCRUBS.max(scrubbed.took * REST);
    }
}

/// Does something beside the requests, and gives what went wrong.
async fn in_background(
    registry: &Arc<Registry>,
    work: impl FnOnce(&Registry) -> Result<Option<String>, RegistryError> + Send + 'static,
) -> Option<String> {
    let registry = registry.clone();
    match tokio::task::spawn_blocking(move || work(&registry)).await {
        Ok(Ok(failure)) => failure,
        Ok(Err(error)) => Some(error.to_string()),
        Err(panicked) => Some(panicked.to_string()),
    }
}

/// A line for the operator.
fn tell(journal: &Journal, task: &str, error: &str) {
    journal.tell(Level::Error, "task", &[("task", json!(task)), ("error", json!(error))]);
}
