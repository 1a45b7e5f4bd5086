//! A registry on this machine: a clone, bare or not, or a data folder; read without a lock and without writing to it.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
};

use super::{
    error::{CliError, CliResult},
    keys, out,
    source::Listed,
};
use crate::{
    api::views::version::VersionSummary,
    domain::{CertificationId, ChangeKind, Digest, RegistryId, RegistrySettings, SupplierId},
    format::{
        paths::{self, RepositoryPath},
        v1,
    },
    index::{At, CaseHistory, Index, VersionRow},
    registry::submit::commit_with_files,
    signing::{AuthorityFile, KeyRing},
    store::{Head, Snapshot},
};

/// A clone, opened. What lists need is derived from its history once, into an index of its own.
pub(crate) struct LocalClone {
    folder: PathBuf,
    snapshot: Snapshot,
    settings: RegistrySettings,
    index: OnceCell<Derived>,
}

impl LocalClone {
    /// Opens a clone, bare or not, or a data folder.
    ///
    /// # Errors
    /// Unreachable when there is no registry, or it is damaged.
    pub(crate) fn open(folder: &Path) -> CliResult<LocalClone> {
        if !folder.is_dir() {
            return Err(CliError::unreachable(format!("there is no folder {}", folder.display()))
                .next("Name a clone of a registry, or its address (http://…)."));
        }
        LocalClone::of(folder, Snapshot::open(folder)?)
    }

