//! Case statements with real signatures, for a registry of [`super::registry::MadeUp`].

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use certreg::{
    domain::{
        CaseStatement, CertificationId, Digest, RegistryId,
        case::{Matter, ResolutionOutcome, Subject},
    },
    format::{profile, v1},
    index::CaseFolder,
    registry::cases::CaseSubmission,
    signing::{Namespace, SecretKey},
};
use serde_json::{Value, json};

use super::{
    http::Answer,
    registry::{CERTIFICATION, MadeUp, REGISTRY, department, official, parse, signatory, signed},
};

/// The answers named by these ids.
pub fn answers<T: FromIterator<certreg::domain::AnswerId>>(ids: &[&str]) -> T {
    ids.iter().map(|id| parse(id)).collect()
}

/// A statement's exact bytes.
pub fn statement_bytes(statement: &CaseStatement) -> Vec<u8> {
    profile::print(&v1::case::write(statement))
}

/// Signed by the Department.
pub fn by_department(statement: &CaseStatement) -> CaseSubmission {
    signed_by(&department(), statement)
}

/// Signed in `case@R` by one key.
pub fn signed_by(key: &SecretKey, statement: &CaseStatement) -> CaseSubmission {
    let document = statement_bytes(statement);
    CaseSubmission { signature: Some(signed(key, Namespace::Case, &document)), document, countersignature: None }
}

/// Signed by the signatory of the supplier with this number.
pub fn by_signatory(number: u8, statement: &CaseStatement) -> CaseSubmission {
    signed_by(&signatory(number), statement)
}

/// Signed by signatory and official of the supplier with this number.
pub fn by_both(number: u8, statement: &CaseStatement) -> CaseSubmission {
    let submission = by_signatory(number, statement);
    let countersignature = Some(signed(&official(number), Namespace::Countersignature, &submission.document));
    CaseSubmission { countersignature, ..submission }
}

/// A submission as a body of type `application/json`.
pub fn as_json(submission: &CaseSubmission) -> Value {
    let mut json = json!({"document": String::from_utf8(submission.document.clone()).unwrap()});
    for (name, text) in [("signature", &submission.signature), ("countersignature", &submission.countersignature)] {
        if let Some(text) = text {
            json[name] = json!(text);
        }
    }
    json
}

/// A withdrawal.
pub fn withdrawal() -> Matter {
    Matter::Withdrawal { reasons: vec!["It is not as described.".to_owned()] }
}

/// A resolution of the Department's.
pub fn resolution(in_reply_to: Digest, outcome: ResolutionOutcome) -> Matter {
    Matter::Resolution { in_reply_to, outcome }
}

/// A verification of one answer.
pub fn verification(in_reply_to: Digest, question: &str, verified: bool, until: &str) -> Matter {
    Matter::Verification {
        in_reply_to,
        verifier: "Example Assurance Ltd".to_owned(),
        outcomes: BTreeMap::from([(parse(question), verified)]),
        report_sha256: Some(Digest::of(b"a report")),
        valid_until: parse(until),
    }
}

impl MadeUp {
    /// The next statement about [`CERTIFICATION`].
    pub fn statement(&self, matter: Matter) -> CaseStatement {
        self.statement_about(CERTIFICATION, matter)
    }

    /// The next statement about a certification.
    pub fn statement_about(&self, certification: &str, matter: Matter) -> CaseStatement {
        let id: CertificationId = parse(certification);
        let newest = self.registry.index().newest_statement(&CaseFolder::from(&id)).unwrap();
        CaseStatement {
            registry: parse::<RegistryId>(REGISTRY),
            supplier: id.supplier,
            service: Some(id.service),
            seq: newest.map_or(1, |(seq, _)| seq + 1),
            previous: newest.map(|(_, digest)| digest),
            stated_on: self.clock.now().day_in_london(),
            text: vec!["As it is.".to_owned()],
            matter,
        }
    }

    /// The current version of [`CERTIFICATION`] as a subject.
    pub fn subject(&self) -> Subject {
        let current = self.registry.certification(&parse(CERTIFICATION)).unwrap().current.publication;
        Subject { version: current.version, digest: current.digest }
    }

    /// A question about q5.7 of the current version.
    pub fn challenge(&self, due_on: &str) -> CaseStatement {
        let (questions, subject, due_on) = (answers(&["q5.7"]), self.subject(), parse(due_on));
        self.statement(Matter::Challenge { questions, subject, due_on })
    }

    /// Independent verification of q5.7 of the current version is required.
    pub fn requirement(&self, due_on: &str) -> CaseStatement {
        let (questions, subject, due_on) = (answers(&["q5.7"]), self.subject(), parse(due_on));
        self.statement(Matter::VerificationRequired { questions, subject, due_on })
    }

    /// A clarification of q5.7.
    pub fn clarification(&self, in_reply_to: Digest) -> CaseStatement {
        self.statement(Matter::Clarification { in_reply_to, questions: answers(&["q5.7"]) })
    }

    /// Submits over HTTP, as JSON.
    pub async fn post_case(&self, submission: &CaseSubmission) -> Answer {
        self.send_json(Method::POST, "/v1/cases", &as_json(submission)).await
    }

    /// Submits what must be let in, and gives its digest.
    #[track_caller]
    pub fn state(&self, submission: CaseSubmission) -> Digest {
        self.registry.submit_case(submission).unwrap().statement.stated.digest
    }

    /// The state and the codes of everything that stands beside [`CERTIFICATION`].
    pub async fn standing(&self) -> (String, Vec<String>) {
        let answer = self.get(&format!("/v1/certifications/{CERTIFICATION}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        told(&answer.json()["standing"])
    }
}

/// The state and the codes of a standing.
pub fn told(standing: &Value) -> (String, Vec<String>) {
    let codes = standing["conditions"].as_array().unwrap().iter();
    let codes = codes.map(|condition| condition["code"].as_str().unwrap().to_owned()).collect();
    (standing["state"].as_str().unwrap().to_owned(), codes)
}
