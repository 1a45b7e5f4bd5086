//! Days as people write them in a form.

use crate::{
    domain::Day,
    registry::{ErrorKind, RegistryError, Result},
};

/// Reads a day, a month or a year as people write it.
///
/// # Errors
/// Unreadable, with examples of what can be read.
pub fn read(text: &str) -> Result<Day> {
    Day::parse_as_written(text).map_err(|_| {
        let detail = "We could not read that as a day that exists. Write it like 2025-09-04, 4 September 2025 or 4/9/2025; \
                      a month (2025-09) or a year (2025) will do.";
        RegistryError::new(ErrorKind::Unreadable, "bad-day", detail)
    })
}
