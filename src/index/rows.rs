//! What the index answers with: plain values, one struct a question.

use super::case_rows::Beside;
use crate::{
    compare::Outline,
    domain::{
        AnswerId, CertificationId, Change, ChangeKind, Code, Day, Digest, EditionId, Instant, PromptnessFacts,
        Publication, SupplierId,
    },
};

/// One commit, given to the index to be understood.
#[derive(Debug, Clone)]
pub struct CommitFacts {
    /// Its place on `main`; the genesis is 0.
    pub sequence: u64,
    /// 40 lowercase hex digits.
    pub commit: String,
    /// The committer time.
    pub time: Instant,
    /// Every file that it added or changed.
    pub files: Vec<FileFacts>,
    /// The hash of its leaf in the transparency log.
    pub leaf: [u8; 32],
}

/// One file of a commit.
#[derive(Debug, Clone)]
pub struct FileFacts {
    /// Path in the repository.
    pub path: String,
    /// Git's id of the blob, 40 lowercase hex digits.
    pub object: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// Where the index stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedHead {
    /// The commit up to which everything is indexed.
    pub commit: String,
    /// Its place on `main`.
    pub sequence: u64,
    /// Its time.
    pub time: Instant,
}

/// A version of the authority file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityRow {
    /// The commit that brought it.
    pub sequence: u64,
    /// The same commit, 40 lowercase hex digits.
    pub commit: String,
    /// When.
    pub published_at: Instant,
    /// The digest of the file.
    pub digest: Digest,
}

/// An edition that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionRow {
    /// Its id.
    pub id: EditionId,
    /// The commit that published it.
    pub sequence: u64,
    /// When.
    pub published_at: Instant,
    /// The digest of its file.
    pub digest: Digest,
    /// The blob of its file.
    pub object: String,
    /// The blob of the Department's signature.
    pub signature_object: Option<String>,
}

/// A supplier as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierRow {
    /// Its id.
    pub id: SupplierId,
    /// The version of `supplier.json`.
    pub version: u32,
    /// The digest of that file.
    pub digest: Digest,
    /// The blob of that file.
    pub object: String,
    /// Legal name first.
    pub names: Vec<String>,
    /// At Companies House.
    pub company_number: Option<String>,
    /// Web address.
    pub website: Option<String>,
    /// One person signs alone.
    pub single_signatory: bool,
    /// When it was first registered.
    pub registered_at: Instant,
    /// When `supplier.json` last changed.
    pub updated_at: Instant,
}

/// One version of a supplier's ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingRow {
    /// Whose ring.
    pub supplier: SupplierId,
    /// 1, 2, 3 …
    pub version: u32,
    /// The commit that brought it.
    pub sequence: u64,
    /// When.
    pub published_at: Instant,
    /// The digest of the file.
    pub digest: Digest,
    /// The blob of the file.
    pub object: String,
    /// The blob of the Department's signature.
    pub signature_object: Option<String>,
}

/// One published version: everything that can never change about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Certification, number, sequence, instant and digest.
    pub publication: Publication,
    /// The commit, 40 hex digits.
    pub commit: String,
    /// The blob of the document.
    pub object: String,
    /// The blob of the first signature.
    pub signature_object: Option<String>,
    /// The blob of the official's signature.
    pub countersignature_object: Option<String>,
    /// Initial, update, re-affirmation or transcription.
    pub kind: ChangeKind,
    /// Which wording was answered.
    pub edition: EditionId,
    /// The digest of that wording's file.
    pub edition_digest: Digest,
    /// The service's name in this version.
    pub service_name: String,
    /// The legal entity's name in this version.
    pub supplier_name: String,
    /// What changed, in one line (the comparison's headline; for the first version its own sentence).
    pub headline: String,
    /// `attention`, `worth_reading`, `information`.
    pub importance: String,
    /// The answers that changed against the version before.
    pub changed: Vec<AnswerId>,
    /// From when the supplier says it applies.
    pub effective_on: Option<Day>,
    /// When the supplier says the service changed.
    pub service_changed_on: Option<Day>,
    /// The earliest day since which a corrected answer was wrong.
    pub wrong_since: Option<Day>,
    /// The supplier says that the service itself is unchanged.
    pub wording_only: bool,
    /// When the signatory completed it.
    pub completed_on: Option<Day>,
    /// Fingerprint (`SHA256:…`) of the key of the first signature.
    pub signature_key: Option<String>,
    /// Fingerprint of the key of the official's signature.
    pub countersignature_key: Option<String>,
}

