//! A statement cut into paragraphs, sentences and words, with numbers for equal things.

use std::{collections::HashMap, ops::Range};

use super::{
    align::Item,
    tokens::{Token, sentences, tokens},
};

/// Numbers for texts: equal texts, equal numbers. Shared by both sides of a comparison.
#[derive(Debug, Default)]
pub(super) struct Numbers<'t>(HashMap<&'t str, u32>);

impl<'t> Numbers<'t> {
    fn of(&mut self, text: &'t str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(text).or_insert(next)
    }
}

/// One paragraph.
#[derive(Debug)]
pub(super) struct Sheet<'t> {
    /// As written.
    pub text: &'t str,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// The number of each token's text.
    pub ids: Vec<u32>,
    /// Ranges of tokens, one a sentence.
    pub sentences: Vec<Range<usize>>,
    /// The same sentences, ready to be paired.
    pub items: Vec<Item>,
    /// The paragraph as a whole, ready to be paired.
    pub item: Item,
}

impl<'t> Sheet<'t> {
    /// Cuts one paragraph.
    pub(super) fn new(text: &'t str, numbers: &mut Numbers<'t>) -> Sheet<'t> {
        let tokens = tokens(text);
        let ids: Vec<u32> = tokens.iter().map(|token| numbers.of(token.text(text))).collect();
        let sentences = sentences(text, &tokens);
        let mut item = |range: &Range<usize>| {
            let whole = match range.is_empty() {
                true => "",
                false => &text[tokens[range.start].start..tokens[range.end - 1].end],
            };
            let words = range.clone().filter(|at| tokens[*at].is_word()).map(|at| ids[at]);
            let mut words: Vec<u32> = words.collect();
            words.sort_unstable();
            Item { key: numbers.of(whole), words }
        };
        let items = sentences.iter().map(&mut item).collect();
        let item = item(&(0..tokens.len()));
        Sheet { text, tokens, ids, sentences, items, item }
    }

    /// The numbers of its words in order, punctuation left out.
    pub(super) fn words(&self) -> impl Iterator<Item = u32> {
        self.tokens.iter().zip(&self.ids).filter(|(token, _)| token.is_word()).map(|(_, id)| *id)
    }

    /// Bytes of token `at` with the white space before it.
    pub(super) fn with_space(&self, at: usize) -> Range<usize> {
        self.tokens[at].space..self.tokens[at].end
    }

    /// Where the last token ends; what follows is white space.
    pub(super) fn tail(&self) -> usize {
        self.tokens.last().map_or(0, |token| token.end)
    }
}
