//! Cases: clarifications that were asked for, verifications that were required, withdrawals; what is open stands first.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    case_lines::CaseLine,
    page::{Frame, Keep, shown},
};
use crate::{
    index::{CaseFilter, CaseProgress},
    registry::{Registry, Result, door::Door},
};

/// How many open cases the page lists.
const OPEN: usize = 500;
/// How many closed cases the page lists, the newest ones.
const CLOSED: usize = 50;

#[derive(Template)]
#[template(path = "web/cases.html")]
struct CasesPage {
    frame: Frame,
    groups: Vec<(&'static str, Vec<CaseLine>)>,
}

/// `/cases`
pub async fn cases(State(door): State<Door>) -> Response {
    shown(door, Keep::Current, page).await
}

fn page(registry: &Registry) -> Result<CasesPage> {
    let frame = Frame::new(registry.settings(), "Cases", "/cases").described(
        "Clarifications that were asked for, independent verifications that were required, withdrawals: signed statements \
         about self-certifications.",
    );
    let today = registry.present()?.day_in_london();
    let lines = |progress, most: usize| -> Result<Vec<CaseLine>> {
        let filter = CaseFilter { progress: Some(progress), ..CaseFilter::default() };
        let found = registry.cases(&filter, 0, usize::MAX)?;
        found.iter().rev().take(most).map(|case| CaseLine::of(registry, case, today)).collect()
    };
    let groups = vec![("Open", lines(CaseProgress::Open, OPEN)?), ("Closed", lines(CaseProgress::Closed, CLOSED)?)];
    Ok(CasesPage { frame, groups })
}
