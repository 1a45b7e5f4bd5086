//! Pages over several services: side by side, promptness, cases; and the page for developers, whose commands run.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use certreg::domain::{Code, case::ResolutionOutcome};
use common::{
    cases::{by_department, by_signatory, resolution, withdrawal},
    http::{ask, request},
    page::{attributes, reads, words},
    registry::{CERTIFICATION, MadeUp, answer, bytes, parse, question},
};

/// A second service of the same supplier: black where the first is green.
fn second_service(made: &MadeUp) {
    let mut draft = made.draft_of("example-learning/example-mail", 1);
    draft.service_name = "Example Mail".to_owned();
    draft.responses.insert(question("q5.7"), answer(Code::Black, &["We keep nothing at rest."]));
    made.publish(&draft);
}

#[tokio::test]
async fn services_stand_side_by_side_without_a_score() {
    let made = MadeUp::new();
    made.history();
    second_service(&made);
    let html =
        made.page(&format!("/compare?c={CERTIFICATION}&c=example-learning/example-mail&c={CERTIFICATION}")).await;
    let text = words(&html);
    reads(
        &text,
        &[
            "Example Cloud Example Learning Ltd . Version 3, published here on 2 November 2024. Self-certified; signed by two people.",
            "1 of 37 questions are answered with different colours.",
            "There are no scores here, and no winner.",
            "▲ Amber: supplier cannot fully confirm this",
            "not necessarily a negative",
            "■ Black: supplier says this does not apply",
            "We keep nothing at rest.",
        ],
    );
    assert_eq!(html.matches("<tr>").count(), 2, "a heading and the one question that differs");
    let all = made.page(&format!("/compare?c={CERTIFICATION}&c=example-learning/example-mail&show=all")).await;
    assert_eq!(all.matches("<th scope=\"row\"").count(), 37);
    let one = made.page(&format!("/compare?c={CERTIFICATION}&find=mail")).await;
    assert!(
        attributes(&one, "href").contains(&format!("/compare?c={CERTIFICATION}&c=example-learning/example-mail")),
        "{one}"
    );
    let odd = words(&made.page(&format!("/compare?c={CERTIFICATION}&c=nobody/nothing&c=%3Cb%3E")).await);
    reads(&odd, &["nobody/nothing is not on the register.", "<b> is not on the register."]);
    let wordings = MadeUp::new();
    wordings.history();
    wordings.transcribe("silent-supplier/old-service");
    let text = words(&wordings.page(&format!("/compare?c={CERTIFICATION}&c=silent-supplier/old-service")).await);
    reads(
        &text,
        &["different wordings of the checklist", "○ Not recorded", "Transcribed; not signed by the supplier."],
    );
}

