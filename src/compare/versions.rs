//! The comparison itself: pairs, changes, folding, counting, in that order.

use std::collections::BTreeMap;

use super::{
    About, Change, Comparison, Context, CorrectionFacts, Direction, Importance, RewordedQuestion, Side, VersionFacts,
    answers::{self, Found},
    budget::Budget,
    facts, fold, headline, pairing,
    published::RULES,
    sentence::day_or,
    since::Reader,
};
use crate::domain::{
    AnswerId, Change as SuppliersChange, ChangeKind, Code, Day, Draft, edition::Polarity, version::Publication,
};

/// What the form says of amber, for editions that do not repeat it.
const AMBER_CAVEAT: &str = "A single “Amber” response is not necessarily a negative, and any associated clarification \
                            should also be considered.";

/// Compares two versions of a certification (or of two that follow each other).
///
/// Pure, and bounded whatever the texts are: where the bound bites, `cut_short` says so, and text is shown as removed
/// and added instead of being marked word by word. `old` and `new` may be in any order; the sentences speak as if time
/// went from `old` to `new`. Comparing a version with itself gives no change.
pub fn versions(old: Side, new: Side) -> Comparison {
    let corrections = if old.content == new.content { BTreeMap::new() } else { corrections_of(&new) };
    compare(old, new, corrections, None)
}

/// The corrections that a version declares.
pub(super) fn corrections_of(side: &Side) -> BTreeMap<AnswerId, CorrectionFacts> {
    let corrected_on = side.publication.map(|publication| publication.published_at.day_in_london());
    let version = side.content.version;
    let facts = |since| CorrectionFacts { wrong_since: since, corrected_on, version };
    side.content.change.corrections.iter().map(|c| (c.question, facts(c.wrong_since))).collect()
}

/// Compares with the corrections that were declared between, and through the eyes of a reader if there is one.
pub(super) fn compare(
    old: Side,
    new: Side,
    corrections: BTreeMap<AnswerId, CorrectionFacts>,
    reader: Option<Reader>,
) -> Comparison {
    let pairs = pairing::pairs(&old, &new);
    let mut context = Context { old, new, pairs: pairs.clone(), corrections, reader, budget: Budget::new() };
    let mut recorded = Vec::new();
    let mut changes = Vec::new();
    for pair in &pairs {
        match answers::compare(&mut context, pair) {
            Found::Same => {}
            Found::OnlyRecorded(code) => recorded.push(code),
            Found::Changed(change) => {
                let both = change.reason != "answer_added" && change.before_code == Some(Code::NotRecorded);
                recorded.extend(change.after_code.filter(|code| both && *code != Code::NotRecorded));
                changes.push(*change);
            }
        }
    }
    let mut changes = fold::children(&context, changes);
    changes.extend(facts::changes(&context));
    changes.extend(colours(&context, &recorded));
    let comparison = Comparison {
        headline: String::new(),
        old: version_facts(&old),
        new: version_facts(&new),
        counts: Default::default(),
        changes,
        questions_reworded: reworded(&context),
        cut_short: context.budget.was_cut_short(),
    };
    comparison.counted(old.edition.questions.len().max(new.edition.questions.len()), reader)
}

impl Comparison {
    /// Puts the changes in order, counts them and writes the headline.
    fn counted(mut self, questions: usize, reader: Option<Reader>) -> Comparison {
        self.changes.sort_by_key(|change| (std::cmp::Reverse(change.importance), change.about));
        self.counts = headline::count(&self, questions);
        self.headline = headline::write(&self, reader.as_ref());
        self
    }

    /// Every change, each followed by those that follow from it.
    pub fn all_changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().flat_map(|change| std::iter::once(change).chain(&change.children))
    }

    /// What it says of an answer, its first word about it.
    pub fn change_of(&self, answer: AnswerId) -> Option<&Change> {
        self.all_changes().find(|change| change.about.answer() == Some(answer))
    }

    /// Whether nothing differs at all.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The importance of the most important change; none when nothing differs.
    pub fn importance(&self) -> Option<Importance> {
        self.changes.iter().map(|change| change.importance).max()
    }

    /// The same in the words for a reader, where it tells of no correction.
    pub(super) fn seen_by(self, reader: Reader) -> Comparison {
        let questions = self.counts.questions;
        self.counted(questions, Some(reader))
    }

    /// Adds what the documents themselves cannot know, and counts and words the headline anew.
    pub fn with_standing(mut self, facts: &[StandingFact], reader: Option<Reader>) -> Comparison {
        self.changes.extend(
            facts.iter().map(|fact| Change::plain(About::Standing, fact.importance(), fact.reason(), fact.sentence())),
        );
        let questions = self.counts.questions;
        self.counted(questions, reader)
    }
}

