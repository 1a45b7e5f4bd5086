//! Floor 1: reads the text of a published form into what a document needs, with doubts and leftovers.
//!
//! Knows the form (from the editions and `form.txt`) and the damage that extracted text has: rows split at page
//! breaks, rows as loose paragraphs, guidance among the answers, marks and links half lost. It never invents:
//! words go into what was found, or are reported as unplaced or doubtful, and only the form's own are dropped.
//! Leaves the written form of drafts to [`crate::format`] and files to the command line.
//!
//! Reading order: [`found`], `clean` and `markup` (text to pieces), `fold`, `passage` and `form` (telling the form's
//! words from a supplier's), `reader` (the walk) and `rows` and `take` (its steps), `answer`, `finish`.

mod answer;
mod clean;
mod contacts;
mod details;
mod finish;
mod fold;
mod form;
mod label;
mod markup;
mod passage;
mod reader;
mod rows;
mod take;

pub mod found;

pub use found::{Answer, Doubt, Found, Imported, LinkedWords, Named, Quote, Unplaced};

use crate::domain::Edition;

/// The longest text that is read, in bytes: 2 MiB, fifty times a real form.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Reads a published form's text.
///
/// `editions` are the wordings that it may answer, older ones first. A text over [`MAX_BYTES`] is not read:
/// the only doubt then says so. Time grows with the length of the text.
pub fn statement(text: &str, editions: &[&Edition]) -> Imported {
    let mut doubts = Vec::new();
    if text.len() > MAX_BYTES {
        let detail =
            format!("The text has {} bytes; at most {MAX_BYTES} are read. Remove what is no form.", text.len());
        doubts.push(Doubt::missing("text", "too-long", detail));
        return Imported { doubts, ..Imported::default() };
    }
    let blocks = clean::blocks(text, &mut doubts);
    let form = form::Form::of(editions);
    let mut reader = reader::Reader::new(&form);
    reader.doubts = doubts;
    reader.read(blocks);
    finish::finish(reader, editions)
}
