//! What holds of every history.

use proptest::prelude::*;

use super::*;

/// What may happen in a story; the numbers choose among the cases that there are.
#[derive(Debug, Clone)]
enum Move {
    Publish(bool),
    Challenge(i64),
    Require(i64),
    Withdraw(bool),
    Clarify(usize),
    Resolve(usize),
    Verify(usize, bool),
    Reinstate(usize, bool),
    Notice(i64),
    Close(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        any::<bool>().prop_map(Move::Publish),
        (0..40i64).prop_map(Move::Challenge),
        (0..40i64).prop_map(Move::Require),
        any::<bool>().prop_map(Move::Withdraw),
        (0..8usize).prop_map(Move::Clarify),
        (0..8usize).prop_map(Move::Resolve),
        (0..8usize, any::<bool>()).prop_map(|(n, ok)| Move::Verify(n, ok)),
        (0..8usize, any::<bool>()).prop_map(|(n, dept)| Move::Reinstate(n, dept)),
        (0..40i64).prop_map(Move::Notice),
        (0..40i64).prop_map(Move::Close),
    ];
    proptest::collection::vec(one, 0..14)
}

impl Story {
    fn play(&mut self, moved: &Move) {
        let digest = |n: &usize| Digest::of(format!("statement {}", n + 1).as_bytes());
        let party = |department: &bool| if *department { Party::Department } else { Party::Supplier };
        let (by, matter) = match moved {
            Move::Publish(update) => {
                let kind = if *update { ChangeKind::Update } else { ChangeKind::Reaffirmation };
                return self.publish(kind);
            }
            Move::Challenge(due) => (Party::Department, challenge(*due)),
            Move::Require(due) => (Party::Department, requirement(&["q5.7"], *due)),
            Move::Withdraw(department) => (party(department), withdrawal()),
            Move::Clarify(n) => {
                (Party::Supplier, Matter::Clarification { in_reply_to: digest(n), questions: questions(&["q5.7"]) })
            }
            Move::Resolve(n) => {
                let outcome = ResolutionOutcome::NotUpheld;
                (Party::Department, Matter::Resolution { in_reply_to: digest(n), outcome })
            }
            Move::Verify(n, ok) => (Party::Department, verification(digest(n), &[("q5.7", *ok)], 50)),
            Move::Reinstate(n, department) => (party(department), Matter::Reinstatement { in_reply_to: digest(n) }),
            Move::Notice(until) => {
                let questions = questions(&["q5.7"]);
                (Party::Supplier, Matter::Notice { questions, from: day(0), expires_on: day(*until) })
            }
            Move::Close(ends) => {
                let matter = Matter::Closure { ends_on: day(*ends), data_deleted_by: None, reasons: Vec::new() };
                (Party::Supplier, matter)
            }
        };
        self.state(by, matter);
    }
}

proptest! {
    #[test]
    fn what_comes_later_never_changes_the_standing_at_an_earlier_instant(moves in moves(), more in moves()) {
        let mut story = Story::new();
        moves.iter().for_each(|moved| story.play(moved));
        let last = story.days - 1;
        let before: Vec<Standing> = (0..=last).map(|day| story.at(day)).collect();
        more.iter().for_each(|moved| story.play(moved));
        let after: Vec<Standing> = (0..=last).map(|day| story.at(day)).collect();
        prop_assert_eq!(before, after);
    }

    #[test]
    fn a_resolution_closes_exactly_its_challenge(moves in moves()) {
        let mut story = Story::new();
        let asked = story.state(Party::Department, challenge(30));
        moves.iter().for_each(|moved| story.play(moved));
        let before = story.at(story.days - 1);
        let was_open = before.case(asked).is_some_and(|case| case.closed.is_none());
        let outcome = ResolutionOutcome::NotUpheld;
        let closing = story.state(Party::Department, Matter::Resolution { in_reply_to: asked, outcome });
        let after = story.at(story.days - 1);
        let closed_now: Vec<Digest> = after
            .cases
            .iter()
            .filter(|case| case.closed.as_ref().is_some_and(|closed| closed.by == Some(closing)))
            .map(|case| case.opening.digest)
            .collect();
        prop_assert_eq!(closed_now, if was_open { vec![asked] } else { Vec::new() });
    }

    #[test]
    fn no_statement_is_ever_lost(moves in moves()) {
        let mut story = Story::new();
        moves.iter().for_each(|moved| story.play(moved));
        let standing = story.at(story.days);
        let mut told: Vec<u32> = standing
            .cases
            .iter()
            .flat_map(|case| std::iter::once(&case.opening).chain(&case.replies))
            .map(|stated| stated.statement.seq)
            .collect();
        told.sort_unstable();
        let all: Vec<u32> = story.statements.iter().map(|stated| stated.statement.seq).collect();
        prop_assert_eq!(told, all);
    }
}
