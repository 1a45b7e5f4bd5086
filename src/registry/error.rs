//! What can go wrong in the registry: few kinds, each translated once by every face.

use crate::domain::{Digest, Fault, Faults};

/// The kind decides the HTTP status and the exit code; the code and the words decide what a person does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request could not be read at all.
    Unreadable,
    /// A good signature without the right (role, enrolment, window), or a right that was taken away.
    Refused,
    /// There is nothing by this name.
    NotFound,
    /// The registry's state has moved on.
    Conflict,
    /// It was here and was taken away for good.
    Gone,
    /// Over a limit.
    TooLarge,
    /// It was read, but breaks a rule.
    Invalid,
    /// Not now; trying again may help.
    Unavailable,
    /// No room left on the disk.
    Full,
    /// A fault of the registry itself; details go to the log, never to the caller.
    Internal,
}

/// A refusal or a failure, for a person and for a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}{}", .faults.iter().map(|fault| format!("\n  {fault}")).collect::<String>())]
pub struct RegistryError {
    /// Which of the few kinds.
    pub kind: ErrorKind,
    /// A slug, for example `version-conflict`; the set is open.
    pub code: &'static str,
    /// What happened and the next step.
    pub detail: String,
    /// Each single fault, with its place.
    pub faults: Vec<Fault>,
    /// With a conflict: the version that is current and its digest.
    pub current: Option<(u32, Digest)>,
}

/// What every verb of the registry returns.
pub type Result<T> = std::result::Result<T, RegistryError>;

impl RegistryError {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, code: &'static str, detail: impl Into<String>) -> Self {
        RegistryError { kind, code, detail: detail.into(), faults: Vec::new(), current: None }
    }

    /// Nothing by this name.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, code, detail)
    }

    /// A rule is broken.
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, code, detail)
    }

    /// Many rules may be broken: all of `faults`.
    pub fn faulty(code: &'static str, faults: Faults) -> Self {
        let count = faults.0.len();
        let detail = match faults.0.as_slice() {
            [only] => only.detail.clone(),
            _ => format!("{count} things are wrong with the document; each is listed with its place."),
        };
        RegistryError { faults: faults.0, ..Self::invalid(code, detail) }
    }

    /// A right is missing.
    pub fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, code, detail)
    }

    /// The state moved on.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, code, detail)
    }

    /// The registry's own fault. `detail` is for the log.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::Internal, "internal", detail.to_string())
    }

    /// Not now.
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, code, detail)
    }
}
