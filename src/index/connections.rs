//! The index as the floors above hold it: a pool of reading connections and one writer.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, Params};

use super::{
    IndexError, IndexedHead,
    cache::Cache,
    query::{self, Columns},
    schema::{self, Purpose},
};

/// Reading connections that are kept open when nobody uses them.
const IDLE_READERS: usize = 16;

/// The index; cheap to clone, every clone is the same index.
#[derive(Clone)]
pub struct Index(Arc<Shared>);

struct Shared {
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Writer>,
}

/// The one connection that writes, with what it remembers between commits.
pub(super) struct Writer {
    pub connection: Connection,
    pub cache: Cache,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({})", self.0.path.display())
    }
}

impl Index {
    /// Opens the index at `path`, or makes an empty one where there is no file.
    ///
    /// Two processes may read; only the one that holds the data folder's lock may write. Rows are not looked at
    /// here ([`Index::check_whole`] does), so that the time does not grow with the file.
    ///
    /// # Errors
    /// [`IndexError::Unusable`] for a file that is empty, damaged at its head, of something else or of another
    /// schema: rebuild it. [`IndexError::Sqlite`] when the folder cannot be written to.
    pub fn open(path: &Path) -> Result<Index, IndexError> {
        let known = path.try_exists()?;
        if known && path.metadata()?.len() == 0 {
            return Err(IndexError::Unusable("the file is empty".into()));
        }
        let connection = schema::connect(path, Purpose::Write).map_err(unusable)?;
        if known {
            schema::check(&connection).map_err(unusable)?;
        } else {
            schema::create(&connection)?;
        }
        let writer = Mutex::new(Writer { connection, cache: Cache::default() });
        let index = Index(Arc::new(Shared { path: path.to_owned(), readers: Mutex::default(), writer }));
        index.head().map_err(unusable)?;
        Ok(index)
    }

    /// Reads every page and index of the file: wanted after an unclean stop.
    ///
    /// # Errors
    /// [`IndexError::Unusable`] when anything does not fit together: rebuild it.
    pub fn check_whole(&self) -> Result<(), IndexError> {
        self.reading(schema::whole).map_err(unusable)
    }

    /// Up to which commit everything is indexed; `None` for an index without commits.
    ///
    /// # Errors
    /// As every read: [`IndexError::Damaged`] or [`IndexError::Sqlite`].
    pub fn head(&self) -> Result<Option<IndexedHead>, IndexError> {
        self.reading(head)
    }

    /// The writer, which one thread at a time has.
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic in the middle of a transaction rolled it back: the connection stays good.
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a reading connection to `read`.
    pub(super) fn reading<T>(&self, read: impl FnOnce(&Connection) -> Result<T, IndexError>) -> Result<T, IndexError> {
        let idle = || self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = idle().pop();
        let connection = match spare {
            Some(connection) => connection,
            None => schema::connect(&self.0.path, Purpose::Read)?,
        };
        let value = read(&connection);
        let mut idle = idle();
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
        value
    }

    /// The first row of a question, if it has an answer.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&mut Columns<'_, '_>) -> Result<T, IndexError>,
    ) -> Result<Option<T>, IndexError> {
        self.reading(|connection| query::one(connection, sql, params, read))
    }

    /// Every row of a question.
    pub(super) fn many<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&mut Columns<'_, '_>) -> Result<T, IndexError>,
    ) -> Result<Vec<T>, IndexError> {
        self.reading(|connection| query::many(connection, sql, params, read))
    }
}

/// The newest commit that a connection sees.
pub(super) fn head(connection: &Connection) -> Result<Option<IndexedHead>, IndexError> {
    let sql = "SELECT commit_id, sequence, time FROM event ORDER BY sequence DESC LIMIT 1";
    query::one(connection, sql, [], |row| {
        Ok(IndexedHead { commit: row.object()?, sequence: row.sequence()?, time: row.instant()? })
    })
}

/// While opening, damage of any kind means that the file must be rebuilt.
fn unusable(error: IndexError) -> IndexError {
    match error {
        IndexError::Damaged(reason) => IndexError::Unusable(reason),
        other => other,
    }
}
