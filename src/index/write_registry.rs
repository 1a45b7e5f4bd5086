//! The rows of everything that is neither a version nor a case statement: authority, editions, suppliers, rings.

use rusqlite::params;

use super::{
    FileFacts, IndexError,
    cache::{bytes, read},
    derive::{self, Signed},
    keys::{self, RingFacts},
    query,
    write::{Event, Pen},
};
use crate::{
    compare::Importance,
    domain::{Digest, EditionId, Supplier, SupplierId},
    format::{paths, v1},
    signing::KeyEvent,
};

impl<'t> Pen<'t> {
    /// The authority's files: nothing but the event.
    pub fn authority(&self) -> Event {
        let file = |path: paths::RepositoryPath| self.commit.files.iter().find(|file| file.path == path.as_str());
        let main = file(paths::authority()).or_else(|| file(paths::registry()));
        let headline = if self.commit.sequence == 0 { "The registry began." } else { "The authority's files changed." };
        Event { digest: main.map(|file| file.digest), ..event("authority.changed", headline) }
    }

    /// An edition: published once, never changed.
    pub fn edition(&mut self, id: &EditionId) -> Result<Event, IndexError> {
        let path = paths::edition(id);
        let Signed { main, signature, .. } = self.signed(path.as_str())?;
        let edition = self.cache.edition(main.digest, &main.object, self.blobs)?;
        if edition.id != *id {
            return Err(self.odd(path.as_str(), format!("the file is edition {}", edition.id)));
        }
        let known = query::one(self.rows, "SELECT 1 FROM edition WHERE id = ?", [id.as_str()], |_| Ok(()))?;
        if known.is_some() {
            return Err(self.odd(path.as_str(), "an edition never changes once published"));
        }
        query::run(
            self.rows,
            "INSERT INTO edition VALUES (?, ?, ?, ?, ?, ?, ?)",
            params![
                id.as_str(),
                id.without_hyphens(),
                self.sequence(),
                self.time(),
                main.digest.as_bytes(),
                self.object(&main.object)?,
                self.object_of(signature)?,
            ],
        )?;
        let headline = format!("Edition {id} was published: {}.", edition.name);
        Ok(Event { digest: Some(main.digest), ..event("edition.published", headline) })
    }

    /// `supplier.json`: the row as it stands, and which commit brought which version.
    pub fn supplier(&mut self, id: &SupplierId) -> Result<Event, IndexError> {
        let path = paths::supplier(id);
        let Signed { main, .. } = self.signed(path.as_str())?;
        let supplier = read(main.digest, &main.object, self.blobs, v1::supplier::read)?;
        let before =
            query::one(self.rows, "SELECT version, digest FROM supplier WHERE id = ?", [id.as_str()], |row| {
                Ok((row.number()?, row.digest()?))
            })?;
        self.check_next(path.as_str(), (supplier.version, supplier.previous), before)?;
        if supplier.supplier != *id {
            return Err(self.odd(path.as_str(), format!("the file is about {}", supplier.supplier)));
        }
        self.write_supplier(&supplier, main)?;
        if before.is_none() {
            query::run(self.rows, "UPDATE tally SET suppliers = suppliers + 1", [])?;
        }
        let name = supplier.names.first().map_or(id.as_str(), String::as_str);
        let (kind, headline) = match before {
            None => ("supplier.registered", format!("{name} was registered.")),
            Some(_) => ("supplier.updated", format!("The record of {name} was updated.")),
        };
        Ok(Event { supplier: Some(id.clone()), digest: Some(main.digest), ..event(kind, headline) })
    }

    fn write_supplier(&self, supplier: &Supplier, main: &FileFacts) -> Result<(), IndexError> {
        let id = &supplier.supplier;
        let words = format!("{}\n{id}", supplier.names.join("\n")).to_lowercase();
        query::run(
            self.rows,
            "INSERT INTO supplier VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11)
             ON CONFLICT (id) DO UPDATE SET version = ?3, digest = ?4, object = ?5, names = ?6, company_number = ?7,
               website = ?8, single_signatory = ?9, updated_at = ?10, words = ?11",
            params![
                id.as_str(),
                id.without_hyphens(),
                supplier.version,
                main.digest.as_bytes(),
                self.object(&main.object)?,
                supplier.names.join("\n"),
                supplier.company_number,
                supplier.website,
                supplier.single_signatory,
                self.time(),
                words,
            ],
        )?;
        let record = params![id.as_str(), supplier.version, self.sequence(), main.digest.as_bytes()];
        query::run(self.rows, "INSERT INTO supplier_record VALUES (?, ?, ?, ?)", record)?;
        Ok(())
    }

