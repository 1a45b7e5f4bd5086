//! Drills with the disk and with what else a machine runs out of: a full volume, a volume that turns read-only, few
//! file descriptors, what a crash leaves lying about, and a second server.
//!
//! ```text
//! CERTREG_DRILL_DISK=400 cargo test --test drill_disk -- --nocapture --test-threads=1
//! ```
//!
//! Volumes need root, as they are mounted for this; what could not run says so.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant as Stopwatch},
};

use common::{
    drill::{self, Scene, Seen, Server, Supplier, below, copy, has, is_root, left_out, program, under_load},
    ledger::{check, git},
};
use serde_json::Value;

/// How often the volume is filled up in the tests.
const FILLED: u64 = 6;
const VOLUME: &str = "160m";

/// A volume of its own, gone at the end.
struct Volume {
    at: PathBuf,
    _folder: tempfile::TempDir,
}

impl Volume {
    /// `None`, with the reason said, where it may not be mounted.
    fn mount(check: &str, kind: &str, options: &str, from: Option<&Path>) -> Option<Volume> {
        if !is_root() {
            left_out(check, "only root may mount a volume");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("volume");
        fs::create_dir(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", kind, "-o", options]).arg(from.unwrap_or(Path::new("none"))).arg(&at);
        let mounted = mount.output().unwrap();
        if !mounted.status.success() {
            left_out(check, &format!("mount says: {}", String::from_utf8_lossy(&mounted.stderr).trim()));
            return None;
        }
        Some(Volume { at, _folder: folder })
    }

    fn remount(&self, options: &str) {
        let mut mount = Command::new("mount");
        let done = mount.args(["-o", &format!("remount,{options}")]).arg(&self.at).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Leaves so many bytes free, and no file of the registry's touched.
    fn fill(&self, free: u64) {
        let mut ballast = fs::File::create(self.at.join("ballast")).unwrap();
        let zeros = vec![0; 1 << 16];
        while ballast.write_all(&zeros).is_ok() {}
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length.saturating_sub(free)).unwrap();
    }

    fn empty(&self) {
        fs::remove_file(self.at.join("ballast")).unwrap();
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Where it was unmounted before, umount complains.
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).stderr(Stdio::null()).status();
    }
}

fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_default()
}

#[track_caller]
fn reads(server: &Server, supplier: &Supplier) {
    for path in [String::new(), "/versions".to_owned(), "/versions/1/document".to_owned()] {
        let (status, answer) = server.get(&format!("/v1/certifications/{}{path}", supplier.id)).expect("an answer");
        assert_eq!(status, 200, "{path}: {answer}");
    }
    assert_eq!(server.get("/v1/changes").expect("an answer").0, 200);
}

#[test]
fn a_full_disk_refuses_what_comes_and_heals_without_a_restart() {
    let Some(volume) = Volume::mount("a full disk", "tmpfs", &format!("size={VOLUME}"), None) else { return };
    let (rounds, begun) = (drill::rounds("CERTREG_DRILL_DISK", FILLED), Stopwatch::now());
    let scene = Scene::new_in(&volume.at);
    let mut suppliers = scene.suppliers(2);
    let mut server = Server::start(&scene.data);
    let (first, others) = suppliers.split_first_mut().unwrap();
    assert_eq!(first.send(&server.base).unwrap().0, 201);
    let supplier = &mut others[0];
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for round in 0..rounds {
        // From nothing to what a publish needs, so that it breaks off everywhere.
        volume.fill(round * 160 * 1024 / rounds / 4096 * 4096);
        let (status, answer) = supplier.send(&server.base).expect("an answer");
        *outcomes.entry(format!("{status} {}", code(&answer))).or_default() += 1;
        let allowed = matches!((status, code(&answer)), (201, _) | (507, "disk-full") | (503, "stored-not-listed"));
        assert!(allowed, "{status} {answer}\n{}", server.errors());
        reads(&server, first);
        let (status, ready) = server.get("/readyz").unwrap();
        assert_eq!((status, code(&ready)), (503, "not-ready"), "{ready}");
        assert!(ready["detail"].as_str().unwrap().contains("are free on the volume"), "{ready}");
        volume.empty();
        assert_eq!(server.get("/livez").unwrap().0, 200);
        // The same server takes the same bytes, or has them.
        if supplier.in_flight.is_some() {
            let (status, answer) = supplier.send(&server.base).expect("an answer");
            assert!(matches!(status, 200 | 201), "after there is room again: {status} {answer}");
        }
        reads(&server, supplier);
        let (status, ready) = server.get("/readyz").unwrap();
        assert_eq!(status, 200, "it has healed: {ready}");
    }
    assert!(outcomes.contains_key("507 disk-full"), "{outcomes:?}");
    assert!(server.stop().0.success());
    let figures = check(&scene.data, &suppliers, &BTreeMap::new());
    println!("{rounds} times full in {:.0?}, never restarted ({outcomes:?}): {figures}", begun.elapsed());
}

