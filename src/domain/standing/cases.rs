//! Cases: what opens one, who answers it, what closes it.

use std::collections::{BTreeMap, BTreeSet};

use super::{CaseState, Closed, Outcome, Party, Stated, Transfer, VersionFact};
use crate::domain::{
    AnswerId, ChangeKind, Day, Digest, Instant,
    case::{Matter, Subject},
};

/// One case: the statement that opened it and everything that followed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What opened it.
    pub opening: Stated,
    /// Statements in reply, oldest first.
    pub replies: Vec<Stated>,
    /// When the supplier answered: its first clarification, or its first update since.
    pub answered_at: Option<Instant>,
    /// A required verification: what is known of each answer so far.
    pub verified: BTreeMap<AnswerId, bool>,
    /// How and when it ended.
    pub closed: Option<Closed>,
}

impl Case {
    fn new(opening: Stated) -> Case {
        Case { opening, replies: Vec::new(), answered_at: None, verified: BTreeMap::new(), closed: None }
    }

    /// The type of the statement that opened it, for example `challenge`.
    pub fn kind(&self) -> &str {
        self.opening.statement.matter.name()
    }

    /// The answers that it is about; empty where it is about the whole.
    pub fn questions(&self) -> BTreeSet<AnswerId> {
        match &self.opening.statement.matter {
            Matter::Challenge { questions, .. }
            | Matter::VerificationRequired { questions, .. }
            | Matter::Notice { questions, .. } => questions.clone(),
            _ => BTreeSet::new(),
        }
    }

    /// The version that it is about, where it names one.
    pub fn subject(&self) -> Option<&Subject> {
        match &self.opening.statement.matter {
            Matter::Challenge { subject, .. }
            | Matter::VerificationRequired { subject, .. }
            | Matter::Objection { subject } => Some(subject),
            _ => None,
        }
    }

    /// The day by which the supplier is asked to answer.
    pub fn due_on(&self) -> Option<Day> {
        match &self.opening.statement.matter {
            Matter::Challenge { due_on, .. } | Matter::VerificationRequired { due_on, .. } => Some(*due_on),
            _ => None,
        }
    }

    /// The last day of what ends by itself: a notice, a service.
    pub fn last_on(&self) -> Option<Day> {
        match &self.opening.statement.matter {
            Matter::Notice { expires_on: last, .. } | Matter::Closure { ends_on: last, .. } => Some(*last),
            _ => None,
        }
    }

    /// The day after which it is overdue. An answer ends the wait for a challenge; a required verification waits until
    /// it is verified, resolved or withdrawn.
    pub fn waits_until(&self) -> Option<Day> {
        let is_answered_challenge = self.answered_at.is_some() && self.kind() == "challenge";
        self.due_on().filter(|_| self.closed.is_none() && !is_answered_challenge)
    }

    /// How far it has come on `today`.
    pub fn state(&self, today: Day) -> CaseState {
        if self.closed.is_some() {
            return CaseState::Closed;
        }
        match self.waits_until() {
            Some(due) if today > due => CaseState::Overdue,
            _ if self.answered_at.is_some() => CaseState::Answered,
            _ => CaseState::Open,
        }
    }

    /// Whole days in London from the statement to its end, or to `today` while it is open.
    pub fn days(&self, today: Day) -> i64 {
        let end = self.closed.as_ref().map_or(today, |closed| closed.at.day_in_london());
        end.days_since(self.opening.stated_at.day_in_london())
    }

    /// Whether it ended in this way.
    pub fn ended_with(&self, outcome: Outcome) -> bool {
        self.closed.as_ref().is_some_and(|closed| closed.outcome == outcome)
    }

    fn close(&mut self, at: Instant, outcome: Outcome, by: Option<Digest>) {
        if self.closed.is_none() {
            self.closed = Some(Closed { at, outcome, by });
        }
    }

    fn is(&self, kind: &str) -> bool {
        self.closed.is_none() && self.kind() == kind
    }

    /// A transfer ends when both sides have stated it.
    pub(super) fn note_transfer(&mut self, transfers: &[Transfer]) {
        let Matter::Transfer { other } = &self.opening.statement.matter else { return };
        if let Some(transfer) = transfers.iter().find(|transfer| transfer.other == *other) {
            self.close(transfer.since.max(self.opening.stated_at), Outcome::Completed, None);
        }
    }
}

/// Tells the cases as they were at `at`, oldest first.
pub(super) fn gather(versions: &[VersionFact], statements: &[Stated], at: Instant) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut ahead = versions.iter().copied().peekable();
    let mut newest: Option<VersionFact> = None;
    let mut note_version = |cases: &mut Vec<Case>, version: VersionFact| {
        note_day(cases, version.published_at.day_in_london());
        settle(cases, version, newest);
        newest = Some(version);
    };
    for stated in statements.iter().take_while(|stated| stated.stated_at <= at) {
        while let Some(version) = ahead.next_if(|version| version.sequence < stated.sequence) {
            note_version(&mut cases, version);
        }
        note_day(&mut cases, stated.stated_at.day_in_london());
        note_statement(&mut cases, stated);
    }
    ahead.for_each(|version| note_version(&mut cases, version));
    note_day(&mut cases, at.day_in_london());
    cases
}

