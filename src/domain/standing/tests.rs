use std::collections::BTreeSet;

use super::*;
use crate::domain::{
    AnswerId,
    case::{ResolutionOutcome, Subject},
};

mod properties;

/// A certification's history in the making; each event is a day after the one before, at noon.
#[derive(Default)]
struct Story {
    versions: Vec<VersionFact>,
    statements: Vec<Stated>,
    counterparts: Vec<Counterpart>,
    days: i64,
}

fn first_day() -> Day {
    "2026-03-01".parse().expect("a day")
}

/// Noon of the day with this number; the story begins on day 0.
fn noon(day: i64) -> Instant {
    first_day().plus_days(day).starts_at().plus_seconds(12 * 3600)
}

fn day(number: i64) -> Day {
    first_day().plus_days(number)
}

fn questions(ids: &[&str]) -> BTreeSet<AnswerId> {
    ids.iter().map(|id| id.parse().expect("an answer")).collect()
}

fn subject() -> Subject {
    Subject { version: 1, digest: Digest::of(b"version 1") }
}

fn challenge(due: i64) -> Matter {
    Matter::Challenge { questions: questions(&["q5.7"]), subject: subject(), due_on: day(due) }
}

fn requirement(ids: &[&str], due: i64) -> Matter {
    Matter::VerificationRequired { questions: questions(ids), subject: subject(), due_on: day(due) }
}

fn verification(in_reply_to: Digest, outcomes: &[(&str, bool)], until: i64) -> Matter {
    Matter::Verification {
        in_reply_to,
        verifier: "Checks Ltd".into(),
        outcomes: outcomes.iter().map(|(id, ok)| (id.parse().expect("an answer"), *ok)).collect(),
        report_sha256: None,
        valid_until: day(until),
    }
}

fn withdrawal() -> Matter {
    Matter::Withdrawal { reasons: vec!["It is not as described.".into()] }
}

impl Story {
    /// With version 1 of the supplier's own on day 0.
    fn new() -> Story {
        let mut story = Story::default();
        story.publish(ChangeKind::Initial);
        story
    }

    fn publish(&mut self, kind: ChangeKind) {
        let version = self.versions.len() as u32 + 1;
        let (sequence, published_at) = self.next();
        self.versions.push(VersionFact { version, sequence, published_at, kind });
    }

    fn next(&mut self) -> (u64, Instant) {
        let place = (self.days as u64, noon(self.days));
        self.days += 1;
        place
    }

    fn state(&mut self, by: Party, matter: Matter) -> Digest {
        let seq = self.statements.len() as u32 + 1;
        let (sequence, stated_at) = self.next();
        let digest = Digest::of(format!("statement {seq}").as_bytes());
        let statement = CaseStatement {
            registry: "certreg.example".parse().expect("a registry"),
            supplier: "acme".parse().expect("a supplier"),
            service: "lms".parse().ok(),
            seq,
            previous: self.statements.last().map(|before| before.digest),
            stated_on: stated_at.day_in_london(),
            text: vec!["As it is.".into()],
            matter,
        };
        self.statements.push(Stated { sequence, stated_at, digest, by, statement });
        digest
    }

    fn at(&self, day: i64) -> Standing {
        let history =
            History { versions: &self.versions, statements: &self.statements, counterparts: &self.counterparts };
        standing(history, noon(day))
    }

    /// The state on a day, as lists show it.
    fn on(&self, day: i64) -> &'static str {
        self.at(day).state().as_str()
    }

    fn codes(&self, day: i64) -> Vec<&'static str> {
        self.at(day).conditions().iter().map(|condition| condition.code).collect()
    }
}

#[test]
fn a_challenge_stands_from_its_statement_to_the_departments_resolution() {
    let mut story = Story::new();
    let asked = story.state(Party::Department, challenge(5)); // day 1
    story.state(Party::Supplier, Matter::Clarification { in_reply_to: asked, questions: questions(&["q5.7"]) }); // 2
    story.days = 9;
    let outcome = ResolutionOutcome::Clarified;
    story.state(Party::Department, Matter::Resolution { in_reply_to: asked, outcome }); // 9
    assert_eq!(story.on(0), "published");
    assert_eq!(story.on(1), "challenged");
    // Answered in time: late is only the Department.
    assert_eq!(story.on(8), "challenged");
    let case = &story.at(9).cases[0];
    assert_eq!((case.days(day(30)), case.closed.as_ref().map(|closed| closed.outcome)), (8, Some(Outcome::Clarified)));
    assert!(case.closed.as_ref().is_some_and(|closed| closed.outcome.is_lawful()));
    assert_eq!(story.codes(9), ["clarified"]);
    assert_eq!(story.at(9).conditions()[0].sentence, "The supplier clarified Q 5.7 on 3 March 2026.");
    story.days = 20;
    story.publish(ChangeKind::Update);
    assert_eq!(story.codes(20), [""; 0], "what was clarified was about the version before");
}

