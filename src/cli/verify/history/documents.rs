//! Versions: form, chain, edition, signatures.

use super::{Here, History, Newest, role_words};
use crate::{
    cli::verify::signed::sentence,
    domain::{CertificationId, ChangeKind, Digest, Draft, standing::VersionFact},
    format::{paths::Suffix, profile, v1},
    signing::{self, Namespace, Role},
    store::CommittedFile,
};

impl History {
    /// A version of a certification.
    pub(super) fn document(&mut self, here: &Here<'_>, id: &CertificationId, file: &CommittedFile) {
        let path = file.path.as_str();
        let document = match here.documents.get(path) {
            Some(Ok(document)) => document,
            Some(Err(faults)) => return self.fault(here, path, format!("it is no certification: {faults}")),
            None => return self.fault(here, path, "it was not read"),
        };
        let (stored, essence) = (&document.stored, document.essence);
        let draft = &stored.value;
        self.counts.versions += 1;
        self.counts.transcriptions += u64::from(draft.is_transcription());
        if draft.certification_id() != *id || Some(&draft.registry) != self.registry.as_ref() {
            self.fault(here, path, "its ids are not those of its place");
        }
        self.form(here, path, draft);
        self.chain(here, path, id, draft, essence);
        if draft.is_transcription() {
            let what = format!("version {} of {id}", draft.version);
            self.departments(here, file, Namespace::Transcription, what);
        } else {
            self.supplier_signatures(here, id, file, draft);
        }
        let follows_own = matches!(draft.change.kind, ChangeKind::Update | ChangeKind::Reaffirmation);
        if follows_own && self.is_withdrawn(id, here.commit.time) {
            self.fault(here, path, "it was published while the Department had withdrawn the certification");
        }
        let (version, kind) = (draft.version, draft.change.kind);
        let fact = VersionFact { version, sequence: here.commit.sequence, published_at: here.commit.time, kind };
        self.versions.entry(id.clone()).or_default().push(fact);
        let newest = Newest {
            version: draft.version,
            digest: stored.digest,
            essence,
            is_transcription: draft.is_transcription(),
        };
        self.certifications.insert(id.clone(), newest);
    }

    /// Every rule of form, against the edition that was answered.
    fn form(&mut self, here: &Here<'_>, path: &str, draft: &Draft) {
        let single = self.is_single(draft);
        let faults = match self.editions.get(&draft.edition.id) {
            Some((edition, digest)) => draft.faults_of_form(edition, *digest, single),
            None => return self.fault(here, path, format!("edition {} is not published", draft.edition.id)),
        };
        for fault in faults.0 {
            self.fault(here, path, fault.to_string());
        }
    }

    fn is_single(&self, draft: &Draft) -> bool {
        self.suppliers.get(&draft.supplier).is_some_and(|(_, _, single)| *single)
    }

    fn chain(&mut self, here: &Here<'_>, path: &str, id: &CertificationId, draft: &Draft, essence: Digest) {
        let before = self.certifications.get(id);
        if self.partial && before.is_none() && draft.version > 1 {
            return;
        }
        let due = (before.map_or(1, |newest| newest.version + 1), before.map(|newest| newest.digest));
        let has_own = before.is_some_and(|newest| !newest.is_transcription);
        let same = before.is_some_and(|newest| newest.essence == essence);
        if (draft.version, draft.previous) != due {
            self.fault(here, path, format!("it does not follow the version before it: version {} was due", due.0));
        }
        let wrong = match (draft.change.kind, has_own, same) {
            (ChangeKind::Transcription, true, _) => "it is a transcription although the supplier speaks for itself",
            (ChangeKind::Initial, true, _) => "it calls itself the first, but the supplier signed one before",
            (ChangeKind::Update | ChangeKind::Reaffirmation, false, _) => {
                "the supplier's first version is not 'initial'"
            }
            (ChangeKind::Reaffirmation, true, false) => "it calls itself a re-affirmation, but changes something",
            _ => return,
        };
        self.fault(here, path, wrong);
    }

    /// Checks the signatures of a supplier's own version.
    fn supplier_signatures(&mut self, here: &Here<'_>, id: &CertificationId, file: &CommittedFile, draft: &Draft) {
        let path = file.path.as_str();
        let single = self.is_single(draft);
        let (signature, countersignature) =
            (here.files.signature(path, Suffix::Sig), here.files.signature(path, Suffix::Countersig));
        if countersignature.is_none() && self.signed_twice.contains(&id.supplier) {
            self.fault(here, path, "it has one signature, but an earlier version of its supplier has two");
        }
        if countersignature.is_some() {
            self.signed_twice.insert(id.supplier.clone());
        }
        let Some(ring) = self.rings.get(&id.supplier) else {
            return self.fault(here, path, "no keys of its supplier are enrolled");
        };
        let checked =
            signing::check_version_signatures(&file.bytes, signature, countersignature, ring, here.commit.time, single);
        match checked {
            Ok(signatures) => {
                let signers = [(Role::Signatory, Some(signatures.signatory)), (Role::Official, signatures.official)];
                for (role, signer) in signers {
                    let what = format!("version {} of {id}, by {},", draft.version, role_words(role));
                    if let Some(signer) = signer {
                        self.accept(here, what, signer.key, Some(id.supplier.clone()));
                    }
                }
            }
            Err(faults) => self.fault(here, path, sentence(&faults)),
        }
    }
}

/// The digest of what a re-affirmation may not alter, so that a history holds no drafts.
pub(super) fn essence(draft: &Draft) -> Digest {
    Digest::of(&profile::print(&v1::certification::write(&draft.without_what_a_reaffirmation_may_alter())))
}
