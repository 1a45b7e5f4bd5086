//! Questions about certifications as they stand, and their lists.

use std::borrow::Cow;

use rusqlite::{params_from_iter, types::Value};

use super::{
    CertificationCursor, CertificationFilter, CertificationRow, CertificationSort, Index, IndexError,
    query::{self, Columns},
    read_cases,
    read_versions::{version, version_columns, version_partners},
};
use crate::domain::{CertificationId, SupplierId};

/// The columns that [`certification`] reads.
const COLUMNS: &str =
    concat!(version_columns!(), ", c.first_published_at, c.affirmed_at, c.green, c.amber, c.black, c.not_recorded");

fn certification(row: &mut Columns<'_, '_>) -> Result<CertificationRow, IndexError> {
    Ok(CertificationRow {
        current: version(row)?,
        first_published_at: row.instant()?,
        affirmed_at: row.instant_if_any()?,
        counts: [row.number()?, row.number()?, row.number()?, row.number()?],
    })
}

/// The supplier's names beside those in the certification itself.
const SUPPLIER_OF_NAMES: &str = " LEFT JOIN supplier s ON s.id = c.supplier";
/// One word in one of the names; holds two `?`.
const IN_NAMES: &str = "(instr(c.words, ?) OR instr(coalesce(s.words, ''), ?))";

/// A statement in the making. Only fixed text of this file goes into it; what callers give is bound.
struct Question {
    from: String,
    conditions: Vec<Cow<'static, str>>,
    order: &'static str,
    values: Vec<Value>,
}

impl Question {
    /// Adds a condition that holds one `?` for each of `values`.
    fn and(&mut self, condition: impl Into<Cow<'static, str>>, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    fn sql(&self) -> String {
        let conditions = if self.conditions.is_empty() { "1".to_owned() } else { self.conditions.join(" AND ") };
        format!("SELECT {COLUMNS} FROM {} WHERE {conditions} ORDER BY {} LIMIT ?", self.from, self.order)
    }
}

fn text(text: impl ToString) -> Value {
    Value::Text(text.to_string())
}

/// Every read may fail with [`IndexError::Damaged`] or [`IndexError::Sqlite`], and with nothing else.
impl Index {
    /// A certification as it stands.
    pub fn certification(&self, id: &CertificationId) -> Result<Option<CertificationRow>, IndexError> {
        let filter = CertificationFilter { supplier: Some(id.supplier.clone()), ..CertificationFilter::default() };
        let mut question = asked(&filter, None);
        question.and("c.service = ?", [text(&id.service)]);
        Ok(self.list(question, 1)?.pop())
    }

    /// A page of certifications: those after `after`, narrowed and ordered by `filter`.
    ///
    /// Without a filter, and with supplier, edition or answer in the order of ids, a page costs the same wherever it
    /// lies; other filters read on until the page is full, some microseconds a certification.
    pub fn certifications(
        &self,
        filter: &CertificationFilter,
        after: Option<&CertificationCursor>,
        limit: usize,
    ) -> Result<Vec<CertificationRow>, IndexError> {
        self.list(asked(filter, after), limit)
    }

    /// Every certification of a supplier, by id.
    pub fn certifications_of(&self, supplier: &SupplierId) -> Result<Vec<CertificationRow>, IndexError> {
        let filter = CertificationFilter { supplier: Some(supplier.clone()), ..CertificationFilter::default() };
        self.certifications(&filter, None, usize::MAX)
    }

    /// The certification with this key, if it is asked for by everything in `filter` but its names: those must not
    /// hold the words.
    pub fn certification_by_words(
        &self,
        filter: &CertificationFilter,
        key: u64,
    ) -> Result<Option<CertificationRow>, IndexError> {
        // In this order the certification leads, and everything else is looked up beside it.
        let sort = CertificationSort::RecentlyChanged;
        let unnamed = CertificationFilter { names: None, sort, ..filter.clone() };
        let mut question = asked(&unnamed, None);
        question.and("c.key = ?", [Value::Integer(query::sequence(key))]);
        let words = query::words(filter.names.as_deref().unwrap_or_default());
        let named = words.iter().map(|_| IN_NAMES);
        let named = named.collect::<Vec<_>>().join(" AND ");
        question.from.push_str(SUPPLIER_OF_NAMES);
        let values = words.iter().flat_map(|word| [text(word), text(word)]);
        question.and(format!("NOT ({named})"), values);
        Ok(self.list(question, 1)?.pop())
    }

    fn list(&self, mut question: Question, limit: usize) -> Result<Vec<CertificationRow>, IndexError> {
        let sql = question.sql();
        question.values.push(Value::Integer(query::limit(limit)));
        self.bounded(|connection| query::many(connection, &sql, params_from_iter(question.values), certification))
    }
}

