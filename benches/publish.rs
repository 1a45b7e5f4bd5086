//! How many durable, signed publishes a second the registry takes from 1, 8 and 64 writers, and how long each waits.
//!
//! `cargo bench --bench publish [-- SECONDS [FOLDER]]` prints rates, the median and the slowest hundredth, and what the
//! process computed for each publish, stage by stage (`client` is what making and signing a submission takes, which
//! suppliers do on machines of their own and is not in the other figures); five seconds for each number of writers in
//! the folder for temporary files unless told otherwise. In the last round the repository is packed all the time
//! meanwhile; a server does that now and then. Choose a folder on the disk that counts: a folder in memory makes
//! syncing free. The yardstick is a plain file of the same size, written and synced in the same run by as many threads:
//! quote the ratios, machines differ.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant as Stopwatch},
};

use certreg::{
    domain::{CertificationId, ChangeKind, Digest, Draft},
    format::{profile, v1},
    registry::{
        figures::{Stage, WriteFigures},
        publish::VersionSubmission,
    },
};

#[path = "../tests/common/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;
use fixture::Fixture;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many writers there are, and whether the repository is packed meanwhile.
const ROUNDS: [(usize, bool); 4] = [(1, false), (8, false), (64, false), (64, true)];
/// Words for one answer, so that a document has about as many bytes as real ones: 29 KB.
const WORDS: &str = "Data at rest is encrypted with AES-256 in two data centres in the United Kingdom, backups are \
    encrypted with keys of their own, and nobody but the two administrators named in our policy can reach them. ";

fn main() {
    // Cargo passes `--bench`; what is left is ours.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let seconds: u64 = arguments.next().map_or(5, |text| text.parse().expect("a number of seconds"));
    let parent = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    println!("  writers  publishes/s      p50      p99      max   CPU each   commits/group   plain files/s   ratio");
    for (round, (writers, packs)) in ROUNDS.into_iter().enumerate() {
        let fixture = Fixture::new_in(&parent);
        let before = fixture.registry.write_figures();
        let run = publish(&fixture, (writers, packs), Duration::from_secs(seconds), round);
        let figures = fixture.registry.write_figures();
        let plain = plain_files(&fixture.data, writers, Duration::from_secs(seconds.min(2)), run.bytes);
        let groups = (figures.groups - before.groups) as f64;
        println!(
            "{writers:>2} {:<6} {:>12.0} {:>8.1?} {:>8.1?} {:>8.1?} {:>10.2?} {:>15.1} {plain:>15.0} {:>7.2}",
            if packs { "packed" } else { "" },
            run.rate(),
            run.at(0.5),
            run.at(0.99),
            run.at(1.0),
            run.computed / u32::try_from(run.times.len()).unwrap(),
            (figures.commits - before.commits) as f64 / groups,
            run.rate() / plain
        );
        print_stages(&before, &figures, &run);
    }
}

struct Run {
    /// How long each publish took, shortest first.
    times: Vec<Duration>,
    elapsed: Duration,
    /// Time of all threads on the processors.
    computed: Duration,
    /// What one submission took to make and sign.
    client: Duration,
    /// Bytes of the last document.
    bytes: usize,
    /// How often the repository was packed meanwhile.
    packed: usize,
}

impl Run {
    fn rate(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }

    fn at(&self, part: f64) -> Duration {
        self.times[((self.times.len() - 1) as f64 * part) as usize]
    }
}

