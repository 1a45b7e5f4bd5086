//! A group of entries as objects in memory: blobs, trees and signed commits, ready to be written.

use std::{collections::HashMap, sync::Arc};

use super::{
    Appended, Entry, Head, NewFile, ObjectId, Reader, RepositoryPath, StoreError, StoredFile,
    commit::{CommitText, checked_message},
    delta,
    object::{Kind, id_of},
    pack::{Packed, Packer},
    tree::Tree,
};
use crate::domain::time::Instant;

/// The largest file that enters the repository. Documents are far smaller (256 KiB).
const MAX_FILE_BYTES: usize = 4 << 20;

/// Entries of trees kept in memory between groups, about 100 bytes each.
const KEPT_TREE_ENTRIES: usize = 300_000;

/// Signs a commit's bytes in namespace `git`, giving the armoured SSH signature.
pub(super) type Sign<'a> = &'a dyn Fn(&[u8]) -> String;

/// One object to be written.
pub(super) struct Object {
    pub(super) id: ObjectId,
    pub(super) kind: Kind,
    data: Data,
    /// How it is made of another object of the group.
    pub(super) delta: Option<Delta>,
}

/// What makes an object of one that comes before it in its group.
pub(super) struct Delta {
    /// Which one.
    pub(super) base: usize,
    /// See [`delta::between`].
    pub(super) instructions: Vec<u8>,
}

enum Data {
    /// A tree or a commit.
    Made(Vec<u8>),
    /// A blob.
    Sent(NewFile),
}

impl Object {
    /// Its bytes.
    pub(super) fn data(&self) -> &[u8] {
        match &self.data {
            Data::Made(bytes) => bytes,
            Data::Sent(file) => file.bytes(),
        }
    }

    /// Lends it as a pack has it, made with `quick` unless it was made before.
    pub(super) fn with_packed<T>(&self, quick: &mut Packer, lend: impl FnOnce(&Packed) -> T) -> T {
        match &self.data {
            Data::Made(bytes) => lend(&quick.pack(self.kind, bytes)),
            Data::Sent(file) => lend(file.packed(quick)),
        }
    }
}

/// A group's objects, children before parents, and what the group will have added.
pub(super) struct Staged {
    pub(super) objects: Vec<Object>,
    pub(super) appended: Vec<Appended>,
}

/// Trees in memory, by id. Within a group it is the only place that has the trees of the commits before.
#[derive(Default)]
pub(super) struct TreeCache {
    trees: HashMap<ObjectId, Arc<Tree>>,
    entries: usize,
}

impl TreeCache {
    pub(super) fn get(&mut self, reader: &Reader, id: &ObjectId) -> Result<Arc<Tree>, StoreError> {
        if let Some(tree) = self.trees.get(id) {
            return Ok(tree.clone());
        }
        let tree = Arc::new(reader.tree(id)?);
        self.insert(*id, tree.clone());
        Ok(tree)
    }

    /// A tree and the one that came into its place, which alone is kept.
    pub(super) fn step(
        &mut self,
        reader: &Reader,
        old: Option<&ObjectId>,
        new: &ObjectId,
    ) -> Result<(Arc<Tree>, Arc<Tree>), StoreError> {
        let before = match old {
            Some(old) => self.remove(old).map_or_else(|| reader.tree(old).map(Arc::new), Ok)?,
            None => Arc::default(),
        };
        if let Some(after) = self.trees.get(new) {
            return Ok((before, after.clone()));
        }
        let after = Arc::new(reader.tree_after(&before, new)?);
        self.insert(*new, after.clone());
        Ok((before, after))
    }

    fn insert(&mut self, id: ObjectId, tree: Arc<Tree>) {
        self.entries += tree.entries().len();
        self.trees.insert(id, tree);
    }

    fn remove(&mut self, id: &ObjectId) -> Option<Arc<Tree>> {
        let tree = self.trees.remove(id)?;
        self.entries -= tree.entries().len();
        Some(tree)
    }

    /// Forgets everything: after a failed group, whose trees were never written.
    pub(super) fn clear(&mut self) {
        *self = TreeCache::default();
    }

