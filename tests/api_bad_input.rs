//! Bad input: always the right problem, nothing written, the server unmoved.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use certreg::{
    domain::{Commitment, Draft, Evidence},
    registry::publish::VersionSubmission,
    signing::Namespace,
};
use common::{
    http::{as_json, form, request},
    registry::{
        CERTIFICATION, MadeUp, amber, answer, bytes, first_ring, key, key_requests, official, parse, question, record,
        signatory, signed, submission, supplier_record, verifier,
    },
};
use serde_json::{Value, json};

const VERSIONS: &str = "/v1/certifications/example-learning/example-cloud/versions";

/// Everything that a refusal must leave as it was.
struct Unmoved<'a> {
    made: &'a MadeUp,
    sequence: u64,
    files: usize,
}

impl<'a> Unmoved<'a> {
    fn new(made: &'a MadeUp) -> Self {
        Unmoved { made, sequence: made.sequence(), files: people(made) }
    }

    #[track_caller]
    fn check(&self) {
        assert_eq!(self.made.sequence(), self.sequence, "nothing is written");
        assert_eq!(people(self.made), self.files, "no person record is written");
    }
}

fn people(made: &MadeUp) -> usize {
    std::fs::read_dir(made.data().join("people")).unwrap().count()
}

async fn refused(made: &MadeUp, submission: &VersionSubmission, status: u16, code: &str) -> Value {
    let unmoved = Unmoved::new(made);
    let problem = made.post_version(CERTIFICATION, submission).await.problem(status, code);
    unmoved.check();
    problem
}

fn faults(problem: &Value) -> Vec<(String, String)> {
    let fault =
        |error: &Value| (error["pointer"].as_str().unwrap().to_owned(), error["code"].as_str().unwrap().to_owned());
    problem["errors"].as_array().unwrap().iter().map(fault).collect()
}

#[tokio::test]
async fn signatures() {
    let made = MadeUp::new();
    made.supplier("other-learning", 2, false);
    let good = made.submission(&made.draft());
    let document = good.document.clone();
    let with = |signature: Option<String>, countersignature: Option<String>| VersionSubmission {
        signature,
        countersignature,
        ..good.clone()
    };
    let (first, second) = (good.signature.clone(), good.countersignature.clone());
    let certify = |key: &_| Some(signed(key, Namespace::Certification, &document));
    let counter = |key: &_| Some(signed(key, Namespace::Countersignature, &document));

    refused(&made, &with(None, None), 422, "signature-missing").await;
    refused(&made, &with(first.clone(), None), 422, "signature-missing").await;
    refused(&made, &with(first.clone(), counter(&signatory(1))), 403, "key-wrong-role").await;
    refused(&made, &with(certify(&official(1)), second.clone()), 403, "key-wrong-role").await;
    refused(&made, &with(first.clone(), first.clone()), 422, "signature-wrong-namespace").await;
    let cased = Some(signed(&signatory(1), Namespace::Case, &document));
    refused(&made, &with(cased, second.clone()), 422, "signature-wrong-namespace").await;
    refused(&made, &with(certify(&key(99)), second.clone()), 403, "key-not-enrolled").await;
    refused(&made, &with(certify(&signatory(2)), second.clone()), 403, "key-of-other-supplier").await;
    refused(&made, &with(Some("not a signature".into()), second.clone()), 422, "signature-unreadable").await;
    let mut renamed = made.draft();
    renamed.service_name = "Example Clouds".to_owned();
    let altered = VersionSubmission { document: bytes(&renamed), ..good.clone() };
    refused(&made, &altered, 422, "signature-does-not-verify").await;
    assert_eq!(made.post_version(CERTIFICATION, &good).await.status, StatusCode::CREATED, "the server is unmoved");
}

