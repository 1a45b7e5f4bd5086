//! `certreg evidence`: a pack to keep, which shows for years what stood.

use std::path::PathBuf;

use super::{
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    out::{self, BOLD, styled},
    remote::Remote,
};
use crate::{
    domain::{CertificationId, Day},
    evidence::{Pack, QUESTION, Question},
};

/// Get the evidence for a version or a day, to keep
///
/// A ZIP file with the document, its signatures, the keys with the Department's word on them, proofs from the log, a
/// page for people, and a script that checks all of it with git, ssh-keygen and openssl alone. Check it now and later
/// with 'certreg verify', which needs no connection.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg evidence example-learning/example-cloud --on 2025-09-04 --registry https://certreg.example
  certreg verify example-learning-example-cloud-2025-09-04.zip --root SHA256:…")]
pub(crate) struct Evidence {
    /// Which certification: supplier/service
    certification: CertificationId,
    /// The registry's address
    #[arg(long, value_name = "URL")]
    registry: String,
    /// Every version that stood at any moment of this day, in London
    #[arg(long, value_name = "DAY", conflicts_with = "version")]
    on: Option<Day>,
    /// This version
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// Where to write it (default: a name that says what it is, in this folder)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

impl Evidence {
    pub(super) fn run(self) -> CliResult {
        let id = &self.certification;
        let (address, what) = match (self.version, self.on) {
            (Some(version), _) => (format!("/versions/{version}/evidence.zip"), format!("version-{version}")),
            (None, Some(day)) => (format!("/evidence.zip?on={day}"), day.to_string()),
            (None, None) => return Err(CliError::usage("say for what: --on DAY or --version N")),
        };
        let path = self.out.clone().unwrap_or_else(|| format!("{}-{}-{what}.zip", id.supplier, id.service).into());
        let how = Write::force(self.force);
        files::may_write(&path, how)?;
        let bytes = Remote::at(&self.registry)?.bytes(&format!("/v1/certifications/{id}{address}"))?;
        // What came must be a pack about what was asked for; whether it holds is for 'verify' to say.
        let pack =
            Pack::from_zip(&bytes).map_err(|error| CliError::unreachable(format!("the answer is no pack: {error}")))?;
        let question = Question::parse(pack.text(QUESTION).unwrap_or_default());
        if !question.is_ok_and(|question| question.certification == *id) {
            return Err(CliError::unreachable("the answer is a pack about something else"));
        }
        files::write(&path, &bytes, how)?;
        out::line(format!("{} ({} KB)", path.display(), bytes.len().div_ceil(1000)))?;
        out::tell(format!("{} certreg verify {} --root SHA256:…", styled(BOLD, "Next:"), path.display()));
        Ok(Exit::Done)
    }
}
