//! `certreg/case@1`: a signed statement about a certification or a supplier.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use crate::{
    domain::{
        AnswerId, CaseStatement, CertificationId, Faults,
        case::{Matter, ResolutionOutcome, Subject},
    },
    format::{
        Node,
        fields::{Object, Reader, read_document},
    },
};

/// The value of member `format`.
pub const FORMAT: &str = "certreg/case@1";

/// Reads a case statement. The members of a type that is not known here are left alone.
///
/// # Errors
/// Every fault of shape: unknown or missing members of a known type, a chain that does not begin with 1, a
/// statement in the wrong kind of folder.
pub fn read(node: Node) -> Result<CaseStatement, Faults> {
    read_document(node, |r| {
        let format = r.format(FORMAT);
        let (registry, supplier, service) = (r.required("registry"), r.required("supplier"), r.parsed("service"));
        let (seq, previous) = (r.required_number("seq"), r.parsed("previous"));
        if seq.is_some_and(|seq| seq > 99_999) {
            r.fault("seq", "out-of-range", "Statements are numbered from 1 to 99999.");
        }
        if seq.is_some_and(|seq| seq == 0 || (seq > 1) != previous.is_some()) {
            r.fault(
                "previous",
                "bad-chain",
                "Statements are numbered from 1; 'previous' names the digest of the one before, from 2 on.",
            );
        }
        let (stated_on, text) = (r.required("stated_on"), r.texts("text"));
        if text.is_empty() {
            r.fault("text", "missing-member", "'text' says in words what is stated.");
        }
        let name = r.required_text("type");
        let matter = name.and_then(|name| read_matter(&name, r));
        let wants_service = matter.as_ref().and_then(Matter::is_about_the_supplier).map(|supplier| !supplier);
        if wants_service.is_some_and(|wants| wants != service.is_some()) {
            r.fault(
                "service",
                "wrong-folder",
                "'service' stands in statements about a service, and not in those about the supplier.",
            );
        }
        format?;
        Some(CaseStatement {
            registry: registry?,
            supplier: supplier?,
            service,
            seq: seq?,
            previous,
            stated_on: stated_on?,
            text,
            matter: matter?,
        })
    })
}

fn read_matter(name: &str, r: &mut Reader<'_>) -> Option<Matter> {
    match name {
        "challenge" | "verification_required" => {
            let (questions, subject, due_on) = (set(r, "questions"), subject(r), r.required("due_on"));
            let (questions, subject, due_on) = (questions?, subject?, due_on?);
            Some(match name {
                "challenge" => Matter::Challenge { questions, subject, due_on },
                _ => Matter::VerificationRequired { questions, subject, due_on },
            })
        }
        "clarification" => {
            let (in_reply_to, questions) = (r.required("in_reply_to"), set(r, "questions"));
            Some(Matter::Clarification { in_reply_to: in_reply_to?, questions: questions? })
        }
        "resolution" => {
            let parse = |text: &str| ResolutionOutcome::ALL.into_iter().find(|(_, name)| *name == text).map(|(o, _)| o);
            let choices = "answered_by_version, clarified, not_upheld or withdrawn";
            let (in_reply_to, outcome) = (r.required("in_reply_to"), r.required_one_of("outcome", parse, choices));
            Some(Matter::Resolution { in_reply_to: in_reply_to?, outcome: outcome? })
        }
        "verification" => read_verification(r),
        "withdrawal" => Some(Matter::Withdrawal { reasons: r.texts("reasons") }),
        "closure" => {
            let (ends_on, data_deleted_by, reasons) =
                (r.required("ends_on"), r.parsed("data_deleted_by"), r.texts("reasons"));
            Some(Matter::Closure { ends_on: ends_on?, data_deleted_by, reasons })
        }
        "reinstatement" => Some(Matter::Reinstatement { in_reply_to: r.required("in_reply_to")? }),
        "notice" => {
            let (questions, from, expires_on) = (set(r, "questions"), r.required("from"), r.required("expires_on"));
            Some(Matter::Notice { questions: questions?, from: from?, expires_on: expires_on? })
        }
        "transfer" => {
            let other = r.required_object("other", |o| {
                let (supplier, service) = (o.required("supplier"), o.required("service"));
                Some(CertificationId::new(supplier?, service?))
            });
            Some(Matter::Transfer { other: other? })
        }
        "objection" => Some(Matter::Objection { subject: subject(r)? }),
        "erasure" => Some(Matter::Erasure { persons: set(r, "persons")? }),
        _ => {
            r.leave_the_rest();
            Some(Matter::Unknown { name: name.to_owned() })
        }
    }
}

