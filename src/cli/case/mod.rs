//! `certreg case …`: what a supplier states beside its versions. Each command writes a file, which is signed and sent
//! as a version is.

use std::path::PathBuf;

use super::{
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    out::{self, BOLD, styled},
    source::Source,
};
use crate::{
    domain::{
        AnswerId, CertificationId, Day, Digest,
        case::Matter,
        standing::{Case as OpenCase, Party},
    },
    format::{profile, v1},
};

pub(crate) mod sign;
pub(crate) mod statement;

use statement::Statement;

/// State something beside your versions: clarify, withdraw, close, give notice, transfer
///
/// Each command looks up the number of the next statement in the registry and writes it as a file. Sign it as a version
/// is signed ('certreg sign'), then send it ('certreg publish'). A clarification and a notice are signed by the
/// signatory alone; everything else by signatory and official.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg case clarify example-learning/example-cloud --text 'Thumbnails only.' \\
      --registry https://certreg.example --out clarification.json
  certreg sign clarification.json --role signatory --key signatory
  certreg publish clarification.json --to https://certreg.example")]
pub(crate) struct Case {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Clarify(Clarify),
    Withdraw(Withdraw),
    Reinstate(Reinstate),
    Close(Close),
    Notice(Notice),
    Transfer(Transfer),
}

/// Answer a question of the Department's
///
/// Replies to the one open case, or to the one that --case names.
#[derive(Debug, clap::Args)]
struct Clarify {
    #[command(flatten)]
    about: About,
    /// The digest of the statement that it replies to, where more than one case is open
    #[arg(long, value_name = "DIGEST")]
    case: Option<Digest>,
    /// The answers that it clarifies (default: all that were asked about)
    #[arg(long = "question", value_name = "ID")]
    questions: Vec<AnswerId>,
}

/// Withdraw the certification
///
/// It stays readable. A new version ends the withdrawal, or 'certreg case reinstate'.
#[derive(Debug, clap::Args)]
struct Withdraw {
    #[command(flatten)]
    about: About,
    /// Why; a paragraph each time
    #[arg(long = "reason", value_name = "TEXT")]
    reasons: Vec<String>,
}

/// Take back your own withdrawal, or closure
#[derive(Debug, clap::Args)]
struct Reinstate {
    #[command(flatten)]
    about: About,
    /// The digest of the statement that is taken back, where there is more than one
    #[arg(long, value_name = "DIGEST")]
    case: Option<Digest>,
}

/// Say that the service ends
#[derive(Debug, clap::Args)]
struct Close {
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    end: statement::End,
}

/// Give quick notice that an answer does not hold for now
///
/// Signed by the signatory alone, for the day when the official is away: a banner until the next version, or until it
/// expires (at most 92 days).
#[derive(Debug, clap::Args)]
struct Notice {
    #[command(flatten)]
    about: About,
    /// An answer that it is about
    #[arg(long = "question", value_name = "ID", required = true)]
    questions: Vec<AnswerId>,
    /// Since when (default: today)
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// The last day of the notice
    #[arg(long, value_name = "DAY")]
    expires_on: Day,
}

/// State your side of a transfer of the service
///
/// The other side's certification names the old one as its predecessor; both sides state the transfer.
#[derive(Debug, clap::Args)]
struct Transfer {
    #[command(flatten)]
    about: About,
    /// The other certification: supplier/service
    #[arg(long, value_name = "ID")]
    other: CertificationId,
}

/// What every statement of a supplier's needs.
#[derive(Debug, clap::Args)]
struct About {
    #[command(flatten)]
    statement: Statement,
    /// The registry: its address, or the folder of a clone that is up to date
    #[arg(long, value_name = "URL|DIR")]
    registry: String,
    /// Where to write the statement
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl Case {
    pub(super) fn run(self) -> CliResult {
        match self.command {
            Command::Clarify(command) => command.run(),
            Command::Withdraw(Withdraw { about, reasons }) => about.write(|_| Ok(Matter::Withdrawal { reasons })),
            Command::Reinstate(Reinstate { about, case }) => {
                about.write(|desk| desk.reinstatement(case, Party::Supplier))
            }
            Command::Close(Close { about, end }) => about.write(|_| Ok(end.matter())),
            Command::Notice(command) => {
                let Notice { about, questions, from, expires_on } = command;
                let from = from.unwrap_or_else(statement::today);
                about.write(|_| Ok(Matter::Notice { questions: questions.into_iter().collect(), from, expires_on }))
            }
            Command::Transfer(Transfer { about, other }) => about.write(|_| Ok(Matter::Transfer { other })),
        }
    }
}

impl Clarify {
    fn run(self) -> CliResult {
        let Clarify { about, case, questions } = self;
        about.write(|desk| {
            let asked: OpenCase = desk.open_case(case, &["challenge", "verification_required"], None)?;
            let questions = match questions.is_empty() {
                true => asked.questions(),
                false => questions.into_iter().collect(),
            };
            Ok(Matter::Clarification { in_reply_to: asked.opening.digest, questions })
        })
    }
}

impl About {
    /// Writes the statement, and says who signs it.
    fn write(self, matter: impl FnOnce(&statement::Desk) -> CliResult<Matter>) -> CliResult {
        let source = Source::open(&self.registry)?;
        let registry = source.registry_id()?;
        let statement = self.statement.made(&source, registry, matter)?;
        let document = profile::print(&v1::case::write(&statement));
        v1::stored(&document, v1::case::read)
            .map_err(|faults| CliError::faulty("the statement cannot be written like this", &faults))?;
        files::write(&self.out, &document, Write::force(self.force))?;
        out::print(statement::shown(&statement))?;
        let name = self.out.display();
        out::line(format!("Written: {name}"))?;
        let is_one_person = source.supplier(&statement.supplier)?.is_some_and(|record| record.single_signatory);
        let alone = is_one_person || sign::is_signatorys_alone(&statement.matter);
        let then = if alone { "" } else { ", then the official signs" };
        out::tell(format!("{} certreg sign {name} --role signatory --key KEY{then}", styled(BOLD, "Next:")));
        Ok(Exit::Done)
    }
}