#[test]
fn a_volume_that_turns_read_only_refuses_what_comes_and_goes_on_showing_what_it_has() {
    let what = "a volume that turns read-only";
    if !has("mkfs.ext4") {
        return left_out(what, "there is no mkfs.ext4");
    }
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    fs::File::create(&image).unwrap().set_len(256 << 20).unwrap();
    assert!(Command::new("mkfs.ext4").arg("-q").arg(&image).status().unwrap().success());
    let Some(volume) = Volume::mount(what, "ext4", "loop,errors=remount-ro", Some(&image)) else { return };
    let scene = Scene::new_in(&volume.at);
    let mut suppliers = scene.suppliers(2);
    let server = Server::start(&scene.data);
    let (first, others) = suppliers.split_first_mut().unwrap();
    assert_eq!(first.send(&server.base).unwrap().0, 201);
    // What the kernel does when the disk fails: nobody is asked, and files that are open for writing stay so.
    volume.remount("abort");
    let (status, answer) = others[0].send(&server.base).expect("an answer");
    assert!(matches!(code(&answer), "volume-read-only" | "writing-stopped"), "{status} {answer}");
    assert_eq!(status, 503, "{answer}");
    reads(&server, first);
    let (status, ready) = server.get("/readyz").unwrap();
    assert_eq!((status, code(&ready)), (503, "not-ready"), "{ready}");
    println!("read-only: {}; /readyz: {}", code(&answer), ready["detail"].as_str().unwrap());
    // The operator stops it, mends the volume and starts it again.
    drop(server);
    let data = scene.data.strip_prefix(&volume.at).unwrap().to_owned();
    assert!(Command::new("umount").arg(&volume.at).status().unwrap().success());
    let mended = Command::new("fsck.ext4").args(["-y", "-f"]).arg(&image).output().unwrap();
    assert!(mended.status.code().is_some_and(|code| code <= 1), "{mended:?}");
    let volume = Volume::mount(what, "ext4", "loop", Some(&image)).expect("as before");
    let data = volume.at.join(data);
    let mut server = Server::start(&data);
    assert!(matches!(others[0].send(&server.base).unwrap().0, 200 | 201));
    assert!(server.stop().0.success());
    println!("after it was mended: {}", check(&data, &suppliers, &BTreeMap::new()));
    std::mem::forget(scene);
}

#[test]
fn with_128_descriptors_and_many_connections_no_publish_is_lost() {
    if !has("prlimit") {
        return left_out("128 file descriptors", "there is no prlimit");
    }
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(16);
    let seen = Seen::default();
    let mut command = Command::new("prlimit");
    command.arg("--nofile=128:128").arg(program());
    Server::arguments(&mut command, &scene.data);
    let mut server = Server::spawn(command).unwrap();
    let address = server.base.strip_prefix("http://").unwrap().to_owned();
    let (crowd, (status, _)) = thread::scope(|scope| {
        let crowd = scope.spawn(move || {
            let begun = Stopwatch::now();
            let mut idle = Vec::new();
            while begun.elapsed() < Duration::from_secs(3) {
                idle.extend(TcpStream::connect(&address));
                thread::sleep(Duration::from_millis(5));
            }
            idle.len()
        });
        let stopped = under_load(&mut server, &mut suppliers, &seen, |server| {
            thread::sleep(Duration::from_secs(3));
            assert!(server.runs(), "no crash");
            server.stop()
        });
        (crowd.join().unwrap(), stopped)
    });
    assert!(status.success(), "{status}\n{}", server.errors());
    assert!(crowd > 128, "{crowd} connections");
    let figures = check(&scene.data, &suppliers, &seen.into_inner().unwrap());
    println!("128 descriptors, {crowd} idle connections, 16 writers: {figures}");
}

