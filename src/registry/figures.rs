//! What the writer has been doing, in figures: for metrics and for benchmarks.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The stages of a group of submissions, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading and checking before there is a place in the queue; in parallel.
    Examine,
    /// From taking a place in the queue to the beginning of the group.
    Wait,
    /// Deciding against the registry's state.
    Decide,
    /// Making the commits durable: objects, syncs, the move of `main`.
    Store,
    /// Bringing the index level.
    Index,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Stage; 5] = [Stage::Examine, Stage::Wait, Stage::Decide, Stage::Store, Stage::Index];

    /// A word for labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Examine => "examine",
            Stage::Wait => "wait",
            Stage::Decide => "decide",
            Stage::Store => "store",
            Stage::Index => "index",
        }
    }
}

/// Upper bounds (inclusive) of the counted group sizes; larger groups are counted last.
pub const GROUP_SIZES: [u64; 6] = [1, 2, 4, 8, 16, 32];

/// The figures of one moment; all but the depth only ever grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteFigures {
    /// Callers in the queue now.
    pub waiting: u64,
    /// Callers that found no place.
    pub turned_away: u64,
    /// Groups that were made durable.
    pub groups: u64,
    /// Commits in them.
    pub commits: u64,
    /// Groups by size: up to each of [`GROUP_SIZES`], and larger; each group is counted once.
    pub by_size: [u64; GROUP_SIZES.len() + 1],
    /// Syncs that the disk did not confirm. After the first one nothing is accepted until a restart.
    pub sync_errors: u64,
    /// Time spent, in the order of [`Stage::ALL`].
    pub stages: [StageFigures; Stage::ALL.len()],
}

/// The time spent in one stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageFigures {
    /// How often it was gone through: per submission for examining and waiting, per group for the others.
    pub count: u64,
    /// All times together.
    pub total: Duration,
    /// The longest.
    pub longest: Duration,
}

/// Where the figures are gathered.
#[derive(Debug, Default)]
pub(super) struct Counters {
    turned_away: AtomicU64,
    sync_errors: AtomicU64,
    rest: Mutex<WriteFigures>,
}

impl Counters {
    pub fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    pub fn sync_error(&self) {
        self.sync_errors.fetch_add(1, Ordering::Relaxed);
    }

    pub fn spent(&self, stage: Stage, time: Duration) {
        self.change(|figures| {
            let stage = &mut figures.stages[stage as usize];
            stage.count += 1;
            stage.total += time;
            stage.longest = stage.longest.max(time);
        });
    }

    pub fn group(&self, commits: u64) {
        self.change(|figures| {
            figures.groups += 1;
            figures.commits += commits;
            figures.by_size[GROUP_SIZES.partition_point(|bound| *bound < commits)] += 1;
        });
    }

    pub fn read(&self, waiting: usize) -> WriteFigures {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        WriteFigures {
            waiting: waiting as u64,
            turned_away: self.turned_away.load(Ordering::Relaxed),
            sync_errors: self.sync_errors.load(Ordering::Relaxed),
            ..rest
        }
    }

    fn change(&self, change: impl FnOnce(&mut WriteFigures)) {
        change(&mut self.rest.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_by_size_and_times_by_stage() {
        let counters = Counters::default();
        for commits in [1, 2, 3, 4, 32, 33, 500] {
            counters.group(commits);
        }
        for millis in [5, 20, 10] {
            counters.spent(Stage::Store, Duration::from_millis(millis));
        }
        counters.turned_away();
        let figures = counters.read(7);
        assert_eq!((figures.waiting, figures.turned_away, figures.sync_errors), (7, 1, 0));
        assert_eq!((figures.groups, figures.commits), (7, 575));
        assert_eq!(figures.by_size, [1, 1, 2, 0, 0, 1, 2]);
        let store = figures.stages[Stage::Store as usize];
        assert_eq!((store.count, store.total.as_millis(), store.longest.as_millis()), (3, 35, 20));
        assert_eq!(figures.stages[Stage::Wait as usize], StageFigures::default());
    }

    #[test]
    fn the_stages_stand_in_their_order() {
        for (place, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage as usize, place, "{}", stage.as_str());
        }
    }
}
