//! `/v1/suppliers…`: who certifies, and their keys.

use axum::{
    extract::{OriginalUri, State},
    http::header,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    certifications::summaries,
    extract::{Path, Query},
    params::{SupplierPath, bounded, page_size, read_cursor, write_cursor},
    problem::{self, Failure, Problem},
    reply::{Answer, Cache, Reply},
    views::{
        key::KeyList,
        promptness::PromptnessView,
        supplier::{SupplierPage, SupplierSummary, SupplierView},
    },
};
use crate::{
    domain::SupplierId,
    index::RingRow,
    registry::{Registry, Result, door::Door},
    signing::KeyRing,
};

/// How a list of suppliers is narrowed and paged.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SupplierQuery {
    /// Words that must all occur in the names.
    #[param(max_length = 200, example = "learning")]
    q: Option<String>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// From `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List suppliers
#[utoipa::path(get, path = "/v1/suppliers", tag = "Suppliers", operation_id = "list_suppliers", params(SupplierQuery),
    responses((status = 200, description = "A page of suppliers, by id.", body = SupplierPage,
        headers(("Link" = String, description = "`rel=\"next\"`: the next page, where there is one.")))))]
pub async fn list_suppliers(
    State(door): State<Door>,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<SupplierQuery>,
) -> Answer {
    let limit = page_size(query.limit, 50, 200)?;
    let after: Option<SupplierId> = read_cursor(query.cursor.as_deref())?;
    let names = bounded("q", query.q, 200)?;
    let page = door.ask(move |registry| {
        let mut rows = registry.index().suppliers(names.as_deref(), after.as_ref(), limit + 1)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|row| write_cursor(row.id.as_str()));
        let items = rows.iter().map(|row| SupplierSummary::of(row, registry.settings())).collect();
        Ok(SupplierPage { items, next_cursor })
    });
    let page = page.await?;
    let next = page.next_cursor.clone();
    Ok(Reply::json(Cache::Current, &page).next_page(uri.path(), uri.query(), next.as_deref()))
}

/// Get a supplier with its certifications
#[utoipa::path(get, path = "/v1/suppliers/{supplier}", tag = "Suppliers", operation_id = "get_supplier",
    params(SupplierPath),
    responses((status = 200, description = "The supplier.", body = SupplierView), (status = 404, response = problem::NotFound)))]
pub async fn get_supplier(State(door): State<Door>, Path(path): Path<SupplierPath>) -> Answer {
    let view = door.ask(move |registry| {
        let (id, settings) = (path.supplier.0, registry.settings());
        let rows = registry.index().certifications_of(&id)?;
        Ok(SupplierView {
            supplier: SupplierSummary::of(&registry.supplier(&id)?, settings),
            promptness: registry.promptness_of_supplier(&id)?.as_ref().map(PromptnessView::of),
            certifications: summaries(registry, &rows)?,
        })
    });
    Ok(Reply::json(Cache::Current, &view.await?))
}

/// List a supplier's keys, past and present
#[utoipa::path(get, path = "/v1/suppliers/{supplier}/keys", tag = "Suppliers", operation_id = "list_keys",
    params(SupplierPath),
    responses((status = 200, description = "All keys that ever were.", body = KeyList), (status = 404, response = problem::NotFound)))]
pub async fn list_keys(State(door): State<Door>, Path(path): Path<SupplierPath>) -> Answer {
    let view = door.ask(move |registry| {
        let (row, ring, _) = registry.ring(&path.supplier.0, None)?;
        Ok(KeyList::of(&row, &ring, registry.settings(), registry.clock().now()))
    });
    Ok(Reply::json(Cache::Current, &view.await?))
}

/// The ring at an instant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RingQuery {
    /// A day (its end in London) or an instant; as it stands without it.
    #[param(example = "2026-01-01")]
    at: Option<String>,
}

/// The ring that is asked for, with its bytes.
fn ring(registry: &Registry, path: &SupplierPath, query: &RingQuery) -> Result<(RingRow, KeyRing, Vec<u8>)> {
    let at = query.at.as_deref().map(|text| registry.instant_of(text)).transpose()?;
    registry.ring(&path.supplier.0, at)
}

/// Get a supplier's key ring
///
/// An OpenSSH `allowed_signers` file: `ssh-keygen -Y verify -f` takes it as it is.
#[utoipa::path(get, path = "/v1/suppliers/{supplier}/allowed_signers", tag = "Suppliers",
    operation_id = "get_allowed_signers", params(SupplierPath, RingQuery),
    responses((status = 200, description = "The file's exact text.", body = String, content_type = "text/plain",
        headers(("ETag" = String), ("Content-Digest" = String, description = "RFC 9530"))),
        (status = 404, response = problem::NotFound)))]
pub async fn get_allowed_signers(
    State(door): State<Door>,
    Path(path): Path<SupplierPath>,
    Query(query): Query<RingQuery>,
) -> Answer {
    let (_, _, bytes) = door.ask(move |registry| ring(registry, &path, &query)).await?;
    Ok(Reply::download(Cache::Current, "text/plain; charset=utf-8", "allowed_signers", bytes))
}

/// Get the Department's signature of a supplier's key ring
#[utoipa::path(get, path = "/v1/suppliers/{supplier}/allowed_signers.sig", tag = "Suppliers",
    operation_id = "get_allowed_signers_signature", params(SupplierPath, RingQuery),
    responses((status = 200, description = "Armoured SSHSIG.", body = String, content_type = "text/plain",
        headers(("ETag" = String), ("Content-Digest" = String, description = "RFC 9530"))),
        (status = 404, response = problem::NotFound)))]
pub async fn get_allowed_signers_signature(
    State(door): State<Door>,
    Path(path): Path<SupplierPath>,
    Query(query): Query<RingQuery>,
) -> Answer {
    let signature = door.ask(move |registry| {
        let (row, _, _) = ring(registry, &path, &query)?;
        row.signature_object.map(|object| registry.text(&object)).transpose()
    });
    let signature = signature.await?.ok_or_else(|| {
        Failure::from(Problem::new("signature-not-found", "This ring is stored without a signature."))
    })?;
    let reply =
        Reply::download(Cache::Current, "text/plain; charset=utf-8", "allowed_signers.sig", signature.into_bytes());
    Ok(reply.with(header::LINK, "<allowed_signers>; rel=\"describes\""))
}
