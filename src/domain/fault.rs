//! A fault in something that was submitted: where it is, what is wrong, what to do.

use std::fmt;

/// One thing that is wrong with a document, for a person and for a program.
///
/// `detail` says what is wrong and what to do about it; it never repeats the input beyond ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// JSON pointer (RFC 6901) into the document; empty for the document as a whole.
    pub pointer: String,
    /// A slug that programs can rely on, for example `unknown-member`. The set is open.
    pub code: &'static str,
    /// One or two sentences: what is wrong and the next step.
    pub detail: String,
}

impl Fault {
    /// Makes a fault at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Fault { pointer: pointer.into(), code, detail: detail.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "(whole file)" } else { &self.pointer };
        write!(f, "{place}: {} [{}]", self.detail, self.code)
    }
}

/// Every fault that one look at a document found, in document order.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Notes one more fault.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.0.push(Fault::new(pointer, code, detail));
    }

    /// Gives `value` when nothing was found wrong, all the faults otherwise.
    ///
    /// # Errors
    /// Itself, when at least one fault was noted.
    pub fn or<T>(self, value: T) -> Result<T, Faults> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Whether nothing was found wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
