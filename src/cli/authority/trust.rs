//! What a registry says is in force, as far as it proves it. The Department's keys sign the next key file on top of
//! this one: whoever had taken the server over could otherwise slip a key of his own in, and have it signed for.
//!
//! An answer is believed when the key of the Department's own folder signed it. Otherwise a clone is needed, in which
//! everything holds from the first commit on.

use std::collections::BTreeMap;

use serde_json::Value;

use super::folder::KeyFolder;
use crate::{
    cli::{
        error::{CliError, CliResult},
        remote::Remote,
        source::Source,
        verify,
    },
    domain::SupplierId,
    format::paths::{self, RepositoryPath, Suffix},
    registry::genesis::{authority_settings, is_covered},
    signing::{AuthorityFile, AuthorityRole, AuthoritySettings, KeyRing, Namespace, PublicKey, Sshsig},
};

/// The authority file in force, with the files that it covers.
pub(super) struct InForce {
    pub file: AuthorityFile,
    pub files: BTreeMap<RepositoryPath, Vec<u8>>,
}

impl InForce {
    /// What the next header must say once `changed` is in force.
    pub(super) fn settings(&self, changed: &BTreeMap<RepositoryPath, Vec<u8>>, threshold: u32) -> AuthoritySettings {
        let mut files = self.files.clone();
        files.extend(changed.clone());
        authority_settings(&files, threshold)
    }
}

/// The authority file in force; `pinned` is the fingerprint of the root key with which the registry began.
///
/// # Errors
/// No when nothing proves that it is in force, or the covered files are not those that it names.
pub(super) fn authority(source: &Source, folder: &KeyFolder, pinned: Option<&str>) -> CliResult<InForce> {
    let (text, signatures, files) = match source {
        Source::Remote(remote) => of_remote(remote)?,
        Source::Local(_) => of_clone(source)?,
    };
    let file = AuthorityFile::parse(&text, folder.registry())
        .map_err(|error| CliError::no(format!("the authority file in force: {error}")))?;
    let own = folder.public(AuthorityRole::Root)?;
    let namespace = Namespace::Root.at(folder.registry());
    let by_own = signatures.iter().any(|signature| signer(text.as_bytes(), signature, &namespace) == Some(own));
    if !by_own {
        proven_by_clone(source, &own, pinned, "the authority file in force", "root key")?;
    }
    if authority_settings(&files, file.settings().threshold) != *file.settings() {
        return Err(CliError::no("the files that came with the authority file are not those that it was signed for")
            .next("Tell the registry's operator, and look at a clone: 'certreg verify CLONE'."));
    }
    Ok(InForce { file, files })
}

/// The ring of a supplier in force, if it has one.
///
/// # Errors
/// No when nothing proves that the Department signed it.
pub(super) fn ring(source: &Source, folder: &KeyFolder, supplier: &SupplierId) -> CliResult<Option<KeyRing>> {
    let Some(ring) = source.ring(supplier, folder.registry())? else { return Ok(None) };
    let signature = match source {
        Source::Local(clone) => clone.read(&paths::ring(supplier).with_suffix(Suffix::Sig))?,
        Source::Remote(remote) => remote.bytes_if_there(&format!("/v1/suppliers/{supplier}/allowed_signers.sig"))?,
    };
    let signature = signature.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let by = signer(ring.print().as_bytes(), &signature, &Namespace::Keys.at(folder.registry()));
    if by.is_some() && by == Some(folder.public(AuthorityRole::Department)?) {
        return Ok(Some(ring));
    }
    let what = format!("the key ring of {supplier} in force");
    if let (Some(by), Source::Remote(_)) = (by, source) {
        // Another key of the Department, which never ended: one that did may be in anybody's hands.
        let known = authority(source, folder, None)?.file;
        let line = known.find(&by).filter(|line| line.role() == AuthorityRole::Department);
        if line.is_some_and(|line| line.window().valid_before().is_none()) {
            return Ok(Some(ring));
        }
    }
    proven_by_clone(source, &folder.public(AuthorityRole::Root)?, None, &what, "Department's key")?;
    Ok(Some(ring))
}

/// Accepts what a clone holds when all of it holds, from a root key on that is known.
fn proven_by_clone(source: &Source, own: &PublicKey, pinned: Option<&str>, what: &str, whose: &str) -> CliResult<()> {
    let Source::Local(clone) = source else {
        let message =
            format!("{what} was not signed by the {whose} in this folder, so the server's word is not enough");
        return Err(CliError::no(message).next(
            "Give a clone to --registry (and the fingerprint of the root key with which it began to --root): all of \
             it is checked first.",
        ));
    };
    let roots = verify::roots_of_sound(clone.folder())?;
    let known = |root: &PublicKey| root == own || pinned == Some(root.fingerprint().as_str());
    if roots.iter().any(known) {
        return Ok(());
    }
    let roots: Vec<String> = roots.iter().map(ToString::to_string).collect();
    Err(CliError::no(format!(
        "the clone began with root key {}, which is not the one in this folder",
        roots.join(", ")
    ))
    .next("If it is the right one, by what the Department published, say so: --root SHA256:…"))
}

/// Whose good signature it is.
fn signer(document: &[u8], signature: &str, namespace: &str) -> Option<PublicKey> {
    let signature = Sshsig::parse(signature).ok()?;
    signature.verify(namespace, document).is_ok().then(|| *signature.key())
}

type Parts = (String, Vec<String>, BTreeMap<RepositoryPath, Vec<u8>>);

fn of_remote(remote: &Remote) -> CliResult<Parts> {
    let answer = remote.json("/v1/authority")?;
    let text = answer.get("document").and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = answer.get("signatures").and_then(Value::as_array).cloned().unwrap_or_default();
    let signatures = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let files = answer.get("files").and_then(Value::as_object).cloned().unwrap_or_default();
    let files = files.iter().filter_map(|(path, text)| {
        let path = RepositoryPath::parse(path).ok().filter(|path| is_covered(path.as_str()))?;
        Some((path, text.as_str()?.as_bytes().to_vec()))
    });
    Ok((text, signatures, files.collect()))
}

fn of_clone(source: &Source) -> CliResult<Parts> {
    let Source::Local(clone) = source else { return Err(CliError::no("this is no clone")) };
    let text = |path: &RepositoryPath| -> CliResult<Option<String>> {
        Ok(clone.read(path)?.and_then(|bytes| String::from_utf8(bytes).ok()))
    };
    let path = paths::authority();
    let document = text(&path)?.ok_or_else(|| CliError::no(format!("the clone has no {path}")))?;
    let mut signatures = Vec::new();
    for number in 1.. {
        let number = if number == 1 { String::new() } else { number.to_string() };
        let name = RepositoryPath::parse(&format!("{path}.sig{number}")).expect("a good path with a number is good");
        let Some(signature) = text(&name)? else { break };
        signatures.push(signature);
    }
    let mut files = BTreeMap::new();
    for (path, _) in clone.snapshot().list("")? {
        if is_covered(path.as_str())
            && let Some(bytes) = clone.read(&path)?
        {
            files.insert(path, bytes);
        }
    }
    Ok((document, signatures, files))
}
