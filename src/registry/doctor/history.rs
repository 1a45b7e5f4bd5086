//! Repository, index and log: is the history whole, and do those that are derived from it say the same?

use std::{fs, path::Path, thread, time::Duration};

use super::{Finding, Patient};
use crate::{
    format::paths,
    index::{Index, IndexedHead},
    log::{Hash, Policy, SignedCheckpoint, Tree},
    registry::{
        backup::tree_of,
        log::state::{self, State},
        open::INDEX_FILE,
        submit::commit_with_files,
    },
    store::{Depth, Head, Snapshot, StoreError, check_repository_while},
};

/// So many of the newest commits are read whole in any case.
const NEWEST: u64 = 256;
/// The index of a server at work may be so often behind, looked at so far apart.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// Differences of the index that are told.
const TOLD: usize = 3;

const RESTORE: &str = "Stop the server, keep the folder as it is for whoever looks into it, and put the newest backup back with 'certreg restore' in a new folder.";
const REBUILD: &str =
    "Stop the server and run 'certreg rebuild'; nothing is lost, everything in the index comes from the repository.";

/// `before` is what log-state said before `snapshot` was opened.
pub(super) fn examine(
    patient: &Patient<'_>,
    before: std::io::Result<Option<State>>,
    snapshot: &Snapshot,
) -> Vec<Finding> {
    let Some(head) = snapshot.head() else {
        return vec![Finding::wrong("repository", "It has no commit on main.", RESTORE)];
    };
    let index = open_index(patient);
    let (index_finding, is_level) = match &index {
        Ok(index) => examine_index(patient, index, &head, snapshot),
        Err(finding) => (finding.clone(), false),
    };
    let index = index.ok();
    let repository = examine_repository(patient, snapshot, &head, index.as_ref());
    let is_full = patient.care.full || !is_level;
    let tree = match index.as_ref().filter(|_| !is_full) {
        Some(index) => tree_of_index(index, head.sequence + 1).ok_or_else(|| "the index has too few leaves".to_owned()),
        None => tree_of(patient.replay(snapshot, None), &patient.id).map_err(|error| error.to_string()),
    };
    let log = match tree {
        Ok(tree) => examine_log(patient, before, &tree, snapshot),
        Err(why) => Finding::wrong("log", format!("It cannot be computed from the commits: {why}."), RESTORE),
    };
    vec![repository, index_finding, log]
}

fn examine_repository(patient: &Patient<'_>, snapshot: &Snapshot, head: &Head, index: Option<&Index>) -> Finding {
    let depth = if patient.care.full { Depth::Full } else { Depth::Connected };
    let faults = match check_repository_while(&patient.repository(), depth, patient.care.git_limit, patient.go_on) {
        Ok(faults) => faults,
        Err(error @ StoreError::Git { .. }) => {
            let remedy = "A damaged file can make Git wait for ever; a large repository needs longer: try --time-limit with more seconds. If it lasts, put the newest backup back.";
            return Finding::wrong("repository", format!("{error}."), remedy);
        }
        Err(error) => {
            return Finding::wrong(
                "repository",
                format!("{error}."),
                "Install git, and run this as the server's user.",
            );
        }
    };
    if let Some(fault) = faults.first() {
        let found = format!("git fsck finds {} faults; the first: {fault}.", faults.len());
        return Finding::wrong("repository", found, RESTORE);
    }
    if let Err(error) = read_newest(patient, snapshot, head, index.filter(|_| !patient.care.full)) {
        return Finding::wrong("repository", format!("{error}."), RESTORE);
    }
    let how =
        if patient.care.full { "every byte was checked" } else { "its newest commits were read; --full reads all" };
    Finding::ok("repository", format!("{} commits, newest {} of {}; {how}.", head.sequence + 1, head.commit, head.time))
}

