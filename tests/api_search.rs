//! Search in names and statements, facets together, and when a sentence stood: through the whole stack, against reading
//! every version.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use certreg::domain::{Code, Draft};
use common::{
    cases::{by_department, withdrawal},
    registry::{CERTIFICATION, MadeUp, amber, answer, green, parse, question},
};
use serde_json::Value;

/// Three services of two suppliers, each with an answer of its own.
fn three() -> MadeUp {
    let made = MadeUp::new();
    made.supplier("other-learning", 2, false);
    let publish = |id: &str, name: &str, number: u8, edit: &dyn Fn(&mut Draft)| {
        let mut draft = made.draft_of(id, number);
        draft.service_name = name.to_owned();
        edit(&mut draft);
        made.registry.publish(&parse(id), made.submission_of(&draft, number)).unwrap();
    };
    publish("example-learning/atlas", "Atlas", 1, &|draft| {
        draft.responses.insert(question("q3.1"), amber(&["Encrypted with the Zebra cipher.", "Kept for “60 days”."]));
    });
    made.at("2024-02-01T10:00:00Z");
    publish("example-learning/zebra", "Zebra", 1, &|draft| {
        draft.responses.insert(question("q5.7"), amber(&["Nothing is encrypted."]));
    });
    made.at("2024-03-01T10:00:00Z");
    publish("other-learning/maps", "Maps", 2, &|draft| {
        draft.responses.insert(question("q3.1"), green(&["We have a zebra, and data is encrypted."]));
        draft.responses.insert(question("q5.7"), amber(&["Encrypted at times."]));
    });
    made
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// As `q3.1: … [word] …`.
fn snippet(snippet: &Value) -> String {
    let piece = |piece: &Value| match (piece["found"].as_bool().unwrap(), piece["text"].as_str().unwrap()) {
        (true, text) => format!("[{text}]"),
        (false, text) => text.to_owned(),
    };
    let pieces: String = snippet["pieces"].as_array().unwrap().iter().map(piece).collect();
    format!("{}: {pieces}", snippet["question"].as_str().unwrap())
}

fn snippets(item: &Value) -> Vec<String> {
    item["snippets"].as_array().unwrap().iter().map(snippet).collect()
}

async fn search(made: &MadeUp, query: &str) -> Value {
    let answer = made.get(&format!("/v1/certifications?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
    answer.json()
}

/// Every page, one after the other; `between` is called after each.
async fn all_pages(made: &MadeUp, path: &str, mut between: impl FnMut()) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = made.get(&format!("{path}{cursor}")).await.json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
        between();
    }
}

#[tokio::test]
async fn names_come_first_and_then_those_who_say_it() {
    let made = three();
    let page = search(&made, "q=ZEBRA").await;
    assert_eq!(ids(&page), ["example-learning/zebra", "other-learning/maps", "example-learning/atlas"]);
    assert_eq!(snippets(&page["items"][0]), [""; 0]);
    assert_eq!(snippets(&page["items"][1]), ["q3.1: We have a [zebra], and data is encrypted."]);
    assert_eq!(snippets(&page["items"][2]), ["q3.1: Encrypted with the [Zebra] cipher."]);
    assert_eq!(page.get("next_cursor"), None);
    // All words in one answer, wherever in it; names are also found by parts of words.
    let both = search(&made, "q=days+encrypted").await;
    assert_eq!(ids(&both), ["example-learning/atlas"]);
    assert_eq!(ids(&search(&made, "q=zeb").await), ["example-learning/zebra"]);
    assert_eq!(ids(&search(&made, "q=zebra+nothing").await), [""; 0]);
    assert!(search(&made, "").await["items"][0].get("snippets").is_none(), "only a search has snippets");
    // What is gone from the current version is not found, and what has come is.
    made.at("2024-04-01T10:00:00Z");
    let mut next = made.next_of("example-learning/atlas");
    next.responses.insert(question("q3.1"), amber(&["A secret one, by okapis."]));
    made.publish(&next);
    assert_eq!(ids(&search(&made, "q=cipher").await), [""; 0]);
    assert_eq!(ids(&search(&made, "q=okapis").await), ["example-learning/atlas"]);
}

#[tokio::test]
async fn facets_narrow_a_search() {
    let made = three();
    for (query, wanted) in [
        ("q=encrypted", vec!["other-learning/maps", "example-learning/zebra", "example-learning/atlas"]),
        ("q=encrypted&question=q5.7&code=amber", vec!["other-learning/maps", "example-learning/zebra"]),
        ("q=encrypted&question=q5.7&code=amber&supplier=example-learning", vec!["example-learning/zebra"]),
        ("q=encrypted&question=q3.1&code=amber", vec!["example-learning/atlas"]),
        ("q=encrypted&changed_since=2024-02-15", vec!["other-learning/maps"]),
        (
            "q=encrypted&changed_since=2024-01-15&question=q5.7&code=amber&sort=recently_changed&limit=1",
            vec!["other-learning/maps"],
        ),
        ("q=zebra&question=q5.7&code=amber", vec!["example-learning/zebra", "other-learning/maps"]),
        ("q=zebra&edition=dfe-2018-gdpr", vec![]),
        ("q=zebra&status=transcribed", vec![]),
        ("q=encrypted&supplier=other-learning", vec!["other-learning/maps"]),
    ] {
        assert_eq!(ids(&search(&made, query).await), wanted, "{query}");
    }
    let paged = all_pages(&made, "/v1/certifications?q=zebra&limit=1", || {}).await;
    let paged: Vec<&str> = paged.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(paged, ["example-learning/zebra", "other-learning/maps", "example-learning/atlas"]);
}

#[tokio::test]
async fn a_search_over_pages_misses_nobody_and_repeats_nobody_while_others_publish() {
    let made = MadeUp::new();
    let services: Vec<String> = (0..12).map(|n| format!("example-learning/service-{n:02}")).collect();
    for id in &services {
        let mut draft = made.draft_of(id, 1);
        draft.responses.insert(question("q3.1"), green(&["Okapis everywhere."]));
        draft.responses.insert(question("q3.2"), green(&["More okapis."]));
        made.publish(&draft);
    }
    for (path, key) in [("/v1/certifications?q=okapis&limit=3", "id"), ("/v1/find?words=Okapis&limit=5", "question")] {
        let mut round = 0;
        let between = || {
            // One whose turn is over, one that is on the page now, one whose turn is still to come.
            for n in [0, 6, 11] {
                round += 1;
                let mut next = made.next_of(&services[n]);
                next.responses.insert(question("q3.1"), green(&[&format!("Okapis everywhere, {path} {round}.")]));
                made.publish(&next);
            }
        };
        let items = all_pages(&made, path, between).await;
        let name = |item: &Value| {
            let certification = item["id"].as_str().or(item["certification"].as_str()).unwrap();
            format!("{certification} {}", item[key].as_str().unwrap())
        };
        let found: Vec<String> = items.iter().map(name).collect();
        let once: BTreeSet<&String> = found.iter().collect();
        assert_eq!(once.len(), found.len(), "nobody twice: {found:?}");
        assert_eq!(found.len(), if key == "id" { 12 } else { 24 }, "nobody missed: {found:?}");
    }
}

#[tokio::test]
async fn find_gives_what_reading_every_version_gives() {
    let made = MadeUp::new();
    made.supplier("other-learning", 2, false);
    let services = [("example-learning/one", 1), ("example-learning/two", 1), ("other-learning/one", 2)];
    let texts = [
        "Data is kept for 60 days.",
        "Data is kept for 60 days, and then deleted.",
        "data IS kept – for “60 days”",
        "Data is “kept for 60 days.”",
        "Nothing is kept.",
    ];
    for (round, (id, number)) in services.iter().cycle().take(24).enumerate() {
        let known = made.registry.certification(&parse(id)).is_ok();
        let mut draft = if known { made.next_of(id) } else { made.draft_of(id, *number) };
        let asked = question(["q3.1", "q3.2"][round % 2]);
        draft.responses.insert(asked, green(&[texts[round * 7 % 11 % 5]]));
        if round % 5 == 0 {
            draft.support.values_mut().next().unwrap().statement = vec![texts[round % 4].to_owned()];
        }
        let id = parse(id);
        made.registry.publish(&id, made.submission_of(&draft, *number)).unwrap();
    }
    for words in
        ["kept for 60 days", "is kept", "kept for 60 days.", "DATA is kept - for \"60 days\"", "we help", "epts"]
    {
        let mut wanted = BTreeSet::new();
        for (id, _) in &services {
            wanted.extend(stood(&made, id, words));
        }
        let path = format!("/v1/find?words={}&limit=3", encoded(words));
        let found = all_pages(&made, &path, || {}).await;
        let listed: Vec<String> = found.iter().map(told).collect();
        assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), wanted, "{words}");
        assert_eq!(listed.len(), wanted.len(), "{words}: each once");
        for narrowed in ["supplier=other-learning", "certification=other-learning/one"] {
            let found = all_pages(&made, &format!("{path}&{narrowed}"), || {}).await;
            let mine: BTreeSet<String> =
                wanted.iter().filter(|line| line.starts_with("other-learning/one ")).cloned().collect();
            assert_eq!(found.iter().map(told).collect::<BTreeSet<_>>(), mine, "{words} {narrowed}");
        }
    }
}

