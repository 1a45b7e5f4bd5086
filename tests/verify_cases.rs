//! What the program and the scripts say of case statements, in clones and in evidence packs, good and falsified.
//! Whoever falsifies holds the server with its keys; and where a rule must hold against them as well, the Department's
//! or the supplier's.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use std::collections::{BTreeMap, BTreeSet};

use certreg::{
    domain::{
        CaseStatement, Digest, Predecessor,
        case::{Matter, ResolutionOutcome, Subject},
    },
    evidence::Asked,
    format::{profile, v1},
    registry::cases::CaseSubmission,
    signing::Namespace,
};
use common::fixture::{DEPARTMENT, Fixture, OFFICIAL, SIGNATORY, certification};
use forgery::{
    Copy, expect_bad, expect_good,
    packs::{self, expect_bad_clone, expect_bad_everywhere, on, pack},
    scene::{CLOUD, LIBRARY, next_version, published, write_version},
};

const FOLDER: &str = "suppliers/ex/example-learning/example-cloud.case";

fn statement(fixture: &Fixture, seq: u32, previous: Option<Digest>, matter: Matter) -> Vec<u8> {
    about(fixture, CLOUD, seq, previous, matter)
}

fn about(fixture: &Fixture, id: &str, seq: u32, previous: Option<Digest>, matter: Matter) -> Vec<u8> {
    let id = certification(id);
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
    submit(fixture, document, fixture.sign(DEPARTMENT, Namespace::Case, document), None)
}

/// By the supplier: the signatory alone, or both.
fn state_as_supplier(fixture: &Fixture, document: &[u8], both: bool) -> Digest {
    let second = both.then(|| fixture.sign(OFFICIAL, Namespace::Countersignature, document));
    submit(fixture, document, fixture.sign(SIGNATORY, Namespace::Case, document), second)
}

