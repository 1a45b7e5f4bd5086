//! Questions about events and commits.

use rusqlite::params;

use super::{
    EventRow, Index, IndexError,
    query::{self, Columns},
};
use crate::{
    domain::{CertificationId, Digest, Instant},
    format::paths::RepositoryPath,
};

macro_rules! event_sql {
    ($tail:literal) => {
        concat!(
            "SELECT e.sequence, e.time, e.kind, e.supplier, c.service, v.version, coalesce(v.digest, e.digest),
               coalesce(v.importance, e.importance), coalesce(v.headline, e.headline), coalesce(v.changed, st.questions, '')
             FROM event e LEFT JOIN certification c ON c.key = e.certification
             LEFT JOIN version v ON v.sequence = e.sequence
             LEFT JOIN statement st ON st.sequence = e.sequence ",
            $tail
        )
    };
}

fn event(row: &mut Columns<'_, '_>) -> Result<EventRow, IndexError> {
    let (sequence, time, kind) = (row.sequence()?, row.instant()?, row.text()?);
    let (supplier, service) = (row.parsed_if_any()?, row.parsed_if_any()?);
    let certification =
        supplier.clone().zip(service).map(|(supplier, service)| CertificationId::new(supplier, service));
    Ok(EventRow {
        sequence,
        time,
        kind,
        supplier,
        certification,
        version: row.raw::<Option<u32>>()?,
        digest: row.digest_if_any()?,
        importance: row.importance()?,
        headline: row.text()?,
        questions: row.answers()?,
    })
}

/// Every read may fail with [`IndexError::Damaged`] or [`IndexError::Sqlite`], and with nothing else.
impl Index {
    /// Events after a sequence (exclusive), oldest first; of one kind, of one certification, or both.
    ///
    /// A kind or certification that does not exist has no events.
    pub fn events(
        &self,
        after: u64,
        limit: usize,
        kind: Option<&str>,
        certification: Option<&CertificationId>,
    ) -> Result<Vec<EventRow>, IndexError> {
        let (after, limit) = (query::sequence(after), query::limit(limit));
        let Some(id) = certification else {
            return match kind {
                None => {
                    let sql = event_sql!("WHERE e.sequence > ? ORDER BY e.sequence LIMIT ?");
                    self.many(sql, params![after, limit], event)
                }
                Some(kind) => {
                    let sql = event_sql!("WHERE e.kind = ? AND e.sequence > ? ORDER BY e.sequence LIMIT ?");
                    self.many(sql, params![kind, after, limit], event)
                }
            };
        };
        // The `+` keeps SQLite from going through every event of the kind.
        let sql = event_sql!(
            "WHERE e.certification = (SELECT key FROM certification WHERE supplier = ? AND service = ?)
               AND e.sequence > ? AND (?4 IS NULL OR +e.kind = ?4) ORDER BY e.sequence LIMIT ?5"
        );
        self.many(sql, params![id.supplier.as_str(), id.service.as_str(), after, kind, limit], event)
    }

    /// One event.
    pub fn event(&self, sequence: u64) -> Result<Option<EventRow>, IndexError> {
        self.one(event_sql!("WHERE e.sequence = ?"), [query::sequence(sequence)], event)
    }

    /// The newest events, newest first.
    pub fn recent_events(&self, limit: usize) -> Result<Vec<EventRow>, IndexError> {
        self.many(event_sql!("ORDER BY e.sequence DESC LIMIT ?"), [query::limit(limit)], event)
    }

    /// The newest sequence; `None` for an index without commits.
    pub fn latest_sequence(&self) -> Result<Option<u64>, IndexError> {
        self.one("SELECT sequence FROM event ORDER BY sequence DESC LIMIT 1", [], |row| row.sequence())
    }

    /// The last commit at or before an instant.
    pub fn commit_at(&self, at: Instant) -> Result<Option<u64>, IndexError> {
        let sql = "SELECT sequence FROM event WHERE time <= ? ORDER BY time DESC, sequence DESC LIMIT 1";
        self.one(sql, [at.unix_seconds()], |row| row.sequence())
    }

    /// The hashes of the log's leaves from this place on, in order.
    pub fn leaves(&self, from: u64) -> Result<Vec<[u8; 32]>, IndexError> {
        let sql = "SELECT hash FROM leaf WHERE sequence >= ? ORDER BY sequence";
        self.many(sql, [query::sequence(from)], |row| row.raw())
    }

    /// A commit's id, time and files by path: what its leaf is made of.
    #[allow(clippy::type_complexity)] // The parts of a leaf, used in one place.
    pub fn commit(&self, sequence: u64) -> Result<Option<(String, Instant, Vec<(String, Digest)>)>, IndexError> {
        let place = query::sequence(sequence);
        let sql = "SELECT commit_id, time FROM event WHERE sequence = ?";
        let Some((commit, time)) = self.one(sql, [place], |row| Ok((row.object()?, row.instant()?)))? else {
            return Ok(None);
        };
        let sql = "SELECT path, digest FROM file WHERE sequence = ? ORDER BY path";
        let files = self.many(sql, [place], |row| Ok((path(row)?, row.digest()?)))?;
        Ok(Some((commit, time, files)))
    }
}

fn path(row: &mut Columns<'_, '_>) -> Result<String, IndexError> {
    let path = row.text()?;
    match RepositoryPath::parse(&path) {
        Ok(_) => Ok(path),
        Err(_) => Err(IndexError::Damaged("column path holds no path of the repository".into())),
    }
}
