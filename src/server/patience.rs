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
    /// Since when nobody waits; none while somebody does.
    rests: Option<Instant>,
}

impl Progress {
    pub(super) fn new(pace: Pace) -> Self {
        let now = Instant::now();
        Progress { pace, began: now, bytes: 0, rests: Some(now) }
    }

    /// Begins to count anew.
    pub(super) fn begin(&mut self) {
        *self = Progress::new(self.pace);
    }

    /// So many bytes have passed.
    pub(super) fn passed(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        if self.rests.is_none() {
            self.rests = Some(Instant::now());
        }
    }

    /// Nothing passes now. Gives the instant until which that may last; it may be past.
    pub(super) fn waits(&mut self) -> Instant {
        // From the last byte until somebody asked for more was this server's own time. All else is the client's: a
        // byte that comes just when the time is over buys no new one.
        if let Some(since) = self.rests.take() {
            self.began += since.elapsed();
        }
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

#[cfg(test)]
mod tests {
    use std::{thread::sleep, time::Duration};

    use super::*;

    const PACE: Pace = Pace { bytes: 100, within: Duration::from_millis(40) };

    #[test]
    fn a_byte_in_the_last_moment_buys_no_time() {
        let mut progress = Progress::new(PACE);
        progress.waits();
        sleep(PACE.within);
        progress.passed(1);
        assert!(progress.waits() <= Instant::now());
        assert!(progress.check().is_err());
    }

    #[test]
    fn the_servers_own_time_is_not_the_clients() {
        let mut progress = Progress::new(PACE);
        progress.waits();
        progress.passed(1);
        sleep(PACE.within);
        progress.passed(1);
        let left = progress.waits().duration_since(Instant::now());
        assert!(left > PACE.within / 2, "{left:?}");
        progress.passed(98);
        assert!(progress.check().is_ok());
        assert!(progress.check().is_err(), "it counts anew");
    }
}
