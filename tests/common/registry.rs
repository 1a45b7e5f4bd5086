//! A real registry in a temporary folder: made-up suppliers, keys made on the spot, a clock that is set by hand.
//!
//! ```text
//! let mut made = MadeUp::new();                  editions published, supplier registered, keys enrolled
//! let first = made.publish(made.draft());        version 1 of example-learning/example-cloud
//! ```

use std::{path::Path, sync::Arc};

use certreg::{
    domain::{
        CertificationId, Change, ChangeKind, Code, Commitment, Contact, Digest, Draft, Edition, EditionId, EditionRef,
        Freshness, Instant, Person, QuestionId, RegistryId, RegistrySettings, Response, Signer, Source, Supplier,
        SupplierId, SupportContact, SupportStatement,
    },
    format::{profile, v1},
    registry::{
        Clock, Registry, ServerKeys,
        enrol::{Accepted, SignedFile, SignedKeyRequest},
        genesis::{Admission, Proposal},
        publish::{Published, VersionSubmission},
    },
    signing::{KeyRing, Namespace, RingKey, Role, SecretKey, Window, sign},
};

/// The registry's id.
pub const REGISTRY: &str = "certreg.example";
/// The certification that tests are about.
pub const CERTIFICATION: &str = "example-learning/example-cloud";
/// The older edition's file.
pub const DPA: &[u8] = include_bytes!("../../registry/editions/dfe-2016-dpa.json");
/// The newer edition's file.
pub const GDPR: &[u8] = include_bytes!("../../registry/editions/dfe-2018-gdpr.json");

/// A registry with everything that its tests need to act as Department and suppliers.
pub struct MadeUp {
    /// The open registry.
    pub registry: Arc<Registry>,
    /// Its clock.
    pub clock: Clock,
    /// Its data folder, deleted at the end.
    pub folder: tempfile::TempDir,
}

/// A key that is the same in every run.
pub fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// The keys of the server.
pub fn server() -> ServerKeys {
    ServerKeys { registry: key(3), log: key(4) }
}

/// The Department's key.
pub fn department() -> SecretKey {
    key(2)
}

/// The signatory's key of the supplier with this number.
pub fn signatory(supplier: u8) -> SecretKey {
    key(10 * supplier)
}

/// The official's key of the supplier with this number.
pub fn official(supplier: u8) -> SecretKey {
    key(10 * supplier + 1)
}

/// Reads what cannot be wrong.
pub fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// The person who completes documents of the supplier with this number.
pub fn completer(supplier: u8) -> Person {
    person(&format!("Ann Example {supplier}"), &format!("a{supplier}"))
}

/// The person who verifies them.
pub fn verifier(supplier: u8) -> Person {
    person(&format!("Bob Sample {supplier}"), &format!("b{supplier}"))
}

fn person(name: &str, salt: &str) -> Person {
    Person { email: None, name: name.to_owned(), salt: salt.repeat(32), telephone: None }
}

/// A person record's exact bytes.
pub fn record(person: &Person) -> Vec<u8> {
    profile::print(&v1::person::write(person))
}

/// A document's exact bytes.
pub fn bytes(draft: &Draft) -> Vec<u8> {
    profile::print(&v1::certification::write(draft))
}

/// Signs `document` in a namespace of this registry.
pub fn signed(key: &SecretKey, namespace: Namespace, document: &[u8]) -> String {
    sign(key, &namespace.at(&parse::<RegistryId>(REGISTRY)), document)
}

impl MadeUp {
    /// With both editions, and supplier 1 (`example-learning`) registered and enrolled; nothing published.
    pub fn new() -> MadeUp {
        let made = MadeUp::empty(false);
        made.edition(DPA);
        made.edition(GDPR);
        made.supplier("example-learning", 1, false);
        made
    }

    /// With commit 0 only.
    pub fn empty(simulated_dates: bool) -> MadeUp {
        let folder = tempfile::tempdir().unwrap();
        let begun: Instant = parse("2023-11-01T10:00:00Z");
        let clock = Clock::standing_at(begun);
        let settings = RegistrySettings {
            registry: parse(REGISTRY),
            name: "Test register".to_owned(),
            authority_name: "Test authority".to_owned(),
            content_licence: "OGL-UK-3.0".to_owned(),
            freshness: Freshness::default(),
            simulated_dates,
        };
        let proposal = Proposal { settings, registry_key: key(3).public(), log_key: key(4).public() };
        let authority = proposal.admit(key(1).public(), department().public(), begun).unwrap().print();
        let signatures = vec![signed(&key(1), Namespace::Root, authority.as_bytes())];
        let admission = Admission { authority, signatures };
        let data = folder.path().join("data");
        let registry = Registry::create(&data, &proposal, &admission, server(), clock.clone()).unwrap();
        MadeUp { registry: Arc::new(registry), clock, folder }
    }

    /// The data folder.
    pub fn data(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("data")
    }

    /// Sets the clock.
    pub fn at(&self, instant: &str) -> &MadeUp {
        self.clock.set(parse(instant));
        self
    }

