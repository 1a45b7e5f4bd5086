//! Floor 5: joins the faces and serves them.
//!
//! Knows how connections are taken, how answers are packed, and how the process stops: within ten seconds, whatever
//! its connections do. Everything about a single request is the faces' business; its time limit and the limits on
//! what is read stand in `api/edge.rs`.

use std::{future::Future, io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, Response, header},
    middleware::{self, Next},
};
use tokio::{net::TcpListener, sync::oneshot};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, Predicate, predicate::DefaultPredicate},
};

use crate::{
    api::{self, edge, problem::Problem},
    registry::{Registry, RegistryError},
    web,
};

/// How long connections may take to end once the server is told to stop.
const STOPPING_TIME_LIMIT: Duration = Duration::from_secs(10);

/// Witnesses are asked no more often than this.
const BETWEEN_WITNESSES: Duration = Duration::from_secs(1);
/// After so many of these intervals they are asked although nothing changed: their word on the time grows old.
const WITNESSES_ANYWAY: u64 = 600;
/// After so many of them the newest checkpoint is kept.
const BETWEEN_CHECKPOINTS: u64 = 60;

/// The API and the pages of `registry`, for one process or for tests without a connection.
pub fn router(registry: Arc<Registry>) -> Router {
    let faces = api::router(registry.clone()).merge(web::router(registry.clone()));
    let packed = CompressionLayer::new().gzip(true).compress_when(DefaultPredicate::new().and(MayBeTransformed));
    completed(faces, registry).layer(packed)
}

/// Gives every answer, the pages' too, what all answers have in common.
fn completed(router: Router, registry: Arc<Registry>) -> Router {
    router
        .fallback(edge::not_found)
        .method_not_allowed_fallback(edge::other_method)
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn(edge::in_time))
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

/// Serves `registry` on `listener` until `shutdown` is done, then finishes what has begun, for at most ten seconds.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    registry: Arc<Registry>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Before anything is accepted: a witness may know of a newer history than the one that was found here.
    let mut told = None;
    ask_witnesses(&registry, true, &mut told).await;
    let tending = tokio::spawn(tend_log(registry.clone(), told));
    let served = accept(listener, router(registry.clone()), shutdown).await;
    tending.abort();
    keep_checkpoint(&registry).await;
    served
}

/// Lets witnesses cosign soon after a change, at most once a second, and keeps the newest checkpoint where every clone
/// finds it.
async fn tend_log(registry: Arc<Registry>, mut told: Option<String>) {
    let mut ticks = tokio::time::interval(BETWEEN_WITNESSES);
    for tick in 0u64.. {
        ticks.tick().await;
        ask_witnesses(&registry, tick.is_multiple_of(WITNESSES_ANYWAY) && tick > 0, &mut told).await;
        if tick.is_multiple_of(BETWEEN_CHECKPOINTS) {
            keep_checkpoint(&registry).await;
        }
    }
}

/// What goes wrong is told when it begins or changes, not every second for as long as it lasts.
async fn ask_witnesses(registry: &Arc<Registry>, always: bool, told: &mut Option<String>) {
    let failure = in_background(registry, move |registry| {
        let asked = registry.ask_witnesses(always)?;
        Ok((!asked.failures.is_empty()).then(|| asked.failures.join("; ")))
    })
    .await;
    if failure != *told {
        failure.iter().for_each(|words| tell("ask the witnesses", words));
        *told = failure;
    }
}

/// A checkpoint that cannot be kept now is kept later: what it says is derived from the commits.
async fn keep_checkpoint(registry: &Arc<Registry>) {
    let failure = in_background(registry, |registry| registry.keep_checkpoint().map(|_| None)).await;
    failure.iter().for_each(|words| tell("keep the checkpoint", words));
}

/// Does something beside the requests, and gives what went wrong.
async fn in_background(
    registry: &Arc<Registry>,
    work: impl FnOnce(&Registry) -> Result<Option<String>, RegistryError> + Send + 'static,
) -> Option<String> {
    let registry = registry.clone();
    match tokio::task::spawn_blocking(move || work(&registry)).await {
        Ok(Ok(failure)) => failure,
        Ok(Err(error)) => Some(error.to_string()),
        Err(panicked) => Some(panicked.to_string()),
    }
}

/// A line for the operator.
fn tell(task: &str, error: &str) {
    eprintln!("{}", serde_json::json!({"level": "error", "task": task, "error": error}));
}

/// Takes connections. The only place that knows how, so that another loop can take its place.
pub(crate) async fn accept(
    listener: TcpListener,
    router: Router<()>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        shutdown.await;
        // The other side is gone only when there is nothing left to stop.
        let _ = stopping.send(());
    };
    // A connection that has sent half a request would keep the process alive for ever.
    let time_is_up = async move {
        match stopped.await {
            Ok(()) => tokio::time::sleep(STOPPING_TIME_LIMIT).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(shutdown) => served,
        () = time_is_up => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::Instant};

    use super::*;

    #[tokio::test]
    async fn half_a_request_does_not_keep_the_server_alive() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(accept(listener, Router::new(), async move { stopped.await.unwrap_or_default() }));
        let mut client = TcpStream::connect(address).await.expect("a connection");
        client.write_all(b"GET /v1 HTTP/1.1\r\nHost: ").await.expect("sent");
        // Until the server has the connection and reads it.
        tokio::time::sleep(Duration::from_millis(200)).await;

        let told = Instant::now();
        stop.send(()).expect("the server listens");
        let ended = tokio::time::timeout(2 * STOPPING_TIME_LIMIT, server).await;
        ended.expect("it stops in time").expect("it does not panic").expect("it does not fail");
        assert!(told.elapsed() >= STOPPING_TIME_LIMIT, "it waited for the connection: {:?}", told.elapsed());
    }
}
