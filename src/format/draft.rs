//! Drafts with holes: every place where a person must write says `TODO: …`, and every check refuses it until then.
//!
//! Not frozen, since nobody signs a hole; but the command line and the workbench read each other's drafts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Node, v1};
use crate::domain::{
    AnswerId, Change, ChangeKind, Code, Commitment, Day, Digest, Draft, Edition, EditionRef, RegistryId, Response,
    ServiceId, SupplierId, SupportAreaId, SupportStatement,
    edition::{MappingEntry, Relation},
};

/// What stands where a person still has to write something.
pub const TODO: &str = "TODO";

/// What a new draft is told beforehand.
#[derive(Debug, Clone)]
pub struct Names {
    /// The registry it is for.
    pub registry: RegistryId,
    /// Who certifies.
    pub supplier: SupplierId,
    /// What is certified.
    pub service: ServiceId,
    /// The supplier's legal name, where it is known.
    pub supplier_name: Option<String>,
    /// The service's name, where it is known.
    pub service_name: Option<String>,
}

/// A blank first version: every question of the edition, with its words where the answer goes.
///
/// `digest` is that of the edition's file, here and below.
pub fn blank(edition: &Edition, digest: Digest, names: Names) -> Node {
    let draft = Draft {
        change: Change::of_kind(ChangeKind::Initial),
        commitments: std::collections::BTreeSet::new(),
        completed_on: None,
        contact: None,
        edition: EditionRef { digest, id: edition.id.clone() },
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
    with_holes(&draft, edition, true)
}

/// The version after `draft`, whose file has the digest `previous`: the same answers, without what must be said anew.
///
/// A re-affirmation keeps a day from which the answers apply, where it lies after `today`: confirming them does not
/// make them apply sooner.
pub fn next(draft: &Draft, previous: Digest, kind: ChangeKind, edition: EditionRef, today: Day) -> Draft {
    let announced = draft.change.effective_on.filter(|day| kind == ChangeKind::Reaffirmation && *day > today);
    Draft {
        change: Change { effective_on: announced, ..Change::of_kind(kind) },
        completed_on: None,
        previous: Some(previous),
        source: None,
        version: draft.version.saturating_add(1),
        edition,
        ..draft.clone()
    }
}

/// A draft of the version after `draft`, whose file has the digest `previous`.
pub fn following(
    draft: &Draft,
    previous: Digest,
    kind: ChangeKind,
    edition: &Edition,
    digest: Digest,
    today: Day,
) -> Node {
    let single = !draft.is_transcription() && draft.official.is_none();
    let next = next(draft, previous, kind, EditionRef { digest, id: edition.id.clone() }, today);
    with_holes(&next, edition, !single)
}

/// A supplier's own first version, from a transcription of what it published.
pub fn own(transcription: &Draft, edition: &Edition) -> Node {
    with_holes(&as_own(transcription), edition, true)
}

/// The same draft as a supplier's own first version.
pub fn as_own(transcription: &Draft) -> Draft {
    Draft {
        change: Change::of_kind(ChangeKind::Initial),
        previous: None,
        source: None,
        version: 1,
        ..transcription.clone()
    }
}

/// The same draft with its answers moved to a newer edition, through that edition's mapping.
///
/// Answers of questions that stayed one to one go along; where several became one, or one several, the words go along
/// and the colour is left to a person. Nothing is moved when the newer edition does not map this one.
pub fn moved(draft: &Draft, newer: &Edition) -> Option<Draft> {
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

/// Where a draft still says [`TODO`]: JSON pointers, each with what stands there.
pub fn holes(node: &Node) -> Vec<(String, String)> {
    fn walk(node: &Node, pointer: &str, found: &mut Vec<(String, String)>) {
        match node {
            Node::Text(text) if text.starts_with(TODO) => found.push((pointer.to_owned(), text.clone())),
            Node::Object(members) => {
                members.iter().for_each(|(name, member)| walk(member, &format!("{pointer}/{name}"), found));
            }
            Node::Array(items) => {
                items.iter().enumerate().for_each(|(i, item)| walk(item, &format!("{pointer}/{i}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(node, "", &mut found);
    // A statement that is to be written stands in a list: its member is meant as well.
    let lists: BTreeSet<String> =
        found.iter().filter_map(|(pointer, _)| pointer.strip_suffix("/0").map(str::to_owned)).collect();
    found.retain(|(pointer, _)| !lists.contains(pointer));
    found
}

/// The same without its holes, and without what held nothing else.
pub fn without_holes(node: Node) -> Node {
    let is_left = |node: &Node| match node {
        Node::Text(text) => !text.starts_with(TODO),
        Node::Object(members) => !members.is_empty(),
        Node::Array(items) => !items.is_empty(),
        Node::Integer(_) | Node::True => true,
    };
    match node {
        Node::Object(members) => {
            let left = members.into_iter().map(|(name, member)| (name, without_holes(member)));
            Node::Object(left.filter(|(_, member)| is_left(member)).collect())
        }
        Node::Array(items) => Node::Array(items.into_iter().map(without_holes).filter(is_left).collect()),
        other => other,
    }
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
    use crate::format::profile;

    fn editions() -> [(Edition, Digest); 2] {
        let read = |bytes: &[u8]| {
            let stored = v1::stored(bytes, v1::edition::read).expect("a whole edition");
            (stored.value, stored.digest)
        };
        [
            read(include_bytes!("../../registry/editions/dfe-2016-dpa.json")),
            read(include_bytes!("../../registry/editions/dfe-2018-gdpr.json")),
        ]
    }

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
        for (edition, digest) in editions() {
            let bytes = profile::print(&blank(&edition, digest, names()));
            let node = profile::parse(&bytes).expect("a blank draft is inside the profile");
            let text = String::from_utf8(bytes).expect("text");
            let all = 37 * 2 + 7 + 2 + 5 + 2 + 2 + 2 * 2 + 1;
            assert_eq!(text.matches("TODO: green, amber or black").count(), 37);
            assert_eq!(text.matches("TODO").count(), all);
            assert_eq!(holes(&node).len(), all);
        }
    }

    #[test]
    fn without_its_holes_a_blank_draft_says_what_it_is_and_nothing_else() {
        let [(edition, digest), _] = editions();
        let node = without_holes(blank(&edition, digest, names()));
        let Node::Object(members) = &node else { panic!("an object") };
        let left: Vec<&str> = members.keys().map(String::as_str).collect();
        assert_eq!(left, ["change", "edition", "format", "registry", "service", "supplier", "version"]);
        assert_eq!(holes(&node), []);
    }

    #[test]
    fn answers_move_to_the_newer_edition_and_not_back() {
        let [(older, older_digest), (newer, newer_digest)] = editions();
        let answer = |text: String| Response { code: Some(Code::Green), statement: vec![text], evidence: vec![] };
        let Node::Object(mut members) = without_holes(blank(&older, older_digest, names())) else {
            panic!("an object")
        };
        for (name, text) in [("service_name", "S"), ("supplier_name", "A")] {
            members.insert(name.to_owned(), Node::Text(text.to_owned()));
        }
        members.insert("responses".to_owned(), Node::Object([("q3.1".to_owned(), v1_answer())].into()));
        let mut draft = v1::certification::read(Node::Object(members)).expect("a draft");
        draft.responses = older.questions.iter().map(|q| (q.id, answer(q.id.to_string()))).collect();
        let moved_draft = moved(&draft, &newer).expect("the newer edition maps the older one");
        assert_eq!(moved_draft.responses, draft.responses, "all 37 stayed one to one");
        let back = Draft { edition: EditionRef { digest: newer_digest, id: newer.id }, ..draft };
        assert!(moved(&back, &older).is_none());
    }

    fn v1_answer() -> Node {
        Node::Object([("code".to_owned(), Node::Text("green".to_owned()))].into())
    }
}
