//! The workbench's doors: what the browser's page sends and gets. The page itself is looked at in a browser.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use certreg::domain::{ChangeKind, Digest};
use common::{
    http::{Answer, form, request},
    page::words,
    registry::{CERTIFICATION, MadeUp, amber, bytes, completer, question, submission, verifier},
};
use serde_json::{Value, json};

/// A published form, as text.
const SEED: &str = include_str!("../seeds/000_5f7981f69bd28955.txt");

async fn post(made: &MadeUp, door: &str, body: impl Into<Body>) -> Answer {
    made.send(request(Method::POST, &format!("/suppliers/start/{door}"), &[], body.into())).await
}

async fn check(made: &MadeUp, work: &Value) -> Value {
    let answer = post(made, "check", work.to_string()).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", answer.text());
    answer.json()
}

async fn show(made: &MadeUp, door: &str, work: &Value) -> Answer {
    let (kind, body) = form(&[("work", work.to_string().as_bytes())]);
    let address = format!("/suppliers/start/{door}");
    made.send(request(Method::POST, &address, &[("content-type", &kind)], Body::from(body))).await
}

/// A document as the page holds it, with its two people.
fn work(document: &[u8]) -> Value {
    let person = |person: certreg::domain::Person| json!({"name": person.name, "salt": person.salt, "email": ""});
    json!({
        "document": serde_json::from_slice::<Value>(document).unwrap(),
        "people": {"signatory": person(completer(1)), "official": person(verifier(1))},
    })
}

