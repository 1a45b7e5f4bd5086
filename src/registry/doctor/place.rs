//! Keys, person records, what lies about in the folder, the disk and the clock.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Finding, Patient};
use crate::{
    domain::Digest,
    format::paths,
    index::Index,
    log::{Policy, SignatureType, VerifierKey, origin},
    registry::{
        health::{LEAST_FREE_BYTES, PROBE_FILE},
        open::INDEX_FILE,
        seal::SEAL_FILE,
        submit::CLOCK_TOLERANCE_SECONDS,
    },
    signing::{AuthorityFile, AuthorityRole, SecretKey, SecretKeyError},
    store::Snapshot,
};

/// With less room than this there is time to make some.
const COMFORTABLE_BYTES: u64 = 16 * LEAST_FREE_BYTES;
/// Files that may still be made, likewise.
const COMFORTABLE_FILES: u64 = 10_000;
/// A lock file of a server at work is gone in a moment; one that stays so long is nobody's.
const STALE: Duration = Duration::from_secs(600);
/// Names that are told.
const TOLD: usize = 5;

/// What a data folder has in it.
const NAMES: [&str; 23] = [
    "registry.git",
    "index.sqlite",
    "index.sqlite-wal",
    "index.sqlite-shm",
    "people",
    "keys",
    "log-state",
    "registry-id",
    "lock",
    "clean",
    "last-clean",
    "genesis",
    "exports",
    "staging",
    "packing",
    "certreg.toml",
    "clean.tmp",
    PROBE_FILE,
    SEAL_FILE,
    "index.scrub.sqlite",
    "index.scrub.sqlite.new",
    "index.scrub.sqlite-wal",
    "index.scrub.sqlite-shm",
];
/// What its repository has in it, beside lock files.
const GIT_NAMES: [&str; 11] = [
    "HEAD",
    "config",
    "description",
    "hooks",
    "info",
    "objects",
    "refs",
    "packed-refs",
    "logs",
    "branches",
    "FETCH_HEAD",
];
const KEY_NAMES: [&str; 4] = ["registry", "registry.pub", "log", "log.pub"];

const KEYS_BACK: &str = "Put the files back from your copy of the keys. If there is none, or others had them: OPERATIONS.md, 'Keys are lost or were seen'.";

/// Who may enter.
pub(super) fn folder(patient: &Patient<'_>) -> Finding {
    let served = if patient.is_served { "a server runs on it" } else { "no server runs on it" };
    let open = [patient.data.to_owned(), patient.data.join("keys")];
    match open.iter().find(|path| mode(path).is_some_and(|mode| mode & 0o007 != 0)) {
        Some(path) => {
            let found = format!("Everybody on this machine may enter {}.", path.display());
            Finding::warning("folder", found, format!("chmod 700 {}", path.display()))
        }
        None => Finding::ok("folder", format!("The registry {} in {}; {served}.", patient.id, patient.data.display())),
    }
}

/// Both keys are there, for the server alone, and are those that the registry names.
pub(super) fn keys(patient: &Patient<'_>, snapshot: Option<&Snapshot>) -> Finding {
    let folder = patient.data.join("keys");
    let mut secrets = Vec::new();
    for name in ["registry", "log"] {
        let path = folder.join(name);
        let Ok(text) = fs::read_to_string(&path) else {
            let found = format!("The key {} is missing or cannot be read by this user.", path.display());
            return Finding::wrong("keys", found, KEYS_BACK);
        };
        if mode(&path).is_none_or(|mode| mode & 0o077 != 0) {
            let found = format!("Others may read the private key {}; the server refuses it.", path.display());
            let remedy =
                format!("chmod 600 {}. If others could enter the folder, too, take the key for known.", path.display());
            return Finding::wrong("keys", found, remedy);
        }
        match SecretKey::from_openssh(&text, None) {
            Ok(key) => secrets.push(key),
            Err(SecretKeyError::PassphraseNeeded) => {
                let found = format!("{} has a passphrase and was not compared.", path.display());
                return Finding::warning("keys", found, "A server that starts by itself needs keys without one.");
            }
            Err(error) => return Finding::wrong("keys", format!("{}: {error}.", path.display()), KEYS_BACK),
        }
    }
    let Some((authority, policy)) = snapshot.and_then(named_keys) else {
        let found = "Both are there, for this user alone; the repository could not be asked for theirs.";
        return Finding::ok("keys", found);
    };
    match compare_keys(patient, &authority, &policy, [&secrets[0], &secrets[1]]) {
        Ok(()) => Finding::ok("keys", "Both are there, for this user alone, and are those that the registry names."),
        Err(found) => Finding::wrong("keys", found, KEYS_BACK),
    }
}

