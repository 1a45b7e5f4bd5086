//! Questions about the versions of a certification and about its answers.

use rusqlite::params;

use super::{
    AnswerChangeRow, AnswerRow, Index, IndexError, VersionRow,
    query::{self, Columns},
};
use crate::domain::{AnswerId, CertificationId, ChangeKind, Digest, Instant, Publication};

/// The columns that [`version`] reads, of certification `c`, version `v`, its event `e` and edition `d`.
macro_rules! version_columns {
    () => {
        "c.supplier, c.service, v.version, v.sequence, v.published_at, v.digest, e.commit_id, v.object,
         v.signature_object, v.countersignature_object, v.kind, v.edition, d.digest, v.service_name, v.supplier_name,
         v.headline, v.importance, v.changed, v.effective_on, v.service_changed_on, v.wrong_since, v.wording_only,
         v.completed_on, v.signature_key, v.countersignature_key"
    };
}
pub(super) use version_columns;

/// What [`version_columns`] takes beside certification and version. A missing partner shows as damage.
macro_rules! version_partners {
    () => {
        " LEFT JOIN event e ON e.sequence = v.sequence LEFT JOIN edition d ON d.id = v.edition "
    };
}
pub(super) use version_partners;

macro_rules! version_sql {
    ($tail:literal) => {
        concat!(
            "SELECT ",
            version_columns!(),
            " FROM certification c JOIN version v ON v.certification = c.key",
            version_partners!(),
            $tail
        )
    };
}

/// Reads a version; afterwards further columns may follow.
pub(super) fn version(row: &mut Columns<'_, '_>) -> Result<VersionRow, IndexError> {
    Ok(VersionRow {
        publication: publication(row)?,
        commit: row.object()?,
        object: row.object()?,
        signature_object: row.object_if_any()?,
        countersignature_object: row.object_if_any()?,
        kind: row.one_of(ChangeKind::parse)?,
        edition: row.parsed()?,
        edition_digest: row.digest()?,
        service_name: row.text()?,
        supplier_name: row.text()?,
        headline: row.text()?,
        importance: row.importance()?,
        changed: row.answers()?,
        effective_on: row.parsed_if_any()?,
        service_changed_on: row.parsed_if_any()?,
        wrong_since: row.parsed_if_any()?,
        wording_only: row.flag()?,
        completed_on: row.parsed_if_any()?,
        signature_key: row.raw()?,
        countersignature_key: row.raw()?,
    })
}

fn publication(row: &mut Columns<'_, '_>) -> Result<Publication, IndexError> {
    Ok(Publication {
        certification: CertificationId { supplier: row.parsed()?, service: row.parsed()? },
        version: row.number()?,
        sequence: row.sequence()?,
        published_at: row.instant()?,
        digest: row.digest()?,
    })
}

/// Every read may fail with [`IndexError::Damaged`] or [`IndexError::Sqlite`], and with nothing else.
impl Index {
    /// One version.
    pub fn version(&self, id: &CertificationId, number: u32) -> Result<Option<VersionRow>, IndexError> {
        let sql = version_sql!("WHERE c.supplier = ? AND c.service = ? AND v.version = ?");
        self.one(sql, params![id.supplier.as_str(), id.service.as_str(), number], version)
    }