#[tokio::test]
async fn keys_outside_their_window() {
    let made = MadeUp::new();
    let draft = made.draft();
    // A clock that is a little behind does not put a commit before the head, nor a key before its window.
    made.at("2023-11-01T09:59:00Z");
    let early = made.submission(&draft);
    assert_eq!(made.post_version(CERTIFICATION, &early).await.status, StatusCode::CREATED, "never before the head");

    let made = MadeUp::new();
    let later: certreg::domain::SupplierId = parse("later-learning");
    let later_record = made.by_department(Namespace::Keys, &supplier_record(&later, false));
    made.registry.put_supplier(&later, later_record).unwrap();
    let ring = first_ring(&later, 5, false, parse("2024-06-01T00:00:00Z"));
    let requests = key_requests(&later, 5, false);
    made.registry.put_ring(&later, made.by_department(Namespace::Keys, &ring), requests).unwrap();
    let unmoved = Unmoved::new(&made);
    let draft = made.draft_of("later-learning/later-service", 5);
    let answer = made.post_version("later-learning/later-service", &made.submission_of(&draft, 5)).await;
    answer.problem(403, "key-not-yet-valid");
    unmoved.check();

    let id: certreg::domain::SupplierId = parse("example-learning");
    let (_, ring, _) = made.registry.ring(&id, None).unwrap();
    made.at("2024-01-01T00:00:00Z");
    let ended = ring
        .end(&signatory(1).public(), parse("2023-12-01T00:00:00Z"), certreg::signing::KeyEvent::Left)
        .unwrap()
        .print()
        .into_bytes();
    let file = made.by_department(Namespace::Keys, &ended);
    made.registry.put_ring(&id, file, Vec::new()).unwrap();
    refused(&made, &made.submission(&made.draft()), 403, "key-no-longer-valid").await;
}

#[tokio::test]
async fn the_chain_of_versions() {
    let made = MadeUp::new();
    made.publish(&made.draft());
    let mut second = made.next();
    second.responses.insert(question("q5.7"), amber(&["Not everywhere."]));
    made.publish(&second);
    let changed = |change: fn(&mut Draft)| {
        let mut draft = made.next();
        draft.responses.insert(question("q6.1"), amber(&["Now different."]));
        change(&mut draft);
        made.submission(&draft)
    };
    // A version that was published before is answered as before; the same number with other words is a replay.
    let replay = changed(|draft| draft.version = 2);
    assert_eq!(refused(&made, &replay, 409, "version-conflict").await["current_version"], 2);
    refused(&made, &changed(|draft| draft.version = 4), 409, "version-conflict").await;
    let wrong_previous = changed(|draft| draft.previous = Some(certreg::domain::Digest::of(b"another")));
    refused(&made, &wrong_previous, 409, "version-conflict").await;
    let no_previous = refused(&made, &changed(|draft| draft.previous = None), 422, "document-rules").await;
    assert!(faults(&no_previous).contains(&("/previous".into(), "missing-member".into())), "{no_previous:#}");
    refused(&made, &made.submission(&made.next()), 422, "kind-does-not-fit").await;
}

#[tokio::test]
async fn ids_that_disagree_with_the_address() {
    let made = MadeUp::new();
    let good = made.submission(&made.draft());
    let unmoved = Unmoved::new(&made);
    let answer = made.post_version("example-learning/another-service", &good).await;
    assert_eq!(faults(&answer.problem(422, "document-rules"))[0], ("/service".into(), "id-differs-from-path".into()));
    let answer = made.post_version("unknown-supplier/example-cloud", &good).await;
    answer.problem(403, "supplier-not-registered");
    unmoved.check();
    let mut elsewhere = made.draft();
    elsewhere.registry = parse("other.example");
    let problem = refused(&made, &made.submission(&elsewhere), 422, "document-rules").await;
    assert!(faults(&problem).contains(&("/registry".into(), "other-registry".into())), "{problem:#}");
}

/// Signed as it is, so that only the form of the document can be what is wrong.
fn exact(document: impl Into<Vec<u8>>) -> VersionSubmission {
    submission(document.into(), 1, true)
}

#[tokio::test]
async fn documents_outside_the_profile() {
    let made = MadeUp::new();
    let text = String::from_utf8(bytes(&made.draft())).unwrap();
    let replaced = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        exact(text.replacen(from, to, 1))
    };
    for (submission, fault) in [
        (exact(format!("\u{feff}{text}")), "byte-order-mark"),
        (exact(text.replace('\n', "\r\n")), "line-ending"),
        (replaced("Example Cloud", "Exa\u{0301}mple Cloud"), "not-nfc"),
        (replaced("\"version\": 1", "\"version\": 1,\n  \"version\": 1"), "duplicate-member"),
        (replaced("\"version\": 1", "\"version\": 12345678901234567890"), "number-range"),
        (replaced("\"version\": 1", "\"version\": 1.0"), "not-an-integer"),
        (exact(text.trim_end().to_owned()), "final-newline"),
        (exact("[".repeat(40) + &"]".repeat(40) + "\n"), "not-an-object"),
        (exact(format!("{{\n{}", "  \"a\": {\n".repeat(40))), "too-deep"),
        (exact("not JSON\n"), "not-json"),
        (exact(""), "not-json"),
    ] {
        let problem = refused(&made, &submission, 422, "profile").await;
        let codes: Vec<String> = faults(&problem).into_iter().map(|(_, code)| code).collect();
        assert!(codes.iter().any(|code| code == fault), "{fault}: {codes:?}");
    }
    // Bytes that are not UTF-8 can only come as a form.
    let (content_type, body) = form(&[("document", b"{\n  \"a\": \"\xff\"\n}\n")]);
    let answer = made.send(request(Method::POST, VERSIONS, &[("content-type", &content_type)], Body::from(body))).await;
    assert_eq!(faults(&answer.problem(422, "profile"))[0].1, "not-utf8");
}

