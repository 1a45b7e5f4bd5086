//! The standing of a certification: what its statements add up to, and what signatures add to that.

use super::{Registry, Result};
use crate::{
    compare::StandingFact,
    domain::{
        CertificationId, ChangeKind, Day, Instant, Standing,
        standing::{self, Case, History, VersionFact, VersionState},
    },
    index::{At, CertificationRow, VersionRow},
};

/// The standing of a certification, with what signatures add to it.
#[derive(Debug, Clone)]
pub struct CertificationStanding {
    /// What the case statements add up to.
    pub standing: Standing,
    /// The version in force, where a key that signed it does not count for that time any more.
    pub unsound: Option<u32>,
}

impl Registry {
    /// The registry's present: never before its newest commit.
    pub fn present(&self) -> Result<Instant> {
        let now = self.clock.now();
        Ok(self.index.head()?.map_or(now, |head| now.max(head.time)))
    }

    /// The standing of a certification at `at`, which may lie in the past, or now.
    ///
    /// # Errors
    /// Not found when nothing was published under this id.
    pub fn standing(&self, id: &CertificationId, at: Option<Instant>) -> Result<CertificationStanding> {
        let at = at.map_or_else(|| self.present(), Ok)?;
        let standing = self.case_standing(id, at)?;
        let unsound = match standing.version {
            Some(version) if !self.is_sound(&self.version(id, version.version)?, at)? => Some(version.version),
            _ => None,
        };
        Ok(CertificationStanding { standing, unsound })
    }

    /// Whether the keys that signed a version count for the time of its publication, as known at `at`. That the
    /// signatures fit was checked when it was let in, and is checked again by [`Registry::verification`].
    fn is_sound(&self, row: &VersionRow, at: Instant) -> Result<bool> {
        let published_at = row.publication.published_at;
        if row.kind == ChangeKind::Transcription {
            let authority = match at >= self.present()? {
                true => self.authority(),
                false => self.authority_at(At::Instant(at))?.1,
            };
            return Ok(row.signature_key.as_ref().is_some_and(|key| authority.counts(key, published_at)));
        }
        let Some(ring) = self.index.ring_at(&row.publication.certification.supplier, At::Instant(at))? else {
            return Ok(false);
        };
        let ring = self.kept_ring(ring)?;
        let holds = |fingerprint: &String| ring.counts(fingerprint, published_at);
        Ok(row.signature_key.as_ref().is_some_and(holds) && row.countersignature_key.iter().all(holds))
    }

    /// The certifications that carry `id` on, one after the other, with the instant at which each took over.
    ///
    /// A service that was sold or renamed several times is followed to the end; a circle ends where it began.
    pub fn carried_on(&self, id: &CertificationId) -> Result<Vec<(CertificationId, Instant)>> {
        let now = self.present()?;
        let mut found: Vec<(CertificationId, Instant)> = Vec::new();
        let mut newest = id.clone();
        while let Some(transfer) = self.index.case_history(&newest)?.standing(now).successor() {
            if transfer.other == *id || found.iter().any(|(known, _)| *known == transfer.other) {
                break;
            }
            newest = transfer.other.clone();
            found.push((newest.clone(), transfer.since));
        }
        Ok(found)
    }

    /// As [`Registry::standing`], without a look at the signatures: what lists can afford.
    pub fn case_standing(&self, id: &CertificationId, at: Instant) -> Result<Standing> {
        let history = self.index.case_history(id)?;
        if !history.statements.is_empty() {
            return Ok(history.standing(at));
        }
        let versions = self.version_facts(id)?;
        Ok(standing::standing(History { versions: &versions, ..History::default() }, at))
    }

    /// As [`Registry::case_standing`] now, for a page of a list: one question to the index for most rows.
    ///
    /// # Errors
    /// Internal when the index cannot be read.
    pub fn standings(&self, rows: &[CertificationRow]) -> Result<Vec<Standing>> {
        let at = self.present()?;
        let standing = |row: &CertificationRow| {
            let current = &row.current.publication;
            let history = self.index.case_history(&current.certification)?;
            if !history.statements.is_empty() {
                return Ok(history.standing(at));
            }
            let version = VersionFact {
                version: current.version,
                sequence: current.sequence,
                published_at: current.published_at,
                kind: row.current.kind,
            };
            Ok(standing::standing(History { versions: &[version], ..History::default() }, at))
        };
        rows.iter().map(standing).collect()
    }

    /// What has become of one version by now.
    pub fn version_state(&self, id: &CertificationId, version: u32) -> Result<VersionState> {
        Ok(standing::version_state(&self.version_facts(id)?, version, self.present()?))
    }

    fn version_facts(&self, id: &CertificationId) -> Result<Vec<VersionFact>> {
        let facts = self.index.version_facts(id)?;
        if facts.is_empty() {
            self.certification(id)?;
        }
        Ok(facts)
    }
}

impl CertificationStanding {
    /// What a comparison must say beside the documents, by the published rules.
    pub fn facts(&self) -> Vec<StandingFact> {
        let withdrawn = self.standing.withdrawal().map(|case| StandingFact::Withdrawn(stated_on(case)));
        let overdue = self.standing.overdue().filter(|case| case.kind() == "verification_required");
        let overdue = overdue.filter_map(|case| case.due_on().map(StandingFact::VerificationOverdue));
        let told = self.standing.conditions();
        let beside = told.into_iter().filter_map(|condition| {
            let reason = match condition.code {
                "ended" | "ending" => "service_ended",
                "notice" => {
                    let case = self.standing.case(condition.statement?)?;
                    let sentence = format!("The supplier gave notice on {}.", stated_on(case).in_words());
                    return Some(StandingFact::Beside("notice_given", sentence));
                }
                "not_verified" => "not_verified",
                "verification_required" => "verification_required",
                "challenged" | "challenge_overdue" => "challenged",
                "objection" => {
                    return Some(StandingFact::Beside(
                        "objected",
                        "The supplier objects to this transcription.".into(),
                    ));
                }
                // Told as facts of their own, by whoever follows a transfer, or nothing to act upon.
                _ => return None,
            };
            Some(StandingFact::Beside(reason, condition.sentence))
        });
        let unsound = self.unsound.map(StandingFact::UnsoundSignature);
        withdrawn.into_iter().chain(overdue).chain(unsound).chain(beside).collect()
    }
}

fn stated_on(case: &Case) -> Day {
    case.opening.stated_at.day_in_london()
}
