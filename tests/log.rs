//! The transparency log as the registry keeps it: receipts for ever, proofs, and what happens to a repository that
//! was put back or rewritten.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use certreg::{
    evidence::{Asked, Pack},
    log::{Hash, Policy, SignedCheckpoint, VerifierKey, leaf_hash, verify_consistency, verify_inclusion},
    registry::{Clock, Registry, authority::AuthoritySubmission},
    signing::Namespace,
};
use common::fixture::{Fixture, ROOT, certification, instant, server};

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
    #[allow(clippy::disallowed_types, reason = "somebody else writes into the file")]
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

/// A witness in a process of its own.
struct Running {
    folder: tempfile::TempDir,
    child: Child,
    base: String,
    key: VerifierKey,
}

impl Running {
    fn of(registry: &Registry) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let certreg = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_certreg"));
            command.current_dir(folder.path());
            command
        };
        let made = certreg().args(["witness", "keygen", "--name", "w.example/1", "--out", "w1"]).output().unwrap();
        assert!(made.status.success());
        let key = fs::read_to_string(folder.path().join("w1.vkey")).unwrap().trim_end().parse().unwrap();
        let mut serve = certreg();
        serve.args(["witness", "--key", "w1", "--data", "memory", "--listen", "127.0.0.1:0", "--log"]);
        let mut child = serve.arg(registry.log_key().to_string()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let base = line.split(' ').find(|word| word.starts_with("http://")).unwrap_or_else(|| panic!("{line}"));
        Running { base: base.trim_end().to_owned(), key, child, folder }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = &self.folder;
    }
}

/// Puts a trust policy in force, as the Department does.
fn put_policy(fixture: &Fixture, policy: &str) {
    let mut files = fixture.registry.authority_set(None).unwrap().files;
    files.insert(certreg::format::paths::trust_policy(), policy.as_bytes().to_vec());
    let settings = certreg::registry::genesis::authority_settings(&files, 1);
    let next = fixture.registry.authority().with_settings(settings).unwrap();
    let document = next.print().into_bytes();
    let submission = AuthoritySubmission {
        signatures: vec![fixture.sign(ROOT, Namespace::Root, &document)],
        files: [("authority/trust-policy".to_owned(), policy.as_bytes().to_vec())].into(),
        document,
    };
    fixture.registry.put_authority(submission).unwrap();
}

