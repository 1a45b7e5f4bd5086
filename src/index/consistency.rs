//! Is the index right? A printable answer: every row in which two indexes differ.

use std::cmp::Ordering;

use rusqlite::{Connection, Rows, types::Value};

use super::{
    Index, IndexError,
    schema::{TABLES, Table},
};

/// Differences that are listed one by one; the rest is counted.
const LISTED: usize = 200;

/// What was found so far.
#[derive(Default)]
struct Findings {
    lines: Vec<String>,
    more: usize,
}

impl Findings {
    fn add(&mut self, line: impl FnOnce() -> String) {
        if self.lines.len() < LISTED {
            self.lines.push(line());
        } else {
            self.more += 1;
        }
    }
}

impl Index {
    /// Says, row by row, where `used` differs from this index, which is right (just rebuilt from the repository).
    ///
    /// Empty when they say the same. Otherwise a line a row: `version 12: headline is '…', should be '…'`. At most
    /// 200 are listed and the rest counted in a last line.
    ///
    /// # Errors
    /// When one of the two cannot be read at all.
    pub fn differences(&self, used: &Index) -> Result<Vec<String>, IndexError> {
        let mut findings = Findings::default();
        used.reading(|here| {
            self.reading(|there| TABLES.iter().try_for_each(|table| compare(table, here, there, &mut findings)))
        })?;
        if findings.more > 0 {
            findings.lines.push(format!("… and {} more rows", findings.more));
        }
        Ok(findings.lines)
    }
}

/// Walks one table in both, in the order of its key.
fn compare(table: &Table, here: &Connection, there: &Connection, findings: &mut Findings) -> Result<(), IndexError> {
    let order: Vec<String> = (1..=table.key).map(|column| column.to_string()).collect();
    let sql = format!("SELECT * FROM {} ORDER BY {}", table.name, order.join(", "));
    let (mut here, mut there) = (here.prepare(&sql)?, there.prepare(&sql)?);
    let columns: Vec<String> = there.column_names().map(str::to_owned).collect();
    let (mut here, mut there) = (here.query([])?, there.query([])?);
    let (mut ours, mut theirs) = (next(&mut here, columns.len())?, next(&mut there, columns.len())?);
    loop {
        let order = match (&ours, &theirs) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(ours), Some(theirs)) => key_order(&ours[..table.key], &theirs[..table.key]),
        };
        match (order, &ours, &theirs) {
            (Ordering::Less, Some(row), _) => findings.add(|| format!("{} should not be there", named(table, row))),
            (Ordering::Greater, _, Some(row)) => findings.add(|| format!("{} is missing", named(table, row))),
            (_, Some(ours), Some(theirs)) if ours != theirs => {
                findings.add(|| format!("{}: {}", named(table, theirs), told(&columns, ours, theirs)));
            }
            _ => {}
        }
        if order != Ordering::Greater {
            ours = next(&mut here, columns.len())?;
        }
        if order != Ordering::Less {
            theirs = next(&mut there, columns.len())?;
        }
    }
}

fn next(rows: &mut Rows<'_>, columns: usize) -> Result<Option<Vec<Value>>, IndexError> {
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?))
}

/// As SQLite orders keys: these are whole numbers, texts or blobs, of one type a column.
fn key_order(a: &[Value], b: &[Value]) -> Ordering {
    let pairs = a.iter().zip(b).map(|pair| match pair {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
    pairs.fold(Ordering::Equal, Ordering::then)
}

fn named(table: &Table, row: &[Value]) -> String {
    let key: Vec<String> = row[..table.key].iter().map(shown).collect();
    format!("{} {}", table.name, key.join(" "))
}

fn told(columns: &[String], ours: &[Value], theirs: &[Value]) -> String {
    let differing = columns.iter().zip(ours.iter().zip(theirs)).filter(|(_, (ours, theirs))| ours != theirs);
    let told =
        differing.map(|(name, (ours, theirs))| format!("{name} is {}, should be {}", shown(ours), shown(theirs)));
    told.collect::<Vec<_>>().join("; ")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => format!("'{}'", text.escape_default()),
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
