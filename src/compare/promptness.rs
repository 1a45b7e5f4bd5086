//! The form's third commitment, "to update their responses promptly", measured.

use crate::domain::{ChangeKind, Day, Freshness, version::PromptnessFacts};

/// Whether the supplier stood by it lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FreshnessState {
    /// The supplier never signed it (a transcription): freshness is not measured.
    Never,
    /// Affirmed lately.
    Affirmed,
    /// Affirmation is due.
    Due,
    /// Affirmation has lapsed.
    Lapsed,
}

impl FreshnessState {
    /// For programs, for example `lapsed`.
    pub fn as_str(self) -> &'static str {
        match self {
            FreshnessState::Never => "never",
            FreshnessState::Affirmed => "affirmed",
            FreshnessState::Due => "due",
            FreshnessState::Lapsed => "lapsed",
        }
    }
}

/// Until when the supplier's last word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshnessFacts {
    /// As it stands on the day that was asked about.
    pub state: FreshnessState,
    /// The day of the newest version that the supplier signed.
    pub affirmed_on: Day,
    /// From when it should be affirmed again.
    pub due_on: Day,
    /// From when it counts as lapsed.
    pub lapses_on: Day,
}

impl FreshnessFacts {
    /// In one sentence, for example `Confirmed by the supplier on 4 June 2026; to be confirmed again by 4 May 2027.`
    pub fn sentence(&self) -> String {
        let affirmed = format!("Confirmed by the supplier on {}", self.affirmed_on.in_words());
        match self.state {
            FreshnessState::Lapsed => {
                format!("{affirmed}, and not since: the confirmation lapsed on {}.", self.lapses_on.in_words())
            }
            FreshnessState::Due => format!(
                "{affirmed}; a new confirmation has been due since {}, and lapses on {}.",
                self.due_on.in_words(),
                self.lapses_on.in_words()
            ),
            _ => format!("{affirmed}; to be confirmed again by {}.", self.due_on.in_words()),
        }
    }
}

/// Until when a statement that was affirmed on `affirmed_on` counts, seen from `today`.
pub fn freshness(affirmed_on: Day, freshness: Freshness, today: Day) -> FreshnessFacts {
    FreshnessFacts {
        state: state(Some(affirmed_on), freshness, today),
        affirmed_on,
        due_on: affirmed_on.plus_months(freshness.due_after_months.into()),
        lapses_on: affirmed_on.plus_months(freshness.lapsed_after_months.into()),
    }
}

/// How long after its service changed a supplier said so, for one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// Days from the change to the publication; negative when it was announced ahead.
    Days(i64),
    /// An update that does not say when the service changed.
    NoDateGiven,
    /// The supplier says that only the wording changed: there is nothing to be late for.
    WordingOnly,
    /// Initial versions, re-affirmations and transcriptions report no change of the service.
    NotMeasured,
}

/// How promptly a supplier updates, for one certification or for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promptness {
    /// Per version, oldest first; pooled for a supplier.
    pub lags: Vec<Lag>,
    /// The middle lag in days (of two middle ones the mean, rounded down); none when none was measured.
    pub median_days: Option<i64>,
    /// The greatest lag in days.
    pub worst_days: Option<i64>,
    /// The lag of the latest update that gave a date.
    pub latest_days: Option<i64>,
    /// Updates that gave a date.
    pub with_date: usize,
    /// Updates that should have given one.
    pub updates: usize,
    /// The supplier's own versions: initial, updates, re-affirmations.
    pub own_versions: usize,
    /// The day of the supplier's latest own version; for a supplier, that of the certification longest without one.
    pub last_affirmed_on: Option<Day>,
    /// Days from then to today.
    pub days_since_affirmed: Option<i64>,
    /// Whether affirmation is due; for a supplier, the worst of its certifications.
    pub freshness: FreshnessState,
    /// The supplier only re-affirms: quiet, which is not the same as prompt.
    pub quiet: bool,
    /// Case statements past their due day; the caller counts them.
    pub overdue_cases: usize,
    latest_on: Option<Day>,
    /// Of a supplier: several certifications together.
    pooled: bool,
}

/// Measures one certification; `facts` are its versions, oldest first.
pub fn promptness(facts: &[PromptnessFacts], freshness: Freshness, today: Day) -> Promptness {
    let own: Vec<&PromptnessFacts> = facts.iter().filter(|fact| fact.kind != ChangeKind::Transcription).collect();
    let lags: Vec<Lag> = facts.iter().map(lag).collect();
    let dated =
        facts.iter().zip(&lags).rev().find(|(_, lag)| matches!(lag, Lag::Days(_))).map(|(fact, lag)| (fact, *lag));
    let last_affirmed_on = own.last().map(|fact| fact.published_at.day_in_london());
    let updates = own.iter().filter(|fact| fact.kind == ChangeKind::Update).count();
    let reaffirmed = own.iter().any(|fact| fact.kind == ChangeKind::Reaffirmation);
    summary(
        lags,
        dated.map(|(fact, _)| fact.published_at.day_in_london()),
        dated.map(|(_, lag)| lag),
        Rest {
            own_versions: own.len(),
            last_affirmed_on,
            today,
            freshness: state(last_affirmed_on, freshness, today),
            quiet: reaffirmed && updates == 0,
            overdue_cases: 0,
            pooled: false,
        },
    )
}

