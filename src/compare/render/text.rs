//! Plain text, with colours where the caller has a terminal.

use super::{CUT_SHORT, Stretch, groups, step_line, stretches, subject, version_line};
use crate::compare::{Change, Comparison, Op, SinceReport};

/// How plain text is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// ANSI colours; the words `[removed: …]` and `[added: …]` stand there with or without them.
    pub ansi: bool,
    /// Where lines are broken, in characters; `None` leaves paragraphs on one line.
    pub width: Option<usize>,
    /// Whether the marked text is shown below each sentence.
    pub marked_text: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        TextOptions { ansi: false, width: Some(100), marked_text: true }
    }
}

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

impl Comparison {
    /// Writes the comparison as plain text.
    pub fn text(&self, options: &TextOptions) -> String {
        let mut page = Page { options: *options, out: String::new() };
        page.line(0, &page.style(BOLD, &format!("What changed: {}", clean(&subject(&self.new)))));
        page.labelled("Then", &version_line(&self.old));
        page.labelled("Now", &version_line(&self.new));
        page.comparison(self, &self.headline);
        page.out
    }
}

impl SinceReport {
    /// Writes the report as plain text.
    pub fn text(&self, options: &TextOptions) -> String {
        let mut page = Page { options: *options, out: String::new() };
        page.line(
            0,
            &page
                .style(BOLD, &format!("What changed since {}: {}", self.since_words(), clean(&subject(&self.net.new)))),
        );
        page.labelled("Then", &clean(&self.baseline_sentence));
        page.labelled("Now", &version_line(&self.net.new));
        page.comparison(&self.net, &self.headline);
        page.list("Changed and changed back", self.changed_and_changed_back.iter().map(|back| back.sentence.clone()));
        page.list("Step by step", self.steps.iter().map(step_line));
        page.out
    }
}

struct Page {
    options: TextOptions,
    out: String,
}

impl Page {
    fn comparison(&mut self, comparison: &Comparison, headline: &str) {
        self.out.push('\n');
        self.line(0, &self.style(BOLD, headline));
        for line in &comparison.new.summary {
            self.line(0, &format!("The supplier says: {}", clean(line)));
        }
        for (heading, changes) in groups(comparison) {
            self.out.push('\n');
            self.line(0, &self.style(BOLD, heading));
            changes.iter().for_each(|change| self.change(change));
        }
        if comparison.cut_short {
            self.line(0, CUT_SHORT);
        }
    }

    fn list(&mut self, heading: &str, lines: impl Iterator<Item = String>) {
        let lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            self.out.push('\n');
            self.line(0, &self.style(BOLD, heading));
            lines.iter().for_each(|line| self.line(2, &clean(line)));
        }
    }

    fn change(&mut self, change: &Change) {
        let asked = change.asked.as_deref().map(|asked| format!("  {}", clean(asked))).unwrap_or_default();
        self.line(2, &format!("{}{asked}", self.style(BOLD, &change.about.label())));
        self.line(4, &clean(&change.sentence));
        if self.options.marked_text {
            for paragraph in &change.paragraphs {
                let text: String = stretches(paragraph).iter().map(|stretch| self.stretch(stretch)).collect();
                self.line(6, &text);
            }
        }
        for advice in &change.advice {
            self.line(4, &format!("What you might do: {}", clean(advice)));
        }
        if let Some(caveat) = &change.caveat {
            self.line(4, &clean(caveat));
        }
    }

    fn stretch(&self, stretch: &Stretch) -> String {
        let text = clean(&stretch.text);
        let text = match stretch.op {
            Op::Equal => text,
            Op::Delete => self.style(RED, &text),
            Op::Insert => self.style(GREEN, &text),
        };
        format!("{}{text}{}", stretch.head, stretch.tail)
    }

    fn style(&self, code: &str, text: &str) -> String {
        match (self.options.ansi, text == "Needs your attention") {
            (true, true) => format!("\x1b[{BOLD};{YELLOW}m{text}\x1b[0m"),
            (true, false) => format!("\x1b[{code}m{text}\x1b[0m"),
            (false, _) => text.to_owned(),
        }
    }

    /// Writes a paragraph that hangs on a short label.
    fn labelled(&mut self, label: &str, text: &str) {
        let at = self.out.len();
        self.line(6, text);
        self.out.replace_range(at..at + 6, &format!("{label:<6}"));
    }

    /// Writes one paragraph, broken into lines where a width is given.
    fn line(&mut self, indent: usize, text: &str) {
        let width = self.options.width.unwrap_or(usize::MAX).max(indent + 20);
        let mut column = 0;
        for word in text.split([' ', '\n']) {
            let length = visible(word);
            if column == 0 || column + 1 + length > width {
                self.out.push_str(if column == 0 { "" } else { "\n" });
                self.out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                self.out.push(' ');
                column += 1;
            }
            self.out.push_str(word);
            column += length;
        }
        self.out.push('\n');
    }
}

/// Characters that take room on the line: colour codes take none.
fn visible(word: &str) -> usize {
    let (mut count, mut in_code) = (0, false);
    for c in word.chars() {
        match (in_code, c) {
            (false, '\x1b') => in_code = true,
            (true, 'm') => in_code = false,
            (true, _) => {}
            (false, _) => count += 1,
        }
    }
    count
}

/// Takes out what could steer a terminal: a draft has not been through the checks of a document yet.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
