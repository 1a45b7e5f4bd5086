//! How long a connection waits for its client.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Instant, Sleep};

use super::limits::Pace;

/// A timer that is asked about an instant which may move. Moving it on costs nothing: the timer is set again only
/// when it runs out too early.
#[derive(Debug, Default)]
pub(super) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Ready once `instant` is past.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, instant: Instant) -> Poll<()> {
        if instant <= Instant::now() {
            return Poll::Ready(());
        }
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(instant)));
        if sleep.deadline() > instant {
            sleep.as_mut().reset(instant);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if instant <= Instant::now() {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(instant);
        }
        Poll::Pending
    }
}

/// Whether bytes pass at the least pace, counted only while somebody waits for them.
#[derive(Debug)]
pub(super) struct Progress {
    pace: Pace,
    began: Instant,
    bytes: u64,
    waiting: bool,
}

impl Progress {
    pub(super) fn new(pace: Pace) -> Self {
        Progress { pace, began: Instant::now(), bytes: 0, waiting: false }
    }

    /// Begins to count anew.
    pub(super) fn begin(&mut self) {
        *self = Progress::new(self.pace);
    }

    /// So many bytes have passed.
    pub(super) fn passed(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        self.waiting = false;
    }

    /// Nothing passes now. Gives the instant until which that may last.
    pub(super) fn waits(&mut self) -> Instant {
        // What passed while nobody asked was this server's own time.
        if !self.waiting && self.ends() <= Instant::now() {
            self.begin();
        }
        self.waiting = true;
        self.ends()
    }

    fn ends(&self) -> Instant {
        self.began + self.pace.within
    }

    /// To be asked at the end that was given.
    ///
    /// # Errors
    /// Timed out when less has passed since than the pace asks for.
    pub(super) fn check(&mut self) -> io::Result<()> {
        if self.bytes < self.pace.bytes {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "too slow"));
        }
        self.begin();
        Ok(())
    }
}
