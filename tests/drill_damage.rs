//! A drill: single bits are flipped, and files cut short, all over the data folder. Whatever was damaged is noticed at
//! the start, when it is read, or by the scrub, or nobody can tell the difference; nothing wrong is shown, nothing
//! hangs.
//!
//! ```text
//! CERTREG_DRILL_DAMAGE=2000 cargo test --test drill_damage -- --nocapture
//! ```
//!
//! The damaged registry is opened in a process of its own (this test program again), so that a hang or a crash is seen
//! as what it is.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant as Stopwatch},
};

use axum::{body::Body, http::Method};
use certreg::{
    domain::Digest,
    registry::{Clock, Registry, ServerKeys},
    signing::SecretKey,
};
use common::{
    drill::{Scene, Server, copy, rounds},
    fixture::{instant, official, record, server, signatory},
    http::{ask, request},
    ledger::git,
};
use serde_json::Value;

/// Where the process that opens damaged registries finds its work.
const TOLD: &str = "CERTREG_DRILL_FOLDER";
const OPENER: &str = "a_registry_that_nothing_damages_shows_the_same_every_time";
/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
const IN_TESTS: u64 = 40;
const WORKERS: usize = 2;
/// How the damaged registry had ended before.
const STATES: [&str; 2] = ["clean", "crashed"];

/// What a reader may ask for. Answers to the first ones are proven by digests and signatures; the others come from the
/// index, too.
fn paths() -> Vec<String> {
    let one = "/v1/certifications/example-learning/service-0";
    let mut paths: Vec<String> = Vec::new();
    for version in 1..=3 {
        for part in ["/document", "/signatures/signatory", "/receipt"] {
            paths.push(format!("{one}/versions/{version}{part}"));
        }
    }
    for person in [signatory(), official()] {
        paths.push(format!("/v1/people/{}", Digest::of(&record(&person)).hex()));
    }
    let more = ["", "/versions", "/versions/2/verification", "/diff?from=1&to=3", "/responses/q5.7/history"];
    paths.extend(more.map(|path| format!("{one}{path}")));
    let more = ["/v1", "/v1/changes", "/v1/certifications?q=cloud", "/v1/editions/dfe-2016-dpa", "/log/checkpoint"];
    paths.extend(more.map(str::to_owned));
    let more =
        ["/v1/suppliers/example-learning", "/v1/suppliers/example-learning/allowed_signers", "/log/tile/0/000.p/10"];
    paths.extend(more.map(str::to_owned));
    paths.push("/s/example-learning/service-0".to_owned());
    paths
}

/// How many of them are proven.
const PROVEN: usize = 11;

/// One damage: a file below the data folder, and where.
#[derive(Debug, Clone)]
struct Damage {
    /// After a clean stop, or after a crash.
    state: &'static str,
    file: String,
    /// `None`: cut there.
    bit: Option<u8>,
    at: u64,
}

impl Damage {
    fn print(&self) -> String {
        let kind = self.bit.map_or("cut".to_owned(), |bit| bit.to_string());
        format!("{} {} {kind} {}", self.state, self.at, self.file)
    }

    fn parse(line: &str) -> Damage {
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap();
        let state = word();
        let state = STATES.into_iter().find(|known| *known == state).unwrap();
        let (at, bit) = (word().parse().unwrap(), word().parse().ok());
        Damage { state, file: word().to_owned(), bit, at }
    }
}

fn every_file(folder: &Path, below: &Path, files: &mut Vec<(String, u64)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            every_file(&path, below, files);
        } else {
            let name = path.strip_prefix(below).unwrap().display().to_string();
            files.push((name, path.metadata().unwrap().len()));
        }
    }
}

