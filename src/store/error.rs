//! What can go wrong in the store, each with the next step.

use std::{io, path::PathBuf};

use super::{ObjectId, RepositoryPath};
use crate::domain::time::Instant;

/// An operation of the store did not happen, or could not be confirmed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the data folder.
    #[error("another certreg already uses {}; stop it first, or choose another folder with --data", .0.display())]
    InUse(PathBuf),
    /// A new registry needs an empty folder.
    #[error("{} is not empty; a new registry needs a new or empty folder, choose another with --data", .0.display())]
    NotEmpty(PathBuf),
    /// There is no repository here.
    #[error("{} holds no registry; make one with 'certreg init', or choose another folder with --data", .0.display())]
    NoRegistry(PathBuf),
    /// No object has this id.
    #[error("object {0} is not in the repository; if it should be, restore it from a clone and run 'git fsck --full'")]
    Missing(ObjectId),
    /// Bytes on disk are not what they were.
    #[error("the repository is damaged at {place}: {detail}; restore it from a backup or a clone")]
    Damaged {
        /// The object's id, or what was being read.
        place: String,
        /// What was wrong.
        detail: String,
    },
    /// A commit or tree on `main` is not of the shape that the registry writes.
    #[error(
        "{object} on main is not as the registry writes it: {detail}; someone else has written to the repository, restore main from a clone"
    )]
    Foreign {
        /// The commit or tree.
        object: ObjectId,
        /// What was wrong.
        detail: String,
    },
    /// The commit to replay from is not on `main`.
    #[error("commit {0} is not on main; start again from the beginning")]
    NotOnMain(ObjectId),
    /// An object is larger than any the registry writes.
    #[error("{place} has {bytes} bytes, more than the {limit} allowed")]
    TooLarge {
        /// The path, or the object's id.
        place: String,
        /// Its size.
        bytes: u64,
        /// The largest size allowed.
        limit: u64,
    },
    /// An entry names no file, or one file twice.
    #[error("an entry must name at least one file and no file twice; send each path once")]
    Files,
    /// A path would be a file and a folder at once.
    #[error("{0} cannot be stored: part of the path is a file already, or the path is a folder; choose another path")]
    PathTaken(RepositoryPath),
    /// All files of an entry are already stored with the same bytes.
    #[error("nothing would change: the repository holds these files with the same bytes already")]
    NothingChanged,
    /// A commit's message cannot be stored.
    #[error("a commit message is 1 to 65,536 bytes of text, without control characters but line feeds")]
    Message,
    /// An entry is older than the one before it.
    #[error("time must not go back: {time} is before {previous}, the time of the commit before; check the clock")]
    TimeWentBack {
        /// The entry's time.
        time: Instant,
        /// The time it must not precede.
        previous: Instant,
    },
    /// Git cannot store a time before 1970.
    #[error("{0} is before 1970, which a commit cannot carry; check the clock")]
    TimeTooEarly(Instant),
    /// What the signing function gave is not an armoured SSH signature.
    #[error("the signing function gave no armoured SSH signature; check the registry's key")]
    Signature,
    /// `main` is not where this store left it.
    #[error(
        "main moved from {expected} to {found} behind the server's back; stop, find out who wrote, then start again"
    )]
    HeadMoved {
        /// Where it should be, `nothing` before the first commit.
        expected: String,
        /// Where it is.
        found: String,
    },
    /// Something could not be made durable. What was not acknowledged may or may not be there after a restart.
    #[error("the disk did not confirm a write ({0}); nothing more is accepted, check the disk and restart")]
    NotDurable(io::Error),
    /// An earlier call failed in a way that leaves the state unknown.
    #[error("nothing more is written since an earlier failure ({0}); restart, which checks the repository first")]
    Stopped(String),
    /// The operating system refused something.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// The verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// libgit2 or git refused something.
    #[error("git cannot {doing}: {detail}")]
    Git {
        /// What was tried.
        doing: &'static str,
        /// Git's own words.
        detail: String,
    },
}

impl StoreError {
    /// For `map_err` after an operation on a file.
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.into();
        move |source| StoreError::Io { doing, path, source }
    }

    /// For `map_err` after an operation of libgit2.
    pub(super) fn git(doing: &'static str) -> impl FnOnce(git2::Error) -> StoreError {
        move |error| StoreError::Git { doing, detail: error.message().to_owned() }
    }

    /// Whether the disk is full: trying again helps once there is room.
    pub fn is_disk_full(&self) -> bool {
        self.is_refusal(&[io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded], "No space left on device")
    }

    /// Whether the disk takes no writes at all: trying again helps once it does.
    pub fn is_read_only(&self) -> bool {
        self.is_refusal(&[io::ErrorKind::ReadOnlyFilesystem], "Read-only file system")
    }

    /// Whether the operating system refused for one of these reasons. Git's libraries pass them on in its words only.
    fn is_refusal(&self, kinds: &[io::ErrorKind], words: &str) -> bool {
        match self {
            StoreError::Io { source, .. } | StoreError::NotDurable(source) => {
                kinds.contains(&source.kind()) || source.to_string().contains(words)
            }
            StoreError::Git { detail, .. } => detail.contains(words),
            _ => false,
        }
    }

    /// Whether the store writes nothing more after this, until it is opened anew.
    pub fn is_final(&self) -> bool {
        matches!(self, StoreError::NotDurable(_) | StoreError::HeadMoved { .. } | StoreError::Stopped(_))
    }

    pub(super) fn damaged(place: impl ToString, detail: impl ToString) -> StoreError {
        StoreError::Damaged { place: place.to_string(), detail: detail.to_string() }
    }
}
