//! Questions about the versions of the authority file.

use rusqlite::params;

use super::{
    At, AuthorityRow, Index, IndexError,
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
    /// The version of the authority file that counted at an instant or after a commit.
    pub fn authority_at(&self, at: At) -> Result<Option<AuthorityRow>, IndexError> {
        let (sql, bound) = match at {
            At::Sequence(sequence) => {
                (authority_sql!("sequence <= ? ORDER BY sequence DESC LIMIT 1"), query::sequence(sequence))
            }
            At::Instant(instant) => {
                (authority_sql!("time <= ? ORDER BY sequence DESC LIMIT 1"), instant.unix_seconds())
            }
        };
        self.one(sql, [bound], authority)
    }

    /// The version of the authority file with this digest.
    pub fn authority_by_digest(&self, digest: Digest) -> Result<Option<AuthorityRow>, IndexError> {
        self.one(authority_sql!("digest = ? ORDER BY sequence LIMIT 1"), params![digest.as_bytes()], authority)
    }
}
