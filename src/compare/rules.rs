//! The published rules: which way a change goes, and how much it matters.

use std::collections::BTreeSet;

use super::{Direction, Importance, signals::Signal, statement::Nature};
use crate::domain::Code;

/// Which way the assurance went, and why. An absent code (an unfinished draft) counts as not recorded.
pub(super) fn direction(before: Option<Code>, after: Option<Code>) -> (Direction, &'static str) {
    use Code::{Amber, Black, Green, NotRecorded};
    match (before.unwrap_or(NotRecorded), after.unwrap_or(NotRecorded)) {
        (Green, Amber) => (Direction::LessAssurance, "code_lowered"),
        (Amber, Green) => (Direction::MoreAssurance, "code_raised"),
        (Black, Amber) => (Direction::LessAssurance, "now_applies_not_met"),
        (Black, Green) => (Direction::Different, "now_applies"),
        (Green | Amber, Black) => (Direction::Different, "no_longer_applies"),
        (NotRecorded, Green | Amber | Black) => (Direction::Different, "code_recorded"),
        (Green | Amber | Black, NotRecorded) => (Direction::Different, "code_not_recorded"),
        (Green, Green) | (Amber, Amber) | (Black, Black) | (NotRecorded, NotRecorded) => {
            (Direction::Reworded, "reworded")
        }
    }
}

/// What the rules need to know of a changed answer.
#[derive(Debug, Clone)]
pub(super) struct AnswerFacts {
    /// The codes; none on a support statement.
    pub codes: Option<(Option<Code>, Option<Code>)>,
    /// It is no longer answered.
    pub removed: bool,
    /// It was not answered before.
    pub added: bool,
    /// Only one of the two editions asks it.
    pub asked_once: bool,
    /// The supplier says that it was wrong.
    pub corrected: bool,
    /// It no longer applies because of its parent question's answer.
    pub follows_parent: bool,
    /// How its words differ.
    pub nature: Nature,
    /// What the changed words can turn round.
    pub signals: BTreeSet<Signal>,
    /// A figure or a date changed.
    pub figures: bool,
    /// A link in the text changed.
    pub links: bool,
    /// A telephone number or e-mail address changed in the text about serious incidents.
    pub emergency_contact: bool,
    /// A link to evidence changed.
    pub evidence: bool,
    /// Text checks that did not fire before and do now.
    pub fired: Vec<&'static str>,
}

impl Default for AnswerFacts {
    fn default() -> Self {
        AnswerFacts {
            codes: None,
            removed: false,
            added: false,
            asked_once: false,
            corrected: false,
            follows_parent: false,
            nature: Nature::None,
            signals: BTreeSet::new(),
            figures: false,
            links: false,
            emergency_contact: false,
            evidence: false,
            fired: Vec::new(),
        }
    }
}

/// Every rule that applies to a changed answer, the most important first.
pub(super) fn answer(facts: &AnswerFacts) -> Vec<(Importance, &'static str)> {
    use Importance::{Attention, Information, WorthReading};
    let mut found = Vec::new();
    let (direction, why) =
        facts.codes.map_or((Direction::Reworded, "reworded"), |(before, after)| direction(before, after));
    if facts.corrected {
        let only_raised = direction == Direction::MoreAssurance;
        found.push((if only_raised { WorthReading } else { Attention }, "corrected"));
    }
    match (facts.removed, facts.added, facts.asked_once) {
        (true, _, false) => found.push((Attention, "answer_removed")),
        (true, _, true) => found.push((WorthReading, "question_dropped")),
        (_, true, false) => found.push((WorthReading, "answer_added")),
        (_, true, true) => found.push((WorthReading, "question_added")),
        _ => found.extend(code_rule(direction, why, facts.follows_parent)),
    }
    // Where the colour itself moved, it decides; a colour recorded for the first time says nothing about the words.
    if matches!(why, "reworded" | "code_recorded") && !facts.removed && !facts.added {
        found.extend(facts.signals.iter().map(|signal| (Attention, signal.reason())));
    }
    if facts.emergency_contact {
        found.push((Attention, "emergency_contact_changed"));
    }
    found.extend(facts.fired.iter().map(|check| (Attention, *check)));
    found.extend(words_rules(facts));
    if facts.evidence {
        found.push((WorthReading, "evidence_changed"));
    }
    if found.is_empty() {
        found.push((Information, why));
    }
    found.sort_by_key(|(importance, _)| std::cmp::Reverse(*importance));
    found
}

fn code_rule(direction: Direction, why: &'static str, follows_parent: bool) -> Option<(Importance, &'static str)> {
    match why {
        "reworded" => None,
        "code_recorded" => Some((Importance::Information, why)),
        "no_longer_applies" if follows_parent => Some((Importance::WorthReading, "follows_parent")),
        "no_longer_applies" => Some((Importance::Attention, why)),
        _ if direction == Direction::LessAssurance => Some((Importance::Attention, why)),
        _ => Some((Importance::WorthReading, why)),
    }
}

fn words_rules(facts: &AnswerFacts) -> Vec<(Importance, &'static str)> {
    match facts.nature {
        Nature::None => Vec::new(),
        Nature::Spacing => vec![(Importance::Information, "spacing_only")],
        Nature::Order => vec![(Importance::Information, "order_only")],
        Nature::Words => {
            let figures = facts.figures.then_some((Importance::WorthReading, "figures_changed"));
            let links = facts.links.then_some((Importance::WorthReading, "links_changed"));
            let words = Some((Importance::WorthReading, "words_changed"));
            [figures, links, words].into_iter().flatten().collect()
        }
    }
}
