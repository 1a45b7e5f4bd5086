//! A made-up repository: commits as the store would describe them, and the bytes behind them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    path::PathBuf,
};

use super::{Blobs, CommitFacts, FileFacts, Index};
use crate::{
    domain::{
        CaseStatement, CertificationId, Change, ChangeKind, Code, Commitment, Digest, Draft, Edition, EditionRef,
        Instant, QuestionId, Response, Signer, Supplier, SupplierId, SupportStatement,
        case::{Matter, Subject},
        edition::{CodeMeaning, CommitmentText, Polarity, Question, Section, SupportArea},
    },
    format::{Node, paths, profile, v1},
    signing::{SecretKey, sign},
};

mod damage;
mod kept;
mod passages;
mod reading;
mod writing;

/// A key line of a ring; its fingerprint is what `ssh-keygen -l` printed for it.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti foo@bar.com";

#[derive(Default)]
struct World {
    blobs: HashMap<String, Vec<u8>>,
    commits: Vec<CommitFacts>,
    editions: BTreeMap<String, Digest>,
    documents: BTreeMap<CertificationId, (u32, Digest)>,
    suppliers: BTreeMap<SupplierId, (u32, Digest)>,
    statements: BTreeMap<CertificationId, (u32, Digest)>,
}

impl Blobs for World {
    fn blob(&self, object: &str) -> Result<Vec<u8>, String> {
        self.blobs.get(object).cloned().ok_or_else(|| "there is no such blob".to_owned())
    }
}

fn id(text: &str) -> CertificationId {
    text.parse().expect("an id")
}

fn at(seconds: i64) -> Instant {
    Instant::from_unix_seconds(1_700_000_000 + seconds).expect("a real instant")
}

