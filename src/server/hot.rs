//! Answers that are asked for again and again, ready to be sent: whole, and packed as small as it goes.
//!
//! An answer is kept for the state of the registry in which it was computed. One commit later nothing of it is used any
//! more, so that a name that was erased, say, is in no kept answer. Packing takes longer than computing: it is done
//! beside the requests, one answer at a time, and until then the answer goes out as it is.
//!
//! What is kept is answered before anything else is done with a request ([`Hot::ready`]). The same answers wait among
//! the layers too ([`kept`]): for requests that come without a connection, and for clients who read a packed form that
//! is not made yet.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, Request as AnyRequest, StatusCode, Uri, header, uri::PathAndQuery},
    middleware::Next,
    response::Response,
};
use quick_cache::{Weighter, sync::Cache};
use tokio::{sync::Semaphore, time::Instant};

mod answer;

use answer::Stale;
pub(super) use answer::{Answer, Coding, Form};

use super::{
    observe::{Observers, Seen},
    visit::Visit,
};
use crate::{
    api::edge,
    registry::{Registry, door::Door},
};

/// Whose answers are kept. All of them follow from the registry's state and, by the day, from the clock.
const ROUTES: [(&str, Query); 12] = [
    ("/v1", Query::None),
    ("/v1/certifications/{supplier}/{service}", Query::Any),
    ("/v1/certifications/{supplier}/{service}/versions", Query::Any),
    ("/v1/certifications/{supplier}/{service}/versions/{version}", Query::None),
    ("/v1/certifications/{supplier}/{service}/versions/{version}/document", Query::None),
    ("/v1/certifications/{supplier}/{service}/responses", Query::Any),
    ("/v1/certifications/{supplier}/{service}/diff", Query::Any),
    ("/v1/certifications/{supplier}/{service}/statement.html", Query::None),
    ("/v1/changes", Query::Any),
    (CHECKPOINT, Query::None),
    ("/s/{supplier}/{service}", Query::None),
    ("/", Query::None),
];
const CHECKPOINT: &str = "/log/checkpoint";
/// No longer than readers may keep them either (`max-age`): the clock moves on although nothing is published.
const LONGEST: Duration = Duration::from_secs(60);
/// Witnesses cosign a checkpoint although nothing is published.
const LONGEST_CHECKPOINT: Duration = Duration::from_secs(1);
/// The longest address under which an answer is kept, in bytes.
const MOST_ADDRESS_BYTES: usize = 256;
/// How much is kept, packed forms included, in bytes.
const MOST_BYTES: u64 = 192 << 20;
/// The largest answer that is kept, in bytes.
const MOST_ANSWER_BYTES: usize = 512 << 10;

/// With which queries a route's answers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Query {
    None,
    Any,
}

/// The kept answers; cheap to clone.
#[derive(Clone)]
pub(super) struct Hot {
    door: Door,
    kept: Arc<Kept>,
    /// One answer is packed at a time.
    packing: Arc<Semaphore>,
}

/// What is asked for again stays, whatever else is asked for once; the rest goes when room is wanted.
struct Kept {
    answers: Cache<String, Arc<Answer>, Weight>,
    /// The newest state of which an answer is kept.
    sequence: AtomicU64,
}

/// Answers from what is kept, or keeps what is answered.
pub(super) async fn kept(State(hot): State<Hot>, request: Request, next: Next) -> Response {
    let Some(route) = kept_route(&request) else { return next.run(request).await };
    let address = address(request.uri()).to_owned();
    let coding = Coding::of(request.headers());
    if let Some(answer) = hot.find(&address) {
        let response = answer.response(coding);
        hot.pack_some_time(address, answer, coding);
        return response;
    }
    // Before it is computed: what is published meanwhile makes it old.
    let level = hot.door.ask(Registry::level_sequence).await.ok().flatten();
    let response = next.run(request).await;
    match level {
        Some(sequence) => hot.keep(address, route, sequence, response).await,
        None => response,
    }
}

/// The route of a request whose answer is kept.
fn kept_route(request: &Request) -> Option<&'static str> {
    let matched = request.extensions().get::<MatchedPath>()?;
    let (route, query) = ROUTES.iter().find(|(route, _)| *route == matched.as_str())?;
    let is_kept = (*query == Query::Any || request.uri().query().is_none())
        && request.method() == Method::GET
        && address(request.uri()).len() <= MOST_ADDRESS_BYTES;
    is_kept.then_some(route)
}

/// Under which name an answer is kept: everything in the address that it may depend on.
fn address(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", PathAndQuery::as_str)
}

