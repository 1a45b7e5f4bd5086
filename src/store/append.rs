//! Appending: the whole group or nothing, durable before anyone hears of it.
//!
//! The steps, and what a crash or power cut after each one leaves behind:
//!
//! 1. stage: objects in memory. Nothing is left.
//! 2. write: files in `staging`. Thrown away at the next start.
//! 3. sync: the files' bytes are durable, still aside. Thrown away at the next start.
//! 4. place: files renamed into the repository. Whole objects that nothing names: harmless, and found again if the
//!    same bytes are appended later.
//! 5. sync: their names are durable too. As after 4.
//!    (Here others may note what the group will be; their note becomes durable with the move.)
//! 6. move: `main` names the last commit. After a process crash the group is wholly there. After a power cut the ref
//!    names the old or the new commit; either is complete, because everything the new one needs was durable before.
//! 7. sync: the ref is durable. The group is there for good, and is acknowledged.
//!
//! The group was not acknowledged before step 7, so whoever asked does not know; asking again with the same files
//! answers [`StoreError::NothingChanged`] if it had come in.

use super::{Head, NewFile, ObjectId, RepositoryPath, Store, StoreError, branch, branch::MAIN, land, stage};
use crate::domain::{digest::Digest, time::Instant};

/// One accepted submission, to become one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The files to add or replace, in any order, each path once; at most 4 MiB each.
    pub files: Vec<(RepositoryPath, NewFile)>,
    /// The commit's message: one line, or one line, an empty line and more.
    pub message: String,
    /// The committer time; not before the head's, nor before the previous entry's.
    pub time: Instant,
}

/// Told of a group just before `main` moves to it.
pub type Note<'a> = &'a dyn Fn(&[Appended]) -> std::io::Result<()>;

/// What became of one entry. With the registry id, this is all a leaf is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The commit's place on `main`; the first commit is 0.
    pub sequence: u64,
    /// The commit.
    pub commit: ObjectId,
    /// The committer time.
    pub time: Instant,
    /// The files added or replaced, sorted by path, bytewise. Files sent with the bytes they already had are not
    /// among them: they are not part of the change.
    pub files: Vec<StoredFile>,
}

/// One file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Where it lies.
    pub path: RepositoryPath,
    /// The blob, for [`Reader::blob`](super::Reader::blob).
    pub object: ObjectId,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub bytes_len: usize,
}

impl Store {
    /// Appends one commit for each entry, all or none, and returns when they are durable.
    ///
    /// `sign` gets a commit's bytes and gives the armoured SSH signature in namespace `git`. An empty group is no
    /// work. Groups of two and more become one pack; up to about 1,000 entries are held in memory at once.
    ///
    /// # Errors
    /// Nothing was written, and the store goes on: [`StoreError::Files`], [`StoreError::PathTaken`],
    /// [`StoreError::NothingChanged`], [`StoreError::Message`], [`StoreError::TimeWentBack`],
    /// [`StoreError::TimeTooEarly`], [`StoreError::Signature`], [`StoreError::TooLarge`], and [`StoreError::Io`] or
    /// [`StoreError::Git`] before the ref moved. The state is unknown until a restart, and every later call says
    /// [`StoreError::Stopped`]: [`StoreError::NotDurable`], [`StoreError::HeadMoved`].
    pub fn append(&mut self, group: &[Entry], sign: &dyn Fn(&[u8]) -> String) -> Result<Vec<Appended>, StoreError> {
        self.append_noting(group, sign, &|_| Ok(()))
    }

    /// As [`Store::append`]; just before `main` moves, `note` is told what the group will be.
    ///
    /// What `note` writes below the data folder is durable when this returns, by the same sync as the move. After a
    /// power cut the note may be there without the group, or the group without the note.
    ///
    /// # Errors
    /// As [`Store::append`]; [`StoreError::Io`] when `note` fails, and nothing was appended then.
    pub fn append_noting(
        &mut self,
        group: &[Entry],
        sign: &dyn Fn(&[u8]) -> String,
        note: Note<'_>,
    ) -> Result<Vec<Appended>, StoreError> {
        self.check_usable()?;
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let result = self.stage(group, sign).and_then(|staged| self.land(staged, note));
        if result.is_err() {
            self.trees.clear();
        }
        result
    }

    fn land(&mut self, staged: stage::Staged, note: Note<'_>) -> Result<Vec<Appended>, StoreError> {
        self.place(&staged)?;
        note(&staged.appended).map_err(StoreError::io("note a group in", self.folder.repository()))?;
        self.move_main(&staged)?;
        self.sync()?;
        Ok(self.finish(staged))
    }

    /// Steps 2 to 5: afterwards the objects are in the repository for good, and nothing names them.
    pub(super) fn place(&mut self, staged: &stage::Staged) -> Result<(), StoreError> {
        let landing = land::write(&self.folder, staged, self.packs)?;
        self.sync()?;
        landing.place()?;
        self.packs += usize::from(landing.is_pack());
        self.sync()
    }

    /// Step 1.
    pub(super) fn stage(
        &mut self,
        group: &[Entry],
        sign: &dyn Fn(&[u8]) -> String,
    ) -> Result<stage::Staged, StoreError> {
        self.trees.keep_small();
        stage::Stager::new(&self.reader, &mut self.trees, &self.committer, sign).stage(self.head.as_ref(), group)
    }

    /// Steps 3, 5 and 7. After a failed sync the kernel may have dropped the pages it could not write, and a second
    /// sync would succeed without them: there is no trying again.
    pub(super) fn sync(&mut self) -> Result<(), StoreError> {
        self.folder.sync().inspect_err(|error| self.poisoned = Some(error.to_string()))
    }

    /// Step 6.
    pub(super) fn move_main(&mut self, staged: &stage::Staged) -> Result<(), StoreError> {
        let Some(last) = staged.appended.last() else { return Ok(()) };
        let expected = self.head.as_ref().map(|head| head.commit);
        let result = self.branch.advance(MAIN, expected, last.commit);
        if let Err(error) = &result {
            let stayed = self.branch.tip(MAIN).is_ok_and(|found| found == expected);
            if !stayed {
                self.poisoned = Some(error.to_string());
            }
        }
        result
    }

    fn finish(&mut self, staged: stage::Staged) -> Vec<Appended> {
        if let Some(last) = staged.appended.last() {
            self.head = Some(Head { commit: last.commit, sequence: last.sequence, time: last.time });
        }
        staged.appended
    }

    /// Refuses to go on after a failure that leaves the state unknown, or when someone else moved `main`.
    pub(super) fn check_usable(&mut self) -> Result<(), StoreError> {
        if let Some(reason) = &self.poisoned {
            return Err(StoreError::Stopped(reason.clone()));
        }
        let expected = self.head.as_ref().map(|head| head.commit);
        let found = self.branch.tip(MAIN)?;
        if found == expected {
            return Ok(());
        }
        let error = branch::head_moved(expected, found);
        self.poisoned = Some(error.to_string());
        Err(error)
    }
}
