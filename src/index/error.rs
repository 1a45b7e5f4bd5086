//! What can go wrong with the index.

use rusqlite::ErrorCode;

/// Why the index could not answer or take something in.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The file is not an index of this version of the program: empty, foreign, damaged or of another schema.
    #[error("the index cannot be used ({0}); rebuild it from the repository")]
    Unusable(String),
    /// The commits given are not those that come next. Nothing was written.
    #[error("the index expects the commit at place {expected} next, not {found}; bring it level with the repository")]
    NotNext {
        /// The place of the commit that is missing.
        expected: u64,
        /// The place of the commit that was given.
        found: u64,
    },
    /// A commit's files do not make sense after the commits before. Nothing was written.
    #[error("commit {sequence} cannot be indexed: {path}: {reason}; check the repository with 'git fsck'")]
    Underivable {
        /// The commit's place on `main`.
        sequence: u64,
        /// The file that does not fit, or `(commit)`.
        path: String,
        /// What does not fit.
        reason: String,
    },
    /// The bytes of a blob could not be read.
    #[error("blob {object} cannot be read: {reason}")]
    Blob {
        /// Git's id of the blob.
        object: String,
        /// Why, in the store's words.
        reason: String,
    },
    /// The commits to index could not be read.
    #[error("the commits to index cannot be read: {0}")]
    Commits(String),
    /// A row holds what the index never writes: the file was damaged or altered.
    #[error("the index is damaged ({0}); rebuild it from the repository")]
    Damaged(String),
    /// The question would have to look at more rows than one answer may cost.
    #[error("this looks at more than one answer may cost; narrow it")]
    TooBroad,
    /// The file could not be handled.
    #[error("the index file cannot be handled: {0}")]
    Io(#[from] std::io::Error),
    /// SQLite refused.
    #[error("SQLite cannot go on: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for IndexError {
    /// Tells damage (wrong types, corrupt pages) from everything else.
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
            return IndexError::TooBroad;
        }
        let damaged = match &error {
            E::SqliteFailure(failure, _) => {
                matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            }
            E::InvalidColumnType(..) | E::IntegralValueOutOfRange(..) | E::FromSqlConversionFailure(..) => true,
            _ => false,
        };
        if damaged { IndexError::Damaged(error.to_string()) } else { IndexError::Sqlite(error) }
    }
}
