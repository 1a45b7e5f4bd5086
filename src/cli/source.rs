//! Where a registry is read from: a running one by its address, or a clone (or data folder) by its folder.

use std::path::Path;

use serde_json::Value;

use super::{
    editions::{self, Known},
    error::{CliError, CliResult},
    local::LocalClone,
    remote::{self, Remote},
};
use crate::{
    compare::Side,
    domain::{
        CertificationId, Digest, Draft, EditionId, Freshness, Instant, Publication, RegistryId, RegistrySettings,
        Supplier, SupplierId,
    },
    format::{paths, v1},
    signing::KeyRing,
};

/// A registry to read from.
pub(crate) enum Source {
    /// Over HTTP.
    Remote(Remote),
    /// From Git objects on this machine, without a lock and without writing.
    Local(Box<LocalClone>),
}

/// A version as lists have it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub publication: Publication,
    pub kind: String,
    pub headline: String,
    pub service_name: String,
    pub supplier_name: String,
    /// `signatory`, `official` or `department`.
    pub signers: Vec<String>,
    /// The same as the API writes it.
    pub json: Value,
}

/// A version with everything that it says.
pub(crate) struct Held {
    pub listed: Listed,
    pub draft: Draft,
    pub known: Known,
    pub document: Vec<u8>,
}

impl Held {
    /// This version as one side of a comparison.
    pub(crate) fn side(&self) -> Side<'_> {
        Side { content: &self.draft, edition: &self.known.edition, publication: Some(&self.listed.publication) }
    }
}

impl Source {
    /// Opens what `--registry` names.
    ///
    /// # Errors
    /// Unreachable when there is no registry.
    pub(crate) fn open(text: &str) -> CliResult<Source> {
        if remote::is_address(text) {
            return Remote::at(text).map(Source::Remote);
        }
        LocalClone::open(Path::new(text)).map(|clone| Source::Local(Box::new(clone)))
    }

    /// What the registry says of itself.
    ///
    /// # Errors
    /// Unreachable when it cannot be read.
    pub(crate) fn settings(&self) -> CliResult<RegistrySettings> {
        match self {
            Source::Local(clone) => Ok(clone.settings().clone()),
            Source::Remote(remote) => settings_of(&remote.json("/v1")?).ok_or_else(|| {
                CliError::unreachable(format!("{} does not say which registry it is", remote.base()))
                    .next("Check the address: is it a registry's?")
            }),
        }
    }

    /// The registry's id.
    ///
    /// # Errors
    /// Unreachable when it cannot be read.
    pub(crate) fn registry_id(&self) -> CliResult<RegistryId> {
        self.settings().map(|settings| settings.registry)
    }

    /// The ring of a supplier in force, if it has one.
    ///
    /// # Errors
    /// Unreachable or no when it cannot be read.
    pub(crate) fn ring(&self, supplier: &SupplierId, registry: &RegistryId) -> CliResult<Option<KeyRing>> {
        let bytes = match self {
            Source::Local(clone) => return clone.ring(supplier),
            Source::Remote(remote) => remote.bytes_if_there(&format!("/v1/suppliers/{supplier}/allowed_signers"))?,
        };
        bytes.map(|bytes| super::local::read_ring(bytes, supplier, registry)).transpose()
    }

    /// The Department's record of a supplier, and its digest.
    ///
    /// # Errors
    /// Unreachable or no when it cannot be read.
    pub(crate) fn supplier(&self, id: &SupplierId) -> CliResult<Option<Record>> {
        match self {
            Source::Local(clone) => {
                let Some(bytes) = clone.read(&paths::supplier(id))? else { return Ok(None) };
                let stored = v1::stored(&bytes, v1::supplier::read)
                    .map_err(|faults| CliError::faulty(format!("the record of {id}"), &faults))?;
                Ok(Some(Record::of(&stored.value, stored.digest)))
            }
            Source::Remote(remote) => {
                let answer = remote.ask(&format!("/v1/suppliers/{id}"))?;
                if answer.status == 404 { Ok(None) } else { Record::of_json(&answer.json()?).map(Some) }
            }
        }
    }

    /// The exact bytes of the current version, if anything is published.
    ///
    /// # Errors
    /// Unreachable or no when it cannot be read.
    pub(crate) fn current(&self, id: &CertificationId) -> CliResult<Option<Vec<u8>>> {
        let remote = match self {
            Source::Local(clone) => return clone.read(&paths::document(id)),
            Source::Remote(remote) => remote,
        };
        let answer = remote.ask(&format!("/v1/certifications/{id}"))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let version = answer.json()?.get("version").and_then(Value::as_u64);
        let version = version.ok_or_else(|| CliError::unreachable("the answer names no version"))?;
        remote.bytes(&format!("/v1/certifications/{id}/versions/{version}/document")).map(Some)
    }

    /// The edition that a document names: built in, or from the registry.
    ///
    /// # Errors
    /// No when it is nowhere.
    pub(crate) fn edition(&self, id: &EditionId, digest: Digest) -> CliResult<Known> {
        if let Some(known) = editions::by_id(id).filter(|known| known.digest == digest) {
            return Ok(known);
        }
        let bytes = match self {
            Source::Local(clone) => clone.read(&paths::edition(id))?,
            Source::Remote(remote) => remote.bytes_if_there(&format!("/v1/editions/{id}"))?,
        };
        let known = bytes.and_then(|bytes| Known::of(bytes, id.as_str()).ok());
        known.filter(|known| known.digest == digest).ok_or_else(|| {
            CliError::no(format!("the registry does not hold edition {id} with digest {digest}"))
                .next("Give the edition's file with --edition FILE.")
        })
    }

