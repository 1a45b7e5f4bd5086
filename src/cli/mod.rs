//! Floor 6: the command line. A file per command; arguments are checked first, effects come after.
//!
//! Knows files, terminals, passphrases and addresses; leaves every decision to the floors below. What people read is
//! written by [`crate::statement`] and [`crate::compare`], so that it is word for word what the API and the pages say.
//!
//! Reading order: `error` (how a command ends), `out`, `files`, `keys` and [`agent`], `kind` and `bundle` (what lies
//! on the disk), `remote` and `source` (where a registry is), then a file per command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod agent;
mod authority;
mod backup;
mod bench_data;
mod bundle;
mod case;
mod check;
mod data;
pub mod demo;
mod diff;
mod doctor;
mod editions;
mod error;
mod evidence;
mod files;
mod fmt;
mod import;
mod init;
mod keygen;
mod keylife;
mod keys;
mod kind;
mod lists;
mod local;
mod log;
mod maintain;
mod moment;
mod new;
mod next;
mod openapi;
mod out;
mod person;
mod proposal;
mod publish;
mod rebuild;
mod remote;
mod restore;
mod serve;
mod settings;
mod show;
mod sign;
mod since;
mod source;
mod standing;
mod submit;
mod terminal;
mod verify;
mod witness;

use error::{CliResult, Exit};

/// Where a registry lies if nobody says otherwise.
pub(crate) const DEFAULT_DATA: &str = "certreg-data";
/// Where it listens if nobody says otherwise.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// A registry of suppliers' signed self-certifications for "Cloud Software Services for Schools"
///
/// One program is the registry's server, the suppliers' and the Department's command line, and the verifier that
/// needs no connection. 'certreg help COMMAND' says what each is for, with an example and the next step.
#[derive(Debug, Parser)]
#[command(name = "certreg", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "\
Begin here:
  a look around                  certreg demo
  a school, a trust              certreg since SUPPLIER/SERVICE@DAY --registry URL
  a supplier                     certreg import, or new; check; keygen; sign; publish; keys
  the Department                 certreg authority
  an operator                    certreg init; serve; doctor; backup; restore; rebuild; maintain
  anybody who wants proof        certreg evidence; verify; monitor; witness

Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 cannot reach or read, 4 the registry
has moved on since, or what is known of a key (certreg help exit-codes).")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to write in colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: clap::ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    Log(log::Log),
    Show(show::Show),
    Diff(diff::Diff),
    Since(since::Since),
    Evidence(evidence::Evidence),
    Verify(verify::Verify),
    Monitor(verify::Monitor),
    Import(import::Import),
    New(new::New),
    Next(next::Next),
    Fmt(fmt::Fmt),
    Check(check::Check),
    Sign(sign::Sign),
    Publish(publish::Publish),
    Keygen(keygen::Keygen),
    Keys(keylife::Keys),
    #[command(name = "person")]
    Person(person::MakePerson),
    Case(case::Case),
    Submit(submit::Submit),
    Authority(authority::Authority),
    Init(init::Init),
    Serve(serve::Serve),
    Rebuild(rebuild::Rebuild),
    Maintain(maintain::Maintain),
    Doctor(doctor::Doctor),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Witness(witness::Witness),
    Openapi(openapi::Openapi),
    BenchData(bench_data::BenchData),
    Demo(demo::Demo),
    ExitCodes(ExitCodes),
}

/// The exit codes of every command
///
///   0  done; the answer is yes
///
///   1  the answer is no: faults were found, it was refused, there are differences, there is nothing there
///
///   2  the command line is wrong
///
///   3  something could not be reached, read or written
///
///   4  the registry has moved on: begin again from its current state
#[derive(Debug, clap::Args)]
struct ExitCodes {}

impl Command {
    fn run(self) -> CliResult {
        match self {
            Command::Log(command) => command.run(),
            Command::Show(command) => command.run(),
            Command::Diff(command) => command.run(),
            Command::Since(command) => command.run(),
            Command::Evidence(command) => command.run(),
            Command::Verify(command) => command.run(),
            Command::Monitor(command) => command.run(),
            Command::Import(command) => command.run(),
            Command::New(command) => command.run(),
            Command::Next(command) => command.run(),
            Command::Fmt(command) => command.run(),
            Command::Check(command) => command.run(),
            Command::Sign(command) => command.run(),
            Command::Publish(command) => command.run(),
            Command::Keygen(command) => command.run(),
            Command::Keys(command) => command.run(),
            Command::Person(command) => command.run(),
            Command::Case(command) => command.run(),
            Command::Submit(command) => command.run(),
            Command::Authority(command) => command.run(),
            Command::Init(command) => command.run(),
            Command::Serve(command) => command.run(),
            Command::Rebuild(command) => command.run(),
            Command::Maintain(command) => command.run(),
            Command::Doctor(command) => command.run(),
            Command::Backup(command) => command.run(),
            Command::Restore(command) => command.run(),
            Command::Witness(command) => command.run(),
            Command::Openapi(command) => command.run(),
            Command::BenchData(command) => command.run(),
            Command::Demo(command) => command.run(),
            Command::ExitCodes(_) => out::print(
                "0  done; the answer is yes\n\
                 1  the answer is no: faults, refused, differences, nothing there\n\
                 2  the command line is wrong\n\
                 3  something could not be reached, read or written\n\
                 4  the registry has moved on: begin again from its current state\n",
            )
            .map(|()| Exit::Done),
        }
    }
}

/// Runs the program: reads the arguments, does the work, says how it went.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, with code 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    match arguments.color {
        clap::ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        clap::ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
        clap::ColorChoice::Auto => {}
    }
    leave_no_core_file();
    let exit = arguments.command.run().unwrap_or_else(|error| {
        out::report(&error);
        error.exit
    });
    ExitCode::from(exit as u8)
}

/// Keeps keys, passphrases and names out of core files, for this process and those it starts.
fn leave_no_core_file() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Where the system refuses, its own limit stands.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}
