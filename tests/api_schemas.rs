//! The JSON Schemas say what the readers of the stored shapes say: documents and thousands of mutations of them are
//! taken or refused alike.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use certreg::{
    api::description::SCHEMAS,
    domain::{Change, ChangeKind, Correction, Day, Digest, Evidence, Faults, Predecessor},
    format::{
        Node, profile,
        v1::{self, envelope::Envelope},
    },
};
use common::registry::{DPA, GDPR, MadeUp, bytes, completer, key_requests, parse, question, record, supplier_record};
use jsonschema::Validator;
use serde_json::{Value, json};

fn validator(name: &str) -> Validator {
    let (_, text) = SCHEMAS.iter().find(|(known, _)| *known == name).unwrap();
    let schema: Value = serde_json::from_str(text).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

/// The value in the canonical profile's layout, whatever it holds.
fn canonical(value: &Value) -> Vec<u8> {
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    (serde_json::to_string_pretty(&sorted).unwrap() + "\n").into_bytes()
}

/// Everything that can go wrong in one place: a member gone, a member too many, a value of another kind or content.
fn mutations(value: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    collect("", value, &mut pointers);
    let others = [
        json!(true),
        json!(7),
        json!("nonsense value"),
        json!("2026-02-30"),
        json!("2026-03-01"),
        json!("q5.7"),
        json!("s3.4"),
        json!("dfe-2016-dpa"),
        json!("con"),
        json!("sha256:00"),
        json!([]),
        json!({}),
        json!(["text"]),
        json!([7]),
        json!({"unknown": "member"}),
        json!(null),
        json!(" padded "),
        json!(-1),
    ];
    let mut mutated = Vec::new();
    for pointer in pointers {
        for other in &others {
            let mut copy = value.clone();
            *copy.pointer_mut(&pointer).unwrap() = other.clone();
            mutated.push(copy);
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", ""));
        let mut copy = value.clone();
        if let Some(members) = copy.pointer_mut(parent).and_then(Value::as_object_mut) {
            members.remove(&name.replace("~1", "/"));
            mutated.push(copy);
        }
        let mut copy = value.clone();
        if let Some(members) = copy.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            members.insert("colour".into(), json!("blue"));
            mutated.push(copy);
        }
    }
    mutated
}

fn collect(pointer: &str, value: &Value, pointers: &mut Vec<String>) {
    pointers.push(pointer.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect(&format!("{pointer}/{name}"), value, pointers));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| collect(&format!("{pointer}/{i}"), value, pointers));
        }
        _ => {}
    }
}

fn agree<T>(schema: &str, seeds: &[Vec<u8>], read: fn(Node) -> Result<T, Faults>) {
    let validator = validator(schema);
    let (mut taken, mut refused) = (0, 0);
    for seed in seeds {
        let value: Value = serde_json::from_slice(seed).unwrap();
        assert_eq!(canonical(&value), *seed, "the seed is canonical");
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty() && v1::stored(seed, read).is_ok(), "{schema}: {errors:#?}");
        for mutated in mutations(&value) {
            let bytes = canonical(&mutated);
            let by_reader = v1::stored(&bytes, read);
            let by_schema = validator.is_valid(&mutated);
            let faults = by_reader.as_ref().err();
            assert_eq!(by_reader.is_ok(), by_schema, "{schema}: {faults:?}\n{}", String::from_utf8_lossy(&bytes));
            if by_schema { taken += 1 } else { refused += 1 }
        }
    }
    assert!(taken > 0 && refused > taken, "{schema}: {taken} taken, {refused} refused");
}

#[test]
fn certifications() {
    let made = MadeUp::new();
    let mut full = made.draft();
    full.version = 2;
    full.previous = Some(Digest::of(b"version 1"));
    let day: Day = parse("2024-02-29");
    full.change = Change {
        corrections: vec![Correction { question: parse("s3.4"), wrong_since: day }],
        effective_on: Some(day),
        not_after: Some(day),
        not_before: Some(day),
        predecessor: Some(Predecessor {
            certification: parse("older-supplier/older-service"),
            version: 4,
            digest: Digest::of(b"its last version"),
        }),
        service_changed_on: Some(day),
        summary: vec!["What is new.".to_owned()],
        wording_only: true,
        ..Change::of_kind(ChangeKind::Update)
    };
    let contact = full.contact.as_mut().unwrap();
    contact.address = vec!["1 High Street".to_owned()];
    contact.person = Some(Digest::of(b"a person"));
    full.responses.get_mut(&question("q3.1")).unwrap().evidence = vec![Evidence {
        title: "A certificate".to_owned(),
        url: "https://example.org/certificate.pdf".to_owned(),
        sha256: Some(Digest::of(b"a file")),
        dated_on: Some(day),
    }];
    let mut transcription = made.transcription("silent-supplier/old-service");
    // 37 answers do not differ in shape: one or two are enough, and save most of the time.
    for draft in [&mut full, &mut transcription] {
        draft.responses.retain(|id, _| *id <= question("q3.1"));
        draft.support.retain(|id, _| id.to_string() == "s3.1");
    }
    agree("certification-1.json", &[bytes(&full), bytes(&transcription)], v1::certification::read);
}

