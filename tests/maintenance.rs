//! Packing what has piled up, while others publish and read.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    process::Command,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use certreg::{domain::Draft, index::VersionRow};
use common::fixture::{Fixture, certification};

fn git(fixture: &Fixture, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("GIT_CONFIG_NOSYSTEM", "1");
    let output = git.arg("--git-dir").arg(fixture.data.join("registry.git")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Publishes first versions in groups large enough to become packs.
fn packs(fixture: &Fixture, count: usize, prefix: &str) {
    for pack in 0..count {
        let drafts = (0..8).map(|n| fixture.draft(&format!("example-learning/{prefix}-{pack}-{n}")));
        let group = drafts.map(|draft| (draft.certification_id(), fixture.submission(&draft))).collect();
        fixture.registry.publish_group(group).into_iter().for_each(|published| assert!(!published.unwrap().already));
    }
}

fn readable(fixture: &Fixture, row: &VersionRow) {
    let bytes = fixture.registry.bytes(&row.object, row.publication.digest).unwrap();
    assert!(bytes.len() > 1_000);
}

#[test]
fn publishing_and_reading_go_on_and_are_right_while_packs_are_exchanged() {
    let fixture = Fixture::new();
    packs(&fixture, 6, "before");
    let id = |n: usize| certification(&format!("example-learning/before-{}-{}", n / 8 % 6, n % 8));
    let early: Vec<VersionRow> = (0..48).map(|n| fixture.registry.version(&id(n), 1).unwrap()).collect();
    let (is_over, published) = (AtomicBool::new(false), AtomicU64::new(0));
    let before = fixture.sequence();
    thread::scope(|scope| {
        for writer in 0..3 {
            let (fixture, is_over, published) = (&fixture, &is_over, &published);
            scope.spawn(move || {
                for version in 1.. {
                    let id = format!("example-learning/during-{writer}");
                    let draft = if version == 1 { fixture.draft(&id) } else { fixture.next(&id) };
                    let draft = Draft { service_name: format!("Example {version}"), ..draft };
                    let done = fixture.publish(&draft);
                    assert_eq!(done.version.publication.version, version);
                    readable(fixture, &done.version);
                    published.fetch_add(1, Ordering::SeqCst);
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                early.iter().for_each(|row| readable(&fixture, row));
            }
        });
        // Wherever a thread fails, the others end.
        let rounds = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for round in 0..4 {
                let before = published.load(Ordering::SeqCst);
                let done = fixture.registry.maintain().unwrap();
                assert!(round > 0 || done.packs_before >= 6, "{done:?}");
                while published.load(Ordering::SeqCst) == before {
                    thread::yield_now();
                }
            }
        }));
        is_over.store(true, Ordering::SeqCst);
        rounds.unwrap();
    });
    let published = published.into_inner();
    assert_eq!(fixture.sequence(), before + published);
    let done = fixture.registry.maintain().unwrap();
    assert!(done.packs_after <= 3, "{done:?}");
    git(&fixture, &["fsck", "--full", "--strict"]);
    assert_eq!(git(&fixture, &["rev-list", "--count", "main"]).trim(), (before + 1 + published).to_string());
    assert!(git(&fixture, &["count-objects", "-v"]).starts_with("count: 0\n"), "nothing is left loose");
    let fixture = fixture.reopened();
    early.iter().for_each(|row| readable(&fixture, row));
    fixture.publish(&fixture.draft("example-learning/after"));
}

#[test]
fn maintenance_begins_by_itself_only_when_it_is_worth_its_time_and_never_while_stopping() {
    let fixture = Fixture::new();
    packs(&fixture, 2, "few");
    assert_eq!(fixture.registry.maintain_if_due().unwrap(), None);
    packs(&fixture, 48, "many");
    let done = fixture.registry.maintain_if_due().unwrap().expect("50 packs are many");
    assert_eq!((done.packs_before, done.packs_after), (50, 1));
    assert_eq!(fixture.registry.maintain_if_due().unwrap(), None);
    fixture.registry.stop_writing();
    let error = fixture.registry.maintain().unwrap_err();
    assert!(error.detail.contains("told to stop"), "{error}");
    let fixture = fixture.reopened();
    git(&fixture, &["fsck", "--full", "--strict"]);
    assert_eq!(fixture.registry.maintain().unwrap().packs_after, 1);
}
