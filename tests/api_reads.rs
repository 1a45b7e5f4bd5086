//! Every row of the address table that reads: shape, cache class, validators, methods.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use certreg::{
    api::{OpenApiVersion, openapi_json},
    domain::Digest,
};
use common::registry::{CERTIFICATION, MadeUp, bytes, completer, record};
use serde_json::{Value, json};

const BASE: &str = "/v1/certifications/example-learning/example-cloud";

const A: &str = "public, max-age=31536000, immutable, no-transform";
const B: &str = "public, max-age=604800, stale-while-revalidate=2592000";
const C: &str = "public, max-age=86400";
const D: &str = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400";
const E: &str = "public, max-age=5";
const N: &str = "no-store";

/// Address, the described path it belongs to, cache class.
fn table() -> Vec<(String, &'static str, &'static str)> {
    let c = "/v1/certifications/{supplier}/{service}";
    let own = |path: &str| format!("{BASE}{path}");
    let described: Vec<(String, String, &'static str)> = [
        ("", D),
        ("/responses", D),
        ("/responses/{question}", D),
        ("/responses/{question}/history", D),
        ("/statement.html", D),
        ("/statement.md", D),
        ("/statement.txt", D),
        ("/responses.csv", D),
        ("/versions", D),
        ("/versions/{version}", B),
        ("/versions/{version}/document", A),
        ("/versions/{version}/signatures", A),
        ("/versions/{version}/signatures/{role}", A),
        ("/versions/{version}/receipt", A),
        ("/versions/{version}/verification", D),
        ("/versions/{version}/statement.html", C),
        ("/versions/{version}/statement.md", C),
        ("/versions/{version}/statement.txt", C),
        ("/versions/{version}/responses.csv", C),
        ("/changes", D),
        ("/feed.atom", D),
        ("/badge.svg", D),
    ]
    .into_iter()
    .map(|(path, class)| {
        let address = path.replace("{version}", "2").replace("{question}", "q5.7").replace("{role}", "signatory");
        (own(&address), format!("{c}{path}"), class)
    })
    .collect();
    let mut table: Vec<(String, &'static str, &'static str)> =
        described.into_iter().map(|(address, path, class)| (address, &*path.leak(), class)).collect();
    let diff = |suffix: &str, query: &str| own(&format!("/diff{suffix}?{query}"));
    let plain: Vec<(String, &'static str, &'static str)> = vec![
        (own("?as_of=2024-06-30"), "/v1/certifications/{supplier}/{service}", D),
        (own("/cases"), "/v1/certifications/{supplier}/{service}/cases", D),
        ("/v1/cases".into(), "/v1/cases", D),
        (diff("", "from=1&to=3"), "/v1/certifications/{supplier}/{service}/diff", C),
        (diff("", "since=2024"), "/v1/certifications/{supplier}/{service}/diff", D),
        (diff(".html", "from=1"), "/v1/certifications/{supplier}/{service}/diff.html", D),
        (diff(".md", "from=1&to=2"), "/v1/certifications/{supplier}/{service}/diff.md", C),
        (diff(".txt", "from=1&to=2"), "/v1/certifications/{supplier}/{service}/diff.txt", C),
        ("/v1".into(), "/v1", D),
        ("/v1/suppliers".into(), "/v1/suppliers", D),
        ("/v1/suppliers/example-learning".into(), "/v1/suppliers/{supplier}", D),
        ("/v1/suppliers/example-learning/keys".into(), "/v1/suppliers/{supplier}/keys", D),
        ("/v1/suppliers/example-learning/allowed_signers".into(), "/v1/suppliers/{supplier}/allowed_signers", D),
        (
            "/v1/suppliers/example-learning/allowed_signers.sig".into(),
            "/v1/suppliers/{supplier}/allowed_signers.sig",
            D,
        ),
        ("/v1/certifications?sort=recently_changed".into(), "/v1/certifications", D),
        ("/v1/certifications?q=deleted".into(), "/v1/certifications", D),
        ("/v1/find?words=is+kept+for+60+days".into(), "/v1/find", D),
        ("/v1/suppliers/example-learning/feed.atom".into(), "/v1/suppliers/{supplier}/feed.atom", D),
        ("/v1/changes.atom".into(), "/v1/changes.atom", D),
        ("/v1/changes?after=0".into(), "/v1/changes", E),
        ("/v1/changes/6".into(), "/v1/changes/{sequence}", C),
        (format!("/v1/reports/since?item={CERTIFICATION}@2024"), "/v1/reports/since", N),
        (format!("/v1/reports/since.csv?item={CERTIFICATION}@2024-01"), "/v1/reports/since.csv", N),
        (format!("/v1/reports/since.html?item={CERTIFICATION}@2024-01-01"), "/v1/reports/since.html", N),
        (format!("/v1/reports/since.md?item={CERTIFICATION}@2024"), "/v1/reports/since.md", N),
        ("/log/checkpoint".into(), "/log/checkpoint", E),
        ("/v1/log/proofs/inclusion?index=2&size=5".into(), "/v1/log/proofs/inclusion", C),
        ("/v1/log/proofs/consistency?old=2".into(), "/v1/log/proofs/consistency", E),
        ("/v1/editions".into(), "/v1/editions", D),
        ("/v1/editions/dfe-2018-gdpr".into(), "/v1/editions/{edition}", A),
        ("/v1/editions/dfe-2018-gdpr/template.json".into(), "/v1/editions/{edition}/template.json", B),
        ("/schemas/certification-1.json".into(), "/schemas/{schema}", B),
        ("/problems".into(), "/problems", D),
        ("/problems/version-conflict".into(), "/problems/{code}", D),
        ("/openapi.json".into(), "/openapi.json", D),
        ("/openapi-3.0.json".into(), "/openapi-3.0.json", D),
        ("/healthz".into(), "/healthz", N),
        ("/readyz".into(), "/readyz", N),
    ];
    table.extend(plain);
    table
}

