//! A group of submissions, decided one after the other and made durable together.
//!
//! Each stands or falls alone: what is refused is answered at once, and what cannot be stored takes no other with it.

use std::mem;

use super::{
    super::{
        ErrorKind,
        figures::{Spent, Stage, Watch},
        queue::{Job, Ticket},
        submit::Writer,
    },
    Registry, Result,
    plan::{self, Plan},
    prepare::Candidate,
};
use crate::{
    domain::{CertificationId, Digest, Instant},
    index::VersionRow,
};

/// A submission that is in the registry.
pub(in crate::registry) enum Landed {
    /// Since before.
    Already(Box<VersionRow>),
    /// As this version, from now on.
    Now(CertificationId, u32),
}

type Answer = Ticket<Result<Landed>>;

/// Plans of one instant that will share one durable sync, each with whoever waits for it.
#[derive(Default)]
struct Waiting {
    at: Option<Instant>,
    plans: Vec<(Plan, Answer)>,
}

impl Waiting {
    /// Whether the decision needs to read what waits: the version before it, or the predecessor that it names.
    fn decides_about(&self, candidate: &Candidate) -> bool {
        let draft = candidate.examined.draft().ok();
        let predecessor = draft.and_then(|draft| draft.change.predecessor.as_ref()).map(|named| &named.certification);
        let is_asked_for = |id: &CertificationId| *id == candidate.id || Some(id) == predecessor;
        self.plans.iter().any(|(plan, _)| is_asked_for(&plan.certification))
    }
}

impl Registry {
    /// Decides on what is at the front of the queue, and stores what may be published.
    pub(super) fn lead(&self, jobs: Vec<Job<Candidate, Result<Landed>>>) {
        let mut writer = self.locked_writer();
        jobs.iter().for_each(|job| self.counters.spent(Stage::Wait, Spent::waiting(job.waited)));
        if let Err(error) = self.level_before_writing(&writer) {
            return jobs.into_iter().for_each(|job| job.ticket.answer(Err(error.clone())));
        }
        let mut waiting = Waiting::default();
        let deciding = Watch::start();
        let mut storing = Spent::default();
        for Job { work: candidate, ticket, .. } in jobs {
            if waiting.decides_about(&candidate) {
                let watch = Watch::start();
                self.append_waiting(&mut writer, &mut waiting);
                storing += watch.spent();
            }
            match self.decide(&writer, &mut waiting, candidate) {
                Ok(plan::Decision::Already(row)) => ticket.answer(Ok(Landed::Already(row))),
                Ok(plan::Decision::Publish(plan)) => waiting.plans.push((*plan, ticket)),
                Err(error) => ticket.answer(Err(error)),
            }
        }
        self.counters.spent(Stage::Decide, deciding.spent().without(storing));
        self.append_waiting(&mut writer, &mut waiting);
    }

    fn decide(&self, writer: &Writer, waiting: &mut Waiting, candidate: Candidate) -> Result<plan::Decision> {
        let Candidate { id, examined, .. } = &candidate;
        if let Some(row) = self.already_published(id, examined.digest)? {
            return Ok(plan::Decision::Already(Box::new(row)));
        }
        // The whole group is of one instant, at which the windows of its keys are checked.
        let at = match waiting.at {
            Some(at) => at,
            None => *waiting.at.insert(self.next_instant(writer)?),
        };
        let mut state = self.state_of(id, examined)?;
        waiting.plans.iter().for_each(|(plan, _)| state.will_follow(plan));
        plan::publish(candidate, &state, at).map(|plan| plan::Decision::Publish(Box::new(plan)))
    }

    fn append_waiting(&self, writer: &mut Writer, waiting: &mut Waiting) {
        let Waiting { at: Some(at), plans } = mem::take(waiting) else { return };
        if plans.is_empty() {
            return;
        }
        // They were read once: neither the index nor whoever publishes the next version has to read them again.
        plans.iter().for_each(|(plan, _)| self.documents.keep(plan.digest, plan.draft.clone()));
        let outcome = self.append(writer, at, plans.iter().map(|(plan, _)| plan.planned()).collect());
        match outcome {
            Ok(_) => plans.into_iter().for_each(|(plan, ticket)| ticket.answer(Ok(landed(plan)))),
            // Nothing was stored, and it need not be the fault of all: each by itself, then.
            Err(error) if error.kind == ErrorKind::Internal && plans.len() > 1 => {
                for (plan, ticket) in plans {
                    let outcome = self.append(writer, at, vec![plan.planned()]);
                    ticket.answer(outcome.map(|_| landed(plan)));
                }
            }
            Err(error) => plans.into_iter().for_each(|(_, ticket)| ticket.answer(Err(error.clone()))),
        }
    }

    pub(super) fn already_published(&self, id: &CertificationId, digest: Digest) -> Result<Option<VersionRow>> {
        let rows = self.index.versions_by_digest(digest)?;
        Ok(rows.into_iter().find(|row| row.publication.certification == *id))
    }
}

fn landed(plan: Plan) -> Landed {
    Landed::Now(plan.certification, plan.version)
}
