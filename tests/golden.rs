//! What is frozen once somebody has signed: one file of every kind, byte for byte.
//!
//! Each is made anew from values and fixed keys and compared with `tests/golden`, read back, and judged by programs
//! of others: `ssh-keygen` for signatures, Python for the canonical form, `sha256sum` for digests.
//! A difference here is a broken format, not a test to be adjusted: old files must stay as they are for ever.
//! `GOLDEN_WRITE=1` writes files for new kinds; look at every line of the difference before committing it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use certreg::{
    domain::{
        AnswerId, CaseStatement, Certification, Change, ChangeKind, Code, Commitment, Contact, Correction, Digest,
        Draft, Edition, EditionRef, Evidence, Freshness, Instant, KeyRequest, Person, Predecessor, QuestionId,
        RegistryId, RegistrySettings, Response, Signer, Source, Supplier, SupportContact, SupportStatement,
        case::{Matter, Subject},
        certification::Admission,
    },
    format::{
        Node,
        leaf::{self, LeafFacts},
        profile, v1,
    },
    import,
    signing::{self, AuthorityFile, AuthorityRole, KeyRing, Namespace, Role, SecretKey},
};

/// Supplier, service, file in `seeds`.
const SEEDS: [(&str, &str, &str); 2] = [
    ("planet-enterprises", "planet-estream-cloud", "000_5f7981f69bd28955.txt"),
    ("nexus-software-platforms", "parent-hub", "004_64dfb80629537511.txt"),
];

// ---- keys and files

const SIGNATORY: u8 = 1;
const OFFICIAL: u8 = 2;
const DEPARTMENT: u8 = 12;

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn registry() -> RegistryId {
    "certreg.example".parse().unwrap()
}

fn sign(seed: u8, namespace: Namespace, bytes: &[u8]) -> String {
    signing::sign(&secret(seed), &namespace.at(&registry()), bytes)
}

fn repository_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn golden(name: &str) -> PathBuf {
    repository_file("tests/golden").join(name)
}

fn assert_golden(name: &str, is: impl AsRef<[u8]>) {
    let path = golden(name);
    if std::env::var_os("GOLDEN_WRITE").is_some() && !path.exists() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &is).unwrap();
    }
    let was = fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(was == is.as_ref(), "{name} is frozen and differs:\n{}", String::from_utf8_lossy(is.as_ref()));
}

/// A JSON document of the profile: frozen, the same after reading, the same from Python.
fn assert_document(name: &str, node: &Node) -> Vec<u8> {
    let bytes = profile::print(node);
    assert_golden(name, &bytes);
    assert_eq!(profile::parse(&bytes).unwrap(), *node, "{name}");
    assert_eq!(from_python(&golden(name)), bytes, "{name}: Python writes it otherwise");
    bytes
}

// ---- judges

