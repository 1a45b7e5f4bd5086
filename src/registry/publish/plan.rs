//! The decision: may this be published, at this instant, in this state? Pure; nothing is read or written.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Candidate, ErrorKind, Examined, Foreseen, RegistryError, Result, examine::Enclosed, fault_list, merge,
    state::KnownPerson, state::State,
};
use crate::{
    domain::{
        CertificationId, ChangeKind, Day, Digest, Draft, Faults, Instant, Person, Signer, certification::Admission,
    },
    format::paths::RepositoryPath,
    index::VersionRow,
    signing::{self, AuthorityRole, KeyRing, Namespace, Role, SignatureFault, SignatureFaultKind, SignerRole},
    store::NewFile,
};

/// What becomes of a submission.
pub(super) enum Decision {
    /// Exactly these bytes are this version already.
    Already(Box<VersionRow>),
    /// It is appended as planned.
    Publish(Box<Plan>),
}

/// A version that may be published.
pub(super) struct Plan {
    pub certification: CertificationId,
    pub version: u32,
    pub digest: Digest,
    pub draft: Arc<Draft>,
    /// The version before it.
    pub before: Option<(Digest, Arc<Draft>)>,
    /// What it changes against that one.
    pub foreseen: Option<Foreseen>,
    /// The document and its signatures, as they will lie in the repository.
    pub files: Vec<(RepositoryPath, NewFile)>,
    /// Whether two people signed.
    pub is_countersigned: bool,
    pub people: BTreeMap<Digest, Enclosed>,
}

/// One check of the published order.
type Check = fn(&Question<'_>) -> Result<()>;

/// Everything that a check may look at.
struct Question<'a> {
    examined: &'a Examined,
    state: &'a State,
    at: Instant,
    /// A dry run: a signature that is not there yet is no fault.
    rehearsal: bool,
    /// The signatures that were checked before.
    vouched: Option<&'a Vouched>,
}

/// A supplier's signatures that were found good, and what that rests on. Whether a signature fits the bytes never
/// changes; whose key it is, and whether the key may sign, does.
pub(super) struct Vouched {
    ring: Arc<KeyRing>,
    single_signatory: bool,
    /// At this instant they were checked.
    at: Instant,
    /// The first of their keys ends then.
    until: Option<Instant>,
}

impl Vouched {
    /// Whether they are good in this state as well: the same ring, read no earlier, and no key has ended.
    fn holds(&self, ring: &Arc<KeyRing>, single_signatory: bool, at: Instant) -> bool {
        self.single_signatory == single_signatory
            && self.ring == *ring
            && at >= self.at
            && self.until.is_none_or(|until| at <= until)
    }
}

/// The published order: rights and signatures, then the document, then the state.
const CHECKS: [Check; 9] = [
    is_registered,
    two_signatures_stay,
    signatures,
    document_rules,
    edition_is_known,
    follows_the_current_version,
    kind_fits,
    service_is_distinct,
    is_not_withdrawn_by_department,
];

/// How many of them do not depend on what others publish.
const SETTLED_BEFORE: usize = 3;

/// Decides, stopping at the first unmet condition.
///
/// # Errors
/// That condition.
pub(super) fn publish(candidate: Candidate, state: &State, at: Instant) -> Result<Plan> {
    let Candidate { examined, vouched, files, foreseen, .. } = candidate;
    let question = Question { examined: &examined, state, at, rehearsal: false, vouched: vouched.as_ref() };
    CHECKS.iter().try_for_each(|check| check(&question))?;
    Ok(Plan {
        certification: state.certification.clone(),
        version: examined.draft()?.version,
        digest: examined.digest,
        draft: examined.draft()?.clone(),
        before: state.current.as_ref().map(|(row, content, _)| (row.publication.digest, content.clone())),
        foreseen,
        files,
        is_countersigned: examined.countersignature.is_some(),
        people: examined.people,
    })
}

