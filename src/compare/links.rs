//! Web and e-mail addresses in a text, found in one pass.

use super::tokens::Kind;

/// An address and where it stands (byte offsets).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

/// Every address in `text`, in order, none overlapping another.
pub(super) fn find(text: &str) -> Vec<Link> {
    // Most statements hold none; two searches for single bytes are all they pay.
    if !text.contains('@') && !text.contains("://") && !text.contains("www.") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut chunk_start = 0;
    for chunk in text.split_inclusive(char::is_whitespace) {
        let word = chunk.trim_end();
        match url_start(word) {
            Some(at) => {
                let end = at + without_closing_marks(&word[at..]);
                found.push(Link { start: chunk_start + at, end: chunk_start + end, kind: Kind::Url });
            }
            None => emails(word, chunk_start, &mut found),
        }
        chunk_start += chunk.len();
    }
    found
}

fn url_start(word: &str) -> Option<usize> {
    ["https://", "http://", "www."].iter().filter_map(|prefix| word.find(prefix)).min()
}

/// The length of an address without the punctuation of the sentence around it.
fn without_closing_marks(address: &str) -> usize {
    address.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '>', '\'', '"', '’', '”']).len()
}

fn emails(word: &str, offset: usize, found: &mut Vec<Link>) {
    let mut free_from = 0;
    for (at, _) in word.match_indices('@') {
        let local = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
        let domain = |b: &u8| b.is_ascii_alphanumeric() || b".-".contains(b);
        let before = word.as_bytes()[free_from..at].iter().rev().take_while(|b| local(b)).count();
        let after = word.as_bytes()[at + 1..].iter().take_while(|b| domain(b)).count();
        let host = word[at + 1..at + 1 + after].trim_end_matches(['.', '-']);
        if before > 0 && host.contains('.') {
            free_from = at + 1 + host.len();
            found.push(Link { start: offset + at - before, end: offset + free_from, kind: Kind::Email });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_where_the_sentence_goes_on() {
        let text =
            "Mail (a.b@example.org), c@d.example; see <https://example.org/x>, www.example.org. Not@here or @x.y";
        let found: Vec<&str> = find(text).iter().map(|link| &text[link.start..link.end]).collect();
        assert_eq!(found, ["a.b@example.org", "c@d.example", "https://example.org/x", "www.example.org"]);
    }
}
