//! What the decision on a submission depends on, gathered once.

use std::{collections::BTreeMap, sync::Arc};

use super::{Examined, Plan, Registry, RegistryError, Result};
use crate::{
    compare::{self, About, Comparison, Hint, Side},
    domain::{
        CertificationId, Day, Digest, Draft, Edition, EditionId, Person, Publication, RegistryId, ServiceId, SupplierId,
    },
    index::{IndexError, SupplierRow, VersionRow},
    signing::{AuthorityFile, KeyRing, PublicKey, SignatureFault},
};

/// A person record that some published document names.
pub(super) enum KnownPerson {
    /// The record is here.
    Record(Person),
    /// It was erased: the digest may not be used again.
    Erased,
}

/// The registry's state around one certification.
pub(super) struct State {
    pub registry: RegistryId,
    pub certification: CertificationId,
    pub supplier: Option<SupplierRow>,
    pub ring: Option<Arc<KeyRing>>,
    pub authority: AuthorityFile,
    /// The current version with its content and wording.
    pub current: Option<(VersionRow, Arc<Draft>, Arc<Edition>)>,
    /// The edition that the document names, if it is published here.
    pub editions: BTreeMap<EditionId, (Arc<Edition>, Digest)>,
    /// Another service of the supplier whose id differs only in hyphens.
    pub lookalike: Option<ServiceId>,
    /// The version that `change.predecessor` names, if it exists.
    pub predecessor: Option<VersionRow>,
    /// Whether any service of the supplier was ever published with two signatures.
    pub has_signed_twice: bool,
    /// Whose keys signed, by fingerprint, where they are enrolled anywhere.
    pub key_owners: BTreeMap<String, SupplierId>,
    /// Since when the Department has withdrawn it.
    pub withdrawn_by_department: Option<Day>,
    /// Records known from before, for digests that the document names.
    pub known_people: BTreeMap<Digest, KnownPerson>,
}

impl State {
    /// Whether the Department lists the supplier as one person.
    pub fn single_signatory(&self) -> bool {
        self.supplier.as_ref().is_some_and(|supplier| supplier.single_signatory)
    }

    /// Takes into account what will be published just before, as another version of another certification.
    pub fn will_follow(&mut self, plan: &Plan) {
        if plan.certification.supplier != self.certification.supplier {
            return;
        }
        let service = &plan.certification.service;
        if *service != self.certification.service
            && service.without_hyphens() == self.certification.service.without_hyphens()
        {
            self.lookalike = Some(service.clone());
        }
        self.has_signed_twice |= plan.is_countersigned;
        for (digest, enclosed) in &plan.people {
            self.known_people.entry(*digest).or_insert_with(|| KnownPerson::Record(enclosed.person.clone()));
        }
    }

    /// Says of a key that is not in the ring whose it is, if it is enrolled elsewhere.
    pub fn with_owner(&self, fault: SignatureFault) -> SignatureFault {
        match fault.fingerprint().and_then(|fingerprint| self.key_owners.get(&fingerprint)) {
            Some(owner) if *owner != self.certification.supplier => fault.with_other_supplier(owner.clone()),
            _ => fault,
        }
    }

    /// Whether the document bears a name that the Department registered for this supplier.
    pub fn name_hint(&self, draft: &Draft) -> Option<Hint> {
        let supplier = self.supplier.as_ref()?;
        let is_known = supplier.names.contains(&draft.supplier_name);
        (!is_known && !draft.is_transcription()).then(|| Hint {
            about: About::LegalEntity,
            code: "name_not_registered",
            sentence: format!(
                "The supplier's name is not among those that the Department registered ({}).",
                supplier.names.join(", ")
            ),
        })
    }

    /// The edition that `draft` names.
    ///
    /// # Errors
    /// Invalid when it was not published here.
    pub fn edition(&self, draft: &Draft) -> Result<(&Edition, Digest)> {
        match self.editions.get(&draft.edition.id) {
            Some((edition, digest)) => Ok((edition, *digest)),
            None => Err(super::fault_list(
                "/edition/id",
                "edition-unknown",
                "This edition is not published here: /v1/editions lists those that are.",
            )),
        }
    }
}

impl Registry {
    /// Gathers what the decision on `examined` depends on.
    ///
    /// # Errors
    /// Only when the registry itself fails: what is missing is the decision's business.
    pub(super) fn state_of(&self, id: &CertificationId, examined: &Examined) -> Result<State> {
        let supplier = self.index().supplier(&id.supplier)?;
        let ring = self.current_ring(&id.supplier)?;
        let current = match self.index().certification(id)? {
            Some(row) => {
                let content = self.with_content(row.current)?;
                Some((content.row, content.content, content.edition))
            }
            None => None,
        };
        let draft = examined.draft().ok();
        let mut editions = BTreeMap::new();
        if let Some(draft) = draft
            && let Some(row) = self.index().edition(&draft.edition.id)?
        {
            editions.insert(row.id.clone(), (self.edition(&row.id)?, row.digest));
        }
        let lookalike = self.index().service_with_same_letters(&id.supplier, &id.service.without_hyphens())?;
        let predecessor = match draft.and_then(|draft| draft.change.predecessor.as_ref()) {
            Some(named) => self.index().version(&named.certification, named.version)?,
            None => None,
        };
        let mut known_people = BTreeMap::new();
        for digest in draft.map(|draft| draft.persons()).unwrap_or_default() {
            if self.index().is_erased(digest)? {
                known_people.insert(digest, KnownPerson::Erased);
            } else if let Some(record) = self.people().get(digest)?
                && self.index().person_is_known(digest)?
            {
                known_people.insert(digest, KnownPerson::Record(record.person));
            }
        }
        let mut key_owners = BTreeMap::new();
        // The supplier's own keys are in its ring, whose owner is known.
        let is_own = |key: &PublicKey| ring.as_ref().is_some_and(|ring| ring.find(key).is_some());
        for key in examined.keys.iter().filter(|key| !is_own(key)) {
            let fingerprint = key.fingerprint();
            if let Some((owner, _)) = self.index().key_owner(&fingerprint)? {
                key_owners.insert(fingerprint, owner);
            }
        }
        let standing = self.index().case_history(id)?.standing(self.present()?);
        let withdrawn = standing.withdrawn_by_department().map(|case| case.opening.stated_at.day_in_london());
        Ok(State {
            withdrawn_by_department: withdrawn,
            registry: self.settings().registry.clone(),
            certification: id.clone(),
            supplier,
            ring,
            authority: self.authority(),
            current,
            editions,
            lookalike: lookalike.filter(|service| *service != id.service),
            predecessor,
            has_signed_twice: self.index().has_signed_twice(&id.supplier)?,
            key_owners,
            known_people,
        })
    }

    /// What schools would see as changed.
    pub(super) fn comparison_with_current(
        &self,
        state: &State,
        draft: &Draft,
        edition: &Edition,
        publication: &Publication,
    ) -> Option<Comparison> {
        let (row, content, before) = state.current.as_ref()?;
        let old = Side { content, edition: before, publication: Some(&row.publication) };
        Some(compare::versions(old, Side { content: draft, edition, publication: Some(publication) }))
    }
}

impl From<IndexError> for RegistryError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::TooBroad => RegistryError::invalid(
                "search-too-broad",
                "This search would look at more than one answer may cost. Narrow it: name a supplier, a status or a question with its code, or search for fewer words.",
            ),
            error => RegistryError::internal(error),
        }
    }
}
