//! Every row of the published rules, each with the sentence that a reader gets.

use super::{
    Direction, Importance,
    testing::{compare, find, made},
};
use crate::domain::Code;

use Code::{Amber, Black, Green, NotRecorded};
use Direction::{Different, LessAssurance, MoreAssurance, Reworded};
use Importance::{Attention, Information, WorthReading};

#[test]
fn every_pair_of_colours_has_its_direction_and_importance() {
    let rows = [
        (Green, Amber, LessAssurance, Attention, "code_lowered", "Changed from GREEN to AMBER."),
        (Amber, Green, MoreAssurance, WorthReading, "code_raised", "Changed from AMBER to GREEN."),
        (Black, Amber, LessAssurance, Attention, "now_applies_not_met", "Changed from BLACK to AMBER."),
        (Black, Green, Different, WorthReading, "now_applies", "Changed from BLACK to GREEN."),
        (Green, Black, Different, Attention, "no_longer_applies", "Changed from GREEN to BLACK."),
        (Amber, Black, Different, Attention, "no_longer_applies", "Changed from AMBER to BLACK."),
        (
            Green,
            NotRecorded,
            Different,
            WorthReading,
            "code_not_recorded",
            "Colour no longer recorded (before: GREEN).",
        ),
    ];
    for (before, after, direction, importance, reason, sentence) in rows {
        let text = "Not applicable to us, for reasons that this sentence gives in full.";
        // The text check on black and on green fires on both sides, so that it is not what decides.
        let old = made().says("q5.7", text).code("q5.7", before);
        let new = old.next("2024-09-04").code("q5.7", after);
        let change = find(&compare(&old, &new), "q5.7");
        let newly_green = after == Green;
        assert_eq!(change.direction, direction, "{before:?} {after:?}");
        if newly_green {
            assert!(change.further_reasons.contains(&reason) && change.importance == Attention, "{change:?}");
        } else {
            assert_eq!((change.importance, change.reason), (importance, reason), "{before:?} {after:?}");
        }
        assert!(change.sentence.starts_with(sentence), "{}", change.sentence);
        assert_eq!(change.caveat.is_some(), after == Amber);
    }
    let plain = made().code("q5.7", Amber);
    let raised = find(&compare(&plain, &plain.next("2024-09-04").code("q5.7", Green)), "q5.7");
    assert_eq!((raised.importance, raised.reason), (WorthReading, "code_raised"));
}

#[test]
fn the_same_colour_with_other_words_is_weighed_by_its_words() {
    let rows = [
        (
            "All data is shared with no one.",
            "All data is shared with one.",
            Attention,
            "negation_changed",
            "Still GREEN. 'with no one' became 'with one'.",
        ),
        (
            "Adverts are never shown to staff.",
            "Adverts are not normally shown to staff.",
            Attention,
            "negation_changed",
            "Still GREEN. 'never' became 'not normally'.",
        ),
        (
            "We share all data with our partners.",
            "We share all data with our partners, except photographs.",
            Attention,
            "exception_changed",
            "Still GREEN. Added: 'except photographs'.",
        ),
        (
            "Data is erased after the contract ends.",
            "Data may be erased after the contract ends.",
            Attention,
            "modal_changed",
            "Still GREEN. 'is' became 'may be'.",
        ),
        (
            "Data is handed to the police on request.",
            "Data is handed to third parties on request.",
            Attention,
            "third_party_changed",
            "Still GREEN. 'the police' became 'third parties'.",
        ),
        (
            "Data is held in data centres in Ireland today.",
            "Data is held in data centres in India today.",
            Attention,
            "country_changed",
            "Still GREEN. 'Ireland' became 'India'.",
        ),
        (
            "All data is erased after 60 days by us.",
            "All data is erased within 30 days by us.",
            WorthReading,
            "figures_changed",
            "Still GREEN. 'after 60 days' became 'within 30 days'.",
        ),
        (
            "We publish our list of partners on our website.",
            "We publish our list of suppliers on our website.",
            WorthReading,
            "words_changed",
            "Still GREEN. 'partners' became 'suppliers'.",
        ),
        (
            "Read https://example.org/a for the details.",
            "Read https://example.org/b for the details.",
            WorthReading,
            "links_changed",
            "Still GREEN. 'https://example.org/a' became 'https://example.org/b'.",
        ),
        (
            "One is so. Two is so.",
            "Two is so. One is so.",
            Information,
            "order_only",
            "Still GREEN. The same text in another order.",
        ),
        (
            "One is so.  Two is so.",
            "One is so; Two is so.",
            Information,
            "spacing_only",
            "Still GREEN. Only spacing or punctuation changed.",
        ),
        (
            "Open 08:00 – 16:00 on weekdays here.",
            "Open 08:30 – 16:00 on weekdays here.",
            WorthReading,
            "figures_changed",
            "Still GREEN. '08:00 – 16:00' became '08:30 – 16:00'.",
        ),
        (
            "We are certified to ISO 27001 by an auditor.",
            "We are certified to ISO 27002 by an auditor.",
            WorthReading,
            "words_changed",
            "Still GREEN. 'ISO 27001' became 'ISO 27002'.",
        ),
    ];
    for (before, after, importance, reason, sentence) in rows {
        let old = made().says("q5.7", before);
        let change = find(&compare(&old, &old.next("2024-09-04").says("q5.7", after)), "q5.7");
        assert_eq!((change.importance, change.reason), (importance, reason), "{before} -> {after}: {change:#?}");
        assert_eq!(change.sentence, sentence);
        assert_eq!(change.direction, Reworded);
    }
}