/// Goes through the checks that rest on who is enrolled with which keys, and gives the supplier's
/// signatures, if they are one's, as good.
///
/// # Errors
/// The first unmet condition: the one that [`publish`] would name.
pub(super) fn rule_out(examined: &Examined, state: &State, at: Instant) -> Result<Option<Vouched>> {
    let question = Question { examined, state, at, rehearsal: false, vouched: None };
    CHECKS[..SETTLED_BEFORE].iter().try_for_each(|check| check(&question))?;
    let Some(ring) = state.ring.as_ref().filter(|_| !examined.is_transcription) else { return Ok(None) };
    let ends = ring.keys().iter().filter_map(|key| key.window().valid_before().filter(|end| *end >= at));
    Ok(Some(Vouched { ring: ring.clone(), single_signatory: state.single_signatory(), at, until: ends.min() }))
}

/// Goes through every check.
///
/// # Errors
/// All unmet conditions together.
pub(super) fn rehearse(examined: &Examined, state: &State, at: Instant) -> Result<()> {
    let question = Question { examined, state, at, rehearsal: true, vouched: None };
    merge(CHECKS.iter().filter_map(|check| check(&question).err()).collect())
}

fn is_registered(q: &Question<'_>) -> Result<()> {
    if q.state.supplier.is_some() {
        return Ok(());
    }
    let detail = format!(
        "No supplier {} is registered here: ask the {} to register it and to enrol its keys.",
        q.state.certification.supplier, "Department"
    );
    Err(RegistryError::refused("supplier-not-registered", detail))
}

fn signatures(q: &Question<'_>) -> Result<()> {
    if q.examined.is_transcription { department_signature(q) } else { supplier_signatures(q) }
}

fn department_signature(q: &Question<'_>) -> Result<()> {
    if q.examined.countersignature.is_some() {
        return Err(fault_list(
            "/countersignature",
            "countersignature-not-allowed",
            "A transcription carries the Department's signature only: leave the countersignature out.",
        ));
    }
    let Some(signature) = &q.examined.signature else {
        if q.rehearsal {
            return Ok(());
        }
        return Err(fault_list(
            "/signature",
            "signature-missing",
            "A transcription is signed by the Department: sign it with 'certreg authority transcribe'.",
        ));
    };
    let namespace = Namespace::Transcription;
    signing::check_authority_signature(
        q.examined.document.bytes(),
        Some(signature),
        &q.state.authority,
        AuthorityRole::Department,
        namespace,
        q.at,
    )
    .map(|_| ())
    .map_err(|faults| first_signature_error(&faults))
}

fn supplier_signatures(q: &Question<'_>) -> Result<()> {
    let Some(ring) = &q.state.ring else {
        let detail = format!(
            "No keys of {} are enrolled here: send a key request (certreg keygen) to the Department.",
            q.state.certification.supplier
        );
        return Err(RegistryError::refused("no-keys", detail));
    };
    if q.vouched.is_some_and(|vouched| vouched.holds(ring, q.state.single_signatory(), q.at)) {
        return Ok(());
    }
    let (signature, countersignature) = (q.examined.signature.as_deref(), q.examined.countersignature.as_deref());
    let checked = signing::check_version_signatures(
        q.examined.document.bytes(),
        signature,
        countersignature,
        ring,
        q.at,
        q.state.single_signatory(),
    );
    let Err(faults) = checked else { return Ok(()) };
    let faults = faults.into_iter().map(|fault| q.state.with_owner(fault));
    let mut errors = faults
        .filter(|fault| !(q.rehearsal && fault.kind == SignatureFaultKind::Missing))
        .map(|fault| signature_error(&fault));
    if q.rehearsal { merge(errors.collect()) } else { errors.next().map_or(Ok(()), Err) }
}

/// A fault of a signature as an error: what cannot be read or does not verify is invalid, a good signature by a
/// key without the right is refused.
fn signature_error(fault: &SignatureFault) -> RegistryError {
    let mut detail = fault.to_string();
    if let Some(first) = detail.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let pointer = match fault.role {
        SignerRole::Supplier(Role::Official) => "/countersignature",
        _ => "/signature",
    };
    let kind = if fault.kind.is_forbidden() { ErrorKind::Refused } else { ErrorKind::Invalid };
    RegistryError { kind, ..fault_list(pointer, fault.kind.code(), detail) }
}

