//! Questions about editions, suppliers, rings, keys and persons.

use rusqlite::params;

use super::{
    At, Counts, EditionRow, Index, IndexError, RingRow, SupplierRow,
    query::{self, Columns},
};
use crate::domain::{Digest, EditionId, ServiceId, SupplierId};

macro_rules! edition_sql {
    ($tail:literal) => {
        concat!("SELECT id, sequence, published_at, digest, object, signature_object FROM edition ", $tail)
    };
}

macro_rules! supplier_sql {
    ($tail:literal) => {
        concat!(
            "SELECT id, version, digest, object, names, company_number, website, single_signatory, registered_at,
               updated_at FROM supplier ",
            $tail
        )
    };
}

macro_rules! ring_sql {
    ($tail:literal) => {
        concat!("SELECT supplier, version, sequence, published_at, digest, object, signature_object FROM ring ", $tail)
    };
}

fn edition(row: &mut Columns<'_, '_>) -> Result<EditionRow, IndexError> {
    Ok(EditionRow {
        id: row.parsed()?,
        sequence: row.sequence()?,
        published_at: row.instant()?,
        digest: row.digest()?,
        object: row.object()?,
        signature_object: row.object_if_any()?,
    })
}

fn supplier(row: &mut Columns<'_, '_>) -> Result<SupplierRow, IndexError> {
    Ok(SupplierRow {
        id: row.parsed()?,
        version: row.number()?,
        digest: row.digest()?,
        object: row.object()?,
        names: row.lines()?,
        company_number: row.raw()?,
        website: row.raw()?,
        single_signatory: row.flag()?,
        registered_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

fn ring(row: &mut Columns<'_, '_>) -> Result<RingRow, IndexError> {
    Ok(RingRow {
        supplier: row.parsed()?,
        version: row.number()?,
        sequence: row.sequence()?,
        published_at: row.instant()?,
        digest: row.digest()?,
        object: row.object()?,
        signature_object: row.object_if_any()?,
    })
}

/// Every read may fail with [`IndexError::Damaged`] or [`IndexError::Sqlite`], and with nothing else.
impl Index {
    /// Every edition, by id.
    pub fn editions(&self) -> Result<Vec<EditionRow>, IndexError> {
        self.many(edition_sql!("ORDER BY id"), [], edition)
    }

    /// The edition with this id.
    pub fn edition(&self, id: &EditionId) -> Result<Option<EditionRow>, IndexError> {
        self.one(edition_sql!("WHERE id = ?"), [id.as_str()], edition)
    }

    /// The edition whose file has this digest.
    pub fn edition_by_digest(&self, digest: Digest) -> Result<Option<EditionRow>, IndexError> {
        self.one(edition_sql!("WHERE digest = ?"), [digest.as_bytes()], edition)
    }

    /// The edition whose id has these letters once its hyphens are left out.
    pub fn edition_with_same_letters(&self, without_hyphens: &str) -> Result<Option<EditionId>, IndexError> {
        self.one("SELECT id FROM edition WHERE letters = ?", [without_hyphens], |row| row.parsed())
    }

    /// Suppliers by id, those after `after`; with `q`, those whose names or id hold each of its words.
    pub fn suppliers(
        &self,
        q: Option<&str>,
        after: Option<&SupplierId>,
        limit: usize,
    ) -> Result<Vec<SupplierRow>, IndexError> {
        let words = query::words(q.unwrap_or_default());
        let word = |i: usize| words.get(i).map_or("", String::as_str);
        // The empty word occurs everywhere (`instr` gives 1), so one statement does for any number of words.
        let sql = supplier_sql!(
            "WHERE id > ?1 AND instr(words, ?3) AND instr(words, ?4) AND instr(words, ?5) AND instr(words, ?6)
               AND instr(words, ?7) AND instr(words, ?8) AND instr(words, ?9) AND instr(words, ?10)
             ORDER BY id LIMIT ?2"
        );
        let after = after.map_or("", SupplierId::as_str);
        let [a, b, c, d, e, f, g, h] = std::array::from_fn(word);
        self.many(sql, params![after, query::limit(limit), a, b, c, d, e, f, g, h], supplier)
    }

    /// The supplier with this id.
    pub fn supplier(&self, id: &SupplierId) -> Result<Option<SupplierRow>, IndexError> {
        self.one(supplier_sql!("WHERE id = ?"), [id.as_str()], supplier)
    }

    /// A supplier whose id has these letters once its hyphens are left out.
    pub fn supplier_with_same_letters(&self, without_hyphens: &str) -> Result<Option<SupplierId>, IndexError> {
        let sql = "SELECT id FROM supplier WHERE letters = ? ORDER BY id LIMIT 1";
        self.one(sql, [without_hyphens], |row| row.parsed())
    }

    /// A service of `supplier` whose id has these letters once its hyphens are left out.
    pub fn service_with_same_letters(
        &self,
        supplier: &SupplierId,
        without_hyphens: &str,
    ) -> Result<Option<ServiceId>, IndexError> {
        let sql = "SELECT service FROM certification WHERE supplier = ? AND replace(service, '-', '') = ?
                   ORDER BY service LIMIT 1";
        self.one(sql, [supplier.as_str(), without_hyphens], |row| row.parsed())
    }

    /// Whether the supplier ever published a version with two signatures.
    pub fn has_signed_twice(&self, id: &SupplierId) -> Result<bool, IndexError> {
        let sql = "SELECT 1 FROM certification JOIN version ON version.certification = certification.key
                   WHERE certification.supplier = ? AND version.countersignature_object IS NOT NULL LIMIT 1";
        Ok(self.one(sql, [id.as_str()], |_| Ok(()))?.is_some())
    }

    /// The commits that brought a version of `supplier.json`, oldest first.
    pub fn supplier_records(&self, id: &SupplierId) -> Result<Vec<u64>, IndexError> {
        let sql = "SELECT sequence FROM supplier_record WHERE supplier = ? ORDER BY version";
        self.many(sql, [id.as_str()], |row| row.sequence())
    }

    /// The commit that brought the version of `supplier.json` with this digest.
    pub fn supplier_record(&self, id: &SupplierId, digest: Digest) -> Result<Option<u64>, IndexError> {
        let sql = "SELECT sequence FROM supplier_record WHERE supplier = ? AND digest = ?";
        self.one(sql, params![id.as_str(), digest.as_bytes()], |row| row.sequence())
    }

    /// Every version of a supplier's ring, oldest first.
    pub fn rings(&self, id: &SupplierId) -> Result<Vec<RingRow>, IndexError> {
        self.many(ring_sql!("WHERE supplier = ? ORDER BY version"), [id.as_str()], ring)
    }

    /// The ring that counted at an instant or after a commit.
    pub fn ring_at(&self, id: &SupplierId, at: At) -> Result<Option<RingRow>, IndexError> {
        let (sql, bound) = match at {
            At::Sequence(sequence) => (
                ring_sql!("WHERE supplier = ? AND sequence <= ? ORDER BY version DESC LIMIT 1"),
                query::sequence(sequence),
            ),
            At::Instant(instant) => (
                ring_sql!("WHERE supplier = ? AND published_at <= ? ORDER BY version DESC LIMIT 1"),
                instant.unix_seconds(),
            ),
        };
        self.one(sql, params![id.as_str(), bound], ring)
    }

    /// Whose key this is (`SHA256:…`), and in which role: of all keys that any supplier's ring ever held.
    pub fn key_owner(&self, fingerprint: &str) -> Result<Option<(SupplierId, String)>, IndexError> {
        let sql = "SELECT supplier, role FROM enrolled WHERE fingerprint = ?";
        self.one(sql, [fingerprint], |row| Ok((row.parsed()?, row.text()?)))
    }

    /// Whether some published document names this person record.
    pub fn person_is_known(&self, person: Digest) -> Result<bool, IndexError> {
        let sql = "SELECT 1 FROM person WHERE digest = ? LIMIT 1";
        Ok(self.one(sql, [person.as_bytes()], |_| Ok(()))?.is_some())
    }

    /// The suppliers whose documents name this person record, by id.
    pub fn suppliers_naming(&self, person: Digest) -> Result<Vec<SupplierId>, IndexError> {
        let sql = "SELECT supplier FROM person WHERE digest = ? ORDER BY supplier";
        self.many(sql, [person.as_bytes()], |row| row.parsed())
    }

    /// How much there is of everything.
    pub fn counts(&self) -> Result<Counts, IndexError> {
        let sql = "SELECT suppliers, certifications, versions, transcriptions FROM tally";
        let counts = self.one(sql, [], |row| {
            Ok(Counts {
                suppliers: row.sequence()?,
                certifications: row.sequence()?,
                versions: row.sequence()?,
                transcriptions: row.sequence()?,
            })
        })?;
        counts.ok_or_else(|| IndexError::Damaged("table tally is empty".into()))
    }
}
