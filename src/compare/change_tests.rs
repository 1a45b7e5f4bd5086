//! Changes of everything beside colours and words, and the headline of the whole.

use super::{
    About, Direction, Importance, StandingFact,
    testing::{Made, compare, day, find, id, made},
};
use crate::domain::{ChangeKind, Code, Commitment, Digest, Evidence, Signer};

use Code::Amber;
use Direction::{Different, LessAssurance};
use Importance::{Attention, Information, WorthReading};

#[test]
fn an_answer_or_a_commitment_that_goes_needs_attention() {
    let old = made();
    let new = old.next("2024-09-04").edit(|draft| {
        draft.responses.remove(&"q6.6".parse().expect("a question"));
        draft.commitments.remove(&Commitment::UpdatePromptly);
    });
    let comparison = compare(&old, &new);
    let answer = find(&comparison, "q6.6");
    assert_eq!((answer.importance, answer.reason), (Attention, "answer_removed"));
    assert_eq!(answer.sentence, "Answer removed (before: GREEN): 'Yes. Our service does what was asked here…'");
    let promise = find(&comparison, "commitment.update_promptly");
    assert_eq!((promise.importance, promise.direction), (Attention, LessAssurance));
    assert_eq!(promise.sentence, "Commitment removed: to update the responses promptly.");
    let again = compare(&new, &old);
    assert_eq!(find(&again, "q6.6").reason, "answer_added");
    assert_eq!(find(&again, "commitment.update_promptly").importance, WorthReading);
}

#[test]
fn an_emergency_contact_needs_attention_wherever_it_stands() {
    let old = made();
    let new = old.next("2024-09-04").edit(|draft| {
        let support = draft.support.get_mut(&"s3.1".parse().expect("an area")).expect("it is there");
        support.contacts[0].telephone = Some("0161 496 0999".into());
    });
    let change = find(&compare(&old, &new), "s3.1.contacts");
    assert_eq!((change.importance, change.reason), (Attention, "emergency_contact_changed"));
    assert_eq!(
        change.sentence,
        "Emergency contact: '0161 496 0000, support@example.org' became '0161 496 0999, support@example.org'."
    );
    assert_eq!(change.advice, ["Tell your emergency team."]);
    let old = made().says("s3.1", "Ring our support team on 0161 496 0000 at any time.");
    let new = old.next("2024-09-04").says("s3.1", "Ring our support team on 0161 496 0999 at any time.");
    let comparison = compare(&old, &new);
    let change = find(&comparison, "s3.1");
    assert_eq!((change.importance, change.reason), (Attention, "emergency_contact_changed"));
    assert_eq!(change.sentence, "'0161 496 0000' became '0161 496 0999'.");
    assert_eq!(comparison.headline, "No answer changed. 1 support statement changed. 1 needs your attention.");
}

#[test]
fn the_legal_entity_and_the_official_are_told() {
    let old = made();
    let new = old.next("2024-09-04").edit(|draft| {
        draft.supplier_name = "Example Holdings Ltd".into();
        draft.official = Some(Signer { person: Digest::of(b"Official Two"), title: Some("Chief Executive".into()) });
        draft.signatory.as_mut().expect("somebody signed").person = Digest::of(b"Signatory Two");
        draft.contact.as_mut().expect("there is one").email = Some("dpo@example.org".into());
        draft.service_name = "Example Cloud Plus".into();
    });
    let comparison = compare(&old, &new);
    let rows = [
        ("legal_entity", Attention, "Legal entity: 'Example Learning Ltd' became 'Example Holdings Ltd'."),
        ("service_name", WorthReading, "Service name: 'Example Cloud' became 'Example Cloud Plus'."),
        ("contact.email", WorthReading, "Contact e-mail: 'privacy@example.org' became 'dpo@example.org'."),
        ("official", WorthReading, "New senior official: Chief Executive (before: Director of Technology)."),
        ("signatory", Information, "New signatory: Compliance Officer."),
    ];
    let told: Vec<(String, Importance, String)> =
        comparison.changes.iter().map(|c| (c.about.key(), c.importance, c.sentence.clone())).collect();
    let rows: Vec<(String, Importance, String)> = rows.map(|(key, i, s)| (key.to_owned(), i, s.to_owned())).into();
    assert_eq!(told, rows);
    assert_eq!(
        comparison.headline,
        "No answer changed. The legal entity changed. 4 other details changed. 1 needs your attention."
    );
}

