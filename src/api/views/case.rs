//! Cases and the statements in them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Links, address, links,
    publish::{Parts, SubmissionReceipt},
    standing::StandingView,
    version::SignerView,
};
use crate::{
    domain::{Day, RegistrySettings, standing::Party},
    index::{CaseFolder, StatementRow},
    registry::cases::{CaseAccepted, CaseFound, CaseSubmission},
};

/// A signed case statement as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseSubmissionJson {
    /// The statement's exact text (`certreg/case@1`).
    #[schema(max_length = 262144)]
    pub document: String,
    /// By the Department or the supplier's signatory, in namespace `case@…`: armoured SSHSIG.
    #[serde(default)]
    pub signature: Option<String>,
    /// By the supplier's senior official, in namespace `countersignature@…`, where both are needed: armoured SSHSIG.
    #[serde(default)]
    pub countersignature: Option<String>,
}

/// The same as a form with files.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct CaseSubmissionForm {
    /// The statement, byte for byte as it was signed.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    document: Vec<u8>,
    /// By the Department or the supplier's signatory: armoured SSHSIG.
    #[schema(value_type = Option<String>, nullable = false, format = Binary, content_media_type = "application/octet-stream")]
    signature: Option<Vec<u8>>,
    /// By the supplier's senior official, where both are needed: armoured SSHSIG.
    #[schema(value_type = Option<String>, nullable = false, format = Binary, content_media_type = "application/octet-stream")]
    countersignature: Option<Vec<u8>>,
}

impl From<CaseSubmissionJson> for Parts {
    fn from(json: CaseSubmissionJson) -> Self {
        Parts {
            document: json.document.into_bytes(),
            signature: json.signature,
            countersignature: json.countersignature,
            ..Parts::default()
        }
    }
}

impl Parts {
    /// As a case statement's submission.
    pub fn case(self) -> CaseSubmission {
        CaseSubmission { document: self.document, signature: self.signature, countersignature: self.countersignature }
    }
}

/// What became of a case statement.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseResult {
    /// `stated`, or `already_stated` (the same bytes were here before). The set is open.
    #[schema(example = "stated")]
    pub outcome: String,
    /// The statement as the registry holds it.
    pub statement: StatementView,
    /// After an erasure: suppliers whose documents name a record too. State the erasure about each of them: only then
    /// its file goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable = false)]
    pub erase_for: Vec<String>,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// The commit.
    pub commit: String,
    /// Proof of publication.
    pub receipt: SubmissionReceipt,
    /// Where more is.
    pub links: Links,
}

impl CaseResult {
    /// From what the registry let in.
    pub fn of(accepted: &CaseAccepted, settings: &RegistrySettings) -> Self {
        let (row, receipt) = (&accepted.statement, &accepted.receipt);
        CaseResult {
            outcome: if accepted.already { "already_stated" } else { "stated" }.to_owned(),
            statement: StatementView::of(row, accepted.sound_now),
            erase_for: accepted.erase_for.iter().map(ToString::to_string).collect(),
            simulated_dates: settings.simulated_dates.then_some(true),
            commit: receipt.commit.clone(),
            receipt: SubmissionReceipt::of(receipt),
            links: folder_links(&CaseFolder::of(&row.stated.statement)),
        }
    }
}

/// One case statement.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatementView {
    /// Its type, for example `challenge`. The set is open.
    #[serde(rename = "type")]
    #[schema(example = "challenge")]
    pub kind: String,
    /// Its number in the folder of the service, or of the supplier.
    #[schema(minimum = 1)]
    pub seq: u32,
    /// The name of its exact bytes.
    pub digest: String,
    /// Its place in the log.
    pub sequence: u64,
    /// When the registry let it in (provable).
    #[schema(format = DateTime)]
    pub stated_at: String,
    /// Who stated it: `department` or `supplier`. The set is open.
    #[schema(example = "department")]
    pub by: String,
    /// What it says, a paragraph an item.
    pub text: Vec<String>,
    /// Everything that was signed, member by member (`certreg/case@1`).
    #[schema(value_type = Object)]
    pub content: Value,
    /// Whose keys signed it.
    pub signers: Vec<SignerView>,
    /// Whether those keys still count for that time, as known now. False where one has since been reported as unsafe:
    /// the statement stays on the record, and is not to be relied upon.
    pub sound_now: bool,
    /// The first signature: armoured SSHSIG.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signature: Option<String>,
    /// The official's signature: armoured SSHSIG.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub countersignature: Option<String>,
    /// Where more is.
    pub links: Links,
}

