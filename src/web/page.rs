//! What every page has in common: its frame, its headers, and what it looks like when something went wrong.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    domain::{Digest, RegistrySettings},
    registry::{ErrorKind, Registry, RegistryError, Result, door::Door},
};

/// Pages load one stylesheet and nothing else, send forms nowhere else, and stand in nobody's frame.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";

/// How long a page may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It shows what stands now.
    Current,
    /// It shows which services somebody uses: never kept anywhere.
    Never,
}

impl Keep {
    fn control(self) -> &'static str {
        match self {
            Keep::Current => "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400",
            Keep::Never => "no-store",
        }
    }
}

/// What stands around the content of a page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The page's own title; the registry's name follows it.
    pub title: String,
    /// One sentence that reads well where a link to the page is shared.
    pub description: String,
    /// The page's address without what only narrows or orders it; empty for pages that nobody should find.
    pub canonical: String,
    /// The registry's name.
    pub registry_name: String,
    /// Who enrols keys, and does not check what suppliers say.
    pub authority_name: String,
    /// The licence of the content.
    pub licence: String,
    /// Dates of publication are made up.
    pub simulated: bool,
    /// An Atom feed of what the page shows: its title and address.
    pub feed: Option<(String, String)>,
    /// Search engines are asked to leave the page out.
    pub unlisted: bool,
}

impl Frame {
    /// A frame of a page of the registry.
    pub fn new(settings: &RegistrySettings, title: impl Into<String>, canonical: impl Into<String>) -> Self {
        Frame {
            title: title.into(),
            canonical: canonical.into(),
            registry_name: settings.name.clone(),
            authority_name: settings.authority_name.clone(),
            licence: settings.content_licence.clone(),
            simulated: settings.simulated_dates,
            ..Frame::default()
        }
    }

    /// The same with a description.
    pub fn described(self, description: impl Into<String>) -> Self {
        Frame { description: description.into(), ..self }
    }

    /// The same with a feed.
    pub fn with_feed(self, title: impl Into<String>, address: impl Into<String>) -> Self {
        Frame { feed: Some((title.into(), address.into())), ..self }
    }

    /// The same, hidden from search engines.
    pub fn unlisted(self) -> Self {
        Frame { unlisted: true, canonical: String::new(), ..self }
    }

    /// The stylesheet's address: another one whenever it changes.
    pub fn style(&self) -> &'static str {
        super::assets::style_address()
    }
}

/// What went wrong, and where to go from here.
#[derive(Template)]
#[template(path = "web/error.html")]
struct Wrong {
    frame: Frame,
    detail: String,
    /// Where search may help.
    search: bool,
}

/// Asks the registry for a page and shows it, or what went wrong.
pub async fn shown<T: Template + Send + 'static>(
    door: Door,
    keep: Keep,
    verb: impl FnOnce(&Registry) -> Result<T> + Send + 'static,
) -> Response {
    let rendered = door.ask(move |registry| verb(registry)?.render().map_err(RegistryError::internal)).await;
    match rendered {
        Ok(html) => html_page(StatusCode::OK, keep, html),
        Err(error) => failed(door.registry().settings(), &error),
    }
}

/// Shows a page that needs no registry but for its frame.
pub fn plain(template: &impl Template, settings: &RegistrySettings) -> Response {
    match template.render() {
        Ok(html) => html_page(StatusCode::OK, Keep::Current, html),
        Err(error) => failed(settings, &RegistryError::internal(error)),
    }
}

/// A rendered page with its headers.
pub fn html_page(status: StatusCode, keep: Keep, html: String) -> Response {
    let tag = Digest::of(html.as_bytes()).hex();
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep.control()));
    if keep != Keep::Never
        && let Ok(tag) = HeaderValue::from_str(&format!("W/\"{}\"", &tag[..32]))
    {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The page that says what went wrong. A failure of the registry's own goes to the log, in words nobody else sees.
pub fn failed(settings: &RegistrySettings, error: &RegistryError) -> Response {
    let (status, title) = status_of(error.kind);
    note(error);
    wrong(settings, status, title, &words_of(error))
}

/// Writes a failure of the registry's own to the log.
pub fn note(error: &RegistryError) {
    if error.kind == ErrorKind::Internal {
        eprintln!("{}", serde_json::json!({"level": "error", "face": "pages", "error": error.to_string()}));
    }
}

/// What an error says to people.
pub fn words_of(error: &RegistryError) -> String {
    match error.kind {
        ErrorKind::Internal => {
            "Nothing is wrong with what you asked for. Try again in a minute, or tell the registry's operator."
                .to_owned()
        }
        _ => for_people(&error.detail),
    }
}

/// An error page in the registry's frame.
pub fn wrong(settings: &RegistrySettings, status: StatusCode, title: &str, detail: &str) -> Response {
    let frame = Frame::new(settings, title, "").unlisted();
    let search = status.is_client_error();
    let html = Wrong { frame, detail: for_people(detail), search }.render();
    html_page(status, Keep::Never, html.unwrap_or_else(|_| format!("{title}. Go back to the first page.")))
}

/// The kinds of the registry's errors as statuses and headings: the pages' only translation.
pub fn status_of(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::Unreadable => (StatusCode::BAD_REQUEST, "We could not read that"),
        ErrorKind::Refused => (StatusCode::FORBIDDEN, "That is not allowed"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "There is nothing here"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "Something newer was published"),
        ErrorKind::Gone => (StatusCode::GONE, "This was taken away for good"),
        ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "That is too large"),
        ErrorKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "That cannot be answered"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "The registry failed to answer"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Not just now"),
        ErrorKind::Full => (StatusCode::INSUFFICIENT_STORAGE, "The registry has no room left"),
    }
}

/// The registry's words point programs to addresses of the API, and to names of parameters; people get a page instead.
fn for_people(detail: &str) -> String {
    let sentences = detail.split_inclusive(". ").filter(|sentence| !sentence.contains("/v1"));
    let words: String = sentences.collect();
    words.replace(", or leave as_of out for the current version", "").trim().to_owned()
}
