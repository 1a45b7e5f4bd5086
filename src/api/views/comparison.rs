//! A comparison in JSON: what the value holds, nothing computed.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    compare::{Change, Comparison, Counts, DiffParagraph, Segment, VersionFacts},
    domain::RegistrySettings,
};

/// What differs between two versions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComparisonView {
    /// `supplier/service`.
    pub certification: String,
    /// The whole in one line.
    #[schema(
        example = "4 of 37 answers changed: 1 green to amber, 3 kept their colour and changed words. 1 needs your attention."
    )]
    pub headline: String,
    /// The older side.
    pub from: VersionFactsView,
    /// The newer side.
    pub to: VersionFactsView,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// How many changes of each kind.
    pub counts: ChangeCounts,
    /// Every change: most important first, then in the form's order.
    pub changes: Vec<ChangeView>,
    /// Questions that were asked in other words, whether or not their answer changed.
    pub questions_reworded: Vec<RewordedQuestionView>,
    /// Some text was too long to be marked word by word; it is shown as removed and added.
    pub cut_short: bool,
}

/// What a reader must know of a version beside its answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionFactsView {
    /// 1, 2, 3 …
    pub version: u32,
    /// `initial`, `update`, `reaffirmation` or `transcription`. The set is open.
    pub kind: String,
    /// As the supplier calls the service.
    pub service_name: String,
    /// The legal entity.
    pub supplier_name: String,
    /// The digest of the document; absent for a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub digest: Option<String>,
    /// Which wording was answered.
    pub edition: String,
    /// That wording's name for people.
    pub edition_name: String,
    /// When the registry published it (provable); absent for a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub published_at: Option<String>,
    /// From when it applies, as the supplier says (a claim).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub effective_on: Option<String>,
    /// When the service changed, as the supplier says (a claim).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub service_changed_on: Option<String>,
    /// The supplier claims that only the wording changed.
    pub wording_only: bool,
    /// Transcriptions: not published by the supplier before this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub not_before: Option<String>,
    /// Transcriptions: not published by the supplier after this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub not_after: Option<String>,
    /// Both dates in words.
    pub dates: String,
    /// The supplier's own summary, a paragraph an item.
    pub summary: Vec<String>,
}

/// How many changes of each kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangeCounts {
    /// Questions in the newer edition.
    pub questions: usize,
    /// Answers to questions that changed.
    pub answers_changed: usize,
    /// The same by kind, in the headline's order.
    pub answers_by_kind: Vec<KindCountView>,
    /// Support statements that changed.
    pub support_changed: usize,
    /// Anything else that changed.
    pub other_changed: usize,
    /// Changes that need the reader's attention.
    pub attention: usize,
    /// Changes worth reading.
    pub worth_reading: usize,
    /// Changes for information.
    pub information: usize,
}

/// One kind of changed answer and how many there are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KindCountView {
    /// For example `green_to_amber`. The set is open.
    pub kind: String,
    /// As the headline says it.
    pub words: String,
    /// How many.
    pub count: usize,
}

/// A question that the newer edition asks in other words.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RewordedQuestionView {
    /// Its id in the newer edition.
    pub question: String,
    /// As the older edition asks it.
    pub before: String,
    /// As the newer edition asks it.
    pub after: String,
}

/// One thing that changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangeView {
    /// What changed: `q5.7`, `s3.4`, `contact.email`, `commitment.update_promptly`, `official` … The set is open.
    #[schema(example = "q5.7")]
    pub about: String,
    /// The same for people.
    #[schema(example = "Q 5.7")]
    pub label: String,
    /// What was asked, in the form's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub asked: Option<String>,
    /// The colour before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "green")]
    pub before_code: Option<String>,
    /// The colour after.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "amber")]
    pub after_code: Option<String>,
    /// `less_assurance`, `more_assurance`, `different` or `reworded`. The set is open.
    #[schema(example = "less_assurance")]
    pub direction: String,
    /// `attention`, `worth_reading` or `information`. The set is open.
    #[schema(example = "attention")]
    pub importance: String,
    /// The published rule that decided the importance. The set is open.
    #[schema(example = "code_lowered")]
    pub reason: String,
    /// Further rules that apply.
    pub further_reasons: Vec<String>,
    /// The change in one or a few sentences.
    pub sentence: String,
    /// The question was asked in other words.
    pub question_reworded: bool,
    /// The text before, a paragraph an item.
    pub before: Vec<String>,
    /// The text after, a paragraph an item.
    pub after: Vec<String>,
    /// The text with its marks; empty when the text is the same.
    pub paragraphs: Vec<DiffParagraphView>,
    /// The text is too different to be marked: one removal, one addition.
    pub rewritten: bool,
    /// Figures that changed.
    pub figures: Vec<BeforeAfter>,
    /// Links to evidence that came or went.
    pub evidence: Vec<BeforeAfter>,
    /// The supplier's word that the answer was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub correction: Option<CorrectionFactsView>,
    /// Changes that follow from this one.
    #[schema(no_recursion)]
    pub children: Vec<ChangeView>,
    /// What a school might do, from the edition.
    pub advice: Vec<String>,
    /// The form's own caveat, wherever amber is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub caveat: Option<String>,
}

/// One paragraph of marked text: equal and deleted segments are the paragraph before, equal and inserted ones the one after.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DiffParagraphView {
    /// In reading order.
    pub segments: Vec<SegmentView>,
}

