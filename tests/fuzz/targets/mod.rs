//! What is asked of every parser of bytes from outside, whatever the bytes: one function a parser, shared by the
//! fuzzer (`tests/fuzz/run`) and by a short run in the ordinary tests (`tests/fuzz_smoke.rs`).
//!
//! Each function asserts more than that nothing panics: what is accepted is written again to the same bytes, a second
//! reader agrees where there is one, and what is refused is refused as the sender's fault. How long an input may take
//! is for the two runners.

use std::{fs, path::PathBuf, str::from_utf8};

use certreg::domain::RegistryId;

mod documents;
mod files;
mod log;
mod requests;
mod signing;

/// A parser, and what to begin with.
pub struct Target {
    /// As `cargo fuzz run` has it.
    pub name: &'static str,
    /// Panics when a promise is broken.
    pub check: fn(&[u8]),
    /// Well-formed inputs.
    pub seeds: &'static [Seed],
}

/// An input that the parser accepts, or nearly.
pub enum Seed {
    /// A file, named from the crate's root.
    File(&'static str),
    /// These bytes.
    Bytes(&'static [u8]),
}

use Seed::{Bytes, File};

/// Every parser of bytes from outside.
pub const TARGETS: [Target; 19] = [
    Target { name: "profile", check: documents::profile, seeds: &documents::PROFILE_SEEDS },
    Target { name: "document", check: documents::document, seeds: &documents::DOCUMENT_SEEDS },
    Target { name: "envelope", check: documents::envelope, seeds: &documents::ENVELOPE_SEEDS },
    Target { name: "sshsig", check: signing::sshsig, seeds: &signing::SSHSIG_SEEDS },
    Target { name: "allowed_signers", check: signing::allowed_signers, seeds: &signing::ALLOWED_SIGNERS_SEEDS },
    Target { name: "note", check: log::note, seeds: &log::NOTE_SEEDS },
    Target { name: "leaf", check: log::leaf, seeds: &[File("tests/golden/leaf")] },
    Target { name: "tlog_proof", check: log::tlog_proof, seeds: &log::TLOG_PROOF_SEEDS },
    Target { name: "policy", check: log::policy, seeds: &log::POLICY_SEEDS },
    Target { name: "add_checkpoint", check: log::add_checkpoint, seeds: &log::ADD_CHECKPOINT_SEEDS },
    Target { name: "tile", check: log::tile, seeds: &log::TILE_SEEDS },
    Target { name: "import", check: files::import, seeds: &files::IMPORT_SEEDS },
    Target { name: "evidence_pack", check: files::evidence_pack, seeds: &files::EVIDENCE_PACK_SEEDS },
    Target { name: "git_object", check: files::git_object, seeds: &files::GIT_OBJECT_SEEDS },
    Target { name: "path", check: files::path, seeds: &files::PATH_SEEDS },
    Target { name: "cursor", check: requests::cursor, seeds: &requests::CURSOR_SEEDS },
    Target { name: "submission", check: requests::submission, seeds: &requests::SUBMISSION_SEEDS },
    Target { name: "request_head", check: requests::request_head, seeds: &requests::REQUEST_HEAD_SEEDS },
    Target { name: "watch_list", check: requests::watch_list, seeds: &requests::WATCH_LIST_SEEDS },
];

impl Target {
    /// The seeds' bytes; `root` is the folder of the crate.
    pub fn seeds(&self, root: &str) -> Vec<Vec<u8>> {
        let read = |seed: &Seed| match seed {
            File(path) => fs::read(PathBuf::from(root).join(path)).expect("a seed is a file of the crate"),
            Bytes(bytes) => bytes.to_vec(),
        };
        self.seeds.iter().map(read).collect()
    }
}

fn registry() -> RegistryId {
    "certreg.example".parse().expect("an id")
}

/// Calls `check` with the bytes as text, if they are text.
fn as_text(bytes: &[u8], check: impl FnOnce(&str)) {
    if let Ok(text) = from_utf8(bytes) {
        check(text);
    }
}