/// The described schemas, closed: an answer with a member that is not described is a fault of the description.
fn closed_schemas(document: &Value) -> BTreeMap<String, Value> {
    let mut document = document.clone();
    for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
        if schema.get("properties").is_some() {
            schema["additionalProperties"] = json!(false);
        }
    }
    let components = document["components"].clone();
    let mut schemas = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let content = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        if !content.is_null() {
            schemas.insert(path.clone(), json!({"components": components, "allOf": [content]}));
        }
    }
    schemas
}

#[tokio::test]
async fn every_address_answers_as_described_with_its_cache_class() {
    let made = MadeUp::new();
    made.history();
    let document: Value = serde_json::from_str(&openapi_json(OpenApiVersion::V3_1)).unwrap();
    let schemas = closed_schemas(&document);
    for (address, path, class) in table() {
        let answer = made.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), class, "{address}");
        let tag = answer.header("etag").to_owned();
        match class {
            A => assert_eq!(tag, format!("\"sha256-{}\"", Digest::of(&answer.body).hex()), "{address}"),
            N => assert_eq!(tag, "", "{address}"),
            _ => assert!(tag.starts_with("W/\""), "{address}"),
        }
        let content = document["paths"][path]["get"]["responses"]["200"]["content"].as_object().unwrap();
        let media_type = answer.header("content-type").split(';').next().unwrap();
        assert!(content.contains_key(media_type), "{address} is {media_type}, described as {:?}", content.keys());
        if let Some(schema) = schemas.get(path) {
            let errors: Vec<String> = jsonschema::validator_for(schema)
                .unwrap()
                .iter_errors(&answer.json())
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{address}: {errors:#?}");
            assert!(!answer.text().contains(":null"), "{address} has a null");
        }
        for (header, value) in [("x-content-type-options", "nosniff"), ("access-control-allow-origin", "*")] {
            assert_eq!(answer.header(header), value, "{address}");
        }
        assert!(!answer.header("content-security-policy").is_empty() && !answer.header("x-request-id").is_empty());
        assert!(answer.header("access-control-expose-headers").contains("ETag"));
    }
}

