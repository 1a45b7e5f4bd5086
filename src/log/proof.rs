//! Checking of inclusion and consistency, with nothing but the proof (RFC 9162 §2.1.3.2 and §2.1.4.2).

use super::{Hash, empty_root, node_hash};

/// A proof cannot be made, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not among the first `size`.
    #[error("there is no leaf {index} in a tree of size {size}")]
    IndexBeyondSize {
        /// The leaf asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The tree never had so many leaves.
    #[error("the tree has {tree} leaves, not {size}")]
    SizeBeyondTree {
        /// The size asked for.
        size: u64,
        /// The tree's own.
        tree: u64,
    },
    /// The older tree is the greater one.
    #[error("a tree of size {new} cannot have grown out of one of size {old}")]
    SizesReversed {
        /// The older size.
        old: u64,
        /// The newer size.
        new: u64,
    },
    /// Hashes are missing, or there are too many.
    #[error("the proof does not have as many hashes as these sizes need")]
    WrongLength,
    /// Following the proof leads to another root.
    #[error("the proof leads to another root than the checkpoint's")]
    OtherRoot,
    /// Following the proof leads to another root of the older tree: history was rewritten.
    #[error("the newer tree does not begin with the older one")]
    OtherHistory,
}

/// Checks that `leaf` is the leaf `index` of the tree with this size and root.
///
/// # Errors
/// [`ProofError::IndexBeyondSize`], [`ProofError::WrongLength`], [`ProofError::OtherRoot`].
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondSize { index, size });
    }
    let mut climb = Climb::new(index, size - 1);
    let mut hash = leaf;
    for sibling in proof {
        hash = match climb.step()? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    climb.end()?;
    if hash == root { Ok(()) } else { Err(ProofError::OtherRoot) }
}

/// Checks that the tree with the new size and root begins with the whole tree of the old size and root.
///
/// # Errors
/// [`ProofError::SizesReversed`], [`ProofError::WrongLength`], [`ProofError::OtherRoot`] when the proof does not lead
/// to the new root, [`ProofError::OtherHistory`] when it does not lead to the old one.
pub fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > new_size {
        return Err(ProofError::SizesReversed { old: old_size, new: new_size });
    }
    if old_size == 0 || old_size == new_size {
        let expected = if old_size == 0 { empty_root() } else { new_root };
        return match proof {
            [] if old_root == expected => Ok(()),
            [] => Err(ProofError::OtherHistory),
            _ => Err(ProofError::WrongLength),
        };
    }
    // The proof begins at the greatest subtree that ends where the old tree ends. If that is the whole old tree, its
    // hash is the old root and is not repeated in the proof.
    let mut climb = Climb::new(old_size - 1, new_size - 1);
    climb.leave_left_edges();
    let (first, rest) = match proof.split_first() {
        _ if old_size.is_power_of_two() => (&old_root, proof),
        Some(split) => split,
        None => return Err(ProofError::WrongLength),
    };
    let (mut old, mut new) = (*first, *first);
    for sibling in rest {
        match climb.step()? {
            Side::Left => {
                old = node_hash(sibling, &old);
                new = node_hash(sibling, &new);
            }
            // What lies to the right came later: the old tree knows nothing of it.
            Side::Right => new = node_hash(&new, sibling),
        }
    }
    climb.end()?;
    if new != new_root {
        return Err(ProofError::OtherRoot);
    }
    if old == old_root { Ok(()) } else { Err(ProofError::OtherHistory) }
}

/// On which side of the node the sibling stands.
enum Side {
    Left,
    Right,
}

/// The way from a node up to the root: the node's place in its level, and the last place of that level.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    fn new(node: u64, last: u64) -> Self {
        Climb { node, last }
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    /// Climbs while the node is a right child: that subtree is complete.
    fn leave_left_edges(&mut self) {
        while self.node & 1 == 1 {
            self.up();
        }
    }

    /// One level up to where the next sibling is joined; says on which side it stands.
    fn step(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::WrongLength);
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // A last node without a sibling to its right is carried up unchanged until it is a right child.
            while self.node & 1 == 0 {
                self.up();
            }
            Side::Left
        } else {
            Side::Right
        };
        self.up();
        Ok(side)
    }

    /// Whether the root was reached.
    fn end(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::WrongLength) }
    }
}
