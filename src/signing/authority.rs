//! The authority file: root, Department and registry keys in one `allowed_signers` file.
//!
//! Its comments are made like a ring's: `<registry id>-<role>-<16 hex of the key's SHA-256>`. Its `change=` is
//! `genesis` in version 1, later one of the key events of [`growth`](super::growth), or `files` when no key line
//! differs. Policy, files and threshold may change with any of them: a new key often comes with new files.

use std::fmt;

use super::{
    entry::EnrolledKey,
    growth::{Growth, GrowthError, KeyEvent},
    key::PublicKey,
    keyfile::{self, Fields, KeyFileError},
    role::AuthorityRole,
};
use crate::domain::{Digest, Instant, RegistryId};

const HEADER_FIELDS: &str =
    "authority=, version=, change=, policy=, files=, threshold=, and from version 2 on previous=";

/// A key of one of the registry's authorities.
pub type AuthorityKey = EnrolledKey<AuthorityRole>;

/// Why there is a new authority file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorityChange {
    /// The registry begins.
    Genesis,
    /// No key line differs: policy, files or threshold do.
    Files,
    /// Something happened to a key.
    Keys(KeyEvent),
}

impl AuthorityChange {
    /// As the header has it.
    pub fn as_str(self) -> &'static str {
        match self {
            AuthorityChange::Genesis => "genesis",
            AuthorityChange::Files => "files",
            AuthorityChange::Keys(event) => event.as_str(),
        }
    }

    /// Reads what [`AuthorityChange::as_str`] writes.
    pub fn parse(text: &str) -> Option<AuthorityChange> {
        match text {
            "genesis" => Some(AuthorityChange::Genesis),
            "files" => Some(AuthorityChange::Files),
            _ => KeyEvent::parse(text).map(AuthorityChange::Keys),
        }
    }
}

impl fmt::Display for AuthorityChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the header of the authority file says besides its place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthoritySettings {
    /// The digest of `authority/trust-policy`.
    pub policy: Digest,
    /// The digest of the `sha256sum` lines of `registry.json`, `VERIFY.md` and `tools/`.
    pub files: Digest,
    /// How many different root keys must sign the next file; at least 1.
    pub threshold: u32,
}

/// One version of the authority file. Reading and writing it gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityFile {
    registry: RegistryId,
    version: u32,
    change: AuthorityChange,
    settings: AuthoritySettings,
    previous: Option<Digest>,
    keys: Vec<AuthorityKey>,
}

impl AuthorityFile {
    /// The first authority file of a registry, with at least one key of each role.
    ///
    /// # Errors
    /// [`KeyFileError`] for a missing role, one key twice or an impossible threshold.
    pub fn genesis(
        registry: RegistryId,
        settings: AuthoritySettings,
        keys: Vec<AuthorityKey>,
    ) -> Result<Self, KeyFileError> {
        let change = AuthorityChange::Genesis;
        AuthorityFile { registry, version: 1, change, settings, previous: None, keys }.checked()
    }

    /// The next file, with other settings and the same keys.
    ///
    /// # Errors
    /// [`KeyFileError::Threshold`].
    pub fn with_settings(&self, settings: AuthoritySettings) -> Result<Self, KeyFileError> {
        self.next(AuthorityChange::Files, settings, self.keys.clone())
    }

    /// The next file, with more keys.
    ///
    /// # Errors
    /// [`KeyFileError`] for one key twice or an impossible threshold.
    pub fn enrol(&self, settings: AuthoritySettings, keys: &[AuthorityKey]) -> Result<Self, KeyFileError> {
        self.next(AuthorityChange::Keys(KeyEvent::Enrol), settings, [&self.keys, keys].concat())
    }

    /// The next file, in which `new` takes the place of `old`, whose last second is the one before `old_ends_at`.
    ///
    /// # Errors
    /// As [`KeyRing::rotate`](super::KeyRing::rotate).
    pub fn rotate(
        &self,
        settings: AuthoritySettings,
        old: &PublicKey,
        new: AuthorityKey,
        old_ends_at: Instant,
    ) -> Result<Self, KeyFileError> {
        let keys = keyfile::with_key_rotated(&self.keys, old, new, old_ends_at)?;
        self.next(AuthorityChange::Keys(KeyEvent::Rotate), settings, keys)
    }

    /// The next file, in which `key` ends just before `at`.
    ///
    /// # Errors
    /// As [`KeyRing::end`](super::KeyRing::end).
    pub fn end(
        &self,
        settings: AuthoritySettings,
        key: &PublicKey,
        at: Instant,
        event: KeyEvent,
    ) -> Result<Self, KeyFileError> {
        if !event.ends_a_key() {
            return Err(KeyFileError::NotAnEnd(event));
        }
        self.next(AuthorityChange::Keys(event), settings, keyfile::with_key_ended(&self.keys, key, at)?)
    }

    /// Reads the authority file of this registry.
    ///
    /// # Errors
    /// [`KeyFileError`], naming the line.
    pub fn parse(text: &str, registry: &RegistryId) -> Result<Self, KeyFileError> {
        let (mut header, body) = Fields::open(text, HEADER_FIELDS)?;
        let owner = header.text("authority")?;
        if owner != registry.as_str() {
            return Err(KeyFileError::OtherRegistry(owner.to_owned()));
        }
        let version = header.value("version")?;
        let change = AuthorityChange::parse(header.text("change")?).ok_or(KeyFileError::HeaderValue("change"))?;
        let (policy, files) = (header.value("policy")?, header.value("files")?);
        let settings = AuthoritySettings { policy, files, threshold: header.value("threshold")? };
        let previous = header.previous_and_end()?;
        let keys = keyfile::parse_keys(body, registry.as_str(), registry)?;
        let registry = registry.clone();
        let file = AuthorityFile { registry, version, change, settings, previous, keys }.checked()?;
        if file.print() == text { Ok(file) } else { Err(KeyFileError::NotCanonical) }
    }