#[tokio::test]
async fn every_address_answers_head_options_and_if_none_match() {
    let made = MadeUp::new();
    made.history();
    for (address, _, class) in table() {
        let got = made.get(&address).await;
        let head = made.call(Method::HEAD, &address).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{address}");
        assert_eq!(head.header("etag"), got.header("etag"), "{address}");
        assert_eq!(head.header("content-length"), got.body.len().to_string(), "{address}");
        let options = made.call(Method::OPTIONS, &address).await;
        assert_eq!(options.status, StatusCode::NO_CONTENT, "{address}");
        assert!(options.header("allow").contains("GET"), "{address}: {:?}", options.headers);
        assert_eq!(options.header("access-control-allow-origin"), "*");
        if class != N {
            let tag = got.header("etag");
            for given in [tag.to_owned(), format!("\"other\", {tag}"), "*".to_owned()] {
                let same = made.get_with(&address, &[("if-none-match", &given)]).await;
                assert_eq!((same.status, same.body.len()), (StatusCode::NOT_MODIFIED, 0), "{address} {given}");
                assert_eq!(same.header("etag"), tag);
                assert_eq!(same.header("cache-control"), class);
            }
            let other = made.get_with(&address, &[("if-none-match", "\"other\"")]).await;
            assert_eq!(other.status, StatusCode::OK, "{address}");
        }
        let deleted = made.call(Method::DELETE, &address).await;
        deleted.problem(405, "method-not-allowed");
        assert!(deleted.header("allow").contains("GET"), "{address}");
        let separator = if address.contains('?') { '&' } else { '?' };
        made.get(&format!("{address}{separator}colour=blue")).await.problem(400, "unknown-parameter");
    }
}

#[tokio::test]
async fn documents_come_as_exact_downloads_also_by_digest() {
    let made = MadeUp::new();
    let draft = made.draft();
    made.publish(&draft);
    let document = bytes(&draft);
    let digest = Digest::of(&document);
    let by_version = made.get(&format!("{BASE}/versions/1/document")).await;
    let by_digest = made.get(&format!("/v1/documents/{}", digest.hex())).await;
    for answer in [&by_version, &by_digest] {
        assert_eq!(answer.body, document);
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("etag"), format!("\"sha256-{}\"", digest.hex()));
        assert_eq!(
            answer.header("content-disposition"),
            "attachment; filename=\"example-learning-example-cloud-version-1.json\""
        );
        assert!(answer.header("content-digest").starts_with("sha-256=:"));
    }
    assert_eq!(by_digest.header("content-location"), format!("{BASE}/versions/1/document"));
    let packed = made.get_with(&format!("{BASE}/versions/1/document"), &[("accept-encoding", "gzip")]).await;
    assert_eq!((packed.header("content-encoding"), &packed.body), ("", &document), "exact bytes are never packed");
    let packed = made.get_with(&format!("{BASE}/versions/1"), &[("accept-encoding", "gzip")]).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    made.get(&format!("/v1/documents/{}", "0".repeat(64))).await.problem(404, "document-not-found");
    made.get(&format!("/v1/documents/{}", digest.hex().to_uppercase())).await.problem(404, "no-such-address");
}

#[tokio::test]
async fn a_person_is_shown_by_digest_alone_and_never_kept() {
    let made = MadeUp::new();
    made.history();
    let bytes = record(&completer(1));
    let answer = made.get(&format!("/v1/people/{}", Digest::of(&bytes).hex())).await;
    assert_eq!((&answer.body, answer.header("cache-control")), (&bytes, "no-store"));
    made.get(&format!("/v1/people/{}", "0".repeat(64))).await.problem(404, "person-not-found");
    for (address, _, _) in table() {
        let text = made.get(&address).await.text();
        assert!(!text.contains("Ann Example") && !text.contains("Bob Sample"), "{address} names a person");
    }
}

