//! What a colour says, in words, beside a shape: never by colour alone.

use crate::domain::{Code, edition::Polarity};

/// A code as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeWords {
    /// The code as documents have it, also the CSS class; empty where a draft has none yet.
    pub slug: &'static str,
    /// A shape of its own for each code, decoration for those who see it.
    pub shape: char,
    /// For example `Green: supplier says it fully meets this`.
    pub words: &'static str,
}

/// Gives the words for `code`, which depend on what a "yes" to the question would mean.
///
/// For a neutral question ("do you act as a data controller?") green is never rendered as a reassurance.
pub fn code_words(code: Option<Code>, polarity: Polarity) -> CodeWords {
    let (shape, words) = match (code, polarity) {
        (Some(Code::Green), Polarity::Positive) => ('●', "Green: supplier says it fully meets this"),
        (Some(Code::Green), Polarity::Neutral) => ('●', "Green: read the statement"),
        (Some(Code::Amber), _) => ('▲', "Amber: supplier cannot fully confirm this"),
        (Some(Code::Black), _) => ('■', "Black: supplier says this does not apply"),
        (Some(Code::NotRecorded), _) => ('○', "Not recorded"),
        (None, _) => ('○', "No code yet"),
    };
    CodeWords { slug: code.map_or("", Code::as_str), shape, words }
}

/// `text` with each placeholder replaced once; what a replacement holds is never looked at again.
pub(super) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (written, length) = match values.iter().find(|(placeholder, _)| rest.starts_with(placeholder)) {
            Some((placeholder, value)) => (*value, placeholder.len()),
            None => ("[", 1),
        };
        out.push_str(written);
        rest = &rest[length..];
    }
    out + rest
}

/// `text` on one line, without anything that a terminal or a parser of lines could act on.
///
/// Documents cannot hold such characters; a draft in the making can.
pub(super) fn clean(text: &str) -> String {
    let acts = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(acts, " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn green_says_nothing_where_yes_is_no_reassurance() {
        let green = |polarity| code_words(Some(Code::Green), polarity).words;
        assert_eq!(green(Polarity::Positive), "Green: supplier says it fully meets this");
        assert_eq!(green(Polarity::Neutral), "Green: read the statement");
    }

    #[test]
    fn what_was_filled_in_is_not_filled_again() {
        let values = [("[supplier]", "A [service] Ltd"), ("[service]", "Cloud")];
        assert_eq!(filled("[supplier]: [service] [x] [", &values), "A [service] Ltd: Cloud [x] [");
    }
}
