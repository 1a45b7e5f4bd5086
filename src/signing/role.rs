//! Who signs what: roles, their principals and the namespaces they may sign in.
//!
//! Frozen once a ring is signed. The namespaces of a role are exactly these, in this order:
//!
//! | role | principal | namespaces |
//! |---|---|---|
//! | signatory | `signatory@<supplier>` | `certification@R`, `case@R`, `enrolment@R` |
//! | official | `official@<supplier>` | `countersignature@R`, `enrolment@R` |
//! | root | `root@R` | `root@R` |
//! | Department | `department@R` | `keys@R`, `editions@R`, `transcription@R`, `case@R` |
//! | registry | `registry@R` | `git` |
//!
//! The official has no `case@R`. Where a case statement needs signatory and official (withdrawal, closure,
//! transfer), it is signed as a version is: the signatory's `.sig` in `case@R`, the official's
//! `.countersig` in `countersignature@R`. The statement's own `format`, ids and number are inside the signed
//! bytes, so a countersignature given to a document can never be used for a case, nor the other way round;
//! and an official alone can state nothing, only stand by what a signatory signed.

use std::fmt;

use crate::domain::{RegistryId, SupplierId};

/// What a supplier's key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The competent person who completed the certification.
    Signatory,
    /// The senior official who verified it.
    Official,
}

/// What a key of the registry's own authorities is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthorityRole {
    /// The trust anchor: signs the authority file.
    Root,
    /// The Department: enrols, publishes editions, transcribes, states cases.
    Department,
    /// The server: signs commits.
    Registry,
}

/// Any of the five roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignerRole {
    /// A supplier's.
    Supplier(Role),
    /// One of the registry's authorities.
    Authority(AuthorityRole),
}

/// What a signature is for: the namespace of SSHSIG, which no other purpose shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// A signatory's on a version: `certification@R`.
    Certification,
    /// An official's on a version, or on a case statement that needs both: `countersignature@R`.
    Countersignature,
    /// On a case statement: `case@R`.
    Case,
    /// On a key request: `enrolment@R`.
    Enrolment,
    /// The Department's on rings and supplier records: `keys@R`.
    Keys,
    /// The Department's on editions: `editions@R`.
    Editions,
    /// The Department's on transcriptions: `transcription@R`.
    Transcription,
    /// A root key's on the authority file: `root@R`.
    Root,
    /// The registry's on commits: `git`, as Git itself wants it.
    Git,
}

impl Namespace {
    /// The namespace as signatures and key files have it, for example `certification@certreg.example`.
    pub fn at(self, registry: &RegistryId) -> String {
        let purpose = match self {
            Namespace::Certification => "certification",
            Namespace::Countersignature => "countersignature",
            Namespace::Case => "case",
            Namespace::Enrolment => "enrolment",
            Namespace::Keys => "keys",
            Namespace::Editions => "editions",
            Namespace::Transcription => "transcription",
            Namespace::Root => "root",
            Namespace::Git => return "git".to_owned(),
        };
        format!("{purpose}@{registry}")
    }
}

impl Role {
    /// Both roles.
    pub const ALL: [Role; 2] = [Role::Signatory, Role::Official];

    /// As principals, requests and file names have it: `signatory` or `official`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Signatory => "signatory",
            Role::Official => "official",
        }
    }

    /// Reads what [`Role::as_str`] writes.
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// What a key of this role may sign, in the order of the key file.
    pub fn namespaces(self) -> &'static [Namespace] {
        match self {
            Role::Signatory => &[Namespace::Certification, Namespace::Case, Namespace::Enrolment],
            Role::Official => &[Namespace::Countersignature, Namespace::Enrolment],
        }
    }

    /// The namespace in which this role signs a version.
    pub fn version_namespace(self) -> Namespace {
        match self {
            Role::Signatory => Namespace::Certification,
            Role::Official => Namespace::Countersignature,
        }
    }

    /// For example `signatory@example-learning`.
    pub fn principal(self, supplier: &SupplierId) -> String {
        format!("{}@{supplier}", self.as_str())
    }
}

impl AuthorityRole {
    /// The three roles.
    pub const ALL: [AuthorityRole; 3] = [AuthorityRole::Root, AuthorityRole::Department, AuthorityRole::Registry];

    /// As principals have it: `root`, `department` or `registry`.
    pub fn as_str(self) -> &'static str {
        match self {
            AuthorityRole::Root => "root",
            AuthorityRole::Department => "department",
            AuthorityRole::Registry => "registry",
        }
    }

    /// Reads what [`AuthorityRole::as_str`] writes.
    pub fn parse(text: &str) -> Option<AuthorityRole> {
        AuthorityRole::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// What a key of this role may sign, in the order of the key file.
    pub fn namespaces(self) -> &'static [Namespace] {
        match self {
            AuthorityRole::Root => &[Namespace::Root],
            AuthorityRole::Department => {
                &[Namespace::Keys, Namespace::Editions, Namespace::Transcription, Namespace::Case]
            }
            AuthorityRole::Registry => &[Namespace::Git],
        }
    }

    /// For example `department@certreg.example`.
    pub fn principal(self, registry: &RegistryId) -> String {
        format!("{}@{registry}", self.as_str())
    }
}

impl SignerRole {
    /// One word: `signatory`, `official`, `root`, `department` or `registry`.
    pub fn as_str(self) -> &'static str {
        match self {
            SignerRole::Supplier(role) => role.as_str(),
            SignerRole::Authority(role) => role.as_str(),
        }
    }

    /// For a sentence: `the signatory`, `the Department`, …
    pub fn in_words(self) -> &'static str {
        match self {
            SignerRole::Supplier(Role::Signatory) => "the signatory",
            SignerRole::Supplier(Role::Official) => "the senior official",
            SignerRole::Authority(AuthorityRole::Root) => "a root key",
            SignerRole::Authority(AuthorityRole::Department) => "the Department",
            SignerRole::Authority(AuthorityRole::Registry) => "the registry",
        }
    }
}

macro_rules! shown_as_str {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
shown_as_str!(Role);
shown_as_str!(AuthorityRole);
shown_as_str!(SignerRole);

impl From<Role> for SignerRole {
    fn from(role: Role) -> Self {
        SignerRole::Supplier(role)
    }
}
impl From<AuthorityRole> for SignerRole {
    fn from(role: AuthorityRole) -> Self {
        SignerRole::Authority(role)
    }
}
