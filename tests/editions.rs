//! The editions that ship say what the published forms say, in the canonical profile.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod edition_reader;
mod made_up_form;

use std::{collections::BTreeSet, fs, path::PathBuf};

use certreg::{
    domain::{
        Digest, QuestionId,
        edition::{Edition, Polarity, Relation},
    },
    format::{profile, v1},
    import,
};
use edition_reader::both;
use serde_json::Value;
use unicode_normalization::is_nfc;

const PLANET: &str = "seeds/000_5f7981f69bd28955.txt";
const PARENT_HUB: &str = "seeds/004_64dfb80629537511.txt";

fn read(path: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn folded(text: &str) -> String {
    let straight = text.replace(['‘', '’'], "'").replace(['“', '”'], "\"");
    straight.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The seed's text without marks and link targets, quotes folded, white space collapsed.
fn form_text(path: &str) -> String {
    let mut text = read(path);
    for mark in ["<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "*", "<", ">", "\\"] {
        text = text.replace(mark, "");
    }
    while let Some(middle) = text.find("](") {
        let start = text[..middle].rfind('[').unwrap();
        let end = middle + text[middle..].find(')').unwrap();
        text = format!("{}{}{}", &text[..start], &text[start + 1..middle], &text[end + 1..]);
    }
    folded(&text)
}

/// The first table cell of each line that belongs to a question: split questions are put together here by hand.
fn asked_in(path: &str, splits: &[(&str, usize)]) -> Vec<(QuestionId, String)> {
    let text = read(path);
    let lines: Vec<&str> = text.lines().collect();
    let cell = |line: &str| {
        let cell = line.split('\t').next().unwrap();
        cell.replace("<p>", "").replace("</p>", "")
    };
    let mut asked = Vec::new();
    for line in &lines {
        let bare = line.trim_start_matches("<p>");
        let Some(rest) = bare.strip_prefix("Q ").or_else(|| bare.strip_prefix("Q. ")) else { continue };
        let (number, wording) = rest.split_once(" – ").unwrap();
        let mut wording = cell(wording);
        for (_, second_half) in splits.iter().filter(|(split, _)| *split == number) {
            wording = format!("{wording} {}", cell(lines[second_half - 1]));
        }
        asked.push((format!("q{number}").parse().unwrap(), folded(&wording)));
    }
    asked
}

fn questions_of(edition: &Edition) -> Vec<(QuestionId, String)> {
    edition.questions.iter().map(|question| (question.id, question.text.clone())).collect()
}

#[test]
fn questions_have_the_forms_own_words() {
    let [dpa, gdpr] = both();
    assert_eq!(questions_of(&dpa), asked_in(PLANET, &[("4.4", 113)]));
    assert_eq!(questions_of(&gdpr), asked_in(PARENT_HUB, &[("4.1", 105), ("8.4", 188)]));
    assert_eq!(dpa.questions.len(), 37);
}

#[test]
fn everything_else_has_the_forms_own_words_too() {
    for (edition, seed) in both().iter().zip([PLANET, PARENT_HUB]) {
        let form = form_text(seed);
        let guidance = edition.questions.iter().flat_map(|question| &question.guidance);
        let guidance = guidance.chain(edition.support_areas.iter().flat_map(|area| &area.guidance));
        let introductions = edition.sections.iter().flat_map(|section| &section.introduction);
        let codes = edition.codes.iter().flat_map(|code| code.caveat.iter().chain([&code.meaning]));
        let commitments = edition.commitments.iter().map(|commitment| &commitment.text);
        let all = guidance.chain(introductions).chain(codes).chain(commitments).chain(&edition.introduction);
        let mut pieces = 0;
        for piece in all.flat_map(|text| text.split(['[', ']'])) {
            let is_name = matches!(piece, "supplier" | "service" | "service_url" | "official");
            // A full stop stands after a space where the form printed the colour as a picture of a word.
            let piece = piece.replace(" GREEN.", " GREEN").replace(" AMBER.", " AMBER").replace(" BLACK.", " BLACK");
            let caveat = piece.trim_end_matches("considered.");
            let known = is_name || form.contains(piece.trim()) || form.contains(caveat.trim());
            assert!(known, "{}: {piece}", edition.id);
            pieces += 1;
        }
        assert!(pieces > 80, "{pieces}");
        let sections: Vec<u8> = edition.sections.iter().map(|section| section.number).collect();
        assert_eq!(sections, [3, 4, 5, 6, 7, 8, 9]);
        for title in edition.sections.iter().map(|section| &section.title) {
            assert!(form.contains(&format!("Supplier Response - {title}")), "{title}");
        }
        for area in &edition.support_areas {
            assert!(form.contains(&format!("{} {}", area.id.number(), area.title.to_uppercase())), "{}", area.title);
        }
        assert_eq!(edition.commitments.len(), 5);
        assert_eq!(edition.codes.len(), 3);
        assert_eq!(edition.support_areas.len(), 7);
    }
}

#[test]
fn only_three_questions_differ_and_the_mapping_says_so() {
    let [dpa, gdpr] = both();
    let differ: Vec<String> = dpa
        .questions
        .iter()
        .zip(&gdpr.questions)
        .filter(|(a, b)| a.text != b.text)
        .map(|(a, _)| a.id.to_string())
        .collect();
    assert_eq!(differ, ["q3.1", "q3.2", "q4.3"]);
    let mapping = gdpr.mapping.as_ref().unwrap();
    assert_eq!(mapping.older, dpa.id);
    assert_eq!(mapping.older_digest, Digest::of(read("registry/editions/dfe-2016-dpa.json").as_bytes()));
    let reworded: Vec<String> = mapping
        .entries
        .iter()
        .filter(|entry| entry.relation == Relation::Reworded)
        .flat_map(|entry| &entry.newer)
        .map(ToString::to_string)
        .collect();
    assert_eq!(reworded, differ);
    let older: BTreeSet<_> = mapping.entries.iter().flat_map(|entry| entry.older.iter().copied()).collect();
    let newer: BTreeSet<_> = mapping.entries.iter().flat_map(|entry| entry.newer.iter().copied()).collect();
    assert_eq!(older, dpa.answer_ids().collect());
    assert_eq!(newer, gdpr.answer_ids().collect());
    assert!(mapping.entries.iter().all(|entry| entry.older.len() == 1 && entry.newer == entry.older));
    assert_eq!(mapping.entries.len(), 44);
    assert!(dpa.mapping.is_none());
}

#[test]
fn dependencies_and_polarity_are_those_of_the_scheme() {
    for edition in both() {
        let depends: Vec<String> =
            edition.questions.iter().filter_map(|q| q.depends_on.map(|on| format!("{}<{on}", q.id))).collect();
        assert_eq!(depends, ["q3.2<q3.1", "q6.2<q6.1", "q6.3<q6.1", "q8.2<q8.1", "q8.3<q8.1", "q8.4<q8.1"]);
        let neutral: Vec<String> =
            edition.questions.iter().filter(|q| q.polarity == Polarity::Neutral).map(|q| q.id.to_string()).collect();
        assert_eq!(neutral, ["q4.1"]);
        let guided: Vec<String> =
            edition.questions.iter().filter(|q| !q.guidance.is_empty()).map(|q| q.id.to_string()).collect();
        assert_eq!(guided, ["q5.6"]);
        assert!(edition.questions.iter().all(|q| !q.advice.is_empty()));
    }
}

#[test]
fn files_are_in_the_canonical_profile() {
    for id in ["dfe-2016-dpa", "dfe-2018-gdpr"] {
        let text = read(&format!("registry/editions/{id}.json"));
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string_pretty(&json).unwrap() + "\n", text, "{id} prints to the same bytes");
        assert!(is_nfc(&text) && text.len() <= 256 * 1024, "{id}");
        assert!(!text.contains(['‘', '’', '“', '”', '\u{a0}', '\u{feff}']), "{id}: quotes are folded");
        assert_profile(&json);
        let edition = edition_reader::edition(&format!("registry/editions/{id}.json"));
        assert_eq!(profile::print(&v1::edition::write(&edition)), text.as_bytes(), "{id} is written as it was read");
    }
}

#[test]
fn a_further_edition_is_only_a_file() {
    let small = edition_reader::edition("tests/data/edition-small.json");
    let [dpa, gdpr] = both();
    let mapping = small.mapping.as_ref().unwrap();
    assert_eq!(mapping.older_digest, Digest::of(read("registry/editions/dfe-2018-gdpr.json").as_bytes()));
    let older: BTreeSet<_> = mapping.entries.iter().flat_map(|entry| entry.older.iter().copied()).collect();
    assert_eq!(older, gdpr.answer_ids().collect());
    let relations: Vec<Relation> = mapping.entries.iter().map(|entry| entry.relation).collect();
    assert_eq!(relations, [Relation::Reworded, Relation::Split, Relation::Same, Relation::Dropped]);

    // A form printed from it is read, and told from the forms of the others.
    let text = made_up_form::form(&small, made_up_form::DETAILS, &made_up_form::table_row);
    let imported = import::statement(&text, &[&dpa, &gdpr, &small]);
    assert_eq!(imported.found.edition.as_ref(), Some(&small.id));
    assert_eq!(made_up_form::found(&imported), made_up_form::answers(&small));
    assert_eq!(imported.unplaced, []);
}

fn assert_profile(json: &Value) {
    match json {
        Value::Object(members) => {
            assert!(!members.is_empty());
            let names: Vec<&String> = members.keys().collect();
            assert!(names.is_sorted(), "{names:?}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
            assert!(
                names.iter().all(|name| name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_lowercase()))
            );
            members.values().for_each(assert_profile);
        }
        Value::Array(items) => {
            assert!(!items.is_empty());
            items.iter().for_each(assert_profile);
        }
        Value::String(text) => assert!(!text.is_empty() && text.trim() == text, "{text:?}"),
        Value::Number(number) => assert!(number.is_u64()),
        other => panic!("{other} is not in the profile"),
    }
}
