//! The seal of the index: its digest, left when the registry is closed.
//!
//! The rows of the index carry no digests of their own, and a bit that was flipped while nobody was at work would be a
//! different name in a list. So an index that does not fit its seal is built anew. There is none after a crash; then
//! the scrub compares the index with the repository.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{backup::copy_hashing, open::INDEX_FILE};

/// Below the data folder.
pub(super) const SEAL_FILE: &str = "index.seal";

/// Seals the index when it is dropped, which must be after the index was.
pub(super) struct Seal {
    data: PathBuf,
}

impl Seal {
    /// The index in `data` is open and no longer what was sealed.
    pub(super) fn open(data: &Path) -> Seal {
        Seal { data: data.to_owned() }
    }
}

impl Drop for Seal {
    fn drop(&mut self) {
        // Without it the index is believed as it is, like after a crash.
        let _ = seal(&self.data);
    }
}

/// Whether the index is the one that was sealed, if there is a seal.
pub(super) fn fits(data: &Path) -> io::Result<bool> {
    let sealed = match fs::read(data.join(SEAL_FILE)) {
        Ok(sealed) => sealed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    match digest(data) {
        Ok(digest) => Ok(digest.as_bytes() == sealed),
        // That there is no index is found out elsewhere.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Breaks the seal, durably: the index is about to change. Only for whoever holds the folder.
pub(super) fn discard(data: &Path) -> io::Result<()> {
    match fs::remove_file(data.join(SEAL_FILE)) {
        Ok(()) => File::open(data)?.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn seal(data: &Path) -> io::Result<()> {
    // While somebody else reads, part of the index may still be in a file beside it.
    if fs::metadata(data.join(format!("{INDEX_FILE}-wal"))).is_ok_and(|beside| beside.len() > 0) {
        return Ok(());
    }
    let digest = digest(data)?;
    let mut file = File::create(data.join(SEAL_FILE))?;
    file.write_all(digest.as_bytes())?;
    file.sync_all()
}

fn digest(data: &Path) -> io::Result<String> {
    let mut index = File::open(data.join(INDEX_FILE))?;
    Ok(format!("{}\n", copy_hashing(&mut index, &mut io::sink())?.0))
}
