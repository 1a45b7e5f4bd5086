//! The entries of the log that a pack holds: each proven, with the files that it names, and the newest commit.

use crate::{
    domain::{CertificationId, Digest, Instant},
    evidence::{self, HEAD_COMMIT, Pack, Question},
    format::{
        leaf::{self, Leaf},
        paths::{self, RepositoryPath, Suffix},
        v1,
    },
    log::{Checkpoint, Policy, TlogProof, leaf_hash},
    registry::evidence::evidence_folders,
    store::{Commit, CommittedFile, Listed, PathProof, file_id},
};

/// An entry with the files that came with it.
struct Entry {
    leaf: Leaf,
    text: String,
    proof: TlogProof,
    files: Vec<CommittedFile>,
}

/// Every entry of a pack, lowest first.
pub(super) struct Entries {
    entries: Vec<Entry>,
    witnesses: usize,
    /// The earliest time that a witness gave, in seconds since 1970.
    witnessed_at: Option<u64>,
    /// The newest commit with its folders, once it is known to be that of the log.
    head: Option<PathProof>,
}

impl Entries {
    /// Reads and proves every entry; what does not hold is told in `findings`.
    pub(super) fn read(pack: &Pack, question: &Question, findings: &mut Vec<String>) -> Entries {
        let mut entries = Vec::new();
        for index in pack.entries() {
            match Entry::read(pack, index, question) {
                Ok((entry, faults)) => {
                    findings.extend(faults);
                    entries.push(entry);
                }
                Err(sentence) => findings.push(format!("entry {index}: {sentence}")),
            }
        }
        let mut read = Entries { entries, witnesses: 0, witnessed_at: None, head: None };
        read.prove(findings);
        read
    }

    /// Every proof, against one checkpoint, by the newest trust policy. (Whether that is the authority's is judged
    /// with its key file, which names its digest.)
    fn prove(&mut self, findings: &mut Vec<String>) {
        let path = paths::trust_policy();
        let newest = self.entries.iter().rev().find_map(|entry| entry.file(&path));
        let policy = newest.and_then(|file| Policy::parse(str::from_utf8(&file.bytes).ok()?).ok());
        let Some(policy) = policy else {
            findings.push("there is no trust policy to judge the log by".to_owned());
            return;
        };
        let first = self.entries.first().map(|entry| entry.proof.checkpoint().clone());
        for entry in &self.entries {
            let index = entry.leaf.index;
            if Some(entry.proof.checkpoint()) != first.as_ref() {
                findings.push(format!("entry {index}: its proof is for another state of the log than the others"));
            }
            match entry.proof.verify(leaf_hash(entry.text.as_bytes()), &policy) {
                Ok(accepted) => {
                    self.witnesses = accepted.witnesses.len();
                    self.witnessed_at = accepted.witnesses.iter().map(|(_, at)| *at).min();
                }
                Err(error) => findings.push(format!("entry {index}: it is not shown to be in the log: {error}")),
            }
        }
    }

    /// The entries as commits; those without files say nothing to judge.
    pub(super) fn commits(&self) -> Vec<Commit> {
        self.entries.iter().filter(|entry| !entry.files.is_empty()).filter_map(Entry::commit).collect()
    }

    fn checkpoint(&self) -> Option<&Checkpoint> {
        Some(self.entries.first()?.proof.checkpoint().checkpoint())
    }

    /// How many entries the log had.
    pub(super) fn size(&self) -> u64 {
        self.checkpoint().map_or(0, Checkpoint::size)
    }

    /// The time of the newest entry.
    pub(super) fn head_time(&self) -> Option<Instant> {
        self.entries.last().map(|entry| entry.leaf.time)
    }

    /// Whether witnesses stand behind the state of the log.
    pub(super) fn is_witnessed(&self) -> bool {
        self.witnesses > 0
    }

    /// Until when the pack knows the log: the time that its witnesses gave, or that of its newest entry.
    pub(super) fn known_until(&self) -> Option<Instant> {
        let witnessed = self.witnessed_at.and_then(|at| Instant::from_unix_seconds(i64::try_from(at).ok()?).ok());
        witnessed.or(self.head_time())
    }

    /// One line about the log, for people.
    pub(super) fn log_words(&self) -> String {
        let witnesses = match self.witnesses {
            0 => "signed by the log alone".to_owned(),
            1 => "signed by the log and 1 witness".to_owned(),
            count => format!("signed by the log and {count} witnesses"),
        };
        let until = self.known_until().map(|at| format!(", known until {at}")).unwrap_or_default();
        format!("{} entries, {witnesses}{until}", self.size())
    }

