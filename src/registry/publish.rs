//! Publishing a version: examine what arrived, decide against the state, append.
//!
//! Reading order: `examine` (what arrived), `state` and `plan` (the decision), `prepare` (what is done before there is
//! a place in the queue), `group` (what is done for all that share a group).
//!
//! The order of the checks is the published one; a dry run goes through all of them and
//! gathers every fault instead of stopping at the first.

use super::{
    ErrorKind, Registry, RegistryError, Result,
    figures::{Stage, Watch},
    prove::Receipt,
    submit::{Foreseen, Planned},
};
use crate::{
    compare::{Comparison, Hint, StaleFigure},
    domain::{CertificationId, Fault, Faults, Publication},
    format::profile,
    index::VersionRow,
};

mod examine;
mod group;
pub(super) mod plan;
mod prepare;
mod state;

use examine::Examined;
pub(super) use group::Landed;
use plan::Plan;
pub(super) use prepare::Candidate;
use prepare::Prepared;

/// What arrived: exact bytes.
#[derive(Debug, Clone, Default)]
pub struct VersionSubmission {
    /// The document.
    pub document: Vec<u8>,
    /// The signatory's signature (or the Department's, for a transcription): armoured SSHSIG.
    pub signature: Option<String>,
    /// The official's signature: armoured SSHSIG.
    pub countersignature: Option<String>,
    /// Person records, canonical bytes.
    pub people: Vec<Vec<u8>>,
}

/// What a publisher gets back.
#[derive(Debug, Clone)]
pub struct Published {
    /// Whether exactly these bytes had been published before; then nothing was written now.
    pub already: bool,
    /// The version as the registry holds it.
    pub version: VersionRow,
    /// Proof of publication: the same for ever.
    pub receipt: Receipt,
}

/// What a dry run found: nothing stands against publishing, and this is what schools would see.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// The version as it would be published, now.
    pub publication: Publication,
    /// What would be shown as changed; none for the first version.
    pub comparison: Option<Comparison>,
    /// Remarks on the text that stand in no one's way.
    pub hints: Vec<Hint>,
    /// Places that still say a figure which changed elsewhere.
    pub stale_figures: Vec<StaleFigure>,
    /// Signatures that are still missing: `signature`, `countersignature`.
    pub missing_signatures: Vec<&'static str>,
}

impl Registry {
    /// Publishes one version of `id`; the same bytes again give the same answer. Waits in the queue with all others
    /// that write, and shares a durable sync with those that wait beside it.
    ///
    /// # Errors
    /// The first unmet condition, in the published order; all faults of the document together. Unavailable when too
    /// many wait already.
    pub fn publish(&self, id: &CertificationId, submission: VersionSubmission) -> Result<Published> {
        let mut results = self.publish_group(vec![(id.clone(), submission)]);
        results.pop().expect("one submission gives one result")
    }

    /// Publishes several versions that share one durable sync; each stands or falls alone.
    pub fn publish_group(&self, group: Vec<(CertificationId, VersionSubmission)>) -> Vec<Result<Published>> {
        // What needs no turn comes first, in parallel: reading, digests, signatures.
        let mut results: Vec<Option<Result<Landed>>> = Vec::with_capacity(group.len());
        let (mut candidates, mut places) = (Vec::new(), Vec::new());
        for (place, prepared) in self.prepare_all(group).into_iter().enumerate() {
            results.push(match prepared {
                Ok(Prepared::Already(row)) => Some(Ok(Landed::Already(row))),
                Ok(Prepared::Candidate(candidate)) => {
                    candidates.push(*candidate);
                    places.push(place);
                    None
                }
                Err(error) => Some(Err(error)),
            });
        }
        if !candidates.is_empty() {
            match self.queue.share(candidates, |jobs| self.lead(jobs)) {
                Ok(answers) => {
                    places.into_iter().zip(answers).for_each(|(place, answer)| results[place] = answer);
                }
                Err(reason) => {
                    let refusal = self.no_place(reason);
                    places.into_iter().for_each(|place| results[place] = Some(Err(refusal.clone())));
                }
            }
        }
        let unanswered = || RegistryError::internal("the group of this submission failed in the middle");
        let answer = |landed: Option<Result<Landed>>| self.published(landed.ok_or_else(unanswered)??);
        results.into_iter().map(answer).collect()
    }

