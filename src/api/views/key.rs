//! A supplier's keys.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Links, links};
use crate::{
    domain::{Instant, RegistrySettings},
    index::RingRow,
    signing::{KeyRing, RingKey},
};

/// All keys that a supplier has or ever had.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyList {
    /// Whose keys.
    pub supplier: String,
    /// The version of the ring that is in force.
    pub ring_version: u32,
    /// The digest of the ring's file.
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
    /// In the order of enrolment.
    pub items: Vec<KeyView>,
    /// Where more is.
    pub links: Links,
}

/// One key.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyView {
    /// `signatory` or `official`. The set is open.
    #[schema(example = "signatory")]
    pub role: String,
    /// What `ssh-keygen -l` shows.
    pub fingerprint: String,
    /// As OpenSSH writes it, without comment.
    #[schema(example = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…")]
    pub public_key: String,
    /// The first second in which it may sign.
    #[schema(format = DateTime)]
    pub valid_after: String,
    /// The last second in which it may sign, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub valid_before: Option<String>,
    /// Whether it may sign now.
    pub valid_now: bool,
}

impl KeyList {
    /// From the ring that is in force.
    pub fn of(row: &RingRow, ring: &KeyRing, settings: &RegistrySettings, now: Instant) -> Self {
        let key = |key: &RingKey| KeyView {
            role: key.role().as_str().to_owned(),
            fingerprint: key.key().fingerprint(),
            public_key: key.key().line(),
            valid_after: key.window().valid_after().to_string(),
            valid_before: key.window().valid_before().map(|at| at.to_string()),
            valid_now: key.is_valid_at(now),
        };
        let base = format!("/v1/suppliers/{}", row.supplier);
        KeyList {
            supplier: row.supplier.to_string(),
            ring_version: row.version,
            digest: row.digest.to_string(),
            sequence: row.sequence,
            published_at: row.published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            items: ring.keys().iter().map(key).collect(),
            links: links([
                ("allowed_signers", format!("{base}/allowed_signers")),
                ("signature", format!("{base}/allowed_signers.sig")),
                ("supplier", base),
            ]),
        }
    }
}
