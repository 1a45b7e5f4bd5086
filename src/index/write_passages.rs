//! The words of each answer, for search: a row for every text that an answer ever had, from when to when it stood.

use rusqlite::{Connection, params};

use super::{IndexError, describe::AnswerChange, query, wording, write::Pen, write_version::New};
use crate::domain::{AnswerId, SupplierId};

/// A supplier as a single word in `said.place`.
pub(super) fn supplier_word(supplier: &SupplierId) -> String {
    // The tokenizer takes everything outside ASCII for a letter.
    format!("s{}", supplier.as_str().replace('-', "·"))
}

/// A certification as a single word in `said.place`.
pub(super) fn certification_word(key: i64) -> String {
    format!("c{key}")
}

/// The words of a passage, still to be written.
pub(super) struct Said {
    passage: i64,
    words: String,
    place: String,
}

/// Writes what is said after everything else of a transaction: FTS5 puts what it holds in memory into its tables
/// whenever SQLite makes a savepoint, as most statements do, and merging the many small pieces took longer than all
/// the rest.
pub(super) fn write_said(rows: &Connection, said: &[Said]) -> Result<(), IndexError> {
    let sql = "INSERT INTO said (rowid, words, place) VALUES (?, ?, ?)";
    said.iter().try_for_each(|said| query::run(rows, sql, params![said.passage, said.words, said.place]).map(drop))
}

impl Pen<'_> {
    /// Notes what the answers say that the version before did not say so, and what is gone.
    pub(super) fn write_passages(&mut self, new: &New<'_>, changes: &[AnswerChange]) -> Result<(), IndexError> {
        let Some(old) = new.old() else {
            let questions = new.content.responses.keys().map(|id| AnswerId::from(*id));
            let areas = new.content.support.keys().map(|id| AnswerId::from(*id));
            return questions
                .chain(areas)
                .try_for_each(|answer| self.write_passage(new, answer, &wording::paragraphs(&new.content, answer)));
        };
        for AnswerChange { answer, .. } in changes {
            let (before, now) = (wording::paragraphs(old, *answer), wording::paragraphs(&new.content, *answer));
            if before == now {
                continue;
            }
            let sql = "UPDATE passage SET gone = ? WHERE certification = ? AND answer = ? AND gone IS NULL";
            query::run(self.rows, sql, params![self.sequence(), new.key, answer.to_string()])?;
            self.write_passage(new, *answer, &now)?;
        }
        Ok(())
    }

    fn write_passage(&mut self, new: &New<'_>, answer: AnswerId, paragraphs: &[&str]) -> Result<(), IndexError> {
        if paragraphs.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO passage (certification, answer, first) VALUES (?, ?, ?)";
        query::run(self.rows, sql, params![new.key, answer.to_string(), self.sequence()])?;
        let passage = self.rows.last_insert_rowid();
        let place = format!("{} {}", supplier_word(&new.content.supplier), certification_word(new.key));
        self.said.push(Said { passage, words: wording::indexed(paragraphs), place });
        Ok(())
    }
}
