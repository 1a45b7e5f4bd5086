//! `certreg authority admit`: the Department's answer to an operator's proposal.

use std::path::PathBuf;

use super::folder::KeyFolder;
use crate::{
    cli::{
        error::{CliError, CliResult, Exit},
        files::{self, Write},
        out::{self, BOLD, styled},
        proposal,
    },
    registry::Clock,
    signing::{AuthorityRole, Namespace},
};

/// Admit a new registry: sign the list of its keys
///
/// Reads the folder 'genesis' that 'certreg init' made, shows what will be signed, and writes the authority file
/// with the root key's signature into it. Take the folder back to the server afterwards.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority admit /media/usb/genesis --keys ~/department

Compare the registry key's fingerprint with what 'certreg init' showed, over another channel (the telephone).
Next: certreg init, with the same options as the first time")]
pub(super) struct Admit {
    /// The folder that 'certreg init' made
    genesis: PathBuf,
    /// The Department's key folder
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Replace an earlier answer
    #[arg(long)]
    force: bool,
}

impl Admit {
    pub(super) fn run(self) -> CliResult {
        let folder = KeyFolder::open(&self.keys)?;
        let proposal = proposal::read(&self.genesis)?;
        let registry = &proposal.settings.registry;
        if registry != folder.registry() {
            let message = format!("the proposal is for {registry}, and these keys sign for {}", folder.registry());
            return Err(CliError::no(message).next("Use the key folder of that registry."));
        }
        let how = Write::force(self.force);
        files::may_write(&proposal::authority_path(&self.genesis), how)?;
        let (root, department) = (folder.public(AuthorityRole::Root)?, folder.public(AuthorityRole::Department)?);
        out::print(out::table(&[
            vec![styled(BOLD, "registry"), format!("{registry} ({})", proposal.settings.name)],
            vec![styled(BOLD, "authority"), proposal.settings.authority_name.clone()],
            vec![styled(BOLD, "registry key"), proposal.registry_key.fingerprint()],
            vec![styled(BOLD, "log key"), proposal.log_key.fingerprint()],
            vec![styled(BOLD, "root key"), root.fingerprint()],
        ]))?;
        let authority = proposal.admit(root, department, Clock::System.now())?.print();
        let signature = folder.sign(AuthorityRole::Root, Namespace::Root, authority.as_bytes())?;
        proposal::write_admission(&self.genesis, &authority, &signature, how)?;
        out::line(format!(
            "\nSigned {}.\n{} on the server, run 'certreg init' again with the same options.",
            proposal::authority_path(&self.genesis).display(),
            styled(BOLD, "Next:")
        ))?;
        Ok(Exit::Done)
    }
}
