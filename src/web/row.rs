//! One service in a list of services.

use super::address;
use crate::{
    domain::{CertificationId, ChangeKind, Standing},
    index::CertificationRow,
    registry::{Registry, Result},
};

/// What lists say of a service.
#[derive(Debug, Clone)]
pub struct ServiceRow {
    /// Its page.
    pub address: String,
    /// As the supplier calls it.
    pub service_name: String,
    /// The legal entity.
    pub supplier_name: String,
    /// The current version.
    pub version: u32,
    /// The day of its publication, in words.
    pub published_on: String,
    /// Who stands behind it, in a few words.
    pub standing: &'static str,
    /// What the current version changed.
    pub headline: String,
    /// The gravest thing that case statements add, where there is one.
    pub condition: Option<String>,
}

impl ServiceRow {
    /// From what the index knows, and what stands beside it.
    fn of(row: &CertificationRow, beside: &Standing) -> Self {
        let current = &row.current;
        let id = &current.publication.certification;
        ServiceRow {
            address: address::certification(id),
            service_name: current.service_name.clone(),
            supplier_name: current.supplier_name.clone(),
            version: current.publication.version,
            published_on: current.publication.published_at.day_in_london().in_words(),
            standing: standing(row),
            headline: current.headline.clone(),
            condition: gravest(beside),
        }
    }

    /// Every row, in order.
    ///
    /// # Errors
    /// Those of the index.
    pub fn all(registry: &Registry, rows: &[CertificationRow]) -> Result<Vec<Self>> {
        let standings = registry.standings(rows)?;
        Ok(rows.iter().zip(&standings).map(|(row, standing)| ServiceRow::of(row, standing)).collect())
    }
}

/// The gravest thing that case statements say of a certification, in words.
///
/// # Errors
/// Those of the index.
pub fn condition(registry: &Registry, id: &CertificationId) -> Result<Option<String>> {
    let standing = registry.case_standing(id, registry.present()?)?;
    Ok(gravest(&standing))
}

fn gravest(standing: &Standing) -> Option<String> {
    standing.conditions().into_iter().next().map(|condition| condition.sentence)
}

/// Who stands behind what is said, in a few words.
pub fn standing(row: &CertificationRow) -> &'static str {
    match (row.current.kind, &row.current.countersignature_key) {
        (ChangeKind::Transcription, _) => "Transcribed; not signed by the supplier",
        (_, Some(_)) => "Self-certified; signed by two people",
        (_, None) => "Self-certified; signed by one person, not independently verified",
    }
}
