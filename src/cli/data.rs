//! The data folder as the command line knows it, and where it ends and the Department's folder begins.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use super::{
    error::{CliError, CliResult},
    keys,
};
use crate::registry::{Clock, Registry, ServerKeys};

/// What only the folder of a registry has in it. (Not `registry-id`: the Department's key folder has one too.)
const MARKS: [&str; 3] = ["registry.git", "genesis/proposal.json", "keys/registry"];

/// A folder that holds a registry or will hold one.
pub(super) struct DataFolder(PathBuf);

impl DataFolder {
    pub(super) fn at(path: &Path) -> Self {
        DataFolder(path.to_owned())
    }

    /// Whether commit 0 was written here.
    pub(super) fn holds_registry(&self) -> bool {
        self.0.join("registry.git/objects").is_dir()
    }

    pub(super) fn genesis(&self) -> PathBuf {
        self.0.join("genesis")
    }

    pub(super) fn registry_key(&self) -> PathBuf {
        self.0.join("keys/registry")
    }

    pub(super) fn log_key(&self) -> PathBuf {
        self.0.join("keys/log")
    }

    /// Makes the folder and the one for its keys, for this user only.
    pub(super) fn create(&self) -> CliResult<()> {
        private_folder(&self.0)?;
        private_folder(&self.0.join("keys"))
    }

    /// The keys that sign commits and checkpoints.
    ///
    /// # Errors
    /// Unreachable when one of them is missing.
    pub(super) fn keys(&self) -> CliResult<ServerKeys> {
        let read = |path: PathBuf| {
            if !path.exists() {
                return Err(CliError::unreachable(format!("the registry's own key is missing: {}", path.display()))
                    .next("Put the folder 'keys' back from your backup; the registry itself is there."));
            }
            keys::read_secret_file(&path)
        };
        Ok(ServerKeys { registry: read(self.registry_key())?, log: read(self.log_key())? })
    }

    /// Opens the registry for writing.
    ///
    /// # Errors
    /// Unreachable when there is none, another process holds it, or it is damaged.
    pub(super) fn open(&self) -> CliResult<Registry> {
        if !self.holds_registry() {
            return Err(CliError::unreachable(format!("there is no registry in {}", self.0.display()))
                .next("Make one with 'certreg init', try 'certreg demo', or name its folder with --data."));
        }
        Ok(Registry::open(&self.0, self.keys()?, Clock::System)?)
    }
}

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// Unreachable when it cannot be made.
pub(super) fn private_folder(path: &Path) -> CliResult<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(CliError::file("create", path))
}

/// Refuses a key folder of the Department's that lies in a registry's data folder: whoever takes the server over
/// must not find these keys there.
///
/// # Errors
/// No, naming the data folder.
pub(super) fn refuse_inside_data_folder(keys: &Path) -> CliResult<()> {
    let absolute = std::path::absolute(keys).map_err(CliError::file("find", keys))?;
    // A folder that is still to be made has no canonical form, but those above it have.
    let real = absolute.ancestors().find_map(|path| path.canonicalize().ok());
    let above =
        absolute.ancestors().map(Path::to_owned).chain(real.iter().flat_map(|p| p.ancestors().map(Path::to_owned)));
    for folder in above {
        if MARKS.iter().any(|mark| folder.join(mark).exists()) {
            let message =
                format!("the Department's keys must not lie in {}, the folder of a registry", folder.display());
            return Err(
                CliError::no(message).next("Choose a folder elsewhere, on a machine that does not serve the registry.")
            );
        }
    }
    Ok(())
}
