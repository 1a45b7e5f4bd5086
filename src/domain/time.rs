//! Days and instants. An instant is a whole second of UTC; a day is a day in London.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil, tz::TimeZone};

/// A calendar day from 1900 to 2999, written `YYYY-MM-DD`. Where it must become an instant, it is a day in
/// Europe/London.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(civil::Date);

/// A text is not a real day of the years 1900 to 2999, written `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a day is written YYYY-MM-DD, must exist in the calendar and lie in the years 1900 to 2999")]
pub struct DayError;

/// The years of days: narrow enough that every day is an instant, wide enough for every statement.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2999;

fn london() -> TimeZone {
    TimeZone::get("Europe/London").expect("the time zone database is compiled in")
}

/// The number of a month written in English, whole or by its first three letters.
fn named_month(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_ascii_lowercase();
    let same = |month: &&str| *month == text || (text.len() == 3 && month.starts_with(&text));
    (1..).zip(MONTHS.iter()).find(|(_, month)| same(month)).map(|(number, _)| number)
}

impl Day {
    /// The day with this year (1900 to 2999), month and day, if the calendar has it.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Day> {
        if !YEARS.contains(&year) {
            return None;
        }
        civil::Date::new(year, month, day).ok().map(Day)
    }

    /// Reads a day given as `2019-09-04`, as a month (`2019-09`) or as a year (`2019`): the period's first day.
    ///
    /// # Errors
    /// [`DayError`] when the text is none of the three, or the day does not exist.
    pub fn parse_start_of_period(text: &str) -> Result<Day, DayError> {
        match text.len() {
            4 => format!("{text}-01-01").parse(),
            7 => format!("{text}-01").parse(),
            _ => text.parse(),
        }
    }

    /// Reads a day as people write it: everything that [`Day::parse_start_of_period`] reads, and `4/9/2025`,
    /// `4 September 2025`, `4 Sep 2025` or `September 2025` (day before month, as in the United Kingdom).
    ///
    /// # Errors
    /// [`DayError`] for anything else, or a day that does not exist.
    pub fn parse_as_written(text: &str) -> Result<Day, DayError> {
        let text = text.trim();
        if let Ok(day) = Day::parse_start_of_period(text) {
            return Ok(day);
        }
        let parts: Vec<&str> = text.split([' ', '/', '.', '-', ',']).filter(|part| !part.is_empty()).collect();
        let (day, month, year) = match parts.as_slice() {
            [day, month, year] => (*day, *month, *year),
            [month, year] if named_month(month).is_some() => ("1", *month, *year),
            _ => return Err(DayError),
        };
        let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(day, 1..=2) || !digits(year, 4..=4) {
            return Err(DayError);
        }
        let number = if digits(month, 1..=2) { month.parse().ok() } else { named_month(month) };
        let number = number.ok_or(DayError)?;
        let (day, year) = (day.parse().map_err(|_| DayError)?, year.parse().map_err(|_| DayError)?);
        Day::new(year, number, day).ok_or(DayError)
    }

    /// The instant at which the day begins in London (00:00 local time).
    pub fn starts_at(self) -> Instant {
        let zoned = self.0.at(0, 0, 0, 0).to_zoned(london()).expect("years 1900 to 2999 are in range");
        Instant(zoned.timestamp().as_second())
    }

    /// The last whole second of the day in London.
    pub fn ends_at(self) -> Instant {
        let next = Day(self.0.tomorrow().expect("a day of the years 1900 to 2999 has one after it"));
        Instant(next.starts_at().0 - 1)
    }

    /// The day after.
    pub fn next(self) -> Day {
        self.plus_days(1)
    }

    /// This day moved by `days`, held within the years that can be written.
    pub fn plus_days(self, days: i64) -> Day {
        Day::held(self.0.saturating_add(jiff::Span::new().days(days.clamp(-1_000_000, 1_000_000))))
    }

    /// This day moved by whole months; the 31st becomes the month's last day.
    pub fn plus_months(self, months: i64) -> Day {
        Day::held(self.0.saturating_add(jiff::Span::new().months(months.clamp(-100_000, 100_000))))
    }

    fn held(date: civil::Date) -> Day {
        Day(date.clamp(civil::date(*YEARS.start(), 1, 1), civil::date(*YEARS.end(), 12, 31)))
    }

    /// Days from `earlier` to this day; negative when `earlier` is later.
    pub fn days_since(self, earlier: Day) -> i64 {
        (self.0 - earlier.0).get_days().into()
    }

    /// For people: `4 September 2025`.
    pub fn in_words(self) -> String {
        self.0.strftime("%-d %B %Y").to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}
impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Day, DayError> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(DayError);
        }
        let part = |range: std::ops::Range<usize>| text[range].parse::<i16>().map_err(|_| DayError);
        Day::new(part(0..4)?, part(5..7)? as i8, part(8..10)? as i8).ok_or(DayError)
    }
}

/// A whole second of UTC in the years 1900 to 2999, written `2026-11-02T09:30:00Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// A text is not an instant in the form asked for, or lies outside the years 1900 to 2999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an instant is written like 2026-11-02T09:30:00Z (UTC, whole seconds) and lies in the years 1900 to 2999")]
pub struct InstantError;

/// 1900-01-01T00:00:00Z.
const FIRST_SECOND: i64 = -2_208_988_800;
/// 2999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 32_503_679_999;

