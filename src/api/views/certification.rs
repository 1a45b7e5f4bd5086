//! Certifications as they stand, or stood.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Links, address,
    found::SnippetView,
    links,
    promptness::PromptnessView,
    standing::StandingView,
    version::{VersionSummary, VersionView},
};
use crate::{
    compare,
    domain::{ChangeKind, Day, Instant, RegistrySettings, Standing},
    index::CertificationRow,
    statement::assurance_in_a_line,
};

/// A certification as it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CertificationSummary {
    /// `supplier/service`.
    #[schema(example = "example-learning/example-cloud")]
    pub id: String,
    /// Who certifies.
    pub supplier: String,
    /// Which service of theirs.
    pub service: String,
    /// As the supplier calls the service.
    pub service_name: String,
    /// The legal entity.
    pub supplier_name: String,
    /// `self_certified`, or `transcribed` from a published statement that nobody signed. The set is open.
    #[schema(example = "self_certified")]
    pub status: String,
    /// What a reader may rely on, in one sentence.
    pub assurance: String,
    /// What stands beside it by its case statements; whether its signatures still hold is told with the certification.
    pub standing: StandingView,
    /// How many answers have each colour.
    pub counts: CodeCounts,
    /// When the first version was published.
    #[schema(format = DateTime)]
    pub first_published_at: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// When the supplier last affirmed it, and until when that counts. Absent for transcriptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub freshness: Option<FreshnessView>,
    /// The current version.
    pub current: VersionSummary,
    /// In a search: the answers that hold the words, at most three; empty where the names hold them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub snippets: Option<Vec<SnippetView>>,
    /// Where more is.
    pub links: Links,
}

/// How many answers have each colour.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CodeCounts {
    /// The service fully meets the issue.
    pub green: u32,
    /// The supplier cannot confirm that it does. Not necessarily a negative: the clarification should be considered.
    pub amber: u32,
    /// The question does not apply.
    pub black: u32,
    /// Transcriptions: the published colours were pictures and are lost.
    pub not_recorded: u32,
}

/// Until when an affirmation counts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FreshnessView {
    /// `affirmed`, `due` or `lapsed`. The set is open.
    #[schema(example = "affirmed")]
    pub state: String,
    /// The day of the newest version that the supplier signed.
    #[schema(format = Date)]
    pub affirmed_on: String,
    /// From when it should be affirmed again.
    #[schema(format = Date)]
    pub due_on: String,
    /// From when it counts as lapsed.
    #[schema(format = Date)]
    pub lapses_on: String,
}

impl FreshnessView {
    fn of(affirmed_at: Instant, settings: &RegistrySettings, today: Day) -> Self {
        let facts = compare::freshness(affirmed_at.day_in_london(), settings.freshness, today);
        FreshnessView {
            state: facts.state.as_str().to_owned(),
            affirmed_on: facts.affirmed_on.to_string(),
            due_on: facts.due_on.to_string(),
            lapses_on: facts.lapses_on.to_string(),
        }
    }
}

impl CertificationSummary {
    /// From what the index knows.
    pub fn of(row: &CertificationRow, standing: &Standing, settings: &RegistrySettings) -> Self {
        let today = standing.today();
        let id = &row.current.publication.certification;
        let base = address(id);
        let [green, amber, black, not_recorded] = row.counts;
        CertificationSummary {
            id: id.to_string(),
            supplier: id.supplier.to_string(),
            service: id.service.to_string(),
            service_name: row.current.service_name.clone(),
            supplier_name: row.current.supplier_name.clone(),
            status: status(row).to_owned(),
            assurance: assurance(row).to_owned(),
            standing: StandingView::of_cases(standing),
            counts: CodeCounts { green, amber, black, not_recorded },
            first_published_at: row.first_published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            freshness: row.affirmed_at.map(|at| FreshnessView::of(at, settings, today)),
            current: VersionSummary::of(&row.current, settings),
            snippets: None,
            links: links([
                ("self", base.clone()),
                ("responses", format!("{base}/responses")),
                ("versions", format!("{base}/versions")),
                ("changes", format!("{base}/changes")),
                ("cases", format!("{base}/cases")),
                ("statement", format!("{base}/statement.html")),
                ("supplier", format!("/v1/suppliers/{}", id.supplier)),
            ]),
        }
    }
}

fn status(row: &CertificationRow) -> &'static str {
    if row.current.kind == ChangeKind::Transcription { "transcribed" } else { "self_certified" }
}

fn assurance(row: &CertificationRow) -> &'static str {
    let current = &row.current;
    assurance_in_a_line(current.kind == ChangeKind::Transcription, current.countersignature_key.is_some())
}

/// A page of certifications.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CertificationPage {
    /// In the order that was asked for.
    pub items: Vec<CertificationSummary>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// A certification: what stands now, or what stood at an instant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CertificationView {
    /// `supplier/service`.
    #[schema(example = "example-learning/example-cloud")]
    pub id: String,
    /// With `as_of`: what was asked, word for word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2025-09-04")]
    pub asked: Option<String>,
    /// With `as_of`: the instant that was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub instant: Option<String>,
    /// The number of the version that stands, or stood.
    #[schema(minimum = 1)]
    pub version: u32,
    /// The supplier says that this version applies only from this day, which lies after the instant that was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub announced: Option<String>,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// With `as_of`: what stood beside it, as known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub standing_then: Option<StandingView>,
    /// What stands beside it, as known now.
    pub standing: StandingView,
    /// Without `as_of`: what is known of the certification as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<CertificationSummary>,
    /// Without `as_of`: how promptly it is kept up to date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub promptness: Option<PromptnessView>,
    /// That version, with everything that it says.
    pub content: VersionView,
    /// Where more is.
    pub links: Links,
}
