//! One kept answer, in every form in which it goes out.

use std::io::Write as _;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use tokio::time::Instant;

/// Smaller ones are not worth packing.
const LEAST_PACKED_BYTES: usize = 512;
/// What the headers of an answer take as values of their own, in bytes.
const HEADERS_BYTES: usize = 2 << 10;

/// One answer, ready to be sent.
pub(in crate::server) struct Answer {
    /// The state of the registry that it was computed from.
    pub(super) sequence: u64,
    /// It is computed anew after that.
    pub(super) until: Instant,
    /// Nobody gets it after that, whatever there is to do.
    pub(super) stale_until: Instant,
    /// The route that gave it.
    pub route: &'static str,
    pub(super) headers: HeaderMap,
    pub(super) whole: Form,
    pub(super) packed: Option<Packed>,
}

pub(super) struct Packed {
    brotli: Form,
    gzip: Form,
}

/// Says of an answer that it is as old as it may be.
#[derive(Clone)]
pub(super) struct Stale;

/// An answer as it goes over the wire; cheap to clone.
#[derive(Clone)]
pub(in crate::server) struct Form {
    /// From the status line on, without what differs from one time to the next: `x-request-id`, `date`, the empty line.
    pub head: Bytes,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// An answer with these headers and no packed forms yet, which does not last.
    pub(super) fn new(sequence: u64, route: &'static str, headers: HeaderMap, whole: Bytes) -> Answer {
        let whole = Form::new(StatusCode::OK, &headers, None, whole);
        let now = Instant::now();
        Answer { sequence, until: now, stale_until: now, route, headers, whole, packed: None }
    }

    /// What it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let packed = self.packed.iter().flat_map(|packed| [&packed.brotli, &packed.gzip]);
        HEADERS_BYTES
            + [&self.whole].into_iter().chain(packed).map(|form| form.head.len() + form.body.len()).sum::<usize>()
    }

    /// Whether nothing is left to be packed for a client who reads `coding`.
    pub(super) fn is_ready_in(&self, coding: Coding) -> bool {
        coding == Coding::Whole || self.packed.is_some() || !self.is_worth_packing()
    }

    /// Exact bytes stay exact (RFC 9111 §5.2.2.6).
    pub(super) fn is_worth_packing(&self) -> bool {
        let control = self.headers.get(header::CACHE_CONTROL).and_then(|control| control.to_str().ok());
        self.whole.body.len() >= LEAST_PACKED_BYTES && !control.is_some_and(|control| control.contains("no-transform"))
    }

    /// The same with its packed forms.
    pub(super) fn pack(&self) -> Answer {
        let body = &self.whole.body;
        let packed = Packed {
            brotli: Form::new(StatusCode::OK, &self.headers, Some("br"), brotli(body)),
            gzip: Form::new(StatusCode::OK, &self.headers, Some("gzip"), gzip(body)),
        };
        Answer { packed: Some(packed), headers: self.headers.clone(), whole: self.whole.clone(), ..*self }
    }

    /// The form for a client who reads `coding`, with the coding's name; `None` while that is not packed.
    pub fn form(&self, coding: Coding) -> Option<&Form> {
        self.is_ready_in(coding).then(|| self.best(coding).1)
    }

    /// The best form there is for a client who reads `coding`, with the coding's name.
    pub fn best(&self, coding: Coding) -> (Option<&'static str>, &Form) {
        match (coding, &self.packed) {
            (Coding::Brotli, Some(packed)) => (Some("br"), &packed.brotli),
            (Coding::Gzip, Some(packed)) => (Some("gzip"), &packed.gzip),
            _ => (None, &self.whole),
        }
    }

    /// The best form there is for a client who reads `coding`.
    pub(super) fn response(&self, coding: Coding) -> Response {
        let (name, form) = self.best(coding);
        let mut response = Response::new(Body::from(form.body.clone()));
        // With room for a coding and a request id, or the whole table would move for them.
        let headers = response.headers_mut();
        headers.reserve(self.headers.len() + 4);
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        if let Some(name) = name {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    }

    /// The same for when there is no time to compute it again.
    pub fn again(&self, request: &HeaderMap) -> Response {
        let mut response = self.response(Coding::of(request));
        response.extensions_mut().insert(Stale);
        response
    }
}

impl Form {
    /// An answer with these headers; `coding` is that of the body.
    pub fn new(status: StatusCode, headers: &HeaderMap, coding: Option<&str>, body: Bytes) -> Form {
        let mut head = Form::head(status, headers);
        let coding = coding.map_or(String::new(), |coding| format!("content-encoding: {coding}\r\n"));
        head.extend_from_slice(coding.as_bytes());
        head.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        Form { head: head.into(), body }
    }

    /// The status line and these headers, but for the body's length.
    pub fn head(status: StatusCode, headers: &HeaderMap) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {status}\r\n").into_bytes();
        for (name, value) in headers.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH) {
            head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        head
    }
}

/// The smallest form that a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Coding {
    Whole,
    Gzip,
    Brotli,
}

impl Coding {
    /// What a request with these headers wants.
    pub(super) fn of(headers: &HeaderMap) -> Coding {
        Coding::wanted(headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()))
    }

    /// What is best among the values of `Accept-Encoding`.
    ///
    /// RFC 9110 §12.5.3, as far as it matters here: a coding that is named with any weight but nought.
    pub fn wanted<'a>(values: impl Iterator<Item = &'a str>) -> Coding {
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
