//! What stands beside a certification, as a registry to read from tells it.
//!
//! The statements are read and added up here, by the same function as in the registry: an address is believed for
//! what it holds, not for what follows from it.

use serde_json::Value;

use super::{
    error::{CliError, CliResult},
    source::{Listed, Source},
};
use crate::{
    domain::{
        CaseStatement, CertificationId, ChangeKind, Digest, Instant, RegistryId,
        case::Matter,
        standing::{Counterpart, Party, Stated, VersionFact},
    },
    format::{profile, v1},
    index::{CaseFolder, CaseHistory},
    registry::cases::CertificationStanding,
};

/// The statements about a certification, and what was published of it.
#[derive(Debug, Clone)]
pub(crate) struct Cases {
    /// Everything that the standing depends on.
    pub history: CaseHistory,
}

impl Cases {
    /// The newest statement: its number and digest.
    pub(crate) fn newest(&self) -> Option<(u32, Digest)> {
        self.history.statements.last().map(|stated| (stated.statement.seq, stated.digest))
    }
}

impl Source {
    /// The cases about a certification; none where nothing is published under this id.
    ///
    /// # Errors
    /// Unreachable when they cannot be read.
    pub(crate) fn cases(&self, id: &CertificationId) -> CliResult<Cases> {
        let remote = match self {
            Source::Local(clone) => return Ok(Cases { history: clone.case_history(id)? }),
            Source::Remote(remote) => remote,
        };
        let answer = remote.ask(&format!("/v1/certifications/{id}/cases"))?;
        if answer.status == 404 {
            return Ok(Cases { history: CaseHistory::default() });
        }
        let history = self.understood(id, &answer.json()?)?;
        Ok(Cases { history })
    }

    fn understood(&self, id: &CertificationId, answer: &Value) -> CliResult<CaseHistory> {
        let unclear = || CliError::unreachable(format!("the cases about {id} cannot be understood"));
        let items = answer.get("items").and_then(Value::as_array).ok_or_else(unclear)?;
        let statements = items.iter().filter_map(|case| case.get("statements")?.as_array()).flatten();
        let mut statements = statements.map(|json| stated(json).ok_or_else(unclear)).collect::<CliResult<Vec<_>>>()?;
        statements.sort_by_key(|stated| stated.sequence);
        let successor = answer.get("standing").and_then(|standing| standing.get("carried_on_as")?.as_str());
        let completed = items.iter().filter_map(|case| counterpart(case, successor));
        let versions = self.versions(id)?;
        let fact = |listed: &Listed| {
            Some(VersionFact {
                version: listed.publication.version,
                sequence: listed.publication.sequence,
                published_at: listed.publication.published_at,
                kind: ChangeKind::parse(&listed.kind)?,
            })
        };
        let versions = versions.iter().map(|listed| fact(listed).ok_or_else(unclear)).collect::<CliResult<_>>()?;
        Ok(CaseHistory { versions, counterparts: completed.collect(), statements })
    }

    /// The standing of a certification at `at`, with what its signatures add to it.
    ///
    /// # Errors
    /// As [`Source::cases`].
    pub(crate) fn standing(
        &self,
        id: &CertificationId,
        versions: &[Listed],
        registry: &RegistryId,
        at: Instant,
    ) -> CliResult<CertificationStanding> {
        let standing = self.cases(id)?.history.standing(at);
        let in_force = versions.iter().rfind(|listed| listed.publication.published_at <= at);
        let unsound = match in_force {
            Some(listed) if !self.is_sound(id, listed, registry)? => Some(listed.publication.version),
            _ => None,
        };
        Ok(CertificationStanding { standing, unsound })
    }

    /// Whether the keys that signed a version count for the time of its publication, as known now.
    fn is_sound(&self, id: &CertificationId, listed: &Listed, registry: &RegistryId) -> CliResult<bool> {
        if listed.kind == ChangeKind::Transcription.as_str() {
            return Ok(true);
        }
        let Some(ring) = self.ring(&id.supplier, registry)? else { return Ok(false) };
        let at = listed.publication.published_at;
        let signers = listed.json.get("signers").and_then(Value::as_array).cloned().unwrap_or_default();
        let holds = |signer: &Value| {
            let fingerprint = signer.get("fingerprint").and_then(Value::as_str);
            fingerprint.is_some_and(|fingerprint| ring.counts(fingerprint, at))
        };
        Ok(!signers.is_empty() && signers.iter().all(holds))
    }

    /// The newest erasure of a supplier's: its number and digest.
    ///
    /// # Errors
    /// Unreachable when it cannot be read.
    pub(crate) fn newest_of_supplier(&self, folder: &CaseFolder) -> CliResult<Option<(u32, Digest)>> {
        if let Source::Local(clone) = self {
            return clone.lists()?.newest_statement(folder).map_err(super::local::index_failure);
        }
        let listed = self.case_views("type=erasure")?;
        let own = listed.iter().filter(|case| {
            case.get("supplier").and_then(Value::as_str) == Some(folder.supplier.as_str())
                && case.get("certification").is_none()
        });
        let statements = own.filter_map(|case| case.get("statements")?.as_array()).flatten();
        Ok(statements
            .filter_map(stated)
            .map(|stated| (stated.statement.seq, stated.digest))
            .max_by_key(|(seq, _)| *seq))
    }
}

/// A statement as the API writes it, proven by its digest.
fn stated(json: &Value) -> Option<Stated> {
    let text = |name: &str| json.get(name)?.as_str();
    let node = profile::parse_lenient(json.get("content")?.to_string().as_bytes()).ok()?;
    let document = profile::print(&node);
    let statement: CaseStatement = v1::stored(&document, v1::case::read).ok()?.value;
    let digest: Digest = text("digest")?.parse().ok()?;
    (Digest::of(&document) == digest).then_some(Stated {
        sequence: json.get("sequence")?.as_u64()?,
        stated_at: text("stated_at")?.parse().ok()?,
        digest,
        by: Party::parse(text("by")?)?,
        statement,
    })
}

/// The other side of a transfer that both sides have stated.
fn counterpart(case: &Value, successor: Option<&str>) -> Option<Counterpart> {
    if case.get("outcome")?.as_str()? != "completed" {
        return None;
    }
    let opening = stated(case.get("statements")?.get(0)?)?;
    let Matter::Transfer { other } = opening.statement.matter else { return None };
    let is_successor = successor == Some(other.to_string().as_str());
    Some(Counterpart { stated_at: case.get("closed_at")?.as_str()?.parse().ok()?, is_successor, other })
}
