//! Text as words, figures and sentences.
//!
//! A token carries the white space before it, so that tokens put together again give the text byte for byte and a
//! lone space can never stand as an edit of its own.

use super::{figures, links};
use unicode_segmentation::UnicodeSegmentation;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word, or the name of a standard with its number (`ISO 27001` is no figure).
    Word,
    /// A number without a unit.
    Number,
    /// A number with its unit, a percentage or an amount of money: `60 days`, `99.9%`, `£1,000`.
    Quantity,
    /// A time or a range of times: `08:00 – 16:00`, `24/7`.
    Time,
    /// A date: `4 May 2018`.
    Date,
    /// A telephone number.
    Telephone,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// Anything else: punctuation, symbols.
    Mark,
}

impl Kind {
    /// Whether a reader would ask "how many, how long, when".
    pub(super) fn is_figure(self) -> bool {
        matches!(self, Kind::Number | Kind::Quantity | Kind::Time | Kind::Date)
    }

    /// Whether it leads somewhere.
    pub(super) fn is_link(self) -> bool {
        matches!(self, Kind::Email | Kind::Url)
    }
}

/// One token: byte offsets into the text that it was cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Where the white space before it begins.
    pub space: usize,
    /// Where it begins.
    pub start: usize,
    /// Just after its last byte.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
}

impl Token {
    /// The token without the white space before it.
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// The white space before it.
    pub(super) fn space<'t>(&self, text: &'t str) -> &'t str {
        &text[self.space..self.start]
    }

    /// Whether it counts as a word when two texts are weighed against each other.
    pub(super) fn is_word(&self) -> bool {
        self.kind != Kind::Mark
    }
}

/// Cuts `text` into tokens. White space after the last token belongs to none.
///
/// Linear in the length of the text: nothing looks further ahead than a fixed number of bytes, but for web and e-mail
/// addresses, which are found in one pass before.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.len() / 5);
    let mut links = links::find(text).into_iter().peekable();
    let mut pos = 0;
    loop {
        let start = pos + text[pos..].find(|c: char| !c.is_whitespace()).unwrap_or(text.len() - pos);
        if start == text.len() {
            return found;
        }
        while links.next_if(|link| link.start < start).is_some() {}
        let (end, kind) = match links.peek() {
            Some(link) if link.start == start => (link.end, link.kind),
            Some(link) => token_at(text, start, link.start),
            None => token_at(text, start, text.len()),
        };
        found.push(Token { space: pos, start, end, kind });
        pos = end;
    }
}

/// The token that begins at `start` and ends by `limit` (which lies on a character boundary after `start`).
fn token_at(text: &str, start: usize, limit: usize) -> (usize, Kind) {
    if let Some((length, kind)) = figures::at(&text[start..limit]) {
        return (start + length, kind);
    }
    if let Some(length) = plain_word(&text.as_bytes()[start..limit]) {
        return (start + length, Kind::Word);
    }
    let piece = text[start..limit].split_word_bounds().next().unwrap_or(&text[start..limit]);
    // Word bounds never split inside white space that follows a letter, but be sure never to swallow any.
    let piece = piece.split(char::is_whitespace).next().filter(|part| !part.is_empty()).unwrap_or(piece);
    let kind = if piece.chars().all(is_punctuation) { Kind::Mark } else { Kind::Word };
    let kind = if piece.bytes().all(|byte| byte.is_ascii_digit()) { Kind::Number } else { kind };
    (start + piece.len(), kind)
}

/// The length of a word of plain letters and digits that nothing can continue, as most words are.
///
/// Gives what the word bounds of Unicode (UAX 29) give, at a tenth of the cost.
fn plain_word(bytes: &[u8]) -> Option<usize> {
    let length = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let letters = bytes[..length].iter().any(u8::is_ascii_alphabetic);
    let ends = match bytes.get(length) {
        None => true,
        // What may join two letters or two digits does so only between them.
        Some(b'\'' | b'.' | b':' | b',' | b';') => {
            bytes.get(length + 1).is_none_or(|next| matches!(next, b' ' | b'\n'))
        }
        Some(b'_') => false,
        Some(next) => next.is_ascii(),
    };
    (letters && ends).then_some(length)
}

/// Marks that may change without changing what is said. `<`, `+`, `☑` and the like are not among them.
fn is_punctuation(c: char) -> bool {
    match c {
        '%' | '+' | '<' | '=' | '>' | '$' | '&' | '#' | '@' | '~' | '^' => false,
        '«' | '»' | '·' | '¶' | '\u{200b}'..='\u{2027}' | '\u{2029}'..='\u{206f}' | '\u{feff}' | '\u{ad}' => true,
        _ => c.is_ascii_punctuation() || c.is_control(),
    }
}

/// Words after which a full stop never ends a sentence: "e.g. Microsoft".
const ABBREVIATIONS: [&str; 25] = [
    "e.g", "i.e", "eg", "ie", "cf", "vs", "viz", "approx", "incl", "excl", "mr", "mrs", "ms", "dr", "prof", "st", "no",
    "nos", "fig", "art", "tel", "ext", "dept", "min", "max",
];