    /// The entries that brought a version of `id`: the document's bytes, when, and where.
    pub(super) fn documents<'a>(&'a self, id: &CertificationId) -> impl Iterator<Item = (&'a [u8], Instant, u64)> {
        let path = paths::document(id);
        let document =
            move |entry: &'a Entry| Some((entry.file(&path)?.bytes.as_slice(), entry.leaf.time, entry.leaf.index));
        self.entries.iter().filter_map(document)
    }

    /// The newest copy of a file among the entries.
    fn newest(&self, path: &RepositoryPath) -> Option<&CommittedFile> {
        self.entries.iter().rev().find_map(|entry| entry.file(path))
    }

    /// Whether the newest commit has nothing newer than what the entries hold.
    pub(super) fn check_head(&mut self, pack: &Pack, question: &Question, findings: &mut Vec<String>) {
        let Some(head) = self.entries.last().filter(|entry| entry.leaf.index + 1 == self.size()) else {
            return findings
                .push("the newest entry of the log is missing: newer ones may have been left out".to_owned());
        };
        let trees = pack.below("head/tree-").map(|(_, bytes)| bytes.to_vec()).collect();
        let commit = pack.get(HEAD_COMMIT).unwrap_or_default().to_vec();
        let proof = match PathProof::read(commit, trees) {
            Ok(proof) => proof,
            Err(error) => return findings.push(format!("the newest commit cannot be read: {error}")),
        };
        if proof.id().to_string() != head.leaf.commit || proof.time() != head.leaf.time {
            return findings.push("the newest commit is not the one that the log names".to_owned());
        }
        if let Err(sentence) = self.check_newest(&proof, &question.certification) {
            findings.push(sentence);
        }
        self.head = Some(proof);
    }

    fn check_newest(&self, proof: &PathProof, id: &CertificationId) -> Result<(), String> {
        let single =
            [paths::authority(), paths::trust_policy(), paths::supplier(&id.supplier), paths::ring(&id.supplier)];
        for path in &single {
            let there = proof.blob(path).map_err(|error| error.to_string())?;
            if there != self.newest(path).map(|file| file.object) {
                return Err(format!("the {path} of this pack is not the newest: a stale one was put in its place"));
            }
        }
        for folder in evidence_folders(id).iter().filter(|folder| folder.as_str().ends_with(".case")) {
            let listed = proof.list(folder).map_err(|error| error.to_string())?;
            for Listed { name, object, .. } in listed.iter().filter(|listed| listed.name.ends_with(".json")) {
                let path = RepositoryPath::parse(&format!("{folder}/{name}")).map_err(|error| error.to_string())?;
                if self.newest(&path).map(|file| file.object) != Some(*object) {
                    return Err(format!("the case statement {path} was left out of this pack"));
                }
            }
        }
        self.check_countersignature(proof, id)
    }

    /// Nothing is ever removed: where the current version came with one signature, and its place has a second one,
    /// that is of a version before it.
    fn check_countersignature(&self, proof: &PathProof, id: &CertificationId) -> Result<(), String> {
        let (document, second) = (paths::document(id), paths::document(id).with_suffix(Suffix::Countersig));
        let there = |path| proof.blob(path).map_err(|error| error.to_string());
        let Some(newest) = self.entries.iter().rev().find(|entry| entry.file(&document).is_some()) else {
            return Ok(());
        };
        let file = newest.file(&document);
        let draft = file.and_then(|file| v1::stored(&file.bytes, v1::certification::read).ok());
        let is_own = draft.is_some_and(|stored| !stored.value.is_transcription());
        let is_current = is_own && there(&document)? == file.map(|file| file.object);
        if is_current && there(&second)? != newest.file(&second).map(|file| file.object) {
            return Err(
                "the current version has one signature, but an earlier version of its supplier has two".to_owned()
            );
        }
        Ok(())
    }

    /// Whether the newest commit has this document as the current one of `id`.
    pub(super) fn is_current(&self, id: &CertificationId, document: &[u8]) -> bool {
        let there = self.head.as_ref().and_then(|proof| proof.blob(&paths::document(id)).ok().flatten());
        there.is_some() && there == file_id(document)
    }
}

/// Whether a file is the registry's own, an edition, or this supplier's.
fn belongs(path: &str, question: &Question) -> bool {
    let ring = paths::ring(&question.certification.supplier);
    let folder = ring.as_str().trim_end_matches("allowed_signers");
    path == paths::registry().as_str()
        || ["authority/", "editions/", folder].iter().any(|known| path.starts_with(known))
}

impl Entry {
    /// Reads one entry; faults of its files are told beside it.
    fn read(pack: &Pack, index: u64, question: &Question) -> Result<(Entry, Vec<String>), String> {
        let text = pack.text(&evidence::entry(index, "leaf")).ok_or("it is no text")?.to_owned();
        let leaf = leaf::parse(&text).map_err(|error| error.to_string())?;
        if leaf.registry != question.registry || leaf.index != index {
            return Err("it is an entry of another place or registry".to_owned());
        }
        let proof = pack.text(&evidence::entry(index, "proof")).ok_or("its proof is missing")?;
        let proof = TlogProof::parse(proof).map_err(|error| format!("its proof cannot be read: {error}"))?;
        if proof.index() != index {
            return Err("its proof is for another entry".to_owned());
        }
        let (mut files, mut faults) = (Vec::new(), Vec::new());
        for (path, bytes) in pack.below(&evidence::entry(index, "files/")) {
            let digest = Digest::of(bytes);
            if leaf.digest(path) != Some(digest) {
                faults.push(format!("entry {index}: {path} is not the file that the log names: it was altered"));
            }
            if !belongs(path, question) {
                faults.push(format!("entry {index}: {path} has no place in this pack"));
            }
            let path = RepositoryPath::parse(path).map_err(|error| error.to_string())?;
            let object = file_id(bytes).ok_or("a file was made to collide in SHA-1")?;
            files.push(CommittedFile { path, object, digest, bytes: bytes.to_vec() });
        }
        if !files.is_empty() {
            let missing = leaf.files.iter().filter(|(path, _)| evidence::is_needed(path));
            let missing = missing.filter(|(path, _)| !files.iter().any(|file| file.path.as_str() == path));
            faults.extend(missing.map(|(path, _)| format!("entry {index}: {path} is missing from the pack")));
        }
        Ok((Entry { leaf, text, proof, files }, faults))
    }

    fn file(&self, path: &RepositoryPath) -> Option<&CommittedFile> {
        self.files.iter().find(|file| file.path == *path)
    }

    fn commit(&self) -> Option<Commit> {
        Some(Commit {
            sequence: self.leaf.index,
            commit: self.leaf.commit.parse().ok()?,
            time: self.leaf.time,
            message: String::new(),
            signed: String::new(),
            signature: String::new(),
            files: self.files.clone(),
        })
    }
}
