//! My services: the address is the list, nothing of it is kept, and nothing that a reader typed is lost.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fmt::Write as _;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use common::{
    http::{Answer, form, request},
    page::{attributes, reads, words},
    registry::{CERTIFICATION, MadeUp, parse, support},
};

/// Three lines: one with a label, one reviewed, one that is not on the register.
const LIST: &str = "/my-services?s=example-learning/example-cloud@2024~Oakfield&s=example-learning/example-cloud@2023-12-01!2024-06-30&s=School%20Payments@2024";

async fn post(made: &MadeUp, parts: &[(&str, &[u8])]) -> Answer {
    let (kind, body) = form(parts);
    let headers = [("content-type", &*kind), ("accept", "text/html,*/*;q=0.8")];
    made.send(request(Method::POST, "/my-services", &headers, Body::from(body))).await
}

#[tokio::test]
async fn the_address_is_the_list() {
    let made = MadeUp::new();
    made.history();
    let html = made.page(LIST).await;
    reads(
        &words(&html),
        &[
            "2 of 3 services changed. 1 needs your attention. 1 could not be looked up.",
            "Example Cloud Example Learning Ltd . Now version 3, published here on 2 November 2024.",
            "Oakfield Needs your attention 1 of 37 answers changed: 1 green to amber.",
            "Q 5.7 : Changed from GREEN to AMBER.",
            "Signed up on 1 December 2023; compared from your review on 30 June 2024.",
            "School Payments Not on the register",
            "bookmark it to keep it",
        ],
    );
    assert_eq!(html.matches("<h2><a href=\"/s/example-learning/example-cloud\">").count(), 1, "grouped by service");
    let links = attributes(&html, "href");
    for page in ["/governors", "/dpia", "/cards", "/list.csv", "/calendar.ics"] {
        let address = links.iter().find(|href| href.starts_with(&format!("/my-services{page}?"))).unwrap();
        assert_eq!(made.get(address).await.status, StatusCode::OK, "{address}");
    }
}

#[tokio::test]
async fn nothing_of_a_list_is_kept_anywhere() {
    let made = MadeUp::new();
    made.history();
    for page in ["", "/governors", "/dpia", "/cards", "/list.csv", "/calendar.ics"] {
        let answer = made.get(&LIST.replace("/my-services?", &format!("/my-services{page}?"))).await;
        assert_eq!(
            (answer.header("cache-control"), answer.header("referrer-policy")),
            ("no-store", "no-referrer"),
            "{page}"
        );
        assert_eq!((answer.header("etag"), answer.header("set-cookie")), ("", ""));
    }
    let moved = made.get(&format!("{LIST}&remove=1")).await;
    assert_eq!((moved.status, moved.header("cache-control")), (StatusCode::SEE_OTHER, "no-store"));
    let failed = made.get(&format!("/my-services?{}", "s=acme/lms@2024&".repeat(1_001))).await;
    assert_eq!((failed.status, failed.header("cache-control")), (StatusCode::UNPROCESSABLE_ENTITY, "no-store"));
}

#[tokio::test]
async fn each_button_leads_to_the_changed_list() {
    let made = MadeUp::new();
    made.history();
    let one = "/my-services?s=example-learning/example-cloud@2024~Oakfield";
    for (button, address) in [
        ("review=1", "/my-services?s=example-learning/example-cloud@2024!2025-01-15~Oakfield"),
        ("review=all", "/my-services?s=example-learning/example-cloud@2024~Oakfield&reviewed=2025-01-15"),
        ("remove=1", "/my-services"),
        (
            "set=new&service=Payments&day=4/9/2024&label=%C3%89cole",
            "/my-services?s=example-learning/example-cloud@2024~Oakfield&s=Payments@2024-09-04~%C3%89cole",
        ),
        (
            "set=1&service=example-learning/example-cloud&day=2024-09&review_day=&label=",
            "/my-services?s=example-learning/example-cloud@2024-09",
        ),
    ] {
        let answer = made.get(&format!("{one}&{button}")).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, address), "{button}");
        assert_eq!(made.get(address).await.status, StatusCode::OK);
    }
    reads(
        &words(&made.page(&format!("{one}&reviewed=2025-01-01")).await),
        &["Compared from your last review of the whole list", "compared from your review on 1 January 2025"],
    );
    let edit = made.page(&format!("{one}&edit=1")).await;
    reads(&edit, &["name=\"day\" value=\"2024\"", "name=\"label\" value=\"Oakfield\"", "name=\"set\" value=\"1\""]);
}

