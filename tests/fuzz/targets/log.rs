//! The transparency log: notes, checkpoints, leaves, proofs, policies, tiles, requests to witnesses.

use certreg::{
    format::leaf::{self as leaves, LeafFacts},
    log::{
        AddCheckpoint, Checkpoint, Note, Policy, SignedCheckpoint, TilePath, TlogProof, VerifierKey, leaf_hash, tiles,
    },
};

use super::{
    Seed::{self, Bytes, File},
    as_text,
};

/// Keys and a checkpoint that other software made.
const KEYS: &str = include_str!("../../golden/log/keys.txt");
const CHECKPOINT: &str = include_str!("../../golden/log/checkpoint.txt");

pub(super) const NOTE_SEEDS: [Seed; 3] = [
    File("tests/golden/log/checkpoint.txt"),
    Bytes(b"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
    Bytes(b"a\n\nb\n\n\xe2\x80\x94 example.com/foo AAAAAAAA\n"),
];

pub(super) const TLOG_PROOF_SEEDS: [Seed; 2] = [
    Bytes(b"c2sp.org/tlog-proof@v1\nindex 4\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\ncertreg.example/log\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\xe2\x80\x94 a AAAAAAAA\n"),
    Bytes(b"c2sp.org/tlog-proof@v1\nextra YWJj\nindex 0\n\na\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\xe2\x80\x94 a AAAAAAAA\n"),
];

pub(super) const POLICY_SEEDS: [Seed; 2] = [
    Bytes(
        b"log certreg.example/log+fc97f02c+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c https://certreg.example/log\n\
        witness w1 witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU\n\
        group g1 any w1\ngroup g2 1 g1\nquorum g2\n",
    ),
    Bytes(b"# none\n\nlog\tcertreg.example/log+fc97f02c+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\nquorum none\n"),
];

pub(super) const ADD_CHECKPOINT_SEEDS: [Seed; 2] = [
    Bytes(b"old 4\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\ncertreg.example/log\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\xe2\x80\x94 a AAAAAAAA\n"),
    Bytes(b"old 0\n\na\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n\n\xe2\x80\x94 a AAAAAAAA\n"),
];

pub(super) const TILE_SEEDS: [Seed; 4] = [
    Bytes(b"tile/0/x001/x234/067"),
    Bytes(b"tile/entries/067.p/12"),
    Bytes(b"tile/63/x018/x446/x744/x073/x709/x551/615"),
    Bytes(b"\x00\x03one\x00\x00\x00\x05three"),
];

/// Notes, checkpoints and verifier keys are written in one way, and nothing but the checkpoint that was signed holds.
pub(super) fn note(bytes: &[u8]) {
    as_text(bytes, |text| {
        let keys: Vec<VerifierKey> = KEYS.lines().map(|line| line.parse().expect("a key")).collect();
        if let Ok(note) = Note::parse(text) {
            assert_eq!(note.print(), text);
            if note.verify(&keys).is_ok() {
                assert!(CHECKPOINT.starts_with(note.text()), "nobody signed this text");
            }
        }
        if let Ok(signed) = SignedCheckpoint::parse(text) {
            assert_eq!(signed.print(), text);
            assert_eq!(signed.checkpoint().print(), signed.note().text());
        }
        if let Ok(checkpoint) = Checkpoint::parse(text) {
            assert_eq!(checkpoint.print(), text);
        }
        if let Ok(key) = text.parse::<VerifierKey>() {
            assert_eq!(key.to_string(), text);
        }
    });
}

/// A leaf is written in one way.
pub(super) fn leaf(bytes: &[u8]) {
    as_text(bytes, |text| {
        if let Ok(leaf) = leaves::parse(text) {
            let leaves::Leaf { registry, index, time, commit, files } = &leaf;
            let facts = LeafFacts { registry, index: *index, time: *time, commit, files };
            assert_eq!(leaves::print(&facts), text);
        }
    });
}

/// A proof is written in one way, and asking whether it holds ends.
pub(super) fn tlog_proof(bytes: &[u8]) {
    as_text(bytes, |text| {
        if let Ok(proof) = TlogProof::parse(text) {
            assert_eq!(proof.print(), text);
            let key = KEYS.lines().next().and_then(|line| line.parse().ok()).expect("a key");
            assert!(proof.verify(leaf_hash(bytes), &Policy::of_log(key).expect("of a log")).is_err());
        }
    });
}

/// A policy says the same once it is written, and never takes nobody for a quorum that it asks for.
pub(super) fn policy(bytes: &[u8]) {
    as_text(bytes, |text| {
        let Ok(policy) = Policy::parse(text) else { return };
        assert_eq!(Policy::parse(&policy.print()).as_ref(), Ok(&policy));
        assert_eq!(policy.is_quorum(&[]), policy.quorum().is_none());
        let everybody: Vec<&str> = policy.witnesses().iter().map(|witness| witness.name.as_str()).collect();
        assert!(policy.is_quorum(&everybody), "all of them are enough");
        let _ = policy.check(&SignedCheckpoint::parse(CHECKPOINT).expect("a checkpoint"));
    });
}

/// A request to a witness is written in one way.
pub(super) fn add_checkpoint(bytes: &[u8]) {
    as_text(bytes, |text| {
        if let Ok(request) = AddCheckpoint::parse(text) {
            assert_eq!(request.print(), text);
        }
    });
}

/// A tile has one address; a bundle of entries is written in one way.
pub(super) fn tile(bytes: &[u8]) {
    as_text(bytes, |text| {
        if let Ok(tile) = TilePath::parse(text) {
            assert_eq!(tile.to_string(), text);
            if let Some((first, after)) = tile.range() {
                assert_eq!(after - first, u64::from(tile.width()));
            }
        }
    });
    if let Ok(entries) = tiles::parse_bundle(bytes) {
        assert_eq!(tiles::print_bundle(&entries).as_deref(), Ok(bytes));
    }
}
