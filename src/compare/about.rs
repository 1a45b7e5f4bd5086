//! What a change is about, with its name for people and for programs.

use crate::domain::{AnswerId, Commitment, SupportAreaId};

/// What a change is about. The order is the one in which changes of equal importance are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// What the case statements say of the certification.
    Standing,
    /// The answer to a question, or the statement on a support area.
    Answer(AnswerId),
    /// Whom a school reaches in an emergency.
    SupportContact(SupportAreaId),
    /// One of the five promises.
    Commitment(Commitment),
    /// The company that answers for it.
    LegalEntity,
    /// A certification that this one carries on.
    Predecessor,
    /// What the service is called.
    ServiceName,
    /// Where fuller details are.
    ServiceUrl,
    /// Whom a school asks.
    Contact(ContactField),
    /// The senior official who verified it.
    Official,
    /// The competent person who completed it.
    Signatory,
    /// The wording that is answered.
    Edition,
    /// A change that lies ahead.
    Announcement,
    /// Colours that were not recorded before.
    ColoursRecorded,
    /// Who stands behind the version: the first of the supplier's own, a re-affirmation, a transcription.
    Version,
}

/// One part of the contact details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactField {
    /// The postal address.
    Address,
    /// The mailbox.
    Email,
    /// A person named as the contact.
    Person,
    /// The telephone number.
    Telephone,
}

impl ContactField {
    /// The member's name in the document.
    pub fn as_str(self) -> &'static str {
        match self {
            ContactField::Address => "address",
            ContactField::Email => "email",
            ContactField::Person => "person",
            ContactField::Telephone => "telephone",
        }
    }
}

impl About {
    /// For programs: `q5.7`, `s3.4`, `s3.1.contacts`, `contact.email`, `commitment.update_promptly`, `official` …
    pub fn key(self) -> String {
        match self {
            About::Answer(id) => id.to_string(),
            About::SupportContact(area) => format!("{area}.contacts"),
            About::Commitment(commitment) => format!("commitment.{}", commitment.as_str()),
            About::Contact(field) => format!("contact.{}", field.as_str()),
            About::Standing => "standing".into(),
            About::LegalEntity => "legal_entity".into(),
            About::Predecessor => "predecessor".into(),
            About::ServiceName => "service_name".into(),
            About::ServiceUrl => "service_url".into(),
            About::Official => "official".into(),
            About::Signatory => "signatory".into(),
            About::Edition => "edition".into(),
            About::Announcement => "announcement".into(),
            About::ColoursRecorded => "colours_recorded".into(),
            About::Version => "version".into(),
        }
    }

    /// For people: `Q 5.7`, `Support 3.4`, `Emergency contact (Support 3.1)`, `Contact e-mail` …
    pub fn label(self) -> String {
        match self {
            About::Answer(id) => id.label(),
            About::SupportContact(area) => format!("Emergency contact ({})", AnswerId::from(area).label()),
            About::Commitment(commitment) => format!("Commitment: {}", in_words(commitment)),
            About::Contact(ContactField::Address) => "Contact address".into(),
            About::Contact(ContactField::Email) => "Contact e-mail".into(),
            About::Contact(ContactField::Person) => "Contact person".into(),
            About::Contact(ContactField::Telephone) => "Contact telephone".into(),
            About::Standing => "Standing".into(),
            About::LegalEntity => "Legal entity".into(),
            About::Predecessor => "Predecessor".into(),
            About::ServiceName => "Service name".into(),
            About::ServiceUrl => "Service address".into(),
            About::Official => "Senior official".into(),
            About::Signatory => "Signatory".into(),
            About::Edition => "Wording of the questions".into(),
            About::Announcement => "Announced".into(),
            About::ColoursRecorded => "Colours".into(),
            About::Version => "Version".into(),
        }
    }

    /// The question or support area, where it is about one.
    pub fn answer(self) -> Option<AnswerId> {
        match self {
            About::Answer(id) => Some(id),
            About::SupportContact(area) => Some(area.into()),
            _ => None,
        }
    }
}

/// A commitment in a few words.
pub(super) fn in_words(commitment: Commitment) -> &'static str {
    match commitment {
        Commitment::CompletedByCompetentPerson => "completed by competent persons",
        Commitment::IndependentlyVerified => "verified by a senior company official",
        Commitment::UpdatePromptly => "to update the responses promptly",
        Commitment::ProvideClarification => "to provide clarification",
        Commitment::AcceptIndependentVerification => "to accept independent verification",
    }
}
