//! The authority's own submissions: keys, threshold, trust policy, settings, guide and scripts.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use std::{collections::BTreeMap, process::Command};

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use certreg::{
    domain::{Digest, Instant, RegistrySettings},
    format::{profile, v1},
    index::At,
    log::{SignatureType, VerifierKey},
    registry::{
        ErrorKind, Registry, RegistryError,
        authority::AuthoritySubmission,
        genesis::{authority_settings, is_covered},
    },
    signing::{AuthorityFile, AuthorityKey, AuthorityRole, AuthoritySettings, KeyEvent, Namespace, Window},
};
use common::{
    fixture::{DEPARTMENT, Fixture, REGISTRY, ROOT, SIGNATORY, instant, key},
    http::{form, request},
    registry::MadeUp,
};
use forgery::{
    Copy, expect_good,
    scene::{CLOUD, LIBRARY, transcribe, transcription},
};
use serde_json::json;

const OTHER_ROOT: u8 = 41;
const NEW_REGISTRY: u8 = 43;
const MALLORY: u8 = 66;

fn line(role: AuthorityRole, seed: u8, from: Instant) -> AuthorityKey {
    AuthorityKey::new(role, key(seed).public(), Window::new(from, None).unwrap())
}

fn verifier(name: &str, signature_type: SignatureType) -> VerifierKey {
    VerifierKey::new(name, signature_type, key(44).public().as_bytes()).unwrap()
}

fn witness() -> VerifierKey {
    verifier("one.example", SignatureType::Cosignature)
}

/// What the header must say once `changed` is in force.
fn settings(registry: &Registry, changed: &[(&str, &[u8])], threshold: u32) -> AuthoritySettings {
    let mut files = registry.authority_set(None).unwrap().files;
    for (path, bytes) in changed {
        files.insert(certreg::format::paths::RepositoryPath::parse(path).unwrap(), bytes.to_vec());
    }
    authority_settings(&files, threshold)
}

fn submission(next: &AuthorityFile, signers: &[u8], files: &[(&str, &[u8])]) -> AuthoritySubmission {
    let document = next.print().into_bytes();
    let sign = |seed: &u8| certreg::signing::sign(&key(*seed), &Namespace::Root.at(next.registry()), &document);
    AuthoritySubmission {
        signatures: signers.iter().map(sign).collect(),
        files: files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect(),
        document,
    }
}

#[track_caller]
fn refused(fixture: &Fixture, submission: AuthoritySubmission, kind: ErrorKind, code: &str) -> RegistryError {
    let before = (fixture.sequence(), fixture.registry.authority());
    let error = fixture.registry.put_authority(submission).expect_err(code);
    assert_eq!((error.kind, error.code), (kind, code), "{error}");
    assert_eq!((fixture.sequence(), fixture.registry.authority()), before, "nothing was written");
    error
}

