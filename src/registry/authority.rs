//! The authority's own submissions: the next version of the list of root, Department and registry keys, with the
//! files that it covers (trust policy, settings, guide and scripts).
//!
//! The file in force judges the next one: so many of its root keys must sign as it asks for. The commit is signed by
//! this server's key, which the file in force must list, and the next one too: a registry whose server may not sign
//! any more could never write again. So the registry's key is exchanged in three steps: the new key is enrolled
//! beside the old one; the operator restarts the server with the new key; the old key is ended.

use std::collections::BTreeMap;

use super::{
    Registry, RegistryError, Result,
    enrol::Accepted,
    genesis::{self, is_covered},
    publish::plan::first_signature_error,
    submit::{Planned, Writer},
};
use crate::{
    domain::{Digest, Fault, Faults, Instant, RegistrySettings},
    format::{
        paths::{self, RepositoryPath},
        v1,
    },
    index::{At, AuthorityRow},
    log::{self, Policy},
    signing::{self, AuthorityFile, AuthorityRole},
    store::{Head, Snapshot},
};

/// More signatures than any threshold will ask for.
const MAX_SIGNATURES: usize = 20;

/// What the authority submits.
#[derive(Debug, Clone, Default)]
pub struct AuthoritySubmission {
    /// The exact bytes of the next `authority/allowed_signers`.
    pub document: Vec<u8>,
    /// By root keys of the file in force: armoured SSHSIG.
    pub signatures: Vec<String>,
    /// Covered files that are new or differ from those in force, by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A version of the authority file with all that it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthoritySet {
    /// Where it is.
    pub row: AuthorityRow,
    /// What it says.
    pub file: AuthorityFile,
    /// Its signatures by root keys, in their order.
    pub signatures: Vec<String>,
    /// The files that it covers, by path.
    pub files: BTreeMap<RepositoryPath, Vec<u8>>,
}

impl Registry {
    /// Puts the next version of the authority file in force, and the files that came with it.
    ///
    /// # Errors
    /// The file breaks the grammar, does not follow the one in force, is not signed by enough of its root keys, names
    /// other files than those that would be there, or leaves this server without a key to sign with.
    pub fn put_authority(&self, submission: AuthoritySubmission) -> Result<Accepted> {
        let mut writer = self.writer()?;
        let digest = Digest::of(&submission.document);
        if let Some(row) = self.index.authority_by_digest(digest)? {
            return self.already(row.sequence, digest);
        }
        let current = self.authority();
        let next = self.read_authority_file(&submission.document)?;
        let at = self.next_instant(&writer)?;
        next.check_follows(Some(&current), at).map_err(|error| {
            let conflict = RegistryError::conflict("authority-conflict", error.to_string());
            RegistryError { current: Some((current.version(), current.digest())), ..conflict }
        })?;
        if !next.has_lasting_roots() {
            let detail = "Fewer root keys are without an end than the threshold asks for: one day nobody could sign the \
                          next authority file. Add a root key, or lower the threshold, first.";
            return Err(RegistryError::conflict("authority-conflict", detail));
        }
        check_signatures(&submission, &current, at)?;
        self.new_keys_are_free(&next, &current)?;
        self.server_can_go_on(&writer, &next, at)?;
        let changed = changed_files(&submission.files, &writer.store.snapshot())?;
        let settings = self.check_covered(&next, changed.all)?;
        let planned = planned(&submission, &next, changed.files);
        let before = writer.store.head();
        let outcome = self.accept(&mut writer, at, planned);
        // It counts from the moment at which it is in Git, also if the index cannot follow now.
        if writer.store.head() != before {
            *self.authority.write().expect("no holder of this lock panics") = next;
            if settings != *self.settings {
                self.settings.replace(settings);
            }
        }
        outcome
    }

    fn read_authority_file(&self, document: &[u8]) -> Result<AuthorityFile> {
        let text = std::str::from_utf8(document)
            .map_err(|_| invalid("", "not-utf8", "An authority file is a UTF-8 text file."))?;
        AuthorityFile::parse(text, &self.settings.registry)
            .map_err(|error| invalid("", "authority-grammar", error.to_string()))
    }

    /// A key serves one role of one holder, for ever.
    fn new_keys_are_free(&self, next: &AuthorityFile, current: &AuthorityFile) -> Result<()> {
        for line in next.keys().get(current.keys().len()..).unwrap_or_default() {
            if let Some((supplier, role)) = self.index.key_owner(&line.key().fingerprint())? {
                let detail = format!(
                    "Key {} is enrolled already, as {role} of {supplier}: a key serves one role of one holder.",
                    line.key()
                );
                return Err(invalid("", "key-in-use", detail));
            }
        }
        Ok(())
    }

