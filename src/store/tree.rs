//! Trees, read and edited as what they are: sorted lists of names. libgit2's own comparison of large trees was a
//! thousand times slower.

use std::{cmp::Ordering, sync::Arc};

use super::{ObjectId, Reader, RepositoryPath, StoreError};

/// One name in a tree: a file (mode 100644) or a folder (mode 40000). The registry writes no other modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeEntry {
    /// Shared by the trees of many commits.
    pub(super) name: Arc<str>,
    pub(super) is_folder: bool,
    pub(super) id: ObjectId,
}

/// A tree's entries in Git's order, each name once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    entries: Vec<TreeEntry>,
}

/// A name is a file where a folder is wanted, or the other way round.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NameTaken;

impl Tree {
    /// Reads a tree object's bytes; the text of the error says what is wrong with them.
    pub(super) fn parse(bytes: &[u8]) -> Result<Tree, String> {
        Tree::parse_after(&Tree::default(), bytes)
    }

    /// The same for what the tree `before` became: names that it has, too, are shared and not checked again.
    pub(super) fn parse_after(before: &Tree, mut bytes: &[u8]) -> Result<Tree, String> {
        let mut entries: Vec<TreeEntry> = Vec::with_capacity(before.entries.len() + 1);
        let mut known = before.entries.iter().peekable();
        while !bytes.is_empty() {
            let again = known.peek().and_then(|known| known.again(bytes));
            let (entry, rest) = match again {
                Some(again) => {
                    known.next();
                    again
                }
                None => parse_entry(bytes)?,
            };
            if entries.last().is_some_and(|last| order(last, &entry.name, entry.is_folder) != Ordering::Less) {
                return Err(format!("the name {:?} is out of order", entry.name));
            }
            entries.push(entry);
            bytes = rest;
        }
        Ok(Tree { entries })
    }

    /// The tree object's bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes_len());
        self.entries.iter().for_each(|entry| entry.write(&mut bytes));
        bytes
    }

    /// How many bytes the tree object has.
    pub(super) fn bytes_len(&self) -> usize {
        self.entries.iter().map(TreeEntry::bytes_len).sum()
    }

    pub(super) fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }

    /// The entry of this name, if it is of this kind.
    pub(super) fn get(&self, name: &str, is_folder: bool) -> Option<ObjectId> {
        self.position(name, is_folder).ok().map(|at| self.entries[at].id)
    }

    /// Adds an entry or gives it a new id.
    pub(super) fn set(&mut self, name: &str, is_folder: bool, id: ObjectId) -> Result<(), NameTaken> {
        match self.position(name, is_folder) {
            Ok(at) => self.entries[at].id = id,
            Err(_) if self.position(name, !is_folder).is_ok() => return Err(NameTaken),
            Err(at) => self.entries.insert(at, TreeEntry { name: name.into(), is_folder, id }),
        }
        Ok(())
    }

    fn position(&self, name: &str, is_folder: bool) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| order(entry, name, is_folder))
    }
}

impl TreeEntry {
    pub(super) fn is_same_name(&self, other: &TreeEntry) -> bool {
        self.is_folder == other.is_folder && self.name == other.name
    }

    /// How many bytes it has in a tree object.
    pub(super) fn bytes_len(&self) -> usize {
        mode(self.is_folder).len() + self.name.len() + 1 + self.id.as_bytes().len()
    }

    /// Adds these bytes: mode, space, name, NUL and the 20 bytes of the id.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(mode(self.is_folder));
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(self.id.as_bytes());
    }

    /// Reads this entry, but for its id, from where `bytes` begin.
    fn again<'b>(&self, bytes: &'b [u8]) -> Option<(TreeEntry, &'b [u8])> {
        let rest = bytes.strip_prefix(mode(self.is_folder))?.strip_prefix(self.name.as_bytes())?.strip_prefix(b"\0")?;
        let (id, rest) = rest.split_first_chunk::<20>()?;
        let entry = TreeEntry { name: self.name.clone(), is_folder: self.is_folder, id: ObjectId::from_bytes(*id) };
        Some((entry, rest))
    }
}

/// The mode of a folder or a plain file, with the space after it.
fn mode(is_folder: bool) -> &'static [u8] {
    if is_folder { b"40000 " } else { b"100644 " }
}

