//! What the case statements about a certification add up to at an instant: its standing.
//!
//! A pure function of what was published and stated by then. Whatever is published or stated later never changes the
//! standing at an earlier instant, so "as known then" can be asked for ever. Signatures are not looked at here: who
//! stated something is a fact that the caller gives, and an unsound key is told beside the standing.
//!
//! Reading order: this file (what goes in and comes out), `cases` (what opens, answers and closes a case) with
//! `outcome`, `words`
//! (the sentences).

use super::{CaseStatement, CertificationId, ChangeKind, Day, Digest, Instant, case::Matter};

mod cases;
mod outcome;
#[cfg(test)]
mod tests;
mod words;

pub use cases::Case;
pub use outcome::{CaseState, Closed, Outcome};
pub use words::{Condition, State};

/// Who stated something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The Department, with its own key.
    Department,
    /// The supplier: its signatory, and its official where both are needed.
    Supplier,
}

impl Party {
    /// For programs: `department` or `supplier`.
    pub fn as_str(self) -> &'static str {
        match self {
            Party::Department => "department",
            Party::Supplier => "supplier",
        }
    }

    /// Reads what [`Party::as_str`] writes.
    pub fn parse(text: &str) -> Option<Party> {
        [Party::Department, Party::Supplier].into_iter().find(|party| party.as_str() == text)
    }

    /// For a sentence: `the Department` or `the supplier`.
    pub fn in_words(self) -> &'static str {
        match self {
            Party::Department => "the Department",
            Party::Supplier => "the supplier",
        }
    }
}

/// A case statement with what the registry knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The place of its commit on `main`.
    pub sequence: u64,
    /// The commit's time.
    pub stated_at: Instant,
    /// The name of its exact bytes.
    pub digest: Digest,
    /// Who signed it.
    pub by: Party,
    /// What it says.
    pub statement: CaseStatement,
}

/// A published version, as far as the standing depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionFact {
    /// 1, 2, 3 …
    pub version: u32,
    /// The place of its commit on `main`.
    pub sequence: u64,
    /// The commit's time.
    pub published_at: Instant,
    /// Initial, update, re-affirmation or transcription.
    pub kind: ChangeKind,
}

impl VersionFact {
    /// Whether the supplier itself published it.
    pub fn is_own(&self) -> bool {
        self.kind != ChangeKind::Transcription
    }
}

/// The other side's word on a transfer: a statement in the other certification's folder that names this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterpart {
    /// The other certification.
    pub other: CertificationId,
    /// When the other side stated it.
    pub stated_at: Instant,
    /// The other certification carries this one on: its first own version names this one as its predecessor.
    /// Otherwise this one carries on the other.
    pub is_successor: bool,
}

/// Everything that the standing of one certification depends on. The lists may hold what came after the instant that is
/// asked about; it is left out of account.
#[derive(Debug, Clone, Copy, Default)]
pub struct History<'a> {
    /// Its versions, oldest first.
    pub versions: &'a [VersionFact],
    /// The statements in its folder, oldest first.
    pub statements: &'a [Stated],
    /// The other sides of its transfers.
    pub counterparts: &'a [Counterpart],
}

/// A transfer that both sides stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The other certification.
    pub other: CertificationId,
    /// Since both sides had stated it.
    pub since: Instant,
    /// The other certification carries this one on; otherwise this one carries on the other.
    pub is_successor: bool,
}

/// What the case statements about a certification add up to at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The instant.
    pub at: Instant,
    /// The version in force; none before the first.
    pub version: Option<VersionFact>,
    /// Every case, oldest first.
    pub cases: Vec<Case>,
    /// Transfers that both sides stated, oldest first.
    pub transfers: Vec<Transfer>,
}

/// What became of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    /// Not published by then.
    NotYet,
    /// The newest.
    Current,
    /// Another one took its place.
    Superseded {
        /// The version after it.
        by: u32,
        /// When.
        at: Instant,
    },
}

