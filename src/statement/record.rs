//! Supplier details, dates and signers: what stands behind a statement.

use super::{Names, Row, words::clean};
use crate::domain::{ChangeKind, Day, Digest, Draft, Edition, Instant, Publication, Signer};

/// What is known of a version's publication; a draft has none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The registry's instant; absent for a draft.
    pub published_at: Option<Instant>,
    /// The document's digest.
    pub digest: Option<Digest>,
    /// The place of its commit on `main`.
    pub sequence: Option<u64>,
    /// The version's permanent address.
    pub address: Option<String>,
    /// Dates of publication are made up: a demonstration.
    pub simulated_dates: bool,
    /// Sentences to show before everything else, for example that a later version exists.
    pub notices: Vec<String>,
}

impl Facts {
    /// Those of a published version, without an address.
    pub fn of(publication: &Publication) -> Facts {
        Facts {
            published_at: Some(publication.published_at),
            digest: Some(publication.digest),
            sequence: Some(publication.sequence),
            ..Facts::default()
        }
    }
}

/// How far a reader may rely on a published version, in a line: who signed it, and that nobody checked it.
pub fn assurance_in_a_line(is_transcription: bool, has_official: bool) -> &'static str {
    match (is_transcription, has_official) {
        (true, _) => "Transcribed from the supplier's published statement; not signed by the supplier.",
        (false, true) => "Self-certified; not checked by the Department. Signed by two people at the company.",
        (false, false) => {
            "Self-certified; not checked by the Department. Signed by one person; not independently verified."
        }
    }
}

/// The sentences that say how far a reader may rely on the statement, notices first.
pub(super) fn assurance(draft: &Draft, facts: &Facts) -> Vec<String> {
    let mut sentences = facts.notices.iter().map(|notice| clean(notice)).collect::<Vec<_>>();
    if facts.published_at.is_none() {
        sentences.push("Draft: not published.".to_owned());
    }
    if draft.is_transcription() {
        sentences.push(assurance_in_a_line(true, false).to_owned());
        sentences.push(
            "Never confirmed by the supplier, who may claim it by publishing a first statement of its own, ask the \
             Department to correct it, or object to it."
                .to_owned(),
        );
    } else if facts.published_at.is_some() {
        sentences.push(assurance_in_a_line(false, draft.official.is_some()).to_owned());
    }
    sentences
}

/// The form's first table.
pub(super) fn details(draft: &Draft, names: Names<'_>) -> Vec<Row> {
    let contact = draft.contact.clone().unwrap_or_default();
    let address: Vec<String> = contact.address.iter().map(|line| clean(line)).collect();
    let name = contact.person.and_then(|person| names.and_then(|name| name(person)));
    rows([
        ("Supplier name", Some(draft.supplier_name.clone())),
        ("Address", Some(address.join(", "))),
        ("Contact name", name),
        ("Contact email", contact.email),
        ("Contact telephone", contact.telephone),
        ("Service", Some(draft.service_name.clone())),
        ("Fuller details", draft.service_url.clone()),
    ])
}

/// What is known of this version. Two dates, always told apart: the registry's, and the supplier's claim.
pub(super) fn record(draft: &Draft, edition: &Edition, facts: &Facts, names: Names<'_>) -> Vec<Row> {
    let change = &draft.change;
    let person = |signer: &Option<Signer>| signer.as_ref().map(|signer| person_words(signer, names));
    let mut record = rows([
        ("Version", Some(format!("{} ({})", draft.version, kind_words(change.kind)))),
        ("Published here", facts.published_at.map(|at| published_words(at, facts.simulated_dates))),
        ("The supplier says it applies from", claimed(draft, change.effective_on)),
        ("The supplier says the service changed on", changed_words(draft)),
        ("Completed on", draft.completed_on.map(Day::in_words)),
        ("Completed by", person(&draft.signatory)),
        ("Verified by", person(&draft.official)),
        ("First published by the supplier", published_between(change.not_before, change.not_after)),
        ("Transcribed from", draft.source.as_ref().map(|source| format!("{} ({})", source.title, source.sha256))),
        ("Carries on", predecessor_words(draft)),
        ("Wording answered", Some(format!("{} ({}, {})", edition.name, edition.id, draft.edition.digest))),
        ("Document", facts.digest.map(|digest| digest.to_string())),
        ("Place in the log", facts.sequence.map(|sequence| sequence.to_string())),
        ("Address of this version", facts.address.clone()),
    ]);
    record.extend(corrections(draft));
    record
}

fn rows<const N: usize>(rows: [(&'static str, Option<String>); N]) -> Vec<Row> {
    let row = |(label, value): (&'static str, Option<String>)| Row { label, value: clean(&value.unwrap_or_default()) };
    rows.into_iter().map(row).filter(|row| !row.value.is_empty()).collect()
}

/// A signer by name and title, as far as they may be shown.
pub(super) fn person_words(signer: &Signer, names: Names<'_>) -> String {
    let name = names.and_then(|name| name(signer.person)).map(|name| clean(&name));
    match (name, signer.title.as_deref().map(clean)) {
        (Some(name), Some(title)) => format!("{name} ({title})"),
        (Some(name), None) => name,
        (None, Some(title)) => title,
        (None, None) => "a person whose name is kept apart".to_owned(),
    }
}

fn kind_words(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Initial => "the supplier's first",
        ChangeKind::Update => "an update",
        ChangeKind::Reaffirmation => "a re-affirmation: nothing changed",
        ChangeKind::Transcription => "a transcription",
    }
}

fn published_words(at: Instant, simulated: bool) -> String {
    let note = if simulated { "; simulated date" } else { "" };
    format!("{} ({at}{note})", at.day_in_london().in_words())
}

/// A day that the supplier may leave out, which is said. A transcription has no such days.
fn claimed(draft: &Draft, day: Option<Day>) -> Option<String> {
    match day {
        Some(day) => Some(day.in_words()),
        None if draft.is_transcription() => None,
        None => Some("no date given".to_owned()),
    }
}

fn changed_words(draft: &Draft) -> Option<String> {
    let day = draft.change.service_changed_on;
    match draft.change.kind {
        ChangeKind::Update if draft.change.wording_only => {
            Some("the service itself is unchanged, only the words".to_owned())
        }
        ChangeKind::Update => claimed(draft, day),
        _ => day.map(Day::in_words),
    }
}

fn published_between(first: Option<Day>, last: Option<Day>) -> Option<String> {
    match (first, last) {
        (Some(first), Some(last)) => Some(format!("between {} and {}", first.in_words(), last.in_words())),
        (Some(first), None) => Some(format!("not before {}", first.in_words())),
        (None, Some(last)) => Some(format!("not after {}", last.in_words())),
        (None, None) => None,
    }
}

fn predecessor_words(draft: &Draft) -> Option<String> {
    let predecessor = draft.change.predecessor.as_ref()?;
    Some(format!("{}, version {} ({})", predecessor.certification, predecessor.version, predecessor.digest))
}

fn corrections(draft: &Draft) -> impl Iterator<Item = Row> {
    draft.change.corrections.iter().map(|correction| Row {
        label: "Supplier's correction",
        value: format!("{} was wrong from {} on", correction.question.label(), correction.wrong_since.in_words()),
    })
}
