//! The tables, and how a connection is set up.
//!
//! A certification's `key` is the sequence of its first version, so that rebuilding gives the same rows as
//! indexing commit by commit. Since a commit holds one submission, `sequence` also names an event, a version and a
//! case statement (whose `service` is empty where it is about the whole supplier).
//!
//! A `passage` is what one answer says, from the sequence `first` on until the sequence `gone`: an answer that a
//! version leaves alone costs nothing. Its words are in `said` under the same id, and nowhere else here (FTS5 keeps
//! which words stand where, not the text); rows of `said` are only ever added. Beside the words it holds whose they
//! are: see `write_passages`. FTS5 is told to merge its lists at eight instead of four: after a rebuild, every publish
//! would otherwise pay half a millisecond for merging (measured over 10,000 × 10 versions; 0.1 ms so).

use std::path::Path;

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::IndexError;

/// `certreg` in the file's header (`PRAGMA application_id`), so that a foreign file is told at once.
const APPLICATION_ID: i32 = 0x6365_7267;

/// Counts up with every change of the tables or of what is written into them: an older file is rebuilt.
pub(super) const SCHEMA_VERSION: i32 = 7;

/// Every table with its columns in order; the first `key` columns name a row.
pub(super) struct Table {
    pub name: &'static str,
    pub key: usize,
}

/// The tables in the order in which they are compared and printed.
pub(super) const TABLES: [Table; 19] = [
    Table { name: "event", key: 1 },
    Table { name: "file", key: 2 },
    Table { name: "leaf", key: 1 },
    Table { name: "edition", key: 1 },
    Table { name: "supplier", key: 1 },
    Table { name: "supplier_record", key: 2 },
    Table { name: "ring", key: 2 },
    Table { name: "enrolled", key: 1 },
    Table { name: "certification", key: 1 },
    Table { name: "version", key: 1 },
    Table { name: "answer_change", key: 3 },
    Table { name: "answered", key: 4 },
    Table { name: "passage", key: 1 },
    // The words that `said` holds, with the number of passages that say them and how often they do.
    Table { name: "said_word", key: 2 },
    Table { name: "person", key: 2 },
    Table { name: "erasure", key: 2 },
    Table { name: "statement", key: 1 },
    Table { name: "carries_on", key: 2 },
    Table { name: "tally", key: 1 },
];

const SCHEMA: &str = "
CREATE TABLE event (
  sequence INTEGER PRIMARY KEY, commit_id BLOB NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL, supplier TEXT,
  certification INTEGER, digest BLOB, importance INTEGER NOT NULL, headline TEXT) STRICT;
CREATE INDEX event_by_time ON event (time);
CREATE INDEX event_by_kind ON event (kind, sequence);
CREATE INDEX event_by_certification ON event (certification, sequence) WHERE certification IS NOT NULL;

CREATE TABLE file (
  sequence INTEGER NOT NULL, path TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (sequence, path)) STRICT, WITHOUT ROWID;

