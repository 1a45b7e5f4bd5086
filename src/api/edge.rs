//! What every answer has in common, whoever gave it: request id, security and CORS headers, 304, whole problems.

use std::{any::Any, time::Duration};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    openapi::KnownParameters,
    problem::{ForTheLog, Problem, ProblemCode},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest query that is read, in bytes.
pub const MAX_QUERY_BYTES: usize = 4 * 1024;
/// The same for reports, whose list of services is a query.
pub const MAX_REPORT_QUERY_BYTES: usize = 16 * 1024;
/// The longest path that a problem repeats, in bytes.
const MAX_INSTANCE_BYTES: usize = 200;
/// How long a request may take once its body is read, and how long that may take.
pub const REQUEST_TIME_LIMIT: Duration = Duration::from_secs(30);

/// Stands on every answer that says nothing else.
const HEADERS: [(HeaderName, &str); 9] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "Content-Digest, Content-Disposition, Content-Location, ETag, Link, Location, Retry-After, X-Request-Id",
    ),
    (header::VARY, "Accept-Encoding"),
];

/// Completes an answer: the outermost of the API's own layers.
pub async fn complete(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let validators: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = with_request(problem, &path, &id, response);
        if method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
    }
    if not_modified(&method, &validators, &response) {
        response = without_body(response);
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// The caller's request id if it is a plain one, a new one otherwise.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let sent = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(plain);
    sent.map_or_else(new_request_id, str::to_owned)
}

fn new_request_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness the id is useless for telling requests apart, and nothing else depends on it.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the problem again, now that path and request id are known. Headers of the first writing stay.
fn with_request(problem: Problem, path: &str, id: &str, response: Response) -> Response {
    // Cutting a path short could cut an escape in two.
    let instance = Some(path.to_owned()).filter(|path| path.len() <= MAX_INSTANCE_BYTES);
    let problem = Problem { instance, request_id: Some(id.to_owned()), ..problem };
    let code = ProblemCode(problem.code.clone());
    let (axum::http::response::Parts { mut headers, extensions, .. }, _) = response.into_parts();
    headers.remove(header::CONTENT_LENGTH);
    let mut written = problem.into_response();
    // What the log should read travels on.
    *written.extensions_mut() = extensions;
    written.extensions_mut().insert(code);
    for (name, value) in &headers {
        written.headers_mut().entry(name).or_insert(value.clone());
    }
    written
}

/// Whether the caller has exactly this answer already (RFC 9110 §13.1.2: weak comparison).
fn not_modified(method: &Method, validators: &[HeaderValue], response: &Response) -> bool {
    let readable = matches!(*method, Method::GET | Method::HEAD) && response.status() == StatusCode::OK;
    let Some(tag) = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return false };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let given = validators.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut given = given.map(str::trim);
    readable && given.any(|given| given == "*" || opaque(given) == opaque(tag))
}

fn without_body(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_DISPOSITION] {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::empty())
}

/// Refuses parameters that the operation does not describe, and queries over the limit.
pub async fn known_parameters(
    State(known): State<KnownParameters>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let Some(query) = request.uri().query() else { return next.run(request).await };
    let is_report = path.as_str().starts_with("/v1/reports/");
    let most = if is_report { MAX_REPORT_QUERY_BYTES } else { MAX_QUERY_BYTES };
    if query.len() > most {
        let detail =
            format!("The query has {} bytes; at most {most} are read. Send long lists with POST.", query.len());
        return Problem::new("query-too-long", detail).into_response();
    }
    match known.unknown(path.as_str(), request.method(), query) {
        Some(known) => Problem::new("unknown-parameter", known).into_response(),
        None => next.run(request).await,
    }
}

/// 404 for every address that has no operation.
pub async fn not_found() -> Problem {
    Problem::new("no-such-address", "There is nothing at this address. /v1 lists where to begin.")
}

/// 405; but OPTIONS is answered, with the methods that the router puts into `Allow`.
pub async fn other_method(method: Method) -> Response {
    if method != Method::OPTIONS {
        return Problem::new("method-not-allowed", "That method does not work here; 'Allow' lists those that do.")
            .into_response();
    }
    let preflight = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, Content-Digest, If-None-Match, X-Request-Id"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::NO_CONTENT, preflight).into_response()
}

/// Turns a panic into a problem; its words go to the log.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic.downcast_ref::<String>().cloned();
    let words = words.or_else(|| panic.downcast_ref::<&str>().map(|&words| words.to_owned()));
    let mut response = Problem::internal().into_response();
    response.extensions_mut().insert(ForTheLog(format!("panic: {}", words.unwrap_or_default())));
    response
}

/// Gives up on a request that takes too long; a verb that has begun runs to its end all the same.
pub async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::new("timeout", "The answer took too long. Try again, and ask for less at once.").into_response()
        }
    }
}