/// `service answer first–last`, by reading all versions; folding is done by hand for the texts above.
fn stood(made: &MadeUp, id: &str, words: &str) -> Vec<String> {
    let fold = |text: &str| {
        let text = text.to_lowercase().replace(['“', '”'], "\"").replace('–', "-");
        format!(" {} ", text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let wanted = fold(words);
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let says = |paragraph: &String| {
        let (text, wanted) = (fold(paragraph), wanted.trim());
        text.match_indices(wanted).any(|(at, _)| {
            !letter(text[..at].chars().next_back()) && !letter(text[at + wanted.len()..].chars().next())
                || !letter(wanted.chars().next_back()) && !letter(text[..at].chars().next_back())
        })
    };
    let mut rows = made.registry.index().versions(&parse(id), None, 100).unwrap();
    rows.reverse();
    let mut lines = Vec::new();
    let mut open: std::collections::BTreeMap<String, u32> = Default::default();
    for row in &rows {
        let draft = made.registry.content(row).unwrap();
        let answers = draft.responses.iter().map(|(id, response)| (id.to_string(), &response.statement));
        let answers = answers.chain(draft.support.iter().map(|(id, support)| (id.to_string(), &support.statement)));
        for (answer, statement) in answers {
            let version = row.publication.version;
            match (statement.iter().any(says), open.get(&answer).copied()) {
                (true, None) => {
                    open.insert(answer, version);
                }
                (false, Some(first)) => {
                    lines.push(format!("{id} {answer} {first}–{} gone {version}", version - 1));
                    open.remove(&answer);
                }
                _ => {}
            }
        }
    }
    lines.extend(open.iter().map(|(answer, first)| format!("{id} {answer} {first}–{}", rows.len())));
    lines
}

fn told(item: &Value) -> String {
    let version = |name: &str| item[name]["version"].as_u64().unwrap();
    let gone = item.get("gone").map(|gone| format!(" gone {}", gone["version"])).unwrap_or_default();
    assert_eq!(item["stands"].as_bool().unwrap(), gone.is_empty());
    let (id, question) = (item["certification"].as_str().unwrap(), item["question"].as_str().unwrap());
    format!("{id} {question} {}–{}{gone}", version("first"), version("last"))
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_sentence_is_told_with_its_days_and_with_what_stands_beside_it_now() {
    let made = MadeUp::new();
    made.history();
    made.state(by_department(&made.statement(withdrawal())));
    let page = made.get("/v1/find?words=is+KEPT%0Afor+60+days").await.json();
    let item = &page["items"][0];
    assert_eq!(told(item), format!("{CERTIFICATION} q5.7 2–2 gone 3"));
    assert_eq!(snippet(&item["snippet"]), "q5.7: Data [is kept for 60 days] and then deleted.");
    let days = ["first", "last", "gone"].map(|name| item[name]["published_on"].as_str().unwrap().to_owned());
    assert_eq!(days, ["2024-05-02", "2024-05-02", "2024-11-02"]);
    assert_eq!(item["standing"]["state"], "withdrawn_by_department");
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let found = search(&made, "q=deleted").await;
    assert_eq!(ids(&found), [CERTIFICATION]);
    assert_eq!(found["items"][0]["standing"]["state"], "withdrawn_by_department");
    made.get("/v1/find?words=kept&supplier=nobody").await.problem(404, "supplier-not-found");
    made.get("/v1/find?words=kept&certification=example-learning/nothing")
        .await
        .problem(404, "certification-not-found");
}

#[tokio::test]
async fn whatever_is_typed_is_answered_or_refused_in_words() {
    let made = MadeUp::new();
    let mut draft = made.draft();
    let odd = "A “quote”, an '; DROP TABLE said; -- <b>tag</b>, שלום and 😀 NEAR(x y)";
    draft.responses.insert(question("q3.1"), answer(Code::Green, &[odd]));
    made.publish(&draft);
    let typed = [
        "\"",
        "'",
        "\"\"\"",
        "a\"b",
        "*",
        "a*",
        "^a",
        "-a",
        "a AND",
        "NEAR(",
        "words:a",
        "{words place}: a",
        "a OR (",
        "\u{0}",
        "a\u{0}b",
        "😀",
        "שלום",
        "\u{202E}abc",
        "%",
        "\\",
        "place : c1",
        "said",
        "…",
        "e\u{301}",
        "\u{FFFF}",
        "a + b",
        "'; DROP TABLE said; --",
        "<b>tag</b>",
    ];
    for text in typed {
        let q = made.get(&format!("/v1/certifications?q={}", encoded(text))).await;
        assert_eq!(q.status, StatusCode::OK, "{text}: {}", q.text());
        let find = made.get(&format!("/v1/find?words={}", encoded(text))).await;
        if text.chars().any(char::is_alphanumeric) {
            assert_eq!(find.status, StatusCode::OK, "{text}: {}", find.text());
        } else {
            find.problem(400, "bad-parameter");
        }
    }
    let found = made.get(&format!("/v1/find?words={}", encoded(odd))).await.json();
    assert_eq!(snippet(&found["items"][0]["snippet"]), format!("q3.1: [{odd}]"));
    let search = search(&made, &format!("q={}", encoded("שלום table"))).await;
    assert_eq!(
        snippets(&search["items"][0]),
        ["q3.1: A “quote”, an '; DROP [TABLE] said; -- <b>tag</b>, [שלום] and 😀 NEAR(x y)"]
    );
    made.get("/v1/find").await.problem(400, "bad-parameter");
    made.get(&format!("/v1/find?words={}", "a+".repeat(1_001))).await.problem(400, "bad-parameter");
    made.get("/v1/find?words=a&supplier=ab&certification=ab/cd").await.problem(400, "bad-parameter");
    for cursor in ["66", "found", "736169642031"] {
        made.get(&format!("/v1/find?words=a&cursor={cursor}")).await.problem(400, "bad-parameter");
    }
    let status = made.get(&format!("/v1/find?words={}", "a".repeat(10_240))).await.status;
    assert!(status.is_client_error(), "{status}");
    let any = "0".repeat(3_000);
    assert!(made.get(&format!("/v1/certifications?q={any}")).await.status.is_client_error());
    // A cursor from nowhere shows nothing that is not so.
    let cursor: String = "said 9007199254740991 9007199254740991".bytes().map(|byte| format!("{byte:02x}")).collect();
    let page = made.get(&format!("/v1/certifications?q=table&cursor={cursor}")).await.json();
    assert_eq!(ids(&page), [CERTIFICATION]);
}

#[tokio::test]
async fn names_of_people_are_nowhere_in_the_words() {
    let made = MadeUp::new();
    made.publish(&made.draft());
    for name in ["Ann Example 1", "Bob Sample 1"] {
        let found = made.get(&format!("/v1/find?words={}", encoded(name))).await.json();
        assert_eq!(found["items"].as_array().unwrap().len(), 0, "{name}");
    }
    for file in ["index.sqlite", "index.sqlite-wal"] {
        let bytes = std::fs::read(made.data().join(file)).unwrap_or_default();
        let holds = |word: &[u8]| bytes.windows(word.len()).any(|run| run.eq_ignore_ascii_case(word));
        assert!(!holds(b"sample") && !holds(b"Ann Example"), "{file}");
    }
}
