//! A text as it was extracted, without its markup: rows, cells and paragraphs with their line numbers.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

use super::{
    found::Doubt,
    label,
    markup::{self, Paragraph},
};

/// One paragraph, one run of wrapped lines, or one paragraph of a table cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    /// Clean text: no markup, single spaces, lines of a wrapped run joined by one space.
    pub text: String,
    /// Where each source line starts in `text` (byte), and its number from 1. Never empty.
    pub lines: Vec<(usize, usize)>,
    /// Links whose words are not their target.
    pub links: Vec<Link>,
    /// It was an item of a list.
    pub is_item: bool,
}

/// A link whose words are not its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The byte of the text just after the link's words.
    pub at: usize,
    pub words: String,
    /// Empty when the text kept no target (`#`).
    pub url: String,
}

/// What stands in the text, in order.
#[derive(Debug)]
pub(super) enum Block {
    /// Text outside any table.
    Loose(Piece),
    /// A line with cells; a cell holds paragraphs, or nothing.
    Row(Vec<Vec<Piece>>),
    /// A line of a table that was printed with spaces between its columns: each cell holds a line of its text.
    ColumnLine(Vec<Vec<Piece>>),
}

impl Piece {
    /// The source line on which the byte at `at` stands.
    pub fn line_at(&self, at: usize) -> usize {
        let after = self.lines.partition_point(|(start, _)| *start <= at);
        self.lines.get(after.saturating_sub(1)).map_or(0, |(_, line)| *line)
    }

    /// Whether a source line starts at this byte.
    pub fn starts_line(&self, at: usize) -> bool {
        self.lines.binary_search_by_key(&at, |(start, _)| *start).is_ok()
    }

    /// The byte at which the source line around `at` ends.
    pub fn line_end(&self, at: usize) -> usize {
        let after = self.lines.partition_point(|(start, _)| *start <= at);
        self.lines.get(after).map_or(self.text.len(), |(start, _)| *start)
    }

    fn push_line(&mut self, more: Piece) {
        self.text.push(' ');
        let offset = self.text.len();
        self.text.push_str(&more.text);
        self.lines.extend(more.lines.into_iter().map(|(start, line)| (start + offset, line)));
        self.links.extend(more.links.into_iter().map(|link| Link { at: link.at + offset, ..link }));
    }
}

/// Splits a text into blocks. Characters that no document may hold are reported as doubts.
pub(super) fn blocks(text: &str, doubts: &mut Vec<Doubt>) -> Vec<Block> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut blocks = Vec::new();
    let mut follows_text = false;
    let mut in_columns = false;
    for (number, line) in text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).enumerate() {
        let number = number + 1;
        // A form feed ends a page: what follows starts a new block.
        for (part, page) in line.split('\u{c}').enumerate() {
            follows_text &= part == 0;
            let page = tidy(page, number, doubts);
            in_columns = part == 0 && (in_columns || starts_columns(&page)) && !page.trim().is_empty();
            if is_rule(&page) {
                follows_text = false;
            } else if in_columns && page.contains(GAP) && !page.contains('\t') {
                let cells = columns_of(&page).into_iter().map(|cell| pieces_of(cell, number));
                blocks.push(Block::ColumnLine(cells.collect()));
                follows_text = false;
            } else if let Some(cells) = cells_of(&page) {
                blocks.push(Block::Row(cells.into_iter().map(|cell| pieces_of(cell, number)).collect()));
                follows_text = false;
            } else {
                follows_text = loose_line(&page, number, follows_text, &mut blocks);
            }
        }
    }
    blocks
}

/// Adds a line without cells; says whether the next line may continue it.
fn loose_line(line: &str, number: usize, follows_text: bool, blocks: &mut Vec<Block>) -> bool {
    let trimmed = line.trim().trim_start_matches("> ");
    let unmarked = trimmed.trim_start_matches('#');
    let is_heading = unmarked.len() < trimmed.len() && unmarked.starts_with(' ');
    let (content, is_item) = if is_heading { (unmarked, false) } else { without_bullet(trimmed) };
    let mut pieces = pieces_of(content, number);
    let mut wrapped = follows_text && !is_item && !is_heading;
    if let Some(first) = pieces.first_mut() {
        first.is_item |= is_item;
    }
    let any = !pieces.is_empty();
    for piece in pieces {
        match blocks.last_mut() {
            Some(Block::Loose(before)) if wrapped && !piece.is_item => before.push_line(piece),
            _ => blocks.push(Block::Loose(piece)),
        }
        wrapped = false;
    }
    any && !is_heading
}

