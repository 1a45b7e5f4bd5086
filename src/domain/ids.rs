//! Names of things. Each is parsed once, at the edge, and cannot be wrong afterwards.

use std::{cmp::Ordering, fmt, str::FromStr};

/// A text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not `[a-z0-9](-?[a-z0-9])*` of 2 to 40 bytes.
    #[error("an id has 2 to 40 lowercase letters, digits and single hyphens inside, like 'example-learning'")]
    Slug,
    /// A word that the repository's layout or an operating system needs for itself.
    #[error("this id is reserved; choose another")]
    Reserved,
    /// Not a domain name in lower case.
    #[error("a registry id is a domain name in lower case, like 'certreg.example'")]
    Registry,
    /// Not `q` or `s`, a number, a dot and a number.
    #[error("an answer is named like q5.7 (a question) or s3.4 (a support area)")]
    Answer,
    /// Not `supplier/service`.
    #[error("a certification is named supplier/service, like 'example-learning/example-cloud'")]
    Certification,
}

/// Names that the repository's layout uses, or that Windows keeps for devices (a clone there would break).
fn is_reserved(slug: &str) -> bool {
    let device_with_digit = |prefix: &str| {
        slug.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    matches!(slug, "supplier" | "keys" | "case" | "con" | "prn" | "aux" | "nul")
        || device_with_digit("com")
        || device_with_digit("lpt")
}

fn check_slug(text: &str) -> Result<(), IdError> {
    let bytes = text.as_bytes();
    let letters = bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let hyphens = text.starts_with('-') || text.ends_with('-') || text.contains("--");
    if !(2..=40).contains(&bytes.len()) || !letters || hyphens {
        return Err(IdError::Slug);
    }
    if is_reserved(text) { Err(IdError::Reserved) } else { Ok(()) }
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id without its hyphens: two ids that agree in it are too easily mistaken for one another.
            pub fn without_hyphens(&self) -> String {
                self.0.replace('-', "")
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check_slug(text)?;
                Ok($name(text.to_owned()))
            }
        }
        text_id!($name);
    };
}

macro_rules! text_id {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

slug_id!(
    /// Who certifies, for example `example-learning`. Never changes.
    SupplierId
);
slug_id!(
    /// One service of a supplier, for example `example-cloud`. Never changes.
    ServiceId
);
slug_id!(
    /// One wording of the checklist, for example `dfe-2018-gdpr`.
    EditionId
);

impl SupplierId {
    /// The folder's first level in the repository: the id's first two characters.
    pub fn prefix(&self) -> &str {
        &self.0[..2]
    }
}

/// The registry itself: a domain name in lower case, chosen when it is made, never changed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryId(String);

impl RegistryId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
text_id!(RegistryId);

impl FromStr for RegistryId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && l.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                && !l.starts_with('-')
                && !l.ends_with('-')
        };
        if text.len() <= 100 && text.contains('.') && text.split('.').all(label) {
            Ok(RegistryId(text.to_owned()))
        } else {
            Err(IdError::Registry)
        }
    }
}

/// A living certification: `supplier/service`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificationId {
    /// Who certifies.
    pub supplier: SupplierId,
    /// What is certified.
    pub service: ServiceId,
}

impl CertificationId {
    /// Joins the two halves.
    pub fn new(supplier: SupplierId, service: ServiceId) -> Self {
        CertificationId { supplier, service }
    }
}
impl fmt::Display for CertificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.supplier, self.service)
    }
}
impl fmt::Debug for CertificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for CertificationId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let (supplier, service) = text.split_once('/').ok_or(IdError::Certification)?;
        Ok(CertificationId { supplier: supplier.parse()?, service: service.parse()? })
    }
}

/// The two numbers of `q5.10`, both 1 to 99, written without leading zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Numbers(u8, u8);

impl Numbers {
    fn parse(text: &str) -> Result<Numbers, IdError> {
        let number = |n: &str| -> Result<u8, IdError> {
            let digits = (1..=2).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()) && !n.starts_with('0');
            if digits { n.parse().map_err(|_| IdError::Answer) } else { Err(IdError::Answer) }
        };
        let (section, item) = text.split_once('.').ok_or(IdError::Answer)?;
        Ok(Numbers(number(section)?, number(item)?))
    }
}

