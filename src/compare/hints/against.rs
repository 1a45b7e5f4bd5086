//! Hints that need a second text: another supplier's, or the version before.

use std::collections::{BTreeMap, HashMap};

use super::Hint;
use crate::{
    compare::{
        About, Comparison,
        sentence::{list, quote},
        tokens::{Kind, Token, tokens},
    },
    domain::{AnswerId, Draft},
};

/// So many words in a row that are the same as another supplier's are hardly chance.
const WORDS_IN_A_ROW: usize = 12;

/// Notes text of twelve words or more that is identical to another supplier's.
pub fn hints_against(content: &Draft, others: &[&Draft]) -> Vec<Hint> {
    let mut own: HashMap<Vec<String>, (AnswerId, String)> = HashMap::new();
    for (id, statement) in statements(content) {
        for (words, text) in statement.iter().flat_map(|paragraph| windows(paragraph)) {
            own.entry(words).or_insert((id, text));
        }
    }
    let mut found: BTreeMap<AnswerId, Hint> = BTreeMap::new();
    for other in others.iter().filter(|other| other.supplier != content.supplier) {
        for (_, statement) in statements(other) {
            for (words, _) in statement.iter().flat_map(|paragraph| windows(paragraph)) {
                if let Some((id, text)) = own.get(&words) {
                    found.entry(*id).or_insert_with(|| identical(*id, text, other));
                }
            }
        }
    }
    found.into_values().collect()
}

fn identical(id: AnswerId, text: &str, other: &Draft) -> Hint {
    let sentence =
        format!("Twelve words or more are the same as in {}'s statement: {}.", other.supplier_name, quote(text));
    Hint { about: About::Answer(id), code: "identical_to_another", sentence }
}

/// Every answer's paragraphs.
fn statements(content: &Draft) -> impl Iterator<Item = (AnswerId, &[String])> {
    let questions = content.responses.iter().map(|(id, response)| (AnswerId::from(*id), response.statement.as_slice()));
    let support = content.support.iter().map(|(id, support)| (AnswerId::from(*id), support.statement.as_slice()));
    questions.chain(support)
}

/// Every run of twelve words: in small letters for comparing, and as written.
fn windows(paragraph: &str) -> Vec<(Vec<String>, String)> {
    let words: Vec<Token> = tokens(paragraph).into_iter().filter(Token::is_word).collect();
    let small = |run: &[Token]| run.iter().map(|token| token.text(paragraph).to_lowercase()).collect();
    let written = |run: &[Token]| paragraph[run[0].start..run[run.len() - 1].end].to_owned();
    // A single word of enormous length would be copied twelve times over.
    let short = |run: &&[Token]| run.iter().all(|token| token.end - token.start <= 64);
    words.windows(WORDS_IN_A_ROW).filter(short).map(|run| (small(run), written(run))).collect()
}

/// A figure that was changed in one answer and still stands in others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleFigure {
    /// For example `60 days`.
    pub figure: String,
    /// Where it was changed.
    pub changed_in: Vec<AnswerId>,
    /// Where it still stands.
    pub still_in: Vec<AnswerId>,
    /// For example `60 days still stands in Q 5.12 and Support 3.4`.
    pub sentence: String,
}

/// Finds other places that still say a figure which this version changed. To the supplier, before publishing.
///
/// Only times, dates and numbers with their unit count: a bare `3` stands for too many things.
pub fn stale_figures(comparison: &Comparison, new: &Draft) -> Vec<StaleFigure> {
    let mut changed: BTreeMap<String, (String, Vec<AnswerId>)> = BTreeMap::new();
    for (id, change) in comparison.all_changes().filter_map(|change| Some((change.about.answer()?, change))) {
        for figure in change.figures.iter().filter_map(|figure| figure.before.as_ref()).filter(|f| has_unit(f)) {
            let places = &mut changed.entry(folded(figure)).or_insert_with(|| (figure.clone(), Vec::new())).1;
            if !places.contains(&id) {
                places.push(id);
            }
        }
    }
    changed.into_iter().filter_map(|(key, (figure, changed_in))| stale(&key, figure, changed_in, new)).collect()
}

fn stale(key: &str, figure: String, changed_in: Vec<AnswerId>, new: &Draft) -> Option<StaleFigure> {
    let says = |statement: &[String]| statement.iter().any(|text| figures(text).any(|other| folded(other) == key));
    let places = statements(new).filter(|(id, statement)| !changed_in.contains(id) && says(statement));
    let still_in: Vec<AnswerId> = places.map(|(id, _)| id).collect();
    let labels: Vec<String> = still_in.iter().map(|id| id.label().replace("Support", "support")).collect();
    let sentence = format!("{figure} still stands in {}", list(&labels));
    (!still_in.is_empty()).then_some(StaleFigure { figure, changed_in, still_in, sentence })
}

fn figures(text: &str) -> impl Iterator<Item = &str> {
    let cut = tokens(text);
    cut.into_iter().filter(|token| token.kind.is_figure() && token.kind != Kind::Number).map(|token| token.text(text))
}

fn has_unit(figure: &str) -> bool {
    figures(figure).next().is_some()
}

/// `60 days`, `60-day` and `60 Days` are one figure.
fn folded(figure: &str) -> String {
    let plain: String = figure.to_lowercase().replace(['-', '\u{a0}', '\u{202f}'], " ");
    plain.strip_suffix('s').map_or(plain.clone(), str::to_owned)
}
