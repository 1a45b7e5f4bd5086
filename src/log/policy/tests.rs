use ed25519_dalek::{Signer as _, SigningKey};

use super::*;
use crate::log::{Checkpoint, NoteError, leaf_hash};

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn key(seed: u8, name: &str, signature_type: SignatureType) -> VerifierKey {
    VerifierKey::new(name, signature_type, secret(seed).verifying_key().as_bytes()).expect("a good key")
}

fn log_key() -> VerifierKey {
    key(1, "certreg.example/log", SignatureType::Note)
}

fn witness_key(seed: u8) -> VerifierKey {
    key(seed, &format!("w{seed}.example"), SignatureType::Cosignature)
}

/// The example of the specification: two of three in one group, any in another, both groups.
fn example() -> String {
    let mut text = format!("# who watches\n\nlog {} https://certreg.example/log\n", log_key());
    for (name, seed) in [("X1", 11), ("X2", 12), ("X3", 13), ("Y1", 21), ("Y2", 22)] {
        text += &format!(" witness\t{name}  {}\n", witness_key(seed));
    }
    text + "group X 2 X1 X2 X3\ngroup Y any Y1 Y2\n  # and\ngroup X-and-Y all X Y\nquorum X-and-Y\n"
}

fn checkpoint(cosigners: &[u8]) -> SignedCheckpoint {
    let body = Checkpoint::new("certreg.example/log", 3, leaf_hash(b"root")).expect("an origin");
    let mut signed = body.sign(&log_key(), &|bytes| secret(1).sign(bytes).to_bytes());
    for seed in cosigners {
        let sign = |bytes: &[u8]| secret(*seed).sign(bytes).to_bytes();
        signed.add(signed.cosignature(1000 + u64::from(*seed), &witness_key(*seed), &sign));
    }
    signed
}

#[test]
fn the_policy_of_a_new_registry_asks_for_the_log_only() {
    let text = format!("log {}\nquorum none\n", log_key());
    let policy = Policy::parse(&text).expect("a policy");
    assert_eq!(policy.print(), text);
    assert_eq!(Policy::of_log(log_key()), Ok(policy.clone()));
    assert_eq!(policy.check(&checkpoint(&[])), Ok(Accepted { log: log_key(), witnesses: vec![] }));
    assert_eq!(policy.check(&checkpoint(&[11])), Ok(Accepted { log: log_key(), witnesses: vec![] }));
    assert_eq!(Policy::of_log(witness_key(1)), Err(PolicyError::WrongType(1)));
}

#[test]
fn a_quorum_of_groups_is_counted() {
    let policy = Policy::parse(&example()).expect("a policy");
    assert_eq!(Policy::parse(&policy.print()), Ok(policy.clone()), "its own print");
    for (cosigners, enough) in [
        (&[11, 12, 21][..], true),
        (&[13, 12, 22], true),
        (&[11, 12, 13, 21, 22], true),
        (&[11, 12], false),
        (&[11, 21, 22], false),
        (&[21], false),
        (&[], false),
        (&[11, 99, 98, 21], false),
    ] {
        let verdict = policy.check(&checkpoint(cosigners));
        assert_eq!(verdict.is_ok(), enough, "{cosigners:?}: {verdict:?}");
    }
    let accepted = policy.check(&checkpoint(&[22, 12, 11])).expect("enough");
    let expected = [("X1", 1011), ("X2", 1012), ("Y2", 1022)].map(|(name, at)| (name.to_owned(), at));
    assert_eq!(accepted.witnesses, expected);
    let refused = policy.check(&checkpoint(&[11, 12])).expect_err("no Y");
    assert_eq!(refused, PolicyError::NoQuorum { quorum: "X-and-Y".into(), found: "X1, X2".into() });
    assert_eq!(policy.examine(&checkpoint(&[11])).expect("good signatures").witnesses.len(), 1);
}

