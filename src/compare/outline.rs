//! A version as the register noted it when it was published: enough to tell its step without reading its document.

use super::{Comparison, versions};
use crate::domain::{AnswerId, Change, ChangeKind, Digest, EditionId, version::Publication};

/// What one version changed against the one before it, in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The version before.
    pub before: u32,
    /// The version itself.
    pub version: u32,
    /// Initial, update, re-affirmation or transcription.
    pub kind: ChangeKind,
    /// Both dates in words, as in [`VersionFacts`](super::VersionFacts).
    pub dates: String,
    /// The comparison's headline.
    pub headline: String,
}

impl Step {
    pub(super) fn of(comparison: &Comparison) -> Step {
        let new = &comparison.new;
        Step {
            before: comparison.old.version,
            version: new.version,
            kind: new.kind,
            dates: new.dates.clone(),
            headline: comparison.headline.clone(),
        }
    }
}

/// What the register noted of a version.
#[derive(Debug, Clone)]
pub struct Outline<'a> {
    /// When and where it was published.
    pub publication: &'a Publication,
    /// The wording that it answers: id, and digest of the file.
    pub edition: (&'a EditionId, Digest),
    /// The supplier's word about the change, without summary, corrections, and bounds of a transcription.
    pub change: Change,
    /// It says of an answer that it was wrong.
    pub corrects: bool,
    /// The headline of the comparison with the version before; of a first version, whatever stands for it.
    pub headline: &'a str,
    /// Every answer that is not as in the version before, if there is one.
    pub changed: &'a [AnswerId],
}

impl Outline<'_> {
    pub(super) fn is_transcription(&self) -> bool {
        self.change.kind == ChangeKind::Transcription
    }

    /// Whether it is a plain successor of `first`: the same certification and edition, nothing that only its document
    /// can tell.
    pub(super) fn follows(&self, first: &Outline) -> bool {
        !self.corrects
            && !self.is_transcription()
            && self.edition == first.edition
            && self.publication.certification == first.publication.certification
    }

    /// The step from the version before, which is of the same certification.
    pub(super) fn step(&self) -> Step {
        Step {
            before: self.publication.version - 1,
            version: self.publication.version,
            kind: self.change.kind,
            dates: versions::dates(Some(self.publication), &self.change),
            headline: self.headline.to_owned(),
        }
    }
}
