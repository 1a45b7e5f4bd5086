//! Floor 2: SQLite. Everything that a request needs to know without walking history; derived from Git and
//! disposable at any time.
//!
//! Knows how a commit's files become rows, and how each question is answered from them in a few microseconds.
//! Leaves Git to `crate::store` (bytes come in through [`Blobs`]), the decision what may enter to
//! `crate::registry`, and the words of a comparison to [`crate::compare`]. Whoever can write to the index can
//! mislead lists and search, never a document: each answer names digests, and bytes are checked against them.
//!
//! Reading order: [`rows`] and [`case_rows`] (the answers), `schema` (the tables), `query` (reading a row back with
//! distrust), `derive` (a commit's files → what it submits), `write` with `write_registry`, `write_version`,
//! `write_passages` and `write_case` (→ rows), [`wording`] (what counts as the same words), `describe` (what a version
//! changed), `cache`, `rebuild`, `consistency` (is the index right?), and the reads: `read_authority`, `read_registry`,
//! `read_versions`, `read_certifications`, `read_passages`, `read_cases`, `read_erasures`, `read_events`.

// SQLite lives here; `.clippy.toml` forbids it everywhere else.
#![allow(clippy::disallowed_types)]

mod cache;
pub mod case_rows;
mod connections;
mod consistency;
mod derive;
mod describe;
mod error;
mod keys;
mod query;
mod read_authority;
mod read_cases;
mod read_certifications;
mod read_erasures;
mod read_events;
mod read_passages;
mod read_registry;
mod read_versions;
mod rebuild;
pub mod rows;
mod schema;
#[cfg(test)]
mod tests;
pub mod wording;
mod write;
mod write_case;
mod write_passages;
mod write_registry;
mod write_version;

use std::sync::Arc;

pub use cache::{DocumentWeight, USUAL_BYTES};
pub use case_rows::*;
pub use connections::Index;
pub use describe::Described;
pub use error::IndexError;
pub use read_passages::{Passage, Whose};
pub use rebuild::Told;
pub use rows::*;

use crate::domain::{Day, Digest, Draft};

/// How the index gets the bytes of a commit's files.
pub trait Blobs {
    /// The bytes of the blob named by `object` (40 lowercase hex digits).
    ///
    /// # Errors
    /// Why it could not be read, in words.
    fn blob(&self, object: &str) -> Result<Vec<u8>, String>;

    /// The document whose bytes have this digest, if somebody has read it from them before.
    fn document(&self, _digest: Digest) -> Option<Arc<Draft>> {
        None
    }

    /// What the second of these documents, published on this day in London, changed against the first, if somebody has
    /// worked it out before.
    fn described(&self, _digests: (Digest, Digest), _published_on: Day) -> Option<Described> {
        None
    }
}