    /// What was opened already.
    ///
    /// # Errors
    /// As [`LocalClone::open`].
    pub(super) fn of(folder: &Path, snapshot: Snapshot) -> CliResult<LocalClone> {
        let Some(settings) = snapshot.read(&paths::registry())? else {
            return Err(CliError::no(format!("{} is a Git repository, but not a registry's", folder.display())));
        };
        let settings = v1::stored(&settings, v1::registry::read)
            .map_err(|faults| CliError::faulty("registry.json cannot be read", &faults))?
            .value;
        Ok(LocalClone { folder: folder.to_owned(), snapshot, settings, index: OnceCell::new() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn settings(&self) -> &RegistrySettings {
        &self.settings
    }

    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The file at `path` as the head has it.
    ///
    /// # Errors
    /// Unreachable when the clone is damaged.
    pub(super) fn read(&self, path: &RepositoryPath) -> CliResult<Option<Vec<u8>>> {
        Ok(self.snapshot.read(path)?)
    }

    /// Every version of a certification, in any order.
    ///
    /// # Errors
    /// Unreachable when the history cannot be read.
    pub(super) fn versions(&self, id: &CertificationId) -> CliResult<Vec<Listed>> {
        let rows = self.index()?.versions(id, None, usize::MAX).map_err(index_failure)?;
        Ok(rows.iter().map(|row| listed(row, &self.settings)).collect())
    }

    /// Everything that the standing of a certification depends on.
    ///
    /// # Errors
    /// Unreachable when the history cannot be read.
    pub(super) fn case_history(&self, id: &CertificationId) -> CliResult<CaseHistory> {
        let index = self.index()?;
        let history = index.case_history(id).map_err(index_failure)?;
        Ok(CaseHistory { versions: index.version_facts(id).map_err(index_failure)?, ..history })
    }

    /// What lists are asked of.
    ///
    /// # Errors
    /// Unreachable when the history cannot be read.
    pub(super) fn lists(&self) -> CliResult<&Index> {
        self.index()
    }

    /// The row of one version.
    ///
    /// # Errors
    /// Unreachable when the history cannot be read.
    fn row(&self, id: &CertificationId, version: u32) -> CliResult<Option<VersionRow>> {
        self.index()?.version(id, version).map_err(index_failure)
    }

    /// The bytes of a listed version.
    ///
    /// # Errors
    /// Unreachable when they cannot be read.
    pub(super) fn document(&self, listed: &Listed) -> CliResult<Vec<u8>> {
        let publication = &listed.publication;
        let row = self.row(&publication.certification, publication.version)?;
        let row = row.ok_or_else(|| CliError::unreachable("the version is not in the clone any more"))?;
        self.object(&row.object)
    }

    /// The first signature on a version, or the official's.
    ///
    /// # Errors
    /// Unreachable when it cannot be read.
    pub(super) fn signature(&self, id: &CertificationId, version: u32, official: bool) -> CliResult<Option<Vec<u8>>> {
        let Some(row) = self.row(id, version)? else { return Ok(None) };
        let object = if official { row.countersignature_object } else { row.signature_object };
        object.map(|object| self.object(&object)).transpose()
    }

    /// The supplier's ring in force, if it has one.
    ///
    /// # Errors
    /// Unreachable or no when it cannot be read.
    pub(super) fn ring(&self, supplier: &SupplierId) -> CliResult<Option<KeyRing>> {
        let bytes = self.read(&paths::ring(supplier))?;
        bytes.map(|bytes| read_ring(bytes, supplier, &self.settings.registry)).transpose()
    }

    /// The authority's file in force.
    ///
    /// # Errors
    /// Unreachable or no when it cannot be read.
    pub(super) fn authority(&self) -> CliResult<AuthorityFile> {
        let bytes = self.read(&paths::authority())?.unwrap_or_default();
        let parsed = AuthorityFile::parse(&String::from_utf8_lossy(&bytes), &self.settings.registry);
        parsed.map_err(|error| CliError::no(format!("the authority's file: {error}")))
    }

    /// The supplier's ring as it stood after the commit at `sequence`.
    ///
    /// # Errors
    /// Unreachable when it cannot be read.
    pub(super) fn ring_at(&self, supplier: &SupplierId, sequence: u64) -> CliResult<Option<Vec<u8>>> {
        let row = self.index()?.ring_at(supplier, At::Sequence(sequence)).map_err(index_failure)?;
        row.map(|row| self.object(&row.object)).transpose()
    }

    /// The authority file as it stood after the commit at `sequence`.
    ///
    /// # Errors
    /// Unreachable when it cannot be read.
    pub(super) fn authority_at(&self, sequence: u64) -> CliResult<Option<Vec<u8>>> {
        let Some(row) = self.index()?.authority_at(At::Sequence(sequence)).map_err(index_failure)? else {
            return Ok(None);
        };
        let commit = row.commit.parse().map_err(|_| CliError::unreachable("the index names no commit"))?;
        let head = Head { commit, sequence: row.sequence, time: row.published_at };
        Ok(self.snapshot.reader().at(head).read(&paths::authority())?)
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// Unreachable when they cannot be read.
    fn object(&self, id: &str) -> CliResult<Vec<u8>> {
        let id = id.parse().map_err(|_| CliError::unreachable("the index names no object id"))?;
        Ok(self.snapshot.reader().blob(&id)?)
    }

    /// A person record: data folders have them, clones never.
    pub(super) fn person(&self, digest: Digest) -> Option<Vec<u8>> {
        let bytes = fs::read(self.folder.join("people").join(format!("{}.json", digest.hex()))).ok()?;
        // A folder put back from a backup may hold somebody who was to be forgotten, until a server starts on it.
        let erased = self.index().ok()?.is_erased(digest).ok()?;
        (!erased).then_some(bytes)
    }

    fn index(&self) -> CliResult<&Index> {
        if self.index.get().is_none() {
            let derived = self.derive()?;
            let _ = self.index.set(derived);
        }
        Ok(&self.index.get().expect("it was set just now").index)
    }

    /// The data folder's own index if it is level with the head; otherwise a new one, in the folder for temporary
    /// files, for as long as this program runs.
    fn derive(&self) -> CliResult<Derived> {
        let head = self.snapshot.head();
        let own = self.folder.join("index.sqlite");
        if own.is_file()
            && let Ok(index) = Index::open(&own)
            && let Ok(Some(level)) = index.head()
            && head.as_ref().is_some_and(|head| head.commit.to_string() == level.commit)
        {
            return Ok(Derived { index, _folder: None });
        }
        let folder = TemporaryFolder::make()?;
        let mut progress = out::Progress::of("reading commit");
        let registry = &self.settings.registry;
        let commits = self.snapshot.replay(None);
        let commits = commits.map(|commit| commit.map(|commit| commit_with_files(registry, commit)));
        let index = Index::rebuild(&folder.0.join("index.sqlite"), commits, &self.snapshot.reader(), &mut |count| {
            progress.at(count);
        });
        Ok(Derived { index: index.map_err(index_failure)?, _folder: Some(folder) })
    }
}

/// An index, and the folder that goes when it does. (Fields are dropped in their order.)
struct Derived {
    index: Index,
    _folder: Option<TemporaryFolder>,
}

struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make() -> CliResult<TemporaryFolder> {
        let name = format!("certreg-{}", &Digest::of(&keys::random::<16>()?).hex()[..16]);
        let path = std::env::temp_dir().join(name);
        super::data::private_folder(&path)?;
        Ok(TemporaryFolder(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A key ring as it was read.
pub(super) fn read_ring(bytes: Vec<u8>, supplier: &SupplierId, registry: &RegistryId) -> CliResult<KeyRing> {
    let text = String::from_utf8(bytes).map_err(|_| CliError::unreachable("the key ring is no text"))?;
    KeyRing::parse(&text, registry).map_err(|error| CliError::no(format!("the key ring of {supplier}: {error}")))
}

/// A failed read of what was derived from the history.
pub(super) fn index_failure(error: crate::index::IndexError) -> CliError {
    CliError::unreachable(format!("the history cannot be understood: {error}"))
        .next("Check the clone with 'certreg verify CLONE'.")
}

fn listed(row: &VersionRow, settings: &RegistrySettings) -> Listed {
    let first = if row.kind == ChangeKind::Transcription { "department" } else { "signatory" };
    let signers = [(first, &row.signature_key), ("official", &row.countersignature_key)];
    let signers = signers.into_iter().filter(|(_, key)| key.is_some()).map(|(role, _)| role.to_owned());
    Listed {
        publication: row.publication.clone(),
        kind: row.kind.as_str().to_owned(),
        headline: row.headline.clone(),
        service_name: row.service_name.clone(),
        supplier_name: row.supplier_name.clone(),
        signers: signers.collect(),
        json: serde_json::to_value(VersionSummary::of(row, settings)).unwrap_or_default(),
    }
}
