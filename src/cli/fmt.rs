//! `certreg fmt`: any well-formed JSON, brought into the one form that may be signed.

use std::path::{Path, PathBuf};

use super::{
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    kind::Kind,
    out,
};
use crate::format::profile;

/// Bring a file into the one written form that may be signed
///
/// White space, line ends, the order of members, escapes and Unicode composition are mended; nothing that needs a
/// decision is. A file that is in the form already is left alone. '-' reads stdin and writes stdout.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg fmt cert.json
  certreg fmt --check cert.json

Exit code with --check: 0 already in the form, 1 not.
Next: certreg check FILE")]
pub(crate) struct Fmt {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing; only say whether something would be changed
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub(super) fn run(self) -> CliResult {
        let mut differs = false;
        for path in &self.files {
            let bytes = files::read(path)?;
            let printed = formatted(path, &bytes)?;
            let same = printed == bytes;
            differs |= !same;
            if self.check {
                if !same {
                    out::line(format!("{} is not in the form", path.display()))?;
                }
            } else if path.as_os_str() == "-" {
                out::bytes(&printed)?;
            } else if !same {
                files::write(path, &printed, Write::Replace)?;
                out::tell(format!("Rewrote {}.", path.display()));
            }
        }
        Ok(if self.check && differs { Exit::No } else { Exit::Done })
    }
}

fn formatted(path: &Path, bytes: &[u8]) -> CliResult<Vec<u8>> {
    let kind = Kind::of(bytes);
    if kind == Kind::Utf16 {
        files::into_text(bytes.to_vec(), path)?;
    }
    if matches!(
        kind,
        Kind::Signature | Kind::Ring | Kind::Authority | Kind::PublicKey | Kind::PrivateKey | Kind::Envelope
    ) {
        let message = format!("{} is {}, which has no form of this kind", path.display(), kind.in_words());
        return Err(
            CliError::no(message).next("Format the document; signatures and key files stay as they were written.")
        );
    }
    let node = profile::parse_lenient(bytes)
        .map_err(|faults| CliError::faulty(format!("{} needs a person", path.display()), &faults))?;
    Ok(profile::print(&node))
}
