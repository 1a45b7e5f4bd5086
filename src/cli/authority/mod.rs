//! `certreg authority …`: the Department's side. Everything it does is a signed file; its keys are held by people and
//! never by the server.

mod admit;
mod case;
mod change;
mod cosign;
mod edition;
mod enrol;
mod folder;
mod inbox;
mod init;
mod keyevent;
mod outcome;
mod root;
mod supplier;
mod transcribe;
mod trust;

use super::error::CliResult;

/// The Department's side: keys, suppliers, editions, transcriptions
///
/// Each command signs a file with a key of the folder --keys, and sends it to the registry (--to URL) or writes it
/// as one file (--out FILE) that 'certreg submit FILE --to URL' sends later from any machine: signing needs no
/// connection, and sending needs no key. The key folder is never the server's.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
In order:
  certreg authority init --registry-id certreg.example --keys ~/department
  certreg authority admit GENESIS --keys ~/department
  certreg authority edition dfe-2016-dpa --keys ~/department --to https://certreg.example
  certreg authority supplier example-learning --name 'Example Learning Ltd' --keys ~/department --to …
  certreg authority enrol signatory.request.json official.request.json --keys ~/department --to …

Keys come and go:
  a supplier's          certreg authority enrol --replaces, end-key
  the Department's own  certreg authority department add, end; root add, end, threshold
  the registry's        certreg authority registry-key add, end
what a supplier certified is asked about, verified, withdrawn  certreg authority case …
what an official should look at                                certreg authority inbox
and what the root key signs for besides: policy, settings, refresh; with other holders of root keys: cosign.")]
pub(crate) struct Authority {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::Init),
    Admit(admit::Admit),
    Edition(edition::PutEdition),
    Supplier(supplier::PutSupplier),
    Enrol(enrol::Enrol),
    EndKey(keyevent::EndKey),
    Root(root::Root),
    Department(root::Department),
    RegistryKey(root::RegistryKey),
    Policy(root::Policy),
    Settings(root::Settings),
    Refresh(root::Refresh),
    Cosign(cosign::Cosign),
    Transcribe(transcribe::Transcribe),
    Case(case::AuthorityCase),
    Inbox(inbox::Inbox),
}

impl Authority {
    pub(super) fn run(self) -> CliResult {
        match self.command {
            Command::Init(command) => command.run(),
            Command::Admit(command) => command.run(),
            Command::Edition(command) => command.run(),
            Command::Supplier(command) => command.run(),
            Command::Enrol(command) => command.run(),
            Command::EndKey(command) => command.run(),
            Command::Root(command) => command.run(),
            Command::Department(command) => command.run(),
            Command::RegistryKey(command) => command.run(),
            Command::Policy(command) => command.run(),
            Command::Settings(command) => command.run(),
            Command::Refresh(command) => command.run(),
            Command::Cosign(command) => command.run(),
            Command::Transcribe(command) => command.run(),
            Command::Case(command) => command.run(),
            Command::Inbox(command) => command.run(),
        }
    }
}
