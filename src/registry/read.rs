//! Reading: the index says which object, the store gives the bytes, the digest proves them.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::{Registry, RegistryError, Result, people::PersonRecord};
use crate::{
    domain::{AnswerId, CertificationId, Day, Digest, Draft, Edition, EditionId, Instant, SupplierId, SupportAreaId},
    format::v1,
    index::{
        AnswerChangeRow, At, CertificationRow, DocumentWeight, EditionRow, RingRow, SupplierRow, USUAL_BYTES,
        VersionRow,
    },
    signing::KeyRing,
    store::ObjectId,
};

/// Parsed documents, editions and rings by digest: they can never change, so a hit is always right.
pub(super) struct DocumentCache {
    drafts: Cache<Digest, Arc<Draft>, DocumentWeight>,
    editions: Cache<Digest, Arc<Edition>>,
    rings: Cache<Digest, Arc<KeyRing>>,
}

/// The memory for documents: some three hundred long ones or a thousand short ones.
const KEPT_DOCUMENT_BYTES: usize = 20 << 20;
/// How many editions and rings are kept; either is small, or there are few.
const KEPT_OTHERS: usize = 1_000;

impl DocumentCache {
    pub(super) fn new() -> Self {
        DocumentCache {
            drafts: Cache::with_weighter(KEPT_DOCUMENT_BYTES / USUAL_BYTES, KEPT_DOCUMENT_BYTES as u64, DocumentWeight),
            editions: Cache::new(KEPT_OTHERS),
            rings: Cache::new(KEPT_OTHERS),
        }
    }

    /// Keeps a document that was read from the bytes with this digest.
    pub(super) fn keep(&self, digest: Digest, draft: Arc<Draft>) {
        self.drafts.insert(digest, draft);
    }

    /// The document with this digest, if it was read before.
    pub(super) fn kept(&self, digest: Digest) -> Option<Arc<Draft>> {
        self.drafts.get(&digest)
    }
}

/// A version with its content and the wording that it answers.
#[derive(Debug, Clone)]
pub struct VersionContent {
    /// What the index knows.
    pub row: VersionRow,
    /// What the supplier says.
    pub content: Arc<Draft>,
    /// What was asked.
    pub edition: Arc<Edition>,
}

/// An answer to "as of": what was asked, the instant it meant, and what stood then.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// The instant that the question meant (the end of a day that was asked for).
    pub instant: Instant,
    /// The version in force then, by the registry's order of publication.
    pub version: VersionContent,
    /// A version published by then that the supplier says applies only later.
    pub announced: Option<Day>,
}

impl Registry {
    /// The exact bytes of an object, proven by the digest that the index gives for it.
    ///
    /// # Errors
    /// Internal when the store cannot give it or the bytes do not have this digest.
    pub fn bytes(&self, object: &str, digest: Digest) -> Result<Vec<u8>> {
        let id: ObjectId = object.parse().map_err(|_| RegistryError::internal("the index names no object id"))?;
        self.reader.blob_with(&id, digest).map_err(RegistryError::internal)
    }

    /// A small text beside a document (a signature), as it is stored.
    pub fn text(&self, object: &str) -> Result<String> {
        let id: ObjectId = object.parse().map_err(|_| RegistryError::internal("the index names no object id"))?;
        String::from_utf8(self.reader.blob(&id).map_err(RegistryError::internal)?).map_err(RegistryError::internal)
    }

    /// The document of a version, parsed.
    pub fn content(&self, row: &VersionRow) -> Result<Arc<Draft>> {
        let digest = row.publication.digest;
        self.documents.drafts.get_or_insert_with(&digest, || {
            let bytes = self.bytes(&row.object, digest)?;
            let draft = v1::published(&bytes, v1::certification::read).map_err(RegistryError::internal)?;
            Ok(Arc::new(draft))
        })
    }

    /// An edition's row.
    ///
    /// # Errors
    /// Not found when no edition has this id here.
    pub fn edition_row(&self, id: &EditionId) -> Result<EditionRow> {
        self.index.edition(id)?.ok_or_else(|| {
            RegistryError::not_found(
                "edition-not-found",
                format!("No edition {id} was published here. /v1/editions lists those that were."),
            )
        })
    }

