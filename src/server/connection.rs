//! One connection: hyper between the guard and the router, and what ends it.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, Response, Version, header},
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::{admission::Gate, express::Express, guard::Guard, limits::Limits, observe::Seen, visit::Visit};

/// How long an HTTP/2 client may be silent before it is asked whether it lives.
const BEFORE_PING: Duration = Duration::from_secs(15);
/// How long it may take to answer that.
const PING: Duration = Duration::from_secs(10);
/// How long a connection that is told to end may take to do so.
const LEAVING: Duration = Duration::from_secs(5);
/// How much of one answer waits in the memory of an HTTP/2 connection, in bytes.
const STREAM_BYTES: usize = 64 * 1024;

/// How many headers of an HTTP/1 request hyper reads without taking memory for them; the guard refuses sooner.
const HYPER_HEADERS: usize = 100;

/// Who answers the requests of a connection; cheap to clone.
#[derive(Clone)]
pub(super) struct Front {
    router: TowerToHyperService<Router>,
    gate: Option<Arc<Gate>>,
}

impl Front {
    /// A router that answers everything.
    pub(super) fn new(router: Router) -> Self {
        Front { router: TowerToHyperService::new(router), gate: None }
    }

    /// The same router behind what is kept ready and what is turned away.
    pub(super) fn with_gate(self, gate: Gate) -> Self {
        Front { gate: Some(Arc::new(gate)), ..self }
    }

    fn express(&self) -> Option<Express> {
        Some(Express::new(self.gate.clone()?))
    }

    /// What is answered before anything else is done with a request.
    fn at_once(&self, request: &Request<Incoming>, visit: &Arc<Visit>) -> Option<Response<Body>> {
        let gate = self.gate.as_ref()?;
        let brief = || {
            let (route, response) = gate.brief_response(request)?;
            Some(Seen::of(gate.observers.clone(), request, route.into(), Some(visit.clone())).out(response))
        };
        let response = gate.hot.ready(request, &gate.observers, visit).or_else(brief)?;
        visit.answers();
        Some(response)
    }
}

/// Serves `stream` until it ends, is sent away, or `stopping` turns true and its requests are answered.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    front: Front,
    limits: Limits,
    visit: Arc<Visit>,
    mut stopping: watch::Receiver<bool>,
) {
    let stream = TokioIo::new(Guard::new(stream, limits, visit.clone()).with_express(front.express()));
    let seen = visit.clone();
    let service = service_fn(move |request| answer(front.clone(), seen.clone(), request));
    let builder = builder(&limits);
    let mut connection = pin!(builder.serve_connection(stream, service));
    let told = async {
        tokio::select! {
            // The sender lives as long as the server.
            _ = stopping.wait_for(|stopping| *stopping) => None,
            () = silent(&visit, &limits) => Some(LEAVING),
        }
    };
    let patience = tokio::select! {
        _ = connection.as_mut() => return,
        () = visit.sent_away() => return,
        patience = told => patience,
    };
    connection.as_mut().graceful_shutdown();
    let leaving = async {
        match patience {
            Some(patience) => tokio::time::sleep(patience).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = connection => {}
        () = visit.sent_away() => {}
        () = leaving => {}
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        // The guard has its own timers, which know more.
        .header_read_timeout(None)
        // A client may say that it has asked for everything before it has read the answers.
        .half_close(true)
        .max_buf_size(limits.head_bytes.max(8 * 1024) * 2);
    if limits.headers > HYPER_HEADERS {
        builder.http1().max_headers(limits.headers);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_send_buf_size(STREAM_BYTES)
        .keep_alive_interval(Some(BEFORE_PING.min(limits.idle / 2)))
        .keep_alive_timeout(PING.min(limits.idle));
    builder
}

/// Ends once nothing was asked or answered for longer than anything takes. HTTP/1 is ended by its guard before that.
async fn silent(visit: &Visit, limits: &Limits) {
    let most = limits.idle.max(limits.request);
    loop {
        let ends = visit.stirred_at() + most;
        if ends <= tokio::time::Instant::now() {
            return;
        }
        tokio::time::sleep_until(ends).await;
    }
}

/// Gives what is ready, or asks the router, with what the guard found.
async fn answer(
    front: Front,
    visit: Arc<Visit>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, std::convert::Infallible> {
    use hyper::service::Service as _;
    let is_old = request.version() < Version::HTTP_2;
    let found = if is_old { visit.take_found().flatten() } else { None };
    let at_once = if found.is_none() { front.at_once(&request, &visit) } else { None };
    let mut response = match at_once {
        Some(response) => response,
        None => {
            if let Some(refusal) = found {
                request.extensions_mut().insert(refusal);
            }
            request.extensions_mut().insert(visit.clone());
            visit.stir();
            let response = front.router.call(request).await?;
            visit.stir();
            response
        }
    };
    if is_old && visit.is_closing() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
