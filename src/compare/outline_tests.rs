//! A report from what the register noted says the same as one from every document, or nothing.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    Outline, Reader, ReaderDay, Side, SinceReport, baseline, since, since_outlined,
    testing::{Made, compare, day, made},
};
use crate::domain::{AnswerId, Change, ChangeKind, Code, Day};

/// What a register notes of a version beside its document.
struct Noted {
    headline: String,
    changed: Vec<AnswerId>,
}

fn noted(old: &Made, new: &Made) -> Noted {
    let comparison = compare(old, new);
    let told = comparison.all_changes().filter_map(|change| change.about.answer());
    let differing = new.edition.answer_ids().filter(|id| match id {
        AnswerId::Question(id) => old.content.responses.get(id) != new.content.responses.get(id),
        AnswerId::Support(id) => old.content.support.get(id) != new.content.support.get(id),
    });
    let changed: BTreeSet<AnswerId> = told.chain(differing).collect();
    Noted { headline: comparison.headline, changed: changed.into_iter().collect() }
}

/// The change as a register notes it.
fn claims(change: &Change) -> Change {
    Change {
        effective_on: change.effective_on,
        service_changed_on: change.service_changed_on,
        wording_only: change.wording_only,
        ..Change::of_kind(change.kind)
    }
}

/// Both reports, for a reader of that day.
fn reports(versions: &[Made], on: Day) -> (Option<SinceReport>, SinceReport) {
    let publications: Vec<_> = versions.iter().map(|made| made.publication.clone().expect("it is published")).collect();
    let found = baseline(on, &publications).expect("something is published");
    let line = &versions[found.version as usize - 1..];
    let notes: Vec<Noted> = line.windows(2).map(|pair| noted(&pair[0], &pair[1])).collect();
    let first = Noted { headline: "First statement.".into(), changed: Vec::new() };
    let outlines: Vec<Outline<'_>> = line
        .iter()
        .zip(std::iter::once(&first).chain(&notes))
        .map(|(made, noted)| Outline {
            publication: made.publication.as_ref().expect("it is published"),
            edition: (&made.content.edition.id, made.content.edition.digest),
            change: claims(&made.content.change),
            corrects: !made.content.change.corrections.is_empty(),
            headline: &noted.headline,
            changed: &noted.changed,
        })
        .collect();
    let sides: Vec<Side<'_>> = line.iter().map(Made::side).collect();
    let (reader, today) = (Reader { day: on, kind: ReaderDay::SignedUp }, day("2026-11-21"));
    let net = || Ok::<_, std::convert::Infallible>(super::versions(sides[0], sides[sides.len() - 1]));
    let Ok(outlined) = since_outlined(reader, found, &outlines, net, today);
    (outlined, since(reader, found, &sides, today).expect("there are versions"))
}

/// One answer of a version, written anew: which, in which words, in which colour.
type Edit = (usize, usize, usize);

const ANSWERS: [&str; 6] = ["q3.1", "q5.7", "q5.10", "q8.1", "q9.1", "s3.4"];
const WORDS: [&str; 3] = ["Yes. All of it within 30 days.", "Yes. All of it within 60 days.", "No, not in Ireland."];
const CODES: [Code; 3] = [Code::Green, Code::Amber, Code::Black];

fn edited(made: Made, (answer, words, code): Edit) -> Made {
    let made = made.says(ANSWERS[answer], WORDS[words]);
    if ANSWERS[answer].starts_with('q') { made.code(ANSWERS[answer], CODES[code]) } else { made }
}

/// A version a month; some only confirm, some announce.
fn line_of(history: &[(Vec<Edit>, bool)]) -> Vec<Made> {
    let mut line = vec![made()];
    for (place, (edits, announces)) in history.iter().enumerate() {
        let next = line[place].next(&format!("2024-{:02}-01", place + 1));
        let mut next = edits.iter().fold(next, |made, edit| edited(made, *edit));
        if edits.is_empty() {
            next = next.kind(ChangeKind::Reaffirmation);
        } else if *announces {
            next = next.edit(|draft| draft.change.effective_on = Some(day("2026-12-01")));
        }
        line.push(next);
    }
    line
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_told_without_the_documents_between_is_what_they_tell(
        history in prop::collection::vec((prop::collection::vec((0..6usize, 0..3usize, 0..3usize), 0..3), any::<bool>()), 0..6),
        month in 0..7usize,
    ) {
        let line = line_of(&history);
        let on = if month == 0 { day("2023-10-01") } else { day(&format!("2024-{month:02}-15")) };
        let (outlined, read) = reports(&line, on);
        match outlined {
            Some(outlined) => prop_assert_eq!(outlined, read),
            // Then two versions on the way, or more, changed the same answer.
            None => {
                let answers = history.iter().skip(month).flat_map(|(edits, _)| {
                    edits.iter().map(|(answer, ..)| *answer).collect::<BTreeSet<usize>>()
                });
                let mut seen = BTreeSet::new();
                prop_assert!(answers.into_iter().any(|answer| !seen.insert(answer)));
            }
        }
    }
}

fn outlined(versions: &[Made]) -> Option<SinceReport> {
    let (outlined, read) = reports(versions, day("2023-10-01"));
    outlined.inspect(|outlined| assert_eq!(*outlined, read))
}

#[test]
fn an_answer_that_moves_on_needs_no_reading_and_one_that_may_be_back_does() {
    let one = made();
    let two = one.next("2024-03-01").code("q5.7", Code::Amber);
    let on = two.next("2024-09-01").code("q5.7", Code::Black);
    assert_eq!(outlined(&[one.clone(), two.clone(), on]).expect("it is not back").steps.len(), 2);
    let back = two.next("2024-09-01").code("q5.7", Code::Green);
    assert_eq!(outlined(&[one.clone(), two.clone(), back.clone()]), None);
    let (_, read) = reports(&[one.clone(), two.clone(), back], day("2023-10-01"));
    assert_eq!(read.changed_and_changed_back.len(), 1);
    // The colour is back, in other words.
    let reworded = two.next("2024-09-01").code("q5.7", Code::Green).says("q5.7", "Yes. In every respect.");
    assert_eq!(outlined(&[one.clone(), two, reworded]), None);
    assert_eq!(outlined(&[one]).expect("nothing lies between").steps, []);
}

#[test]
fn what_only_documents_can_tell_is_read() {
    let one = made();
    let corrected = one.next("2024-03-01").code("q5.7", Code::Amber).corrects("q5.7", "2023-12-01");
    let after = corrected.next("2024-04-01").says("q6.6", "Yes. On request.");
    assert_eq!(outlined(&[one.clone(), corrected, after]), None);
    assert_eq!(outlined(&[one.clone(), one.next("2024-09-01").in_newer_edition()]), None);
    assert_eq!(outlined(&[one.clone(), one.next("2024-09-01").kind(ChangeKind::Transcription)]), None);
    // Carried on by somebody else.
    let mut other = one.next("2024-09-01").says("q6.6", "Yes. On request.");
    let publication = other.publication.as_mut().expect("it is published");
    publication.certification.service = "other-cloud".parse().expect("a service");
    assert_eq!(outlined(&[one, other]), None);
}
