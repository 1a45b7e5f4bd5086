//! Marked text: what stayed, what went and what came.

/// One paragraph of marked text.
///
/// Equal and deleted segments together are the paragraph before, equal and inserted ones the paragraph after, byte
/// for byte. A paragraph that only one side has consists of deletions only, or of insertions only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffParagraph {
    /// In reading order; never two of one kind in a row.
    pub segments: Vec<Segment>,
}

impl DiffParagraph {
    /// The paragraph as it was, if the old text had it.
    pub fn before(&self) -> Option<String> {
        self.side(Op::Delete)
    }

    /// The paragraph as it is, if the new text has it.
    pub fn after(&self) -> Option<String> {
        self.side(Op::Insert)
    }

    fn side(&self, own: Op) -> Option<String> {
        let mut here = self.segments.iter().filter(|segment| segment.op == Op::Equal || segment.op == own).peekable();
        here.peek().is_some().then(|| here.map(|segment| segment.text.as_str()).collect())
    }
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Whether it stayed, went or came.
    pub op: Op,
    /// The text itself.
    pub text: String,
}

/// What happened to a stretch of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// It stands on both sides.
    Equal,
    /// It was removed.
    Delete,
    /// It was added.
    Insert,
}

impl Op {
    /// For programs: `equal`, `delete`, `insert`.
    pub fn as_str(self) -> &'static str {
        match self {
            Op::Equal => "equal",
            Op::Delete => "delete",
            Op::Insert => "insert",
        }
    }
}
