//! Commits become rows, wholly or not at all.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::{
    domain::standing::CaseState,
    index::{Beside, CaseFilter, CaseProgress, CertificationFilter, IndexError, IndexedHead, Told},
};

#[test]
fn rows_and_head_appear_together_or_not_at_all() {
    let mut world = World::full();
    let (_folder, index) = world.indexed();
    let head = |index: &Index| index.head().expect("a readable index").expect("commits");
    let before = head(&index);
    assert_eq!(before, IndexedHead { commit: world.commits[13].commit.clone(), sequence: 13, time: at(60) });

    world.publish(&id("acme/lms"), |draft| set(draft, "q3.1", Code::Amber, "No."));
    world.publish(&id("acme/lms"), |draft| draft.version = 99);
    let error = index.apply(&world.commits[14..], &world).expect_err("the second makes no sense");
    assert!(matches!(&error, IndexError::Underivable { sequence: 15, .. }), "{error}");
    assert_eq!(head(&index), before);
    assert_eq!(index.version(&id("acme/lms"), 5).expect("readable"), None);

    index.apply(&world.commits[14..15], &world).expect("the first is good");
    assert_eq!(head(&index).sequence, 14);
    assert!(index.version(&id("acme/lms"), 5).expect("readable").is_some());
}

#[test]
fn readers_go_on_while_commits_are_taken_in() {
    let world = World::full();
    let (_folder, index) = World::new().indexed();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let index = index.clone();
                scope.spawn(move || {
                    let mut seen = 3;
                    while seen < 13 {
                        let now = index.latest_sequence().expect("readable").expect("commits");
                        assert!(now >= seen, "{now} after {seen}");
                        seen = now;
                        // Whatever the head says is there, rows included.
                        let event = index.event(now).expect("readable").expect("the head's event");
                        let version = event.certification.zip(event.version);
                        assert!(version.is_none_or(|(id, n)| index.version(&id, n).is_ok_and(|row| row.is_some())));
                    }
                })
            })
            .collect();
        for commit in &world.commits[4..] {
            index.apply(std::slice::from_ref(commit), &world).expect("good commits");
        }
        readers.into_iter().for_each(|reader| reader.join().expect("no reader fails"));
    });
}

#[test]
fn only_the_next_commit_is_taken() {
    let world = World::full();
    let (_folder, index) = world.indexed();
    let error = index.apply(&world.commits[13..], &world).expect_err("known already");
    assert!(matches!(error, IndexError::NotNext { expected: 14, found: 13 }), "{error}");
    let mut later = world.commits[13].clone();
    later.sequence = 15;
    assert!(matches!(index.apply(&[later], &world), Err(IndexError::NotNext { expected: 14, found: 15 })));
    let mut earlier = world.commits[13].clone();
    (earlier.sequence, earlier.time) = (14, at(0));
    let error = index.apply(&[earlier], &world).expect_err("time runs backwards");
    assert!(error.to_string().contains("its time lies before"), "{error}");
    index.apply(&[], &world).expect("nothing to do");
}

#[test]
fn what_does_not_fit_its_place_is_refused() {
    let refusal = |spoil: &dyn Fn(&mut World)| {
        let mut world = World::full();
        let (_folder, index) = world.indexed();
        spoil(&mut world);
        index.apply(&world.commits[14..], &world).expect_err("spoilt").to_string()
    };
    let lms = id("acme/lms");
    let said = refusal(&|world| {
        let draft = world.draft(&id("acme/other"), |_| {});
        world.commit_signed(paths::document(&lms).as_str(), &v1::certification::write(&draft));
    });
    assert!(said.contains("the file is about acme/other"), "{said}");
    let said = refusal(&|world| {
        world.publish(&lms, |draft| draft.previous = Some(person("nobody")));
    });
    assert!(said.contains("version 5 must come next"), "{said}");
    let said = refusal(&|world| {
        world.publish(&lms, |draft| draft.edition.digest = person("nobody"));
    });
    assert!(said.contains("edition form-1 has another digest"), "{said}");
    let said = refusal(&|world| world.publish_edition(&edition("form-1", &["q3.1"])));
    assert!(said.contains("never changes once published"), "{said}");
    let said = refusal(&|world| world.publish_ring("acme", 4, "enrol", KEY));
    assert!(said.contains("does not follow"), "{said}");
    let said = refusal(&|world| world.publish_ring("other", 1, "enrol", KEY));
    assert!(said.contains("one role of one supplier"), "{said}");
    let said = refusal(&|world| world.commit(&[("suppliers/ac/acme/lms.case/00002.json", b"{\n}\n")]));
    assert!(said.contains("cannot be read"), "{said}");
    let said = refusal(&|world| world.commit(&[("suppliers/ac/acme/lms.case/00003.json", b"{}")]));
    assert!(said.contains("missing from its own submission"), "{said}");
    let said = refusal(&|world| world.commit(&[("suppliers/ac/acme/lms.json", b"{\n}\n")]));
    assert!(said.contains("cannot be read"), "{said}");
    let said = refusal(&|world| {
        world.publish(&lms, |_| {});
        let object = world.commits[14].files[0].object.clone();
        world.blobs.insert(object, b"altered".to_vec());
    });
    assert!(said.contains("its bytes are not those of sha256:"), "{said}");
}

