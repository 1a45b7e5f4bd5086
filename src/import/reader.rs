//! Walks through the blocks of a text and gives every word a place.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{AnswerId, Commitment, QuestionId};

use super::{
    clean::{Block, Link, Piece},
    details::Details,
    fold::Folded,
    form::Form,
    found::{Doubt, Quote, Unplaced},
    passage::{Effect, Rest, Slot},
};

/// Where in the form the walk has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The supplier's details at the head.
    Details,
    /// Text that is no answer.
    Prose,
    /// The answer to a question or the statement on an area.
    Answer(AnswerId),
}

/// What separates a bit of an answer from the bit before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// A new paragraph.
    Paragraph,
    /// The next row of a table that goes on.
    Row,
    /// The next line of a column.
    Column,
    /// The next line of a wrapped text.
    Line,
}

/// A bit of an answer.
#[derive(Debug)]
pub(super) struct Bit {
    pub line: usize,
    pub text: String,
    pub links: Vec<Link>,
    pub is_item: bool,
    pub before: Break,
    is_cell: bool,
}

/// What was gathered for one answer.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The line of the question or heading.
    pub line: usize,
    pub bits: Vec<Bit>,
    /// "Supplier response:" stood before it.
    is_labelled: bool,
}

/// A passage that the text broke off: which, and where its rest starts.
pub(super) struct Open {
    pub passages: Vec<(usize, Rest)>,
    pub answer: Option<AnswerId>,
    pub line: usize,
}

/// Words that the form has in a slot.
#[derive(Debug)]
pub(super) struct Filled {
    pub slot: Slot,
    pub quote: Quote,
    /// It stands in a section's introduction, not in words that every copy has.
    pub in_edition: bool,
}

/// What happened to the start of a row or paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// A question began there.
    Question,
    /// The rest of a question stood there.
    RestOfQuestion,
    /// Other words of the form.
    Form,
    /// None of the form's words.
    Free,
}

/// The walk's state, and what it has found so far.
pub(super) struct Reader<'a> {
    pub form: &'a Form,
    pub place: Place,
    pub open: Option<Open>,
    last_question: Option<QuestionId>,
    pub details: Details,
    pub answers: BTreeMap<AnswerId, Gathered>,
    pub filled: Vec<Filled>,
    pub commitments: BTreeSet<Commitment>,
    /// Which editions have the words of each question, for questions that were found word for word.
    pub worded: BTreeMap<AnswerId, (usize, Vec<usize>)>,
    pub doubts: Vec<Doubt>,
    pub unplaced: Vec<Unplaced>,
}

impl<'a> Reader<'a> {
    pub fn new(form: &'a Form) -> Self {
        Reader {
            form,
            place: Place::Details,
            open: None,
            last_question: None,
            details: Details::default(),
            answers: BTreeMap::new(),
            filled: Vec::new(),
            commitments: BTreeSet::new(),
            worded: BTreeMap::new(),
            doubts: Vec::new(),
            unplaced: Vec::new(),
        }
    }

    /// Reads every block, in order.
    pub fn read(&mut self, blocks: Vec<Block>) {
        for block in blocks {
            match block {
                Block::Loose(piece) => {
                    self.take(&piece, None);
                }
                Block::Row(cells) => self.row(cells, Break::Row),
                Block::ColumnLine(cells) => self.row(cells, Break::Column),
            }
        }
        self.close_open();
    }

    /// Gives the words of a paragraph their places. `row`: it is a row's first cell, and whether others follow.
    pub(super) fn take(&mut self, piece: &Piece, row: Option<bool>) -> Taken {
        let folded = Folded::of(&piece.text);
        let mut at = 0;
        let mut outcome = None;
        let mut is_continued = false;
        while at < piece.text.len() {
            let (next, taken) = self.take_from(piece, &folded, at, row);
            // A wrapped line goes on with what stood before it.
            let taken = taken.unwrap_or_else(|| {
                self.free(piece, (at, next), row, is_continued);
                Taken::Free
            });
            is_continued = taken == Taken::Free;
            if outcome.is_none() || taken == Taken::Question {
                outcome = Some(taken);
            }
            at = next.max(at + 1);
            while !piece.text.is_char_boundary(at) {
                at += 1;
            }
        }
        outcome.unwrap_or(Taken::Form)
    }

    // ---- effects

    pub(super) fn enter(&mut self, effect: Effect, line: usize) {
        match effect {
            Effect::Nothing => {}
            Effect::Prose => self.place = Place::Prose,
            Effect::Commitment(commitment) => {
                self.commitments.insert(commitment);
                self.place = Place::Prose;
            }
            Effect::Question(id) => {
                self.last_question = Some(id);
                self.enter_answer(id.into(), line);
            }
            Effect::Area(id) => self.enter_answer(id.into(), line),
            Effect::AnswerLabel => self.answer_begins(),
        }
    }

    /// The question that the form asks next.
    pub(super) fn next_question(&self) -> Effect {
        let next = self.form.question_after(self.last_question);
        next.map_or(Effect::Nothing, Effect::Question)
    }

    fn enter_answer(&mut self, id: AnswerId, line: usize) {
        let gathered = self.answers.entry(id).or_default();
        if gathered.bits.is_empty() {
            gathered.line = line;
            self.place = Place::Answer(id);
        } else {
            let detail = format!("{} stands in the text again: the second answer was left unplaced.", id.label());
            self.doubts.push(Doubt::at(line, id, "asked-twice", detail));
            self.place = Place::Prose;
        }
    }

