//! Evidence packs, good and falsified, judged by the program and by the pack's own script, which must agree.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use std::{fs, process::Command};

use certreg::{
    domain::{CaseStatement, CertificationId, Digest, case::Matter},
    evidence::{Asked, Pack, entry},
    format::{profile, v1},
    log::{Checkpoint, SignatureType, TlogProof, Tree, VerifierKey, leaf_hash},
    registry::cases::CaseSubmission,
    signing::{KeyEvent, Namespace, SecretKey},
};
use common::fixture::{DEPARTMENT, Fixture, LOG, OFFICIAL, SIGNATORY, certification, key};
use forgery::{
    packs::{expect_bad, expect_good, judged, on, pack, said},
    root,
    scene::{CLOUD, CLOUD_JSON, LIBRARY, RING, published},
};

/// What somebody who falsifies a pack can do: write any file, and sign with the log's key if he holds the server.
struct Falsified<'a> {
    fixture: &'a Fixture,
    pack: Pack,
    leaves: Vec<String>,
}

impl<'a> Falsified<'a> {
    fn of(fixture: &'a Fixture, asked: Asked) -> Falsified<'a> {
        let leaves = (0..fixture.registry.log_size()).map(|index| fixture.registry.receipt(index).unwrap().leaf);
        Falsified { pack: pack(fixture, CLOUD, asked), leaves: leaves.collect(), fixture }
    }

    /// Exchanges a file of an entry, and its digest in the leaf.
    fn exchange(&mut self, index: u64, path: &str, bytes: &[u8]) {
        let name = entry(index, &format!("files/{path}"));
        let old = Digest::of(self.pack.get(&name).unwrap()).hex();
        self.alter(index, &format!("{old}  {path}"), &format!("{}  {path}", Digest::of(bytes).hex()));
        self.pack.insert(name, bytes);
    }

    fn alter(&mut self, index: u64, from: &str, to: &str) {
        let leaf = &mut self.leaves[index as usize];
        assert!(leaf.contains(from), "{leaf}");
        *leaf = leaf.replace(from, to);
        self.pack.insert(entry(index, "leaf"), leaf.clone());
    }

    /// Makes the log anew over what the leaves say now.
    fn relog(&mut self, secret: &SecretKey) {
        let mut tree = Tree::new();
        self.leaves.iter().for_each(|leaf| tree.push(leaf_hash(leaf.as_bytes())));
        let origin = format!("{}/log", self.fixture.id);
        let vkey = VerifierKey::new(&origin, SignatureType::Note, secret.public().as_bytes()).unwrap();
        let checkpoint = Checkpoint::new(&origin, tree.size(), tree.root()).unwrap();
        let signed = checkpoint.sign(&vkey, &|bytes| secret.sign_raw(bytes));
        for index in self.pack.entries() {
            let path = tree.inclusion(index, tree.size()).unwrap();
            self.pack.insert(entry(index, "proof"), TlogProof::new(index, path, signed.clone()).print());
        }
    }

    fn without(&mut self, prefix: &str) {
        let kept: Vec<(String, Vec<u8>)> = self
            .pack
            .files()
            .filter(|(name, _)| !name.starts_with(prefix))
            .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
            .collect();
        self.pack = Pack::new();
        kept.into_iter().for_each(|(name, bytes)| self.pack.insert(name, bytes));
    }
}

/// The place in the log of a version.
fn place(fixture: &Fixture, version: u32) -> u64 {
    fixture.registry.version(&certification(CLOUD), version).unwrap().publication.sequence
}

#[test]
fn good_packs_say_what_stood_and_are_small() {
    let fixture = published();
    for (asked, versions) in [
        (Asked::Version(1), &[1][..]),
        (Asked::Version(3), &[3]),
        (on("2024-01-10"), &[1]),
        (on("2024-06-30"), &[1]),
        (on("2024-07-01"), &[1, 2]),
        (on("2024-07-02"), &[3]),
    ] {
        let made = fixture.registry.evidence(&certification(CLOUD), asked).unwrap();
        assert!(made.bytes.len() < 100_000, "{}", made.bytes.len());
        expect_good(&Pack::from_zip(&made.bytes).unwrap(), versions);
    }
    let transcribed = pack(&fixture, LIBRARY, Asked::Version(1));
    expect_good(&transcribed, &[1]);
    let page = pack(&fixture, CLOUD, on("2024-07-01"));
    let page = page.text("evidence.html").unwrap();
    let first = page.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap();
    assert_eq!(
        first,
        "On 1 July 2024, 2 versions of Example Cloud Two by Example Learning Ltd (example-learning/example-cloud) stood, one after the other: 1 and 2."
    );
    let early = fixture.registry.evidence(&certification(CLOUD), on("2024-01-09")).unwrap_err();
    assert_eq!(early.code, "nothing-in-force");
    let ahead = fixture.registry.evidence(&certification(CLOUD), on("2030-01-01")).unwrap_err();
    assert_eq!(ahead.code, "day-ahead");
}

#[test]
fn another_root_key_is_another_registry() {
    let fixture = published();
    let pack = pack(&fixture, CLOUD, Asked::Version(3));
    let stranger = key(99).public().fingerprint();
    for (code, text) in judged(&pack, &stranger) {
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("another registry"), "{text}");
    }
}

