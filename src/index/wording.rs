//! What is looked for, and what counts as the same words: one rule for the index, for the proof of what it found and
//! for the marks in an excerpt.
//!
//! Capitals, white space, the typographic forms of quotes and dashes, and characters without width make no
//! difference. A word is a run of letters and digits (Unicode); words are found whole.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use crate::domain::{AnswerId, Draft};

/// Words of a search that count; the rest is passed over.
const MOST_TERMS: usize = 8;
/// The longest word that counts, in characters.
const LONGEST_TERM: usize = 100;
/// Words of one term that count.
const MOST_WORDS_OF_A_TERM: usize = 6;
/// Words of all terms that count: what a search costs grows with them.
const MOST_WORDS: usize = 12;
/// Words of a sentence by which candidates are found; whether they say all of it is looked at afterwards.
const PROBE_WORDS: usize = 8;
/// Stands between paragraphs in what is indexed, so that no run of words reaches over. Not a letter: no word holds it.
const BREAK: &str = "\u{2029}";

/// The paragraphs of an answer in which words are looked for: its statement, then titles and addresses of its evidence.
/// Empty for an answer that is not given.
pub fn paragraphs(draft: &Draft, answer: AnswerId) -> Vec<&str> {
    let mut found: Vec<&str> = draft.statement(answer).unwrap_or_default().iter().map(String::as_str).collect();
    if let AnswerId::Question(question) = answer
        && let Some(response) = draft.responses.get(&question)
    {
        found.extend(response.evidence.iter().flat_map(|evidence| [evidence.title.as_str(), evidence.url.as_str()]));
    }
    found
}

/// The words of an answer as the index keeps them: folded, single spaces between, paragraphs kept apart.
pub(super) fn indexed(paragraphs: &[&str]) -> String {
    let mut text = String::with_capacity(paragraphs.iter().map(|paragraph| paragraph.len() + 4).sum());
    for paragraph in paragraphs {
        if !text.is_empty() {
            text.push_str(BREAK);
            text.push(' ');
        }
        for word in words_of(&folded(paragraph)) {
            text.push_str(word);
            text.push(' ');
        }
    }
    text
}

/// Text in which everything is the same that makes no difference.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold(text, |c, _| folded.push(c));
    folded
}

/// Gives every folded character with the place in `text` (bytes) from which it comes.
fn fold(text: &str, mut give: impl FnMut(char, usize)) {
    let (mut begun, mut space) = (false, None);
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            space = space.or(Some(at));
            continue;
        }
        let c = match c {
            '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' => {
                continue;
            }
            '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2039}' | '\u{203A}' => '\'',
            '\u{201C}'..='\u{201F}' | '\u{2033}' | '\u{00AB}' | '\u{00BB}' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            'ς' => 'σ',
            c => c,
        };
        if let Some(space) = space.take()
            && begun
        {
            give(' ', space);
        }
        begun = true;
        // One by one: what a letter becomes must not depend on those beside it, which may not have been pasted.
        c.to_lowercase().for_each(|c| give(c, at));
    }
}

fn words_of(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// Terms that must all occur in one answer, each a run of words without white space in it as it was typed.
    Terms(Vec<Vec<String>>),
    /// Words that must stand exactly so within one paragraph, folded.
    Sentence(String),
}

impl Sought {
    /// Reads what was typed into a search; `None` where there is no letter or digit in it.
    ///
    /// The first eight terms count, as far as they are not very long.
    pub fn terms(typed: &str) -> Option<Sought> {
        let typed: String = typed.nfc().collect();
        let words = |term: &str| -> Vec<String> {
            let term: String = term.chars().take(LONGEST_TERM).collect();
            words_of(&folded(&term)).take(MOST_WORDS_OF_A_TERM).map(str::to_owned).collect()
        };
        let (mut terms, mut count) = (Vec::<Vec<String>>::new(), 0);
        for term in typed.split_whitespace().take(MOST_TERMS).map(words) {
            if !term.is_empty() && !terms.contains(&term) && count + term.len() <= MOST_WORDS {
                count += term.len();
                terms.push(term);
            }
        }
        (!terms.is_empty()).then_some(Sought::Terms(terms))
    }

    /// Reads words that were pasted; `None` where there is no letter or digit in them.
    pub fn sentence(pasted: &str) -> Option<Sought> {
        let pasted: String = pasted.nfc().collect();
        let folded = folded(&pasted);
        words_of(&folded).next()?;
        Some(Sought::Sentence(folded))
    }

    /// As a question to FTS5: every word stands between quotes and holds letters and digits only, so that nothing in it
    /// has a meaning of its own.
    pub(super) fn expression(&self) -> String {
        let quoted = |words: &[&str]| format!("\"{}\"", words.join(" "));
        let all = match self {
            Sought::Terms(terms) => {
                let terms = terms.iter().map(|term| quoted(&term.iter().map(String::as_str).collect::<Vec<_>>()));
                terms.collect::<Vec<_>>().join(" AND ")
            }
            Sought::Sentence(folded) => quoted(probe(&words_of(folded).collect::<Vec<_>>())),
        };
        format!("words : ({all})")
    }

