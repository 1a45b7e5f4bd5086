use super::*;
use crate::signing::{
    KeyEvent, KeyRequest, SecretKey, SshsigError, sshsig,
    testing::{at, authority, registry, ring, ring_key, secret, start},
};

const DOCUMENT: &[u8] = b"{\n  \"version\": 1\n}\n";
const NOW: &str = "2026-06-01T12:00:00Z";

fn signed(key: &SecretKey, namespace: Namespace) -> String {
    sshsig::sign(key, &namespace.at(&registry()), DOCUMENT)
}

/// The codes that checking a version gives, in order.
fn codes(signature: Option<&str>, countersignature: Option<&str>, ring: &KeyRing) -> Vec<&'static str> {
    match check_version_signatures(DOCUMENT, signature, countersignature, ring, at(NOW), false) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| fault.kind.code()).collect(),
    }
}

fn good() -> (String, String) {
    (signed(&secret(1), Namespace::Certification), signed(&secret(2), Namespace::Countersignature))
}

#[test]
fn two_good_signatures_name_their_signers() {
    let (sig, counter) = good();
    let signers = check_version_signatures(DOCUMENT, Some(&sig), Some(&counter), &ring(), at(NOW), false);
    let signers = signers.expect("both are good");
    assert_eq!(signers.signatory.key, secret(1).public());
    assert_eq!(signers.official.map(|signer| signer.fingerprint()), Some(secret(2).public().fingerprint()));
    assert_eq!(signers.signatory.role.as_str(), "signatory");
}

#[test]
fn missing_and_unreadable_signatures_are_told_apart() {
    let (sig, counter) = good();
    assert_eq!(codes(None, None, &ring()), ["signature-missing", "signature-missing"]);
    assert_eq!(codes(Some(&sig), None, &ring()), ["signature-missing"]);
    assert_eq!(codes(Some("{}"), Some(&counter), &ring()), ["signature-unreadable"]);
    assert_eq!(codes(Some(""), Some(&counter), &ring()), ["signature-unreadable"]);
}

#[test]
fn swapped_signatures_are_in_the_wrong_namespace_and_role() {
    let (sig, counter) = good();
    let expected = ["signature-wrong-namespace", "signature-wrong-namespace", "key-wrong-role", "key-wrong-role"];
    assert_eq!(codes(Some(&counter), Some(&sig), &ring()), expected);
}

#[test]
fn one_key_cannot_sign_twice() {
    let sig = signed(&secret(1), Namespace::Certification);
    let counter = signed(&secret(1), Namespace::Countersignature);
    assert_eq!(codes(Some(&sig), Some(&counter), &ring()), ["key-wrong-role", "same-key-twice"]);
    assert_eq!(
        codes(Some(&sig), Some(&sig), &ring()),
        ["signature-wrong-namespace", "key-wrong-role", "same-key-twice"]
    );
}

#[test]
fn an_altered_document_fits_neither_signature() {
    let (sig, counter) = good();
    let result = check_version_signatures(b"{}\n", Some(&sig), Some(&counter), &ring(), at(NOW), false);
    let faults = result.expect_err("another document");
    assert!(faults.iter().all(|fault| fault.kind == SignatureFaultKind::DoesNotVerify), "{faults:?}");
    assert!(faults.iter().all(|fault| !fault.kind.is_forbidden()));
    assert_eq!(faults.len(), 2);
}

#[test]
fn keys_without_the_right_are_forbidden() {
    let counter = signed(&secret(2), Namespace::Countersignature);
    let future = ring().enrol(&[ring_key(Role::Signatory, 3, at("2027-01-01T00:00:00Z"))]).expect("a ring");
    let ended = ring().end(&secret(1).public(), at(NOW), KeyEvent::Left).expect("a ring");
    for (seed, ring, code) in
        [(9, ring(), "key-not-enrolled"), (3, future, "key-not-yet-valid"), (1, ended, "key-no-longer-valid")]
    {
        let sig = signed(&secret(seed), Namespace::Certification);
        let faults = check_version_signatures(DOCUMENT, Some(&sig), Some(&counter), &ring, at(NOW), false);
        let faults = faults.expect_err(code);
        assert_eq!(faults.iter().map(|fault| fault.kind.code()).collect::<Vec<_>>(), [code]);
        assert!(faults[0].kind.is_forbidden());
        assert_eq!(faults[0].fingerprint(), Some(secret(seed).public().fingerprint()));
        assert!(faults[0].to_string().contains("the signatory"), "{}", faults[0]);
    }
}

#[test]
fn a_caller_who_sees_all_rings_can_name_the_other_supplier() {
    let sig = signed(&secret(9), Namespace::Certification);
    let report =
        examine_supplier_signature(DOCUMENT, Some(&sig), &ring(), Role::Signatory, Namespace::Certification, at(NOW));
    let fault = report.into_faults().remove(0).with_other_supplier("example-learning".parse().expect("an id"));
    assert_eq!(fault.kind.code(), "key-of-other-supplier");
    assert!(fault.kind.is_forbidden());
}

#[test]
fn a_supplier_that_is_one_person_signs_once() {
    let (sig, counter) = good();
    let check = |counter| check_version_signatures(DOCUMENT, Some(&sig), counter, &ring(), at(NOW), true);
    assert_eq!(check(None).expect("one is enough").official, None);
    let faults = check(Some(&counter)).expect_err("one too many");
    assert_eq!(faults[0].kind, SignatureFaultKind::NotNeeded);
}

