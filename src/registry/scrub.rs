//! The scrub: everything that was stored is read again while the registry runs, and compared with what it should be.
//!
//! Requests read little of the past, and a damaged byte there would stay unseen until the day it is wanted. The scrub
//! asks what `certreg doctor --full` asks: `git fsck` in a process of its own with a time limit, every row of the index
//! against a new one, the log's state and newest checkpoint against the commits, keys, and person records against their
//! digests. It mends nothing: what it finds is for the operator, and `/readyz` says so until it is gone.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant as Stopwatch},
};

use super::{
    Registry,
    doctor::{self, Care, Finding, Verdict},
};
use crate::domain::Instant;

/// Git's time for a small repository; a damaged file can make it wait for ever.
const LEAST_GIT_LIMIT: Duration = Duration::from_secs(30);
/// The new index that the used one is compared with, below the data folder, for a while.
const BESIDE: &str = "index.scrub.sqlite";
/// Commits that Git checks in a second, at the very least.
const COMMITS_A_SECOND: u64 = 100;

/// How many times as long as it worked it rests, so that requests have the processors.
const REST: u32 = 3;
/// The longest rest, so that it ends soon when it is told to.
const LONGEST_REST: Duration = Duration::from_millis(250);

/// Keeps long work slow.
struct Pace(Mutex<Stopwatch>);

impl Default for Pace {
    fn default() -> Self {
        Pace(Mutex::new(Stopwatch::now()))
    }
}

impl Pace {
    /// Rests for what was done since the rest before.
    fn rest(&self) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        thread::sleep((since.elapsed() * REST).min(LONGEST_REST));
        *since = Stopwatch::now();
    }
}

/// What a scrub came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrubbed {
    /// What is wrong; empty when all is well.
    pub wrong: Vec<Finding>,
    /// When it ended.
    pub at: Instant,
    /// How long it took.
    pub took: Duration,
}

/// What the last scrub came to.
#[derive(Debug, Default)]
pub(super) struct LastScrub(Mutex<Option<Scrubbed>>);

impl LastScrub {
    fn lock(&self) -> MutexGuard<'_, Option<Scrubbed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Reads everything again and remembers what is wrong. Packs are not exchanged meanwhile; publishing and reading go
    /// on.
    ///
    /// Who reads beside a writer may see something half done, so what looks wrong is looked at twice. Nothing comes of
    /// it once [`Registry::stop_writing`] was called, and it ends soon after.
    pub fn scrub(&self) -> Option<Scrubbed> {
        let begun = Stopwatch::now();
        let _packs_stay = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wrong = self.look();
        if !wrong.is_empty() {
            let again = self.look();
            wrong.retain(|finding| again.iter().any(|other| other.check == finding.check));
        }
        if self.queue.is_closed() {
            return None;
        }
        let scrubbed = Scrubbed { wrong, at: self.clock.now(), took: begun.elapsed() };
        *self.scrubbed.lock() = Some(scrubbed.clone());
        Some(scrubbed)
    }

    fn look(&self) -> Vec<Finding> {
        let git_limit = LEAST_GIT_LIMIT + Duration::from_secs(self.newest_sequence() / COMMITS_A_SECOND);
        let care = Care { full: true, git_limit };
        let pace = Pace::default();
        let go_on = || {
            pace.rest();
            !self.queue.is_closed()
        };
        let findings = doctor::examine_while(&self.data, &self.clock, care, BESIDE, &go_on);
        findings.into_iter().filter(|finding| finding.verdict == Verdict::Wrong).collect()
    }

    /// What the last scrub came to; `None` before the first.
    pub fn last_scrub(&self) -> Option<Scrubbed> {
        self.scrubbed.lock().clone()
    }

    /// What the last scrub found that makes answers doubtful, a sentence each. The details are for the operator alone.
    pub(super) fn damage(&self) -> Vec<String> {
        let wrong = self.scrubbed.lock().as_ref().map(|scrubbed| scrubbed.wrong.clone()).unwrap_or_default();
        let words = |finding: &Finding| match finding.check {
            "repository" => Some("The repository is damaged; 'certreg doctor --full' says where."),
            "index" => Some("The index does not say what the repository says; 'certreg rebuild' makes it anew."),
            "log" => Some("The log is not what was signed; 'certreg doctor --full' says more."),
            _ => None,
        };
        wrong.iter().filter_map(words).map(str::to_owned).collect()
    }
}
