//! How a command ends: one sentence on what happened, the faults with their places, the next step, an exit code.

use std::{fmt, io, path::Path};

use crate::{
    domain::{Fault, Faults},
    registry::{ErrorKind, RegistryError},
    store::StoreError,
};

/// What the shell is told. Few, and the same for every command (`certreg help exit-codes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; the answer is yes.
    Done = 0,
    /// The answer is no: faults were found, it was refused, there are differences, there is nothing there.
    No = 1,
    /// The command line itself is wrong.
    Usage = 2,
    /// Something could not be reached, read or written.
    Unreachable = 3,
    /// The registry has moved on: begin again from its current state. Of what is verified: see [`Exit::HELD_THEN`].
    Conflict = 4,
}

impl Exit {
    /// Everything held when it was published, but not by what is known now: a key was reported unsafe since. The
    /// scripts that every registry carries end in the same way.
    pub(crate) const HELD_THEN: Exit = Exit::Conflict;
}

/// One thing that is wrong, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// A JSON pointer; empty for the whole file.
    pub pointer: String,
    /// A slug.
    pub code: String,
    /// What is wrong and what to do.
    pub detail: String,
}

/// A command did not do what it was asked.
#[derive(Debug, Clone)]
pub(crate) struct CliError {
    pub exit: Exit,
    /// What happened, in one sentence.
    pub message: String,
    /// Each single fault.
    pub faults: Vec<Place>,
    /// What to do next.
    pub next: Option<String>,
}

/// What every command returns.
pub(crate) type CliResult<T = Exit> = Result<T, CliError>;

impl CliError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        CliError { exit, message: message.into(), faults: Vec::new(), next: None }
    }

    /// The answer is no.
    pub(crate) fn no(message: impl Into<String>) -> Self {
        CliError::new(Exit::No, message)
    }

    /// The arguments do not go together.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        CliError::new(Exit::Usage, message)
    }

    /// Cannot reach, read or write.
    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        CliError::new(Exit::Unreachable, message)
    }

    /// The same, with the next step.
    pub(crate) fn next(mut self, step: impl Into<String>) -> Self {
        self.next = Some(step.into());
        self
    }

    /// Many faults of one thing.
    pub(crate) fn faulty(message: impl Into<String>, faults: &Faults) -> Self {
        CliError { faults: faults.0.iter().map(Place::from).collect(), ..CliError::no(message) }
    }

    /// For `map_err` after an operation on a file.
    pub(crate) fn file<'p>(doing: &'p str, path: &'p Path) -> impl FnOnce(io::Error) -> CliError + 'p {
        move |error| CliError::unreachable(format!("cannot {doing} {}: {}", path.display(), plain(&error)))
    }
}

/// An operating system's error without Rust's `(os error 2)`.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

impl From<&Fault> for Place {
    fn from(fault: &Fault) -> Self {
        Place { pointer: fault.pointer.clone(), code: fault.code.to_owned(), detail: fault.detail.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "(whole file)" } else { &self.pointer };
        write!(f, "{pointer}: {} [{}]", self.detail, self.code)
    }
}

impl From<RegistryError> for CliError {
    fn from(error: RegistryError) -> Self {
        let exit = match error.kind {
            ErrorKind::Conflict => Exit::Conflict,
            ErrorKind::Unavailable | ErrorKind::Full | ErrorKind::Internal => Exit::Unreachable,
            ErrorKind::Unreadable
            | ErrorKind::Refused
            | ErrorKind::NotFound
            | ErrorKind::Gone
            | ErrorKind::TooLarge
            | ErrorKind::Invalid => Exit::No,
        };
        CliError { exit, message: error.detail, faults: error.faults.iter().map(Place::from).collect(), next: None }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        CliError::unreachable(error.to_string())
    }
}