#[tokio::test]
async fn documents_that_break_rules() {
    let made = MadeUp::new();
    made.at("2024-01-10T10:00:00Z");
    let text = String::from_utf8(bytes(&made.draft())).unwrap();
    let unknown = text.replacen("{\n  \"change\"", "{\n  \"category\": \"x\",\n  \"change\"", 1);
    let problem = refused(&made, &exact(unknown), 422, "document-rules").await;
    assert_eq!(faults(&problem), [("/category".into(), "unknown-member".into())]);
    let bad_day = text.replacen("\"completed_on\": \"2024-01-10\"", "\"completed_on\": \"2024-02-30\"", 1);
    let problem = refused(&made, &exact(bad_day), 422, "document-rules").await;
    assert_eq!(faults(&problem)[0], ("/completed_on".into(), "bad-value".into()));

    let link = |url: &str| Evidence { title: "A file".into(), url: url.into(), sha256: None, dated_on: None };
    type Change = fn(&mut Draft);
    let cases: [(Change, &str, &str); 8] = [
        (
            |d| {
                d.responses.insert(question("q77.7"), amber(&["What?"]));
            },
            "/responses/q77.7",
            "unknown-question",
        ),
        (
            |d| {
                d.responses.remove(&question("q3.1"));
            },
            "/responses/q3.1",
            "missing-answer",
        ),
        (
            |d| {
                d.responses.insert(question("q3.1"), answer(certreg::domain::Code::Green, &[]));
            },
            "/responses/q3.1/statement",
            "missing-statement",
        ),
        (
            |d| {
                d.responses.insert(question("q3.1"), answer(certreg::domain::Code::NotRecorded, &["?"]));
            },
            "/responses/q3.1/code",
            "code-not-recorded",
        ),
        (
            |d| {
                d.commitments.remove(&Commitment::UpdatePromptly);
            },
            "/commitments/update_promptly",
            "missing-commitment",
        ),
        (|d| d.completed_on = Some(parse("2024-01-11")), "/completed_on", "day-ahead"),
        (|d| d.official = None, "/official", "missing-member"),
        (|d| d.official = d.signatory.clone(), "/official/person", "same-person"),
    ];
    for (change, pointer, code) in cases {
        let mut draft = made.draft();
        change(&mut draft);
        let problem = refused(&made, &made.submission(&draft), 422, "document-rules").await;
        assert!(faults(&problem).contains(&(pointer.into(), code.into())), "{pointer} {code}: {problem:#}");
    }
    let false_commitment = text.replacen("\"update_promptly\": true", "\"update_promptly\": false", 1);
    let answer = made.post_version(CERTIFICATION, &exact(false_commitment)).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text());
    for url in ["javascript:alert(1)", "data:text/html,x", "https://user:secret@example.org/"] {
        let mut draft = made.draft();
        draft.responses.get_mut(&question("q3.1")).unwrap().evidence = vec![link(url)];
        let problem = refused(&made, &made.submission(&draft), 422, "document-rules").await;
        assert!(faults(&problem).iter().any(|(_, code)| code == "bad-link"), "{url}: {problem:#}");
    }
}

#[tokio::test]
async fn people_without_records_and_records_without_people() {
    let made = MadeUp::new();
    let good = made.submission(&made.draft());
    let without = VersionSubmission { people: Vec::new(), ..good.clone() };
    let problem = refused(&made, &without, 422, "document-rules").await;
    assert!(faults(&problem).iter().any(|(_, code)| code == "person-without-record"), "{problem:#}");
    let mut more = good.clone();
    more.people.push(record(&verifier(7)));
    let problem = refused(&made, &more, 422, "document-rules").await;
    assert!(faults(&problem).iter().any(|(_, code)| code == "record-without-use"), "{problem:#}");
}

