//! The page of a pack: what stood, in English, for governors and for a file.

use askama::Template;

use super::{Gathered, until};
use crate::{
    domain::{ChangeKind, Instant, RegistrySettings},
    evidence::Asked,
    index::VersionRow,
    statement::assurance_in_a_line,
};

#[derive(Template)]
#[template(path = "registry/evidence/evidence.html")]
struct Page<'a> {
    /// What stood, in one sentence, and whether it was withdrawn then.
    first: String,
    service_name: &'a str,
    settings: &'a RegistrySettings,
    versions: Vec<Shown>,
    /// What case statements say of it now.
    standing: Vec<String>,
    made_at: String,
    log_size: u64,
    log_root: String,
    witnesses: usize,
}

/// One version on the page.
struct Shown {
    number: u32,
    assurance: &'static str,
    rows: Vec<(&'static str, String)>,
}

/// Writes the page.
///
/// `withdrawn` tells of a withdrawal that stood on the day asked about, or stands now where a version is asked for.
pub(super) fn print(
    gathered: &Gathered,
    settings: &RegistrySettings,
    withdrawn: Option<String>,
    standing: Vec<String>,
) -> String {
    let checkpoint = gathered.checkpoint.checkpoint();
    let page = Page {
        first: [Some(first_sentence(gathered)), withdrawn].into_iter().flatten().collect::<Vec<_>>().join(" "),
        service_name: gathered.versions.last().map_or("", |version| &version.row.service_name),
        settings,
        versions: (0..gathered.versions.len()).map(|place| shown(gathered, place)).collect(),
        standing,
        made_at: gathered.question.made_at.to_string(),
        log_size: checkpoint.size(),
        log_root: checkpoint.root().to_string(),
        witnesses: gathered.checkpoint.note().signatures().len().saturating_sub(1),
    };
    page.render().expect("a page of plain values renders into a string")
}

/// For example: `On 4 September 2025, version 3 of Example Cloud by Example Learning Ltd stood.`
fn first_sentence(gathered: &Gathered) -> String {
    let numbers: Vec<String> =
        gathered.versions.iter().map(|version| version.row.publication.version.to_string()).collect();
    let row = &gathered.versions.last().expect("a pack has a version").row;
    let what = format!("{} by {} ({})", row.service_name, row.supplier_name, row.publication.certification);
    match (gathered.question.asked, numbers.as_slice()) {
        (Asked::On(day), [number]) => format!("On {}, version {number} of {what} stood.", day.in_words()),
        (Asked::On(day), [earlier @ .., last]) => format!(
            "On {}, {} versions of {what} stood, one after the other: {} and {last}.",
            day.in_words(),
            numbers.len(),
            earlier.join(", ")
        ),
        (Asked::Version(number), _) => match until(gathered, 0) {
            Some(end) => format!("Version {number} of {what} stood from {} to {}.", at(row), words(end)),
            None => format!("Version {number} of {what} stands since {}.", at(row)),
        },
        (Asked::On(day), []) => format!("On {}, nothing stood.", day.in_words()),
    }
}

fn at(row: &VersionRow) -> String {
    words(row.publication.published_at)
}

fn words(instant: Instant) -> String {
    format!("{} ({instant})", instant.day_in_london().in_words())
}

fn shown(gathered: &Gathered, place: usize) -> Shown {
    let row = &gathered.versions[place].row;
    let mut rows = vec![("Published", at(row))];
    rows.push(match until(gathered, place) {
        Some(end) => ("Replaced by the next version", words(end)),
        None => ("Replaced", "not by the time this pack was made".to_owned()),
    });
    let key = |key: &Option<String>| key.clone().unwrap_or_default();
    if row.kind == ChangeKind::Transcription {
        rows.push(("Signed with the Department's key", key(&row.signature_key)));
    } else {
        rows.push(("Signed with the signatory's key", key(&row.signature_key)));
        if row.countersignature_key.is_some() {
            rows.push(("Countersigned with the senior official's key", key(&row.countersignature_key)));
        }
    }
    rows.push(("SHA-256 of the document", row.publication.digest.hex()));
    rows.push(("Entry of the log", row.publication.sequence.to_string()));
    let assurance = assurance_in_a_line(row.kind == ChangeKind::Transcription, row.countersignature_key.is_some());
    Shown { number: row.publication.version, assurance, rows }
}
