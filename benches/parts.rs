//! What the parts cost that every answer is made of: signatures, documents, packs, comparisons, proofs.
//!
//! `cargo bench --bench parts [-- WORDS]` measures with criterion and compares with the run before. Machines differ:
//! quote ratios of one run.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use certreg::{
    compare,
    domain::{Digest, Draft},
    format::{profile, v1},
    log::{
        Checkpoint, Hash, SignatureType, TlogProof, Tree, VerifierKey, leaf_hash, verify_consistency, verify_inclusion,
    },
    registry::read::VersionContent,
    signing::{self, Sshsig},
};
use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../tests/common/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;
use fixture::{Fixture, LOG, SIGNATORY, certification, key};

const ID: &str = "example-learning/example-cloud";
const VERSIONS: u32 = 20;
/// Words for one answer, so that a document has about as many bytes as real ones: 29 KB.
const WORDS: &str = "Data at rest is encrypted with AES-256 in two data centres in the United Kingdom, backups are \
    encrypted with keys of their own, and nobody but the two administrators named in our policy can reach them. ";
const LEAVES: u64 = 100_000;

criterion_group!(parts, documents, proofs);
criterion_main!(parts);

/// A registry with one certification of many versions.
fn published() -> Fixture {
    let fixture = Fixture::new();
    let mut draft = fixture.draft(ID);
    draft.responses.values_mut().for_each(|response| response.statement = vec![WORDS.repeat(3).trim_end().to_owned()]);
    fixture.publish(&draft);
    for version in 2..=VERSIONS {
        let mut draft: Draft = fixture.next(ID);
        let answer = version as usize % draft.responses.len();
        let response = draft.responses.values_mut().nth(answer).unwrap();
        response.statement = vec![format!("{WORDS} Deleted within {version} days.")];
        fixture.publish(&draft);
    }
    fixture
}

fn documents(criterion: &mut Criterion) {
    let fixture = published();
    let registry = &fixture.registry;
    let version = |number| registry.with_content(registry.version(&certification(ID), number).unwrap()).unwrap();
    let newest = version(VERSIONS);
    let (row, edition) = (&newest.row, registry.edition_row(&newest.row.edition).unwrap());
    let bytes = registry.bytes(&row.object, row.publication.digest).unwrap();

    let signature = signing::sign(&key(SIGNATORY), "file", &bytes);
    criterion.bench_function("verify an SSHSIG signature", |bencher| {
        bencher.iter(|| Sshsig::parse(black_box(&signature)).unwrap().verify("file", &bytes).unwrap());
    });
    criterion.bench_function("read a document in its profile", |bencher| {
        bencher.iter(|| v1::certification::read(profile::parse(black_box(&bytes)).unwrap()).unwrap());
    });
    criterion.bench_function("check a document's form", |bencher| {
        bencher.iter(|| newest.content.faults_of_form(black_box(&newest.edition), edition.digest, false));
    });
    criterion.bench_function("digest of a document", |bencher| bencher.iter(|| Digest::of(black_box(&bytes))));
    criterion.bench_function("read a document from its pack", |bencher| {
        bencher.iter(|| registry.bytes(black_box(&row.object), row.publication.digest).unwrap());
    });
    let sides = [1, VERSIONS - 1].map(version);
    let compare = |old: &VersionContent| compare::versions(black_box(old).side(), newest.side());
    criterion.bench_function("compare neighbouring versions", |bencher| bencher.iter(|| compare(&sides[1])));
    criterion.bench_function("compare the first version with the twentieth", |bencher| {
        bencher.iter(|| compare(&sides[0]));
    });
    let now = registry.clock().now();
    criterion.bench_function("as of an instant", |bencher| {
        bencher.iter(|| registry.as_of(black_box(&certification(ID)), now).unwrap());
    });
}

fn proofs(criterion: &mut Criterion) {
    let mut tree = Tree::new();
    (0..LEAVES).for_each(|index| tree.push(leaf(index)));
    let (root, old) = (tree.root(), tree.root_at(65_000).unwrap());
    criterion.bench_function("make an inclusion proof, 100,000 leaves", |bencher| {
        bencher.iter(|| tree.inclusion(black_box(71_234), LEAVES).unwrap());
    });
    let path = tree.inclusion(71_234, LEAVES).unwrap();
    criterion.bench_function("check an inclusion proof", |bencher| {
        bencher.iter(|| verify_inclusion(leaf(71_234), 71_234, LEAVES, black_box(&path), root).unwrap());
    });
    criterion.bench_function("make a consistency proof", |bencher| {
        bencher.iter(|| tree.consistency(black_box(65_000), LEAVES).unwrap());
    });
    let path = tree.consistency(65_000, LEAVES).unwrap();
    criterion.bench_function("check a consistency proof", |bencher| {
        bencher.iter(|| verify_consistency(65_000, old, LEAVES, root, black_box(&path)).unwrap());
    });
    let secret = key(LOG);
    let vkey = VerifierKey::new("certreg.example/log", SignatureType::Note, secret.public().as_bytes()).unwrap();
    criterion.bench_function("leaf, checkpoint, signature and receipt of a publish", |bencher| {
        bencher.iter(|| {
            let index = tree.size();
            tree.push(leaf(index));
            let checkpoint = Checkpoint::new(vkey.name(), index + 1, tree.root()).unwrap();
            let signed = checkpoint.sign(&vkey, &|bytes| secret.sign_raw(bytes));
            TlogProof::new(index, tree.inclusion(index, index + 1).unwrap(), signed).print()
        });
    });
}

fn leaf(index: u64) -> Hash {
    leaf_hash(format!("certreg.example/leaf/v1\nindex {index}\n").as_bytes())
}
