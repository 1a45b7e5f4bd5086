//! `certreg init`: a new registry, in two steps with the Department's signature between them.

use std::path::{Path, PathBuf};

use super::{
    data::DataFolder,
    error::{CliError, CliResult, Exit},
    files::Write,
    keys::{self, NewPassphrase},
    out::{self, BOLD, styled},
    proposal,
};
use crate::{
    domain::{Freshness, RegistryId, RegistrySettings},
    registry::{Clock, Registry, genesis::Proposal},
    signing::{PublicKey, SecretKey},
};

/// Begin a new registry
///
/// Run it twice. The first time it makes the registry's own keys (DATA/keys, for this machine only) and a proposal
/// (DATA/genesis), which the Department reads and signs on a machine of its own with 'certreg authority admit'. When
/// the signed folder is back, run it again: it checks the signatures and writes the first commit.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg init --registry-id certreg.example --name 'Register of cloud services' --data /srv/certreg
  certreg authority init  --registry-id certreg.example --keys ~/department     (on the Department's machine)
  certreg authority admit /srv/certreg/genesis --keys ~/department
  certreg init --registry-id certreg.example --name 'Register of cloud services' --data /srv/certreg

Next: certreg serve --data /srv/certreg")]
pub(crate) struct Init {
    /// The registry's id: a domain name that can never change
    #[arg(long, value_name = "ID")]
    registry_id: RegistryId,
    /// What people call the registry
    #[arg(long)]
    name: String,
    /// The folder of the registry
    #[arg(long, value_name = "DIR", default_value = super::DEFAULT_DATA)]
    data: PathBuf,
    /// What people call the authority behind it
    #[arg(long, value_name = "NAME", default_value = "Department for Education")]
    authority_name: String,
    /// The licence of what is published
    #[arg(long, value_name = "LICENCE", default_value = "Open Government Licence v3.0")]
    licence: String,
    /// Months after which a certification falls due for confirmation
    #[arg(long, value_name = "MONTHS", default_value_t = Freshness::default().due_after_months)]
    due_after: u32,
    /// Months after which a certification that was not confirmed has lapsed
    #[arg(long, value_name = "MONTHS", default_value_t = Freshness::default().lapsed_after_months)]
    lapsed_after: u32,
}

impl Init {
    pub(super) fn run(self) -> CliResult {
        let folder = DataFolder::at(&self.data);
        if folder.holds_registry() {
            let message = format!("{} holds a registry already", self.data.display());
            return Err(CliError::no(message).next("Serve it with 'certreg serve', or choose another folder."));
        }
        if self.due_after > self.lapsed_after {
            return Err(CliError::usage("--due-after must not be more than --lapsed-after"));
        }
        let genesis = folder.genesis();
        if !genesis.join("proposal.json").exists() {
            self.propose(&folder)?;
            return Ok(Exit::Done);
        }
        let proposal = proposal::read(&genesis)?;
        if proposal.settings != self.settings() {
            let message = format!("{} proposes a registry with other settings than these options", genesis.display());
            return Err(
                CliError::no(message).next("Give the same options as the first time, or begin again in a new folder.")
            );
        }
        match proposal::read_admission(&genesis)? {
            Some(admission) => self.begin(&folder, &proposal, &admission),
            None => {
                self.tell_next_step(&genesis)?;
                Ok(Exit::Done)
            }
        }
    }

    fn settings(&self) -> RegistrySettings {
        RegistrySettings {
            registry: self.registry_id.clone(),
            name: self.name.clone(),
            authority_name: self.authority_name.clone(),
            content_licence: self.licence.clone(),
            freshness: Freshness { due_after_months: self.due_after, lapsed_after_months: self.lapsed_after },
            simulated_dates: false,
        }
    }

    fn propose(&self, folder: &DataFolder) -> CliResult<()> {
        folder.create()?;
        let registry_key = own_key(&folder.registry_key(), &format!("registry@{}", self.registry_id))?;
        let log_key = own_key(&folder.log_key(), &format!("log@{}", self.registry_id))?;
        let proposal =
            Proposal { settings: self.settings(), registry_key: registry_key.public(), log_key: log_key.public() };
        proposal::write(&folder.genesis(), &proposal)?;
        out::print(out::table(&[
            row("registry", self.registry_id.as_str()),
            row("registry key", &fingerprint(&proposal.registry_key)),
            row("log key", &fingerprint(&proposal.log_key)),
            row("proposal", &folder.genesis().display().to_string()),
        ]))?;
        self.tell_next_step(&folder.genesis())
    }

    fn tell_next_step(&self, genesis: &Path) -> CliResult<()> {
        out::line(format!(
            "\n{} the Department signs the proposal, on a machine of its own:\n  certreg authority init --registry-id {} \
             --keys KEYS      (once)\n  certreg authority admit {} --keys KEYS\nThen bring the folder back and run this \
             command again.",
            styled(BOLD, "Next:"),
            self.registry_id,
            genesis.display(),
        ))
    }

    fn begin(
        &self,
        folder: &DataFolder,
        proposal: &Proposal,
        admission: &crate::registry::genesis::Admission,
    ) -> CliResult {
        let registry = Registry::create(&self.data, proposal, admission, folder.keys()?, Clock::System)?;
        let root = registry.authority().keys().first().map(|line| line.key().fingerprint()).unwrap_or_default();
        out::print(out::table(&[
            row("registry", self.registry_id.as_str()),
            row("data", &self.data.display().to_string()),
            row("root key", &root),
        ]))?;
        out::line(format!(
            "\n{} certreg serve --data {}\nThen, on the Department's machine: certreg authority edition dfe-2016-dpa --keys \
             KEYS --to URL\nPublish the root key's fingerprint where everybody can see it: all verification begins there.",
            styled(BOLD, "Next:"),
            self.data.display(),
        ))?;
        Ok(Exit::Done)
    }
}

/// The key at `path`, made now if there is none: an interrupted first run is simply continued.
fn own_key(path: &Path, comment: &str) -> CliResult<SecretKey> {
    if path.exists() {
        return keys::read_secret_file(path);
    }
    keys::make(path, comment, &NewPassphrase::None, Write::New)
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint()
}

fn row(label: &str, value: &str) -> Vec<String> {
    vec![styled(BOLD, label), value.to_owned()]
}
