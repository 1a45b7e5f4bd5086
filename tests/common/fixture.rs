//! A real registry in a temporary folder: fixed keys, a clock that stands still until it is set, and a made-up
//! supplier with two enrolled keys.

use std::path::{Path, PathBuf};

use certreg::{
    domain::{
        CertificationId, Change, ChangeKind, Code, Commitment, Contact, Digest, Draft, EditionRef, Freshness, Instant,
        KeyRequest, Person, QuestionId, RegistryId, RegistrySettings, Response, Signer, Supplier, SupplierId,
        SupportContact, SupportStatement,
    },
    format::{profile, v1},
    registry::{
        Clock, Registry, ServerKeys,
        enrol::{SignedFile, SignedKeyRequest},
        genesis::{Admission, Proposal},
        publish::VersionSubmission,
    },
    signing::{self, KeyRing, Namespace, RingKey, Role, SecretKey, Window},
};

pub const DPA: &[u8] = include_bytes!("../../registry/editions/dfe-2016-dpa.json");
pub const GDPR: &[u8] = include_bytes!("../../registry/editions/dfe-2018-gdpr.json");

/// Fixed keys, told apart by the byte that their seed repeats.
pub const ROOT: u8 = 1;
pub const DEPARTMENT: u8 = 2;
pub const REGISTRY: u8 = 3;
pub const LOG: u8 = 4;
pub const SIGNATORY: u8 = 5;
pub const OFFICIAL: u8 = 6;
/// Keys of the second supplier.
pub const OTHER_SIGNATORY: u8 = 7;
pub const OTHER_OFFICIAL: u8 = 8;

pub const START: &str = "2023-11-01T10:00:00Z";

pub fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

/// The keys of the server.
pub fn server() -> ServerKeys {
    ServerKeys { registry: key(REGISTRY), log: key(LOG) }
}

pub fn instant(text: &str) -> Instant {
    text.parse().expect("an instant")
}

pub fn certification(text: &str) -> CertificationId {
    text.parse().expect("a certification id")
}

pub fn supplier(text: &str) -> SupplierId {
    text.parse().expect("a supplier id")
}

pub fn person(name: &str, salt: &str) -> Person {
    Person { email: None, name: name.into(), salt: salt.repeat(32), telephone: None }
}

pub fn record(person: &Person) -> Vec<u8> {
    profile::print(&v1::person::write(person))
}

/// A registry with both editions, two suppliers (`example-learning`, `example-other`) and their keys.
pub struct Fixture {
    pub registry: Registry,
    pub id: RegistryId,
    pub clock: Clock,
    pub data: PathBuf,
    folder: Option<tempfile::TempDir>,
}

impl Fixture {
    /// A registry at [`START`], sequence 6.
    pub fn new() -> Fixture {
        Fixture::without_suppliers().with_suppliers()
    }

    /// The same in a folder below `parent`.
    pub fn new_in(parent: &Path) -> Fixture {
        Fixture::without_suppliers_in(tempfile::tempdir_in(parent).expect("a temporary folder")).with_suppliers()
    }

    fn with_suppliers(self) -> Fixture {
        let fixture = self;
        fixture.register("example-learning", "Example Learning Ltd", false);
        fixture.enrol("example-learning", &[(Role::Signatory, SIGNATORY), (Role::Official, OFFICIAL)]);
        fixture.register("example-other", "Example Other Ltd", false);
        fixture.enrol("example-other", &[(Role::Signatory, OTHER_SIGNATORY), (Role::Official, OTHER_OFFICIAL)]);
        fixture
    }

    /// A registry at [`START`] with both editions, sequence 2.
    pub fn without_suppliers() -> Fixture {
        Fixture::without_suppliers_in(tempfile::tempdir().expect("a temporary folder"))
    }

