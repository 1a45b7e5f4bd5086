//! Public keys: Ed25519 only, as OpenSSH writes them.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::STANDARD_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};

use super::wire::{put_string, take_string};
use crate::domain::Digest;

/// The name of the only key type (and signature type) in use: `ssh-ed25519`.
pub const KEY_TYPE: &str = "ssh-ed25519";

/// An Ed25519 public key of full order in its one canonical encoding (RFC 8032 §5.1.3).
///
/// Small-order keys are refused because one signature can fit every document under such a key, and other
/// encodings because one key must have one fingerprint. Keys are ordered by their 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

/// A text or bytes are not a key that may sign here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The line does not begin with a key type.
    #[error(
        "this is not a public key line; it looks like 'ssh-ed25519 AAAA… comment' and is in the file that ends in .pub"
    )]
    NotALine,
    /// RSA, ECDSA, a security key or anything else.
    #[error("only Ed25519 keys can sign here; make one with 'certreg keygen' or 'ssh-keygen -t ed25519'")]
    OtherType,
    /// The middle of the line is not base64 of a key, to the last bit.
    #[error("the public key is damaged; copy the whole line of the .pub file again")]
    Damaged,
    /// Not a point of the curve, or not in its canonical encoding.
    #[error("the public key is not a valid Ed25519 key; make a new one")]
    Invalid,
    /// A small-order point.
    #[error("the public key is weak: one signature would fit every document; make a new one")]
    Weak,
}

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] for other than the canonical encoding of a point, [`KeyError::Weak`] for a point
    /// of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Invalid)?;
        if !is_canonical(bytes) {
            return Err(KeyError::Invalid);
        }
        debug_assert_eq!(key.to_edwards().compress().as_bytes(), bytes, "encoding again gives the same");
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(PublicKey(*bytes)) }
    }

    /// Reads the SSH key blob: `string "ssh-ed25519"`, `string key` (RFC 8709 §4), and nothing after it.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] for other framing, [`KeyError::OtherType`] for another key type, and the errors of
    /// [`PublicKey::from_bytes`].
    pub fn from_blob(mut blob: &[u8]) -> Result<Self, KeyError> {
        let key_type = take_string(&mut blob).ok_or(KeyError::Damaged)?;
        if key_type != KEY_TYPE.as_bytes() {
            return Err(KeyError::OtherType);
        }
        let key = take_string(&mut blob).ok_or(KeyError::Damaged)?;
        let key: &[u8; 32] = key.try_into().map_err(|_| KeyError::Damaged)?;
        if blob.is_empty() { PublicKey::from_bytes(key) } else { Err(KeyError::Damaged) }
    }

    /// Reads a line of a `.pub` file: `ssh-ed25519 AAAA…`, then, after a space, a comment that is ignored.
    ///
    /// One line end (LF or CR LF) is allowed; the base64 must be exact, padding and unused bits included.
    ///
    /// # Errors
    /// [`KeyError`], by what is wrong with the line.
    pub fn parse_line(line: &str) -> Result<Self, KeyError> {
        let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        let (key_type, rest) = line.split_once(' ').ok_or(KeyError::NotALine)?;
        if line.contains(['\n', '\r']) {
            return Err(KeyError::NotALine);
        }
        match key_type {
            KEY_TYPE => {}
            _ if looks_like_key_type(key_type) => return Err(KeyError::OtherType),
            _ => return Err(KeyError::NotALine),
        }
        let encoded = rest.split(' ').next().unwrap_or_default();
        PublicKey::from_blob(&STANDARD.decode(encoded).map_err(|_| KeyError::Damaged)?)
    }

    /// The key as OpenSSH writes it, without a comment: `ssh-ed25519 AAAA…`.
    pub fn line(&self) -> String {
        format!("{KEY_TYPE} {}", STANDARD.encode(self.blob()))
    }

    /// What `ssh-keygen -l` shows: `SHA256:` and 43 characters of base64.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(self.blob_digest().as_bytes()))
    }

    /// The first 16 hex digits of the SHA-256 of the blob: what file names and comments carry.
    pub fn short_hex(&self) -> String {
        self.blob_digest().hex()[..16].to_owned()
    }

    /// The SSH key blob, 51 bytes.
    pub fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::with_capacity(51);
        put_string(&mut blob, KEY_TYPE.as_bytes());
        put_string(&mut blob, &self.0);
        blob
    }

    /// The 32 bytes of RFC 8032.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key that belongs to a secret one, which cannot be weak.
    pub(super) fn of_secret(key: VerifyingKey) -> Self {
        PublicKey(key.to_bytes())
    }

    /// Whether `signature` is this key's over `message`, strictly: no second S, no small-order R.
    pub(super) fn accepts(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        // Kept as bytes and decompressed here: that costs a tenth of the verification.
        let key = VerifyingKey::from_bytes(&self.0);
        key.and_then(|key| key.verify_strict(message, &Signature::from_bytes(signature))).is_ok()
    }

    fn blob_digest(&self) -> Digest {
        Digest::of(&self.blob())
    }
}

