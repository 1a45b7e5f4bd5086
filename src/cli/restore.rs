//! `certreg restore`: a registry from a backup.

use std::path::PathBuf;

use super::{
    backup::tell,
    error::{CliResult, Exit},
    out::{self, BOLD, styled},
};
use crate::registry::backup;

/// Put a backup back, in a new folder
///
/// The backup is checked first, and what was put back after it: index built, log as it was signed, everybody forgotten
/// whom the Department had forgotten. The folder gets its name only then. What was published after the backup is not
/// in it: take the newest. A registry that goes on from an older state than its witnesses have seen would sign two
/// histories; the server asks them at its start and refuses.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg restore --from /backup/certreg --data /srv/certreg-new
  certreg restore --from /backup/certreg/2026-11-22T03-00-00Z --data /srv/certreg-new

Next: certreg doctor --data DIR; certreg serve --data DIR")]
pub(crate) struct Restore {
    /// A backup, or a folder of them: the newest is taken
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// The folder that the registry will lie in; nothing may be there
    #[arg(long, value_name = "NEW")]
    data: PathBuf,
}

impl Restore {
    pub(super) fn run(self) -> CliResult {
        let from = backup::newest(&self.from)?;
        let mut progress = out::Progress::of("indexing commit");
        let restored = backup::restore(&from, &self.data, &mut |commits| progress.at(commits));
        drop(progress);
        let manifest = restored?;
        tell(&from.display().to_string(), &manifest)?;
        let data = self.data.display();
        let keys = if manifest.with_keys {
            String::new()
        } else {
            format!(
                "  put the files 'registry' and 'log' of your copy of the keys into {data}/keys, and: chmod 600 {data}/keys/*\n"
            )
        };
        out::line(format!(
            "\n{} {data} holds the registry as of {}. Before you serve it:\n{keys}  certreg doctor --data {data}\n\
             It must not be older than what witnesses or clones have seen: what was published after the backup is not in\n\
             it, and going on without it would sign two histories. The server asks the witnesses at its start and refuses\n\
             if one has seen more; if there are no witnesses, ask whoever keeps a clone for the newest commit of main.",
            styled(BOLD, "Next:"),
            manifest.head.time,
        ))?;
        Ok(Exit::Done)
    }
}