#[tokio::test]
async fn what_cannot_be_read_is_asked_for_again_and_nothing_is_lost() {
    let made = MadeUp::new();
    made.history();
    let answer =
        made.get("/my-services?s=a-b/c-d@2024&set=new&service=Pay%20%22x%22&day=31/6/2024&label=%3Cb%3E").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    reads(
        &answer.text(),
        &[
            "role=\"alert\"",
            "a day that exists",
            "value=\"Pay &#34;x&#34;\"",
            "value=\"31/6/2024\"",
            "value=\"&#60;b&#62;\"",
            "value=\"a-b/c-d@2024\"",
        ],
    );
    for (item, said) in [
        ("example-learning/example-cloud@2024-02-30", "a day that exists"),
        ("example-learning/example-cloud@2031-01-01", "That day lies ahead; today is 15 January 2025"),
        ("example-learning/example-cloud", "Say when you signed up"),
        ("%3Cscript%3Ealert(1)%3C/script%3E@2024~%E2%80%AEevil", "<script>alert(1)</script> evil Not on the register"),
        ("@@~~!!", "(no name)"),
        ("nobody/example-cloud@2024", "Not on the register"),
    ] {
        let html = made.page(&format!("/my-services?s={item}")).await;
        reads(&words(&html), &[said, "0 of 1 service changed. 1 could not be looked up."]);
        assert!(!html.contains("<script") && !html.contains('\u{202E}'), "{item}");
    }
}

#[tokio::test]
async fn services_are_found_by_name_and_added() {
    let made = MadeUp::new();
    made.history();
    let html = made.page("/my-services?s=a-b/c-d@2024&find=example").await;
    reads(
        &html,
        &["<button name=\"add\" value=\"example-learning/example-cloud\">", "name=\"s\" value=\"a-b/c-d@2024\""],
    );
    reads(
        &words(&made.page("/my-services?find=zzz").await),
        &["Nothing on the register has “ zzz ” in its name", "Add “zzz”"],
    );
    reads(
        &made.page("/my-services?add=example-learning/example-cloud").await,
        &["name=\"service\" value=\"example-learning/example-cloud\"", "name=\"set\" value=\"new\""],
    );
}

