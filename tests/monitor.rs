//! `certreg monitor` on registries that nobody touched, that grew, and that somebody falsified with the registry's own
//! key.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::PathBuf,
    thread,
};

use certreg::{
    domain::Digest,
    log::{Checkpoint, Hash, SignatureType, SignedCheckpoint, VerifierKey},
    signing::{AuthorityFile, AuthoritySettings, KeyEvent, Namespace},
};
use common::fixture::{DEPARTMENT, Fixture, LOG, OFFICIAL, REGISTRY, ROOT, SIGNATORY, key, supplier};
use forgery::{
    Copy, Forged, root,
    scene::{CLOUD, CLOUD_JSON, EDITION, OTHER_RING, RING, next_version, published, write_version},
};
use serde_json::Value;

const ORIGIN: &str = "certreg.example/log";
const AUTHORITY: &str = "authority/allowed_signers";
const WITNESS: u8 = 30;
/// Nobody's key.
const SOMEBODY: u8 = 77;

// ---- running it

struct Watcher<'c> {
    copy: &'c Copy,
    arguments: Vec<String>,
}

impl<'c> Watcher<'c> {
    fn of(copy: &'c Copy) -> Self {
        Watcher { copy, arguments: vec!["copy".into(), "--root".into(), root()] }
    }

    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|one| (*one).to_owned()));
        self
    }

    fn run(&self) -> (i32, String) {
        run(self.copy, &self.arguments)
    }

    #[track_caller]
    fn good(&self) -> String {
        let (code, said) = self.run();
        assert!(code == 0 && said.contains("Nothing is wrong:"), "{code} {said}");
        said
    }

    /// Expects a finding with these words.
    #[track_caller]
    fn finds(&self, words: &str) -> String {
        let (code, said) = self.run();
        assert!(
            code == 1 && said.lines().any(|line| line.starts_with("wrong:") && line.contains(words)),
            "{code} {said}"
        );
        said
    }
}

fn run(copy: &Copy, arguments: &[String]) -> (i32, String) {
    let output = copy.command(env!("CARGO_BIN_EXE_certreg"), ".").arg("monitor").args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn beside(copy: &Copy, name: &str) -> PathBuf {
    copy.path().parent().unwrap().join(name)
}

// ---- checkpoints

fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, SignatureType::Note, key(LOG).public().as_bytes()).unwrap()
}

fn witness_key() -> VerifierKey {
    VerifierKey::new("w.example/1", SignatureType::Cosignature, key(WITNESS).public().as_bytes()).unwrap()
}

fn signed(size: u64, root: Hash) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(ORIGIN, size, root).unwrap();
    checkpoint.sign(&log_key(), &|bytes| key(LOG).sign_raw(bytes))
}

fn cosigned(mut checkpoint: SignedCheckpoint, at: &str) -> SignedCheckpoint {
    let at = u64::try_from(common::fixture::instant(at).unix_seconds()).unwrap();
    let cosignature = checkpoint.cosignature(at, &witness_key(), &|bytes| key(WITNESS).sign_raw(bytes));
    checkpoint.add(cosignature);
    checkpoint
}

/// The root over the first commits of a copy, as its own shell script computes it.
fn root_at(copy: &Copy, size: u64) -> Hash {
    let (code, said) = copy.run("root.sh", &[&size.to_string()]);
    assert_eq!(code, 0, "{said}");
    said.lines().nth(2).unwrap().parse().unwrap()
}

fn size(copy: &Copy) -> u64 {
    copy.git(&["rev-list", "--count", "main"]).parse().unwrap()
}

/// Serves one checkpoint to everybody who asks.
fn serve(body: String) -> String {
    serve_with(body, None)
}

/// Serves a checkpoint, and a proof (or nothing) to whoever asks for one.
fn serve_with(checkpoint: String, proof: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let asks_for_proof = request[..length].starts_with(b"GET /v1/log/proofs/consistency?old=");
            let (status, body) = match (asks_for_proof, &proof) {
                (false, _) => ("200 OK", checkpoint.as_str()),
                (true, Some(proof)) => ("200 OK", proof.as_str()),
                (true, None) => ("404 Not Found", ""),
            };
            let length = body.len();
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        }
    });
    base
}

