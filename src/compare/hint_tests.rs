//! Text checks, on made-up answers and on the published statements' own words.

use super::{
    hints, hints_against, question_differs, stale_figures,
    testing::{Made, edition, id, made},
    versions,
};
use crate::domain::Code;

/// What is noticed on one answer of an otherwise harmless statement.
fn noticed(made: &Made, key: &str) -> Vec<(&'static str, String)> {
    let all = hints(&made.content, &made.edition).into_iter();
    all.filter(|hint| hint.about.key() == key).map(|hint| (hint.code, hint.sentence)).collect()
}

#[test]
fn a_harmless_statement_raises_nothing() {
    assert_eq!(hints(&made().content, &made().edition), []);
}

#[test]
fn each_check_fires_on_what_it_is_for() {
    let planet = "Yes - Central Planet eStream Cloud services are hosted on the highly secure Microsoft Azure \
                  infrastructure. Planet eStream Connect service databases may contain user names as submitted on service \
                  registration which are not encrypted at rest.";
    let parent_hub = "The Parent Hub database is located within the EU and so all Parent Hub data is stored within the \
                      EEA.\nAs described in our Sub-Processor Policy, some data is transferred to the USA when emails are \
                      sent via the Parent Hub service.\nAll data shared with third parties based in the USA is done under \
                      the EU-US Privacy Shield initiative.";
    let recovery = "We do have a disaster recover plan, but this is not made available to customers.";
    let adverts = "The Planet eStream Cloud service does not deliver advertisements to its users.";
    let rows: [(&str, Code, &str, &[&str]); 10] = [
        ("q5.7", Code::Green, planet, &["green_but_not_encrypted"]),
        ("q5.7", Code::Amber, planet, &[]),
        ("q8.1", Code::Green, parent_hub, &["green_but_transfers", "evidence_without_link", "lapsed_instrument"]),
        ("q8.1", Code::NotRecorded, parent_hub, &["evidence_without_link", "lapsed_instrument"]),
        ("q6.6", Code::Green, recovery, &["green_but_not_available"]),
        ("q9.1", Code::Green, adverts, &["obligation_not_mentioned"]),
        ("q5.10", Code::Green, "N/A", &["green_but_not_applicable"]),
        ("q5.10", Code::Black, "N/A", &["black_without_reason"]),
        ("q5.10", Code::Black, "We hold no data of any kind.", &[]),
        ("q3.2", Code::Green, "Yes, on request, we sign further clauses.", &["conditions_without_need"]),
    ];
    for (key, code, text, expected) in rows {
        let made = made().code(key, code).says(key, text);
        let codes: Vec<&str> = noticed(&made, key).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, expected, "{key} {code:?} {text}");
    }
    let shield = made().says("q8.1", parent_hub);
    let sentences: Vec<String> = noticed(&shield, "q8.1").into_iter().map(|(_, sentence)| sentence).collect();
    assert_eq!(sentences[0], "GREEN, but the text names the USA, outside the UK and the EEA.");
    assert_eq!(sentences[2], "Names the EU-US Privacy Shield, which ended on 16 July 2020.");
}

#[test]
fn a_link_in_the_text_or_as_evidence_answers_a_promise_of_evidence() {
    let promised = made().says("q5.12", "This is explained in our retention policy.");
    assert_eq!(noticed(&promised, "q5.12")[0].0, "evidence_without_link");
    let linked = made().says("q5.12", "This is explained in our retention policy (https://example.org/policy).");
    assert_eq!(noticed(&linked, "q5.12"), []);
}

#[test]
fn telephones_are_british() {
    let with = |number: &str| made().edit(|draft| draft.contact.as_mut().expect("one").telephone = Some(number.into()));
    for (number, british) in [
        ("+44 1274 713425", true),
        ("0161 202 4141", true),
        ("(0161) 202 4141", true),
        ("+1 555 0100", false),
        ("0033 1 40", false),
    ] {
        assert_eq!(noticed(&with(number), "contact.telephone").is_empty(), british, "{number}");
    }
}

#[test]
fn twelve_words_of_another_supplier_are_noticed() {
    let own = made();
    let text = "Yes. Every night a copy of all customer data is taken and stored in a second place.";
    let own = own.says("q5.12", text);
    let other = made().says("q6.6", text).edit(|draft| {
        draft.supplier = "other-learning".parse().expect("a supplier");
        draft.supplier_name = "Other Learning Ltd".into();
        draft.responses.retain(|id, _| id.to_string() == "q6.6");
        draft.support.clear();
    });
    let found = hints_against(&own.content, &[&other.content]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].about.key(), "q5.12");
    assert!(
        found[0].sentence.contains("Other Learning Ltd's statement: 'Yes. Every night a copy of all customer…'"),
        "{}",
        found[0].sentence
    );
    assert_eq!(hints_against(&own.content, &[&own.content]), []);
    let eleven = other.says("q6.6", "Every night a copy of all customer data is taken and kept.");
    assert_eq!(hints_against(&own.content, &[&eleven.content]), []);
}

#[test]
fn an_old_figure_that_still_stands_elsewhere_is_named() {
    let old = made();
    let new = old.next("2026-11-02").says("q5.10", "Yes. All data is securely erased after 30 days.");
    let found = stale_figures(&versions(old.side(), new.side()), &new.content);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].sentence, "60 days still stands in Q 5.12 and support 3.4");
    let everywhere = new.says("q5.12", "Yes, for 30 days.").says("s3.4", "Data can be restored for a 60-day period.");
    let found = stale_figures(&versions(old.side(), everywhere.side()), &everywhere.content);
    assert_eq!(found.len(), 0, "{found:?}");
}

#[test]
fn questions_printed_in_other_words_are_noticed_but_not_other_quotes() {
    let edition = edition();
    assert_eq!(
        question_differs(&edition, id("q5.7"), "Does  your cloud service ensure that data at rest is encrypted?"),
        None
    );
    let other = question_differs(&edition, id("q5.7"), "Do you encrypt data?").expect("it differs");
    assert_eq!(other.code, "question_text_differs");
}
