//! The walkthroughs in `tests/walkthroughs` are run as they stand: what they show is what happens.
//!
//! A block of `sh` is run by `sh -e`, in one folder for the whole walkthrough; a block of `text` after it is
//! everything that it says on stdout and stderr. In it, a line `...` stands for any lines, and `...` inside a line
//! for any text. `sh exit=1` is a command that must end with that code. A command that serves goes on in the background
//! until the walkthrough ends; its port 8080 becomes a free one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

#[test]
fn supplier() {
    walk("supplier.md");
}

#[test]
fn school() {
    walk("school.md");
}

#[test]
fn verifier() {
    walk("verifier.md");
}

#[test]
fn integrator() {
    walk("integrator.md");
}

#[test]
fn department() {
    walk("department.md");
}

/// The address as the walkthroughs write it.
const ADDRESS: &str = "127.0.0.1:8080";

/// A command block with what it should say.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    line: usize,
    script: String,
    code: i32,
    expected: Option<String>,
}

/// Reads the fenced blocks; any other language is only for reading.
fn steps(markdown: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: String =
            lines.by_ref().map(|(_, l)| l).take_while(|l| *l != "```").map(|l| format!("{l}\n")).collect();
        let mut words = language.split(' ');
        match words.next() {
            Some("sh") => {
                let code = words.find_map(|word| word.strip_prefix("exit=")).map_or(0, |code| code.parse().unwrap());
                steps.push(Step { line: number + 1, script: block, code, expected: None });
            }
            Some("text") => steps.last_mut().expect("text follows a command").expected = Some(block),
            _ => {}
        }
    }
    steps
}

/// Whether `is` is what `expected` says, `...` standing for anything.
fn fits(expected: &[&str], is: &[&str]) -> bool {
    match (expected.split_first(), is.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), _) => fits(rest, is) || (!is.is_empty() && fits(expected, &is[1..])),
        (Some((line, rest)), Some((first, more))) => line_fits(line, first) && fits(rest, more),
        _ => false,
    }
}

fn line_fits(expected: &str, is: &str) -> bool {
    let parts: Vec<&str> = expected.split("...").collect();
    let (first, rest) = parts.split_first().unwrap();
    let Some(mut left) = is.strip_prefix(first) else { return false };
    let Some((last, middle)) = rest.split_last() else { return left.is_empty() };
    for part in middle {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

/// A server in the background, stopped when the walkthrough ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Walk {
    folder: tempfile::TempDir,
    address: String,
    servers: Vec<Server>,
}

impl Walk {
    fn command(&self, script: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_certreg"));
        let mut path = vec![program.parent().unwrap().to_path_buf()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut command = Command::new("sh");
        command.args(["-e", "-c", script]).current_dir(&self.folder).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::join_paths(path).unwrap()).env("HOME", self.folder.path()).env("TZ", "UTC");
        command.env("LC_ALL", "C.UTF-8").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_PAGER", "cat");
        command
    }

    fn run(&mut self, step: &Step) -> Result<(), String> {
        let script = step.script.replace(ADDRESS, &self.address);
        if script.starts_with("certreg serve") || script.starts_with("certreg demo") {
            return self.start(&script);
        }
        // One file for both streams keeps the order in which a terminal would show them.
        let said = self.folder.path().join(".said");
        let out = File::create(&said).unwrap();
        let status = self.command(&script).stdout(out.try_clone().unwrap()).stderr(out).status().unwrap();
        let is = String::from_utf8(fs::read(&said).unwrap()).unwrap().replace(&self.address, ADDRESS);
        if status.code() != Some(step.code) {
            return Err(format!("ended with {status} instead of {}:\n{is}", step.code));
        }
        let Some(expected) = &step.expected else { return Ok(()) };
        let lines = |text: &'_ str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        let (expected, lines) = (lines(expected), lines(&is));
        let (wanted, given): (Vec<&str>, Vec<&str>) =
            (expected.iter().map(String::as_str).collect(), lines.iter().map(String::as_str).collect());
        if fits(&wanted, &given) { Ok(()) } else { Err(format!("said:\n{is}")) }
    }

    fn start(&mut self, script: &str) -> Result<(), String> {
        let log = self.folder.path().join(".served");
        let out = File::create(&log).unwrap();
        // In place of the shell, so that stopping the child stops the server.
        let mut command = self.command(&format!("exec {script}"));
        self.servers.push(Server(command.stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap()));
        let begun = Instant::now();
        // The port opens before the demo is built: it is ready when it says what to try.
        while begun.elapsed() < Duration::from_secs(120) {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains("is served at") && TcpStream::connect(&self.address).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.servers.last_mut().unwrap().0.try_wait() {
                return Err(format!("ended with {status}:\n{said}"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err("does not serve after two minutes".into())
    }
}

fn walk(name: &str) {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/walkthroughs");
    let steps = steps(&fs::read_to_string(here.join(name)).unwrap());
    assert!(steps.iter().filter(|step| step.expected.is_some()).count() >= 4, "{name} shows too little");
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut walk = Walk { folder: tempfile::tempdir().unwrap(), address, servers: Vec::new() };
    fs::copy(here.join("published-form.txt"), walk.folder.path().join("published-form.txt")).unwrap();
    for step in &steps {
        if let Err(why) = walk.run(step) {
            panic!("{name}, line {}: {}\n{why}", step.line, step.script.trim_end());
        }
    }
}

#[test]
fn the_runner_itself_can_say_no() {
    let lines = |text: &'static str| text.lines().collect::<Vec<_>>();
    assert!(fits(&lines("a\n...\nd"), &lines("a\nb\nc\nd")));
    assert!(fits(&lines("a\n...\nd"), &lines("a\nd")));
    assert!(!fits(&lines("a\n...\nd"), &lines("a\nb")));
    assert!(!fits(&lines("a"), &lines("a\nb")));
    assert!(line_fits("at ... in ... end", "at 5 in the end"));
    assert!(!line_fits("at ... end", "at the end."));
    assert!(!line_fits("whole", "whole line"));
    assert_eq!(
        steps("# T\n```sh exit=3\nfalse\n```\nwords\n```text\n...\n```\n"),
        [Step { line: 2, script: "false\n".into(), code: 3, expected: Some("...\n".into()) }]
    );
}
