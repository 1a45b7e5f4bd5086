//! Documents: the JSON profile, the stored shapes, envelopes, and drafts that the workbench sends.

use certreg::{
    domain::{Faults, case::Matter},
    format::{
        Node, profile,
        v1::{self, envelope::Envelope},
    },
    web::WorkbenchDraft,
};
use serde_json::Value;

use super::Seed::{self, Bytes, File};

pub(super) const PROFILE_SEEDS: [Seed; 5] = [
    File("tests/golden/case/00002.json"),
    File("tests/golden/supplier/supplier.json"),
    File("tests/golden/people/official.json"),
    File("registry/demo/example-cloud-07.json"),
    Bytes(b"{\n  \"a\": [\n    1,\n    true,\n    \"\\\"\\\\ \xc3\xa9\"\n  ],\n  \"b\": {\n    \"c\": -9007199254740991\n  }\n}\n"),
];

pub(super) const DOCUMENT_SEEDS: [Seed; 10] = [
    // A statement of a type that nobody knows yet, with a member of its own.
    Bytes(b"{\n  \"due_on\": \"soon\",\n  \"format\": \"certreg/case@1\",\n  \"registry\": \"certreg.example\",\n  \"seq\": 1,\n  \"stated_on\": \"2026-05-04\",\n  \"supplier\": \"acme\",\n  \"text\": [\n    \"Words.\"\n  ],\n  \"type\": \"unheard_of\"\n}\n"),
    File("tests/golden/case/00002.json"),
    File("tests/golden/keys/signatory-7def39264223a3c5.json"),
    File("tests/golden/people/signatory.json"),
    File("tests/golden/registry.json"),
    File("tests/golden/supplier/supplier.json"),
    File("tests/golden/transcription/parent-hub.json"),
    File("tests/golden/version/first.json"),
    File("tests/golden/version/lms.json"),
    File("tests/data/edition-small.json"),
];

pub(super) const ENVELOPE_SEEDS: [Seed; 5] = [
    Bytes(br#"{"document": "{IN"}"#),
    Bytes(br#"{"document": "{\n}\n", "signature": "-----BEGIN", "countersignature": "x", "people": [{"name": "A", "salt": "00"}]}"#),
    Bytes(br#"{"requests": [{"document": "{}", "signature": "s", "old_signature": "o"}], "signatures": ["a", "b"]}"#),
    Bytes(br#"{"files": {"tools/a.sh": "echo\n", "VERIFY.md": "\u00e9\ud83d\ude00"}, "document": "d"}"#),
    Bytes(br#"{"document": {"format": "certreg/certification@1"}, "people": {"official": {"name": "A", "salt": "00"}}}"#),
];

/// The profile has one way to write a value; JSON has it, too; and what `certreg fmt` mends is in the profile.
pub(super) fn profile(bytes: &[u8]) {
    let exact = profile::parse(bytes);
    match &exact {
        Ok(node) => {
            assert_eq!(profile::print(node), bytes, "one value, one sequence of bytes");
            let value: Value = serde_json::from_slice(bytes).expect("the profile is JSON");
            assert!(agrees(node, &value), "another reader understands the same");
        }
        Err(faults) => assert!((1..=101).contains(&faults.0.len()), "faults are named, and not without end"),
    }
    match profile::parse_lenient(bytes) {
        Ok(node) => {
            assert_eq!(profile::parse(&profile::print(&node)).as_ref(), Ok(&node), "what is mended is in the profile");
            assert!(exact.as_ref().map_or(true, |exact| *exact == node), "mending alters no value");
        }
        Err(_) => assert!(exact.is_err(), "what is in the profile needs no mending"),
    }
}

fn agrees(node: &Node, value: &Value) -> bool {
    match (node, value) {
        (Node::Object(members), Value::Object(others)) => {
            let same = |(name, node): (&String, &Node)| others.get(name).is_some_and(|value| agrees(node, value));
            members.len() == others.len() && members.iter().all(same)
        }
        (Node::Array(items), Value::Array(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(node, value)| agrees(node, value))
        }
        (Node::Text(text), Value::String(other)) => text == other,
        (Node::Integer(number), Value::Number(other)) => other.as_i64() == Some(*number),
        (Node::True, Value::Bool(true)) => true,
        _ => false,
    }
}

/// Every shape is written as it was read: no member is lost, none is added.
pub(super) fn document(bytes: &[u8]) {
    writes_back(bytes, v1::certification::read, v1::certification::write);
    // Of a statement of an unknown type only what all have in common is known.
    if !v1::stored(bytes, v1::case::read).is_ok_and(|case| matches!(case.value.matter, Matter::Unknown { .. })) {
        writes_back(bytes, v1::case::read, v1::case::write);
    }
    writes_back(bytes, v1::edition::read, v1::edition::write);
    writes_back(bytes, v1::supplier::read, v1::supplier::write);
    writes_back(bytes, v1::registry::read, v1::registry::write);
    writes_back(bytes, v1::person::read, v1::person::write);
    writes_back(bytes, v1::key_request::read, v1::key_request::write);
}

fn writes_back<T>(bytes: &[u8], read: fn(Node) -> Result<T, Faults>, write: fn(&T) -> Node) {
    match v1::stored(bytes, read) {
        Ok(stored) => assert_eq!(profile::print(&write(&stored.value)), bytes, "it is written as it was read"),
        Err(faults) => assert!(!faults.is_empty(), "a refusal says why"),
    }
}

/// An envelope reads back; a draft of the workbench is in the profile.
pub(super) fn envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::parse(bytes) {
        assert_eq!(Envelope::parse(envelope.print().as_bytes()), Ok(envelope.clone()));
        for record in &envelope.people {
            // Nobody has said that it is a record; but whatever it is, it is written.
            assert!(record.bytes().ends_with(b"}\n"));
        }
    }
    if let Ok(draft) = WorkbenchDraft::read(bytes) {
        let written = draft.bytes();
        // The profile has no empty document, and none that is no object: those are refused when the draft is read.
        let is_object = written.starts_with(b"{") && written != b"{}\n";
        assert!(!is_object || profile::parse(&written).is_ok(), "a draft is in the profile");
    }
}
