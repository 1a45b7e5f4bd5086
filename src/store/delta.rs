//! A tree told by another one: what a pack has of a tree that differs in a few names (gitformat-pack).
//!
//! In the folder of a large supplier each commit makes a tree anew that is mostly hashes, which do not compress: with
//! 500 services 40 KB for each version, four times its document. Git finds such deltas by trial, and never between two
//! objects that came in one pack; here it is known what was changed.

use super::tree::Tree;

/// The most that one instruction to copy takes: with 0x10000 the two bytes of its length would say 0.
const MOST_COPIED: usize = 0xffff;
/// The most that one instruction to insert takes.
const MOST_INSERTED: usize = 0x7f;
/// The bytes of an id, at the end of each entry.
const ID: usize = 20;

/// Instructions that make the object `after` of the object `before`: both lengths, then what to copy and to insert.
/// Short if names were only added and given new ids, as in the registry; right in any case.
pub(super) fn between(before: &Tree, after: &Tree) -> Vec<u8> {
    let mut delta = Delta { instructions: Vec::new(), copied: 0..0, inserted: Vec::new() };
    let mut known = before.entries().iter().peekable();
    let mut at = 0;
    for entry in after.entries() {
        let Some(earlier) = known.next_if(|known| known.is_same_name(entry)) else {
            entry.write(delta.inserting());
            continue;
        };
        let end = at + entry.bytes_len();
        if earlier.id == entry.id {
            delta.copy(at, end);
        } else {
            delta.copy(at, end - ID);
            delta.inserting().extend_from_slice(entry.id.as_bytes());
        }
        at = end;
    }
    delta.flush();
    let mut bytes = length(before.bytes_len());
    bytes.extend(length(after.bytes_len()));
    bytes.extend(delta.instructions);
    bytes
}

/// Instructions so far, and what is not written as one yet: either is empty.
struct Delta {
    instructions: Vec<u8>,
    copied: std::ops::Range<usize>,
    inserted: Vec<u8>,
}

impl Delta {
    fn copy(&mut self, from: usize, to: usize) {
        if self.copied.end == from && self.inserted.is_empty() {
            self.copied.end = to;
        } else {
            self.flush();
            self.copied = from..to;
        }
    }

    /// Where to put what comes next and is not copied.
    fn inserting(&mut self) -> &mut Vec<u8> {
        if !self.copied.is_empty() {
            self.flush();
        }
        &mut self.inserted
    }

    fn flush(&mut self) {
        let (copied, inserted) = (std::mem::take(&mut self.copied), std::mem::take(&mut self.inserted));
        for from in copied.clone().step_by(MOST_COPIED) {
            self.write_copy(from, MOST_COPIED.min(copied.end - from));
        }
        for piece in inserted.chunks(MOST_INSERTED) {
            self.instructions.push(piece.len() as u8);
            self.instructions.extend_from_slice(piece);
        }
    }

    /// A bit for each byte of the offset (four) and of the length (two here) that is not zero, then these bytes.
    fn write_copy(&mut self, from: usize, len: usize) {
        let offset = u32::try_from(from).expect("a tree is shorter than 4 GiB").to_le_bytes();
        let len = u16::try_from(len).expect("cut to size").to_le_bytes();
        let parts = offset.into_iter().chain(len);
        let which = parts.clone().enumerate().map(|(bit, byte)| u8::from(byte != 0) << bit).sum::<u8>();
        self.instructions.push(0x80 | which);
        self.instructions.extend(parts.filter(|byte| *byte != 0));
    }
}

/// Seven bits a byte, lowest first; all but the last have the highest bit set.
fn length(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while length > 0x7f {
        bytes.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::ObjectId;

    /// As gitformat-pack tells it, written for this test alone.
    fn apply(before: &[u8], delta: &[u8]) -> Vec<u8> {
        let mut delta = delta.iter().copied();
        let mut length = || {
            let (mut length, mut shift) = (0, 0);
            loop {
                let byte = delta.next().expect("a length");
                length |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return length;
                }
            }
        };
        assert_eq!(length(), before.len());
        let expected = length();
        let mut after = Vec::new();
        while let Some(instruction) = delta.next() {
            assert_ne!(instruction, 0, "reserved");
            if instruction < 0x80 {
                after.extend(delta.by_ref().take(instruction.into()));
                continue;
            }
            let mut parts = [0; 7];
            for (bit, part) in parts.iter_mut().enumerate() {
                if instruction >> bit & 1 == 1 {
                    *part = delta.next().expect("a byte of an offset or a length");
                }
            }
            let from = u32::from_le_bytes(parts[..4].try_into().expect("four")) as usize;
            let len = usize::from(parts[4]) | usize::from(parts[5]) << 8 | usize::from(parts[6]) << 16;
            after.extend_from_slice(&before[from..from + if len == 0 { 0x10000 } else { len }]);
        }
        assert_eq!(after.len(), expected);
        after
    }

    fn tree(entries: &[(u16, u8)]) -> Tree {
        let mut tree = Tree::default();
        for (name, byte) in entries {
            let is_new = tree.set(&format!("service-{name}.json"), name % 3 == 0, ObjectId::from_bytes([*byte; 20]));
            is_new.expect("one kind for each name");
        }
        tree
    }

    proptest! {
        #[test]
        fn makes_one_tree_of_the_other(
            before in prop::collection::vec((0u16..4_000, 0u8..4), 0..3_000),
            changed in prop::collection::vec((0u16..4_000, 0u8..4), 0..40),
        ) {
            let after = tree(&[before.clone(), changed].concat());
            let before = tree(&before);
            prop_assert_eq!(apply(&before.to_bytes(), &between(&before, &after)), after.to_bytes());
            prop_assert_eq!(apply(&after.to_bytes(), &between(&after, &before)), before.to_bytes());
        }
    }

    #[test]
    fn is_short_where_little_changed() {
        let before: Vec<(u16, u8)> = (0..3_000).map(|name| (name, 1)).collect();
        let after = [before.clone(), vec![(1_700, 2), (1_701, 2), (2_900, 3), (4_000, 3)]].concat();
        let (before, after) = (tree(&before), tree(&after));
        let delta = between(&before, &after);
        assert!(before.to_bytes().len() > 100_000 && delta.len() < 200, "{}", delta.len());
        assert_eq!(apply(&before.to_bytes(), &delta), after.to_bytes());
    }
}
