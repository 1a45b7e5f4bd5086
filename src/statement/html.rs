//! The statement as one self-contained page: no script, no font, no picture, nothing fetched.

use askama::Template;

use super::{
    StatementView,
    view::{SUBTITLE, SUPPORT_HEADING, TITLE},
};

#[derive(Template)]
#[template(path = "statement/templates/statement.html")]
struct Page<'a> {
    title: &'static str,
    subtitle: &'static str,
    support_heading: &'static str,
    commitments_lead: String,
    statement: &'a StatementView,
}

impl StatementView {
    /// The whole statement as an HTML page that prints on A4 and needs nothing else.
    ///
    /// A policy inside the page forbids scripts and fetching even where it is opened from a disk. Whoever
    /// serves it must allow inline styles for it (`style-src 'unsafe-inline'`).
    pub fn html(&self) -> String {
        let page = Page {
            title: TITLE,
            subtitle: SUBTITLE,
            support_heading: SUPPORT_HEADING,
            commitments_lead: self.commitments_lead(),
            statement: self,
        };
        page.render().expect("a page of plain values renders into a string")
    }
}
