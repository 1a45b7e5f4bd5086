//! What `certreg verify` says of case statements in a clone, good and falsified. Whoever falsifies holds the server's
//! key, and uses again what others have signed.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use std::{collections::BTreeSet, process::Command};

use certreg::{
    domain::{
        CaseStatement, Digest,
        case::{Matter, ResolutionOutcome, Subject},
    },
    format::{profile, v1},
    registry::cases::CaseSubmission,
    signing::Namespace,
};
use common::fixture::{DEPARTMENT, Fixture, ROOT, SIGNATORY, certification, key};
use forgery::{
    Copy,
    scene::{CLOUD, next_version, published, write_version},
};

const FOLDER: &str = "suppliers/ex/example-learning/example-cloud.case";

fn statement(fixture: &Fixture, seq: u32, previous: Option<Digest>, matter: Matter) -> Vec<u8> {
    let id = certification(CLOUD);
    let statement = CaseStatement {
        registry: fixture.id.clone(),
        supplier: id.supplier,
        service: Some(id.service),
        seq,
        previous,
        stated_on: fixture.clock.now().day_in_london(),
        text: vec!["Stated for this test.".into()],
        matter,
    };
    profile::print(&v1::case::write(&statement))
}

fn challenge(fixture: &Fixture, seq: u32, previous: Option<Digest>) -> Vec<u8> {
    let version = fixture.registry.certification(&certification(CLOUD)).unwrap().current;
    let subject = Subject { version: version.publication.version, digest: version.publication.digest };
    let questions = BTreeSet::from(["q5.7".parse().unwrap()]);
    let due_on = fixture.clock.now().day_in_london().plus_days(30);
    statement(fixture, seq, previous, Matter::Challenge { questions, subject, due_on })
}

fn resolution(fixture: &Fixture, seq: u32, previous: Digest, challenge: Digest) -> Vec<u8> {
    let matter = Matter::Resolution { in_reply_to: challenge, outcome: ResolutionOutcome::NotUpheld };
    statement(fixture, seq, Some(previous), matter)
}

fn state(fixture: &Fixture, document: &[u8]) -> Digest {
    let signature = Some(fixture.sign(DEPARTMENT, Namespace::Case, document));
    let submission = CaseSubmission { document: document.to_vec(), signature, countersignature: None };
    fixture.registry.submit_case(submission).unwrap();
    Digest::of(document)
}

/// Three versions, and a challenge that was closed.
fn challenged() -> (Fixture, Digest, Digest) {
    let fixture = published();
    fixture.at("2024-08-01T10:00:00Z");
    let asked = state(&fixture, &challenge(&fixture, 1, None));
    fixture.at("2024-08-02T10:00:00Z");
    let closed = state(&fixture, &resolution(&fixture, 2, asked, asked));
    (fixture, asked, closed)
}

fn verified(copy: &Copy) -> (i32, String) {
    let mut verify = Command::new(env!("CARGO_BIN_EXE_certreg"));
    let output = verify.arg("verify").arg(copy.path()).args(["--root", &key(ROOT).public().fingerprint()]).output();
    let output = output.unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[track_caller]
fn expect_bad(copy: &Copy, sentence: &str) {
    let (code, said) = verified(copy);
    assert!(code == 1 && said.contains(sentence), "{said}");
}

#[test]
fn a_case_that_went_its_way_holds() {
    let (fixture, _, _) = challenged();
    let (code, said) = verified(&Copy::of(&fixture));
    assert!(code == 0 && said.contains("2 case statements"), "{said}");
}

#[test]
fn a_statement_by_the_wrong_party_is_told() {
    let (fixture, _, closed) = challenged();
    let copy = Copy::of(&fixture);
    let path = format!("{FOLDER}/00003.json");
    copy.write_signed(&path, challenge(&fixture, 3, Some(closed)), SIGNATORY, Namespace::Case).commit();
    expect_bad(&copy, "00003.json");
    // The signatory's clarification, signed by the Department.
    let copy = Copy::of(&fixture);
    let questions = BTreeSet::from(["q5.7".parse().unwrap()]);
    let reply = statement(&fixture, 3, Some(closed), Matter::Clarification { in_reply_to: closed, questions });
    copy.write_signed(&path, reply, DEPARTMENT, Namespace::Case).commit();
    expect_bad(&copy, "00003.json");
}

#[test]
fn a_statement_out_of_order_or_in_another_place_is_told() {
    let (fixture, asked, closed) = challenged();
    let copy = Copy::of(&fixture);
    let path = format!("{FOLDER}/00004.json");
    copy.write_signed(&path, challenge(&fixture, 4, Some(closed)), DEPARTMENT, Namespace::Case).commit();
    expect_bad(&copy, "it does not follow the statement before it: number 3 was due");
    let copy = Copy::of(&fixture);
    let path = format!("{FOLDER}/00003.json");
    copy.write_signed(&path, challenge(&fixture, 3, Some(asked)), DEPARTMENT, Namespace::Case).commit();
    expect_bad(&copy, "it does not follow the statement before it: number 3 was due");
    let copy = Copy::of(&fixture);
    let elsewhere = "suppliers/ex/example-learning/example-library.case/00001.json";
    copy.write_signed(elsewhere, challenge(&fixture, 1, None), DEPARTMENT, Namespace::Case).commit();
    expect_bad(&copy, "its ids and number are not those of its place");
}

#[test]
fn a_reply_to_a_closed_case_is_told() {
    let (fixture, asked, closed) = challenged();
    let copy = Copy::of(&fixture);
    let path = format!("{FOLDER}/00003.json");
    copy.write_signed(&path, resolution(&fixture, 3, closed, asked), DEPARTMENT, Namespace::Case).commit();
    expect_bad(&copy, "it replies to no case that was open then");
}

#[test]
fn a_version_published_while_withdrawn_is_told() {
    let (fixture, _, closed) = challenged();
    let withdrawal = statement(&fixture, 3, Some(closed), Matter::Withdrawal { reasons: Vec::new() });
    state(&fixture, &withdrawal);
    let copy = Copy::of(&fixture);
    write_version(&copy, &next_version(&copy, |text| text));
    copy.commit();
    expect_bad(&copy, "published while the Department had withdrawn the certification");
}
