//! What the page sends: a draft in the making, as far as it got, with the people it names apart.
//!
//! ```json
//! {"document": {"responses": {"q3.1": {"code": "green"}}}, "people": {"signatory": {"name": "…", "salt": "…"}}}
//! ```
//!
//! Whoever types has always typed only half: what is missing or wrong becomes a fault, and the rest can be shown all
//! the same. Persons' digests are put into the document here, so that the page needs no canonical form of its own.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    domain::{
        Digest, Draft, Fault, Faults, Person, RegistryId,
        certification::{is_email, is_telephone},
    },
    format::{
        Node, draft, profile,
        v1::{self, envelope::PersonRecord},
    },
};

/// The parts of a document that may name a person.
pub const ROLES: [&str; 3] = ["contact", "official", "signatory"];

/// Rounds of leaving out what cannot be read; each finds what the one before it hid.
const MOST_ROUNDS: usize = 6;

/// An object's members by name.
type Members = BTreeMap<String, Node>;

/// A draft in the making.
#[derive(Debug, Clone)]
pub struct Work {
    document: Node,
    people: BTreeMap<&'static str, Person>,
    faults: Faults,
}

/// A person as the page holds one.
#[derive(Debug, Clone, Serialize)]
pub struct PersonJson {
    /// Full name.
    pub name: String,
    /// The person's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The person's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// Left out where the page is to choose one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
}

impl From<Person> for PersonJson {
    fn from(person: Person) -> Self {
        PersonJson { name: person.name, email: person.email, telephone: person.telephone, salt: Some(person.salt) }
    }
}

impl Work {
    /// Reads what the page sent.
    ///
    /// # Errors
    /// What no document can hold, each with its place in the document.
    pub fn read(bytes: &[u8]) -> Result<Work, Faults> {
        let Node::Object(mut sent) = profile::parse_lenient(bytes).map_err(in_document)? else {
            return Err(Faults(vec![Fault::new("", "not-an-object", "This is no draft of the workbench.")]));
        };
        let document = sent.remove("document").map(draft::without_holes).unwrap_or(Node::Object(Members::new()));
        let mut work = Work { document, people: BTreeMap::new(), faults: Faults::default() };
        if let Some(Node::Object(people)) = sent.remove("people") {
            work.read_people(people);
        }
        work.name_people();
        Ok(work)
    }

    /// A document alone, which names people as it does.
    pub fn of_document(document: Node) -> Work {
        Work { document, people: BTreeMap::new(), faults: Faults::default() }
    }

    fn read_people(&mut self, mut people: Members) {
        for role in ROLES {
            let Some(Node::Object(mut parts)) = people.remove(role) else { continue };
            if !parts.contains_key("name") {
                continue;
            }
            parts.retain(|name, _| ["email", "name", "salt", "telephone"].contains(&name.as_str()));
            match v1::person::read(Node::Object(parts)) {
                Ok(person) => self.take_person(role, person),
                Err(faults) => self
                    .faults
                    .0
                    .extend(faults.0.into_iter().map(|fault| Fault { pointer: format!("/{role}/person"), ..fault })),
            }
        }
    }

    fn take_person(&mut self, role: &'static str, person: Person) {
        for (part, text, is_good, example) in [
            (
                "email",
                &person.email,
                is_email as fn(&str) -> bool,
                "an e-mail address: write it like name@example.org.",
            ),
            ("telephone", &person.telephone, is_telephone, "a telephone number: write it like +44 1274 713425."),
        ] {
            if text.as_deref().is_some_and(|text| !is_good(text)) {
                let detail = format!("This does not read like {example}");
                self.faults.add(format!("/{role}/person/{part}"), "bad-contact", detail);
            }
        }
        self.people.insert(role, person);
    }

