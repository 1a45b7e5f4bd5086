//! Making evidence packs: everything that shows what a supplier told schools, to somebody who trusts nobody.
//!
//! A pack holds the entries of the log that the answer rests on, each with its proof under one checkpoint: every
//! version of the authority's key file and of the supplier's key ring and record, the edition, the versions asked
//! for, the one that replaced them, and the case statements. The newest commit's folders show that nothing newer
//! was left out.

use std::collections::BTreeSet;

use super::{Registry, RegistryError, Result, read::VersionContent};
use crate::{
    domain::{CertificationId, Day, Instant, standing::Condition},
    evidence::{self, Asked, Pack, Question},
    format::paths::{self, RepositoryPath},
    index::{At, CaseFolder, VersionRow},
    log::SignedCheckpoint,
    statement::{Facts, StatementView},
    store::Head,
};

mod page;

/// How to check a pack, for people.
const GUIDE: &str = include_str!("../../registry/pack/VERIFY.md");
/// How to check a pack, as a program, with what it shares with the scripts of the repository.
const SCRIPTS: [(&str, &str); 8] = [
    ("verify.sh", include_str!("../../registry/pack/verify.sh")),
    ("log.sh", include_str!("../../registry/pack/log.sh")),
    ("records.sh", include_str!("../../registry/pack/records.sh")),
    ("common.sh", include_str!("../../registry/tools/common.sh")),
    ("day.sh", include_str!("../../registry/tools/day.sh")),
    ("form.sh", include_str!("../../registry/tools/form.sh")),
    ("keys.sh", include_str!("../../registry/tools/keys.sh")),
    ("cases.sh", include_str!("../../registry/tools/cases.sh")),
];

/// A pack with the name that a reader will find it under.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// For example `example-learning-example-cloud-2025-09-04.zip`.
    pub name: String,
    /// The ZIP file.
    pub bytes: Vec<u8>,
}

/// What goes into one pack.
struct Gathered {
    question: Question,
    /// Those that are the answer, oldest first.
    versions: Vec<VersionContent>,
    /// The one that replaced the last of them.
    next: Option<VersionRow>,
    /// Places in the log.
    entries: BTreeSet<u64>,
    checkpoint: SignedCheckpoint,
}

impl Registry {
    /// Makes the evidence pack for one version, or for every version that stood at any moment of a day.
    ///
    /// # Errors
    /// Not found when there is no such version, or nothing stood on that day; invalid for a day that lies ahead;
    /// unavailable while the witnesses have not signed for it yet.
    pub fn evidence(&self, id: &CertificationId, asked: Asked) -> Result<Evidence> {
        let gathered = self.gather(id, asked)?;
        let mut pack = Pack::new();
        let head = gathered.checkpoint.checkpoint().size() - 1;
        for index in gathered.entries.iter().copied().chain([head]) {
            self.put_entry(&mut pack, index, &gathered)?;
        }
        self.put_head(&mut pack, head, id)?;
        self.put_people(&mut pack, &gathered)?;
        self.put_pages(&mut pack, &gathered)?;
        pack.insert("VERIFY.md", GUIDE.replace("certreg.example", self.settings.registry.as_str()));
        SCRIPTS.iter().for_each(|(name, text)| pack.insert(*name, *text));
        pack.insert(evidence::QUESTION, gathered.question.print());
        let what = match asked {
            Asked::Version(version) => format!("version-{version}"),
            Asked::On(day) => day.to_string(),
        };
        let name = format!("{}-{}-{what}.zip", id.supplier, id.service);
        Ok(Evidence { name, bytes: pack.to_zip().map_err(RegistryError::internal)? })
    }