/// Git's order: bytewise, where a folder's name counts as if it ended in a slash (so `a.b`, `a/`, `a0`).
fn order(entry: &TreeEntry, name: &str, is_folder: bool) -> Ordering {
    let key = |name: &str, is_folder: bool, at: usize| match name.as_bytes().get(at) {
        Some(byte) => *byte,
        None if is_folder && at == name.len() => b'/',
        None => 0,
    };
    let shared = entry.name.len().min(name.len());
    entry.name.as_bytes()[..shared]
        .cmp(&name.as_bytes()[..shared])
        .then_with(|| key(&entry.name, entry.is_folder, shared).cmp(&key(name, is_folder, shared)))
        .then_with(|| entry.name.len().cmp(&name.len()))
}

fn parse_entry(bytes: &[u8]) -> Result<(TreeEntry, &[u8]), String> {
    let (is_folder, rest) = match (bytes.strip_prefix(mode(false)), bytes.strip_prefix(mode(true))) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err("a tree holds an entry that is neither a plain file nor a folder".to_owned()),
    };
    let cut = "a tree is cut short".to_owned();
    let end = rest.iter().position(|byte| *byte == 0).ok_or(cut.clone())?;
    let name = str::from_utf8(&rest[..end]).map_err(|_| "a name is not UTF-8".to_owned())?;
    if RepositoryPath::parse(name).is_err() || name.contains('/') {
        return Err(format!("the name {name:?} is not one that the registry writes"));
    }
    let (id, rest) = rest[end + 1..].split_first_chunk::<20>().ok_or(cut)?;
    Ok((TreeEntry { name: name.into(), is_folder, id: ObjectId::from_bytes(*id) }, rest))
}

