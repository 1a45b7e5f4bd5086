//! `certreg authority inbox`: what an official should look at.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    cli::{
        error::{CliResult, Exit},
        out::{self, BOLD, YELLOW, styled},
        source::{Listed, Source},
    },
    compare::{self, Change, Direction, Hint},
    domain::{CertificationId, Day, Instant},
    registry::Clock,
};

/// How far back versions are looked at, by default: days.
const DAYS: i64 = 31;

/// List what an official should look at
///
/// Versions with less assurance or with new remarks on their text, published since a day; cases that are open, those
/// that are overdue first; certifications whose last affirmation is due or has lapsed. Nothing is written anywhere.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority inbox --registry https://certreg.example
  certreg authority inbox --registry ~/clones/certreg --since 2026-10-01 --json")]
pub(super) struct Inbox {
    /// The registry: its address, or the folder of a clone
    #[arg(long, value_name = "URL|DIR")]
    registry: String,
    /// Look at versions since this day (default: the last 31 days)
    #[arg(long, value_name = "DAY")]
    since: Option<Day>,
    /// Write it as JSON
    #[arg(long)]
    json: bool,
}

/// A version that an official may want to read.
struct Noticed {
    listed: Listed,
    less_assurance: Vec<String>,
    new_hints: Vec<Hint>,
}

