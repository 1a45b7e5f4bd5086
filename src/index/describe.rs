//! What a version changed against the one before, in the words of [`crate::compare`].

use std::collections::BTreeSet;

use crate::{
    compare::{self, Importance, Side},
    domain::{AnswerId, Code, Draft},
};

/// What a version changed, as far as rows tell it. It depends on the two documents, their editions and the day of the
/// later publication alone, so that it may be worked out before that has its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// In one line.
    pub(super) headline: String,
    pub(super) importance: Importance,
    /// One entry for every answer that is not as before, in the form's order.
    pub(super) changes: Vec<AnswerChange>,
}

impl Described {
    /// The words for a version that follows `old`.
    ///
    /// Every answer that differs is listed, also where the comparison tells many in one line (colours recorded for the
    /// first time): the lists by colour and the history of each answer are made from this.
    pub fn between(old: Side<'_>, new: Side<'_>) -> Described {
        described(old, new)
    }
}

/// What became of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AnswerChange {
    pub answer: AnswerId,
    pub sentence: String,
    pub importance: Importance,
}

/// The words for a version that nothing goes before.
pub(super) fn first(new: &Draft) -> Described {
    let count = |code: Code| new.responses.values().filter(|response| response.code == Some(code)).count();
    let colours = Code::ALL.map(|code| (count(code), code.in_words()));
    let colours: Vec<String> =
        colours.iter().filter(|(n, _)| *n > 0).map(|(n, colour)| format!("{n} {colour}")).collect();
    let what = if new.is_transcription() { "First transcription" } else { "First statement" };
    let answers = counted(new.responses.len(), "answer");
    let colours = if colours.is_empty() { String::new() } else { format!(" ({})", colours.join(", ")) };
    let support = counted(new.support.len(), "support statement");
    let headline = format!("{what}: {answers}{colours} and {support}.");
    Described { headline, importance: Importance::Information, changes: Vec::new() }
}

fn described(old: Side<'_>, new: Side<'_>) -> Described {
    let comparison = compare::versions(old, new);
    let importance = comparison.importance().unwrap_or(Importance::Information);
    let mut changes: Vec<AnswerChange> = Vec::new();
    for change in comparison.all_changes() {
        // An answer's words and its contacts are two changes of one answer: the more important one comes first.
        if let Some(answer) = change.about.answer()
            && !changes.iter().any(|known| known.answer == answer)
        {
            let (sentence, importance) = (change.sentence.clone(), change.importance);
            changes.push(AnswerChange { answer, sentence, importance });
        }
    }
    for answer in differing(old.content, new.content) {
        if !changes.iter().any(|known| known.answer == answer) {
            let sentence = in_passing(&old, &new, answer);
            changes.push(AnswerChange { answer, sentence, importance: Importance::Information });
        }
    }
    changes.sort_by_key(|change| change.answer);
    Described { headline: comparison.headline, importance, changes }
}

/// Every answer whose colour, words, evidence or contacts differ, or that only one side has.
fn differing(old: &Draft, new: &Draft) -> BTreeSet<AnswerId> {
    let questions = old.responses.keys().chain(new.responses.keys());
    let questions = questions.filter(|id| old.responses.get(id) != new.responses.get(id));
    let areas = old.support.keys().chain(new.support.keys());
    let areas = areas.filter(|id| old.support.get(id) != new.support.get(id));
    questions.map(|id| AnswerId::from(*id)).chain(areas.map(|id| AnswerId::from(*id))).collect()
}

/// The colour of an answer; `None` for support areas and for answers that are not given.
pub(super) fn code(draft: &Draft, answer: AnswerId) -> Option<Code> {
    match answer {
        AnswerId::Question(id) => draft.responses.get(&id).and_then(|response| response.code),
        AnswerId::Support(_) => None,
    }
}

/// Whether `draft` answers this at all.
pub(super) fn is_stated(draft: &Draft, answer: AnswerId) -> bool {
    draft.statement(answer).is_some()
}

/// The sentence for a change that the comparison does not tell answer by answer.
fn in_passing(old: &Side<'_>, new: &Side<'_>, answer: AnswerId) -> String {
    match (code(old.content, answer), code(new.content, answer)) {
        (Some(Code::NotRecorded), Some(now)) => format!("Colour recorded for the first time: {}.", now.in_words()),
        _ if old.edition.id != new.edition.id => "Carried over into another wording of the checklist.".to_owned(),
        _ => "Changed in passing.".to_owned(),
    }
}

fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
