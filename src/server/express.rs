//! The shortest way out: what is kept, or that there is too much to do, without hyper and the router.
//!
//! Most readers ask for what was just asked, and then reading a head into tables and writing tables into a head is most
//! of the work; so it is for those who are turned away in a flood. Only the plainest requests are answered here; all
//! others take the ordinary way, where the same answers wait ([`Hot::ready`](super::hot::Hot::ready), [`Gate::brief`]).
//! What goes out is the same to the byte, but for the order of headers.

use std::{
    cell::RefCell,
    io::IoSlice,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderValue, Method, Uri},
    response::IntoResponse as _,
};

use super::{
    admission::{Brief, Gate, overloaded},
    hot::{Answer, Coding, Form},
    observe::{Seen, UNKNOWN},
    visit::Visit,
};
use crate::{
    api::{edge, problem::Problem},
    registry::Clock,
};

/// A request with more headers takes the ordinary way.
const MOST_HEADERS: usize = 32;
/// Headers that may change the answer, or what becomes of the connection, and begin in another way than `if-`.
const NOT_PLAIN: [&str; 6] = ["range", "upgrade", "expect", "te", "trailer", "http2-settings"];

/// Answers at once, or not at all; cheap to clone.
#[derive(Clone)]
pub(super) struct Express(Arc<Gate>);

impl Express {
    pub(super) fn new(gate: Arc<Gate>) -> Self {
        Express(gate)
    }

    /// The answer to a request with this head and without a body, if it is a plain one and its answer is kept in the
    /// form that the client reads, or it is to be turned away.
    pub(super) fn answer(&self, head: &[u8], visit: &Arc<Visit>) -> Option<Reply> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let plain = Plain::read(head, &mut headers)?;
        match self.0.hot.find(plain.address) {
            Some(answer) => self.kept(&answer, plain, visit),
            None if self.0.is_shut() => self.brief(&plain, visit),
            None => None,
        }
    }

    fn kept(&self, answer: &Answer, plain: Plain<'_>, visit: &Arc<Visit>) -> Option<Reply> {
        let form = answer.form(plain.coding)?.clone();
        let observers = self.0.observers.clone();
        let uri = if observers.journal.tells_requests() { plain.address.parse().ok() } else { None };
        let request_id = edge::request_id(plain.request_id.as_ref());
        let own = own_headers(None, &request_id);
        let seen = Seen::begin(observers, Method::GET, answer.route.into(), uri, None).answered_well(request_id);
        visit.answers();
        Some(Reply { form, own, written: 0, seen })
    }

    fn brief(&self, plain: &Plain<'_>, visit: &Arc<Visit>) -> Option<Reply> {
        let uri: Uri = plain.address.parse().ok()?;
        let brief = self.0.brief(&Method::GET, &uri, plain.accept)?;
        let id = edge::request_id(plain.request_id.as_ref());
        let route = if let Brief::Again(answer) = &brief { answer.route } else { UNKNOWN };
        let seen = Seen::begin(self.0.observers.clone(), Method::GET, route.into(), Some(uri.clone()), None);
        let (form, length, seen) = match brief {
            Brief::Again(answer) => (answer.best(plain.coding).1.clone(), None, seen.answered_well(id.clone())),
            Brief::TurnedAway => {
                let problem = edge::of_request(TURNED_AWAY.problem.clone(), uri.path(), &id);
                let body = serde_json::to_vec(&problem).ok()?;
                let form = Form { head: TURNED_AWAY.head.clone(), body: body.into() };
                let length = form.body.len();
                (form, Some(length), seen.answered_with(&problem, id.clone()))
            }
        };
        let own = own_headers(length, &id);
        visit.answers();
        Some(Reply { form, own, written: 0, seen })
    }
}

/// What those get who are turned away, but for what differs from one time to the next: written once.
static TURNED_AWAY: LazyLock<TurnedAway> = LazyLock::new(|| {
    let problem = overloaded();
    let mut response = problem.clone().into_response();
    edge::add_common_headers(response.headers_mut());
    TurnedAway { head: Form::head(response.status(), response.headers()).into(), problem }
});

struct TurnedAway {
    /// Without the length of the body.
    head: Bytes,
    problem: Problem,
}

/// What differs from one time to the next, with the body's length where it does too, and the end of the head.
fn own_headers(length: Option<usize>, request_id: &HeaderValue) -> Vec<u8> {
    let mut own = Vec::with_capacity(128);
    if let Some(length) = length {
        own.extend_from_slice(b"content-length: ");
        own.extend_from_slice(length.to_string().as_bytes());
        own.extend_from_slice(b"\r\n");
    }
    own.extend_from_slice(b"x-request-id: ");
    own.extend_from_slice(request_id.as_bytes());
    own.extend_from_slice(b"\r\ndate: ");
    write_date(&mut own);
    own.extend_from_slice(b"\r\n\r\n");
    own
}

