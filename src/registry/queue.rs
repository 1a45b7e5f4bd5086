//! The one queue in front of the writer: whoever writes takes a place in it, and the places are served in order.
//!
//! There is no thread of its own. Whoever comes to the front does the work, and not for itself alone: what waits
//! directly behind it and may share a durable sync is done in the same group. So a lone submission waits for nobody
//! and wakes nobody, and under load the groups grow by themselves while the group before them reaches the disk. Those
//! who were just answered often come again at once: whoever leads next gives them a few milliseconds to join, so that
//! they do not wait for a sync of their own.
//!
//! - [`Queue::share`] is for work that may share a group; many callers, one of them does it for all.
//! - [`Queue::alone`] is for everything else that writes: a turn of its own, in the same order.
//!
//! What has a place is done, whatever becomes of those before it: a panic while leading answers the group with
//! nothing, and passes the turn on.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant as Stopwatch},
};

/// The queue. `W` is a piece of work that may share a group, `R` what becomes of it.
pub(super) struct Queue<W, R> {
    line: Mutex<Line<W, R>>,
    /// How many places there are.
    places: usize,
    /// How many pieces of work share a group, unless a single caller brings more.
    group: usize,
    /// How long those who were just answered are waited for.
    gather: Duration,
    /// Told of each caller that comes.
    came: Condvar,
}

struct Line<W, R> {
    waiting: VecDeque<Waiting<W, R>>,
    /// Somebody is at work, or was told to begin.
    busy: bool,
    closed: bool,
    /// As many callers as this may come soon, since so many were just answered; 0 when nobody is waited for.
    expected: usize,
}

struct Waiting<W, R> {
    seat: Arc<Seat<R>>,
    /// Nothing for a turn of its own.
    work: Vec<W>,
    since: Stopwatch,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// All places are taken.
    Full,
    /// Nothing more is taken, because the process is about to end.
    Closed,
}

/// A piece of work with whoever waits for it. Dropped without an answer, it answers with nothing.
pub(super) struct Job<W, R> {
    /// What is to be done.
    pub work: W,
    /// Who waits.
    pub ticket: Ticket<R>,
    /// How long it has waited.
    pub waited: Duration,
}

/// Where an answer goes.
pub(super) struct Ticket<R> {
    seat: Arc<Seat<R>>,
    place: usize,
    answer: Option<R>,
}

/// The right to write, until it is dropped; then the next in the queue is called.
pub(super) struct Turn<'q, W, R> {
    queue: &'q Queue<W, R>,
    /// How many callers got their answers in it.
    answered: usize,
}

/// Where a caller waits.
struct Seat<R> {
    state: Mutex<Waited<R>>,
    changed: Condvar,
}

struct Waited<R> {
    /// It is this caller's turn to lead.
    called: bool,
    /// How many answers are still to come.
    open: usize,
    answers: Vec<Option<R>>,
}

impl<W, R> Queue<W, R> {
    /// A queue with this many places, whose groups have up to this many pieces of work and are gathered for so long.
    pub fn new(places: usize, group: usize, gather: Duration) -> Self {
        let line = Line { waiting: VecDeque::new(), busy: false, closed: false, expected: 0 };
        Queue { line: Mutex::new(line), places, group, gather, came: Condvar::new() }
    }

    /// How many callers wait.
    pub fn depth(&self) -> usize {
        self.line().waiting.len()
    }

    /// Takes no more callers; those that have a place are served.
    pub fn close(&self) {
        self.line().closed = true;
        self.came.notify_all();
    }

    /// Whether callers are taken.
    pub fn is_closed(&self) -> bool {
        self.line().closed
    }

    /// Has `work` done: by `lead`, when this caller comes to the front, together with what waits behind it, or by
    /// whoever leads before that. Blocks until all of it is answered. The answers come in the order of `work`;
    /// nothing stands for what a leader did not answer.
    ///
    /// # Errors
    /// When there is no place.
    pub fn share(&self, work: Vec<W>, lead: impl FnOnce(Vec<Job<W, R>>)) -> Result<Vec<Option<R>>, NoPlace> {
        let seat = self.join(work, true)?;
        if seat.wait() {
            let mut turn = Turn { queue: self, answered: 0 };
            self.gather();
            let (jobs, callers) = self.next_group();
            turn.answered = callers;
            lead(jobs);
            drop(turn);
            // All tickets are gone by now, so all answers are there.
        }
        Ok(std::mem::take(&mut seat.state().answers))
    }

