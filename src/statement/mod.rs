//! Floor 1: a whole self-certification for people, in the layout and words of the schools' own template.
//!
//! [`StatementView`] is one value: what a reader sees, in order. Four renderings show it: [`StatementView::text`],
//! [`StatementView::markdown`], [`StatementView::html`] (one self-contained page) and [`StatementView::csv`]
//! (one row an answer). No rendering computes anything of its own.
//!
//! Knows how a statement is laid out and how supplier text is kept from acting as markup, formula or terminal
//! control. Leaves what changed between two versions to `crate::compare`, and the site around the page to
//! `crate::web`. Persons appear by name only through the resolver that the caller passes.
//!
//! Reading order: `words` (what a colour says), `view` (what a reader sees), `build` (how it
//! comes about), `record` (details and dates), then a file per rendering.

mod build;
pub mod csv;
mod html;
mod markdown;
mod record;
mod text;
mod view;
mod words;

#[cfg(test)]
mod tests;

pub use record::{Facts, assurance_in_a_line};
pub use view::{
    AnswerView, CommitmentView, EvidenceView, KeyView, Names, Row, SectionView, StatementView, SupportView,
};
pub use words::{CodeWords, code_words};