    /// Where in each of `paragraphs` it stands (bytes); `None` where it does not.
    pub fn marks(&self, paragraphs: &[&str]) -> Option<Vec<Vec<Range<usize>>>> {
        match self {
            Sought::Terms(terms) => term_marks(terms, paragraphs),
            Sought::Sentence(folded) => {
                let marks: Vec<_> = paragraphs.iter().map(|paragraph| sentence_marks(folded, paragraph)).collect();
                marks.iter().any(|marks| !marks.is_empty()).then_some(marks)
            }
        }
    }

    /// Whether it stands in these paragraphs.
    pub fn stands_in(&self, paragraphs: &[&str]) -> bool {
        match self {
            Sought::Terms(_) => self.marks(paragraphs).is_some(),
            Sought::Sentence(wanted) => {
                paragraphs.iter().any(|paragraph| places(wanted, &folded(paragraph)).next().is_some())
            }
        }
    }
}

/// The neighbouring words with the most letters in them: long words are rare ones. No word comes twice, which would
/// cost FTS5 very much ("the the the …") and tell little.
fn probe<'w>(words: &'w [&'w str]) -> &'w [&'w str] {
    let run = |from: usize| {
        let rest = &words[from..words.len().min(from + PROBE_WORDS)];
        let again = (1..rest.len()).find(|at| rest[..*at].contains(&rest[*at]));
        &rest[..again.unwrap_or(rest.len())]
    };
    let letters = |words: &&[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    (0..words.len()).map(run).max_by_key(letters).unwrap_or(words)
}

/// Where `wanted` begins in `text`, both folded, with no letter or digit cut off at its ends.
fn places<'t>(wanted: &'t str, text: &'t str) -> impl Iterator<Item = usize> + 't {
    let joined = |before: Option<char>, after: Option<char>| {
        before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
    };
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + text.get(from..)?.find(wanted)?;
            let end = at + wanted.len();
            from = at + text[at..].chars().next().map_or(1, char::len_utf8);
            let cut = joined(text[..at].chars().next_back(), wanted.chars().next())
                || joined(wanted.chars().next_back(), text[end..].chars().next());
            if !cut {
                return Some(at);
            }
        }
    })
}

/// Folded text with the place in the original of each of its bytes, and of its end.
fn traced(text: &str) -> (String, Vec<usize>) {
    let (mut folded, mut origin) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
    fold(text, |c, at| {
        folded.push(c);
        origin.resize(folded.len(), at);
    });
    origin.push(text.len());
    (folded, origin)
}

/// The end of the character that begins at `at`.
fn after(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(0, char::len_utf8)
}

fn sentence_marks(wanted: &str, paragraph: &str) -> Vec<Range<usize>> {
    let (text, origin) = traced(paragraph);
    let original = |at: usize| origin[at]..after(paragraph, origin[at + wanted.len() - 1]);
    let mut marks: Vec<Range<usize>> = Vec::new();
    for at in places(wanted, &text) {
        let mark = original(at);
        if marks.last().is_none_or(|last| last.end <= mark.start) {
            marks.push(mark);
        }
    }
    marks
}

/// The words of a paragraph with their places in it.
fn placed(paragraph: &str) -> Vec<(String, Range<usize>)> {
    let (text, origin) = traced(paragraph);
    let place = |word: &str| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        origin[at]..after(paragraph, origin[at + word.len() - 1])
    };
    words_of(&text).map(|word| (word.to_owned(), place(word))).collect()
}

fn term_marks(terms: &[Vec<String>], paragraphs: &[&str]) -> Option<Vec<Vec<Range<usize>>>> {
    let placed: Vec<_> = paragraphs.iter().map(|paragraph| placed(paragraph)).collect();
    let mut marks: Vec<Vec<Range<usize>>> = vec![Vec::new(); paragraphs.len()];
    for term in terms {
        let mut occurs = false;
        for (words, marks) in placed.iter().zip(&mut marks) {
            let known = marks.len();
            let same = |run: &&[(String, Range<usize>)]| run.iter().map(|(word, _)| word).eq(term);
            let runs = words.windows(term.len()).filter(same);
            marks.extend(runs.map(|run| run[0].1.start..run[run.len() - 1].1.end));
            occurs |= marks.len() > known;
        }
        if !occurs {
            return None;
        }
    }
    for marks in &mut marks {
        marks.sort_by_key(|mark| (mark.start, mark.end));
        marks.dedup_by(|next, kept| {
            let overlaps = next.start < kept.end;
            kept.end = if overlaps { kept.end.max(next.end) } else { kept.end };
            overlaps
        });
    }
    Some(marks)
}

#[cfg(test)]
mod tests;
