//! `certreg since`: what changed since we signed up, for one service or a whole list, without telling anyone the list.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    diff::Format,
    error::{CliError, CliResult, Exit},
    files,
    out::{self, BOLD, YELLOW, styled},
    source::{Listed, Source},
    terminal,
};
use crate::{
    api::notice,
    compare::{self, Reader, ReaderDay, SinceReport, StandingFact},
    domain::{CertificationId, Day, Publication, RegistryId, RegistrySettings},
    registry::{Clock, compare::Line},
};

/// Say what changed since you signed up to a service
///
/// A day may be a year or a month as well: its first day is meant. A list is a CSV file with the columns
/// supplier/service, day, label (optional), and, if you like, the day of your last review; lines that begin with #
/// are left out. With a clone as --registry, nobody learns which services you use.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg since example-learning/example-cloud@2025-09-04 --registry https://certreg.example
  certreg since --list our-services.csv --registry ~/clones/certreg
  certreg since --list our-services.csv --reviewed 2026-07-01 --registry …      (since our last meeting)

Exit code: 0 nothing changed anywhere, 1 something changed, or a service could not be found.")]
pub(crate) struct Since {
    /// supplier/service@day
    #[arg(value_name = "SERVICE@DAY", required_unless_present = "list")]
    items: Vec<String>,
    /// A CSV file with a line for each service
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Since your last review on this day, for every service
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    reviewed: Option<Day>,
    /// The registry: its address, or the folder of a clone
    #[arg(long, value_name = "URL|DIR")]
    registry: String,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Only the sentences, without the marked text
    #[arg(long)]
    short: bool,
    /// Write a summary as JSON
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

fn parse_day(text: &str) -> Result<Day, String> {
    Day::parse_start_of_period(text).map_err(|error| error.to_string())
}

/// One line of a reader's list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    /// As written, for messages.
    written: String,
    id: Result<CertificationId, String>,
    day: Result<Day, String>,
    reviewed: Option<Day>,
    label: Option<String>,
}

impl Since {
    pub(super) fn run(self) -> CliResult {
        let mut items: Vec<Item> = self.items.iter().map(|text| item_of_argument(text)).collect();
        if let Some(path) = &self.list {
            items.extend(read_list(&files::read_text(path)?)?);
        }
        let source = Source::open(&self.registry)?;
        let today = Clock::System.now().day_in_london();
        let settings = source.settings()?;
        if let Some(notice) = notice::of(&settings).filter(|_| !self.json && self.format != Format::Html) {
            out::line(format!("{notice}\n"))?;
        }
        let mut changed = false;
        let mut summary = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let outcome = match self.report(item, &source, &settings.registry, today) {
                // A registry that cannot be reached is not one item's fault.
                Err(error) if error.exit == Exit::Unreachable => return Err(error),
                outcome => outcome,
            };
            changed |= outcome.as_ref().map_or(true, |report| report.importance.is_some());
            if self.json {
                summary.push(as_json(item, &outcome));
                continue;
            }
            if place > 0 {
                out::line("")?;
            }
            self.show(item, outcome, &settings)?;
        }
        if self.json {
            let mut value = json!({"items": summary});
            if settings.simulated_dates {
                value["simulated_dates"] = json!(true);
            }
            out::json(&value)?;
        }
        Ok(if changed { Exit::No } else { Exit::Done })
    }

    /// What changed for one item; a fault of one never hides the others.
    fn report(&self, item: &Item, source: &Source, registry: &RegistryId, today: Day) -> CliResult<SinceReport> {
        let id = item.id.clone().map_err(CliError::no)?;
        let signed_up = item.day.clone().map_err(CliError::no)?;
        let reviewed = item.reviewed.or(self.reviewed);
        let day = reviewed.unwrap_or(signed_up);
        if day > today || signed_up > today {
            return Err(CliError::no(format!("that day lies ahead; today is {}", today.in_words())));
        }
        let kind = if reviewed.is_some() { ReaderDay::Reviewed } else { ReaderDay::SignedUp };
        let (line, versions) = followed(source, &id)?;
        let Some(mut baseline) = compare::baseline(day, &line.as_one()) else {
            return Err(CliError::no(format!("{id} is not on the register")));
        };
        let steps = line.publications[baseline.version as usize - 1..]
            .iter()
            .filter_map(|known| versions.iter().find(|listed| listed.publication == *known));
        let held = steps.map(|listed| source.held(listed)).collect::<CliResult<Vec<_>>>()?;
        let unclear = || CliError::unreachable(format!("the versions of {id} cannot be compared"));
        let (then, now) = (held.first().ok_or_else(unclear)?, held.last().ok_or_else(unclear)?);
        baseline.version = then.listed.publication.version;
        let sides: Vec<_> = held.iter().map(super::source::Held::side).collect();
        let report = compare::since(Reader { day, kind }, baseline, &sides, today).ok_or_else(unclear)?;
        let (run_by, instant) = (&now.listed.publication.certification, Clock::System.now());
        let own: Vec<Listed> =
            versions.iter().filter(|listed| listed.publication.certification == *run_by).cloned().collect();
        let standing = source.standing(run_by, &own, registry, instant)?;
        let facts: Vec<StandingFact> =
            line.fact(&now.listed.supplier_name).into_iter().chain(standing.facts()).collect();
        Ok(if facts.is_empty() { report } else { report.with_standing(&facts) })
    }

    fn show(&self, item: &Item, outcome: CliResult<SinceReport>, settings: &RegistrySettings) -> CliResult<()> {
        if let Some(label) = &item.label {
            out::line(styled(BOLD, label))?;
        }
        match outcome {
            Ok(report) => out::print(match self.format {
                Format::Text => {
                    let mut options = terminal::options(terminal::Stream::Stdout);
                    options.marked_text = !self.short;
                    report.text(&options)
                }
                Format::Md => report.markdown(),
                Format::Html => notice::in_page(settings, report.html_page()),
            }),
            Err(error) => out::line(format!("{} {}: {}", styled(YELLOW, "not answered:"), item.written, error.message)),
        }
    }
}

