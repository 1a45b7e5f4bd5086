//! Checkpoints: what a log says of its tree, and the note it says it in (c2sp.org/tlog-checkpoint).

use super::{Hash, Note, NoteError, NoteSignature, SignFn, VerifiedSignature, VerifierKey, decimal};
use crate::domain::RegistryId;

/// The origin of a registry's log: `R/log`.
pub fn origin(registry: &RegistryId) -> String {
    format!("{registry}/log")
}

/// The size and root of a log's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// A text is no checkpoint, or nobody known has signed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Fewer than three lines, an empty one, or no line feed at the end.
    #[error("a checkpoint has at least three lines: the log's name, the number of leaves, and the root in base64")]
    NotACheckpoint,
    /// The second line.
    #[error("the second line of a checkpoint is the number of leaves, in digits, without leading zeroes")]
    BadSize,
    /// The third line.
    #[error("the third line of a checkpoint is the root: 32 bytes in base64")]
    BadRoot,
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// What a log without extension lines says.
    ///
    /// # Errors
    /// [`CheckpointError::NotACheckpoint`] when the origin is empty or more than a line.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        if origin.is_empty() || origin.contains(char::is_control) {
            return Err(CheckpointError::NotACheckpoint);
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root, extensions: Vec::new() })
    }

    /// Reads the text of the note: what [`Checkpoint::print`] writes, to the byte.
    ///
    /// # Errors
    /// [`CheckpointError`], but not for the note around it.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::NotACheckpoint)?;
        let lines: Vec<&str> = lines.split('\n').collect();
        let [origin, size, root, extensions @ ..] = lines.as_slice() else {
            return Err(CheckpointError::NotACheckpoint);
        };
        if lines.iter().any(|line| line.is_empty()) {
            return Err(CheckpointError::NotACheckpoint);
        }
        let size = decimal(size).ok_or(CheckpointError::BadSize)?;
        let root = root.parse().map_err(|_| CheckpointError::BadRoot)?;
        let extensions = extensions.iter().map(|line| (*line).to_owned()).collect();
        Ok(Checkpoint { extensions, ..Checkpoint::new(origin, size, root)? })
    }

    /// The text of the note: three lines, and the extension lines if there are any.
    pub fn print(&self) -> String {
        let extensions: String = self.extensions.iter().map(|line| format!("{line}\n")).collect();
        format!("{}\n{}\n{}\n{extensions}", self.origin, self.size, self.root)
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Further lines; nobody but the log vouches for them, and this registry writes none.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Signs it as its log.
    ///
    /// A log that signs two checkpoints of which neither tree begins with the other is burnt: the caller makes sure,
    /// and keeps size and root durably, before this is called.
    pub fn sign(self, key: &VerifierKey, sign: &SignFn<'_>) -> SignedCheckpoint {
        let mut note = Note::new(self.print()).expect("a checkpoint has no control characters and ends its lines");
        note.add(NoteSignature::sign(note.text(), key, sign));
        SignedCheckpoint { checkpoint: self, note }
    }
}

/// A checkpoint in its signed note; nothing is said about whether the signatures hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Reads a signed note that holds a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError`]; no signature is checked yet.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let note = Note::parse(text)?;
        Ok(SignedCheckpoint { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// The exact text of the signed note.
    pub fn print(&self) -> String {
        self.note.print()
    }

    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note with its signatures.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Checks the signatures by `keys`; see [`Note::verify`].
    ///
    /// # Errors
    /// [`CheckpointError::Note`].
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<VerifiedSignature>, CheckpointError> {
        Ok(self.note.verify(keys)?)
    }

    /// A witness's signature over it, at an instant in seconds since 1970.
    pub fn cosignature(&self, at: u64, key: &VerifierKey, sign: &SignFn<'_>) -> NoteSignature {
        NoteSignature::cosign(self.note.text(), at, key, sign)
    }

    /// Adds a signature, in place of an older one by the same key.
    pub fn add(&mut self, signature: NoteSignature) {
        self.note.add(signature);
    }

    /// The same checkpoint with the signatures by `keys` only, whether or not they hold.
    pub fn signed_by(&self, keys: &[VerifierKey]) -> SignedCheckpoint {
        let mut kept = self.clone();
        kept.note.retain(|signature| keys.iter().any(|key| signature.is_by(key)));
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::leaf_hash;

    /// The example of c2sp.org/tlog-checkpoint.
    const BODY: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    const SIGNATURES: &str = "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn the_example_of_the_specification_reads_back() {
        let text = format!("{BODY}\n{SIGNATURES}");
        let signed = SignedCheckpoint::parse(&text).expect("the example");
        assert_eq!(signed.checkpoint().origin(), "example.com/behind-the-sofa");
        assert_eq!(signed.checkpoint().size(), 20_852_163);
        assert_eq!(signed.print(), text);
        let extended = Checkpoint::parse(&format!("{BODY}one\ntwo\n")).expect("extension lines are allowed");
        assert_eq!(extended.extensions(), ["one", "two"]);
        assert_eq!(extended.print(), format!("{BODY}one\ntwo\n"));
        assert!(Checkpoint::new("a\nb", 0, leaf_hash(b"")).is_err());
    }

    #[test]
    fn other_spellings_are_refused() {
        use CheckpointError::{BadRoot, BadSize, NotACheckpoint};
        let cases = [
            (String::new(), NotACheckpoint),
            ("a\n1\n".into(), NotACheckpoint),
            (BODY.trim_end().into(), NotACheckpoint),
            (format!("{BODY}\n"), NotACheckpoint),
            (format!("{BODY}\nmore\n"), NotACheckpoint),
            (BODY.replace("example.com/behind-the-sofa", ""), NotACheckpoint),
            (BODY.replace("20852163", "020852163"), BadSize),
            (BODY.replace("20852163", "+20852163"), BadSize),
            (BODY.replace("20852163", "20852163 "), BadSize),
            (BODY.replace("20852163", "99999999999999999999"), BadSize),
            (BODY.replace("20852163", "٣"), BadSize),
            (BODY.replace("q2I=", "q2I"), BadRoot),
            (BODY.replace("q2I=", "q2J="), BadRoot),
        ];
        for (text, error) in cases {
            assert_eq!(Checkpoint::parse(&text), Err(error), "{text}");
        }
    }
}
