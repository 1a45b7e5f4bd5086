//! Connections over real sockets: slow, silent, ambiguous and greedy clients, and a server that is told to stop.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{net::SocketAddr, time::Duration};

use certreg::server::{Limits, Options, limits::Pace, serve_with};
use common::registry::MadeUp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::Instant,
};

/// As short as two busy cores allow.
fn short() -> Limits {
    Limits {
        connections: 50,
        first_byte: Duration::from_millis(600),
        head: Duration::from_millis(600),
        idle: Duration::from_millis(600),
        pace: Pace { bytes: 100, within: Duration::from_millis(500) },
        unread: Duration::from_millis(900),
        request: Duration::from_secs(2),
        stopping: Duration::from_secs(2),
        ..Limits::default()
    }
}

/// A registry that is served, until it is told to stop.
struct Served {
    made: MadeUp,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn with(limits: Limits) -> Served {
        let made = MadeUp::new();
        made.history();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { stopped.await.unwrap_or_default() };
        let options = Options { limits, ..Options::quiet(&made.registry) };
        let server = tokio::spawn(serve_with(made.registry.clone(), listener, None, options, stopped));
        Served { made, address, stop, server }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `bytes` on a connection of their own and gives everything that comes until it ends.
    async fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut client = self.connect().await;
        client.write_all(bytes.as_ref()).await.unwrap();
        rest(&mut client).await
    }

    /// Asks like an ordinary client, which must be answered soon whatever others do.
    async fn ordinary(&self) -> Duration {
        let began = Instant::now();
        let answer = self.say("GET /v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        began.elapsed()
    }
}

/// Everything until the connection ends, which it must.
async fn rest(client: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(8), client.read_to_end(&mut bytes)).await;
    // A reset ends it as well.
    let _ = ended.expect("the connection ends");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The statuses of all answers, in their order.
fn statuses(answers: &str) -> Vec<&str> {
    answers.split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).filter(|status| status.parse::<u16>().is_ok()).collect()
}

/// Checks that the last answer is this problem.
#[track_caller]
fn problem(answer: &str, status: u16, code: &str) {
    let last = answer.rfind(&format!("HTTP/1.1 {status}")).map_or("", |at| &answer[at..]);
    assert!(last.starts_with(&format!("HTTP/1.1 {status} ")), "{status} {code}: {answer}");
    assert!(last.contains(&format!("\"code\":\"{code}\"")), "{status} {code}: {answer}");
    assert!(last.contains("\r\ncontent-type: application/problem+json\r\n"), "{answer}");
    assert!(last.contains("\r\nx-request-id: "), "{answer}");
}

