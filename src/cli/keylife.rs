//! `certreg keys …`: the supplier's side of a key's life. The Department's is `certreg authority enrol` and `end-key`.

use std::path::PathBuf;

use serde_json::json;

use super::{
    error::{CliError, CliResult, Exit},
    keygen::Keygen,
    keys::Signer,
    out::{self, BOLD, DIM, GREEN, YELLOW, styled},
    source::Source,
};
use crate::{
    domain::{Instant, SupplierId},
    registry::Clock,
    signing::{KeyRing, RingKey},
};

/// A supplier's keys: list them, ask for one, exchange one
///
/// A key is asked for ('request'), enrolled by the Department, and one day exchanged ('rotate': the old key signs the
/// new one's request). When somebody leaves, or a key is lost or may be in other hands, tell the Department at once:
/// it ends the key, and says since when.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg keys list example-learning --registry https://certreg.example
  certreg keys request --supplier example-learning --role signatory --registry https://certreg.example --out signatory
  certreg keys rotate signatory --supplier example-learning --registry https://certreg.example --out signatory-2")]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(List),
    #[command(name = "request")]
    Request(Keygen),
    Rotate(Rotate),
}

/// List a supplier's keys, all that ever were
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg keys list example-learning --registry https://certreg.example")]
struct List {
    /// Whose keys
    supplier: SupplierId,
    /// A registry's address, or the folder of a clone
    #[arg(long, value_name = "URL|DIR")]
    registry: String,
    /// Write them as JSON
    #[arg(long)]
    json: bool,
}

/// Make a new key that takes the place of one in use
///
/// Looks up in which role OLDKEY is enrolled, makes NEWKEY, and writes NEWKEY.request.json: signed by the new key,
/// which proves that somebody holds it, and by the old one, which agrees. Until the Department ends it, the old key may
/// sign beside the new one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg keys rotate signatory --supplier example-learning --registry https://certreg.example --out signatory-2

Next: send NEWKEY.request.json to the Department, which enrols it with 'certreg authority enrol --replaces'")]
struct Rotate {
    /// The key in use: its file, or KEY.pub where ssh-agent holds it
    #[arg(value_name = "OLDKEY")]
    old: PathBuf,
    /// Whose key
    #[arg(long)]
    supplier: SupplierId,
    /// A registry's address, or the folder of a clone
    #[arg(long, value_name = "URL|DIR")]
    registry: String,
    /// Where to write the new key
    #[arg(long, value_name = "NEWKEY")]
    out: PathBuf,
    /// Make no key: only the request, for the ssh-ed25519 key that is there
    #[arg(long)]
    existing: bool,
    /// Write the key without a passphrase
    #[arg(long)]
    no_passphrase: bool,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

impl Keys {
    pub(super) fn run(self) -> CliResult {
        match self.command {
            Command::List(list) => list.run(),
            Command::Request(keygen) => keygen.run(),
            Command::Rotate(rotate) => rotate.run(),
        }
    }
}

/// The ring in force.
fn ring(source: &Source, supplier: &SupplierId) -> CliResult<KeyRing> {
    let ring = source.ring(supplier, &source.registry_id()?)?;
    ring.ok_or_else(|| {
        CliError::no(format!("no keys of {supplier} are enrolled there"))
            .next("Ask for the first ones with 'certreg keys request'.")
    })
}

impl List {
    fn run(self) -> CliResult {
        let ring = ring(&Source::open(&self.registry)?, &self.supplier)?;
        let now = Clock::System.now();
        if self.json {
            let keys: Vec<_> = ring.keys().iter().map(|line| as_json(line, now)).collect();
            out::json(&json!({"supplier": self.supplier.to_string(), "ring_version": ring.version(), "keys": keys}))?;
            return Ok(Exit::Done);
        }
        let heads = ["role", "fingerprint", "may sign from", "until", ""];
        let mut rows = vec![heads.map(|head| styled(BOLD, head)).to_vec()];
        rows.extend(ring.keys().iter().map(|line| row(line, now)));
        out::print(out::table(&rows))?;
        let (version, event) = (ring.version(), ring.event());
        out::line(styled(DIM, format!("ring version {version}, the last change: {event}")))?;
        Ok(Exit::Done)
    }
}

fn state(line: &RingKey, now: Instant) -> &'static str {
    match line.window().valid_before() {
        _ if line.is_valid_at(now) => "may sign",
        Some(end) if end < now => "ended",
        _ => "not yet",
    }
}

fn row(line: &RingKey, now: Instant) -> Vec<String> {
    let state = state(line, now);
    let until = line.window().valid_before().map(|end| end.to_string()).unwrap_or_default();
    vec![
        line.role().to_string(),
        line.key().fingerprint(),
        line.window().valid_after().to_string(),
        until,
        styled(if state == "may sign" { GREEN } else { YELLOW }, state),
    ]
}

fn as_json(line: &RingKey, now: Instant) -> serde_json::Value {
    let mut value = json!({
        "role": line.role().as_str(),
        "fingerprint": line.key().fingerprint(),
        "valid_after": line.window().valid_after().to_string(),
        "valid_now": line.is_valid_at(now),
    });
    if let Some(end) = line.window().valid_before() {
        value["valid_before"] = json!(end.to_string());
    }
    value
}

impl Rotate {
    fn run(self) -> CliResult {
        let source = Source::open(&self.registry)?;
        let ring = ring(&source, &self.supplier)?;
        let old = Signer::open(&self.old)?.public();
        let line = ring.find(&old).ok_or_else(|| {
            CliError::no(format!("{old} is no key of {}", self.supplier))
                .next(format!("See 'certreg keys list {} --registry {}'.", self.supplier, self.registry))
        })?;
        if !line.is_valid_at(Clock::System.now()) {
            return Err(CliError::no(format!("{old} may not sign now, so it cannot hand over"))
                .next("Ask for a new key instead: 'certreg keys request'."));
        }
        let (supplier, role) = (self.supplier, line.role());
        Keygen {
            supplier,
            role,
            registry_id: Some(ring.registry().clone()),
            registry: None,
            out: self.out,
            existing: self.existing,
            replaces: Some(self.old),
            no_passphrase: self.no_passphrase,
            force: self.force,
        }
        .run()
    }
}
