//! A person asks to be forgotten: nothing that the registry holds names them any more, and every proof stays.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use axum::http::StatusCode;
use certreg::{
    domain::{CaseStatement, Digest, Draft, Person, RegistryId, SupplierId, case::Matter},
    evidence::Pack,
    format::{profile, v1},
    registry::{ErrorKind, Registry, cases::CaseSubmission, publish::VersionSubmission},
    signing::{Namespace, sign},
};
use common::{
    fixture::{
        DEPARTMENT, Fixture, OFFICIAL, OTHER_OFFICIAL, OTHER_SIGNATORY, SIGNATORY, certification, key, official,
        record, supplier,
    },
    registry::{MadeUp, completer, department, parse},
};
use forgery::{Copy, expect_good, root, scene::CLOUD};

const OTHERS: &str = "example-other/example-cloud";
/// As small letters, which is how lists keep words to be searched for.
const TRACES: [&str; 4] = ["unforgettable", "wilhelmina", "wilhelmina@private.example", "7700 900461"];

fn forgettable() -> Person {
    Person {
        email: Some("wilhelmina@private.example".into()),
        name: "Wilhelmina Unforgettable".into(),
        salt: "5a".repeat(32),
        telephone: Some("+44 7700 900461".into()),
    }
}

fn digest() -> Digest {
    v1::person::digest(&forgettable())
}

/// A version that the forgettable person completed, and is the contact of.
fn named(mut draft: Draft) -> Draft {
    draft.signatory.as_mut().unwrap().person = digest();
    draft.contact.as_mut().unwrap().person = Some(digest());
    draft
}

fn signed(draft: &Draft, [signatory, countersigner]: [u8; 2]) -> VersionSubmission {
    let document = profile::print(&v1::certification::write(draft));
    let id = "certreg.example".parse().unwrap();
    let sign = |seed: u8, namespace: Namespace| Some(sign(&key(seed), &namespace.at(&id), &document));
    VersionSubmission {
        signature: sign(signatory, Namespace::Certification),
        countersignature: sign(countersigner, Namespace::Countersignature),
        people: vec![record(&forgettable()), record(&official())],
        document,
    }
}

/// The Department's word that a person is to be forgotten, in one supplier's folder.
fn erasure(registry: &RegistryId, id: &SupplierId, (seq, previous): (u32, Option<Digest>)) -> CaseStatement {
    CaseStatement {
        registry: registry.clone(),
        supplier: id.clone(),
        service: None,
        seq,
        previous,
        stated_on: parse("2024-01-01"),
        text: vec!["A person asked to be forgotten.".into()],
        matter: Matter::Erasure { persons: [digest()].into() },
    }
}

fn state(fixture: &Fixture, id: &str) -> certreg::registry::Result<certreg::registry::cases::CaseAccepted> {
    let document = profile::print(&v1::case::write(&erasure(&fixture.id, &supplier(id), (1, None))));
    let signature = Some(fixture.sign(DEPARTMENT, Namespace::Case, &document));
    fixture.registry.submit_case(CaseSubmission { document, signature, countersignature: None })
}

