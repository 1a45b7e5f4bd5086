//! What was seen the last time: the size and root of the whole tree, and the size of the newest checkpoint.
//!
//! ```json
//! {
//!   "checkpoint_size": 12,
//!   "format": "certreg/monitor@1",
//!   "log": "certreg.example/log",
//!   "root": "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
//!   "size": 14
//! }
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{
    cli::{
        error::{CliError, CliResult},
        files::{self, Write},
    },
    log::{Hash, Tree},
};

const FORMAT: &str = "certreg/monitor@1";

/// The file of what was seen.
pub(super) struct Memory;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// The log's origin.
    pub log: String,
    /// How many commits there were.
    pub size: u64,
    /// The root over their leaves.
    pub root: Hash,
    /// The size of the newest checkpoint that was compared; 0 for none.
    pub checkpoint_size: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    checkpoint_size: u64,
    format: String,
    log: String,
    root: String,
    size: u64,
}

impl Memory {
    /// Reads the file; nothing where none is yet.
    ///
    /// # Errors
    /// Unreachable when it cannot be read; no when it is none.
    pub(super) fn read(path: &Path) -> CliResult<Option<Seen>> {
        let Some(bytes) = files::read_if_there(path)? else { return Ok(None) };
        let stored = serde_json::from_slice::<Stored>(&bytes).ok().filter(|stored| stored.format == FORMAT);
        let seen = stored.and_then(|stored| {
            let root = stored.root.parse().ok()?;
            Some(Seen { log: stored.log, size: stored.size, root, checkpoint_size: stored.checkpoint_size })
        });
        let not_one = || {
            CliError::no(format!("{} is no state of 'certreg monitor'", path.display()))
                .next("Put it back from a backup. Without it, nobody here knows what was there before.")
        };
        seen.map(Some).ok_or_else(not_one)
    }

    /// Replaces the file, all or nothing.
    ///
    /// # Errors
    /// Unreachable when it cannot be written.
    pub(super) fn write(path: &Path, seen: &Seen) -> CliResult<()> {
        let stored = Stored {
            checkpoint_size: seen.checkpoint_size,
            format: FORMAT.to_owned(),
            log: seen.log.clone(),
            root: seen.root.to_string(),
            size: seen.size,
        };
        let text = serde_json::to_string_pretty(&stored).expect("numbers and texts make JSON");
        files::write(path, format!("{text}\n").as_bytes(), Write::Replace)
    }
}

impl Seen {
    /// What is to be remembered of this run.
    pub(super) fn of(log: String, tree: &Tree, checkpoint_size: u64) -> Seen {
        Seen { log, size: tree.size(), root: tree.root(), checkpoint_size }
    }

    /// What is wrong if the history is now `tree`.
    pub(super) fn contradicted_by(&self, tree: &Tree) -> Option<String> {
        let (size, now) = (self.size, tree.size());
        match tree.root_at(size) {
            Some(root) if root == self.root && self.checkpoint_size > now => Some(format!(
                "commits are being withheld, or this copy was not brought up to date: it has {now} commits, but the registry \
                 had signed for {} the last time",
                self.checkpoint_size
            )),
            Some(root) if root == self.root => None,
            Some(_) => Some(format!(
                "history was rewritten: the first {size} commits are not those that were seen here before"
            )),
            None => Some(format!(
                "something was taken back, or this copy is an old one: it has {now} commits, but {size} were seen here before"
            )),
        }
    }
}
