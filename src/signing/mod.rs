//! Floor 1: signatures, keys, key files, and who may sign what. No IO, no clock, no randomness.
//!
//! Knows SSHSIG (OpenSSH `PROTOCOL.sshsig`), the strict `allowed_signers` grammar of rings and of the authority
//! file, how these files may grow, and which signatures a document needs. Leaves
//! the shapes of documents to [`crate::format`], files and agents to the floors above.
//!
//! Reading order: [`key`], [`sshsig`], [`secret`], [`role`], [`entry`], [`keyfile`], [`growth`], [`ring`],
//! [`authority`], [`fault`], [`verify`], [`request`]; [`wire`] is for whoever speaks SSH's binary format.
//!
//! A frozen choice about roles, and its reason, stands at the head of [`role`].

pub mod authority;
pub mod entry;
pub mod fault;
pub mod growth;
pub mod key;
pub mod keyfile;
pub mod request;
pub mod ring;
pub mod role;
pub mod secret;
pub mod sshsig;
#[cfg(test)]
mod testing;
pub mod verify;
pub mod wire;

pub use authority::{AuthorityChange, AuthorityFile, AuthorityKey, AuthoritySettings};
pub use entry::{EnrolledKey, Window, WindowError};
pub use fault::{SignatureFault, SignatureFaultKind};
pub use growth::{GrowthError, KeyEvent};
pub use key::{KeyError, PublicKey};
pub use keyfile::KeyFileError;
pub use request::KeyRequest;
pub use ring::{KeyRing, RingKey};
pub use role::{AuthorityRole, Namespace, Role, SignerRole};
pub use secret::{Protection, SecretKey, SecretKeyError};
pub use sshsig::{Sshsig, SshsigError, sign};
pub use verify::{
    SignatureReport, SignerKey, VersionSignatures, check_authority_file_signatures, check_authority_signature,
    check_case_signatures, check_version_signatures, examine_authority_signature, examine_supplier_signature,
};
