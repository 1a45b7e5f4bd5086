//! A drill: the server is killed (`kill -9`) at random instants while 16 writers publish, started again, and at the end
//! asked for everything that it ever acknowledged.
//!
//! The tests do a few rounds; the drill itself, with figures at its end:
//!
//! ```text
//! CERTREG_DRILL_ROUNDS=200 cargo test --release --test drill_kill -- --nocapture
//! ```
//!
//! Writers never know what became of a request that was cut off: they send the same bytes again, as suppliers would.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant as Stopwatch},
};

use certreg::{
    domain::{CertificationId, ChangeKind, Digest, Draft},
    format::{profile, v1},
    log::{Checkpoint, SignedCheckpoint},
    registry::{Clock, Registry},
    signing::{self, Namespace},
};
use common::{
    fixture::{Fixture, LOG, OFFICIAL, REGISTRY, ROOT, SIGNATORY, key, official, record, server, signatory},
    http::as_json,
};
use serde_json::Value;

const WRITERS: usize = 16;
const ROUNDS: u64 = 10;
/// A kill comes within this long after the first acknowledgement of a round.
const WITHIN_MS: u64 = 400;

/// A data folder as `certreg serve` wants it, and what a first version says.
struct Scene {
    data: PathBuf,
    template: Draft,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Scene {
        let fixture = Fixture::new();
        let template = fixture.draft("example-learning/service");
        let data = fixture.data.clone();
        let keys = data.join("keys");
        fs::create_dir_all(&keys).unwrap();
        for (name, seed) in [("registry", REGISTRY), ("log", LOG)] {
            let text = key(seed).to_openssh(name, None).unwrap();
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(keys.join(name)).unwrap();
            std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        }
        Scene { data, template, _folder: fixture.closed().unwrap() }
    }
}

