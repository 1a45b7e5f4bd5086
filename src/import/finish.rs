//! From what the walk gathered to what was found: names, edition, contacts, and what is missing.

use std::collections::BTreeMap;

use crate::domain::{AnswerId, Commitment, Edition, SupportContact};

use super::{
    answer, contacts,
    details::Detail,
    found::{Answer, Doubt, Found, Imported, Quote, is_emergency},
    passage::Slot,
    reader::{Filled, Reader},
};

/// Decides what only the whole text can tell.
pub(super) fn finish(reader: Reader<'_>, editions: &[&Edition]) -> Imported {
    let Reader { details, answers, filled, commitments, worded, mut doubts, mut unplaced, .. } = reader;
    let mut found = Found { commitments, ..Found::default() };
    let edition = decide_edition(&worded, editions, &mut doubts);
    found.edition = edition.map(|edition| edition.id.clone());
    for (id, gathered) in answers {
        let line = gathered.line;
        let answer = answer::assemble(id, gathered, &mut doubts);
        if answer.statement.is_empty() {
            doubts.push(Doubt::at(line, id, "no-answer", "Nothing was found that answers this."));
        }
        keep(&mut found, id, answer);
    }
    add_missing(&mut found, edition, &mut doubts);
    found.supplier_name = details.one(Detail::SupplierName, "supplier_name", &mut doubts);
    found.address = details.values.iter().filter(|(of, _)| *of == Detail::Address).map(|(_, q)| q.clone()).collect();
    found.contact_name = details.one(Detail::ContactName, "contact/name", &mut doubts);
    found.contact_email = details.one(Detail::ContactEmail, "contact/email", &mut doubts);
    found.contact_telephone = details.one(Detail::ContactTelephone, "contact/telephone", &mut doubts);
    check_contact(&mut found, &mut doubts);
    if details.without_value() > 0 {
        let detail = "Labels of the supplier's details stand together without values: enter the details by hand.";
        doubts.push(Doubt::missing("contact", "labels-without-values", detail));
    }
    names(&mut found, &filled, &mut doubts);
    support_contacts(&mut found, &mut doubts);
    report_missing(&found, &mut doubts);
    doubts.sort_by_key(|doubt| doubt.line);
    unplaced.sort_by_key(|words| words.line);
    Imported { found, doubts, unplaced }
}

fn keep(found: &mut Found, id: AnswerId, answer: Answer) {
    match id {
        AnswerId::Question(id) => found.responses.insert(id, answer),
        AnswerId::Support(id) => found.support.insert(id, answer),
    };
}

/// The edition whose own wording the questions have; a mixture and an undecided text are doubts.
fn decide_edition<'e>(
    worded: &BTreeMap<AnswerId, (usize, Vec<usize>)>,
    editions: &[&'e Edition],
    doubts: &mut Vec<Doubt>,
) -> Option<&'e Edition> {
    let mut votes = vec![0_usize; editions.len()];
    let telling = |of: &&(usize, Vec<usize>)| of.1.len() < editions.len() || editions.len() == 1;
    for (_, owners) in worded.values().filter(telling) {
        owners.iter().for_each(|owner| votes[*owner] += 1);
    }
    let most = votes.iter().copied().max().unwrap_or(0);
    let leaders: Vec<usize> = (0..votes.len()).filter(|index| votes[*index] == most).collect();
    let [leader] = leaders[..] else {
        let detail = "The wording of the questions does not tell which edition was answered: choose it by hand.";
        doubts.push(Doubt::missing("edition", "edition-undecided", detail));
        return None;
    };
    if most == 0 {
        let detail = "No question of an edition was found word for word: choose the edition by hand.";
        doubts.push(Doubt::missing("edition", "edition-undecided", detail));
        return None;
    }
    for (id, (line, owners)) in worded.iter().filter(|(_, (_, owners))| !owners.contains(&leader)) {
        let other = owners.first().and_then(|owner| editions.get(*owner)).map(|e| e.id.to_string()).unwrap_or_default();
        let detail = format!(
            "This question has the wording of {other}; most others that differ have that of {}.",
            editions[leader].id
        );
        doubts.push(Doubt::at(*line, id, "edition-mixed", detail));
    }
    Some(editions[leader])
}

fn add_missing(found: &mut Found, edition: Option<&Edition>, doubts: &mut Vec<Doubt>) {
    for id in edition.into_iter().flat_map(Edition::answer_ids) {
        let known = match id {
            AnswerId::Question(id) => found.responses.contains_key(&id),
            AnswerId::Support(id) => found.support.contains_key(&id),
        };
        if !known {
            doubts.push(Doubt::missing(id, "not-found", "This was not found in the text: enter the answer by hand."));
            keep(found, id, Answer::default());
        }
    }
}

fn check_contact(found: &mut Found, doubts: &mut Vec<Doubt>) {
    let values = [("contact/email", &mut found.contact_email), ("contact/telephone", &mut found.contact_telephone)];
    for (about, value) in values {
        let Some(quote) = value else { continue };
        if contacts::is_template_example(&quote.text) {
            let detail = format!("'{}' is the example that the form's template prints: it was left out.", quote.text);
            doubts.push(Doubt::at(quote.line, about, "template-example", detail));
            *value = None;
        } else if about == "contact/email" && contacts::emails(&quote.text) != [quote.text.as_str()] {
            let detail = format!("'{}' does not read like one e-mail address.", quote.text);
            doubts.push(Doubt::at(quote.line, about, "odd-email", detail));
        }
    }
}