const POST: &str = "POST /v1/certifications/example-learning/example-cloud/versions HTTP/1.1\r\nHost: a\r\n\
                    Content-Type: application/json\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_requests_are_refused_and_what_follows_them_is_never_answered() {
    let served = Served::with(short()).await;
    let smuggled = "GET /v1/editions HTTP/1.1\r\nHost: a\r\n\r\n";
    for head in [
        &format!("{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        &format!("{POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        &format!("{POST}Content-Length: 5\r\nContent-Length: 0\r\n\r\n"),
        &format!("{POST}Transfer-Encoding: xchunked\r\n\r\n"),
        &format!("{POST}Transfer-Encoding\r\n : chunked\r\n\r\n"),
        "GET /v1 HTTP/1.1\r\n\r\n",
        "GET /v1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /v1 HTTP/1.1\nHost: a\n\n",
        "GET /v1 HTTP/1.1\r\nHost: a\r\nX: y\r\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0",
    ] {
        let answer = served.say(format!("{head}{smuggled}")).await;
        problem(&answer, 400, "bad-request");
        assert_eq!(statuses(&answer), ["400"], "{head}: {answer}");
        // In its turn, behind the answer to what came before it.
        let answer = served.say(format!("{smuggled}{head}{smuggled}")).await;
        problem(&answer, 400, "bad-request");
        assert_eq!(statuses(&answer), ["200", "400"], "{head}: {answer}");
    }
    served.ordinary().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_and_the_answer_arrives() {
    let served = Served::with(short()).await;
    let long = "a".repeat(40_000);
    problem(&served.say(format!("GET /v1?q={long} HTTP/1.1\r\nHost: a\r\n\r\n")).await, 431, "headers-too-large");
    problem(&served.say(format!("GET /v1 HTTP/1.1\r\nHost: a\r\nX: {long}")).await, 431, "headers-too-large");
    let many = "X: y\r\n".repeat(101);
    problem(&served.say(format!("GET /v1 HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await, 431, "headers-too-large");
    let body = "a".repeat(2 << 20);
    let whole = format!("{POST}Content-Length: {}\r\n\r\n{body}", body.len());
    problem(&served.say(whole).await, 413, "body-too-large");
    let chunks = format!("{POST}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    problem(&served.say(chunks).await, 413, "body-too-large");
    let announced = format!("{POST}Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n");
    problem(&served.say(announced).await, 413, "body-too-large");
    served.ordinary().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_bodies_are_never_unpacked() {
    let served = Served::with(short()).await;
    for coding in ["gzip", "br", "identity, gzip"] {
        let bomb = format!("{POST}Connection: close\r\nContent-Encoding: {coding}\r\nContent-Length: 3\r\n\r\nabc");
        problem(&served.say(bomb).await, 415, "unsupported-media-type");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_are_read_and_end_the_connection() {
    let served = Served::with(short()).await;
    let chunks =
        format!("{POST}Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\nGET /v1 HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = served.say(chunks).await;
    problem(&answer, 400, "bad-body");
    assert_eq!(statuses(&answer), ["400"], "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_closed_connections_are_answered() {
    let served = Served::with(short()).await;
    let mut client = served.connect().await;
    client.write_all(b"GET /v1 HTTP/1.1\r\nHost: a\r\n\r\nGET /v1 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    let answer = rest(&mut client).await;
    assert_eq!(statuses(&answer), ["200", "200"], "{answer}");
    let mut client = served.connect().await;
    client.write_all(format!("{POST}Content-Length: 100\r\n\r\n[").as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    problem(&rest(&mut client).await, 400, "bad-body");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_let_go() {
    let served = Served::with(short()).await;
    let ends = async |first: &str, dripped: &str| {
        let mut client = served.connect().await;
        let began = Instant::now();
        client.write_all(first.as_bytes()).await.unwrap();
        let (mut reading, mut writing) = client.split();
        let mut answer = Vec::new();
        let drip = async {
            for byte in dripped.bytes().cycle() {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if writing.write_all(&[byte]).await.is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            _ = reading.read_to_end(&mut answer) => {}
            () = drip => {}
        }
        assert!(began.elapsed() < Duration::from_secs(4), "{first:?}: {:?}", began.elapsed());
        String::from_utf8_lossy(&answer).into_owned()
    };
    problem(&ends("GET /v1 HTTP/1.1\r\n", "X: y\r\n").await, 408, "request-too-slow");
    problem(&ends(&format!("{POST}Content-Length: 5000\r\n\r\n"), "[").await, 408, "request-too-slow");
    problem(&ends(&format!("{POST}Transfer-Encoding: chunked\r\n\r\n"), "1\r\n[\r\n").await, 408, "request-too-slow");
    // Nothing was asked, so nothing is answered.
    assert_eq!(served.say("").await, "");
    assert_eq!(served.say("\r\n\r\n").await, "");
    let idle = served.say("GET /v1 HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(statuses(&idle), ["200"], "{idle}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hardly_read_are_let_go() {
    let served = Served::with(short()).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = socket.connect(served.address).await.unwrap();
    let began = Instant::now();
    let (mut reading, mut writing) = client.split();
    let asks = async {
        // Far more than the system holds for a connection.
        let edition = b"GET /v1/editions/dfe-2018-gdpr HTTP/1.1\r\nHost: a\r\n\r\n";
        while writing.write_all(edition).await.is_ok() {}
    };
    let reads = async {
        while matches!(reading.read(&mut [0; 1]).await, Ok(1)) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = asks => {}
        () = reads => {}
        () = tokio::time::sleep(Duration::from_secs(20)) => {}
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    served.ordinary().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_leave_unread_what_the_system_holds_are_let_go() {
    let idle = Duration::from_secs(75);
    let served = Served::with(Limits { idle, ..short() }).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = socket.connect(served.address).await.unwrap();
    // More than the client takes and less than the system holds for it: the server is rid of it at once.
    let edition = b"GET /v1/editions/dfe-2018-gdpr HTTP/1.1\r\nHost: a\r\n\r\n";
    client.write_all(&edition.repeat(2)).await.unwrap();
    let reads = async { while matches!(client.read(&mut [0; 1]).await, Ok(1)) {} };
    tokio::time::sleep(Duration::from_secs(3)).await;
    let ended = tokio::time::timeout(Duration::from_secs(8), reads).await;
    assert!(ended.is_ok(), "the system's time for what is unread is not set");
    served.ordinary().await;
    // Who reads may be silent as long as before.
    let mut client = served.connect().await;
    client.write_all(b"GET /v1 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut bytes = vec![0; 16 * 1024];
    assert_ne!(client.read(&mut bytes).await.unwrap(), 0);
    let silent = tokio::time::timeout(Duration::from_secs(3), client.read(&mut bytes));
    assert!(silent.await.is_err(), "an idle connection was ended");
}

/// The preface of HTTP/2 and an empty SETTINGS frame.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test(flavor = "multi_thread")]
async fn silent_http_2_is_let_go() {
    let served = Served::with(short()).await;
    let began = Instant::now();
    served.say(HTTP_2).await;
    served.say(&HTTP_2[..20]).await;
    // Headers that never end: stream 1, no END_HEADERS, one byte of a field block.
    served.say([HTTP_2, b"\0\0\x01\x01\0\0\0\0\x01\x82"].concat()).await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    served.ordinary().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_spoken_with_prior_knowledge() {
    let served = Served::with(Limits::default()).await;
    let url = format!("http://{}/v1", served.address);
    let curl = async |arguments: Vec<String>| {
        let said = arguments.join(" ");
        let run = move || std::process::Command::new("curl").arg("-sS").args(arguments).output().unwrap();
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        assert!(output.status.success(), "{said}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let told = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let format = "-o /dev/null -w %{http_version}/%{http_code}\\n --http2-prior-knowledge";
    let once = curl(told(&format!("{format} {url}"))).await;
    assert_eq!(once, "2/200\n");
    let refused = curl(told(&format!("{format} -H Content-Encoding:gzip -d abc {url}"))).await;
    assert_eq!(refused, "2/415\n");
}

/// GET /v1 on a stream: HEADERS with END_STREAM and END_HEADERS, the fields uncompressed.
fn http_2_get(stream: u8) -> Vec<u8> {
    let fields = b"\x82\x86\x04\x03/v1\x01\x01a";
    [&[0, 0, fields.len() as u8, 1, 5, 0, 0, 0, stream][..], fields].concat()
}

/// Reads frames until a stream ends; gives its number.
async fn ended_stream(client: &mut TcpStream) -> u32 {
    loop {
        let mut head = [0; 9];
        client.read_exact(&mut head).await.unwrap();
        let [a, b, c, kind, flags, stream @ ..] = head;
        let length = u32::from_be_bytes([0, a, b, c]);
        let stream = u32::from_be_bytes(stream);
        let mut rest = vec![0; length as usize];
        client.read_exact(&mut rest).await.unwrap();
        if kind == 0 && flags & 1 == 1 {
            return stream;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_connections_serve_many_requests() {
    let served = Served::with(Limits::default()).await;
    let mut client = served.connect().await;
    client.write_all(HTTP_2).await.unwrap();
    for stream in [1, 3, 5] {
        client.write_all(&http_2_get(stream)).await.unwrap();
        assert_eq!(ended_stream(&mut client).await, u32::from(stream));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_leave_others_unaffected() {
    let served =
        Served::with(Limits { first_byte: Duration::from_secs(30), head: Duration::from_secs(30), ..short() }).await;
    let mut slow = Vec::new();
    for number in 0..300 {
        let mut client = served.connect().await;
        let half = match number % 4 {
            0 => String::new(),
            1 => "GET /v1 HTTP/1.1\r\nHost:".to_owned(),
            2 => format!("{POST}Content-Length: 500\r\n\r\n["),
            _ => String::from_utf8_lossy(HTTP_2).into_owned(),
        };
        // Whoever came first may have been sent away already.
        let _ = client.write_all(half.as_bytes()).await;
        slow.push(client);
        if number % 50 == 49 {
            let took = served.ordinary().await;
            assert!(took < Duration::from_secs(2), "after {number}: {took:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_keeps_its_place_by_asking_is_not_sent_away_for_silent_ones() {
    let served = Served::with(Limits {
        connections: 8,
        first_byte: Duration::from_secs(30),
        idle: Duration::from_secs(30),
        ..short()
    })
    .await;
    let mut known = served.connect().await;
    let mut silent = Vec::new();
    for _ in 0..30 {
        known.write_all(b"HEAD /v1 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut answer = [0; 2048];
        let bytes = known.read(&mut answer).await.unwrap();
        assert!(answer[..bytes].starts_with(b"HTTP/1.1 200"), "it is still served");
        silent.push(served.connect().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_does_not_keep_the_server_alive() {
    let served = Served::with(Limits { request: Duration::from_secs(60), ..short() }).await;
    let mut client = served.connect().await;
    client.write_all(format!("{POST}Content-Length: 500\r\n\r\n[").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let told = Instant::now();
    served.stop.send(()).unwrap();
    served.server.await.unwrap().unwrap();
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    drop(served.made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_answers_what_it_has_read() {
    let served = Served::with(Limits::default()).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = served.connect().await;
        client.write_all(b"GET /v1 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut first = [0; 1];
        client.read_exact(&mut first).await.unwrap();
        clients.push(client);
    }
    served.stop.send(()).unwrap();
    for client in &mut clients {
        let answer = format!("H{}", rest(client).await);
        assert!(answer.contains("\r\n\r\n{\"") && answer.ends_with('}'), "a whole answer: {answer}");
    }
    served.server.await.unwrap().unwrap();
    let refused = TcpStream::connect(served.address).await;
    assert!(refused.is_err(), "nothing listens any more");
}
