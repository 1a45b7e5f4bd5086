//! Proof: what a publisher gets back for ever, and whether the signatures of a version hold, then and now.

use super::{Registry, RegistryError, Result};
use crate::{
    domain::{CertificationId, Instant},
    format::leaf::{self, LeafFacts},
    index::{At, VersionRow},
    log::TlogProof,
    signing::{self, AuthorityFile, AuthorityRole, Namespace, Role, SignatureReport},
};

/// Proof of publication. A pure function of the commits: the same for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The leaf's place in the log: the commit's place on `main`.
    pub index: u64,
    /// The leaf's exact text.
    pub leaf: String,
    /// The leaf's path in the tree of size index + 1, with that tree's checkpoint.
    pub proof: TlogProof,
    /// The commit, 40 lowercase hex digits.
    pub commit: String,
    /// The committer time.
    pub published_at: Instant,
}

/// The leaf of one commit.
pub(super) struct Leaf {
    /// Its exact text.
    pub leaf: String,
    /// 40 lowercase hex digits.
    pub commit: String,
    /// The committer time.
    pub published_at: Instant,
}

/// Whether the signatures of a version hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// One sentence for people.
    pub sentence: String,
    /// Whether everything holds as known when it was published.
    pub sound_then: bool,
    /// Whether everything holds as known now (a key may have been reported compromised since).
    pub sound_now: bool,
    /// A signature a row: as known then.
    pub then: Vec<SignatureReport>,
    /// A signature a row: as known now.
    pub now: Vec<SignatureReport>,
    /// The ring's version that was in force at publication; none for a transcription.
    pub ring_then: Option<u32>,
    /// The ring's version that is in force now; none for a transcription.
    pub ring_now: Option<u32>,
}

impl Registry {
    /// The receipt of the commit at `sequence`.
    ///
    /// # Errors
    /// Not found when there is no such commit.
    pub fn receipt(&self, sequence: u64) -> Result<Receipt> {
        let Leaf { leaf, commit, published_at } = self.leaf(sequence)?;
        Ok(Receipt { index: sequence, leaf, proof: self.tlog_proof(sequence)?, commit, published_at })
    }

    /// The leaf of the commit at `sequence`.
    ///
    /// # Errors
    /// Not found when there is no such commit; internal when the index is damaged.
    pub(super) fn leaf(&self, sequence: u64) -> Result<Leaf> {
        let Some((commit, published_at, files)) = self.index.commit(sequence)? else {
            return Err(RegistryError::not_found("sequence-not-found", format!("There is no commit {sequence} yet.")));
        };
        let registry = &self.settings.registry;
        let leaf =
            leaf::print(&LeafFacts { registry, index: sequence, time: published_at, commit: &commit, files: &files });
        // The rows of the index carry no digests: what it says of a commit is what the log has, or it is not told.
        if !self.log.has_leaf(sequence, &leaf) {
            return Err(RegistryError::internal(format!(
                "the index does not say of commit {sequence} what the log has"
            )));
        }
        Ok(Leaf { leaf, commit, published_at })
    }

    /// Checks the signatures of a version: as known at its publication, and as known now.
    ///
    /// # Errors
    /// Not found, or internal when the registry cannot read its own files. A bad signature is no error but a fact.
    pub fn verification(&self, id: &CertificationId, version: u32) -> Result<Verification> {
        let row = self.version(id, version)?;
        let document = self.bytes(&row.object, row.publication.digest)?;
        let text = |object: &Option<String>| object.as_ref().map(|object| self.text(object)).transpose();
        let signature = text(&row.signature_object)?;
        let countersignature = text(&row.countersignature_object)?;
        let at = row.publication.published_at;
        if row.kind == crate::domain::ChangeKind::Transcription {
            let (_, then) = self.authority_at(At::Sequence(row.publication.sequence))?;
            let facts = |authority: &AuthorityFile| {
                let (role, namespace) = (AuthorityRole::Department, Namespace::Transcription);
                let text = signature.as_deref();
                vec![signing::examine_authority_signature(&document, text, authority, role, namespace, at)]
            };
            return Ok(self.verified(&row, facts(&then), facts(&self.authority()), (None, None)));
        }
        let missing = || RegistryError::internal(format!("no ring of {} was in force at its publication", id.supplier));
        let then_row = self.index.ring_at(&id.supplier, At::Sequence(row.publication.sequence))?.ok_or_else(missing)?;
        let (then_row, then, _) = self.read_ring(then_row)?;
        let (now_row, now, _) = self.ring(&id.supplier, None)?;
        // Whoever is named must have signed, and whoever signed is checked.
        let two = countersignature.is_some() || self.content(&row)?.official.is_some();
        let facts = |ring| {
            let examine = |text: &Option<String>, role: Role| {
                let namespace = role.version_namespace();
                signing::examine_supplier_signature(&document, text.as_deref(), ring, role, namespace, at)
            };
            let official = two.then(|| examine(&countersignature, Role::Official));
            std::iter::once(examine(&signature, Role::Signatory)).chain(official).collect()
        };
        Ok(self.verified(&row, facts(&then), facts(&now), (Some(then_row.version), Some(now_row.version))))
    }

    fn verified(
        &self,
        row: &VersionRow,
        then: Vec<SignatureReport>,
        now: Vec<SignatureReport>,
        (ring_then, ring_now): (Option<u32>, Option<u32>),
    ) -> Verification {
        let holds = |facts: &[SignatureReport]| !facts.is_empty() && facts.iter().all(SignatureReport::is_good);
        let (sound_then, sound_now) = (holds(&then), holds(&now));
        let published = &row.publication;
        let what = format!(
            "Version {} of {}, published on {}",
            published.version,
            published.certification,
            published.published_at.day_in_london().in_words()
        );
        let sentence = match (row.kind, sound_then, sound_now, now.len()) {
            (crate::domain::ChangeKind::Transcription, true, true, _) => format!(
                "{what}, was transcribed from the supplier's published statement and signed by the Department; the supplier did not sign it."
            ),
            (_, true, true, 1) => {
                format!("{what}, is signed by one person with an enrolled key; it was not independently verified.")
            }
            (_, true, true, _) => {
                format!("{what}, is signed by two people with enrolled keys, and nothing in it was altered since.")
            }
            (crate::domain::ChangeKind::Transcription, true, false, _) => format!(
                "{what}, was transcribed by the Department with a key that has since been reported as unsafe for that time: ask the Department to transcribe it again."
            ),
            (_, true, false, _) => format!(
                "{what}, was accepted with good signatures, but a key that signed it has since been reported as unsafe for that time: ask the supplier to sign it again."
            ),
            (_, false, ..) => format!(
                "{what}, does not have the signatures that it needs: do not rely on it, and tell the registry's operator."
            ),
        };
        Verification { sentence, sound_then, sound_now, then, now, ring_then, ring_now }
    }
}