/// The names that stand inside the form's sentences.
fn names(found: &mut Found, filled: &[Filled], doubts: &mut Vec<Doubt>) {
    found.service_name = named(Slot::Service, "service_name", filled, None, doubts);
    found.service_url = named(Slot::ServiceUrl, "service_url", filled, None, doubts);
    found.official_name = named(Slot::Official, "official/name", filled, None, doubts);
    let detailed = found.supplier_name.take();
    found.supplier_name = named(Slot::Supplier, "supplier_name", filled, detailed, doubts);
}

fn named(slot: Slot, about: &str, filled: &[Filled], known: Option<Quote>, doubts: &mut Vec<Doubt>) -> Option<Quote> {
    let of_slot = || filled.iter().filter(move |filled| filled.slot == slot);
    let mut others: Vec<&str> = Vec::new();
    for blank in of_slot().filter(|filled| is_blank(&filled.quote.text)) {
        let detail = format!("The form was left blank here ('{}').", blank.quote.text);
        doubts.push(Doubt::at(blank.quote.line, about, "left-blank", detail));
    }
    let given = || of_slot().filter(|filled| !is_blank(&filled.quote.text));
    let first = given().find(|filled| filled.in_edition).or_else(|| given().next()).map(|filled| filled.quote.clone());
    let chosen = known.or(first)?;
    for filled in given() {
        let text = filled.quote.text.as_str();
        // The form's own sentence may read "the Example cloud service".
        let same = text == chosen.text || (!filled.in_edition && text == format!("{} cloud", chosen.text));
        if same || others.contains(&text) {
            continue;
        }
        others.push(text);
        let detail = format!("The form says '{text}' here; '{}' was taken.", chosen.text);
        doubts.push(Doubt::at(filled.quote.line, about, "named-differently", detail));
    }
    Some(chosen)
}

fn is_blank(text: &str) -> bool {
    let lower = text.to_lowercase();
    !text.chars().any(char::is_alphanumeric)
        || text.starts_with(['[', '<', '{'])
        || lower.starts_with("insert ")
        || lower.chars().all(|c| c == 'x' || !c.is_alphanumeric())
}

/// The emergency contact, when the statement on area 3.1 names one mailbox and one number.
fn support_contacts(found: &mut Found, doubts: &mut Vec<Doubt>) {
    let Some((&id, answer)) = found.support.iter().find(|(id, _)| is_emergency(**id)) else { return };
    let Some(first) = answer.statement.first() else { return };
    let line = first.line;
    let text: Vec<&str> = answer.statement.iter().map(|quote| quote.text.as_str()).collect();
    let text = text.join("\n");
    let (example, emails): (Vec<_>, Vec<_>) =
        contacts::emails(&text).into_iter().partition(|email| contacts::is_template_example(email));
    let (example_number, telephones): (Vec<_>, Vec<_>) =
        contacts::telephones(&text).into_iter().partition(|number| contacts::is_template_example(number));
    if !example.is_empty() || !example_number.is_empty() {
        let detail = "The statement holds the example contact that the form's template prints: it is not a contact.";
        doubts.push(Doubt::at(line, id, "template-example", detail));
    }
    match (emails.as_slice(), telephones.as_slice()) {
        ([email], [telephone]) => {
            let contact =
                SupportContact { email: Some(email.clone()), hours: None, telephone: Some(telephone.clone()) };
            found.support_contacts = vec![contact];
        }
        _ => {
            let seen = [emails, telephones].concat().join(", ");
            let detail = format!(
                "One e-mail address and one telephone number were expected here; found: {}. Enter the contacts by hand.",
                if seen.is_empty() { "none" } else { &seen }
            );
            doubts.push(Doubt::at(line, id, "support-contacts", detail));
        }
    }
}

fn report_missing(found: &Found, doubts: &mut Vec<Doubt>) {
    let values = [
        ("supplier_name", found.supplier_name.is_some()),
        ("contact/address", !found.address.is_empty()),
        ("contact/name", found.contact_name.is_some()),
        ("contact/email", found.contact_email.is_some()),
        ("contact/telephone", found.contact_telephone.is_some()),
        ("service_name", found.service_name.is_some()),
        ("service_url", found.service_url.is_some()),
        ("official/name", found.official_name.is_some()),
    ];
    for (about, _) in values.into_iter().filter(|(_, is_found)| !is_found) {
        doubts.push(Doubt::missing(about, "not-found", "This was not found in the text."));
    }
    for commitment in Commitment::ALL.into_iter().filter(|promise| !found.commitments.contains(promise)) {
        let about = format!("commitments/{}", commitment.as_str());
        doubts.push(Doubt::missing(about, "not-found", "This promise was not found in the form's words."));
    }
    let detail = "The colours of the responses are not in the text: every code is 'not_recorded'.";
    doubts.push(Doubt::missing("responses", "codes-not-recorded", detail));
}
