//! The one way in: a planned submission becomes one signed commit, durable before it is acknowledged.
//!
//! Everything that enters (versions, suppliers, rings, editions) goes through `Registry::append`. A group of
//! submissions shares one durable sync; the index follows after the commit and may always be rebuilt from it.

use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
    sync::{Arc, MutexGuard, atomic::Ordering},
};

use super::{
    ErrorKind, Registry, RegistryError, Result,
    figures::{Stage, Watch, WriteFigures},
    log::leaf_of,
    publish, queue,
};
use crate::{
    domain::{Day, Digest, Draft, Instant, RegistryId},
    format::paths::RepositoryPath,
    index::{Blobs, CommitFacts, Described, FileFacts, Told},
    signing::{self, SecretKey},
    store::{self, NewFile, Store, StoreError},
};

/// The only holder of what writing needs: the store and the registry's key.
pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) key: SecretKey,
}

/// The queue in front of the writer: versions share groups, everything else has a turn of its own.
pub(super) type WriteQueue = queue::Queue<publish::Candidate, Result<publish::Landed>>;

/// The writer for as long as it is somebody's turn.
pub(super) struct Turn<'r> {
    // Given free before the next one is called.
    writer: MutexGuard<'r, Writer>,
    _place: queue::Turn<'r, publish::Candidate, Result<publish::Landed>>,
}

impl<'r> Turn<'r> {
    pub(super) fn new(
        writer: MutexGuard<'r, Writer>,
        place: queue::Turn<'r, publish::Candidate, Result<publish::Landed>>,
    ) -> Self {
        Turn { writer, _place: place }
    }
}

impl Deref for Turn<'_> {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        &self.writer
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

/// A submission that passed every check, ready to become a commit.
#[derive(Debug, Clone, Default)]
pub(super) struct Planned {
    /// What the commit adds or replaces.
    pub files: Vec<(RepositoryPath, NewFile)>,
    /// The commit's message: one line, no personal data.
    pub message: String,
    /// Person records to be made durable before the commit.
    pub people: Vec<Vec<u8>>,
    /// The digest of the main file.
    pub digest: Option<Digest>,
    /// Documents that the index will ask for and that were read already, by digest: this one and the one before it.
    pub documents: Vec<(Digest, Arc<Draft>)>,
    /// What the document changed against the one before it, worked out before there was a place in the queue.
    pub foreseen: Option<Foreseen>,
}

/// What a version changes against the one before it, if it is published on this day.
#[derive(Debug, Clone)]
pub(super) struct Foreseen {
    /// The documents, older and newer.
    pub digests: (Digest, Digest),
    /// In London.
    pub published_on: Day,
    /// What the index will say.
    pub described: Described,
}

/// A submission that is in the registry for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The commit's place on `main`.
    pub sequence: u64,
    /// 40 lowercase hex digits.
    pub commit: String,
    /// The committer time.
    pub published_at: Instant,
    /// The digest of the main file.
    pub digest: Option<Digest>,
}

/// Codes of what the volume of the data folder did not take.
const DISK_FULL: &str = "disk-full";
const READ_ONLY: &str = "volume-read-only";

/// How far the clock may be behind the newest commit.
pub(super) const CLOCK_TOLERANCE_SECONDS: i64 = 300;

impl Registry {
    /// The instant at which the writer builds its next commit: never before the head's.
    ///
    /// # Errors
    /// Unavailable when the clock is more than five minutes behind the head: one wrong clock would stick for ever.
    pub(super) fn next_instant(&self, writer: &Writer) -> Result<Instant> {
        let now = self.clock.now();
        let Some(head) = writer.store.head() else { return Ok(now) };
        if head.time.unix_seconds() - now.unix_seconds() > CLOCK_TOLERANCE_SECONDS {
            let detail = format!(
                "The registry's clock shows {now}, which is behind its newest commit ({}). Its operator must set the clock.",
                head.time
            );
            return Err(RegistryError::unavailable("clock-behind", detail));
        }
        Ok(now.max(head.time))
    }

