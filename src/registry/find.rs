//! Finding a sentence: in which versions some words stood, and in which answers.

use std::collections::BTreeMap;

use super::{Registry, Result};
use crate::domain::{AnswerId, CertificationId, Draft, Publication};

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
}

impl Registry {
    /// Finds where and when `words` stood in a certification: newest first, then in the form's order.
    ///
    /// Capitals and white space make no difference; the words must stand within one paragraph. Nothing is found for
    /// words without a letter or digit.
    ///
    /// # Errors
    /// Not found when nothing was published under this id.
    pub fn find_words(&self, id: &CertificationId, words: &str) -> Result<Vec<Stood>> {
        self.certification(id)?;
        let words = plain(words);
        if !words.chars().any(char::is_alphanumeric) {
            return Ok(Vec::new());
        }
        let (mut open, mut found) = (BTreeMap::<AnswerId, Stood>::new(), Vec::new());
        for row in self.index.versions(id, None, usize::MAX)?.iter().rev() {
            let said = saying(&*self.content(row)?, &words);
            let publication = &row.publication;
            let gone: Vec<AnswerId> = open.keys().filter(|answer| !said.contains(answer)).copied().collect();
            for answer in gone {
                found.extend(open.remove(&answer).map(|stood| Stood { gone: Some(publication.clone()), ..stood }));
            }
            for answer in said {
                let (first, last) = (publication.clone(), publication.clone());
                let stood = open.entry(answer).or_insert(Stood { answer, first, last: last.clone(), gone: None });
                stood.last = last;
            }
        }
        found.extend(open.into_values());
        found.sort_by_key(|stood| (std::cmp::Reverse(stood.last.version), stood.answer));
        Ok(found)
    }
}

/// The answers whose statement says `words`.
fn saying(draft: &Draft, words: &str) -> Vec<AnswerId> {
    let says = |paragraphs: &[String]| paragraphs.iter().any(|paragraph| plain(paragraph).contains(words));
    let questions = draft.responses.iter().filter(|(_, response)| says(&response.statement));
    let support = draft.support.iter().filter(|(_, statement)| says(&statement.statement));
    questions.map(|(id, _)| (*id).into()).chain(support.map(|(id, _)| (*id).into())).collect()
}

/// Text in small letters with single spaces.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
