//! What goes out the shortest way is what the ordinary way gives, in its turn, however clients ask.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use certreg::server::{Limits, Options, limits::Slots, serve_with};
use common::registry::{MadeUp, amber, question};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
};

const CURRENT: &str = "/v1/certifications/example-learning/example-cloud";

/// A server with a short history behind it, until the test ends.
async fn served() -> (MadeUp, SocketAddr) {
    served_within(Limits::default()).await
}

async fn served_within(limits: Limits) -> (MadeUp, SocketAddr) {
    let made = MadeUp::new();
    made.history();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = Options { limits, ..Options::quiet(&made.registry) };
    tokio::spawn(serve_with(made.registry.clone(), listener, None, options, std::future::pending()));
    (made, address)
}

fn get(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")
}

/// One answer as it came.
#[derive(Debug, Clone)]
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|line| line.split_once(": ")).find(|(known, _)| *known == name).map(|(_, v)| v)
    }

    /// Headers without what differs each time, in the order of the alphabet.
    fn lasting(&self) -> Vec<&str> {
        let differs = |line: &&str| line.starts_with("date: ") || line.starts_with("x-request-id: ");
        let mut lines: Vec<&str> = self.head.lines().filter(|line| !differs(line)).collect();
        lines.sort_unstable();
        lines
    }

    /// Whether hyper was not asked: it writes the length behind all other headers.
    fn is_express(&self) -> bool {
        let at = |name: &str| self.head.find(&format!("\r\n{name}: "));
        at("content-length").is_some_and(|length| Some(length) < at("x-request-id"))
    }
}

/// Reads answers one after the other.
struct Reader<S> {
    stream: S,
    input: Vec<u8>,
}

impl<S: tokio::io::AsyncRead + Unpin> Reader<S> {
    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.input);
        let bytes = tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer comes").unwrap();
        assert_ne!(bytes, 0, "the connection stays: {:?}", String::from_utf8_lossy(&self.input));
    }

    async fn answer(&mut self, has_body: bool) -> Answer {
        let end = loop {
            match self.input.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => self.more().await,
            }
        };
        let head = String::from_utf8(self.input.drain(..end).collect()).unwrap();
        assert!(head.starts_with("HTTP/1.1 "), "{head}");
        let mut answer = Answer { head, body: Vec::new() };
        if answer.header("transfer-encoding").is_some() {
            answer.body = self.chunks().await;
            return answer;
        }
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let length = if has_body && answer.status() != 304 { length } else { 0 };
        while self.input.len() < length {
            self.more().await;
        }
        answer.body = self.input.drain(..length).collect();
        answer
    }
}

impl<S: tokio::io::AsyncRead + Unpin> Reader<S> {
    /// A body in chunks (RFC 9112 §7.1).
    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                match self.input.windows(2).position(|two| two == b"\r\n") {
                    Some(at) => break at,
                    None => self.more().await,
                }
            };
            let size = usize::from_str_radix(std::str::from_utf8(&self.input[..end]).unwrap(), 16).unwrap();
            while self.input.len() < end + 2 + size + 2 {
                self.more().await;
            }
            body.extend_from_slice(&self.input[end + 2..end + 2 + size]);
            self.input.drain(..end + 2 + size + 2);
            if size == 0 {
                return body;
            }
        }
    }
}