// ---- good registries

#[test]
fn a_registry_that_grows_is_good_each_time() {
    let fixture = published();
    assert!(fixture.registry.keep_checkpoint().unwrap());
    let copy = Copy::of(&fixture);
    copy.git(&["fetch", "--quiet", "origin", "log"]);
    let said = Watcher::of(&copy).with(&["--state", "seen.json"]).good();
    assert!(said.contains("agrees: the newest checkpoint of the branch 'log'"), "{said}");
    assert!(said.contains("it is remembered for the next run"), "{said}");
    let said = Watcher::of(&copy).with(&["--state", "seen.json"]).good();
    assert!(said.contains("0 since the last time") && said.contains("gone or changed"), "{said}");

    let mut next = fixture.at("2024-09-01T10:00:00Z").next(CLOUD);
    next.service_name = "Example Cloud Four".into();
    fixture.publish(&next);
    assert!(fixture.registry.keep_checkpoint().unwrap());
    copy.git(&["fetch", "--quiet", "origin", "main:main", "log:refs/remotes/origin/log", "--update-head-ok"]);
    let base = serve(fixture.registry.checkpoint().unwrap().print());
    let said = Watcher::of(&copy).with(&["--state", "seen.json", "--checkpoint", &base]).good();
    assert!(said.contains(", 1 since the last time"), "{said}");
    let told: Value = {
        let (code, said) = Watcher::of(&copy).with(&["--state", "seen.json", "--json"]).run();
        assert_eq!(code, 0, "{said}");
        serde_json::from_str(&said).unwrap()
    };
    assert_eq!((&told["holds"], &told["commits"]), (&Value::Bool(true), &Value::from(size(&copy))));
    assert_eq!(told["root"], fixture.registry.checkpoint().unwrap().checkpoint().root().to_string());
}

#[test]
fn without_a_checkpoint_that_is_said() {
    let copy = Copy::of(&published());
    copy.git(&["update-ref", "-d", "refs/remotes/origin/log"]);
    let said = Watcher::of(&copy).good();
    assert!(said.contains("note: no checkpoint was compared"), "{said}");
}

#[test]
fn line_ends_of_windows_and_replaced_objects_change_nothing() {
    let fixture = published();
    let folder = Copy::of(&fixture);
    let url = format!("file://{}", fixture.data.join("registry.git").display());
    folder.git(&["-c", "core.autocrlf=true", "clone", "--quiet", "--config", "core.autocrlf=true", &url, "../windows"]);
    let (code, said) = run(&folder, &["windows".into(), "--root".into(), root()]);
    assert_eq!(code, 0, "{said}");
    // A replaced object deceives plain Git, but not this.
    let altered = folder.text("main", CLOUD_JSON).replace("Our answer to 5.7", "Our answer to 5-7");
    let (old, new) =
        (folder.git(&["rev-parse", &format!("main:{CLOUD_JSON}")]), folder.object("blob", altered.as_bytes()));
    folder.git(&["replace", &old, &new]);
    assert!(folder.text("main", CLOUD_JSON).contains("5-7"), "Git itself is deceived");
    Watcher::of(&folder).good();
}

// ---- history

#[test]
fn a_history_that_was_rewritten_or_shortened_is_found_by_what_was_seen() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    Watcher::of(&copy).with(&["--state", "seen.json"]).good();
    let before = fs::read(beside(&copy, "seen.json")).unwrap();
    let watcher = || Watcher::of(&copy).with(&["--state", "seen.json"]);
    let tip = copy.git(&["rev-parse", "main"]);
    copy.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    watcher().finds("something was taken back, or this copy is an old one");
    // The same number of commits, each good by itself, but the last is another.
    write_version(&copy, &next_version(&copy, |text| text));
    copy.commit();
    watcher().finds("history was rewritten");
    assert_eq!(fs::read(beside(&copy, "seen.json")).unwrap(), before, "what is wrong is not remembered");
    copy.git(&["reset", "--quiet", "--hard", &tip]);
    watcher().good();
}

