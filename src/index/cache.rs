//! Documents and editions that were read lately. Named by digest, so nothing in here can ever be out of date.

use std::{collections::HashMap, sync::Arc};

use quick_cache::{Weighter, unsync};

use super::{Blobs, IndexError};
use crate::{
    domain::{AnswerId, Digest, Draft, Edition, Faults},
    format::{Node, v1},
};

/// What a group of publishes on different certifications needs, and some of those who come again.
pub(super) const ROOM_FOR_PUBLISHING: usize = 16 << 20;
/// What a document takes besides its texts.
const FRAME_BYTES: usize = 6 << 10;
/// What a short document takes in memory.
pub const USUAL_BYTES: usize = 2 * FRAME_BYTES;
/// What a text takes besides its letters.
const TEXT_BYTES: usize = 32;

/// What was read lately.
pub(super) struct Cache {
    editions: HashMap<Digest, Arc<Edition>>,
    documents: unsync::Cache<Digest, Arc<Draft>, DocumentWeight>,
    newcomers: Newcomers,
}

/// What becomes of a document for which there is no room left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newcomers {
    /// What was not asked for again makes room.
    AreLetIn,
    /// It is not kept.
    AreTurnedAway,
}

impl Cache {
    /// For publishing: what came lately is asked for when its successor comes.
    pub fn for_publishing() -> Cache {
        Cache::new(ROOM_FOR_PUBLISHING, Newcomers::AreLetIn)
    }

    /// For a rebuild, with this many bytes. Those that came first stay until their successors come: going through more
    /// certifications than there is room for, round after round, would otherwise find none of them.
    pub fn for_rebuilding(room: usize) -> Cache {
        Cache::new(room, Newcomers::AreTurnedAway)
    }

    pub fn new(room: usize, newcomers: Newcomers) -> Cache {
        let documents = unsync::Cache::with_weighter(room / USUAL_BYTES, room as u64, DocumentWeight);
        Cache { editions: HashMap::new(), documents, newcomers }
    }

    /// The document with this digest, which lies in `object`.
    pub fn document(&self, digest: Digest, object: &str, blobs: &dyn Blobs) -> Result<Arc<Draft>, IndexError> {
        if let Some(kept) = self.documents.get(&digest) {
            return Ok(Arc::clone(kept));
        }
        match blobs.document(digest) {
            Some(document) => Ok(document),
            None => Ok(Arc::new(read(digest, object, blobs, v1::certification::read)?)),
        }
    }

    /// The same for a document whose successor is about to be written: it is kept no longer.
    pub fn predecessor(&mut self, digest: Digest, object: &str, blobs: &dyn Blobs) -> Result<Arc<Draft>, IndexError> {
        match self.documents.remove(&digest) {
            Some((_, document)) => Ok(document),
            None => self.document(digest, object, blobs),
        }
    }

    /// Keeps a document until its successor comes, if there is room.
    pub fn keep(&mut self, digest: Digest, document: &Arc<Draft>) {
        let fits = || self.documents.weight() + weight(document) as u64 <= self.documents.capacity();
        if self.newcomers == Newcomers::AreLetIn || fits() {
            self.documents.insert(digest, Arc::clone(document));
        }
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
    shape: impl FnOnce(Node) -> Result<T, Faults>,
) -> Result<T, IndexError> {
    let bytes = bytes(digest, object, blobs)?;
    shaped(&bytes, shape).map_err(|reason| IndexError::Blob { object: object.to_owned(), reason })
}

/// Reads a canonical file from its bytes; the error says what is wrong with them.
pub(super) fn shaped<T>(bytes: &[u8], shape: impl FnOnce(Node) -> Result<T, Faults>) -> Result<T, String> {
    v1::value(bytes, shape)
        .map_err(|faults| faults.0.first().map_or_else(|| "it cannot be read".to_owned(), ToString::to_string))
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

/// Counts a document by the memory that it takes, for caches that are bounded in bytes.
#[derive(Debug, Clone)]
pub struct DocumentWeight;

impl Weighter<Digest, Arc<Draft>> for DocumentWeight {
    fn weight(&self, _: &Digest, document: &Arc<Draft>) -> u64 {
        weight(document) as u64
    }
}

/// The memory that a document takes, in bytes, as far as its texts tell.
pub(super) fn weight(document: &Draft) -> usize {
    let of = |texts: &[String]| texts.iter().map(|text| text.len() + TEXT_BYTES).sum::<usize>();
    let responses = document.responses.values().map(|response| {
        let evidence = response.evidence.iter().map(|evidence| evidence.title.len() + evidence.url.len());
        of(&response.statement) + evidence.map(|bytes| bytes + 4 * TEXT_BYTES).sum::<usize>()
    });
    let support = document.support.keys().map(|area| of(document.statement(AnswerId::from(*area)).unwrap_or_default()));
    FRAME_BYTES + responses.chain(support).sum::<usize>()
}
