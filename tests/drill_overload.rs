//! A drill: more is asked than the server can answer, and thousands of clients are slow on purpose.
//!
//! The tests do a short run and check what must hold on any machine; the drill itself, with figures and the promises
//! about time, wants a quiet machine with two cores (one for the server, one for its clients):
//!
//! ```text
//! CERTREG_DRILL_OVERLOAD=20 cargo test --release --test drill_overload -- --nocapture
//! ```
//!
//! The number is how many seconds each load lasts, in five rounds that take turns with an idle server: what counts of the
//! ratios is the median, so that a moment of the machine's own decides nothing. The server is a process of its own, as
//! root under a memory limit.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod load;

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use common::registry::{MadeUp, server};
use load::{Answered, Client, capacity, ms, open_loop, percentile};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    runtime::Runtime,
    time::timeout,
};

/// What is read: one answer that is kept ready, and four that are made each time. (To answer what is kept costs no more
/// than to refuse it, and it is never refused: of that alone, twice what is possible would only be late.)
const READS: [&str; 5] = [
    "/v1/certifications/example-learning/example-cloud",
    "/v1/certifications/example-learning/example-cloud/responses/q5.7",
    "/v1/certifications/example-learning/example-cloud/responses/q5.7/history",
    "/v1/certifications/example-learning/example-cloud/statement.txt",
    "/v1/certifications?limit=50",
];
/// The server's memory, where it can be limited.
const MEMORY_BYTES: u64 = 256 << 20;
/// As many connections as an open loop needs to outrun a waiting room of 512 places.
const CONNECTIONS: usize = 800;
/// How many times, over and over, each load is tried in the drill; once in the tests.
const ROUNDS: u32 = 5;
/// What is too much, in times of the capacity.
const FLOODS: [f64; 2] = [2.0, 5.0];
/// How many times as long as of an idle server the p99 of admitted reads may be.
const LONGEST: f64 = 3.0;
/// The share of its capacity that is asked of an idle server.
const IDLE: f64 = 0.05;

/// How long each load lasts; none in the ordinary tests.
fn drill() -> Option<Duration> {
    env::var("CERTREG_DRILL_OVERLOAD").ok().map(|seconds| Duration::from_secs(seconds.parse().unwrap()))
}

/// The runs would disturb each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The built program on a small registry.
struct Server {
    child: Child,
    address: SocketAddr,
    metrics: SocketAddr,
    limited: Result<PathBuf, String>,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Server {
        let made = MadeUp::new();
        made.history();
        let data = made.data();
        let MadeUp { registry, folder, .. } = made;
        drop(registry);
        write_keys(&data);
        let limited = memory_limit();
        let mut command = Command::new("sh");
        let enters =
            limited.as_ref().map_or(String::new(), |group| format!("echo $$ > {}/cgroup.procs; ", group.display()));
        let core = if drill().is_some() && on_core(std::process::id(), 1) { "taskset -c 0 " } else { "" };
        command.arg("-c").arg(format!("{enters}exec {core}\"$@\"")).args([
            "sh",
            env!("CARGO_BIN_EXE_certreg"),
            "serve",
        ]);
        let metrics = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        command.args(["--listen", "127.0.0.1:0", "--metrics", &metrics.to_string(), "--log", "faults"]);
        command.args(["--color", "never", "--data"]).arg(&data);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("it starts").unwrap();
        let address = first.split("http://").nth(1).unwrap_or_else(|| panic!("{first}")).trim();
        Server { child, address: address.parse().unwrap(), metrics, limited, _folder: folder }
    }

    /// How many connections it has open.
    async fn connections(&self) -> u64 {
        let mut stream = TcpStream::connect(self.metrics).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("certreg_connections ")).expect("the figure");
        line.parse().unwrap()
    }

    /// The most memory that the process had, in bytes.
    fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it still runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// It lives, it was never out of memory, and it ends in order.
    fn ends(mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "it still runs");
        let most = self.most_memory();
        println!("memory at most: {} MiB (limit {} MiB)", most >> 20, MEMORY_BYTES >> 20);
        assert!(most < MEMORY_BYTES, "{most} bytes");
        match &self.limited {
            Ok(group) => {
                let told = fs::read_to_string(group.join("memory.oom_control")).unwrap_or_default();
                assert!(!told.contains("oom_kill ") || told.contains("oom_kill 0"), "{told}");
            }
            Err(why) => println!("the memory limit was left out because {why}"),
        }
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Ok(group) = &self.limited {
            let _ = fs::remove_dir(group);
        }
    }
}