/// The clone holds for the program and for the scripts.
fn holds(fixture: &Fixture) {
    let copy = Copy::of(fixture);
    expect_good(copy.verify_all());
    let mut verify = Command::new(env!("CARGO_BIN_EXE_certreg"));
    let output = verify.arg("verify").arg(copy.path()).args(["--root", &key(ROOT).public().fingerprint()]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_further_root_key_counts_from_the_next_file_on() {
    let fixture = Fixture::new();
    let first = fixture.registry.authority();
    let now = fixture.at("2024-01-01T00:00:00Z").clock.now();
    let second = first.enrol(settings(&fixture.registry, &[], 2), &[line(AuthorityRole::Root, OTHER_ROOT, now)]);
    let second = second.unwrap();
    refused(&fixture, submission(&second, &[], &[]), ErrorKind::Invalid, "too-few-signatures");
    refused(&fixture, submission(&second, &[MALLORY], &[]), ErrorKind::Refused, "key-not-enrolled");
    refused(&fixture, submission(&second, &[OTHER_ROOT], &[]), ErrorKind::Refused, "key-not-enrolled");
    refused(&fixture, submission(&second, &[ROOT, MALLORY], &[]), ErrorKind::Refused, "key-not-enrolled");
    let accepted = fixture.registry.put_authority(submission(&second, &[ROOT], &[])).unwrap();
    assert_eq!((accepted.already, fixture.registry.authority()), (false, second.clone()));
    let event = fixture.registry.index().events(accepted.committed.sequence - 1, 1, None, None).unwrap().remove(0);
    assert_eq!((event.kind.as_str(), event.digest), ("authority.changed", Some(second.digest())));

    // The same again is the same answer, also once it is not the newest any more.
    let third = second.with_settings(settings(&fixture.registry, &[], 1)).unwrap();
    refused(&fixture, submission(&third, &[ROOT], &[]), ErrorKind::Invalid, "too-few-signatures");
    refused(&fixture, submission(&third, &[ROOT, ROOT], &[]), ErrorKind::Invalid, "same-key-twice");
    fixture.registry.put_authority(submission(&third, &[OTHER_ROOT, ROOT], &[])).unwrap();
    let again = fixture.registry.put_authority(submission(&second, &[], &[])).unwrap();
    assert_eq!((again.already, again.committed), (true, accepted.committed));

    // What counted when can be read back.
    assert_eq!(fixture.registry.authority_at(At::Sequence(0)).unwrap().1, first);
    assert_eq!(fixture.registry.authority_at(At::Sequence(event.sequence - 1)).unwrap().1, first);
    assert_eq!(fixture.registry.authority_at(At::Sequence(event.sequence)).unwrap().1, second);
    assert_eq!(fixture.registry.authority_at(At::Instant(now)).unwrap().1, third);
    assert_eq!(fixture.registry.authority_set(None).unwrap().signatures.len(), 2);
    holds(&fixture);

    // One signature fewer than before: the second one of the former file still lies there, and is not taken for one.
    let fourth = third.with_settings(settings(&fixture.registry, &[], 2)).unwrap();
    fixture.registry.put_authority(submission(&fourth, &[ROOT], &[])).unwrap();
    assert_eq!(fixture.registry.authority_set(None).unwrap().signatures.len(), 1);
    holds(&fixture);
    let data = fixture.data.clone();
    let fixture = fixture.reopened();
    assert_eq!(fixture.registry.authority(), fourth);
    fixture.at("2024-02-01T10:00:00Z").publish(&fixture.draft(CLOUD));
    drop(fixture.registry);
    assert_eq!(Registry::rebuild(&data, true, &mut |_| {}).unwrap(), [""; 0]);
}

#[test]
fn settings_guide_and_policy_come_with_the_file_that_names_them() {
    let fixture = Fixture::new();
    let current = fixture.registry.authority();
    let renamed = RegistrySettings { name: "Renamed".into(), ..fixture.registry.settings().clone() };
    let renamed = profile::print(&v1::registry::write(&renamed));
    let policy = fixture.registry.authority_set(None).unwrap().files;
    let policy = policy.iter().find(|(path, _)| path.as_str() == "authority/trust-policy").unwrap().1.clone();
    let policy = String::from_utf8(policy)
        .unwrap()
        .replace("quorum none", &format!("witness w {} https://one.example/\nquorum w", witness()));
    let files: [(&str, &[u8]); 4] = [
        ("registry.json", &renamed),
        ("VERIFY.md", b"# How to check\n"),
        ("tools/more.sh", b"# more\n"),
        ("authority/trust-policy", policy.as_bytes()),
    ];
    let next = current.with_settings(settings(&fixture.registry, &files, 1)).unwrap();
    // Not all of what was signed for; something else; something that the authority does not bring.
    for left_out in 0..files.len() {
        let rest: Vec<_> = files.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, file)| *file).collect();
        refused(&fixture, submission(&next, &[ROOT], &rest), ErrorKind::Invalid, "authority-files");
    }
    for path in [".gitattributes", "tools/../x", "editions/x.json", "authority/allowed_signers", "", "/etc/passwd"] {
        let more = [files.as_slice(), &[(path, b"x")]].concat();
        refused(&fixture, submission(&next, &[ROOT], &more), ErrorKind::Invalid, "path-not-covered");
    }
    fixture.registry.put_authority(submission(&next, &[ROOT], &files)).unwrap();
    assert_eq!(fixture.registry.settings().name, "Renamed");
    let set = fixture.registry.authority_set(None).unwrap();
    assert!(set.files.keys().all(|path| is_covered(path.as_str())));
    assert!(set.files.iter().any(|(path, bytes)| path.as_str() == "tools/more.sh" && bytes == b"# more\n"));
    holds(&fixture);
    assert_eq!(fixture.reopened().registry.settings().name, "Renamed");
}

