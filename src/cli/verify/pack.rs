//! Verifying an evidence pack: offline, believing nothing in it but what leads back to the root key.

mod entries;
mod outcome;

use serde_json::json;

use super::{
    Verify,
    history::{Finding, History},
    root_finding,
};
use crate::{
    cli::{
        error::{CliError, CliResult, Exit},
        files,
        out::{self, BOLD, GREEN, RED, YELLOW, styled},
    },
    domain::{Day, Digest, Instant},
    evidence::{Asked, Pack, QUESTION, Question},
    format::v1,
};

use entries::Entries;
use outcome::Outcome;

/// Whether a file begins as ZIP files do.
pub(super) fn is_pack(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

pub(super) fn verify(arguments: &Verify) -> CliResult {
    let bytes = files::read(&arguments.target)?;
    let broken = |error: &dyn std::fmt::Display| {
        CliError::no(format!("{} is no evidence pack: {error}", arguments.target.display()))
            .next("Get it again from the registry: …/evidence.zip, or 'certreg evidence'.")
    };
    let pack = Pack::from_zip(&bytes).map_err(|error| broken(&error))?;
    let question = Question::parse(pack.text(QUESTION).unwrap_or_default()).map_err(|error| broken(&error))?;
    let mut findings = Vec::new();
    let mut entries = Entries::read(&pack, &question, &mut findings);
    let mut history = History::of_some();
    entries.commits().iter().for_each(|commit| history.add(commit));
    findings.extend(history.findings.iter().map(told));
    findings.extend(root_finding(arguments, &history)?.iter().map(told));
    entries.check_head(&pack, &question, &mut findings);
    let outcome = Outcome::of(&entries, &history, &question, &mut findings);
    check_people(&pack, &entries, &question, &mut findings);
    let unsound: Vec<String> = history.unsound_now().iter().map(told).collect();
    let answer = Answer { question, entries, history, outcome, findings, unsound };
    if arguments.json {
        out::json(&answer.as_json())?
    } else {
        answer.show(arguments.root.is_some())?
    }
    Ok(match (answer.findings.is_empty(), answer.unsound.is_empty()) {
        (false, _) => Exit::No,
        (true, false) => Exit::HELD_THEN,
        (true, true) => Exit::Done,
    })
}

/// Whether every person's record is one that a document of this pack names.
fn check_people(pack: &Pack, entries: &Entries, question: &Question, findings: &mut Vec<String>) {
    let drafts = entries.documents(&question.certification);
    let drafts = drafts.filter_map(|(bytes, ..)| v1::stored(bytes, v1::certification::read).ok());
    let named: Vec<Digest> = drafts.flat_map(|stored| stored.value.persons()).collect();
    for (name, bytes) in pack.below("people/") {
        let digest = Digest::of(bytes);
        if name != format!("{}.json", digest.hex()) || !named.contains(&digest) {
            findings.push(format!("people/{name} is no record that a document of this pack names"));
        }
    }
}

fn told(finding: &Finding) -> String {
    let path = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
    format!("entry {}: {path}{}", finding.sequence, finding.sentence)
}

/// What came of it.
struct Answer {
    question: Question,
    entries: Entries,
    history: History,
    outcome: Outcome,
    findings: Vec<String>,
    unsound: Vec<String>,
}

impl Answer {
    fn show(&self, pinned: bool) -> CliResult<()> {
        let row = |label: &str, value: String| vec![styled(BOLD, label), value];
        let roots: Vec<String> = self.history.roots.iter().map(ToString::to_string).collect();
        out::print(out::table(&[
            row("registry", self.question.registry.to_string()),
            row("certification", self.question.certification.to_string()),
            row("root key", roots.join(", ")),
            row("log", self.entries.log_words()),
        ]))?;
        for finding in &self.findings {
            out::line(format!("{} {finding}", styled(RED, "wrong:")))?;
        }
        if !self.findings.is_empty() {
            return out::line(format!("\n{} do not rely on this pack.", styled(RED, "Does not hold:")));
        }
        for unsound in &self.unsound {
            out::line(format!("{} as known now: {unsound}", styled(YELLOW, "unsound:")))?;
        }
        for condition in &self.outcome.conditions {
            out::line(format!("{} {condition}", styled(YELLOW, "on the record:")))?;
        }
        let verdict = match (self.unsound.is_empty(), pinned) {
            (true, true) => styled(GREEN, "Everything holds:"),
            (true, false) => styled(GREEN, "It fits together:"),
            (false, _) => styled(YELLOW, "It held then, not all of it now:"),
        };
        out::line(format!("\n{verdict} {}", self.sentence()))?;
        if !self.unsound.is_empty() {
            out::line(
                "A key in it was reported as unsafe since, for the time when it signed: see the lines with 'unsound'.",
            )?;
        }
        if let Some(withdrawn) = &self.outcome.withdrawn {
            out::line(format!("{} {withdrawn}", styled(YELLOW, "But:")))?;
        }
        out::line("The pages (.html) are for reading and were not checked: what counts are the files in log/.")?;
        if !pinned {
            out::line(format!(
                "{} only the root key tells whether it is this registry's: compare it with the one that the Department publishes, or pin it with --root.",
                styled(BOLD, "Next:")
            ))?;
        }
        Ok(())
    }

    /// What stood, in English.
    fn sentence(&self) -> String {
        let id = &self.question.certification;
        let version = |stood: &outcome::Stood| match stood.until {
            Some(until) => format!("version {} (from {} to {})", stood.version, day(stood.from), day(until)),
            None => {
                format!("version {} (since {}, not replaced by {})", stood.version, day(stood.from), self.made_on())
            }
        };
        let versions: Vec<String> = self.outcome.stood.iter().map(version).collect();
        match self.question.asked {
            Asked::On(day) if self.entries.known_until().is_some_and(|known| known < day.starts_at()) => format!(
                "{} of {id} was the newest when the log was last written, {}; what came between then and {} this pack cannot show.",
                versions.join(" and "),
                self.made_on(),
                day.in_words()
            ),
            Asked::On(day) => format!("on {}, {} of {id} stood.", day.in_words(), versions.join(" and ")),
            Asked::Version(_) => format!("{} of {id} was published.", versions.join(" and ")),
        }
    }

    fn made_on(&self) -> String {
        self.entries.head_time().map(|at| day(at).to_string()).unwrap_or_default()
    }

    fn as_json(&self) -> serde_json::Value {
        let stood: Vec<_> = self.outcome.stood.iter().map(outcome::Stood::as_json).collect();
        json!({
            "holds": self.findings.is_empty(),
            "certification": self.question.certification.to_string(),
            "versions": stood,
            "root_keys": self.history.roots.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "log_size": self.entries.size(),
            "findings": self.findings,
            "unsound_now": self.unsound,
            "on_the_record": self.outcome.conditions,
        })
    }
}

fn day(at: Instant) -> Day {
    at.day_in_london()
}
