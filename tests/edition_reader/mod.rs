//! Reads editions' files for tests.

use std::{fs, path::Path, sync::LazyLock};

use certreg::{
    domain::Edition,
    format::{profile, v1},
};

/// Reads the edition in this file, named from the crate's root.
pub fn edition(path: &str) -> Edition {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    v1::edition::read(profile::parse(&bytes).unwrap()).unwrap()
}

/// The two editions that ship, the older first.
pub fn both() -> [Edition; 2] {
    BOTH.clone()
}

static BOTH: LazyLock<[Edition; 2]> =
    LazyLock::new(|| ["dfe-2016-dpa", "dfe-2018-gdpr"].map(|id| edition(&format!("registry/editions/{id}.json"))));
