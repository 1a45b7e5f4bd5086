//! Key requests: a key asks to be enrolled, and proves that somebody holds it.
//!
//! The document's JSON shape is read elsewhere; here are its bytes, and the key and role that it asks for.

use super::{
    fault::{SignatureFault, SignatureFaultKind},
    key::PublicKey,
    ring::KeyRing,
    role::{Namespace, Role},
    sshsig::{Hashed, Sshsig},
    verify::{SignerKey, examine_supplier_signature, namespace_fault},
};
use crate::domain::{Instant, RegistryId};

/// A request to enrol a key, with the exact bytes that were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRequest<'a> {
    /// The request file.
    pub document: &'a [u8],
    /// The key that it asks for.
    pub key: PublicKey,
    /// The role that it asks for.
    pub role: Role,
}

impl KeyRequest<'_> {
    /// Checks `.sig`: the requested key itself signed the request in `enrolment@R`.
    ///
    /// No window is looked at: the key is in no ring yet.
    ///
    /// # Errors
    /// Every fault, in the order of the checks.
    pub fn check_own_signature(
        &self,
        signature: Option<&str>,
        registry: &RegistryId,
    ) -> Result<SignerKey, Vec<SignatureFault>> {
        let fault = |key, kind| SignatureFault { role: self.role.into(), key, kind };
        let text = signature.ok_or_else(|| vec![fault(None, SignatureFaultKind::Missing)])?;
        let parsed = Sshsig::parse(text).map_err(|error| vec![fault(None, SignatureFaultKind::Unreadable(error))])?;
        let kinds = [
            namespace_fault(&parsed, &Namespace::Enrolment.at(registry)),
            (*parsed.key() != self.key).then_some(SignatureFaultKind::NotTheRequestedKey),
            (!parsed.fits(&Hashed::of(self.document))).then_some(SignatureFaultKind::DoesNotVerify),
        ];
        let faults: Vec<_> = kinds.into_iter().flatten().map(|kind| fault(Some(*parsed.key()), kind)).collect();
        if faults.is_empty() { Ok(SignerKey { role: self.role.into(), key: self.key }) } else { Err(faults) }
    }

    /// Checks `.oldsig`, which a rotation must have and nothing else may: a key of the same role in `previous`, the
    /// ring in force, in its window at `at`, signed the request in `enrolment@R`.
    ///
    /// # Errors
    /// Every fault, in the order of the checks.
    pub fn check_old_signature(
        &self,
        signature: Option<&str>,
        previous: &KeyRing,
        at: Instant,
    ) -> Result<SignerKey, Vec<SignatureFault>> {
        let report =
            examine_supplier_signature(self.document, signature, previous, self.role, Namespace::Enrolment, at);
        report.into_result()
    }
}