/// Cuts tokens into sentences: ranges of token numbers, one after the other, that leave nothing out.
///
/// A sentence ends after `.`, `!` or `?` (and closing quotes or brackets) where white space and something other than
/// a small letter follow, unless the word before is an abbreviation.
pub(super) fn sentences(text: &str, tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut begin = 0;
    for next in 1..tokens.len() {
        if ends_sentence(text, &tokens[begin..next]) && begins_sentence(text, &tokens[next]) {
            found.push(begin..next);
            begin = next;
        }
    }
    if begin < tokens.len() {
        found.push(begin..tokens.len());
    }
    found
}

fn begins_sentence(text: &str, token: &Token) -> bool {
    token.space < token.start && !token.text(text).starts_with(char::is_lowercase)
}

fn ends_sentence(text: &str, sentence: &[Token]) -> bool {
    const CLOSING: [&str; 7] = ["'", "\"", ")", "]", "’", "”", "»"];
    // At most a few closing marks are looked at, so that a text of nothing but brackets stays linear.
    let mut rest = sentence.iter().rev().take(4).skip_while(|token| CLOSING.contains(&token.text(text)));
    match rest.next().map(|token| token.text(text)) {
        Some("!" | "?") => true,
        Some(".") => rest.next().is_none_or(|word| !is_abbreviation(word.text(text))),
        _ => false,
    }
}

fn is_abbreviation(word: &str) -> bool {
    word.len() <= 6 && ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(&str, Kind)> {
        tokens(text).iter().map(|token| (token.text(text), token.kind)).collect()
    }

    #[test]
    fn figures_addresses_and_numbers_of_standards_are_one_token_each() {
        use Kind::*;
        let cases: [(&str, &str, Kind); 22] = [
            ("Open 08:00 – 16:00 daily", "08:00 – 16:00", Time),
            ("between 08:30-17:30", "08:30-17:30", Time),
            ("from 9am to 5pm", "9am to 5pm", Time),
            ("at 9am", "9am", Time),
            ("accessed 24/7/365 at", "24/7/365", Time),
            ("guarantees 99.9% uptime", "99.9%", Quantity),
            ("about 5 per cent of", "5 per cent", Quantity),
            ("after 60 days we", "60 days", Quantity),
            ("within 3 to 5 working days.", "3 to 5 working days", Quantity),
            ("a 30-day period", "30-day", Quantity),
            ("256-bit keys", "256-bit", Quantity),
            ("costs £1,000.50 a year", "£1,000.50", Quantity),
            ("on 4 May 2018.", "4 May 2018", Date),
            ("on 24th December until", "24th December", Date),
            ("since May 2018", "May 2018", Date),
            ("on 2018-05-04", "2018-05-04", Date),
            ("call +44 (0)1274 713425.", "+44 (0)1274 713425", Telephone),
            ("call 0161 202 4141 now", "0161 202 4141", Telephone),
            ("mail support@example.org.", "support@example.org", Email),
            ("see https://example.org/a?b=c.", "https://example.org/a?b=c", Url),
            ("certified to ISO 27001.", "ISO 27001", Word),
            ("TLS 1.2 is used", "TLS 1.2", Word),
        ];
        for (text, token, kind) in cases {
            assert!(cut(text).contains(&(token, kind)), "{text}: {:?}", cut(text));
        }
        assert!(cut("There are 3 of them").contains(&("3", Number)));
    }

    #[test]
    fn plain_words_end_where_unicode_says() {
        let texts = [
            "ab c", "ab.", "ab. c", "a.b", "it's so", "a1-b2", "x_y", "a;b", "a:b", "a,b", "don't", "né", "abé",
            "a(b)", "a\u{301}",
        ];
        for text in texts {
            let unicode = text.split_word_bounds().next().map(str::len);
            assert!(plain_word(text.as_bytes()).is_none_or(|length| Some(length) == unicode), "{text}");
        }
        assert_eq!(plain_word(b"encrypted at rest"), Some(9));
    }

    #[test]
    fn tokens_and_the_space_before_them_give_the_text_again() {
        for text in ["", " ", "  a  b ", "a@b.c,d@e.f", "(see www.example.org)", "é\u{301}\u{200d} 9 10 days", "+++"] {
            let cut = tokens(text);
            let mut again: String = cut.iter().map(|t| format!("{}{}", t.space(text), t.text(text))).collect();
            again.push_str(&text[cut.last().map_or(0, |token| token.end)..]);
            assert_eq!(again, text);
        }
    }

    #[test]
    fn abbreviations_and_decimals_do_not_end_a_sentence() {
        let text =
            "We use directories (e.g. Microsoft AD). Uptime is 99.9 % of 1.5 years. \"Really?\" Yes. it goes on.";
        let cut = tokens(text);
        let parts: Vec<&str> =
            sentences(text, &cut).iter().map(|r| &text[cut[r.start].start..cut[r.end - 1].end]).collect();
        assert_eq!(
            parts,
            [
                "We use directories (e.g. Microsoft AD).",
                "Uptime is 99.9 % of 1.5 years.",
                "\"Really?\"",
                "Yes. it goes on."
            ]
        );
    }
}
