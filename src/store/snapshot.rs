//! A repository as of one head, to be read: the store's own, or any clone.

use std::path::Path;

use super::{
    Head, ObjectId, Reader, Replay, RepositoryPath, StoreError,
    branch::{Branch, LOG, LOG_OF_ORIGIN, MAIN},
    checkpoint::checkpoint_path,
    replay::walk,
    tree,
};

/// The history up to one head.
#[derive(Clone)]
pub struct Snapshot {
    reader: Reader,
    head: Option<Head>,
    /// The newest commit of the branch `log`.
    log: Option<ObjectId>,
}

impl Snapshot {
    pub(super) fn new(reader: Reader, head: Option<Head>, log: Option<ObjectId>) -> Snapshot {
        Snapshot { reader, head, log }
    }

    /// Opens what `folder` holds, for reading only and without a lock: a registry's data folder, a bare repository or
    /// a clone. The history is counted, about 30 µs a commit.
    ///
    /// # Errors
    /// [`StoreError::NoRegistry`] when there is no repository; [`StoreError::Missing`] for a shallow or partial
    /// clone; [`StoreError::Damaged`] and [`StoreError::Foreign`] as for [`Store::open`](super::Store::open).
    pub fn open(folder: &Path) -> Result<Snapshot, StoreError> {
        let places = [folder.join("registry.git"), folder.join(".git"), folder.to_owned()];
        let repository = places.iter().find(|place| place.join("objects").is_dir());
        let repository = repository.ok_or_else(|| StoreError::NoRegistry(folder.to_owned()))?;
        let reader = Reader::open(&repository.join("objects"))?;
        let branch = Branch::open_any(repository)?;
        let head = branch.tip(MAIN)?.map(|tip| locate(&reader, tip, &[])).transpose()?;
        let log = branch.tip(LOG)?.map_or_else(|| branch.tip(LOG_OF_ORIGIN), |tip| Ok(Some(tip)))?;
        Ok(Snapshot { reader, head, log })
    }

    /// The newest commit, or nothing before the first one.
    pub fn head(&self) -> Option<Head> {
        self.head.clone()
    }

    /// A reader of objects.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Tells the history after `after` (all of it for `None`), oldest commit first.
    ///
    /// The first item is an error when `after` is not on `main`. After an error there are no more items.
    pub fn replay(&self, after: Option<&Head>) -> Replay {
        Replay::new(self.reader(), self.head(), after.cloned())
    }

    /// Reads the file at `path`; for start-up and administration, never per request.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Damaged`] when an object on the way cannot be read.
    pub fn read(&self, path: &RepositoryPath) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(root) = self.root()? else { return Ok(None) };
        match tree::find(&self.reader, root, path)? {
            Some(id) => self.reader.blob(&id).map(Some),
            None => Ok(None),
        }
    }

    /// Reads the newest checkpoint that the branch `log` keeps (in a clone: that of its origin), if there is one.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Damaged`] when an object on the way cannot be read.
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(tip) = self.log else { return Ok(None) };
        let root = self.reader.commit(&tip)?.text.tree;
        tree::find(&self.reader, root, &checkpoint_path())?.map(|id| self.reader.blob(&id)).transpose()
    }

    /// Tells the history of the branch `log` (in a clone: that of its origin), oldest commit first; each commit brings
    /// one file, the checkpoint. Nothing where there is no such branch.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`] and [`StoreError::Foreign`] when its commits cannot be counted.
    pub fn replay_checkpoints(&self) -> Result<Replay, StoreError> {
        let head = self.log.map(|tip| locate(&self.reader, tip, &[])).transpose()?;
        Ok(Replay::new(self.reader(), head, None))
    }

    /// Lists the files below the folder `prefix` (without a final slash; empty for all), sorted by path; for start-up
    /// and administration, never per request.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Damaged`] when a tree cannot be read.
    pub fn list(&self, prefix: &str) -> Result<Vec<(RepositoryPath, ObjectId)>, StoreError> {
        match self.root()? {
            Some(root) => tree::list(&self.reader, root, prefix),
            None => Ok(Vec::new()),
        }
    }

    fn root(&self) -> Result<Option<ObjectId>, StoreError> {
        match &self.head {
            Some(head) => Ok(Some(self.reader.commit(&head.commit)?.text.tree)),
            None => Ok(None),
        }
    }
}

impl Reader {
    /// What was readable when `head` was the newest commit; `head` must be a commit on `main`.
    pub fn at(&self, head: Head) -> Snapshot {
        Snapshot::new(self.clone(), Some(head), None)
    }
}

/// Finds the sequence of `tip`, by walking back to a commit whose sequence is known, or to the first one.
pub(super) fn locate(reader: &Reader, tip: ObjectId, hints: &[Head]) -> Result<Head, StoreError> {
    let time = reader.commit(&tip)?.text.time;
    let hint = |id: &ObjectId| hints.iter().find(|head| head.commit == *id);
    let walked = walk(reader, tip, &|id| hint(id).is_some(), usize::MAX)?;
    let count = walked.newest_first.len() as u64;
    let sequence = match walked.reached.as_ref().and_then(hint) {
        Some(head) => head.sequence + count,
        None => count - 1,
    };
    Ok(Head { commit: tip, sequence, time })
}
