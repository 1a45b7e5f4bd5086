//! The whole index anew from the commits.
//!
//! Three threads share the work: one goes through the commits, one reads their documents, one compares and writes.

use std::{
    collections::HashMap,
    fmt::Display,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use super::{
    Blobs, CommitFacts, Index, IndexError,
    cache::{self, Cache},
    connections::Writer,
    schema::{self, Purpose},
};
use crate::{
    domain::{Digest, Draft},
    format::{
        paths::{Place, place},
        v1,
    },
};

/// Groups that wait between two threads, besides those that they are at work on.
const WAITING_GROUPS: usize = 1;

/// How much memory a rebuild takes for its speed.
#[derive(Debug, Clone, Copy)]
struct Measure {
    /// Commits that share a transaction: five such groups may be on their way, of some 60 KB a commit.
    group: usize,
    /// For documents whose successors may come, in bytes.
    room: usize,
    /// For SQLite's pages, in KiB.
    pages: i32,
}

/// Nobody else needs the machine: some 300 MB.
const LARGE: Measure = Measure { group: 250, room: 160 << 20, pages: 64 << 10 };
/// Beside requests: some 50 MB.
const SMALL: Measure = Measure { group: 50, room: 16 << 20, pages: 16 << 10 };

/// A commit to be indexed, with its files' bytes if whoever tells of it has them at hand.
#[derive(Debug, Clone)]
pub struct Told {
    facts: CommitFacts,
    /// One for each of the files, in their order, or none at all.
    bytes: Vec<Vec<u8>>,
}

impl Told {
    /// Adds the bytes of the commit's files, one for each, in their order. They are checked against the files' digests;
    /// where they do not fit, what the repository says counts.
    pub fn with_bytes(facts: CommitFacts, bytes: Vec<Vec<u8>>) -> Told {
        Told { facts, bytes }
    }
}

impl From<CommitFacts> for Told {
    fn from(facts: CommitFacts) -> Told {
        Told { facts, bytes: Vec::new() }
    }
}

impl Index {
    /// Makes the index at `path` anew from all commits, oldest first, and opens it.
    ///
    /// It is built in `<path>.new` and takes the old file's place only when it is whole: a stop before that leaves
    /// the old file as it was. Nobody may have the old file open. `progress` hears how many commits are done.
    ///
    /// # Errors
    /// [`IndexError::Commits`] when `commits` fails; otherwise as [`Index::apply`] and [`Index::open`].
    pub fn rebuild<C: Into<Told>, E: Display>(
        path: &Path,
        commits: impl Iterator<Item = Result<C, E>> + Send,
        blobs: &(dyn Blobs + Sync),
        progress: &mut dyn FnMut(u64),
    ) -> Result<Index, IndexError> {
        let new = beside(path, ".new");
        remove_with_companions(&new)?;
        build(&new, commits, blobs, LARGE, progress)?;
        // A stop between these steps leaves no index: it is rebuilt. The old log must go before the new file comes,
        // or SQLite would replay it there.
        remove_with_companions(path)?;
        fs::rename(&new, path)?;
        Index::open(path)
    }

    /// Makes an index at `path`, where there is none, to compare another one with: slower than [`Index::rebuild`], in
    /// little memory, beside requests.
    ///
    /// # Errors
    /// As [`Index::rebuild`].
    pub fn build_beside<C: Into<Told>, E: Display>(
        path: &Path,
        commits: impl Iterator<Item = Result<C, E>> + Send,
        blobs: &(dyn Blobs + Sync),
    ) -> Result<Index, IndexError> {
        remove_with_companions(path)?;
        build(path, commits, blobs, SMALL, &mut |_| {})?;
        Index::open(path)
    }
}

fn build<C: Into<Told>, E: Display>(
    path: &Path,
    commits: impl Iterator<Item = Result<C, E>> + Send,
    blobs: &(dyn Blobs + Sync),
    measure: Measure,
    progress: &mut dyn FnMut(u64),
) -> Result<(), IndexError> {
    let connection = schema::connect(path, Purpose::Build)?;
    connection.pragma_update(None, "cache_size", -measure.pages)?;
    schema::create(&connection)?;
    let mut writer = Writer { connection, cache: Cache::for_rebuilding(measure.room) };
    let mut done = 0;
    thread::scope(|scope| {
        let (sender, gathered) = sync_channel(WAITING_GROUPS);
        scope.spawn(move || gather(commits, measure.group, &sender));
        let (sender, groups) = sync_channel(WAITING_GROUPS);
        scope.spawn(move || read(gathered, blobs, &sender));
        // When this ends early, nobody receives any more, and the other threads end too.
        for group in groups {
            let group = group?;
            writer.apply(&group.commits, &group)?;
            done += group.commits.len() as u64;
            progress(done);
        }
        Ok::<(), IndexError>(())
    })?;
    writer.connection.close().map_err(|(_, error)| IndexError::from(error))?;
    File::open(path)?.sync_all()?;
    Ok(())
}

/// Commits that are written together, with what they hold.
struct Group<'b> {
    commits: Vec<CommitFacts>,
    documents: HashMap<Digest, Arc<Draft>>,
    /// The bytes of all other files, by object, as far as they are at hand.
    bytes: HashMap<String, Vec<u8>>,
    blobs: &'b (dyn Blobs + Sync),
}

