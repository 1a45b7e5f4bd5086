//! Drafts with holes: every place where a person must write says `TODO: …`, and 'certreg check' refuses it until then.

use std::collections::BTreeMap;

use super::{check::TODO, editions::Known};
use crate::{
    domain::{
        AnswerId, Change, ChangeKind, Code, Commitment, Digest, Draft, Edition, EditionRef, RegistryId, Response,
        ServiceId, SupplierId, SupportAreaId, SupportStatement,
        edition::{MappingEntry, Relation},
    },
    format::{Node, v1},
};

/// What a new draft is told beforehand.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub registry: RegistryId,
    pub supplier: SupplierId,
    pub service: ServiceId,
    pub supplier_name: Option<String>,
    pub service_name: Option<String>,
}

/// A blank first version: every question of the edition, with its words where the answer goes.
pub(super) fn blank(known: &Known, names: Names) -> Node {
    let draft = Draft {
        change: Change::of_kind(ChangeKind::Initial),
        commitments: std::collections::BTreeSet::new(),
        completed_on: None,
        contact: None,
        edition: EditionRef { digest: known.digest, id: known.edition.id.clone() },
        official: None,
        previous: None,
        registry: names.registry,
        responses: BTreeMap::new(),
        service: names.service,
        service_name: names.service_name.unwrap_or_else(|| todo("the name of the service, as schools know it")),
        service_url: None,
        signatory: None,
        source: None,
        supplier: names.supplier,
        supplier_name: names.supplier_name.unwrap_or_else(|| todo("the legal name of the supplier")),
        support: BTreeMap::new(),
        version: 1,
    };
    with_holes(&draft, &known.edition, true)
}

/// A draft of the version after `draft`, whose file has this digest.
pub(super) fn following(draft: &Draft, digest: Digest, kind: ChangeKind, known: &Known) -> Node {
    let single = !draft.is_transcription() && draft.official.is_none();
    let next = Draft {
        change: Change::of_kind(kind),
        completed_on: None,
        previous: Some(digest),
        source: None,
        version: draft.version + 1,
        edition: EditionRef { digest: known.digest, id: known.edition.id.clone() },
        ..draft.clone()
    };
    with_holes(&next, &known.edition, !single)
}

/// A supplier's own first version, from a transcription of what it published.
pub(super) fn own(transcription: &Draft, known: &Known) -> Node {
    let draft = Draft {
        change: Change::of_kind(ChangeKind::Initial),
        previous: None,
        source: None,
        version: 1,
        ..transcription.clone()
    };
    with_holes(&draft, &known.edition, true)
}

/// The same draft with its answers moved to a newer edition, through that edition's mapping.
///
/// Answers of questions that stayed one to one go along; where several became one, or one several, the words go along
/// and the colour is left to a person. Nothing is moved when the newer edition does not map this one.
pub(super) fn moved(draft: &Draft, newer: &Edition) -> Option<Draft> {
    let mapping = newer.mapping.as_ref().filter(|mapping| mapping.older == draft.edition.id)?;
    let mut responses = BTreeMap::new();
    let mut support = BTreeMap::new();
    for entry in &mapping.entries {
        for id in &entry.newer {
            match id {
                AnswerId::Question(id) => {
                    drop(moved_response(draft, entry).map(|response| responses.insert(*id, response)))
                }
                AnswerId::Support(id) => {
                    drop(moved_support(draft, entry).map(|statement| support.insert(*id, statement)))
                }
            }
        }
    }
    Some(Draft { responses, support, ..draft.clone() })
}

fn moved_response(draft: &Draft, entry: &MappingEntry) -> Option<Response> {
    let of = |id: &AnswerId| match id {
        AnswerId::Question(id) => draft.responses.get(id).cloned(),
        AnswerId::Support(_) => None,
    };
    let mut old: Vec<Response> = entry.older.iter().filter_map(of).collect();
    let one_to_one = matches!(entry.relation, Relation::Same | Relation::Reworded);
    let mut first = if old.is_empty() { return None } else { old.remove(0) };
    if !one_to_one {
        first.code = None;
    }
    for other in old {
        first.statement.extend(other.statement);
        first.evidence.extend(other.evidence);
    }
    Some(first)
}

fn moved_support(draft: &Draft, entry: &MappingEntry) -> Option<SupportStatement> {
    let of = |id: &AnswerId| match id {
        AnswerId::Support(id) => draft.support.get(id).cloned(),
        AnswerId::Question(_) => None,
    };
    entry.older.iter().filter_map(of).reduce(|mut all, one| {
        all.statement.extend(one.statement);
        all.contacts.extend(one.contacts);
        all
    })
}

fn todo(what: &str) -> String {
    format!("{TODO}: {what}")
}

fn hole(what: &str) -> Node {
    Node::Text(todo(what))
}

/// An object's members by name.
type Members = BTreeMap<String, Node>;

