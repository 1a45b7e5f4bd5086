//! The two servers as processes: started on ports of their own, measured, and ended with this.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant as Stopwatch},
};

/// The program that is measured.
pub const CERTREG: &str = env!("CARGO_BIN_EXE_certreg");
/// How long a server may take to start, and to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a server's first scrub is waited for.
const SETTLING: Duration = Duration::from_secs(480);
/// What the metrics say once it is over.
const SCRUBBED: &str = "certreg_scrub_milliseconds ";

/// A server that runs for as long as this lives.
pub struct Server {
    child: Child,
    /// Kept open: a server whose words nobody takes would end.
    _out: Option<BufReader<ChildStdout>>,
    pub address: SocketAddr,
    metrics: SocketAddr,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
}

impl Server {
    /// Serves the registry in `data`.
    ///
    /// No line for each request, as nginx writes none; and slow reads may wait where they would be turned away, since
    /// a refusal is quick and would count as speed.
    pub fn certreg(data: &Path) -> Server {
        let begun = Stopwatch::now();
        let metrics = free_port();
        let mut child = Command::new(CERTREG)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "faults", "--metrics", &metrics.to_string(), "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("certreg was built beside this");
        let mut out = child.stdout.take().map(BufReader::new).expect("it is piped");
        let mut told = String::new();
        out.read_line(&mut told).expect("it says where it is served");
        let address = told.trim().rsplit("http://").next().and_then(|address| address.parse().ok());
        let address: SocketAddr = address.unwrap_or_else(|| panic!("no address in {told:?}"));
        while ureq::get(format!("http://{address}/readyz")).call().is_err() {
            assert!(begun.elapsed() < PATIENCE, "certreg does not become ready");
            thread::sleep(Duration::from_millis(1));
        }
        Server { child, _out: Some(out), address, metrics, started_in: begun.elapsed() }
    }

    /// Waits until certreg has read everything that is stored for the first time, which disturbs what is measured.
    pub fn settle(&self) {
        let begun = Stopwatch::now();
        let metrics = || ureq::get(format!("http://{}/metrics", self.metrics)).call()?.body_mut().read_to_string();
        while !metrics().expect("certreg tells figures").lines().any(|line| line.starts_with(SCRUBBED)) {
            if begun.elapsed() > SETTLING {
                return eprintln!("its first scrub takes longer than {SETTLING:?}: it goes on beside the measurement");
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Serves the files in `files`, as Debian sets nginx up, without a line for each request.
    pub fn nginx(files: &Path, folder: &Path) -> Server {
        let begun = Stopwatch::now();
        let address = free_port();
        let settings = format!(
            "daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/error.log; {user}
             events {{ worker_connections 1024; }}
             http {{
                 access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; default_type application/json;
                 client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
                 uwsgi_temp_path {folder}; scgi_temp_path {folder};
                 server {{ listen {address}; root {files}; }}
             }}",
            folder = folder.display(),
            files = files.display(),
            user = if rustix::process::geteuid().is_root() { "user root;" } else { "" },
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, settings).expect("a file");
        let child = Command::new("nginx")
            .arg("-p")
            .arg(folder)
            .arg("-e")
            .arg(folder.join("error.log"))
            .arg("-c")
            .arg(&file)
            .spawn();
        let child = child.expect("nginx is installed: apt-get install nginx-light");
        let server = Server { child, _out: None, address, metrics: address, started_in: Duration::ZERO };
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < PATIENCE, "nginx does not start");
            thread::sleep(Duration::from_millis(5));
        }
        server
    }

    /// Time on the processors so far, of the process and those that it began.
    pub fn computed(&self) -> Duration {
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        let children = fs::read_to_string(children).unwrap_or_default();
        let all = children.split_whitespace().filter_map(|id| id.parse().ok()).chain([self.child.id()]);
        all.map(computed).sum()
    }

    /// The memory that it has of its own, and the resident parts of files that it has mapped, in bytes.
    pub fn memory(&self) -> [u64; 2] {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        ["RssAnon:", "RssFile:"].map(|name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux says it");
            line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
        })
    }

    /// Stops it as an operator would.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("an id");
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let begun = Stopwatch::now();
        while begun.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port that was free just now; nobody else asks for one meanwhile.
fn free_port() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a free port")
}

/// What a process has computed, its ended threads included (`proc_pid_stat(5)`: fields 14 and 15, in hundredths).
pub fn computed(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}
