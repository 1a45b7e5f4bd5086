//! The rows of a case statement, and what it and later versions make of the cases beside a certification.
//!
//! What opens and closes a case is decided in [`crate::domain::standing()`] alone: after every commit that touches a
//! certification with cases, its answer is written into the rows, so that lists need not work it out.

use rusqlite::params;

use super::{
    CaseFolder, FileFacts, IndexError,
    cache::bytes,
    derive::Signed,
    keys, query, read_cases, read_erasures,
    write::{Event, Pen},
    write_registry::event,
};
use crate::{
    compare::Importance,
    domain::{
        CaseStatement, CertificationId, Digest, Draft, Standing,
        case::Matter,
        standing::{Case, Outcome, Party},
    },
    format::{paths, v1},
};

impl Pen<'_> {
    /// A case statement: numbered and chained in its folder.
    pub fn case(&mut self, folder: CaseFolder) -> Result<Event, IndexError> {
        let before = read_cases::newest(self.rows, &folder)?;
        let seq = before.map_or(1, |(seq, _)| seq.saturating_add(1));
        let path = paths::case_statement(&folder.supplier, folder.service.as_ref(), seq);
        let Signed { main, signature, countersignature } = self.signed(path.as_str())?;
        let text = self.text_of(main)?;
        let statement = self.read_statement(path.as_str(), &text)?;
        if (&statement.supplier, &statement.service) != (&folder.supplier, &folder.service) {
            return Err(self.odd(path.as_str(), "the file is about something else"));
        }
        self.check_next(path.as_str(), (statement.seq, statement.previous), before)?;
        let party = self.party(signature)?;
        let key = |file: Option<&FileFacts>| match file {
            Some(file) => Ok(keys::signing_key(&bytes(file.digest, &file.object, self.blobs)?)),
            None => Ok::<_, IndexError>(None),
        };
        let text_beside = |file: Option<&FileFacts>| file.map(|file| self.text_of(file)).transpose();
        query::run(
            self.rows,
            "INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, 0, NULL, NULL)",
            params![
                self.sequence(),
                folder.supplier.as_str(),
                folder.service.as_ref().map_or("", |service| service.as_str()),
                statement.seq,
                self.time(),
                main.digest.as_bytes(),
                self.object(&main.object)?,
                statement.matter.name(),
                party.as_str(),
                text,
                text_beside(signature)?,
                text_beside(countersignature)?,
                key(signature)?,
                key(countersignature)?,
                query::answers(&questions(&statement)),
                other(&statement).map(ToString::to_string),
            ],
        )?;
        if let Matter::Erasure { persons } = &statement.matter {
            read_erasures::note(self.rows, &folder.supplier, persons.iter().copied())?;
        }
        if let Some(service) = folder.service.clone() {
            self.refresh_cases(&CertificationId::new(folder.supplier.clone(), service))?;
        }
        if let Some(other) = other(&statement) {
            self.refresh_cases(other)?;
        }
        self.event_of(&folder, &statement, party, main.digest)
    }

    fn text_of(&self, file: &FileFacts) -> Result<String, IndexError> {
        let bytes = bytes(file.digest, &file.object, self.blobs)?;
        String::from_utf8(bytes).map_err(|_| self.odd(&file.path, "it is not text"))
    }

    fn read_statement(&self, path: &str, text: &str) -> Result<CaseStatement, IndexError> {
        let stored = v1::stored(text.as_bytes(), v1::case::read);
        let first = |faults: crate::domain::Faults| faults.0.first().map(ToString::to_string).unwrap_or_default();
        Ok(stored.map_err(|faults| self.odd(path, format!("it cannot be read: {}", first(faults))))?.value)
    }

    /// Who stated it: a key of a supplier's ring serves no other party.
    fn party(&self, signature: Option<&FileFacts>) -> Result<Party, IndexError> {
        let Some(file) = signature else { return Ok(Party::Department) };
        let fingerprint = keys::signing_key(&bytes(file.digest, &file.object, self.blobs)?).unwrap_or_default();
        let sql = "SELECT 1 FROM enrolled WHERE fingerprint = ?";
        let enrolled = query::one(self.rows, sql, [fingerprint], |_| Ok(()))?;
        Ok(if enrolled.is_some() { Party::Supplier } else { Party::Department })
    }

    /// Which certification a version carries on, and what it means for the cases beside both.
    pub fn note_version_in_cases(&self, id: &CertificationId, content: &Draft) -> Result<(), IndexError> {
        if let Some(old) = content.change.predecessor.as_ref().map(|predecessor| &predecessor.certification) {
            let row = params![id.supplier.as_str(), id.service.as_str(), old.supplier.as_str(), old.service.as_str()];
            query::run(self.rows, "INSERT OR REPLACE INTO carries_on VALUES (?, ?, ?, ?)", row)?;
        }
        self.refresh_cases(id)
    }

    /// Writes what stands of each case after this commit.
    fn refresh_cases(&self, id: &CertificationId) -> Result<(), IndexError> {
        let history = read_cases::history(self.rows, id)?;
        if history.statements.is_empty() {
            return Ok(());
        }
        let standing = history.standing(self.commit.time);
        for case in &standing.cases {
            let closed = is_closed(case, &standing);
            let waits = case.waits_until();
            let lasts = case.last_on().filter(|_| !closed);
            let row = params![
                query::sequence(case.opening.sequence),
                closed,
                case.answered_at.is_some(),
                waits.map(|day| day.to_string()),
                lasts.map(|day| day.to_string()),
            ];
            let sql = "UPDATE statement SET opens = 1, closed = ?2, answered = ?3, waits_until = ?4, lasts_until = ?5
                       WHERE sequence = ?1";
            query::run(self.rows, sql, row)?;
            for reply in &case.replies {
                let sql = "UPDATE statement SET opens = 0 WHERE sequence = ?";
                query::run(self.rows, sql, [query::sequence(reply.sequence)])?;
            }
        }
        match standing.predecessor() {
            Some(transfer) => self.be_found_by(id, &transfer.other),
            None => Ok(()),
        }
    }

    /// Whoever searches for a service by the name that it had finds the certification that carries it on.
    fn be_found_by(&self, id: &CertificationId, old: &CertificationId) -> Result<(), IndexError> {
        let key = [id.supplier.as_str(), id.service.as_str()];
        let sql = "SELECT v.supplier_name, v.service_name FROM certification c JOIN version v ON v.sequence = c.current
                   WHERE c.supplier = ? AND c.service = ?";
        let Some((supplier, service)) = query::one(self.rows, sql, key, |row| Ok((row.text()?, row.text()?)))? else {
            return Ok(());
        };
        let sql = "SELECT words FROM certification WHERE supplier = ? AND service = ?";
        let old_words = query::one(self.rows, sql, [old.supplier.as_str(), old.service.as_str()], |row| row.text())?;
        let words = format!("{supplier}\n{service}\n{id}").to_lowercase();
        let words = format!("{words}\n{}", old_words.unwrap_or_default());
        let sql = "UPDATE certification SET words = ?3 WHERE supplier = ?1 AND service = ?2";
        query::run(self.rows, sql, params![id.supplier.as_str(), id.service.as_str(), words])?;
        Ok(())
    }

    fn event_of(
        &self,
        folder: &CaseFolder,
        statement: &CaseStatement,
        by: Party,
        digest: Digest,
    ) -> Result<Event, IndexError> {
        let (supplier, service) = (folder.supplier.as_str(), folder.service.as_ref());
        let certification = match service {
            Some(service) => self.key_of(supplier, service.as_str())?,
            None => None,
        };
        let about = service.map_or_else(|| supplier.to_owned(), |service| format!("{supplier}/{service}"));
        let (kind, headline, importance) = told(statement, by, &about);
        let event = event(kind, headline);
        Ok(Event { supplier: Some(folder.supplier.clone()), certification, digest: Some(digest), importance, ..event })
    }
}

