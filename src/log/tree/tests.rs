use super::*;
use crate::log::{leaf_hash, verify_consistency, verify_inclusion};

fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|index| tree.push(leaf_hash(&index.to_be_bytes())));
    tree
}

/// The definition of RFC 6962 §2.1, word for word.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            node_hash(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

#[test]
fn roots_of_the_test_vectors_of_certificate_transparency() {
    // google/certificate-transparency, `merkletree/merkle_tree_test.cc`: eight leaves, and the root after each.
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Tree::new();
    for (leaf, root) in leaves.iter().zip(roots) {
        tree.push(leaf_hash(leaf));
        assert_eq!(tree.root().hex(), root, "size {}", tree.size());
    }
    // RFC 6962 §2.1.3: the paths of the tree with seven leaves, by the names of the figure.
    let tree = {
        tree.truncate(7);
        tree
    };
    let path = |index| tree.inclusion(index, 7).expect("within the tree");
    let node = |first, end| tree.range(first, end);
    assert_eq!(path(0), [node(1, 2), node(2, 4), node(4, 7)], "[b, h, l]");
    assert_eq!(path(3), [node(2, 3), node(0, 2), node(4, 7)], "[c, g, l]");
    assert_eq!(path(4), [node(5, 6), node(6, 7), node(0, 4)], "[f, j, k]");
    assert_eq!(path(6), [node(4, 6), node(0, 4)], "[i, k]");
    let grown = |old| tree.consistency(old, 7).expect("within the tree");
    assert_eq!(grown(3), [node(2, 3), node(3, 4), node(0, 2), node(4, 7)], "[c, d, g, l]");
    assert_eq!(grown(4), [node(4, 7)], "[l]");
    assert_eq!(grown(6), [node(4, 6), node(6, 7), node(0, 4)], "[i, j, k]");
}

#[test]
fn every_small_tree_has_the_root_of_the_definition_and_shrinks_back_to_it() {
    let full = tree(70);
    let leaves: Vec<Hash> = (0..70).map(|index| full.leaf(index).expect("a leaf")).collect();
    for size in 0..=70 {
        let root = root_by_definition(&leaves[..size as usize]);
        assert_eq!(full.root_at(size), Some(root));
        let mut shrunk = full.clone();
        shrunk.truncate(size);
        assert_eq!(shrunk, tree(size), "nothing is left of the longer tree");
        assert_eq!(shrunk.root(), root);
    }
    assert_eq!(full.root_at(71), None);
    assert_eq!(full.leaf(70), None);
}

#[test]
fn every_proof_of_every_small_tree_holds_and_no_other_does() {
    let full = tree(40);
    for size in 1..=40 {
        let root = full.root_at(size).expect("a size it had");
        for index in 0..size {
            let leaf = full.leaf(index).expect("a leaf");
            let path = full.inclusion(index, size).expect("within the tree");
            assert_eq!(verify_inclusion(leaf, index, size, &path, root), Ok(()));
            for other in (0..=size).filter(|other| *other != index) {
                assert!(verify_inclusion(leaf, other, size, &path, root).is_err(), "{index} is not {other}");
            }
            assert!(verify_inclusion(node_hash(&leaf, &leaf), index, size, &path, root).is_err());
            for wrong in damaged(&path) {
                assert!(verify_inclusion(leaf, index, size, &wrong, root).is_err(), "{index} of {size}");
            }
        }
        for old in 0..=size {
            let old_root = full.root_at(old).expect("a size it had");
            let path = full.consistency(old, size).expect("within the tree");
            assert_eq!(verify_consistency(old, old_root, size, root, &path), Ok(()), "{old} to {size}");
            let other = leaf_hash(b"another root");
            assert!(verify_consistency(old, other, size, root, &path).is_err());
            assert!(old == 0 || verify_consistency(old, old_root, size, other, &path).is_err());
            for wrong in damaged(&path) {
                assert!(verify_consistency(old, old_root, size, root, &wrong).is_err(), "{old} to {size}");
            }
            for shifted in (1..size).filter(|shifted| *shifted != old) {
                assert!(verify_consistency(shifted, old_root, size, root, &path).is_err());
            }
        }
    }
}