async fn ask(client: &mut Reader<TcpStream>, request: String) -> Answer {
    client.stream.write_all(request.as_bytes()).await.unwrap();
    client.answer(true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shortest_way_gives_the_same_bytes() {
    let (_made, address) = served().await;
    let mut client = Reader { stream: TcpStream::connect(address).await.unwrap(), input: Vec::new() };
    for coding in ["identity", "gzip", "br"] {
        let asks = get(CURRENT, &format!("Accept-Encoding: {coding}\r\nX-Request-Id: mine-{coding}\r\n"));
        // The conditional one takes the ordinary way and brings a body, as the tag is no answer's.
        let ordinary = || get(CURRENT, &format!("Accept-Encoding: {coding}\r\nIf-None-Match: \"none\"\r\n"));
        let mut express = ask(&mut client, asks.clone()).await;
        for _ in 0..200 {
            if express.is_express() {
                break;
            }
            // Packing goes on beside the requests.
            tokio::time::sleep(Duration::from_millis(20)).await;
            express = ask(&mut client, asks.clone()).await;
        }
        assert!(express.is_express(), "{coding}: {}", express.head);
        let ordinary = ask(&mut client, ordinary()).await;
        assert!(!ordinary.is_express(), "{coding}");
        assert_eq!((express.status(), express.lasting()), (200, ordinary.lasting()), "{coding}");
        assert_eq!(express.body, ordinary.body, "{coding}");
        assert_eq!(express.header("x-request-id"), Some(&*format!("mine-{coding}")));
        let wanted = Some(coding).filter(|coding| *coding != "identity");
        assert_eq!(express.header("content-encoding"), wanted);
        let date = |answer: &Answer| answer.header("date").unwrap().len();
        assert_eq!(date(&express), date(&ordinary), "{} {}", express.head, ordinary.head);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hardly_reads_makes_room_for_others() {
    let (_made, address) = served_within(Limits { connections: 4, ..Limits::default() }).await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 * 1024).unwrap();
        let mut client = Reader { stream: socket.connect(address).await.unwrap(), input: Vec::new() };
        ask(&mut client, get(CURRENT, "")).await;
        // The ordinary way has ended, so the next answers take the shortest.
        tokio::time::sleep(Duration::from_millis(50)).await;
        // More than the system takes off the server's hands.
        client.stream.write_all(get(CURRENT, "").repeat(1_000).as_bytes()).await.unwrap();
        slow.push(client);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    let mut other = Reader { stream: TcpStream::connect(address).await.unwrap(), input: Vec::new() };
    assert_eq!(ask(&mut other, get(CURRENT, "")).await.status(), 200);
    // Their own time ends much later.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_ends_it() {
    let (made, address) = served().await;
    let mut client = Reader { stream: TcpStream::connect(address).await.unwrap(), input: Vec::new() };
    let mut before = ask(&mut client, get(CURRENT, "")).await;
    before = if before.is_express() { before } else { ask(&mut client, get(CURRENT, "")).await };
    assert!(before.is_express());
    let mut next = made.next();
    next.responses.insert(question("q5.7"), amber(&["Data is kept for 14 days and then deleted."]));
    made.at("2026-01-10T09:00:00Z").publish(&next);
    let after = ask(&mut client, get(CURRENT, "")).await;
    assert!(!after.is_express() && after.body != before.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_turned_away_reads_the_same_in_both_ways() {
    let one = Slots { at_once: 1, waiting: 0, patience: Duration::ZERO };
    let (_made, address) = served_within(Limits { reads: one, ..Limits::default() }).await;
    let clients = (0..32_u32).map(|number| {
        tokio::spawn(async move {
            let mut client = Reader { stream: TcpStream::connect(address).await.unwrap(), input: Vec::new() };
            let (mut express, mut ordinary) = (None, None);
            for place in 0..300 {
                // Each asks for an instant of its own, so that nothing is kept yet.
                let (minute, second) = (place / 60, place % 60);
                let target = format!("{CURRENT}?as_of=2024-06-01T{:02}:{minute:02}:{second:02}Z", number % 24);
                // A conditional request takes the ordinary way.
                let headers = if place % 2 == 0 {
                    "X-Request-Id: mine\r\n"
                } else {
                    "X-Request-Id: mine\r\nIf-None-Match: \"none\"\r\n"
                };
                let answer = ask(&mut client, get(&target, headers)).await;
                match answer.status() {
                    200 => {}
                    503 if answer.is_express() => express = Some(answer),
                    503 => ordinary = Some(answer),
                    other => panic!("{other}: {}", answer.head),
                }
            }
            (express, ordinary)
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut both = 0;
    for client in clients {
        let (Some(express), Some(ordinary)) = client.await.unwrap() else { continue };
        both += 1;
        assert_eq!(express.lasting(), ordinary.lasting());
        assert_eq!(express.header("retry-after"), Some("5"));
        assert_eq!(express.header("x-request-id"), Some("mine"));
        assert_eq!(express.body, ordinary.body);
    }
    assert!(both > 0, "some were turned away");
}

/// Numbers that repeat from run to run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// One request of a mixed lot with the status that it must have, and whether a body follows.
fn mixed(dice: &mut Dice, id: &str) -> (String, u16, bool) {
    let own = format!("X-Request-Id: {id}\r\n");
    match dice.roll(10) {
        0..5 => (get(CURRENT, &own), 200, true),
        5 => (get(CURRENT, &format!("{own}If-None-Match: *\r\n")), 304, true),
        6 => (get(&format!("{CURRENT}?as_of=2024-0{}-01", 1 + dice.roll(9)), &own), 200, true),
        7 => (get("/v1/certifications/example-learning/nothing", &own), 404, true),
        8 => (format!("HEAD {CURRENT} HTTP/1.1\r\nHost: a\r\n{own}\r\n"), 200, false),
        _ => {
            let body = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
            let head = format!("POST /v1/reports/since HTTP/1.1\r\nHost: a\r\n{own}Content-Type: application/json\r\n");
            (format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()), 400, true)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_keep_their_order_whatever_is_asked_and_however_slowly_they_are_read() {
    let (_made, address) = served().await;
    let mut first = Reader { stream: TcpStream::connect(address).await.unwrap(), input: Vec::new() };
    let whole = Arc::new(ask(&mut first, get(CURRENT, "")).await.body);
    let mut clients = Vec::new();
    for number in 0..24_u64 {
        let whole = whole.clone();
        clients.push(tokio::spawn(async move {
            let mut dice = Dice(number);
            let socket = TcpSocket::new_v4().unwrap();
            // With little room answers go out in many pieces.
            socket.set_recv_buffer_size(4 * 1024).unwrap();
            let stream = socket.connect(address).await.unwrap();
            let (reading, mut writing) = stream.into_split();
            let wanted: Vec<_> = (0..80).map(|place| mixed(&mut dice, &format!("{number}-{place}"))).collect();
            let sent: String = wanted.iter().map(|(request, ..)| request.as_str()).collect();
            let sending = tokio::spawn(async move {
                let mut rest = sent.as_bytes();
                while !rest.is_empty() {
                    // Sometimes many requests at a time, sometimes less than one.
                    let most = [7, 60, 400, 4_000][dice.roll(4) as usize];
                    let (piece, after) = rest.split_at(rest.len().min(most));
                    writing.write_all(piece).await.unwrap();
                    rest = after;
                    tokio::time::sleep(Duration::from_micros(dice.roll(400))).await;
                }
                writing
            });
            let mut reader = Reader { stream: reading, input: Vec::new() };
            let mut express = 0;
            for (place, (request, status, has_body)) in wanted.iter().enumerate() {
                if place % 9 == 8 {
                    tokio::time::sleep(Duration::from_millis(number % 7)).await;
                }
                let answer = reader.answer(*has_body).await;
                let id = format!("{number}-{place}");
                assert_eq!(answer.header("x-request-id"), Some(&*id), "{request}");
                assert_eq!(answer.status(), *status, "{request}\n{}", answer.head);
                if *request == get(CURRENT, &format!("X-Request-Id: {id}\r\n")) {
                    assert_eq!(answer.body, *whole);
                    express += usize::from(answer.is_express());
                }
            }
            drop(sending.await.unwrap());
            (number, express)
        }));
    }
    let mut express = HashMap::new();
    for client in clients {
        let (number, count) = client.await.unwrap();
        express.insert(number, count);
    }
    let total: usize = express.values().sum();
    assert!(total > 24, "some of them went out the shortest way: {total}");
    println!("{total} of {} answers went out the shortest way", 24 * 80);
}
