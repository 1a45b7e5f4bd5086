//! A witness in its own process, asked over HTTP, killed and started again, and shown two histories.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Barrier, mpsc},
    thread,
    time::Duration,
};

use certreg::{
    log::{
        AddCheckpoint, Checkpoint, Hash, Note, Policy, SignatureType, SignedCheckpoint, Tree, VerifierKey, leaf_hash,
    },
    signing::SecretKey,
    witness::{WitnessError, ask, ask_catching_up, newest},
};
use tempfile::TempDir;

const ORIGIN: &str = "certreg.example/log";
const LOG: u8 = 4;

// ---- a log

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, SignatureType::Note, secret(LOG).public().as_bytes()).unwrap()
}

/// A history; those of different names differ from leaf 5 on.
fn history(name: &str, size: u64) -> Tree {
    let mut tree = Tree::new();
    for index in 0..size {
        let name = if index < 5 { "shared" } else { name };
        tree.push(leaf_hash(format!("{name} {index}").as_bytes()));
    }
    tree
}

fn signed_by(seed: u8, origin: &str, size: u64, root: Hash) -> SignedCheckpoint {
    let key = VerifierKey::new(origin, SignatureType::Note, secret(seed).public().as_bytes()).unwrap();
    Checkpoint::new(origin, size, root).unwrap().sign(&key, &|bytes| secret(seed).sign_raw(bytes))
}

fn checkpoint(tree: &Tree, size: u64) -> SignedCheckpoint {
    signed_by(LOG, ORIGIN, size, tree.root_at(size).unwrap())
}

fn request(tree: &Tree, old: u64, size: u64) -> String {
    let proof = tree.consistency(old, size).unwrap();
    AddCheckpoint { old_size: old, proof, checkpoint: checkpoint(tree, size) }.print()
}

// ---- a witness

fn certreg(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certreg"));
    command.current_dir(folder).env_remove("CERTREG_PASSPHRASE").env_remove("SSH_AUTH_SOCK");
    command
}

/// A folder with a witness's key, and the policy of the log.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        let made = certreg(place.path()).args(["witness", "keygen", "--name", "w.example/1", "--out", "w1"]).output();
        assert!(made.unwrap().status.success());
        fs::write(place.path().join("policy"), format!("log {}\nquorum none\n", log_key())).unwrap();
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn key(&self) -> VerifierKey {
        fs::read_to_string(self.path().join("w1.vkey")).unwrap().trim_end().parse().unwrap()
    }

    fn file(&self, ending: &str) -> PathBuf {
        let hash = certreg::domain::Digest::of(ORIGIN.as_bytes()).hex();
        self.path().join(format!("memory/{hash}.{ending}"))
    }

    fn command(&self) -> Command {
        let mut command = certreg(self.path());
        command.args(["witness", "--key", "w1", "--policy", "policy", "--data", "memory", "--listen", "127.0.0.1:0"]);
        command
    }

    fn start(&self) -> Running {
        let mut child = self.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let base = line.split(' ').find(|word| word.starts_with("http://")).unwrap_or_else(|| panic!("{line}"));
        Running { base: base.to_owned(), child }
    }

    /// The end of a start that must fail.
    fn fails(&self) -> Output {
        self.command().output().unwrap()
    }
}

struct Running {
    child: Child,
    base: String,
}

impl Running {
    fn send(&self, body: impl AsRef<[u8]>) -> (u16, String, String) {
        self.try_send(body).unwrap()
    }

    fn try_send(&self, body: impl AsRef<[u8]>) -> Result<(u16, String, String), ureq::Error> {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut answer = agent.post(format!("{}/add-checkpoint", self.base)).send(body.as_ref())?;
        let kind = answer.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
        Ok((answer.status().as_u16(), kind, answer.body_mut().read_to_string()?))
    }

