//! `certreg demo`: a registry to try everything on, built from `seeds/` and `registry/demo/`.
//!
//! Everything enters through the same verbs and the same checks as anywhere else, with real signatures by keys made
//! on the spot; only the clock is set by hand while it is built. That is why the registry says of itself that its
//! dates are simulated.
//!
//! Reading order: this file (the order of events), `keys` (who signs), `story` (the made-up supplier's versions, as
//! data), `transcribe` (the two published statements), `handout` (files to try things with), `build` (the folder),
//! `command`.

mod build;
mod command;
mod handout;
mod keys;
mod story;
mod transcribe;

use std::path::Path;

pub use build::{DemoError, build, is_built, open};
pub(crate) use command::Demo;
pub use keys::DemoKey;

use keys::Keys;
use story::Story;

use crate::{
    domain::{Digest, EditionId, Instant, RegistrySettings, Supplier, SupplierId},
    format::{Node, profile, v1},
    registry::{Clock, Registry, Result, enrol::SignedFile},
    signing::Namespace,
};

/// The demo registry's id.
pub const REGISTRY_ID: &str = "demo.certreg.example";
/// The made-up supplier.
pub const EXAMPLE_SUPPLIER: &str = "example-learning";

/// When the registry began.
const BEGINS_AT: &str = "2023-11-01T09:00:00Z";
const EDITIONS_AT: &str = "2023-11-01T09:30:00Z";
const SUPPLIERS_AT: &str = "2023-11-06T10:00:00Z";
const ENROLS_AT: &str = "2023-11-07T10:00:00Z";
const TRANSCRIBES_AT: &str = "2023-11-21T14:00:00Z";
/// The signatory's laptop is replaced, and the key with it.
const ROTATES_AT: &str = "2025-11-04T10:00:00Z";
/// A new official is enrolled, and the old one leaves.
const SECOND_OFFICIAL_AT: &str = "2026-06-01T10:00:00Z";
const FIRST_OFFICIAL_LEAVES_AT: &str = "2026-06-30T16:00:00Z";
/// The last simulated instant: where the clock stands when the demo is built.
const ENDS_AT: &str = "2026-11-20T12:00:00Z";

const EDITIONS: [(&str, &[u8]); 2] = [
    ("dfe-2016-dpa", include_bytes!("../../registry/editions/dfe-2016-dpa.json")),
    ("dfe-2018-gdpr", include_bytes!("../../registry/editions/dfe-2018-gdpr.json")),
];

/// What the demo registry says of itself.
pub fn settings() -> RegistrySettings {
    RegistrySettings {
        registry: REGISTRY_ID.parse().expect("a good registry id"),
        name: "Demonstration register of self-certifications".into(),
        authority_name: "demo authority".into(),
        content_licence: "CC0-1.0".into(),
        freshness: Default::default(),
        simulated_dates: true,
    }
}

/// The last simulated instant: the demo's present, for whoever wants the same answers every time.
pub fn ends_at() -> Instant {
    at(ENDS_AT)
}

fn at(text: &str) -> Instant {
    text.parse().expect("the instants of the demo are written in this file and tested")
}

fn supplier_id(text: &str) -> SupplierId {
    text.parse().expect("the ids of the demo are written in the code and tested")
}

/// A registry that is being filled, with everybody's keys at hand.
struct Stage<'a> {
    registry: &'a Registry,
    keys: &'a Keys,
    story: Story,
    progress: &'a mut dyn FnMut(&str),
}

/// One event of the demo's history.
struct Event<'a> {
    at: Instant,
    what: String,
    happen: Happen<'a>,
}

type Happen<'a> = Box<dyn FnOnce(&mut Stage<'_>) -> Result<()> + 'a>;

