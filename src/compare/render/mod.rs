//! The renderings of a comparison: text, Markdown and HTML. They write out what the value holds and decide nothing.
//!
//! JSON is made by the API from the public fields. Whatever a supplier wrote is escaped here, once, per rendering.

mod html;
mod markdown;
mod text;

#[cfg(test)]
mod tests;

pub use text::TextOptions;

use super::{Change, Comparison, DiffParagraph, Importance, Op, Segment, Step, VersionFacts};

/// Changes under their headings, the most important first, each followed by those folded into it; headings without a
/// change are left out.
pub fn groups(comparison: &Comparison) -> Vec<(&'static str, Vec<&Change>)> {
    let of = |importance: Importance| -> Vec<&Change> {
        let of_it = comparison.changes.iter().filter(|change| change.importance == importance);
        of_it.flat_map(|change| std::iter::once(change).chain(&change.children)).collect()
    };
    let all = Importance::ALL.map(|importance| (importance.label(), of(importance)));
    all.into_iter().filter(|(_, changes)| !changes.is_empty()).collect()
}

/// `Example Cloud (Example Learning Ltd)`.
fn subject(facts: &VersionFacts) -> String {
    format!("{} ({})", facts.service_name, facts.supplier_name)
}

/// `Version 3, published here on …`.
fn version_line(facts: &VersionFacts) -> String {
    format!("Version {}, {}", facts.version, facts.dates)
}

fn step_line(step: &Step) -> String {
    format!("Version {}, {}. {}", step.version, step.dates, step.headline)
}

/// A stretch of text as renderings write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch<'a> {
    /// Whether it stayed, went or came.
    pub op: Op,
    /// White space before the brackets.
    pub head: &'a str,
    /// The text; a mark is in words, so that it survives being copied: `[removed: …]`, `[added: …]`.
    pub text: String,
    /// White space after the brackets.
    pub tail: &'a str,
}

/// A paragraph's stretches, with the white space at a mark's borders outside its brackets and two marks kept apart.
pub fn stretches(paragraph: &DiffParagraph) -> Vec<Stretch<'_>> {
    let segments = &paragraph.segments;
    let after_mark = |at: usize| at > 0 && segments[at - 1].op != Op::Equal;
    segments.iter().enumerate().map(|(at, segment)| stretch(segment, after_mark(at))).collect()
}

fn stretch(segment: &Segment, after_mark: bool) -> Stretch<'_> {
    let text = segment.text.as_str();
    let body = text.trim();
    let (head, tail) = (&text[..text.len() - text.trim_start().len()], &text[text.trim_end().len()..]);
    let apart = if after_mark && head.is_empty() { " " } else { head };
    match segment.op {
        Op::Equal => Stretch { op: Op::Equal, head: "", text: text.to_owned(), tail: "" },
        Op::Delete => Stretch { op: Op::Delete, head: apart, text: format!("[removed: {body}]"), tail },
        Op::Insert => Stretch { op: Op::Insert, head: apart, text: format!("[added: {body}]"), tail },
    }
}

/// Said where the bound on work was reached.
pub const CUT_SHORT: &str = "Some text was too long to be marked word by word; it is shown as removed and added.";
