//! The envelope: one file that carries a document, person records and the signatures so far. It is also what `POST
//! …/versions` takes as JSON. Not signed itself and never stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Fault, Faults},
    format::profile,
};

/// Everything that travels together; each part optional, exact bytes as JSON strings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The document's exact bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The first signature: armoured SSHSIG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The official's signature: armoured SSHSIG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub countersignature: Option<String>,
    /// Person records that the document names first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonRecord>,
    /// Key requests, with a ring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<SignedRequest>,
    /// Signatures by root keys, with an authority file: armoured SSHSIG.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
    /// The files that an authority file covers and that are new with it: path to exact text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

/// A person record as a JSON object; its canonical form is what the digest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonRecord {
    /// The person's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Full name.
    pub name: String,
    /// 64 lowercase hex digits.
    pub salt: String,
    /// The person's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
}

/// A key request with its signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRequest {
    /// The request's exact bytes.
    pub document: String,
    /// By the requested key itself: armoured SSHSIG.
    pub signature: String,
    /// By the key that a rotation replaces: armoured SSHSIG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_signature: Option<String>,
}

impl PersonRecord {
    /// The record's canonical bytes, which its digest names.
    pub fn bytes(&self) -> Vec<u8> {
        let person = crate::domain::Person {
            email: self.email.clone(),
            name: self.name.clone(),
            salt: self.salt.clone(),
            telephone: self.telephone.clone(),
        };
        profile::print(&super::person::write(&person))
    }
}

impl Envelope {
    /// Reads an envelope from JSON in any layout.
    ///
    /// # Errors
    /// One fault when it is not JSON of this shape; the place is given by line and column.
    pub fn parse(bytes: &[u8]) -> Result<Envelope, Faults> {
        // serde would also take a list of the members' values.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            let detail = "This is not an envelope: it must be one JSON object.";
            return Err(Faults(vec![Fault::new("", "not-an-envelope", detail)]));
        }
        serde_json::from_slice(bytes).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            let detail = format!(
                "This is not an envelope (document, signature, countersignature, people, requests, signatures, files), see \
                 {place}."
            );
            Faults(vec![Fault::new("", "not-an-envelope", detail)])
        })
    }

    /// Writes the envelope, indented, with a final LF.
    pub fn print(&self) -> String {
        serde_json::to_string_pretty(self).expect("an envelope has only texts") + "\n"
    }
}