/// Every writer publishes versions of a certification of its own, one after the other, until the time is up.
fn publish(fixture: &Fixture, (writers, packs): (usize, bool), time: Duration, round: usize) -> Run {
    // Signed before the clock runs: suppliers sign on their own machines.
    let count = time.as_secs() as usize * 1_000 / writers.max(4) + 20;
    let ids: Vec<String> = (0..writers).map(|writer| format!("example-learning/service-{round}-{writer}")).collect();
    let before = computed_so_far();
    let prepared = in_parallel(&ids, |id| prepare(fixture, id, count));
    let client = (computed_so_far() - before) / u32::try_from(writers * count).unwrap();
    let bytes = prepared[0].1[0].document.len();
    let (together, is_over) = (Barrier::new(writers + 1), AtomicBool::new(false));
    let mut run = Run { times: Vec::new(), elapsed: time, computed: Duration::ZERO, client, bytes, packed: 0 };
    thread::scope(|scope| {
        let write = |(id, submissions): (CertificationId, Vec<VersionSubmission>)| {
            let (together, is_over) = (&together, &is_over);
            scope.spawn(move || {
                let mut times = Vec::new();
                together.wait();
                for submission in submissions {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let watch = Stopwatch::now();
                    fixture.registry.publish(&id, submission).unwrap();
                    times.push(watch.elapsed());
                }
                is_over.store(true, Ordering::Relaxed);
                times
            })
        };
        let threads: Vec<_> = prepared.into_iter().map(write).collect();
        let is_over = &is_over;
        let packing = scope.spawn(move || {
            let mut times = 0;
            while packs && !is_over.load(Ordering::Relaxed) {
                fixture.registry.maintain().unwrap();
                times += 1;
            }
            times
        });
        let computed = computed_so_far();
        together.wait();
        let watch = Stopwatch::now();
        while watch.elapsed() < time && !is_over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
        is_over.store(true, Ordering::Relaxed);
        run.times = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        run.elapsed = watch.elapsed();
        run.packed = packing.join().unwrap();
        run.computed = computed_so_far() - computed;
    });
    run.times.sort();
    run
}

/// A first version and its successors, each with other words in one answer.
fn prepare(fixture: &Fixture, id: &str, count: usize) -> (CertificationId, Vec<VersionSubmission>) {
    let mut draft = fixture.draft(id);
    draft.responses.values_mut().for_each(|response| response.statement = vec![WORDS.repeat(3).trim_end().to_owned()]);
    let mut previous = None;
    let mut submission = |version: usize| {
        draft.version = version as u32;
        draft.previous = previous;
        if version > 1 {
            draft.change.kind = ChangeKind::Update;
        }
        change(&mut draft, version);
        let document = profile::print(&v1::certification::write(&draft));
        previous = Some(Digest::of(&document));
        let submission = fixture.submission_of_bytes(document);
        if version == 1 { submission } else { VersionSubmission { people: Vec::new(), ..submission } }
    };
    let submissions = (1..=count).map(&mut submission).collect();
    (draft.certification_id(), submissions)
}

fn change(draft: &mut Draft, version: usize) {
    let answer = version % draft.responses.len();
    let response = draft.responses.values_mut().nth(answer).unwrap();
    response.statement = vec![format!("{WORDS} Deleted within {version} days.")];
}

fn in_parallel<T: Send>(ids: &[String], make: impl Fn(&str) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let make = &make;
        let threads: Vec<_> = ids.iter().map(|id| scope.spawn(move || make(id))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// How many files of this size as many threads write and sync in a second.
fn plain_files(folder: &Path, writers: usize, time: Duration, bytes: usize) -> f64 {
    let folder = folder.join("plain");
    fs::create_dir(&folder).unwrap();
    let written = AtomicU64::new(0);
    let watch = Stopwatch::now();
    thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| {
                while watch.elapsed() < time {
                    let number = written.fetch_add(1, Ordering::Relaxed);
                    let mut file = File::create(folder.join(number.to_string())).unwrap();
                    file.write_all(&vec![b'x'; bytes]).unwrap();
                    file.sync_all().unwrap();
                }
            });
        }
    });
    written.load(Ordering::Relaxed) as f64 / watch.elapsed().as_secs_f64()
}

/// What this process has computed so far, by the kernel's account, in its ticks of 10 ms.
fn computed_so_far() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn print_stages(before: &WriteFigures, figures: &WriteFigures, run: &Run) {
    let each = |time: Duration| time.as_secs_f64() * 1_000.0 / run.times.len() as f64;
    let mut known = Duration::ZERO;
    for stage in Stage::ALL {
        let (was, spent) = (before.stages[stage as usize], figures.stages[stage as usize]);
        known += spent.computed - was.computed;
        let (total, computed) = (each(spent.total - was.total), each(spent.computed - was.computed));
        let name = stage.as_str();
        println!(
            "        {name:<8} {computed:>8.3} ms computed, {total:>8.2} ms taken a publish, longest {:>8.1?}",
            spent.longest
        );
    }
    println!("        {:<8} {:>8.3} ms computed", "other", each(run.computed.saturating_sub(known)));
    println!("        {:<8} {:>8.3} ms computed", "client", run.client.as_secs_f64() * 1_000.0);
    if run.packed > 0 {
        println!("        packed {} times meanwhile", run.packed);
    }
}
