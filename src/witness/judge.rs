//! The witness itself: which checkpoint it cosigns, and which it refuses (c2sp.org/tlog-witness, "add-checkpoint").

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use super::{Memory, MemoryError};
use crate::{
    domain::{Digest, Instant},
    log::{
        AddCheckpoint, Checkpoint, NoteSignature, ProofError, SignFn, SignedCheckpoint, VerifierKey, empty_root,
        request::AddCheckpointError, verify_consistency,
    },
};

/// A witness of some logs.
pub struct Witness {
    key: VerifierKey,
    /// Held from the comparison until the new checkpoint is durable: otherwise two requests at a time could roll the
    /// memory back.
    watched: Mutex<Vec<Watched>>,
    memory: Memory,
}

struct Watched {
    log: VerifierKey,
    newest: Option<SignedCheckpoint>,
}

/// A checkpoint that is not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// 400: no request.
    #[error(transparent)]
    Malformed(#[from] AddCheckpointError),
    /// 400: the old size is greater than the new one.
    #[error("the old size {old} is greater than the size of the checkpoint, {size}")]
    Backwards {
        /// What the request says.
        old: u64,
        /// The checkpoint's.
        size: u64,
    },
    /// 404: a log that this witness does not watch.
    #[error("this witness does not watch the log '{0}'")]
    UnknownLog(String),
    /// 403: not signed by the log, or with a signature that does not fit.
    #[error("the checkpoint is not signed by the key of its log: {0}")]
    BadSignature(crate::log::CheckpointError),
    /// 409: the witness remembers another size.
    #[error("the last checkpoint cosigned here has size {size}: prove that the new tree begins with that one")]
    Stale {
        /// The remembered size; 0 for none.
        size: u64,
    },
    /// 422: the new tree does not begin with the remembered one, as far as the proof tells.
    #[error("the tree of size {size} does not begin with the one of size {old} that was cosigned here: {error}")]
    Inconsistent {
        /// The remembered size.
        old: u64,
        /// The checkpoint's.
        size: u64,
        /// What the proof lacks.
        error: ProofError,
        /// Where a second checkpoint of the same size was kept, which proves that the log shows two histories.
        conflict: Option<PathBuf>,
    },
    /// 422: a tree without leaves has one root only.
    #[error("the checkpoint of size 0 does not have the root of the empty tree")]
    BadEmptyRoot,
    /// 500: the memory cannot be written; nothing was cosigned.
    #[error("the checkpoint could not be remembered, so it was not cosigned: {0}")]
    NotRemembered(#[from] MemoryError),
}

impl Refusal {
    /// The HTTP status that the protocol gives it.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) | Refusal::Backwards { .. } => 400,
            Refusal::BadSignature(_) => 403,
            Refusal::UnknownLog(_) => 404,
            Refusal::Stale { .. } => 409,
            Refusal::Inconsistent { .. } | Refusal::BadEmptyRoot => 422,
            Refusal::NotRemembered(_) => 500,
        }
    }
}

impl Witness {
    /// A witness that cosigns with `key`, for `logs`, with what `memory` has of them.
    ///
    /// # Errors
    /// [`MemoryError`] when something that was remembered cannot be trusted.
    pub fn new(key: VerifierKey, logs: &[VerifierKey], memory: Memory) -> Result<Self, MemoryError> {
        let watch = |log: &VerifierKey| Ok(Watched { log: log.clone(), newest: memory.newest(log, &key)? });
        let watched = logs.iter().map(watch).collect::<Result<_, MemoryError>>()?;
        Ok(Witness { key, watched: Mutex::new(watched), memory })
    }

    /// Who it is.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The logs it watches, with the size it remembers of each.
    pub fn logs(&self) -> Vec<(String, u64)> {
        let watched = self.watched();
        watched.iter().map(|one| (one.log.name().to_owned(), size_of(one.newest.as_ref()))).collect()
    }

    /// The newest checkpoint it cosigned, for the log whose origin has this SHA-256 in hex.
    pub fn newest(&self, origin_hash: &str) -> Option<SignedCheckpoint> {
        let is_meant = |one: &&Watched| Digest::of(one.log.name().as_bytes()).hex() == origin_hash;
        self.watched().iter().find(is_meant)?.newest.clone()
    }

    /// Judges a request, remembers the checkpoint, and gives the cosignature. `sign` holds the key's secret.
    ///
    /// # Errors
    /// [`Refusal`]; then nothing was cosigned.
    pub fn add(&self, body: &str, now: Instant, sign: &SignFn<'_>) -> Result<NoteSignature, Refusal> {
        let request = AddCheckpoint::parse(body)?;
        let checkpoint = request.checkpoint.checkpoint();
        let mut watched = self.watched();
        let one = watched.iter_mut().find(|one| one.log.name() == checkpoint.origin());
        let one = one.ok_or_else(|| Refusal::UnknownLog(checkpoint.origin().to_owned()))?;
        request.checkpoint.verify(std::slice::from_ref(&one.log)).map_err(Refusal::BadSignature)?;
        let remembered = one.newest.as_ref().map(SignedCheckpoint::checkpoint);
        if let Err(refusal) = follows(remembered, &request) {
            return Err(self.with_evidence(refusal, remembered, &request.checkpoint));
        }
        // Only the signatures that were checked are remembered and handed on.
        let mut cosigned = request.checkpoint.signed_by(std::slice::from_ref(&one.log));
        let seconds = u64::try_from(now.unix_seconds()).unwrap_or(0);
        let cosignature = cosigned.cosignature(seconds, &self.key, sign);
        cosigned.add(cosignature.clone());
        self.memory.remember(&cosigned)?;
        one.newest = Some(cosigned);
        Ok(cosignature)
    }

    /// Keeps a checkpoint that the log signed against one of the same size: two histories, provably.
    fn with_evidence(&self, refusal: Refusal, remembered: Option<&Checkpoint>, signed: &SignedCheckpoint) -> Refusal {
        let checkpoint = signed.checkpoint();
        match refusal {
            Refusal::Inconsistent { old, size, error, .. }
                if remembered.is_some_and(|known| known.size() == size && known.root() != checkpoint.root()) =>
            {
                // Without the evidence the refusal still stands.
                let conflict = self.memory.keep_conflict(signed).ok();
                Refusal::Inconsistent { old, size, error, conflict }
            }
            other => other,
        }
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, Vec<Watched>> {
        // A panic between comparison and memory leaves both as they were.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the checkpoint of the request may follow the remembered one.
fn follows(remembered: Option<&Checkpoint>, request: &AddCheckpoint) -> Result<(), Refusal> {
    let (old, checkpoint) = (request.old_size, request.checkpoint.checkpoint());
    let size = checkpoint.size();
    if old > size {
        return Err(Refusal::Backwards { old, size });
    }
    let known = remembered.map_or(0, Checkpoint::size);
    if old != known {
        return Err(Refusal::Stale { size: known });
    }
    if size == 0 && checkpoint.root() != empty_root() {
        return Err(Refusal::BadEmptyRoot);
    }
    let root = remembered.map_or_else(empty_root, Checkpoint::root);
    verify_consistency(old, root, size, checkpoint.root(), &request.proof).map_err(|error| Refusal::Inconsistent {
        old,
        size,
        error,
        conflict: None,
    })
}

fn size_of(newest: Option<&SignedCheckpoint>) -> u64 {
    newest.map_or(0, |signed| signed.checkpoint().size())
}
