//! A stop after each step of appending leaves the group wholly absent or wholly present.

use super::*;
use crate::store::{Commit, land};

/// Does the first `steps` steps of `Store::append` and stops there.
fn append_until(store: &mut Store, group: &[Entry], steps: usize) {
    let staged = store.stage(group, &sign).expect("step 1: stage");
    if steps >= 2 {
        let landing = land::write(&store.folder, &staged, store.packs).expect("step 2: write");
        for step in 3..=steps {
            match step {
                3 | 5 | 7 => store.sync().expect("sync"),
                4 => landing.place().expect("place"),
                6 => store.move_main(&staged).expect("move"),
                _ => unreachable!("there are seven steps"),
            }
        }
    }
}

fn history(store: &Store) -> Vec<Commit> {
    store.replay(None).collect::<Result<_, _>>().expect("a sound history")
}

#[test]
fn a_stop_after_any_step_leaves_all_or_nothing_and_the_group_can_be_sent_again() {
    for size in [1, 3, 20] {
        for steps in 1..=7 {
            let data = tempfile::tempdir().expect("a folder");
            with_genesis(data.path());
            let mut store = open(data.path()).expect("a registry");
            append_until(&mut store, &group(size), steps);
            kill(store);

            let mut store = open(data.path()).expect("it opens after any stop");
            let there = history(&store).len() as i64 - 1;
            assert_eq!(there, if steps < 6 { 0 } else { size }, "{size} entries, stopped after step {steps}");
            assert!(!data.path().join("staging").exists(), "staging is emptied");
            let again = store.append(&group(size), &sign);
            if there == 0 {
                let appended = again.expect("what was not there can be sent again");
                let told: Vec<_> = history(&store).iter().skip(1).map(Commit::appended).collect();
                assert_eq!(told, appended);
            } else {
                assert!(
                    matches!(again, Err(StoreError::TimeWentBack { .. } | StoreError::NothingChanged)),
                    "{again:?}"
                );
            }
        }
    }
}

#[test]
fn placing_half_of_the_objects_harms_nothing() {
    for size in [1, 20] {
        let data = tempfile::tempdir().expect("a folder");
        with_genesis(data.path());
        let mut store = open(data.path()).expect("a registry");
        let staged = store.stage(&group(size), &sign).expect("a group");
        let mut landing = land::write(&store.folder, &staged, store.packs).expect("written");
        landing.keep_half();
        landing.place().expect("placed");
        kill(store);

        let mut store = open(data.path()).expect("it opens");
        assert_eq!(history(&store).len(), 1);
        store.append(&group(size), &sign).expect("the same again");
        assert_eq!(history(&store).len() as i64, 1 + size);
    }
}

#[test]
fn a_sync_error_stops_everything_until_a_restart() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    store.folder.break_sync();
    let error = store.append(&group(1), &sign).expect_err("no sync, no acknowledgement");
    assert!(matches!(error, StoreError::NotDurable(_)), "{error}");
    for _ in 0..2 {
        let error = store.append(&group(1), &sign).expect_err("still stopped");
        assert!(matches!(&error, StoreError::Stopped(reason) if reason.contains("disk")), "{error}");
    }
    assert!(store.close().is_err());
    assert!(!data.path().join("clean").exists(), "no clean-stop marker after a failure");

    let mut store = open(data.path()).expect("it opens");
    assert_eq!(history(&store).len(), 1);
    store.append(&group(1), &sign).expect("after the restart it works");
}

#[test]
fn a_ref_that_cannot_be_moved_refuses_the_group_and_no_more() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    let lock = data.path().join("registry.git/refs/heads/main.lock");
    std::fs::write(&lock, "").expect("a lock file");
    let error = store.append(&group(2), &sign).expect_err("locked");
    assert!(matches!(error, StoreError::Git { .. }), "{error}");
    assert_eq!(history(&store).len(), 1);
    std::fs::remove_file(&lock).expect("there");
    assert_eq!(store.append(&group(2), &sign).expect("free again").len(), 2);
}

