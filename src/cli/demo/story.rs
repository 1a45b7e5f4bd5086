//! The made-up supplier's versions, as data: `registry/demo/*.json`.
//!
//! The first file of a service holds its whole document; each further one only what the next version replaces:
//! single answers and support areas, other members whole. What only a running registry knows (ids, numbers,
//! digests) is filled in here.

use std::collections::{BTreeMap, BTreeSet};

use super::{DemoKey, EXAMPLE_SUPPLIER, Members, Stage, build::DemoError, keys, settings, supplier_id};
use crate::{
    domain::{CertificationId, Digest, Draft, Instant, Person, ServiceId},
    format::{Node, profile, v1},
    registry::{RegistryError, Result, publish::VersionSubmission},
    signing::Namespace,
};

macro_rules! demo_file {
    ($name:literal) => {
        include_bytes!(concat!("../../../registry/demo/", $name, ".json"))
    };
}

const PEOPLE: &[u8] = demo_file!("people");
/// The version that a visitor may publish.
const NEXT: &[u8] = demo_file!("example-cloud-next");
const CLOUD: [&[u8]; 10] = [
    demo_file!("example-cloud-01"),
    demo_file!("example-cloud-02"),
    demo_file!("example-cloud-03"),
    demo_file!("example-cloud-04"),
    demo_file!("example-cloud-05"),
    demo_file!("example-cloud-06"),
    demo_file!("example-cloud-07"),
    demo_file!("example-cloud-08"),
    demo_file!("example-cloud-09"),
    demo_file!("example-cloud-10"),
];
const LIBRARY: [&[u8]; 2] = [demo_file!("example-library-01"), demo_file!("example-library-02")];

/// Both services' versions and the people they name.
pub(super) struct Story {
    steps: Vec<Step>,
    next: Step,
    people: BTreeMap<String, Vec<u8>>,
    /// Records that the registry has already.
    known: BTreeSet<Digest>,
}

/// One version to be published.
pub(super) struct Step {
    pub service: ServiceId,
    pub version: u32,
    pub published_at: Instant,
    /// Everything that the document says by now, in the shape of the data files.
    members: Members,
}

impl Story {
    /// Reads the data and makes the people's records, each with a salt of its own.
    pub(super) fn read() -> std::result::Result<Story, DemoError> {
        let mut people = BTreeMap::new();
        for (key, person) in object(profile::parse(PEOPLE).map_err(DemoError::story)?)? {
            let mut person = object(person)?;
            person.insert("salt".into(), Node::Text(Digest::of(&*keys::random()?).hex()));
            people.insert(key, profile::print(&Node::Object(person)));
        }
        let mut steps = read_steps("example-cloud", &CLOUD)?;
        let newest = steps.last().map(|step| step.members.clone()).unwrap_or_default();
        let next = read_step("example-cloud", steps.len(), newest, NEXT)?;
        steps.extend(read_steps("example-library", &LIBRARY)?);
        Ok(Story { steps, next, people, known: BTreeSet::new() })
    }

    /// The versions, one service after the other.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The version that a visitor may publish.
    pub(super) fn next(&self) -> &Step {
        &self.next
    }

    fn person(&self, key: &str) -> Result<&Vec<u8>> {
        self.people.get(key).ok_or_else(|| RegistryError::internal(format!("registry/demo has no person {key}")))
    }
}

fn read_steps(service: &str, files: &[&[u8]]) -> std::result::Result<Vec<Step>, DemoError> {
    let mut steps: Vec<Step> = Vec::new();
    for (place, file) in files.iter().enumerate() {
        let before = steps.last().map(|step| step.members.clone()).unwrap_or_default();
        steps.push(read_step(service, place, before, file)?);
    }
    Ok(steps)
}

fn read_step(service: &str, before: usize, members: Members, file: &[u8]) -> std::result::Result<Step, DemoError> {
    let mut step = object(profile::parse(file).map_err(DemoError::story)?)?;
    let published_at = step.remove("published_at").and_then(text).and_then(|text| text.parse().ok());
    let amendment = object(step.remove("document").unwrap_or(Node::True))?;
    Ok(Step {
        service: service.parse().map_err(DemoError::story)?,
        version: u32::try_from(before + 1).map_err(DemoError::story)?,
        published_at: published_at.ok_or_else(|| DemoError::Story("published_at is missing".into()))?,
        members: amended(members, amendment),
    })
}

