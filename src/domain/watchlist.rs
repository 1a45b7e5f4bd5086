//! A reader's list of services and the days they signed up. The registry keeps no list.

use super::{CertificationId, Day};

/// One line of a reader's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchItem {
    /// The service.
    pub certification: CertificationId,
    /// The day on which the reader signed up (a month or year given stands for its first day).
    pub signed_up_on: Day,
    /// The day of the reader's last review; then that is the baseline, and the sign-up stays visible.
    pub reviewed_on: Option<Day>,
    /// The reader's own word for it, echoed and never interpreted.
    pub label: Option<String>,
}
