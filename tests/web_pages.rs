//! Pages as a reader sees them: the words, the links, and what stands around them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use certreg::domain::Digest;
use common::{
    http::{Answer, form, request},
    page::{reads, words},
    registry::{CERTIFICATION, MadeUp, amber, answer, bytes, green, parse, question},
};

const SERVICE: &str = "/s/example-learning/example-cloud";

async fn page(made: &MadeUp, address: &str) -> String {
    made.page(address).await
}

const PAGES: [&str; 33] = [
    "/compare",
    "/compare?c=example-learning/example-cloud",
    "/promptness",
    "/cases",
    "/developers",
    "/my-services/governors?s=example-learning/example-cloud@2024",
    "/my-services/dpia?s=example-learning/example-cloud@2024",
    "/my-services/cards?s=example-learning/example-cloud@2024",
    "/my-services",
    "/my-services?s=example-learning/example-cloud@2024",
    "/my-services?add=example-learning/example-cloud",
    "/s/example-learning/example-cloud/card",
    "/",
    "/?q=",
    "/?q=cloud",
    "/?q=kept",
    "/find",
    "/find?words=kept%20for%2030%20days",
    "/find?words=we%20help",
    "/s/example-learning",
    SERVICE,
    "/s/example-learning/example-cloud?as_of=2024-06-01",
    "/s/example-learning/example-cloud/history",
    "/s/example-learning/example-cloud/changes",
    "/s/example-learning/example-cloud/changes?since=2024",
    "/s/example-learning/example-cloud/changes?since=2024&view=sides",
    "/s/example-learning/example-cloud/changes?since=2024&view=all",
    "/s/example-learning/example-cloud/changes?from=1&to=2",
    "/s/example-learning/example-cloud/versions/1",
    "/how-we-sort-changes",
    "/accessibility",
    "/privacy",
    "/verify",
];

#[tokio::test]
async fn every_page_is_whole_runs_nothing_and_is_framed_alike() {
    let made = MadeUp::new();
    made.history();
    for address in PAGES {
        let answer = made.get(address).await;
        let html = answer.text();
        assert_eq!(answer.status, StatusCode::OK, "{address}: {html}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{address}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"),
            "{policy}"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        reads(
            &html,
            &[
                "<html lang=\"en-GB\">",
                "<title>",
                "href=\"#content\"",
                "<main id=\"content\"",
                "– Test register</title>",
            ],
        );
        assert_eq!(html.matches("<h1").count(), 1, "{address}");
        for forbidden in ["<script", " style=\"", "<style", "javascript:", " onclick", "compliant", "certified by"] {
            let own = html.replace("in a manner compliant with", "").replace("fully compliant", "");
            let own = if forbidden == "compliant" { words_of_the_site(&own) } else { own };
            assert!(!own.contains(forbidden), "{address} has {forbidden}");
        }
        let ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{address} has an id twice: {ids:?}");
        for anchor in html.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(ids.contains(&anchor), "{address} leads to #{anchor}, which is not there");
        }
    }
}

/// The page without quoted words of the form and of suppliers.
fn words_of_the_site(html: &str) -> String {
    let mut out = String::new();
    for piece in html.split("<blockquote>") {
        out.push_str(piece.split_once("</blockquote>").map_or(piece, |(_, after)| after));
    }
    let key = out.split_once("id=\"key\"").map_or(out.clone(), |(before, _)| before.to_owned());
    let mut out = String::new();
    for piece in key.split("<details>") {
        out.push_str(piece.split_once("</details>").map_or(piece, |(_, after)| after));
    }
    // Questions are the form's own.
    out.split("<h3>").map(|piece| piece.split_once("</h3>").map_or(piece, |(_, after)| after)).collect()
}

