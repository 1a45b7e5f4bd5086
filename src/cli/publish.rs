//! `certreg publish`: a signed version, sent to a registry.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    bundle::Bundle,
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    kind::Kind,
    out::{self, BOLD, GREEN, YELLOW, styled},
    remote::Remote,
    submit::{self, Sent},
};

/// Publish a signed version, or a signed case statement
///
/// Finds FILE.sig and FILE.countersig (or the Windows name FILE's X.countersign.json.sig) and the person records that
/// the document names: in --people, FILE.people.json and every *.person.json beside it. FILE may be an envelope.
/// Sending the same bytes again is harmless. With --dry-run nothing is published: it says what schools would see.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg publish cert.json --to https://certreg.example --dry-run
  certreg publish cert.json --to https://certreg.example

The receipt is kept in FILE.receipt.json: the same for ever, it proves what was published when.
Exit code: 0 published (or published before), 1 refused, 3 not reached, 4 another version was published meanwhile.")]
pub(crate) struct Publish {
    /// The document, or an envelope
    file: PathBuf,
    /// The registry's address
    #[arg(long, value_name = "URL")]
    to: String,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Further files with person records
    #[arg(long, value_name = "FILE", num_args = 1..)]
    people: Vec<PathBuf>,
    /// Print the registry's answer as JSON
    #[arg(long)]
    json: bool,
}

impl Publish {
    pub(super) fn run(self) -> CliResult {
        let bundle = Bundle::open(&self.file)?;
        let is_version = Kind::of(&bundle.document) == Kind::Certification;
        if self.dry_run && !is_version {
            return Err(
                CliError::usage("only versions are rehearsed").next(format!("certreg check {}", self.file.display()))
            );
        }
        let envelope = bundle.to_envelope(&self.people)?;
        if !self.dry_run && envelope.signature.is_none() {
            let name = self.file.display();
            return Err(CliError::no(format!("{name} is not signed: there is no {name}.sig"))
                .next(format!("certreg sign {name} --role signatory --key KEY")));
        }
        let remote = Remote::at(&self.to)?;
        let sent = submit::send(&remote, &envelope, self.dry_run).map_err(|error| match is_version {
            true => self.with_next(error),
            false => error,
        })?;
        if self.json {
            out::json(&sent.answer)?;
        } else if self.dry_run {
            show_rehearsal(&sent)?;
        } else if sent.answer.get("statement").is_some() {
            out::line(sent.sentence())?;
        } else {
            show_published(&sent)?;
        }
        if !self.dry_run {
            self.keep_receipt(&sent.answer)?;
        }
        Ok(Exit::Done)
    }

    fn with_next(&self, error: CliError) -> CliError {
        match (error.exit, &error.next) {
            (super::error::Exit::Conflict, None) => error.next(format!(
                "certreg next {} --registry {}: a draft of the version that follows",
                self.file.display(),
                self.to
            )),
            _ => error,
        }
    }

    fn keep_receipt(&self, answer: &Value) -> CliResult<()> {
        let Some(receipt) = answer.get("receipt") else { return Ok(()) };
        let mut kept = json!({});
        let inside = answer.get("statement").unwrap_or(answer);
        let names = [
            "certification",
            "version",
            "digest",
            "sequence",
            "commit",
            "published_at",
            "stated_at",
            "simulated_dates",
        ];
        for name in names {
            if let Some(value) = inside.get(name).or_else(|| answer.get(name)) {
                kept[name] = value.clone();
            }
        }
        for (name, value) in receipt.as_object().into_iter().flatten() {
            kept[name.as_str()] = value.clone();
        }
        let path = files::beside(&self.file, "receipt.json");
        files::write(&path, format!("{kept:#}\n").as_bytes(), Write::Replace)?;
        out::tell(format!("Receipt: {}", path.display()));
        Ok(())
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_u64).map(|n| n.to_string()).unwrap_or_default()
}

fn show_published(sent: &Sent) -> CliResult<()> {
    let answer = &sent.answer;
    let verdict = if sent.status == 201 { "Published" } else { "Published before, with exactly these bytes" };
    out::line(format!("{}: {}", styled(GREEN, verdict), sent.what))?;
    out::print(out::table(&[
        vec![styled(BOLD, "sequence"), number(answer, "sequence")],
        vec![styled(BOLD, "published at"), text(answer, "published_at").to_owned()],
        vec![styled(BOLD, "digest"), text(answer, "digest").to_owned()],
        vec![styled(BOLD, "headline"), text(answer, "headline").to_owned()],
    ]))
}

fn show_rehearsal(sent: &Sent) -> CliResult<()> {
    let Some(found) = sent.answer.get("rehearsal") else {
        return out::line(format!("{} is published already, with exactly these bytes.", sent.what));
    };
    out::line(format!("{} Nothing stands against publishing {}.", styled(GREEN, "Dry run:"), sent.what))?;
    let list = |name: &str| found.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for missing in list("missing_signatures") {
        out::line(format!(
            "  {} the {} is still missing",
            styled(YELLOW, "note:"),
            missing.as_str().unwrap_or_default()
        ))?;
    }
    match found.get("comparison") {
        Some(comparison) => show_comparison(comparison)?,
        None => out::line("Schools would see it as the first version here.")?,
    }
    for hint in list("hints") {
        out::line(format!("  {} {}: {}", styled(YELLOW, "hint:"), text(&hint, "about"), text(&hint, "sentence")))?;
    }
    for figure in list("stale_figures") {
        out::line(format!(
            "  {} {}.",
            styled(YELLOW, "hint:"),
            figure.as_str().unwrap_or_default().trim_end_matches('.')
        ))?;
    }
    Ok(())
}

/// The registry's comparison: its headline, then a sentence a change.
fn show_comparison(comparison: &Value) -> CliResult<()> {
    out::line(format!("\nSchools would see: {}", styled(BOLD, text(comparison, "headline"))))?;
    for change in comparison.get("changes").and_then(Value::as_array).into_iter().flatten() {
        out::line(format!("  {}  {}", styled(BOLD, text(change, "label")), text(change, "sentence")))?;
        for child in change.get("children").and_then(Value::as_array).into_iter().flatten() {
            out::line(format!("    {}  {}", styled(BOLD, text(child, "label")), text(child, "sentence")))?;
        }
    }
    Ok(())
}
