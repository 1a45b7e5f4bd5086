//! What a reader sees, in order.

use super::{
    Facts, build, record,
    words::{CodeWords, clean},
};
use crate::domain::{AnswerId, CertificationId, Digest, Draft, Edition, SupportAreaId};

/// The form's title.
pub(super) const TITLE: &str = "Cloud Software Services for Schools";
/// The form's second line.
pub(super) const SUBTITLE: &str = "Supplier self-certification statements with service and support commitments";
/// The form's words before the commitments.
pub(super) const COMMITMENTS_LEAD: &str = "In order that schools can be confident regarding the accuracy of the self-certification statements made in \
     respect of the [service] service, the supplier confirms:";
/// The form's heading of the appendix.
pub(super) const SUPPORT_HEADING: &str =
    "Appendix 1: Availability and extent of support available to schools when using cloud software services";

/// Gives the name behind a person's digest, if the caller may show it and it is still held.
pub type Names<'a> = Option<&'a dyn Fn(Digest) -> Option<String>>;

/// A whole self-certification, ready to be shown. Texts are plain and on one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementView {
    /// Whose statement on what.
    pub certification: CertificationId,
    /// 1, 2, 3 …
    pub version: u32,
    /// What is certified, as the supplier calls it.
    pub service_name: String,
    /// Who certifies, as it calls itself.
    pub supplier_name: String,
    /// Whether it is the Department's copy of an unsigned statement (such pages ask not to be indexed).
    pub transcription: bool,
    /// What stands behind the statement, a sentence or two an item; the first is the most important.
    pub assurance: Vec<String>,
    /// The form's first table: supplier, address, contact.
    pub details: Vec<Row>,
    /// What is known of this version: dates, signers, edition, digest.
    pub record: Vec<Row>,
    /// The supplier's own summary of what is new.
    pub summary: Vec<String>,
    /// The promises of section 1.
    pub commitments: Vec<CommitmentView>,
    /// The form's introduction to itself.
    pub introduction: Vec<String>,
    /// What the colours mean.
    pub key: Vec<KeyView>,
    /// Questions and answers by section.
    pub sections: Vec<SectionView>,
    /// The appendix on support.
    pub support: Vec<SupportView>,
}

/// A label and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// For example `Contact email`.
    pub label: &'static str,
    /// Never empty.
    pub value: String,
}

/// One promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentView {
    /// In the form's words.
    pub text: String,
    /// Whether the supplier makes it.
    pub made: bool,
}

/// One entry of the key to the colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyView {
    /// The colour.
    pub code: CodeWords,
    /// The form's own sentence.
    pub meaning: String,
    /// What the form adds.
    pub caveat: Option<String>,
}

/// One section of questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionView {
    /// For example `5. Supplier Response - Data Confidentiality`.
    pub heading: String,
    /// A fragment identifier, for example `section-5`.
    pub anchor: String,
    /// The form's introduction to it.
    pub introduction: Vec<String>,
    /// In the form's order.
    pub answers: Vec<AnswerView>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerView {
    /// For example `q5.7`, also the fragment identifier.
    pub id: AnswerId,
    /// For example `Q 5.7`.
    pub label: String,
    /// The question as it was asked.
    pub question: String,
    /// What the form prints before it.
    pub guidance: Vec<String>,
    /// The colour.
    pub code: CodeWords,
    /// The form's caveat, with amber only.
    pub caveat: Option<String>,
    /// The supplier's paragraphs.
    pub statement: Vec<String>,
    /// Stands where the statement is missing.
    pub missing: Option<&'static str>,
    /// Links to what supports it.
    pub evidence: Vec<EvidenceView>,
}

/// A link to supporting evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceView {
    /// What a reader will find there.
    pub title: String,
    /// As the supplier gave it.
    pub url: String,
    /// Whether it may be made a link: only `http` and `https` may.
    pub is_link: bool,
    /// The day that what was linked bears, and its digest, in words.
    pub note: Option<String>,
}

/// One support area and the statement on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportView {
    /// For example `s3.4`, also the fragment identifier.
    pub id: SupportAreaId,
    /// For example `3.4 Restoring Data`.
    pub heading: String,
    /// The form's guidance to suppliers.
    pub guidance: Vec<String>,
    /// The supplier's paragraphs.
    pub statement: Vec<String>,
    /// Stands where the statement is missing.
    pub missing: Option<&'static str>,
    /// Ways to reach support, one a line.
    pub contacts: Vec<String>,
}

impl StatementView {
    /// Lays out `draft`, an answer to `edition`, with what is known of its publication.
    ///
    /// Answers that the edition does not ask for are shown too: nothing is lost.
    pub fn new(draft: &Draft, edition: &Edition, facts: &Facts, names: Names<'_>) -> StatementView {
        StatementView {
            certification: draft.certification_id(),
            version: draft.version,
            service_name: clean(&draft.service_name),
            supplier_name: clean(&draft.supplier_name),
            transcription: draft.is_transcription(),
            assurance: record::assurance(draft, facts),
            details: record::details(draft, names),
            record: record::record(draft, edition, facts, names),
            summary: build::cleaned(&draft.change.summary),
            commitments: build::commitments(draft, edition, names),
            introduction: build::cleaned(&edition.introduction),
            key: build::key(draft, edition),
            sections: build::sections(draft, edition),
            support: build::support(draft, edition),
        }
    }
}
