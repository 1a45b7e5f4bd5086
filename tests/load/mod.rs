//! An open-loop client: it asks at the rate it was told, however slowly it is answered.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};

/// Nobody waits longer than this for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one request came to.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// Whether there was a `Retry-After`.
    pub says_when: bool,
    /// From the first byte sent to the last byte read.
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
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        let began = Instant::now();
        self.stream.write_all(request.as_bytes()).await.ok()?;
        let (status, says_when) = timeout(PATIENCE, self.answer()).await.expect("an answer in time")?;
        Some(Answered { status, says_when, took: began.elapsed(), late: Duration::ZERO })
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
        let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let length: usize = header("content-length:").and_then(|length| length.parse().ok()).expect("a length");
        let says_when = header("retry-after:").is_some_and(|seconds| seconds.parse::<u32>().is_ok());
        while self.buffer.len() < head + 4 + length {
            if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
        Some((text[9..12].parse().unwrap(), says_when))
    }
}

/// Asks `rate` times a second for `paths` in turn, for `lasting`, over so many connections.
pub async fn open_loop(
    address: SocketAddr,
    paths: &'static [&'static str],
    rate: f64,
    lasting: Duration,
    connections: usize,
) -> Vec<Answered> {
    let tickets = Arc::new(AtomicU64::new(0));
    let begins = Instant::now() + Duration::from_millis(300);
    let worker = |tickets: Arc<AtomicU64>| async move {
        let mut client = Client::to(address).await;
        let mut answers = Vec::new();
        loop {
            let ticket = tickets.fetch_add(1, Ordering::Relaxed);
            let due = begins + Duration::from_secs_f64(ticket as f64 / rate);
            if due.duration_since(begins) > lasting || begins.elapsed() > lasting {
                return answers;
            }
            sleep_until(due).await;
            let late = due.elapsed();
            match client.get(paths[ticket as usize % paths.len()]).await {
                Some(answered) => answers.push(Answered { late, ..answered }),
                None => client = Client::to(address).await,
            }
        }
    };
    let workers: Vec<_> = (0..connections).map(|_| tokio::spawn(worker(tickets.clone()))).collect();
    let mut answers = Vec::new();
    for worker in workers {
        answers.extend(worker.await.unwrap());
    }
    answers
}

/// How many requests a second are answered when `clients` ask one after the other.
pub async fn capacity(address: SocketAddr, paths: &'static [&'static str], lasting: Duration, clients: usize) -> f64 {
    let began = Instant::now();
    let worker = |first: usize| async move {
        let mut client = Client::to(address).await;
        let mut answered = 0_u64;
        while began.elapsed() < lasting {
            let asked = client.get(paths[(first + answered as usize) % paths.len()]).await.expect("an answer");
            assert_eq!(asked.status, 200, "nobody is turned away below capacity");
            answered += 1;
        }
        answered
    };
    let workers: Vec<_> = (0..clients).map(|first| tokio::spawn(worker(first))).collect();
    let mut answered = 0;
    for worker in workers {
        answered += worker.await.unwrap();
    }
    answered as f64 / began.elapsed().as_secs_f64()
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
