//! Tests of the store from inside: stops after each step, damage, locks. `tests/store_git.rs` has those with stock git.

mod damage;
mod opening;
mod steps;

use std::path::{Path, PathBuf};

use super::{Entry, RepositoryPath, Store, StoreError};
use crate::domain::{ids::RegistryId, time::Instant};

/// What a signature looks like; whether it verifies is a matter for `tests/store_git.rs`.
fn sign(_commit: &[u8]) -> String {
    "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n".to_owned()
}

fn registry() -> RegistryId {
    "certreg.example".parse().expect("a registry id")
}

fn path(text: &str) -> RepositoryPath {
    RepositoryPath::parse(text).expect("a path")
}

fn instant(minutes: i64) -> Instant {
    "2026-11-02T09:30:00Z".parse::<Instant>().expect("an instant").plus_seconds(60 * minutes)
}

fn entry(minutes: i64, files: &[(&str, &str)]) -> Entry {
    let files = files.iter().map(|(name, text)| (path(name), text.as_bytes().to_vec().into())).collect();
    Entry { files, message: format!("Add at minute {minutes}"), time: instant(minutes) }
}

/// Groups of both kinds: single files on disk, and one pack.
fn group(size: i64) -> Vec<Entry> {
    let file = |n: i64| format!("suppliers/ex/example-{n}/cloud.json");
    (1..=size).map(|n| entry(n, &[(&file(n), &format!("document {n}")), ("last.json", &n.to_string())])).collect()
}

/// A new registry with one commit, closed.
fn with_genesis(data: &Path) {
    let mut store = Store::init(data, &registry()).expect("an empty folder");
    store.append(&[entry(0, &[("registry.json", "{}\n")])], &sign).expect("genesis");
    store.close().expect("a clean stop");
}

fn open(data: &Path) -> Result<Store, StoreError> {
    Store::open(data, &registry(), None)
}

/// Ends a store as a killed process would: without the clean-stop marker.
fn kill(mut store: Store) {
    store.poisoned = Some("killed".to_owned());
}

/// The loose object files of the repository.
fn loose_files(data: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(data.join("registry.git/objects")).expect("objects");
    let folders = folders.map(|folder| folder.expect("an entry").path());
    let fans = folders.filter(|folder| folder.file_name().is_some_and(|name| name.len() == 2));
    let files = fans.flat_map(|fan| std::fs::read_dir(fan).expect("a folder"));
    files.map(|file| file.expect("an entry").path()).collect()
}

/// Overwrites a file that is kept read-only.
fn overwrite(file: &Path, bytes: &[u8]) {
    std::fs::remove_file(file).expect("the file is there");
    std::fs::write(file, bytes).expect("a writable folder");
}
