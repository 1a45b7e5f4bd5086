//! What was measured, as a table for people and as `BENCHMARKS.md`.

use std::{fs, process::Command, time::Duration};

use certreg::registry::Clock;

use super::{AT_ONCE, ROUNDS, Size, TIME, load::Answered, operations::Operation};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/BENCHMARKS.md");

/// One measurement of one server.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    pub answered: Answered,
    /// Time on the processors of the one who asked.
    pub own: Duration,
    /// And of the server.
    pub theirs: Duration,
}

/// One operation at one concurrency.
pub struct Row {
    name: &'static str,
    wanted: Option<f64>,
    bytes: usize,
    connections: usize,
    pub certreg: Vec<Cell>,
    pub nginx: Vec<Cell>,
}

/// Everything.
pub struct Report {
    size: Size,
    /// How often each is measured.
    pub rounds: usize,
    /// Whether the servers had read everything once before.
    pub settled: bool,
    /// Certifications, and versions of each.
    pub found: (usize, usize),
    pub rows: Vec<Row>,
    /// Answers a second from a small registry and from this one.
    pub growth: Vec<(&'static str, [Vec<f64>; 2])>,
    pub starts: Vec<Duration>,
    pub rebuild: Option<Duration>,
    /// Its own, and that of mapped files, in bytes.
    pub memory: [u64; 2],
}

impl Row {
    pub fn new(operation: &Operation, connections: usize) -> Row {
        let Operation { name, wanted, bytes, .. } = *operation;
        Row { name, wanted, bytes, connections, certreg: Vec::new(), nginx: Vec::new() }
    }

    /// The row of the table. Each round has a ratio of its own: machines change their pace between rounds.
    pub fn text(&self) -> String {
        let rates = |cells: &[Cell]| median(cells.iter().map(|cell| cell.answered.per_second()).collect());
        let rounds = self.certreg.iter().zip(&self.nginx);
        let mut ratios: Vec<f64> = rounds.map(|(a, b)| a.answered.per_second() / b.answered.per_second()).collect();
        ratios.sort_by(f64::total_cmp);
        let (least, ratio, most) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        let wanted = self.wanted.map_or(String::new(), |wanted| format!("≥ {wanted}"));
        format!(
            "| {:<28} | {:>6.1} | {:>7} | {:>9.0} | {:>7.0} | {ratio:>5.2} | {least:.2}–{most:.2} | {wanted:>6} | {:>10.1} | {:>8.1} | {:>8.1} |",
            self.name,
            self.bytes as f64 / 1e3,
            self.connections,
            rates(&self.certreg),
            rates(&self.nginx),
            each(&self.certreg, |cell| cell.theirs),
            each(&self.nginx, |cell| cell.theirs),
            each(&self.nginx, |cell| cell.own),
        )
    }
}

/// Microseconds of the processors for one answer.
fn each(cells: &[Cell], time: impl Fn(&Cell) -> Duration) -> f64 {
    let answers: usize = cells.iter().map(|cell| cell.answered.answers).sum();
    cells.iter().map(time).sum::<Duration>().as_secs_f64() * 1e6 / answers.max(1) as f64
}

impl Report {
    pub fn new(size: Size, rounds: usize, settled: bool) -> Report {
        Report {
            size,
            rounds,
            settled,
            found: (0, 0),
            rows: Vec::new(),
            growth: Vec::new(),
            starts: Vec::new(),
            rebuild: None,
            memory: [0; 2],
        }
    }

    /// The tables, in Markdown.
    pub fn text(&self) -> String {
        let mut lines = vec![HEAD.to_owned(), rule(HEAD)];
        lines.extend(self.rows.iter().map(Row::text));
        if !self.growth.is_empty() {
            let head = GROWTH.replace("LARGE", &format!("{:?}", self.size));
            lines.extend([String::new(), head.clone(), rule(&head)]);
            lines.extend(self.growth.iter().map(|(name, [small, large])| {
                let mut ratios: Vec<f64> = small.iter().zip(large).map(|(small, large)| small / large).collect();
                ratios.sort_by(f64::total_cmp);
                let (least, ratio, most) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
                let [small, large] = [small, large].map(|rates| median(rates.clone()));
                // A search finds more where there is more.
                let wanted = if name.starts_with("search") || name.starts_with("find") { "" } else { "≤ 1.3" };
                format!(
                    "| {name:<28} | {small:>7.0} | {large:>7.0} | {ratio:>5.2} | {least:.2}–{most:.2} | {wanted:<5} |"
                )
            }));
        }
        let start = median(self.starts.iter().map(Duration::as_secs_f64).collect());
        let rebuild = self.rebuild.map_or("not measured".to_owned(), |took| format!("{:.1} s", took.as_secs_f64()));
        lines.push(format!(
            "\n- start after a clean stop, until `/readyz` says so: {start:.2} s (wanted at M: ≤ 0.5 s)\n\
             - `certreg rebuild`, the index anew: {rebuild} (wanted at M: ≤ 60 s)\n\
             - memory of its own after all of this (`RssAnon`): {:.0} MB (wanted at M: ≤ 512 MB); beside it mapped files,\n\
             \u{20}\u{20}which the system may take back at any time (`RssFile`): {:.0} MB",
            self.memory[0] as f64 / 1e6,
            self.memory[1] as f64 / 1e6
        ));
        lines.join("\n")
    }

