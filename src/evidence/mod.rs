//! Floor 1: the evidence pack as a file. What a school keeps to show, years later and to anybody, what stood.
//!
//! Knows the names inside a pack, its limits, and ZIP. Leaves what goes into it to [`crate::registry`], and whether
//! it holds to whoever verifies it: nothing in a pack is believed because it is there.
//!
//! ```text
//! evidence.html, statement-<n>.html   for people
//! pack.json                           which question the pack answers
//! VERIFY.md, verify.sh                how to check it without software of the registry's
//! log/<index>/leaf                    an entry of the log: what one commit brought in
//! log/<index>/proof                   that it is in the log (c2sp.org/tlog-proof)
//! log/<index>/files/<path>            files of that commit, byte for byte
//! head/commit, head/tree-<id>         the newest commit and its folders: that nothing newer was left out
//! people/<hex>.json                   records of the people named, as far as they were still published
//! ```

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _, Write as _},
};

use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

pub mod question;

pub use question::{Asked, Question, QuestionError};

/// The largest pack that is read, unpacked.
pub const MAX_BYTES: u64 = 32 << 20;
/// The most files in a pack.
pub const MAX_FILES: usize = 10_000;

/// The page for people.
pub const PAGE: &str = "evidence.html";
/// Which question the pack answers.
pub const QUESTION: &str = "pack.json";
/// The newest commit.
pub const HEAD_COMMIT: &str = "head/commit";

/// A pack's files by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pack {
    files: BTreeMap<String, Vec<u8>>,
}

/// A file is no pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Not a ZIP file, or a damaged one.
    #[error("it is not a whole ZIP file: {0}")]
    NotZip(String),
    /// Larger than any pack.
    #[error("it is larger than any evidence pack ({MAX_FILES} files, {} MiB unpacked)", MAX_BYTES >> 20)]
    TooLarge,
    /// A name that no pack has.
    #[error("it holds a file with a name that no evidence pack has: {0:?}")]
    Name(String),
}

impl Pack {
    /// A pack without files.
    pub fn new() -> Self {
        Pack::default()
    }

    /// Adds a file, in place of one of this name.
    pub fn insert(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(name.into(), bytes.into());
    }

    /// A file's bytes.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// A file's text, if it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.get(name)?).ok()
    }

    /// Every file, by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// Files below a folder (with its final slash), by what follows it.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.files().filter_map(move |(name, bytes)| Some((name.strip_prefix(folder)?, bytes)))
    }

    /// The places in the log that the pack has an entry of, lowest first.
    pub fn entries(&self) -> Vec<u64> {
        let index = |name: &str| {
            let number: u64 = name.strip_suffix("/leaf")?.parse().ok()?;
            // Written in one way only: '07' would be another file for the same place.
            (entry(number, "leaf") == format!("log/{name}")).then_some(number)
        };
        let mut entries: Vec<u64> = self.below("log/").filter_map(|(name, _)| index(name)).collect();
        entries.sort_unstable();
        entries
    }

    /// Writes the ZIP file: the same bytes for the same files.
    ///
    /// # Errors
    /// [`PackError::TooLarge`] only for packs that could not be read back.
    pub fn to_zip(&self) -> Result<Vec<u8>, PackError> {
        let bytes: u64 = self.files.values().map(|bytes| bytes.len() as u64).sum();
        if bytes > MAX_BYTES || self.files.len() > MAX_FILES {
            return Err(PackError::TooLarge);
        }
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let plain = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default());
        let failed = |error: &dyn std::fmt::Display| PackError::NotZip(error.to_string());
        for (name, bytes) in &self.files {
            let mode = if name.ends_with(".sh") { 0o755 } else { 0o644 };
            writer.start_file(name.as_str(), plain.unix_permissions(mode)).map_err(|error| failed(&error))?;
            writer.write_all(bytes).map_err(|error| failed(&error))?;
        }
        Ok(writer.finish().map_err(|error| failed(&error))?.into_inner())
    }

    /// Reads a ZIP file, within limits, and only with names that packs have.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn from_zip(bytes: &[u8]) -> Result<Pack, PackError> {
        let broken = |error: &dyn std::fmt::Display| PackError::NotZip(error.to_string());
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        if archive.len() > MAX_FILES {
            return Err(PackError::TooLarge);
        }
        let (mut pack, mut room) = (Pack::new(), MAX_BYTES);
        for place in 0..archive.len() {
            let mut file = archive.by_index(place).map_err(|error| broken(&error))?;
            let name = file.name().map_err(|error| broken(&error))?.into_owned();
            if !is_name(&name) || !is_known(&name) || pack.files.contains_key(&name) {
                return Err(PackError::Name(name));
            }
            // What the archive says of the length is not relied on.
            let mut content = Vec::new();
            let read = file.by_ref().take(room + 1).read_to_end(&mut content).map_err(|error| broken(&error))?;
            room = room.checked_sub(read as u64).ok_or(PackError::TooLarge)?;
            pack.files.insert(name, content);
        }
        Ok(pack)
    }
}

