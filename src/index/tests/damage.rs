//! A file that is not right is told, never believed.

use rusqlite::Connection;

use super::*;
use crate::index::IndexError;

fn refused(path: &std::path::Path) -> String {
    match Index::open(path) {
        Err(IndexError::Unusable(reason)) => reason,
        other => panic!("should be unusable: {other:?}"),
    }
}

#[test]
fn empty_foreign_and_older_files_are_unusable() {
    let (folder, path) = place();
    std::fs::write(&path, b"").expect("a writable folder");
    assert_eq!(refused(&path), "the file is empty");
    std::fs::write(&path, b"SQLite format 3\0 and then something else entirely".repeat(100)).expect("writable");
    refused(&path);
    std::fs::write(&path, [7; 4096]).expect("writable");
    refused(&path);
    let foreign = folder.path().join("foreign.sqlite");
    Connection::open(&foreign).expect("SQLite").execute_batch("CREATE TABLE t (a)").expect("a table");
    assert!(refused(&foreign).contains("not an index of certreg"));

    let (_kept, index) = World::full().indexed();
    drop(index);
    let path = _kept.path().join("index.sqlite");
    let alter = |sql: &str| Connection::open(&path).expect("SQLite").execute_batch(sql).expect("altered");
    alter("PRAGMA user_version = 0");
    assert!(refused(&path).contains("schema is version 0"));
    alter(&format!("PRAGMA user_version = {}; DROP INDEX version_by_digest", crate::index::schema::SCHEMA_VERSION));
    assert!(refused(&path).contains("tables are not those"));
}

#[test]
fn a_folder_that_cannot_be_written_is_another_matter() {
    let error = Index::open(std::path::Path::new("/proc/nowhere/index.sqlite")).expect_err("no such folder");
    assert!(!matches!(error, IndexError::Unusable(_)), "{error}");
}

#[test]
fn rows_that_the_index_never_writes_are_damage() {
    for spoil in [
        "UPDATE version SET digest = x'00'",
        "UPDATE version SET kind = 'other'",
        "UPDATE version SET changed = 'q3.1 DROP'",
        "UPDATE version SET edition = 'form-9'",
        "UPDATE version SET importance = 7",
        "UPDATE version SET published_at = 9000000000000",
        "UPDATE version SET effective_on = '2023-02-30'",
        "UPDATE certification SET service = '../x' WHERE service = 'lms'",
        "UPDATE version SET version = -1 WHERE sequence = 9",
        "DELETE FROM event",
    ] {
        let (folder, index) = World::full().indexed();
        let path = folder.path().join("index.sqlite");
        Connection::open(&path).expect("SQLite").execute_batch(spoil).expect("spoilt");
        let rows = index.certifications(&Default::default(), None, 10);
        assert!(matches!(rows, Err(IndexError::Damaged(_))), "{spoil}: {rows:?}");
    }
}

#[test]
fn any_altered_row_is_printed_by_the_comparison() {
    let world = World::full();
    let (folder, index) = world.indexed();
    let right = world.rebuilt(&folder.path().join("right.sqlite"));
    assert_eq!(right.differences(&index).expect("readable"), [] as [&str; 0]);
    let path = folder.path().join("index.sqlite");
    let spoil = "UPDATE version SET headline = 'All is well.' WHERE sequence = 6; DELETE FROM person;
        INSERT INTO answered VALUES ('q3.1', 0, 'nobody', 'nothing')";
    Connection::open(&path).expect("SQLite").execute_batch(spoil).expect("spoilt");
    let told = right.differences(&index).expect("readable").join("\n");
    insta::assert_snapshot!(told, @r"
    version 6: headline is 'All is well.', should be '1 of 3 answers changed: 1 green to amber. 1 needs your attention.'
    answered 'q3.1' 0 'nobody' 'nothing' should not be there
    person e96e02d8e47f2a7c03be5117b3ed175c52aa30fb22028cf9c96f261563577605 'acme' is missing
    person fa6598317163f260c9f3bb0959f80974868eb5ff3f6bf80a092f54e042071aa2 'acme' is missing
    ");
}

/// Every single altered byte: found while opening, when the whole file is checked, as a difference, or without effect.
#[test]
fn an_altered_byte_never_panics_and_is_found() {
    let world = World::full();
    let (folder, index) = world.indexed();
    drop(index);
    let right = world.rebuilt(&folder.path().join("right.sqlite"));
    let path = folder.path().join("index.sqlite");
    let good = std::fs::read(&path).expect("a file");
    let spoilt = folder.path().join("spoilt.sqlite");
    for offset in (0..good.len()).step_by(997) {
        let mut bytes = good.clone();
        bytes[offset] ^= 0x15;
        std::fs::write(&spoilt, &bytes).expect("writable");
        let Ok(index) = Index::open(&spoilt) else { continue };
        for id in [id("acme/lms"), id("acme/vle")] {
            let _ = (index.certification(&id), index.versions(&id, None, 10), index.answers(&id));
        }
        let _ = (index.events(0, 100, None, None), index.suppliers(None, None, 10), index.editions());
        if index.check_whole().is_ok() && right.differences(&index).is_ok_and(|told| told.is_empty()) {
            // Free space and unused header fields hold nothing that is read.
            let rows = |index: &Index| index.versions(&id("acme/lms"), None, 10).expect("readable");
            assert_eq!(rows(&index), rows(&right), "offset {offset}");
        }
        drop(index);
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("spoilt.sqlite{suffix}")));
        }
    }
}
