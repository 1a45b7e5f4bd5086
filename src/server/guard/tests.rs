//! What passes the guard, whatever pieces it comes in.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::*;

/// A guard with a client's end, and what is known of the visit.
fn visited() -> (DuplexStream, Guard<DuplexStream>, Arc<Visit>) {
    let (client, server) = duplex(64 * 1024);
    let visit = Arc::new(Visit::new());
    (client, Guard::new(server, Limits::default(), visit.clone()), visit)
}

/// Everything that hyper would read of `bytes`, which come piece by piece, and what was found of each request.
async fn read(bytes: &[u8]) -> (Vec<u8>, Vec<Option<Refusal>>) {
    let (mut client, mut guard, visit) = visited();
    let bytes = bytes.to_vec();
    let sending = tokio::spawn(async move {
        // One byte at a time, unless that takes for ever.
        for piece in bytes.chunks(1 + bytes.len() / 1000) {
            client.write_all(piece).await.expect("sent");
            tokio::task::yield_now().await;
        }
        client.shutdown().await.expect("ended");
        client
    });
    let mut read = Vec::new();
    // What is refused is never followed by an end.
    let _ = tokio::time::timeout(Duration::from_millis(300), guard.read_to_end(&mut read)).await;
    sending.abort();
    let found = std::iter::repeat_with(|| visit.take_found()).map_while(|found| found).collect();
    (read, found)
}

#[tokio::test]
async fn sound_requests_pass_as_they_came() {
    let get = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\r\n\r\n";
    let all = [&get[..], post, get].concat();
    assert_eq!(read(&all).await, (all.clone(), vec![None; 3]));
    let chunks = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\nanything";
    assert_eq!(read(chunks).await, (chunks.to_vec(), vec![None]));
    let frames = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nanything";
    assert_eq!(read(frames).await, (frames.to_vec(), vec![]));
}

#[tokio::test]
async fn a_refusal_waits_for_its_turn_and_nothing_follows_it() {
    let get = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    for (bad, refusal) in [
        (&b"GET /a HTTP/1.1\r\n\r\n"[..], Refusal::HostMissing),
        (b"\x16\x03\x01\x02", Refusal::Unreadable),
        (&[b'a'; 40_000], Refusal::TooLarge),
    ] {
        let (passed, found) = read(&[&get[..], bad, get].concat()).await;
        assert_eq!(passed, [&get[..], IN_ITS_PLACE].concat());
        assert_eq!(found, [None, Some(refusal)]);
    }
}
