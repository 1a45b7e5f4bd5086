//! Nothing is lost, nothing is invented, nothing panics, and time stays bounded.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod edition_reader;
mod made_up_form;

use std::{
    collections::HashMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use certreg::{
    domain::Edition,
    import::{self, Imported, Quote},
};
use made_up_form::{DETAILS, form, table_row};
use proptest::{prelude::*, sample::Index};
use unicode_normalization::is_nfc;

fn read(text: &str) -> Imported {
    let [dpa, gdpr] = edition_reader::both();
    import::statement(text, &[&dpa, &gdpr])
}

/// Everything that the importer gives back, as one text.
fn given_back(imported: &Imported) -> String {
    let found = &imported.found;
    let ones = [
        &found.supplier_name,
        &found.contact_name,
        &found.contact_email,
        &found.contact_telephone,
        &found.service_name,
        &found.service_url,
        &found.official_name,
    ];
    let quotes = ones.into_iter().flatten().chain(&found.address);
    let answers = found.responses.values().chain(found.support.values());
    let answers: Vec<&import::Answer> = answers.collect();
    let statements = answers.iter().flat_map(|answer| &answer.statement);
    let mut texts: Vec<&str> = quotes.chain(statements).map(|quote: &Quote| quote.text.as_str()).collect();
    texts.extend(answers.iter().flat_map(|answer| &answer.links).flat_map(|link| [link.words.as_str(), &link.url]));
    texts.extend(imported.doubts.iter().map(|doubt| doubt.detail.as_str()));
    texts.extend(imported.unplaced.iter().map(|words| words.text.as_str()));
    texts.join("\n")
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The words that both editions and the form's fixed part print, and those of labels.
fn form_words(editions: &[Edition]) -> HashMap<String, usize> {
    let mut text = String::from("Supplier name Address Contact name email e-mail telephone number phone Q Question");
    text.push_str(include_str!("../src/import/form.txt"));
    for edition in editions {
        text.push_str(&form(edition, "", &|question| format!("\n{}\n", question.text)));
    }
    let mut counted = HashMap::new();
    words(&text).for_each(|word| *counted.entry(word).or_default() += 1);
    counted
}

fn seed(number: usize) -> String {
    let name = ["000_5f7981f69bd28955.txt", "004_64dfb80629537511.txt"][number];
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name)).unwrap()
}

fn texts() -> Vec<String> {
    let [dpa, gdpr] = edition_reader::both();
    let loose = |q: &certreg::domain::edition::Question| format!("\nQ {} – {}\nSome words.\n", q.id.number(), q.text);
    vec![
        seed(0),
        seed(1),
        form(&dpa, DETAILS, &table_row),
        form(&gdpr, "Supplier name: Example Learning Ltd\n", &loose),
    ]
}

/// Places in a text where words can be put without breaking a word, a tag or an address.
fn gaps(text: &str) -> Vec<usize> {
    let mut in_tag = false;
    let mut gaps = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            ' ' | '\t' | '\n' if !in_tag => gaps.push(at),
            _ => {}
        }
    }
    gaps
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Foreign words anywhere in a real form - inside questions, guidance, names, cells - come back.
    #[test]
    fn foreign_words_always_come_back(
        which in 0..4_usize,
        places in proptest::collection::vec((any::<Index>(), 0..6_usize), 1..12),
    ) {
        let mut text = texts().swap_remove(which);
        let mut marks = Vec::new();
        for (number, (place, shape)) in places.iter().enumerate() {
            let gaps = gaps(&text);
            let at = gaps[place.index(gaps.len())];
            let mark = format!("zebra{number}quagga");
            let around = [(" ", ""), ("\n\n", "\n\n"), ("\t", ""), ("\n", "\n"), (" **", "**"), (" Q 3.1 ", ".")][*shape];
            text.insert_str(at, &format!("{}{mark}{}", around.0, around.1));
            marks.push(mark);
        }
        let back = given_back(&read(&text));
        for mark in marks {
            prop_assert!(back.contains(&mark), "{mark} is lost from:\n{}", around(&text, &mark));
        }
    }

    /// Words in any order, between any signs: each is the form's, or comes back; and none is invented.
    #[test]
    fn every_word_is_the_forms_or_comes_back(text in soup()) {
        let editions = edition_reader::both();
        let imported = read(&text);
        let form = form_words(&editions);
        let back: HashMap<String, ()> = words(&given_back(&imported)).map(|word| (word, ())).collect();
        let joined: String = words(&given_back(&imported)).collect();
        for word in words(&text) {
            let is_known = |word: &str| {
                let is_number = word.chars().all(|c| c.is_ascii_digit()) && word.len() <= 4;
                is_number || matches!(word, "p" | "b" | "amp") || form.contains_key(word) || back.contains_key(word)
            };
            // Pieces may meet without a space; the form's own words may be cut out of what they then spell.
            let mut cuts = word.char_indices().map(|(at, _)| word.split_at(at));
            let is_two = cuts.any(|(left, right)| is_known(left) && is_known(right));
            prop_assert!(is_known(&word) || is_two || joined.contains(&word), "{word:?} is lost");
        }
        let unmarked = ["<p>", "</p>", "<b>", "</b>", "&amp;"].iter().fold(text.clone(), |text, tag| text.replace(tag, ""));
        let said: String = words(&unmarked).collect();
        for quote in imported.found.responses.values().flat_map(|answer| &answer.statement) {
            for word in words(&quote.text) {
                prop_assert!(said.contains(&word), "{word:?} is invented");
            }
        }
    }

    /// Any characters at all: no panic, and lines lie inside the text.
    #[test]
    fn arbitrary_text_is_read_without_panic(text in any::<String>(), cut in any::<Index>()) {
        let base = texts().swap_remove(0);
        let at = (0..=cut.index(base.len())).rev().find(|at| base.is_char_boundary(*at)).unwrap();
        for text in [text.clone(), format!("{}{text}{}", &base[..at], &base[at..])] {
            let imported = read(&text);
            let lines = text.lines().count().max(text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count());
            prop_assert!(imported.doubts.iter().filter_map(|doubt| doubt.line).all(|line| (1..=lines).contains(&line)));
            prop_assert!(imported.unplaced.iter().all(|words| (1..=lines).contains(&words.line)));
            // What goes into a document keeps the document's profile.
            let found = given_back(&Imported { found: imported.found, ..Imported::default() });
            for text in found.lines() {
                prop_assert!(text.trim() == text && is_nfc(text) && !text.contains(char::is_control), "{text:?}");
            }
        }
    }
}

