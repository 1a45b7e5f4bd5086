//! The slots of one class and those who wait for them; see [`super`] for why they wait, and for how long.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use crate::server::limits::Slots;

/// How long it counts as a flood after the last request that had to be turned away.
const CALM: Duration = Duration::from_secs(1);
/// The least that anybody may wait in a flood: shorter times are measured by chance.
const LEAST_WAIT: Duration = Duration::from_micros(500);
/// So many may wait in any case but a flood: clients that ask one after the other are never more than they are.
const A_FEW: usize = 64;
/// Nobody waits longer than this for a slot.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Of how many requests, about, it is remembered what they cost.
const REMEMBERED: u64 = 32;

/// The slots of one class, and its waiting room.
#[derive(Debug)]
pub(super) struct Room {
    slots: Semaphore,
    most: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
    turned_away: AtomicU64,
    /// For how long a slot was held lately, on average, in nanoseconds.
    held: AtomicU64,
    opened: Instant,
    /// Milliseconds after `opened` until which it counts as flooded.
    flooded_until: AtomicU64,
}

impl Room {
    pub(super) fn new(slots: Slots) -> Self {
        let most = slots.at_once.clamp(1, Semaphore::MAX_PERMITS);
        Room {
            slots: Semaphore::new(most),
            most,
            waiting: AtomicUsize::new(0),
            most_waiting: slots.waiting,
            patience: slots.patience,
            turned_away: AtomicU64::new(0),
            held: AtomicU64::new(0),
            opened: Instant::now(),
            flooded_until: AtomicU64::new(0),
        }
    }

    /// A slot, perhaps after waiting for it.
    pub(super) async fn enter(&self) -> Option<Slot<'_>> {
        if let Ok(permit) = self.slots.try_acquire() {
            return Some(Slot::new(self, permit));
        }
        let waiting = Waiting::among(&self.waiting);
        if self.is_full(waiting.before) {
            return self.turn_away();
        }
        // What was expected may turn out wrong.
        let most =
            if self.is_flooded() { 2 * self.usually_held().max(LEAST_WAIT).min(self.patience) } else { LONGEST_WAIT };
        match tokio::time::timeout(most, self.slots.acquire()).await {
            Ok(permit) => Some(Slot::new(self, permit.expect("the slots are never closed"))),
            Err(_) => self.turn_away(),
        }
    }

    /// Whether a newcomer would be turned away.
    pub(super) fn is_shut(&self) -> bool {
        self.slots.available_permits() == 0 && self.is_full(self.waiting.load(Ordering::Relaxed))
    }

    /// Whether one more would wait too long behind `before` others.
    fn is_full(&self, before: usize) -> bool {
        if before >= self.most_waiting || before >= self.most && self.is_flooded() {
            // In a flood one waits for each slot, so that none is idle, and nobody behind another.
            return true;
        }
        let expected = self.held.load(Ordering::Relaxed).saturating_mul(before as u64) / self.most as u64;
        before >= A_FEW && Duration::from_nanos(expected) > self.patience
    }

    /// How many requests of the class are worked on, wait, and were turned away so far.
    pub(super) fn figures(&self) -> (usize, usize, u64) {
        let working = self.most.saturating_sub(self.slots.available_permits());
        (working, self.waiting.load(Ordering::Relaxed), self.turned_away.load(Ordering::Relaxed))
    }

    fn is_flooded(&self) -> bool {
        self.since_opened() < self.flooded_until.load(Ordering::Relaxed)
    }

    /// For how long a slot was held lately, on average.
    fn usually_held(&self) -> Duration {
        Duration::from_nanos(self.held.load(Ordering::Relaxed))
    }

    fn turn_away<T>(&self) -> Option<T> {
        self.count_turned_away();
        None
    }

    pub(super) fn count_turned_away(&self) {
        let calm = u64::try_from(CALM.as_millis()).unwrap_or(u64::MAX);
        self.flooded_until.fetch_max(self.since_opened().saturating_add(calm), Ordering::Relaxed);
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    fn since_opened(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A slot was held for so long. Two that end at once may forget one of them.
    fn remember(&self, held: Duration) {
        let (held, before) = (u64::try_from(held.as_nanos()).unwrap_or(u64::MAX), self.held.load(Ordering::Relaxed));
        let average = before - before / REMEMBERED + held / REMEMBERED;
        self.held.store(average, Ordering::Relaxed);
    }
}

/// A slot that is held, and since when.
pub(super) struct Slot<'a> {
    room: &'a Room,
    since: Instant,
    _permit: SemaphorePermit<'a>,
}

