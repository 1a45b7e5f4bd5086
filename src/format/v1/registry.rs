//! `certreg/registry@1`: what a registry says of itself (`registry.json`).

use crate::{
    domain::{Faults, Freshness, RegistrySettings},
    format::{
        Node,
        fields::{Object, read_document},
    },
};

/// The value of member `format`.
pub const FORMAT: &str = "certreg/registry@1";

/// Reads the settings.
///
/// # Errors
/// Every fault of shape; `due_after_months` must not exceed `lapsed_after_months`.
pub fn read(node: Node) -> Result<RegistrySettings, Faults> {
    read_document(node, |r| {
        let format = r.format(FORMAT);
        let (registry, name) = (r.required("registry"), r.required_text("name"));
        let (authority_name, content_licence) = (r.required_text("authority_name"), r.required_text("content_licence"));
        let freshness = r.required_object("freshness", |f| {
            let (due, lapsed) = (f.required_number("due_after_months"), f.required_number("lapsed_after_months"));
            if due.zip(lapsed).is_some_and(|(due, lapsed)| due > lapsed) {
                f.fault("due_after_months", "months-in-wrong-order", "A certification falls due before it lapses.");
            }
            Some(Freshness { due_after_months: due?, lapsed_after_months: lapsed? })
        });
        let simulated_dates = r.flag("simulated_dates");
        format?;
        Some(RegistrySettings {
            registry: registry?,
            name: name?,
            authority_name: authority_name?,
            content_licence: content_licence?,
            freshness: freshness?,
            simulated_dates,
        })
    })
}

/// Writes the settings.
pub fn write(settings: &RegistrySettings) -> Node {
    let freshness = Object::new()
        .number("due_after_months", settings.freshness.due_after_months)
        .number("lapsed_after_months", settings.freshness.lapsed_after_months);
    Object::new()
        .text("authority_name", &settings.authority_name)
        .text("content_licence", &settings.content_licence)
        .text("format", FORMAT)
        .object("freshness", freshness)
        .text("name", &settings.name)
        .text("registry", &settings.registry)
        .flag("simulated_dates", settings.simulated_dates)
        .build()
}
