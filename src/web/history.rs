//! The history of a certification: every version, the gaps between them, and "as it stood on a day".

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    address,
    ask::{Asked, Named, encoded, shown_again},
    case_lines::CaseLine,
    page::{Frame, Keep, shown},
    picture,
};
use crate::{
    compare::Importance,
    domain::{CertificationId, ChangeKind},
    index::VersionRow,
    registry::{Registry, RegistryError, Result, door::Door, find::Stood},
};

/// How many versions one page lists.
const LISTED: usize = 100;
/// The longest words that are looked for, in characters.
const MAX_WORDS_CHARACTERS: usize = 500;

#[derive(Template)]
#[template(path = "web/history.html")]
struct HistoryPage {
    frame: Frame,
    id: CertificationId,
    service_name: String,
    lines: Vec<Line>,
    promptness: String,
    picture: String,
    older: Option<u32>,
    cases: Vec<CaseLine>,
    /// Why the day that was asked for cannot be shown, and what was typed.
    error: Option<(String, String)>,
    /// The words that were looked for, and where they stood.
    found: Option<(String, Vec<Stood>)>,
}

/// One version.
struct Line {
    version: u32,
    title: &'static str,
    published_on: String,
    claims: Vec<String>,
    headline: String,
    importance: &'static str,
    importance_words: &'static str,
    signed: &'static str,
    changed: Option<String>,
}

/// `…/history`, with `before` the versions older than that, with `words` when they stood.
pub async fn history(State(door): State<Door>, named: Named, asked: Asked) -> Response {
    shown(door, Keep::Current, move |registry| {
        let id = named.certification()?;
        let words = asked.get("words").map(|words| shown_again(words, MAX_WORDS_CHARACTERS));
        let found = words.map(|words| registry.find_words_in(&id, &words).map(|found| (words, found))).transpose()?;
        let page = page(registry, id, asked.parsed("before"))?;
        Ok(HistoryPage { found, ..page })
    })
    .await
}

/// The history with the form for a day, which could not be answered; what was typed is not lost.
pub fn asked_again(registry: &Registry, id: CertificationId, error: String, typed: &str) -> Result<String> {
    let page = page(registry, id, None)?;
    let page = HistoryPage { error: Some((error, shown_again(typed, 60))), ..page };
    page.render().map_err(RegistryError::internal)
}

fn page(registry: &Registry, id: CertificationId, before: Option<u32>) -> Result<HistoryPage> {
    let certification = registry.certification(&id)?;
    let mut rows = registry.index().versions(&id, before, LISTED + 1)?;
    let more = rows.len() > LISTED;
    rows.truncate(LISTED);
    let service_name = certification.current.service_name;
    let frame = Frame::new(registry.settings(), format!("History of {service_name}"), format!("/s/{id}/history"))
        .described(format!("Every version of the self-certification of {service_name}, and what each one changed."))
        .with_feed(format!("What changes in {service_name}"), format!("{}/feed.atom", address::api(&id)));
    let now = registry.present()?;
    let today = now.day_in_london();
    let cases = registry.cases_of(&id, now)?;
    Ok(HistoryPage {
        frame,
        older: rows.last().filter(|_| more).map(|row| row.publication.version),
        picture: picture::timeline(&rows, today),
        lines: rows.iter().map(|row| line(&id, row)).collect(),
        cases: cases.iter().map(|case| CaseLine::of(registry, case, today)).collect::<Result<_>>()?,
        promptness: registry.promptness(&id)?.sentence(),
        service_name,
        id,
        error: None,
        found: None,
    })
}

fn line(id: &CertificationId, row: &VersionRow) -> Line {
    let version = row.publication.version;
    let claims = [
        row.effective_on.map(|day| format!("The supplier says it applies from {}.", day.in_words())),
        row.service_changed_on.map(|day| format!("The supplier says the service changed on {}.", day.in_words())),
        row.wrong_since.map(|day| format!("Corrects what was wrong from {} on.", day.in_words())),
        row.wording_only.then(|| "The supplier says that only the wording changed.".to_owned()),
    ];
    let importance = Importance::ALL.into_iter().find(|known| known.as_str() == row.importance);
    Line {
        version,
        title: match row.kind {
            ChangeKind::Initial => "First statement",
            ChangeKind::Update => "Update",
            ChangeKind::Reaffirmation => "Confirmed again, nothing changed",
            ChangeKind::Transcription => "Transcribed",
        },
        published_on: row.publication.published_at.day_in_london().in_words(),
        claims: claims.into_iter().flatten().collect(),
        headline: row.headline.clone(),
        importance: importance.map_or("", Importance::as_str),
        importance_words: importance.filter(|_| version > 1).map_or("", Importance::label),
        signed: match (row.kind, &row.countersignature_key) {
            (ChangeKind::Transcription, _) => "Not signed by the supplier",
            (_, Some(_)) => "Signed by two people",
            (_, None) => "Signed by one person",
        },
        changed: (version > 1).then(|| address::between(id, version - 1, version)),
    }
}
