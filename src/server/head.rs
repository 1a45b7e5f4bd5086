//! The head of an HTTP/1 request as it came, before anything is made of it.
//!
//! What two readers of one connection could understand differently (a proxy and this server) is refused here: two
//! lengths, a missing or second `Host`, lines that end oddly (RFC 9112 §3.2, §6.3, §11.2). hyper corrects such heads
//! silently, so they have to be seen before it.

use super::limits::Limits;

/// How the body that follows a head is told from the next head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes follow.
    Length(u64),
    /// Chunks follow.
    Chunked,
}

/// Why a request is refused before anybody looks at what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not a request of HTTP/1.
    Unreadable,
    /// HTTP/1.1 without `Host`, or with an empty one.
    HostMissing,
    /// More than one `Host`.
    HostTwice,
    /// `Content-Length` and `Transfer-Encoding`, or two of one of them.
    TwoLengths,
    /// A `Content-Length` that is no number.
    BadLength,
    /// A `Transfer-Encoding` other than `chunked`.
    BadEncoding,
    /// Over the limit of bytes or of headers.
    TooLarge,
    /// Too slow.
    TooSlow,
}

/// The length of the head at the beginning of `bytes`, its last empty line included; `None` while that has not come.
///
/// `from` says how many bytes were searched before.
pub fn end(bytes: &[u8], from: usize) -> Option<usize> {
    // The end may begin up to three bytes before what is new.
    let from = from.saturating_sub(3);
    let ends = |at: usize| match bytes[at..] {
        [b'\n', b'\n', ..] => Some(at + 2),
        [b'\n', b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    };
    (from..bytes.len()).filter(|at| bytes[*at] == b'\n').find_map(ends)
}

/// Reads `head`, from the request line to the empty line, and says what follows it.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn inspect(head: &[u8], limits: &Limits) -> Result<Framing, Refusal> {
    let lines = head.strip_suffix(b"\r\n\r\n").ok_or(Refusal::Unreadable)?;
    let mut lines = lines.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    // Every line but the last, which lost its end above, ends with CR and LF; a lone one of them is in no line.
    if lone_line_ends(head) {
        return Err(Refusal::Unreadable);
    }
    let is_new = is_http_1_1(lines.next().unwrap_or_default())?;
    let mut seen = Seen::default();
    for (count, line) in lines.enumerate() {
        if count == limits.headers {
            return Err(Refusal::TooLarge);
        }
        seen.header(line)?;
    }
    match (seen.host, is_new) {
        (false, true) => Err(Refusal::HostMissing),
        _ => seen.framing(is_new),
    }
}

fn lone_line_ends(head: &[u8]) -> bool {
    let lone = |pair: &[u8]| (pair[0] == b'\r') != (pair[1] == b'\n');
    head.windows(2).any(lone) || head.contains(&0)
}

/// Whether the request line is of HTTP/1.1 and not of 1.0.
fn is_http_1_1(line: &[u8]) -> Result<bool, Refusal> {
    let mut words = line.split(|byte| *byte == b' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(method), Some(target), Some(version), None) if is_token(method) && !target.is_empty() => match version {
            b"HTTP/1.1" => Ok(true),
            b"HTTP/1.0" => Ok(false),
            _ => Err(Refusal::Unreadable),
        },
        _ => Err(Refusal::Unreadable),
    }
}

/// RFC 9110 §5.6.2.
fn is_token(word: &[u8]) -> bool {
    let in_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !word.is_empty() && word.iter().all(in_token)
}

/// What was seen of the headers that say where a request ends and whom it is for.
#[derive(Debug, Default)]
struct Seen {
    host: bool,
    length: Option<u64>,
    chunked: bool,
}

