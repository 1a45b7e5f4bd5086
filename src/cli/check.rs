//! `certreg check`: every fault of a file at once, each with its place, what is wrong and what to do.

mod other;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    bundle::Bundle,
    editions::{self, Known},
    error::{CliError, CliResult, Exit, Place},
    files,
    kind::Kind,
    out::{self, BOLD, DIM, GREEN, RED, YELLOW, styled},
    source::Source,
};
use crate::{
    compare,
    domain::{Day, Digest, Draft, Faults, Person, certification::Admission},
    format::{draft, profile, v1},
    registry::Clock,
};

/// Find every fault of a file
///
/// Knows what the file is by what it says: a certification, an edition, a supplier record, a person record, a key
/// request, an envelope, a key ring, a signature. All faults are listed at once, each with a JSON pointer, what is
/// wrong and what to do. Hints are remarks on the text that stand in nobody's way.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg check cert.json
  certreg check cert.json --json | jq .faults

Exit code: 0 no fault (hints do not count), 1 faults, 3 the file cannot be read.
Next: certreg sign FILE --role signatory --key KEY")]
pub(crate) struct Check {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The edition that was answered, where it is not built in: its file
    #[arg(long, value_name = "FILE")]
    edition: Option<String>,
    /// Also look at the registry: is the version the next one, is the edition published
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<String>,
    /// Further files with person records
    #[arg(long, value_name = "FILE", num_args = 1..)]
    people: Vec<PathBuf>,
    /// The Department lists the supplier as one person
    #[arg(long)]
    single_signatory: bool,
    /// Write the result as JSON
    #[arg(long)]
    json: bool,
}

/// What a certification is checked with.
pub(crate) struct Context<'a> {
    /// Person records at hand.
    pub people: &'a BTreeMap<Digest, Person>,
    /// The edition, where it is not built in.
    pub edition: Option<&'a Known>,
    /// A registry to look at.
    pub source: Option<&'a Source>,
    /// The supplier is one person.
    pub single_signatory: bool,
    /// The day of publication: today.
    pub today: Day,
}

static NOBODY: BTreeMap<Digest, Person> = BTreeMap::new();

impl Context<'_> {
    /// Without a registry, today.
    pub(crate) fn offline() -> Self {
        let today = Clock::System.now().day_in_london();
        Context { people: &NOBODY, edition: None, source: None, single_signatory: false, today }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// What it is, for people.
    pub what: String,
    /// What must be mended.
    pub faults: Vec<Place>,
    /// Remarks on the text.
    pub hints: Vec<Place>,
    /// What could not be judged here.
    pub remarks: Vec<String>,
    /// The certification, if it could be read.
    pub draft: Option<Draft>,
}

impl Checked {
    /// Refuses to go on with a faulty file.
    ///
    /// # Errors
    /// No, with every fault.
    pub(crate) fn refuse_faults(&self, name: &str) -> CliResult<()> {
        if self.faults.is_empty() {
            return Ok(());
        }
        let message = format!("{name} has {}", count(self.faults.len(), "fault"));
        Err(CliError { faults: self.faults.clone(), ..CliError::no(message) }.next("Mend them, and try again."))
    }

    fn add(&mut self, faults: &Faults) {
        self.faults.extend(faults.0.iter().map(Place::from));
    }
}

impl Check {
    pub(super) fn run(self) -> CliResult {
        let edition = self.edition.as_deref().map(editions::named).transpose()?;
        let source = self.registry.as_deref().map(Source::open).transpose()?;
        let mut results = Vec::new();
        for path in &self.files {
            let bytes = files::read(path)?;
            let kind = Kind::of(&bytes);
            let checked = if matches!(kind, Kind::Certification | Kind::Envelope) && !self.only_requests(&bytes) {
                self.certification(path, edition.as_ref(), source.as_ref())?
            } else {
                other::check(kind, &bytes)
            };
            results.push((path, kind, checked));
        }
        let faulty = results.iter().any(|(.., checked)| !checked.faults.is_empty());
        if self.json {
            let list: Vec<_> = results.iter().map(|(path, kind, checked)| as_json(path, *kind, checked)).collect();
            match list.as_slice() {
                [only] => out::json(only)?,
                _ => out::json(&json!(list))?,
            }
        } else {
            for (path, _, checked) in &results {
                show(&path.display().to_string(), checked)?;
            }
        }
        Ok(if faulty { Exit::No } else { Exit::Done })
    }

