//! What the scripts that every registry carries say of registries that somebody falsified, under dash and bash.
//!
//! Whoever falsifies here holds the server with the registry's key, but no other: every forgery is a commit that the
//! registry's key has signed, unless it is about just that. Where the Department or a supplier must have signed, what
//! they signed at some other time is used again.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use certreg::{
    domain::Digest,
    signing::{KeyEvent, Namespace},
};
use common::fixture::{DEPARTMENT, Fixture, OFFICIAL, SIGNATORY, certification, key, supplier};
use forgery::{
    Copy, Forged, expect_bad, expect_good,
    scene::{
        CLOUD, CLOUD_JSON, EDITION, LIBRARY, LIBRARY_JSON, OTHER_RING, RECORD, RING, next_version, publish_alone,
        published, transcription, with_first_record, write_version,
    },
};

/// The day on which forgeries are looked at.
const LATER: &str = "2025-06-01";

// ---- documents

#[test]
fn an_altered_byte_is_bad() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let text = copy.text("main", CLOUD_JSON);
    copy.write(CLOUD_JSON, text.replace("Our answer to 5.7", "Our answer to 5-7")).commit();
    let said = expect_bad(copy.as_of(CLOUD, LATER), "order: version 4 says of itself that it is another");
    assert!(said.contains("BAD: the signature by signatory@example-learning is not one"), "{said}");
    assert!(said.contains("BAD: the signature by official@example-learning is not one"), "{said}");
    expect_good(copy.as_of(CLOUD, "2024-12-31"));

    let copy = Copy::of(&fixture);
    let text = next_version(&copy, |text| text);
    write_version(&copy, &text);
    copy.write(CLOUD_JSON, text.replace("Our answer to 5.7", "Our answer to 5-7")).commit();
    expect_bad(copy.as_of(CLOUD, LATER), "the signature by signatory@example-learning is not one");
    expect_bad(copy.verify_all(), "the signature by official@example-learning is not one");
}

#[test]
fn a_good_further_version_is_good() {
    let copy = Copy::of(&published());
    write_version(&copy, &next_version(&copy, |text| text));
    copy.commit();
    let said = expect_good(copy.as_of(CLOUD, LATER));
    assert!(said.contains("version 4, published 2025-01-01T00:00:00Z"), "the forgeries alter one thing more: {said}");
    expect_good(copy.verify_all());
}

#[test]
fn a_document_in_another_services_place_is_bad() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    for suffix in ["", ".sig", ".countersig"] {
        let elsewhere = format!("suppliers/ex/example-learning/example-quiz.json{suffix}");
        copy.write(&elsewhere, copy.bytes(&copy.steps(CLOUD_JSON)[0], &format!("{CLOUD_JSON}{suffix}")));
    }
    copy.commit();
    let why = "order: version 1 was written for another registry, supplier or service";
    expect_bad(copy.as_of("example-learning/example-quiz", LATER), why);
    expect_bad(copy.verify_all(), why);
}

#[test]
fn an_old_version_put_back_is_bad() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let second = &copy.steps(CLOUD_JSON)[1];
    for suffix in ["", ".sig", ".countersig"] {
        copy.put_back(second, &format!("{CLOUD_JSON}{suffix}"));
    }
    copy.commit();
    expect_bad(copy.as_of(CLOUD, LATER), "order: version 4 says of itself that it is another");
    expect_good(copy.as_of(CLOUD, "2024-12-31"));
}

#[test]
fn a_version_that_does_not_follow_is_bad() {
    let fixture = published();
    for (from, why) in [
        ("  \"previous\": \"sha256:", "does not name the version before it"),
        ("  \"registry\": \"certreg.exampl", "written for another registry"),
        ("  \"version\": ", "says of itself that it is another"),
        ("  \"supplier\": \"example-learnin", "written for another registry, supplier or service"),
        ("    \"digest\": \"sha256:", "it is not the wording that was signed for"),
        ("    \"id\": \"dfe-2016-dp", "edition dfe-2016-dp"),
    ] {
        let copy = Copy::of(&fixture);
        // The next character is altered before both people sign.
        let text = next_version(&copy, |text| {
            let at = text.find(from).unwrap() + from.len();
            let other = if text.as_bytes()[at] == b'1' { "2" } else { "1" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        });
        write_version(&copy, &text);
        copy.commit();
        expect_bad(copy.as_of(CLOUD, LATER), why);
    }
}

#[test]
fn a_member_said_twice_is_as_good_as_none() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let twice = "  \"service\": \"example-cloud\",\n";
    let text = next_version(&copy, |text| text.replace(twice, &format!("{twice}{twice}")));
    write_version(&copy, &text);
    copy.commit();
    expect_bad(copy.as_of(CLOUD, LATER), "order: version 4 is not written as documents are");
}