/// Reads what the newest commits added, or all of them without an index; every object is compared with its id.
fn read_newest(
    patient: &Patient<'_>,
    snapshot: &Snapshot,
    head: &Head,
    index: Option<&Index>,
) -> Result<(), StoreError> {
    let before = head.sequence.checked_sub(NEWEST);
    let before = before.and_then(|sequence| {
        let (commit, time, _) = index?.commit(sequence).ok()??;
        Some(Head { commit: commit.parse().ok()?, sequence, time })
    });
    patient.replay(snapshot, before.as_ref()).try_for_each(|commit| commit.map(drop))
}

fn open_index(patient: &Patient<'_>) -> Result<Index, Finding> {
    let path = patient.data.join(INDEX_FILE);
    if !path.exists() {
        let found = "There is no index; the server builds one when it starts, which takes up to a minute.";
        let remedy = "Start the server, or run 'certreg rebuild' before. If the server runs: restart it.";
        return Err(match patient.is_served {
            true => Finding::wrong("index", "There is no index, although the server runs.", remedy),
            false => Finding::warning("index", found, remedy),
        });
    }
    let index = Index::open(&path).and_then(|index| index.check_whole().map(|()| index));
    index.map_err(|error| Finding::wrong("index", format!("{error}."), REBUILD))
}

/// The finding, and whether the index can speak for the repository.
fn examine_index(patient: &Patient<'_>, index: &Index, head: &Head, snapshot: &Snapshot) -> (Finding, bool) {
    let known = index_head(patient, index, head);
    let Some(known) = known else {
        return (Finding::warning("index", "It knows no commit.", REBUILD), false);
    };
    if known.sequence > head.sequence && !patient.is_served {
        let found = format!(
            "The index knows commit number {}, and the repository ends with {}: the repository was rolled back, or another one put in its place.",
            known.sequence, head.sequence
        );
        return (Finding::wrong("index", found, RESTORE), false);
    }
    let is_level = known.commit == head.commit.to_string();
    if known.sequence == head.sequence && !is_level {
        let found = "Its newest commit is not the repository's: the repository was rewritten, or the index is another registry's.";
        return (Finding::wrong("index", found, format!("{REBUILD} But first see what 'log' says here.")), false);
    }
    if known.sequence < head.sequence {
        let found = format!("It is {} commits behind the repository.", head.sequence - known.sequence);
        let remedy = "The server brings it level when it starts. If it runs: restart it.";
        return (Finding::warning("index", found, remedy), false);
    }
    if patient.care.full && is_level {
        return (compare(patient, index, snapshot), true);
    }
    (Finding::ok("index", "It is level with the repository; its pages are whole."), is_level)
}

/// A server at work is a moment behind now and then.
fn index_head(patient: &Patient<'_>, index: &Index, head: &Head) -> Option<IndexedHead> {
    for _ in 0..if patient.is_served { LOOKS } else { 0 } {
        let known = index.head().ok().flatten();
        if known.as_ref().is_some_and(|known| known.sequence >= head.sequence) {
            return known;
        }
        thread::sleep(BETWEEN_LOOKS);
    }
    index.head().ok().flatten()
}

/// Builds the index anew, beside, and compares every row.
fn compare(patient: &Patient<'_>, used: &Index, snapshot: &Snapshot) -> Finding {
    let path = patient.data.join(patient.beside);
    let commits =
        patient.replay(snapshot, None).map(|commit| commit.map(|commit| commit_with_files(&patient.id, commit)));
    let fresh = Index::build_beside(&path, commits, &snapshot.reader());
    let differences = fresh.map(|fresh| fresh.differences(used));
    remove(&path);
    // Whether the repository can be read is asked elsewhere; that there is no room is no fault of the index.
    let differences = match differences {
        Ok(differences) => differences,
        Err(error) => {
            let found = format!("It was not compared with a new one, which could not be built: {error}.");
            let remedy = "See what 'repository' and 'disk' say here; make room on the volume, and ask again.";
            return Finding::warning("index", found, remedy);
        }
    };
    let grew = used.head().ok().flatten().map(|head| head.sequence) != snapshot.head().map(|head| head.sequence);
    match differences {
        Err(error) => Finding::wrong("index", format!("It cannot be compared with a new one: {error}."), REBUILD),
        Ok(rows) if rows.is_empty() => Finding::ok("index", "Every row is what the repository says."),
        Ok(_) if grew => {
            Finding::ok("index", "It is level; the server published meanwhile, so that rows were not compared.")
        }
        Ok(rows) => {
            let told = rows.iter().take(TOLD).cloned().collect::<Vec<_>>().join("; ");
            Finding::wrong(
                "index",
                format!("It is not what the repository says in {} rows: {told}.", rows.len()),
                REBUILD,
            )
        }
    }
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
}

