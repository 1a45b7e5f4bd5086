//! One commit's files, and the signatures among them.

use std::collections::BTreeMap;

use crate::{
    domain::Instant,
    format::paths::Suffix,
    signing::{self, AuthorityFile, AuthorityRole, Namespace, PublicKey},
    store::{Commit, CommittedFile},
};

/// The files of one commit, by path.
pub(super) struct Files<'c> {
    by_path: BTreeMap<&'c str, &'c CommittedFile>,
    /// The committer time.
    pub at: Instant,
}

impl<'c> Files<'c> {
    pub(super) fn of(commit: &'c Commit) -> Files<'c> {
        let by_path = commit.files.iter().map(|file| (file.path.as_str(), file)).collect();
        Files { by_path, at: commit.time }
    }

    pub(super) fn get(&self, path: &str) -> Option<&'c CommittedFile> {
        self.by_path.get(path).copied()
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'c CommittedFile> {
        self.by_path.values().copied()
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Option<&'c str> {
        std::str::from_utf8(&self.get(path)?.bytes).ok()
    }

    /// The signature beside a file.
    pub(super) fn signature(&self, path: &str, suffix: Suffix) -> Option<&'c str> {
        self.text(&format!("{path}.{}", suffix.as_str()))
    }

    /// Checks a signature of the Department's on a file of this commit, and gives the key.
    pub(super) fn by_department(
        &self,
        file: &CommittedFile,
        authority: &AuthorityFile,
        namespace: Namespace,
    ) -> Result<PublicKey, String> {
        let signature = self.signature(file.path.as_str(), Suffix::Sig);
        let role = AuthorityRole::Department;
        signing::check_authority_signature(&file.bytes, signature, authority, role, namespace, self.at)
            .map(|signer| signer.key)
            .map_err(|faults| sentence(&faults))
    }
}

/// Faults of signatures as one sentence.
pub(super) fn sentence(faults: &[signing::SignatureFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
