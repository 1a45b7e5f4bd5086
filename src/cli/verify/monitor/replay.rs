//! The replay: every commit judged, and its leaf added to the tree.

use super::news::{News, Watch};
use crate::{
    cli::{
        out,
        verify::history::{self, Documents, History},
    },
    domain::{Instant, SupplierId},
    format::paths,
    log::{Policy, Tree},
    registry::log::leaf_of,
    store::{Commit, Snapshot},
};

/// What a whole history amounts to.
pub(super) struct Replayed {
    pub history: History,
    pub tree: Tree,
    /// The time of each commit, by its place.
    pub times: Vec<Instant>,
    pub news: Vec<News>,
    /// The trust policies, each with the place of the commit that brought it.
    pub policies: Vec<(u64, Policy)>,
    /// What is wrong besides what the history says.
    pub findings: Vec<String>,
}

/// Replays everything; `watch` is a supplier, and the place from which on its commits are news.
pub(super) fn replay(snapshot: &Snapshot, watch: Option<(&SupplierId, u64)>) -> Replayed {
    let mut replayed = Replayed {
        history: History::default(),
        tree: Tree::new(),
        times: Vec::new(),
        news: Vec::new(),
        policies: Vec::new(),
        findings: Vec::new(),
    };
    let mut watch = watch.map(|(supplier, from)| Watch::of(supplier, from));
    let mut progress = out::Progress::of("replaying commit");
    history::each_commit(snapshot, |commit| match commit {
        Ok((commit, documents)) => {
            if commit.sequence.is_multiple_of(100) {
                progress.at(commit.sequence);
            }
            replayed.add(&commit, &documents, watch.as_mut());
        }
        Err(error) => {
            let place = replayed.tree.size();
            replayed.findings.push(format!("the history cannot be read beyond commit {place}: {error}"));
        }
    });
    replayed
}

impl Replayed {
    fn add(&mut self, commit: &Commit, documents: &Documents, watch: Option<&mut Watch<'_>>) {
        self.history.add_read(commit, documents);
        self.times.push(commit.time);
        let Some(registry) = &self.history.registry else { return };
        self.tree.push(leaf_of(registry, &commit.appended()));
        let policy = paths::trust_policy();
        for file in commit.files.iter().filter(|file| file.path == policy) {
            match Policy::parse(&String::from_utf8_lossy(&file.bytes)) {
                Ok(policy) => self.policies.push((commit.sequence, policy)),
                Err(error) => self.findings.push(format!("commit {}: {policy}: {error}", commit.sequence)),
            }
        }
        if let Some(watch) = watch {
            self.news.extend(watch.news_of(commit, &self.history));
        }
    }
}
