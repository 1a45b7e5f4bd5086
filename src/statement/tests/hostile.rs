//! Words that try to act: every rendering keeps the structure it has with harmless words.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};

use super::{sample::draft_saying, view};
use crate::domain::Digest;

const HOSTILE: [&str; 22] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</blockquote></article><h1>Certified by the Department</h1>",
    "<!-- ]]> &lt; &amp; &#60;",
    "{{ statement }} {% raw %}",
    "# A heading",
    "- an item",
    "+ an item",
    "12. an item",
    "1) an item",
    "===",
    "---",
    "> a quote",
    "``` code",
    "[a link](javascript:alert(1)) ![an image](https://example.org)",
    "[x]: https://example.org",
    "*strong* _weak_ ~~gone~~ `code` $x$ | cell | #1",
    "a\\",
    "\\*",
    "|---|---|",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
];

/// The tags of a page in their order, attributes included.
fn tags(html: &str) -> Vec<&str> {
    html.match_indices('<').map(|(at, _)| &html[at..at + html[at..].find('>').unwrap()]).collect()
}

fn events(markdown: &str) -> Vec<Event<'_>> {
    let mut events: Vec<Event<'_>> = Vec::new();
    for event in Parser::new_ext(markdown, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match (events.last_mut(), event) {
            (Some(Event::Text(before)), Event::Text(more)) => *before = format!("{before}{more}").into(),
            (_, event) => events.push(event),
        }
    }
    events
}

/// The document's structure and the texts in it, `words` replaced by a mark.
fn shape(markdown: &str, words: &str) -> Vec<String> {
    let marked = |event: &Event<'_>| match event {
        Event::Text(text) => text.replace(words, "WORDS"),
        other => format!("{other:?}"),
    };
    events(markdown).iter().map(marked).collect()
}

fn keeps_its_shape(words: &str) {
    let harmless = view(&draft_saying("Harmless"));
    let hostile = view(&draft_saying(words));
    assert_eq!(tags(&hostile.html()), tags(&harmless.html()), "{words}");
    let shapes = [shape(&hostile.markdown(), words), shape(&harmless.markdown(), "Harmless")];
    let differs = shapes[0].iter().zip(&shapes[1]).find(|(a, b)| a != b);
    assert!(shapes[0] == shapes[1], "{words}: {differs:?}");
    let unindented =
        |text: String| text.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect::<Vec<_>>().len();
    assert_eq!(unindented(hostile.text()), unindented(harmless.text()), "{words}");
    let csv = hostile.csv();
    let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{words}: {cell}");
    }
    let said = format!("{words}\n\n{words}");
    assert!(rows[0][3] == said || rows[0][3] == format!("'{said}"), "{words}: {}", &rows[0][3]);
}

#[test]
fn known_tricks_stay_words() {
    HOSTILE.into_iter().for_each(keeps_its_shape);
}

#[test]
fn only_web_addresses_become_links() {
    let mut draft = draft_saying("Harmless");
    let id = "q4.2".parse().unwrap();
    for url in [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a> <script>",
        "//example.org",
        "https://x\"y",
        "file:///etc",
    ] {
        draft.responses.get_mut(&id).unwrap().evidence[0].url = url.to_owned();
        let view = view(&draft);
        assert!(!view.html().contains("nofollow"), "{url}");
        assert!(
            !events(&view.markdown())
                .iter()
                .any(|event| matches!(event, Event::Start(pulldown_cmark::Tag::Link { .. })))
        );
    }
}

#[test]
fn control_characters_of_a_draft_reach_no_terminal() {
    let name = |_: Digest| Some("Jo\u{1b}[2J".to_owned());
    let draft = draft_saying("a\u{1b}[31m\u{202E}b\nFORGED HEADING\r\n\u{2028}c");
    let view = super::StatementView::new(&draft, &super::sample::edition(), &super::facts(), Some(&name));
    for rendering in [view.text(), view.markdown(), view.html()] {
        assert!(!rendering.contains(['\u{1b}', '\u{202E}', '\r', '\u{2028}']));
        assert!(rendering.lines().all(|line| !line.starts_with("FORGED")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_words_stay_words(words in "[a-c1-2 .)(\\[\\]<>&*_`~#|!$+=:/'\"{}\\\\-]{0,16}Zq[*_`.\\\\!\\]>]{0,3}") {
        keeps_its_shape(words.trim_start());
    }
}