#[test]
fn a_window_counts_to_its_last_second() {
    let ring = ring().end(&secret(1).public(), at("2026-03-01T00:00:00Z"), KeyEvent::Left).expect("a ring");
    let sig = signed(&secret(1), Namespace::Certification);
    let good_at = |instant| {
        let (role, namespace) = (Role::Signatory, Namespace::Certification);
        examine_supplier_signature(DOCUMENT, Some(&sig), &ring, role, namespace, instant).is_good()
    };
    assert!(good_at(start()) && good_at(at("2026-02-28T23:59:59Z")));
    assert!(!good_at(start().plus_seconds(-1)) && !good_at(at("2026-03-01T00:00:00Z")));
}

#[test]
fn a_compromised_key_is_good_as_known_then_and_bad_as_known_now() {
    let then = ring();
    let now = then.end(&secret(1).public(), at("2026-03-01T00:00:00Z"), KeyEvent::Compromised).expect("a ring");
    let sig = signed(&secret(1), Namespace::Certification);
    let report = |ring, published| {
        let (role, namespace) = (Role::Signatory, Namespace::Certification);
        examine_supplier_signature(DOCUMENT, Some(&sig), ring, role, namespace, at(published)).is_good()
    };
    assert!(report(&then, "2026-03-15T00:00:00Z"));
    assert!(!report(&now, "2026-03-15T00:00:00Z"));
    assert!(report(&now, "2026-02-15T00:00:00Z"));
}

#[test]
fn an_official_cannot_state_a_case_but_countersigns_one() {
    let examine = |namespace: Namespace| {
        let text = signed(&secret(2), namespace);
        examine_supplier_signature(DOCUMENT, Some(&text), &ring(), Role::Official, namespace, at(NOW))
    };
    assert!(examine(Namespace::Countersignature).is_good());
    let faults = examine(Namespace::Case).faults;
    assert_eq!(faults, [SignatureFaultKind::WrongRole(Role::Official.into())]);
}

#[test]
fn the_department_signs_rings_and_editions_and_no_certifications() {
    let authority = authority(1);
    let check = |seed, role, namespace: Namespace| {
        let text = signed(&secret(seed), namespace);
        check_authority_signature(DOCUMENT, Some(&text), &authority, role, namespace, at(NOW)).is_ok()
    };
    for namespace in [Namespace::Keys, Namespace::Editions, Namespace::Transcription, Namespace::Case] {
        assert!(check(13, AuthorityRole::Department, namespace), "{namespace:?}");
    }
    assert!(!check(13, AuthorityRole::Department, Namespace::Certification));
    assert!(!check(13, AuthorityRole::Root, Namespace::Root));
    assert!(!check(11, AuthorityRole::Department, Namespace::Keys));
    assert!(check(14, AuthorityRole::Registry, Namespace::Git));
}

#[test]
fn an_authority_file_needs_as_many_different_root_keys_as_the_one_before_says() {
    let file = authority(2);
    let root = |seed| signed(&secret(seed), Namespace::Root);
    let check = |signatures: &[&str]| {
        let result = check_authority_file_signatures(DOCUMENT, signatures, &file, at(NOW));
        result.map_err(|faults| faults.iter().map(|fault| fault.kind.code()).collect::<Vec<_>>())
    };
    let (first, second, department) = (root(11), root(12), root(13));
    assert_eq!(check(&[&first, &second]).expect("two roots").len(), 2);
    assert_eq!(check(&[&first]), Err(vec!["too-few-signatures"]));
    assert_eq!(check(&[]), Err(vec!["too-few-signatures"]));
    assert_eq!(check(&[&first, &first]), Err(vec!["same-key-twice"]));
    assert_eq!(check(&[&first, &department]), Err(vec!["key-wrong-role"]));
    assert_eq!(check(&[&first, &second, "junk"]), Err(vec!["signature-unreadable"]));
}

#[test]
fn a_key_request_is_signed_by_the_key_that_it_asks_for() {
    let request = KeyRequest { document: DOCUMENT, key: secret(3).public(), role: Role::Signatory };
    let codes = |text: Option<&str>| match request.check_own_signature(text, &registry()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| fault.kind.code()).collect(),
    };
    assert_eq!(codes(Some(&signed(&secret(3), Namespace::Enrolment))), [""; 0]);
    assert_eq!(codes(None), ["signature-missing"]);
    assert_eq!(codes(Some(&signed(&secret(4), Namespace::Enrolment))), ["key-not-the-requested"]);
    assert_eq!(codes(Some(&signed(&secret(3), Namespace::Certification))), ["signature-wrong-namespace"]);
    let elsewhere = sshsig::sign(&secret(3), &Namespace::Enrolment.at(&registry()), b"another request");
    assert_eq!(codes(Some(&elsewhere)), ["signature-does-not-verify"]);
}

#[test]
fn a_rotation_is_also_signed_by_an_old_key_of_the_same_role() {
    let request = KeyRequest { document: DOCUMENT, key: secret(3).public(), role: Role::Signatory };
    let check = |seed, instant| {
        let text = signed(&secret(seed), Namespace::Enrolment);
        request.check_old_signature(Some(&text), &ring(), at(instant)).map_err(|faults| faults[0].kind.code())
    };
    assert_eq!(check(1, NOW).map(|signer| signer.key), Ok(secret(1).public()));
    assert_eq!(check(2, NOW), Err("key-wrong-role"));
    assert_eq!(check(3, NOW), Err("key-not-enrolled"));
    assert_eq!(check(1, "2025-12-31T23:59:59Z"), Err("key-not-yet-valid"));
}

#[test]
fn a_fault_speaks_to_whoever_signed() {
    let fault = SignatureFault {
        role: Role::Official.into(),
        key: None,
        kind: SignatureFaultKind::Unreadable(SshsigError::MissingHeader),
    };
    let text = fault.to_string();
    assert!(text.starts_with("signature of the senior official: missing header"), "{text}");
}