/// Numbers that are the same in every run with the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// Half of the damages by file, so that small ones have their share, half by byte.
fn damages(folder: &Path, count: u64) -> Vec<Damage> {
    let mut dice = Dice(rounds("CERTREG_DRILL_SEED", 20_261_122));
    let states = STATES.map(|state| {
        let mut files = Vec::new();
        every_file(&folder.join(state), &folder.join(state), &mut files);
        files.sort();
        (state, files)
    });
    let damage = |number: u64| {
        let (state, files) = &states[(number % 2) as usize];
        let by_file = dice.below(2) == 0;
        let mut at = dice.below(files.iter().map(|(_, bytes)| bytes).sum());
        let (file, bytes) = match by_file {
            true => files[dice.below(files.len() as u64) as usize].clone(),
            false => files
                .iter()
                .find(|(_, bytes)| {
                    let here = at < *bytes;
                    if !here {
                        at -= bytes;
                    }
                    here
                })
                .unwrap()
                .clone(),
        };
        let at = if by_file { dice.below(bytes) } else { at };
        let bit = (dice.below(4) > 0 && bytes > 0).then(|| dice.below(8) as u8);
        Damage { state, file, bit, at }
    };
    (0..count).map(damage).collect()
}

fn apply(data: &Path, file: &str, at: u64, bit: Option<u8>) {
    let path = data.join(file);
    let mut bytes = fs::read(&path).unwrap();
    match bit {
        Some(bit) => bytes[at as usize] ^= 1 << bit,
        None => bytes.truncate(at as usize),
    }
    // Objects are read-only files; what damages a disk does not ask.
    let modes = fs::metadata(&path).unwrap().permissions();
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, modes).unwrap();
}

/// A small registry with some history, some of it in a pack, after a clean stop and after a crash.
fn registries(folder: &Path) {
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(10);
    let clock = || Clock::standing_at(instant("2026-01-01T10:00:00Z"));
    let registry = Registry::open(&scene.data, server(), clock()).unwrap();
    let group = |suppliers: &mut [common::drill::Supplier]| {
        let sent = suppliers.iter_mut().map(|supplier| (supplier.id.clone(), supplier.next().1)).collect();
        registry.publish_group(sent).into_iter().for_each(|done| assert!(done.is_ok(), "{done:?}"));
        suppliers.iter_mut().for_each(|supplier| supplier.note(Value::Null, false));
    };
    group(&mut suppliers[..1]);
    group(&mut suppliers);
    group(&mut suppliers[..1]);
    registry.keep_checkpoint().unwrap();
    copy(&scene.data, &folder.join("crashed"));
    drop(registry);
    copy(&scene.data, &folder.join("clean"));
}

/// Every answer, or that there was none.
fn answers(registry: &Arc<Registry>) -> Vec<(u16, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let router = certreg::server::router(registry.clone());
    runtime.block_on(async {
        let mut answers = Vec::new();
        for path in paths() {
            let answer = ask(router.clone(), request(Method::GET, &path, &[], Body::empty())).await;
            let status = answer.status.as_u16();
            // A problem names its request.
            answers.push((status, if status < 400 { Digest::of(&answer.body).hex() } else { String::new() }));
        }
        answers
    })
}

fn secret(data: &Path, name: &str) -> Result<SecretKey, String> {
    let text = fs::read(data.join("keys").join(name)).map_err(|error| error.to_string())?;
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    SecretKey::from_openssh(&text, None).map_err(|error| error.to_string())
}

fn open(data: &Path) -> Result<Arc<Registry>, String> {
    let keys = ServerKeys { registry: secret(data, "registry")?, log: secret(data, "log")? };
    let registry = Registry::open(data, keys, Clock::standing_at(instant("2026-01-02T10:00:00Z")));
    registry.map(Arc::new).map_err(|error| error.to_string())
}

/// What became of one damage.
fn examine(data: &Path, whole: &[(u16, String)]) -> String {
    let registry = match open(data) {
        Ok(registry) => registry,
        Err(_) => return "start".to_owned(),
    };
    let shown = answers(&registry);
    let scrubbed = registry.scrub().unwrap();
    let found: Vec<&str> = scrubbed.wrong.iter().map(|finding| finding.check).collect();
    let wrong = |range: std::ops::Range<usize>| {
        let differ = |place: &usize| shown[*place].0 < 500 && shown[*place] != whole[*place];
        let differing: Vec<String> = range.filter(differ).map(|place| paths()[place].clone()).collect();
        differing
    };
    let (proven, listed) = (wrong(0..PROVEN), wrong(PROVEN..whole.len()));
    if !proven.is_empty() {
        return format!("WRONG {proven:?} {found:?}");
    }
    match (listed.is_empty(), found.is_empty()) {
        (false, true) => format!("MISLED {listed:?}"),
        (false, false) => "listed-until-scrub".to_owned(),
        (true, false) if shown != whole => "read-and-scrub".to_owned(),
        (true, false) => "scrub".to_owned(),
        (true, true) if shown != whole => "read".to_owned(),
        (true, true) => "harmless".to_owned(),
    }
}

