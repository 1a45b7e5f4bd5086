//! Receipts and the check of signatures.

use serde::Serialize;
use utoipa::ToSchema;

use super::standing::StandingView;
use crate::{
    domain::{RegistrySettings, standing::VersionState},
    registry::cases::CertificationStanding,
    registry::prove::{Receipt, Verification},
    signing::SignatureReport,
};

/// Proof of publication: the same for ever.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiptView {
    /// The leaf's exact text.
    pub leaf: String,
    /// Its place in the log: the commit's place on `main`.
    pub index: u64,
    /// The leaf's path in the tree of size index + 1 and that tree's checkpoint (c2sp.org/tlog-proof).
    pub proof: String,
    /// The commit.
    #[schema(pattern = "^[0-9a-f]{40}$")]
    pub commit: String,
    /// When it was published.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
}

impl ReceiptView {
    /// From the registry's receipt.
    pub fn of(receipt: &Receipt, settings: &RegistrySettings) -> Self {
        ReceiptView {
            leaf: receipt.leaf.clone(),
            index: receipt.index,
            proof: receipt.proof.print(),
            commit: receipt.commit.clone(),
            published_at: receipt.published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
        }
    }
}

/// Whether the signatures of a version hold.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerificationView {
    /// `supplier/service`.
    pub certification: String,
    /// Which version.
    pub version: u32,
    /// When it was checked.
    #[schema(format = DateTime)]
    pub checked_at: String,
    /// The outcome in one sentence.
    pub sentence: String,
    /// Whether everything holds as known when it was published.
    pub sound_then: bool,
    /// Whether everything holds as known now.
    pub sound_now: bool,
    /// The ring's version that was in force at publication; absent for a transcription.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ring_then: Option<u32>,
    /// The ring's version that is in force now; absent for a transcription.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ring_now: Option<u32>,
    /// The version that took its place; absent for the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub superseded_by: Option<u32>,
    /// What stood beside the certification when it was published, as known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub standing_then: Option<StandingView>,
    /// What stands beside the certification, as known now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub standing_now: Option<StandingView>,
    /// Each signature as known at publication.
    pub then: Vec<SignatureView>,
    /// Each signature as known now.
    pub now: Vec<SignatureView>,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
}

/// What holds of one signature.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignatureView {
    /// `signatory`, `official` or `department`. The set is open.
    #[schema(example = "signatory")]
    pub role: String,
    /// The key that it names (`ssh-keygen -l`), as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fingerprint: Option<String>,
    /// Whether nothing is wrong with it.
    pub good: bool,
    /// Everything that is wrong with it.
    pub faults: Vec<SignatureFaultView>,
}

/// One thing that is wrong with a signature.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignatureFaultView {
    /// A slug that programs can rely on. The set is open.
    #[schema(example = "key-no-longer-valid")]
    pub code: String,
    /// In words.
    pub detail: String,
}

impl VerificationView {
    /// From the registry's check at `now`.
    pub fn of(
        (certification, version): (String, u32),
        verification: &Verification,
        settings: &RegistrySettings,
        now: crate::domain::Instant,
    ) -> Self {
        let views = |reports: &[SignatureReport]| reports.iter().map(SignatureView::of).collect();
        VerificationView {
            certification,
            version,
            checked_at: now.to_string(),
            sentence: verification.sentence.clone(),
            sound_then: verification.sound_then,
            sound_now: verification.sound_now,
            ring_then: verification.ring_then,
            ring_now: verification.ring_now,
            superseded_by: None,
            standing_then: None,
            standing_now: None,
            then: views(&verification.then),
            now: views(&verification.now),
            simulated_dates: settings.simulated_dates.then_some(true),
        }
    }
}

impl VerificationView {
    /// The same with what stood and stands beside it.
    pub fn beside(self, then: &CertificationStanding, now: &CertificationStanding, state: VersionState) -> Self {
        let superseded_by = match state {
            VersionState::Superseded { by, .. } => Some(by),
            VersionState::Current | VersionState::NotYet => None,
        };
        let (then, now) = (Some(StandingView::then(then)), Some(StandingView::of(now)));
        VerificationView { superseded_by, standing_then: then, standing_now: now, ..self }
    }
}

impl SignatureView {
    fn of(report: &SignatureReport) -> Self {
        let fault = |kind: &crate::signing::SignatureFaultKind| SignatureFaultView {
            code: kind.code().to_owned(),
            detail: kind.to_string(),
        };
        SignatureView {
            role: report.role.as_str().to_owned(),
            fingerprint: report.key.map(|key| key.fingerprint()),
            good: report.is_good(),
            faults: report.faults.iter().map(fault).collect(),
        }
    }
}

/// The signatures of a version, as they were sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignatureList {
    /// In order: the first signature, then the official's.
    pub items: Vec<StoredSignatureView>,
}

/// One signature, as it was sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StoredSignatureView {
    /// `signatory`, `official` or `department`. The set is open.
    #[schema(example = "signatory")]
    pub role: String,
    /// The key that it names (`ssh-keygen -l`).
    pub fingerprint: String,
    /// What it was made for.
    #[schema(example = "certification@certreg.example")]
    pub namespace: String,
    /// Armoured SSHSIG.
    pub signature: String,
}