/// Puts the question together. `CROSS JOIN` keeps the order of the tables as written, so that rows come in the order
/// of an index and a page ends the search.
fn asked(filter: &CertificationFilter, after: Option<&CertificationCursor>) -> Question {
    let by_id = filter.sort == CertificationSort::Id;
    let words = query::words(filter.names.as_deref().unwrap_or_default());
    let answered_leads = by_id && filter.answer.is_some();
    let mut from = String::new();
    if answered_leads {
        from.push_str("answered a CROSS JOIN certification c ON c.supplier = a.supplier AND c.service = a.service");
    } else {
        from.push_str("certification c");
    }
    // Before the version and its partners: most certifications have other names, and need not be looked at further.
    if !words.is_empty() {
        from.push_str(SUPPLIER_OF_NAMES);
    }
    from.push_str(" CROSS JOIN version v ON v.sequence = c.current");
    from.push_str(version_partners!());
    let order = match (by_id, answered_leads) {
        (true, true) => "a.supplier, a.service",
        (true, false) => "c.supplier, c.service",
        (false, _) => "c.current DESC",
    };
    let mut question = Question { from, conditions: Vec::new(), order, values: Vec::new() };
    narrow_by_answer(&mut question, filter, answered_leads);
    narrow(&mut question, filter);
    for word in words {
        question.and(IN_NAMES, [text(&word), text(&word)]);
    }
    if let Some(cursor) = after {
        let id = [text(&cursor.id.supplier), text(&cursor.id.service)];
        match (by_id, answered_leads) {
            (true, true) => question.and("(a.supplier, a.service) > (?, ?)", id),
            (true, false) => question.and("(c.supplier, c.service) > (?, ?)", id),
            (false, _) => question.and("c.current < ?", [Value::Integer(query::sequence(cursor.sequence))]),
        }
    }
    question
}

fn narrow_by_answer(question: &mut Question, filter: &CertificationFilter, leads: bool) {
    if let Some((answer, code)) = &filter.answer {
        let values = [text(answer), Value::Integer(query::code(*code))];
        let condition = if leads {
            "a.answer = ? AND a.code = ?"
        } else {
            "EXISTS (SELECT 1 FROM answered a WHERE a.answer = ? AND a.code = ? AND a.supplier = c.supplier
               AND a.service = c.service)"
        };
        question.and(condition, values);
    }
}

fn narrow(question: &mut Question, filter: &CertificationFilter) {
    if let Some(supplier) = &filter.supplier {
        question.and("c.supplier = ?", [text(supplier)]);
    }
    if let Some(edition) = &filter.edition {
        question.and("c.edition = ?", [text(edition)]);
    }
    if let Some(since) = filter.changed_since {
        // Times never decrease along `main`, so "published after" is a range of sequences.
        let condition = "c.current > coalesce((SELECT sequence FROM event WHERE time <= ?
                           ORDER BY time DESC, sequence DESC LIMIT 1), -1)";
        question.and(condition, [Value::Integer(since.unix_seconds())]);
    }
    if let Some(transcriptions) = filter.transcriptions {
        question.and("c.transcription = ?", [Value::Integer(transcriptions.into())]);
    }
    if let Some((beside, today)) = filter.beside {
        let (condition, takes_day) = read_cases::beside_sql(beside);
        question.and(condition, takes_day.then(|| text(today)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::Code, index::schema};

    /// How SQLite answers a page that follows another.
    fn plan(filter: &CertificationFilter) -> Vec<String> {
        let connection = rusqlite::Connection::open_in_memory().expect("memory");
        schema::create(&connection).expect("the tables");
        let cursor = CertificationCursor { id: "acme/lms".parse().expect("an id"), sequence: 7 };
        let sql = format!("EXPLAIN QUERY PLAN {}", asked(filter, Some(&cursor)).sql());
        let mut statement = connection.prepare(&sql).expect("a good statement");
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().expect("a plan") {
            steps.push(row.get(3).expect("a text"));
        }
        steps
    }

    #[test]
    fn no_page_sorts_and_the_usual_ones_begin_where_the_last_ended() {
        let plain = CertificationFilter::default();
        let answer = Some(("q5.7".parse().expect("a question"), Code::Amber));
        let begin = |filter: &CertificationFilter| plan(filter).remove(0);
        let starts = [
            (plain.clone(), "SEARCH c USING INDEX sqlite_autoindex_certification_2 ((supplier,service)>(?,?))"),
            (
                CertificationFilter { answer, ..plain.clone() },
                "SEARCH a USING PRIMARY KEY (answer=? AND code=? AND (supplier,service)>(?,?))",
            ),
            (
                CertificationFilter { edition: "form-1".parse().ok(), ..plain.clone() },
                "SEARCH c USING INDEX certification_by_edition (edition=? AND (supplier,service)>(?,?))",
            ),
            (
                CertificationFilter { transcriptions: Some(true), ..plain.clone() },
                "SEARCH c USING INDEX certification_by_origin (transcription=? AND (supplier,service)>(?,?))",
            ),
        ];
        for (filter, start) in starts {
            assert_eq!(begin(&filter), start);
        }
        let recent = CertificationFilter { sort: CertificationSort::RecentlyChanged, ..plain };
        let narrowed = CertificationFilter { names: Some("two words".into()), answer, ..recent.clone() };
        for filter in [recent, narrowed] {
            assert_eq!(begin(&filter), "SEARCH c USING INDEX sqlite_autoindex_certification_1 (current<?)");
            let plan = plan(&filter);
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE") || step.starts_with("SCAN")), "{plan:?}");
        }
    }
}
