//! Both published statements, read exactly as published.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod edition_reader;

use std::{fs, path::PathBuf};

use certreg::{
    domain::{Code, Digest, EditionRef, Source, SupportContact},
    import::{self, Answer, Imported, Quote},
};
use serde_json::{Map, Value, json};

const PLANET: &str = "seeds/000_5f7981f69bd28955.txt";
const PARENT_HUB: &str = "seeds/004_64dfb80629537511.txt";

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn imported(path: &str) -> Imported {
    let editions = edition_reader::both();
    import::statement(&fs::read_to_string(file(path)).unwrap(), &[&editions[0], &editions[1]])
}

/// Everything that was found, doubted and left, for a person to read beside the published text.
fn in_json(imported: &Imported) -> Value {
    let found = &imported.found;
    let quote = |quote: &Quote| json!(format!("{}: {}", quote.line, quote.text));
    let one = |value: &Option<Quote>| value.as_ref().map(quote);
    let answer = |answer: &Answer| -> Value {
        let links = answer.links.iter().map(|link| json!(format!("{}: {} -> {}", link.line, link.words, link.url)));
        answer.statement.iter().map(quote).chain(links).collect()
    };
    let contact = |contact: &SupportContact| json!([contact.email, contact.hours, contact.telephone]);
    let doubt = |doubt: &import::Doubt| {
        let line = doubt.line.map_or("-".to_owned(), |line| line.to_string());
        json!(format!("{line}: {} {}: {}", doubt.about, doubt.code, doubt.detail))
    };
    let responses: Map<String, Value> = found.responses.iter().map(|(id, a)| (id.to_string(), answer(a))).collect();
    let support: Map<String, Value> = found.support.iter().map(|(id, a)| (id.to_string(), answer(a))).collect();
    json!({
        "edition": found.edition.as_ref().map(ToString::to_string),
        "supplier_name": one(&found.supplier_name),
        "address": found.address.iter().map(quote).collect::<Vec<_>>(),
        "contact_name": one(&found.contact_name),
        "contact_email": one(&found.contact_email),
        "contact_telephone": one(&found.contact_telephone),
        "service_name": one(&found.service_name),
        "service_url": one(&found.service_url),
        "official_name": one(&found.official_name),
        "commitments": found.commitments.iter().map(|commitment| commitment.as_str()).collect::<Vec<_>>(),
        "responses": responses,
        "support": support,
        "support_contacts": found.support_contacts.iter().map(contact).collect::<Vec<_>>(),
        "doubts": imported.doubts.iter().map(doubt).collect::<Vec<_>>(),
        "unplaced": imported.unplaced.iter().map(|words| format!("{}: {}", words.line, words.text)).collect::<Vec<_>>(),
    })
}

fn assert_golden(seed: &str, golden: &str) {
    let is = serde_json::to_string_pretty(&in_json(&imported(seed))).unwrap() + "\n";
    let golden = file(golden);
    if std::env::var_os("GOLDEN_WRITE").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &is).unwrap();
    }
    assert_eq!(is, fs::read_to_string(golden).unwrap());
}

#[test]
fn planet_is_read_as_published() {
    assert_golden(PLANET, "tests/golden/import/planet.json");
}

#[test]
fn parent_hub_is_read_as_published() {
    assert_golden(PARENT_HUB, "tests/golden/import/parent-hub.json");
}

#[test]
fn drafts_of_both_are_transcriptions_that_pass_every_rule_of_form() {
    let editions = edition_reader::both();
    for (seed, edition, people) in [
        (PLANET, &editions[0], (Some(("John Stowe", Some("john@planetestream.co.uk"))), "John Jackson")),
        (PARENT_HUB, &editions[1], (None, "James Whitaker")),
    ] {
        let found = imported(seed).found;
        assert_eq!(found.edition.as_ref(), Some(&edition.id));
        let digest = Digest::of(&fs::read(file(&format!("registry/editions/{}.json", edition.id))).unwrap());
        let source = Source { sha256: Digest::of(&fs::read(file(seed)).unwrap()), title: "As published".to_owned() };
        let (draft, named) = found.into_draft(
            "demo.certreg.example".parse().unwrap(),
            "some-supplier".parse().unwrap(),
            "some-service".parse().unwrap(),
            EditionRef { digest, id: edition.id.clone() },
            source,
        );
        let contact = named.contact.as_ref().map(|(name, email)| (name.as_str(), email.as_deref()));
        assert_eq!((contact, named.official.as_deref()), (people.0, Some(people.1)));
        // A mailbox that bears the person's name stays out of the document; a role mailbox does not.
        let email = draft.contact.as_ref().unwrap().email.as_deref();
        assert_eq!(email.is_some(), people.0.is_none());
        assert!(draft.responses.values().all(|response| response.code == Some(Code::NotRecorded)));
        assert_eq!((draft.responses.len(), draft.support.len(), draft.commitments.len()), (37, 7, 5));
        draft.check(edition, digest, false).unwrap();
    }
}
