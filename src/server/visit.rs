//! What is known of one connection, shared by those who read it, those who answer it and those who count it.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::{sync::Notify, time::Instant};

use super::head::Refusal;

/// One connection from its beginning to its end.
#[derive(Debug)]
pub(super) struct Visit {
    began: Instant,
    /// Milliseconds after `began` at which something last happened.
    stirred: AtomicU64,
    /// What was found of each HTTP/1 request that is not answered yet, in their order.
    found: Mutex<VecDeque<Option<Refusal>>>,
    /// Requests that are read and not answered yet.
    busy: AtomicUsize,
    answered: AtomicUsize,
    /// Requests of which hyper has the whole answer.
    finished: AtomicUsize,
    closing: AtomicBool,
    leave: Notify,
}

impl Visit {
    pub(super) fn new() -> Self {
        Visit {
            began: Instant::now(),
            stirred: AtomicU64::new(0),
            found: Mutex::default(),
            busy: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            leave: Notify::new(),
        }
    }

    /// Notes that the connection lives.
    pub(super) fn stir(&self) {
        let since = self.began.elapsed().as_millis();
        self.stirred.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// When something last happened.
    pub(super) fn stirred_at(&self) -> Instant {
        self.began + std::time::Duration::from_millis(self.stirred.load(Ordering::Relaxed))
    }

    /// Notes what was found of the next HTTP/1 request.
    pub(super) fn find(&self, refusal: Option<Refusal>) {
        self.found().push_back(refusal);
    }

    /// What was found of the oldest HTTP/1 request that nobody asked about yet; `None` when there is none.
    pub(super) fn take_found(&self) -> Option<Option<Refusal>> {
        self.found().pop_front()
    }

    fn found(&self) -> std::sync::MutexGuard<'_, VecDeque<Option<Refusal>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that hyper has the whole answer to one more request.
    pub(super) fn finish(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// To how many requests hyper has had the whole answer.
    pub(super) fn finished(&self) -> usize {
        self.finished.load(Ordering::Relaxed)
    }

    /// Notes that there is an answer to one more request: the connection has earned its place with it. Writing it is
    /// no business of the server's any more; who reads it too slowly may be sent away.
    pub(super) fn answers(&self) {
        self.stir();
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets the connection end with the answer that is next.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Whether a request is being answered.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }

    /// Ends the connection at once.
    pub(super) fn send_away(&self) {
        self.leave.notify_one();
    }

    /// Waits until the connection is to end at once.
    pub(super) async fn sent_away(&self) {
        self.leave.notified().await;
    }

    /// How well the connection has earned its place: those that never had an answer leave first, then those that
    /// have been silent longest. `None` while a request is being answered.
    pub(super) fn merit(&self) -> Option<(bool, Instant)> {
        let known = self.answered.load(Ordering::Relaxed) > 0;
        // A client that drips its bytes keeps stirring; what counts without an answer is when it came.
        let since = if known { self.stirred_at() } else { self.began };
        (!self.is_busy()).then_some((known, since))
    }
}

/// A request that is being answered, for as long as this lives.
#[derive(Debug)]
pub(super) struct Busy(std::sync::Arc<Visit>);

impl Busy {
    pub(super) fn with(visit: &std::sync::Arc<Visit>) -> Self {
        visit.busy.fetch_add(1, Ordering::Relaxed);
        Busy(visit.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.answers();
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
