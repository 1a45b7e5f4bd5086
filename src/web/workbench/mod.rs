//! `/suppliers/start`: from the form that a supplier has to a signed, published version.
//!
//! The only pages with a script of their own. The draft lives in the browser; what the doors below are sent is read,
//! answered and forgotten: nothing unsigned is stored, and no text is logged.
//!
//! ```text
//! GET  /suppliers/start             the page, for one edition
//! GET  /suppliers/start/current     the current version as a draft of the next one
//! POST /suppliers/start/open        a form's text, or a saved draft
//! POST /suppliers/start/move        a draft's answers in a newer wording
//! POST /suppliers/start/check       every fault, and what is to be signed
//! POST /suppliers/start/preview     the statement as schools will see it
//! POST /suppliers/start/difference  what they will see as changed
//! ```
//!
//! Reading order: `page` with `start.html`, `script` with the files beside it, `work` (what the page sends), `answer`
//! (what it gets), then a file for each door.

use axum::{
    Router,
    routing::{get, post},
};

mod answer;
mod begin;
mod check;
mod form;
mod open;
mod page;
mod script;
mod show;
pub(super) mod work;

use crate::registry::door::Door;

/// The workbench and its doors.
pub fn router() -> Router<Door> {
    Router::new()
        .route("/suppliers/start", get(page::start))
        .route("/suppliers/start/current", get(begin::current))
        .route("/suppliers/start/open", post(open::open))
        .route("/suppliers/start/move", post(begin::move_on))
        .route("/suppliers/start/check", post(check::check))
        .route("/suppliers/start/preview", post(show::preview))
        .route("/suppliers/start/difference", post(show::difference))
}
