//! `certreg authority case …`: what the Department states about certifications and suppliers.

use std::collections::BTreeMap;

use super::{folder::KeyFolder, outcome::Destination};
use crate::{
    cli::{
        case::statement::{self, Desk, End, Statement},
        error::{CliError, CliResult},
        out,
        source::Source,
    },
    domain::{
        AnswerId, CaseStatement, CertificationId, Day, Digest, SupplierId,
        case::{Matter, ResolutionOutcome},
        standing::Party,
    },
    format::{
        profile,
        v1::{self, envelope::Envelope},
    },
    index::CaseFolder,
    signing::{AuthorityRole, Namespace},
};

/// State something about a certification or a supplier: ask, require verification, withdraw, reinstate, erase
///
/// Each command looks up the number of the next statement, signs it with the Department's key and sends it, or writes
/// it as one file (--out) to be sent later. What is stated can never be taken off the record, only answered.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority case challenge example-learning/example-cloud --question q5.7 --due-on 2026-12-01 \\
      --text 'Which media files are not encrypted?' --keys ~/department --to https://certreg.example
  certreg authority case resolve example-learning/example-cloud --outcome clarified \\
      --text 'Thank you.' --keys ~/department --to https://certreg.example")]
pub(super) struct AuthorityCase {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Ask the supplier about answers: an explanation, or a new version, by a day
    Challenge(Ask),
    /// Require that an independent verifier looks at answers by a day
    RequireVerification(Ask),
    Verify(Verify),
    Resolve(Resolve),
    Withdraw(Withdraw),
    Reinstate(Reinstate),
    Close(Close),
    Transfer(Transfer),
    Object(Object),
    Erase(Erase),
}

/// What is asked about answers, or required of them.
#[derive(Debug, clap::Args)]
struct Ask {
    #[command(flatten)]
    about: About,
    /// An answer that it is about
    #[arg(long = "question", value_name = "ID", required = true)]
    questions: Vec<AnswerId>,
    /// The version that it is about (default: the current one)
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// By when it is due
    #[arg(long, value_name = "DAY")]
    due_on: Day,
}

/// Record what an independent verifier found
#[derive(Debug, clap::Args)]
struct Verify {
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    case: InReplyTo,
    /// Who verified
    #[arg(long, value_name = "NAME")]
    verifier: String,
    /// An answer that was verified
    #[arg(long = "verified", value_name = "ID")]
    verified: Vec<AnswerId>,
    /// An answer that could not be verified
    #[arg(long = "not-verified", value_name = "ID")]
    not_verified: Vec<AnswerId>,
    /// The digest of the verifier's report
    #[arg(long, value_name = "DIGEST")]
    report: Option<Digest>,
    /// The last day on which it counts
    #[arg(long, value_name = "DAY")]
    valid_until: Day,
}

/// Close a question, or a required verification
#[derive(Debug, clap::Args)]
struct Resolve {
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    case: InReplyTo,
    /// How it ended: answered_by_version, clarified, not_upheld or withdrawn
    #[arg(long, value_parser = parse_outcome)]
    outcome: ResolutionOutcome,
}

/// Withdraw a certification: nothing can be published until it is reinstated
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority case withdraw example-learning/example-cloud \\
      --reason 'The required verification was not provided by 1 December 2026.' \\
      --text 'It can be reinstated when the verification is here.' \\
      --keys ~/department --to https://certreg.example")]
struct Withdraw {
    #[command(flatten)]
    about: About,
    /// Why; a paragraph each time
    #[arg(long = "reason", value_name = "TEXT")]
    reasons: Vec<String>,
}

/// Take back a withdrawal, or closure, of the Department's
#[derive(Debug, clap::Args)]
struct Reinstate {
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    case: InReplyTo,
}

/// Say that the service ends, on the supplier's behalf
#[derive(Debug, clap::Args)]
struct Close {
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    end: End,
}

/// State a transfer in place of the side that gives the service away
#[derive(Debug, clap::Args)]
struct Transfer {
    #[command(flatten)]
    about: About,
    /// The certification that carries it on: supplier/service
    #[arg(long, value_name = "ID")]
    other: CertificationId,
}

/// Put a supplier's objection to a transcription on the record
#[derive(Debug, clap::Args)]
struct Object {
    #[command(flatten)]
    about: About,
    /// The version that it is about (default: the current one)
    #[arg(long, value_name = "N")]
    version: Option<u32>,
}

/// Have the records of persons erased, everywhere and for ever
///
/// Documents keep their digests and stay valid. Repeat it for every supplier whose documents name the record.
#[derive(Debug, clap::Args)]
struct Erase {
    /// The supplier whose documents name the records
    supplier: SupplierId,
    /// The digest of a record (sha256:…)
    #[arg(long = "person", value_name = "DIGEST", required = true)]
    persons: Vec<Digest>,
    /// What it says, for everybody to read, without names; a paragraph each time
    #[arg(long, value_name = "TEXT", required = true)]
    text: Vec<String>,
    #[command(flatten)]
    signing: Signing,
}

/// What every statement about a certification needs.
#[derive(Debug, clap::Args)]
struct About {
    #[command(flatten)]
    statement: Statement,
    #[command(flatten)]
    signing: Signing,
}

/// With which keys it is signed, and where it goes.
#[derive(Debug, clap::Args)]
struct Signing {
    /// The Department's key folder
    #[arg(long, value_name = "DIR")]
    keys: std::path::PathBuf,
    /// Where to look up the newest statement (default: --to)
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    #[command(flatten)]
    destination: Destination,
}

