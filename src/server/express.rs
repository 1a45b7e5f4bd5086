//! The shortest way out: what is kept, or that there is too much to do, without hyper and the router.
//!
//! Most readers ask for what was just asked, and then reading a head into tables and writing tables into a head is most
//! of the work; so it is for those who are turned away in a flood. Only the plainest requests are answered here; all
//! others take the ordinary way, where the same answers wait ([`Hot::ready`](super::hot::Hot::ready), [`Gate::brief`]).
//! What goes out is the same to the byte, but for the order of headers.

use std::{
    cell::RefCell,
    io::IoSlice,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Method, Request},
};

use super::{
    admission::Gate,
    hot::{Answer, Coding, Form},
    observe::Seen,
    visit::Visit,
};
use crate::{api::edge, registry::Clock};

/// A request with more headers takes the ordinary way.
const MOST_HEADERS: usize = 32;
/// Headers that may change the answer, or what becomes of the connection, and begin in another way than `if-`.
const NOT_PLAIN: [&str; 6] = ["range", "upgrade", "expect", "te", "trailer", "http2-settings"];

/// More than any answer has that is given at once.
const MOST_BYTES: usize = 1 << 20;

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
        let (request, plain) = Plain::read(head, &mut headers)?;
        match self.0.hot.find(plain.address) {
            Some(answer) => self.kept(&answer, plain, visit),
            None if self.0.is_shut() => self.brief(&request, visit),
            None => None,
        }
    }

    fn kept(&self, answer: &Answer, plain: Plain<'_>, visit: &Arc<Visit>) -> Option<Reply> {
        let form = answer.form(plain.coding)?.clone();
        let observers = self.0.observers.clone();
        let uri = if observers.journal.tells_requests() { plain.address.parse().ok() } else { None };
        let request_id = edge::request_id(plain.request_id.as_ref());
        let own = own_headers(&request_id);
        let seen = Seen::begin(observers, Method::GET, answer.route.into(), uri, None).answered_well(request_id);
        visit.answers();
        Some(Reply { form, own, written: 0, seen })
    }

    fn brief(&self, request: &httparse::Request<'_, '_>, visit: &Arc<Visit>) -> Option<Reply> {
        let mut full = Request::get(request.path?);
        for header in request.headers.iter() {
            full = full.header(header.name, header.value);
        }
        let full = full.body(Body::empty()).ok()?;
        let (route, mut response) = self.0.brief(&full)?;
        let seen = Seen::of(self.0.observers.clone(), &full, route.into(), None).answered(&response);
        let request_id = response.headers_mut().remove(edge::REQUEST_ID)?;
        let own = own_headers(&request_id);
        let (parts, body) = response.into_parts();
        let form = Form::new(parts.status, &parts.headers, None, bytes_at_hand(body)?);
        visit.answers();
        Some(Reply { form, own, written: 0, seen })
    }
}

/// What differs from one time to the next, and the end of the head.
fn own_headers(request_id: &HeaderValue) -> Vec<u8> {
    let mut own = Vec::with_capacity(128);
    own.extend_from_slice(b"x-request-id: ");
    own.extend_from_slice(request_id.as_bytes());
    own.extend_from_slice(b"\r\ndate: ");
    write_date(&mut own);
    own.extend_from_slice(b"\r\n\r\n");
    own
}

/// The bytes of a body for which nobody has to wait.
fn bytes_at_hand(body: Body) -> Option<Bytes> {
    let whole = pin!(axum::body::to_bytes(body, MOST_BYTES));
    match whole.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(bytes) => bytes.ok(),
        Poll::Pending => None,
    }
}

/// What matters of a request that is as plain as they come.
#[derive(Debug, PartialEq, Eq)]
struct Plain<'h> {
    address: &'h str,
    coding: Coding,
    request_id: Option<HeaderValue>,
}

impl<'h> Plain<'h> {
    /// Reads a head into `headers`, if all of it is there and plain.
    fn read<'t>(
        head: &'h [u8],
        headers: &'t mut [httparse::Header<'h>],
    ) -> Option<(httparse::Request<'t, 'h>, Plain<'h>)> {
        let mut request = httparse::Request::new(headers);
        let is_whole = request.parse(head).ok()?.is_complete();
        if !is_whole || request.method != Some("GET") || request.version != Some(1) {
            return None;
        }
        let (mut accepted, mut request_id) = (None, None);
        for header in request.headers.iter() {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            if is("accept-encoding") {
                if accepted.replace(str::from_utf8(header.value).ok()?).is_some() {
                    return None;
                }
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
        let plain = Plain { address: request.path?, coding: Coding::wanted(accepted.into_iter()), request_id };
        Some((request, plain))
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
        let (_, plain) = Plain::read(head.as_bytes(), &mut headers)?;
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