#[test]
fn what_a_crash_left_lying_about_is_gone_after_the_next_start_and_stands_in_nobodys_way() {
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(1);
    let git_folder = scene.data.join("registry.git");
    let left = [
        "HEAD.lock",
        "config.lock",
        "packed-refs.lock",
        "refs/heads/main.lock",
        "refs/heads/log.lock",
        "objects/info/commit-graph.lock",
        "objects/pack/multi-pack-index.lock",
        "objects/pack/tmp_pack_Ab12Cd",
        "objects/pack/tmp_idx_Ab12Cd",
        "objects/pack/.tmp-4711-pack-aa.pack",
    ];
    for name in left {
        fs::create_dir_all(git_folder.join(name).parent().unwrap()).unwrap();
        fs::write(git_folder.join(name), "half").unwrap();
    }
    let staging = scene.data.join("staging/ab");
    fs::create_dir_all(&staging).unwrap();
    fs::write(staging.join("cdef"), "half").unwrap();
    let person = scene.data.join("people/half.tmp");
    fs::create_dir_all(person.parent().unwrap()).unwrap();
    fs::write(&person, "half").unwrap();
    let mut server = Server::start(&scene.data);
    let there = left.iter().map(|name| git_folder.join(name)).chain([staging, person]);
    assert_eq!(there.filter(|path| path.exists()).collect::<Vec<_>>(), Vec::<PathBuf>::new());
    assert_eq!(suppliers[0].send(&server.base).unwrap().0, 201);
    assert!(server.stop().0.success());
    check(&scene.data, &suppliers, &BTreeMap::new());
}

#[test]
fn a_second_server_on_the_folder_is_refused_and_the_first_does_not_notice() {
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(8);
    let seen = Seen::default();
    let mut server = Server::start(&scene.data);
    let refused = under_load(&mut server, &mut suppliers, &seen, |server| {
        let refused: Vec<String> =
            (0..3).map(|_| Server::spawn(Server::command(&scene.data)).err().expect("one is enough")).collect();
        assert!(server.runs());
        assert!(server.stop().0.success());
        refused
    });
    for words in refused {
        assert!(words.contains("nother certreg already uses"), "{words}");
        assert!(!words.contains("panicked"), "{words}");
    }
    println!("a second server is refused three times: {}", check(&scene.data, &suppliers, &seen.into_inner().unwrap()));
}

#[test]
fn a_server_that_is_told_to_stop_the_moment_it_says_its_address_ends_well() {
    let scene = Scene::new();
    for _ in 0..drill::rounds("CERTREG_DRILL_DISK", FILLED).min(50) {
        let mut server = Server::start(&scene.data);
        let (status, took) = server.stop();
        assert!(status.success(), "{status}");
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert!(scene.data.join("clean").exists(), "a clean stop");
    }
}

/// A power loss: what was not synced is gone. The volume is shut down under 16 writers, without its journal being
/// written out, and mounted anew.
///
/// ```text
/// CERTREG_DRILL_POWER=20 cargo test --test drill_disk power -- --nocapture
/// ```
#[test]
fn after_a_power_loss_everything_acknowledged_is_there() {
    let what = "power loss";
    if !has("mkfs.ext4") || !has("python3") {
        return left_out(what, "there is no mkfs.ext4 or no python3");
    }
    let (rounds, begun) = (drill::rounds("CERTREG_DRILL_POWER", 2), Stopwatch::now());
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    fs::File::create(&image).unwrap().set_len(512 << 20).unwrap();
    assert!(Command::new("mkfs.ext4").arg("-q").arg(&image).status().unwrap().success());
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(16);
    // While the volume is gone, but not yet the server.
    suppliers.iter_mut().for_each(|supplier| supplier.takes_failures = true);
    let seen = Seen::default();
    let Some(mut volume) = Volume::mount(what, "ext4", "loop", Some(&image)) else { return };
    copy(&scene.data, &volume.at.join("data"));
    assert!(Command::new("sync").status().unwrap().success());
    for round in 0..rounds {
        let data = volume.at.join("data");
        let mut server = Server::start(&data);
        under_load(&mut server, &mut suppliers, &seen, |server| {
            thread::sleep(Duration::from_millis(below(600)));
            pull_the_plug(&volume.at);
            // It may have noticed: what matters is that it acknowledges nothing any more.
            thread::sleep(Duration::from_millis(below(50)));
            server.kill();
        });
        drop(server);
        assert!(Command::new("umount").arg(&volume.at).status().unwrap().success(), "round {round}");
        volume = Volume::mount(what, "ext4", "loop", Some(&image)).expect("as before");
        let data = volume.at.join("data");
        git(&data, &["fsck", "--full", "--strict"]);
        if (round + 1) % 5 == 0 || round + 1 == rounds {
            let figures = check(&data, &suppliers, &seen.lock().unwrap());
            println!("{} power losses under 16 writers in {:.0?}: {figures}", round + 1, begun.elapsed());
        }
    }
}

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: from now on nothing reaches the disk, not even the journal.
fn pull_the_plug(volume: &Path) {
    let program = "import fcntl, os, struct, sys\n\
                   fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";
    assert!(Command::new("python3").args(["-c", program]).arg(volume).status().unwrap().success());
}
