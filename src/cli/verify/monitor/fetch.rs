//! A clone of this program's own, brought up to date with Git: never past a history that was rewritten.

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::cli::error::{CliError, CliResult};

/// The branches that count: checkpoints first, so that `main` has every commit that they count. Without a `+`, Git
/// refuses what does not continue what is there.
const BRANCHES: [&str; 2] = ["refs/heads/log:refs/heads/log", "refs/heads/main:refs/heads/main"];

/// Fetches what `url` has into the bare repository `clone`, made if it is not there; gives what is wrong.
///
/// # Errors
/// Unreachable when Git cannot fetch; usage for an address that Git would take for an option.
pub(super) fn bring_up_to_date(url: &str, clone: &Path) -> CliResult<Vec<String>> {
    if !clone.join("objects").is_dir() {
        let made = git(Path::new("."), &["init", "--quiet", "--bare", "--initial-branch=main", "--", &text(clone)])?;
        if !made.status.success() {
            return Err(failed("make the folder for the clone", &made));
        }
    }
    let mut findings = Vec::new();
    for branch in BRANCHES {
        let fetched = git(clone, &["fetch", "--no-progress", "--no-tags", "--no-write-fetch-head", "--", url, branch])?;
        let said = String::from_utf8_lossy(&fetched.stderr).into_owned();
        let name = branch.rsplit('/').next().unwrap_or_default();
        match () {
            () if fetched.status.success() => {}
            // A registry has no branch 'log' before it has kept its first checkpoint.
            () if name == "log" && said.contains("couldn't find remote ref") => {}
            () if said.contains("non-fast-forward") || said.contains("rejected") => findings.push(format!(
                "{url} offers another history than before: its branch '{name}' does not continue the one that was fetched \
                 earlier (which is kept here)"
            )),
            () => return Err(failed(&format!("fetch from {url}"), &fetched)),
        }
    }
    Ok(findings)
}

/// Git without anybody's settings, and without questions.
fn git(folder: &Path, arguments: &[&str]) -> CliResult<Output> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "protocol.allow=never"]);
    for protocol in ["https", "http", "file"] {
        command.arg("-c").arg(format!("protocol.{protocol}.allow=always"));
    }
    command.args(arguments).env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    command.output().map_err(|error| {
        CliError::unreachable(format!("git cannot be run: {error}"))
            .next("Install Git, or clone by yourself and name the folder.")
    })
}

fn failed(what: &str, output: &Output) -> CliError {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("without a word");
    let plain: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
    CliError::unreachable(format!("git cannot {what}: {plain}"))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
