//! SSHSIG, the detached signature that `ssh-keygen -Y sign` writes (OpenSSH `PROTOCOL.sshsig`), strictly.
//!
//! Less is accepted here than by ssh-keygen: one text for one signature, so that a stored `.sig` cannot be
//! altered and still be good. The parser takes the text apart, writes it again from the parts and demands the
//! same bytes; only Ed25519, SHA-512 and an empty reserved field are known.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha512};

use super::{
    key::{KEY_TYPE, KeyError, PublicKey},
    secret::SecretKey,
    wire::{put_string, take_string},
};

const HEADER: &str = "-----BEGIN SSH SIGNATURE-----\n";
const FOOTER: &str = "-----END SSH SIGNATURE-----\n";
const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
const HASH: &[u8] = b"sha512";
const COLUMNS: usize = 70;

/// The longest signature text that is looked at, in bytes; a real one has about 320.
pub const MAX_SIGNATURE_BYTES: usize = 4096;

/// A well-formed signature: by which key, in which namespace. Whether it fits a message, [`Sshsig::verify`] says.
#[derive(Clone, PartialEq, Eq)]
pub struct Sshsig {
    key: PublicKey,
    namespace: String,
    signature: [u8; 64],
}

/// A signature file is not one that can be accepted here, or does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SshsigError {
    /// The text does not begin with the armour's first line.
    #[error(
        "missing header: the file does not begin with '-----BEGIN SSH SIGNATURE-----'. Send the .sig file exactly as \
         ssh-keygen wrote it (PowerShell's '>' writes UTF-16: sign a copy of the document instead)"
    )]
    MissingHeader,
    /// The text does not end with the armour's last line.
    #[error(
        "missing footer: the file does not end with the line '-----END SSH SIGNATURE-----' and its line end. It was cut \
         short, or something was added after it"
    )]
    MissingFooter,
    /// Lines end with CR LF, or a CR is inside.
    #[error("the signature file has Windows line ends (CR LF); send it exactly as ssh-keygen wrote it")]
    CarriageReturn,
    /// More than [`MAX_SIGNATURE_BYTES`].
    #[error("the signature file is longer than {MAX_SIGNATURE_BYTES} bytes; send the .sig file, not the document")]
    TooLong,
    /// What is between header and footer is not base64.
    #[error("the signature file is damaged between its first and last line (not base64); sign again")]
    Base64,
    /// The parts do not fill the blob exactly, or it does not begin with `SSHSIG`.
    #[error("the signature file is damaged (its parts do not fit together); sign again")]
    Framing,
    /// Another version of the format.
    #[error("the signature has format version {0}; only version 1 is known")]
    Version(u32),
    /// The public key inside cannot be used.
    #[error("the key in the signature cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The namespace is empty or not printable ASCII.
    #[error("the signature's namespace is empty or unreadable; sign with the option -n")]
    Namespace,
    /// The reserved field holds something.
    #[error("the signature's reserved field is not empty; sign with ssh-keygen or certreg")]
    Reserved,
    /// Another hash than SHA-512.
    #[error("the signature uses another hash than sha512; sign without the option -O hashalg")]
    Hash,
    /// The inner signature is not 64 bytes of Ed25519.
    #[error("the signature is not an Ed25519 signature; sign with an Ed25519 key")]
    SignatureType,
    /// A right signature in other clothes: other line lengths, blank lines, spaces.
    #[error("the signature file was reformatted; send it exactly as ssh-keygen wrote it")]
    NotCanonical,
    /// Made for another purpose.
    #[error("the signature was made in namespace '{found}', here '{expected}' is needed; sign with -n {expected}")]
    WrongNamespace {
        /// What is needed.
        expected: String,
        /// What the signature says.
        found: String,
    },
    /// The signature is not the key's over these bytes.
    #[error(
        "the signature does not fit the document: one of them was changed after signing; sign the exact file again"
    )]
    DoesNotVerify,
}

/// A message, hashed once for however many signatures are over it.
pub(super) struct Hashed([u8; 64]);

impl Hashed {
    pub(super) fn of(message: &[u8]) -> Hashed {
        Hashed(Sha512::digest(message).into())
    }

    fn to_be_signed(&self, namespace: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        put_string(&mut bytes, namespace.as_bytes());
        put_string(&mut bytes, b"");
        put_string(&mut bytes, HASH);
        put_string(&mut bytes, &self.0);
        bytes
    }
}

/// The bytes that Ed25519 signs for `message` in `namespace`: what an ssh-agent or a browser is given.
///
/// `"SSHSIG" ‖ str(namespace) ‖ str("") ‖ str("sha512") ‖ str(SHA-512(message))` (`PROTOCOL.sshsig` §2).
pub fn to_be_signed(namespace: &str, message: &[u8]) -> Vec<u8> {
    Hashed::of(message).to_be_signed(namespace)
}

/// Writes the armoured text of an Ed25519 signature that was made over [`to_be_signed`], wherever it was made.
pub fn armor(key: &PublicKey, namespace: &str, signature: &[u8; 64]) -> String {
    let encoded = STANDARD.encode(blob(key, namespace, signature));
    let mut text = String::with_capacity(encoded.len() + encoded.len() / COLUMNS + HEADER.len() + FOOTER.len() + 1);
    text.push_str(HEADER);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(COLUMNS));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(FOOTER);
    text
}

