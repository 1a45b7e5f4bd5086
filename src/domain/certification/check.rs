//! The rules of form of a certification document: which faults stand between a draft and a
//! certification. They hold for ever and are checked by every verifier; what the registry looks at once, when it
//! accepts, is in [`super::admission`].

use std::collections::BTreeSet;

use super::{Certification, ChangeKind, Draft};
use crate::domain::{Code, Commitment, Digest, Edition, Faults};

impl Draft {
    /// Checks every rule of form against the edition that was answered.
    ///
    /// `edition_digest` is the digest of the edition's file; `single_signatory` is what the Department
    /// states in `supplier.json`. Order and chain (version, previous) against what is already published,
    /// and signatures, are not looked at here.
    ///
    /// # Errors
    /// All faults at once, each with a JSON pointer.
    pub fn check(
        self,
        edition: &Edition,
        edition_digest: Digest,
        single_signatory: bool,
    ) -> Result<Certification, Faults> {
        self.faults_of_form(edition, edition_digest, single_signatory).or(Certification(self))
    }

    /// What [`Draft::check`] would refuse it for, for whoever judges and does not keep it.
    pub fn faults_of_form(&self, edition: &Edition, edition_digest: Digest, single_signatory: bool) -> Faults {
        let mut faults = Faults::default();
        self.check_edition(edition, edition_digest, &mut faults);
        self.check_chain(&mut faults);
        self.check_change(edition, &mut faults);
        self.check_responses(edition, &mut faults);
        self.check_support(edition, &mut faults);
        if self.is_transcription() {
            self.check_transcription(&mut faults);
        } else {
            self.check_own(single_signatory, &mut faults);
        }
        faults
    }

    fn check_edition(&self, edition: &Edition, digest: Digest, faults: &mut Faults) {
        if self.edition.id != edition.id {
            faults.add(
                "/edition/id",
                "edition-mismatch",
                format!("This document answers another edition than {}.", edition.id),
            );
        } else if self.edition.digest != digest {
            faults.add(
                "/edition/digest",
                "edition-digest",
                format!("The digest of edition {} is {digest}. Write that one.", edition.id),
            );
        }
    }

    fn check_chain(&self, faults: &mut Faults) {
        match (self.version, self.previous) {
            (0, _) => faults.add("/version", "version-zero", "Versions are numbered from 1."),
            (1, Some(_)) => faults.add(
                "/previous",
                "previous-on-first",
                "Version 1 has no version before it: leave 'previous' out.",
            ),
            (2.., None) => faults.add(
                "/previous",
                "missing-member",
                "From version 2 on, 'previous' names the digest of the version before.",
            ),
            _ => {}
        }
    }

    fn check_change(&self, edition: &Edition, faults: &mut Faults) {
        let change = &self.change;
        let only_with = |present: bool, kind: ChangeKind, member: &str, faults: &mut Faults| {
            if present && change.kind != kind {
                let detail =
                    format!("'{member}' goes with kind '{}' only: leave it out, or change the kind.", kind.as_str());
                faults.add(format!("/change/{member}"), "member-not-allowed", detail);
            }
        };
        only_with(!change.corrections.is_empty(), ChangeKind::Update, "corrections", faults);
        only_with(change.wording_only, ChangeKind::Update, "wording_only", faults);
        only_with(change.predecessor.is_some(), ChangeKind::Initial, "predecessor", faults);
        only_with(change.not_before.is_some(), ChangeKind::Transcription, "not_before", faults);
        only_with(change.not_after.is_some(), ChangeKind::Transcription, "not_after", faults);
        let says_of_the_service = change.service_changed_on.is_some() || !change.corrections.is_empty();
        if change.wording_only && says_of_the_service {
            faults.add("/change/wording_only", "member-not-allowed", "Either the service is unchanged ('wording_only'), or it changed or an answer was wrong: keep one of the two.");
        }
        let changes_nothing = matches!(change.kind, ChangeKind::Reaffirmation | ChangeKind::Transcription);
        if changes_nothing && change.service_changed_on.is_some() {
            let detail = format!("A {} reports no change of the service: leave it out.", change.kind.as_str());
            faults.add("/change/service_changed_on", "member-not-allowed", detail);
        }
        if change
            .predecessor
            .as_ref()
            .is_some_and(|named| named.certification == self.certification_id() || named.version == 0)
        {
            faults.add(
                "/change/predecessor",
                "bad-predecessor",
                "A predecessor is a version (from 1) of another certification: leave it out, or correct it.",
            );
        }
        if let (Some(first), Some(last)) = (change.not_before, change.not_after)
            && first > last
        {
            faults.add("/change/not_after", "days-in-wrong-order", "'not_after' lies before 'not_before'.");
        }
        let mut seen = BTreeSet::new();
        for (i, correction) in change.corrections.iter().enumerate() {
            let pointer = format!("/change/corrections/{i}/question");
            if !edition.answer_ids().any(|id| id == correction.question) {
                faults.add(
                    &pointer,
                    "unknown-question",
                    format!("Edition {} does not ask {}.", edition.id, correction.question),
                );
            }
            if !seen.insert(correction.question) {
                faults.add(
                    &pointer,
                    "listed-twice",
                    format!("{} is corrected twice: keep the earliest day.", correction.question),
                );
            }
        }
    }

