//! A drill: one publish is stopped, or hit by an error, at each of its system calls that write.
//!
//! `strace` first tells which calls those are, then strikes at one of them a run: with SIGKILL just before the call, or
//! with an error as its result. So there is a stop point after every step, and the program itself knows nothing of it.
//! The publish runs in a process of its own, this test program again (`TOLD`). The tests do a call of each kind; the
//! drill all of them, a single version and a group that becomes a pack:
//!
//! ```text
//! CERTREG_DRILL_POINTS=all cargo test --test drill_stops -- --nocapture --test-threads=1
//! ```
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant as Stopwatch},
};

use certreg::{
    domain::CertificationId,
    registry::{Clock, Registry, Result, publish::Published, publish::VersionSubmission},
};
use common::{
    drill::{Scene, Seen, Supplier, has, left_out, see},
    fixture::{instant, official, record, server, signatory},
    http::as_json,
    ledger::{Figures, check},
};
use serde_json::Value;

/// Where the process that is struck finds the folder it works in.
const TOLD: &str = "CERTREG_DRILL_FOLDER";
const STRUCK: &str = "a_publish_that_nothing_strikes_succeeds_and_so_does_the_next";
/// Files that are not there: looking for them shows in the trace where the publish begins and ends.
const BEGIN: &str = "/certreg-drill-begin";
const END: &str = "/certreg-drill-end";
/// What is struck. Of `openat` only calls that may create or write.
const CALLS: &str = "openat,write,pwrite64,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,syncfs,ftruncate";
/// From so many commits on a group becomes a pack.
const PACK: usize = 8;

/// One call of the publish: the `number`-th of its kind in its thread.
#[derive(Debug, Clone)]
struct Point {
    call: String,
    number: usize,
    text: String,
}

/// A registry with a history, and the next versions of `group` suppliers ready to be sent.
struct Play {
    scene: Scene,
    suppliers: Vec<Supplier>,
    seen: Seen,
    /// Where copies are struck.
    stage: tempfile::TempDir,
}

impl Play {
    fn new(group: usize) -> Play {
        let scene = Scene::new();
        let mut suppliers = scene.suppliers(group + 1);
        let registry = Registry::open(&scene.data, server(), Clock::standing_at(instant("2026-01-01T10:00:00Z")));
        let registry = registry.unwrap();
        for supplier in &mut suppliers[..group] {
            let (_, submission) = supplier.next();
            registry.publish(&supplier.id, submission).unwrap();
            supplier.note(Value::Null, false);
        }
        let seen = Seen::default();
        see(registry.own_checkpoint().unwrap().print(), &seen);
        drop(registry);
        let stage = tempfile::tempdir().unwrap();
        for (number, supplier) in suppliers.iter_mut().enumerate() {
            let (_, submission) = supplier.next();
            let mut parcel = as_json(&submission);
            parcel["id"] = supplier.id.to_string().into();
            // The last one comes after the others.
            let name = if number == group { "after.json".to_owned() } else { format!("{number}.json") };
            fs::write(stage.path().join(name), parcel.to_string()).unwrap();
        }
        Play { scene, suppliers, seen, stage }
    }

    fn data(&self) -> PathBuf {
        self.stage.path().join("data")
    }

    /// The process under strace, on a fresh copy.
    fn strace(&self, expression: &[&str]) -> (Outcome, String) {
        self.scene.copy(&self.data());
        // They are written again with the version that names them.
        fs::read_dir(self.data().join("people"))
            .unwrap()
            .for_each(|file| fs::remove_file(file.unwrap().path()).unwrap());
        let trace = self.stage.path().join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-q", "-y", "-s", "16", "-o"]).arg(&trace);
        strace.args(["-e", &format!("trace={CALLS},statx")]).args(expression.iter().flat_map(|text| ["-e", text]));
        strace.arg(std::env::current_exe().unwrap()).args(["--exact", STRUCK, "--nocapture", "--test-threads=1"]);
        let outcome = Outcome::of(strace.env(TOLD, self.stage.path()));
        (outcome, fs::read_to_string(trace).unwrap())
    }

