//! Opening a registry: lock, check, bring the index level with the head. Recovery runs the same code as publishing.

use std::{
    fs,
    path::Path,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{
    Clock, People, Registry, RegistryError, Result, ServerKeys,
    arrivals::Arrivals,
    compare::no_comparisons,
    erase,
    export::Exports,
    figures::Counters,
    latest::Latest,
    log::{self, Log},
    queue::NoPlace,
    read::DocumentCache,
    scrub::LastScrub,
    seal::{self, Seal},
    submit::{Turn, WriteQueue, Writer, commit_facts, commit_with_files},
};
use crate::{
    domain::{RegistryId, RegistrySettings},
    format::{paths, v1},
    index::{CommitFacts, Index, IndexError, IndexedHead},
    log::{Policy, SignedCheckpoint},
    signing::AuthorityFile,
    store::{Head, Store},
};

/// The file that says which registry a data folder holds.
const REGISTRY_ID_FILE: &str = "registry-id";
/// The derived index; may be deleted at any time.
pub const INDEX_FILE: &str = "index.sqlite";
/// How many commits are given to the index in one transaction.
const INDEX_BATCH: usize = 500;
/// How many callers may wait for the writer. At the pace of a slow disk the last of them is served within seconds;
/// whoever comes then is told to come again.
const PLACES: usize = 256;
/// How many submissions share a durable sync: with more, the first would wait longer for the last.
const GROUP: usize = 32;
/// How long those who were just answered are waited for, when they are likely to come again: less than a sync takes.
const GATHER: std::time::Duration = std::time::Duration::from_millis(4);

/// Notes which registry `data` holds.
pub(super) fn remember_registry_id(data: &Path, registry: &RegistryId) -> Result<()> {
    fs::write(data.join(REGISTRY_ID_FILE), format!("{registry}\n")).map_err(RegistryError::internal)
}

/// Reads which registry `data` holds.
///
/// # Errors
/// Not found when there is no registry in the folder.
pub fn registry_id(data: &Path) -> Result<RegistryId> {
    let missing = || {
        let detail =
            format!("There is no registry in {}: make one with 'certreg init', or try 'certreg demo'.", data.display());
        RegistryError::not_found("no-registry", detail)
    };
    let text = fs::read_to_string(data.join(REGISTRY_ID_FILE)).map_err(|_| missing())?;
    text.trim_end().parse().map_err(RegistryError::internal)
}

impl Registry {
    /// Opens the registry in `data`.
    ///
    /// # Errors
    /// Not found without a registry there; unavailable when another process holds it; internal when the repository
    /// is damaged or is not the one that the index knew.
    pub fn open(data: &Path, keys: ServerKeys, clock: Clock) -> Result<Registry> {
        let id = registry_id(data)?;
        let index_path = data.join(INDEX_FILE);
        let index = match seal::fits(data).map_err(RegistryError::internal)? {
            true => open_index(&index_path)?,
            false => None,
        };
        let known = index.as_ref().and_then(|index| index.head().ok().flatten());
        let store = Store::open(data, &id, known.as_ref().and_then(known_head)).map_err(open_failure)?;
        // Only now is it certain that nobody else is at work here.
        seal::discard(data).map_err(RegistryError::internal)?;
        let settings = read_settings(&store)?;
        let authority = read_authority(&store, &id)?;
        let policy = read_policy(&store)?;
        log::check_key(&id, &keys, &policy)?;
        let index = bring_level(&id, index, known, &index_path, &store)?;
        let (index, log) = open_log(data, &id, &keys, index, &store, &policy)?;
        let people = People::open(data)?;
        erase::replay(&index, &people)?;
        Ok(Registry {
            settings: Latest::new(settings),
            data: data.to_owned(),
            clock,
            authority: RwLock::new(authority),
            index,
            _seal: Seal::open(data),
            reader: store.reader(),
            maintenance: Mutex::new(store.maintenance()),
            stored_sequence: AtomicU64::new(store.head().map_or(0, |head| head.sequence)),
            log,
            queue: WriteQueue::new(PLACES, GROUP, GATHER),
            writer: Mutex::new(Writer { store, key: keys.registry }),
            stopped: OnceLock::new(),
            was_refused: AtomicBool::new(false),
            counters: Counters::default(),
            arrivals: Arrivals::new(),
            people,
            exports: Exports::open(data)?,
            documents: DocumentCache::new(),
            comparisons: no_comparisons(),
            scrubbed: LastScrub::default(),
        })
    }

    /// Rebuilds the index from Git beside the one in use.
    ///
    /// `progress` is told the number of commits done, now and then. With `check`, the new index is compared with
    /// the old one and thrown away; the differences are returned, one line each.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub fn rebuild(data: &Path, check: bool, progress: &mut dyn FnMut(u64)) -> Result<Vec<String>> {
        let id = registry_id(data)?;
        let store = Store::open(data, &id, None).map_err(open_failure)?;
        let path = data.join(INDEX_FILE);
        if !check {
            seal::discard(data).map_err(RegistryError::internal)?;
            build(&id, &path, &store, progress)?;
            return Ok(Vec::new());
        }
        let beside = data.join("index.check.sqlite");
        let fresh = build(&id, &beside, &store, progress)?;
        let differences = match Index::open(&path) {
            Ok(used) => fresh.differences(&used)?,
            Err(error) => vec![format!("the index cannot be used: {error}")],
        };
        drop(fresh);
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(data.join(format!("index.check.sqlite{suffix}")));
        }
        Ok(differences)
    }

    /// The writer, once it is this caller's turn and the index is level with the repository: whoever plans a commit
    /// asks the index what is published, and one plan made on an index that lags would put a wrong version into history
    /// for ever.
    ///
    /// # Errors
    /// Unavailable when too many wait already, when the registry is stopping, and while the index cannot be brought
    /// level; nothing is written meanwhile.
    pub(super) fn writer(&self) -> Result<Turn<'_>> {
        let place = self.queue.alone(false).map_err(|reason| self.no_place(reason))?;
        let writer = Turn::new(self.locked_writer(), place);
        self.level_before_writing(&writer)?;
        Ok(writer)
    }

    /// Makes sure that the index knows all that is stored.
    ///
    /// # Errors
    /// Unavailable while it cannot be brought level.
    pub(super) fn level_before_writing(&self, writer: &Writer) -> Result<()> {
        self.bring_index_level(writer).map_err(|_| {
            let detail = "The registry is catching up with its own records and accepts nothing meanwhile. Send the same bytes again in a minute; if this lasts, tell its operator.";
            RegistryError::unavailable("index-behind", detail)
        })
    }

    /// What somebody is told who finds no place in the queue.
    pub(super) fn no_place(&self, reason: NoPlace) -> RegistryError {
        self.counters.turned_away();
        match reason {
            NoPlace::Closed => stopping(),
            NoPlace::Full => RegistryError::unavailable(
                "queue-full",
                "Too many submissions wait already, and this one was not looked at. Send the same bytes again in a few seconds.",
            ),
        }
    }

    /// Indexes what the repository holds and the index does not know yet.
    pub(super) fn bring_index_level(&self, writer: &Writer) -> Result<()> {
        let Some(head) = writer.store.head() else { return Ok(()) };
        match self.index.head()? {
            Some(known) if known.commit == head.commit.to_string() => Ok(()),
            known => {
                let after = known.as_ref().and_then(known_head);
                catch_up(&self.settings.registry, &self.index, after.as_ref(), &writer.store)?;
                self.arrivals.came(head.sequence);
                Ok(())
            }
        }
    }

    /// The newest commit, if the index knows it too: what a ready registry answers from.
    ///
    /// # Errors
    /// Unavailable when nothing may be written any more, with the reason.
    pub fn level_sequence(&self) -> Result<Option<u64>> {
        self.log.may_grow()?;
        self.may_write()?;
        if self.queue.is_closed() {
            return Err(stopping());
        }
        let indexed = self.index.head()?.map(|head| head.sequence);
        Ok(indexed.filter(|sequence| *sequence == self.stored_sequence.load(Ordering::SeqCst)))
    }

    /// The writer as it is, in its turn, for what does not depend on the index and nobody asks for from outside.
    pub(super) fn lock_writer(&self) -> Turn<'_> {
        let place = self.queue.alone(true).unwrap_or_else(|_| unreachable!("what the registry does itself is taken"));
        Turn::new(self.locked_writer(), place)
    }

    /// Only for the one whose turn it is.
    pub(super) fn locked_writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopping() -> RegistryError {
    let detail = "The registry is about to stop and takes nothing more. Send the same bytes again in a minute.";
    RegistryError::unavailable("stopping", detail)
}