#[test]
fn forgeries_with_the_registrys_own_key_are_found() {
    let fixture = published();
    let forged = |alter: &dyn Fn(&Copy), words: &str| {
        let copy = Copy::of(&fixture);
        alter(&copy);
        Watcher::of(&copy).finds(words);
    };
    let text = |copy: &Copy| copy.text("main", CLOUD_JSON).replace("Our answer to 5.7", "Our answer to 5-7");
    forged(&|copy| drop(copy.write(CLOUD_JSON, text(copy)).commit()), "version 4 was due");
    let put_back = |copy: &Copy| {
        for suffix in ["", ".sig", ".countersig"] {
            copy.put_back(&copy.steps(CLOUD_JSON)[1], &format!("{CLOUD_JSON}{suffix}"));
        }
        copy.commit();
    };
    forged(&put_back, "version 4 was due");
    forged(&|copy| drop(copy.remove(&format!("{CLOUD_JSON}.sig")).commit()), "cannot be read beyond commit");
    let removed = |copy: &Copy| drop(copy.remove(OTHER_RING).remove(&format!("{OTHER_RING}.sig")).commit());
    forged(&removed, "cannot be read beyond commit");
    let back_in_time = Forged { at: "2024-01-01T00:00:00Z", ..Forged::default() };
    forged(
        &|copy| drop(copy.write(CLOUD_JSON, text(copy)).commit_as(&back_in_time)),
        "before that of the commit before it",
    );
    let stranger = Forged { signer: OFFICIAL, ..Forged::default() };
    forged(&|copy| drop(copy.commit_as(&stranger)), "the commit itself");
    let edition = |copy: &Copy| drop(copy.put_back("main", EDITION).write(EDITION, "{}\n").commit());
    forged(&edition, "an edition never changes");
    // A ring without a key, with a key that nobody asked for, with a wildcard, and one that ends nowhere.
    let ring = |alter: &dyn Fn(String) -> String, words: &str| {
        forged(
            &|copy| {
                let text = alter(copy.text("main", RING));
                copy.write_signed(RING, text, DEPARTMENT, Namespace::Keys).commit();
            },
            words,
        );
    };
    ring(&|text| text.lines().take(2).map(|line| format!("{line}\n")).collect(), "allowed_signers");
    ring(&|text| text.replace("signatory@example-learning", "*"), "allowed_signers");
    ring(&|text| text.replace("namespaces=\"certification@certreg.example", "namespaces=\"*"), "allowed_signers");
    ring(&|text| text + "official@example-learning ssh-ed25519 AAAA\n", "allowed_signers");
}

#[test]
fn another_root_key_and_another_registrys_state_are_told() {
    let copy = Copy::of(&published());
    Watcher::of(&copy).with(&["--state", "seen.json"]).good();
    let arguments = ["copy", "--root", &key(9).public().fingerprint()].map(str::to_owned);
    let (code, said) = run(&copy, &arguments);
    assert!(code == 1 && said.contains("not the one that you pinned"), "{said}");
    let state = fs::read_to_string(beside(&copy, "seen.json")).unwrap();
    for (wrong, code) in [
        (state.replace("certreg.example/log", "other.example/log"), 2),
        (state.replace("monitor@1", "monitor@2"), 1),
        (state.replace("\"size\"", "\"sizes\""), 1),
        ("{}".into(), 1),
        (String::new(), 1),
    ] {
        fs::write(beside(&copy, "seen.json"), &wrong).unwrap();
        let (got, said) = Watcher::of(&copy).with(&["--state", "seen.json"]).run();
        assert_eq!(got, code, "{wrong}: {said}");
    }
}

// ---- checkpoints