#[test]
fn what_a_registry_is_never_changes() {
    let fixture = Fixture::new();
    let current = fixture.registry.authority();
    let settings_now = fixture.registry.settings().clone();
    let with = |settings: &RegistrySettings| profile::print(&v1::registry::write(settings));
    let other_id = with(&RegistrySettings { registry: "other.example".parse().unwrap(), ..settings_now.clone() });
    let other_log = format!("log {}\nquorum none\n", verifier("other.example/log", SignatureType::Note));
    let real = with(&RegistrySettings { simulated_dates: false, ..settings_now });
    for (path, bytes, code) in [
        ("registry.json", other_id.as_slice(), "registry-rules"),
        ("registry.json", &real, "registry-rules"),
        ("registry.json", b"{}\n", "registry-rules"),
        ("registry.json", b"\xff", "authority-files"),
        ("authority/trust-policy", b"trust me\n", "policy-grammar"),
        ("authority/trust-policy", other_log.as_bytes(), "policy-grammar"),
    ] {
        let next = current.with_settings(settings(&fixture.registry, &[(path, bytes)], 1)).unwrap();
        refused(&fixture, submission(&next, &[ROOT], &[(path, bytes)]), ErrorKind::Invalid, code);
    }
}

#[test]
fn a_file_that_does_not_follow_is_refused() {
    let fixture = Fixture::new();
    let first = fixture.registry.authority();
    let header = settings(&fixture.registry, &[], 1);
    let now = fixture.at("2024-01-01T00:00:00Z").clock.now();
    let second = first.with_settings(header).unwrap();
    let third = second.with_settings(header).unwrap();
    let error = refused(&fixture, submission(&third, &[ROOT], &[]), ErrorKind::Conflict, "authority-conflict");
    assert_eq!(error.current, Some((1, first.digest())));
    let early = first.enrol(header, &[line(AuthorityRole::Department, 50, instant("2023-12-01T00:00:00Z"))]).unwrap();
    refused(&fixture, submission(&early, &[ROOT], &[]), ErrorKind::Conflict, "authority-conflict");
    let nobody = first.end(header, &key(ROOT).public(), now, KeyEvent::Left).unwrap();
    refused(&fixture, submission(&nobody, &[ROOT], &[]), ErrorKind::Conflict, "authority-conflict");
    let one_day_nobody = instant("2030-01-01T00:00:00Z");
    let one_day_nobody = first.end(header, &key(ROOT).public(), one_day_nobody, KeyEvent::Left).unwrap();
    let error = refused(&fixture, submission(&one_day_nobody, &[ROOT], &[]), ErrorKind::Conflict, "authority-conflict");
    assert!(error.detail.contains("one day nobody could sign"), "{error}");
    let theirs = first.enrol(header, &[line(AuthorityRole::Department, SIGNATORY, now)]).unwrap();
    refused(&fixture, submission(&theirs, &[ROOT], &[]), ErrorKind::Invalid, "key-in-use");
    for document in ["", "# certreg allowed_signers/v1 supplier=acme version=1 change=enrol\n", "\u{feff}x"] {
        let submission = AuthoritySubmission { document: document.into(), ..AuthoritySubmission::default() };
        refused(&fixture, submission, ErrorKind::Invalid, "authority-grammar");
    }
    let foreign = first.print().replace("authority=certreg.example", "authority=other.example");
    let submission = AuthoritySubmission { document: foreign.into(), ..AuthoritySubmission::default() };
    refused(&fixture, submission, ErrorKind::Invalid, "authority-grammar");
}