/// Whether the encoding of a point is its only one: decoding reduces y modulo p = 2²⁵⁵ - 19 and forgives the sign of
/// x = 0, which is there where y is 1 or p - 1.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let mut y = *bytes;
    y[31] &= 0x7f;
    let has_sign = bytes[31] != y[31];
    let ends_as_p = y[31] == 0x7f && y[1..31].iter().all(|byte| *byte == 0xff);
    let is_one = y[0] == 1 && y[1..].iter().all(|byte| *byte == 0);
    let is_below_p = !(ends_as_p && y[0] >= 0xed);
    let is_minus_one = ends_as_p && y[0] == 0xec;
    is_below_p && !(has_sign && (is_one || is_minus_one))
}

fn looks_like_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"].iter().any(|prefix| word.starts_with(prefix))
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint())
    }
}
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032 §7.1, test 1.
    const RFC_KEY: [u8; 32] = [
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1,
        0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    ];
    /// The same key as `ssh-keygen` writes it; fingerprint by `ssh-keygen -lf`.
    const LINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

    #[test]
    fn an_encoding_is_canonical_where_encoding_again_gives_the_same() {
        let small = (0..=40u8).map(|low| {
            let mut y = [0; 32];
            y[0] = low;
            y
        });
        let large = (0xd0..=0xffu8).map(|low| {
            let mut y = [0xff; 32];
            (y[0], y[31]) = (low, 0x7f);
            y
        });
        let mut seen = [0, 0];
        for y in small.chain(large).chain([RFC_KEY]) {
            for sign in [0, 0x80] {
                let mut bytes = y;
                bytes[31] |= sign;
                let Ok(key) = VerifyingKey::from_bytes(&bytes) else { continue };
                let again = *key.to_edwards().compress().as_bytes() == bytes;
                assert_eq!(is_canonical(&bytes), again, "{bytes:x?}");
                seen[usize::from(again)] += 1;
            }
        }
        assert!(seen[0] >= 8 && seen[1] >= 30, "{seen:?}");
    }

    #[test]
    fn reads_and_writes_what_openssh_writes() {
        let key = PublicKey::from_bytes(&RFC_KEY).expect("the key of the RFC");
        assert_eq!(key.line(), LINE);
        assert_eq!(key.fingerprint(), "SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8");
        for line in [LINE.to_owned(), format!("{LINE} me@here at home\n"), format!("{LINE} c\r\n")] {
            assert_eq!(PublicKey::parse_line(&line), Ok(key), "{line:?}");
        }
        assert_eq!(key.short_hex().len(), 16);
        assert!(Digest::of(&key.blob()).hex().starts_with(&key.short_hex()));
    }

    #[test]
    fn refuses_the_eight_small_order_points_in_every_encoding() {
        // Points of order 1, 2, 4 and 8 (y = 1, -1, 0, and the two of order 8), from "Taming the many EdDSAs", table 1,
        // each with both sign bits, and the encodings that are not reduced modulo p.
        let ys = [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ];
        for y in ys {
            let mut bytes = *Digest::from_hex(y).expect("32 bytes of hex").as_bytes();
            for _ in 0..2 {
                let refused = PublicKey::from_bytes(&bytes).expect_err(y);
                assert!(matches!(refused, KeyError::Weak | KeyError::Invalid), "{y}");
                bytes[31] ^= 0x80;
            }
        }
        let identity = *Digest::from_hex(ys[0]).expect("32 bytes of hex").as_bytes();
        assert_eq!(PublicKey::from_bytes(&identity), Err(KeyError::Weak));
    }

    #[test]
    fn refuses_a_second_encoding_of_a_good_point() {
        // y = 3 is on the curve and of full order; p + 3 is the same point, written differently.
        let mut three = [0; 32];
        three[0] = 3;
        assert!(PublicKey::from_bytes(&three).is_ok());
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xf0;
        unreduced[31] = 0x7f;
        assert_eq!(PublicKey::from_bytes(&unreduced), Err(KeyError::Invalid));
    }

    #[test]
    fn refuses_lines_that_are_damaged_or_of_another_kind() {
        let cases = [
            ("", KeyError::NotALine),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", KeyError::NotALine),
            ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== me", KeyError::OtherType),
            ("sk-ssh-ed25519@openssh.com AAAA me", KeyError::OtherType),
            ("ssh-ed25519 ", KeyError::Damaged),
            ("ssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea", KeyError::Damaged),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1E", KeyError::Damaged),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1EaAA==", KeyError::Damaged),
        ];
        for (line, error) in cases {
            assert_eq!(PublicKey::parse_line(line), Err(error), "{line}");
        }
        let two_lines = format!("{LINE}\n{LINE}\n");
        assert_eq!(PublicKey::parse_line(&two_lines), Err(KeyError::NotALine));
    }
}
