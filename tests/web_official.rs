//! The pages for those who sign, without a browser: what they show, and what they refuse.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use certreg::{
    domain::{Digest, Draft, Signer},
    format::v1::{self, envelope::Envelope},
    registry::{
        genesis::{self, SIGNING_PAGE},
        workbench::{policy_digest, signing_page},
    },
    signing::{Namespace, SecretKey},
};
use common::{
    http::{Answer, form, request},
    page::{reads, words},
    registry::{
        MadeUp, REGISTRY, amber, bytes, completer, key, official, parse, question, record, signatory, signed, verifier,
    },
};

const PAGE: &str = "/suppliers/official";

async fn hand_over(made: &MadeUp, parts: &[(&str, &[u8])]) -> Answer {
    let (kind, body) = form(parts);
    made.send(request(Method::POST, PAGE, &[("content-type", &kind)], Body::from(body))).await
}

/// The next version, with one more change than version 3.
fn next(made: &MadeUp) -> Draft {
    let mut draft = made.next();
    draft.responses.insert(question("q5.7"), amber(&["Data is kept for 14 days and then deleted."]));
    draft
}

fn envelope(draft: &Draft, signer: &SecretKey) -> Envelope {
    let document = bytes(draft);
    let signature = Some(signed(signer, Namespace::Certification, &document));
    Envelope { document: Some(String::from_utf8(document).unwrap()), signature, ..Envelope::default() }
}

