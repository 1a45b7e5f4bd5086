//! Floor 5: joins the faces and serves them.
//!
//! Knows how connections are taken and kept in bounds, how answers are packed, and how the process stops: within ten
//! seconds, whatever its connections do. What a request asks for is the faces' business.
//!
//! Reading order: [`limits`], `accept` (how connections come and go), `visit` (what is known of one), `connection`,
//! `guard` with `head` and `patience` (what a client may send, and how slowly), `body` and `refuse` (what comes before
//! the faces), `tend` (what is done beside the requests).

use std::{future::Future, io, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, Response, header},
    middleware::{self, Next},
};
use tokio::net::TcpListener;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, Predicate, predicate::DefaultPredicate},
};

mod accept;
mod body;
mod connection;
mod guard;
mod head;
pub mod limits;
mod patience;
mod refuse;
mod tend;
mod visit;

pub(crate) use accept::accept;
pub use limits::Limits;
pub(crate) use refuse::refused;

use crate::{
    api::{self, edge, problem::Problem},
    registry::Registry,
    web,
};

/// The API and the pages of `registry`, for one process or for tests without a connection.
pub fn router(registry: Arc<Registry>) -> Router {
    router_within(registry, Limits::default())
}

/// The same with other limits.
pub fn router_within(registry: Arc<Registry>, limits: Limits) -> Router {
    let faces = api::router(registry.clone()).merge(web::router(registry.clone()));
    let packed = CompressionLayer::new().gzip(true).compress_when(DefaultPredicate::new().and(MayBeTransformed));
    completed(faces, registry, limits).layer(packed)
}

/// Gives every answer, the pages' too, what all answers have in common.
fn completed(router: Router, registry: Arc<Registry>, limits: Limits) -> Router {
    router
        .fallback(edge::not_found)
        .method_not_allowed_fallback(edge::other_method)
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(limits.request, edge::in_time))
        .layer(middleware::from_fn_with_state(body::Bodies::new(limits), body::gathered))
        .layer(middleware::from_fn(refuse::refused))
        .layer(middleware::from_fn_with_state(registry, as_page))
        .layer(middleware::from_fn(edge::complete))
}

/// Where programs ask: problems stay problems there, whoever asks.
const FOR_PROGRAMS: [&str; 6] = ["/v1", "/log", "/git", "/schemas", "/openapi", "/problems"];

/// Shows a problem as a page to a browser that asks for one at an address for people.
async fn as_page(State(registry): State<Arc<Registry>>, request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path();
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let wanted = accept.contains("text/html") && !FOR_PROGRAMS.iter().any(|prefix| path.starts_with(prefix));
    let is_head = request.method() == Method::HEAD;
    let mut response = next.run(request).await;
    let problem = if wanted { response.extensions_mut().remove::<Problem>() } else { None };
    let Some(problem) = problem else { return response };
    let mut page = web::page::wrong(registry.settings(), response.status(), &problem.title, &problem.detail);
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers_mut().remove(&name) {
            page.headers_mut().insert(name, value);
        }
    }
    // What the log should read travels on.
    std::mem::swap(page.extensions_mut(), response.extensions_mut());
    if is_head {
        *page.body_mut() = Body::empty();
    }
    page
}

/// Exact bytes stay exact: what says `no-transform` is not packed (RFC 9111 §5.2.2.6).
#[derive(Debug, Clone, Copy)]
struct MayBeTransformed;

impl Predicate for MayBeTransformed {
    fn should_compress<B>(&self, response: &Response<B>) -> bool
    where
        B: axum::body::HttpBody,
    {
        let control = response.headers().get(axum::http::header::CACHE_CONTROL);
        !control.and_then(|control| control.to_str().ok()).is_some_and(|control| control.contains("no-transform"))
    }
}

/// Serves `registry` on `listener` until `shutdown` is done, then finishes what has begun, within ten seconds.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    registry: Arc<Registry>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_within(registry, listener, Limits::default(), shutdown).await
}

/// The same with other limits.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve_within(
    registry: Arc<Registry>,
    listener: TcpListener,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Before anything is accepted: a witness may know of a newer history than the one that was found here.
    let mut told = None;
    tend::ask_witnesses(&registry, true, &mut told).await;
    let tending = tokio::spawn(tend::tend_log(registry.clone(), told));
    let served = accept(listener, router_within(registry.clone(), limits), limits, shutdown).await;
    tending.abort();
    tend::keep_checkpoint(&registry).await;
    served
}