fn submit(fixture: &Fixture, document: &[u8], signature: String, countersignature: Option<String>) -> Digest {
    let submission = CaseSubmission { document: document.to_vec(), signature: Some(signature), countersignature };
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

const THIRD: (&str, Asked) = (CLOUD, Asked::Version(3));
const NO_REPLY: &str = "it replies to no case that was open then and could be answered so by who signed it";

#[test]
fn a_case_that_went_its_way_holds() {
    let (fixture, _, _) = challenged();
    let copy = Copy::of(&fixture);
    let said = expect_good(copy.verify_all());
    assert!(said.contains("and 2 case statement(s)"), "{said}");
    assert!(copy.program().1.contains("2 case statements"));
    // Open on the day on which it was asked, and not after.
    let asked =
        "On the record on 2024-08-01: challenge by the Department (case statement 1, published 2024-08-01T10:00:00Z).";
    assert!(expect_good(copy.as_of(CLOUD, "2024-08-01")).contains(asked));
    assert!(!expect_good(copy.as_of(CLOUD, "2024-08-02")).contains("On the record"));
    packs::expect_good(&pack(&fixture, CLOUD, on("2024-08-01")), &[3]);
}

#[test]
fn a_history_with_every_kind_of_statement_holds() {
    let fixture = published();
    let every = BTreeSet::from(["q5.7".parse().unwrap()]);
    let day = |text: &str| text.parse().unwrap();
    let version = fixture.registry.certification(&certification(CLOUD)).unwrap().current.publication;
    let subject = || Subject { version: version.version, digest: version.digest };
    let (mut seq, mut last) = (0, None);
    let mut at = |fixture: &Fixture, day: u8, matter: Matter| {
        fixture.at(&format!("2024-08-{day:02}T22:30:00Z"));
        seq += 1;
        let document = statement(fixture, seq, last, matter);
        last = Some(Digest::of(&document));
        document
    };
    let asked = state(
        &fixture,
        &at(&fixture, 1, Matter::Challenge { questions: every.clone(), subject: subject(), due_on: day("2024-09-01") }),
    );
    let reply = Matter::Clarification { in_reply_to: asked, questions: every.clone() };
    state_as_supplier(&fixture, &at(&fixture, 2, reply), false);
    state(&fixture, &at(&fixture, 3, Matter::Resolution { in_reply_to: asked, outcome: ResolutionOutcome::Clarified }));
    let required =
        Matter::VerificationRequired { questions: every.clone(), subject: subject(), due_on: day("2024-09-01") };
    let required = state(&fixture, &at(&fixture, 4, required));
    for (on, verified) in [(5, false), (6, true)] {
        let verification = Matter::Verification {
            in_reply_to: required,
            verifier: "Example Assurance Ltd".to_owned(),
            outcomes: BTreeMap::from([("q5.7".parse().unwrap(), verified)]),
            report_sha256: Some(Digest::of(b"a report")),
            valid_until: day("2025-08-01"),
        };
        state(&fixture, &at(&fixture, on, verification));
    }
    let notice = Matter::Notice { questions: every, from: day("2024-08-07"), expires_on: day("2024-08-08") };
    state_as_supplier(&fixture, &at(&fixture, 7, notice), false);
    let own = state_as_supplier(&fixture, &at(&fixture, 8, Matter::Withdrawal { reasons: Vec::new() }), true);
    state_as_supplier(&fixture, &at(&fixture, 9, Matter::Reinstatement { in_reply_to: own }), true);
    let theirs = state(&fixture, &at(&fixture, 10, Matter::Withdrawal { reasons: vec!["A reason.".into()] }));
    state(&fixture, &at(&fixture, 11, Matter::Reinstatement { in_reply_to: theirs }));
    let closure =
        Matter::Closure { ends_on: day("2025-01-01"), data_deleted_by: Some(day("2025-02-01")), reasons: Vec::new() };
    state_as_supplier(&fixture, &at(&fixture, 12, closure), true);

    // Sold: the other certification carries it on, and both sides say so.
    fixture.at("2024-08-29T10:00:00Z");
    let carries_on = "example-learning/example-next";
    let mut draft = fixture.draft(carries_on);
    draft.change.predecessor =
        Some(Predecessor { certification: certification(CLOUD), version: 3, digest: version.digest });
    fixture.publish(&draft);
    let transfer = |other: &str| Matter::Transfer { other: certification(other) };
    state_as_supplier(&fixture, &at(&fixture, 30, transfer(carries_on)), true);
    state_as_supplier(&fixture, &about(&fixture, carries_on, 1, None, transfer(CLOUD)), true);

    // An objection to a transcription, which the Department withdraws; the supplier's first own version ends both.
    let transcribed = fixture.registry.certification(&certification(LIBRARY)).unwrap().current.publication;
    let subject = Subject { version: 1, digest: transcribed.digest };
    let objection = state(&fixture, &about(&fixture, LIBRARY, 1, None, Matter::Objection { subject }));
    let withdrawal = Matter::Withdrawal { reasons: Vec::new() };
    state(&fixture, &about(&fixture, LIBRARY, 2, Some(objection), withdrawal));
    let mut claimed = fixture.at("2024-10-01T10:00:00Z").draft(LIBRARY);
    (claimed.version, claimed.previous) = (2, Some(transcribed.digest));
    fixture.publish(&claimed);

    let copy = Copy::of(&fixture);
    let said = expect_good(copy.verify_all());
    assert!(said.contains("and 16 case statement(s)."), "{said}");
    for (day, record) in [
        ("2024-08-01", "challenge by the Department"),
        ("2024-08-05", "verification_required by the Department"),
        ("2024-08-07", "notice by the supplier"),
        ("2024-08-08", "withdrawal by the supplier"),
        ("2024-08-10", "withdrawal by the Department"),
        ("2024-12-31", "closure by the supplier"),
    ] {
        let said = expect_good(copy.as_of(CLOUD, day));
        assert!(said.contains(&format!("On the record on {day}: {record} (")), "{day}: {said}");
    }
    let after = expect_good(copy.as_of(CLOUD, "2025-01-02"));
    assert!(!after.contains("closure by the supplier (") && after.contains(": transfer by"), "it has ended: {after}");
    packs::expect_good(&pack(&fixture, CLOUD, on("2024-08-10")), &[3]);
    packs::expect_good(&pack(&fixture, LIBRARY, Asked::Version(1)), &[1]);
    let claimed = packs::expect_good(&pack(&fixture, LIBRARY, Asked::Version(2)), &[2]);
    assert!(!claimed.contains("But:"), "what was withdrawn was the transcription: {claimed}");
}

#[test]
fn a_statement_by_the_wrong_party_is_told() {
    let path = format!("{FOLDER}/00003.json");
    let (fixture, _, closed) = challenged();
    let copy = Copy::of(&fixture);
    copy.write_signed(&path, challenge(&fixture, 3, Some(closed)), SIGNATORY, Namespace::Case).commit();
    expect_bad_everywhere(fixture, &copy, THIRD, "00003.json", "it is not signed by a key of the Department");
    // The signatory's clarification, signed by the Department; in another namespace; and with a second signature.
    let (fixture, asked, closed) = challenged();
    let questions = BTreeSet::from(["q5.7".parse().unwrap()]);
    let reply = statement(&fixture, 3, Some(closed), Matter::Clarification { in_reply_to: asked, questions });
    for (signer, namespace) in [(DEPARTMENT, Namespace::Case), (SIGNATORY, Namespace::Certification)] {
        let copy = Copy::of(&fixture);
        copy.write_signed(&path, &reply, signer, namespace).commit();
        expect_bad_clone(&copy, "00003.json", "the signature by signatory@example-learning is not one");
    }
    // The Department's own, with somebody's second signature.
    let copy = Copy::of(&fixture);
    let challenge = challenge(&fixture, 3, Some(closed));
    copy.write_signed(&path, &challenge, DEPARTMENT, Namespace::Case);
    copy.write(&format!("{path}.countersig"), copy.sign(OFFICIAL, Namespace::Countersignature, &challenge)).commit();
    expect_bad_clone(&copy, "second signature", "it has a second signature");
}

#[test]
fn a_statement_out_of_order_or_in_another_place_is_told() {
    let due = "it does not follow the statement before it: number 3 was due";
    let follows = "it does not follow the statement before it: one is missing";
    let (fixture, asked, closed) = challenged();
    let copy = Copy::of(&fixture);
    let path = format!("{FOLDER}/00003.json");
    copy.write_signed(&path, challenge(&fixture, 3, Some(asked)), DEPARTMENT, Namespace::Case).commit();
    expect_bad_clone(&copy, due, follows);
    let copy = Copy::of(&fixture);
    let elsewhere = "suppliers/ex/example-learning/example-library.case/00001.json";
    copy.write_signed(elsewhere, challenge(&fixture, 1, None), DEPARTMENT, Namespace::Case).commit();
    expect_bad_clone(
        &copy,
        "its ids and number are not those of its place",
        "it is about another registry, supplier or",
    );
    let copy = Copy::of(&fixture);
    let path = format!("{FOLDER}/00004.json");
    copy.write_signed(&path, challenge(&fixture, 4, Some(closed)), DEPARTMENT, Namespace::Case).commit();
    expect_bad_clone(&copy, due, follows);
}

#[test]
fn a_statement_with_a_member_too_many_or_too_few_is_told() {
    let (fixture, _, closed) = challenged();
    let good = String::from_utf8(challenge(&fixture, 3, Some(closed))).unwrap();
    let due = good.lines().nth(1).unwrap();
    for (name, text) in [
        ("no due day", good.replacen(&format!("{due}\n"), "", 1)),
        ("no such day", good.replacen(due, "  \"due_on\": \"2025-02-29\",", 1)),
        ("an unknown member", good.replacen("  \"format\"", "  \"finding\": \"Guilty.\",\n  \"format\"", 1)),
        (
            "members in another order",
            good.replacen(&format!("{due}\n"), "", 1).replacen(
                "  \"format\"",
                &format!("  \"format\": \"certreg/case@1\",\n{due}\n  \"format\""),
                1,
            ),
        ),
        ("a character that nobody sees", good.replacen("Stated", "Sta\u{200b}ted", 1)),
        ("no words", good.replacen("    \"Stated for this test.\"\n", "", 1)),
    ] {
        assert_ne!(text, good, "{name}");
        let copy = Copy::of(&fixture);
        copy.write_signed(&format!("{FOLDER}/00003.json"), text, DEPARTMENT, Namespace::Case).commit();
        eprintln!("{name}");
        expect_bad_clone(&copy, "it is no case statement", "BAD: case statement 3");
    }
}

#[test]
fn a_reply_to_a_closed_case_is_told() {
    let (fixture, asked, closed) = challenged();
    let copy = Copy::of(&fixture);
    let path = format!("{FOLDER}/00003.json");
    copy.write_signed(&path, resolution(&fixture, 3, closed, asked), DEPARTMENT, Namespace::Case).commit();
    expect_bad_everywhere(fixture, &copy, THIRD, NO_REPLY, NO_REPLY);
}

#[test]
fn a_reinstatement_by_another_than_who_withdrew_is_told() {
    let (fixture, _, closed) = challenged();
    let withdrawn = state(&fixture, &statement(&fixture, 3, Some(closed), Matter::Withdrawal { reasons: Vec::new() }));
    let back = statement(&fixture, 4, Some(withdrawn), Matter::Reinstatement { in_reply_to: withdrawn });
    let copy = Copy::of(&fixture);
    let path = format!("{FOLDER}/00004.json");
    copy.write_signed(&path, &back, SIGNATORY, Namespace::Case);
    copy.write(&format!("{path}.countersig"), copy.sign(OFFICIAL, Namespace::Countersignature, &back)).commit();
    expect_bad(copy.as_of(CLOUD, "2025-06-01"), NO_REPLY);
    expect_good(copy.as_of(CLOUD, "2024-12-31"));
    expect_bad_everywhere(fixture, &copy, THIRD, NO_REPLY, NO_REPLY);
}

#[test]
fn a_version_published_while_withdrawn_is_told() {
    let (fixture, _, closed) = challenged();
    state(&fixture, &statement(&fixture, 3, Some(closed), Matter::Withdrawal { reasons: Vec::new() }));
    let copy = Copy::of(&fixture);
    write_version(&copy, &next_version(&copy, |text| text));
    copy.commit();
    let why = "published while the Department had withdrawn the certification";
    expect_bad(copy.as_of(CLOUD, "2025-06-01"), why);
    expect_bad_everywhere(fixture, &copy, (CLOUD, Asked::Version(4)), why, why);
}

#[test]
fn the_time_of_a_statement_is_the_registrys_and_not_the_one_that_it_bears() {
    let fixture = published();
    let document = String::from_utf8(challenge(&fixture, 1, None)).unwrap();
    let document = document.replace("\"stated_on\": \"2024-07-02\"", "\"stated_on\": \"2024-05-05\"");
    fixture.at("2024-07-20T10:00:00Z");
    state(&fixture, document.as_bytes());
    let copy = Copy::of(&fixture);
    let [_, dash, _] = packs::judged(&pack(&fixture, CLOUD, Asked::Version(3)), &forgery::root());
    for said in [dash.1, expect_good(copy.verify_all()), expect_good(copy.as_of(CLOUD, "2024-07-20"))] {
        assert!(said.contains("(challenge) by the Department, published 2024-07-20T10:00:00Z"), "{said}");
        assert!(!said.contains("2024-05-05"), "{said}");
    }
}