#[tokio::test]
async fn as_of_means_the_end_of_that_day_and_echoes_the_instant() {
    let made = MadeUp::new();
    made.history();
    let get = async |as_of: &str| made.get(&format!("{BASE}?as_of={as_of}")).await;
    for (as_of, version, instant) in [
        ("2023-11-01", 1, "2023-11-01T23:59:59Z"),
        ("2024-05-01", 1, "2024-05-01T22:59:59Z"),
        ("2024-05-02", 2, "2024-05-02T22:59:59Z"),
        ("2024-05-02T08:59:59Z", 1, "2024-05-02T08:59:59Z"),
        ("2025-01-15", 3, "2025-01-15T12:00:00Z"),
    ] {
        let answer = get(as_of).await;
        let view = answer.json();
        assert_eq!((&view["version"], &view["instant"]), (&json!(version), &json!(instant)), "{as_of}");
        assert_eq!(view["asked"], as_of);
        assert_eq!(answer.header("content-location"), format!("{BASE}/versions/{version}"));
        // Beside what stood then, the answer says what is known now.
        assert_eq!(answer.header("cache-control"), D, "{as_of}");
    }
    get("2025-01-16").await.problem(422, "as-of-ahead");
    get("2024-02-30").await.problem(400, "bad-day");
    get("2023-10-31").await.problem(404, "nothing-in-force");
}

#[tokio::test]
async fn a_key_ring_is_read_as_it_stood_on_a_day_or_at_an_instant() {
    let made = MadeUp::new();
    let get = async |file: &str, at: &str| {
        made.get(&format!("/v1/suppliers/example-learning/allowed_signers{file}?at={at}")).await
    };
    let now = made.get("/v1/suppliers/example-learning/allowed_signers").await.text();
    for at in ["2030-01-01", "2030-01-01T00:00:00Z"] {
        assert_eq!(get("", at).await.text(), now, "{at}");
        assert_eq!(get(".sig", at).await.status, StatusCode::OK, "{at}");
    }
    for file in ["", ".sig"] {
        get(file, "2020-01-01").await.problem(404, "no-keys");
        get(file, "2024-02-30").await.problem(400, "bad-day");
    }
}

#[tokio::test]
async fn lists_go_on_page_by_page() {
    let made = MadeUp::new();
    made.history();
    let mut address = format!("{BASE}/versions?limit=2");
    let mut seen = Vec::new();
    loop {
        let answer = made.get(&address).await;
        let page = answer.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["version"].as_u64().unwrap()));
        let link = answer.header("link").to_owned();
        assert_eq!(link.is_empty(), page.get("next_cursor").is_none());
        let Some(next) = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")) else { break };
        address = next.to_owned();
    }
    assert_eq!(seen, [3, 2, 1]);
    for (query, code) in [("limit=0", "bad-parameter"), ("limit=201", "bad-parameter"), ("cursor=zz", "bad-parameter")]
    {
        made.get(&format!("{BASE}/versions?{query}")).await.problem(400, code);
    }
}

