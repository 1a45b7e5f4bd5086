//! What a supplier answers.

use super::{Day, Digest};

/// The colour of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The supplier confirms that the service fully meets the issue.
    Green,
    /// The supplier cannot confirm that it fully meets the issue.
    Amber,
    /// The question does not apply to the service.
    Black,
    /// In a transcription only: the published statement's colour was a picture and is lost.
    NotRecorded,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 4] = [Code::Green, Code::Amber, Code::Black, Code::NotRecorded];

    /// As documents have it: `green`, `amber`, `black`, `not_recorded`.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Green => "green",
            Code::Amber => "amber",
            Code::Black => "black",
            Code::NotRecorded => "not_recorded",
        }
    }

    /// As sentences have it: `GREEN`, `AMBER`, `BLACK`, `not recorded`.
    pub fn in_words(self) -> &'static str {
        match self {
            Code::Green => "GREEN",
            Code::Amber => "AMBER",
            Code::Black => "BLACK",
            Code::NotRecorded => "not recorded",
        }
    }

    /// Reads what [`Code::as_str`] writes.
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The colour; absent only in an unfinished draft.
    pub code: Option<Code>,
    /// Plain paragraphs; empty only where a transcription found none, or in an unfinished draft.
    pub statement: Vec<String>,
    /// Links to what supports the statement.
    pub evidence: Vec<Evidence>,
}

/// A link to supporting evidence. The registry never fetches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What a reader will find there.
    pub title: String,
    /// `http` or `https`, without user information.
    pub url: String,
    /// Digest of what was linked when it was linked.
    pub sha256: Option<Digest>,
    /// The day that what was linked bears.
    pub dated_on: Option<Day>,
}

/// The statement on one support area.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SupportStatement {
    /// Whom a school reaches in an emergency.
    pub contacts: Vec<SupportContact>,
    /// Plain paragraphs.
    pub statement: Vec<String>,
}

/// One way to reach support; each part optional, at least one present.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SupportContact {
    /// A role mailbox.
    pub email: Option<String>,
    /// For people, for example `Mon–Fri 09:00–17:00`.
    pub hours: Option<String>,
    /// As dialled from the UK or with `+44`.
    pub telephone: Option<String>,
}

/// The five promises of section 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Commitment {
    /// Completed fully and accurately by competent persons.
    CompletedByCompetentPerson,
    /// Independently verified by a senior company official.
    IndependentlyVerified,
    /// Updated promptly when the service or its terms change.
    UpdatePromptly,
    /// Additional information or clarification is provided.
    ProvideClarification,
    /// Independent verification is agreed to when the Department asks for it.
    AcceptIndependentVerification,
}

impl Commitment {
    /// Every commitment, in the form's order.
    pub const ALL: [Commitment; 5] = [
        Commitment::CompletedByCompetentPerson,
        Commitment::IndependentlyVerified,
        Commitment::UpdatePromptly,
        Commitment::ProvideClarification,
        Commitment::AcceptIndependentVerification,
    ];

    /// As documents have it, for example `update_promptly`.
    pub fn as_str(self) -> &'static str {
        match self {
            Commitment::CompletedByCompetentPerson => "completed_by_competent_person",
            Commitment::IndependentlyVerified => "independently_verified",
            Commitment::UpdatePromptly => "update_promptly",
            Commitment::ProvideClarification => "provide_clarification",
            Commitment::AcceptIndependentVerification => "accept_independent_verification",
        }
    }

    /// Reads what [`Commitment::as_str`] writes.
    pub fn parse(text: &str) -> Option<Commitment> {
        Commitment::ALL.into_iter().find(|commitment| commitment.as_str() == text)
    }
}
