//! Maintenance beside the writer: many small packs and loose objects become few packs, found through one index.
//!
//! Git does it in a process of its own and needs no lock for it: it rolls up the packs and loose objects that it finds
//! when it begins, reachable or not, and deletes only what it has copied and synced. What the writer adds meanwhile it
//! does not touch. A reader that finds a pack gone looks again and finds the new one.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, setpriority_process};

use super::{
    Store, StoreError,
    folder::count_packs,
    packing::{Held, end},
};

/// With this many packs, or so many loose objects, maintenance is worth its time: a look-up asks every pack, and a
/// folder of many files is slow to list.
const WORTH_PACKS: usize = 50;
const WORTH_LOOSE_OBJECTS: usize = 4_096;
/// Loose objects are spread evenly over 256 folders by their ids; some of them tell about all.
const SAMPLED_FOLDERS: [&str; 4] = ["17", "5c", "a3", "e8"];
/// How often is looked whether Git is done, or is to stop.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// More of Git's words than anybody would read.
const MAX_WORDS_BYTES: u64 = 16 * 1024;

/// One thread and little memory: requests come first.
#[rustfmt::skip]
const MODESTLY: [&str; 8] = [
    "-c", "pack.threads=1", "-c", "pack.windowMemory=32m",
    "-c", "pack.deltaCacheSize=16m", "-c", "core.deltaBaseCacheLimit=32m",
];

/// How many steps of differences may lie between an object and one that is whole: to read it unpacks them all. With 50,
/// Git's own choice, the repository takes about a seventh less room, and an old document a third more time.
const SHORT_CHAINS: &str = "--depth=10";

/// The lowest priority.
const LAST: i32 = 19;

/// Packing, apart from the store: it goes on while others append.
#[derive(Debug, Clone)]
pub struct Maintenance {
    repository: PathBuf,
    /// The file that the git at work holds.
    held: PathBuf,
}

impl Store {
    /// The maintenance of this repository. Have one at work at a time, and tell [`Store::maintained`] when it is done.
    pub fn maintenance(&self) -> Maintenance {
        Maintenance { repository: self.folder.repository().to_owned(), held: self.folder.packing() }
    }

    /// Takes note that packs were exchanged: makes it durable, counts them, and reads the head through the new ones.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] as for `append`; [`StoreError::NotDurable`]; those of reading the head.
    pub fn maintained(&mut self) -> Result<(), StoreError> {
        self.check_usable()?;
        self.sync()?;
        self.packs = self.folder.count_packs()?;
        match &self.head {
            Some(head) => self.reader.commit(&head.commit).map(drop),
            None => Ok(()),
        }
    }

    /// Maintenance and nothing else meanwhile.
    ///
    /// # Errors
    /// As [`Maintenance::run`] and [`Store::maintained`].
    pub fn maintain(&mut self) -> Result<(), StoreError> {
        self.check_usable()?;
        self.maintenance().run(&|| true)?;
        self.maintained()
    }
}

impl Maintenance {
    /// How many packs there are.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn packs(&self) -> Result<usize, StoreError> {
        count_packs(&self.repository)
    }

    /// Whether so much has piled up that it is worth its time.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn is_due(&self) -> Result<bool, StoreError> {
        let objects = self.repository.join("objects");
        let listed = |folder| fs::read_dir(objects.join(folder)).map_or(0, Iterator::count);
        let loose = SAMPLED_FOLDERS.into_iter().map(listed).sum::<usize>() * 256 / SAMPLED_FOLDERS.len();
        Ok(loose >= WORTH_LOOSE_OBJECTS || self.packs()? >= WORTH_PACKS)
    }

    /// Runs `git repack --geometric=2 -d --write-midx` and `git commit-graph write`, and waits for them, for as long as
    /// `go_on` says so. Needs a `git` program; the user's and the system's Git configuration are shut out.
    ///
    /// Nothing is lost by stopping in the middle, also by a kill: old packs go only after the new ones are durable, and
    /// the next start ends what is still at work and removes what is half written.
    ///
    /// # Errors
    /// [`StoreError::Git`] with git's words when it fails or was stopped; [`StoreError::Io`] without git.
    pub fn run(&self, go_on: &dyn Fn() -> bool) -> Result<(), StoreError> {
        let repack = ["repack", "-q", "--geometric=2", "-d", "--write-midx", SHORT_CHAINS];
        self.git("repack", &repack, go_on)?;
        let graph = ["commit-graph", "write", "--reachable", "--no-progress"];
        self.git("write the commit-graph", &graph, go_on)
    }

    fn git(&self, doing: &'static str, arguments: &[&str], go_on: &dyn Fn() -> bool) -> Result<(), StoreError> {
        let failed = |detail: String| StoreError::Git { doing, detail };
        let held = Held::take(&self.held)?;
        let mut child = held.start(&mut command(&self.repository, arguments))?;
        let words = words_of(&mut child);
        let status = loop {
            match child.try_wait().map_err(StoreError::io("wait for git in", &self.repository))? {
                Some(status) => break status,
                None if go_on() => thread::sleep(BETWEEN_LOOKS),
                None => {
                    end(&mut child);
                    return Err(failed("it was told to stop".to_owned()));
                }
            }
        };
        let words = words.and_then(|words| words.join().ok()).unwrap_or_default();
        if status.success() { Ok(()) } else { Err(failed(format!("{status}: {}", words.trim()))) }
    }
}

pub(super) fn command(repository: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("LC_ALL", "C")]);
    command.arg("--git-dir").arg(repository).args(["-c", "core.fsync=all"]).args(MODESTLY).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Lets every other process have the processor first. Where that cannot be asked for, it works as any other.
pub(super) fn step_back(child: &Child) {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(id) = id {
        let _ = setpriority_process(Some(id), LAST);
    }
}

/// Reads what Git has to say while it works: a full pipe would stop it for ever.
fn words_of(child: &mut Child) -> Option<thread::JoinHandle<String>> {
    let mut pipe = child.stderr.take()?;
    Some(thread::spawn(move || {
        let mut words = Vec::new();
        let _ = pipe.by_ref().take(MAX_WORDS_BYTES).read_to_end(&mut words);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        String::from_utf8_lossy(&words).into_owned()
    }))
}

#[cfg(test)]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn a_child_that_steps_back_has_the_lowest_priority() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("sleep");
        step_back(&child);
        let id = Pid::from_raw(child.id() as i32);
        let priority = getpriority_process(id);
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        assert_eq!(priority, Ok(LAST));
    }
}
