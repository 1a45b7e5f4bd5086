//! Case statements: letting them in, and the standing that they add up to.
//!
//! A statement is let in when its form is right, the right party signed it, it follows the newest one in its folder,
//! and it makes sense there: `party` and `rules` have these in order. What a statement does to the standing is decided
//! in [`crate::domain::standing()`] alone; `standing` asks for it.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Registry, RegistryError, Result,
    prove::Receipt,
    publish::MAX_DOCUMENT_BYTES,
    submit::{Planned, Writer},
};
use crate::{
    domain::{
        CaseStatement, CertificationId, Digest, Instant, SupplierId,
        case::Matter,
        standing::{self as domain_standing, Case, History, Party},
    },
    format::{
        paths::{self, Suffix},
        v1,
    },
    index::{CaseFilter, CaseFolder, StatementRow},
    signing::{AuthorityFile, KeyRing},
};

mod party;
mod rules;
mod standing;

pub use standing::CertificationStanding;

/// What arrived: exact bytes.
#[derive(Debug, Clone, Default)]
pub struct CaseSubmission {
    /// The statement.
    pub document: Vec<u8>,
    /// The signatory's or the Department's signature: armoured SSHSIG.
    pub signature: Option<String>,
    /// The official's signature, where a supplier's statement needs both: armoured SSHSIG.
    pub countersignature: Option<String>,
}

/// What became of a case statement.
#[derive(Debug, Clone)]
pub struct CaseAccepted {
    /// Whether exactly these bytes had been stated before; then nothing was written now.
    pub already: bool,
    /// The statement as the registry holds it.
    pub statement: StatementRow,
    /// Whether its keys still count for the time at which it was stated.
    pub sound_now: bool,
    /// Proof of publication: the same for ever.
    pub receipt: Receipt,
    /// After an erasure: suppliers whose documents name a record too. Nobody is shown it any more, and its file goes
    /// when an erasure was stated about each of them.
    pub erase_for: Vec<SupplierId>,
}

/// A case with every statement in it, for lists.
#[derive(Debug, Clone)]
pub struct CaseFound {
    /// Whom or what it is about.
    pub folder: CaseFolder,
    /// The case as it stands, or stood.
    pub case: Case,
    /// Its statements, oldest first, with their bytes and signatures.
    pub statements: Vec<StatementRow>,
    /// Places on `main` of those statements whose signatures do not count any more: their keys have since been
    /// reported as unsafe for that time.
    pub unsound: Vec<u64>,
}

/// The statements of a folder, and its cases as they stand.
struct Folder {
    place: CaseFolder,
    rows: Vec<StatementRow>,
    cases: Vec<Case>,
    ring: Option<Arc<KeyRing>>,
}

/// A statement that was read and has its place.
struct Read {
    statement: CaseStatement,
    folder: CaseFolder,
    digest: Digest,
    submission: CaseSubmission,
}

impl Registry {
    /// Lets in a case statement; the same bytes again give the same answer.
    ///
    /// # Errors
    /// The first unmet condition: form, party and signatures, number and predecessor, what it replies to, what it names.
    pub fn submit_case(&self, submission: CaseSubmission) -> Result<CaseAccepted> {
        let read = read(submission)?;
        let mut writer = self.writer()?;
        if let Some(known) = self.index.statement_by_digest(read.digest)?
            && CaseFolder::of(&known.stated.statement) == read.folder
        {
            drop(writer);
            // Whoever sends the same bytes again may do so because this failed the first time.
            let erase_for = self.after_commit(&read.statement)?;
            let receipt = self.receipt(known.stated.sequence)?;
            let ring = self.current_ring(&read.statement.supplier)?;
            let sound_now = is_sound(&known, ring.as_deref(), &self.authority());
            return Ok(CaseAccepted { already: true, statement: known, sound_now, receipt, erase_for });
        }
        let at = self.next_instant(&writer)?;
        self.check_case(&read, at)?;
        let accepted = self.append_case(&mut writer, at, &read)?;
        drop(writer);
        Ok(CaseAccepted { erase_for: self.after_commit(&read.statement)?, ..accepted })
    }

    fn append_case(&self, writer: &mut Writer, at: Instant, read: &Read) -> Result<CaseAccepted> {
        let Read { statement, submission, .. } = read;
        let path = paths::case_statement(&statement.supplier, statement.service.as_ref(), statement.seq);
        let beside = [(Suffix::Sig, &submission.signature), (Suffix::Countersig, &submission.countersignature)];
        let signatures = beside.into_iter().filter_map(|(suffix, signature)| {
            Some((path.with_suffix(suffix), signature.as_ref()?.clone().into_bytes().into()))
        });
        let files = std::iter::once((path.clone(), submission.document.clone().into())).chain(signatures).collect();
        let planned = Planned {
            files,
            message: format!("State case {} about {}", statement.seq, about(statement)),
            people: Vec::new(),
            documents: Vec::new(),
            foreseen: None,
            digest: Some(read.digest),
        };
        let committed = self.append(writer, at, vec![planned])?.pop();
        let committed = committed.ok_or_else(|| RegistryError::internal("a group of one gave no commit"))?;
        let missing = || RegistryError::internal("a case statement was appended and is not indexed");
        let statement = self.index.statement_at(committed.sequence)?.ok_or_else(missing)?;
        let receipt = self.receipt(committed.sequence)?;
        Ok(CaseAccepted { already: false, statement, sound_now: true, receipt, erase_for: Vec::new() })
    }

