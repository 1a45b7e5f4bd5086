//! `…/versions`: the list, and one frozen version.

use axum::extract::{OriginalUri, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Path, Query},
    params::{CertificationPath, VersionNumber, VersionPath, page_size, read_cursor, write_cursor},
    problem,
    reply::{Answer, Cache, Reply},
    views::version::{VersionPage, VersionSummary, VersionView},
};
use crate::registry::door::Door;

/// Which page of a certification's versions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// From `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// List the versions of a certification
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions", tag = "Versions",
    operation_id = "list_versions", params(CertificationPath, PageQuery),
    responses((status = 200, description = "A page of versions, newest first.", body = VersionPage,
        headers(("Link" = String, description = "`rel=\"next\"`: the next page, where there is one."))),
        (status = 404, response = problem::NotFound)))]
pub async fn list_versions(
    State(door): State<Door>,
    OriginalUri(uri): OriginalUri,
    Path(path): Path<CertificationPath>,
    Query(query): Query<PageQuery>,
) -> Answer {
    let limit = page_size(query.limit, 50, 200)?;
    let before: Option<VersionNumber> = read_cursor(query.cursor.as_deref())?;
    let page = door.ask(move |registry| {
        let id = path.id();
        let current = registry.certification(&id)?.current.publication.version;
        let mut rows = registry.index().versions(&id, before.map(|number| number.0), limit + 1)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let cursor = |row: &crate::index::VersionRow| write_cursor(&row.publication.version.to_string());
        let next_cursor = rows.last().filter(|_| more).map(cursor);
        let item = |row| VersionSummary::of(row, registry.settings()).in_list(current);
        Ok(VersionPage { items: rows.iter().map(item).collect(), next_cursor })
    });
    let page = page.await?;
    let next = page.next_cursor.clone();
    Ok(Reply::json(Cache::Current, &page).next_page(uri.path(), uri.query(), next.as_deref()))
}

/// Get one version
///
/// Holds nothing that can change: it may be kept without limit.
#[utoipa::path(get, path = "/v1/certifications/{supplier}/{service}/versions/{version}", tag = "Versions",
    operation_id = "get_version", params(VersionPath),
    responses((status = 200, description = "The version.", body = VersionView), (status = 404, response = problem::NotFound)))]
pub async fn get_version(State(door): State<Door>, Path(path): Path<VersionPath>) -> Answer {
    let view = door.ask(move |registry| {
        let (id, number) = path.parts();
        let version = registry.with_content(registry.version(&id, number)?)?;
        Ok(VersionView::of(&version, registry.settings()))
    });
    Ok(Reply::json(Cache::Frozen, &view.await?))
}