#[test]
fn a_challenge_that_nobody_answers_is_overdue_from_the_day_after_its_due_day() {
    let mut story = Story::new();
    story.state(Party::Department, challenge(5));
    assert_eq!((story.on(5), story.on(6)), ("challenged", "challenge_overdue"));
    assert_eq!(story.at(6).overdue().count(), 1);
    let told = &story.at(6).conditions()[0].sentence;
    assert_eq!(told, "The Department has asked about Q 5.7; an answer was due by 6 March 2026 and has not come.");
    story.days = 10;
    story.publish(ChangeKind::Reaffirmation);
    assert_eq!(story.on(10), "challenge_overdue", "a re-affirmation answers nothing");
    story.publish(ChangeKind::Update);
    assert_eq!(story.on(11), "challenged");
}

#[test]
fn a_required_verification_ends_when_every_answer_is_verified_and_expires() {
    let mut story = Story::new();
    let required = story.state(Party::Department, requirement(&["q5.7", "q8.1"], 5)); // 1
    story.state(Party::Department, verification(required, &[("q5.7", true), ("q8.1", false)], 40)); // 2
    assert_eq!(story.codes(2), ["verification_required", "verified", "not_verified"]);
    assert_eq!(story.on(6), "verification_overdue");
    story.days = 7;
    story.state(Party::Department, verification(required, &[("q8.1", true)], 40)); // 7
    assert_eq!(story.codes(7), ["verified", "verified"]);
    assert_eq!(story.at(7).cases[0].days(day(99)), 6);
    assert!(story.at(7).cases[0].ended_with(Outcome::Verified));
    assert_eq!(story.codes(40), ["verified", "verified"]);
    assert_eq!(story.codes(41), ["verification_expired", "verification_expired"]);
}

#[test]
fn a_clarification_does_not_end_a_required_verification_until_the_department_says_so() {
    let mut story = Story::new();
    let required = story.state(Party::Department, requirement(&["q5.7"], 3));
    story.state(Party::Supplier, Matter::Clarification { in_reply_to: required, questions: questions(&["q5.7"]) });
    assert_eq!((story.on(2), story.on(4)), ("verification_required", "verification_overdue"));
    story.days = 5;
    let outcome = ResolutionOutcome::Clarified;
    story.state(Party::Department, Matter::Resolution { in_reply_to: required, outcome });
    assert_eq!((story.on(5), story.codes(5)), ("published", vec!["clarified"]));
}

#[test]
fn a_withdrawal_ends_a_required_verification_but_not_a_challenge() {
    let mut story = Story::new();
    story.state(Party::Department, challenge(30));
    story.state(Party::Department, requirement(&["q5.7"], 30));
    story.state(Party::Supplier, withdrawal());
    let standing = story.at(3);
    assert_eq!(standing.state(), State::WithdrawnBySupplier);
    assert!(standing.cases[1].ended_with(Outcome::Withdrawn));
    assert_eq!(standing.cases[0].state(standing.today()), CaseState::Open);
}

#[test]
fn a_new_version_ends_the_suppliers_own_withdrawal_and_not_the_departments() {
    for (by, after) in [(Party::Supplier, "published"), (Party::Department, "withdrawn_by_department")] {
        let mut story = Story::new();
        story.state(by, withdrawal());
        story.publish(ChangeKind::Update);
        assert_eq!(story.on(2), after);
    }
    let mut story = Story::default();
    story.publish(ChangeKind::Transcription);
    story.state(Party::Department, withdrawal());
    assert_eq!(story.on(1), "withdrawn_by_department");
    story.publish(ChangeKind::Transcription);
    assert_eq!(story.on(2), "withdrawn_by_department", "another transcription is not the supplier's word");
    story.publish(ChangeKind::Initial);
    assert_eq!(story.on(3), "published", "a withdrawn transcription never binds the supplier");
}

