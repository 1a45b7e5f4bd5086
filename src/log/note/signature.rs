//! One signature under a note: making, writing, reading, checking.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{SignatureType, VerifierKey, is_name};
use crate::log::SignFn;

/// What every signature line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// A signature line: a name, which of its keys signed, and the signature's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: u32,
    bytes: Vec<u8>,
}

/// A signature by a known key that fits the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedSignature {
    /// Whose it is.
    pub key: VerifierKey,
    /// What a witness says of the time, in seconds since 1970 (UTC); none under a log's own signature.
    pub cosigned_at: Option<u64>,
}

impl NoteSignature {
    /// Signs `text` as a log does: Ed25519 over the text alone.
    ///
    /// `key` says who signs and must be of type [`SignatureType::Note`]; `sign` holds the secret.
    pub fn sign(text: &str, key: &VerifierKey, sign: &SignFn<'_>) -> Self {
        NoteSignature { name: key.name().to_owned(), key_id: key.id(), bytes: sign(text.as_bytes()).to_vec() }
    }

    /// Cosigns `text` as a witness does: Ed25519 over a header, a time in seconds since 1970, and the text.
    ///
    /// `key` says who signs and must be of type [`SignatureType::Cosignature`]; `sign` holds the secret.
    pub fn cosign(text: &str, at: u64, key: &VerifierKey, sign: &SignFn<'_>) -> Self {
        let signature = sign(cosigned(at, text).as_bytes());
        let bytes = at.to_be_bytes().into_iter().chain(signature).collect();
        NoteSignature { name: key.name().to_owned(), key_id: key.id(), bytes }
    }

    /// Reads a line without its line feed: `— NAME BASE64`; at least one byte must follow the key's id.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let decoded = STANDARD.decode(encoded).ok()?;
        let (id, bytes) = decoded.split_first_chunk::<4>()?;
        let good = is_name(name) && !bytes.is_empty();
        good.then(|| NoteSignature { name: name.to_owned(), key_id: u32::from_be_bytes(*id), bytes: bytes.to_vec() })
    }

    /// The line, without a line feed.
    pub fn line(&self) -> String {
        let bytes: Vec<u8> = self.key_id.to_be_bytes().into_iter().chain(self.bytes.iter().copied()).collect();
        format!("{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }

    /// Who says to have signed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it says to be by `key`; whether it is, [`Note::verify`](super::Note::verify) tells.
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.key_id == key.id()
    }

    /// Whether both say to be by the same key.
    pub(super) fn is_by_same_key(&self, other: &NoteSignature) -> bool {
        (&self.name, self.key_id) == (&other.name, other.key_id)
    }

    /// The time (none for a log's own signature) when this is `key`'s signature over `text`; none when it is not.
    pub(super) fn verify(&self, text: &str, key: &VerifierKey) -> Option<Option<u64>> {
        match key.signature_type() {
            SignatureType::Note => {
                let signature = self.bytes.as_slice().try_into().ok()?;
                key.accepts(text.as_bytes(), signature).then_some(None)
            }
            SignatureType::Cosignature => {
                let (at, signature) = self.bytes.split_first_chunk::<8>()?;
                let at = u64::from_be_bytes(*at);
                // Nobody signed in 1970, and the specification ends the time at 2^63 - 1.
                let in_range = at > 0 && i64::try_from(at).is_ok();
                let fits = in_range && key.accepts(cosigned(at, text).as_bytes(), signature.try_into().ok()?);
                fits.then_some(Some(at))
            }
        }
    }
}

/// What a witness signs (c2sp.org/tlog-cosignature, "Ed25519 signed message").
fn cosigned(at: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {at}\n{text}")
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::log::{Note, NoteError};

    fn secret(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn key(seed: u8, signature_type: SignatureType) -> VerifierKey {
        VerifierKey::new("witness.example/w1", signature_type, secret(seed).verifying_key().as_bytes())
            .expect("a good key")
    }

    #[test]
    fn a_signature_and_a_cosignature_hold_for_their_text_only() {
        let (log, witness) = (key(1, SignatureType::Note), key(2, SignatureType::Cosignature));
        let mut note = Note::new("text\n".into()).expect("a text");
        note.add(NoteSignature::sign(note.text(), &log, &|bytes| secret(1).sign(bytes).to_bytes()));
        let at = 1_679_315_147;
        note.add(NoteSignature::cosign(note.text(), at, &witness, &|bytes| secret(2).sign(bytes).to_bytes()));
        let note = Note::parse(&note.print()).expect("its own print");
        let keys = [log, witness];
        let times: Vec<_> = note.verify(&keys).expect("both hold").iter().map(|one| one.cosigned_at).collect();
        assert_eq!(times, [None, Some(at)]);
        let other = Note::parse(&note.print().replace("text\n", "next\n")).expect("well formed");
        for one in &keys {
            let refused = other.verify(std::slice::from_ref(one));
            assert_eq!(refused, Err(NoteError::BadSignature("witness.example/w1".into())));
        }
    }

    #[test]
    fn a_cosignature_with_another_time_does_not_hold() {
        let witness = key(2, SignatureType::Cosignature);
        let sign = |bytes: &[u8]| secret(2).sign(bytes).to_bytes();
        let mut signature = NoteSignature::cosign("text\n", 5, &witness, &sign);
        assert_eq!(signature.verify("text\n", &witness), Some(Some(5)));
        signature.bytes[7] = 6;
        assert_eq!(signature.verify("text\n", &witness), None);
        for at in [0, 1 << 63, u64::MAX] {
            let signature = NoteSignature::cosign("text\n", at, &witness, &sign);
            assert_eq!(signature.verify("text\n", &witness), None, "{at}");
        }
    }

    #[test]
    fn a_note_signature_is_no_cosignature() {
        // The same key and name in the two roles: the ids differ, and so do the messages.
        let (note, witness) = (key(3, SignatureType::Note), key(3, SignatureType::Cosignature));
        let signature = NoteSignature::sign("text\n", &note, &|bytes| secret(3).sign(bytes).to_bytes());
        assert!(signature.is_by(&note) && !signature.is_by(&witness));
        assert_eq!(signature.verify("text\n", &witness), None);
    }
}
