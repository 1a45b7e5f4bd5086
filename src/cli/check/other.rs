//! Checking what is no certification: keys, rings, signatures, editions, records, envelopes.

use super::{Checked, Place};
use crate::{
    cli::kind::Kind,
    domain::{Faults, RegistryId},
    format::{
        Node, profile,
        v1::{self, envelope::Envelope},
    },
    signing::{AuthorityFile, KeyRequest, KeyRing, PublicKey, Role, Sshsig},
};

/// Finds every fault of a file of this kind.
pub(super) fn check(kind: Kind, bytes: &[u8]) -> Checked {
    let mut checked = Checked { what: kind.in_words().to_owned(), ..Checked::default() };
    match kind {
        Kind::Edition => shape(bytes, v1::edition::read, &mut checked),
        Kind::Supplier => shape(bytes, v1::supplier::read, &mut checked),
        Kind::KeyRequest => shape(bytes, v1::key_request::read, &mut checked),
        Kind::Registry => shape(bytes, v1::registry::read, &mut checked),
        Kind::Case => shape(bytes, v1::case::read, &mut checked),
        Kind::Person => shape(bytes, v1::person::read, &mut checked),
        Kind::Envelope => envelope(bytes, &mut checked),
        Kind::Ring => ring(bytes, &mut checked),
        Kind::Authority => authority(bytes, &mut checked),
        Kind::Signature => signature(bytes, &mut checked),
        Kind::PublicKey => public_key(bytes, &mut checked),
        Kind::PrivateKey => {
            fault(&mut checked, "private-key", "This is a private key: keep it, and never send it to anybody.")
        }
        Kind::Utf16 => fault(
            &mut checked,
            "utf-16",
            "The file is written in UTF-16 (PowerShell's '>' does that): save it as UTF-8, or let the program write it.",
        ),
        Kind::Certification | Kind::People | Kind::Unknown => match profile::parse(bytes) {
            Err(faults) => checked.add(&faults),
            Ok(_) => {
                fault(&mut checked, "unknown-format", "The member 'format' names nothing that this certreg knows.")
            }
        },
    }
    checked
}

fn fault(checked: &mut Checked, code: &str, detail: impl Into<String>) {
    checked.faults.push(Place { pointer: String::new(), code: code.to_owned(), detail: detail.into() });
}

fn shape<T>(bytes: &[u8], read: impl FnOnce(Node) -> Result<T, Faults>, checked: &mut Checked) {
    if let Err(faults) = profile::parse(bytes) {
        checked.add(&faults);
    }
    if let Ok(node) = profile::parse_lenient(bytes)
        && let Err(faults) = read(node)
    {
        checked.add(&faults);
    }
}

/// An envelope without a document: key requests.
fn envelope(bytes: &[u8], checked: &mut Checked) {
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(faults) => return checked.add(&faults),
    };
    for (i, request) in envelope.requests.iter().enumerate() {
        let pointer = format!("/requests/{i}");
        let stored = match v1::stored(request.document.as_bytes(), v1::key_request::read) {
            Ok(stored) => stored.value,
            Err(faults) => {
                checked.add(&faults);
                continue;
            }
        };
        let proved = (|| -> Result<(), String> {
            let role = Role::parse(&stored.role).ok_or("the role is neither signatory nor official")?;
            let key = PublicKey::parse_line(&stored.key).map_err(|error| error.to_string())?;
            let asked = KeyRequest { document: request.document.as_bytes(), key, role };
            let proved = asked.check_own_signature(Some(&request.signature), &stored.registry);
            proved.map(drop).map_err(|faults| faults.first().map(ToString::to_string).unwrap_or_default())
        })();
        match proved {
            Ok(()) => checked.what = format!("a request to enrol a key as {} of {}", stored.role, stored.supplier),
            Err(detail) => checked.faults.push(Place { pointer, code: "key-request".to_owned(), detail }),
        }
    }
    if envelope.requests.is_empty() {
        fault(checked, "empty-envelope", "The envelope holds neither a document nor a key request.");
    }
}

fn text<'b>(bytes: &'b [u8], checked: &mut Checked) -> Option<&'b str> {
    let text = std::str::from_utf8(bytes);
    if text.is_err() {
        fault(checked, "not-utf8", "The file is no UTF-8 text.");
    } else if bytes.contains(&b'\r') {
        fault(checked, "carriage-return", "The file has Windows line ends (CR LF): these files have LF alone.");
        return None;
    }
    text.ok()
}

fn ring(bytes: &[u8], checked: &mut Checked) {
    let Some(text) = text(bytes, checked) else { return };
    let parsed = registry_of(text).map(|registry| KeyRing::parse(text, &registry));
    match parsed {
        Some(Ok(ring)) => {
            checked.what = format!("the key ring of {}, version {}", ring.supplier(), ring.version());
        }
        Some(Err(error)) => fault(checked, "ring-grammar", format!("{error}.")),
        None => fault(checked, "ring-grammar", "No line names the registry in its namespaces."),
    }
}

fn authority(bytes: &[u8], checked: &mut Checked) {
    let Some(text) = text(bytes, checked) else { return };
    let owner = text.split_whitespace().find_map(|word| word.strip_prefix("authority="));
    let parsed = owner.and_then(|owner| owner.parse().ok()).map(|registry| AuthorityFile::parse(text, &registry));
    match parsed {
        Some(Ok(file)) => {
            checked.what = format!("the authority file of {}, version {}", file.registry(), file.version());
        }
        Some(Err(error)) => fault(checked, "ring-grammar", format!("{error}.")),
        None => fault(checked, "ring-grammar", "The header names no registry."),
    }
}

/// The registry that a ring's namespaces name.
fn registry_of(ring: &str) -> Option<RegistryId> {
    let after = ring.split_once("enrolment@")?.1;
    after.split(['"', ',']).next()?.parse().ok()
}

fn signature(bytes: &[u8], checked: &mut Checked) {
    match Sshsig::parse_bytes(bytes) {
        Ok(signature) => {
            checked.what = format!("a signature by {} in namespace {}", signature.key(), signature.namespace());
        }
        Err(error) => fault(checked, "signature-unreadable", format!("{error}.")),
    }
}

fn public_key(bytes: &[u8], checked: &mut Checked) {
    let Some(text) = text(bytes, checked) else { return };
    match PublicKey::parse_line(text) {
        Ok(key) => checked.what = format!("a public key, {key}"),
        Err(error) => fault(checked, "bad-key", format!("{error}.")),
    }
}
