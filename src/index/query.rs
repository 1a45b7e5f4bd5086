//! Running statements, and reading rows back with distrust: a value that the index would never have written is
//! [`IndexError::Damaged`], never a panic and never a guess.

use std::str::FromStr;

use rusqlite::{Connection, Params, Row, types::FromSql};

use super::IndexError;
use crate::{
    compare::Importance,
    domain::{AnswerId, Code, Digest, Instant},
};

/// The degrees of importance, in the order of their numbers in the tables.
const IMPORTANCE: [Importance; 3] = [Importance::Attention, Importance::WorthReading, Importance::Information];
/// The codes, in the order of their numbers in the tables.
const CODES: [Code; 4] = [Code::Green, Code::Amber, Code::Black, Code::NotRecorded];

/// Runs a statement that changes rows.
pub(super) fn run(connection: &Connection, sql: &str, params: impl Params) -> Result<usize, IndexError> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}

/// The first row of a question, if it has an answer.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&mut Columns<'_, '_>) -> Result<T, IndexError>,
) -> Result<Option<T>, IndexError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    match rows.next()? {
        Some(row) => read(&mut Columns { row, next: 0 }).map(Some),
        None => Ok(None),
    }
}

/// Every row of a question.
pub(super) fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&mut Columns<'_, '_>) -> Result<T, IndexError>,
) -> Result<Vec<T>, IndexError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut values = Vec::new();
    while let Some(row) = rows.next()? {
        values.push(read(&mut Columns { row, next: 0 })?);
    }
    Ok(values)
}

/// A row whose columns are taken from left to right.
pub(super) struct Columns<'r, 'c> {
    row: &'r Row<'c>,
    next: usize,
}

impl Columns<'_, '_> {
    fn damaged(&self, wanted: &str) -> IndexError {
        let column = self.row.as_ref().column_name(self.next - 1).unwrap_or("?").to_owned();
        IndexError::Damaged(format!("column {column} holds no {wanted}"))
    }

    /// The next column as SQLite has it.
    pub fn raw<T: FromSql>(&mut self) -> Result<T, IndexError> {
        self.next += 1;
        Ok(self.row.get(self.next - 1)?)
    }

    /// The next column as text.
    pub fn text(&mut self) -> Result<String, IndexError> {
        self.raw()
    }

    /// The next column read by `read`, which gives `None` for what the index never writes.
    fn checked<S: FromSql, T>(&mut self, wanted: &str, read: impl FnOnce(S) -> Option<T>) -> Result<T, IndexError> {
        let raw = self.raw::<S>()?;
        read(raw).ok_or_else(|| self.damaged(wanted))
    }

    /// As [`Columns::checked`], for a column that may be absent.
    fn optional<S: FromSql, T>(
        &mut self,
        wanted: &str,
        read: impl FnOnce(S) -> Option<T>,
    ) -> Result<Option<T>, IndexError> {
        let Some(raw) = self.raw::<Option<S>>()? else { return Ok(None) };
        read(raw).map(Some).ok_or_else(|| self.damaged(wanted))
    }

    /// The next column as a text that parses.
    pub fn parsed<T: FromStr>(&mut self) -> Result<T, IndexError> {
        self.checked("readable name", |text: String| text.parse().ok())
    }

    /// The next column as a text that parses, if there is one.
    pub fn parsed_if_any<T: FromStr>(&mut self) -> Result<Option<T>, IndexError> {
        self.optional("readable name", |text: String| text.parse().ok())
    }

    /// The next column as a text of a closed set.
    pub fn one_of<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, IndexError> {
        self.checked("known word", |text: String| parse(&text))
    }

    /// The next column as a count or number of a version.
    pub fn number(&mut self) -> Result<u32, IndexError> {
        self.checked("number", |raw: i64| u32::try_from(raw).ok())
    }

    /// The next column as a place on `main`.
    pub fn sequence(&mut self) -> Result<u64, IndexError> {
        self.checked("sequence", |raw: i64| u64::try_from(raw).ok())
    }

