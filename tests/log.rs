//! The transparency log as the registry keeps it: receipts for ever, proofs, and what happens to a repository that
//! was put back or rewritten.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{fs, path::Path, process::Command};

use certreg::{
    log::{Hash, Policy, SignedCheckpoint, leaf_hash, verify_consistency, verify_inclusion},
    registry::Registry,
};
use common::fixture::{Fixture, certification, instant, server};

const CLOUD: &str = "example-learning/example-cloud";

fn published(versions: u32) -> Fixture {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    for version in 2..=versions {
        fixture.at(&format!("2024-03-{version:02}T10:00:00Z"));
        let mut draft = fixture.next(CLOUD);
        draft.service_name = format!("Example Cloud {version}");
        fixture.publish(&draft);
    }
    fixture
}

fn policy(registry: &Registry) -> Policy {
    let text = format!("log {}\nquorum none\n", registry.log_key());
    Policy::parse(&text).unwrap()
}

#[test]
fn a_receipt_is_the_same_for_ever_and_needs_nobodys_word() {
    let fixture = published(2);
    let sequence = fixture.registry.version(&certification(CLOUD), 1).unwrap().publication.sequence;
    let receipt = fixture.registry.receipt(sequence).unwrap();
    assert_eq!(receipt.proof.checkpoint().checkpoint().size(), sequence + 1);
    receipt.proof.verify(leaf_hash(receipt.leaf.as_bytes()), &policy(&fixture.registry)).expect("it proves the leaf");
    let altered = receipt.leaf.replace("index", "Index");
    receipt.proof.verify(leaf_hash(altered.as_bytes()), &policy(&fixture.registry)).expect_err("and no other");

    fixture.at("2024-06-01T10:00:00Z");
    let mut draft = fixture.next(CLOUD);
    draft.service_name = "Example Cloud Renamed".into();
    fixture.publish(&draft);
    assert_eq!(fixture.registry.receipt(sequence).unwrap(), receipt);
    assert_eq!(fixture.reopened().registry.receipt(sequence).unwrap(), receipt);
}

#[test]
fn every_leaf_is_in_every_later_tree_and_every_tree_begins_with_the_earlier_ones() {
    let fixture = published(4);
    let registry = &fixture.registry;
    assert_eq!(registry.log_size(), fixture.sequence() + 1);
    for size in 1..=registry.log_size() {
        let root = registry.tlog_proof(size - 1).unwrap().checkpoint().checkpoint().root();
        for index in 0..size {
            let (_, proof) = registry.inclusion(index, Some(size)).unwrap();
            assert_eq!(proof.root, root);
            let leaf = leaf_hash(registry.receipt(index).unwrap().leaf.as_bytes());
            assert_eq!(proof.leaf_hash, Some(leaf));
            verify_inclusion(leaf, index, size, &proof.path, root).unwrap();
            verify_inclusion(leaf_hash(b"other"), index, size, &proof.path, root).unwrap_err();
            let (_, grown) = registry.consistency(index, Some(size)).unwrap();
            let old: Hash = grown.old_root.unwrap();
            verify_consistency(index, old, size, root, &grown.path).unwrap();
        }
    }
    let beyond = registry.log_size() + 1;
    assert_eq!(registry.inclusion(0, Some(beyond)).unwrap_err().code, "log-size-not-reached");
    assert_eq!(registry.inclusion(beyond, None).unwrap_err().code, "no-such-proof");
    assert_eq!(registry.consistency(2, Some(1)).unwrap_err().code, "no-such-proof");
}

#[test]
fn a_repository_that_was_put_back_is_refused_even_without_its_index() {
    let fixture = published(3);
    let data = fixture.data.clone();
    let _folder = fixture.closed();
    git(&data, &["update-ref", "refs/heads/main", "main~1"]);
    fs::remove_file(data.join("index.sqlite")).unwrap();
    let refused = Registry::open(&data, server(), clock()).map(|_| ()).unwrap_err();
    assert_eq!(refused.code, "repository-rolled-back");
    assert!(refused.detail.contains("Restore the newest backup"), "{}", refused.detail);
}

#[test]
fn another_history_is_refused() {
    let (ours, theirs) = (published(2), Fixture::new());
    let mut draft = theirs.draft(CLOUD);
    draft.service_name = "Another name from the first day".into();
    theirs.publish(&draft);
    theirs.at("2024-03-02T10:00:00Z");
    let mut draft = theirs.next(CLOUD);
    draft.service_name = "Example Cloud 2".into();
    theirs.publish(&draft);
    let (data, other) = (ours.data.clone(), theirs.data.clone());
    let _folders = (ours.closed(), theirs.closed());
    for name in ["registry.git", "index.sqlite", "clean"] {
        let place = data.join(name);
        if place.is_dir() {
            fs::remove_dir_all(&place).unwrap()
        } else {
            fs::remove_file(&place).unwrap()
        }
        fs::rename(other.join(name), place).unwrap();
    }
    assert_eq!(Registry::open(&data, server(), clock()).map(|_| ()).unwrap_err().code, "history-differs");
}

#[test]
fn wrong_leaves_in_the_index_are_replaced_by_those_of_the_repository() {
    let fixture = published(2);
    let receipt = fixture.registry.receipt(3).unwrap();
    let data = fixture.data.clone();
    let _folder = fixture.closed();
    let index = rusqlite::Connection::open(data.join("index.sqlite")).unwrap();
    index.execute("UPDATE leaf SET hash = zeroblob(32) WHERE sequence = 1", []).unwrap();
    drop(index);
    let registry = Registry::open(&data, server(), clock()).expect("it heals");
    assert_eq!(registry.receipt(3).unwrap(), receipt);
}

#[test]
fn a_damaged_memory_of_what_was_signed_is_no_new_beginning() {
    let fixture = published(1);
    let data = fixture.data.clone();
    let _folder = fixture.closed();
    fs::write(data.join("log-state"), "certreg log state/v1\n").unwrap();
    assert_eq!(Registry::open(&data, server(), clock()).map(|_| ()).unwrap_err().code, "log-state-damaged");
}

#[test]
fn the_branch_log_keeps_signed_checkpoints() {
    let fixture = published(1);
    assert!(fixture.registry.keep_checkpoint().unwrap());
    assert!(!fixture.registry.keep_checkpoint().unwrap(), "there is nothing new");
    fixture.at("2024-06-01T10:00:00Z");
    let mut draft = fixture.next(CLOUD);
    draft.service_name = "Example Cloud Two".into();
    fixture.publish(&draft);
    assert!(fixture.registry.keep_checkpoint().unwrap());
    let kept = git(&fixture.data, &["show", "log:checkpoint"]);
    assert_eq!(kept, fixture.registry.checkpoint().unwrap().print());
    let kept = SignedCheckpoint::parse(&kept).unwrap();
    assert_eq!(kept.verify(&[fixture.registry.log_key().clone()]).unwrap().len(), 1);
    assert_eq!(git(&fixture.data, &["rev-list", "--count", "log"]).trim(), "2");
    assert_eq!(git(&fixture.data, &["rev-list", "--count", "main"]).trim(), (fixture.sequence() + 1).to_string());
    assert!(git(&fixture.data, &["cat-file", "commit", "log"]).contains("gpgsig -----BEGIN SSH SIGNATURE-----"));
    git(&fixture.data, &["fsck", "--full", "--strict"]);
}

fn clock() -> certreg::registry::Clock {
    certreg::registry::Clock::standing_at(instant("2025-01-01T00:00:00Z"))
}

fn git(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "-C"])
        .arg(data.join("registry.git"))
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