    fn get(&self, path: &str) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut answer = agent.get(format!("{}{path}", self.base)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// Asks, and expects a good cosignature.
    #[track_caller]
    fn cosigns(&self, place: &Place, tree: &Tree, old: u64, size: u64) {
        let (status, _, line) = self.send(request(tree, old, size));
        assert_eq!(status, 200, "{line}");
        let note = Note::parse(&format!("{}\n{line}", checkpoint(tree, size).note().text())).unwrap();
        assert_eq!(note.verify(&[place.key()]).unwrap().len(), 1);
    }

    #[track_caller]
    fn expect(&self, body: impl AsRef<[u8]>, status: u16) -> String {
        let (got, _, text) = self.send(body);
        assert_eq!(got, status, "{text}");
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL: nothing is tidied up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// ---- what it cosigns

#[test]
fn a_history_that_grows_is_cosigned_and_remembered_across_a_kill() {
    let (place, tree) = (Place::new(), history("a", 40));
    let witness = place.start();
    witness.cosigns(&place, &tree, 0, 3);
    witness.cosigns(&place, &tree, 3, 3);
    witness.cosigns(&place, &tree, 3, 8);
    drop(witness);
    let witness = place.start();
    let (status, kind, body) = witness.send(request(&tree, 3, 9));
    assert_eq!((status, kind.as_str(), body.as_str()), (409, "text/x.tlog.size", "8\n"));
    assert_eq!(witness.expect(request(&tree, 0, 9), 409), "8\n");
    witness.cosigns(&place, &tree, 8, 40);
    let (status, newest) =
        witness.get(&format!("/{}/checkpoint", certreg::domain::Digest::of(ORIGIN.as_bytes()).hex()));
    let newest = SignedCheckpoint::parse(&newest).unwrap();
    assert_eq!((status, newest.checkpoint().size()), (200, 40));
    assert_eq!(newest.verify(&[log_key(), place.key()]).unwrap().len(), 2);
    assert_eq!(witness.get("/0123/checkpoint").0, 404);
    let (_, about) = witness.get("/");
    assert!(about.contains(&place.key().to_string()) && about.contains("certreg.example/log: cosigned up to size 40"));
}

#[test]
fn what_was_acknowledged_is_remembered_whenever_it_is_killed() {
    let (place, tree) = (Place::new(), history("a", 2_000));
    let mut acknowledged = 0;
    for round in 0..6_u64 {
        let mut witness = place.start();
        let begun = acknowledged;
        let mut asked = witness_size(&witness, &tree);
        assert!(asked >= acknowledged, "{asked} < {acknowledged}");
        acknowledged = asked;
        let pid = witness.child.id().to_string();
        // However slow the machine: the clock of the kill starts at the first cosignature of the round.
        let (cosigned, first) = mpsc::channel();
        let killer = thread::spawn(move || {
            first.recv_timeout(Duration::from_secs(60)).expect("it cosigns");
            thread::sleep(Duration::from_millis(17 * round));
            Command::new("kill").args(["-9", &pid]).status().unwrap()
        });
        while let Ok((200, ..)) = witness.try_send(request(&tree, asked, asked + 1)) {
            asked += 1;
            acknowledged = asked;
            let _ = cosigned.send(());
        }
        drop(cosigned);
        assert!(killer.join().unwrap().success());
        witness.child.wait().unwrap();
        assert!(acknowledged > begun, "it cosigned before it was killed");
    }
    let size = witness_size(&place.start(), &tree);
    assert!(size == acknowledged || size == acknowledged + 1, "{size} {acknowledged}");
}

/// The size it remembers, as a log that has forgotten it finds out.
fn witness_size(witness: &Running, tree: &Tree) -> u64 {
    let proof = AddCheckpoint { old_size: 1_999, proof: vec![], checkpoint: checkpoint(tree, 1_999) };
    witness.expect(proof.print(), 409).trim_end().parse().unwrap()
}

// ---- what it refuses

#[test]
fn a_second_history_is_refused_and_the_proof_of_it_kept() {
    let (place, tree, twin) = (Place::new(), history("a", 40), history("b", 40));
    let witness = place.start();
    witness.cosigns(&place, &tree, 0, 20);
    let same_size = witness.expect(request(&twin, 20, 20), 422);
    assert!(same_size.contains("does not begin with"), "{same_size}");
    for (old, size) in [(20, 21), (20, 32), (20, 40)] {
        witness.expect(request(&twin, old, size), 422);
    }
    // A proof from the common beginning does not help: what counts is what the witness remembers.
    assert_eq!(witness.expect(request(&twin, 5, 40), 409), "20\n");
    let conflict = SignedCheckpoint::parse(&fs::read_to_string(place.file("conflict")).unwrap()).unwrap();
    let kept = SignedCheckpoint::parse(&fs::read_to_string(place.file("checkpoint")).unwrap()).unwrap();
    assert_eq!(conflict.verify(&[log_key()]).unwrap().len(), 1, "both are signed by the log");
    assert_eq!(conflict.checkpoint().size(), kept.checkpoint().size());
    assert_ne!(conflict.checkpoint().root(), kept.checkpoint().root());
    drop(witness);
    let witness = place.start();
    witness.expect(request(&twin, 20, 40), 422);
    witness.cosigns(&place, &tree, 20, 40);
}

#[test]
fn of_two_histories_at_the_same_moment_one_is_cosigned() {
    for size in [3, 20, 40] {
        let place = Place::new();
        let witness = place.start();
        let trees: Vec<Tree> = (0..4).map(|twin| history(&format!("twin {twin}"), size + 5)).collect();
        let barrier = Barrier::new(trees.len());
        let answers: Vec<u16> = thread::scope(|scope| {
            let (witness, barrier) = (&witness, &barrier);
            let ask = |tree| {
                scope.spawn(move || {
                    barrier.wait();
                    witness.send(request(tree, 0, size + 5)).0
                })
            };
            let asked: Vec<_> = trees.iter().map(ask).collect();
            asked.into_iter().map(|asked| asked.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
    }
}

#[test]
fn every_refusal_has_its_status_and_changes_nothing() {
    let (place, tree) = (Place::new(), history("a", 10));
    let witness = place.start();
    let root = tree.root_at(8).unwrap();
    let with =
        |old_size, proof: &[Hash], checkpoint| AddCheckpoint { old_size, proof: proof.to_vec(), checkpoint }.print();
    let good = request(&tree, 0, 8);
    let cases = [
        (String::new(), 400),
        ("old 0\n".into(), 400),
        (good.replace("old 0", "old 00"), 400),
        (good.replace('\n', "\r\n"), 400),
        (good.replace("certreg.example/log\n8", "certreg.example/log\n08"), 400),
        (with(9, &[], checkpoint(&tree, 8)), 400),
        (with(0, &vec![root; 64], checkpoint(&tree, 8)), 400),
        (good.replace("certreg.example/log", "other.example/log"), 404),
        (with(0, &[], signed_by(9, ORIGIN, 8, root)), 403),
        (good.replace("\n8\n", "\n9\n"), 403),
        (with(8, &[], checkpoint(&tree, 8)), 409),
        (with(0, &[root], checkpoint(&tree, 8)), 422),
        (with(0, &[], signed_by(LOG, ORIGIN, 0, root)), 422),
    ];
    for (body, status) in cases {
        witness.expect(&body, status);
    }
    witness.expect([0xff, 0xfe, b'\n'], 400);
    witness.expect(vec![b'x'; 300 * 1024], 413);
    assert_eq!(witness.get("/add-checkpoint").0, 405);
    assert_eq!(witness.get("/nothing").0, 404);
    assert!(!place.file("checkpoint").exists() && !place.file("conflict").exists());
    // Signatures of others beside the log's are no reason to refuse, and are not remembered.
    let mut crowded = checkpoint(&tree, 8);
    for seed in 20..30 {
        let key = VerifierKey::new("x.example", SignatureType::Cosignature, secret(seed).public().as_bytes()).unwrap();
        crowded.add(crowded.cosignature(1, &key, &|bytes| secret(seed).sign_raw(bytes)));
    }
    witness.expect(with(0, &[], crowded), 200);
    let kept = SignedCheckpoint::parse(&fs::read_to_string(place.file("checkpoint")).unwrap()).unwrap();
    assert_eq!(kept.note().signatures().len(), 2);
    witness.expect(request(&tree, 8, 8).replace("old 8", "old 10"), 400);
}

#[test]
fn half_a_request_does_not_stop_others() {
    let (place, tree) = (Place::new(), history("a", 10));
    let witness = place.start();
    let mut slow = TcpStream::connect(witness.base.strip_prefix("http://").unwrap()).unwrap();
    slow.write_all(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold 0").unwrap();
    witness.cosigns(&place, &tree, 0, 3);
}

// ---- its memory

#[test]
fn a_memory_that_cannot_be_trusted_is_not_replaced_by_a_new_one() {
    let (place, tree) = (Place::new(), history("a", 10));
    let witness = place.start();
    witness.cosigns(&place, &tree, 0, 8);
    let second = place.fails();
    assert_eq!(second.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&second.stderr).contains("nother witness is running"));
    drop(witness);
    let good = fs::read_to_string(place.file("checkpoint")).unwrap();
    let without_own = checkpoint(&tree, 3).print();
    for bad in ["", &good[..good.len() - 9], &good.replace("\n8\n", "\n3\n"), &without_own] {
        fs::write(place.file("checkpoint"), bad).unwrap();
        let output = place.fails();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("cannot be trusted") && said.contains("Do not delete it"), "{said}");
        assert_eq!(fs::read_to_string(place.file("checkpoint")).unwrap(), bad);
    }
    fs::write(place.file("checkpoint"), good).unwrap();
    place.start().cosigns(&place, &tree, 8, 9);
}

// ---- the client

#[test]
fn the_client_asks_catches_up_and_believes_the_expected_key_only() {
    let (place, tree) = (Place::new(), history("a", 20));
    let witness = place.start();
    let proof = |old: u64| tree.consistency(old, 20).ok();
    let first = ask_catching_up(&witness.base, &place.key(), 7, &checkpoint(&tree, 20), &proof).unwrap();
    let policy = Policy::parse(&format!("log {}\nwitness w {}\nquorum w\n", log_key(), place.key())).unwrap();
    let mut signed = checkpoint(&tree, 20);
    signed.add(first.signature);
    assert_eq!(policy.check(&signed).unwrap().witnesses, [("w".to_owned(), first.at)]);

    let asked = |key: &VerifierKey, old_size| {
        ask(&witness.base, key, &AddCheckpoint { old_size, proof: vec![], checkpoint: checkpoint(&tree, 20) })
    };
    assert_eq!(asked(&place.key(), 3), Err(WitnessError::Stale { size: 20 }));
    let shown = newest(&witness.base, ORIGIN).unwrap().unwrap();
    assert_eq!(policy.check(&SignedCheckpoint::parse(&shown).unwrap()).unwrap().witnesses.len(), 1);
    assert_eq!(newest(&witness.base, "other.example/log"), Ok(None));
    assert!(asked(&place.key(), 20).is_ok());
    let other = VerifierKey::new("w.example/1", SignatureType::Cosignature, secret(9).public().as_bytes()).unwrap();
    assert!(matches!(asked(&other, 20), Err(WitnessError::BadAnswer { .. })));
    let behind = |old: u64| tree.consistency(old, 9).ok();
    let ahead = ask_catching_up(&witness.base, &place.key(), 9, &checkpoint(&tree, 9), &behind);
    assert_eq!(ahead, Err(WitnessError::Ahead { witness: 20, size: 9 }));
    let twin = history("b", 30);
    let split =
        ask_catching_up(&witness.base, &place.key(), 0, &checkpoint(&twin, 30), &|old| twin.consistency(old, 30).ok());
    assert!(matches!(split, Err(WitnessError::Refused { status: 422, .. })), "{split:?}");
    let base = witness.base.clone();
    drop(witness);
    let gone = ask(&base, &place.key(), &AddCheckpoint { old_size: 0, proof: vec![], checkpoint: signed });
    assert!(matches!(gone, Err(WitnessError::Unreachable { .. })));
}

// ---- the command line

#[test]
fn keygen_prints_a_line_that_a_trust_policy_takes() {
    let place = Place::new();
    let made = certreg(place.path())
        .args(["witness", "keygen", "--name", "w.example/2", "--out", "w2", "--url", "https://w.example"])
        .output()
        .unwrap();
    let said = String::from_utf8(made.stdout).unwrap();
    let line = said.lines().find(|line| line.starts_with("witness ")).unwrap();
    let policy = Policy::parse(&format!("log {}\n{line}\nquorum w\n", log_key())).unwrap();
    assert_eq!(policy.witnesses()[0].url.as_deref(), Some("https://w.example"));
    for wrong in [
        &["--name", "a b", "--out", "x"][..],
        &["--name", "a+b", "--out", "x"],
        &["--name", "w.example/1", "--out", "x", "--url", "w.example"],
        &["--name", "w.example/1", "--out", "w1"],
    ] {
        let output = certreg(place.path()).args(["witness", "keygen"]).args(wrong).output().unwrap();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{wrong:?}");
        assert!(!place.path().join("x").exists());
    }
}

#[test]
fn a_witness_without_a_log_or_with_a_foreign_key_does_not_start() {
    let place = Place::new();
    let run = |arguments: &[&str]| certreg(place.path()).arg("witness").args(arguments).output().unwrap();
    for (arguments, code) in [
        (&[][..], 2),
        (&["--key", "w1", "--data", "memory"], 2),
        (&["--key", "w1", "--data", "memory", "--log", "nonsense"], 2),
        (&["--key", "w1", "--data", "memory", "--log", &place.key().to_string()], 2),
        (&["--key", "w1", "--data", "memory", "--policy", "missing"], 3),
        (&["--key", "missing", "--data", "memory", "--policy", "policy"], 3),
        (&["--key", "w1", "--data", "memory", "--policy", "policy", "--listen", "0.0.0.0:0"], 2),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let other = VerifierKey::new("w.example/1", SignatureType::Cosignature, secret(9).public().as_bytes()).unwrap();
    fs::write(place.path().join("w1.vkey"), format!("{other}\n")).unwrap();
    let output = place.fails();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not belong to the key"));
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("certreg witness keygen --name") && help.contains("never delete it"), "{help}");
}
