//! Whether a document is signed by the right people: signatures against key files at an instant.
//!
//! [`SignatureReport`] states facts and never fails: give it the ring of the time for "as known then" and today's
//! ring for "as known now". The `check_…` functions ask for what a submission needs, and give every fault at once.

use super::{
    authority::AuthorityFile,
    entry::{EnrolledKey, KeyRole},
    fault::{SignatureFault, SignatureFaultKind, in_order_of_checks},
    key::PublicKey,
    ring::KeyRing,
    role::{AuthorityRole, Namespace, Role, SignerRole},
    sshsig::{Hashed, Sshsig},
};
use crate::domain::{Instant, RegistryId};

/// Who gave a good signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignerKey {
    /// In which role.
    pub role: SignerRole,
    /// With which key.
    pub key: PublicKey,
}

impl SignerKey {
    /// What `ssh-keygen -l` shows for the key.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint()
    }
}

/// The good signatures of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionSignatures {
    /// Who completed it.
    pub signatory: SignerKey,
    /// Who verified it; `None` for a supplier that is one person.
    pub official: Option<SignerKey>,
}

/// What holds of one signature: good, or everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureReport {
    /// Whose signature was asked for.
    pub role: SignerRole,
    /// The key that the signature names, as far as it could be read.
    pub key: Option<PublicKey>,
    /// In the order of the checks; empty when the signature is good.
    pub faults: Vec<SignatureFaultKind>,
}

impl SignatureReport {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn into_result(self) -> Result<SignerKey, Vec<SignatureFault>> {
        match (self.key, self.faults.is_empty()) {
            (Some(key), true) => Ok(SignerKey { role: self.role, key }),
            _ => Err(self.into_faults()),
        }
    }

    fn into_faults(self) -> Vec<SignatureFault> {
        let (role, key) = (self.role, self.key);
        self.faults.into_iter().map(|kind| SignatureFault { role, key, kind }).collect()
    }
}

/// Examines a signature that a supplier's key should have given in `namespace` at `at`.
pub fn examine_supplier_signature(
    document: &[u8],
    signature: Option<&str>,
    ring: &KeyRing,
    role: Role,
    namespace: Namespace,
    at: Instant,
) -> SignatureReport {
    KeyFile::of(ring).examine(&Hashed::of(document), signature, role, namespace, at)
}

/// Examines a signature that a key of the registry's authorities should have given in `namespace` at `at`.
pub fn examine_authority_signature(
    document: &[u8],
    signature: Option<&str>,
    authority: &AuthorityFile,
    role: AuthorityRole,
    namespace: Namespace,
    at: Instant,
) -> SignatureReport {
    let registry = authority.registry();
    let file = KeyFile { keys: authority.keys(), registry, owner: registry.as_str() };
    file.examine(&Hashed::of(document), signature, role, namespace, at)
}

/// Checks both signatures of a version against the supplier's ring at `at`, the instant of the commit.
///
/// `single_signatory`: the supplier is one person by the Department's word; then there is no countersignature.
///
/// # Errors
/// Every fault of both signatures, in the order of the checks: the first decides the answer.
pub fn check_version_signatures(
    document: &[u8],
    signature: Option<&str>,
    countersignature: Option<&str>,
    ring: &KeyRing,
    at: Instant,
    single_signatory: bool,
) -> Result<VersionSignatures, Vec<SignatureFault>> {
    let given = Given { document, signature, countersignature, namespace: Namespace::Certification };
    check_signatures(&given, ring, at, single_signatory)
}

/// Checks a supplier's signatures of a case statement: the signatory's in `case@R` and, unless `single`, the official's
/// in `countersignature@R`.
///
/// `single`: the statement needs the signatory only, or the supplier is one person.
///
/// # Errors
/// As [`check_version_signatures`].
pub fn check_case_signatures(
    document: &[u8],
    signature: Option<&str>,
    countersignature: Option<&str>,
    ring: &KeyRing,
    at: Instant,
    single: bool,
) -> Result<VersionSignatures, Vec<SignatureFault>> {
    let given = Given { document, signature, countersignature, namespace: Namespace::Case };
    check_signatures(&given, ring, at, single)
}

/// A document with the signatures that came, and what the first one is for.
struct Given<'a> {
    document: &'a [u8],
    signature: Option<&'a str>,
    countersignature: Option<&'a str>,
    namespace: Namespace,
}

fn check_signatures(
    given: &Given<'_>,
    ring: &KeyRing,
    at: Instant,
    single: bool,
) -> Result<VersionSignatures, Vec<SignatureFault>> {
    let (file, document) = (KeyFile::of(ring), Hashed::of(given.document));
    let examine = |text, role, namespace| file.examine(&document, text, role, namespace, at);
    let signatory = examine(given.signature, Role::Signatory, given.namespace);
    if single {
        return check_single(signatory, given.countersignature.is_some());
    }
    let official = examine(given.countersignature, Role::Official, Namespace::Countersignature);
    let same_key = signatory.key.is_some() && signatory.key == official.key;
    let key = signatory.key;
    match (signatory.into_result(), official.into_result()) {
        (Ok(signatory), Ok(official)) if !same_key => Ok(VersionSignatures { signatory, official: Some(official) }),
        (signatory, official) => {
            let mut faults = [signatory.err(), official.err()].into_iter().flatten().flatten().collect::<Vec<_>>();
            if same_key {
                let role = SignerRole::Supplier(Role::Official);
                faults.push(SignatureFault { role, key, kind: SignatureFaultKind::SameKey });
            }
            Err(in_order_of_checks(faults))
        }
    }
}