fn write_keys(data: &Path) {
    fs::create_dir_all(data.join("keys")).unwrap();
    let keys = server();
    for (name, key) in [("registry", keys.registry), ("log", keys.log)] {
        let text = key.to_openssh(name, None).unwrap();
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(data.join("keys").join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
}

/// A new control group whose processes have so much memory, or why there is none.
fn memory_limit() -> Result<PathBuf, String> {
    let (root, file) = match Path::new("/sys/fs/cgroup/memory").is_dir() {
        true => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        false => ("/sys/fs/cgroup", "memory.max"),
    };
    let group = Path::new(root).join(format!("certreg-drill-{}", std::process::id()));
    fs::create_dir(&group).map_err(|error| format!("only root may make control groups here ({error})"))?;
    fs::write(group.join(file), MEMORY_BYTES.to_string()).map_err(|error| {
        let _ = fs::remove_dir(&group);
        format!("this machine has no memory controller ({error})")
    })?;
    Ok(group)
}

/// Keeps a process to one core; false when that cannot be done.
fn on_core(process: u32, core: u32) -> bool {
    let moved = Command::new("taskset").args(["-a", "-cp", &core.to_string(), &process.to_string()]).output();
    moved.is_ok_and(|moved| moved.status.success())
}

fn took(answers: &[Answered], status: u16) -> Vec<Duration> {
    answers.iter().filter(|answer| answer.status == status).map(|answer| answer.took).collect()
}

/// Asks again and again, on a new connection each time, until told to stop; gives the times.
async fn asks_until(address: SocketAddr, path: &'static str, pause: Duration, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let answer = Client::to(address).await.get(path).await.expect("an answer");
        assert_eq!(answer.status, 200, "{path} is always answered");
        times.push(began.elapsed());
        tokio::time::sleep(pause).await;
    }
    times
}

#[test]
fn what_is_over_is_shed_and_what_is_admitted_stays_quick() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::start();
    let address = server.address;
    let lasting = drill().unwrap_or(Duration::from_secs(2));
    let rounds = if drill().is_some() { ROUNDS } else { 1 };
    let ratios = one_thread().block_on(async {
        let (most, refused) = capacity(address, &READS, lasting / 4, 64).await;
        if drill().is_some() {
            assert_eq!(refused, 0, "nobody is turned away below capacity");
        }
        println!("capacity {most:.0} requests a second");
        let mut ratios = FLOODS.map(|_| Vec::new());
        for round in 1..=rounds {
            let idle = idle(address, most * IDLE, lasting / rounds).await;
            println!("round {round}: idle ({:.0} a second): p99 {:.2} ms", most * IDLE, ms(idle));
            for (times, ratios) in FLOODS.into_iter().zip(&mut ratios) {
                ratios.push(flooded(address, times, times * most, lasting / rounds, idle).await);
            }
        }
        ratios
    });
    server.ends();
    let mut broken = Vec::new();
    for (times, mut ratios) in FLOODS.into_iter().zip(ratios) {
        ratios.sort_by(f64::total_cmp);
        let (median, least, most) = (ratios[ratios.len() / 2], ratios[0], ratios[ratios.len() - 1]);
        let told = format!("{times} x capacity: p99 of admitted reads {median:.1} x idle ({least:.1}–{most:.1})");
        println!("{told}");
        broken.extend((median > LONGEST).then_some(told));
    }
    assert!(drill().is_none() || broken.is_empty(), "{broken:#?}");
}