    /// Every call of the publish that writes.
    fn points(&self) -> Vec<Point> {
        let (outcome, trace) = self.strace(&[]);
        assert!(outcome.code == Some(0), "{outcome:?}");
        let calls: Vec<(&str, &str)> = trace.lines().filter_map(call).collect();
        let thread = calls.iter().find(|(_, text)| text.contains(BEGIN)).expect("it begins").0;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut begun, mut points) = (false, Vec::new());
        for (_, text) in calls.into_iter().filter(|(of, _)| *of == thread) {
            if text.contains(END) {
                break;
            }
            begun |= text.contains(BEGIN);
            let name = text.split('(').next().unwrap();
            let number = counts.entry(name).or_default();
            *number += 1;
            let writes = name != "statx" && (name != "openat" || text.contains("O_CREAT"));
            if begun && writes && text.contains("/data") {
                points.push(Point { call: name.to_owned(), number: *number, text: text.to_owned() });
            }
        }
        points
    }

    /// Strikes at `point`, and gives what became of it.
    fn strike(&self, point: &Point, with: &str) -> Outcome {
        let (outcome, trace) = self.strace(&[&format!("inject={}:{with}:when={}", point.call, point.number)]);
        let begun = trace.find(BEGIN).expect("the publish had begun");
        // The very call that was meant: nothing that depends on chance comes before it.
        let meant = |line: &str| call(line).is_some_and(|(_, text)| start(text) == start(&point.text));
        assert!(trace[begun..].lines().any(meant), "{point:?}\n{trace}");
        assert!(with.starts_with("signal") || trace[begun..].contains("(INJECTED)"), "{point:?}\n{trace}");
        outcome
    }

    /// What is there now against what was acknowledged; then everything is sent again.
    fn check(&self, suppliers: &[Supplier], what: &str) -> Figures {
        let figures = check(&self.data(), suppliers, &self.seen.lock().unwrap());
        let registry = Registry::open(&self.data(), server(), Clock::System).unwrap();
        let (group, after) = suppliers.split_at(suppliers.len() - 1);
        let there = |supplier: &Supplier| {
            let row = registry.version(&supplier.id, supplier.draft.version);
            row.is_ok()
        };
        let arrived = group.iter().filter(|supplier| there(supplier)).count();
        // A group that is cut off leaves all or nothing of it; one that was taken apart acknowledges each.
        let acknowledged = group.iter().filter(|supplier| supplier.in_flight.is_none()).count();
        assert!(arrived == acknowledged || arrived == group.len(), "{what}: {arrived} of {}", group.len());
        for supplier in group.iter().chain(after) {
            let Some((_, submission)) = supplier.in_flight.clone() else { continue };
            let was_there = there(supplier);
            let published =
                registry.publish(&supplier.id, submission).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(published.already, was_there, "{what}: sent again");
        }
        figures
    }
}

/// `<thread> <call>(…`, as strace writes it when a call begins.
fn call(line: &str) -> Option<(&str, &str)> {
    let (thread, text) = line.split_once(' ')?;
    let text = text.trim_start();
    (text.contains('(') && !text.starts_with(['<', '+', '-'])).then_some((thread, text))
}

/// The call and the file it is about; of names that are made up on the way, only the folder.
fn start(text: &str) -> Option<(&str, String)> {
    let path = text.split(['"', '<', '>']).find(|part| part.contains("/data"))?;
    let parts =
        path.split('/').map(|part| if part.starts_with(".tmp") || part.starts_with("pack_git2_") { "*" } else { part });
    Some((text.split('(').next()?, parts.collect::<Vec<_>>().join("/")))
}

/// What a process did, and what it said.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    signal: Option<i32>,
    said: Vec<(String, String)>,
    text: String,
}

