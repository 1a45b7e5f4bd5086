//! Versions: a summary for lists, and the whole frozen content.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Links, address,
    answer::{AnswerView, answers},
    links,
};
use crate::{
    domain::{ChangeKind, Contact, Draft, RegistrySettings, Signer, version::Publication},
    index::VersionRow,
    registry::read::VersionContent,
};

/// One version, without its answers. Nothing in it can change, except `status`, which only lists show.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionSummary {
    /// `supplier/service`.
    #[schema(example = "example-learning/example-cloud")]
    pub certification: String,
    /// 1, 2, 3 …
    #[schema(minimum = 1)]
    pub version: u32,
    /// In lists: `current` or `superseded`. The set is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<String>,
    /// `initial`, `update`, `reaffirmation` or `transcription`. The set is open.
    #[schema(example = "update")]
    pub kind: String,
    /// The document's name: SHA-256 of its exact bytes.
    #[schema(pattern = "^sha256:[0-9a-f]{64}$")]
    pub digest: String,
    /// Its place in the log.
    pub sequence: u64,
    /// The commit that published it.
    #[schema(pattern = "^[0-9a-f]{40}$")]
    pub commit: String,
    /// When the registry published it (provable).
    #[schema(format = DateTime)]
    pub published_at: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// From when it applies, as the supplier says (a claim).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub effective_on: Option<String>,
    /// When the service changed, as the supplier says (a claim).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub service_changed_on: Option<String>,
    /// Days from the change of the service to its publication; negative when announced ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub notice_days: Option<i64>,
    /// With a correction: the earliest day since which an answer was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub wrong_since: Option<String>,
    /// The supplier claims that the service itself is unchanged.
    pub wording_only: bool,
    /// When the signatory completed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub completed_on: Option<String>,
    /// Which wording was answered.
    pub edition: EditionRefView,
    /// As the supplier calls the service.
    pub service_name: String,
    /// The legal entity.
    pub supplier_name: String,
    /// What changed, in one line.
    pub headline: String,
    /// `attention`, `worth_reading` or `information`. The set is open.
    #[schema(example = "attention")]
    pub importance: String,
    /// The answers that changed against the version before.
    pub changed: Vec<String>,
    /// Whose keys signed it.
    pub signers: Vec<SignerView>,
    /// Where more is.
    pub links: Links,
}

/// An edition by id and digest.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EditionRefView {
    /// For example `dfe-2018-gdpr`.
    pub id: String,
    /// The digest of the edition's file, which the supplier signed.
    #[schema(pattern = "^sha256:[0-9a-f]{64}$")]
    pub digest: String,
}

/// Who signed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignerView {
    /// `signatory`, `official`, or `department` for a transcription. The set is open.
    #[schema(example = "signatory")]
    pub role: String,
    /// What `ssh-keygen -l` shows for the key.
    #[schema(example = "SHA256:uNiVztksCsDhcc0u9e8BrwYMm6l7tQ0bq9mVZk9z0kQ")]
    pub fingerprint: String,
}

impl VersionSummary {
    /// From what the index knows.
    pub fn of(row: &VersionRow, settings: &RegistrySettings) -> Self {
        let Publication { certification, version, sequence, published_at, digest } = &row.publication;
        let changed_on = row.service_changed_on;
        let base = format!("{}/versions/{version}", address(certification));
        VersionSummary {
            certification: certification.to_string(),
            version: *version,
            status: None,
            kind: row.kind.as_str().to_owned(),
            digest: digest.to_string(),
            sequence: *sequence,
            commit: row.commit.clone(),
            published_at: published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            effective_on: row.effective_on.map(|day| day.to_string()),
            service_changed_on: changed_on.map(|day| day.to_string()),
            notice_days: changed_on.map(|day| published_at.day_in_london().days_since(day)),
            wrong_since: row.wrong_since.map(|day| day.to_string()),
            wording_only: row.wording_only,
            completed_on: row.completed_on.map(|day| day.to_string()),
            edition: EditionRefView { id: row.edition.to_string(), digest: row.edition_digest.to_string() },
            service_name: row.service_name.clone(),
            supplier_name: row.supplier_name.clone(),
            headline: row.headline.clone(),
            importance: row.importance.to_string(),
            changed: row.changed.iter().map(ToString::to_string).collect(),
            signers: signers(row),
            links: links([
                ("self", base.clone()),
                ("document", format!("{base}/document")),
                ("signatures", format!("{base}/signatures")),
                ("receipt", format!("{base}/receipt")),
                ("verification", format!("{base}/verification")),
                ("statement", format!("{base}/statement.html")),
                ("certification", address(certification)),
            ]),
        }
    }

    /// The same with its standing among the others.
    pub fn in_list(self, current: u32) -> Self {
        let status = if self.version == current { "current" } else { "superseded" };
        VersionSummary { status: Some(status.to_owned()), ..self }
    }
}

