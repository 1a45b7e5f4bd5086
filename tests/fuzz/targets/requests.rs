//! What a request brings: its head, cursors and other parameters, submissions, pasted lists.

use std::str::FromStr;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, header},
    response::IntoResponse as _,
};
use certreg::{
    api::{
        params::{HexDigest, Sequence, VersionNumber, read_cursor, write_cursor},
        range::{self, Range},
        submissions::{self, Extra},
        views::publish::{Parts, RingSubmissionJson, VersionSubmissionJson},
    },
    domain::{AnswerId, CertificationId, Day, Instant, ListEntry},
    server::{
        Limits,
        head::{self, Framing},
    },
    web,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{
    Seed::{self, Bytes},
    as_text,
};

pub(super) const CURSOR_SEEDS: [Seed; 9] = [
    Bytes(b"3132206578616d706c652d6c6561726e696e672f6578616d706c652d636c6f7564"),
    Bytes(b"2026-11-21"),
    Bytes(b"2026-11-21T10:00:00Z"),
    Bytes(b"4 September 2025"),
    Bytes(b"9007199254740991"),
    Bytes(b"example-learning/example-cloud"),
    Bytes(b"q5.10"),
    Bytes(b"bytes=10-19"),
    Bytes(b"acme/lms@2025-09-04!2026-06-30~Oakfield ~ main @ site"),
];

pub(super) const SUBMISSION_SEEDS: [Seed; 4] = [
    Bytes(b"--b\r\nContent-Disposition: form-data; name=\"document\"\r\n\r\n{}\n\r\n--b\r\nContent-Disposition: form-data; name=\"signature\"\r\n\r\nsig\r\n--b\r\nContent-Disposition: form-data; name=\"people\"\r\n\r\n{}\r\n--b--\r\n"),
    Bytes(b"--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a\"\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"requests\"\r\n\r\n{\"document\": \"d\", \"signature\": \"s\"}\r\n--b--"),
    Bytes(br#"{"document": "{}\n", "signature": "s", "countersignature": "c", "people": [{"name": "A", "salt": "00"}]}"#),
    Bytes(br#"{"document": "d", "requests": [{"document": "d", "signature": "s", "old_signature": "o"}]}"#),
];

pub(super) const REQUEST_HEAD_SEEDS: [Seed; 4] = [
    Bytes(b"GET /v1?q=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"),
    Bytes(b"POST / HTTP/1.1\r\nhOST: a\r\nContent-Length: 12\r\n\r\nbody"),
    Bytes(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Bytes(b"GET http://a/b HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"),
];

pub(super) const WATCH_LIST_SEEDS: [Seed; 3] = [
    Bytes(b"Service,Since,Label\n# ours\nacme/lms,4/9/2025,\"Office, main\"\nacme/vle@2024-09~B\n\nSchool Payments,2023,,2026-01-01\n"),
    Bytes(b"acme/lms\t4 September 2025\tA\t2026-01\n"),
    Bytes("'=1+1,2024-02-29,\"a \"\"quoted\"\" \u{202e}label\"\r\n".as_bytes()),
];

/// Cursors and other parameters: what is accepted is written in one way.
pub(super) fn cursor(bytes: &[u8]) {
    as_text(bytes, |text| {
        if let Ok(Some(place)) = read_cursor::<String>(Some(text)) {
            assert_eq!(write_cursor(&place), text);
        }
        let _ = read_cursor::<CertificationId>(Some(text));
        assert_eq!(text.parse::<VersionNumber>().map_or(text.to_owned(), |number| number.0.to_string()), text);
        assert_eq!(text.parse::<Sequence>().map_or(text.to_owned(), |number| number.0.to_string()), text);
        assert_eq!(text.parse::<HexDigest>().map_or(text.to_owned(), |digest| digest.0.hex()), text);
        is_written_as_read::<CertificationId>(text);
        is_written_as_read::<AnswerId>(text);
        is_written_as_read::<Day>(text);
        is_written_as_read::<Instant>(text);
        if let Ok(day) = Day::parse_as_written(text) {
            assert_eq!(day.to_string().parse(), Ok(day));
            assert_eq!((day.starts_at().day_in_london(), day.ends_at().day_in_london()), (day, day));
        }
        let entry = ListEntry::parse(text);
        assert_eq!(ListEntry::parse(&entry.to_string()), entry);
    });
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let headers = HeaderMap::from_iter([(header::RANGE, value)]);
        for length in [0, 1, 100] {
            if let Range::Part(first, last) = range::requested(&headers, length, "\"tag\"") {
                assert!(first <= last && last < length);
            }
        }
    }
}

fn is_written_as_read<T: FromStr + ToString>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text);
    }
}

