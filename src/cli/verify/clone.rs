//! Verifying a whole clone.

use std::path::Path;

use serde_json::json;

use super::{
    Verify,
    history::{self, Finding, History},
    root_finding,
};
use crate::{
    cli::{
        check::count,
        error::{CliError, CliResult, Exit},
        local::LocalClone,
        out::{self, BOLD, GREEN, RED, YELLOW, styled},
    },
    store::{Snapshot, StoreError},
};

/// At most this many findings are printed; JSON has all of them.
const SHOWN_FINDINGS: usize = 50;

pub(super) fn verify(arguments: &Verify) -> CliResult {
    let (clone, mut history) = replayed(&arguments.target)?;
    let root = root_finding(arguments, &history)?;
    history.findings.extend(root);
    let unsound = history.unsound_now();
    let holds = history.findings.is_empty();
    if arguments.json {
        out::json(&as_json(&clone, &history, &unsound))?;
    } else {
        show(arguments, &clone, &history, &unsound)?;
    }
    Ok(match (holds, unsound.is_empty()) {
        (false, _) => Exit::No,
        (true, false) => Exit::HELD_THEN,
        (true, true) => Exit::Done,
    })
}

/// Judges every commit of the clone in `folder`.
///
/// # Errors
/// Unreachable or no when there is no registry that could be judged.
pub(super) fn replayed(folder: &Path) -> CliResult<(LocalClone, History)> {
    let snapshot = match Snapshot::open(folder) {
        // Not a failure to read, but an answer.
        Err(error @ (StoreError::Foreign { .. } | StoreError::Damaged { .. })) => {
            return Err(CliError::no(format!("this clone cannot be trusted: {error}")));
        }
        opened => opened?,
    };
    let clone = LocalClone::of(folder, snapshot)?;
    let mut history = History::default();
    let mut progress = out::Progress::of("verifying commit");
    history::each_commit(clone.snapshot(), |commit| match commit {
        Ok((commit, documents)) => {
            if commit.sequence % 100 == 0 {
                progress.at(commit.sequence);
            }
            history.add_read(&commit, &documents);
        }
        Err(error) => broken(&mut history, &error),
    });
    drop(progress);
    Ok((clone, history))
}

/// The replay ends at the first commit that cannot be told.
fn broken(history: &mut History, error: &StoreError) {
    history.findings.push(Finding {
        sequence: history.counts.commits,
        commit: String::new(),
        path: String::new(),
        sentence: format!("the history cannot be read any further: {error}"),
    });
}

fn show(arguments: &Verify, clone: &LocalClone, history: &History, unsound: &[Finding]) -> CliResult<()> {
    let row = |label: &str, value: String| vec![styled(BOLD, label), value];
    let settings = clone.settings();
    let day = |at: Option<crate::domain::Instant>| at.map(|at| at.to_string()).unwrap_or_default();
    let counts = history.counts;
    let roots: Vec<String> = history.roots.iter().map(ToString::to_string).collect();
    out::print(out::table(&[
        row("registry", format!("{} ({})", settings.registry, settings.name)),
        row("root key", roots.join(", ")),
        row("commits", format!("{}, from {} to {}", counts.commits, day(history.first_at), day(history.last_at))),
        row(
            "holds",
            format!(
                "{}, {}, {}, {} in {} (of these {}), {}",
                count(history.editions.len(), "edition"),
                count(history.suppliers.len(), "supplier"),
                count(history.rings.len(), "key ring"),
                count(usize::try_from(counts.versions).unwrap_or(usize::MAX), "version"),
                count(history.certifications.len(), "certification"),
                count(usize::try_from(counts.transcriptions).unwrap_or(usize::MAX), "transcription"),
                count(usize::try_from(counts.cases).unwrap_or(usize::MAX), "case statement"),
            ),
        ),
    ]))?;
    if settings.simulated_dates {
        out::line(format!(
            "{} the dates of this registry are simulated: it is a demonstration.",
            styled(YELLOW, "note:")
        ))?;
    }
    for finding in history.findings.iter().take(SHOWN_FINDINGS) {
        out::line(format!("{} {}", styled(RED, "wrong:"), sentence(finding)))?;
    }
    if history.findings.len() > SHOWN_FINDINGS {
        out::line(format!("… and {} more (--json lists them all)", history.findings.len() - SHOWN_FINDINGS))?;
    }
    for finding in unsound {
        out::line(format!("{} as known now: {}", styled(YELLOW, "unsound:"), sentence(finding)))?;
    }
    verdict(arguments, history, unsound)
}

fn verdict(arguments: &Verify, history: &History, unsound: &[Finding]) -> CliResult<()> {
    if !history.findings.is_empty() {
        let what = count(history.findings.len(), "thing");
        return out::line(format!("\n{} {what} in this clone cannot be trusted.", styled(RED, "Does not hold:")));
    }
    let what = "every commit, document and signature from the first to the last";
    if unsound.is_empty() {
        let holds = styled(GREEN, "Everything holds:");
        out::line(format!("\n{holds} {what} holds, as known then and as known now."))?;
    } else {
        let held = styled(YELLOW, "Everything held then, not all of it now:");
        let unsound = count(unsound.len(), "unsound signature");
        out::line(format!("\n{held} {what} held when it was published; {unsound} as known now."))?;
    }
    if arguments.root.is_none() {
        out::line(format!(
            "{} compare the root key with the one that the Department publishes, or pin it with --root.",
            styled(BOLD, "Next:")
        ))?;
    }
    Ok(())
}

pub(super) fn sentence(finding: &Finding) -> String {
    let commit = finding.commit.get(..10).unwrap_or_default();
    let path = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
    let place = if commit.is_empty() { String::new() } else { format!(" ({commit})") };
    format!("commit {}{place}: {path}{}", finding.sequence, finding.sentence)
}

fn as_json(clone: &LocalClone, history: &History, unsound: &[Finding]) -> serde_json::Value {
    let list = |findings: &[Finding]| -> Vec<serde_json::Value> {
        let one =
            |f: &Finding| json!({"sequence": f.sequence, "commit": f.commit, "path": f.path, "sentence": f.sentence});
        findings.iter().map(one).collect()
    };
    let mut value = json!({
        "holds": history.findings.is_empty(),
        "commits": history.counts.commits,
        "versions": history.counts.versions,
        "transcriptions": history.counts.transcriptions,
        "case_statements": history.counts.cases,
        "certifications": history.certifications.len(),
        "root_keys": history.roots.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "findings": list(&history.findings),
        "unsound_now": list(unsound),
    });
    if clone.settings().simulated_dates {
        value["simulated_dates"] = json!(true);
    }
    value
}
