//! What both key files share: the header line, the list of keys, the errors.
//!
//! A key file is UTF-8 with LF: one header line, then one line per key. Reading it and writing
//! it again gives the same bytes, or it is refused: its digest is what the next version chains to.

use std::{collections::BTreeSet, str::FromStr};

use super::{
    entry::{EnrolledKey, KeyRole, LineFault},
    growth::KeyEvent,
    key::PublicKey,
};
use crate::domain::{Digest, RegistryId};

pub(super) const MAGIC: &str = "# certreg allowed_signers/v1 ";

/// A text is not a key file of this registry, or a builder was asked for one that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// The first line is not the expected header.
    #[error("the first line must be '{MAGIC}…' with {0} in that order, separated by single spaces")]
    Header(&'static str),
    /// A value of the header cannot be.
    #[error("the header's {0} is not a possible value")]
    HeaderValue(&'static str),
    /// The file is another registry's.
    #[error("the key file belongs to the registry '{0}'")]
    OtherRegistry(String),
    /// `previous` is there in version 1, or missing later.
    #[error("the header must have 'previous' from version 2 on, and not in version 1")]
    Previous,
    /// Version 1 must be the first enrolment, and only version 1 may be a genesis.
    #[error("the change '{0}' is not possible in version {1}")]
    Change(&'static str, u32),
    /// A line breaks the grammar.
    #[error("line {line}: {fault}")]
    Line {
        /// Counted from 1, the header being 1.
        line: usize,
        /// Which rule.
        fault: LineFault,
    },
    /// The last line has no LF.
    #[error("the file must end with one line end (LF)")]
    FinalNewline,
    /// No keys of a role that there must be.
    #[error("the file has no key for {0}")]
    NoKey(&'static str),
    /// The same key on two lines.
    #[error("the key {0} stands on two lines; a key serves one role, once: make a new key")]
    DuplicateKey(PublicKey),
    /// More root signatures asked for than there are root keys, or none.
    #[error("the threshold must be at least 1 and at most the number of root keys")]
    Threshold,
    /// A builder was given a key that the file does not have.
    #[error("the key {0} is not in this file")]
    UnknownKey(PublicKey),
    /// A builder was asked to end a key that ends as early already.
    #[error("the key {0} already ends at or before that time; there is nothing to change")]
    AlreadyEnded(PublicKey),
    /// A builder was asked to end keys with an event that does not end them.
    #[error("the event '{0}' does not end a key; use left, lost or compromised")]
    NotAnEnd(KeyEvent),
    /// The rotated key serves another role.
    #[error("a key is replaced by a key of the same role")]
    OtherRole,
    /// Written again, the file would have other bytes.
    #[error("the file is not written in the one way that is allowed")]
    NotCanonical,
}

/// Takes `name=value` off the front of a header, field by field.
pub(super) struct Fields<'a> {
    rest: &'a str,
    wanted: &'static str,
}

impl<'a> Fields<'a> {
    /// Begins with the first line of `text`; gives the fields and the lines after it.
    pub(super) fn open(text: &'a str, wanted: &'static str) -> Result<(Self, &'a str), KeyFileError> {
        let (header, body) = text.split_once('\n').ok_or(KeyFileError::Header(wanted))?;
        let rest = header.strip_prefix(MAGIC).ok_or(KeyFileError::Header(wanted))?;
        Ok((Fields { rest, wanted }, body))
    }

    /// The next field, which must have this name.
    pub(super) fn text(&mut self, name: &'static str) -> Result<&'a str, KeyFileError> {
        self.optional(name).ok_or(KeyFileError::Header(self.wanted))
    }

    /// The next field, read as a `T`.
    pub(super) fn value<T: FromStr>(&mut self, name: &'static str) -> Result<T, KeyFileError> {
        self.text(name)?.parse().map_err(|_| KeyFileError::HeaderValue(name))
    }

    /// The last fields of both headers: `previous`, if it is there, and the end.
    pub(super) fn previous_and_end(&mut self) -> Result<Option<Digest>, KeyFileError> {
        let previous = self.optional("previous").map(str::parse).transpose();
        let previous = previous.map_err(|_| KeyFileError::HeaderValue("previous"))?;
        if self.rest.is_empty() { Ok(previous) } else { Err(KeyFileError::Header(self.wanted)) }
    }

    fn optional(&mut self, name: &str) -> Option<&'a str> {
        let after = self.rest.strip_prefix(name)?.strip_prefix('=')?;
        let (value, rest) = after.split_once(' ').unwrap_or((after, ""));
        self.rest = rest;
        Some(value)
    }
}

/// Reads the lines after the header.
pub(super) fn parse_keys<R: KeyRole>(
    body: &str,
    owner: &str,
    registry: &RegistryId,
) -> Result<Vec<EnrolledKey<R>>, KeyFileError> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let lines = body.strip_suffix('\n').ok_or(KeyFileError::FinalNewline)?;
    let entry = |(index, line)| {
        EnrolledKey::parse_line(line, owner, registry).map_err(|fault| KeyFileError::Line { line: index + 2, fault })
    };
    lines.split('\n').enumerate().map(entry).collect()
}

/// Writes a header and the lines after it.
pub(super) fn print<R: KeyRole>(header: &str, keys: &[EnrolledKey<R>], owner: &str, registry: &RegistryId) -> String {
    let mut text = format!("{MAGIC}{header}\n");
    for key in keys {
        text.push_str(&key.line(owner, registry));
        text.push('\n');
    }
    text
}

/// What every version of either file must hold: its number fits `previous`, no key stands twice.
pub(super) fn check_common<R: KeyRole>(
    version: u32,
    previous: Option<&Digest>,
    keys: &[EnrolledKey<R>],
) -> Result<(), KeyFileError> {
    if version == 0 {
        return Err(KeyFileError::HeaderValue("version"));
    }
    if previous.is_some() != (version > 1) {
        return Err(KeyFileError::Previous);
    }
    let mut seen = BTreeSet::new();
    match keys.iter().find(|entry| !seen.insert(entry.key())) {
        Some(twice) => Err(KeyFileError::DuplicateKey(*twice.key())),
        None => Ok(()),
    }
}

pub(super) fn find<'a, R: KeyRole>(keys: &'a [EnrolledKey<R>], key: &PublicKey) -> Option<&'a EnrolledKey<R>> {
    keys.iter().find(|entry| entry.key() == key)
}

