//! `certreg log`: the versions of a certification.

use serde_json::json;

use super::{
    error::{CliResult, Exit},
    out::{self, BOLD, DIM, styled},
    source::Source,
};
use crate::{api::notice, domain::CertificationId};

/// List the versions of a certification, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg log example-learning/example-cloud --registry https://certreg.example
  certreg log example-learning/example-cloud --registry ~/clones/certreg --json | jq -r '.[].digest'

Next: certreg diff SUPPLIER/SERVICE 2 3, certreg show SUPPLIER/SERVICE --version 2")]
pub(crate) struct Log {
    /// Which certification: supplier/service
    certification: CertificationId,
    /// The registry: its address, or the folder of a clone
    #[arg(long, value_name = "URL|DIR")]
    registry: String,
    /// At most this many
    #[arg(short = 'n', long, value_name = "COUNT")]
    limit: Option<usize>,
    /// Write the list as JSON
    #[arg(long)]
    json: bool,
}

impl Log {
    pub(super) fn run(self) -> CliResult {
        let source = Source::open(&self.registry)?;
        let mut versions = source.published(&self.certification)?;
        versions.reverse();
        versions.truncate(self.limit.unwrap_or(usize::MAX));
        if self.json {
            let list: Vec<_> = versions.iter().map(|listed| &listed.json).collect();
            out::json(&json!(list))?;
            return Ok(Exit::Done);
        }
        if let Some(notice) = notice::of(&source.settings()?) {
            out::line(format!("{notice}\n"))?;
        }
        if let Some(newest) = versions.first() {
            let title = format!("{}: {} ({})", self.certification, newest.service_name, newest.supplier_name);
            out::line(styled(BOLD, title))?;
        }
        let mut rows = vec![
            ["version", "published", "kind", "signed by", "digest", "what changed"].map(|t| styled(DIM, t)).to_vec(),
        ];
        rows.extend(versions.iter().map(|listed| {
            vec![
                listed.publication.version.to_string(),
                listed.publication.published_at.day_in_london().to_string(),
                listed.kind.clone(),
                listed.signers.join(", "),
                listed.publication.digest.hex()[..12].to_owned(),
                listed.headline.clone(),
            ]
        }));
        out::print(out::table(&rows))?;
        Ok(Exit::Done)
    }
}
