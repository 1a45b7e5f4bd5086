//! `/log`: the transparency log in the formats of C2SP; `/v1/log`: its proofs as JSON.

use axum::{
    extract::{Path as RawPath, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Parsed, Query},
    params::Sequence,
    problem,
    reply::{Answer, Cache, Reply},
    views::log::{ConsistencyView, InclusionView},
};
use crate::{
    log::TilePath,
    registry::{RegistryError, door::Door},
};

/// Get the newest checkpoint of the log
///
/// A signed note (c2sp.org/tlog-checkpoint): the log's name, its size and the root of its tree, signed by the log, and
/// by its witnesses where the trust policy asks for them.
#[utoipa::path(get, path = "/log/checkpoint", tag = "Log", operation_id = "get_checkpoint",
    responses((status = 200, description = "The signed note.", body = String, content_type = "text/plain")))]
pub async fn get_checkpoint(State(door): State<Door>) -> Answer {
    let checkpoint = door.ask(|registry| registry.checkpoint()).await?;
    Ok(Reply::text(Cache::Head, "text/plain; charset=utf-8", checkpoint.print()))
}

/// Serves a tile of hashes or a bundle of leaves (c2sp.org/tlog-tiles), which no description of an API can express.
pub async fn get_tile(State(door): State<Door>, RawPath(path): RawPath<String>) -> Response {
    let tile = door.ask(move |registry| {
        let path = TilePath::parse(&format!("tile/{path}")).map_err(|error| {
            RegistryError::not_found("tile-not-found", format!("This is no tile of the log: {error}."))
        })?;
        registry.tile(&path)
    });
    match tile.await {
        Ok(bytes) => Reply::bytes(Cache::Immutable, "application/octet-stream", bytes).into_response(),
        Err(error) => problem::Failure::from(error).into_response(),
    }
}

/// Which leaf, in a tree of which size.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InclusionQuery {
    /// The leaf: the commit's sequence.
    #[param(value_type = u64, maximum = 9007199254740991u64, example = 0)]
    index: Parsed<Sequence>,
    /// The size of the tree; left out, the size it has now.
    #[param(value_type = Option<u64>, maximum = 9007199254740991u64)]
    size: Option<Parsed<Sequence>>,
}

/// Prove that a leaf is in the log
///
/// The leaf's path to the root of the tree at a size (RFC 6962 §2.1.1). Whoever has the leaf, the path and a checkpoint
/// of that size needs nobody's word.
#[utoipa::path(get, path = "/v1/log/proofs/inclusion", tag = "Log", operation_id = "get_inclusion_proof", params(InclusionQuery),
    responses((status = 200, description = "The proof.", body = InclusionView), (status = 404, response = problem::NotFound),
        (status = 422, response = problem::Unprocessable)))]
pub async fn get_inclusion_proof(State(door): State<Door>, Query(query): Query<InclusionQuery>) -> Answer {
    let (index, size) = (query.index.0.0, query.size.map(|size| size.0.0));
    let cache = if size.is_some() { Cache::Derived } else { Cache::Head };
    let view = door.ask(move |registry| {
        let (size, proof) = registry.inclusion(index, size)?;
        Ok(InclusionView::of(index, size, &proof))
    });
    Ok(Reply::json(cache, &view.await?))
}

/// Between which sizes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// The smaller size: one that you have a checkpoint of.
    #[param(value_type = u64, maximum = 9007199254740991u64, example = 1)]
    old: Parsed<Sequence>,
    /// The greater size; left out, the size it has now.
    #[param(value_type = Option<u64>, maximum = 9007199254740991u64)]
    new: Option<Parsed<Sequence>>,
}

/// Prove that the log only grew
///
/// What shows that the tree at the greater size begins with the tree at the smaller one (RFC 6962 §2.1.2).
#[utoipa::path(get, path = "/v1/log/proofs/consistency", tag = "Log", operation_id = "get_consistency_proof", params(ConsistencyQuery),
    responses((status = 200, description = "The proof.", body = ConsistencyView), (status = 404, response = problem::NotFound),
        (status = 422, response = problem::Unprocessable)))]
pub async fn get_consistency_proof(State(door): State<Door>, Query(query): Query<ConsistencyQuery>) -> Answer {
    let (old, new) = (query.old.0.0, query.new.map(|new| new.0.0));
    let cache = if new.is_some() { Cache::Derived } else { Cache::Head };
    let view = door.ask(move |registry| {
        let (new, proof) = registry.consistency(old, new)?;
        Ok(ConsistencyView::of(old, new, &proof))
    });
    Ok(Reply::json(cache, &view.await?))
}
