//! The history of one answer.

use super::{
    Side,
    pairing::older_name,
    types::Change,
    versions::{self, version_facts},
};
use crate::domain::{AnswerId, Code, Signer};

/// One answer through all versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerHistory {
    /// Its id in the current edition.
    pub answer: AnswerId,
    /// The version since which it stands unchanged.
    pub unchanged_since: u32,
    /// For example `stands unchanged since version 2 (4 May 2018)`.
    pub sentence: String,
    /// Its first version and every one in which it changed, newest first.
    pub entries: Vec<HistoryEntry>,
}

/// A version in which an answer changed, or first stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The version, its dates and its edition.
    pub version: super::VersionFacts,
    /// Its id in that version's edition.
    pub answer: AnswerId,
    /// The colour from then on.
    pub code: Option<Code>,
    /// The words from then on, a paragraph an item.
    pub statement: Vec<String>,
    /// What changed against the version before; absent for the first.
    pub change: Option<Change>,
    /// Who completed it.
    pub signatory: Option<Signer>,
    /// Who verified it.
    pub official: Option<Signer>,
}

/// Follows one answer back through `sides` (all versions, oldest first); `None` when the current edition does not ask
/// it.
pub fn history(sides: &[Side], answer: AnswerId) -> Option<AnswerHistory> {
    let last = sides.last()?;
    last.edition.asked(answer)?;
    let names = names(sides, answer);
    let first = names.iter().position(Option::is_some)?;
    let mut entries = vec![entry(&sides[first], names[first]?, None)];
    for (at, name) in changes_of(sides, answer) {
        let compared = versions::versions(sides[at - 1], sides[at]);
        let mut all = compared.changes.into_iter().flat_map(|mut change| {
            let children = std::mem::take(&mut change.children);
            std::iter::once(change).chain(children)
        });
        let change = all.find(|change| change.about.answer() == Some(name));
        entries.push(entry(&sides[at], name, change));
    }
    entries.reverse();
    let newest = &entries[0].version;
    let day = newest.published_on.map(|day| format!(" ({})", day.in_words())).unwrap_or_default();
    let sentence = format!("stands unchanged since version {}{day}", newest.version);
    Some(AnswerHistory { answer, unchanged_since: newest.version, sentence, entries })
}

fn entry(side: &Side, name: AnswerId, change: Option<Change>) -> HistoryEntry {
    HistoryEntry {
        version: version_facts(side),
        answer: name,
        code: code(side, name),
        statement: side.content.statement(name).unwrap_or_default().to_vec(),
        change,
        signatory: side.content.signatory.clone(),
        official: side.content.official.clone(),
    }
}

fn code(side: &Side, name: AnswerId) -> Option<Code> {
    match name {
        AnswerId::Question(question) => side.content.responses.get(&question)?.code,
        AnswerId::Support(_) => None,
    }
}

/// The answer's name in each version, walking back through the editions' mappings.
fn names(sides: &[Side], answer: AnswerId) -> Vec<Option<AnswerId>> {
    let mut found = vec![None; sides.len()];
    let mut name = Some(answer);
    for at in (0..sides.len()).rev() {
        found[at] = name;
        if at > 0 && sides[at - 1].content.edition != sides[at].content.edition {
            name = name.and_then(|name| older_name(&sides[at - 1], &sides[at], name));
        }
    }
    found
}

/// Places in `sides` (from 1 on) at which an answer differs from the version before, with its name there.
pub(super) fn changes_of(sides: &[Side], answer: AnswerId) -> Vec<(usize, AnswerId)> {
    let names = names(sides, answer);
    let differs = |at: &usize| match (names[at - 1], names[*at]) {
        (Some(before), Some(after)) => !says_the_same(&sides[at - 1], before, &sides[*at], after),
        _ => false,
    };
    (1..sides.len()).filter(differs).filter_map(|at| Some((at, names[at]?))).collect()
}

/// The name that an answer of the first version bears in the last.
pub(super) fn name_in_last(sides: &[Side], answer: AnswerId) -> Option<AnswerId> {
    let last = sides.last()?;
    if sides[0].content.edition == last.content.edition {
        return Some(answer);
    }
    last.edition.answer_ids().find(|id| names(sides, *id)[0] == Some(answer))
}

fn says_the_same(old: &Side, before: AnswerId, new: &Side, after: AnswerId) -> bool {
    match (before, after) {
        (AnswerId::Question(before), AnswerId::Question(after)) => {
            old.content.responses.get(&before) == new.content.responses.get(&after)
        }
        (AnswerId::Support(before), AnswerId::Support(after)) => {
            old.content.support.get(&before) == new.content.support.get(&after)
        }
        _ => false,
    }
}