/// The fault that decides the answer: the first in the order of the checks.
pub(in crate::registry) fn first_signature_error(faults: &[SignatureFault]) -> RegistryError {
    match faults.first() {
        Some(fault) => signature_error(fault),
        None => RegistryError::internal("a refused signature names no fault"),
    }
}

fn document_rules(q: &Question<'_>) -> Result<()> {
    let mut faults = Faults::default();
    if let Some(shape) = q.examined.shape_faults() {
        return Err(RegistryError::faulty("document-rules", shape.clone()));
    }
    let draft = q.examined.draft()?;
    if draft.registry != q.state.registry {
        faults.add("/registry", "other-registry", format!("This registry is {}: write that id.", q.state.registry));
    }
    if let Ok((edition, digest)) = q.state.edition(draft) {
        faults
            .0
            .extend(Draft::clone(draft).check(edition, digest, q.state.single_signatory()).err().unwrap_or_default().0);
    }
    let admission = Admission { published_on: q.at.day_in_london(), person: &|digest| q.person(digest) };
    faults.0.extend(admission.check(draft).err().unwrap_or_default().0);
    q.people_faults(draft, &mut faults);
    faults.or(()).map_err(|faults| RegistryError::faulty("document-rules", faults))
}

impl Question<'_> {
    /// The record of a person that the document may name: one that came along or one known from before.
    fn person(&self, digest: Digest) -> Option<Person> {
        if let Some(enclosed) = self.examined.people.get(&digest) {
            return Some(enclosed.person.clone());
        }
        match self.state.known_people.get(&digest) {
            Some(KnownPerson::Record(person)) => Some(person.clone()),
            _ => None,
        }
    }

    fn people_faults(&self, draft: &Draft, faults: &mut Faults) {
        let named = draft.persons();
        for (digest, enclosed) in &self.examined.people {
            if !named.contains(digest) {
                faults.add(
                    format!("/people/{}", enclosed.place),
                    "record-without-use",
                    "The document does not name this person record: leave it out.",
                );
            }
        }
        let signer = |signer: &Option<Signer>| signer.as_ref().map(|signer| signer.person);
        let places = [
            ("/contact/person", draft.contact.as_ref().and_then(|contact| contact.person)),
            ("/official/person", signer(&draft.official)),
            ("/signatory/person", signer(&draft.signatory)),
        ];
        for (place, digest) in places {
            let known = digest.and_then(|digest| self.state.known_people.get(&digest));
            if matches!(known, Some(KnownPerson::Erased)) {
                // That there is no record is true, but sending it again would not help.
                faults.0.retain(|fault| (fault.pointer.as_str(), fault.code) != (place, "person-without-record"));
                faults.add(place, "person-erased", "This person's record was erased: name somebody else.");
            }
        }
    }
}

fn edition_is_known(q: &Question<'_>) -> Result<()> {
    match q.examined.draft() {
        Ok(draft) => q.state.edition(draft).map(|_| ()),
        Err(_) => Ok(()),
    }
}

fn follows_the_current_version(q: &Question<'_>) -> Result<()> {
    let Ok(draft) = q.examined.draft() else { return Ok(()) };
    let current = q.state.current.as_ref().map(|(row, ..)| (row.publication.version, row.publication.digest));
    let (next, previous) = match current {
        Some((version, digest)) => (version + 1, Some(digest)),
        None => (1, None),
    };
    if draft.version == next && draft.previous == previous {
        return Ok(());
    }
    let state = match current {
        Some((version, digest)) => format!("The current version is {version} ({digest})"),
        None => "Nothing is published under this id yet".to_owned(),
    };
    let detail = format!(
        "{state}: the next one has version {next} and names that digest as 'previous'. 'certreg next' makes such a draft."
    );
    let detail = if current.is_none() { format!("{state}: begin with version 1, without 'previous'.") } else { detail };
    Err(RegistryError { current, ..RegistryError::conflict("version-conflict", detail) })
}

