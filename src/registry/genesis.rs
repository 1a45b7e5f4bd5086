//! How a registry begins: the operator proposes, the Department admits, commit 0 is written.
//!
//! 1. `certreg init` makes the registry's keys and a [`Proposal`]: what the registry will say of itself, its
//!    guide and its scripts.
//! 2. `certreg authority admit` turns the proposal into the signed authority file. Root and Department keys never
//!    come near the server.
//! 3. `certreg init`, run again, checks the signatures and writes commit 0.

use std::{collections::BTreeMap, path::Path};

use super::{Clock, Registry, RegistryError, Result, ServerKeys, open, workbench::signing_page};
use crate::{
    domain::{Digest, Fault, Faults, Instant, RegistryId, RegistrySettings},
    format::{
        paths::{self, RepositoryPath},
        profile, v1,
    },
    log::{self, Policy, SignatureType, VerifierKey},
    signing::{self, AuthorityFile, AuthorityKey, AuthorityRole, AuthoritySettings, PublicKey, Window},
    store::{Entry, Store},
};

/// How a work tree writes files: exactly as they were signed, whatever somebody's Git is set to. It never changes, and
/// nobody signs for it.
pub const GITATTRIBUTES: &str = include_str!("../../registry/gitattributes");
const VERIFY_MD: &str = include_str!("../../registry/VERIFY.md");
const TOOLS: [(&str, &str); 12] = [
    ("tools/as-of.sh", include_str!("../../registry/tools/as-of.sh")),
    ("tools/authority.sh", include_str!("../../registry/tools/authority.sh")),
    ("tools/cases.sh", include_str!("../../registry/tools/cases.sh")),
    ("tools/certification.sh", include_str!("../../registry/tools/certification.sh")),
    ("tools/commits.sh", include_str!("../../registry/tools/commits.sh")),
    ("tools/common.sh", include_str!("../../registry/tools/common.sh")),
    ("tools/day.sh", include_str!("../../registry/tools/day.sh")),
    ("tools/form.sh", include_str!("../../registry/tools/form.sh")),
    ("tools/keys.sh", include_str!("../../registry/tools/keys.sh")),
    ("tools/leaf.sh", include_str!("../../registry/tools/leaf.sh")),
    ("tools/root.sh", include_str!("../../registry/tools/root.sh")),
    ("tools/verify-all.sh", include_str!("../../registry/tools/verify-all.sh")),
];

/// Where the page for signing in a browser lies.
pub const SIGNING_PAGE: &str = "tools/sign.html";

/// What the operator proposes: everything of commit 0 but the authority file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What the registry will say of itself.
    pub settings: RegistrySettings,
    /// The key that will sign commits.
    pub registry_key: PublicKey,
    /// The key that will sign the log's checkpoints.
    pub log_key: PublicKey,
}

impl Proposal {
    /// The files of commit 0 but the authority file and its signatures, sorted by path.
    pub fn files(&self) -> Vec<(RepositoryPath, Vec<u8>)> {
        let settings = profile::print(&v1::registry::write(&self.settings));
        let mut files = vec![
            (fixed(".gitattributes"), GITATTRIBUTES.as_bytes().to_vec()),
            (paths::trust_policy(), self.trust_policy().into_bytes()),
            (paths::registry(), settings),
        ];
        files.extend(guide_and_tools(&self.settings.registry));
        files.sort();
        files
    }

    /// The trust policy (C2SP tlog-policy): the log's key and, until there are witnesses, no quorum.
    fn trust_policy(&self) -> String {
        let name = log::origin(&self.settings.registry);
        let key = VerifierKey::new(&name, SignatureType::Note, self.log_key.as_bytes())
            .expect("a registry id has no spaces, and a public key is of full order");
        Policy::of_log(key).expect("the key is a log's").print()
    }

    /// What the header of the authority file must say about these files.
    pub fn authority_settings(&self) -> AuthoritySettings {
        let covered = self.files().into_iter().filter(|(path, _)| is_covered(path.as_str()));
        authority_settings(&covered.collect(), 1)
    }

    /// The authority file that admits this registry: root, Department and registry keys, valid from `at`.
    ///
    /// # Errors
    /// Invalid when a key appears twice.
    pub fn admit(&self, root: PublicKey, department: PublicKey, at: Instant) -> Result<AuthorityFile> {
        let window = Window::new(at, None).map_err(|error| invalid("window", error.to_string()))?;
        let keys = [
            (AuthorityRole::Root, root),
            (AuthorityRole::Department, department),
            (AuthorityRole::Registry, self.registry_key),
        ];
        let keys = keys.into_iter().map(|(role, key)| AuthorityKey::new(role, key, window)).collect();
        AuthorityFile::genesis(self.settings.registry.clone(), self.authority_settings(), keys)
            .map_err(|error| invalid("authority-file", error.to_string()))
    }
}

