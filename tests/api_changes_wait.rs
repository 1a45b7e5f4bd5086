//! Waiting for changes: woken by a publish, never for longer than was asked, and only so many at once.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use axum::{Router, body::Body, http::Method};
use common::{
    http::{Answer, ask, request},
    registry::{CERTIFICATION, MadeUp},
};

struct Desk {
    made: Arc<MadeUp>,
    router: Router,
}

impl Desk {
    fn new() -> Desk {
        let made = Arc::new(MadeUp::new());
        Desk { router: certreg::server::router(made.registry.clone()), made }
    }

    fn latest(&self) -> u64 {
        self.made.registry.index().latest_sequence().unwrap().unwrap()
    }

    /// Asks in the background, and gives the answer with how long it took.
    fn waiting(&self, query: &str) -> tokio::task::JoinHandle<(Answer, Duration)> {
        let (router, query) = (self.router.clone(), format!("/v1/changes?{query}"));
        tokio::spawn(async move {
            let begun = Stopwatch::now();
            let answer = ask(router, request(Method::GET, &query, &[], Body::empty())).await;
            (answer, begun.elapsed())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_wakes_those_who_wait_for_it_and_nobody_else() {
    let desk = Desk::new();
    let after = desk.latest();
    let any = desk.waiting(&format!("after={after}&wait=20"));
    let this = desk.waiting(&format!("after={after}&wait=20&certification={CERTIFICATION}"));
    let other = desk.waiting(&format!("after={after}&wait=2&certification=example-learning/another"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!any.is_finished() && !this.is_finished());
    desk.made.publish(&desk.made.draft());
    for waiting in [any, this] {
        let (answer, took) = waiting.await.unwrap();
        let page = answer.json();
        assert_eq!(page["items"][0]["type"], "version.published", "{page:#}");
        assert_eq!(page["next"], after + 1);
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert_eq!(answer.header("cache-control"), "no-store", "a kept answer would never wake anybody");
    }
    let (answer, took) = other.await.unwrap();
    let page = answer.json();
    assert_eq!((page["items"].as_array().unwrap().len(), page["next"].as_u64()), (0, Some(after + 1)), "{page:#}");
    assert!(took >= Duration::from_secs(2), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_not_waited_for() {
    let desk = Desk::new();
    let (answer, took) = desk.waiting("after=0&wait=20&limit=2").await.unwrap();
    assert_eq!(answer.json()["items"].as_array().unwrap().len(), 2);
    assert!(took < Duration::from_secs(5), "{took:?}");
    let (answer, _) = desk.waiting("after=0&wait=31").await.unwrap();
    answer.problem(400, "bad-parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_so_many_and_a_registry_that_stops_lets_them_go() {
    let desk = Desk::new();
    let after = desk.latest();
    let long = Duration::from_secs(20);
    let mut places: Vec<_> = std::iter::from_fn(|| desk.made.registry.waiter(long)).collect();
    assert_eq!(places.len(), 256);
    let (answer, _) = desk.waiting(&format!("after={after}&wait=20")).await.unwrap();
    answer.problem(503, "too-many-waiting");
    assert_eq!(answer.header("retry-after"), "5");
    let (answer, _) = desk.waiting(&format!("after={after}")).await.unwrap();
    assert_eq!(answer.status, 200, "without waiting there is always room");
    places.pop();
    let waiting = desk.waiting(&format!("after={after}&wait=20"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    desk.made.registry.stop_writing();
    let (answer, took) = waiting.await.unwrap();
    assert_eq!(answer.json()["items"].as_array().unwrap().len(), 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
}
