//! One line of a key file: a key, its role and its window.
//!
//! ```text
//! signatory@acme namespaces="certification@R,case@R,enrolment@R",valid-after="20250101000000Z" ssh-ed25519 AAAA… acme-signatory-0123456789abcdef
//! ```
//!
//! The grammar is OpenSSH's `allowed_signers` (ssh-keygen(1), ALLOWED SIGNERS) with every freedom taken away:
//! options in one order, times in UTC, comments generated. Never removed, see [`growth`](super::growth).

use std::fmt;

use super::{
    key::{KeyError, PublicKey},
    role::{AuthorityRole, Namespace, Role, SignerRole},
};
use crate::domain::{Instant, RegistryId};

/// What the two kinds of role have in common, for the code that both key files share.
pub trait KeyRole: Copy + Eq + fmt::Debug + Into<SignerRole> {
    /// The word before the `@` of the principal.
    fn word(self) -> &'static str;
    /// Reads what [`KeyRole::word`] writes.
    fn from_word(word: &str) -> Option<Self>;
    /// What keys of this role may sign.
    fn may_sign(self) -> &'static [Namespace];
}

impl KeyRole for Role {
    fn word(self) -> &'static str {
        self.as_str()
    }
    fn from_word(word: &str) -> Option<Self> {
        Role::parse(word)
    }
    fn may_sign(self) -> &'static [Namespace] {
        self.namespaces()
    }
}

impl KeyRole for AuthorityRole {
    fn word(self) -> &'static str {
        self.as_str()
    }
    fn from_word(word: &str) -> Option<Self> {
        AuthorityRole::parse(word)
    }
    fn may_sign(self) -> &'static [Namespace] {
        self.namespaces()
    }
}

/// When a key may sign: from `valid_after` to `valid_before`, both inclusive, as ssh-keygen takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    valid_after: Instant,
    valid_before: Option<Instant>,
}

/// A window that ssh-keygen would refuse, and with it the whole key file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The end is not after the beginning.
    #[error("valid-before must be later than valid-after")]
    Empty,
    /// ssh-keygen cannot read 1970-01-01T00:00:00Z or earlier.
    #[error("a key cannot be valid from 1970-01-01T00:00:00Z or earlier")]
    TooEarly,
}

impl Window {
    /// From `valid_after` to `valid_before` (both inclusive), or for ever.
    ///
    /// # Errors
    /// [`WindowError`].
    pub fn new(valid_after: Instant, valid_before: Option<Instant>) -> Result<Self, WindowError> {
        if valid_after.unix_seconds() <= 0 {
            return Err(WindowError::TooEarly);
        }
        if valid_before.is_some_and(|end| end <= valid_after) {
            return Err(WindowError::Empty);
        }
        Ok(Window { valid_after, valid_before })
    }

    /// The first second.
    pub fn valid_after(&self) -> Instant {
        self.valid_after
    }

    /// The last second, where there is one.
    pub fn valid_before(&self) -> Option<Instant> {
        self.valid_before
    }

    /// Whether `at` lies inside.
    pub fn contains(&self, at: Instant) -> bool {
        self.valid_after <= at && self.valid_before.is_none_or(|end| at <= end)
    }

    /// This window, ended just before `at`; the shortest possible one where `at` lies before its second second
    /// (bounds are inclusive, and ssh-keygen refuses an empty window).
    pub fn ended_before(&self, at: Instant) -> Window {
        let end = at.plus_seconds(-1).max(self.valid_after.plus_seconds(1));
        Window { valid_before: Some(end), ..*self }
    }
}

/// A key in a key file: whose role it serves and when. `R` is [`Role`] or [`AuthorityRole`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolledKey<R> {
    role: R,
    key: PublicKey,
    window: Window,
}

/// What is wrong with a line of a key file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Not four parts separated by single spaces.
    #[error("it is not 'principal options ssh-ed25519 key comment' with single spaces")]
    Shape,
    /// Not a role of this file at its owner.
    #[error("the principal is not a known role at '{0}'")]
    Principal(String),
    /// Options missing, unknown, doubled or in another order.
    #[error(
        "the options must be exactly namespaces=\"{0}\",valid-after=\"YYYYMMDDHHMMSSZ\" and, if it ends, valid-before"
    )]
    Options(String),
    /// A window that cannot be.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Not the generated comment.
    #[error("the comment must be '{0}'")]
    Comment(String),
}

impl<R: KeyRole> EnrolledKey<R> {
    /// A key for `role`, valid in `window`.
    pub fn new(role: R, key: PublicKey, window: Window) -> Self {
        EnrolledKey { role, key, window }
    }

    /// The role it serves.
    pub fn role(&self) -> R {
        self.role
    }