#[test]
fn witnesses_cosign_what_is_shown_kept_and_put_into_packs() {
    let fixture = published(2);
    assert!(!fixture.registry.ask_witnesses(true).unwrap().shown, "nobody is named yet");
    let witness = Running::of(&fixture.registry);
    let policy = |url: &str| {
        format!(
            "log {}\nwitness one {} {url}\ngroup all-of-them all one\nquorum all-of-them\n",
            fixture.registry.log_key(),
            witness.key
        )
    };
    // Named, but not to be reached: the checkpoint is the log's own word, which is not enough for evidence.
    put_policy(&fixture, &policy("http://127.0.0.1:9"));
    let asked = fixture.registry.ask_witnesses(false).unwrap();
    assert!(!asked.shown && asked.failures[0].starts_with("one: "), "{asked:?}");
    assert!(!fixture.registry.keep_checkpoint().unwrap());
    let asked_for = Asked::Version(2);
    let refused = fixture.registry.evidence(&certification(CLOUD), asked_for).unwrap_err();
    assert_eq!(refused.code, "not-witnessed-yet");

    put_policy(&fixture, &policy(&witness.base));
    let asked = fixture.registry.ask_witnesses(false).unwrap();
    assert!(asked.shown && asked.cosigned == 1, "{asked:?}");
    let shown = fixture.registry.checkpoint().unwrap();
    assert_eq!(shown.verify(std::slice::from_ref(&witness.key)).unwrap().len(), 1);
    assert!(fixture.registry.keep_checkpoint().unwrap());
    assert!(git(&fixture.data, &["show", "log:checkpoint"]).contains("— w.example/1 "));
    let pack = Pack::from_zip(&fixture.registry.evidence(&certification(CLOUD), asked_for).unwrap().bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in pack.files() {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    let root = common::fixture::key(ROOT).public().fingerprint();
    let script = Command::new("sh").args(["verify.sh", &root]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&script.stdout);
    assert!(script.status.success() && said.contains("1 witness(es) signed beside the log"), "{said}");
    // A cosignature taken out is missed by the script, too.
    let index = pack.entries()[0];
    for index in pack.entries() {
        let name = folder.path().join(format!("log/{index}/proof"));
        let text = fs::read_to_string(&name).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("— w.example")).collect();
        fs::write(name, kept.join("\n") + "\n").unwrap();
    }
    let script = Command::new("sh").args(["verify.sh", &root]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&script.stdout);
    assert!(said.contains("not enough witnesses have signed"), "{index}: {said}");

    // What was shown is shown again after a restart, until there is something newer.
    let fixture = fixture.reopened();
    assert_eq!(fixture.registry.checkpoint().unwrap(), shown);
    fixture.at("2024-06-01T10:00:00Z");
    let mut draft = fixture.next(CLOUD);
    draft.service_name = "Example Cloud Newer".into();
    fixture.publish(&draft);
    assert_eq!(fixture.registry.checkpoint().unwrap(), shown, "nobody has cosigned the newer one yet");
    assert!(fixture.registry.ask_witnesses(false).unwrap().shown);
    assert_eq!(fixture.registry.checkpoint().unwrap().checkpoint().size(), fixture.registry.log_size());
}

#[test]
fn a_clock_over_a_day_ahead_of_the_witnesses_is_not_believed() {
    let fixture = published(1);
    let witness = Running::of(&fixture.registry);
    let line = format!("witness one {} {}", witness.key, witness.base);
    put_policy(&fixture, &format!("log {}\n{line}\nquorum one\n", fixture.registry.log_key()));
    let real = Clock::System.now();
    fixture.clock.set(real.plus_seconds(2 * 86_400));
    fixture.registry.ask_witnesses(true).unwrap();
    let mut draft = fixture.next(CLOUD);
    draft.service_name = "Example Cloud Too Early".into();
    let submission = fixture.submission(&draft);
    let refused = fixture.registry.publish(&certification(CLOUD), submission.clone()).unwrap_err();
    assert_eq!(refused.code, "clock-ahead");
    fixture.clock.set(real);
    fixture.registry.ask_witnesses(true).unwrap();
    let mut again = fixture.next(CLOUD);
    again.service_name = "Example Cloud In Time".into();
    fixture.publish(&again);
}

/// Copies a data folder, as a backup does.
fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

#[test]
fn a_registry_put_back_to_a_backup_stops_when_a_witness_shows_what_it_has_signed() {
    let fixture = published(2);
    let witness = Running::of(&fixture.registry);
    let line = format!("witness one {} {}", witness.key, witness.base);
    put_policy(&fixture, &format!("log {}\n{line}\nquorum one\n", fixture.registry.log_key()));
    assert!(fixture.registry.ask_witnesses(false).unwrap().shown);
    let data = fixture.data.clone();
    let backup = tempfile::tempdir().unwrap();
    copy(&data, &backup.path().join("data"));
    fixture.at("2024-06-01T10:00:00Z");
    let mut draft = fixture.next(CLOUD);
    draft.service_name = "Example Cloud Lost".into();
    let submission = fixture.submission(&draft);
    fixture.registry.publish(&certification(CLOUD), submission.clone()).unwrap();
    assert!(fixture.registry.ask_witnesses(false).unwrap().shown);
    let _folder = fixture.closed();

    // The backup comes with its own memory of what was signed, so only the witness knows better.
    fs::remove_dir_all(&data).unwrap();
    copy(&backup.path().join("data"), &data);
    let registry = Registry::open(&data, server(), clock()).expect("nothing here tells");
    let asked = registry.ask_witnesses(true).unwrap();
    assert!(!asked.shown && asked.failures[0].contains("remembers a tree of size"), "{asked:?}");
    let size = registry.log_size();
    let refused = registry.publish(&certification(CLOUD), submission).unwrap_err();
    assert_eq!(refused.code, "history-contradicted");
    assert_eq!(registry.log_size(), size, "nothing more is signed");
    assert_eq!(registry.level_sequence().unwrap_err().code, "history-contradicted");
}

fn clock() -> Clock {
    Clock::standing_at(instant("2025-01-01T00:00:00Z"))
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
