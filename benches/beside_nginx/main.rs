//! certreg beside nginx: how fast it answers, compared with a web server that has the same answers as files.
//!
//! ```sh
//! cargo bench --bench beside_nginx                          # S: 200 certifications of 10 versions, five minutes
//! cargo bench --bench beside_nginx -- --size M --data big   # M: 10,000 of 10; made in `big` if that is not there yet
//! cargo bench --bench beside_nginx -- --size M --data big --write    # and writes its section of BENCHMARKS.md
//! ```
//!
//! Needs `nginx` (Debian: `nginx-light`) and Linux. M takes ten minutes once its data are made, which takes about four;
//! L is 100,000 of 20 and takes two hours to make. Data that lie in `--data` are copied, never served themselves.
//! `--only WORDS` measures the operations whose name has these words; `--rounds N` measures each of them so often
//! instead of 15 times; `--at-once` does not wait until the server has read everything once; `--no-rebuild` leaves out the
//! new index, which takes half an hour at L.
//!
//! Reading order: this file, `operations` (what is asked), `servers`, `load` (who asks), `report`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant as Stopwatch},
};

mod load;
mod operations;
mod report;
mod servers;

use load::Load;
use operations::{Operation, Registry};
use report::{Cell, Report, Row};
use servers::{CERTREG, Server};

/// How many ask at a time.
const AT_ONCE: [usize; 3] = [1, 32, 256];
/// How often each is measured, certreg and nginx by turns: often rather than long, as other programs come and go.
const ROUNDS: usize = 15;
/// How long each time.
const TIME: Duration = Duration::from_millis(300);
/// How often it is started.
const STARTS: usize = 5;

/// How large a registry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    S,
    M,
    L,
}

impl Size {
    pub const ALL: [Size; 3] = [Size::S, Size::M, Size::L];

    pub fn certifications(self) -> usize {
        [200, 10_000, 100_000][self as usize]
    }

    pub fn versions(self) -> usize {
        [10, 10, 20][self as usize]
    }
}

/// What the command line asks for.
struct Asked {
    size: Size,
    data: Option<PathBuf>,
    write: bool,
    only: String,
    rounds: usize,
    at_once: bool,
    rebuild: bool,
}

impl Asked {
    fn read() -> Asked {
        let mut asked = Asked {
            size: Size::S,
            data: None,
            write: false,
            only: String::new(),
            rounds: ROUNDS,
            at_once: false,
            rebuild: true,
        };
        // Cargo passes `--bench`.
        let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} takes a value"));
            match argument.as_str() {
                "--size" => {
                    let size = value();
                    let sizes = Size::ALL.into_iter().find(|known| format!("{known:?}") == size);
                    asked.size = sizes.expect("--size is S, M or L");
                }
                "--data" => asked.data = Some(value().into()),
                "--only" => asked.only = value(),
                "--write" => asked.write = true,
                "--rounds" => asked.rounds = value().parse().expect("--rounds is a number"),
                "--at-once" => asked.at_once = true,
                "--no-rebuild" => asked.rebuild = false,
                other => panic!(
                    "{other} is not known: --size S|M|L, --data DIR, --only WORDS, --rounds N, --at-once, \
                     --no-rebuild, --write"
                ),
            }
        }
        asked
    }
}

fn main() {
    let asked = Asked::read();
    let folder = tempfile::Builder::new().prefix("certreg-beside-nginx-").tempdir().expect("room for temporary files");
    let data = data(asked.size, asked.data.as_deref(), folder.path());
    let mut report = Report::new(asked.size, asked.rounds, !asked.at_once);
    report.starts = (0..STARTS).map(|_| Server::certreg(&data)).map(|server| server.started_in).collect();
    let server = Server::certreg(&data);
    if report.settled {
        eprintln!("waiting until it has read everything once …");
        server.settle();
    }
    let registry = Registry::of(&server);
    report.found = (registry.certifications(), registry.versions());
    let mut operations = registry.operations();
    operations.retain(|operation| operation.name.contains(&asked.only));
    beside_nginx(&server, &mut operations, folder.path(), &mut report);
    report.memory = server.memory();
    if asked.size != Size::S {
        let small = self::data(Size::S, None, folder.path());
        let small = Server::certreg(&small);
        if report.settled {
            small.settle();
        }
        growth(&small, (&server, operations), &mut report);
    }
    server.stop();
    report.rebuild = asked.rebuild.then(|| rebuild(&data));
    println!("{}", report.text());
    if asked.write {
        report.write();
    }
}

