//! The data folder: its lock, its clean-stop marker, and the one call that makes everything in it durable.
//!
//! ```text
//! <data>/lock            held by the one process that may write
//! <data>/registry.git    the bare repository
//! <data>/packing         held by a git that packs
//! <data>/staging         objects on their way in; whatever is left there at the start is thrown away
//! <data>/clean           the head at the last clean stop; absent while a store is open
//! <data>/last-clean      the same, kept as a hint while a store is open
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::FlockOperation;

use super::{Head, StoreError, packing};
use crate::domain::time::Instant;

/// A data folder that this process has locked.
pub(super) struct Folder {
    data: PathBuf,
    repository: PathBuf,
    /// Any open file on the volume serves for `syncfs`; the folder itself is always there. It stays open because the
    /// kernel reports a write that failed in the background to files opened before it.
    volume: File,
    /// The lock lasts until this is closed.
    lock: File,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A process that was just started may still share the file until it runs its own program: closing ours would
        // leave the folder locked for that long.
        let _ = rustix::fs::flock(&self.lock, FlockOperation::Unlock);
    }
}

impl Folder {
    /// Makes the folder (mode 0700) if it is not there, and refuses it if there is anything in it but what
    /// `certreg init` prepares: the registry's keys and its proposal to the Department.
    pub(super) fn create(data: &Path) -> Result<Folder, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(StoreError::io("create", data))?;
        for entry in fs::read_dir(data).map_err(StoreError::io("list", data))? {
            let name = entry.map_err(StoreError::io("list", data))?.file_name();
            if name != "keys" && name != "genesis" {
                return Err(StoreError::NotEmpty(data.to_owned()));
            }
        }
        Folder::lock(data)
    }

    /// Locks a folder that holds a registry.
    pub(super) fn open(data: &Path) -> Result<Folder, StoreError> {
        if !data.join("registry.git").join("objects").is_dir() {
            return Err(StoreError::NoRegistry(data.to_owned()));
        }
        Folder::lock(data)
    }

    fn lock(data: &Path) -> Result<Folder, StoreError> {
        let path = data.join("lock");
        let mut options = OpenOptions::new();
        let lock = options.create(true).truncate(false).write(true).mode(0o600).open(&path);
        let lock = lock.map_err(StoreError::io("open", &path))?;
        // The kernel drops the lock with the process, however it ends: there is no stale lock to clean.
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(StoreError::InUse(data.to_owned())),
            Err(error) => return Err(StoreError::io("lock", &path)(error.into())),
        }
        let volume = File::open(data).map_err(StoreError::io("open", data))?;
        Ok(Folder { data: data.to_owned(), repository: data.join("registry.git"), volume, lock })
    }

    /// The bare repository.
    pub(super) fn repository(&self) -> &Path {
        &self.repository
    }

    /// The file that a git holds while it packs.
    pub(super) fn packing(&self) -> PathBuf {
        self.data.join("packing")
    }

    /// How many packs the repository has.
    pub(super) fn count_packs(&self) -> Result<usize, StoreError> {
        count_packs(&self.repository)
    }

    /// Makes everything written so far durable, whoever wrote it: files, names and refs.
    ///
    /// libgit2 has no switch for syncing, and one call for a whole group is cheaper than one for each file.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        #[cfg(target_os = "linux")]
        let result = rustix::fs::syncfs(&self.volume);
        #[cfg(not(target_os = "linux"))]
        let result = rustix::fs::fsync(&self.volume).map(|()| rustix::fs::sync());
        result.map_err(|error| StoreError::NotDurable(error.into()))
    }

    /// The staging folder, empty.
    pub(super) fn empty_staging(&self) -> Result<PathBuf, StoreError> {
        let staging = self.data.join("staging");
        self.remove_staging()?;
        DirBuilder::new().mode(0o700).create(&staging).map_err(StoreError::io("create", &staging))?;
        Ok(staging)
    }

    pub(super) fn remove_staging(&self) -> Result<(), StoreError> {
        let staging = self.data.join("staging");
        match fs::remove_dir_all(&staging) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io("empty", &staging)(error)),
            _ => Ok(()),
        }
    }

    /// Removes what a killed writer, or a killed `git repack`, leaves behind, and ends a `git repack` that outlived its
    /// server. Only the holder of the lock may do this: a lock file of a running process would look the same.
    pub(super) fn remove_leftovers(&self) -> Result<(), StoreError> {
        packing::end_orphan(&self.packing())?;
        self.remove_staging()?;
        let is_lock = |name: &str| name.ends_with(".lock");
        let is_temporary = |name: &str| is_lock(name) || name.starts_with("tmp_") || name.starts_with(".tmp-");
        remove_matching(&self.repository, false, &is_lock)?;
        remove_matching(&self.repository.join("refs"), true, &is_lock)?;
        remove_matching(&self.repository.join("objects/info"), true, &is_lock)?;
        remove_matching(&self.repository.join("objects/pack"), false, &is_temporary)
    }

    /// The head that a clean stop left, if the last stop was one.
    pub(super) fn clean_head(&self) -> Option<Head> {
        read_head(&self.data.join("clean"))
    }

    /// The head at the last clean stop but one, or before a crash: a hint, true only if that commit is on `main`.
    pub(super) fn last_clean_head(&self) -> Option<Head> {
        read_head(&self.data.join("last-clean"))
    }

    /// Takes the clean-stop marker away for as long as the store is open. Should a power cut undo this, the marker
    /// names a commit that is no longer the head, or one after which nothing was written.
    pub(super) fn take_marker(&self) -> Result<(), StoreError> {
        let marker = self.data.join("clean");
        match fs::rename(&marker, self.data.join("last-clean")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io("move", &marker)(error)),
            _ => Ok(()),
        }
    }

    /// Leaves the clean-stop marker, durably.
    pub(super) fn leave_marker(&self, head: &Head) -> Result<(), StoreError> {
        let (marker, temporary) = (self.data.join("clean"), self.data.join("clean.tmp"));
        let text = format!("{} {} {}\n", head.commit, head.sequence, head.time);
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &marker)
        };
        write().map_err(StoreError::io("write", &marker))?;
        self.volume.sync_all().map_err(StoreError::NotDurable)
    }
}

