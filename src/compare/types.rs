//! The one value that a comparison is. Every rendering only writes it out.

use super::{about::About, marked::DiffParagraph};
use crate::domain::{
    ChangeKind, Code, Day, Digest, Draft, Edition, EditionId, Instant, edition::Polarity, version::Publication,
};

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What the supplier says.
    pub content: &'a Draft,
    /// The wording that was answered.
    pub edition: &'a Edition,
    /// When the registry published it; absent for a draft.
    pub publication: Option<&'a Publication>,
}

/// What differs between two versions: facts, sentences and marked text, ready to be written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The whole in one line, for example `4 of 37 answers changed: 1 green to amber, … 1 needs your attention.`
    pub headline: String,
    /// The older side.
    pub old: VersionFacts,
    /// The newer side.
    pub new: VersionFacts,
    /// How many of each kind.
    pub counts: Counts,
    /// Every change: most important first, then in the form's order.
    pub changes: Vec<Change>,
    /// Questions that were asked in other words, whether or not their answer changed.
    pub questions_reworded: Vec<RewordedQuestion>,
    /// Some text was too long and too different to be marked word by word within the bound on work; it is shown as
    /// one removal and one addition. No change is ever left out.
    pub cut_short: bool,
}

/// How many changes of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Questions of the wording that asks more of them.
    pub questions: usize,
    /// Answers to questions that changed, those folded into their parent's change included.
    pub answers_changed: usize,
    /// The same by kind, in the headline's order and words.
    pub answers_by_kind: Vec<KindCount>,
    /// Support statements whose words or contacts changed.
    pub support_changed: usize,
    /// Anything else that changed: contact, official, names and so on.
    pub other_changed: usize,
    /// Changes that need the reader's attention.
    pub attention: usize,
    /// Changes worth reading.
    pub worth_reading: usize,
    /// Changes for information.
    pub information: usize,
}

/// One kind of changed answer and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindCount {
    /// A slug that programs can rely on, for example `green_to_amber`. The set is open.
    pub kind: String,
    /// As the headline says it, for example `2 kept their colour and changed words`.
    pub words: String,
    /// How many.
    pub count: usize,
}

/// What a reader must know of a version beside its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFacts {
    /// As the supplier calls the service.
    pub service_name: String,
    /// The legal entity.
    pub supplier_name: String,
    /// 1, 2, 3 …
    pub version: u32,
    /// Initial, update, re-affirmation or transcription.
    pub kind: ChangeKind,
    /// The digest of the document; absent for a draft.
    pub digest: Option<Digest>,
    /// Which wording was answered.
    pub edition: EditionId,
    /// That wording's name for people.
    pub edition_name: String,
    /// When the registry published it (provable); absent for a draft.
    pub published_at: Option<Instant>,
    /// The day of that in London.
    pub published_on: Option<Day>,
    /// From when it applies, as the supplier says (a claim).
    pub effective_on: Option<Day>,
    /// When the service changed, as the supplier says (a claim).
    pub service_changed_on: Option<Day>,
    /// The supplier claims that only the wording changed.
    pub wording_only: bool,
    /// Transcriptions: not published by the supplier before this day.
    pub not_before: Option<Day>,
    /// Transcriptions: not published by the supplier after this day.
    pub not_after: Option<Day>,
    /// Both dates in words, for example `published here on 2 November 2026; the supplier says it applies from …`.
    pub dates: String,
    /// The supplier's own summary, a paragraph an item.
    pub summary: Vec<String>,
}

