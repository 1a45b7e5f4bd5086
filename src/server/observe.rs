//! Sees every request from its first to its last byte, and writes down and counts it.

use std::{
    borrow::Cow,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, Request as AnyRequest, Uri},
    middleware::Next,
    response::Response,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    head::Refusal,
    journal::{Journal, Level},
    metrics::Metrics,
    visit::Visit,
};
use crate::api::{
    edge::REQUEST_ID,
    problem::{ForTheLog, Problem, ProblemCode},
};

/// How much of a path is written down.
const MAX_PATH_CHARACTERS: usize = 200;
/// The route of a request that has none.
pub(super) const UNKNOWN: &str = "-";
/// What is said of a client that went away before its answer began (as nginx does).
const GONE: u16 = 499;

/// Who is told about requests.
#[derive(Debug, Clone)]
pub(super) struct Observers {
    pub journal: Journal,
    pub metrics: Arc<Metrics>,
}

/// The outermost layer: what leaves it goes to the client.
pub(super) async fn observed(State(observers): State<Observers>, request: Request, next: Next) -> Response {
    let refused = request.extensions().get::<Refusal>().is_some();
    let route = request.extensions().get::<MatchedPath>().filter(|_| !refused);
    let route = route.map_or(UNKNOWN.into(), |route| Cow::from(route.as_str().to_owned()));
    let mut seen = Seen::of(observers, &request, route, request.extensions().get().cloned());
    if refused {
        // It was never read; what stands in its place is not the client's.
        seen.uri = None;
    }
    seen.out(next.run(request).await)
}

/// What is known of one request so far. It is written down when this goes.
pub(super) struct Seen {
    observers: Observers,
    began: Instant,
    method: Method,
    route: Cow<'static, str>,
    uri: Option<Uri>,
    request_id: Option<HeaderValue>,
    status: u16,
    problem: Option<String>,
    fault: Option<String>,
    bytes: u64,
    whole: bool,
    /// The connection, so that it is not taken for silent while a long answer goes out.
    visit: Option<Arc<Visit>>,
}

impl Seen {
    /// Begins with a request on this route, which came with this visit.
    pub(super) fn of<B>(
        observers: Observers,
        request: &AnyRequest<B>,
        route: Cow<'static, str>,
        visit: Option<Arc<Visit>>,
    ) -> Self {
        Self::begin(observers, request.method().clone(), route, Some(request.uri().clone()), visit)
    }

    /// The same, with what is known of the request; `visit` only if hyper answers it.
    pub(super) fn begin(
        observers: Observers,
        method: Method,
        route: Cow<'static, str>,
        uri: Option<Uri>,
        visit: Option<Arc<Visit>>,
    ) -> Self {
        observers.metrics.begins();
        Seen {
            began: Instant::now(),
            method,
            route,
            uri,
            request_id: None,
            status: GONE,
            problem: None,
            fault: None,
            bytes: 0,
            whole: false,
            visit,
            observers,
        }
    }

    /// Follows the answer on its way out.
    pub(super) fn out(self, response: Response) -> Response {
        let mut seen = self.answered(&response);
        seen.whole = response.body().is_end_stream();
        response.map(|body| Body::new(Counted { body, seen }))
    }

    /// Notes what is answered.
    pub(super) fn answered(mut self, response: &Response) -> Self {
        self.request_id = response.headers().get(REQUEST_ID).cloned();
        self.status = response.status().as_u16();
        self.problem = response.extensions().get().map(|ProblemCode(code)| code.clone());
        self.fault = response.extensions().get().map(|ForTheLog(words)| words.clone());
        self
    }

    /// Notes a good answer.
    pub(super) fn answered_well(mut self, request_id: HeaderValue) -> Self {
        (self.status, self.request_id) = (200, Some(request_id));
        self
    }

    /// Notes a problem.
    pub(super) fn answered_with(mut self, problem: &Problem, request_id: HeaderValue) -> Self {
        (self.status, self.request_id) = (problem.status, Some(request_id));
        self.problem = Some(problem.code.clone());
        self
    }

    /// The last of so many bytes is out.
    pub(super) fn went_out(mut self, bytes: usize) {
        (self.whole, self.bytes) = (true, bytes as u64);
    }

    fn told(&self, took: Duration) -> Vec<(&'static str, Value)> {
        let id = self.request_id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
        let path: String = self.uri.iter().flat_map(|uri| uri.path().chars()).take(MAX_PATH_CHARACTERS).collect();
        let mut facts = vec![
            ("request_id", json!(id)),
            ("method", json!(self.method.as_str())),
            ("route", json!(self.route)),
            ("path", json!(path)),
            ("status", json!(self.status)),
            ("duration_ms", json!((took.as_secs_f64() * 1e6).round() / 1e3)),
            ("bytes", json!(self.bytes)),
        ];
        facts.extend(self.problem.as_ref().map(|code| ("problem", json!(code))));
        facts.extend(self.fault.as_ref().map(|words| ("error", json!(words))));
        facts.extend((!self.whole).then_some(("cut_short", json!(true))));
        facts
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let journal = &self.observers.journal;
        if self.fault.is_some() {
            journal.tell(Level::Error, "request", &self.told(took));
        } else if journal.tells_requests() {
            journal.tell(Level::Info, "request", &self.told(took));
        }
        self.visit.iter().for_each(|visit| visit.finish());
        let route = std::mem::take(&mut self.route);
        self.observers.metrics.ends(&self.method, route, self.status, self.problem.as_deref(), took);
    }
}

/// A body whose bytes are counted.
struct Counted {
    body: Body,
    seen: Seen,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        let counted = self.get_mut();
        let frame = ready!(Pin::new(&mut counted.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => counted.seen.bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(_)) => {}
            None => counted.seen.whole = true,
        }
        counted.seen.visit.iter().for_each(|visit| visit.stir());
        counted.seen.whole |= counted.body.is_end_stream();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
