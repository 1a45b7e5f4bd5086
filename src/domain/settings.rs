//! What a registry says of itself.

use super::RegistryId;

/// The content of `registry.json`: chosen when the registry is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrySettings {
    /// A domain name; can never change.
    pub registry: RegistryId,
    /// For people, for example `Cloud services for schools: register of self-certifications`.
    pub name: String,
    /// Who enrols keys and states cases, for example `Department for Education`.
    pub authority_name: String,
    /// SPDX identifier or address of the licence under which the content may be used.
    pub content_licence: String,
    /// When a certification asks to be affirmed again.
    pub freshness: Freshness,
    /// Dates of publication are made up: a demonstration.
    pub simulated_dates: bool,
}

/// When a certification that nobody affirmed counts as due and as lapsed, in whole months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Months after which a re-affirmation is due.
    pub due_after_months: u32,
    /// Months after which it has lapsed.
    pub lapsed_after_months: u32,
}

impl Default for Freshness {
    fn default() -> Self {
        Freshness { due_after_months: 11, lapsed_after_months: 12 }
    }
}
