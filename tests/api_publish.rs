//! Publishing over HTTP: both request types, the same bytes again, dry runs, and the Department's submissions.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use certreg::{
    domain::{Digest, SupplierId},
    signing::Namespace,
};
use common::{
    http::{form, request},
    registry::{
        CERTIFICATION, DPA, GDPR, MadeUp, amber, bytes, department, first_ring, key_requests, parse, question, signed,
        supplier_record,
    },
};
use serde_json::{Value, json};

const VERSIONS: &str = "/v1/certifications/example-learning/example-cloud/versions";

#[tokio::test]
async fn json_publishes_and_the_same_bytes_get_the_same_receipt() {
    let made = MadeUp::new();
    let draft = made.draft();
    let submission = made.submission(&draft);
    let first = made.post_version(CERTIFICATION, &submission).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    assert_eq!(first.header("location"), format!("{VERSIONS}/1"));
    assert_eq!(first.header("cache-control"), "no-store");
    let result = first.json();
    assert_eq!(result["outcome"], "published");
    assert_eq!(result["digest"], Digest::of(&submission.document).to_string());
    assert_eq!(result["receipt"]["index"], result["sequence"]);
    assert!(result["receipt"]["leaf"].as_str().unwrap().starts_with("certreg.example/leaf/v1\nindex 5\n"));
    assert_eq!(result["signers"].as_array().unwrap().len(), 2);
    assert!(result.get("simulated_dates").is_none());

    made.at("2024-03-01T10:00:00Z");
    let again = made.post_version(CERTIFICATION, &submission).await;
    assert_eq!(again.status, StatusCode::OK);
    let again = again.json();
    assert_eq!(again["outcome"], "already_published");
    for member in ["receipt", "commit", "published_at", "sequence", "digest"] {
        assert_eq!(again[member], result[member], "{member}");
    }
    assert_eq!(made.sequence(), 5);
}

#[tokio::test]
async fn a_form_carries_the_exact_bytes() {
    let made = MadeUp::new();
    let mut draft = made.draft();
    draft.service_name = "Éxample – Cloud “one”".to_owned();
    let submission = made.submission(&draft);
    let (signature, countersignature) = (submission.signature.unwrap(), submission.countersignature.unwrap());
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("document", &submission.document),
        ("signature", signature.as_bytes()),
        ("countersignature", countersignature.as_bytes()),
    ];
    parts.extend(submission.people.iter().map(|record| ("people", record.as_slice())));
    let (content_type, body) = form(&parts);
    let digest = format!("sha-256=:{}:", BASE64_STANDARD.encode(Digest::of(&body).as_bytes()));
    let headers = [("content-type", content_type.as_str()), ("content-digest", digest.as_str())];
    let answer = made.send(request(Method::POST, VERSIONS, &headers, Body::from(body.clone()))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let document = made.get(&format!("{VERSIONS}/1/document")).await;
    assert_eq!(document.body, submission.document);

    let wrong = [("content-type", content_type.as_str()), ("content-digest", "sha-256=:AAAA:")];
    let answer = made.send(request(Method::POST, VERSIONS, &wrong, Body::from(body))).await;
    answer.problem(400, "bad-content-digest");
}

#[tokio::test]
async fn a_dry_run_shows_what_schools_would_see_and_writes_nothing() {
    let made = MadeUp::new();
    made.publish(&made.draft());
    made.at("2024-06-01T10:00:00Z");
    let before = made.sequence();
    let mut draft = made.next();
    draft.responses.insert(question("q5.7"), amber(&["Only the main store is encrypted."]));
    let unsigned = json!({"document": String::from_utf8(bytes(&draft)).unwrap()});
    let answer = made.send_json(Method::POST, &format!("{VERSIONS}?dry_run=true"), &unsigned).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let result = answer.json();
    assert_eq!(result["outcome"], "dry_run");
    assert_eq!(result["version"], 2);
    assert_eq!(result["rehearsal"]["missing_signatures"], json!(["signature", "countersignature"]));
    assert_eq!(result["rehearsal"]["comparison"]["changes"][0]["about"], "q5.7");
    assert!(result.get("commit").is_none() && result.get("receipt").is_none());
    assert_eq!(made.sequence(), before);

    draft.support.clear();
    draft.responses.remove(&question("q3.1"));
    draft.version = 7;
    let faulty = json!({"document": String::from_utf8(bytes(&draft)).unwrap()});
    let answer = made.send_json(Method::POST, &format!("{VERSIONS}?dry_run=true"), &faulty).await;
    let problem = answer.problem(422, "document-rules");
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert!(pointers.contains(&"/responses/q3.1") || pointers.contains(&"/responses"), "{pointers:?}");
    let codes: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"version-conflict"), "every fault at once: {codes:?}");
    assert_eq!(made.sequence(), before);
}

