//! From the bits of an answer to its paragraphs.

use super::{
    found::{Answer, Doubt, LinkedWords, Quote},
    reader::{Bit, Break, Gathered, is_ended},
};
use crate::domain::AnswerId;

/// Words after which no sentence ends.
const DANGLING: [&str; 22] = [
    "a", "an", "and", "at", "by", "for", "from", "in", "into", "is", "are", "of", "on", "or", "our", "that", "the",
    "this", "to", "which", "with", "your",
];

/// Puts an answer's bits together; what was joined across a break in the text is a doubt.
pub(super) fn assemble(id: AnswerId, gathered: Gathered, doubts: &mut Vec<Doubt>) -> Answer {
    let mut answer = Answer::default();
    let mut last: Option<Bit> = None;
    for bit in gathered.bits {
        let bit = with_links(id, bit, &mut answer.links, doubts);
        let joined = last.as_ref().is_some_and(|before| goes_on(before, &bit));
        match (answer.statement.last_mut(), joined) {
            (Some(paragraph), true) => {
                note_join(id, &bit, doubts);
                join(&mut paragraph.text, &bit.text);
            }
            _ => answer.statement.push(Quote { line: bit.line, text: bit.text.clone() }),
        }
        last = Some(bit);
    }
    let lost = answer.statement.iter().find(|paragraph| has_lost_link(&paragraph.text));
    if let Some(paragraph) = lost {
        let detail = "A space before a comma or full stop shows that words here were a link, and its target was lost: \
                      look for it in the published form.";
        doubts.push(Doubt::at(paragraph.line, id, "lost-link", detail));
    }
    answer
}

fn goes_on(before: &Bit, bit: &Bit) -> bool {
    if bit.is_item {
        return false;
    }
    let starts_lower = bit.text.starts_with(char::is_lowercase);
    let is_open = !is_ended(&before.text);
    match bit.before {
        Break::Line => {
            // One long line is a paragraph; so is a short one that ends a sentence.
            let length = before.text.len();
            is_open || (60..=160).contains(&length)
        }
        Break::Row => is_open,
        Break::Column => true,
        Break::Paragraph => is_open && !before.is_item && (starts_lower || dangles(&before.text)),
    }
}

fn dangles(text: &str) -> bool {
    let word = text.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    text.ends_with(',') || DANGLING.contains(&word.as_str())
}

fn join(paragraph: &mut String, more: &str) {
    let hyphen = paragraph.ends_with('-') && paragraph.trim_end_matches('-').ends_with(char::is_alphabetic);
    if !(hyphen && more.starts_with(char::is_lowercase)) {
        paragraph.push(' ');
    }
    paragraph.push_str(more);
}

fn note_join(id: AnswerId, bit: &Bit, doubts: &mut Vec<Doubt>) {
    let detail = match bit.before {
        Break::Line | Break::Column => return,
        Break::Row => "A row of the table was split here: the halves of the answer were joined. Check the sentence.",
        Break::Paragraph => {
            "A sentence seems to go on over a gap, perhaps at the end of a page: it was joined. Check it."
        }
    };
    doubts.push(Doubt::at(bit.line, id, "joined", detail));
}

/// Whether a space stands before a full stop or comma, as where a link's own mark-up fell away.
fn has_lost_link(text: &str) -> bool {
    let stop = |rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace);
    text.match_indices([' ']).any(|(at, _)| {
        let rest = &text[at + 1..];
        rest.strip_prefix(['.', ',', ';']).is_some_and(stop) && text[..at].ends_with(char::is_alphanumeric)
    })
}

/// Keeps the targets of links: as evidence of an answer to a question, else in brackets after the words.
fn with_links(id: AnswerId, mut bit: Bit, links: &mut Vec<LinkedWords>, doubts: &mut Vec<Doubt>) -> Bit {
    let mut written = String::new();
    let mut done = 0;
    for link in std::mem::take(&mut bit.links) {
        if link.url.is_empty() {
            let detail = format!("The link on '{}' has no target here: look for it in the published form.", link.words);
            doubts.push(Doubt::at(bit.line, id, "lost-link", detail));
        } else if matches!(id, AnswerId::Question(_)) && is_web_link(&link.url) && !link.words.is_empty() {
            links.push(LinkedWords { line: bit.line, words: link.words, url: link.url });
        } else {
            written.push_str(bit.text.get(done..link.at).unwrap_or_default());
            written.push_str(&format!(" ({})", link.url));
            done = link.at.max(done);
        }
    }
    written.push_str(bit.text.get(done..).unwrap_or_default());
    bit.text = written.trim().to_owned();
    bit
}

fn is_web_link(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let is_plain = |c: char| !c.is_whitespace() && !"\"<>\\`".contains(c);
    !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))
        && url.chars().all(is_plain)
}
