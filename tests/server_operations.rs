//! What an operator sees and sets: overload, the journal, metrics, readiness, and the built program under limits.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cli_desk;
mod common;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use certreg::{
    registry::Clock,
    server::{Journal, Limits, Options, Style, limits::Slots, serve_with},
};
use cli_desk::Desk;
use common::registry::MadeUp;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// A place for lines that can be read afterwards.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn requests(&self) -> Vec<Value> {
        let lines: Vec<Value> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.into_iter().filter(|line| line["event"] == "request").collect()
    }
}

struct Served {
    made: MadeUp,
    address: SocketAddr,
    figures: SocketAddr,
    lines: Lines,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn with(limits: Limits, style: Style) -> Served {
        let made = MadeUp::new();
        made.history();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let figures = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, figures_address) = (listener.local_addr().unwrap(), figures.local_addr().unwrap());
        let lines = Lines::default();
        let journal = Journal::on(style, Clock::standing_at("2025-01-01T00:00:00Z".parse().unwrap()), lines.clone());
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { stopped.await.unwrap_or_default() };
        let options = Options { limits, journal };
        let server = tokio::spawn(serve_with(made.registry.clone(), listener, Some(figures), options, stopped));
        Served { made, address, figures: figures_address, lines, stop, server }
    }

    async fn get(&self, path: &str, headers: &str) -> String {
        let (address, text) = (self.address, get(path, headers));
        tokio::task::spawn_blocking(move || say(address, &text)).await.unwrap()
    }

    async fn ends(self) -> (MadeUp, Lines) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
        (self.made, self.lines)
    }
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n")
}

