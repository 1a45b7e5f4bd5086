//! From an alignment of tokens to the marks a reader sees: runs of removed and added text.

use std::{collections::BTreeSet, ops::Range};

use super::{
    Op, Segment,
    sheet::Sheet,
    signals::{self, Signal},
    tokens::{Kind, Token},
};

/// Edits with fewer than this many words between them read as one edit.
const WORDS_BETWEEN: usize = 3;

/// Runs of no more tokens than this a side may hold a signal word on both sides without raising the signal.
const SMALL_RUN: usize = 6;

/// One step through two paragraphs: numbers of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The same token on both sides.
    Equal(usize, usize),
    /// Only in the old text; `quiet` when its sentence stands elsewhere in the new.
    Delete { at: usize, quiet: bool },
    /// Only in the new text.
    Insert { at: usize, quiet: bool },
}

/// What one run of edits did, for sentences and importance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Edit {
    /// The removed text, without space around it.
    pub before: String,
    /// The added text, without space around it.
    pub after: String,
    /// The word that stands before it in the new text.
    pub left: Option<String>,
    /// The word that stands after it in the new text.
    pub right: Option<String>,
    /// What the changed words can turn round.
    pub signals: BTreeSet<Signal>,
    /// Figures removed and figures added.
    pub figures: (Vec<String>, Vec<String>),
    /// A web or e-mail address was touched.
    pub links: bool,
    /// A telephone number or an e-mail address was touched.
    pub contacts: bool,
    /// The whole run only moves sentences that stand elsewhere.
    pub moved: bool,
}

/// A stretch of both texts (byte ranges): the same on both sides, or a run of edits.
#[derive(Debug, Clone)]
struct Stretch {
    same: bool,
    old: Range<usize>,
    new: Range<usize>,
    words: usize,
    deleted: Vec<(usize, bool)>,
    inserted: Vec<(usize, bool)>,
    edit: Edit,
}

/// Turns steps into segments and edits.
pub(super) fn marks(old: &Sheet, new: &Sheet, steps: &[Step]) -> (Vec<Segment>, Vec<Edit>) {
    let mut stretches = stretches(old, new, steps);
    let (old_marks, new_marks) = (signals::marks(old.text, &old.tokens), signals::marks(new.text, &new.tokens));
    for stretch in stretches.iter_mut().filter(|stretch| !stretch.same) {
        weigh(stretch, (old, &old_marks), (new, &new_marks));
    }
    let stretches = join(stretches);
    let edits = stretches.iter().filter(|stretch| !stretch.same).map(|run| edit(old, new, run)).collect();
    (segments(old.text, new.text, stretches), edits)
}

fn stretches(old: &Sheet, new: &Sheet, steps: &[Step]) -> Vec<Stretch> {
    let mut found = Stretches::default();
    for step in steps {
        match *step {
            Step::Equal(o, n) => {
                let (before, after) = (&old.tokens[o], &new.tokens[n]);
                if before.space(old.text) != after.space(new.text) {
                    found.extend(false, before.start, after.start);
                }
                found.extend(true, before.end, after.end);
                found.last().words += usize::from(before.is_word());
            }
            Step::Delete { at, quiet } => {
                found.extend(false, old.with_space(at).end, found.new_end);
                found.last().deleted.push((at, quiet));
            }
            Step::Insert { at, quiet } => {
                found.extend(false, found.old_end, new.with_space(at).end);
                found.last().inserted.push((at, quiet));
            }
        }
    }
    let same_tail = old.text[old.tail()..] == new.text[new.tail()..];
    if old.tail() < old.text.len() || new.tail() < new.text.len() {
        found.extend(same_tail, old.text.len(), new.text.len());
    }
    found.found
}

/// Stretches in the making; both ends only ever move forwards, so that nothing is lost or told twice.
#[derive(Default)]
struct Stretches {
    found: Vec<Stretch>,
    old_end: usize,
    new_end: usize,
}

impl Stretches {
    fn extend(&mut self, same: bool, old_end: usize, new_end: usize) {
        if self.found.last().is_none_or(|last| last.same != same) {
            let (old, new) = (self.old_end..self.old_end, self.new_end..self.new_end);
            let (deleted, inserted) = (Vec::new(), Vec::new());
            self.found.push(Stretch { same, old, new, words: 0, deleted, inserted, edit: Edit::default() });
        }
        (self.old_end, self.new_end) = (old_end, new_end);
        let last = self.last();
        (last.old.end, last.new.end) = (old_end, new_end);
    }

    fn last(&mut self) -> &mut Stretch {
        self.found.last_mut().expect("extend has pushed a stretch")
    }
}

