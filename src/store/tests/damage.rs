//! Damaged files give an error in bounded time: never a hang, a crash or other bytes.

use std::{sync::mpsc, time::Duration};

use super::*;
use crate::{
    domain::digest::Digest,
    store::{Appended, ObjectId, Reader, object::Kind},
};

/// Fails the test, rather than hanging with it, when `work` does not come back.
fn within_ten_seconds<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(work()));
    receive.recv_timeout(Duration::from_secs(10)).expect("an answer in bounded time")
}

fn blob(reader: &Reader, id: ObjectId) -> Result<Vec<u8>, StoreError> {
    let reader = reader.clone();
    within_ten_seconds(move || reader.blob(&id))
}

fn loose_path(data: &Path, id: &ObjectId) -> PathBuf {
    let hex = id.to_string();
    data.join("registry.git/objects").join(&hex[..2]).join(&hex[2..])
}

fn long_text() -> String {
    (0..2_000).map(|n| format!("line {n} of a document\n")).collect()
}

fn registry_with_a_document(data: &Path) -> (Store, Appended) {
    with_genesis(data);
    let mut store = open(data).expect("a registry");
    let appended = store.append(&[entry(1, &[("doc", &long_text())])], &sign).expect("appended").remove(0);
    (store, appended)
}

#[test]
fn a_loose_object_cut_anywhere_or_flipped_is_an_error_and_no_hang() {
    let data = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_with_a_document(data.path());
    let (reader, id) = (store.reader(), appended.files[0].object);
    let file = loose_path(data.path(), &id);
    let whole = std::fs::read(&file).expect("a loose object");
    let cuts = (0..whole.len()).step_by(whole.len() / 60).map(|cut| whole[..cut].to_vec());
    let flips = (0..whole.len()).step_by(whole.len() / 60).map(|at| {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        flipped
    });
    for (number, bytes) in cuts.chain(flips).enumerate() {
        overwrite(&file, &bytes);
        match blob(&reader, id) {
            Err(StoreError::Damaged { .. }) => {}
            // A few bits of a zlib stream mean nothing; then the bytes are right.
            Ok(read) => assert_eq!(read, long_text().into_bytes(), "damage {number}"),
            Err(other) => panic!("damage {number}: {other}"),
        }
    }
    overwrite(&file, &whole);
    assert_eq!(blob(&reader, id).expect("whole again"), long_text().into_bytes());
    std::fs::remove_file(&file).expect("there");
    assert!(matches!(blob(&reader, id), Err(StoreError::Missing(_))));
}

#[test]
fn another_object_under_the_name_or_of_another_kind_is_refused() {
    let data = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_with_a_document(data.path());
    let other = store.replay(None).next().expect("genesis").expect("sound").files[0].object;
    let id = appended.files[0].object;
    let bytes = std::fs::read(loose_path(data.path(), &other)).expect("a loose object");
    overwrite(&loose_path(data.path(), &id), &bytes);
    assert!(matches!(blob(&store.reader(), id), Err(StoreError::Damaged { .. })));
    assert!(matches!(blob(&store.reader(), appended.commit), Err(StoreError::Damaged { .. })));
    let by_digest = |text: &str| store.reader().blob_with(&id, Digest::of(text.as_bytes()));
    assert!(matches!(by_digest(&long_text()), Err(StoreError::Damaged { .. })), "another one lies there");
}

