//! Whoever waits for news is woken when something has arrived.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant as Moment, timeout_at},
};

use super::Registry;

/// How many may wait at once: each costs a connection and some memory, and is woken by every group of commits.
const MOST_WAITERS: usize = 256;

/// What has arrived, for those who wait.
pub(super) struct Arrivals {
    newest: watch::Sender<Newest>,
    places: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Newest {
    sequence: u64,
    is_last: bool,
}

/// A place among those who wait, given back when it is dropped. What arrives after it was taken is not missed.
pub struct Waiter {
    newest: watch::Receiver<Newest>,
    until: Moment,
    _place: OwnedSemaphorePermit,
}

impl Arrivals {
    pub fn new() -> Self {
        Arrivals { newest: watch::Sender::default(), places: Arc::new(Semaphore::new(MOST_WAITERS)) }
    }

    /// Everything up to this commit can be read.
    pub fn came(&self, sequence: u64) {
        self.newest.send_modify(|newest| newest.sequence = sequence);
    }

    /// Nothing more will come.
    pub fn end(&self) {
        self.newest.send_modify(|newest| newest.is_last = true);
    }
}

impl Registry {
    /// Lets everybody go who waits for commits, now and from now on: the process is about to end.
    pub fn end_waits(&self) {
        self.arrivals.end();
    }

    /// A place among those who wait for commits, for at most this long; nothing when there is none left.
    pub fn waiter(&self, longest: Duration) -> Option<Waiter> {
        let place = self.arrivals.places.clone().try_acquire_owned().ok()?;
        Some(Waiter { newest: self.arrivals.newest.subscribe(), until: Moment::now() + longest, _place: place })
    }
}

impl Waiter {
    /// Waits until commits have arrived since the last time; false when the time is over or nothing more will come.
    pub async fn more_came(&mut self) -> bool {
        if self.newest.borrow().is_last {
            return false;
        }
        let changed = timeout_at(self.until, self.newest.changed()).await;
        matches!(changed, Ok(Ok(()))) && !self.newest.borrow_and_update().is_last
    }
}
