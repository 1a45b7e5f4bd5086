//! What is done with a submission before it takes a place in the queue, on its caller's own thread.
//!
//! The writer serves everybody in turn, so nothing is left to it that can be done before: reading the document, its
//! digest, its signatures, what it changes, its bytes as Git stores them. What cannot be read, and what is not signed
//! by those who are enrolled, is refused here; everything else is decided in the queue.

use std::thread;

use super::{
    super::figures::{Stage, Watch},
    Foreseen, Registry, Result, VersionSubmission,
    examine::Examined,
    plan::{self, Vouched},
    state::State,
};
use crate::{
    compare::Side,
    domain::{CertificationId, Instant, Publication},
    format::paths::RepositoryPath,
    index::{Described, VersionRow},
    store::NewFile,
};

/// From this many submissions on, a group is prepared on several threads.
const MANY: usize = 16;

/// What became of a submission before it has a place in the queue.
pub(super) enum Prepared {
    /// Exactly these bytes are this version already.
    Already(Box<VersionRow>),
    /// It is to be decided on.
    Candidate(Box<Candidate>),
}

/// A submission that is to be decided on.
pub(in crate::registry) struct Candidate {
    pub(super) id: CertificationId,
    pub(super) examined: Examined,
    pub(super) vouched: Option<Vouched>,
    /// What it changes against the version that was current when it was looked at.
    pub(super) foreseen: Option<Foreseen>,
    /// The files that it will bring into the repository, hashed and compressed.
    pub(super) files: Vec<(RepositoryPath, NewFile)>,
}

impl Registry {
    /// Prepares all of `group`, in its order.
    pub(super) fn prepare_all(&self, group: Vec<(CertificationId, VersionSubmission)>) -> Vec<Result<Prepared>> {
        let prepare = |(id, submission)| self.prepare(id, submission);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        if group.len() < MANY || threads == 1 {
            return group.into_iter().map(prepare).collect();
        }
        let each = group.len().div_ceil(threads);
        let mut parts: Vec<Vec<_>> = Vec::new();
        let mut rest = group.into_iter().peekable();
        while rest.peek().is_some() {
            parts.push(rest.by_ref().take(each).collect());
        }
        thread::scope(|scope| {
            let prepare = &prepare;
            let work = |part: Vec<_>| scope.spawn(move || part.into_iter().map(prepare).collect::<Vec<_>>());
            let threads: Vec<_> = parts.into_iter().map(work).collect();
            let finished = threads.into_iter().map(|thread| thread.join());
            finished.flat_map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }

    fn prepare(&self, id: CertificationId, submission: VersionSubmission) -> Result<Prepared> {
        let watch = Watch::start();
        let examined = Examined::examine(&id, submission)?;
        let prepared = self.rule_out(id, examined);
        self.counters.spent(Stage::Examine, watch.spent());
        prepared
    }

    fn rule_out(&self, id: CertificationId, examined: Examined) -> Result<Prepared> {
        if let Ok(Some(row)) = self.already_published(&id, examined.digest) {
            return Ok(Prepared::Already(Box::new(row)));
        }
        // A registry that cannot be read now may be mended before the turn comes, and is told of there.
        let (vouched, foreseen) = match (self.state_of(&id, &examined), self.index.head()) {
            (Ok(state), Ok(head)) => {
                let now = self.clock.now();
                let at = head.map_or(now, |head| head.time.max(now));
                (plan::rule_out(&examined, &state, at)?, foresee(&examined, &state, at))
            }
            _ => (None, None),
        };
        let files = examined.files(&id);
        NewFile::make_ready(files.iter().map(|(_, file)| file));
        Ok(Prepared::Candidate(Box::new(Candidate { id, examined, vouched, foreseen, files })))
    }
}

/// What a document that follows the current version changes, should it be published at `at`; nothing where there is
/// none or it follows another one.
fn foresee(examined: &Examined, state: &State, at: Instant) -> Option<Foreseen> {
    let (draft, (row, before, old_edition)) = (examined.draft().ok()?, state.current.as_ref()?);
    let digests = (row.publication.digest, examined.digest);
    if draft.previous != Some(digests.0) {
        return None;
    }
    let publication = Publication {
        certification: state.certification.clone(),
        version: draft.version,
        sequence: row.publication.sequence + 1,
        published_at: at,
        digest: examined.digest,
    };
    let old = Side { content: before, edition: old_edition, publication: Some(&row.publication) };
    let edition = state.edition(draft).ok()?.0;
    let described = Described::between(old, Side { content: draft, edition, publication: Some(&publication) });
    Some(Foreseen { digests, published_on: at.day_in_london(), described })
}
