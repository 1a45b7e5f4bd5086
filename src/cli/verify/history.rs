//! Replaying a whole history and judging every file in it: what was known at each commit, and what is known now.

mod ahead;
mod cases;
mod documents;
mod keys;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::ahead::{Documents, each_commit};
use super::signed::Files;
use crate::{
    domain::{
        CertificationId, Digest, Edition, EditionId, Instant, RegistryId, ServiceId, SupplierId,
        standing::{Stated, VersionFact},
    },
    format::{
        paths::{self, Place},
        v1,
    },
    registry::genesis::GITATTRIBUTES,
    signing::{self, AuthorityFile, AuthorityRole, KeyRing, Namespace, PublicKey, Role},
    store::Commit,
};

/// Something that does not hold, and where.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub sequence: u64,
    pub commit: String,
    pub path: String,
    pub sentence: String,
}

/// The newest version of a certification, as far as the next one depends on it.
pub(super) struct Newest {
    pub version: u32,
    pub digest: Digest,
    /// The digest of what a re-affirmation may not alter.
    pub essence: Digest,
    pub is_transcription: bool,
}

/// A signature that was good when it was accepted.
pub(super) struct Accepted {
    pub what: String,
    pub sequence: u64,
    pub commit: String,
    pub at: Instant,
    pub key: PublicKey,
    /// Whose ring it is in; none for the Department's.
    pub ring: Option<SupplierId>,
}

/// How much there is.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub commits: u64,
    pub versions: u64,
    pub transcriptions: u64,
    pub cases: u64,
}

/// Everything that was known up to some commit.
#[derive(Default)]
pub(super) struct History {
    pub registry: Option<RegistryId>,
    pub authority: Option<AuthorityFile>,
    /// The root keys that signed the first authority file.
    pub roots: Vec<PublicKey>,
    /// Digests of the files that the authority file covers.
    covered: BTreeMap<String, Digest>,
    pub editions: BTreeMap<EditionId, (Edition, Digest)>,
    pub suppliers: BTreeMap<SupplierId, (u32, Digest, bool)>,
    pub rings: BTreeMap<SupplierId, KeyRing>,
    pub certifications: BTreeMap<CertificationId, Newest>,
    /// Suppliers of which a version had two signatures: they never return to one.
    signed_twice: BTreeSet<SupplierId>,
    /// Statements by their folder: of one service, or of the whole supplier.
    pub cases: BTreeMap<(SupplierId, Option<ServiceId>), Vec<Stated>>,
    /// Versions as the standing of a certification sees them, oldest first.
    versions: BTreeMap<CertificationId, Vec<VersionFact>>,
    pub accepted: Vec<Accepted>,
    pub findings: Vec<Finding>,
    pub counts: Counts,
    pub first_at: Option<Instant>,
    pub last_at: Option<Instant>,
    /// Only some commits are there: what rests on the others is not judged.
    partial: bool,
}

/// The commit that is being judged.
struct Here<'c> {
    commit: &'c Commit,
    files: Files<'c>,
    documents: &'c Documents,
}

impl History {
    /// A history of which only some commits will be judged, each of them known from the log: commits come without
    /// their own signatures, and the first version of a certification may have others before it.
    pub(super) fn of_some() -> History {
        History { partial: true, ..History::default() }
    }

    /// Judges the next commit. (Order of parents, and times that never decrease, are the replay's own checks.)
    pub(super) fn add(&mut self, commit: &Commit) {
        self.add_read(commit, &Documents::of(commit));
    }