    fn only_requests(&self, bytes: &[u8]) -> bool {
        v1::envelope::Envelope::parse(bytes).is_ok_and(|envelope| envelope.document.is_none())
    }

    fn certification(&self, path: &Path, edition: Option<&Known>, source: Option<&Source>) -> CliResult<Checked> {
        let bundle = Bundle::open(path)?;
        let kind = Kind::of(&bundle.document);
        if kind != Kind::Certification {
            return Ok(other::check(kind, &bundle.document));
        }
        let people = bundle.people(&self.people)?;
        let context =
            Context { people: &people, edition, source, single_signatory: self.single_signatory, ..Context::offline() };
        Ok(certification(&bundle.document, &context))
    }
}

/// Finds every fault of a certification: of its written form, its shape, its content, and against the registry.
pub(crate) fn certification(document: &[u8], context: &Context<'_>) -> Checked {
    let mut checked = Checked { what: "a certification".to_owned(), ..Checked::default() };
    if let Err(faults) = profile::parse(document) {
        checked.add(&faults);
    }
    // Faults of layout do not hide those of content.
    let Ok(node) = profile::parse_lenient(document) else { return checked };
    let todos = draft::holes(&node);
    match v1::certification::read(node) {
        Ok(draft) => {
            checked.what = format!("a certification: {} version {}", draft.certification_id(), draft.version);
            content(&draft, context, &mut checked);
            checked.draft = Some(draft);
        }
        Err(faults) => checked.add(&faults),
    }
    // What is still to be written is one fault, whatever else could be said of it.
    checked.faults.retain(|fault| !todos.iter().any(|(pointer, _)| *pointer == fault.pointer));
    checked.faults.extend(todos.into_iter().map(|(pointer, text)| Place {
        pointer,
        code: "still-to-write".to_owned(),
        detail: text,
    }));
    checked
}

fn content(draft: &Draft, context: &Context<'_>, checked: &mut Checked) {
    let known = match edition_of(draft, context) {
        Ok(known) => Some(known),
        Err(error) => {
            let next = error.next.map(|next| format!(" {next}")).unwrap_or_default();
            checked.faults.push(Place {
                pointer: "/edition/id".to_owned(),
                code: "edition-unknown".to_owned(),
                detail: format!("{}.{next}", out::capital(&error.message)),
            });
            None
        }
    };
    let single = context.single_signatory
        || context.source.is_some_and(|source| {
            source.supplier(&draft.supplier).ok().flatten().is_some_and(|record| record.single_signatory)
        });
    if let Some(known) = &known {
        checked.add(&draft.clone().check(&known.edition, known.digest, single).err().unwrap_or_default());
        checked.hints.extend(compare::hints(draft, &known.edition).into_iter().map(|hint| Place {
            pointer: hint.about.label(),
            code: hint.code.to_owned(),
            detail: hint.sentence,
        }));
    }
    let person = |digest: Digest| context.people.get(&digest).cloned();
    let admission = Admission { published_on: context.today, person: &person };
    let faults = admission.check(draft).err().unwrap_or_default().0;
    // A record that is not at hand may be known to the registry already: only publishing can tell.
    let (missing, faults): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(|fault| fault.code == "person-without-record");
    checked.add(&Faults(faults));
    if !missing.is_empty() {
        let pointers: Vec<&str> = missing.iter().map(|fault| fault.pointer.as_str()).collect();
        checked.remarks.push(format!(
            "No person record is at hand for {}: the registry needs each once, beside the first document that names it.",
            pointers.join(", ")
        ));
    }
    if let Some(source) = context.source {
        against_registry(draft, source, checked);
    }
}

