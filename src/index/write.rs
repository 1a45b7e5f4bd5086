//! Commits into rows: everything about a commit, and the new head, in one transaction.

use rusqlite::{Connection, TransactionBehavior, params};

use super::{
    Blobs, CaseFolder, CommitFacts, Index, IndexError, IndexedHead,
    cache::Cache,
    connections::{self, Writer},
    derive::{self, Submission},
    query,
    write_passages::{self, Said},
};
use crate::{
    compare::Importance,
    domain::{Digest, SupplierId},
};

/// What a commit's rows are made with.
pub(super) struct Pen<'t> {
    /// Inside a transaction.
    pub rows: &'t Connection,
    pub cache: &'t mut Cache,
    pub blobs: &'t dyn Blobs,
    pub commit: &'t CommitFacts,
    /// What is said anew, which is written last.
    pub said: &'t mut Vec<Said>,
}

/// What a commit means to those who follow the events.
pub(super) struct Event {
    pub kind: &'static str,
    pub supplier: Option<SupplierId>,
    /// The certification's key.
    pub certification: Option<i64>,
    pub digest: Option<Digest>,
    pub importance: Importance,
    /// `None` for versions: the version's own headline is shown.
    pub headline: Option<String>,
}

impl Index {
    /// Takes in the commits that come next, all or none: rows and head become visible together.
    ///
    /// # Errors
    /// [`IndexError::NotNext`] when the first is not the one after the head (also when it is known already) or they
    /// leave a gap; [`IndexError::Underivable`], [`IndexError::Blob`] when one of them does not make sense. Nothing
    /// is written then.
    pub fn apply(&self, commits: &[CommitFacts], blobs: &dyn Blobs) -> Result<(), IndexError> {
        self.writer().apply(commits, blobs)
    }
}

impl Writer {
    /// As [`Index::apply`].
    pub fn apply(&mut self, commits: &[CommitFacts], blobs: &dyn Blobs) -> Result<(), IndexError> {
        // Whatever fails below drops the transaction, which rolls it back.
        let rows = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut head = connections::head(&rows)?;
        let mut said = Vec::new();
        for commit in commits {
            check_order(head.as_ref(), commit)?;
            Pen { rows: &rows, cache: &mut self.cache, blobs, commit, said: &mut said }.write()?;
            head = Some(IndexedHead { commit: commit.commit.clone(), sequence: commit.sequence, time: commit.time });
        }
        write_passages::write_said(&rows, &said)?;
        Ok(rows.commit()?)
    }
}

/// The next place, and never an earlier time: what is in force at an instant is looked up by time.
fn check_order(head: Option<&IndexedHead>, commit: &CommitFacts) -> Result<(), IndexError> {
    let expected = head.map_or(0, |head| head.sequence + 1);
    if commit.sequence != expected {
        return Err(IndexError::NotNext { expected, found: commit.sequence });
    }
    if head.is_some_and(|head| commit.time < head.time) {
        return Err(derive::underivable(commit, "(commit)", "its time lies before that of its parent"));
    }
    Ok(())
}

impl Pen<'_> {
    fn write(&mut self) -> Result<(), IndexError> {
        let event = match derive::submission(self.commit)? {
            Submission::Authority => self.authority(),
            Submission::Edition(id) => self.edition(&id)?,
            Submission::Supplier(id) => self.supplier(&id)?,
            Submission::Ring(id) => self.ring(&id)?,
            Submission::Version(id) => self.version(&id)?,
            Submission::Case(supplier, service) => self.case(CaseFolder { supplier, service })?,
        };
        self.event(&event)?;
        self.files()
    }

    fn event(&self, event: &Event) -> Result<(), IndexError> {
        let sql = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let commit = self.commit;
        query::run(
            self.rows,
            sql,
            params![
                self.sequence(),
                self.object(&commit.commit)?,
                self.time(),
                event.kind,
                event.supplier.as_ref().map(SupplierId::as_str),
                event.certification,
                event.digest.as_ref().map(Digest::as_bytes),
                query::importance(event.importance),
                event.headline,
            ],
        )?;
        Ok(())
    }

    fn files(&self) -> Result<(), IndexError> {
        for file in &self.commit.files {
            let row = params![self.sequence(), file.path, file.digest.as_bytes()];
            query::run(self.rows, "INSERT INTO file VALUES (?, ?, ?)", row)?;
        }
        query::run(self.rows, "INSERT INTO leaf VALUES (?, ?)", params![self.sequence(), self.commit.leaf])?;
        Ok(())
    }

    /// The commit's place as SQLite has it.
    pub fn sequence(&self) -> i64 {
        query::sequence(self.commit.sequence)
    }

    /// The commit's time as SQLite has it.
    pub fn time(&self) -> i64 {
        self.commit.time.unix_seconds()
    }

    /// Git's id of an object as SQLite has it.
    pub fn object(&self, hex: &str) -> Result<[u8; 20], IndexError> {
        query::object_bytes(hex).ok_or_else(|| self.odd("(commit)", "an object is not named by 40 hex digits"))
    }

    /// The error for a commit that does not make sense.
    pub fn odd(&self, path: &str, reason: impl Into<String>) -> IndexError {
        derive::underivable(self.commit, path, reason)
    }
}
