//! Looks at a draft as the registry would, and says where it goes from here. Nothing of it is kept.

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::Response,
};
use serde::Serialize;

use super::{
    answer::{self, Place},
    work::Work,
};
use crate::{
    compare::{self, About, Comparison, Side},
    domain::{CertificationId, ChangeKind, Digest, Draft, Edition, Fault, Faults, certification::Admission},
    format::v1::envelope::PersonRecord,
    registry::{ErrorKind, Registry, RegistryError, Result, door::Door, publish::VersionSubmission},
};

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Checked {
    /// What must be mended in the draft.
    faults: Vec<Place>,
    /// What stands against publishing it here now, although nothing is wrong with the draft.
    obstacles: Vec<Place>,
    /// Remarks that stand in nobody's way.
    hints: Vec<Place>,
    /// What schools will read first.
    #[serde(skip_serializing_if = "Option::is_none")]
    headline: Option<String>,
    /// The Department lists the supplier as one person.
    single_signatory: bool,
    /// What the next version must say of its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Next>,
    /// What is to be signed, once nothing is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<Ready>,
}

/// The place of the version that would follow.
#[derive(Debug, Clone, Serialize)]
pub struct Next {
    /// Its number.
    pub version: u32,
    /// The digest of the one before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// `initial` or `update`.
    pub kind: &'static str,
}

/// A document that may be signed: exactly these bytes.
#[derive(Debug, Serialize)]
struct Ready {
    document: String,
    digest: String,
    people: Vec<PersonRecord>,
}

/// `POST /suppliers/start/check`
pub async fn check(State(door): State<Door>, sent: std::result::Result<Bytes, BytesRejection>) -> Response {
    let sent = match answer::bytes(sent) {
        Ok(sent) => sent,
        Err(error) => return answer::json::<Checked>(Err(error)),
    };
    answer::json(door.ask(move |registry| of(registry, &sent)).await)
}

fn of(registry: &Registry, sent: &[u8]) -> Result<Checked> {
    let work = match Work::read(sent) {
        Ok(work) => work,
        Err(faults) => return Ok(Checked { faults: places(faults), ..Checked::default() }),
    };
    let (draft, mut faults) = match work.readable(&registry.settings().registry) {
        Ok(read) => read,
        Err(faults) => return Ok(Checked { faults: places(faults), ..Checked::default() }),
    };
    let id = draft.certification_id();
    let single = registry.index().supplier(&draft.supplier)?.is_some_and(|row| row.single_signatory);
    let mut checked = Checked { single_signatory: single, next: Some(next(registry, &id)?), ..Checked::default() };
    if let Some(edition) = edition(registry, &draft, &mut faults)? {
        add(&mut faults, content_faults(registry, &work, &draft, &edition, single)?);
        checked.hints = hints(&draft, &edition, comparison(registry, &id, &draft, &edition)?.as_ref());
    }
    if faults.is_empty() {
        rehearse(registry, &work, &id, &mut faults, &mut checked)?;
    }
    if faults.is_empty() {
        let bytes = work.bytes();
        checked.ready = Some(Ready {
            digest: Digest::of(&bytes).to_string(),
            document: String::from_utf8(bytes).map_err(RegistryError::internal)?,
            people: work.records(),
        });
    }
    faults.0.sort_by_key(|fault| order(&fault.pointer));
    checked.faults = places(faults);
    Ok(checked)
}

/// Where the fault stands on the page: details, questions, support, promises, people, what changed.
fn order(pointer: &str) -> (usize, Vec<u32>) {
    const PARTS: [&str; 8] =
        ["/supplier", "/service", "/contact", "/responses", "/support", "/commitments", "/signatory", "/official"];
    let at = PARTS.iter().position(|part| pointer.starts_with(part)).unwrap_or(PARTS.len());
    let numbers = pointer.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    (at, numbers.collect())
}

fn places(faults: Faults) -> Vec<Place> {
    faults.0.into_iter().map(Place::from).collect()
}

/// Adds faults, but for those that only say again that something missing is missing.
fn add(faults: &mut Faults, more: Faults) {
    let known: Vec<String> = faults.0.iter().map(|fault| fault.pointer.clone()).collect();
    let is_said = |fault: &Fault| {
        known.iter().any(|known| *known == fault.pointer || known.starts_with(&format!("{}/", fault.pointer)))
    };
    faults.0.extend(more.0.into_iter().filter(|fault| !is_said(fault)));
}

