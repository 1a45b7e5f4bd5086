//! Publishing a version: examine what arrived, decide against the state, append.
//!
//! The order of the checks is the published one; a dry run goes through all of them and
//! gathers every fault instead of stopping at the first.

use super::{
    ErrorKind, Registry, RegistryError, Result,
    prove::Receipt,
    submit::{Planned, Writer},
};
use crate::{
    compare::{Comparison, Hint, StaleFigure},
    domain::{CertificationId, Digest, Fault, Faults, Instant, Publication},
    format::{
        paths::{self, Suffix},
        profile,
    },
    index::VersionRow,
};

mod examine;
pub(super) mod plan;
mod state;

use examine::Examined;
use plan::Plan;

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

/// Plans of one instant that will share one durable sync, each with its place among the submissions.
#[derive(Default)]
struct Waiting {
    at: Option<Instant>,
    plans: Vec<(usize, Plan)>,
}

impl Waiting {
    /// Whether the decision needs to read what waits: the version before it, or the predecessor that it names.
    fn decides_about(&self, id: &CertificationId, examined: &Result<Examined>) -> bool {
        let draft = examined.as_ref().ok().and_then(|examined| examined.draft().ok());
        let predecessor = draft.and_then(|draft| draft.change.predecessor.as_ref()).map(|named| &named.certification);
        self.plans.iter().any(|(_, plan)| plan.certification == *id || Some(&plan.certification) == predecessor)
    }
}

impl Registry {
    /// Publishes one version of `id`; the same bytes again give the same answer.
    ///
    /// # Errors
    /// The first unmet condition, in the published order; all faults of the document together.
    pub fn publish(&self, id: &CertificationId, submission: VersionSubmission) -> Result<Published> {
        let mut results = self.publish_group(vec![(id.clone(), submission)]);
        results.pop().expect("one submission gives one result")
    }

    /// Publishes several versions that share one durable sync; each stands or falls alone.
    pub fn publish_group(&self, group: Vec<(CertificationId, VersionSubmission)>) -> Vec<Result<Published>> {
        // Parsing and digests first, outside the writer's lock.
        let examined: Vec<_> = group
            .into_iter()
            .map(|(id, submission)| {
                let examined = Examined::examine(&id, submission);
                (id, examined)
            })
            .collect();
        let mut writer = match self.writer() {
            Ok(writer) => writer,
            Err(error) => return examined.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut results: Vec<Option<Result<Published>>> = examined.iter().map(|_| None).collect();
        let mut waiting = Waiting::default();
        for (place, (id, examined)) in examined.into_iter().enumerate() {
            if waiting.decides_about(&id, &examined) {
                self.append_waiting(&mut writer, &mut waiting, &mut results);
            }
            match examined.and_then(|examined| self.plan_version(&writer, &mut waiting, &id, &examined)) {
                Ok(plan::Decision::Already(row)) => results[place] = Some(self.published(*row, true)),
                Ok(plan::Decision::Publish(plan)) => waiting.plans.push((place, *plan)),
                Err(error) => results[place] = Some(Err(error)),
            }
        }
        self.append_waiting(&mut writer, &mut waiting, &mut results);
        results.into_iter().map(|result| result.expect("every submission was planned or refused")).collect()
    }

    fn plan_version(
        &self,
        writer: &Writer,
        waiting: &mut Waiting,
        id: &CertificationId,
        examined: &Examined,
    ) -> Result<plan::Decision> {
        if let Some(row) = self.already_published(id, examined.digest)? {
            return Ok(plan::Decision::Already(Box::new(row)));
        }
        // The whole group is of one instant, at which the windows of its keys are checked.
        let at = match waiting.at {
            Some(at) => at,
            None => *waiting.at.insert(self.next_instant(writer)?),
        };
        let mut state = self.state_of(id, examined)?;
        waiting.plans.iter().for_each(|(_, plan)| state.will_follow(plan));
        plan::publish(examined, &state, at).map(|plan| plan::Decision::Publish(Box::new(plan)))
    }

    fn append_waiting(&self, writer: &mut Writer, waiting: &mut Waiting, results: &mut [Option<Result<Published>>]) {
        let Waiting { at: Some(at), plans } = std::mem::take(waiting) else { return };
        if plans.is_empty() {
            return;
        }
        let outcome = self.append(writer, at, plans.iter().map(|(_, plan)| plan.planned()).collect());
        for (place, plan) in plans {
            results[place] = Some(match &outcome {
                Ok(_) => self.version(&plan.certification, plan.version).and_then(|row| self.published(row, false)),
                Err(error) => Err(error.clone()),
            });
        }
    }

    fn already_published(&self, id: &CertificationId, digest: Digest) -> Result<Option<VersionRow>> {
        let rows = self.index.versions_by_digest(digest)?;
        Ok(rows.into_iter().find(|row| row.publication.certification == *id))
    }

    fn published(&self, version: VersionRow, already: bool) -> Result<Published> {
        let receipt = self.receipt(version.publication.sequence)?;
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
        let path = paths::document(&self.certification);
        let mut files = vec![(path.clone(), self.document.clone())];
        for (suffix, signature) in [(Suffix::Sig, &self.signature), (Suffix::Countersig, &self.countersignature)] {
            if let Some(signature) = signature {
                files.push((path.with_suffix(suffix), signature.clone().into_bytes()));
            }
        }
        Planned {
            files,
            message: format!("Publish {} version {}", self.certification, self.version),
            people: self.people.values().map(|enclosed| enclosed.bytes.clone()).collect(),
            digest: Some(self.digest),
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
