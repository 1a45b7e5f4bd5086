//! What a publisher sends and gets back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Links, address,
    comparison::ComparisonView,
    links,
    version::{SignerView, signers},
};
use crate::{
    api::extract::Object,
    domain::{CertificationId, RegistrySettings},
    format::v1::envelope::PersonRecord,
    registry::{
        enrol::{Accepted, SignedFile, SignedKeyRequest},
        prove::Receipt,
        publish::{DryRun, Published, VersionSubmission},
    },
};

/// A signed version as JSON. The document goes as a JSON string: exactly the text that was signed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionSubmissionJson {
    /// The document's exact text.
    #[schema(max_length = 262144)]
    pub document: String,
    /// By the signatory (a transcription's by the Department): armoured SSHSIG.
    #[serde(default)]
    pub signature: Option<String>,
    /// By the senior official: armoured SSHSIG.
    #[serde(default)]
    pub countersignature: Option<String>,
    /// Person records that the document is the first to name.
    #[serde(default)]
    #[schema(value_type = Vec<PersonRecordJson>, required = false)]
    pub people: Vec<Object<PersonRecordJson>>,
}

/// A person record; its canonical form is what the document's digest names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonRecordJson {
    /// The person's own address.
    #[serde(default)]
    pub email: Option<String>,
    /// Full name.
    pub name: String,
    /// 64 lowercase hex digits, chosen at random.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub salt: String,
    /// The person's own number.
    #[serde(default)]
    pub telephone: Option<String>,
}

/// A signed version as a form with files, for example by curl.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct VersionSubmissionForm {
    /// The document, byte for byte as it was signed.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    document: Vec<u8>,
    /// By the signatory (a transcription's by the Department): armoured SSHSIG.
    #[schema(value_type = Option<String>, nullable = false, format = Binary, content_media_type = "application/octet-stream")]
    signature: Option<Vec<u8>>,
    /// By the senior official: armoured SSHSIG.
    #[schema(value_type = Option<String>, nullable = false, format = Binary, content_media_type = "application/octet-stream")]
    countersignature: Option<Vec<u8>>,
    /// Person records that the document is the first to name, a file each.
    #[schema(inline, value_type = Vec<FormFile>, required = false)]
    people: Vec<FormFile>,
}

/// A file of a form.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
#[allow(dead_code, reason = "only described")]
pub struct FormFile(Vec<u8>);

/// A file that the Department signed, as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedFileJson {
    /// The file's exact text.
    #[schema(max_length = 262144)]
    pub document: String,
    /// By the Department: armoured SSHSIG.
    #[serde(default)]
    pub signature: Option<String>,
}

/// The same as a form with files.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct SignedFileForm {
    /// The file, byte for byte as it was signed.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    document: Vec<u8>,
    /// By the Department: armoured SSHSIG.
    #[schema(value_type = Option<String>, nullable = false, format = Binary, content_media_type = "application/octet-stream")]
    signature: Option<Vec<u8>>,
}

/// A supplier's ring with the requests of its new keys, as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RingSubmissionJson {
    /// The ring's exact text: an `allowed_signers` file.
    #[schema(max_length = 262144)]
    pub document: String,
    /// By the Department: armoured SSHSIG.
    #[serde(default)]
    pub signature: Option<String>,
    /// One for each new key.
    #[serde(default)]
    #[schema(value_type = Vec<KeyRequestJson>, required = false)]
    pub requests: Vec<Object<KeyRequestJson>>,
}

/// A key request with its signatures.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequestJson {
    /// The request's exact text.
    pub document: String,
    /// By the requested key itself: armoured SSHSIG.
    pub signature: String,
    /// With a rotation: by the key that is replaced.
    #[serde(default)]
    pub old_signature: Option<String>,
}

/// The same as a form with files. Each part `requests` is a key request as JSON: `document`, `signature`,
/// `old_signature`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct RingSubmissionForm {
    /// The ring, byte for byte as it was signed.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    document: Vec<u8>,
    /// By the Department: armoured SSHSIG.
    #[schema(value_type = Option<String>, nullable = false, format = Binary, content_media_type = "application/octet-stream")]
    signature: Option<Vec<u8>>,
    /// One file for each new key.
    #[schema(inline, value_type = Vec<FormFile>, required = false)]
    requests: Vec<FormFile>,
}

