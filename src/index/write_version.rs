//! The rows of a version: what never changes about it, the certification as it stands, and what became of each
//! answer.

use std::sync::Arc;

use rusqlite::params;

use super::{
    FileFacts, IndexError,
    cache::bytes,
    derive::Signed,
    describe::{self, AnswerChange, Described},
    keys, query,
    write::{Event, Pen},
};
use crate::{
    compare::{Importance, Side},
    domain::{AnswerId, CertificationId, ChangeKind, Code, Draft, Edition, EditionRef, Publication},
    format::paths,
};

/// What is known of a certification before the version that is being written.
struct Before {
    key: i64,
    object: String,
    publication: Publication,
    first_published_at: i64,
    affirmed_at: Option<i64>,
}

/// A version about to be written.
pub(super) struct New<'f> {
    /// Of the certification.
    pub key: i64,
    files: Signed<'f>,
    pub content: Arc<Draft>,
    edition: Arc<Edition>,
    before: Option<(Before, Arc<Draft>)>,
}

impl New<'_> {
    /// The version before.
    pub fn old(&self) -> Option<&Draft> {
        self.before.as_ref().map(|(_, old)| &**old)
    }
}

impl<'t> Pen<'t> {
    /// A version of a certification.
    pub fn version(&mut self, id: &CertificationId) -> Result<Event, IndexError> {
        let path = paths::document(id);
        let new = self.read_version(id, path.as_str())?;
        let described = self.describe(id, &new)?;
        self.insert_version(&new, &described)?;
        self.upsert_certification(&new)?;
        self.write_answers(&new, &described.changes)?;
        self.write_passages(&new, &described.changes)?;
        for person in new.content.persons() {
            let row = params![person.as_bytes(), id.supplier.as_str()];
            query::run(self.rows, "INSERT OR IGNORE INTO person VALUES (?, ?)", row)?;
        }
        self.note_version_in_cases(id, &new.content)?;
        self.count(&new)?;
        let kind = match new.content.change.kind {
            ChangeKind::Initial | ChangeKind::Update => "version.published",
            ChangeKind::Reaffirmation => "version.reaffirmed",
            ChangeKind::Transcription => "version.transcribed",
        };
        Ok(Event {
            kind,
            supplier: Some(id.supplier.clone()),
            certification: Some(new.key),
            // Digest, importance, headline and questions are the version's own.
            digest: None,
            importance: Importance::Information,
            headline: None,
        })
    }

