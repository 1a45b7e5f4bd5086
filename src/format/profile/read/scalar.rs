//! Strings, numbers and words.

use std::borrow::Cow;

use memchr::{memchr, memchr3};

use super::{Mode, Reader, Step, text};
use crate::format::profile::Node;

/// The first whole number that is too large: beyond it, JavaScript no longer tells neighbours apart.
const TOO_LARGE: i64 = 1 << 53;

/// Stands for a value that was refused. A fault was noted, so nobody ever gets it.
const REFUSED: Option<Node> = Some(Node::True);

/// A string as the file has it.
pub(super) struct Quoted<'a> {
    pub(super) text: Cow<'a, str>,
    /// It holds an escape that the profile does not have.
    pub(super) escaped: bool,
}

impl<'a> Reader<'a> {
    /// Reads a string, a number or a word.
    pub(super) fn scalar(&mut self) -> Step<Option<Node>> {
        match self.peek() {
            Some(b'"') => self.text_value(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => self.syntax("the file ends too early; a value should stand here"),
        }
    }

    fn word(&mut self) -> Step<Option<Node>> {
        let rest = &self.text[self.at..];
        let Some(word) = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word)) else {
            return self.syntax("a value should stand here: an object, an array, a string, a number or true");
        };
        self.at += word.len();
        match word {
            "true" => return Ok(Some(Node::True)),
            "false" => self.form("false", "a flag that is not set is left out; leave the member out")?,
            _ => self.form("null", "what is not there is left out; leave the member out")?,
        }
        Ok(None)
    }

    fn number(&mut self) -> Step<Option<Node>> {
        let rest = &self.text[self.at..];
        let part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let number = &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())];
        let digits = number.strip_prefix('-').unwrap_or(number);
        self.at += number.len();
        if digits.contains(['.', 'e', 'E']) {
            self.fault("not-an-integer", "write a whole number, without fraction or exponent")?;
            return Ok(REFUSED);
        }
        if digits.is_empty() || digits.contains(['-', '+']) || (digits.len() > 1 && digits.starts_with('0')) {
            return self.syntax("a whole number has digits, no + and no leading zero");
        }
        match number.parse() {
            Ok(0) if number != "0" => self.fault("negative-zero", "write 0 without a sign")?,
            Ok(n) if -TOO_LARGE < n && n < TOO_LARGE => return Ok(Some(Node::Integer(n))),
            _ => self.fault("number-range", "a whole number must lie between -(2^53 - 1) and 2^53 - 1")?,
        }
        Ok(REFUSED)
    }

    fn text_value(&mut self) -> Step<Option<Node>> {
        let Quoted { text, escaped } = self.string()?;
        if escaped {
            self.form("escape", "only \\\" and \\\\ are escaped, all else is written plainly; run `certreg fmt`")?;
        }
        if let Some(refused) = text::refused_in(&text) {
            let advice = "remove them; a new line is a new paragraph, an item of its own in the array";
            self.fault(
                "refused-code-point",
                format!("the text holds invisible or unassigned characters ({refused}); {advice}"),
            )?;
            return Ok(REFUSED);
        }
        if !text::is_composed(&text) {
            self.form("not-nfc", "letters with accents must be single characters (NFC); run `certreg fmt`")?;
        }
        let mended = if self.mode == Mode::Exact { text.into_owned() } else { text::mended(&text) };
        if mended.is_empty() {
            self.form("empty", "the text is empty; leave the member out")?;
            return Ok(None);
        }
        if text::is_untrimmed(&mended) {
            self.form("untrimmed", "the text begins or ends with white space; run `certreg fmt`")?;
        }
        Ok(Some(Node::Text(mended)))
    }

    /// Reads a string from its opening quote to its closing one.
    pub(super) fn string(&mut self) -> Step<Quoted<'a>> {
        let mut quoted = Quoted { text: Cow::Borrowed(""), escaped: false };
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let plain = &rest[..plain_length(rest.as_bytes())];
            if quoted.text.is_empty() {
                quoted.text = Cow::Borrowed(plain)
            } else {
                quoted.text += plain
            }
            self.at += plain.len();
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape(&mut quoted)?,
                _ => return self.syntax("a string does not end on its line; close it with \", a paragraph an item"),
            }
        }
        self.at += 1;
        Ok(quoted)
    }

    /// Reads one escape, from its backslash.
    fn escape(&mut self, quoted: &mut Quoted<'_>) -> Step<()> {
        let letter = self.text.as_bytes().get(self.at + 1).copied();
        let (meant, length) = match letter {
            Some(plain @ (b'"' | b'\\' | b'/')) => (char::from(plain), 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{C}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => return self.unicode_escape(quoted),
            _ => return self.syntax("there is no such escape; write a backslash as \\\\"),
        };
        quoted.escaped |= !matches!(meant, '"' | '\\');
        quoted.text.to_mut().push(meant);
        self.at += length;
        Ok(())
    }

    /// Reads `\uXXXX`, or two of them that make one character (RFC 8259 §7).
    fn unicode_escape(&mut self, quoted: &mut Quoted<'_>) -> Step<()> {
        let Some(first) = self.code_unit(self.at) else {
            return self.syntax("four hexadecimal digits should follow \\u");
        };
        let second = self.code_unit(self.at + 6);
        let pair = char::decode_utf16([Some(first), second].into_iter().flatten()).next();
        quoted.escaped = true;
        let Some(Ok(meant)) = pair else {
            self.fault("refused-code-point", "half of a surrogate pair stands alone; write the character itself")?;
            quoted.text.to_mut().push(char::REPLACEMENT_CHARACTER);
            self.at += 6;
            return Ok(());
        };
        quoted.text.to_mut().push(meant);
        self.at += 6 * meant.len_utf16();
        Ok(())
    }

    /// The UTF-16 code unit that is escaped at `at`, if one is.
    fn code_unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.as_bytes().get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits = std::str::from_utf8(digits).ok().filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    }
}

/// How many bytes stand before the first that ends a string or begins an escape.
fn plain_length(bytes: &[u8]) -> usize {
    // None of these bytes occurs inside another character.
    let length = memchr3(b'"', b'\\', b'\n', bytes).unwrap_or(bytes.len());
    memchr(b'\r', &bytes[..length]).unwrap_or(length)
}
