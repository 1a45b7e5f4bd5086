//! The ledger of acknowledgements against the registry, after a fault: what was acknowledged is there, what was not is
//! there wholly or not at all, and Git, log, index and signatures agree.

use std::{collections::BTreeMap, fmt, path::Path, process::Command};

use certreg::{
    domain::Digest,
    format::paths,
    registry::{Clock, Registry},
};

use super::{
    drill::{Acknowledged, Supplier, checkpoint, program},
    fixture::{ROOT, key, server},
};

/// What a check came to. That nothing was lost is not among it: the check fails otherwise.
#[derive(Debug, Default, Clone, Copy)]
pub struct Figures {
    /// Versions that were acknowledged, each there with its exact bytes.
    pub acknowledged: u64,
    /// Versions that are there although their sender was never told, or only when asking again.
    pub untold: u64,
    /// Commits on `main`, each signed, each a leaf of the log.
    pub commits: u64,
    /// Checkpoints that were shown, each consistent with the log.
    pub checkpoints: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { acknowledged, untold, commits, checkpoints } = self;
        write!(
            f,
            "{acknowledged} acknowledged, 0 lost; {untold} had arrived without an answer; {commits} commits, {checkpoints} checkpoints, all in agreement"
        )
    }
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Figures) {
        self.acknowledged += other.acknowledged;
        self.untold += other.untold;
        self.commits += other.commits;
        self.checkpoints += other.checkpoints;
    }
}

/// Git's own word on the repository of a data folder.
pub fn git(data: &Path, arguments: &[&str]) -> String {
    let mut git = hermetic_git();
    let output = git.arg("--git-dir").arg(data.join("registry.git")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn hermetic_git() -> Command {
    let mut git = Command::new("git");
    git.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    git.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")]);
    git
}

/// Opens the registry as a server would after the fault, and checks everything against everything.
pub fn check(data: &Path, suppliers: &[Supplier], seen: &BTreeMap<u64, String>) -> Figures {
    let registry = Registry::open(data, server(), Clock::System).unwrap_or_else(|error| panic!("not opened: {error}"));
    let mut figures = Figures::default();
    let mut documents = BTreeMap::new();
    for supplier in suppliers {
        check_acknowledged(&registry, supplier);
        // What was sent last is wholly there or wholly absent.
        let versions = registry.index().versions(&supplier.id, None, usize::MAX).unwrap();
        let beyond = versions.len() - supplier.acknowledged.len();
        let in_flight = supplier.in_flight.as_ref().map(|(digest, _)| *digest);
        assert!(beyond == 0 || (beyond == 1 && Some(versions[0].publication.digest) == in_flight), "{beyond}");
        documents.insert(paths::document(&supplier.id).to_string(), versions.len());
        figures.acknowledged += supplier.acknowledged.len() as u64;
        let told_late = supplier.acknowledged.iter().filter(|acknowledged| acknowledged.already).count();
        figures.untold += (beyond + told_late) as u64;
    }
    for (size, text) in seen {
        let (_, proof) = registry.consistency(*size, None).unwrap_or_else(|error| panic!("size {size}: {error}"));
        assert_eq!(proof.old_root, Some(checkpoint(text).root()), "the log of {size} entries is another");
    }
    figures.checkpoints = seen.len() as u64;
    figures.commits = registry.log_size();
    drop(registry);
    check_git(data, figures.commits, &documents);
    assert_eq!(Registry::rebuild(data, true, &mut |_| {}).unwrap(), Vec::<String>::new(), "the index is right");
    check_signatures(data);
    figures
}

fn check_acknowledged(registry: &Registry, supplier: &Supplier) {
    for Acknowledged { version, digest, receipt, .. } in &supplier.acknowledged {
        let row = registry.version(&supplier.id, *version).unwrap_or_else(|error| panic!("lost: {error}"));
        assert_eq!(row.publication.digest, *digest, "{} version {version}", supplier.id);
        let (_, bytes) = registry.document_by_digest(*digest).unwrap_or_else(|error| panic!("lost: {error}"));
        assert_eq!(Digest::of(&bytes), *digest);
        let kept = registry.receipt(row.publication.sequence).unwrap();
        if !receipt.is_null() {
            assert_eq!(receipt["index"], kept.index, "{receipt:#}");
            assert_eq!(receipt["leaf"], kept.leaf);
            assert_eq!(receipt["proof"], kept.proof.print());
        }
        assert!(registry.verification(&supplier.id, *version).unwrap().sound_now);
    }
}

/// Git has what log and index have, in one line, and finds no fault in it.
fn check_git(data: &Path, commits: u64, documents: &BTreeMap<String, usize>) {
    git(data, &["fsck", "--full", "--strict"]);
    assert_eq!(git(data, &["rev-list", "--count", "main"]).trim(), commits.to_string(), "as many as leaves");
    assert_eq!(git(data, &["rev-list", "--min-parents=2", "main"]), "", "one line");
    let told = git(data, &["log", "--format=", "--name-only", "main"]);
    for (path, versions) in documents {
        assert_eq!(told.lines().filter(|line| line == path).count(), *versions, "{path}: Git and index");
    }
}

/// Every signature on every commit, document and checkpoint, in a clone.
fn check_signatures(data: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    let cloned = hermetic_git().args(["clone", "-q"]).arg(data.join("registry.git")).arg(&clone).output().unwrap();
    assert!(cloned.status.success(), "{}", String::from_utf8_lossy(&cloned.stderr));
    let mut verify = Command::new(program());
    let output = verify.arg("verify").arg(&clone).args(["--root", &key(ROOT).public().fingerprint()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
