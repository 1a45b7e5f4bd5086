//! Copying and checking a repository through Git itself, in a process of its own with a time limit: a damaged file can
//! make Git, too, wait for ever, and nobody else may wait with it.

use std::{
    io::Read,
    path::Path,
    process::{Child, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant as Stopwatch},
};

use super::{
    StoreError,
    branch::Branch,
    maintain::{command, step_back},
};

/// How often is looked whether Git is done.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// More of Git's words than anybody would read.
const MAX_WORDS_BYTES: u64 = 16 * 1024;

/// How much of a repository is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// That every object which a branch needs is there.
    Connected,
    /// Every byte of every object, too.
    Full,
}

/// Copies the branches of the bare repository at `from`, and all that they need, into a new one at `to`.
///
/// Somebody may write to `from`, and pack it, at the same time: the copy is as of one moment. Git hashes and checks
/// every object that it takes.
///
/// # Errors
/// [`StoreError::Git`] with Git's words, also when `limit` has passed; [`StoreError::Io`] without git.
pub fn copy_repository(from: &Path, to: &Path, limit: Duration) -> Result<(), StoreError> {
    drop(Branch::init(to)?);
    let from = std::path::absolute(from).map_err(StoreError::io("find", from))?;
    let from = from.to_string_lossy();
    let fetch = ["-c", "fetch.fsckObjects=true", "-c", "fetch.unpackLimit=1", "fetch", "-q", "--no-tags"];
    let what = ["--no-write-fetch-head", &from, "+refs/heads/*:refs/heads/*"];
    let (status, words) = run(to, "copy the repository", &[&fetch[..], &what[..]].concat(), limit, &|| true)?;
    if status.success() { Ok(()) } else { Err(failed("copy the repository", &status, &words)) }
}

/// What `git fsck` finds in the bare repository at `repository`, a line each; empty when all is well.
///
/// # Errors
/// [`StoreError::Git`] when it did not end within `limit`; [`StoreError::Io`] without git.
pub fn check_repository(repository: &Path, depth: Depth, limit: Duration) -> Result<Vec<String>, StoreError> {
    check_repository_while(repository, depth, limit, &|| true)
}

/// The same for as long as `go_on` says so.
///
/// # Errors
/// As [`check_repository`]; [`StoreError::Git`] also when it was told to stop.
pub fn check_repository_while(
    repository: &Path,
    depth: Depth,
    limit: Duration,
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<String>, StoreError> {
    let depth: &[&str] = match depth {
        Depth::Connected => &["--connectivity-only"],
        Depth::Full => &["--full", "--strict"],
    };
    let arguments = [&["fsck", "--no-dangling", "--no-progress"], depth].concat();
    let (status, words) = run(repository, "check the repository", &arguments, limit, go_on)?;
    if status.success() {
        return Ok(Vec::new());
    }
    let lines: Vec<String> = words.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if lines.is_empty() { Ok(vec![format!("git fsck ended with {status}")]) } else { Ok(lines) }
}

/// Runs git to its end, with the lowest priority, and gives all that it said; no longer than `limit`.
fn run(
    repository: &Path,
    doing: &'static str,
    arguments: &[&str],
    limit: Duration,
    go_on: &dyn Fn() -> bool,
) -> Result<(ExitStatus, String), StoreError> {
    let child = command(repository, arguments).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(StoreError::io("run git in", repository))?;
    step_back(&child);
    let out = child.stdout.take().map(listen);
    let err = child.stderr.take().map(listen);
    let status = wait(&mut child, limit, go_on).map_err(StoreError::io("wait for git in", repository))?;
    let words: String = [err, out].into_iter().flatten().filter_map(|words| words.join().ok()).collect();
    match status {
        Some(status) => Ok((status, words)),
        None if !go_on() => Err(StoreError::Git { doing, detail: "it was told to stop".to_owned() }),
        None => Err(StoreError::Git { doing, detail: format!("it was not done after {} seconds", limit.as_secs()) }),
    }
}

fn wait(child: &mut Child, limit: Duration, go_on: &dyn Fn() -> bool) -> std::io::Result<Option<ExitStatus>> {
    let begun = Stopwatch::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > limit || !go_on() {
            // It may have ended just now; either way it is waited for, so that nothing of it is left.
            let _ = child.kill();
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// Reads what Git has to say while it works: a full pipe would stop it for ever.
fn listen(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut words = Vec::new();
        let _ = pipe.by_ref().take(MAX_WORDS_BYTES).read_to_end(&mut words);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        String::from_utf8_lossy(&words).into_owned()
    })
}

fn failed(doing: &'static str, status: &ExitStatus, words: &str) -> StoreError {
    StoreError::Git { doing, detail: format!("{status}: {}", words.trim()) }
}