    /// Versions, newest first; with `before`, those older than that number.
    pub fn versions(
        &self,
        id: &CertificationId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<VersionRow>, IndexError> {
        let sql =
            version_sql!("WHERE c.supplier = ? AND c.service = ? AND v.version < ? ORDER BY v.version DESC LIMIT ?");
        let before = before.map_or(i64::MAX, i64::from);
        self.many(sql, params![id.supplier.as_str(), id.service.as_str(), before, query::limit(limit)], version)
    }

    /// Whether one of the versions `from` to `to`, both inclusive, corrects what was said before it.
    pub fn corrects_between(&self, id: &CertificationId, from: u32, to: u32) -> Result<bool, IndexError> {
        // Nearly none does, and the rows of a certification lie far from each other.
        let sql = "SELECT 1 FROM certification c JOIN version v INDEXED BY version_that_corrects
            ON v.certification = c.key AND v.wrong_since IS NOT NULL
            WHERE c.supplier = ? AND c.service = ? AND v.version BETWEEN ? AND ? LIMIT 1";
        let found = self.one(sql, params![id.supplier.as_str(), id.service.as_str(), from, to], |row| row.number())?;
        Ok(found.is_some())
    }

    /// When each version was published, oldest first.
    pub fn publications(&self, id: &CertificationId) -> Result<Vec<Publication>, IndexError> {
        let sql = "SELECT c.supplier, c.service, v.version, v.sequence, v.published_at, v.digest
            FROM certification c JOIN version v ON v.certification = c.key
            WHERE c.supplier = ? AND c.service = ? ORDER BY v.version";
        self.many(sql, [id.supplier.as_str(), id.service.as_str()], publication)
    }

    /// The version in force at an instant: the greatest sequence that was published at or before it.
    pub fn in_force(&self, id: &CertificationId, at: Instant) -> Result<Option<VersionRow>, IndexError> {
        let sql = version_sql!(
            "WHERE c.supplier = ? AND c.service = ? AND v.published_at <= ?
             ORDER BY v.published_at DESC, v.sequence DESC LIMIT 1"
        );
        self.one(sql, params![id.supplier.as_str(), id.service.as_str(), at.unix_seconds()], version)
    }

    /// Every version whose document has this digest, oldest first; no more than one, unless bytes were published twice.
    pub fn versions_by_digest(&self, digest: Digest) -> Result<Vec<VersionRow>, IndexError> {
        let sql = version_sql!("WHERE v.digest = ? ORDER BY v.sequence");
        self.many(sql, [digest.as_bytes()], version)
    }

    /// Every answer of the current version, in the form's order, with the version since which it stands.
    pub fn answers(&self, id: &CertificationId) -> Result<Vec<AnswerRow>, IndexError> {
        // SQLite takes the other columns from the row that has the maximum (lang_select.html, "bare columns").
        let sql = "SELECT a.answer, a.code, a.version, v.published_at, a.stated, max(a.version) FROM answer_change a
            LEFT JOIN version v ON v.certification = a.certification AND v.version = a.version
            WHERE a.certification = (SELECT key FROM certification WHERE supplier = ? AND service = ?)
            GROUP BY a.answer";
        let rows = self.many(sql, [id.supplier.as_str(), id.service.as_str()], |row| {
            let (answer, code) = (row.parsed()?, row.code_if_any()?);
            Ok((AnswerRow { answer, code, since_version: row.number()?, since_at: row.instant()? }, row.flag()?))
        })?;
        let mut stated: Vec<_> = rows.into_iter().filter(|(_, stated)| *stated).map(|(row, _)| row).collect();
        stated.sort_by_key(|row| row.answer);
        Ok(stated)
    }

    /// Every version in which an answer changed, oldest first.
    pub fn answer_history(&self, id: &CertificationId, answer: AnswerId) -> Result<Vec<AnswerChangeRow>, IndexError> {
        let sql = "SELECT a.version, v.published_at, a.code, a.sentence, a.importance, v.signature_key
            FROM certification c JOIN answer_change a ON a.certification = c.key
            LEFT JOIN version v ON v.certification = c.key AND v.version = a.version
            WHERE c.supplier = ? AND c.service = ? AND a.answer = ? ORDER BY a.version";
        self.many(sql, params![id.supplier.as_str(), id.service.as_str(), answer.to_string()], |row| {
            Ok(AnswerChangeRow {
                version: row.number()?,
                published_at: row.instant()?,
                code: row.code_if_any()?,
                sentence: row.raw::<Option<String>>()?.unwrap_or_else(|| "First stated.".to_owned()),
                importance: row.importance()?,
                signature_key: row.raw()?,
            })
        })
    }
}