    fn check_responses(&self, edition: &Edition, faults: &mut Faults) {
        for id in self.responses.keys().filter(|id| edition.question(**id).is_none()) {
            faults.add(
                format!("/responses/{id}"),
                "unknown-question",
                format!("Edition {} has no question {id}: remove it.", edition.id),
            );
        }
        for question in &edition.questions {
            let pointer = format!("/responses/{}", question.id);
            let Some(response) = self.responses.get(&question.id) else {
                faults.add(
                    pointer,
                    "missing-answer",
                    format!("Question {} is not answered: every question of the edition is.", question.id.number()),
                );
                continue;
            };
            match response.code {
                None => {
                    faults.add(format!("{pointer}/code"), "missing-member", "Choose a code: green, amber or black.")
                }
                Some(Code::NotRecorded) if !self.is_transcription() => faults.add(
                    format!("{pointer}/code"),
                    "code-not-recorded",
                    "'not_recorded' is for transcriptions of published statements: choose green, amber or black.",
                ),
                Some(_) => {}
            }
            if response.statement.is_empty() && !self.is_transcription() {
                let detail = match response.code {
                    Some(Code::Black) => "Say why the question does not apply: 'statement' is the reason.",
                    _ => "Every code needs a statement with the evidence for it.",
                };
                faults.add(format!("{pointer}/statement"), "missing-statement", detail);
            }
        }
    }

    fn check_support(&self, edition: &Edition, faults: &mut Faults) {
        for id in self.support.keys().filter(|id| edition.support_area(**id).is_none()) {
            faults.add(
                format!("/support/{id}"),
                "unknown-support-area",
                format!("Edition {} has no support area {id}: remove it.", edition.id),
            );
        }
        if self.is_transcription() {
            return;
        }
        for area in &edition.support_areas {
            if self.support.get(&area.id).is_none_or(|support| support.statement.is_empty()) {
                let detail = format!("Support area {} ({}) needs a statement.", area.id.number(), area.title);
                faults.add(format!("/support/{}/statement", area.id), "missing-statement", detail);
            }
        }
    }

    fn check_transcription(&self, faults: &mut Faults) {
        if self.source.is_none() {
            faults.add(
                "/source",
                "missing-member",
                "A transcription names its source: title and SHA-256 of the published file.",
            );
        }
        let forbidden = [
            ("signatory", self.signatory.is_some()),
            ("completed_on", self.completed_on.is_some()),
            ("change/effective_on", self.change.effective_on.is_some()),
            ("change/summary", !self.change.summary.is_empty()),
        ];
        for (member, present) in forbidden {
            if present {
                faults.add(
                    format!("/{member}"),
                    "member-not-allowed",
                    "A transcription cannot say this for the supplier: leave it out.",
                );
            }
        }
    }

    fn check_own(&self, single_signatory: bool, faults: &mut Faults) {
        if self.source.is_some() {
            faults.add("/source", "member-not-allowed", "Only a transcription has a source: leave it out.");
        }
        if self.completed_on.is_none() {
            faults.add(
                "/completed_on",
                "missing-member",
                "Write the day on which the signatory completed the responses.",
            );
        }
        let contact = self.contact.clone().unwrap_or_default();
        for (member, present) in [("email", contact.email.is_some()), ("telephone", contact.telephone.is_some())] {
            if !present {
                faults.add(
                    format!("/contact/{member}"),
                    "missing-member",
                    "Schools need a telephone number and an e-mail address to ask about the certification.",
                );
            }
        }
        self.check_signers(single_signatory, faults);
        for commitment in Commitment::ALL {
            let excused = single_signatory && commitment == Commitment::IndependentlyVerified;
            let made = self.commitments.contains(&commitment);
            let pointer = format!("/commitments/{}", commitment.as_str());
            if excused && made {
                faults.add(
                    pointer,
                    "member-not-allowed",
                    "A supplier of one person cannot be independently verified by a second: leave it out.",
                );
            } else if !excused && !made {
                faults.add(pointer, "missing-commitment", "Every commitment of the scheme is made: write true.");
            }
        }
    }

    fn check_signers(&self, single_signatory: bool, faults: &mut Faults) {
        let signers = [("signatory", &self.signatory, false), ("official", &self.official, single_signatory)];
        for (member, signer, excused) in signers {
            match signer {
                None if excused => {}
                None => faults.add(
                    format!("/{member}"),
                    "missing-member",
                    "Two people stand behind a certification: name signatory and official.",
                ),
                Some(_) if excused => faults.add(
                    format!("/{member}"),
                    "member-not-allowed",
                    "The Department lists this supplier as one person: leave 'official' out.",
                ),
                Some(signer) if signer.title.is_none() => {
                    faults.add(
                        format!("/{member}/title"),
                        "missing-member",
                        "Write the person's role, for example 'Director of Technology'.",
                    );
                }
                Some(_) => {}
            }
        }
        if let (Some(signatory), Some(official)) = (&self.signatory, &self.official)
            && signatory.person == official.person
        {
            faults.add("/official/person", "same-person", "Signatory and official must be two people.");
        }
    }
}