#[tokio::test]
async fn a_pasted_list_becomes_an_address() {
    let made = MadeUp::new();
    made.history();
    let pasted =
        "Service,Date\nExample Cloud,4/9/2024,Oakfield\nschool payments,2024\nexample-learning/example-cloud@2024-06\n";
    let answer = post(&made, &[("s", b"a-b/c-d@2023"), ("list", pasted.as_bytes()), ("show", b"")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(
        answer.header("location"),
        "/my-services?s=a-b/c-d@2023&s=example-learning/example-cloud@2024-09-04~Oakfield&s=school%20payments@2024\
         &s=example-learning/example-cloud@2024-06"
    );
    let governors = post(&made, &[("list", pasted.as_bytes()), ("show", b"governors")]).await;
    reads(&words(&governors.text()), &["Cloud services: summary for governors", "2 of 3 services changed"]);
    for bad in [
        post(&made, &[("list", b" \n")]).await,
        made.call(Method::POST, "/my-services").await,
        post(&made, &[("file", &vec![b'a'; 3 << 20])]).await,
    ] {
        assert!(bad.status.is_client_error(), "{}", bad.status);
        assert!(bad.text().contains("<!doctype html>"), "{}", bad.text());
    }
}

#[tokio::test]
async fn an_uploaded_list_of_a_thousand_lines_is_answered_and_not_kept() {
    let made = MadeUp::new();
    made.history();
    let mut lines = String::from("service,since,label\r\n");
    for school in 0..1_000 {
        writeln!(lines, "{CERTIFICATION},2024-{:02},\"School {school}, main\"\r", school % 6 + 1).unwrap();
    }
    let answer = post(&made, &[("file", lines.as_bytes())]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    let text = words(&answer.text());
    reads(&text, &["1000 of 1000 services changed.", "School 999, main", "too long for an address"]);
    assert_eq!(answer.text().matches("<h2><a href=\"/s/").count(), 1);
    let table = post(&made, &[("file", lines.as_bytes()), ("show", b"csv")]).await;
    assert_eq!(table.text().lines().count(), 1_001);
    writeln!(lines, "{CERTIFICATION},2024,one too many").unwrap();
    let refused = post(&made, &[("file", lines.as_bytes())]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    reads(&words(&refused.text()), &["A list has at most 1000 services; this one has 1001."]);
}

#[tokio::test]
async fn two_hundred_services_fit_into_one_address() {
    let made = MadeUp::new();
    made.history();
    let items: Vec<String> =
        (0..200).map(|n| format!("s={CERTIFICATION}@2024-01-{:02}~School%20{n}", n % 28 + 1)).collect();
    let html = made.page(&format!("/my-services?{}", items.join("&"))).await;
    reads(&words(&html), &["200 of 200 services changed. 200 need your attention.", "School 199"]);
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    let long = made.get(&format!("/my-services?s={}", "x".repeat(17_000))).await;
    assert_eq!(long.status, StatusCode::URI_TOO_LONG);
    reads(&words(&long.text()), &["Upload it as a CSV file"]);
}

#[tokio::test]
async fn governors_get_a_minute_to_copy_and_the_assessor_a_text() {
    let made = MadeUp::new();
    made.history();
    let governors = made.page(&LIST.replace("?", "/governors?")).await;
    reads(
        &words(&governors),
        &[
            "On 15 January 2025 the governors reviewed 3 cloud services against the Test register.",
            "Example Cloud (Oakfield): 1 change needs attention (Q 5.7).",
            "suppliers' own self-certifications, which nobody else has checked",
            "a single amber answer is not necessarily a negative",
            "Action:",
        ],
    );
    let dpia = words(&made.page(&LIST.replace("?", "/dpia?")).await);
    reads(
        &dpia,
        &[
            "Example Cloud (Example Learning Ltd) Version 3, published on 2 November 2024 https://certreg.example/s/example-learning/example-cloud/versions/3 sha256:",
            "AMBER (the supplier cannot fully confirm this) Q 5.7:",
            "Data is kept for 30 days and then deleted.",
            "School Payments: no self-certification found on the register.",
        ],
    );
    assert_eq!(dpia.matches("Version 3, published").count(), 1, "each service once");
}

#[tokio::test]
async fn emergency_cards_name_contacts_hours_and_the_day_of_confirmation() {
    let made = MadeUp::new();
    made.history();
    made.transcribe("silent-supplier/old-service");
    let card = made.page("/s/example-learning/example-cloud/card").await;
    reads(
        &words(&card),
        &[
            "01274 713425",
            "support@example.org",
            "Mon–Fri 09:00–17:00",
            "Last confirmed by the supplier on 2 November 2024, version 3.",
            "Unchanged since version 1 (1 November 2023).",
        ],
    );
    let sheet = made.page(&format!("{}&s=silent-supplier/old-service@2024", LIST.replace("?", "/cards?"))).await;
    assert_eq!(sheet.matches("<article class=\"card\">").count(), 2, "one a service");
    reads(&words(&sheet), &["Never confirmed by the supplier", "The supplier names no emergency contact"]);
    made.at("2025-02-01T09:00:00Z");
    let mut next = made.next();
    let mut changed = support();
    changed.contacts[0].telephone = Some("01274 713499".to_owned());
    next.support.insert(parse("s3.1"), changed);
    next.change.service_changed_on = Some(parse("2025-01-31"));
    made.publish(&next);
    reads(
        &words(&made.page("/my-services?s=example-learning/example-cloud@2025-01-20").await),
        &["1 needs your attention", "Emergency contact (Support 3.1)"],
    );
}

#[tokio::test]
async fn the_table_can_be_uploaded_again_and_runs_nothing() {
    let made = MadeUp::new();
    made.history();
    let answer =
        made.get("/my-services/list.csv?s=example-learning/example-cloud@2024~%3DHYPERLINK(1)&s=Payments@2023").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    let table = answer.text();
    assert!(table.starts_with("service,since,label,reviewed,service_name,"), "{table}");
    reads(
        &table,
        &[
            "example-learning/example-cloud,2024,'=HYPERLINK(1),,Example Cloud,Example Learning Ltd,3,2024-11-02,attention,",
            "Payments,2023,,,,,,,,Not on the register",
        ],
    );
    let again = post(&made, &[("file", &answer.body)]).await;
    assert_eq!(
        again.header("location"),
        "/my-services?s=example-learning/example-cloud@2024~%3DHYPERLINK%281%29&s=Payments@2023"
    );
}

#[tokio::test]
async fn the_calendar_has_the_days_on_which_suppliers_should_confirm() {
    let made = MadeUp::new();
    made.history();
    let answer = made.get(&LIST.replace("?", "/calendar.ics?")).await;
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    let text = answer.text();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
    let unfolded = text.replace("\r\n ", "");
    reads(
        &unfolded,
        &[
            "DTSTART;VALUE=DATE:20251002\r\nDTEND;VALUE=DATE:20251003\r\nSUMMARY:Example Cloud: supplier to confirm its self-certification",
            "UID:example-learning.example-cloud-lapses-2025-11-02@certreg.example",
            "DTSTAMP:20241102T090000Z",
        ],
    );
    assert_eq!(unfolded.matches("BEGIN:VEVENT").count(), 2);
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
}
