//! Figures that must stay in one piece: times, dates, quantities with their unit, telephone numbers.
//!
//! `08:00 – 16:00` that became `08:30 – 16:00` is one figure that became another, not three digits in a row of marks.

use super::tokens::Kind;

mod dates;

/// No figure is longer than this many bytes; looking no further keeps the cutting linear.
const LONGEST: usize = 64;

const UNITS: [&str; 50] = [
    "seconds",
    "second",
    "secs",
    "sec",
    "minutes",
    "minute",
    "mins",
    "min",
    "hours",
    "hour",
    "hrs",
    "hr",
    "days",
    "day",
    "weeks",
    "week",
    "fortnights",
    "fortnight",
    "months",
    "month",
    "years",
    "year",
    "terms",
    "term",
    "bits",
    "bit",
    "bytes",
    "KB",
    "MB",
    "GB",
    "TB",
    "PB",
    "Mbps",
    "Gbps",
    "percent",
    "pounds",
    "pence",
    "users",
    "user",
    "pupils",
    "copies",
    "copy",
    "times",
    "characters",
    "miles",
    "km",
    "ms",
    "nines",
    "attempts",
    "attempt",
];

const BEFORE_UNITS: [&str; 8] =
    ["working", "business", "calendar", "school", "consecutive", "clear", "academic", "full"];

/// Words whose number is a name, not a figure: `ISO 27001`, `Article 28`, `TLS 1.2`, `Q 5.6`.
const REFERENCES: [&str; 28] = [
    "ISO/IEC", "ISO", "IEC", "BS", "EN", "RFC", "SOC", "PCI", "DSS", "AES", "SHA", "TLS", "SSL", "Standard",
    "standard", "Article", "article", "Section", "section", "Clause", "clause", "Schedule", "Annex", "Part", "Tier",
    "Version", "version", "Q",
];

/// The figure (or name with a number) at the very beginning of `text`: its length in bytes and its kind.
pub(super) fn at(text: &str) -> Option<(usize, Kind)> {
    let first = *text.as_bytes().first()?;
    if !first.is_ascii_alphanumeric() && !matches!(first, b'+' | b'(' | 0xC2 | 0xE2) {
        return None;
    }
    let scan = Scan(&text[..text.floor_char_boundary(LONGEST)]);
    if first.is_ascii_alphabetic() {
        if !scan.leads_to_a_digit() {
            return None;
        }
        return scan.reference().map(|n| (n, Kind::Word)).or_else(|| scan.month_first().map(|n| (n, Kind::Date)));
    }
    let telephone = || scan.telephone().map(|n| (n, Kind::Telephone));
    let date = || scan.date().map(|n| (n, Kind::Date));
    let time = || scan.time_range().map(|n| (n, Kind::Time));
    let quantity = || scan.quantity().map(|n| (n, Kind::Quantity));
    telephone().or_else(date).or_else(time).or_else(quantity).or_else(|| scan.plain())
}

/// The text ahead. Every method looks at its beginning and answers how many bytes belong to what it looks for.
#[derive(Clone, Copy)]
struct Scan<'t>(&'t str);