/// Checks a signature by one of the registry's authorities, for example the Department's on a ring.
///
/// # Errors
/// Every fault, in the order of the checks.
pub fn check_authority_signature(
    document: &[u8],
    signature: Option<&str>,
    authority: &AuthorityFile,
    role: AuthorityRole,
    namespace: Namespace,
    at: Instant,
) -> Result<SignerKey, Vec<SignatureFault>> {
    examine_authority_signature(document, signature, authority, role, namespace, at).into_result()
}

/// Checks the signatures of an authority file: `judge`, the file before it (the genesis is its own judge), says which
/// root keys count and how many of them are needed. Every signature that came must be good.
///
/// # Errors
/// Every fault, in the order of the checks.
pub fn check_authority_file_signatures(
    document: &[u8],
    signatures: &[&str],
    judge: &AuthorityFile,
    at: Instant,
) -> Result<Vec<SignerKey>, Vec<SignatureFault>> {
    let role = AuthorityRole::Root;
    let (mut signers, mut faults): (Vec<SignerKey>, Vec<SignatureFault>) = (Vec::new(), Vec::new());
    for text in signatures {
        match check_authority_signature(document, Some(text), judge, role, Namespace::Root, at) {
            Ok(signer) if signers.contains(&signer) => {
                faults.push(SignatureFault {
                    role: role.into(),
                    key: Some(signer.key),
                    kind: SignatureFaultKind::SameKey,
                });
            }
            Ok(signer) => signers.push(signer),
            Err(more) => faults.extend(more),
        }
    }
    let needed = judge.settings().threshold;
    if signatures.len() < needed as usize {
        let kind = SignatureFaultKind::TooFew { needed, given: signatures.len() };
        faults.push(SignatureFault { role: role.into(), key: None, kind });
    }
    if faults.is_empty() { Ok(signers) } else { Err(in_order_of_checks(faults)) }
}

fn check_single(
    signatory: SignatureReport,
    has_countersignature: bool,
) -> Result<VersionSignatures, Vec<SignatureFault>> {
    let result = signatory.into_result();
    if !has_countersignature {
        return result.map(|signatory| VersionSignatures { signatory, official: None });
    }
    let role = SignerRole::Supplier(Role::Official);
    let mut faults = vec![SignatureFault { role, key: None, kind: SignatureFaultKind::NotNeeded }];
    faults.extend(result.err().unwrap_or_default());
    Err(in_order_of_checks(faults))
}

/// A ring or the authority file, as far as judging a signature needs it.
struct KeyFile<'a, R> {
    keys: &'a [EnrolledKey<R>],
    registry: &'a RegistryId,
    owner: &'a str,
}

impl<'a> KeyFile<'a, Role> {
    fn of(ring: &'a KeyRing) -> Self {
        KeyFile { keys: ring.keys(), registry: ring.registry(), owner: ring.supplier().as_str() }
    }
}

impl<R: KeyRole> KeyFile<'_, R> {
    fn examine(
        &self,
        document: &Hashed,
        signature: Option<&str>,
        role: R,
        namespace: Namespace,
        at: Instant,
    ) -> SignatureReport {
        let report = |key, faults| SignatureReport { role: role.into(), key, faults };
        let Some(text) = signature else { return report(None, vec![SignatureFaultKind::Missing]) };
        let signature = match Sshsig::parse(text) {
            Ok(signature) => signature,
            Err(error) => return report(None, vec![SignatureFaultKind::Unreadable(error)]),
        };
        let faults = [
            namespace_fault(&signature, &namespace.at(self.registry)),
            self.key_fault(signature.key(), role, namespace, at),
            // In its own namespace: one mistake is one fault.
            (!signature.fits(document)).then_some(SignatureFaultKind::DoesNotVerify),
        ];
        report(Some(*signature.key()), faults.into_iter().flatten().collect())
    }

    fn key_fault(&self, key: &PublicKey, role: R, namespace: Namespace, at: Instant) -> Option<SignatureFaultKind> {
        let Some(entry) = self.keys.iter().find(|entry| entry.key() == key) else {
            return Some(SignatureFaultKind::NotEnrolled { owner: self.owner.to_owned() });
        };
        if entry.role() != role || !entry.namespaces().contains(&namespace) {
            return Some(SignatureFaultKind::WrongRole(entry.role().into()));
        }
        if at < entry.window().valid_after() {
            return Some(SignatureFaultKind::NotYetValid(entry.window().valid_after()));
        }
        entry.window().valid_before().filter(|end| at > *end).map(SignatureFaultKind::NoLongerValid)
    }
}

pub(super) fn namespace_fault(signature: &Sshsig, expected: &str) -> Option<SignatureFaultKind> {
    (signature.namespace() != expected).then(|| SignatureFaultKind::WrongNamespace {
        expected: expected.to_owned(),
        found: signature.namespace().to_owned(),
    })
}

#[cfg(test)]
mod tests;
