//! The supplier's details at the head of the form: labels and their values.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    clean::Piece,
    fold::fold,
    found::{Doubt, Quote},
};

/// A detail that the form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    SupplierName,
    Address,
    ContactName,
    ContactEmail,
    ContactTelephone,
}

/// Labels as forms print them, longer ones first.
const LABELS: [(&str, Detail); 16] = [
    ("Contact telephone number", Detail::ContactTelephone),
    ("Telephone number", Detail::ContactTelephone),
    ("Contact telephone", Detail::ContactTelephone),
    ("Contact phone", Detail::ContactTelephone),
    ("Telephone", Detail::ContactTelephone),
    ("Supplier name", Detail::SupplierName),
    ("Supplier address", Detail::Address),
    ("Name of supplier", Detail::SupplierName),
    ("Company name", Detail::SupplierName),
    ("Contact email address", Detail::ContactEmail),
    ("Contact e-mail", Detail::ContactEmail),
    ("Contact email", Detail::ContactEmail),
    ("Email address", Detail::ContactEmail),
    ("Contact name", Detail::ContactName),
    ("Postal address", Detail::Address),
    ("Address", Detail::Address),
];

/// The details found so far.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// Values in the text's order; an address may have several.
    pub values: Vec<(Detail, Quote)>,
    /// Labels that stood alone and wait for their values.
    waiting: Vec<Detail>,
    /// The label that was filled last, with its line: an address goes on over lines.
    last: Option<(Detail, usize)>,
}

impl Details {
    /// Takes a row whose first cell is a label.
    pub fn take_row(&mut self, cells: &[Vec<Piece>]) -> bool {
        let Some([label]) = cells.first().map(Vec::as_slice) else { return false };
        let Some(detail) = whole_label(&label.text) else { return false };
        self.waiting.clear();
        let values = cells.iter().skip(1).flatten();
        for value in values {
            self.set(detail, value.line_at(0), &value.text);
        }
        true
    }

    /// Takes a line outside a table; gives back what has no place here.
    pub fn take_line(&mut self, text: &str, line: usize) -> Vec<String> {
        let labels = labels_in(text);
        if labels.is_empty() {
            return self.take_value(text, line).into_iter().collect();
        }
        let mut leftovers = Vec::new();
        let before = text.get(..labels.first().map_or(0, |(start, ..)| *start)).unwrap_or_default();
        if !before.trim().is_empty() {
            leftovers.extend(self.take_value(before, line));
        }
        for (i, &(_, end, detail)) in labels.iter().enumerate() {
            let next = labels.get(i + 1).map_or(text.len(), |(start, ..)| *start);
            let value = text.get(end..next).unwrap_or_default();
            if value.chars().any(char::is_alphanumeric) {
                self.waiting.clear();
                self.set(detail, line, value);
            } else {
                self.waiting.push(detail);
                self.last = None;
            }
        }
        leftovers
    }

    /// A line without a label: the value of the one label that waits, or the next line of an address.
    fn take_value(&mut self, text: &str, line: usize) -> Option<String> {
        if let [detail] = self.waiting[..] {
            self.waiting.clear();
            self.set(detail, line, text);
            return None;
        }
        match self.last {
            Some((Detail::Address, before)) if line <= before + 1 && self.waiting.is_empty() => {
                self.set(Detail::Address, line, text);
                None
            }
            _ => Some(text.to_owned()),
        }
    }

    fn set(&mut self, detail: Detail, line: usize, text: &str) {
        self.last = Some((detail, line));
        self.values.push((detail, Quote { line, text: text.trim().to_owned() }));
    }

    /// The one value of a detail; a second value is a doubt.
    pub fn one(&self, detail: Detail, about: &str, doubts: &mut Vec<Doubt>) -> Option<Quote> {
        let mut values = self.values.iter().filter(|(of, _)| *of == detail).map(|(_, quote)| quote);
        let first = values.next()?;
        for other in values.filter(|other| other.text != first.text) {
            let detail = format!("A further value stands here: '{}'. The first was taken.", other.text);
            doubts.push(Doubt::at(other.line, about, "second-value", detail));
        }
        Some(first.clone())
    }

    /// Labels that never got a value because several stood together.
    pub fn without_value(&self) -> usize {
        self.waiting.len()
    }
}

/// The labels, folded.
static FOLDED: LazyLock<HashMap<Vec<char>, Detail>> =
    LazyLock::new(|| LABELS.iter().map(|(label, detail)| (fold(label), *detail)).collect());

fn whole_label(text: &str) -> Option<Detail> {
    // No label is longer; a whole paragraph need not be folded.
    if text.len() > 60 { None } else { FOLDED.get(&fold(text)).copied() }
}

/// Labels in a line: one alone, or any number with a colon after each. Start, end (after the colon), which.
fn labels_in(text: &str) -> Vec<(usize, usize, Detail)> {
    if let Some(detail) = whole_label(text) {
        return vec![(0, text.len(), detail)];
    }
    let lower = text.to_ascii_lowercase();
    let mut labels: Vec<(usize, usize, Detail)> = Vec::new();
    for (colon, _) in lower.match_indices(':') {
        let before = lower.get(..colon).unwrap_or_default().trim_end();
        let label = LABELS.iter().find(|(label, _)| {
            let rest = before.strip_suffix(&label.to_ascii_lowercase());
            rest.is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '-'))
        });
        if let Some((label, detail)) = label {
            labels.push((before.len() - label.len(), colon + 1, *detail));
        }
    }
    labels
}
