//! Days and instants as people give them on the command line.

use std::str::FromStr;

use super::error::{CliError, CliResult};
use crate::{
    domain::{Day, Instant},
    registry::Clock,
};

/// A day, of which the end is meant, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Day(Day),
    Instant(Instant),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Moment, String> {
        let instant = text.parse().map(Moment::Instant);
        let day = || Day::parse_start_of_period(text).map(Moment::Day);
        instant
            .or_else(|_| day())
            .map_err(|_| "write a day like 2025-09-04 or an instant like 2025-09-04T12:00:00Z".into())
    }
}

impl Moment {
    /// The instant that is meant. The present day ends now.
    ///
    /// # Errors
    /// Usage when it lies ahead.
    pub(crate) fn instant(self) -> CliResult<Instant> {
        let now = Clock::System.now();
        let instant = match self {
            Moment::Instant(instant) => instant,
            Moment::Day(day) if day == now.day_in_london() => now,
            Moment::Day(day) => day.ends_at(),
        };
        if instant > now { Err(CliError::usage(format!("{instant} lies ahead"))) } else { Ok(instant) }
    }
}
