//! A small made-up edition and documents that answer it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    Change, ChangeKind, Code, Commitment, Contact, Correction, Digest, Draft, Edition, EditionRef, Evidence, Response,
    Signer, Source, SupportContact, SupportStatement,
    edition::{CodeMeaning, CommitmentText, Polarity, Question, Section, SupportArea},
};

pub(super) fn edition() -> Edition {
    let question = |id: &str, text: &str, polarity| Question {
        id: id.parse().unwrap(),
        text: text.to_owned(),
        guidance: Vec::new(),
        depends_on: None,
        polarity,
        advice: Vec::new(),
    };
    Edition {
        commitments_introduction: Vec::new(),
        support_introduction: Vec::new(),
        id: "small".parse().unwrap(),
        name: "A small checklist".to_owned(),
        introduction: vec!["Every school has to be satisfied.".to_owned()],
        codes: vec![
            CodeMeaning { code: Code::Green, meaning: "It fully meets the issue.".to_owned(), caveat: None },
            CodeMeaning {
                code: Code::Amber,
                meaning: "It cannot be confirmed.".to_owned(),
                caveat: Some("A single \"Amber\" is not necessarily a negative.".to_owned()),
            },
        ],
        commitments: vec![
            CommitmentText {
                id: Commitment::IndependentlyVerified,
                text: "that it was verified by [official] who is a senior company official".to_owned(),
            },
            CommitmentText { id: Commitment::UpdatePromptly, text: "that they will update promptly".to_owned() },
        ],
        sections: vec![Section {
            number: 4,
            title: "Data".to_owned(),
            introduction: vec!["[supplier] answers for [service], see [service_url].".to_owned()],
        }],
        questions: vec![
            question("q4.1", "Do you act as a data controller?", Polarity::Neutral),
            Question {
                guidance: vec!["About encryption.".to_owned()],
                ..question("q4.2", "Is data encrypted?", Polarity::Positive)
            },
            question("q4.10", "Do you transfer data?", Polarity::Positive),
        ],
        support_areas: vec![SupportArea {
            id: "s3.1".parse().unwrap(),
            title: "Addressing Serious Incidents".to_owned(),
            guidance: vec!["Give a UK phone number.".to_owned()],
            advice: Vec::new(),
        }],
        mapping: None,
    }
}

/// A supplier's own third version, signed by two, in which every text that a supplier chooses is `text`.
pub(super) fn draft_saying(text: &str) -> Draft {
    let say = || text.to_owned();
    let response = |code| Response { code: Some(code), statement: vec![say(), say()], evidence: Vec::new() };
    let signer = |salt: &[u8]| Signer { person: Digest::of(salt), title: Some(say()) };
    let evidence = Evidence {
        title: say(),
        url: "https://example.org/a_b?c=1&d=*2*".to_owned(),
        sha256: None,
        dated_on: "2026-01-31".parse().ok(),
    };
    Draft {
        change: Change {
            summary: vec![say()],
            corrections: vec![Correction {
                question: "q4.2".parse().unwrap(),
                wrong_since: "2026-01-10".parse().unwrap(),
            }],
            ..Change::of_kind(ChangeKind::Update)
        },
        commitments: BTreeSet::from([Commitment::IndependentlyVerified]),
        completed_on: "2026-11-21".parse().ok(),
        contact: Some(Contact {
            address: vec![say(), say()],
            email: Some("privacy@example.org".to_owned()),
            person: Some(Digest::of(b"contact")),
            telephone: Some("+44 1274 713425".to_owned()),
        }),
        edition: EditionRef { digest: Digest::of(b"edition"), id: "small".parse().unwrap() },
        official: Some(signer(b"official")),
        previous: Some(Digest::of(b"previous")),
        registry: "certreg.example".parse().unwrap(),
        responses: BTreeMap::from([
            ("q4.1".parse().unwrap(), response(Code::Green)),
            ("q4.2".parse().unwrap(), Response { evidence: vec![evidence], ..response(Code::Amber) }),
        ]),
        service: "example-cloud".parse().unwrap(),
        service_name: say(),
        service_url: Some("https://example.org".to_owned()),
        signatory: Some(signer(b"signatory")),
        source: None,
        supplier: "example-learning".parse().unwrap(),
        supplier_name: say(),
        support: BTreeMap::from([(
            "s3.1".parse().unwrap(),
            SupportStatement {
                contacts: vec![SupportContact {
                    email: Some("support@example.org".to_owned()),
                    hours: Some(say()),
                    telephone: Some("+44 1274 713425".to_owned()),
                }],
                statement: vec![say()],
            },
        )]),
        version: 3,
    }
}

pub(super) fn draft() -> Draft {
    let mut draft = draft_saying("Words of the supplier.");
    draft.service_name = "Example Cloud".to_owned();
    draft.supplier_name = "Example Learning Ltd".to_owned();
    let title = |signer: &mut Option<Signer>, title: &str| {
        signer.as_mut().unwrap().title = Some(title.to_owned());
    };
    title(&mut draft.official, "Director of Technology");
    title(&mut draft.signatory, "Data Protection Officer");
    draft
}

pub(super) fn transcription() -> Draft {
    let mut draft = draft();
    draft.change = Change {
        not_before: "2015-01-01".parse().ok(),
        not_after: "2016-12-31".parse().ok(),
        ..Change::of_kind(ChangeKind::Transcription)
    };
    draft.signatory = None;
    draft.completed_on = None;
    draft.source = Some(Source { sha256: Digest::of(b"file"), title: "Statement as published".to_owned() });
    draft.official.as_mut().unwrap().title = None;
    for response in draft.responses.values_mut() {
        response.code = Some(Code::NotRecorded);
    }
    draft.responses.remove(&"q4.10".parse().unwrap());
    draft
}