/// Everything that was published of a service, also under the certifications that carry it on.
fn followed(source: &Source, id: &CertificationId) -> CliResult<(Line, Vec<Listed>)> {
    let now = Clock::System.now();
    let publications =
        |listed: &[Listed]| listed.iter().map(|listed| listed.publication.clone()).collect::<Vec<Publication>>();
    let mut versions = source.versions(id)?;
    let mut line = Line::of(publications(&versions));
    let mut newest = id.clone();
    while !versions.is_empty()
        && let Some(transfer) = source.cases(&newest)?.history.standing(now).successor().cloned()
        && transfer.other != *id
        && !line.carried_on.iter().any(|(known, _)| *known == transfer.other)
    {
        let more = source.versions(&transfer.other)?;
        line = line.carried_on_by(transfer.other.clone(), transfer.since, publications(&more));
        versions.extend(more);
        newest = transfer.other;
    }
    Ok((line, versions))
}

fn item_of_argument(text: &str) -> Item {
    let (id, day) = text.split_once('@').unwrap_or((text, ""));
    item(text, id, day, None, None)
}

fn item(written: &str, id: &str, day: &str, label: Option<&str>, reviewed: Option<Day>) -> Item {
    let unreadable = || format!("'{day}' is not a day: write it like 2025-09-04, 2025-09 or 2025");
    Item {
        written: written.to_owned(),
        id: id.parse().map_err(|error: crate::domain::ids::IdError| error.to_string()),
        day: Day::parse_start_of_period(day).map_err(|_| unreadable()),
        reviewed,
        label: label.filter(|label| !label.is_empty()).map(str::to_owned),
    }
}

/// Reads a list; a first line without a `/` in its first column is a heading.
///
/// # Errors
/// No when it is not CSV, with the line.
fn read_list(text: &str) -> CliResult<Vec<Item>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut items = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| CliError::no(format!("the list cannot be read: {error}")))?;
        let column = |n: usize| record.get(n).unwrap_or_default();
        let is_heading = items.is_empty() && !column(0).contains('/') && !column(0).is_empty();
        if is_heading || record.iter().all(str::is_empty) {
            continue;
        }
        let reviewed = Day::parse_start_of_period(column(3)).ok();
        let written = format!("{}, {}", column(0), column(1));
        items.push(item(&written, column(0), column(1), Some(column(2)), reviewed));
    }
    Ok(items)
}

fn as_json(item: &Item, outcome: &CliResult<SinceReport>) -> Value {
    let id = item.id.as_ref().map(ToString::to_string).unwrap_or_else(|_| item.written.clone());
    let mut value = match outcome {
        Ok(report) => json!({
            "certification": id,
            "outcome": if report.importance.is_some() { "changed" } else { "unchanged" },
            "headline": report.headline,
            "baseline": report.baseline.kind.as_str(),
            "baseline_sentence": report.baseline_sentence,
            "from_version": report.baseline.version,
            "to_version": report.net.new.version,
            "importance": report.importance.map(|importance| importance.as_str()),
            "sentences": report.net.changes.iter().map(|change| change.sentence.clone()).collect::<Vec<_>>(),
            "changed_and_changed_back":
                report.changed_and_changed_back.iter().map(|back| back.sentence.clone()).collect::<Vec<_>>(),
        }),
        Err(error) => json!({"certification": id, "outcome": "not_answered", "sentence": error.message}),
    };
    if let Some(label) = &item.label {
        value["label"] = json!(label);
    }
    // Absent, never null, as in the API.
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_have_a_heading_comments_and_a_byte_order_mark() {
        let text = "\u{feff}service,since,label\n# ours\nacme/lms,2025-09,Main one\nacme/lms,2019,\"a, b\",2026-07-01\n\nnonsense/,x\n";
        let items = read_list(text).expect("a list");
        assert_eq!(items.len(), 3);
        assert_eq!(items[0].day.as_ref().map(ToString::to_string), Ok("2025-09-01".to_owned()));
        assert_eq!(items[1].label.as_deref(), Some("a, b"));
        assert_eq!(items[1].reviewed.map(|day| day.to_string()).as_deref(), Some("2026-07-01"));
        assert!(items[2].id.is_err() && items[2].day.is_err());
    }
}
