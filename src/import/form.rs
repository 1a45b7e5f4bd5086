//! The form's own words: what every edition and every copy of the form prints, so that it can be told from
//! what a supplier wrote.

use std::collections::HashMap;

use crate::domain::{Edition, QuestionId};

use super::{
    fold::{Folded, fold, words},
    passage::{Effect, Match, Part, Passage, Rest, keep_longest, parts_of},
};

/// The form's title, labels and appendix: words that no edition's file holds. `#` a heading, `=` a line of its
/// own, `>` what stands before an answer; other lines are prose.
const FIXED: &str = include_str!("form.txt");

/// How many folded characters of a passage find it.
const KEY: usize = 8;

/// Texts of fewer words are never compared with the form's by likeness.
const FEW_WORDS: usize = 6;

/// Prose shorter than this counts as the form's only where it stands alone.
const SHORT: usize = 40;

/// A heading: what it means, and whether only a number before it makes it one.
#[derive(Debug, Clone, Copy)]
struct Heading {
    effect: Effect,
    needs_number: bool,
}

/// Passages already gathered, so that editions share what they have in common.
type Known = HashMap<(Vec<Part>, Effect), usize>;

/// Everything that the form says itself, ready to be looked up.
pub(super) struct Form {
    pub passages: Vec<Passage>,
    by_start: HashMap<[char; KEY], Vec<usize>>,
    by_words: HashMap<[String; 3], Vec<usize>>,
    headings: HashMap<Vec<char>, Heading>,
}

impl Form {
    /// Gathers the words of the form from the editions.
    pub fn of(editions: &[&Edition]) -> Self {
        let mut form =
            Form { passages: Vec::new(), by_start: HashMap::new(), by_words: HashMap::new(), headings: HashMap::new() };
        let mut known = HashMap::new();
        for line in FIXED.lines() {
            form.add_fixed(line, &mut known);
        }
        for (index, edition) in editions.iter().enumerate() {
            form.add_edition(index, edition, &mut known);
        }
        form
    }

    fn add_fixed(&mut self, line: &str, known: &mut Known) {
        match line.split_at_checked(2) {
            Some(("# ", title)) => self.add_heading(title, Effect::Prose, false),
            Some(("= ", label)) => {
                self.add_heading(label, Effect::Nothing, false);
                self.add(label, Effect::Nothing, true, None, known);
            }
            Some(("> ", label)) => self.add(label, Effect::AnswerLabel, true, None, known),
            _ => self.add(line, Effect::Prose, false, None, known),
        }
    }

    fn add_edition(&mut self, index: usize, edition: &Edition, known: &mut Known) {
        let mut add = |text: &str, effect| self.add(text, effect, false, Some(index), known);
        edition.questions.iter().for_each(|question| add(&question.text, Effect::Question(question.id)));
        edition.commitments.iter().for_each(|promise| add(&promise.text, Effect::Commitment(promise.id)));
        let codes = edition.codes.iter().flat_map(|code| [Some(&code.meaning), code.caveat.as_ref()]).flatten();
        let guidance = edition.questions.iter().flat_map(|question| &question.guidance);
        let introductions = edition.sections.iter().flat_map(|section| &section.introduction);
        let prose = edition.introduction.iter().chain(codes).chain(guidance).chain(introductions);
        prose.for_each(|text| add(text, Effect::Prose));
        let support = edition.support_areas.iter().flat_map(|area| &area.guidance);
        support.for_each(|text| add(text, Effect::Nothing));
        for section in &edition.sections {
            self.add_heading(&format!("Supplier Response - {}", section.title), Effect::Prose, false);
            self.add_heading(&section.title, Effect::Prose, true);
        }
        for area in &edition.support_areas {
            self.add_heading(&area.title, Effect::Area(area.id), true);
        }
    }

    fn add_heading(&mut self, title: &str, effect: Effect, needs_number: bool) {
        self.headings.entry(fold(title)).or_insert(Heading { effect, needs_number });
    }

    fn add(&mut self, text: &str, effect: Effect, is_label: bool, edition: Option<usize>, known: &mut Known) {
        let parts = parts_of(text);
        let Some(Part::Words(first)) = parts.first() else { return };
        let Some(Ok(key)) = first.get(..KEY).map(<[char; KEY]>::try_from) else { return };
        if let Some(&passage) = known.get(&(parts.clone(), effect)) {
            self.passages[passage].editions.extend(edition);
            return;
        }
        let index = self.passages.len();
        known.insert((parts.clone(), effect), index);
        self.by_start.entry(key).or_default().push(index);
        let words = words(text);
        for three in words.windows(3) {
            let entry = self.by_words.entry([three[0].clone(), three[1].clone(), three[2].clone()]).or_default();
            if entry.last() != Some(&index) {
                entry.push(index);
            }
        }
        let is_short = first.len() < SHORT && parts.len() == 1 && !is_label;
        self.passages.push(Passage {
            is_label: is_label || is_short,
            only_in_prose: is_short && effect == Effect::Prose,
            parts,
            effect,
            editions: edition.into_iter().collect(),
            words: words.into_iter().collect(),
        });
    }

