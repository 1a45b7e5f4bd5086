//! What marked text must be, whatever the texts are.

use proptest::prelude::*;

use super::{
    DiffParagraph, Op,
    budget::Budget,
    statement::{Nature, StatementDiff, compare},
    testing::made,
    versions,
};

fn diff(old: &[&str], new: &[&str]) -> StatementDiff {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    compare(&owned(old), &owned(new), &mut Budget::new())
}

/// The marks as one line: `[-removed-]{+added+}`, paragraphs set off by `¶`.
fn line(diff: &StatementDiff) -> String {
    let segment = |(op, text): (Op, &str)| match op {
        Op::Equal => text.to_owned(),
        Op::Delete => format!("[-{text}-]"),
        Op::Insert => format!("{{+{text}+}}"),
    };
    let paragraph = |p: &DiffParagraph| p.segments.iter().map(|s| segment((s.op, &s.text))).collect::<String>();
    diff.paragraphs.iter().map(paragraph).collect::<Vec<_>>().join("¶")
}

#[test]
fn words_are_marked_within_their_sentence() {
    let cases = [
        (
            "Data is erased after 60 days. It is kept safe.",
            "Data is erased within 30 days. It is kept safe.",
            "Data is erased [-after 60 days-]{+within 30 days+}. It is kept safe.",
        ),
        (
            "Adverts are never shown to staff.",
            "Adverts are not normally shown to staff.",
            "Adverts are [-never-]{+not normally+} shown to staff.",
        ),
        (
            "Support is open 08:00 – 16:00 on weekdays only.",
            "Support is open 08:30 – 16:00 on weekdays only.",
            "Support is open [-08:00 – 16:00-]{+08:30 – 16:00+} on weekdays only.",
        ),
        (
            "We hold names and addresses of pupils.",
            "We hold names of pupils.",
            "We hold names [-and addresses -]of pupils.",
        ),
        ("One. Two is here for good.", "Two is here for good.", "[-One. -]Two is here for good."),
        (
            "We use a robust and secure process here.",
            "We use a strong and tested process here.",
            "We use a [-robust and secure-]{+strong and tested+} process here.",
        ),
    ];
    for (old, new, marked) in cases {
        assert_eq!(line(&diff(&[old], &[new])), marked);
    }
}

#[test]
fn unrelated_sentences_are_not_woven_into_each_other() {
    let old = "All data is encrypted at rest. The school is the controller of it.";
    let new = "All data is encrypted at rest. Backups are taken nightly by our hosting partner.";
    let marked = "All data is encrypted at rest. [-The school is the controller of it.-]{+Backups are taken nightly by our hosting partner.+}";
    assert_eq!(line(&diff(&[old], &[new])), marked);
}

#[test]
fn text_that_is_too_different_is_one_removal_and_one_addition() {
    let diff = diff(&["Yes. All of it is encrypted."], &["Media files are not yet covered, but databases are."]);
    assert!(diff.rewritten);
    assert_eq!(line(&diff), "[-Yes. All of it is encrypted.-]{+Media files are not yet covered, but databases are.+}");
}

#[test]
fn paragraphs_are_paired_before_their_words() {
    let diff = diff(
        &["Backups are kept for 90 days.", "Ask the support team."],
        &["A new paragraph about nothing else.", "Backups are kept for 30 days.", "Ask the support team."],
    );
    assert_eq!(
        line(&diff),
        "{+A new paragraph about nothing else.+}¶Backups are kept for [-90 days-]{+30 days+}.¶Ask the support team."
    );
}

#[test]
fn spacing_and_order_are_told_from_words() {
    let nature = |old: &[&str], new: &[&str]| diff(old, new).nature;
    assert_eq!(nature(&["A b."], &["A b."]), Nature::None);
    assert_eq!(nature(&["A, b."], &["A  b;"]), Nature::Spacing);
    assert_eq!(nature(&["It’s “so”."], &["It’s \"so\"."]), Nature::Spacing);
    assert_eq!(nature(&["One is. Two is."], &["One is.", "Two is."]), Nature::Spacing);
    assert_eq!(nature(&["One is. Two is."], &["Two is. One is."]), Nature::Order);
    assert_eq!(nature(&["Less than 5: <5"], &["Less than 5: >5"]), Nature::Words);
    assert_eq!(nature(&["No b."], &["no b."]), Nature::Words);
}

#[test]
fn adversarial_text_is_bounded_and_says_so() {
    let one_word = |letter: &str| letter.repeat(10_000);
    let long = diff(&[&one_word("a")], &[&one_word("b")]);
    assert_eq!(line(&long).len(), 20_008);
    let same_token = |count: usize| "a ".repeat(count);
    diff(&[&same_token(131_072)], &[&same_token(131_000)]);
    let shuffled = |step: usize| (0..9_000).map(|n| format!("w{} ", n * step % 8_999)).collect::<String>();
    let (old, new) = (vec![shuffled(3)], vec![shuffled(7)]);
    let mut budget = Budget::new();
    let cut = compare(&old, &new, &mut budget);
    assert!(budget.was_cut_short());
    assert_eq!(cut.paragraphs[0].before().as_ref(), Some(&old[0]));
    let many = |word: &str| (0..20_000).map(|n| format!("{word}{n}")).collect::<Vec<_>>();
    compare(&many("a"), &many("b"), &mut Budget::new());
    for pattern in ["((((", "a.b:", "@@a@b.c", "9 9 9", "“”"] {
        diff(&[&pattern.repeat(30_000)], &[&pattern.repeat(29_000)]);
    }
}