#[test]
fn a_text_check_that_newly_fires_needs_attention() {
    let old = made();
    let new = old.next("2024-09-04").says("q5.7", "Yes. Our service does what was asked here, N/A in every respect.");
    let change = find(&compare(&old, &new), "q5.7");
    assert_eq!((change.importance, change.reason), (Attention, "green_but_not_applicable"));
    assert!(
        change
            .sentence
            .ends_with("Text check: GREEN, but the text says 'N/A': a question that does not apply is BLACK.")
    );
}

#[test]
fn what_only_case_statements_know_is_added_by_the_caller() {
    let old = made();
    let facts = [
        (StandingFact::Withdrawn(day("2026-11-02")), "withdrawn", "Withdrawn on 2 November 2026."),
        (
            StandingFact::VerificationOverdue(day("2026-11-02")),
            "verification_overdue",
            "Independent verification was due on 2 November 2026 and is missing.",
        ),
        (StandingFact::UnsoundSignature(2), "unsound_signature", "A signature on version 2 does not hold."),
    ];
    for (fact, reason, sentence) in facts {
        let comparison = compare(&old, &old).with_standing(&[fact], None);
        assert_eq!((comparison.changes[0].reason, comparison.changes[0].importance), (reason, Attention));
        assert_eq!(comparison.headline, format!("No answer changed. {sentence} 1 needs your attention."));
    }
}

#[test]
fn colours_recorded_for_the_first_time_are_one_line() {
    let old = made().transcribed();
    let new = made()
        .next("2026-11-02")
        .kind(ChangeKind::Initial)
        .code("q5.7", Amber)
        .says("q6.6", "Yes. It is sent to every customer.");
    let comparison = compare(&old, &new);
    let colours = find(&comparison, "colours_recorded");
    assert_eq!(colours.sentence, "Colours recorded for the first time: 6 GREEN, 1 AMBER, 3 BLACK.");
    assert_eq!((colours.importance, colours.caveat.is_some()), (Information, true));
    let words = find(&comparison, "q6.6");
    assert_eq!((words.importance, words.direction), (WorthReading, Different));
    assert!(words.sentence.starts_with("Colour recorded: GREEN. Rewritten:"), "{}", words.sentence);
    assert_eq!(find(&comparison, "version").sentence, "First own statement; the earlier one was transcribed.");
    assert!(comparison.changes.iter().all(|change| !matches!(change.about, About::Official | About::Commitment(_))));
    assert!(
        comparison
            .headline
            .starts_with("1 of 10 answers changed: 1 changed words. 1 support statement changed. Colours recorded")
    );
}

#[test]
fn a_reaffirmation_and_nothing_at_all_read_the_same() {
    let old = made();
    let again = old.next("2026-06-04").kind(ChangeKind::Reaffirmation);
    let comparison = compare(&old, &again);
    assert_eq!(comparison.headline, "No new version since 4 September 2023. Last confirmed on 4 June 2026.");
    assert_eq!(comparison.importance(), Some(Information));
    let same = compare(&old, &old);
    assert!(same.is_empty());
    assert_eq!(same.headline, "No new version since 4 September 2023. Last confirmed on 4 September 2023.");
    let transcribed = made().transcribed();
    assert!(compare(&transcribed, &transcribed).headline.ends_with("Never confirmed by the supplier."));
    let corrected = old.next("2024-09-04").corrects("q5.7", "2020-07-16");
    assert!(compare(&corrected, &corrected).is_empty());
}

