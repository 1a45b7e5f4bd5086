//! Exports: everything at once, as exact bytes with their signatures, and level for ever after by following the
//! changes.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    sync::Arc,
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Method, StatusCode},
};
use certreg::{
    domain::{Digest, Draft},
    registry::Registry,
};
use common::{
    http::{Answer, ask, request},
    registry::{CERTIFICATION, MadeUp, answer, parse, question},
};
use serde_json::Value;

const EXPORT: &str = "/v1/export.ndjson.gz";
/// How many publishes the follower has to keep up with; `CERTREG_FOLLOWED=1000` makes it a longer test.
const FOLLOWED: usize = 120;

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let mut text = String::new();
    flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The versions of an export, whose first and last line must fit; with its sequence.
fn versions(answer: &Answer) -> (u64, Vec<Value>) {
    let mut lines = lines(answer);
    let (first, last) = (lines.remove(0), lines.pop().unwrap());
    assert_eq!((first["type"].as_str(), last["type"].as_str()), (Some("export"), Some("end")));
    assert_eq!(last["lines"], lines.len());
    for line in &lines {
        let document = line["document"].as_str().unwrap();
        assert_eq!(line["digest"], Digest::of(document.as_bytes()).to_string(), "exact bytes");
        assert!(line["signature"].as_str().unwrap().starts_with("-----BEGIN SSH SIGNATURE-----"));
    }
    (first["sequence"].as_u64().unwrap(), lines)
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router.clone(), request(Method::GET, path, &[], Body::empty())).await
}

async fn get_with(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(router.clone(), request(Method::GET, path, headers, Body::empty())).await
}

