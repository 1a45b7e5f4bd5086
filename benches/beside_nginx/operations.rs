//! What is asked: for each operation many different addresses, always the same for the same registry.

use std::{fs, path::Path, sync::Arc};

use certreg::domain::Day;
use serde_json::Value;

use super::{load, servers::Server};

/// How many different addresses each operation has, as far as there are so many.
const ADDRESSES: usize = 1_000;
/// How many of the answers that are asked for once only nginx serves.
const SAMPLES: usize = 200;
/// How many comparisons are asked for once, about.
const MOST_PAIRS: usize = 200_000;
/// How many ask at a time for what is computed each time, or often.
const COMPUTED_AT_ONCE: usize = 32;
/// From so many certifications on, so few search at a time: they take the longer the more there is to be found.
const MANY: usize = 50_000;
const SEARCH_AMONG_MANY: usize = 4;
/// Words that every other certification has somewhere, and the last one none.
const PHRASES: [&str; 5] =
    ["encrypted at rest", "access to personal data", "data is likely", "mobile", "nothing like this was ever said"];
/// Some questions, and how they may be answered.
const QUESTIONS: [&str; 3] = ["q5.7", "q6.2", "q8.1"];
const CODES: [&str; 3] = ["green", "amber", "black"];
/// Events on a page.
const PAGE: u64 = 50;

/// One operation of the API, at many addresses.
#[derive(Clone)]
pub struct Operation {
    pub name: &'static str,
    /// The least ratio to nginx that is wanted, if any was agreed.
    pub wanted: Option<f64>,
    /// The addresses that are asked again and again.
    addresses: Vec<String>,
    /// Those that are asked once only, so that nobody has the answer ready.
    once: Vec<String>,
    asked_once: usize,
    /// The most who ask at a time: of more, the server tells some to come again.
    pub most_at_once: usize,
    /// Bytes of a typical body.
    pub bytes: usize,
}

/// What registries are made of, as far as addresses need it.
pub struct Registry {
    ids: Vec<String>,
    versions: usize,
    first_day: Day,
    days: usize,
    events: usize,
}

impl Registry {
    /// Asks a server what it has.
    pub fn of(server: &Server) -> Registry {
        let mut ids = Vec::new();
        let mut next = Some("/v1/certifications?limit=200".to_owned());
        while let Some(path) = next {
            let page: Value = json(server, &path);
            ids.extend(list(&page).iter().map(|item| text(&item["id"])));
            next = page["next_cursor"].as_str().map(|cursor| format!("/v1/certifications?limit=200&cursor={cursor}"));
        }
        // Made last: if that was broken off, it has the fewest.
        let last = ids.iter().max_by_key(|id| (id.len(), id.as_str())).expect("a certification");
        let versions = json(server, &format!("/v1/certifications/{last}/versions?limit=200"));
        let day = |version: &Value| -> Day { text(&version["published_at"])[..10].parse().expect("a day") };
        let (newest, oldest) =
            (list(&versions).first().expect("a version"), list(&versions).last().expect("a version"));
        let days = usize::try_from(day(newest).days_since(day(oldest))).expect("the oldest comes first");
        let changes = json(server, "/v1/changes?limit=1");
        let events = usize::try_from(changes["latest"].as_u64().expect("a number")).expect("it fits");
        Registry { versions: list(&versions).len(), first_day: day(oldest), days, events, ids }
    }

    pub fn certifications(&self) -> usize {
        self.ids.len()
    }

    pub fn versions(&self) -> usize {
        self.versions
    }

    /// Everything that is measured.
    pub fn operations(&self) -> Vec<Operation> {
        let base = |random: &mut Random| format!("/v1/certifications/{}", random.one_of(&self.ids));
        let day = |random: &mut Random| self.first_day.plus_days(1 + random.below(self.days) as i64);
        let searching = if self.ids.len() < MANY { COMPUTED_AT_ONCE } else { SEARCH_AMONG_MANY };
        let events = |random: &mut Random| random.below(self.events.saturating_sub(PAGE as usize));
        vec![
            Operation::often("current certification", Some(0.9), base),
            Operation::often("named version", Some(0.6), |random| {
                format!("{}/versions/{}", base(random), 1 + random.below(self.versions))
            }),
            Operation::often("as of a day", Some(0.6), |random| format!("{}?as_of={}", base(random), day(random))),
            Operation::often("history of a certification", Some(0.6), |random| format!("{}/versions", base(random))),
            Operation::often("responses", None, |random| format!("{}/responses", base(random))),
            Operation::often("comparison, again", Some(0.4), |random| {
                let from = 1 + random.below(self.versions - 1);
                let to = from + 1 + random.below(self.versions - from);
                format!("{}/diff?from={from}&to={to}", base(random))
            }),
            Operation::once("comparison, first time", self.pairs()),
            Operation::often("since-report, one service", None, |random| {
                format!("/v1/reports/since?item={}@{}", random.one_of(&self.ids), day(random))
            })
            .by_at_most(COMPUTED_AT_ONCE),
            Operation::often("search for words", None, |random| {
                format!("/v1/certifications?limit=20&q={}", phrase(random))
            })
            .by_at_most(searching),
            Operation::often("search for a code", None, |random| {
                let (question, code) = (random.one_of(&QUESTIONS), random.one_of(&CODES));
                format!("/v1/certifications?limit=20&question={question}&code={code}")
            })
            .by_at_most(COMPUTED_AT_ONCE),
            Operation::often("find a sentence", None, |random| format!("/v1/find?limit=20&words={}", phrase(random)))
                .by_at_most(searching),
            // Kept for five seconds only.
            Operation::often("change feed, 50 events", None, |random| {
                format!("/v1/changes?after={}&limit={PAGE}", events(random))
            })
            .by_at_most(COMPUTED_AT_ONCE),
            Operation::often("checkpoint", None, |_| "/log/checkpoint".to_owned()),
        ]
    }

