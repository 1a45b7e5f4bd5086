//! Finding a sentence: in which answers some words stood, from when to when.

use super::{Registry, RegistryError, Result, excerpt::Excerpt};
use crate::{
    domain::{AnswerId, CertificationId, Publication, SupplierId},
    index::{
        Passage, VersionRow, Whose,
        wording::{self, Sought},
    },
};

/// Passages that are taken from the index at once.
const BATCH: usize = 100;
/// Passages of which one page reads the documents, at most: some 150 ms. A page that is cut by this says where to go
/// on.
const MOST_PASSAGES: usize = 300;

/// A run of versions, one after the other, in which words stood in one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stood {
    /// Where.
    pub answer: AnswerId,
    /// The first version that said so.
    pub first: Publication,
    /// The last version that said so.
    pub last: Publication,
    /// The version that no longer said so; none where the current one still does.
    pub gone: Option<Publication>,
    /// The words as they stood last, and what stood around them.
    pub excerpt: Excerpt,
}

impl Stood {
    /// Since when, until when, by the registry's days: `from version 2 (2 May 2024) to this day`.
    pub fn in_words(&self) -> String {
        let day = |publication: &Publication| publication.published_at.day_in_london().in_words();
        let from = format!("from version {} ({})", self.first.version, day(&self.first));
        match &self.gone {
            None => format!("{from} to this day"),
            Some(gone) => {
                format!("{from} to version {}; gone with version {} ({})", self.last.version, gone.version, day(gone))
            }
        }
    }
}

/// Where words are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Within {
    /// In everything that was ever published.
    #[default]
    Everything,
    /// In what one supplier published.
    Supplier(SupplierId),
    /// In the versions of one certification.
    Certification(CertificationId),
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoodPlace {
    /// The newest passage when it began.
    pub newest: u64,
    /// Passages below this id are still to be looked at.
    pub below: u64,
}

/// A page of what was found.
#[derive(Debug, Clone, Default)]
pub struct StoodPage {
    /// The run whose words were stated last comes first. May be fewer than wanted, even none, while there is a next
    /// page.
    pub found: Vec<Stood>,
    /// Where the next page begins; none on the last one.
    pub next: Option<StoodPlace>,
}

impl Registry {
    /// Finds where and when `words` stood: each run of versions once, also while others publish.
    ///
    /// What makes no difference: see [`wording`]. The words must stand within one paragraph. Nothing is found for words
    /// without a letter or digit.
    ///
    /// # Errors
    /// Not found when there is no such supplier, or nothing was published under this id.
    pub fn find_words(
        &self,
        within: &Within,
        words: &str,
        after: Option<StoodPlace>,
        limit: usize,
    ) -> Result<StoodPage> {
        let whose = self.whose(within)?;
        let Some(sought) = Sought::sentence(words) else { return Ok(StoodPage::default()) };
        let mut place = match after {
            Some(place) => place,
            None => StoodPlace { newest: self.index.last_passage()?, below: u64::MAX },
        };
        let mut page = StoodPage::default();
        for _ in 0..MOST_PASSAGES / BATCH {
            let batch = self.index.passages(&sought, &whose, place.below, BATCH)?;
            let ended = batch.len() < BATCH;
            for passage in batch {
                if page.found.len() == limit {
                    page.next = Some(place);
                    return Ok(page);
                }
                place.below = passage.id;
                if passage.id <= place.newest {
                    page.found.extend(self.run_that_ends(&sought, passage, place.newest)?);
                }
            }
            if ended {
                return Ok(page);
            }
        }
        page.next = Some(place);
        Ok(page)
    }

    /// Everything that [`Registry::find_words`] finds in one certification: newest first, then in the form's order.
    ///
    /// # Errors
    /// Not found when nothing was published under this id.
    pub fn find_words_in(&self, id: &CertificationId, words: &str) -> Result<Vec<Stood>> {
        let within = Within::Certification(id.clone());
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.find_words(&within, words, after, usize::MAX)?;
            found.extend(page.found);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        found.sort_by_key(|stood| (std::cmp::Reverse(stood.last.version), stood.answer));
        Ok(found)
    }

    fn whose(&self, within: &Within) -> Result<Whose> {
        Ok(match within {
            Within::Everything => Whose::Anybody,
            Within::Supplier(supplier) => Whose::Supplier(self.supplier(supplier)?.id),
            Within::Certification(id) => {
                self.certification(id)?;
                Whose::Certification(self.version(id, 1)?.publication.sequence)
            }
        })
    }

    /// The run of versions that ends with this passage, if it holds the words.
    ///
    /// A run is told at its last passage, as far as those go that were there when the search began: so it comes once.
    fn run_that_ends(&self, sought: &Sought, passage: Passage, newest: u64) -> Result<Option<Stood>> {
        if !self.says(sought, &passage)? {
            return Ok(None);
        }
        let (mut first, mut last) = (passage.clone(), passage);
        while let Some(next) = self.index.neighbour(&last, false)? {
            if last.gone != Some(next.first) || !self.says(sought, &next)? {
                break;
            }
            if next.id <= newest {
                return Ok(None);
            }
            last = next;
        }
        while let Some(before) = self.index.neighbour(&first, true)? {
            if before.gone != Some(first.first) || !self.says(sought, &before)? {
                break;
            }
            first = before;
        }
        self.stood(sought, &first, &last).map(Some)
    }

    fn stood(&self, sought: &Sought, first: &Passage, last: &Passage) -> Result<Stood> {
        let begun = self.version_of(first.first)?.publication;
        let answer = last.answer;
        let said = self.content(&self.version_of(last.first)?)?;
        let excerpt = Excerpt::of(sought, answer, &wording::paragraphs(&said, answer));
        let excerpt = excerpt.ok_or_else(|| RegistryError::internal("words that stood in a passage are gone"))?;
        // In this order: a passage that still stands stood in what was current a moment ago.
        let current = self.certification(&begun.certification)?.current.publication;
        let (ended, gone) = match self.index.gone(last)? {
            Some(gone) => {
                let before = self.index.version_before(gone)?.ok_or_else(|| missing(gone))?;
                (before.publication, Some(self.version_of(gone)?.publication))
            }
            None => (current, None),
        };
        Ok(Stood { answer, first: begun, last: ended, gone, excerpt })
    }

    /// Whether the document says it: the index only knows where to look.
    fn says(&self, sought: &Sought, passage: &Passage) -> Result<bool> {
        let draft = self.content(&self.version_of(passage.first)?)?;
        Ok(sought.stands_in(&wording::paragraphs(&draft, passage.answer)))
    }

    fn version_of(&self, sequence: u64) -> Result<VersionRow> {
        self.index.version_at(sequence)?.ok_or_else(|| missing(sequence))
    }
}

fn missing(sequence: u64) -> RegistryError {
    RegistryError::internal(format!("the index has words of a version that it does not know, commit {sequence}"))
}