    /// An edition, parsed.
    pub fn edition(&self, id: &EditionId) -> Result<Arc<Edition>> {
        let row = self.edition_row(id)?;
        self.documents.editions.get_or_insert_with(&row.digest, || {
            let bytes = self.bytes(&row.object, row.digest)?;
            let edition = v1::published(&bytes, v1::edition::read).map_err(RegistryError::internal)?;
            Ok(Arc::new(edition))
        })
    }

    /// A supplier's row.
    ///
    /// # Errors
    /// Not found when no supplier has this id here.
    pub fn supplier(&self, id: &SupplierId) -> Result<SupplierRow> {
        self.index.supplier(id)?.ok_or_else(|| {
            RegistryError::not_found(
                "supplier-not-found",
                format!("No supplier {id} is registered here. /v1/suppliers?q=… searches by name."),
            )
        })
    }

    /// A certification's row: its current version.
    ///
    /// # Errors
    /// Not found when nothing was published under this id.
    pub fn certification(&self, id: &CertificationId) -> Result<CertificationRow> {
        self.index.certification(id)?.ok_or_else(|| {
            RegistryError::not_found(
                "certification-not-found",
                format!("Nothing is published as {id}. /v1/certifications?q=… searches by name."),
            )
        })
    }

    /// One version's row.
    ///
    /// # Errors
    /// Not found, saying which versions there are.
    pub fn version(&self, id: &CertificationId, version: u32) -> Result<VersionRow> {
        if let Some(row) = self.index.version(id, version)? {
            return Ok(row);
        }
        let newest = self.certification(id)?.current.publication.version;
        let detail =
            if newest == 1 { format!("{id} has version 1 only.") } else { format!("{id} has versions 1 to {newest}.") };
        Err(RegistryError::not_found("version-not-found", detail))
    }

    /// A version with its content and edition.
    pub fn with_content(&self, row: VersionRow) -> Result<VersionContent> {
        let content = self.content(&row)?;
        let edition = self.edition(&row.edition)?;
        Ok(VersionContent { row, content, edition })
    }

    /// The version in force at `instant`.
    ///
    /// # Errors
    /// Not found when nothing was published by then, saying when the first version was.
    pub fn as_of(&self, id: &CertificationId, instant: Instant) -> Result<AsOf> {
        if instant > self.clock.now() {
            let detail = format!(
                "{instant} lies ahead. Ask for a day that has begun, or leave as_of out for the current version."
            );
            return Err(RegistryError::invalid("as-of-ahead", detail));
        }
        let Some(row) = self.index.in_force(id, instant)? else {
            let first = self.certification(id)?.first_published_at;
            let detail = format!("Nothing had been published as {id} by {instant}; its first version is of {first}.");
            return Err(RegistryError::not_found("nothing-in-force", detail));
        };
        let announced = row.effective_on.filter(|day| day.starts_at() > instant);
        Ok(AsOf { instant, version: self.with_content(row)?, announced })
    }

    /// The instant that an `as_of` means: an instant, or the end of a day, month's or year's first day.
    /// The present day ends now.
    ///
    /// # Errors
    /// Invalid when the text is neither an instant nor a day, or lies ahead.
    pub fn instant_of(&self, text: &str) -> Result<Instant> {
        if let Ok(instant) = text.parse::<Instant>() {
            return Ok(instant);
        }
        let day: Day = text.parse().map_err(|_| {
            RegistryError::new(
                super::ErrorKind::Unreadable,
                "bad-day",
                "Write a day like 2025-09-04 or an instant like 2025-09-04T12:00:00Z.",
            )
        })?;
        let now = self.clock.now();
        Ok(if day == now.day_in_london() { now } else { day.ends_at() })
    }

    /// Every version in which an answer changed, oldest first.
    ///
    /// # Errors
    /// Not found when the certification or the answer is not there.
    pub fn answer_history(&self, id: &CertificationId, answer: AnswerId) -> Result<Vec<AnswerChangeRow>> {
        let current = self.with_content(self.certification(id)?.current)?;
        self.answer_is_asked(&current.edition, answer)?;
        Ok(self.index.answer_history(id, answer)?)
    }

