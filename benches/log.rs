//! What the transparency log costs: proofs at 100,000 leaves, what it adds to a publish, and how large a pack is.
//!
//! `cargo bench --bench log` prints medians and ratios measured in one run; quote the ratios, machines differ.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{
    fs::File,
    hint::black_box,
    os::unix::fs::FileExt as _,
    time::{Duration, Instant as Stopwatch},
};

use certreg::{
    evidence::Asked,
    log::{Checkpoint, SignatureType, TlogProof, Tree, VerifierKey, leaf_hash, verify_consistency, verify_inclusion},
};

#[path = "../tests/common/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;
mod stopwatch;
use fixture::{Fixture, LOG, certification, key};
use stopwatch::{measured, median, ratio};

const LEAVES: u64 = 100_000;
const ID: &str = "example-learning/example-cloud";

fn main() {
    let mut tree = Tree::new();
    (0..LEAVES).for_each(|index| tree.push(leaf(index)));
    let root = tree.root();
    let mut index = 0;
    let mut next = || {
        index = (index + 7_919) % LEAVES;
        index
    };
    let made = measured(|| {
        black_box(tree.inclusion(next(), LEAVES).unwrap());
    });
    println!("make an inclusion proof, {LEAVES} leaves     {made:>10.2?}");
    let path = tree.inclusion(71_234, LEAVES).unwrap();
    let checked = measured(|| verify_inclusion(leaf(71_234), 71_234, LEAVES, black_box(&path), root).unwrap());
    println!("check it                                   {checked:>10.2?}");
    let grown = measured(|| {
        black_box(tree.consistency(next(), LEAVES).unwrap());
    });
    println!("make a consistency proof                   {grown:>10.2?}");
    let (old, path) = (tree.root_at(65_000).unwrap(), tree.consistency(65_000, LEAVES).unwrap());
    let checked = measured(|| verify_consistency(65_000, old, LEAVES, root, black_box(&path)).unwrap());
    println!("check it                                   {checked:>10.2?}");

    let fixture = Fixture::new();
    let publish = median(publishes(&fixture, 40));
    let added = measured_log(tree);
    let ratio = ratio(added, publish);
    println!("one durable publish with its log entry     {publish:>10.2?}");
    println!("of which the log: leaf, tree, note, signature, proof {added:>10.2?}  ratio {ratio:.3}");

    let pack = fixture.registry.evidence(&certification(ID), Asked::Version(2)).unwrap();
    println!("evidence pack for one version              {:>7} KB", pack.bytes.len().div_ceil(1_000));
}

/// What is done for the log beside the publish itself: the same steps on a tree of 100,000 leaves.
fn measured_log(mut tree: Tree) -> Duration {
    let secret = key(LOG);
    let vkey = VerifierKey::new("certreg.example/log", SignatureType::Note, secret.public().as_bytes()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = File::create(folder.path().join("state")).unwrap();
    let mut index = LEAVES;
    measured(|| {
        tree.push(leaf(index));
        file.write_all_at(&[0; 512], 0).unwrap();
        let checkpoint = Checkpoint::new(vkey.name(), index + 1, tree.root()).unwrap();
        let signed = checkpoint.sign(&vkey, &|bytes| secret.sign_raw(bytes));
        let path = tree.inclusion(index, index + 1).unwrap();
        black_box(TlogProof::new(index, path, signed).print());
        file.write_all_at(&[0; 512], 4096).unwrap();
        index += 1;
    })
}

fn publishes(fixture: &Fixture, count: u32) -> Vec<Duration> {
    fixture.publish(&fixture.draft(ID));
    let publish = |version: u32| {
        let mut draft = fixture.next(ID);
        draft.responses.values_mut().next().unwrap().statement = vec![format!("Yes, since version {version}.")];
        let submission = fixture.submission(&draft);
        let watch = Stopwatch::now();
        fixture.registry.publish(&draft.certification_id(), submission).unwrap();
        watch.elapsed()
    };
    (2..=count).map(publish).collect()
}

fn leaf(index: u64) -> certreg::log::Hash {
    leaf_hash(format!("certreg.example/leaf/v1\nindex {index}\n").as_bytes())
}
