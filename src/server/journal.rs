//! What the server says to its operator: a line for each request, and for what begins, ends or goes wrong.
//!
//! Lines are written by a thread of their own, so that a slow reader of them holds up no request; when it falls far
//! behind, lines are dropped and their number is told.

use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use serde_json::{Map, Value, json};

use crate::registry::Clock;

/// How many lines wait to be written.
const WAITING_LINES: usize = 16 * 1024;

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Only what goes wrong, as JSON.
    #[default]
    Faults,
    /// Everything, in short lines for people.
    Plain,
    /// Everything, a JSON object a line.
    Json,
}

impl std::str::FromStr for Style {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "faults" => Ok(Style::Faults),
            "plain" => Ok(Style::Plain),
            "json" => Ok(Style::Json),
            _ => Err("write json, plain or faults".to_owned()),
        }
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Style::Faults => "faults",
            Style::Plain => "plain",
            Style::Json => "json",
        })
    }
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What is as it should be.
    Info,
    /// What somebody should look at.
    Error,
}

/// Where lines go; cheap to clone.
#[derive(Clone)]
pub struct Journal(Arc<Shared>);

struct Shared {
    style: Style,
    clock: Clock,
    lines: Mutex<Option<SyncSender<String>>>,
    /// Without a thread: for a router that nobody closes.
    direct: bool,
    dropped: Arc<AtomicU64>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({})", self.0.style)
    }
}

impl Journal {
    /// A journal on the standard error stream.
    pub fn new(style: Style, clock: Clock) -> Self {
        Self::on(style, clock, io::stderr())
    }

    /// A journal on `out`.
    pub fn on(style: Style, clock: Clock, out: impl Write + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(WAITING_LINES);
        let dropped = Arc::new(AtomicU64::new(0));
        let seen = dropped.clone();
        let writer = std::thread::Builder::new().name("journal".into()).spawn(move || write(receiver, &seen, out));
        let lines = Mutex::new(writer.is_ok().then_some(sender));
        Journal(Arc::new(Shared { style, clock, lines, direct: false, dropped, writer: Mutex::new(writer.ok()) }))
    }

    /// Faults only, written at once.
    pub fn direct(clock: Clock) -> Self {
        let (lines, writer) = (Mutex::default(), Mutex::default());
        Journal(Arc::new(Shared { style: Style::Faults, clock, lines, direct: true, dropped: Arc::default(), writer }))
    }

    /// Whether requests are written down at all.
    pub fn tells_requests(&self) -> bool {
        self.0.style != Style::Faults
    }

    /// Writes a line: what happened, and its circumstances.
    pub fn tell(&self, level: Level, event: &str, facts: &[(&str, Value)]) {
        if level == Level::Info && self.0.style == Style::Faults {
            return;
        }
        let time = self.0.clock.now().to_string();
        let line = match self.0.style {
            Style::Plain => plain(&time, level, event, facts),
            Style::Faults | Style::Json => as_json(&time, level, event, facts),
        };
        if self.0.direct {
            return eprintln!("{line}");
        }
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let written = lines.as_ref().is_some_and(|lines| lines.try_send(line).is_ok());
        if !written {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until every line is written. Later lines are dropped.
    pub fn close(&self) {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).take();
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The thread only writes; were it to panic, there would be no place to say so.
        let _ = writer.map(JoinHandle::join);
    }
}

fn as_json(time: &str, level: Level, event: &str, facts: &[(&str, Value)]) -> String {
    let mut object = Map::new();
    object.insert("time".to_owned(), json!(time));
    object.insert("level".to_owned(), json!(if level == Level::Info { "info" } else { "error" }));
    object.insert("event".to_owned(), json!(event));
    object.extend(facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(object).to_string()
}

/// Values alone, and what is no plain word in quotation marks: nothing that a client sends can begin a new line.
fn plain(time: &str, level: Level, event: &str, facts: &[(&str, Value)]) -> String {
    let word = |value: &Value| match value {
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains('"') => text.clone(),
        other => other.to_string(),
    };
    let mut line = format!("{time} {}{event}", if level == Level::Error { "ERROR " } else { "" });
    facts.iter().for_each(|(name, value)| match event {
        "request" => line.extend([" ", &word(value)]),
        _ => line.extend([" ", name, "=", &word(value)]),
    });
    line
}

/// Writes what comes, and flushes whenever nothing does.
fn write(lines: Receiver<String>, dropped: &AtomicU64, out: impl Write) {
    let mut out = io::BufWriter::new(out);
    while let Ok(first) = lines.recv() {
        for line in std::iter::once(first).chain(lines.try_iter()) {
            // Who closed the stream wants no lines.
            let _ = writeln!(out, "{line}");
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = writeln!(out, "{}", json!({"level": "error", "event": "lines-dropped", "count": lost}));
        }
        let _ = out.flush();
    }
}
