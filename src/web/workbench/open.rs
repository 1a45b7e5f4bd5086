//! Reads the file that somebody has: a published form's text, or a draft that was saved before.

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::Response,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    answer::{self, Place},
    form,
    work::{PersonJson, ROLES, Work, leave_out, record},
};
use crate::{
    domain::{Digest, Draft, Fault, Person},
    format::{Node, draft, profile, v1::envelope::Envelope},
    registry::{ErrorKind, Registry, RegistryError, Result, door::Door},
    signing::{Namespace, Role, Sshsig},
    web::ask::Asked,
};

/// What was in the file.
#[derive(Debug, Serialize)]
pub struct Opened {
    /// `form` or `draft`.
    pub kind: &'static str,
    /// The draft, without what has still to be said.
    pub document: Value,
    /// Whom it names, by role.
    pub people: Map<String, Value>,
    /// Doubts, and what could not be taken over, each with its place.
    pub notes: Vec<Place>,
    /// Where nothing was altered after it was signed: the envelope as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<Envelope>,
}

/// `POST /suppliers/start/open?edition=…`: the file's bytes, as they are.
pub async fn open(
    State(door): State<Door>,
    asked: Asked,
    sent: std::result::Result<Bytes, BytesRejection>,
) -> Response {
    let sent = match answer::bytes(sent) {
        Ok(sent) => sent,
        Err(error) => return answer::json::<Opened>(Err(error)),
    };
    answer::json(door.ask(move |registry| opened(registry, &sent, asked.get("edition"))).await)
}

/// Files that are known by their first bytes, and what to do with them.
const OTHERS: [(&[u8], &str); 6] = [
    (
        b"%PDF",
        "This is a PDF, whose text only your PDF reader can give: open it there, select everything (Ctrl+A), copy it (Ctrl+C), and paste it here.",
    ),
    (b"PK\x03\x04", "This is a packed file that is no Word document (.docx). Save the form as .docx or as plain text."),
    (
        b"\xD0\xCF\x11\xE0",
        "This is a Word document of the old kind (.doc). Open it, save it as .docx, and choose that file.",
    ),
    (
        b"-----BEGIN OPENSSH PRIVATE KEY",
        "This is a private key. It was not kept here. Choose your form or your draft; the key is asked for when you sign.",
    ),
    (b"-----BEGIN SSH SIGNATURE", "This is a signature. It is asked for in the step 'Sign'."),
    (b"{\\rtf", "This is a rich text document (.rtf). Open it, save it as .docx, and choose that file."),
];

fn refused(detail: impl Into<String>) -> RegistryError {
    RegistryError::new(ErrorKind::Invalid, "not-a-draft", detail)
}

fn opened(registry: &Registry, bytes: &[u8], edition: Option<&str>) -> Result<Opened> {
    if let Some((_, detail)) = OTHERS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return Err(refused(*detail));
    }
    let text = text(bytes)?;
    match text.trim_start().chars().next() {
        None => Err(refused("There is nothing in it. Choose another file, or paste the form's text.")),
        Some('{' | '[') => saved(registry, text.trim_start().as_bytes()),
        Some(_) => form::read(registry, &text, Digest::of(bytes), edition),
    }
}

/// Text in UTF-8, or in UTF-16 with its mark, as Windows programs write it.
fn text(bytes: &[u8]) -> Result<String> {
    let utf16 = |from: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]]));
        char::decode_utf16(units).collect::<std::result::Result<String, _>>().ok()
    };
    let read = match bytes {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(|text| text.trim_start_matches('\u{feff}').to_owned()),
    };
    read.ok_or_else(|| refused("This is no text in UTF-8. Save it as plain text in UTF-8, or paste the text here."))
}

/// A draft or an envelope that was saved before.
fn saved(registry: &Registry, bytes: &[u8]) -> Result<Opened> {
    let is_envelope =
        serde_json::from_slice::<Map<String, Value>>(bytes).is_ok_and(|members| members.contains_key("document"));
    let envelope = match is_envelope {
        true => Envelope::parse(bytes).map_err(|faults| refused(words(&faults.0)))?,
        false => {
            let document = std::str::from_utf8(bytes).map_err(RegistryError::internal)?.to_owned();
            Envelope { document: Some(document), ..Envelope::default() }
        }
    };
    let document = envelope.document.clone().unwrap_or_default();
    let node = profile::parse_lenient(document.as_bytes()).map_err(|faults| {
        refused(format!("This draft cannot be read, so nothing was changed here. {}", words(&faults.0)))
    })?;
    let mut notes = Vec::new();
    let mut node = draft::without_holes(node);
    let draft = known_members(registry, &mut node, &mut notes)?;
    let people = people(&draft, &envelope);
    let signed = whole(registry, &envelope, &mut notes);
    let document = serde_json::from_slice(&profile::print(&node)).map_err(RegistryError::internal)?;
    Ok(Opened { kind: "draft", document, people, notes, signed })
}

