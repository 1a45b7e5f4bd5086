//! What can be wrong with a signature, in the order in which the registry looks.

use std::fmt;

use super::{key::PublicKey, role::SignerRole, sshsig::SshsigError};
use crate::domain::{Instant, SupplierId};

/// One thing that is wrong with one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFault {
    /// Whose signature was asked for.
    pub role: SignerRole,
    /// The key that the signature names, as far as it could be read.
    pub key: Option<PublicKey>,
    /// What is wrong.
    pub kind: SignatureFaultKind,
}

/// What is wrong with a signature. Ordered by [`SignatureFaultKind::stage`], not by declaration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFaultKind {
    /// There is none.
    #[error("the signature is missing")]
    Missing,
    /// There is one where there cannot be any: the supplier is one person.
    #[error("there is no second signature for a supplier that is one person; leave it out")]
    NotNeeded,
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(SshsigError),
    /// It was made for something else.
    #[error("it was made in namespace '{found}', but '{expected}' is needed; sign with -n {expected}")]
    WrongNamespace {
        /// What is needed.
        expected: String,
        /// What the signature says.
        found: String,
    },
    /// The key is not in the key file.
    #[error("the key is not enrolled for '{owner}'; ask the Department to enrol it, or sign with an enrolled key")]
    NotEnrolled {
        /// The supplier, or the registry for its authorities.
        owner: String,
    },
    /// The key is in another supplier's ring. Only who knows all rings can tell.
    #[error("the key belongs to another supplier, '{0}'; sign with a key of your own")]
    OtherSupplier(SupplierId),
    /// The key serves another role.
    #[error("the key is enrolled as {}, which may not give this signature", .0.as_str())]
    WrongRole(SignerRole),
    /// Its window has not begun.
    #[error("the key is valid only from {0}; publish then, or sign with a key that is valid now")]
    NotYetValid(Instant),
    /// Its window has ended.
    #[error("the key was valid until {0} and is no longer; sign with a key that is valid now")]
    NoLongerValid(Instant),
    /// The key is not the one that is requested.
    #[error("a key request must be signed by the very key that it asks for")]
    NotTheRequestedKey,
    /// The signature is not the key's over these bytes.
    #[error("it does not fit the document: one of them was changed after signing; sign the exact file again")]
    DoesNotVerify,
    /// Two signatures that must come from different keys come from one.
    #[error("two signatures are by the same key; two different people must sign, each with a key of their own")]
    SameKey,
    /// Too few signatures by root keys.
    #[error("{needed} signatures by different root keys are needed, {given} came")]
    TooFew {
        /// The threshold.
        needed: u32,
        /// How many came.
        given: usize,
    },
}

impl SignatureFaultKind {
    /// The place in the order of checks: 0 present, 1 readable, 2 namespace, 3 the key's right, 4 fits, 5 different
    /// keys.
    pub fn stage(&self) -> u8 {
        use SignatureFaultKind as Kind;
        match self {
            Kind::Missing | Kind::NotNeeded | Kind::TooFew { .. } => 0,
            Kind::Unreadable(_) => 1,
            Kind::WrongNamespace { .. } => 2,
            Kind::NotEnrolled { .. } | Kind::OtherSupplier(_) | Kind::WrongRole(_) => 3,
            Kind::NotYetValid(_) | Kind::NoLongerValid(_) => 3,
            Kind::NotTheRequestedKey => 3,
            Kind::DoesNotVerify => 4,
            Kind::SameKey => 5,
        }
    }

    /// Whether the signature could be read but its key has no right to give it (HTTP 403); otherwise what was sent
    /// is wrong in itself (422).
    pub fn is_forbidden(&self) -> bool {
        self.stage() == 3 && *self != SignatureFaultKind::NotTheRequestedKey
    }

    /// A slug that programs can rely on, for example `key-not-enrolled`. The set is open.
    pub fn code(&self) -> &'static str {
        use SignatureFaultKind as Kind;
        match self {
            Kind::Missing => "signature-missing",
            Kind::NotNeeded => "signature-not-needed",
            Kind::Unreadable(_) => "signature-unreadable",
            Kind::WrongNamespace { .. } => "signature-wrong-namespace",
            Kind::NotEnrolled { .. } => "key-not-enrolled",
            Kind::OtherSupplier(_) => "key-of-other-supplier",
            Kind::WrongRole(_) => "key-wrong-role",
            Kind::NotYetValid(_) => "key-not-yet-valid",
            Kind::NoLongerValid(_) => "key-no-longer-valid",
            Kind::NotTheRequestedKey => "key-not-the-requested",
            Kind::DoesNotVerify => "signature-does-not-verify",
            Kind::SameKey => "same-key-twice",
            Kind::TooFew { .. } => "too-few-signatures",
        }
    }
}

impl SignatureFault {
    /// What `ssh-keygen -l` shows for the key, as far as it could be read.
    pub fn fingerprint(&self) -> Option<String> {
        self.key.map(|key| key.fingerprint())
    }

    /// The same fault, knowing that the key is in the ring of `supplier`: for a caller that sees all rings.
    pub fn with_other_supplier(mut self, supplier: SupplierId) -> Self {
        if matches!(self.kind, SignatureFaultKind::NotEnrolled { .. }) {
            self.kind = SignatureFaultKind::OtherSupplier(supplier);
        }
        self
    }
}

impl fmt::Display for SignatureFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signature of {}", self.role.in_words())?;
        if let Some(key) = self.key {
            write!(f, " (key {key})")?;
        }
        write!(f, ": {}", self.kind)
    }
}

/// Puts faults in the order of the checks; the first decides the answer.
pub(super) fn in_order_of_checks(mut faults: Vec<SignatureFault>) -> Vec<SignatureFault> {
    faults.sort_by_key(|fault| fault.kind.stage());
    faults
}