/// Puts a supplier's certifications together; `None` when there are none.
pub fn of_supplier(parts: &[Promptness], today: Day) -> Option<Promptness> {
    let latest = parts.iter().filter(|part| part.latest_on.is_some()).max_by_key(|part| part.latest_on);
    let measured = || parts.iter().filter(|part| part.freshness != FreshnessState::Never);
    let lags = parts.iter().flat_map(|part| part.lags.iter().copied()).collect();
    let rest = Rest {
        own_versions: parts.iter().map(|part| part.own_versions).sum(),
        last_affirmed_on: measured().filter_map(|part| part.last_affirmed_on).min(),
        today,
        freshness: parts.iter().map(|part| part.freshness).max()?,
        quiet: measured().next().is_some() && measured().all(|part| part.quiet),
        overdue_cases: parts.iter().map(|part| part.overdue_cases).sum(),
        pooled: true,
    };
    let latest_lag = latest.and_then(|part| part.latest_days).map(Lag::Days);
    Some(summary(lags, latest.and_then(|part| part.latest_on), latest_lag, rest))
}

struct Rest {
    own_versions: usize,
    last_affirmed_on: Option<Day>,
    today: Day,
    freshness: FreshnessState,
    quiet: bool,
    overdue_cases: usize,
    pooled: bool,
}

fn summary(lags: Vec<Lag>, latest_on: Option<Day>, latest: Option<Lag>, rest: Rest) -> Promptness {
    let mut days: Vec<i64> =
        lags.iter().filter_map(|lag| if let Lag::Days(days) = lag { Some(*days) } else { None }).collect();
    days.sort_unstable();
    let missing = lags.iter().filter(|lag| **lag == Lag::NoDateGiven).count();
    Promptness {
        median_days: median(&days),
        worst_days: days.last().copied(),
        latest_days: latest.and_then(|lag| if let Lag::Days(days) = lag { Some(days) } else { None }),
        with_date: days.len(),
        updates: days.len() + missing,
        own_versions: rest.own_versions,
        last_affirmed_on: rest.last_affirmed_on,
        days_since_affirmed: rest.last_affirmed_on.map(|day| rest.today.days_since(day)),
        freshness: rest.freshness,
        quiet: rest.quiet,
        overdue_cases: rest.overdue_cases,
        latest_on,
        pooled: rest.pooled,
        lags,
    }
}

/// The lag of one version. An answer that is corrected counts from the day on which it was wrong.
pub fn lag(fact: &PromptnessFacts) -> Lag {
    if fact.kind != ChangeKind::Update {
        return Lag::NotMeasured;
    }
    let changed_on = [fact.wrong_since, fact.service_changed_on].into_iter().flatten().min();
    match (changed_on, fact.wording_only && fact.wrong_since.is_none()) {
        (_, true) => Lag::WordingOnly,
        (Some(day), _) => Lag::Days(fact.published_at.day_in_london().days_since(day)),
        (None, _) => Lag::NoDateGiven,
    }
}

fn median(sorted: &[i64]) -> Option<i64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]).div_euclid(2)),
    }
}

/// Affirmed until the day before it is due; due and lapsed from the day itself.
fn state(last: Option<Day>, freshness: Freshness, today: Day) -> FreshnessState {
    let Some(last) = last else { return FreshnessState::Never };
    let after = |months: u32| last.plus_months(months.into());
    if today >= after(freshness.lapsed_after_months) {
        FreshnessState::Lapsed
    } else if today >= after(freshness.due_after_months) {
        FreshnessState::Due
    } else {
        FreshnessState::Affirmed
    }
}

impl Promptness {
    /// Which share of the updates said when the service changed, in whole per cent; none without an update.
    pub fn share_with_date(&self) -> Option<usize> {
        (self.updates > 0).then(|| self.with_date * 100 / self.updates)
    }

    /// In one or two sentences, figures only.
    pub fn sentence(&self) -> String {
        let mut parts = vec![match (self.freshness, self.quiet, self.median_days) {
            (FreshnessState::Never, ..) => "Never confirmed by the supplier; promptness is not measured.".to_owned(),
            (_, true, _) => "Quiet: only re-affirmed so far.".to_owned(),
            (_, _, None) if self.updates == 0 => "No update so far.".to_owned(),
            (_, _, None) => "No change date given with any update.".to_owned(),
            (_, _, Some(median)) => {
                let worst = self.worst_days.unwrap_or(median);
                format!("Updates follow the change by {median} days (median), {worst} at most.")
            }
        }];
        if self.updates > self.with_date && self.median_days.is_some() {
            parts.push(format!("{} of {} updates give a change date.", self.with_date, self.updates));
        }
        let affirmed = if self.pooled { "Longest without confirmation: since" } else { "Last affirmed on" };
        parts.extend(self.last_affirmed_on.map(|day| format!("{affirmed} {}.", day.in_words())));
        parts.join(" ")
    }
}
