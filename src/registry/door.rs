//! The async door: the registry's verbs block (disk, SQLite, cryptography), so async faces come in here.

use std::sync::Arc;

use super::{Registry, RegistryError, Result};

/// A shared registry for async callers.
#[derive(Clone)]
pub struct Door(Arc<Registry>);

impl Door {
    /// Opens a door to `registry`.
    pub fn new(registry: Arc<Registry>) -> Self {
        Door(registry)
    }

    /// The registry itself, for what needs no waiting: settings and the clock.
    pub fn registry(&self) -> &Registry {
        &self.0
    }

    /// Runs `verb` on a thread that may block.
    ///
    /// # Errors
    /// Those of `verb`; internal when it panicked, which is a fault of the registry, not of the caller.
    pub async fn ask<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Registry) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let registry = self.0.clone();
        match tokio::task::spawn_blocking(move || verb(&registry)).await {
            Ok(result) => result,
            Err(panicked) => Err(RegistryError::internal(panicked)),
        }
    }
}