/// Whether the key with this fingerprint may sign at `at`.
pub(super) fn counts<R: KeyRole>(keys: &[EnrolledKey<R>], fingerprint: &str, at: crate::domain::Instant) -> bool {
    keys.iter().any(|entry| entry.key().fingerprint() == fingerprint && entry.is_valid_at(at))
}

/// The keys with `key` ended just before `at`; refused when that would change nothing.
pub(super) fn with_key_ended<R: KeyRole>(
    keys: &[EnrolledKey<R>],
    key: &PublicKey,
    at: crate::domain::Instant,
) -> Result<Vec<EnrolledKey<R>>, KeyFileError> {
    let index = keys.iter().position(|entry| entry.key() == key).ok_or(KeyFileError::UnknownKey(*key))?;
    let ended = keys[index].window().ended_before(at);
    if keys[index].window().valid_before().is_some_and(|end| Some(end) <= ended.valid_before()) {
        return Err(KeyFileError::AlreadyEnded(*key));
    }
    let mut keys = keys.to_vec();
    keys[index] = keys[index].with_window(ended);
    Ok(keys)
}

/// The keys with `old` ended just before `old_ends_at` (unless it ends earlier anyway) and `new` appended.
pub(super) fn with_key_rotated<R: KeyRole>(
    keys: &[EnrolledKey<R>],
    old: &PublicKey,
    new: EnrolledKey<R>,
    old_ends_at: crate::domain::Instant,
) -> Result<Vec<EnrolledKey<R>>, KeyFileError> {
    let old_role = find(keys, old).ok_or(KeyFileError::UnknownKey(*old))?.role();
    if old_role != new.role() {
        return Err(KeyFileError::OtherRole);
    }
    let mut keys = match with_key_ended(keys, old, old_ends_at) {
        Err(KeyFileError::AlreadyEnded(_)) => keys.to_vec(),
        ended => ended?,
    };
    keys.push(new);
    Ok(keys)
}