impl<'b> Group<'b> {
    fn new(blobs: &'b (dyn Blobs + Sync)) -> Self {
        Group { commits: Vec::new(), documents: HashMap::new(), bytes: HashMap::new(), blobs }
    }

    /// Takes a commit in. A document that cannot be read is left to the writer, who says what is wrong with it.
    fn add(&mut self, Told { facts, bytes }: Told) {
        let mut bytes = bytes.into_iter();
        for file in &facts.files {
            let bytes = bytes.next().filter(|bytes| Digest::of(bytes) == file.digest);
            if !matches!(place(&file.path), Place::Document(_)) {
                self.bytes.extend(bytes.map(|bytes| (file.object.clone(), bytes)));
                continue;
            }
            let document = match bytes {
                Some(bytes) => cache::shaped(&bytes, v1::certification::read).ok(),
                None => cache::read(file.digest, &file.object, self.blobs, v1::certification::read).ok(),
            };
            self.documents.extend(document.map(|document| (file.digest, Arc::new(document))));
        }
        self.commits.push(facts);
    }
}

impl Blobs for Group<'_> {
    fn blob(&self, object: &str) -> Result<Vec<u8>, String> {
        self.bytes.get(object).map_or_else(|| self.blobs.blob(object), |bytes| Ok(bytes.clone()))
    }

    fn document(&self, digest: Digest) -> Option<Arc<Draft>> {
        self.documents.get(&digest).cloned().or_else(|| self.blobs.document(digest))
    }
}

/// Sends all commits in groups, until there are no more or nobody receives them.
fn gather<C: Into<Told>, E: Display>(
    mut commits: impl Iterator<Item = Result<C, E>>,
    group_size: usize,
    groups: &SyncSender<Result<Vec<Told>, IndexError>>,
) {
    loop {
        let group: Result<Vec<Told>, E> = commits.by_ref().take(group_size).map(|commit| commit.map(C::into)).collect();
        let group = group.map_err(|error| IndexError::Commits(error.to_string()));
        let is_last = group.as_ref().map_or(true, |group| group.len() < group_size);
        if groups.send(group).is_err() || is_last {
            return;
        }
    }
}

/// Reads the documents of groups and passes them on, for as long as they come and somebody receives them.
fn read<'b>(
    gathered: Receiver<Result<Vec<Told>, IndexError>>,
    blobs: &'b (dyn Blobs + Sync),
    groups: &SyncSender<Result<Group<'b>, IndexError>>,
) {
    for commits in gathered {
        let group = commits.map(|commits| {
            let mut group = Group::new(blobs);
            commits.into_iter().for_each(|commit| group.add(commit));
            group
        });
        if groups.send(group).is_err() {
            return;
        }
    }
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
