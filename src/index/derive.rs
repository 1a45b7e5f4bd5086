//! What a commit submits, told from the paths that it touches alone.

use super::{CommitFacts, FileFacts, IndexError, query};
use crate::{
    domain::{CertificationId, EditionId, ServiceId, SupplierId},
    format::paths::{Place, Suffix, place},
};

/// The one thing that a commit submits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Submission {
    /// The authority's files, the settings or the guide; also the genesis.
    Authority,
    /// A wording of the checklist.
    Edition(EditionId),
    /// `supplier.json`.
    Supplier(SupplierId),
    /// A supplier's keys, with the requests for new ones.
    Ring(SupplierId),
    /// A version of a certification.
    Version(CertificationId),
    /// A case statement, about one service or the whole supplier.
    Case(SupplierId, Option<ServiceId>),
}

/// The main file of a submission with the signatures beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'f> {
    pub main: &'f FileFacts,
    pub signature: Option<&'f FileFacts>,
    pub countersignature: Option<&'f FileFacts>,
}

/// Says what a commit submits.
///
/// # Errors
/// [`IndexError::Underivable`] when it touches the main files of two submissions, or names no real objects.
pub(super) fn submission(commit: &CommitFacts) -> Result<Submission, IndexError> {
    check_objects(commit)?;
    let mut found = None;
    for file in &commit.files {
        let Some(submission) = submitted_by(&file.path) else { continue };
        match &found {
            None => found = Some(submission),
            Some(known) if *known == submission => {}
            Some(_) => return Err(underivable(commit, &file.path, "a commit holds one submission, this is a second")),
        }
    }
    Ok(found.unwrap_or(Submission::Authority))
}

fn check_objects(commit: &CommitFacts) -> Result<(), IndexError> {
    if query::object_bytes(&commit.commit).is_none() {
        return Err(underivable(commit, "(commit)", "its id is not 40 lowercase hex digits"));
    }
    match commit.files.iter().find(|file| query::object_bytes(&file.object).is_none()) {
        Some(file) => Err(underivable(commit, &file.path, "its blob is not named by 40 lowercase hex digits")),
        None => Ok(()),
    }
}

/// The submission that a file belongs to; `None` for files that go along with others (key requests, the guide).
fn submitted_by(path: &str) -> Option<Submission> {
    let place = match place(path) {
        Place::Signature(signed, _) => *signed,
        place => place,
    };
    match place {
        Place::Registry | Place::Authority => Some(Submission::Authority),
        Place::Edition(id) => Some(Submission::Edition(id)),
        Place::Supplier(id) => Some(Submission::Supplier(id)),
        Place::Ring(id) => Some(Submission::Ring(id)),
        Place::Document(id) => Some(Submission::Version(id)),
        Place::Signature(..) => None,
        Place::Other => case(path),
    }
}

/// `suppliers/<xx>/<supplier>/<service>.case/00001.json`, or `supplier.case` for the whole supplier.
fn case(path: &str) -> Option<Submission> {
    let segments: Vec<&str> = path.split('/').collect();
    let ["suppliers", prefix, supplier, folder, file] = segments.as_slice() else { return None };
    let supplier: SupplierId = supplier.parse().ok().filter(|id: &SupplierId| id.prefix() == *prefix)?;
    let number = file.strip_suffix(".json")?;
    if number.len() != 5 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match folder.strip_suffix(".case")? {
        "supplier" => Some(Submission::Case(supplier, None)),
        service => Some(Submission::Case(supplier, Some(service.parse().ok()?))),
    }
}

/// Finds the file at `path` and the signatures beside it.
pub(super) fn signed<'f>(commit: &'f CommitFacts, path: &str) -> Option<Signed<'f>> {
    let at = |wanted: &str| commit.files.iter().find(|file| file.path == wanted);
    let beside = |suffix: Suffix| at(&format!("{path}.{}", suffix.as_str()));
    Some(Signed { main: at(path)?, signature: beside(Suffix::Sig), countersignature: beside(Suffix::Countersig) })
}

/// The error for a commit that does not make sense.
pub(super) fn underivable(commit: &CommitFacts, path: &str, reason: impl Into<String>) -> IndexError {
    IndexError::Underivable { sequence: commit.sequence, path: path.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Digest, Instant};

    fn commit(paths: &[&str]) -> CommitFacts {
        let file = |path: &&str| FileFacts {
            path: (*path).to_owned(),
            object: "0".repeat(40),
            digest: Digest::of(path.as_bytes()),
        };
        let time = Instant::from_unix_seconds(0).expect("1970");
        CommitFacts {
            sequence: 1,
            commit: "a".repeat(40),
            time,
            files: paths.iter().map(file).collect(),
            leaf: [0; 32],
        }
    }

    #[test]
    fn tells_the_submission_from_the_paths() {
        let told = |paths: &[&str]| format!("{:?}", submission(&commit(paths)).expect("one submission"));
        assert_eq!(told(&[".gitattributes", "VERIFY.md", "authority/allowed_signers", "registry.json"]), "Authority");
        assert_eq!(told(&["editions/dfe-1.json", "editions/dfe-1.json.sig"]), "Edition(dfe-1)");
        assert_eq!(told(&["suppliers/ac/acme/supplier.json.sig", "suppliers/ac/acme/supplier.json"]), "Supplier(acme)");
        let ring = ["suppliers/ac/acme/keys/signatory-0123456789abcdef.json", "suppliers/ac/acme/allowed_signers"];
        assert_eq!(told(&ring), "Ring(acme)");
        assert_eq!(told(&["suppliers/ac/acme/lms.json", "suppliers/ac/acme/lms.json.countersig"]), "Version(acme/lms)");
        assert_eq!(told(&["suppliers/ac/acme/lms.case/00001.json"]), "Case(acme, Some(lms))");
        assert_eq!(told(&["suppliers/ac/acme/supplier.case/00002.json"]), "Case(acme, None)");
    }

    #[test]
    fn two_submissions_in_one_commit_are_refused() {
        let two = commit(&["suppliers/ac/acme/lms.json", "suppliers/ac/acme/vle.json"]);
        let error = submission(&two).expect_err("two").to_string();
        assert!(error.starts_with("commit 1 cannot be indexed: suppliers/ac/acme/vle.json:"), "{error}");
        let mut odd = commit(&["VERIFY.md"]);
        odd.files[0].object = "A".repeat(40);
        assert!(submission(&odd).is_err());
    }
}