/// Changes the members of the object `name` (a new one, if there is none).
fn within(members: &mut Members, name: &str, change: impl FnOnce(&mut Members)) {
    let mut inner = match members.remove(name) {
        Some(Node::Object(inner)) => inner,
        _ => Members::new(),
    };
    change(&mut inner);
    members.insert(name.to_owned(), Node::Object(inner));
}

fn fill(members: &mut Members, name: &str, what: &str) {
    members.entry(name.to_owned()).or_insert_with(|| hole(what));
}

/// Writes `draft` with a hole wherever a finished version needs something that is not there.
fn with_holes(draft: &Draft, edition: &Edition, two_signers: bool) -> Node {
    let Node::Object(mut members) = v1::certification::write(draft) else { return v1::certification::write(draft) };
    fill(&mut members, "completed_on", "the day on which the signatory completed the responses, like 2026-11-21");
    within(&mut members, "contact", |contact| {
        fill(contact, "email", "the mailbox that schools write to about this certification");
        fill(contact, "telephone", "the number that schools call about this certification, like +44 1274 713425");
    });
    let signers: &[&str] = if two_signers { &["signatory", "official"] } else { &["signatory"] };
    for role in signers {
        within(&mut members, role, |signer| {
            fill(signer, "person", &format!("the digest that 'certreg person' prints for the {role}"));
            fill(signer, "title", &format!("the {role}'s job, like Director of Technology"));
        });
    }
    within(&mut members, "commitments", |commitments| {
        let wanted = |id: Commitment| two_signers || id != Commitment::IndependentlyVerified;
        for text in edition.commitments.iter().filter(|text| wanted(text.id)) {
            fill(commitments, text.id.as_str(), &format!("true (without quotes), when this holds: {}", text.text));
        }
    });
    within(&mut members, "responses", |responses| {
        for question in &edition.questions {
            let code = draft.responses.get(&question.id).and_then(|response| response.code);
            within(responses, &question.id.to_string(), |response| question_holes(response, &question.text, code));
        }
    });
    within(&mut members, "support", |support| {
        for area in &edition.support_areas {
            within(support, &area.id.to_string(), |statement| support_holes(statement, area.id, &area.title));
        }
    });
    Node::Object(members)
}

fn question_holes(response: &mut Members, text: &str, code: Option<Code>) {
    if code.is_none_or(|code| code == Code::NotRecorded) {
        response.insert("code".to_owned(), hole("green, amber or black"));
    }
    response.entry("statement".to_owned()).or_insert_with(|| Node::Array(vec![hole(text)]));
}

fn support_holes(statement: &mut Members, id: SupportAreaId, title: &str) {
    statement.entry("statement".to_owned()).or_insert_with(|| Node::Array(vec![hole(title)]));
    // The form's own minimum: how a school reaches somebody in an emergency.
    if id.number() == "3.1" {
        statement.entry("contacts".to_owned()).or_insert_with(|| {
            let mut contact = Members::new();
            fill(&mut contact, "email", "the support mailbox");
            fill(&mut contact, "telephone", "a UK number that is answered in an emergency");
            Node::Array(vec![Node::Object(contact)])
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::editions, format::profile};

    fn names() -> Names {
        Names {
            registry: "certreg.example".parse().expect("an id"),
            supplier: "acme".parse().expect("an id"),
            service: "lms".parse().expect("an id"),
            supplier_name: None,
            service_name: None,
        }
    }

    #[test]
    fn a_blank_draft_is_canonical_and_asks_everything() {
        for known in editions::built_in() {
            let bytes = profile::print(&blank(known, names()));
            profile::parse(&bytes).expect("a blank draft is inside the profile");
            let text = String::from_utf8(bytes).expect("text");
            assert_eq!(text.matches("TODO: green, amber or black").count(), 37);
            assert_eq!(text.matches("TODO").count(), 37 * 2 + 7 + 2 + 5 + 2 + 2 + 2 * 2 + 1);
        }
    }

    #[test]
    fn answers_move_to_the_newer_edition_and_not_back() {
        let [older, newer] = editions::built_in() else { panic!("two editions") };
        let draft = Draft {
            change: Change::of_kind(ChangeKind::Initial),
            commitments: Default::default(),
            completed_on: None,
            contact: None,
            edition: EditionRef { digest: older.digest, id: older.edition.id.clone() },
            official: None,
            previous: None,
            registry: names().registry,
            responses: older
                .edition
                .questions
                .iter()
                .map(|q| {
                    (q.id, Response { code: Some(Code::Green), statement: vec![q.id.to_string()], evidence: vec![] })
                })
                .collect(),
            service: names().service,
            service_name: "S".into(),
            service_url: None,
            signatory: None,
            source: None,
            supplier: names().supplier,
            supplier_name: "A".into(),
            support: BTreeMap::new(),
            version: 1,
        };
        let moved_draft = moved(&draft, &newer.edition).expect("the newer edition maps the older one");
        assert_eq!(moved_draft.responses, draft.responses, "all 37 stayed one to one");
        assert!(
            moved(
                &Draft { edition: EditionRef { digest: newer.digest, id: newer.edition.id.clone() }, ..draft },
                &older.edition
            )
            .is_none()
        );
    }
}
