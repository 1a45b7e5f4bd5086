//! Putting a backup back: into a new folder, whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
};

use super::{
    super::{People, Registry, RegistryError, erase, open::INDEX_FILE},
    BackupError, Manifest, Result, Staging, create, damaged, io_failure,
    manifest::copy_hashing,
    private_folder, verify,
};
use crate::{
    index::Index,
    log::{Hash, Tree},
};

/// Folders that Git looks for although nothing is in them.
const GIT_FOLDERS: [&str; 4] = ["objects/info", "objects/pack", "refs/heads", "refs/tags"];

/// Puts the backup in `from` back as the new folder `data`, and gives what its manifest says.
///
/// The backup is checked before, and every file again while it is copied. The index is built, the log that it gives
/// compared with the log's state, and everybody forgotten whom the Department had forgotten; then the folder gets its
/// name. `progress` hears how many commits are indexed.
///
/// Nobody but the witnesses can say whether a newer backup should have been taken: the server asks them at its start.
///
/// # Errors
/// [`BackupError::Exists`] when there is anything at `data`; [`BackupError::Damaged`]; those of the disk. Nothing is left
/// at `data` then.
pub fn restore(from: &Path, data: &Path, progress: &mut dyn FnMut(u64)) -> Result<Manifest> {
    if data.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(data.to_owned()));
    }
    let manifest = verify(from)?;
    let staging = Staging::make(beside(data)?)?;
    copy(&manifest, from, &staging.0)?;
    Registry::rebuild(&staging.0, false, progress)?;
    check(&manifest, &staging.0)?;
    staging.finish(data)?;
    Ok(manifest)
}

/// A name on the same volume, beside the one that it gets.
fn beside(data: &Path) -> Result<PathBuf> {
    let name = data.file_name().ok_or_else(|| BackupError::Exists(data.to_owned()))?;
    if let Some(above) = data.parent().filter(|above| !above.as_os_str().is_empty()) {
        fs::create_dir_all(above).map_err(io_failure("create", above))?;
    }
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".restoring");
    Ok(data.with_file_name(hidden))
}

fn copy(manifest: &Manifest, from: &Path, to: &Path) -> Result<()> {
    for folder in GIT_FOLDERS {
        private_folder(&to.join("registry.git").join(folder))?;
    }
    for folder in ["people", "keys"] {
        private_folder(&to.join(folder))?;
    }
    for facts in &manifest.files {
        let (source, target) = (from.join(&facts.path), to.join(&facts.path));
        if let Some(folder) = target.parent() {
            private_folder(folder)?;
        }
        let mut file = File::open(&source).map_err(io_failure("read", &source))?;
        let is_private = ["keys/", "people/", "log-state"].iter().any(|start| facts.path.starts_with(start));
        let mut copy = create(&target, if is_private { 0o600 } else { 0o644 })?;
        let (digest, bytes) = copy_hashing(&mut file, &mut copy).map_err(io_failure("copy", &source))?;
        if digest.hex() != facts.sha256 || bytes != facts.bytes {
            return Err(damaged(&facts.path, "its bytes changed while they were copied"));
        }
    }
    Ok(())
}

/// What was put back says what the backup said, and nobody is in it who was forgotten.
fn check(manifest: &Manifest, data: &Path) -> Result<()> {
    let index = Index::open(&data.join(INDEX_FILE)).map_err(RegistryError::from)?;
    let mut tree = Tree::new();
    let leaves = index.leaves(0).map_err(RegistryError::from)?;
    leaves.into_iter().for_each(|leaf| tree.push(Hash::from_bytes(leaf)));
    if tree.size() != manifest.log.size || tree.root().to_string() != manifest.log.root {
        return Err(damaged("registry.git", "the log of what was put back is not the one that the manifest names"));
    }
    let people = People::open(data)?;
    Ok(erase::replay(&index, &people)?)
}
