//! The leaf of the transparency log: what a commit added, as a pure function of the commit.

use std::fmt::Write as _;

use super::paths::RepositoryPath;
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

/// A leaf as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The registry's id.
    pub registry: RegistryId,
    /// The commit's place on `main`.
    pub index: u64,
    /// The committer time.
    pub time: Instant,
    /// The commit's id, 40 lowercase hex digits.
    pub commit: String,
    /// Path and digest of every file added or changed, sorted by path bytewise.
    pub files: Vec<(String, Digest)>,
}

/// A text is no leaf as [`print()`] writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not written as the log's entries are")]
pub struct LeafError;

/// Reads what [`print()`] writes, to the byte.
///
/// # Errors
/// [`LeafError`].
pub fn parse(text: &str) -> Result<Leaf, LeafError> {
    let (header, files) = text.split_once("\n\n").ok_or(LeafError)?;
    let [registry, index, time, commit] = header.split('\n').collect::<Vec<_>>()[..] else { return Err(LeafError) };
    let registry = registry.strip_suffix("/leaf/v1").and_then(|id| id.parse().ok()).ok_or(LeafError)?;
    let index = index.strip_prefix("index ").and_then(|number| number.parse().ok()).ok_or(LeafError)?;
    let time = time.strip_prefix("time ").and_then(|time| Instant::parse_compact(time).ok()).ok_or(LeafError)?;
    let commit = commit.strip_prefix("commit ").filter(|id| is_commit(id)).ok_or(LeafError)?.to_owned();
    let file = |line: &str| {
        let (digest, path) = line.split_once("  ")?;
        Some((RepositoryPath::parse(path).ok()?.to_string(), Digest::from_hex(digest).ok()?))
    };
    let files: Option<Vec<(String, Digest)>> = files.lines().map(file).collect();
    let files = files.filter(|files| files.windows(2).all(|pair| pair[0].0 < pair[1].0)).ok_or(LeafError)?;
    let leaf = Leaf { registry, index, time, commit, files };
    if leaf.print() == text { Ok(leaf) } else { Err(LeafError) }
}

impl Leaf {
    /// The digest of a file that the commit added or changed.
    pub fn digest(&self, path: &str) -> Option<Digest> {
        self.files.iter().find(|(known, _)| known == path).map(|(_, digest)| *digest)
    }

    fn print(&self) -> String {
        let Leaf { registry, index, time, commit, files } = self;
        print(&LeafFacts { registry, index: *index, time: *time, commit, files })
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
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
        let read = parse(&leaf).expect("it reads back");
        assert_eq!((read.index, read.commit.as_str()), (2, commit));
        assert_eq!(read.digest("b.json.sig"), Some(Digest::of(b"2")));
        for (from, to) in
            [("index 2", "index 02"), ("Z\n", "\n"), ("  b.json\n", " b.json\n"), ("sig\n", "sig"), ("c852", "C852")]
        {
            assert_eq!(parse(&leaf.replacen(from, to, 1)), Err(LeafError), "{from} as {to}");
        }
        let swapped: Vec<&str> = leaf.lines().rev().take(2).collect();
        let (head, _) = leaf.split_once("\n\n").expect("two parts");
        assert_eq!(parse(&format!("{head}\n\n{}\n", swapped.join("\n"))), Err(LeafError), "out of order");
    }
}
