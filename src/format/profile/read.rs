//! The grammar of JSON (RFC 8259), read strictly, with every departure from the profile noted.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{MAX_DEPTH, Node, text, too_large};
use crate::domain::{Fault, Faults};

mod scalar;

/// How many faults are gathered before reading ends: enough for a person, and a bound on memory.
const MAX_FAULTS: usize = 100;

/// What to do with departures that `certreg fmt` can mend.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Note each as a fault.
    Exact,
    /// Mend it.
    Lenient,
}

/// Reading cannot go on; the reason is among the faults.
struct Stop;
type Step<T> = Result<T, Stop>;

/// Reads the outermost object from `bytes`.
pub(super) fn document(bytes: &[u8], limit_bytes: usize, mode: Mode) -> Result<Node, Faults> {
    if bytes.len() > limit_bytes {
        return Err(too_large(limit_bytes));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let mut reader = Reader { text, at: 0, mode, path: Vec::new(), faults: Faults::default(), spaced: false };
    match reader.document() {
        Ok(Some(node)) => reader.faults.or(node),
        // Left out means that a fault was noted in either mode: the outermost value is checked for it.
        Ok(None) | Err(Stop) => Err(reader.faults),
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> Faults {
    let line = 1 + bytes[..at].iter().filter(|b| **b == b'\n').count();
    Faults(vec![Fault::new("", "not-utf8", format!("line {line} is not UTF-8; save the file as UTF-8"))])
}

/// One step from a value into what it holds.
enum Segment<'a> {
    Member(Cow<'a, str>),
    Item(usize),
}

/// The white space that the profile has at some place.
enum Gap {
    Nothing,
    Space,
    /// A line feed and this many indents.
    Line(usize),
}

struct Reader<'a> {
    text: &'a str,
    /// A byte offset into `text`, always between two characters.
    at: usize,
    mode: Mode,
    path: Vec<Segment<'a>>,
    faults: Faults,
    /// A fault of white space was noted; one is enough.
    spaced: bool,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Step<Option<Node>> {
        self.marks()?;
        self.gap(Gap::Nothing)?;
        if !matches!(self.peek(), Some(b'{') | None) {
            self.fault("not-an-object", "the outermost value must be an object: begin with {")?;
        }
        let node = self.value(1)?;
        if node.is_none() && self.mode == Mode::Lenient {
            self.fault("empty", "the document holds nothing; start from `certreg new`")?;
        }
        let end = self.skip_space();
        if self.peek().is_some() {
            return self.syntax("something follows the end of the document; remove it");
        }
        if end != "\n" && !self.spaced {
            self.form("final-newline", "the file must end with one line feed; run `certreg fmt`")?;
        }
        Ok(node)
    }

    /// Passes a byte order mark and notes Windows line endings.
    fn marks(&mut self) -> Step<()> {
        if self.text.starts_with('\u{FEFF}') {
            self.at = '\u{FEFF}'.len_utf8();
            self.form("byte-order-mark", "the file begins with a byte order mark; run `certreg fmt`")?;
        }
        if self.text.contains('\r') {
            self.spaced = true;
            self.form("line-ending", "lines must end with a line feed alone, not CR LF; run `certreg fmt`")?;
        }
        Ok(())
    }

    /// Reads one value at `depth`; nothing when the profile leaves such a value out.
    fn value(&mut self, depth: usize) -> Step<Option<Node>> {
        let opens = matches!(self.peek(), Some(b'{' | b'['));
        if opens && depth > MAX_DEPTH {
            self.fault("too-deep", format!("values may stand in one another {MAX_DEPTH} deep; flatten this one"))?;
            return Err(Stop);
        }
        let node = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            _ => return self.scalar(),
        };
        if node.is_none() {
            self.form("empty", "this holds nothing: leave the member out")?;
        }
        Ok(node)
    }

    fn object(&mut self, depth: usize) -> Step<Option<Node>> {
        let mut members = BTreeMap::new();
        let mut left_out = BTreeSet::new();
        let mut more = self.opens(b'}', depth)?;
        while more {
            let name = self.name()?;
            self.path.push(Segment::Member(name.clone()));
            self.check_name(&name, &members, &left_out)?;
            match self.value(depth + 1)? {
                Some(value) => drop(members.insert(name.into_owned(), value)),
                None => drop(left_out.insert(name.into_owned())),
            }
            self.path.pop();
            more = self.goes_on(b'}', depth)?;
        }
        Ok(if members.is_empty() { None } else { Some(Node::Object(members)) })
    }

    /// Reads a member's name and the colon after it.
    fn name(&mut self) -> Step<Cow<'a, str>> {
        if self.peek() != Some(b'"') {
            return self.syntax("a member's name in double quotes should stand here");
        }
        let string = self.string()?;
        if string.escaped {
            self.form("escape", "a member's name is written without escapes; run `certreg fmt`")?;
        }
        self.gap(Gap::Nothing)?;
        self.take(b':')?;
        self.gap(Gap::Space)?;
        Ok(string.text)
    }

    /// Checks a name beside those that stand before it, with a value or without.
    fn check_name(&mut self, name: &str, members: &BTreeMap<String, Node>, left_out: &BTreeSet<String>) -> Step<()> {
        if !text::is_member_name(name) {
            let rule = "a member's name is a lowercase letter, then lowercase letters, digits, '_', '.' or '-'";
            self.fault("member-name", format!("{rule}; correct it on line {}", self.line()))?;
        }
        let last = members.last_key_value().map(|(last, _)| last).max(left_out.last());
        if last.is_none_or(|last| last.as_str() < name) {
            return Ok(());
        }
        if members.contains_key(name) || left_out.contains(name) {
            let detail = format!("this member stands twice; keep one (the second is on line {})", self.line());
            self.fault("duplicate-member", detail)?;
        } else {
            self.form("unsorted-members", "members must be sorted; this one stands too late; run `certreg fmt`")?;
        }
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Step<Option<Node>> {
        let mut items = Vec::new();
        let mut more = self.opens(b']', depth)?;
        let mut index = 0;
        while more {
            self.path.push(Segment::Item(index));
            items.extend(self.value(depth + 1)?);
            self.path.pop();
            index += 1;
            more = self.goes_on(b']', depth)?;
        }
        Ok(if items.is_empty() { None } else { Some(Node::Array(items)) })
    }

    /// Passes an opening bracket; says whether something stands before the closing one.
    fn opens(&mut self, close: u8, depth: usize) -> Step<bool> {
        self.at += 1;
        let found = self.skip_space();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        self.check_gap(found, Gap::Line(depth))?;
        Ok(true)
    }

    /// Passes a comma (then there is more) or the closing bracket.
    fn goes_on(&mut self, close: u8, depth: usize) -> Step<bool> {
        let found = self.skip_space();
        let more = self.peek() == Some(b',');
        self.check_gap(found, if more { Gap::Nothing } else { Gap::Line(depth - 1) })?;
        self.take(if more { b',' } else { close })?;
        if more {
            self.gap(Gap::Line(depth))?;
        }
        Ok(more)
    }

    /// Passes white space; anything but `expected` is a fault of form, noted once.
    fn gap(&mut self, expected: Gap) -> Step<()> {
        let found = self.skip_space();
        self.check_gap(found, expected)
    }

    /// The same for white space that was passed already.
    fn check_gap(&mut self, found: &str, expected: Gap) -> Step<()> {
        let as_expected = match expected {
            Gap::Nothing => found.is_empty(),
            Gap::Space => found == " ",
            Gap::Line(indent) => {
                found.strip_prefix('\n').is_some_and(|s| s.len() == 2 * indent && s.bytes().all(|b| b == b' '))
            }
        };
        if as_expected || self.spaced {
            return Ok(());
        }
        self.spaced = true;
        let rule = "two spaces an indent, one member a line, one space after a colon";
        self.form(
            "white-space",
            format!("line {} is not spaced as it must be ({rule}); run `certreg fmt`", self.line()),
        )
    }

    fn skip_space(&mut self) -> &'a str {
        let start = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Step<()> {
        if self.peek() != Some(byte) {
            return self.syntax(format!("'{}' should stand here", char::from(byte)));
        }
        self.at += 1;
        Ok(())
    }

    /// The line on which reading stands, counted from 1.
    fn line(&self) -> usize {
        1 + self.text[..self.at].bytes().filter(|b| *b == b'\n').count()
    }

    /// Notes that this is not JSON, and where reading had to end.
    fn syntax<T>(&mut self, detail: impl Into<String>) -> Step<T> {
        let detail = format!("line {} is not JSON: {}", self.line(), detail.into());
        self.fault("not-json", detail)?;
        Err(Stop)
    }

    /// Notes a departure that `certreg fmt` can mend.
    fn form(&mut self, code: &'static str, detail: impl Into<String>) -> Step<()> {
        if self.mode == Mode::Lenient { Ok(()) } else { self.fault(code, detail) }
    }

    /// Notes a fault at the place where reading stands.
    fn fault(&mut self, code: &'static str, detail: impl Into<String>) -> Step<()> {
        if self.faults.0.len() >= MAX_FAULTS {
            let detail = "there are more faults than these; correct these first, then look again";
            self.faults.add("", "more-faults", detail);
            return Err(Stop);
        }
        self.faults.add(self.pointer(), code, detail);
        Ok(())
    }

    fn pointer(&self) -> String {
        let token = |segment: &Segment<'_>| match segment {
            Segment::Member(name) => format!("/{}", text::pointer_token(name)),
            Segment::Item(index) => format!("/{index}"),
        };
        self.path.iter().map(token).collect()
    }
}
