//! An open-loop client: it asks at the rate it was told, however slowly it is answered. Wants a runtime of one thread.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout},
};

/// Nobody waits longer than this for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one request came to.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// Which of the paths it asked for.
    pub path: usize,
    /// The status.
    pub status: u16,
    /// Whether there was a `Retry-After`.
    pub says_when: bool,
    /// From the moment before its first byte was written, on a connection that was free, to its last byte read. What
    /// the client itself is late in reading counts against the server.
    pub took: Duration,
    /// How much later than planned it was sent, for lack of a free connection or of the client's own time.
    pub late: Duration,
}

/// A connection that is kept for the next request.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Client {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await.expect("connected in time").unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, buffer: Vec::with_capacity(64 * 1024) }
    }

    /// Asks for `path` and reads the whole answer; `None` when the server has ended the connection.
    pub async fn get(&mut self, path: &str) -> Option<Answered> {
        self.send(&request(path)).await
    }

    async fn send(&mut self, request: &[u8]) -> Option<Answered> {
        let began = Instant::now();
        self.stream.write_all(request).await.ok()?;
        let (status, says_when) = timeout(PATIENCE, self.answer()).await.expect("an answer in time")?;
        Some(Answered { path: 0, status, says_when, took: began.elapsed(), late: Duration::ZERO })
    }

    async fn answer(&mut self) -> Option<(u16, bool)> {
        self.buffer.clear();
        let head = loop {
            let at = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            match at {
                Some(at) => break at,
                None if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 => return None,
                None => {}
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).expect("a head is text");
        let header = |name: &str| -> Option<usize> {
            let mut headers = text.lines().filter_map(|line| line.split_once(": "));
            headers.find(|(given, _)| given.eq_ignore_ascii_case(name))?.1.parse().ok()
        };
        let length = header("content-length").expect("a length");
        let status = text[9..12].parse().unwrap();
        let says_when = status != 200 && header("retry-after").is_some();
        while self.buffer.len() < head + 4 + length {
            if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
        Some((status, says_when))
    }
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

/// Asks `rate` times a second for `paths` in turn, for `lasting`, over so many connections at most, each of which has
/// one request at a time. It keeps a core busy: timers are too coarse for thousands of requests a second.
pub async fn open_loop(
    address: SocketAddr,
    paths: &[&str],
    rate: f64,
    lasting: Duration,
    connections: usize,
) -> Vec<Answered> {
    let requests: Arc<[Vec<u8>]> = paths.iter().map(|path| request(path)).collect();
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(Client::to(address).await);
    }
    let (free, answers) = (Arc::new(Mutex::new(clients)), Arc::new(Mutex::new(Vec::new())));
    let begins = Instant::now();
    let mut asked = JoinSet::new();
    'all: for ticket in 0_u32.. {
        let due = begins + Duration::from_secs_f64(f64::from(ticket) / rate);
        let mut client = loop {
            let now = Instant::now();
            if now.max(due) > begins + lasting {
                break 'all;
            }
            let client = if now < due { None } else { free.lock().unwrap().pop() };
            match client {
                Some(client) => break client,
                None => tokio::task::yield_now().await,
            }
        };
        while asked.try_join_next().is_some() {}
        let (free, answers, requests) = (free.clone(), answers.clone(), requests.clone());
        asked.spawn(async move {
            let (late, path) = (due.elapsed(), ticket as usize % requests.len());
            match client.send(&requests[path]).await {
                Some(answered) => answers.lock().unwrap().push(Answered { path, late, ..answered }),
                None => client = Client::to(address).await,
            }
            free.lock().unwrap().push(client);
        });
        // It is sent before the next one is looked at.
        tokio::task::yield_now().await;
    }
    asked.join_all().await;
    std::mem::take(&mut answers.lock().unwrap())
}

/// How many requests a second are answered with 200 when `clients` ask one after the other, and how many were not.
pub async fn capacity(address: SocketAddr, paths: &[&str], lasting: Duration, clients: usize) -> (f64, usize) {
    let requests: Arc<[Vec<u8>]> = paths.iter().map(|path| request(path)).collect();
    let began = Instant::now();
    let worker = |first: usize, requests: Arc<[Vec<u8>]>| async move {
        let mut client = Client::to(address).await;
        let (mut asked, mut answered) = (0, 0);
        while began.elapsed() < lasting {
            let answer = client.send(&requests[(first + asked) % requests.len()]).await.expect("an answer");
            asked += 1;
            answered += usize::from(answer.status == 200);
        }
        (asked, answered)
    };
    let mut workers: JoinSet<_> = (0..clients).map(|first| worker(first, requests.clone())).collect();
    let (mut asked, mut answered) = (0, 0);
    while let Some(one) = workers.join_next().await {
        let (more_asked, more_answered) = one.unwrap();
        asked += more_asked;
        answered += more_answered;
    }
    (answered as f64 / began.elapsed().as_secs_f64(), asked - answered)
}

/// The value below which `share` of the values lie (0.99: the 99th percentile).
pub fn percentile(mut values: Vec<Duration>, share: f64) -> Duration {
    values.sort_unstable();
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Milliseconds, for tables.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