#[test]
fn what_a_document_says_never_reaches_the_terminal() {
    let fixture = published();
    for member in ["service", "supplier_name", "service_name"] {
        let copy = Copy::of(&fixture);
        let text = next_version(&copy, |text| {
            let name = format!("  \"{member}\": \"");
            text.replace(&name, &format!("{name}\u{1b}[2J$(touch escaped)`touch escaped`"))
        });
        write_version(&copy, &text);
        copy.commit();
        // Copy::run refuses control characters in what is printed.
        expect_bad(copy.as_of(CLOUD, LATER), "order: version 4 is not written as documents are");
        assert!(!copy.path().join("escaped").exists());
    }
}

#[test]
fn a_removed_countersignature_is_bad() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let countersignature = format!("{CLOUD_JSON}.countersig");
    copy.remove(&countersignature).commit();
    expect_bad(copy.commits(), "removes a file");
    expect_good(copy.as_of(CLOUD, LATER));

    let copy = Copy::of(&fixture);
    write_version(&copy, &next_version(&copy, |text| text));
    copy.remove(&countersignature).commit();
    let said = expect_bad(copy.as_of(CLOUD, LATER), "there is no signature by official@example-learning");
    assert!(said.contains("BAD: supplier record version 1: it does not say that one signature is enough"), "{said}");
}

#[test]
fn signatures_by_others_are_bad() {
    let fixture = published();
    let (signatory, official) = (Namespace::Certification, Namespace::Countersignature);
    for (name, signer, namespace, cosigner, conamespace, why) in [
        ("one key for both", SIGNATORY, signatory, SIGNATORY, official, "by official@"),
        ("the other way round", OFFICIAL, signatory, SIGNATORY, official, "by signatory@"),
        ("another purpose", SIGNATORY, Namespace::Case, OFFICIAL, official, "by signatory@"),
        ("the Department's key", DEPARTMENT, signatory, OFFICIAL, official, "by signatory@"),
        ("nobody's key", 99, signatory, 98, official, "by official@"),
    ] {
        let copy = Copy::of(&fixture);
        let text = next_version(&copy, |text| text);
        copy.write(CLOUD_JSON, &text);
        copy.write(&format!("{CLOUD_JSON}.sig"), copy.sign(signer, namespace, &text));
        copy.write(&format!("{CLOUD_JSON}.countersig"), copy.sign(cosigner, conamespace, &text));
        copy.commit();
        eprintln!("{name}");
        expect_bad(copy.as_of(CLOUD, LATER), why);
    }
}

#[test]
fn a_signature_with_anything_else_in_its_file_is_bad() {
    let fixture = published();
    let alterations: [fn(String) -> String; 4] = [
        |signature| format!("{signature}More text.\n"),
        |signature| format!("\n{signature}"),
        |signature| signature.replace('\n', "\r\n"),
        |signature| signature.replacen("SIGNATURE-----\n", "SIGNATURE-----\n ", 1),
    ];
    for alter in alterations {
        let copy = Copy::of(&fixture);
        let text = next_version(&copy, |text| text);
        write_version(&copy, &text);
        let signature = alter(copy.sign(SIGNATORY, Namespace::Certification, &text));
        copy.write(&format!("{CLOUD_JSON}.sig"), signature).commit();
        expect_bad(copy.as_of(CLOUD, LATER), "the signature by signatory@");
    }
}

#[test]
fn a_replaced_signature_without_its_document_is_bad() {
    let copy = Copy::of(&published());
    copy.write(&format!("{CLOUD_JSON}.sig"), "Nothing\n").commit();
    expect_bad(copy.commits(), "replaces a signature without what it signs");
    expect_good(copy.as_of(CLOUD, LATER));
}

// ---- transcriptions, and suppliers of one person

#[test]
fn a_transcription_is_the_departments_and_comes_before_the_suppliers_own_words() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    expect_good(copy.as_of(LIBRARY, LATER));
    let document = copy.bytes("main", LIBRARY_JSON);
    copy.write_signed(
        "suppliers/ex/example-learning/example-quiz.json",
        String::from_utf8(document).unwrap().replace("example-library", "example-quiz"),
        SIGNATORY,
        Namespace::Certification,
    );
    copy.commit();
    let quiz = "example-learning/example-quiz";
    expect_bad(copy.as_of(quiz, LATER), "transcription: it is not signed by a key of the Department");

    let copy = Copy::of(&fixture);
    let mut again = transcription(&fixture, CLOUD);
    again.version = 4;
    again.previous = Some(Digest::of(&copy.bytes("main", CLOUD_JSON)));
    let document = certreg::format::profile::print(&certreg::format::v1::certification::write(&again));
    copy.write_signed(CLOUD_JSON, document, DEPARTMENT, Namespace::Transcription).commit();
    expect_bad(copy.as_of(CLOUD, LATER), "version 4 is a transcription, though the supplier had spoken for itself");
}