/// A running server. Killed when it is dropped.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    fn start(data: &Path) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certreg"));
        command.arg("serve").args(["--listen", "127.0.0.1:0", "--color", "never", "--data"]).arg(data);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("it starts after any kill").unwrap();
        let base = first.split_whitespace().last().unwrap().to_owned();
        assert!(base.starts_with("http://127.0.0.1:"), "{first}");
        Server { child, base }
    }

    fn kill(&mut self) {
        // SIGKILL, by its id.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One who publishes versions of a certification, one after the other.
struct Supplier {
    id: CertificationId,
    draft: Draft,
    previous: Option<Digest>,
    /// What was sent last and may or may not have arrived.
    in_flight: Option<(Digest, String)>,
    acknowledged: Vec<Acknowledged>,
}

/// What the registry said it would keep for ever.
struct Acknowledged {
    version: u32,
    digest: Digest,
    receipt: Value,
    /// Whether it had arrived before, although nobody was told.
    already: bool,
}

impl Supplier {
    fn new(number: usize, template: &Draft) -> Supplier {
        let id: CertificationId = format!("example-learning/service-{number}").parse().unwrap();
        let draft = Draft { service: id.service.clone(), version: 0, ..template.clone() };
        Supplier { id, draft, previous: None, in_flight: None, acknowledged: Vec::new() }
    }

    fn next(&mut self) -> (Digest, String) {
        if let Some(same) = &self.in_flight {
            return same.clone();
        }
        self.draft.version += 1;
        self.draft.previous = self.previous;
        self.draft.service_name = format!("Example Cloud {}", self.draft.version);
        if self.draft.version > 1 {
            self.draft.change.kind = ChangeKind::Update;
        }
        let document = profile::print(&v1::certification::write(&self.draft));
        let digest = Digest::of(&document);
        let sign = |seed: u8, namespace: Namespace| {
            Some(signing::sign(&key(seed), &namespace.at(&self.draft.registry), &document))
        };
        let submission = certreg::registry::publish::VersionSubmission {
            signature: sign(SIGNATORY, Namespace::Certification),
            countersignature: sign(OFFICIAL, Namespace::Countersignature),
            people: vec![record(&signatory()), record(&official())],
            document,
        };
        let sent = (digest, as_json(&submission).to_string());
        self.in_flight = Some(sent.clone());
        sent
    }

    /// Publishes until the server is gone.
    fn publish(&mut self, base: &str, first: &AtomicBool) {
        let agent = agent();
        loop {
            let (digest, body) = self.next();
            let url = format!("{base}/v1/certifications/{}/versions", self.id);
            let Some((status, answer)) = answer(agent.post(url).content_type("application/json").send(body)) else {
                return;
            };
            if status == 503 {
                thread::sleep(Duration::from_millis(20));
                continue;
            }
            assert!(matches!(status, 200 | 201), "{}: {status} {answer}", self.id);
            first.store(true, Ordering::SeqCst);
            let (version, already) = (self.draft.version, status == 200);
            self.acknowledged.push(Acknowledged { version, digest, receipt: answer["receipt"].clone(), already });
            self.previous = Some(digest);
            self.in_flight = None;
        }
    }
}

fn agent() -> ureq::Agent {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
    config.build().new_agent()
}

/// The whole answer, if it came: half of one acknowledges nothing.
fn answer(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Option<(u16, Value)> {
    let mut answer = answer.ok()?;
    let body = answer.body_mut().read_to_vec().ok()?;
    Some((answer.status().as_u16(), serde_json::from_slice(&body).ok()?))
}

/// Keeps every checkpoint that the server shows.
fn watch(base: &str, seen: &Mutex<BTreeMap<u64, String>>) {
    let agent = agent();
    while let Ok(mut answer) = agent.get(format!("{base}/log/checkpoint")).call() {
        let Ok(text) = answer.body_mut().read_to_string() else { return };
        if answer.status() != 200 {
            continue;
        }
        let size = checkpoint(&text).size();
        let before = seen.lock().unwrap().insert(size, text.clone());
        assert!(before.is_none_or(|before| before == text), "two checkpoints of {size} entries");
        thread::sleep(Duration::from_millis(5));
    }
}

fn checkpoint(text: &str) -> Checkpoint {
    SignedCheckpoint::parse(text).unwrap().checkpoint().clone()
}

fn git(data: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("GIT_CONFIG_NOSYSTEM", "1");
    let output = git.arg("--git-dir").arg(data.join("registry.git")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Random enough for instants.
fn below(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % bound
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_there_when_the_server_is_killed_at_any_instant() {
    let rounds = std::env::var("CERTREG_DRILL_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    let begun = Stopwatch::now();
    let scene = Scene::new();
    let mut suppliers: Vec<Supplier> = (0..WRITERS).map(|number| Supplier::new(number, &scene.template)).collect();
    let seen = Mutex::new(BTreeMap::new());
    let mut slowest_start = Duration::ZERO;
    for _ in 0..rounds {
        let starting = Stopwatch::now();
        let mut server = Server::start(&scene.data);
        slowest_start = slowest_start.max(starting.elapsed());
        let first = AtomicBool::new(false);
        thread::scope(|scope| {
            let (base, first, seen) = (server.base.clone(), &first, &seen);
            for supplier in &mut suppliers {
                let base = base.clone();
                scope.spawn(move || supplier.publish(&base, first));
            }
            scope.spawn(move || watch(&base, seen));
            let patience = Stopwatch::now();
            while !first.load(Ordering::SeqCst) && patience.elapsed() < Duration::from_secs(30) {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(below(WITHIN_MS)));
            server.kill();
        });
        assert!(first.into_inner(), "a round without a publish tells nothing");
        git(&scene.data, &["fsck", "--full", "--strict"]);
    }
    let arrived = check(&scene, &suppliers, &seen.into_inner().unwrap());
    let all = suppliers.iter().flat_map(|supplier| &supplier.acknowledged);
    println!(
        "{rounds} kills under {WRITERS} writers in {:.0?}: {} acknowledged, 0 lost; {} had arrived without an answer; {} commits; slowest start {slowest_start:.1?}",
        begun.elapsed(),
        all.clone().count(),
        all.filter(|acknowledged| acknowledged.already).count() as u64 + arrived,
        git(&scene.data, &["rev-list", "--count", "main"]).trim(),
    );
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_it_took_and_leaves_nothing_to_repair() {
    let scene = Scene::new();
    let mut suppliers: Vec<Supplier> = (0..WRITERS).map(|number| Supplier::new(number, &scene.template)).collect();
    let seen = Mutex::new(BTreeMap::new());
    let mut server = Server::start(&scene.data);
    let first = AtomicBool::new(false);
    let waited = thread::scope(|scope| {
        let (base, first, seen) = (server.base.clone(), &first, &seen);
        for supplier in &mut suppliers {
            let base = base.clone();
            scope.spawn(move || supplier.publish(&base, first));
        }
        let waiting = format!("{base}/v1/changes?after=9000000&wait=28");
        let waiting = scope.spawn(move || answer(agent().get(waiting).call()));
        scope.spawn(move || watch(&base, seen));
        while !first.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(200));
        let pid = rustix::process::Pid::from_child(&server.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let told = Stopwatch::now();
        let status = server.child.wait().unwrap();
        assert!(status.success(), "{status}");
        assert!(told.elapsed() < Duration::from_secs(15), "{:?}", told.elapsed());
        waiting.join().unwrap()
    });
    let (status, page) = waited.expect("whoever waits is answered");
    assert_eq!((status, page["items"].as_array().map(Vec::len)), (200, Some(0)), "{page:#}");
    assert!(scene.data.join("clean").exists(), "a clean stop");
    check(&scene, &suppliers, &seen.into_inner().unwrap());
}

/// The ledger of acknowledgements against the registry; gives how many had arrived that nobody asked about again.
fn check(scene: &Scene, suppliers: &[Supplier], seen: &BTreeMap<u64, String>) -> u64 {
    let registry = Registry::open(&scene.data, server(), Clock::System).unwrap();
    let mut arrived = 0;
    for supplier in suppliers {
        for Acknowledged { version, digest, receipt, .. } in &supplier.acknowledged {
            let row = registry.version(&supplier.id, *version).unwrap_or_else(|error| panic!("lost: {error}"));
            assert_eq!(row.publication.digest, *digest, "{} version {version}", supplier.id);
            let kept = registry.receipt(row.publication.sequence).unwrap();
            assert_eq!(receipt["index"], kept.index, "{receipt:#}");
            assert_eq!(receipt["leaf"], kept.leaf);
            assert_eq!(receipt["proof"], kept.proof.print());
            assert!(registry.verification(&supplier.id, *version).unwrap().sound_now);
        }
        // What was sent last is wholly there or wholly absent.
        let versions = registry.index().versions(&supplier.id, None, usize::MAX).unwrap();
        let beyond = versions.len() - supplier.acknowledged.len();
        let in_flight = supplier.in_flight.as_ref().map(|(digest, _)| *digest);
        assert!(beyond == 0 || (beyond == 1 && Some(versions[0].publication.digest) == in_flight), "{beyond}");
        arrived += beyond as u64;
    }
    assert!(!seen.is_empty());
    for (size, text) in seen {
        let (_, proof) = registry.consistency(*size, None).unwrap_or_else(|error| panic!("size {size}: {error}"));
        assert_eq!(proof.old_root, Some(checkpoint(text).root()), "the log of {size} entries is another");
    }
    let commits = registry.log_size();
    drop(registry);
    assert_eq!(git(&scene.data, &["rev-list", "--count", "main"]).trim(), commits.to_string());
    assert_eq!(git(&scene.data, &["rev-list", "--min-parents=2", "main"]), "", "one line");
    assert_eq!(Registry::rebuild(&scene.data, true, &mut |_| {}).unwrap(), Vec::<String>::new(), "the index is right");
    let mut verify = Command::new(env!("CARGO_BIN_EXE_certreg"));
    let output = verify.arg("verify").arg(&scene.data).args(["--root", &key(ROOT).public().fingerprint()]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    arrived
}
