//! Reading objects by id, through gix: bounded in size, checked against the id, without hanging on damaged files.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gix_object::{Find as _, FindHeader as _};
use gix_odb::{HandleArc, store::init};

use super::{
    ObjectId, StoreError,
    commit::SignedCommit,
    object::{Kind, id_of},
    tree::Tree,
};
use crate::domain::digest::Digest;

/// No object that the registry writes comes near this size; a larger one is refused before memory is taken.
pub(super) const MAX_OBJECT_BYTES: usize = 16 << 20;

/// Room for this many packs besides those found at the start. `Store::maintain` folds many packs into few.
const ROOM_FOR_PACKS: usize = 8_192;

/// Before each further look for an object that was not found whole.
const PAUSES_MS: [u64; 3] = [0, 2, 20];

/// Reads objects by id, from any thread.
///
/// Cloning is cheap; clones share what is open. New objects and packs are found when first asked for.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// By what is known that the bytes of an object are those that were asked for.
#[derive(Debug, Clone, Copy)]
enum Proof {
    Id,
    Digest(Digest),
}

struct Shared {
    store: Arc<gix_odb::Store>,
    /// A handle serves one thread at a time; those not in use wait here.
    idle: Mutex<Vec<HandleArc>>,
}

impl Reader {
    /// Opens the folder `objects` of a repository.
    pub(super) fn open(objects: &Path) -> Result<Reader, StoreError> {
        let options = init::Options {
            slots: init::Slots::AsNeededByDiskState { multiplier: 2.0, minimum: ROOM_FOR_PACKS },
            alloc_limit_bytes: Some(MAX_OBJECT_BYTES),
            ..init::Options::default()
        };
        // No replacements: an object is what its id says, whatever refs/replace may hold.
        let store = gix_odb::Store::at_opts(objects.to_owned(), gix_hash::Kind::Sha1, &mut std::iter::empty(), options)
            .map_err(StoreError::io("open", objects))?;
        Ok(Reader { shared: Arc::new(Shared { store: Arc::new(store), idle: Mutex::default() }) })
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when no object has this id; [`StoreError::Damaged`] when it cannot be unpacked, is not
    /// a file or does not hash to its id; [`StoreError::TooLarge`] above 16 MiB.
    pub fn blob(&self, id: &ObjectId) -> Result<Vec<u8>, StoreError> {
        self.read(id, Kind::Blob, Proof::Id)
    }

    /// The same for a file whose digest is known. That is compared instead of the id: it proves more and costs less.
    ///
    /// # Errors
    /// As [`Reader::blob`], with [`StoreError::Damaged`] when the file does not have this digest.
    pub fn blob_with(&self, id: &ObjectId, digest: Digest) -> Result<Vec<u8>, StoreError> {
        self.read(id, Kind::Blob, Proof::Digest(digest))
    }

    pub(super) fn tree(&self, id: &ObjectId) -> Result<Tree, StoreError> {
        self.tree_after(&Tree::default(), id)
    }

    /// The same for what the tree `before` became.
    pub(super) fn tree_after(&self, before: &Tree, id: &ObjectId) -> Result<Tree, StoreError> {
        let bytes = self.read(id, Kind::Tree, Proof::Id)?;
        Tree::parse_after(before, &bytes).map_err(|detail| StoreError::Foreign { object: *id, detail })
    }

    pub(super) fn commit(&self, id: &ObjectId) -> Result<SignedCommit, StoreError> {
        let bytes = self.read(id, Kind::Commit, Proof::Id)?;
        SignedCommit::parse(&bytes).map_err(|detail| StoreError::Foreign { object: *id, detail })
    }

    fn read(&self, id: &ObjectId, kind: Kind, proof: Proof) -> Result<Vec<u8>, StoreError> {
        let idle = self.idle().pop();
        let handle = idle.unwrap_or_else(|| self.shared.store.to_cache_arc());
        let result = read_checked(&handle, id, kind, proof);
        if result.is_ok() {
            self.idle().push(handle);
            return result;
        }
        // Packs come and go beside readers, and a handle that looks while another one takes note of that may find
        // nothing. A new one begins with what is known by then; what is not there stays missing.
        PAUSES_MS.iter().fold(result, |result, pause| match result {
            Err(StoreError::Missing(_) | StoreError::Damaged { .. }) => {
                std::thread::sleep(Duration::from_millis(*pause));
                read_checked(&self.shared.store.to_cache_arc(), id, kind, proof)
            }
            settled => settled,
        })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<HandleArc>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_checked(handle: &HandleArc, id: &ObjectId, kind: Kind, proof: Proof) -> Result<Vec<u8>, StoreError> {
    let mut buffer = Vec::new();
    let found = handle.try_find(&id.to_gix(), &mut buffer).map(|found| found.map(|data| data.kind));
    match found {
        Ok(None) => Err(StoreError::Missing(*id)),
        Ok(Some(found)) if found != kind.to_gix() => {
            Err(StoreError::damaged(id, format!("it is a {found}, where a {} is needed", kind.to_gix())))
        }
        // Neither libgit2 nor gix compares a read object with its id: a flipped bit would go unseen.
        Ok(Some(_)) => match proof {
            Proof::Id if id_of(kind, &buffer) != Some(*id) => {
                Err(StoreError::damaged(id, "its bytes do not hash to its id"))
            }
            Proof::Digest(digest) if Digest::of(&buffer) != digest => {
                Err(StoreError::damaged(id, format!("its bytes do not have the digest {digest}")))
            }
            Proof::Id | Proof::Digest(_) => Ok(buffer),
        },
        Err(error) => Err(too_large(handle, id).unwrap_or_else(|| StoreError::damaged(id, error))),
    }
}

/// Tells the one harmless reason for a failed read from the others.
fn too_large(handle: &HandleArc, id: &ObjectId) -> Option<StoreError> {
    let bytes = handle.try_header(&id.to_gix()).ok()??.size;
    let limit = MAX_OBJECT_BYTES as u64;
    (bytes > limit).then(|| StoreError::TooLarge { place: id.to_string(), bytes, limit })
}