/// The parts of any submission, exact bytes, however they came.
#[derive(Debug, Default)]
pub struct Parts {
    /// The document.
    pub document: Vec<u8>,
    /// The first signature.
    pub signature: Option<String>,
    /// The official's signature.
    pub countersignature: Option<String>,
    /// Person records.
    pub people: Vec<Vec<u8>>,
    /// Key requests.
    pub requests: Vec<SignedKeyRequest>,
    /// Signatures by root keys.
    pub signatures: Vec<String>,
    /// Covered files by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl From<VersionSubmissionJson> for Parts {
    fn from(json: VersionSubmissionJson) -> Self {
        let record = |Object(record): Object<PersonRecordJson>| {
            let PersonRecordJson { email, name, salt, telephone } = record;
            PersonRecord { email, name, salt, telephone }.bytes()
        };
        Parts {
            document: json.document.into_bytes(),
            signature: json.signature,
            countersignature: json.countersignature,
            people: json.people.into_iter().map(record).collect(),
            ..Parts::default()
        }
    }
}

impl From<SignedFileJson> for Parts {
    fn from(json: SignedFileJson) -> Self {
        Parts { document: json.document.into_bytes(), signature: json.signature, ..Parts::default() }
    }
}

impl From<RingSubmissionJson> for Parts {
    fn from(json: RingSubmissionJson) -> Self {
        Parts {
            document: json.document.into_bytes(),
            signature: json.signature,
            requests: json.requests.into_iter().map(|request| request.0.into()).collect(),
            ..Parts::default()
        }
    }
}

impl From<KeyRequestJson> for SignedKeyRequest {
    fn from(json: KeyRequestJson) -> Self {
        SignedKeyRequest {
            document: json.document.into_bytes(),
            signature: json.signature,
            old_signature: json.old_signature,
        }
    }
}

impl Parts {
    /// As a version's submission.
    pub fn version(self) -> VersionSubmission {
        VersionSubmission {
            document: self.document,
            signature: self.signature,
            countersignature: self.countersignature,
            people: self.people,
        }
    }

    /// As a file of the Department's, with key requests.
    pub fn file(self) -> (SignedFile, Vec<SignedKeyRequest>) {
        (SignedFile { document: self.document, signature: self.signature }, self.requests)
    }
}

/// What a publisher gets back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublishResult {
    /// `published`, `already_published` (the same bytes were here before), or `dry_run`. The set is open.
    #[schema(example = "published")]
    pub outcome: String,
    /// `supplier/service`.
    pub certification: String,
    /// Which version it is, or would be.
    pub version: u32,
    /// The document's name.
    pub digest: String,
    /// Its place in the log, or the one that it would have now.
    pub sequence: u64,
    /// When it was published, or would be.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// The commit; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub commit: Option<String>,
    /// Days from the change of the service to its publication; negative when announced ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub notice_days: Option<i64>,
    /// What schools see as changed, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub headline: Option<String>,
    /// Whose keys signed it; empty in a dry run.
    pub signers: Vec<SignerView>,
    /// Proof of publication; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub receipt: Option<SubmissionReceipt>,
    /// What a dry run found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rehearsal: Option<Rehearsal>,
    /// Where more is.
    pub links: Links,
}

/// Proof of publication: the same for ever.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubmissionReceipt {
    /// The leaf's exact text.
    pub leaf: String,
    /// Its place in the log.
    pub index: u64,
    /// The leaf's path in the tree of size index + 1 and that tree's checkpoint (c2sp.org/tlog-proof).
    pub proof: String,
}

impl SubmissionReceipt {
    /// From the registry's receipt.
    pub fn of(receipt: &Receipt) -> Self {
        SubmissionReceipt { leaf: receipt.leaf.clone(), index: receipt.index, proof: receipt.proof.print() }
    }
}

