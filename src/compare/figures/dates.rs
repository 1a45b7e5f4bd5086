//! Dates, written as people write them.

use super::Scan;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Scan<'_> {
    /// `4 May 2018`, `24th December`, `2018-05-04`, `4/5/18`.
    pub(super) fn date(self) -> Option<usize> {
        self.iso_date().or_else(|| self.slash_date()).or_else(|| self.day_first())
    }

    fn iso_date(self) -> Option<usize> {
        let shape = self.0.len() >= 10
            && self
                .0
                .bytes()
                .take(10)
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        (shape && self.skip(10).at_end_of_word()).then_some(10)
    }

    fn slash_date(self) -> Option<usize> {
        let day = self.digits(2)?;
        let month = self.skip(day).0.strip_prefix('/').and_then(|rest| Scan(rest).digits(2))?;
        let at = day + 1 + month;
        let year = self.skip(at).0.strip_prefix('/').and_then(|rest| Scan(rest).digits(4))?;
        (year != 3).then_some(at + 1 + year)
    }

    fn day_first(self) -> Option<usize> {
        let mut at = self.digits(2)?;
        at += self.skip(at).one_of(&["st", "nd", "rd", "th"]).unwrap_or(0);
        let gap = self.skip(at).space();
        at += if gap > 0 { gap } else { return None };
        at += self.skip(at).one_of(&["of "]).unwrap_or(0);
        at += self.skip(at).word(&MONTHS)?;
        Some(at + self.skip(at).year().unwrap_or(0))
    }

    /// `May 2018`, `May 4th, 2018`.
    pub(super) fn month_first(self) -> Option<usize> {
        let month = self.word(&MONTHS)?;
        if let Some(year) = self.skip(month).year() {
            return Some(month + year);
        }
        let gap = self.skip(month).space();
        let mut at = month + gap + self.skip(month + gap).digits(2).filter(|_| gap > 0)?;
        at += self.skip(at).one_of(&["st", "nd", "rd", "th"]).unwrap_or(0);
        let comma = self.skip(at).one_of(&[","]).unwrap_or(0);
        Some(self.skip(at + comma).year().map_or(at, |year| at + comma + year))
    }

    /// A space and four digits.
    fn year(self) -> Option<usize> {
        let gap = self.space();
        let digits = self.skip(gap).digits(4).filter(|n| gap > 0 && *n == 4)?;
        self.skip(gap + digits).at_end_of_word().then_some(gap + digits)
    }
}
