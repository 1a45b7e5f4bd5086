//! A group on its way to disk: written aside, then moved to where Git looks.
//!
//! Objects are first written to the folder `staging` beside the repository, under the names they will have, and made
//! durable there. Only then are they renamed into the repository. So a file in `objects/` is always whole, whatever
//! happens: a truncated object under its final name, which some versions of Git's libraries hang on, cannot arise
//! from a power cut.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gix_object::Write as _;

use super::{
    StoreError,
    folder::Folder,
    pack,
    stage::{Object, Staged},
};

/// From this many commits on, a group is written as one pack, which is two files to make durable, where single files
/// are eight for each commit. A commit by itself, as on most days, leaves no pack of its own to look through.
const PACK_FROM_COMMITS: usize = 2;

/// With this many packs, groups become single files again: a reader has room for a limited number of packs, and each
/// costs every look-up a little. `Store::maintain` makes few of many.
const MOST_PACKS: usize = 2_000;

/// Files written aside, and where they belong, in the order in which they have to be moved.
pub(super) struct Landing {
    moves: Vec<(PathBuf, PathBuf)>,
}

/// Writes the group's objects into the staging folder, which is emptied first. `packs` is how many packs there are.
pub(super) fn write(folder: &Folder, staged: &Staged, packs: usize) -> Result<Landing, StoreError> {
    let staging = folder.empty_staging()?;
    let objects = folder.repository().join("objects");
    if staged.appended.len() < PACK_FROM_COMMITS || packs >= MOST_PACKS {
        write_loose(&staging, &objects, &staged.objects)
    } else {
        let files = pack::write(&staging, staged)?;
        // The pack goes before its index: whoever sees an index may rely on the pack.
        let to = |ending: &str| objects.join("pack").join(format!("{}.{ending}", files.name));
        Ok(Landing { moves: vec![(files.pack, to("pack")), (files.index, to("idx"))] })
    }
}

fn write_loose(staging: &Path, objects: &Path, new: &[Object]) -> Result<Landing, StoreError> {
    // Also what is there already is written: to trust a file by its name could build a commit on one that other
    // software left broken, and the same bytes seldom come twice.
    let aside = gix_odb::loose::Store::at(staging, gix_hash::Kind::Sha1);
    let mut moves = Vec::with_capacity(new.len());
    for object in new {
        let id = object.id.to_gix();
        aside
            .write_buf_with_known_id(object.kind.to_gix(), object.data(), id)
            .map_err(|error| StoreError::Git { doing: "write an object", detail: format!("{error:#}") })?;
        let from = aside.object_path(&id);
        let name = from.strip_prefix(staging).expect("the object was written in the staging folder");
        let to = objects.join(name);
        moves.push((from, to));
    }
    Ok(Landing { moves })
}

impl Landing {
    /// Whether the group is a pack, not single files.
    pub(super) fn is_pack(&self) -> bool {
        self.moves.iter().any(|(from, _)| from.extension().is_some_and(|end| end == "pack"))
    }

    /// Moves the files to where Git looks. Doing it again, or half of it, does no harm: nothing names them yet.
    pub(super) fn place(&self) -> Result<(), StoreError> {
        for (from, to) in &self.moves {
            let parent = to.parent().expect("objects lie in a folder");
            fs::create_dir_all(parent).map_err(StoreError::io("create", parent))?;
            fs::rename(from, to).map_err(StoreError::io("move an object to", to))?;
        }
        Ok(())
    }
}

#[cfg(test)]
impl Landing {
    /// For a stop in the middle of placing.
    pub(super) fn keep_half(&mut self) {
        self.moves.truncate(self.moves.len().div_ceil(2));
    }
}
