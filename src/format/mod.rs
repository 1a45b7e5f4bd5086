//! Floor 1: bytes. The JSON profile, the stored shapes (version 1), paths in the repository, leaves of the log.
//!
//! Knows how each thing is written; leaves its meaning to [`crate::domain`] and its signatures to
//! `crate::signing`. Everything here is frozen once somebody has signed it: a changed shape is a new version
//! beside this one, never an edit.
//!
//! Reading order: [`profile`] (canonical JSON), [`fields`] (reading and making objects), [`v1`] (the shapes),
//! [`paths`], [`leaf`]; [`draft`] (documents in the making, the only thing here that nobody signs).

pub mod draft;
pub mod fields;
pub mod leaf;
pub mod paths;
pub mod profile;
pub mod v1;

pub use profile::Node;
