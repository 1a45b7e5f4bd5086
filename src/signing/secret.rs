//! Secret keys: from a seed or from an OpenSSH private key file, with or without a passphrase.
//!
//! The only module that uses the `ssh-key` crate. Nothing here is random: the caller brings seed and salt.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};
use ssh_key::{Cipher, Kdf, LineEnding, PrivateKey, private::Ed25519Keypair, private::KeypairData};
use zeroize::Zeroizing;

use super::key::{KEY_TYPE, PublicKey};

const HEADER: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
/// As many rounds of bcrypt as current ssh-keygen takes (`ssh-keygen -a`).
const BCRYPT_ROUNDS: u32 = 24;

/// An Ed25519 secret key. Wiped from memory when dropped; `Debug` shows the fingerprint only.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

/// A passphrase and the salt to use with it, for writing an encrypted key file.
pub struct Protection<'a> {
    /// What the person will type. Not empty: ssh-keygen takes an empty passphrase for none.
    pub passphrase: &'a str,
    /// 16 fresh random bytes.
    pub salt: [u8; 16],
}

/// A private key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// Another format: PEM, PuTTY, a public key, anything.
    #[error(
        "this is not an OpenSSH private key file (it begins with '{HEADER}'). Convert a PEM key with 'ssh-keygen -p -f \
         FILE', a PuTTY key with PuTTYgen (Conversions, Export OpenSSH key); a file that ends in .pub is the public half"
    )]
    NotOpenSsh,
    /// RSA, ECDSA, a security key, …
    #[error("the private key is not of type Ed25519; make one with 'certreg keygen' or 'ssh-keygen -t ed25519'")]
    OtherType,
    /// The file is encrypted and no passphrase was given.
    #[error("the private key is encrypted; its passphrase is needed")]
    PassphraseNeeded,
    /// Decryption gave nonsense.
    #[error("the passphrase is wrong for this private key; try again")]
    WrongPassphrase,
    /// A cipher that cannot be read here.
    #[error(
        "the private key is encrypted with a cipher that is not known here; change it with 'ssh-keygen -p -f FILE'"
    )]
    UnknownCipher,
    /// The header is right, the rest is not; or its two halves do not belong together.
    #[error("the private key file is damaged; restore it from a backup or make a new key")]
    Damaged,
    /// An empty passphrase was given for writing.
    #[error("the passphrase is empty; choose one, or write the key without a passphrase on purpose")]
    EmptyPassphrase,
}

impl SecretKey {
    /// The key with this seed (RFC 8032 §5.1.5, the 32-byte private key).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        SecretKey(SigningKey::from_bytes(seed))
    }

    /// Reads the text of an OpenSSH private key file (`PROTOCOL.key`). A passphrase given for a key without one
    /// is ignored, as ssh-keygen does.
    ///
    /// # Errors
    /// [`SecretKeyError`]; [`SecretKeyError::PassphraseNeeded`] tells a caller to ask for it and try again.
    pub fn from_openssh(text: &str, passphrase: Option<&str>) -> Result<Self, SecretKeyError> {
        let text = text.trim_start();
        if !text.starts_with(HEADER) {
            return Err(SecretKeyError::NotOpenSsh);
        }
        let key = PrivateKey::from_openssh(text).map_err(|error| fault_of_reading(&error))?;
        if key.algorithm().as_str() != KEY_TYPE {
            return Err(SecretKeyError::OtherType);
        }
        if !key.is_encrypted() {
            return SecretKey::from_keypair(key.key_data());
        }
        let passphrase = passphrase.ok_or(SecretKeyError::PassphraseNeeded)?;
        let key = key.decrypt(passphrase).map_err(|error| fault_of_decrypting(&error))?;
        SecretKey::from_keypair(key.key_data())
    }

    /// Writes an OpenSSH private key file that stock ssh-keygen and ssh-add read: aes256-ctr under bcrypt with
    /// `protection`, in the clear without. `comment` is what `ssh-add -l` will show.
    ///
    /// # Errors
    /// [`SecretKeyError::EmptyPassphrase`].
    pub fn to_openssh(
        &self,
        comment: &str,
        protection: Option<&Protection<'_>>,
    ) -> Result<Zeroizing<String>, SecretKeyError> {
        let keypair = Ed25519Keypair::from_seed(self.0.as_bytes());
        let mut key = PrivateKey::new(keypair.into(), comment).map_err(|_| SecretKeyError::Damaged)?;
        if let Some(protection) = protection {
            key = encrypt(&key, protection)?;
        }
        key.to_openssh(LineEnding::LF).map_err(|_| SecretKeyError::Damaged)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::of_secret(self.0.verifying_key())
    }

    /// The bare Ed25519 signature over `bytes`; for documents use [`sign`](super::sshsig::sign).
    pub fn sign_raw(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }

    fn from_keypair(data: &KeypairData) -> Result<Self, SecretKeyError> {
        let KeypairData::Ed25519(pair) = data else { return Err(SecretKeyError::OtherType) };
        let key = SecretKey::from_seed(pair.private.as_ref());
        // A file with another public half would sign with a key that nobody enrolled, or worse, give the secret
        // away: two signatures by one secret under two public keys reveal it.
        if key.public().as_bytes() == pair.public.as_ref() { Ok(key) } else { Err(SecretKeyError::Damaged) }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}