    /// Judges the next commit, of which the documents were read already.
    pub(super) fn add_read(&mut self, commit: &Commit, documents: &Documents) {
        let here = Here { commit, files: Files::of(commit), documents };
        self.counts.commits += 1;
        self.first_at.get_or_insert(commit.time);
        self.last_at = Some(commit.time);
        let before = self.authority.clone();
        if here.files.has(paths::authority().as_str()) {
            self.authority_file(&here);
        }
        // The genesis is signed by a key of its own file, every other commit by one of the file before.
        if !self.partial {
            self.commit_signature(&here, before.as_ref());
        }
        for file in here.files.iter() {
            match paths::place(file.path.as_str()) {
                Place::Authority => {}
                Place::Registry => self.covered_file(&here, file.path.as_str()),
                Place::Edition(id) => self.edition(&here, &id, file),
                Place::Supplier(id) => self.supplier(&here, &id, file),
                Place::Ring(id) => self.ring(&here, &id, file),
                Place::Document(id) => self.document(&here, &id, file),
                Place::Signature(..) => self.signature_alone(&here, file.path.as_str()),
                Place::Other if is_case(file.path.as_str()) => self.case(&here, file),
                Place::Other => self.other(&here, file.path.as_str()),
            }
        }
    }

    fn fault(&mut self, here: &Here<'_>, path: &str, sentence: impl Into<String>) {
        self.findings.push(Finding {
            sequence: here.commit.sequence,
            commit: here.commit.commit.to_string(),
            path: path.to_owned(),
            sentence: sentence.into(),
        });
    }

    fn accept(&mut self, here: &Here<'_>, what: String, key: PublicKey, ring: Option<SupplierId>) {
        self.accepted.push(Accepted {
            what,
            sequence: here.commit.sequence,
            commit: here.commit.commit.to_string(),
            at: here.commit.time,
            key,
            ring,
        });
    }

    fn commit_signature(&mut self, here: &Here<'_>, before: Option<&AuthorityFile>) {
        let Some(judge) = before.or(self.authority.as_ref()).cloned() else {
            return self.fault(here, "", "there is no authority file yet, so nobody can have signed this commit");
        };
        // Git keeps the signature without its last line end.
        let (signed, signature) = (here.commit.signed.as_bytes(), format!("{}\n", here.commit.signature.trim_end()));
        let role = AuthorityRole::Registry;
        let checked = signing::check_authority_signature(
            signed,
            Some(&signature),
            &judge,
            role,
            Namespace::Git,
            here.commit.time,
        );
        match checked {
            Ok(signer) => self.accept(here, "the commit itself".to_owned(), signer.key, None),
            Err(faults) => self.fault(here, "", format!("the commit itself: {}", super::signed::sentence(&faults))),
        }
    }

    /// The authority's file, by which everything else is judged.
    fn judge(&self) -> Option<AuthorityFile> {
        self.authority.clone()
    }

    /// A signature must come with what it signs.
    fn signature_alone(&mut self, here: &Here<'_>, path: &str) {
        let base = path.rsplit_once('.').map_or(path, |(base, _)| base);
        if !here.files.has(base) {
            self.fault(here, path, "the signature was replaced without the file that it signs");
        }
    }

    fn edition(&mut self, here: &Here<'_>, id: &EditionId, file: &crate::store::CommittedFile) {
        let path = file.path.as_str();
        if self.editions.contains_key(id) {
            return self.fault(here, path, "an edition never changes once it is published, but this one did");
        }
        let stored = match v1::stored(&file.bytes, v1::edition::read) {
            Ok(stored) => stored,
            Err(faults) => return self.fault(here, path, format!("it is no edition: {faults}")),
        };
        if stored.value.id != *id {
            self.fault(here, path, format!("it calls itself {}", stored.value.id));
        }
        if let Some(mapping) = &stored.value.mapping
            && self.editions.get(&mapping.older).is_none_or(|(_, digest)| *digest != mapping.older_digest)
        {
            self.fault(here, path, format!("it maps edition {} by a digest that is not published", mapping.older));
        }
        self.departments(here, file, Namespace::Editions, format!("edition {id}"));
        self.editions.insert(id.clone(), (stored.value, stored.digest));
    }