#[test]
fn a_ref_moved_by_someone_else_stops_the_store() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    let genesis = store.head().expect("genesis").commit;
    store.append(&group(1), &sign).expect("one more");
    std::fs::write(data.path().join("registry.git/refs/heads/main"), format!("{genesis}\n")).expect("a ref");
    assert!(matches!(store.append(&group(2)[1..], &sign), Err(StoreError::HeadMoved { .. })));
    assert!(matches!(store.append(&group(2)[1..], &sign), Err(StoreError::Stopped(_))));

    // The same between staging and the compare-and-swap.
    drop(store);
    let mut store = open(data.path()).expect("it opens with the ref as it is");
    let staged = store.stage(&group(3), &sign).expect("staged");
    std::fs::remove_file(data.path().join("registry.git/refs/heads/main")).expect("a ref");
    assert!(matches!(store.move_main(&staged), Err(StoreError::HeadMoved { .. })));
}

#[test]
fn refuses_entries_that_are_no_submission_and_stores_nothing_of_the_group() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    store.append(&[entry(5, &[("a/b", "1"), ("c", "1")])], &sign).expect("good");
    let head = store.head();
    let good = entry(6, &[("good", "1")]);
    let big = "x".repeat((4 << 20) + 1);
    let refused = [
        (entry(4, &[("a/b", "2")]), "time must not go back"),
        (entry(7, &[]), "at least one file"),
        (entry(7, &[("x", "1"), ("x", "2")]), "no file twice"),
        (entry(7, &[("a/b", "1"), ("c", "1")]), "nothing would change"),
        (entry(7, &[("a", "1")]), "cannot be stored"),
        (entry(7, &[("c/d", "1")]), "cannot be stored"),
        (entry(7, &[("x", "1"), ("x/y", "1")]), "cannot be stored"),
        (entry(7, &[("big", &big)]), "more than the"),
        (Entry { message: String::new(), ..entry(7, &[("x", "1")]) }, "message"),
    ];
    for (bad, reason) in refused {
        let error = store.append(&[good.clone(), bad], &sign).expect_err(reason);
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(store.head(), head, "{reason}");
    }
    let error = store.append(std::slice::from_ref(&good), &|_| "no signature".to_owned()).expect_err("unsigned");
    assert!(matches!(error, StoreError::Signature), "{error}");
    assert!(store.append(&[], &sign).expect("no work").is_empty());
    store.append(&[good], &sign).expect("the store goes on");
}

#[test]
fn tells_only_the_files_that_changed_sorted_bytewise() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    store.append(&[entry(1, &[("a/x", "1"), ("a/y", "1")])], &sign).expect("good");
    let again = entry(2, &[("a0", "2"), ("a/y", "2"), ("a/x", "1"), ("a.b", "2")]);
    let appended = store.append(&[again], &sign).expect("good");
    let paths: Vec<_> = appended[0].files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["a.b", "a/y", "a0"]);
    assert_eq!(store.replay(None).last().expect("a commit").expect("sound").appended(), appended[0]);
    assert_eq!(store.read_at_head(&path("a/y")).expect("sound"), Some(b"2".to_vec()));
    assert_eq!(store.read_at_head(&path("a")).expect("sound"), None);
    assert_eq!(store.read_at_head(&path("no/such")).expect("sound"), None);
    let listed: Vec<_> = store.list_at_head("a").expect("sound").into_iter().map(|(path, _)| path).collect();
    assert_eq!(listed, [path("a/x"), path("a/y")]);
    assert_eq!(store.list_at_head("").expect("sound").len(), 5);
}

#[test]
fn with_too_many_packs_a_group_becomes_single_files() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    store.append(&group(8), &sign).expect("a pack");
    assert_eq!(store.packs(), 1);
    store.packs = 2_000;
    let later: Vec<_> = group(8).into_iter().map(|entry| Entry { time: instant(50), ..entry }).collect();
    let changed = later
        .iter()
        .map(|entry| Entry { files: vec![(path("more"), entry.message.clone().into_bytes().into())], ..entry.clone() });
    store.append(&changed.collect::<Vec<_>>(), &sign).expect("single files");
    assert_eq!(store.packs, 2_000);
    assert_eq!(store.folder.count_packs().expect("listed"), 1);
    assert_eq!(history(&store).len(), 17);
}
