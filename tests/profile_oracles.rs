//! Other programs write a document of the profile in the same bytes: Python, Node and `jq`.
//!
//! A program that is missing is named on standard error and left out; at least one must be there.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Stdio},
};

use certreg::format::profile::{self, Node};

/// Reads documents, one a line, and writes each in the profile's form.
const PYTHON: &str = "
import json, sys
sys.stdin.reconfigure(encoding='utf-8', newline='\\n')
sys.stdout.reconfigure(encoding='utf-8', newline='\\n')
for line in sys.stdin:
    print(json.dumps(json.loads(line), indent=2, sort_keys=True, ensure_ascii=False))
";

const NODE: &str = "
const sorted = value => Array.isArray(value) ? value.map(sorted)
  : value === null || typeof value !== 'object' ? value
  : Object.fromEntries(Object.keys(value).sort().map(name => [name, sorted(value[name])]));
const lines = require('fs').readFileSync(0, 'utf8').split('\\n').slice(0, -1);
for (const line of lines) process.stdout.write(JSON.stringify(sorted(JSON.parse(line)), null, 2) + '\\n');
";

/// Runs `program` on `input`; nothing when it is not installed.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("{program} is not installed: compared without it");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program} failed");
    Some(output.stdout)
}

/// A reproducible source of choices (SplitMix64), so that every run compares the same documents.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn text(&mut self) -> String {
        const RANGES: [(u32, u32); 6] =
            [(0x20, 0x7E), (0x20, 0x7E), (0xA1, 0x24F), (0x2010, 0x2027), (0xAC00, 0xAC80), (0x1F600, 0x1F640)];
        let text: String = (0..=self.below(20))
            .filter_map(|_| {
                let (first, last) = RANGES[self.below(RANGES.len() as u64) as usize];
                char::from_u32(first + self.below(u64::from(last - first + 1)) as u32)
            })
            .filter(|c| *c != '\u{AD}')
            .collect();
        format!("x{text}x")
    }

    fn name(&mut self) -> String {
        const LETTERS: &[u8] = b"az09_.-";
        let rest = (0..self.below(4)).map(|_| char::from(LETTERS[self.below(7) as usize]));
        let rest: String = rest.collect();
        format!("{}{rest}", if self.below(2) == 0 { 'a' } else { 'q' })
    }

    fn object(&mut self, depth: u64) -> Node {
        let members: BTreeMap<String, Node> =
            (0..=self.below(5)).map(|_| (self.name(), self.value(depth + 1))).collect();
        Node::Object(members)
    }

    fn value(&mut self, depth: u64) -> Node {
        match self.below(if depth > 6 { 4 } else { 7 }) {
            0 => Node::True,
            1 => Node::Integer(self.below((1 << 54) - 1) as i64 - ((1 << 53) - 1)),
            2 => Node::Integer(self.below(2000) as i64 - 1000),
            3 => Node::Text(self.text()),
            4 => Node::Array((0..=self.below(4)).map(|_| self.value(depth + 1)).collect()),
            _ => self.object(depth),
        }
    }
}

/// Integers at the very edge, each escape, and names that sort by `.` before `_`.
fn edges() -> Node {
    let text = "{\"a\": [9007199254740991, -9007199254740991, 0, true], \"a_b\": \"\\\"\\\\\", \"a.b\": \"/\", \"a-b\": \"\u{A0}x\u{A0}y\"}";
    profile::parse_lenient(text.as_bytes()).unwrap()
}

/// The document on one line: what another program reads from us must not decide what it writes.
fn on_one_line(document: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(document).unwrap();
    let mut line: String = text.lines().map(str::trim_start).collect();
    line.push('\n');
    line.into_bytes()
}

#[test]
fn python_node_and_jq_write_the_same_bytes() {
    let mut choices = Choices(2016);
    let mut documents: Vec<Vec<u8>> = (0..500).map(|_| profile::print(&choices.object(1))).collect();
    documents.push(profile::print(&edges()));
    for document in &documents {
        assert!(profile::parse(document).is_ok(), "generated inside the profile");
    }
    let ours = documents.concat();
    let input: Vec<u8> = documents.iter().flat_map(|document| on_one_line(document)).collect();
    let answers = [
        ("python3", run("python3", &["-c", PYTHON], &input)),
        ("node", run("node", &["-e", NODE], &input)),
        ("jq", run("jq", &["-S", "."], &input)),
    ];
    let mut compared = 0;
    for (program, theirs) in answers {
        let Some(theirs) = theirs else { continue };
        let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        let near = String::from_utf8_lossy(&ours[same.saturating_sub(40)..ours.len().min(same + 40)]);
        assert!(ours == theirs, "{program} writes other bytes near: {near}");
        compared += 1;
    }
    assert!(compared > 0, "install python3, node or jq: this test needs one of them");
}