fn read_verification(r: &mut Reader<'_>) -> Option<Matter> {
    let (in_reply_to, verifier) = (r.required("in_reply_to"), r.required_text("verifier"));
    let (report_sha256, valid_until) = (r.parsed("report_sha256"), r.required("valid_until"));
    let outcomes = r.required_object("outcomes", |o| {
        let mut outcomes = std::collections::BTreeMap::new();
        for name in o.names() {
            let parse = |text: &str| match text {
                "verified" => Some(true),
                "not_verified" => Some(false),
                _ => None,
            };
            let outcome = o.one_of(&name, parse, "verified or not_verified");
            match name.parse::<AnswerId>() {
                Ok(answer) => outcomes.extend(outcome.map(|outcome| (answer, outcome))),
                Err(error) => o.fault(&name, "unknown-member", format!("This member's name cannot be read: {error}.")),
            }
        }
        Some(outcomes)
    });
    Some(Matter::Verification {
        in_reply_to: in_reply_to?,
        verifier: verifier?,
        outcomes: outcomes?,
        report_sha256,
        valid_until: valid_until?,
    })
}

fn subject(r: &mut Reader<'_>) -> Option<Subject> {
    r.required_object("subject", |s| {
        let (version, digest) = (s.required_number("version"), s.required("digest"));
        if version == Some(0) {
            s.fault("version", "version-zero", "Versions are numbered from 1.");
        }
        Some(Subject { version: version?, digest: digest? })
    })
}

/// A list without repetition, in its own order, with at least one item.
fn set<T: FromStr<Err: Display> + Ord>(r: &mut Reader<'_>, name: &str) -> Option<BTreeSet<T>> {
    let texts = r.texts(name);
    let mut items = BTreeSet::new();
    for text in &texts {
        match text.parse::<T>() {
            Ok(item) if items.last().is_none_or(|last| *last < item) => {
                items.insert(item);
            }
            Ok(_) => r.fault(name, "not-in-order", format!("'{name}' lists each item once, in order.")),
            Err(error) => r.fault(name, "bad-value", format!("An item of '{name}' cannot be read: {error}.")),
        }
    }
    if texts.is_empty() {
        r.fault(name, "missing-member", format!("'{name}' lists at least one item."));
        return None;
    }
    Some(items)
}

/// Writes a case statement. Of an unknown type only the common members are written.
pub fn write(case: &CaseStatement) -> Node {
    let common = Object::new()
        .text("format", FORMAT)
        .optional("previous", case.previous)
        .text("registry", &case.registry)
        .number("seq", case.seq)
        .optional("service", case.service.as_ref())
        .text("stated_on", case.stated_on)
        .text("supplier", &case.supplier)
        .texts("text", &case.text)
        .text("type", case.matter.name());
    write_matter(common, &case.matter).build()
}

