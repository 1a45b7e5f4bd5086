//! A group's objects as one pack: undeltified, because searching for deltas cost a hundred times more; `Store::maintain` finds them later. libgit2's indexer reads every byte back and makes the index.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use gix_zlib::{Compression, stream::deflate};

use super::{StoreError, object::Kind, stage::Object};

/// A finished pack and its index, in the folder where they were written.
pub(super) struct PackFiles {
    pub(super) pack: PathBuf,
    pub(super) index: PathBuf,
}

/// Writes `objects` (each id once, fewer than 2^32) as one pack into `folder`.
pub(super) fn write(folder: &Path, objects: &[Object]) -> Result<PackFiles, StoreError> {
    let mut indexer = git2::Indexer::new(None, folder, 0o444, false).map_err(StoreError::git("begin a pack"))?;
    let mut checksum = gix_hash::hasher(gix_hash::Kind::Sha1);
    let mut feed = |bytes: &[u8]| {
        checksum.update(bytes);
        indexer.write_all(bytes).map_err(StoreError::io("write a pack in", folder))
    };
    feed(&header(objects.len()))?;
    for object in objects {
        feed(&entry(object).map_err(StoreError::io("compress objects for", folder))?)?;
    }
    let trailer = checksum.try_finalize().map_err(|error| StoreError::damaged("a new pack", error))?;
    indexer.write_all(trailer.as_slice()).map_err(StoreError::io("write a pack in", folder))?;
    let name = indexer.commit().map_err(StoreError::git("index a pack"))?;
    let file = |extension: &str| folder.join(format!("pack-{name}.{extension}"));
    Ok(PackFiles { pack: file("pack"), index: file("idx") })
}

/// `PACK`, version 2, the number of objects (gitformat-pack).
fn header(count: usize) -> [u8; 12] {
    let count = u32::try_from(count).expect("a group has fewer than 2^32 objects");
    let mut header = *b"PACK\0\0\0\x02\0\0\0\0";
    header[8..].copy_from_slice(&count.to_be_bytes());
    header
}

/// An object as a pack has it: kind and length in 4 + 7 + 7 … bits, lowest first, then the zlib stream.
fn entry(object: &Object) -> std::io::Result<Vec<u8>> {
    // Trees are mostly hashes, which do not compress; a better level would only cost time.
    let (kind, level) = match object.kind {
        Kind::Commit => (1u8, Compression::DEFAULT),
        Kind::Tree => (2, Compression::BEST_SPEED),
        Kind::Blob => (3, Compression::DEFAULT),
    };
    let mut bytes = Vec::with_capacity(object.data.len() / 2 + 32);
    let mut length = object.data.len();
    let mut byte = kind << 4 | (length & 0x0f) as u8;
    length >>= 4;
    while length > 0 {
        bytes.push(byte | 0x80);
        byte = (length & 0x7f) as u8;
        length >>= 7;
    }
    bytes.push(byte);
    let mut stream = deflate::Write::new(bytes, level);
    stream.write_all(&object.data)?;
    stream.flush()?;
    Ok(stream.into_inner())
}
