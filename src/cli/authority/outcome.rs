//! Where a signed file of the Department's goes: to a registry, or into a file to be sent later.

use std::path::{Path, PathBuf};

use crate::{
    cli::{
        error::{CliError, CliResult, Exit},
        files::{self, Write},
        out::{self, BOLD, styled},
        remote::Remote,
        submit,
    },
    format::v1::envelope::Envelope,
};

/// `--to URL` or `--out FILE`.
#[derive(Debug, clap::Args)]
#[group(id = "destination", required = true, multiple = false)]
pub(super) struct Destination {
    /// Send it to the registry at this address
    #[arg(long, value_name = "URL", group = "destination")]
    to: Option<String>,
    /// Write it as one file, to be sent later with 'certreg submit'
    #[arg(long, value_name = "FILE", group = "destination")]
    out: Option<PathBuf>,
}

impl Destination {
    /// The registry that it goes to, if it goes there now.
    ///
    /// # Errors
    /// Usage when it is no address.
    pub(super) fn remote(&self) -> CliResult<Option<Remote>> {
        self.to.as_deref().map(Remote::at).transpose()
    }

    /// The file that it is written to, if it is.
    pub(super) fn file(&self) -> Option<&Path> {
        self.out.as_deref()
    }

    /// Sends or writes the envelope, and says so.
    ///
    /// # Errors
    /// The registry's refusal; no when the file is there already.
    pub(super) fn deliver(&self, envelope: &Envelope) -> CliResult {
        match (self.remote()?, &self.out) {
            (Some(remote), _) => out::line(submit::send(&remote, envelope, false)?.sentence())?,
            (None, Some(path)) => {
                files::write(path, envelope.print().as_bytes(), Write::New)?;
                out::line(format!(
                    "Signed: {}\n{} certreg submit {} --to URL",
                    path.display(),
                    styled(BOLD, "Next:"),
                    path.display()
                ))?;
            }
            (None, None) => return Err(CliError::usage("say where it goes: --to URL or --out FILE")),
        }
        Ok(Exit::Done)
    }
}
