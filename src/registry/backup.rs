//! Copies of a registry for the day on which its machine is lost, and putting one back.
//!
//! A backup is a folder that stands for itself: the repository, the log's state, the person records, the settings and,
//! if asked for, the keys, with a manifest of every byte. It is made beside a running server without stopping it,
//! because nothing in the repository ever changes or goes:
//!
//! 1. what the log has signed is noted first: the repository that is copied after it must hold all of that;
//! 2. Git copies the branches with all that they need, as of one moment;
//! 3. person records come last, because a record is there before the document that names it;
//! 4. the whole is checked as a stranger would check it, made durable, and only then given its name.
//!
//! Until then it has a name that nobody takes for a backup; a stop anywhere leaves only that, and the next backup
//! removes it. The same holds for putting back.
//!
//! Reading order: this file (making), `manifest`, `verify`, `restore`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::FlockOperation;

use super::{
    Clock, RegistryError,
    log::{
        leaf_of,
        state::{self, Mark, State, StateFile},
    },
    open::registry_id,
};
use crate::{
    domain::RegistryId,
    log::Tree,
    store::{Commit, Snapshot, StoreError, copy_repository},
};

mod manifest;
mod restore;
mod verify;

pub(super) use manifest::copy_hashing;
pub use manifest::{FileFacts, HeadFacts, LogFacts, MANIFEST, Manifest};
pub use restore::restore;
pub use verify::{newest, verify};

/// Git's part of a copy or a check; even a very large registry is through in a fraction of it.
const GIT_LIMIT: Duration = Duration::from_secs(4 * 3600);
/// How a backup is called that is not whole yet.
const PARTIAL: &str = ".partial-";
/// Held by whoever makes a backup in the folder.
const LOCK: &str = ".lock";
/// The server's settings, if they lie in the data folder.
const SETTINGS_FILE: &str = "certreg.toml";
/// The registry's own keys.
const KEYS: [&str; 4] = ["registry", "registry.pub", "log", "log.pub"];

/// Why there is no backup, or none that can be put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file of the backup is not as it was made.
    #[error("the backup is damaged: {file}: {detail}")]
    Damaged {
        /// Below the backup's folder.
        file: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The registry itself is not fit to be copied.
    #[error("the registry cannot be backed up as it is: {0}")]
    Source(String),
    /// There is no manifest.
    #[error("{} holds no backup: no {MANIFEST} is in it or in a folder below it", .0.display())]
    NotBackup(PathBuf),
    /// What would be made is there already.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// Another backup is being made in the same folder.
    #[error("another backup is being made in {}", .0.display())]
    Busy(PathBuf),
    /// The registry's own word.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Git's word.
    #[error(transparent)]
    Store(#[from] StoreError),
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
}

type Result<T> = std::result::Result<T, BackupError>;

/// Makes a backup of the registry in `data`, in a new folder below `shelf` that is named by the time; gives that folder
/// and what its manifest says, once all of it was checked.
///
/// # Errors
/// Not found without a registry; [`BackupError::Source`] when it does not hold what its log has signed;
/// [`BackupError::Busy`]; those of Git and of the disk. Nothing is left then that looks like a backup.
pub fn make(data: &Path, shelf: &Path, with_keys: bool, clock: &Clock) -> Result<(PathBuf, Manifest)> {
    let id = registry_id(data)?;
    private_folder(shelf)?;
    let _lock = lock(shelf)?;
    remove_partial(shelf)?;
    let made_at = clock.now().to_string();
    let name = made_at.replace(':', "-");
    let folder = shelf.join(&name);
    if folder.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(folder));
    }
    let staging = Staging::make(shelf.join(format!("{PARTIAL}{name}")))?;
    let (head, log) = fill(data, &staging.0, &id, with_keys)?;
    Manifest::of(&staging.0, id.to_string(), made_at, head, log)?.write(&staging.0)?;
    let manifest = verify(&staging.0)?;
    staging.finish(&folder)?;
    Ok((folder, manifest))
}

/// Copies everything into `to`, and gives the head and the log of what was copied.
fn fill(data: &Path, to: &Path, id: &RegistryId, with_keys: bool) -> Result<(HeadFacts, LogFacts)> {
    let damaged = |error: io::Error| BackupError::Source(format!("its file log-state cannot be read ({error})"));
    let signed = state::read(&data.join("log-state")).map_err(damaged)?;
    copy_repository(&data.join("registry.git"), &to.join("registry.git"), GIT_LIMIT)?;
    let snapshot = Snapshot::open(to)?;
    let tree = tree_of(snapshot.replay(None), id)?;
    if let Some(State { released, .. }) = signed
        && !released.is_in(&tree)
    {
        let message = format!(
            "its log has signed {} entries, and the repository holds {} or others: it was rolled back or rewritten; see 'certreg doctor'",
            released.size,
            tree.size()
        );
        return Err(BackupError::Source(message));
    }
    // What the server was about to append is not in the copy, or is there for good: either way the tree tells.
    let (mut file, _) = StateFile::open(&to.join("log-state")).map_err(io_failure("write", to))?;
    let now = State { released: Mark::of(&tree), pending: Mark::of(&tree) };
    file.write_durably(&now).map_err(io_failure("write", to))?;
    copy_if_there(data, to, "registry-id", 0o644)?;
    copy_if_there(data, to, SETTINGS_FILE, 0o600)?;
    copy_people(data, to)?;
    if with_keys {
        private_folder(&to.join("keys"))?;
        for key in KEYS {
            let is_there = copy_if_there(data, to, &format!("keys/{key}"), 0o600)?;
            if !is_there && !key.ends_with(".pub") {
                return Err(BackupError::Source(format!("its key keys/{key} is missing")));
            }
        }
    }
    describe(&snapshot, &tree)
}

