//! How a key file may grow: one event a version, lines are only ever added or ended earlier.
//!
//! | event | appended | ended |
//! |---|---|---|
//! | `enrol` | one or more keys | none |
//! | `rotate` | one key | at most one, of the same role, not before the new key begins; none if it had an end already |
//! | `left`, `lost`, `compromised` | none | exactly one |
//!
//! So only the last three can make a signature that was valid once invalid "as known now". How early a key was
//! ended is the Department's word, which it signs.

use std::fmt;

use super::entry::{EnrolledKey, KeyRole};
use crate::domain::Instant;

/// Why a key file has a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyEvent {
    /// Keys are added.
    Enrol,
    /// A key takes the place of another; both may be valid for a while.
    Rotate,
    /// Its holder left: the key ends.
    Left,
    /// The key was lost, not stolen: it ends.
    Lost,
    /// Somebody else may have had it since a moment: it ends just before that moment.
    Compromised,
}

impl KeyEvent {
    /// Every event.
    pub const ALL: [KeyEvent; 5] =
        [KeyEvent::Enrol, KeyEvent::Rotate, KeyEvent::Left, KeyEvent::Lost, KeyEvent::Compromised];

    /// As headers have it, for example `rotate`.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyEvent::Enrol => "enrol",
            KeyEvent::Rotate => "rotate",
            KeyEvent::Left => "left",
            KeyEvent::Lost => "lost",
            KeyEvent::Compromised => "compromised",
        }
    }

    /// Reads what [`KeyEvent::as_str`] writes.
    pub fn parse(text: &str) -> Option<KeyEvent> {
        KeyEvent::ALL.into_iter().find(|event| event.as_str() == text)
    }

    /// Whether it ends a key without another taking its place.
    pub fn ends_a_key(self) -> bool {
        matches!(self, KeyEvent::Left | KeyEvent::Lost | KeyEvent::Compromised)
    }
}

impl fmt::Display for KeyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key file may not follow the one before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrowthError {
    /// The version does not count up by one (or the first one is not 1).
    #[error("the next key file must have version {expected}, this one has {found}")]
    Version {
        /// The version that would be right.
        expected: u32,
        /// The version in the header.
        found: u32,
    },
    /// `previous` is not the digest of the file in force.
    #[error("the header's 'previous' is not the digest of the key file in force; make the change again on top of it")]
    Previous,
    /// Another supplier's or registry's file.
    #[error("the key file belongs to somebody else than the one in force")]
    Owner,
    /// A line is gone, moved or changed in more than an earlier end.
    #[error("line {line}: lines of the key file in force stay as they are, but for an added or earlier valid-before")]
    LineChanged {
        /// Counted from 1, the header being 1.
        line: usize,
    },
    /// A new key would be valid in the past.
    #[error(
        "line {line}: a new key's valid-after must not be before {committed_at}, when the key file enters the registry; \
         set a later one and sign again"
    )]
    ValidAfter {
        /// Counted from 1, the header being 1.
        line: usize,
        /// The instant of the commit.
        committed_at: Instant,
    },
    /// More, less or something else than the one event of the header.
    #[error("'change={0}' allows {1}; make one key file for each event")]
    Event(&'static str, &'static str),
    /// Too few root keys are valid to sign the next file.
    #[error(
        "fewer root keys are valid at {0} than the threshold asks for: nobody could ever sign the next authority file"
    )]
    Threshold(Instant),
    /// The registry has no key to sign the first commit with.
    #[error("no registry key is valid at {0}, when the first commit is made")]
    NoRegistryKey(Instant),
}

/// What the next list of keys has more than the one before.
pub(super) struct Growth<'a, R> {
    appended: &'a [EnrolledKey<R>],
    ended: Vec<&'a EnrolledKey<R>>,
}

impl<'a, R: KeyRole> Growth<'a, R> {
    /// Compares line by line.
    pub(super) fn between(
        previous: &[EnrolledKey<R>],
        next: &'a [EnrolledKey<R>],
        committed_at: Instant,
    ) -> Result<Self, GrowthError> {
        if next.len() < previous.len() {
            return Err(GrowthError::LineChanged { line: next.len() + 2 });
        }
        let (kept, appended) = next.split_at(previous.len());
        let mut ended = Vec::new();
        for (index, (old, new)) in previous.iter().zip(kept).enumerate() {
            if old == new {
                continue;
            }
            if !ends_earlier(old, new) {
                return Err(GrowthError::LineChanged { line: index + 2 });
            }
            ended.push(new);
        }
        let early = appended.iter().position(|entry| entry.window().valid_after() < committed_at);
        match early {
            Some(index) => Err(GrowthError::ValidAfter { line: previous.len() + index + 2, committed_at }),
            None => Ok(Growth { appended, ended }),
        }
    }

    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        self.appended.is_empty() && self.ended.is_empty()
    }

    /// Checks that exactly `event` happened.
    pub(super) fn check(
        &self,
        event: KeyEvent,
        previous: &[EnrolledKey<R>],
        committed_at: Instant,
    ) -> Result<(), GrowthError> {
        let (right, allowed) = match event {
            KeyEvent::Enrol => {
                (!self.appended.is_empty() && self.ended.is_empty(), "new lines only, at least one of them")
            }
            KeyEvent::Rotate => (
                self.is_rotation(previous, committed_at),
                "one new line, and an end for one key of the same role that is not before the new key begins",
            ),
            KeyEvent::Left | KeyEvent::Lost | KeyEvent::Compromised => {
                (self.appended.is_empty() && self.ended.len() == 1, "an earlier end for exactly one key")
            }
        };
        if right { Ok(()) } else { Err(GrowthError::Event(event.as_str(), allowed)) }
    }

    fn is_rotation(&self, previous: &[EnrolledKey<R>], committed_at: Instant) -> bool {
        let [new] = self.appended else { return false };
        // No gap: otherwise a rotation could make signatures of the past invalid without saying so.
        let hands_over = |end: Instant| end.plus_seconds(1) >= new.window().valid_after();
        match self.ended.as_slice() {
            [old] => old.role() == new.role() && old.window().valid_before().is_some_and(hands_over),
            [] => previous.iter().any(|old| {
                let ends_later = old.window().valid_before().is_some_and(|end| end >= committed_at);
                old.role() == new.role() && ends_later
            }),
            _ => false,
        }
    }
}

fn ends_earlier<R: KeyRole>(old: &EnrolledKey<R>, new: &EnrolledKey<R>) -> bool {
    let same =
        old.role() == new.role() && old.key() == new.key() && old.window().valid_after() == new.window().valid_after();
    let earlier = match (old.window().valid_before(), new.window().valid_before()) {
        (None, Some(_)) => true,
        (Some(old), Some(new)) => new < old,
        (_, None) => false,
    };
    same && earlier
}

#[cfg(test)]
mod tests;
