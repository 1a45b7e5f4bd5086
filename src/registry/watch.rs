//! A reader's whole list at once: what changed in each service; what fails, fails in its own place.
//!
//! A list tells which services somebody uses: nothing of it is kept.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{ErrorKind, Registry, RegistryError, Result, compare::Since, read::VersionContent};
use crate::{
    compare::Importance,
    domain::{CertificationId, Day, WatchItem},
};

/// The most services that one list may have.
pub const MAX_ITEMS: usize = 1_000;
/// How many answered items one list remembers; each may be a megabyte.
const MAX_KNOWN: usize = 50;

/// A list in the course of being answered.
pub struct Watch<'a> {
    registry: &'a Registry,
    /// Whether somebody still waits for the answer.
    is_wanted: &'a AtomicBool,
    /// What was computed already: lists repeat themselves, and comparing costs the most.
    known: HashMap<(CertificationId, Day, Option<Day>), Arc<Since>>,
}

impl Registry {
    /// Begins to answer a list; it stops as soon as `is_wanted` says that nobody waits any more.
    pub fn watch<'a>(&'a self, is_wanted: &'a AtomicBool) -> Watch<'a> {
        Watch { registry: self, is_wanted, known: HashMap::new() }
    }
}

impl Watch<'_> {
    /// What changed in one service, or why that cannot be said.
    ///
    /// # Errors
    /// Unavailable, when nobody waits any more or the registry cannot answer anything now. Everything else is one
    /// item's matter and comes back as its answer; a failure of the registry's own goes to the log.
    pub fn since(&mut self, item: &WatchItem) -> Result<std::result::Result<Arc<Since>, RegistryError>> {
        if !self.is_wanted.load(Ordering::Relaxed) {
            return Err(RegistryError::unavailable("timeout", "Nobody waits for this report any more."));
        }
        let found = self.found(item);
        one_items_matter(&item.certification, found)
    }

    /// The current version of what was found, with its document.
    ///
    /// # Errors
    /// As [`Watch::since`].
    pub fn now(&self, since: &Since) -> Result<std::result::Result<VersionContent, RegistryError>> {
        one_items_matter(&since.item.certification, self.registry.with_content(since.now.clone()))
    }

    fn found(&mut self, item: &WatchItem) -> Result<Arc<Since>> {
        let key = (item.certification.clone(), item.signed_up_on, item.reviewed_on);
        if let Some(since) = self.known.get(&key) {
            return Ok(since.clone());
        }
        let since = Arc::new(self.registry.since(item)?);
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(key, since.clone());
        Ok(since)
    }
}

/// Tells what fails for one item from what fails for all; a failure of the registry's own goes to the log.
fn one_items_matter<T>(
    certification: &CertificationId,
    outcome: Result<T>,
) -> Result<std::result::Result<T, RegistryError>> {
    match outcome {
        Ok(found) => Ok(Ok(found)),
        Err(error) if error.kind == ErrorKind::Unavailable => Err(error),
        Err(error) if error.kind == ErrorKind::Internal => {
            eprintln!("report on {certification}: {error}");
            let detail = "The registry cannot read its own record of this service; nothing is wrong with the request. \
                          Tell its operator.";
            Ok(Err(RegistryError::new(ErrorKind::Internal, "internal", detail)))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// How much of a list changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All items.
    pub items: usize,
    /// Those with a new version.
    pub changed: usize,
    /// Those that need the reader's attention.
    pub attention: usize,
    /// Those that could not be looked up.
    pub failed: usize,
}

impl Tally {
    /// Counts one item: found, or not.
    pub fn count(&mut self, found: Option<&Since>) {
        self.items += 1;
        match found {
            None => self.failed += 1,
            Some(since) => {
                self.changed += usize::from(!since.report.steps.is_empty());
                self.attention += usize::from(since.report.importance == Some(Importance::Attention));
            }
        }
    }

    /// In one line, figures as figures: `2 of 12 services changed. 1 needs your attention.`
    pub fn sentence(&self) -> String {
        let services = if self.items == 1 { "service" } else { "services" };
        let mut sentence = format!("{} of {} {services} changed.", self.changed, self.items);
        match self.attention {
            0 => {}
            1 => sentence.push_str(" 1 needs your attention."),
            many => sentence.push_str(&format!(" {many} need your attention.")),
        }
        if self.failed > 0 {
            sentence.push_str(&format!(" {} could not be looked up.", self.failed));
        }
        sentence
    }
}
