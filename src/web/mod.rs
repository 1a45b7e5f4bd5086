//! Floor 4: pages for people, rendered on the server, without script.
//!
//! Knows how pages are laid out and which words lead where. Leaves every decision to [`crate::registry`], which it asks
//! through the [`Door`], and every sentence about a statement or a change to [`crate::statement`] and
//! [`crate::compare`]. Each page is a struct with just what its template needs; templates stand beside it.
//!
//! Reading order: [`page`] (what all pages have in common) with `layout.html` and `style.css`, [`ask`] (what is asked
//! of them), [`address`] (where they are), then a file for each page.

use std::sync::Arc;

use axum::{Extension, Router, extract::DefaultBodyLimit, middleware, routing::get};

mod about;
pub mod address;
pub mod ask;
mod assets;
mod card;
mod case_lines;
mod cases;
mod certification;
mod changes;
mod compare;
mod day;
mod developers;
mod find;
mod history;
mod home;
mod my_services;
mod official;
pub mod page;
mod picture;
mod promptness;
mod row;
mod rules;
mod statement;
mod supplier;
mod verify;
mod workbench;

// What reads bytes from outside, for the fuzz targets.
#[doc(hidden)]
pub use my_services::paste::lines as pasted_list;
#[doc(hidden)]
pub use workbench::work::Work as WorkbenchDraft;

use crate::registry::{Registry, door::Door};

/// The longest form that is read, its files included.
const MAX_FORM_BYTES: usize = 1024 * 1024;

/// The pages of `registry`.
pub fn router(registry: Arc<Registry>) -> Router {
    let door = Door::new(registry);
    Router::new()
        .route("/", get(home::home))
        .route("/s/{supplier}", get(supplier::supplier))
        .route("/s/{supplier}/{service}", get(certification::certification))
        .route("/s/{supplier}/{service}/history", get(history::history))
        .route("/s/{supplier}/{service}/changes", get(changes::changes))
        .route("/s/{supplier}/{service}/versions/{version}", get(certification::version))
        .route("/s/{supplier}/{service}/card", get(card::card))
        .route("/my-services", get(my_services::page::my_services).post(my_services::paste::paste))
        .route("/my-services/governors", get(my_services::papers::governors))
        .route("/my-services/dpia", get(my_services::papers::dpia))
        .route("/my-services/cards", get(my_services::papers::cards))
        .route("/my-services/list.csv", get(my_services::table::table))
        .route("/my-services/feed.atom", get(my_services::feed::atom))
        .route("/my-services/calendar.ics", get(my_services::calendar::calendar))
        .route("/compare", get(compare::compare))
        .route("/promptness", get(promptness::promptness))
        .route("/cases", get(cases::cases))
        .route("/developers", get(developers::developers))
        .route("/how-we-sort-changes", get(rules::rules))
        .route("/accessibility", get(about::accessibility))
        .route("/privacy", get(about::privacy))
        .route("/find", get(find::find))
        .route("/verify", get(verify::verify).post(verify::upload))
        .merge(workbench::router())
        .merge(official::router())
        .route_layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .route_layer(middleware::from_fn_with_state(door.clone(), ask::short_enough))
        .route("/style.css", get(assets::style))
        .route("/mark.svg", get(assets::mark))
        .layer(Extension(promptness::Counted::default()))
        .with_state(door)
}