CREATE TABLE leaf (sequence INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;

CREATE TABLE edition (
  id TEXT PRIMARY KEY, letters TEXT NOT NULL UNIQUE, sequence INTEGER NOT NULL, published_at INTEGER NOT NULL,
  digest BLOB NOT NULL UNIQUE, object BLOB NOT NULL, signature_object BLOB) STRICT, WITHOUT ROWID;

CREATE TABLE supplier (
  id TEXT PRIMARY KEY, letters TEXT NOT NULL, version INTEGER NOT NULL, digest BLOB NOT NULL, object BLOB NOT NULL,
  names TEXT NOT NULL, company_number TEXT, website TEXT, single_signatory INTEGER NOT NULL,
  registered_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, words TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX supplier_by_letters ON supplier (letters);

CREATE TABLE supplier_record (
  supplier TEXT NOT NULL, version INTEGER NOT NULL, sequence INTEGER NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (supplier, version)) STRICT, WITHOUT ROWID;

CREATE TABLE ring (
  supplier TEXT NOT NULL, version INTEGER NOT NULL, sequence INTEGER NOT NULL, published_at INTEGER NOT NULL,
  digest BLOB NOT NULL, object BLOB NOT NULL, signature_object BLOB, PRIMARY KEY (supplier, version)) STRICT, WITHOUT ROWID;

CREATE TABLE enrolled (
  fingerprint TEXT PRIMARY KEY, supplier TEXT NOT NULL, role TEXT NOT NULL, sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE certification (
  key INTEGER PRIMARY KEY, supplier TEXT NOT NULL, service TEXT NOT NULL, current INTEGER NOT NULL UNIQUE,
  first_published_at INTEGER NOT NULL, affirmed_at INTEGER, green INTEGER NOT NULL, amber INTEGER NOT NULL,
  black INTEGER NOT NULL, not_recorded INTEGER NOT NULL, edition TEXT NOT NULL, transcription INTEGER NOT NULL,
  words TEXT NOT NULL, UNIQUE (supplier, service)) STRICT;
CREATE INDEX certification_by_edition ON certification (edition, supplier, service);
CREATE INDEX certification_by_origin ON certification (transcription, supplier, service);

CREATE TABLE version (
  sequence INTEGER PRIMARY KEY, certification INTEGER NOT NULL, version INTEGER NOT NULL, published_at INTEGER NOT NULL,
  digest BLOB NOT NULL, object BLOB NOT NULL, signature_object BLOB, countersignature_object BLOB,
  kind TEXT NOT NULL, edition TEXT NOT NULL, service_name TEXT NOT NULL, supplier_name TEXT NOT NULL,
  headline TEXT NOT NULL, importance INTEGER NOT NULL, changed TEXT NOT NULL, effective_on TEXT,
  service_changed_on TEXT, wrong_since TEXT, wording_only INTEGER NOT NULL, completed_on TEXT,
  signature_key TEXT, countersignature_key TEXT, UNIQUE (certification, version)) STRICT;
CREATE INDEX version_by_time ON version (certification, published_at);
CREATE INDEX version_by_digest ON version (digest);
CREATE INDEX version_that_corrects ON version (certification, version) WHERE wrong_since IS NOT NULL;

CREATE TABLE answer_change (
  certification INTEGER NOT NULL, answer TEXT NOT NULL, version INTEGER NOT NULL, stated INTEGER NOT NULL,
  code INTEGER, importance INTEGER NOT NULL, sentence TEXT, PRIMARY KEY (certification, answer, version)) STRICT, WITHOUT ROWID;

CREATE TABLE answered (
  answer TEXT NOT NULL, code INTEGER NOT NULL, supplier TEXT NOT NULL, service TEXT NOT NULL,
  PRIMARY KEY (answer, code, supplier, service)) STRICT, WITHOUT ROWID;

CREATE TABLE passage (
  id INTEGER PRIMARY KEY, certification INTEGER NOT NULL, answer TEXT NOT NULL, first INTEGER NOT NULL, gone INTEGER) STRICT;
CREATE UNIQUE INDEX passage_by_answer ON passage (certification, answer, first);
CREATE VIRTUAL TABLE said USING fts5 (words, place, content='', columnsize=0, tokenize='ascii');
CREATE VIRTUAL TABLE said_word USING fts5vocab (said, col);
INSERT INTO said (said, rank) VALUES ('automerge', 8);

CREATE TABLE person (
  digest BLOB NOT NULL, supplier TEXT NOT NULL, PRIMARY KEY (digest, supplier)) STRICT, WITHOUT ROWID;

CREATE TABLE erasure (
  digest BLOB NOT NULL, supplier TEXT NOT NULL, PRIMARY KEY (digest, supplier)) STRICT, WITHOUT ROWID;

CREATE TABLE statement (
  sequence INTEGER PRIMARY KEY, supplier TEXT NOT NULL, service TEXT NOT NULL, seq INTEGER NOT NULL,
  stated_at INTEGER NOT NULL, digest BLOB NOT NULL, object BLOB NOT NULL, kind TEXT NOT NULL, party TEXT NOT NULL,
  document TEXT NOT NULL, signature TEXT, countersignature TEXT, signature_key TEXT, countersignature_key TEXT,
  questions TEXT NOT NULL, other TEXT, opens INTEGER NOT NULL, closed INTEGER NOT NULL, answered INTEGER NOT NULL,
  waits_until TEXT, lasts_until TEXT, UNIQUE (supplier, service, seq)) STRICT;
CREATE INDEX statement_by_digest ON statement (digest);
CREATE INDEX statement_by_other ON statement (other) WHERE other IS NOT NULL;

CREATE TABLE carries_on (
  supplier TEXT NOT NULL, service TEXT NOT NULL, old_supplier TEXT NOT NULL, old_service TEXT NOT NULL,
  PRIMARY KEY (supplier, service)) STRICT, WITHOUT ROWID;
CREATE INDEX carried_on ON carries_on (old_supplier, old_service);

CREATE TABLE tally (
  one INTEGER PRIMARY KEY CHECK (one = 1), suppliers INTEGER NOT NULL, certifications INTEGER NOT NULL,
  versions INTEGER NOT NULL, transcriptions INTEGER NOT NULL) STRICT;
INSERT INTO tally VALUES (1, 0, 0, 0, 0);
";

/// What the connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Requests: WAL, never writes.
    Read,
    /// The one writer: WAL, `NORMAL` sync, because Git is the truth and a lost tail is indexed again.
    Write,
    /// Filling a temporary file that is thrown away when anything stops: no journal, no sync, nobody else.
    Build,
}

/// Opens the file for `purpose` without looking at what it holds.
pub(super) fn connect(path: &Path, purpose: Purpose) -> Result<Connection, IndexError> {
    let create = if purpose == Purpose::Read { OpenFlags::empty() } else { OpenFlags::SQLITE_OPEN_CREATE };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // Without this promise of a stable plan, SQLite prepares a statement anew whenever a value is bound that might have
    // led to another plan: ten times the cost of finding a row.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let settings = match purpose {
        // There are many of them, and what they read is mapped, not copied, but for what is still in the log.
        Purpose::Read => "PRAGMA query_only=ON; PRAGMA cache_size=-2048; PRAGMA mmap_size=1073741824;",
        Purpose::Write => "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384;",
        Purpose::Build => "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;",
    };
    // What is overwritten or deleted leaves no trace in the file. No defence in depth is too much for rows
    // that somebody else may have written: no views or triggers with side effects are trusted.
    connection.execute_batch("PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;")?;
    connection.execute_batch(settings)?;
    Ok(connection)
}

/// Puts the write-ahead log into the file and cuts it to nothing; left for another time while somebody reads.
pub(super) fn truncate_log(connection: &Connection) -> Result<(), IndexError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Makes the tables in a new file, all or nothing.
pub(super) fn create(connection: &Connection) -> Result<(), IndexError> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
    ))?;
    Ok(())
}

/// Checks that the file is an index of exactly this schema.
///
/// # Errors
/// [`IndexError::Unusable`] with the reason. Pages that hold rows are not read here: see [`whole`].
pub(super) fn check(connection: &Connection) -> Result<(), IndexError> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    if number("application_id")? != APPLICATION_ID {
        return Err(IndexError::Unusable("the file is not an index of certreg".into()));
    }
    let version = number("user_version")?;
    if version != SCHEMA_VERSION {
        return Err(IndexError::Unusable(format!(
            "its schema is version {version}, this program has {SCHEMA_VERSION}"
        )));
    }
    let fresh = Connection::open_in_memory()?;
    create(&fresh)?;
    if definitions(connection)? != definitions(&fresh)? {
        return Err(IndexError::Unusable("its tables are not those of this program".into()));
    }
    Ok(())
}

fn definitions(connection: &Connection) -> Result<Vec<(String, String)>, IndexError> {
    let sql = "SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads every page and index and checks that they fit together; takes time with the size of the file.
///
/// # Errors
/// [`IndexError::Unusable`] with SQLite's first complaint.
pub(super) fn whole(connection: &Connection) -> Result<(), IndexError> {
    let verdict: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(IndexError::Unusable(verdict)) }
}
