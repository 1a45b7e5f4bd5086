//! What the log remembers of what it has signed, over stops at the worst moments.

use super::*;
use crate::{domain::Instant, store::ObjectId};

const LOG_SEED: [u8; 32] = [4; 32];

fn appended(sequence: u64) -> Appended {
    let commit: ObjectId = format!("{sequence:040x}").parse().expect("an id");
    let time = Instant::from_unix_seconds(1_700_000_000).expect("an instant");
    Appended { sequence, commit, time, files: Vec::new() }
}

fn leaves(count: u64) -> Vec<[u8; 32]> {
    (0..count).map(|sequence| *leaf_of(&registry(), &appended(sequence)).as_bytes()).collect()
}

fn registry() -> RegistryId {
    "certreg.example".parse().expect("an id")
}

fn open(data: &Path, leaves: &[[u8; 32]]) -> std::result::Result<Log, &'static str> {
    let secret = SecretKey::from_seed(&LOG_SEED);
    let policy = Policy::of_log(verifier_key(&registry(), &secret).expect("a key")).expect("a policy");
    let opened = Log::open(data, &registry(), &secret, leaves, None, &policy).expect("the file is whole");
    opened.map_err(|mismatch| RegistryError::from(mismatch).code)
}

#[test]
fn a_group_that_a_power_cut_took_is_no_rollback_and_one_that_it_left_counts() {
    for survived in [0, 2] {
        let data = tempfile::tempdir().expect("a folder");
        let log = open(data.path(), &leaves(3)).expect("new");
        log.foretell(&[appended(3), appended(4)]).expect("written");
        assert_eq!(log.size(), 3, "nothing is signed for yet");
        assert!(log.checkpoint(4).is_err());
        drop(log);
        let log = open(data.path(), &leaves(3 + survived)).expect("neither is a rollback");
        assert_eq!(log.size(), 3 + survived);
        // From now on it is released, and must never go.
        drop(log);
        let again = open(data.path(), &leaves(2 + survived)).map(|_| ());
        assert_eq!(again, Err("repository-rolled-back"));
    }
}

#[test]
fn what_was_released_never_goes_or_changes() {
    let data = tempfile::tempdir().expect("a folder");
    let log = open(data.path(), &leaves(3)).expect("new");
    log.foretell(&[appended(3)]).expect("written");
    log.release();
    assert_eq!(log.size(), 4);
    drop(log);
    assert_eq!(open(data.path(), &leaves(3)).map(|_| ()), Err("repository-rolled-back"));
    let mut other = leaves(6);
    other[1] = [7; 32];
    assert_eq!(open(data.path(), &other).map(|_| ()), Err("history-differs"));
    assert_eq!(open(data.path(), &leaves(6)).map(|log| log.size()), Ok(6));
}

#[test]
fn a_group_that_failed_leaves_no_leaf_behind() {
    let data = tempfile::tempdir().expect("a folder");
    let log = open(data.path(), &leaves(1)).expect("new");
    log.foretell(&[appended(1), appended(2)]).expect("written");
    // The append failed; the next group begins where it began.
    let other = Appended { commit: "f".repeat(40).parse().expect("an id"), ..appended(1) };
    log.foretell(std::slice::from_ref(&other)).expect("written");
    log.release();
    assert_eq!(log.size(), 2);
    let mut expected = Tree::new();
    leaves(1).iter().for_each(|leaf| expected.push(Hash::from_bytes(*leaf)));
    expected.push(leaf_of(&registry(), &other));
    assert_eq!(log.checkpoint(2).expect("signed").checkpoint().root(), expected.root());
}

#[test]
fn a_power_cut_that_takes_a_note_leaves_no_note_of_a_group_that_failed_before() {
    let data = tempfile::tempdir().expect("a folder");
    let path = data.path().join(STATE_FILE);
    let log = open(data.path(), &leaves(1)).expect("new");
    log.foretell(&[appended(1)]).expect("written");
    let before = std::fs::read(&path).expect("readable");
    // That append failed. Another group of the same size lands, but the note of it never reaches the disk.
    let other = Appended { commit: "f".repeat(40).parse().expect("an id"), ..appended(1) };
    log.foretell(std::slice::from_ref(&other)).expect("written");
    drop(log);
    let mut cut = std::fs::read(&path).expect("readable");
    let generation = |at: usize| String::from_utf8_lossy(&cut[at..at + 40]).lines().nth(1).map(str::to_owned);
    let newest = if generation(0) > generation(4096) { 0 } else { 4096 };
    cut[newest..newest + 512].copy_from_slice(&before[newest..newest + 512]);
    std::fs::write(&path, cut).expect("written");
    let mut landed = leaves(1);
    landed.push(*leaf_of(&registry(), &other).as_bytes());
    assert_eq!(open(data.path(), &landed).map(|log| log.size()), Ok(2));
}
