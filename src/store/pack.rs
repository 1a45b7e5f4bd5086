//! A group's objects as one pack and its index, as Git lays them out (gitformat-pack).
//!
//! Trees as deltas, whose bases are known; nothing else, because searching for deltas cost a hundred times more than
//! all the rest. `Store::maintain` finds those of documents later. The index is written from what was just put into the pack: to have libgit2 make it, by inflating and hashing
//! every byte again, took longer than to make the pack.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::{
    ObjectId, StoreError,
    object::Kind,
    stage::{Object, Staged},
};

/// A finished pack and its index, in the folder where they were written, and the name that they will have.
pub(super) struct PackFiles {
    pub(super) pack: PathBuf,
    pub(super) index: PathBuf,
    pub(super) name: String,
}

/// An object as a pack has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    crc: u32,
}

/// Packs objects one after the other: to begin a zlib stream costs more than to compress a commit.
pub(super) struct Packer(Compress);

/// Thorough packers that nobody uses now. A new one has 300 KB of memory to be cleared, which takes as long as to
/// compress a document.
static IDLE: Mutex<Vec<Packer>> = Mutex::new(Vec::new());
/// As many as are at work at the same time on a large machine.
const MOST_IDLE: usize = 16;

impl Packer {
    /// Lends one for what compresses well and is worth it: documents.
    pub(super) fn with_thorough<T>(work: impl FnOnce(&mut Packer) -> T) -> T {
        let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = idle().pop();
        let mut packer = spare.unwrap_or_else(|| Packer(Compress::new(Compression::new(6), true)));
        let done = work(&mut packer);
        let mut idle = idle();
        if idle.len() < MOST_IDLE {
            idle.push(packer);
        }
        done
    }

    /// For trees and commits. They are mostly hashes, which do not compress; a better level would only cost time.
    pub(super) fn quick() -> Packer {
        Packer(Compress::new(Compression::fast(), true))
    }

    /// An object as it is.
    pub(super) fn pack(&mut self, kind: Kind, data: &[u8]) -> Packed {
        let kind = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
        };
        self.pack_kind(kind, &[], data)
    }

    /// An object as what makes it of the one that begins `back` bytes before it in the pack.
    fn pack_delta(&mut self, back: u64, instructions: &[u8]) -> Packed {
        self.pack_kind(6, &distance(back), instructions)
    }

    /// Kind and length in 4 + 7 + 7 … bits, lowest first, where the base is, then the zlib stream.
    fn pack_kind(&mut self, kind: u8, base: &[u8], data: &[u8]) -> Packed {
        let mut bytes = Vec::with_capacity(data.len() / 2 + 256);
        let mut length = data.len();
        let mut byte = kind << 4 | (length & 0x0f) as u8;
        length >>= 4;
        while length > 0 {
            bytes.push(byte | 0x80);
            byte = (length & 0x7f) as u8;
            length >>= 7;
        }
        bytes.push(byte);
        bytes.extend_from_slice(base);
        self.compress(data, &mut bytes);
        bytes.shrink_to_fit();
        let mut crc = Crc::new();
        crc.update(&bytes);
        Packed { crc: crc.sum(), bytes }
    }

    fn compress(&mut self, data: &[u8], out: &mut Vec<u8>) {
        self.0.reset();
        loop {
            let done = usize::try_from(self.0.total_in()).expect("what is in memory can be counted");
            let status = self.0.compress_vec(&data[done..], out, FlushCompress::Finish);
            match status.expect("a stream that was just begun takes everything") {
                Status::StreamEnd => return,
                Status::Ok | Status::BufError => out.reserve(data.len() / 2 + 256),
            }
        }
    }
}

/// Seven bits a byte, highest first; all but the last have the highest bit set, and count one more than they say.
fn distance(mut back: u64) -> Vec<u8> {
    let mut lowest_first = vec![(back & 0x7f) as u8];
    while back > 0x7f {
        back = (back >> 7) - 1;
        lowest_first.push(0x80 | (back & 0x7f) as u8);
    }
    lowest_first.reverse();
    lowest_first
}

/// Where an object lies in the pack.
struct Place {
    id: ObjectId,
    crc: u32,
    offset: u64,
}

/// Writes `staged` (each id once) as one pack into `folder`.
pub(super) fn write(folder: &Path, staged: &Staged) -> Result<PackFiles, StoreError> {
    let (pack, index) = (folder.join("new.pack"), folder.join("new.idx"));
    let failed = || StoreError::io("write a pack in", folder);
    let (places, trailer) = write_pack(&pack, &staged.objects).map_err(failed())??;
    write_index(&index, places, &trailer).map_err(failed())??;
    Ok(PackFiles { pack, index, name: format!("pack-{}", ObjectId::from_bytes(trailer)) })
}