    /// Makes a group of planned submissions durable, one signed commit each, then brings the index level.
    ///
    /// A crash before the store returns leaves none of them; after it, all of them, and the index catches up at
    /// the next start. Nothing is acknowledged in between.
    pub(super) fn append(&self, writer: &mut Writer, at: Instant, group: Vec<Planned>) -> Result<Vec<Committed>> {
        let appended = self.append_now(writer, at, group);
        if appended.as_ref().is_err_and(|error| [DISK_FULL, READ_ONLY].contains(&error.code)) {
            self.was_refused.store(true, Ordering::SeqCst);
        }
        appended
    }

    fn append_now(&self, writer: &mut Writer, at: Instant, group: Vec<Planned>) -> Result<Vec<Committed>> {
        self.may_write()?;
        self.own_key_is_valid(writer, at)?;
        self.log.may_grow()?;
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let people: Vec<Vec<u8>> = group.iter().flat_map(|planned| planned.people.iter().cloned()).collect();
        self.people.put(&people)?;
        let digests: Vec<Option<Digest>> = group.iter().map(|planned| planned.digest).collect();
        let documents = group.iter().flat_map(|planned| planned.documents.iter().cloned()).collect();
        let foreseen = group.iter().filter_map(|planned| planned.foreseen.clone());
        let foreseen = foreseen.map(|foreseen| (foreseen.digests, foreseen)).collect();
        let entries: Vec<store::Entry> = group
            .into_iter()
            .map(|planned| store::Entry { files: planned.files, message: planned.message, time: at })
            .collect();
        let key = &writer.key;
        let sign = |commit: &[u8]| signing::sign(key, "git", commit);
        let note = |group: &[store::Appended]| self.log.foretell(group);
        let watch = Watch::start();
        let appended = writer.store.append_noting(&entries, &sign, &note);
        let appended = appended.map_err(|error| self.store_failed(error))?;
        self.counters.spent(Stage::Store, watch.spent());
        self.counters.group(appended.len() as u64);
        self.log.release();
        if let Some(last) = appended.last() {
            self.stored_sequence.store(last.sequence, Ordering::SeqCst);
        }
        let facts: Vec<CommitFacts> =
            appended.iter().map(|appended| commit_facts(&self.settings.registry, appended)).collect();
        let watch = Watch::start();
        // From here on it is in Git for good. If the index cannot follow now, it will before anything else is planned.
        let blobs = JustStored { documents, foreseen, ..JustStored::new(self, &entries, &appended) };
        if self.index.apply(&facts, &blobs).is_err() && self.bring_index_level(writer).is_err() {
            let detail = "It is stored for good, but lists do not show it yet. Send the same bytes again in a minute: the answer will be the receipt.";
            return Err(RegistryError::unavailable("stored-not-listed", detail));
        }
        self.counters.spent(Stage::Index, watch.spent());
        if let Some(last) = appended.last() {
            self.arrivals.came(last.sequence);
        }
        let committed = appended.into_iter().zip(digests).map(|(appended, digest)| Committed {
            sequence: appended.sequence,
            commit: appended.commit.to_string(),
            published_at: appended.time,
            digest,
        });
        Ok(committed.collect())
    }

    /// Whether the disk has confirmed everything so far.
    ///
    /// # Errors
    /// Unavailable once it has not: what the kernel could not write it may have forgotten, so that a second sync would
    /// succeed without it. Only a restart, which reads what is there, can tell.
    pub(super) fn may_write(&self) -> Result<()> {
        match self.stopped.get() {
            None => Ok(()),
            Some(reason) => Err(writing_stopped(reason)),
        }
    }

    /// Notes a failure after which nothing may be written any more, and translates it.
    pub(super) fn store_failed(&self, error: StoreError) -> RegistryError {
        if matches!(error, StoreError::NotDurable(_)) {
            self.counters.sync_error();
        }
        if error.is_final() {
            return writing_stopped(self.stopped.get_or_init(|| error.to_string()));
        }
        store_failure(error)
    }

    /// What the writer has been doing.
    pub fn write_figures(&self) -> WriteFigures {
        self.counters.read(self.queue.depth())
    }

