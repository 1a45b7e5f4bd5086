//! Which paragraph became which, and which sentence became which.

use std::collections::VecDeque;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::budget::Budget;

/// Below this share of common words two texts are different texts, not one text that was edited.
pub(super) const RELATED: f32 = 0.35;

/// A paragraph or a sentence, seen from far enough to find its counterpart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Equal keys, equal text (without the white space around it).
    pub key: u32,
    /// Its words, sorted; spaces and punctuation would make any two texts look alike.
    pub words: Vec<u32>,
}

/// One line of an alignment: numbers of items on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    /// The same item, edited or not.
    Both(usize, usize),
    /// Only in the old text.
    Old(usize),
    /// Only in the new text.
    New(usize),
}

/// Pairs items in order: equal ones first, then, between those, the ones that share most words.
pub(super) fn pairs(old: &[Item], new: &[Item], budget: &mut Budget) -> Vec<Pair> {
    let keys = |items: &[Item]| items.iter().map(|item| item.key).collect::<Vec<_>>();
    let mut found = Vec::with_capacity(old.len().max(new.len()));
    for block in blocks(&keys(old), &keys(new), budget) {
        match block {
            Block::Same { old, new, len } => found.extend((0..len).map(|at| Pair::Both(old + at, new + at))),
            Block::Other { old: o, new: n } => {
                let related = by_words(&old[o.clone()], &new[n.clone()], budget);
                found.extend(related.into_iter().map(|pair| match pair {
                    Pair::Both(a, b) => Pair::Both(a + o.start, b + n.start),
                    Pair::Old(a) => Pair::Old(a + o.start),
                    Pair::New(b) => Pair::New(b + n.start),
                }));
            }
        }
    }
    found
}

/// A stretch of two sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// Equal on both sides.
    Same { old: usize, new: usize, len: usize },
    /// Different; at most one side is empty.
    Other { old: std::ops::Range<usize>, new: std::ops::Range<usize> },
}

/// Aligns two sequences of keys; where the purse does not reach, the whole middle is one `Other`.
pub(super) fn blocks(old: &[u32], new: &[u32], budget: &mut Budget) -> Vec<Block> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let mut found = Vec::new();
    let mut other = head..head;
    let mut other_new = head..head;
    push_same(&mut found, 0, 0, head);
    let ops = if budget.affords(old_end - head, new_end - head) {
        capture_diff_slices(Algorithm::Myers, &old[head..old_end], &new[head..new_end])
    } else {
        vec![DiffOp::Replace { old_index: 0, old_len: old_end - head, new_index: 0, new_len: new_end - head }]
    };
    for op in ops {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            push_other(&mut found, &other, &other_new);
            push_same(&mut found, head + old_index, head + new_index, len);
            (other, other_new) = (head + old_index + len..0, head + new_index + len..0);
        } else {
            other.end = head + op.old_range().end;
            other_new.end = head + op.new_range().end;
        }
    }
    push_other(&mut found, &other, &other_new);
    push_same(&mut found, old_end, new_end, tail);
    found
}

fn push_same(found: &mut Vec<Block>, old: usize, new: usize, len: usize) {
    if len > 0 {
        found.push(Block::Same { old, new, len });
    }
}

fn push_other(found: &mut Vec<Block>, old: &std::ops::Range<usize>, new: &std::ops::Range<usize>) {
    if !old.is_empty() || !new.is_empty() {
        let clean = |range: &std::ops::Range<usize>| range.start..range.end.max(range.start);
        found.push(Block::Other { old: clean(old), new: clean(new) });
    }
}

/// The pairing in order with the greatest sum of likenesses, each at least [`RELATED`].
fn by_words(old: &[Item], new: &[Item], budget: &mut Budget) -> Vec<Pair> {
    let one_sided = || (0..old.len()).map(Pair::Old).chain((0..new.len()).map(Pair::New)).collect();
    let words = |items: &[Item]| items.iter().map(|item| item.words.len() + 1).sum::<usize>();
    let affordable = budget.affords(words(old), new.len()) && budget.affords(words(new), old.len());
    if old.is_empty() || new.is_empty() || !affordable {
        return one_sided();
    }
    let width = new.len() + 1;
    // best[i * width + j]: the greatest sum for the items from i and from j on.
    let mut best = vec![0_f32; (old.len() + 1) * width];
    let mut alike = vec![0_f32; old.len() * new.len()];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let likeness = likeness(&old[i].words, &new[j].words);
            alike[i * new.len() + j] = likeness;
            let paired = if likeness >= RELATED { likeness + best[(i + 1) * width + j + 1] } else { 0.0 };
            best[i * width + j] = paired.max(best[(i + 1) * width + j]).max(best[i * width + j + 1]);
        }
    }
    let (mut i, mut j, mut found) = (0, 0, VecDeque::new());
    while i < old.len() && j < new.len() {
        let here = best[i * width + j];
        let likeness = alike[i * new.len() + j];
        if likeness >= RELATED && here <= likeness + best[(i + 1) * width + j + 1] {
            found.push_back(Pair::Both(i, j));
            (i, j) = (i + 1, j + 1);
        } else if here <= best[(i + 1) * width + j] {
            found.push_back(Pair::Old(i));
            i += 1;
        } else {
            found.push_back(Pair::New(j));
            j += 1;
        }
    }
    found.extend((i..old.len()).map(Pair::Old));
    found.extend((j..new.len()).map(Pair::New));
    found.into()
}

/// The share of words that two sorted lists have in common: 0 for none, 1 for the same words.
pub(super) fn likeness(old: &[u32], new: &[u32]) -> f32 {
    if old.len() + new.len() == 0 {
        return 1.0;
    }
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while i < old.len() && j < new.len() {
        match old[i].cmp(&new[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    2.0 * common as f32 / (old.len() + new.len()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(texts: &[&[u32]]) -> Vec<Item> {
        let key = |words: &[u32]| words.iter().fold(1, |key, word| key * 31 + word);
        texts.iter().map(|words| Item { key: key(words), words: words.to_vec() }).collect()
    }

    #[test]
    fn pairs_what_shares_words_and_leaves_strangers_alone() {
        let old = items(&[&[1, 2, 3], &[10, 11, 12], &[20, 21]]);
        let new = items(&[&[30, 31], &[1, 2, 4], &[20, 21]]);
        let found = pairs(&old, &new, &mut Budget::new());
        assert_eq!(found, [Pair::New(0), Pair::Both(0, 1), Pair::Old(1), Pair::Both(2, 2)]);
    }

    #[test]
    fn what_cannot_be_afforded_is_one_block() {
        let mut budget = Budget::new();
        let old: Vec<u32> = (0..4000).collect();
        let new: Vec<u32> = old.iter().rev().copied().collect();
        let found = blocks(&old, &new, &mut budget);
        assert_eq!(found, [Block::Other { old: 0..4000, new: 0..4000 }]);
        assert!(budget.was_cut_short());
    }
}