/// Whose keys signed, in order.
pub fn signers(row: &VersionRow) -> Vec<SignerView> {
    let first = if row.kind == ChangeKind::Transcription { "department" } else { "signatory" };
    let keys = [(first, &row.signature_key), ("official", &row.countersignature_key)];
    let signer = |(role, key): (&str, &Option<String>)| {
        key.as_ref().map(|key| SignerView { role: role.to_owned(), fingerprint: key.clone() })
    };
    keys.into_iter().filter_map(signer).collect()
}

/// A page of versions, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionPage {
    /// Newest first.
    pub items: Vec<VersionSummary>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// One version with everything that it says. Frozen: it will always read the same.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionView {
    /// What is known of the version.
    pub version: VersionSummary,
    /// What the supplier says.
    pub content: ContentView,
}

impl VersionView {
    /// From a version with its content.
    pub fn of(version: &VersionContent, settings: &RegistrySettings) -> Self {
        VersionView {
            version: VersionSummary::of(&version.row, settings),
            content: ContentView::of(&version.content, &answers(version)),
        }
    }
}

/// What a document says, beside numbers and dates.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContentView {
    /// The digest of the version before; absent for version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub previous: Option<String>,
    /// The supplier's own summary of what is new, a paragraph an item.
    pub summary: Vec<String>,
    /// Answers that were wrong, and since when.
    pub corrections: Vec<CorrectionView>,
    /// The certification that this one carries on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub predecessor: Option<PredecessorView>,
    /// The promises that are made, for example `update_promptly`.
    pub commitments: Vec<String>,
    /// Whom a school asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<ContactView>,
    /// Where fuller details are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service_url: Option<String>,
    /// The competent person who completed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signatory: Option<PersonRefView>,
    /// The senior official who verified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub official: Option<PersonRefView>,
    /// Transcriptions: where the text was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub source: Option<SourceView>,
    /// The answers to questions, then the statements on support, in the form's order.
    pub responses: Vec<AnswerView>,
}

/// An answer that was wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CorrectionView {
    /// Which answer.
    pub question: String,
    /// The first day on which it was wrong.
    #[schema(format = Date)]
    pub wrong_since: String,
}

/// The certification that this one carries on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PredecessorView {
    /// `supplier/service`.
    pub certification: String,
    /// Its last version.
    pub version: u32,
    /// That version's digest.
    pub digest: String,
}

/// Whom a school asks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactView {
    /// Lines of the postal address.
    pub address: Vec<String>,
    /// A role mailbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub email: Option<String>,
    /// The digest of a person record; `/v1/people/{digest}` has it, unless it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub person: Option<String>,
    /// As dialled from the UK or with `+44`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub telephone: Option<String>,
}

/// A signer by digest and title.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonRefView {
    /// The digest of the person record; `/v1/people/{digest}` has it, unless it was erased.
    pub person: String,
    /// For example `Director of Technology`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub title: Option<String>,
}

/// Where a transcription's text was published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SourceView {
    /// SHA-256 of the file that was transcribed.
    pub sha256: String,
    /// What the file is.
    pub title: String,
}

impl ContentView {
    fn of(draft: &Draft, responses: &[AnswerView]) -> Self {
        let change = &draft.change;
        let correction = |correction: &crate::domain::Correction| CorrectionView {
            question: correction.question.to_string(),
            wrong_since: correction.wrong_since.to_string(),
        };
        let predecessor = |predecessor: &crate::domain::Predecessor| PredecessorView {
            certification: predecessor.certification.to_string(),
            version: predecessor.version,
            digest: predecessor.digest.to_string(),
        };
        let source = |source: &crate::domain::Source| SourceView {
            sha256: source.sha256.to_string(),
            title: source.title.clone(),
        };
        ContentView {
            previous: draft.previous.map(|digest| digest.to_string()),
            summary: change.summary.clone(),
            corrections: change.corrections.iter().map(correction).collect(),
            predecessor: change.predecessor.as_ref().map(predecessor),
            commitments: draft.commitments.iter().map(|commitment| commitment.as_str().to_owned()).collect(),
            contact: draft.contact.as_ref().map(contact),
            service_url: draft.service_url.clone(),
            signatory: draft.signatory.as_ref().map(person),
            official: draft.official.as_ref().map(person),
            source: draft.source.as_ref().map(source),
            responses: responses.to_vec(),
        }
    }
}

fn contact(contact: &Contact) -> ContactView {
    ContactView {
        address: contact.address.clone(),
        email: contact.email.clone(),
        person: contact.person.map(|digest| digest.to_string()),
        telephone: contact.telephone.clone(),
    }
}

fn person(signer: &Signer) -> PersonRefView {
    PersonRefView { person: signer.person.to_string(), title: signer.title.clone() }
}
