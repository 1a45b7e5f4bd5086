//! Reading ahead of judging: what can be had of a commit without knowing its history, on threads of their own.
//!
//! Three threads share the work: one unpacks and hashes objects, one reads documents, one (the caller's) judges. Each
//! takes about a third.

use std::{collections::BTreeMap, sync::mpsc, thread};

use super::documents::essence;
use crate::{
    domain::{Digest, Draft, Faults},
    format::{
        paths::{self, Place},
        v1::{self, Stored},
    },
    store::{Commit, Snapshot, StoreError},
};

/// As many commits as may wait between two threads: a few megabytes.
const READ_AHEAD: usize = 64;

/// The documents of one commit, by path.
pub(in crate::cli::verify) struct Documents(BTreeMap<String, Result<Document, Faults>>);

/// A document that could be read.
pub(super) struct Document {
    pub stored: Stored<Draft>,
    /// The digest of what a re-affirmation may not alter.
    pub essence: Digest,
}

impl Documents {
    /// Reads those of `commit`.
    pub(super) fn of(commit: &Commit) -> Documents {
        let is_document = |path: &str| matches!(paths::place(path), Place::Document(_));
        let files = commit.files.iter().filter(|file| is_document(file.path.as_str()));
        let read = files.map(|file| {
            let stored = v1::stored(&file.bytes, v1::certification::read);
            let document = stored.map(|stored| Document { essence: essence(&stored.value), stored });
            (file.path.to_string(), document)
        });
        Documents(read.collect())
    }

    /// The document at `path`, which the commit has.
    pub(super) fn get(&self, path: &str) -> Option<&Result<Document, Faults>> {
        self.0.get(path)
    }
}

/// Gives every commit of `snapshot` with its documents to `judge`, oldest first. After an error there are no more.
pub(in crate::cli::verify) fn each_commit(
    snapshot: &Snapshot,
    mut judge: impl FnMut(Result<(Commit, Documents), StoreError>),
) {
    thread::scope(|scope| {
        let (unpacked, to_read) = mpsc::sync_channel(READ_AHEAD);
        let (read, to_judge) = mpsc::sync_channel(READ_AHEAD);
        // Sending fails only when the next thread is gone, and then nobody waits for more.
        scope.spawn(move || {
            for commit in snapshot.replay(None) {
                if unpacked.send(commit).is_err() {
                    return;
                }
            }
        });
        scope.spawn(move || {
            for commit in to_read {
                let with_documents = commit.map(|commit: Commit| {
                    let documents = Documents::of(&commit);
                    (commit, documents)
                });
                if read.send(with_documents).is_err() {
                    return;
                }
            }
        });
        to_judge.into_iter().for_each(&mut judge);
    });
}