#[test]
fn an_altered_document_is_told() {
    let fixture = published();
    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    let index = place(&fixture, 3);
    let name = entry(index, &format!("files/{CLOUD_JSON}"));
    let altered = falsified.pack.text(&name).unwrap().replace("Our answer to 5.7", "Our answer to 5-7");
    falsified.pack.insert(name, altered.clone());
    expect_bad(&falsified.pack, "it was altered", "it was altered");

    // By somebody who holds the server, and so the log's key.
    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    falsified.exchange(index, CLOUD_JSON, altered.as_bytes());
    expect_bad(&falsified.pack, "not shown to be in the log", "not shown to be in the log");
    falsified.relog(&key(LOG));
    expect_bad(&falsified.pack, "does not", "not one by a key enrolled for it then, or not of these bytes");
}

#[test]
fn a_version_with_a_member_or_an_answer_too_many_or_too_few_is_told() {
    let fixture = published();
    let index = place(&fixture, 2);
    let name = entry(index, &format!("files/{CLOUD_JSON}"));
    type Alter = fn(&str) -> String;
    let alterations: [(&str, Alter); 3] = [
        ("it is no certification", |text| text.replace("  \"registry\"", "  \"rating\": \"5 stars\",\n  \"registry\"")),
        ("is not answered", |text| {
            let (start, end) = (text.find("    \"q3.2\"").unwrap(), text.find("    \"q3.3\"").unwrap());
            format!("{}{}", &text[..start], &text[end..])
        }),
        ("Every commitment of the scheme", |text| text.replace("    \"independently_verified\": true,\n", "")),
    ];
    for (program, alter) in alterations {
        // Both people have signed it, and the log stands behind it.
        let mut falsified = Falsified::of(&fixture, Asked::Version(2));
        let good = falsified.pack.text(&name).unwrap().to_owned();
        let altered = alter(&good);
        assert_ne!(good, altered, "{program}");
        falsified.exchange(index, CLOUD_JSON, altered.as_bytes());
        let signatures =
            [(".sig", SIGNATORY, Namespace::Certification), (".countersig", OFFICIAL, Namespace::Countersignature)];
        for (suffix, signer, namespace) in signatures {
            let signature = fixture.sign(signer, namespace, altered.as_bytes());
            falsified.exchange(index, &format!("{CLOUD_JSON}{suffix}"), signature.as_bytes());
        }
        falsified.relog(&key(LOG));
        expect_bad(&falsified.pack, program, "a member or an answer is missing, or one too many");
    }
}

#[test]
fn a_swapped_leaf_or_a_log_of_another_key_is_told() {
    let fixture = published();
    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    falsified.pack.insert(entry(place(&fixture, 3), "leaf"), falsified.leaves[place(&fixture, 2) as usize].clone());
    expect_bad(&falsified.pack, "another place", "another registry or place");

    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    falsified.relog(&key(77));
    expect_bad(&falsified.pack, "not shown to be in the log", "the log has not signed the checkpoint");
}

