//! The Department's submissions: editions, suppliers, rings. Each is a signed file; there are no passwords.

use std::collections::BTreeSet;

use super::{
    Registry, RegistryError, Result,
    publish::plan::first_signature_error,
    submit::{Committed, Planned, Writer},
};
use crate::{
    domain::{AnswerId, Digest, EditionId, Fault, Faults, Instant, KeyRequest, SupplierId, certification::is_web_link},
    format::{
        paths::{self, RepositoryPath, Suffix},
        v1,
    },
    signing::{self, AuthorityRole, KeyEvent, KeyRing, Namespace, PublicKey, Role},
};

/// A file that the Department signed.
#[derive(Debug, Clone, Default)]
pub struct SignedFile {
    /// Exact bytes.
    pub document: Vec<u8>,
    /// The Department's signature: armoured SSHSIG.
    pub signature: Option<String>,
}

/// A key request that comes with a ring.
#[derive(Debug, Clone, Default)]
pub struct SignedKeyRequest {
    /// The request's exact bytes.
    pub document: Vec<u8>,
    /// By the requested key itself.
    pub signature: String,
    /// By the key that a rotation replaces.
    pub old_signature: Option<String>,
}

/// What became of a submission of the Department's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Whether exactly this file was in force before; then nothing was written now.
    pub already: bool,
    /// Where it is.
    pub committed: Committed,
}

impl Registry {
    /// Publishes an edition. An edition never changes once published.
    ///
    /// # Errors
    /// The file is no edition, is not signed by the Department, or another file was published under this id.
    pub fn put_edition(&self, id: &EditionId, file: SignedFile) -> Result<Accepted> {
        let mut writer = self.writer()?;
        let digest = Digest::of(&file.document);
        if let Some(row) = self.index.edition(id)? {
            if row.digest == digest {
                return self.already(row.sequence, digest);
            }
            return Err(RegistryError::conflict(
                "edition-exists",
                "An edition never changes once published: publish other wording under a new id.",
            ));
        }
        let stored = v1::stored(&file.document, v1::edition::read)
            .map_err(|faults| RegistryError::faulty("edition-rules", faults))?;
        if stored.value.id != *id {
            return Err(invalid("/id", "id-differs-from-path", "The edition's id is not the one in the address."));
        }
        if let Some(other) = self.index.edition_with_same_letters(&id.without_hyphens())? {
            return Err(invalid(
                "/id",
                "id-too-similar",
                format!("Edition '{other}' differs only in hyphens: choose another id."),
            ));
        }
        self.check_older_edition(&stored.value)?;
        let at = self.next_instant(&writer)?;
        self.check_department(&file, Namespace::Editions, at)?;
        let planned = signed_files(paths::edition(id), &file, format!("Publish edition {id}"));
        self.accept(&mut writer, at, planned)
    }

    fn check_older_edition(&self, edition: &crate::domain::Edition) -> Result<()> {
        let Some(mapping) = &edition.mapping else { return Ok(()) };
        let older = self.index.edition(&mapping.older)?;
        if older.is_some_and(|row| row.digest == mapping.older_digest) {
            let asked: BTreeSet<AnswerId> = self.edition(&mapping.older)?.answer_ids().collect();
            let mapped: Vec<AnswerId> = mapping.entries.iter().flat_map(|entry| entry.older.iter().copied()).collect();
            if mapped.len() == asked.len() && mapped.into_iter().collect::<BTreeSet<AnswerId>>() == asked {
                return Ok(());
            }
            let detail = format!("The mapping names every answer of edition {} exactly once.", mapping.older);
            return Err(invalid("/mapping/entries", "mapping-incomplete", detail));
        }
        let detail = format!(
            "The mapping names edition {} with a digest that is not published here: publish that edition first.",
            mapping.older
        );
        Err(invalid("/mapping/older", "edition-unknown", detail))
    }

