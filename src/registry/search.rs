//! Search in what suppliers say now: which certifications have an answer that holds all the words.
//!
//! Those stated last come first. A search that goes on over pages looks at the registry as it stood when it began:
//! whoever publishes meanwhile neither drops out nor comes twice.

use std::collections::HashSet;

use super::{Registry, Result, excerpt::Excerpt};
use crate::{
    domain::{AnswerId, Draft},
    index::{
        CertificationFilter, CertificationRow, Passage, Whose,
        wording::{self, Sought},
    },
};

/// Passages that are taken from the index at once.
const BATCH: usize = 500;
/// Passages that one page looks at, at most: some 50 ms. A page that is cut by this says where to go on.
const MOST_PASSAGES: usize = 20_000;
/// Excerpts for each certification.
const MOST_EXCERPTS: usize = 3;

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaidPlace {
    /// The sequence at which the search began.
    pub at: u64,
    /// Passages below this id are still to be looked at.
    pub below: u64,
}

/// A certification with an answer that holds the words.
#[derive(Debug, Clone)]
pub struct SaidHit {
    /// As it stands.
    pub row: CertificationRow,
    /// At least one, at most three: the passage stated last, then others in the form's order.
    pub excerpts: Vec<Excerpt>,
}

/// A page of a search.
#[derive(Debug, Clone, Default)]
pub struct SaidPage {
    /// May be fewer than wanted, even none, while there is a next page.
    pub hits: Vec<SaidHit>,
    /// Where the next page begins; none on the last one.
    pub next: Option<SaidPlace>,
}

impl Registry {
    /// Certifications with an answer now that holds all the words of `filter.names`, and without them in their names.
    ///
    /// Narrowed by `filter` as lists are; its order does not matter here. Nothing is found where no words are wanted.
    ///
    /// # Errors
    /// Internal when the index or a document cannot be read.
    pub fn said(&self, filter: &CertificationFilter, after: Option<SaidPlace>, limit: usize) -> Result<SaidPage> {
        let typed = filter.names.as_deref().unwrap_or_default();
        let Some(sought) = Sought::terms(typed) else { return Ok(SaidPage::default()) };
        let began = match after {
            Some(place) => place,
            None => self.said_from_the_beginning()?,
        };
        let whose = filter.supplier.clone().map_or(Whose::Anybody, Whose::Supplier);
        let (mut place, mut page, mut seen) = (began, SaidPage::default(), HashSet::new());
        for _ in 0..MOST_PASSAGES / BATCH {
            let batch = self.index.passages(&sought, &whose, place.below, BATCH)?;
            let ended = batch.len() < BATCH;
            for passage in batch {
                if page.hits.len() == limit {
                    page.next = Some(place);
                    return Ok(page);
                }
                place.below = passage.id;
                if passage.stood_at(began.at) && seen.insert(passage.certification) {
                    page.hits.extend(self.hit(&sought, filter, &passage, after.map(|place| place.at))?);
                }
            }
            if ended {
                return Ok(page);
            }
        }
        page.next = Some(place);
        Ok(page)
    }

    /// Where a search that begins now begins.
    ///
    /// # Errors
    /// Internal when the index cannot be read.
    pub fn said_from_the_beginning(&self) -> Result<SaidPlace> {
        Ok(SaidPlace { at: self.index.head()?.map_or(0, |head| head.sequence), below: u64::MAX })
    }

    /// The certification of a passage, unless it was on a page before, is not asked for, or says so no longer.
    fn hit(
        &self,
        sought: &Sought,
        filter: &CertificationFilter,
        passage: &Passage,
        began: Option<u64>,
    ) -> Result<Option<SaidHit>> {
        if let Some(began) = began
            && self.index.said_later(sought, passage, began)?
        {
            return Ok(None);
        }
        let Some(row) = self.index.certification_by_words(filter, passage.certification)? else { return Ok(None) };
        let excerpts = excerpts(sought, &*self.content(&row.current)?, passage.answer);
        Ok((!excerpts.is_empty()).then_some(SaidHit { row, excerpts }))
    }
}

fn excerpts(sought: &Sought, draft: &Draft, first: AnswerId) -> Vec<Excerpt> {
    let questions = draft.responses.keys().map(|id| AnswerId::from(*id));
    let others = questions.chain(draft.support.keys().map(|id| AnswerId::from(*id))).filter(|answer| *answer != first);
    let excerpt = |answer| Excerpt::of(sought, answer, &wording::paragraphs(draft, answer));
    std::iter::once(first).chain(others).filter_map(excerpt).take(MOST_EXCERPTS).collect()
}
