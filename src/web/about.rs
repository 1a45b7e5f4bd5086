//! Pages about this site: accessibility and privacy.

use askama::Template;
use axum::{extract::State, response::Response};

use super::page::{Frame, plain};
use crate::registry::door::Door;

#[derive(Template)]
#[template(path = "web/accessibility.html")]
struct Accessibility {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "web/privacy.html")]
struct Privacy {
    frame: Frame,
}

/// `/accessibility`
pub async fn accessibility(State(door): State<Door>) -> Response {
    let settings = door.registry().settings();
    let frame = Frame::new(settings, "Accessibility", "/accessibility")
        .described("How these pages are made to be read by everybody, and what to do when something gets in your way.");
    plain(&Accessibility { frame }, settings)
}

/// `/privacy`
pub async fn privacy(State(door): State<Door>) -> Response {
    let settings = door.registry().settings();
    let frame = Frame::new(settings, "Privacy", "/privacy")
        .described("What this registry knows of its readers: nothing that it keeps.");
    plain(&Privacy { frame }, settings)
}