fn known_head(known: &IndexedHead) -> Option<Head> {
    Some(Head { commit: known.commit.parse().ok()?, sequence: known.sequence, time: known.time })
}

fn open_failure(error: crate::store::StoreError) -> RegistryError {
    RegistryError::unavailable("registry-not-open", error.to_string())
}

fn read_settings(store: &Store) -> Result<RegistrySettings> {
    let bytes = store.read_at_head(&paths::registry()).map_err(RegistryError::internal)?;
    let bytes = bytes.ok_or_else(|| RegistryError::internal("the repository has no registry.json"))?;
    v1::value(&bytes, v1::registry::read).map_err(RegistryError::internal)
}

fn read_policy(store: &Store) -> Result<Policy> {
    let bytes = store.read_at_head(&paths::trust_policy()).map_err(RegistryError::internal)?;
    let bytes = bytes.ok_or_else(|| RegistryError::internal("the repository has no trust policy"))?;
    Policy::parse(str::from_utf8(&bytes).map_err(RegistryError::internal)?).map_err(RegistryError::internal)
}

fn read_authority(store: &Store, id: &RegistryId) -> Result<AuthorityFile> {
    let bytes = store.read_at_head(&paths::authority()).map_err(RegistryError::internal)?;
    let bytes = bytes.ok_or_else(|| RegistryError::internal("the repository has no authority file"))?;
    let text = String::from_utf8(bytes).map_err(RegistryError::internal)?;
    AuthorityFile::parse(&text, id).map_err(RegistryError::internal)
}

