//! How many requests are worked on at a time: what is over that waits a moment, or is turned away at once.
//!
//! A registry that works on everything at once answers nobody in time. Each class has slots of its own, so that slow
//! requests and writers leave room for quick ones. Who finds no slot waits in turn, and what is bounded is not how many
//! wait but how long: the wait of a newcomer is the number before it times what a slot was lately held for.
//!
//! A burst may wait, for some hundredths of a second, say: a page that loads ten things. So may a few clients that ask
//! one after the other, however slowly they are answered. A flood is what does not fit into that. It would keep any
//! queue full, and everybody admitted would have waited behind it; so from then on one waits for each slot and nobody
//! behind another, until a moment has passed without anybody having to be turned away (what CoDel does with a standing
//! queue, RFC 8289 §3, decided at the entrance: who is refused there has cost nothing and need not wait to hear it).
//! The flood is turned away before anything is spent on it (`Gate::brief`). Who asks for what was just answered is not
//! turned away but gets the same again (`Hot::stale`).

use std::sync::Arc;

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request, State},
    http::{Method, Request as AnyRequest, Uri},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

mod room;

use room::Room;

use super::{
    accepted,
    hot::{Answer, Hot},
    limits::Limits,
    observe::{Observers, UNKNOWN},
    wants_page,
};
use crate::api::{edge, problem::Problem};

/// Kinds of requests by what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Whether the server lives: always answered.
    Health,
    /// What waits for news: it costs nothing meanwhile, and the registry has places of its own for it.
    Follow,
    /// Reads that take about a millisecond.
    Read,
    /// Reads that compute much: packs, comparisons, searches, reports over many services.
    Slow,
    /// What is to be published; it waits for the writer.
    Write,
}

/// What is quick on one route and slow on another.
const CHANGES: &str = "/changes";
/// Parts of routes whose answers are computed at length.
const SLOW: [&str; 10] = [
    "/evidence",
    "/export",
    "/reports/",
    "/diff",
    "/my-services",
    "/compare",
    "/promptness",
    "/verify",
    "/{service}/changes",
    "/suppliers/start/",
];
/// Parameters that search.
const SEARCHES: [&str; 2] = ["q=", "find="];

impl Class {
    /// All that have slots.
    pub const WITH_SLOTS: [Class; 3] = [Class::Read, Class::Slow, Class::Write];

    /// A word for labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Health => "health",
            Class::Follow => "follow",
            Class::Read => "read",
            Class::Slow => "slow",
            Class::Write => "write",
        }
    }

    /// Whether a request is a quick read, whatever its route is. A path without the words that name slow routes is on
    /// none of them.
    fn is_surely_read(method: &Method, uri: &Uri) -> bool {
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        let is_get = matches!(*method, Method::GET | Method::HEAD);
        is_get && !path.contains(CHANGES) && Class::of(method, path, query) == Class::Read
    }

    /// The class of a request to this route.
    fn of(method: &Method, route: &str, query: &str) -> Class {
        let searches = || query.split('&').any(|pair| SEARCHES.iter().any(|name| pair.starts_with(name)));
        if matches!(route, "/healthz" | "/readyz" | "/livez") {
            Class::Health
        } else if route == "/v1/changes" && query.split('&').any(|pair| pair.starts_with("wait=")) {
            Class::Follow
        } else if SLOW.iter().any(|part| route.contains(part)) || searches() {
            Class::Slow
        } else if matches!(*method, Method::POST | Method::PUT) {
            Class::Write
        } else {
            Class::Read
        }
    }
}

/// The slots of all classes.
#[derive(Debug, Clone)]
pub(super) struct Admission(Arc<[Room; 3]>);

impl Admission {
    pub(super) fn new(limits: &Limits) -> Self {
        Admission(Arc::new([limits.reads, limits.slow, limits.writes].map(Room::new)))
    }

    fn room(&self, class: Class) -> Option<&Room> {
        let place = Class::WITH_SLOTS.iter().position(|with| *with == class)?;
        Some(&self.0[place])
    }

    /// How many requests of a class are worked on, wait, and were turned away so far.
    pub(super) fn figures(&self, class: Class) -> (usize, usize, u64) {
        self.room(class).map_or((0, 0, 0), Room::figures)
    }
}

/// Where requests are let in, or turned away; cheap to clone.
#[derive(Clone)]
pub(super) struct Gate {
    pub admission: Admission,
    pub hot: Hot,
    pub observers: Observers,
}

