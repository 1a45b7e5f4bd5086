//! What was found in a text, what is doubtful about it, and what could not be placed.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    Change, ChangeKind, Code, Commitment, Contact, Draft, EditionId, EditionRef, Evidence, QuestionId, RegistryId,
    Response, ServiceId, Source, SupplierId, SupportAreaId, SupportContact, SupportStatement,
};

use super::contacts;

/// The outcome of reading a published form: nothing in the text is missing from the three together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// What has a place in a document.
    pub found: Found,
    /// What a person should look at, in the text's order; what concerns no line comes first.
    pub doubts: Vec<Doubt>,
    /// Words that are neither the form's own nor in a place that the form has.
    pub unplaced: Vec<Unplaced>,
}

/// Words of the text, and the line on which they begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Counted from 1, as editors do.
    pub line: usize,
    /// As published, without markup, single-spaced, in NFC.
    pub text: String,
}

/// A link in an answer whose words are not its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedWords {
    /// The line on which the link's words stand.
    pub line: usize,
    /// The link's words, which also stand in the statement.
    pub words: String,
    /// Its target: `http` or `https`.
    pub url: String,
}

/// One answer as published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// A paragraph or list item each; empty when the text has none.
    pub statement: Vec<Quote>,
    /// Web links; in a statement on support the target stands in brackets after the words instead.
    pub links: Vec<LinkedWords>,
}

/// What a published form says, each part exactly as published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The edition whose wording was answered; `None` when the text does not decide it.
    pub edition: Option<EditionId>,
    /// The supplier's name in the details at the form's head (or, without one, as section 3 names it).
    pub supplier_name: Option<Quote>,
    /// Lines of the address.
    pub address: Vec<Quote>,
    /// The person to contact.
    pub contact_name: Option<Quote>,
    /// That person's or the supplier's mailbox.
    pub contact_email: Option<Quote>,
    /// As printed.
    pub contact_telephone: Option<Quote>,
    /// The service's name.
    pub service_name: Option<Quote>,
    /// Where fuller details are, as printed (often without `https://`).
    pub service_url: Option<Quote>,
    /// The senior official who verified the responses.
    pub official_name: Option<Quote>,
    /// The promises that the text makes in the form's words.
    pub commitments: BTreeSet<Commitment>,
    /// Answers to questions. With an edition, every question of it is here.
    pub responses: BTreeMap<QuestionId, Answer>,
    /// Statements on support areas. With an edition, every area of it is here.
    pub support: BTreeMap<SupportAreaId, Answer>,
    /// Ways to reach support that area 3.1 names, where it names one of each kind.
    pub support_contacts: Vec<SupportContact>,
}

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The line of the text; `None` when something is missing from the whole text.
    pub line: Option<usize>,
    /// What it concerns: an answer (`q5.7`), a member of the document (`supplier_name`), or `text`.
    pub about: String,
    /// A slug that programs can rely on. The set is open.
    pub code: &'static str,
    /// What was seen and what to do, for a person. May quote the text.
    pub detail: String,
}

impl Doubt {
    pub(super) fn at(line: usize, about: impl ToString, code: &'static str, detail: impl Into<String>) -> Self {
        Doubt { line: Some(line), about: about.to_string(), code, detail: detail.into() }
    }

    pub(super) fn missing(about: impl ToString, code: &'static str, detail: impl Into<String>) -> Self {
        Doubt { line: None, about: about.to_string(), code, detail: detail.into() }
    }
}

/// Words that have no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplaced {
    /// Counted from 1.
    pub line: usize,
    /// The words, without markup.
    pub text: String,
}

/// People whom the form names: they stay out of the document, the caller makes person records for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The person to contact, with a mailbox that bears that person's name.
    pub contact: Option<(String, Option<String>)>,
    /// The senior official.
    pub official: Option<String>,
}

impl Found {
    /// Makes version 1 of a transcription and names the people apart.
    ///
    /// Every code is `not_recorded`: the published form's colours are pictures, and nothing is guessed from
    /// words. Persons' digests are for the caller to add, once it has made their records.
    pub fn into_draft(
        self,
        registry: RegistryId,
        supplier: SupplierId,
        service: ServiceId,
        edition: EditionRef,
        source: Source,
    ) -> (Draft, Named) {
        let text = |quote: Option<Quote>| quote.map(|quote| quote.text);
        let contact_name = text(self.contact_name);
        let mailbox = text(self.contact_email);
        let is_personal = |email: &String| contact_name.as_deref().is_some_and(|name| contacts::bears(email, name));
        let (personal, email) =
            if mailbox.as_ref().is_some_and(is_personal) { (mailbox, None) } else { (None, mailbox) };
        let contact = Contact {
            address: self.address.into_iter().map(|line| line.text).collect(),
            email,
            person: None,
            telephone: text(self.contact_telephone),
        };
        let named = Named { contact: contact_name.map(|name| (name, personal)), official: text(self.official_name) };
        let support_contacts = self.support_contacts;
        let emergency = |id: &SupportAreaId| if is_emergency(*id) { support_contacts.clone() } else { Vec::new() };
        let draft = Draft {
            change: Change::of_kind(ChangeKind::Transcription),
            commitments: self.commitments,
            completed_on: None,
            contact: (contact != Contact::default()).then_some(contact),
            edition,
            official: None,
            previous: None,
            registry,
            responses: self.responses.into_iter().map(|(id, answer)| (id, response(answer))).collect(),
            service,
            service_name: text(self.service_name).unwrap_or_default(),
            service_url: text(self.service_url),
            signatory: None,
            source: Some(source),
            supplier,
            supplier_name: text(self.supplier_name).unwrap_or_default(),
            support: self
                .support
                .into_iter()
                .filter(|(_, answer)| !answer.statement.is_empty())
                .map(|(id, answer)| (id, SupportStatement { contacts: emergency(&id), statement: paragraphs(answer) }))
                .collect(),
            version: 1,
        };
        (draft, named)
    }
}

/// The area that asks how a school reaches somebody in an emergency.
pub(super) fn is_emergency(id: SupportAreaId) -> bool {
    id.number() == "3.1"
}

fn paragraphs(answer: Answer) -> Vec<String> {
    answer.statement.into_iter().map(|quote| quote.text).collect()
}

fn response(answer: Answer) -> Response {
    let evidence = |link: &LinkedWords| Evidence {
        title: link.words.clone(),
        url: link.url.clone(),
        sha256: None,
        dated_on: None,
    };
    let evidence = answer.links.iter().map(evidence).collect();
    Response { code: Some(Code::NotRecorded), statement: paragraphs(answer), evidence }
}