/// Does one damage after the other, and tells what became of each.
fn open_and_tell(folder: &Path) {
    let data = folder.join("data");
    let whole: BTreeMap<&str, Vec<(u16, String)>> = STATES
        .map(|state| {
            copy(&folder.parent().unwrap().join(state), &data);
            (state, answers(&open(&data).unwrap()))
        })
        .into();
    assert_eq!(whole["clean"], whole["crashed"]);
    for line in fs::read_to_string(folder.join("work")).unwrap().lines() {
        let (number, line) = line.split_once(' ').unwrap();
        let Damage { state, file, bit, at } = Damage::parse(line);
        copy(&folder.parent().unwrap().join(state), &data);
        apply(&data, &file, at, bit);
        println!("told: {number}=begun");
        println!("told: {number}={}", examine(&data, &whole[state]));
    }
    println!("told: end=end");
}

#[test]
fn a_registry_that_nothing_damages_shows_the_same_every_time() {
    if let Some(folder) = std::env::var_os(TOLD) {
        return open_and_tell(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    registries(folder.path());
    let data = folder.path().join("clean");
    let registry = open(&data).unwrap();
    let whole = answers(&registry);
    let asked = paths();
    whole.iter().zip(&asked).for_each(|((status, _), path)| assert_eq!(*status, 200, "{path}"));
    assert_eq!(registry.scrub().unwrap().wrong, []);
    assert_eq!(registry.health_with(0).reasons, Vec::<String>::new());
    drop(registry);
    assert_eq!(answers(&open(&data).unwrap()), whole);
}

/// The process at work, and what it tells.
struct Opener {
    child: Child,
    told: mpsc::Receiver<(String, String)>,
    said: Arc<std::sync::Mutex<String>>,
}

impl Opener {
    fn start(folder: &Path, work: &[(usize, Damage)]) -> Opener {
        let lines: String = work.iter().map(|(number, damage)| format!("{number} {}\n", damage.print())).collect();
        fs::write(folder.join("work"), lines).unwrap();
        let mut itself = Command::new(std::env::current_exe().unwrap());
        itself.args(["--exact", OPENER, "--nocapture", "--test-threads=1"]).env(TOLD, folder);
        let mut child = itself.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (tell, told) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if let Some((name, value)) = line.split_once("told: ").and_then(|(_, line)| line.split_once('=')) {
                    let _ = tell.send((name.to_owned(), value.to_owned()));
                }
            }
        });
        let said = Arc::new(std::sync::Mutex::new(String::new()));
        let (errors, keeps) = (BufReader::new(child.stderr.take().unwrap()), said.clone());
        thread::spawn(move || {
            errors.lines().map_while(Result::ok).for_each(|line| *keeps.lock().unwrap() += &format!("{line}\n"));
        });
        Opener { child, told, said }
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Has all of `work` done, whatever becomes of the process that does it; gives each outcome.
fn outcomes(folder: PathBuf, mut work: Vec<(usize, Damage)>) -> Vec<(Damage, String)> {
    fs::create_dir_all(&folder).unwrap();
    let mut done = Vec::new();
    while !work.is_empty() {
        let opener = Opener::start(&folder, &work);
        let mut at_work = None;
        let failed = loop {
            match opener.told.recv_timeout(PATIENCE) {
                Ok((name, _)) if name == "end" => break None,
                Ok((name, value)) if value == "begun" => at_work = Some(name),
                Ok((name, value)) => {
                    let (number, damage) = work.remove(0);
                    assert_eq!(number.to_string(), name);
                    let said = std::mem::take(&mut *opener.said.lock().unwrap());
                    let outcome = if said.contains("panicked at") { format!("PANIC {said}") } else { value };
                    if outcome.starts_with(|c: char| c.is_ascii_uppercase()) {
                        println!("{outcome}: {}", damage.print());
                    }
                    done.push((damage, outcome));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => break Some("HANG"),
                Err(mpsc::RecvTimeoutError::Disconnected) => break Some("CRASH"),
            }
        };
        if let Some(failed) = failed {
            assert!(at_work.is_some(), "{failed} before anything was damaged: {}", opener.said.lock().unwrap());
            done.push((work.remove(0).1, format!("{failed} {}", opener.said.lock().unwrap())));
        }
    }
    done
}

#[test]
fn damage_anywhere_in_the_data_folder_is_noticed_or_makes_no_difference() {
    let (count, begun) = (rounds("CERTREG_DRILL_DAMAGE", IN_TESTS), Stopwatch::now());
    let folder = tempfile::tempdir().unwrap();
    registries(folder.path());
    let work: Vec<(usize, Damage)> = damages(folder.path(), count).into_iter().enumerate().collect();
    let files: std::collections::BTreeSet<String> = work.iter().map(|(_, damage)| damage.file.clone()).collect();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let part = work.iter().filter(|(number, _)| number % WORKERS == worker).cloned().collect();
            let folder = folder.path().join(format!("worker-{worker}"));
            thread::spawn(move || outcomes(folder, part))
        })
        .collect();
    let all: Vec<(Damage, String)> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    assert_eq!(all.len() as u64, count);
    let mut figures: BTreeMap<&str, usize> = BTreeMap::new();
    let mut bad = Vec::new();
    for (damage, outcome) in &all {
        let class = outcome.split(' ').next().unwrap();
        *figures.entry(class).or_default() += 1;
        // Lists come from the index, which has no seal after a crash: until the scrub.
        let is_index = damage.file.starts_with("index.sqlite") && damage.state == "crashed";
        if class.chars().all(|c| c.is_ascii_uppercase()) || (class == "listed-until-scrub" && !is_index) {
            bad.push(format!("{damage:?}: {outcome}"));
        }
        if class == "listed-until-scrub" || class == "harmless" {
            println!("{class}: {}", damage.print());
        }
    }
    println!("{count} damages in {} files in {:.0?}: {figures:?}", files.len(), begun.elapsed());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn an_index_that_is_gone_empty_foreign_or_half_written_is_built_anew_and_answers_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    registries(folder.path());
    let data = folder.path().join("data");
    copy(&folder.path().join("clean"), &data);
    let whole = answers(&open(&data).unwrap());
    let other = Scene::new();
    drop(Registry::open(&other.data, server(), Clock::System).unwrap());
    let index = data.join("index.sqlite");
    let remove = || {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(data.join(format!("index.sqlite{suffix}")));
        }
    };
    let harms: [(&str, &dyn Fn()); 7] = [
        ("gone", &remove),
        ("empty", &|| fs::write(&index, "").unwrap()),
        ("no database", &|| fs::write(&index, "no database at all\n".repeat(4000)).unwrap()),
        ("another registry's", &|| {
            remove();
            fs::copy(other.data.join("index.sqlite"), &index).map(drop).unwrap();
        }),
        ("half written", &|| {
            let bytes = fs::read(&index).unwrap();
            fs::write(&index, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("zeros in its middle", &|| {
            let mut bytes = fs::read(&index).unwrap();
            let middle = bytes.len() / 2 / 4096 * 4096;
            bytes[middle..middle + 4096].fill(0);
            fs::write(&index, &bytes).unwrap();
        }),
        ("another name in its rows", &|| rename_the_service(&index)),
    ];
    for (what, harm) in harms {
        copy(&folder.path().join("clean"), &data);
        harm();
        let registry = open(&data).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(answers(&registry), whole, "{what}");
        assert_eq!(registry.scrub().unwrap().wrong, [], "{what}");
        drop(registry);
        assert_eq!(Registry::rebuild(&data, true, &mut |_| {}).unwrap(), Vec::<String>::new(), "{what}");
    }
}

/// Writes another name over that of the service, wherever the index has it; every page stays whole.
fn rename_the_service(index: &Path) {
    let mut bytes = fs::read(index).unwrap();
    let (name, other) = (b"Example Cloud", b"Example Clown");
    let places: Vec<usize> = (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at..at + name.len()].copy_from_slice(other));
    fs::write(index, bytes).unwrap();
}

#[test]
fn an_index_that_was_altered_after_a_crash_is_told_by_the_scrub_until_it_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    registries(folder.path());
    let data = folder.path().join("clean");
    let whole = answers(&open(&data).unwrap());
    // Without its seal, as after a crash.
    fs::remove_file(data.join("index.seal")).unwrap();
    rename_the_service(&data.join("index.sqlite"));
    let registry = open(&data).unwrap();
    let shown = answers(&registry);
    assert_ne!(shown, whole, "lists may be misled");
    assert_eq!(shown[..PROVEN], whole[..PROVEN], "nothing that is proven is");
    let wrong = registry.scrub().unwrap().wrong;
    assert_eq!(wrong.iter().map(|finding| finding.check).collect::<Vec<_>>(), ["index"]);
    let reasons = registry.health_with(0).reasons;
    assert!(reasons[0].starts_with("The index does not say what the repository says"), "{reasons:?}");
    drop(registry);
    Registry::rebuild(&data, false, &mut |_| {}).unwrap();
    let registry = open(&data).unwrap();
    assert_eq!(answers(&registry), whole);
    assert_eq!(registry.scrub().unwrap().wrong, []);
}