/// Signs `message` in `namespace`: the same bytes that `ssh-keygen -Y sign -n namespace` writes.
pub fn sign(key: &SecretKey, namespace: &str, message: &[u8]) -> String {
    armor(&key.public(), namespace, &key.sign_raw(&to_be_signed(namespace, message)))
}

impl Sshsig {
    /// Reads an armoured signature, strictly.
    ///
    /// # Errors
    /// [`SshsigError`], saying which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, SshsigError> {
        let parsed = Sshsig::from_blob(&unarmor(text)?)?;
        // The last word: whatever the steps above may have let through, only one text is right.
        if parsed.armored() == text { Ok(parsed) } else { Err(SshsigError::NotCanonical) }
    }

    /// Reads the bytes of a signature file, strictly; bytes that are not UTF-8 cannot begin with the header.
    ///
    /// # Errors
    /// As [`Sshsig::parse`].
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, SshsigError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Sshsig::parse(text),
            Err(_) if bytes.starts_with(HEADER.as_bytes()) => Err(SshsigError::Base64),
            Err(_) => Err(SshsigError::MissingHeader),
        }
    }

    /// The key that the signature names. It proves nothing before [`Sshsig::verify`] and a look into a ring.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The namespace that the signature names.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The armoured text, byte for byte what was parsed.
    pub fn armored(&self) -> String {
        armor(&self.key, &self.namespace, &self.signature)
    }

    /// Checks that the signature was made by its key, in `namespace`, over `message`.
    ///
    /// # Errors
    /// [`SshsigError::WrongNamespace`] or [`SshsigError::DoesNotVerify`].
    pub fn verify(&self, namespace: &str, message: &[u8]) -> Result<(), SshsigError> {
        if self.namespace != namespace {
            return Err(SshsigError::WrongNamespace { expected: namespace.to_owned(), found: self.namespace.clone() });
        }
        if self.fits(&Hashed::of(message)) { Ok(()) } else { Err(SshsigError::DoesNotVerify) }
    }

    /// Whether the signature is its key's over `message` in the namespace that it names itself.
    pub(super) fn fits(&self, message: &Hashed) -> bool {
        self.key.accepts(&message.to_be_signed(&self.namespace), &self.signature)
    }

    fn from_blob(blob: &[u8]) -> Result<Self, SshsigError> {
        let rest = blob.strip_prefix(MAGIC).ok_or(SshsigError::Framing)?;
        let (version, mut rest) = rest.split_first_chunk::<4>().ok_or(SshsigError::Framing)?;
        match u32::from_be_bytes(*version) {
            VERSION => {}
            other => return Err(SshsigError::Version(other)),
        }
        let mut next = || take_string(&mut rest).ok_or(SshsigError::Framing);
        let (key, namespace, reserved, hash, signature) = (next()?, next()?, next()?, next()?, next()?);
        if !rest.is_empty() {
            return Err(SshsigError::Framing);
        }
        let key = PublicKey::from_blob(key)?;
        if !reserved.is_empty() {
            return Err(SshsigError::Reserved);
        }
        if hash != HASH {
            return Err(SshsigError::Hash);
        }
        Ok(Sshsig { key, namespace: parse_namespace(namespace)?, signature: parse_inner(signature)? })
    }
}

impl fmt::Debug for Sshsig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sshsig({} in {})", self.key, self.namespace)
    }
}

fn blob(key: &PublicKey, namespace: &str, signature: &[u8; 64]) -> Vec<u8> {
    let mut inner = Vec::new();
    put_string(&mut inner, KEY_TYPE.as_bytes());
    put_string(&mut inner, signature);
    let mut blob = MAGIC.to_vec();
    blob.extend_from_slice(&VERSION.to_be_bytes());
    put_string(&mut blob, &key.blob());
    put_string(&mut blob, namespace.as_bytes());
    put_string(&mut blob, b"");
    put_string(&mut blob, HASH);
    put_string(&mut blob, &inner);
    blob
}

/// Takes header and footer off and decodes what is between.
fn unarmor(text: &str) -> Result<Vec<u8>, SshsigError> {
    if text.len() > MAX_SIGNATURE_BYTES {
        return Err(SshsigError::TooLong);
    }
    // Trimmed here only to name the right fault: a CR is refused wherever it stands.
    if !text.starts_with(HEADER.trim_end()) {
        return Err(SshsigError::MissingHeader);
    }
    if text.contains('\r') {
        return Err(SshsigError::CarriageReturn);
    }
    let body = text.strip_prefix(HEADER).ok_or(SshsigError::NotCanonical)?;
    let body = body.strip_suffix(FOOTER).ok_or(SshsigError::MissingFooter)?;
    let encoded: String = body.split('\n').collect();
    STANDARD.decode(encoded).map_err(|_| SshsigError::Base64)
}

fn parse_namespace(bytes: &[u8]) -> Result<String, SshsigError> {
    // Printable ASCII without the space: a namespace goes into error messages and never looks like another one.
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_graphic) {
        return Err(SshsigError::Namespace);
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| SshsigError::Namespace)
}

fn parse_inner(mut bytes: &[u8]) -> Result<[u8; 64], SshsigError> {
    let signature_type = take_string(&mut bytes).ok_or(SshsigError::Framing)?;
    let signature = take_string(&mut bytes).ok_or(SshsigError::Framing)?;
    if signature_type != KEY_TYPE.as_bytes() {
        return Err(SshsigError::SignatureType);
    }
    if !bytes.is_empty() {
        return Err(SshsigError::Framing);
    }
    signature.try_into().map_err(|_| SshsigError::SignatureType)
}

#[cfg(test)]
mod tests;