/// Records that are forgotten while they are copied are left out.
fn copy_people(data: &Path, to: &Path) -> Result<()> {
    private_folder(&to.join("people"))?;
    let people = data.join("people");
    let entries = match fs::read_dir(&people) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(io_failure("list", &people))?,
    };
    for entry in entries {
        let name = entry.map_err(io_failure("list", &people))?.file_name();
        let Some(name) = name.to_str().filter(|name| name.ends_with(".json")) else { continue };
        copy_if_there(data, to, &format!("people/{name}"), 0o600)?;
    }
    Ok(())
}

/// Says whether there was anything to copy.
fn copy_if_there(data: &Path, to: &Path, name: &str, mode: u32) -> Result<bool> {
    let (from, to) = (data.join(name), to.join(name));
    let mut from_file = match File::open(&from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file.map_err(io_failure("read", &from))?,
    };
    let mut file = create(&to, mode)?;
    io::copy(&mut from_file, &mut file).map_err(io_failure("copy", &from))?;
    Ok(true)
}

/// The head and the log, for a manifest.
fn describe(snapshot: &Snapshot, tree: &Tree) -> Result<(HeadFacts, LogFacts)> {
    let head = snapshot.head().ok_or_else(|| BackupError::Source("its repository has no commit".to_owned()))?;
    let head = HeadFacts { commit: head.commit.to_string(), sequence: head.sequence, time: head.time.to_string() };
    Ok((head, LogFacts { size: tree.size(), root: tree.root().to_string() }))
}

/// The log's tree, from every commit and every file: all of them are read and compared with their ids.
pub(super) fn tree_of(
    commits: impl Iterator<Item = std::result::Result<Commit, StoreError>>,
    id: &RegistryId,
) -> std::result::Result<Tree, StoreError> {
    let mut tree = Tree::new();
    for commit in commits {
        tree.push(leaf_of(id, &commit?.appended()));
    }
    Ok(tree)
}

/// A folder that is not whole yet; it goes unless it is finished.
struct Staging(PathBuf);

impl Staging {
    fn make(path: PathBuf) -> Result<Staging> {
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(BackupError::Exists(path)),
            made => made.map(|()| Staging(path.clone())).map_err(io_failure("create", &path)),
        }
    }

    /// Makes all of it durable, then gives it its name.
    fn finish(self, name: &Path) -> Result<()> {
        if name.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(name.to_owned()));
        }
        sync(&self.0)?;
        fs::rename(&self.0, name).map_err(io_failure("name", name))?;
        // A relative name of one part lies in the present folder.
        let above = name.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above).and_then(|above| above.sync_all()).map_err(io_failure("sync", above))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After `finish` there is nothing by this name. What cannot be removed now, the next one removes.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sync(folder: &Path) -> Result<()> {
    let volume = File::open(folder).map_err(io_failure("open", folder))?;
    #[cfg(target_os = "linux")]
    let result = rustix::fs::syncfs(&volume);
    #[cfg(not(target_os = "linux"))]
    let result = rustix::fs::fsync(&volume).map(|()| rustix::fs::sync());
    result.map_err(|error| io_failure("sync", folder)(error.into()))
}

fn lock(shelf: &Path) -> Result<File> {
    let lock = create(&shelf.join(LOCK), 0o600)?;
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(BackupError::Busy(shelf.to_owned())),
        Err(error) => Err(io_failure("lock", shelf)(error.into())),
    }
}

/// Removes what a stop in the middle of an earlier backup left; only for the holder of the lock.
fn remove_partial(shelf: &Path) -> Result<()> {
    for entry in fs::read_dir(shelf).map_err(io_failure("list", shelf))? {
        let entry = entry.map_err(io_failure("list", shelf))?;
        if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
            fs::remove_dir_all(entry.path()).map_err(io_failure("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Makes a folder that only its owner may enter: there are names of people in it.
fn private_folder(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io_failure("create", path))
}

fn create(path: &Path, mode: u32) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode).open(path).map_err(io_failure("create", path))
}

fn damaged(file: &str, detail: impl Into<String>) -> BackupError {
    BackupError::Damaged { file: file.to_owned(), detail: detail.into() }
}

fn io_failure<'p>(doing: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> BackupError + 'p {
    move |source| BackupError::Io { doing, path: path.to_owned(), source }
}
