//! Making a statement: what its type asks for is given, what the registry knows is looked up.

use crate::{
    cli::{
        error::{CliError, CliResult},
        out::{self, BOLD, styled},
        source::Source,
        standing::Cases,
    },
    domain::{
        CaseStatement, CertificationId, Day, Digest, Instant, RegistryId,
        case::{Matter, Subject},
        standing::{Case, Party},
    },
    registry::Clock,
};

/// What every statement about a certification says.
#[derive(Debug, clap::Args)]
pub(crate) struct Statement {
    /// Which certification: supplier/service
    certification: CertificationId,
    /// What it says, for everybody to read; a paragraph each time
    #[arg(long, value_name = "TEXT", required = true)]
    text: Vec<String>,
    /// The day that it bears (default: today)
    #[arg(long, value_name = "DAY")]
    stated_on: Option<Day>,
}

/// The end of a service.
#[derive(Debug, clap::Args)]
pub(crate) struct End {
    /// The service's last day
    #[arg(long, value_name = "DAY")]
    ends_on: Day,
    /// The day by which customers' data are deleted
    #[arg(long, value_name = "DAY")]
    data_deleted_by: Option<Day>,
    /// Why; a paragraph each time
    #[arg(long = "reason", value_name = "TEXT")]
    reasons: Vec<String>,
}

impl End {
    /// As a statement has it.
    pub(crate) fn matter(self) -> Matter {
        Matter::Closure { ends_on: self.ends_on, data_deleted_by: self.data_deleted_by, reasons: self.reasons }
    }
}

/// What is known of a certification while a statement about it is made.
pub(crate) struct Desk<'a> {
    source: &'a Source,
    id: &'a CertificationId,
    cases: Cases,
    now: Instant,
}

/// The present day.
pub(crate) fn today() -> Day {
    Clock::System.now().day_in_london()
}

impl Statement {
    /// The next statement, with what `matter` makes of what is known.
    ///
    /// # Errors
    /// No when nothing is published under this id; as `matter`.
    pub(crate) fn made(
        self,
        source: &Source,
        registry: RegistryId,
        matter: impl FnOnce(&Desk) -> CliResult<Matter>,
    ) -> CliResult<CaseStatement> {
        let Statement { certification, text, stated_on } = self;
        source.published(&certification)?;
        let desk = Desk { source, id: &certification, cases: source.cases(&certification)?, now: Clock::System.now() };
        let matter = matter(&desk)?;
        let newest = desk.cases.newest();
        Ok(CaseStatement {
            registry,
            seq: newest.map_or(1, |(seq, _)| seq + 1),
            previous: newest.map(|(_, digest)| digest),
            supplier: certification.supplier,
            service: Some(certification.service),
            stated_on: stated_on.unwrap_or_else(today),
            text,
            matter,
        })
    }
}

impl Desk<'_> {
    /// The case that a reply is for: the one that is named, or the only one of these types that is open.
    ///
    /// # Errors
    /// No, listing those that there are.
    pub(crate) fn open_case(&self, named: Option<Digest>, kinds: &[&str], by: Option<Party>) -> CliResult<Case> {
        let cases = self.cases.history.standing(self.now).cases;
        let fits = |case: &Case| {
            case.closed.is_none() && kinds.contains(&case.kind()) && by.is_none_or(|by| case.opening.by == by)
        };
        let open: Vec<&Case> = cases.iter().filter(|case| fits(case)).collect();
        let listed = |cases: &[&Case]| {
            let told = cases.iter().map(|case| format!("{} ({})", case.opening.digest, case.kind()));
            told.collect::<Vec<_>>().join(", ")
        };
        match (named, open.as_slice()) {
            (Some(digest), open) => {
                let found = open.iter().find(|case| case.opening.digest == digest);
                found.map(|case| Case::clone(case)).ok_or_else(|| {
                    let error =
                        CliError::no(format!("no open case of {} that this replies to has digest {digest}", self.id));
                    if open.is_empty() { error } else { error.next(format!("Open are: {}.", listed(open))) }
                })
            }
            (None, [only]) => Ok(Case::clone(only)),
            (None, []) => {
                let message = format!("no case of {} is open that this would reply to ({})", self.id, kinds.join(", "));
                Err(CliError::no(message).next("'certreg show' says what stands beside it."))
            }
            (None, many) => Err(CliError::no(format!("{} cases of {} are open", many.len(), self.id))
                .next(format!("Name one with --case: {}.", listed(many)))),
        }
    }

    /// A reinstatement of what `by` withdrew or closed.
    ///
    /// # Errors
    /// As [`Desk::open_case`].
    pub(crate) fn reinstatement(&self, named: Option<Digest>, by: Party) -> CliResult<Matter> {
        let case = self.open_case(named, &["withdrawal", "closure"], Some(by))?;
        Ok(Matter::Reinstatement { in_reply_to: case.opening.digest })
    }

    /// A version as a subject; the current one by default.
    ///
    /// # Errors
    /// No when there is no such version.
    pub(crate) fn subject(&self, version: Option<u32>) -> CliResult<Subject> {
        let versions = self.source.published(self.id)?;
        let found = match version {
            Some(version) => versions.iter().find(|listed| listed.publication.version == version),
            None => versions.last(),
        };
        let publication = found.map(|listed| &listed.publication).ok_or_else(|| {
            CliError::no(format!("{} has no version {}", self.id, version.unwrap_or_default()))
                .next(format!("It has versions 1 to {}.", versions.len()))
        })?;
        Ok(Subject { version: publication.version, digest: publication.digest })
    }
}

/// A statement before it is signed: what the person should look at.
pub(crate) fn shown(statement: &CaseStatement) -> String {
    let row = |label: &str, value: String| vec![styled(BOLD, label), value];
    let about = match &statement.service {
        Some(service) => format!("{}/{service}", statement.supplier),
        None => format!("{} (the whole supplier)", statement.supplier),
    };
    let mut rows = vec![
        row("statement", format!("{}, number {}", statement.matter.name(), statement.seq)),
        row("about", about),
        row("stated on", statement.stated_on.in_words()),
    ];
    rows.extend(statement.text.iter().map(|paragraph| row("text", paragraph.clone())));
    out::table(&rows)
}