    /// # Errors
    /// Not found when the edition does not ask for `answer`.
    pub fn answer_is_asked(&self, edition: &Edition, answer: AnswerId) -> Result<()> {
        if edition.asked(answer).is_some() {
            return Ok(());
        }
        let example: Option<SupportAreaId> = edition.support_areas.first().map(|area| area.id);
        let example = example.map(|id| format!(" (or {id} for a support area)")).unwrap_or_default();
        let detail = format!("Edition {} does not ask {answer}. Answers are named like q3.1{example}.", edition.id);
        Err(RegistryError::not_found("answer-not-found", detail))
    }

    /// The supplier's ring in force, if any key of it was ever enrolled.
    pub(super) fn current_ring(&self, supplier: &SupplierId) -> Result<Option<Arc<KeyRing>>> {
        self.index.ring_at(supplier, At::Sequence(u64::MAX))?.map(|row| self.kept_ring(row)).transpose()
    }

    /// The ring that a row of the index stands for.
    pub(super) fn kept_ring(&self, row: RingRow) -> Result<Arc<KeyRing>> {
        let digest = row.digest;
        self.documents.rings.get_or_insert_with(&digest, || Ok(Arc::new(self.read_ring(row)?.1)))
    }

    /// The same with its bytes, from the repository.
    pub(super) fn read_ring(&self, row: RingRow) -> Result<(RingRow, KeyRing, Vec<u8>)> {
        let bytes = self.bytes(&row.object, row.digest)?;
        let text = std::str::from_utf8(&bytes).map_err(RegistryError::internal)?;
        let ring = KeyRing::parse(text, &self.settings.registry).map_err(RegistryError::internal)?;
        Ok((row, ring, bytes))
    }

    /// The supplier's ring as it stood at `at` (or stands now), with its bytes.
    ///
    /// # Errors
    /// Not found when the supplier had no keys then.
    pub fn ring(&self, supplier: &SupplierId, at: Option<Instant>) -> Result<(RingRow, KeyRing, Vec<u8>)> {
        let Some(row) = self.index.ring_at(supplier, at.map_or(At::Sequence(u64::MAX), At::Instant))? else {
            self.supplier(supplier)?;
            let detail =
                format!("No keys of {supplier} were enrolled{}.", at.map(|at| format!(" by {at}")).unwrap_or_default());
            return Err(RegistryError::not_found("no-keys", detail));
        };
        self.read_ring(row)
    }

    /// A person record by digest.
    ///
    /// # Errors
    /// Not found when no published document names this digest, or the record is missing; gone once its erasure was
    /// stated.
    pub fn person(&self, digest: Digest) -> Result<PersonRecord> {
        if !self.index.person_is_known(digest)? {
            return Err(RegistryError::not_found("person-not-found", "No document published here names this digest."));
        }
        if self.index.is_erased(digest)? {
            let detail = "This person's record was erased. The document that names its digest stays valid.";
            return Err(RegistryError::new(super::ErrorKind::Gone, "person-erased", detail));
        }
        self.people.get(digest)?.ok_or_else(|| {
            let detail =
                "The registry should hold this record and does not. Tell its operator, who has it in a backup.";
            RegistryError::not_found("person-record-missing", detail)
        })
    }

    /// The record of a person whom a published document names, unless it was erased or is missing.
    ///
    /// # Errors
    /// Internal when it cannot be read.
    pub fn shown_person(&self, digest: Digest) -> Result<Option<PersonRecord>> {
        match self.person(digest) {
            Ok(record) => Ok(Some(record)),
            Err(error) if matches!(error.kind, super::ErrorKind::Gone | super::ErrorKind::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The document with this digest, wherever it was published.
    ///
    /// # Errors
    /// Not found: it was never published here.
    pub fn document_by_digest(&self, digest: Digest) -> Result<(VersionRow, Vec<u8>)> {
        let row = self.index.versions_by_digest(digest)?.into_iter().next();
        let row = row.ok_or_else(|| {
            RegistryError::not_found("document-not-found", "No document with this digest was ever published here.")
        })?;
        let bytes = self.bytes(&row.object, digest)?;
        Ok((row, bytes))
    }
}
