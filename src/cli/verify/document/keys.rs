//! By which keys a document is judged: those of the time when it was published, and those of today.

use std::path::Path;

use super::Verify;
use crate::{
    cli::{
        bundle::Bundle,
        error::{CliError, CliResult},
        files,
        remote::Remote,
        source::Source,
    },
    domain::{Draft, Instant, Publication},
    format::paths,
    signing::{self, AuthorityFile, AuthorityRole, KeyRing, Namespace, Role, SignatureReport},
};

/// The keys to judge by.
pub(super) enum Keys {
    Ring(KeyRing),
    Authority(AuthorityFile),
}

/// What is known of the keys now, and, where a registry tells, what was known when the document was published.
pub(super) struct Judges {
    pub now: Keys,
    pub then: Option<Keys>,
}

/// Finds the keys.
///
/// # Errors
/// Usage when nobody says where they are; no when there are none, or they are somebody else's.
pub(super) fn judges(
    arguments: &Verify,
    draft: &Draft,
    source: Option<&Source>,
    published: Option<&Publication>,
    remarks: &mut Vec<String>,
) -> CliResult<Judges> {
    if let Some(path) = &arguments.ring {
        remarks.push("the key file itself was taken on trust: 'certreg verify CLONE' checks it too".to_owned());
        return Ok(Judges { now: read(draft, &files::read_text(path)?)?, then: None });
    }
    let Some(source) = source else {
        return Err(CliError::usage("say by which keys: --ring FILE, or --registry URL|DIR")
            .next("The ring is suppliers/…/allowed_signers in a clone, or /v1/suppliers/ID/allowed_signers."));
    };
    let whose = if draft.is_transcription() { "the Department" } else { "the supplier" };
    if matches!(source, Source::Remote(_)) {
        remarks.push(format!("the registry was believed about the keys of {whose}: verify a clone to check them too"));
    }
    let now = key_file(draft, source, None)?;
    let now = now.ok_or_else(|| CliError::no(format!("there are no keys of {whose} there")))?;
    let then = published.map(|published| key_file(draft, source, Some(published))).transpose()?.flatten();
    Ok(Judges { now: read(draft, &now)?, then: then.map(|text| read(draft, &text)).transpose()? })
}

fn read(draft: &Draft, text: &str) -> CliResult<Keys> {
    let registry = &draft.registry;
    let wrong = |error: signing::KeyFileError| CliError::no(format!("the key file cannot be used: {error}"));
    if draft.is_transcription() {
        return AuthorityFile::parse(text, registry).map(Keys::Authority).map_err(wrong);
    }
    let ring = KeyRing::parse(text, registry).map_err(wrong)?;
    if *ring.supplier() != draft.supplier {
        return Err(CliError::no(format!("the ring is of {}, the document of {}", ring.supplier(), draft.supplier)));
    }
    Ok(Keys::Ring(ring))
}

/// The key file as it stands, or as it stood at a publication.
fn key_file(draft: &Draft, source: &Source, at: Option<&Publication>) -> CliResult<Option<String>> {
    let clone = match source {
        Source::Remote(remote) => return remote_file(draft, remote, at),
        Source::Local(clone) => clone,
    };
    let path = if draft.is_transcription() { paths::authority() } else { paths::ring(&draft.supplier) };
    let bytes = match at {
        None => clone.read(&path)?,
        Some(at) if draft.is_transcription() => clone.authority_at(at.sequence)?,
        Some(at) => clone.ring_at(&draft.supplier, at.sequence)?,
    };
    bytes.map(|bytes| files::into_text(bytes, Path::new(path.as_str()))).transpose()
}

fn remote_file(draft: &Draft, remote: &Remote, at: Option<&Publication>) -> CliResult<Option<String>> {
    let query = at.map(|at| format!("?at={}", at.published_at)).unwrap_or_default();
    if draft.is_transcription() {
        let answer = remote.json(&format!("/v1/authority{query}"))?;
        return Ok(answer.get("document").and_then(serde_json::Value::as_str).map(str::to_owned));
    }
    let bytes = remote.bytes_if_there(&format!("/v1/suppliers/{}/allowed_signers{query}", draft.supplier))?;
    let text = bytes.map(String::from_utf8).transpose();
    text.map_err(|_| CliError::unreachable("the key ring is no text"))
}

/// What holds of each signature that the document needs.
pub(super) fn examine(bundle: &Bundle, draft: &Draft, keys: &Keys, at: Instant) -> Vec<SignatureReport> {
    let document = &bundle.document;
    match keys {
        Keys::Authority(authority) => vec![signing::examine_authority_signature(
            document,
            bundle.signature.as_deref(),
            authority,
            AuthorityRole::Department,
            Namespace::Transcription,
            at,
        )],
        Keys::Ring(ring) => {
            let examine = |text: Option<&str>, role: Role| {
                signing::examine_supplier_signature(document, text, ring, role, role.version_namespace(), at)
            };
            let first = examine(bundle.signature.as_deref(), Role::Signatory);
            // A document that names no official was accepted with one signature, or not at all.
            let second = (draft.official.is_some() || bundle.countersignature.is_some())
                .then(|| examine(bundle.countersignature.as_deref(), Role::Official));
            std::iter::once(first).chain(second).collect()
        }
    }
}
