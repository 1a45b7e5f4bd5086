//! The index as the floors above hold it: a pool of reading connections and one writer.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use rusqlite::{Connection, Params};

use super::{
    IndexError, IndexedHead,
    cache::Cache,
    query::{self, Columns},
    schema::{self, Purpose},
};

/// Reading connections that are kept open when nobody uses them: as many as threads read or publish at once in a rush,
/// because opening one, which reads the whole schema, takes longer than most questions.
const IDLE_READERS: usize = 64;

/// Steps of SQLite's machine that a list may take: some 100 for each certification that is passed over, and a second
/// or so in all.
const MOST_STEPS: u32 = 50_000_000;
/// Steps between two looks at how many are left.
const STEPS_AT_ONCE: u32 = 10_000;
/// What a question has that may take as many steps as it needs.
const NO_BOUND: u32 = u32::MAX;

/// The index; cheap to clone, every clone is the same index.
#[derive(Clone)]
pub struct Index(Arc<Shared>);

struct Shared {
    path: PathBuf,
    readers: Mutex<Vec<Reader>>,
    writer: Mutex<Writer>,
}

/// A connection that reads, with the steps of SQLite's machine that its question may still take.
struct Reader {
    connection: Connection,
    left: Arc<AtomicU32>,
}

impl Reader {
    fn of(mut connection: Connection) -> Result<Reader, IndexError> {
        let left = Arc::new(AtomicU32::new(NO_BOUND));
        let purse = Arc::clone(&left);
        let take = |left: u32| if left == NO_BOUND { Some(left) } else { left.checked_sub(STEPS_AT_ONCE) };
        let spent = move || purse.fetch_update(Relaxed, Relaxed, take).is_err();
        connection.progress_handler(STEPS_AT_ONCE as i32, Some(spent))?;
        Ok(Reader { connection, left })
    }

    /// Lets `read` take about this many steps.
    fn lend<T>(&self, steps: u32, read: impl FnOnce(&Connection) -> Result<T, IndexError>) -> Result<T, IndexError> {
        self.left.store(steps, Relaxed);
        read(&self.connection)
    }
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
        let writer = Mutex::new(Writer { connection, cache: Cache::for_publishing() });
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
        self.lent(NO_BOUND, read)
    }

    fn lent<T>(&self, steps: u32, read: impl FnOnce(&Connection) -> Result<T, IndexError>) -> Result<T, IndexError> {
        let idle = || self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = idle().pop();
        let reader = match spare {
            Some(reader) => reader,
            None => Reader::of(schema::connect(&self.0.path, Purpose::Read)?)?,
        };
        let value = reader.lend(steps, read);
        let mut idle = idle();
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
        value
    }

    /// As [`Index::reading`], for questions that may have to look at very many rows.
    ///
    /// # Errors
    /// [`IndexError::TooBroad`] when SQLite took more than [`MOST_STEPS`]. Steps are counted and not time, so that the same
    /// question has the same answer at every load.
    pub(super) fn bounded<T>(&self, read: impl FnOnce(&Connection) -> Result<T, IndexError>) -> Result<T, IndexError> {
        self.lent(MOST_STEPS, read)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_takes_too_many_steps_is_ended_and_the_connection_stays_good() {
        let reader = Reader::of(Connection::open_in_memory().expect("memory")).expect("a handler");
        let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        let ask = |sql: &str| reader.lend(1_000_000, |connection| query::one(connection, sql, [], |row| row.number()));
        assert!(matches!(ask(endless), Err(IndexError::TooBroad)));
        assert_eq!(ask("SELECT 7").expect("few steps"), Some(7));
    }
}
