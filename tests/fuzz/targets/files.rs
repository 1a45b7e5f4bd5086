//! Files that people bring: published forms, evidence packs, and what is found in repositories.

use std::sync::LazyLock;

use certreg::{
    domain::Edition,
    evidence::{Pack, Question},
    format::{
        paths::{self, Place, RepositoryPath},
        v1,
    },
    import::{self, Imported, Quote},
    store::{PathProof, file_id},
};

use super::{
    Seed::{self, Bytes, File},
    as_text,
};

pub(super) const IMPORT_SEEDS: [Seed; 3] = [
    File("seeds/000_5f7981f69bd28955.txt"),
    Bytes(include_bytes!("form.md")),
    Bytes("1. Supplier Details\n| Supplier name | Example &amp; Co |\n|---|---|\n| Address | 1 Road\n".as_bytes()),
];

pub(super) const EVIDENCE_PACK_SEEDS: [Seed; 2] = [
    Bytes(b"PK\x03\x04\x0a\0\0\0\0\0\0\0!\0\xac*\x93\xd8\x02\0\0\0\x02\0\0\0\x09\0\0\0pack.jsonhiPK\x01\x02\x0a\x03\x0a\0\0\0\0\0\0\0!\0\xac*\x93\xd8\x02\0\0\0\x02\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\xa4\x81\0\0\0\0pack.jsonPK\x05\x06\0\0\0\0\x01\0\x01\x007\0\0\0)\0\0\0\0\0"),
    Bytes(br#"{"format": "certreg/evidence@1", "made_at": "2026-11-21T10:00:00Z", "on": "2025-09-04", "registry": "certreg.example", "service": "example-cloud", "supplier": "example-learning"}"#),
];

const COMMIT: &[u8] = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
    author certreg <registry@certreg.example> 1762075805 +0000\n\
    committer certreg <registry@certreg.example> 1762075805 +0000\n\
    gpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----\n\nPublish a/b version 1\n";

pub(super) const GIT_OBJECT_SEEDS: [Seed; 2] = [
    Bytes(COMMIT),
    Bytes(b"100644 a.json\0AAAAAAAAAAAAAAAAAAAA40000 a\0BBBBBBBBBBBBBBBBBBBB100644 a0\0CCCCCCCCCCCCCCCCCCCC"),
];

pub(super) const PATH_SEEDS: [Seed; 5] = [
    Bytes(b"suppliers/ac/acme/lms.json.countersig"),
    Bytes(b"suppliers/ac/acme/allowed_signers.oldsig"),
    Bytes(b"suppliers/ac/acme/supplier.json"),
    Bytes(b"editions/dfe-2018-gdpr.json.sig"),
    Bytes(b"authority/allowed_signers"),
];

static EDITIONS: LazyLock<[Edition; 2]> = LazyLock::new(|| {
    let read = |bytes: &[u8]| v1::stored(bytes, v1::edition::read).expect("an edition").value;
    [
        read(include_bytes!("../../../registry/editions/dfe-2016-dpa.json")),
        read(include_bytes!("../../../registry/editions/dfe-2018-gdpr.json")),
    ]
});

/// Whatever the text: what is given back stands on a line that there is, and can stand in a document.
pub(super) fn import(bytes: &[u8]) {
    as_text(bytes, |text| {
        let [older, newer] = &*EDITIONS;
        let imported = import::statement(text, &[older, newer]);
        let lines = 1 + text.matches(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']).count();
        for quote in quotes(&imported) {
            assert!((1..=lines).contains(&quote.line), "{quote:?} is on no line of {lines}");
            assert!(!quote.text.trim().is_empty(), "{quote:?}");
        }
        for words in &imported.unplaced {
            assert!((1..=lines).contains(&words.line), "{words:?} is on no line of {lines}");
        }
        for link in imported.found.responses.values().flat_map(|answer| &answer.links) {
            assert!(link.url.starts_with("http://") || link.url.starts_with("https://"), "{link:?}");
        }
    });
}

fn quotes(imported: &Imported) -> impl Iterator<Item = &Quote> {
    let found = &imported.found;
    let ones = [
        &found.supplier_name,
        &found.contact_name,
        &found.contact_email,
        &found.contact_telephone,
        &found.service_name,
        &found.service_url,
        &found.official_name,
    ];
    let answers = found.responses.values().chain(found.support.values());
    ones.into_iter().flatten().chain(&found.address).chain(answers.flat_map(|answer| &answer.statement))
}

/// A pack reads back from what it is written as; so does the question it answers.
pub(super) fn evidence_pack(bytes: &[u8]) {
    if let Ok(pack) = Pack::from_zip(bytes) {
        let length: usize = pack.files().map(|(_, bytes)| bytes.len()).sum();
        if length <= 1 << 20 {
            let written = pack.to_zip().expect("it was small enough to be read");
            assert_eq!(Pack::from_zip(&written).as_ref(), Ok(&pack));
        }
        assert!(pack.entries().is_sorted());
    }
    as_text(bytes, |text| {
        if let Ok(question) = Question::parse(text) {
            assert_eq!(Question::parse(&question.print()), Ok(question));
        }
    });
}

/// Commits and trees are taken only as the registry writes them.
pub(super) fn git_object(bytes: &[u8]) {
    if let Ok(proof) = PathProof::read(bytes.to_vec(), Vec::new()) {
        assert_eq!(proof.commit(), bytes);
        assert!(bytes.starts_with(b"tree "));
    }
    if let Ok(proof) = PathProof::read(COMMIT.to_vec(), vec![bytes.to_vec()]) {
        let (_, tree) = proof.trees().first_key_value().expect("the one tree");
        assert_eq!(tree, bytes);
        assert!(!bytes.windows(4).any(|word| word == b"/../"));
    }
    assert!(file_id(bytes).is_some(), "no input of a fuzzer collides in SHA-1");
}

/// A path is taken as it stands or not at all, and what lies there is named by one path.
pub(super) fn path(bytes: &[u8]) {
    as_text(bytes, |text| {
        if let Ok(path) = RepositoryPath::parse(text) {
            assert_eq!(path.as_str(), text);
            assert!(path.segments().iter().all(|segment| !["", ".", "..", ".git"].contains(segment)));
        }
        if let Some(path) = path_of(&paths::place(text)) {
            assert_eq!(path.as_str(), text, "one place, one path");
            assert_eq!(RepositoryPath::parse(text), Ok(path), "what lies there is a path");
        }
    });
}

fn path_of(place: &Place) -> Option<RepositoryPath> {
    Some(match place {
        Place::Registry => paths::registry(),
        Place::Authority => paths::authority(),
        Place::Edition(id) => paths::edition(id),
        Place::Supplier(id) => paths::supplier(id),
        Place::Ring(id) => paths::ring(id),
        Place::Document(id) => paths::document(id),
        Place::Signature(signed, suffix) => path_of(signed)?.with_suffix(*suffix),
        Place::Other => return None,
    })
}
