//! The one place that reads the system clock.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::domain::Instant;

/// Where "now" comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that is set by hand: for demonstrations and tests, never for `serve`.
    Settable(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `instant` until it is set again.
    pub fn standing_at(instant: Instant) -> Clock {
        Clock::Settable(Arc::new(AtomicI64::new(instant.unix_seconds())))
    }

    /// Sets a settable clock; does nothing to the system's.
    pub fn set(&self, instant: Instant) {
        if let Clock::Settable(seconds) = self {
            seconds.store(instant.unix_seconds(), Ordering::SeqCst);
        }
    }

    /// The present instant, cut to whole seconds.
    pub fn now(&self) -> Instant {
        let seconds = match self {
            Clock::System => system_seconds(),
            Clock::Settable(seconds) => seconds.load(Ordering::SeqCst),
        };
        Instant::from_unix_seconds(seconds).expect("clocks show years 1900 to 2999")
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn system_seconds() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    elapsed.map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)).clamp(0, 32_503_679_999)
}