/// The wording that was answered, if it is published here.
fn edition(registry: &Registry, draft: &Draft, faults: &mut Faults) -> Result<Option<std::sync::Arc<Edition>>> {
    match registry.edition(&draft.edition.id) {
        Ok(edition) => Ok(Some(edition)),
        Err(error) if error.kind == ErrorKind::NotFound => {
            faults.add("/edition/id", "edition-unknown", "This wording of the questions is not published here.");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn content_faults(registry: &Registry, work: &Work, draft: &Draft, edition: &Edition, single: bool) -> Result<Faults> {
    let digest = registry.edition_row(&edition.id)?.digest;
    let mut faults = draft.faults_of_form(edition, digest, single);
    let person = |digest: Digest| work.person(digest);
    let admission = Admission { published_on: registry.clock().now().day_in_london(), person: &person };
    faults.0.extend(admission.check(draft).err().unwrap_or_default().0);
    Ok(faults)
}

/// The version that would follow the current one.
pub fn next(registry: &Registry, id: &CertificationId) -> Result<Next> {
    Ok(match registry.index().certification(id)? {
        None => Next { version: 1, previous: None, kind: ChangeKind::Initial.as_str() },
        Some(row) => Next {
            version: row.current.publication.version + 1,
            previous: Some(row.current.publication.digest.to_string()),
            kind: match row.current.kind {
                ChangeKind::Transcription => ChangeKind::Initial.as_str(),
                _ => ChangeKind::Update.as_str(),
            },
        },
    })
}

/// What schools will see as changed; none where nothing is published.
pub fn comparison(
    registry: &Registry,
    id: &CertificationId,
    draft: &Draft,
    edition: &Edition,
) -> Result<Option<Comparison>> {
    let Some(row) = registry.index().certification(id)? else { return Ok(None) };
    let current = registry.with_content(row.current)?;
    Ok(Some(compare::versions(current.side(), Side { content: draft, edition, publication: None })))
}

fn hints(draft: &Draft, edition: &Edition, comparison: Option<&Comparison>) -> Vec<Place> {
    let hints = compare::hints(draft, edition).into_iter().map(|hint| Place {
        pointer: pointer_to(hint.about),
        code: hint.code.to_owned(),
        detail: hint.sentence,
    });
    let stale = comparison.map(|comparison| compare::stale_figures(comparison, draft)).unwrap_or_default();
    let stale = stale.into_iter().map(|figure| Place {
        pointer: figure.still_in.first().map(|id| pointer_to(About::Answer(*id))).unwrap_or_default(),
        code: "stale_figure".to_owned(),
        detail: format!("{}.", figure.sentence.trim_end_matches('.')),
    });
    hints.chain(stale).collect()
}

fn pointer_to(about: About) -> String {
    match about.answer() {
        Some(id) if id.to_string().starts_with('q') => format!("/responses/{id}"),
        Some(id) => format!("/support/{id}"),
        None => String::new(),
    }
}

/// Goes through everything that the registry would, signatures excepted.
fn rehearse(
    registry: &Registry,
    work: &Work,
    id: &CertificationId,
    faults: &mut Faults,
    checked: &mut Checked,
) -> Result<()> {
    let people = work.records().iter().map(PersonRecord::bytes).collect();
    let submission = VersionSubmission { document: work.bytes(), people, ..VersionSubmission::default() };
    let error = match registry.dry_run(id, submission) {
        Ok(run) => {
            checked.headline = run.comparison.map(|comparison| comparison.headline);
            return Ok(());
        }
        Err(error) if matches!(error.kind, ErrorKind::Internal | ErrorKind::Unavailable) => return Err(error),
        Err(error) => error,
    };
    let whole = if error.faults.is_empty() { vec![Fault::new("", error.code, error.detail)] } else { error.faults };
    // What has a place in the draft is for its author to mend; the rest is between the supplier and the registry.
    let (placed, whole): (Vec<_>, Vec<_>) = whole.into_iter().partition(|fault| !fault.pointer.is_empty());
    faults.0.extend(placed);
    checked.obstacles = places(Faults(whole));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_stand_in_the_order_of_the_page() {
        let mut pointers = [
            "/change/kind",
            "/support/s3.1/statement",
            "/responses/q5.10/code",
            "/responses/q5.9/code",
            "/supplier_name",
            "/signatory/person",
        ];
        pointers.sort_by_key(|pointer| order(pointer));
        assert_eq!(
            pointers,
            [
                "/supplier_name",
                "/responses/q5.9/code",
                "/responses/q5.10/code",
                "/support/s3.1/statement",
                "/signatory/person",
                "/change/kind"
            ]
        );
    }
}
