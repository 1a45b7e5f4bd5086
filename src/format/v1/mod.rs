//! The stored shapes, version 1. Each file reads a [`Node`] into a value of [`crate::domain`] and writes it back.
//!
//! For every shape: `read(Node)` gathers all faults of form; `write(&value)` gives the node whose
//! [`super::profile::print`] is the canonical file; reading what was written gives the value again.

use super::{Node, profile};
use crate::domain::{Digest, Faults};

pub mod case;
pub mod certification;
pub mod edition;
pub mod envelope;
pub mod key_request;
pub mod person;
pub mod registry;
pub mod supplier;

/// A value read from a canonical file, with the digest of the file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// What the file says.
    pub value: T,
    /// The name of its exact bytes.
    pub digest: Digest,
}

/// Reads a canonical file with `read`.
///
/// # Errors
/// The faults of the profile, or those that `read` finds.
pub fn stored<T>(bytes: &[u8], read: impl FnOnce(Node) -> Result<T, Faults>) -> Result<Stored<T>, Faults> {
    Ok(Stored { value: value(bytes, read)?, digest: Digest::of(bytes) })
}

/// Reads a canonical file with `read`, for those who know its digest.
///
/// # Errors
/// As [`stored`].
pub fn value<T>(bytes: &[u8], read: impl FnOnce(Node) -> Result<T, Faults>) -> Result<T, Faults> {
    read(profile::parse(bytes)?)
}

/// The same for a file that was read before it was published, as its digest proves.
///
/// # Errors
/// As [`stored`].
pub fn published<T>(bytes: &[u8], read: impl FnOnce(Node) -> Result<T, Faults>) -> Result<T, Faults> {
    read(profile::parse_again(bytes)?)
}
