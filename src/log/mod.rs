//! Floor 1: the transparency log as a pure machine. No IO, no clock, no randomness, no secret keys.
//!
//! Knows the Merkle tree of RFC 6962 and the formats of C2SP (signed-note, tlog-checkpoint, tlog-cosignature,
//! tlog-tiles, tlog-proof, tlog-policy, the body of tlog-witness). Leaves the text of a leaf to
//! [`crate::format`], signing to whoever holds the key (a closure from bytes to an Ed25519 signature), and the
//! order of saving, signing and answering to the floors above.
//!
//! Reading order: [`hash`], [`tree`], [`proof`]; [`note`], [`checkpoint`], [`policy`]; [`tiles`], [`tlog_proof`],
//! [`request`].

pub mod checkpoint;
pub mod hash;
pub mod note;
pub mod policy;
pub mod proof;
pub mod request;
pub mod tiles;
pub mod tlog_proof;
pub mod tree;

pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, origin};
pub use hash::{Hash, HashError, empty_root, leaf_hash, node_hash};
pub use note::{Note, NoteError, NoteKeyError, NoteSignature, SignatureType, VerifiedSignature, VerifierKey};
pub use policy::{Accepted, Policy, PolicyError, Witness};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use request::AddCheckpoint;
pub use tiles::{TileError, TilePath};
pub use tlog_proof::{TlogProof, TlogProofError};
pub use tree::Tree;

/// Signs bytes with plain Ed25519 (RFC 8032): the key itself stays with the caller.
pub type SignFn<'a> = dyn Fn(&[u8]) -> [u8; 64] + 'a;

/// A number as C2SP writes it: decimal, without a sign or leading zeroes.
fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { text.parse().ok() } else { None }
}
