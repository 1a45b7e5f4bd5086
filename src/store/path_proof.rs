//! What shows which files a commit holds in a few folders: the commit and the trees on the way, and nothing else.
//!
//! Every object is named by the hash of its bytes, so whoever has the commit's id needs nobody's word for them. They
//! are kept as Git's own bytes without the header; `git hash-object -t tree` and `-t commit` name them again.

use std::collections::BTreeMap;

use super::{
    ObjectId, Reader, RepositoryPath, StoreError,
    commit::SignedCommit,
    object::{Kind, id_of},
    tree::Tree,
};
use crate::domain::time::Instant;

/// A commit and some of its trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathProof {
    commit: Vec<u8>,
    id: ObjectId,
    root: ObjectId,
    time: Instant,
    trees: BTreeMap<ObjectId, Vec<u8>>,
}

/// Objects do not show what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathProofError {
    /// The commit is none that a registry writes.
    #[error("the commit is none that a registry writes: {0}")]
    Commit(String),
    /// Bytes that are no tree of a registry, or made to collide in SHA-1.
    #[error("a folder's listing is none that a registry writes: {0}")]
    Tree(String),
    /// A tree on the way is not among the objects.
    #[error("the listing of the folder that should hold {0} is missing")]
    Missing(String),
}

/// What is in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name in the folder.
    pub name: String,
    /// A folder, not a file.
    pub is_folder: bool,
    /// The blob or tree.
    pub object: ObjectId,
}

/// The id that Git gives to a file with these bytes; none for bytes made to collide in SHA-1.
pub fn file_id(bytes: &[u8]) -> Option<ObjectId> {
    id_of(Kind::Blob, bytes)
}

impl Reader {
    /// The commit with its root and the trees on the way to `folders`, those included; a folder that is not there is
    /// shown by the listing above it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Damaged`] when an object on the way cannot be read.
    pub fn path_proof(&self, commit: &ObjectId, folders: &[RepositoryPath]) -> Result<PathProof, StoreError> {
        let signed = self.commit(commit)?;
        let text = signed.text.to_signed(&signed.signature)?;
        let proof = PathProof::read(text, Vec::new());
        let mut proof = proof.map_err(|error| StoreError::damaged(commit, error))?;
        let root = proof.root;
        proof.trees.insert(root, self.tree(&root)?.to_bytes());
        for folder in folders {
            let mut at = root;
            for name in folder.segments() {
                let Some(next) = self.tree(&at)?.get(name, true) else { break };
                proof.trees.insert(next, self.tree(&next)?.to_bytes());
                at = next;
            }
        }
        Ok(proof)
    }
}

impl PathProof {
    /// Reads the bytes of a commit and of trees, without Git's headers.
    ///
    /// # Errors
    /// [`PathProofError::Commit`], [`PathProofError::Tree`].
    pub fn read(commit: Vec<u8>, trees: Vec<Vec<u8>>) -> Result<PathProof, PathProofError> {
        let parsed = SignedCommit::parse(&commit).map_err(PathProofError::Commit)?;
        let collides = || "its bytes were made to collide in SHA-1".to_owned();
        let id = id_of(Kind::Commit, &commit).ok_or_else(|| PathProofError::Commit(collides()))?;
        let named = trees.into_iter().map(|bytes| {
            Tree::parse(&bytes).map_err(PathProofError::Tree)?;
            let id = id_of(Kind::Tree, &bytes).ok_or_else(|| PathProofError::Tree(collides()))?;
            Ok((id, bytes))
        });
        let trees = named.collect::<Result<_, _>>()?;
        Ok(PathProof { commit, id, root: parsed.text.tree, time: parsed.text.time, trees })
    }

    /// The commit's bytes.
    pub fn commit(&self) -> &[u8] {
        &self.commit
    }

    /// The commit's id.
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// The committer time.
    pub fn time(&self) -> Instant {
        self.time
    }

    /// The trees' bytes by their ids.
    pub fn trees(&self) -> &BTreeMap<ObjectId, Vec<u8>> {
        &self.trees
    }

    /// What a folder holds; nothing when it is not there.
    ///
    /// # Errors
    /// [`PathProofError::Missing`] when a listing on the way is not among the objects.
    pub fn list(&self, folder: &RepositoryPath) -> Result<Vec<Listed>, PathProofError> {
        let Some(tree) = self.descend(&folder.segments(), folder)? else { return Ok(Vec::new()) };
        let entries = tree.entries().iter();
        Ok(entries.map(|e| Listed { name: e.name.to_string(), is_folder: e.is_folder, object: e.id }).collect())
    }

    /// The blob at a path; nothing when there is none.
    ///
    /// # Errors
    /// [`PathProofError::Missing`] when a listing on the way is not among the objects.
    pub fn blob(&self, path: &RepositoryPath) -> Result<Option<ObjectId>, PathProofError> {
        let segments = path.segments();
        let (file, folders) = segments.split_last().expect("a path has a segment");
        Ok(self.descend(folders, path)?.and_then(|tree| tree.get(file, false)))
    }

    fn descend(&self, folders: &[&str], path: &RepositoryPath) -> Result<Option<Tree>, PathProofError> {
        let mut tree = self.tree(self.root, path)?;
        for name in folders {
            match tree.get(name, true) {
                Some(next) => tree = self.tree(next, path)?,
                None => return Ok(None),
            }
        }
        Ok(Some(tree))
    }

    fn tree(&self, id: ObjectId, path: &RepositoryPath) -> Result<Tree, PathProofError> {
        let bytes = self.trees.get(&id).ok_or_else(|| PathProofError::Missing(path.to_string()))?;
        Tree::parse(bytes).map_err(PathProofError::Tree)
    }
}
