//! A published form's text as the supplier's own first draft, each doubt beside its field.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{answer::Place, begin, check, open::Opened, work::PersonJson};
use crate::{
    domain::{CertificationId, ChangeKind, Code, Digest, Draft, Edition, EditionRef, Source},
    format::draft,
    import::{self, Doubt, Named, Quote},
    registry::{ErrorKind, Registry, RegistryError, Result},
};

/// Reads a form's text; `edition` is the wording that was answered, where the text does not tell.
///
/// # Errors
/// Invalid when no wording can be told.
pub fn read(registry: &Registry, text: &str, file: Digest, edition: Option<&str>) -> Result<Opened> {
    let rows = registry.index().editions()?;
    let named = |id: &str| edition.is_none_or(|edition| edition == id);
    let editions = rows
        .iter()
        .filter(|row| named(row.id.as_str()))
        .map(|row| Ok((registry.edition(&row.id)?, row.digest)))
        .collect::<Result<Vec<(Arc<Edition>, Digest)>>>()?;
    let imported = import::statement(text, &editions.iter().map(|(edition, _)| &**edition).collect::<Vec<_>>());
    let found = imported.found;
    let known = editions.iter().find(|(edition, _)| Some(&edition.id) == found.edition.as_ref());
    let (edition, digest) = known.ok_or_else(|| undecided(&imported.doubts))?;
    let name = |quote: &Option<Quote>| quote.as_ref().map(|quote| quote.text.clone()).unwrap_or_default();
    let (supplier, service) = (supplier_id(registry, &name(&found.supplier_name))?, slug(&name(&found.service_name)));
    let lacks_ids = (supplier.is_none(), service.is_none());
    let source = Source { sha256: file, title: "form".to_owned() };
    let (draft, people) = found.into_draft(
        registry.settings().registry.clone(),
        stand_in(supplier, "your-supplier-id")?,
        stand_in(service, "your-service-id")?,
        EditionRef { digest: *digest, id: edition.id.clone() },
        source,
    );
    let draft = placed(registry, own(draft))?;
    let mut document = begin::document(&draft)?;
    if let Value::Object(members) = &mut document {
        for (name, lacks) in [("supplier", lacks_ids.0), ("service", lacks_ids.1)] {
            if lacks {
                members.shift_remove(name);
            }
        }
    }
    let mut notes: Vec<Place> =
        imported.doubts.iter().filter(|doubt| doubt.code != "codes-not-recorded").map(place).collect();
    notes.extend(imported.unplaced.iter().map(|words| Place {
        pointer: String::new(),
        code: "not-placed".to_owned(),
        detail: format!("Line {} of the text has no place in the form: “{}”", words.line, words.text),
    }));
    Ok(Opened { kind: "form", document, people: names(people)?, notes, signed: None })
}

fn undecided(doubts: &[Doubt]) -> RegistryError {
    let detail = doubts.iter().find(|doubt| doubt.code == "too-long").map(|doubt| doubt.detail.clone());
    let detail = detail.unwrap_or_else(|| {
        "This text does not tell which wording of the questions it answers. Is it the whole form, with its questions? If it is, choose the wording above and try again.".to_owned()
    });
    RegistryError::new(ErrorKind::Invalid, "edition-undecided", detail)
}

/// The supplier's own first version: without colours, which were pictures.
fn own(transcribed: Draft) -> Draft {
    let mut draft = draft::as_own(&transcribed);
    for response in draft.responses.values_mut().filter(|response| response.code == Some(Code::NotRecorded)) {
        response.code = None;
    }
    draft
}

/// The same after what is published already.
fn placed(registry: &Registry, mut draft: Draft) -> Result<Draft> {
    let id: CertificationId = draft.certification_id();
    let next = check::next(registry, &id)?;
    draft.version = next.version;
    draft.previous = next.previous.as_deref().and_then(|digest| digest.parse().ok());
    draft.change.kind = ChangeKind::parse(next.kind).unwrap_or(ChangeKind::Initial);
    Ok(draft)
}

/// The id under which the only supplier of that name is registered here, or one made from the name.
fn supplier_id(registry: &Registry, name: &str) -> Result<Option<String>> {
    if name.is_empty() {
        return Ok(None);
    }
    let registered = registry.index().suppliers(Some(name), None, 2)?;
    Ok(match registered.as_slice() {
        [only] => Some(only.id.to_string()),
        _ => slug(name),
    })
}

/// An id made from a name: its letters and digits, in lower case.
fn slug(name: &str) -> Option<String> {
    let lower = name.to_lowercase().replace(" limited", "").replace(" ltd", "");
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").chars().take(40).collect();
    Some(slug.trim_end_matches('-').to_owned()).filter(|slug| slug.len() >= 2)
}

fn stand_in<T: std::str::FromStr>(id: Option<String>, other: &str) -> Result<T> {
    let id = id.and_then(|id| id.parse().ok());
    id.or_else(|| other.parse().ok()).ok_or_else(|| RegistryError::internal("no id stands in for another"))
}

/// The people whom the form names. The page chooses their salts.
fn names(named: Named) -> Result<Map<String, Value>> {
    let contact = named.contact.map(|(name, email)| ("contact", name, email));
    let official = named.official.map(|name| ("official", name, None));
    let person = |(role, name, email): (&str, String, Option<String>)| {
        let person = PersonJson { name, email, telephone: None, salt: None };
        Ok((role.to_owned(), serde_json::to_value(person).map_err(RegistryError::internal)?))
    };
    contact.into_iter().chain(official).map(person).collect()
}

/// A doubt at its place in the document.
fn place(doubt: &Doubt) -> Place {
    let line = doubt.line.map(|line| format!("Line {line}: ")).unwrap_or_default();
    let about = doubt.about.as_str();
    let number = about.get(1..2).is_some_and(|digit| digit.bytes().all(|b| b.is_ascii_digit()));
    let pointer = match (about.get(..1), about) {
        (Some("q"), _) if number => format!("/responses/{about}"),
        (Some("s"), _) if number => format!("/support/{about}"),
        (_, "text" | "responses" | "edition") => String::new(),
        // The form names people where the document names their records.
        (_, about) => format!("/{}", about.replace("/name", "/person")),
    };
    Place { pointer, code: doubt.code.to_owned(), detail: format!("{line}{}", doubt.detail) }
}