fn say(address: SocketAddr, text: &str) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_turned_away_at_once_and_health_is_always_answered() {
    let one = Slots { at_once: 1, waiting: 0, patience: Duration::ZERO };
    let served = Arc::new(Served::with(Limits { slow: one, ..Limits::default() }, Style::Faults).await);
    let ask = |path: &'static str| {
        let served = served.clone();
        tokio::spawn(async move { served.get(path, "").await })
    };
    let slow: Vec<_> =
        (0..40).map(|_| ask("/v1/certifications/example-learning/example-cloud/diff.md?from=1&to=3")).collect();
    let quick: Vec<_> = (0..10).flat_map(|_| [ask("/healthz"), ask("/readyz"), ask("/livez"), ask("/v1")]).collect();
    for answer in quick {
        let answer = answer.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "other classes are unaffected: {answer}");
    }
    let mut statuses = Vec::new();
    for answer in slow {
        let answer = answer.await.unwrap();
        if answer.starts_with("HTTP/1.1 503") {
            assert!(
                answer.contains("\"code\":\"overloaded\"") && answer.contains("\r\nretry-after: 5\r\n"),
                "{answer}"
            );
        }
        statuses.push(answer[9..12].to_owned());
    }
    let count = |status: &str| statuses.iter().filter(|given| *given == status).count();
    assert_eq!(count("200") + count("503"), 40, "{statuses:?}");
    assert!(count("200") > 0 && count("503") > 0, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_answered_is_answered_again_however_much_is_asked() {
    let one = Slots { at_once: 1, waiting: 0, patience: Duration::ZERO };
    let served = Arc::new(Served::with(Limits { reads: one, ..Limits::default() }, Style::Faults).await);
    let checkpoint = served.get("/log/checkpoint", "").await;
    assert!(checkpoint.starts_with("HTTP/1.1 200"), "{checkpoint}");
    // It is kept for a second, and caches may keep it for five.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let ask = |path: String| {
        let served = served.clone();
        tokio::spawn(async move { served.get(&path, "").await })
    };
    let asked: Vec<_> = (0..80)
        .map(|number| match number % 2 {
            0 => ask(format!("/v1/certifications/example-learning/example-cloud?as_of=2024-11-{:02}", 1 + number % 28)),
            _ => ask("/log/checkpoint".to_owned()),
        })
        .collect();
    let mut turned_away = 0;
    for (number, answer) in asked.into_iter().enumerate() {
        let answer = answer.await.unwrap();
        if number % 2 == 1 {
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(answer.contains("\r\nx-request-id: "), "{answer}");
            assert_eq!(answer.split("\r\n\r\n").nth(1), checkpoint.split("\r\n\r\n").nth(1));
        }
        turned_away += usize::from(answer.starts_with("HTTP/1.1 503"));
    }
    assert!(turned_away > 0, "others are turned away");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_one_line_that_tells_no_list() {
    let served = Served::with(Limits::default(), Style::Json).await;
    let answer =
        served.get("/v1/certifications/example-learning/example-cloud", "X-Request-Id: from-the.proxy_1\r\n").await;
    assert!(answer.contains("\r\nx-request-id: from-the.proxy_1\r\n"), "{answer}");
    let answer = served.get("/v1?nothing=secret-of-the-query", "X-Request-Id: bad id\r\n").await;
    assert!(!answer.contains("bad id"), "{answer}");
    served.get("/my-services?s=secret-of-the-school/example-cloud@2025-01-01", "").await;
    served.get("/no/such\u{7f}place", "").await;
    served.get("/nothing/there", "Host: b\r\n").await;
    let gzipped = served.get("/s/example-learning/example-cloud", "Accept-Encoding: gzip\r\n").await;
    assert!(gzipped.contains("content-encoding: gzip"), "{gzipped}");
    let (_made, lines) = served.ends().await;
    assert!(!lines.text().contains("secret"), "{}", lines.text());
    let requests = lines.requests();
    let told: Vec<(&str, i64)> =
        requests.iter().map(|line| (line["route"].as_str().unwrap(), line["status"].as_i64().unwrap())).collect();
    let routes = [
        ("/v1/certifications/{supplier}/{service}", 200),
        ("/v1", 400),
        ("/my-services", 200),
        ("-", 400),
        ("/s/{supplier}/{service}", 200),
    ];
    for route in routes {
        assert!(told.contains(&route), "{route:?} {told:?}");
    }
    let first = &requests[0];
    assert_eq!(first["request_id"], "from-the.proxy_1");
    assert_eq!((first["method"].as_str(), first["level"].as_str()), (Some("GET"), Some("info")));
    assert_eq!(first["time"], "2025-01-01T00:00:00Z");
    assert!(first["bytes"].as_u64().unwrap() > 500 && first["duration_ms"].as_f64().unwrap() > 0.0, "{first}");
    assert_eq!(requests[1]["problem"], "unknown-parameter");
    assert!(requests.iter().all(|line| line.get("cut_short").is_none()), "{requests:?}");
    let events: Vec<String> = lines
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(events.first().map(String::as_str), Some("started"));
    assert_eq!(events[events.len() - 2..], ["stopping", "stopped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_a_listener_of_their_own() {
    let served = Served::with(Limits::default(), Style::Faults).await;
    served.get("/v1", "").await;
    assert!(served.get("/metrics", "").await.starts_with("HTTP/1.1 404"), "not on the public one");
    let figures = served.figures;
    let text = tokio::task::spawn_blocking(move || say(figures, &get("/metrics", ""))).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    for line in [
        "certreg_request_duration_seconds_count{method=\"GET\",route=\"/v1\",status=\"2xx\"} 1",
        "certreg_connections_taken_total 2",
        "certreg_requests_shed_total{class=\"read\"} 0",
        "certreg_ready 1",
        "certreg_index_lag_commits 0",
        "certreg_checkpoint_lag_entries 0",
        "certreg_publish_queue_depth 0",
        "certreg_sync_errors_total 0",
        "certreg_publish_stages_total{stage=\"store\"}",
        "certreg_free_bytes ",
        "# EOF",
    ] {
        assert!(text.lines().any(|written| written.starts_with(line)), "{line}\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_tells_what_is_wrong_and_liveness_stays() {
    let made = MadeUp::new();
    made.history();
    assert_eq!(made.registry.health().reasons, Vec::<String>::new());
    let full = made.registry.health_with(u64::MAX);
    assert!(full.reasons.len() == 1 && full.reasons[0].contains("MiB are free"), "{full:?}");
    assert_eq!(made.get("/readyz").await.status, 200);
    // Every object is damaged in its place.
    let objects = made.data().join("registry.git/objects");
    let script = "find . -type f | while read -r file; do chmod u+w \"$file\"; size=$(stat -c %s \"$file\"); \
                  head -c \"$size\" /dev/zero | dd of=\"$file\" conv=notrunc status=none; done";
    assert!(Command::new("sh").arg("-c").arg(script).current_dir(objects).status().unwrap().success());
    let problem = made.get("/readyz").await.problem(503, "not-ready");
    assert!(problem["detail"].as_str().unwrap().contains("cannot be read from the repository"), "{problem}");
    assert_eq!(made.get("/livez").await.status, 200);
    assert_eq!(made.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_about_to_stop_says_so_while_it_drains() {
    let limits = Limits { drain: Duration::from_secs(4), ..Limits::default() };
    let served = Served::with(limits, Style::Json).await;
    let (address, stop) = (served.address, served.stop);
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ask = |path: &'static str| tokio::task::spawn_blocking(move || say(address, &get(path, "")));
    let ready = ask("/readyz").await.unwrap();
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("about to stop"), "{ready}");
    assert!(ask("/v1").await.unwrap().starts_with("HTTP/1.1 200"), "it still serves");
    served.server.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hot_answers_are_packed_and_end_with_the_next_commit() {
    let served = Served::with(Limits::default(), Style::Faults).await;
    let path = "/v1/certifications/example-learning/example-cloud";
    let brotli = "Accept-Encoding: gzip, br\r\n";
    let plain = served.get(path, "").await;
    let header = |answer: &str, name: &str| {
        let head = answer.split("\r\n\r\n").next().unwrap().to_owned();
        let line = head.lines().find(|line| line.starts_with(name)).map(str::to_owned);
        line.unwrap_or_default()
    };
    // The second answer comes from what is kept, and nobody can tell.
    let again = served.get(path, "X-Request-Id: mine\r\n").await;
    assert_eq!(header(&again, "x-request-id"), "x-request-id: mine");
    let lasting = |answer: &str| {
        let lines = answer.lines().filter(|line| !line.starts_with("date:") && !line.starts_with("x-request-id:"));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lasting(&again), lasting(&plain));
    for address in [format!("{path}/diff?from=1&to=3"), format!("{path}?as_of=2025-01-01"), "/log/checkpoint".into()] {
        let (first, second) = (served.get(&address, "").await, served.get(&address, "").await);
        assert!(first.starts_with("HTTP/1.1 200"), "{first}");
        assert_eq!(lasting(&first), lasting(&second));
    }
    let until = Instant::now() + Duration::from_secs(60);
    let packed = loop {
        let answer = served.get(path, brotli).await;
        if header(&answer, "content-encoding") == "content-encoding: br" {
            break answer;
        }
        assert!(Instant::now() < until, "it is packed in the end: {answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(packed.len() < plain.len(), "{} of {}", packed.len(), plain.len());
    assert_eq!(header(&packed, "etag"), header(&plain, "etag"));
    assert!(header(&packed, "vary").contains("Accept-Encoding"), "{packed}");
    assert_ne!(header(&packed, "x-request-id"), header(&plain, "x-request-id"));
    let tag = header(&plain, "etag").replace("etag:", "If-None-Match:");
    assert!(served.get(path, &format!("{tag}\r\n{brotli}")).await.starts_with("HTTP/1.1 304"));
    let document = served.get(&format!("{path}/versions/1/document"), brotli).await;
    let again = served.get(&format!("{path}/versions/1/document"), brotli).await;
    assert_eq!(header(&again, "content-encoding"), "", "exact bytes stay exact");
    assert_eq!(document.split_once("\r\n\r\n").unwrap().1, again.split_once("\r\n\r\n").unwrap().1);

    let mut next = served.made.next();
    next.responses.insert(common::registry::question("q5.7"), common::registry::amber(&["We keep it for a week."]));
    served.made.publish(&next);
    let newer = served.get(path, brotli).await;
    assert_ne!(header(&newer, "etag"), header(&plain, "etag"), "the next commit is seen at once");
    let figures = served.figures;
    let text = tokio::task::spawn_blocking(move || say(figures, &get("/metrics", ""))).await.unwrap();
    let counted = "certreg_request_duration_seconds_count{method=\"GET\",route=\"/v1/certifications/{supplier}/{service}/diff\",status=\"2xx\"} 2";
    assert!(text.contains(counted), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_for_news_hold_nobody_up_and_are_let_go_at_the_end() {
    let one = Slots { at_once: 1, waiting: 0, patience: Duration::ZERO };
    let served = Arc::new(Served::with(Limits { reads: one, ..Limits::default() }, Style::Faults).await);
    let newest = served.made.registry.log_size() - 1;
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let served = served.clone();
            tokio::spawn(async move { served.get(&format!("/v1/changes?after={newest}&wait=25"), "").await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(served.get("/v1", "").await.starts_with("HTTP/1.1 200"));
    served.made.registry.stop_writing();
    let began = Instant::now();
    for answer in waiting {
        let answer = answer.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// The built program on a registry, and its address.
fn program(desk: &Desk, command: &mut Command) -> (std::process::Child, SocketAddr) {
    command.current_dir(desk.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut said).unwrap();
    let address = said.split("http://").nth(1).unwrap_or_else(|| panic!("no address in {said:?}")).trim().to_owned();
    // Keeps the pipe open.
    std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    let address: String = address.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).collect();
    (child, address.parse().unwrap())
}

#[test]
fn settings_come_from_everywhere_and_are_shown_with_their_origin() {
    let desk = Desk::new();
    desk.write("other.toml", "log = \"json\"\n[limits]\nconnections = 7\n");
    let variables = [("CERTREG_LIMITS_STREAMS", "9"), ("CERTREG_LIMITS_CONNECTIONS", "8")];
    let done =
        desk.with(&variables, "serve --config other.toml --listen 127.0.0.1:9 --set limits.idle=5s --print-config");
    let done = done.ok().says("streams = 9").says("# CERTREG_LIMITS_STREAMS").says("idle = \"5s\"").says("# --set");
    let line = |name: &str| done.out.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("connections = 8").contains("CERTREG_LIMITS_CONNECTIONS"), "{}", done.out);
    assert!(line("log = \"json\"").contains("other.toml"), "{}", done.out);
    assert!(line("listen = \"127.0.0.1:9\"").contains("--listen"), "{}", done.out);
    desk.write("bad.toml", "[limit]\nconnections = 7\n");
    desk.certreg("serve --config bad.toml").ends(2).says("no setting 'limit.connections'").says("limits.connections");
    desk.certreg("serve --set limits.idle").ends(2).says("NAME=VALUE");
}

#[test]
fn with_128_descriptors_slow_clients_leave_others_unaffected() {
    let desk = Desk::new();
    desk.registry();
    let mut command = desk.program("prlimit");
    command.args(["--nofile=128:128", env!("CARGO_BIN_EXE_certreg")]);
    command.args(["serve", "--data", "data", "--listen", "127.0.0.1:0", "--log", "json"]);
    let (mut child, address) = program(&desk, &mut command);
    let mut slow = Vec::new();
    for number in 0..300 {
        let mut client = TcpStream::connect(address).unwrap();
        let _ = client.write_all(if number % 2 == 0 { b"GET / HTTP/1.1\r\n" } else { b"" });
        slow.push(client);
        if number % 25 == 24 {
            for path in ["/v1", "/v1/suppliers", "/", "/readyz"] {
                let began = Instant::now();
                let answer = say(address, &get(path, ""));
                assert!(answer.starts_with("HTTP/1.1 200"), "{path} after {number}: {answer}");
                assert!(began.elapsed() < Duration::from_secs(5), "{path} after {number}: {:?}", began.elapsed());
            }
        }
    }
    // Many at once, each of which opens files.
    let asking: Vec<_> =
        (0..60).map(|_| std::thread::spawn(move || say(address, &get("/v1/changes", ""))[..12].to_owned())).collect();
    for answer in asking {
        assert_eq!(answer.join().unwrap(), "HTTP/1.1 200");
    }
    terminate(&mut child);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!said.contains("\"level\":\"error\""), "{said}");
}

/// SIGTERM; it must end by itself with code 0.
fn terminate(child: &mut std::process::Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_signal_under_load_loses_no_answer_that_has_begun() {
    let desk = Desk::new();
    desk.registry();
    let mut command = desk.program(env!("CARGO_BIN_EXE_certreg"));
    command.args(["serve", "--data", "data", "--listen", "127.0.0.1:0", "--log", "faults"]);
    let (mut child, address) = program(&desk, &mut command);
    let (answered, load) = mpsc::channel();
    let ask = |_| {
        let answered = answered.clone();
        std::thread::spawn(move || whole_answers(address, &answered))
    };
    let asking: Vec<_> = (0..8).map(ask).collect();
    // However slow the machine: there is load when so many were answered.
    for _ in 0..100 {
        load.recv_timeout(Duration::from_secs(60)).expect("an answer");
    }
    terminate(&mut child);
    asking.into_iter().for_each(|asking| asking.join().unwrap());
}

#[test]
fn no_core_file_can_hold_a_key() {
    let desk = Desk::new();
    desk.registry();
    let mut command = desk.program("prlimit");
    command.args(["--core=1000000:unlimited", env!("CARGO_BIN_EXE_certreg")]);
    command.args(["serve", "--data", "data", "--listen", "127.0.0.1:0", "--log", "faults"]);
    let (mut child, _) = program(&desk, &mut command);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().take(2).collect::<Vec<_>>(), ["0", "0"], "{limits}");
    terminate(&mut child);
}

/// Asks until the server is gone, and tells of each answer; every one that begins must be whole.
fn whole_answers(address: SocketAddr, answered: &mpsc::Sender<()>) {
    while let Ok(mut client) = TcpStream::connect(address) {
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = client.write_all(get("/v1", "").as_bytes());
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer);
        if answer.is_empty() {
            // Refused before it was read: nothing was promised.
            continue;
        }
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("half a head: {answer}"));
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        assert_eq!(body.len(), length.parse::<usize>().unwrap(), "{answer}");
        let _ = answered.send(());
    }
}