    fn supplier(&mut self, here: &Here<'_>, id: &SupplierId, file: &crate::store::CommittedFile) {
        let path = file.path.as_str();
        let stored = match v1::stored(&file.bytes, v1::supplier::read) {
            Ok(stored) => stored,
            Err(faults) => return self.fault(here, path, format!("it is no supplier record: {faults}")),
        };
        let supplier = stored.value;
        if supplier.supplier != *id || Some(&supplier.registry) != self.registry.as_ref() {
            self.fault(here, path, "its ids are not those of its place");
        }
        let before = self.suppliers.get(id);
        let expected = (before.map_or(1, |(version, ..)| version + 1), before.map(|(_, digest, _)| *digest));
        if (supplier.version, supplier.previous) != expected {
            self.fault(here, path, format!("it does not follow the record before it: version {} was due", expected.0));
        }
        self.departments(here, file, Namespace::Keys, format!("the record of {id}"));
        self.suppliers.insert(id.clone(), (supplier.version, stored.digest, supplier.single_signatory));
    }

    /// Checks a signature of the Department's and remembers it.
    fn departments(&mut self, here: &Here<'_>, file: &crate::store::CommittedFile, namespace: Namespace, what: String) {
        let Some(authority) = self.judge() else { return };
        match here.files.by_department(file, &authority, namespace) {
            Ok(key) => self.accept(here, what, key, None),
            Err(sentence) => self.fault(here, file.path.as_str(), sentence),
        }
    }

    fn other(&mut self, here: &Here<'_>, path: &str) {
        let is_covered = matches!(path, ".gitattributes" | "VERIFY.md" | "authority/trust-policy");
        if is_covered || path.starts_with("tools/") {
            if path == ".gitattributes" && here.files.text(path) != Some(GITATTRIBUTES) {
                self.fault(
                    here,
                    path,
                    "it is not as every registry has it: files could be written otherwise than signed",
                );
            }
            return self.covered_file(here, path);
        }
        if path.starts_with("authority/allowed_signers.sig") {
            return self.signature_alone_of_authority(here, path);
        }
        if path.starts_with("suppliers/") && path.contains(".case/") {
            return self.signature_alone(here, path);
        }
        let is_request = path.starts_with("suppliers/") && path.contains("/keys/");
        let ring = path.split("/keys/").next().map(|folder| format!("{folder}/allowed_signers"));
        match ring.filter(|_| is_request) {
            // Requests are judged with their ring.
            Some(ring) if here.files.has(&ring) => {}
            Some(_) => self.fault(here, path, "a key request came without the ring that enrols its key"),
            None => self.fault(here, path, "nothing has this place in a registry"),
        }
    }

    /// What is known now of everything that was accepted: signatures that do not hold any more.
    pub(super) fn unsound_now(&self) -> Vec<Finding> {
        let unsound = |accepted: &&Accepted| !self.holds_now(accepted);
        let finding = |accepted: &Accepted| Finding {
            sequence: accepted.sequence,
            commit: accepted.commit.clone(),
            path: String::new(),
            sentence: format!(
                "{} was signed with {}, which has since been reported as unsafe for that time",
                accepted.what, accepted.key
            ),
        };
        self.accepted.iter().filter(unsound).map(finding).collect()
    }

    fn holds_now(&self, accepted: &Accepted) -> bool {
        match &accepted.ring {
            Some(supplier) => {
                let line = self.rings.get(supplier).and_then(|ring| ring.find(&accepted.key));
                line.is_some_and(|line| line.is_valid_at(accepted.at))
            }
            None => {
                let line = self.authority.as_ref().and_then(|authority| authority.find(&accepted.key));
                line.is_some_and(|line| line.is_valid_at(accepted.at))
            }
        }
    }
}

/// A file of a case; whether it lies where it belongs is judged with what it says.
fn is_case(path: &str) -> bool {
    path.starts_with("suppliers/") && path.contains(".case/") && path.ends_with(".json")
}

/// For messages: whose signature.
fn role_words(role: Role) -> &'static str {
    match role {
        Role::Signatory => "the signatory",
        Role::Official => "the official",
    }
}
