//! The whole history, oldest first: what the index, the log and `rebuild` are derived from.

use super::{
    Appended, Head, ObjectId, Reader, RepositoryPath, StoreError, StoredFile, commit::SignedCommit, stage::TreeCache,
    tree,
};
use crate::domain::{digest::Digest, time::Instant};

/// One commit on `main` and the files that it added or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The commit's place on `main`; the first commit is 0.
    pub sequence: u64,
    /// The commit.
    pub commit: ObjectId,
    /// The committer time.
    pub time: Instant,
    /// The message, ending in a line feed.
    pub message: String,
    /// The text that the registry signed, in namespace `git`.
    pub signed: String,
    /// The armoured SSH signature over it. The store does not verify it.
    pub signature: String,
    /// The files, sorted by path, bytewise.
    pub files: Vec<CommittedFile>,
}

/// One file of a commit, with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedFile {
    /// Where it lies.
    pub path: RepositoryPath,
    /// The blob.
    pub object: ObjectId,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its bytes, read and hashed anyway, so that nobody has to read them again.
    pub bytes: Vec<u8>,
}

impl Commit {
    /// The same as [`Store::append`](super::Store::append) gave when the commit was made.
    pub fn appended(&self) -> Appended {
        let files = self.files.iter().map(|file| StoredFile {
            path: file.path.clone(),
            object: file.object,
            digest: file.digest,
            bytes_len: file.bytes.len(),
        });
        Appended { sequence: self.sequence, commit: self.commit, time: self.time, files: files.collect() }
    }
}

/// Commits found on the way back from a newer one.
pub(super) struct Walked {
    pub(super) newest_first: Vec<ObjectId>,
    /// The commit before the oldest of them, if the walk ended early.
    pub(super) reached: Option<ObjectId>,
}

/// Walks back from `tip` (included) until `stop` says so of a commit (excluded), `limit` commits or the first one.
pub(super) fn walk(
    reader: &Reader,
    tip: ObjectId,
    stop: &dyn Fn(&ObjectId) -> bool,
    limit: usize,
) -> Result<Walked, StoreError> {
    let mut newest_first = Vec::new();
    let mut next = Some(tip);
    while let Some(id) = next {
        if stop(&id) || newest_first.len() == limit {
            return Ok(Walked { newest_first, reached: Some(id) });
        }
        next = reader.commit(&id)?.text.parent;
        newest_first.push(id);
    }
    Ok(Walked { newest_first, reached: None })
}

/// Commits of `main`, oldest first. After an error there is nothing more.
pub struct Replay {
    reader: Reader,
    /// What is left to do before the first commit can be told.
    start: Option<(Head, Option<Head>)>,
    newest_first: Vec<ObjectId>,
    sequence: u64,
    previous: Option<Previous>,
    trees: TreeCache,
}

/// The commit told last.
struct Previous {
    commit: ObjectId,
    tree: ObjectId,
    time: Instant,
}

impl Replay {
    pub(super) fn new(reader: Reader, head: Option<Head>, after: Option<Head>) -> Replay {
        let start = head.map(|head| (head, after));
        Replay { reader, start, newest_first: Vec::new(), sequence: 0, previous: None, trees: TreeCache::default() }
    }

    /// Tells the commits of a walk that began at `head`.
    pub(super) fn of_walk(reader: Reader, walked: Walked, head: &Head) -> Result<Replay, StoreError> {
        let mut replay = Replay::new(reader, None, None);
        replay.begin(walked, head)?;
        Ok(replay)
    }

    fn begin(&mut self, walked: Walked, head: &Head) -> Result<(), StoreError> {
        let count = walked.newest_first.len() as u64;
        let first = (head.sequence + 1).checked_sub(count);
        self.sequence = first.ok_or_else(|| StoreError::damaged("main", "it has more commits than were counted"))?;
        self.previous = match walked.reached {
            Some(id) => {
                let text = self.reader.commit(&id)?.text;
                Some(Previous { commit: id, tree: text.tree, time: text.time })
            }
            None => None,
        };
        self.newest_first = walked.newest_first;
        Ok(())
    }

    /// Walks back from the head to where the replay begins.
    fn prepare(&mut self, head: &Head, after: Option<&Head>) -> Result<(), StoreError> {
        let is_start = |id: &ObjectId| after.is_some_and(|after| after.commit == *id);
        let walked = walk(&self.reader, head.commit, &is_start, usize::MAX)?;
        let before_first = match (after, walked.reached) {
            (Some(after), None) => return Err(StoreError::NotOnMain(after.commit)),
            (Some(after), Some(_)) => after.sequence + 1,
            (None, _) => 0,
        };
        if before_first + walked.newest_first.len() as u64 != head.sequence + 1 {
            return Err(StoreError::damaged("main", "its commits are not as many as their sequences say"));
        }
        self.begin(walked, head)
    }

    fn tell(&mut self, id: ObjectId) -> Result<Commit, StoreError> {
        let SignedCommit { text, signature } = self.reader.commit(&id)?;
        let foreign = |detail: &str| StoreError::Foreign { object: id, detail: detail.to_owned() };
        if text.parent != self.previous.as_ref().map(|previous| previous.commit) {
            return Err(foreign("its parent is not the commit before it"));
        }
        if self.previous.as_ref().is_some_and(|previous| text.time < previous.time) {
            return Err(foreign("its time is before that of the commit before it"));
        }
        self.trees.keep_small();
        let (reader, trees) = (&self.reader, &mut self.trees);
        let old = self.previous.as_ref().map(|previous| previous.tree);
        let changed = tree::changes(&mut |old, new| trees.step(reader, old, new), old, text.tree)?;
        let files =
            changed.into_iter().map(|(path, object)| read_file(reader, path, object)).collect::<Result<_, _>>()?;
        self.previous = Some(Previous { commit: id, tree: text.tree, time: text.time });
        let (sequence, signed) = (self.sequence, text.to_unsigned());
        self.sequence += 1;
        Ok(Commit { sequence, commit: id, time: text.time, message: text.message, signed, signature, files })
    }

    fn advance(&mut self) -> Result<Option<Commit>, StoreError> {
        if let Some((head, after)) = self.start.take() {
            self.prepare(&head, after.as_ref())?;
        }
        let next = self.newest_first.pop();
        next.map(|id| self.tell(id)).transpose()
    }
}

impl Iterator for Replay {
    type Item = Result<Commit, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.advance().transpose();
        if matches!(item, Some(Err(_))) {
            self.newest_first.clear();
        }
        item
    }
}

fn read_file(reader: &Reader, path: RepositoryPath, object: ObjectId) -> Result<CommittedFile, StoreError> {
    let bytes = reader.blob(&object)?;
    Ok(CommittedFile { path, object, digest: Digest::of(&bytes), bytes })
}
