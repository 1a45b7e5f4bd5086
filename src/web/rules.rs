//! How changes are sorted: the published rules, as they are computed.

use askama::Template;
use axum::{extract::State, response::Response};

use super::page::{Frame, plain};
use crate::{
    compare::{Importance, RULES, Rule},
    registry::door::Door,
};

#[derive(Template)]
#[template(path = "web/rules.html")]
struct RulesPage {
    frame: Frame,
}

/// `/how-we-sort-changes`
pub async fn rules(State(door): State<Door>) -> Response {
    let settings = door.registry().settings();
    let frame = Frame::new(settings, "How we sort changes", "/how-we-sort-changes").described(
        "The published rules by which every change of a self-certification needs your attention, is worth reading or is \
         for information. They are computed; no supplier chooses.",
    );
    plain(&RulesPage { frame }, settings)
}

impl RulesPage {
    fn groups(&self) -> [(&'static str, Vec<&'static Rule>); 3] {
        Importance::ALL
            .map(|importance| (importance.label(), RULES.iter().filter(|rule| rule.importance == importance).collect()))
    }
}
