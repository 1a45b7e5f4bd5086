//! Compares two statements: paragraphs first, then sentences, then words.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    DiffParagraph, FigureChange, Op, Segment,
    align::{Block, Pair, RELATED, blocks, pairs},
    budget::Budget,
    runs::{Edit, Step, marks},
    sheet::{Numbers, Sheet},
    signals::{self, Signal},
};

/// What kind of difference two statements have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// Not one byte differs.
    None,
    /// The same words with other spaces, punctuation or paragraphs.
    Spacing,
    /// The same sentences in another order.
    Order,
    /// Other words.
    Words,
}

/// The difference between two statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StatementDiff {
    pub nature: Nature,
    pub paragraphs: Vec<DiffParagraph>,
    pub rewritten: bool,
    pub edits: Vec<Edit>,
}

impl StatementDiff {
    /// Everything that the changed words can turn round.
    pub(super) fn signals(&self) -> BTreeSet<Signal> {
        match self.nature {
            Nature::Words => self.edits.iter().flat_map(|edit| edit.signals.iter().copied()).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// Figures that went, came or became others.
    pub(super) fn figures(&self) -> Vec<FigureChange> {
        self.edits.iter().flat_map(|edit| figure_changes(&edit.figures.0, &edit.figures.1)).collect()
    }
}

/// Compares two statements, a paragraph an item.
pub(super) fn compare(old: &[String], new: &[String], budget: &mut Budget) -> StatementDiff {
    if old == new {
        return StatementDiff { nature: Nature::None, paragraphs: Vec::new(), rewritten: false, edits: Vec::new() };
    }
    let mut numbers = Numbers::default();
    let old: Vec<Sheet> = old.iter().map(|text| Sheet::new(text, &mut numbers)).collect();
    let new: Vec<Sheet> = new.iter().map(|text| Sheet::new(text, &mut numbers)).collect();
    let nature = nature(&old, &new);
    let sentences = |sheets: &[Sheet]| sheets.iter().map(|sheet| sheet.items.len()).sum::<usize>();
    let moved = if sentences(&old) > 1 { moved(&old, &new) } else { HashSet::new() };
    let work = Work { moved, matched: 0, budget };
    work.run(&old, &new, nature)
}

fn nature(old: &[Sheet], new: &[Sheet]) -> Nature {
    if old.iter().flat_map(Sheet::words).eq(new.iter().flat_map(Sheet::words)) {
        return Nature::Spacing;
    }
    let sorted = |sheets: &[Sheet]| {
        let mut keys: Vec<u32> = sheets.iter().flat_map(|sheet| sheet.items.iter().map(|item| item.key)).collect();
        keys.sort_unstable();
        keys
    };
    if sorted(old) == sorted(new) { Nature::Order } else { Nature::Words }
}

/// Sentences that stand equally often on both sides: where one is marked, it was only moved.
fn moved(old: &[Sheet], new: &[Sheet]) -> HashSet<u32> {
    let mut counts: HashMap<u32, (usize, usize)> = HashMap::new();
    old.iter().flat_map(|sheet| &sheet.items).for_each(|item| counts.entry(item.key).or_default().0 += 1);
    new.iter().flat_map(|sheet| &sheet.items).for_each(|item| counts.entry(item.key).or_default().1 += 1);
    counts.into_iter().filter(|(_, (before, after))| before == after).map(|(key, _)| key).collect()
}

struct Work<'b> {
    moved: HashSet<u32>,
    matched: usize,
    budget: &'b mut Budget,
}

impl Work<'_> {
    fn run(mut self, old: &[Sheet], new: &[Sheet], nature: Nature) -> StatementDiff {
        let items = |sheets: &[Sheet]| sheets.iter().map(|sheet| sheet.item.clone()).collect::<Vec<_>>();
        let (mut paragraphs, mut edits) = (Vec::new(), Vec::new());
        for pair in pairs(&items(old), &items(new), self.budget) {
            let (segments, found) = match pair {
                Pair::Both(o, n) => self.paragraph(&old[o], &new[n]),
                Pair::Old(o) => self.one_sided(&old[o], Op::Delete),
                Pair::New(n) => self.one_sided(&new[n], Op::Insert),
            };
            paragraphs.push(DiffParagraph { segments });
            edits.extend(found);
        }
        let words = |sheets: &[Sheet]| sheets.iter().map(|sheet| sheet.item.words.len()).sum::<usize>();
        let (before, after) = (words(old), words(new));
        let alike = 2.0 * self.matched as f32 / (before + after).max(1) as f32;
        let rewritten = nature == Nature::Words && before > 0 && after > 0 && alike < RELATED;
        if rewritten {
            (paragraphs, edits) = (whole(old, new), vec![whole_edit(old, new)]);
        }
        StatementDiff { nature, paragraphs, rewritten, edits }
    }

    fn paragraph(&mut self, old: &Sheet, new: &Sheet) -> (Vec<Segment>, Vec<Edit>) {
        if old.text == new.text {
            self.matched += old.item.words.len();
            return (vec![Segment { op: Op::Equal, text: old.text.to_owned() }], Vec::new());
        }
        let mut steps = Vec::with_capacity(old.tokens.len().max(new.tokens.len()));
        for pair in pairs(&old.items, &new.items, self.budget) {
            match pair {
                Pair::Both(o, n) => self.sentence(old, o, new, n, &mut steps),
                Pair::Old(o) => self.whole_sentence(old, o, Op::Delete, &mut steps),
                Pair::New(n) => self.whole_sentence(new, n, Op::Insert, &mut steps),
            }
        }
        let (mut segments, edits) = marks(old, new, &steps);
        // A paragraph of no text is there all the same; an empty segment says on which side.
        if old.text.is_empty() {
            segments.insert(0, Segment { op: Op::Delete, text: String::new() });
        } else if new.text.is_empty() {
            segments.push(Segment { op: Op::Insert, text: String::new() });
        }
        (segments, edits)
    }

