//! `certreg diff`: what changed between two versions, in the sentences that everybody gets.

use std::path::{Path, PathBuf};

use super::{
    bundle::Bundle,
    editions,
    error::{CliError, CliResult, Exit},
    out,
    source::{Held, Source},
    terminal,
};
use crate::{
    api::{notice, views::comparison::ComparisonView},
    compare::{self, Comparison, Side},
    domain::{CertificationId, Draft, RegistrySettings},
};

/// Say what changed between two versions, question by question
///
/// Two files, or two versions of a published certification. The sentences are those of the API and the pages.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg diff example-learning/example-cloud 1 3 --registry https://certreg.example
  certreg diff example-learning/example-cloud --registry ~/clones/certreg      (the last two versions)
  certreg diff old.json new.json
  certreg diff new.json --registry https://certreg.example                     (against the current version)

Exit code: 0 nothing differs, 1 something differs.")]
pub(crate) struct Diff {
    /// supplier/service, or a file
    what: String,
    /// The older version, or the second file
    from: Option<String>,
    /// The newer version (default: the current one)
    to: Option<u32>,
    /// The registry: its address, or the folder of a clone
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Only the sentences, without the marked text
    #[arg(long)]
    short: bool,
    /// Write it as JSON, as the API does
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// How a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For reading
    Text,
    /// Markdown
    Md,
    /// One page that needs nothing else
    Html,
}

impl Diff {
    pub(super) fn run(self) -> CliResult {
        let path = PathBuf::from(&self.what);
        let source = self.registry.as_deref().map(Source::open).transpose()?;
        let comparison = match (&source, path.is_file()) {
            (source, true) => self.of_files(&path, source.as_ref())?,
            (Some(source), false) => self.of_published(source)?,
            (None, false) => {
                return Err(CliError::usage(format!("there is no file {}", self.what))
                    .next("To compare published versions, say where: --registry URL, or --registry DIR for a clone."));
            }
        };
        let settings = source.as_ref().map_or_else(|| Ok(editions::no_registry()), Source::settings)?;
        if self.json {
            out::json(&self.as_json(&comparison, &settings)?)?;
        } else {
            write(&comparison, self.format, self.short, &settings)?;
        }
        Ok(if comparison.is_empty() { Exit::Done } else { Exit::No })
    }

    fn as_json(&self, comparison: &Comparison, settings: &RegistrySettings) -> CliResult<serde_json::Value> {
        let view = ComparisonView::of(self.what.clone(), comparison, settings);
        serde_json::to_value(view).map_err(|error| CliError::unreachable(error.to_string()))
    }

    fn of_published(&self, source: &Source) -> CliResult<Comparison> {
        let id: CertificationId = self
            .what
            .parse()
            .map_err(|error| CliError::usage(format!("'{}' is neither a file nor an id: {error}", self.what)))?;
        let versions = source.published(&id)?;
        let newest = versions.last().map_or(1, |listed| listed.publication.version);
        let from = match &self.from {
            Some(text) => {
                text.parse().map_err(|_| CliError::usage(format!("'{text}' is not the number of a version")))?
            }
            None => newest.saturating_sub(1).max(1),
        };
        let to = self.to.unwrap_or(newest);
        let held = |number: u32| -> CliResult<Held> {
            let listed = versions.iter().find(|listed| listed.publication.version == number);
            let listed = listed.ok_or_else(|| {
                CliError::no(format!("{id} has no version {number}")).next(format!("It has versions 1 to {newest}."))
            })?;
            source.held(listed)
        };
        if from > to {
            let (old, new) = (held(from)?, held(to)?);
            return Ok(compare::versions(old.side(), new.side()));
        }
        // All of them, for the corrections declared between.
        let steps = (from..=to).map(held).collect::<CliResult<Vec<_>>>()?;
        let sides: Vec<Side> = steps.iter().map(Held::side).collect();
        compare::between(&sides)
            .ok_or_else(|| CliError::unreachable(format!("the versions of {id} cannot be compared")))
    }

    fn of_files(&self, path: &Path, source: Option<&Source>) -> CliResult<Comparison> {
        let first = read(path)?;
        let edition = |draft: &Draft| match (editions::by_id(&draft.edition.id), source) {
            (Some(known), _) => Ok(known),
            (None, Some(source)) => source.edition(&draft.edition.id, draft.edition.digest),
            (None, None) => Err(CliError::no(format!("edition {} is not built in", draft.edition.id))
                .next("Say which registry has it: --registry URL|DIR.")),
        };
        let known = edition(&first)?;
        let side = Side { content: &first, edition: &known.edition, publication: None };
        match (&self.from, source) {
            (Some(second), _) => {
                let second = read(Path::new(second))?;
                let known = edition(&second)?;
                Ok(compare::versions(side, Side { content: &second, edition: &known.edition, publication: None }))
            }
            (None, Some(source)) => {
                let versions = source.published(&first.certification_id())?;
                let current = versions.last().ok_or_else(|| CliError::no("nothing is published"))?;
                Ok(compare::versions(source.held(current)?.side(), side))
            }
            (None, None) => Err(CliError::usage("one file alone cannot be compared")
                .next("Name a second file, or a registry: --registry URL|DIR.")),
        }
    }
}

fn read(path: &Path) -> CliResult<Draft> {
    let bundle = Bundle::open(path)?;
    bundle.draft().ok_or_else(|| {
        CliError::no(format!("{} is no certification that can be read", path.display()))
            .next(format!("certreg check {}", path.display()))
    })
}

/// Writes a comparison.
///
/// # Errors
/// Only when it cannot be written.
pub(crate) fn write(
    comparison: &Comparison,
    format: Format,
    short: bool,
    settings: &RegistrySettings,
) -> CliResult<()> {
    out::print(match format {
        Format::Text => {
            let mut options = terminal::options(terminal::Stream::Stdout);
            options.marked_text = !short;
            notice::before_text(settings, comparison.text(&options))
        }
        Format::Md => notice::before_text(settings, comparison.markdown()),
        Format::Html => notice::in_page(settings, comparison.html_page()),
    })
}