/// Two suppliers whose documents name the same person; three versions in all.
fn published() -> Fixture {
    let fixture = Fixture::new();
    let own = named(fixture.at("2024-01-10T10:00:00Z").draft(CLOUD));
    fixture.registry.publish(&certification(CLOUD), signed(&own, [SIGNATORY, OFFICIAL])).unwrap();
    let theirs = named(fixture.draft(OTHERS));
    fixture.registry.publish(&certification(OTHERS), signed(&theirs, [OTHER_SIGNATORY, OTHER_OFFICIAL])).unwrap();
    let mut next = fixture.at("2024-02-10T10:00:00Z").next(CLOUD);
    next.service_name = "Example Cloud Two".into();
    fixture.registry.publish(&certification(CLOUD), signed(&next, [SIGNATORY, OFFICIAL])).unwrap();
    fixture.at("2024-03-01T10:00:00Z");
    fixture
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Where anything of the person is found: every file byte by byte, and every object of Git unpacked.
fn traces(data: &Path) -> Vec<String> {
    let holds = |bytes: &[u8]| {
        let bytes = bytes.to_ascii_lowercase();
        TRACES.iter().any(|trace| bytes.windows(trace.len()).any(|window| window == trace.as_bytes()))
    };
    let mut found: Vec<String> = Vec::new();
    for path in files_below(data) {
        if holds(&fs::read(&path).unwrap()) {
            found.push(path.strip_prefix(data).unwrap().display().to_string());
        }
    }
    let mut git = Command::new("git");
    git.arg("-C").arg(data.join("registry.git")).env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = git.args(["cat-file", "--batch-all-objects", "--batch"]).output().unwrap();
    assert!(output.status.success() && output.stdout.len() > 10_000, "the objects were read");
    if holds(&output.stdout) {
        found.push("registry.git, unpacked".to_owned());
    }
    found
}

/// Everything that anybody can prove of what was published: receipts, and signatures then and now.
fn proofs(fixture: &Fixture) -> Vec<String> {
    let versions = [(CLOUD, 1), (CLOUD, 2), (OTHERS, 1)];
    let proof = |(id, version)| {
        let verification = fixture.registry.verification(&certification(id), version).unwrap();
        assert!(verification.sound_then && verification.sound_now, "{id} {version}: {}", verification.sentence);
        let sequence = fixture.registry.version(&certification(id), version).unwrap().publication.sequence;
        format!("{:?}", fixture.registry.receipt(sequence).unwrap())
    };
    versions.into_iter().map(proof).collect()
}

#[test]
fn nothing_of_the_person_is_left_and_every_proof_stays() {
    let fixture = published();
    let file = format!("people/{}.json", digest().hex());
    assert_eq!(traces(&fixture.data), std::slice::from_ref(&file), "the search finds what is there, and there only");
    let before = proofs(&fixture);
    assert_eq!(fixture.registry.person(digest()).unwrap().person, forgettable());

    // With the first supplier's statement nobody is shown the record; with the last one it is gone.
    let waiting = state(&fixture, "example-learning").unwrap().erase_for;
    assert_eq!(waiting.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["example-other"]);
    let gone = fixture.registry.person(digest()).unwrap_err();
    assert_eq!((gone.kind, gone.code), (ErrorKind::Gone, "person-erased"));
    assert_eq!(traces(&fixture.data), [file]);
    assert_eq!(state(&fixture, "example-other").unwrap().erase_for, []);
    assert_eq!(traces(&fixture.data), [""; 0]);
    let others = fixture.registry.person(v1::person::digest(&official())).unwrap();
    assert_eq!(others.person, official(), "nobody else is forgotten");

    assert_eq!(proofs(&fixture), before);
    let copy = Copy::of(&fixture);
    expect_good(copy.verify_all());
    let mut verify = Command::new(env!("CARGO_BIN_EXE_certreg"));
    let output = verify.arg("verify").arg(copy.path()).args(["--root", &root()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // The same statement again is the same answer, and does no harm.
    assert!(state(&fixture, "example-other").unwrap().already);
    let fixture = fixture.reopened();
    assert_eq!((traces(&fixture.data), proofs(&fixture)), (Vec::new(), before));
}

#[test]
fn no_new_document_brings_the_person_back() {
    let fixture = published();
    state(&fixture, "example-learning").unwrap();
    state(&fixture, "example-other").unwrap();
    let before = fixture.sequence();
    let mut next = fixture.next(CLOUD);
    next.service_name = "Example Cloud Three".into();
    // With the record, and without it.
    let with = signed(&next, [SIGNATORY, OFFICIAL]);
    let without = VersionSubmission { people: vec![], ..with.clone() };
    for submission in [with, without] {
        let error = fixture.registry.publish(&certification(CLOUD), submission).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
        let codes: Vec<&str> = error.faults.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["person-erased"; 2], "as contact and as signatory: {error}");
    }
    // A record by itself has no use.
    let mut others = fixture.next(CLOUD);
    others.service_name = "Example Cloud Three".into();
    others.signatory = fixture.draft(CLOUD).signatory;
    others.contact.as_mut().unwrap().person = None;
    let mut submission = signed(&others, [SIGNATORY, OFFICIAL]);
    submission.people.push(record(&common::fixture::signatory()));
    let error = fixture.registry.publish(&certification(CLOUD), submission.clone()).unwrap_err();
    assert_eq!(error.faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["record-without-use"], "{error}");
    assert_eq!((fixture.sequence(), traces(&fixture.data)), (before, Vec::new()));
    // The supplier names somebody else, and goes on.
    submission.people.remove(0);
    fixture.registry.publish(&certification(CLOUD), submission).unwrap();
}

#[test]
fn a_folder_put_back_from_a_backup_brings_nobody_back() {
    let fixture = published();
    let people = fixture.data.join("people");
    let backup: BTreeMap<PathBuf, Vec<u8>> =
        files_below(&people).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    state(&fixture, "example-learning").unwrap();
    state(&fixture, "example-other").unwrap();
    let before = proofs(&fixture);
    let mut fixture = fixture;
    for lost_index in [false, true] {
        let data = fixture.data.clone();
        fixture = fixture.reopened_after(|| {
            for (path, bytes) in &backup {
                fs::write(path, bytes).unwrap();
                fs::write(path.with_extension("tmp"), bytes).unwrap();
            }
            assert_eq!(traces(&data).len(), 2, "put back, and a half-written one beside it");
            if lost_index {
                for ending in ["", "-wal", "-shm"] {
                    let _ = fs::remove_file(data.join(format!("index.sqlite{ending}")));
                }
            }
        });
        assert_eq!((traces(&fixture.data), proofs(&fixture)), (Vec::new(), before.clone()));
        assert_eq!(fixture.registry.person(digest()).unwrap_err().code, "person-erased");
    }
    // Rebuilt or not, the index says the same.
    let data = fixture.data.clone();
    drop(fixture.registry);
    assert_eq!(Registry::rebuild(&data, true, &mut |_| {}).unwrap(), [""; 0]);
}

#[test]
fn a_record_that_is_missing_for_no_reason_is_not_called_erased() {
    let fixture = published();
    fs::remove_file(fixture.data.join(format!("people/{}.json", digest().hex()))).unwrap();
    let error = fixture.registry.person(digest()).unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::NotFound, "person-record-missing"));
    // The next version that names the person brings the record again.
    let mut next = fixture.next(CLOUD);
    next.service_name = "Example Cloud Three".into();
    fixture.registry.publish(&certification(CLOUD), signed(&next, [SIGNATORY, OFFICIAL])).unwrap();
    assert_eq!(fixture.registry.person(digest()).unwrap().person, forgettable());
}