macro_rules! numbered_id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Numbers);

        impl $name {
            /// The number before the dot: the section of the form.
            pub fn section(self) -> u8 {
                self.0.0
            }
            /// The number as the form prints it, without the letter: `5.10`.
            pub fn number(self) -> String {
                format!("{}.{}", self.0.0, self.0.1)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}.{}", $letter, self.0.0, self.0.1)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Ok($name(Numbers::parse(text.strip_prefix($letter).ok_or(IdError::Answer)?)?))
            }
        }
    };
}

numbered_id!(
    /// A question of the checklist: `q3.1` to `q9.3`. Ordered as in the form (q5.2 before q5.10).
    QuestionId,
    'q'
);
numbered_id!(
    /// A support area of the appendix: `s3.1` to `s3.7`.
    SupportAreaId,
    's'
);

/// What a supplier answers: a question or a support area. Questions come first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerId {
    /// One of the checklist's questions.
    Question(QuestionId),
    /// One of the appendix's support areas.
    Support(SupportAreaId),
}

impl AnswerId {
    /// As people write it: `Q 5.7` or `Support 3.4`.
    pub fn label(self) -> String {
        match self {
            AnswerId::Question(q) => format!("Q {}", q.number()),
            AnswerId::Support(s) => format!("Support {}", s.number()),
        }
    }
}
impl Ord for AnswerId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (AnswerId::Question(a), AnswerId::Question(b)) => a.cmp(b),
            (AnswerId::Support(a), AnswerId::Support(b)) => a.cmp(b),
            (AnswerId::Question(_), AnswerId::Support(_)) => Ordering::Less,
            (AnswerId::Support(_), AnswerId::Question(_)) => Ordering::Greater,
        }
    }
}
impl PartialOrd for AnswerId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl From<QuestionId> for AnswerId {
    fn from(id: QuestionId) -> Self {
        AnswerId::Question(id)
    }
}
impl From<SupportAreaId> for AnswerId {
    fn from(id: SupportAreaId) -> Self {
        AnswerId::Support(id)
    }
}
impl fmt::Display for AnswerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnswerId::Question(q) => q.fmt(f),
            AnswerId::Support(s) => s.fmt(f),
        }
    }
}
impl fmt::Debug for AnswerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for AnswerId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.as_bytes().first() {
            Some(b'q') => text.parse().map(AnswerId::Question),
            Some(b's') => text.parse().map(AnswerId::Support),
            _ => Err(IdError::Answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_two_to_forty_lowercase_letters_digits_and_single_hyphens() {
        for good in ["ab", "a1", "a-b", "example-learning", "com10", "case-1", &"a".repeat(40)] {
            assert!(good.parse::<SupplierId>().is_ok(), "{good}");
        }
        for bad in
            ["", "a", "A1", "a--b", "-ab", "ab-", "..", "..%2f", "a:b", "a/b", ".git", "a\0b", "é1", &"a".repeat(41)]
        {
            assert_eq!(bad.parse::<SupplierId>(), Err(IdError::Slug), "{bad}");
        }
        for reserved in ["supplier", "keys", "case", "con", "nul", "com1", "lpt9", "com0"] {
            assert_eq!(reserved.parse::<ServiceId>(), Err(IdError::Reserved), "{reserved}");
        }
    }

    #[test]
    fn answers_are_ordered_as_in_the_form() {
        let mut ids: Vec<AnswerId> =
            ["s3.1", "q5.10", "q5.2", "q3.1"].iter().map(|t| t.parse().expect("an answer")).collect();
        ids.sort();
        assert_eq!(format!("{ids:?}"), "[q3.1, q5.2, q5.10, s3.1]");
        for bad in ["q", "q3", "q03.1", "q3.01", "q3.100", "x3.1", "q3.1 ", "q-3.1", "q3.1.1"] {
            assert_eq!(bad.parse::<AnswerId>(), Err(IdError::Answer), "{bad}");
        }
    }
}
