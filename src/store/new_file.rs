//! A file on its way into the repository, with what has to be computed of its bytes: once, and wherever there is time.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use super::{
    ObjectId,
    object::{Kind, id_of},
    pack::{Packed, Packer},
};
use crate::domain::digest::Digest;

/// The bytes of a file to be appended. Cheap to clone; clones share what was computed.
#[derive(Clone)]
pub struct NewFile(Arc<Inner>);

struct Inner {
    bytes: Vec<u8>,
    digest: OnceLock<Digest>,
    /// Nothing for bytes made to collide in SHA-1.
    object: OnceLock<Option<ObjectId>>,
    packed: OnceLock<Packed>,
}

impl NewFile {
    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Their SHA-256.
    pub fn digest(&self) -> Digest {
        *self.0.digest.get_or_init(|| Digest::of(&self.0.bytes))
    }

    /// Hashes and compresses `files` now, on this thread: what is not done before is done by the writer, for whom
    /// everybody waits.
    pub fn make_ready<'f>(files: impl IntoIterator<Item = &'f NewFile>) {
        Packer::with_thorough(|packer| {
            for file in files {
                file.digest();
                file.object();
                file.packed(packer);
            }
        });
    }

    /// The blob's id; nothing for bytes made to collide in SHA-1.
    pub(super) fn object(&self) -> Option<ObjectId> {
        *self.0.object.get_or_init(|| id_of(Kind::Blob, &self.0.bytes))
    }

    /// The blob as a pack has it.
    pub(super) fn packed(&self, packer: &mut Packer) -> &Packed {
        self.0.packed.get_or_init(|| packer.pack(Kind::Blob, &self.0.bytes))
    }
}

impl From<Vec<u8>> for NewFile {
    fn from(bytes: Vec<u8>) -> Self {
        let (digest, object, packed) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        NewFile(Arc::new(Inner { bytes, digest, object, packed }))
    }
}

impl PartialEq for NewFile {
    fn eq(&self, other: &NewFile) -> bool {
        self.0.bytes == other.0.bytes
    }
}

impl Eq for NewFile {}

impl fmt::Debug for NewFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewFile({} bytes)", self.0.bytes.len())
    }
}
