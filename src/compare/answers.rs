//! Changes of answers: the 37 questions and the statements on support.

use super::{
    About, Change, Context, CorrectionFacts, Direction, EvidenceChange, Hint, Importance, code_words,
    hints::answer_hints,
    pairing::Paired,
    rules::{self, AnswerFacts},
    sentence,
    statement::{self, Nature, StatementDiff},
};
use crate::domain::{AnswerId, Code, Draft, Evidence};

/// What a comparison found out about one pair of answers.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing differs.
    Same,
    /// Nothing differs but that the colour is known now.
    OnlyRecorded(Code),
    /// Something differs.
    Changed(Box<Change>),
}

/// An answer, whichever kind it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Answer {
    code: Option<Code>,
    statement: Vec<String>,
    evidence: Vec<Evidence>,
}

fn answer(content: &Draft, id: AnswerId) -> Option<Answer> {
    match id {
        AnswerId::Question(question) => content.responses.get(&question).map(|response| Answer {
            code: response.code,
            statement: response.statement.clone(),
            evidence: response.evidence.clone(),
        }),
        AnswerId::Support(area) => content
            .support
            .get(&area)
            .map(|support| Answer { statement: support.statement.clone(), ..Answer::default() }),
    }
}

/// Several answers that became one: their words one after the other, and the lowest of their colours.
fn merged(content: &Draft, ids: &[AnswerId]) -> Option<Answer> {
    let mut all = ids.iter().filter_map(|id| answer(content, *id));
    let first = all.next()?;
    Some(all.fold(first, |mut one, next| {
        let amber = one.code == Some(Code::Amber) || next.code == Some(Code::Amber);
        one.code = if amber { Some(Code::Amber) } else { one.code.or(next.code) };
        one.statement.extend(next.statement);
        one.evidence.extend(next.evidence);
        one
    }))
}

/// Compares one pair of answers.
pub(super) fn compare(context: &mut Context, pair: &Paired) -> Found {
    let id = pair.id();
    let before = merged(context.old.content, &pair.old);
    let after = pair.new.and_then(|new| answer(context.new.content, new));
    let correction = context.corrections.get(&id).cloned();
    if before == after && correction.is_none() {
        return Found::Same;
    }
    let empty = Answer::default();
    let (old, new) = (before.as_ref().unwrap_or(&empty), after.as_ref().unwrap_or(&empty));
    let diff = statement::compare(&old.statement, &new.statement, &mut context.budget);
    let evidence = evidence_changes(&old.evidence, &new.evidence);
    let both = before.is_some() && after.is_some();
    let fired = if both { fired(context, pair) } else { Vec::new() };
    let recorded = both && is_recorded(old.code, new.code);
    if let (true, Nature::None, true, true, None) =
        (recorded, diff.nature, evidence.is_empty(), fired.is_empty(), &correction)
    {
        return Found::OnlyRecorded(new.code.expect("a recorded colour is there"));
    }
    let facts = AnswerFacts {
        codes: matches!(id, AnswerId::Question(_)).then_some((old.code, new.code)),
        removed: after.is_none(),
        added: before.is_none(),
        asked_once: pair.asked_once,
        corrected: correction.is_some(),
        follows_parent: follows_parent(context, id, new.code),
        nature: diff.nature,
        signals: diff.signals(),
        figures: !diff.figures().is_empty(),
        links: diff.edits.iter().any(|edit| edit.links),
        emergency_contact: is_about_incidents(id) && diff.edits.iter().any(|edit| edit.contacts),
        evidence: !evidence.is_empty(),
        fired: fired.iter().map(|hint| hint.code).collect(),
    };
    let found = Differences { diff, evidence, fired, correction };
    Found::Changed(Box::new(change(context, pair, (before, after), &facts, found)))
}

struct Differences {
    diff: StatementDiff,
    evidence: Vec<EvidenceChange>,
    fired: Vec<Hint>,
    correction: Option<CorrectionFacts>,
}

fn change(
    context: &Context,
    pair: &Paired,
    (before, after): (Option<Answer>, Option<Answer>),
    facts: &AnswerFacts,
    found: Differences,
) -> Change {
    let id = pair.id();
    let rules = rules::answer(facts);
    let (importance, reason) = rules[0];
    let direction = match facts.codes {
        Some((before, after)) if !facts.removed && !facts.added => rules::direction(before, after).0,
        _ if facts.removed || facts.added => Direction::Different,
        _ => Direction::Reworded,
    };
    let sentence = sentence_of(context, pair, facts, (&before, &after), &found);
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let asked = context.new.edition.asked(id).or_else(|| context.old.edition.asked(id));
    let polarity = context.polarity(id);
    let turned_amber = after.code == Some(Code::Amber) && before.code != after.code;
    Change {
        about: About::Answer(id),
        asked: asked.map(str::to_owned),
        before_code: before.code,
        after_code: after.code,
        before_code_words: before.code.map(|code| code_words(code, polarity)),
        after_code_words: after.code.map(|code| code_words(code, polarity)),
        direction,
        importance,
        reason,
        further_reasons: further(&rules),
        sentence,
        question_reworded: pair.reworded,
        paragraphs: found.diff.paragraphs.clone(),
        rewritten: found.diff.rewritten,
        figures: found.diff.figures(),
        evidence: found.evidence,
        correction: found.correction,
        children: Vec::new(),
        advice: context.advice(id, direction, importance),
        caveat: turned_amber.then(|| context.caveat()),
        before: before.statement,
        after: after.statement,
    }
}

