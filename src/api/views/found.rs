//! What a search shows of suppliers' own words.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Links, address, links, standing::StandingView};
use crate::{
    domain::{ChangeKind, Publication, RegistrySettings, Standing},
    index::CertificationRow,
    registry::{
        excerpt::{Excerpt, Piece},
        find::Stood,
    },
};

/// A run of text: plain text, never markup.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PieceView {
    /// The supplier's words; `…` at an end where some were left out.
    pub text: String,
    /// Whether this is what was looked for.
    pub found: bool,
}

impl PieceView {
    fn all(pieces: &[Piece]) -> Vec<PieceView> {
        pieces.iter().map(|Piece { text, found }| PieceView { text: text.clone(), found: *found }).collect()
    }
}

/// A few words of one answer around those that were looked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SnippetView {
    /// `q5.7` or `s3.4`.
    #[schema(example = "q5.7", pattern = "^[qs][0-9]+\\.[0-9]+$")]
    pub question: String,
    /// One after the other, without anything between.
    pub pieces: Vec<PieceView>,
}

impl SnippetView {
    /// From what the registry found.
    pub fn of(excerpt: &Excerpt) -> Self {
        SnippetView { question: excerpt.answer.to_string(), pieces: PieceView::all(&excerpt.pieces) }
    }
}

/// One version in the time for which words stood.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StoodVersionView {
    /// 1, 2, 3 …
    #[schema(minimum = 1)]
    pub version: u32,
    /// When it was published.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// The day of that in London.
    #[schema(format = Date)]
    pub published_on: String,
    /// The digest of its document.
    #[schema(pattern = "^sha256:[0-9a-f]{64}$")]
    pub digest: String,
}

impl StoodVersionView {
    fn of(publication: &Publication) -> Self {
        StoodVersionView {
            version: publication.version,
            published_at: publication.published_at.to_string(),
            published_on: publication.published_at.day_in_london().to_string(),
            digest: publication.digest.to_string(),
        }
    }
}

/// A run of versions, one after the other, in which words stood in one answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StoodView {
    /// `supplier/service`.
    #[schema(example = "example-learning/example-cloud")]
    pub certification: String,
    /// As the supplier calls the service now.
    pub service_name: String,
    /// The legal entity now.
    pub supplier_name: String,
    /// `self_certified` or `transcribed`, as the certification stands now. The set is open.
    #[schema(example = "self_certified")]
    pub status: String,
    /// What stands beside the certification now by its case statements.
    pub standing: StandingView,
    /// The answer in which they stood: `q5.7` or `s3.4`.
    #[schema(example = "q5.7", pattern = "^[qs][0-9]+\\.[0-9]+$")]
    pub question: String,
    /// The words as they stood last, and what stood around them.
    pub snippet: SnippetView,
    /// Whether they stand in the current version.
    pub stands: bool,
    /// The first version that said so.
    pub first: StoodVersionView,
    /// The last version that said so.
    pub last: StoodVersionView,
    /// The version that no longer said so; absent where they stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gone: Option<StoodVersionView>,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// Where more is.
    pub links: Links,
}

impl StoodView {
    /// From what was found, and the certification as it stands.
    pub fn of(stood: &Stood, row: &CertificationRow, standing: &Standing, settings: &RegistrySettings) -> Self {
        let base = address(&stood.last.certification);
        let transcribed = row.current.kind == ChangeKind::Transcription;
        StoodView {
            certification: stood.last.certification.to_string(),
            service_name: row.current.service_name.clone(),
            supplier_name: row.current.supplier_name.clone(),
            status: if transcribed { "transcribed" } else { "self_certified" }.to_owned(),
            standing: StandingView::of_cases(standing),
            question: stood.answer.to_string(),
            snippet: SnippetView::of(&stood.excerpt),
            stands: stood.gone.is_none(),
            first: StoodVersionView::of(&stood.first),
            last: StoodVersionView::of(&stood.last),
            gone: stood.gone.as_ref().map(StoodVersionView::of),
            simulated_dates: settings.simulated_dates.then_some(true),
            links: links([
                ("certification", base.clone()),
                ("first", format!("{base}/versions/{}", stood.first.version)),
                ("last", format!("{base}/versions/{}", stood.last.version)),
            ]),
        }
    }
}

/// A page of places where words stood.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StoodPageView {
    /// Those whose words were stated last come first. A page may have fewer than `limit`, even none, and still a next one.
    pub items: Vec<StoodView>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}
