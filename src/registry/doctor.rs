//! Is everything in a data folder as it should be, and if not, what is to be done? Nothing is changed, and a server may
//! run meanwhile.
//!
//! Each question is asked by itself and gives its own [`Finding`]: what is wrong in one place hides nothing in another.
//!
//! Reading order: this file, `history` (repository, index, log), `place` (keys, person records, what lies about, disk,
//! clock).

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::FlockOperation;
use serde::Serialize;

use super::{Clock, log::state, open::registry_id};
use crate::{
    domain::RegistryId,
    store::{Commit, Head, Snapshot, StoreError},
};

mod history;
mod place;

/// The new index that the used one is compared with.
const BESIDE: &str = "index.doctor.sqlite";

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// The registry works, but somebody should look.
    Warning,
    /// The registry does not work, or would not start, or cannot be trusted.
    Wrong,
}

/// What was found in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which question was asked: a word.
    pub check: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found, a sentence or two.
    pub found: String,
    /// What is to be done, where anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Finding {
        Finding { check, verdict: Verdict::Ok, found: found.into(), remedy: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { check, verdict: Verdict::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn wrong(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { check, verdict: Verdict::Wrong, found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// How closely is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Care {
    /// Every byte of the repository, and every row of the index; otherwise what can be seen in seconds.
    pub full: bool,
    /// How long Git may take.
    pub git_limit: Duration,
}

/// What all questions start from.
struct Patient<'a> {
    data: &'a Path,
    id: RegistryId,
    clock: &'a Clock,
    care: Care,
    /// A server holds the folder.
    is_served: bool,
    /// The new index, below the data folder, for as long as the two are compared.
    beside: &'static str,
    /// Whether anybody still wants to know.
    go_on: &'a (dyn Fn() -> bool + Sync),
}

impl Patient<'_> {
    fn repository(&self) -> PathBuf {
        self.data.join("registry.git")
    }

    /// The history after `after`, for as long as anybody wants to know.
    fn replay<'s>(
        &'s self,
        snapshot: &Snapshot,
        after: Option<&Head>,
    ) -> impl Iterator<Item = Result<Commit, StoreError>> + use<'s> {
        let go_on = self.go_on;
        snapshot.replay(after).map(move |commit| {
            if go_on() { commit } else { Err(StoreError::Stopped("it was told to stop".to_owned())) }
        })
    }
}

/// Looks at everything in `data`; each finding stands for itself, in the order in which one would read them.
pub fn examine(data: &Path, clock: &Clock, care: Care) -> Vec<Finding> {
    examine_while(data, clock, care, BESIDE, &|| true)
}

/// The same for as long as `go_on` says so; once it does not, the findings mean nothing. Whoever asks at the same time
/// names another file for the new index.
pub(super) fn examine_while(
    data: &Path,
    clock: &Clock,
    care: Care,
    beside: &'static str,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Vec<Finding> {
    let id = match registry_id(data) {
        Ok(id) => id,
        Err(error) => {
            let remedy = "Name the folder of the registry with --data, or put the file registry-id back from a backup.";
            return vec![Finding::wrong("folder", error.detail, remedy)];
        }
    };
    let patient = Patient { data, id, clock, care, is_served: is_served(data), beside, go_on };
    let mut findings = vec![place::folder(&patient)];
    // In this order: what was signed before must be in the repository, however much a server adds meanwhile.
    let signed = state::read(&data.join("log-state"));
    match Snapshot::open(data) {
        Ok(snapshot) => {
            findings.extend(history::examine(&patient, signed, &snapshot));
            findings.push(place::keys(&patient, Some(&snapshot)));
            findings.push(place::clock(&patient, &snapshot));
        }
        Err(error) => {
            let remedy = "Stop the server if it runs, and put the newest backup back with 'certreg restore'.";
            findings.push(Finding::wrong("repository", format!("{error}."), remedy));
            findings.push(place::keys(&patient, None));
        }
    }
    findings.push(place::people(&patient));
    findings.push(place::leftovers(&patient));
    findings.push(place::foreign(&patient));
    findings.push(place::disk(&patient));
    findings
}

/// Whether a server holds the folder. The lock is shared for an instant, and taken from nobody.
fn is_served(data: &Path) -> bool {
    let Ok(lock) = File::open(data.join("lock")) else { return false };
    let held = rustix::fs::flock(&lock, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK);
    if !held {
        let _ = rustix::fs::flock(&lock, FlockOperation::Unlock);
    }
    held
}
