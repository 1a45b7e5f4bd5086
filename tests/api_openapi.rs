//! The description of the API: committed, whole, and true of what the registry answers.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::BTreeSet, fs, path::PathBuf};

use certreg::api::{OpenApiVersion, openapi_json};
use serde_json::Value;

fn committed(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("openapi").join(name)
}

fn document() -> Value {
    serde_json::from_str(&openapi_json(OpenApiVersion::V3_1)).unwrap()
}

/// Set `CERTREG_WRITE_OPENAPI=1` to write the files; every change of the API is then a visible diff.
#[test]
fn the_committed_files_are_the_generated_ones() {
    for (name, version) in [("certreg.json", OpenApiVersion::V3_1), ("certreg-3.0.json", OpenApiVersion::V3_0)] {
        let generated = openapi_json(version);
        if std::env::var_os("CERTREG_WRITE_OPENAPI").is_some() {
            fs::create_dir_all(committed("")).unwrap();
            fs::write(committed(name), &generated).unwrap();
        }
        let found = fs::read_to_string(committed(name)).unwrap_or_default();
        assert!(found == generated, "openapi/{name} is not the generated one: run 'certreg openapi' again");
    }
}

fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

#[test]
fn every_operation_is_described_and_named_once() {
    let document = document();
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    let mut names = BTreeSet::new();
    for (place, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{place} has no operationId"));
        assert!(names.insert(name), "{name} is used twice");
        assert!(operation["summary"].as_str().is_some_and(|s| !s.ends_with('.')), "{place} has no summary");
        let own: Vec<&str> = operation["tags"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        assert!(own.len() == 1 && tags.contains(own[0]), "{place} has tags {own:?}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let described = response["description"].is_string() || response["$ref"].is_string();
            assert!(described, "{place} {status} has no description");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{place} {} has no description", parameter["name"]);
        }
        if operation.get("requestBody").is_some() {
            for status in ["413", "415", "422"] {
                assert!(operation["responses"].get(status).is_some(), "{place} does not say {status}");
            }
        }
    }
    assert!(names.len() > 50, "only {} operations", names.len());
}

/// Absent, never null: generated clients choke on what is both optional and nullable.
#[test]
fn no_schema_allows_null_and_every_reference_leads_somewhere() {
    let document = document();
    let mut seen = 0;
    walk(&document, &mut |pointer, value| {
        let kinds = value.get("type");
        let nullable = kinds == Some(&Value::from("null"))
            || kinds.and_then(Value::as_array).is_some_and(|kinds| kinds.contains(&Value::from("null")));
        // Parameters that may be left out are described as nullable by utoipa; they are texts in an address. What is
        // sent may say null for what it leaves out.
        let sent = ["Json/", "/SinceRequest/", "/SinceItem/"].iter().any(|part| pointer.contains(part));
        assert!(!nullable || sent || pointer.contains("/parameters/"), "{pointer} allows null");
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|target| document.pointer(target));
            assert!(target.is_some(), "{pointer} refers to {reference}");
            seen += 1;
        }
    });
    assert!(seen > 100);
}

fn walk(value: &Value, look: &mut dyn FnMut(&str, &Value)) {
    fn go(pointer: &str, value: &Value, look: &mut dyn FnMut(&str, &Value)) {
        look(pointer, value);
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| go(&format!("{pointer}/{name}"), value, look))
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, value)| go(&format!("{pointer}/{i}"), value, look))
            }
            _ => {}
        }
    }
    go("", value, look);
}

#[test]
fn examples_are_true() {
    let document = document();
    let mut tried = 0;
    walk(&document, &mut |pointer, value| {
        let is_schema = value.get("type").is_some() || value.get("properties").is_some();
        let examples = value.get("example").into_iter().chain(value["examples"].as_array().into_iter().flatten());
        for example in examples.filter(|_| is_schema && !pointer.ends_with("/properties")) {
            let schema = serde_json::json!({"components": document["components"], "allOf": [value]});
            let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
            assert!(validator.is_valid(example), "{pointer}: {example} is no {value}");
            tried += 1;
        }
    });
    for (place, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let Some(example) = parameter.get("example") else { continue };
            assert!(
                jsonschema::is_valid(&parameter["schema"], example),
                "{place}: {example} is no {}",
                parameter["name"]
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn schemas_have_tidy_names_and_every_member_is_explained() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
        assert!(schema["description"].is_string(), "{name} has no description");
        if name.starts_with("Edition") && !name.ends_with("Summary") && name != "EditionList" {
            continue; // The file's own schema at /schemas/edition-1.json explains its members.
        }
        for (member, value) in schema["properties"].as_object().into_iter().flatten() {
            assert!(
                value["description"].is_string() || value.get("$ref").is_some(),
                "{name}.{member} has no description"
            );
        }
    }
}

#[test]
fn the_older_form_has_none_of_the_newer_words() {
    let document: Value = serde_json::from_str(&openapi_json(OpenApiVersion::V3_0)).unwrap();
    assert_eq!(document["openapi"], "3.0.3");
    walk(&document, &mut |pointer, value| {
        let Some(members) = value.as_object() else { return };
        if pointer.ends_with("/properties") || pointer.contains("/example") {
            return;
        }
        for word in ["const", "contentMediaType", "examples", "identifier", "propertyNames"] {
            assert!(!members.contains_key(word), "{pointer} has {word}");
        }
        assert!(!members.get("type").is_some_and(Value::is_array), "{pointer} has several types");
    });
}
