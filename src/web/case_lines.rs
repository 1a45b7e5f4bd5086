//! One case as pages show it: what was asked, by whom, how far it has come, and every statement in it.

use crate::{
    domain::{
        Day,
        standing::{Case, CaseState, Outcome, Standing, Stated},
    },
    registry::{Registry, Result, cases::CaseFound},
};

/// One case in words.
pub struct CaseLine {
    /// What it is about: the service's or supplier's name.
    pub about: String,
    /// The page of that.
    pub address: String,
    /// What kind of case, for example `Clarification asked for`.
    pub kind: String,
    /// How far it has come.
    pub state: &'static str,
    /// What stands of it now, where something does.
    pub sentence: Option<String>,
    /// The answers that it is about.
    pub questions: Vec<String>,
    /// By when an answer is due.
    pub due: Option<String>,
    /// Every statement, oldest first.
    pub statements: Vec<StatementLine>,
}

/// One statement of a case.
pub struct StatementLine {
    /// Who stated it, when.
    pub heading: String,
    /// Whether a key that signed it does not count for that time any more.
    pub is_unsound: bool,
    /// Its words, a paragraph an item.
    pub text: Vec<String>,
}

impl CaseLine {
    /// From a case as the registry found it.
    ///
    /// # Errors
    /// Those of the index.
    pub fn of(registry: &Registry, found: &CaseFound, today: Day) -> Result<CaseLine> {
        let (case, folder) = (&found.case, &found.folder);
        let standing = match folder.certification() {
            Some(id) => Some(registry.case_standing(&id, registry.present()?)?),
            None => None,
        };
        let (about, address) = match folder.certification() {
            Some(id) => (registry.certification(&id)?.current.service_name, super::address::certification(&id)),
            None => {
                let names = registry.supplier(&folder.supplier)?.names;
                let name = names.into_iter().next().unwrap_or_else(|| folder.supplier.to_string());
                (name, super::address::supplier(&folder.supplier))
            }
        };
        let line = |stated| statement_line(stated, found.unsound.contains(&stated.sequence));
        let statements = std::iter::once(&case.opening).chain(&case.replies).map(line);
        Ok(CaseLine {
            about,
            address,
            kind: kind_in_words(case.kind()),
            state: state_in_words(case, today),
            sentence: standing.and_then(|standing| sentence(&standing, case)),
            questions: case.questions().iter().map(|answer| answer.label()).collect(),
            due: case.due_on().map(Day::in_words),
            statements: statements.collect(),
        })
    }
}

/// What the standing says because of this case.
fn sentence(standing: &Standing, case: &Case) -> Option<String> {
    let of_it = |statement| statement == Some(case.opening.digest);
    let conditions = standing.conditions().into_iter().filter(|condition| of_it(condition.statement));
    let sentences: Vec<String> = conditions.map(|condition| condition.sentence).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn statement_line(stated: &Stated, is_unsound: bool) -> StatementLine {
    let kind = kind_in_words(stated.statement.matter.name());
    let day = stated.stated_at.day_in_london().in_words();
    let by = stated.by.in_words();
    StatementLine {
        heading: format!("{kind}, by {by}, published here on {day}"),
        is_unsound,
        text: stated.statement.text.clone(),
    }
}

/// The types of statements in words; a type of a later form shows its own name.
fn kind_in_words(kind: &str) -> String {
    let words = match kind {
        "challenge" => "Clarification asked for",
        "clarification" => "Clarification",
        "resolution" => "Resolution",
        "verification_required" => "Independent verification required",
        "verification" => "Independent verification",
        "withdrawal" => "Withdrawal",
        "closure" => "End of the service",
        "reinstatement" => "Reinstatement",
        "notice" => "Notice by the supplier",
        "transfer" => "Transfer",
        "objection" => "Objection to a transcription",
        "erasure" => "Erasure of a person's record",
        other => return format!("Statement of the type “{other}”"),
    };
    words.to_owned()
}

fn state_in_words(case: &Case, today: Day) -> &'static str {
    match (case.state(today), case.closed.as_ref().map(|closed| closed.outcome)) {
        (CaseState::Open, _) => "Open",
        (CaseState::Answered, _) => "Answered, not closed yet",
        (CaseState::Overdue, _) => "Overdue",
        (CaseState::Closed, Some(Outcome::Verified)) => "Closed: independently verified",
        (CaseState::Closed, Some(Outcome::Clarified)) => "Closed: clarified",
        (CaseState::Closed, Some(Outcome::Withdrawn)) => "Closed: withdrawn",
        (CaseState::Closed, Some(Outcome::AnsweredByVersion(_))) => "Closed: answered by a new version",
        (CaseState::Closed, Some(Outcome::NotUpheld)) => "Closed: there was nothing in it",
        (CaseState::Closed, Some(Outcome::Reinstated)) => "Closed: taken back",
        (CaseState::Closed, Some(Outcome::Replaced)) => "Closed: replaced by another statement",
        (CaseState::Closed, Some(Outcome::DayCame)) => "Closed: its day came",
        (CaseState::Closed, Some(Outcome::Completed)) => "Closed: both sides stated it",
        (CaseState::Closed, Some(Outcome::Noted) | None) => "Noted",
    }
}
