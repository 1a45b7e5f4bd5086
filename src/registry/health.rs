//! Whether the registry can do its work, with reasons in words for its operator.

use std::{fs, io, sync::atomic::Ordering};

use super::{ErrorKind, Registry};

/// With less room than this on the volume, the registry says that it is not ready: writes would soon fail.
pub const LEAST_FREE_BYTES: u64 = 64 << 20;

/// Below the data folder, for a moment.
pub(super) const PROBE_FILE: &str = "probe.tmp";
const PROBE_BYTES: usize = 16 * 1024;

/// How the registry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The newest commit that is indexed.
    pub sequence: Option<u64>,
    /// How many commits the index does not know yet.
    pub index_lag: u64,
    /// Entries of the log.
    pub log_size: u64,
    /// How many of them the shown checkpoint does not cover; `None` when there is no checkpoint.
    pub unwitnessed: Option<u64>,
    /// Seconds since its newest witness signed the shown checkpoint; `None` without witnesses.
    pub checkpoint_age_seconds: Option<i64>,
    /// Room on the volume of the data folder, in bytes; `None` when the system does not say.
    pub free_bytes: Option<u64>,
    /// Why it is not ready, a sentence each; empty when it is.
    pub reasons: Vec<String>,
}

impl Registry {
    /// The newest commit's place, also while the index does not know it yet: whatever was read from the registry is as
    /// it was for as long as this does not change.
    pub fn newest_sequence(&self) -> u64 {
        self.stored_sequence.load(Ordering::SeqCst)
    }

    /// Looks at index, log, repository and disk.
    pub fn health(&self) -> Health {
        self.health_with(LEAST_FREE_BYTES)
    }

    /// The same with another least room, in bytes.
    pub fn health_with(&self, least_free_bytes: u64) -> Health {
        let indexed = self.index.head().ok().flatten();
        let stored = self.stored_sequence.load(Ordering::SeqCst);
        let (free_bytes, is_read_only) = volume(&self.data);
        let log_size = self.log_size();
        let shown = self.checkpoint().ok().map(|shown| shown.checkpoint().size());
        let mut reasons: Vec<String> =
            self.not_level().into_iter().chain(self.not_readable()).chain(self.damage()).collect();
        let refused = self.not_writable();
        if is_read_only || refused.as_ref().is_some_and(|error| error.kind() == io::ErrorKind::ReadOnlyFilesystem) {
            reasons.push("The volume of the data folder is read-only: nothing can be published.".to_owned());
        } else if let Some(error) = refused {
            reasons.push(format!("Nothing can be written to the data folder: {error}."));
        }
        if let Some(free) = free_bytes.filter(|free| *free < least_free_bytes) {
            let (free, least) = (free >> 20, least_free_bytes >> 20);
            reasons.push(format!("Only {free} MiB are free on the volume of the data folder; {least} are wanted."));
        }
        Health {
            sequence: indexed.as_ref().map(|head| head.sequence),
            index_lag: stored.saturating_sub(indexed.as_ref().map_or(0, |head| head.sequence)),
            log_size,
            unwitnessed: shown.map(|shown| log_size.saturating_sub(shown)),
            checkpoint_age_seconds: self.checkpoint_age(),
            free_bytes,
            reasons,
        }
    }

    fn not_level(&self) -> Option<String> {
        match self.level_sequence() {
            Ok(Some(_)) => None,
            Ok(None) => Some("The index is not level with the repository.".to_owned()),
            Err(error) if error.kind == ErrorKind::Unavailable => Some(error.detail),
            Err(_) => Some("The index cannot be read; 'certreg rebuild' makes it anew.".to_owned()),
        }
    }

    /// Reads a small file of the newest commit: commit, trees and file must be there and whole.
    fn not_readable(&self) -> Option<String> {
        let words = "The newest commit cannot be read from the repository; 'git fsck --full' says what is damaged.";
        self.trust_policy().is_err().then(|| words.to_owned())
    }

    /// Once something could not be written, a small file is tried until it can: not every system says of a volume that
    /// it has turned read-only.
    fn not_writable(&self) -> Option<io::Error> {
        if !self.was_refused.load(Ordering::SeqCst) {
            return None;
        }
        let probe = self.data.join(PROBE_FILE);
        let tried = fs::write(&probe, [b'\n'; PROBE_BYTES]);
        // Whoever asks at the same moment may have removed it.
        let _ = fs::remove_file(&probe);
        if tried.is_ok() {
            self.was_refused.store(false, Ordering::SeqCst);
        }
        tried.err()
    }

    fn checkpoint_age(&self) -> Option<i64> {
        let accepted = self.trust_policy().ok()?.check(&self.checkpoint().ok()?).ok()?;
        let newest = accepted.witnesses.iter().map(|(_, at)| *at).max()?;
        Some(self.clock.now().unix_seconds() - i64::try_from(newest).ok()?)
    }
}

/// The room on the volume of `path`, and whether it takes no writes.
fn volume(path: &std::path::Path) -> (Option<u64>, bool) {
    match rustix::fs::statvfs(path) {
        Ok(volume) => (
            Some(volume.f_bavail.saturating_mul(volume.f_frsize)),
            volume.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
        ),
        Err(_) => (None, false),
    }
}
