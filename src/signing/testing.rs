//! Fixed ids, keys and instants for this floor's tests.

use super::{AuthorityFile, AuthorityKey, AuthorityRole, AuthoritySettings, KeyRing, RingKey, Role, SecretKey, Window};
use crate::domain::{Digest, Instant, RegistryId};

pub(super) fn registry() -> RegistryId {
    "certreg.example".parse().expect("a registry id")
}

pub(super) fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

/// When the first ring and the authority file begin.
pub(super) fn start() -> Instant {
    at("2026-01-01T00:00:00Z")
}

pub(super) fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

pub(super) fn window(after: Instant, before: Option<Instant>) -> Window {
    Window::new(after, before).expect("a window")
}

pub(super) fn ring_key(role: Role, seed: u8, after: Instant) -> RingKey {
    RingKey::new(role, secret(seed).public(), window(after, None))
}

pub(super) fn authority_key(role: AuthorityRole, seed: u8, after: Instant) -> AuthorityKey {
    AuthorityKey::new(role, secret(seed).public(), window(after, None))
}

/// Signatory with seed 1, official with seed 2, both from [`start`].
pub(super) fn ring() -> KeyRing {
    let keys = vec![ring_key(Role::Signatory, 1, start()), ring_key(Role::Official, 2, start())];
    KeyRing::first(registry(), "acme".parse().expect("an id"), keys).expect("a ring")
}

pub(super) fn settings(threshold: u32) -> AuthoritySettings {
    AuthoritySettings { policy: Digest::of(b"policy"), files: Digest::of(b"files"), threshold }
}

/// Roots with seeds 11 and 12, Department 13, registry 14, all from [`start`].
pub(super) fn authority(threshold: u32) -> AuthorityFile {
    let keys = vec![
        authority_key(AuthorityRole::Root, 11, start()),
        authority_key(AuthorityRole::Root, 12, start()),
        authority_key(AuthorityRole::Department, 13, start()),
        authority_key(AuthorityRole::Registry, 14, start()),
    ];
    AuthorityFile::genesis(registry(), settings(threshold), keys).expect("a genesis")
}
