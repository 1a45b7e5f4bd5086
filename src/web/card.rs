//! The emergency card of a service: whom a school reaches in a serious incident, for the wall.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    address,
    ask::Named,
    page::{Frame, Keep, shown},
};
use crate::{
    domain::{CertificationId, SupportAreaId, SupportContact},
    registry::{Registry, RegistryError, Result, door::Door, read::VersionContent},
};

/// The support area that the form keeps for incidents.
const EMERGENCY: &str = "s3.1";

/// One card.
pub struct Card {
    /// As the supplier calls the service.
    pub service_name: String,
    /// The legal entity.
    pub supplier_name: String,
    /// In the supplier's order.
    pub contacts: Vec<SupportContact>,
    /// What the supplier says about the area, a paragraph an item.
    pub statement: Vec<String>,
    /// When this was last confirmed, in words.
    pub confirmed: String,
}

impl Card {
    /// From the current version of a service.
    ///
    /// # Errors
    /// Those of the index.
    pub fn of(registry: &Registry, version: &VersionContent) -> Result<Card> {
        let area: SupportAreaId = EMERGENCY.parse().map_err(RegistryError::internal)?;
        let given = version.content.support.get(&area);
        let id = &version.row.publication.certification;
        let affirmed_at = registry.certification(id)?.affirmed_at;
        let version_number = version.row.publication.version;
        let confirmed = match affirmed_at {
            Some(at) => format!(
                "Last confirmed by the supplier on {}, version {version_number}.",
                at.day_in_london().in_words()
            ),
            None => format!("Never confirmed by the supplier; transcribed, version {version_number}."),
        };
        Ok(Card {
            service_name: version.row.service_name.clone(),
            supplier_name: version.row.supplier_name.clone(),
            contacts: given.map(|given| given.contacts.clone()).unwrap_or_default(),
            statement: given.map(|given| given.statement.clone()).unwrap_or_default(),
            confirmed,
        })
    }
}

#[derive(Template)]
#[template(path = "web/card.html")]
struct CardPage {
    frame: Frame,
    id: CertificationId,
    card: Card,
    since: Option<String>,
}

/// `/s/{supplier}/{service}/card`
pub async fn card(State(door): State<Door>, named: Named) -> Response {
    shown(door, Keep::Current, move |registry| {
        let id = named.certification()?;
        let version = registry.with_content(registry.certification(&id)?.current)?;
        let card = Card::of(registry, &version)?;
        let frame =
            Frame::new(registry.settings(), format!("Emergency card: {}", card.service_name), format!("/s/{id}/card"))
                .described(format!("Whom to reach at {} in a serious incident.", card.supplier_name))
                .with_feed(
                    format!("What changes in {}", card.service_name),
                    format!("{}/feed.atom", address::api(&id)),
                );
        let answers = registry.index().answers(&id)?;
        let row = answers.into_iter().find(|row| row.answer.to_string() == EMERGENCY);
        let since = row.map(|row| {
            format!("Unchanged since version {} ({}).", row.since_version, row.since_at.day_in_london().in_words())
        });
        Ok(CardPage { frame, id, card, since })
    })
    .await
}
