//! What a list is turned into on paper: a summary for governors, text for an impact assessment, emergency cards.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    answered,
    list::{Answered, Found, List},
};
use crate::{
    compare::Importance,
    domain::{Code, Day},
    registry::{Registry, RegistryError, Result, door::Door},
    web::{
        address,
        ask::Asked,
        card::Card,
        page::{Frame, Keep, failed, html_page},
    },
};

#[derive(Template)]
#[template(path = "web/my_services/governors.html")]
struct Governors {
    frame: Frame,
    answered: Answered,
    today: Day,
    minute: String,
}

#[derive(Template)]
#[template(path = "web/my_services/dpia.html")]
struct Dpia {
    frame: Frame,
    answered: Answered,
    text: String,
}

#[derive(Template)]
#[template(path = "web/my_services/cards.html")]
struct Cards {
    frame: Frame,
    answered: Answered,
    cards: Vec<Card>,
    today: Day,
}

/// `/my-services/governors`
pub async fn governors(State(door): State<Door>, asked: Asked) -> Response {
    match List::of(&asked) {
        Ok(list) => governors_of(door, list).await,
        Err(error) => failed(door.registry().settings(), &error),
    }
}

/// `/my-services/dpia`
pub async fn dpia(State(door): State<Door>, asked: Asked) -> Response {
    match List::of(&asked) {
        Ok(list) => dpia_of(door, list).await,
        Err(error) => failed(door.registry().settings(), &error),
    }
}

/// `/my-services/cards`
pub async fn cards(State(door): State<Door>, asked: Asked) -> Response {
    match List::of(&asked) {
        Ok(list) => cards_of(door, list).await,
        Err(error) => failed(door.registry().settings(), &error),
    }
}

/// The summary for a list, whatever way it came.
pub async fn governors_of(door: Door, list: List) -> Response {
    paper(door, list, |registry, answered| {
        let today = registry.clock().now().day_in_london();
        let minute = minute(&answered, today, &registry.settings().name);
        let frame = Frame::new(registry.settings(), "Cloud services: summary for governors", "").unlisted();
        Ok(Governors { frame, answered, today, minute })
    })
    .await
}

/// The text for a list, whatever way it came.
pub async fn dpia_of(door: Door, list: List) -> Response {
    paper(door, list, |registry, answered| {
        let text = assessment(registry, &answered);
        let frame = Frame::new(registry.settings(), "Text for a data protection impact assessment", "").unlisted();
        Ok(Dpia { frame, answered, text })
    })
    .await
}

/// The cards of a list, whatever way it came.
pub async fn cards_of(door: Door, list: List) -> Response {
    paper(door, list, |registry, answered| {
        // A service that is on the list for several schools needs one card.
        let first = answered.groups().into_iter().filter_map(|rows| rows[0].found.as_ref().ok());
        let cards = first.map(|found| Card::of(registry, &found.now)).collect::<Result<Vec<Card>>>()?;
        let frame = Frame::new(registry.settings(), "Emergency cards", "").unlisted();
        Ok(Cards { frame, answered, cards, today: registry.clock().now().day_in_london() })
    })
    .await
}

async fn paper<T: Template>(
    door: Door,
    list: List,
    write: impl FnOnce(&Registry, Answered) -> Result<T> + Send + 'static,
) -> Response {
    let html = answered(&door, list, |registry, answered| {
        write(registry, answered)?.render().map_err(RegistryError::internal)
    });
    match html.await {
        Ok(html) => html_page(StatusCode::OK, Keep::Never, html),
        Err(error) => failed(door.registry().settings(), &error),
    }
}

/// A minute that governors can adopt as it stands: what was seen, what needs attention, what it is worth.
fn minute(answered: &Answered, today: Day, register: &str) -> String {
    let listed = answered.rows.len();
    let services = if listed == 1 { "1 cloud service".to_owned() } else { format!("{listed} cloud services") };
    let mut minute = format!(
        "Cloud services. On {} the governors reviewed {services} against the {register}. {}",
        today.in_words(),
        answered.tally.sentence()
    );
    for (row, found) in answered.found().filter(|(_, found)| found.importance == Some(Importance::Attention)) {
        let label = row.label().map(|label| format!(" ({label})")).unwrap_or_default();
        let labels: Vec<&str> = found.attention.iter().map(|(label, _)| label.as_str()).collect();
        let (count, needs) = (labels.len(), if labels.len() == 1 { "change needs" } else { "changes need" });
        let about = labels.join(", ");
        minute.push_str(&format!("\n\n{}{label}: {count} {needs} attention ({about}).", found.service_name()));
    }
    minute.push_str(
        "\n\nThe governors noted that these statements are suppliers' own self-certifications, which nobody else has \
         checked, and that a single amber answer is not necessarily a negative. Action: ",
    );
    minute
}

/// What an impact assessment should say of each service, with the place where it can be checked.
fn assessment(registry: &Registry, answered: &Answered) -> String {
    let settings = registry.settings();
    let mut text =
        format!("Source: {} ({}). Suppliers' own statements, self-certified.\n", settings.name, settings.registry);
    if settings.simulated_dates {
        text.push_str("Simulated dates: this registry is a demonstration.\n");
    }
    let mut seen = std::collections::HashSet::new();
    for (_, found) in answered.found().filter(|(_, found)| seen.insert(found.item.certification.clone())) {
        text.push_str(&service_text(found, settings.registry.as_str()));
    }
    for row in answered.rows.iter().filter(|row| row.found.is_err()) {
        text.push_str(&format!("\n{}: no self-certification found on the register.\n", row.heading()));
    }
    text
}

fn service_text(found: &Found, registry: &str) -> String {
    let publication = &found.now.row.publication;
    let content = &found.now.content;
    let mut text = format!(
        "\n{} ({})\nVersion {}, published on {}\nhttps://{registry}{}\n{}\n",
        found.service_name(),
        found.supplier_name(),
        publication.version,
        found.published_on().in_words(),
        address::version(&publication.certification, publication.version),
        publication.digest,
    );
    let amber = content.responses.iter().filter(|(_, response)| response.code == Some(Code::Amber));
    for (id, response) in amber {
        let question = found.now.edition.asked((*id).into()).unwrap_or_default();
        let label = crate::domain::AnswerId::from(*id).label();
        text.push_str(&format!(
            "AMBER (the supplier cannot fully confirm this) {label}: {question}\n  {}\n",
            response.statement.join("\n  ")
        ));
    }
    text.push_str(&format!("{}. {}\n", found.days(), found.headline));
    for (label, sentence) in &found.attention {
        text.push_str(&format!("  Needs attention: {label}: {sentence}\n"));
    }
    text
}
