//! Case statements: form, place, chain, and whether the right party signed.

use super::{Here, History};
use crate::{
    cli::verify::signed::sentence,
    domain::{
        CaseStatement, CertificationId, Instant, ServiceId, Standing, SupplierId,
        case::Right,
        standing::{self, Party, Stated},
    },
    format::{
        paths::{self, Suffix},
        v1,
    },
    signing::{self, Namespace},
    store::CommittedFile,
};

impl History {
    /// A file in a folder of cases.
    pub(super) fn case(&mut self, here: &Here<'_>, file: &CommittedFile) {
        let path = file.path.as_str();
        self.counts.cases += 1;
        let stored = match v1::stored(&file.bytes, v1::case::read) {
            Ok(stored) => stored,
            Err(faults) => return self.fault(here, path, format!("it is no case statement: {faults}")),
        };
        let statement = stored.value;
        let place = paths::case_statement(&statement.supplier, statement.service.as_ref(), statement.seq);
        if place.as_str() != path || Some(&statement.registry) != self.registry.as_ref() {
            self.fault(here, path, "its ids and number are not those of its place");
        }
        let folder = (statement.supplier.clone(), statement.service.clone());
        let before = self.cases.get(&folder).and_then(|stated| stated.last());
        let due = (before.map_or(1, |last| last.statement.seq + 1), before.map(|last| last.digest));
        if (statement.seq, statement.previous) != due {
            self.fault(here, path, format!("it does not follow the statement before it: number {} was due", due.0));
        }
        let by = match self.party(here, file, &statement) {
            Ok(by) => by,
            Err(sentence) => return self.fault(here, path, sentence),
        };
        let stated = Stated {
            sequence: here.commit.sequence,
            stated_at: here.commit.time,
            digest: stored.digest,
            by,
            statement,
        };
        // Where only some commits are there, versions that closed a case may be missing: then a reply counts as
        // awaited.
        if !self.is_awaited(&stated) {
            self.fault(
                here,
                path,
                "it replies to no case that was open then and could be answered so by who signed it",
            );
        }
        self.cases.entry(folder).or_default().push(stated);
    }

    /// Who stated it: the party that may, and signed.
    fn party(&mut self, here: &Here<'_>, file: &CommittedFile, statement: &CaseStatement) -> Result<Party, String> {
        let signature = here.files.signature(file.path.as_str(), Suffix::Sig);
        let is_departments = |history: &History| {
            let key = signature.and_then(|text| signing::Sshsig::parse(text).ok());
            key.is_some_and(|parsed| history.authority.as_ref().is_some_and(|file| file.find(parsed.key()).is_some()))
        };
        let by = match statement.matter.right() {
            Right::Department => Party::Department,
            Right::Signatory => Party::Supplier,
            Right::Either | Right::SameParty if is_departments(self) => Party::Department,
            Right::Either | Right::SameParty => Party::Supplier,
        };
        let what = format!("a statement on {}", statement.matter.name());
        match by {
            Party::Department => {
                let authority = self.judge().ok_or("there is no authority file yet")?;
                let key = here.files.by_department(file, &authority, Namespace::Case)?;
                if here.files.signature(file.path.as_str(), Suffix::Countersig).is_some() {
                    return Err("it has a second signature, which statements of the Department have not".to_owned());
                }
                self.accept(here, what, key, None);
            }
            Party::Supplier => {
                let ring = self.rings.get(&statement.supplier).ok_or("its supplier has no keys")?.clone();
                let one_person = self.suppliers.get(&statement.supplier).is_some_and(|(_, _, single)| *single);
                let single = statement.matter.right() == Right::Signatory || one_person;
                let countersignature = here.files.signature(file.path.as_str(), Suffix::Countersig);
                let at = here.commit.time;
                let signers =
                    signing::check_case_signatures(&file.bytes, signature, countersignature, &ring, at, single)
                        .map_err(|faults| sentence(&faults))?;
                for signer in std::iter::once(signers.signatory).chain(signers.official) {
                    self.accept(here, what.clone(), signer.key, Some(statement.supplier.clone()));
                }
            }
        }
        Ok(by)
    }

    /// Whether a reply finds the case that it names open, and of a kind that this party may so answer.
    fn is_awaited(&self, reply: &Stated) -> bool {
        let Some(opening) = reply.statement.matter.in_reply_to() else { return true };
        let standing = self.standing(&reply.statement.supplier, reply.statement.service.as_ref(), reply.stated_at);
        standing.case(opening).is_some_and(|case| case.awaits(reply))
    }

    /// What the statements of a folder added up to.
    fn standing(&self, supplier: &SupplierId, service: Option<&ServiceId>, at: Instant) -> Standing {
        let statements = self.cases.get(&(supplier.clone(), service.cloned())).map(Vec::as_slice).unwrap_or_default();
        let id = service.map(|service| CertificationId::new(supplier.clone(), service.clone()));
        let versions = id.and_then(|id| self.versions.get(&id)).map(Vec::as_slice).unwrap_or_default();
        standing::standing(standing::History { versions, statements, counterparts: &[] }, at)
    }

    /// Whether the Department had withdrawn a certification, so that its supplier could not publish. (The withdrawal of
    /// a transcription binds nobody: the supplier's first own version ends it.)
    pub(super) fn is_withdrawn(&self, id: &CertificationId, at: Instant) -> bool {
        let stated = self.cases.contains_key(&(id.supplier.clone(), Some(id.service.clone())));
        stated && self.standing(&id.supplier, Some(&id.service), at).withdrawn_by_department().is_some()
    }
}
