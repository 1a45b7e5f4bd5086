//! The file that remembers what the log has signed: a log that signs two trees of which neither begins with the
//! other is burnt, so a repository that was rolled back must be told from one that lost a power race.
//!
//! Two sizes with their roots are kept: `released`, up to which checkpoints may have been signed, and `pending`, which
//! is written just before `main` moves and becomes durable with it. The group is acknowledged, and its checkpoint
//! signed, only after that; then `released` follows. Should a power cut lose that last word, the pending one is
//! durable all the same, and the repository has the group. A group that did not land is struck out, durably, before
//! the next one is noted: otherwise a power cut could leave its note beside another group of the same size.
//!
//! The file holds two slots that are written in turn, each in one sector with its own digest: a write that was cut
//! leaves the other one.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
};

use crate::{
    domain::Digest,
    log::{Hash, Tree},
};

/// As much as a disk writes at once, for certain.
const SLOT_BYTES: usize = 512;
/// Slots lie on different pages.
const SLOT_AT: [u64; 2] = [0, 4096];
const HEADER: &str = "certreg log state/v1";

/// A size of the tree, and its root then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::registry) struct Mark {
    pub size: u64,
    pub root: Hash,
}

impl Mark {
    /// The whole of `tree`.
    pub(in crate::registry) fn of(tree: &Tree) -> Mark {
        Mark { size: tree.size(), root: tree.root() }
    }

    /// Whether `tree` is this one, or has grown from it.
    pub(in crate::registry) fn is_in(&self, tree: &Tree) -> bool {
        tree.root_at(self.size) == Some(self.root)
    }
}

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::registry) struct State {
    /// Up to here checkpoints may have been signed.
    pub released: Mark,
    /// What is being appended, or was last.
    pub pending: Mark,
}

/// The open file.
pub(in crate::registry) struct StateFile {
    file: File,
    generation: u64,
    /// What it says, once anything was read or written.
    state: Option<State>,
}

impl StateFile {
    /// Opens the file, and gives what it says: nothing for a new file.
    ///
    /// # Errors
    /// `InvalidData` when the file is there, but neither of its slots is whole.
    pub(in crate::registry) fn open(path: &Path) -> io::Result<(StateFile, Option<State>)> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let is_new = file.metadata()?.len() == 0;
        let slots = SLOT_AT.iter().filter_map(|at| read_slot(&file, *at));
        match slots.max_by_key(|(generation, _)| *generation) {
            Some((generation, state)) => Ok((StateFile { file, generation, state: Some(state) }, Some(state))),
            None if is_new => Ok((StateFile { file, generation: 0, state: None }, None)),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "neither slot of the file is whole")),
        }
    }

    /// Writes `state` into the slot whose turn it is. Durable only with the next sync of the volume.
    pub(in crate::registry) fn write(&mut self, state: &State) -> io::Result<()> {
        let generation = self.generation + 1;
        let at = SLOT_AT[(generation % 2) as usize];
        self.file.write_all_at(&print_slot(generation, state), at)?;
        self.generation = generation;
        self.state = Some(*state);
        Ok(())
    }

    /// Whether it names a group that has not landed, as far as it was told.
    pub(in crate::registry) fn has_pending(&self) -> bool {
        self.state.is_some_and(|state| state.pending != state.released)
    }

    /// As [`StateFile::write`], and durable when it returns.
    pub(in crate::registry) fn write_durably(&mut self, state: &State) -> io::Result<()> {
        self.write(state)?;
        self.file.sync_all()
    }
}

/// What the file at `path` says, without opening it for writing: nothing where there is none.
///
/// # Errors
/// `InvalidData` when neither of its slots is whole.
pub(in crate::registry) fn read(path: &Path) -> io::Result<Option<State>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let slots = SLOT_AT.iter().filter_map(|at| read_slot(&file, *at));
    match slots.max_by_key(|(generation, _)| *generation) {
        Some((_, state)) => Ok(Some(state)),
        None if file.metadata()?.len() == 0 => Ok(None),
        None => Err(io::Error::new(io::ErrorKind::InvalidData, "neither slot of the file is whole")),
    }
}

fn print_slot(generation: u64, State { released, pending }: &State) -> [u8; SLOT_BYTES] {
    let text = format!(
        "{HEADER}\ngeneration {generation}\nreleased {} {}\npending {} {}\n",
        released.size, released.root, pending.size, pending.root
    );
    let text = format!("{text}{}\n", Digest::of(text.as_bytes()));
    let mut slot = [b'\n'; SLOT_BYTES];
    slot[..text.len()].copy_from_slice(text.as_bytes());
    slot
}

fn read_slot(file: &File, at: u64) -> Option<(u64, State)> {
    let mut slot = [0; SLOT_BYTES];
    file.read_exact_at(&mut slot, at).ok()?;
    let text = str::from_utf8(&slot).ok()?;
    let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
    let [HEADER, generation, released, pending, _] = lines.as_slice() else { return None };
    let generation: u64 = generation.strip_prefix("generation ")?.parse().ok()?;
    let state = State { released: mark(released, "released ")?, pending: mark(pending, "pending ")? };
    // What is read is what would be written, to the byte; the digest is among it.
    (print_slot(generation, &state) == slot).then_some((generation, state))
}

fn mark(line: &str, name: &str) -> Option<Mark> {
    let (size, root) = line.strip_prefix(name)?.split_once(' ')?;
    Some(Mark { size: size.parse().ok()?, root: root.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::leaf_hash;

    fn state(size: u64) -> State {
        let mark = |size: u64| Mark { size, root: leaf_hash(&size.to_be_bytes()) };
        State { released: mark(size), pending: mark(size + 1) }
    }

    #[test]
    fn the_newest_whole_slot_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        let (mut file, nothing) = StateFile::open(&path).expect("a new file");
        assert_eq!(nothing, None);
        for size in 1..=4 {
            file.write_durably(&state(size)).expect("written");
            assert_eq!(StateFile::open(&path).expect("readable").1, Some(state(size)));
        }
        // A write that was cut: the slot of the fourth is damaged, the third stands.
        file.file.write_all_at(b"certreg log stale", SLOT_AT[0]).expect("written");
        let (mut file, third) = StateFile::open(&path).expect("readable");
        assert_eq!(third, Some(state(3)));
        file.write_durably(&state(5)).expect("written");
        assert_eq!(StateFile::open(&path).expect("readable").1, Some(state(5)));
    }

    #[test]
    fn a_file_without_a_whole_slot_is_no_new_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        let (mut file, _) = StateFile::open(&path).expect("a new file");
        file.write_durably(&state(1)).expect("written");
        let whole = std::fs::read(&path).expect("readable");
        let start = SLOT_AT[1] as usize;
        for at in [start, start + 40, start + 90, start + 200, start + SLOT_BYTES - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).expect("written");
            let error = StateFile::open(&path).map(|_| ()).expect_err("damaged");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "flip at {at}");
        }
        std::fs::write(&path, &whole[..start + 100]).expect("written");
        assert!(StateFile::open(&path).is_err(), "cut short");
    }
}
