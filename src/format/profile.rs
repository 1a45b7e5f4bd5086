//! The JSON profile: the one way in which a value may be written.
//!
//! Everything that is signed is submitted in this form already, so that a document has one sequence of
//! bytes, one digest and readable line diffs, and so that `jq -S .`, Python and Node write the same bytes.
//! [`parse`] takes exactly what [`print()`] gives and nothing else. [`parse_lenient`] brings other well-formed
//! JSON into the profile, for `certreg fmt` and for drafts.
//!
//! Knows bytes and values; leaves members and their meaning to the shapes beside it. `serde_json` is not
//! used here: it keeps the last of two equal members silently and rounds numbers, and a strict reader of
//! this small grammar is shorter than the guards around it would be.
//!
//! Reading order: this file, `text` (what a string may hold), `read` (the grammar).

use std::collections::BTreeMap;

use crate::domain::{Fault, Faults};

mod read;
#[cfg(test)]
mod tests;
mod text;

/// The most bytes that a document may have, inclusive.
pub const MAX_BYTES: usize = 256 * 1024;

/// The most objects and arrays that may stand in one another, inclusive; the outermost object is at depth 1.
pub const MAX_DEPTH: usize = 16;

/// The most bytes that [`parse_lenient`] reads: escapes and generous white space shrink when they are brought
/// into the profile, but not without limit.
const MAX_BYTES_LENIENT: usize = 4 * MAX_BYTES;

/// A value inside the profile.
///
/// There is no `null` and no `false`: what does not hold is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Members by name.
    Object(BTreeMap<String, Node>),
    /// Items in their order.
    Array(Vec<Node>),
    /// Plain text in NFC, never empty, without white space at its ends.
    Text(String),
    /// A whole number n with |n| < 2^53.
    Integer(i64),
    /// A flag that is set.
    True,
}

/// Reads a document that is in the profile already: exactly the bytes that [`print()`] gives for the result.
///
/// # Errors
/// Every fault that was found, in document order, with JSON pointers; at most a hundred. Reading ends early
/// at the first place that is not JSON, and at the first value that lies too deep.
pub fn parse(bytes: &[u8]) -> Result<Node, Faults> {
    let node = parse_again(bytes)?;
    // The reader names what it knows to be wrong; this comparison is what makes the form canonical.
    let printed = print_into(String::with_capacity(bytes.len()), &node);
    if printed == bytes { Ok(node) } else { Err(not_canonical(bytes, &printed)) }
}

/// The same for bytes that [`parse`] has read before, as their digest proves: not printed again to compare.
///
/// # Errors
/// As [`parse`], but for `not-canonical`, which only printing tells.
pub fn parse_again(bytes: &[u8]) -> Result<Node, Faults> {
    read::document(bytes, MAX_BYTES, read::Mode::Exact)
}

/// Reads any JSON that can be brought into the profile without a decision: what `certreg fmt` may do.
///
/// It mends white space, line endings, a byte order mark, the order of members, escapes, Unicode composition
/// (NFC) and white space at the ends of strings. It leaves out members and items that are `null`, `false` or
/// empty. The result, printed, is in the profile.
///
/// # Errors
/// Every fault that needs a person: not JSON, not an object, duplicate members, fractions, numbers out of
/// range, refused code points, member names, depth, size (before: four times [`MAX_BYTES`]).
pub fn parse_lenient(bytes: &[u8]) -> Result<Node, Faults> {
    let node = read::document(bytes, MAX_BYTES_LENIENT, read::Mode::Lenient)?;
    if print(&node).len() > MAX_BYTES { Err(too_large(MAX_BYTES)) } else { Ok(node) }
}

/// Writes `node` with an indent of two spaces, members sorted bytewise, and one line feed at the end.
///
/// It writes what it is given. Whether a value that was put together by hand is in the profile is for
/// [`parse`] to say.
pub fn print(node: &Node) -> Vec<u8> {
    print_into(String::new(), node)
}

fn print_into(mut out: String, node: &Node) -> Vec<u8> {
    print_value(&mut out, node, 0);
    out.push('\n');
    out.into_bytes()
}

fn print_value(out: &mut String, node: &Node, indent: usize) {
    match node {
        Node::Object(members) => print_list(out, ['{', '}'], indent, members, |out, (name, value)| {
            print_text(out, name);
            out.push_str(": ");
            print_value(out, value, indent + 1);
        }),
        Node::Array(items) => {
            print_list(out, ['[', ']'], indent, items, |out, item| print_value(out, item, indent + 1))
        }
        Node::Text(text) => print_text(out, text),
        Node::Integer(n) => out.push_str(&n.to_string()),
        Node::True => out.push_str("true"),
    }
}

/// Writes items between brackets, one a line; nothing between the brackets when there are none.
fn print_list<T>(
    out: &mut String,
    [open, close]: [char; 2],
    indent: usize,
    items: impl IntoIterator<Item = T>,
    mut print_item: impl FnMut(&mut String, T),
) {
    out.push(open);
    let mut any = false;
    for item in items {
        if any {
            out.push(',');
        }
        any = true;
        new_line(out, indent + 1);
        print_item(out, item);
    }
    if any {
        new_line(out, indent);
    }
    out.push(close);
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", indent));
}

fn print_text(out: &mut String, text: &str) {
    out.push('"');
    // What needs no escape, nearly everything, is copied whole. Neither byte occurs inside another character.
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')) {
        out.push_str(&rest[..at]);
        out.push('\\');
        out.push_str(&rest[at..=at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn too_large(limit_bytes: usize) -> Faults {
    let detail = format!("the document is over {} KiB; shorten it, or link to the longer text", limit_bytes / 1024);
    Faults(vec![Fault::new("", "too-large", detail)])
}

/// Says on which line `bytes` first differ from what they should be.
fn not_canonical(bytes: &[u8], printed: &[u8]) -> Faults {
    let same = bytes.iter().zip(printed).take_while(|(a, b)| a == b).count();
    let line = 1 + bytes[..same].iter().filter(|b| **b == b'\n').count();
    let detail = format!("line {line} is not written as the profile has it; run `certreg fmt` on the file");
    Faults(vec![Fault::new("", "not-canonical", detail)])
}
