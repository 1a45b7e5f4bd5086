//! `certreg import`: the text of a published form, turned into a draft and a list of doubts.

use std::path::PathBuf;

use serde_json::json;

use super::{
    bundle::record_of,
    editions::{self, Known},
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    out::{self, BOLD, DIM, YELLOW, styled},
    person,
};
use crate::{
    domain::{Contact, Digest, Draft, EditionRef, Person, RegistryId, ServiceId, Signer, Source, SupplierId},
    format::{draft, profile, v1, v1::envelope::PersonRecord},
    import::{self, Imported, Named},
};

/// Turn the text of a published form into a draft
///
/// Reads text (from a PDF or a word processor, with or without table marks), finds the answers by the form's own
/// words, and never invents: what is doubtful is listed with its line, on stderr or with --doubts as JSON. All codes
/// are 'not_recorded': the colours of a published form are pictures. Persons that it names go into DRAFT.people.json.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  pdftotext -layout statement.pdf statement.txt
  certreg import statement.txt --supplier example-learning --service example-cloud \\
      --registry-id certreg.example --out draft.json

Next: look through the doubts, then
  the Department  certreg authority transcribe draft.json
  the supplier    certreg import --own, for a first version of its own; or, where the Department transcribed the
                  form already, certreg next SUPPLIER/SERVICE --registry URL")]
pub(crate) struct Import {
    /// The text
    file: PathBuf,
    /// Where to write the draft (default: stdout)
    #[arg(long, value_name = "DRAFT")]
    out: Option<PathBuf>,
    /// Write the doubts as JSON
    #[arg(long, value_name = "FILE")]
    doubts: Option<PathBuf>,
    /// The supplier's id (default: made from its name)
    #[arg(long)]
    supplier: Option<SupplierId>,
    /// The service's id (default: made from its name)
    #[arg(long)]
    service: Option<ServiceId>,
    /// The registry that it is for
    #[arg(long, value_name = "ID", default_value = "certreg.example")]
    registry_id: RegistryId,
    /// The wording that was answered, where the text does not tell
    #[arg(long)]
    edition: Option<String>,
    /// What the published file is (default: its name)
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    /// Make it the supplier's own first version instead of a transcription: colours and signers are still to write
    #[arg(long)]
    own: bool,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

impl Import {
    pub(super) fn run(self) -> CliResult {
        let how = Write::force(self.force);
        for path in self.out.iter().chain(&self.doubts) {
            files::may_write(path, how)?;
        }
        let bytes = files::read(&self.file)?;
        let digest = Digest::of(&bytes);
        let text = files::into_text(bytes, &self.file)?;
        let named = self.edition.as_deref().map(editions::named).transpose()?;
        let known = named.as_ref().map_or_else(|| editions::built_in(), std::slice::from_ref);
        let imported = import::statement(&text, &known.iter().map(|known| &known.edition).collect::<Vec<_>>());
        self.tell_doubts(&imported)?;
        let (draft, named) = self.draft(imported, known, digest)?;
        let (draft, people) = with_people(draft, named)?;
        let edition = known.iter().find(|known| known.edition.id == draft.edition.id).filter(|_| self.own);
        let node = match edition {
            Some(known) => draft::own(&draft, &known.edition),
            None => v1::certification::write(&draft),
        };
        let document = profile::print(&node);
        match &self.out {
            None => out::bytes(&document)?,
            Some(path) => {
                files::write(path, &document, how)?;
                self.keep_people(path, people, how)?;
                out::tell(format!(
                    "Wrote {}.\n{} certreg check {}",
                    path.display(),
                    styled(BOLD, "Next:"),
                    path.display()
                ));
            }
        }
        Ok(Exit::Done)
    }

    fn draft(&self, imported: Imported, known: &[Known], digest: Digest) -> CliResult<(Draft, Named)> {
        let found = imported.found;
        let edition = known.iter().find(|known| Some(&known.edition.id) == found.edition.as_ref());
        let edition = edition.ok_or_else(|| {
            CliError::no("the text does not tell which edition of the checklist it answers")
                .next("Look whether it is the form at all; if it is, say which wording: --edition dfe-2016-dpa")
        })?;
        let name = |quote: &Option<import::Quote>| quote.as_ref().map(|quote| quote.text.clone()).unwrap_or_default();
        let supplier = match &self.supplier {
            Some(id) => id.clone(),
            None => derived(&name(&found.supplier_name), "supplier-to-name")?,
        };
        let service = match &self.service {
            Some(id) => id.clone(),
            None => derived(&name(&found.service_name), "service-to-name")?,
        };
        let file_name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let source = Source { sha256: digest, title: self.title.clone().unwrap_or(file_name) };
        let edition = EditionRef { digest: edition.digest, id: edition.edition.id.clone() };
        let (mut draft, named) = found.into_draft(self.registry_id.clone(), supplier, service, edition, source);
        for (value, what) in [(&mut draft.supplier_name, "supplier"), (&mut draft.service_name, "service")] {
            if value.is_empty() {
                *value = format!("{}: the name of the {what}, which the text does not give", draft::TODO);
            }
        }
        Ok((draft, named))
    }