#[tokio::test]
async fn certifications_are_found_by_name_answer_and_time() {
    let made = MadeUp::new();
    made.history();
    made.transcribe("silent-supplier/old-service");
    let found = async |query: &str| -> Vec<String> {
        let page = made.get(&format!("/v1/certifications?{query}")).await.json();
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let (own, other) = (CERTIFICATION.to_owned(), "silent-supplier/old-service".to_owned());
    assert_eq!(found("").await, [own.clone(), other.clone()]);
    assert_eq!(found("sort=recently_changed").await, [other.clone(), own.clone()]);
    assert_eq!(found("q=example%20CLOUD").await, std::slice::from_ref(&own));
    assert_eq!(found("supplier=silent-supplier").await, std::slice::from_ref(&other));
    assert_eq!(found("status=transcribed").await, std::slice::from_ref(&other));
    assert_eq!(found("edition=dfe-2016-dpa").await, std::slice::from_ref(&own));
    assert_eq!(found("question=q5.7&code=amber").await, std::slice::from_ref(&own));
    assert_eq!(found("changed_since=2025-01-14").await, [other]);
    assert_eq!(found("limit=1").await, [own]);
    for query in ["question=q5.7", "code=blue&question=q5.7", "status=unknown", "sort=name", "supplier=..", "limit=x"] {
        made.get(&format!("/v1/certifications?{query}")).await.problem(400, "bad-parameter");
    }
}

#[tokio::test]
async fn the_feed_gives_every_commit_once() {
    let made = MadeUp::new();
    made.history();
    let (mut after, mut seen, mut latest) = (0, Vec::new(), 0);
    loop {
        let page = made.get(&format!("/v1/changes?after={after}&limit=3")).await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()));
        after = page["next"].as_u64().unwrap();
        latest = page["latest"].as_u64().unwrap().max(latest);
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen, (1..=made.sequence()).collect::<Vec<u64>>());
    assert_eq!((after, latest), (made.sequence(), made.sequence()));
    let only = made.get(&format!("/v1/changes?type=version.published&certification={CERTIFICATION}")).await.json();
    assert_eq!(only["items"].as_array().unwrap().len(), 3, "{only:#}");
    assert_eq!(only["next"], made.sequence(), "what does not match was looked at too");
    made.get("/v1/changes?after=9007199254740992").await.problem(400, "bad-parameter");
    made.get("/v1/changes/999").await.problem(404, "sequence-not-found");
}

#[tokio::test]
async fn a_since_report_answers_every_item_in_its_place() {
    let made = MadeUp::new();
    made.history();
    let body = json!({"detail": "full", "items": [
        {"certification": CERTIFICATION, "signed_up_on": "2024", "ref": "row 1", "label": "=HYPERLINK(\"x\")"},
        {"certification": CERTIFICATION, "signed_up_on": "2024-12-24"},
        {"certification": "nobody/nothing-here", "signed_up_on": "2024"},
        {"certification": "<script>", "signed_up_on": "2024"},
        {"certification": CERTIFICATION, "signed_up_on": "2024-02-30"},
        {"certification": CERTIFICATION, "signed_up_on": "2031-01-01"},
        {"certification": CERTIFICATION, "signed_up_on": "2019", "reviewed_on": "2024-06"}
    ]});
    let report = made.send_json(Method::POST, "/v1/reports/since", &body).await.json();
    let items = report["items"].as_array().unwrap();
    let outcomes: Vec<&str> = items.iter().map(|item| item["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["changed", "unchanged", "failed", "failed", "failed", "failed", "changed"]);
    assert_eq!(items[0]["ref"], "row 1");
    assert_eq!(items[0]["found"]["baseline"], "in_force");
    assert_eq!(items[0]["found"]["steps"].as_array().unwrap().len(), 2);
    assert_eq!(items[0]["found"]["comparison"]["changes"][0]["about"], "q5.7");
    let diff = made.get(&format!("/v1/certifications/{CERTIFICATION}/diff?since=2024")).await.json();
    assert_eq!(diff["headline"], items[0]["found"]["comparison"]["headline"], "the same headline everywhere");
    let codes: Vec<&Value> = items[2..6].iter().map(|item| &item["code"]).collect();
    assert_eq!(codes, ["certification-not-found", "certification-not-found", "bad-day", "day-ahead"]);
    assert_eq!(items[6]["found"]["reviewed_on"], "2024-06-01");
    assert_eq!(items[6]["found"]["from_version"], 2);

    let table = made.send_json(Method::POST, "/v1/reports/since.csv", &body).await.text();
    assert!(table.contains("\"'=HYPERLINK(\"\"x\"\")\""), "a formula is guarded: {table}");
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].ends_with(",sentence,baseline,baseline_sentence,current_published_on"), "{table}");
    let found = &items[0]["found"];
    let cells = format!(",in_force,\"{}\",", found["baseline_sentence"].as_str().unwrap());
    let published = items[0]["found"]["comparison"]["to"]["published_at"].as_str().unwrap();
    assert!(lines[1].contains(&cells), "{table}");
    assert!(lines[1].ends_with(&format!(",{}", &published[..10])), "{table}");
    assert!(lines[3].ends_with(",,,"), "what was not found has no baseline: {table}");
    let page = made.send_json(Method::POST, "/v1/reports/since.html", &body).await;
    assert!(!page.text().contains("<script>") && page.text().contains("&#60;script&#62;"), "{}", page.text());
    let markdown = made.send_json(Method::POST, "/v1/reports/since.md", &body).await.text();
    assert!(markdown.contains("`<script>`"), "{markdown}");
    assert_eq!(page.header("cache-control"), N);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
}