    /// The public key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// When it may sign.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// What it may sign.
    pub fn namespaces(&self) -> &'static [Namespace] {
        self.role.may_sign()
    }

    /// Whether it may sign at `at`.
    pub fn is_valid_at(&self, at: Instant) -> bool {
        self.window.contains(at)
    }

    /// The same key with another window.
    pub(super) fn with_window(&self, window: Window) -> Self {
        EnrolledKey { window, ..*self }
    }

    /// The line without its LF. `owner` stands after the `@`: the supplier, or the registry for its authorities.
    pub(super) fn line(&self, owner: &str, registry: &RegistryId) -> String {
        let end = self.window.valid_before.map(|end| format!(",valid-before=\"{}\"", end.compact()));
        format!(
            "{}@{owner} namespaces=\"{}\",valid-after=\"{}\"{} {} {}",
            self.role.word(),
            namespaces(self.role, registry),
            self.window.valid_after.compact(),
            end.unwrap_or_default(),
            self.key.line(),
            self.comment(owner),
        )
    }

    /// Reads what [`EnrolledKey::line`] writes, and nothing else.
    pub(super) fn parse_line(line: &str, owner: &str, registry: &RegistryId) -> Result<Self, LineFault> {
        let parts: Vec<&str> = line.split(' ').collect();
        let &[principal, options, key_type, encoded, comment] = parts.as_slice() else { return Err(LineFault::Shape) };
        let role = principal
            .split_once('@')
            .filter(|(_, at)| *at == owner)
            .and_then(|(word, _)| R::from_word(word))
            .ok_or_else(|| LineFault::Principal(owner.to_owned()))?;
        let key = PublicKey::parse_line(&format!("{key_type} {encoded}"))?;
        let entry = EnrolledKey { role, key, window: parse_options(options, role, registry)? };
        if comment != entry.comment(owner) {
            return Err(LineFault::Comment(entry.comment(owner)));
        }
        // One key, one line: whatever the steps above may have let through.
        if entry.line(owner, registry) == line { Ok(entry) } else { Err(LineFault::Shape) }
    }

    fn comment(&self, owner: &str) -> String {
        format!("{owner}-{}-{}", self.role.word(), self.key.short_hex())
    }
}

fn namespaces<R: KeyRole>(role: R, registry: &RegistryId) -> String {
    role.may_sign().iter().map(|namespace| namespace.at(registry)).collect::<Vec<_>>().join(",")
}

fn parse_options<R: KeyRole>(options: &str, role: R, registry: &RegistryId) -> Result<Window, LineFault> {
    let expected = namespaces(role, registry);
    let fault = || LineFault::Options(expected.clone());
    let instant = |text: &str| Instant::parse_compact(text).map_err(|_| fault());
    let rest = options
        .strip_prefix(&format!("namespaces=\"{expected}\",valid-after=\""))
        .and_then(|rest| rest.strip_suffix('"'))
        .ok_or_else(fault)?;
    match rest.split_once("\",valid-before=\"") {
        Some((after, before)) => Ok(Window::new(instant(after)?, Some(instant(before)?))?),
        None => Ok(Window::new(instant(rest)?, None)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::secret::SecretKey;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn both_ends_of_a_window_are_inside() {
        let window = Window::new(at("2026-01-01T00:00:00Z"), Some(at("2026-02-01T00:00:00Z"))).expect("a window");
        for (instant, inside) in [
            ("2025-12-31T23:59:59Z", false),
            ("2026-01-01T00:00:00Z", true),
            ("2026-02-01T00:00:00Z", true),
            ("2026-02-01T00:00:01Z", false),
        ] {
            assert_eq!(window.contains(at(instant)), inside, "{instant}");
        }
    }

    #[test]
    fn a_window_that_ssh_keygen_would_refuse_is_refused() {
        let start = at("2026-01-01T00:00:00Z");
        assert_eq!(Window::new(start, Some(start)), Err(WindowError::Empty));
        assert_eq!(Window::new(at("1970-01-01T00:00:00Z"), None), Err(WindowError::TooEarly));
        assert!(Window::new(start, Some(start.plus_seconds(1))).is_ok());
    }

    #[test]
    fn ending_before_the_start_leaves_the_shortest_window() {
        let window = Window::new(at("2026-01-01T00:00:00Z"), None).expect("a window");
        let end = |instant| window.ended_before(at(instant)).valid_before().expect("an end").to_string();
        assert_eq!(end("2026-03-01T00:00:00Z"), "2026-02-28T23:59:59Z");
        assert_eq!(end("2025-03-01T00:00:00Z"), "2026-01-01T00:00:01Z");
    }

    #[test]
    fn a_line_is_read_only_as_it_is_written() {
        let registry: RegistryId = "certreg.example".parse().expect("an id");
        let window = Window::new(at("2026-01-01T00:00:00Z"), Some(at("2027-01-01T00:00:00Z"))).expect("a window");
        let entry = EnrolledKey::new(Role::Signatory, SecretKey::from_seed(&[1; 32]).public(), window);
        let line = entry.line("acme", &registry);
        assert_eq!(EnrolledKey::<Role>::parse_line(&line, "acme", &registry), Ok(entry));
        let swapped = line.replace(
            r#"valid-after="20260101000000Z",valid-before="20270101000000Z""#,
            r#"valid-before="20270101000000Z",valid-after="20260101000000Z""#,
        );
        for (changed, what) in [
            (swapped, "options in another order"),
            (line.replace("0000Z\",", "0000\","), "local time"),
            (line.replace("case@", "keys@"), "another namespace"),
            (line.replace(",case@certreg.example", ""), "a namespace less"),
            (line.replace("namespaces=", "cert-authority,namespaces="), "an option more"),
            (line.replace("signatory@acme ", "signatory@acme,official@acme "), "two principals"),
            (line.replace("signatory@acme ", "*@acme "), "a pattern"),
            (line.replace(" ssh-", "  ssh-"), "two spaces"),
            (line.replace("acme-signatory-", "sam@laptop-"), "another comment"),
            (format!("{line} more"), "a longer comment"),
            (format!("{line}\r"), "a CR"),
            (line.replace("20270101", "20260230"), "an impossible day"),
        ] {
            assert_ne!(changed, line, "{what}");
            assert!(EnrolledKey::<Role>::parse_line(&changed, "acme", &registry).is_err(), "{what}: {changed}");
        }
        assert!(EnrolledKey::<Role>::parse_line(&line, "other", &registry).is_err());
        assert!(EnrolledKey::<AuthorityRole>::parse_line(&line, "acme", &registry).is_err());
    }
}