    /// A ring: its version, and the keys that it enrols for the first time.
    pub fn ring(&mut self, id: &SupplierId) -> Result<Event, IndexError> {
        let path = paths::ring(id);
        let Signed { main, signature, .. } = self.signed(path.as_str())?;
        let text = bytes(main.digest, &main.object, self.blobs)?;
        let ring = keys::ring(&text).ok_or_else(|| self.odd(path.as_str(), "it cannot be read as a key ring"))?;
        let sql = "SELECT coalesce(max(version), 0) + 1 FROM ring WHERE supplier = ?";
        let expected = query::one(self.rows, sql, [id.as_str()], |row| row.number())?;
        if expected != Some(ring.version) {
            return Err(self.odd(path.as_str(), "its version does not follow the ring before it"));
        }
        query::run(
            self.rows,
            "INSERT INTO ring VALUES (?, ?, ?, ?, ?, ?, ?)",
            params![
                id.as_str(),
                ring.version,
                self.sequence(),
                self.time(),
                main.digest.as_bytes(),
                self.object(&main.object)?,
                self.object_of(signature)?,
            ],
        )?;
        self.enrol(id, &ring, path.as_str())?;
        let (what, importance) = ring_change(ring.event);
        let headline = format!("Keys of {id}: {what}.");
        let event = event("ring.changed", headline);
        Ok(Event { supplier: Some(id.clone()), digest: Some(main.digest), importance, ..event })
    }

    fn enrol(&self, id: &SupplierId, ring: &RingFacts, path: &str) -> Result<(), IndexError> {
        for key in &ring.keys {
            let sql = "SELECT supplier, role FROM enrolled WHERE fingerprint = ?";
            let owner = query::one(self.rows, sql, [&key.fingerprint], |row| Ok((row.text()?, row.text()?)))?;
            match owner {
                None => {
                    let row = params![key.fingerprint, id.as_str(), key.role.as_str(), self.sequence()];
                    query::run(self.rows, "INSERT INTO enrolled VALUES (?, ?, ?, ?)", row)?;
                }
                Some((supplier, role)) if supplier == id.as_str() && role == key.role.as_str() => {}
                Some(_) => return Err(self.odd(path, "a key serves one role of one supplier; this one has another")),
            }
        }
        Ok(())
    }

    /// The key of a certification's rows.
    pub fn key_of(&self, supplier: &str, service: &str) -> Result<Option<i64>, IndexError> {
        let sql = "SELECT key FROM certification WHERE supplier = ? AND service = ?";
        query::one(self.rows, sql, [supplier, service], |row| row.raw())
    }

    /// The main file that the commit submits, with its signatures.
    pub fn signed(&self, path: &str) -> Result<Signed<'t>, IndexError> {
        derive::signed(self.commit, path).ok_or_else(|| self.odd(path, "the file is missing from its own submission"))
    }

    /// The blob of a file that may be missing.
    pub fn object_of(&self, file: Option<&FileFacts>) -> Result<Option<[u8; 20]>, IndexError> {
        file.map(|file| self.object(&file.object)).transpose()
    }

    /// Version and previous must follow what was there before.
    pub fn check_next(
        &self,
        path: &str,
        (version, previous): (u32, Option<Digest>),
        before: Option<(u32, Digest)>,
    ) -> Result<(), IndexError> {
        let expected = before.map_or(1, |(version, _)| version.saturating_add(1));
        if version != expected || previous != before.map(|(_, digest)| digest) {
            return Err(self.odd(path, format!("version {expected} must come next, and name the one before it")));
        }
        Ok(())
    }
}

/// An event without anything beside its headline.
pub(super) fn event(kind: &'static str, headline: impl Into<String>) -> Event {
    let headline = Some(headline.into());
    Event { kind, supplier: None, certification: None, digest: None, importance: Importance::Information, headline }
}

/// What happened to a ring in words, and how much it matters to a reader.
fn ring_change(event: KeyEvent) -> (&'static str, Importance) {
    match event {
        KeyEvent::Enrol => ("a key was enrolled", Importance::Information),
        KeyEvent::Rotate => ("a key was replaced by a new one", Importance::Information),
        KeyEvent::Left => ("a key was closed because its holder left", Importance::Information),
        KeyEvent::Lost => ("a key was closed because it was lost", Importance::Information),
        KeyEvent::Compromised => ("a key was closed because somebody else may have used it", Importance::Attention),
    }
}