impl Outcome {
    fn of(command: &mut Command) -> Outcome {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Stopwatch::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(120) {
                child.kill().unwrap();
                panic!("it hangs: {command:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
        let told = text.lines().filter_map(|line| line.split_once("told: ")?.1.split_once('='));
        let said = told.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Outcome { code: output.status.code(), signal: output.status.signal(), said, text }
    }

    fn told<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.said.iter().filter(move |(told, _)| told == name).map(|(_, value)| value.as_str())
    }
}

/// Publishes what lies in `folder` in the registry beside it, and tells what became of it.
fn publish_and_tell(folder: &Path) {
    let clock = Clock::standing_at(instant("2026-01-01T10:01:00Z"));
    let registry = Registry::open(&folder.join("data"), server(), clock).unwrap();
    let parcel = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        let json: Value = serde_json::from_str(&text).unwrap();
        let member = |name: &str| json[name].as_str().unwrap().to_owned();
        let submission = VersionSubmission {
            document: member("document").into_bytes(),
            signature: Some(member("signature")),
            countersignature: Some(member("countersignature")),
            people: vec![record(&signatory()), record(&official())],
        };
        Some((member("id").parse::<CertificationId>().unwrap(), submission))
    };
    let group: Vec<_> = (0..).map_while(|number| parcel(&format!("{number}.json"))).collect();
    let (after_id, after) = parcel("after.json").unwrap();
    // Calls are counted by kind and thread: after these no other thread has as many as this one.
    for _ in 0..100 {
        let _ = fs::write("/dev/null", "x");
    }
    let _ = fs::metadata(BEGIN);
    let answers = registry.publish_group(group);
    let _ = fs::metadata(END);
    let word = |answer: Result<Published>| match answer {
        Ok(published) if published.already => "already",
        Ok(_) => "published",
        Err(error) => error.code,
    };
    answers.into_iter().for_each(|answer| println!("told: answer={}", word(answer)));
    println!("told: health={}", registry.health_with(0).reasons.join(" "));
    println!("told: after={}", word(registry.publish(&after_id, after)));
    println!("told: reads={}", registry.certification(&"example-learning/service-0".parse().unwrap()).is_ok());
}

#[test]
fn a_publish_that_nothing_strikes_succeeds_and_so_does_the_next() {
    if let Some(folder) = std::env::var_os(TOLD) {
        publish_and_tell(Path::new(&folder));
        // What the test program would still say is not to be struck.
        std::process::exit(0);
    }
    for group in [1, PACK] {
        let mut play = Play::new(group);
        play.scene.copy(&play.data());
        let mut itself = Command::new(std::env::current_exe().unwrap());
        itself.args(["--exact", STRUCK, "--nocapture", "--test-threads=1"]).env(TOLD, play.stage.path());
        let outcome = Outcome::of(&mut itself);
        assert_eq!(outcome.told("answer").collect::<Vec<_>>(), vec!["published"; group], "{outcome:?}");
        assert_eq!(outcome.told("health").collect::<Vec<_>>(), [""]);
        assert_eq!(outcome.told("after").collect::<Vec<_>>(), ["published"]);
        play.suppliers.iter_mut().for_each(|supplier| supplier.note(Value::Null, false));
        play.check(&play.suppliers, "untouched");
    }
}

/// Whether points can be struck; says so where they cannot.
fn can_strike(check: &str) -> bool {
    if !has("strace") {
        left_out(check, "there is no strace");
        return false;
    }
    let works = Command::new("strace").args(["-f", "-q", "-o", "/dev/null", "true"]).output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        left_out(check, "strace may trace nothing here");
    }
    works
}

fn all_points() -> bool {
    std::env::var("CERTREG_DRILL_POINTS").is_ok_and(|which| which == "all")
}

/// All points in the drill; in the tests one of each kind, and every third kind of a group.
fn chosen(points: Vec<Point>, group: usize) -> Vec<Point> {
    if all_points() {
        return points;
    }
    let kinds: BTreeSet<String> = points.iter().map(|point| point.call.clone()).collect();
    let chosen = kinds.iter().enumerate().map(|(number, kind)| {
        let all: Vec<&Point> = points.iter().filter(|point| point.call == *kind).collect();
        all[(number * 7) % all.len()].clone()
    });
    chosen.step_by(if group == 1 { 1 } else { 3 }).collect()
}

