//! `certreg/key-request@1`: a supplier's request to have a key enrolled.

use crate::{
    domain::{Faults, KeyRequest},
    format::{
        Node,
        fields::{Object, read_document},
    },
};

/// The value of member `format`.
pub const FORMAT: &str = "certreg/key-request@1";

/// Reads a key request.
///
/// # Errors
/// Every fault of shape. Role and key are read by `crate::signing`.
pub fn read(node: Node) -> Result<KeyRequest, Faults> {
    read_document(node, |r| {
        let format = r.format(FORMAT);
        let (registry, supplier) = (r.required("registry"), r.required("supplier"));
        let role = r.required_one_of(
            "role",
            |t| matches!(t, "signatory" | "official").then(|| t.to_owned()),
            "signatory or official",
        );
        let key = r.required_text("key");
        format?;
        Some(KeyRequest { registry: registry?, supplier: supplier?, role: role?, key: key? })
    })
}

/// Writes a key request.
pub fn write(request: &KeyRequest) -> Node {
    Object::new()
        .text("format", FORMAT)
        .text("key", &request.key)
        .text("registry", &request.registry)
        .text("role", &request.role)
        .text("supplier", &request.supplier)
        .build()
}
