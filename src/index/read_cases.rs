//! Questions about case statements and what they add up to.

use rusqlite::{Connection, params, params_from_iter, types::Value};

use super::{
    Beside, CaseFilter, CaseFolder, CaseHistory, CaseProgress, Index, IndexError, StatementRow,
    query::{self, Columns},
};
use crate::{
    domain::{
        CertificationId, ChangeKind, Day, Digest, Instant, SupplierId,
        standing::{Counterpart, Party, Stated, VersionFact},
    },
    format::v1,
};

macro_rules! statement_sql {
    ($tail:literal) => {
        concat!(
            "SELECT sequence, stated_at, digest, party, document, signature, countersignature, signature_key,
               countersignature_key FROM statement ",
            $tail
        )
    };
}

fn statement(row: &mut Columns<'_, '_>) -> Result<StatementRow, IndexError> {
    let (sequence, stated_at, digest, by) = (row.sequence()?, row.instant()?, row.digest()?, row.one_of(Party::parse)?);
    let document = row.text()?;
    let statement = v1::stored(document.as_bytes(), v1::case::read).ok().filter(|stored| stored.digest == digest);
    let statement = statement.ok_or_else(|| IndexError::Damaged("column document holds no case statement".into()))?;
    Ok(StatementRow {
        stated: Stated { sequence, stated_at, digest, by, statement: statement.value },
        document,
        signature: row.raw()?,
        countersignature: row.raw()?,
        signature_key: row.raw()?,
        countersignature_key: row.raw()?,
    })
}

fn service(folder: &CaseFolder) -> &str {
    folder.service.as_ref().map_or("", |service| service.as_str())
}

/// The newest statement of a folder: its number and digest.
pub(super) fn newest(rows: &Connection, folder: &CaseFolder) -> Result<Option<(u32, Digest)>, IndexError> {
    let sql = "SELECT seq, digest FROM statement WHERE supplier = ? AND service = ? ORDER BY seq DESC LIMIT 1";
    query::one(rows, sql, [folder.supplier.as_str(), service(folder)], |row| Ok((row.number()?, row.digest()?)))
}

/// Everything that the standing of a certification depends on. Without statements it is left empty.
pub(super) fn history(rows: &Connection, id: &CertificationId) -> Result<CaseHistory, IndexError> {
    let key = [id.supplier.as_str(), id.service.as_str()];
    let sql = statement_sql!("WHERE supplier = ? AND service = ? ORDER BY seq");
    let statements = query::many(rows, sql, key, |row| Ok(statement(row)?.stated))?;
    if statements.is_empty() {
        return Ok(CaseHistory::default());
    }
    let versions = version_facts(rows, id)?;
    Ok(CaseHistory { versions, counterparts: counterparts(rows, id)?, statements })
}

fn version_facts(rows: &Connection, id: &CertificationId) -> Result<Vec<VersionFact>, IndexError> {
    let sql = "SELECT v.version, v.sequence, v.published_at, v.kind FROM certification c
        JOIN version v ON v.certification = c.key WHERE c.supplier = ? AND c.service = ? ORDER BY v.version";
    query::many(rows, sql, [id.supplier.as_str(), id.service.as_str()], |row| {
        Ok(VersionFact {
            version: row.number()?,
            sequence: row.sequence()?,
            published_at: row.instant()?,
            kind: row.one_of(ChangeKind::parse)?,
        })
    })
}

/// The other sides' statements of transfer that name `id`, where one of the two carries on the other.
fn counterparts(rows: &Connection, id: &CertificationId) -> Result<Vec<Counterpart>, IndexError> {
    let sql = "SELECT s.supplier, s.service, s.stated_at, n.supplier IS NOT NULL FROM statement s
        LEFT JOIN carries_on n ON n.supplier = s.supplier AND n.service = s.service
          AND n.old_supplier = ?2 AND n.old_service = ?3
        LEFT JOIN carries_on o ON o.supplier = ?2 AND o.service = ?3
          AND o.old_supplier = s.supplier AND o.old_service = s.service
        WHERE s.other = ?1 AND (n.supplier IS NOT NULL OR o.supplier IS NOT NULL) ORDER BY s.sequence";
    let values = params![id.to_string(), id.supplier.as_str(), id.service.as_str()];
    query::many(rows, sql, values, |row| {
        let other = CertificationId::new(row.parsed()?, row.parsed()?);
        Ok(Counterpart { other, stated_at: row.instant()?, is_successor: row.flag()? })
    })
}

/// Every read may fail with [`IndexError::Damaged`] or [`IndexError::Sqlite`], and with nothing else.
impl Index {
    /// The newest statement of a folder: its number and digest.
    pub fn newest_statement(&self, folder: &CaseFolder) -> Result<Option<(u32, Digest)>, IndexError> {
        self.reading(|rows| newest(rows, folder))
    }

    /// How many statements a party made in a folder since an instant.
    pub fn statements_since(&self, folder: &CaseFolder, by: Party, since: Instant) -> Result<usize, IndexError> {
        let sql = "SELECT count(*) FROM statement WHERE supplier = ? AND service = ? AND party = ? AND stated_at > ?";
        let values = params![folder.supplier.as_str(), service(folder), by.as_str(), since.unix_seconds()];
        Ok(self.one(sql, values, |row| row.number())?.unwrap_or(0) as usize)
    }