/// Whether a case is closed for good, whatever day it is. What only a day closes stays open here: the day is compared
/// when lists are asked for.
fn is_closed(case: &Case, standing: &Standing) -> bool {
    match &case.closed {
        None => false,
        Some(closed) if closed.outcome == Outcome::DayCame => !standing.has_ended_by(case),
        Some(_) => true,
    }
}

fn questions(statement: &CaseStatement) -> Vec<crate::domain::AnswerId> {
    match &statement.matter {
        Matter::Challenge { questions, .. }
        | Matter::VerificationRequired { questions, .. }
        | Matter::Clarification { questions, .. }
        | Matter::Notice { questions, .. } => questions.iter().copied().collect(),
        Matter::Verification { outcomes, .. } => outcomes.keys().copied().collect(),
        _ => Vec::new(),
    }
}

fn other(statement: &CaseStatement) -> Option<&CertificationId> {
    match &statement.matter {
        Matter::Transfer { other } => Some(other),
        _ => None,
    }
}

/// The event's type, its headline and how much it matters.
fn told(statement: &CaseStatement, by: Party, about: &str) -> (&'static str, String, Importance) {
    use Importance::{Attention, Information, WorthReading};
    let stated = "case.stated";
    match &statement.matter {
        Matter::Challenge { due_on, .. } => (
            stated,
            format!("The Department asked about {about}; an answer is due by {}.", due_on.in_words()),
            WorthReading,
        ),
        Matter::Clarification { .. } => (stated, format!("The supplier clarified {about}."), WorthReading),
        Matter::Resolution { .. } => (stated, format!("The Department closed a case about {about}."), WorthReading),
        Matter::VerificationRequired { due_on, .. } => {
            let due = due_on.in_words();
            (stated, format!("The Department requires independent verification of {about} by {due}."), Attention)
        }
        Matter::Verification { outcomes, verifier, .. } if outcomes.values().all(|verified| *verified) => {
            (stated, format!("{verifier} verified {about} independently."), WorthReading)
        }
        Matter::Verification { verifier, .. } => {
            (stated, format!("{verifier} could not verify all of {about}."), Attention)
        }
        Matter::Withdrawal { .. } => {
            ("certification.withdrawn", format!("{about} was withdrawn by {}.", by.in_words()), Attention)
        }
        Matter::Closure { ends_on, .. } => (stated, format!("{about} ends on {}.", ends_on.in_words()), Attention),
        Matter::Reinstatement { .. } => {
            ("certification.reinstated", format!("{about} was reinstated by {}.", by.in_words()), WorthReading)
        }
        Matter::Notice { .. } => (stated, format!("The supplier gave notice about {about}."), Attention),
        Matter::Transfer { other } => {
            (stated, format!("A transfer between {about} and {other} was stated."), WorthReading)
        }
        Matter::Objection { .. } => {
            (stated, format!("The supplier objects to the transcription {about}."), WorthReading)
        }
        Matter::Erasure { .. } => ("person.erased", format!("Person records of {about} were erased."), Information),
        Matter::Unknown { name } => {
            (stated, format!("A statement of type '{name}' about {about} was added."), Information)
        }
    }
}