    /// The newest sequence: what must not move when something is refused.
    pub fn sequence(&self) -> u64 {
        self.registry.index().latest_sequence().unwrap().unwrap()
    }

    /// Signs a file as the Department.
    pub fn by_department(&self, namespace: Namespace, document: &[u8]) -> SignedFile {
        let signature = Some(signed(&department(), namespace, document));
        SignedFile { document: document.to_vec(), signature }
    }

    /// Publishes an edition.
    pub fn edition(&self, file: &[u8]) -> Accepted {
        let edition = v1::stored(file, v1::edition::read).unwrap().value;
        self.registry.put_edition(&edition.id, self.by_department(Namespace::Editions, file)).unwrap()
    }

    /// Registers a supplier and enrols its keys from now on.
    pub fn supplier(&self, id: &str, number: u8, single_signatory: bool) {
        let id: SupplierId = parse(id);
        let record = supplier_record(&id, single_signatory);
        self.registry.put_supplier(&id, self.by_department(Namespace::Keys, &record)).unwrap();
        let ring = first_ring(&id, number, single_signatory, self.clock.now());
        let requests = key_requests(&id, number, single_signatory);
        self.registry.put_ring(&id, self.by_department(Namespace::Keys, &ring), requests).unwrap();
    }

    /// An edition that was published.
    pub fn published_edition(&self, id: &str) -> Arc<Edition> {
        self.registry.edition(&parse::<EditionId>(id)).unwrap()
    }

    /// A first version of [`CERTIFICATION`]: every answer green.
    pub fn draft(&self) -> Draft {
        self.draft_of(CERTIFICATION, 1)
    }

    /// A first version of a service of the supplier with this number.
    pub fn draft_of(&self, certification: &str, number: u8) -> Draft {
        let id: CertificationId = parse(certification);
        let edition = self.published_edition("dfe-2016-dpa");
        let signer = |person: &Person, title: &str| {
            Some(Signer { person: v1::person::digest(person), title: Some(title.to_owned()) })
        };
        Draft {
            change: Change::of_kind(ChangeKind::Initial),
            commitments: Commitment::ALL.into_iter().collect(),
            completed_on: Some(self.clock.now().day_in_london()),
            contact: Some(Contact {
                email: Some("privacy@example.org".to_owned()),
                telephone: Some("01274 713425".to_owned()),
                ..Contact::default()
            }),
            edition: EditionRef { digest: Digest::of(DPA), id: edition.id.clone() },
            official: signer(&verifier(number), "Director of Technology"),
            previous: None,
            registry: parse(REGISTRY),
            responses: edition.questions.iter().map(|question| (question.id, green(&["Yes."]))).collect(),
            service: id.service.clone(),
            service_name: "Example Cloud".to_owned(),
            service_url: Some("https://example.org/cloud".to_owned()),
            signatory: signer(&completer(number), "Data Protection Lead"),
            source: None,
            supplier: id.supplier,
            supplier_name: "Example Learning Ltd".to_owned(),
            support: edition.support_areas.iter().map(|area| (area.id, support())).collect(),
            version: 1,
        }
    }

    /// The draft that follows the current version of [`CERTIFICATION`]: an update with nothing changed yet.
    pub fn next(&self) -> Draft {
        self.next_of(CERTIFICATION)
    }

    /// The draft that follows the current version.
    pub fn next_of(&self, certification: &str) -> Draft {
        let current = self.registry.certification(&parse(certification)).unwrap().current;
        let mut draft = Draft::clone(&*self.registry.content(&current).unwrap());
        draft.version += 1;
        draft.previous = Some(current.publication.digest);
        draft.completed_on = Some(self.clock.now().day_in_london());
        draft.change = Change::of_kind(ChangeKind::Update);
        draft
    }

    /// A submission with both signatures of the supplier with this number, and every record that may be needed.
    pub fn submission_of(&self, draft: &Draft, number: u8) -> VersionSubmission {
        submission(bytes(draft), number, draft.version == 1)
    }

    /// The same for supplier 1.
    pub fn submission(&self, draft: &Draft) -> VersionSubmission {
        self.submission_of(draft, 1)
    }

    /// Publishes a version by supplier 1.
    pub fn publish(&self, draft: &Draft) -> Published {
        let id = draft.certification_id();
        self.registry.publish(&id, self.submission(draft)).unwrap()
    }

    /// Three versions over a year: everything green; q5.7 amber; a figure changed.
    pub fn history(&self) -> &MadeUp {
        self.publish(&self.draft());
        self.at("2024-05-02T09:00:00Z");
        let mut second = self.next();
        second.responses.insert(question("q5.7"), amber(&["Data is kept for 60 days and then deleted."]));
        second.change.service_changed_on = Some(parse("2024-04-22"));
        self.publish(&second);
        self.at("2024-11-02T09:00:00Z");
        let mut third = self.next();
        third.responses.insert(question("q5.7"), amber(&["Data is kept for 30 days and then deleted."]));
        third.change.summary = vec!["Data is deleted sooner.".to_owned()];
        self.publish(&third);
        self.at("2025-01-15T12:00:00Z");
        self
    }