    /// What a statement asks for beyond being on the record. It is in Git for good by now; doing it twice does no harm.
    ///
    /// At every start the same is done for all erasures on the record. Gives the suppliers that wait for an erasure of
    /// their own before a record goes.
    fn after_commit(&self, statement: &CaseStatement) -> Result<Vec<SupplierId>> {
        let Matter::Erasure { persons } = &statement.matter else { return Ok(Vec::new()) };
        self.forget(persons)?;
        let mut waiting = BTreeSet::new();
        for person in persons {
            waiting.extend(self.index.suppliers_without_erasure(*person)?);
        }
        Ok(waiting.into_iter().collect())
    }

    /// The cases about a certification as they stood at `at`, oldest first.
    ///
    /// # Errors
    /// Not found when nothing was published under this id.
    pub fn cases_of(&self, id: &CertificationId, at: Instant) -> Result<Vec<CaseFound>> {
        self.certification(id)?;
        let folder = CaseFolder::from(id);
        let rows = self.index.statements(&folder)?;
        let cases = self.case_standing(id, at)?.cases.into_iter();
        let (ring, authority) = (self.current_ring(&id.supplier)?, self.authority());
        Ok(cases.map(|case| CaseFound::of(folder.clone(), case, &rows, ring.as_deref(), &authority)).collect())
    }

    /// Cases after a place on `main` (exclusive), oldest first.
    pub fn cases(&self, filter: &CaseFilter, after: u64, limit: usize) -> Result<Vec<CaseFound>> {
        let now = self.present()?;
        let (mut found, authority) = (Vec::new(), self.authority());
        // Cases of one folder often stand together: it is read once for all of them.
        let mut known: Option<Folder> = None;
        for (folder, sequence) in self.index.cases(filter, now.day_in_london(), after, limit)? {
            let read = match known.take().filter(|known| known.place == folder) {
                Some(known) => known,
                None => self.folder_of_cases(folder, now)?,
            };
            let Folder { place, rows, cases, ring } = known.insert(read);
            let case = cases.iter().find(|case| case.opening.sequence == sequence).cloned();
            let case = case.ok_or_else(|| RegistryError::internal("a listed case is not among those of its folder"))?;
            found.push(CaseFound::of(place.clone(), case, rows, ring.as_deref(), &authority));
        }
        Ok(found)
    }

    fn folder_of_cases(&self, place: CaseFolder, now: Instant) -> Result<Folder> {
        let rows = self.index.statements(&place)?;
        let cases = match place.certification() {
            Some(id) => self.index.case_history(&id)?.standing(now).cases,
            None => {
                let stated: Vec<_> = rows.iter().map(|row| row.stated.clone()).collect();
                domain_standing::standing(History { statements: &stated, ..History::default() }, now).cases
            }
        };
        Ok(Folder { ring: self.current_ring(&place.supplier)?, place, rows, cases })
    }
}

impl CaseFound {
    /// A case with its statements' rows, which are among those of its folder. Their keys are judged by the supplier's
    /// ring and the authority's file, of which the newest know best.
    pub fn of(
        folder: CaseFolder,
        case: Case,
        rows: &[StatementRow],
        ring: Option<&KeyRing>,
        authority: &AuthorityFile,
    ) -> CaseFound {
        let is_in = |row: &&StatementRow| {
            let mut stated = std::iter::once(&case.opening).chain(&case.replies);
            stated.any(|stated| stated.sequence == row.stated.sequence)
        };
        let statements: Vec<StatementRow> = rows.iter().filter(is_in).cloned().collect();
        let unsound = statements.iter().filter(|row| !is_sound(row, ring, authority));
        let unsound = unsound.map(|row| row.stated.sequence).collect();
        CaseFound { folder, case, statements, unsound }
    }
}

impl CaseFolder {
    /// Where a statement stands.
    pub fn of(statement: &CaseStatement) -> CaseFolder {
        CaseFolder { supplier: statement.supplier.clone(), service: statement.service.clone() }
    }

    /// The certification, where it is about one.
    pub fn certification(&self) -> Option<CertificationId> {
        let service = self.service.clone()?;
        Some(CertificationId::new(self.supplier.clone(), service))
    }
}

/// Whether the keys that signed a statement count for the time at which it was stated. That the signatures fit was
/// checked when it was let in.
fn is_sound(row: &StatementRow, ring: Option<&KeyRing>, authority: &AuthorityFile) -> bool {
    let at = row.stated.stated_at;
    let counts = |key: &String| match row.stated.by {
        Party::Department => authority.counts(key, at),
        Party::Supplier => ring.is_some_and(|ring| ring.counts(key, at)),
    };
    row.signature_key.iter().chain(&row.countersignature_key).all(counts)
}

fn about(statement: &CaseStatement) -> String {
    match &statement.service {
        Some(service) => format!("{}/{service}", statement.supplier),
        None => statement.supplier.to_string(),
    }
}

fn read(submission: CaseSubmission) -> Result<Read> {
    if submission.document.len() > MAX_DOCUMENT_BYTES {
        return Err(super::publish::too_large());
    }
    let node = crate::format::profile::parse(&submission.document)
        .map_err(|faults| RegistryError::faulty("profile", faults))?;
    let statement = v1::case::read(node).map_err(|faults| RegistryError::faulty("case-rules", faults))?;
    let digest = Digest::of(&submission.document);
    Ok(Read { folder: CaseFolder::of(&statement), statement, digest, submission })
}