#[tokio::test]
async fn dates_that_are_made_up_are_marked_wherever_they_show() {
    let made = MadeUp::empty(true);
    made.edition(common::registry::DPA);
    made.edition(common::registry::GDPR);
    made.supplier("example-learning", 1, false);
    made.history();
    let silent =
        ["/healthz", "/readyz", "/problems", "/problems/version-conflict", "/openapi.json", "/openapi-3.0.json"];
    let mut seen = std::collections::BTreeSet::new();
    for (address, path, _) in table() {
        let answer = made.get(&address).await;
        let kind = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
        let text = answer.text().to_lowercase();
        let said = match kind.as_str() {
            "application/json" => true,
            "text/html" | "text/markdown" => text.contains("simulated date"),
            // Key rings, signatures and checkpoints are exact bytes, which nothing can be added to.
            "text/plain" if ["/allowed_signers", "/signatures/", "/log/"].iter().any(|part| address.contains(part)) => {
                continue;
            }
            "text/plain" => text.contains("simulated date"),
            // A table of answers has no date of publication.
            "text/csv" if address.contains("responses.csv") => !text.contains("published"),
            "text/csv" => text.lines().all(|row| row.ends_with(",simulated_dates") || row.ends_with(",true")),
            _ => continue,
        };
        assert!(said, "{address} ({kind}): {}", answer.text());
        seen.insert(kind.clone());
        if kind != "application/json" || silent.contains(&address.as_str()) || path.starts_with("/v1/editions/{") {
            continue;
        }
        let shows = answer.text().contains("published_at") || answer.text().contains("_at\":");
        assert!(!shows || answer.text().contains("\"simulated_dates\":true"), "{address}: {}", answer.text());
    }
    assert!(made.get("/").await.text().contains("Simulated dates"));
    let kinds: Vec<&str> = seen.iter().map(String::as_str).collect();
    assert_eq!(kinds, ["application/json", "text/csv", "text/html", "text/markdown", "text/plain"]);
    let page = made.get(&format!("{BASE}/diff.html?from=1&to=2")).await.text();
    assert!(page.contains("<main>\n<p class=\"notice\">Simulated dates"), "{page}");
}

#[tokio::test]
async fn real_dates_are_not_marked() {
    let made = MadeUp::empty(false);
    made.edition(common::registry::DPA);
    made.edition(common::registry::GDPR);
    made.supplier("example-learning", 1, false);
    made.history();
    for (address, ..) in table().iter().filter(|(_, path, _)| path.contains("/diff") || path.contains("/since")) {
        let text = made.get(address).await.text().to_lowercase();
        assert!(!text.contains("simulated"), "{address}: {text}");
    }
}
