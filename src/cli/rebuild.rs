//! `certreg rebuild`: the index, derived anew from Git.

use std::path::PathBuf;

use super::{
    error::{CliResult, Exit},
    out,
};
use crate::registry::Registry;

/// Build the index anew from Git, or check it
///
/// Everything in the index comes from the repository; it may be deleted at any time. With --check a new one is built
/// beside it and compared: every difference is printed, and nothing is changed. Stop the server first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg rebuild --data /srv/certreg
  certreg rebuild --check --data /srv/certreg

Exit code with --check: 0 no difference, 1 differences.")]
pub(crate) struct Rebuild {
    /// The folder of the registry
    #[arg(long, value_name = "DIR", default_value = super::DEFAULT_DATA)]
    data: PathBuf,
    /// Compare with a new one instead of replacing it
    #[arg(long)]
    check: bool,
}

impl Rebuild {
    pub(super) fn run(self) -> CliResult {
        let mut progress = out::Progress::of("indexing commit");
        let mut count = 0;
        let differences = Registry::rebuild(&self.data, self.check, &mut |commits| {
            count = commits;
            progress.at(commits);
        })?;
        drop(progress);
        if !differences.is_empty() {
            out::print(differences.join("\n") + "\n")?;
            return Ok(Exit::No);
        }
        out::tell(if self.check {
            "The index is what the repository says.".to_owned()
        } else {
            format!("Indexed {count} commits.")
        });
        Ok(Exit::Done)
    }
}
