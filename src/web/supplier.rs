//! A supplier: its services, how promptly it updates them, its keys.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    address,
    ask::Named,
    page::{Frame, Keep, shown},
    row::ServiceRow,
};
use crate::{
    domain::{Instant, SupplierId},
    index::SupplierRow,
    registry::{ErrorKind, Registry, Result, door::Door},
    signing::RingKey,
};

#[derive(Template)]
#[template(path = "web/supplier.html")]
struct SupplierPage {
    frame: Frame,
    name: String,
    row: SupplierRow,
    registered_on: String,
    services: Vec<ServiceRow>,
    promptness: Option<String>,
    keys: Vec<KeyLine>,
}

/// One enrolled key.
struct KeyLine {
    role: &'static str,
    fingerprint: String,
    window: String,
}

/// `/s/{supplier}`
pub async fn supplier(State(door): State<Door>, named: Named) -> Response {
    shown(door, Keep::Current, move |registry| page(registry, &named.supplier()?)).await
}

fn page(registry: &Registry, id: &SupplierId) -> Result<SupplierPage> {
    let row = registry.supplier(id)?;
    let name = row.names.first().cloned().unwrap_or_else(|| id.to_string());
    let frame = Frame::new(registry.settings(), name.clone(), address::supplier(id))
        .described(format!("What {name} says about its cloud services for schools: self-certified, signed and dated."))
        .with_feed(format!("What changes at {name}"), format!("/v1/suppliers/{id}/feed.atom"));
    Ok(SupplierPage {
        frame,
        registered_on: row.registered_at.day_in_london().in_words(),
        services: ServiceRow::all(registry, &registry.index().certifications_of(id)?)?,
        promptness: registry.promptness_of_supplier(id)?.map(|promptness| promptness.sentence()),
        keys: keys(registry, id)?,
        name,
        row,
    })
}

fn keys(registry: &Registry, id: &SupplierId) -> Result<Vec<KeyLine>> {
    let now = registry.clock().now();
    match registry.ring(id, None) {
        Ok((_, ring, _)) => Ok(ring.keys().iter().map(|key| key_line(key, now)).collect()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn key_line(key: &RingKey, now: Instant) -> KeyLine {
    let window = key.window();
    let from = window.valid_after().day_in_london().in_words();
    let until = window.valid_before().map(|at| format!(" to {}", at.day_in_london().in_words())).unwrap_or_default();
    let state = if key.is_valid_at(now) { "may sign now" } else { "may not sign now" };
    KeyLine {
        role: key.role().as_str(),
        fingerprint: key.key().fingerprint(),
        window: format!("{state}; from {from}{until}"),
    }
}

impl SupplierPage {
    /// The supplier's own address, where it may be made a link.
    fn website(&self) -> Option<&str> {
        self.row.website.as_deref().filter(|url| crate::domain::certification::is_web_link(url))
    }
}