#[test]
fn a_digest_that_is_not_the_files_is_refused() {
    let data = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_with_a_document(data.path());
    let by_digest = |text: &str| store.reader().blob_with(&appended.files[0].object, Digest::of(text.as_bytes()));
    assert_eq!(by_digest(&long_text()).expect("sound"), long_text().into_bytes());
    assert!(matches!(by_digest("something else"), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_huge_object_is_refused_before_memory_is_taken() {
    let data = tempfile::tempdir().expect("a folder");
    let (store, _) = registry_with_a_document(data.path());
    let objects = gix_odb::loose::Store::at(data.path().join("registry.git/objects"), gix_hash::Kind::Sha1);
    let id = gix_object::Write::write_buf(&objects, Kind::Blob.to_gix(), &vec![0; 17 << 20]).expect("written");
    let id: ObjectId = id.to_string().parse().expect("an id");
    assert!(matches!(blob(&store.reader(), id), Err(StoreError::TooLarge { .. })));
}

#[test]
fn damaged_packs_and_indexes_give_errors_or_the_right_bytes() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    let appended = store.append(&group(20), &sign).expect("a pack");
    let ids: Vec<_> = appended.iter().map(|commit| (commit.files[1].object, commit.files[1].digest)).collect();
    store.close().expect("a clean stop");
    let packs = data.path().join("registry.git/objects/pack");
    let files: Vec<_> = std::fs::read_dir(&packs).expect("packs").map(|file| file.expect("an entry").path()).collect();
    assert_eq!(files.len(), 2, "one pack and its index");
    let objects = data.path().join("registry.git/objects");
    let mut refused = 0;
    for file in files {
        let whole = std::fs::read(&file).expect("a file");
        for at in (0..whole.len()).step_by(1 + whole.len() / 50) {
            for cut in [false, true] {
                let mut bytes = whole.clone();
                bytes[at] ^= 0x40;
                bytes.truncate(if cut { at } else { whole.len() });
                overwrite(&file, &bytes);
                let (reader, ids) = (Reader::open(&objects).expect("a folder"), ids.clone());
                let read = move || ids.into_iter().map(|(id, digest)| (reader.blob(&id), digest)).collect::<Vec<_>>();
                for (bytes, digest) in within_ten_seconds(read) {
                    match bytes {
                        Ok(bytes) => assert_eq!(crate::domain::digest::Digest::of(&bytes), digest),
                        Err(_) => refused += 1,
                    }
                }
            }
        }
        overwrite(&file, &whole);
    }
    assert!(refused > 50, "the damage was seen: {refused}");
}

#[test]
fn a_damaged_object_of_an_earlier_attempt_is_not_trusted_when_the_same_bytes_come_again() {
    let data = tempfile::tempdir().expect("a folder");
    with_genesis(data.path());
    let mut store = open(data.path()).expect("a registry");
    let text = long_text();
    let again = [entry(1, &[("doc", &text)])];
    let id = store.stage(&again, &sign).expect("staged").appended[0].files[0].object;
    let file = loose_path(data.path(), &id);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(&file, "").expect("a truncated object, as other software leaves it after a power cut");
    store.append(&again, &sign).expect("appended");
    assert_eq!(blob(&store.reader(), id).expect("sound"), text.into_bytes());
}

#[test]
fn after_an_unclean_stop_damage_in_the_newest_commits_is_found_before_serving() {
    let data = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_with_a_document(data.path());
    kill(store);
    let file = loose_path(data.path(), &appended.files[0].object);
    let whole = std::fs::read(&file).expect("a loose object");
    overwrite(&file, &whole[..whole.len() / 2]);
    let folder = data.path().to_owned();
    let error = within_ten_seconds(move || open(&folder).err()).expect("damage is found");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    overwrite(&file, &whole);
    open(data.path()).expect("whole again");
}

#[test]
fn a_head_that_cannot_be_read_is_found_even_after_a_clean_stop() {
    let data = tempfile::tempdir().expect("a folder");
    let (store, appended) = registry_with_a_document(data.path());
    let root = store.reader().commit(&appended.commit).expect("sound").text.tree;
    store.close().expect("a clean stop");
    for id in [appended.commit, root] {
        let file = loose_path(data.path(), &id);
        let whole = std::fs::read(&file).expect("a loose object");
        overwrite(&file, &whole[..40]);
        let folder = data.path().to_owned();
        let error = within_ten_seconds(move || open(&folder).err()).expect("damage is found");
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        overwrite(&file, &whole);
    }
    open(data.path()).expect("whole again");
}

#[test]
fn any_truncated_object_ends_a_replay_with_an_error() {
    let data = tempfile::tempdir().expect("a folder");
    let (store, _) = registry_with_a_document(data.path());
    for file in loose_files(data.path()) {
        let whole = std::fs::read(&file).expect("a loose object");
        overwrite(&file, &whole[..whole.len() * 2 / 3]);
        let replay = store.replay(None);
        let damaged = within_ten_seconds(move || replay.filter(Result::is_err).count());
        assert_eq!(damaged, 1, "{}", file.display());
        overwrite(&file, &whole);
    }
    assert_eq!(store.replay(None).filter(Result::is_ok).count(), 2);
}
