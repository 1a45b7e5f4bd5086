//! The Merkle tree in memory, and the proofs it gives (RFC 6962 §2.1).
//!
//! Every hash of a complete subtree is kept, level by level: 64 bytes a leaf, no hash computed twice, and a proof
//! costs a few hashes of the right edge.

use super::{Hash, ProofError, empty_root, node_hash};

/// As many hashes as a full tile has (c2sp.org/tlog-tiles).
const TILE_WIDTH: u64 = 256;
/// The height of a tile: 2^8 = 256.
const TILE_HEIGHT: usize = 8;

/// A tree that grows at its right edge.
///
/// `levels[k][i]` is the hash over the leaves `i·2^k .. (i+1)·2^k`; only complete subtrees are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree without leaves.
    pub fn new() -> Self {
        Tree::default()
    }

    /// Adds the hash of a leaf and every subtree that it completes.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            match hashes.as_slice() {
                [.., left, right] if hashes.len().is_multiple_of(2) => hash = node_hash(left, right),
                _ => return,
            }
        }
    }

    /// Forgets every leaf from index `size` on: the tree is again as it was. A greater size changes nothing.
    pub fn truncate(&mut self, size: u64) {
        for (level, hashes) in self.levels.iter_mut().enumerate() {
            hashes.truncate(usize::try_from(size >> level).unwrap_or(usize::MAX));
        }
        self.levels.retain(|hashes| !hashes.is_empty());
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// The hash of a leaf.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.complete(0, index)
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        self.root_at(self.size()).expect("a tree has a root at its own size")
    }

    /// The root as it was when the tree had `size` leaves; none when it never had so many.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        (size <= self.size()).then(|| self.range(0, size))
    }

    /// The path from a leaf to the root at `size`, from the leaf's sibling upwards (RFC 6962 §2.1.1).
    ///
    /// # Errors
    /// [`ProofError::SizeBeyondTree`], [`ProofError::IndexBeyondSize`].
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, ProofError> {
        self.check_size(size)?;
        if index >= size {
            return Err(ProofError::IndexBeyondSize { index, size });
        }
        let mut path = Vec::new();
        let (mut first, mut end) = (0, size);
        while end - first > 1 {
            let middle = first + split(end - first);
            if index < middle {
                path.push(self.range(middle, end));
                end = middle;
            } else {
                path.push(self.range(first, middle));
                first = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// What shows that the tree at `new` begins with the tree at `old` (RFC 6962 §2.1.2); empty when `old` is 0 or
    /// both are equal.
    ///
    /// # Errors
    /// [`ProofError::SizeBeyondTree`], [`ProofError::SizesReversed`].
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, ProofError> {
        self.check_size(new)?;
        if old > new {
            return Err(ProofError::SizesReversed { old, new });
        }
        let mut path = Vec::new();
        if old == 0 || old == new {
            return Ok(path);
        }
        let (mut first, mut end) = (0, new);
        // Ends at the subtree whose last leaf is the last one of the old tree.
        while end != old {
            let middle = first + split(end - first);
            if old <= middle {
                path.push(self.range(middle, end));
                end = middle;
            } else {
                path.push(self.range(first, middle));
                first = middle;
            }
        }
        if first > 0 {
            path.push(self.range(first, end));
        }
        path.reverse();
        Ok(path)
    }

    /// The bytes of a tile: `width` hashes of 32 bytes, each over 256^`level` leaves, from `index`·256 on
    /// (c2sp.org/tlog-tiles). None when the tree does not have all of them, or the width is not 1 to 256.
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Option<Vec<u8>> {
        if width == 0 || u64::from(width) > TILE_WIDTH {
            return None;
        }
        let first = usize::try_from(index.checked_mul(TILE_WIDTH)?).ok()?;
        let hashes = self.levels.get(usize::from(level) * TILE_HEIGHT)?;
        let tile = hashes.get(first..first.checked_add(usize::from(width))?)?;
        Some(tile.iter().flat_map(|hash| *hash.as_bytes()).collect())
    }

    fn check_size(&self, size: u64) -> Result<(), ProofError> {
        let tree = self.size();
        if size > tree { Err(ProofError::SizeBeyondTree { size, tree }) } else { Ok(()) }
    }

    fn complete(&self, level: usize, index: u64) -> Option<Hash> {
        self.levels.get(level)?.get(usize::try_from(index).ok()?).copied()
    }

    /// The hash over the leaves `first .. end`, which are in the tree and begin where a subtree of their length may.
    fn range(&self, first: u64, end: u64) -> Hash {
        let count = end - first;
        if count == 0 {
            return empty_root();
        }
        if count.is_power_of_two() {
            let level = count.trailing_zeros() as usize;
            return self.complete(level, first >> level).expect("every complete subtree of the tree is kept");
        }
        let middle = first + split(count);
        node_hash(&self.range(first, middle), &self.range(middle, end))
    }
}

/// The greatest power of two below `count`, which is at least 2: where RFC 6962 splits a tree.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

#[cfg(test)]
mod tests;
