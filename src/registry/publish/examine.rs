//! What can be said of a submission without knowing the registry's state.

use std::{collections::BTreeMap, sync::Arc};

use super::{RegistryError, Result, VersionSubmission, fault_list, too_large};
use crate::{
    domain::{
        CertificationId, Digest, Draft, Faults, Person,
        certification::{is_email, is_telephone},
    },
    format::{
        Node,
        paths::{self, RepositoryPath, Suffix},
        profile, v1,
    },
    signing::{PublicKey, Sshsig},
    store::NewFile,
};

/// A submission whose document is inside the profile, with everything that was read from it.
pub(super) struct Examined {
    /// The exact bytes.
    pub document: NewFile,
    /// Their name.
    pub digest: Digest,
    /// The signatory's (or the Department's) signature.
    pub signature: Option<String>,
    /// The official's signature.
    pub countersignature: Option<String>,
    /// The keys that the signatures name, where they can be read.
    pub keys: Vec<PublicKey>,
    /// Records that came along, by digest.
    pub people: BTreeMap<Digest, Enclosed>,
    /// Whether the document calls itself a transcription: decides who must have signed.
    pub is_transcription: bool,
    /// The document read, or its faults of shape.
    draft: std::result::Result<Arc<Draft>, Faults>,
}

/// A person record that came along.
#[derive(Clone)]
pub(super) struct Enclosed {
    /// Its place among those that came.
    pub place: usize,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
    /// What it says.
    pub person: Person,
}

impl Examined {
    /// Reads a submission for `id`.
    ///
    /// # Errors
    /// Too large; not inside the JSON profile; person records that are none.
    pub fn examine(id: &CertificationId, submission: VersionSubmission) -> Result<Examined> {
        if submission.document.len() > super::MAX_DOCUMENT_BYTES {
            return Err(too_large());
        }
        let node = profile::parse(&submission.document).map_err(|faults| RegistryError::faulty("profile", faults))?;
        let is_transcription = says_transcription(&node);
        let draft = v1::certification::read(node).and_then(|draft| names_match(draft, id));
        let document = NewFile::from(submission.document);
        let signatures = [&submission.signature, &submission.countersignature].into_iter().flatten();
        Ok(Examined {
            keys: signatures.filter_map(|text| Some(*Sshsig::parse(text).ok()?.key())).collect(),
            digest: document.digest(),
            document,
            signature: submission.signature,
            countersignature: submission.countersignature,
            people: read_people(submission.people)?,
            is_transcription,
            draft: draft.map(Arc::new),
        })
    }

    /// The document and its signatures, as they will lie in the repository.
    pub fn files(&self, id: &CertificationId) -> Vec<(RepositoryPath, NewFile)> {
        let path = paths::document(id);
        let beside = [(Suffix::Sig, &self.signature), (Suffix::Countersig, &self.countersignature)];
        let signatures = beside.into_iter().filter_map(|(suffix, signature)| {
            Some((path.with_suffix(suffix), signature.as_ref()?.clone().into_bytes().into()))
        });
        std::iter::once((path.clone(), self.document.clone())).chain(signatures).collect()
    }

    /// The document.
    ///
    /// # Errors
    /// All its faults of shape.
    pub fn draft(&self) -> Result<&Arc<Draft>> {
        self.draft.as_ref().map_err(|faults| RegistryError::faulty("document-rules", faults.clone()))
    }

    /// Faults of shape, to be reported together with the faults of content.
    pub fn shape_faults(&self) -> Option<&Faults> {
        self.draft.as_ref().err()
    }
}

fn names_match(draft: Draft, id: &CertificationId) -> std::result::Result<Draft, Faults> {
    let mut faults = Faults::default();
    for (member, found, wanted) in [
        ("/supplier", draft.supplier.as_str(), id.supplier.as_str()),
        ("/service", draft.service.as_str(), id.service.as_str()),
    ] {
        if found != wanted {
            faults.add(
                member,
                "id-differs-from-path",
                format!("It was submitted to {id}: submit it to {}, or correct the member.", draft.certification_id()),
            );
        }
    }
    faults.or(draft)
}

fn says_transcription(node: &Node) -> bool {
    fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
        if let Node::Object(members) = node { members.get(name) } else { None }
    }
    let kind = member(node, "change").and_then(|change| member(change, "kind"));
    matches!(kind, Some(Node::Text(kind)) if kind == "transcription")
}

/// Reads a record, whose address and number must be such.
fn read_person(node: Node) -> std::result::Result<Person, Faults> {
    let person = v1::person::read(node)?;
    let mut faults = Faults::default();
    if person.email.as_deref().is_some_and(|email| !is_email(email)) {
        faults.add(
            "/email",
            "bad-contact",
            "This does not read like an e-mail address: write it like name@example.org.",
        );
    }
    if person.telephone.as_deref().is_some_and(|number| !is_telephone(number)) {
        faults.add(
            "/telephone",
            "bad-contact",
            "This does not read like a telephone number: write it like +44 1274 713425.",
        );
    }
    faults.or(person)
}

fn read_people(records: Vec<Vec<u8>>) -> Result<BTreeMap<Digest, Enclosed>> {
    let mut people = BTreeMap::new();
    for (i, bytes) in records.into_iter().enumerate() {
        let stored = v1::stored(&bytes, read_person).map_err(|faults| {
            let placed = faults.0.into_iter().map(|mut fault| {
                fault.pointer = format!("/people/{i}{}", fault.pointer);
                fault
            });
            RegistryError::faulty("person-record", Faults(placed.collect()))
        })?;
        if people.insert(stored.digest, Enclosed { place: i, bytes, person: stored.value }).is_some() {
            return Err(fault_list(
                &format!("/people/{i}"),
                "listed-twice",
                "This person record came twice: send it once.",
            ));
        }
    }
    Ok(people)
}