/// What the document says after `amendment`: answers are replaced one by one, other members whole.
fn amended(mut members: Members, amendment: Members) -> Members {
    for (name, value) in amendment {
        match (members.get_mut(&name), value) {
            (Some(Node::Object(old)), Node::Object(new)) if matches!(name.as_str(), "responses" | "support") => {
                old.extend(new);
            }
            (_, value) => {
                members.insert(name, value);
            }
        }
    }
    members
}

/// A document of the story, ready to be signed.
pub(super) struct Prepared {
    pub id: CertificationId,
    pub bytes: Vec<u8>,
    pub people: Vec<Vec<u8>>,
}

/// Fills in what only the registry knows, and writes the document.
pub(super) fn prepare(stage: &Stage<'_>, step: &Step) -> Result<Prepared> {
    let id = CertificationId::new(supplier_id(EXAMPLE_SUPPLIER), step.service.clone());
    let mut members = step.members.clone();
    let mut people = Vec::new();
    for name in ["contact", "official", "signatory"] {
        let Some(Node::Object(member)) = members.get_mut(name) else { continue };
        let Some(Node::Text(person)) = member.get_mut("person") else { continue };
        let record = stage.story.person(person)?;
        *person = Digest::of(record).to_string();
        people.push(record.clone());
    }
    if let Some(Node::Text(edition)) = members.get("edition") {
        let digest = Node::Text(stage.edition_digest(edition)?.to_string());
        let reference = [("digest".to_owned(), digest), ("id".to_owned(), Node::Text(edition.clone()))];
        members.insert("edition".into(), Node::Object(reference.into()));
    }
    if step.version > 1 {
        let before = stage.registry.version(&id, step.version - 1)?.publication.digest;
        members.insert("previous".into(), Node::Text(before.to_string()));
    }
    members.insert("format".into(), Node::Text(v1::certification::FORMAT.into()));
    members.insert("registry".into(), Node::Text(settings().registry.to_string()));
    members.insert("supplier".into(), Node::Text(id.supplier.to_string()));
    members.insert("version".into(), Node::Integer(step.version.into()));
    let draft: Draft = v1::certification::read(Node::Object(members))
        .map_err(|faults| RegistryError::faulty("document-rules", faults))?;
    people.sort();
    people.dedup();
    Ok(Prepared { id, bytes: profile::print(&v1::certification::write(&draft)), people })
}

/// Signs and publishes one version.
pub(super) fn publish(stage: &mut Stage<'_>, place: usize) -> Result<()> {
    let prepared = prepare(stage, &stage.story.steps[place])?;
    let (signatory, official) = signers_at(stage.registry.clock().now());
    let people = prepared.people.into_iter().filter(|record| !stage.story.known.contains(&Digest::of(record)));
    let people: Vec<Vec<u8>> = people.collect();
    stage.story.known.extend(people.iter().map(|record| Digest::of(record)));
    let submission = VersionSubmission {
        signature: Some(stage.keys.sign(signatory, Namespace::Certification, &prepared.bytes)),
        countersignature: Some(stage.keys.sign(official, Namespace::Countersignature, &prepared.bytes)),
        people,
        document: prepared.bytes,
    };
    stage.registry.publish(&prepared.id, submission).map(drop)
}

/// Whose keys sign at `at`.
fn signers_at(at: Instant) -> (DemoKey, DemoKey) {
    let signatory = if at < super::at(super::ROTATES_AT) { DemoKey::OldSignatory } else { DemoKey::Signatory };
    let official = if at < super::at(super::SECOND_OFFICIAL_AT) { DemoKey::OldOfficial } else { DemoKey::Official };
    (signatory, official)
}

fn object(node: Node) -> std::result::Result<Members, DemoError> {
    match node {
        Node::Object(members) => Ok(members),
        _ => Err(DemoError::Story("an object is missing".into())),
    }
}

fn text(node: Node) -> Option<String> {
    match node {
        Node::Text(text) => Some(text),
        _ => None,
    }
}

/// A person record with a salt of its own.
pub(super) fn person_record(name: String, email: Option<String>) -> Result<Vec<u8>> {
    let salt = keys::random().map_err(RegistryError::internal)?;
    let person = Person { email, name, salt: Digest::of(&*salt).hex(), telephone: None };
    Ok(profile::print(&v1::person::write(&person)))
}