    /// Puts the digest of each person's record where the document names the person, and takes away any other.
    fn name_people(&mut self) {
        let Node::Object(members) = &mut self.document else { return };
        for role in ROLES {
            let digest = self.people.get(role).map(|person| Node::Text(v1::person::digest(person).to_string()));
            let Some(Node::Object(part)) = members.get_mut(role) else {
                if let Some(digest) = digest {
                    members.insert(role.to_owned(), Node::Object([("person".to_owned(), digest)].into()));
                }
                continue;
            };
            match digest {
                Some(digest) => drop(part.insert("person".to_owned(), digest)),
                None => drop(part.remove("person")),
            }
            if part.is_empty() {
                members.remove(role);
            }
        }
    }

    /// The canonical bytes.
    pub fn bytes(&self) -> Vec<u8> {
        profile::print(&self.document)
    }

    /// The records of the people that are named, each once.
    pub fn records(&self) -> Vec<PersonRecord> {
        let by_digest: BTreeMap<Digest, &Person> =
            self.people.values().map(|person| (v1::person::digest(person), person)).collect();
        by_digest.into_values().cloned().map(record).collect()
    }

    /// The record behind a digest, if it came along.
    pub fn person(&self, digest: Digest) -> Option<Person> {
        self.people.values().find(|person| v1::person::digest(person) == digest).cloned()
    }

    /// The draft as far as it can be read, and every fault of what cannot.
    ///
    /// What is missing stands there as `(… yet)`, what cannot be read is left out.
    ///
    /// # Errors
    /// The faults, where they leave nothing that could be shown.
    pub fn readable(&self, registry: &RegistryId) -> Result<(Draft, Faults), Faults> {
        let mut faults = self.faults.clone();
        let mut node = self.document.clone();
        if let Node::Object(members) = &mut node {
            members.entry("responses".to_owned()).or_insert(Node::Object(Members::new()));
        }
        for _ in 0..MOST_ROUNDS {
            let found = match v1::certification::read(node.clone()) {
                Ok(draft) => return Ok((draft, faults)),
                Err(found) => found,
            };
            // From the end, so that places in lists stay true.
            for fault in found.0.iter().rev() {
                mend(&mut node, fault, registry);
            }
            for fault in found.0 {
                if !faults.0.iter().any(|known| known.pointer == fault.pointer) {
                    faults.0.push(fault);
                }
            }
        }
        Err(faults)
    }
}

/// A record as it travels in an envelope.
pub fn record(person: Person) -> PersonRecord {
    PersonRecord { email: person.email, name: person.name, salt: person.salt, telephone: person.telephone }
}

/// Faults of what was sent, as faults of the document in it.
fn in_document(faults: Faults) -> Faults {
    let placed = faults.0.into_iter().map(|fault| {
        let pointer = match fault.pointer.strip_prefix("/people") {
            // `/people/signatory/name` stands in the document as `/signatory/person`.
            Some(person) => format!("/{}/person", person.split('/').nth(1).unwrap_or_default()),
            None => fault.pointer.strip_prefix("/document").unwrap_or(&fault.pointer).to_owned(),
        };
        Fault { pointer, ..fault }
    });
    Faults(placed.collect())
}

/// Leaves out what stands at a place.
pub fn leave_out(node: &mut Node, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    drop(members_at(node, parent).and_then(|members| members.remove(name)));
}

/// Leaves out what `fault` is about, or puts something in its place.
fn mend(node: &mut Node, fault: &Fault, registry: &RegistryId) {
    let Some((parent, name)) = fault.pointer.rsplit_once('/') else { return };
    if fault.code != "missing-member" {
        return leave_out(node, &fault.pointer);
    }
    match stand_in(parent, name, registry) {
        Some(stand_in) => drop(members_at(node, parent).map(|members| members.insert(name.to_owned(), stand_in))),
        None => {
            // Without this part, the whole around it says nothing.
            let Some((above, whole)) = parent.rsplit_once('/') else { return };
            drop(members_at(node, above).and_then(|members| members.remove(whole)));
        }
    }
}

