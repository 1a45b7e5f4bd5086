//! The Department's word on who a supplier is.

use super::{Digest, RegistryId, SupplierId};

/// One version of `supplier.json`: signed by the Department, numbered and chained like a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplier {
    /// The registry it is meant for.
    pub registry: RegistryId,
    /// Whom it describes.
    pub supplier: SupplierId,
    /// 1, 2, 3 …
    pub version: u32,
    /// The digest of the version before; absent for 1.
    pub previous: Option<Digest>,
    /// The legal name first, then trading names.
    pub names: Vec<String>,
    /// As registered at Companies House.
    pub company_number: Option<String>,
    /// `http` or `https`.
    pub website: Option<String>,
    /// The supplier is one person: a second signature is neither needed nor possible.
    pub single_signatory: bool,
}