impl VersionRow {
    /// What promptness needs to know.
    pub fn promptness_facts(&self) -> PromptnessFacts {
        PromptnessFacts {
            kind: self.kind,
            published_at: self.publication.published_at,
            service_changed_on: self.service_changed_on,
            wrong_since: self.wrong_since,
            wording_only: self.wording_only,
        }
    }

    /// What a comparison needs of a version whose document it does not read.
    pub fn outline(&self) -> Outline<'_> {
        let change = Change {
            effective_on: self.effective_on,
            service_changed_on: self.service_changed_on,
            wording_only: self.wording_only,
            ..Change::of_kind(self.kind)
        };
        Outline {
            publication: &self.publication,
            edition: (&self.edition, self.edition_digest),
            change,
            corrects: self.wrong_since.is_some(),
            headline: &self.headline,
            changed: &self.changed,
        }
    }
}

/// A certification as it stands: its current version and the counts of its colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationRow {
    /// The current version.
    pub current: VersionRow,
    /// When the first version was published.
    pub first_published_at: Instant,
    /// When it was last affirmed: the newest version that the supplier signed.
    pub affirmed_at: Option<Instant>,
    /// How many answers have each colour, in the order of [`Code::ALL`].
    pub counts: [u32; 4],
}

/// One answer of the current version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// Which answer.
    pub answer: AnswerId,
    /// Its colour; none for support areas.
    pub code: Option<Code>,
    /// The version since which it stands unchanged.
    pub since_version: u32,
    /// When that version was published.
    pub since_at: Instant,
}

/// One change of one answer in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerChangeRow {
    /// The version that changed it (1 for the first statement).
    pub version: u32,
    /// When that version was published.
    pub published_at: Instant,
    /// The colour from then on.
    pub code: Option<Code>,
    /// The comparison's sentence; `First stated.` for the first.
    pub sentence: String,
    /// `attention`, `worth_reading`, `information`.
    pub importance: String,
    /// Fingerprint of the key that signed the version.
    pub signature_key: Option<String>,
}

/// One event: one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The commit's place on `main`.
    pub sequence: u64,
    /// The committer time.
    pub time: Instant,
    /// For example `version.published`; an open set.
    pub kind: String,
    /// Whom it concerns.
    pub supplier: Option<SupplierId>,
    /// Which certification it concerns.
    pub certification: Option<CertificationId>,
    /// Which version it published.
    pub version: Option<u32>,
    /// The digest of the main file.
    pub digest: Option<Digest>,
    /// `attention`, `worth_reading`, `information`.
    pub importance: String,
    /// What happened, in one line.
    pub headline: String,
    /// The answers that changed.
    pub questions: Vec<AnswerId>,
}

/// How a list of certifications is narrowed, ordered and paged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificationFilter {
    /// Words in the names of supplier or service (case-insensitive, every word must occur).
    pub names: Option<String>,
    /// One supplier only.
    pub supplier: Option<SupplierId>,
    /// Answering this edition.
    pub edition: Option<EditionId>,
    /// Answering this question with this colour.
    pub answer: Option<(AnswerId, Code)>,
    /// Published something after this instant.
    pub changed_since: Option<Instant>,
    /// Whether transcriptions (`Some(true)`), own statements (`Some(false)`) or both.
    pub transcriptions: Option<bool>,
    /// With this beside them on this day.
    pub beside: Option<(Beside, Day)>,
    /// The order.
    pub sort: CertificationSort,
}

/// The order of a list of certifications.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CertificationSort {
    /// By id.
    #[default]
    Id,
    /// Newest publication first.
    RecentlyChanged,
}

/// Where a page of certifications begins: after this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationCursor {
    /// The last id of the page before.
    pub id: CertificationId,
    /// Its current sequence (for [`CertificationSort::RecentlyChanged`]).
    pub sequence: u64,
}

/// A point in the registry's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// After the commit at this place on `main`.
    Sequence(u64),
    /// At this instant.
    Instant(Instant),
}

/// How much there is of everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Registered suppliers.
    pub suppliers: u64,
    /// Certifications.
    pub certifications: u64,
    /// Versions of all certifications.
    pub versions: u64,
    /// Certifications whose current version is a transcription.
    pub transcriptions: u64,
}