fn kind_fits(q: &Question<'_>) -> Result<()> {
    let Ok(draft) = q.examined.draft() else { return Ok(()) };
    let current = q.state.current.as_ref();
    let has_own = current.is_some_and(|(row, ..)| row.kind != ChangeKind::Transcription);
    let wrong = |detail: &str| Err(fault_list("/change/kind", "kind-does-not-fit", detail));
    match draft.change.kind {
        ChangeKind::Transcription if has_own => Err(RegistryError::conflict(
            "supplier-speaks-for-itself",
            "The supplier has published its own statement: it cannot be transcribed any more.",
        )),
        ChangeKind::Transcription => Ok(()),
        ChangeKind::Initial if has_own => {
            wrong("The supplier has signed a version before: use 'update' or 'reaffirmation'.")
        }
        ChangeKind::Initial => predecessor_exists(q, draft),
        _ if !has_own => wrong("The first version that a supplier signs is of kind 'initial'."),
        kind => {
            let same = current.is_some_and(|(_, content, _)| draft.says_the_same_as(content));
            let announced = current.and_then(|(_, content, _)| content.change.effective_on);
            let announced = announced.filter(|day| *day > q.at.day_in_london());
            if kind == ChangeKind::Reaffirmation && announced.is_some_and(|day| draft.change.effective_on != Some(day))
            {
                let day = announced.map(Day::in_words).unwrap_or_default();
                let detail = format!(
                    "The current version applies from {day} only, and confirming it does not alter that: keep the day, or use 'update' to say something else."
                );
                return Err(fault_list("/change/effective_on", "kind-does-not-fit", &detail));
            }
            match (kind, same) {
                (ChangeKind::Update, true) => {
                    wrong("Nothing differs from the current version: use 'reaffirmation' to confirm it unchanged.")
                }
                (ChangeKind::Reaffirmation, false) => {
                    wrong("A re-affirmation changes nothing but signers and dates: use 'update'.")
                }
                _ => Ok(()),
            }
        }
    }
}

/// A supplier that has once published with two signatures never returns to one.
fn two_signatures_stay(q: &Question<'_>) -> Result<()> {
    if q.state.has_signed_twice && q.state.single_signatory() && !q.examined.is_transcription {
        let detail = "This supplier has published with two signatures: it never returns to one. Tell the Department.";
        return Err(RegistryError::refused("two-signatures-stay", detail));
    }
    Ok(())
}

fn predecessor_exists(q: &Question<'_>, draft: &Draft) -> Result<()> {
    let Some(named) = &draft.change.predecessor else { return Ok(()) };
    if q.state.predecessor.as_ref().is_some_and(|row| row.publication.digest == named.digest) {
        return Ok(());
    }
    Err(fault_list(
        "/change/predecessor",
        "predecessor-unknown",
        "No version with this number and digest is published under that id: correct the predecessor.",
    ))
}

fn service_is_distinct(q: &Question<'_>) -> Result<()> {
    match (&q.state.current, &q.state.lookalike) {
        (None, Some(other)) => {
            let detail =
                format!("Service '{other}' of this supplier differs from it only in hyphens: choose another id.");
            Err(fault_list("/service", "id-too-similar", detail))
        }
        _ => Ok(()),
    }
}

/// Nothing follows a version of the supplier's own that the Department withdrew, until it is reinstated.
fn is_not_withdrawn_by_department(q: &Question<'_>) -> Result<()> {
    let has_own = q.state.current.as_ref().is_some_and(|(row, ..)| row.kind != ChangeKind::Transcription);
    match q.state.withdrawn_by_department {
        Some(day) if has_own => {
            let detail = format!(
                "{} was withdrawn by the Department on {}: nothing can be published until it is reinstated. Ask the \
                 Department.",
                q.state.certification,
                day.in_words()
            );
            Err(RegistryError::conflict("withdrawn-by-department", detail))
        }
        _ => Ok(()),
    }
}
