//! Questions about the versions of the authority file.

use rusqlite::params;

use super::{
    AuthorityRow, Index, IndexError,
    query::{self, Columns},
};
use crate::domain::Digest;

macro_rules! authority_sql {
    ($tail:literal) => {
        concat!("SELECT sequence, commit_id, time, digest FROM event WHERE kind = 'authority.changed' AND ", $tail)
    };
}

fn authority(row: &mut Columns<'_, '_>) -> Result<AuthorityRow, IndexError> {
    Ok(AuthorityRow {
        sequence: row.sequence()?,
        commit: row.object()?,
        published_at: row.instant()?,
        digest: row.digest()?,
    })
}

/// Every read may fail with [`IndexError::Damaged`] or [`IndexError::Sqlite`], and with nothing else.
impl Index {
    /// The version of the authority file that counted after the commit at `sequence`.
    pub fn authority_at(&self, sequence: u64) -> Result<Option<AuthorityRow>, IndexError> {
        let sql = authority_sql!("sequence <= ? ORDER BY sequence DESC LIMIT 1");
        self.one(sql, [query::sequence(sequence)], authority)
    }

    /// The version of the authority file with this digest.
    pub fn authority_by_digest(&self, digest: Digest) -> Result<Option<AuthorityRow>, IndexError> {
        self.one(authority_sql!("digest = ? ORDER BY sequence LIMIT 1"), params![digest.as_bytes()], authority)
    }
}
