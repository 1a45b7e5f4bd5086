//! One passage of the form, with places for a supplier's words, and finding it in a text.

use std::collections::HashSet;

use crate::domain::{Commitment, QuestionId, SupportAreaId};

use super::fold::{Folded, fold};

/// What a passage of the form means for what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Effect {
    /// Nothing: guidance inside a support area, the form's title on top of a page.
    Nothing,
    /// What follows is no answer until a question or an area begins.
    Prose,
    /// A question: what follows is its answer.
    Question(QuestionId),
    /// A support area: what follows is its statement.
    Area(SupportAreaId),
    /// A promise.
    Commitment(Commitment),
    /// "Supplier response:" before a statement.
    AnswerLabel,
}

/// A place where the form has the supplier's own words inside a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Slot {
    Supplier,
    Service,
    ServiceUrl,
    Official,
}

/// A part of a passage: folded words, or a place for the supplier's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Words(Vec<char>),
    Slot(Slot),
}

const SLOTS: [(&str, Slot); 4] = [
    ("[supplier]", Slot::Supplier),
    ("[service]", Slot::Service),
    ("[service_url]", Slot::ServiceUrl),
    ("[official]", Slot::Official),
];

/// One passage of the form.
#[derive(Debug)]
pub(super) struct Passage {
    pub parts: Vec<Part>,
    pub effect: Effect,
    /// It must be all there is in its paragraph: a label, or an item too short to be sure of.
    pub is_label: bool,
    /// Too short to be told from a supplier's words inside an answer.
    pub only_in_prose: bool,
    /// The editions (by position) that have it; empty for words of every copy.
    pub editions: Vec<usize>,
    /// Its words, for texts that are only like it.
    pub words: HashSet<String>,
}

/// How far a passage was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// Up to this folded character, with what stands in its slots (byte ranges of the text).
    Whole(usize, Vec<(Slot, usize, usize)>),
    /// The text ended first; the rest starts at this place of the passage. With what stands in the slots so far.
    Begun(Rest, Vec<(Slot, usize, usize)>),
}

/// Where the rest of a passage starts: part and character in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    pub part: usize,
    pub offset: usize,
}

impl Rest {
    /// Nothing of the passage has been seen.
    pub const START: Rest = Rest { part: 0, offset: 0 };
}

/// Keeps the longest of the passages that stand whole, or else all that the text broke off.
pub(super) fn keep_longest(matches: &mut Vec<(usize, Match)>) {
    let longest = matches.iter().filter_map(|(_, found)| found.whole_end()).max();
    matches.retain(|(_, found)| found.whole_end() == longest);
}

impl Match {
    pub fn whole_end(&self) -> Option<usize> {
        match self {
            Match::Whole(end, _) => Some(*end),
            Match::Begun(..) => None,
        }
    }
}

/// A passage's parts.
pub(super) fn parts_of(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let next = SLOTS.iter().filter_map(|(name, slot)| Some((rest.find(name)?, *slot, name.len()))).min();
        let (before, slot, after) = match next {
            Some((at, slot, length)) => (&rest[..at], Some(slot), &rest[at + length..]),
            None => (rest, None, ""),
        };
        let words = fold(before);
        if !words.is_empty() {
            parts.push(Part::Words(words));
        }
        parts.extend(slot.map(Part::Slot));
        rest = after;
    }
    parts
}

impl Passage {
    /// Matches the passage from `rest` on against the text from `index` on.
    pub fn match_from(&self, rest: Rest, text: &str, folded: &Folded, index: usize) -> Option<Match> {
        let mut at = index;
        let mut offset = rest.offset;
        let mut slots = Vec::new();
        for (number, part) in self.parts.iter().enumerate().skip(rest.part) {
            match part {
                Part::Words(words) => {
                    let wanted = words.get(offset..).unwrap_or_default();
                    let left = folded.len() - at;
                    if left < wanted.len() {
                        let begun = folded.has(&wanted[..left], at);
                        let rest = Rest { part: number, offset: offset + left };
                        return begun.then_some(Match::Begun(rest, slots));
                    }
                    if !folded.has(wanted, at) {
                        return None;
                    }
                    at += wanted.len();
                }
                Part::Slot(slot) => {
                    let end = self.slot_end(number, text, folded, at)?;
                    let bytes = (folded.end_before(at), folded.start(end, text.len()));
                    slots.push((*slot, bytes.0, bytes.1));
                    at = end;
                }
            }
            offset = 0;
        }
        let all = at >= folded.len();
        let is_apart = folded.is_boundary(at) && (!self.is_label || all || self.is_followed_by_colon(text, folded, at));
        is_apart.then_some(Match::Whole(at, slots))
    }

    fn is_followed_by_colon(&self, text: &str, folded: &Folded, at: usize) -> bool {
        let after = text.get(folded.end_before(at)..).unwrap_or_default();
        self.effect == Effect::AnswerLabel && after.trim_start().starts_with(':')
    }

    /// Where a slot ends: at the next white space when it is the last part, else where the words after it begin,
    /// at most 200 characters on.
    fn slot_end(&self, number: usize, text: &str, folded: &Folded, at: usize) -> Option<usize> {
        let Some(Part::Words(next)) = self.parts.get(number + 1) else {
            let start = folded.start(at, text.len());
            let length = text.get(start..)?.find(char::is_whitespace);
            return Some(length.map_or(folded.len(), |length| folded.index_from(start + length)));
        };
        let head = &next[..next.len().min(12)];
        (at..folded.len().min(at + 200)).find(|i| folded.has(head, *i))
    }
}
