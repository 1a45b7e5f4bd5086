//! Every fuzz target: which one, its name among the programs says.
#![no_main]

use std::{fs, path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;

mod targets;

use targets::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let this = |target: &&Target| target.name == env!("CARGO_BIN_NAME");
    TARGETS.iter().find(this).expect("every program is named as a target")
});

fuzz_target!(init: begin(), |data: &[u8]| (TARGET.check)(data));

/// Writes the seeds to where `cargo fuzz` keeps what it has found; the fuzzer reads that after this.
fn begin() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.join("corpus").join(TARGET.name);
    fs::create_dir_all(&corpus).expect("a folder for the corpus");
    let root = here.join("../..");
    for (number, seed) in TARGET.seeds(&root.to_string_lossy()).iter().enumerate() {
        fs::write(corpus.join(format!("seed-{number}")), seed).expect("room for a seed");
    }
}