thread_local! {
    static RUNTIME: Runtime =
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
}

/// A submission comes through byte for byte, or is the sender's fault.
pub(super) fn submission(bytes: &[u8]) {
    if let Some(parts) = submitted(bytes, "multipart/form-data; boundary=b", Extra::Version) {
        let stands = |part: &[u8]| part.is_empty() || bytes.windows(part.len()).any(|window| window == part);
        assert!(stands(&parts.document) && parts.people.iter().all(|record| stands(record)));
        assert!(parts.signature.is_none_or(|signature| stands(signature.as_bytes())));
    }
    for extra in [Extra::Ring, Extra::Authority] {
        submitted(bytes, "multipart/form-data; boundary=b", extra);
    }
    for extra in [Extra::Version, Extra::Ring] {
        if let Some(parts) = submitted(bytes, "application/json", extra) {
            let value: Value = serde_json::from_slice(bytes).expect("it was read as JSON");
            assert_eq!(value["document"].as_str().map(str::as_bytes), Some(parts.document.as_slice()));
        }
    }
}

fn submitted(bytes: &[u8], media_type: &str, extra: Extra) -> Option<Parts> {
    let request = Request::post("/").header(header::CONTENT_TYPE, media_type).body(Body::from(bytes.to_vec()));
    let request = request.expect("a sound request");
    let read = RUNTIME.with(|runtime| {
        runtime.block_on(async {
            match extra {
                Extra::Ring => submissions::read::<RingSubmissionJson>(request, extra).await,
                _ => submissions::read::<VersionSubmissionJson>(request, extra).await,
            }
        })
    });
    match read {
        Ok(parts) => Some(parts),
        Err(failure) => {
            let status = failure.into_response().status();
            assert!(status.is_client_error(), "{status} for what a client sent");
            None
        }
    }
}

/// A head that passes is understood alike by the reader behind: where it ends, and what follows it.
pub(super) fn request_head(bytes: &[u8]) {
    let end = head::end(bytes, 0);
    // However the bytes come, the end is the same.
    for cut in [1, bytes.len() / 2, bytes.len().saturating_sub(2)] {
        let before = &bytes[..cut.min(bytes.len())];
        match head::end(before, 0) {
            Some(found) => assert_eq!(Some(found), end),
            None => assert_eq!(head::end(bytes, before.len()), end),
        }
    }
    let Some(end) = end else { return };
    let limits = Limits::default();
    let Ok(framing) = head::inspect(&bytes[..end], &limits) else { return };
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut request = httparse::Request::new(&mut headers);
    // What the reader behind refuses does no harm: it answers 400 and closes.
    let Ok(parsed) = request.parse(bytes) else { return };
    assert_eq!(parsed, httparse::Status::Complete(end), "both find the same end");
    let all = |name: &str| -> Vec<&[u8]> {
        let named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| header.value).collect()
    };
    assert!(all("host").len() <= 1 && (request.version == Some(0) || all("host").len() == 1));
    let (lengths, codings) = (all("content-length"), all("transfer-encoding"));
    match framing {
        Framing::Chunked => {
            assert!(lengths.is_empty() && codings.len() == 1 && codings[0].eq_ignore_ascii_case(b"chunked"));
        }
        Framing::Length(length) => {
            assert!(codings.is_empty() && lengths.len() <= 1);
            let said = lengths.first().map_or(Some(0), |value| str::from_utf8(value).ok()?.parse().ok());
            assert_eq!(said, Some(length));
        }
    }
}

/// A pasted list loses no line, and its entries read back from addresses.
pub(super) fn watch_list(bytes: &[u8]) {
    as_text(bytes, |text| {
        let Ok(entries) = web::pasted_list(text) else { return };
        assert!(entries.len() <= 1 + text.matches(['\n', '\r']).count());
        for entry in entries {
            assert_eq!(ListEntry::parse(&entry.to_string()), entry, "an entry reads back from an address");
        }
    });
}
