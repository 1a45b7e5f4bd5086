//! Maintenance on demand: many small packs and loose objects become few packs, found through one index.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::{Store, StoreError};

impl Store {
    /// Runs `git repack --geometric=2 -d --write-midx` and `git commit-graph write`, and waits for them.
    ///
    /// Nothing that `main` reaches is dropped, and readers go on meanwhile. It holds the store, so nothing is appended
    /// while it runs. Needs a `git` program; the user's and the system's Git configuration are shut out.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] as for `append`; [`StoreError::Git`] with git's words when it fails;
    /// [`StoreError::NotDurable`].
    pub fn maintain(&mut self) -> Result<(), StoreError> {
        self.check_usable()?;
        run_git(self.folder.repository(), "repack", &["repack", "-q", "--geometric=2", "-d", "--write-midx"])?;
        run_git(
            self.folder.repository(),
            "write the commit-graph",
            &["commit-graph", "write", "--reachable", "--no-progress"],
        )?;
        self.sync()?;
        self.packs = self.folder.count_packs()?;
        match &self.head {
            Some(head) => self.reader.commit(&head.commit).map(drop),
            None => Ok(()),
        }
    }
}

fn run_git(repository: &Path, doing: &'static str, arguments: &[&str]) -> Result<(), StoreError> {
    let mut command = Command::new("git");
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("LC_ALL", "C")]);
    command.arg("--git-dir").arg(repository).args(["-c", "core.fsync=all"]).args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(StoreError::io("run git in", repository))?;
    if output.status.success() {
        return Ok(());
    }
    let detail = format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    Err(StoreError::Git { doing, detail })
}
