//! The leaf of the transparency log: what a commit added, as a pure function of the commit (design page 3.5).

use std::fmt::Write as _;

use crate::domain::{Digest, Instant, RegistryId};

/// What a leaf is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafFacts<'a> {
    /// The registry's id.
    pub registry: &'a RegistryId,
    /// The commit's place on `main`; the genesis is 0.
    pub index: u64,
    /// The committer time.
    pub time: Instant,
    /// The commit's id, 40 lowercase hex digits.
    pub commit: &'a str,
    /// Path and digest of every file added or changed, in any order.
    pub files: &'a [(String, Digest)],
}

/// Writes the leaf: four header lines, an empty line, and a `sha256sum` line a file, sorted by path bytewise.
///
/// `sed '1,/^$/d' leaf | sha256sum -c` checks the files.
pub fn print(facts: &LeafFacts<'_>) -> String {
    let LeafFacts { registry, index, time, commit, files } = facts;
    let mut leaf = format!("{registry}/leaf/v1\nindex {index}\ntime {}\ncommit {commit}\n\n", time.compact());
    let mut files: Vec<_> = files.iter().collect();
    files.sort();
    for (path, digest) in files {
        writeln!(leaf, "{}  {path}", digest.hex()).expect("writing to a String cannot fail");
    }
    leaf
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_lists_its_files_in_the_order_of_their_paths() {
        let registry: RegistryId = "certreg.example".parse().expect("a registry id");
        let files = [("b.json.sig".to_owned(), Digest::of(b"2")), ("b.json".to_owned(), Digest::of(b"1"))];
        let time = Instant::parse_compact("20250301100000Z").expect("an instant");
        let commit = "c852cfe0c852cfe0c852cfe0c852cfe0c852cfe0";
        let leaf = print(&LeafFacts { registry: &registry, index: 2, time, commit, files: &files });
        insta::assert_snapshot!(leaf, @r"
        certreg.example/leaf/v1
        index 2
        time 20250301100000Z
        commit c852cfe0c852cfe0c852cfe0c852cfe0c852cfe0

        6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b  b.json
        d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35  b.json.sig
        ");
    }
}