impl Gate {
    /// Whether quick reads are turned away at the moment.
    pub(super) fn is_shut(&self) -> bool {
        self.admission.room(Class::Read).is_some_and(Room::is_shut)
    }

    /// What somebody gets at once who is surely after a quick read and would be turned away further in, before it is
    /// even known on which route. In a flood most requests end here.
    pub(super) fn brief(&self, method: &Method, uri: &Uri, accept: &str) -> Option<Brief> {
        let room = self.admission.room(Class::Read).filter(|room| room.is_shut())?;
        if !Class::is_surely_read(method, uri) || wants_page(uri, accept) || self.hot.has(uri) {
            return None;
        }
        let stale = self.hot.stale(method, uri);
        if stale.is_none() {
            room.count_turned_away();
        }
        Some(stale.map_or(Brief::TurnedAway, Brief::Again))
    }

    /// The [`brief`](Gate::brief) answer to a request without a body, with the route if it is known.
    pub(super) fn brief_response<B: HttpBody>(&self, request: &AnyRequest<B>) -> Option<(&'static str, Response)> {
        if !request.body().is_end_stream() {
            return None;
        }
        match self.brief(request.method(), request.uri(), accepted(request))? {
            Brief::Again(answer) => {
                let id = edge::request_id(request.headers().get(edge::REQUEST_ID));
                let mut response = answer.again(request.headers());
                response.headers_mut().insert(edge::REQUEST_ID, id);
                Some((answer.route, response))
            }
            Brief::TurnedAway => Some((UNKNOWN, edge::whole_problem(overloaded(), request))),
        }
    }
}

/// What becomes of a request in a flood.
pub(super) enum Brief {
    /// It gets what was answered a while ago.
    Again(Arc<Answer>),
    /// There is too much to do.
    TurnedAway,
}

/// What those read who are turned away.
pub(super) fn overloaded() -> Problem {
    let detail = "The registry has as much to do as it can do at a time. Try again in a few seconds.";
    Problem::new("overloaded", detail)
}

/// Lets a request in, or turns it away.
pub(super) async fn admitted(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let class = Class::of(request.method(), route, request.uri().query().unwrap_or_default());
    // What is kept costs less than to say no.
    let room = gate.admission.room(class).filter(|_| !gate.hot.has(request.uri()));
    let Some(room) = room else { return next.run(request).await };
    match room.enter().await {
        Some(_slot) => next.run(request).await,
        None => match gate.hot.stale(request.method(), request.uri()) {
            Some(answer) => answer.again(request.headers()),
            None => overloaded().into_response(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_surely_a_quick_read_is_one_on_any_route() {
        let is_read = |path: &str| Class::is_surely_read(&Method::GET, &path.parse().expect("a path"));
        assert!(is_read("/v1/certifications/example-learning/example-cloud?as_of=2025-01-01"));
        assert!(is_read("/nothing/there"));
        for path in
            ["/healthz", "/v1/a/b/changes", "/v1/changes", "/v1/a/b/diff.md", "/v1/certifications?q=a", "/compare"]
        {
            assert!(!is_read(path), "{path}");
        }
        assert!(!Class::is_surely_read(&Method::POST, &"/v1/a".parse().expect("a path")));
    }

    #[test]
    fn classes_follow_what_a_request_costs() {
        let of = |method, route, query| Class::of(&method, route, query);
        assert_eq!(of(Method::GET, "/readyz", ""), Class::Health);
        assert_eq!(of(Method::GET, "/v1/certifications/{supplier}/{service}", "as_of=2025-01-01"), Class::Read);
        assert_eq!(of(Method::GET, "/v1/certifications", "cursor=a&q=b"), Class::Slow);
        assert_eq!(of(Method::GET, "/v1/certifications/{supplier}/{service}/diff.md", ""), Class::Slow);
        assert_eq!(of(Method::POST, "/v1/reports/since", ""), Class::Slow);
        assert_eq!(of(Method::POST, "/v1/certifications/{supplier}/{service}/versions", ""), Class::Write);
        assert_eq!(of(Method::GET, "/v1/changes", "after=0"), Class::Read);
        assert_eq!(of(Method::GET, "/v1/changes", "after=0&wait=20"), Class::Follow);
        assert_eq!(of(Method::GET, "/v1/suppliers", "wait=20"), Class::Read);
    }
}
