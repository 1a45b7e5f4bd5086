//! Locks, markers, leftovers, and finding the sequence.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::store::Head;

#[test]
fn a_second_store_on_the_same_folder_is_refused_and_the_first_unaffected() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut first = open(data.path()).expect("a registry");
    let error = open(data.path()).err().expect("locked");
    assert!(matches!(&error, StoreError::InUse(_)), "{error}");
    assert!(error.to_string().contains("stop it first"), "{error}");
    first.append(&group(1), &sign).expect("the first goes on");
    first.close().expect("a clean stop");
    open(data.path()).expect("free again");
}

#[test]
fn a_registry_is_made_in_a_private_empty_folder_only() {
    let parent = tempfile::tempdir().expect("a folder");
    let data = parent.path().join("new/data");
    let store = Store::init(&data, &registry()).expect("a new folder");
    assert_eq!(std::fs::metadata(&data).expect("made").permissions().mode() & 0o777, 0o700);
    assert_eq!(store.head(), None);
    assert_eq!(store.replay(None).count(), 0);
    drop(store);
    assert_eq!(open(&data).expect("an empty registry opens").head(), None);
    assert!(matches!(Store::init(&data, &registry()).err(), Some(StoreError::NotEmpty(_))));
    assert!(matches!(open(parent.path()).err(), Some(StoreError::NoRegistry(_))));
}

#[test]
fn leftovers_of_a_killed_writer_are_removed() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let leftovers = [
        "staging/pack-0000.pack",
        "registry.git/refs/heads/main.lock",
        "registry.git/HEAD.lock",
        "registry.git/packed-refs.lock",
        "registry.git/objects/pack/tmp_pack_abc",
        "registry.git/objects/pack/.tmp-1-pack-abc.idx",
        "registry.git/objects/pack/multi-pack-index.lock",
        "registry.git/objects/info/commit-graphs/commit-graph-chain.lock",
    ];
    for file in leftovers {
        let file = data.path().join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, "half").expect("written");
    }
    let mut store = open(data.path()).expect("a registry");
    for file in leftovers {
        assert!(!data.path().join(file).exists(), "{file}");
    }
    store.append(&group(1), &sign).expect("nothing blocks publishing");
}

#[test]
fn the_sequence_is_found_from_the_marker_from_what_is_known_and_by_counting() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    let appended = store.append(&group(30), &sign).expect("a pack");
    let head = store.head();
    assert_eq!(head.as_ref().map(|head| head.sequence), Some(30));
    store.close().expect("a clean stop");

    let store = open(data.path()).expect("with the marker");
    assert_eq!(store.head(), head);
    assert!(!data.path().join("clean").exists(), "the marker is gone while the store is open");
    kill(store);
    kill(open(data.path()).inspect(|store| assert_eq!(store.head(), head)).expect("with the hint"));
    std::fs::remove_file(data.path().join("last-clean")).expect("a hint");
    kill(open(data.path()).inspect(|store| assert_eq!(store.head(), head)).expect("by counting"));
    let tenth = &appended[9];
    let known = Head { commit: tenth.commit, sequence: tenth.sequence, time: tenth.time };
    let store = Store::open(data.path(), &registry(), Some(known.clone())).expect("with what is known");
    assert_eq!(store.head(), head);

    let after: Vec<_> = store.replay(Some(&known)).map(|commit| commit.expect("sound").appended()).collect();
    assert_eq!(after, appended[10..]);
    assert_eq!(store.replay(store.head().as_ref()).count(), 0);
    let elsewhere = Head { commit: tenth.files[0].object, ..known };
    let mut lost = store.replay(Some(&elsewhere));
    assert!(matches!(lost.next(), Some(Err(StoreError::NotOnMain(_)))));
    assert!(lost.next().is_none());
}

#[test]
fn readers_in_other_threads_see_what_is_appended_later() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    let reader = store.reader();
    let genesis = store.replay(None).next().expect("genesis").expect("sound");
    assert_eq!(reader.blob(&genesis.files[0].object).expect("there"), b"{}\n");
    for size in [1, 20] {
        let mut group = group(size);
        group.iter_mut().for_each(|entry| entry.time = instant(100));
        group[0].files.push((path("size"), size.to_string().into_bytes().into()));
        let appended = store.append(&group, &sign).expect("appended");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for file in appended.iter().flat_map(|commit| &commit.files) {
                        let bytes = reader.blob(&file.object).expect("there");
                        assert_eq!(crate::domain::digest::Digest::of(&bytes), file.digest);
                    }
                });
            }
        });
    }
}
