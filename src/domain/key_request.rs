//! A supplier's request to have a key enrolled.

use super::{RegistryId, SupplierId};

/// The content of a key request; signed by the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// The registry it is meant for.
    pub registry: RegistryId,
    /// Whose key it is.
    pub supplier: SupplierId,
    /// `signatory` or `official`.
    pub role: String,
    /// The public key as OpenSSH writes it, without comment: `ssh-ed25519 AAAA…`.
    pub key: String,
}