/// At most three faults in a sentence each.
fn words(faults: &[Fault]) -> String {
    let told: Vec<String> =
        faults.iter().take(3).map(|fault| format!("{} ({})", fault.detail, fault.pointer)).collect();
    told.join(" ")
}

/// Leaves out of the draft what this workbench does not know or cannot read, and reports it.
fn known_members(registry: &Registry, node: &mut Node, notes: &mut Vec<Place>) -> Result<Draft> {
    let settings = registry.settings();
    let nothing = || {
        refused(
            "This is no draft of a self-certification: it lacks what every draft has. If it is the form itself, paste its text.",
        )
    };
    if !matches!(&*node, Node::Object(members) if members.contains_key("edition")) {
        return Err(nothing());
    }
    let work = Work::of_document(node.clone());
    let (draft, faults) = work.readable(&settings.registry).map_err(|_| nothing())?;
    for fault in faults.0.into_iter().filter(|fault| fault.code != "missing-member") {
        leave_out(node, &fault.pointer);
        let detail = format!("Left out, because it could not be read: {}", fault.detail);
        notes.push(Place { detail, pointer: fault.pointer, code: fault.code.to_owned() });
    }
    let row = registry.index().edition(&draft.edition.id)?.ok_or_else(|| {
        refused(format!(
            "This draft answers the edition {}, which is not published here. Ask whoever gave it to you which registry it is for.",
            draft.edition.id
        ))
    })?;
    let mut put = |at: &[&str], value: String, code: &str, detail: String| {
        let mut inner = &mut *node;
        for name in at {
            let Node::Object(members) = inner else { return };
            inner = members.entry((*name).to_owned()).or_insert_with(|| Node::Object(Default::default()));
        }
        *inner = Node::Text(value);
        note(notes, code, &detail);
    };
    if row.digest != draft.edition.digest {
        let detail = "The draft named other questions under this edition's name. It now answers the published ones: read each question again.";
        put(&["edition", "digest"], row.digest.to_string(), "other-edition", detail.to_owned());
    }
    if draft.registry != settings.registry {
        let detail =
            format!("The draft was made for the registry {}. It is for {} now.", draft.registry, settings.registry);
        put(&["registry"], settings.registry.to_string(), "other-registry", detail);
    }
    Ok(draft)
}

fn note(notes: &mut Vec<Place>, code: &str, detail: &str) {
    notes.push(Place { pointer: String::new(), code: code.to_owned(), detail: detail.to_owned() });
}

/// The people whose records came along, by the role in which the draft names them.
fn people(draft: &Draft, envelope: &Envelope) -> Map<String, Value> {
    let named = [
        draft.contact.as_ref().and_then(|contact| contact.person),
        draft.official.as_ref().map(|signer| signer.person),
        draft.signatory.as_ref().map(|signer| signer.person),
    ];
    let held: Vec<Person> = envelope
        .people
        .iter()
        .map(|held| Person {
            email: held.email.clone(),
            name: held.name.clone(),
            salt: held.salt.clone(),
            telephone: held.telephone.clone(),
        })
        .collect();
    let of = |digest: Digest| held.iter().find(|person| Digest::of(&record((*person).clone()).bytes()) == digest);
    let role = |(role, digest): (&str, Option<Digest>)| {
        let person = PersonJson::from(of(digest?)?.clone());
        Some((role.to_owned(), serde_json::to_value(person).ok()?))
    };
    ROLES.into_iter().zip(named).filter_map(role).collect()
}

/// The envelope, where each of its signatures fits exactly the document in it.
fn whole(registry: &Registry, envelope: &Envelope, notes: &mut Vec<Place>) -> Option<Envelope> {
    let document = envelope.document.as_deref().unwrap_or_default();
    let signatures = [
        (&envelope.signature, Namespace::Certification, Role::Signatory),
        (&envelope.countersignature, Namespace::Countersignature, Role::Official),
    ];
    let mut any = false;
    for (signature, namespace, role) in signatures {
        let Some(text) = signature else { continue };
        any = true;
        let namespace = namespace.at(&registry.settings().registry);
        let fits = Sshsig::parse(text).and_then(|parsed| parsed.verify(&namespace, document.as_bytes()));
        if fits.is_err() {
            let detail = format!(
                "The {role}'s signature in this file does not fit its text: something was altered after it was signed, or it was signed for something else. The text is here as a draft; look through it, and sign it again."
            );
            note(notes, "altered-after-signing", &detail);
            return None;
        }
    }
    any.then(|| envelope.clone())
}
