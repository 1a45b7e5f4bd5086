//! Atom feeds and the badge: valid, with ids that stay, readable for people.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::http::StatusCode;
use common::{
    page::reads,
    registry::{CERTIFICATION, MadeUp, parse},
};

const FEEDS: [&str; 4] = [
    "/v1/certifications/example-learning/example-cloud/feed.atom",
    "/v1/suppliers/example-learning/feed.atom",
    "/v1/changes.atom",
    "/my-services/feed.atom?s=example-learning/example-cloud@2023~Oakfield%20%26%20co",
];

/// Checks that every element that is opened is closed, in order, and gives the text of each element called `name`.
fn elements(xml: &str, name: &str) -> Vec<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut texts = Vec::new();
    let declaration = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n").unwrap();
    for piece in declaration.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        assert!(
            !text.contains('>')
                && !text.split('&').skip(1).any(|rest| !rest
                    .split_once(';')
                    .unwrap()
                    .0
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric())),
            "{piece}"
        );
        match tag.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "{xml}"),
            None if tag.ends_with('/') => assert_eq!(tag.matches('"').count() % 2, 0, "{tag}"),
            None => {
                open.push(tag.split(' ').next().unwrap());
                if tag == name {
                    texts.push(text.to_owned());
                }
            }
        }
    }
    assert!(open.is_empty(), "{open:?} stays open");
    texts
}

#[tokio::test]
async fn feeds_have_what_atom_asks_for() {
    let made = MadeUp::new();
    made.history();
    for address in FEEDS {
        let answer = made.get(address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
        let xml = answer.text();
        let (ids, updated) = (elements(&xml, "id"), elements(&xml, "updated"));
        assert!(ids.len() >= 4, "{address}: {xml}");
        let mut once = ids.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{ids:?}");
        assert!(ids.iter().all(|id| id.starts_with("tag:certreg.example,2026:/")), "{ids:?}");
        assert_eq!(updated[0], updated[1], "the feed is as old as its newest entry");
        assert!(updated.iter().all(|time| time.parse::<certreg::domain::Instant>().is_ok()), "{updated:?}");
        let titles = elements(&xml, "title");
        assert!(titles.contains(&"Example Cloud, version 3".to_owned()), "{titles:?}");
        assert!(
            elements(&xml, "summary").contains(
                &"1 of 37 answers changed: 1 kept its colour and changed words. 1 support statement changed."
                    .to_owned()
            ) || xml.contains("1 of 37 answers changed"),
            "{xml}"
        );
        reads(
            &xml,
            &[
                "rel=\"self\"",
                "<author><name>Test register</name></author>",
                "href=\"/s/example-learning/example-cloud/versions/3\"",
            ],
        );
        assert_eq!(
            made.get(
                &address.replace("example-cloud", "no-such").replace("suppliers/example-learning", "suppliers/nobody")
            )
            .await
            .status
            .is_success(),
            address.starts_with("/v1/changes") || address.starts_with("/my"),
            "{address}"
        );
    }
}

#[tokio::test]
async fn an_entry_keeps_its_id_and_addresses_begin_where_the_reader_asked() {
    let made = MadeUp::new();
    made.history();
    let before = elements(&made.get(FEEDS[0]).await.text(), "id");
    made.at("2025-02-01T09:00:00Z");
    let mut next = made.next();
    next.service_name = "Example <Cloud> & \"Co\"".to_owned();
    next.change.service_changed_on = Some(parse("2025-01-31"));
    made.publish(&next);
    let xml = made.get_with(FEEDS[0], &[("host", "certreg.example"), ("x-forwarded-proto", "https")]).await.text();
    let after = elements(&xml, "id");
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|id| after.contains(id)), "{before:?} {after:?}");
    reads(
        &xml,
        &[
            "<title>Example &lt;Cloud&gt; &amp; &quot;Co&quot;, version 4</title>",
            "href=\"https://certreg.example/s/example-learning/example-cloud\"",
        ],
    );
    let odd = made.get_with(FEEDS[0], &[("host", "evil\"/>")]).await.text();
    assert!(!odd.contains("evil"), "{odd}");
}

#[tokio::test]
async fn the_feed_of_a_list_begins_with_its_days_and_is_never_kept() {
    let made = MadeUp::new();
    made.history();
    let answer = made
        .get(&format!("/my-services/feed.atom?s={CERTIFICATION}@2024-06&s={CERTIFICATION}@2024-07~B&s=Payments@2020"))
        .await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let titles = elements(&answer.text(), "title");
    assert_eq!(titles, ["My services", "Example Cloud, version 3"]);
    assert!(!elements(&answer.text(), "id")[0].contains("example-cloud"), "the id does not repeat the list");
    let empty = made.get(&format!("/my-services/feed.atom?s={CERTIFICATION}@2025-01-10")).await.text();
    assert_eq!(elements(&empty, "entry").len(), 0);
    assert_eq!(elements(&empty, "updated"), ["2023-11-01T10:00:00Z"], "as old as the registry");
}

#[tokio::test]
async fn the_badge_is_neutral() {
    let made = MadeUp::new();
    made.history();
    made.transcribe("silent-supplier/old-service");
    let own = made.get("/v1/certifications/example-learning/example-cloud/badge.svg").await;
    assert_eq!(own.header("content-type"), "image/svg+xml");
    assert_eq!(
        elements(&format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{}", own.text()), "title"),
        ["self-certified · version 3 · 2 Nov 2024"]
    );
    let other = made.get("/v1/certifications/silent-supplier/old-service/badge.svg").await.text();
    reads(&other, &["transcribed, not signed · version 1 · 15 Jan 2025"]);
    made.get("/v1/certifications/nobody/nothing/badge.svg").await.problem(404, "certification-not-found");
}