#[test]
fn checkpoints_of_another_history_are_found() {
    let copy = Copy::of(&published());
    let now = size(&copy);
    let write = |checkpoint: &SignedCheckpoint| fs::write(beside(&copy, "kept"), checkpoint.print()).unwrap();
    let watcher = || Watcher::of(&copy).with(&["--checkpoint", "kept"]);
    for good in [1, 3, now] {
        write(&signed(good, root_at(&copy, good)));
        watcher().good();
    }
    write(&signed(3, root_at(&copy, 4)));
    watcher().finds("two histories have been shown");
    write(&signed(now + 1, root_at(&copy, now)));
    watcher().finds("bring it up to date");
    let stranger = Checkpoint::new(ORIGIN, 3, root_at(&copy, 3)).unwrap();
    let stranger = stranger.sign(&log_key(), &|bytes| key(SOMEBODY).sign_raw(bytes));
    write(&stranger);
    watcher().finds("the signature by certreg.example/log does not fit");
    fs::write(beside(&copy, "kept"), "nonsense\n").unwrap();
    watcher().finds("cannot be read");
    let (code, _) = Watcher::of(&copy).with(&["--checkpoint", "missing"]).run();
    assert_eq!(code, 3);
}

#[test]
fn an_old_checkpoint_that_is_presented_as_new_is_found() {
    let copy = Copy::of(&published());
    let now = size(&copy);
    let watcher = |checkpoint: &SignedCheckpoint| {
        let base = serve(checkpoint.print());
        Watcher::of(&copy).with(&["--state", "seen.json", "--checkpoint", &base])
    };
    watcher(&signed(now, root_at(&copy, now))).good();
    let old = signed(now - 1, root_at(&copy, now - 1));
    watcher(&old).finds("an old checkpoint is presented as new");
    // Somebody who kept it may compare it all the same.
    fs::write(beside(&copy, "kept"), old.print()).unwrap();
    Watcher::of(&copy).with(&["--state", "seen.json", "--checkpoint", "kept"]).good();
}

#[test]
fn a_copy_that_lags_is_told_so_and_one_that_never_catches_up_is_a_finding() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let behind = size(&copy);
    let mut next = fixture.at("2024-09-01T10:00:00Z").next(CLOUD);
    next.service_name = "Example Cloud Four".into();
    fixture.publish(&next);
    let served = fixture.registry.checkpoint().unwrap().print();
    let path = fixture.registry.consistency(behind, None).unwrap().1.path;
    let json = |path: &[Hash]| {
        let path: Vec<String> = path.iter().map(Hash::to_string).collect();
        Some(serde_json::json!({ "path": path }).to_string())
    };
    let watcher = |proof| {
        let base = serve_with(served.clone(), proof);
        Watcher::of(&copy).with(&["--state", "seen.json", "--checkpoint", &base])
    };
    watcher(None).finds("gives no proof that its log begins with this copy");
    watcher(json(&path[1..])).finds("two histories have been shown");
    let said = watcher(json(&path)).good();
    assert!(said.contains("this copy is 1 commit behind the registry, which has proved"), "{said}");
    Watcher::of(&copy).with(&["--state", "seen.json"]).finds("commits are being withheld");
    copy.git(&["pull", "--quiet", "--ff-only"]);
    watcher(None).good();
}

/// Makes the copy's branch `log` anew, of these checkpoints.
fn keep_on_branch(copy: &Copy, checkpoints: &[SignedCheckpoint], signer: u8) {
    let mut parent: Option<String> = None;
    for (i, checkpoint) in checkpoints.iter().enumerate() {
        let blob = copy.object("blob", checkpoint.print().as_bytes());
        let index = beside(copy, "index");
        let _ = fs::remove_file(&index);
        let mut add = copy.command("git", "copy");
        add.env("GIT_INDEX_FILE", &index).args(["update-index", "--add", "--cacheinfo"]);
        assert!(add.arg(format!("100644,{blob},checkpoint")).status().unwrap().success());
        let mut tree = copy.command("git", "copy");
        let tree = tree.env("GIT_INDEX_FILE", &index).arg("write-tree").output().unwrap().stdout;
        let tree = String::from_utf8(tree).unwrap().trim().to_owned();
        let at = format!("2025-01-0{}T00:00:00Z", i + 1);
        let forged = Forged { at: &at, signer, ..Forged::default() };
        parent = Some(copy.commit_object(&tree, parent.as_slice(), &forged));
    }
    copy.git(&["update-ref", "refs/heads/log", &parent.unwrap()]);
}