impl Seen {
    fn header(&mut self, line: &[u8]) -> Result<(), Refusal> {
        let colon = line.iter().position(|byte| *byte == b':').ok_or(Refusal::Unreadable)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        // A name with a space at its end, or a line that carries on the one before, is none.
        if !is_token(name) {
            return Err(Refusal::Unreadable);
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("host") {
            if std::mem::replace(&mut self.host, true) {
                return Err(Refusal::HostTwice);
            }
            return if value.is_empty() { Err(Refusal::HostMissing) } else { Ok(()) };
        }
        if is("content-length") {
            let before = self.length.replace(length(value)?);
            return if before.is_some() || self.chunked { Err(Refusal::TwoLengths) } else { Ok(()) };
        }
        if is("transfer-encoding") {
            if self.length.is_some() || self.chunked {
                return Err(Refusal::TwoLengths);
            }
            self.chunked = value.eq_ignore_ascii_case(b"chunked");
            return if self.chunked { Ok(()) } else { Err(Refusal::BadEncoding) };
        }
        Ok(())
    }

    fn framing(&self, is_new: bool) -> Result<Framing, Refusal> {
        match (self.chunked, is_new) {
            (true, true) => Ok(Framing::Chunked),
            (true, false) => Err(Refusal::BadEncoding),
            (false, _) => Ok(Framing::Length(self.length.unwrap_or(0))),
        }
    }
}

/// Digits only: Rust's own reading would take a sign.
fn length(value: &[u8]) -> Result<u64, Refusal> {
    let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or(Refusal::BadLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Framing, Refusal> {
        let head = format!("{}\r\n\r\n", text.replace('\n', "\r\n"));
        assert_eq!(end(head.as_bytes(), 0), Some(head.len()));
        inspect(head.as_bytes(), &Limits::default())
    }

    #[test]
    fn ordinary_heads_pass() {
        assert_eq!(read("GET / HTTP/1.1\nHost: a"), Ok(Framing::Length(0)));
        assert_eq!(read("GET / HTTP/1.0"), Ok(Framing::Length(0)));
        assert_eq!(read("GET http://a/b HTTP/1.1\nhOST:a\nAccept:"), Ok(Framing::Length(0)));
        assert_eq!(read("POST /v1?q=1 HTTP/1.1\nHost: a\nContent-Length: 12 "), Ok(Framing::Length(12)));
        assert_eq!(read("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: Chunked"), Ok(Framing::Chunked));
    }

    #[test]
    fn what_two_readers_could_understand_differently_is_refused() {
        use Refusal::*;
        for (text, refusal) in [
            ("GET / HTTP/1.1", HostMissing),
            ("GET / HTTP/1.1\nHost: ", HostMissing),
            ("GET / HTTP/1.1\nHost: a\nhost: a", HostTwice),
            ("GET / HTTP/1.0\nHost: a\nhost: b", HostTwice),
            ("POST / HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: chunked", TwoLengths),
            ("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 1", TwoLengths),
            ("POST / HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 1", TwoLengths),
            ("POST / HTTP/1.1\nHost: a\nContent-Length: 1, 1", BadLength),
            ("POST / HTTP/1.1\nHost: a\nContent-Length: +1", BadLength),
            ("POST / HTTP/1.1\nHost: a\nContent-Length: ", BadLength),
            ("POST / HTTP/1.1\nHost: a\nContent-Length: 99999999999999999999", BadLength),
            ("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: gzip, chunked", BadEncoding),
            ("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: \u{b}chunked", BadEncoding),
            ("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked", TwoLengths),
            ("POST / HTTP/1.0\nTransfer-Encoding: chunked", BadEncoding),
            ("POST / HTTP/1.1\nHost: a\nContent-Length : 1", Unreadable),
            ("POST / HTTP/1.1\nHost: a\n Content-Length: 1", Unreadable),
            ("POST / HTTP/1.1\nHost: a\n: 1", Unreadable),
            ("POST / HTTP/1.1\nHost: a\nno colon", Unreadable),
            ("GET  / HTTP/1.1\nHost: a", Unreadable),
            ("GET / b HTTP/1.1\nHost: a", Unreadable),
            ("GET / HTTP/2.0\nHost: a", Unreadable),
            ("GET /", Unreadable),
        ] {
            assert_eq!(read(text), Err(refusal), "{text}");
        }
        let many = format!("GET / HTTP/1.1\nHost: a{}", "\na: b".repeat(100));
        assert_eq!(read(&many), Err(TooLarge));
    }

    #[test]
    fn lines_end_with_both_characters() {
        for head in [
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "GET / HTTP/1.1\r\nHost: a\rb: c\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\nb: c\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
        ] {
            assert_eq!(end(head.as_bytes(), 0), Some(head.len()), "{head:?}");
            assert_eq!(inspect(head.as_bytes(), &Limits::default()), Err(Refusal::Unreadable), "{head:?}");
        }
    }

    #[test]
    fn the_end_is_found_however_the_bytes_come() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET";
        for cut in 0..head.len() {
            let expected = Some(27).filter(|end| *end <= cut);
            assert_eq!(end(&head[..cut], 0), expected);
            assert_eq!(end(head, cut.min(24)), Some(27));
        }
    }
}