#[tokio::test]
async fn promptness_is_counted_again_beside_a_page_that_shows_older_totals() {
    let made = MadeUp::new();
    made.history();
    made.at("2025-01-16T09:00:00Z");
    let router = certreg::server::router(made.registry.clone());
    let shown = async || {
        let asked = request(Method::GET, "/promptness", &[("accept", "text/html")], Body::empty());
        words(&ask(router.clone(), asked).await.text())
    };
    reads(&shown().await, &["Confirmed lately: 1"]);
    second_service(&made);
    made.at("2025-01-16T09:04:00Z");
    reads(&shown().await, &["Confirmed lately: 1"]);
    made.at("2025-01-16T09:06:00Z");
    for _ in 0..200 {
        if shown().await.contains("Confirmed lately: 2") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it was not counted again");
}

#[tokio::test]
async fn promptness_is_counted_and_nobody_is_ranked() {
    let made = MadeUp::new();
    reads(&words(&made.page("/promptness").await), &["Nothing has been published yet.", "No confirmation is overdue."]);
    made.history();
    let text = words(&made.page("/promptness").await);
    reads(
        &text,
        &[
            "All services together: Updates follow the change by 10 days (median), 10 at most. 1 of 2 updates give a change date.",
            "8 to 30 days 1",
            "No change date given 1",
            "Confirmed lately: 1",
            "No confirmation is overdue.",
        ],
    );
    made.at("2025-12-01T12:00:00Z");
    reads(
        &words(&made.page("/promptness").await),
        &[
            "Confirmation lapsed: 1",
            "Example Cloud , Example Learning Ltd . Confirmed by the supplier on 2 November 2024, and not since",
        ],
    );
}

#[tokio::test]
async fn without_cases_the_page_says_so() {
    let made = MadeUp::new();
    reads(&words(&made.page("/cases").await), &["Open Nothing. Closed Nothing.", "A question is no finding"]);
}

#[tokio::test]
async fn developers_find_every_operation_on_one_page() {
    let made = MadeUp::new();
    let html = made.page("/developers").await;
    let document: serde_json::Value = made.get("/openapi.json").await.json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let line = format!("<code>{} {path}</code>", method.to_uppercase());
            assert!(html.contains(&line), "{line}");
            reads(&html, &[&format!("id=\"{}\"", operation["operationId"].as_str().unwrap())]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recipes_run_as_they_stand() {
    let made = MadeUp::new();
    let html = made.page("/developers").await;
    let blocks = html.split("<pre class=\"run\"><code>").skip(1).map(|rest| rest.split("</code>").next().unwrap());
    let blocks: Vec<String> = blocks.map(common::page::plain).collect();
    assert_eq!(blocks.len(), 7);
    let folder = tempfile::tempdir().unwrap();
    let first = made.draft();
    made.publish(&first);
    made.at("2024-03-01T09:00:00Z");
    let next = made.next();
    let submission = made.submission(&{
        let mut next = next;
        next.responses.insert(question("q5.7"), common::registry::amber(&["Not everywhere."]));
        next.change.service_changed_on = Some(parse("2024-02-28"));
        next
    });
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("cert.json", &submission.document);
    write("cert.json.sig", submission.signature.as_ref().unwrap().as_bytes());
    write("cert.json.countersig", submission.countersignature.as_ref().unwrap().as_bytes());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(certreg::server::serve(made.registry.clone(), listener, std::future::pending()));
    let head = blocks[0].replace("https://certreg.example", &format!("http://{address}"));
    for block in &blocks[1..] {
        let script = format!("set -eu\n{head}\n{block}\n");
        let here = folder.path().to_owned();
        let ran = tokio::task::spawn_blocking(move || {
            std::process::Command::new("sh").arg("-c").arg(script).current_dir(here).output().unwrap()
        });
        let ran = ran.await.unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        let receipt = std::fs::read_to_string(folder.path().join("receipt.json")).unwrap_or_default();
        assert!(ran.status.success(), "{block}\n{said}\n{receipt}");
        assert!(
            !block.contains("ssh-keygen") || said.contains("Good \"certification@certreg.example\" signature"),
            "{said}"
        );
    }
    server.abort();
    let receipt: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("receipt.json")).unwrap()).unwrap();
    assert_eq!(receipt["version"], 2);
    assert_eq!(std::fs::read(folder.path().join("document.json")).unwrap(), bytes(&first), "the first version");
    assert_eq!(made.get("/developers").await.status, StatusCode::OK);
}

#[tokio::test]
async fn cases_stand_beside_what_they_are_about_and_as_days_in_the_calendar() {
    let made = MadeUp::new();
    made.history();
    let challenge = made.challenge("2025-02-15");
    let asked = made.state(by_department(&challenge));
    let page = words(&made.page("/s/example-learning/example-cloud").await);
    reads(
        &page,
        &[
            "The Department has asked about Q 5.7; an answer is due by 15 February 2025.",
            "A question is no finding.",
            "Clarification asked for Open",
            "Clarification asked for, by the Department, published here on 15 January 2025: As it is.",
        ],
    );
    assert_eq!(
        page.matches("The Department has asked about Q 5.7").count(),
        3,
        "at the top, beside Q 5.7, in the case"
    );
    let cases = words(&made.page("/cases").await);
    reads(&cases, &["Open Example Cloud : Clarification asked for Open", "Due by 15 February 2025."]);
    let calendar = made.get(&format!("/my-services/calendar.ics?s={CERTIFICATION}@2024")).await.text();
    reads(
        &calendar.replace("\r\n ", ""),
        &["DTSTART;VALUE=DATE:20250215", "SUMMARY:Example Cloud: the supplier's clarification is due"],
    );
    reads(
        &words(&made.page(&format!("/my-services?s={CERTIFICATION}@2024-12-01")).await),
        &["The Department has asked about Q 5.7"],
    );
    made.at("2025-02-17T09:00:00Z");
    reads(
        &words(&made.page("/cases").await),
        &["Clarification asked for Overdue", "was due by 15 February 2025 and has not come"],
    );
    made.state(by_signatory(1, &made.clarification(asked)));
    made.state(by_department(&made.statement(resolution(asked, ResolutionOutcome::Clarified))));
    let closed = words(&made.page("/cases").await);
    reads(
        &closed,
        &[
            "Open Nothing. Closed",
            "Closed: clarified",
            "Clarification, by the supplier, published here on 17 February 2025",
        ],
    );
    reads(
        &words(&made.page("/s/example-learning/example-cloud/history").await),
        &["Case statements Clarification asked for Closed: clarified"],
    );
}

#[tokio::test]
async fn a_withdrawal_is_said_before_everything_else() {
    let made = MadeUp::new();
    made.history();
    made.state(by_department(&made.statement(withdrawal())));
    let page = words(&made.page("/s/example-learning/example-cloud").await);
    let (told, certified) =
        (page.find("Withdrawn by the Department on 15 January 2025.").unwrap(), page.find("Self-certified;").unwrap());
    assert!(told < certified, "{page}");
    for list in ["/", "/?q=cloud", "/s/example-learning", "/compare?c=example-learning/example-cloud"] {
        reads(&words(&made.page(list).await), &["Withdrawn by the Department"]);
    }
    reads(
        &words(&made.page(&format!("/my-services?s={CERTIFICATION}@2024-12-01")).await),
        &["Withdrawn on 15 January 2025"],
    );
}