#[test]
fn the_branch_of_checkpoints_is_judged_too() {
    let copy = Copy::of(&published());
    let good = |size| signed(size, root_at(&copy, size));
    keep_on_branch(&copy, &[good(2), good(4), good(5)], REGISTRY);
    Watcher::of(&copy).good();
    keep_on_branch(&copy, &[good(4), good(2)], REGISTRY);
    Watcher::of(&copy).finds("counts 2 entries, but the one before it 4");
    keep_on_branch(&copy, &[good(2), signed(3, root_at(&copy, 2)), good(4)], REGISTRY);
    Watcher::of(&copy).finds("two histories have been shown");
    keep_on_branch(&copy, &[good(2)], SIGNATORY);
    Watcher::of(&copy).finds("was not committed with a key of the registry");
}

#[test]
fn a_checkpoint_is_judged_by_the_trust_policy_of_its_time() {
    let copy = Copy::of(&published());
    let before = size(&copy);
    let policy = format!("log {}\nwitness w {}\nquorum w\n", log_key(), witness_key());
    copy.write("authority/trust-policy", &policy);
    let authority = AuthorityFile::parse(&copy.text("main", AUTHORITY), &"certreg.example".parse().unwrap()).unwrap();
    let settings = AuthoritySettings { policy: Digest::of(policy.as_bytes()), ..*authority.settings() };
    let next = authority.with_settings(settings).unwrap().print();
    copy.write_signed(AUTHORITY, next, ROOT, Namespace::Root).commit();
    let (old, own) = (signed(before, root_at(&copy, before)), signed(before + 1, root_at(&copy, before + 1)));
    keep_on_branch(&copy, std::slice::from_ref(&old), REGISTRY);
    Watcher::of(&copy).good();
    keep_on_branch(&copy, &[old.clone(), own.clone()], REGISTRY);
    Watcher::of(&copy).finds("not cosigned by as many witnesses");
    keep_on_branch(&copy, &[old, cosigned(own.clone(), "2025-01-01T00:10:00Z")], REGISTRY);
    Watcher::of(&copy).good();
    // A receipt's checkpoint has no cosignatures, and is true all the same.
    fs::write(beside(&copy, "kept"), own.print()).unwrap();
    Watcher::of(&copy).with(&["--checkpoint", "kept"]).good();
}

// ---- witnesses

/// A trust policy that asks for one witness.
fn watched(copy: &Copy, url: &str) {
    let policy = format!("log {}\nwitness w {} {url}\nquorum w\n", log_key(), witness_key());
    fs::write(beside(copy, "policy"), policy).unwrap();
}

#[test]
fn the_quorum_of_witnesses_is_asked_for_and_their_time_bounds_the_commits() {
    let copy = Copy::of(&published());
    let now = size(&copy);
    watched(&copy, "");
    let check = |checkpoint: SignedCheckpoint| {
        Watcher::of(&copy).with(&["--policy", "policy", "--checkpoint", &serve(checkpoint.print())])
    };
    let own = || signed(now, root_at(&copy, now));
    let said = check(cosigned(own(), "2025-01-01T00:00:00Z")).good();
    assert!(said.contains(&format!("{now} entries, cosigned by w")), "{said}");
    check(own()).finds("not cosigned by as many witnesses");
    check(cosigned(own(), "2024-07-01T22:00:00Z")).finds("dates its commits ahead");
}

#[test]
fn what_a_witness_has_cosigned_is_compared() {
    let copy = Copy::of(&published());
    let now = size(&copy);
    let check = |checkpoint: SignedCheckpoint| {
        watched(&copy, &serve(checkpoint.print()));
        Watcher::of(&copy).with(&["--policy", "policy", "--ask-witnesses"])
    };
    let day = "2025-01-01T00:00:00Z";
    check(cosigned(signed(now, root_at(&copy, now)), day)).good();
    check(cosigned(signed(now, root_at(&copy, now - 1)), day)).finds("two histories have been shown");
    check(cosigned(signed(now + 4, root_at(&copy, now)), day)).finds("commits are being withheld");
    check(signed(now, root_at(&copy, now))).finds("does not have its cosignature");
    watched(&copy, "http://127.0.0.1:9");
    let said = Watcher::of(&copy).with(&["--policy", "policy", "--ask-witnesses"]).good();
    assert!(said.contains("note: witness w could not be asked"), "{said}");
}