#[test]
fn one_signature_is_not_enough_because_the_department_says_so_later() {
    let fixture = with_first_record(false);
    let complete = fixture.at("2024-01-10T10:00:00Z").draft(CLOUD);
    fixture.publish(&complete);
    let copy = Copy::of(&fixture);
    excuse_later(&copy);
    expect_good(copy.verify_all());

    // The same, with a first version that only one signed: forged before the later record.
    let fixture = with_first_record(false);
    fixture.at("2024-01-10T10:00:00Z").publish(&complete);
    let copy = Copy::of(&fixture);
    let published = copy.git(&["rev-parse", "main"]);
    copy.git(&["reset", "--quiet", "--soft", "main^"]);
    copy.remove(&format!("{CLOUD_JSON}.countersig"))
        .commit_as(&Forged { at: "2024-01-10T10:00:00Z", ..Forged::default() });
    assert_ne!(copy.git(&["rev-parse", "main"]), published);
    excuse_later(&copy);
    expect_bad(copy.as_of(CLOUD, "2024-01-10"), "there is no signature by official@example-learning");
    expect_bad(copy.as_of(CLOUD, LATER), "there is no signature by official@example-learning");
    expect_bad(copy.verify_all(), "supplier record version 1: it does not say that one signature is enough");
}

/// The Department says of a supplier that has signed with two that one is enough: no registry would take it.
fn excuse_later(copy: &Copy) {
    copy.write_signed(RECORD, excused(copy), DEPARTMENT, Namespace::Keys).commit();
}

/// The next supplier record, with the excuse in it.
fn excused(copy: &Copy) -> String {
    let text = copy.text("main", RECORD);
    let previous = format!("  \"previous\": \"{}\",\n  \"registry\"", Digest::of(text.as_bytes()));
    text.replace("  \"supplier\": ", "  \"single_signatory\": true,\n  \"supplier\": ")
        .replace("  \"version\": 1", "  \"version\": 2")
        .replace("  \"registry\"", &previous)
}

#[test]
fn two_signatures_never_become_one() {
    let copy = Copy::of(&published());
    excuse_later(&copy);
    let text = next_version(&copy, |text| text);
    copy.write_signed(CLOUD_JSON, text, SIGNATORY, Namespace::Certification).commit();
    expect_bad(copy.as_of(CLOUD, LATER), "the signature by official@example-learning is not one");
}

#[test]
fn a_record_that_the_department_did_not_sign_excuses_nobody() {
    let fixture = with_first_record(true);
    publish_alone(fixture.at("2024-01-10T10:00:00Z"));
    expect_good(Copy::of(&fixture).verify_all());

    let copy = Copy::of(&with_first_record(false));
    let text = excused(&copy);
    copy.write(RECORD, &text).commit();
    let lone = Copy::of(&fixture);
    for suffix in ["", ".sig"] {
        copy.write(&format!("{CLOUD_JSON}{suffix}"), lone.bytes("main", &format!("{CLOUD_JSON}{suffix}")));
    }
    copy.commit();
    expect_bad(copy.as_of(CLOUD, LATER), "supplier record version 2: it is not signed by a key of the Department");
    copy.write_signed(RECORD, format!("{text} "), SIGNATORY, Namespace::Keys).commit();
    expect_bad(copy.verify_all(), "supplier.json version 3");
}

// ---- key rings and editions

/// The signatory's key, ended by the Department because somebody else may have had it since `since`.
fn compromise(fixture: &Fixture, since: &str) {
    let id = supplier("example-learning");
    let (_, ring, _) = fixture.registry.ring(&id, None).unwrap();
    let since = common::fixture::instant(since);
    let ring = ring.end(&key(SIGNATORY).public(), since, KeyEvent::Compromised).unwrap().print();
    fixture.registry.put_ring(&id, fixture.signed_by_department(Namespace::Keys, ring.as_bytes()), Vec::new()).unwrap();
}

