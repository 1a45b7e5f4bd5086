//! What a backup says of itself: its files with their digests, the head, the log's size and root.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BackupError, Result, damaged, io_failure};
use crate::domain::Digest;

/// The manifest's own name.
pub const MANIFEST: &str = "backup.json";
/// Its digest, as `sha256sum -c` reads it.
pub(super) const MANIFEST_DIGEST: &str = "backup.json.sha256";
/// The one shape there is.
const FORMAT: &str = "certreg backup/v1";
/// No manifest comes near this size: a repository that was just copied has a handful of files.
const MAX_MANIFEST_BYTES: u64 = 256 << 20;

/// The manifest of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    /// Which registry it is.
    pub registry: String,
    /// When it was made, by the clock of the machine.
    pub made_at: String,
    /// The newest commit on `main`.
    pub head: HeadFacts,
    /// The log at that commit.
    pub log: LogFacts,
    /// Whether the registry's own keys are in it.
    pub with_keys: bool,
    /// Every other file, by its path, sorted.
    pub files: Vec<FileFacts>,
}

/// A commit and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadFacts {
    /// Its id.
    pub commit: String,
    /// Its place on `main`; the first is 0.
    pub sequence: u64,
    /// Its time.
    pub time: String,
}

/// A size of the log and its root then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogFacts {
    /// Entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// Below the backup's folder, with `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hex.
    pub sha256: String,
}

impl Manifest {
    /// Describes what lies in `folder`.
    pub(super) fn of(
        folder: &Path,
        registry: String,
        made_at: String,
        head: HeadFacts,
        log: LogFacts,
    ) -> Result<Manifest> {
        let mut files = Vec::new();
        for (path, place) in list(folder)? {
            let (sha256, bytes) = digest_of(&place)?;
            files.push(FileFacts { path, bytes, sha256: sha256.hex() });
        }
        let with_keys = files.iter().any(|file| file.path.starts_with("keys/"));
        Ok(Manifest { format: FORMAT.to_owned(), registry, made_at, head, log, with_keys, files })
    }

    /// Writes it, and its digest, into `folder`.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).expect("a manifest has only texts and numbers") + "\n";
        let digest = format!("{}  {MANIFEST}\n", Digest::of(text.as_bytes()).hex());
        for (name, text) in [(MANIFEST, text), (MANIFEST_DIGEST, digest)] {
            fs::write(folder.join(name), text).map_err(io_failure("write", &folder.join(name)))?;
        }
        Ok(())
    }

    /// Reads the manifest of the backup in `folder` and holds it against its own digest.
    ///
    /// # Errors
    /// [`BackupError::NotBackup`]; [`BackupError::Damaged`].
    pub(super) fn read(folder: &Path) -> Result<Manifest> {
        let path = folder.join(MANIFEST);
        if !path.exists() {
            return Err(BackupError::NotBackup(folder.to_owned()));
        }
        let mut text = String::new();
        let file = File::open(&path).map_err(io_failure("read", &path))?;
        file.take(MAX_MANIFEST_BYTES)
            .read_to_string(&mut text)
            .map_err(|error| damaged(MANIFEST, error.to_string()))?;
        let noted = fs::read_to_string(folder.join(MANIFEST_DIGEST));
        let noted = noted.map_err(|_| damaged(MANIFEST_DIGEST, "it is missing or no text"))?;
        if noted != format!("{}  {MANIFEST}\n", Digest::of(text.as_bytes()).hex()) {
            return Err(damaged(MANIFEST, format!("its bytes are not those that {MANIFEST_DIGEST} names")));
        }
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| damaged(MANIFEST, format!("it cannot be read: {error}")))?;
        if manifest.format != FORMAT {
            return Err(damaged(MANIFEST, format!("its format is '{}', not '{FORMAT}'", manifest.format)));
        }
        match manifest.files.iter().find(|file| !is_plain(&file.path)) {
            Some(file) => Err(damaged(MANIFEST, format!("it names '{}', which is no plain path", file.path))),
            None => Ok(manifest),
        }
    }

    /// Compares every file in `folder` with what is said of it; none may be missing, and none too many.
    ///
    /// # Errors
    /// [`BackupError::Damaged`], naming the first file that is not right.
    pub(super) fn compare(&self, folder: &Path) -> Result<()> {
        let mut there = list(folder)?;
        for file in &self.files {
            let place = there.remove(&file.path).ok_or_else(|| damaged(&file.path, "it is missing"))?;
            let (sha256, bytes) = digest_of(&place)?;
            if bytes != file.bytes || sha256.hex() != file.sha256 {
                return Err(damaged(&file.path, format!("its bytes are not those that {MANIFEST} names")));
            }
        }
        match there.keys().next() {
            Some(foreign) => Err(damaged(foreign, format!("{MANIFEST} does not name it: somebody put it there"))),
            None => Ok(()),
        }
    }
}

/// Every file below `folder` but the manifest and its digest, by path; anything else than files and folders is refused.
fn list(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![(String::new(), folder.to_owned())]);
    while let Some((prefix, folder)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(io_failure("list", &folder))? {
            let entry = entry.map_err(io_failure("list", &folder))?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(io_failure("look at", &entry.path()))?;
            if kind.is_dir() {
                folders.push((format!("{path}/"), entry.path()));
            } else if !kind.is_file() {
                return Err(damaged(&path, "it is no plain file"));
            } else if path != MANIFEST && path != MANIFEST_DIGEST {
                files.insert(path, entry.path());
            }
        }
    }
    Ok(files)
}

/// Whether a path stays below the folder.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// SHA-256 and length of a file, however large.
fn digest_of(path: &Path) -> Result<(Digest, u64)> {
    let mut file = File::open(path).map_err(io_failure("read", path))?;
    copy_hashing(&mut file, &mut io::sink()).map_err(io_failure("read", path))
}

/// Copies all bytes, and gives their SHA-256 and number.
pub(in crate::registry) fn copy_hashing(from: &mut File, to: &mut impl io::Write) -> io::Result<(Digest, u64)> {
    let (mut hasher, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok((Digest::from_hex(&hex).expect("32 bytes in hex are a digest"), bytes));
        }
        hasher.update(&piece[..read]);
        to.write_all(&piece[..read])?;
        bytes += read as u64;
    }
}
