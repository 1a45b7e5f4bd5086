//! `/v1`, `/healthz`, `/readyz`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    problem::Problem,
    reply::{Answer, Cache, Reply},
    views::registry::RegistryView,
};
use crate::registry::{ErrorKind, door::Door};

/// Say what this registry is
///
/// Where to begin: its name, how much there is, its limits and its addresses.
#[utoipa::path(get, path = "/v1", tag = "Registry", operation_id = "get_registry",
    responses((status = 200, description = "What the registry says of itself.", body = RegistryView)))]
pub async fn get_registry(State(door): State<Door>) -> Answer {
    let view = door.ask(|registry| {
        let (index, settings) = (registry.index(), registry.settings());
        let log_size = index.latest_sequence()?.map_or(0, |latest| latest + 1);
        Ok(RegistryView::of(settings, index.counts()?, &index.editions()?, log_size))
    });
    Ok(Reply::json(Cache::Current, &view.await?))
}

/// Whether the process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`. The set is open.
    pub status: &'static str,
}

/// Ask whether the process answers
#[utoipa::path(get, path = "/healthz", tag = "Registry", operation_id = "get_health",
    responses((status = 200, description = "It does.", body = Health)))]
pub async fn get_health() -> Reply {
    Reply::json(Cache::Never, &Health { status: "ok" })
}

/// Whether the registry can serve.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`. The set is open.
    pub status: &'static str,
    /// The newest commit that is indexed.
    pub sequence: u64,
}

/// Ask whether the registry is ready to serve
#[utoipa::path(get, path = "/readyz", tag = "Registry", operation_id = "get_readiness",
    responses((status = 200, description = "It is.", body = Readiness)))]
pub async fn get_readiness(State(door): State<Door>) -> Answer {
    match door.ask(|registry| registry.level_sequence()).await {
        Ok(Some(sequence)) => Ok(Reply::json(Cache::Never, &Readiness { status: "ready", sequence })),
        Err(error) if error.kind == ErrorKind::Unavailable => Err(Problem::new("not-ready", error.detail).into()),
        _ => Err(Problem::new("not-ready", "The index is not level with the repository. Try again soon.").into()),
    }
}
