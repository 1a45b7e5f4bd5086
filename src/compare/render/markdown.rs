//! Markdown (CommonMark with strikethrough). Markup in what a supplier wrote is escaped.

use std::fmt::Write;

use super::{CUT_SHORT, Stretch, groups, step_line, stretches, subject, version_line};
use crate::compare::{Change, Comparison, Op, SinceReport};

impl Comparison {
    /// Writes the comparison as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# What changed: {}\n\n", escape(&subject(&self.new)));
        versions(&mut out, &version_line(&self.old), self);
        body(&mut out, self, &self.headline);
        out
    }
}

impl SinceReport {
    /// Writes the report as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# What changed since {}: {}\n\n", self.since_words(), escape(&subject(&self.net.new)));
        versions(&mut out, &self.baseline_sentence, &self.net);
        body(&mut out, &self.net, &self.headline);
        list(
            &mut out,
            "Changed and changed back",
            self.changed_and_changed_back.iter().map(|back| back.sentence.clone()),
        );
        list(&mut out, "Step by step", self.steps.iter().map(step_line));
        out
    }
}

fn versions(out: &mut String, then: &str, comparison: &Comparison) {
    let now = version_line(&comparison.new);
    put(out, format_args!("- **Then** {}\n- **Now** {}\n\n", escape(then), escape(&now)));
}

fn body(out: &mut String, comparison: &Comparison, headline: &str) {
    put(out, format_args!("**{}**\n", escape(headline)));
    for line in &comparison.new.summary {
        put(out, format_args!("\nThe supplier says: {}\n", escape(line)));
    }
    for (heading, changes) in groups(comparison) {
        put(out, format_args!("\n## {heading}\n"));
        changes.iter().for_each(|entry| change(out, entry));
    }
    if comparison.cut_short {
        put(out, format_args!("\n{CUT_SHORT}\n"));
    }
}

fn change(out: &mut String, change: &Change) {
    put(out, format_args!("\n### {}\n\n", escape(&change.about.label())));
    if let Some(asked) = &change.asked {
        put(out, format_args!("{}\n\n", escape(asked)));
    }
    if change.before_code != change.after_code
        && let (Some(before), Some(after)) = (change.before_code_words, change.after_code_words)
    {
        put(out, format_args!("{before} → {after}\n\n"));
    }
    put(out, format_args!("{}\n", escape(&change.sentence)));
    for paragraph in &change.paragraphs {
        let text: String = stretches(paragraph).iter().map(stretch).collect();
        put(out, format_args!("\n> {text}\n"));
    }
    for advice in &change.advice {
        put(out, format_args!("\nWhat you might do: {}\n", escape(advice)));
    }
    if let Some(caveat) = &change.caveat {
        put(out, format_args!("\n{}\n", escape(caveat)));
    }
}

fn list(out: &mut String, heading: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        put(out, format_args!("\n## {heading}\n\n"));
        lines.iter().for_each(|line| put(out, format_args!("- {}\n", escape(line))));
    }
}

fn stretch(stretch: &Stretch) -> String {
    let text = escape(&stretch.text);
    match stretch.op {
        Op::Equal => text,
        Op::Delete => format!("{}~~{text}~~{}", escape(stretch.head), escape(stretch.tail)),
        Op::Insert => format!("{}**{text}**{}", escape(stretch.head), escape(stretch.tail)),
    }
}

/// Escapes whatever Markdown could take for markup: also what it would make a link of its own accord.
///
/// Line breaks become spaces, so that nothing can begin a block but the first character of a text.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut before_is_digits = true;
    for (at, c) in text.char_indices() {
        let begins_block = at == 0 && matches!(c, '+' | '-' | '=');
        let numbers_a_list = before_is_digits && at > 0 && matches!(c, '.' | ')');
        let scheme = c == ':' && (text[at..].starts_with("://") || text[..at].ends_with("mailto"));
        let makes_link = scheme || (c == '.' && text[..at].ends_with("www"));
        before_is_digits &= c.is_ascii_digit();
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' | '@' => {
                out.push('\\');
                out.push(c);
            }
            _ if begins_block || numbers_a_list || makes_link => {
                out.push('\\');
                out.push(c);
            }
            _ if c.is_control() => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

fn put(out: &mut String, text: std::fmt::Arguments) {
    out.write_fmt(text).expect("writing to a string cannot fail");
}
