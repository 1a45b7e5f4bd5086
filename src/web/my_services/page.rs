//! The list as a page: what changed in each service, most important said first.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{
    answered,
    edit::{self, Edit, Form},
    list::{Answered, Found, List, Row, named},
};
use crate::{
    compare::Importance,
    domain::Day,
    registry::{Registry, RegistryError, Result, door::Door},
    web::{
        address,
        ask::{Asked, MAX_LIST_QUERY_BYTES, shown_again},
        page::{Frame, Keep, failed, html_page},
    },
};

#[derive(Template)]
#[template(path = "web/my_services/page.html")]
pub struct ListPage {
    pub frame: Frame,
    answered: Answered,
    form: Option<Form>,
    search: Option<Search>,
    /// The list fits into an address, so that it can be kept as a bookmark and changed.
    kept: bool,
}

/// What a search for another service found: names with ids.
struct Search {
    words: String,
    found: Vec<(String, String)>,
}

/// `/my-services?s=supplier/service@day&s=…`
pub async fn my_services(State(door): State<Door>, asked: Asked) -> Response {
    let today = door.registry().clock().now().day_in_london();
    let list = match List::of(&asked) {
        Ok(list) => list,
        Err(error) => return failed(door.registry().settings(), &error),
    };
    match edit::asked_for(&asked, &list, today) {
        Edit::Done(list) if list.query().len() <= MAX_LIST_QUERY_BYTES => {
            ([("cache-control", "no-store")], Redirect::to(&list.address(""))).into_response()
        }
        Edit::Done(list) => show(door, list, None, None).await,
        Edit::Form(form) => show(door, list, Some(form), None).await,
        Edit::None => {
            let words = asked.get("find").map(|words| shown_again(words, 200));
            show(door, list, None, words).await
        }
    }
}

/// Shows a list, whatever way it came.
pub async fn show(door: Door, list: List, form: Option<Form>, find: Option<String>) -> Response {
    let status = match &form {
        Some(form) if form.error.is_some() => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let html = answered(&door, list, move |registry, answered| {
        let search = find.map(|words| search(registry, words)).transpose()?;
        let kept = answered.list.query().len() <= MAX_LIST_QUERY_BYTES;
        let title = if answered.rows.is_empty() { "My services" } else { "My services: what changed" };
        let mut frame = Frame::new(registry.settings(), title, "/my-services").described(
            "Your services and the day you signed up to each: what changed since, in words for governors. The address is \
             the list; nothing is stored.",
        );
        if !answered.rows.is_empty() {
            frame = frame.unlisted();
            if kept {
                frame = frame.with_feed("What changes in my services", answered.list.address("/feed.atom"));
            }
        }
        ListPage { frame, answered, form, search, kept }.render().map_err(RegistryError::internal)
    });
    match html.await {
        Ok(html) => html_page(status, Keep::Never, html),
        Err(error) => failed(door.registry().settings(), &error),
    }
}

fn search(registry: &Registry, words: String) -> Result<Search> {
    let found = named(registry, &words, 20)?;
    Ok(Search { words, found })
}

impl ListPage {
    fn list(&self) -> &List {
        &self.answered.list
    }

    fn to(&self, page: &str) -> String {
        self.list().address(page)
    }

    fn is_whole_list_reviewed(&self) -> bool {
        self.list().reviewed.is_some()
    }

    /// Rows that need attention, for the head of the page.
    fn attention(&self) -> Vec<(&Row, &Found)> {
        let needs = |(_, found): &(&Row, &Found)| found.importance == Some(Importance::Attention);
        self.answered.found().filter(needs).collect()
    }
}

impl Row {
    /// What the reader calls it, beside the service's name.
    pub fn label(&self) -> Option<&String> {
        self.entry.label.as_ref()
    }

    /// How a row is headed for which nothing was found.
    pub fn heading(&self) -> &str {
        if self.entry.service.is_empty() { "(no name)" } else { &self.entry.service }
    }
}

impl Found {
    /// The service as the supplier calls it.
    pub fn service_name(&self) -> &str {
        &self.now.row.service_name
    }

    /// The legal entity.
    pub fn supplier_name(&self) -> &str {
        &self.now.row.supplier_name
    }

    /// What changed, in full.
    pub fn changes_address(&self) -> String {
        let reviewed = self.item.reviewed_on.map(|day| format!("&reviewed={day}")).unwrap_or_default();
        format!("{}{reviewed}", address::since(&self.item.certification, self.item.signed_up_on))
    }

    /// The service's page.
    pub fn address(&self) -> String {
        address::certification(&self.item.certification)
    }

    /// Everything to keep of the current version, for checks without this site.
    pub fn evidence_address(&self) -> String {
        format!("{}/versions/{}/evidence.zip", address::api(&self.item.certification), self.version())
    }

    /// The number of the current version.
    pub fn version(&self) -> u32 {
        self.now.row.publication.version
    }

    /// The day of its publication.
    pub fn published_on(&self) -> Day {
        self.now.row.publication.published_at.day_in_london()
    }

    /// Both of the reader's days in words.
    pub fn days(&self) -> String {
        let signed_up = format!("Signed up on {}", self.item.signed_up_on.in_words());
        match self.item.reviewed_on {
            Some(day) => format!("{signed_up}; compared from your review on {}", day.in_words()),
            None => signed_up,
        }
    }
}