    /// Waits for a turn of its own. `always`: also when all places are taken or nothing more is accepted, for what the
    /// registry does by itself.
    ///
    /// # Errors
    /// When there is no place.
    pub fn alone(&self, always: bool) -> Result<Turn<'_, W, R>, NoPlace> {
        let seat = self.join(Vec::new(), !always)?;
        seat.wait();
        let turn = Turn { queue: self, answered: 0 };
        self.line().waiting.pop_front();
        Ok(turn)
    }

    fn join(&self, work: Vec<W>, bounded: bool) -> Result<Arc<Seat<R>>, NoPlace> {
        let mut line = self.line();
        if bounded && line.closed {
            return Err(NoPlace::Closed);
        }
        if bounded && line.waiting.len() >= self.places {
            return Err(NoPlace::Full);
        }
        let answers = work.iter().map(|_| None).collect();
        let state = Waited { called: !line.busy, open: work.len(), answers };
        let seat = Arc::new(Seat { state: Mutex::new(state), changed: Condvar::new() });
        line.busy = true;
        line.waiting.push_back(Waiting { seat: seat.clone(), work, since: Stopwatch::now() });
        if line.waiting.len() >= line.expected {
            self.came.notify_all();
        }
        Ok(seat)
    }

    /// Gives those who were answered last the time to come again. A lone caller waits for nobody.
    fn gather(&self) {
        let line = self.line();
        let is_short = |line: &mut Line<W, R>| line.waiting.len() < line.expected.min(self.group) && !line.closed;
        let waited = self.came.wait_timeout_while(line, self.gather, is_short);
        waited.unwrap_or_else(PoisonError::into_inner).0.expected = 0;
    }

    /// The work at the front: the leader's own, and what may share its group; and of how many callers it is.
    fn next_group(&self) -> (Vec<Job<W, R>>, usize) {
        let mut line = self.line();
        let mut callers = 0;
        let mut jobs: Vec<Job<W, R>> = Vec::new();
        while let Some(next) = line.waiting.front() {
            let is_full = !jobs.is_empty() && jobs.len() + next.work.len() > self.group;
            if next.work.is_empty() || is_full {
                break;
            }
            let Some(Waiting { seat, work, since }) = line.waiting.pop_front() else { break };
            callers += 1;
            let waited = since.elapsed();
            let ticket = |place| Ticket { seat: seat.clone(), place, answer: None };
            jobs.extend(work.into_iter().enumerate().map(|(i, work)| Job { work, ticket: ticket(i), waited }));
        }
        (jobs, callers)
    }

    /// Calls the next one, after `answered` callers got their answers at once.
    fn pass_on(&self, answered: usize) {
        let mut line = self.line();
        line.expected = if answered > 1 { answered } else { 0 };
        match line.waiting.front() {
            Some(next) => next.seat.call(),
            None => (line.busy, line.expected) = (false, 0),
        }
    }

    fn line(&self) -> MutexGuard<'_, Line<W, R>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W, R> Drop for Turn<'_, W, R> {
    fn drop(&mut self) {
        self.queue.pass_on(self.answered);
    }
}

impl<R> Seat<R> {
    /// Waits until everything is answered, or this caller has to lead; says which.
    fn wait(&self) -> bool {
        let mut state = self.state();
        loop {
            if state.called {
                return true;
            }
            if state.open == 0 && !state.answers.is_empty() {
                return false;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn call(&self) {
        self.state().called = true;
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, Waited<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Ticket<R> {
    /// Tells whoever waits.
    pub fn answer(mut self, answer: R) {
        self.answer = Some(answer);
    }
}

impl<R> Drop for Ticket<R> {
    fn drop(&mut self) {
        let mut state = self.seat.state();
        state.answers[self.place] = self.answer.take();
        state.open -= 1;
        if state.open == 0 {
            self.seat.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
