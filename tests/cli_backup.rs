//! Backups made, put back and refused by the built program.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod cli_desk;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use cli_desk::Desk;
use serde_json::{Value, json};

/// A registry with one certification, its server stopped.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.registry();
    let server = desk.serve();
    desk.enrol(&server.url);
    let people = desk.people();
    desk.finished("c.json", &people);
    desk.sign("c.json");
    desk.certreg(&format!("publish c.json --to {}", server.url)).ok();
    assert_eq!(server.stop(), Some(0));
    desk
}

/// The only backup in the folder.
fn only_backup(desk: &Desk, shelf: &str) -> PathBuf {
    let named = |path: &PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with('.');
    let all: Vec<PathBuf> =
        fs::read_dir(desk.path(shelf)).unwrap().map(|entry| entry.unwrap().path()).filter(named).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn flip_a_bit(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn get(desk: &Desk, url: &str) -> Value {
    serde_json::from_str(&desk.run(&format!("curl -s {url}")).ok().out).unwrap()
}

#[test]
fn a_backup_that_was_made_while_publishing_is_put_back_and_everything_verifies() {
    let desk = desk();
    let server = desk.serve();
    let url = server.url.clone();
    std::thread::scope(|scope| {
        let publishing = scope.spawn(|| {
            for round in 0..4 {
                let name = format!("next-{round}.json");
                let next = "next acme/lms --completed-on 2026-01-05 --service-changed-on 2026-01-05";
                desk.certreg(&format!("{next} --registry {url} --out {name}")).ok();
                desk.edit(&name, |document| document["contact"]["email"] = json!(format!("p{round}@acme.example")));
                desk.sign(&name);
                desk.certreg(&format!("publish {name} --to {url}")).ok();
            }
        });
        desk.certreg("backup --data data --to shelf --with-keys").ok().says("all as the manifest says");
        publishing.join().unwrap();
    });
    let backup = only_backup(&desk, "shelf");
    assert_eq!(mode(&backup), 0o700);
    assert_eq!(mode(&backup.join("keys/log")), 0o600);
    let manifest: Value = serde_json::from_slice(&fs::read(backup.join("backup.json")).unwrap()).unwrap();
    let sequence = manifest["head"]["sequence"].as_u64().unwrap();
    let receipt = get(&desk, &format!("{url}/v1/certifications/acme/lms/versions/1/receipt"));
    assert_eq!(server.stop(), Some(0));

    desk.certreg("restore --from shelf --data back").ok().says("must not be older than what witnesses");
    assert_eq!(mode(&desk.path("back")), 0o700);
    assert_eq!(mode(&desk.path("back/keys/registry")), 0o600);
    desk.certreg("rebuild --check --data back").ok();
    let head = desk.run("git -C back/registry.git rev-parse main").ok().out;
    assert_eq!(head.trim(), manifest["head"]["commit"].as_str().unwrap());
    let count = desk.run("git -C back/registry.git rev-list --count main").ok().out;
    assert_eq!(count.trim(), (sequence + 1).to_string());
    desk.run(&format!("git -C data/registry.git merge-base --is-ancestor {} main", head.trim())).ok();
    let again = desk.serve_from("back");
    desk.certreg(&format!("verify c.json --registry {}", again.url)).ok();
    let same = get(&desk, &format!("{}/v1/certifications/acme/lms/versions/1/receipt", again.url));
    assert_eq!(same["tlog_proof"], receipt["tlog_proof"]);
    assert!(receipt.to_string().contains("certreg.example"), "{receipt}");
    assert_eq!(again.stop(), Some(0));
}

#[test]
fn a_backup_that_was_altered_is_refused_and_the_file_named() {
    let desk = desk();
    desk.certreg("backup --data data --to shelf").ok().says("not in it");
    desk.certreg("backup --check shelf").ok();
    let backup = only_backup(&desk, "shelf");
    assert!(!backup.join("keys").exists());
    let pack = fs::read_dir(backup.join("registry.git/objects/pack")).unwrap().flatten().map(|entry| entry.path());
    let pack = pack.into_iter().find(|path| path.extension().is_some_and(|end| end == "pack")).unwrap();
    let person = fs::read_dir(backup.join("people")).unwrap().next().unwrap().unwrap().path();
    for path in [pack, person, backup.join("log-state"), backup.join("backup.json"), backup.join("registry-id")] {
        let whole = fs::read(&path).unwrap();
        flip_a_bit(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        desk.certreg("restore --from shelf --data back").ends(1).says(&name).says("damaged");
        desk.certreg("backup --check shelf").ends(1).says(&name);
        fs::write(&path, whole).unwrap();
        assert!(!desk.has("back") && !desk.has(".back.restoring"));
    }
    fs::write(backup.join("registry.git/hooks-of-somebody"), "x").unwrap();
    desk.certreg("restore --from shelf --data back").ends(1).says("hooks-of-somebody").says("put it there");
    fs::remove_file(backup.join("registry.git/hooks-of-somebody")).unwrap();
    fs::rename(backup.join("registry-id"), desk.path("registry-id")).unwrap();
    desk.certreg("restore --from shelf --data back").ends(1).says("registry-id: it is missing");
    fs::rename(desk.path("registry-id"), backup.join("registry-id")).unwrap();

    fs::create_dir(desk.path("taken")).unwrap();
    desk.certreg("restore --from shelf --data taken").ends(1).says("is there already");
    desk.certreg("restore --from people --data back").ends(3);
    desk.certreg("restore --from taken --data back").ends(1).says("no backup");
    desk.certreg("restore --from shelf --data back").ok().says("copy of the keys");
    assert!(!desk.has("back/keys/registry"));
}

#[test]
fn what_a_stopped_backup_left_is_removed_and_a_rolled_back_registry_is_not_backed_up() {
    let desk = desk();
    fs::create_dir_all(desk.path("shelf/.partial-2026-01-01T00-00-00Z/registry.git")).unwrap();
    desk.certreg("backup --data data --to shelf").ok();
    only_backup(&desk, "shelf");
    assert!(!desk.has("shelf/.partial-2026-01-01T00-00-00Z"));
    desk.run("git -C data/registry.git update-ref refs/heads/main main~2").ok();
    desk.certreg("backup --data data --to other").ends(1).says("rolled back or rewritten");
    assert_eq!(fs::read_dir(desk.path("other")).unwrap().count(), 1, "nothing but the lock");
    desk.certreg("backup --data nowhere --to other").ends(1).says("no registry");
}

#[test]
fn nobody_who_was_forgotten_comes_back_from_a_backup() {
    let desk = desk();
    let people = fs::read_dir(desk.path("data/people")).unwrap().map(|entry| entry.unwrap().path());
    let records: Vec<(PathBuf, Vec<u8>)> = people.map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
    let (path, bytes) = records[0].clone();
    let hex = path.file_stem().unwrap().to_string_lossy().into_owned();
    let server = desk.serve();
    let erase = format!("authority case erase acme --person sha256:{hex} --text Asked-to-be-forgotten --keys dep");
    desk.certreg(&format!("{erase} --to {}", server.url)).ok();
    assert_eq!(server.stop(), Some(0));
    // As if the record had been copied just before it was deleted.
    fs::write(&path, bytes).unwrap();
    desk.certreg("backup --data data --to shelf").ok();
    assert!(only_backup(&desk, "shelf").join(format!("people/{hex}.json")).exists());
    desk.certreg("restore --from shelf --data back").ok();
    assert!(!desk.has(&format!("back/people/{hex}.json")));
    assert_eq!(fs::read_dir(desk.path("back/people")).unwrap().count(), records.len() - 1);
}
