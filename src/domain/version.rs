//! One signed state of a certification, with what the registry knows of its publication.

use super::{Certification, CertificationId, ChangeKind, Day, Digest, Instant};

/// When and where a version was published: the registry's provable facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Which certification.
    pub certification: CertificationId,
    /// 1, 2, 3 …
    pub version: u32,
    /// The place of its commit on `main`; the genesis is 0.
    pub sequence: u64,
    /// The commit's time.
    pub published_at: Instant,
    /// The document's name.
    pub digest: Digest,
}

/// A version with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The registry's facts.
    pub publication: Publication,
    /// The supplier's words.
    pub content: Certification,
}

/// What promptness needs to know of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptnessFacts {
    /// Initial, update, re-affirmation or transcription.
    pub kind: ChangeKind,
    /// The registry's instant.
    pub published_at: Instant,
    /// The supplier's claim of when the service changed.
    pub service_changed_on: Option<Day>,
    /// For corrections: since when the earliest corrected answer was wrong.
    pub wrong_since: Option<Day>,
    /// The service itself is unchanged: no lag is counted.
    pub wording_only: bool,
}