    /// Writes the section of this size in `BENCHMARKS.md`; the others stay.
    pub fn write(&self) {
        let before = fs::read_to_string(FILE).unwrap_or_default();
        let known = before.split("\n## ").skip(1).map(|section| section.trim_end().to_owned());
        let of = |size: Size| format!("{size:?}: ");
        let mut sections: Vec<String> = known.filter(|section| !section.starts_with(&of(self.size))).collect();
        sections.push(self.section());
        sections.sort_by_key(|section| Size::ALL.iter().position(|size| section.starts_with(&of(*size))));
        let method = METHOD
            .replace("ROUNDS", &ROUNDS.to_string())
            .replace("TIME", &TIME.as_millis().to_string())
            .replace("AT_MOST", &AT_ONCE[AT_ONCE.len() - 1].to_string());
        let mut text =
            format!("# certreg beside nginx\n\nWritten by the commands below; do not edit it by hand.\n\n{method}\n");
        sections.iter().for_each(|section| text += &format!("\n## {section}\n"));
        fs::write(FILE, text).expect("the top of the source is writable");
    }

    fn section(&self) -> String {
        let Report { size, found: (certifications, versions), .. } = self;
        format!(
            "{size:?}: {certifications} certifications of {versions} versions\n\n\
             - rounds: {}{}\n\
             - date: {}\n- machine: {}\n- commit: {}\n- beside it: {}\n\
             - command: `cargo bench --bench beside_nginx -- --size {size:?} --rounds {}{}{} --write`{}\n\n{}",
            self.rounds,
            if self.settled { "" } else { ", begun at once: certreg reads everything for the first time meanwhile" },
            Clock::System.now().day_in_london(),
            machine(),
            said_by("git", &["describe", "--always", "--dirty"]),
            said_by("nginx", &["-v"]),
            self.rounds,
            if self.settled { "" } else { " --at-once" },
            if self.rebuild.is_some() { "" } else { " --no-rebuild" },
            if *size == Size::S { "" } else { ", with `--data DIR` to keep what takes long to make" },
            self.text(),
        )
    }
}

const HEAD: &str = "| operation                    |     KB | at once | certreg/s | nginx/s | ratio | least–most | wanted | certreg µs | nginx µs | asker µs |";
const GROWTH: &str = "| growth, 32 at once           |     S/s |  LARGE/s | S / LARGE | least–most | wanted |";

const METHOD: &str = "\
Both servers run on this machine at the same time, on loopback, with connections that are kept open, and answer the
same bodies: what `certreg serve` gave for an address is a file of `nginx`, which serves it with `sendfile`, one worker
for each core, Debian's settings and no access log. certreg writes no line for each request either, and sends its usual
headers, about 900 bytes more than nginx. Each operation asks for up to 1,000 different addresses, drawn with a fixed
seed from the whole registry, all asked once before: certreg answers from what it keeps in memory, nginx from the
system's file cache. Unless a section says otherwise, it begins once certreg has read all that is stored for the first
time (the scrub, which later takes turns with rests three times as long), or has been at it for eight minutes. \"First
time\" is what nobody asked before. A since-report is made each time; the comparison of its two ends is kept. The two
are measured by turns, ROUNDS times unless a section says otherwise, for TIME ms each; rates and ratios are medians, and
least–most are the ratios of single rounds.
The one who asks (threads of the benchmark, prepared requests, of each answer only status and length are read) uses the
same cores: its time for an answer is in the last column and counts in both rates, so the columns before it, what each
server computes for one answer, tell more on a busy machine. What is computed each time, or often, is not asked for by
AT_MOST at once, and searches at L by no
more than 4: the server would tell most of them to come back.";

/// The line below a table's head.
fn rule(head: &str) -> String {
    head.chars().map(|c| if c == '|' { '|' } else { '-' }).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// For example `AMD EPYC 7763, 2 cores, 8 GB, Linux 6.1.0`.
fn machine() -> String {
    let value = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.split_once(':').map(|(_, value)| value.trim().to_owned()));
        line.unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = value("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or_default();
    let kernel = said_by("uname", &["-sr"]);
    format!("{}, {cores} cores, {} GB, {kernel}", value("/proc/cpuinfo", "model name"), (memory + 500_000) / 1_000_000)
}

/// The first line that a program says.
fn said_by(program: &str, arguments: &[&str]) -> String {
    let said = Command::new(program).args(arguments).output().expect("it is installed");
    let all = [said.stdout, said.stderr].concat();
    String::from_utf8_lossy(&all).lines().next().unwrap_or_default().to_owned()
}
