//! The API for developers: recipes, and a reference made from the published description.

use std::sync::LazyLock;

use askama::Template;
use axum::{extract::State, response::Response};
use serde_json::Value;

use super::page::{Frame, plain};
use crate::registry::door::Door;

/// The description as it is committed; a test keeps it equal to what the API says of itself.
const DESCRIPTION: &str = include_str!("../../openapi/certreg.json");

#[derive(Template)]
#[template(path = "web/developers.html")]
struct Developers {
    frame: Frame,
    groups: &'static [Group],
    registry: String,
    simulated: bool,
}

/// The operations under one tag.
#[derive(Debug, Default)]
struct Group {
    name: String,
    anchor: String,
    description: String,
    operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug)]
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: Vec<String>,
    parameters: Vec<Parameter>,
    takes: Vec<String>,
    answers: Vec<Answer>,
}

/// One parameter.
#[derive(Debug)]
struct Parameter {
    name: String,
    place: String,
    required: bool,
    description: String,
    example: String,
}

/// One kind of answer.
#[derive(Debug)]
struct Answer {
    status: String,
    description: String,
    media_types: String,
}

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let document = serde_json::from_str(DESCRIPTION).expect("the committed description is JSON");
    groups(&document)
});

/// `/developers`
pub async fn developers(State(door): State<Door>) -> Response {
    let settings = door.registry().settings();
    let frame = Frame::new(settings, "For developers", "/developers").described(
        "An open API over signed self-certifications: recipes for publishing, following changes, syncing and verifying, \
         and every operation.",
    );
    let simulated = settings.simulated_dates;
    plain(&Developers { frame, groups: &GROUPS, registry: settings.registry.to_string(), simulated }, settings)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn groups(document: &Value) -> Vec<Group> {
    let group = |tag: &Value| Group {
        name: text(&tag["name"]),
        anchor: format!("api-{}", text(&tag["name"]).to_lowercase().replace(' ', "-")),
        description: text(&tag["description"]),
        operations: Vec::new(),
    };
    let mut groups: Vec<Group> = items(&document["tags"]).map(group).collect();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, described) in methods.as_object().into_iter().flatten() {
            let tag = text(&described["tags"][0]);
            if let Some(group) = groups.iter_mut().find(|group| group.name == tag) {
                group.operations.push(operation(document, path, method, described));
            }
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    groups
}

fn operation(document: &Value, path: &str, method: &str, described: &Value) -> Operation {
    let content = described["requestBody"]["content"].as_object();
    Operation {
        id: text(&described["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&described["summary"]),
        description: text(&described["description"])
            .split("\n\n")
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect(),
        parameters: items(&described["parameters"]).map(parameter).collect(),
        takes: content.map(|content| content.keys().cloned().collect()).unwrap_or_default(),
        answers: described["responses"].as_object().into_iter().flatten().map(|pair| answer(document, pair)).collect(),
    }
}

fn parameter(described: &Value) -> Parameter {
    let example = match &described["example"] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Parameter {
        name: text(&described["name"]),
        place: text(&described["in"]),
        required: described["required"] == true,
        description: text(&described["description"]),
        example,
    }
}

fn answer(document: &Value, (status, described): (&String, &Value)) -> Answer {
    let reference = described["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    let described = reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(described);
    let media_types = described["content"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    Answer {
        status: status.clone(),
        description: text(&described["description"]),
        media_types: media_types.collect::<Vec<_>>().join(", "),
    }
}
