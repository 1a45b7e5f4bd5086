//! Files that hold the whole registry as of one commit, made when they are asked for and kept until there is news.
//!
//! What stands in them is for the faces to say; here they are made once for all who ask, bound to a sequence, and
//! forgotten. They have no names in the file system: nothing of them outlives the process, and whoever is reading one
//! reads it to the end, whatever is made meanwhile.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
    time::{Duration, Instant as Stopwatch},
};

use sha2::{Digest as _, Sha256};

use super::{ErrorKind, Registry, RegistryError, Result};
use crate::{
    domain::Digest,
    index::{CertificationCursor, CertificationFilter, VersionRow},
};

/// Below the data folder.
const FOLDER: &str = "exports";
/// Certifications that are listed at once.
const PAGE: usize = 500;
/// A file that is not the newest any more is good enough for so long: what came since is in the changes. With the time
/// that making takes, an export is less than a minute behind.
const GOOD_ENOUGH: Duration = Duration::from_secs(20);

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// Every certification's current version.
    Current,
    /// Every version.
    All,
    /// Every answer of every current version, as a table.
    Responses,
}

impl ExportKind {
    const COUNT: usize = 3;

    /// Whether it has superseded versions, too.
    fn has_all_versions(self) -> bool {
        self == ExportKind::All
    }
}

/// A finished file.
pub struct Exported {
    sequence: u64,
    digest: Digest,
    bytes_len: u64,
    made: Stopwatch,
    file: File,
}

impl Exported {
    /// The newest commit that is in it: ask for the changes after it.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many bytes it has.
    pub fn bytes_len(&self) -> u64 {
        self.bytes_len
    }

    /// Its bytes from `at` on, `length` of them.
    ///
    /// # Errors
    /// Those of the disk; when the file has not that many.
    pub fn read(&self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }
}

/// The files of a registry.
pub(super) struct Exports {
    folder: PathBuf,
    places: [Place; ExportKind::COUNT],
}

#[derive(Default)]
struct Place {
    newest: Mutex<Option<Arc<Exported>>>,
    /// Held by whoever makes the next one.
    making: Mutex<()>,
}

impl Exports {
    /// Throws away what a killed process may have left.
    pub fn open(data: &Path) -> Result<Exports> {
        let folder = data.join(FOLDER);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(RegistryError::internal(error)),
            _ => Ok(Exports { folder, places: Default::default() }),
        }
    }

    /// Whoever asks next gets a new one.
    pub fn forget(&self) {
        self.places.iter().for_each(|place| *place.newest() = None);
    }
}

impl Place {
    fn newest(&self) -> MutexGuard<'_, Option<Arc<Exported>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// The export of this kind, made by `write` (which is told the sequence) if there is none that is good enough.
    /// While one is made, others get the one before it.
    ///
    /// # Errors
    /// Full when there is no room for it; those of `write`.
    pub fn exported(
        &self,
        kind: ExportKind,
        write: impl FnOnce(&mut dyn Write, u64) -> Result<()>,
    ) -> Result<Arc<Exported>> {
        let place = &self.exports.places[kind as usize];
        let good = |exported: &Arc<Exported>| -> Result<bool> {
            Ok(exported.made.elapsed() < GOOD_ENOUGH
                || self.index.latest_sequence()?.is_some_and(|latest| latest == exported.sequence))
        };
        let newest = place.newest().clone();
        if let Some(exported) = &newest
            && good(exported)?
        {
            return Ok(exported.clone());
        }
        let _making = match (place.making.try_lock(), newest) {
            (Ok(making), _) => making,
            (Err(TryLockError::WouldBlock), Some(older)) => return Ok(older),
            _ => place.making.lock().unwrap_or_else(PoisonError::into_inner),
        };
        // Somebody else may have made it while this one waited.
        let newest = place.newest().clone();
        if let Some(exported) = newest
            && good(&exported)?
        {
            return Ok(exported);
        }
        let made = Arc::new(self.make_export(write)?);
        *place.newest() = Some(made.clone());
        Ok(made)
    }

    fn make_export(&self, write: impl FnOnce(&mut dyn Write, u64) -> Result<()>) -> Result<Exported> {
        let sequence = self.index.latest_sequence()?.unwrap_or(0);
        let made = Stopwatch::now();
        let file = nameless(&self.exports.folder).map_err(export_failure)?;
        let mut out = Digesting { out: BufWriter::new(file), sha256: Sha256::new(), bytes_len: 0 };
        write(&mut out, sequence)?;
        let Digesting { out, sha256, bytes_len } = out;
        let file = out.into_inner().map_err(|error| export_failure(error.into_error()))?;
        let hex: String = sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = Digest::from_hex(&hex).map_err(RegistryError::internal)?;
        Ok(Exported { sequence, digest, bytes_len, made, file })
    }

    /// Tells `each` every version that an export of this kind has as of `sequence`, by certification, oldest first.
    ///
    /// # Errors
    /// Those of `each`; internal.
    pub fn each_exported_version(
        &self,
        kind: ExportKind,
        sequence: u64,
        each: &mut dyn FnMut(&VersionRow) -> Result<()>,
    ) -> Result<()> {
        let filter = CertificationFilter::default();
        let mut after: Option<CertificationCursor> = None;
        loop {
            let page = self.index.certifications(&filter, after.as_ref(), PAGE)?;
            let Some(last) = page.last().map(|row| &row.current.publication) else { return Ok(()) };
            after = Some(CertificationCursor { id: last.certification.clone(), sequence: last.sequence });
            for row in page {
                let current = row.current;
                if current.publication.sequence <= sequence && !kind.has_all_versions() {
                    each(&current)?;
                    continue;
                }
                // What was published since belongs to the changes.
                let mut versions = self.index.versions(&current.publication.certification, None, usize::MAX)?;
                versions.retain(|version| version.publication.sequence <= sequence);
                versions.truncate(if kind.has_all_versions() { usize::MAX } else { 1 });
                versions.iter().rev().try_for_each(&mut *each)?;
            }
        }
    }
}

/// What went wrong in writing an export.
pub fn export_failure(error: io::Error) -> RegistryError {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        let detail = "The registry's disk has no room for an export. Follow /v1/changes instead, or tell its operator.";
        return RegistryError::new(ErrorKind::Full, "disk-full", detail);
    }
    RegistryError::internal(error)
}

/// A new file in `folder` that is gone as soon as it is closed.
fn nameless(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let mut random = [0; 8];
    // A name that is taken is refused below; it is needed for a moment only.
    let _ = getrandom::fill(&mut random);
    let path = folder.join(format!("{:016x}.tmp", u64::from_be_bytes(random)));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// Takes the digest of what passes through.
struct Digesting<W> {
    out: W,
    sha256: Sha256,
    bytes_len: u64,
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes_len += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
