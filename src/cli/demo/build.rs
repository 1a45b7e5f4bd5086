//! The demo's folder: built beside its final place, so that an interrupted building is seen and begun anew.
//!
//! ```text
//! <data>/building/      while it is built; there is no registry yet
//! <data>/registry-id    moved last: with it the demo is complete
//! <data>/demo-keys/     every private key (0600); a real registry never holds them
//! <data>/demo-try/      files to try things with
//! ```

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::{DemoKey, REGISTRY_ID, Stage, begin, ends_at, handout, keys::Keys, play, story::Story};
use crate::{
    registry::{Clock, Registry, RegistryError, ServerKeys, open as registry_open},
    signing::{SecretKey, SecretKeyError},
};

/// The marker of a complete data folder.
const REGISTRY_ID_FILE: &str = "registry-id";
const BUILDING: &str = "building";

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder belongs to something else.
    #[error("{0} holds files that are not a demo's: name an empty or a new folder with --data")]
    Occupied(PathBuf),
    /// The folder holds another registry.
    #[error("{0} holds the registry {1}, not the demo: name another folder with --data, or use 'certreg serve'")]
    OtherRegistry(PathBuf, String),
    /// A file could not be written or read.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// The verb.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes to make keys from")]
    Random,
    /// The registry's key cannot be read.
    #[error("the key in {0} cannot be used ({1}): remove the demo's folder to have it built anew")]
    Key(PathBuf, SecretKeyError),
    /// The demo's own data is wrong.
    #[error("the demo's data is wrong: {0}")]
    Story(String),
    /// The registry refused or failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl DemoError {
    pub(super) fn story(error: impl std::fmt::Display) -> DemoError {
        DemoError::Story(error.to_string())
    }

    fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DemoError {
        let path = path.to_owned();
        move |source| DemoError::File { what, path, source }
    }
}

/// Whether `data` holds a complete demo.
///
/// # Errors
/// [`DemoError::OtherRegistry`].
pub fn is_built(data: &Path) -> Result<bool, DemoError> {
    match registry_open::registry_id(data) {
        Ok(id) if id.as_str() == REGISTRY_ID => Ok(true),
        Ok(id) => Err(DemoError::OtherRegistry(data.to_owned(), id.to_string())),
        Err(error) if error.kind == crate::registry::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Opens a complete demo.
///
/// # Errors
/// As [`Registry::open`]; [`DemoError::Key`] when the registry's key is not there.
pub fn open(data: &Path, clock: Clock) -> Result<Registry, DemoError> {
    let read = |key: DemoKey| {
        let path = data.join(key.path());
        let text = fs::read_to_string(&path).map_err(DemoError::file("read", &path))?;
        SecretKey::from_openssh(&text, None).map_err(|error| DemoError::Key(path, error))
    };
    let keys = ServerKeys { registry: read(DemoKey::Registry)?, log: read(DemoKey::Log)? };
    Ok(Registry::open(data, keys, clock)?)
}

/// Builds the demo in `data`, which is absent, empty, or holds an unfinished demo, and opens it with a clock that
/// stands at the demo's last instant.
///
/// `progress` is told each event in a line.
///
/// # Errors
/// [`DemoError`].
pub fn build(data: &Path, progress: &mut dyn FnMut(&str)) -> Result<Registry, DemoError> {
    make_room(data)?;
    let building = data.join(BUILDING);
    let keys = Keys::generate()?;
    let registry = begin(&building, &keys)?;
    make_folder(&building.join("keys"))?;
    make_folder(&building.join("demo-keys"))?;
    make_folder(&building.join("demo-try"))?;
    keys.write(&building)?;
    let mut stage = Stage { registry: &registry, keys: &keys, story: Story::read()?, progress };
    play(&mut stage)?;
    handout::write(&building, &stage)?;
    drop(registry);
    move_up(&building, data)?;
    open(data, Clock::standing_at(ends_at()))
}

/// Makes the folder, or empties it of what an interrupted building left.
fn make_room(data: &Path) -> Result<(), DemoError> {
    make_folder(data)?;
    let entries: Vec<PathBuf> = fs::read_dir(data)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(DemoError::file("list", data))?;
    // Only a folder in which a demo was begun is ever emptied.
    let begun = data.join(BUILDING).join(REGISTRY_ID_FILE).exists() || entries == [data.join(BUILDING)];
    if !begun && !entries.is_empty() {
        return Err(DemoError::Occupied(data.to_owned()));
    }
    for path in entries {
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(DemoError::file("remove", &path))?;
    }
    make_folder(&data.join(BUILDING))
}

/// Moves the finished parts to their place, the marker last: until then the demo counts as unfinished.
fn move_up(building: &Path, data: &Path) -> Result<(), DemoError> {
    let mut names = fs::read_dir(building)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>())
        .map_err(DemoError::file("list", building))?;
    names.sort_by_key(|name| name == REGISTRY_ID_FILE);
    for name in names {
        let from = building.join(&name);
        fs::rename(&from, data.join(&name)).map_err(DemoError::file("move", &from))?;
    }
    fs::remove_dir(building).map_err(DemoError::file("remove", building))
}

fn make_folder(path: &Path) -> Result<(), DemoError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(DemoError::file("make", path))
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), DemoError> {
    fs::write(path, bytes).map_err(DemoError::file("write", path))
}

pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), DemoError> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(DemoError::file("write", path))
}