fn edition_of(draft: &Draft, context: &Context<'_>) -> CliResult<Known> {
    if let Some(known) = context.edition.filter(|known| known.edition.id == draft.edition.id) {
        return Ok(known.clone());
    }
    // With a wrong digest, the built-in edition's own check says what the right one is.
    if let Some(known) = editions::by_id(&draft.edition.id) {
        return Ok(known);
    }
    match context.source {
        Some(source) => source.edition(&draft.edition.id, draft.edition.digest),
        None => Err(CliError::no(format!("edition {} is not built in", draft.edition.id))
            .next("Give its file with --edition FILE, or a registry with --registry.")),
    }
}

/// Whether the version is the next one there.
fn against_registry(draft: &Draft, source: &Source, checked: &mut Checked) {
    let mut fault = |pointer: &str, code: &str, detail: String| {
        checked.faults.push(Place { pointer: pointer.to_owned(), code: code.to_owned(), detail });
    };
    match source.registry_id() {
        Ok(id) if id != draft.registry => fault("/registry", "other-registry", format!("That registry is {id}.")),
        Ok(_) => {}
        Err(error) => return checked.remarks.push(format!("The registry was not looked at: {}.", error.message)),
    }
    match source.current(&draft.certification_id()) {
        Ok(current) => {
            let current = current.and_then(|bytes| v1::stored(&bytes, v1::certification::read).ok());
            let (next, previous) = current.map_or((1, None), |stored| (stored.value.version + 1, Some(stored.digest)));
            if draft.version != next {
                fault("/version", "version-conflict", format!("The next version there is {next}."));
            } else if draft.previous != previous {
                let detail = previous
                    .map_or("Nothing is published there yet: leave 'previous' out.".to_owned(), |digest| {
                        format!("The version before has the digest {digest}.")
                    });
                fault("/previous", "version-conflict", detail);
            }
        }
        Err(error) => checked.remarks.push(format!("The registry was not looked at: {}.", error.message)),
    }
}

/// `1 fault`, `2 faults`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn as_json(path: &Path, kind: Kind, checked: &Checked) -> serde_json::Value {
    let places = |places: &[Place]| -> Vec<serde_json::Value> {
        let place = |p: &Place| json!({"pointer": p.pointer, "code": p.code, "detail": p.detail});
        places.iter().map(place).collect()
    };
    json!({
        "file": path.display().to_string(),
        "kind": kind.in_words(),
        "ok": checked.faults.is_empty(),
        "faults": places(&checked.faults),
        "hints": places(&checked.hints),
        "remarks": checked.remarks,
    })
}

fn show(name: &str, checked: &Checked) -> CliResult<()> {
    let verdict = match checked.faults.len() {
        0 => styled(GREEN, "no faults"),
        n => styled(RED, count(n, "fault")),
    };
    out::line(format!("{}: {}, {verdict}", styled(BOLD, name), checked.what))?;
    for fault in &checked.faults {
        let pointer = if fault.pointer.is_empty() { "(whole file)" } else { &fault.pointer };
        let code = styled(DIM, format!("[{}]", fault.code));
        out::line(format!("  {}\n      {} {code}", styled(BOLD, pointer), fault.detail))?;
    }
    for hint in &checked.hints {
        let code = styled(DIM, format!("[{}]", hint.code));
        out::line(format!("  {} {}: {} {code}", styled(YELLOW, "hint:"), hint.pointer, hint.detail))?;
    }
    for remark in &checked.remarks {
        out::line(format!("  {} {remark}", styled(YELLOW, "note:")))?;
    }
    Ok(())
}
