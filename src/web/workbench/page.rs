//! The page itself: every field of one edition's form, for the script to show and fill.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::json;

use super::script;
use crate::{
    domain::{
        AnswerId, Edition, EditionId,
        edition::{Polarity, Question, Section},
    },
    format::{
        draft::{self, Names},
        profile,
    },
    registry::{Registry, RegistryError, Result, door::Door},
    web::{
        ask::{Asked, shown_again},
        page::{Frame, Keep, failed, html_page},
    },
};

/// The longest name of a service that is put into its field, in characters.
const MAX_FROM_CHARACTERS: usize = 200;

#[derive(Template)]
#[template(path = "web/workbench/start.html")]
struct Start {
    frame: Frame,
    edition: Arc<Edition>,
    /// Every edition that is published here: id and name.
    editions: Vec<(String, String)>,
    /// The wording that followed this one: id and name.
    newer: Option<(String, String)>,
    /// The service that the address names.
    from: String,
    /// The registry's address.
    base: String,
    /// What the script must know, as JSON that cannot end the element around it.
    data: String,
    scripts: [&'static str; 2],
    style: &'static str,
}

/// `/suppliers/start?edition=…&from=SUPPLIER/SERVICE`
pub async fn start(State(door): State<Door>, asked: Asked) -> Response {
    let rendered = door.ask(move |registry| page(registry, &asked)?.render().map_err(RegistryError::internal));
    match rendered.await {
        Ok(html) => {
            let mut response = html_page(StatusCode::OK, Keep::Current, html);
            let policy = HeaderValue::from_static(script::policy());
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => failed(door.registry().settings(), &error),
    }
}

fn page(registry: &Registry, asked: &Asked) -> Result<Start> {
    let rows = registry.index().editions()?;
    let editions = rows.iter().map(|row| registry.edition(&row.id)).collect::<Result<Vec<Arc<Edition>>>>()?;
    let edition = chosen(&editions, asked.get("edition"))?;
    let digest = registry.edition_row(&edition.id)?.digest;
    let settings = registry.settings();
    let id = |text: &str| RegistryError::internal(format!("{text} is no id"));
    let names = Names {
        registry: settings.registry.clone(),
        supplier: "your-supplier-id".parse().map_err(|_| id("your-supplier-id"))?,
        service: "your-service-id".parse().map_err(|_| id("your-service-id"))?,
        supplier_name: None,
        service_name: None,
    };
    let blank = profile::print(&draft::blank(&edition, digest, names));
    let data = json!({
        "registry": settings.registry.to_string(),
        "edition": {"id": edition.id.to_string(), "digest": digest.to_string()},
        "editions": editions.iter().map(|edition| edition.id.to_string()).collect::<Vec<_>>(),
        "blank": serde_json::from_slice::<serde_json::Value>(&blank).map_err(RegistryError::internal)?,
    });
    let frame = Frame::new(settings, "Publish your self-certification", "/suppliers/start").described(
        "For suppliers: turn the form you have into a signed self-certification, see what schools will see, and publish it.",
    );
    Ok(Start {
        frame,
        newer: editions
            .iter()
            .find(|other| other.mapping.as_ref().is_some_and(|mapping| mapping.older == edition.id))
            .map(|newer| (newer.id.to_string(), newer.name.clone())),
        editions: editions.iter().map(|edition| (edition.id.to_string(), edition.name.clone())).collect(),
        edition,
        from: shown_again(asked.get("from").unwrap_or_default(), MAX_FROM_CHARACTERS),
        base: format!("https://{}", settings.registry),
        data: data.to_string().replace('<', "\\u003c"),
        scripts: script::scripts(),
        style: script::STYLE,
    })
}

/// The edition that is asked for, or the newest: the one that no other maps from.
fn chosen(editions: &[Arc<Edition>], asked: Option<&str>) -> Result<Arc<Edition>> {
    let not_found = |detail: String| RegistryError::not_found("edition-not-found", detail);
    if let Some(id) = asked {
        let known: Vec<&str> = editions.iter().map(|edition| edition.id.as_str()).collect();
        let found = editions.iter().find(|edition| edition.id.as_str() == id).cloned();
        return found.ok_or_else(|| {
            not_found(format!(
                "No edition with that id is published here. These are: {}. Open the workbench without naming one.",
                known.join(", ")
            ))
        });
    }
    let is_older = |id: &EditionId| editions.iter().any(|other| other.mapping.as_ref().is_some_and(|m| m.older == *id));
    let newest = editions.iter().rev().find(|edition| !is_older(&edition.id)).or(editions.last());
    newest.cloned().ok_or_else(|| {
        not_found(
            "No edition of the questions is published here yet. Come back when the Department has published one."
                .to_owned(),
        )
    })
}

impl Start {
    fn questions(&self, section: &Section) -> Vec<&Question> {
        self.edition.questions.iter().filter(|question| question.id.section() == section.number).collect()
    }

    /// The view after a section's.
    fn after(&self, section: &Section) -> String {
        let at = self.edition.sections.iter().position(|other| other.number == section.number);
        let next = at.and_then(|at| self.edition.sections.get(at + 1));
        next.map_or_else(|| "support".to_owned(), |next| format!("section-{}", next.number))
    }

    fn answers(&self) -> Vec<AnswerId> {
        self.edition.answer_ids().collect()
    }
}

/// `/responses/` and `q5.7` as a pointer.
fn at(part: &str, rest: impl std::fmt::Display) -> String {
    format!("/{part}{rest}")
}

fn under(pointer: &str, member: &str) -> String {
    format!("{pointer}/{member}")
}

/// The form's words, where it names what is not known yet.
fn filled(text: &str) -> String {
    let names = [
        ("[supplier]", "your company"),
        ("[service]", "your service"),
        ("[service_url]", "the address of the details"),
        ("[official]", "your senior official"),
    ];
    names.iter().fold(text.to_owned(), |text, (mark, words)| text.replace(mark, words))
}

fn is_neutral(question: &Question) -> bool {
    question.polarity == Polarity::Neutral
}

/// The colours with what choosing them says.
fn colours(neutral: &bool, in_full: bool) -> [(&'static str, &'static str); 3] {
    match (in_full, neutral) {
        (false, _) => [("green", "Green"), ("amber", "Amber"), ("black", "Black")],
        (true, true) => [
            ("green", "Green: our statement says how it is"),
            ("amber", "Amber: we cannot fully confirm this"),
            ("black", "Black: this does not apply"),
        ],
        (true, false) => [
            ("green", "Green: our service fully meets this"),
            ("amber", "Amber: we cannot fully confirm this"),
            ("black", "Black: this does not apply"),
        ],
    }
}

/// For example `Q 5.7`.
fn label(question: &Question) -> String {
    AnswerId::from(question.id).label()
}
