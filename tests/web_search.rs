//! Search and "find a sentence" as pages.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{
    cases::{by_department, withdrawal},
    page::{attributes, reads, words},
    registry::{MadeUp, green, question},
};

#[tokio::test]
async fn a_search_shows_names_first_and_then_answers_with_the_words_marked() {
    let made = MadeUp::new();
    made.history();
    let html = made.page("/?q=DELETED+data").await;
    reads(
        &html,
        &[
            "<q><bdi><mark>Data</mark> is kept for 30 days and then <mark>deleted</mark>.</bdi></q>",
            "<meta name=\"robots\" content=\"noindex\">",
            "href=\"/s/example-learning/example-cloud#q5.7\"",
        ],
    );
    reads(&words(&html), &["has “ DELETED data ” in its name", "In what suppliers say Example Cloud"]);
    let named = words(&made.page("/?q=cloud").await);
    reads(&named, &["Services Example Cloud", "In what suppliers say No answer of any other service"]);
    reads(&words(&made.page("/?q=60+days").await), &["No answer of any service has all of these words"]);
    for odd in ["%00", "%22", "a%22b*(", "%F0%9F%98%80", "%3Cscript%3E", "%E2%80%AEabc"] {
        assert!(!made.page(&format!("/?q={odd}")).await.contains("<script"), "{odd}");
        assert!(!made.page(&format!("/find?words={odd}")).await.contains("<script"), "{odd}");
    }
    for odd in
        ["/?q=data&said=x", "/?q=data&said=9-9", "/?q=data&said=99999999999999999999-1", "/find?words=data&from=1"]
    {
        made.page(odd).await;
    }
}

#[tokio::test]
async fn further_answers_are_on_further_pages() {
    let made = MadeUp::new();
    for n in 0..45 {
        let mut draft = made.draft_of(&format!("example-learning/service-{n}"), 1);
        draft.responses.insert(question("q3.1"), green(&["Okapis <b>keep</b> it."]));
        made.publish(&draft);
    }
    for (first, more) in
        [("/?q=okapis", "More answers with these words"), ("/find?words=okapis+%3Cb%3E", "More places")]
    {
        let (mut address, mut seen) = (first.to_owned(), Vec::new());
        loop {
            let html = made.page(&address).await;
            assert!(!html.contains("<b>keep"), "{address}");
            let services =
                attributes(&html, "href").into_iter().filter(|link| link.starts_with("/s/") && link.contains("#q3.1"));
            seen.extend(
                services.map(|link| link.split(['#']).next().unwrap().trim_end_matches("/versions/1").to_owned()),
            );
            let Some(before) = html.split(&format!("\">{more}")).next().filter(|before| before.len() < html.len())
            else {
                break;
            };
            address = common::page::plain(before.rsplit_once("href=\"").unwrap().1);
        }
        assert_eq!(seen.len(), 45, "{first}");
        assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 45, "{first}");
    }
}

#[tokio::test]
async fn a_sentence_is_found_over_all_services_without_script() {
    let made = MadeUp::new();
    made.history();
    made.state(by_department(&made.statement(withdrawal())));
    let empty = made.page("/find").await;
    reads(
        &empty,
        &["<label for=\"words\">", "<textarea id=\"words\" name=\"words\"", "<link rel=\"canonical\" href=\"/find\">"],
    );
    assert!(!empty.contains("noindex") && !empty.contains("id=\"found\""));
    let html = made.page("/find?words=%20is%20KEPT%0Afor%20%2060%20days").await;
    reads(
        &html,
        &[
            "content=\"noindex\"",
            "Data <mark>is kept for 60 days</mark> and then deleted.",
            "href=\"/s/example-learning/example-cloud/versions/2#q5.7\"",
        ],
    );
    reads(
        &words(&html),
        &["Stood from version 2 (2 May 2024) to version 2; gone with version 3 (2 November 2024).", "Withdrawn"],
    );
    reads(
        &words(&made.page("/find?words=and+then+deleted").await),
        &["Stands from version 2 (2 May 2024) to this day."],
    );
    reads(
        &words(&made.page("/find?words=never+said").await),
        &["These words never stood in a statement on this register."],
    );
    let none = made.page("/find?words=...").await;
    reads(
        &none,
        &["role=\"alert\"", "There is no letter or digit to look for.", "aria-invalid=\"true\"", ">...</textarea>"],
    );
    let long = made.page(&format!("/find?words={}", "a".repeat(1_001))).await;
    reads(&long, &["These are more words than can be looked for at once"]);
    let history = made.page("/s/example-learning/example-cloud/history?words=we%20help").await;
    assert!(attributes(&history, "href").contains(&"/find?words=we%20help".to_owned()), "{history}");
}
