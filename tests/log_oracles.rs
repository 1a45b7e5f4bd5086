//! The transparency log against independent judges: Go's `golang.org/x/mod/sumdb` (its answers lie in
//! `tests/golden/log`, made by `make.go` there), and the crates `tlog_tiles` and `signed_note`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
};

use certreg::{
    domain::Digest,
    log::{
        Checkpoint, Hash, NoteSignature, Policy, SignatureType, SignedCheckpoint, TilePath, Tree, VerifierKey,
        leaf_hash, node_hash, verify_consistency, verify_inclusion,
    },
    signing::SecretKey,
};

const LEAVES: u64 = 70_000;

fn golden(name: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/log");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn leaf(index: u64) -> Hash {
    leaf_hash(format!("leaf {index}\n").as_bytes())
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|index| tree.push(leaf(index)));
    tree
}

fn key(name: &str, signature_type: SignatureType, seed: u8) -> VerifierKey {
    VerifierKey::new(name, signature_type, SecretKey::from_seed(&[seed; 32]).public().as_bytes()).unwrap()
}

// ---- Go

#[test]
fn roots_proofs_and_tiles_are_those_of_go() {
    let tree = tree(LEAVES);
    let roots = golden("roots.txt");
    assert!(roots.lines().count() > 300);
    for line in roots.lines() {
        let (size, root) = line.split_once(' ').unwrap();
        assert_eq!(tree.root_at(size.parse().unwrap()).unwrap().to_string(), root, "{size}");
    }
    let proofs = golden("proofs.txt");
    assert!(proofs.lines().count() > 300);
    for line in proofs.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [at, size]: [u64; 2] = [words[1].parse().unwrap(), words[2].parse().unwrap()];
        let path: Vec<Hash> = words[3..].iter().map(|hash| hash.parse().unwrap()).collect();
        let root = tree.root_at(size).unwrap();
        if words[0] == "inclusion" {
            assert_eq!(tree.inclusion(at, size).unwrap(), path, "{line}");
            assert_eq!(verify_inclusion(leaf(at), at, size, &path, root), Ok(()));
        } else {
            assert_eq!(tree.consistency(at, size).unwrap(), path, "{line}");
            assert_eq!(verify_consistency(at, tree.root_at(at).unwrap(), size, root, &path), Ok(()));
        }
    }
    let tiles = golden("tiles.txt");
    assert!(tiles.lines().count() > 300);
    for line in tiles.lines() {
        let [_, path, digest] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        // Go writes the height of the tiles, C2SP has settled on 8 and leaves it out.
        let ours = path.replace("tile/8/", "tile/");
        let tile = TilePath::parse(&ours).unwrap();
        assert_eq!(tile.to_string(), ours);
        let bytes = tree.tile(tile.level().unwrap(), tile.index(), tile.width()).unwrap();
        assert_eq!(Digest::of(&bytes).hex(), digest, "{line}");
    }
}

#[test]
fn the_checkpoint_that_go_signed_is_the_one_signed_here() {
    let (log, witness) =
        (key("certreg.example/log", SignatureType::Note, 1), key("witness.example/w1", SignatureType::Cosignature, 2));
    assert_eq!(golden("keys.txt"), format!("{log}\n{witness}\n"));
    let checkpoint = Checkpoint::new("certreg.example/log", LEAVES, tree(LEAVES).root()).unwrap();
    let mut signed = checkpoint.sign(&log, &|bytes| SecretKey::from_seed(&[1; 32]).sign_raw(bytes));
    let cosign = |bytes: &[u8]| SecretKey::from_seed(&[2; 32]).sign_raw(bytes);
    signed.add(signed.cosignature(1_700_000_000, &witness, &cosign));
    assert_eq!(signed.print(), golden("checkpoint.txt"));
    let policy = Policy::parse(&format!("log {log}\nwitness w {witness}\nquorum w\n")).unwrap();
    let accepted = policy.check(&SignedCheckpoint::parse(&golden("checkpoint.txt")).unwrap()).unwrap();
    assert_eq!(accepted.witnesses, [("w".to_owned(), 1_700_000_000)]);
}

// ---- the crates

/// The other tree's store of hashes.
#[derive(Default)]
struct Stored(RefCell<Vec<tlog_tiles::tlog::Hash>>);

impl tlog_tiles::tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::tlog::Hash>, tlog_tiles::tlog::Error> {
        Ok(indexes.iter().map(|index| self.0.borrow()[usize::try_from(*index).unwrap()]).collect())
    }
}

fn other_tree(size: u64) -> Stored {
    let stored = Stored::default();
    for index in 0..size {
        let new = tlog_tiles::tlog::stored_hashes(index, format!("leaf {index}\n").as_bytes(), &stored).unwrap();
        stored.0.borrow_mut().extend(new);
    }
    stored
}

