//! What the registry looks at once, when it accepts a version (rules of admission): days, links,
//! addresses, numbers and person records. Later these are remarks, never grounds to refuse.

use super::{
    Draft,
    shapes::{is_email, is_telephone, is_template_example, is_visible_letter, is_web_link, uk_digits},
};
use crate::domain::{Day, Digest, Faults, Person};

/// What the registry looks at once, when it accepts a version.
pub struct Admission<'a> {
    /// The day of publication, in London.
    pub published_on: Day,
    /// Looks up a person record by digest; `None` when there is no such record.
    pub person: &'a dyn Fn(Digest) -> Option<Person>,
}

impl Admission<'_> {
    /// Checks days, links, addresses, numbers and person records of a document that is about to be accepted.
    ///
    /// # Errors
    /// All faults at once, each with a JSON pointer.
    pub fn check(&self, draft: &Draft) -> Result<(), Faults> {
        let mut faults = Faults::default();
        self.check_days(draft, &mut faults);
        self.check_people(draft, &mut faults);
        check_links(draft, &mut faults);
        check_words(draft, &mut faults);
        if !draft.is_transcription() {
            check_addresses(draft, &mut faults);
            check_emergency_contact(draft, &mut faults);
        }
        faults.or(())
    }

    fn check_days(&self, draft: &Draft, faults: &mut Faults) {
        let not_ahead = [
            ("/completed_on".to_owned(), draft.completed_on),
            ("/change/not_before".to_owned(), draft.change.not_before),
        ];
        let corrections = draft.change.corrections.iter().enumerate();
        let corrections =
            corrections.map(|(i, c)| (format!("/change/corrections/{i}/wrong_since"), Some(c.wrong_since)));
        for (pointer, day) in not_ahead.into_iter().chain(corrections) {
            if day.is_some_and(|day| day > self.published_on) {
                faults.add(
                    pointer,
                    "day-ahead",
                    format!("This day lies after the day of publication, {}.", self.published_on),
                );
            }
        }
    }

    fn check_people(&self, draft: &Draft, faults: &mut Faults) {
        let contact = draft.contact.as_ref().and_then(|contact| contact.person);
        let named = [
            ("/contact/person", contact),
            ("/signatory/person", draft.signatory.as_ref().map(|signer| signer.person)),
            ("/official/person", draft.official.as_ref().map(|signer| signer.person)),
        ];
        for (pointer, digest) in named {
            if digest.is_some_and(|digest| (self.person)(digest).is_none()) {
                faults.add(
                    pointer,
                    "person-without-record",
                    "No person record with this digest is known here: submit the record beside the document.",
                );
            }
        }
        let record = |index: usize| named[index].1.and_then(self.person);
        if let (Some(signatory), Some(official)) = (record(1), record(2))
            && signatory.may_be(&official)
        {
            faults.add(
                "/official/person",
                "same-person",
                "Signatory and official have the same name or e-mail address: they must be two people.",
            );
        }
    }
}

/// Names and statements must say something: at least one letter or digit that a reader can see.
fn check_words(draft: &Draft, faults: &mut Faults) {
    let says_something = |text: &str| text.chars().any(is_visible_letter);
    let mut texts =
        vec![("/service_name".to_owned(), &draft.service_name), ("/supplier_name".to_owned(), &draft.supplier_name)];
    for (id, response) in &draft.responses {
        texts.extend(response.statement.first().map(|first| (format!("/responses/{id}/statement/0"), first)));
    }
    for (id, support) in &draft.support {
        texts.extend(support.statement.first().map(|first| (format!("/support/{id}/statement/0"), first)));
    }
    for (pointer, text) in texts {
        if !says_something(text) {
            faults.add(pointer, "no-words", "This text shows no letter or digit: write what it should say.");
        }
    }
}

fn check_links(draft: &Draft, faults: &mut Faults) {
    const DETAIL: &str = "A link begins with https:// or http://, names a host and carries no user name.";
    if let Some(url) = &draft.service_url
        && !draft.is_transcription()
        && !is_web_link(url)
    {
        faults.add("/service_url", "bad-link", DETAIL);
    }
    for (id, response) in &draft.responses {
        for (i, evidence) in response.evidence.iter().enumerate() {
            if !is_web_link(&evidence.url) {
                faults.add(format!("/responses/{id}/evidence/{i}/url"), "bad-link", DETAIL);
            }
        }
    }
}

fn check_addresses(draft: &Draft, faults: &mut Faults) {
    let contact = draft.contact.clone().unwrap_or_default();
    let mut ways = vec![("/contact".to_owned(), contact.email, contact.telephone)];
    for (id, support) in &draft.support {
        for (i, contact) in support.contacts.iter().enumerate() {
            ways.push((format!("/support/{id}/contacts/{i}"), contact.email.clone(), contact.telephone.clone()));
        }
    }
    for (place, email, telephone) in ways {
        for (member, text, is_good, example) in [
            ("email", email, is_email as fn(&str) -> bool, "support@example.org"),
            ("telephone", telephone, is_telephone, "+44 1274 713425"),
        ] {
            let Some(text) = text else { continue };
            let pointer = format!("{place}/{member}");
            let kind = if member == "email" { "an e-mail address" } else { "a telephone number" };
            if is_template_example(&text) {
                faults.add(pointer, "template-example", "This is the form template's example: write your own.");
            } else if !is_good(&text) {
                faults.add(pointer, "bad-contact", format!("This does not read like {kind}: write it like {example}."));
            }
        }
    }
}

fn check_emergency_contact(draft: &Draft, faults: &mut Faults) {
    let contacts: Vec<_> = draft
        .support
        .iter()
        .filter(|(id, _)| id.to_string() == "s3.1")
        .flat_map(|(_, support)| &support.contacts)
        .collect();
    let real = |text: &Option<String>| text.as_ref().filter(|text| !is_template_example(text)).cloned();
    if !contacts.iter().filter_map(|contact| real(&contact.telephone)).any(|number| uk_digits(&number).is_some()) {
        faults.add(
            "/support/s3.1/contacts",
            "no-uk-telephone",
            "Support area 3.1 needs at least one UK telephone number.",
        );
    }
    if !contacts.iter().filter_map(|contact| real(&contact.email)).any(|email| is_email(&email)) {
        faults.add("/support/s3.1/contacts", "no-email", "Support area 3.1 needs at least one support e-mail address.");
    }
}
