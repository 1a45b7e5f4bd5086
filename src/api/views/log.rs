//! Proofs of the transparency log. Hashes are standard base64 of 32 bytes, as in the log's own formats.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{log::Hash, registry::log::LogProof};

/// Shows that a leaf is in the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InclusionView {
    /// The leaf's place.
    pub index: u64,
    /// The size of the tree.
    pub size: u64,
    /// The leaf's hash: SHA-256 of a zero byte and the leaf's text.
    pub leaf_hash: String,
    /// The tree's root at that size.
    pub root: String,
    /// The hashes from the leaf's sibling upwards (RFC 6962 §2.1.1).
    pub path: Vec<String>,
}

/// Shows that the log only grew.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsistencyView {
    /// The smaller size.
    pub old: u64,
    /// The greater size.
    pub new: u64,
    /// The root at the smaller size.
    pub old_root: String,
    /// The root at the greater size.
    pub root: String,
    /// The hashes, as RFC 6962 §2.1.2 orders them; none when the sizes are equal or the smaller one is 0.
    pub path: Vec<String>,
}

impl InclusionView {
    /// From the log's proof.
    pub fn of(index: u64, size: u64, proof: &LogProof) -> Self {
        let leaf_hash = proof.leaf_hash.as_ref().map(Hash::to_string).unwrap_or_default();
        InclusionView { index, size, leaf_hash, root: proof.root.to_string(), path: path(proof) }
    }
}

impl ConsistencyView {
    /// From the log's proof.
    pub fn of(old: u64, new: u64, proof: &LogProof) -> Self {
        let old_root = proof.old_root.as_ref().map(Hash::to_string).unwrap_or_default();
        ConsistencyView { old, new, old_root, root: proof.root.to_string(), path: path(proof) }
    }
}

fn path(proof: &LogProof) -> Vec<String> {
    proof.path.iter().map(Hash::to_string).collect()
}