impl<'a> Slot<'a> {
    fn new(room: &'a Room, permit: SemaphorePermit<'a>) -> Self {
        Slot { room, since: Instant::now(), _permit: permit }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.room.remember(self.since.elapsed());
    }
}

/// One that waits, also if it goes away while waiting.
struct Waiting<'a> {
    among: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn among(among: &'a AtomicUsize) -> Self {
        Waiting { among, before: among.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.among.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(250);

    /// A room with one slot, which was lately held for `held` at a time.
    fn room(waiting: usize, held: Duration) -> Arc<Room> {
        let room = Room::new(Slots { at_once: 1, waiting, patience: PATIENCE });
        room.held.store(u64::try_from(held.as_nanos()).expect("short"), Ordering::Relaxed);
        Arc::new(room)
    }

    type Waits = tokio::task::JoinHandle<bool>;

    async fn waits(room: &Arc<Room>, how_many: usize) -> Vec<Waits> {
        let enter = |room: Arc<Room>| async move { room.enter().await.is_some() };
        let waits = (0..how_many).map(|_| tokio::spawn(enter(room.clone()))).collect();
        // Some at a time have their turn.
        for _ in 0..=how_many {
            tokio::task::yield_now().await;
        }
        waits
    }

    /// How many were served.
    async fn served(waits: Vec<Waits>) -> usize {
        let mut served = 0;
        for waits in waits {
            served += usize::from(waits.await.expect("no panic"));
        }
        served
    }

    #[tokio::test]
    async fn a_burst_waits_and_a_flood_does_not() {
        let room = room(512, Duration::from_micros(2500));
        let slot = room.enter().await.expect("a free slot");
        let burst = waits(&room, 101).await;
        assert!(room.is_shut(), "the next would wait longer than 250 ms");
        assert!(room.enter().await.is_none());
        drop(slot);
        assert_eq!(served(burst).await, 101, "who came before the flood is served");

        room.held.store(50_000_000, Ordering::Relaxed);
        let slot = room.enter().await.expect("a free slot");
        let one = waits(&room, 1).await;
        assert!(room.is_shut() && room.enter().await.is_none(), "in a flood nobody waits behind another");
        assert_eq!(served(one).await, 0, "it took longer than was expected");
        tokio::time::sleep(CALM / 2).await;
        assert!(room.is_flooded(), "every one turned away makes it last");
        tokio::time::sleep(CALM).await;
        let two = waits(&room, 2).await;
        assert!(!room.is_flooded() && !room.is_shut(), "it is over");
        drop(slot);
        assert_eq!(served(two).await, 2);
        assert_eq!(room.turned_away.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn many_wait_if_they_are_quick_and_a_few_in_any_case() {
        for (held_us, how_many) in [(900, 256), (90_000, 64)] {
            let room = room(512, Duration::from_micros(held_us));
            let slot = room.enter().await.expect("a free slot");
            let clients = waits(&room, how_many).await;
            drop(slot);
            assert_eq!(served(clients).await, how_many);
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_and_no_more_than_may() {
        let room = room(1, Duration::ZERO);
        let _slot = room.enter().await.expect("a free slot");
        let first = waits(&room, 1).await;
        assert!(room.enter().await.is_none(), "one may wait");
        assert_eq!(served(first).await, 0);
        assert_eq!(room.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_requests_cost_is_learnt_and_forgotten() {
        let room = room(512, Duration::ZERO);
        let learnt = |held| {
            (0..10 * REMEMBERED).for_each(|_| room.remember(held));
            Duration::from_nanos(room.held.load(Ordering::Relaxed))
        };
        for held in [Duration::from_millis(8), Duration::from_micros(200)] {
            let learnt = learnt(held);
            assert!(learnt > held * 9 / 10 && learnt < held * 11 / 10, "{learnt:?} of {held:?}");
        }
    }
}
