//! The published editions, built in, so that drafts can be made and checked without a connection.

use std::{path::Path, sync::LazyLock};

use super::{
    error::{CliError, CliResult},
    files,
};
use crate::{
    domain::{Digest, Edition, EditionId, Freshness, RegistrySettings},
    format::v1,
};

/// The editions of the scheme, older ones first.
const BUILT_IN: [(&str, &[u8]); 2] = [
    ("dfe-2016-dpa", include_bytes!("../../registry/editions/dfe-2016-dpa.json")),
    ("dfe-2018-gdpr", include_bytes!("../../registry/editions/dfe-2018-gdpr.json")),
];

/// An edition with the exact bytes that its digest names.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub edition: Edition,
    pub digest: Digest,
    pub bytes: Vec<u8>,
}

impl Known {
    /// Reads an edition's file.
    ///
    /// # Errors
    /// No, with every fault.
    pub(crate) fn of(bytes: Vec<u8>, name: &str) -> CliResult<Known> {
        let stored = v1::stored(&bytes, v1::edition::read)
            .map_err(|faults| CliError::faulty(format!("{name} is not an edition of the checklist"), &faults))?;
        Ok(Known { edition: stored.value, digest: stored.digest, bytes })
    }
}

/// Every built-in edition, older ones first; read once.
pub(crate) fn built_in() -> &'static [Known] {
    static READ: LazyLock<Vec<Known>> = LazyLock::new(|| {
        let read =
            |(name, bytes): &(&str, &[u8])| Known::of(bytes.to_vec(), name).expect("the built-in editions are whole");
        BUILT_IN.iter().map(read).collect()
    });
    &READ
}

/// The built-in edition with this id.
pub(crate) fn by_id(id: &EditionId) -> Option<Known> {
    built_in().iter().find(|known| known.edition.id == *id).cloned()
}

/// The edition that a person names: the id of a built-in one, or a file.
///
/// # Errors
/// No when it is neither.
pub(crate) fn named(text: &str) -> CliResult<Known> {
    if let Some(known) = text.parse().ok().and_then(|id| by_id(&id)) {
        return Ok(known);
    }
    let path = Path::new(text);
    if path.exists() {
        return Known::of(files::read(path)?, text);
    }
    let ids: Vec<&str> = BUILT_IN.iter().map(|(id, _)| *id).collect();
    Err(CliError::no(format!("no edition '{text}' is known here, and there is no such file"))
        .next(format!("Name one of {}, or an edition's file.", ids.join(", "))))
}

/// The settings of no registry: for files that were never published.
pub(crate) fn no_registry() -> RegistrySettings {
    RegistrySettings {
        registry: "files.invalid".parse().expect("a domain name"),
        name: String::new(),
        authority_name: String::new(),
        content_licence: String::new(),
        freshness: Freshness::default(),
        simulated_dates: false,
    }
}
