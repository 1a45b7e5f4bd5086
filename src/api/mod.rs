//! Floor 4: the registry as JSON over HTTP.
//!
//! Knows addresses, headers, statuses and the shapes of answers. Leaves every decision to [`crate::registry`],
//! which it asks through the [`Door`], and every sentence to [`crate::compare`] and [`crate::statement`].
//!
//! Reading order: [`problem`] and [`catalogue`] (what goes wrong), [`extract`] and [`params`] (what is asked),
//! [`reply`] (what is answered), [`views`] (what it looks like), then a file for each resource; [`edge`] (what all
//! answers have in common) and [`openapi`] (the description).

use std::sync::Arc;

use axum::{Router, middleware};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub mod authority;
pub mod cases;
pub mod catalogue;
pub mod certifications;
pub mod changes;
pub mod description;
pub mod diff;
pub mod documents;
pub mod edge;
pub mod editions;
pub mod export;
pub mod extract;
pub mod feeds;
pub mod find;
pub mod log;
pub mod notice;
pub mod openapi;
pub mod params;
pub mod people;
pub mod problem;
pub mod proof;
pub mod publish;
pub mod range;
pub mod registry;
pub mod reply;
pub mod reports;
pub mod responses;
mod search;
pub mod statements;
pub mod submissions;
pub mod suppliers;
pub mod versions;
pub mod views;

use crate::registry::{Registry, door::Door};

/// Every operation with its description.
fn operations() -> OpenApiRouter<Door> {
    OpenApiRouter::with_openapi(openapi::Described::openapi())
        .routes(routes!(registry::get_registry))
        .routes(routes!(authority::get_authority, authority::put_authority))
        .routes(routes!(suppliers::list_suppliers))
        .routes(routes!(suppliers::get_supplier, submissions::put_supplier))
        .routes(routes!(suppliers::list_keys))
        .routes(routes!(suppliers::get_allowed_signers, submissions::put_allowed_signers))
        .routes(routes!(suppliers::get_allowed_signers_signature))
        .routes(routes!(certifications::list_certifications))
        .routes(routes!(certifications::get_certification))
        .routes(routes!(find::find_words))
        .routes(routes!(responses::list_responses))
        .routes(routes!(responses::get_response))
        .routes(routes!(responses::get_response_history))
        .routes(routes!(statements::get_statement_html))
        .routes(routes!(statements::get_statement_markdown))
        .routes(routes!(statements::get_statement_text))
        .routes(routes!(statements::get_responses_csv))
        .routes(routes!(versions::list_versions, publish::publish_version))
        .routes(routes!(versions::get_version))
        .routes(routes!(statements::get_version_statement_html))
        .routes(routes!(statements::get_version_statement_markdown))
        .routes(routes!(statements::get_version_statement_text))
        .routes(routes!(statements::get_version_responses_csv))
        .routes(routes!(documents::get_document))
        .routes(routes!(documents::list_signatures))
        .routes(routes!(documents::get_signature))
        .routes(routes!(documents::get_document_by_digest))
        .routes(routes!(proof::get_receipt))
        .routes(routes!(proof::get_evidence))
        .routes(routes!(proof::get_evidence_on))
        .routes(routes!(proof::verify_version))
        .routes(routes!(diff::get_diff))
        .routes(routes!(diff::get_diff_html))
        .routes(routes!(diff::get_diff_markdown))
        .routes(routes!(diff::get_diff_text))
        .routes(routes!(diff::list_certification_changes))
        .routes(routes!(changes::list_changes))
        .routes(routes!(changes::get_change))
        .routes(routes!(export::get_export))
        .routes(routes!(export::get_export_responses))
        .routes(routes!(feeds::get_certification_feed))
        .routes(routes!(feeds::get_supplier_feed))
        .routes(routes!(feeds::get_changes_feed))
        .routes(routes!(feeds::get_badge))
        .routes(routes!(reports::report_since, reports::get_report_since))
        .routes(routes!(reports::report_since_csv, reports::get_report_since_csv))
        .routes(routes!(reports::report_since_html, reports::get_report_since_html))
        .routes(routes!(reports::report_since_markdown, reports::get_report_since_markdown))
        .routes(routes!(reports::report_since_text, reports::get_report_since_text))
        .routes(routes!(cases::list_cases, cases::submit_case))
        .routes(routes!(cases::list_certification_cases))
        .routes(routes!(editions::list_editions))
        .routes(routes!(editions::get_edition, submissions::put_edition))
        .routes(routes!(editions::get_edition_template))
        .routes(routes!(people::get_person))
        .routes(routes!(log::get_checkpoint))
        .routes(routes!(log::get_inclusion_proof))
        .routes(routes!(log::get_consistency_proof))
        .routes(routes!(description::get_schema))
        .routes(routes!(description::list_problems))
        .routes(routes!(description::get_problem))
        .routes(routes!(description::get_openapi))
        .routes(routes!(description::get_openapi_3_0))
        .routes(routes!(registry::get_health))
        .routes(routes!(registry::get_liveness))
        .routes(routes!(registry::get_readiness))
}

/// The description of the API as the handlers give it.
fn description() -> utoipa::openapi::OpenApi {
    operations().into_openapi()
}

pub use openapi::{OpenApiVersion, openapi_json};

/// The API of `registry`, to be completed by `crate::server` with what all answers have in common ([`edge`]).
pub fn router(registry: Arc<Registry>) -> Router {
    let (router, described) = operations().split_for_parts();
    let known = openapi::KnownParameters::of(&described);
    router
        .route_layer(middleware::from_fn_with_state(known, edge::known_parameters))
        .route("/log/tile/{*path}", axum::routing::get(log::get_tile))
        .route("/docs", axum::routing::get(description::to_docs))
        .route("/docs/", axum::routing::get(description::get_docs))
        .route("/docs/{*file}", axum::routing::get(description::get_docs_file))
        .with_state(Door::new(registry))
}
