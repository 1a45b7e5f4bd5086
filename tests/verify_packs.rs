//! Forged histories, judged in the clone and in the evidence pack that the registry would give: the program and the
//! scripts find each in both.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use certreg::{
    domain::{ChangeKind, Commitment, Digest, KeyRequest},
    evidence::Asked,
    format::{profile, v1},
    signing::{KeyRing, Namespace, RingKey, Role, Window},
};
use common::fixture::{DEPARTMENT, Fixture, OFFICIAL, SIGNATORY, certification, instant, key};
use forgery::{
    Copy, expect_good,
    packs::{self, expect_bad_clone, expect_bad_everywhere, pack_of},
    scene::{CLOUD, CLOUD_JSON, LIBRARY, RECORD, RING, next_version, published, transcription, write_version},
};

// ---- versions

#[test]
fn a_transcription_after_the_suppliers_own_word_is_told_in_packs_too() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let mut again = transcription(&fixture, CLOUD);
    (again.version, again.previous) = (4, Some(Digest::of(&copy.bytes("main", CLOUD_JSON))));
    let document = profile::print(&v1::certification::write(&again));
    copy.write_signed(CLOUD_JSON, document, DEPARTMENT, Namespace::Transcription).commit();
    let program = "it is a transcription although the supplier speaks for itself";
    packs::expect_bad(&pack_of(fixture, &copy, CLOUD, Asked::Version(3)), program, "though the supplier had spoken");
}

/// The Department says that one signature is enough, and the next version has one.
fn one_after_two(fixture: &Fixture, id: &str, path: &str) -> Copy {
    let copy = Copy::of(fixture);
    let text = copy.text("main", RECORD);
    let previous = format!("  \"previous\": \"{}\",\n  \"registry\"", Digest::of(text.as_bytes()));
    let excused = text.replace("  \"supplier\": ", "  \"single_signatory\": true,\n  \"supplier\": ");
    let excused = excused.replace("  \"version\": 1", "  \"version\": 2").replace("  \"registry\"", &previous);
    copy.write_signed(RECORD, excused, DEPARTMENT, Namespace::Keys).commit();
    let mut draft = if id == CLOUD { fixture.next(CLOUD) } else { fixture.draft(id) };
    draft.official = None;
    draft.commitments.remove(&Commitment::IndependentlyVerified);
    let document = profile::print(&v1::certification::write(&draft));
    copy.write_signed(path, document, SIGNATORY, Namespace::Certification);
    let second = copy.path().join(format!("{path}.countersig"));
    assert_eq!(second.exists(), id == CLOUD, "nothing is ever removed: the old one stays");
    copy.commit();
    copy
}

#[test]
fn one_signature_after_two_is_told_in_packs_too() {
    let program = "one signature, but an earlier version of its supplier has two";
    for asked in [Asked::Version(3), Asked::Version(4)] {
        let fixture = published();
        let copy = one_after_two(&fixture, CLOUD, CLOUD_JSON);
        expect_bad_clone(&copy, program, "the signature by official@example-learning is not one");
        packs::expect_bad(&pack_of(fixture, &copy, CLOUD, asked), program, program);
    }
    // Of another service, where no old signature stays.
    let fixture = published();
    let copy =
        one_after_two(&fixture, "example-learning/example-quiz", "suppliers/ex/example-learning/example-quiz.json");
    expect_bad_clone(&copy, program, program);
}

#[test]
fn what_no_registry_would_let_in_has_no_place() {
    let fixture = published();
    let suppliers = "suppliers/ex/example-learning";
    for (path, program) in [
        (format!("{suppliers}/notes"), "nothing has this place in a registry"),
        (format!("{suppliers}/example-cloud.case/more/00001.json"), ""),
        (format!("{suppliers}/nul.json"), ""),
        (format!("{suppliers}/example-cloud.case/con.json"), ""),
        (format!("{suppliers}/example-cloud.case/00009.json.sig"), "without the file that it signs"),
    ] {
        let copy = Copy::of(&fixture);
        copy.write(&path, "{}\n").commit();
        eprintln!("{path}");
        expect_bad_clone(&copy, program, "BAD: ");
    }
    // A version with a member that no version has.
    let copy = Copy::of(&fixture);
    let text =
        next_version(&copy, |text| text.replacen("  \"registry\"", "  \"rating\": \"5 stars\",\n  \"registry\"", 1));
    write_version(&copy, &text);
    copy.commit();
    expect_bad_clone(&copy, "it is no certification", "a member or an answer is missing, or one too many");
}

#[test]
fn a_version_that_does_not_say_that_it_is_the_first_is_told() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let transcribed = fixture.registry.certification(&certification(LIBRARY)).unwrap().current.publication;
    let mut claimed = fixture.draft(LIBRARY);
    (claimed.version, claimed.previous, claimed.change.kind) = (2, Some(transcribed.digest), ChangeKind::Update);
    let text = profile::print(&v1::certification::write(&claimed));
    let path = "suppliers/ex/example-learning/example-library.json";
    copy.write_signed(path, &text, SIGNATORY, Namespace::Certification);
    copy.write(&format!("{path}.countersig"), copy.sign(OFFICIAL, Namespace::Countersignature, &text)).commit();
    let (program, script) =
        ("the supplier's first version is not 'initial'", "the first of the supplier's own, and does not");
    expect_bad_everywhere(fixture, &copy, (LIBRARY, Asked::Version(1)), program, script);
}

