//! Which keys signed, and which a ring holds.

use crate::signing::{KeyEvent, PublicKey, Role, Sshsig};

/// One key of a ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RingKey {
    pub fingerprint: String,
    pub role: Role,
}

/// What the index wants to know of a ring's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RingFacts {
    pub version: u32,
    pub event: KeyEvent,
    /// In the file's order.
    pub keys: Vec<RingKey>,
}

/// The fingerprint of the key that made a signature (armoured SSHSIG); `None` when it cannot be read, which
/// verification tells the reader.
pub(super) fn signing_key(armour: &[u8]) -> Option<String> {
    Some(Sshsig::parse_bytes(armour).ok()?.key().fingerprint())
}

/// Reads a ring. Its whole grammar was checked when it was let in, and is again by whoever
/// verifies with it; here it is enough to know its number and its keys.
pub(super) fn ring(bytes: &[u8]) -> Option<RingFacts> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (header, lines) = text.split_once('\n')?;
    let member = |name: &str| header.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    Some(RingFacts {
        version: member("version")?.parse().ok()?,
        event: KeyEvent::parse(member("change")?)?,
        keys: lines.lines().map(key).collect::<Option<_>>()?,
    })
}

/// `<role>@<supplier> <options> ssh-ed25519 AAAA… <comment>`.
fn key(line: &str) -> Option<RingKey> {
    let (principal, rest) = line.split_once(' ')?;
    let (_options, key) = rest.split_once(' ')?;
    let role = Role::parse(principal.split_once('@')?.0)?;
    Some(RingKey { fingerprint: PublicKey::parse_line(key).ok()?.fingerprint(), role })
}