/// Every proof that is one step away: a bit flipped, a hash left out, doubled, or exchanged with its neighbour.
fn damaged(path: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[path, &[leaf_hash(b"more")]].concat(), [&[leaf_hash(b"more")], path].concat()];
    for at in 0..path.len() {
        let mut flipped = path.to_vec();
        let mut bytes = *flipped[at].as_bytes();
        bytes[at % 32] ^= 1;
        flipped[at] = Hash::from_bytes(bytes);
        let mut shorter = path.to_vec();
        shorter.remove(at);
        let mut longer = path.to_vec();
        longer.insert(at, path[at]);
        all.extend([flipped, shorter, longer]);
        if at > 0 {
            let mut swapped = path.to_vec();
            swapped.swap(at - 1, at);
            all.push(swapped);
        }
    }
    all
}

#[test]
fn what_is_beyond_the_tree_is_refused() {
    let tree = tree(5);
    assert_eq!(tree.inclusion(5, 5), Err(ProofError::IndexBeyondSize { index: 5, size: 5 }));
    assert_eq!(tree.inclusion(0, 0), Err(ProofError::IndexBeyondSize { index: 0, size: 0 }));
    assert_eq!(tree.inclusion(0, 6), Err(ProofError::SizeBeyondTree { size: 6, tree: 5 }));
    assert_eq!(tree.consistency(1, 6), Err(ProofError::SizeBeyondTree { size: 6, tree: 5 }));
    assert_eq!(tree.consistency(4, 3), Err(ProofError::SizesReversed { old: 4, new: 3 }));
    assert_eq!(tree.inclusion(u64::MAX, u64::MAX), Err(ProofError::SizeBeyondTree { size: u64::MAX, tree: 5 }));
}

#[test]
fn tiles_hold_the_hashes_of_their_level() {
    let tree = tree(600);
    let hashes = |first: u64, count: u64| -> Vec<u8> {
        (first..first + count).flat_map(|index| *tree.leaf(index).expect("a leaf").as_bytes()).collect()
    };
    assert_eq!(tree.tile(0, 0, 256), Some(hashes(0, 256)));
    assert_eq!(tree.tile(0, 2, 88), Some(hashes(512, 88)));
    assert_eq!(tree.tile(0, 2, 3), Some(hashes(512, 3)), "an older tree's partial tile");
    let above = [tree.range(0, 256), tree.range(256, 512)].map(|hash| *hash.as_bytes()).concat();
    assert_eq!(tree.tile(1, 0, 2), Some(above));
    for (level, index, width) in [(0, 2, 89), (0, 3, 1), (1, 0, 3), (2, 0, 1), (63, 0, 1), (0, u64::MAX, 1)] {
        assert_eq!(tree.tile(level, index, width), None, "{level} {index} {width}");
    }
    assert_eq!((tree.tile(0, 0, 0), tree.tile(0, 0, 257)), (None, None));
}

#[test]
fn proofs_of_a_hundred_thousand_leaves_are_short() {
    let tree = tree(100_000);
    let root = tree.root();
    for index in [0, 1, 65_535, 65_536, 99_999] {
        let path = tree.inclusion(index, 100_000).expect("within the tree");
        assert!(path.len() <= 17, "{}", path.len());
        assert_eq!(verify_inclusion(tree.leaf(index).expect("a leaf"), index, 100_000, &path, root), Ok(()));
    }
    let path = tree.consistency(77_777, 100_000).expect("within the tree");
    assert!(path.len() <= 18, "{}", path.len());
    let old_root = tree.root_at(77_777).expect("a size it had");
    assert_eq!(verify_consistency(77_777, old_root, 100_000, root, &path), Ok(()));
}

#[test]
fn making_and_checking_a_proof_among_a_hundred_thousand_leaves_takes_no_millisecond() {
    let tree = tree(100_000);
    let root = tree.root();
    let timed = |n: u64| {
        let index = n * 499;
        let begun = std::time::Instant::now();
        let path = tree.inclusion(index, 100_000).expect("within the tree");
        let leaf = tree.leaf(index).expect("a leaf");
        assert_eq!(verify_inclusion(leaf, index, 100_000, &path, root), Ok(()));
        begun.elapsed()
    };
    let mut times: Vec<std::time::Duration> = (0..200).map(timed).collect();
    times.sort();
    // The median, so that a busy machine does not matter.
    assert!(times[100] < std::time::Duration::from_millis(1), "{:?}", times[100]);
}
