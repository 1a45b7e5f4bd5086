//! Signatures, keys and key files.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use certreg::signing::{AuthorityFile, KeyRing, PublicKey, Sshsig};

use super::{
    Seed::{self, File},
    as_text, registry,
};

pub(super) const SSHSIG_SEEDS: [Seed; 3] = [
    File("tests/golden/version/lms.json.sig"),
    File("tests/golden/version/lms.json.countersig"),
    File("tests/golden/transcription/parent-hub.json.sig"),
];

pub(super) const ALLOWED_SIGNERS_SEEDS: [Seed; 3] = [
    File("tests/golden/ring/1/allowed_signers"),
    File("tests/golden/ring/2/allowed_signers"),
    File("tests/golden/authority/allowed_signers"),
];

/// One signature, one text: as armour, and as the bytes inside it.
pub(super) fn sshsig(bytes: &[u8]) {
    if let Ok(signature) = Sshsig::parse_bytes(bytes) {
        assert_eq!(signature.armored().as_bytes(), bytes, "one signature, one text");
        let _ = signature.verify(signature.namespace(), bytes);
    }
    // Changes to base64 seldom reach what it holds: the input is taken for that, too, and armour is put around it.
    let encoded = STANDARD.encode(&bytes[..bytes.len().min(4096)]);
    let lines: Vec<&str> = encoded.as_bytes().chunks(70).map(|line| str::from_utf8(line).expect("ASCII")).collect();
    let armor = format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"));
    if let Ok(signature) = Sshsig::parse(&armor) {
        assert_eq!(signature.armored(), armor, "one signature, one text");
    }
}

/// A ring and an authority file are written in one way.
pub(super) fn allowed_signers(bytes: &[u8]) {
    as_text(bytes, |text| {
        let registry = registry();
        if let Ok(ring) = KeyRing::parse(text, &registry) {
            assert_eq!(ring.print(), text);
            assert!(ring.check_follows(Some(&ring), ring.keys()[0].window().valid_after()).is_err());
        }
        if let Ok(file) = AuthorityFile::parse(text, &registry) {
            assert_eq!(file.print(), text);
        }
        for line in text.lines().take(20) {
            if let Ok(key) = PublicKey::parse_line(line) {
                assert!(line.starts_with(&key.line()), "a key is written in one way");
                assert_eq!(PublicKey::from_bytes(key.as_bytes()), Ok(key));
            }
        }
    });
}