/// A registry of this size: a copy of the one in `kept`, where one is named, which is made, or finished, if it is not
/// there.
fn data(size: Size, kept: Option<&Path>, folder: &Path) -> PathBuf {
    let data = folder.join(format!("{size:?}"));
    let made = kept.unwrap_or(&data);
    eprintln!(
        "{} certifications of {} versions, made where they are not there …",
        size.certifications(),
        size.versions()
    );
    let numbers = [size.certifications(), size.versions()].map(|number| number.to_string());
    let [certifications, versions] = &numbers;
    let mut make = Command::new(CERTREG);
    make.args(["bench-data", "--certifications", certifications, "--versions", versions, "--data"]).arg(made);
    assert!(make.stdout(Stdio::null()).status().expect("certreg runs").success());
    if made != data {
        let copied = Command::new("cp").arg("-a").arg(made).arg(&data).status().expect("cp is there");
        assert!(copied.success(), "{} cannot be copied", made.display());
    }
    data
}

/// Every operation at every concurrency, certreg and nginx by turns.
fn beside_nginx(server: &Server, operations: &mut [Operation], folder: &Path, report: &mut Report) {
    let files = folder.join("files");
    fs::create_dir(&files).expect("a new folder");
    let nginx = Server::nginx(&files, folder);
    for operation in operations {
        operation.write_files(server, &files);
        let ask_nginx = Load {
            server: nginx.address,
            requests: operation.requests_to_nginx(),
            connections: 32,
            time: TIME,
            most: usize::MAX,
        };
        ask_nginx.clone().each_once().run();
        let most = operation.most_at_once;
        for connections in AT_ONCE.into_iter().filter(|at_once| *at_once <= most) {
            let mut row = Row::new(operation, connections);
            for _ in 0..report.rounds {
                let load = load(server, operation, connections, report.rounds);
                row.certreg.push(measure(server, &load));
                row.nginx.push(measure(&nginx, &Load { connections, ..ask_nginx.clone() }));
            }
            println!("{}", row.text());
            report.rows.push(row);
        }
        // The next operation's files take their place in memory.
        fs::remove_dir_all(&files).and_then(|()| fs::create_dir(&files)).expect("ours to remove");
    }
}

fn load(server: &Server, operation: &mut Operation, connections: usize, rounds: usize) -> Load {
    let requests = operation.requests_to_certreg((AT_ONCE.len() + 1) * rounds + 1);
    let most = if operation.is_once() { requests.len() } else { usize::MAX };
    Load { server: server.address, requests, connections, time: TIME, most }
}

fn measure(server: &Server, load: &Load) -> Cell {
    let (own, theirs) = (servers::computed(std::process::id()), server.computed());
    let answered = load.run();
    Cell { answered, own: servers::computed(std::process::id()) - own, theirs: server.computed() - theirs }
}

/// The same operations of a small registry and a large one, by turns.
fn growth(small: &Server, (large, of_large): (&Server, Vec<Operation>), report: &mut Report) {
    let of_small = Registry::of(small).operations();
    for of_large in of_large {
        let of_small = of_small.iter().find(|of_small| of_small.name == of_large.name).cloned();
        let mut sides = [(small, of_small.expect("all registries have the same operations")), (large, of_large)];
        let at_once = AT_ONCE[1].min(sides[0].1.most_at_once);
        for (server, operation) in &mut sides {
            load(server, operation, at_once, report.rounds).each_once().run();
        }
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..report.rounds {
            for ((server, operation), rates) in sides.iter_mut().zip(&mut rates) {
                rates.push(load(server, operation, at_once, report.rounds).run().per_second());
            }
        }
        report.growth.push((sides[0].1.name, rates));
    }
}

/// How long making the index anew takes.
fn rebuild(data: &Path) -> Duration {
    let begun = Stopwatch::now();
    let done = Command::new(CERTREG).args(["rebuild", "--data"]).arg(data).stderr(Stdio::null()).status();
    assert!(done.expect("certreg runs").success());
    begun.elapsed()
}
