//! The result of a run, for people and as JSON.

use serde_json::{Value, json};

use super::{Monitor, News, Report};
use crate::cli::{
    check::count,
    error::CliResult,
    out::{self, BOLD, GREEN, RED, YELLOW, styled},
    verify::clone::sentence,
};

/// At most this many sentences of a kind are printed; JSON has all of them.
const SHOWN: usize = 50;

/// Writes the result for people: what was replayed, what is new, what is wrong.
pub(super) fn people(arguments: &Monitor, report: &Report) -> CliResult<()> {
    let replayed = &report.replayed;
    let registry = replayed.history.registry.as_ref().map_or("unknown".to_owned(), ToString::to_string);
    let row = |label: &str, value: String| vec![styled(BOLD, label), value];
    let roots: Vec<String> = replayed.history.roots.iter().map(ToString::to_string).collect();
    let new = replayed.tree.size().saturating_sub(report.seen_size);
    let seen = if arguments.state.is_some() { format!(", {new} since the last time") } else { String::new() };
    out::print(out::table(&[
        row("registry", registry),
        row("root key", roots.join(", ")),
        row("commits", format!("{}{seen}", replayed.tree.size())),
        row("root", replayed.tree.root().to_string()),
    ]))?;
    list(report.compared.iter().map(|text| format!("{} {text}", styled(GREEN, "agrees:"))))?;
    list(report.notes.iter().map(|text| format!("{} {text}", styled(YELLOW, "note:"))))?;
    if let Some(supplier) = &arguments.supplier {
        if report.news.is_empty() {
            out::line(format!("{} nothing of {supplier}", styled(BOLD, "new:")))?;
        }
        list(report.news.iter().map(news_line))?;
    }
    list(report.unsound.iter().map(|one| format!("{} as known now: {}", styled(YELLOW, "unsound:"), sentence(one))))?;
    list(report.findings.iter().map(|text| format!("{} {text}", styled(RED, "wrong:"))))?;
    verdict(arguments, report)
}

fn list(lines: impl Iterator<Item = String>) -> CliResult<()> {
    let lines: Vec<String> = lines.collect();
    for line in lines.iter().take(SHOWN) {
        out::line(line)?;
    }
    if lines.len() > SHOWN {
        out::line(format!("… and {} more (--json lists them all)", lines.len() - SHOWN))?;
    }
    Ok(())
}

fn news_line(news: &News) -> String {
    let label = if news.about_keys { styled(RED, "new, about keys:") } else { styled(BOLD, "new:") };
    format!("{label} {} (commit {}, {})", news.sentence, news.sequence, news.at)
}

fn verdict(arguments: &Monitor, report: &Report) -> CliResult<()> {
    if !report.findings.is_empty() {
        return out::line(format!(
            "\n{} {}. Keep the clone and the state as they are, and tell others.",
            styled(RED, "Do not rely on this registry:"),
            count(report.findings.len(), "finding")
        ));
    }
    let since = match (&arguments.state, report.seen_size) {
        (None, _) => "; with --state FILE the next run will know what was there today",
        (Some(_), 0) => "; it is remembered for the next run",
        (Some(_), _) => ", and nothing that was there the last time is gone or changed",
    };
    out::line(format!("\n{} every commit, signature and checkpoint holds{since}.", styled(GREEN, "Nothing is wrong:")))
}

/// Writes the result as JSON.
pub(super) fn json(report: &Report) -> CliResult<()> {
    let replayed = &report.replayed;
    let news = |news: &News| {
        json!({
            "sequence": news.sequence, "commit": news.commit, "at": news.at.to_string(), "sentence": news.sentence,
            "about_keys": news.about_keys,
        })
    };
    let value = json!({
        "holds": report.findings.is_empty(),
        "registry": replayed.history.registry.as_ref().map(ToString::to_string),
        "commits": replayed.tree.size(),
        "commits_seen_before": report.seen_size,
        "root": replayed.tree.root().to_string(),
        "root_keys": replayed.history.roots.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "checkpoints": report.compared,
        "findings": report.findings,
        "notes": report.notes,
        "unsound_now": report.unsound.iter().map(sentence).collect::<Vec<_>>(),
        "news": report.news.iter().map(news).collect::<Vec<Value>>(),
    });
    out::json(&value)
}