#[test]
fn rebuilding_replaces_any_file_and_reports_progress() {
    let world = World::full();
    let (_folder, path) = place();
    std::fs::write(&path, b"not a database").expect("a writable folder");
    let mut heard = Vec::new();
    let commits = world.commits.iter().cloned().map(Ok::<_, Infallible>);
    let index = Index::rebuild(&path, commits, &world, &mut |done| heard.push(done)).expect("good commits");
    assert_eq!(heard, [14]);
    assert_eq!(index.latest_sequence().expect("readable"), Some(13));
    index.check_whole().expect("a sound file");
    drop(index);

    let broken = [Ok(world.commits[0].clone()), Err("the disk is gone")].into_iter();
    let error = Index::rebuild(&path, broken, &world, &mut |_| {}).expect_err("no more commits");
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    let kept = Index::open(&path).expect("the old file is as it was");
    assert_eq!(kept.latest_sequence().expect("readable"), Some(13));
}

#[test]
fn a_rebuild_takes_the_bytes_that_it_is_handed_if_they_are_the_right_ones() {
    let world = World::full();
    let (_folder, index) = world.indexed();
    let (_other, path) = place();
    let told = |bytes: &dyn Fn(&str) -> Vec<u8>| -> Vec<Result<Told, Infallible>> {
        let handed = |commit: &CommitFacts| commit.files.iter().map(|file| bytes(&file.object)).collect();
        world.commits.iter().map(|commit| Ok(Told::with_bytes(commit.clone(), handed(commit)))).collect()
    };
    let nothing = World::default();
    let right = told(&|object| world.blobs[object].clone());
    let rebuilt = Index::build_beside(&path, right.into_iter(), &nothing).expect("nothing else is needed");
    assert_eq!(index.differences(&rebuilt).expect("readable"), Vec::<String>::new());
    drop(rebuilt);

    let wrong = || told(&|_| b"altered".to_vec()).into_iter();
    let error = Index::build_beside(&path, wrong(), &nothing).expect_err("wrong bytes").to_string();
    assert!(error.contains("there is no such blob"), "{error}");
    let rebuilt = Index::build_beside(&path, wrong(), &world).expect("the right ones are in the repository");
    assert_eq!(index.differences(&rebuilt).expect("readable"), Vec::<String>::new());
}

/// One step of a made-up history.
#[derive(Debug, Clone)]
enum Step {
    Version { service: usize, question: usize, code: usize, words: u8 },
    Supplier(u8),
    Case { service: usize, kind: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3usize, 0..3usize, 0..3usize, 0..3u8)
            .prop_map(|(service, question, code, words)| Step::Version { service, question, code, words }),
        1 => (0..9u8).prop_map(Step::Supplier),
        3 => (0..3usize, 0..5usize).prop_map(|(service, kind)| Step::Case { service, kind }),
    ]
}

fn walk(steps: &[Step]) -> World {
    let mut world = World::new();
    for step in steps {
        match step {
            Step::Version { service, question, code, words } => {
                let id = id(["acme/lms", "acme/vle", "beta/lms"][*service]);
                let question = ["q3.1", "q3.2", "q3.10"][*question];
                world.publish(&id, |draft| set(draft, question, Code::ALL[*code], &format!("Answer {words}.")));
            }
            Step::Supplier(name) => world.publish_supplier("acme", &[&format!("Acme {name}")]),
            Step::Case { service, kind } => {
                let id = id(["acme/lms", "acme/vle", "beta/lms"][*service]);
                if world.documents.contains_key(&id) {
                    let newest = world.statements.get(&id).map_or(person("nobody"), |(_, digest)| *digest);
                    match kind {
                        0 => world.challenge(&id),
                        kind => drop(world.state(&id, matter(*kind, newest))),
                    }
                }
            }
        }
    }
    world
}

