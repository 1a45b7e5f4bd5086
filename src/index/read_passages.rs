//! Questions about words: which passages hold them, the one stated last first.
//!
//! Each is a page of bounded size, whatever is looked for. FTS5 gives ids in falling order from its lists, without
//! sorting; a page that follows begins where the last one ended. Order by relevance would have to look at all first.

use rusqlite::params;

use super::{
    Index, IndexError, VersionRow,
    query::{self, Columns},
    read_versions::{version, version_columns, version_partners},
    wording::Sought,
    write_passages::{certification_word, supplier_word},
};
use crate::domain::{AnswerId, SupplierId};

/// What one answer said for a while. Ids grow with the time at which it was first said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Of the passage.
    pub id: u64,
    /// The certification's key: the sequence of its first version.
    pub certification: u64,
    /// Which answer.
    pub answer: AnswerId,
    /// The sequence of the first version that said it.
    pub first: u64,
    /// The sequence of the version that no longer said it; none where the current one still does.
    pub gone: Option<u64>,
}

impl Passage {
    /// Whether it stood after the commit at this place on `main`.
    pub fn stood_at(&self, sequence: u64) -> bool {
        self.first <= sequence && self.gone.is_none_or(|gone| gone > sequence)
    }
}

/// Whose passages are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    #[default]
    Anybody,
    /// Those of one supplier.
    Supplier(SupplierId),
    /// Those of one certification, named by its key.
    Certification(u64),
}

/// The columns that [`passage`] reads, of passage `p`.
macro_rules! passage_columns {
    () => {
        "p.id, p.certification, p.answer, p.first, p.gone"
    };
}

fn passage(row: &mut Columns<'_, '_>) -> Result<Passage, IndexError> {
    Ok(Passage {
        id: row.sequence()?,
        certification: row.sequence()?,
        answer: row.parsed()?,
        first: row.sequence()?,
        gone: row.sequence_if_any()?,
    })
}

fn question(sought: &Sought, whose: &Whose) -> String {
    let words = sought.expression();
    match whose {
        Whose::Anybody => words,
        Whose::Supplier(supplier) => format!("{words} AND place : \"{}\"", supplier_word(supplier)),
        Whose::Certification(key) => {
            format!("{words} AND place : \"{}\"", certification_word(query::sequence(*key)))
        }
    }
}

/// Every read may fail with [`IndexError::Damaged`] or [`IndexError::Sqlite`], and with nothing else.
impl Index {
    /// Passages that hold the words of `sought` (of a sentence: its longest words in a row), with ids below `below`,
    /// the greatest first.
    pub fn passages(
        &self,
        sought: &Sought,
        whose: &Whose,
        below: u64,
        limit: usize,
    ) -> Result<Vec<Passage>, IndexError> {
        // CROSS JOIN keeps the order of the tables as written, so that rows come as FTS5 gives them.
        const SQL: &str = concat!(
            "SELECT ",
            passage_columns!(),
            " FROM said CROSS JOIN passage p ON p.id = said.rowid
              WHERE said MATCH ? AND said.rowid < ? ORDER BY said.rowid DESC LIMIT ?"
        );
        let question = question(sought, whose);
        self.many(SQL, params![question, query::sequence(below), query::limit(limit)], passage)
    }

    /// Whether the certification has a passage with a greater id that holds the words and stood at `sequence`.
    pub fn said_later(&self, sought: &Sought, than: &Passage, sequence: u64) -> Result<bool, IndexError> {
        const SQL: &str = "SELECT 1 FROM said CROSS JOIN passage p ON p.id = said.rowid
            WHERE said MATCH ? AND said.rowid > ? AND p.first <= ? AND (p.gone IS NULL OR p.gone > ?)
            ORDER BY said.rowid LIMIT 1";
        let question = question(sought, &Whose::Certification(than.certification));
        let at = query::sequence(sequence);
        Ok(self.one(SQL, params![question, query::sequence(than.id), at, at], |_| Ok(()))?.is_some())
    }

    /// The sequence of the version that no longer says it, as known now.
    pub fn gone(&self, passage: &Passage) -> Result<Option<u64>, IndexError> {
        let sql = "SELECT gone FROM passage WHERE id = ?";
        Ok(self.one(sql, [query::sequence(passage.id)], |row| row.sequence_if_any())?.flatten())
    }

    /// The passage of the same answer before (`earlier`) or after this one.
    pub fn neighbour(&self, of: &Passage, earlier: bool) -> Result<Option<Passage>, IndexError> {
        let sql = if earlier {
            concat!(
                "SELECT ",
                passage_columns!(),
                " FROM passage p WHERE p.certification = ? AND p.answer = ? AND p.first < ? ORDER BY p.first DESC LIMIT 1"
            )
        } else {
            concat!(
                "SELECT ",
                passage_columns!(),
                " FROM passage p WHERE p.certification = ? AND p.answer = ? AND p.first > ? ORDER BY p.first LIMIT 1"
            )
        };
        let near = params![query::sequence(of.certification), of.answer.to_string(), query::sequence(of.first)];
        self.one(sql, near, passage)
    }

    /// The greatest id of a passage; 0 where there is none.
    pub fn last_passage(&self) -> Result<u64, IndexError> {
        let last = self.one("SELECT max(id) FROM passage", [], |row| row.sequence_if_any())?;
        Ok(last.flatten().unwrap_or(0))
    }

    /// The version that a commit published.
    pub fn version_at(&self, sequence: u64) -> Result<Option<VersionRow>, IndexError> {
        const SQL: &str = concat!(
            "SELECT ",
            version_columns!(),
            " FROM version v JOIN certification c ON c.key = v.certification",
            version_partners!(),
            "WHERE v.sequence = ?"
        );
        self.one(SQL, [query::sequence(sequence)], version)
    }

    /// The version before the one that a commit published.
    pub fn version_before(&self, sequence: u64) -> Result<Option<VersionRow>, IndexError> {
        const SQL: &str = concat!(
            "SELECT ",
            version_columns!(),
            " FROM version n JOIN version v ON v.certification = n.certification AND v.version = n.version - 1
              JOIN certification c ON c.key = v.certification",
            version_partners!(),
            "WHERE n.sequence = ?"
        );
        self.one(SQL, [query::sequence(sequence)], version)
    }
}
