//! Keeping the repository quick to read and to clone, beside everything else.

use std::sync::{PoisonError, TryLockError};

use super::{Registry, RegistryError, Result};
use crate::store::Maintenance;

/// What maintenance came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maintained {
    /// How many packs there were.
    pub packs_before: usize,
    /// How many there are.
    pub packs_after: usize,
}

impl Registry {
    /// Packs what has piled up, if it is worth the time and nobody is at it: for a task that asks every few seconds.
    /// Publishing and reading go on; only at the end the writer takes note, in its turn. It ends early, without harm,
    /// once [`Registry::stop_writing`] was called.
    ///
    /// # Errors
    /// Internal, with git's words. It may be tried again.
    pub fn maintain_if_due(&self) -> Result<Option<Maintained>> {
        let maintenance = match self.maintenance.try_lock() {
            Ok(maintenance) => maintenance,
            Err(TryLockError::Poisoned(maintenance)) => maintenance.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        let may_begin = !self.queue.is_closed() && self.may_write().is_ok();
        if may_begin && maintenance.is_due().map_err(RegistryError::internal)? {
            return self.pack(&maintenance).map(Some);
        }
        Ok(None)
    }

    /// Packs what has piled up, now.
    ///
    /// # Errors
    /// Internal, with git's words; unavailable when nothing may be written any more.
    pub fn maintain(&self) -> Result<Maintained> {
        let maintenance = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        self.may_write()?;
        self.pack(&maintenance)
    }

    fn pack(&self, maintenance: &Maintenance) -> Result<Maintained> {
        let packs_before = maintenance.packs().map_err(RegistryError::internal)?;
        let outcome = maintenance.run(&|| !self.queue.is_closed());
        // Also after a failure: some of it may have been done.
        let noted = self.lock_writer().store.maintained();
        noted.map_err(|error| self.store_failed(error))?;
        outcome.map_err(RegistryError::internal)?;
        Ok(Maintained { packs_before, packs_after: maintenance.packs().map_err(RegistryError::internal)? })
    }
}