    /// Registers a supplier, or replaces what is said of it by the next version.
    ///
    /// # Errors
    /// The file is no supplier record, is not signed by the Department, or does not follow the one in force.
    pub fn put_supplier(&self, id: &SupplierId, file: SignedFile) -> Result<Accepted> {
        let mut writer = self.writer()?;
        let digest = Digest::of(&file.document);
        if let Some(sequence) = self.index.supplier_record(id, digest)? {
            return self.already(sequence, digest);
        }
        let current = self.index.supplier(id)?;
        let stored = v1::stored(&file.document, v1::supplier::read)
            .map_err(|faults| RegistryError::faulty("supplier-rules", faults))?;
        let supplier = stored.value;
        if supplier.website.as_deref().is_some_and(|website| !is_web_link(website)) {
            return Err(invalid(
                "/website",
                "bad-link",
                "A website begins with https:// or http://, names a host and carries no user name.",
            ));
        }
        if supplier.supplier != *id || supplier.registry != self.settings.registry {
            return Err(invalid(
                "/supplier",
                "id-differs-from-path",
                "Supplier and registry must be those of the address it is sent to.",
            ));
        }
        if current.is_none()
            && let Some(other) = self.index.supplier_with_same_letters(&id.without_hyphens())?
        {
            return Err(invalid(
                "/supplier",
                "id-too-similar",
                format!("Supplier '{other}' differs only in hyphens: choose another id."),
            ));
        }
        let expected = (current.as_ref().map_or(1, |row| row.version + 1), current.as_ref().map(|row| row.digest));
        if (supplier.version, supplier.previous) != expected {
            let detail = format!(
                "The next version of this record is {}, naming the digest of the one in force as 'previous'.",
                expected.0
            );
            return Err(RegistryError {
                current: current.map(|row| (row.version, row.digest)),
                ..RegistryError::conflict("supplier-conflict", detail)
            });
        }
        if supplier.single_signatory && self.index.has_signed_twice(id)? {
            let detail = "This supplier has published with two signatures: it never returns to one. Leave 'single_signatory' out.";
            return Err(RegistryError::conflict("two-signatures-stay", detail));
        }
        let at = self.next_instant(&writer)?;
        self.check_department(&file, Namespace::Keys, at)?;
        let planned =
            signed_files(paths::supplier(id), &file, format!("Register supplier {id}, version {}", supplier.version));
        self.accept(&mut writer, at, planned)
    }

    /// Puts the next version of a supplier's ring in force.
    ///
    /// # Errors
    /// The ring breaks the grammar, does not follow the one in force, is not signed by the Department, or a new
    /// key comes without its request.
    pub fn put_ring(&self, id: &SupplierId, file: SignedFile, requests: Vec<SignedKeyRequest>) -> Result<Accepted> {
        let mut writer = self.writer()?;
        self.supplier(id)?;
        let digest = Digest::of(&file.document);
        if let Some(row) = self.index.rings(id)?.into_iter().find(|row| row.digest == digest) {
            return self.already(row.sequence, digest);
        }
        let current = self.current_ring(id)?;
        let text =
            std::str::from_utf8(&file.document).map_err(|_| invalid("", "not-utf8", "A ring is a UTF-8 text file."))?;
        let ring = KeyRing::parse(text, &self.settings.registry)
            .map_err(|error| invalid("", "ring-grammar", error.to_string()))?;
        if ring.supplier() != id {
            return Err(invalid("", "id-differs-from-path", "The ring is another supplier's."));
        }
        let at = self.next_instant(&writer)?;
        ring.check_follows(current.as_deref(), at)
            .map_err(|error| RegistryError::conflict("ring-conflict", error.to_string()))?;
        self.check_department(&file, Namespace::Keys, at)?;
        let mut planned =
            signed_files(paths::ring(id), &file, format!("Enrol keys of {id}, ring version {}", ring.version()));
        let requests = self.check_requests(id, &ring, current.as_deref(), &requests, at)?;
        planned.files.extend(requests.into_iter().map(|(path, bytes)| (path, bytes.into())));
        self.accept(&mut writer, at, planned)
    }

    /// Checks that every new key comes with its request, and gives the requests' files.
    fn check_requests(
        &self,
        id: &SupplierId,
        ring: &KeyRing,
        current: Option<&KeyRing>,
        requests: &[SignedKeyRequest],
        at: Instant,
    ) -> Result<Vec<(RepositoryPath, Vec<u8>)>> {
        let mut files = Vec::new();
        let mut awaited: Vec<(PublicKey, Role)> =
            ring.keys_since(current).iter().map(|line| (*line.key(), line.role())).collect();
        for (i, request) in requests.iter().enumerate() {
            let pointer = format!("/requests/{i}");
            let (role, key) = self.read_request(id, request, &pointer)?;
            let Some(place) = awaited.iter().position(|awaited| *awaited == (key, role)) else {
                return Err(invalid(
                    &pointer,
                    "request-without-use",
                    "The ring has no new line with this key and role.",
                ));
            };
            awaited.remove(place);
            if let Some(line) = self.authority().find(&key) {
                let detail = format!(
                    "This key is enrolled already, as the registry's {} key: a key serves one role.",
                    line.role()
                );
                return Err(invalid(&pointer, "key-in-use", detail));
            }
            if let Some(owner) = self.index.key_owner(&key.fingerprint())? {
                return Err(invalid(
                    &pointer,
                    "key-in-use",
                    format!(
                        "This key is enrolled already, as {} of {}: a key serves one role of one supplier.",
                        owner.1, owner.0
                    ),
                ));
            }
            self.check_request_signatures(request, (role, key), ring, current, at)?;
            let path = paths::key_request(id, role.as_str(), &key.short_hex());
            files.push((path.with_suffix(Suffix::Sig), request.signature.clone().into_bytes()));
            if let Some(old) = &request.old_signature {
                files.push((path.with_suffix(Suffix::OldSig), old.clone().into_bytes()));
            }
            files.push((path, request.document.clone()));
        }
        match awaited.first() {
            None => Ok(files),
            Some((key, role)) => {
                let detail = format!(
                    "The new {role} key {} comes without its signed request: send it along.",
                    key.fingerprint()
                );
                Err(invalid("/requests", "request-missing", detail))
            }
        }
    }

