//! What every answer has in common, whoever gave it: request id, security and CORS headers, 304, whole problems.

use std::{
    any::Any,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request as AnyRequest, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    openapi::KnownParameters,
    problem::{ForTheLog, Problem, ProblemCode},
};

/// Names a request, in the answer and in the server's journal.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
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
    let id = request_id(request.headers().get(REQUEST_ID));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let validators: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = with_request(problem, &path, &id, response);
        if method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
    }
    let readable = matches!(method, Method::GET | Method::HEAD) && response.status() == StatusCode::OK;
    if readable && is_known(validators.iter(), response.headers()) {
        response = without_body(response);
    }
    add_common_headers(response.headers_mut());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Adds what stands on every answer that says nothing else.
pub fn add_common_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// The caller's request id if it is a plain one, a new one otherwise.
pub fn request_id(given: Option<&HeaderValue>) -> HeaderValue {
    let plain = |id: &&HeaderValue| {
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        (1..=64).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
    };
    given.filter(plain).cloned().unwrap_or_else(new_request_id)
}

/// Sixteen hex digits that no other request of this process has, and probably none of another.
fn new_request_id() -> HeaderValue {
    static NEXT: OnceLock<AtomicU64> = OnceLock::new();
    let next = NEXT.get_or_init(|| {
        let mut bytes = [0; 8];
        // Without randomness two processes may give the same ids, and nothing else depends on it.
        let _ = getrandom::fill(&mut bytes);
        AtomicU64::new(u64::from_ne_bytes(bytes))
    });
    // SplitMix64: steps through all numbers, and mixes each into another.
    let mut id = next.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
    id = (id ^ (id >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    id = (id ^ (id >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    HeaderValue::from_str(&format!("{:016x}", id ^ (id >> 31))).expect("hex digits are visible ASCII")
}

/// The problem with what it says of its request.
pub fn of_request(problem: Problem, path: &str, id: &HeaderValue) -> Problem {
    // Cutting a path short could cut an escape in two.
    let instance = Some(path.to_owned()).filter(|path| path.len() <= MAX_INSTANCE_BYTES);
    Problem { instance, request_id: id.to_str().map(str::to_owned).ok(), ..problem }
}

/// Writes the problem again, now that path and request id are known. Headers of the first writing stay.
fn with_request(problem: Problem, path: &str, id: &HeaderValue, response: Response) -> Response {
    let problem = of_request(problem, path, id);
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

/// A problem as the whole answer to a request, for who gives it outside [`complete`].
pub fn whole_problem<B>(problem: Problem, request: &AnyRequest<B>) -> Response {
    let id = request_id(request.headers().get(REQUEST_ID));
    let mut response = with_request(problem, request.uri().path(), &id, Response::default());
    if request.method() == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    add_common_headers(response.headers_mut());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Whether a caller with these validators has exactly this answer already (RFC 9110 §13.1.2: weak comparison).
pub fn is_known<'a>(validators: impl IntoIterator<Item = &'a HeaderValue>, answer: &HeaderMap) -> bool {
    let Some(tag) = answer.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return false };
    let opaque = |tag| str::trim_start_matches(str::trim(tag), "W/");
    let given = validators.into_iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut given = given.map(str::trim);
    given.any(|given| given == "*" || opaque(given) == opaque(tag))
}

/// The same answer for a caller who has it already.
pub fn without_body(response: Response) -> Response {
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