type Marked<'s, 't> = (&'s Sheet<'t>, &'s [Option<Signal>]);

/// Notes what the edited words of a run can mean, before it is joined with its neighbours.
fn weigh(run: &mut Stretch, old: Marked, new: Marked) {
    let loud =
        |tokens: &[(usize, bool)]| tokens.iter().filter(|(_, quiet)| !quiet).map(|(at, _)| *at).collect::<Vec<_>>();
    let (deleted, inserted) = (loud(&run.deleted), loud(&run.inserted));
    let signals = |at: &[usize], (sheet, marks): Marked| -> Vec<(Signal, String)> {
        let word = |at: &usize| Some((marks[*at]?, sheet.tokens[*at].text(sheet.text).to_lowercase()));
        at.iter().filter_map(word).collect()
    };
    let figures = |at: &[usize], sheet: &Sheet| -> Vec<String> {
        let figures = at.iter().map(|at| &sheet.tokens[*at]).filter(|token| token.kind.is_figure());
        figures.map(|token| token.text(sheet.text).to_owned()).collect()
    };
    let edited: Vec<&Token> = deleted.iter().map(|at| &old.0.tokens[*at]).collect();
    let kinds: Vec<Kind> =
        edited.iter().map(|token| token.kind).chain(inserted.iter().map(|at| new.0.tokens[*at].kind)).collect();
    let small = deleted.len() <= SMALL_RUN && inserted.len() <= SMALL_RUN;
    run.edit = Edit {
        signals: signals::in_run(&signals(&deleted, old), &signals(&inserted, new), small),
        figures: (figures(&deleted, old.0), figures(&inserted, new.0)),
        links: kinds.iter().any(|kind| kind.is_link()),
        contacts: kinds.iter().any(|kind| matches!(kind, Kind::Telephone | Kind::Email)),
        moved: kinds.is_empty() && run.deleted.len() + run.inserted.len() > 0,
        ..Edit::default()
    };
}

/// Joins runs that have fewer than [`WORDS_BETWEEN`] words between them.
fn join(stretches: Vec<Stretch>) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        let near = |same: &Stretch| same.same && same.words < WORDS_BETWEEN;
        match found.as_mut_slice() {
            [.., run, between] if !stretch.same && !run.same && near(between) => {
                run.old.end = stretch.old.end;
                run.new.end = stretch.new.end;
                let edit = stretch.edit;
                run.edit.signals.extend(edit.signals);
                run.edit.figures.0.extend(edit.figures.0);
                run.edit.figures.1.extend(edit.figures.1);
                run.edit.links |= edit.links;
                run.edit.contacts |= edit.contacts;
                run.edit.moved &= edit.moved;
                found.pop();
            }
            _ => found.push(stretch),
        }
    }
    found
}

fn edit(old: &Sheet, new: &Sheet, run: &Stretch) -> Edit {
    let word = |token: &Token| token.text(new.text).to_owned();
    let ends_before = new.tokens.partition_point(|token| token.end <= run.new.start);
    let begins_after = new.tokens.partition_point(|token| token.start < run.new.end);
    Edit {
        before: old.text[run.old.clone()].trim().to_owned(),
        after: new.text[run.new.clone()].trim().to_owned(),
        left: ends_before.checked_sub(1).map(|at| &new.tokens[at]).filter(|token| token.is_word()).map(word),
        right: new.tokens.get(begins_after).filter(|token| token.is_word()).map(word),
        ..run.edit.clone()
    }
}

/// Writes the stretches out: equal text, or one delete and then one insert. White space that both sides of a run share
/// at its borders is no edit.
fn segments(old: &str, new: &str, stretches: Vec<Stretch>) -> Vec<Segment> {
    let mut found = Vec::with_capacity(stretches.len() * 2);
    for stretch in stretches {
        let (cut, put) = (&old[stretch.old], &new[stretch.new]);
        if stretch.same {
            push(&mut found, Op::Equal, cut);
            continue;
        }
        let head = common_space(cut.chars().zip(put.chars()));
        push(&mut found, Op::Equal, &cut[..head]);
        let (cut, put) = (&cut[head..], &put[head..]);
        let tail = common_space(cut.chars().rev().zip(put.chars().rev()));
        push(&mut found, Op::Delete, &cut[..cut.len() - tail]);
        push(&mut found, Op::Insert, &put[..put.len() - tail]);
        push(&mut found, Op::Equal, &cut[cut.len() - tail..]);
    }
    slide(&mut found);
    found
}

/// Where text only went or only came, marks the space after it rather than the space before it.
fn slide(segments: &mut [Segment]) {
    for at in 1..segments.len().saturating_sub(1) {
        let [left, run, right] = &mut segments[at - 1..=at + 1] else { continue };
        let alone = left.op == Op::Equal && run.op != Op::Equal && right.op == Op::Equal;
        if alone && run.text.starts_with(' ') && right.text.starts_with(' ') && right.text.len() > 1 {
            left.text.push(' ');
            run.text.remove(0);
            run.text.push(' ');
            right.text.remove(0);
        }
    }
}

/// Bytes of white space that both sides begin with.
fn common_space(pairs: impl Iterator<Item = (char, char)>) -> usize {
    pairs.take_while(|(a, b)| a == b && a.is_whitespace()).map(|(c, _)| c.len_utf8()).sum()
}

fn push(found: &mut Vec<Segment>, op: Op, text: &str) {
    match found.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.op == op => last.text.push_str(text),
        _ => found.push(Segment { op, text: text.to_owned() }),
    }
}