#[test]
fn a_withdrawal_is_taken_back_by_whoever_made_it() {
    let mut story = Story::new();
    let withdrawn = story.state(Party::Department, withdrawal());
    story.state(Party::Supplier, Matter::Reinstatement { in_reply_to: withdrawn });
    assert_eq!(story.on(2), "withdrawn_by_department");
    story.state(Party::Department, Matter::Reinstatement { in_reply_to: withdrawn });
    assert_eq!(story.on(3), "published");
    assert_eq!(story.at(3).withdrawal(), None);
}

#[test]
fn the_departments_withdrawal_is_the_graver_one() {
    let mut story = Story::new();
    let own = story.state(Party::Supplier, withdrawal());
    let theirs = story.state(Party::Department, withdrawal());
    assert_eq!(story.on(2), "withdrawn_by_department");
    assert_eq!(story.at(2).withdrawn_by_department().map(|case| case.opening.digest), Some(theirs));
    story.state(Party::Department, Matter::Reinstatement { in_reply_to: theirs });
    assert_eq!(story.at(3).withdrawal().map(|case| case.opening.digest), Some(own));
}

#[test]
fn a_notice_stands_until_a_version_settles_it_or_it_expires() {
    let notice = Matter::Notice { questions: questions(&["q5.7"]), from: day(1), expires_on: day(8) };
    let mut story = Story::new();
    story.state(Party::Supplier, notice.clone());
    assert_eq!((story.on(8), story.on(9)), ("notice", "published"));
    assert!(story.at(9).cases[0].ended_with(Outcome::DayCame));
    story.days = 12;
    story.publish(ChangeKind::Update);
    assert!(story.at(12).cases[0].ended_with(Outcome::DayCame), "it had expired before the version");
    let mut story = Story::new();
    story.state(Party::Supplier, notice);
    story.publish(ChangeKind::Update);
    assert!(story.at(2).cases[0].ended_with(Outcome::AnsweredByVersion(Some(2))));
}

#[test]
fn a_service_is_ending_then_ended_unless_it_certifies_again() {
    let closure = |ends| Matter::Closure { ends_on: day(ends), data_deleted_by: None, reasons: Vec::new() };
    let mut story = Story::new();
    story.state(Party::Supplier, closure(5));
    story.state(Party::Supplier, closure(9));
    assert_eq!((story.on(6), story.on(9), story.on(10)), ("ending", "ending", "ended"));
    assert!(story.at(3).cases[0].ended_with(Outcome::Replaced));
    story.days = 12;
    story.publish(ChangeKind::Update);
    assert_eq!((story.on(11), story.on(12)), ("ended", "published"));
}

#[test]
fn a_transfer_counts_once_both_sides_have_stated_it() {
    let other: CertificationId = "newco/lms".parse().expect("an id");
    let mut story = Story::new();
    story.state(Party::Supplier, Matter::Transfer { other: other.clone() });
    assert_eq!((story.on(1), story.at(1).successor()), ("published", None));
    story.counterparts.push(Counterpart { other: other.clone(), stated_at: noon(4), is_successor: true });
    assert_eq!((story.on(3), story.on(4)), ("published", "transferred"));
    let standing = story.at(4);
    assert_eq!(standing.successor().map(|transfer| &transfer.other), Some(&other));
    assert!(standing.cases[0].ended_with(Outcome::Completed));
    assert_eq!(standing.conditions()[0].sentence, "Carried on as newco/lms since 5 March 2026.");
}

#[test]
fn an_objection_stands_beside_a_transcription_until_the_next_version() {
    let mut story = Story::default();
    story.publish(ChangeKind::Transcription);
    story.state(Party::Department, Matter::Objection { subject: subject() });
    assert_eq!(story.on(1), "objection");
    story.publish(ChangeKind::Initial);
    assert_eq!(story.on(2), "published");
}

#[test]
fn a_version_is_superseded_by_the_next() {
    let mut story = Story::new();
    story.publish(ChangeKind::Update);
    let state = |number, day| version_state(&story.versions, number, noon(day));
    assert_eq!(state(2, 0), VersionState::NotYet);
    assert_eq!(state(1, 0), VersionState::Current);
    assert_eq!(state(1, 1), VersionState::Superseded { by: 2, at: noon(1) });
}
