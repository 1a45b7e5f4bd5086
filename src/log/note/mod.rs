//! Signed notes: a text, and the signatures under it (c2sp.org/signed-note).
//!
//! ```text
//! certreg.example/log
//! 7
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — certreg.example/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
//! ```
//!
//! Reading order: [`key`], [`signature`], then [`Note`].

pub mod key;
pub mod signature;

pub use key::{NoteKeyError, SignatureType, VerifierKey};
pub use signature::{NoteSignature, VerifiedSignature};

/// No note may be longer: far above what sixteen signatures need, far below what costs memory.
const MAX_NOTE_BYTES: usize = 256 * 1024;
/// As many signatures as are looked at; the specification asks for at least 16.
const MAX_SIGNATURES: usize = 64;

/// A text with its signatures; nothing is said about whether they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A text is no signed note, or its signatures do not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than 256 KiB.
    #[error("the note is longer than 256 KiB")]
    TooLong,
    /// More than 64 signatures.
    #[error("the note has more than 64 signatures")]
    TooManySignatures,
    /// A control character other than a line feed.
    #[error("the note has a control character in it; only line feeds may end its lines")]
    ControlCharacter,
    /// No empty line, no signature, or no line feed at the end.
    #[error("this is no signed note: a text, an empty line, then lines that begin with '— ' and the signer's name")]
    NoSignatures,
    /// The text does not end with a line feed.
    #[error("the text of a note must end with a line feed")]
    UnfinishedText,
    /// A signature line is written in another way.
    #[error("line {0} of the signatures is not '— NAME SIGNATURE' with the signature in base64")]
    BadSignatureLine(usize),
    /// A known key's signature does not fit the text.
    #[error("the signature by {0} does not fit: the note was altered, or not signed by {0}")]
    BadSignature(String),
    /// Nobody who is known has signed.
    #[error("none of the keys that are known here has signed this note")]
    NoKnownSignature,
}

impl Note {
    /// A text that nobody has signed yet. It cannot be written before it has a signature.
    ///
    /// # Errors
    /// [`NoteError::UnfinishedText`], [`NoteError::ControlCharacter`], [`NoteError::TooLong`].
    pub fn new(text: String) -> Result<Self, NoteError> {
        check_characters(&text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::UnfinishedText);
        }
        Ok(Note { text, signatures: Vec::new() })
    }

    /// Reads a note: what [`Note::print`] writes, to the byte.
    ///
    /// # Errors
    /// Every variant of [`NoteError`] but those about signatures that do not hold.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        check_characters(note)?;
        // The text may hold empty lines; the last one ends it.
        let end = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, lines) = (&note[..=end], &note[end + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        if lines.bytes().filter(|byte| *byte == b'\n').count() >= MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let read = |(i, line)| NoteSignature::parse(line).ok_or(NoteError::BadSignatureLine(i + 1));
        let signatures = lines.split('\n').enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Note { text: text.to_owned(), signatures })
    }

    /// The text, its last line feed included: what is signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in the order of the note.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature below the others, in place of an older one by the same key.
    pub fn add(&mut self, signature: NoteSignature) {
        self.signatures.retain(|other| !other.is_by_same_key(&signature));
        self.signatures.push(signature);
    }

    /// The note with those signatures only that `keep` chooses.
    pub fn retain(&mut self, keep: impl FnMut(&NoteSignature) -> bool) {
        self.signatures.retain(keep);
    }

    /// Writes the text, an empty line and a line a signature.
    pub fn print(&self) -> String {
        let lines: String = self.signatures.iter().map(|signature| format!("{}\n", signature.line())).collect();
        format!("{}\n{lines}", self.text)
    }

    /// Checks the signatures by `keys`; those by others are passed over.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] when one by a known key does not fit, even if others do;
    /// [`NoteError::NoKnownSignature`].
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<VerifiedSignature>, NoteError> {
        let mut verified = Vec::new();
        for signature in &self.signatures {
            let Some(key) = keys.iter().find(|key| signature.is_by(key)) else { continue };
            let Some(cosigned_at) = signature.verify(&self.text, key) else {
                return Err(NoteError::BadSignature(key.name().to_owned()));
            };
            verified.push(VerifiedSignature { key: key.clone(), cosigned_at });
        }
        if verified.is_empty() { Err(NoteError::NoKnownSignature) } else { Ok(verified) }
    }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong);
    }
    let control = text.bytes().any(|byte| byte < 0x20 && byte != b'\n');
    if control { Err(NoteError::ControlCharacter) } else { Ok(()) }
}