#[test]
fn a_kill_before_any_call_of_a_publish_leaves_all_or_nothing_of_it() {
    if !can_strike("a kill at each step of publishing") {
        return;
    }
    for group in [1, PACK] {
        let (play, begun) = (Play::new(group), Stopwatch::now());
        let (mut figures, mut kinds) = (Figures::default(), BTreeMap::<String, usize>::new());
        let points = chosen(play.points(), group);
        for point in &points {
            let outcome = play.strike(point, "signal=KILL");
            assert_eq!(outcome.signal, Some(9), "{point:?}: {outcome:?}");
            assert_eq!(outcome.told("answer").count(), 0, "acknowledged before the end");
            figures += play.check(&play.suppliers, &format!("{point:?}"));
            *kinds.entry(point.call.clone()).or_default() += 1;
        }
        let (count, took) = (points.len(), begun.elapsed());
        println!("stopped before {count} calls of a publish of {group} in {took:.0?} ({kinds:?}): {figures}");
    }
}

#[test]
fn an_error_at_any_call_of_a_publish_is_never_taken_for_success() {
    if !can_strike("errors at each call of publishing") {
        return;
    }
    let all = all_points();
    let errors: &[&str] = if all { &["EIO", "ENOSPC", "EROFS"] } else { &["EIO", "ENOSPC"] };
    for group in if all { &[1, PACK][..] } else { &[1][..] } {
        let (play, begun) = (Play::new(*group), Stopwatch::now());
        let (mut figures, mut outcomes) = (Figures::default(), BTreeMap::<(String, String), usize>::new());
        let points = chosen(play.points(), *group);
        for (point, error) in points.iter().flat_map(|point| errors.iter().map(move |error| (point, *error))) {
            let outcome = play.strike(point, &format!("error={error}"));
            let (answers, what) = (judge(&play, point, error, &outcome), format!("{error} at {point:?}"));
            let mut suppliers = play.suppliers.clone();
            for (supplier, answer) in suppliers.iter_mut().zip(&answers) {
                if answer == "published" {
                    supplier.note(Value::Null, false);
                }
            }
            figures += play.check(&suppliers, &what);
            *outcomes.entry((format!("{error} {}", point.call), answers.join(" "))).or_default() += 1;
        }
        let (count, took) = (points.len() * errors.len(), begun.elapsed());
        println!("{count} errors in a publish of {group} in {took:.0?}: {figures}");
        outcomes.iter().for_each(|((what, answers), times)| println!("  {times:4} × {what}: {answers}"));
    }
}

/// What may be answered to whom, given what struck: gives the answers, the one after it last.
fn judge(play: &Play, point: &Point, error: &str, outcome: &Outcome) -> Vec<String> {
    let what = format!("{error} at {point:?}: {}", outcome.text);
    assert_eq!(outcome.code, Some(0), "it goes on: {what}");
    let answers: Vec<String> = outcome.told("answer").map(str::to_owned).collect();
    let (health, after) = (outcome.told("health").next().unwrap(), outcome.told("after").next().unwrap());
    assert_eq!(answers.len(), play.suppliers.len() - 1, "{what}");
    assert_eq!(outcome.told("reads").next(), Some("true"), "reading goes on: {what}");
    if point.call == "syncfs" {
        // What the disk did not confirm may be gone: nothing is acknowledged until a restart, and everybody is told.
        assert!(answers.iter().all(|answer| answer == "writing-stopped"), "{what}");
        assert!(health.contains("until the registry's operator has restarted it"), "{what}");
        assert_eq!(after, "writing-stopped", "{what}");
    } else {
        // Nothing that one failed call leaves stands in the way of the next publish.
        assert_eq!(after, "published", "{what}");
        let expected: &[&str] = match error {
            "ENOSPC" => &["published", "disk-full", "stored-not-listed"],
            "EROFS" => &["published", "volume-read-only", "stored-not-listed"],
            _ => &["published", "internal", "stored-not-listed"],
        };
        assert!(answers.iter().all(|answer| expected.contains(&answer.as_str())), "{what}");
    }
    let mut answers = answers;
    answers.push(after.to_owned());
    answers
}