    fn server_can_go_on(&self, writer: &Writer, next: &AuthorityFile, at: Instant) -> Result<()> {
        let own = writer.key.public();
        if next.valid_keys(AuthorityRole::Registry, at).any(|line| *line.key() == own) {
            return Ok(());
        }
        let detail = format!(
            "This server signs with key {own}, which would not count any more: nothing could be written again. Enrol \
             the new registry key first, restart the server with it, and end this one after that."
        );
        Err(RegistryError::conflict("registry-key-in-use", detail))
    }

    /// Whether this server may sign commits at `at`.
    ///
    /// # Errors
    /// Unavailable when its key is not, or no longer, among the registry's: a commit signed with it would be void.
    pub(super) fn own_key_is_valid(&self, writer: &Writer, at: Instant) -> Result<()> {
        let own = writer.key.public();
        if self.authority().valid_keys(AuthorityRole::Registry, at).any(|line| *line.key() == own) {
            return Ok(());
        }
        let detail = format!(
            "This server's key {own} does not count as the registry's at {at}: nothing can be written with it. Its \
             operator must start it with a key that the authority file lists."
        );
        Err(RegistryError::unavailable("registry-key-not-valid", detail))
    }

    /// Checks every covered file as it would be, and gives the settings among them.
    fn check_covered(&self, next: &AuthorityFile, all: BTreeMap<RepositoryPath, Vec<u8>>) -> Result<RegistrySettings> {
        let named = next.settings();
        let there = genesis::authority_settings(&all, named.threshold);
        if there.policy != named.policy {
            let detail = "The authority file names another trust-policy than the one that would be there: send the \
                          file that was signed for, or sign again.";
            return Err(invalid("/files/authority~1trust-policy", "authority-files", detail));
        }
        if there.files != named.files {
            let detail = "The authority file names other files (registry.json, VERIFY.md, tools/) than those that \
                          would be there: send all that were signed for, or sign again.";
            return Err(invalid("/files", "authority-files", detail));
        }
        let file = |path: RepositoryPath| all.get(&path).map(Vec::as_slice).unwrap_or_default();
        self.check_policy(file(paths::trust_policy()))?;
        let settings = v1::stored(file(paths::registry()), v1::registry::read)
            .map_err(|faults| RegistryError::faulty("registry-rules", faults))?
            .value;
        if (&settings.registry, settings.simulated_dates) != (&self.settings.registry, self.settings.simulated_dates) {
            let detail = "A registry's id never changes, nor whether its dates are simulated: leave both as they are.";
            return Err(invalid("/files/registry.json", "registry-rules", detail));
        }
        Ok(settings)
    }

    /// A policy that can be read, and that still knows the log whose checkpoints this server signs.
    fn check_policy(&self, bytes: &[u8]) -> Result<()> {
        let wrong = |reason: String| invalid("/files/authority~1trust-policy", "policy-grammar", reason);
        let text = std::str::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
        let policy = Policy::parse(text).map_err(|error| wrong(error.to_string()))?;
        let origin = log::origin(&self.settings.registry);
        if policy.logs().iter().any(|log| log.key.name() == origin) {
            return Ok(());
        }
        Err(wrong(format!("The trust policy does not name this registry's own log, '{origin}': keep its line.")))
    }

    /// The version of the authority file that counted at an instant or after a commit.
    ///
    /// # Errors
    /// Not found when the registry had not begun; internal when it cannot read its own files.
    pub fn authority_at(&self, at: At) -> Result<(AuthorityRow, AuthorityFile)> {
        let (row, snapshot) = self.authority_snapshot(at)?;
        let file = read_at(&snapshot, &paths::authority())?;
        let text = String::from_utf8(file).map_err(RegistryError::internal)?;
        let file = AuthorityFile::parse(&text, &self.settings.registry).map_err(RegistryError::internal)?;
        if file.digest() != row.digest {
            return Err(RegistryError::internal(format!("the authority file of {} is another one", row.commit)));
        }
        Ok((row, file))
    }

    /// The authority file at an instant (or as it stands), with its signatures and all that it covers.
    ///
    /// # Errors
    /// As [`Registry::authority_at`].
    pub fn authority_set(&self, at: Option<Instant>) -> Result<AuthoritySet> {
        let (row, file) = self.authority_at(at.map_or(At::Sequence(u64::MAX), At::Instant))?;
        let (_, snapshot) = self.authority_snapshot(At::Sequence(row.sequence))?;
        // Only those that came with it: signatures of an earlier version may still lie beside them.
        let came = self.index.commit(row.sequence)?.map(|(_, _, files)| files).unwrap_or_default();
        let came: Vec<RepositoryPath> = came.iter().filter_map(|(path, _)| RepositoryPath::parse(path).ok()).collect();
        let mut signatures = Vec::new();
        for path in (1..=MAX_SIGNATURES).map(signature_path).take_while(|path| came.contains(path)) {
            signatures.push(String::from_utf8(read_at(&snapshot, &path)?).map_err(RegistryError::internal)?);
        }
        let files = covered_files(&snapshot)?;
        Ok(AuthoritySet { row, file, signatures, files })
    }