fn ours(path: &[tlog_tiles::tlog::Hash]) -> Vec<Hash> {
    path.iter().map(|hash| Hash::from_bytes(hash.0)).collect()
}

#[test]
fn every_proof_of_every_tree_up_to_a_hundred_leaves_is_that_of_tlog_tiles() {
    use tlog_tiles::tlog::{check_record, check_tree, prove_record, prove_tree, tree_hash};
    let (tree, stored) = (tree(100), other_tree(100));
    for size in 1..=100 {
        let root = tree_hash(size, &stored).unwrap();
        assert_eq!(tree.root_at(size), Some(Hash::from_bytes(root.0)));
        for at in 0..size {
            let path = prove_record(size, at, &stored).unwrap();
            assert_eq!(tree.inclusion(at, size).unwrap(), ours(&path));
            let theirs = tlog_tiles::tlog::Hash(*leaf(at).as_bytes());
            assert!(check_record(&path, size, root, at, theirs).is_ok());
            let path = prove_tree(size, at + 1, &stored).unwrap();
            assert_eq!(tree.consistency(at + 1, size).unwrap(), ours(&path));
            let old = tlog_tiles::tlog::Hash(*tree.root_at(at + 1).unwrap().as_bytes());
            assert!(check_tree(&path, size, root, at + 1, old).is_ok());
        }
    }
}

#[test]
fn a_proof_that_either_refuses_the_other_refuses_too() {
    use tlog_tiles::tlog::{check_record, check_tree};
    let tree = tree(33);
    let theirs = |hash: &Hash| tlog_tiles::tlog::Hash(*hash.as_bytes());
    for size in 1..=33 {
        let root = tree.root_at(size).unwrap();
        for at in 0..size {
            let mut path = tree.inclusion(at, size).unwrap();
            let mut wrongs = vec![[path.as_slice(), &[leaf(0)]].concat()];
            if let Some(last) = path.pop() {
                wrongs.extend([path.clone(), [path.as_slice(), &[node_hash(&last, &last)]].concat()]);
            }
            for wrong in wrongs {
                assert!(verify_inclusion(leaf(at), at, size, &wrong, root).is_err());
                let converted: Vec<_> = wrong.iter().map(theirs).collect();
                assert!(check_record(&converted, size, theirs(&root), at, theirs(&leaf(at))).is_err());
            }
            let path = tree.consistency(at + 1, size).unwrap();
            let other = node_hash(&root, &root);
            let converted: Vec<_> = path.iter().map(theirs).collect();
            assert!(verify_consistency(at + 1, other, size, root, &path).is_err());
            assert!(check_tree(&converted, size, theirs(&root), at + 1, theirs(&other)).is_err());
        }
    }
}

#[test]
fn the_crate_signed_note_reads_our_notes_and_we_read_its() {
    use signed_note::{Note, Signer as _, StandardSigner, StandardVerifier, Verifier as _, VerifierList};
    let log = key("certreg.example/log", SignatureType::Note, 1);
    let checkpoint = Checkpoint::new("certreg.example/log", 7, tree(7).root()).unwrap();
    let mut signed = checkpoint.clone().sign(&log, &|bytes| SecretKey::from_seed(&[1; 32]).sign_raw(bytes));
    let witness = key("witness.example/w1", SignatureType::Cosignature, 2);
    signed.add(signed.cosignature(5, &witness, &|bytes| SecretKey::from_seed(&[2; 32]).sign_raw(bytes)));

    let verifier = StandardVerifier::new(&log.to_string()).unwrap();
    assert_eq!((verifier.name(), verifier.key_id()), (log.name(), log.id()));
    let note = Note::from_bytes(signed.print().as_bytes()).unwrap();
    let (known, unknown) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!((known.len(), unknown.len()), (1, 1));
    let read = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((read.origin(), read.size()), ("certreg.example/log", 7));

    let typed: Vec<u8> = std::iter::once(1).chain([1; 32]).collect();
    let secret = format!("PRIVATE+KEY+certreg.example/log+{:08x}+{}", log.id(), base64(&typed));
    let signer = StandardSigner::new(&secret).unwrap();
    assert_eq!(signer.key_id(), log.id());
    let mut theirs = Note::new(checkpoint.print().as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&signer]).unwrap();
    let text = String::from_utf8(theirs.to_bytes()).unwrap();
    assert_eq!(text, signed.signed_by(std::slice::from_ref(&log)).print());
    let line = text.lines().last().unwrap();
    assert_eq!(NoteSignature::parse(line).unwrap().line(), line);
}

fn base64(bytes: &[u8]) -> String {
    certreg::signing::wire::base64(bytes)
}
