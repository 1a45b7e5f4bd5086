//! HTML: a fragment for the site's own pages, and a page that stands by itself as a download.

use askama::Template;

use super::{CUT_SHORT, groups, step_line, stretches, subject, version_line};
use crate::{
    compare::{Change, Comparison, Op, SinceReport},
    domain::Code,
};

#[derive(Template)]
#[template(path = "compare/render/comparison.html")]
struct Fragment<'a> {
    headline: &'a str,
    then: String,
    now: String,
    summary: &'a [String],
    groups: Vec<(&'static str, Vec<&'a Change>)>,
    lists: Vec<(&'static str, Vec<String>)>,
    cut_short: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "compare/render/page.html")]
struct Page<'a> {
    title: &'a str,
    fragment: Fragment<'a>,
}

impl Comparison {
    /// Writes the comparison as an HTML fragment, without a heading of the first rank.
    pub fn html(&self) -> String {
        written(&self.fragment())
    }

    /// Writes the comparison as a whole page that needs nothing from anywhere else.
    pub fn html_page(&self) -> String {
        let title = format!("What changed: {}", subject(&self.new));
        written(&Page { title: &title, fragment: self.fragment() })
    }

    fn fragment(&self) -> Fragment<'_> {
        Fragment {
            headline: &self.headline,
            then: version_line(&self.old),
            now: version_line(&self.new),
            summary: &self.new.summary,
            groups: groups(self),
            lists: Vec::new(),
            cut_short: self.cut_short.then_some(CUT_SHORT),
        }
    }
}

impl SinceReport {
    /// Writes the report as an HTML fragment, without a heading of the first rank.
    pub fn html(&self) -> String {
        written(&self.fragment())
    }

    /// Writes the report as a whole page that needs nothing from anywhere else.
    pub fn html_page(&self) -> String {
        let title = format!("What changed since {}: {}", self.since_words(), subject(&self.net.new));
        written(&Page { title: &title, fragment: self.fragment() })
    }

    fn fragment(&self) -> Fragment<'_> {
        let back = self.changed_and_changed_back.iter().map(|back| back.sentence.clone()).collect();
        let steps = self.steps.iter().map(step_line).collect();
        let lists: [(&str, Vec<String>); 2] = [("Changed and changed back", back), ("Step by step", steps)];
        Fragment {
            headline: &self.headline,
            then: self.baseline_sentence.clone(),
            lists: lists.into_iter().filter(|(_, lines)| !lines.is_empty()).collect(),
            ..self.net.fragment()
        }
    }
}

/// A colour as a shape, a class and its words: never by colour alone.
struct Shape {
    class: &'static str,
    shape: &'static str,
    words: &'static str,
}

/// The colours before and after, where both are there and differ.
fn shapes(change: &Change) -> Option<(Shape, Shape)> {
    let shape = |code: Option<Code>, words: Option<&'static str>| {
        let (class, shape) = match code? {
            Code::Green => ("green", "●"),
            Code::Amber => ("amber", "▲"),
            Code::Black => ("black", "■"),
            Code::NotRecorded => ("not-recorded", "○"),
        };
        Some(Shape { class, shape, words: words? })
    };
    let before = shape(change.before_code, change.before_code_words)?;
    let after = shape(change.after_code, change.after_code_words)?;
    (change.before_code != change.after_code).then_some((before, after))
}

fn written(template: &impl Template) -> String {
    template.render().expect("writing to a string cannot fail")
}
