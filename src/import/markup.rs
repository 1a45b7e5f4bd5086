//! Markup in one line of text: HTML tags, Markdown emphasis, links and escapes.
//!
//! Only what is surely markup is taken away; anything else stays as it is, so no words are lost.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::{clean::Link, fold::Folded};

/// A paragraph of a line or cell.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    pub text: String,
    pub links: Vec<Link>,
    pub is_item: bool,
}

/// The paragraphs of one line or cell, without markup and empty ones.
pub(super) fn paragraphs(raw: &str) -> Vec<Paragraph> {
    let mut scan = Scan::default();
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '<' => scan.tag(rest),
            '[' => scan.markdown_link(rest),
            '\\' => scan.escape(rest),
            '&' => scan.entity(rest),
            _ => None,
        };
        let taken = taken.unwrap_or_else(|| {
            scan.push(c, false);
            c.len_utf8()
        });
        rest = rest.get(taken..).unwrap_or_default();
    }
    scan.end_paragraph(false);
    scan.paragraphs
}

/// A character, and whether an escape says that it is no markup.
type Mark = (char, bool);

#[derive(Default)]
struct Scan {
    paragraphs: Vec<Paragraph>,
    chars: Vec<Mark>,
    /// Links as character positions in `chars`.
    links: Vec<(usize, usize, String)>,
    /// An `<a href>` that is still open.
    anchor: Option<(usize, String)>,
    is_item: bool,
}

/// Tags that end a paragraph, and tags that say nothing.
const BREAKS: [&str; 15] = ["p", "br", "li", "div", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "ul", "ol"];
const SILENT: [&str; 14] =
    ["b", "i", "u", "em", "strong", "span", "font", "sup", "sub", "small", "table", "tbody", "thead", "a"];

impl Scan {
    fn push(&mut self, c: char, escaped: bool) {
        self.chars.push((c, escaped));
    }

    fn push_text(&mut self, text: &str) {
        self.chars.extend(text.chars().map(|c| (c, true)));
    }

    /// Reads a tag or an address in angle brackets; gives the bytes taken.
    fn tag(&mut self, rest: &str) -> Option<usize> {
        // Stopping at the next opening bracket keeps the whole scan linear.
        let inner_end = rest.get(1..)?.find(['<', '>'])? + 1;
        if rest.as_bytes().get(inner_end) != Some(&b'>') {
            return None;
        }
        let inner = rest.get(1..inner_end)?;
        let name_end = inner.strip_prefix('/').unwrap_or(inner).find(|c: char| !c.is_ascii_alphanumeric());
        let name = inner.strip_prefix('/').unwrap_or(inner);
        let name = name.get(..name_end.unwrap_or(name.len()))?.to_ascii_lowercase();
        let is_address = inner.starts_with("http://") || inner.starts_with("https://") || inner.contains('@');
        if is_address && !inner.contains(char::is_whitespace) {
            self.push_text(inner.strip_prefix("mailto:").unwrap_or(inner));
        } else if BREAKS.contains(&name.as_str()) {
            self.end_paragraph(name == "li" && !inner.starts_with('/'));
        } else if name == "a" {
            self.anchor(inner);
        } else if !SILENT.contains(&name.as_str()) {
            return None;
        }
        Some(inner_end + 1)
    }

