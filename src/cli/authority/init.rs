//! `certreg authority init`: the root key and the Department's key.

use std::path::PathBuf;

use super::folder::KeyFolder;
use crate::{
    cli::{
        error::{CliResult, Exit},
        keys,
        out::{self, BOLD, styled},
    },
    domain::RegistryId,
    signing::AuthorityRole,
};

/// Make the root key and the Department's key
///
/// The root key is the anchor of all trust: it signs only the list of keys (the authority file). The Department's key
/// signs editions, suppliers, key rings and transcriptions. Do this on a machine that does not serve the registry.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority init --registry-id certreg.example --keys ~/department

Both keys get one passphrase, asked for twice; scripts set CERTREG_PASSPHRASE.
Next: certreg authority admit GENESIS --keys DIR")]
pub(super) struct Init {
    /// For which registry these keys will sign
    #[arg(long, value_name = "ID")]
    registry_id: RegistryId,
    /// The Department's key folder
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Write the keys without a passphrase: only for tries and for folders that are encrypted otherwise
    #[arg(long)]
    no_passphrase: bool,
}

impl Init {
    pub(super) fn run(self) -> CliResult {
        let passphrase = keys::choose_passphrase(self.no_passphrase)?;
        let folder = KeyFolder::make(&self.keys, self.registry_id, &passphrase)?;
        let mut rows = Vec::new();
        for role in [AuthorityRole::Root, AuthorityRole::Department] {
            rows.push(vec![styled(BOLD, role.as_str()), folder.public(role)?.fingerprint()]);
        }
        out::print(out::table(&rows))?;
        out::line(format!(
            "\n{} certreg authority admit GENESIS --keys {}   (GENESIS: the folder that 'certreg init' made)",
            styled(BOLD, "Next:"),
            self.keys.display()
        ))?;
        Ok(Exit::Done)
    }
}
