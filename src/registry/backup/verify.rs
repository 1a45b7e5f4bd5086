//! Is a backup whole, and does it say what its log has signed? Asked of every backup when it is made and put back.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    super::{log::state, open::registry_id},
    BackupError, GIT_LIMIT, MANIFEST, Manifest, Result, damaged, describe, io_failure, tree_of,
};
use crate::{
    domain::Digest,
    format::paths,
    log::{Policy, SignedCheckpoint, Tree},
    store::{Depth, Snapshot, StoreError, check_repository},
};

/// The backup at `place`, or the newest of those below it: their names are times.
///
/// # Errors
/// [`BackupError::NotBackup`] when there is none.
pub fn newest(place: &Path) -> Result<PathBuf> {
    if place.join(MANIFEST).exists() {
        return Ok(place.to_owned());
    }
    let entries = fs::read_dir(place).map_err(io_failure("list", place))?;
    let is_hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let folders = entries.flatten().map(|entry| entry.path()).filter(|path| !is_hidden(path));
    let whole = folders.filter(|path| path.join(MANIFEST).exists()).max();
    whole.ok_or_else(|| BackupError::NotBackup(place.to_owned()))
}

/// Checks the backup in `folder`: the manifest against its digest, every file against the manifest, the repository
/// with `git fsck`, head and log against the manifest and the log's state, the newest checkpoint that it holds
/// against its trust policy, each person record against its name.
///
/// # Errors
/// [`BackupError::Damaged`], naming the first file that is not right; [`BackupError::NotBackup`]; those of the disk.
pub fn verify(folder: &Path) -> Result<Manifest> {
    let manifest = Manifest::read(folder)?;
    manifest.compare(folder)?;
    let repository = folder.join("registry.git");
    if let Some(fault) = check_repository(&repository, Depth::Full, GIT_LIMIT)?.first() {
        return Err(damaged("registry.git", format!("git fsck says: {fault}")));
    }
    let id = registry_id(folder).map_err(|error| damaged("registry-id", error.detail))?;
    if id.to_string() != manifest.registry {
        return Err(damaged("registry-id", format!("it names {id}, the manifest {}", manifest.registry)));
    }
    let unreadable = |error: StoreError| damaged("registry.git", error.to_string());
    let snapshot = Snapshot::open(folder).map_err(unreadable)?;
    let tree = tree_of(snapshot.replay(None), &id).map_err(unreadable)?;
    let (head, log) = describe(&snapshot, &tree)?;
    if head != manifest.head || log != manifest.log {
        return Err(damaged("registry.git", "its head or its log is not the one that the manifest names"));
    }
    verify_state(folder, &manifest)?;
    verify_checkpoint(&snapshot, &tree)?;
    verify_people(folder)?;
    Ok(manifest)
}

/// The log's state says what the repository gives.
fn verify_state(folder: &Path, manifest: &Manifest) -> Result<()> {
    let state = state::read(&folder.join("log-state")).map_err(|error| damaged("log-state", error.to_string()))?;
    let released = state.map(|state| (state.released.size, state.released.root.to_string()));
    if released == Some((manifest.log.size, manifest.log.root.clone())) {
        return Ok(());
    }
    Err(damaged("log-state", "it does not say what the log of the repository comes to"))
}

/// So does the newest checkpoint on the branch `log`, and the key that the trust policy names has signed it.
fn verify_checkpoint(snapshot: &Snapshot, tree: &Tree) -> Result<()> {
    let wrong = |detail: String| damaged("registry.git", format!("the checkpoint on its branch log: {detail}"));
    let Some(kept) = snapshot.checkpoint()? else { return Ok(()) };
    let kept = SignedCheckpoint::parse(&String::from_utf8_lossy(&kept)).map_err(|error| wrong(error.to_string()))?;
    let policy = snapshot.read(&paths::trust_policy())?.unwrap_or_default();
    let policy = Policy::parse(&String::from_utf8_lossy(&policy)).map_err(|error| wrong(error.to_string()))?;
    policy.examine(&kept).map_err(|error| wrong(error.to_string()))?;
    if tree.root_at(kept.checkpoint().size()) == Some(kept.checkpoint().root()) {
        return Ok(());
    }
    Err(wrong("it is not of this history".to_owned()))
}

fn verify_people(folder: &Path) -> Result<()> {
    let people = folder.join("people");
    for entry in fs::read_dir(&people).map_err(io_failure("list", &people))? {
        let path = entry.map_err(io_failure("list", &people))?.path();
        let bytes = fs::read(&path).map_err(io_failure("read", &path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name != format!("{}.json", Digest::of(&bytes).hex()) {
            return Err(damaged(&format!("people/{name}"), "its bytes do not have the digest that is its name"));
        }
    }
    Ok(())
}