#[tokio::test]
async fn every_link_of_the_pages_leads_somewhere() {
    let made = MadeUp::new();
    made.history();
    let mut seen = std::collections::BTreeSet::new();
    for address in PAGES {
        let html = page(&made, address).await;
        for href in html.split("href=\"/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let target = format!("/{}", href.replace("&#38;", "&").replace("&amp;", "&").split('#').next().unwrap());
            if seen.insert(target.clone()) {
                let status = made.get_with(&target, &[("accept", "text/html")]).await.status;
                assert!(status.is_success() || status.is_redirection(), "{address} leads to {target}: {status}");
            }
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
}

#[tokio::test]
async fn a_service_is_found_by_parts_of_its_name() {
    let made = MadeUp::new();
    made.history();
    made.transcribe("silent-supplier/old-service");
    let found = words(&page(&made, "/?q=EXAMPLE%20cloud").await);
    reads(
        &found,
        &["Example Cloud", "Version 3, published here on 2 November 2024. Self-certified; signed by two people."],
    );
    assert!(!found.contains("Transcribed Service"), "{found}");
    let all = words(&page(&made, "/?q=").await);
    reads(&all, &["Example Cloud", "Transcribed Service", "Transcribed; not signed by the supplier."]);
    let none = page(&made, "/?q=%3Cb%3Enothing%E2%80%AE").await;
    reads(&none, &["has “<bdi>&#60;b&#62;nothing</bdi>” in its name", "Try fewer words"]);
    reads(
        &words(&page(&made, "/").await),
        &["All 2 services of 2 suppliers", "Recently changed", "Suppliers certify themselves"],
    );
}

#[tokio::test]
async fn a_certification_says_who_stands_behind_it_since_when_and_how_old_each_answer_is() {
    let made = MadeUp::new();
    made.history();
    let html = page(&made, SERVICE).await;
    let text = words(&html);
    reads(
        &text,
        &[
            "Self-certified; not checked by the Department. Signed by two people at the company.",
            "Version 3 (current)",
            "Published here 2 November 2024",
            "The supplier says it applies from no date given",
            "Confirmed by the supplier on 2 November 2024; to be confirmed again by 2 October 2025.",
            "36 green, 1 amber",
            "is signed by two people with enrolled keys, and nothing in it was altered since",
            "▲ Amber: supplier cannot fully confirm this",
            "not necessarily a negative",
            "Changed in this version (2 November 2024)",
            "Stands unchanged since version 1 (1 November 2023)",
            "Green: read the statement",
            "Ask about Q 5.7",
        ],
    );
    assert_eq!(html.matches("<article class=\"answer\"").count(), 44, "37 answers and 7 statements on support");
    reads(
        &html,
        &[
            "href=\"/v1/certifications/example-learning/example-cloud/versions/3/receipt\"",
            "href=\"mailto:privacy@example.org?subject=",
        ],
    );
    assert!(!text.contains("Ann Example") && !text.contains("Bob Sample"), "persons are not named");
}

#[tokio::test]
async fn freshness_is_said_in_words_as_time_goes_by() {
    let made = MadeUp::new();
    made.history();
    for (now, said) in [
        ("2025-10-02T09:00:00Z", "a new confirmation has been due since 2 October 2025, and lapses on 2 November 2025"),
        ("2025-11-02T09:00:00Z", "and not since: the confirmation lapsed on 2 November 2025"),
    ] {
        made.at(now);
        reads(&words(&page(&made, SERVICE).await), &[said]);
    }
}

#[tokio::test]
async fn as_of_a_day_shows_what_stood_then_and_where_to_go_from_there() {
    let made = MadeUp::new();
    made.history();
    for day in ["2024-06-01", "1/6/2024", "1%20June%202024"] {
        let html = page(&made, &format!("{SERVICE}?as_of={day}")).await;
        reads(
            &words(&html),
            &["This is what stood at the end of 1 June 2024: version 2.", "What changed since", "Current version (3)"],
        );
        reads(&html, &["<link rel=\"canonical\" href=\"/s/example-learning/example-cloud/versions/2\">"]);
    }
    for (day, said) in [
        ("2031-01-01", "nobody knows what will stand then"),
        ("2024-02-30", "We could not read that as a day that exists"),
        ("2020-01-01", "its first version is of 2023-11-01"),
    ] {
        let answer = made.get(&format!("{SERVICE}?as_of={day}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (422, "no-store"));
        reads(&words(&answer.text()), &[said, "As it stood on"]);
        reads(&answer.text(), &[&format!("value=\"{day}\" aria-invalid")]);
    }
}

#[tokio::test]
async fn an_older_version_says_so_and_leads_to_what_changed() {
    let made = MadeUp::new();
    made.history();
    let html = page(&made, &format!("{SERVICE}/versions/2")).await;
    reads(
        &words(&html),
        &[
            "This is not the current statement: version 3 is.",
            "ssh-keygen -Y verify -f allowed_signers -I signatory@example-learning -n certification@certreg.example",
        ],
    );
    reads(&html, &["href=\"/s/example-learning/example-cloud/changes?from=2&#38;to=3\""]);
    let answer = made.get(&format!("{SERVICE}/versions/9")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    reads(&words(&answer.text()), &["There is nothing here", "has versions 1 to 3"]);
}

#[tokio::test]
async fn what_changed_since_a_day_is_told_marked_and_with_the_forms_own_caveat() {
    let made = MadeUp::new();
    made.history();
    for day in ["2024", "2024-01-01", "1/1/2024"] {
        let html = page(&made, &format!("{SERVICE}/changes?since={day}")).await;
        reads(
            &words(&html),
            &[
                "What changed since you signed up",
                "Then Version 1, in force at the start of 1 January 2024, when you signed up.",
                "Now Version 3, published here on 2 November 2024",
                "1 of 37 answers changed: 1 green to amber.",
                "Q 5.7 Needs your attention",
                "● Green: supplier says it fully meets this → became ▲ Amber: supplier cannot fully confirm this",
                "not necessarily a negative",
                "What you might do:",
                "Read the two versions of Q 5.7 in full",
                "Data is deleted sooner.",
                "Step by step",
            ],
        );
        assert!(html.contains("<del>[removed: ") && html.contains("<ins>[added: "), "marks stand in the text: {html}");
    }
    let answer = made.get(&format!("{SERVICE}/changes?since=2024")).await;
    assert_eq!(answer.header("cache-control"), "no-store", "the day belongs to the reader");
    let sides = words(&page(&made, &format!("{SERVICE}/changes?since=2024&view=sides")).await);
    reads(&sides, &["Before Yes. After Data is kept for 30 days and then deleted."]);
    let all = page(&made, &format!("{SERVICE}/changes?since=2024&view=all")).await;
    assert_eq!(all.matches("<article").count(), 44);
    let quiet = words(&page(&made, &format!("{SERVICE}/changes?since=2024-12-24")).await);
    reads(&quiet, &["No new version since"]);
}

#[tokio::test]
async fn a_day_that_cannot_be_is_asked_for_again_with_what_was_typed() {
    let made = MadeUp::new();
    made.history();
    let typed = "%3Cb%3E31%20June";
    let answer = made.get(&format!("{SERVICE}/changes?since={typed}")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    reads(
        &answer.text(),
        &["value=\"&#60;b&#62;31 June\"", "aria-invalid", "We could not read that as a day that exists"],
    );
    let ahead = made.get(&format!("{SERVICE}/changes?since=2031-01-01")).await;
    reads(&words(&ahead.text()), &["That day lies ahead; today is 15 January 2025."]);
    let wrong_way = made.get(&format!("{SERVICE}/changes?from=3&to=1")).await;
    assert_eq!(wrong_way.status, StatusCode::UNPROCESSABLE_ENTITY);
    for bad in ["from=0", "from=x", "from=1&to=99", "from=4294967296"] {
        assert_eq!(made.get(&format!("{SERVICE}/changes?{bad}")).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
}

#[tokio::test]
async fn history_lists_every_version_with_both_dates() {
    let made = MadeUp::new();
    made.history();
    let html = page(&made, &format!("{SERVICE}/history")).await;
    reads(
        &words(&html),
        &[
            "Version 3 : Update",
            "Published here on 2 May 2024. Signed by two people. The supplier says the service changed on 22 April 2024.",
            "Version 1 : First statement",
            "As it stood on",
            "3 versions, from 1 November 2023 to 15 January 2025",
        ],
    );
    reads(&html, &["role=\"img\" aria-label=\"Timeline: 3 versions"]);
}

#[tokio::test]
async fn a_transcription_is_never_called_certified() {
    let made = MadeUp::new();
    made.transcribe("silent-supplier/old-service");
    let html = page(&made, "/s/silent-supplier/old-service").await;
    let text = words(&html);
    reads(
        &text,
        &[
            "Transcribed from the supplier's published statement; not signed by the supplier.",
            "○ Not recorded",
            "was transcribed from the supplier's published statement and signed by the Department",
            "not before 25 May 2018",
            "-n transcription@certreg.example",
        ],
    );
    assert!(!text.contains("Self-certified") && !text.contains("Last confirmed"), "{text}");
    reads(&html, &["<meta name=\"robots\" content=\"noindex\">"]);
    reads(
        &words(&page(&made, "/s/silent-supplier").await),
        &["No keys of this supplier are enrolled", "It may ask Test authority to enrol its keys"],
    );
}

async fn upload(made: &MadeUp, file: &[u8]) -> Answer {
    let (kind, body) = form(&[("file", file)]);
    made.send(request(Method::POST, "/verify", &[("content-type", &kind)], Body::from(body))).await
}

#[tokio::test]
async fn a_file_is_recognised_by_its_bytes() {
    let made = MadeUp::new();
    let draft = made.draft();
    made.publish(&draft);
    let document = bytes(&draft);
    let found = upload(&made, &document).await;
    assert_eq!(found.header("cache-control"), "no-store");
    reads(
        &words(&found.text()),
        &["Version 1 of Example Cloud (Example Learning Ltd), the current version, published here on 1 November 2023"],
    );
    let windows = String::from_utf8(document.clone()).unwrap().replace('\n', "\r\n");
    reads(
        &words(&upload(&made, windows.as_bytes()).await.text()),
        &["Version 1 of Example Cloud", "The ends of its lines were altered"],
    );
    let mut altered = document.clone();
    altered[200] ^= 1;
    reads(&words(&upload(&made, &altered).await.text()), &["These exact bytes were never published here."]);
    reads(
        &words(&page(&made, &format!("/verify?digest={}", Digest::of(&document).hex())).await),
        &["Version 1 of Example Cloud"],
    );
    for bad in [upload(&made, b"").await, made.call(Method::POST, "/verify").await] {
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
        reads(&words(&bad.text()), &["Choose a file and send the form again."]);
    }
    let large = upload(&made, &vec![b'x'; 3 << 20]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    reads(&words(&large.text()), &["too large"]);
    assert_eq!(made.get("/verify?digest=xyz").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_went_wrong_is_a_page_for_browsers_and_a_problem_for_programs() {
    let made = MadeUp::new();
    made.history();
    let html = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for address in ["/nothing/here", "/s/Bad%20Name", "/s/%FF", "/s/nobody", "/s/nobody/nothing", "/s/a/b/c/d"] {
        let answer = made.get_with(address, &html).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{address}");
        reads(&words(&answer.text()), &["Search by the name of a service or supplier", "first page"]);
        assert!(!answer.text().contains("/v1/"), "{address}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.header("x-request-id").is_empty());
    }
    made.get("/nothing/here").await.problem(404, "no-such-address");
    made.get_with("/v1/certifications/nobody/nothing", &html).await.problem(404, "certification-not-found");
    let posted = made.send(request(Method::POST, "/privacy", &html, Body::empty())).await;
    assert_eq!((posted.status.as_u16(), posted.header("allow")), (405, "GET,HEAD"));
    assert!(posted.text().contains("<!doctype html>"));
    let long = made.get(&format!("/?q={}", "x".repeat(5_000))).await;
    assert_eq!(long.status, StatusCode::URI_TOO_LONG);
    reads(&words(&long.text()), &["ask for less at once"]);
}

#[tokio::test]
async fn hostile_names_and_statements_stay_text() {
    let made = MadeUp::new();
    let mut draft = made.draft();
    let evil = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover=\"x";
    draft.service_name = "<b>Cloud</b> & \"Co\"".to_owned();
    draft.supplier_name = "Example Learning Ltd שלום".to_owned();
    draft.responses.insert(question("q3.1"), green(&[evil, &"w".repeat(10_000)]));
    draft
        .responses
        .insert(question("q5.7"), answer(certreg::domain::Code::Black, &["[removed: nothing] {{ 7*7 }} &amp;"]));
    draft.change.summary = vec![evil.to_owned()];
    made.publish(&draft);
    made.at("2024-03-01T09:00:00Z");
    let mut second = made.next();
    second.responses.insert(question("q3.1"), amber(&[&format!("{evil} and more")]));
    second.change.summary = vec![evil.to_owned()];
    second.change.service_changed_on = Some(parse("2024-02-29"));
    made.publish(&second);
    for address in PAGES {
        if address.contains("as_of") || address.contains("to=2") {
            continue;
        }
        let html = made.get(address).await.text();
        for raw in ["<script", "<img src=x", "<b>Cloud", "onmouseover=\"x"] {
            assert!(!html.contains(raw), "{address} has {raw}");
        }
    }
    let text = page(&made, SERVICE).await;
    reads(
        &text,
        &["&#60;script&#62;alert(1)", "<bdi>&#60;b&#62;Cloud&#60;/b&#62; &#38; &#34;Co&#34;</bdi>", "&#38;amp;"],
    );
    assert!(made.get(&format!("{SERVICE}/changes?since=2024-02-01")).await.text().contains("needs your attention"));
}

#[tokio::test]
async fn the_stylesheet_is_small_and_kept_under_an_address_that_names_it() {
    let made = MadeUp::new();
    let home = page(&made, "/").await;
    let address = home.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let sheet = made.get(address).await;
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert!(sheet.header("cache-control").contains("immutable"));
    assert!(sheet.body.len() <= 12 * 1024, "{} bytes", sheet.body.len());
    for part in
        ["prefers-color-scheme: dark", "@media print", "forced-colors: active", ":focus-visible", "max-width: 40rem"]
    {
        assert!(sheet.text().contains(part), "{part}");
    }
    assert!(!sheet.text().contains("url("), "nothing is fetched from elsewhere");
    assert_eq!(made.get("/mark.svg").await.header("content-type"), "image/svg+xml");
    let again = made.get_with(SERVICE, &[("if-none-match", "*")]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "nothing is published yet: {CERTIFICATION}");
}

#[tokio::test]
async fn a_sentence_is_found_with_the_time_for_which_it_stood() {
    let made = MadeUp::new();
    made.history();
    let found = words(&page(&made, &format!("{SERVICE}/history?words=is%20KEPT%20for%20%2060%20days")).await);
    reads(&found, &["Q 5.7 : from version 2 (2 May 2024) to version 2; gone with version 3 (2 November 2024)."]);
    let still = words(&page(&made, &format!("{SERVICE}/history?words=and%20then%20deleted")).await);
    reads(&still, &["Q 5.7 : from version 2 (2 May 2024) to this day."]);
    let support = words(&page(&made, &format!("{SERVICE}/history?words=We%20help")).await);
    reads(&support, &["Support 3.7 : from version 1 (1 November 2023) to this day."]);
    for never in ["never%20said", "%3Cscript%3E", "...", "%20"] {
        let html = page(&made, &format!("{SERVICE}/history?words={never}")).await;
        assert!(!html.contains("<script"), "{never}");
        assert_eq!(html.contains("These words never stood"), never != "%20", "{never}");
    }
}