/// The p99 of reads of an idle server.
async fn idle(address: SocketAddr, rate: f64, lasting: Duration) -> Duration {
    let idle = open_loop(address, &READS, rate, lasting, 4).await;
    assert!(idle.iter().all(|answer| answer.status == 200));
    // From the moment at which it was due: what makes the next request late counts as well.
    percentile(idle.iter().map(|answer| answer.took + answer.late).collect(), 0.99)
}

/// Asks `times` as much as can be answered, and gives the p99 of what was admitted in times of `idle`.
async fn flooded(address: SocketAddr, times: f64, rate: f64, lasting: Duration, idle: Duration) -> f64 {
    let stop = Arc::new(AtomicBool::new(false));
    let health = tokio::spawn(asks_until(address, "/healthz", Duration::from_millis(50), stop.clone()));
    let answers = open_loop(address, &READS, rate, lasting, CONNECTIONS).await;
    stop.store(true, Ordering::Relaxed);
    let health = health.await.unwrap();
    println!("{times} x capacity, {:.0} a second reached:", answers.len() as f64 / lasting.as_secs_f64());
    judge(times, &answers, idle, health)
}

/// Prints lines of the table, checks what must hold anywhere, and gives the p99 of what was admitted in times of `idle`.
fn judge(times: f64, answers: &[Answered], idle: Duration, health: Vec<Duration>) -> f64 {
    for (path, name) in READS.iter().enumerate() {
        let answers: Vec<_> = answers.iter().filter(|answer| answer.path == path).copied().collect();
        println!("  {name}: {}", figures(&answers));
    }
    let p99 = percentile(took(answers, 200), 0.99);
    let ratio = p99.as_secs_f64() / idle.as_secs_f64();
    let late = percentile(answers.iter().map(|answer| answer.late).collect(), 0.99);
    let slowest_health = percentile(health, 1.0);
    println!("  all: {}", figures(answers));
    println!(
        "  p99 of what was admitted is {ratio:.1} x idle; health at most {:.0} ms; sent late by {:.2} ms (p99)",
        ms(slowest_health),
        ms(late)
    );
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 503)), "an answer is 200 or 503");
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.says_when), "503 says when to come back");
    assert!(answers.iter().any(|answer| answer.status == 200));
    assert!(slowest_health < Duration::from_secs(10), "health answers throughout: {slowest_health:?}");
    assert!(drill().is_none() || !took(answers, 503).is_empty(), "{times} x capacity: nothing was shed");
    ratio
}

/// How many were admitted and shed, and how quickly.
fn figures(answers: &[Answered]) -> String {
    let (admitted, shed) = (took(answers, 200), took(answers, 503));
    let of = |times: &[Duration], share| ms(percentile(times.to_vec(), share));
    format!(
        "{} admitted, p50 {:.2} ms, p99 {:.2} ms, at most {:.0} ms; {} shed, p50 {:.2} ms, p99 {:.2} ms",
        admitted.len(),
        of(&admitted, 0.5),
        of(&admitted, 0.99),
        of(&admitted, 1.0),
        shed.len(),
        of(&shed, 0.5),
        of(&shed, 0.99),
    )
}

/// A runtime whose timers and sockets are looked at by the thread that asks.
fn one_thread() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Clients that are slow on purpose.
#[derive(Debug, Clone, Copy)]
enum Slow {
    /// Connected, and silent.
    Idle,
    /// A byte of a header every second.
    DrippingHeader,
    /// Half a body, and then a byte every second.
    HalfBody,
    /// HTTP/2 after its preface: no request, no answer to a ping.
    SilentHttp2,
    /// Asks for much and reads a byte every second.
    ReadsSlowly,
    /// The same of answers that are kept ready, which nobody is refused; more than the system takes off the server's
    /// hands.
    ReadsKeptSlowly,
}

const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

impl Slow {
    const ALL: [Slow; 6] =
        [Slow::Idle, Slow::DrippingHeader, Slow::HalfBody, Slow::SilentHttp2, Slow::ReadsSlowly, Slow::ReadsKeptSlowly];