    /// The statements of a folder, oldest first.
    pub fn statements(&self, folder: &CaseFolder) -> Result<Vec<StatementRow>, IndexError> {
        let sql = statement_sql!("WHERE supplier = ? AND service = ? ORDER BY seq");
        self.many(sql, [folder.supplier.as_str(), service(folder)], statement)
    }

    /// The statement with this digest, wherever it stands.
    pub fn statement_by_digest(&self, digest: Digest) -> Result<Option<StatementRow>, IndexError> {
        self.one(statement_sql!("WHERE digest = ? ORDER BY sequence LIMIT 1"), [digest.as_bytes()], statement)
    }

    /// The statement that the commit at this place brought.
    pub fn statement_at(&self, sequence: u64) -> Result<Option<StatementRow>, IndexError> {
        self.one(statement_sql!("WHERE sequence = ?"), [query::sequence(sequence)], statement)
    }

    /// Everything that the standing of a certification depends on; empty for one that nothing was stated about.
    pub fn case_history(&self, id: &CertificationId) -> Result<CaseHistory, IndexError> {
        self.reading(|rows| history(rows, id))
    }

    /// The versions of a certification as its standing sees them, oldest first.
    pub fn version_facts(&self, id: &CertificationId) -> Result<Vec<VersionFact>, IndexError> {
        self.reading(|rows| version_facts(rows, id))
    }

    /// The certification that `id`'s first own version names as its predecessor.
    pub fn carries_on(&self, id: &CertificationId) -> Result<Option<CertificationId>, IndexError> {
        let sql = "SELECT old_supplier, old_service FROM carries_on WHERE supplier = ? AND service = ?";
        self.one(sql, [id.supplier.as_str(), id.service.as_str()], |row| {
            Ok(CertificationId::new(row.parsed()?, row.parsed()?))
        })
    }

    /// Cases after a sequence (exclusive), oldest first: the folder and place of the statement that opened each.
    pub fn cases(
        &self,
        filter: &CaseFilter,
        today: Day,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(CaseFolder, u64)>, IndexError> {
        let mut sql = "SELECT supplier, service, sequence FROM statement s WHERE opens = 1 AND sequence > ?".to_owned();
        let mut values = vec![Value::Integer(query::sequence(after))];
        let text = |text: &dyn ToString| Value::Text(text.to_string());
        if let Some(id) = &filter.certification {
            sql.push_str(" AND supplier = ? AND service = ?");
            values.extend([text(&id.supplier), text(&id.service)]);
        }
        if let Some(kind) = &filter.kind {
            sql.push_str(" AND kind = ?");
            values.push(text(kind));
        }
        if let Some(progress) = filter.progress {
            let (condition, days) = progress_sql(progress);
            sql.push_str(condition);
            values.extend(std::iter::repeat_n(text(&today), days));
        }
        sql.push_str(" ORDER BY sequence LIMIT ?");
        values.push(Value::Integer(query::limit(limit)));
        self.many(&sql, params_from_iter(values), |row| {
            let supplier: SupplierId = row.parsed()?;
            let service = row.text()?;
            let service = match service.as_str() {
                "" => None,
                service => Some(service.parse().map_err(|_| IndexError::Damaged("column service holds no id".into()))?),
            };
            Ok((CaseFolder { supplier, service }, row.sequence()?))
        })
    }
}

/// The condition for a case of statement `s`, and how often it takes the present day.
fn progress_sql(progress: CaseProgress) -> (&'static str, usize) {
    match progress {
        CaseProgress::Open => (" AND closed = 0 AND (lasts_until IS NULL OR lasts_until >= ?)", 1),
        CaseProgress::Answered => (" AND closed = 0 AND answered = 1 AND (waits_until IS NULL OR waits_until >= ?)", 1),
        CaseProgress::Overdue => (" AND closed = 0 AND waits_until < ?", 1),
        CaseProgress::Closed => (" AND (closed = 1 OR lasts_until < ?)", 1),
    }
}

/// The condition that something stands beside certification `c`, and whether it takes the present day.
pub(super) fn beside_sql(beside: Beside) -> (&'static str, bool) {
    macro_rules! beside {
        ($condition:literal) => {
            concat!(
                "EXISTS (SELECT 1 FROM statement s WHERE s.supplier = c.supplier AND s.service = c.service AND ",
                $condition,
                ")"
            )
        };
    }
    match beside {
        Beside::Withdrawn => (beside!("s.kind = 'withdrawal' AND s.closed = 0"), false),
        Beside::Challenged => (beside!("s.kind = 'challenge' AND s.closed = 0"), false),
        Beside::VerificationRequired => (beside!("s.kind = 'verification_required' AND s.closed = 0"), false),
        Beside::Overdue => (beside!("s.closed = 0 AND s.waits_until < ?"), true),
        Beside::Notice => (beside!("s.kind = 'notice' AND s.closed = 0 AND s.lasts_until >= ?"), true),
        Beside::Ended => (beside!("s.kind = 'closure' AND s.closed = 0 AND s.lasts_until < ?"), true),
        Beside::Transferred => (
            "EXISTS (SELECT 1 FROM carries_on n JOIN statement s ON s.supplier = n.old_supplier
               AND s.service = n.old_service AND s.other = n.supplier || '/' || n.service
             WHERE n.old_supplier = c.supplier AND n.old_service = c.service AND s.closed = 1)",
            false,
        ),
    }
}
