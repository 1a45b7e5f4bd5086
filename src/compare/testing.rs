//! A made-up supplier and small editions, for the tests of this module.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change as Changed, Comparison, RULES, Side, versions};
use crate::domain::{
    AnswerId, CertificationId, Change, ChangeKind, Code, Commitment, Contact, Correction, Day, Digest, Draft, Edition,
    EditionRef, Response, Signer, SupportContact, SupportStatement,
    edition::{CodeMeaning, EditionMapping, MappingEntry, Polarity, Question, Relation, SupportArea},
    version::Publication,
};

pub(super) fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub(super) fn id(text: &str) -> AnswerId {
    text.parse().expect("an answer")
}

/// Questions of the small edition; the fourth column is what it depends on.
const QUESTIONS: [(&str, &str, Option<&str>); 10] = [
    ("q3.1", "Does your standard contract fully comply with the DPA?", None),
    ("q3.2", "If it does not, do you offer additional commitments?", Some("q3.1")),
    ("q5.7", "Does your cloud service ensure that data at rest is encrypted?", None),
    ("q5.10", "Does your service provide defined timescales for deletion?", None),
    ("q5.12", "Can users access a complete copy of their data?", None),
    ("q6.6", "Is information on your recovery plan made available to customers?", None),
    ("q8.1", "Do you limit the transfer of personal data to countries within the EEA?", None),
    ("q8.2", "If you transfer data outside the EEA, do you explain when?", Some("q8.1")),
    ("q8.3", "If you transfer data outside the EEA, do you use the model clauses?", Some("q8.1")),
    ("q9.1", "Do you enter into a legally binding obligation not to serve advertisements?", None),
];

pub(super) fn edition() -> Edition {
    let question = |(id, text, parent): &(&str, &str, Option<&str>)| Question {
        id: id.parse().expect("a question"),
        text: (*text).into(),
        guidance: Vec::new(),
        depends_on: parent.map(|parent| parent.parse().expect("a question")),
        polarity: Polarity::Positive,
        advice: vec![format!("Ask the supplier about {id}.")],
    };
    let area = |(id, title): (&str, &str)| SupportArea {
        id: id.parse().expect("a support area"),
        title: title.into(),
        guidance: Vec::new(),
        advice: vec!["Tell your emergency team.".into()],
    };
    Edition {
        commitments_introduction: Vec::new(),
        support_introduction: Vec::new(),
        id: "made-up-2016".parse().expect("an edition"),
        name: "Made-up wording (2016)".into(),
        introduction: Vec::new(),
        codes: vec![CodeMeaning {
            code: Code::Amber,
            meaning: "Not able to confirm.".into(),
            caveat: Some("A single Amber is not necessarily a negative.".into()),
        }],
        commitments: Vec::new(),
        sections: Vec::new(),
        questions: QUESTIONS.iter().map(question).collect(),
        support_areas: [("s3.1", "Addressing Serious Incidents"), ("s3.4", "Restoring Data")].map(area).into(),
        mapping: None,
    }
}

/// The same questions, of which q3.1 is reworded, q5.12 no longer asked, and q9.2 new.
pub(super) fn newer_edition() -> Edition {
    let mut edition = edition();
    edition.id = "made-up-2018".parse().expect("an edition");
    edition.name = "Made-up wording (2018)".into();
    edition.questions[0].text = "Does your standard contract fully comply with the GDPR?".into();
    edition.questions.retain(|question| question.id.to_string() != "q5.12");
    let mut added = edition.questions[0].clone();
    (added.id, added.text) = ("q9.2".parse().expect("a question"), "Do you mine data for advertisements?".into());
    edition.questions.push(added);
    let entry = |relation, older: &[&str], newer: &[&str]| MappingEntry {
        relation,
        older: older.iter().map(|text| id(text)).collect(),
        newer: newer.iter().map(|text| id(text)).collect(),
    };
    let kept = ["q3.2", "q5.7", "q5.10", "q6.6", "q8.1", "q8.2", "q8.3", "q9.1", "s3.1", "s3.4"];
    let mut entries: Vec<MappingEntry> = kept.iter().map(|text| entry(Relation::Same, &[*text], &[*text])).collect();
    entries.push(entry(Relation::Reworded, &["q3.1"], &["q3.1"]));
    entries.push(entry(Relation::Dropped, &["q5.12"], &[]));
    entries.push(entry(Relation::Added, &[], &["q9.2"]));
    let older_digest = Digest::of(b"made-up-2016");
    edition.mapping =
        Some(EditionMapping { older: "made-up-2016".parse().expect("an edition"), older_digest, entries });
    edition
}

/// A version under construction; every method changes it and gives it back.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub content: Draft,
    pub edition: Edition,
    pub publication: Option<Publication>,
}

