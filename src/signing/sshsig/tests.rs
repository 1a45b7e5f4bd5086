use ed25519_dalek::{Signature, SigningKey, Verifier, VerifyingKey};

use super::*;
use crate::signing::testing::secret;

const NAMESPACE: &str = "certification@certreg.example";
const MESSAGE: &[u8] = b"{\n  \"version\": 1\n}\n";

/// A signature's parts, each of which a test may spoil.
struct Parts<'a> {
    magic: &'a [u8],
    version: u32,
    key: Vec<u8>,
    namespace: &'a [u8],
    reserved: &'a [u8],
    hash: &'a [u8],
    signature_type: &'a [u8],
    signature: Vec<u8>,
    after: &'a [u8],
}

fn good() -> Parts<'static> {
    Parts {
        magic: MAGIC,
        version: 1,
        key: secret(1).public().blob(),
        namespace: NAMESPACE.as_bytes(),
        reserved: b"",
        hash: b"sha512",
        signature_type: b"ssh-ed25519",
        signature: secret(1).sign_raw(&to_be_signed(NAMESPACE, MESSAGE)).to_vec(),
        after: b"",
    }
}

impl Parts<'_> {
    fn text(&self) -> String {
        let mut inner = Vec::new();
        put_string(&mut inner, self.signature_type);
        put_string(&mut inner, &self.signature);
        let mut blob = self.magic.to_vec();
        blob.extend_from_slice(&self.version.to_be_bytes());
        for part in [&self.key, self.namespace, self.reserved, self.hash, &inner] {
            put_string(&mut blob, part);
        }
        blob.extend_from_slice(self.after);
        in_armor(&blob, 70, "\n")
    }

    fn error(&self) -> SshsigError {
        Sshsig::parse(&self.text()).expect_err("spoilt")
    }
}

fn in_armor(blob: &[u8], columns: usize, end: &str) -> String {
    let encoded = STANDARD.encode(blob);
    let lines = encoded.as_bytes().chunks(columns).map(|line| std::str::from_utf8(line).expect("base64"));
    let all = [HEADER.trim_end()].into_iter().chain(lines).chain([FOOTER.trim_end()]);
    all.map(|line| format!("{line}{end}")).collect()
}

/// Written by OpenSSH 9.2: `ssh-keygen -Y sign -n certification@certreg.example` over [`MESSAGE`] with the key
/// whose seed is 32 times the byte 1.
const BY_SSH_KEYGEN: &str = "\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgiojj3XQJ8ZX9UtstPLpdcspnCb
8dlBIb83SIAbQPb1wAAAAdY2VydGlmaWNhdGlvbkBjZXJ0cmVnLmV4YW1wbGUAAAAAAAAA
BnNoYTUxMgAAAFMAAAALc3NoLWVkMjU1MTkAAABAaIehE72mIQTbV4xoCn/v7mTiWphEWb
OmZjSH0VyEr2b6T84l//AgtrTZ0HfdNiKdnFmubR87MywAWKqVj1B0Cg==
-----END SSH SIGNATURE-----
";

#[test]
fn writes_what_ssh_keygen_writes() {
    assert_eq!(sign(&secret(1), NAMESPACE, MESSAGE), BY_SSH_KEYGEN);
    assert_eq!(good().text(), BY_SSH_KEYGEN);
    let parsed = Sshsig::parse(BY_SSH_KEYGEN).expect("a signature by ssh-keygen");
    assert_eq!((*parsed.key(), parsed.namespace()), (secret(1).public(), NAMESPACE));
    assert_eq!(parsed.verify(NAMESPACE, MESSAGE), Ok(()));
    assert_eq!(Sshsig::parse_bytes(BY_SSH_KEYGEN.as_bytes()), Ok(parsed));
}