/// A stretch of text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SegmentView {
    /// `equal`, `delete` or `insert`.
    pub op: SegmentOp,
    /// The text itself.
    pub text: String,
}

/// What happened to a stretch of text. This set can never grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentOp {
    /// It stands on both sides.
    Equal,
    /// It was removed.
    Delete,
    /// It was added.
    Insert,
}

/// Something that changed, came (no `before`) or went (no `after`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BeforeAfter {
    /// As it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub before: Option<String>,
    /// As it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub after: Option<String>,
}

/// A supplier's word that an answer was wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CorrectionFactsView {
    /// The first day on which it was wrong (a claim).
    #[schema(format = Date)]
    pub wrong_since: String,
    /// The day on which the correction was published here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub corrected_on: Option<String>,
    /// The version that corrects it.
    pub version: u32,
}

impl ComparisonView {
    /// From the comparison of two versions of `certification`.
    pub fn of(certification: String, comparison: &Comparison, settings: &RegistrySettings) -> Self {
        let reworded = |question: &crate::compare::RewordedQuestion| RewordedQuestionView {
            question: question.question.to_string(),
            before: question.before.clone(),
            after: question.after.clone(),
        };
        ComparisonView {
            certification,
            headline: comparison.headline.clone(),
            from: VersionFactsView::of(&comparison.old),
            to: VersionFactsView::of(&comparison.new),
            simulated_dates: settings.simulated_dates.then_some(true),
            counts: ChangeCounts::of(&comparison.counts),
            changes: comparison.changes.iter().map(ChangeView::of).collect(),
            questions_reworded: comparison.questions_reworded.iter().map(reworded).collect(),
            cut_short: comparison.cut_short,
        }
    }
}

impl VersionFactsView {
    fn of(facts: &VersionFacts) -> Self {
        let text = |day: Option<crate::domain::Day>| day.map(|day| day.to_string());
        VersionFactsView {
            version: facts.version,
            kind: facts.kind.as_str().to_owned(),
            service_name: facts.service_name.clone(),
            supplier_name: facts.supplier_name.clone(),
            digest: facts.digest.map(|digest| digest.to_string()),
            edition: facts.edition.to_string(),
            edition_name: facts.edition_name.clone(),
            published_at: facts.published_at.map(|at| at.to_string()),
            effective_on: text(facts.effective_on),
            service_changed_on: text(facts.service_changed_on),
            wording_only: facts.wording_only,
            not_before: text(facts.not_before),
            not_after: text(facts.not_after),
            dates: facts.dates.clone(),
            summary: facts.summary.clone(),
        }
    }
}

impl ChangeCounts {
    fn of(counts: &Counts) -> Self {
        let kind = |kind: &crate::compare::KindCount| KindCountView {
            kind: kind.kind.clone(),
            words: kind.words.clone(),
            count: kind.count,
        };
        ChangeCounts {
            questions: counts.questions,
            answers_changed: counts.answers_changed,
            answers_by_kind: counts.answers_by_kind.iter().map(kind).collect(),
            support_changed: counts.support_changed,
            other_changed: counts.other_changed,
            attention: counts.attention,
            worth_reading: counts.worth_reading,
            information: counts.information,
        }
    }
}

impl ChangeView {
    fn of(change: &Change) -> Self {
        let code = |code: Option<crate::domain::Code>| code.map(|code| code.as_str().to_owned());
        let figures = change.figures.iter().map(|f| BeforeAfter { before: f.before.clone(), after: f.after.clone() });
        let evidence = change.evidence.iter().map(|e| BeforeAfter { before: e.before.clone(), after: e.after.clone() });
        let correction = |correction: &crate::compare::CorrectionFacts| CorrectionFactsView {
            wrong_since: correction.wrong_since.to_string(),
            corrected_on: correction.corrected_on.map(|day| day.to_string()),
            version: correction.version,
        };
        ChangeView {
            about: change.about.key(),
            label: change.about.label(),
            asked: change.asked.clone(),
            before_code: code(change.before_code),
            after_code: code(change.after_code),
            direction: change.direction.as_str().to_owned(),
            importance: change.importance.as_str().to_owned(),
            reason: change.reason.to_owned(),
            further_reasons: change.further_reasons.iter().map(|&reason| reason.to_owned()).collect(),
            sentence: change.sentence.clone(),
            question_reworded: change.question_reworded,
            before: change.before.clone(),
            after: change.after.clone(),
            paragraphs: change.paragraphs.iter().map(DiffParagraphView::of).collect(),
            rewritten: change.rewritten,
            figures: figures.collect(),
            evidence: evidence.collect(),
            correction: change.correction.as_ref().map(correction),
            children: change.children.iter().map(ChangeView::of).collect(),
            advice: change.advice.clone(),
            caveat: change.caveat.clone(),
        }
    }
}

impl DiffParagraphView {
    fn of(paragraph: &DiffParagraph) -> Self {
        let op = |segment: &Segment| match segment.op {
            crate::compare::Op::Equal => SegmentOp::Equal,
            crate::compare::Op::Delete => SegmentOp::Delete,
            crate::compare::Op::Insert => SegmentOp::Insert,
        };
        let segment = |segment: &Segment| SegmentView { op: op(segment), text: segment.text.clone() };
        DiffParagraphView { segments: paragraph.segments.iter().map(segment).collect() }
    }
}

/// Every version compared with the one before it, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CertificationChanges {
    /// `supplier/service`.
    pub certification: String,
    /// Newest first. The first version has no comparison and is left out.
    pub items: Vec<ComparisonView>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}