#[test]
fn checkpoints_of_others_and_unsigned_ones_are_refused() {
    let policy = Policy::parse(&example()).expect("a policy");
    let other = checkpoint(&[11, 12, 21]).print().replace("certreg.example/log", "other.example/log");
    let other = SignedCheckpoint::parse(&other).expect("well formed");
    assert_eq!(policy.check(&other), Err(PolicyError::OtherLog("other.example/log".into())));
    let by_witnesses = checkpoint(&[11, 12, 21]).signed_by(&[witness_key(11), witness_key(12), witness_key(21)]);
    assert_eq!(policy.check(&by_witnesses), Err(PolicyError::NotSignedByLog));
    let by_none = checkpoint(&[99]).signed_by(&[witness_key(99)]);
    let nobody = PolicyError::Checkpoint(CheckpointError::Note(NoteError::NoKnownSignature));
    assert_eq!(policy.check(&by_none), Err(nobody));
    let altered = checkpoint(&[11, 12, 21]).print().replace("\n3\n", "\n4\n");
    let altered = policy.check(&SignedCheckpoint::parse(&altered).expect("well formed"));
    assert!(matches!(altered, Err(PolicyError::Checkpoint(CheckpointError::Note(NoteError::BadSignature(_))))));
    let none = Policy::parse("quorum none\n").expect("a policy without a log");
    assert!(matches!(none.check(&checkpoint(&[])), Err(PolicyError::OtherLog(_))));
}

#[test]
fn a_policy_that_is_wrong_is_refused_with_the_line() {
    let (log, witness) = (log_key(), witness_key(11));
    let other_name = key(11, "w.other", SignatureType::Cosignature);
    let two = format!("witness a {witness}\nwitness b {}\n", witness_key(12));
    let cases = [
        (String::new(), PolicyError::NotText),
        ("quorum none".into(), PolicyError::NotText),
        ("quorum none\r\n".into(), PolicyError::NotText),
        ("quorum none\n\u{7f}\n".into(), PolicyError::NotText),
        ("\n".into(), PolicyError::NotOneQuorum),
        ("quorum none\nquorum none\n".into(), PolicyError::NotOneQuorum),
        ("quorum\n".into(), PolicyError::BadLine(1)),
        ("quorum none none\n".into(), PolicyError::BadLine(1)),
        ("\nlogs x\n".into(), PolicyError::BadLine(2)),
        (format!("log {log} url url\n"), PolicyError::BadLine(1)),
        ("log x\n".into(), PolicyError::BadKey(1, NoteKeyError::NotAKey)),
        (format!("log {witness}\n"), PolicyError::WrongType(1)),
        (format!("witness a {log}\n"), PolicyError::WrongType(1)),
        (format!("log {log}\nlog {log}\n"), PolicyError::Repeated(2)),
        (format!("witness a {witness}\nwitness b {other_name}\n"), PolicyError::Repeated(2)),
        (format!("witness none {witness}\n"), PolicyError::Repeated(1)),
        (format!("{two}witness a {}\n", witness_key(13)), PolicyError::Repeated(3)),
        (format!("{two}group a any b\n"), PolicyError::Repeated(3)),
        (format!("{two}group g all a a\n"), PolicyError::Repeated(3)),
        (format!("{two}group g any a\ngroup h any a\n"), PolicyError::Repeated(4)),
        (format!("{two}group g any c\n"), PolicyError::Unknown(3, "c".into())),
        (format!("{two}group g any g\n"), PolicyError::Unknown(3, "g".into())),
        (format!("{two}group g any none\n"), PolicyError::Unknown(3, "none".into())),
        (format!("{two}group g 0 a b\n"), PolicyError::BadThreshold(3, 0, 2)),
        (format!("{two}group g 3 a b\n"), PolicyError::BadThreshold(3, 3, 2)),
        (format!("{two}group g all\n"), PolicyError::BadThreshold(3, 0, 0)),
        (format!("{two}group g 01 a b\n"), PolicyError::BadLine(3)),
        (format!("{two}group g +1 a b\n"), PolicyError::BadLine(3)),
        (format!("quorum a\n{two}"), PolicyError::Unknown(1, "a".into())),
    ];
    for (text, error) in cases {
        assert_eq!(Policy::parse(&text), Err(error), "{text}");
    }
}
