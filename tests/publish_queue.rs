//! Many that publish at once: each stands or falls alone, in one order, and nothing is lost.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::BTreeSet, process::Command, sync::Barrier, thread, time::Duration};

use axum::{body::Body, http::Method};
use certreg::{
    domain::Draft,
    registry::{ErrorKind, RegistryError, publish::Published},
    signing::Namespace,
};
use common::{
    fixture::{Fixture, supplier},
    http::{as_json, ask, request},
    registry::{MadeUp, supplier_record},
};
use serde_json::json;

const CLOUD: &str = "example-learning/example-cloud";
const WRITERS: usize = 64;

/// Publishes all drafts at the same time, each from a thread of its own.
fn at_once(fixture: &Fixture, drafts: &[Draft]) -> Vec<Result<Published, RegistryError>> {
    let together = Barrier::new(drafts.len());
    thread::scope(|scope| {
        let publish = |draft: &Draft| {
            let submission = fixture.submission(draft);
            let (id, together) = (draft.certification_id(), &together);
            scope.spawn(move || {
                together.wait();
                fixture.registry.publish(&id, submission)
            })
        };
        let writers: Vec<_> = drafts.iter().map(publish).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

/// Git itself finds the repository whole, and one line of commits.
fn whole_and_linear(fixture: &Fixture, commits: u64) {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.arg("--git-dir").arg(fixture.data.join("registry.git")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["fsck", "--full", "--strict"]);
    assert_eq!(git(&["rev-list", "--count", "main"]).trim(), commits.to_string());
    assert_eq!(git(&["rev-list", "--min-parents=2", "main"]), "");
}

#[test]
fn of_64_writers_on_one_certification_one_wins_each_version_and_the_rest_are_told_the_current_one() {
    let fixture = Fixture::new();
    let before = fixture.sequence();
    let mut base = fixture.draft(CLOUD);
    for version in 1..=2 {
        let other = |writer: usize| Draft { service_name: format!("Cloud {version} of {writer}"), ..base.clone() };
        let results = at_once(&fixture, &(0..WRITERS).map(other).collect::<Vec<_>>());
        let won: Vec<&Published> = results.iter().flatten().collect();
        assert_eq!(won.len(), 1, "exactly one wins");
        let current = &won[0].version.publication;
        assert_eq!(current.version, version);
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            assert_eq!((error.kind, error.code), (ErrorKind::Conflict, "version-conflict"));
            assert_eq!(error.current, Some((version, current.digest)), "{}", error.detail);
        }
        base = fixture.next(CLOUD);
    }
    assert_eq!(fixture.sequence(), before + 2);
    whole_and_linear(&fixture, before + 3);
}

/// The same through the server.
#[tokio::test(flavor = "multi_thread")]
async fn of_64_who_send_the_same_version_over_http_one_gets_201_and_the_rest_409_naming_the_current_version() {
    let made_up = MadeUp::new();
    let router = certreg::server::router(made_up.registry.clone());
    for version in 1..=2 {
        let draft = if version == 1 { made_up.draft() } else { made_up.next() };
        let sent = (0..WRITERS).map(|writer| {
            let draft = Draft { service_name: format!("Cloud {version} of {writer}"), ..draft.clone() };
            let path = format!("/v1/certifications/{}/versions", draft.certification_id());
            let body = Body::from(as_json(&made_up.submission(&draft)).to_string());
            let post = request(Method::POST, &path, &[("content-type", "application/json")], body);
            tokio::spawn(ask(router.clone(), post))
        });
        let (mut won, mut lost) = (Vec::new(), Vec::new());
        for answer in sent.collect::<Vec<_>>() {
            let answer = answer.await.unwrap();
            if answer.status.as_u16() == 201 { won.push(answer.json()) } else { lost.push(answer) }
        }
        assert_eq!((won.len(), lost.len()), (1, WRITERS - 1), "exactly one wins");
        assert_eq!(won[0]["version"], version);
        for answer in lost {
            let problem = answer.problem(409, "version-conflict");
            assert_eq!(problem["current_version"], version);
            assert_eq!(problem["current_digest"], won[0]["digest"]);
        }
    }
}

#[test]
fn of_64_writers_on_64_certifications_all_succeed_in_few_groups_each_with_its_own_commit_and_receipt() {
    let fixture = Fixture::new();
    let before = fixture.sequence();
    let groups_before = fixture.registry.write_figures().groups;
    let mut drafts: Vec<Draft> =
        (0..WRITERS).map(|writer| fixture.draft(&format!("example-learning/service-{writer}"))).collect();
    // Among them some that must fail, and make nobody else fail.
    drafts[7].completed_on = Some("2031-01-01".parse().unwrap());
    drafts[40].version = 3;
    let results = at_once(&fixture, &drafts);
    let mut sequences = BTreeSet::new();
    for (writer, result) in results.iter().enumerate() {
        match (writer, result) {
            (7, Err(error)) => assert_eq!(error.code, "document-rules"),
            (40, Err(error)) => assert!(error.kind == ErrorKind::Conflict || error.kind == ErrorKind::Invalid),
            (_, result) => {
                let published = result.as_ref().unwrap_or_else(|error| panic!("writer {writer}: {error}"));
                assert_eq!(published.receipt.index, published.version.publication.sequence);
                assert!(published.receipt.leaf.contains(&published.receipt.commit), "{}", published.receipt.leaf);
                sequences.insert(published.receipt.index);
            }
        }
    }
    assert_eq!(sequences, (before + 1..=before + 62).collect(), "one commit each, without gaps");
    let figures = fixture.registry.write_figures();
    let groups = figures.groups - groups_before;
    assert!((2..40).contains(&groups), "62 commits in {groups} groups");
    assert_eq!(figures.by_size[6], 0, "no group has more than 32");
    assert_eq!((figures.waiting, figures.turned_away, figures.sync_errors), (0, 0, 0));
    whole_and_linear(&fixture, before + 63);
    let receipts: Vec<_> = results.iter().flatten().map(|published| published.receipt.clone()).collect();
    let fixture = fixture.reopened();
    for receipt in receipts {
        assert_eq!(fixture.registry.receipt(receipt.index).unwrap(), receipt, "the same for ever");
    }
}

#[test]
fn the_same_bytes_sent_by_many_at_once_are_published_once_and_all_get_the_same_receipt() {
    let fixture = Fixture::new();
    let before = fixture.sequence();
    let results = at_once(&fixture, &vec![fixture.draft(CLOUD); 16]);
    let published: Vec<Published> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(published.iter().filter(|published| !published.already).count(), 1);
    assert!(published.iter().all(|other| other.receipt == published[0].receipt));
    assert_eq!(fixture.sequence(), before + 1);
}

#[test]
fn everything_that_writes_goes_through_the_same_queue() {
    let fixture = Fixture::new();
    let before = fixture.sequence();
    thread::scope(|scope| {
        for writer in 0..12 {
            let fixture = &fixture;
            scope.spawn(move || match writer % 3 {
                0 => fixture.register(&format!("example-new-{writer}"), "Example New Ltd", false),
                1 => drop(fixture.publish(&fixture.draft(&format!("example-learning/service-{writer}")))),
                _ => drop(fixture.registry.keep_checkpoint().unwrap()),
            });
        }
    });
    assert_eq!(fixture.sequence(), before + 8);
    whole_and_linear(&fixture, before + 9);
}

#[test]
fn a_registry_that_stops_finishes_what_waits_and_takes_nothing_more() {
    let fixture = Fixture::new();
    let before = fixture.sequence();
    let drafts: Vec<Draft> =
        (0..16).map(|writer| fixture.draft(&format!("example-learning/service-{writer}"))).collect();
    let (results, _) = thread::scope(|scope| {
        let writers = scope.spawn(|| at_once(&fixture, &drafts));
        let stop = scope.spawn(|| {
            while fixture.registry.write_figures().waiting == 0 && fixture.sequence() == before {
                thread::yield_now();
            }
            fixture.registry.stop_writing();
        });
        (writers.join().unwrap(), stop.join().unwrap())
    });
    let stored: BTreeSet<u64> = results.iter().flatten().map(|published| published.receipt.index).collect();
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!((error.kind, error.code), (ErrorKind::Unavailable, "stopping"));
    }
    assert!(!stored.is_empty());
    assert_eq!(fixture.registry.level_sequence().map_err(|error| error.code), Err("stopping"));
    let refused: Vec<Draft> =
        results.iter().zip(&drafts).filter(|(result, _)| result.is_err()).map(|(_, draft)| draft.clone()).collect();
    let fixture = fixture.reopened();
    assert_eq!(stored, (before + 1..=fixture.sequence()).collect(), "what was acknowledged is there, and nothing else");
    for draft in refused {
        assert!(!fixture.publish(&draft).already, "what was refused was not stored");
    }
}

#[test]
fn somebody_else_who_writes_to_the_repository_stops_the_writing_and_readiness_says_so() {
    let fixture = Fixture::new();
    let main = fixture.data.join("registry.git/refs/heads/main");
    let good = std::fs::read(&main).unwrap();
    let (_, _, files) = fixture.registry.index().commit(1).unwrap().unwrap();
    assert!(!files.is_empty());
    let other = fixture.registry.receipt(1).unwrap().commit;
    std::fs::write(&main, format!("{other}\n")).unwrap();
    for service in ["one", "two"] {
        let draft = fixture.draft(&format!("example-learning/{service}"));
        let error = fixture.registry.publish(&draft.certification_id(), fixture.submission(&draft)).unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Unavailable, "writing-stopped"), "{error}");
        assert!(error.detail.contains("restarted"), "{error}");
    }
    assert_eq!(fixture.registry.level_sequence().map_err(|error| error.code), Err("writing-stopped"));
    let fixture = fixture.reopened_after(|| std::fs::write(&main, good).unwrap());
    fixture.publish(&fixture.draft(CLOUD));
}