#[test]
fn a_repository_that_is_rolled_back_under_the_server_is_refused_and_so_is_one_at_the_start() {
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(1);
    let server = Server::start(&scene.data);
    for _ in 0..3 {
        assert_eq!(suppliers[0].send(&server.base).unwrap().0, 201);
    }
    let newest = git(&scene.data, &["rev-parse", "main"]);
    git(&scene.data, &["update-ref", "refs/heads/main", "main~2"]);
    let (status, answer) = suppliers[0].send(&server.base).unwrap();
    assert_eq!((status, answer["code"].as_str()), (503, Some("writing-stopped")), "{answer}");
    let words = answer["detail"].as_str().unwrap();
    assert!(words.contains("main moved from") && words.contains(newest.trim()), "{words}");
    let (status, ready) = server.get("/readyz").unwrap();
    assert_eq!(status, 503, "{ready}");
    assert!(ready["detail"].as_str().unwrap().contains("main moved from"), "{ready}");
    drop(server);
    for index in ["kept", "gone"] {
        if index == "gone" {
            fs::remove_file(scene.data.join("index.sqlite")).unwrap();
        }
        let words = Server::spawn(Server::command(&scene.data)).err().expect("it does not start");
        assert!(words.contains("it was rolled back, or another one put in its place"), "{index}: {words}");
    }
    git(&scene.data, &["update-ref", "refs/heads/main", newest.trim()]);
    let mut server = Server::start(&scene.data);
    assert!(matches!(suppliers[0].send(&server.base).unwrap().0, 200 | 201));
    assert!(server.stop().0.success());
    common::ledger::check(&scene.data, &suppliers, &BTreeMap::new());
}

#[test]
fn the_server_notices_damage_by_itself_within_a_minute() {
    let scene = Scene::new();
    let mut suppliers = scene.suppliers(1);
    let mut server = Server::start(&scene.data);
    assert_eq!(suppliers[0].send(&server.base).unwrap().0, 201);
    // An object of the past that nobody asks for: the first commit's message, say.
    let first = git(&scene.data, &["rev-list", "--max-parents=0", "main"]);
    let file = format!("registry.git/objects/{}/{}", &first[..2], first[2..].trim());
    apply(&scene.data, &file, 30, Some(3));
    let begun = Stopwatch::now();
    let words = loop {
        let (status, ready) = server.get("/readyz").unwrap();
        if status == 503 {
            break ready["detail"].as_str().unwrap().to_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it has not noticed");
        thread::sleep(Duration::from_millis(200));
    };
    assert!(words.contains("The repository is damaged"), "{words}");
    assert!(
        server.errors().contains("\"event\":\"damage\"") || server.errors().contains("damage"),
        "{}",
        server.errors()
    );
    println!("noticed after {:.0?}: {words}", begun.elapsed());
    assert!(server.stop().0.success());
}