type Checksum = [u8; 20];

/// A file that ends in the SHA-1 of everything before.
struct Sealed {
    file: BufWriter<std::fs::File>,
    checksum: gix_hash::Hasher,
    written: u64,
}

impl Sealed {
    fn create(path: &Path) -> io::Result<Sealed> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o444).open(path)?;
        let file = BufWriter::with_capacity(256 * 1024, file);
        Ok(Sealed { file, checksum: gix_hash::hasher(gix_hash::Kind::Sha1), written: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.checksum.update(bytes);
        self.written += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Nothing comes back for bytes made to collide in SHA-1.
    fn seal(mut self) -> io::Result<Result<Checksum, StoreError>> {
        let checksum: Checksum = match self.checksum.try_finalize() {
            Ok(gix_hash::ObjectId::Sha1(checksum)) => checksum,
            Ok(_) => unreachable!("the repository's format is SHA-1"),
            Err(error) => return Ok(Err(StoreError::damaged("a new pack", error))),
        };
        self.file.write_all(&checksum)?;
        self.file.flush()?;
        Ok(Ok(checksum))
    }
}

/// `PACK`, version 2, the number of objects, the objects.
fn write_pack(path: &Path, objects: &[Object]) -> io::Result<Result<(Vec<Place>, Checksum), StoreError>> {
    let count = u32::try_from(objects.len()).expect("a group has fewer than 2^32 objects");
    let (mut pack, mut packer) = (Sealed::create(path)?, Packer::quick());
    pack.write(b"PACK\0\0\0\x02")?;
    pack.write(&count.to_be_bytes())?;
    let mut places: Vec<Place> = Vec::with_capacity(objects.len());
    for object in objects {
        let offset = pack.written;
        let mut write = |packed: &Packed| pack.write(&packed.bytes).map(|()| packed.crc);
        let crc = match &object.delta {
            Some(delta) => write(&packer.pack_delta(offset - places[delta.base].offset, &delta.instructions)),
            None => object.with_packed(&mut packer, write),
        }?;
        places.push(Place { id: object.id, crc, offset });
    }
    Ok(pack.seal()?.map(|trailer| (places, trailer)))
}

/// Version 2: how many ids begin with each byte or a lower one, the ids in order, and for each its CRC-32 and offset.
fn write_index(path: &Path, mut places: Vec<Place>, pack: &Checksum) -> io::Result<Result<(), StoreError>> {
    places.sort_by_key(|place| place.id);
    let mut index = Sealed::create(path)?;
    index.write(b"\xfftOc\0\0\0\x02")?;
    for first in 0..=u8::MAX {
        let up_to = places.partition_point(|place| place.id.as_bytes()[0] <= first);
        index.write(&(up_to as u32).to_be_bytes())?;
    }
    places.iter().try_for_each(|place| index.write(place.id.as_bytes()))?;
    places.iter().try_for_each(|place| index.write(&place.crc.to_be_bytes()))?;
    // Offsets of 31 bits; a greater one names its place in the table of those with 64.
    let mut far: Vec<u64> = Vec::new();
    for Place { offset, .. } in &places {
        let near = u32::try_from(*offset).ok().filter(|offset| offset >> 31 == 0);
        let shown = near.unwrap_or_else(|| {
            far.push(*offset);
            1 << 31 | (far.len() - 1) as u32
        });
        index.write(&shown.to_be_bytes())?;
    }
    far.iter().try_for_each(|offset| index.write(&offset.to_be_bytes()))?;
    index.write(pack)?;
    Ok(index.seal()?.map(|_| ()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn git_reads_an_index_with_near_and_far_offsets() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new.idx");
        let id = |byte: u8| ObjectId::from_bytes([byte; 20]);
        let offsets = [(0xfe, 7 << 31), (0, 12), (0x80, (1 << 31) - 1), (0x7f, 1 << 31)];
        let places =
            offsets.map(|(byte, offset)| Place { id: id(byte), crc: 0x0102_0300 + u32::from(byte), offset }).into();
        write_index(&path, places, &[9; 20]).expect("a writable folder").expect("no collision");
        let index = std::fs::File::open(&path).expect("written");
        let shown = Command::new("git").arg("show-index").stdin(index).output().expect("git");
        let expected = [(0, 12), (0x7f, 1 << 31), (0x80, (1 << 31) - 1), (0xfe, 7u64 << 31)]
            .map(|(byte, offset)| format!("{offset} {} ({:08x})\n", id(byte), 0x0102_0300 + u32::from(byte)));
        assert_eq!(String::from_utf8_lossy(&shown.stdout), expected.concat());
    }
}
