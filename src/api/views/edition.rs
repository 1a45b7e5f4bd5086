//! Editions: the list, and the shape of an edition's file.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Links, links};
use crate::{domain::RegistrySettings, index::EditionRow};

/// An edition that documents can answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EditionSummary {
    /// For example `dfe-2018-gdpr`.
    pub id: String,
    /// For people.
    pub name: String,
    /// How many questions it asks.
    pub questions: usize,
    /// How many support areas it has.
    pub support_areas: usize,
    /// The digest of its file, which documents sign.
    pub digest: String,
    /// The commit that published it.
    pub sequence: u64,
    /// When.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// Where more is.
    pub links: Links,
}

/// Every edition.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EditionList {
    /// By id.
    pub items: Vec<EditionSummary>,
}

impl EditionSummary {
    /// From the index and the edition itself.
    pub fn of(row: &EditionRow, edition: &crate::domain::Edition, settings: &RegistrySettings) -> Self {
        let base = format!("/v1/editions/{}", row.id);
        EditionSummary {
            id: row.id.to_string(),
            name: edition.name.clone(),
            questions: edition.questions.len(),
            support_areas: edition.support_areas.len(),
            digest: row.digest.to_string(),
            sequence: row.sequence,
            published_at: row.published_at.to_string(),
            simulated_dates: settings.simulated_dates.then_some(true),
            links: links([("self", base.clone()), ("template", format!("{base}/template.json"))]),
        }
    }
}

/// An edition's file, `certreg/edition@1`: exactly the bytes that the Department signed.
///
/// Empty lists are left out of the file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the schema at /schemas/edition-1.json explains each member")]
pub struct EditionFile {
    #[schema(example = "certreg/edition@1")]
    pub format: String,
    #[schema(example = "dfe-2018-gdpr")]
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub introduction: Vec<String>,
    #[serde(default)]
    pub codes: Vec<EditionCode>,
    #[serde(default)]
    pub commitments: Vec<EditionCommitment>,
    #[serde(default)]
    pub commitments_introduction: Vec<String>,
    #[serde(default)]
    pub sections: Vec<EditionSection>,
    #[serde(default)]
    pub questions: Vec<EditionQuestion>,
    #[serde(default)]
    pub support_areas: Vec<EditionSupportArea>,
    #[serde(default)]
    pub support_introduction: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mapping: Option<EditionMappingFile>,
}

/// What a colour means, in the form's own words.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the schema at /schemas/edition-1.json explains each member")]
pub struct EditionCode {
    #[schema(example = "amber")]
    pub code: String,
    pub meaning: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub caveat: Option<String>,
}

/// One promise of section 1.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the schema at /schemas/edition-1.json explains each member")]
pub struct EditionCommitment {
    #[schema(example = "update_promptly")]
    pub id: String,
    pub text: String,
}

/// A group of questions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the schema at /schemas/edition-1.json explains each member")]
pub struct EditionSection {
    pub number: u8,
    pub title: String,
    #[serde(default)]
    pub introduction: Vec<String>,
}

/// One question.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the schema at /schemas/edition-1.json explains each member")]
pub struct EditionQuestion {
    #[schema(example = "q5.7")]
    pub id: String,
    pub text: String,
    #[serde(default)]
    pub guidance: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub depends_on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "neutral")]
    pub polarity: Option<String>,
    #[serde(default)]
    pub advice: Vec<String>,
}

/// One support area.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the schema at /schemas/edition-1.json explains each member")]
pub struct EditionSupportArea {
    #[schema(example = "s3.4")]
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub guidance: Vec<String>,
    #[serde(default)]
    pub advice: Vec<String>,
}

/// How a newer wording relates to the one before it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the schema at /schemas/edition-1.json explains each member")]
pub struct EditionMappingFile {
    pub older: String,
    pub older_digest: String,
    #[serde(default)]
    pub entries: Vec<EditionMappingEntry>,
}

/// One relation between answers of two editions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the schema at /schemas/edition-1.json explains each member")]
pub struct EditionMappingEntry {
    #[schema(example = "reworded")]
    pub relation: String,
    #[serde(default)]
    pub older: Vec<String>,
    #[serde(default)]
    pub newer: Vec<String>,
}
