//! `certreg monitor`: replaying a clone again and again, to see that nothing is taken back, and that everybody is shown
//! the same.
//!
//! What `certreg verify` judges in a history is judged by the same code; this adds the log (leaves, roots,
//! checkpoints, witnesses), what was seen the last time, and one supplier that somebody watches.
//!
//! Reading order: `replay`, `checkpoints`, `memory`, `news`, `show`; `fetch` brings a clone up to date.

mod checkpoints;
mod fetch;
mod memory;
mod news;
mod replay;
mod show;

use std::path::PathBuf;

use super::history::Finding;
use crate::{
    cli::{
        error::{CliError, CliResult, Exit},
        files, remote,
    },
    domain::SupplierId,
    format::paths,
    log::{Policy, origin},
    store::{Snapshot, StoreError},
};
use checkpoints::Checkpoints;
use memory::{Memory, Seen};
use news::News;
use replay::Replayed;

/// Replay a whole registry, compare it with its checkpoints, and with what was seen before
///
/// Everything that 'certreg verify CLONE' checks, from the first commit on, and besides: that the checkpoints which
/// the registry has signed are those of this very history, that enough witnesses have cosigned the newest, and (with
/// --state) that nothing that was there the last time is gone or changed. Run it every day, on a machine of your own:
/// that is how a registry that rewrites history, or shows others another one, is caught.
/// With --supplier it also tells what has changed for one supplier since the last time, above all its keys: for
/// suppliers, who alone know which keys are theirs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git clone URL-OF-A-COPY registry
  certreg monitor registry --root SHA256:… --state seen.json --checkpoint https://certreg.example

every day, fetching by itself (a rewritten history is refused):
  certreg monitor URL-OF-A-COPY --clone registry.git --root SHA256:… --state seen.json

a supplier's watch over its own keys:
  certreg monitor registry --state seen.json --supplier example-learning --fail-on-news

Exit code: 0 nothing is wrong, 1 something is (a sentence each), 3 it cannot be read. The state is written only when
nothing is wrong.
Next, when something is wrong: keep the clone, the state and the checkpoint, and tell others")]
pub(in crate::cli) struct Monitor {
    /// The folder of a clone, a data folder, or the address of a Git repository
    #[arg(value_name = "CLONE|URL")]
    target: String,
    /// URL: the folder to keep the clone in
    #[arg(long, value_name = "DIR")]
    clone: Option<PathBuf>,
    /// What was seen the last time; written anew when nothing is wrong
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// A checkpoint to compare with: a file, or the registry's address; may be repeated
    #[arg(long, value_name = "FILE|URL")]
    checkpoint: Vec<String>,
    /// Which log and which witnesses to believe, in place of the clone's own authority/trust-policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Ask each witness of the trust policy for the newest checkpoint that it has cosigned
    #[arg(long)]
    ask_witnesses: bool,
    /// The fingerprint of the root key, from outside
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
    /// Tell what has changed for this supplier
    #[arg(long, value_name = "SUPPLIER")]
    supplier: Option<SupplierId>,
    /// End with exit code 1 when there is something new of the supplier
    #[arg(long, requires = "supplier")]
    fail_on_news: bool,
    /// Write the result as JSON
    #[arg(long)]
    json: bool,
}

/// What a run has found.
struct Report {
    /// What is wrong, a sentence each.
    findings: Vec<String>,
    /// What could not be looked at.
    notes: Vec<String>,
    /// What was accepted by a key that has been reported since.
    unsound: Vec<Finding>,
    news: Vec<News>,
    /// Where the news begin: the size that was seen the last time.
    seen_size: u64,
    /// The checkpoints that were compared and are right.
    compared: Vec<String>,
    /// What to remember.
    seen: Option<Seen>,
    replayed: Replayed,
}

