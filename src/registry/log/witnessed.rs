//! Asking the witnesses that the trust policy names, beside the publish path: nobody who publishes waits for them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError, atomic::Ordering},
};

use crate::{
    format::paths,
    log::{Policy, SignedCheckpoint, policy::Witness},
    registry::{Registry, RegistryError, Result},
    store::Head,
    witness::{self, Cosignature, WitnessError},
};

/// How far the registry's clock may be ahead of the times that witnesses give.
const CLOCK_AHEAD_SECONDS: i64 = 24 * 60 * 60;

/// The size that each witness was last seen to remember, by its address.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<BTreeMap<String, u64>>);

impl Remembered {
    fn of(&self, url: &str) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(url).copied().unwrap_or(0)
    }

    fn note(&self, url: &str, size: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), size);
    }
}

/// What asking the witnesses came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many cosigned.
    pub cosigned: usize,
    /// Whether the checkpoint that is shown is now the newest one, with the quorum that the trust policy asks for.
    pub shown: bool,
    /// Who did not, and why: one sentence each.
    pub failures: Vec<String>,
}

impl Registry {
    /// The trust policy in force.
    ///
    /// # Errors
    /// Internal when the registry cannot read its own file.
    pub fn trust_policy(&self) -> Result<Policy> {
        let head = self.index.head()?.ok_or_else(|| RegistryError::internal("there is no commit yet"))?;
        let commit = head.commit.parse().map_err(|_| RegistryError::internal("the index names no commit"))?;
        let snapshot = self.reader.at(Head { commit, sequence: head.sequence, time: head.time });
        let bytes = snapshot.read(&paths::trust_policy()).map_err(RegistryError::internal)?;
        let bytes = bytes.ok_or_else(|| RegistryError::internal("the repository has no trust policy"))?;
        Policy::parse(str::from_utf8(&bytes).map_err(RegistryError::internal)?).map_err(RegistryError::internal)
    }

    /// Asks every witness to cosign the newest checkpoint, and shows it once it has its quorum. Does nothing where the
    /// policy names no witnesses, or when `always` is not set and the newest checkpoint is shown already. Blocks for as
    /// long as the slowest witness takes, ten seconds at most.
    ///
    /// # Errors
    /// Internal only; witnesses that fail are told in the answer.
    pub fn ask_witnesses(&self, always: bool) -> Result<Asked> {
        let mut checkpoint = self.own_checkpoint()?;
        let is_shown = self.shown_size() == Some(checkpoint.checkpoint().size());
        if is_shown && !always {
            return Ok(Asked { shown: true, ..Asked::default() });
        }
        let policy = self.trust_policy()?;
        let mut asked = Asked::default();
        let mut latest = None;
        for (witness, answer) in self.answers(&policy, &checkpoint) {
            match answer {
                Ok(cosignature) => {
                    latest = latest.max(i64::try_from(cosignature.at).ok());
                    checkpoint.add(cosignature.signature);
                    asked.cosigned += 1;
                }
                Err(error) => {
                    asked.failures.push(format!("{}: {error}", witness.name));
                    self.heed(witness, &error);
                }
            }
        }
        if let Some(latest) = latest {
            let ahead = self.clock.now().unix_seconds() - latest > CLOCK_AHEAD_SECONDS;
            self.log.clock_is_ahead.store(ahead, Ordering::SeqCst);
        }
        asked.shown = !policy.witnesses().is_empty() && policy.check(&checkpoint).is_ok();
        if asked.shown {
            self.show_cosigned(checkpoint);
        }
        Ok(asked)
    }

    /// A witness that remembers another history may lie; a checkpoint with this log's own signature does not. Once one
    /// is seen that is not of this tree, nothing more may be signed.
    fn heed(&self, witness: &Witness, error: &WitnessError) {
        let grave = matches!(error, WitnessError::Ahead { .. } | WitnessError::Refused { status: 422, .. });
        let Some(url) = witness.url.as_deref().filter(|_| grave) else { return };
        let Ok(Some(text)) = witness::newest(url, self.log.key.name()) else { return };
        let Ok(signed) = SignedCheckpoint::parse(&text) else { return };
        let is_own = signed.verify(std::slice::from_ref(&self.log.key)).is_ok_and(|signers| !signers.is_empty());
        let other = signed.checkpoint();
        let ours = self.log.read(|tree| tree.root_at(other.size())).filter(|_| other.size() <= self.log.size());
        if is_own && ours != Some(other.root()) {
            *self.log.contradiction.write().unwrap_or_else(PoisonError::into_inner) = Some(other.clone());
        }
    }

    /// Every witness's answer; they are asked side by side.
    fn answers<'p>(
        &self,
        policy: &'p Policy,
        checkpoint: &SignedCheckpoint,
    ) -> Vec<(&'p Witness, std::result::Result<Cosignature, WitnessError>)> {
        let size = checkpoint.checkpoint().size();
        let proof = |old: u64| self.consistency(old, Some(size)).ok().map(|(_, proof)| proof.path);
        let remembered = &self.log.remembered;
        let ask = |witness: &'p Witness| {
            let url = witness.url.as_deref()?;
            let answer = witness::ask_catching_up(url, &witness.key, remembered.of(url), checkpoint, &proof);
            match &answer {
                Ok(_) => remembered.note(url, size),
                // Begin with what it says the next time.
                Err(WitnessError::Stale { size }) => remembered.note(url, *size),
                Err(_) => {}
            }
            Some((witness, answer))
        };
        std::thread::scope(|scope| {
            let ask = &ask;
            let asked: Vec<_> = policy.witnesses().iter().map(|witness| scope.spawn(move || ask(witness))).collect();
            asked.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
        })
    }
}
