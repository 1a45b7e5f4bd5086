//! The two published statements, imported and transcribed as the Department would do it. Nothing is added.

use super::{Stage, story, supplier_id};
use crate::{
    domain::{CertificationId, Contact, Digest, Edition, EditionRef, Signer, Source},
    format::{profile, v1},
    import,
    registry::{RegistryError, Result, publish::VersionSubmission},
    signing::Namespace,
};

/// A published statement, and what its own words say of the supplier.
pub(super) struct Seed {
    pub supplier: &'static str,
    service: &'static str,
    /// As published in the details at the form's head.
    pub name: &'static str,
    /// As published in the answer to question 3.3.
    pub company_number: Option<&'static str>,
    /// As published in the introduction to section 3.
    pub website: &'static str,
    title: &'static str,
    text: &'static str,
}

pub(super) const SEEDS: [Seed; 2] = [
    Seed {
        supplier: "planet-enterprises",
        service: "planet-estream-cloud",
        name: "Planet Enterprises Ltd",
        company_number: Some("03080901"),
        website: "http://www.planetestream.co.uk",
        title: "Cloud Software Services for Schools: statements for Planet eStream Cloud, text of the published form",
        text: include_str!("../../../seeds/000_5f7981f69bd28955.txt"),
    },
    Seed {
        supplier: "nexus-software-platforms",
        service: "parent-hub",
        name: "Nexus Software Platforms Ltd (t/a Parent Hub)",
        company_number: None,
        website: "http://www.parenthub.co.uk",
        title: "Cloud Software Services for Schools: statements for Parent Hub, text of the published form",
        text: include_str!("../../../seeds/004_64dfb80629537511.txt"),
    },
];

/// Imports one statement, signs it as the Department, and publishes it.
pub(super) fn publish(stage: &mut Stage<'_>, seed: &Seed) -> Result<()> {
    let editions = super::EDITIONS
        .iter()
        .map(|(_, bytes)| v1::stored(bytes, v1::edition::read).map(|stored| stored.value))
        .collect::<std::result::Result<Vec<Edition>, _>>()
        .map_err(RegistryError::internal)?;
    let imported = import::statement(seed.text, &editions.iter().collect::<Vec<_>>());
    let edition = imported.found.edition.clone();
    let edition = edition.ok_or_else(|| RegistryError::internal("the statement's edition was not recognised"))?;
    let edition = EditionRef { digest: stage.edition_digest(edition.as_str())?, id: edition };
    let service = seed.service.parse().map_err(RegistryError::internal)?;
    let id = CertificationId::new(supplier_id(seed.supplier), service);
    let source = Source { sha256: Digest::of(seed.text.as_bytes()), title: seed.title.into() };
    let registry = stage.registry.settings().registry.clone();
    let (mut draft, named) =
        imported.found.into_draft(registry, id.supplier.clone(), id.service.clone(), edition, source);
    let mut people = Vec::new();
    if let Some((name, email)) = named.contact {
        let record = story::person_record(name, email)?;
        draft.contact.get_or_insert_with(Contact::default).person = Some(Digest::of(&record));
        people.push(record);
    }
    if let Some(name) = named.official {
        let record = story::person_record(name, None)?;
        draft.official = Some(Signer { person: Digest::of(&record), title: None });
        people.push(record);
    }
    let document = profile::print(&v1::certification::write(&draft));
    let signature = stage.by_department(Namespace::Transcription, document.clone()).signature;
    let submission = VersionSubmission { document, signature, countersignature: None, people };
    stage.registry.publish(&id, submission).map(drop)
}
