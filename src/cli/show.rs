//! `certreg show`: a whole self-certification, as it stands or stood.

use super::{
    error::{CliError, CliResult, Exit},
    moment::Moment,
    out,
    source::{Held, Listed, Source},
    terminal,
};
use crate::{
    api::views::standing::StandingView,
    compare::{self, Side},
    domain::{CertificationId, Digest, Draft, RegistryId},
    registry::Clock,
    statement::{Facts, StatementView as Whole},
};

/// Show a whole self-certification, as it stands or stood
///
/// Without --version or --as-of: the current one. A day means its end, in London. The document's exact bytes come
/// with --format document: their SHA-256 is the digest that 'certreg log' shows.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg show example-learning/example-cloud --registry https://certreg.example
  certreg show example-learning/example-cloud --as-of 2025-09-04 --registry ~/clones/certreg
  certreg show example-learning/example-cloud --version 2 --format document --registry … > version-2.json")]
pub(crate) struct Show {
    /// Which certification: supplier/service
    certification: CertificationId,
    /// The registry: its address, or the folder of a clone
    #[arg(long, value_name = "URL|DIR")]
    registry: String,
    /// This version
    #[arg(long, value_name = "N", conflicts_with = "as_of")]
    version: Option<u32>,
    /// What stood at the end of this day, or at this instant
    #[arg(long, value_name = "DAY|INSTANT")]
    as_of: Option<Moment>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Do not ask the registry for the names of people
    #[arg(long)]
    no_names: bool,
}

/// How a statement is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading
    Text,
    /// Markdown
    Md,
    /// One page that needs nothing else
    Html,
    /// A row an answer
    Csv,
    /// The exact bytes that were signed
    Document,
}

impl Show {
    pub(super) fn run(self) -> CliResult {
        let source = Source::open(&self.registry)?;
        let versions = source.published(&self.certification)?;
        let listed = self.choose(&versions)?;
        let held = source.held(listed)?;
        if self.format == Format::Document {
            out::bytes(&held.document)?;
            return Ok(Exit::Done);
        }
        let newest = versions.last().map_or(0, |newest| newest.publication.version);
        let settings = source.settings()?;
        let mut facts = facts(&held, newest, settings.simulated_dates);
        facts.notices.extend(self.beside(&source, &versions, &settings.registry)?);
        let name = |digest: Digest| source.person(digest);
        let names: crate::statement::Names<'_> = if self.no_names { None } else { Some(&name) };
        let view = Whole::new(&held.draft, &held.known.edition, &facts, names);
        match self.format {
            Format::Text => out::print(view.text())?,
            Format::Md => out::print(view.markdown())?,
            Format::Html => out::print(view.html())?,
            Format::Csv => out::print(view.csv())?,
            Format::Document => {}
        }
        Ok(Exit::Done)
    }

    /// What stands beside it; where the past is asked for, as known then and as known now.
    fn beside(&self, source: &Source, versions: &[Listed], registry: &RegistryId) -> CliResult<Vec<String>> {
        let told = |at| {
            let found = source.standing(&self.certification, versions, registry, at)?;
            let view = StandingView::of(&found);
            Ok::<Vec<String>, CliError>(view.conditions.into_iter().map(|condition| condition.sentence).collect())
        };
        let now = told(Clock::System.now())?;
        let Some(moment) = &self.as_of else { return Ok(now) };
        let then = told(moment.instant()?)?;
        let then = then.into_iter().map(|sentence| format!("As known then: {sentence}"));
        Ok(then.chain(now.into_iter().map(|sentence| format!("As known now: {sentence}"))).collect())
    }

    fn choose<'v>(&self, versions: &'v [Listed]) -> CliResult<&'v Listed> {
        let found = match (self.version, &self.as_of) {
            (Some(version), _) => versions.iter().find(|listed| listed.publication.version == version),
            (None, Some(moment)) => {
                let instant = moment.instant()?;
                versions.iter().rfind(|listed| listed.publication.published_at <= instant)
            }
            (None, None) => versions.last(),
        };
        found.ok_or_else(|| missing(&self.certification, versions, self.version))
    }
}

fn missing(id: &CertificationId, versions: &[Listed], version: Option<u32>) -> CliError {
    let (first, newest) = (versions.first(), versions.last());
    let first_at = first.map(|listed| listed.publication.published_at.day_in_london().in_words()).unwrap_or_default();
    match version {
        Some(version) => CliError::no(format!("{id} has no version {version}"))
            .next(format!("It has versions 1 to {}.", newest.map_or(0, |listed| listed.publication.version))),
        None => CliError::no(format!("nothing had been published as {id} by then"))
            .next(format!("Its first version is of {first_at}.")),
    }
}

fn facts(held: &Held, newest: u32, simulated_dates: bool) -> Facts {
    let publication = &held.listed.publication;
    let notices = if publication.version < newest {
        vec![format!("This is version {}; the current one is version {newest}.", publication.version)]
    } else {
        Vec::new()
    };
    Facts { simulated_dates, notices, ..Facts::of(publication) }
}

/// Tells how a draft differs from the current version there: before somebody signs it.
///
/// # Errors
/// Unreachable or no when the current version cannot be read.
pub(crate) fn differences(draft: &Draft, source: &Source) -> CliResult<()> {
    let versions = source.versions(&draft.certification_id())?;
    let Some(current) = versions.iter().rfind(|listed| listed.publication.version < draft.version) else {
        out::tell("Nothing is published under this id yet: it would be the first version there.");
        return Ok(());
    };
    let current = source.held(current)?;
    let known = source.edition(&draft.edition.id, draft.edition.digest)?;
    let comparison =
        compare::versions(current.side(), Side { content: draft, edition: &known.edition, publication: None });
    out::tell(format!("\n{}", comparison.text(&terminal::options(terminal::Stream::Stderr))));
    for figure in compare::stale_figures(&comparison, draft) {
        out::tell(format!("{} {}.", out::styled(out::YELLOW, "hint:"), figure.sentence));
    }
    Ok(())
}
