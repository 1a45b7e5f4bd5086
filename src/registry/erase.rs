//! Forgetting a person: the record goes, every document, signature and proof stays.
//!
//! What asks for it is on the record for ever: the Department's erasure statements, one for each supplier whose
//! documents name the record's digest. From the first of them on nobody is shown the record, and no new document may
//! name it; with the last of them the file is deleted. The same is done for all erasures at every start, so that a
//! folder put back from a backup brings nobody back.

use std::collections::BTreeSet;

use super::{People, Registry, Result};
use crate::{domain::Digest, index::Index};

impl Registry {
    /// Deletes those records among `persons` whose erasure every supplier's folder asks for that needs to; gives them.
    ///
    /// Doing it twice does no harm.
    ///
    /// # Errors
    /// Internal when a file cannot be deleted: it is tried again at the next start.
    pub fn forget(&self, persons: &BTreeSet<Digest>) -> Result<BTreeSet<Digest>> {
        let due = due(&self.index, persons.iter().copied())?;
        self.people.forget(&due)?;
        // No export has a record. But none that was made before is given out any more.
        self.exports.forget();
        // No row ever holds more of a person than the digest. But nothing that was is to be found beside the file.
        self.index.truncate_log()?;
        Ok(due)
    }
}

/// Deletes every record whose erasure is on the record: part of opening a registry.
///
/// # Errors
/// Internal when the folder cannot be read or a file cannot be deleted: a registry that cannot forget does not open.
pub(super) fn replay(index: &Index, people: &People) -> Result<()> {
    people.sweep()?;
    people.forget(&due(index, index.erased()?.into_iter())?)
}

/// Those of `persons` that no supplier's folder is silent about.
fn due(index: &Index, persons: impl Iterator<Item = Digest>) -> Result<BTreeSet<Digest>> {
    let mut due = BTreeSet::new();
    for person in persons {
        if index.is_erased(person)? && index.suppliers_without_erasure(person)?.is_empty() {
            due.insert(person);
        }
    }
    Ok(due)
}