    /// Forgets everything once it has grown large. Never called within a group, whose trees are only here.
    pub(super) fn keep_small(&mut self) {
        if self.entries > KEPT_TREE_ENTRIES {
            self.clear();
        }
    }
}

/// Builds the commits of `group` on top of `head`, one after the other.
pub(super) struct Stager<'a> {
    pub(super) reader: &'a Reader,
    pub(super) trees: &'a mut TreeCache,
    pub(super) committer: &'a str,
    pub(super) sign: Sign<'a>,
    objects: Vec<Object>,
    /// Where each stands among the objects.
    staged: HashMap<ObjectId, usize>,
    /// Of each folder, by its path: where its trees stand, in the order of the commits.
    folders: HashMap<String, Vec<usize>>,
}

/// Where the next commit goes.
struct Tip {
    parent: Option<ObjectId>,
    root: Option<ObjectId>,
    time: Option<Instant>,
    sequence: u64,
}

impl<'a> Stager<'a> {
    pub(super) fn new(reader: &'a Reader, trees: &'a mut TreeCache, committer: &'a str, sign: Sign<'a>) -> Self {
        let (objects, staged, folders) = Default::default();
        Stager { reader, trees, committer, sign, objects, staged, folders }
    }

    pub(super) fn stage(mut self, head: Option<&Head>, group: &[Entry]) -> Result<Staged, StoreError> {
        let mut tip = self.tip(head)?;
        let mut appended = Vec::with_capacity(group.len());
        for entry in group {
            appended.push(self.commit(&mut tip, entry)?);
        }
        Ok(Staged { objects: self.objects, appended })
    }

    fn tip(&self, head: Option<&Head>) -> Result<Tip, StoreError> {
        let Some(head) = head else { return Ok(Tip { parent: None, root: None, time: None, sequence: 0 }) };
        let root = self.reader.commit(&head.commit)?.text.tree;
        let (parent, time) = (Some(head.commit), Some(head.time));
        Ok(Tip { parent, root: Some(root), time, sequence: head.sequence + 1 })
    }

    fn commit(&mut self, tip: &mut Tip, entry: &Entry) -> Result<Appended, StoreError> {
        check_time(entry.time, tip.time)?;
        let message = checked_message(&entry.message)?;
        let files = self.changed_files(tip.root, entry)?;
        let tree = self.edited(tip.root, &files.iter().map(change).collect::<Vec<_>>(), 0)?;
        let (parent, committer) = (tip.parent, self.committer.to_owned());
        let text = CommitText { tree, parent, committer, time: entry.time, message };
        let signature = (self.sign)(text.to_unsigned().as_bytes());
        let data = text.to_signed(&signature)?;
        let commit = id_of(Kind::Commit, &data).ok_or_else(collision)?;
        self.put(commit, Kind::Commit, Data::Made(data), None);
        let appended = Appended { sequence: tip.sequence, commit, time: entry.time, files };
        *tip = Tip { parent: Some(commit), root: Some(tree), time: Some(entry.time), sequence: tip.sequence + 1 };
        Ok(appended)
    }