#[tokio::test]
async fn an_export_has_every_current_version_or_every_version_with_its_signatures() {
    let made = MadeUp::new();
    made.history();
    let router = certreg::server::router(made.registry.clone());
    let answer = get(&router, EXPORT).await;
    assert_eq!(answer.header("content-type"), "application/gzip");
    assert_eq!(answer.header("content-encoding"), "", "it is packed once");
    assert!(answer.header("content-disposition").contains("-export.ndjson.gz\""));
    let (sequence, current) = versions(&answer);
    assert_eq!(sequence, made.registry.index().latest_sequence().unwrap().unwrap());
    let found: Vec<_> = current.iter().map(|line| (line["certification"].as_str(), line["version"].as_u64())).collect();
    assert_eq!(found, [(Some(CERTIFICATION), Some(3))]);
    let (_, all) = versions(&get(&router, &format!("{EXPORT}?versions=all")).await);
    assert_eq!(all.iter().map(|line| line["version"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(all.iter().all(|line| line["countersignature"].is_string()));
    get(&router, &format!("{EXPORT}?versions=some")).await.problem(400, "bad-parameter");
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on_and_one_that_is_known_is_not_sent_again() {
    let made = MadeUp::new();
    made.history();
    let router = certreg::server::router(made.registry.clone());
    for path in [EXPORT, "/v1/export/responses.csv"] {
        let whole = get(&router, path).await;
        let tag = whole.header("etag").to_owned();
        assert_eq!(tag, format!("\"sha256-{}\"", Digest::of(&whole.body).hex()));
        assert_eq!(whole.header("accept-ranges"), "bytes");
        let length = whole.body.len();
        let rest = get_with(&router, path, &[("range", "bytes=100-"), ("if-range", &tag)]).await;
        assert_eq!(rest.status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(rest.header("content-range"), format!("bytes 100-{}/{length}", length - 1));
        assert_eq!(rest.body, whole.body[100..]);
        let middle = get_with(&router, path, &[("range", "bytes=10-19")]).await;
        assert_eq!((middle.body.as_slice(), middle.header("content-length")), (&whole.body[10..20], "10"));
        let changed = get_with(&router, path, &[("range", "bytes=100-"), ("if-range", "\"other\"")]).await;
        assert_eq!((changed.status, changed.body.len()), (StatusCode::OK, length));
        let beyond = get_with(&router, path, &[("range", &format!("bytes={length}-"))]).await;
        beyond.problem(416, "range-not-satisfiable");
        assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
        let known = get_with(&router, path, &[("if-none-match", &tag)]).await;
        assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
        let head = ask(router.clone(), request(Method::HEAD, path, &[], Body::empty())).await;
        assert_eq!((head.body.len(), head.header("content-length")), (0, length.to_string().as_str()));
    }
}

#[tokio::test]
async fn the_table_has_a_row_for_each_answer_and_nothing_that_a_spreadsheet_would_run() {
    let made = MadeUp::new();
    let mut draft = made.draft();
    draft
        .responses
        .insert(question("q3.1"), answer(certreg::domain::Code::Green, &["=HYPERLINK(\"https://x.example\")"]));
    draft.responses.insert(question("q3.2"), answer(certreg::domain::Code::Amber, &["@SUM(1)", "Second paragraph."]));
    made.publish(&draft);
    let router = certreg::server::router(made.registry.clone());
    let answer = get(&router, "/v1/export/responses.csv").await;
    assert!(answer.header("content-type").starts_with("text/csv"));
    let text = answer.text();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().unwrap().iter().take(4).collect::<Vec<_>>(),
        ["certification", "version", "published_on", "id"]
    );
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 37 + 7);
    assert!(rows.iter().all(|row| row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@']))));
    let row = |id: &str| rows.iter().find(|row| &row[3] == id).unwrap();
    assert_eq!((&row("q3.1")[0], &row("q3.1")[6]), (CERTIFICATION, "'=HYPERLINK(\"https://x.example\")"));
    assert_eq!((&row("q3.2")[5], &row("q3.2")[6]), ("amber", "'@SUM(1)\n\nSecond paragraph."));
}

/// What a registry holds, by certification: the current version's digest.
fn held(registry: &Registry) -> BTreeMap<String, String> {
    let rows = registry.index().certifications(&Default::default(), None, usize::MAX).unwrap();
    let publication = |row: certreg::index::CertificationRow| row.current.publication;
    rows.into_iter().map(publication).map(|p| (p.certification.to_string(), p.digest.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_the_export_and_follows_the_changes_has_what_the_registry_has() {
    let followed = std::env::var("CERTREG_FOLLOWED").map_or(FOLLOWED, |text| text.parse().unwrap());
    let made = Arc::new(MadeUp::new());
    made.history();
    let router = certreg::server::router(made.registry.clone());
    let publishing = {
        let made = made.clone();
        thread::spawn(move || {
            thread::scope(|scope| {
                for writer in 0..4 {
                    let made = &made;
                    scope.spawn(move || (0..followed / 4).for_each(|turn| publish(made, writer, turn)));
                }
            });
        })
    };
    // In the middle of it all.
    while made.registry.write_figures().commits < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (sequence, exported) = versions(&get(&router, EXPORT).await);
    let mut copy: BTreeMap<String, String> = BTreeMap::new();
    for line in &exported {
        assert!(line["sequence"].as_u64().unwrap() <= sequence, "nothing is newer than the export says");
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        assert_eq!(copy.insert(text("certification"), text("digest")), None, "once each");
    }
    let (mut after, mut seen) = (sequence, BTreeSet::new());
    loop {
        let page = get(&router, &format!("/v1/changes?after={after}&wait=2&limit=7")).await.json();
        for event in page["items"].as_array().unwrap() {
            assert!(seen.insert(event["sequence"].as_u64().unwrap()), "nothing comes twice");
            let id = event["certification"].as_str().unwrap().to_owned();
            copy.insert(id, event["digest"].as_str().unwrap().to_owned());
        }
        after = page["next"].as_u64().unwrap();
        if publishing.is_finished() && page["items"].as_array().unwrap().is_empty() {
            break;
        }
    }
    publishing.join().unwrap();
    assert_eq!(copy, held(&made.registry));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), (sequence + 1..=after).collect::<Vec<_>>(), "nothing is missed");
}

/// Every other publish is a new certification; the rest are new versions of one.
fn publish(made: &MadeUp, writer: usize, turn: usize) {
    let steady = format!("example-learning/steady-{writer}");
    let draft = match turn {
        0 => made.draft_of(&steady, 1),
        turn if turn % 2 == 0 => made.draft_of(&format!("example-learning/new-{writer}-{turn}"), 1),
        turn => Draft { service_name: format!("Steady {turn}"), ..made.next_of(&steady) },
    };
    made.publish(&draft);
}

#[tokio::test]
async fn no_export_names_a_person_and_after_an_erasure_each_is_made_anew() {
    let made = MadeUp::new();
    made.history();
    let router = certreg::server::router(made.registry.clone());
    let person = common::registry::completer(1);
    for path in [EXPORT, "/v1/export.ndjson.gz?versions=all", "/v1/export/responses.csv"] {
        let answer = get(&router, path).await;
        let mut bytes = answer.body.clone();
        if path.starts_with(EXPORT) {
            bytes.clear();
            flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_end(&mut bytes).unwrap();
        }
        assert!(!String::from_utf8(bytes).unwrap().contains(&person.name), "{path}");
    }
    let before = get(&router, EXPORT).await;
    made.publish(&made.draft_of("example-learning/another", 1));
    assert_eq!(get(&router, EXPORT).await.body, before.body, "good enough for some seconds");
    let digest: Digest = parse(&certreg::format::v1::person::digest(&person).to_string());
    made.registry.forget(&BTreeSet::from([digest])).unwrap();
    let (_, current) = versions(&get(&router, EXPORT).await);
    assert_eq!(current.len(), 2, "made anew");
    assert_eq!(std::fs::read_dir(made.data().join("exports")).unwrap().count(), 0, "they have no names");
}
