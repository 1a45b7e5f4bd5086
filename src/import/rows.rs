//! Rows of tables: a question in the first cell, its answer in the others.

use super::{
    clean::Piece,
    fold::{Folded, fold},
    found::Doubt,
    passage::{Effect, Match},
    reader::{Break, Place, Reader, Taken, is_page_number},
};

impl Reader<'_> {
    /// Gives the words of a row their places. `continued`: how a row follows the one that it goes on from.
    pub(super) fn row(&mut self, cells: Vec<Vec<Piece>>, continued: Break) {
        if cells.iter().all(Vec::is_empty) {
            return;
        }
        if !matches!(self.place, Place::Answer(_)) && self.details.take_row(&cells) {
            return;
        }
        let mut cells = cells.into_iter();
        let first = cells.next().unwrap_or_default();
        let others: Vec<(usize, Vec<Piece>)> = cells.enumerate().filter(|(_, cell)| !cell.is_empty()).collect();
        let mut taken = None;
        for (i, piece) in first.iter().enumerate() {
            let outcome = self.take(piece, Some(!others.is_empty()));
            if i == 0 || outcome == Taken::Question {
                taken = Some(outcome);
            }
        }
        for (column, cell) in others {
            for (i, piece) in cell.into_iter().enumerate() {
                let next = if i == 0 { continued } else { Break::Paragraph };
                self.answer_cell(&piece, taken, column, next);
            }
        }
    }

    /// Gives a paragraph of a later cell its place. `taken`: what the first cell was, `None` when empty;
    /// `continued`: how it follows the same cell of the row before, when the row goes on.
    fn answer_cell(&mut self, piece: &Piece, taken: Option<Taken>, column: usize, continued: Break) {
        let line = piece.line_at(0);
        match (self.place, taken) {
            (Place::Answer(id), Some(Taken::Question | Taken::RestOfQuestion) | None) => {
                if column == 0 && is_colour(&piece.text) {
                    let detail = format!(
                        "The code column reads '{}'. Compare it with the published form and enter the code by hand.",
                        piece.text
                    );
                    self.doubts.push(Doubt::at(line, id, "code-in-words", detail));
                    return;
                }
                let before = if taken == Some(Taken::Question) { Break::Paragraph } else { continued };
                self.push_bit(id, piece, (0, piece.text.len()), before, true);
            }
            (Place::Answer(id), Some(Taken::Free)) => {
                let detail = "This row of a table names no question. It was read as part of the answer before it.";
                self.doubts.push(Doubt::at(line, id, "row-without-question", detail));
                self.push_bit(id, piece, (0, piece.text.len()), Break::Paragraph, true);
            }
            _ if self.form.is_title(&piece.text) || is_page_number(&piece.text) => {}
            _ => {
                if !self.take_label_cell(piece) {
                    self.leave(line, &piece.text);
                }
            }
        }
    }

    /// A cell outside any answer that holds words of the form, or the first of them: a table's heading.
    fn take_label_cell(&mut self, piece: &Piece) -> bool {
        let folded = Folded::of(&piece.text);
        let mut matches = self.form.passages_at(&piece.text, &folded, 0);
        matches.retain(|(passage, found)| match found {
            Match::Whole(end, _) => *end == folded.len(),
            Match::Begun(..) => self.form.passages[*passage].effect == Effect::Nothing,
        });
        self.accept(piece, &folded, 0, matches).is_some()
    }
}

fn is_colour(text: &str) -> bool {
    let folded: String = fold(text).into_iter().collect();
    matches!(folded.as_str(), "green" | "amber" | "black" | "red" | "g" | "a" | "b" | "r")
}