impl Inbox {
    pub(super) fn run(self) -> CliResult {
        let source = Source::open(&self.registry)?;
        let today = Clock::System.now().day_in_london();
        let since = self.since.unwrap_or_else(|| today.plus_days(-DAYS)).starts_at();
        let versions = noticed(&source, since)?;
        // What a supplier has withdrawn or ended itself is open until it takes it back; nobody has to act on it.
        let is_own_end =
            |case: &Value| text(case, "by") == "supplier" && matches!(text(case, "type"), "withdrawal" | "closure");
        let (ended, mut cases): (Vec<Value>, Vec<Value>) =
            source.case_views("state=open")?.into_iter().partition(is_own_end);
        // Overdue ones first, then by the day on which they are due.
        cases.sort_by_key(|case| {
            (text(case, "state") != "overdue", text(case, "due_on").is_empty(), text(case, "due_on").to_owned())
        });
        let lapsing = lapsing(source.certification_views()?);
        if self.json {
            out::json(&json!({
                "since": since.to_string(),
                "versions": versions.iter().map(as_json).collect::<Vec<_>>(),
                "cases": cases,
                "ended_by_supplier": ended,
                "lapsing": lapsing,
            }))?;
        } else {
            show(&versions, &cases, &ended, &lapsing)?;
        }
        Ok(Exit::Done)
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Versions since then that give less assurance than the one before, or of whose text something new is to be said.
fn noticed(source: &Source, since: Instant) -> CliResult<Vec<Noticed>> {
    let mut by_certification: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for event in source.events("version.published", since)? {
        let version = event.get("version").and_then(Value::as_u64).unwrap_or_default();
        by_certification.entry(text(&event, "certification").to_owned()).or_default().push(version);
    }
    let mut found = Vec::new();
    for (id, numbers) in by_certification {
        let Ok(id) = id.parse::<CertificationId>() else { continue };
        let versions = source.versions(&id)?;
        for pair in versions.windows(2).filter(|pair| numbers.contains(&pair[1].publication.version.into())) {
            found.extend(compared(source, &pair[0], &pair[1])?);
        }
    }
    found.sort_by_key(|noticed| std::cmp::Reverse(noticed.listed.publication.sequence));
    Ok(found)
}

fn compared(source: &Source, before: &Listed, after: &Listed) -> CliResult<Option<Noticed>> {
    let (old, new) = (source.held(before)?, source.held(after)?);
    let comparison = compare::versions(old.side(), new.side());
    let less = comparison.all_changes().filter(|change| change.direction == Direction::LessAssurance);
    let less_assurance: Vec<String> = less.map(told).collect();
    let known = compare::hints(&old.draft, &old.known.edition);
    let is_new = |hint: &Hint| !known.iter().any(|old| (old.about, old.code) == (hint.about, hint.code));
    let new_hints: Vec<Hint> = compare::hints(&new.draft, &new.known.edition).into_iter().filter(is_new).collect();
    let is_worth_it = !less_assurance.is_empty() || !new_hints.is_empty();
    Ok(is_worth_it.then(|| Noticed { listed: after.clone(), less_assurance, new_hints }))
}

fn told(change: &Change) -> String {
    format!("{}: {}", change.about.label(), change.sentence)
}

/// Certifications whose affirmation is due or has lapsed, the oldest first.
fn lapsing(views: Vec<Value>) -> Vec<Value> {
    let state = |view: &Value| view.get("freshness").map(|freshness| text(freshness, "state").to_owned());
    let mut found: Vec<Value> = views
        .into_iter()
        .filter(|view| matches!(state(view).as_deref(), Some("due" | "lapsed")))
        .map(|view| {
            json!({
                "certification": text(&view, "id"),
                "state": state(&view),
                "affirmed_on": view.get("freshness").map(|freshness| text(freshness, "affirmed_on")),
                "lapses_on": view.get("freshness").map(|freshness| text(freshness, "lapses_on")),
            })
        })
        .collect();
    found.sort_by_key(|view| text(view, "lapses_on").to_owned());
    found
}

fn as_json(noticed: &Noticed) -> Value {
    let publication = &noticed.listed.publication;
    let hint = |hint: &Hint| json!({"about": hint.about.key(), "code": hint.code, "sentence": hint.sentence});
    json!({
        "certification": publication.certification.to_string(),
        "version": publication.version,
        "published_at": publication.published_at.to_string(),
        "headline": noticed.listed.headline,
        "less_assurance": noticed.less_assurance,
        "new_hints": noticed.new_hints.iter().map(hint).collect::<Vec<_>>(),
    })
}

fn show(versions: &[Noticed], cases: &[Value], ended: &[Value], lapsing: &[Value]) -> CliResult<()> {
    let heading = |title: &str, count: usize| out::line(styled(BOLD, format!("{title} ({count})")));
    heading("Versions with less assurance or new remarks", versions.len())?;
    for noticed in versions {
        let publication = &noticed.listed.publication;
        let on = publication.published_at.day_in_london().in_words();
        out::line(format!("  {} version {}, {on}", publication.certification, publication.version))?;
        for sentence in &noticed.less_assurance {
            out::line(format!("    {sentence}"))?;
        }
        for hint in &noticed.new_hints {
            out::line(format!("    {} {}: {}", styled(YELLOW, "remark:"), hint.about.key(), hint.sentence))?;
        }
    }
    heading("\nOpen cases", cases.len())?;
    cases.iter().try_for_each(|case| out::line(case_line(case)))?;
    heading("\nWithdrawn or ended by the supplier", ended.len())?;
    ended.iter().try_for_each(|case| out::line(case_line(case)))?;
    heading("\nAffirmations due or lapsed", lapsing.len())?;
    for one in lapsing {
        let (state, on) = (text(one, "state"), text(one, "lapses_on"));
        out::line(format!(
            "  {}: {state}, affirmed {}, lapses {on}",
            text(one, "certification"),
            text(one, "affirmed_on")
        ))?;
    }
    Ok(())
}

fn case_line(case: &Value) -> String {
    let about = case.get("certification").or_else(|| case.get("supplier")).and_then(Value::as_str);
    let due = case.get("due_on").and_then(Value::as_str).map(|day| format!(", due {day}")).unwrap_or_default();
    let state = match text(case, "state") {
        "overdue" => styled(YELLOW, "overdue"),
        state => state.to_owned(),
    };
    let since = match case.get("days").and_then(Value::as_i64).unwrap_or_default() {
        0 => "since today".to_owned(),
        1 => "for 1 day".to_owned(),
        days => format!("for {days} days"),
    };
    format!("  {} {}: {state} {since}{due}", about.unwrap_or_default(), text(case, "type"))
}