/// Plays every event in the order of time.
fn play(stage: &mut Stage<'_>) -> Result<()> {
    let mut events = authority_events();
    events.extend(transcribe::SEEDS.iter().map(|seed| {
        event(at(TRANSCRIBES_AT), format!("transcribe {}", seed.supplier), move |stage| {
            transcribe::publish(stage, seed)
        })
    }));
    for place in 0..stage.story.steps().len() {
        let step = &stage.story.steps()[place];
        let what = format!("publish {EXAMPLE_SUPPLIER}/{} version {}", step.service, step.version);
        events.push(event(step.published_at, what, move |stage| story::publish(stage, place)));
    }
    // Stable: what happens at one instant keeps the order in which it is listed.
    events.sort_by_key(|event| event.at);
    for event in events {
        stage.registry.clock().set(event.at);
        (stage.progress)(&format!("{}  {}", event.at, event.what));
        (event.happen)(stage)?;
    }
    stage.registry.clock().set(ends_at());
    Ok(())
}

fn event<'a>(at: Instant, what: String, happen: impl FnOnce(&mut Stage<'_>) -> Result<()> + 'a) -> Event<'a> {
    Event { at, what, happen: Box::new(happen) }
}

/// What the demo authority does: editions, suppliers, key rings.
fn authority_events() -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for (id, bytes) in EDITIONS {
        events
            .push(event(at(EDITIONS_AT), format!("publish edition {id}"), move |stage| put_edition(stage, id, bytes)));
    }
    for supplier in suppliers() {
        let what = format!("register supplier {}", supplier.supplier);
        events.push(event(at(SUPPLIERS_AT), what, move |stage| put_supplier(stage, &supplier)));
    }
    events.push(event(at(ENROLS_AT), "enrol two keys".into(), keys::enrol_first));
    events.push(event(at(ROTATES_AT), "replace the signatory's key".into(), keys::rotate_signatory));
    events.push(event(at(SECOND_OFFICIAL_AT), "enrol a second official".into(), keys::enrol_second_official));
    events.push(event(at(FIRST_OFFICIAL_LEAVES_AT), "end the first official's key".into(), keys::end_first_official));
    events
}

fn put_edition(stage: &mut Stage<'_>, id: &str, bytes: &[u8]) -> Result<()> {
    let id: EditionId = id.parse().expect("the ids of the editions are good");
    stage.registry.put_edition(&id, stage.by_department(Namespace::Editions, bytes.to_vec())).map(drop)
}

fn put_supplier(stage: &mut Stage<'_>, supplier: &Supplier) -> Result<()> {
    let bytes = profile::print(&v1::supplier::write(supplier));
    stage.registry.put_supplier(&supplier.supplier, stage.by_department(Namespace::Keys, bytes)).map(drop)
}

impl Stage<'_> {
    /// A file as the Department submits it.
    fn by_department(&self, namespace: Namespace, document: Vec<u8>) -> SignedFile {
        let signature = self.keys.sign(DemoKey::Department, namespace, &document);
        SignedFile { document, signature: Some(signature) }
    }

    /// Which edition has this id here.
    fn edition_digest(&self, id: &str) -> Result<Digest> {
        let id: EditionId = id.parse().map_err(crate::registry::RegistryError::internal)?;
        Ok(self.registry.edition_row(&id)?.digest)
    }
}

/// The two suppliers of the published statements, in their own published words, and the made-up one.
fn suppliers() -> Vec<Supplier> {
    let record = |supplier: &str, name: &str, company_number: Option<&str>, website: &str| Supplier {
        registry: settings().registry,
        supplier: supplier_id(supplier),
        version: 1,
        previous: None,
        names: vec![name.into()],
        company_number: company_number.map(str::to_owned),
        website: Some(website.into()),
        single_signatory: false,
    };
    let published = transcribe::SEEDS.iter().map(|s| record(s.supplier, s.name, s.company_number, s.website));
    published.chain([record(EXAMPLE_SUPPLIER, "Example Learning Ltd", None, "https://www.example.org")]).collect()
}

/// Opens a registry of its own in `data`: commit 0, with keys made on the spot.
fn begin(data: &Path, keys: &Keys) -> Result<Registry> {
    let clock = Clock::standing_at(at(BEGINS_AT));
    let proposal = keys.proposal();
    let admission = keys.admit(&proposal, clock.now())?;
    Registry::create(data, &proposal, &admission, keys.server(), clock)
}

/// Members of a JSON object by name.
type Members = std::collections::BTreeMap<String, Node>;