fn fixed(path: &str) -> RepositoryPath {
    RepositoryPath::parse(path).expect("the names of the fixed files are good paths")
}

/// The guide, the scripts and the signing page that this version of the program gives to the registry of this id.
pub fn guide_and_tools(registry: &RegistryId) -> Vec<(RepositoryPath, Vec<u8>)> {
    let guide = VERIFY_MD.replace("certreg.example", registry.as_str()).into_bytes();
    let tools = TOOLS.into_iter().chain([(SIGNING_PAGE, signing_page())]);
    let tools = tools.map(|(path, text)| (fixed(path), text.as_bytes().to_vec()));
    std::iter::once((fixed("VERIFY.md"), guide)).chain(tools).collect()
}

/// Whether a new authority file, and nothing else, may bring another file at this path.
pub fn is_covered(path: &str) -> bool {
    matches!(path, "registry.json" | "VERIFY.md" | "authority/trust-policy") || path.starts_with("tools/")
}

/// What the header of an authority file must say about the files that it covers (those that [`is_covered`] names).
pub fn authority_settings(covered: &BTreeMap<RepositoryPath, Vec<u8>>, threshold: u32) -> AuthoritySettings {
    let policy = covered.get(&paths::trust_policy()).map(Vec::as_slice).unwrap_or_default();
    let others = covered.iter().filter(|(path, _)| **path != paths::trust_policy());
    let lines: String = others.map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes).hex())).collect();
    AuthoritySettings { policy: Digest::of(policy), files: Digest::of(lines.as_bytes()), threshold }
}

/// The Department's answer to a proposal.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The authority file's exact text.
    pub authority: String,
    /// Signatures by root keys: armoured SSHSIG.
    pub signatures: Vec<String>,
}

impl Registry {
    /// Writes commit 0 in `data` and opens the new registry.
    ///
    /// # Errors
    /// The authority file does not fit the proposal, is not signed by its own root keys, or the folder holds a
    /// registry already.
    pub fn create(
        data: &Path,
        proposal: &Proposal,
        admission: &Admission,
        keys: ServerKeys,
        clock: Clock,
    ) -> Result<Registry> {
        let at = clock.now();
        let authority = check_admission(proposal, admission, at)?;
        if keys.registry.public() != proposal.registry_key || keys.log.public() != proposal.log_key {
            return Err(invalid("registry-key", "The registry's keys are not those that were proposed and admitted."));
        }
        let mut files = proposal.files();
        let path = paths::authority();
        for (i, signature) in admission.signatures.iter().enumerate() {
            let name = if i == 0 { format!("{path}.sig") } else { format!("{path}.sig{}", i + 1) };
            let name = RepositoryPath::parse(&name).expect("a good path with a number is a good path");
            files.push((name, signature.clone().into_bytes()));
        }
        files.push((path, authority.print().into_bytes()));
        let registry = &proposal.settings.registry;
        let mut store = Store::init(data, registry).map_err(|error| invalid("data-folder", error.to_string()))?;
        let files = files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect();
        let entry = Entry { files, message: format!("Begin registry {registry}"), time: at };
        store
            .append(&[entry], &|commit| signing::sign(&keys.registry, "git", commit))
            .map_err(RegistryError::internal)?;
        open::remember_registry_id(data, registry)?;
        drop(store);
        Registry::open(data, keys, clock)
    }
}

fn check_admission(proposal: &Proposal, admission: &Admission, at: Instant) -> Result<AuthorityFile> {
    let registry = &proposal.settings.registry;
    let authority = AuthorityFile::parse(&admission.authority, registry)
        .map_err(|error| invalid("authority-file", error.to_string()))?;
    authority.check_follows(None, at).map_err(|error| invalid("authority-file", error.to_string()))?;
    if *authority.settings()
        != (AuthoritySettings { threshold: authority.settings().threshold, ..proposal.authority_settings() })
    {
        return Err(invalid(
            "authority-file",
            "The authority file was made for other files than those of this registry: admit it again.",
        ));
    }
    if !authority.valid_keys(AuthorityRole::Registry, at).any(|line| *line.key() == proposal.registry_key) {
        return Err(invalid(
            "authority-file",
            "The authority file does not list this registry's key, or not for now: admit it again.",
        ));
    }
    let signatures: Vec<&str> = admission.signatures.iter().map(String::as_str).collect();
    signing::check_authority_file_signatures(admission.authority.as_bytes(), &signatures, &authority, at).map_err(
        |faults| {
            let faults = faults.iter().map(|fault| Fault::new("", fault.kind.code(), fault.to_string())).collect();
            RegistryError::faulty("authority-signature", Faults(faults))
        },
    )?;
    Ok(authority)
}

fn invalid(code: &'static str, detail: impl Into<String>) -> RegistryError {
    RegistryError::invalid(code, detail)
}
