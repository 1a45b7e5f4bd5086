//! The transparency log of an open registry: a leaf a commit, checkpoints, proofs.
//!
//! Leaves are a pure function of the commits, so the tree is never stored: the index keeps the hashes of the leaves,
//! and what was signed before tells at every start whether they are the right ones. Nothing is signed about a tree
//! that is not durable.

use std::{
    io::ErrorKind as IoErrorKind,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{Registry, RegistryError, Result, ServerKeys, submit::Writer};
use crate::{
    domain::RegistryId,
    format::leaf::{self, LeafFacts},
    log::{
        Checkpoint, Hash, Policy, ProofError, SignatureType, SignedCheckpoint, TilePath, TlogProof, Tree, VerifierKey,
        leaf_hash, origin, tiles,
    },
    signing::{self, SecretKey},
    store::Appended,
};

pub(super) mod state;
mod witnessed;

pub use witnessed::Asked;

use state::{Mark, State, StateFile};

/// Below the data folder, on its volume: the note of a group becomes durable with the group.
const STATE_FILE: &str = "log-state";

/// The log of an open registry.
pub(super) struct Log {
    registry: RegistryId,
    key: VerifierKey,
    secret: SecretKey,
    /// Also holds what is being appended; everybody but the writer looks no further than `released`.
    tree: RwLock<Tree>,
    /// How many leaves are durable.
    released: AtomicU64,
    file: Mutex<StateFile>,
    /// The newest checkpoint that has its quorum of witnesses, where one is asked for.
    cosigned: RwLock<Option<SignedCheckpoint>>,
    remembered: witnessed::Remembered,
    /// A checkpoint that this log has signed, as a witness shows, and that is not of this tree.
    contradiction: RwLock<Option<Checkpoint>>,
    /// Whether this registry's clock was over a day ahead of every witness that last answered.
    clock_is_ahead: AtomicBool,
}

/// Why the leaves cannot be those that were signed.
pub(super) enum Mismatch {
    /// The repository has fewer commits than were signed.
    RolledBack {
        /// Leaves that were signed.
        signed: u64,
        /// Leaves there are.
        found: u64,
    },
    /// It has other commits than were signed, or the index has wrong leaves.
    Differs {
        /// Leaves that were signed.
        signed: u64,
    },
}

impl From<Mismatch> for RegistryError {
    fn from(mismatch: Mismatch) -> RegistryError {
        match mismatch {
            Mismatch::RolledBack { signed, found } => RegistryError::unavailable(
                "repository-rolled-back",
                format!(
                    "The registry has signed a log of {signed} entries, and the repository holds {found}: it was rolled back, or another one put in its place. Restore the newest backup; going on would sign two histories, which everybody could prove."
                ),
            ),
            Mismatch::Differs { signed } => RegistryError::unavailable(
                "history-differs",
                format!(
                    "The first {signed} commits are not those that the registry has signed: the repository was rewritten, or another one put in its place. Restore the newest backup."
                ),
            ),
        }
    }
}

impl Log {
    /// Compares the leaves that the index knows with what was signed before, and goes on from there.
    ///
    /// # Errors
    /// Unavailable when the file that remembers what was signed is damaged; a mismatch is returned inside, because
    /// the index may be to blame for it.
    pub(super) fn open(
        data: &Path,
        registry: &RegistryId,
        secret: &SecretKey,
        leaves: &[[u8; 32]],
        kept: Option<&SignedCheckpoint>,
        policy: &Policy,
    ) -> Result<std::result::Result<Log, Mismatch>> {
        let mut tree = Tree::new();
        leaves.iter().for_each(|leaf| tree.push(Hash::from_bytes(*leaf)));
        let (mut file, state) = StateFile::open(&data.join(STATE_FILE)).map_err(state_failure)?;
        if let Err(mismatch) = check(&tree, state.as_ref(), kept.map(SignedCheckpoint::checkpoint)) {
            return Ok(Err(mismatch));
        }
        let now = State { released: Mark::of(&tree), pending: Mark::of(&tree) };
        if state != Some(now) {
            file.write_durably(&now).map_err(RegistryError::internal)?;
        }
        let key = verifier_key(registry, secret)?;
        Ok(Ok(Log {
            registry: registry.clone(),
            key,
            secret: secret.clone(),
            released: AtomicU64::new(tree.size()),
            tree: RwLock::new(tree),
            file: Mutex::new(file),
            cosigned: RwLock::new(kept.filter(|kept| policy.quorum().is_some() && policy.check(kept).is_ok()).cloned()),
            remembered: witnessed::Remembered::default(),
            contradiction: RwLock::new(None),
            clock_is_ahead: AtomicBool::new(false),
        }))
    }

    /// Adds the leaves of a group that is about to be appended, and notes what the tree will be.
    pub(super) fn foretell(&self, group: &[Appended]) -> std::io::Result<()> {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let released = Mark { size: self.size(), root: tree.root_at(self.size()).unwrap_or_else(|| tree.root()) };
        tree.truncate(released.size);
        let mut file = self.state_file();
        if file.has_pending() {
            file.write_durably(&State { released, pending: released })?;
        }
        group.iter().for_each(|appended| tree.push(leaf_of(&self.registry, appended)));
        file.write(&State { released, pending: Mark::of(&tree) })
    }

    /// The group is durable: from here on it may be signed for.
    pub(super) fn release(&self) {
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        let mark = Mark::of(&tree);
        self.released.store(mark.size, Ordering::SeqCst);
        // Losing this word to a power cut is harmless (see the head of `state`), and so is failing to write it: what
        // is pending is durable, and the repository has it.
        let _ = self.state_file().write(&State { released: mark, pending: mark });
    }

    /// Whether anything may still be added: never after a witness has shown that this log had signed another tree.
    ///
    /// # Errors
    /// Unavailable, saying what the witness showed.
    pub(super) fn may_grow(&self) -> Result<()> {
        let contradiction = self.contradiction.read().unwrap_or_else(PoisonError::into_inner);
        let Some(other) = contradiction.as_ref() else { return self.clock_is_right() };
        let detail = format!(
            "A witness has shown a checkpoint of {} entries that this log has signed and that is not of this history: the repository was put back or exchanged. Nothing is accepted until its operator has restored the newest backup.",
            other.size()
        );
        Err(RegistryError::unavailable("history-contradicted", detail))
    }

    fn clock_is_right(&self) -> Result<()> {
        if !self.clock_is_ahead.load(Ordering::SeqCst) {
            return Ok(());
        }
        let detail = "The registry's clock is over a day ahead of its witnesses': what is published now would bear a wrong date for ever. Its operator must set the clock.";
        Err(RegistryError::unavailable("clock-ahead", detail))
    }

    /// How many leaves are durable.
    pub(super) fn size(&self) -> u64 {
        self.released.load(Ordering::SeqCst)
    }

    fn state_file(&self) -> MutexGuard<'_, StateFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The checkpoint over the first `size` leaves, signed by the log alone: the same bytes for ever.
    fn checkpoint(&self, size: u64) -> Result<SignedCheckpoint> {
        let root = self.read(|tree| if size > self.size() { None } else { tree.root_at(size) });
        let root = root.ok_or_else(|| beyond(size, self.size()))?;
        let checkpoint = Checkpoint::new(&origin(&self.registry), size, root).map_err(RegistryError::internal)?;
        Ok(checkpoint.sign(&self.key, &|bytes| self.secret.sign_raw(bytes)))
    }

    /// Whether this is the text of the leaf at `index`.
    pub(super) fn has_leaf(&self, index: u64, leaf: &str) -> bool {
        self.read(|tree| tree.leaf(index)) == Some(leaf_hash(leaf.as_bytes()))
    }

    fn read<T>(&self, question: impl FnOnce(&Tree) -> T) -> T {
        question(&self.tree.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A proof with the sizes it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// The hash of the leaf; of an inclusion proof only.
    pub leaf_hash: Option<Hash>,
    /// The root at the smaller size; of a consistency proof only.
    pub old_root: Option<Hash>,
    /// The root at the greater size.
    pub root: Hash,
    /// The hashes, from the leaf's side upwards (RFC 6962 §2.1).
    pub path: Vec<Hash>,
}

/// What the log answers.
impl Registry {
    /// How many leaves the log has: one a commit.
    pub fn log_size(&self) -> u64 {
        self.log.size()
    }

    /// The log's key, as checkpoints are verified with (c2sp.org/signed-note).
    pub fn log_key(&self) -> &VerifierKey {
        &self.log.key
    }

    /// The newest checkpoint: signed by the log, and by its witnesses where the trust policy asks for them.
    ///
    /// # Errors
    /// Internal only.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint> {
        let cosigned = self.log.cosigned.read().unwrap_or_else(PoisonError::into_inner).clone();
        match cosigned {
            Some(checkpoint) => Ok(checkpoint),
            None => self.log.checkpoint(self.log.size()),
        }
    }

    /// The newest checkpoint, signed by the log alone: what witnesses are asked to sign.
    ///
    /// # Errors
    /// Internal only.
    pub fn own_checkpoint(&self) -> Result<SignedCheckpoint> {
        self.log.checkpoint(self.log.size())
    }

    /// Takes a checkpoint that has its quorum of witnesses as the newest to be shown.
    fn show_cosigned(&self, checkpoint: SignedCheckpoint) {
        *self.log.cosigned.write().unwrap_or_else(PoisonError::into_inner) = Some(checkpoint);
    }

    /// The size of the checkpoint that is shown with its witnesses' signatures.
    fn shown_size(&self) -> Option<u64> {
        let cosigned = self.log.cosigned.read().unwrap_or_else(PoisonError::into_inner);
        cosigned.as_ref().map(|shown| shown.checkpoint().size())
    }

    /// Keeps the newest checkpoint on the branch `log`, where every clone finds it; says whether there was a new one.
    ///
    /// # Errors
    /// Full or internal when it cannot be written; the checkpoint itself is not affected.
    pub fn keep_checkpoint(&self) -> Result<bool> {
        let checkpoint = self.checkpoint()?;
        let size = checkpoint.checkpoint().size();
        if self.trust_policy()?.check(&checkpoint).is_err() {
            // Without its quorum it is nobody's word but the log's own.
            return Ok(false);
        }
        let mut writer = self.lock_writer();
        let kept = writer.store.checkpoint().map_err(RegistryError::internal)?;
        if kept_size(kept.as_deref()) == Some(size) {
            return Ok(false);
        }
        let Writer { store, key } = &mut *writer;
        let sign = |commit: &[u8]| signing::sign(key, "git", commit);
        let message = format!("Keep the checkpoint of {size} entries");
        let bytes = checkpoint.print().into_bytes();
        store.keep_checkpoint(&bytes, &message, self.clock.now(), &sign).map_err(|error| self.store_failed(error))?;
        Ok(true)
    }

    /// Shows that a leaf is in the log (RFC 6962 §2.1.1), at `size` or at the size it has now.
    ///
    /// # Errors
    /// Invalid when the log has no such leaf at that size, or not that size.
    pub fn inclusion(&self, index: u64, size: Option<u64>) -> Result<(u64, LogProof)> {
        let size = size.unwrap_or_else(|| self.log.size());
        if size > self.log.size() {
            return Err(beyond(size, self.log.size()));
        }
        let proof = self.log.read(|tree| {
            let path = tree.inclusion(index, size)?;
            Ok(LogProof { leaf_hash: tree.leaf(index), old_root: None, root: root(tree, size), path })
        });
        Ok((size, proof.map_err(proof_failure)?))
    }

    /// Shows that the log at `new` (or now) begins with the log at `old` (RFC 6962 §2.1.2).
    ///
    /// # Errors
    /// Invalid when the log never had one of these sizes, or they are the wrong way round.
    pub fn consistency(&self, old: u64, new: Option<u64>) -> Result<(u64, LogProof)> {
        let new = new.unwrap_or_else(|| self.log.size());
        if new.max(old) > self.log.size() {
            return Err(beyond(new.max(old), self.log.size()));
        }
        let proof = self.log.read(|tree| {
            let path = tree.consistency(old, new)?;
            Ok(LogProof { leaf_hash: None, old_root: tree.root_at(old), root: root(tree, new), path })
        });
        Ok((new, proof.map_err(proof_failure)?))
    }

    /// The proof that a publisher keeps (c2sp.org/tlog-proof): the leaf's path in the tree of size index + 1, and that
    /// tree's checkpoint, signed by the log alone. A pure function of the commits and the log's key.
    ///
    /// # Errors
    /// Not found when there is no such leaf.
    pub fn tlog_proof(&self, index: u64) -> Result<TlogProof> {
        self.tlog_proof_at(index, self.log.checkpoint(index.saturating_add(1))?)
    }

    /// The same with another checkpoint, of the log's own tree at any size after the leaf.
    pub(super) fn tlog_proof_at(&self, index: u64, checkpoint: SignedCheckpoint) -> Result<TlogProof> {
        let path = self.inclusion(index, Some(checkpoint.checkpoint().size()))?.1.path;
        Ok(TlogProof::new(index, path, checkpoint))
    }

    /// The bytes of a tile of hashes, or of a bundle of leaves (c2sp.org/tlog-tiles).
    ///
    /// # Errors
    /// Not found when the log does not have all of it yet.
    pub fn tile(&self, path: &TilePath) -> Result<Vec<u8>> {
        let missing = || RegistryError::not_found("tile-not-found", "The log does not have this tile yet.");
        let (first, end) = path.range().filter(|(_, end)| *end <= self.log.size()).ok_or_else(missing)?;
        match path.level() {
            Some(level) => self.log.read(|tree| tree.tile(level, path.index(), path.width())).ok_or_else(missing),
            None => {
                let leaves = (first..end).map(|index| self.leaf(index).map(|facts| facts.leaf));
                let leaves = leaves.collect::<Result<Vec<String>>>()?;
                tiles::print_bundle(&leaves).map_err(RegistryError::internal)
            }
        }
    }
}

/// The hash of the leaf of a commit.
pub fn leaf_of(registry: &RegistryId, appended: &Appended) -> Hash {
    let files: Vec<_> = appended.files.iter().map(|file| (file.path.to_string(), file.digest)).collect();
    let commit = appended.commit.to_string();
    let facts = LeafFacts { registry, index: appended.sequence, time: appended.time, commit: &commit, files: &files };
    leaf_hash(leaf::print(&facts).as_bytes())
}

/// The key of the log as its policy must name it.
fn verifier_key(registry: &RegistryId, secret: &SecretKey) -> Result<VerifierKey> {
    VerifierKey::new(&origin(registry), SignatureType::Note, secret.public().as_bytes())
        .map_err(RegistryError::internal)
}

/// Refuses a log key that nobody would accept: the trust policy names another.
pub(super) fn check_key(registry: &RegistryId, keys: &ServerKeys, policy: &Policy) -> Result<()> {
    let key = verifier_key(registry, &keys.log)?;
    if policy.logs().iter().any(|log| log.key == key) {
        return Ok(());
    }
    let detail =
        "The log's key is not the one that the trust policy names: put the file keys/log back from your backup.";
    Err(RegistryError::unavailable("log-key-differs", detail))
}

fn check(tree: &Tree, state: Option<&State>, kept: Option<&Checkpoint>) -> std::result::Result<(), Mismatch> {
    let kept = kept.map(|kept| Mark { size: kept.size(), root: kept.root() });
    // What was pending counts as soon as the repository has it.
    let pending = state.map(|state| state.pending).filter(|pending| pending.size <= tree.size());
    for mark in state.map(|state| state.released).into_iter().chain(pending).chain(kept) {
        if mark.size > tree.size() {
            return Err(Mismatch::RolledBack { signed: mark.size, found: tree.size() });
        }
        if !mark.is_in(tree) {
            return Err(Mismatch::Differs { signed: mark.size });
        }
    }
    Ok(())
}

/// The size that a kept checkpoint names.
fn kept_size(kept: Option<&[u8]>) -> Option<u64> {
    Some(SignedCheckpoint::parse(str::from_utf8(kept?).ok()?).ok()?.checkpoint().size())
}

fn root(tree: &Tree, size: u64) -> Hash {
    tree.root_at(size).expect("the tree has had every size up to its own")
}

fn beyond(size: u64, now: u64) -> RegistryError {
    let detail = format!("The log has {now} entries, not {size} yet: ask for at most {now}.");
    RegistryError::not_found("log-size-not-reached", detail)
}

fn proof_failure(error: ProofError) -> RegistryError {
    RegistryError::invalid("no-such-proof", format!("There is no such proof: {error}."))
}

fn state_failure(error: std::io::Error) -> RegistryError {
    if error.kind() == IoErrorKind::InvalidData {
        let detail = "The file log-state, which remembers what the log has signed, is damaged: restore it from the newest backup. Only if you are sure that the repository was not rolled back, delete it.";
        return RegistryError::unavailable("log-state-damaged", detail);
    }
    RegistryError::internal(error)
}

#[cfg(test)]
mod tests;
