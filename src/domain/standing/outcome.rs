//! How far a case has come, and how it ended.

use crate::domain::{Digest, Instant, case::ResolutionOutcome};

/// How far a case has come on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// It stands, and nothing is late.
    Open,
    /// The supplier answered; the Department has not closed it yet.
    Answered,
    /// Its day has passed without an answer.
    Overdue,
    /// It ended, or needs no answer.
    Closed,
}

impl CaseState {
    /// For programs: `open`, `answered`, `overdue` or `closed`.
    pub fn as_str(self) -> &'static str {
        match self {
            CaseState::Open => "open",
            CaseState::Answered => "answered",
            CaseState::Overdue => "overdue",
            CaseState::Closed => "closed",
        }
    }
}

/// How and when a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at: Instant,
    /// How.
    pub outcome: Outcome,
    /// The statement that ended it; none where a version or a day did.
    pub by: Option<Digest>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every answer that was asked for was independently verified.
    Verified,
    /// The supplier's clarification was enough.
    Clarified,
    /// The certification was withdrawn.
    Withdrawn,
    /// A version answered it (by the Department's word), or settled it.
    AnsweredByVersion(Option<u32>),
    /// There was nothing in it.
    NotUpheld,
    /// Taken back by whoever stated it.
    Reinstated,
    /// Another statement of the same kind took its place.
    Replaced,
    /// Its day came: a notice expired, a service ended.
    DayCame,
    /// Both sides stated the transfer.
    Completed,
    /// It never asked for anything: an erasure, a type that is not known here.
    Noted,
}

impl Outcome {
    /// For programs, for example `verified`. The set is open.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Verified => "verified",
            Outcome::Clarified => "clarified",
            Outcome::Withdrawn => "withdrawn",
            Outcome::AnsweredByVersion(_) => "answered_by_version",
            Outcome::NotUpheld => "not_upheld",
            Outcome::Reinstated => "reinstated",
            Outcome::Replaced => "replaced",
            Outcome::DayCame => "day_came",
            Outcome::Completed => "completed",
            Outcome::Noted => "noted",
        }
    }

    /// Whether it is one of the three outcomes that the form allows once verification is required: verified,
    /// clarified, withdrawn.
    pub fn is_lawful(self) -> bool {
        matches!(self, Outcome::Verified | Outcome::Clarified | Outcome::Withdrawn)
    }
}

impl From<ResolutionOutcome> for Outcome {
    fn from(outcome: ResolutionOutcome) -> Self {
        match outcome {
            ResolutionOutcome::AnsweredByVersion => Outcome::AnsweredByVersion(None),
            ResolutionOutcome::Clarified => Outcome::Clarified,
            ResolutionOutcome::NotUpheld => Outcome::NotUpheld,
            ResolutionOutcome::Withdrawn => Outcome::Withdrawn,
        }
    }
}
