//! `certreg authority cosign`: the next holder of a root key signs the same change.

use std::{collections::BTreeMap, path::PathBuf};

use super::change::{Change, Next};
use crate::{
    cli::{
        error::{CliError, CliResult},
        files,
    },
    format::{paths::RepositoryPath, v1::envelope::Envelope},
    registry::genesis::{authority_settings, is_covered},
    signing::AuthorityFile,
};

/// Add a root key's signature to a change that another holder signed
///
/// Shows what the change does against what is in force, and signs it with the root key in --keys. With the last
/// signature that is needed it can be sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority cosign change.json --keys ~/second-department --to https://certreg.example")]
pub(super) struct Cosign {
    /// The file that the first holder wrote with --out
    file: PathBuf,
    #[command(flatten)]
    change: Change,
}

impl Cosign {
    pub(super) fn run(self) -> CliResult {
        let name = self.file.display().to_string();
        let envelope = Envelope::parse(&files::read(&self.file)?)
            .map_err(|faults| CliError::faulty(format!("{name} cannot be read"), &faults))?;
        let opened = self.change.open()?;
        let document = envelope.document.unwrap_or_default();
        let file = AuthorityFile::parse(&document, opened.folder.registry())
            .map_err(|error| CliError::no(format!("{name} holds no authority file: {error}")))?;
        let mut changed = BTreeMap::new();
        for (path, text) in envelope.files {
            let path = RepositoryPath::parse(&path).ok().filter(|path| is_covered(path.as_str()));
            let path =
                path.ok_or_else(|| CliError::no(format!("{name} brings a file that no authority file covers")))?;
            changed.insert(path, text.into_bytes());
        }
        let mut all = opened.in_force.files.clone();
        all.extend(changed.clone());
        if authority_settings(&all, file.settings().threshold) != *file.settings() {
            return Err(CliError::no(format!("the files in {name} are not those that its authority file names"))
                .next("Ask the first holder to make the change again, on top of what is in force."));
        }
        self.change.sign_and_deliver(&opened, &Next { file, files: changed }, envelope.signatures)
    }
}