    /// Proof of possession by the new key; at a rotation also the old key's consent.
    fn check_request_signatures(
        &self,
        request: &SignedKeyRequest,
        (role, key): (Role, PublicKey),
        ring: &KeyRing,
        current: Option<&KeyRing>,
        at: Instant,
    ) -> Result<()> {
        let checked = signing::KeyRequest { document: &request.document, key, role };
        checked
            .check_own_signature(Some(&request.signature), &self.settings.registry)
            .map_err(|faults| first_signature_error(&faults))?;
        match (ring.event() == KeyEvent::Rotate, current, request.old_signature.as_deref()) {
            (true, Some(current), old) => checked
                .check_old_signature(old, current, at)
                .map(|_| ())
                .map_err(|faults| first_signature_error(&faults)),
            (_, _, Some(_)) => Err(invalid(
                "/requests",
                "old-signature-not-allowed",
                "Only a rotation carries the old key's signature.",
            )),
            _ => Ok(()),
        }
    }

    fn read_request(&self, id: &SupplierId, request: &SignedKeyRequest, pointer: &str) -> Result<(Role, PublicKey)> {
        let read: KeyRequest = v1::stored(&request.document, v1::key_request::read)
            .map_err(|faults| RegistryError::faulty("key-request", faults))?
            .value;
        if read.supplier != *id || read.registry != self.settings.registry {
            return Err(invalid(pointer, "id-differs-from-path", "The request is for another supplier or registry."));
        }
        let role = Role::parse(&read.role)
            .ok_or_else(|| invalid(pointer, "unknown-value", "The role is signatory or official."))?;
        let key = PublicKey::parse_line(&read.key).map_err(|error| invalid(pointer, "bad-key", error.to_string()))?;
        // A comment would stay in Git for ever, and often holds somebody's user name and machine.
        if key.line() != read.key {
            let detail = "The key is written 'ssh-ed25519 AAAA…' without a comment: make the request again with 'certreg keygen'.";
            return Err(invalid(pointer, "key-with-comment", detail));
        }
        Ok((role, key))
    }

    fn check_department(&self, file: &SignedFile, namespace: Namespace, at: Instant) -> Result<()> {
        let Some(signature) = &file.signature else {
            return Err(invalid("/signature", "signature-missing", "This file must carry the Department's signature."));
        };
        let authority = self.authority();
        signing::check_authority_signature(
            &file.document,
            Some(signature),
            &authority,
            AuthorityRole::Department,
            namespace,
            at,
        )
        .map(|_| ())
        .map_err(|faults| first_signature_error(&faults))
    }

    pub(super) fn accept(&self, writer: &mut Writer, at: Instant, planned: Planned) -> Result<Accepted> {
        let committed = self.append(writer, at, vec![planned])?.pop();
        let committed = committed.ok_or_else(|| RegistryError::internal("a group of one gave no commit"))?;
        Ok(Accepted { already: false, committed })
    }

    pub(super) fn already(&self, sequence: u64, digest: Digest) -> Result<Accepted> {
        let receipt = self.receipt(sequence)?;
        let committed =
            Committed { sequence, commit: receipt.commit, published_at: receipt.published_at, digest: Some(digest) };
        Ok(Accepted { already: true, committed })
    }
}

fn signed_files(path: RepositoryPath, file: &SignedFile, message: String) -> Planned {
    let signature = file.signature.clone().unwrap_or_default().into_bytes();
    Planned {
        digest: Some(Digest::of(&file.document)),
        files: vec![(path.with_suffix(Suffix::Sig), signature.into()), (path, file.document.clone().into())],
        message,
        people: Vec::new(),
        documents: Vec::new(),
        foreseen: None,
    }
}

fn invalid(pointer: &str, code: &'static str, detail: impl Into<String>) -> RegistryError {
    RegistryError::faulty(code, Faults(vec![Fault::new(pointer, code, detail)]))
}