    fn authority_snapshot(&self, at: At) -> Result<(AuthorityRow, Snapshot)> {
        let row = self.index.authority_at(at)?;
        let row = row.ok_or_else(|| {
            RegistryError::not_found("nothing-in-force", "The registry had not begun by then: ask for a later day.")
        })?;
        let commit = row.commit.parse().map_err(|_| RegistryError::internal("the index names no commit"))?;
        let snapshot = self.reader.at(Head { commit, sequence: row.sequence, time: row.published_at });
        Ok((row, snapshot))
    }
}

/// The covered files after a submission.
struct Changed {
    /// Those that it adds or replaces.
    files: Vec<(RepositoryPath, Vec<u8>)>,
    /// All.
    all: BTreeMap<RepositoryPath, Vec<u8>>,
}

fn changed_files(submitted: &BTreeMap<String, Vec<u8>>, now: &Snapshot) -> Result<Changed> {
    let mut all = covered_files(now)?;
    let mut files = Vec::new();
    for (name, bytes) in submitted {
        let path = RepositoryPath::parse(name).ok().filter(|path| is_covered(path.as_str())).ok_or_else(|| {
            let detail = "The authority brings registry.json, VERIFY.md, authority/trust-policy and files below \
                          tools/, nothing else: leave the other files out.";
            invalid("/files", "path-not-covered", detail)
        })?;
        let pointer = format!("/files/{}", name.replace('/', "~1"));
        if bytes.len() > super::publish::MAX_DOCUMENT_BYTES || std::str::from_utf8(bytes).is_err() {
            let detail = "A covered file is a UTF-8 text of at most 256 KiB.";
            return Err(invalid(&pointer, "authority-files", detail));
        }
        if all.get(&path) != Some(bytes) {
            all.insert(path.clone(), bytes.clone());
            files.push((path, bytes.clone()));
        }
    }
    Ok(Changed { files, all })
}

fn covered_files(snapshot: &Snapshot) -> Result<BTreeMap<RepositoryPath, Vec<u8>>> {
    let mut paths: Vec<RepositoryPath> = ["registry.json", "VERIFY.md", "authority/trust-policy"]
        .map(|path| RepositoryPath::parse(path).expect("a good path"))
        .to_vec();
    let tools = snapshot.list("tools").map_err(RegistryError::internal)?;
    paths.extend(tools.into_iter().map(|(path, _)| path));
    paths.into_iter().map(|path| read_at(snapshot, &path).map(|bytes| (path, bytes))).collect()
}

fn read_at(snapshot: &Snapshot, path: &RepositoryPath) -> Result<Vec<u8>> {
    let bytes = snapshot.read(path).map_err(RegistryError::internal)?;
    bytes.ok_or_else(|| RegistryError::internal(format!("the repository has no {path}")))
}

fn check_signatures(submission: &AuthoritySubmission, judge: &AuthorityFile, at: Instant) -> Result<()> {
    if submission.signatures.len() > MAX_SIGNATURES {
        let detail = format!("At most {MAX_SIGNATURES} signatures can come with an authority file.");
        return Err(invalid("/signatures", "too-many-items", detail));
    }
    let signatures: Vec<&str> = submission.signatures.iter().map(String::as_str).collect();
    signing::check_authority_file_signatures(&submission.document, &signatures, judge, at).map_err(|faults| {
        let mut error = first_signature_error(&faults);
        error.faults.iter_mut().for_each(|fault| fault.pointer = "/signatures".to_owned());
        error
    })?;
    Ok(())
}

fn signature_path(number: usize) -> RepositoryPath {
    let number = if number == 1 { String::new() } else { number.to_string() };
    RepositoryPath::parse(&format!("{}.sig{number}", paths::authority())).expect("a good path with a number is good")
}

fn planned(
    submission: &AuthoritySubmission,
    next: &AuthorityFile,
    mut files: Vec<(RepositoryPath, Vec<u8>)>,
) -> Planned {
    for (i, signature) in submission.signatures.iter().enumerate() {
        files.push((signature_path(i + 1), signature.clone().into_bytes()));
    }
    files.push((paths::authority(), submission.document.clone()));
    Planned {
        digest: Some(Digest::of(&submission.document)),
        files: files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect(),
        message: format!("Change the authority file, version {} ({})", next.version(), next.change()),
        people: Vec::new(),
        documents: Vec::new(),
        foreseen: None,
    }
}

fn invalid(pointer: &str, code: &'static str, detail: impl Into<String>) -> RegistryError {
    RegistryError::faulty(code, Faults(vec![Fault::new(pointer, code, detail)]))
}
