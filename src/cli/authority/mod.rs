//! `certreg authority …`: the Department's side. Everything it does is a signed file; its keys are held by people and
//! never by the server.

mod admit;
mod edition;
mod enrol;
mod folder;
mod init;
mod keyevent;
mod outcome;
mod supplier;
mod transcribe;

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
  certreg authority enrol signatory.request.json official.request.json --keys ~/department --to …")]
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
    Transcribe(transcribe::Transcribe),
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
            Command::Transcribe(command) => command.run(),
        }
    }
}
