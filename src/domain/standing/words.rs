//! A standing in words: one state for lists, and a sentence for everything that a reader should know.

use std::collections::BTreeSet;

use super::{Case, CaseState, Outcome, Party, Standing, Stated};
use crate::domain::{AnswerId, Day, Digest, case::Matter};

/// The one thing about a standing that a list shows, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Withdrawn by the Department.
    WithdrawnByDepartment,
    /// Withdrawn by the supplier.
    WithdrawnBySupplier,
    /// The service has ended.
    Ended,
    /// Another certification carries it on.
    Transferred,
    /// An independent verification is overdue.
    VerificationOverdue,
    /// An answer to a question of the Department's is overdue.
    ChallengeOverdue,
    /// The Department requires independent verification.
    VerificationRequired,
    /// The Department has asked a question.
    Challenged,
    /// The service will end.
    Ending,
    /// The supplier has given notice.
    Notice,
    /// The supplier objects to a transcription.
    Objection,
    /// Nothing stands beside it.
    Published,
}

impl State {
    /// Every state, the gravest first.
    pub const ALL: [State; 12] = [
        State::WithdrawnByDepartment,
        State::WithdrawnBySupplier,
        State::Ended,
        State::Transferred,
        State::VerificationOverdue,
        State::ChallengeOverdue,
        State::VerificationRequired,
        State::Challenged,
        State::Ending,
        State::Notice,
        State::Objection,
        State::Published,
    ];

    /// For programs, for example `withdrawn_by_supplier`. The set is open.
    pub fn as_str(self) -> &'static str {
        match self {
            State::WithdrawnByDepartment => "withdrawn_by_department",
            State::WithdrawnBySupplier => "withdrawn_by_supplier",
            State::Ended => "ended",
            State::Transferred => "transferred",
            State::VerificationOverdue => "verification_overdue",
            State::ChallengeOverdue => "challenge_overdue",
            State::VerificationRequired => "verification_required",
            State::Challenged => "challenged",
            State::Ending => "ending",
            State::Notice => "notice",
            State::Objection => "objection",
            State::Published => "published",
        }
    }
}

/// One thing that a reader should know beside the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// A slug that programs can rely on: a [`State`]'s, `clarified`, `verified`, `not_verified` or
    /// `verification_expired`. The set is open.
    pub code: &'static str,
    /// In words.
    pub sentence: String,
    /// The answers that it is about; empty where it is about the whole.
    pub questions: BTreeSet<AnswerId>,
    /// The statement that it follows from; none for an end or a transfer that two statements make.
    pub statement: Option<Digest>,
}