/// The files that name the keys, as far as the repository can be read: what is wrong with it is told elsewhere.
fn named_keys(snapshot: &Snapshot) -> Option<(String, String)> {
    let read = |path| String::from_utf8(snapshot.read(&path).ok()??).ok();
    Some((read(paths::authority())?, read(paths::trust_policy())?))
}

fn compare_keys(
    patient: &Patient<'_>,
    authority: &str,
    policy: &str,
    [registry, log]: [&SecretKey; 2],
) -> Result<(), String> {
    let authority = AuthorityFile::parse(authority, &patient.id);
    let authority = authority.map_err(|error| format!("The authority file: {error}."))?;
    let own = registry.public();
    if !authority.valid_keys(AuthorityRole::Registry, patient.clock.now()).any(|line| *line.key() == own) {
        return Err(format!("The key keys/registry ({own}) is not, or no longer, one that the authority file lists."));
    }
    let policy = Policy::parse(policy).map_err(|error| format!("The trust policy: {error}."))?;
    let key = VerifierKey::new(&origin(&patient.id), SignatureType::Note, log.public().as_bytes());
    match key {
        Ok(key) if policy.logs().iter().any(|log| log.key == key) => Ok(()),
        _ => Err("The key keys/log is not the one that the trust policy names.".to_owned()),
    }
}

/// Time never goes back in the history.
pub(super) fn clock(patient: &Patient<'_>, snapshot: &Snapshot) -> Finding {
    let now = patient.clock.now();
    let Some(head) = snapshot.head() else { return Finding::ok("clock", format!("It shows {now}.")) };
    let behind = head.time.unix_seconds() - now.unix_seconds();
    let found = format!("It shows {now}, and the newest commit is of {}.", head.time);
    if behind <= 0 {
        return Finding::ok("clock", found);
    }
    let remedy = "Set the clock by its time service ('timedatectl' says how it stands). If the clock is right, it was wrong when that was published: OPERATIONS.md, 'The clock is wrong'.";
    match behind > CLOCK_TOLERANCE_SECONDS {
        true => Finding::wrong("clock", format!("{found} Nothing is accepted until the clock has passed it."), remedy),
        false => Finding::warning("clock", found, remedy),
    }
}

/// Each record is what its name says, and nobody is there who was forgotten.
pub(super) fn people(patient: &Patient<'_>) -> Finding {
    let folder = patient.data.join("people");
    let Ok(entries) = fs::read_dir(&folder) else {
        let found = "The folder people is missing or cannot be read: names of signers are not shown.";
        return Finding::warning("people", found, "Put it back from the newest backup; the server makes an empty one.");
    };
    let index = patient.data.join(INDEX_FILE);
    let index = index.exists().then(|| Index::open(&index).ok()).flatten();
    let (mut whole, mut damaged, mut erased, mut foreign) = (0, Vec::new(), Vec::new(), Vec::new());
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let digest = name.strip_suffix(".json").and_then(|hex| Digest::from_hex(hex).ok());
        match digest {
            None if name.ends_with(".tmp") => {}
            None => foreign.push(name),
            Some(digest) if fs::read(&path).map_or(true, |bytes| Digest::of(&bytes) != digest) => damaged.push(name),
            Some(digest) if index.as_ref().is_some_and(|index| is_forgotten(index, digest)) => erased.push(name),
            Some(_) => whole += 1,
        }
    }
    if !erased.is_empty() {
        let found = format!("The Department had {} forgotten, but the record is there.", told(&erased));
        return Finding::wrong("people", found, "Restart the server: it forgets again when it starts.");
    }
    if !damaged.is_empty() {
        let remedy = "Put these files back from the newest backup; a supplier who publishes again sends them, too.";
        return Finding::wrong("people", format!("These records are damaged: {}.", told(&damaged)), remedy);
    }
    if !foreign.is_empty() {
        let found = format!("These files are no person records: {}.", told(&foreign));
        return Finding::warning("people", found, "Find out who put them there, and remove them.");
    }
    Finding::ok("people", format!("{whole} records, each as its digest says."))
}

fn is_forgotten(index: &Index, person: Digest) -> bool {
    index.is_erased(person).unwrap_or(false)
        && index.suppliers_without_erasure(person).is_ok_and(|suppliers| suppliers.is_empty())
}