    fn published(&self, landed: Landed) -> Result<Published> {
        let watch = Watch::start();
        let (version, already) = match landed {
            Landed::Already(row) => (*row, true),
            Landed::Now(id, version) => (self.version(&id, version)?, false),
        };
        let receipt = self.receipt(version.publication.sequence)?;
        self.counters.spent(Stage::Answer, watch.spent());
        Ok(Published { already, version, receipt })
    }

    /// Goes through every check without writing, and says what schools would see.
    ///
    /// Missing signatures are no fault here.
    ///
    /// # Errors
    /// All faults of all checks at once.
    pub fn dry_run(&self, id: &CertificationId, submission: VersionSubmission) -> Result<DryRun> {
        let missing = [
            ("signature", submission.signature.is_none()),
            ("countersignature", submission.countersignature.is_none()),
        ];
        let examined = Examined::examine(id, submission)?;
        let at = self.clock.now().max(self.index.head()?.map_or(self.clock.now(), |head| head.time));
        let state = self.state_of(id, &examined)?;
        plan::rehearse(&examined, &state, at)?;
        let draft = examined.draft()?;
        let publication = Publication {
            certification: id.clone(),
            version: draft.version,
            sequence: self.index.head()?.map_or(0, |head| head.sequence + 1),
            published_at: at,
            digest: examined.digest,
        };
        let edition = &state.edition(draft)?.0;
        let comparison = self.comparison_with_current(&state, draft, edition, &publication);
        let single = state.single_signatory() || draft.is_transcription();
        let missing =
            missing.into_iter().filter(|(name, missing)| *missing && !(single && *name == "countersignature"));
        Ok(DryRun {
            stale_figures: comparison.as_ref().map(|c| crate::compare::stale_figures(c, draft)).unwrap_or_default(),
            comparison,
            hints: state.name_hint(draft).into_iter().chain(crate::compare::hints(draft, edition)).collect(),
            missing_signatures: missing.map(|(name, _)| name).collect(),
            publication,
        })
    }
}

impl Plan {
    /// The files, message and records of the commit.
    fn planned(&self) -> Planned {
        Planned {
            files: self.files.clone(),
            message: format!("Publish {} version {}", self.certification, self.version),
            people: self.people.values().map(|enclosed| enclosed.bytes.clone()).collect(),
            digest: Some(self.digest),
            foreseen: self.foreseen.clone(),
            documents: self.before.iter().cloned().chain([(self.digest, self.draft.clone())]).collect(),
        }
    }
}

/// Gathers faults of several errors into one, which keeps the first one's kind, code and words.
fn merge(mut errors: Vec<RegistryError>) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    let mut first = errors.remove(0);
    if first.faults.is_empty() && !errors.is_empty() {
        first.faults.push(Fault::new("", first.code, first.detail.clone()));
    }
    for error in errors {
        let own = Fault::new("", error.code, error.detail);
        first.faults.extend(if error.faults.is_empty() { vec![own] } else { error.faults });
        first.current = first.current.or(error.current);
    }
    Err(first)
}

/// The largest document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = profile::MAX_BYTES;

/// The refusal of a file over the limit.
pub(super) fn too_large() -> RegistryError {
    let detail =
        format!("A document has at most {MAX_DOCUMENT_BYTES} bytes. Move long evidence to a web page and link it.");
    RegistryError::new(ErrorKind::TooLarge, "document-too-large", detail)
}

fn fault_list(pointer: &str, code: &'static str, detail: impl Into<String>) -> RegistryError {
    RegistryError::faulty(code, Faults(vec![Fault::new(pointer, code, detail)]))
}
