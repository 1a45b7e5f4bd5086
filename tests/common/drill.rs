//! What the drills share: a data folder as `certreg serve` wants it, the built program serving it, and suppliers who
//! write down every acknowledgement that they get.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
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
    registry::publish::VersionSubmission,
    signing::{self, Namespace},
};
use serde_json::Value;

use super::{
    fixture::{Fixture, LOG, OFFICIAL, REGISTRY, SIGNATORY, key, official, record, signatory},
    http::as_json,
};

/// Checkpoints that the server has shown, by size.
pub type Seen = Mutex<BTreeMap<u64, String>>;

/// A data folder as `certreg serve` wants it, and what a first version says.
pub struct Scene {
    pub data: PathBuf,
    pub template: Draft,
    folder: Option<tempfile::TempDir>,
}

impl Scene {
    pub fn new() -> Scene {
        Scene::of(Fixture::new())
    }

    /// The same in a folder below `parent`.
    pub fn new_in(parent: &Path) -> Scene {
        Scene::of(Fixture::new_in(parent))
    }

    fn of(fixture: Fixture) -> Scene {
        let template = fixture.draft("example-learning/service");
        let data = fixture.data.clone();
        let keys = data.join("keys");
        fs::create_dir_all(&keys).unwrap();
        for (name, seed) in [("registry", REGISTRY), ("log", LOG)] {
            let text = key(seed).to_openssh(name, None).unwrap();
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(keys.join(name)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }
        Scene { data, template, folder: fixture.closed() }
    }

    pub fn suppliers(&self, count: usize) -> Vec<Supplier> {
        (0..count).map(|number| Supplier::new(number, &self.template)).collect()
    }

    /// The folder that holds the data folder and nothing else.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// A copy of the data folder as it is now, at `to`, which is emptied first.
    pub fn copy(&self, to: &Path) {
        copy(&self.data, to);
    }
}

/// Copies a folder with its modes and times; `to` is emptied first.
pub fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    let mut cp = Command::new("cp");
    assert!(cp.args(["-a", "--reflink=auto"]).arg(from).arg(to).status().unwrap().success());
}

/// A running server. Killed when it is dropped.
pub struct Server {
    pub child: Child,
    pub base: String,
    errors: File,
    /// Its output stays open.
    _lines: BufReader<std::process::ChildStdout>,
}

impl Server {
    pub fn start(data: &Path) -> Server {
        Server::spawn(Server::command(data)).unwrap_or_else(|words| panic!("it does not start: {words}"))
    }

    /// The command that serves `data`, to be given more.
    pub fn command(data: &Path) -> Command {
        let mut command = Command::new(program());
        Server::arguments(&mut command, data);
        command
    }

    pub fn arguments(command: &mut Command, data: &Path) {
        command.arg("serve").args(["--listen", "127.0.0.1:0", "--color", "never", "--data"]).arg(data);
    }

    /// Starts it.
    ///
    /// # Errors
    /// What it said on its error stream, when it ended instead.
    pub fn spawn(mut command: Command) -> Result<Server, String> {
        let errors = tempfile::tempfile().unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors.try_clone().unwrap());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let base = first.split_whitespace().last().unwrap_or_default().to_owned();
        if !base.starts_with("http://127.0.0.1:") {
            let status = child.wait().unwrap();
            return Err(format!("{status}: {}", text_of(&errors)));
        }
        Ok(Server { child, base, errors, _lines: lines })
    }

    /// What it said on its error stream until now.
    pub fn errors(&self) -> String {
        text_of(&self.errors)
    }

    /// SIGKILL, by its id.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM; gives what it ended with, and how long that took.
    pub fn stop(&mut self) -> (ExitStatus, Duration) {
        let told = Stopwatch::now();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        (self.child.wait().unwrap(), told.elapsed())
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// A whole answer to GET.
    pub fn get(&self, path: &str) -> Option<(u16, Value)> {
        answer(agent().get(format!("{}{path}", self.base)).call())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // A thread that panicked answers 500, and the test may have looked away.
        let said = self.errors();
        if !thread::panicking() {
            assert!(!said.contains("panicked at"), "{said}");
        }
    }
}

