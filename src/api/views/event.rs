//! Events: one flat envelope, one for each commit.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Links, address, links};
use crate::{domain::RegistrySettings, index::EventRow};

/// What one commit brought.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Event {
    /// Its place in the log; follow the feed by it, never by time.
    pub sequence: u64,
    /// The same as text, unique in this registry.
    #[schema(example = "evt_1042")]
    pub id: String,
    /// For example `version.published`, `version.reaffirmed`, `version.transcribed`, `supplier.registered`,
    /// `ring.changed`, `edition.published`, `case.stated`, `certification.withdrawn`, `certification.reinstated`. The set is open: ignore what you do not know.
    #[serde(rename = "type")]
    #[schema(example = "version.published")]
    pub kind: String,
    /// When it was published.
    #[schema(format = DateTime)]
    pub time: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// Whom it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub supplier: Option<String>,
    /// Which certification it concerns: `supplier/service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub certification: Option<String>,
    /// Which version it published.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub version: Option<u32>,
    /// The digest of the main file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub digest: Option<String>,
    /// `attention`, `worth_reading` or `information`. The set is open.
    #[schema(example = "attention")]
    pub importance: String,
    /// What happened, in one line.
    pub headline: String,
    /// The answers that changed.
    pub questions: Vec<String>,
    /// Where more is.
    pub links: Links,
}

impl Event {
    /// From what the index knows.
    pub fn of(row: &EventRow, settings: &RegistrySettings) -> Self {
        Event {
            sequence: row.sequence,
            id: format!("evt_{}", row.sequence),
            kind: row.kind.clone(),
            time: row.time.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            supplier: row.supplier.as_ref().map(ToString::to_string),
            certification: row.certification.as_ref().map(ToString::to_string),
            version: row.version,
            digest: row.digest.map(|digest| digest.to_string()),
            importance: row.importance.to_string(),
            headline: row.headline.clone(),
            questions: row.questions.iter().map(ToString::to_string).collect(),
            links: event_links(row),
        }
    }
}

fn event_links(row: &EventRow) -> Links {
    let mut links = links([("self", format!("/v1/changes/{}", row.sequence))]);
    if let Some(supplier) = &row.supplier {
        links.insert("supplier", format!("/v1/suppliers/{supplier}"));
    }
    if let Some(certification) = &row.certification {
        let base = address(certification);
        if let Some(version) = row.version {
            links.insert("version", format!("{base}/versions/{version}"));
            if version > 1 {
                links.insert("diff", format!("{base}/diff?from={}&to={version}", version - 1));
            }
        }
        if row.version.is_none() && row.digest.is_some() {
            links.insert("cases", format!("{base}/cases"));
        }
        links.insert("certification", base);
    }
    links
}

/// Events after a sequence.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventPage {
    /// Oldest first.
    pub items: Vec<Event>,
    /// Ask again with it as `after`.
    pub next: u64,
    /// The newest sequence of the registry.
    pub latest: u64,
    /// Whether more events wait already.
    pub more: bool,
}
