//! `certreg doctor`: is everything in the data folder as it should be, and what is to be done if not?

use std::{path::PathBuf, time::Duration};

use serde_json::json;

use super::{
    error::{CliResult, Exit},
    out::{self, BOLD, GREEN, RED, YELLOW, styled},
};
use crate::registry::{
    Clock,
    doctor::{self, Care, Finding, Verdict},
};

/// Look at everything in a registry's folder, and say what to do
///
/// Repository, index, log, keys, person records, clock, disk, and what lies about. Nothing is changed, and the server
/// may run. It takes seconds; with --full every byte of the repository and every row of the index is checked, which
/// takes minutes for a large one. Run it as the server's user. Each line is OK, WARNING (it works, but look at it) or
/// WRONG.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg doctor --data /srv/certreg
  certreg doctor --data /srv/certreg --full --json

Exit code: 0 nothing is wrong (there may be warnings), 1 something is wrong.")]
pub(crate) struct Doctor {
    /// The folder of the registry
    #[arg(long, value_name = "DIR", default_value = super::DEFAULT_DATA)]
    data: PathBuf,
    /// Check every byte of the repository and every row of the index
    #[arg(long)]
    full: bool,
    /// How long Git may take [default: 120, with --full 3600]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    time_limit: Option<u64>,
    /// Print JSON for a program
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self) -> CliResult {
        let seconds = self.time_limit.unwrap_or(if self.full { 3600 } else { 120 });
        let care = Care { full: self.full, git_limit: Duration::from_secs(seconds) };
        let findings = doctor::examine(&self.data, &Clock::System, care);
        let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok);
        if self.json {
            out::json(&json!({ "verdict": worst, "findings": findings }))?;
        } else {
            findings.iter().try_for_each(tell)?;
        }
        Ok(if worst == Verdict::Wrong { Exit::No } else { Exit::Done })
    }
}

fn tell(finding: &Finding) -> CliResult<()> {
    let verdict = match finding.verdict {
        Verdict::Ok => styled(GREEN, "OK     "),
        Verdict::Warning => styled(YELLOW, "WARNING"),
        Verdict::Wrong => styled(RED, "WRONG  "),
    };
    let found = finding.found.replace('\n', "\n    ");
    out::line(format!("{verdict}  {}: {found}", styled(BOLD, finding.check)))?;
    match &finding.remedy {
        Some(remedy) => out::line(format!("         What to do: {remedy}")),
        None => Ok(()),
    }
}
