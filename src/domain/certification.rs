//! A supplier's self-certification: a draft, and the same after every rule was checked.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AnswerId, CertificationId, Commitment, Day, Digest, EditionId, QuestionId, RegistryId, Response, ServiceId,
    SupplierId, SupportAreaId, SupportStatement,
};

mod admission;
mod check;
mod shapes;

pub use admission::Admission;
pub use shapes::{is_email, is_telephone, is_web_link};

/// What a document says, before its rules are checked.
///
/// Parts that a finished document must have are optional here, so that a draft in the making can be
/// read, shown and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Why there is a new version.
    pub change: Change,
    /// The promises made. A promise that is not made is left out.
    pub commitments: BTreeSet<Commitment>,
    /// The day on which the signatory completed it.
    pub completed_on: Option<Day>,
    /// Whom a school asks.
    pub contact: Option<Contact>,
    /// Which wording was answered.
    pub edition: EditionRef,
    /// The senior official who verified it.
    pub official: Option<Signer>,
    /// The digest of version n-1; absent for version 1.
    pub previous: Option<Digest>,
    /// The registry it is meant for.
    pub registry: RegistryId,
    /// Answers to questions.
    pub responses: BTreeMap<QuestionId, Response>,
    /// What is certified.
    pub service: ServiceId,
    /// As the supplier calls it.
    pub service_name: String,
    /// Where fuller details are.
    pub service_url: Option<String>,
    /// The competent person who completed it.
    pub signatory: Option<Signer>,
    /// Where a transcription's text was published.
    pub source: Option<Source>,
    /// Who certifies.
    pub supplier: SupplierId,
    /// As the supplier calls itself: the legal entity.
    pub supplier_name: String,
    /// Statements on support areas.
    pub support: BTreeMap<SupportAreaId, SupportStatement>,
    /// 1, 2, 3 …
    pub version: u32,
}

/// A draft that follows every rule of form. Only [`Draft::check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certification(Draft);

impl std::ops::Deref for Certification {
    type Target = Draft;
    fn deref(&self) -> &Draft {
        &self.0
    }
}

impl Certification {
    /// Gives the content back as a draft, to make the next version from it.
    pub fn into_draft(self) -> Draft {
        self.0
    }
}

/// Why there is a new version, in the supplier's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Initial, update, re-affirmation or transcription.
    pub kind: ChangeKind,
    /// Answers that were wrong, and since when.
    pub corrections: Vec<Correction>,
    /// From when the answers apply (a claim; may lie ahead).
    pub effective_on: Option<Day>,
    /// Transcriptions: the statement was not published after this day.
    pub not_after: Option<Day>,
    /// Transcriptions: the statement was not published before this day.
    pub not_before: Option<Day>,
    /// The certification that this one carries on (a service bought or renamed); with `initial` only.
    pub predecessor: Option<Predecessor>,
    /// When the service itself changed (a claim).
    pub service_changed_on: Option<Day>,
    /// The supplier's own summary, a paragraph an item.
    pub summary: Vec<String>,
    /// The service itself is unchanged (a claim): no lag is counted.
    pub wording_only: bool,
}

impl Change {
    /// A change of this kind that says nothing more.
    pub fn of_kind(kind: ChangeKind) -> Self {
        Change {
            kind,
            corrections: Vec::new(),
            effective_on: None,
            not_after: None,
            not_before: None,
            predecessor: None,
            service_changed_on: None,
            summary: Vec::new(),
            wording_only: false,
        }
    }
}

/// What kind of version it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// The first that the supplier signed.
    Initial,
    /// Something changed.
    Update,
    /// Nothing differs but signers, dates and `change`.
    Reaffirmation,
    /// The Department's copy of a published, unsigned statement.
    Transcription,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [ChangeKind; 4] =
        [ChangeKind::Initial, ChangeKind::Update, ChangeKind::Reaffirmation, ChangeKind::Transcription];

    /// As documents have it, for example `update`.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Initial => "initial",
            ChangeKind::Update => "update",
            ChangeKind::Reaffirmation => "reaffirmation",
            ChangeKind::Transcription => "transcription",
        }
    }

    /// Reads what [`ChangeKind::as_str`] writes.
    pub fn parse(text: &str) -> Option<ChangeKind> {
        ChangeKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An answer that was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Which answer. Written as member `question`, also for a support area.
    pub question: AnswerId,
    /// The first day on which it was wrong.
    pub wrong_since: Day,
}

/// The certification that this one carries on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predecessor {
    /// Whose it was.
    pub certification: CertificationId,
    /// Its last version.
    pub version: u32,
    /// That version's digest.
    pub digest: Digest,
}

/// Whom a school asks about the certification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// Lines of the postal address.
    pub address: Vec<String>,
    /// A role mailbox.
    pub email: Option<String>,
    /// The digest of a person record, where the form names somebody.
    pub person: Option<Digest>,
    /// As dialled from the UK or with `+44`.
    pub telephone: Option<String>,
}

/// Which wording of the checklist was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionRef {
    /// The digest of the edition's file.
    pub digest: Digest,
    /// The edition's id.
    pub id: EditionId,
}

/// One of the two people who sign: named by digest, with a title for everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The digest of the person record.
    pub person: Digest,
    /// For example `Director of Technology`. A transcription may have none.
    pub title: Option<String>,
}

/// Where a transcription's text was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Digest of the file that was transcribed.
    pub sha256: Digest,
    /// What the file is.
    pub title: String,
}

impl Draft {
    /// The certification that this is a version of.
    pub fn certification_id(&self) -> CertificationId {
        CertificationId::new(self.supplier.clone(), self.service.clone())
    }

    /// Whether it is the Department's copy of an unsigned statement.
    pub fn is_transcription(&self) -> bool {
        self.change.kind == ChangeKind::Transcription
    }

    /// The paragraphs that answer `id`, if it is answered.
    pub fn statement(&self, id: AnswerId) -> Option<&[String]> {
        match id {
            AnswerId::Question(q) => self.responses.get(&q).map(|response| response.statement.as_slice()),
            AnswerId::Support(s) => self.support.get(&s).map(|support| support.statement.as_slice()),
        }
    }

    /// The digests of every person record that the document names, each once.
    pub fn persons(&self) -> BTreeSet<Digest> {
        let contact = self.contact.iter().filter_map(|contact| contact.person);
        let signers = [&self.signatory, &self.official].into_iter().flatten().map(|signer| signer.person);
        contact.chain(signers).collect()
    }

    /// Everything that a re-affirmation may not alter: signers, dates, place in the chain and `change` are blank.
    ///
    /// The rule is frozen: what was accepted under it must be accepted by every later verification.
    pub fn without_what_a_reaffirmation_may_alter(&self) -> Draft {
        Draft {
            change: Change::of_kind(ChangeKind::Update),
            completed_on: None,
            official: None,
            signatory: None,
            previous: None,
            version: 0,
            ..self.clone()
        }
    }

    /// Whether `other` says the same apart from what a re-affirmation may alter.
    pub fn says_the_same_as(&self, other: &Draft) -> bool {
        self.without_what_a_reaffirmation_may_alter() == other.without_what_a_reaffirmation_may_alter()
    }
}