/// Somebody holds the index's file, so that the first submission does not come to its end while others come.
#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::disallowed_types, reason = "the test stands in for whatever keeps the writer busy")]
async fn a_full_queue_is_told_with_503_and_when_to_come_again() {
    let made_up = MadeUp::new();
    let id = supplier("example-crowd");
    let file = made_up.by_department(Namespace::Keys, &supplier_record(&id, false));
    let body = json!({"document": String::from_utf8(file.document.clone()).unwrap(), "signature": &file.signature});
    let router = certreg::server::router(made_up.registry.clone());
    let blocker = rusqlite::Connection::open(made_up.folder.path().join("data/index.sqlite")).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    // One at work and 256 that wait; the server itself would turn some of so many away before they came this far.
    let crowd: Vec<_> = (0..257)
        .map(|_| {
            let (registry, id, file) = (made_up.registry.clone(), id.clone(), file.clone());
            thread::spawn(move || registry.put_supplier(&id, file))
        })
        .collect();
    while made_up.registry.write_figures().waiting < 256 {
        thread::sleep(Duration::from_millis(5));
    }
    let json = [("content-type", "application/json")];
    let request = request(Method::PUT, "/v1/suppliers/example-crowd", &json, Body::from(body.to_string()));
    let answer = ask(router, request).await;
    blocker.execute_batch("ROLLBACK").unwrap();
    answer.problem(503, "queue-full");
    assert_eq!(answer.header("retry-after"), "5");
    let accepted: Vec<_> = crowd.into_iter().map(|one| one.join().unwrap().unwrap()).collect();
    assert_eq!(accepted.iter().filter(|accepted| !accepted.already).count(), 1, "stored once");
    assert_eq!(made_up.registry.write_figures().turned_away, 1);
    assert!(made_up.registry.index().supplier(&id).unwrap().is_some());
}
