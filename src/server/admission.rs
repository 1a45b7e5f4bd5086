//! How many requests are worked on at a time: what is over that waits a moment, or is turned away at once.
//!
//! A registry that works on everything at once answers nobody in time. Each class has slots of its own, so that slow
//! requests and writers leave room for quick ones. Who finds no slot waits in turn, and what is bounded is not how many
//! wait but how long: the wait of a newcomer is the number before it times what a slot was lately held for.
//!
//! A burst may wait, for a tenth of a second, say: a page that loads ten things. So may a few clients that ask one
//! after the other, however slowly they are answered. A flood is what does not fit into that. It would keep any queue
//! full, and everybody admitted would have waited behind it; so from then on nobody waits longer than one request
//! takes, until a moment has passed without anybody having to be turned away (what CoDel does with a standing queue,
//! RFC 8289 §3, decided at the entrance: who is refused there has cost nothing and need not wait to hear it). The flood
//! is turned away before anything is spent on it (`Gate::brief`). Who asks for what was just answered is not turned
//! away but gets the same again (`Hot::stale`).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request, State},
    http::{Method, Request as AnyRequest},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use super::{
    hot::Hot,
    limits::{Limits, Slots},
    observe::{Observers, UNKNOWN},
    wants_page,
};
use crate::api::{edge, problem::Problem};

/// How long it counts as a flood after the last request that had to be turned away.
const CALM: Duration = Duration::from_secs(1);
/// The least that anybody may wait in a flood: shorter times are measured by chance.
const LEAST_WAIT: Duration = Duration::from_micros(500);
/// So many may wait in any case but a flood: clients that ask one after the other are never more than they are.
const A_FEW: usize = 64;
/// Nobody waits longer than this for a slot.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Of how many requests, about, it is remembered what they cost.
const REMEMBERED: u64 = 32;

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
    fn is_surely_read<B>(request: &AnyRequest<B>) -> bool {
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        is_get && !path.contains(CHANGES) && Class::of(request.method(), path, query) == Class::Read
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
        self.room(class).map_or((0, 0, 0), |room| {
            let working = room.most.saturating_sub(room.slots.available_permits());
            (working, room.waiting.load(Ordering::Relaxed), room.turned_away.load(Ordering::Relaxed))
        })
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
    /// even known on which route: what was answered a while ago, or that there is too much to do. With the route, if
    /// it is known. In a flood most requests end here.
    pub(super) fn brief<B: HttpBody>(&self, request: &AnyRequest<B>) -> Option<(&'static str, Response)> {
        let room = self.admission.room(Class::Read).filter(|room| room.is_shut())?;
        let is_quick = request.body().is_end_stream() && Class::is_surely_read(request);
        if !is_quick || wants_page(request) || self.hot.has(request.uri()) {
            return None;
        }
        if let Some((route, mut response)) = self.hot.stale(request) {
            response.headers_mut().insert(edge::REQUEST_ID, edge::request_id(request.headers().get(edge::REQUEST_ID)));
            return Some((route, response));
        }
        room.count_turned_away();
        Some((UNKNOWN, edge::whole_problem(overloaded(), request)))
    }
}

/// What those read who are turned away.
fn overloaded() -> Problem {
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
        None => gate.hot.stale(&request).map_or_else(|| overloaded().into_response(), |(_, response)| response),
    }
}

/// The slots of one class, and its waiting room.
#[derive(Debug)]
struct Room {
    slots: Semaphore,
    most: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
    turned_away: AtomicU64,
    /// For how long a slot was held lately, on average, in nanoseconds.
    held: AtomicU64,
    opened: Instant,
    /// Milliseconds after `opened` until which it counts as flooded.
    flooded_until: AtomicU64,
}

impl Room {
    fn new(slots: Slots) -> Self {
        let most = slots.at_once.clamp(1, Semaphore::MAX_PERMITS);
        Room {
            slots: Semaphore::new(most),
            most,
            waiting: AtomicUsize::new(0),
            most_waiting: slots.waiting,
            patience: slots.patience,
            turned_away: AtomicU64::new(0),
            held: AtomicU64::new(0),
            opened: Instant::now(),
            flooded_until: AtomicU64::new(0),
        }
    }

    /// A slot, perhaps after waiting for it.
    async fn enter(&self) -> Option<Slot<'_>> {
        if let Ok(permit) = self.slots.try_acquire() {
            return Some(Slot::new(self, permit));
        }
        let waiting = Waiting::among(&self.waiting);
        if self.is_full(waiting.before) {
            return self.turn_away();
        }
        // What was expected may turn out wrong.
        let most = if self.is_flooded() { 2 * self.longest_wait() } else { LONGEST_WAIT };
        match tokio::time::timeout(most, self.slots.acquire()).await {
            Ok(permit) => Some(Slot::new(self, permit.expect("the slots are never closed"))),
            Err(_) => self.turn_away(),
        }
    }

    /// Whether a newcomer would be turned away.
    fn is_shut(&self) -> bool {
        self.slots.available_permits() == 0 && self.is_full(self.waiting.load(Ordering::Relaxed))
    }

    /// Whether one more would wait too long behind `before` others.
    fn is_full(&self, before: usize) -> bool {
        let expected = self.held.load(Ordering::Relaxed).saturating_mul(before as u64) / self.most as u64;
        let is_long = Duration::from_nanos(expected) > self.longest_wait();
        before >= self.most_waiting || is_long && (before >= A_FEW || self.is_flooded())
    }

    fn is_flooded(&self) -> bool {
        self.since_opened() < self.flooded_until.load(Ordering::Relaxed)
    }

    fn longest_wait(&self) -> Duration {
        let held = Duration::from_nanos(self.held.load(Ordering::Relaxed));
        if self.is_flooded() { held.max(LEAST_WAIT).min(self.patience) } else { self.patience }
    }

    fn turn_away<T>(&self) -> Option<T> {
        self.count_turned_away();
        None
    }

    fn count_turned_away(&self) {
        let calm = u64::try_from(CALM.as_millis()).unwrap_or(u64::MAX);
        self.flooded_until.fetch_max(self.since_opened().saturating_add(calm), Ordering::Relaxed);
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    fn since_opened(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A slot was held for so long. Two that end at once may forget one of them.
    fn remember(&self, held: Duration) {
        let (held, before) = (u64::try_from(held.as_nanos()).unwrap_or(u64::MAX), self.held.load(Ordering::Relaxed));
        let average = before - before / REMEMBERED + held / REMEMBERED;
        self.held.store(average, Ordering::Relaxed);
    }
}

/// A slot that is held, and since when.
struct Slot<'a> {
    room: &'a Room,
    since: Instant,
    _permit: SemaphorePermit<'a>,
}