fn text_of(file: &File) -> String {
    let mut file = file.try_clone().unwrap();
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

/// One who publishes versions of a certification, one after the other, and writes down what is acknowledged.
#[derive(Clone)]
pub struct Supplier {
    pub id: CertificationId,
    pub draft: Draft,
    previous: Option<Digest>,
    /// What was sent last and may or may not have arrived.
    pub in_flight: Option<(Digest, VersionSubmission)>,
    pub acknowledged: Vec<Acknowledged>,
    /// Whether an answer with 500 is no more than none.
    pub takes_failures: bool,
}

/// What the registry said it would keep for ever.
#[derive(Clone)]
pub struct Acknowledged {
    pub version: u32,
    pub digest: Digest,
    /// Null when it was not given over HTTP.
    pub receipt: Value,
    /// Whether it had arrived before, although nobody was told.
    pub already: bool,
}

impl Supplier {
    pub fn new(number: usize, template: &Draft) -> Supplier {
        let id: CertificationId = format!("example-learning/service-{number}").parse().unwrap();
        let draft = Draft { service: id.service.clone(), version: 0, ..template.clone() };
        Supplier { id, draft, previous: None, in_flight: None, acknowledged: Vec::new(), takes_failures: false }
    }

    /// What it sends next: the same again for as long as there was no answer.
    pub fn next(&mut self) -> (Digest, VersionSubmission) {
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
        let submission = VersionSubmission {
            signature: sign(SIGNATORY, Namespace::Certification),
            countersignature: sign(OFFICIAL, Namespace::Countersignature),
            people: vec![record(&signatory()), record(&official())],
            document,
        };
        let sent = (digest, submission);
        self.in_flight = Some(sent.clone());
        sent
    }

    /// Writes down that what was sent last was acknowledged.
    pub fn note(&mut self, receipt: Value, already: bool) {
        let (digest, _) = self.in_flight.take().expect("something was sent");
        self.acknowledged.push(Acknowledged { version: self.draft.version, digest, receipt, already });
        self.previous = Some(digest);
    }

    /// Sends the next version once; `None` when there was no whole answer.
    pub fn send(&mut self, base: &str) -> Option<(u16, Value)> {
        let (_, submission) = self.next();
        let url = format!("{base}/v1/certifications/{}/versions", self.id);
        let body = as_json(&submission).to_string();
        let (status, answer) = answer(agent().post(url).content_type("application/json").send(body))?;
        if matches!(status, 200 | 201) {
            self.note(answer["receipt"].clone(), status == 200);
        }
        Some((status, answer))
    }

    /// Publishes until the server is gone.
    pub fn publish(&mut self, base: &str, first: &AtomicBool) {
        while let Some((status, answer)) = self.send(base) {
            if status == 503 || (status == 500 && self.takes_failures) {
                thread::sleep(Duration::from_millis(20));
                continue;
            }
            assert!(matches!(status, 200 | 201), "{}: {status} {answer}", self.id);
            first.store(true, Ordering::SeqCst);
        }
    }
}

thread_local! {
    static AGENT: ureq::Agent = {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        config.timeout_global(Some(Duration::from_secs(60))).build().new_agent()
    };
}

/// One a thread, so that connections are used again.
pub fn agent() -> ureq::Agent {
    AGENT.with(ureq::Agent::clone)
}

/// Waits until the git that a killed server has left at work is done.
pub fn until_nobody_packs(data: &Path) {
    let Ok(held) = std::fs::File::open(data.join("packing")) else { return };
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).expect("free in the end");
}

/// The whole answer, if it came: half of one acknowledges nothing.
pub fn answer(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Option<(u16, Value)> {
    let mut answer = answer.ok()?;
    let body = answer.body_mut().read_to_vec().ok()?;
    Some((answer.status().as_u16(), serde_json::from_slice(&body).ok()?))
}

/// Keeps every checkpoint that the server shows, until it is gone.
pub fn watch(base: &str, seen: &Seen) {
    let agent = agent();
    while let Ok(mut answer) = agent.get(format!("{base}/log/checkpoint")).call() {
        let Ok(text) = answer.body_mut().read_to_string() else { return };
        if answer.status() == 200 {
            see(text, seen);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Keeps a checkpoint; no size has two.
pub fn see(text: String, seen: &Seen) {
    let size = checkpoint(&text).size();
    let before = seen.lock().unwrap().insert(size, text.clone());
    assert!(before.is_none_or(|before| before == text), "two checkpoints of {size} entries");
}

pub fn checkpoint(text: &str) -> Checkpoint {
    SignedCheckpoint::parse(text).unwrap().checkpoint().clone()
}

/// All suppliers publish, somebody watches the log, and `fault` strikes some time after the first acknowledgement;
/// everybody has ended when the server is gone.
pub fn under_load<T>(
    server: &mut Server,
    suppliers: &mut [Supplier],
    seen: &Seen,
    fault: impl FnOnce(&mut Server) -> T,
) -> T {
    let first = AtomicBool::new(false);
    let given = thread::scope(|scope| {
        let (base, first) = (server.base.clone(), &first);
        for supplier in suppliers {
            let base = base.clone();
            scope.spawn(move || supplier.publish(&base, first));
        }
        scope.spawn(move || watch(&base, seen));
        let patience = Stopwatch::now();
        while !first.load(Ordering::SeqCst) && patience.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(1));
        }
        fault(server)
    });
    assert!(first.into_inner(), "a round without a publish tells nothing");
    given
}

/// The built program, or another one to be tried: `CERTREG_DRILL_PROGRAM`.
pub fn program() -> std::ffi::OsString {
    std::env::var_os("CERTREG_DRILL_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_certreg").into())
}

/// Random enough for instants.
pub fn below(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % bound
}

/// How often a drill goes round: its variable, or what the tests do.
pub fn rounds(variable: &str, in_tests: u64) -> u64 {
    std::env::var(variable).map_or(in_tests, |text| text.parse().expect("a number of rounds"))
}

/// Says that a check did not run, and why: nobody is to take silence for success.
pub fn left_out(check: &str, reason: &str) {
    println!("left out: {check}, because {reason}");
    // Also where the output of passing tests is kept back.
    let _ = writeln!(std::io::stderr().lock(), "left out: {check}, because {reason}");
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether there is a program of this name.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok()
}