/// What a dry run found. Nothing stands against publishing but missing signatures.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Rehearsal {
    /// What schools would see; absent for the first version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub comparison: Option<ComparisonView>,
    /// Remarks on the text that stand in no one's way.
    pub hints: Vec<HintView>,
    /// Places that still say a figure which changed elsewhere.
    pub stale_figures: Vec<String>,
    /// Signatures that are still missing: `signature`, `countersignature`.
    pub missing_signatures: Vec<String>,
}

/// Something in the text that its author may want to look at again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HintView {
    /// Where it is, for example `q5.7`.
    pub about: String,
    /// A slug that programs can rely on. The set is open.
    pub code: String,
    /// What was noticed.
    pub sentence: String,
}

impl PublishResult {
    /// What became of a submission.
    pub fn of(published: &Published, settings: &RegistrySettings) -> Self {
        let row = &published.version;
        let publication = &row.publication;
        let notice = |day| publication.published_at.day_in_london().days_since(day);
        PublishResult {
            outcome: if published.already { "already_published" } else { "published" }.to_owned(),
            certification: publication.certification.to_string(),
            version: publication.version,
            digest: publication.digest.to_string(),
            sequence: publication.sequence,
            published_at: publication.published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            commit: Some(row.commit.clone()),
            notice_days: row.service_changed_on.map(notice),
            headline: Some(row.headline.clone()),
            signers: signers(row),
            receipt: Some(SubmissionReceipt::of(&published.receipt)),
            rehearsal: None,
            links: version_links(&publication.certification, publication.version),
        }
    }

    /// What a dry run found.
    pub fn rehearsed(dry: &DryRun, settings: &RegistrySettings) -> Self {
        let publication = &dry.publication;
        let certification = publication.certification.to_string();
        let comparison = dry.comparison.as_ref();
        let hints = dry.hints.iter().map(|hint| HintView {
            about: hint.about.key(),
            code: hint.code.to_owned(),
            sentence: hint.sentence.clone(),
        });
        PublishResult {
            outcome: "dry_run".to_owned(),
            certification: certification.clone(),
            version: publication.version,
            digest: publication.digest.to_string(),
            sequence: publication.sequence,
            published_at: publication.published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            commit: None,
            notice_days: None,
            headline: comparison.map(|comparison| comparison.headline.clone()),
            signers: Vec::new(),
            receipt: None,
            rehearsal: Some(Rehearsal {
                comparison: comparison.map(|c| ComparisonView::of(certification, c, settings)),
                hints: hints.collect(),
                stale_figures: dry.stale_figures.iter().map(|stale| stale.sentence.clone()).collect(),
                missing_signatures: dry.missing_signatures.iter().map(|&name| name.to_owned()).collect(),
            }),
            links: links([("certification", address(&publication.certification))]),
        }
    }
}

fn version_links(id: &CertificationId, version: u32) -> Links {
    let base = address(id);
    let this = format!("{base}/versions/{version}");
    let mut links = links([
        ("version", this.clone()),
        ("document", format!("{this}/document")),
        ("receipt", format!("{this}/receipt")),
        ("verification", format!("{this}/verification")),
        ("statement", format!("{this}/statement.html")),
        ("certification", base.clone()),
    ]);
    if version > 1 {
        links.insert("diff", format!("{base}/diff?from={}&to={version}", version - 1));
    }
    links
}

/// What became of a submission of the Department's.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubmissionResult {
    /// `accepted`, or `already_in_force` (the same bytes were here before). The set is open.
    #[schema(example = "accepted")]
    pub outcome: String,
    /// The digest of the file.
    pub digest: String,
    /// Its place in the log.
    pub sequence: u64,
    /// The commit.
    pub commit: String,
    /// When it was published.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// Proof of publication.
    pub receipt: SubmissionReceipt,
}

impl SubmissionResult {
    /// From what the registry accepted and the receipt of its commit.
    pub fn of(accepted: &Accepted, receipt: &Receipt, digest: String, settings: &RegistrySettings) -> Self {
        let committed = &accepted.committed;
        SubmissionResult {
            outcome: if accepted.already { "already_in_force" } else { "accepted" }.to_owned(),
            digest,
            sequence: committed.sequence,
            commit: committed.commit.clone(),
            published_at: committed.published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            receipt: SubmissionReceipt::of(receipt),
        }
    }
}