fn pieces_of(cell: &str, line: usize) -> Vec<Piece> {
    let piece = |paragraph: Paragraph| Piece {
        text: paragraph.text,
        lines: vec![(0, line)],
        links: paragraph.links,
        is_item: paragraph.is_item,
    };
    markup::paragraphs(cell).into_iter().map(piece).collect()
}

/// A line of dashes, a table's separator, or nothing at all.
fn is_rule(line: &str) -> bool {
    let mark = |c: char| c.is_whitespace() || "-=_*|:+".contains(c);
    line.chars().all(mark) && (line.trim().is_empty() || line.trim().len() >= 2)
}

/// The least gap between columns that are printed with spaces.
const GAP: &str = "   ";

/// Whether a table with columns of spaces starts here: a question's number, then a gap in the line.
fn starts_columns(line: &str) -> bool {
    let is_question = label::at(line).is_some_and(|label| label.has_q);
    is_question && line.trim().contains(GAP)
}

fn columns_of(line: &str) -> Vec<&str> {
    let mut cells: Vec<&str> = line.split(GAP).map(str::trim).filter(|cell| !cell.is_empty()).collect();
    if line.starts_with(GAP) {
        cells.insert(0, "");
    }
    cells
}

fn cells_of(line: &str) -> Option<Vec<&str>> {
    let trimmed = line.trim();
    if line.contains('\t') && !trimmed.is_empty() {
        return Some(line.split('\t').collect());
    }
    let inner = trimmed.strip_prefix('|')?;
    Some(inner.strip_suffix('|').unwrap_or(inner).split('|').collect())
}

/// Takes the sign off an item of a list. Numbers stay: they are words.
fn without_bullet(line: &str) -> (&str, bool) {
    let mut chars = line.chars();
    match chars.next() {
        Some('-' | '*' | '+' | '•' | '◦' | '▪' | '‣' | '·' | '●' | '○' | '–' | '—') => {
            let rest = chars.as_str();
            if rest.starts_with(char::is_whitespace) { (rest.trim_start(), true) } else { (line, false) }
        }
        _ => (line, false),
    }
}

/// Replaces what extraction left behind: ligatures, unusual spaces, invisible and forbidden characters.
fn tidy(line: &str, number: usize, doubts: &mut Vec<Doubt>) -> String {
    if line.is_ascii() && !line.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
        return line.to_owned();
    }
    let mut tidied = String::with_capacity(line.len());
    let mut odd: Option<char> = None;
    let mut has_ligature = false;
    for c in line.chars() {
        match c {
            '\t' => tidied.push('\t'),
            '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            '\u{f0b7}' | '\u{f0a7}' => tidied.push('•'),
            '\u{fb00}'..='\u{fb06}' => {
                has_ligature = true;
                tidied.push_str(ligature(c));
            }
            _ if c.is_whitespace() => tidied.push(' '),
            _ if c.is_ascii() && !c.is_control() => tidied.push(c),
            _ if is_forbidden(c) => {
                odd.get_or_insert(c);
                tidied.extend(c.is_control().then_some(' '));
            }
            '\u{fffd}' => {
                odd.get_or_insert(c);
                tidied.push(c);
            }
            _ => tidied.push(c),
        }
    }
    if has_ligature {
        let detail = "Joined letters (ligatures) were written apart: compare this line with the published form.";
        doubts.push(Doubt::at(number, "text", "ligature", detail));
    }
    if let Some(c) = odd {
        let detail = format!(
            "The character U+{:04X} here cannot stand in a document or shows a lost letter: compare this line with the published form.",
            u32::from(c)
        );
        doubts.push(Doubt::at(number, "text", "odd-character", detail));
    }
    tidied.nfc().collect()
}

/// The categories that the document profile refuses.
fn is_forbidden(c: char) -> bool {
    use GeneralCategory as G;
    matches!(get_general_category(c), G::Control | G::Format | G::PrivateUse | G::Unassigned | G::Surrogate)
}

/// The letters of a ligature, `U+FB00` to `U+FB06`.
fn ligature(c: char) -> &'static str {
    match c {
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        _ => "st",
    }
}