    fn anchor(&mut self, inner: &str) {
        if let Some((start, url)) = self.anchor.take() {
            self.links.push((start, self.chars.len(), url));
        }
        let Some((_, value)) = inner.split_once("href=") else { return };
        let url = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split_whitespace().next(),
        };
        self.anchor = Some((self.chars.len(), url.unwrap_or_default().to_owned()));
    }

    /// Reads `[words](target)`; gives the bytes taken.
    fn markdown_link(&mut self, rest: &str) -> Option<usize> {
        let words_end = rest.get(1..)?.find(['[', ']'])? + 1;
        let after = rest.get(words_end..)?.strip_prefix("](")?;
        let target_len = after.find(['[', ')'])?;
        if !after.get(target_len..)?.starts_with(')') {
            return None;
        }
        let start = self.chars.len();
        let mut words = rest.get(1..words_end)?;
        while let Some(c) = words.chars().next() {
            let taken = if c == '\\' { self.escape(words) } else { None };
            let taken = taken.unwrap_or_else(|| {
                self.push(c, false);
                c.len_utf8()
            });
            words = words.get(taken..).unwrap_or_default();
        }
        let target = after.get(..target_len)?.split_whitespace().next().unwrap_or_default();
        self.links.push((start, self.chars.len(), target.to_owned()));
        Some(words_end + 2 + target_len + 1)
    }

    /// Reads backslashes before a sign that Markdown would use; gives the bytes taken.
    fn escape(&mut self, rest: &str) -> Option<usize> {
        // Many slashes in a row are no escape; the bound keeps the scan linear.
        let slashes = rest.bytes().take(5).take_while(|b| *b == b'\\').count();
        let sign = rest.get(slashes..)?.chars().next().filter(|c| "_*[]#|~`<>".contains(*c))?;
        if slashes > 4 {
            return None;
        }
        self.push(sign, true);
        Some(slashes + 1)
    }

    fn entity(&mut self, rest: &str) -> Option<usize> {
        const ENTITIES: [(&str, char); 7] = [
            ("&amp;", '&'),
            ("&lt;", '<'),
            ("&gt;", '>'),
            ("&quot;", '"'),
            ("&#39;", '\''),
            ("&apos;", '\''),
            ("&nbsp;", ' '),
        ];
        let (name, c) = ENTITIES.into_iter().find(|(name, _)| rest.starts_with(name))?;
        self.push(c, true);
        Some(name.len())
    }

    fn end_paragraph(&mut self, next_is_item: bool) {
        if let Some((start, url)) = self.anchor.take() {
            self.links.push((start, self.chars.len(), url));
        }
        let chars = std::mem::take(&mut self.chars);
        let links = std::mem::take(&mut self.links);
        let is_item = std::mem::replace(&mut self.is_item, next_is_item);
        let paragraph = finish(&chars, &links, is_item);
        if !paragraph.text.is_empty() {
            self.paragraphs.push(paragraph);
        }
    }
}

/// Drops emphasis, collapses white space, and moves the links along.
fn finish(chars: &[Mark], links: &[(usize, usize, String)], is_item: bool) -> Paragraph {
    let dropped = emphasis(chars);
    let mut text = String::with_capacity(chars.len());
    let mut byte_of = Vec::with_capacity(chars.len() + 1);
    for (i, (c, _)) in chars.iter().enumerate() {
        byte_of.push(text.len());
        if dropped[i] {
            continue;
        }
        if c.is_whitespace() {
            if !text.is_empty() && !text.ends_with(' ') {
                text.push(' ');
            }
        } else {
            text.push(*c);
        }
    }
    text.truncate(text.trim_end().len());
    byte_of.push(text.len());
    let at = |i: usize| byte_of.get(i).map_or(text.len(), |byte| (*byte).min(text.len()));
    let link = |(start, end, url): &(usize, usize, String)| {
        let words = text.get(at(*start)..at(*end)).unwrap_or_default().trim();
        (!same_place(words, url)).then(|| Link {
            at: at(*start) + text.get(at(*start)..at(*end)).unwrap_or_default().trim_end().len(),
            words: words.to_owned(),
            url: if url == "#" { String::new() } else { url.strip_prefix("mailto:").unwrap_or(url).to_owned() },
        })
    };
    let mut links: Vec<Link> = links.iter().filter_map(link).collect();
    if !is_nfc(&text) {
        // Marks between a letter and its accent fell away.
        text = text.nfc().collect();
        links.iter_mut().for_each(|link| link.at = text.len());
    }
    Paragraph { text, links, is_item }
}

/// Whether a link's words are its target, apart from scheme and punctuation.
fn same_place(words: &str, url: &str) -> bool {
    let bare = |text: &str| {
        let text = text.strip_prefix("mailto:").unwrap_or(text);
        let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        Folded::of(text).chars
    };
    bare(words) == bare(url)
}

/// Which characters are emphasis: pairs of equal runs of `*` or `_` that hug words.
fn emphasis(chars: &[Mark]) -> Vec<bool> {
    let mut dropped = vec![false; chars.len()];
    let mut open: Vec<(char, usize, usize)> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let (c, escaped) = chars[i];
        if escaped || !matches!(c, '*' | '_') {
            i += 1;
            continue;
        }
        let end = (i..chars.len()).find(|j| chars[*j] != (c, false)).unwrap_or(chars.len());
        let length = end - i;
        let before = i.checked_sub(1).map(|j| chars[j].0);
        let after = chars.get(end).map(|mark| mark.0);
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_gap = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let closes = !is_gap(before) && !is_word(after);
        let opens = !is_gap(after) && !is_word(before);
        // Only the innermost run can close: looking further would not be linear.
        match open.last() {
            Some(&(sign, start, open_length)) if closes && sign == c && open_length == length => {
                dropped[start..start + length].fill(true);
                dropped[i..end].fill(true);
                open.pop();
            }
            _ if opens => open.push((c, i, length)),
            _ => {}
        }
        i = end;
    }
    dropped
}