impl fmt::Debug for Protection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protection(…)")
    }
}

fn encrypt(key: &PrivateKey, protection: &Protection<'_>) -> Result<PrivateKey, SecretKeyError> {
    if protection.passphrase.is_empty() {
        return Err(SecretKeyError::EmptyPassphrase);
    }
    let kdf = Kdf::Bcrypt { salt: protection.salt.to_vec(), rounds: BCRYPT_ROUNDS };
    // The check number stands twice before the encrypted key, to tell a wrong passphrase; any value will do.
    let check = u32::from_be_bytes(*protection.salt.first_chunk().expect("a salt has 16 bytes"));
    key.encrypt_with(Cipher::Aes256Ctr, kdf, check, protection.passphrase).map_err(|_| SecretKeyError::Damaged)
}

fn fault_of_reading(error: &ssh_key::Error) -> SecretKeyError {
    use ssh_key::Error::{AlgorithmUnknown, AlgorithmUnsupported};
    match error {
        AlgorithmUnknown | AlgorithmUnsupported { .. } => SecretKeyError::OtherType,
        _ => SecretKeyError::Damaged,
    }
}

fn fault_of_decrypting(error: &ssh_key::Error) -> SecretKeyError {
    match error {
        ssh_key::Error::AlgorithmUnknown | ssh_key::Error::AlgorithmUnsupported { .. } => SecretKeyError::UnknownCipher,
        _ => SecretKeyError::WrongPassphrase,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_reads_back_with_and_without_a_passphrase() {
        let key = SecretKey::from_seed(&[7; 32]);
        let plain = key.to_openssh("acme-signatory", None).expect("no passphrase to be wrong");
        assert!(plain.starts_with(HEADER));
        assert_eq!(SecretKey::from_openssh(&plain, None).expect("its own file").public(), key.public());

        let protection = Protection { passphrase: "correct horse", salt: [9; 16] };
        let sealed = key.to_openssh("acme-signatory", Some(&protection)).expect("a passphrase");
        assert_eq!(SecretKey::from_openssh(&sealed, Some("correct horse")).expect("right").public(), key.public());
        let refused = |passphrase| SecretKey::from_openssh(&sealed, passphrase).expect_err("refused");
        assert_eq!(refused(None), SecretKeyError::PassphraseNeeded);
        assert_eq!(refused(Some("wrong")), SecretKeyError::WrongPassphrase);
    }

    #[test]
    fn an_empty_passphrase_is_not_written() {
        let empty = Protection { passphrase: "", salt: [9; 16] };
        let refused = SecretKey::from_seed(&[7; 32]).to_openssh("c", Some(&empty)).expect_err("empty");
        assert_eq!(refused, SecretKeyError::EmptyPassphrase);
    }

    #[test]
    fn other_files_are_named_as_what_they_are() {
        for text in ["", "ssh-ed25519 AAAA", "PuTTY-User-Key-File-3: ssh-ed25519", "-----BEGIN RSA PRIVATE KEY-----\n"]
        {
            assert_eq!(SecretKey::from_openssh(text, None).expect_err(text), SecretKeyError::NotOpenSsh);
        }
        let damaged = format!("{HEADER}\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n");
        assert_eq!(SecretKey::from_openssh(&damaged, None).expect_err("cut"), SecretKeyError::Damaged);
    }

    #[test]
    fn debug_never_shows_the_secret() {
        let shown = format!("{:?}", SecretKey::from_seed(&[0x5a; 32]));
        assert!(shown.starts_with("SecretKey(of SHA256:"), "{shown}");
        assert!(!shown.to_lowercase().contains("5a5a") && !shown.contains("90, 90"), "{shown}");
    }
}