    /// The longest passages that stand whole at `index`, or else all that begin there and outlast the text.
    ///
    /// `end` is the folded length to which the text counts as one paragraph.
    pub fn passages_at(&self, text: &str, folded: &Folded, index: usize) -> Vec<(usize, Match)> {
        let Some(Ok(key)) = folded.chars.get(index..index + KEY).map(<[char; KEY]>::try_from) else {
            return Vec::new();
        };
        let candidates = self.by_start.get(&key).map(Vec::as_slice).unwrap_or_default();
        let mut matches: Vec<(usize, Match)> = Vec::new();
        for &passage in candidates {
            let Some(found) = self.passages[passage].match_from(Rest::START, text, folded, index) else { continue };
            matches.push((passage, found));
        }
        keep_longest(&mut matches);
        matches
    }

    /// What a line means as a heading: the effect, `Nothing` for a line of a table of contents.
    pub fn heading(&self, line: &str) -> Option<Effect> {
        if line.len() > 200 {
            return None;
        }
        let folded = fold(line);
        let bare: &[char] = folded.strip_prefix(fold("section").as_slice()).unwrap_or(&folded);
        let title_start = bare.iter().position(|c| !c.is_ascii_digit())?;
        let numbered = title_start > 0;
        let title = if numbered { &bare[title_start..] } else { folded.as_slice() };
        let title_end = title.iter().rposition(|c| !c.is_ascii_digit())? + 1;
        let in_contents = title_end < title.len() || line.contains("...");
        let heading = self.headings.get(&title[..title_end])?;
        let is_capitals = !line.chars().any(char::is_lowercase);
        match heading {
            _ if in_contents => Some(Effect::Nothing),
            Heading { needs_number: true, .. } if !numbered && !is_capitals => None,
            Heading { effect, .. } => Some(*effect),
        }
    }

    /// Whether a cell of a table of contents holds a heading's words.
    pub fn is_title(&self, text: &str) -> bool {
        let folded = fold(text);
        let end = folded.iter().rposition(|c| !c.is_ascii_digit()).map_or(0, |last| last + 1);
        self.headings.contains_key(&folded[..end])
    }

    /// The passage that this text is most like: its place, the share of three-word runs that stand in it too
    /// (per cent), and the words that do not.
    pub fn likeness(&self, text: &str) -> Option<Likeness> {
        let words = words(text);
        if words.len() < FEW_WORDS {
            return None;
        }
        let mut votes: HashMap<usize, usize> = HashMap::new();
        let runs = words.len().saturating_sub(2);
        for three in words.windows(3) {
            let key = [three[0].clone(), three[1].clone(), three[2].clone()];
            for passage in self.by_words.get(&key).into_iter().flatten() {
                *votes.entry(*passage).or_default() += 1;
            }
        }
        let (&passage, &most) = votes.iter().max_by_key(|(passage, votes)| (**votes, std::cmp::Reverse(**passage)))?;
        let known = &self.passages[passage].words;
        let other = words.into_iter().filter(|word| !known.contains(word)).collect();
        Some(Likeness { passage, per_cent: most * 100 / runs.max(1), other_words: other })
    }

    /// Every wording of the question with this number (`5.7`), older editions first.
    pub fn questions_numbered(&self, number: &str) -> impl Iterator<Item = usize> {
        let is_numbered = move |passage: &Passage| match passage.effect {
            Effect::Question(id) => id.number() == number,
            _ => false,
        };
        (0..self.passages.len()).filter(move |index| is_numbered(&self.passages[*index]))
    }

    /// The question after this one in the form's order; the first for `None`.
    pub fn question_after(&self, last: Option<QuestionId>) -> Option<QuestionId> {
        let questions = self.passages.iter().filter_map(|passage| match passage.effect {
            Effect::Question(id) => Some(id),
            _ => None,
        });
        questions.filter(|id| Some(*id) > last).min()
    }

    /// The share of a text's words that stand in this passage, per cent.
    pub fn likeness_to(&self, passage: usize, text: &str) -> usize {
        let words = words(text);
        let known = words.iter().filter(|word| self.passages[passage].words.contains(*word)).count();
        known * 100 / words.len().max(1)
    }
}

/// Whether a text is a number of the table of contents: `1.`, `Section 3.1.....`; in a table also `3`.
pub(super) fn is_numbering(text: &str, in_table: bool) -> bool {
    let folded = fold(text);
    let digits = folded.strip_prefix(fold("section").as_slice()).unwrap_or(&folded);
    let is_number = (1..=4).contains(&digits.len()) && digits.iter().all(char::is_ascii_digit);
    is_number && (in_table || text.contains('.'))
}

/// How a text resembles a passage.
#[derive(Debug)]
pub(super) struct Likeness {
    pub passage: usize,
    pub per_cent: usize,
    pub other_words: Vec<String>,
}