#[test]
fn a_stale_ring_is_told() {
    let fixture = published();
    let (row, ring, _) = fixture.registry.ring(&common::fixture::supplier("example-learning"), None).unwrap();
    fixture.at("2024-09-01T10:00:00Z");
    let stolen = *ring.keys()[0].key();
    let next = ring.end(&stolen, common::fixture::instant("2024-05-01T00:00:00Z"), KeyEvent::Compromised);
    let text = next.unwrap().print().into_bytes();
    let file = fixture.signed_by_department(Namespace::Keys, &text);
    let accepted = fixture.registry.put_ring(&common::fixture::supplier("example-learning"), file, Vec::new()).unwrap();
    let index = accepted.committed.sequence;

    // All of it: good then, unsafe now.
    let whole = pack(&fixture, CLOUD, Asked::Version(3));
    let [program, dash, _] = judged(&whole, &root());
    assert!(program.0 == 4 && program.1.contains("It held then, not all of it now:"), "{}", program.1);
    assert!(dash.0 == 4 && dash.1.contains("reported unsafe since"), "{}", dash.1);
    // The version before the theft stays sound.
    let before = pack(&fixture, CLOUD, Asked::Version(1));
    let [_, dash, _] = judged(&before, &root());
    assert!(dash.1.contains("good then, good now: version 1 of"), "{}", dash.1);

    // Without the newest ring, or with the old one in its place.
    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    falsified.without(&format!("log/{index}/files"));
    expect_bad(&falsified.pack, "stale", "stale");
    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    let old = falsified.pack.get(&entry(row.sequence, &format!("files/{RING}"))).unwrap().to_vec();
    falsified.exchange(index, RING, &old);
    falsified.relog(&key(LOG));
    expect_bad(&falsified.pack, "stale", "stale");
}

#[test]
fn a_shortened_log_or_a_left_out_version_is_told() {
    let fixture = published();
    let next = place(&fixture, 3);
    let mut falsified = Falsified::of(&fixture, Asked::Version(2));
    falsified.without(&format!("log/{next}/"));
    expect_bad(&falsified.pack, "was left out", "was left out");
    let mut falsified = Falsified::of(&fixture, Asked::Version(2));
    let head = fixture.registry.log_size() - 1;
    falsified.without(&format!("log/{head}/"));
    expect_bad(&falsified.pack, "the newest entry of the log is missing", "the newest entry of the log is missing");
    let mut falsified = Falsified::of(&fixture, on("2024-07-01"));
    falsified.without(&format!("log/{}/", place(&fixture, 1)));
    expect_bad(&falsified.pack, "was left out", "was left out");
    let mut falsified = Falsified::of(&fixture, Asked::Version(2));
    falsified.without("head/tree-");
    expect_bad(&falsified.pack, "missing", "BAD");
}

#[test]
fn other_peoples_signatures_and_dates_outside_a_keys_time_are_told() {
    let fixture = published();
    let index = place(&fixture, 3);
    let document = Falsified::of(&fixture, Asked::Version(3))
        .pack
        .get(&entry(index, &format!("files/{CLOUD_JSON}")))
        .unwrap()
        .to_vec();

    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    let strangers = fixture.sign(55, Namespace::Certification, &document);
    falsified.exchange(index, &format!("{CLOUD_JSON}.sig"), strangers.as_bytes());
    falsified.relog(&key(LOG));
    expect_bad(&falsified.pack, "signatory", "the signature by signatory@example-learning is not one");

    // One person twice.
    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    let twice = fixture.sign(SIGNATORY, Namespace::Countersignature, &document);
    falsified.exchange(index, &format!("{CLOUD_JSON}.countersig"), twice.as_bytes());
    falsified.relog(&key(LOG));
    expect_bad(&falsified.pack, "official", "the signature by official@example-learning is not one");

    // The keys were enrolled later than the log says that they signed.
    let mut falsified = Falsified::of(&fixture, Asked::Version(1));
    let index = place(&fixture, 1);
    let time = falsified.leaves[index as usize].lines().nth(2).unwrap().to_owned();
    falsified.alter(index, &time, "time 20200101000000Z");
    falsified.relog(&key(LOG));
    expect_bad(&falsified.pack, "", "BAD");
}

