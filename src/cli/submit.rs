//! `certreg submit`, and how every signed file gets to a registry: one envelope, one request.

use std::path::PathBuf;

use serde_json::Value;

use super::{
    error::{CliError, CliResult, Exit},
    files,
    kind::Kind,
    out,
    remote::{Method, Remote},
};
use crate::{
    domain::Faults,
    format::v1::{self, envelope::Envelope},
};

/// Send a signed file that was made with --out
///
/// The envelope says itself what it is: an edition, a supplier, a key ring, an authority file, a
/// case statement or a version. Sending needs no key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg authority supplier example-learning --name 'Example Learning Ltd' --keys ~/department --out supplier.json
  certreg submit supplier.json --to https://certreg.example")]
pub(crate) struct Submit {
    /// The envelope
    file: PathBuf,
    /// The registry's address
    #[arg(long, value_name = "URL")]
    to: String,
    /// Print the registry's answer as JSON
    #[arg(long)]
    json: bool,
}

impl Submit {
    pub(super) fn run(self) -> CliResult {
        let bytes = files::read(&self.file)?;
        let envelope = Envelope::parse(&bytes)
            .map_err(|faults| CliError::faulty(format!("{} cannot be sent", self.file.display()), &faults))?;
        let sent = send(&Remote::at(&self.to)?, &envelope, false)?;
        if self.json {
            out::json(&sent.answer)?
        } else {
            out::line(sent.sentence())?
        }
        Ok(Exit::Done)
    }
}

/// What became of a submission.
pub(crate) struct Sent {
    /// The HTTP status: 201 for something new, 200 for the same bytes again.
    pub status: u16,
    /// The registry's own words.
    pub answer: Value,
    /// What was sent, for example `edition dfe-2016-dpa`.
    pub what: String,
}

impl Sent {
    /// What happened, in one sentence.
    pub(crate) fn sentence(&self) -> String {
        let inside = self.answer.get("statement").unwrap_or(&self.answer);
        let number = |name: &str| inside.get(name).and_then(Value::as_u64);
        let sequence = number("sequence").map(|n| format!(", sequence {n}")).unwrap_or_default();
        let happened = match self.status {
            201 => format!("Accepted: {}{sequence}.", self.what),
            _ => format!("Exactly this is in force already: {}{sequence}.", self.what),
        };
        let waiting = self.answer.get("erase_for").and_then(Value::as_array).into_iter().flatten();
        let waiting: Vec<&str> = waiting.filter_map(Value::as_str).collect();
        if waiting.is_empty() {
            return happened;
        }
        format!(
            "{happened}\nDocuments of {} name a record too. Nobody is shown it any more; its file goes when you have stated the erasure about each of them.",
            waiting.join(", ")
        )
    }
}

/// Sends an envelope to where its document belongs.
///
/// # Errors
/// The registry's refusal; no when the document is of no kind that can be sent.
pub(crate) fn send(remote: &Remote, envelope: &Envelope, dry_run: bool) -> CliResult<Sent> {
    let document = envelope.document.as_deref().unwrap_or_default();
    let (method, path, what) = target(document)?;
    let query = if dry_run { "?dry_run=true" } else { "" };
    let json = serde_json::to_vec(envelope).expect("an envelope has only texts");
    let answer = remote.send(method, &format!("{path}{query}"), &json)?;
    Ok(Sent { status: answer.status, answer: answer.json()?, what })
}

/// Where a document belongs.
fn target(document: &str) -> CliResult<(Method, String, String)> {
    let bytes = document.as_bytes();
    let kind = Kind::of(bytes);
    let faulty = |faults: Faults| CliError::faulty(format!("{} cannot be sent as it is", kind.in_words()), &faults);
    Ok(match kind {
        Kind::Certification => {
            let draft = v1::stored(bytes, v1::certification::read).map_err(faulty)?.value;
            let id = draft.certification_id();
            (Method::Post, format!("/v1/certifications/{id}/versions"), format!("{id} version {}", draft.version))
        }
        Kind::Edition => {
            let id = v1::stored(bytes, v1::edition::read).map_err(faulty)?.value.id;
            (Method::Put, format!("/v1/editions/{id}"), format!("edition {id}"))
        }
        Kind::Supplier => {
            let supplier = v1::stored(bytes, v1::supplier::read).map_err(faulty)?.value;
            let (id, version) = (supplier.supplier, supplier.version);
            (Method::Put, format!("/v1/suppliers/{id}"), format!("supplier {id}, record version {version}"))
        }
        Kind::Ring => {
            let supplier = document.split_whitespace().find_map(|word| word.strip_prefix("supplier="));
            let id: crate::domain::SupplierId =
                supplier.unwrap_or_default().parse().map_err(|error| CliError::no(format!("the key ring: {error}")))?;
            (Method::Put, format!("/v1/suppliers/{id}/allowed_signers"), format!("keys of {id}"))
        }
        Kind::Authority => {
            let version = document.split_whitespace().find_map(|word| word.strip_prefix("version="));
            let what = format!("authority file version {}", version.unwrap_or_default());
            (Method::Put, "/v1/authority".to_owned(), what)
        }
        Kind::Case => {
            let statement = v1::stored(bytes, v1::case::read).map_err(faulty)?.value;
            let about = match &statement.service {
                Some(service) => format!("{}/{service}", statement.supplier),
                None => statement.supplier.to_string(),
            };
            let what = format!("{} about {about}, number {}", statement.matter.name(), statement.seq);
            (Method::Post, "/v1/cases".to_owned(), what)
        }
        kind => {
            let next = "Send an envelope that holds a version, an edition, a supplier record, a key ring or an \
                        authority file.";
            return Err(CliError::no(format!("{} cannot be sent to a registry", kind.in_words())).next(next));
        }
    })
}
