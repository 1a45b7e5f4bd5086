//! The notice that dates of publication are made up, for whatever shows them to people.
//!
//! JSON and tables have a member or a column `simulated_dates` instead; a whole statement says it beside the date.

use crate::domain::RegistrySettings;

const NOTICE: &str = "Simulated dates: this registry is a demonstration.";

/// The notice, where there is need of it.
pub fn of(settings: &RegistrySettings) -> Option<&'static str> {
    settings.simulated_dates.then_some(NOTICE)
}

/// A plain text or Markdown, after the notice where there is need of it.
pub fn before_text(settings: &RegistrySettings, text: String) -> String {
    match of(settings) {
        Some(notice) => format!("{notice}\n\n{text}"),
        None => text,
    }
}

/// A whole page, its content after the notice where there is need of it.
pub fn in_page(settings: &RegistrySettings, page: String) -> String {
    const CONTENT: &str = "<main>\n";
    match of(settings) {
        // Text of suppliers is escaped: the first element of this name is the page's own.
        Some(notice) => page.replacen(CONTENT, &format!("{CONTENT}<p class=\"notice\">{notice}</p>\n"), 1),
        None => page,
    }
}
