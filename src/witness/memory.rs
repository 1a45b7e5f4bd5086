//! What a witness remembers: for each log the newest checkpoint that it cosigned, a file each.
//!
//! ```text
//! DIR/lock                                   held by the one process that may write
//! DIR/<SHA-256 of the origin>.checkpoint     the signed note, with the log's signature and the witness's own
//! DIR/<SHA-256 of the origin>.conflict       another checkpoint of the same size that the log signed: proof against it
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use crate::{
    domain::Digest,
    log::{SignedCheckpoint, VerifierKey},
};

/// The folder of a witness, locked.
#[derive(Debug)]
pub struct Memory {
    folder: PathBuf,
    /// The lock lasts until this is closed, however the process ends.
    _lock: File,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another witness runs on it.
    #[error("another witness is running on {}", .0.display())]
    InUse(PathBuf),
    /// What was remembered cannot be read any more, or was cosigned by another key.
    #[error(
        "what this witness remembers of a log cannot be trusted ({}: {detail}). Do not delete it: put the file back from a \
         backup, or begin with a new key, a new name and an empty folder",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

impl Memory {
    /// Opens the folder, making it (mode 0700) if it is not there.
    ///
    /// # Errors
    /// [`MemoryError::Io`], [`MemoryError::InUse`].
    pub fn open(folder: &Path) -> Result<Self, MemoryError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("create", folder))?;
        let path = folder.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let lock = lock.map_err(failed("open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Memory { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(MemoryError::InUse(folder.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
        }
    }

    /// The newest checkpoint of the log that was cosigned, or none yet.
    ///
    /// # Errors
    /// [`MemoryError::Damaged`] unless both the log's signature and the witness's own are good: whoever could exchange
    /// this file could make the witness forget.
    pub fn newest(&self, log: &VerifierKey, witness: &VerifierKey) -> Result<Option<SignedCheckpoint>, MemoryError> {
        let path = self.file(log.name(), "checkpoint");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(failed("read", &path))?,
        };
        let damaged = |detail: String| MemoryError::Damaged { path: path.clone(), detail };
        let signed = SignedCheckpoint::parse(&text).map_err(|error| damaged(error.to_string()))?;
        if signed.checkpoint().origin() != log.name() {
            return Err(damaged(format!("it is a checkpoint of {}", signed.checkpoint().origin())));
        }
        for key in [log, witness] {
            let by = signed.verify(std::slice::from_ref(key));
            by.map_err(|error| damaged(format!("signature of {}: {error}", key.name())))?;
        }
        Ok(Some(signed))
    }

    /// Replaces what is remembered, all or nothing; durable when this returns.
    ///
    /// A crash before the name is exchanged leaves the old file, one after it the new; in both cases nobody has been
    /// given the cosignature yet, so the witness has contradicted nobody.
    ///
    /// # Errors
    /// [`MemoryError::Io`].
    pub fn remember(&self, signed: &SignedCheckpoint) -> Result<(), MemoryError> {
        self.replace(&self.file(signed.checkpoint().origin(), "checkpoint"), signed.print().as_bytes())
    }

    /// Keeps a checkpoint that contradicts the remembered one.
    ///
    /// # Errors
    /// [`MemoryError::Io`].
    pub fn keep_conflict(&self, signed: &SignedCheckpoint) -> Result<PathBuf, MemoryError> {
        let path = self.file(signed.checkpoint().origin(), "conflict");
        self.replace(&path, signed.print().as_bytes())?;
        Ok(path)
    }

    fn file(&self, origin: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", Digest::of(origin.as_bytes()).hex()))
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), MemoryError> {
        let new = path.with_extension("new");
        let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new);
        let mut file = file.map_err(failed("create", &new))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("write", &new))?;
        fs::rename(&new, path).map_err(failed("replace", path))?;
        let folder = File::open(&self.folder).and_then(|folder| folder.sync_all());
        folder.map_err(failed("make durable", &self.folder))
    }
}

fn failed<'p>(doing: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> MemoryError + 'p {
    move |source| MemoryError::Io { doing, path: path.to_owned(), source }
}