#[test]
fn a_signature_fits_one_namespace_and_one_message() {
    let parsed = Sshsig::parse(BY_SSH_KEYGEN).expect("a signature");
    assert_eq!(parsed.verify(NAMESPACE, b"{}\n"), Err(SshsigError::DoesNotVerify));
    let wrong = parsed.verify("case@certreg.example", MESSAGE).expect_err("another namespace");
    assert!(matches!(wrong, SshsigError::WrongNamespace { .. }));
    // The namespace is inside the signed bytes: writing another one into the file does not help.
    let renamed = Parts { namespace: b"case@certreg.example", ..good() }.text();
    let renamed = Sshsig::parse(&renamed).expect("well formed");
    assert_eq!(renamed.verify("case@certreg.example", MESSAGE), Err(SshsigError::DoesNotVerify));
}

#[test]
fn each_part_that_is_not_as_it_must_be_is_named() {
    let identity = {
        let mut point = [0; 32];
        point[0] = 1;
        let mut blob = Vec::new();
        put_string(&mut blob, b"ssh-ed25519");
        put_string(&mut blob, &point);
        blob
    };
    let cases = [
        (Parts { magic: b"SSHSIH", ..good() }.error(), SshsigError::Framing),
        (Parts { version: 2, ..good() }.error(), SshsigError::Version(2)),
        (Parts { key: identity, ..good() }.error(), SshsigError::Key(KeyError::Weak)),
        (Parts { key: b"\0\0\0\x07ssh-rsa".to_vec(), ..good() }.error(), SshsigError::Key(KeyError::OtherType)),
        (Parts { namespace: b"", ..good() }.error(), SshsigError::Namespace),
        (Parts { namespace: b"a\nb", ..good() }.error(), SshsigError::Namespace),
        (Parts { namespace: b"\xff", ..good() }.error(), SshsigError::Namespace),
        (Parts { reserved: b"x", ..good() }.error(), SshsigError::Reserved),
        (Parts { hash: b"sha256", ..good() }.error(), SshsigError::Hash),
        (Parts { hash: b"SHA512", ..good() }.error(), SshsigError::Hash),
        (Parts { signature_type: b"ssh-rsa", ..good() }.error(), SshsigError::SignatureType),
        (Parts { signature: vec![0; 63], ..good() }.error(), SshsigError::SignatureType),
        (Parts { after: b"\0", ..good() }.error(), SshsigError::Framing),
    ];
    for (error, expected) in cases {
        assert_eq!(error, expected);
    }
}

#[test]
fn the_armour_has_one_form() {
    let text = BY_SSH_KEYGEN;
    let blob = unarmor(text).expect("base64");
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(Sshsig::parse_bytes(&utf16), Err(SshsigError::MissingHeader));
    for (changed, error) in [
        (String::new(), SshsigError::MissingHeader),
        (format!("\n{text}"), SshsigError::MissingHeader),
        (format!("junk\n{text}"), SshsigError::MissingHeader),
        (format!("\u{feff}{text}"), SshsigError::MissingHeader),
        (text.trim_end().to_owned(), SshsigError::MissingFooter),
        (format!("{text}\n"), SshsigError::MissingFooter),
        (format!("{text}junk"), SshsigError::MissingFooter),
        (format!("{text}{text}"), SshsigError::Base64),
        (text.replace('\n', "\r\n"), SshsigError::CarriageReturn),
        (text.replacen("\n", "\n\n", 1), SshsigError::NotCanonical),
        (text.replacen("U1NI", "U1 NI", 1), SshsigError::Base64),
        (text.replacen("SIGNATURE-----\n", "SIGNATURE----- \n", 1), SshsigError::NotCanonical),
        (in_armor(&blob, 76, "\n"), SshsigError::NotCanonical),
        (in_armor(&blob, 64, "\n"), SshsigError::NotCanonical),
        (in_armor(&blob, 4096, "\n"), SshsigError::NotCanonical),
        (in_armor(&[0; 4000], 70, "\n"), SshsigError::TooLong),
    ] {
        assert_ne!(changed, text);
        assert_eq!(Sshsig::parse(&changed), Err(error), "{changed}");
    }
}