/// Finds the blob at `path` below the tree `root`.
pub(super) fn find(reader: &Reader, root: ObjectId, path: &RepositoryPath) -> Result<Option<ObjectId>, StoreError> {
    let segments = path.segments();
    let (file, folders) = segments.split_last().expect("a path has a segment");
    let mut at = root;
    for folder in folders {
        match reader.tree(&at)?.get(folder, true) {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(reader.tree(&at)?.get(file, false))
}

/// Lists all files below the folder `prefix` (empty for the root), sorted by path.
pub(super) fn list(
    reader: &Reader,
    root: ObjectId,
    prefix: &str,
) -> Result<Vec<(RepositoryPath, ObjectId)>, StoreError> {
    let mut at = root;
    for folder in prefix.split('/').filter(|segment| !segment.is_empty()) {
        match reader.tree(&at)?.get(folder, true) {
            Some(next) => at = next,
            None => return Ok(Vec::new()),
        }
    }
    let mut files = Vec::new();
    let prefix = prefix.trim_matches('/');
    let mut open = vec![(if prefix.is_empty() { String::new() } else { format!("{prefix}/") }, at)];
    while let Some((folder, id)) = open.pop() {
        for entry in reader.tree(&id)?.entries() {
            let path = format!("{folder}{}", entry.name);
            if entry.is_folder {
                open.push((path + "/", entry.id));
            } else {
                files.push((checked_path(&path, &id)?, entry.id));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A path put together from names in trees; too long only if someone else wrote them.
pub(super) fn checked_path(path: &str, tree: &ObjectId) -> Result<RepositoryPath, StoreError> {
    RepositoryPath::parse(path)
        .map_err(|_| StoreError::Foreign { object: *tree, detail: format!("it holds the path {path:?}") })
}

/// Gives an old tree, if there is any, and the new one in its place.
type Load<'l> = dyn FnMut(Option<&ObjectId>, &ObjectId) -> Result<(Arc<Tree>, Arc<Tree>), StoreError> + 'l;

/// What differs between two trees: files added or replaced, as (path, new blob), sorted by path.
///
/// Identical folders are passed over by their ids, so the cost is that of the folders on the changed paths. Trees
/// come from `load`, which is given an old one, if there is any, with the new one in its place.
///
/// # Errors
/// [`StoreError::Foreign`] when a file or folder was deleted or changed its kind; whatever `load` gives.
pub(super) fn changes(
    load: &mut Load<'_>,
    old: Option<ObjectId>,
    new: ObjectId,
) -> Result<Vec<(RepositoryPath, ObjectId)>, StoreError> {
    let mut changed = Vec::new();
    let mut open = vec![(String::new(), old, new)];
    while let Some((folder, old, new)) = open.pop() {
        let (before, after) = load(old.as_ref(), &new)?;
        // Both are in the same order, and nothing is ever taken away: what is not the next of the old ones is new.
        let mut known = before.entries().iter().peekable();
        for entry in after.entries() {
            let earlier = known.next_if(|known| known.is_same_name(entry));
            let earlier = earlier.map(|known| known.id);
            let path = || format!("{folder}{}", entry.name);
            match (earlier, entry.is_folder) {
                (Some(id), _) if id == entry.id => {}
                (earlier, true) => open.push((path() + "/", earlier, entry.id)),
                (_, false) => changed.push((checked_path(&path(), &new)?, entry.id)),
            }
        }
        if known.next().is_some() {
            let detail = format!("something in the folder '{folder}' was deleted");
            return Err(StoreError::Foreign { object: new, detail });
        }
    }
    changed.sort();
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn id(byte: u8) -> ObjectId {
        ObjectId::from_bytes([byte; 20])
    }

    fn tree(entries: &[(&str, bool, u8)]) -> Tree {
        let mut tree = Tree::default();
        for (name, is_folder, byte) in entries {
            tree.set(name, *is_folder, id(*byte)).expect("free name");
        }
        tree
    }

    #[test]
    fn a_folder_sorts_as_if_its_name_ended_in_a_slash() {
        let tree = tree(&[("a0", false, 1), ("a", true, 2), ("a.b", false, 3), ("a-", true, 4), ("b", false, 5)]);
        let names: Vec<_> = tree.entries().iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["a-", "a.b", "a", "a0", "b"]);
        assert_eq!(Tree::parse(&tree.to_bytes()), Ok(tree));
    }

    #[test]
    fn a_name_is_a_file_or_a_folder_for_ever() {
        let mut tree = tree(&[("a", true, 1), ("b", false, 2), ("a.b", false, 3)]);
        assert_eq!(tree.set("a", false, id(9)), Err(NameTaken));
        assert_eq!(tree.set("b", true, id(9)), Err(NameTaken));
        assert_eq!(tree.set("b", false, id(9)), Ok(()));
        assert_eq!(tree.get("b", false), Some(id(9)));
        assert_eq!(tree.get("a", false), None);
    }

    #[test]
    fn refuses_bytes_that_the_registry_would_not_write() {
        let entry = |mode: &str, name: &str| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[7; 20]].concat();
        for (bytes, reason) in [
            (entry("100755", "a"), "neither"),
            (entry("120000", "a"), "neither"),
            (entry("160000", "a"), "neither"),
            (entry("100644", "a/b"), "not one"),
            (entry("100644", ".git"), "not one"),
            (entry("100644", ""), "not one"),
            ([entry("100644", "b"), entry("100644", "a")].concat(), "out of order"),
            ([entry("100644", "a"), entry("100644", "a")].concat(), "out of order"),
            (entry("100644", "a")[..20].to_vec(), "cut short"),
            (b"100644 a".to_vec(), "cut short"),
        ] {
            let error = Tree::parse(&bytes).expect_err(reason);
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn finds_what_was_added_or_replaced_and_refuses_deletions() {
        let trees: HashMap<ObjectId, Arc<Tree>> = HashMap::from([
            (id(1), tree(&[("a", true, 11), ("b", false, 12), ("same", true, 13)]).into()),
            (id(2), tree(&[("a", true, 21), ("b", false, 22), ("c", false, 23), ("same", true, 13)]).into()),
            (id(3), tree(&[("b", false, 22)]).into()),
            (id(11), tree(&[("x", false, 31)]).into()),
            (id(21), tree(&[("x", false, 31), ("y", false, 32)]).into()),
        ]);
        let tree = |id: &ObjectId| trees.get(id).cloned().ok_or(StoreError::Missing(*id));
        let mut load =
            |old: Option<&ObjectId>, new: &ObjectId| Ok((old.map(tree).transpose()?.unwrap_or_default(), tree(new)?));
        let changed = changes(&mut load, Some(id(1)), id(2)).expect("only additions");
        let paths: Vec<_> = changed.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["a/y", "b", "c"]);
        let error = changes(&mut load, Some(id(2)), id(3)).expect_err("deletion");
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    }
}