    /// The next column as a place on `main`, if there is one.
    pub fn sequence_if_any(&mut self) -> Result<Option<u64>, IndexError> {
        self.optional("sequence", |raw: i64| u64::try_from(raw).ok())
    }

    /// The next column as a flag.
    pub fn flag(&mut self) -> Result<bool, IndexError> {
        self.checked("flag", |raw: i64| match raw {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })
    }

    /// The next column as an instant.
    pub fn instant(&mut self) -> Result<Instant, IndexError> {
        self.checked("instant", |raw: i64| Instant::from_unix_seconds(raw).ok())
    }

    /// The next column as an instant, if there is one.
    pub fn instant_if_any(&mut self) -> Result<Option<Instant>, IndexError> {
        self.optional("instant", |raw: i64| Instant::from_unix_seconds(raw).ok())
    }

    /// The next column as a digest.
    pub fn digest(&mut self) -> Result<Digest, IndexError> {
        self.checked("digest", |raw: [u8; 32]| Digest::from_hex(&hex(&raw)).ok())
    }

    /// The next column as a digest, if there is one.
    pub fn digest_if_any(&mut self) -> Result<Option<Digest>, IndexError> {
        self.optional("digest", |raw: [u8; 32]| Digest::from_hex(&hex(&raw)).ok())
    }

    /// The next column as Git's id of an object, 40 hex digits.
    pub fn object(&mut self) -> Result<String, IndexError> {
        self.checked("object id", |raw: [u8; 20]| Some(hex(&raw)))
    }

    /// The next column as Git's id of an object, if there is one.
    pub fn object_if_any(&mut self) -> Result<Option<String>, IndexError> {
        self.optional("object id", |raw: [u8; 20]| Some(hex(&raw)))
    }

    /// The next column as a degree of importance.
    pub fn importance(&mut self) -> Result<String, IndexError> {
        let degree = |raw: i64| IMPORTANCE.get(usize::try_from(raw).ok()?).copied();
        self.checked("importance", degree).map(|degree| degree.as_str().to_owned())
    }

    /// The next column as a colour, if there is one.
    pub fn code_if_any(&mut self) -> Result<Option<Code>, IndexError> {
        self.optional("colour", |raw: i64| CODES.get(usize::try_from(raw).ok()?).copied())
    }

    /// The next column as answers, written by [`answers`].
    pub fn answers(&mut self) -> Result<Vec<AnswerId>, IndexError> {
        let read = |text: String| text.split(' ').filter(|id| !id.is_empty()).map(|id| id.parse().ok()).collect();
        self.checked("list of answers", read)
    }

    /// The next column as lines of text.
    pub fn lines(&mut self) -> Result<Vec<String>, IndexError> {
        Ok(self.text()?.lines().map(str::to_owned).collect())
    }
}

/// A degree of importance as the tables have it.
pub(super) fn importance(degree: Importance) -> i64 {
    IMPORTANCE.iter().position(|known| *known == degree).expect("every degree is listed") as i64
}

/// A colour as the tables have it.
pub(super) fn code(code: Code) -> i64 {
    CODES.iter().position(|known| *known == code).expect("every code is listed") as i64
}

/// Answers as the tables have them: ids with single spaces between.
pub(super) fn answers(ids: &[AnswerId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A place on `main` as SQLite has it; beyond 2^63 there is nothing.
pub(super) fn sequence(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// The size of a page as SQLite has it.
pub(super) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Words in small letters, each of which must occur for a row to be found. At most eight are looked at.
///
/// They are compared with `instr`, not `LIKE`: nothing in them has a special meaning, and the time is bounded by
/// the length of the text.
pub(super) fn words(query: &str) -> Vec<String> {
    let words = query.split_whitespace().take(8);
    words.map(|word| word.chars().take(100).collect::<String>().to_lowercase()).collect()
}

/// 20 bytes from 40 lowercase hex digits.
pub(super) fn object_bytes(hex: &str) -> Option<[u8; 20]> {
    let digits = hex.as_bytes();
    if digits.len() != 40 || !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; 20];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(bytes)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pairs = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    pairs.map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}
