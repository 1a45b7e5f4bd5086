//! Whether a statement makes sense where it stands, in the order in which faults are told.

use std::collections::BTreeSet;

use super::{Party, Read, Registry, RegistryError, Result, party::wrong_party};
use crate::{
    domain::{
        AnswerId, CertificationId, ChangeKind, Day, Digest, Edition, Faults, Instant, Standing,
        case::{Matter, Subject},
        standing::{Case, Stated},
    },
    index::VersionRow,
};

/// How far ahead a day may lie by which something is asked for, in days.
const MAX_DUE_DAYS: i64 = 2 * 366;
/// How far ahead a notice may last, in days: it is a quick word, for which a version is soon to come.
const MAX_NOTICE_DAYS: i64 = 92;
/// How many statements about one certification a supplier makes in a day: whoever is let in must not make it slow to
/// read for everybody else.
const MAX_STATEMENTS_A_DAY: usize = 20;
/// How far ahead a verification may count, and an end may lie, in days.
const MAX_AHEAD_DAYS: i64 = 5 * 366;

impl Registry {
    /// Checks a statement against the registry's state at `at`.
    ///
    /// # Errors
    /// The first unmet condition.
    pub(super) fn check_case(&self, read: &Read, at: Instant) -> Result<()> {
        let id = read.folder.certification();
        if self.index.supplier(&read.statement.supplier)?.is_none() {
            let detail = format!("No supplier {} is registered here.", read.statement.supplier);
            return Err(fault("/supplier", "supplier-unknown", detail));
        }
        if let Some(id) = &id
            && self.index.certification(id)?.is_none()
        {
            let detail = format!("Nothing is published as {id}: a statement is about a certification that is here.");
            return Err(fault("/service", "certification-unknown", detail));
        }
        let by = self.check_party(read, at)?;
        self.check_form(read, at)?;
        self.check_chain(read)?;
        self.check_measure(read, by, at)?;
        match &id {
            Some(id) => self.check_about_service(read, id, by, at),
            None => self.check_persons(read),
        }
    }

    /// What can be said of the statement alone, all at once.
    fn check_form(&self, read: &Read, at: Instant) -> Result<()> {
        let (statement, today) = (&read.statement, at.day_in_london());
        let mut faults = Faults::default();
        if statement.registry != self.settings.registry {
            let detail = format!("This registry is {}: write that id.", self.settings.registry);
            faults.add("/registry", "other-registry", detail);
        }
        if statement.stated_on > today {
            faults.add("/stated_on", "day-ahead", "A statement is dated on the day on which it is made, or before.");
        }
        if let Matter::Unknown { .. } = statement.matter {
            let detail = "This type is not known here. Types are: challenge, clarification, resolution, \
                          verification_required, verification, withdrawal, closure, reinstatement, notice, transfer, \
                          objection, erasure.";
            faults.add("/type", "unknown-value", detail);
        }
        check_days(&statement.matter, today, &mut faults);
        faults.or(()).map_err(|faults| RegistryError::faulty("case-rules", faults))
    }

    /// Number and predecessor must follow the newest statement of the folder.
    fn check_chain(&self, read: &Read) -> Result<()> {
        let newest = self.index.newest_statement(&read.folder)?;
        let expected = newest.map_or((1, None), |(seq, digest)| (seq.saturating_add(1), Some(digest)));
        if (read.statement.seq, read.statement.previous) == expected {
            return Ok(());
        }
        let detail = match newest {
            Some((seq, digest)) => format!(
                "The newest statement here is number {seq} ({digest}): the next one has number {} and names that digest \
                 as 'previous'.",
                expected.0
            ),
            None => "Nothing has been stated here yet: begin with number 1, without 'previous'.".to_owned(),
        };
        Err(RegistryError { current: newest, ..RegistryError::conflict("case-conflict", detail) })
    }

    /// A supplier states so much in a day, and no more.
    fn check_measure(&self, read: &Read, by: Party, at: Instant) -> Result<()> {
        if by == Party::Department {
            return Ok(());
        }
        let recent = self.index.statements_since(&read.folder, Party::Supplier, at.plus_seconds(-24 * 3600))?;
        if recent < MAX_STATEMENTS_A_DAY {
            return Ok(());
        }
        let detail = format!(
            "A supplier makes at most {MAX_STATEMENTS_A_DAY} statements about a certification in 24 hours. Gather them in \
             one, or state this tomorrow."
        );
        Err(RegistryError::conflict("too-many-statements", detail))
    }

