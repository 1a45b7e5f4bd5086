//! A supplier's key ring: its keys, all that ever were, in an `allowed_signers` file.

use super::{
    entry::EnrolledKey,
    growth::{Growth, GrowthError, KeyEvent},
    key::PublicKey,
    keyfile::{self, Fields, KeyFileError},
    role::Role,
};
use crate::domain::{Digest, Instant, RegistryId, SupplierId};

const HEADER_FIELDS: &str = "supplier=, version=, change=, and from version 2 on previous=";

/// A key of a supplier.
pub type RingKey = EnrolledKey<Role>;

/// One version of a supplier's ring. Reading and writing it gives the same bytes.
///
/// ```text
/// # certreg allowed_signers/v1 supplier=acme version=1 change=enrol
/// signatory@acme namespaces="certification@R,case@R,enrolment@R",valid-after="20260101000000Z" ssh-ed25519 AAAA… acme-signatory-0123456789abcdef
/// official@acme namespaces="countersignature@R,enrolment@R",valid-after="20260101000000Z" ssh-ed25519 AAAA… acme-official-fedcba9876543210
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    registry: RegistryId,
    supplier: SupplierId,
    version: u32,
    event: KeyEvent,
    previous: Option<Digest>,
    keys: Vec<RingKey>,
}

impl KeyRing {
    /// The first ring of a supplier.
    ///
    /// # Errors
    /// [`KeyFileError`] for no keys, or one key twice.
    pub fn first(registry: RegistryId, supplier: SupplierId, keys: Vec<RingKey>) -> Result<Self, KeyFileError> {
        KeyRing { registry, supplier, version: 1, event: KeyEvent::Enrol, previous: None, keys }.checked()
    }

    /// The next ring, with more keys.
    ///
    /// # Errors
    /// [`KeyFileError`] for one key twice.
    pub fn enrol(&self, keys: &[RingKey]) -> Result<Self, KeyFileError> {
        self.next(KeyEvent::Enrol, [&self.keys, keys].concat())
    }

    /// The next ring, in which `new` takes the place of `old`, whose last second is the one before
    /// `old_ends_at` (or earlier, if it had an earlier end already).
    ///
    /// # Errors
    /// [`KeyFileError`] for an unknown old key, another role, one key twice.
    pub fn rotate(&self, old: &PublicKey, new: RingKey, old_ends_at: Instant) -> Result<Self, KeyFileError> {
        self.next(KeyEvent::Rotate, keyfile::with_key_rotated(&self.keys, old, new, old_ends_at)?)
    }

    /// The next ring, in which `key` ends: its last second is the one before `at`, and never earlier than the
    /// second after it began. For [`KeyEvent::Compromised`], `at` is since when somebody else may have had it.
    ///
    /// # Errors
    /// [`KeyFileError`] for an unknown key, one that ends as early already, or an event that ends none.
    pub fn end(&self, key: &PublicKey, at: Instant, event: KeyEvent) -> Result<Self, KeyFileError> {
        if !event.ends_a_key() {
            return Err(KeyFileError::NotAnEnd(event));
        }
        self.next(event, keyfile::with_key_ended(&self.keys, key, at)?)
    }

    /// Reads a ring of this registry.
    ///
    /// # Errors
    /// [`KeyFileError`], naming the line.
    pub fn parse(text: &str, registry: &RegistryId) -> Result<Self, KeyFileError> {
        let (mut header, body) = Fields::open(text, HEADER_FIELDS)?;
        let supplier: SupplierId = header.value("supplier")?;
        let version = header.value("version")?;
        let event = KeyEvent::parse(header.text("change")?).ok_or(KeyFileError::HeaderValue("change"))?;
        let previous = header.previous_and_end()?;
        let keys = keyfile::parse_keys(body, supplier.as_str(), registry)?;
        let ring = KeyRing { registry: registry.clone(), supplier, version, event, previous, keys }.checked()?;
        if ring.print() == text { Ok(ring) } else { Err(KeyFileError::NotCanonical) }
    }

    /// The exact text of the file.
    pub fn print(&self) -> String {
        let previous = self.previous.map(|digest| format!(" previous={digest}")).unwrap_or_default();
        let header = format!("supplier={} version={} change={}{previous}", self.supplier, self.version, self.event);
        keyfile::print(&header, &self.keys, self.supplier.as_str(), &self.registry)
    }

    /// The digest of the file, which the next version names as `previous`.
    pub fn digest(&self) -> Digest {
        Digest::of(self.print().as_bytes())
    }

    /// The registry that it is for.
    pub fn registry(&self) -> &RegistryId {
        &self.registry
    }

    /// Whose keys they are.
    pub fn supplier(&self) -> &SupplierId {
        &self.supplier
    }

    /// 1, 2, 3 …
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Why there is this version.
    pub fn event(&self) -> KeyEvent {
        self.event
    }

    /// The digest of the version before; `None` for 1.
    pub fn previous(&self) -> Option<&Digest> {
        self.previous.as_ref()
    }

    /// Every key that ever was, in order of enrolment.
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    /// The keys that `earlier` does not have: each needs a key request. All of them for `None`.
    pub fn keys_since(&self, earlier: Option<&KeyRing>) -> &[RingKey] {
        let known = earlier.map_or(0, |ring| ring.keys.len());
        self.keys.get(known..).unwrap_or_default()
    }

    /// The line of `key`, if it ever was enrolled.
    pub fn find(&self, key: &PublicKey) -> Option<&RingKey> {
        keyfile::find(&self.keys, key)
    }

    /// Whether this ring lets a key, named by its fingerprint, sign at `at`: what is known of a signature that was good
    /// when it was made.
    pub fn counts(&self, fingerprint: &str, at: Instant) -> bool {
        keyfile::counts(&self.keys, fingerprint, at)
    }

    /// Checks that this ring may follow `previous` (`None`: there is no ring yet) in a commit made at
    /// `committed_at`. Signatures and key requests are checked elsewhere.
    ///
    /// # Errors
    /// [`GrowthError`].
    pub fn check_follows(&self, previous: Option<&KeyRing>, committed_at: Instant) -> Result<(), GrowthError> {
        let expected = previous.map_or(1, |ring| ring.version.saturating_add(1));
        if self.version != expected {
            return Err(GrowthError::Version { expected, found: self.version });
        }
        if previous.is_some_and(|ring| ring.supplier != self.supplier || ring.registry != self.registry) {
            return Err(GrowthError::Owner);
        }
        if self.previous != previous.map(KeyRing::digest) {
            return Err(GrowthError::Previous);
        }
        let old_keys = previous.map_or(&[][..], KeyRing::keys);
        Growth::between(old_keys, &self.keys, committed_at)?.check(self.event, old_keys, committed_at)
    }

    fn next(&self, event: KeyEvent, keys: Vec<RingKey>) -> Result<Self, KeyFileError> {
        let version = self.version.checked_add(1).ok_or(KeyFileError::HeaderValue("version"))?;
        KeyRing { version, event, previous: Some(self.digest()), keys, ..self.clone() }.checked()
    }

    fn checked(self) -> Result<Self, KeyFileError> {
        keyfile::check_common(self.version, self.previous.as_ref(), &self.keys)?;
        if self.keys.is_empty() {
            return Err(KeyFileError::NoKey("anybody"));
        }
        if self.version == 1 && self.event != KeyEvent::Enrol {
            return Err(KeyFileError::Change(self.event.as_str(), 1));
        }
        Ok(self)
    }
}