#[tokio::test]
async fn a_conflict_says_what_is_current_and_where_to_look() {
    let made = MadeUp::new();
    made.history();
    let mut draft = made.next();
    draft.version = 2;
    draft.responses.insert(question("q6.1"), amber(&["Something else."]));
    let answer = made.post_version(CERTIFICATION, &made.submission(&draft)).await;
    let problem = answer.problem(409, "version-conflict");
    assert_eq!(problem["current_version"], 3);
    let current = made.registry.certification(&parse(CERTIFICATION)).unwrap().current;
    assert_eq!(problem["current_digest"], current.publication.digest.to_string());
    let diff = problem["links"]["diff"].as_str().unwrap();
    assert_eq!(made.get(diff).await.status, StatusCode::OK, "{diff}");
}

fn as_file_json(file: &certreg::registry::enrol::SignedFile) -> Value {
    json!({"document": String::from_utf8(file.document.clone()).unwrap(), "signature": file.signature})
}

#[tokio::test]
async fn the_department_submits_editions_suppliers_and_rings() {
    let made = MadeUp::empty(true);
    let edition = as_file_json(&made.by_department(Namespace::Editions, DPA));
    let answer = made.send_json(Method::PUT, "/v1/editions/dfe-2016-dpa", &edition).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.json()["simulated_dates"], true);
    let again = made.send_json(Method::PUT, "/v1/editions/dfe-2016-dpa", &edition).await;
    assert_eq!((again.status, &again.json()["outcome"]), (StatusCode::OK, &json!("already_in_force")));

    let id: SupplierId = parse("example-learning");
    let record = as_file_json(&made.by_department(Namespace::Keys, &supplier_record(&id, false)));
    let answer = made.send_json(Method::PUT, "/v1/suppliers/example-learning", &record).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());

    let ring = first_ring(&id, 1, false, made.clock.now());
    let signature = signed(&department(), Namespace::Keys, &ring);
    let requests: Vec<Vec<u8>> = key_requests(&id, 1, false)
        .into_iter()
        .map(|request| {
            let document = String::from_utf8(request.document).unwrap();
            json!({"document": document, "signature": request.signature}).to_string().into_bytes()
        })
        .collect();
    let mut parts: Vec<(&str, &[u8])> = vec![("document", &ring), ("signature", signature.as_bytes())];
    parts.extend(requests.iter().map(|request| ("requests", request.as_slice())));
    let (content_type, body) = form(&parts);
    let headers = [("content-type", content_type.as_str())];
    let path = "/v1/suppliers/example-learning/allowed_signers";
    let answer = made.send(request(Method::PUT, path, &headers, Body::from(body))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(made.get(path).await.body, ring);
    assert_eq!(made.get(&format!("{path}.sig")).await.text(), signature);
    assert_eq!(made.sequence(), 3);
}

#[tokio::test]
async fn an_unsigned_or_altered_submission_of_the_department_is_refused() {
    let made = MadeUp::new();
    let before = made.sequence();
    let other = String::from_utf8(GDPR.to_vec()).unwrap();
    let answer = made.send_json(Method::PUT, "/v1/editions/dfe-2018-gdpr", &json!({"document": other + "\n"})).await;
    answer.problem(409, "edition-exists");
    let id: SupplierId = parse("other-learning");
    let record = String::from_utf8(supplier_record(&id, false)).unwrap();
    let path = "/v1/suppliers/other-learning";
    made.send_json(Method::PUT, path, &json!({"document": record})).await.problem(422, "signature-missing");
    let signature = signed(&department(), Namespace::Editions, record.as_bytes());
    let wrong = json!({"document": record, "signature": signature});
    made.send_json(Method::PUT, path, &wrong).await.problem(422, "signature-wrong-namespace");
    let signature = signed(&common::registry::signatory(1), Namespace::Keys, record.as_bytes());
    let wrong = json!({"document": record, "signature": signature});
    made.send_json(Method::PUT, path, &wrong).await.problem(403, "key-not-enrolled");
    assert_eq!(made.sequence(), before);
}

#[tokio::test]
async fn a_transcription_is_shown_as_one_and_signed_by_the_department() {
    let made = MadeUp::new();
    made.transcribe("silent-supplier/old-service");
    let base = "/v1/certifications/silent-supplier/old-service";
    let view = made.get(base).await.json();
    assert_eq!(view["summary"]["status"], "transcribed");
    assert!(view["summary"].get("freshness").is_none(), "a transcription has no freshness");
    let signatures = made.get(&format!("{base}/versions/1/signatures")).await.json();
    assert_eq!(signatures["items"][0]["role"], "department");
    assert_eq!(made.get(&format!("{base}/versions/1/signatures/department")).await.status, StatusCode::OK);
    made.get(&format!("{base}/versions/1/signatures/signatory")).await.problem(404, "signature-not-found");
    let page = made.get(&format!("{base}/statement.html")).await;
    assert_eq!(page.header("x-robots-tag"), "noindex");
    assert!(page.text().contains("not signed by the supplier"));
    let verification = made.get(&format!("{base}/versions/1/verification")).await.json();
    assert_eq!((&verification["sound_then"], &verification["then"][0]["role"]), (&json!(true), &json!("department")));
}