#[test]
fn the_registrys_key_is_exchanged_in_three_steps() {
    let fixture = Fixture::new();
    let now = fixture.at("2024-01-01T00:00:00Z").clock.now();
    let first = fixture.registry.authority();
    let header = settings(&fixture.registry, &[], 1);
    let old = key(REGISTRY).public();
    // Not in one: the server would be left without a right to write.
    let at_once = first.rotate(header, &old, line(AuthorityRole::Registry, NEW_REGISTRY, now), now).unwrap();
    let error = refused(&fixture, submission(&at_once, &[ROOT], &[]), ErrorKind::Conflict, "registry-key-in-use");
    assert!(error.detail.contains("Enrol the new registry key first"), "{error}");
    // 1: the new key beside the old one.
    let second = first.enrol(header, &[line(AuthorityRole::Registry, NEW_REGISTRY, now)]).unwrap();
    fixture.registry.put_authority(submission(&second, &[ROOT], &[])).unwrap();
    let third = second.end(header, &old, instant("2024-01-02T00:00:00Z"), KeyEvent::Left).unwrap();
    fixture.at("2024-01-02T00:00:00Z");
    refused(&fixture, submission(&third, &[ROOT], &[]), ErrorKind::Conflict, "registry-key-in-use");
    // 2: the server starts with it. 3: the old one ends.
    let fixture = fixture.reopened_with(NEW_REGISTRY);
    fixture.publish(&fixture.draft(CLOUD));
    fixture.registry.put_authority(submission(&third, &[ROOT], &[])).unwrap();
    holds(&fixture);
    // Whoever starts it with the old one again can read, and write nothing.
    let fixture = fixture.reopened_with(REGISTRY);
    let before = fixture.sequence();
    let mut next = fixture.at("2024-01-03T00:00:00Z").next(CLOUD);
    next.service_name = "Another".into();
    let error = fixture.registry.publish(&next.certification_id(), fixture.submission(&next)).unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Unavailable, "registry-key-not-valid"));
    assert_eq!(fixture.sequence(), before);
}

#[test]
fn a_transcription_is_judged_by_the_departments_keys_of_its_day_and_of_today() {
    let fixture = Fixture::new();
    fixture.at("2024-01-01T00:00:00Z");
    transcribe(&fixture, &transcription(&fixture, LIBRARY));
    let header = settings(&fixture.registry, &[], 1);
    let first = fixture.registry.authority();
    let judged = || {
        let judged = fixture.registry.verification(&common::fixture::certification(LIBRARY), 1).unwrap();
        (judged.sound_then, judged.sound_now, judged.sentence)
    };
    assert_eq!((judged().0, judged().1), (true, true));
    // The key left later: nothing changes for what it signed before.
    let now = fixture.at("2024-02-01T00:00:00Z").clock.now();
    let second = first.end(header, &key(DEPARTMENT).public(), now, KeyEvent::Left).unwrap();
    fixture.registry.put_authority(submission(&second, &[ROOT], &[])).unwrap();
    assert_eq!((judged().0, judged().1), (true, true));
    // It turns out that somebody else had it before that day.
    let since = instant("2023-12-01T00:00:00Z");
    let third = second.end(header, &key(DEPARTMENT).public(), since, KeyEvent::Compromised).unwrap();
    fixture.registry.put_authority(submission(&third, &[ROOT], &[])).unwrap();
    let (then, now, sentence) = judged();
    assert_eq!((then, now), (true, false));
    assert!(sentence.contains("ask the Department to transcribe it again"), "{sentence}");
}

// ---- over HTTP

fn next_of(made: &MadeUp, files: &[(&str, &[u8])]) -> AuthorityFile {
    made.registry.authority().with_settings(settings(&made.registry, files, 1)).unwrap()
}