/// What case statements and signatures add to a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandingFact {
    /// The certification was withdrawn on this day.
    Withdrawn(Day),
    /// An independent verification was due on this day and is missing.
    VerificationOverdue(Day),
    /// A signature on this version does not hold.
    UnsoundSignature(u32),
    /// Something else that stands beside the document: the rule's reason, and the sentence.
    Beside(&'static str, String),
}

impl StandingFact {
    fn importance(&self) -> Importance {
        let rule = RULES.iter().find(|rule| rule.reason == self.reason());
        rule.map_or(Importance::Attention, |rule| rule.importance)
    }

    fn reason(&self) -> &'static str {
        match self {
            StandingFact::Beside(reason, _) => reason,
            StandingFact::Withdrawn(_) => "withdrawn",
            StandingFact::VerificationOverdue(_) => "verification_overdue",
            StandingFact::UnsoundSignature(_) => "unsound_signature",
        }
    }

    fn sentence(&self) -> String {
        match self {
            StandingFact::Beside(_, sentence) => sentence.clone(),
            StandingFact::Withdrawn(day) => format!("Withdrawn on {}.", day.in_words()),
            StandingFact::VerificationOverdue(day) => {
                format!("Independent verification was due on {} and is missing.", day.in_words())
            }
            StandingFact::UnsoundSignature(version) => format!("A signature on version {version} does not hold."),
        }
    }
}

fn colours(context: &Context, recorded: &[Code]) -> Option<Change> {
    let count = |code: Code| recorded.iter().filter(|other| **other == code).count();
    let kinds = [Code::Green, Code::Amber, Code::Black].map(|code| (count(code), code.in_words()));
    let kinds: Vec<String> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let sentence = format!("Colours recorded for the first time: {}.", kinds.join(", "));
    (!recorded.is_empty()).then(|| Change {
        caveat: (count(Code::Amber) > 0).then(|| context.caveat()),
        ..Change::plain(About::ColoursRecorded, Importance::Information, "code_recorded", sentence)
    })
}

fn reworded(context: &Context) -> Vec<RewordedQuestion> {
    let asked = |id: &AnswerId| context.old.edition.asked(*id).unwrap_or_default();
    let question = |pair: &pairing::Paired| {
        let before = pair.old.iter().map(asked).collect::<Vec<_>>().join("\n");
        let after = context.new.edition.asked(pair.id()).unwrap_or_default().to_owned();
        RewordedQuestion { question: pair.id(), before, after }
    };
    context.pairs.iter().filter(|pair| pair.reworded).map(question).collect()
}

/// What a reader must know of a version beside its answers.
pub(super) fn version_facts(side: &Side) -> VersionFacts {
    let Side { content, edition, publication } = side;
    let change = &content.change;
    VersionFacts {
        service_name: content.service_name.clone(),
        supplier_name: content.supplier_name.clone(),
        version: content.version,
        kind: change.kind,
        digest: publication.map(|publication| publication.digest),
        edition: edition.id.clone(),
        edition_name: edition.name.clone(),
        published_at: publication.map(|publication| publication.published_at),
        published_on: publication.map(|publication| publication.published_at.day_in_london()),
        effective_on: change.effective_on,
        service_changed_on: change.service_changed_on,
        wording_only: change.wording_only,
        not_before: change.not_before,
        not_after: change.not_after,
        dates: dates(*publication, change),
        summary: change.summary.clone(),
    }
}