// ---- over HTTP

#[tokio::test]
async fn answers_and_pages_name_nobody_who_was_forgotten() {
    let made = MadeUp::new();
    made.publish(&made.draft());
    let person = v1::person::digest(&completer(1));
    let name = completer(1).name;
    let address = format!("/v1/people/{}", person.hex());
    let shown = made.get(&address).await;
    assert_eq!((shown.status, shown.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(shown.text().contains(&name));
    let names = |bytes: &[u8]| {
        let pack = Pack::from_zip(bytes).unwrap();
        pack.files().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(&name)).count()
    };
    let pack = "/v1/certifications/example-learning/example-cloud/versions/1/evidence.zip";
    assert!(names(&made.get(pack).await.body) >= 2, "the record, and the readable page");
    let statement = CaseStatement {
        matter: Matter::Erasure { persons: [person].into() },
        stated_on: parse("2023-11-01"),
        ..erasure(&parse("certreg.example"), &parse("example-learning"), (1, None))
    };
    let document = profile::print(&v1::case::write(&statement));
    let signature = Some(common::registry::signed(&department(), Namespace::Case, &document));
    made.registry.submit_case(CaseSubmission { document, signature, countersignature: None }).unwrap();
    let gone = made.get(&address).await;
    gone.problem(410, "person-erased");
    assert_eq!(gone.header("cache-control"), "no-store");
    assert_eq!(names(&made.get(pack).await.body), 0, "a pack made now");
    let base = "/v1/certifications/example-learning/example-cloud";
    for path in [
        "/s/example-learning/example-cloud",
        "/s/example-learning/example-cloud/versions/1",
        "/s/example-learning",
        base,
        &format!("{base}/statement.html"),
        &format!("{base}/statement.txt"),
        &format!("{base}/versions/1/document"),
        &format!("{base}/versions/1/verification"),
        "/v1/changes",
    ] {
        let answer = made.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text().contains(&name), "{path}");
    }
    // An as-of view does not bring anybody back either.
    made.at("2024-06-01T10:00:00Z");
    let past = made.get(&format!("{base}?as_of=2023-11-01")).await;
    assert!(past.status == StatusCode::OK && !past.text().contains(&name), "{}", past.text());
    let mut next = made.next();
    next.service_name = "Another".into();
    let again = made.post_version("example-learning/example-cloud", &made.submission(&next)).await;
    let problem = again.problem(422, "document-rules");
    assert!(problem["errors"].as_array().unwrap().iter().any(|error| error["code"] == "person-erased"), "{problem:#}");
}