    fn check_about_service(&self, read: &Read, id: &CertificationId, by: Party, at: Instant) -> Result<()> {
        let standing = self.case_standing(id, at)?;
        let stated =
            Stated { sequence: u64::MAX, stated_at: at, digest: read.digest, by, statement: read.statement.clone() };
        match &read.statement.matter {
            Matter::Challenge { questions, subject, .. } | Matter::VerificationRequired { questions, subject, .. } => {
                let version = self.subject(id, subject)?;
                known_to(questions.iter(), &*self.edition(&version.edition)?)
            }
            Matter::Clarification { in_reply_to, questions } => {
                let case = answered(&standing, *in_reply_to, &stated)?;
                among(questions.iter().copied().collect(), case, "/questions")
            }
            Matter::Verification { in_reply_to, outcomes, .. } => {
                let case = answered(&standing, *in_reply_to, &stated)?;
                among(outcomes.keys().copied().collect(), case, "/outcomes")
            }
            Matter::Resolution { in_reply_to, .. } => answered(&standing, *in_reply_to, &stated).map(|_| ()),
            Matter::Reinstatement { in_reply_to } => match answered(&standing, *in_reply_to, &stated) {
                Err(error) if error.code == "reply-does-not-fit" => match standing.case(*in_reply_to) {
                    Some(case) if case.opening.by != by => Err(wrong_party(read, case.opening.by.in_words())),
                    _ => Err(error),
                },
                other => other.map(|_| ()),
            },
            Matter::Withdrawal { .. } => not_withdrawn_twice(&standing, by),
            Matter::Closure { .. } | Matter::Erasure { .. } | Matter::Unknown { .. } => Ok(()),
            Matter::Notice { questions, .. } => {
                let current = self.certification(id)?.current;
                known_to(questions.iter(), &*self.edition(&current.edition)?)
            }
            Matter::Transfer { other } => self.check_transfer(read, id, other, by),
            Matter::Objection { subject } => match self.subject(id, subject)?.kind {
                ChangeKind::Transcription => Ok(()),
                _ => Err(fault(
                    "/subject",
                    "not-a-transcription",
                    "An objection is about a transcription; the supplier corrects its own statement by a new version.",
                )),
            },
        }
    }

    /// The version that a statement is about.
    fn subject(&self, id: &CertificationId, subject: &Subject) -> Result<VersionRow> {
        let found = self.index.version(id, subject.version)?;
        found.filter(|row| row.publication.digest == subject.digest).ok_or_else(|| {
            let detail =
                format!("{id} has no version {} with this digest: name one that is published.", subject.version);
            fault("/subject", "subject-unknown", detail)
        })
    }

    /// A service goes over to the certification that names it as its predecessor.
    fn check_transfer(&self, read: &Read, id: &CertificationId, other: &CertificationId, by: Party) -> Result<()> {
        let given_away = self.is_given_away(id, other)?;
        let taken_over = self.is_given_away(other, id)?;
        if !given_away && !taken_over {
            let detail = format!(
                "Neither {id} nor {other} carries on the other: first publish the new certification with \
                 'change.predecessor', then state the transfer on both sides."
            );
            return Err(RegistryError::conflict("transfer-without-predecessor", detail));
        }
        if by == Party::Department && !given_away {
            return Err(wrong_party(read, "the supplier that takes the service over"));
        }
        let folder = self.index.statements(&read.folder)?;
        let again = |row: &crate::index::StatementRow| row.stated.statement.matter == read.statement.matter;
        if folder.iter().any(again) {
            return Err(RegistryError::conflict(
                "already-stated",
                "This transfer has been stated on this side already.",
            ));
        }
        Ok(())
    }

    /// Persons are forgotten where a document of the supplier names them.
    fn check_persons(&self, read: &Read) -> Result<()> {
        let Matter::Erasure { persons } = &read.statement.matter else { return Ok(()) };
        let mut faults = Faults::default();
        for (i, person) in persons.iter().enumerate() {
            if !self.index.suppliers_naming(*person)?.contains(&read.statement.supplier) {
                let detail = format!("No document of {} names this record.", read.statement.supplier);
                faults.add(format!("/persons/{i}"), "person-not-named", detail);
            }
        }
        faults.or(()).map_err(|faults| RegistryError::faulty("case-rules", faults))
    }
}