impl<'t> Scan<'t> {
    fn skip(self, bytes: usize) -> Scan<'t> {
        Scan(&self.0[bytes..])
    }

    /// Whether a digit follows the first word after a space or a hyphen: most words are told apart by that alone.
    fn leads_to_a_digit(self) -> bool {
        let word = self.0.bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'/').count();
        let rest = self.skip(word);
        let gap = rest.one_of(&["-"]).unwrap_or_else(|| rest.space());
        gap > 0 && rest.skip(gap).0.starts_with(|c: char| c.is_ascii_digit())
    }

    fn digits(self, most: usize) -> Option<usize> {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        (1..=most).contains(&count).then_some(count)
    }

    fn one_of(self, words: &[&str]) -> Option<usize> {
        words.iter().find(|word| self.0.starts_with(**word)).map(|word| word.len())
    }

    /// One of the words, with no letter or digit after it.
    fn word(self, words: &[&str]) -> Option<usize> {
        let fits = |word: &&&str| self.0.starts_with(**word) && self.skip(word.len()).at_end_of_word();
        words.iter().find(fits).map(|word| word.len())
    }

    fn at_end_of_word(self) -> bool {
        !self.0.starts_with(char::is_alphanumeric)
    }

    /// The length of a space, plain or not to be broken, or 0.
    fn space(self) -> usize {
        self.one_of(&[" ", "\u{a0}", "\u{202f}"]).unwrap_or(0)
    }

    fn spaces(self) -> usize {
        let once = self.space();
        once + self.skip(once).space()
    }

    fn between(self) -> Option<usize> {
        let before = self.spaces();
        let middle = self.skip(before).one_of(&["–", "-", "—", "to ", "to\u{a0}", "until "])?;
        Some(before + middle + self.skip(before + middle).spaces())
    }

    /// `+44 (0)1274 713425`: 9 to 15 digits with single spaces, hyphens and brackets, led by `+`, `0` or a bracket.
    fn telephone(self) -> Option<usize> {
        let bytes = self.0.as_bytes();
        let lead = bytes.iter().position(|byte| *byte != b'(')?;
        if lead > 1 || !matches!(bytes[lead], b'+' | b'0') {
            return None;
        }
        let (mut digits, mut end, mut gap) = (0, 0, 0);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'0'..=b'9' => (digits, end, gap) = (digits + 1, at + 1, 0),
                b'+' if at == lead => {}
                b' ' | b'-' | b'(' | b')' if gap < 3 => gap += 1,
                _ => break,
            }
        }
        ((9..=15).contains(&digits) && self.skip(end).at_end_of_word()).then_some(end)
    }

    fn time_range(self) -> Option<usize> {
        let first = self.time()?;
        let second = self.skip(first).between().and_then(|gap| Some(gap + self.skip(first + gap).time()?));
        Some(first + second.unwrap_or(0))
    }

    /// `08:30`, `9am`, `5.30 pm`, `24/7`, `24/7/365`.
    fn time(self) -> Option<usize> {
        let hours = self.digits(2)?;
        let rest = self.skip(hours);
        if let Some(round) = rest.one_of(&["/7/365", "/7"]) {
            return rest.skip(round).at_end_of_word().then_some(hours + round);
        }
        let minutes =
            |mark| rest.0.strip_prefix(mark).and_then(|r| Scan(r).digits(2)).filter(|n| *n == 2).map(|n| n + 1);
        let half = |at: usize| {
            let gap = self.skip(at).space();
            self.skip(at + gap).word(&["am", "pm", "AM", "PM", "a.m.", "p.m."]).map(|n| at + gap + n)
        };
        match minutes(':') {
            Some(more) => half(hours + more).or(Some(hours + more)).filter(|at| self.skip(*at).at_end_of_word()),
            None => half(hours + minutes('.').unwrap_or(0)),
        }
    }

    /// Digits, with thousands and decimals.
    fn number(self) -> Option<usize> {
        let mut at = self.digits(12)?;
        while let Some(rest) = self.skip(at).0.strip_prefix(',') {
            match Scan(rest).digits(3) {
                Some(3) => at += 4,
                _ => break,
            }
        }
        if let Some(decimals) = self.skip(at).0.strip_prefix('.').and_then(|rest| Scan(rest).digits(6)) {
            at += 1 + decimals;
        }
        Some(at)
    }

    /// A number, or a range of numbers, and its unit.
    fn quantity(self) -> Option<usize> {
        let money = self.0.starts_with(['£', '€']);
        let first = self.number_or_money()?;
        let range = self.skip(first).between().and_then(|gap| Some(gap + self.skip(first + gap).number_or_money()?));
        let longer = range.and_then(|more| self.skip(first + more).unit().map(|unit| first + more + unit));
        let single = || self.skip(first).unit().map(|unit| first + unit);
        longer.or_else(single).or(money.then_some(first))
    }

    fn number_or_money(self) -> Option<usize> {
        match self.one_of(&["£", "€"]) {
            Some(sign) => self.skip(sign).number().map(|n| sign + n),
            None => self.number(),
        }
    }

    fn unit(self) -> Option<usize> {
        let gap = self.spaces();
        if self.skip(gap).0.starts_with('%') {
            return Some(gap + 1);
        }
        if let Some(percent) = self.skip(gap).word(&["per cent", "percent"]) {
            return Some(gap + percent);
        }
        let mut at = if gap > 0 { gap } else { self.one_of(&["-"]).unwrap_or(0) };
        if let Some(kind) = self.skip(at).one_of(&BEFORE_UNITS) {
            let space = self.skip(at + kind).one_of(&[" ", "\u{a0}", "-"])?;
            at += kind + space;
        }
        self.skip(at).word(&UNITS).map(|unit| at + unit)
    }

    fn plain(self) -> Option<(usize, Kind)> {
        let length = self.number()?;
        // `3rd`, `5G`: a word that begins with a digit is cut as a word.
        self.skip(length).at_end_of_word().then_some((length, Kind::Number))
    }

    fn reference(self) -> Option<usize> {
        let mut at = self.word(&REFERENCES)?;
        let joined = self.skip(at).one_of(&["-"]).unwrap_or_else(|| self.skip(at).space());
        at += if joined > 0 { joined } else { return None };
        at += self.skip(at).digits(6)?;
        while let Some(mark) = self.skip(at).one_of(&[".", ":", "-"]) {
            match self.skip(at + mark).digits(6) {
                Some(more) => at += mark + more,
                None => break,
            }
        }
        self.skip(at).at_end_of_word().then_some(at)
    }
}
