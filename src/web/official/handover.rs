//! What the officer handed over: an envelope or a document, and perhaps the official's public key.

use axum::extract::{Multipart, multipart::MultipartRejection};

use crate::{
    domain::{Digest, Draft, Faults, Person},
    format::v1::{self, envelope::Envelope},
    registry::{ErrorKind, Registry, RegistryError, Result, publish::VersionSubmission, vouch::Voucher},
    signing::PublicKey,
};

/// The form as it came.
pub(super) struct Handover {
    /// The document with what travels beside it; the document is there.
    pub envelope: Envelope,
    /// The official's key, if it was given.
    pub fingerprint: Option<String>,
}

pub(super) type Form = std::result::Result<Multipart, MultipartRejection>;

/// Reads the form's file and key.
///
/// # Errors
/// Unreadable when no file came; invalid when it is neither a document nor an envelope with one, or the key is none.
pub(super) async fn read(form: Form) -> Result<Handover> {
    let bad = || {
        let detail =
            "No file came with the form, or it is larger than 1 MiB. Choose the envelope and send the form again.";
        RegistryError::new(ErrorKind::Unreadable, "bad-parts", detail)
    };
    let mut form = form.map_err(|_| bad())?;
    let (mut file, mut key) = (None, None);
    while let Some(field) = form.next_field().await.map_err(|_| bad())? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| bad())?.to_vec();
        match name.as_str() {
            "file" if !bytes.is_empty() => file = Some(bytes),
            "key" if !bytes.is_empty() => key = Some(bytes),
            _ => {}
        }
    }
    Ok(Handover { envelope: envelope(file.ok_or_else(bad)?)?, fingerprint: key.map(fingerprint).transpose()? })
}

/// An envelope as it is, or one around a document.
fn envelope(bytes: Vec<u8>) -> Result<Envelope> {
    if let Ok(envelope) = Envelope::parse(&bytes)
        && envelope != Envelope::default()
    {
        let without = "The envelope holds no document. Ask the officer for the envelope of the self-certification.";
        return if envelope.document.is_some() {
            Ok(envelope)
        } else {
            Err(RegistryError::invalid("not-an-envelope", without))
        };
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        let detail = "The file is not UTF-8 text. Choose the envelope or the document (JSON) that the officer made.";
        RegistryError::invalid("not-an-envelope", detail)
    })?;
    if text.starts_with("-----BEGIN OPENSSH PRIVATE KEY") {
        let detail =
            "That was a private key, and it was forgotten at once. Never upload it: here the envelope is wanted.";
        return Err(RegistryError::invalid("not-an-envelope", detail));
    }
    Ok(Envelope { document: Some(text), ..Envelope::default() })
}

fn fingerprint(bytes: Vec<u8>) -> Result<String> {
    let text = String::from_utf8(bytes).unwrap_or_default();
    if text.starts_with("-----BEGIN") {
        let detail = "That was a private key, and it was forgotten at once. Give the public half, the file that ends \
                      in .pub, or leave it out.";
        return Err(RegistryError::invalid("bad-key", detail));
    }
    let key = PublicKey::parse_line(&text).map_err(|error| {
        RegistryError::invalid("bad-key", format!("The public key cannot be read: {error}. You may leave it out."))
    })?;
    Ok(key.fingerprint())
}

impl Handover {
    /// The document's exact text.
    pub(super) fn document(&self) -> &str {
        self.envelope.document.as_deref().unwrap_or_default()
    }

    /// The document, read.
    ///
    /// # Errors
    /// Every fault of its form.
    pub(super) fn draft(&self) -> std::result::Result<Draft, Faults> {
        Ok(v1::stored(self.document().as_bytes(), v1::certification::read)?.value)
    }

    /// As it would be submitted, had the official signed.
    pub(super) fn submission(&self) -> VersionSubmission {
        VersionSubmission {
            document: self.document().as_bytes().to_vec(),
            signature: self.envelope.signature.clone(),
            countersignature: self.envelope.countersignature.clone(),
            people: self.envelope.people.iter().map(|record| record.bytes()).collect(),
        }
    }

    /// The person with this digest: from the envelope, or as the registry knows them.
    pub(super) fn person(&self, registry: &Registry, digest: Digest) -> Option<Person> {
        let enclosed = self.envelope.people.iter().find(|record| Digest::of(&record.bytes()) == digest);
        let enclosed = enclosed.map(|record| Person {
            email: record.email.clone(),
            name: record.name.clone(),
            salt: record.salt.clone(),
            telephone: record.telephone.clone(),
        });
        enclosed.or_else(|| registry.shown_person(digest).ok().flatten().map(|known| known.person))
    }

    /// Who is about to vouch for `draft`.
    pub(super) fn voucher(&self, registry: &Registry, draft: &Draft) -> Voucher {
        let person = draft.official.as_ref().and_then(|official| self.person(registry, official.person));
        Voucher { fingerprint: self.fingerprint.clone(), person }
    }
}
