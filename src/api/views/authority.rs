//! The authority's keys with everything that they cover.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::publish::{FormFile, Parts};
use crate::{
    domain::RegistrySettings,
    registry::authority::{AuthoritySet, AuthoritySubmission},
};

/// The next authority file with its signatures and the files that it covers, as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthoritySubmissionJson {
    /// The exact text of the next `authority/allowed_signers`.
    #[schema(max_length = 262144)]
    pub document: String,
    /// By root keys of the file in force, in namespace `root@…`: armoured SSHSIG.
    #[serde(default)]
    #[schema(required = false)]
    pub signatures: Vec<String>,
    /// Covered files that are new or differ from those in force: path to exact text.
    #[serde(default)]
    #[schema(required = false)]
    pub files: BTreeMap<String, String>,
}

/// The same as a form with files.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct AuthoritySubmissionForm {
    /// The next `authority/allowed_signers`, byte for byte as it was signed.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    document: Vec<u8>,
    /// By root keys of the file in force, a file each: armoured SSHSIG.
    #[schema(inline, value_type = Vec<FormFile>, required = false)]
    signatures: Vec<FormFile>,
    /// Covered files that are new or differ; each has its path in the registry as its file name, for example
    /// `tools/as-of.sh`.
    #[schema(inline, value_type = Vec<FormFile>, required = false)]
    files: Vec<FormFile>,
}

impl From<AuthoritySubmissionJson> for Parts {
    fn from(json: AuthoritySubmissionJson) -> Self {
        Parts {
            document: json.document.into_bytes(),
            signatures: json.signatures,
            files: json.files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect(),
            ..Parts::default()
        }
    }
}

impl Parts {
    /// As a submission of the authority's.
    pub fn authority(self) -> AuthoritySubmission {
        AuthoritySubmission { document: self.document, signatures: self.signatures, files: self.files }
    }
}

/// The authority file in force, whole: what the next one is made from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuthorityView {
    /// 1, 2, 3 …
    #[schema(minimum = 1)]
    pub version: u32,
    /// The digest of the file.
    pub digest: String,
    /// The commit that brought it.
    pub sequence: u64,
    /// When.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// How many different root keys must sign the next file.
    #[schema(minimum = 1)]
    pub threshold: u32,
    /// The exact text of `authority/allowed_signers`.
    pub document: String,
    /// By root keys of the file before it (the first: its own): armoured SSHSIG.
    pub signatures: Vec<String>,
    /// Every file that it covers: path to exact text.
    pub files: BTreeMap<String, String>,
}

impl AuthorityView {
    /// From what the registry holds.
    pub fn of(set: &AuthoritySet, settings: &RegistrySettings) -> Self {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        AuthorityView {
            version: set.file.version(),
            digest: set.row.digest.to_string(),
            sequence: set.row.sequence,
            published_at: set.row.published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            threshold: set.file.settings().threshold,
            document: set.file.print(),
            signatures: set.signatures.clone(),
            files: set.files.iter().map(|(path, bytes)| (path.to_string(), text(bytes))).collect(),
        }
    }
}