#[test]
fn no_single_bit_can_be_changed() {
    let blob = unarmor(BY_SSH_KEYGEN).expect("base64");
    for bit in 0..blob.len() * 8 {
        let mut changed = blob.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let result = Sshsig::parse(&in_armor(&changed, 70, "\n")).and_then(|sig| sig.verify(NAMESPACE, MESSAGE));
        assert!(result.is_err(), "bit {bit}");
    }
    for byte in 0..BY_SSH_KEYGEN.len() {
        let mut changed = BY_SSH_KEYGEN.as_bytes().to_vec();
        changed.remove(byte);
        let result = Sshsig::parse_bytes(&changed).and_then(|sig| sig.verify(NAMESPACE, MESSAGE));
        assert!(result.is_err(), "without byte {byte}");
    }
}

/// The order of the base point, little-endian (RFC 8032 §5.1).
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn a_second_s_for_the_same_signature_does_not_verify() {
    let mut parts = good();
    let mut carry = 0;
    for (byte, order) in parts.signature[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    let malleated = Sshsig::parse(&parts.text()).expect("well formed");
    assert_eq!(malleated.verify(NAMESPACE, MESSAGE), Err(SshsigError::DoesNotVerify));
}

#[test]
fn the_forgery_that_fits_every_document_is_refused_with_its_key() {
    // R = identity, S = 0 under the key "identity": plain verification accepts it for any message (page 8.1, fact 8).
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut forged = [0; 64];
    forged[0] = 1;
    let lenient = VerifyingKey::from_bytes(&identity).expect("a point");
    for message in [&b"one"[..], b"another"] {
        assert!(lenient.verify(message, &Signature::from_bytes(&forged)).is_ok(), "or the rule guards nothing");
    }
    assert_eq!(PublicKey::from_bytes(&identity), Err(KeyError::Weak));
    // And under a good key, a small-order R is no signature either.
    let text = armor(&secret(1).public(), NAMESPACE, &forged);
    let parsed = Sshsig::parse(&text).expect("well formed");
    assert_eq!(parsed.verify(NAMESPACE, MESSAGE), Err(SshsigError::DoesNotVerify));
}

/// Nonce 0: R is the identity and S = k·a, which gives the secret key away. Only its holder can make it.
fn with_small_order_nonce(key: &SigningKey, bytes: &[u8]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[0] = 1;
    let hash = Sha512::new().chain_update(&signature[..32]).chain_update(key.verifying_key().as_bytes());
    let secret = key.to_scalar();
    let one = secret * secret.invert();
    // The hash as a number modulo L, bit by bit from the top (it is little-endian).
    let bits =
        hash.chain_update(bytes).finalize().into_iter().rev().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
    let k = bits.fold(one + -one, |sum, bit| if bit == 1 { sum + sum + one } else { sum + sum });
    signature[32..].copy_from_slice((k * secret).as_bytes());
    signature
}

#[test]
fn verification_is_the_strict_one() {
    let bytes = to_be_signed(NAMESPACE, MESSAGE);
    let key = SigningKey::from_bytes(&[1; 32]);
    let signature = with_small_order_nonce(&key, &bytes);
    let lenient = key.verifying_key().verify(&bytes, &Signature::from_bytes(&signature));
    assert!(lenient.is_ok(), "or strictness makes no difference here");
    let parsed = Sshsig::parse(&armor(&secret(1).public(), NAMESPACE, &signature)).expect("well formed");
    assert_eq!(parsed.verify(NAMESPACE, MESSAGE), Err(SshsigError::DoesNotVerify));
}

proptest::proptest! {
    #[test]
    fn what_is_signed_verifies_and_reads_back(seed: [u8; 32], message: Vec<u8>, namespace in "[!-~]{1,40}") {
        let key = SecretKey::from_seed(&seed);
        let text = sign(&key, &namespace, &message);
        let parsed = Sshsig::parse(&text).expect("what sign writes");
        proptest::prop_assert_eq!(parsed.verify(&namespace, &message), Ok(()));
        proptest::prop_assert_eq!(parsed.armored(), text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(bytes: Vec<u8>, body in "[A-Za-z0-9+/=\n]{0,400}") {
        let _ = Sshsig::parse_bytes(&bytes);
        let _ = Sshsig::parse(&format!("{HEADER}{body}{FOOTER}"));
    }
}