impl StatementView {
    /// From what the index knows.
    pub fn of(row: &StatementRow, sound_now: bool) -> Self {
        let stated = &row.stated;
        let first = match stated.by {
            Party::Department => "department",
            Party::Supplier => "signatory",
        };
        let keys = [(first, &row.signature_key), ("official", &row.countersignature_key)];
        let signer = |(role, key): (&str, &Option<String>)| {
            key.as_ref().map(|key| SignerView { role: role.to_owned(), fingerprint: key.clone() })
        };
        StatementView {
            kind: stated.statement.matter.name().to_owned(),
            seq: stated.statement.seq,
            digest: stated.digest.to_string(),
            sequence: stated.sequence,
            stated_at: stated.stated_at.to_string(),
            by: stated.by.as_str().to_owned(),
            text: stated.statement.text.clone(),
            // The index keeps only what reads as a statement.
            content: serde_json::from_str(&row.document).unwrap_or_default(),
            signers: keys.into_iter().filter_map(signer).collect(),
            sound_now,
            signature: row.signature.clone(),
            countersignature: row.countersignature.clone(),
            links: links([
                ("document", format!("/v1/documents/{}", stated.digest.hex())),
                ("change", format!("/v1/changes/{}", stated.sequence)),
            ]),
        }
    }
}

/// One case: what opened it, and everything that followed from it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseView {
    /// The digest of the statement that opened it: what replies name.
    pub id: String,
    /// Whom it concerns.
    pub supplier: String,
    /// Which certification it concerns: `supplier/service`; absent where it is about the whole supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub certification: Option<String>,
    /// The type of the statement that opened it, for example `challenge`. The set is open.
    #[serde(rename = "type")]
    #[schema(example = "challenge")]
    pub kind: String,
    /// `open`, `answered` (by the supplier; not closed by the Department), `overdue` or `closed`. The set is open.
    #[schema(example = "open")]
    pub state: String,
    /// Who opened it: `department` or `supplier`. The set is open.
    #[schema(example = "department")]
    pub by: String,
    /// The answers that it is about; empty where it is about the whole.
    pub questions: Vec<String>,
    /// The version that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub version: Option<u32>,
    /// When it was opened.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// By when the supplier is asked to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub due_on: Option<String>,
    /// When the supplier answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub answered_at: Option<String>,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub closed_at: Option<String>,
    /// How it ended, for example `clarified`, `verified`, `withdrawn`, `answered_by_version`, `not_upheld`, `reinstated`. The
    /// set is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "clarified")]
    pub outcome: Option<String>,
    /// Whole days from its opening to its end, or until now.
    pub days: i64,
    /// Every statement in it, oldest first.
    pub statements: Vec<StatementView>,
    /// Where more is.
    pub links: Links,
}

impl CaseView {
    /// From what the registry found, on `today`.
    pub fn of(found: &CaseFound, today: Day) -> Self {
        let case = &found.case;
        let certification = found.folder.certification();
        CaseView {
            id: case.opening.digest.to_string(),
            supplier: found.folder.supplier.to_string(),
            certification: certification.as_ref().map(ToString::to_string),
            kind: case.kind().to_owned(),
            state: case.state(today).as_str().to_owned(),
            by: case.opening.by.as_str().to_owned(),
            questions: case.questions().iter().map(ToString::to_string).collect(),
            version: case.subject().map(|subject| subject.version),
            opened_at: case.opening.stated_at.to_string(),
            due_on: case.due_on().map(|day| day.to_string()),
            answered_at: case.answered_at.map(|at| at.to_string()),
            closed_at: case.closed.as_ref().map(|closed| closed.at.to_string()),
            outcome: case.closed.as_ref().map(|closed| closed.outcome.as_str().to_owned()),
            days: case.days(today),
            statements: found
                .statements
                .iter()
                .map(|row| StatementView::of(row, !found.unsound.contains(&row.stated.sequence)))
                .collect(),
            links: folder_links(&found.folder),
        }
    }
}

fn folder_links(folder: &CaseFolder) -> Links {
    let mut found = links([("supplier", format!("/v1/suppliers/{}", folder.supplier))]);
    if let Some(id) = folder.certification() {
        found.insert("cases", format!("{}/cases", address(&id)));
        found.insert("certification", address(&id));
    }
    found
}

/// A page of cases.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CasePage {
    /// Oldest first.
    pub items: Vec<CaseView>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// Every case about one certification, with what they add up to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CertificationCases {
    /// `supplier/service`.
    pub certification: String,
    /// With `as_of`: what was asked, word for word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2025-09-04")]
    pub asked: Option<String>,
    /// What the cases add up to; with `as_of`, as known then.
    pub standing: StandingView,
    /// With `as_of`: what the cases add up to as known now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub standing_now: Option<StandingView>,
    /// The number and digest of the newest statement, which the next one names as `previous`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub newest: Option<NewestStatement>,
    /// Oldest first; with `as_of`, as they stood then.
    pub items: Vec<CaseView>,
}

/// The newest statement of a folder.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NewestStatement {
    /// Its number.
    pub seq: u32,
    /// Its digest.
    pub digest: String,
}