/// The key of the person who signs first (1) or second (2).
fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn person(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn edition(id: &str, questions: &[&str]) -> Edition {
    let question = |id: &&str| Question {
        id: id.parse().expect("a question"),
        text: format!("What about {id}?"),
        guidance: Vec::new(),
        depends_on: None,
        polarity: Polarity::Positive,
        advice: Vec::new(),
    };
    Edition {
        commitments_introduction: Vec::new(),
        support_introduction: Vec::new(),
        id: id.parse().expect("an id"),
        name: format!("Checklist {id}"),
        introduction: Vec::new(),
        codes: [Code::Green, Code::Amber, Code::Black]
            .map(|code| CodeMeaning { code, meaning: format!("It is {}.", code.in_words()), caveat: None })
            .to_vec(),
        commitments: Commitment::ALL.map(|id| CommitmentText { id, text: id.as_str().to_owned() }).to_vec(),
        sections: vec![Section { number: 3, title: "Data".into(), introduction: Vec::new() }],
        questions: questions.iter().map(question).collect(),
        support_areas: vec![SupportArea {
            id: "s3.1".parse().expect("an area"),
            title: "Response".into(),
            guidance: Vec::new(),
            advice: Vec::new(),
        }],
        mapping: None,
    }
}

impl World {
    /// A registry with one edition (q3.1, q3.2, q3.10, s3.1), the supplier `acme` and its ring; the head is 3.
    fn new() -> World {
        let mut world = World::default();
        world.commit(&[("registry.json", b"{}"), ("authority/allowed_signers", b"# keys"), ("VERIFY.md", b"how")]);
        world.publish_edition(&edition("form-1", &["q3.1", "q3.2", "q3.10"]));
        world.publish_supplier("acme", &["Acme Limited", "Acme Learning"]);
        world.publish_ring("acme", 1, "enrol", KEY);
        world
    }

    fn commit(&mut self, files: &[(&str, &[u8])]) {
        let sequence = self.commits.len() as u64;
        let file = |(path, bytes): &(&str, &[u8])| {
            let digest = Digest::of(bytes);
            let object = digest.hex()[..40].to_owned();
            self.blobs.insert(object.clone(), bytes.to_vec());
            FileFacts { path: (*path).to_owned(), object, digest }
        };
        let files = files.iter().map(file).collect();
        let commit = Digest::of(&sequence.to_be_bytes()).hex()[..40].to_owned();
        // Two commits share each instant.
        self.commits.push(CommitFacts {
            sequence,
            commit,
            time: at(sequence as i64 / 2 * 10),
            files,
            leaf: [sequence as u8; 32],
        });
    }

    fn commit_signed(&mut self, path: &str, node: &Node) -> Digest {
        let bytes = profile::print(node);
        let (sig, countersig) = (format!("{path}.sig"), format!("{path}.countersig"));
        let armour = |seed| sign(&key(seed), "certification@certreg.example", &bytes);
        let (one, two) = (armour(1), armour(2));
        self.commit(&[(path, &bytes), (&sig, one.as_bytes()), (&countersig, two.as_bytes())]);
        Digest::of(&bytes)
    }

    fn publish_edition(&mut self, edition: &Edition) {
        let digest = self.commit_signed(paths::edition(&edition.id).as_str(), &v1::edition::write(edition));
        self.editions.insert(edition.id.to_string(), digest);
    }

    fn publish_supplier(&mut self, supplier: &str, names: &[&str]) {
        let id: SupplierId = supplier.parse().expect("an id");
        let before = self.suppliers.get(&id);
        let record = Supplier {
            registry: "certreg.example".parse().expect("a registry"),
            supplier: id.clone(),
            version: before.map_or(1, |(version, _)| version + 1),
            previous: before.map(|(_, digest)| *digest),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            company_number: None,
            website: Some("https://acme.example/".into()),
            single_signatory: false,
        };
        let digest = self.commit_signed(paths::supplier(&id).as_str(), &v1::supplier::write(&record));
        self.suppliers.insert(id, (record.version, digest));
    }

    fn publish_ring(&mut self, supplier: &str, version: u32, change: &str, key: &str) {
        let path = paths::ring(&supplier.parse().expect("an id"));
        let key = key.rsplit_once(' ').expect("a comment").0;
        let ring = format!(
            "# certreg allowed_signers/v1 supplier={supplier} version={version} change={change}\nsignatory@{supplier} \
             namespaces=\"certification@certreg.example\",valid-after=\"20250101000000Z\" {key} {supplier}-signatory\n"
        );
        self.commit(&[(path.as_str(), ring.as_bytes()), (path.with_suffix(paths::Suffix::Sig).as_str(), b"sig")]);
    }

    /// The next version of `id`: every question of `form-1` green, then changed by `edit`.
    fn draft(&self, id: &CertificationId, edit: impl FnOnce(&mut Draft)) -> Draft {
        let before = self.documents.get(id);
        let kind = if before.is_some() { ChangeKind::Update } else { ChangeKind::Initial };
        let answer = |q: &str| (q.parse::<QuestionId>().expect("a question"), response(Code::Green, "Yes."));
        let signer = |name: &str| Some(Signer { person: person(name), title: Some("Officer".into()) });
        let support = SupportStatement { contacts: Vec::new(), statement: vec!["We answer.".into()] };
        let mut draft = Draft {
            change: Change::of_kind(kind),
            commitments: BTreeSet::new(),
            completed_on: Some("2023-11-01".parse().expect("a day")),
            contact: None,
            edition: EditionRef { digest: self.editions["form-1"], id: "form-1".parse().expect("an id") },
            official: signer("olive"),
            previous: before.map(|(_, digest)| *digest),
            registry: "certreg.example".parse().expect("a registry"),
            responses: ["q3.1", "q3.2", "q3.10"].iter().map(|q| answer(q)).collect(),
            service: id.service.clone(),
            service_name: "Acme Cloud".into(),
            service_url: None,
            signatory: signer("sam"),
            source: None,
            supplier: id.supplier.clone(),
            supplier_name: "Acme Limited".into(),
            support: [("s3.1".parse().expect("an area"), support)].into(),
            version: before.map_or(1, |(version, _)| version + 1),
        };
        edit(&mut draft);
        draft
    }

    fn publish(&mut self, id: &CertificationId, edit: impl FnOnce(&mut Draft)) -> Digest {
        let draft = self.draft(id, edit);
        let digest = self.commit_signed(paths::document(id).as_str(), &v1::certification::write(&draft));
        self.documents.insert(id.clone(), (draft.version, digest));
        digest
    }

    /// The Department's question about the current version.
    fn challenge(&mut self, id: &CertificationId) {
        let (version, digest) = self.documents[id];
        let questions = ["q3.1"].iter().map(|q| q.parse().expect("a question")).collect();
        self.state(
            id,
            Matter::Challenge {
                questions,
                subject: Subject { version, digest },
                due_on: "2023-12-01".parse().expect("a day"),
            },
        );
    }

    /// The next statement about a service, signed by the Department.
    fn state(&mut self, id: &CertificationId, matter: Matter) -> Digest {
        let before = self.statements.get(id).copied();
        let seq = before.map_or(1, |(seq, _)| seq + 1);
        let statement = CaseStatement {
            registry: "certreg.example".parse().expect("a registry"),
            supplier: id.supplier.clone(),
            service: Some(id.service.clone()),
            seq,
            previous: before.map(|(_, digest)| digest),
            stated_on: "2023-11-20".parse().expect("a day"),
            text: vec!["Where is the data kept?".into()],
            matter,
        };
        let path = paths::case_statement(&id.supplier, Some(&id.service), seq);
        let bytes = profile::print(&v1::case::write(&statement));
        let signature = sign(&key(9), "case@certreg.example", &bytes);
        let sig = path.with_suffix(paths::Suffix::Sig);
        self.commit(&[(path.as_str(), &bytes), (sig.as_str(), signature.as_bytes())]);
        let digest = Digest::of(&bytes);
        self.statements.insert(id.clone(), (seq, digest));
        digest
    }

    /// Everything that can happen to two services: six versions, a correction, a re-affirmation, a new edition.
    fn full() -> World {
        let mut world = World::new();
        let (lms, vle) = (id("acme/lms"), id("acme/vle"));
        world.publish(&lms, |_| {}); // 4
        world.publish(&vle, |draft| {
            draft.change.kind = ChangeKind::Transcription;
            draft.signatory = None;
            for response in draft.responses.values_mut() {
                response.code = Some(Code::NotRecorded);
            }
        }); // 5
        world.publish(&lms, |draft| set(draft, "q3.2", Code::Amber, "After 60 days.")); // 6
        world.publish(&lms, |draft| {
            set(draft, "q3.2", Code::Amber, "After 60 days.");
            draft.change.kind = ChangeKind::Reaffirmation;
        }); // 7
        world.publish_edition(&edition("form-2", &["q3.1", "q3.10", "q3.11"])); // 8
        let second = EditionRef { digest: world.editions["form-2"], id: "form-2".parse().expect("an id") };
        world.publish(&lms, |draft| {
            draft.edition = second;
            draft.responses.remove(&"q3.2".parse().expect("a question"));
            set(draft, "q3.11", Code::Black, "Not offered.");
            draft.change.effective_on = Some("2023-12-01".parse().expect("a day"));
        }); // 9
        world.publish_supplier("acme", &["Acme Group plc", "100%_Sure"]); // 10
        world.publish(&vle, |draft| draft.change.kind = ChangeKind::Initial); // 11
        world.publish_ring("acme", 2, "compromised", KEY); // 12
        world.challenge(&lms); // 13
        world
    }

    /// An index of everything, in a folder that lives as long as it.
    fn indexed(&self) -> (tempfile::TempDir, Index) {
        let (folder, path) = place();
        let index = Index::open(&path).expect("an empty index");
        index.apply(&self.commits, self).expect("good commits");
        (folder, index)
    }

    fn rebuilt(&self, path: &std::path::Path) -> Index {
        let commits = self.commits.iter().cloned().map(Ok::<_, Infallible>);
        Index::rebuild(path, commits, self, &mut |_| {}).expect("good commits")
    }
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("index.sqlite");
    (folder, path)
}

fn response(code: Code, words: &str) -> Response {
    Response { code: Some(code), statement: vec![words.into()], evidence: Vec::new() }
}

fn set(draft: &mut Draft, question: &str, code: Code, words: &str) {
    draft.responses.insert(question.parse().expect("a question"), response(code, words));
}