fn write_matter(object: Object, matter: &Matter) -> Object {
    match matter {
        Matter::Challenge { questions, subject, due_on }
        | Matter::VerificationRequired { questions, subject, due_on } => object
            .texts("questions", &names(questions))
            .object("subject", write_subject(subject))
            .text("due_on", due_on),
        Matter::Clarification { in_reply_to, questions } => {
            object.text("in_reply_to", in_reply_to).texts("questions", &names(questions))
        }
        Matter::Resolution { in_reply_to, outcome } => {
            let name = ResolutionOutcome::ALL.iter().find(|(o, _)| o == outcome).map(|(_, name)| *name);
            object.text("in_reply_to", in_reply_to).optional("outcome", name)
        }
        Matter::Verification { in_reply_to, verifier, outcomes, report_sha256, valid_until } => {
            let word = |verified: &bool| Node::Text(if *verified { "verified" } else { "not_verified" }.to_owned());
            let outcomes = outcomes.iter().map(|(answer, verified)| (answer.to_string(), word(verified))).collect();
            object
                .text("in_reply_to", in_reply_to)
                .object("outcomes", outcomes)
                .optional("report_sha256", report_sha256.as_ref())
                .text("valid_until", valid_until)
                .text("verifier", verifier)
        }
        Matter::Withdrawal { reasons } => object.texts("reasons", reasons),
        Matter::Closure { ends_on, data_deleted_by, reasons } => object
            .text("ends_on", ends_on)
            .optional("data_deleted_by", data_deleted_by.as_ref())
            .texts("reasons", reasons),
        Matter::Reinstatement { in_reply_to } => object.text("in_reply_to", in_reply_to),
        Matter::Notice { questions, from, expires_on } => {
            object.texts("questions", &names(questions)).text("from", from).text("expires_on", expires_on)
        }
        Matter::Transfer { other } => {
            let other = Object::new().text("service", &other.service).text("supplier", &other.supplier);
            object.object("other", other)
        }
        Matter::Objection { subject } => object.object("subject", write_subject(subject)),
        Matter::Erasure { persons } => object.texts("persons", &names(persons)),
        Matter::Unknown { .. } => object,
    }
}

fn write_subject(subject: &Subject) -> Object {
    Object::new().text("digest", subject.digest).number("version", subject.version)
}

fn names<T: Display>(items: &BTreeSet<T>) -> Vec<String> {
    items.iter().map(T::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::profile;

    fn read_text(text: &str) -> Result<CaseStatement, Faults> {
        read(profile::parse(text.as_bytes())?)
    }

    fn challenge() -> String {
        let digest = format!("sha256:{}", "ab".repeat(32));
        format!(
            r#"{{
  "due_on": "2026-12-01",
  "format": "certreg/case@1",
  "questions": [
    "q5.7",
    "q5.10"
  ],
  "registry": "certreg.example",
  "seq": 1,
  "service": "example-cloud",
  "stated_on": "2026-11-21",
  "subject": {{
    "digest": "{digest}",
    "version": 3
  }},
  "supplier": "example-learning",
  "text": [
    "Which of the media files are not encrypted at rest?"
  ],
  "type": "challenge"
}}
"#
        )
    }

    #[test]
    fn a_statement_reads_and_writes_back() {
        let case = read_text(&challenge()).expect("a good statement");
        assert_eq!(String::from_utf8(profile::print(&write(&case))).expect("text"), challenge());
    }

    #[test]
    fn a_known_type_refuses_unknown_members_and_an_unknown_type_is_kept_without_effect() {
        let unknown = challenge().replace("\"challenge\"", "\"celebration\"");
        assert_eq!(read_text(&unknown).expect("shown").matter, Matter::Unknown { name: "celebration".into() });
        let wrong = challenge().replace("\"challenge\"", "\"withdrawal\"");
        let faults = read_text(&wrong).expect_err("members of another type");
        assert!(faults.0.iter().all(|fault| fault.code == "unknown-member"), "{faults}");
    }

    #[test]
    fn an_erasure_is_about_the_supplier() {
        let wrong = challenge().replace("  \"service\": \"example-cloud\",\n", "");
        let faults = read_text(&wrong).expect_err("no service");
        assert_eq!(faults.0[0].code, "wrong-folder");
    }
}
