//! Git: the truth. One accepted submission is one signed commit on `main`, and nothing is ever deleted.
//!
//! The store owns the data folder: the exclusive lock, the bare repository `registry.git`, and what it takes to say
//! "this is on disk". It knows paths, bytes, commits and order. What the files mean, who may publish them, and how
//! commits are signed is for others: the signature comes in as a function from bytes to armoured text.
//!
//! - One writer. [`Store::append`] takes a group of entries and makes one commit of each, all or none.
//! - Readers ask for an object by its id, and never walk history or resolve a path ([`Reader`]).
//! - [`Store::replay`] tells the whole history, oldest first, for whoever derives things from it.
//! - [`Snapshot`] also opens a clone, without a lock, for commands that only read.
//!
//! Two libraries, each for what it does well: libgit2 (`git2`) makes the repository
//! and moves the ref; it never reads an object here, because it can hang for ever on a truncated one
//! and crash on a damaged pack index. Everything read comes through `gix-odb` and is checked against its id.
//!
//! Reading order: `object`, `tree`, `commit` and `new_file` (pure), `stage` (a group in memory), `pack` and `land` (a
//! group on disk), `append`, `checkpoint` (the branch `log`), `branch`, `folder`, `open`, `read`, `replay`, `maintain`
//! with `packing`, `inspect`.

mod append;
mod branch;
mod checkpoint;
mod commit;
mod delta;
mod error;
mod folder;
mod inspect;
mod land;
mod maintain;
mod new_file;
mod object;
mod open;
mod pack;
mod packing;
mod path_proof;
mod read;
mod replay;
mod snapshot;
mod stage;
mod tree;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use append::{Appended, Entry, Note, StoredFile};
pub use error::StoreError;
pub use inspect::{Depth, check_repository, check_repository_while, copy_repository};
pub use maintain::Maintenance;
pub use new_file::NewFile;
pub use object::{ObjectId, ObjectIdError};
pub use path_proof::{Listed, PathProof, PathProofError, file_id};
pub use read::Reader;
pub use replay::{Commit, CommittedFile, Replay};
pub use snapshot::Snapshot;

pub use crate::format::paths::{PathError, RepositoryPath};

use crate::domain::{ids::RegistryId, time::Instant};

/// The newest commit on `main`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit's id.
    pub commit: ObjectId,
    /// The commit's place on `main`; the first commit is 0.
    pub sequence: u64,
    /// The commit's committer time.
    pub time: Instant,
}

/// The registry's repository and the right to write to it.
///
/// There is one per data folder, held by a lock for as long as this value lives. It is `Send`, so that one thread
/// can own it; other threads read through [`Store::reader`].
pub struct Store {
    folder: folder::Folder,
    branch: branch::Branch,
    reader: Reader,
    committer: String,
    head: Option<Head>,
    trees: stage::TreeCache,
    packs: usize,
    /// Why nothing more may be written, once that is so.
    poisoned: Option<String>,
}

impl Store {
    /// The newest commit on `main`, or nothing before the first one.
    pub fn head(&self) -> Option<Head> {
        self.head.clone()
    }

    /// A reader of objects; cheap, and made to be cloned into other threads.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The repository's folder, for `git clone` and for messages to people.
    pub fn repository_path(&self) -> &Path {
        self.folder.repository()
    }

    /// How many packs there are; see [`Maintenance::is_due`].
    pub fn packs(&self) -> usize {
        self.packs
    }

    /// What is readable now: history and files as of this head, unmoved by what is appended later.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.reader(), self.head(), self.branch.tip(branch::LOG).ok().flatten())
    }

    /// Tells the history after `after` (all of it for `None`), oldest commit first; see [`Snapshot::replay`].
    pub fn replay(&self, after: Option<&Head>) -> Replay {
        self.snapshot().replay(after)
    }

    /// Reads the file at `path` as the head has it; see [`Snapshot::read`].
    ///
    /// # Errors
    /// As for [`Snapshot::read`].
    pub fn read_at_head(&self, path: &RepositoryPath) -> Result<Option<Vec<u8>>, StoreError> {
        self.snapshot().read(path)
    }

    /// Lists the files below the folder `prefix` as the head has them; see [`Snapshot::list`].
    ///
    /// # Errors
    /// As for [`Snapshot::list`].
    pub fn list_at_head(&self, prefix: &str) -> Result<Vec<(RepositoryPath, ObjectId)>, StoreError> {
        self.snapshot().list(prefix)
    }
}

/// The one identity that writes commits: a role, never a person.
fn committer(registry: &RegistryId) -> String {
    format!("certreg <registry@{registry}>")
}