/// What a stop in the middle left.
pub(super) fn leftovers(patient: &Patient<'_>) -> Finding {
    let git = patient.repository();
    let mut found = Vec::new();
    let is_lock = |name: &str| name.ends_with(".lock");
    let is_temporary = |name: &str| is_lock(name) || name.starts_with("tmp_") || name.starts_with(".tmp-");
    search(&git, false, &is_lock, &mut found);
    search(&git.join("refs"), true, &is_lock, &mut found);
    search(&git.join("objects/info"), true, &is_lock, &mut found);
    search(&git.join("objects/pack"), false, &is_temporary, &mut found);
    search(&patient.data.join("people"), false, &|name| name.ends_with(".tmp"), &mut found);
    search(patient.data, false, &is_unfinished, &mut found);
    if patient.data.join("staging").exists() {
        found.push(patient.data.join("staging"));
    }
    if patient.is_served {
        found.retain(|path| is_old(patient, path));
    }
    if found.is_empty() {
        return Finding::ok("leftovers", "No stale lock, nothing half written.");
    }
    let names: Vec<String> = found.iter().map(|path| below(patient.data, path)).collect();
    let remedy = if names.iter().all(|name| name.starts_with("index.")) {
        "Delete these files, unless a 'certreg rebuild' or 'doctor' is at work: they are parts of an index."
    } else if patient.is_served {
        "Restart the server: only one that starts may remove them, which it does by itself."
    } else {
        "Nothing: the server removes them when it starts, and reads the newest commits whole."
    };
    Finding::warning("leftovers", format!("A stop in the middle left {}.", told(&names)), remedy)
}

fn is_unfinished(name: &str) -> bool {
    name == "clean.tmp"
        || ["index.sqlite.new", "index.check.sqlite", "index.doctor.sqlite"].iter().any(|start| name.starts_with(start))
}

fn is_old(patient: &Patient<'_>, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let written = fs::metadata(path).map(|metadata| metadata.mtime()).unwrap_or(i64::MAX);
    patient.clock.now().unix_seconds().saturating_sub(written) > STALE.as_secs() as i64
}

fn search(folder: &Path, deep: bool, matches: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if deep {
                search(&path, true, matches, found);
            }
        } else if entry.file_name().to_str().is_some_and(matches) {
            found.push(path);
        }
    }
}

/// What the registry did not put there.
pub(super) fn foreign(patient: &Patient<'_>) -> Finding {
    let mut found = Vec::new();
    let known: [(PathBuf, &[&str]); 3] = [
        (patient.data.to_owned(), &NAMES),
        (patient.data.join("keys"), &KEY_NAMES),
        (patient.repository(), &GIT_NAMES),
    ];
    for (folder, names) in known {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !names.contains(&name.as_str()) && !is_unfinished(&name) && !name.ends_with(".lock") {
                found.push(below(patient.data, &entry.path()));
            }
        }
    }
    if found.is_empty() {
        return Finding::ok("foreign", "Nothing lies in the folder that the registry did not put there.");
    }
    found.sort();
    let remedy = "Find out who put it there, and move it elsewhere: backups leave it out. Keys of the Department must never lie here.";
    Finding::warning("foreign", format!("The registry did not put this there: {}.", told(&found)), remedy)
}

/// Room for bytes and for files, and whether anything can be written at all.
pub(super) fn disk(patient: &Patient<'_>) -> Finding {
    let volume = match rustix::fs::statvfs(patient.data) {
        Ok(volume) => volume,
        Err(error) => {
            return Finding::wrong(
                "disk",
                format!("The system does not say how full it is: {error}."),
                "Look at it with 'df'.",
            );
        }
    };
    let (bytes, files) = (volume.f_bavail.saturating_mul(volume.f_frsize), volume.f_favail);
    // Some file systems have no fixed number of files.
    let counts_files = volume.f_files > 0;
    let room = match counts_files {
        true => format!("{} MiB and {files} files are free", bytes >> 20),
        false => format!("{} MiB are free", bytes >> 20),
    };
    let remedy = "Make room on the volume, or move the folder to a larger one while the server is stopped. Never delete anything in registry.git.";
    if volume.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
        let remedy = "Look at the system's journal ('journalctl -k'): a volume becomes read-only after faults of the disk. Repair or replace it, mount it for writing, restart the server.";
        return Finding::wrong("disk", "The volume is read-only: nothing can be published.", remedy);
    }
    if bytes < LEAST_FREE_BYTES || (counts_files && files < COMFORTABLE_FILES / 100) {
        return Finding::wrong(
            "disk",
            format!("Only {room}: the registry is not ready, and writes will fail."),
            remedy,
        );
    }
    if bytes < COMFORTABLE_BYTES || (counts_files && files < COMFORTABLE_FILES) {
        return Finding::warning("disk", format!("Only {room}."), remedy);
    }
    Finding::ok("disk", format!("{room}."))
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.permissions().mode())
}

fn below(data: &Path, path: &Path) -> String {
    path.strip_prefix(data).unwrap_or(path).display().to_string()
}

/// The first names, and how many more there are.
fn told(names: &[String]) -> String {
    let first = names.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > TOLD { format!("{first} and {} more", names.len() - TOLD) } else { first }
}
