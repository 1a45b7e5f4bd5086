//! Who may state what, and whether they signed.

use super::{Party, Read, Registry, RegistryError, Result};
use crate::{
    domain::{CertificationId, Fault, Faults, Instant, case::Right},
    registry::publish::plan::first_signature_error,
    signing::{self, AuthorityRole, Namespace, SignatureFault, SignatureFaultKind, SignerRole, Sshsig},
};

impl Registry {
    /// Finds the party that signed, and checks that it may and did.
    ///
    /// # Errors
    /// As for a version: what cannot be read or does not fit is invalid, a good signature without the right refused.
    pub(super) fn check_party(&self, read: &Read, at: Instant) -> Result<Party> {
        let signer = self.signer(read)?;
        let right = read.statement.matter.right();
        match (right, signer) {
            (Right::Department, Some(Party::Supplier)) => Err(wrong_party(read, "the Department")),
            (Right::Signatory, Some(Party::Department)) => Err(wrong_party(read, "the supplier's signatory")),
            (Right::Department, _) => self.check_stated_by_department(read, at),
            (Right::Signatory, _) => self.check_stated_by_supplier(read, at, true),
            (_, Some(Party::Department)) => self.check_stated_by_department(read, at),
            _ => self.check_stated_by_supplier(read, at, false),
        }
    }

    /// Whose key the first signature names, as far as it can be read and is known.
    fn signer(&self, read: &Read) -> Result<Option<Party>> {
        let parsed = read.submission.signature.as_deref().and_then(|signature| Sshsig::parse(signature).ok());
        let Some(signature) = parsed else { return Ok(None) };
        if self.authority().find(signature.key()).is_some() {
            return Ok(Some(Party::Department));
        }
        let owner = self.index.key_owner(&signature.key().fingerprint())?;
        Ok(owner.map(|_| Party::Supplier))
    }

    fn check_stated_by_department(&self, read: &Read, at: Instant) -> Result<Party> {
        if read.submission.countersignature.is_some() {
            return Err(not_allowed("The Department's statements carry its signature only: leave the other one out."));
        }
        let (document, signature) = (&read.submission.document, read.submission.signature.as_deref());
        let (role, namespace) = (AuthorityRole::Department, Namespace::Case);
        signing::check_authority_signature(document, signature, &self.authority(), role, namespace, at)
            .map(|_| Party::Department)
            .map_err(|faults| first_signature_error(&faults))
    }

    fn check_stated_by_supplier(&self, read: &Read, at: Instant, signatory_only: bool) -> Result<Party> {
        let id = &read.statement.supplier;
        let (signature, countersignature) =
            (read.submission.signature.as_deref(), read.submission.countersignature.as_deref());
        if signatory_only && countersignature.is_some() {
            return Err(not_allowed(
                "A statement of this type is signed by the signatory alone: leave the other one out.",
            ));
        }
        let Some(ring) = self.current_ring(id)? else {
            let detail = format!("No keys of {id} are enrolled here: the Department can state this on its behalf.");
            return Err(RegistryError::refused("no-keys", detail));
        };
        let is_one_person = self.index.supplier(id)?.is_some_and(|supplier| supplier.single_signatory);
        let single = signatory_only || is_one_person;
        let document = &read.submission.document;
        let checked = signing::check_case_signatures(document, signature, countersignature, &ring, at, single);
        let Err(faults) = checked else { return Ok(Party::Supplier) };
        let faults: Vec<SignatureFault> =
            faults.into_iter().map(|fault| self.with_owner(fault)).collect::<Result<_>>()?;
        Err(first_signature_error(&faults))
    }

    /// Says of a key that is not in the ring whose it is, if it is enrolled elsewhere.
    fn with_owner(&self, fault: SignatureFault) -> Result<SignatureFault> {
        let not_enrolled = matches!(fault.kind, SignatureFaultKind::NotEnrolled { .. });
        let (true, Some(fingerprint)) = (not_enrolled && is_suppliers(fault.role), fault.fingerprint()) else {
            return Ok(fault);
        };
        Ok(match self.index.key_owner(&fingerprint)? {
            Some((owner, _)) => fault.with_other_supplier(owner),
            None => fault,
        })
    }

    /// Whether the Department may stand in for the side that gives a service away.
    pub(super) fn is_given_away(&self, id: &CertificationId, other: &CertificationId) -> Result<bool> {
        Ok(self.index.carries_on(other)?.is_some_and(|old| old == *id))
    }
}

fn is_suppliers(role: SignerRole) -> bool {
    matches!(role, SignerRole::Supplier(_))
}

/// The refusal of a good signature by the wrong party.
pub(super) fn wrong_party(read: &Read, right: &str) -> RegistryError {
    let kind = read.statement.matter.name();
    RegistryError::refused(
        "wrong-party",
        format!("A statement of type '{kind}' is made by {right} here, who must sign it."),
    )
}

fn not_allowed(detail: &str) -> RegistryError {
    let code = "countersignature-not-allowed";
    RegistryError::faulty(code, Faults(vec![Fault::new("/countersignature", code, detail)]))
}
