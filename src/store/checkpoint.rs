//! The branch `log`: the history of checkpoints, one file, one signed commit a change.
//!
//! It stands beside `main` and shares nothing with it, so that a leaf of the log never depends on a checkpoint. The
//! steps are those of appending: objects first, durably, then the branch.

use super::{Entry, Head, ObjectId, RepositoryPath, Snapshot, Store, StoreError, branch::LOG, stage::Stager};
use crate::domain::time::Instant;

/// The branch's one file.
const FILE: &str = "checkpoint";

pub(super) fn checkpoint_path() -> RepositoryPath {
    RepositoryPath::parse(FILE).expect("a plain name is a good path")
}

impl Store {
    /// Keeps `checkpoint` as the newest on the branch `log`, durably. The one that is there already is no work.
    ///
    /// `sign` is as for [`Store::append`]. Times on the branch never decrease: an earlier `time` becomes that of the
    /// commit before.
    ///
    /// # Errors
    /// As for [`Store::append`]. A failure before the branch moved leaves nothing; one after it stops the store.
    pub fn keep_checkpoint(
        &mut self,
        checkpoint: &[u8],
        message: &str,
        time: Instant,
        sign: &dyn Fn(&[u8]) -> String,
    ) -> Result<(), StoreError> {
        self.check_usable()?;
        if self.checkpoint()?.as_deref() == Some(checkpoint) {
            return Ok(());
        }
        let head = self.log_head()?;
        let time = head.as_ref().map_or(time, |head| head.time.max(time));
        let files = vec![(checkpoint_path(), checkpoint.to_vec().into())];
        let entry = Entry { files, message: message.to_owned(), time };
        let stager = Stager::new(&self.reader, &mut self.trees, &self.committer, sign);
        let staged = stager.stage(head.as_ref(), std::slice::from_ref(&entry))?;
        self.place(&staged)?;
        let last = staged.appended.last().expect("one entry becomes one commit");
        self.branch.advance(LOG, head.map(|head| head.commit), last.commit)?;
        self.sync()
    }

    /// The newest checkpoint on the branch `log`; see [`Snapshot::checkpoint`].
    ///
    /// # Errors
    /// As for [`Snapshot::checkpoint`], and [`StoreError::Git`] when the branch cannot be read.
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Snapshot::new(self.reader(), None, self.branch.tip(LOG)?).checkpoint()
    }

    /// The newest commit on the branch; its place there is not counted.
    fn log_head(&self) -> Result<Option<Head>, StoreError> {
        let head = |commit: ObjectId| {
            let time = self.reader.commit(&commit)?.text.time;
            Ok(Head { commit, sequence: 0, time })
        };
        self.branch.tip(LOG)?.map(head).transpose()
    }
}