async fn reviewed(made: &MadeUp, envelope: &Envelope) -> String {
    let answer = hand_over(made, &[("file", envelope.print().as_bytes())]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    words(answer.text().split("<script>").next().unwrap())
}

/// `draft` with another person as its official, and that person's record.
fn with_official(draft: Draft, name: &str) -> (Draft, certreg::domain::Person) {
    let person = certreg::domain::Person { email: None, name: name.to_owned(), salt: "c3".repeat(32), telephone: None };
    let signer = Signer { person: v1::person::digest(&person), title: Some("Director".to_owned()) };
    (Draft { official: Some(signer), ..draft }, person)
}

#[tokio::test]
async fn the_comparison_begins_where_the_same_official_last_vouched() {
    let made = MadeUp::new();
    made.history();
    let before = made.sequence();
    let draft = next(&made);
    let shown = reviewed(&made, &envelope(&draft, &signatory(1))).await;
    reads(
        &shown,
        &["You vouched for version 3", "'30 days' became '14 days'", "the signature holds", "Tick each commitment"],
    );

    // Another official, with a record of their own: nothing is said to be theirs.
    let (other, person) = with_official(next(&made), "Carla Other");
    let mut handed = envelope(&other, &signatory(1));
    handed.people = vec![serde_json::from_slice(&record(&person)).unwrap()];
    let shown = reviewed(&made, &handed).await;
    reads(&shown, &["You have not vouched for this service here before", "Carla Other", "Read all 44 answers"]);

    // The same name in a new record is the same person; so is the same key under another name.
    let (same, person) = with_official(next(&made), "bob sample 1");
    let mut renamed = envelope(&same, &signatory(1));
    renamed.people = vec![serde_json::from_slice(&record(&person)).unwrap()];
    reads(&reviewed(&made, &renamed).await, &["You vouched for version 3"]);
    let public = format!("{} bob@laptop\n", official(1).public().line());
    let parts: [(&str, &[u8]); 2] = [("file", &handed.print().into_bytes()), ("key", public.as_bytes())];
    reads(&words(&hand_over(&made, &parts).await.text()), &["You vouched for version 3"]);
    assert_eq!(made.sequence(), before, "nothing was stored");
}

#[tokio::test]
async fn a_first_version_is_read_whole_with_the_names_that_came_along() {
    let made = MadeUp::new();
    let draft = made.draft();
    let mut handed = envelope(&draft, &signatory(1));
    let shown = reviewed(&made, &handed).await;
    reads(&shown, &["The registry would refuse this as it is", "record"]);

    handed.people = [completer(1), verifier(1)].iter().map(|p| serde_json::from_slice(&record(p)).unwrap()).collect();
    let shown = reviewed(&made, &handed).await;
    reads(
        &shown,
        &["This is the first version of this service", "Bob Sample 1", "Ann Example 1", "Tick each commitment"],
    );

    // What the page sends is what the envelope holds.
    let document = bytes(&draft);
    handed.countersignature = Some(signed(&official(1), Namespace::Countersignature, &document));
    let sent = serde_json::to_value(&handed).unwrap();
    let path = "/v1/certifications/example-learning/example-cloud/versions";
    assert_eq!(made.send_json(Method::POST, path, &sent).await.status, StatusCode::CREATED);
    let shown = reviewed(&made, &handed).await;
    reads(&shown, &["This version is published already"]);
    assert!(!shown.contains("Tick each commitment"));
}

#[tokio::test]
async fn what_the_registry_would_refuse_cannot_be_signed_here() {
    let made = MadeUp::new();
    made.history();
    let mut draft = next(&made);
    draft.responses.remove(&question("q3.1"));
    let shown = reviewed(&made, &envelope(&draft, &signatory(1))).await;
    reads(&shown, &["The registry would refuse this as it is", "q3.1", "Or send it back"]);
    assert!(!shown.contains("Tick each commitment"));

    let shown = reviewed(&made, &envelope(&next(&made), &key(99))).await;
    reads(&shown, &["The registry would refuse this as it is", "enrolled"]);

    let unsigned = Envelope { signature: None, ..envelope(&next(&made), &signatory(1)) };
    reads(&reviewed(&made, &unsigned).await, &["Not signed by the signatory yet", "Tick each commitment"]);
}

#[tokio::test]
async fn files_that_are_no_document_are_named_and_nothing_fails() {
    let made = MadeUp::new();
    made.history();
    let document = bytes(&next(&made));
    let text = String::from_utf8(document.clone()).unwrap();
    let transcription = bytes(&made.transcription("silent-supplier/old-service"));
    let alone = bytes(&Draft { official: None, ..next(&made) });
    let person = record(&completer(1));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "No file came with the form"),
        (b"{}".to_vec(), "this holds nothing"),
        (b"\xff\xfe{\0}\0".to_vec(), "not UTF-8 text"),
        (document[..2000].to_vec(), "could not be opened"),
        (text.replace('\n', "\r\n").into_bytes(), "line"),
        (format!("\u{feff}{text}").into_bytes(), "byte order mark"),
        (text.replace("\"version\": 4", "\"version\": 4,\n  \"version\": 4").into_bytes(), "twice"),
        (b"{\"signature\": \"x\"}".to_vec(), "The envelope holds no document"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n".to_vec(), "private key, and it was forgotten at once"),
        (transcription, "no official vouches for it"),
        (alone, "names no senior official"),
        (person, "could not be opened"),
    ];
    for (file, message) in cases {
        let answer = hand_over(&made, &[("file", &file)]).await;
        assert!(answer.status.is_client_error(), "{message}: {}", answer.status);
        reads(&words(&answer.text()), &[message, "The envelope that the officer handed you"]);
    }
    let private: [(&str, &[u8]); 2] = [("file", &document), ("key", b"-----BEGIN OPENSSH PRIVATE KEY-----\n")];
    reads(&words(&hand_over(&made, &private).await.text()), &["Give the public half"]);
    let answer = made.send(request(Method::POST, PAGE, &[("content-type", "text/plain")], Body::from("x"))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn each_page_runs_exactly_the_script_that_its_policy_names() {
    let made = MadeUp::new();
    made.history();
    let handed = envelope(&next(&made), &signatory(1)).print();
    let review = hand_over(&made, &[("file", handed.as_bytes())]).await;
    for answer in [review, made.get("/suppliers/keys").await] {
        let html = answer.text();
        let script = html.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains(&format!("script-src {}; connect-src 'self';", policy_digest(script))), "{policy}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(html.matches("<script").count(), 1);
        assert!(!html.contains(" onclick") && !html.contains(" style=\""));
    }
}

#[tokio::test]
async fn the_signing_page_is_the_one_of_the_repository() {
    let made = MadeUp::new();
    let answer = made.get("/suppliers/sign.html").await;
    assert_eq!(answer.text(), signing_page());
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"sign.html\"");
    let tools = genesis::guide_and_tools(&parse(REGISTRY));
    let (_, kept) = tools.iter().find(|(path, _)| path.as_str() == SIGNING_PAGE).unwrap();
    assert_eq!(kept, signing_page().as_bytes());
    let git = std::process::Command::new("git")
        .args(["--git-dir", made.data().join("registry.git").to_str().unwrap(), "show", "main:tools/sign.html"])
        .output()
        .unwrap();
    assert_eq!(Digest::of(&git.stdout), Digest::of(kept));
}
