//! Floor 1: what changed between versions, in words that a head teacher understands.
//!
//! Knows only [`crate::domain`]. Pure: no IO, no clock; the caller says what day it is, and finds the versions. One
//! function makes one value, [`versions`] a [`Comparison`]; renderings write it out and compute nothing of their own.
//! The rules are published: importance is computed, never chosen by the supplier.
//!
//! Reading order: `types`, `marked` and `about` (what a comparison is); `tokens`, `figures`, `links`, `sheet` (text as
//! words); `align`, `statement`, `runs` (which words went and came), `budget` (the bound on that work); [`signals`],
//! `countries` (words that turn a sentence round); `pairing`, `answers`, `facts`, `fold` (the changes); `rules`
//! (direction and importance) and [`RULES`] (the same as a list); `sentence`, `headline` (the English); then what is
//! built on top: `outline` (a version as the register noted it), [`mod@since`], [`mod@history`], [`mod@promptness`],
//! [`mod@hints`], [`legal`], and `render`.

mod about;
mod align;
mod answers;
mod budget;
mod countries;
mod facts;
mod figures;
mod fold;
mod headline;
pub mod hints;
pub mod history;
pub mod legal;
mod links;
mod marked;
mod outline;
mod pairing;
pub mod promptness;
mod published;
mod render;
mod rules;
mod runs;
mod sentence;
mod sheet;
pub mod signals;
pub mod since;
mod statement;
mod tokens;
mod types;
mod versions;

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod hint_tests;
#[cfg(test)]
mod outline_tests;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod since_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod text_tests;

use std::collections::BTreeMap;

use crate::domain::AnswerId;

pub use about::{About, ContactField};
pub use hints::{Hint, StaleFigure, hints, hints_against, question_differs, stale_figures};
pub use history::{AnswerHistory, HistoryEntry, history};
pub use marked::{DiffParagraph, Op, Segment};
pub use outline::{Outline, Step};
pub use promptness::{FreshnessFacts, FreshnessState, Lag, Promptness, freshness, of_supplier, promptness};
pub use published::{RULES, Rule};
pub use render::{CUT_SHORT, Stretch, TextOptions, groups, stretches};
pub use since::{
    Announced, Baseline, BaselineKind, ChangedBack, Reader, ReaderDay, SinceReport, baseline, between, in_force, since,
    since_outlined,
};
pub use types::*;
pub use versions::{StandingFact, versions};

/// What every step of one comparison needs.
struct Context<'a> {
    old: Side<'a>,
    new: Side<'a>,
    pairs: Vec<pairing::Paired>,
    corrections: BTreeMap<AnswerId, CorrectionFacts>,
    reader: Option<Reader>,
    budget: budget::Budget,
}
