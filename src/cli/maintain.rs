//! `certreg maintain`: few packs out of many.

use std::path::PathBuf;

use super::{
    data::DataFolder,
    error::{CliResult, Exit},
    out,
};

/// Pack what has piled up in the repository
///
/// Many small packs and single files become few packs, so that reading stays quick and clones small. A running server
/// does this by itself when it is worth its time; this is for a server that is stopped. Needs the program git.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg maintain --data /srv/certreg")]
pub(crate) struct Maintain {
    /// The folder of the registry
    #[arg(long, value_name = "DIR", default_value = super::DEFAULT_DATA)]
    data: PathBuf,
}

impl Maintain {
    pub(super) fn run(self) -> CliResult {
        let done = DataFolder::at(&self.data).open()?.maintain()?;
        out::tell(format!("Packs: {} before, {} now.", done.packs_before, done.packs_after));
        Ok(Exit::Done)
    }
}
