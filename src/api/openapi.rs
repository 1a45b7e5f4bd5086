//! The description of the API: what utoipa gathers from the handlers, completed, and the older 3.0 form of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::http::Method;
use serde_json::{Map, Value, json};
use utoipa::{Modify, OpenApi};

use super::problem;

/// Which form of the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenApiVersion {
    /// 3.1, the authority.
    V3_1,
    /// 3.0.3, for generators that read nothing newer.
    V3_0,
}

/// The description as JSON, indented, with a final LF.
pub fn openapi_json(version: OpenApiVersion) -> String {
    let document = document(version);
    serde_json::to_string_pretty(&document).expect("a JSON value can be written") + "\n"
}

fn document(version: OpenApiVersion) -> Value {
    let described = super::description();
    let mut document = serde_json::to_value(described).expect("the description can be written as JSON");
    tidy(&mut document);
    match version {
        OpenApiVersion::V3_1 => document,
        OpenApiVersion::V3_0 => to_3_0(document),
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Register of self-certifications for cloud software services for schools",
        description = "Signed, versioned self-certifications: what suppliers say, who signed it, and what changed since. \
            Reading is public. Signatures are the authority to write: there are no tokens. Every problem is \
            `application/problem+json` (RFC 9457). Answers may gain members; requests refuse unknown ones.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "This registry")),
    tags(
        (name = "Registry", description = "What the registry says of itself."),
        (name = "Suppliers", description = "Who certifies, and their keys."),
        (name = "Certifications", description = "What stands now, or stood at an instant."),
        (name = "Responses", description = "Single answers and their history."),
        (name = "Versions", description = "Each signed version, for ever: bytes, signatures, proof."),
        (name = "Log", description = "The transparency log: checkpoints and proofs. Its tiles are at /log/tile (c2sp.org/tlog-tiles)."),
        (name = "Changes", description = "What changed: between versions, since a day, and as a feed."),
        (name = "Cases", description = "What the Department asks and suppliers answer; withdrawals, notices, transfers."),
        (name = "Editions", description = "The checklist as data."),
        (name = "People", description = "Person records, kept outside Git so that they can be forgotten."),
        (name = "Publishing", description = "Signed submissions by suppliers and by the Department."),
        (name = "Description", description = "Schemas, problems and this description.")
    ),
    components(schemas(problem::Problem, problem::ProblemError), responses(
        problem::BadRequest, problem::Refused, problem::NotFound, problem::Conflict, problem::Gone, problem::TooLarge,
        problem::TooLong, problem::UnsupportedMedia, problem::RangeNotSatisfiable, problem::Unprocessable, problem::Unavailable,
        problem::Full,
        problem::Internal
    )),
    modifiers(&Completed)
)]
pub(super) struct Described;

struct Completed;

impl Modify for Completed {
    fn modify(&self, described: &mut utoipa::openapi::OpenApi) {
        // Said once and plainly: no operation needs a token.
        described.security = Some(Vec::new());
    }
}

/// Adds what every operation may answer, so that it need not be written on each.
fn tidy(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.iter_mut());
    for (method, operation) in operations {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { continue };
        for (status, name) in [("400", "BadRequest"), ("414", "TooLong"), ("500", "Internal"), ("503", "Unavailable")] {
            let reference = json!({"$ref": format!("#/components/responses/{name}")});
            responses.entry(status).or_insert(reference);
        }
        if method == "get" {
            let unchanged = json!({"description": "Not changed since the answer that `If-None-Match` names."});
            responses.entry("304").or_insert(unchanged);
        }
        responses.sort_keys();
    }
}

/// The same in OpenAPI 3.0.3: JSON Schema's newer words are put into the older ones.
fn to_3_0(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    if let Some(license) = document.pointer_mut("/info/license").and_then(Value::as_object_mut) {
        license.remove("identifier");
        license.insert("url".into(), json!("https://spdx.org/licenses/"));
    }
    if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
        info.remove("summary");
    }
    older_words(&mut document);
    document
}

fn older_words(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(older_words),
        Value::Object(members) => {
            older_type(members);
            if let Some(Value::Array(examples)) = members.remove("examples").filter(Value::is_array)
                && let Some(first) = examples.into_iter().next()
            {
                members.insert("example".into(), first);
            }
            if let Some(constant) = members.remove("const") {
                members.insert("enum".into(), json!([constant]));
            }
            if members.remove("contentMediaType").is_some() {
                members.insert("format".into(), json!("binary"));
            }
            members.remove("propertyNames");
            if members.contains_key("$ref") && members.len() > 1 {
                // In 3.0 everything beside a reference is ignored.
                let reference = members.remove("$ref");
                members.insert("allOf".into(), json!([{"$ref": reference}]));
            }
            members.values_mut().for_each(older_words);
        }
        _ => {}
    }
}

fn older_type(members: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = members.get("type") else { return };
    let others: Vec<Value> = types.iter().filter(|name| *name != "null").cloned().collect();
    let nullable = others.len() < types.len();
    if let [only] = others.as_slice() {
        members.insert("type".into(), only.clone());
        if nullable {
            members.insert("nullable".into(), json!(true));
        }
    }
}

/// Which query parameters each operation describes: every other one is refused.
#[derive(Debug, Clone)]
pub struct KnownParameters(Arc<BTreeMap<(String, String), BTreeSet<String>>>);

impl KnownParameters {
    /// Gathers them from the description.
    pub fn of(described: &utoipa::openapi::OpenApi) -> Self {
        let document = serde_json::to_value(described).expect("the description can be written as JSON");
        let mut known = BTreeMap::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let names = parameters.filter(|p| p["in"] == "query").filter_map(|p| p["name"].as_str());
                known.insert((path.clone(), method.clone()), names.map(str::to_owned).collect());
            }
        }
        KnownParameters(Arc::new(known))
    }

    /// What to say when `query` has a parameter that the operation does not describe.
    pub fn unknown(&self, path: &str, method: &Method, query: &str) -> Option<String> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let known = self.0.get(&(path.to_owned(), method.as_str().to_ascii_lowercase()))?;
        let mut names =
            query.split('&').filter(|pair| !pair.is_empty()).map(|p| p.split('=').next().unwrap_or_default());
        let is_unknown = names.any(|name| !known.contains(name));
        is_unknown.then(|| match known.len() {
            0 => "This operation takes no parameters: leave the query out.".to_owned(),
            _ => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                format!("A parameter is not one of this operation's: {}.", known.join(", "))
            }
        })
    }
}
