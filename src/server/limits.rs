//! How much one connection may ask for, and how long it may take.

use std::time::Duration;

use crate::api::{edge, extract};

/// Descriptors that are kept for files: the index, packs, the repository, standard streams.
const KEPT_DESCRIPTORS: u64 = 64;

/// The limits of a server. Every time is counted by the server's own clock of intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many connections are open at a time; beyond that, the one that has been silent longest is closed.
    pub connections: usize,
    /// How long a new connection may stay silent.
    pub first_byte: Duration,
    /// How long a request's head may take, from its first byte to its last.
    pub head: Duration,
    /// How long a connection may stay open between two requests.
    pub idle: Duration,
    /// How little may pass, of a body on its way in or an answer on its way out.
    pub pace: Pace,
    /// How long a client may leave unread what the system holds for it.
    pub unread: Duration,
    /// The largest head of a request, in bytes.
    pub head_bytes: usize,
    /// The most headers of a request.
    pub headers: usize,
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// How much of all bodies together is held while they arrive, in bytes.
    pub bodies_bytes: usize,
    /// How many requests an HTTP/2 connection may have open at a time.
    pub streams: u32,
    /// Quick reads at a time.
    pub reads: Slots,
    /// Slow reads at a time: packs, comparisons, searches, reports.
    pub slow: Slots,
    /// Submissions at a time.
    pub writes: Slots,
    /// How long a request may take once it is read.
    pub request: Duration,
    /// How long the server goes on taking connections once it is told to stop, while `/readyz` says so.
    pub drain: Duration,
    /// How long connections may take to end after that.
    pub stopping: Duration,
}

/// How many requests of a class are worked on at a time, and how many more may wait for that, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// At least one.
    pub at_once: usize,
    /// May be none.
    pub waiting: usize,
    /// How long one may expect to wait in a burst. In a flood one waits for each slot.
    pub patience: Duration,
}

/// At least so many bytes within each such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The least number of bytes.
    pub bytes: u64,
    /// Within which time.
    pub within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 1_000,
            first_byte: Duration::from_secs(10),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            pace: Pace { bytes: 4 * 1024, within: Duration::from_secs(7) },
            unread: Duration::from_secs(20),
            head_bytes: 32 * 1024,
            headers: 100,
            body_bytes: extract::MAX_BODY_BYTES,
            bodies_bytes: 64 * extract::MAX_BODY_BYTES,
            streams: 64,
            // More at a time would only take turns on the cores, and each would be answered later.
            reads: Slots { at_once: cores(), waiting: 512, patience: Duration::from_millis(30) },
            slow: Slots { at_once: 2 * cores(), waiting: 64, patience: Duration::from_secs(2) },
            // They wait for one writer, whose queue has as many places.
            writes: Slots { at_once: 256, waiting: 0, patience: Duration::ZERO },
            request: edge::REQUEST_TIME_LIMIT,
            drain: Duration::ZERO,
            stopping: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// The same with no more connections than `descriptors`, the process's open files, leave room for.
    pub fn within(self, descriptors: u64) -> Self {
        let room = descriptors.saturating_sub(KEPT_DESCRIPTORS.min(descriptors / 2)).max(1);
        let at_most = |most: usize, room: u64| most.min(usize::try_from(room).unwrap_or(usize::MAX)).max(1);
        // Every read may hold a connection to the index and a pack.
        let slots = |slots: Slots, share: u64| Slots { at_once: at_most(slots.at_once, descriptors / share), ..slots };
        let (reads, slow) = (slots(self.reads, 16), slots(self.slow, 64));
        Limits { connections: at_most(self.connections, room), reads, slow, ..self }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Raises the number of files that this process may open as far as the system allows, and says what it is.
pub fn descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    // Refused by the system, the number stays what it was, and the limit of connections follows it.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_files() {
        let of = |descriptors| Limits::default().within(descriptors).connections;
        assert_eq!([of(u64::MAX), of(1_064), of(1_063), of(128), of(16), of(0)], [1_000, 1_000, 999, 64, 8, 1]);
    }
}
