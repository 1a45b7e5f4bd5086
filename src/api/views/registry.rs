//! What the registry says of itself.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Links, links};
use crate::{
    api::extract::MAX_BODY_BYTES,
    domain::RegistrySettings,
    index::{Counts, EditionRow},
    registry::publish::MAX_DOCUMENT_BYTES,
};

/// What the registry says of itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RegistryView {
    /// A domain name; every signed document names it.
    #[schema(example = "certreg.example")]
    pub registry: String,
    /// For people.
    pub name: String,
    /// Who enrols keys, for example `Department for Education`.
    pub authority_name: String,
    /// Under which licence the content may be used.
    pub content_licence: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// How many commits the log has; the newest sequence is one less.
    pub log_size: u64,
    /// How much there is.
    pub counts: CountsView,
    /// Ids of the editions that documents can answer.
    pub editions: Vec<String>,
    /// When an affirmation falls due and lapses.
    pub freshness: FreshnessRules,
    /// How large things may be.
    pub limits: Limits,
    /// The program's version.
    #[schema(example = "0.1.0")]
    pub software_version: String,
    /// Where to begin.
    pub links: Links,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CountsView {
    /// Registered suppliers.
    pub suppliers: u64,
    /// Certifications.
    pub certifications: u64,
    /// Versions of all of them.
    pub versions: u64,
    /// Certifications whose current version is a transcription.
    pub transcriptions: u64,
}

/// When an affirmation falls due and lapses, in whole months.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct FreshnessRules {
    /// Months after which a re-affirmation is due.
    pub due_after_months: u32,
    /// Months after which it has lapsed.
    pub lapsed_after_months: u32,
}

/// How large things may be.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Limits {
    /// A document.
    pub document_bytes: usize,
    /// A request's body.
    pub body_bytes: usize,
    /// A query.
    pub query_bytes: usize,
    /// The query of a report.
    pub report_query_bytes: usize,
    /// Items of a report.
    pub report_items: usize,
}

impl RegistryView {
    /// From the settings and the index.
    pub fn of(settings: &RegistrySettings, counts: Counts, editions: &[EditionRow], log_size: u64) -> Self {
        RegistryView {
            registry: settings.registry.to_string(),
            name: settings.name.clone(),
            authority_name: settings.authority_name.clone(),
            content_licence: settings.content_licence.clone(),
            simulated_dates: settings.simulated_dates.then_some(true),
            log_size,
            counts: CountsView {
                suppliers: counts.suppliers,
                certifications: counts.certifications,
                versions: counts.versions,
                transcriptions: counts.transcriptions,
            },
            editions: editions.iter().map(|row| row.id.to_string()).collect(),
            freshness: FreshnessRules {
                due_after_months: settings.freshness.due_after_months,
                lapsed_after_months: settings.freshness.lapsed_after_months,
            },
            limits: Limits {
                document_bytes: MAX_DOCUMENT_BYTES,
                body_bytes: MAX_BODY_BYTES,
                query_bytes: crate::api::edge::MAX_QUERY_BYTES,
                report_query_bytes: crate::api::edge::MAX_REPORT_QUERY_BYTES,
                report_items: crate::registry::watch::MAX_ITEMS,
            },
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            links: links([
                ("self", "/v1".into()),
                ("suppliers", "/v1/suppliers".into()),
                ("certifications", "/v1/certifications".into()),
                ("changes", "/v1/changes".into()),
                ("editions", "/v1/editions".into()),
                ("report_since", "/v1/reports/since".into()),
                ("openapi", "/openapi.json".into()),
                ("documentation", "/docs/".into()),
                ("problems", "/problems".into()),
                ("certification_schema", "/schemas/certification-1.json".into()),
            ]),
        }
    }
}