#[tokio::test]
async fn the_authority_submits_as_json_and_as_a_form() {
    let made = MadeUp::new();
    let files: [(&str, &[u8]); 1] = [("tools/more.sh", b"# more\n")];
    let next = next_of(&made, &files);
    let sent = submission(&next, &[1], &files);
    let texts: BTreeMap<&String, &str> =
        sent.files.iter().map(|(path, bytes)| (path, std::str::from_utf8(bytes).unwrap())).collect();
    let body = json!({"document": next.print(), "signatures": sent.signatures, "files": texts});
    let answer = made.send_json(Method::PUT, "/v1/authority", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.json()["outcome"], "accepted");
    assert_eq!(answer.json()["digest"], next.digest().to_string());
    let again = made.send_json(Method::PUT, "/v1/authority", &body).await;
    assert_eq!((again.status, again.json()["outcome"].as_str()), (StatusCode::OK, Some("already_in_force")));
    let shown = made.get("/v1/authority").await.json();
    assert_eq!((shown["version"].as_u64(), shown["document"].as_str()), (Some(2), Some(next.print().as_str())));
    assert_eq!(shown["files"]["tools/more.sh"], "# more\n");
    assert_eq!(shown["signatures"].as_array().unwrap().len(), 1);

    let files: [(&str, &[u8]); 2] = [("tools/more.sh", b"# still more\n"), ("VERIFY.md", b"# Check\n")];
    let next = next_of(&made, &files);
    let sent = submission(&next, &[1], &files);
    let (content_type, body) = form(&[
        ("document", sent.document.as_slice()),
        ("signatures", sent.signatures[0].as_bytes()),
        ("files", files[0].1),
        ("files", files[1].1),
    ]);
    // The file name of a part is the path.
    let body = String::from_utf8(body).unwrap();
    let body = body.replacen("filename=\"files\"", "filename=\"tools/more.sh\"", 1);
    let body = body.replacen("filename=\"files\"", "filename=\"VERIFY.md\"", 1);
    let put = |body: String| {
        let headers = [("content-type", content_type.as_str())];
        made.send(request(Method::PUT, "/v1/authority", &headers, Body::from(body)))
    };
    let answer = put(body.clone()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(made.registry.authority().version(), 3);
    let twice = body.replacen("filename=\"VERIFY.md\"", "filename=\"tools/more.sh\"", 1);
    put(twice).await.problem(400, "bad-parts");
    put(body.replace("name=\"signatures\"", "name=\"signature\"")).await.problem(400, "bad-parts");
}

#[tokio::test]
async fn a_refused_authority_file_gets_a_problem_with_its_place() {
    let made = MadeUp::new();
    let before = made.sequence();
    let next = next_of(&made, &[]);
    let put = |body: serde_json::Value| {
        let made = &made;
        async move { made.send_json(Method::PUT, "/v1/authority", &body).await }
    };
    let problem = put(json!({"document": next.print()})).await.problem(422, "too-few-signatures");
    assert_eq!(problem["errors"][0]["pointer"], "/signatures");
    put(json!({"document": next.print(), "signatures": ["nonsense"]})).await.problem(422, "signature-unreadable");
    put(json!({"document": ""})).await.problem(422, "authority-grammar");
    put(json!({"document": next.print(), "signature": "x"})).await.problem(400, "bad-body");
    let many = vec!["x"; 21];
    put(json!({"document": next.print(), "signatures": many})).await.problem(422, "too-many-items");
    let skipped = next.with_settings(*next.settings()).unwrap();
    let problem = put(json!({"document": skipped.print()})).await.problem(409, "authority-conflict");
    assert_eq!(problem["current_version"], 1);
    assert_eq!(problem["current_digest"], made.registry.authority().digest().to_string());
    let large = json!({"document": next.print(), "signatures": submission(&next, &[1], &[]).signatures,
        "files": {"tools/large": "x".repeat(256 * 1024 + 1)}});
    put(large).await.problem(422, "authority-files");
    assert_eq!((made.sequence(), Digest::of(next.print().as_bytes())), (before, next.digest()));
}