impl<'a> Slot<'a> {
    fn new(room: &'a Room, permit: SemaphorePermit<'a>) -> Self {
        Slot { room, since: Instant::now(), _permit: permit }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.room.remember(self.since.elapsed());
    }
}

/// One that waits, also if it goes away while waiting.
struct Waiting<'a> {
    among: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn among(among: &'a AtomicUsize) -> Self {
        Waiting { among, before: among.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.among.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(250);

    /// A room with one slot, which was lately held for `held` at a time.
    fn room(waiting: usize, held: Duration) -> Arc<Room> {
        let room = Room::new(Slots { at_once: 1, waiting, patience: PATIENCE });
        room.held.store(u64::try_from(held.as_nanos()).expect("short"), Ordering::Relaxed);
        Arc::new(room)
    }

    type Waits = tokio::task::JoinHandle<bool>;

    async fn waits(room: &Arc<Room>, how_many: usize) -> Vec<Waits> {
        let enter = |room: Arc<Room>| async move { room.enter().await.is_some() };
        let waits = (0..how_many).map(|_| tokio::spawn(enter(room.clone()))).collect();
        // Some at a time have their turn.
        for _ in 0..=how_many {
            tokio::task::yield_now().await;
        }
        waits
    }

    /// How many were served.
    async fn served(waits: Vec<Waits>) -> usize {
        let mut served = 0;
        for waits in waits {
            served += usize::from(waits.await.expect("no panic"));
        }
        served
    }

    #[tokio::test]
    async fn a_burst_waits_and_a_flood_does_not() {
        let room = room(512, Duration::from_micros(2500));
        let slot = room.enter().await.expect("a free slot");
        let burst = waits(&room, 101).await;
        assert!(room.is_shut(), "the next would wait longer than 250 ms");
        assert!(room.enter().await.is_none());
        drop(slot);
        assert_eq!(served(burst).await, 101, "who came before the flood is served");

        let held = Duration::from_millis(50);
        room.held.store(50_000_000, Ordering::Relaxed);
        assert_eq!(room.longest_wait(), held, "in a flood nobody waits longer than one request takes");
        let slot = room.enter().await.expect("a free slot");
        let two = waits(&room, 2).await;
        assert!(room.is_shut() && room.enter().await.is_none(), "two others wait already");
        assert_eq!(served(two).await, 0, "it took longer than was expected");
        tokio::time::sleep(CALM / 2).await;
        assert!(room.is_flooded(), "every one turned away makes it last");
        tokio::time::sleep(CALM).await;
        assert_eq!(room.longest_wait(), PATIENCE, "it is over");
        drop(slot);
        assert_eq!(room.turned_away.load(Ordering::Relaxed), 4);
    }

    #[tokio::test]
    async fn many_wait_if_they_are_quick_and_a_few_in_any_case() {
        for (held_us, how_many) in [(900, 256), (90_000, 64)] {
            let room = room(512, Duration::from_micros(held_us));
            let slot = room.enter().await.expect("a free slot");
            let clients = waits(&room, how_many).await;
            drop(slot);
            assert_eq!(served(clients).await, how_many);
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_and_no_more_than_may() {
        let room = room(1, Duration::ZERO);
        let _slot = room.enter().await.expect("a free slot");
        let first = waits(&room, 1).await;
        assert!(room.enter().await.is_none(), "one may wait");
        assert_eq!(served(first).await, 0);
        assert_eq!(room.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_is_surely_a_quick_read_is_one_on_any_route() {
        let is_read = |path: &str| Class::is_surely_read(&AnyRequest::get(path).body(()).expect("a path"));
        assert!(is_read("/v1/certifications/example-learning/example-cloud?as_of=2025-01-01"));
        assert!(is_read("/nothing/there"));
        for path in
            ["/healthz", "/v1/a/b/changes", "/v1/changes", "/v1/a/b/diff.md", "/v1/certifications?q=a", "/compare"]
        {
            assert!(!is_read(path), "{path}");
        }
        assert!(!Class::is_surely_read(&AnyRequest::post("/v1/a").body(()).expect("a path")));
    }

    #[test]
    fn what_requests_cost_is_learnt_and_forgotten() {
        let room = room(512, Duration::ZERO);
        let learnt = |held| {
            (0..10 * REMEMBERED).for_each(|_| room.remember(held));
            Duration::from_nanos(room.held.load(Ordering::Relaxed))
        };
        for held in [Duration::from_millis(8), Duration::from_micros(200)] {
            let learnt = learnt(held);
            assert!(learnt > held * 9 / 10 && learnt < held * 11 / 10, "{learnt:?} of {held:?}");
        }
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
