//! What answers look like: own types, converted by hand, so that the API outlives refactoring.
//!
//! Absent, never null; empty lists are present. Instants are RFC 3339 in UTC, days `YYYY-MM-DD`, digests
//! `sha256:` and hex. Names of persons never appear: only digests and titles do.

pub mod answer;
pub mod authority;
pub mod case;
pub mod certification;
pub mod comparison;
pub mod edition;
pub mod event;
pub mod found;
pub mod key;
pub mod log;
pub mod promptness;
pub mod proof;
pub mod publish;
pub mod registry;
pub mod since;
pub mod standing;
pub mod supplier;
pub mod version;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::CertificationId;

/// Addresses by what they lead to, relative to the registry's own. More may come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Links(BTreeMap<String, String>);

impl Links {
    /// The address under this name.
    pub fn get(&self, name: &str) -> Option<&String> {
        self.0.get(name)
    }

    /// Adds one.
    pub fn insert(&mut self, name: &str, address: String) {
        self.0.insert(name.to_owned(), address);
    }
}

/// Links from pairs.
pub fn links<const N: usize>(links: [(&str, String); N]) -> Links {
    Links(links.into_iter().map(|(name, address)| (name.to_owned(), address)).collect())
}

/// The address of a certification.
pub fn address(id: &CertificationId) -> String {
    format!("/v1/certifications/{id}")
}