/// A question that the newer edition asks in other words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewordedQuestion {
    /// Its id in the newer edition.
    pub question: crate::domain::AnswerId,
    /// As the older edition asks it; several questions that became one stand each on a line of their own.
    pub before: String,
    /// As the newer edition asks it.
    pub after: String,
}

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What changed.
    pub about: About,
    /// What was asked, in the form's own words.
    pub asked: Option<String>,
    /// The colour before.
    pub before_code: Option<Code>,
    /// The colour after.
    pub after_code: Option<Code>,
    /// What the colour before means, for people, for example `Green: supplier says it fully meets this`.
    pub before_code_words: Option<&'static str>,
    /// What the colour after means.
    pub after_code_words: Option<&'static str>,
    /// Which way the assurance went.
    pub direction: Direction,
    /// How much it matters, by the published rules.
    pub importance: Importance,
    /// The rule that decided the importance: a slug that programs can rely on. The set is open.
    pub reason: &'static str,
    /// Further rules that apply.
    pub further_reasons: Vec<&'static str>,
    /// The change in one or a few sentences.
    pub sentence: String,
    /// The question was asked in other words: an answer that changed may have changed for that.
    pub question_reworded: bool,
    /// The text before, a paragraph an item.
    pub before: Vec<String>,
    /// The text after, a paragraph an item.
    pub after: Vec<String>,
    /// The text with its marks. Empty when the text is the same.
    pub paragraphs: Vec<DiffParagraph>,
    /// The text is too different to be marked: one removal, one addition.
    pub rewritten: bool,
    /// Figures that changed.
    pub figures: Vec<FigureChange>,
    /// Links to evidence that came or went.
    pub evidence: Vec<EvidenceChange>,
    /// The supplier's word that the answer was wrong, and since when.
    pub correction: Option<CorrectionFacts>,
    /// Changes that follow from this one: questions that apply, or no longer apply, because of it.
    pub children: Vec<Change>,
    /// What a school might do, from the edition.
    pub advice: Vec<String>,
    /// The form's own caveat on amber, wherever amber is the reason.
    pub caveat: Option<String>,
}

/// What a colour means, for people. On a question where neither yes nor no reassures, green says nothing by itself.
pub fn code_words(code: Code, polarity: Polarity) -> &'static str {
    match (code, polarity) {
        (Code::Green, Polarity::Positive) => "Green: supplier says it fully meets this",
        (Code::Green, Polarity::Neutral) => "Green: read the statement",
        (Code::Amber, _) => "Amber: supplier cannot fully confirm this",
        (Code::Black, _) => "Black: supplier says this does not apply",
        (Code::NotRecorded, _) => "Not recorded",
    }
}

/// Which way the assurance went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// A code was lowered, or a question now applies and is not fully met.
    LessAssurance,
    /// A code was raised.
    MoreAssurance,
    /// What applies changed, or something else that is neither more nor less.
    Different,
    /// The same code in other words.
    Reworded,
}

impl Direction {
    /// For programs, for example `less_assurance`.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::LessAssurance => "less_assurance",
            Direction::MoreAssurance => "more_assurance",
            Direction::Different => "different",
            Direction::Reworded => "reworded",
        }
    }
}

/// How much a change matters to a school. Ordered: information is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Importance {
    /// For information.
    Information,
    /// Worth reading.
    WorthReading,
    /// Needs your attention.
    Attention,
}

impl Importance {
    /// Every degree, the most important first.
    pub const ALL: [Importance; 3] = [Importance::Attention, Importance::WorthReading, Importance::Information];

    /// For programs, for example `attention`.
    pub fn as_str(self) -> &'static str {
        match self {
            Importance::Attention => "attention",
            Importance::WorthReading => "worth_reading",
            Importance::Information => "information",
        }
    }

    /// For people, for example `Needs your attention`.
    pub fn label(self) -> &'static str {
        match self {
            Importance::Attention => "Needs your attention",
            Importance::WorthReading => "Worth reading",
            Importance::Information => "For information",
        }
    }
}

/// A figure that changed, came (no `before`) or went (no `after`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureChange {
    /// For example `60 days`.
    pub before: Option<String>,
    /// For example `30 days`.
    pub after: Option<String>,
}

/// A link to evidence that changed, came (no `before`) or went (no `after`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceChange {
    /// Title and address before.
    pub before: Option<String>,
    /// Title and address after.
    pub after: Option<String>,
}

/// A supplier's word that an answer was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionFacts {
    /// The first day on which it was wrong (a claim).
    pub wrong_since: Day,
    /// The day on which the correction was published here.
    pub corrected_on: Option<Day>,
    /// The version that corrects it.
    pub version: u32,
}
