//! Making, opening and closing the store.

use std::path::Path;

use super::{
    Head, ObjectId, Reader, Store, StoreError,
    branch::{Branch, MAIN},
    committer,
    folder::Folder,
    replay::{Replay, walk},
    snapshot::locate,
    stage::TreeCache,
};
use crate::domain::ids::RegistryId;

/// How many of the newest commits are read and checked after an unclean stop, at most.
const CHECKED_COMMITS: usize = 256;

impl Store {
    /// Makes a registry's empty repository in `data_dir`, which is created (mode 0700) or must be empty.
    ///
    /// The first group appended holds the first commit, sequence 0.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] when there is anything in the folder; [`StoreError::InUse`];
    /// [`StoreError::Io`] and [`StoreError::Git`].
    pub fn init(data_dir: &Path, registry: &RegistryId) -> Result<Store, StoreError> {
        let folder = Folder::create(data_dir)?;
        let branch = Branch::init(folder.repository())?;
        let reader = Reader::open(&folder.repository().join("objects"))?;
        folder.sync()?;
        Store::new(folder, branch, reader, registry, None)
    }

    /// Opens the registry in `data_dir` for writing: locks the folder, removes what a killed writer left, and checks
    /// that the head can be read.
    ///
    /// `known` is a commit whose sequence is known (the index has one); it saves counting the whole history when the
    /// last stop was not clean. After such a stop the newest commits are read with all their files (those since the
    /// last clean stop, at most 256) and every object is compared with its id.
    ///
    /// # Errors
    /// [`StoreError::NoRegistry`]; [`StoreError::InUse`]; [`StoreError::Missing`], [`StoreError::Damaged`] or
    /// [`StoreError::Foreign`] when the repository is not as the registry left it.
    pub fn open(data_dir: &Path, registry: &RegistryId, known: Option<Head>) -> Result<Store, StoreError> {
        let folder = Folder::open(data_dir)?;
        folder.remove_leftovers()?;
        let branch = Branch::open(folder.repository())?;
        let reader = Reader::open(&folder.repository().join("objects"))?;
        let (clean, last_clean) = (folder.clean_head(), folder.last_clean_head());
        let head = match branch.tip(MAIN)? {
            Some(tip) => {
                let hints: Vec<Head> = [clean.clone(), last_clean.clone(), known].into_iter().flatten().collect();
                let head = locate(&reader, tip, &hints)?;
                reader.tree(&reader.commit(&tip)?.text.tree)?;
                if clean.as_ref() != Some(&head) {
                    check_newest(&reader, &head, last_clean.as_ref())?;
                }
                Some(head)
            }
            None => None,
        };
        folder.take_marker()?;
        Store::new(folder, branch, reader, registry, head)
    }

    /// Leaves the clean-stop marker and gives the folder free. Dropping the store does the same, in silence.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] after a failure that left the state unknown (the next start will check);
    /// [`StoreError::Io`] or [`StoreError::NotDurable`] when the marker cannot be written.
    pub fn close(mut self) -> Result<(), StoreError> {
        let result = self.leave_marker();
        self.poisoned.get_or_insert_with(|| "the store was closed".to_owned());
        result
    }

    fn new(
        folder: Folder,
        branch: Branch,
        reader: Reader,
        registry: &RegistryId,
        head: Option<Head>,
    ) -> Result<Store, StoreError> {
        let packs = folder.count_packs()?;
        let (committer, trees) = (committer(registry), TreeCache::default());
        Ok(Store { folder, branch, reader, committer, head, trees, packs, poisoned: None })
    }

    fn leave_marker(&self) -> Result<(), StoreError> {
        match (&self.poisoned, &self.head) {
            (Some(reason), _) => Err(StoreError::Stopped(reason.clone())),
            (None, None) => Ok(()),
            (None, Some(head)) => {
                self.folder.remove_staging()?;
                self.folder.leave_marker(head)
            }
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Without the marker the next start checks more and takes longer; nothing else depends on it.
        let _ = self.leave_marker();
    }
}

/// Reads the newest commits with everything they added, which compares every object with its id.
fn check_newest(reader: &Reader, head: &Head, since: Option<&Head>) -> Result<(), StoreError> {
    let is_start = |id: &ObjectId| since.is_some_and(|start| start.commit == *id);
    let newest = walk(reader, head.commit, &is_start, CHECKED_COMMITS)?;
    // Also when nothing was written since, the head itself is read whole: its root tree and all it names first.
    let newest = if newest.newest_first.is_empty() { walk(reader, head.commit, &|_| false, 1)? } else { newest };
    Replay::of_walk(reader.clone(), newest, head)?.try_for_each(|commit| commit.map(drop))
}