/// A condition's code and sentence.
type Told = (&'static str, String);

impl Standing {
    /// The gravest thing that stands.
    pub fn state(&self) -> State {
        let found = self.conditions().into_iter();
        let states = found.filter_map(|found| State::ALL.into_iter().find(|state| state.as_str() == found.code));
        states.min().unwrap_or(State::Published)
    }

    /// The withdrawal that stands, in a sentence.
    pub fn withdrawal_in_words(&self) -> Option<String> {
        let codes = [State::WithdrawnByDepartment.as_str(), State::WithdrawnBySupplier.as_str()];
        self.conditions().into_iter().find(|told| codes.contains(&told.code)).map(|told| told.sentence)
    }

    /// Everything that a reader should know beside the document, the gravest first; empty where there is nothing.
    pub fn conditions(&self) -> Vec<Condition> {
        let mut found: Vec<Condition> = self.cases.iter().flat_map(|case| self.of_case(case)).collect();
        found.extend(self.successor().map(|transfer| Condition {
            code: State::Transferred.as_str(),
            sentence: format!("Carried on as {} since {}.", transfer.other, transfer.since.day_in_london().in_words()),
            questions: BTreeSet::new(),
            statement: None,
        }));
        let place = |code: &str| State::ALL.into_iter().position(|state| state.as_str() == code).unwrap_or(usize::MAX);
        found.sort_by_key(|condition| place(condition.code));
        found
    }

    fn of_case(&self, case: &Case) -> impl Iterator<Item = Condition> {
        let (questions, statement) = (case.questions(), Some(case.opening.digest));
        self.told(case).into_iter().map(move |(code, sentence)| Condition {
            code,
            sentence,
            questions: questions.clone(),
            statement,
        })
    }

    fn told(&self, case: &Case) -> Vec<Told> {
        let stated_on = case.opening.stated_at.day_in_london().in_words();
        let words = || case.opening.statement.text.join(" ");
        let only = |state: State, sentence: String| vec![(state.as_str(), sentence)];
        let open = case.closed.is_none();
        match &case.opening.statement.matter {
            Matter::Withdrawal { .. } if open => match case.opening.by {
                Party::Department => {
                    only(State::WithdrawnByDepartment, format!("Withdrawn by the Department on {stated_on}."))
                }
                Party::Supplier => {
                    only(State::WithdrawnBySupplier, format!("Withdrawn by the supplier on {stated_on}."))
                }
            },
            Matter::Closure { ends_on, .. } => self.of_closure(case, *ends_on).into_iter().collect(),
            Matter::Challenge { due_on, .. } => self.of_challenge(case, *due_on).into_iter().collect(),
            Matter::VerificationRequired { due_on, .. } => self.of_requirement(case, *due_on),
            Matter::Notice { expires_on, .. } if open => {
                let until = expires_on.in_words();
                only(State::Notice, format!("Notice by the supplier of {stated_on}, until {until}: {}", words()))
            }
            Matter::Objection { .. } if open => {
                only(State::Objection, format!("The supplier objects to this transcription ({stated_on}): {}", words()))
            }
            _ => Vec::new(),
        }
    }

    fn of_closure(&self, case: &Case, ends_on: Day) -> Option<Told> {
        let day = ends_on.in_words();
        match &case.closed {
            None => Some((State::Ending.as_str(), format!("The service ends on {day}."))),
            Some(_) => self.has_ended_by(case).then(|| (State::Ended.as_str(), format!("The service ended on {day}."))),
        }
    }

    fn of_challenge(&self, case: &Case, due_on: Day) -> Option<Told> {
        let (about, due) = (labels(&case.questions()), due_on.in_words());
        let asked = format!("The Department has asked about {about}");
        let answered_on = case.answered_at.map(|at| at.day_in_london().in_words()).unwrap_or_default();
        let challenged = State::Challenged.as_str();
        match case.state(self.today()) {
            CaseState::Overdue => Some((
                State::ChallengeOverdue.as_str(),
                format!("{asked}; an answer was due by {due} and has not come."),
            )),
            CaseState::Open => Some((challenged, format!("{asked}; an answer is due by {due}."))),
            CaseState::Answered => Some((
                challenged,
                format!("{asked}; the supplier answered on {answered_on}, and the Department has not closed it yet."),
            )),
            CaseState::Closed => {
                let is_clarified = case.ended_with(Outcome::Clarified) && self.is_about_current(case);
                let sentence = || match case.answered_at {
                    Some(_) => format!("The supplier clarified {about} on {answered_on}."),
                    None => format!("The supplier clarified {about}."),
                };
                is_clarified.then(|| ("clarified", sentence()))
            }
        }
    }

    fn of_requirement(&self, case: &Case, due_on: Day) -> Vec<Told> {
        let (about, due) = (labels(&case.questions()), due_on.in_words());
        let stands = match case.state(self.today()) {
            CaseState::Overdue => Some((
                State::VerificationOverdue.as_str(),
                format!("Independent verification of {about} was due by {due} and is missing."),
            )),
            CaseState::Open | CaseState::Answered => Some((
                State::VerificationRequired.as_str(),
                format!("The Department requires independent verification of {about} by {due}."),
            )),
            CaseState::Closed if case.ended_with(Outcome::Clarified) && self.is_about_current(case) => {
                Some(("clarified", format!("The supplier clarified {about}: no verification is asked for any more.")))
            }
            CaseState::Closed => None,
        };
        stands.into_iter().chain(case.replies.iter().flat_map(|reply| self.of_verification(case, reply))).collect()
    }

    /// What a verifier found, and whether it still counts.
    fn of_verification(&self, case: &Case, reply: &Stated) -> Vec<Told> {
        let Matter::Verification { verifier, outcomes, valid_until, .. } = &reply.statement.matter else {
            return Vec::new();
        };
        let of = |wanted: bool| -> BTreeSet<AnswerId> {
            outcomes.iter().filter(|(_, verified)| **verified == wanted).map(|(answer, _)| *answer).collect()
        };
        let (yes, mut no) = (of(true), of(false));
        no.retain(|answer| case.verified.get(answer) == Some(&false));
        let version = case.subject().map_or(0, |subject| subject.version);
        let until = valid_until.in_words();
        let mut told = Vec::new();
        let what = format!("{} in version {version}", labels(&yes));
        match (yes.is_empty(), self.today() > *valid_until) {
            (true, _) => {}
            (_, true) => told.push((
                "verification_expired",
                format!("The independent verification of {what} by {verifier} expired on {until}."),
            )),
            (_, false) => {
                told.push(("verified", format!("{what}: independently verified by {verifier}, valid until {until}.")))
            }
        }
        if !no.is_empty() {
            let what = format!("{} in version {version}", labels(&no));
            told.push(("not_verified", format!("{what}: {verifier} could not verify it.")));
        }
        told
    }

    fn is_about_current(&self, case: &Case) -> bool {
        let current = self.version.map(|version| version.version);
        case.subject().is_some_and(|subject| current == Some(subject.version))
    }
}

/// For example `Q 5.7, Q 5.10 and Support 3.4`; `the whole` for none.
fn labels(answers: &BTreeSet<AnswerId>) -> String {
    let labels: Vec<String> = answers.iter().map(|answer| answer.label()).collect();
    match labels.as_slice() {
        [] => "the whole".to_owned(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