/// Days must exist in time as the statement means them.
fn check_days(matter: &Matter, today: Day, faults: &mut Faults) {
    let mut ahead = |member: &str, day: Day, most: i64| {
        if day < today {
            faults.add(format!("/{member}"), "day-past", "This day has passed: name one that is still to come.");
        } else if day.days_since(today) > most {
            faults.add(format!("/{member}"), "day-too-far", format!("This day lies more than {most} days ahead."));
        }
    };
    match matter {
        Matter::Challenge { due_on, .. } | Matter::VerificationRequired { due_on, .. } => {
            ahead("due_on", *due_on, MAX_DUE_DAYS);
        }
        Matter::Verification { valid_until, .. } => ahead("valid_until", *valid_until, MAX_AHEAD_DAYS),
        Matter::Closure { ends_on, data_deleted_by, .. } => {
            ahead("ends_on", *ends_on, MAX_AHEAD_DAYS);
            if data_deleted_by.is_some_and(|deleted| deleted < *ends_on) {
                let detail = "Data are deleted on the service's last day or after it.";
                faults.add("/data_deleted_by", "days-in-wrong-order", detail);
            }
        }
        Matter::Notice { from, expires_on, .. } => {
            ahead("expires_on", *expires_on, MAX_NOTICE_DAYS);
            if expires_on < from {
                faults.add("/expires_on", "days-in-wrong-order", "A notice expires on its first day or after it.");
            }
        }
        _ => {}
    }
}

/// The open case that a reply names.
fn answered<'s>(standing: &'s Standing, in_reply_to: Digest, reply: &Stated) -> Result<&'s Case> {
    let kind = reply.statement.matter.name();
    let Some(case) = standing.case(in_reply_to) else {
        let detail = "No statement here that opens a case has this digest: name the statement that it replies to.";
        return Err(fault("/in_reply_to", "reply-to-unknown", detail));
    };
    if case.awaits(reply) {
        return Ok(case);
    }
    match &case.closed {
        Some(closed) => {
            let detail = format!(
                "That case was closed on {} ({}): nothing can be added to it.",
                closed.at.day_in_london().in_words(),
                closed.outcome.as_str()
            );
            Err(RegistryError::conflict("case-closed", detail))
        }
        None => {
            let detail = format!("A statement of type '{kind}' does not reply to one of type '{}'.", case.kind());
            Err(fault("/in_reply_to", "reply-does-not-fit", detail))
        }
    }
}

fn not_withdrawn_twice(standing: &Standing, by: Party) -> Result<()> {
    let open = |case: &&Case| case.kind() == "withdrawal" && case.closed.is_none() && case.opening.by == by;
    match standing.cases.iter().find(open) {
        None => Ok(()),
        Some(case) => {
            let on = case.opening.stated_at.day_in_london().in_words();
            Err(RegistryError::conflict("already-withdrawn", format!("It has been withdrawn since {on} already.")))
        }
    }
}

fn known_to<'q>(questions: impl Iterator<Item = &'q AnswerId>, edition: &Edition) -> Result<()> {
    let mut faults = Faults::default();
    for question in questions.filter(|question| edition.asked(**question).is_none()) {
        let detail = format!("Edition {} does not ask {question}.", edition.id);
        faults.add("/questions", "question-unknown", detail);
    }
    faults.or(()).map_err(|faults| RegistryError::faulty("case-rules", faults))
}

fn among(questions: BTreeSet<AnswerId>, case: &Case, pointer: &str) -> Result<()> {
    let asked = case.questions();
    let mut faults = Faults::default();
    for question in questions.difference(&asked) {
        faults.add(
            pointer,
            "question-not-asked",
            format!("The statement that this replies to is not about {question}."),
        );
    }
    faults.or(()).map_err(|faults| RegistryError::faulty("case-rules", faults))
}

fn fault(pointer: &str, code: &'static str, detail: impl Into<String>) -> RegistryError {
    let mut faults = Faults::default();
    faults.add(pointer, code, detail);
    RegistryError::faulty(code, faults)
}
