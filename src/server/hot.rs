//! Answers that are asked for again and again, ready to be sent: whole, and packed as small as it goes.
//!
//! An answer is kept for the state of the registry in which it was computed. One commit later nothing of it is used any
//! more, so that a name that was erased, say, is in no kept answer. Packing takes longer than computing: it is done
//! beside the requests, one answer at a time, and until then the answer goes out as it is.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tokio::{sync::Semaphore, time::Instant};

use crate::registry::{Registry, door::Door};

/// Whose answers are kept, when they are asked without a query. All of them follow from the registry's state and, by
/// the day, from the clock.
const ROUTES: [&str; 9] = [
    "/v1",
    "/v1/certifications/{supplier}/{service}",
    "/v1/certifications/{supplier}/{service}/versions",
    "/v1/certifications/{supplier}/{service}/versions/{version}",
    "/v1/certifications/{supplier}/{service}/versions/{version}/document",
    "/v1/certifications/{supplier}/{service}/responses",
    "/v1/certifications/{supplier}/{service}/statement.html",
    "/s/{supplier}/{service}",
    "/",
];
/// No longer than readers may keep them either (`max-age`): the clock moves on although nothing is published.
const LONGEST: Duration = Duration::from_secs(60);
/// How much is kept, packed forms included, in bytes.
const MOST_BYTES: usize = 64 << 20;
/// The largest answer that is kept, in bytes.
const MOST_ANSWER_BYTES: usize = 512 << 10;
/// Smaller ones are not worth packing.
const LEAST_PACKED_BYTES: usize = 512;

/// The kept answers; cheap to clone.
#[derive(Clone)]
pub(super) struct Hot {
    door: Door,
    kept: Arc<Mutex<Kept>>,
    /// One answer is packed at a time.
    packing: Arc<Semaphore>,
}

#[derive(Default)]
struct Kept {
    sequence: u64,
    answers: HashMap<String, Arc<Answer>>,
    bytes: usize,
}

/// One answer, ready to be sent.
struct Answer {
    until: Instant,
    headers: HeaderMap,
    whole: Bytes,
    packed: OnceLock<Packed>,
}

struct Packed {
    brotli: Bytes,
    gzip: Bytes,
}

/// Answers from what is kept, or keeps what is answered.
pub(super) async fn kept(State(hot): State<Hot>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let is_asked_often = route.is_some_and(|route| ROUTES.contains(&route)) && request.uri().query().is_none();
    if request.method() != Method::GET || !is_asked_often {
        return next.run(request).await;
    }
    let path = request.uri().path().to_owned();
    let coding = Coding::wanted(request.headers());
    if let Some(answer) = hot.find(&path) {
        hot.pack_some_time(&answer, coding);
        return answer.response(coding);
    }
    // Before it is computed: what is published meanwhile makes it old.
    let level = hot.door.ask(Registry::level_sequence).await.ok().flatten();
    let response = next.run(request).await;
    match level {
        Some(sequence) => hot.keep(path, sequence, response).await,
        None => response,
    }
}

impl Hot {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Hot { door: Door::new(registry), kept: Arc::default(), packing: Arc::new(Semaphore::new(1)) }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, path: &str) -> Option<Arc<Answer>> {
        let newest = self.door.registry().newest_sequence();
        let kept = self.lock();
        let answer = kept.answers.get(path).filter(|answer| answer.until > Instant::now())?;
        (kept.sequence == newest).then(|| answer.clone())
    }

    /// Keeps a whole, good answer that was computed when the registry stood at `sequence`.
    async fn keep(&self, path: String, sequence: u64, response: Response) -> Response {
        let size = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
        let is_large = size.is_none_or(|size| size > MOST_ANSWER_BYTES);
        let lasts = max_age(response.headers()).min(LONGEST);
        if response.status() != StatusCode::OK || is_large || lasts.is_zero() {
            return response;
        }
        let (parts, body) = response.into_parts();
        // It lies in memory already; nothing can break off.
        let whole = axum::body::to_bytes(body, MOST_ANSWER_BYTES).await.unwrap_or_default();
        let answer = Answer {
            until: Instant::now() + lasts,
            headers: parts.headers.clone(),
            whole: whole.clone(),
            packed: OnceLock::new(),
        };
        self.lock().insert(path, sequence, Arc::new(answer));
        Response::from_parts(parts, Body::from(whole))
    }

    /// Packs an answer beside the requests, if somebody wants it packed and no other is being packed.
    fn pack_some_time(&self, answer: &Arc<Answer>, coding: Coding) {
        if coding == Coding::Whole || !answer.is_worth_packing() || answer.packed.get().is_some() {
            return;
        }
        let Ok(place) = self.packing.clone().try_acquire_owned() else { return };
        let answer = answer.clone();
        tokio::task::spawn_blocking(move || {
            answer.pack();
            drop(place);
        });
    }
}