fn around<'t>(text: &'t str, mark: &str) -> &'t str {
    let at = text.find(mark).unwrap();
    let start = (0..=at.saturating_sub(200)).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    let end = (at + 200..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[start..end]
}

fn select(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(pieces).prop_map(str::to_owned)
}

/// Words, pieces of the form, signs and markup in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z]{1,9}".prop_map(|word| format!(" {word} ")),
        2 => select(&[
            " ", "  ", "\n", "\n\n", "\t", "\t\t", "\r\n", "\u{c}", ". ", ", ", "? ", ": ", " - ", "\n- ", "\n# ", "|", "**", "*",
            "_", "<p>", "</p>", "<b>", "</b>", "<", ">", "[", "](", ")", "&amp;", "\\_", "\\", "–", "’", "“", "\u{a0}",
        ]),
        2 => select(&[
            "Q 3.1 – ", "Q. 4.3 – ", "3.2 SUPPLIER RESPONSIBILITIES\n", "Supplier response:\n", "Supplier name: ", "Address\n",
            "\n## 5. Supplier Response - Data Confidentiality\n", "Contents\n", "Introduction\n", "Q 9.9 ",
            "Does your service offer guaranteed service levels?", "Does your service offer guaranteed ", "service levels? ",
            "In addition, cloud service providers should describe what practical assistance they would be able to offer",
            "which goes beyond the contractual minimum as set out in their terms and conditions.",
            "that their self-certification responses have been independently verified for completeness and accuracy by ",
            "who is a senior company official", "J.Smyth@company.com", "+44 (0) 12345678", "https://example.org/a_b ",
        ]),
    ];
    proptest::collection::vec(piece, 1..60).prop_map(|pieces| pieces.concat())
}

#[test]
fn time_grows_with_the_length_on_hostile_text() {
    let patterns = [
        "<",
        "[",
        "[a](",
        "\\",
        "*a ",
        "_",
        "<p",
        "<a@",
        "&",
        "Q 3.1 ",
        "a",
        "a\n",
        "\t",
        "|",
        "0",
        "+",
        "@",
        "a@",
        "Address:",
        "Does your service ",
        "\u{c}",
        "\u{ad}",
        "\u{fb01}",
        "Supplier response: ",
        "<p>x</p>",
        "3.1 A\n",
        "that their self-certification ",
        "Where a serious event had occurred which resulted in ",
        "Q 4.4 – Is the processing of ",
    ];
    let length = 128 * 1024;
    for pattern in patterns {
        let text = pattern.repeat(length / pattern.len());
        let start = Instant::now();
        let imported = read(&text);
        let taken = start.elapsed();
        // Unoptimised, on a busy machine; a quadratic step would take minutes.
        assert!(taken < Duration::from_secs(20), "{pattern:?}: {taken:?}, {} doubts", imported.doubts.len());
    }
}