    /// The exact text of the file.
    pub fn print(&self) -> String {
        let AuthoritySettings { policy, files, threshold } = self.settings;
        let previous = self.previous.map(|digest| format!(" previous={digest}")).unwrap_or_default();
        let header = format!(
            "authority={} version={} change={} policy={policy} files={files} threshold={threshold}{previous}",
            self.registry, self.version, self.change
        );
        keyfile::print(&header, &self.keys, self.registry.as_str(), &self.registry)
    }

    /// The digest of the file, which the next version names as `previous`.
    pub fn digest(&self) -> Digest {
        Digest::of(self.print().as_bytes())
    }

    /// Whose authorities they are.
    pub fn registry(&self) -> &RegistryId {
        &self.registry
    }

    /// 1, 2, 3 …
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Why there is this version.
    pub fn change(&self) -> AuthorityChange {
        self.change
    }

    /// Policy, files and threshold.
    pub fn settings(&self) -> &AuthoritySettings {
        &self.settings
    }

    /// The digest of the version before; `None` for 1.
    pub fn previous(&self) -> Option<&Digest> {
        self.previous.as_ref()
    }

    /// Every key that ever was, in order of enrolment.
    pub fn keys(&self) -> &[AuthorityKey] {
        &self.keys
    }

    /// The line of `key`, if it ever was enrolled.
    pub fn find(&self, key: &PublicKey) -> Option<&AuthorityKey> {
        keyfile::find(&self.keys, key)
    }

    /// Whether this file lets a key, named by its fingerprint, sign at `at`: what is known of a signature that was good
    /// when it was made.
    pub fn counts(&self, fingerprint: &str, at: Instant) -> bool {
        keyfile::counts(&self.keys, fingerprint, at)
    }

    /// The keys of `role` that may sign at `at`.
    pub fn valid_keys(&self, role: AuthorityRole, at: Instant) -> impl Iterator<Item = &AuthorityKey> {
        self.keys.iter().filter(move |entry| entry.role() == role && entry.is_valid_at(at))
    }

    /// Checks that this file may follow `previous` (`None`: it begins the registry) in a commit made at
    /// `committed_at`. Its signatures are checked by
    /// [`check_authority_file_signatures`](super::verify::check_authority_file_signatures).
    ///
    /// New keys must not be valid before the commit, but for those of the genesis, which signs itself.
    ///
    /// # Errors
    /// [`GrowthError`].
    pub fn check_follows(&self, previous: Option<&AuthorityFile>, committed_at: Instant) -> Result<(), GrowthError> {
        let expected = previous.map_or(1, |file| file.version.saturating_add(1));
        if self.version != expected {
            return Err(GrowthError::Version { expected, found: self.version });
        }
        if previous.is_some_and(|file| file.registry != self.registry) {
            return Err(GrowthError::Owner);
        }
        if self.previous != previous.map(AuthorityFile::digest) {
            return Err(GrowthError::Previous);
        }
        match previous {
            Some(previous) => self.check_keys(previous, committed_at)?,
            None if self.valid_keys(AuthorityRole::Registry, committed_at).next().is_none() => {
                return Err(GrowthError::NoRegistryKey(committed_at));
            }
            None => {}
        }
        // The next file must have somebody to sign it.
        let roots = self.valid_keys(AuthorityRole::Root, committed_at).count();
        if roots < self.settings.threshold as usize { Err(GrowthError::Threshold(committed_at)) } else { Ok(()) }
    }

    /// Whether root keys enough to sign the next file will never end by themselves: otherwise a day is known from which
    /// on nobody could change anything.
    pub fn has_lasting_roots(&self) -> bool {
        let lasts = |line: &&AuthorityKey| line.role() == AuthorityRole::Root && line.window().valid_before().is_none();
        self.keys.iter().filter(lasts).count() >= self.settings.threshold as usize
    }

    fn check_keys(&self, previous: &AuthorityFile, committed_at: Instant) -> Result<(), GrowthError> {
        let growth = Growth::between(&previous.keys, &self.keys, committed_at)?;
        match self.change {
            AuthorityChange::Keys(event) => growth.check(event, &previous.keys, committed_at),
            _ if growth.is_empty() => Ok(()),
            _ => Err(GrowthError::Event(self.change.as_str(), "no difference in the lines of keys")),
        }
    }

    fn next(
        &self,
        change: AuthorityChange,
        settings: AuthoritySettings,
        keys: Vec<AuthorityKey>,
    ) -> Result<Self, KeyFileError> {
        let version = self.version.checked_add(1).ok_or(KeyFileError::HeaderValue("version"))?;
        let (registry, previous) = (self.registry.clone(), Some(self.digest()));
        AuthorityFile { registry, version, change, settings, previous, keys }.checked()
    }

    fn checked(self) -> Result<Self, KeyFileError> {
        keyfile::check_common(self.version, self.previous.as_ref(), &self.keys)?;
        if (self.version == 1) != (self.change == AuthorityChange::Genesis) {
            return Err(KeyFileError::Change(self.change.as_str(), self.version));
        }
        let count = |role| self.keys.iter().filter(|entry| entry.role() == role).count();
        for role in AuthorityRole::ALL {
            if count(role) == 0 {
                return Err(KeyFileError::NoKey(role.as_str()));
            }
        }
        let threshold = self.settings.threshold as usize;
        if (1..=count(AuthorityRole::Root)).contains(&threshold) { Ok(self) } else { Err(KeyFileError::Threshold) }
    }
}
