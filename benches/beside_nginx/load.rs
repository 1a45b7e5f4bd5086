//! Asks a server over kept connections, as fast as it answers, and counts.
//!
//! Requests are prepared before, and of an answer only status and length are read, so that asking costs little. It
//! still costs something, on the same cores and for both servers alike; the report says how much.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant as Stopwatch},
};

use tokio::{net::TcpStream, task::JoinSet};

/// More would only take cores from the server.
const THREADS: usize = 2;
/// How much is read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// What to ask, of whom, for how long.
#[derive(Clone)]
pub struct Load {
    pub server: SocketAddr,
    /// Whole requests, asked one after the other, and again from the beginning.
    pub requests: Arc<[Vec<u8>]>,
    pub connections: usize,
    /// Ends when either is over.
    pub time: Duration,
    pub most: usize,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answered {
    pub answers: usize,
    pub took: Duration,
}

impl Answered {
    pub fn per_second(self) -> f64 {
        self.answers as f64 / self.took.as_secs_f64()
    }
}

/// A GET request for `path`.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n").into_bytes()
}

impl Load {
    /// The same, asking for everything once, however long it takes.
    pub fn each_once(self) -> Load {
        Load { most: self.requests.len(), time: Duration::MAX, ..self }
    }

    /// Connects, then begins everywhere at the same moment.
    ///
    /// # Panics
    /// When an answer is not 200, or a connection breaks: figures of errors would be none.
    pub fn run(&self) -> Answered {
        let threads = THREADS.min(self.connections);
        let (next, together) = (Arc::new(AtomicUsize::new(0)), Barrier::new(threads));
        thread::scope(|scope| {
            let share = |thread: usize| self.connections / threads + usize::from(thread < self.connections % threads);
            let one = |thread| {
                let (next, together) = (next.clone(), &together);
                scope.spawn(move || self.clone().thread(share(thread), next, together))
            };
            let spawned: Vec<_> = (0..threads).map(one).collect();
            let runs = spawned.into_iter().map(|thread| thread.join().expect("every answer is 200"));
            runs.fold(Answered::default(), |sum, run| Answered {
                answers: sum.answers + run.answers,
                took: sum.took.max(run.took),
            })
        })
    }

    fn thread(self, connections: usize, next: Arc<AtomicUsize>, together: &Barrier) -> Answered {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut streams = Vec::new();
            for _ in 0..connections {
                let stream = TcpStream::connect(self.server).await.expect("the server listens");
                stream.set_nodelay(true).expect("a socket");
                streams.push(stream);
            }
            together.wait();
            let begun = Stopwatch::now();
            let mut all = JoinSet::new();
            for stream in streams {
                all.spawn(self.clone().ask(stream, begun, next.clone()));
            }
            let answers = all.join_all().await.into_iter().sum();
            Answered { answers, took: begun.elapsed() }
        })
    }

    /// Asks until there is no time or nothing to ask any more. Gives how many answers came.
    async fn ask(self, stream: TcpStream, begun: Stopwatch, next: Arc<AtomicUsize>) -> usize {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut answers = 0;
        while begun.elapsed() < self.time {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= self.most {
                break;
            }
            let request = &self.requests[place % self.requests.len()];
            // It fits into the socket: the one before was answered.
            assert_eq!(stream.try_write(request).expect("sent"), request.len());
            read_answer(&stream, &mut buffer).await;
            answers += 1;
        }
        answers
    }
}

/// Reads one whole answer, of which nothing but its end matters.
async fn read_answer(stream: &TcpStream, buffer: &mut [u8]) {
    let mut head = 0;
    let mut body = loop {
        head += read(stream, &mut buffer[head..]).await;
        if let Some(end) = buffer[..head].windows(4).position(|four| four == b"\r\n\r\n") {
            break length(&buffer[..end]).saturating_sub(head - end - 4);
        }
    };
    while body > 0 {
        body = body.saturating_sub(read(stream, buffer).await);
    }
}

/// The `Content-Length` of an answer that begins like this.
fn length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).expect("a head is text");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let named = |line: &str| {
        line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.parse().ok()
    };
    head.lines().find_map(named).expect("every answer says how long it is")
}

async fn read(stream: &TcpStream, into: &mut [u8]) -> usize {
    loop {
        match stream.try_read(into) {
            Ok(0) => panic!("the server ended the connection"),
            Ok(bytes) => return bytes,
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.readable().await.expect("a socket"),
            Err(error) => panic!("{error}"),
        }
    }
}