#[test]
fn what_was_stated_beside_it_belongs_to_the_evidence() {
    let fixture = published();
    fixture.at("2024-09-01T10:00:00Z");
    let document = withdrawal(&fixture);
    let submission = CaseSubmission {
        signature: Some(fixture.sign(DEPARTMENT, Namespace::Case, &document)),
        document: document.clone(),
        countersignature: None,
    };
    let stated = fixture.registry.submit_case(submission).unwrap();
    let index = stated.statement.stated.sequence;
    let text = expect_good(&pack(&fixture, CLOUD, Asked::Version(3)), &[3]);
    assert!(text.to_lowercase().contains("withdr"), "{text}");
    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    falsified.without(&format!("log/{index}/files"));
    expect_bad(&falsified.pack, "left out", "left out");
    // Stated by the supplier's official alone.
    let mut falsified = Falsified::of(&fixture, Asked::Version(3));
    let path = "suppliers/ex/example-learning/example-cloud.case/00001.json.sig";
    falsified.exchange(index, path, fixture.sign(OFFICIAL, Namespace::Case, &document).as_bytes());
    falsified.relog(&key(LOG));
    expect_bad(&falsified.pack, "00001.json", "BAD: case statement 1");
}

fn withdrawal(fixture: &Fixture) -> Vec<u8> {
    let CertificationId { supplier, service } = certification(CLOUD);
    let statement = CaseStatement {
        registry: fixture.id.clone(),
        supplier,
        service: Some(service),
        seq: 1,
        previous: None,
        stated_on: "2024-09-01".parse().unwrap(),
        text: vec!["Withdrawn for this test.".into()],
        matter: Matter::Withdrawal { reasons: Vec::new() },
    };
    profile::print(&v1::case::write(&statement))
}

#[test]
fn a_pack_says_nothing_about_days_that_its_log_does_not_reach() {
    let fixture = published();
    let mut later = pack(&fixture, CLOUD, on("2024-07-02"));
    let question = later.text("pack.json").unwrap().replace("2024-07-02", "2030-01-01");
    later.insert("pack.json", question);
    for (code, text) in judged(&later, &root()) {
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("this pack cannot show") && !text.contains("on 1 January 2030, version"), "{text}");
    }
}

#[test]
fn what_somebody_added_or_exchanged_beside_the_log_is_told() {
    let fixture = published();
    let whole = pack(&fixture, CLOUD, Asked::Version(3));
    let person = whole.below("people/").next().expect("a record").0.to_owned();
    let mut exchanged = whole.clone();
    exchanged.insert(format!("people/{person}"), whole.get(&format!("people/{person}")).unwrap().to_ascii_uppercase());
    expect_bad(&exchanged, "is no record that a document of this pack names", "is no record that a document");
    let mut doubled = whole.clone();
    doubled.insert("log/03/leaf", whole.get("log/3/leaf").unwrap());
    let [program, dash, _] = judged(&doubled, &root());
    assert!(program.0 == 1 && program.1.contains("a name that no evidence pack has"), "{}", program.1);
    assert!(dash.0 == 1 && dash.1.contains("among its entries"), "{}", dash.1);
    let mut added = whole;
    added.insert("README.html", "Believe me.");
    expect_bad(&added, "a name that no evidence pack has", "that no evidence pack has");
}

#[test]
fn files_that_are_no_packs_are_refused_kindly() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pack.zip");
    let whole = pack(&published(), CLOUD, Asked::Version(1)).to_zip().unwrap();
    let mut without_question = Pack::from_zip(&whole).unwrap();
    without_question.insert("pack.json", "{}");
    for bytes in [whole[..whole.len() / 2].to_vec(), b"PK\x03\x04".to_vec(), without_question.to_zip().unwrap()] {
        fs::write(&file, bytes).unwrap();
        let (code, text) = said(Command::new(env!("CARGO_BIN_EXE_certreg")).arg("verify").arg(&file), folder.path());
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("is no evidence pack") && text.contains("next:"), "{text}");
    }
}