    fn sentence(&mut self, old: &Sheet, o: usize, new: &Sheet, n: usize, steps: &mut Vec<Step>) {
        let (before, after) = (old.sentences[o].clone(), new.sentences[n].clone());
        let found = blocks(&old.ids[before.clone()], &new.ids[after.clone()], self.budget);
        let (mut own, mut matched) = (Vec::new(), 0);
        for block in found {
            match block {
                Block::Same { old: a, new: b, len } => {
                    let equal = (0..len).map(|at| Step::Equal(before.start + a + at, after.start + b + at));
                    matched += (0..len).filter(|at| old.tokens[before.start + a + at].is_word()).count();
                    own.extend(equal);
                }
                Block::Other { old: a, new: b } => {
                    own.extend(a.map(|at| Step::Delete { at: before.start + at, quiet: false }));
                    own.extend(b.map(|at| Step::Insert { at: after.start + at, quiet: false }));
                }
            }
        }
        let words = old.items[o].words.len() + new.items[n].words.len();
        if words > 0 && (2.0 * matched as f32) < RELATED * words as f32 {
            self.whole_sentence(old, o, Op::Delete, steps);
            self.whole_sentence(new, n, Op::Insert, steps);
        } else {
            self.matched += matched;
            steps.extend(own);
        }
    }

    fn whole_sentence(&self, sheet: &Sheet, number: usize, op: Op, steps: &mut Vec<Step>) {
        let quiet = self.moved.contains(&sheet.items[number].key);
        let step = |at| if op == Op::Delete { Step::Delete { at, quiet } } else { Step::Insert { at, quiet } };
        steps.extend(sheet.sentences[number].clone().map(step));
    }

    fn one_sided(&self, sheet: &Sheet, op: Op) -> (Vec<Segment>, Vec<Edit>) {
        let empty = Sheet::new("", &mut Numbers::default());
        let mut steps = Vec::with_capacity(sheet.tokens.len());
        (0..sheet.sentences.len()).for_each(|number| self.whole_sentence(sheet, number, op, &mut steps));
        let (_, edits) = if op == Op::Delete { marks(sheet, &empty, &steps) } else { marks(&empty, sheet, &steps) };
        (vec![Segment { op, text: sheet.text.to_owned() }], edits)
    }
}

fn whole(old: &[Sheet], new: &[Sheet]) -> Vec<DiffParagraph> {
    let segment = |op, sheet: &Sheet| Segment { op, text: sheet.text.to_owned() };
    if let ([before], [after]) = (old, new) {
        return vec![DiffParagraph { segments: vec![segment(Op::Delete, before), segment(Op::Insert, after)] }];
    }
    let removed = old.iter().map(|sheet| segment(Op::Delete, sheet));
    let added = new.iter().map(|sheet| segment(Op::Insert, sheet));
    removed.chain(added).map(|segment| DiffParagraph { segments: vec![segment] }).collect()
}

/// A rewritten statement as one edit. Every signal word on either side counts: nobody can say what it belongs to now.
fn whole_edit(old: &[Sheet], new: &[Sheet]) -> Edit {
    let join = |sheets: &[Sheet]| sheets.iter().map(|sheet| sheet.text.trim()).collect::<Vec<_>>().join(" ");
    let signals = |sheet: &Sheet| signals::marks(sheet.text, &sheet.tokens).into_iter().flatten().collect::<Vec<_>>();
    let of_kind = |sheets: &[Sheet], wanted: fn(super::tokens::Kind) -> bool| -> Vec<String> {
        let texts = |sheet: &Sheet| -> Vec<String> {
            let tokens = sheet.tokens.iter().filter(|token| wanted(token.kind));
            tokens.map(|token| token.text(sheet.text).to_owned()).collect()
        };
        sheets.iter().flat_map(texts).collect()
    };
    use super::tokens::Kind;
    let differ = |wanted: fn(Kind) -> bool| of_kind(old, wanted) != of_kind(new, wanted);
    Edit {
        before: join(old),
        after: join(new),
        signals: old.iter().chain(new).flat_map(signals).collect(),
        figures: (of_kind(old, Kind::is_figure), of_kind(new, Kind::is_figure)),
        links: differ(Kind::is_link),
        contacts: differ(|kind| matches!(kind, Kind::Telephone | Kind::Email)),
        ..Edit::default()
    }
}

fn figure_changes(removed: &[String], added: &[String]) -> Vec<FigureChange> {
    // A figure that stands on both sides of an edit has not changed.
    let mut added: Vec<&String> = added.iter().collect();
    let mut gone: Vec<&String> = Vec::new();
    for figure in removed {
        match added.iter().position(|other| *other == figure) {
            Some(at) => drop(added.remove(at)),
            None => gone.push(figure),
        }
    }
    let longest = gone.len().max(added.len());
    let change = |at: usize| FigureChange {
        before: gone.get(at).map(|figure| (*figure).clone()),
        after: added.get(at).map(|figure| (*figure).clone()),
    };
    (0..longest).map(change).collect()
}