/// Texts made of words that matter to the machinery, with odd spaces, and a few of anything at all.
fn paragraphs() -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec![
        "data",
        "is",
        "not",
        "never",
        "shared",
        "60 days",
        "30 days",
        "e.g.",
        "UK",
        "third-party",
        "Yes.",
        "No!",
        "a",
        "a@b.example",
        "https://x.example",
        "99.9%",
        "08:00 – 16:00",
        "é",
        "(",
        ")",
        "“",
        "third",
        "4 May 2018",
        ".",
        "é\u{301}",
    ]);
    let space = prop::sample::select(vec![" ", " ", " ", "", "  ", "\u{a0}", "\n", "\t"]);
    let woven = prop::collection::vec((word, space), 0..30)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, space)| [word, space]).collect::<String>());
    prop::collection::vec(prop_oneof![4 => woven, 1 => ".{0,40}".prop_map(String::from)], 0..5)
}

/// A text and an edit of it: some words dropped, doubled or replaced, so that joins and folds happen.
fn edited() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    (paragraphs(), prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8), 0..6)).prop_map(|(old, edits)| {
        let mut new = old.clone();
        for (at, kind) in edits {
            let Some(text) = (!new.is_empty()).then(|| at.index(new.len())).map(|n| &mut new[n]) else { break };
            let mut words: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
            if words.is_empty() {
                continue;
            }
            let spot = at.index(words.len());
            match kind {
                0 => drop(words.remove(spot)),
                1 => words.insert(spot, "never ".into()),
                2 => words[spot] = "changed ".into(),
                _ => words.swap(0, spot),
            }
            *text = words.concat();
        }
        (old, new)
    })
}

/// A stretch cut off from its neighbours may hold other tokens than it did in its place ("60" beside "days").
fn touches_a_figure(three: &[super::Segment]) -> bool {
    three.iter().any(|segment| segment.text.contains(|c: char| !c.is_alphabetic() && c != ' '))
}

fn check_invariants(old: &[String], new: &[String]) {
    let diff = compare(old, new, &mut Budget::new());
    if old == new {
        assert_eq!(diff.nature, Nature::None);
        assert!(diff.paragraphs.is_empty() && diff.edits.is_empty());
        return;
    }
    let before: Vec<String> = diff.paragraphs.iter().filter_map(DiffParagraph::before).collect();
    let after: Vec<String> = diff.paragraphs.iter().filter_map(DiffParagraph::after).collect();
    assert_eq!(before, old);
    assert_eq!(after, new);
    for paragraph in &diff.paragraphs {
        for pair in paragraph.segments.windows(2) {
            assert_ne!(pair[0].op, pair[1].op, "two segments of one kind in a row");
            assert!((pair[0].op, pair[1].op) != (Op::Insert, Op::Delete), "an insert before its delete");
        }
        for (at, three) in paragraph.segments.windows(3).enumerate() {
            let between = three[1].op == Op::Equal && three[0].op != Op::Equal && at + 2 < paragraph.segments.len();
            if between {
                let words = super::tokens::tokens(&three[1].text).iter().filter(|token| token.is_word()).count();
                assert!(words >= 3 || touches_a_figure(three), "edits {words} words apart: {three:?}");
            }
            let folded = three[1].op != Op::Equal || !three[1].text.trim().is_empty() || three[0].op == Op::Equal;
            assert!(folded, "a lone space between two edits: {three:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn marks_give_both_texts_back((old, new) in edited()) {
        check_invariants(&old, &new);
        check_invariants(&new, &old);
    }

    #[test]
    fn marks_give_any_two_texts_back(old in paragraphs(), new in paragraphs()) {
        check_invariants(&old, &new);
        check_invariants(&old, &old);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_version_compared_with_itself_is_empty_and_no_difference_is_lost((old, new) in edited(), codes in any::<[u8; 2]>()) {
        let made = |text: &[String], code: u8| {
            let code = crate::domain::Code::ALL[usize::from(code % 4)];
            let text = text.to_vec();
            made().code("q5.7", code).edit(|draft| {
                draft.responses.get_mut(&"q5.7".parse().expect("a question")).expect("it is there").statement = text;
            })
        };
        let (old, new) = (made(&old, codes[0]), made(&new, codes[1]));
        prop_assert!(versions(old.side(), old.side()).is_empty());
        let comparison = versions(old.side(), new.side());
        prop_assert_eq!(comparison.is_empty(), old.content == new.content);
        for change in &comparison.changes {
            prop_assert!(!change.sentence.is_empty() || change.before.concat() == change.after.concat(), "{change:?}");
            if !change.paragraphs.is_empty() {
                let before: Vec<String> = change.paragraphs.iter().filter_map(DiffParagraph::before).collect();
                let after: Vec<String> = change.paragraphs.iter().filter_map(DiffParagraph::after).collect();
                prop_assert_eq!(&before, &change.before);
                prop_assert_eq!(&after, &change.after);
            }
        }
        let attention = comparison.changes.iter().filter(|change| change.importance == super::Importance::Attention).count();
        prop_assert_eq!(comparison.headline.contains("your attention"), attention > 0);
    }
}
