//! `certreg verify`: does it hold? For one document with its signatures, or for a whole clone; without a connection.

mod clone;
mod document;
mod history;
mod monitor;
mod pack;
mod signed;

pub(super) use monitor::Monitor;

use std::path::{Path, PathBuf};

use self::history::{Finding, History};
use super::{
    error::{CliError, CliResult},
    files,
    moment::Moment,
};
use crate::signing::PublicKey;

/// Check a document with its signatures, an evidence pack, or everything that a clone holds
///
/// PACK: an evidence pack (evidence.zip), offline: every file, signature, key and proof in it. Pin the root key with
/// --root.
/// FILE: a downloaded document with FILE.sig and FILE.countersig beside it (or an envelope). Give the supplier's key
/// ring with --ring, or say where to look it up with --registry.
/// CLONE: the folder of a clone, or a data folder. Everything is replayed from the first commit: the registry's
/// signature on each commit, times, the chain of every document, its form, the editions, suppliers, key rings and
/// versions with their signatures, as known then and as known now. Pin the root key with --root: its fingerprint is
/// the one thing that must come from outside.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg verify cert.json --ring allowed_signers
  certreg verify cert.json --registry ~/clones/certreg
  certreg verify evidence.zip --root SHA256:…
  git clone URL-OF-A-COPY certreg && certreg verify certreg --root SHA256:…

The same by hand, with git and ssh-keygen: VERIFY.md in every clone.
Exit code: 0 everything holds, 1 something does not, 3 it cannot be read, 4 everything held when it was published, but
a key that signed it has been reported as unsafe since.")]
pub(crate) struct Verify {
    /// A document, an envelope, an evidence pack, or the folder of a clone
    #[arg(value_name = "FILE|PACK|CLONE")]
    target: PathBuf,
    /// The fingerprint of the root key, from outside
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
    /// FILE: the supplier's key ring (for a transcription: the authority file)
    #[arg(long, value_name = "FILE")]
    ring: Option<PathBuf>,
    /// FILE: where to look up ring, edition and day of publication
    #[arg(long, value_name = "URL|DIR", conflicts_with = "ring")]
    registry: Option<String>,
    /// FILE: when it was published (default: from FILE.receipt.json, from the registry, or now)
    #[arg(long, value_name = "DAY|INSTANT")]
    at: Option<Moment>,
    /// FILE: the edition that was answered, where it is not built in: its file
    #[arg(long, value_name = "FILE")]
    edition: Option<String>,
    /// FILE: the Department lists the supplier as one person
    #[arg(long)]
    single_signatory: bool,
    /// Write the result as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(self) -> CliResult {
        if self.target.is_dir() {
            return clone::verify(&self);
        }
        let is_pack = files::read_if_there(&self.target)?.is_some_and(|bytes| pack::is_pack(&bytes));
        if is_pack { pack::verify(&self) } else { document::verify(&self) }
    }
}

/// The root keys that signed the first authority file of the clone in `folder`, in which everything holds.
///
/// # Errors
/// No when something in it does not hold.
pub(super) fn roots_of_sound(folder: &Path) -> CliResult<Vec<PublicKey>> {
    let (_, history) = clone::replayed(folder)?;
    match history.findings.first() {
        None => Ok(history.roots),
        Some(finding) => Err(CliError::no(format!("the clone cannot be relied on: {}", finding.sentence))
            .next(format!("See all of it with 'certreg verify {}'.", folder.display()))),
    }
}

/// What is wrong with the root key, where one is pinned.
///
/// # Errors
/// Usage when it is no fingerprint.
fn root_finding(arguments: &Verify, history: &History) -> CliResult<Option<Finding>> {
    let Some(pinned) = &arguments.root else { return Ok(None) };
    if !pinned.starts_with("SHA256:") {
        return Err(CliError::usage(format!("'{pinned}' is not a fingerprint"))
            .next("It begins with SHA256:, as 'ssh-keygen -l' shows it."));
    }
    let matches = history.roots.iter().any(|key| key.fingerprint() == *pinned);
    Ok((!matches).then(|| Finding {
        sequence: 0,
        commit: String::new(),
        path: "authority/allowed_signers".to_owned(),
        sentence: "the root key is not the one that you pinned: this is another registry, or a forged one".to_owned(),
    }))
}