/// Version 1, initial, everything green, published on 4 September 2023.
pub(super) fn made() -> Made {
    let edition = edition();
    let statement = |text: &str| vec![text.to_owned()];
    let green = |text: &str| Response { code: Some(Code::Green), statement: statement(text), evidence: Vec::new() };
    let responses = edition.questions.iter().map(|question| {
        let text = match question.id.to_string().as_str() {
            "q5.10" => "Yes. All data is securely erased after 60 days.",
            "q5.12" => "Yes. A copy can be had for 60 days after the end of the contract.",
            "q8.1" => "Yes. Data is held in Ireland and never leaves the EEA.",
            "q9.1" => "Yes. Our contract holds this binding obligation and advertisements are never shown.",
            _ => "Yes. Our service does what was asked here in every respect.",
        };
        (question.id, green(text))
    });
    let support = |text: &str, contacts| SupportStatement { contacts, statement: statement(text) };
    let emergency = SupportContact {
        email: Some("support@example.org".into()),
        hours: None,
        telephone: Some("0161 496 0000".into()),
    };
    let signer =
        |name: &str, title: &str| Some(Signer { person: Digest::of(name.as_bytes()), title: Some(title.into()) });
    let mut responses: BTreeMap<_, _> = responses.collect();
    for child in ["q3.2", "q8.2", "q8.3"] {
        let response = responses.get_mut(&child.parse().expect("a question")).expect("it is in the edition");
        (response.code, response.statement) = (Some(Code::Black), statement("Does not apply: see the answer before."));
    }
    let content = Draft {
        change: Change::of_kind(ChangeKind::Initial),
        commitments: Commitment::ALL.into_iter().collect::<BTreeSet<_>>(),
        completed_on: Some(day("2023-09-01")),
        contact: Some(Contact { email: Some("privacy@example.org".into()), ..Contact::default() }),
        edition: EditionRef { digest: Digest::of(b"made-up-2016"), id: edition.id.clone() },
        official: signer("Official One", "Director of Technology"),
        previous: None,
        registry: "certreg.example".parse().expect("a registry id"),
        responses,
        service: "example-cloud".parse().expect("a service"),
        service_name: "Example Cloud".into(),
        service_url: None,
        signatory: signer("Signatory One", "Compliance Officer"),
        source: None,
        supplier: "example-learning".parse().expect("a supplier"),
        supplier_name: "Example Learning Ltd".into(),
        support: BTreeMap::from([
            ("s3.1".parse().expect("an area"), support("Ask our support team at any time.", vec![emergency])),
            ("s3.4".parse().expect("an area"), support("Data can be restored for 60 days.", Vec::new())),
        ]),
        version: 1,
    };
    Made { content, edition, publication: None }.published("2023-09-04")
}

impl Made {
    pub(super) fn side(&self) -> Side<'_> {
        Side { content: &self.content, edition: &self.edition, publication: self.publication.as_ref() }
    }

    /// The following version, an update, published at noon of that day.
    pub(super) fn next(&self, day: &str) -> Made {
        let mut next = self.clone();
        next.content.version += 1;
        next.content.change = Change::of_kind(ChangeKind::Update);
        next.published(day)
    }

    pub(super) fn published(mut self, on: &str) -> Made {
        let version = self.content.version;
        self.publication = Some(Publication {
            certification: CertificationId::new(self.content.supplier.clone(), self.content.service.clone()),
            version,
            sequence: u64::from(version) * 10,
            published_at: day(on).starts_at().plus_seconds(12 * 3600),
            digest: Digest::of(&version.to_be_bytes()),
        });
        self
    }

    pub(super) fn kind(mut self, kind: ChangeKind) -> Made {
        self.content.change.kind = kind;
        self
    }

    pub(super) fn code(mut self, question: &str, code: Code) -> Made {
        self.response(question).code = Some(code);
        self
    }

    pub(super) fn says(mut self, answer: &str, text: &str) -> Made {
        let paragraphs = text.split('\n').filter(|text| !text.is_empty()).map(str::to_owned).collect();
        match id(answer) {
            AnswerId::Question(_) => self.response(answer).statement = paragraphs,
            AnswerId::Support(area) => self.content.support.entry(area).or_default().statement = paragraphs,
        }
        self
    }

    pub(super) fn corrects(mut self, question: &str, wrong_since: &str) -> Made {
        self.content.change.corrections.push(Correction { question: id(question), wrong_since: day(wrong_since) });
        self
    }

    pub(super) fn edit(mut self, edit: impl FnOnce(&mut Draft)) -> Made {
        edit(&mut self.content);
        self
    }

    /// Answers the newer edition from now on.
    pub(super) fn in_newer_edition(mut self) -> Made {
        self.edition = newer_edition();
        self.content.edition = EditionRef { digest: Digest::of(b"made-up-2018"), id: self.edition.id.clone() };
        self.content.responses.remove(&"q5.12".parse().expect("a question"));
        self.says("q9.2", "Never.").code("q9.2", Code::Green)
    }

    /// Every colour unknown, nobody signed, nothing promised.
    pub(super) fn transcribed(mut self) -> Made {
        self.content.responses.values_mut().for_each(|response| response.code = Some(Code::NotRecorded));
        (self.content.official, self.content.signatory) = (None, None);
        (self.content.completed_on, self.content.contact) = (None, None);
        self.content.commitments.clear();
        self.content.support.values_mut().for_each(|support| support.contacts.clear());
        self.kind(ChangeKind::Transcription)
    }

    fn response(&mut self, question: &str) -> &mut Response {
        let empty = Response { code: None, statement: Vec::new(), evidence: Vec::new() };
        self.content.responses.entry(question.parse().expect("a question")).or_insert(empty)
    }
}

/// Compares, and checks that every reason given is a published one, of no more importance than the change has.
pub(super) fn compare(old: &Made, new: &Made) -> Comparison {
    let comparison = versions(old.side(), new.side());
    for change in &comparison.changes {
        for reason in std::iter::once(&change.reason).chain(&change.further_reasons) {
            let rule =
                RULES.iter().find(|rule| rule.reason == *reason).unwrap_or_else(|| panic!("{reason} is not published"));
            assert!(rule.importance <= change.importance || rule.reason == "corrected", "{change:#?}");
        }
    }
    comparison
}

/// The change of that key, which must be there.
pub(super) fn find(comparison: &Comparison, key: &str) -> Changed {
    let found = comparison.changes.iter().find(|change| change.about.key() == key);
    found.unwrap_or_else(|| panic!("no change of {key} in {:#?}", comparison.changes)).clone()
}