#[test]
fn people_suppliers_and_key_requests() {
    agree("person-1.json", &[record(&completer(1))], v1::person::read);
    let supplier = supplier_record(&parse("example-learning"), true);
    agree("supplier-1.json", &[supplier], v1::supplier::read);
    let requests: Vec<Vec<u8>> =
        key_requests(&parse("example-learning"), 1, false).into_iter().map(|request| request.document).collect();
    agree("key-request-1.json", &requests, v1::key_request::read);
}

/// An edition with two questions and one support area, otherwise as published.
fn small_edition() -> Value {
    let mut value: Value = serde_json::from_slice(GDPR).unwrap();
    let kept = |value: &Value| ["q3.1", "q3.2", "s3.1"].iter().any(|id| value == id);
    for list in ["questions", "support_areas"] {
        value[list].as_array_mut().unwrap().retain(|item| kept(&item["id"]));
    }
    value["mapping"]["entries"].as_array_mut().unwrap().retain(|entry| kept(&entry["newer"][0]));
    value["sections"].as_array_mut().unwrap().retain(|section| section["number"] == 3);
    value["introduction"] = json!(["An introduction."]);
    value["support_introduction"] = json!(["Another."]);
    value["support_areas"][0]["guidance"] = json!(["Some guidance."]);
    value
}

/// An edition's reader also looks at the whole (every question in a section, a mapping that names every answer …),
/// which a schema cannot say: apart from that, both agree.
#[test]
fn editions() {
    let validator = validator("edition-1.json");
    let (mut taken, mut refused) = (0, 0);
    let of_the_whole =
        ["listed-twice", "no-section", "not-whole", "unknown-question", "mapping-incomplete", "mapping-shape"];
    let published = [DPA, GDPR].map(|file| serde_json::from_slice(file).unwrap());
    for value in published.into_iter().chain(mutations(&small_edition())) {
        let read = v1::stored(&canonical(&value), v1::edition::read);
        let faults = read.as_ref().err().map(|faults| faults.0.as_slice()).unwrap_or_default();
        let of_shape = faults.iter().any(|fault| !of_the_whole.contains(&fault.code));
        assert_eq!(of_shape, !validator.is_valid(&value), "{faults:?}\n{value:#}");
        if of_shape { refused += 1 } else { taken += 1 }
    }
    assert!(taken > 50 && refused > 500, "{taken} taken, {refused} refused");
}

#[test]
fn envelopes() {
    let validator = validator("envelope-1.json");
    let envelope = json!({
        "document": "{}\n", "signature": "-----BEGIN SSH SIGNATURE-----", "countersignature": "…",
        "people": [{"name": "Ann", "salt": "00", "email": "a@example.org", "telephone": "1"}],
        "requests": [{"document": "{}\n", "signature": "…", "old_signature": "…"}],
        "signatures": ["…"], "files": {"VERIFY.md": "…"}
    });
    let is_list = |value: &Value| {
        let items = ["people", "requests"].iter().filter_map(|list| value[*list].as_array()).flatten();
        value.is_array() || items.clone().any(Value::is_array)
    };
    // The envelope's reader takes a list of values for an object; nothing is lost by that.
    let mutated: Vec<Value> = mutations(&envelope).into_iter().filter(|value| !is_list(value)).collect();
    assert!(mutated.iter().any(|value| validator.is_valid(value)));
    for value in std::iter::once(envelope).chain(mutated) {
        let read = Envelope::parse(value.to_string().as_bytes());
        assert_eq!(read.is_ok(), validator.is_valid(&value), "{value:#}");
    }
}

#[test]
fn the_profile_and_this_test_write_alike() {
    let made = MadeUp::new();
    let document = bytes(&made.draft());
    let node = profile::parse(&document).unwrap();
    assert_eq!(profile::print(&node), canonical(&serde_json::from_slice(&document).unwrap()));
}