fn tree_of_index(index: &Index, size: u64) -> Option<Tree> {
    let mut tree = Tree::new();
    index.leaves(0).ok()?.into_iter().for_each(|leaf| tree.push(Hash::from_bytes(leaf)));
    (tree.size() >= size).then(|| {
        // The server may have published since the repository was looked at.
        tree.truncate(size);
        tree
    })
}

/// `before` is what the file said before the repository was read: all of that must be in it. What it says now must
/// reach as far as the repository, because it is written first.
fn examine_log(
    patient: &Patient<'_>,
    before: std::io::Result<Option<State>>,
    tree: &Tree,
    snapshot: &Snapshot,
) -> Finding {
    let (before, now) = match (before, state::read(&patient.data.join("log-state"))) {
        (Ok(Some(before)), Ok(Some(now))) => (before, now),
        (Err(_), _) | (_, Err(_)) => {
            let remedy = "Put the file back from the newest backup. Delete it only if you are sure that the repository was not rolled back.";
            return Finding::wrong("log", "The file log-state, which remembers what was signed, is damaged.", remedy);
        }
        _ => {
            let found = "The file log-state, which remembers what was signed, is missing: a repository that was rolled back could not be told by it.";
            let remedy = "Compare the newest commit of main with a clone or a witness; then start the server, which writes the file anew.";
            return Finding::warning("log", found, remedy);
        }
    };
    let signed = before.released;
    if signed.size > tree.size() {
        let found = format!(
            "The log has signed {} entries, and the repository holds {}: it was rolled back, or another one put in its place.",
            signed.size,
            tree.size()
        );
        return Finding::wrong("log", found, RESTORE);
    }
    if !signed.is_in(tree) {
        let found =
            format!("The first {} commits are not those that were signed: the history was rewritten.", signed.size);
        return Finding::wrong("log", found, RESTORE);
    }
    if let Err(why) = examine_checkpoint(tree, snapshot) {
        return Finding::wrong("log", format!("The checkpoint on the branch log {why}."), RESTORE);
    }
    if now.pending.size < tree.size() {
        let found = format!(
            "log-state knows {} entries, and the repository holds {}: an older log-state was put back, or commits came from elsewhere.",
            now.pending.size,
            tree.size()
        );
        let remedy = "Compare the newest commit of main with a clone or a witness. If they agree, start the server, which goes on from the repository.";
        return Finding::warning("log", found, remedy);
    }
    Finding::ok("log", format!("{} entries, root {}, as they were signed.", tree.size(), tree.root()))
}

/// Whether the newest checkpoint that clones get is signed by the right key and of this history.
fn examine_checkpoint(tree: &Tree, snapshot: &Snapshot) -> Result<(), String> {
    let unreadable = |error: StoreError| format!("cannot be read: {error}");
    let Some(kept) = snapshot.checkpoint().map_err(unreadable)? else { return Ok(()) };
    let kept = SignedCheckpoint::parse(&String::from_utf8_lossy(&kept)).map_err(|error| format!("is none: {error}"))?;
    let policy = snapshot.read(&paths::trust_policy()).map_err(unreadable)?.unwrap_or_default();
    let policy = Policy::parse(&String::from_utf8_lossy(&policy)).map_err(|error| error.to_string())?;
    policy.examine(&kept).map_err(|error| format!("is not signed as the trust policy asks: {error}"))?;
    let checkpoint = kept.checkpoint();
    match tree.root_at(checkpoint.size()) {
        Some(root) if root == checkpoint.root() => Ok(()),
        _ => Err(format!("is of {} entries and not of this history", checkpoint.size())),
    }
}
