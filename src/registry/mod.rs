//! Floor 3: the verbs of the registry, and the clock.
//!
//! Joins the store (truth), the index (derived) and the pure machines below. Faces ask through [`Registry`];
//! async faces through its [`door`]. Every refusal says the next step.
//!
//! Reading order: [`error`], [`clock`], [`genesis`] (how a registry begins), [`open`], `queue`, `arrivals`, [`submit`]
//! and [`publish`] (how anything enters), [`figures`], [`enrol`], [`authority`], [`cases`], [`read`], [`compare`],
//! [`watch`], [`feed`], [`excerpt`], [`search`], [`find`], [`log`], [`prove`], [`evidence`], [`export`], [`people`],
//! [`erase`], [`maintain`], [`vouch`], [`workbench`], [`health`], [`door`], [`backup`], [`doctor`], [`scrub`].

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, OnceLock, RwLock,
        atomic::{AtomicBool, AtomicU64},
    },
};

mod arrivals;
pub mod authority;
pub mod backup;
pub mod cases;
pub mod clock;
pub mod compare;
pub mod doctor;
pub mod door;
pub mod enrol;
pub mod erase;
pub mod error;
pub mod evidence;
pub mod excerpt;
pub mod export;
pub mod feed;
pub mod figures;
pub mod find;
pub mod genesis;
pub mod health;
mod latest;
pub mod log;
pub mod maintain;
pub mod open;
pub mod people;
pub mod prove;
pub mod publish;
mod queue;
pub mod read;
pub mod scrub;
mod seal;
pub mod search;
pub mod submit;
pub mod vouch;
pub mod watch;
pub mod workbench;

pub use arrivals::Waiter;
pub use clock::Clock;
pub use error::{ErrorKind, RegistryError, Result};
pub use people::People;

use crate::{
    domain::RegistrySettings,
    index::Index,
    signing::{AuthorityFile, SecretKey},
    store,
};

/// The keys that a registry's server holds: they sign commits and checkpoints, never a certification.
#[derive(Debug, Clone)]
pub struct ServerKeys {
    /// Signs commits.
    pub registry: SecretKey,
    /// Signs the log's checkpoints.
    pub log: SecretKey,
}

/// An open registry: one process, one data folder.
///
/// ```text
/// <data>/registry.git      the truth
/// <data>/index.sqlite      derived, may be deleted at any time
/// <data>/people/           person records
/// <data>/keys/             the registry's own keys (0600)
/// <data>/log-state         up to where the log was signed
/// ```
pub struct Registry {
    /// Lent to requests that may outlive a change of it.
    settings: latest::Latest<RegistrySettings>,
    data: PathBuf,
    clock: Clock,
    authority: RwLock<AuthorityFile>,
    index: Index,
    /// After the index, so that it is dropped after it.
    _seal: seal::Seal,
    reader: store::Reader,
    /// Whoever wants the writer waits here first.
    queue: submit::WriteQueue,
    writer: Mutex<submit::Writer>,
    /// Why nothing more is written until a restart, once that is so.
    stopped: OnceLock<String>,
    /// Whether the volume did not take what was to be written last, until it is seen to take something.
    was_refused: AtomicBool,
    counters: figures::Counters,
    arrivals: arrivals::Arrivals,
    /// Held by whoever is at it: one at a time.
    maintenance: Mutex<store::Maintenance>,
    /// The newest commit's place, also while the index does not know it yet.
    stored_sequence: AtomicU64,
    log: log::Log,
    people: People,
    exports: export::Exports,
    documents: read::DocumentCache,
    comparisons: compare::Comparisons,
    scrubbed: scrub::LastScrub,
}

impl Registry {
    /// What the registry says of itself.
    pub fn settings(&self) -> &RegistrySettings {
        &self.settings
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The clock it was opened with.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Lists, search and history: everything that needs no document.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The person records.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// The keys of root, Department and registry as they stand.
    pub fn authority(&self) -> AuthorityFile {
        self.authority.read().expect("no holder of this lock panics").clone()
    }
}
