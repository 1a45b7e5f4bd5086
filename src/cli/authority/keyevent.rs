//! `certreg authority end-key`: a person has left, a key is lost, or somebody else may have it.

use std::path::PathBuf;

use super::{enrol::find, folder::KeyFolder, outcome::Destination, trust};
use crate::{
    cli::{
        error::{CliError, CliResult},
        out::{self, BOLD, styled},
        source::Source,
    },
    domain::{Instant, SupplierId},
    format::v1::envelope::Envelope,
    registry::Clock,
    signing::{AuthorityRole, KeyEvent, Namespace},
};

/// End a supplier's key: its holder left, it is lost, or somebody else may have it
///
/// For 'compromised', --at is since when somebody else may have had the key: what it signed from then on becomes
/// unsound, earlier versions stand.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority end-key SHA256:… --supplier example-learning --event compromised --at 2026-10-30T00:00:00Z \\
      --keys ~/department --to https://certreg.example")]
pub(super) struct EndKey {
    /// The key's fingerprint, as 'ssh-keygen -l' shows it
    #[arg(value_name = "FINGERPRINT")]
    key: String,
    /// Whose key
    #[arg(long)]
    supplier: SupplierId,
    /// What happened
    #[arg(long, value_parser = parse_event, value_name = "left|lost|compromised")]
    event: KeyEvent,
    /// The first second at which the key may not sign any more (default: now)
    #[arg(long, value_name = "INSTANT")]
    at: Option<Instant>,
    /// The Department's key folder
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Where to look up the ring in force (default: --to)
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    #[command(flatten)]
    destination: Destination,
}

pub(super) fn parse_event(text: &str) -> Result<KeyEvent, String> {
    let event = KeyEvent::parse(text).filter(|event| event.ends_a_key());
    event.ok_or_else(|| "the event is 'left', 'lost' or 'compromised'".to_owned())
}

impl EndKey {
    pub(super) fn run(self) -> CliResult {
        let folder = KeyFolder::open(&self.keys)?;
        let source = match (&self.registry, self.destination.remote()?) {
            (Some(text), _) => Source::open(text)?,
            (None, Some(remote)) => Source::Remote(remote),
            (None, None) => return Err(CliError::usage("say where to look up the ring in force: --registry URL|DIR")),
        };
        let Some(ring) = trust::ring(&source, &folder, &self.supplier)? else {
            return Err(CliError::no(format!("{} has no keys there", self.supplier)));
        };
        let at = self.at.unwrap_or_else(|| Clock::System.now());
        let key = find(&ring, &self.key)?;
        let next = ring.end(&key, at, self.event).map_err(|error| CliError::no(error.to_string()))?;
        let last = next.find(&key).and_then(|line| line.window().valid_before());
        out::print(out::table(&[
            vec![styled(BOLD, "ring"), format!("{} version {} ({})", self.supplier, next.version(), next.event())],
            vec![styled(BOLD, "key"), self.key.clone()],
            vec![styled(BOLD, "may sign until"), last.map(|last| last.to_string()).unwrap_or_default()],
        ]))?;
        let document = next.print();
        let signature = folder.sign(AuthorityRole::Department, Namespace::Keys, document.as_bytes())?;
        let envelope = Envelope { document: Some(document), signature: Some(signature), ..Envelope::default() };
        self.destination.deliver(&envelope)
    }
}
