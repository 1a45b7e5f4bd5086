//! Case statements: form, place, chain, and whether the right party signed.

use super::{Here, History};
use crate::{
    cli::verify::signed::sentence,
    domain::{
        CaseStatement,
        case::Right,
        standing::{Party, Stated},
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
        if let Some(withdrawal) = self.answered(statement)
            && withdrawal != by
        {
            return Err("only whoever withdrew may reinstate".to_owned());
        }
        Ok(by)
    }

    /// Who made the statement that a reinstatement replies to.
    fn answered(&self, statement: &CaseStatement) -> Option<Party> {
        let crate::domain::case::Matter::Reinstatement { in_reply_to } = &statement.matter else { return None };
        let folder = (statement.supplier.clone(), statement.service.clone());
        let stated = self.cases.get(&folder)?.iter().find(|stated| stated.digest == *in_reply_to)?;
        Some(stated.by)
    }
}
