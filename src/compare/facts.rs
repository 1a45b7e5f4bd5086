//! Changes of everything that is not an answer: promises, contacts, names, people, edition.

use super::{
    About, Change, ContactField, Context, Direction, Importance,
    about::in_words,
    pairing,
    sentence::{list, quote, stop},
};
use crate::domain::{AnswerId, ChangeKind, Commitment, Contact, Signer, SupportContact};

impl Change {
    /// A change that is not of an answer.
    pub(super) fn plain(
        about: About,
        importance: Importance,
        reason: &'static str,
        sentence: impl Into<String>,
    ) -> Self {
        Change {
            about,
            asked: None,
            before_code: None,
            after_code: None,
            before_code_words: None,
            after_code_words: None,
            direction: Direction::Different,
            importance,
            reason,
            further_reasons: Vec::new(),
            sentence: sentence.into(),
            question_reworded: false,
            before: Vec::new(),
            after: Vec::new(),
            paragraphs: Vec::new(),
            rewritten: false,
            figures: Vec::new(),
            evidence: Vec::new(),
            correction: None,
            children: Vec::new(),
            advice: Vec::new(),
            caveat: None,
        }
    }

    fn between(mut self, before: Vec<String>, after: Vec<String>) -> Self {
        (self.before, self.after) = (before, after);
        self
    }
}

/// Every change that is not of an answer.
pub(super) fn changes(context: &Context) -> Vec<Change> {
    let mut found = support_contacts(context);
    found.extend(commitments(context));
    found.extend(names(context));
    found.extend(contact(context));
    found.extend(people(context));
    found.extend(edition(context));
    found.extend(announcement(context));
    found.extend(version(context));
    found
}

fn support_contacts(context: &Context) -> Vec<Change> {
    let (old, new) = (&context.old.content.support, &context.new.content.support);
    let none: &[SupportContact] = &[];
    let mut found = Vec::new();
    for area in old.keys().chain(new.keys().filter(|area| !old.contains_key(*area))) {
        let before = old.get(area).map_or(none, |support| support.contacts.as_slice());
        let after = new.get(area).map_or(none, |support| support.contacts.as_slice());
        if before == after {
            continue;
        }
        // A transcription keeps contacts in its text only: giving them their own place takes nothing from anybody.
        let (importance, reason) = match before.is_empty() && context.old.content.is_transcription() {
            true => (Importance::WorthReading, "emergency_contact_added"),
            false => (Importance::Attention, "emergency_contact_changed"),
        };
        let (before, after): (Vec<String>, Vec<String>) =
            (before.iter().map(in_one_line).collect(), after.iter().map(in_one_line).collect());
        let sentence = became("Emergency contact", &before.join("; "), &after.join("; "));
        let change = Change::plain(About::SupportContact(*area), importance, reason, sentence).between(before, after);
        let id = AnswerId::from(*area);
        found.push(Change {
            asked: context.new.edition.asked(id).map(str::to_owned),
            advice: context.advice(id, Direction::Different, importance),
            ..change
        });
    }
    found
}