fn from_python(path: &Path) -> Vec<u8> {
    const PROGRAM: &str = "import json, sys\n\
        text = json.dumps(json.load(open(sys.argv[1], encoding='utf-8')), sort_keys=True, indent=2, ensure_ascii=False)\n\
        sys.stdout.buffer.write((text + '\\n').encode('utf-8'))";
    let output = Command::new("python3").args(["-c", PROGRAM]).arg(path).output().expect("python3 is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Whether `ssh-keygen` accepts a golden signature on a golden document at `at`, by a golden file of keys.
fn accepts(keys: &str, who: &str, namespace: &str, document: &str, suffix: &str, at: &str) -> bool {
    let home = tempfile::tempdir().unwrap();
    let at: Instant = at.parse().unwrap();
    Command::new("ssh-keygen")
        .args(["-Y", "verify", "-I", who, "-n", namespace, &format!("-Overify-time={}", at.compact()), "-f"])
        .arg(golden(keys))
        .arg("-s")
        .arg(golden(&format!("{document}{suffix}")))
        .stdin(File::open(golden(document)).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("TZ", "UTC")
        .status()
        .expect("ssh-keygen is installed")
        .success()
}

const AUTHORITY: &str = "authority/allowed_signers";
const RING: &str = "ring/1/allowed_signers";

fn assert_department_signed(document: &str, purpose: &str) {
    let namespace = format!("{purpose}@certreg.example");
    let who = "department@certreg.example";
    assert!(accepts(AUTHORITY, who, &namespace, document, ".sig", "2026-05-01T10:00:00Z"), "{document}");
    assert!(!accepts(AUTHORITY, who, "git", document, ".sig", "2026-05-01T10:00:00Z"), "{document}: any namespace");
}

// ---- what the files say

fn edition(id: &str) -> (Edition, Digest) {
    let bytes = fs::read(repository_file(&format!("registry/editions/{id}.json"))).unwrap();
    let stored = v1::stored(&bytes, v1::edition::read).unwrap();
    (stored.value, stored.digest)
}

fn person(name: &str, email: Option<&str>, salt: u8) -> Person {
    Person {
        email: email.map(str::to_owned),
        name: name.into(),
        salt: Digest::of(&[salt]).hex(),
        telephone: (salt == 1).then(|| "+44 1632 960001".into()),
    }
}

fn signatory() -> Person {
    person("Zoë O'Neill-Ångström", Some("zoe@example.org"), 1)
}

fn official() -> Person {
    person("Dafydd ap Gwilym", None, 2)
}

/// Version 3 of a certification of the ring's supplier, with every member that an update may have.
fn version() -> (Draft, Edition, Digest) {
    let (edition, digest) = edition("dfe-2018-gdpr");
    let codes = [Code::Green, Code::Amber, Code::Black];
    let responses = edition.questions.iter().zip(codes.into_iter().cycle()).map(|(question, code)| {
        let statement = format!("Answer to \"{}\" – 60 days, £5, café, 学校, back\\slash.", question.id.number());
        (
            question.id,
            Response { code: Some(code), statement: vec![statement, "A second paragraph.".into()], evidence: vec![] },
        )
    });
    let mut responses: BTreeMap<QuestionId, Response> = responses.collect();
    responses.get_mut(&"q5.7".parse().unwrap()).unwrap().evidence = vec![
        Evidence {
            title: "Report".into(),
            url: "https://www.example.org/report?year=2026".into(),
            sha256: Some(Digest::of(b"report")),
            dated_on: "2026-03-31".parse().ok(),
        },
        Evidence { title: "Page".into(), url: "http://example.org/".into(), sha256: None, dated_on: None },
    ];
    let support = edition.support_areas.iter().map(|area| {
        let contact = SupportContact {
            email: Some("support@example.org".into()),
            hours: Some("Mon–Fri 09:00–17:00".into()),
            telephone: Some("+44 1632 960002".into()),
        };
        let contacts = if area.id.number() == "3.1" { vec![contact] } else { vec![] };
        (area.id, SupportStatement { contacts, statement: vec![format!("What we do about {}.", area.title)] })
    });
    let draft = Draft {
        change: Change {
            corrections: vec![
                Correction { question: "q5.7".parse().unwrap(), wrong_since: "2026-01-10".parse().unwrap() },
                Correction { question: "s3.4".parse().unwrap(), wrong_since: "2026-02-28".parse().unwrap() },
            ],
            effective_on: "2026-06-01".parse().ok(),
            service_changed_on: "2026-04-20".parse().ok(),
            summary: vec!["Two answers were wrong.".into(), "They are right now.".into()],
            ..Change::of_kind(ChangeKind::Update)
        },
        commitments: Commitment::ALL.into(),
        completed_on: "2026-04-30".parse().ok(),
        contact: Some(Contact {
            address: vec!["1 Example Street".into(), "Leeds LS1 1AA".into()],
            email: Some("privacy@example.org".into()),
            person: Some(v1::person::digest(&signatory())),
            telephone: Some("+44 1632 960003".into()),
        }),
        edition: EditionRef { digest, id: edition.id.clone() },
        official: Some(Signer { person: v1::person::digest(&official()), title: Some("Director".into()) }),
        previous: Some(Digest::of(b"version 2")),
        registry: registry(),
        responses,
        service: "lms".parse().unwrap(),
        service_name: "Acme Learning".into(),
        service_url: Some("https://www.example.org/lms".into()),
        signatory: Some(Signer { person: v1::person::digest(&signatory()), title: Some("Head of Security".into()) }),
        source: None,
        supplier: "acme".parse().unwrap(),
        supplier_name: "Acme Ltd".into(),
        support: support.collect(),
        version: 3,
    };
    (draft, edition, digest)
}

// ---- the tests

#[test]
fn editions() {
    let line = |id: &str| format!("{}  registry/editions/{id}.json\n", edition(id).1.hex());
    assert_golden("editions.sha256", line("dfe-2016-dpa") + &line("dfe-2018-gdpr"));
    let list = File::open(golden("editions.sha256")).unwrap();
    let mut judge = Command::new("sha256sum");
    judge.args(["--check", "--strict", "--quiet"]).stdin(list).current_dir(repository_file(""));
    assert!(judge.status().expect("sha256sum is installed").success());
}

#[test]
fn settings_of_a_registry() {
    let settings = RegistrySettings {
        registry: registry(),
        name: "Cloud services for schools: register of self-certifications".into(),
        authority_name: "Department for Education".into(),
        content_licence: "OGL-UK-3.0".into(),
        freshness: Freshness { due_after_months: 11, lapsed_after_months: 12 },
        simulated_dates: false,
    };
    let bytes = assert_document("registry.json", &v1::registry::write(&settings));
    assert_eq!(v1::stored(&bytes, v1::registry::read).unwrap().value, settings);
}

#[test]
fn a_supplier_record() {
    let supplier = Supplier {
        registry: registry(),
        supplier: "acme".parse().unwrap(),
        version: 2,
        previous: Some(Digest::of(b"version 1")),
        names: vec!["Acme Ltd".into(), "Acme Learning".into()],
        company_number: Some("01234567".into()),
        website: Some("https://www.example.org".into()),
        single_signatory: true,
    };
    let bytes = assert_document("supplier/supplier.json", &v1::supplier::write(&supplier));
    assert_eq!(v1::stored(&bytes, v1::supplier::read).unwrap().value, supplier);
    assert_golden("supplier/supplier.json.sig", sign(DEPARTMENT, Namespace::Keys, &bytes));
    assert_department_signed("supplier/supplier.json", "keys");
}

#[test]
fn a_key_request() {
    let (role, key) = (Role::Signatory, secret(SIGNATORY).public());
    let request = KeyRequest {
        registry: registry(),
        supplier: "acme".parse().unwrap(),
        role: role.as_str().into(),
        key: key.line(),
    };
    let name = format!("keys/signatory-{}.json", key.short_hex());
    let bytes = assert_document(&name, &v1::key_request::write(&request));
    assert_eq!(v1::stored(&bytes, v1::key_request::read).unwrap().value, request);
    let signature = sign(SIGNATORY, Namespace::Enrolment, &bytes);
    assert_golden(&format!("{name}.sig"), &signature);
    let checked = signing::KeyRequest { document: &bytes, key, role };
    assert!(checked.check_own_signature(Some(&signature), &registry()).is_ok());
    assert!(accepts(RING, "signatory@acme", "enrolment@certreg.example", &name, ".sig", "2026-05-01T10:00:00Z"));
}

#[test]
fn person_records() {
    for (name, person) in [("people/signatory.json", signatory()), ("people/official.json", official())] {
        let bytes = assert_document(name, &v1::person::write(&person));
        assert!(v1::stored(&bytes, v1::person::read).unwrap().value == person, "{name}");
        assert_eq!(v1::person::digest(&person), Digest::of(&bytes));
    }
}

#[test]
fn a_version_signed_twice() {
    let (draft, edition, digest) = version();
    let name = "version/lms.json";
    let bytes = assert_document(name, &v1::certification::write(&draft));
    assert_golden("version/lms.json.sig", sign(SIGNATORY, Namespace::Certification, &bytes));
    assert_golden("version/lms.json.countersig", sign(OFFICIAL, Namespace::Countersignature, &bytes));

    let read = v1::stored(&bytes, v1::certification::read).unwrap().value;
    assert_eq!(read, draft);
    let certification: Certification = read.check(&edition, digest, false).unwrap();
    let people = [signatory(), official()];
    let person = |digest| people.iter().find(|person| v1::person::digest(person) == digest).cloned();
    Admission { published_on: "2026-05-01".parse().unwrap(), person: &person }.check(&certification).unwrap();

    let ring = KeyRing::parse(&fs::read_to_string(golden(RING)).unwrap(), &registry()).unwrap();
    let text = |suffix: &str| fs::read_to_string(golden(&format!("{name}{suffix}"))).unwrap();
    let (signature, countersignature) = (text(".sig"), text(".countersig"));
    let at = "2026-05-01T10:00:00Z";
    signing::check_version_signatures(
        &bytes,
        Some(&signature),
        Some(&countersignature),
        &ring,
        at.parse().unwrap(),
        false,
    )
    .unwrap();
    let judged = |who: &str, namespace: &str, suffix: &str, at: &str| accepts(RING, who, namespace, name, suffix, at);
    assert!(judged("signatory@acme", "certification@certreg.example", ".sig", at));
    assert!(judged("official@acme", "countersignature@certreg.example", ".countersig", at));
    assert!(!judged("official@acme", "certification@certreg.example", ".sig", at));
    assert!(!judged("signatory@acme", "certification@certreg.example", ".sig", "2026-01-05T08:59:59Z"));
}

#[test]
fn a_version_that_changes_words_only() {
    let (mut draft, edition, digest) = version();
    draft.change = Change { wording_only: true, ..Change::of_kind(ChangeKind::Update) };
    let bytes = assert_document("version/wording.json", &v1::certification::write(&draft));
    let read = v1::stored(&bytes, v1::certification::read).unwrap().value;
    assert_eq!(read, draft);
    read.check(&edition, digest, false).unwrap();
}

/// What an update cannot have: a predecessor, and a supplier of one person.
#[test]
fn a_first_version_by_one_person() {
    let (mut draft, edition, digest) = version();
    draft.change = Change {
        predecessor: Some(Predecessor {
            certification: "older-supplier/older-service".parse().unwrap(),
            version: 4,
            digest: Digest::of(b"version 4"),
        }),
        ..Change::of_kind(ChangeKind::Initial)
    };
    (draft.version, draft.previous, draft.official) = (1, None, None);
    draft.commitments.remove(&Commitment::IndependentlyVerified);
    draft.contact = Some(Contact {
        email: Some("privacy@example.org".into()),
        telephone: Some("01632 960003".into()),
        ..Contact::default()
    });
    let bytes = assert_document("version/first.json", &v1::certification::write(&draft));
    assert_golden("version/first.json.sig", sign(SIGNATORY, Namespace::Certification, &bytes));
    let read = v1::stored(&bytes, v1::certification::read).unwrap().value;
    assert_eq!(read, draft);
    assert!(read.clone().check(&edition, digest, true).is_ok());
    assert!(read.check(&edition, digest, false).is_err(), "only the Department excuses a second signature");
    let (who, at) = ("signatory@acme", "2026-05-01T10:00:00Z");
    assert!(accepts(RING, who, "certification@certreg.example", "version/first.json", ".sig", at));
}

#[test]
fn a_transcription_of_each_seed() {
    let editions = [edition("dfe-2016-dpa"), edition("dfe-2018-gdpr")];
    for (supplier, service, file) in SEEDS {
        let text = fs::read_to_string(repository_file("seeds").join(file)).unwrap();
        let imported = import::statement(&text, &[&editions[0].0, &editions[1].0]);
        let id = imported.found.edition.clone().unwrap();
        let (edition, digest) = editions.iter().find(|(edition, _)| edition.id == id).cloned().unwrap();
        let source = Source { sha256: Digest::of(text.as_bytes()), title: format!("The published form, {file}") };
        let reference = EditionRef { digest, id };
        let (mut draft, named) = imported.found.into_draft(
            registry(),
            supplier.parse().unwrap(),
            service.parse().unwrap(),
            reference,
            source,
        );
        let official = person(&named.official.unwrap(), None, 3);
        draft.official = Some(Signer { person: v1::person::digest(&official), title: None });
        if let Some((name, email)) = named.contact {
            let contact = person(&name, email.as_deref(), 4);
            draft.contact.get_or_insert_default().person = Some(v1::person::digest(&contact));
        }
        let name = format!("transcription/{service}.json");
        let bytes = assert_document(&name, &v1::certification::write(&draft));
        let read = v1::stored(&bytes, v1::certification::read).unwrap().value;
        assert_eq!(read, draft);
        let checked = read.check(&edition, digest, false).unwrap();
        assert_eq!((checked.responses.len(), checked.support.len()), (37, 7));
        assert!(checked.responses.values().all(|response| response.code == Some(Code::NotRecorded)));
        assert_golden(&format!("{name}.sig"), sign(DEPARTMENT, Namespace::Transcription, &bytes));
        assert_department_signed(&name, "transcription");
        let authority = fs::read_to_string(golden(AUTHORITY)).unwrap();
        let authority = AuthorityFile::parse(&authority, &registry()).unwrap();
        signing::check_authority_signature(
            &bytes,
            Some(&fs::read_to_string(golden(&format!("{name}.sig"))).unwrap()),
            &authority,
            AuthorityRole::Department,
            Namespace::Transcription,
            "2026-05-01T10:00:00Z".parse().unwrap(),
        )
        .unwrap();
    }
}

#[test]
fn a_case_statement() {
    let questions: BTreeSet<AnswerId> = ["q5.7", "q5.10", "s3.4"].map(|id| id.parse().unwrap()).into();
    let (draft, ..) = version();
    let case = CaseStatement {
        registry: registry(),
        supplier: "acme".parse().unwrap(),
        service: "lms".parse().ok(),
        seq: 2,
        previous: Some(Digest::of(b"statement 1")),
        stated_on: "2026-05-04".parse().unwrap(),
        text: vec!["Which media files are not encrypted?".into(), "Please answer for each kind.".into()],
        matter: Matter::Challenge {
            questions,
            subject: Subject { version: 3, digest: Digest::of(&profile::print(&v1::certification::write(&draft))) },
            due_on: "2026-06-01".parse().unwrap(),
        },
    };
    let bytes = assert_document("case/00002.json", &v1::case::write(&case));
    assert_eq!(v1::stored(&bytes, v1::case::read).unwrap().value, case);
    assert_golden("case/00002.json.sig", sign(DEPARTMENT, Namespace::Case, &bytes));
    assert_department_signed("case/00002.json", "case");
}

#[test]
fn key_files() {
    let ring = fs::read_to_string(golden(RING)).unwrap();
    assert_eq!(KeyRing::parse(&ring, &registry()).unwrap().print(), ring);
    assert_golden("ring/1/allowed_signers.sig", sign(DEPARTMENT, Namespace::Keys, ring.as_bytes()));
    assert_department_signed(RING, "keys");
    let authority = fs::read_to_string(golden(AUTHORITY)).unwrap();
    assert_eq!(AuthorityFile::parse(&authority, &registry()).unwrap().print(), authority);
    assert_golden("authority/allowed_signers.sig", sign(11, Namespace::Root, authority.as_bytes()));
    let at = "2026-05-01T10:00:00Z";
    assert!(accepts(AUTHORITY, "root@certreg.example", "root@certreg.example", AUTHORITY, ".sig", at));
}

#[test]
fn a_leaf() {
    let (draft, ..) = version();
    let document = profile::print(&v1::certification::write(&draft));
    let path = "suppliers/ac/acme/lms.json";
    let files = [
        (format!("{path}.sig"), Digest::of(sign(SIGNATORY, Namespace::Certification, &document).as_bytes())),
        (path.to_owned(), Digest::of(&document)),
        (format!("{path}.countersig"), Digest::of(sign(OFFICIAL, Namespace::Countersignature, &document).as_bytes())),
    ];
    let facts = LeafFacts {
        registry: &registry(),
        index: 7,
        time: "2026-05-01T10:00:00Z".parse().unwrap(),
        commit: "c852cfe0c852cfe0c852cfe0c852cfe0c852cfe0",
        files: &files,
    };
    assert_golden("leaf", leaf::print(&facts));

    // The body is a list for sha256sum: lay the golden files out as they lie in a repository, and check it.
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("suppliers/ac/acme")).unwrap();
    for suffix in ["", ".sig", ".countersig"] {
        let to = folder.path().join(format!("{path}{suffix}"));
        fs::copy(golden(&format!("version/lms.json{suffix}")), to).unwrap();
    }
    let script =
        format!("sed '1,/^$/d' '{}' > list && sha256sum --check --strict --quiet list", golden("leaf").display());
    assert!(Command::new("sh").args(["-c", &script]).current_dir(&folder).status().unwrap().success());
}