impl Instant {
    /// The instant `seconds` after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InstantError`] outside the years 1900 to 2999.
    pub fn from_unix_seconds(seconds: i64) -> Result<Instant, InstantError> {
        if (FIRST_SECOND..=LAST_SECOND).contains(&seconds) { Ok(Instant(seconds)) } else { Err(InstantError) }
    }

    /// Seconds since 1970-01-01T00:00:00Z, as Git stores them.
    pub fn unix_seconds(self) -> i64 {
        self.0
    }

    /// The day it is in London at this instant.
    pub fn day_in_london(self) -> Day {
        Day(self.timestamp().to_zoned(london()).date())
    }

    /// As `allowed_signers` windows and leaves have it: `20261102093000Z`.
    pub fn compact(self) -> String {
        self.timestamp().strftime("%Y%m%d%H%M%SZ").to_string()
    }

    /// Reads the form `YYYYMMDDHHMMSSZ`, and nothing else: without the `Z`, ssh-keygen reads local time.
    ///
    /// # Errors
    /// [`InstantError`] for any other form or an impossible time.
    pub fn parse_compact(text: &str) -> Result<Instant, InstantError> {
        let digits = text.strip_suffix('Z').ok_or(InstantError)?;
        if digits.len() != 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InstantError);
        }
        let d = digits;
        format!("{}-{}-{}T{}:{}:{}Z", &d[..4], &d[4..6], &d[6..8], &d[8..10], &d[10..12], &d[12..]).parse()
    }

    /// This instant moved by `seconds`, held within the years that can be written.
    pub fn plus_seconds(self, seconds: i64) -> Instant {
        Instant(self.0.saturating_add(seconds).clamp(FIRST_SECOND, LAST_SECOND))
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_second(self.0).expect("the constructor keeps the years 1900 to 2999")
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }
}
impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Instant {
    type Err = InstantError;
    fn from_str(text: &str) -> Result<Instant, InstantError> {
        let shape = text.len() == 20
            && text.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                10 => b == b'T',
                13 | 16 => b == b':',
                19 => b == b'Z',
                _ => b.is_ascii_digit(),
            });
        // A leap second would be read as the second before it: refused, because two texts would name one instant.
        if !shape || &text[17..19] == "60" {
            return Err(InstantError);
        }
        let timestamp: Timestamp = text.parse().map_err(|_| InstantError)?;
        Instant::from_unix_seconds(timestamp.as_second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_london_in_winter_and_in_summer() {
        let winter: Day = "2026-01-10".parse().expect("a real day");
        let summer: Day = "2026-07-10".parse().expect("a real day");
        assert_eq!(winter.starts_at().to_string(), "2026-01-10T00:00:00Z");
        assert_eq!(summer.starts_at().to_string(), "2026-07-09T23:00:00Z");
        assert_eq!(summer.ends_at().to_string(), "2026-07-10T22:59:59Z");
        assert_eq!(summer.ends_at().day_in_london(), summer);
    }

    #[test]
    fn refuses_days_and_instants_that_do_not_exist() {
        for text in [
            "2026-02-30",
            "1899-12-31",
            "3000-01-01",
            "9999-12-31",
            "2026-2-03",
            "2026-13-01",
            "2026-00-10",
            "+026-01-01",
            "2026-01-01 ",
            "٢٠٢٦-01-01",
        ] {
            assert_eq!(text.parse::<Day>(), Err(DayError), "{text}");
        }
        for text in ["2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z", "2026-01-01T00:00:00+00:00", "2026-01-01"] {
            assert_eq!(text.parse::<Instant>(), Err(InstantError), "{text}");
        }
        for text in ["20260101000000", "20260230000000Z", "202601010000Z", "2026010100000ZZ"] {
            assert_eq!(Instant::parse_compact(text), Err(InstantError), "{text}");
        }
    }

    #[test]
    fn the_first_and_the_last_day_are_instants_too() {
        for text in ["1900-01-01", "2999-12-31"] {
            let day: Day = text.parse().expect("a day");
            assert_eq!(day.starts_at().day_in_london(), day);
            assert_eq!(day.ends_at().day_in_london(), day);
            assert_eq!(day.ends_at().to_string(), format!("{text}T23:59:59Z"));
            assert!(day.plus_days(9_999_999) >= day && day.plus_months(-9_999_999) <= day);
        }
    }

    #[test]
    fn a_compact_instant_reads_back() {
        let instant: Instant = "2026-11-02T09:30:05Z".parse().expect("a real instant");
        assert_eq!(instant.compact(), "20261102093005Z");
        assert_eq!(Instant::parse_compact("20261102093005Z"), Ok(instant));
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        let expected = "2025-09-04".parse::<Day>();
        for text in
            ["2025-09-04", " 4/9/2025 ", "04/09/2025", "4 September 2025", "4 sep 2025", "4.9.2025", "4-Sep-2025"]
        {
            assert_eq!(Day::parse_as_written(text), expected, "{text}");
        }
        assert_eq!(Day::parse_as_written("September 2025"), "2025-09-01".parse());
        for text in
            ["", "30/2/2025", "9/2025", "4/9/25", "4 Sept 2025", "+4/9/2025", "2025/09/04", "4/9/2025/1", "٤/٩/2025"]
        {
            assert_eq!(Day::parse_as_written(text), Err(DayError), "{text}");
        }
    }

    #[test]
    fn a_period_begins_on_its_first_day() {
        assert_eq!(Day::parse_start_of_period("2019"), "2019-01-01".parse());
        assert_eq!(Day::parse_start_of_period("2019-09"), "2019-09-01".parse());
        assert_eq!(Day::parse_start_of_period("2019-9"), Err(DayError));
    }
}
