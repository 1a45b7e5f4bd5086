//! One supplier, watched: what each commit brings below its folder, in words.

use crate::{
    cli::verify::history::History,
    domain::{Instant, SupplierId},
    format::paths::{self, Place},
    signing::KeyRing,
    store::Commit,
};

/// Something new of the supplier.
pub(super) struct News {
    pub sequence: u64,
    pub commit: String,
    pub at: Instant,
    pub sentence: String,
    /// Whether it is about who may sign.
    pub about_keys: bool,
}

/// The supplier, and what is known of its keys so far.
pub(super) struct Watch<'s> {
    supplier: &'s SupplierId,
    folder: String,
    from: u64,
    ring: Option<KeyRing>,
}

impl<'s> Watch<'s> {
    /// Watches `supplier`; commits before the place `from` are no news.
    pub(super) fn of(supplier: &'s SupplierId, from: u64) -> Self {
        let record = paths::supplier(supplier);
        let folder = record.as_str().trim_end_matches("supplier.json").to_owned();
        Watch { supplier, folder, from, ring: None }
    }

    /// What the commit, which `history` has judged already, brings.
    pub(super) fn news_of(&mut self, commit: &Commit, history: &History) -> Vec<News> {
        let mut sentences: Vec<(bool, String)> = Vec::new();
        let folder = self.folder.clone();
        for file in commit.files.iter().filter(|file| file.path.as_str().starts_with(&folder)) {
            let path = file.path.as_str();
            match paths::place(path) {
                Place::Ring(_) => sentences.extend(self.ring_changes(history).into_iter().map(|one| (true, one))),
                Place::Document(id) => {
                    let version = history.certifications.get(&id).map_or(0, |newest| newest.version);
                    sentences.push((false, format!("version {version} of {id} was published")));
                }
                Place::Supplier(_) => {
                    sentences.push((true, format!("the Department's record of {} changed", self.supplier)))
                }
                // They came with what they sign.
                Place::Signature(..) => {}
                _ if path.contains("/keys/") || is_signature(path) => {}
                _ if path.contains(".case/") => sentences.push((false, format!("a case statement was added: {path}"))),
                _ => sentences.push((true, format!("something unexpected was added: {path}"))),
            }
        }
        if commit.sequence < self.from {
            return Vec::new();
        }
        let news = |(about_keys, sentence)| News {
            sequence: commit.sequence,
            commit: commit.commit.to_string(),
            at: commit.time,
            sentence,
            about_keys,
        };
        sentences.into_iter().map(news).collect()
    }

    /// Compares the ring with the one before it, key by key.
    fn ring_changes(&mut self, history: &History) -> Vec<String> {
        let Some(ring) = history.rings.get(self.supplier) else {
            return vec!["the key ring was replaced by something that cannot be read".to_owned()];
        };
        let before = self.ring.replace(ring.clone());
        let mut changes = Vec::new();
        for line in ring.keys() {
            let (role, key, window) = (line.role(), line.key(), line.window());
            match before.as_ref().and_then(|before| before.find(key)) {
                None => changes.push(format!("a new {role} key counts from {}: {key}", window.valid_after())),
                Some(known) if known.window() == window => {}
                Some(_) => changes.push(match window.valid_before() {
                    Some(end) => format!("the {role} key {key} counts until {end}"),
                    None => format!("the {role} key {key} counts for another time"),
                }),
            }
        }
        if changes.is_empty() {
            changes.push(format!("the key ring has version {} now, with the same keys", ring.version()));
        }
        changes
    }
}

fn is_signature(path: &str) -> bool {
    [".sig", ".countersig", ".oldsig"].iter().any(|ending| path.ends_with(ending))
}