/// What stands where something is still to be written.
fn stand_in(parent: &str, name: &str, registry: &RegistryId) -> Option<Node> {
    let text = |text: &str| Some(Node::Text(text.to_owned()));
    match (parent, name) {
        ("", "format") => text(v1::certification::FORMAT),
        ("", "registry") => text(registry.as_str()),
        ("", "supplier") => text("your-supplier-id"),
        ("", "service") => text("your-service-id"),
        ("", "supplier_name" | "service_name") => text("(no name yet)"),
        ("", "version") => Some(Node::Integer(1)),
        ("", "change") => Some(Node::Object([("kind".to_owned(), Node::Text("initial".to_owned()))].into())),
        ("/change", "kind") => text("initial"),
        (_, "title") => text("(no title yet)"),
        (_, "url") => text("https://example.org/(no address yet)"),
        (_, "wrong_since") => text("2000-01-01"),
        (_, "question") => text("q3.1"),
        _ => None,
    }
}

fn members_at<'n>(node: &'n mut Node, pointer: &str) -> Option<&'n mut Members> {
    let mut at = node;
    for step in pointer.split('/').skip(1) {
        at = match at {
            Node::Object(members) => members.get_mut(step)?,
            Node::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    match at {
        Node::Object(members) => Some(members),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(sent: &str) -> Vec<(String, &'static str)> {
        let work = Work::read(sent.as_bytes()).expect("inside the profile");
        let (_, faults) = work.readable(&"certreg.example".parse().expect("an id")).expect("something to show");
        faults.0.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    const EDITION: &str = r#""edition": {"id": "dfe-2016-dpa", "digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000"}"#;

    #[test]
    fn every_fault_is_found_at_once_and_the_rest_can_be_read() {
        let sent = format!(
            r#"{{"document": {{"format": "certreg/certification@1", {EDITION}, "registry": "certreg.example", "supplier": "No Id",
                "service": "lms", "version": 1, "change": {{"kind": "update", "effective_on": "2026-02-31"}}, "service_name": "",
                "responses": {{"q3.1": {{"code": "red", "evidence": [{{"title": "T"}}, {{"url": "https://x.example"}}]}}}},
                "signatory": {{"title": "Head"}}}}}}"#
        );
        let found = faults_of(&sent);
        for pointer in [
            "/supplier",
            "/change/effective_on",
            "/service_name",
            "/supplier_name",
            "/responses/q3.1/code",
            "/responses/q3.1/evidence/0/url",
            "/responses/q3.1/evidence/1/title",
            "/signatory/person",
        ] {
            assert_eq!(found.iter().filter(|(at, _)| at == pointer).count(), 1, "{pointer}: {found:?}");
        }
    }

    #[test]
    fn a_digest_names_the_person_who_came_along_and_nobody_else() {
        let salt = "ab".repeat(32);
        let sent = format!(
            r#"{{"document": {{"signatory": {{"title": "Head"}}, "official": {{"person": "sha256:{salt}"}}}},
                "people": {{"signatory": {{"name": " Ann ", "salt": "{salt}", "email": "nonsense", "extra": "x"}}}}}}"#
        );
        let work = Work::read(sent.as_bytes()).expect("inside the profile");
        let [record] = &work.records()[..] else { panic!("one record") };
        assert_eq!(record.name, "Ann");
        let text = String::from_utf8(work.bytes()).expect("text");
        assert!(text.contains(&Digest::of(&record.bytes()).to_string()), "{text}");
        assert!(!text.contains("official"), "{text}");
        assert_eq!(work.faults.0[0].pointer, "/signatory/person/email");
    }

    #[test]
    fn what_no_document_can_hold_is_placed_where_it_was_typed() {
        let sent =
            "{\"document\": {\"service_name\": \"a\u{202e}b\"}, \"people\": {\"official\": {\"name\": \"x\u{200f}\"}}}";
        let faults = Work::read(sent.as_bytes()).expect_err("refused");
        let places: Vec<&str> = faults.0.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(places, ["/service_name", "/official/person"]);
    }
}
