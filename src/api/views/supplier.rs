//! Suppliers.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Links, certification::CertificationSummary, links, promptness::PromptnessView};
use crate::{domain::RegistrySettings, index::SupplierRow};

/// Who certifies, by the Department's word.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SupplierSummary {
    /// Never changes.
    #[schema(example = "example-learning")]
    pub id: String,
    /// The legal name first, then trading names.
    pub names: Vec<String>,
    /// At Companies House.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub company_number: Option<String>,
    /// Web address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub website: Option<String>,
    /// The supplier is one person, who signs alone: not independently verified.
    pub single_signatory: bool,
    /// The version of the Department's record.
    pub record_version: u32,
    /// The digest of that record.
    pub record_digest: String,
    /// When it was first registered.
    #[schema(format = DateTime)]
    pub registered_at: String,
    /// When the record last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// Where more is.
    pub links: Links,
}

/// A page of suppliers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SupplierPage {
    /// By id.
    pub items: Vec<SupplierSummary>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// A supplier with all its certifications.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SupplierView {
    /// Who it is.
    pub supplier: SupplierSummary,
    /// How promptly it keeps its certifications up to date; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub promptness: Option<PromptnessView>,
    /// By id.
    pub certifications: Vec<CertificationSummary>,
}

impl SupplierSummary {
    /// From what the index knows.
    pub fn of(row: &SupplierRow, settings: &RegistrySettings) -> Self {
        let base = format!("/v1/suppliers/{}", row.id);
        SupplierSummary {
            id: row.id.to_string(),
            names: row.names.clone(),
            company_number: row.company_number.clone(),
            website: row.website.clone(),
            single_signatory: row.single_signatory,
            record_version: row.version,
            record_digest: row.digest.to_string(),
            registered_at: row.registered_at.to_string(),
            updated_at: row.updated_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            links: links([
                ("self", base.clone()),
                ("keys", format!("{base}/keys")),
                ("certifications", format!("/v1/certifications?supplier={}", row.id)),
            ]),
        }
    }
}