// ---- one supplier

#[test]
fn a_supplier_learns_of_every_change_above_all_of_its_keys() {
    let fixture = Fixture::new();
    let copy = Copy::of(&fixture);
    let watcher = || Watcher::of(&copy).with(&["--state", "seen.json", "--supplier", "example-learning"]);
    let said = watcher().good();
    for role in ["signatory", "official"] {
        assert!(said.contains(&format!("new, about keys: a new {role} key counts from ")), "{said}");
    }
    let said = watcher().with(&["--fail-on-news"]).good();
    assert!(said.contains("new: nothing of example-learning"), "{said}");
    fixture.at("2024-01-10T10:00:00Z").publish(&fixture.draft(CLOUD));
    fixture.at("2024-02-01T10:00:00Z");
    let ring = fixture.registry.ring(&supplier("example-learning"), None).unwrap().1;
    let left = ring.end(&key(SIGNATORY).public(), fixture.clock.now(), KeyEvent::Left).unwrap().print();
    let file = fixture.signed_by_department(Namespace::Keys, left.as_bytes());
    fixture.registry.put_ring(&supplier("example-learning"), file, vec![]).unwrap();
    copy.git(&["pull", "--quiet", "--ff-only"]);
    let (code, said) = watcher().with(&["--fail-on-news"]).run();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(&format!("new: version 1 of {CLOUD} was published")), "{said}");
    let ended = format!("new, about keys: the signatory key {} counts until", key(SIGNATORY).public());
    assert!(said.contains(&ended), "{said}");
    let said = watcher().good();
    assert!(said.contains("new: nothing of example-learning"), "{said}");
    let other = Watcher::of(&copy).with(&["--supplier", "example-other", "--json"]).run().1;
    let other: Value = serde_json::from_str(&other).unwrap();
    assert!(other["news"].as_array().unwrap().iter().all(|news| !news["sentence"].as_str().unwrap().contains(CLOUD)));
    assert!(other["news"][0]["about_keys"].as_bool().unwrap());
}

// ---- fetching by itself

#[test]
fn it_fetches_by_itself_and_refuses_a_rewritten_history() {
    let fixture = published();
    assert!(fixture.registry.keep_checkpoint().unwrap());
    let copy = Copy::of(&fixture);
    let url = format!("file://{}", copy.path().display());
    copy.git(&["fetch", "--quiet", "origin", "log:log"]);
    let arguments = [&url, "--clone", "own.git", "--root", &root(), "--state", "seen.json"].map(str::to_owned);
    for _ in 0..2 {
        let (code, said) = run(&copy, &arguments);
        assert!(code == 0 && said.contains("agrees: the newest checkpoint"), "{code} {said}");
    }
    let tip = copy.git(&["rev-parse", "main"]);
    copy.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    write_version(&copy, &next_version(&copy, |text| text));
    copy.commit();
    let (code, said) = run(&copy, &arguments);
    assert!(code == 1 && said.contains("offers another history than before"), "{code} {said}");
    let kept = copy.command("git", "own.git").args(["rev-parse", "main"]).output().unwrap();
    assert_eq!(String::from_utf8(kept.stdout).unwrap().trim(), tip, "what was fetched before is still there");
    for (wrong, code) in [
        (&["--clone", "own.git", "file:///nowhere"][..], 3),
        (&["file:///nowhere"], 2),
        (&["nowhere"], 3),
        (&["--clone", "own.git", "copy"], 2),
        (&["copy", "--fail-on-news"], 2),
    ] {
        let (got, said) = run(&copy, &wrong.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(got, code, "{wrong:?}: {said}");
    }
}