/// What a statement does; some reply to nothing that is open.
fn matter(kind: usize, in_reply_to: crate::domain::Digest) -> Matter {
    let ends_on = "2023-11-25".parse().expect("a day");
    match kind {
        1 => Matter::Withdrawal { reasons: Vec::new() },
        2 => Matter::Reinstatement { in_reply_to },
        3 => Matter::Resolution { in_reply_to, outcome: crate::domain::case::ResolutionOutcome::NotUpheld },
        _ => Matter::Closure { ends_on, data_deleted_by: None, reasons: Vec::new() },
    }
}

/// What lists say of cases is what the standing says.
fn assert_cases_are_listed_as_they_stand(index: &Index, now: Instant) {
    let today = now.day_in_london();
    for name in ["acme/lms", "acme/vle", "beta/lms"] {
        let standing = index.case_history(&id(name)).expect("readable").standing(now);
        let listed = |progress| {
            let filter = CaseFilter { certification: Some(id(name)), kind: None, progress };
            let cases = index.cases(&filter, today, 0, usize::MAX).expect("readable");
            cases.into_iter().map(|(_, sequence)| sequence).collect::<Vec<u64>>()
        };
        let told = |wanted: &dyn Fn(CaseState) -> bool| {
            let cases = standing.cases.iter().filter(|case| wanted(case.state(today)));
            cases.map(|case| case.opening.sequence).collect::<Vec<u64>>()
        };
        assert_eq!(listed(None), told(&|_| true));
        assert_eq!(listed(Some(CaseProgress::Open)), told(&|state| state != CaseState::Closed));
        assert_eq!(listed(Some(CaseProgress::Overdue)), told(&|state| state == CaseState::Overdue));
        assert_eq!(listed(Some(CaseProgress::Answered)), told(&|state| state == CaseState::Answered));
        let withdrawn = CertificationFilter { beside: Some((Beside::Withdrawn, today)), ..Default::default() };
        let withdrawn = index.certifications(&withdrawn, None, 100).expect("readable");
        let is_listed = withdrawn.iter().any(|row| row.current.publication.certification == id(name));
        assert_eq!(is_listed, standing.withdrawal().is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rebuilding_gives_the_same_as_indexing_step_by_step(
        steps in proptest::collection::vec(step(), 0..30), group in 1..5usize,
    ) {
        let world = walk(&steps);
        let (folder, path) = place();
        let index = Index::open(&path).expect("an empty index");
        for commits in world.commits.chunks(group) {
            index.apply(commits, &world).expect("good commits");
        }
        let rebuilt = world.rebuilt(&folder.path().join("other.sqlite"));
        prop_assert_eq!(rebuilt.differences(&index).expect("readable"), Vec::<String>::new());
        for days in [0, 20, 60] {
            assert_cases_are_listed_as_they_stand(&index, at(300).plus_seconds(days * 86_400));
        }
        // What answers, counts and lists by colour say is what the current documents say.
        let mut listed = 0;
        for row in index.certifications(&Default::default(), None, 100).expect("readable") {
            let current = &row.current.publication;
            let document = &world.blobs[&row.current.object];
            let document = v1::stored(document, v1::certification::read).expect("a document").value;
            let said = |answer: &crate::index::AnswerRow| match answer.answer {
                crate::domain::AnswerId::Question(id) => document.responses[&id].code,
                crate::domain::AnswerId::Support(_) => None,
            };
            let answers = index.answers(&current.certification).expect("readable");
            prop_assert_eq!(answers.len(), document.responses.len() + document.support.len());
            prop_assert!(answers.iter().all(|answer| answer.code == said(answer)));
            prop_assert_eq!(row.counts.iter().sum::<u32>() as usize, document.responses.len());
            for answer in &answers {
                let filter = answer.code.map(|code| crate::index::CertificationFilter {
                    answer: Some((answer.answer, code)),
                    supplier: Some(current.certification.supplier.clone()),
                    ..Default::default()
                });
                let Some(filter) = filter else { continue };
                let found = index.certifications(&filter, None, 100).expect("readable");
                prop_assert!(found.contains(&row));
                listed += 1;
            }
        }
        let all: i64 = index.one("SELECT count(*) FROM answered", [], |row| row.raw()).expect("readable").unwrap();
        prop_assert_eq!(all, listed);
    }
}
