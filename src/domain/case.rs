//! A signed statement about a certification or a supplier.

use std::collections::{BTreeMap, BTreeSet};

use super::{AnswerId, CertificationId, Day, Digest, RegistryId, ServiceId, SupplierId};

/// One case statement: numbered and chained within its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseStatement {
    /// The registry it is meant for.
    pub registry: RegistryId,
    /// Whom it concerns.
    pub supplier: SupplierId,
    /// Which service it concerns; absent in the supplier's own folder.
    pub service: Option<ServiceId>,
    /// 1, 2, 3 … within the folder.
    pub seq: u32,
    /// The digest of the statement before it in the folder; absent for 1.
    pub previous: Option<Digest>,
    /// The day that the statement bears (a claim; the commit's time is the proof).
    pub stated_on: Day,
    /// What it says, a paragraph an item.
    pub text: Vec<String>,
    /// What it does.
    pub matter: Matter,
}

/// What a case statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// The Department asks a question; no finding.
    Challenge {
        /// About these answers.
        questions: BTreeSet<AnswerId>,
        /// In this version.
        subject: Subject,
        /// An answer is due on this day.
        due_on: Day,
    },
    /// The supplier's reply.
    Clarification {
        /// The statement that is replied to.
        in_reply_to: Digest,
        /// About these answers.
        questions: BTreeSet<AnswerId>,
    },
    /// The Department closes a challenge.
    Resolution {
        /// The challenge.
        in_reply_to: Digest,
        /// How it ended.
        outcome: ResolutionOutcome,
    },
    /// The Department asks for independent verification.
    VerificationRequired {
        /// Of these answers.
        questions: BTreeSet<AnswerId>,
        /// In this version.
        subject: Subject,
        /// Due on this day.
        due_on: Day,
    },
    /// The Department records an independent verification.
    Verification {
        /// The requirement.
        in_reply_to: Digest,
        /// Who verified.
        verifier: String,
        /// For each answer, whether it was verified.
        outcomes: BTreeMap<AnswerId, bool>,
        /// The digest of the verifier's report.
        report_sha256: Option<Digest>,
        /// The last day on which it counts.
        valid_until: Day,
    },
    /// The certification is withdrawn, by the Department or by the supplier.
    Withdrawal {
        /// Why, a paragraph an item.
        reasons: Vec<String>,
    },
    /// The service ends.
    Closure {
        /// Its last day.
        ends_on: Day,
        /// Customers' data are deleted by this day.
        data_deleted_by: Option<Day>,
        /// Why, a paragraph an item.
        reasons: Vec<String>,
    },
    /// A withdrawal is taken back by whoever made it.
    Reinstatement {
        /// The withdrawal.
        in_reply_to: Digest,
    },
    /// The supplier's quick word, until a version settles it.
    Notice {
        /// About these answers.
        questions: BTreeSet<AnswerId>,
        /// From this day.
        from: Day,
        /// Until this day.
        expires_on: Day,
    },
    /// The service changes hands; one statement in each certification's folder.
    Transfer {
        /// The other side.
        other: CertificationId,
    },
    /// A supplier without keys objects to a transcription, through the Department.
    Objection {
        /// The version.
        subject: Subject,
    },
    /// Persons are to be forgotten.
    Erasure {
        /// The digests of their records.
        persons: BTreeSet<Digest>,
    },
    /// A type of a later edition of this format: shown, without effect.
    Unknown {
        /// Its name.
        name: String,
    },
}

/// The version that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its number.
    pub version: u32,
    /// Its digest.
    pub digest: Digest,
}

/// How a challenge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolutionOutcome {
    /// A new version answers it.
    AnsweredByVersion,
    /// The supplier's clarification answers it.
    Clarified,
    /// There was nothing in it.
    NotUpheld,
    /// The certification was withdrawn.
    Withdrawn,
}

impl ResolutionOutcome {
    /// Every outcome with its written name.
    pub const ALL: [(ResolutionOutcome, &'static str); 4] = [
        (ResolutionOutcome::AnsweredByVersion, "answered_by_version"),
        (ResolutionOutcome::Clarified, "clarified"),
        (ResolutionOutcome::NotUpheld, "not_upheld"),
        (ResolutionOutcome::Withdrawn, "withdrawn"),
    ];
}

/// Who may make a statement of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The Department only.
    Department,
    /// The supplier's signatory alone.
    Signatory,
    /// The Department, or the supplier's signatory and official together.
    Either,
    /// Whoever made the statement that it replies to; a supplier with both signatures.
    SameParty,
}

impl Matter {
    /// Who may make it.
    pub fn right(&self) -> Right {
        match self {
            Matter::Challenge { .. }
            | Matter::Resolution { .. }
            | Matter::VerificationRequired { .. }
            | Matter::Verification { .. }
            | Matter::Objection { .. }
            | Matter::Erasure { .. }
            | Matter::Unknown { .. } => Right::Department,
            Matter::Clarification { .. } | Matter::Notice { .. } => Right::Signatory,
            Matter::Withdrawal { .. } | Matter::Closure { .. } | Matter::Transfer { .. } => Right::Either,
            Matter::Reinstatement { .. } => Right::SameParty,
        }
    }

    /// The statement that it replies to, for types that do.
    pub fn in_reply_to(&self) -> Option<Digest> {
        match self {
            Matter::Clarification { in_reply_to, .. }
            | Matter::Resolution { in_reply_to, .. }
            | Matter::Verification { in_reply_to, .. }
            | Matter::Reinstatement { in_reply_to } => Some(*in_reply_to),
            _ => None,
        }
    }

    /// The name of the type as files have it.
    pub fn name(&self) -> &str {
        match self {
            Matter::Challenge { .. } => "challenge",
            Matter::Clarification { .. } => "clarification",
            Matter::Resolution { .. } => "resolution",
            Matter::VerificationRequired { .. } => "verification_required",
            Matter::Verification { .. } => "verification",
            Matter::Withdrawal { .. } => "withdrawal",
            Matter::Closure { .. } => "closure",
            Matter::Reinstatement { .. } => "reinstatement",
            Matter::Notice { .. } => "notice",
            Matter::Transfer { .. } => "transfer",
            Matter::Objection { .. } => "objection",
            Matter::Erasure { .. } => "erasure",
            Matter::Unknown { name } => name,
        }
    }

    /// Whether it stands in the supplier's folder (`true`) or in a service's; `None` where the type is unknown.
    pub fn is_about_the_supplier(&self) -> Option<bool> {
        match self {
            Matter::Unknown { .. } => None,
            matter => Some(matches!(matter, Matter::Erasure { .. })),
        }
    }
}