/// A key name: not empty, without white space or a plus sign.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of c2sp.org/signed-note.
    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\
        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    #[test]
    fn the_example_of_the_specification_holds() {
        let key: VerifierKey = KEY.parse().expect("the example's key");
        let note = Note::parse(NOTE).expect("the example's note");
        assert_eq!(note.text(), "This is an example message.\n");
        assert_eq!(note.print(), NOTE);
        let verified = note.verify(std::slice::from_ref(&key)).expect("it holds");
        assert_eq!(verified, [VerifiedSignature { key, cosigned_at: None }]);
    }

    #[test]
    fn an_altered_text_or_signature_is_refused_and_an_unknown_one_passed_over() {
        let keys: Vec<VerifierKey> = vec![KEY.parse().expect("the example's key")];
        let altered = Note::parse(&NOTE.replace("example message", "example massage")).expect("well formed");
        assert_eq!(altered.verify(&keys), Err(NoteError::BadSignature("example.com/foo".into())));
        let other_name = Note::parse(&NOTE.replace("— example.com/foo", "— example.com/fox")).expect("well formed");
        assert_eq!(other_name.verify(&keys), Err(NoteError::NoKnownSignature));
        let unknown = format!("{NOTE}— example.com/else AAAAAAAA\n");
        assert_eq!(Note::parse(&unknown).expect("well formed").verify(&keys).expect("it holds").len(), 1);
        let wrong_beside_good = format!("{NOTE}— example.com/foo Uw2QOkn8srV1\n");
        let refused = Note::parse(&wrong_beside_good).expect("well formed").verify(&keys);
        assert_eq!(refused, Err(NoteError::BadSignature("example.com/foo".into())));
    }

    #[test]
    fn a_text_may_hold_empty_lines() {
        let (text, signature) = NOTE.split_once("\n\n").expect("an empty line");
        let note = Note::parse(&format!("a\n\n{text}\n\n\n{signature}")).expect("well formed");
        assert_eq!(note.text(), format!("a\n\n{text}\n\n"));
        assert_eq!(note.signatures().len(), 1);
    }

    #[test]
    fn other_spellings_are_refused() {
        let cases = [
            (String::new(), NoteError::NoSignatures),
            ("text\n".into(), NoteError::NoSignatures),
            ("text\n\n".into(), NoteError::NoSignatures),
            (NOTE.trim_end().into(), NoteError::NoSignatures),
            (NOTE.replace('\n', "\r\n"), NoteError::ControlCharacter),
            (NOTE.replace("an ", "an\t"), NoteError::ControlCharacter),
            (NOTE.replace('—', "-"), NoteError::BadSignatureLine(1)),
            (NOTE.replace("— ", "—"), NoteError::BadSignatureLine(1)),
            (NOTE.replace("foo ", "foo  "), NoteError::BadSignatureLine(1)),
            (NOTE.replace("foo ", "f+o "), NoteError::BadSignatureLine(1)),
            (NOTE.replace("aQM=", "aQM"), NoteError::BadSignatureLine(1)),
            (NOTE.replace("aQM=", "aQN="), NoteError::BadSignatureLine(1)),
            (format!("{NOTE}— example.com/foo AAAA\n"), NoteError::BadSignatureLine(2)),
            (format!("{NOTE}{}", "— a AAAAAAAA\n".repeat(64)), NoteError::TooManySignatures),
            ("x".repeat(MAX_NOTE_BYTES + 1), NoteError::TooLong),
        ];
        for (note, error) in cases {
            assert_eq!(Note::parse(&note), Err(error), "{note:.200}");
        }
        assert!(Note::parse(&format!("{NOTE}{}", "— a AAAAAAAA\n".repeat(63))).is_ok());
        assert_eq!(Note::new("no line feed".into()), Err(NoteError::UnfinishedText));
    }

    #[test]
    fn a_newer_signature_by_the_same_key_takes_the_place_of_the_older() {
        let mut note = Note::parse(NOTE).expect("well formed");
        let again = note.signatures()[0].clone();
        note.add(again);
        assert_eq!(note.print(), NOTE);
    }
}
