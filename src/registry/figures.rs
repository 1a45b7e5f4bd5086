//! What the writer has been doing, in figures: for metrics and for benchmarks.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant as Stopwatch},
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
    /// Making the receipt, when all is done; in parallel.
    Answer,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Stage; 6] = [Stage::Examine, Stage::Wait, Stage::Decide, Stage::Store, Stage::Index, Stage::Answer];

    /// A word for labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Examine => "examine",
            Stage::Wait => "wait",
            Stage::Decide => "decide",
            Stage::Store => "store",
            Stage::Index => "index",
            Stage::Answer => "answer",
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
    /// How often it was gone through: per group for deciding, storing and indexing, per submission for the others.
    pub count: u64,
    /// All times together.
    pub total: Duration,
    /// What was computed in them: time of their threads on a processor.
    pub computed: Duration,
    /// The longest.
    pub longest: Duration,
}

/// The time that something takes, and what its thread computes meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    begun: Stopwatch,
    computed: Duration,
}

/// Time that something took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    /// By the clock.
    pub elapsed: Duration,
    /// On a processor.
    pub computed: Duration,
}

impl Watch {
    /// Begins now, for this thread.
    pub fn start() -> Watch {
        Watch { begun: Stopwatch::now(), computed: computed_by_this_thread() }
    }

    /// What was spent so far. To be asked on the thread that began.
    pub fn spent(&self) -> Spent {
        let computed = computed_by_this_thread().saturating_sub(self.computed);
        Spent { elapsed: self.begun.elapsed(), computed }
    }
}

impl Spent {
    /// Nothing but waiting.
    pub fn waiting(elapsed: Duration) -> Spent {
        Spent { elapsed, computed: Duration::ZERO }
    }

    /// This without a part of it.
    pub fn without(self, part: Spent) -> Spent {
        let elapsed = self.elapsed.saturating_sub(part.elapsed);
        Spent { elapsed, computed: self.computed.saturating_sub(part.computed) }
    }
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, more: Spent) {
        self.elapsed += more.elapsed;
        self.computed += more.computed;
    }
}

fn computed_by_this_thread() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
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

    pub fn spent(&self, stage: Stage, spent: Spent) {
        self.change(|figures| {
            let stage = &mut figures.stages[stage as usize];
            stage.count += 1;
            stage.total += spent.elapsed;
            stage.computed += spent.computed;
            stage.longest = stage.longest.max(spent.elapsed);
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
            counters.spent(Stage::Store, Spent::waiting(Duration::from_millis(millis)));
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
    fn a_thread_that_sleeps_computes_nothing_meanwhile() {
        let watch = Watch::start();
        std::thread::sleep(Duration::from_millis(30));
        let spent = watch.spent();
        assert!(spent.elapsed >= Duration::from_millis(30) && spent.computed < spent.elapsed / 2, "{spent:?}");
        let watch = Watch::start();
        let sum = (0..3_000_000u64).fold(0u64, |sum, n| sum.rotate_left(5) ^ std::hint::black_box(n));
        assert!(std::hint::black_box(sum) != 1 && watch.spent().computed > Duration::ZERO);
    }

    #[test]
    fn the_stages_stand_in_their_order() {
        for (place, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage as usize, place, "{}", stage.as_str());
        }
    }
}
