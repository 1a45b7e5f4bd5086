//! Where pages are.

use crate::domain::{AnswerId, CertificationId, Day, SupplierId};

/// A supplier's page.
pub fn supplier(id: &SupplierId) -> String {
    format!("/s/{id}")
}

/// A certification's page.
pub fn certification(id: &CertificationId) -> String {
    format!("/s/{id}")
}

/// The page of one version.
pub fn version(id: &CertificationId, number: u32) -> String {
    format!("/s/{id}/versions/{number}")
}

/// What changed since a day.
pub fn since(id: &CertificationId, day: Day) -> String {
    format!("/s/{id}/changes?since={day}")
}

/// What changed between two versions.
pub fn between(id: &CertificationId, from: u32, to: u32) -> String {
    format!("/s/{id}/changes?from={from}&to={to}")
}

/// The address of a certification in the API.
pub fn api(id: &CertificationId) -> String {
    format!("/v1/certifications/{id}")
}

/// One answer on the certification's page.
pub fn answer(id: &CertificationId, answer: AnswerId) -> String {
    format!("/s/{id}#{answer}")
}
