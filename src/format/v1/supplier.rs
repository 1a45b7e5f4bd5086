//! `certreg/supplier@1`: the Department's word on who a supplier is.

use crate::{
    domain::{Faults, Supplier},
    format::{
        Node,
        fields::{Object, read_document},
    },
};

/// The value of member `format`.
pub const FORMAT: &str = "certreg/supplier@1";

/// Reads a supplier record.
///
/// # Errors
/// Every fault of shape; at least one name; `previous` exactly from version 2 on.
pub fn read(node: Node) -> Result<Supplier, Faults> {
    read_document(node, |r| {
        let format = r.format(FORMAT);
        let (registry, supplier) = (r.required("registry"), r.required("supplier"));
        let (version, previous) = (r.required_number("version"), r.parsed("previous"));
        let names = r.texts("names");
        if names.is_empty() {
            r.fault("names", "missing-member", "'names' lists the legal name first, then trading names.");
        }
        if version.is_some_and(|version| (version > 1) != previous.is_some() || version == 0) {
            r.fault(
                "previous",
                "bad-chain",
                "Versions begin with 1; 'previous' names the digest of the one before, from 2 on.",
            );
        }
        let (company_number, website) = (r.text("company_number"), r.text("website"));
        let single_signatory = r.flag("single_signatory");
        format?;
        Some(Supplier {
            registry: registry?,
            supplier: supplier?,
            version: version?,
            previous,
            names,
            company_number,
            website,
            single_signatory,
        })
    })
}

/// Writes a supplier record.
pub fn write(supplier: &Supplier) -> Node {
    Object::new()
        .optional("company_number", supplier.company_number.as_ref())
        .text("format", FORMAT)
        .texts("names", &supplier.names)
        .optional("previous", supplier.previous)
        .text("registry", &supplier.registry)
        .flag("single_signatory", supplier.single_signatory)
        .text("supplier", &supplier.supplier)
        .number("version", supplier.version)
        .optional("website", supplier.website.as_ref())
        .build()
}
