//! What may enter the registry and what may not, at the floor that decides it. Nothing that is refused leaves a trace.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::atomic::AtomicBool;

use certreg::{
    domain::{AnswerId, ChangeKind, Code, Correction, Digest, Draft, EditionRef, Source, WatchItem},
    format::{draft, profile, v1},
    registry::{ErrorKind, publish::VersionSubmission},
    signing::{KeyEvent, Namespace, Role},
};
use common::fixture::{
    DEPARTMENT, Fixture, GDPR, OFFICIAL, OTHER_OFFICIAL, OTHER_SIGNATORY, SIGNATORY, certification, key, official,
    person, record, signatory, supplier,
};

const CLOUD: &str = "example-learning/example-cloud";

/// Publishes and expects a refusal; checks that nothing was written.
fn refused(fixture: &Fixture, submission: VersionSubmission) -> (ErrorKind, &'static str) {
    let before = fixture.sequence();
    let error = fixture.registry.publish(&certification(CLOUD), submission).expect_err("it must be refused");
    assert_eq!(fixture.sequence(), before, "a refusal writes nothing");
    assert!(!error.detail.is_empty());
    (error.kind, error.code)
}

fn fault_codes(fixture: &Fixture, draft: &Draft) -> Vec<(String, &'static str)> {
    let before = fixture.sequence();
    let error = fixture.registry.publish(&certification(CLOUD), fixture.submission(draft)).expect_err("refused");
    assert_eq!(fixture.sequence(), before, "a refusal writes nothing");
    assert_eq!(error.kind, ErrorKind::Invalid);
    error.faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

#[test]
fn a_version_signed_by_two_people_is_published_and_the_same_bytes_again_give_the_same_receipt() {
    let fixture = Fixture::new();
    let draft = fixture.draft(CLOUD);
    let first = fixture.publish(&draft);
    let again = fixture.publish(&draft);
    assert!(!first.already && again.already);
    assert_eq!(first.receipt, again.receipt);
    let fixture = fixture.reopened();
    let once_more = fixture.publish(&draft);
    assert_eq!(first.receipt, once_more.receipt, "also after a restart");
    assert!(fixture.registry.verification(&certification(CLOUD), 1).unwrap().sound_now);
}

#[test]
fn signatures_are_checked_in_the_published_order() {
    let fixture = Fixture::new();
    let good = fixture.submission(&fixture.draft(CLOUD));
    let signed_by = |signature: Option<String>, countersignature: Option<String>| VersionSubmission {
        signature,
        countersignature,
        ..good.clone()
    };
    let sign = |seed: u8, namespace: Namespace| Some(fixture.sign(seed, namespace, &good.document));
    let (signatory, official) = (good.signature.clone(), good.countersignature.clone());
    use Namespace::{Certification, Countersignature};
    let cases = [
        ("unsigned", signed_by(None, None), ErrorKind::Invalid, "signature-missing"),
        ("by one", signed_by(signatory.clone(), None), ErrorKind::Invalid, "signature-missing"),
        (
            "not a signature",
            signed_by(Some("hello\n".into()), official.clone()),
            ErrorKind::Invalid,
            "signature-unreadable",
        ),
        (
            "wrong namespace",
            signed_by(sign(SIGNATORY, Countersignature), official.clone()),
            ErrorKind::Invalid,
            "signature-wrong-namespace",
        ),
        (
            "wrong role",
            signed_by(sign(OFFICIAL, Certification), official.clone()),
            ErrorKind::Refused,
            "key-wrong-role",
        ),
        (
            "both by one key",
            signed_by(signatory.clone(), sign(SIGNATORY, Countersignature)),
            ErrorKind::Refused,
            "key-wrong-role",
        ),
        (
            "another supplier's key",
            signed_by(sign(OTHER_SIGNATORY, Certification), official.clone()),
            ErrorKind::Refused,
            "key-of-other-supplier",
        ),
        ("nobody's key", signed_by(sign(99, Certification), official.clone()), ErrorKind::Refused, "key-not-enrolled"),
        (
            "the Department's",
            signed_by(sign(DEPARTMENT, Certification), official.clone()),
            ErrorKind::Refused,
            "key-not-enrolled",
        ),
        (
            "of other bytes",
            signed_by(Some(fixture.sign(SIGNATORY, Certification, b"other")), official),
            ErrorKind::Invalid,
            "signature-does-not-verify",
        ),
    ];
    for (name, submission, kind, code) in cases {
        assert_eq!(refused(&fixture, submission), (kind, code), "{name}");
    }
    let text = String::from_utf8(good.document.clone()).unwrap().replace("Our answer to 5.7", "Our answer to 5-7");
    let altered = VersionSubmission { document: text.into_bytes(), ..good };
    assert_eq!(refused(&fixture, altered), (ErrorKind::Invalid, "signature-does-not-verify"), "one altered byte");
}

#[test]
fn a_key_counts_only_inside_its_window() {
    let fixture = Fixture::new();
    fixture.at("2024-03-01T10:00:00Z");
    let id = supplier("example-learning");
    let (_, ring, _) = fixture.registry.ring(&id, None).unwrap();
    let left = ring.end(&key(SIGNATORY).public(), fixture.clock.now(), KeyEvent::Left).unwrap().print();
    let file = fixture.signed_by_department(Namespace::Keys, left.as_bytes());
    fixture.registry.put_ring(&id, file, Vec::new()).expect("ended");
    let expired = fixture.submission(&fixture.draft(CLOUD));
    assert_eq!(refused(&fixture, expired), (ErrorKind::Refused, "key-no-longer-valid"));

    let (_, ring, _) = fixture.registry.ring(&id, None).unwrap();
    let later = certreg::signing::Window::new("2024-06-01T00:00:00Z".parse().unwrap(), None).unwrap();
    let line = certreg::signing::RingKey::new(Role::Signatory, key(40).public(), later);
    let enrolled = ring.enrol(&[line]).unwrap().print();
    let file = fixture.signed_by_department(Namespace::Keys, enrolled.as_bytes());
    let request = fixture.request("example-learning", Role::Signatory, 40);
    fixture.registry.put_ring(&id, file, vec![request]).expect("enrolled for later");
    let document = profile::print(&v1::certification::write(&fixture.draft(CLOUD)));
    let mut early = fixture.submission_of_bytes(document.clone());
    early.signature = Some(fixture.sign(40, Namespace::Certification, &document));
    assert_eq!(refused(&fixture, early), (ErrorKind::Refused, "key-not-yet-valid"));
}

#[test]
fn order_and_replay_are_settled_by_what_is_inside_the_signed_bytes() {
    let fixture = Fixture::new();
    let first = fixture.draft(CLOUD);
    fixture.publish(&first);
    fixture.at("2024-01-10T10:00:00Z");
    let mut second = fixture.next(CLOUD);
    second.service_name = "Example Cloud Plus".into();
    fixture.publish(&second);

    let conflict = (ErrorKind::Conflict, "version-conflict");
    let mut other_first = first.clone();
    other_first.service_name = "Another".into();
    let expect =
        |draft: &Draft, name: &str| assert_eq!(refused(&fixture, fixture.submission(draft)), conflict, "{name}");
    expect(&other_first, "another version 1");
    let mut skipped = fixture.next(CLOUD);
    skipped.version += 1;
    skipped.service_name = "Skipped".into();
    expect(&skipped, "a skipped version");
    let mut wrong_previous = fixture.next(CLOUD);
    wrong_previous.previous = Some(Digest::of(b"something else"));
    wrong_previous.service_name = "Wrong".into();
    expect(&wrong_previous, "a wrong previous");
    assert!(fixture.publish(&first).already, "the old bytes are known, and change nothing");
    assert_eq!(fixture.registry.certification(&certification(CLOUD)).unwrap().current.publication.version, 2);
}

#[test]
fn every_fault_of_a_document_is_told_at_once() {
    let fixture = Fixture::new();
    let mut draft = fixture.draft(CLOUD);
    let question = |text: &str| text.parse().unwrap();
    draft.responses.remove(&question("q3.1"));
    draft.responses.get_mut(&question("q5.7")).unwrap().statement.clear();
    draft.responses.get_mut(&question("q6.1")).unwrap().code = Some(Code::NotRecorded);
    let extra = draft.responses[&question("q9.3")].clone();
    draft.responses.insert(question("q9.9"), extra);
    draft.commitments.remove(&certreg::domain::Commitment::UpdatePromptly);
    draft.completed_on = Some("2031-01-01".parse().unwrap());
    draft.support.get_mut(&"s3.1".parse().unwrap()).unwrap().contacts.clear();
    draft.responses.get_mut(&question("q4.2")).unwrap().evidence = vec![certreg::domain::Evidence {
        title: "A trap".into(),
        url: "javascript:alert(1)".into(),
        sha256: None,
        dated_on: None,
    }];
    let found = fault_codes(&fixture, &draft);
    let expected = [
        ("/responses/q9.9", "unknown-question"),
        ("/responses/q3.1", "missing-answer"),
        ("/responses/q5.7/statement", "missing-statement"),
        ("/responses/q6.1/code", "code-not-recorded"),
        ("/commitments/update_promptly", "missing-commitment"),
        ("/completed_on", "day-ahead"),
        ("/responses/q4.2/evidence/0/url", "bad-link"),
        ("/support/s3.1/contacts", "no-uk-telephone"),
        ("/support/s3.1/contacts", "no-email"),
    ];
    for (pointer, code) in expected {
        assert!(found.contains(&(pointer.to_owned(), code)), "{pointer} {code} is missing in {found:?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
}

#[test]
fn two_people_stand_behind_a_version() {
    let fixture = Fixture::new();
    let draft = fixture.draft(CLOUD);
    let without_records = VersionSubmission { people: Vec::new(), ..fixture.submission(&draft) };
    assert_eq!(refused(&fixture, without_records), (ErrorKind::Invalid, "document-rules"));
    let mut unused = fixture.submission(&draft);
    unused.people.push(record(&person("Cy Example", "ef")));
    assert_eq!(refused(&fixture, unused), (ErrorKind::Invalid, "document-rules"));

    let same_name = person("ANN EXAMPLE", "99");
    let mut by_one = draft;
    by_one.official.as_mut().unwrap().person = v1::person::digest(&same_name);
    let submission =
        VersionSubmission { people: vec![record(&signatory()), record(&same_name)], ..fixture.submission(&by_one) };
    let error = fixture.registry.publish(&certification(CLOUD), submission).expect_err("one person");
    assert_eq!(error.faults[0].code, "same-person");
}

#[test]
fn a_supplier_of_one_person_signs_alone_only_when_the_department_says_so() {
    let fixture = Fixture::without_suppliers();
    fixture.register("example-learning", "Example Learning Ltd", true);
    fixture.enrol("example-learning", &[(Role::Signatory, SIGNATORY)]);
    let mut draft = fixture.draft(CLOUD);
    draft.official = None;
    draft.commitments.remove(&certreg::domain::Commitment::IndependentlyVerified);
    let alone =
        VersionSubmission { countersignature: None, people: vec![record(&signatory())], ..fixture.submission(&draft) };
    fixture.registry.publish(&certification(CLOUD), alone).expect("accepted");
    let verified = fixture.registry.verification(&certification(CLOUD), 1).unwrap();
    assert!(verified.sentence.contains("signed by one person"), "{}", verified.sentence);
}

#[test]
fn kinds_of_change_say_what_happened() {
    let fixture = Fixture::new();
    let mut draft = fixture.draft(CLOUD);
    draft.change.kind = ChangeKind::Update;
    assert_eq!(refused(&fixture, fixture.submission(&draft)), (ErrorKind::Invalid, "kind-does-not-fit"));
    fixture.publish(&fixture.draft(CLOUD));
    fixture.at("2024-02-01T10:00:00Z");
    let unchanged = fixture.next(CLOUD);
    assert_eq!(refused(&fixture, fixture.submission(&unchanged)), (ErrorKind::Invalid, "kind-does-not-fit"));
    let mut changed = fixture.next(CLOUD);
    changed.change.kind = ChangeKind::Reaffirmation;
    changed.service_name = "Other".into();
    assert_eq!(refused(&fixture, fixture.submission(&changed)), (ErrorKind::Invalid, "kind-does-not-fit"));
    let mut affirmed = fixture.next(CLOUD);
    affirmed.change.kind = ChangeKind::Reaffirmation;
    assert_eq!(fixture.publish(&affirmed).version.kind, ChangeKind::Reaffirmation);
}

fn transcription(fixture: &Fixture) -> Draft {
    let mut draft = fixture.draft(CLOUD);
    draft.change.kind = ChangeKind::Transcription;
    draft.completed_on = None;
    draft.signatory = None;
    draft.official = None;
    draft.contact = None;
    draft.source = Some(Source { sha256: Digest::of(b"the form"), title: "Published statement".into() });
    for response in draft.responses.values_mut() {
        response.code = Some(Code::NotRecorded);
    }
    draft
}

fn by_department(fixture: &Fixture, draft: &Draft) -> VersionSubmission {
    let document = profile::print(&v1::certification::write(draft));
    let signature = Some(fixture.sign(DEPARTMENT, Namespace::Transcription, &document));
    VersionSubmission { document, signature, ..VersionSubmission::default() }
}

#[test]
fn a_transcription_is_the_departments_until_the_supplier_speaks_for_itself() {
    let fixture = Fixture::new();
    let transcribed = transcription(&fixture);
    assert_eq!(
        refused(
            &fixture,
            VersionSubmission {
                signature: fixture.submission(&transcribed).signature,
                ..by_department(&fixture, &transcribed)
            }
        ),
        (ErrorKind::Invalid, "signature-wrong-namespace"),
        "the supplier cannot sign a transcription"
    );
    fixture.registry.publish(&certification(CLOUD), by_department(&fixture, &transcribed)).expect("transcribed");
    fixture.at("2024-01-01T10:00:00Z");
    let mut own = fixture.draft(CLOUD);
    own.version = 2;
    own.previous = Some(Digest::of(&by_department(&fixture, &transcribed).document));
    let published = fixture.publish(&own);
    assert_eq!(published.version.kind, ChangeKind::Initial);
    let mut again = transcription(&fixture);
    again.version = 3;
    again.previous = Some(published.version.publication.digest);
    assert_eq!(refused(&fixture, by_department(&fixture, &again)), (ErrorKind::Conflict, "supplier-speaks-for-itself"));
}

#[test]
fn a_group_shares_one_sync_and_each_stands_or_falls_alone() {
    let fixture = Fixture::new();
    let cloud = fixture.draft(CLOUD);
    let library = fixture.draft("example-learning/example-library");
    let lookalike = fixture.draft("example-learning/examplecloud");
    let mut next = cloud.clone();
    next.version = 2;
    next.previous = Some(Digest::of(&fixture.submission(&cloud).document));
    next.change.kind = ChangeKind::Update;
    next.service_name = "Example Cloud Two".into();
    let group = [&cloud, &library, &lookalike, &next];
    let mut group = group.map(|draft| (draft.certification_id(), fixture.submission(draft)));
    // Their records come with the first of the group.
    group[1].1.people.clear();
    let results = fixture.registry.publish_group(group.to_vec());
    let versions: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().map(|p| p.version.publication.version).map_err(|e| e.code))
        .collect();
    assert_eq!(versions, [Ok(1), Ok(1), Err("id-too-similar"), Ok(2)]);
}

#[test]
fn a_dry_run_tells_every_fault_and_what_schools_would_see_and_writes_nothing() {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    fixture.at("2024-02-01T10:00:00Z");
    let before = fixture.sequence();
    let mut draft = fixture.next(CLOUD);
    draft.responses.get_mut(&"q5.7".parse().unwrap()).unwrap().code = Some(Code::Amber);
    let unsigned = VersionSubmission { document: fixture.submission(&draft).document, ..VersionSubmission::default() };
    let rehearsed = fixture.registry.dry_run(&certification(CLOUD), unsigned).expect("nothing stands against it");
    assert_eq!(rehearsed.missing_signatures, ["signature", "countersignature"]);
    let comparison = rehearsed.comparison.expect("there is a version before");
    assert!(comparison.headline.contains("1 green to amber"), "{}", comparison.headline);

    draft.version = 7;
    draft.commitments.clear();
    let faulty = VersionSubmission { document: fixture.submission(&draft).document, ..VersionSubmission::default() };
    let error = fixture.registry.dry_run(&certification(CLOUD), faulty).expect_err("two kinds of fault");
    let codes: Vec<_> = error.faults.iter().map(|fault| fault.code).collect();
    assert!(codes.contains(&"missing-commitment") && codes.contains(&"version-conflict"), "{codes:?}");
    assert_eq!(fixture.sequence(), before);
}

#[test]
fn a_school_sees_what_changed_since_its_day() {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    let change = |at: &str, edit: &dyn Fn(&mut Draft)| {
        fixture.at(at);
        let mut draft = fixture.next(CLOUD);
        edit(&mut draft);
        fixture.publish(&draft);
    };
    let question: certreg::domain::QuestionId = "q5.10".parse().unwrap();
    let say = |draft: &mut Draft, text: &str| draft.responses.get_mut(&question).unwrap().statement = vec![text.into()];
    change("2024-03-01T10:00:00Z", &|draft| say(draft, "Deleted after 60 days."));
    change("2024-05-01T10:00:00Z", &|draft| say(draft, "Yes. Our answer to 5.10 stands."));
    change("2024-07-01T10:00:00Z", &|draft| {
        let response = draft.responses.get_mut(&"q5.7".parse().unwrap()).unwrap();
        response.code = Some(Code::Amber);
        draft.change.corrections =
            vec![Correction { question: AnswerId::from(question), wrong_since: "2024-06-01".parse().unwrap() }];
        say(draft, "Deleted after 30 days.");
    });
    let since = |day: &str| {
        let item = WatchItem {
            certification: certification(CLOUD),
            signed_up_on: day.parse().unwrap(),
            reviewed_on: None,
            label: None,
        };
        fixture.registry.since(&item)
    };
    let report = since("2024-02-01").expect("a report");
    assert_eq!((report.then.publication.version, report.now.publication.version), (1, 4));
    assert_eq!(report.report.steps.len(), 3);
    assert!(
        report.report.headline.contains("needs your attention")
            || report.report.headline.contains("need your attention")
    );
    // A later version overtakes the correction; it is told all the same.
    change("2024-08-01T10:00:00Z", &|draft| {
        draft.change.corrections = Vec::new();
        say(draft, "Deleted after 14 days.");
    });
    let overtaken = since("2024-02-01").expect("a report").report.net;
    let plain = fixture.registry.compare(&certification(CLOUD), 1, 5).unwrap();
    assert_eq!(plain.headline, overtaken.headline, "the same headline everywhere");
    assert!(plain.headline.contains("1 was corrected") && plain.counts.attention > 1, "{}", plain.headline);
    let corrects = |from, to| fixture.registry.compare(&certification(CLOUD), from, to).unwrap().headline;
    assert!(corrects(1, 4).contains("1 was corrected") && corrects(3, 4).contains("1 was corrected"));
    assert!(!corrects(1, 3).contains("corrected"), "{}", corrects(1, 3));
    assert_eq!(fixture.registry.compare(&certification(CLOUD), 5, 1).unwrap_err().kind, ErrorKind::Unreadable);
    assert_eq!(fixture.registry.compare(&certification(CLOUD), 1, u32::MAX).unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(fixture.registry.compare(&certification(CLOUD), 0, 5).unwrap_err().kind, ErrorKind::NotFound);
    let today = since("2024-07-01").expect("a change on the day itself is shown");
    assert_eq!(today.then.publication.version, 3);
    let earliest = since("2020-01-01").expect("the earliest held");
    assert_eq!(earliest.report.baseline.kind, certreg::compare::BaselineKind::EarliestHeld);
    assert_eq!(since("2031-01-01").expect_err("ahead").kind, ErrorKind::Invalid);
}

#[test]
fn what_cannot_be_read_of_one_service_leaves_the_rest_of_a_list_alone() {
    const OTHER: &str = "example-learning/example-library";
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    let object = fixture.publish(&fixture.draft(OTHER)).version.object;
    let file = fixture.data.join("registry.git/objects").join(&object[..2]).join(&object[2..]);
    let fixture = fixture.reopened_after(|| std::fs::remove_file(file).expect("a small group is stored loose"));
    let is_wanted = AtomicBool::new(true);
    let mut watch = fixture.registry.watch(&is_wanted);
    let item = |id: &str| WatchItem {
        certification: certification(id),
        signed_up_on: "2023-11-01".parse().unwrap(),
        reviewed_on: None,
        label: None,
    };
    let error = watch.since(&item(OTHER)).expect("the list goes on").expect_err("its document is gone");
    assert!(error.detail.contains("cannot read its own record of this service"), "{}", error.detail);
    let since = watch.since(&item(CLOUD)).expect("the list goes on").expect("a report");
    assert_eq!(watch.now(&since).expect("the list goes on").expect("a document").row, since.now);
}

#[test]
fn a_move_to_the_newer_edition_is_told_apart_from_changed_answers() {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    fixture.at("2024-02-01T10:00:00Z");
    let mut draft = fixture.next(CLOUD);
    draft.edition = EditionRef { digest: Digest::of(GDPR), id: "dfe-2018-gdpr".parse().unwrap() };
    fixture.publish(&draft);
    let comparison = fixture.registry.compare(&certification(CLOUD), 1, 2).unwrap();
    assert_eq!(comparison.counts.answers_changed, 0, "{}", comparison.headline);
    assert_eq!(comparison.questions_reworded.len(), 3);
}

#[test]
fn a_person_is_known_only_when_a_document_names_them() {
    let fixture = Fixture::new();
    let digest = v1::person::digest(&official());
    assert_eq!(fixture.registry.person(digest).expect_err("not yet").kind, ErrorKind::NotFound);
    fixture.publish(&fixture.draft(CLOUD));
    assert_eq!(fixture.registry.person(digest).unwrap().bytes, record(&official()));
    std::fs::remove_file(fixture.data.join("people").join(format!("{}.json", digest.hex()))).unwrap();
    // Only the Department's word makes it gone for good: tests/erasure.rs.
    assert_eq!(fixture.registry.person(digest).expect_err("missing").code, "person-record-missing");
}

#[test]
fn the_other_suppliers_keys_open_only_its_own_door() {
    let fixture = Fixture::new();
    let mut draft = fixture.draft("example-other/example-cloud");
    draft.supplier_name = "Example Other Ltd".into();
    let document = profile::print(&v1::certification::write(&draft));
    let submission = VersionSubmission {
        signature: Some(fixture.sign(OTHER_SIGNATORY, Namespace::Certification, &document)),
        countersignature: Some(fixture.sign(OTHER_OFFICIAL, Namespace::Countersignature, &document)),
        people: vec![record(&signatory()), record(&official())],
        document,
    };
    assert_eq!(
        fixture.registry.publish(&certification(CLOUD), submission.clone()).expect_err("another's address").kind,
        ErrorKind::Refused
    );
    fixture.registry.publish(&draft.certification_id(), submission).expect("its own address");
}

#[test]
fn a_supplier_that_signed_with_two_never_returns_to_one() {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    let id = supplier("example-learning");
    let current = fixture.registry.supplier(&id).unwrap();
    let alone = certreg::domain::Supplier {
        registry: fixture.id.clone(),
        supplier: id.clone(),
        version: 2,
        previous: Some(current.digest),
        names: current.names,
        company_number: None,
        website: None,
        single_signatory: true,
    };
    let file = profile::print(&v1::supplier::write(&alone));
    let error = fixture.registry.put_supplier(&id, fixture.signed_by_department(Namespace::Keys, &file));
    assert_eq!(error.expect_err("refused").code, "two-signatures-stay");
}

#[test]
fn a_key_request_brings_no_comment_and_no_authoritys_key() {
    let fixture = Fixture::without_suppliers();
    fixture.register("example-learning", "Example Learning Ltd", false);
    let id = supplier("example-learning");
    let ring = |seed: u8| {
        let text = fixture.first_ring("example-learning", &[(Role::Signatory, seed)]).print();
        fixture.signed_by_department(Namespace::Keys, text.as_bytes())
    };
    let before = fixture.sequence();
    let mut request = fixture.request("example-learning", Role::Signatory, SIGNATORY);
    let text = String::from_utf8(request.document).unwrap();
    let line = key(SIGNATORY).public().line();
    request.document = text.replace(&line, &format!("{line} ann@laptop")).into_bytes();
    request.signature = fixture.sign(SIGNATORY, Namespace::Enrolment, &request.document);
    let error = fixture.registry.put_ring(&id, ring(SIGNATORY), vec![request]).expect_err("a comment");
    assert_eq!(error.code, "key-with-comment");

    let request = fixture.request("example-learning", Role::Signatory, common::fixture::REGISTRY);
    let error = fixture.registry.put_ring(&id, ring(common::fixture::REGISTRY), vec![request]).expect_err("taken");
    assert_eq!(error.code, "key-in-use");
    let error = fixture.registry.put_ring(&id, ring(SIGNATORY), Vec::new()).expect_err("no request");
    assert_eq!(error.code, "request-missing");
    assert_eq!(fixture.sequence(), before);
}

#[test]
fn a_change_does_not_contradict_itself() {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    fixture.at("2024-02-01T10:00:00Z");
    let mut draft = fixture.next(CLOUD);
    draft.service_name = "Example Cloud Two".into();
    draft.change.wording_only = true;
    draft.change.service_changed_on = Some("2024-01-15".parse().unwrap());
    assert_eq!(fault_codes(&fixture, &draft), [("/change/wording_only".to_owned(), "member-not-allowed")]);
    let mut affirmed = fixture.next(CLOUD);
    affirmed.change.kind = ChangeKind::Reaffirmation;
    affirmed.change.service_changed_on = Some("2024-01-15".parse().unwrap());
    assert_eq!(fault_codes(&fixture, &affirmed), [("/change/service_changed_on".to_owned(), "member-not-allowed")]);
    let mut blank = fixture.next(CLOUD);
    blank.service_name = "\u{3164}".into();
    assert_eq!(fault_codes(&fixture, &blank), [("/service_name".to_owned(), "no-words")]);
}

/// The made-up third edition is published, answered, and compared across its mapping: a file, no code.
#[test]
fn a_further_edition_is_only_a_file() {
    let fixture = Fixture::new();
    let bytes = include_bytes!("data/edition-small.json");
    let small = "test-2027-short".parse().unwrap();
    let file = fixture.signed_by_department(Namespace::Editions, bytes);
    fixture.registry.put_edition(&small, file).expect("published");
    let edition = fixture.registry.edition(&small).unwrap();

    let newer = EditionRef { digest: Digest::of(GDPR), id: "dfe-2018-gdpr".parse().unwrap() };
    let mut draft = fixture.draft(CLOUD);
    draft.edition = newer;
    fixture.publish(&draft);
    fixture.at("2024-02-01T10:00:00Z");
    let mut moved = fixture.next(CLOUD);
    moved.edition = EditionRef { digest: Digest::of(bytes), id: small };
    let answer = moved.responses.values().next().unwrap().clone();
    moved.responses = edition.questions.iter().map(|question| (question.id, answer.clone())).collect();
    moved.support.retain(|id, _| edition.support_area(*id).is_some());
    fixture.publish(&moved);
    let comparison = fixture.registry.compare(&certification(CLOUD), 1, 2).unwrap();
    assert!(!comparison.questions_reworded.is_empty(), "{}", comparison.headline);
    assert!(comparison.headline.contains("were removed"), "answers no longer asked are told: {}", comparison.headline);
}

/// Somebody holds the index's file while a version is published.
#[test]
#[allow(clippy::disallowed_types, reason = "the test stands in for whatever keeps SQLite from writing")]
fn an_index_that_cannot_follow_never_lets_a_wrong_version_in() {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    fixture.at("2024-02-01T10:00:00Z");
    let mut one = fixture.next(CLOUD);
    one.service_name = "Example Cloud One".into();
    let mut other = fixture.next(CLOUD);
    other.service_name = "Example Cloud Other".into();
    let id = certification(CLOUD);

    let blocker = rusqlite::Connection::open(fixture.data.join("index.sqlite")).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = fixture.registry.publish(&id, fixture.submission(&one)).expect_err("stored, not listed");
    assert_eq!((error.kind, error.code), (ErrorKind::Unavailable, "stored-not-listed"));
    assert_eq!(fixture.registry.level_sequence().unwrap(), None, "it says that it is not ready");
    let error = fixture.registry.publish(&id, fixture.submission(&other)).expect_err("nothing is planned now");
    assert_eq!((error.kind, error.code), (ErrorKind::Unavailable, "index-behind"));
    blocker.execute_batch("ROLLBACK").unwrap();

    assert!(fixture.registry.publish(&id, fixture.submission(&one)).expect("the receipt").already);
    assert_eq!(refused(&fixture, fixture.submission(&other)), (ErrorKind::Conflict, "version-conflict"));
    let fixture = fixture.reopened();
    assert_eq!(fixture.registry.certification(&id).unwrap().current.publication.version, 2);
}

#[test]
fn a_colour_that_came_back_and_an_announcement_are_told() {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    let change = |at: &str, code: Code, words: &str, effective_on: Option<&str>| {
        fixture.at(at);
        let mut draft = fixture.next(CLOUD);
        let response = draft.responses.get_mut(&"q5.7".parse().unwrap()).unwrap();
        (response.code, response.statement) = (Some(code), vec![words.into()]);
        draft.change.effective_on = effective_on.map(|day| day.parse().unwrap());
        fixture.publish(&draft);
    };
    change("2024-03-01T10:00:00Z", Code::Amber, "Preview pictures are not encrypted.", None);
    change("2024-05-01T10:00:00Z", Code::Green, "Everything is encrypted.", None);
    change("2024-07-01T10:00:00Z", Code::Green, "Everything is encrypted twice.", Some("2025-01-01"));
    let item = WatchItem {
        certification: certification(CLOUD),
        signed_up_on: "2024-01-01".parse().unwrap(),
        reviewed_on: None,
        label: None,
    };
    let report = fixture.registry.since(&item).expect("a report").report;
    let back: Vec<&str> = report.changed_and_changed_back.iter().map(|back| back.sentence.as_str()).collect();
    assert_eq!(back, ["Q 5.7 changed from GREEN to AMBER in version 2 and came back in version 3."]);
    let text = report.text(&certreg::compare::TextOptions::default());
    assert!(text.contains("until then version 3"), "{text}");
    let green =
        report.net.changes.iter().find(|change| change.about.answer() == Some("q5.7".parse().unwrap())).unwrap();
    assert!(green.advice.is_empty(), "the advice supposes less assurance");

    let mut renamed = fixture.next(CLOUD);
    renamed.supplier_name = "Somebody Else Ltd".into();
    let hints = fixture.registry.dry_run(&certification(CLOUD), fixture.submission(&renamed)).expect("no fault").hints;
    assert_eq!(hints[0].code, "name_not_registered");
}

#[test]
fn confirming_a_version_that_applies_later_keeps_its_day() {
    let fixture = Fixture::new();
    fixture.publish(&fixture.draft(CLOUD));
    fixture.at("2024-07-01T10:00:00Z");
    let mut announced = fixture.next(CLOUD);
    announced.responses.get_mut(&"q5.7".parse().unwrap()).unwrap().statement = vec!["Encrypted twice.".into()];
    announced.change.effective_on = "2025-01-01".parse().ok();
    fixture.publish(&announced);

    fixture.at("2024-09-01T10:00:00Z");
    let today = "2024-09-01".parse().unwrap();
    let current = fixture.registry.certification(&certification(CLOUD)).unwrap().current.publication.digest;
    let mut confirmed = Draft {
        completed_on: Some(today),
        ..draft::next(&announced, current, ChangeKind::Reaffirmation, announced.edition.clone(), today)
    };
    assert_eq!(confirmed.change.effective_on, announced.change.effective_on, "the tools keep it");
    let mut sooner = confirmed.clone();
    sooner.change.effective_on = None;
    let error = fixture.registry.publish(&certification(CLOUD), fixture.submission(&sooner)).expect_err("refused");
    assert_eq!((error.faults[0].code, error.faults[0].pointer.as_str()), ("kind-does-not-fit", "/change/effective_on"));
    fixture.publish(&confirmed);

    // Once the day has come, there is nothing left to say of it.
    fixture.at("2025-01-02T10:00:00Z");
    let after = "2025-01-02".parse().unwrap();
    let current = fixture.registry.certification(&certification(CLOUD)).unwrap().current.publication.digest;
    confirmed = Draft {
        completed_on: Some(after),
        ..draft::next(&confirmed, current, ChangeKind::Reaffirmation, announced.edition.clone(), after)
    };
    assert_eq!(confirmed.change.effective_on, None);
    fixture.publish(&confirmed);
}
