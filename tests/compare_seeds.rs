//! Comparison and text checks on the two published statements, with the checklist's own two wordings.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod edition_reader;

use std::{collections::BTreeMap, fs, path::PathBuf};

use certreg::{
    compare::{self, Comparison, DiffParagraph, Importance, Side},
    domain::{Change, ChangeKind, Code, Digest, Draft, Edition, EditionRef, Source},
    import,
};

/// The seed as a draft, and the edition that it answers.
fn seed(name: &str, edition: usize) -> (Draft, Edition) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
    let text = fs::read_to_string(path).unwrap();
    let [first, second] = edition_reader::both();
    let found = import::statement(&text, &[&first, &second]).found;
    let edition = if edition == 0 { first } else { second };
    let source = Source { sha256: Digest::of(text.as_bytes()), title: "As published".to_owned() };
    let (draft, _) = found.into_draft(
        "demo.certreg.example".parse().unwrap(),
        "some-supplier".parse().unwrap(),
        "some-service".parse().unwrap(),
        EditionRef { digest: Digest::of(edition.id.as_str().as_bytes()), id: edition.id.clone() },
        source,
    );
    (draft, edition)
}

fn planet() -> (Draft, Edition) {
    seed("000_5f7981f69bd28955.txt", 0)
}

fn parent_hub() -> (Draft, Edition) {
    seed("004_64dfb80629537511.txt", 1)
}

fn side<'a>(draft: &'a Draft, edition: &'a Edition) -> Side<'a> {
    Side { content: draft, edition, publication: None }
}

/// The supplier's own next version: every colour green, and what `edit` does.
fn own(draft: &Draft, edit: impl FnOnce(&mut Draft)) -> Draft {
    let mut next = draft.clone();
    next.version += 1;
    next.change = Change::of_kind(ChangeKind::Initial);
    next.responses.values_mut().for_each(|response| response.code = Some(Code::Green));
    edit(&mut next);
    next
}

fn hints(draft: &Draft, edition: &Edition) -> BTreeMap<&'static str, Vec<String>> {
    let mut found: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for hint in compare::hints(draft, edition) {
        found.entry(hint.code).or_default().push(hint.about.key());
    }
    found
}

#[test]
fn the_checks_notice_what_the_design_names() {
    let (draft, edition) = parent_hub();
    assert_eq!(hints(&draft, &edition)["lapsed_instrument"], ["q8.1", "q8.3", "q8.4"]);
    let green = own(&draft, |_| {});
    let found = hints(&green, &edition);
    assert_eq!(found["green_but_transfers"], ["q8.1"]);
    assert_eq!(found["green_but_not_available"], ["q6.6"]);
    assert_eq!(found["obligation_not_mentioned"], ["q9.1", "q9.2", "q9.3"]);
    assert_eq!(found["conditions_without_need"], ["q3.2"]);
    let (draft, edition) = planet();
    let found = hints(&own(&draft, |_| {}), &edition);
    assert_eq!(found["green_but_not_encrypted"], ["q5.7"]);
    assert_eq!(found["green_but_not_applicable"], ["q3.2", "q8.2", "q8.3", "q8.4"]);
    assert!(!found.contains_key("green_but_transfers"), "{found:?}");
}

#[test]
fn the_first_own_version_of_the_same_words_is_colours_and_checks() {
    let (draft, edition) = planet();
    let own = own(&draft, |_| {});
    let comparison = compare::versions(side(&draft, &edition), side(&own, &edition));
    let colours = comparison.changes.iter().find(|change| change.about.key() == "colours_recorded").unwrap();
    assert_eq!(colours.sentence, "Colours recorded for the first time: 37 GREEN.");
    // What stands out besides are the answers whose words do not go with green.
    let attention = comparison.changes.iter().filter(|change| change.importance == Importance::Attention);
    let keys: Vec<String> = attention.map(|change| change.about.key()).collect();
    assert_eq!(keys, ["q3.2", "q5.7", "q8.2", "q8.3", "q8.4", "q9.1", "q9.2", "q9.3"]);
    assert!(
        comparison.headline.contains("8 of 37 answers changed: 8 newly raised a text check."),
        "{}",
        comparison.headline
    );
}

#[test]
fn a_changed_figure_is_told_and_where_the_old_one_still_stands() {
    let (draft, edition) = planet();
    let before = own(&draft, |_| {});
    let after = own(&before, |draft| {
        let area = draft.support.get_mut(&"s3.4".parse().unwrap()).unwrap();
        for paragraph in &mut area.statement {
            *paragraph = paragraph.replace("60 days after", "30 days after");
        }
    });
    let comparison = compare::versions(side(&before, &edition), side(&after, &edition));
    let [change] = comparison.changes.as_slice() else { panic!("one statement changed") };
    assert_eq!(change.sentence, "'60 days' became '30 days'.");
    assert_eq!(comparison.headline, "No answer changed. 1 support statement changed.");
    let stale = compare::stale_figures(&comparison, &after);
    let places: Vec<String> = stale.iter().flat_map(|figure| &figure.still_in).map(ToString::to_string).collect();
    assert!(places.contains(&"q5.10".to_owned()), "{stale:?}");
}

#[test]
fn between_the_two_wordings_three_questions_were_reworded_and_no_text_is_lost() {
    let ((old, old_edition), (new, new_edition)) = (planet(), parent_hub());
    let check = |comparison: &Comparison| {
        let reworded: Vec<String> = comparison.questions_reworded.iter().map(|q| q.question.to_string()).collect();
        assert_eq!(reworded, ["q3.1", "q3.2", "q4.3"]);
        for change in comparison.changes.iter().filter(|change| !change.paragraphs.is_empty()) {
            let before: Vec<String> = change.paragraphs.iter().filter_map(DiffParagraph::before).collect();
            let after: Vec<String> = change.paragraphs.iter().filter_map(DiffParagraph::after).collect();
            assert_eq!((&before, &after), (&change.before, &change.after));
        }
        assert!(!comparison.cut_short);
    };
    check(&compare::versions(side(&old, &old_edition), side(&new, &new_edition)));
    check(&compare::versions(side(&new, &new_edition), side(&old, &old_edition)));
}