impl Hot {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Hot { door: Door::new(registry), kept: Arc::new(Kept::new()), packing: Arc::new(Semaphore::new(1)) }
    }

    /// The whole answer to a request, if it is kept in the form that the client reads.
    pub(super) fn ready<B: HttpBody>(
        &self,
        request: &AnyRequest<B>,
        observers: &Observers,
        visit: &Arc<Visit>,
    ) -> Option<Response> {
        if request.method() != Method::GET || !request.body().is_end_stream() {
            return None;
        }
        let answer = self.find(address(request.uri()))?;
        let coding = Coding::of(request.headers());
        if !answer.is_ready_in(coding) {
            return None;
        }
        let seen = Seen::of(observers.clone(), request, answer.route.into(), Some(visit.clone()));
        let mut response = answer.response(coding);
        if edge::is_known(request.headers().get_all(header::IF_NONE_MATCH), &answer.headers) {
            response = edge::without_body(response);
        }
        response.headers_mut().insert(edge::REQUEST_ID, edge::request_id(request.headers().get(edge::REQUEST_ID)));
        Some(seen.out(response))
    }

    /// Whether the answer at this address is kept, in some form.
    pub(super) fn has(&self, uri: &Uri) -> bool {
        self.find(address(uri)).is_some()
    }

    /// What is kept under `address` and still holds.
    pub(super) fn find(&self, address: &str) -> Option<Arc<Answer>> {
        self.kept(address).filter(|answer| answer.until > Instant::now())
    }

    /// The answer that somebody would have got here a while ago, for when there is no time to compute it again: nothing
    /// was published since, and caches may give it out that long too.
    pub(super) fn stale(&self, method: &Method, uri: &Uri) -> Option<Arc<Answer>> {
        let is_wanted = |answer: &Arc<Answer>| answer.stale_until > Instant::now() && *method == Method::GET;
        self.kept(address(uri)).filter(is_wanted)
    }

    fn kept(&self, address: &str) -> Option<Arc<Answer>> {
        let newest = self.door.registry().newest_sequence();
        self.kept.answers.get(address).filter(|answer| answer.sequence == newest)
    }

    /// Keeps a whole, good answer that was computed when the registry stood at `sequence`.
    async fn keep(&self, address: String, route: &'static str, sequence: u64, response: Response) -> Response {
        let size = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
        let is_large = size.is_none_or(|size| size > MOST_ANSWER_BYTES);
        let longest = if route == CHECKPOINT { LONGEST_CHECKPOINT } else { LONGEST };
        let fresh = seconds_of("max-age=", response.headers());
        let lasts = fresh.min(longest);
        let stale = fresh + seconds_of("stale-while-revalidate=", response.headers());
        let is_stale = response.extensions().get::<Stale>().is_some();
        if response.status() != StatusCode::OK || is_large || is_stale || lasts.is_zero() {
            return response;
        }
        let (parts, body) = response.into_parts();
        // It lies in memory already; nothing can break off.
        let whole = axum::body::to_bytes(body, MOST_ANSWER_BYTES).await.unwrap_or_default();
        let mut headers = parts.headers.clone();
        edge::add_common_headers(&mut headers);
        let (until, stale_until) = (Instant::now() + lasts, Instant::now() + stale);
        let answer = Answer::new(sequence, route, headers, whole.clone());
        self.kept.insert(address, Answer { until, stale_until, ..answer });
        Response::from_parts(parts, Body::from(whole))
    }

    /// Packs an answer beside the requests, if somebody wants it packed and no other is being packed.
    fn pack_some_time(&self, address: String, answer: Arc<Answer>, coding: Coding) {
        if answer.is_ready_in(coding) {
            return;
        }
        let Ok(place) = self.packing.clone().try_acquire_owned() else { return };
        let kept = self.kept.clone();
        tokio::task::spawn_blocking(move || {
            kept.insert(address, answer.pack());
            drop(place);
        });
    }
}

impl Kept {
    fn new() -> Kept {
        // Answers of the usual size: it makes no difference how many there really are.
        let usual = MOST_BYTES / (32 << 10);
        Kept { answers: Cache::with_weighter(usual as usize, MOST_BYTES, Weight), sequence: AtomicU64::new(0) }
    }

    fn insert(&self, address: String, answer: Answer) {
        let before = self.sequence.fetch_max(answer.sequence, Ordering::SeqCst);
        if answer.sequence < before {
            return;
        }
        // One that slips in behind this is not used either: it says of which state it is.
        if answer.sequence > before {
            self.answers.clear();
        }
        self.answers.insert(address, Arc::new(answer));
    }
}

/// How many bytes an answer takes.
#[derive(Clone)]
struct Weight;

impl Weighter<String, Arc<Answer>> for Weight {
    fn weight(&self, address: &String, answer: &Arc<Answer>) -> u64 {
        (address.len() + answer.bytes()) as u64
    }
}

/// How long readers may keep an answer, by this word of its `Cache-Control`; no time at all if nothing is said of it.
fn seconds_of(word: &str, headers: &HeaderMap) -> Duration {
    let control = headers.get(header::CACHE_CONTROL).and_then(|control| control.to_str().ok()).unwrap_or_default();
    let seconds = control.split(", ").find_map(|piece| piece.strip_prefix(word)?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

#[cfg(test)]
mod tests;
