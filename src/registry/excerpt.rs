//! A few of a supplier's own words around those that were looked for.

use std::ops::Range;

use crate::{domain::AnswerId, index::wording::Sought};

/// The longest excerpt, in characters, unless what was looked for is longer.
const LONGEST: usize = 240;
/// As much of it stands before what was found.
const BEFORE: usize = 80;
/// The longest excerpt of all: what was pasted is not repeated without end.
const LONGEST_EVER: usize = 600;

/// A run of an excerpt's text: plain text, never markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The supplier's words, or `…` where some were left out.
    pub text: String,
    /// Whether this is what was looked for.
    pub found: bool,
}

/// A few words of one answer, in order; the pieces follow each other without anything between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Whose words.
    pub answer: AnswerId,
    /// At least one of them is found.
    pub pieces: Vec<Piece>,
}

impl Excerpt {
    /// The part of these paragraphs in which most of `sought` stands; `None` where it does not stand there.
    pub fn of(sought: &Sought, answer: AnswerId, paragraphs: &[&str]) -> Option<Excerpt> {
        let marks = sought.marks(paragraphs)?;
        let pairs = paragraphs.iter().zip(&marks);
        let (paragraph, marks) = pairs.min_by_key(|(_, marks)| std::cmp::Reverse(marks.len()))?;
        Some(Excerpt { answer, pieces: pieces(paragraph, marks) })
    }
}

fn pieces(paragraph: &str, marks: &[Range<usize>]) -> Vec<Piece> {
    let window = marks.first().map_or(0..0, |mark| window(paragraph, mark));
    let mut pieces = Vec::new();
    let mut push = |range: Range<usize>, found: bool| {
        if !range.is_empty() {
            pieces.push(Piece { text: paragraph[range].to_owned(), found });
        }
    };
    let mut at = window.start;
    for mark in marks.iter().filter(|mark| mark.start < window.end) {
        push(at..mark.start, false);
        at = mark.end.min(window.end);
        push(mark.start..at, true);
    }
    push(at..window.end, false);
    let cut = |found| Piece { text: "…".to_owned(), found };
    if window.start > 0 {
        pieces.insert(0, cut(false));
    }
    if window.end < paragraph.len() {
        pieces.push(cut(false));
    }
    pieces
}

/// The part of a paragraph that is shown, cut between words where there are any.
fn window(paragraph: &str, mark: &Range<usize>) -> Range<usize> {
    let place = |from: usize, characters: usize| {
        paragraph[from..].char_indices().nth(characters).map_or(paragraph.len(), |(at, _)| from + at)
    };
    let back = paragraph[..mark.start].char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
    let start = match paragraph[back..mark.start].find(char::is_whitespace) {
        Some(space) if back > 0 => back + space + paragraph[back + space..].chars().next().map_or(1, char::len_utf8),
        _ => back,
    };
    let least = mark.end.min(place(mark.start, LONGEST_EVER));
    let end = place(start, LONGEST).max(least);
    let end = match paragraph[least..end].rfind(char::is_whitespace) {
        Some(space) if end < paragraph.len() => least + space,
        _ => end,
    };
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sought: &str, paragraphs: &[&str]) -> String {
        let sought = Sought::terms(sought).expect("words");
        let excerpt = Excerpt::of(&sought, "q3.1".parse().expect("an answer"), paragraphs).expect("it stands there");
        let shown = |piece: &Piece| if piece.found { format!("[{}]", piece.text) } else { piece.text.clone() };
        excerpt.pieces.iter().map(shown).collect()
    }

    #[test]
    fn short_paragraphs_are_shown_whole_with_every_word_marked() {
        assert_eq!(shown("DATA kept", &["First.", "Data is kept; “data” goes."]), "[Data] is [kept]; “[data]” goes.");
    }

    #[test]
    fn long_paragraphs_are_cut_between_words() {
        let long = format!("{} needle {}", "hay ".repeat(100).trim(), "straw ".repeat(100).trim());
        let shown = shown("needle", &[&long]);
        assert!(
            shown.starts_with("…hay hay") && shown.contains(" [needle] straw") && shown.ends_with("straw…"),
            "{shown}"
        );
        assert!(shown.chars().count() < 250, "{shown}");
    }

    #[test]
    fn text_without_white_space_is_cut_between_characters() {
        let long = format!("{}-é-{}", "水".repeat(500), "火".repeat(500));
        let shown = shown("É", &[&long]);
        assert!(shown.contains("水-[é]-火"), "{shown}");
        let one = "é".repeat(5_000);
        assert_eq!(super::pieces(&one, std::slice::from_ref(&(0..one.len())))[0].text.chars().count(), LONGEST_EVER);
    }
}