// ---- rings

const NEW: u8 = 77;
const AT: &str = "2025-01-01T00:00:00Z";

/// What comes with a ring that enrols a further key, or replaces one.
struct Request {
    text: String,
    own: u8,
    old: Option<u8>,
}

impl Request {
    fn of(fixture: &Fixture) -> Request {
        let request = KeyRequest {
            registry: fixture.id.clone(),
            supplier: "example-learning".parse().unwrap(),
            role: "signatory".into(),
            key: key(NEW).public().line(),
        };
        let text = String::from_utf8(profile::print(&v1::key_request::write(&request))).unwrap();
        Request { text, own: NEW, old: None }
    }
}

/// Puts a ring into the copy that the Department has signed, with this request (or none).
fn put_ring(copy: &Copy, rotate: bool, request: Option<&Request>) {
    let ring = KeyRing::parse(&copy.text("main", RING), &"certreg.example".parse().unwrap()).unwrap();
    let line = RingKey::new(Role::Signatory, key(NEW).public(), Window::new(instant(AT), None).unwrap());
    let next = match rotate {
        true => ring.rotate(&key(SIGNATORY).public(), line, instant("2025-02-01T00:00:00Z")),
        false => ring.enrol(&[line]),
    };
    copy.write_signed(RING, next.unwrap().print(), DEPARTMENT, Namespace::Keys);
    if let Some(request) = request {
        let path = format!(
            "{}keys/signatory-{}.json",
            RING.trim_end_matches("allowed_signers"),
            key(NEW).public().short_hex()
        );
        copy.write_signed(&path, &request.text, request.own, Namespace::Enrolment);
        if let Some(old) = request.old {
            copy.write(&format!("{path}.oldsig"), copy.sign(old, Namespace::Enrolment, &request.text));
        }
    }
    copy.commit();
}

#[test]
fn a_key_that_did_not_ask_for_itself_is_told() {
    let fixture = published();
    let good = || Request::of(&fixture);
    let script = "a new key did not ask for it itself";
    for (name, rotate, request) in [
        ("no request", false, None),
        ("another key's signature", false, Some(Request { own: 99, ..good() })),
        (
            "another registry",
            false,
            Some(Request { text: good().text.replace("certreg.example", "other.example"), ..good() }),
        ),
        ("another role", false, Some(Request { text: good().text.replace("\"signatory\"", "\"official\""), ..good() })),
        (
            "another supplier",
            false,
            Some(Request { text: good().text.replace("example-learning", "example-other"), ..good() }),
        ),
        (
            "a comment",
            false,
            Some(Request {
                text: good().text.replace(&key(NEW).public().line(), &format!("{} me@home", key(NEW).public().line())),
                ..good()
            }),
        ),
        (
            "a member more",
            false,
            Some(Request { text: good().text.replace("  \"role\"", "  \"reason\": \"New.\",\n  \"role\""), ..good() }),
        ),
        ("an old key where none is replaced", false, Some(Request { old: Some(SIGNATORY), ..good() })),
        ("no old key where one is replaced", true, Some(good())),
        ("an old key of another role", true, Some(Request { old: Some(OFFICIAL), ..good() })),
    ] {
        let copy = Copy::of(&fixture);
        put_ring(&copy, rotate, request.as_ref());
        eprintln!("{name}");
        expect_bad_clone(&copy, "the signatory key", script);
    }
    for (rotate, old) in [(false, None), (true, Some(SIGNATORY))] {
        let copy = Copy::of(&fixture);
        put_ring(&copy, rotate, Some(&Request { old, ..good() }));
        expect_good(copy.verify_all());
    }
    let copy = Copy::of(&fixture);
    let forged = Request { own: 99, ..good() };
    put_ring(&copy, false, Some(&forged));
    packs::expect_bad(&pack_of(fixture, &copy, CLOUD, Asked::Version(3)), "the signatory key", script);
}

#[test]
fn a_request_without_its_ring_or_its_key_is_told() {
    let fixture = published();
    let request = Request::of(&fixture).text;
    let copy = Copy::of(&fixture);
    copy.write_signed(
        "suppliers/ex/example-learning/keys/signatory-0123456789abcdef.json",
        &request,
        NEW,
        Namespace::Enrolment,
    );
    copy.commit();
    expect_bad_clone(&copy, "a key request came without the ring", "a key request came without the ring");
    let copy = Copy::of(&fixture);
    copy.write_signed(
        "suppliers/ex/example-learning/keys/signatory-0123456789abcdef.json",
        &request,
        NEW,
        Namespace::Enrolment,
    );
    put_ring(&copy, false, Some(&Request::of(&fixture)));
    let program = "it belongs to no key that the ring beside it enrols";
    expect_bad_everywhere(fixture, &copy, (CLOUD, Asked::Version(3)), program, "belongs to no key that it adds");
}