    fn without_suppliers_in(folder: tempfile::TempDir) -> Fixture {
        let data = folder.path().join("data");
        let id: RegistryId = "certreg.example".parse().expect("a registry id");
        let settings = RegistrySettings {
            registry: id.clone(),
            name: "Test register".into(),
            authority_name: "Test authority".into(),
            content_licence: "OGL-UK-3.0".into(),
            freshness: Freshness::default(),
            simulated_dates: true,
        };
        let clock = Clock::standing_at(instant(START));
        let proposal = Proposal { settings, registry_key: key(REGISTRY).public(), log_key: key(LOG).public() };
        let authority = proposal.admit(key(ROOT).public(), key(DEPARTMENT).public(), instant(START)).expect("admitted");
        let authority = authority.print();
        let signature = signing::sign(&key(ROOT), &Namespace::Root.at(&id), authority.as_bytes());
        let admission = Admission { authority, signatures: vec![signature] };
        let registry = Registry::create(&data, &proposal, &admission, server(), clock.clone()).expect("created");
        let fixture = Fixture { registry, id, clock, data, folder: Some(folder) };
        for (name, bytes) in [("dfe-2016-dpa", DPA), ("dfe-2018-gdpr", GDPR)] {
            let file = fixture.signed_by_department(Namespace::Editions, bytes);
            fixture.registry.put_edition(&name.parse().expect("an edition id"), file).expect("published");
        }
        fixture
    }

    /// Closes the registry and keeps its folder for as long as what this gives lives.
    pub fn closed(mut self) -> Option<tempfile::TempDir> {
        self.folder.take()
    }

    /// Closes the registry and opens it again, as after a restart.
    pub fn reopened(self) -> Fixture {
        self.reopened_with(REGISTRY)
    }

    /// The same with the registry's key of this seed.
    pub fn reopened_with(self, seed: u8) -> Fixture {
        self.reopened_as(seed, || {})
    }

    /// The same after something was done to its folder meanwhile.
    pub fn reopened_after(self, meanwhile: impl FnOnce()) -> Fixture {
        self.reopened_as(REGISTRY, meanwhile)
    }

    fn reopened_as(mut self, seed: u8, meanwhile: impl FnOnce()) -> Fixture {
        let (data, clock, id, folder) = (self.data.clone(), self.clock.clone(), self.id.clone(), self.folder.take());
        drop(self.registry);
        meanwhile();
        let keys = ServerKeys { registry: key(seed), ..server() };
        let registry = Registry::open(&data, keys, clock.clone()).expect("opened");
        Fixture { registry, id, clock, data, folder }
    }

    pub fn at(&self, text: &str) -> &Fixture {
        self.clock.set(instant(text));
        self
    }

    pub fn sequence(&self) -> u64 {
        self.registry.index().head().expect("an index").expect("a head").sequence
    }

    pub fn sign(&self, seed: u8, namespace: Namespace, document: &[u8]) -> String {
        signing::sign(&key(seed), &namespace.at(&self.id), document)
    }

    pub fn signed_by_department(&self, namespace: Namespace, document: &[u8]) -> SignedFile {
        SignedFile { document: document.to_vec(), signature: Some(self.sign(DEPARTMENT, namespace, document)) }
    }

    pub fn supplier_file(&self, id: &str, name: &str, single_signatory: bool) -> Vec<u8> {
        let record = Supplier {
            registry: self.id.clone(),
            supplier: supplier(id),
            version: 1,
            previous: None,
            names: vec![name.into()],
            company_number: None,
            website: Some("https://example.org".into()),
            single_signatory,
        };
        profile::print(&v1::supplier::write(&record))
    }

    pub fn register(&self, id: &str, name: &str, single_signatory: bool) {
        let file = self.supplier_file(id, name, single_signatory);
        let file = self.signed_by_department(Namespace::Keys, &file);
        self.registry.put_supplier(&supplier(id), file).expect("registered");
    }

    pub fn request(&self, id: &str, role: Role, seed: u8) -> SignedKeyRequest {
        let request = KeyRequest {
            registry: self.id.clone(),
            supplier: supplier(id),
            role: role.as_str().into(),
            key: key(seed).public().line(),
        };
        let document = profile::print(&v1::key_request::write(&request));
        SignedKeyRequest { signature: self.sign(seed, Namespace::Enrolment, &document), document, old_signature: None }
    }