impl Kept {
    fn insert(&mut self, path: String, sequence: u64, answer: Arc<Answer>) {
        if sequence < self.sequence {
            return;
        }
        if sequence > self.sequence {
            *self = Kept { sequence, ..Kept::default() };
        }
        let bytes = answer.bytes();
        // In no order of merit: what is asked often comes back at once.
        while self.bytes + bytes > MOST_BYTES {
            let Some(path) = self.answers.keys().next().cloned() else { return };
            self.bytes -= self.answers.remove(&path).map_or(0, |answer| answer.bytes());
        }
        self.bytes += bytes;
        self.bytes -= self.answers.insert(path, answer).map_or(0, |answer| answer.bytes());
    }
}

impl Answer {
    /// What it takes, packed forms and headers included: those are never larger than the whole.
    fn bytes(&self) -> usize {
        2 * self.whole.len() + 2048
    }

    /// Exact bytes stay exact (RFC 9111 §5.2.2.6).
    fn is_worth_packing(&self) -> bool {
        let control = self.headers.get(header::CACHE_CONTROL).and_then(|control| control.to_str().ok());
        self.whole.len() >= LEAST_PACKED_BYTES && !control.is_some_and(|control| control.contains("no-transform"))
    }

    fn pack(&self) {
        self.packed.get_or_init(|| Packed { brotli: brotli(&self.whole), gzip: gzip(&self.whole) });
    }

    fn response(&self, coding: Coding) -> Response {
        let packed = self.packed.get().and_then(|packed| match coding {
            Coding::Brotli => Some(("br", &packed.brotli)),
            Coding::Gzip => Some(("gzip", &packed.gzip)),
            Coding::Whole => None,
        });
        let (name, body) = packed.map_or((None, &self.whole), |(name, body)| (Some(name), body));
        let mut response = Response::new(Body::from(body.clone()));
        *response.headers_mut() = self.headers.clone();
        if let Some(name) = name {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    }
}

/// How long readers may keep an answer; no time at all if nothing is said of it.
fn max_age(headers: &HeaderMap) -> Duration {
    let control = headers.get(header::CACHE_CONTROL).and_then(|control| control.to_str().ok()).unwrap_or_default();
    let seconds = control.split(", ").find_map(|piece| piece.strip_prefix("max-age=")?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// The smallest form that a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Whole,
    Gzip,
    Brotli,
}

impl Coding {
    /// RFC 9110 §12.5.3, as far as it matters here: a coding that is named with any weight but nought.
    fn wanted(headers: &HeaderMap) -> Coding {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let is_wanted = |piece: &&str| {
            let weight = piece.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("q="));
            weight.is_none_or(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0))
        };
        let names = values.flat_map(|value| value.split(',')).filter(is_wanted);
        let mut best = Coding::Whole;
        for name in names.map(|piece| piece.split(';').next().unwrap_or_default().trim()) {
            match name.to_ascii_lowercase().as_str() {
                "br" => return Coding::Brotli,
                "gzip" | "*" => best = Coding::Gzip,
                _ => {}
            }
        }
        best
    }
}

/// At its best, which takes long.
fn brotli(whole: &[u8]) -> Bytes {
    let mut packed = Vec::new();
    let mut parameters = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: whole.len(), ..Default::default() };
    parameters.mode = brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT;
    brotli::BrotliCompress(&mut &whole[..], &mut packed, &parameters).expect("memory takes every write");
    packed.into()
}

fn gzip(whole: &[u8]) -> Bytes {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(whole).and_then(|()| packed.finish()).expect("memory takes every write").into()
}

#[cfg(test)]
mod tests;
