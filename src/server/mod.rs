//! Floor 5: joins the faces and serves them.
//!
//! Knows how connections are taken and kept in bounds, how answers are packed, and how the process stops: within ten
//! seconds, whatever its connections do. What a request asks for is the faces' business.
//!
//! Reading order: [`limits`], `accept` (how connections come and go), `visit` (what is known of one), `connection`,
//! `guard` with `head` and `patience` (what a client may send, and how slowly), `body`, `refuse`, `hot`, `express` and
//! [`admission`] (what comes before the faces), [`journal`], `observe` and `metrics` (what the operator sees), `tend`
//! (what is done beside the requests).

use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, Request as AnyRequest, Response, Uri, header},
    middleware::{self, Next},
    response::IntoResponse as _,
};
use serde_json::json;
use tokio::net::TcpListener;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, Predicate, predicate::DefaultPredicate},
};

mod accept;
pub mod admission;
mod body;
mod connection;
mod express;
mod guard;
#[doc(hidden)]
pub mod head;
mod hot;
pub mod journal;
pub mod limits;
mod metrics;
mod observe;
mod patience;
mod refuse;
mod tend;
mod visit;

pub use journal::{Journal, Style};
pub use limits::Limits;

use accept::accept;
use admission::{Admission, Gate};
use connection::Front;
use hot::Hot;
use journal::Level;
use metrics::Metrics;
use observe::Observers;

use crate::{
    api::{
        self, edge,
        problem::{Problem, ProblemCode},
    },
    registry::Registry,
    web,
};

/// How a registry is served.
#[derive(Debug, Clone)]
pub struct Options {
    /// What connections and requests may ask for.
    pub limits: Limits,
    /// Where to write what happens.
    pub journal: Journal,
}

impl Options {
    /// Default limits, and no journal but of faults.
    pub fn quiet(registry: &Registry) -> Self {
        Options { limits: Limits::default(), journal: Journal::direct(registry.clock().clone()) }
    }
}

/// What all requests share.
#[derive(Clone)]
struct Common {
    limits: Limits,
    observers: Observers,
    admission: Admission,
    hot: Hot,
    stopping: Arc<AtomicBool>,
}

impl Common {
    fn new(registry: &Arc<Registry>, options: &Options) -> Self {
        let admission = Admission::new(&options.limits);
        let mut metrics = Metrics::default();
        metrics.watch(registry.clone(), admission.clone());
        let observers = Observers { journal: options.journal.clone(), metrics: Arc::new(metrics) };
        Common {
            limits: options.limits,
            observers,
            admission,
            hot: Hot::new(registry.clone()),
            stopping: Arc::default(),
        }
    }

    fn gate(&self) -> Gate {
        Gate { admission: self.admission.clone(), hot: self.hot.clone(), observers: self.observers.clone() }
    }
}

/// The API and the pages of `registry`, for one process or for tests without a connection.
pub fn router(registry: Arc<Registry>) -> Router {
    let common = Common::new(&registry, &Options::quiet(&registry));
    router_with(registry, &common)
}

fn router_with(registry: Arc<Registry>, common: &Common) -> Router {
    let faces = api::router(registry.clone()).merge(web::router(registry.clone()));
    let packed = CompressionLayer::new().gzip(true).compress_when(DefaultPredicate::new().and(MayBeTransformed));
    completed(faces, registry, common)
        .layer(packed)
        .layer(middleware::from_fn_with_state(common.observers.clone(), observe::observed))
}

/// Gives every answer, the pages' too, what all answers have in common.
fn completed(router: Router, registry: Arc<Registry>, common: &Common) -> Router {
    router
        .fallback(edge::not_found)
        .method_not_allowed_fallback(edge::other_method)
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(common.limits.request, edge::in_time))
        .layer(middleware::from_fn_with_state(common.hot.clone(), hot::kept))
        .layer(middleware::from_fn_with_state(common.gate(), admission::admitted))
        .layer(middleware::from_fn_with_state(body::Bodies::new(common.limits), body::gathered))
        .layer(middleware::from_fn_with_state(common.stopping.clone(), ready_until_told))
        .layer(middleware::from_fn(refuse::refused))
        .layer(middleware::from_fn_with_state(registry, as_page))
        .layer(middleware::from_fn(edge::complete))
}

