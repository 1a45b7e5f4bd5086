//! Proofs that can be kept: that a leaf is in a log, with the checkpoint that says so (c2sp.org/tlog-proof).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Accepted, CheckpointError, Hash, Policy, PolicyError, ProofError, SignedCheckpoint, decimal, verify_inclusion,
};

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// As many hashes as a path can have in a tree of 2^63 leaves.
const MAX_HASHES: usize = 63;

/// A leaf's place, its path, and a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: u64,
    path: Vec<Hash>,
    checkpoint: SignedCheckpoint,
}

/// A text is no proof, or the proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Another first line, a line that is no hash, or no empty line before the checkpoint.
    #[error(
        "this is no proof that can be read here: a line '{HEADER}', a line 'index N', the hashes of the path, an empty \
         line, and a checkpoint"
    )]
    NotAProof,
    /// The checkpoint in it cannot be read.
    #[error("the checkpoint in the proof: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint does not fit the trust policy.
    #[error("the checkpoint in the proof: {0}")]
    Policy(#[from] PolicyError),
    /// The leaf is not in the tree of the checkpoint.
    #[error("the leaf is not in the log: {0}")]
    Path(#[from] ProofError),
}

impl TlogProof {
    /// The proof that leaf `index` is in the tree of `checkpoint`, by `path`
    /// ([`Tree::inclusion`](super::Tree::inclusion)).
    pub fn new(index: u64, path: Vec<Hash>, checkpoint: SignedCheckpoint) -> Self {
        TlogProof { extra: None, index, path, checkpoint }
    }

    /// Reads what [`TlogProof::print`] writes, to the byte.
    ///
    /// # Errors
    /// [`TlogProofError::NotAProof`], [`TlogProofError::Checkpoint`].
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(TlogProofError::NotAProof)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(TlogProofError::NotAProof);
        }
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => Some(read_extra(line).ok_or(TlogProofError::NotAProof)?),
            None => None,
        };
        let index = lines.next().and_then(|line| decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(TlogProofError::NotAProof)?;
        let path: Vec<Hash> = lines.map(str::parse).collect::<Result<_, _>>().map_err(|_| TlogProofError::NotAProof)?;
        if path.len() > MAX_HASHES {
            return Err(TlogProofError::NotAProof);
        }
        Ok(TlogProof { extra, index, path, checkpoint: SignedCheckpoint::parse(checkpoint)? })
    }

    /// Writes the proof; files of it are named `….tlog-proof`.
    pub fn print(&self) -> String {
        let extra = self.extra.as_ref().map_or(String::new(), |extra| format!("extra {}\n", STANDARD.encode(extra)));
        let path: String = self.path.iter().map(|hash| format!("{hash}\n")).collect();
        format!("{HEADER}\n{extra}index {}\n{path}\n{}", self.index, self.checkpoint.print())
    }

    /// The leaf's place in the log; 0 is the first.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The path, from the leaf's sibling upwards.
    pub fn path(&self) -> &[Hash] {
        &self.path
    }

    /// The checkpoint, not checked yet.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Opaque data that nothing vouches for; this registry writes none.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// Checks that the leaf with this hash is in the log, by a checkpoint that fits `policy`.
    ///
    /// # Errors
    /// [`TlogProofError::Policy`], [`TlogProofError::Path`].
    pub fn verify(&self, leaf: Hash, policy: &Policy) -> Result<Accepted, TlogProofError> {
        let accepted = policy.check(&self.checkpoint)?;
        let checkpoint = self.checkpoint.checkpoint();
        verify_inclusion(leaf, self.index, checkpoint.size(), &self.path, checkpoint.root())?;
        Ok(accepted)
    }
}

fn read_extra(line: &str) -> Option<Vec<u8>> {
    STANDARD.decode(line.strip_prefix("extra ")?).ok().filter(|extra| !extra.is_empty())
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::log::{Checkpoint, SignatureType, Tree, VerifierKey, leaf_hash};

    fn proof() -> (TlogProof, Policy) {
        let secret = SigningKey::from_bytes(&[1; 32]);
        let key = VerifierKey::new("certreg.example/log", SignatureType::Note, secret.verifying_key().as_bytes());
        let key = key.expect("a good key");
        let mut tree = Tree::new();
        (0..7_u64).for_each(|index| tree.push(leaf_hash(&index.to_be_bytes())));
        let checkpoint = Checkpoint::new("certreg.example/log", 7, tree.root()).expect("an origin");
        let signed = checkpoint.sign(&key, &|bytes| secret.sign(bytes).to_bytes());
        let path = tree.inclusion(4, 7).expect("within the tree");
        (TlogProof::new(4, path, signed), Policy::of_log(key).expect("a log's key"))
    }

    #[test]
    fn a_proof_reads_back_and_holds_for_its_leaf_only() {
        let (proof, policy) = proof();
        let text = proof.print();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 4\n"), "{text}");
        assert_eq!(TlogProof::parse(&text), Ok(proof.clone()));
        assert!(proof.verify(leaf_hash(&4_u64.to_be_bytes()), &policy).is_ok());
        let other = proof.verify(leaf_hash(&5_u64.to_be_bytes()), &policy);
        assert_eq!(other, Err(TlogProofError::Path(ProofError::OtherRoot)));
        let elsewhere = TlogProof::parse(&text.replace("index 4", "index 5")).expect("well formed");
        let refused = elsewhere.verify(leaf_hash(&4_u64.to_be_bytes()), &policy);
        assert_eq!(refused, Err(TlogProofError::Path(ProofError::OtherRoot)));
        let extra = text.replace("index", "extra YWJj\nindex");
        let with_extra = TlogProof::parse(&extra).expect("well formed");
        assert_eq!((with_extra.extra(), with_extra.print()), (Some(&b"abc"[..]), extra));
    }

    #[test]
    fn other_spellings_are_refused() {
        let text = proof().0.print();
        for wrong in [
            String::new(),
            text.replace("@v1", "@v2"),
            text.replace("index 4", "index 04"),
            text.replace("index 4", "index -4"),
            text.replace("index 4\n", ""),
            text.replace("index 4", "extra \nindex 4"),
            text.replace("index 4", "extra YWJj\nextra YWJj\nindex 4"),
            text.replace("index 4\n", "index 4\nindex 4\n"),
            text.replace("index 4\n", "index 4\n\n"),
            text.replace('\n', "\r\n"),
            text.replacen("=\n", "\n", 1),
            text.replace("index 4\n", &format!("index 4\n{}", format!("{}\n", leaf_hash(b"")).repeat(61))),
            text.trim_end().to_owned(),
        ] {
            assert!(TlogProof::parse(&wrong).is_err(), "{wrong}");
        }
    }
}
