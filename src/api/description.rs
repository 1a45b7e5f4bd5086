//! What describes the API: schemas, problems, OpenAPI, and the page that shows it.

use std::sync::{Arc, LazyLock};

use axum::{
    extract::Path as RawPath,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    catalogue::{self, Entry},
    extract::Path,
    openapi::{OpenApiVersion, openapi_json},
    problem::{self, Problem},
    reply::{Answer, Cache, Reply},
};

/// The schemas of everything that is signed or sent, by file name.
pub const SCHEMAS: &[(&str, &str)] = &[
    ("certification-1.json", include_str!("schemas/certification-1.json")),
    ("edition-1.json", include_str!("schemas/edition-1.json")),
    ("envelope-1.json", include_str!("schemas/envelope-1.json")),
    ("key-request-1.json", include_str!("schemas/key-request-1.json")),
    ("person-1.json", include_str!("schemas/person-1.json")),
    ("supplier-1.json", include_str!("schemas/supplier-1.json")),
];

/// A schema.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SchemaPath {
    /// For example `certification-1.json`.
    #[param(example = "certification-1.json")]
    schema: String,
}

/// Get a JSON Schema
///
/// Draft 2020-12, for `certification-1.json`, `edition-1.json`, `supplier-1.json`, `person-1.json`,
/// `key-request-1.json` and `envelope-1.json`. The registry checks more than a schema can say.
#[utoipa::path(get, path = "/schemas/{schema}", tag = "Description", operation_id = "get_schema", params(SchemaPath),
    responses((status = 200, description = "The schema.", body = serde_json::Value, content_type = "application/schema+json"),
        (status = 404, response = problem::NotFound)))]
pub async fn get_schema(Path(path): Path<SchemaPath>) -> Answer {
    let found = SCHEMAS.iter().find(|(name, _)| *name == path.schema);
    let (_, text) = found.ok_or_else(|| {
        let names: Vec<&str> = SCHEMAS.iter().map(|(name, _)| *name).collect();
        Problem::new("schema-not-found", format!("There are: {}.", names.join(", ")))
    })?;
    Ok(Reply::text(Cache::Frozen, "application/schema+json", (*text).to_owned()))
}

/// One kind of problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKind {
    /// The slug, the last part of a problem's `type`.
    pub code: &'static str,
    /// The HTTP status that it usually comes with.
    pub status: u16,
    /// A few words.
    pub title: &'static str,
    /// What it means and what to do.
    pub explanation: &'static str,
}

/// Every kind of problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKindList {
    /// By status, then code. The set is open.
    pub items: Vec<ProblemKind>,
}

impl From<&'static Entry> for ProblemKind {
    fn from(entry: &'static Entry) -> Self {
        let Entry { code, status, title, explanation } = *entry;
        ProblemKind { code, status, title, explanation }
    }
}

/// List every kind of problem
#[utoipa::path(get, path = "/problems", tag = "Description", operation_id = "list_problems",
    responses((status = 200, description = "Every kind of problem.", body = ProblemKindList)))]
pub async fn list_problems() -> Reply {
    let items = catalogue::ENTRIES.iter().map(ProblemKind::from).collect();
    Reply::json(Cache::Current, &ProblemKindList { items })
}

/// A kind of problem.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProblemPath {
    /// The last part of a problem's `type`.
    #[param(example = "version-conflict")]
    code: String,
}

/// Explain one kind of problem
#[utoipa::path(get, path = "/problems/{code}", tag = "Description", operation_id = "get_problem", params(ProblemPath),
    responses((status = 200, description = "What it means and what to do.", body = ProblemKind), (status = 404, response = problem::NotFound)))]
pub async fn get_problem(Path(path): Path<ProblemPath>) -> Answer {
    let entry = catalogue::entry(&path.code)
        .ok_or_else(|| Problem::new("problem-not-found", "/problems lists every kind of problem."))?;
    Ok(Reply::json(Cache::Current, &ProblemKind::from(entry)))
}

static OPENAPI: LazyLock<String> = LazyLock::new(|| openapi_json(OpenApiVersion::V3_1));
static OPENAPI_3_0: LazyLock<String> = LazyLock::new(|| openapi_json(OpenApiVersion::V3_0));

/// Get this description (OpenAPI 3.1)
#[utoipa::path(get, path = "/openapi.json", tag = "Description", operation_id = "get_openapi",
    responses((status = 200, description = "The description.", body = serde_json::Value)))]
pub async fn get_openapi() -> Reply {
    Reply::text(Cache::Current, "application/json", OPENAPI.clone())
}

/// Get this description for generators that read only OpenAPI 3.0
#[utoipa::path(get, path = "/openapi-3.0.json", tag = "Description", operation_id = "get_openapi_3_0",
    responses((status = 200, description = "The description.", body = serde_json::Value)))]
pub async fn get_openapi_3_0() -> Reply {
    Reply::text(Cache::Current, "application/json", OPENAPI_3_0.clone())
}

/// Sends readers of `/docs` to `/docs/`.
pub async fn to_docs() -> Redirect {
    Redirect::permanent("/docs/")
}

/// The first page of the vendored Swagger UI.
pub async fn get_docs() -> Response {
    docs_file("index.html")
}

/// A file of the vendored Swagger UI.
pub async fn get_docs_file(RawPath(file): RawPath<String>) -> Response {
    docs_file(&file)
}

fn docs_file(name: &str) -> Response {
    let config = utoipa_swagger_ui::Config::new(["/openapi.json"]).validator_url("none");
    match utoipa_swagger_ui::serve(name, Arc::new(config)) {
        Ok(Some(file)) => {
            let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                          base-uri 'none'; frame-ancestors 'none'";
            let headers = [
                (header::CONTENT_TYPE, file.content_type.as_str()),
                (header::CONTENT_SECURITY_POLICY, policy),
                (header::CACHE_CONTROL, "public, max-age=3600"),
            ];
            (StatusCode::OK, headers, file.bytes.into_owned()).into_response()
        }
        _ => {
            Problem::new("no-such-address", "The documentation has no such file; it begins at /docs/.").into_response()
        }
    }
}
