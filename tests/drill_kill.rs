//! A drill: the server is killed (`kill -9`) at random instants while 16 writers publish, started again, and at the end
//! asked for everything that it ever acknowledged.
//!
//! The tests do a few rounds; the drill itself, with figures at its end:
//!
//! ```text
//! CERTREG_DRILL_ROUNDS=200 cargo test --test drill_kill -- --nocapture
//! ```
//!
//! Writers never know what became of a request that was cut off: they send the same bytes again, as suppliers would.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    thread,
    time::{Duration, Instant as Stopwatch},
};

use common::{
    drill::{self, Scene, Seen, Server, agent, answer, below, under_load},
    ledger::{check, git},
};

const WRITERS: usize = 16;
const ROUNDS: u64 = 10;
/// A kill comes within this long after the first acknowledgement of a round.
const WITHIN_MS: u64 = 400;

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_there_when_the_server_is_killed_at_any_instant() {
    let rounds = drill::rounds("CERTREG_DRILL_ROUNDS", ROUNDS);
    let begun = Stopwatch::now();
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(WRITERS);
    let seen = Seen::default();
    let mut slowest_start = Duration::ZERO;
    for _ in 0..rounds {
        let starting = Stopwatch::now();
        let mut server = Server::start(&scene.data);
        slowest_start = slowest_start.max(starting.elapsed());
        under_load(&mut server, &mut suppliers, &seen, |server| {
            thread::sleep(Duration::from_millis(below(WITHIN_MS)));
            server.kill();
        });
        // A git that packs outlives the server until the next start; what it moves meanwhile would look damaged.
        drill::until_nobody_packs(&scene.data);
        git(&scene.data, &["fsck", "--full", "--strict"]);
    }
    let seen = seen.into_inner().unwrap();
    assert!(!seen.is_empty());
    let figures = check(&scene.data, &suppliers, &seen);
    println!(
        "{rounds} kills under {WRITERS} writers in {:.0?}: {figures}; slowest start {slowest_start:.1?}",
        begun.elapsed()
    );
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_it_took_and_leaves_nothing_to_repair() {
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(WRITERS);
    let seen = Seen::default();
    let mut server = Server::start(&scene.data);
    let waiting = format!("{}/v1/changes?after=9000000&wait=28", server.base);
    let waited = thread::scope(|scope| {
        let waiting = scope.spawn(move || answer(agent().get(waiting).call()));
        let (status, took) = under_load(&mut server, &mut suppliers, &seen, |server| {
            thread::sleep(Duration::from_millis(200));
            server.stop()
        });
        assert!(status.success(), "{status}");
        assert!(took < Duration::from_secs(15), "{took:?}");
        waiting.join().unwrap()
    });
    let (status, page) = waited.expect("whoever waits is answered");
    assert_eq!((status, page["items"].as_array().map(Vec::len)), (200, Some(0)), "{page:#}");
    assert!(scene.data.join("clean").exists(), "a clean stop");
    let figures = check(&scene.data, &suppliers, &seen.into_inner().unwrap());
    println!("told to stop under {WRITERS} writers: {figures}");
}
