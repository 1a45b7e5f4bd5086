//! Which settings there are: name, meaning, and how each is read and shown.

use std::{net::SocketAddr, time::Duration};

use super::Settings;

/// One setting.
pub(in crate::cli) struct Key {
    /// As it stands in a file, with its table before a dot.
    pub name: &'static str,
    /// What it means, in a line.
    pub help: &'static str,
    /// Sets it.
    pub put: fn(&mut Settings, &str) -> Result<(), String>,
    /// As TOML; nothing when it is switched off.
    pub show: fn(&Settings) -> Option<String>,
}

impl Key {
    /// The setting of this name.
    pub fn named(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Its name in the environment.
    pub fn variable(&self) -> String {
        let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        format!("CERTREG_{}", self.name.chars().map(upper).collect::<String>())
    }
}

/// A number up to a thousand million: sums and sizes stay far from overflowing.
macro_rules! number {
    ($name:literal, $least:literal, $help:literal, $($field:ident).+) => {
        Key {
            name: $name,
            help: $help,
            put: |settings, text| {
                let value = text.parse().map_err(|_| "write a whole number".to_owned())?;
                if !($least..=1 << 30).contains(&value) {
                    return Err(format!("it is from {} to {}", $least, 1u64 << 30));
                }
                settings.$($field).+ = value;
                Ok(())
            },
            show: |settings| Some(settings.$($field).+.to_string()),
        }
    };
}

macro_rules! time {
    ($name:literal, $help:literal, $($field:ident).+) => {
        Key {
            name: $name,
            help: $help,
            put: |settings, text| time(text).map(|value| settings.$($field).+ = value),
            show: |settings| Some(in_units(settings.$($field).+)),
        }
    };
}

/// Every setting; those without a table first, as TOML wants it.
pub(in crate::cli) const KEYS: &[Key] = &[
    Key {
        name: "data",
        help: "the folder of the registry",
        put: |settings, text| {
            settings.data = text.into();
            if text.is_empty() { Err("name a folder".to_owned()) } else { Ok(()) }
        },
        show: |settings| Some(quoted(&settings.data.display().to_string())),
    },
    Key {
        name: "listen",
        help: "the address to listen on",
        put: |settings, text| address(text).map(|address| settings.listen = address),
        show: |settings| Some(quoted(&settings.listen.to_string())),
    },
    Key {
        name: "public",
        help: "whether that address may be one that other machines reach",
        put: |settings, text| {
            settings.public = text.parse().map_err(|_| "write true or false".to_owned())?;
            Ok(())
        },
        show: |settings| Some(settings.public.to_string()),
    },
    Key {
        name: "log",
        help: "a line for each request as json or plain, or only faults",
        put: |settings, text| text.parse().map(|style| settings.log = style),
        show: |settings| Some(quoted(&settings.log.to_string())),
    },
    Key {
        name: "metrics",
        help: "the address of the metrics for Prometheus; empty for none",
        put: |settings, text| {
            settings.metrics = if text.is_empty() { None } else { Some(address(text)?) };
            Ok(())
        },
        show: |settings| settings.metrics.map(|address| quoted(&address.to_string())),
    },
    number!("limits.connections", 1, "connections at a time", limits.connections),
    time!("limits.first-byte", "how long a new connection may be silent", limits.first_byte),
    time!("limits.head", "how long the head of a request may take", limits.head),
    time!("limits.idle", "how long a connection may be silent between requests", limits.idle),
    number!("limits.pace-bytes", 0, "at least so many bytes of a body within pace-within", limits.pace.bytes),
    time!("limits.pace-within", "see pace-bytes; answers have twice as long", limits.pace.within),
    time!("limits.unread", "how long a client may leave unread what the system holds for it", limits.unread),
    number!("limits.head-bytes", 1024, "the largest head of a request", limits.head_bytes),
    number!("limits.headers", 10, "the most headers of a request", limits.headers),
    number!("limits.bodies-bytes", 1_048_576, "all bodies together while they arrive", limits.bodies_bytes),
    number!("limits.streams", 1, "requests at a time on one HTTP/2 connection", limits.streams),
    number!("limits.reads", 1, "quick reads at a time", limits.reads.at_once),
    number!("limits.reads-waiting", 0, "quick reads that may wait for that", limits.reads.waiting),
    time!("limits.reads-patience", "how long one may wait, unless there is a flood", limits.reads.patience),
    number!("limits.slow", 1, "packs, comparisons, searches and reports at a time", limits.slow.at_once),
    number!("limits.slow-waiting", 0, "those that may wait for that", limits.slow.waiting),
    time!("limits.slow-patience", "how long one may wait, unless there is a flood", limits.slow.patience),
    number!("limits.writes", 1, "submissions at a time", limits.writes.at_once),
    time!("limits.request", "how long a request may take once it is read", limits.request),
    time!("limits.drain", "how long connections are still taken after SIGTERM", limits.drain),
    time!("limits.stopping", "how long answers may take after that", limits.stopping),
];

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an address like 127.0.0.1:8080".to_owned())
}

/// `500ms`, `10s`, `2m`; a number alone is of seconds.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let number: u64 = digits.parse().map_err(|_| "write a time like 500ms, 10s or 2m".to_owned())?;
    let millis = match &text[digits.len()..] {
        "ms" => Some(number),
        "s" | "" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        _ => return Err("write a time like 500ms, 10s or 2m".to_owned()),
    };
    // Longer than a day is a mistake, and sums of times stay far from overflowing.
    millis.filter(|millis| *millis <= 86_400_000).map(Duration::from_millis).ok_or("a day is the most".to_owned())
}

fn in_units(time: Duration) -> String {
    let millis = time.as_millis();
    if millis.is_multiple_of(1_000) { format!("\"{}s\"", millis / 1_000) } else { format!("\"{millis}ms\"") }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
