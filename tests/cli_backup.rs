//! Backups made, put back and refused by the built program; and what it finds wrong in a data folder.
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

/// A file as a power cut leaves it.
fn cut(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
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
    desk.certreg("restore --from shelf --data taken").ends(1).says("error: taken is there already");
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
fn keys_that_are_asked_for_and_missing_are_no_backup_and_a_half_restored_folder_is_told() {
    let desk = desk();
    fs::remove_file(desk.path("data/keys/log")).unwrap();
    desk.certreg("backup --data data --to shelf --with-keys").ends(1).says("keys/log is missing");
    desk.certreg("backup --data data --to shelf").ok();
    fs::create_dir(desk.path(".back.restoring")).unwrap();
    desk.certreg("restore --from shelf --data back").ends(1).says(".back.restoring is there already").says("remove it");
    fs::remove_dir(desk.path(".back.restoring")).unwrap();
    desk.certreg("restore --from shelf --data some/where/back").ok();
    desk.certreg("doctor --data some/where/back").ends(1).says("keys/registry is missing");
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

/// What the doctor says of a copy of the data folder after `harm` was done to it: its findings by name.
fn examined(desk: &Desk, more: &str, harm: impl FnOnce(&Path)) -> (i32, Value) {
    let copy = desk.path("patient");
    let _ = fs::remove_dir_all(&copy);
    desk.run("cp -a data patient").ok();
    harm(&copy);
    let done = desk.certreg(&format!("doctor --data patient --json{more}"));
    let all: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{}{}", done.out, done.err));
    (done.code, all)
}

/// One finding: its verdict and its words.
fn finding(all: &Value, check: &str) -> (String, String) {
    let one = all["findings"].as_array().unwrap().iter().find(|one| one["check"] == check);
    let one = one.unwrap_or_else(|| panic!("{check} is missing in {all:#}"));
    (one["verdict"].as_str().unwrap().to_owned(), one.to_string())
}

/// The doctor finds exactly this: the verdict in this place, with these words, and a remedy; all else is well.
#[track_caller]
fn finds(desk: &Desk, check: &str, verdict: &str, words: &str, harm: impl FnOnce(&Path)) {
    let (code, all) = examined(desk, "", harm);
    assert_eq!(code, i32::from(verdict == "WRONG"), "{all:#}");
    let (found, said) = finding(&all, check);
    assert!(found == verdict && said.contains(words) && said.contains("remedy"), "{all:#}");
    let others = all["findings"].as_array().unwrap().iter();
    let others = others.filter(|one| one["check"] != check && one["check"] != "disk" && one["verdict"] == "WRONG");
    assert_eq!(others.count(), 0, "{all:#}");
}

#[test]
fn the_doctor_finds_nothing_wrong_where_nothing_is() {
    let desk = desk();
    for more in ["", " --full"] {
        let (code, all) = examined(&desk, more, |_| {});
        assert_eq!(code, 0, "{all:#}");
        for one in all["findings"].as_array().unwrap() {
            assert!(one["verdict"] == "OK" || one["check"] == "disk", "{one}");
        }
        assert_eq!(all["findings"].as_array().unwrap().len(), 10, "{all:#}");
    }
    let server = desk.serve();
    desk.certreg("doctor --data data --full").ok().says("a server runs on it").says("Every row is what");
    assert_eq!(server.stop(), Some(0));
    desk.certreg("doctor --data data").ok().says("no server runs on it");
    desk.certreg("doctor --data nowhere").ends(1).says("no registry");
}

#[test]
fn the_doctor_finds_a_flipped_bit_in_any_object() {
    let desk = desk();
    let listed = desk.run("find data/registry.git/objects -type f -name ????* -not -path */info/*").ok().out;
    let objects: Vec<&str> = listed.lines().map(|path| path.strip_prefix("data/").unwrap()).collect();
    assert!(objects.len() > 3, "{objects:?}");
    // Older checkpoints, on the branch log, are read by --full alone.
    let of_main = desk.run("git -C data/registry.git rev-list --objects main").ok().out;
    let is_of_main = |object: &str| {
        let id = object.trim_start_matches("registry.git/objects/").replace('/', "");
        id.len() != 40 || of_main.contains(&id)
    };
    for object in objects.iter().step_by(objects.len().div_ceil(8)) {
        for more in if is_of_main(object) { &["", " --full"][..] } else { &[" --full"] } {
            let (code, all) = examined(&desk, more, |data| flip_a_bit(&data.join(object)));
            assert_eq!(code, 1, "{object}: {all:#}");
            assert_eq!(finding(&all, "repository").0, "WRONG", "{object}: {all:#}");
        }
        let (code, all) = examined(&desk, " --full", |data| cut(&data.join(object)));
        assert_eq!(code, 1, "{object}: {all:#}");
        assert_eq!(finding(&all, "keys").0, "OK", "what is wrong in one place hides nothing in another: {all:#}");
    }
}

#[test]
fn the_doctor_finds_what_is_wrong_with_keys_and_says_what_to_do() {
    let desk = desk();
    finds(&desk, "keys", "WRONG", "is missing", |data| fs::remove_file(data.join("keys/log")).unwrap());
    finds(&desk, "keys", "WRONG", "chmod 600", |data| {
        fs::set_permissions(data.join("keys/registry"), fs::Permissions::from_mode(0o640)).unwrap();
    });
    finds(&desk, "keys", "WRONG", "one that the authority file lists", |data| {
        fs::copy(data.join("keys/log"), data.join("keys/registry")).unwrap();
    });
    finds(&desk, "keys", "WRONG", "trust policy names", |data| {
        fs::copy(data.join("keys/registry"), data.join("keys/log")).unwrap();
    });
    finds(&desk, "folder", "WARNING", "chmod 700", |data| {
        fs::set_permissions(data, fs::Permissions::from_mode(0o755)).unwrap();
    });
}

#[test]
fn the_doctor_finds_an_index_that_is_gone_damaged_or_of_another_history() {
    let desk = desk();
    finds(&desk, "index", "WARNING", "There is no index", |data| fs::remove_file(data.join("index.sqlite")).unwrap());
    finds(&desk, "index", "WRONG", "certreg rebuild", |data| fs::write(data.join("index.sqlite"), "").unwrap());
    let (code, all) = examined(&desk, "", |data| {
        let git = format!("git -C {} update-ref refs/heads/main main~1", data.join("registry.git").display());
        desk.run(&git).ok();
    });
    assert_eq!(code, 1);
    let (index, log) = (finding(&all, "index"), finding(&all, "log"));
    assert!(index.1.contains("rolled back") && log.1.contains("rolled back"), "{all:#}");
    assert_eq!((index.0.as_str(), log.0.as_str()), ("WRONG", "WRONG"));
}

#[test]
fn the_doctor_finds_a_log_state_that_is_old_damaged_or_gone() {
    let desk = desk();
    fs::copy(desk.path("data/log-state"), desk.path("old")).unwrap();
    let server = desk.serve();
    desk.certreg(&format!("authority supplier late --name Late --keys dep --to {}", server.url)).ok();
    assert_eq!(server.stop(), Some(0));
    let old = desk.path("old");
    finds(&desk, "log", "WARNING", "an older log-state", |data| {
        fs::copy(old, data.join("log-state")).unwrap();
    });
    finds(&desk, "log", "WARNING", "is missing", |data| fs::remove_file(data.join("log-state")).unwrap());
    finds(&desk, "log", "WRONG", "is damaged", |data| fs::write(data.join("log-state"), [b'x'; 8192]).unwrap());
}

#[test]
fn the_doctor_finds_what_lies_about() {
    let desk = desk();
    finds(&desk, "leftovers", "WARNING", "refs/heads/main.lock", |data| {
        fs::write(data.join("registry.git/refs/heads/main.lock"), "").unwrap();
    });
    finds(&desk, "leftovers", "WARNING", "staging", |data| fs::create_dir(data.join("staging")).unwrap());
    finds(&desk, "foreign", "WARNING", "keys/root", |data| fs::write(data.join("keys/root"), "x").unwrap());
    finds(&desk, "foreign", "WARNING", "notes.txt", |data| fs::write(data.join("notes.txt"), "x").unwrap());
    finds(&desk, "people", "WARNING", "no person records", |data| fs::write(data.join("people/a"), "x").unwrap());
    finds(&desk, "people", "WRONG", "are damaged", |data| {
        flip_a_bit(&fs::read_dir(data.join("people")).unwrap().next().unwrap().unwrap().path());
    });
    // And the server heals what it is said to heal.
    fs::write(desk.path("data/registry.git/refs/heads/main.lock"), "").unwrap();
    fs::remove_file(desk.path("data/index.sqlite")).unwrap();
    let server = desk.serve();
    desk.certreg(&format!("show acme/lms --registry {}", server.url)).ok();
    assert_eq!(server.stop(), Some(0));
    let (_, all) = examined(&desk, " --full", |_| {});
    assert_eq!((finding(&all, "leftovers").0, finding(&all, "index").0), ("OK".to_owned(), "OK".to_owned()));
}

#[test]
fn what_came_after_the_backup_is_fetched_from_the_damaged_folder() {
    let desk = desk();
    desk.certreg("backup --data data --to shelf --with-keys").ok();
    let server = desk.serve();
    desk.certreg(&format!("authority supplier late --name Late --keys dep --to {}", server.url)).ok();
    assert_eq!(server.stop(), Some(0));
    desk.certreg("restore --from shelf --data back").ok();
    let fetch = "fetch -q --no-tags data/registry.git refs/heads/main:refs/heads/main";
    desk.run(&format!("git --git-dir back/registry.git {fetch}")).ok();
    desk.certreg("doctor --data back --full").ok().says("an older log-state");
    desk.certreg("verify back").ok();
    let server = desk.serve_from("back");
    let suppliers = get(&desk, &format!("{}/v1/suppliers", server.url)).to_string();
    assert!(suppliers.contains("Late"), "{suppliers}");
    assert_eq!(server.stop(), Some(0));
    desk.certreg("doctor --data back").ok();
    // What does not follow is refused by Git itself.
    desk.run("git -C back/registry.git update-ref refs/heads/main main~1").ok();
    let apart = "commit-tree -m apart main^{tree}";
    let mut git = desk.program("git");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example.org");
    }
    let commit = git.args(["-C", "back/registry.git"]).args(apart.split(' ')).output().unwrap();
    let commit = String::from_utf8(commit.stdout).unwrap();
    desk.run(&format!("git -C back/registry.git update-ref refs/heads/main {}", commit.trim())).ok();
    desk.run(&format!("git --git-dir back/registry.git {fetch}")).ends(1).says("");
}

#[test]
fn a_git_that_outlives_its_killed_program_is_ended_before_anything_else_is_done() {
    let desk = desk();
    // A git that never comes to the end of packing, with a child that neither does.
    fs::create_dir(desk.path("slow")).unwrap();
    let endless = "#!/bin/sh\necho $$ > PIDS.new\nsleep 600 &\necho $! >> PIDS.new\nmv PIDS.new PIDS\nsleep 600\n";
    desk.write("slow/git", endless.replace("PIDS", &desk.path("pids").display().to_string()));
    fs::set_permissions(desk.path("slow/git"), fs::Permissions::from_mode(0o700)).unwrap();
    let mut packing = desk.program(env!("CARGO_BIN_EXE_certreg"));
    let path = std::env::var_os("PATH").unwrap().into_string().unwrap();
    packing.env("PATH", format!("{}:{path}", desk.path("slow").display()));
    let mut packing = packing.args(["maintain", "--data", "data"]).spawn().unwrap();
    while !desk.has("pids") {
        assert_eq!(packing.try_wait().unwrap(), None, "it packs");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    packing.kill().unwrap();
    packing.wait().unwrap();
    // Ended and not yet collected by its new parent counts as ended.
    let lives = |id: &str| fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    let pids = desk.read("pids");
    assert_eq!(pids.lines().filter(|id| lives(id)).count(), 2, "they outlive the one who started them");
    desk.certreg("maintain --data data").ok().says("Packs:");
    assert_eq!(pids.lines().filter(|id| lives(id)).count(), 0, "{pids}");
    desk.certreg("doctor --data data --full").ok();
}
