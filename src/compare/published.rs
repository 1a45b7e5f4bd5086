//! The rules of importance as a list, for the page that publishes them and for programs.

use super::Importance::{self, Attention, Information, WorthReading};

/// One rule: a reason, the importance that it gives by itself, and its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The slug that changes carry.
    pub reason: &'static str,
    /// How much a change matters for this reason alone.
    pub importance: Importance,
    /// The rule in a few words.
    pub words: &'static str,
}

const fn rule(importance: Importance, reason: &'static str, words: &'static str) -> Rule {
    Rule { reason, importance, words }
}

/// Every rule, the most important first. A change carries the most important reason that applies, and names the others.
pub const RULES: &[Rule] = &[
    rule(Attention, "code_lowered", "green became amber"),
    rule(Attention, "now_applies_not_met", "black became amber: it now applies and is not fully met"),
    rule(Attention, "no_longer_applies", "green or amber became black, and no other answer explains it"),
    rule(Attention, "answer_removed", "an answer was removed"),
    rule(Attention, "commitment_removed", "a commitment was removed"),
    rule(
        Attention,
        "corrected",
        "the supplier says that the answer was wrong (worth reading if that only raises a colour)",
    ),
    rule(Attention, "emergency_contact_changed", "an emergency contact changed"),
    rule(Attention, "negation_changed", "the same colour, but not, no, never, none or the like changed"),
    rule(Attention, "exception_changed", "the same colour, but without, except, unless, only or the like changed"),
    rule(Attention, "modal_changed", "the same colour, but may, normally or the like changed"),
    rule(Attention, "third_party_changed", "the same colour, but third parties came, went or changed"),
    rule(Attention, "country_changed", "the same colour, but a country, the EU or the EEA came, went or changed"),
    rule(
        Attention,
        "green_but_not_applicable",
        "a text check newly fires: green, but the text says that it does not apply",
    ),
    rule(Attention, "black_without_reason", "a text check newly fires: black without a reason"),
    rule(Attention, "green_but_not_encrypted", "a text check newly fires: green, but the text says not encrypted"),
    rule(
        Attention,
        "green_but_transfers",
        "a text check newly fires: green, but a country outside the UK and the EEA is named",
    ),
    rule(Attention, "green_but_not_available", "a text check newly fires: green, but the text says not available"),
    rule(Attention, "obligation_not_mentioned", "a text check newly fires: no binding obligation is mentioned"),
    rule(
        Attention,
        "conditions_without_need",
        "a text check newly fires: conditions, although the standard contract complies",
    ),
    rule(Attention, "evidence_without_link", "a text check newly fires: evidence is promised without a link"),
    rule(Attention, "lapsed_instrument", "a text check newly fires: a legal instrument that has ended is relied on"),
    rule(Attention, "legal_entity_changed", "the legal entity changed"),
    rule(Attention, "official_removed", "no senior official stands behind it any more"),
    rule(Attention, "signatory_removed", "no signatory stands behind it any more"),
    rule(Attention, "withdrawn", "the certification was withdrawn"),
    rule(Attention, "verification_overdue", "an independent verification is overdue"),
    rule(Attention, "unsound_signature", "a signature does not hold"),
    rule(Attention, "service_ended", "the service has ended, or its last day is named"),
    rule(Attention, "notice_given", "the supplier gave notice that an answer does not hold for now"),
    rule(Attention, "not_verified", "an independent verifier could not verify an answer"),
    rule(WorthReading, "code_raised", "amber became green"),
    rule(WorthReading, "now_applies", "black became green"),
    rule(
        WorthReading,
        "follows_parent",
        "green or amber became black because of another answer, with which it is told",
    ),
    rule(WorthReading, "code_not_recorded", "a colour is no longer recorded"),
    rule(WorthReading, "answer_added", "a question was answered for the first time"),
    rule(WorthReading, "question_added", "the newer wording asks a question that the older one did not"),
    rule(WorthReading, "question_dropped", "the newer wording no longer asks a question"),
    rule(WorthReading, "figures_changed", "a figure, a time or a date changed"),
    rule(WorthReading, "links_changed", "a link changed"),
    rule(WorthReading, "words_changed", "words changed"),
    rule(WorthReading, "evidence_changed", "a link to evidence changed"),
    rule(
        WorthReading,
        "emergency_contact_added",
        "emergency contacts stand in a place of their own for the first time",
    ),
    rule(WorthReading, "commitment_added", "a commitment was made"),
    rule(WorthReading, "contact_changed", "the contact changed"),
    rule(WorthReading, "service_renamed", "the service has another name"),
    rule(WorthReading, "carries_on", "it carries on another certification"),
    rule(WorthReading, "new_official", "a new senior official"),
    rule(WorthReading, "new_edition", "it answers another wording of the questions"),
    rule(WorthReading, "announced", "a change that lies ahead"),
    rule(WorthReading, "carried_on", "another certification carries it on"),
    rule(WorthReading, "verification_required", "the Department requires independent verification"),
    rule(WorthReading, "challenged", "the Department has asked a question that is not closed"),
    rule(WorthReading, "objected", "the supplier objects to a transcription"),
    rule(Information, "code_recorded", "a colour was recorded for the first time"),
    rule(Information, "spacing_only", "only spacing or punctuation changed"),
    rule(Information, "order_only", "only the order of sentences changed"),
    rule(Information, "title_changed", "a signer's title changed"),
    rule(Information, "new_signatory", "a new signatory"),
    rule(Information, "reaffirmed", "the supplier confirmed it again"),
    rule(Information, "first_own_statement", "the supplier's first own statement; the earlier one was transcribed"),
    rule(Information, "transcribed", "transcribed from a published statement"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every slug in quotation marks that follows an importance or a name of a reason in the sources.
    fn reasons_in(source: &str) -> BTreeSet<&str> {
        let words = source.split('"').skip(1).step_by(2);
        words.filter(|word| word.contains('_') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).collect()
    }

    #[test]
    fn every_reason_that_the_code_gives_is_published_once() {
        let published: BTreeSet<&str> = RULES.iter().map(|rule| rule.reason).collect();
        assert_eq!(published.len(), RULES.len());
        let facts = include_str!("facts.rs");
        for source in [include_str!("rules.rs"), facts, include_str!("hints.rs")] {
            let not_reasons = ["telephone_not_uk", "question_text_differs"];
            let unknown: Vec<&str> =
                reasons_in(source).into_iter().filter(|r| !published.contains(r) && !not_reasons.contains(r)).collect();
            assert_eq!(unknown, [""; 0]);
        }
        assert!(RULES.is_sorted_by_key(|rule| std::cmp::Reverse(rule.importance)));
    }
}