/// What matters of a request that is as plain as they come.
#[derive(Debug, PartialEq, Eq)]
struct Plain<'h> {
    address: &'h str,
    coding: Coding,
    /// Of `Accept`, or nothing.
    accept: &'h str,
    request_id: Option<HeaderValue>,
}

impl<'h> Plain<'h> {
    /// Reads a head into `headers`, if all of it is there and plain.
    fn read<'t>(head: &'h [u8], headers: &'t mut [httparse::Header<'h>]) -> Option<Plain<'h>> {
        let mut request = httparse::Request::new(headers);
        let is_whole = request.parse(head).ok()?.is_complete();
        if !is_whole || request.method != Some("GET") || request.version != Some(1) {
            return None;
        }
        let (mut accept, mut accepted, mut request_id) = (None, None, None);
        for header in request.headers.iter() {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            if is("accept-encoding") {
                if accepted.replace(str::from_utf8(header.value).ok()?).is_some() {
                    return None;
                }
            } else if is("accept") {
                accept = accept.or(str::from_utf8(header.value).ok());
            } else if is("x-request-id") {
                if request_id.replace(HeaderValue::from_bytes(header.value).ok()?).is_some() {
                    return None;
                }
            } else if is("connection") {
                if !header.value.eq_ignore_ascii_case(b"keep-alive") {
                    return None;
                }
            } else if header.name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("if-"))
                || NOT_PLAIN.iter().any(|name| is(name))
            {
                return None;
            }
        }
        let (accept, coding) = (accept.unwrap_or_default(), Coding::wanted(accepted.into_iter()));
        let plain = Plain { address: request.path?, coding, accept, request_id };
        Some(plain)
    }
}

/// An answer on its way out.
pub(super) struct Reply {
    form: Form,
    /// Headers of this one answer, and the end of the head.
    own: Vec<u8>,
    written: usize,
    seen: Seen,
}

impl Reply {
    fn pieces(&self) -> [&[u8]; 3] {
        [&self.form.head, &self.own, &self.form.body]
    }

    /// What is left to be written.
    pub(super) fn left(&self) -> [IoSlice<'_>; 3] {
        let mut skipped = self.written;
        self.pieces().map(|piece| {
            let from = skipped.min(piece.len());
            skipped -= from;
            IoSlice::new(&piece[from..])
        })
    }

    /// So many bytes more are written. Gives it back unless that was all.
    pub(super) fn passed(mut self, bytes: usize) -> Option<Reply> {
        self.written += bytes;
        if self.written < self.pieces().iter().map(|piece| piece.len()).sum() {
            return Some(self);
        }
        self.seen.went_out(self.form.body.len());
        None
    }
}

/// Writes the present as `Date` has it (RFC 9110 §5.6.7).
fn write_date(into: &mut Vec<u8>) {
    thread_local! {
        /// The second that was written last.
        static LAST: RefCell<(i64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = Clock::System.now().unix_seconds();
    LAST.with_borrow_mut(|(second, text)| {
        if *second != now || text.is_empty() {
            let since = Duration::from_secs(u64::try_from(now).unwrap_or(0));
            *text = httpdate::fmt_http_date(std::time::UNIX_EPOCH + since);
            *second = now;
        }
        into.extend_from_slice(text.as_bytes());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &str) -> Option<(String, Coding, Option<String>)> {
        read_head(&format!("GET /v1?a=1 HTTP/1.1\r\nHost: a\r\n{headers}\r\n"))
    }

    fn read_head(head: &str) -> Option<(String, Coding, Option<String>)> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let plain = Plain::read(head.as_bytes(), &mut headers)?;
        let id = plain.request_id.map(|id| id.to_str().expect("text").to_owned());
        Some((plain.address.to_owned(), plain.coding, id))
    }

    #[test]
    fn plain_requests_are_read() {
        let address = || "/v1?a=1".to_owned();
        assert_eq!(read(""), Some((address(), Coding::Whole, None)));
        let usual = "User-Agent: x\r\naccept: */*\r\nConnection: Keep-Alive\r\nAccept-Encoding: gzip, br\r\nX-Request-Id: 7\r\n";
        assert_eq!(read(usual), Some((address(), Coding::Brotli, Some("7".into()))));
    }

    #[test]
    fn whatever_may_change_the_answer_or_the_connection_takes_the_ordinary_way() {
        for header in [
            "If-None-Match: *",
            "if-modified-since: x",
            "Range: bytes=0-1",
            "Connection: close",
            "Connection: keep-alive, Upgrade",
            "Upgrade: h2c",
            "Expect: 100-continue",
            "TE: trailers",
            "Accept-Encoding: br\r\nAccept-Encoding: gzip",
        ] {
            assert_eq!(read(&format!("{header}\r\n")), None, "{header}");
        }
        for head in ["HEAD / HTTP/1.1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n", "GET"] {
            assert_eq!(read_head(head), None, "{head}");
        }
        let many = "a: b\r\n".repeat(MOST_HEADERS);
        assert_eq!(read(&many), None);
    }
}