impl Monitor {
    pub(in crate::cli) fn run(self) -> CliResult {
        let seen = self.state.as_deref().map(Memory::read).transpose()?.flatten();
        if self.root.as_ref().is_some_and(|root| !root.starts_with("SHA256:")) {
            return Err(CliError::usage("--root takes a fingerprint: SHA256:…, as 'ssh-keygen -l' shows it"));
        }
        let mut findings = Vec::new();
        let folder = self.folder(&mut findings)?;
        let snapshot = match Snapshot::open(&folder) {
            // Not a failure to read, but an answer.
            Err(error @ (StoreError::Foreign { .. } | StoreError::Damaged { .. })) => {
                return Err(CliError::no(format!("this clone cannot be trusted: {error}")));
            }
            opened => opened?,
        };
        if snapshot.read(&paths::registry())?.is_none() {
            return Err(CliError::no(format!("{} is a Git repository, but not a registry's", folder.display())));
        }
        let seen_size = seen.as_ref().map_or(0, |seen| seen.size);
        let watch = self.supplier.as_ref().map(|supplier| (supplier, seen_size));
        let replayed = replay::replay(&snapshot, watch);
        let mut report = self.compare(&snapshot, seen.as_ref(), replayed)?;
        report.findings.splice(0..0, findings);
        if self.json {
            show::json(&report)?;
        } else {
            show::people(&self, &report)?;
        }
        self.end(&report)
    }

    /// The folder to read, brought up to date if it is a clone of this program's own.
    fn folder(&self, findings: &mut Vec<String>) -> CliResult<PathBuf> {
        let is_address = remote::is_address(&self.target) || self.target.starts_with("file://");
        match (&self.clone, is_address) {
            (Some(clone), true) => {
                findings.extend(fetch::bring_up_to_date(&self.target, clone)?);
                Ok(clone.clone())
            }
            (None, true) => Err(CliError::usage("say in which folder to keep the clone: --clone DIR")),
            (Some(_), false) => Err(CliError::usage("--clone goes with an address, not with a folder")),
            (None, false) => {
                let folder = PathBuf::from(&self.target);
                let missing = || {
                    CliError::unreachable(format!("there is no folder {}", folder.display()))
                        .next("Name a clone of a registry, or the address of its Git repository with --clone DIR.")
                };
                if folder.is_dir() { Ok(folder) } else { Err(missing()) }
            }
        }
    }

    /// Compares the history with everything that others, and we ourselves, know of it.
    fn compare(&self, snapshot: &Snapshot, seen: Option<&Seen>, mut replayed: Replayed) -> CliResult<Report> {
        let mut findings: Vec<String> = replayed.history.findings.iter().map(super::clone::sentence).collect();
        findings.append(&mut replayed.findings);
        let unsound = replayed.history.unsound_now();
        let pinned = |root: &String| replayed.history.roots.iter().any(|key| key.fingerprint() == *root);
        if self.root.as_ref().is_some_and(|root| !pinned(root)) {
            findings
                .push("the root key is not the one that you pinned: this is another registry, or a forged one".into());
        }
        if let (Some(seen), Some(registry)) = (seen, &replayed.history.registry) {
            let own = origin(registry);
            if seen.log != own {
                return Err(CliError::usage(format!("the state is that of {}, not of {own}", seen.log))
                    .next("Keep a state file for each registry."));
            }
            findings.extend(seen.contradicted_by(&replayed.tree));
        }
        let mut checkpoints = Checkpoints::new(&replayed, self.told_policy()?, seen);
        checkpoints.on_branch(snapshot)?;
        for place in &self.checkpoint {
            checkpoints.given(place)?;
        }
        if self.ask_witnesses {
            checkpoints.of_witnesses();
        }
        let told = checkpoints.end();
        findings.extend(told.findings);
        let checkpoint_size = told.newest_size.max(seen.map_or(0, |seen| seen.checkpoint_size));
        let now = replayed.history.registry.as_ref().map(|id| Seen::of(origin(id), &replayed.tree, checkpoint_size));
        let news = std::mem::take(&mut replayed.news);
        let seen_size = seen.map_or(0, |seen| seen.size);
        let (notes, compared) = (told.notes, told.compared);
        Ok(Report { findings, notes, unsound, news, seen_size, compared, seen: now, replayed })
    }

    /// The policy from outside.
    fn told_policy(&self) -> CliResult<Option<Policy>> {
        let Some(path) = &self.policy else { return Ok(None) };
        let policy = Policy::parse(&files::read_text(path)?);
        policy.map(Some).map_err(|error| CliError::no(format!("{}: {error}", path.display())))
    }

    fn end(&self, report: &Report) -> CliResult {
        if !report.findings.is_empty() {
            return Ok(Exit::No);
        }
        if let (Some(path), Some(seen)) = (&self.state, &report.seen) {
            Memory::write(path, seen)?;
        }
        Ok(if self.fail_on_news && !report.news.is_empty() { Exit::No } else { Exit::Done })
    }
}