#[test]
fn an_announced_change_and_both_dates_are_told() {
    let old = made();
    let new = old.next("2026-11-02").code("q5.7", Amber).edit(|draft| {
        draft.change.effective_on = Some(day("2026-11-15"));
        draft.change.service_changed_on = Some(day("2026-11-12"));
    });
    let comparison = compare(&old, &new);
    let change = find(&comparison, "announcement");
    assert_eq!(change.importance, WorthReading);
    assert_eq!(change.sentence, "The supplier says it applies from 15 November 2026; until then version 1.");
    assert_eq!(
        comparison.new.dates,
        "published here on 2 November 2026; the supplier says it applies from 15 November 2026; the supplier says the \
         service changed on 12 November 2026"
    );
    assert_eq!(
        comparison.headline,
        "1 of 10 answers changed: 1 green to amber. Announced for 15 November 2026. 1 needs your attention."
    );
}

#[test]
fn evidence_links_are_worth_reading() {
    let link = |title: &str, url: &str| Evidence { title: title.into(), url: url.into(), sha256: None, dated_on: None };
    let with = |links: Vec<Evidence>| {
        made().edit(|draft| {
            draft.responses.get_mut(&"q5.7".parse().expect("a question")).expect("it is there").evidence = links
        })
    };
    let old = with(vec![link("Policy", "https://example.org/1"), link("Report", "https://example.org/r")]);
    let mut new = with(vec![link("Policy", "https://example.org/2")]);
    new.content.version = 2;
    let comparison = compare(&old, &new);
    let change = find(&comparison, "q5.7");
    assert_eq!((change.importance, change.reason), (WorthReading, "evidence_changed"));
    assert_eq!(
        change.sentence,
        "Still GREEN. Evidence link: 'Policy (https://example.org/1)' became 'Policy (https://example.org/2)'. Evidence \
         removed: 'Report (https://example.org/r)'."
    );
    assert_eq!(comparison.headline, "1 of 10 answers changed: 1 kept its colour and changed links.");
}

#[test]
fn the_headline_is_the_one_that_the_design_shows() {
    let old = made();
    let new = old
        .next("2026-11-02")
        .code("q5.7", Amber)
        .says("q5.10", "Yes. All data is securely erased within 30 days.")
        .says("q6.6", "Yes. Our service does what was asked there in every respect.")
        .code("q3.1", Amber)
        .says("s3.4", "Data can be restored for 90 days.");
    let new = Made { content: new.content, ..new }.corrects("q3.1", "2026-01-10");
    assert_eq!(
        compare(&old, &new).headline,
        "4 of 10 answers changed: 1 green to amber, 2 kept their colour and changed words, 1 was corrected. 1 support \
         statement changed. 2 need your attention."
    );
}

#[test]
fn across_editions_the_question_and_the_answer_are_kept_apart() {
    let old = made();
    let new =
        old.next("2026-11-02").in_newer_edition().says("q3.1", "Yes. It complies with the GDPR in every respect.");
    let comparison = compare(&old, &new);
    let reworded: Vec<_> = comparison.questions_reworded.iter().map(|question| question.question).collect();
    assert_eq!(reworded, [id("q3.1")]);
    let answer = find(&comparison, "q3.1");
    assert!(answer.question_reworded && answer.sentence.ends_with("The question itself was reworded."));
    assert_eq!(find(&comparison, "q5.12").reason, "question_dropped");
    assert_eq!(find(&comparison, "q9.2").reason, "question_added");
    assert_eq!(
        find(&comparison, "edition").sentence,
        "Now answers another wording of the questions: Made-up wording (2018) (before: Made-up wording (2016)). 1 \
         question was reworded: Q 3.1."
    );
    // A reworded question whose answer stands is no change of the answer.
    let only = compare(&old, &old.next("2026-11-02").in_newer_edition());
    assert!(only.changes.iter().all(|change| change.about != About::Answer(id("q3.1"))));
    // Backwards the mapping is read the other way round.
    let back = compare(&new, &old);
    assert_eq!(find(&back, "q5.12").reason, "question_added");
    assert_eq!(find(&back, "q9.2").reason, "question_dropped");
    assert_eq!(back.questions_reworded.len(), 1);
}
