//! Legal instruments that have ended.

use std::sync::LazyLock;

use crate::domain::{AnswerId, Day};

/// A legal instrument that a statement can no longer rely on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// For example `privacy-shield`.
    pub id: &'static str,
    /// The day on which it ended.
    pub ended_on: Day,
    /// Answers that it matters to; empty for all.
    pub affects: Vec<AnswerId>,
    /// As it stands inside a sentence.
    pub name: &'static str,
    /// How statements name it.
    pub terms: Vec<&'static str>,
}

static INSTRUMENTS: LazyLock<Vec<Instrument>> = LazyLock::new(|| {
    let lines = include_str!("data/instruments.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(parse).collect()
});

/// Every instrument that is known to have ended.
pub fn instruments() -> &'static [Instrument] {
    &INSTRUMENTS
}

fn parse(line: &'static str) -> Option<Instrument> {
    let parts: Vec<&str> = line.split('|').collect();
    let [id, ended_on, affects, name, terms] = parts.as_slice() else { return None };
    Some(Instrument {
        id,
        ended_on: ended_on.parse().ok()?,
        affects: affects.split_whitespace().filter_map(|id| id.parse().ok()).collect(),
        name,
        terms: terms.split(';').map(str::trim).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_is_read() {
        let lines = include_str!("data/instruments.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(instruments().len(), lines);
        let shield = instruments().iter().find(|instrument| instrument.id == "privacy-shield").expect("it is listed");
        assert_eq!((shield.ended_on.to_string().as_str(), shield.affects.len()), ("2020-07-16", 4));
    }
}