/// A version settles what was waiting for one.
fn settle(cases: &mut [Case], version: VersionFact, before: Option<VersionFact>) {
    let at = version.published_at;
    let settled = Outcome::AnsweredByVersion(Some(version.version));
    // The first own version says so of itself, also to whoever has not seen what came before it.
    let was_transcription = version.kind == ChangeKind::Initial || before.is_some_and(|before| !before.is_own());
    let is_update = version.is_own() && version.kind != ChangeKind::Reaffirmation;
    for case in cases.iter_mut().filter(|case| case.closed.is_none()) {
        match &case.opening.statement.matter {
            Matter::Challenge { .. } if is_update => {
                case.answered_at.get_or_insert(at);
            }
            Matter::Notice { .. } if version.is_own() => case.close(at, settled, None),
            // The Department's withdrawal of a transcription never binds the supplier's own word.
            Matter::Withdrawal { .. }
                if version.is_own() && (case.opening.by == Party::Supplier || was_transcription) =>
            {
                case.close(at, settled, None);
            }
            Matter::Objection { .. } => case.close(at, settled, None),
            _ => {}
        }
    }
}

fn note_statement(cases: &mut Vec<Case>, stated: &Stated) {
    if let Some(replied_to) = stated.statement.matter.in_reply_to() {
        if let Some(case) = cases.iter_mut().find(|case| case.opening.digest == replied_to && case.awaits(stated)) {
            case.note_reply(stated);
            return;
        }
        // What answers nothing that is open is shown, without effect.
        return cases.push(noted(stated));
    }
    match stated.statement.matter {
        Matter::Withdrawal { .. } => {
            for case in cases.iter_mut().filter(|case| case.is("verification_required") || case.is("objection")) {
                case.close(stated.stated_at, Outcome::Withdrawn, Some(stated.digest));
            }
        }
        Matter::Closure { .. } => {
            for case in cases.iter_mut().filter(|case| case.is("closure")) {
                case.close(stated.stated_at, Outcome::Replaced, Some(stated.digest));
            }
        }
        Matter::Erasure { .. } | Matter::Unknown { .. } => return cases.push(noted(stated)),
        _ => {}
    }
    cases.push(Case::new(stated.clone()));
}

fn noted(stated: &Stated) -> Case {
    let mut case = Case::new(stated.clone());
    case.close(stated.stated_at, Outcome::Noted, None);
    case
}

impl Case {
    /// Whether the case is open and of a type that `reply` answers, by the party that may.
    pub fn awaits(&self, reply: &Stated) -> bool {
        let opening = &self.opening.statement.matter;
        let asked = matches!(opening, Matter::Challenge { .. } | Matter::VerificationRequired { .. });
        let fits = match &reply.statement.matter {
            Matter::Clarification { .. } => asked && reply.by == Party::Supplier,
            Matter::Resolution { .. } => asked && reply.by == Party::Department,
            Matter::Verification { .. } => {
                matches!(opening, Matter::VerificationRequired { .. }) && reply.by == Party::Department
            }
            Matter::Reinstatement { .. } => {
                matches!(opening, Matter::Withdrawal { .. } | Matter::Closure { .. }) && reply.by == self.opening.by
            }
            _ => false,
        };
        fits && self.closed.is_none()
    }

    fn note_reply(&mut self, reply: &Stated) {
        let (at, by) = (reply.stated_at, Some(reply.digest));
        match &reply.statement.matter {
            Matter::Clarification { .. } => {
                self.answered_at.get_or_insert(at);
            }
            Matter::Resolution { outcome, .. } => self.close(at, (*outcome).into(), by),
            Matter::Verification { outcomes, .. } => {
                self.verified.extend(outcomes.iter().map(|(answer, verified)| (*answer, *verified)));
                if self.questions().iter().all(|answer| self.verified.get(answer) == Some(&true)) {
                    self.close(at, Outcome::Verified, by);
                }
            }
            Matter::Reinstatement { .. } => self.close(at, Outcome::Reinstated, by),
            _ => {}
        }
        self.replies.push(reply.clone());
    }
}

/// What ends by itself, because its day came.
fn note_day(cases: &mut [Case], today: Day) {
    for case in cases.iter_mut().filter(|case| case.closed.is_none()) {
        if let Some(last) = case.last_on().filter(|last| today > *last) {
            case.close(last.ends_at().max(case.opening.stated_at), Outcome::DayCame, None);
        }
    }
}