fn pointers(places: &Value) -> Vec<&str> {
    places.as_array().unwrap().iter().map(|place| place["pointer"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_published_form_becomes_a_draft_with_its_doubts_beside_their_fields() {
    let made = MadeUp::new();
    let answer = post(&made, "open", SEED.replace('\n', "\r\n")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let opened = answer.json();
    let document = &opened["document"];
    assert_eq!((&opened["kind"], &document["change"]["kind"]), (&json!("form"), &json!("initial")));
    assert_eq!(document["responses"].as_object().unwrap().len(), 37);
    assert!(document["responses"].as_object().unwrap().values().all(|response| response.get("code").is_none()));
    assert!(document.get("source").is_none() && document.get("previous").is_none());
    let notes = pointers(&opened["notes"]);
    assert!(notes.iter().any(|pointer| pointer.starts_with("/responses/q")), "{notes:?}");
    let checked = check(&made, &json!({"document": document, "people": opened["people"]})).await;
    let faults = pointers(&checked["faults"]);
    assert_eq!(faults.iter().filter(|pointer| pointer.ends_with("/code")).count(), 37, "{faults:?}");
    assert!(checked.get("ready").is_none());
}

#[tokio::test]
async fn a_whole_draft_is_ready_in_exactly_the_bytes_that_can_be_published() {
    let made = MadeUp::new();
    let document = bytes(&made.draft());
    // As the browser may hold it: other white space, empty members, members in another order.
    let mut work = work(&document);
    work["document"]["service_name"] = json!("  Example Cloud ");
    work["document"]["responses"]["q3.1"]["evidence"] = json!([]);
    work["document"]["contact"]["address"] = json!([""]);
    let checked = check(&made, &work).await;
    assert_eq!((pointers(&checked["faults"]), pointers(&checked["obstacles"])), (vec![], vec![]), "{checked:#}");
    let ready = &checked["ready"];
    assert_eq!(ready["document"].as_str().unwrap().as_bytes(), document);
    assert_eq!(ready["digest"], Digest::of(&document).to_string());
    let mut submission = submission(document, 1, false);
    submission.people = ready["people"].as_array().unwrap().iter().map(canonical).collect();
    assert_eq!(made.post_version(CERTIFICATION, &submission).await.status, StatusCode::CREATED);
}

/// A record's canonical bytes, by another writer than the program's.
fn canonical(record: &Value) -> Vec<u8> {
    let sorted: std::collections::BTreeMap<_, _> = record.as_object().unwrap().iter().collect();
    (serde_json::to_string_pretty(&sorted).unwrap() + "\n").into_bytes()
}

#[tokio::test]
async fn the_current_version_is_followed_and_confirmed_unchanged() {
    let made = MadeUp::new();
    made.history();
    let current = made.registry.certification(&CERTIFICATION.parse().unwrap()).unwrap().current;
    for (kind, day) in [("update", None), ("reaffirmation", Some("2025-01-15"))] {
        let begun = made.get(&format!("/suppliers/start/current?from={CERTIFICATION}&as={kind}")).await.json();
        let document = &begun["document"];
        assert_eq!((document["version"].as_u64(), document["change"]["kind"].as_str()), (Some(4), Some(kind)));
        assert_eq!(document["previous"], current.publication.digest.to_string());
        assert_eq!(document["completed_on"].as_str(), day);
        assert_eq!(begun["people"]["signatory"]["name"], "Ann Example 1");
    }
    let begun = made.get(&format!("/suppliers/start/current?from={CERTIFICATION}&as=reaffirmation")).await.json();
    let checked = check(&made, &begun).await;
    assert!(checked["ready"].is_object(), "straight to signing: {checked:#}");
    assert_eq!(checked["next"]["version"], 4);

    let found = made.get("/suppliers/start/current?from=cloud").await.json();
    assert_eq!(found["found"][0]["id"], CERTIFICATION);
    let unknown = made.get("/suppliers/start/current?from=nobody/nothing").await.json();
    assert_eq!(unknown["found"], json!([]));
    assert_eq!(made.get("/suppliers/start/current").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_fault_and_hint_is_found_at_once_in_words_for_people() {
    let made = MadeUp::new();
    made.history();
    let mut next = made.next();
    next.responses.insert(question("q5.7"), amber(&["N/A"]));
    let mut work = work(&bytes(&next));
    work["document"]["completed_on"] = json!("2025-02-31");
    work["document"]["service_name"] = json!("");
    work["document"]["responses"]["q3.1"] = json!({"code": "green", "statement": []});
    work["document"]["responses"]["q3.2"]["evidence"] = json!([{"title": "Terms", "url": "javascript:alert(1)"}]);
    work["document"]["commitments"]["update_promptly"] = json!(false);
    work["people"]["official"]["name"] = json!("ann  example 1");
    let checked = check(&made, &work).await;
    assert_eq!(
        pointers(&checked["faults"]),
        [
            "/service_name",
            "/responses/q3.1/statement",
            "/responses/q3.2/evidence/0/url",
            "/commitments/update_promptly",
            "/official/person",
            "/completed_on"
        ],
        "{checked:#}"
    );
    assert_eq!(checked["faults"][0]["detail"], "Fill this in.");
}

#[tokio::test]
async fn what_stands_between_supplier_and_registry_is_told_apart_from_faults() {
    let made = MadeUp::new();
    let mut draft = made.draft();
    draft.supplier = "new-supplier".parse().unwrap();
    let checked = check(&made, &work(&bytes(&draft))).await;
    assert_eq!(checked["obstacles"][0]["code"], "supplier-not-registered", "{checked:#}");
    assert!(checked["ready"].is_object(), "it may be saved, shown and signed all the same");

    made.history();
    let checked = check(&made, &work(&bytes(&made.draft()))).await;
    let codes: Vec<&Value> = checked["obstacles"].as_array().unwrap().iter().map(|place| &place["code"]).collect();
    assert!(codes.contains(&&json!("version-conflict")), "{checked:#}");
    assert_eq!((&checked["next"]["version"], &checked["next"]["kind"]), (&json!(4), &json!("update")));
}

#[tokio::test]
async fn a_supplier_of_one_person_needs_no_official() {
    let made = MadeUp::new();
    made.supplier("one-person", 2, true);
    let mut draft = made.draft_of("one-person/app", 1);
    let two = check(&made, &work(&bytes(&draft))).await;
    assert_eq!(two["single_signatory"], true);
    assert_eq!(pointers(&two["faults"]), ["/commitments/independently_verified", "/official"], "{two:#}");

    draft.official = None;
    draft.commitments.remove(&certreg::domain::Commitment::IndependentlyVerified);
    let mut one = work(&bytes(&draft));
    one["people"].as_object_mut().unwrap().remove("official");
    let one = check(&made, &one).await;
    assert_eq!(one["faults"], json!([]));
    assert!(one["ready"].is_object(), "{one:#}");
}

#[tokio::test]
async fn a_draft_is_shown_in_the_schools_own_template_and_as_a_difference() {
    let made = MadeUp::new();
    made.history();
    let mut next = made.next();
    next.responses.insert(question("q5.7"), amber(&["<script>alert(1)</script> Kept for 14 days."]));
    let mut work = work(&bytes(&next));
    work["document"]["responses"]["q3.1"] = json!({});
    let preview = show(&made, "preview", &work).await;
    assert_eq!((preview.status, preview.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(preview.header("content-security-policy").starts_with("default-src 'none'; style-src 'unsafe-inline'"));
    let text = words(&preview.text());
    assert!(text.contains("Draft: not published.") && text.contains("Ann Example 1"), "{text}");
    assert!(text.contains("No statement yet.") && !preview.text().contains("<script"));

    let difference = show(&made, "difference", &work).await;
    let text = words(&difference.text());
    assert_eq!(difference.status, StatusCode::OK);
    assert!(text.contains("14 days") && text.contains("Needs your attention"), "{text}");
    assert!(!difference.text().contains("<script"));

    let first = show(&MadeUp::new(), "difference", &work).await;
    assert!(words(&first.text()).contains("This will be its first version"));
}

#[tokio::test]
async fn a_saved_draft_is_opened_and_what_was_altered_after_signing_is_told() {
    let made = MadeUp::new();
    let document = String::from_utf8(bytes(&made.draft())).unwrap();
    let signed = submission(document.clone().into_bytes(), 1, true);
    let mut envelope = common::http::as_json(&signed);
    let opened = post(&made, "open", envelope.to_string()).await.json();
    assert_eq!((opened["kind"].as_str(), &opened["notes"]), (Some("draft"), &json!([])));
    assert_eq!(opened["signed"]["document"], document);
    assert_eq!(opened["people"]["official"]["name"], "Bob Sample 1");

    envelope["document"] = json!(document.replacen("Yes.", "No.", 1));
    let opened = post(&made, "open", envelope.to_string()).await.json();
    assert!(opened.get("signed").is_none());
    assert_eq!(opened["notes"][0]["code"], "altered-after-signing");
    assert_eq!(opened["document"]["responses"]["q3.1"]["statement"], json!(["No."]), "nothing is lost");
}

#[tokio::test]
async fn a_draft_of_the_command_line_comes_without_its_holes() {
    let made = MadeUp::new();
    let edition = made.published_edition("dfe-2018-gdpr");
    let names = certreg::format::draft::Names {
        registry: "certreg.elsewhere".parse().unwrap(),
        supplier: "example-learning".parse().unwrap(),
        service: "example-new".parse().unwrap(),
        supplier_name: None,
        service_name: Some("Example New".to_owned()),
    };
    let digest = made.registry.edition_row(&edition.id).unwrap().digest;
    let blank = certreg::format::profile::print(&certreg::format::draft::blank(&edition, digest, names));
    let opened = post(&made, "open", blank).await.json();
    assert_eq!(opened["document"]["service_name"], "Example New");
    assert_eq!(opened["document"]["registry"], common::registry::REGISTRY);
    assert_eq!(opened["notes"][0]["code"], "other-registry");
    assert!(opened["document"].get("supplier_name").is_none() && !opened.to_string().contains("TODO"), "{opened:#}");
}

#[tokio::test]
async fn answers_move_to_the_newer_wording_and_nothing_else_does() {
    let made = MadeUp::new();
    let mut work = work(&bytes(&made.draft()));
    work["document"]["service_name"] = json!("");
    work["document"]["signatory"] = json!({"title": "Head"});
    let moved = post(&made, "move?edition=dfe-2018-gdpr", work.to_string()).await.json();
    assert_eq!(moved["document"]["edition"]["id"], "dfe-2018-gdpr");
    assert_eq!(moved["document"]["responses"], work["document"]["responses"]);
    assert!(moved["document"].get("service_name").is_none(), "nothing is put in the place of what is missing");
    for (edition, body) in [
        ("dfe-2016-dpa", work.to_string()),
        ("", work.to_string()),
        ("dfe-2018-gdpr", "{".to_owned()),
        ("dfe-2018-gdpr", work.to_string().replace("\"green\"", "\"red\"")),
    ] {
        let answer = post(&made, &format!("move?edition={edition}"), body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{edition}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_is_no_draft_is_refused_with_the_next_step_and_never_shown_again() {
    let made = MadeUp::new();
    let unknown_edition = String::from_utf8(bytes(&made.draft())).unwrap().replace("dfe-2016-dpa", "dfe-2031-next");
    for (file, words) in [
        (&b"%PDF-1.7"[..], "copy it (Ctrl+C), and paste it"),
        (b"PK\x03\x04", "Save the form as .docx"),
        (b"", "There is nothing in it."),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----", "This is a private key."),
        (b"\x80\x81", "no text in UTF-8"),
        (b"Dear all, hello.", "choose the wording"),
        (b"{\"document\": \"{\"}", "cannot be read"),
        (b"{\"a\": 1}", "This is no draft"),
        (b"[1]", "cannot be read"),
        (b"{\"document\": 7}", "not an envelope"),
        (unknown_edition.as_bytes(), "dfe-2031-next, which is not published here"),
    ] {
        let answer = post(&made, "open", file.to_vec()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{words}: {}", answer.text());
    }
    for door in ["open", "check"] {
        let answer = post(&made, door, vec![b' '; 1024 * 1024 + 1]).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer.json()["code"], "body-too-large");
    }
    for bad in [
        "",
        "[]",
        "{",
        "null",
        "{\"document\": {\"document\": 1.5}}",
        "{\"document\": []}",
        "{\"people\": {\"signatory\": 1}}",
    ] {
        let answer = post(&made, "check", bad).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_ne!(answer.json()["faults"], json!([]), "{bad}");
    }
    for door in ["preview", "difference"] {
        let address = format!("/suppliers/start/{door}");
        let answer = made.send(request(Method::POST, &address, &[], Body::empty())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let answer = show(&made, door, &json!({"document": {"service_name": "a\u{202e}b"}})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(words(&answer.text()).contains("nothing that you typed there is lost"));
    }
}

#[tokio::test]
async fn nothing_that_is_sent_is_stored() {
    let made = MadeUp::new();
    let before = made.sequence();
    let secret = "Unmistakable words of a draft";
    let mut draft = made.draft();
    draft.responses.insert(question("q3.1"), amber(&[secret]));
    draft.change.kind = ChangeKind::Initial;
    let work = work(&bytes(&draft));
    check(&made, &work).await;
    post(&made, "open", work["document"].to_string()).await;
    show(&made, "preview", &work).await;
    assert_eq!(made.sequence(), before);
    let found = std::process::Command::new("grep").args(["-rl", secret]).arg(made.folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

/// SHA-256 as a policy names it, by openssl.
fn hash(text: &str) -> String {
    use std::io::Write as _;
    let mut openssl = std::process::Command::new("sh")
        .args(["-c", "openssl dgst -sha256 -binary | openssl base64 -A"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    openssl.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap()
}

/// What stands in the elements of this name that have no attributes.
fn inside<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    html.split(&start).skip(1).map(|rest| rest.split(&end).next().unwrap()).collect()
}

#[tokio::test]
async fn the_page_runs_exactly_the_scripts_that_its_policy_names() {
    let made = MadeUp::new();
    let answer = made.get("/suppliers/start").await;
    let (html, policy) = (answer.text(), answer.header("content-security-policy").to_owned());
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let own =
        |name: &str| inside(&html, name).into_iter().map(|text| format!("'sha256-{}'", hash(text))).collect::<Vec<_>>();
    let (scripts, styles) = (own("script"), own("style"));
    assert_eq!((scripts.len(), styles.len()), (2, 1));
    assert!(policy.contains(&format!("script-src {};", scripts.join(" "))), "{policy}");
    assert!(policy.contains(&format!("style-src 'self' {};", styles[0])), "{policy}");
    assert!(
        !policy.contains("unsafe") && policy.contains("default-src 'none'") && policy.contains("connect-src 'self'")
    );
    assert_eq!(html.matches("<script").count(), 3, "the third is data");
    for page in ["/", "/s/example-learning", "/developers"] {
        let answer = made.get(page).await;
        assert!(!answer.header("content-security-policy").contains("script-src"), "{page}");
        assert!(answer.text().contains("href=\"/suppliers/start\""), "{page}");
    }
}

#[tokio::test]
async fn each_edition_has_its_page_with_a_field_for_everything() {
    let made = MadeUp::new();
    for id in ["dfe-2016-dpa", "dfe-2018-gdpr"] {
        let html = made.get(&format!("/suppliers/start?edition={id}&from=%3Cb%3E")).await.text();
        let ids = common::page::attributes(&html, "id");
        let edition = made.published_edition(id);
        for question in &edition.questions {
            for member in ["", "/code", "/statement", "/evidence"] {
                assert!(ids.contains(&format!("/responses/{}{member}", question.id)), "{id}: {}{member}", question.id);
            }
        }
        for area in &edition.support_areas {
            assert!(ids.contains(&format!("/support/{}/statement", area.id)));
        }
        let mut once = ids.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "every id stands once");
        assert!(!html.contains("<b>") && words(&html).contains("certreg import form.txt --own"));
    }
    let newest = made.get("/suppliers/start").await.text();
    assert!(newest.contains("\"id\":\"dfe-2018-gdpr\""), "without a wish, the newest wording");
    let unknown = made.get("/suppliers/start?edition=dfe-2031-next").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(words(&unknown.text()).contains("dfe-2016-dpa, dfe-2018-gdpr"));
    let empty = MadeUp::empty(false).get("/suppliers/start").await;
    assert_eq!(empty.status, StatusCode::NOT_FOUND);
}