    pub fn first_ring(&self, id: &str, keys: &[(Role, u8)]) -> KeyRing {
        let window = Window::new(self.clock.now(), None).expect("a window");
        let lines = keys.iter().map(|(role, seed)| RingKey::new(*role, key(*seed).public(), window)).collect();
        KeyRing::first(self.id.clone(), supplier(id), lines).expect("a ring")
    }

    pub fn enrol(&self, id: &str, keys: &[(Role, u8)]) {
        let ring = self.first_ring(id, keys).print();
        let requests = keys.iter().map(|(role, seed)| self.request(id, *role, *seed)).collect();
        let file = self.signed_by_department(Namespace::Keys, ring.as_bytes());
        self.registry.put_ring(&supplier(id), file, requests).expect("enrolled");
    }

    /// A whole first version for `id`: every answer GREEN.
    pub fn draft(&self, id: &str) -> Draft {
        let id = certification(id);
        let edition = self.registry.edition(&"dfe-2016-dpa".parse().expect("an id")).expect("published");
        let response = |question: QuestionId| Response {
            code: Some(Code::Green),
            statement: vec![format!("Yes. Our answer to {} stands.", question.number())],
            evidence: Vec::new(),
        };
        let contact = SupportContact {
            email: Some("support@example.org".into()),
            hours: Some("Mon–Fri 09:00–17:00".into()),
            telephone: Some("01274 713425".into()),
        };
        let support = SupportStatement {
            contacts: vec![contact],
            statement: vec!["Ring us. We answer within 60 minutes.".into()],
        };
        Draft {
            change: Change::of_kind(ChangeKind::Initial),
            commitments: Commitment::ALL.into_iter().collect(),
            completed_on: Some(self.clock.now().day_in_london()),
            contact: Some(Contact {
                address: vec!["1 Example Street".into()],
                email: Some("privacy@example.org".into()),
                person: None,
                telephone: Some("01274 713425".into()),
            }),
            edition: EditionRef { digest: Digest::of(DPA), id: edition.id.clone() },
            official: Some(Signer { person: v1::person::digest(&official()), title: Some("Director".into()) }),
            previous: None,
            registry: self.id.clone(),
            responses: edition.questions.iter().map(|question| (question.id, response(question.id))).collect(),
            service: id.service.clone(),
            service_name: "Example Cloud".into(),
            service_url: Some("https://example.org/cloud".into()),
            signatory: Some(Signer { person: v1::person::digest(&signatory()), title: Some("Data lead".into()) }),
            source: None,
            supplier: id.supplier.clone(),
            supplier_name: "Example Learning Ltd".into(),
            support: edition.support_areas.iter().map(|area| (area.id, support.clone())).collect(),
            version: 1,
        }
    }

    /// The draft of the version after the current one: an update without changes yet.
    pub fn next(&self, id: &str) -> Draft {
        let current = self.registry.certification(&certification(id)).expect("published").current;
        let mut draft = (*self.registry.content(&current).expect("readable")).clone();
        draft.version = current.publication.version + 1;
        draft.previous = Some(current.publication.digest);
        draft.change = Change::of_kind(ChangeKind::Update);
        draft.completed_on = Some(self.clock.now().day_in_london());
        draft
    }

    /// Signed by both people of `example-learning`, with their records.
    pub fn submission(&self, draft: &Draft) -> VersionSubmission {
        self.submission_of_bytes(profile::print(&v1::certification::write(draft)))
    }

    pub fn submission_of_bytes(&self, document: Vec<u8>) -> VersionSubmission {
        VersionSubmission {
            signature: Some(self.sign(SIGNATORY, Namespace::Certification, &document)),
            countersignature: Some(self.sign(OFFICIAL, Namespace::Countersignature, &document)),
            people: vec![record(&signatory()), record(&official())],
            document,
        }
    }

    pub fn publish(&self, draft: &Draft) -> certreg::registry::publish::Published {
        let published = self.registry.publish(&draft.certification_id(), self.submission(draft));
        published.unwrap_or_else(|error| panic!("refused: {error}"))
    }
}

pub fn signatory() -> Person {
    person("Ann Example", "ab")
}

pub fn official() -> Person {
    person("Bob Example", "cd")
}
