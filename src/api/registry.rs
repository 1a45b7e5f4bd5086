//! `/v1`, `/healthz`, `/readyz`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    problem::Problem,
    reply::{Answer, Cache, Reply},
    views::registry::RegistryView,
};
use crate::registry::door::Door;

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

/// Ask whether the process answers
///
/// The same as `/healthz`, under the other usual name.
#[utoipa::path(get, path = "/livez", tag = "Registry", operation_id = "get_liveness",
    responses((status = 200, description = "It does.", body = Health)))]
pub async fn get_liveness() -> Reply {
    get_health().await
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
///
/// It is not while its index is behind, its log is contradicted, its repository cannot be read, its disk is nearly full
/// or it is about to stop: then `detail` gives the reasons.
#[utoipa::path(get, path = "/readyz", tag = "Registry", operation_id = "get_readiness",
    responses((status = 200, description = "It is.", body = Readiness)))]
pub async fn get_readiness(State(door): State<Door>) -> Answer {
    let health = door.ask(|registry| Ok(registry.health())).await?;
    match health.sequence.filter(|_| health.reasons.is_empty()) {
        Some(sequence) => Ok(Reply::json(Cache::Never, &Readiness { status: "ready", sequence })),
        None => Err(Problem::new("not-ready", health.reasons.join(" ")).into()),
    }
}
