//! Case statements that are not let in: by the wrong party, out of order, about nothing that is here.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use certreg::{
    domain::{
        CaseStatement, Digest,
        case::{Matter, ResolutionOutcome, Subject},
    },
    registry::cases::CaseSubmission,
    signing::Namespace,
};
use common::{
    cases::{
        answers, as_json, by_both, by_department, by_signatory, resolution, signed_by, statement_bytes, verification,
        withdrawal,
    },
    http::request,
    registry::{MadeUp, department, key, official, parse, signatory, signed},
};
use serde_json::{Value, json};

/// A register with three versions, on 15 January 2025.
fn made() -> MadeUp {
    let made = MadeUp::new();
    made.history();
    made
}

fn codes(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn statements_by_the_wrong_party_are_refused() {
    let made = made();
    let asked = made.state(by_department(&made.challenge("2025-02-01")));
    let before = made.sequence();
    let wrong = "wrong-party";
    made.post_case(&by_signatory(1, &made.challenge("2025-02-01"))).await.problem(403, wrong);
    made.post_case(&by_both(1, &made.requirement("2025-02-01"))).await.problem(403, wrong);
    made.post_case(&by_department(&made.clarification(asked))).await.problem(403, wrong);
    let resolved = made.statement(resolution(asked, ResolutionOutcome::Clarified));
    let problem = made.post_case(&by_signatory(1, &resolved)).await.problem(403, wrong);
    assert_eq!(problem["detail"], "A statement of type 'resolution' is made by the Department here, who must sign it.");
    // An official alone states nothing, and a stranger's or another supplier's key nothing at all.
    made.post_case(&signed_by(&official(1), &made.clarification(asked))).await.problem(403, "key-wrong-role");
    made.post_case(&signed_by(&key(99), &made.clarification(asked))).await.problem(403, "key-not-enrolled");
    made.post_case(&signed_by(&key(99), &made.challenge("2025-02-01"))).await.problem(403, "key-not-enrolled");
    assert_eq!(made.sequence(), before);
    made.supplier("other-learning", 2, false);
    let before = made.sequence();
    made.post_case(&by_signatory(2, &made.clarification(asked))).await.problem(403, "key-of-other-supplier");
    made.post_case(&by_both(2, &made.statement(withdrawal()))).await.problem(403, "key-of-other-supplier");
    assert_eq!(made.sequence(), before);
}

#[tokio::test]
async fn what_needs_two_signatures_is_not_let_in_with_one() {
    let made = made();
    let before = made.sequence();
    let statement = made.statement(withdrawal());
    made.post_case(&by_signatory(1, &statement)).await.problem(422, "signature-missing");
    let both = by_both(1, &statement);
    let only_official = CaseSubmission { signature: None, ..both.clone() };
    made.post_case(&only_official).await.problem(422, "signature-missing");
    let twice_one_key = CaseSubmission {
        countersignature: Some(signed(&signatory(1), Namespace::Countersignature, &both.document)),
        ..both.clone()
    };
    made.post_case(&twice_one_key).await.problem(403, "key-wrong-role");
    let other_official = CaseSubmission {
        countersignature: Some(signed(&official(1), Namespace::Case, &both.document)),
        ..both.clone()
    };
    made.post_case(&other_official).await.problem(422, "signature-wrong-namespace");
    // And what needs one is not let in with two.
    let asked = by_department(&made.challenge("2025-02-01"));
    let too_many = CaseSubmission { countersignature: both.countersignature.clone(), ..asked };
    made.post_case(&too_many).await.problem(422, "countersignature-not-allowed");
    assert_eq!(made.sequence(), before);
    let asked = made.state(by_department(&made.challenge("2025-02-01")));
    made.post_case(&by_both(1, &made.clarification(asked))).await.problem(422, "countersignature-not-allowed");
    assert_eq!(made.sequence(), before + 1);
}

#[tokio::test]
async fn a_supplier_that_is_one_person_withdraws_with_one_signature() {
    let made = MadeUp::new();
    made.supplier("one-person", 3, true);
    let mut draft = made.draft_of("one-person/small-cloud", 3);
    draft.official = None;
    draft.commitments.remove(&certreg::domain::Commitment::IndependentlyVerified);
    let mut submission = made.submission_of(&draft, 3);
    submission.countersignature = None;
    submission.people.truncate(1);
    made.registry.publish(&draft.certification_id(), submission).unwrap();
    let statement = made.statement_about("one-person/small-cloud", withdrawal());
    made.post_case(&by_both(3, &statement)).await.problem(422, "signature-not-needed");
    let answer = made.post_case(&by_signatory(3, &statement)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.json()["statement"]["by"], "supplier");
}

#[tokio::test]
async fn signatures_made_for_something_else_do_not_count() {
    let made = made();
    let before = made.sequence();
    let statement = made.challenge("2025-02-01");
    let document = statement_bytes(&statement);
    for (namespace, code) in [(Namespace::Keys, 422), (Namespace::Transcription, 422)] {
        let signature = Some(signed(&department(), namespace, &document));
        let submission = CaseSubmission { document: document.clone(), signature, countersignature: None };
        made.post_case(&submission).await.problem(code, "signature-wrong-namespace");
    }
    let mut altered = by_department(&statement);
    altered.document = String::from_utf8(altered.document).unwrap().replace("As it is.", "As it was.").into_bytes();
    made.post_case(&altered).await.problem(422, "signature-does-not-verify");
    let unsigned = CaseSubmission { signature: None, ..by_department(&statement) };
    made.post_case(&unsigned).await.problem(422, "signature-missing");
    let unreadable = CaseSubmission { signature: Some("no signature".to_owned()), ..by_department(&statement) };
    made.post_case(&unreadable).await.problem(422, "signature-unreadable");
    // A statement that was signed for another registry, or for another service, is let in nowhere else.
    let elsewhere = CaseStatement { registry: parse("other.example"), ..statement.clone() };
    let problem = made.post_case(&by_department(&elsewhere)).await.problem(422, "case-rules");
    assert_eq!(codes(&problem), ["other-registry"]);
    let other_service = CaseStatement { service: Some(parse("other-cloud")), ..statement.clone() };
    made.post_case(&by_department(&other_service)).await.problem(422, "certification-unknown");
    let other_supplier = CaseStatement { supplier: parse("nobody-here"), ..statement };
    made.post_case(&by_department(&other_supplier)).await.problem(422, "supplier-unknown");
    assert_eq!(made.sequence(), before);
}

#[tokio::test]
async fn statements_out_of_order_are_told_which_is_the_newest() {
    let made = made();
    let early = CaseStatement { seq: 2, previous: Some(Digest::of(b"nothing")), ..made.challenge("2025-02-01") };
    let problem = made.post_case(&by_department(&early)).await.problem(409, "case-conflict");
    assert!(problem.get("current_version").is_none());
    let first = made.challenge("2025-02-01");
    let digest = made.state(by_department(&first));
    let other = CaseStatement { text: vec!["Something else.".to_owned()], ..first };
    let problem = made.post_case(&by_department(&other)).await.problem(409, "case-conflict");
    assert_eq!((&problem["current_version"], &problem["current_digest"]), (&json!(1), &json!(digest.to_string())));
    let skipped = CaseStatement { seq: 3, ..made.challenge("2025-02-01") };
    made.post_case(&by_department(&skipped)).await.problem(409, "case-conflict");
    let unchained = CaseStatement { previous: Some(Digest::of(b"x")), ..made.challenge("2025-02-01") };
    made.post_case(&by_department(&unchained)).await.problem(409, "case-conflict");
}

#[tokio::test]
async fn nothing_is_added_to_a_closed_case_and_replies_must_fit() {
    let made = made();
    let asked = made.state(by_department(&made.challenge("2025-02-01")));
    let required = made.state(by_department(&made.requirement("2025-02-01")));
    let verified = |of: Digest, question: &str| made.statement(verification(of, question, true, "2026-01-01"));
    made.post_case(&by_department(&verified(asked, "q5.7"))).await.problem(422, "reply-does-not-fit");
    let problem = made.post_case(&by_department(&verified(required, "q5.8"))).await.problem(422, "case-rules");
    assert_eq!(codes(&problem), ["question-not-asked"]);
    let unknown = made.clarification(Digest::of(b"nothing"));
    made.post_case(&by_signatory(1, &unknown)).await.problem(422, "reply-to-unknown");
    let reinstated = made.statement(Matter::Reinstatement { in_reply_to: asked });
    made.post_case(&by_department(&reinstated)).await.problem(422, "reply-does-not-fit");

    let closing = made.statement(resolution(asked, ResolutionOutcome::NotUpheld));
    let closing = made.state(by_department(&closing));
    let before = made.sequence();
    let problem = made.post_case(&by_signatory(1, &made.clarification(asked))).await.problem(409, "case-closed");
    let detail = "That case was closed on 15 January 2025 (not_upheld): nothing can be added to it.";
    assert_eq!(problem["detail"], detail);
    let again = made.statement(resolution(asked, ResolutionOutcome::Clarified));
    made.post_case(&by_department(&again)).await.problem(409, "case-closed");
    made.post_case(&by_signatory(1, &made.clarification(closing))).await.problem(422, "reply-to-unknown");
    assert_eq!(made.sequence(), before);
}

#[tokio::test]
async fn a_withdrawal_is_taken_back_once_and_by_whoever_made_it() {
    let made = made();
    let own = made.state(by_both(1, &made.statement(withdrawal())));
    made.post_case(&by_both(1, &made.statement(withdrawal()))).await.problem(409, "already-withdrawn");
    let back = |of| made.statement(Matter::Reinstatement { in_reply_to: of });
    made.post_case(&by_department(&back(own))).await.problem(403, "wrong-party");
    made.post_case(&by_signatory(1, &back(own))).await.problem(422, "signature-missing");
    made.state(by_both(1, &back(own)));
    made.post_case(&by_both(1, &back(own))).await.problem(409, "case-closed");
}

#[tokio::test]
async fn subjects_questions_and_days_must_make_sense() {
    let made = made();
    let before = made.sequence();
    let with = |matter: Matter| by_department(&made.statement(matter));
    let challenge = |questions: &[&str], subject: Subject, due_on: &str| {
        with(Matter::Challenge { questions: answers(questions), subject, due_on: parse(due_on) })
    };
    let nothing = Subject { version: 9, ..made.subject() };
    made.post_case(&challenge(&["q5.7"], nothing, "2025-02-01")).await.problem(422, "subject-unknown");
    let other_bytes = Subject { digest: Digest::of(b"x"), ..made.subject() };
    made.post_case(&challenge(&["q5.7"], other_bytes, "2025-02-01")).await.problem(422, "subject-unknown");
    let problem =
        made.post_case(&challenge(&["q5.7", "q99.1"], made.subject(), "2025-02-01")).await.problem(422, "case-rules");
    assert_eq!(codes(&problem), ["question-unknown"]);
    for (due_on, code) in [("2025-01-14", "day-past"), ("2029-01-01", "day-too-far")] {
        let problem = made.post_case(&challenge(&["q5.7"], made.subject(), due_on)).await.problem(422, "case-rules");
        assert_eq!(codes(&problem), [code]);
    }
    let notice = |from, expires_on| Matter::Notice {
        questions: answers(&["q5.7"]),
        from: parse(from),
        expires_on: parse(expires_on),
    };
    for (from, expires_on, code) in
        [("2025-01-20", "2025-01-16", "days-in-wrong-order"), ("2025-01-15", "2025-12-31", "day-too-far")]
    {
        let statement = made.statement(notice(from, expires_on));
        let problem = made.post_case(&by_signatory(1, &statement)).await.problem(422, "case-rules");
        assert_eq!(codes(&problem), [code]);
    }
    let ahead = CaseStatement { stated_on: parse("2025-01-16"), ..made.challenge("2025-02-01") };
    let problem = made.post_case(&by_department(&ahead)).await.problem(422, "case-rules");
    assert_eq!(codes(&problem), ["day-ahead"]);
    let objection = with(Matter::Objection { subject: made.subject() });
    made.post_case(&objection).await.problem(422, "not-a-transcription");
    let unknown = with(Matter::Unknown { name: "celebration".to_owned() });
    let problem = made.post_case(&unknown).await.problem(422, "case-rules");
    assert_eq!(codes(&problem), ["unknown-value"]);
    assert_eq!(made.sequence(), before);
}

#[tokio::test]
async fn files_that_are_no_statements_are_refused() {
    let made = made();
    let before = made.sequence();
    let post = async |document: String| {
        let signature = Some(signed(&department(), Namespace::Case, document.as_bytes()));
        made.post_case(&CaseSubmission { document: document.into_bytes(), signature, countersignature: None }).await
    };
    let good = String::from_utf8(statement_bytes(&made.challenge("2025-02-01"))).unwrap();
    post(good.replace("  \"due_on\"", " \"due_on\"")).await.problem(422, "profile");
    post(String::new()).await.problem(422, "profile");
    let problem = post(good.replace("\"challenge\"", "\"withdrawal\"")).await.problem(422, "case-rules");
    assert!(codes(&problem).iter().all(|code| *code == "unknown-member"));
    post(good.replace("certreg/case@1", "certreg/case@2")).await.problem(422, "case-rules");
    let version = String::from_utf8(common::registry::bytes(&made.draft())).unwrap();
    post(version).await.problem(422, "case-rules");
    let long = "x".repeat(300_000);
    post(good.replace("As it is.", &long)).await.problem(413, "document-too-large");
    let body = json!({"document": good, "people": []});
    made.send_json(Method::POST, "/v1/cases", &body).await.problem(400, "bad-body");
    let headers = [("content-type", "text/plain")];
    let plain = request(Method::POST, "/v1/cases", &headers, Body::from("x"));
    made.send(plain).await.problem(415, "unsupported-media-type");
    assert_eq!(made.sequence(), before);
    assert_eq!(post(good).await.status, StatusCode::CREATED, "the same, unharmed, is let in");
}

#[tokio::test]
async fn a_key_outside_its_window_states_nothing() {
    let made = made();
    let asked = made.state(by_department(&made.challenge("2025-02-01")));
    let statement = made.clarification(asked);
    let submission = by_signatory(1, &statement);
    // The signatory leaves: from then on nothing that the key signed is let in.
    let id = parse("example-learning");
    let (_, ring, _) = made.registry.ring(&id, None).unwrap();
    let now = made.clock.now();
    let closed = ring.end(&signatory(1).public(), now, certreg::signing::KeyEvent::Left).unwrap().print().into_bytes();
    made.registry.put_ring(&id, made.by_department(Namespace::Keys, &closed), Vec::new()).unwrap();
    made.at("2025-01-16T09:00:00Z");
    made.post_case(&submission).await.problem(403, "key-no-longer-valid");
    assert!(as_json(&submission)["signature"].is_string());
}

#[tokio::test]
async fn a_supplier_states_so_much_in_a_day_and_no_more() {
    let made = made();
    let asked = made.state(by_department(&made.challenge("2025-02-01")));
    for _ in 0..20 {
        made.state(by_signatory(1, &made.clarification(asked)));
    }
    let more = by_signatory(1, &made.clarification(asked));
    made.post_case(&more).await.problem(409, "too-many-statements");
    // The Department is never held up, and the supplier goes on the next day.
    made.state(by_department(&made.challenge("2025-02-01")));
    made.at("2025-01-16T12:00:01Z");
    made.state(by_signatory(1, &made.clarification(asked)));
}
