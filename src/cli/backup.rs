//! `certreg backup`: a checked copy of the registry, beside a running server.

use std::path::PathBuf;

use super::{
    error::{CliError, CliResult, Exit},
    out::{self, BOLD, styled},
};
use crate::registry::{
    Clock,
    backup::{self, BackupError, Manifest},
};

/// Copy the registry into a folder of backups, and check the copy
///
/// The server goes on meanwhile. Each backup is a new folder below FOLDER, named by the time: repository, what the log has
/// signed, person records, settings, and a manifest with the digest of every file. It gets its name only when it is
/// whole and was checked: 'git fsck', every digest, the log. The registry's own keys are left out unless you say
/// --with-keys; keep one copy of them apart, where few can read it. Person records are personal data: guard the folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg backup --data /srv/certreg --to /backup/certreg
  certreg backup --data /srv/certreg --to /media/safe/certreg --with-keys
  certreg backup --check /backup/certreg

Exit code: 0 a whole and checked backup is there, 1 refused or damaged, 3 something could not be read or written.
Next: certreg restore")]
pub(crate) struct Backup {
    /// The folder of the registry
    #[arg(long, value_name = "DIR", default_value = super::DEFAULT_DATA)]
    data: PathBuf,
    /// The folder of the backups
    #[arg(long, value_name = "FOLDER", required_unless_present = "check")]
    to: Option<PathBuf>,
    /// Copy the registry's own keys, too: whoever has them can sign commits and checkpoints in its name
    #[arg(long)]
    with_keys: bool,
    /// Make none: check this backup, or the newest in this folder
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["to", "with_keys"])]
    check: Option<PathBuf>,
}

impl Backup {
    pub(super) fn run(self) -> CliResult {
        if let Some(place) = self.check {
            let folder = backup::newest(&place)?;
            let manifest = backup::verify(&folder)?;
            tell(&folder.display().to_string(), &manifest)?;
            return Ok(Exit::Done);
        }
        let Some(to) = self.to else { return Err(CliError::usage("say with --to where backups are kept")) };
        let (folder, manifest) = backup::make(&self.data, &to, self.with_keys, &Clock::System)?;
        tell(&folder.display().to_string(), &manifest)?;
        if !manifest.with_keys {
            out::tell("The registry's own keys are not in it: a copy of DIR/keys must be kept elsewhere.");
        }
        Ok(Exit::Done)
    }
}

/// What a backup holds, as rows.
pub(super) fn tell(place: &str, manifest: &Manifest) -> CliResult<()> {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let row = |label: &str, value: String| vec![styled(BOLD, label), value];
    let keys = if manifest.with_keys { "yes" } else { "no" };
    out::print(out::table(&[
        row("backup", place.to_owned()),
        row("registry", manifest.registry.clone()),
        row("made at", manifest.made_at.clone()),
        row(
            "newest commit",
            format!("{} (number {}, {})", manifest.head.commit, manifest.head.sequence, manifest.head.time),
        ),
        row("log", format!("{} entries, root {}", manifest.log.size, manifest.log.root)),
        row("files", format!("{}, {} bytes, all as the manifest says", manifest.files.len(), bytes)),
        row("keys", keys.to_owned()),
    ]))
}

impl From<BackupError> for CliError {
    fn from(error: BackupError) -> CliError {
        let message = error.to_string();
        match error {
            BackupError::Damaged { .. } => CliError::no(message).next("Take another backup: this one must not be put back."),
            BackupError::NotBackup(_) => CliError::no(message).next("Name the folder that was given as --to."),
            BackupError::Exists(_) => CliError::no(message)
                .next("Choose another name, or move away what is there. A name that ends in .restoring was left by a stop in the middle: remove it."),
            BackupError::Busy(_) => CliError::no(message).next("Wait until it is done."),
            BackupError::Source(_) => CliError::no(message).next("Run 'certreg doctor', and keep the backups that you have."),
            BackupError::Registry(error) => error.into(),
            BackupError::Store(error) => error.into(),
            BackupError::Io { .. } => CliError::unreachable(message),
        }
    }
}
