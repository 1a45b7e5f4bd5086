//! The English of a change. Fixed grammar, figures as figures, no adjectives, and at most eight words quoted a side.

use std::collections::HashSet;

use super::{
    CorrectionFacts, EvidenceChange, Hint,
    runs::Edit,
    since::{Reader, ReaderDay},
    statement::{Nature, StatementDiff},
};
use crate::domain::{AnswerId, Code, Day};

/// The most words of a text that a sentence quotes.
const QUOTED_WORDS: usize = 8;

/// The most bytes of a text that a sentence quotes, whatever counts as a word in it.
const QUOTED_BYTES: usize = 90;

/// The most edits that one sentence quotes.
const QUOTED_EDITS: usize = 2;

/// A quotation of at most eight words, in quotation marks; `…` stands for what was left out.
///
/// A cut never leaves a little word hanging at the end: `'Currently, there is no advertising at all…'`.
pub(super) fn quote(text: &str) -> String {
    const HANGING: [&str; 21] = [
        "a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "of", "on", "or", "our", "that", "the",
        "to", "with", "within", "your",
    ];
    // The comma before what was added is not what was added.
    let text = text.trim_start_matches([',', ';', ':', '.', ' ']);
    let words: Vec<&str> = text.split_whitespace().take(QUOTED_WORDS + 1).collect();
    let mut kept = &words[..words.len().min(QUOTED_WORDS)];
    let mut cut = words.len() > QUOTED_WORDS;
    while let [rest @ .., last] = kept
        && cut
        && rest.len() > 1
        && HANGING.contains(last)
    {
        kept = rest;
    }
    let mut quoted = kept.join(" ");
    if quoted.len() > QUOTED_BYTES {
        quoted.truncate(quoted.floor_char_boundary(QUOTED_BYTES));
        cut = true;
    }
    let quoted = if cut { quoted.trim_end_matches([',', ';', ':', '.', ' ']) } else { quoted.as_str() };
    format!("'{quoted}{}'", if cut { "…" } else { "" })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[impl AsRef<str>]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// Ends a sentence, unless it ends by itself: a quotation that was cut or has its own full stop needs none.
pub(super) fn stop(sentence: String) -> String {
    let ended = ["…'", ".'", "."].iter().any(|end| sentence.ends_with(end));
    if ended { sentence } else { sentence + "." }
}

/// How an answer's colour changed, or that it did not. Empty where there is no colour to speak of.
pub(super) fn colour(before: Option<Code>, after: Option<Code>) -> String {
    use Code::NotRecorded;
    match (before.unwrap_or(NotRecorded), after.unwrap_or(NotRecorded)) {
        (NotRecorded, NotRecorded) => String::new(),
        (NotRecorded, code) => format!("Colour recorded: {}.", code.in_words()),
        (code, NotRecorded) => format!("Colour no longer recorded (before: {}).", code.in_words()),
        (before, after) if before == after => format!("Still {}.", after.in_words()),
        (before, after) => format!("Changed from {} to {}.", before.in_words(), after.in_words()),
    }
}

/// How a statement's words changed.
pub(super) fn words(diff: &StatementDiff) -> String {
    match diff.nature {
        Nature::None => String::new(),
        Nature::Spacing => "Only spacing or punctuation changed.".into(),
        Nature::Order => "The same text in another order.".into(),
        Nature::Words if diff.rewritten => diff.edits.iter().map(rewritten).collect(),
        Nature::Words => edits(&diff.edits),
    }
}

fn rewritten(edit: &Edit) -> String {
    stop(format!("Rewritten: {} became {}", quote(&edit.before), quote(&edit.after)))
}

fn edits(all: &[Edit]) -> String {
    let mut said: Vec<&Edit> = all.iter().filter(|edit| !edit.moved && says_something(edit)).collect();
    if said.is_empty() {
        said = all.iter().filter(|edit| !edit.moved).collect();
    }
    // The same replacement in several places is said once.
    let mut seen = HashSet::new();
    said.retain(|edit| seen.insert((&edit.before, &edit.after)));
    let mut order: Vec<usize> = (0..said.len()).collect();
    // What can turn a sentence round is quoted first, then figures, then the longest.
    let weight = |edit: &Edit| {
        let figures = edit.figures.0.len() + edit.figures.1.len() > 0;
        (!edit.signals.is_empty(), figures || edit.contacts, edit.before.len() + edit.after.len())
    };
    order.sort_by_key(|at| std::cmp::Reverse(weight(said[*at])));
    order.truncate(QUOTED_EDITS);
    order.sort_unstable();
    let mut sentences: Vec<String> = order.iter().map(|at| edit(said[*at])).collect();
    match said.len() - order.len() {
        0 => {}
        1 => sentences.push("1 more passage changed.".into()),
        more => sentences.push(format!("{more} more passages changed.")),
    }
    sentences.join(" ")
}

fn says_something(edit: &Edit) -> bool {
    edit.before.chars().chain(edit.after.chars()).any(char::is_alphanumeric)
}

fn edit(edit: &Edit) -> String {
    let short = |text: &str| text.split_whitespace().count() <= 2;
    let with = |middle: &str| {
        let parts = [edit.left.as_deref(), Some(middle).filter(|m| !m.is_empty()), edit.right.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    // A word or two that came or went alone mean nothing without their neighbours.
    let alone = (edit.before.is_empty() || edit.after.is_empty()) && short(&edit.before) && short(&edit.after);
    let neighbours = edit.left.is_some() && edit.right.is_some();
    stop(match (edit.before.as_str(), edit.after.as_str()) {
        (before, after) if alone && neighbours => format!("{} became {}", quote(&with(before)), quote(&with(after))),
        ("", after) => format!("Added: {}", quote(after)),
        (before, "") => format!("Removed: {}", quote(before)),
        (before, after) => format!("{} became {}", quote(before), quote(after)),
    })
}

/// The supplier's word that an answer was wrong, seen from the reader's day.
pub(super) fn correction(facts: &CorrectionFacts, reader: Option<&Reader>) -> String {
    let seen = |reader: &Reader| {
        let event = match reader.kind {
            ReaderDay::SignedUp => "you signed up",
            ReaderDay::Reviewed => "your last review",
        };
        match facts.wrong_since.cmp(&reader.day) {
            std::cmp::Ordering::Less => format!(", before {event},"),
            std::cmp::Ordering::Equal => format!(", the day of {event},").replace("day of you", "day you"),
            std::cmp::Ordering::Greater => format!(", after {event},"),
        }
    };
    let seen = reader.map(seen).unwrap_or_default();
    let until = facts.corrected_on.map(|day| format!(" until {}", day.in_words())).unwrap_or_default();
    let sentence = format!("Supplier's correction: wrong from {}{seen}{until}", facts.wrong_since.in_words());
    stop(sentence.trim_end_matches(',').to_owned())
}

/// Links to evidence that came and went.
pub(super) fn evidence(changes: &[EvidenceChange]) -> String {
    let sentence = |change: &EvidenceChange| match (&change.before, &change.after) {
        (Some(before), Some(after)) => stop(format!("Evidence link: {} became {}", quote(before), quote(after))),
        (Some(before), None) => stop(format!("Evidence removed: {}", quote(before))),
        (None, Some(after)) => stop(format!("Evidence added: {}", quote(after))),
        (None, None) => String::new(),
    };
    let mut sentences: Vec<String> = changes.iter().take(QUOTED_EDITS).map(sentence).collect();
    if let more @ 1.. = changes.len().saturating_sub(QUOTED_EDITS) {
        sentences.push(format!("{more} more evidence links changed."));
    }
    sentences.join(" ")
}

/// What the text checks noticed that they did not notice before.
pub(super) fn fired(hints: &[Hint]) -> String {
    hints.iter().map(|hint| format!("Text check: {}", hint.sentence)).collect::<Vec<_>>().join(" ")
}

/// `Q 8.2 to 8.4 now apply.` for questions that follow each other in `order`, `Q 6.2 and 6.5 …` for others.
pub(super) fn questions(ids: &[AnswerId], order: &[AnswerId]) -> String {
    let number = |id: &AnswerId| id.to_string()[1..].to_owned();
    let place = |id: &AnswerId| order.iter().position(|other| other == id);
    let places: Option<Vec<usize>> = ids.iter().map(place).collect();
    let in_a_row = places.is_some_and(|places| places.windows(2).all(|pair| pair[1] == pair[0] + 1));
    match ids {
        [first, .., last] if in_a_row && ids.len() > 2 => format!("Q {} to {}", number(first), number(last)),
        _ => format!("Q {}", list(&ids.iter().map(number).collect::<Vec<_>>())),
    }
}

/// Joins sentences with a space, leaving out the empty ones.
pub(super) fn join(sentences: &[String]) -> String {
    sentences.iter().filter(|sentence| !sentence.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// A day in words, or that none is known.
pub(super) fn day_or(day: Option<Day>, otherwise: &str) -> String {
    day.map_or_else(|| otherwise.to_owned(), Day::in_words)
}

#[cfg(test)]
mod tests {
    use super::{quote, stop};

    #[test]
    fn a_sentence_has_one_full_stop_at_its_end() {
        assert_eq!(stop(format!("Added: {}", quote("After 60 days."))), "Added: 'After 60 days.'");
        assert_eq!(stop(format!("Added: {}", quote("after 60 days"))), "Added: 'after 60 days'.");
        assert_eq!(
            stop(format!("Added: {}", quote("one two three four five six seven eight nine."))).pop(),
            Some('\'')
        );
        assert_eq!(stop("Still GREEN.".into()), "Still GREEN.");
    }
}