    /// Stages the blobs that differ from what is at their paths, sorted by path. A file that stays as it is belongs
    /// to no commit: a leaf lists what its commit changed, and anyone must find the same list in Git.
    fn changed_files(&mut self, root: Option<ObjectId>, entry: &Entry) -> Result<Vec<StoredFile>, StoreError> {
        let mut files: Vec<&(RepositoryPath, NewFile)> = entry.files.iter().collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        if files.is_empty() || files.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(StoreError::Files);
        }
        let mut changed = Vec::with_capacity(files.len());
        for (path, file) in files {
            check_size(path, file.bytes())?;
            let object = file.object().ok_or_else(collision)?;
            if self.blob_at(root, path)? != Some(object) {
                self.put(object, Kind::Blob, Data::Sent(file.clone()), None);
                let (digest, bytes_len) = (file.digest(), file.bytes().len());
                changed.push(StoredFile { path: path.clone(), object, digest, bytes_len });
            }
        }
        if changed.is_empty() { Err(StoreError::NothingChanged) } else { Ok(changed) }
    }

    fn blob_at(&mut self, root: Option<ObjectId>, path: &RepositoryPath) -> Result<Option<ObjectId>, StoreError> {
        let segments = path.segments();
        let (file, folders) = segments.split_last().expect("a path has a segment");
        let Some(mut at) = root else { return Ok(None) };
        for folder in folders {
            match self.trees.get(self.reader, &at)?.get(folder, true) {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        Ok(self.trees.get(self.reader, &at)?.get(file, false))
    }

    /// Stages the tree `old` with `changes` made, which are sorted and agree in their first `depth` segments.
    fn edited(&mut self, old: Option<ObjectId>, changes: &[Change], depth: usize) -> Result<ObjectId, StoreError> {
        let before = old.map(|id| self.trees.get(self.reader, &id)).transpose()?;
        let mut tree = before.map(|tree| (*tree).clone()).unwrap_or_default();
        // Sorted bytewise, the paths of one folder stand together, because they share the bytes up to its slash.
        for folder in changes.chunk_by(|a, b| a.is_below(depth) && b.is_below(depth) && a.name(depth) == b.name(depth))
        {
            let first = &folder[0];
            let name = first.name(depth);
            let is_folder = first.is_below(depth);
            let id = if is_folder { self.edited(tree.get(name, true), folder, depth + 1)? } else { first.object };
            tree.set(name, is_folder, id).map_err(|_| StoreError::PathTaken(first.path.clone()))?;
        }
        let folder = changes[0].segments[..depth].join("/");
        let delta = self.delta_to(&tree, &folder)?;
        let data = tree.to_bytes();
        let id = id_of(Kind::Tree, &data).ok_or_else(collision)?;
        let place = self.put(id, Kind::Tree, Data::Made(data), delta);
        self.folders.entry(folder).or_default().push(place);
        self.trees.insert(id, Arc::new(tree));
        Ok(id)
    }

    /// What makes this tree of one that the same folder had earlier in the group.
    ///
    /// Not of the last one: the chains would become as long as the group, and so would reading. The tree of number n
    /// is made of the one whose number is n without its lowest bit that is set. So no chain is longer than n has bits,
    /// and half of all deltas still tell a single change.
    fn delta_to(&mut self, tree: &Tree, folder: &str) -> Result<Option<Delta>, StoreError> {
        let Some(earlier) = self.folders.get(folder) else { return Ok(None) };
        let number = earlier.len();
        let base = earlier[number & (number - 1)];
        let before = self.trees.get(self.reader, &self.objects[base].id)?;
        let instructions = delta::between(&before, tree);
        let is_worth_it = instructions.len() < tree.bytes_len() / 2;
        Ok(is_worth_it.then_some(Delta { base, instructions }))
    }

    /// Stages what was hashed already, unless it is staged. Gives its place among the objects.
    fn put(&mut self, id: ObjectId, kind: Kind, data: Data, delta: Option<Delta>) -> usize {
        *self.staged.entry(id).or_insert_with(|| {
            self.objects.push(Object { id, kind, data, delta });
            self.objects.len() - 1
        })
    }
}

/// One path to be changed in a tree.
struct Change<'a> {
    path: &'a RepositoryPath,
    segments: Vec<&'a str>,
    object: ObjectId,
}

impl Change<'_> {
    fn name(&self, depth: usize) -> &str {
        self.segments[depth]
    }

    fn is_below(&self, depth: usize) -> bool {
        self.segments.len() > depth + 1
    }
}

fn change(file: &StoredFile) -> Change<'_> {
    Change { path: &file.path, segments: file.path.segments(), object: file.object }
}

fn check_time(time: Instant, previous: Option<Instant>) -> Result<(), StoreError> {
    match previous {
        Some(previous) if time < previous => Err(StoreError::TimeWentBack { time, previous }),
        _ if time.unix_seconds() < 0 => Err(StoreError::TimeTooEarly(time)),
        _ => Ok(()),
    }
}

fn check_size(path: &RepositoryPath, bytes: &[u8]) -> Result<(), StoreError> {
    let (length, limit) = (bytes.len() as u64, MAX_FILE_BYTES as u64);
    if length > limit { Err(StoreError::TooLarge { place: path.to_string(), bytes: length, limit }) } else { Ok(()) }
}

fn collision() -> StoreError {
    StoreError::damaged("a new object", "its bytes were made to collide in SHA-1")
}
