//! Ids of Git objects (SHA-1, 20 bytes), as a type of our own: the libraries' types never leave the store.

use std::{fmt, str::FromStr};

/// The id of a blob, tree or commit, written as 40 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 20]);

/// A text is not 40 lowercase hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an object id is 40 lowercase hex digits")]
pub struct ObjectIdError;

impl ObjectId {
    /// Takes the 20 raw bytes.
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        ObjectId(bytes)
    }

    /// The 20 raw bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    pub(super) fn to_gix(self) -> gix_hash::ObjectId {
        gix_hash::ObjectId::Sha1(self.0)
    }

    pub(super) fn to_git2(self) -> git2::Oid {
        git2::Oid::from_bytes(&self.0).expect("20 bytes make an id")
    }

    pub(super) fn from_git2(id: git2::Oid) -> Self {
        ObjectId(id.as_bytes().try_into().expect("the repository's format is SHA-1"))
    }
}

/// What an object is, as its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Blob,
    Tree,
    Commit,
}

impl Kind {
    pub(super) fn to_gix(self) -> gix_object::Kind {
        match self {
            Kind::Blob => gix_object::Kind::Blob,
            Kind::Tree => gix_object::Kind::Tree,
            Kind::Commit => gix_object::Kind::Commit,
        }
    }
}

/// Computes an object's id. Nothing comes back for bytes made to collide in SHA-1.
pub(super) fn id_of(kind: Kind, data: &[u8]) -> Option<ObjectId> {
    match gix_object::compute_hash(gix_hash::Kind::Sha1, kind.to_gix(), data).ok()? {
        gix_hash::ObjectId::Sha1(bytes) => Some(ObjectId(bytes)),
        _ => None,
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectId {
    type Err = ObjectIdError;
    fn from_str(text: &str) -> Result<Self, ObjectIdError> {
        let digits = text.as_bytes();
        if digits.len() != 40 || !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ObjectIdError);
        }
        let mut bytes = [0; 20];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let nibble = |b: u8| if b.is_ascii_digit() { b - b'0' } else { b - b'a' + 10 };
            *byte = nibble(pair[0]) << 4 | nibble(pair[1]);
        }
        Ok(ObjectId(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_git_does_and_reads_back() {
        // `printf hello | git hash-object --stdin`
        let id = id_of(Kind::Blob, b"hello").expect("no collision");
        assert_eq!(id.to_string(), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn refuses_short_long_and_upper_case_ids() {
        for text in ["", "b6fc", &"A".repeat(40), &"a".repeat(41), &"g".repeat(40)] {
            assert_eq!(text.parse::<ObjectId>(), Err(ObjectIdError), "{text}");
        }
    }
}
