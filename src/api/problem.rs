//! RFC 9457 problems: the one place where an error becomes an answer.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{ToResponse, ToSchema};

use super::{
    catalogue,
    views::{Links, address, links},
};
use crate::{
    domain::{CertificationId, Fault},
    registry::{ErrorKind, RegistryError},
};

/// How many single faults one answer lists: answers to bad input stay small.
const MAX_LISTED_FAULTS: usize = 100;
/// After how many seconds trying again may help.
const RETRY_AFTER_SECONDS: &str = "5";

/// What went wrong and what to do next (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/problems/version-not-found", "title": "No such version", "status": 404, "code": "version-not-found",
    "detail": "example-learning/example-cloud has versions 1 to 3.",
    "instance": "/v1/certifications/example-learning/example-cloud/versions/9", "request_id": "5f0c3a9be1d24c67"
}))]
pub struct Problem {
    /// Address of a page about this kind of problem, relative to the registry's.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    pub kind: String,
    /// The kind of problem in a few words; the same for the same code.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// The kind of problem for programs: the last part of `type`. The set is open.
    pub code: String,
    /// What happened this time, and the next step.
    pub detail: String,
    /// The path that was asked for, unless it is a long one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri-reference")]
    pub instance: Option<String>,
    /// To quote when asking the registry's operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<String>,
    /// Each single fault with its place; at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub errors: Vec<ProblemError>,
    /// How many faults there are beyond those that are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub more_errors: Option<usize>,
    /// With a conflict: the current version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub current_version: Option<u32>,
    /// With a conflict: the current version's digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub current_digest: Option<String>,
    /// With a conflict: `current`, and `diff` to what changed since the version that was built on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub links: Option<Links>,
}

/// One fault in what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemError {
    /// JSON pointer (RFC 6901) into the document, or into the body for its parts; empty for the whole.
    #[schema(example = "/responses/q5.7/statement")]
    pub pointer: String,
    /// A slug that programs can rely on. The set is open.
    #[schema(example = "missing-member")]
    pub code: String,
    /// What is wrong and what to do.
    pub detail: String,
}

/// Words for the operator's log that the caller must not see; travels beside the answer.
#[derive(Debug, Clone)]
pub struct ForTheLog(pub String);

/// The kind of problem that an answer states; travels beside it, for the operator's log and figures.
#[derive(Debug, Clone)]
pub struct ProblemCode(pub String);

impl Problem {
    /// A problem of the catalogue with what happened this time.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        let entry = catalogue::entry(code);
        Self::with_status(entry.map_or(500, |entry| entry.status), code, detail)
    }

    fn with_status(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Problem {
            kind: format!("/problems/{code}"),
            title: catalogue::entry(code).map_or_else(|| catalogue::title_of_status(status), |e| e.title).to_owned(),
            status,
            code: code.to_owned(),
            detail: detail.into(),
            instance: None,
            request_id: None,
            errors: Vec::new(),
            more_errors: None,
            current_version: None,
            current_digest: None,
            links: None,
        }
    }

    /// The answer to everything whose cause is the registry's own business.
    pub fn internal() -> Self {
        Self::new(
            "internal",
            "The registry failed to answer. Nothing is wrong with the request; try again, or tell its operator.",
        )
    }

    fn listing(mut self, faults: Vec<Fault>) -> Self {
        let more = faults.len().saturating_sub(MAX_LISTED_FAULTS);
        self.more_errors = (more > 0).then_some(more);
        self.errors = faults.into_iter().take(MAX_LISTED_FAULTS).map(ProblemError::from).collect();
        self
    }

    /// Shows a publisher who built on version `from` where to look.
    pub fn about_certification(mut self, id: &CertificationId, from: Option<u32>) -> Self {
        if let Some(current) = self.current_version {
            let base = address(id);
            let mut links = links([("current", format!("{base}/versions/{current}"))]);
            if let Some(from) = from.filter(|from| (1..current).contains(from)) {
                links.insert("diff", format!("{base}/diff?from={from}&to={current}"));
            }
            self.links = Some(links);
        }
        self
    }
}

impl From<Fault> for ProblemError {
    fn from(fault: Fault) -> Self {
        ProblemError { pointer: fault.pointer, code: fault.code.to_owned(), detail: fault.detail }
    }
}

/// The kinds of the registry's errors as statuses: the only translation there is.
fn status_of(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::Unreadable => 400,
        ErrorKind::Refused => 403,
        ErrorKind::NotFound => 404,
        ErrorKind::Conflict => 409,
        ErrorKind::Gone => 410,
        ErrorKind::TooLarge => 413,
        ErrorKind::Invalid => 422,
        ErrorKind::Internal => 500,
        ErrorKind::Unavailable => 503,
        ErrorKind::Full => 507,
    }
}

/// A problem on its way to the caller, with what the operator should read.
#[derive(Debug, Clone)]
pub struct Failure {
    problem: Box<Problem>,
    log: Option<String>,
}

impl Failure {
    /// What the caller will read.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Changes what the caller will read.
    pub fn map(mut self, change: impl FnOnce(Problem) -> Problem) -> Self {
        *self.problem = change(*self.problem);
        self
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure { problem: Box::new(problem), log: None }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        if error.kind == ErrorKind::Internal {
            return Failure { problem: Box::new(Problem::internal()), log: Some(error.to_string()) };
        }
        let mut problem = Problem::with_status(status_of(error.kind), error.code, error.detail).listing(error.faults);
        if let Some((version, digest)) = error.current {
            problem.current_version = Some(version);
            problem.current_digest = Some(digest.to_string());
        }
        problem.into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        if let Some(log) = self.log {
            response.extensions_mut().insert(ForTheLog(log));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// The body is written again by [`super::edge`], which knows path and request id.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("a problem has only texts and numbers");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The same problem for the kinds of answer that operations document.
macro_rules! problem_responses {
    ($($name:ident: $description:literal;)*) => {
        $(
            #[doc = $description]
            #[derive(ToResponse)]
            #[response(description = $description, content_type = "application/problem+json")]
            #[allow(dead_code, reason = "only described")]
            pub struct $name(Problem);
        )*
    };
}

problem_responses! {
    BadRequest: "A parameter, header or body could not be read.";
    Refused: "A good signature by a key that has no right to give it.";
    NotFound: "There is nothing at this address.";
    Conflict: "The registry's state has moved on since the submission was made.";
    Gone: "It was here and was taken away for good.";
    TooLarge: "The body or the document is over the limit.";
    TooLong: "The query is over the limit.";
    UnsupportedMedia: "The body is of a type that this operation does not read.";
    RangeNotSatisfiable: "The file has no such bytes; `Content-Range` says how many it has.";
    Unprocessable: "It was read, but breaks a rule; `errors` lists every fault that was found.";
    Internal: "The registry failed; nothing is wrong with the request.";
    Unavailable: "Not now; try again after `Retry-After`.";
    Full: "The registry has no room left; nothing was stored.";
}
