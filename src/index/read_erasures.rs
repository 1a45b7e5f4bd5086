//! Questions about persons who are to be forgotten.

use super::{Index, IndexError, query, schema};
use crate::domain::{Digest, SupplierId};

/// Every read may fail with [`IndexError::Damaged`] or [`IndexError::Sqlite`], and with nothing else.
impl Index {
    /// Whether an erasure on the record names this person record.
    pub fn is_erased(&self, person: Digest) -> Result<bool, IndexError> {
        let sql = "SELECT 1 FROM erasure WHERE digest = ? LIMIT 1";
        Ok(self.one(sql, [person.as_bytes()], |_| Ok(()))?.is_some())
    }

    /// The suppliers whose documents name this record and about whom no erasure of it was stated, by id.
    pub fn suppliers_without_erasure(&self, person: Digest) -> Result<Vec<SupplierId>, IndexError> {
        let sql = "SELECT supplier FROM person p WHERE digest = ? AND NOT EXISTS
            (SELECT 1 FROM erasure e WHERE e.digest = p.digest AND e.supplier = p.supplier) ORDER BY supplier";
        self.many(sql, [person.as_bytes()], |row| row.parsed())
    }

    /// Every person record that an erasure names, in any order.
    pub fn erased(&self) -> Result<Vec<Digest>, IndexError> {
        self.many("SELECT DISTINCT digest FROM erasure", [], |row| row.digest())
    }

    /// Leaves nothing of what was overwritten or deleted beside the file: the write-ahead log is put into it and cut
    /// to nothing, unless somebody is reading just now.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn truncate_log(&self) -> Result<(), IndexError> {
        schema::truncate_log(&self.writer().connection)
    }
}

/// Notes that a statement asks to forget these persons.
pub(super) fn note(
    rows: &rusqlite::Connection,
    supplier: &SupplierId,
    persons: impl Iterator<Item = Digest>,
) -> Result<(), IndexError> {
    for person in persons {
        let row = rusqlite::params![person.as_bytes(), supplier.as_str()];
        query::run(rows, "INSERT OR IGNORE INTO erasure VALUES (?, ?)", row)?;
    }
    Ok(())
}
