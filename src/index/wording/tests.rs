//! What counts as the same words.

use proptest::prelude::*;

use super::*;

fn found(sought: Option<Sought>, paragraphs: &[&str]) -> Option<Vec<Vec<String>>> {
    let marks = sought.expect("words").marks(paragraphs)?;
    let text = |(paragraph, marks): (&&str, Vec<Range<usize>>)| {
        marks.into_iter().map(|mark| paragraph[mark].to_owned()).collect()
    };
    Some(paragraphs.iter().zip(marks).map(text).collect())
}

fn sentence(pasted: &str, paragraph: &str) -> bool {
    let found = found(Sought::sentence(pasted), &[paragraph]).is_some();
    assert_eq!(found, Sought::sentence(pasted).expect("words").stands_in(&[paragraph]));
    found
}

#[test]
fn a_sentence_is_found_whatever_its_capitals_spaces_quotes_and_dashes() {
    let paragraph = "We don’t keep “personal data” – not for 60\u{a0}days – and then\tdelete it. ÉCOLE Straße ΣΑΣ";
    for same in [
        "don't keep \"personal  data\" - not FOR 60 days -",
        " We\ndon\u{2019}t",
        "delete it.",
        "e\u{301}cole",
        "STRAẞE σας",
        "per\u{ad}sonal\u{200b} data",
    ] {
        assert!(sentence(same, paragraph), "{same}");
    }
    for other in ["keep personal data", "dont keep", "delete it!", "ecole", "60days", "data delete", "strasse"] {
        assert!(!sentence(other, paragraph), "{other}");
    }
}

#[test]
fn words_are_found_whole() {
    assert!(!sentence("is kept", "This kept"));
    assert!(!sentence("kept for 6", "kept for 60 days"));
    assert!(sentence("kept for 6", "was kept for 60, kept for 6"));
    assert!(sentence("a a", "ba a a"), "one that overlaps a part of a word");
    assert!(sentence("(kept)", "unless(kept)or"), "what is no word may stand beside one");
}

#[test]
fn nothing_is_looked_for_without_a_letter_or_digit() {
    for nothing in ["", "  ", "…", "\u{0}", "\"'*(){}^:-", "😀", "\u{301}"] {
        assert_eq!(Sought::sentence(nothing), None, "{nothing:?}");
        assert_eq!(Sought::terms(nothing), None, "{nothing:?}");
    }
}

#[test]
fn terms_must_all_occur_in_one_answer_but_not_in_one_paragraph() {
    let answer = ["Data is kept, by e-mail.", "For 60 DAYS – e mail"];
    let marks = found(Sought::terms("days e-mail data data"), &answer).expect("all occur");
    assert_eq!(marks, [vec!["Data".to_owned(), "e-mail".to_owned()], vec!["DAYS".to_owned(), "e mail".to_owned()]]);
    assert_eq!(found(Sought::terms("days weeks"), &answer), None);
    assert_eq!(found(Sought::terms("mail-e"), &answer), None);
    assert_eq!(Sought::terms("a b c d e f g h i"), Sought::terms("a b c d e f g h"));
}

#[test]
fn nothing_that_is_typed_has_a_meaning_for_the_index() {
    let asked = Sought::terms("NEAR(\"a\" b) OR words:c* ^d -e \u{0}f").expect("words").expression();
    assert_eq!(asked, "words : (\"near a\" AND \"b\" AND \"or\" AND \"words c\" AND \"d\" AND \"e\" AND \"f\")");
    let probe = |pasted: &str| Sought::sentence(pasted).expect("words").expression();
    let long = "We have a great many very considerable safeguards in place here, and so on and so on.";
    assert_eq!(probe(long), "words : (\"great many very considerable safeguards in place here\")");
    assert_eq!(probe(&"the ".repeat(200)), "words : (\"the\")");
    assert_eq!(probe("to be or not to be"), "words : (\"or not to be\")");
    assert_eq!(probe("x"), "words : (\"x\")");
}

#[test]
fn what_a_search_costs_is_bounded() {
    let Some(Sought::Terms(terms)) = Sought::terms("a-b-c-d-e-f-g-h 1-2-3-4 5-6-7 8-9") else { panic!("terms") };
    assert_eq!(terms.iter().map(|term| term.concat()).collect::<Vec<_>>(), ["abcdef", "1234", "89"]);
    let Some(Sought::Terms(terms)) = Sought::terms(&"é".repeat(5_000)) else { panic!("terms") };
    assert_eq!(terms[0][0].chars().count(), 100);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any run of whole words of a text is found in it, however it was pasted, and the marks are where it stands.
    #[test]
    fn what_was_copied_is_found(words in prop::collection::vec("[a-céß0-1σ水]{1,3}", 1..20), from in 0..20usize, count in 1..20usize) {
        let text = words.join(" – ");
        let from = from % words.len();
        let copied = words[from..(from + count).min(words.len())].join(" – ");
        let pasted = copied.to_uppercase().replace('\u{2013}', "-").replace(' ', " \n");
        // Capital letters that are not those of one small letter (ß) are another spelling.
        prop_assume!(!copied.contains('ß'));
        let marks = found(Sought::sentence(&pasted), &[&text]).expect("it stands there");
        prop_assert!(marks[0].contains(&copied), "{marks:?}");
    }

    /// Places are those of the original, whatever it holds.
    #[test]
    fn no_text_and_no_search_can_upset_it(text in "\\PC{0,60}", typed in "\\PC{0,20}") {
        for sought in [Sought::sentence(&typed), Sought::terms(&typed)].into_iter().flatten() {
            for mark in sought.marks(&[&text]).into_iter().flatten().flatten() {
                prop_assert!(!text[mark].is_empty());
            }
        }
    }
}
