//! Where a draft begins, with the version that is current; and how its answers move to a newer wording.

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::Response,
};
use serde::Serialize;
use serde_json::Value;

use super::{
    answer,
    work::{PersonJson, ROLES, Work},
};
use crate::{
    domain::{CertificationId, ChangeKind, Code, Digest, Draft},
    format::{draft, profile, v1},
    index::CertificationFilter,
    registry::{ErrorKind, Registry, RegistryError, Result, door::Door},
    web::ask::Asked,
};

/// How many services a search lists.
const MOST_FOUND: usize = 10;

/// A draft to go on with, or services to choose from.
#[derive(Debug, Default, Serialize)]
pub struct Begun {
    /// The draft, without what has still to be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Value>,
    /// Whom it names, by role.
    people: serde_json::Map<String, Value>,
    /// Services with such a name.
    found: Vec<Match>,
}

/// A service that was found.
#[derive(Debug, Serialize)]
struct Match {
    id: String,
    service_name: String,
    supplier_name: String,
}

/// `/suppliers/start/current?from=SUPPLIER/SERVICE|NAME&as=update|reaffirmation`
pub async fn current(State(door): State<Door>, asked: Asked) -> Response {
    answer::json(door.ask(move |registry| begun(registry, &asked)).await)
}

fn begun(registry: &Registry, asked: &Asked) -> Result<Begun> {
    let from = asked.get("from").ok_or_else(|| {
        let detail = "Write the name of your service, or its id, like example-learning/example-cloud.";
        RegistryError::new(ErrorKind::Unreadable, "bad-parameter", detail)
    })?;
    match from.parse::<CertificationId>().ok().map(|id| registry.certification(&id)).transpose() {
        Ok(Some(row)) => {
            let kind = match (asked.get("as"), row.current.kind) {
                (_, ChangeKind::Transcription) => ChangeKind::Initial,
                (Some("reaffirmation"), _) => ChangeKind::Reaffirmation,
                _ => ChangeKind::Update,
            };
            let content = registry.content(&row.current)?;
            following(registry, &content, row.current.publication.digest, kind)
        }
        Err(error) if error.kind != ErrorKind::NotFound => Err(error),
        _ => Ok(Begun { found: search(registry, from)?, ..Begun::default() }),
    }
}

fn search(registry: &Registry, name: &str) -> Result<Vec<Match>> {
    let filter = CertificationFilter { names: Some(name.to_owned()), ..CertificationFilter::default() };
    let rows = registry.index().certifications(&filter, None, MOST_FOUND)?;
    let found = rows.into_iter().map(|row| Match {
        id: row.current.publication.certification.to_string(),
        service_name: row.current.service_name,
        supplier_name: row.current.supplier_name,
    });
    Ok(found.collect())
}

fn following(registry: &Registry, content: &Draft, digest: Digest, kind: ChangeKind) -> Result<Begun> {
    let today = registry.clock().now().day_in_london();
    let mut next = draft::next(content, digest, kind, content.edition.clone(), today);
    if kind == ChangeKind::Reaffirmation {
        next.completed_on = Some(today);
    }
    // The colours of a transcription were pictures: they are the supplier's to give.
    for response in next.responses.values_mut().filter(|response| response.code == Some(Code::NotRecorded)) {
        response.code = None;
    }
    let named = [
        next.contact.as_ref().and_then(|contact| contact.person),
        next.official.as_ref().map(|signer| signer.person),
        next.signatory.as_ref().map(|signer| signer.person),
    ];
    let mut people = serde_json::Map::new();
    for (role, digest) in ROLES.into_iter().zip(named) {
        let Some(digest) = digest else { continue };
        if let Some(record) = registry.shown_person(digest)? {
            people.insert(role.to_owned(), value(PersonJson::from(record.person))?);
        }
    }
    Ok(Begun { document: Some(document(&next)?), people, found: Vec::new() })
}

/// `POST /suppliers/start/move?edition=…`: the same draft, its answers moved to a newer wording.
pub async fn move_on(
    State(door): State<Door>,
    asked: Asked,
    sent: std::result::Result<Bytes, BytesRejection>,
) -> Response {
    let sent = match answer::bytes(sent) {
        Ok(sent) => sent,
        Err(error) => return answer::json::<Begun>(Err(error)),
    };
    answer::json(door.ask(move |registry| moved(registry, &sent, asked.get("edition").unwrap_or_default())).await)
}

fn moved(registry: &Registry, sent: &[u8], edition: &str) -> Result<Begun> {
    let not_now = |detail: &str| RegistryError::invalid("not-movable", detail);
    let unreadable =
        |_| not_now("Something in the answers cannot be read. Check the draft, mend what is listed, then move it.");
    let work = Work::read(sent).map_err(unreadable)?;
    let (draft, faults) = work.readable(&registry.settings().registry).map_err(unreadable)?;
    if faults.0.iter().any(|fault| ["/responses/", "/support/"].iter().any(|part| fault.pointer.starts_with(part))) {
        return Err(not_now(
            "Something in the answers cannot be read. Check the draft, mend what is listed, then move it.",
        ));
    }
    let id = edition.parse().map_err(|_| not_now("There is no such wording here."))?;
    let (newer, digest) = (registry.edition(&id)?, registry.edition_row(&id)?.digest);
    let moved = draft::moved(&draft, &newer)
        .ok_or_else(|| not_now("The answers can be moved to the next newer wording only, not to this one."))?;
    let mut whole: Value = serde_json::from_slice(&work.bytes()).map_err(RegistryError::internal)?;
    let answers = document(&moved)?;
    for part in ["responses", "support"] {
        whole[part] = answers.get(part).cloned().unwrap_or_else(|| Value::Object(Default::default()));
    }
    whole["edition"] = serde_json::json!({"digest": digest.to_string(), "id": newer.id.to_string()});
    // Another wording is another statement.
    if whole["change"]["kind"] == ChangeKind::Reaffirmation.as_str() {
        whole["change"]["kind"] = ChangeKind::Update.as_str().into();
    }
    Ok(Begun { document: Some(whole), ..Begun::default() })
}

/// A draft as JSON for the page.
///
/// # Errors
/// Internal; a canonical document is JSON.
pub fn document(draft: &Draft) -> Result<Value> {
    let bytes = profile::print(&v1::certification::write(draft));
    serde_json::from_slice(&bytes).map_err(RegistryError::internal)
}

fn value(serialised: impl Serialize) -> Result<Value> {
    serde_json::to_value(serialised).map_err(RegistryError::internal)
}
