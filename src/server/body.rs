//! Bodies are read whole before anything else is done, so that a slow one holds no place that others could use.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{
    limits::Limits,
    visit::{Busy, Visit},
};
use crate::api::problem::{Failure, Problem};

/// How much room is left for bodies that are still arriving or not yet answered.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    limits: Limits,
    held: Arc<AtomicUsize>,
}

impl Bodies {
    pub(super) fn new(limits: Limits) -> Self {
        Bodies { limits, held: Arc::default() }
    }

    fn hold(&self, bytes: usize) -> Option<Held> {
        let held = Held(bytes, self.held.clone());
        (self.held.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.limits.bodies_bytes).then_some(held)
    }
}

/// Room that is given back.
#[derive(Debug)]
struct Held(usize, Arc<AtomicUsize>);

impl Drop for Held {
    fn drop(&mut self) {
        self.1.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// Reads the body of a request, or refuses it: over the limit, packed, too slow, broken off.
pub(super) async fn gathered(State(bodies): State<Bodies>, request: Request, next: Next) -> Response {
    let visit = request.extensions().get::<Arc<Visit>>().cloned();
    let busy = || visit.as_ref().map(Busy::with);
    if request.body().is_end_stream() {
        let _busy = busy();
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let mut codings = parts.headers.get_all(header::CONTENT_ENCODING).iter();
    let is_packed = codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let gathered = tokio::time::timeout(bodies.limits.request, read(&bodies, body)).await;
    // A client may not look for an answer before it has sent everything, so even what is of no use is taken.
    match gathered.unwrap_or_else(|_| Err(too_slow().into())) {
        Ok(_) if is_packed => packed(),
        Ok((bytes, _held)) => {
            let _busy = busy();
            next.run(Request::from_parts(parts, Body::from(bytes))).await
        }
        Err(failure) => failure.into_response(),
    }
}

async fn read(bodies: &Bodies, body: Body) -> Result<(Bytes, Vec<Held>), Failure> {
    let most = bodies.limits.body_bytes;
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most).into());
    }
    let mut body = Limited::new(body, most);
    let (mut bytes, mut held) = (Vec::new(), Vec::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(error.as_ref(), most))?;
        let Ok(data) = frame.into_data() else { continue };
        held.push(bodies.hold(data.len()).ok_or_else(crowded)?);
        bytes.extend_from_slice(&data);
    }
    Ok((bytes.into(), held))
}

fn broken(error: &(dyn std::error::Error + Send + Sync + 'static), most: usize) -> Problem {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return too_large(most);
        }
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return too_slow();
        }
        cause = error.source();
    }
    Problem::new("bad-body", "The body broke off before its end; send it again.")
}

fn too_large(most: usize) -> Problem {
    Problem::new("body-too-large", format!("A body has at most {most} bytes."))
}

fn too_slow() -> Problem {
    Problem::new("request-too-slow", "The body came too slowly. Send it again over a better connection.")
}

fn crowded() -> Problem {
    Problem::new("overloaded", "The registry is reading as much as it can hold. Send it again in a few seconds.")
}

fn packed() -> Response {
    let detail = "Bodies are read as they are: send this one without Content-Encoding.";
    let problem = Problem::new("unsupported-media-type", detail);
    // RFC 9110 §12.5.3: which codings would be accepted.
    let mut response = problem.into_response();
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}
