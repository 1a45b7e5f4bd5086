//! Person records: small files beside the repository, so that a person can be forgotten.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{ErrorKind as IoErrorKind, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{RegistryError, Result, submit::read_only};
use crate::{
    domain::{Digest, Person},
    format::v1,
};

/// The folder `<data>/people`.
#[derive(Debug, Clone)]
pub struct People {
    folder: PathBuf,
    /// Whether the store's syncs reach the records as well.
    is_on_stores_volume: bool,
}

/// What is known by a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// The record's exact bytes.
    pub bytes: Vec<u8>,
    /// What they say.
    pub person: Person,
}

impl People {
    /// Opens the folder `people` in `data`, making it if need be.
    pub(super) fn open(data: &Path) -> Result<People> {
        let folder = data.join("people");
        fs::create_dir_all(&folder).map_err(RegistryError::internal)?;
        let volume = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).map_err(RegistryError::internal);
        let is_on_stores_volume = volume(&folder)? == volume(data)?;
        Ok(People { folder, is_on_stores_volume })
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{}.json", digest.hex()))
    }

    /// The record with this digest, if it is here and whole.
    ///
    /// # Errors
    /// Internal when the file cannot be read or its bytes do not have this digest.
    pub fn get(&self, digest: Digest) -> Result<Option<PersonRecord>> {
        let bytes = match fs::read(self.path(digest)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == IoErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RegistryError::internal(error)),
        };
        if Digest::of(&bytes) != digest {
            return Err(RegistryError::internal(format!("the person record {digest} is damaged")));
        }
        let person = v1::stored(&bytes, v1::person::read).map_err(RegistryError::internal)?.value;
        Ok(Some(PersonRecord { bytes, person }))
    }

    /// Deletes records for good; those that are not here are no fault.
    pub(super) fn forget(&self, digests: &BTreeSet<Digest>) -> Result<()> {
        let paths = digests.iter().flat_map(|digest| [self.path(*digest), self.path(*digest).with_extension("tmp")]);
        self.delete(paths)
    }

    /// Deletes what a stop in the middle of writing left behind: a record under no name that anybody would look for.
    pub(super) fn sweep(&self) -> Result<()> {
        let entries = fs::read_dir(&self.folder).map_err(RegistryError::internal)?;
        let paths: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()
            .map_err(RegistryError::internal)?;
        self.delete(paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "tmp")))
    }

    fn delete(&self, paths: impl Iterator<Item = PathBuf>) -> Result<()> {
        let mut deleted = false;
        for path in paths {
            match fs::remove_file(path) {
                Ok(()) => deleted = true,
                Err(error) if error.kind() == IoErrorKind::NotFound => {}
                Err(error) => return Err(RegistryError::internal(error)),
            }
        }
        // A name that is gone from memory alone could come back after a power loss.
        if deleted { self.sync().map_err(RegistryError::internal) } else { Ok(()) }
    }

    fn sync(&self) -> std::io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    /// Writes records, to become durable with the next sync of the store: before a document that names them becomes
    /// visible.
    ///
    /// A crash here leaves a record that no document names, or a part of one: harmless, since one that is not whole is
    /// written again when it comes again.
    pub(super) fn put(&self, records: &[Vec<u8>]) -> Result<()> {
        let failed = |error: std::io::Error| match error.kind() {
            IoErrorKind::StorageFull => RegistryError::new(
                super::ErrorKind::Full,
                "disk-full",
                "The registry's disk is full; nothing was stored. Tell its operator.",
            ),
            IoErrorKind::ReadOnlyFilesystem => read_only(),
            _ => RegistryError::internal(error),
        };
        let mut written = false;
        for bytes in records {
            let path = self.path(Digest::of(bytes));
            if fs::read(&path).is_ok_and(|there| there == *bytes) {
                continue;
            }
            let temporary = path.with_extension("tmp");
            let mut file = File::create(&temporary).map_err(failed)?;
            file.write_all(bytes).map_err(failed)?;
            if !self.is_on_stores_volume {
                file.sync_all().map_err(failed)?;
            }
            fs::rename(&temporary, &path).map_err(failed)?;
            written = true;
        }
        if written && !self.is_on_stores_volume { self.sync().map_err(failed) } else { Ok(()) }
    }
}
