//! How promptly a certification is kept up to date.

use serde::Serialize;
use utoipa::ToSchema;

use crate::compare::Promptness;

/// How promptly changes of the service were published: the form's third commitment, measured.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PromptnessView {
    /// The whole in a sentence.
    pub sentence: String,
    /// The middle lag between change and publication, in days; absent where no change has a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub median_days: Option<i64>,
    /// The longest lag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub worst_days: Option<i64>,
    /// The newest lag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub latest_days: Option<i64>,
    /// Updates whose change has a date.
    pub with_date: usize,
    /// All updates.
    pub updates: usize,
    /// Versions that the supplier signed.
    pub own_versions: usize,
    /// The day on which it was last affirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub last_affirmed_on: Option<String>,
    /// `affirmed`, `due`, `lapsed` and the like. The set is open.
    pub freshness: String,
    /// It was only ever affirmed, never updated: quiet, not prompt.
    pub quiet: bool,
}

impl PromptnessView {
    /// From the measured value.
    pub fn of(promptness: &Promptness) -> Self {
        PromptnessView {
            sentence: promptness.sentence(),
            median_days: promptness.median_days,
            worst_days: promptness.worst_days,
            latest_days: promptness.latest_days,
            with_date: promptness.with_date,
            updates: promptness.updates,
            own_versions: promptness.own_versions,
            last_affirmed_on: promptness.last_affirmed_on.map(|day| day.to_string()),
            freshness: promptness.freshness.as_str().to_owned(),
            quiet: promptness.quiet,
        }
    }
}