    fn tell_doubts(&self, imported: &Imported) -> CliResult<()> {
        if let Some(path) = &self.doubts {
            let doubts: Vec<_> = imported.doubts.iter().map(doubt_as_json).collect();
            let place = |words: &import::Unplaced| json!({"line": words.line, "text": words.text});
            let unplaced: Vec<_> = imported.unplaced.iter().map(place).collect();
            let value = json!({"doubts": doubts, "unplaced": unplaced});
            return files::write(path, format!("{value:#}\n").as_bytes(), Write::force(self.force));
        }
        let mut rows = Vec::new();
        for doubt in &imported.doubts {
            rows.push(row(
                doubt.line,
                &doubt.about,
                &format!("{} {}", doubt.detail, styled(DIM, format!("[{}]", doubt.code))),
            ));
        }
        for words in &imported.unplaced {
            rows.push(row(Some(words.line), "not placed", &shortened(&words.text)));
        }
        if rows.is_empty() {
            out::tell("No doubts.");
        } else {
            out::tell(format!("{} to look at:", styled(YELLOW, super::check::count(rows.len(), "thing"))));
            out::tell(out::table(&rows).trim_end());
        }
        Ok(())
    }

    fn keep_people(&self, draft: &std::path::Path, people: Vec<Person>, how: Write) -> CliResult<()> {
        if people.is_empty() {
            return Ok(());
        }
        let path = files::beside(draft, "people.json");
        let records: Vec<PersonRecord> = people.into_iter().map(record_of).collect();
        let text = serde_json::to_string_pretty(&records).expect("records have only texts") + "\n";
        files::write(&path, text.as_bytes(), how)?;
        out::tell(format!("Persons: {} (kept out of the draft)", path.display()));
        Ok(())
    }
}

fn row(line: Option<usize>, about: &str, detail: &str) -> Vec<String> {
    let line = line.map(|line| format!("line {line}")).unwrap_or_default();
    vec![format!("  {line:>9}"), styled(BOLD, about), detail.to_owned()]
}

fn doubt_as_json(doubt: &import::Doubt) -> serde_json::Value {
    let mut value = json!({"about": doubt.about, "code": doubt.code, "detail": doubt.detail});
    if let Some(line) = doubt.line {
        value["line"] = json!(line);
    }
    value
}

/// At most a line of it: the rest stands in the text at that line.
fn shortened(text: &str) -> String {
    const LONGEST_CHARS: usize = 100;
    if text.chars().nth(LONGEST_CHARS).is_none() {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(LONGEST_CHARS).collect::<String>())
}

/// An id made from a name: its letters and digits, in lower case.
fn derived<T: std::str::FromStr>(name: &str, fallback: &str) -> CliResult<T> {
    let lower = name.to_lowercase().replace(" limited", "").replace(" ltd", "");
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").chars().take(40).collect();
    let id = slug.trim_end_matches('-').parse().or_else(|_| fallback.parse());
    id.map_err(|_| CliError::usage("no id can be made from the name: give --supplier and --service"))
}

/// Makes records of the persons that the form names, and puts their digests into the draft.
fn with_people(mut draft: Draft, named: Named) -> CliResult<(Draft, Vec<Person>)> {
    let mut people: Vec<Person> = Vec::new();
    if let Some((name, email)) = named.contact {
        let person = person::new_person(name, email, None)?;
        let digest = v1::person::digest(&person);
        draft.contact = Some(Contact { person: Some(digest), ..draft.contact.unwrap_or_default() });
        people.push(person);
    }
    if let Some(name) = named.official {
        // One person named twice is one record.
        let known = people.iter().find(|person| person.name == name).cloned();
        let person = match known {
            Some(person) => person,
            None => {
                let person = person::new_person(name, None, None)?;
                people.push(person.clone());
                person
            }
        };
        draft.official = Some(Signer { person: v1::person::digest(&person), title: None });
    }
    Ok((draft, people))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_from_a_name_and_is_always_possible() {
        let id = |name: &str| derived::<SupplierId>(name, "supplier-to-name").expect("an id").to_string();
        assert_eq!(id("Example Learning Ltd."), "example-learning");
        assert_eq!(id("ParentPay (Holdings) Limited"), "parentpay-holdings");
        assert_eq!(id(""), "supplier-to-name");
        assert_eq!(id("École"), "cole");
        assert_eq!(id(&"long name ".repeat(10)).len(), 39);
    }
}