    /// A transcription of a supplier without keys.
    pub fn transcription(&self, certification: &str) -> Draft {
        let id: CertificationId = parse(certification);
        let edition = self.published_edition("dfe-2018-gdpr");
        let not_recorded =
            Response { code: Some(Code::NotRecorded), statement: vec!["As published.".to_owned()], evidence: vec![] };
        Draft {
            change: Change { not_before: Some(parse("2018-05-25")), ..Change::of_kind(ChangeKind::Transcription) },
            commitments: Default::default(),
            completed_on: None,
            contact: None,
            edition: EditionRef { digest: Digest::of(GDPR), id: edition.id.clone() },
            official: None,
            previous: None,
            registry: parse(REGISTRY),
            responses: edition.questions.iter().map(|question| (question.id, not_recorded.clone())).collect(),
            service: id.service.clone(),
            service_name: "Transcribed Service".to_owned(),
            service_url: None,
            signatory: None,
            source: Some(Source { sha256: Digest::of(b"a file"), title: "A published statement".to_owned() }),
            supplier: id.supplier,
            supplier_name: "Silent Supplier Ltd".to_owned(),
            support: Default::default(),
            version: 1,
        }
    }

    /// Registers a supplier without keys and publishes the Department's transcription of its statement.
    pub fn transcribe(&self, certification: &str) -> Published {
        let draft = self.transcription(certification);
        let record = supplier_record(&draft.supplier, false);
        self.registry.put_supplier(&draft.supplier, self.by_department(Namespace::Keys, &record)).unwrap();
        let document = bytes(&draft);
        let signature = Some(signed(&department(), Namespace::Transcription, &document));
        let submission = VersionSubmission { document, signature, ..VersionSubmission::default() };
        self.registry.publish(&draft.certification_id(), submission).unwrap()
    }
}

/// A question's id.
pub fn question(id: &str) -> QuestionId {
    parse(id)
}

/// A green answer.
pub fn green(statement: &[&str]) -> Response {
    answer(Code::Green, statement)
}

/// An amber answer.
pub fn amber(statement: &[&str]) -> Response {
    answer(Code::Amber, statement)
}

/// An answer.
pub fn answer(code: Code, statement: &[&str]) -> Response {
    let statement = statement.iter().map(|&paragraph| paragraph.to_owned()).collect();
    Response { code: Some(code), statement, evidence: Vec::new() }
}

/// A statement on support, with a contact in the UK.
pub fn support() -> SupportStatement {
    let contact = SupportContact {
        email: Some("support@example.org".to_owned()),
        hours: Some("Mon–Fri 09:00–17:00".to_owned()),
        telephone: Some("01274 713425".to_owned()),
    };
    SupportStatement { contacts: vec![contact], statement: vec!["We help.".to_owned()] }
}

/// Both signatures of the supplier with this number over exact bytes.
pub fn submission(document: Vec<u8>, number: u8, with_people: bool) -> VersionSubmission {
    let people = [completer(number), verifier(number)];
    VersionSubmission {
        signature: Some(signed(&signatory(number), Namespace::Certification, &document)),
        countersignature: Some(signed(&official(number), Namespace::Countersignature, &document)),
        document,
        people: if with_people { people.iter().map(record).collect() } else { Vec::new() },
    }
}

/// The Department's record of a supplier, version 1.
pub fn supplier_record(id: &SupplierId, single_signatory: bool) -> Vec<u8> {
    profile::print(&v1::supplier::write(&Supplier {
        registry: parse(REGISTRY),
        supplier: id.clone(),
        version: 1,
        previous: None,
        names: vec!["Example Learning Ltd".to_owned()],
        company_number: Some("01234567".to_owned()),
        website: Some("https://example.org".to_owned()),
        single_signatory,
    }))
}

fn roles(number: u8, single_signatory: bool) -> Vec<(Role, SecretKey)> {
    let mut roles = vec![(Role::Signatory, signatory(number))];
    if !single_signatory {
        roles.push((Role::Official, official(number)));
    }
    roles
}

/// The first ring of the supplier with this number.
pub fn first_ring(id: &SupplierId, number: u8, single_signatory: bool, from: Instant) -> Vec<u8> {
    let window = Window::new(from, None).unwrap();
    let keys = roles(number, single_signatory)
        .into_iter()
        .map(|(role, key)| RingKey::new(role, key.public(), window))
        .collect();
    KeyRing::first(parse(REGISTRY), id.clone(), keys).unwrap().print().into_bytes()
}

/// The signed requests of its keys.
pub fn key_requests(id: &SupplierId, number: u8, single_signatory: bool) -> Vec<SignedKeyRequest> {
    let request = |(role, key): (Role, SecretKey)| {
        let document = profile::print(&v1::key_request::write(&certreg::domain::KeyRequest {
            registry: parse(REGISTRY),
            supplier: id.clone(),
            role: role.as_str().to_owned(),
            key: key.public().line(),
        }));
        SignedKeyRequest { signature: signed(&key, Namespace::Enrolment, &document), document, old_signature: None }
    };
    roles(number, single_signatory).into_iter().map(request).collect()
}