/// The name of a file of one entry: `leaf`, `proof` or `files/<path>`.
pub fn entry(index: u64, what: &str) -> String {
    format!("log/{index}/{what}")
}

/// The pack's own script with what it reads.
const SCRIPTS: [&str; 8] =
    ["verify.sh", "log.sh", "records.sh", "common.sh", "day.sh", "form.sh", "keys.sh", "cases.sh"];

/// Whether packs have a file of this name: whatever else is there, somebody has added.
fn is_known(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    let is_statement =
        |name: &str| name.strip_prefix("statement-").and_then(|rest| rest.strip_suffix(".html")).is_some_and(number);
    let is_index = |text: &str| text == "0" || number(text);
    match name.split_once('/') {
        None => [PAGE, QUESTION, "VERIFY.md"].contains(&name) || SCRIPTS.contains(&name) || is_statement(name),
        Some(("log", rest)) => rest.split_once('/').is_some_and(|(index, what)| {
            is_index(index) && (what == "leaf" || what == "proof" || what.starts_with("files/"))
        }),
        Some(("head", rest)) => rest == "commit" || rest.starts_with("tree-"),
        Some(("people", rest)) => rest.ends_with(".json"),
        Some(_) => false,
    }
}

/// Whether a file of a commit belongs into a pack: the guide and the scripts, which every copy of the repository has,
/// do not.
pub fn is_needed(path: &str) -> bool {
    !(path.starts_with("tools/") || path == "VERIFY.md" || path == ".gitattributes")
}

/// Whether a name may be in a pack: plain, relative, and never leading out of the folder it is unpacked into.
fn is_name(name: &str) -> bool {
    let plain = |segment: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        !segment.is_empty() && segment.bytes().all(allowed) && segment != "." && segment != ".."
    };
    name.len() <= 300 && name.split('/').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).expect("a new file");
            writer.write_all(bytes).expect("memory takes it");
        }
        writer.finish().expect("a whole file").into_inner()
    }

    #[test]
    fn a_pack_reads_back_and_is_the_same_each_time() {
        let mut pack = Pack::new();
        pack.insert("verify.sh", "#!/bin/sh\n");
        pack.insert(entry(12, "leaf"), "leaf\n");
        pack.insert(entry(3, "leaf"), "leaf\n");
        pack.insert(entry(3, "files/suppliers/ex/example/cloud.json"), vec![b'x'; 10_000]);
        let zip = pack.to_zip().expect("small");
        assert_eq!(zip, pack.clone().to_zip().expect("small"));
        assert!(zip.len() < 2_000, "{}", zip.len());
        assert_eq!(Pack::from_zip(&zip).expect("whole"), pack);
        assert_eq!(pack.entries(), [3, 12]);
        assert_eq!(
            pack.below("log/3/files/").map(|(path, _)| path).collect::<Vec<_>>(),
            ["suppliers/ex/example/cloud.json"]
        );
    }

    #[test]
    fn names_that_lead_out_of_the_folder_are_refused() {
        for name in ["../out", "/etc/passwd", "a//b", "a/../b", "C:\\x", "a\nb", "", "log/./leaf", "head/commit/"] {
            assert_eq!(Pack::from_zip(&zip_of(&[(name, b"x")])), Err(PackError::Name(name.to_owned())), "{name:?}");
        }
        assert!(matches!(Pack::from_zip(b"no zip"), Err(PackError::NotZip(_))));
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let zeros = vec![0; (MAX_BYTES / 2 + 1) as usize];
        assert_eq!(Pack::from_zip(&zip_of(&[("VERIFY.md", &zeros), ("verify.sh", &zeros)])), Err(PackError::TooLarge));
    }
}
