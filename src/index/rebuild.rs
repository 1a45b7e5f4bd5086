//! The whole index anew from the commits.

use std::{
    fmt::Display,
    fs::{self, File},
    path::{Path, PathBuf},
};

use super::{
    Blobs, CommitFacts, Index, IndexError,
    cache::Cache,
    connections::Writer,
    schema::{self, Purpose},
};

/// Commits that share a transaction.
const GROUP: usize = 500;

impl Index {
    /// Makes the index at `path` anew from all commits, oldest first, and opens it.
    ///
    /// It is built in `<path>.new` and takes the old file's place only when it is whole: a stop before that leaves
    /// the old file as it was. Nobody may have the old file open. `progress` hears how many commits are done.
    ///
    /// # Errors
    /// [`IndexError::Commits`] when `commits` fails; otherwise as [`Index::apply`] and [`Index::open`].
    pub fn rebuild<E: Display>(
        path: &Path,
        commits: impl Iterator<Item = Result<CommitFacts, E>>,
        blobs: &dyn Blobs,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Index, IndexError> {
        let new = beside(path, ".new");
        remove_with_companions(&new)?;
        build(&new, commits, blobs, progress)?;
        // A stop between these steps leaves no index: it is rebuilt. The old log must go before the new file comes,
        // or SQLite would replay it there.
        remove_with_companions(path)?;
        fs::rename(&new, path)?;
        Index::open(path)
    }
}

fn build<E: Display>(
    path: &Path,
    commits: impl Iterator<Item = Result<CommitFacts, E>>,
    blobs: &dyn Blobs,
    progress: &mut dyn FnMut(u64),
) -> Result<(), IndexError> {
    let connection = schema::connect(path, Purpose::Build)?;
    schema::create(&connection)?;
    let mut writer = Writer { connection, cache: Cache::default() };
    let mut group = Vec::with_capacity(GROUP);
    let mut done = 0;
    for commit in commits {
        group.push(commit.map_err(|error| IndexError::Commits(error.to_string()))?);
        if group.len() == GROUP {
            done += take(&mut writer, &mut group, blobs)?;
            progress(done);
        }
    }
    done += take(&mut writer, &mut group, blobs)?;
    progress(done);
    writer.connection.close().map_err(|(_, error)| IndexError::from(error))?;
    File::open(path)?.sync_all()?;
    Ok(())
}

fn take(writer: &mut Writer, group: &mut Vec<CommitFacts>, blobs: &dyn Blobs) -> Result<u64, IndexError> {
    writer.apply(group, blobs)?;
    let taken = group.len() as u64;
    group.clear();
    Ok(taken)
}

/// Removes a database file and what SQLite keeps beside it, as far as they are there.
fn remove_with_companions(path: &Path) -> Result<(), IndexError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