/// An index that is equal to the head is used; one that is an ancestor catches up; any other is built anew.
fn bring_level(
    id: &RegistryId,
    index: Option<Index>,
    known: Option<IndexedHead>,
    path: &Path,
    store: &Store,
) -> Result<Index> {
    let (Some(index), Some(head)) = (index, store.head()) else { return build(id, path, store, &mut |_| {}) };
    if known.as_ref().is_some_and(|known| known.commit == head.commit.to_string()) {
        return Ok(index);
    }
    let behind = known.as_ref().is_some_and(|known| known.sequence < head.sequence);
    if behind {
        let caught_up = catch_up(id, &index, known.as_ref().and_then(known_head).as_ref(), store);
        if caught_up.is_ok() {
            return Ok(index);
        }
    } else if known.as_ref().is_some_and(|known| known.sequence > head.sequence) {
        let detail = "The index knows newer commits than the repository: it was rolled back, or another one put in its place. Restore it from a backup; only if you are sure that nothing was lost, delete index.sqlite.";
        return Err(RegistryError::unavailable("repository-rolled-back", detail));
    }
    drop(index);
    build(id, path, store, &mut |_| {})
}

/// Opens the log on the leaves that the index knows. If they are not those that were signed, the index may be to
/// blame: it is built anew from the repository once, which then has the last word.
fn open_log(
    data: &Path,
    id: &RegistryId,
    keys: &ServerKeys,
    index: Index,
    store: &Store,
    policy: &Policy,
) -> Result<(Index, Log)> {
    let kept = store.checkpoint().map_err(RegistryError::internal)?;
    let kept = kept.and_then(|kept| SignedCheckpoint::parse(str::from_utf8(&kept).ok()?).ok());
    let open = |index: &Index| Log::open(data, id, &keys.log, &index.leaves(0)?, kept.as_ref(), policy);
    if let Ok(log) = open(&index)? {
        return Ok((index, log));
    }
    drop(index);
    let index = build(id, &data.join(INDEX_FILE), store, &mut |_| {})?;
    let log = open(&index)??;
    Ok((index, log))
}

fn catch_up(id: &RegistryId, index: &Index, after: Option<&Head>, store: &Store) -> Result<()> {
    let reader = store.reader();
    let mut batch: Vec<CommitFacts> = Vec::new();
    for commit in store.replay(after) {
        batch.push(commit_facts(id, &commit.map_err(RegistryError::internal)?.appended()));
        if batch.len() == INDEX_BATCH {
            index.apply(&batch, &reader)?;
            batch.clear();
        }
    }
    if batch.is_empty() { Ok(()) } else { Ok(index.apply(&batch, &reader)?) }
}

/// The index, unless it has to be built anew.
fn open_index(path: &Path) -> Result<Option<Index>> {
    match Index::open(path) {
        Ok(index) => Ok(Some(index)),
        Err(IndexError::Unusable(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn build(id: &RegistryId, path: &Path, store: &Store, progress: &mut dyn FnMut(u64)) -> Result<Index> {
    let commits = store.replay(None).map(|commit| commit.map(|commit| commit_with_files(id, commit)));
    Ok(Index::rebuild(path, commits, &store.reader(), progress)?)
}