    /// What stood before the first "Supplier response:" of an area is no answer.
    fn answer_begins(&mut self) {
        let Place::Answer(id) = self.place else { return };
        let Some(gathered) = self.answers.get_mut(&id) else { return };
        if std::mem::replace(&mut gathered.is_labelled, true) {
            return;
        }
        for bit in std::mem::take(&mut gathered.bits) {
            self.leave(bit.line, &bit.text);
        }
    }

    pub(super) fn close_open(&mut self) {
        let Some(open) = self.open.take() else { return };
        if let Some(id) = open.answer {
            let detail = "The end of this question was not found: the text may lack a line, or hold it in the answer.";
            self.doubts.push(Doubt::at(open.line, id, "question-cut-short", detail));
        }
    }

    pub(super) fn fill(&mut self, piece: &Piece, passage: usize, slots: &[(Slot, usize, usize)]) {
        for &(slot, start, end) in slots {
            let signs = |c: char| c.is_whitespace() || ",;:".contains(c);
            let text = piece.text.get(start..end).unwrap_or_default().trim_matches(signs);
            let text = if slot == Slot::ServiceUrl { text.trim_end_matches('.') } else { text };
            let quote = Quote { line: piece.line_at(start), text: text.to_owned() };
            let in_edition = !self.form.passages[passage].editions.is_empty();
            self.filled.push(Filled { slot, quote, in_edition });
        }
    }

    pub(super) fn note_wording(&mut self, answer: Option<AnswerId>, line: usize, passages: &[usize]) {
        let Some(id) = answer else { return };
        let editions = passages.iter().flat_map(|passage| self.form.passages[*passage].editions.iter().copied());
        self.worded.entry(id).or_insert_with(|| (line, editions.collect()));
    }

    // ---- the supplier's words

    /// Gives words that are not the form's their place.
    pub(super) fn free(&mut self, piece: &Piece, (at, end): (usize, usize), row: Option<bool>, is_continued: bool) {
        let text = piece.text.get(at..end).unwrap_or_default();
        if text.trim().is_empty() {
            return;
        }
        let line = piece.line_at(at);
        match self.place {
            Place::Details => {
                for leftover in self.details.take_line(text, line) {
                    self.leave(line, &leftover);
                }
            }
            Place::Prose => self.leave(line, text),
            Place::Answer(_) if row.is_none() && !piece.is_item && is_page_number(text) => self.leave(line, text),
            Place::Answer(id) => {
                let before = if is_continued { Break::Line } else { Break::Paragraph };
                let is_foreign_cell = row == Some(true) && matches!(id, AnswerId::Question(_));
                if is_foreign_cell || !self.goes_on(id, text, is_continued) {
                    self.leave(line, text);
                } else {
                    self.push_bit(id, piece, (at, end), before, row.is_some());
                }
            }
        }
    }

    /// Whether loose words after an answer belong to it: surely unless the answer stood, finished, in a cell.
    fn goes_on(&self, id: AnswerId, text: &str, is_continued: bool) -> bool {
        let last = self.answers.get(&id).and_then(|gathered| gathered.bits.last());
        let is_finished = |bit: &Bit| bit.is_cell && is_ended(&bit.text) && !text.starts_with(char::is_lowercase);
        is_continued || matches!(id, AnswerId::Support(_)) || !last.is_some_and(is_finished)
    }

    pub(super) fn push_bit(
        &mut self,
        id: AnswerId,
        piece: &Piece,
        (at, end): (usize, usize),
        before: Break,
        is_cell: bool,
    ) {
        let raw = piece.text.get(at..end).unwrap_or_default();
        let text = raw.trim();
        let offset = at + (raw.len() - raw.trim_start().len());
        let links = piece.links.iter().filter(|link| link.at > at && link.at <= end);
        let links = links.map(|link| Link { at: (link.at - offset).min(text.len()), ..link.clone() }).collect();
        let bit = Bit {
            line: piece.line_at(offset),
            text: text.to_owned(),
            links,
            is_item: piece.is_item && at == 0,
            before,
            is_cell,
        };
        if let Some(gathered) = self.answers.get_mut(&id) {
            gathered.bits.push(bit);
        }
    }

    pub(super) fn leave(&mut self, line: usize, text: &str) {
        self.unplaced.push(Unplaced { line, text: text.trim().to_owned() });
    }

    pub(super) fn doubt_once(&mut self, doubt: Doubt) {
        if !self.doubts.iter().rev().take(8).any(|known| known.code == doubt.code && known.about == doubt.about) {
            self.doubts.push(doubt);
        }
    }
}

/// Whether a paragraph ends as a sentence does.
pub(super) fn is_ended(text: &str) -> bool {
    let bare = text.trim_end_matches(['"', '\'', '”', '’', ')', ']', ' ']);
    bare.ends_with(['.', '!', '?', ':', ';'])
}

/// Whether a text is a page's number.
pub(super) fn is_page_number(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_number = |word: &&str| word.len() <= 3 && word.chars().all(|c| c.is_ascii_digit());
    match words.as_slice() {
        [number] => is_number(number),
        ["Page" | "page", number] => is_number(number),
        ["Page" | "page", number, "of", all] => is_number(number) && is_number(all),
        _ => false,
    }
}