#[test]
fn what_a_compromised_key_signed_was_good_and_is_unsafe() {
    let fixture = published();
    compromise(fixture.at("2024-09-01T10:00:00Z"), "2024-06-01T00:00:00Z");
    let copy = Copy::of(&fixture);
    expect_good(copy.as_of(CLOUD, "2024-06-30"));
    let (code, said) = copy.as_of(CLOUD, LATER);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("good then, UNSAFE now: signed by signatory@example-learning"), "{said}");
    assert!(said.contains("good then, good now: signed by official@example-learning"), "{said}");
    let theirs = [1, 2, 3].map(|n| fixture.registry.verification(&certification(CLOUD), n).unwrap());
    assert_eq!(theirs.map(|v| (v.sound_then, v.sound_now)), [(true, true), (true, false), (true, false)]);
    let (code, said) = copy.verify_all();
    assert!(code == 4 && !said.contains("BAD"), "{code} {said}");
    assert!(said.lines().last().unwrap().starts_with("Everything held when it was published; some of it"), "{said}");
}

#[test]
fn an_old_ring_put_back_is_bad() {
    let fixture = published();
    compromise(fixture.at("2024-09-01T10:00:00Z"), "2024-06-01T00:00:00Z");
    let copy = Copy::of(&fixture);
    let first = &copy.steps(RING)[0];
    copy.put_back(first, RING).put_back(first, &format!("{RING}.sig")).commit();
    expect_bad(copy.as_of(CLOUD, LATER), "key ring version 3, in force now: it does not belong here");
    expect_bad(copy.verify_all(), "allowed_signers version 3: it does not belong here");
}

#[test]
fn a_ring_that_the_department_did_not_sign_is_bad() {
    let copy = Copy::of(&published());
    let ring = copy.text("main", RING);
    let mallory = key(99).public().line();
    let old = key(SIGNATORY).public().line();
    let header = format!("version=2 change=rotate previous={}", Digest::of(ring.as_bytes()));
    let (short, mallorys) = (key(SIGNATORY).public().short_hex(), key(99).public().short_hex());
    let ring = ring.replace(&old, &mallory).replace(&short, &mallorys).replace("version=1 change=enrol", &header);
    copy.write_signed(RING, &ring, 99, Namespace::Keys).commit();
    let text = next_version(&copy, |text| text);
    write_version(&copy, &text);
    copy.write(&format!("{CLOUD_JSON}.sig"), copy.sign(99, Namespace::Certification, &text)).commit();
    expect_bad(
        copy.as_of(CLOUD, LATER),
        "key ring version 2, in force then: it is not signed by a key of the Department",
    );
}

#[test]
fn another_suppliers_ring_is_bad() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    for suffix in ["", ".sig"] {
        copy.write(&format!("{RING}{suffix}"), copy.bytes("main", &format!("{OTHER_RING}{suffix}")));
    }
    copy.commit();
    expect_bad(copy.as_of(CLOUD, LATER), "key ring version 2, in force now: it does not belong here");
}

#[test]
fn one_key_enrolled_for_two_people_is_bad() {
    let copy = Copy::of(&published());
    let ring = copy.text("main", RING);
    let header = format!("version=2 change=enrol previous={}", Digest::of(ring.as_bytes()));
    let line = ring.lines().find(|line| line.starts_with("official@")).unwrap();
    let (old, new) = (key(OFFICIAL).public(), key(SIGNATORY).public());
    let twice = line.replace(&old.line(), &new.line()).replace(&old.short_hex(), &new.short_hex());
    let ring = format!("{}{twice}\n", ring.replace("version=1 change=enrol", &header));
    copy.write_signed(RING, &ring, DEPARTMENT, Namespace::Keys).commit();
    let text = next_version(&copy, |text| text);
    write_version(&copy, &text);
    copy.write(&format!("{CLOUD_JSON}.countersig"), copy.sign(SIGNATORY, Namespace::Countersignature, &text)).commit();
    expect_bad(copy.as_of(CLOUD, LATER), "both signatures are by one key");
}

#[test]
fn an_altered_edition_is_bad() {
    let copy = Copy::of(&published());
    let text = copy.text("main", EDITION);
    copy.write(EDITION, text.replacen("GREEN", "AMBER", 1)).commit();
    let text = next_version(&copy, |text| text);
    write_version(&copy, &text);
    copy.commit_as(&Forged { at: "2025-02-01T00:00:00Z", ..Forged::default() });
    expect_good(copy.as_of(CLOUD, "2024-12-31"));
    expect_bad(copy.as_of(CLOUD, LATER), "edition dfe-2016-dpa: ");
    expect_bad(copy.verify_all(), "editions/dfe-2016-dpa.json version 2: ");
}
