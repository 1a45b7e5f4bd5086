//! `certreg next`: a draft of the version that follows.

use std::path::PathBuf;

use super::{
    bundle::Bundle,
    editions,
    error::{CliError, CliResult},
    new, remote,
    source::Source,
};
use crate::{
    domain::{CertificationId, ChangeKind, Day, Digest},
    format::{Node, draft, profile, v1},
    registry::Clock,
};

/// Make a draft of the version that follows a file, or the current version of a registry
///
/// Version and previous are filled in, all answers stay, dates are left to you. After a transcription, the colours
/// and the signers are yours to give: 'TODO: …' stands there.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg next cert.json --out cert-4.json
  certreg next https://certreg.example/v1/certifications/example-learning/example-cloud --out cert-4.json
  certreg next example-learning/example-cloud --registry ~/clones/certreg --reaffirm --completed-on 2026-11-21

Next: edit it, then certreg check FILE --registry URL")]
pub(crate) struct Next {
    /// A version's file, an address of the certification, or its id with --registry
    #[arg(value_name = "FILE|URL|ID")]
    what: String,
    /// The registry: its address, or the folder of a clone
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    /// Nothing changed: confirm it
    #[arg(long)]
    reaffirm: bool,
    /// Move to a newer wording: the answers go along through its mapping
    #[arg(long, value_name = "EDITION", conflicts_with = "reaffirm")]
    edition: Option<String>,
    /// The day on which the signatory completed it
    #[arg(long, value_name = "DAY")]
    completed_on: Option<Day>,
    /// When the service itself changed
    #[arg(long, value_name = "DAY")]
    service_changed_on: Option<Day>,
    /// Where to write it (default: stdout)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl Next {
    pub(super) fn run(self) -> CliResult {
        let (document, source) = self.document()?;
        let stored = v1::stored(&document, v1::certification::read).map_err(|faults| {
            CliError::faulty(format!("{} is no finished version that another could follow", self.what), &faults)
        })?;
        let (mut current, digest) = (stored.value, Digest::of(&document));
        if self.reaffirm && current.is_transcription() {
            return Err(CliError::no(
                "a transcription cannot be re-affirmed: the supplier's first own version is a statement",
            ));
        }
        let known = match (&self.edition, &source) {
            (Some(edition), _) => editions::named(edition)?,
            (None, Some(source)) => source.edition(&current.edition.id, current.edition.digest)?,
            (None, None) => editions::named(current.edition.id.as_str())?,
        };
        if known.edition.id != current.edition.id {
            current = draft::moved(&current, &known.edition).ok_or_else(|| {
                CliError::no(format!("edition {} does not map {}", known.edition.id, current.edition.id))
                    .next("Answers can be moved to the next newer edition only.")
            })?;
        }
        let kind = match (self.reaffirm, current.change.kind) {
            (true, _) => ChangeKind::Reaffirmation,
            (false, ChangeKind::Transcription) => ChangeKind::Initial,
            (false, _) => ChangeKind::Update,
        };
        let today = Clock::System.now().day_in_london();
        let node = self.with_days(draft::following(&current, digest, kind, &known.edition, known.digest, today));
        new::deliver(&profile::print(&node), self.out.as_deref(), self.force)
    }

    /// The version that is followed, and the registry if it came from one.
    fn document(&self) -> CliResult<(Vec<u8>, Option<Source>)> {
        let path = PathBuf::from(&self.what);
        if path.is_file() {
            let source = self.registry.as_deref().map(Source::open).transpose()?;
            return Ok((Bundle::open(&path)?.document, source));
        }
        let (base, id) = match (remote::is_address(&self.what), &self.registry) {
            (true, _) => split_address(&self.what)?,
            (false, Some(registry)) => (registry.clone(), self.what.clone()),
            (false, None) => {
                return Err(CliError::usage(format!("there is no file {}", self.what))
                    .next("For a published certification, say where: --registry URL, or --registry DIR for a clone."));
            }
        };
        let id: CertificationId = id.parse().map_err(|error| CliError::usage(format!("'{id}': {error}")))?;
        let source = Source::open(&base)?;
        let current = source.current(&id)?.ok_or_else(|| {
            CliError::no(format!("nothing is published as {id}")).next("Begin with 'certreg new' or 'certreg import'.")
        })?;
        Ok((current, Some(source)))
    }

    fn with_days(&self, node: Node) -> Node {
        let Node::Object(mut members) = node else { return node };
        if let Some(day) = self.completed_on {
            members.insert("completed_on".to_owned(), Node::Text(day.to_string()));
        }
        if let (Some(day), Some(Node::Object(change))) = (self.service_changed_on, members.get_mut("change")) {
            change.insert("service_changed_on".to_owned(), Node::Text(day.to_string()));
        }
        Node::Object(members)
    }
}

/// `https://host/v1/certifications/s/c…` gives the registry's address and `s/c`.
fn split_address(address: &str) -> CliResult<(String, String)> {
    let parts = address.split_once("/v1/certifications/").or_else(|| address.split_once("/certifications/"));
    let named = parts.and_then(|(base, rest)| {
        let mut segments = rest.split(['/', '?', '#']);
        Some((base.to_owned(), format!("{}/{}", segments.next()?, segments.next()?)))
    });
    named.ok_or_else(|| {
        CliError::usage(format!("'{address}' does not name a certification"))
            .next("Write it like https://certreg.example/v1/certifications/example-learning/example-cloud.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_page_serves_as_well_as_the_apis() {
        for text in [
            "http://h:1/v1/certifications/acme/lms",
            "http://h:1/certifications/acme/lms/versions/3",
            "http://h:1/v1/certifications/acme/lms?as_of=2025",
        ] {
            assert_eq!(split_address(text).expect("an address"), ("http://h:1".to_owned(), "acme/lms".to_owned()));
        }
        assert!(split_address("http://h:1/v1/suppliers/acme").is_err());
    }
}
