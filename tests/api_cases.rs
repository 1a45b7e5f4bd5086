//! Cases over HTTP, with real signatures: what is asked, answered, required, withdrawn and taken back.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use certreg::domain::{
    Change, ChangeKind, Predecessor,
    case::{Matter, ResolutionOutcome, Subject},
};
use common::{
    cases::{answers, as_json, by_both, by_department, by_signatory, resolution, told, verification, withdrawal},
    http::{form, request},
    registry::{CERTIFICATION, MadeUp, amber, parse, question},
};
use serde_json::{Value, json};

const BASE: &str = "/v1/certifications/example-learning/example-cloud";

/// A register with three versions, on 15 January 2025.
fn made() -> MadeUp {
    let made = MadeUp::new();
    made.history();
    made
}

async fn conditions(made: &MadeUp, path: &str) -> Vec<String> {
    let view = made.get(path).await.json();
    let found = view["standing"]["conditions"].as_array().unwrap().iter();
    found.map(|condition| condition["sentence"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_challenge_is_answered_and_resolved_and_its_days_are_on_the_record() {
    let made = made();
    let asked = by_department(&made.challenge("2025-02-01"));
    let answer = made.post_case(&asked).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    let stated = answer.json();
    assert_eq!((&stated["outcome"], &stated["statement"]["by"]), (&json!("stated"), &json!("department")));
    assert_eq!(stated["receipt"]["index"], stated["statement"]["sequence"]);
    assert!(stated["receipt"]["leaf"].as_str().unwrap().contains("example-cloud.case/00001.json\n"));
    assert_eq!(made.standing().await.0, "challenged");

    let again = made.post_case(&asked).await;
    assert_eq!((again.status, &again.json()["outcome"]), (StatusCode::OK, &json!("already_stated")));
    assert_eq!(again.json()["receipt"], stated["receipt"]);

    made.at("2025-01-20T09:00:00Z");
    let opened = parse(stated["statement"]["digest"].as_str().unwrap());
    let answer = made.post_case(&by_signatory(1, &made.clarification(opened))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let open = made.get(&format!("/v1/cases?certification={CERTIFICATION}&state=answered")).await.json();
    assert_eq!(open["items"][0]["state"], "answered");

    made.at("2025-01-25T09:00:00Z");
    let resolved = by_department(&made.statement(resolution(opened, ResolutionOutcome::Clarified)));
    assert_eq!(made.post_case(&resolved).await.status, StatusCode::CREATED);
    assert_eq!(made.standing().await, ("published".to_owned(), vec!["clarified".to_owned()]));
    let cases = made.get(&format!("{BASE}/cases")).await.json();
    let case = &cases["items"][0];
    assert_eq!((&case["state"], &case["outcome"], &case["days"]), (&json!("closed"), &json!("clarified"), &json!(10)));
    let kinds: Vec<&Value> = case["statements"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert_eq!(kinds, ["challenge", "clarification", "resolution"]);
    assert_eq!(case["statements"][1]["signers"][0]["role"], "signatory");
    assert_eq!(cases["newest"]["seq"], 3);
    let document = made.get(case["statements"][0]["links"]["document"].as_str().unwrap()).await;
    assert_eq!(document.body, asked.document, "the exact bytes can be had");
}

#[tokio::test]
async fn a_form_carries_a_statement_too() {
    let made = made();
    let submission = by_both(1, &made.statement(withdrawal()));
    let parts: [(&str, &[u8]); 3] = [
        ("document", &submission.document),
        ("signature", submission.signature.as_ref().unwrap().as_bytes()),
        ("countersignature", submission.countersignature.as_ref().unwrap().as_bytes()),
    ];
    let (content_type, body) = form(&parts);
    let headers = [("content-type", content_type.as_str())];
    let answer = made.send(request(Method::POST, "/v1/cases", &headers, Body::from(body))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.json()["statement"]["signers"].as_array().unwrap().len(), 2);
    assert_eq!(made.standing().await.0, "withdrawn_by_supplier");
}

#[tokio::test]
async fn a_required_verification_is_overdue_then_verified_then_expires() {
    let made = made();
    let required = made.state(by_department(&made.requirement("2025-02-01")));
    assert_eq!(made.standing().await.0, "verification_required");
    made.at("2025-02-03T09:00:00Z");
    assert_eq!(made.standing().await.0, "verification_overdue");
    let overdue = made.get("/v1/cases?state=overdue").await.json();
    assert_eq!(overdue["items"][0]["id"], required.to_string());
    let listed = made.get("/v1/certifications?status=overdue").await.json();
    assert_eq!(listed["items"][0]["standing"]["state"], "verification_overdue");
    let report = made.get(&format!("/v1/reports/since?item={CERTIFICATION}@2024-12-01")).await.json();
    let item = &report["items"][0];
    assert_eq!((&item["outcome"], &item["importance"]), (&json!("changed"), &json!("attention")));
    let sentence = item["sentence"].as_str().unwrap();
    assert!(sentence.contains("Independent verification was due on 1 February 2025 and is missing."), "{sentence}");

    let statement = made.statement(verification(required, "q5.7", false, "2026-02-01"));
    made.state(by_department(&statement));
    assert_eq!(made.standing().await.1, ["verification_overdue", "not_verified"]);
    let statement = made.statement(verification(required, "q5.7", true, "2026-02-01"));
    made.state(by_department(&statement));
    let told = conditions(&made, BASE).await;
    let verified = "Q 5.7 in version 3: independently verified by Example Assurance Ltd, valid until 1 February 2026.";
    assert_eq!(told, [verified]);
    made.at("2026-02-02T09:00:00Z");
    assert_eq!(made.standing().await.1, ["verification_expired"]);
    let case = &made.get(&format!("{BASE}/cases")).await.json()["items"][0];
    assert_eq!((&case["outcome"], &case["days"]), (&json!("verified"), &json!(19)));
}

#[tokio::test]
async fn what_the_department_withdrew_stays_readable_and_takes_no_version_until_it_is_reinstated() {
    let made = made();
    let withdrawn = made.state(by_department(&made.statement(withdrawal())));
    assert_eq!(made.standing().await.0, "withdrawn_by_department");
    let view = made.get(BASE).await.json();
    assert_eq!(view["version"], 3, "what was withdrawn stays readable");
    assert_eq!(view["summary"]["standing"]["state"], "withdrawn_by_department");
    assert_eq!(made.get("/v1/certifications?status=withdrawn").await.json()["items"].as_array().unwrap().len(), 1);

    let mut draft = made.next();
    draft.responses.insert(question("q6.1"), amber(&["Something else."]));
    let submission = made.submission(&draft);
    made.post_version(CERTIFICATION, &submission).await.problem(409, "withdrawn-by-department");
    let dry = made
        .send_json(Method::POST, &format!("{BASE}/versions?dry_run=true"), &common::http::as_json(&submission))
        .await;
    dry.problem(409, "withdrawn-by-department");

    let diff = made.get(&format!("{BASE}/diff?from=2")).await.json();
    assert!(diff["headline"].as_str().unwrap().contains("Withdrawn on 15 January 2025."), "{}", diff["headline"]);
    let fixed = made.get(&format!("{BASE}/diff?from=2&to=3")).await.json();
    assert!(!fixed["headline"].as_str().unwrap().contains("Withdrawn"), "an answer that is kept holds no present");

    made.at("2025-01-16T09:00:00Z");
    let taken_back = made.statement(Matter::Reinstatement { in_reply_to: withdrawn });
    made.post_case(&by_both(1, &taken_back)).await.problem(403, "wrong-party");
    made.state(by_department(&taken_back));
    assert_eq!(made.standing().await.0, "published");
    made.at("2025-01-17T09:00:00Z");
    assert_eq!(made.post_version(CERTIFICATION, &submission).await.status, StatusCode::CREATED);

    let events = made.get(&format!("/v1/changes?certification={CERTIFICATION}")).await.json();
    let kinds: Vec<&Value> = events["items"].as_array().unwrap().iter().map(|event| &event["type"]).skip(3).collect();
    assert_eq!(kinds, ["certification.withdrawn", "certification.reinstated", "version.published"]);
    assert_eq!(events["items"][3]["importance"], "attention");
}

#[tokio::test]
async fn a_suppliers_own_withdrawal_is_ended_by_a_new_version() {
    let made = made();
    made.state(by_both(1, &made.statement(withdrawal())));
    made.at("2025-01-16T09:00:00Z");
    let mut draft = made.next();
    draft.responses.insert(question("q6.1"), amber(&["Something else."]));
    made.publish(&draft);
    assert_eq!(made.standing().await.0, "published");
    let case = &made.get(&format!("{BASE}/cases")).await.json()["items"][0];
    assert_eq!((&case["outcome"], &case["closed_at"]), (&json!("answered_by_version"), &json!("2025-01-16T09:00:00Z")));
}

#[tokio::test]
async fn a_withdrawn_transcription_never_blocks_the_supplier() {
    let made = made();
    let published = made.transcribe("silent-supplier/old-service");
    let id = "silent-supplier/old-service";
    let digest = published.version.publication.digest;
    let objection = Matter::Objection { subject: Subject { version: 1, digest } };
    made.state(by_department(&made.statement_about(id, objection)));
    let view = made.get(&format!("/v1/certifications/{id}")).await.json();
    assert_eq!(told(&view["standing"]).0, "objection");
    made.state(by_department(&made.statement_about(id, withdrawal())));
    let mut draft = made.transcription(id);
    (draft.version, draft.previous) = (2, Some(digest));
    let document = common::registry::bytes(&draft);
    let namespace = certreg::signing::Namespace::Transcription;
    let signature = Some(common::registry::signed(&common::registry::department(), namespace, &document));
    let submission = certreg::registry::publish::VersionSubmission { document, signature, ..Default::default() };
    let answer = made.post_version(id, &submission).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
}

#[tokio::test]
async fn a_notice_is_the_signatorys_alone_and_expires() {
    let made = made();
    let (from, expires_on) = (parse("2025-01-14"), parse("2025-01-20"));
    let notice = made.statement(Matter::Notice { questions: answers(&["q5.7"]), from, expires_on });
    let answer = made.post_case(&by_signatory(1, &notice)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let told = conditions(&made, BASE).await;
    assert_eq!(told, ["Notice by the supplier of 15 January 2025, until 20 January 2025: As it is."]);
    assert_eq!(made.get("/v1/certifications?status=notice").await.json()["items"].as_array().unwrap().len(), 1);
    made.at("2025-01-21T09:00:00Z");
    assert_eq!(made.standing().await.0, "published");
    assert!(made.get("/v1/certifications?status=notice").await.json()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_service_ends_on_its_day() {
    let made = made();
    let (ends_on, data_deleted_by) = (parse("2025-03-31"), Some(parse("2025-06-30")));
    let closure = Matter::Closure { ends_on, data_deleted_by, reasons: Vec::new() };
    made.state(by_both(1, &made.statement(closure)));
    assert_eq!(made.standing().await.0, "ending");
    made.at("2025-04-01T09:00:00Z");
    assert_eq!(made.standing().await.0, "ended");
    assert_eq!(made.get("/v1/certifications?status=ended").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn as_known_then_and_as_known_now_are_both_shown() {
    let made = made();
    let withdrawn = made.state(by_department(&made.statement(withdrawal())));
    made.at("2025-02-20T09:00:00Z");
    made.state(by_department(&made.statement(Matter::Reinstatement { in_reply_to: withdrawn })));
    let view = made.get(&format!("{BASE}?as_of=2025-02-01")).await.json();
    assert_eq!(told(&view["standing_then"]).0, "withdrawn_by_department");
    assert_eq!(told(&view["standing"]).0, "published");
    let cases = made.get(&format!("{BASE}/cases?as_of=2025-02-01")).await.json();
    assert_eq!(cases["items"][0]["state"], "open");
    assert_eq!(
        (told(&cases["standing"]).0, told(&cases["standing_now"]).0),
        ("withdrawn_by_department".into(), "published".into())
    );
    let check = made.get(&format!("{BASE}/versions/3/verification")).await.json();
    assert_eq!(told(&check["standing_then"]).0, "published");
    assert!(check.get("superseded_by").is_none());
    let check = made.get(&format!("{BASE}/versions/1/verification")).await.json();
    assert_eq!(check["superseded_by"], 2);
    made.get(&format!("{BASE}/cases?as_of=2031-01-01")).await.problem(422, "as-of-ahead");
}

#[tokio::test]
async fn a_service_that_was_sold_is_followed() {
    let made = made();
    made.supplier("new-learning", 2, false);
    let (old, new) = (CERTIFICATION, "new-learning/new-cloud");
    let to_new = made.statement(Matter::Transfer { other: parse(new) });
    made.post_case(&by_both(1, &to_new)).await.problem(409, "transfer-without-predecessor");

    made.at("2025-02-01T09:00:00Z");
    let mut draft = made.draft_of(new, 2);
    let Subject { version, digest } = made.subject();
    let predecessor = Predecessor { certification: parse(old), version, digest };
    draft.change = Change { predecessor: Some(predecessor), ..Change::of_kind(ChangeKind::Initial) };
    draft.service_name = "New Cloud".to_owned();
    made.registry.publish(&parse(new), made.submission_of(&draft, 2)).unwrap();
    let from_old = made.statement_about(new, Matter::Transfer { other: parse(old) });
    made.post_case(&by_department(&from_old)).await.problem(403, "wrong-party");
    made.state(by_both(2, &from_old));
    assert_eq!(made.standing().await.0, "published", "one side alone says nothing of the other");

    made.at("2025-02-10T09:00:00Z");
    // The Department may stand in for the side that gives the service away.
    made.state(by_department(&made.statement(Matter::Transfer { other: parse(new) })));
    assert_eq!(conditions(&made, BASE).await, ["Carried on as new-learning/new-cloud since 10 February 2025."]);
    let view = made.get(&format!("/v1/certifications/{new}")).await.json();
    assert_eq!(view["standing"]["carries_on"], old);

    let report = made.get(&format!("/v1/reports/since?item={old}@2024-06-01")).await.json();
    let (item, found) = (&report["items"][0], &report["items"][0]["found"]);
    assert_eq!(
        (&found["carried_on_as"], &found["from_version"], &found["to_version"]),
        (&json!(new), &json!(2), &json!(1))
    );
    assert_eq!(found["service_name"], "New Cloud");
    let sentence = item["sentence"].as_str().unwrap();
    assert!(sentence.contains("Now run by Example Learning Ltd as new-learning/new-cloud"), "{sentence}");
    assert_eq!(made.get(found["links"]["now"].as_str().unwrap()).await.status, StatusCode::OK);
    made.at("2025-02-20T09:00:00Z");
    let late = made.get(&format!("/v1/reports/since?item={old}@2025-02-15")).await.json();
    assert_eq!(late["items"][0]["found"]["from_version"], 1, "who signed up after the transfer knew the new one");

    let found = made.get("/v1/certifications?q=example+cloud").await.json();
    let ids: Vec<&Value> = found["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    assert_eq!(ids, [old, new], "whoever searches by the old name finds both");
    let gone = made.get("/v1/certifications?status=transferred").await.json();
    assert_eq!((gone["items"].as_array().unwrap().len(), &gone["items"][0]["id"]), (1, &json!(old)));
}

#[tokio::test]
async fn lists_of_cases_are_narrowed_and_paged() {
    let made = made();
    for _ in 0..3 {
        made.state(by_department(&made.challenge("2025-02-01")));
    }
    made.state(by_department(&made.requirement("2025-02-01")));
    let ids = |page: &Value| -> Vec<u64> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|case| case["statements"][0]["seq"].as_u64().unwrap()).collect()
    };
    let page = made.get("/v1/cases?type=challenge&limit=2").await;
    assert_eq!(ids(&page.json()), [1, 2]);
    let next = page.header("link").strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
    let last = made.get(&next).await.json();
    assert_eq!((ids(&last), last.get("next_cursor")), (vec![3], None));
    assert_eq!(ids(&made.get("/v1/cases?state=closed").await.json()), [0u64; 0]);
    assert_eq!(ids(&made.get("/v1/cases?certification=nobody/nothing").await.json()), [0u64; 0]);
    made.get("/v1/cases?state=lost").await.problem(400, "bad-parameter");
    made.get("/v1/cases?limit=0").await.problem(400, "bad-parameter");
    made.get("/v1/cases?cursor=zz").await.problem(400, "bad-parameter");
    made.get("/v1/certifications/nobody/nothing/cases").await.problem(404, "certification-not-found");
}

#[tokio::test]
async fn an_erasure_is_about_persons_that_the_suppliers_documents_name() {
    let made = made();
    let named = certreg::format::v1::person::digest(&common::registry::completer(1));
    let of = |persons: Vec<certreg::domain::Digest>| {
        let statement = made.statement(Matter::Erasure { persons: persons.into_iter().collect() });
        certreg::domain::CaseStatement { service: None, ..statement }
    };
    let nobody = of(vec![certreg::domain::Digest::of(b"nobody")]);
    made.post_case(&by_department(&nobody)).await.problem(422, "case-rules");
    made.post_case(&by_both(1, &of(vec![named]))).await.problem(403, "wrong-party");
    let answer = made.post_case(&by_department(&of(vec![named]))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let event = made.get(answer.json()["statement"]["links"]["change"].as_str().unwrap()).await.json();
    assert_eq!(event["type"], "person.erased");
    let listed = made.get("/v1/cases?type=erasure").await.json();
    assert_eq!(
        (&listed["items"][0]["supplier"], &listed["items"][0]["state"]),
        (&json!("example-learning"), &json!("closed"))
    );
}

#[tokio::test]
async fn cases_survive_a_rebuild_of_the_index() {
    let made = made();
    let asked = made.state(by_department(&made.challenge("2025-02-01")));
    made.state(by_signatory(1, &made.clarification(asked)));
    made.state(by_both(1, &made.statement(withdrawal())));
    let before = made.get(&format!("{BASE}/cases")).await.json();
    let data = made.data();
    let MadeUp { registry, clock, folder } = made;
    drop(registry);
    assert_eq!(certreg::registry::Registry::rebuild(&data, true, &mut |_| {}).unwrap(), [""; 0]);
    certreg::registry::Registry::rebuild(&data, false, &mut |_| {}).unwrap();
    let registry = certreg::registry::Registry::open(&data, common::registry::server(), clock.clone()).unwrap();
    let made = MadeUp { registry: std::sync::Arc::new(registry), clock, folder };
    assert_eq!(made.get(&format!("{BASE}/cases")).await.json(), before);
    assert_eq!(
        as_json(&by_department(&made.challenge("2025-02-01")))["document"]
            .as_str()
            .unwrap()
            .matches("\"seq\": 4")
            .count(),
        1
    );
}

/// The Department reports the signatory's key as compromised since then.
fn report_signatory(made: &MadeUp, since: &str) {
    let id = parse("example-learning");
    let (_, ring, _) = made.registry.ring(&id, None).unwrap();
    let signatory = common::registry::signatory(1).public();
    let ring = ring.end(&signatory, parse(since), certreg::signing::KeyEvent::Compromised).unwrap();
    let ring = ring.print().into_bytes();
    made.registry.put_ring(&id, made.by_department(certreg::signing::Namespace::Keys, &ring), Vec::new()).unwrap();
}

#[tokio::test]
async fn a_version_whose_key_was_reported_is_unsound_now_and_was_not_then() {
    let made = made();
    report_signatory(&made, "2024-10-01T00:00:00Z");
    assert_eq!(made.standing().await, ("published".to_owned(), vec!["unsound_signature".to_owned()]));
    // Version 2 was published before the key was in other hands, and what was known in December was not what is known
    // now.
    let check = made.get(&format!("{BASE}/versions/2/verification")).await.json();
    assert_eq!((&check["sound_then"], &check["sound_now"]), (&json!(true), &json!(true)));
    let view = made.get(&format!("{BASE}?as_of=2024-12-01")).await.json();
    assert_eq!(told(&view["standing_then"]).1, [""; 0]);
    assert_eq!(told(&view["standing"]).1, ["unsound_signature"]);
    let report = made.get(&format!("/v1/reports/since?item={CERTIFICATION}@2024-12-01")).await.json();
    let sentence = report["items"][0]["sentence"].as_str().unwrap();
    assert!(sentence.contains("A signature on version 3 does not hold. 1 needs your attention."), "{sentence}");
}

#[tokio::test]
async fn a_statement_whose_key_was_reported_is_unsound_now() {
    let made = made();
    let opened = made.post_case(&by_department(&made.challenge("2025-02-01"))).await.json();
    let opened = parse(opened["statement"]["digest"].as_str().unwrap());
    assert_eq!(made.post_case(&by_signatory(1, &made.clarification(opened))).await.status, StatusCode::CREATED);
    let sound = async || {
        let cases = made.get(&format!("{BASE}/cases")).await.json();
        let statements = cases["items"][0]["statements"].as_array().unwrap().clone();
        statements.iter().map(|one| one["sound_now"].as_bool().unwrap()).collect::<Vec<bool>>()
    };
    assert_eq!(sound().await, [true, true]);
    made.at("2025-03-01T09:00:00Z");
    report_signatory(&made, "2025-01-14T00:00:00Z");
    assert_eq!(sound().await, [true, false], "the Department's still counts, the supplier's does not");
    let page = made.get("/s/example-learning/example-cloud/history").await.text();
    assert_eq!(page.matches("reported as unsafe for that time").count(), 1, "{page}");
}
