//! Documents and editions that were read lately. Named by digest, so nothing in here can ever be out of date.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::{Blobs, IndexError};
use crate::{
    domain::{Digest, Draft, Edition, Faults},
    format::{Node, v1},
};

/// About 15 MB: what a group of publishes on different certifications needs, and a rebuild that goes through
/// one certification after another.
const DOCUMENTS: usize = 256;

/// What was read lately.
#[derive(Default)]
pub(super) struct Cache {
    editions: HashMap<Digest, Arc<Edition>>,
    documents: HashMap<Digest, Arc<Draft>>,
    /// The documents' digests, oldest first.
    order: VecDeque<Digest>,
}

impl Cache {
    /// The document with this digest, which lies in `object`.
    pub fn document(&mut self, digest: Digest, object: &str, blobs: &dyn Blobs) -> Result<Arc<Draft>, IndexError> {
        if let Some(document) = self.documents.get(&digest) {
            return Ok(Arc::clone(document));
        }
        let document = match blobs.document(digest) {
            Some(document) => document,
            None => Arc::new(read(digest, object, blobs, v1::certification::read)?),
        };
        if self.order.len() >= DOCUMENTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.documents.remove(&oldest);
        }
        self.order.push_back(digest);
        self.documents.insert(digest, Arc::clone(&document));
        Ok(document)
    }

    /// The edition with this digest, which lies in `object`. There are few: all are kept.
    pub fn edition(&mut self, digest: Digest, object: &str, blobs: &dyn Blobs) -> Result<Arc<Edition>, IndexError> {
        if let Some(edition) = self.editions.get(&digest) {
            return Ok(Arc::clone(edition));
        }
        let edition = Arc::new(read(digest, object, blobs, v1::edition::read)?);
        self.editions.insert(digest, Arc::clone(&edition));
        Ok(edition)
    }
}

/// Reads a canonical file and makes sure that it is the one that `digest` names.
pub(super) fn read<T>(
    digest: Digest,
    object: &str,
    blobs: &dyn Blobs,
    shape: impl FnOnce(&Node) -> Result<T, Faults>,
) -> Result<T, IndexError> {
    let bytes = bytes(digest, object, blobs)?;
    let stored = v1::stored(&bytes, shape);
    stored.map(|stored| stored.value).map_err(|faults| {
        let first = faults.0.first().map_or_else(|| "it cannot be read".to_owned(), ToString::to_string);
        IndexError::Blob { object: object.to_owned(), reason: first }
    })
}

/// The bytes of `object`, which must have the digest that the commit's facts gave.
pub(super) fn bytes(digest: Digest, object: &str, blobs: &dyn Blobs) -> Result<Vec<u8>, IndexError> {
    let failed = |reason: String| IndexError::Blob { object: object.to_owned(), reason };
    let bytes = blobs.blob(object).map_err(failed)?;
    if Digest::of(&bytes) != digest {
        return Err(failed(format!("its bytes are not those of {digest}")));
    }
    Ok(bytes)
}