    /// Every version of a certification, oldest first; none if nothing is published under this id.
    ///
    /// # Errors
    /// Unreachable when they cannot be read.
    pub(crate) fn versions(&self, id: &CertificationId) -> CliResult<Vec<Listed>> {
        let mut listed = match self {
            Source::Local(clone) => clone.versions(id)?,
            Source::Remote(remote) => remote_versions(remote, id)?,
        };
        listed.sort_by_key(|listed| listed.publication.sequence);
        Ok(listed)
    }

    /// Every version of a certification that there must be.
    ///
    /// # Errors
    /// No when nothing is published under this id.
    pub(crate) fn published(&self, id: &CertificationId) -> CliResult<Vec<Listed>> {
        let listed = self.versions(id)?;
        if listed.is_empty() {
            return Err(
                CliError::no(format!("nothing is published as {id}")).next("Check the id: it reads supplier/service.")
            );
        }
        Ok(listed)
    }

    /// A version with its content, proven by its digest.
    ///
    /// # Errors
    /// No when the bytes do not have the digest, or cannot be read as a certification.
    pub(crate) fn held(&self, listed: &Listed) -> CliResult<Held> {
        let Publication { certification: id, version, digest, .. } = &listed.publication;
        let document = match self {
            Source::Local(clone) => clone.document(listed)?,
            Source::Remote(remote) => remote.bytes(&format!("/v1/certifications/{id}/versions/{version}/document"))?,
        };
        if Digest::of(&document) != *digest {
            return Err(CliError::no(format!("{id} version {version} does not have its digest: it was altered"))
                .next("Do not rely on it, and tell the registry's operator."));
        }
        let stored = v1::stored(&document, v1::certification::read)
            .map_err(|faults| CliError::faulty(format!("{id} version {version} cannot be read"), &faults))?;
        let draft = stored.value;
        let known = self.edition(&draft.edition.id, draft.edition.digest)?;
        Ok(Held { listed: listed.clone(), draft, known, document })
    }

    /// A signature on a listed version: `signatory`, `official` or `department`.
    ///
    /// # Errors
    /// Unreachable when it cannot be read.
    pub(crate) fn signature(&self, listed: &Listed, role: &str) -> CliResult<Option<String>> {
        let Publication { certification: id, version, .. } = &listed.publication;
        let bytes = match self {
            Source::Local(clone) => clone.signature(id, *version, role == "official")?,
            Source::Remote(remote) => {
                remote.bytes_if_there(&format!("/v1/certifications/{id}/versions/{version}/signatures/{role}"))?
            }
        };
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// The name behind a person's digest, if it is held there.
    pub(crate) fn person(&self, digest: Digest) -> Option<String> {
        let bytes = match self {
            Source::Local(clone) => clone.person(digest)?,
            Source::Remote(remote) => remote.bytes_if_there(&format!("/v1/people/{}", digest.hex())).ok()??,
        };
        let stored = v1::stored(&bytes, v1::person::read).ok()?;
        (stored.digest == digest).then_some(stored.value.name)
    }
}

/// What the next version of a supplier's record builds on.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub version: u32,
    pub digest: Digest,
    pub single_signatory: bool,
}

impl Record {
    fn of(supplier: &Supplier, digest: Digest) -> Record {
        Record { version: supplier.version, digest, single_signatory: supplier.single_signatory }
    }

    fn of_json(answer: &Value) -> CliResult<Record> {
        let record = answer.get("supplier").unwrap_or(answer);
        let version = record.get("record_version").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let digest = record.get("record_digest").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let single_signatory = record.get("single_signatory").and_then(Value::as_bool).unwrap_or(false);
        match (version, digest) {
            (Some(version), Some(digest)) => Ok(Record { version, digest, single_signatory }),
            _ => Err(CliError::unreachable("the registry's answer does not say which record is in force")),
        }
    }
}

fn settings_of(answer: &Value) -> Option<RegistrySettings> {
    let text = |name: &str| answer.get(name)?.as_str().map(str::to_owned);
    let months = |name: &str| answer.get("freshness")?.get(name)?.as_u64().and_then(|n| u32::try_from(n).ok());
    Some(RegistrySettings {
        registry: text("registry")?.parse().ok()?,
        name: text("name")?,
        authority_name: text("authority_name")?,
        content_licence: text("content_licence")?,
        freshness: Freshness {
            due_after_months: months("due_after_months")?,
            lapsed_after_months: months("lapsed_after_months")?,
        },
        simulated_dates: answer.get("simulated_dates").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn remote_versions(remote: &Remote, id: &CertificationId) -> CliResult<Vec<Listed>> {
    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = remote.ask(&format!("/v1/certifications/{id}/versions?limit=200{cursor}"))?;
        if answer.status == 404 {
            return Ok(listed);
        }
        let page = answer.json()?;
        let items = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        for item in items {
            let understood = listed_of_json(id, item);
            listed.push(understood.ok_or_else(|| CliError::unreachable("the list of versions cannot be understood"))?);
        }
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(listed),
        }
    }
}

fn listed_of_json(id: &CertificationId, json: Value) -> Option<Listed> {
    let text = |name: &str| json.get(name)?.as_str().map(str::to_owned);
    let signers = json.get("signers")?.as_array()?.iter().filter_map(|signer| signer.get("role")?.as_str());
    Some(Listed {
        publication: Publication {
            certification: id.clone(),
            version: json.get("version")?.as_u64()?.try_into().ok()?,
            sequence: json.get("sequence")?.as_u64()?,
            published_at: text("published_at")?.parse::<Instant>().ok()?,
            digest: text("digest")?.parse().ok()?,
        },
        kind: text("kind")?,
        headline: text("headline")?,
        service_name: text("service_name")?,
        supplier_name: text("supplier_name")?,
        signers: signers.map(str::to_owned).collect(),
        json,
    })
}
