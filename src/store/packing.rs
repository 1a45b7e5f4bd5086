//! A git that packs, and outlives its server when that is killed.
//!
//! The kernel ends no child with its parent. While git works it holds a file of the data folder as its standard input;
//! whoever opens the folder next finds it held, ends that git with all that it has started, and waits until it is gone:
//! no file of its is removed while it still writes, and no second git packs beside it.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::{
        fs::{MetadataExt as _, OpenOptionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::{
    fs::FlockOperation,
    io::Errno,
    process::{Pid, Signal, kill_process_group},
};

use super::StoreError;

/// How often is looked whether the file is free.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// A process that was killed is gone in a moment, unless a disk holds it up.
const LOOKS_AFTER_KILL: usize = 3_000;
/// For so long another process that was just started may share a file that is closed here.
const LOOKS: usize = 100;

/// The file that says that git packs: held until this is dropped and the git that it started has ended.
pub(super) struct Held {
    file: File,
    path: PathBuf,
}

impl Held {
    /// Takes the file, which must be free: one packs at a time.
    ///
    /// # Errors
    /// [`StoreError::Io`], also when another holds it.
    pub(super) fn take(path: &Path) -> Result<Held, StoreError> {
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(path);
        let file = file.map_err(StoreError::io("open", path))?;
        if !is_locked_within(LOOKS, &file, path)? {
            return Err(StoreError::io("lock", path)(std::io::ErrorKind::WouldBlock.into()));
        }
        file.set_len(0).map_err(StoreError::io("write", path))?;
        Ok(Held { file, path: path.to_owned() })
    }

    /// Starts `command`, which reads nothing, so that it holds the file too.
    ///
    /// # Errors
    /// [`StoreError::Io`] with what could not be done.
    pub(super) fn start(&self, command: &mut Command) -> Result<Child, StoreError> {
        let shared = self.file.try_clone().map_err(StoreError::io("share", &self.path))?;
        let child = command.stdin(Stdio::from(shared)).process_group(0).spawn();
        let mut child = child.map_err(StoreError::io("run git beside", &self.path))?;
        // Were this process killed before it has written this, whoever comes next would wait instead of ending it.
        match (&self.file).write_all(child.id().to_string().as_bytes()) {
            Ok(()) => Ok(child),
            Err(error) => {
                end(&mut child);
                Err(StoreError::io("write", &self.path)(error))
            }
        }
    }
}

/// Ends git and all that it has started, and waits for it.
pub(super) fn end(child: &mut Child) {
    // It may have ended just now; either way nothing of it is left.
    if let Some(leader) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(leader, Signal::KILL);
    }
    let _ = child.wait();
}

/// Ends the git that a killed server has left at work, if there is one. Only the holder of the folder's lock may do
/// this.
///
/// # Errors
/// [`StoreError::Io`] when it cannot be ended.
pub(super) fn end_orphan(path: &Path) -> Result<(), StoreError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        file => file.map_err(StoreError::io("open", path))?,
    };
    if is_locked_within(1, &file, path)? {
        return Ok(());
    }
    kill_named(&mut file);
    match is_locked_within(LOOKS_AFTER_KILL, &file, path)? {
        true => Ok(()),
        false => Err(StoreError::io("end the git that holds", path)(std::io::ErrorKind::TimedOut.into())),
    }
}

/// Kills the group that the file names, if its leader really holds the file: one process may be killed only for being
/// this one, and in another container the number names somebody else.
fn kill_named(file: &mut File) {
    let mut text = String::new();
    let named: Option<i32> = file.read_to_string(&mut text).ok().and_then(|_| text.parse().ok());
    let identity = |file: &Metadata| (file.dev(), file.ino());
    let holds = |id: &i32| {
        let input = fs::metadata(format!("/proc/{id}/fd/0"));
        input.is_ok_and(|input| file.metadata().is_ok_and(|file| identity(&file) == identity(&input)))
    };
    if let Some(leader) = named.filter(holds).and_then(Pid::from_raw) {
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

/// Looks so many times whether it can be locked.
fn is_locked_within(looks: usize, file: &File, path: &Path) -> Result<bool, StoreError> {
    for look in 0..looks {
        if look > 0 {
            thread::sleep(BETWEEN_LOOKS);
        }
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => {}
            Err(error) => return Err(StoreError::io("lock", path)(error.into())),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_outlives_its_server_is_ended_with_all_that_it_has_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("packing");
        end_orphan(&path).expect("nothing was ever packed");
        let held = Held::take(&path).expect("free");
        let mut orphan = held.start(Command::new("sh").args(["-c", "sleep 600 & sleep 600"])).expect("a shell");
        assert!(Held::take(&path).is_err(), "one at a time");
        drop(held);
        assert!(Held::take(&path).is_err(), "it still works");
        end_orphan(&path).expect("ended");
        assert!(!orphan.wait().expect("ended").success());
        Held::take(&path).expect("free again");
    }

    #[test]
    fn a_process_that_only_bears_the_number_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("packing");
        let mut other = Command::new("sleep").arg("600").process_group(0).spawn().expect("a program");
        fs::write(&path, other.id().to_string()).expect("a file");
        kill_named(&mut File::open(&path).expect("a file"));
        assert!(other.try_wait().expect("known").is_none(), "it lives");
        other.kill().and_then(|()| other.wait()).expect("ended");
    }

    #[test]
    fn the_file_is_free_when_its_git_has_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("packing");
        for _ in 0..3 {
            let held = Held::take(&path).expect("free");
            assert!(held.start(&mut Command::new("true")).expect("a program").wait().expect("ended").success());
        }
        end_orphan(&path).expect("nobody");
    }
}
