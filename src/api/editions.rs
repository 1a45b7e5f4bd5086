//! `/v1/editions`: the checklist as data.

use axum::extract::State;

use super::{
    extract::Path,
    params::EditionPath,
    problem,
    reply::{Answer, Cache, Reply},
    views::edition::{EditionFile, EditionList, EditionSummary},
};
use crate::{
    domain::{Edition, EditionId, RegistrySettings},
    index::EditionRow,
    registry::{Result, door::Door},
};

/// List editions
#[utoipa::path(get, path = "/v1/editions", tag = "Editions", operation_id = "list_editions",
    responses((status = 200, description = "Every edition, by id.", body = EditionList)))]
pub async fn list_editions(State(door): State<Door>) -> Answer {
    let items = door.ask(|registry| {
        let rows = registry.index().editions()?;
        let item = |row: &EditionRow| Ok(EditionSummary::of(row, &*registry.edition(&row.id)?, registry.settings()));
        rows.iter().map(item).collect::<Result<Vec<_>>>()
    });
    Ok(Reply::json(Cache::Current, &EditionList { items: items.await? }))
}

/// Get an edition
///
/// The file itself, exactly the bytes that the Department signed: its SHA-256 is the digest that documents name.
#[utoipa::path(get, path = "/v1/editions/{edition}", tag = "Editions", operation_id = "get_edition", params(EditionPath),
    responses((status = 200, description = "The edition's file.", body = EditionFile,
        headers(("ETag" = String, description = "Strong: `\"sha256-…\"`."))), (status = 404, response = problem::NotFound)))]
pub async fn get_edition(State(door): State<Door>, Path(path): Path<EditionPath>) -> Answer {
    let bytes = door.ask(move |registry| {
        let row = registry.edition_row(&path.edition.0)?;
        registry.bytes(&row.object, row.digest)
    });
    Ok(Reply::exact_json(bytes.await?))
}

/// Get a blank draft of an edition
///
/// A document with every question and no answer, to be filled in. It is no valid document until it is.
#[utoipa::path(get, path = "/v1/editions/{edition}/template.json", tag = "Editions", operation_id = "get_edition_template",
    params(EditionPath),
    responses((status = 200, description = "The draft.", body = serde_json::Value), (status = 404, response = problem::NotFound)))]
pub async fn get_edition_template(State(door): State<Door>, Path(path): Path<EditionPath>) -> Answer {
    let draft = door.ask(move |registry| {
        let row = registry.edition_row(&path.edition.0)?;
        let edition = registry.edition(&row.id)?;
        Ok(blank(&row, &edition, registry.settings()))
    });
    Ok(Reply::json(Cache::Frozen, &draft.await?))
}

/// A draft in which everything that only the supplier can say is an empty text.
fn blank(row: &EditionRow, edition: &Edition, settings: &RegistrySettings) -> serde_json::Value {
    use serde_json::{Map, Value, json};
    let id: &EditionId = &row.id;
    let commitments: Map<String, Value> =
        edition.commitments.iter().map(|commitment| (commitment.id.as_str().to_owned(), json!(false))).collect();
    let responses: Map<String, Value> = edition
        .questions
        .iter()
        .map(|question| (question.id.to_string(), json!({"code": "", "statement": [""]})))
        .collect();
    let support: Map<String, Value> = edition
        .support_areas
        .iter()
        .map(|area| (area.id.to_string(), json!({"contacts": [], "statement": [""]})))
        .collect();
    json!({
        "change": {"kind": "initial"},
        "commitments": commitments,
        "completed_on": "",
        "contact": {"email": "", "telephone": ""},
        "edition": {"digest": row.digest.to_string(), "id": id.to_string()},
        "format": "certreg/certification@1",
        "official": {"person": "", "title": ""},
        "registry": settings.registry.to_string(),
        "responses": responses,
        "service": "",
        "service_name": "",
        "service_url": "",
        "signatory": {"person": "", "title": ""},
        "supplier": "",
        "supplier_name": "",
        "support": support,
        "version": 1
    })
}