    /// What is sent first.
    fn begins(self) -> Vec<u8> {
        match self {
            Slow::Idle => Vec::new(),
            Slow::DrippingHeader => b"GET /v1 HTTP/1.1\r\nHost: a\r\nX: ".to_vec(),
            Slow::HalfBody => {
                let head = "POST /v1/certifications/example-learning/example-cloud/versions HTTP/1.1\r\nHost: a\r\n\
                            Content-Type: application/json\r\nContent-Length: 50000\r\n\r\n";
                [head.as_bytes(), &[b' '; 25_000]].concat()
            }
            Slow::SilentHttp2 => HTTP_2.to_vec(),
            Slow::ReadsSlowly => b"GET /v1/editions/dfe-2018-gdpr HTTP/1.1\r\nHost: a\r\n\r\n".repeat(8),
            Slow::ReadsKeptSlowly => format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", READS[0]).repeat(24).into_bytes(),
        }
    }

    /// Goes on being slow until the server ends the connection, or nobody wants it any more.
    async fn lives(self, mut stream: TcpStream) {
        // Whoever reads nothing may not get rid of all that it asks.
        let _ = timeout(Duration::from_secs(1), stream.write_all(&self.begins())).await;
        let mut byte = [0; 1];
        loop {
            let ended = match self {
                Slow::DrippingHeader | Slow::HalfBody => stream.write_all(b"a").await.is_err(),
                Slow::ReadsSlowly | Slow::ReadsKeptSlowly => matches!(stream.read(&mut byte).await, Ok(0) | Err(_)),
                Slow::Idle | Slow::SilentHttp2 => false,
            };
            if ended {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

async fn connect_slowly(address: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    timeout(Duration::from_secs(20), socket.connect(address)).await.ok()?.ok()
}

#[test]
fn slow_clients_leave_others_unaffected_and_lose_their_places() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    certreg::server::limits::descriptors();
    let count = if drill().is_some() { 2_000 } else { 60 };
    let server = Server::start();
    let broken = Runtime::new().unwrap().block_on(async {
        let usual = percentile(asked(server.address, asking_for()).await, 0.99);
        println!("without slow clients: p99 {:.2} ms", ms(usual));
        let mut broken = Vec::new();
        for slow in Slow::ALL {
            broken.extend(endured(&server, slow, count, usual).await);
        }
        broken
    });
    server.ends();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Lets `count` clients be slow, and says which promises are broken.
async fn endured(server: &Server, slow: Slow, count: usize, usual: Duration) -> Vec<String> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let stream = connect_slowly(server.address).await.expect("a connection");
        clients.push(tokio::spawn(slow.lives(stream)));
    }
    let all_there = Instant::now();
    let others = percentile(asked(server.address, asking_for()).await, 0.99);
    let mut broken = Vec::new();
    if others > 3 * usual + Duration::from_secs(if drill().is_some() { 0 } else { 3 }) {
        broken.push(format!("{slow:?}: others wait {others:?}, otherwise {usual:?}"));
    }
    if drill().is_some() {
        // The clients hold on; it is the server that lets them go.
        while server.connections().await > 2 && all_there.elapsed() < Duration::from_secs(90) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let freed = all_there.elapsed();
        println!("{count} x {slow:?}: others' p99 {:.2} ms; all places are free after {freed:.1?}", ms(others));
        if freed > Duration::from_secs(30) {
            broken.push(format!("{slow:?}: places are held for {freed:?}"));
        }
    }
    clients.iter().for_each(tokio::task::JoinHandle::abort);
    broken
}

/// How long others ask: so often that a moment of the machine's own decides nothing, and before the first of the slow
/// ones has lost its place.
fn asking_for() -> Duration {
    Duration::from_secs(if drill().is_some() { 8 } else { 2 })
}

/// The times of somebody who asks now and then.
async fn asked(address: SocketAddr, lasting: Duration) -> Vec<Duration> {
    let stop = Arc::new(AtomicBool::new(false));
    let asking = tokio::spawn(asks_until(address, READS[0], Duration::from_millis(5), stop.clone()));
    tokio::time::sleep(lasting).await;
    stop.store(true, Ordering::Relaxed);
    asking.await.unwrap()
}