    /// The comparisons that there are, in no order; so many of them as are wanted at most.
    fn pairs(&self) -> Vec<String> {
        let mut random = Random(7);
        let mut ids: Vec<&String> = self.ids.iter().collect();
        random.shuffle(&mut ids);
        ids.truncate(1 + MOST_PAIRS / (self.versions * (self.versions - 1) / 2));
        let mut pairs = Vec::new();
        for id in ids {
            for from in 1..self.versions {
                pairs.extend(
                    (from + 1..=self.versions).map(|to| format!("/v1/certifications/{id}/diff?to={to}&from={from}")),
                );
            }
        }
        random.shuffle(&mut pairs);
        pairs
    }
}

impl Operation {
    fn often(name: &'static str, wanted: Option<f64>, mut address: impl FnMut(&mut Random) -> String) -> Operation {
        let mut random = Random(name.len() as u64);
        let mut addresses: Vec<String> = (0..ADDRESSES).map(|_| address(&mut random)).collect();
        addresses.sort();
        addresses.dedup();
        random.shuffle(&mut addresses);
        Operation { name, wanted, addresses, once: Vec::new(), asked_once: 0, most_at_once: usize::MAX, bytes: 0 }
    }

    /// The same, asked for by no more than so many at a time.
    fn by_at_most(self, most_at_once: usize) -> Operation {
        Operation { most_at_once, ..self }
    }

    fn once(name: &'static str, mut once: Vec<String>) -> Operation {
        let addresses = once.split_off(once.len().saturating_sub(SAMPLES));
        Operation { name, wanted: None, addresses, once, asked_once: 0, most_at_once: COMPUTED_AT_ONCE, bytes: 0 }
    }

    /// Asks for every answer that will be asked for again, and writes each as a file that nginx serves.
    pub fn write_files(&mut self, server: &Server, files: &Path) {
        let mut bytes = 0;
        for (place, address) in self.addresses.iter().enumerate() {
            let body = body(server, address);
            bytes += body.len();
            fs::write(files.join(place.to_string()), body).expect("room on the disk");
        }
        self.bytes = bytes / self.addresses.len();
    }

    /// Requests to certreg: the part `1 / parts` of those that nobody asked yet, or all.
    pub fn requests_to_certreg(&mut self, parts: usize) -> Arc<[Vec<u8>]> {
        if self.once.is_empty() {
            return self.addresses.iter().map(|address| load::get(address)).collect();
        }
        let from = self.asked_once;
        self.asked_once = self.once.len().min(from + self.once.len() / parts);
        self.once[from..self.asked_once].iter().map(|address| load::get(address)).collect()
    }

    /// Whether an address may be asked only once.
    pub fn is_once(&self) -> bool {
        !self.once.is_empty()
    }

    /// Requests to nginx, which serves the files.
    pub fn requests_to_nginx(&self) -> Arc<[Vec<u8>]> {
        (0..self.addresses.len()).map(|file| load::get(&format!("/{file}"))).collect()
    }
}

/// One of the phrases, as it stands in an address.
fn phrase(random: &mut Random) -> String {
    random.one_of(&PHRASES).replace(' ', "%20")
}

/// The body of an answer.
fn body(server: &Server, path: &str) -> Vec<u8> {
    let answer = ureq::get(format!("http://{}{path}", server.address)).header("accept-encoding", "identity").call();
    let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
    answer.body_mut().read_to_vec().expect("a whole answer")
}

fn json(server: &Server, path: &str) -> Value {
    serde_json::from_slice(&body(server, path)).expect("JSON")
}

fn list(page: &Value) -> &Vec<Value> {
    page["items"].as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// SplitMix64: always the same numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }

    /// Every order is as likely (Fisher and Yates).
    fn shuffle<T>(&mut self, all: &mut [T]) {
        for place in (1..all.len()).rev() {
            all.swap(place, self.below(place + 1));
        }
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
