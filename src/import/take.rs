//! Telling, at one place of a paragraph, the form's words from the supplier's.

use crate::domain::AnswerId;

use super::{
    clean::Piece,
    fold::Folded,
    form,
    found::Doubt,
    label::{self, Label},
    passage::{Effect, Match, Rest, keep_longest},
    reader::{Open, Place, Reader, Taken},
};

/// What stood at a place: up to which byte, and what it was; `None` for the supplier's words.
type Outcome = (usize, Option<Taken>);

/// From this share of common three-word runs on (per cent), words count as the form's own, altered.
const SURE: usize = 65;

impl Reader<'_> {
    /// Takes the form's words at `at` (byte), or says up to where no words of the form begin.
    pub(super) fn take_from(&mut self, piece: &Piece, folded: &Folded, at: usize, row: Option<bool>) -> Outcome {
        let text = piece.text.as_str();
        let index = folded.index_from(at);
        let starts_line = piece.starts_line(at);
        let line_end = piece.line_end(at);
        if index >= folded.len() {
            return self.signs_only(piece, at);
        }
        if at == 0 && !matches!(self.place, Place::Answer(_)) && form::is_numbering(text, row.is_some()) {
            return (text.len(), Some(Taken::Form));
        }
        if let Some(end) = self.take_rest(piece, folded, at, index) {
            return end;
        }
        if starts_line
            && !piece.is_item
            && row.is_none()
            && let Some(end) = self.heading_end(piece, at)
        {
            return (end, Some(Taken::Form));
        }
        let label = label::at(text.get(at..).unwrap_or_default());
        let after_label = label.as_ref().map_or(index, |label| folded.index_from(at + label.length));
        let numbered = label.filter(|label| label.has_q && starts_line);
        if let Some(label) = &numbered
            && let Some(end) = self.take_numbered(piece, folded, label, after_label)
        {
            return end;
        }
        for start in [after_label, index] {
            if let Some(end) = self.take_passage(piece, folded, start, starts_line) {
                return end;
            }
        }
        if let Some(label) = &numbered
            && let Some(end) = self.take_other_wording(piece, label, (at, line_end), row)
        {
            return end;
        }
        if starts_line && let Some(end) = self.take_altered(piece, (at, line_end), row) {
            return end;
        }
        (self.free_end(piece, folded, at, index, line_end), None)
    }

    /// Signs without letters or digits: an answer in themselves ("✓"), or what a passage left behind.
    fn signs_only(&mut self, piece: &Piece, at: usize) -> Outcome {
        let end = piece.text.len();
        let is_answer = at == 0 && matches!(self.place, Place::Answer(_));
        (end, if is_answer { None } else { Some(Taken::Form) })
    }

    fn take_heading(&mut self, piece: &Piece, at: usize, line_end: usize) -> bool {
        let line = piece.text.get(at..line_end).unwrap_or_default();
        let Some(effect) = self.form.heading(line) else { return false };
        if effect != Effect::Nothing {
            self.close_open();
            self.enter(effect, piece.line_at(at));
        }
        true
    }

    /// A heading on one line, or broken over two.
    fn heading_end(&mut self, piece: &Piece, at: usize) -> Option<usize> {
        let line_end = piece.line_end(at);
        let ends = [line_end, piece.line_end(line_end)];
        ends.into_iter().find(|end| self.take_heading(piece, at, *end))
    }

    /// The rest of a passage that broke off earlier, when it stands here.
    fn take_rest(&mut self, piece: &Piece, folded: &Folded, at: usize, index: usize) -> Option<Outcome> {
        if at != 0 {
            return None;
        }
        let open = self.open.as_ref()?;
        let mut matches: Vec<(usize, Match)> = Vec::new();
        for &(passage, rest) in &open.passages {
            if let Some(found) = self.form.passages[passage].match_from(rest, &piece.text, folded, index) {
                matches.push((passage, found));
            }
        }
        let answer = open.answer;
        let is_split = open.passages.iter().any(|(_, rest)| *rest != Rest::START);
        let line = piece.line_at(at);
        let whole =
            matches.iter().find_map(|(_, found)| if let Match::Whole(end, _) = found { Some(*end) } else { None });
        if matches.is_empty() {
            return None;
        }
        if let Some(id) = answer.filter(|_| is_split) {
            let detail =
                "The question was split, perhaps at the end of a page: check where its answer begins and ends.";
            self.doubt_once(Doubt::at(line, id, "split-row", detail));
        }
        let end = match whole {
            Some(end) => {
                let passages: Vec<usize> =
                    matches.iter().filter(|(_, found)| matches!(found, Match::Whole(..))).map(|(p, _)| *p).collect();
                self.note_wording(answer, line, &passages);
                self.open = None;
                self.fill_first(piece, &matches, |found| matches!(found, Match::Whole(..)));
                after_passage(&piece.text, folded, end)
            }
            None => {
                self.fill_first(piece, &matches, |_| true);
                let begun = |(passage, found): (usize, Match)| match found {
                    Match::Begun(rest, _) => Some((passage, rest)),
                    Match::Whole(..) => None,
                };
                let passages = matches.into_iter().filter_map(begun).collect();
                if let Some(open) = &mut self.open {
                    open.passages = passages;
                }
                piece.text.len()
            }
        };
        Some((end, Some(if answer.is_some() { Taken::RestOfQuestion } else { Taken::Form })))
    }

    /// Takes a supplier's words out of the first of `matches` that is wanted; the others hold the same.
    fn fill_first(&mut self, piece: &Piece, matches: &[(usize, Match)], wanted: impl Fn(&Match) -> bool) {
        if let Some((passage, Match::Whole(_, slots) | Match::Begun(_, slots))) =
            matches.iter().find(|(_, found)| wanted(found))
        {
            self.fill(piece, *passage, slots);
        }
    }

    /// A passage of the form that begins at this folded character.
    fn take_passage(&mut self, piece: &Piece, folded: &Folded, index: usize, is_start: bool) -> Option<Outcome> {
        let matches = self.usable(self.form.passages_at(&piece.text, folded, index), folded, index, is_start);
        self.accept(piece, folded, index, matches)
    }

    /// A question that begins with its number, with all its words or only the first ones.
    fn take_numbered(&mut self, piece: &Piece, folded: &Folded, label: &Label, index: usize) -> Option<Outcome> {
        let is_bare = index >= folded.len();
        let mut matches = Vec::new();
        for passage in self.form.questions_numbered(&label.number) {
            let expected = self.form.passages[passage].effect == self.next_question();
            if !is_bare || expected {
                let found = self.form.passages[passage].match_from(Rest::START, &piece.text, folded, index);
                matches.extend(found.map(|found| (passage, found)));
            }
        }
        keep_longest(&mut matches);
        self.accept(piece, folded, index, matches)
    }

    /// Goes on from passages that were found here.
    pub(super) fn accept(
        &mut self,
        piece: &Piece,
        folded: &Folded,
        index: usize,
        matches: Vec<(usize, Match)>,
    ) -> Option<Outcome> {
        let line = piece.line_at(folded.start(index, 0));
        let effect = self.form.passages[matches.first()?.0].effect;
        let passages: Vec<usize> = matches.iter().map(|(passage, _)| *passage).collect();
        let is_whole = matches!(matches.first(), Some((_, Match::Whole(..))));
        let taken = if matches!(effect, Effect::Question(_)) { Taken::Question } else { Taken::Form };
        if effect != Effect::Nothing {
            self.close_open();
        }
        self.enter(effect, line);
        let answer = if let Effect::Question(id) = effect { Some(AnswerId::from(id)) } else { None };
        if is_whole {
            let mut end = 0;
            for (i, (passage, found)) in matches.into_iter().enumerate() {
                if let Match::Whole(at, slots) = found {
                    end = at;
                    if i == 0 {
                        self.fill(piece, passage, &slots);
                    }
                }
            }
            self.note_wording(answer, line, &passages);
            return Some((after_passage(&piece.text, folded, end), Some(taken)));
        }
        self.fill_first(piece, &matches, |_| true);
        let rests = matches.into_iter().filter_map(|(passage, found)| match found {
            Match::Begun(rest, _) => Some((passage, rest)),
            Match::Whole(..) => None,
        });
        self.open = Some(Open { passages: rests.collect(), answer, line });
        Some((piece.text.len(), Some(taken)))
    }

    /// Leaves out matches that are too short to trust at this place.
    fn usable(
        &self,
        matches: Vec<(usize, Match)>,
        folded: &Folded,
        index: usize,
        is_start: bool,
    ) -> Vec<(usize, Match)> {
        let left = folded.len() - index.min(folded.len());
        let in_answer = matches!(self.place, Place::Answer(_));
        let is_usable = |(passage, found): &(usize, Match)| {
            let passage = &self.form.passages[*passage];
            if passage.only_in_prose && in_answer {
                return false;
            }
            match found {
                Match::Whole(end, _) => is_start || end - index >= 30,
                Match::Begun(..) => left >= if is_start { 12 } else { 40 },
            }
        };
        matches.into_iter().filter(is_usable).collect()
    }

    /// A question's number before words that are not the form's.
    fn take_other_wording(
        &mut self,
        piece: &Piece,
        label: &Label,
        (at, line_end): (usize, usize),
        row: Option<bool>,
    ) -> Option<Outcome> {
        let Some(passage) = self.form.questions_numbered(&label.number).next() else {
            self.close_open();
            self.place = Place::Prose;
            let detail = format!("No edition has a question {}: its text was left unplaced.", label.number);
            self.doubts.push(Doubt::at(piece.line_at(at), "text", "unknown-question", detail));
            return None;
        };
        let rest = piece.text.get(at + label.length..line_end).unwrap_or_default();
        if row != Some(true) && self.form.likeness_to(passage, rest) < 50 {
            return None;
        }
        let end = if row.is_some() { piece.text.len() } else { question_end(&piece.text, at, line_end) };
        self.altered_question(piece, passage, (at, end));
        Some((end, Some(Taken::Question)))
    }

    /// A paragraph that is nearly the form's words.
    fn take_altered(&mut self, piece: &Piece, (at, line_end): (usize, usize), row: Option<bool>) -> Option<Outcome> {
        let text = piece.text.get(at..line_end)?;
        let likeness = self.form.likeness(text)?;
        let line = piece.line_at(at);
        let effect = self.form.passages[likeness.passage].effect;
        if let Effect::Question(id) = effect {
            let is_new = self.answers.get(&id.into()).is_none_or(|gathered| gathered.bits.is_empty());
            if is_new && likeness.per_cent >= SURE && self.place != Place::Answer(id.into()) {
                let end = if row.is_some() { line_end } else { question_end(&piece.text, at, line_end) };
                self.altered_question(piece, likeness.passage, (at, end));
                return Some((end, Some(Taken::Question)));
            }
            if self.open.as_ref().is_some_and(|open| open.answer == Some(id.into())) && likeness.per_cent >= 60 {
                self.altered_question(piece, likeness.passage, (at, line_end));
                return Some((line_end, Some(Taken::RestOfQuestion)));
            }
            return None;
        }
        if likeness.per_cent < SURE || self.form.passages[likeness.passage].only_in_prose {
            return None;
        }
        let other = if likeness.other_words.is_empty() {
            String::new()
        } else {
            format!(" Other words: {}.", likeness.other_words.join(" "))
        };
        let detail =
            format!("This was read as the form's own text, though the wording differs.{other} It reads: {text}");
        self.doubts.push(Doubt::at(line, "text", "form-differs", detail));
        if effect != Effect::Nothing {
            self.close_open();
        }
        self.enter(effect, line);
        Some((line_end, Some(Taken::Form)))
    }

    fn altered_question(&mut self, piece: &Piece, passage: usize, (at, end): (usize, usize)) {
        let Effect::Question(id) = self.form.passages[passage].effect else { return };
        let line = piece.line_at(at);
        let is_open = self.open.as_ref().is_some_and(|open| open.answer == Some(id.into()));
        if is_open {
            self.open = None;
        } else {
            self.close_open();
            self.enter(Effect::Question(id), line);
        }
        let text = piece.text.get(at..end).unwrap_or_default();
        let detail = format!("The question is worded differently from every edition: {text}");
        self.doubts.push(Doubt::at(line, id, "question-differs", detail));
    }

    /// Up to where no word of the form begins: the next line, the next passage, or the end.
    fn free_end(&self, piece: &Piece, folded: &Folded, at: usize, index: usize, line_end: usize) -> usize {
        let stop = folded.index_from(line_end);
        let begins = |i: &usize| {
            folded.is_boundary(*i) && {
                let matches = self.form.passages_at(&piece.text, folded, *i);
                !self.usable(matches, folded, *i, false).is_empty()
            }
        };
        let Some(next) = (index + 1..stop).find(begins) else { return line_end };
        // The question's number belongs to the question.
        let before = piece.text.get(at..folded.start(next, line_end)).unwrap_or_default();
        let bare = label::without_last(before).len();
        at + if bare > 0 { bare } else { before.len() }
    }
}

/// The byte after a passage: closing signs that hang on its last word belong to it.
fn after_passage(text: &str, folded: &Folded, index: usize) -> usize {
    let end = folded.end_before(index);
    let after = text.get(end..).unwrap_or_default();
    let signs = after.find(|c: char| !".,;:?!)]\"'”’".contains(c)).unwrap_or(after.len());
    let spaces = after.get(signs..).map_or(0, |rest| rest.len() - rest.trim_start().len());
    end + signs + spaces
}

/// The end of a question in running text: after its first question mark.
fn question_end(text: &str, at: usize, line_end: usize) -> usize {
    text.get(at..line_end).and_then(|line| line.find('?')).map_or(line_end, |mark| at + mark + 1)
}
