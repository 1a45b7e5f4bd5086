//! Verifier keys: who may sign a note, and how (c2sp.org/signed-note, "Verifier keys").

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::is_name;

/// What a signature says, and how it is made. Both are Ed25519.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureType {
    /// `0x01`: over the text; how logs sign their checkpoints.
    Note,
    /// `0x04`: over a time and the text; how witnesses cosign them (c2sp.org/tlog-cosignature).
    Cosignature,
}

/// A name and the Ed25519 key that signs under it, in one role.
///
/// Small-order keys are refused because one signature can fit every text under such a key, and other encodings because
/// one key must have one id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    name: String,
    signature_type: SignatureType,
    key: [u8; 32],
}

/// A text is no verifier key that can be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteKeyError {
    /// Not three parts.
    #[error("a verifier key looks like 'NAME+HASH+KEY': a name, 8 hex digits, and the key in base64")]
    NotAKey,
    /// Empty, or with a space or a plus sign.
    #[error("the name of a verifier key may not be empty and has no spaces and no plus sign")]
    BadName,
    /// The hash is that of another name or key.
    #[error("the verifier key is damaged: its hash does not fit its name and key; copy it again")]
    OtherHash,
    /// ECDSA, ML-DSA, …
    #[error("only Ed25519 verifier keys can be used here: signature type 1 (logs) or 4 (witnesses), not {0}")]
    OtherType(u8),
    /// Not a point of full order in its canonical encoding.
    #[error("the verifier key is no valid Ed25519 key; make a new one")]
    BadKey,
}

impl SignatureType {
    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        match self {
            SignatureType::Note => 0x01,
            SignatureType::Cosignature => 0x04,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [SignatureType::Note, SignatureType::Cosignature].into_iter().find(|known| known.byte() == byte)
    }
}

impl VerifierKey {
    /// A name with the 32 bytes of a key (RFC 8032).
    ///
    /// # Errors
    /// [`NoteKeyError::BadName`], [`NoteKeyError::BadKey`].
    pub fn new(name: &str, signature_type: SignatureType, key: &[u8; 32]) -> Result<Self, NoteKeyError> {
        if !is_name(name) {
            return Err(NoteKeyError::BadName);
        }
        let point = VerifyingKey::from_bytes(key).map_err(|_| NoteKeyError::BadKey)?;
        if point.is_weak() || point.to_edwards().compress().as_bytes() != key {
            return Err(NoteKeyError::BadKey);
        }
        Ok(VerifierKey { name: name.to_owned(), signature_type, key: *key })
    }

    /// Whose key it is; for a log, the origin of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn signature_type(&self) -> SignatureType {
        self.signature_type
    }

    /// The 32 bytes of the key.
    pub fn key_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// The four bytes that, with the name, say which key made a signature: the beginning of the SHA-256 of name, line
    /// feed, type and key.
    pub fn id(&self) -> u32 {
        let typed = [b'\n', self.signature_type.byte()];
        let hash = Sha256::new().chain_update(&self.name).chain_update(typed).chain_update(self.key).finalize();
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
    }

    /// Whether `signature` is this key's over `message`, strictly: no second S, no small-order R.
    pub(super) fn accepts(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let key = VerifyingKey::from_bytes(&self.key);
        key.and_then(|key| key.verify_strict(message, &Signature::from_bytes(signature))).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed: Vec<u8> = std::iter::once(self.signature_type.byte()).chain(self.key).collect();
        write!(f, "{}+{:08x}+{}", self.name, self.id(), STANDARD.encode(typed))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VerifierKey {
    type Err = NoteKeyError;
    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        // Base64 has plus signs, too: only the first two part.
        let mut parts = text.splitn(3, '+');
        let (name, id) = (parts.next().unwrap_or_default(), parts.next().ok_or(NoteKeyError::NotAKey)?);
        let typed = STANDARD.decode(parts.next().ok_or(NoteKeyError::NotAKey)?).map_err(|_| NoteKeyError::NotAKey)?;
        let (byte, key) = typed.split_first().ok_or(NoteKeyError::NotAKey)?;
        let signature_type = SignatureType::from_byte(*byte).ok_or(NoteKeyError::OtherType(*byte))?;
        let read = VerifierKey::new(name, signature_type, key.try_into().map_err(|_| NoteKeyError::NotAKey)?)?;
        if format!("{:08x}", read.id()) == id { Ok(read) } else { Err(NoteKeyError::OtherHash) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn a_key_reads_back_and_only_in_its_one_spelling() {
        let key: VerifierKey = KEY.parse().expect("the specification's example");
        assert_eq!((key.name(), key.id()), ("example.com/foo", 0x530d_903a));
        assert_eq!(key.to_string(), KEY);
        let witness = VerifierKey::new(key.name(), SignatureType::Cosignature, key.key_bytes()).expect("a good key");
        assert_ne!(witness.id(), key.id(), "the same key in another role has another id");
        assert_eq!(witness.to_string().parse(), Ok(witness));
        let cases = [
            ("", NoteKeyError::NotAKey),
            ("example.com/foo", NoteKeyError::NotAKey),
            ("example.com/foo+530d903a", NoteKeyError::NotAKey),
            ("example.com/foo+530d903a+", NoteKeyError::NotAKey),
            ("example.com/foo+530d903a+AQ==", NoteKeyError::NotAKey),
            (&KEY.replace("foo+", "fox+"), NoteKeyError::OtherHash),
            (&KEY.replace("530d903a", "530D903A"), NoteKeyError::OtherHash),
            (&KEY.replace("530d903a", "0530d903a"), NoteKeyError::OtherHash),
            (&KEY.replace("example.com/foo", ""), NoteKeyError::BadName),
            (&KEY.replace("/foo", " foo"), NoteKeyError::BadName),
            (&KEY.replace("/foo", "\u{a0}foo"), NoteKeyError::BadName),
            (&format!("{KEY}\n"), NoteKeyError::NotAKey),
            (&KEY.replace("+AekyeRr", "+BukyeRr"), NoteKeyError::OtherType(6)),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_key_under_which_one_signature_fits_everything_is_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(VerifierKey::new("a", SignatureType::Note, &identity), Err(NoteKeyError::BadKey));
        let mut unreduced = [0xff; 32];
        (unreduced[0], unreduced[31]) = (0xf0, 0x7f);
        assert_eq!(VerifierKey::new("a", SignatureType::Note, &unreduced), Err(NoteKeyError::BadKey));
    }
}
