//! The transparency log over HTTP: whoever follows it needs nothing but these answers.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use axum::http::Method;
use certreg::log::{Hash, Policy, SignedCheckpoint, TlogProof, Tree, leaf_hash, tiles, verify_consistency};
use common::{http::as_json, registry::MadeUp};
use serde_json::Value;

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap()).collect()
}

fn hash(value: &Value) -> Hash {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_follower_rebuilds_the_tree_from_tiles_and_finds_the_signed_root() {
    let made_up = MadeUp::new();
    made_up.history();
    let answer = made_up.get("/log/checkpoint").await;
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "public, max-age=5");
    let signed = SignedCheckpoint::parse(&answer.text()).unwrap();
    assert_eq!(signed.verify(&[made_up.registry.log_key().clone()]).unwrap().len(), 1);
    let checkpoint = signed.checkpoint();
    assert_eq!(checkpoint.origin(), "certreg.example/log");
    assert_eq!(checkpoint.size(), made_up.sequence() + 1);

    let size = checkpoint.size();
    let bundle = made_up.get(&format!("/log/tile/entries/000.p/{size}")).await;
    assert_eq!(bundle.header("content-type"), "application/octet-stream");
    assert_eq!(bundle.header("cache-control"), "public, max-age=31536000, immutable, no-transform");
    let mut tree = Tree::new();
    tiles::parse_bundle(&bundle.body).unwrap().iter().for_each(|leaf| tree.push(leaf_hash(leaf)));
    assert_eq!((tree.size(), tree.root()), (size, checkpoint.root()));
    let tile = made_up.get(&format!("/log/tile/0/000.p/{size}")).await;
    assert_eq!(tile.body, tree.tile(0, 0, size as u16).unwrap());

    for path in ["0/000", "0/000.p/255", "entries/000", "1/000.p/1", "9999/x", "entries/../000.p/1", "0/000.p/0", ""] {
        let status = made_up.get(&format!("/log/tile/{path}")).await.status;
        assert_eq!(status, 404, "{path}");
    }
    made_up.get("/log/tile/0/000.p/255").await.problem(404, "tile-not-found");
}

#[tokio::test]
async fn the_answer_to_a_publisher_holds_its_proof_and_the_receipt_repeats_it() {
    let made_up = MadeUp::new();
    let submission = made_up.submission(&made_up.draft());
    let path = "/v1/certifications/example-learning/example-cloud/versions";
    let created = made_up.send_json(Method::POST, path, &as_json(&submission)).await.json();
    let receipt = made_up.get(&format!("{path}/1/receipt")).await.json();
    assert_eq!(receipt["proof"], created["receipt"]["proof"]);
    let proof = TlogProof::parse(receipt["proof"].as_str().unwrap()).unwrap();
    let policy = Policy::parse(&format!("log {}\nquorum none\n", made_up.registry.log_key())).unwrap();
    proof.verify(leaf_hash(receipt["leaf"].as_str().unwrap().as_bytes()), &policy).unwrap();
    let again = made_up.send_json(Method::POST, path, &as_json(&submission)).await;
    assert_eq!((again.status.as_u16(), &again.json()["receipt"]), (200, &created["receipt"]));
}

#[tokio::test]
async fn proofs_come_as_json_too() {
    let made_up = MadeUp::new();
    made_up.history();
    let size = made_up.sequence() + 1;
    let inclusion = made_up.get("/v1/log/proofs/inclusion?index=1").await;
    assert_eq!(inclusion.header("cache-control"), "public, max-age=5");
    let inclusion = inclusion.json();
    assert_eq!(inclusion["size"], size);
    let (leaf, path) = (hash(&inclusion["leaf_hash"]), hashes(&inclusion["path"]));
    certreg::log::verify_inclusion(leaf, 1, size, &path, hash(&inclusion["root"])).unwrap();
    let grown = made_up.get(&format!("/v1/log/proofs/consistency?old=2&new={size}")).await;
    assert_eq!(grown.header("cache-control"), "public, max-age=86400");
    let grown = grown.json();
    let (old, root) = (hash(&grown["old_root"]), hash(&grown["root"]));
    verify_consistency(2, old, size, root, &hashes(&grown["path"])).unwrap();
    assert_eq!(root, hash(&inclusion["root"]));

    let beyond = size + 1;
    made_up.get(&format!("/v1/log/proofs/inclusion?index=0&size={beyond}")).await.problem(404, "log-size-not-reached");
    made_up.get("/v1/log/proofs/inclusion?index=3&size=2").await.problem(422, "no-such-proof");
    made_up.get("/v1/log/proofs/consistency?old=3&new=2").await.problem(422, "no-such-proof");
    made_up.get("/v1/log/proofs/inclusion").await.problem(400, "bad-parameter");
    made_up.get("/v1/log/proofs/inclusion?index=-1").await.problem(400, "bad-parameter");
    made_up.get("/v1/log/proofs/inclusion?index=9007199254740991").await.problem(422, "no-such-proof");
}
