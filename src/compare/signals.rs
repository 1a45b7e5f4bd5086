//! Words that can turn a sentence round while its colour stays: "never" became "not normally".

use std::collections::BTreeSet;

use super::{
    countries,
    tokens::{Kind, Token},
};

/// Why a changed word deserves attention although the colour is the same. The order is that of importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// not, no, never, none …
    Negation,
    /// without, except, unless, only …
    Exception,
    /// may, normally …
    Modal,
    /// "third party" and its kin.
    ThirdParty,
    /// The name of a country, of the EU or of the EEA.
    Country,
}

impl Signal {
    /// Every signal.
    pub const ALL: [Signal; 5] =
        [Signal::Negation, Signal::Exception, Signal::Modal, Signal::ThirdParty, Signal::Country];

    /// The machine-readable reason, for example `negation_changed`.
    pub fn reason(self) -> &'static str {
        match self {
            Signal::Negation => "negation_changed",
            Signal::Exception => "exception_changed",
            Signal::Modal => "modal_changed",
            Signal::ThirdParty => "third_party_changed",
            Signal::Country => "country_changed",
        }
    }

    /// The words that raise it, in small letters; empty where more than single words decide.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Signal::Negation => &["not", "no", "never", "none", "nor", "neither", "cannot", "nobody", "nothing"],
            Signal::Exception => {
                &["without", "except", "excepting", "exception", "exceptions", "unless", "only", "excluding"]
            }
            Signal::Modal => &["may", "might", "normally"],
            Signal::ThirdParty | Signal::Country => &[],
        }
    }
}

/// For each token the signal that it raises or is part of.
pub(super) fn marks(text: &str, tokens: &[Token]) -> Vec<Option<Signal>> {
    let mut marks: Vec<Option<Signal>> = tokens.iter().map(|token| of_word(text, token)).collect();
    for at in 0..tokens.len() {
        if let Some(end) = third_party(text, &tokens[at..]) {
            marks[at] = Some(Signal::ThirdParty);
            marks[at + end] = Some(Signal::ThirdParty);
        }
    }
    for country in countries::named(text, tokens) {
        let words = country.at.filter(|at| tokens[*at].is_word());
        words.for_each(|at| marks[at] = Some(Signal::Country));
    }
    marks
}

/// Where "party" stands after a leading "third": 1, or 2 with a hyphen between, which is a token of its own.
fn third_party(text: &str, ahead: &[Token]) -> Option<usize> {
    let word = |at: usize| ahead.get(at).map_or("", |token: &Token| token.text(text));
    let is_part = |at: usize| word(at).get(..4).is_some_and(|head| head.eq_ignore_ascii_case("part"));
    if !word(0).eq_ignore_ascii_case("third") {
        return None;
    }
    let hyphen = matches!(word(1), "-" | "‐" | "‑");
    if is_part(1) { Some(1) } else { (hyphen && is_part(2)).then_some(2) }
}

fn of_word(text: &str, token: &Token) -> Option<Signal> {
    let word = token.text(text);
    if token.kind != Kind::Word || word.len() > 12 {
        return None;
    }
    // The month is written with a capital; as a first word, "May" asks or grants, and a date is a token of its own.
    if word == "May" && token.start > 0 && !text[..token.space].ends_with(['.', '!', '?']) {
        return None;
    }
    let small = word.to_lowercase();
    if small.ends_with("n't") || small.ends_with("n’t") {
        return Some(Signal::Negation);
    }
    Signal::ALL.into_iter().find(|signal| signal.words().contains(&small.as_str()))
}

/// What a run of edits does to the signals: those whose words are not the same on both sides.
///
/// `small` runs that hold the same signal words on both sides are quiet ("No adverts" became "There are no adverts");
/// in long runs the same word may stand in quite another sentence, so each one counts.
pub(super) fn in_run(before: &[(Signal, String)], after: &[(Signal, String)], small: bool) -> BTreeSet<Signal> {
    let sorted = |side: &[(Signal, String)]| {
        let mut side = side.to_vec();
        side.sort();
        side
    };
    if small && sorted(before) == sorted(after) {
        return BTreeSet::new();
    }
    before.iter().chain(after).map(|(signal, _)| *signal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tokens::tokens;

    fn marked(text: &str) -> Vec<(&str, Signal)> {
        let cut = tokens(text);
        let marks = marks(text, &cut);
        cut.iter().zip(marks).filter_map(|(token, mark)| Some((token.text(text), mark?))).collect()
    }

    #[test]
    fn marks_what_can_turn_a_sentence_round() {
        use Signal::*;
        let cases: [(&str, &[(&str, Signal)]); 7] = [
            ("Data is not shared.", &[("not", Negation)]),
            ("We don’t and cannot.", &[("don’t", Negation), ("cannot", Negation)]),
            ("Only with consent, unless asked", &[("Only", Exception), ("unless", Exception)]),
            ("We may; since 4 May 2018, in May", &[("may", Modal)]),
            (
                "third parties, third-party",
                &[("third", ThirdParty), ("parties", ThirdParty), ("third", ThirdParty), ("party", ThirdParty)],
            ),
            ("a third part of", &[("third", ThirdParty), ("part", ThirdParty)]),
            ("sent to the United States or to us", &[("United", Country), ("States", Country)]),
        ];
        for (text, expected) in cases {
            assert_eq!(marked(text), expected, "{text}");
        }
    }
}