fn in_one_line(contact: &SupportContact) -> String {
    let parts = [&contact.telephone, &contact.email, &contact.hours];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// `Name: 'a' became 'b'.`, `Name added: 'b'.` or `Name removed: 'a'.`
fn became(name: &str, before: &str, after: &str) -> String {
    stop(match (before, after) {
        ("", after) => format!("{name} added: {}", quote(after)),
        (before, "") => format!("{name} removed: {}", quote(before)),
        (before, after) => format!("{name}: {} became {}", quote(before), quote(after)),
    })
}

fn commitments(context: &Context) -> Vec<Change> {
    let (old, new) = (&context.old.content.commitments, &context.new.content.commitments);
    let change = |commitment: Commitment| {
        let about = About::Commitment(commitment);
        let words = in_words(commitment);
        match (old.contains(&commitment), new.contains(&commitment)) {
            (true, false) => {
                let mut gone = Change::plain(
                    about,
                    Importance::Attention,
                    "commitment_removed",
                    format!("Commitment removed: {words}."),
                );
                gone.direction = Direction::LessAssurance;
                Some(gone)
            }
            // The supplier's first own version makes all of them; its own line says so.
            (false, true) if !context.old.content.is_transcription() => {
                let sentence = format!("Commitment made: {words}.");
                Some(Change::plain(about, Importance::WorthReading, "commitment_added", sentence))
            }
            _ => None,
        }
    };
    Commitment::ALL.into_iter().filter_map(change).collect()
}

fn names(context: &Context) -> Vec<Change> {
    let (old, new) = (context.old.content, context.new.content);
    let mut found = Vec::new();
    if old.supplier_name != new.supplier_name || old.supplier != new.supplier {
        let sentence = became("Legal entity", &old.supplier_name, &new.supplier_name);
        let sentence = match old.supplier == new.supplier {
            true => sentence,
            false => format!("{sentence} Now run by {} ({}).", new.supplier_name, new.supplier),
        };
        let change = Change::plain(About::LegalEntity, Importance::Attention, "legal_entity_changed", sentence);
        found.push(change.between(vec![old.supplier_name.clone()], vec![new.supplier_name.clone()]));
    }
    if let Some(earlier) = new.change.predecessor.as_ref().filter(|_| old.change.predecessor != new.change.predecessor)
    {
        let sentence = format!("Carries on {} version {}.", earlier.certification, earlier.version);
        found.push(Change::plain(About::Predecessor, Importance::WorthReading, "carries_on", sentence));
    }
    let mut text = |about, reason, name, before: &str, after: &str| {
        if before != after {
            let change = Change::plain(about, Importance::WorthReading, reason, became(name, before, after));
            let side = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
            found.push(change.between(side(before), side(after)));
        }
    };
    text(About::ServiceName, "service_renamed", "Service name", &old.service_name, &new.service_name);
    let url = |url: &Option<String>| url.clone().unwrap_or_default();
    text(About::ServiceUrl, "links_changed", "Service address", &url(&old.service_url), &url(&new.service_url));
    found
}

fn contact(context: &Context) -> Vec<Change> {
    let none = Contact::default();
    let old = context.old.content.contact.as_ref().unwrap_or(&none);
    let new = context.new.content.contact.as_ref().unwrap_or(&none);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let fields = [
        (ContactField::Address, "Contact address", old.address.join(", "), new.address.join(", ")),
        (ContactField::Email, "Contact e-mail", text(&old.email), text(&new.email)),
        (ContactField::Telephone, "Contact telephone", text(&old.telephone), text(&new.telephone)),
    ];
    let changed = fields.into_iter().filter(|(_, _, before, after)| before != after);
    let mut found: Vec<Change> = changed
        .map(|(field, name, before, after)| {
            let sentence = became(name, &before, &after);
            let side = |text: String| Some(text).filter(|text| !text.is_empty()).into_iter().collect();
            Change::plain(About::Contact(field), Importance::WorthReading, "contact_changed", sentence)
                .between(side(before), side(after))
        })
        .collect();
    if old.person != new.person {
        let sentence = match (old.person, new.person) {
            (None, _) => "A contact person is now named.",
            (_, None) => "No contact person is named any more.",
            _ => "Another person, or other details of the person, now stand as the contact.",
        };
        let about = About::Contact(ContactField::Person);
        found.push(Change::plain(about, Importance::WorthReading, "contact_changed", sentence));
    }
    found
}

fn people(context: &Context) -> Vec<Change> {
    let (old, new) = (context.old.content, context.new.content);
    let official = signer(About::Official, "senior official", &old.official, &new.official);
    let signatory = signer(About::Signatory, "signatory", &old.signatory, &new.signatory);
    // A transcription was signed by neither: the line on the version itself says so.
    let both_signed = !old.is_transcription() && !new.is_transcription();
    official.into_iter().chain(signatory).filter(|_| both_signed).collect()
}

fn signer(about: About, role: &str, old: &Option<Signer>, new: &Option<Signer>) -> Option<Change> {
    let title = |signer: &Signer| signer.title.clone().unwrap_or_else(|| "no title given".into());
    let is_official = about == About::Official;
    let (importance, reason, sentence) = match (old, new) {
        (Some(before), Some(after)) if before == after => return None,
        (None, None) => return None,
        (Some(before), None) => (
            Importance::Attention,
            if is_official { "official_removed" } else { "signatory_removed" },
            format!("No {role} stands behind it any more (before: {}).", title(before)),
        ),
        (None, Some(after)) => {
            (Importance::WorthReading, "new_official", format!("A {role} now stands behind it: {}.", title(after)))
        }
        (Some(before), Some(after)) if before.person == after.person => (
            Importance::Information,
            "title_changed",
            stop(format!("The {role}'s title: {} became {}", quote(&title(before)), quote(&title(after)))),
        ),
        (Some(before), Some(after)) => {
            let same = before.title == after.title;
            let titles = if same { title(after) } else { format!("{} (before: {})", title(after), title(before)) };
            let importance = if is_official { Importance::WorthReading } else { Importance::Information };
            let reason = if is_official { "new_official" } else { "new_signatory" };
            (importance, reason, format!("New {role}: {titles}."))
        }
    };
    let side = |signer: &Option<Signer>| signer.iter().map(title).collect();
    Some(Change::plain(about, importance, reason, sentence).between(side(old), side(new)))
}

fn edition(context: &Context) -> Option<Change> {
    let (old, new) = (context.old.edition, context.new.edition);
    if pairing::same_edition(&context.old, &context.new) {
        return None;
    }
    let reworded: Vec<AnswerId> = context.pairs.iter().filter(|pair| pair.reworded).map(|pair| pair.id()).collect();
    let labels: Vec<String> = reworded.iter().map(|id| id.label()).collect();
    let which = match labels.len() {
        0 => "No question was reworded.".to_owned(),
        1 => format!("1 question was reworded: {}.", labels[0]),
        count @ ..=6 => format!("{count} questions were reworded: {}.", list(&labels)),
        count => format!("{count} questions were reworded."),
    };
    let sentence =
        format!("Now answers another wording of the questions: {} (before: {}). {which}", new.name, old.name);
    let change = Change::plain(About::Edition, Importance::WorthReading, "new_edition", sentence);
    Some(change.between(vec![old.name.clone()], vec![new.name.clone()]))
}

/// A version whose change lies ahead of its publication.
fn announcement(context: &Context) -> Option<Change> {
    let new = &context.new;
    let effective = new.content.change.effective_on?;
    let known_on =
        new.publication.map(|publication| publication.published_at.day_in_london()).or(new.content.completed_on)?;
    let same_version = context.old.content.version == new.content.version;
    (effective > known_on && !same_version).then(|| {
        // The version before the announced one, not the reader's: others may lie between.
        let until = new.content.version.saturating_sub(1);
        let sentence =
            format!("The supplier says it applies from {}; until then version {until}.", effective.in_words());
        Change::plain(About::Announcement, Importance::WorthReading, "announced", sentence)
    })
}

/// What kind of version it is, where that is news.
fn version(context: &Context) -> Option<Change> {
    let (old, new) = (context.old.content, context.new.content);
    if old.version == new.version && old.change.kind == new.change.kind {
        return None;
    }
    let line = |reason, sentence: &str| Some(Change::plain(About::Version, Importance::Information, reason, sentence));
    match (old.is_transcription(), new.change.kind) {
        (true, ChangeKind::Transcription) => line("transcribed", "Transcribed again; not signed by the supplier."),
        (true, _) => line("first_own_statement", "First own statement; the earlier one was transcribed."),
        (false, ChangeKind::Transcription) => {
            line("transcribed", "Transcribed from the supplier's published statement; not signed by the supplier.")
        }
        (false, ChangeKind::Reaffirmation) => {
            line("reaffirmed", &format!("Version {} confirms again what stood before it.", new.version))
        }
        (false, ChangeKind::Initial | ChangeKind::Update) => None,
    }
}