    /// Takes no more submissions. Those that wait already are decided, stored and answered; reading goes on, and
    /// whoever waits for news is let go.
    pub fn stop_writing(&self) {
        self.queue.close();
        self.end_waits();
    }
}

fn writing_stopped(reason: &str) -> RegistryError {
    let detail = format!(
        "Nothing is accepted until the registry's operator has restarted it: {reason}. Whether this submission was stored shows then: send the same bytes again."
    );
    RegistryError::unavailable("writing-stopped", detail)
}

/// Lets the index read blobs through the store, although the two are neighbours that do not know each other.
impl Blobs for store::Reader {
    fn blob(&self, object: &str) -> std::result::Result<Vec<u8>, String> {
        let id = object.parse().map_err(|_| "not an object id".to_owned())?;
        store::Reader::blob(self, &id).map_err(|error| error.to_string())
    }
}

/// The blobs of a group that was just stored, still in memory. Whoever reads them checks their digests, so that nothing
/// is taken on trust here that would not be when read from the disk.
struct JustStored<'a> {
    registry: &'a Registry,
    bytes: HashMap<String, &'a [u8]>,
    documents: HashMap<Digest, Arc<Draft>>,
    foreseen: HashMap<(Digest, Digest), Foreseen>,
}

impl<'a> JustStored<'a> {
    fn new(registry: &'a Registry, entries: &'a [store::Entry], appended: &[store::Appended]) -> Self {
        let files = entries.iter().zip(appended).flat_map(|(entry, appended)| {
            let sent: HashMap<&RepositoryPath, &[u8]> =
                entry.files.iter().map(|(path, bytes)| (path, bytes.bytes())).collect();
            appended.files.iter().filter_map(move |file| Some((file.object.to_string(), *sent.get(&file.path)?)))
        });
        JustStored { registry, bytes: files.collect(), documents: HashMap::new(), foreseen: HashMap::new() }
    }
}

impl Blobs for JustStored<'_> {
    fn blob(&self, object: &str) -> std::result::Result<Vec<u8>, String> {
        match self.bytes.get(object) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => Blobs::blob(&self.registry.reader, object),
        }
    }

    fn document(&self, digest: Digest) -> Option<Arc<Draft>> {
        self.documents.get(&digest).cloned().or_else(|| self.registry.documents.kept(digest))
    }

    fn described(&self, digests: (Digest, Digest), published_on: Day) -> Option<Described> {
        let foreseen = self.foreseen.get(&digests).filter(|foreseen| foreseen.published_on == published_on);
        foreseen.map(|foreseen| foreseen.described.clone())
    }
}

/// What a new index is told of a commit that was read with its files.
pub fn commit_with_files(registry: &RegistryId, commit: store::Commit) -> Told {
    let facts = commit_facts(registry, &commit.appended());
    Told::with_bytes(facts, commit.files.into_iter().map(|file| file.bytes).collect())
}

/// What the index is told of a commit.
pub fn commit_facts(registry: &RegistryId, appended: &store::Appended) -> CommitFacts {
    let files = appended.files.iter().map(|file| FileFacts {
        path: file.path.to_string(),
        object: file.object.to_string(),
        digest: file.digest,
    });
    CommitFacts {
        sequence: appended.sequence,
        commit: appended.commit.to_string(),
        time: appended.time,
        files: files.collect(),
        leaf: *leaf_of(registry, appended).as_bytes(),
    }
}

fn store_failure(error: StoreError) -> RegistryError {
    if error.is_disk_full() {
        let detail = "The registry's disk is full; nothing was stored. Try again later, or tell its operator.";
        return RegistryError::new(ErrorKind::Full, DISK_FULL, detail);
    }
    if error.is_read_only() {
        return read_only();
    }
    RegistryError::internal(error)
}

/// What is said while the volume of the data folder takes no writes.
pub(super) fn read_only() -> RegistryError {
    let detail = "The registry's disk takes no writes at present; nothing was stored, and reading goes on. Send the same bytes again later, or tell its operator.";
    RegistryError::unavailable(READ_ONLY, detail)
}