#[test]
fn the_seeds_own_words_show_what_attention_is_for() {
    let before = "Currently, there is no advertising at all within the Parent Hub service.\nIndiscriminate advertising or \
                  advertising of products or services unrelated to parental engagement or parental involvement in \
                  learning will never be displayed in Parent Hub.";
    let after = "Indiscriminate advertising or advertising of products or services unrelated to parental engagement or \
                 parental involvement in learning will not normally be displayed in Parent Hub.";
    let old = made().says("q9.1", before);
    let change = find(&compare(&old, &old.next("2024-09-04").says("q9.1", after)), "q9.1");
    assert_eq!(
        change.sentence,
        "Still GREEN. Removed: 'Currently, there is no advertising at all…' 'never' became 'not normally'."
    );
    assert_eq!(change.importance, Attention);
}

#[test]
fn questions_that_follow_from_another_are_told_with_it() {
    let old = made();
    let new = old.next("2024-09-04").code("q8.1", Amber).code("q8.2", Green).code("q8.3", Amber);
    let comparison = compare(&old, &new);
    let change = find(&comparison, "q8.1");
    assert_eq!(change.sentence, "Changed from GREEN to AMBER. Q 8.2 and 8.3 now apply. Q 8.3 is AMBER.");
    assert_eq!(change.children.len(), 2);
    assert_eq!(comparison.changes.len(), 1);
    assert_eq!(
        comparison.headline,
        "3 of 10 answers changed: 1 green to amber, 1 black to amber, 1 black to green. 1 needs your attention."
    );
    let back = compare(&new, &old);
    let change = find(&back, "q8.1");
    assert_eq!(change.sentence, "Changed from AMBER to GREEN. Q 8.2 and 8.3 no longer apply.");
    assert_eq!((change.importance, back.counts.attention), (WorthReading, 0));
    // Without its parent's change, the same step needs attention.
    let alone = compare(&new, &new.next("2024-10-04").code("q8.2", Black));
    assert_eq!(find(&alone, "q8.2").importance, Attention);
    // A child never hides behind a harmless parent.
    let raised = made().code("q8.1", Amber).next("2024-09-04").code("q8.1", Green).code("q8.2", Amber);
    let change = find(&compare(&made().code("q8.1", Amber), &raised), "q8.1");
    assert_eq!((change.importance, change.caveat.is_some()), (Attention, true));
}

#[test]
fn a_correction_needs_attention_unless_it_only_raises_a_colour() {
    let old = made();
    let wrong = old.next("2026-11-02").says("q5.7", "Yes. Databases are encrypted.").corrects("q5.7", "2020-07-16");
    let change = find(&compare(&old, &wrong), "q5.7");
    assert_eq!((change.importance, change.reason), (Attention, "corrected"));
    assert!(change.sentence.contains("Supplier's correction: wrong from 16 July 2020 until 2 November 2026."));
    let raised = made().code("q5.7", Amber);
    let change =
        find(&compare(&raised, &raised.next("2026-11-02").code("q5.7", Green).corrects("q5.7", "2020-07-16")), "q5.7");
    assert_eq!((change.importance, change.reason), (WorthReading, "corrected"));
    // A correction is told also where the answer reads the same.
    let same = compare(&old, &old.next("2026-11-02").corrects("q6.6", "2020-07-16"));
    assert_eq!(same.headline, "1 of 10 answers changed: 1 was corrected. 1 needs your attention.");
}