    fn read_version(&mut self, id: &CertificationId, path: &str) -> Result<New<'t>, IndexError> {
        let files = self.signed(path)?;
        let content = self.cache.document(files.main.digest, &files.main.object, self.blobs)?;
        if content.certification_id() != *id {
            return Err(self.odd(path, format!("the file is about {}", content.certification_id())));
        }
        let before = self.before(id)?;
        let known = before.as_ref().map(|before| (before.publication.version, before.publication.digest));
        self.check_next(path, (content.version, content.previous), known)?;
        let edition = self.edition_of(&content.edition, path)?;
        let key = before.as_ref().map_or(self.sequence(), |before| before.key);
        let before = match before {
            Some(before) => {
                let old = self.cache.predecessor(before.publication.digest, &before.object, self.blobs)?;
                Some((before, old))
            }
            None => None,
        };
        self.cache.keep(files.main.digest, &content);
        Ok(New { key, files, content, edition, before })
    }

    fn before(&self, id: &CertificationId) -> Result<Option<Before>, IndexError> {
        let sql = "SELECT c.key, v.object, v.version, v.sequence, v.published_at, v.digest, c.first_published_at,
              c.affirmed_at
            FROM certification c JOIN version v ON v.sequence = c.current WHERE c.supplier = ? AND c.service = ?";
        query::one(self.rows, sql, [id.supplier.as_str(), id.service.as_str()], |row| {
            Ok(Before {
                key: row.raw()?,
                object: row.object()?,
                publication: Publication {
                    certification: id.clone(),
                    version: row.number()?,
                    sequence: row.sequence()?,
                    published_at: row.instant()?,
                    digest: row.digest()?,
                },
                first_published_at: row.raw()?,
                affirmed_at: row.raw()?,
            })
        })
    }

    /// The published edition that a document answers.
    fn edition_of(&mut self, wanted: &EditionRef, path: &str) -> Result<Arc<Edition>, IndexError> {
        let sql = "SELECT digest, object FROM edition WHERE id = ?";
        let found = query::one(self.rows, sql, [wanted.id.as_str()], |row| Ok((row.digest()?, row.object()?)))?;
        match found {
            Some((digest, object)) if digest == wanted.digest => self.cache.edition(digest, &object, self.blobs),
            Some(_) => Err(self.odd(path, format!("its edition {} has another digest", wanted.id))),
            None => Err(self.odd(path, format!("its edition {} was never published", wanted.id))),
        }
    }

    fn describe(&mut self, id: &CertificationId, new: &New<'_>) -> Result<Described, IndexError> {
        let Some((before, old)) = &new.before else { return Ok(describe::first(&new.content)) };
        let old_edition = self.edition_of(&old.edition, paths::document(id).as_str())?;
        let (digests, day) = ((before.publication.digest, new.files.main.digest), self.commit.time.day_in_london());
        if let Some(described) = self.blobs.described(digests, day) {
            return Ok(described);
        }
        let publication = Publication {
            certification: id.clone(),
            version: new.content.version,
            sequence: self.commit.sequence,
            published_at: self.commit.time,
            digest: new.files.main.digest,
        };
        let old = Side { content: old, edition: &old_edition, publication: Some(&before.publication) };
        let new = Side { content: &new.content, edition: &new.edition, publication: Some(&publication) };
        Ok(Described::between(old, new))
    }

    fn insert_version(&self, new: &New<'_>, described: &Described) -> Result<(), IndexError> {
        let (content, change) = (&new.content, &new.content.change);
        let Signed { main, signature, countersignature } = new.files;
        let changed: Vec<AnswerId> = described.changes.iter().map(|change| change.answer).collect();
        query::run(
            self.rows,
            "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                self.sequence(),
                new.key,
                content.version,
                self.time(),
                main.digest.as_bytes(),
                self.object(&main.object)?,
                self.object_of(signature)?,
                self.object_of(countersignature)?,
                change.kind.as_str(),
                content.edition.id.as_str(),
                content.service_name,
                content.supplier_name,
                described.headline,
                query::importance(described.importance),
                query::answers(&changed),
                change.effective_on.map(|day| day.to_string()),
                change.service_changed_on.map(|day| day.to_string()),
                change.corrections.iter().map(|correction| correction.wrong_since).min().map(|day| day.to_string()),
                change.wording_only,
                content.completed_on.map(|day| day.to_string()),
                self.key_that_signed(signature)?,
                self.key_that_signed(countersignature)?,
            ],
        )?;
        Ok(())
    }

    /// The fingerprint of the key that made the signature in `file`.
    fn key_that_signed(&self, file: Option<&FileFacts>) -> Result<Option<String>, IndexError> {
        let Some(file) = file else { return Ok(None) };
        Ok(keys::signing_key(&bytes(file.digest, &file.object, self.blobs)?))
    }

    fn upsert_certification(&self, new: &New<'_>) -> Result<(), IndexError> {
        let content = &new.content;
        let before = new.before.as_ref().map(|(before, _)| before);
        let own = (!content.is_transcription()).then_some(self.time());
        let count = |code| content.responses.values().filter(|response| response.code == Some(code)).count() as i64;
        let names = format!("{}\n{}\n{}", content.supplier_name, content.service_name, content.certification_id());
        query::run(
            self.rows,
            "INSERT OR REPLACE INTO certification VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                new.key,
                content.supplier.as_str(),
                content.service.as_str(),
                self.sequence(),
                before.map_or(self.time(), |before| before.first_published_at),
                own.or(before.and_then(|before| before.affirmed_at)),
                count(Code::Green),
                count(Code::Amber),
                count(Code::Black),
                count(Code::NotRecorded),
                content.edition.id.as_str(),
                content.is_transcription(),
                names.to_lowercase(),
            ],
        )?;
        Ok(())
    }

    fn count(&self, new: &New<'_>) -> Result<(), IndexError> {
        let was_transcription = new.before.as_ref().is_some_and(|(_, old)| old.is_transcription());
        let transcriptions = i64::from(new.content.is_transcription()) - i64::from(was_transcription);
        let sql = "UPDATE tally SET versions = versions + 1, certifications = certifications + ?,
                   transcriptions = transcriptions + ? WHERE one = 1";
        query::run(self.rows, sql, params![i64::from(new.before.is_none()), transcriptions])?;
        Ok(())
    }

    /// One row for each answer that is not as before, in its history; and the current colours, for lists.
    fn write_answers(&self, new: &New<'_>, changes: &[AnswerChange]) -> Result<(), IndexError> {
        let Some((_, old)) = &new.before else {
            let questions = new.content.responses.keys().map(|id| AnswerId::from(*id));
            let areas = new.content.support.keys().map(|id| AnswerId::from(*id));
            return questions.chain(areas).try_for_each(|answer| self.write_answer(new, answer, None));
        };
        for change in changes {
            if let Some(code) = describe::code(old, change.answer) {
                let sql = "DELETE FROM answered WHERE answer = ? AND code = ? AND supplier = ? AND service = ?";
                self.colour(sql, new, change.answer, code)?;
            }
            self.write_answer(new, change.answer, Some(change))?;
        }
        Ok(())
    }

    fn write_answer(&self, new: &New<'_>, answer: AnswerId, change: Option<&AnswerChange>) -> Result<(), IndexError> {
        let code = describe::code(&new.content, answer);
        query::run(
            self.rows,
            "INSERT INTO answer_change VALUES (?, ?, ?, ?, ?, ?, ?)",
            params![
                new.key,
                answer.to_string(),
                new.content.version,
                describe::is_stated(&new.content, answer),
                code.map(query::code),
                query::importance(change.map_or(Importance::Information, |change| change.importance)),
                change.map(|change| &change.sentence),
            ],
        )?;
        match code {
            Some(code) => self.colour("INSERT INTO answered VALUES (?, ?, ?, ?)", new, answer, code),
            None => Ok(()),
        }
    }

    fn colour(&self, sql: &str, new: &New<'_>, answer: AnswerId, code: Code) -> Result<(), IndexError> {
        let CertificationId { supplier, service } = new.content.certification_id();
        query::run(
            self.rows,
            sql,
            params![answer.to_string(), query::code(code), supplier.as_str(), service.as_str()],
        )?;
        Ok(())
    }
}