#[tokio::test]
async fn one_signature_needs_the_departments_exception() {
    let made = MadeUp::new();
    made.supplier("single-person", 3, true);
    let single = |commitments: bool| {
        let mut draft = made.draft_of("single-person/small-service", 3);
        draft.official = None;
        if !commitments {
            draft.commitments.remove(&Commitment::IndependentlyVerified);
        }
        draft
    };
    let sent = |draft: &Draft| {
        let document = bytes(draft);
        VersionSubmission {
            signature: Some(signed(&signatory(3), Namespace::Certification, &document)),
            people: vec![record(&common::registry::completer(3))],
            document,
            countersignature: None,
        }
    };
    let unmoved = Unmoved::new(&made);
    let answer = made.post_version("single-person/small-service", &sent(&single(true))).await;
    answer.problem(422, "document-rules");
    unmoved.check();
    let answer = made.post_version("single-person/small-service", &sent(&single(false))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let view = made.get("/v1/certifications/single-person/small-service").await.text();
    assert!(view.contains("not independently verified"), "{view}");
}

#[tokio::test]
async fn sizes() {
    let made = MadeUp::new();
    let unmoved = Unmoved::new(&made);
    let limit = 256 * 1024;
    for (size, status, code) in [(limit, 422, "profile"), (limit + 1, 413, "document-too-large")] {
        let (content_type, body) = form(&[("document", &vec![b' '; size])]);
        let headers = [("content-type", content_type.as_str())];
        made.send(request(Method::POST, VERSIONS, &headers, Body::from(body))).await.problem(status, code);
    }
    let large = Body::from(vec![b' '; (1 << 20) + 1]);
    let headers = [("content-type", "application/json")];
    made.send(request(Method::POST, VERSIONS, &headers, large)).await.problem(413, "body-too-large");
    let announced = [("content-type", "text/plain"), ("content-length", "9999999999")];
    made.send(request(Method::POST, VERSIONS, &announced, Body::empty())).await.problem(413, "body-too-large");
    let long = format!("/v1/certifications?q={}", "a".repeat(4100));
    made.get(&long).await.problem(414, "query-too-long");
    let items = format!("/v1/reports/since?item={CERTIFICATION}@2024{}", "&item=aa/bb@2024".repeat(500));
    assert_eq!(made.get(&items).await.status, StatusCode::OK, "8 KiB are fine for a report");
    let items = format!("{items}{}", "&item=aa/bb@2024".repeat(600));
    made.get(&items).await.problem(414, "query-too-long");
    let many: Vec<Value> = vec![json!({"certification": "aa/bb", "signed_up_on": "2024"}); 1001];
    made.send_json(Method::POST, "/v1/reports/since", &json!({"items": many})).await.problem(422, "too-many-items");
    made.send_json(Method::POST, "/v1/reports/since", &json!({"items": []})).await.problem(422, "too-many-items");
    unmoved.check();
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let made = MadeUp::new();
    let unmoved = Unmoved::new(&made);
    let good = as_json(&made.submission(&made.draft()));
    let send = async |content_type: &str, body: String| {
        made.send(request(Method::POST, VERSIONS, &[("content-type", content_type)], Body::from(body))).await
    };
    send("text/plain", good.to_string()).await.problem(415, "unsupported-media-type");
    send("", good.to_string()).await.problem(415, "unsupported-media-type");
    send("multipart/form-data", good.to_string()).await.problem(400, "bad-parts");
    send("multipart/form-data; boundary=x", good.to_string()).await.problem(400, "bad-parts");
    for body in
        ["", "{", "[]", "[\"{}\"]", "null", "7", "{\"document\": 7}", "{\"document\": \"{}\", \"document\": \"{}\"}"]
    {
        send("application/json", body.to_owned()).await.problem(400, "bad-body");
    }
    let mut unknown = good.clone();
    unknown["countersignatur"] = json!("a typing error");
    send("application/json", unknown.to_string()).await.problem(400, "bad-body");
    let mut listed = good.clone();
    listed["people"] = json!([["a@example.org", "Ann", "00", "1"]]);
    send("application/json; charset=utf-8", listed.to_string()).await.problem(400, "bad-body");
    for parts in [
        &[("signature", b"x".as_slice())][..],
        &[("document", b"{}"), ("document", b"{}")],
        &[("document", b"{}"), ("colour", b"blue")],
        &[("document", b"{}"), ("signature", b"\xff")],
        &[("document", b"{}"), ("requests", b"{}")],
    ] {
        let (content_type, body) = form(parts);
        let answer =
            made.send(request(Method::POST, VERSIONS, &[("content-type", &content_type)], Body::from(body))).await;
        answer.problem(400, "bad-parts");
    }
    made.send_json(Method::POST, &format!("{VERSIONS}?dry_run=maybe"), &good).await.problem(400, "bad-parameter");
    made.send_json(Method::POST, &format!("{VERSIONS}?dryrun=true"), &good).await.problem(400, "unknown-parameter");
    unmoved.check();
}

#[tokio::test]
async fn slugs_that_cannot_exist_name_nothing() {
    let made = MadeUp::new();
    let good = as_json(&made.submission(&made.draft()));
    let unmoved = Unmoved::new(&made);
    let long = "a".repeat(5_000);
    for slug in [
        "..%2f",
        "%00",
        "a:b",
        ".git",
        &long,
        "..%2f..%2fetc",
        "a%5Cb",
        "%ff",
        "A1",
        "con",
        "a--b",
        "%E2%80%AE",
        "keys",
    ] {
        for path in [
            format!("/v1/suppliers/{slug}"),
            format!("/v1/suppliers/{slug}/keys"),
            format!("/v1/certifications/{slug}/example-cloud"),
            format!("/v1/certifications/example-learning/{slug}"),
            format!("/v1/certifications/{slug}/example-cloud/versions/1/document"),
            format!("/v1/editions/{slug}"),
        ] {
            made.get(&path).await.problem(404, "no-such-address");
        }
        let path = format!("/v1/certifications/example-learning/{slug}/versions");
        made.send_json(Method::POST, &path, &good).await.problem(404, "no-such-address");
        made.send_json(Method::PUT, &format!("/v1/suppliers/{slug}"), &good).await.problem(404, "no-such-address");
    }
    for path in ["/v1/nothing", "/nothing", "/v1/", "//v1", "/v1/certifications/example-learning", "/etc/passwd"] {
        made.get(path).await.problem(404, "no-such-address");
    }
    for number in ["0", "01", "-1", "+1", "1.0", "x", "99999999999999999999"] {
        made.get(&format!("{VERSIONS}/{number}")).await.problem(404, "no-such-address");
    }
    unmoved.check();
}

#[tokio::test]
async fn markup_and_formulas_do_nothing_in_any_rendering() {
    let made = MadeUp::new();
    let mut draft = made.draft();
    let hostile = "<script>alert(1)</script> & \"quotes\"";
    draft.service_name = hostile.to_owned();
    draft.responses.insert(question("q3.1"), amber(&["=HYPERLINK(\"http://x\")", hostile]));
    made.publish(&draft);
    made.at("2024-03-01T10:00:00Z");
    let mut second = made.next();
    second.responses.insert(question("q3.1"), amber(&["=1+1", "<img src=x onerror=alert(1)>"]));
    made.publish(&second);
    let base = format!("/v1/certifications/{CERTIFICATION}");
    for path in [
        "/".to_owned(),
        format!("{base}/statement.html"),
        format!("{base}/versions/1/statement.html"),
        format!("{base}/diff.html?from=1&to=2"),
        format!("/v1/reports/since.html?item={CERTIFICATION}@2024"),
    ] {
        let page = made.get(&path).await;
        let text = page.text();
        assert!(!text.contains("<script") && !text.contains("<img src=x"), "{path}: {text}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{path}: {policy}");
    }
    let table = made.get(&format!("{base}/responses.csv")).await.text();
    assert!(table.contains("'=1+1"), "{table}");

    for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
        let body = json!({"items": [
            {"certification": CERTIFICATION, "signed_up_on": "2024", "label": formula, "ref": formula},
            {"certification": formula, "signed_up_on": "2024", "label": hostile},
        ]});
        let table = made.send_json(Method::POST, "/v1/reports/since.csv", &body).await.text();
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        let guarded = format!("'{formula}");
        assert_eq!((&rows[0][1], &rows[0][2]), (guarded.as_str(), guarded.as_str()), "{table}");
        assert_eq!((&rows[1][0], &rows[1][2]), (guarded.as_str(), hostile), "{table}");
    }
}

#[tokio::test]
async fn a_request_id_is_echoed_if_it_is_plain() {
    let made = MadeUp::new();
    let id = "abc-123_x.y";
    assert_eq!(made.get_with("/v1", &[("x-request-id", id)]).await.header("x-request-id"), id);
    for id in ["a b", "", &"x".repeat(65), "<script>"] {
        let own = made.get_with("/v1", &[("x-request-id", id)]).await.header("x-request-id").to_owned();
        assert_eq!(own.len(), 16, "{id} is not echoed: {own}");
    }
    let problem = made.get_with("/v1/nothing", &[("x-request-id", "mine")]).await.problem(404, "no-such-address");
    assert_eq!((&problem["request_id"], &problem["instance"]), (&json!("mine"), &json!("/v1/nothing")));
}