/// Always both dates: the registry's, which it can prove, and the supplier's, which is a claim.
pub(super) fn dates(publication: Option<&Publication>, change: &SuppliersChange) -> String {
    let published = publication.map(|publication| publication.published_at.day_in_london());
    let here = published.map_or("not published yet".to_owned(), |day| format!("published here on {}", day.in_words()));
    let claim = match (change.kind, change.effective_on) {
        (ChangeKind::Transcription, _) => transcription_bounds(change.not_before, change.not_after),
        (ChangeKind::Reaffirmation, _) => "the supplier confirmed it without a change".to_owned(),
        (_, Some(day)) => format!("the supplier says it applies from {}", day.in_words()),
        (_, None) => "the supplier gives no date from which it applies".to_owned(),
    };
    let changed = match (change.kind, change.wording_only, change.service_changed_on) {
        (ChangeKind::Update, true, _) => "; the supplier says the service itself is unchanged".to_owned(),
        (ChangeKind::Update, false, Some(day)) => {
            format!("; the supplier says the service changed on {}", day.in_words())
        }
        (ChangeKind::Update, false, None) => "; no change date given".to_owned(),
        _ => String::new(),
    };
    format!("{here}; {claim}{changed}")
}

pub(super) fn transcription_bounds(not_before: Option<Day>, not_after: Option<Day>) -> String {
    let said = "transcribed from the supplier's published statement, not signed by the supplier";
    match (not_before, not_after) {
        (None, None) => format!("{said}; its date is not known"),
        (before, after) => {
            let (before, after) = (day_or(before, "an unknown day"), day_or(after, "an unknown day"));
            format!("{said}, who published it between {before} and {after}")
        }
    }
}

impl Context<'_> {
    /// The question that decides whether this one applies.
    pub(super) fn parent(&self, id: AnswerId) -> Option<AnswerId> {
        let AnswerId::Question(question) = id else { return None };
        self.new.edition.question(question)?.depends_on.map(AnswerId::from)
    }

    /// Whether a plain yes would reassure.
    pub(super) fn polarity(&self, id: AnswerId) -> Polarity {
        let AnswerId::Question(question) = id else { return Polarity::Positive };
        let asked = self.new.edition.question(question).or_else(|| self.old.edition.question(question));
        asked.map_or(Polarity::Positive, |question| question.polarity)
    }

    /// Whether the parent question's colour moved.
    pub(super) fn parent_changed(&self, id: AnswerId) -> bool {
        let code = |content: &Draft, id: AnswerId| match id {
            AnswerId::Question(question) => content.responses.get(&question).and_then(|response| response.code),
            AnswerId::Support(_) => None,
        };
        let known = |code: &Code| *code != Code::NotRecorded;
        let Some(parent) = self.parent(id) else { return false };
        let Some(pair) = self.pairs.iter().find(|pair| pair.new == Some(parent)) else { return false };
        let before = pair.old.first().and_then(|old| code(self.old.content, *old)).filter(known);
        let after = code(self.new.content, parent).filter(known);
        before.is_some() && after.is_some() && before != after
    }

    /// What a school might do, from the edition. The advice on a question supposes that there is less assurance; the
    /// advice on a support area, that whom to ring has changed.
    pub(super) fn advice(&self, id: AnswerId, direction: Direction, importance: Importance) -> Vec<String> {
        let needs_attention = importance == Importance::Attention;
        let fits = match id {
            AnswerId::Question(_) if direction == Direction::LessAssurance => true,
            AnswerId::Question(question) => {
                let response = self.new.content.responses.get(&question);
                needs_attention && response.is_some_and(|response| response.code == Some(Code::Amber))
            }
            AnswerId::Support(_) => needs_attention,
        };
        if !fits {
            return Vec::new();
        }
        let edition = self.new.edition;
        match id {
            AnswerId::Question(question) => edition.question(question).map(|question| question.advice.clone()),
            AnswerId::Support(area) => edition.support_area(area).map(|area| area.advice.clone()),
        }
        .unwrap_or_default()
    }

    /// The form's own caveat on amber.
    pub(super) fn caveat(&self) -> String {
        let amber = self.new.edition.codes.iter().find(|meaning| meaning.code == Code::Amber);
        amber.and_then(|meaning| meaning.caveat.clone()).unwrap_or_else(|| AMBER_CAVEAT.to_owned())
    }
}
