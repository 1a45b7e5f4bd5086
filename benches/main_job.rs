//! How fast the main job runs: publishing durably, reading a known version, comparing neighbours.
//!
//! `cargo bench --bench main_job` prints medians and ratios measured in one run; quote the ratios, machines differ.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{
    hint::black_box,
    time::{Duration, Instant as Stopwatch},
};

use certreg::{compare, domain::Draft, registry::Registry};

#[path = "../tests/common/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;
mod stopwatch;
use fixture::{Fixture, certification};
use stopwatch::{measured, median, ratio};

const SHORT: &str = "example-learning/short-history";
const LONG: &str = "example-learning/long-history";
const SHORT_VERSIONS: u32 = 10;
const LONG_VERSIONS: u32 = 500;

fn main() {
    let fixture = Fixture::new();
    let published = fill(&fixture, SHORT, SHORT_VERSIONS);
    fill(&fixture, LONG, LONG_VERSIONS);
    println!("one durable publish, signed by two       {:>10.2?}  (median of {SHORT_VERSIONS})", median(published));

    let short = read(&fixture.registry, SHORT, 5);
    let long = read(&fixture.registry, LONG, 5);
    println!("read version 5 of {SHORT_VERSIONS:>4}                     {short:>10.2?}");
    println!("read version 5 of {LONG_VERSIONS:>4}                     {long:>10.2?}  ratio {:.2}", ratio(long, short));
    let as_of_short = as_of(&fixture.registry, SHORT);
    let as_of_long = as_of(&fixture.registry, LONG);
    println!("as of a day, {SHORT_VERSIONS:>4} versions              {as_of_short:>10.2?}");
    println!(
        "as of a day, {LONG_VERSIONS:>4} versions              {as_of_long:>10.2?}  ratio {:.2}",
        ratio(as_of_long, as_of_short)
    );

    let neighbours = comparison(&fixture.registry, LONG, 8, 9);
    println!("compare neighbouring versions, uncached  {neighbours:>10.2?}");
}

/// Publishes `count` versions, each with other words in one answer; gives how long each took.
fn fill(fixture: &Fixture, id: &str, count: u32) -> Vec<Duration> {
    let mut took = Vec::new();
    let publish = |draft: &Draft, took: &mut Vec<Duration>| {
        let submission = fixture.submission(draft);
        let watch = Stopwatch::now();
        fixture.registry.publish(&draft.certification_id(), submission).unwrap();
        took.push(watch.elapsed());
    };
    publish(&fixture.draft(id), &mut took);
    for version in 2..=count {
        let mut draft = fixture.next(id);
        let answer = draft.responses.values_mut().next().unwrap();
        answer.statement = vec![format!("Yes. Deleted within {version} days, and never later.")];
        publish(&draft, &mut took);
    }
    took
}

fn read(registry: &Registry, id: &str, version: u32) -> Duration {
    let id = certification(id);
    measured(|| {
        let row = registry.version(&id, version).unwrap();
        black_box(registry.bytes(&row.object, row.publication.digest).unwrap());
    })
}

fn as_of(registry: &Registry, id: &str) -> Duration {
    let id = certification(id);
    let now = registry.clock().now();
    measured(|| {
        black_box(registry.as_of(&id, now).unwrap());
    })
}

fn comparison(registry: &Registry, id: &str, from: u32, to: u32) -> Duration {
    let id = certification(id);
    let old = registry.with_content(registry.version(&id, from).unwrap()).unwrap();
    let new = registry.with_content(registry.version(&id, to).unwrap()).unwrap();
    measured(|| {
        black_box(compare::versions(old.side(), new.side()));
    })
}
