//! What an official is asked to vouch for, seen against what the same official vouched for last.

use std::sync::Arc;

use super::{Registry, Result, read::VersionContent};
use crate::{
    compare::{self, Comparison, Side},
    domain::{Draft, Edition, Person},
    index::VersionRow,
};

/// Who is about to vouch, as far as that is known: by a key, or by the person whom the document names.
#[derive(Debug, Clone, Default)]
pub struct Voucher {
    /// The fingerprint of the official's key.
    pub fingerprint: Option<String>,
    /// The record of the person whom the document names as its official.
    pub person: Option<Person>,
}

/// A version that somebody vouched for, and what has changed from it to the document at hand.
#[derive(Debug, Clone)]
pub struct Vouched {
    /// The version.
    pub version: VersionContent,
    /// From there to the document, as schools will see it, with the corrections declared on the way.
    pub comparison: Comparison,
}

impl Registry {
    /// The last published version of the draft's certification that `voucher` countersigned, compared with the draft.
    ///
    /// The same key, the same record or, where a new record was made for the same person, the same name will do. None
    /// when this official has not vouched for the service here before.
    ///
    /// # Errors
    /// Only when the registry itself fails.
    pub fn last_vouched(&self, draft: &Draft, edition: &Edition, voucher: &Voucher) -> Result<Option<Vouched>> {
        let newest_first = self.index().versions(&draft.certification_id(), None, usize::MAX)?;
        let mut later: Vec<VersionContent> = Vec::new();
        for row in newest_first {
            let content = self.with_content(row)?;
            let is_theirs = self.is_by(&content.row, &content.content, draft, voucher)?;
            later.push(content);
            if is_theirs {
                return Ok(against(later, draft, edition));
            }
        }
        Ok(None)
    }

    /// The current version, whoever vouched for it, compared with the draft; none before the first.
    ///
    /// # Errors
    /// Only when the registry itself fails.
    pub fn against_current(&self, draft: &Draft, edition: &Edition) -> Result<Option<Vouched>> {
        let current = self.index().certification(&draft.certification_id())?;
        let current = current.map(|row| self.with_content(row.current)).transpose()?;
        Ok(current.and_then(|current| against(vec![current], draft, edition)))
    }

    fn is_by(&self, row: &VersionRow, content: &Arc<Draft>, draft: &Draft, voucher: &Voucher) -> Result<bool> {
        if row.countersignature_key.is_none() {
            return Ok(false);
        }
        if voucher.fingerprint.is_some() && row.countersignature_key == voucher.fingerprint {
            return Ok(true);
        }
        let (Some(then), Some(now)) = (&content.official, &draft.official) else { return Ok(false) };
        if then.person == now.person {
            return Ok(true);
        }
        let Some(wanted) = &voucher.person else { return Ok(false) };
        let known = self.shown_person(then.person)?;
        Ok(known.is_some_and(|record| record.person.name.to_lowercase() == wanted.name.to_lowercase()))
    }
}

/// The oldest of `newest_first` against the draft.
fn against(newest_first: Vec<VersionContent>, draft: &Draft, edition: &Edition) -> Option<Vouched> {
    let steps = newest_first.iter().rev().map(VersionContent::side);
    let sides: Vec<Side<'_>> = steps.chain([Side { content: draft, edition, publication: None }]).collect();
    let comparison = compare::between(&sides)?;
    let version = newest_first.into_iter().next_back()?;
    Some(Vouched { version, comparison })
}