    fn gather(&self, id: &CertificationId, asked: Asked) -> Result<Gathered> {
        let checkpoint = self.checkpoint()?;
        let size = checkpoint.checkpoint().size();
        if self.index.latest_sequence()?.is_none_or(|latest| latest + 1 < size) {
            let detail = "The newest entries of the log are not listed yet. Ask again in a moment.";
            return Err(RegistryError::unavailable("index-behind", detail));
        }
        let accepted = self.trust_policy()?.check(&checkpoint).map_err(|_| not_witnessed_yet())?;
        let witnessed_at = accepted.witnesses.iter().map(|(_, at)| *at).min();
        if let (Asked::On(day), Some(witnessed_at)) = (asked, witnessed_at)
            && i64::try_from(witnessed_at).is_ok_and(|at| at < day.starts_at().unix_seconds())
        {
            return Err(not_witnessed_yet());
        }
        let mut all = self.index.versions(id, None, usize::MAX)?;
        all.sort_by_key(|row| row.publication.version);
        let chosen = match asked {
            Asked::Version(version) => vec![self.version(id, version)?],
            Asked::On(day) => self.standing_on(id, &all, day)?,
        };
        let last = chosen.last().map_or(0, |row| row.publication.sequence);
        if last >= size {
            return Err(not_witnessed_yet());
        }
        let next = all.into_iter().find(|row| row.publication.sequence > last && row.publication.sequence < size);
        let mut entries = self.authority_entries(size)?;
        entries.extend(self.supplier_entries(id)?);
        for row in chosen.iter().chain(&next) {
            entries.insert(row.publication.sequence);
            let edition = self.edition_row(&row.edition)?;
            entries.insert(edition.sequence);
            // An edition may build on an older one, which its mapping names.
            entries.extend(
                self.edition(&row.edition)?
                    .mapping
                    .iter()
                    .flat_map(|mapping| self.index.edition(&mapping.older).ok().flatten().map(|older| older.sequence)),
            );
        }
        entries.retain(|sequence| *sequence < size);
        let versions = chosen.into_iter().map(|row| self.with_content(row)).collect::<Result<_>>()?;
        let question = Question {
            registry: self.settings.registry.clone(),
            certification: id.clone(),
            asked,
            made_at: self.clock.now(),
        };
        Ok(Gathered { question, versions, next, entries, checkpoint })
    }

    /// Every version in force at any moment of a day.
    fn standing_on(&self, id: &CertificationId, all: &[VersionRow], day: Day) -> Result<Vec<VersionRow>> {
        self.certification(id)?;
        let (from, until) = (day.starts_at(), day.next().starts_at());
        if from > self.clock.now() {
            let detail = format!("{day} lies ahead: ask for a day that has begun.");
            return Err(RegistryError::invalid("day-ahead", detail));
        }
        let published: Vec<&VersionRow> = all.iter().filter(|row| row.publication.published_at < until).collect();
        let replaced = |place: usize| published.get(place + 1).map(|row| row.publication.published_at);
        let stood = published.iter().enumerate().filter(|(place, _)| replaced(*place).is_none_or(|at| at > from));
        let stood: Vec<VersionRow> = stood.map(|(_, row)| (*row).clone()).collect();
        if stood.is_empty() {
            let first = self.certification(id)?.first_published_at;
            let detail =
                format!("Nothing had been published as {id} by the end of {day}; its first version is of {first}.");
            return Err(RegistryError::not_found("nothing-in-force", detail));
        }
        Ok(stood)
    }

    fn authority_entries(&self, size: u64) -> Result<BTreeSet<u64>> {
        let mut entries = BTreeSet::new();
        let mut before = Some(size - 1);
        while let Some(sequence) = before {
            let Some(row) = self.index.authority_at(At::Sequence(sequence))? else { break };
            entries.insert(row.sequence);
            before = row.sequence.checked_sub(1);
        }
        Ok(entries)
    }

    /// The supplier's records, rings and case statements.
    fn supplier_entries(&self, id: &CertificationId) -> Result<Vec<u64>> {
        let mut entries = self.index.supplier_records(&id.supplier)?;
        entries.extend(self.index.rings(&id.supplier)?.iter().map(|row| row.sequence));
        let folders =
            [Some(id.service.clone()), None].map(|service| CaseFolder { supplier: id.supplier.clone(), service });
        for folder in &folders {
            entries.extend(self.index.statements(folder)?.iter().map(|row| row.stated.sequence));
        }
        Ok(entries)
    }

