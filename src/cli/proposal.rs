//! The folder `genesis/`: the operator's proposal as files that the Department can read before it signs them.
//!
//! ```text
//! <data>/genesis/proposal.json                    the two public keys
//! <data>/genesis/registry.json, VERIFY.md, …      the files of commit 0, as they will be
//! <data>/genesis/authority/allowed_signers (+ .sig, .sig2 …)   the Department's answer
//! ```

use std::path::{Path, PathBuf};

use super::{
    error::{CliError, CliResult},
    files::{self, Write},
};
use crate::{
    domain::Faults,
    format::{
        Node,
        fields::{Object, read_document},
        profile, v1,
    },
    registry::genesis::{Admission, Proposal},
    signing::PublicKey,
};

const FORMAT: &str = "certreg/proposal@1";
const PROPOSAL: &str = "proposal.json";
const AUTHORITY: &str = "authority/allowed_signers";
/// More signatures than anybody will ever ask for.
const MAX_SIGNATURES: usize = 20;

/// Writes the proposal's files into `folder`.
///
/// # Errors
/// As [`files::write`].
pub(super) fn write(folder: &Path, proposal: &Proposal) -> CliResult<()> {
    for (path, bytes) in proposal.files() {
        files::write(&folder.join(path.as_str()), &bytes, Write::Replace)?;
    }
    let keys = Object::new()
        .text("format", FORMAT)
        .text("log_key", proposal.log_key.line())
        .text("registry_key", proposal.registry_key.line())
        .build();
    files::write(&folder.join(PROPOSAL), &profile::print(&keys), Write::Replace)
}

/// Reads a proposal, and checks that the files beside it are those that it stands for: what people read is what
/// they sign.
///
/// # Errors
/// No when a file is missing, damaged or altered.
pub(super) fn read(folder: &Path) -> CliResult<Proposal> {
    let name = folder.join(PROPOSAL);
    let Some(bytes) = files::read_if_there(&name)? else {
        return Err(CliError::no(format!("{} holds no proposal of a registry", folder.display()))
            .next("Make one with 'certreg init --registry-id ID --name NAME', and give its folder 'genesis' here."));
    };
    let faulty = |faults: Faults| CliError::faulty(format!("{} cannot be used", folder.display()), &faults);
    let (registry_key, log_key) = profile::parse(&bytes).and_then(read_keys).map_err(faulty)?;
    let settings = files::read(&folder.join("registry.json"))?;
    let settings = v1::stored(&settings, v1::registry::read).map_err(faulty)?.value;
    let proposal = Proposal { settings, registry_key, log_key };
    for (path, expected) in proposal.files() {
        let place = folder.join(path.as_str());
        if files::read(&place)? != expected {
            return Err(CliError::no(format!("{} is not the file that this certreg would write", place.display()))
                .next("Use the same version of certreg on both sides, or run 'certreg init' again in a new folder."));
        }
    }
    Ok(proposal)
}

fn read_keys(node: Node) -> Result<(PublicKey, PublicKey), Faults> {
    read_document(node, |r| {
        let format = r.format(FORMAT);
        let mut key = |name: &str| {
            let line = r.required_text(name)?;
            PublicKey::parse_line(&line).map_err(|error| r.fault(name, "bad-key", error.to_string())).ok()
        };
        let (registry, log) = (key("registry_key"), key("log_key"));
        format?;
        Some((registry?, log?))
    })
}

/// Where the authority file of a proposal lies.
pub(super) fn authority_path(folder: &Path) -> PathBuf {
    folder.join(AUTHORITY)
}

/// Writes the Department's answer: the authority file and its signature.
///
/// # Errors
/// As [`files::write`].
pub(super) fn write_admission(folder: &Path, authority: &str, signature: &str, how: Write) -> CliResult<()> {
    let path = authority_path(folder);
    files::write(&path, authority.as_bytes(), how)?;
    files::write(&files::beside(&path, "sig"), signature.as_bytes(), how)
}

/// The Department's answer, if it is there.
///
/// # Errors
/// Unreachable when it cannot be read.
pub(super) fn read_admission(folder: &Path) -> CliResult<Option<Admission>> {
    let path = authority_path(folder);
    let Some(bytes) = files::read_if_there(&path)? else { return Ok(None) };
    let authority = files::into_text(bytes, &path)?;
    let mut signatures = Vec::new();
    for number in 1..=MAX_SIGNATURES {
        let suffix = if number == 1 { "sig".to_owned() } else { format!("sig{number}") };
        let path = files::beside(&path, &suffix);
        let Some(bytes) = files::read_if_there(&path)? else { break };
        signatures.push(files::into_text(bytes, &path)?);
    }
    Ok(Some(Admission { authority, signatures }))
}
