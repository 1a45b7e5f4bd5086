//! What is kept, how long, and in which form it goes out.

use std::io::Read as _;

use axum::{body::Bytes, http::HeaderValue};

use super::*;

fn wanted(accept: &str) -> Coding {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(accept).expect("a value"));
    Coding::of(&headers)
}

#[test]
fn the_smallest_form_that_is_read_goes_out() {
    assert_eq!(wanted("gzip, deflate, br, zstd"), Coding::Brotli);
    assert_eq!(wanted("gzip;q=1.0, BR;q=0.1"), Coding::Brotli);
    assert_eq!(wanted("br;q=0, gzip; q=0.5"), Coding::Gzip);
    assert_eq!(wanted("br;q=0.000, *"), Coding::Gzip);
    assert_eq!(wanted("deflate, gzip;q=0"), Coding::Whole);
    assert_eq!(wanted(""), Coding::Whole);
    assert_eq!(Coding::of(&HeaderMap::new()), Coding::Whole);
}

fn answer(whole: &[u8], control: &'static str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
    let whole = Bytes::copy_from_slice(whole);
    Answer::new(0, "/a", headers, whole)
}

async fn sent(answer: &Answer, coding: Coding) -> (Option<String>, Vec<u8>) {
    let response = answer.response(coding);
    let name = response.headers().get(header::CONTENT_ENCODING).map(|name| name.to_str().expect("text").to_owned());
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (name, body.to_vec())
}

#[tokio::test]
async fn packed_forms_unpack_to_the_same_bytes() {
    let text = "We encrypt data at rest. ".repeat(400);
    let answer = answer(text.as_bytes(), "public, max-age=60");
    assert_eq!(sent(&answer, Coding::Brotli).await, (None, text.clone().into_bytes()), "until it is packed");
    let answer = answer.pack();
    assert_eq!(sent(&answer, Coding::Whole).await, (None, text.clone().into_bytes()));
    let (name, packed) = sent(&answer, Coding::Gzip).await;
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut unpacked).expect("gzip");
    assert_eq!((name.as_deref(), &unpacked), (Some("gzip"), &text));
    let (name, packed) = sent(&answer, Coding::Brotli).await;
    let mut unpacked = Vec::new();
    brotli::BrotliDecompress(&mut &packed[..], &mut unpacked).expect("brotli");
    assert_eq!((name.as_deref(), unpacked), (Some("br"), text.into_bytes()));
    assert!(packed.len() < 200, "{}", packed.len());
}

#[test]
fn nothing_is_kept_longer_than_readers_may() {
    let of = |control: &'static str| seconds_of("max-age=", &answer(b"", control).headers).as_secs();
    assert_eq!(of("public, max-age=5"), 5);
    assert_eq!(of("public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"), 60);
    assert_eq!(of("no-store"), 0);
    assert_eq!(of("public"), 0);
}

#[test]
fn exact_bytes_and_short_answers_are_not_packed() {
    let long = [b'a'; 4096];
    assert!(answer(&long, "public, max-age=60").is_worth_packing());
    assert!(!answer(&long, "public, max-age=31536000, immutable, no-transform").is_worth_packing());
    assert!(!answer(b"{}", "public, max-age=60").is_worth_packing());
}

#[test]
fn a_commit_ends_what_was_kept() {
    let at = |sequence: u64| Answer::new(sequence, "/a", HeaderMap::new(), Bytes::new());
    let kept = Kept::new();
    kept.insert("/a".into(), at(7));
    kept.insert("/b".into(), at(8));
    kept.insert("/c".into(), at(7));
    let is_kept = |address: &str| kept.answers.get(address).is_some();
    assert!(!is_kept("/a") && is_kept("/b"));
    assert!(!is_kept("/c"), "computed too late");
}

#[test]
fn the_room_is_bounded_and_what_is_asked_again_stays() {
    let kept = Kept::new();
    let large = vec![0; MOST_ANSWER_BYTES];
    kept.insert("/again".into(), answer(b"again", ""));
    for number in 0..2_000 {
        kept.insert(format!("/{number}"), answer(&large, ""));
        assert!(kept.answers.get("/again").is_some(), "after {number}");
    }
    let held: u64 = kept.answers.iter().map(|(address, answer)| Weight.weight(&address, &answer)).sum();
    assert!(held <= MOST_BYTES && kept.answers.len() > 200, "{held} bytes of {}", kept.answers.len());
    // New ones find room too: what was asked for once an hour ago is not better.
    kept.insert("/new".into(), answer(&large, ""));
    assert!(kept.answers.get("/new").is_some());
}

#[test]
fn packed_forms_count() {
    let answer = answer(&[b'a'; 4096], "");
    let weight = |answer: Answer| Weight.weight(&String::new(), &Arc::new(answer));
    assert!(weight(answer.pack()) > weight(answer));
}
