//! How many requests are worked on at a time: what is over that waits a moment, or is turned away at once.
//!
//! A registry that works on everything at once answers nobody in time. Each class has slots of its own, so that slow
//! requests and writers leave room for quick ones. A burst may wait; a flood may not: once a waiting room overflows,
//! it stays closed until a moment has passed without anybody having to be turned away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use super::limits::{Limits, Slots};
use crate::api::problem::Problem;

/// How long a waiting room stays closed after the last request that had to be turned away.
const CALM: Duration = Duration::from_secs(1);
/// Nobody waits longer than this for a slot.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

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

/// Lets a request in, or turns it away.
pub(super) async fn admitted(State(admission): State<Admission>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let class = Class::of(request.method(), route, request.uri().query().unwrap_or_default());
    let Some(room) = admission.room(class) else { return next.run(request).await };
    let Some(_slot) = room.enter().await else {
        let detail = "The registry has as much to do as it can do at a time. Try again in a few seconds.";
        return Problem::new("overloaded", detail).into_response();
    };
    next.run(request).await
}

/// The slots of one class, and its waiting room.
#[derive(Debug)]
struct Room {
    slots: Semaphore,
    most: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    turned_away: AtomicU64,
    opened: Instant,
    /// Milliseconds after `opened` until which nobody waits.
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
            turned_away: AtomicU64::new(0),
            opened: Instant::now(),
            flooded_until: AtomicU64::new(0),
        }
    }

    /// A slot, perhaps after waiting for it.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(slot) = self.slots.try_acquire() {
            return Some(slot);
        }
        if self.since_opened() < self.flooded_until.load(Ordering::Relaxed) {
            return self.turn_away();
        }
        let waiting = Waiting::among(&self.waiting);
        if waiting.before >= self.most_waiting {
            return self.turn_away();
        }
        match tokio::time::timeout(LONGEST_WAIT, self.slots.acquire()).await {
            Ok(slot) => Some(slot.expect("the slots are never closed")),
            Err(_) => self.turn_away(),
        }
    }

    fn turn_away<T>(&self) -> Option<T> {
        let calm = u64::try_from(CALM.as_millis()).unwrap_or(u64::MAX);
        self.flooded_until.fetch_max(self.since_opened().saturating_add(calm), Ordering::Relaxed);
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn since_opened(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
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

    #[tokio::test]
    async fn a_burst_waits_and_a_flood_does_not() {
        let room = Arc::new(Room::new(Slots { at_once: 1, waiting: 2 }));
        let slot = room.enter().await.expect("a free slot");
        let waits = |room: Arc<Room>| tokio::spawn(async move { room.enter().await.is_some() });
        let burst = [waits(room.clone()), waits(room.clone())];
        tokio::task::yield_now().await;
        assert_eq!(room.waiting.load(Ordering::Relaxed), 2);
        assert!(room.enter().await.is_none(), "the waiting room is full");
        drop(slot);
        for waited in burst {
            assert!(waited.await.expect("no panic"), "who came before the flood is served");
        }

        let slot = room.enter().await.expect("a free slot");
        assert!(room.enter().await.is_none(), "the waiting room is empty, but closed");
        tokio::time::sleep(CALM / 2).await;
        assert!(room.enter().await.is_none(), "and every one turned away keeps it closed");
        tokio::time::sleep(CALM + CALM / 10).await;
        let waited = waits(room.clone());
        tokio::task::yield_now().await;
        drop(slot);
        assert!(waited.await.expect("no panic"), "it is open again");
        assert_eq!(room.turned_away.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let room = Room::new(Slots { at_once: 1, waiting: 9 });
        let _slot = room.enter().await.expect("a free slot");
        assert!(room.enter().await.is_none());
        assert_eq!(room.waiting.load(Ordering::Relaxed), 0);
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