fn further(rules: &[(Importance, &'static str)]) -> Vec<&'static str> {
    let mut further: Vec<&'static str> = Vec::new();
    for (_, reason) in &rules[1..] {
        if *reason != rules[0].1 && !further.contains(reason) {
            further.push(reason);
        }
    }
    further
}

fn sentence_of(
    context: &Context,
    pair: &Paired,
    facts: &AnswerFacts,
    (before, after): (&Option<Answer>, &Option<Answer>),
    found: &Differences,
) -> String {
    let mut parts = match (before, after) {
        (Some(before), None) => vec![gone(before, pair.asked_once)],
        (None, Some(after)) => vec![came(after, pair.asked_once)],
        _ => {
            let (old, new) = facts.codes.unwrap_or_default();
            vec![sentence::colour(old, new)]
        }
    };
    if let Some(correction) = &found.correction {
        parts.push(sentence::correction(correction, context.reader.as_ref()));
    }
    if before.is_some() && after.is_some() {
        parts.push(sentence::words(&found.diff));
        parts.push(sentence::evidence(&found.evidence));
        parts.push(sentence::fired(&found.fired));
        parts.push(if pair.reworded { "The question itself was reworded.".into() } else { String::new() });
    }
    sentence::join(&parts)
}

fn gone(answer: &Answer, dropped: bool) -> String {
    let what = if dropped { "No longer asked" } else { "Answer removed" };
    let code = answer.code.filter(|code| *code != Code::NotRecorded);
    let code = code.map(|code| format!(" (before: {})", code.in_words())).unwrap_or_default();
    sentence::stop(format!("{what}{code}{}", quoted(answer)))
}

fn came(answer: &Answer, added: bool) -> String {
    let what = if added { "Newly asked" } else { "Answered for the first time" };
    let code = answer.code.filter(|code| *code != Code::NotRecorded);
    let code = code.map(|code| format!(", {}", code.in_words())).unwrap_or_default();
    sentence::stop(format!("{what}{code}{}", quoted(answer)))
}

fn quoted(answer: &Answer) -> String {
    if answer.statement.is_empty() {
        String::new()
    } else {
        format!(": {}", sentence::quote(&answer.statement.join(" ")))
    }
}

/// Checks that fire on the new text and did not on the old.
fn fired(context: &Context, pair: &Paired) -> Vec<Hint> {
    let after = pair.new.map(|id| answer_hints(context.new.content, context.new.edition, id)).unwrap_or_default();
    if after.is_empty() {
        return after;
    }
    let old = pair.old.iter().flat_map(|id| answer_hints(context.old.content, context.old.edition, *id));
    let before: Vec<&'static str> = old.map(|hint| hint.code).collect();
    after.into_iter().filter(|hint| !before.contains(&hint.code)).collect()
}

fn is_recorded(before: Option<Code>, after: Option<Code>) -> bool {
    let known = |code: Option<Code>| code.is_some_and(|code| code != Code::NotRecorded);
    !known(before) && known(after)
}

/// Whether a question went black because its parent's answer changed too.
fn follows_parent(context: &Context, id: AnswerId, code: Option<Code>) -> bool {
    code == Some(Code::Black) && context.parent_changed(id)
}

/// Support 3.1, "Addressing serious incidents": telephone numbers and mailboxes in its text are emergency contacts.
fn is_about_incidents(id: AnswerId) -> bool {
    matches!(id, AnswerId::Support(area) if area.number() == "3.1")
}

/// Pairs links by address, then by title.
fn evidence_changes(old: &[Evidence], new: &[Evidence]) -> Vec<EvidenceChange> {
    let words = |evidence: &Evidence| format!("{} ({})", evidence.title, evidence.url);
    let mut left: Vec<&Evidence> = old.iter().filter(|evidence| !new.contains(evidence)).collect();
    let mut found = Vec::new();
    for after in new.iter().filter(|evidence| !old.contains(evidence)) {
        let same = |other: &&Evidence| other.url == after.url || other.title == after.title;
        let before = left.iter().position(same).map(|at| words(left.remove(at)));
        found.push(EvidenceChange { before, after: Some(words(after)) });
    }
    found.extend(left.into_iter().map(|gone| EvidenceChange { before: Some(words(gone)), after: None }));
    found
}