/// Which case a reply is for.
#[derive(Debug, clap::Args)]
struct InReplyTo {
    /// The digest of the statement that it replies to, where more than one case is open
    #[arg(long, value_name = "DIGEST")]
    case: Option<Digest>,
}

fn parse_outcome(text: &str) -> Result<ResolutionOutcome, String> {
    let found = ResolutionOutcome::ALL.into_iter().find(|(_, name)| *name == text);
    found
        .map(|(outcome, _)| outcome)
        .ok_or_else(|| "answered_by_version, clarified, not_upheld or withdrawn".to_owned())
}

impl AuthorityCase {
    pub(super) fn run(self) -> CliResult {
        const ASKED: [&str; 2] = ["challenge", "verification_required"];
        match self.command {
            Command::Challenge(ask) => {
                ask.state(|questions, subject, due_on| Matter::Challenge { questions, subject, due_on })
            }
            Command::RequireVerification(ask) => {
                ask.state(|questions, subject, due_on| Matter::VerificationRequired { questions, subject, due_on })
            }
            Command::Verify(command) => command.run(),
            Command::Resolve(Resolve { about, case, outcome }) => about.state(|desk| {
                let in_reply_to = desk.open_case(case.case, &ASKED, None)?.opening.digest;
                Ok(Matter::Resolution { in_reply_to, outcome })
            }),
            Command::Withdraw(Withdraw { about, reasons }) => about.state(|_| Ok(Matter::Withdrawal { reasons })),
            Command::Reinstate(Reinstate { about, case }) => {
                about.state(|desk| desk.reinstatement(case.case, Party::Department))
            }
            Command::Close(Close { about, end }) => about.state(|_| Ok(end.matter())),
            Command::Transfer(Transfer { about, other }) => about.state(|_| Ok(Matter::Transfer { other })),
            Command::Object(Object { about, version }) => {
                about.state(|desk| Ok(Matter::Objection { subject: desk.subject(version)? }))
            }
            Command::Erase(command) => command.run(),
        }
    }
}

impl Ask {
    fn state(
        self,
        matter: fn(std::collections::BTreeSet<AnswerId>, crate::domain::case::Subject, Day) -> Matter,
    ) -> CliResult {
        let Ask { about, questions, version, due_on } = self;
        about.state(|desk| Ok(matter(questions.into_iter().collect(), desk.subject(version)?, due_on)))
    }
}

impl Verify {
    fn run(self) -> CliResult {
        let Verify { about, case, verifier, verified, not_verified, report, valid_until } = self;
        let outcomes: BTreeMap<AnswerId, bool> = verified
            .into_iter()
            .map(|answer| (answer, true))
            .chain(not_verified.into_iter().map(|answer| (answer, false)))
            .collect();
        if outcomes.is_empty() {
            return Err(CliError::usage("say what was found: --verified ID or --not-verified ID"));
        }
        about.state(|desk| {
            let in_reply_to = desk.open_case(case.case, &["verification_required"], None)?.opening.digest;
            Ok(Matter::Verification { in_reply_to, verifier, outcomes, report_sha256: report, valid_until })
        })
    }
}

impl Erase {
    fn run(self) -> CliResult {
        let Erase { supplier, persons, text, signing } = self;
        let (folder, source) = signing.open()?;
        let place = CaseFolder { supplier: supplier.clone(), service: None };
        let newest = source.newest_of_supplier(&place)?;
        let statement = CaseStatement {
            registry: folder.registry().clone(),
            supplier,
            service: None,
            seq: newest.map_or(1, |(seq, _)| seq + 1),
            previous: newest.map(|(_, digest)| digest),
            stated_on: statement::today(),
            text,
            matter: Matter::Erasure { persons: persons.into_iter().collect() },
        };
        signing.deliver(&folder, &statement)
    }
}

impl About {
    fn state(self, matter: impl FnOnce(&Desk) -> CliResult<Matter>) -> CliResult {
        let (folder, source) = self.signing.open()?;
        let statement = self.statement.made(&source, folder.registry().clone(), matter)?;
        self.signing.deliver(&folder, &statement)
    }
}

impl Signing {
    fn open(&self) -> CliResult<(KeyFolder, Source)> {
        let folder = KeyFolder::open(&self.keys)?;
        let source = match (&self.registry, self.destination.remote()?) {
            (Some(text), _) => Source::open(text)?,
            (None, Some(remote)) => Source::Remote(remote),
            (None, None) => {
                return Err(CliError::usage("the number of the next statement must be looked up")
                    .next("Say where: --registry URL, or --registry DIR for a clone that is up to date."));
            }
        };
        Ok((folder, source))
    }

    fn deliver(&self, folder: &KeyFolder, statement: &CaseStatement) -> CliResult {
        let document = profile::print(&v1::case::write(statement));
        v1::stored(&document, v1::case::read)
            .map_err(|faults| CliError::faulty("the statement cannot be written like this", &faults))?;
        out::print(statement::shown(statement))?;
        let signature = folder.sign(AuthorityRole::Department, Namespace::Case, &document)?;
        let document = String::from_utf8(document).expect("the profile is UTF-8");
        let envelope = Envelope { document: Some(document), signature: Some(signature), ..Envelope::default() };
        self.destination.deliver(&envelope)
    }
}