/// Works out the standing of a certification at `at`.
pub fn standing(history: History<'_>, at: Instant) -> Standing {
    let versions = known(history.versions, at);
    let transfers = transfers(&history, at);
    let mut cases = cases::gather(versions, history.statements, at);
    cases.iter_mut().for_each(|case| case.note_transfer(&transfers));
    Standing { at, version: versions.last().copied(), cases, transfers }
}

/// What had become of version `number` at `at`.
pub fn version_state(versions: &[VersionFact], number: u32, at: Instant) -> VersionState {
    let versions = known(versions, at);
    let Some(place) = versions.iter().position(|fact| fact.version == number) else { return VersionState::NotYet };
    match versions.get(place + 1) {
        Some(next) => VersionState::Superseded { by: next.version, at: next.published_at },
        None => VersionState::Current,
    }
}

/// The versions that were published by `at`.
fn known(versions: &[VersionFact], at: Instant) -> &[VersionFact] {
    let count = versions.iter().take_while(|fact| fact.published_at <= at).count();
    &versions[..count]
}

fn transfers(history: &History<'_>, at: Instant) -> Vec<Transfer> {
    let stated = history.statements.iter().filter(|stated| stated.stated_at <= at);
    let own = stated.filter_map(|stated| match &stated.statement.matter {
        Matter::Transfer { other } => Some((other, stated.stated_at)),
        _ => None,
    });
    let mut found: Vec<Transfer> = own
        .filter_map(|(other, stated_at)| {
            let theirs = history.counterparts.iter().filter(|known| known.other == *other && known.stated_at <= at);
            let first = theirs.min_by_key(|known| known.stated_at)?;
            let since = stated_at.max(first.stated_at);
            Some(Transfer { other: other.clone(), since, is_successor: first.is_successor })
        })
        .collect();
    found.sort_by_key(|transfer| transfer.since);
    found.dedup_by(|a, b| a.other == b.other);
    found
}

impl Standing {
    /// The day it was in London.
    pub fn today(&self) -> Day {
        self.at.day_in_london()
    }

    /// The withdrawal that stands; the Department's before the supplier's own.
    pub fn withdrawal(&self) -> Option<&Case> {
        self.open("withdrawal").min_by_key(|case| case.opening.by)
    }

    /// The Department's withdrawal that stands: nothing of the supplier's can be published until it is taken back.
    pub fn withdrawn_by_department(&self) -> Option<&Case> {
        self.withdrawal().filter(|case| case.opening.by == Party::Department)
    }

    /// Whether what `case` announced has come to its last day and still counts: a notice that expired, a service that
    /// ended. A service that certifies again after its last day has not ended.
    pub fn has_ended_by(&self, case: &Case) -> bool {
        case.closed.as_ref().is_some_and(|closed| {
            let certifies_again = self.version.is_some_and(|version| version.published_at > closed.at);
            closed.outcome == Outcome::DayCame && !(case.kind() == "closure" && certifies_again)
        })
    }

    /// The certification that carries this one on, if both sides said so.
    pub fn successor(&self) -> Option<&Transfer> {
        self.transfers.iter().rev().find(|transfer| transfer.is_successor)
    }

    /// The certification that this one carries on, if both sides said so.
    pub fn predecessor(&self) -> Option<&Transfer> {
        self.transfers.iter().rev().find(|transfer| !transfer.is_successor)
    }

    /// Cases whose day has passed without the supplier's answer.
    pub fn overdue(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| case.state(self.today()) == CaseState::Overdue)
    }

    /// The case that the statement with this digest opened.
    pub fn case(&self, opening: Digest) -> Option<&Case> {
        self.cases.iter().find(|case| case.opening.digest == opening)
    }

    /// Cases of a type that are not closed.
    fn open<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Case> {
        self.cases.iter().filter(move |case| case.closed.is_none() && case.kind() == kind)
    }
}
