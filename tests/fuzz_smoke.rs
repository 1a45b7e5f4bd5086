//! A short run of every fuzz target, the same each time: its seeds, thousands of changes to them, and long inputs.
//!
//! ```text
//! CERTREG_FUZZ_ROUNDS=100 cargo test --release --test fuzz_smoke     a hundred times as many changes
//! tests/fuzz/run leaf                                                 the fuzzer itself, which learns what leads on
//! ```
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::{Duration, Instant},
};

#[path = "fuzz/targets/mod.rs"]
mod targets;

use targets::{TARGETS, Target};

/// How many bytes each target is given, in changed seeds, in one round; and how many inputs at most.
const ROUND_BYTES: usize = 256 * 1024;
const ROUND_INPUTS: usize = 1_500;
/// The longest input that is asked about: as long as a document may be.
const LONG_BYTES: usize = 256 * 1024;
/// How long one such input may take, on a busy machine and without optimisation.
const LONG_LIMIT: Duration = Duration::from_secs(20);

/// Numbers that look random and are the same in every run (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }

    /// A stretch of `bytes`, mostly short.
    fn stretch(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(bytes.len() + 1);
        let most = [4, 16, 64, bytes.len()][self.below(4)];
        start..bytes.len().min(start + self.below(most + 1))
    }
}

/// Bytes that parsers look for, and such as they seldom see.
const TOKENS: [&[u8]; 24] = [
    b"\n",
    b"\r\n",
    b"\n\n",
    b" ",
    b"\0",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b",",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"/",
    b"..",
    b"=",
    b"+",
    b"|",
    "\u{2014} ".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{feff}".as_bytes(),
    b"\xff",
    b"\x80",
];

/// One seed with a few changes.
fn changed(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(4) {
        let stretch = numbers.stretch(&bytes);
        match numbers.below(8) {
            0 | 1 if !bytes.is_empty() => {
                let at = numbers.below(bytes.len());
                bytes[at] ^= 1 << numbers.below(8);
            }
            2 => drop(bytes.drain(stretch)),
            3 => bytes.truncate(stretch.start),
            4 => {
                let again = bytes[stretch.clone()].to_vec();
                bytes.splice(stretch.start..stretch.start, again);
            }
            5 => {
                let other = &seeds[numbers.below(seeds.len())];
                let taken = other[numbers.stretch(other)].to_vec();
                bytes.splice(stretch, taken);
            }
            _ => drop(bytes.splice(stretch.start..stretch.start, TOKENS[numbers.below(TOKENS.len())].iter().copied())),
        }
    }
    bytes
}

/// Inputs of the greatest length: one stretch of a seed, or one token, again and again.
fn long(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let seed = &seeds[numbers.below(seeds.len())];
    let stretch = numbers.stretch(seed);
    let again = match numbers.below(2) {
        0 if !stretch.is_empty() => &seed[stretch.clone()],
        _ => TOKENS[numbers.below(TOKENS.len())],
    };
    let mut bytes = seed[..stretch.start].to_vec();
    let room = LONG_BYTES.saturating_sub(seed.len());
    bytes.extend(again.iter().copied().cycle().take(room));
    bytes.extend_from_slice(&seed[stretch.end..]);
    bytes
}

fn check(target: &Target, bytes: &[u8]) {
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.check)(bytes)));
    assert!(outcome.is_ok(), "{}: this input breaks a promise (see above): b\"{}\"", target.name, bytes.escape_ascii());
}

fn round(target: &Target) {
    let seeds = target.seeds(env!("CARGO_MANIFEST_DIR"));
    let rounds: usize = env::var("CERTREG_FUZZ_ROUNDS").ok().map_or(1, |text| text.parse().unwrap());
    let mut numbers = Numbers(0x0123_4567_89AB_CDEF);
    seeds.iter().for_each(|seed| check(target, seed));
    for _ in 0..rounds {
        let mut left = ROUND_BYTES;
        for _ in 0..ROUND_INPUTS {
            let input = changed(&seeds, &mut numbers);
            check(target, &input);
            left = left.saturating_sub(input.len());
            if left == 0 {
                break;
            }
        }
    }
    for _ in 0..2 * rounds {
        let input = long(&seeds, &mut numbers);
        let began = Instant::now();
        check(target, &input);
        let (took, start) = (began.elapsed(), input[..200].escape_ascii());
        assert!(took < LONG_LIMIT, "{}: {took:?} for an input that begins b\"{start}\"", target.name);
    }
}

#[test]
fn every_parser_keeps_its_promises_on_changed_input() {
    thread::scope(|scope| {
        let halves = TARGETS.chunks(TARGETS.len().div_ceil(2));
        let runs: Vec<_> = halves
            .map(|half| {
                scope.spawn(move || {
                    for target in half {
                        let began = Instant::now();
                        round(target);
                        println!("{}: {:?}", target.name, began.elapsed());
                    }
                })
            })
            .collect();
        runs.into_iter().for_each(|run| run.join().unwrap());
    });
}

#[test]
fn every_target_has_a_program_for_the_fuzzer() {
    let manifest = include_str!("fuzz/Cargo.toml");
    let named: Vec<&str> =
        manifest.split("[[bin]]\nname = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(named, TARGETS.map(|target| target.name));
}