    fn put_entry(&self, pack: &mut Pack, index: u64, gathered: &Gathered) -> Result<()> {
        let leaf = self.leaf(index)?;
        let proof = self.tlog_proof_at(index, gathered.checkpoint.clone())?;
        pack.insert(evidence::entry(index, "leaf"), leaf.leaf);
        pack.insert(evidence::entry(index, "proof"), proof.print());
        if !gathered.entries.contains(&index) {
            return Ok(());
        }
        let commit = leaf.commit.parse().map_err(|_| RegistryError::internal("the index names no commit"))?;
        let snapshot = self.reader.at(Head { commit, sequence: index, time: leaf.published_at });
        let files = self.index.commit(index)?.map(|(_, _, files)| files).unwrap_or_default();
        for (path, _) in files.iter().filter(|(path, _)| evidence::is_needed(path)) {
            let place = RepositoryPath::parse(path).map_err(RegistryError::internal)?;
            let bytes = snapshot.read(&place).map_err(RegistryError::internal)?;
            let bytes = bytes.ok_or_else(|| RegistryError::internal(format!("{path} is not in its commit")))?;
            pack.insert(evidence::entry(index, &format!("files/{path}")), bytes);
        }
        Ok(())
    }

    /// The newest commit and its folders.
    fn put_head(&self, pack: &mut Pack, head: u64, id: &CertificationId) -> Result<()> {
        let commit =
            self.leaf(head)?.commit.parse().map_err(|_| RegistryError::internal("the index names no commit"))?;
        let proof = self.reader.path_proof(&commit, &evidence_folders(id)).map_err(RegistryError::internal)?;
        pack.insert(evidence::HEAD_COMMIT, proof.commit());
        for (tree, bytes) in proof.trees() {
            pack.insert(format!("head/tree-{tree}"), bytes.clone());
        }
        Ok(())
    }

    fn put_people(&self, pack: &mut Pack, gathered: &Gathered) -> Result<()> {
        for digest in gathered.versions.iter().flat_map(|version| version.content.persons()) {
            if let Some(record) = self.shown_person(digest)? {
                pack.insert(format!("people/{}.json", digest.hex()), record.bytes);
            }
        }
        Ok(())
    }

    fn put_pages(&self, pack: &mut Pack, gathered: &Gathered) -> Result<()> {
        let name_of = |digest| self.shown_person(digest).ok().flatten().map(|record| record.person.name);
        for version in &gathered.versions {
            let publication = &version.row.publication;
            let facts = Facts { simulated_dates: self.settings.simulated_dates, ..Facts::of(publication) };
            let view = StatementView::new(&version.content, &version.edition, &facts, Some(&name_of));
            pack.insert(format!("statement-{}.html", publication.version), view.html());
        }
        let id = &gathered.question.certification;
        let now = self.standing(id, None)?.standing;
        let mut told = Vec::new();
        let mut then = None;
        if let Asked::On(day) = gathered.question.asked {
            let standing = self.case_standing(id, day.ends_at().min(self.present()?))?;
            let sentence = |condition: Condition| format!("On {}: {}", day.in_words(), condition.sentence);
            told.extend(standing.conditions().into_iter().map(sentence));
            then = Some(standing);
        }
        told.extend(now.conditions().into_iter().map(|told| format!("When this was made: {}", told.sentence)));
        let withdrawn = then.as_ref().unwrap_or(&now).withdrawal_in_words();
        pack.insert(evidence::PAGE, page::print(gathered, &self.settings, withdrawn, told));
        Ok(())
    }
}

fn not_witnessed_yet() -> RegistryError {
    let detail = "The log's witnesses have not signed for this version yet. Ask again in a minute.";
    RegistryError::unavailable("not-witnessed-yet", detail)
}

/// The folders whose listings at the head show that nothing newer was left out.
pub fn evidence_folders(id: &CertificationId) -> Vec<RepositoryPath> {
    let parent = |path: RepositoryPath| {
        let (folder, _) = path.as_str().rsplit_once('/').expect("these files lie in folders");
        RepositoryPath::parse(folder).expect("the folder of a good path is a good path")
    };
    vec![
        parent(paths::authority()),
        parent(paths::ring(&id.supplier)),
        parent(paths::case_statement(&id.supplier, Some(&id.service), 1)),
        parent(paths::case_statement(&id.supplier, None, 1)),
    ]
}

/// From when to when a version stood.
fn until(gathered: &Gathered, place: usize) -> Option<Instant> {
    let later = gathered.versions.get(place + 1).map(|version| &version.row);
    later.or(gathered.next.as_ref()).map(|row| row.publication.published_at)
}