/// Says on `/readyz` that the server is about to stop, so that a proxy sends nobody any more.
async fn ready_until_told(State(stopping): State<Arc<AtomicBool>>, request: Request, next: Next) -> Response<Body> {
    if request.uri().path() == "/readyz" && stopping.load(Ordering::SeqCst) {
        return Problem::new("not-ready", "The server is about to stop.").into_response();
    }
    next.run(request).await
}

/// How many monitoring programs look at the metrics at a time.
const MONITORS: usize = 16;
/// Where programs ask: problems stay problems there, whoever asks.
const FOR_PROGRAMS: [&str; 6] = ["/v1", "/log", "/git", "/schemas", "/openapi", "/problems"];

/// Whether a problem is to be shown as a page.
fn wants_page(uri: &Uri, accept: &str) -> bool {
    accept.contains("text/html") && !FOR_PROGRAMS.iter().any(|prefix| uri.path().starts_with(prefix))
}

/// What a request says of what its client reads.
fn accepted<B>(request: &AnyRequest<B>) -> &str {
    request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default()
}

/// Shows a problem as a page to a browser that asks for one at an address for people.
async fn as_page(State(registry): State<Arc<Registry>>, request: Request, next: Next) -> Response<Body> {
    let wanted = wants_page(request.uri(), accepted(&request));
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
    page.extensions_mut().insert(ProblemCode(problem.code));
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
    let options = Options::quiet(&registry);
    serve_with(registry, listener, None, options, shutdown).await
}

/// The same as the operator wants it, with a listener for the metrics, perhaps.
///
/// # Errors
/// When a listener fails for good.
pub async fn serve_with(
    registry: Arc<Registry>,
    listener: TcpListener,
    figures: Option<TcpListener>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let limits = options.limits.within(limits::descriptors());
    let options = Options { limits, ..options };
    let (common, journal) = (Common::new(&registry, &options), options.journal.clone());
    // Before anything is accepted: a witness may know of a newer history than the one that was found here.
    let mut told = None;
    tend::ask_witnesses(&registry, &journal, true, &mut told).await;
    let tending = tokio::spawn(tend::tend_log(registry.clone(), journal.clone(), told));
    let packing = tokio::spawn(tend::maintain(registry.clone(), journal.clone()));
    let scrubbing = tokio::spawn(tend::scrub(registry.clone(), journal.clone()));
    let looking = figures.map(|listener| tokio::spawn(show_figures(listener, common.observers.metrics.clone())));
    let address = listener.local_addr()?.to_string();
    journal.tell(Level::Info, "started", &[("address", json!(address)), ("connections", json!(limits.connections))]);
    let stopping = common.stopping.clone();
    let shutdown = {
        let (journal, registry) = (journal.clone(), registry.clone());
        async move {
            shutdown.await;
            journal.tell(Level::Info, "stopping", &[("drain_ms", json!(limits.drain.as_millis()))]);
            stopping.store(true, Ordering::SeqCst);
            tokio::time::sleep(limits.drain).await;
            // Whoever waits for news or packs the repository would go on for longer than there is time.
            registry.stop_writing();
        }
    };
    let front = Front::new(router_with(registry.clone(), &common));
    let front = front.with_gate(common.gate());
    let served = accept(listener, front, limits, common.observers.metrics.clone(), shutdown).await;
    tending.abort();
    packing.abort();
    scrubbing.abort();
    if let Some(looking) = looking {
        looking.abort();
    }
    tend::keep_checkpoint(&registry, &journal).await;
    journal.tell(Level::Info, "stopped", &[]);
    // Whatever is still being written down is short.
    let _ = tokio::task::spawn_blocking(move || journal.close()).await;
    served
}

/// Shows the metrics to whoever reaches their own listener.
async fn show_figures(listener: TcpListener, metrics: Arc<Metrics>) -> io::Result<()> {
    let limits = Limits { connections: MONITORS, ..Limits::default() };
    accept(listener, Front::new(metrics::router(metrics)), limits, Arc::default(), std::future::pending()).await
}

/// Serves another router under the same guard, with default limits.
///
/// # Errors
/// When the listener fails for good.
pub(crate) async fn serve_router(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = router.layer(middleware::from_fn(refuse::refused));
    accept(listener, Front::new(router), Limits::default().within(limits::descriptors()), Arc::default(), shutdown)
        .await
}