/// How many packs a repository has.
pub(super) fn count_packs(repository: &Path) -> Result<usize, StoreError> {
    let folder = repository.join("objects/pack");
    let listing = fs::read_dir(&folder).map_err(StoreError::io("list", &folder))?;
    Ok(listing.flatten().filter(|item| item.path().extension().is_some_and(|end| end == "idx")).count())
}

/// Reads `<commit> <sequence> <time>`; anything else counts as no marker.
fn read_head(path: &Path) -> Option<Head> {
    let text = fs::read_to_string(path).ok()?;
    let mut parts = text.strip_suffix('\n')?.splitn(3, ' ');
    let commit = parts.next()?.parse().ok()?;
    let sequence = parts.next()?.parse().ok()?;
    let time: Instant = parts.next()?.parse().ok()?;
    Some(Head { commit, sequence, time })
}

fn remove_matching(folder: &Path, deep: bool, matches: &dyn Fn(&str) -> bool) -> Result<(), StoreError> {
    let Ok(listing) = fs::read_dir(folder) else { return Ok(()) };
    for item in listing {
        let item = item.map_err(StoreError::io("list", folder))?;
        let (path, name) = (item.path(), item.file_name());
        let kind = item.file_type().map_err(StoreError::io("look at", &path))?;
        if kind.is_dir() {
            if deep {
                remove_matching(&path, true, matches)?;
            }
        } else if name.to_str().is_some_and(matches) {
            fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
impl Folder {
    /// Lets every sync fail: a file opened only as a path cannot be synced.
    pub(super) fn break_sync(&mut self) {
        let flags = rustix::fs::OFlags::PATH.bits() as i32;
        self.volume = OpenOptions::new().read(true).custom_flags(flags).open(&self.data).expect("the folder is there");
    }
}
