//! What stands beside a document.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{Standing, standing::CaseState},
    registry::cases::CertificationStanding,
};

/// What case statements and signatures say of a certification, beside its document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StandingView {
    /// The gravest thing that stands: `published` (nothing), `notice`, `ending`, `challenged`, `verification_required`,
    /// `challenge_overdue`, `verification_overdue`, `transferred`, `ended`, `withdrawn_by_supplier`,
    /// `withdrawn_by_department`, `objection`. The set is open.
    #[schema(example = "published")]
    pub state: String,
    /// Where the past was asked for: the instant at which this was what was known. Otherwise it is what is known now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
    /// Everything that a reader should know, the gravest first.
    pub conditions: Vec<ConditionView>,
    /// Cases that are not closed.
    pub open_cases: usize,
    /// Cases whose day has passed without an answer.
    pub overdue_cases: usize,
    /// The certification that carries this one on: `supplier/service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub carried_on_as: Option<String>,
    /// The certification that this one carries on: `supplier/service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub carries_on: Option<String>,
}

/// One thing that a reader should know beside the document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConditionView {
    /// A state's name, or `unsound_signature`, `clarified`, `verified`, `not_verified`, `verification_expired`. The set is
    /// open.
    #[schema(example = "challenged")]
    pub code: String,
    /// In words.
    pub sentence: String,
    /// The answers that it is about; empty where it is about the whole.
    pub questions: Vec<String>,
    /// The digest of the statement that it follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub statement: Option<String>,
}

impl StandingView {
    /// From the registry's answer about the past.
    pub fn then(found: &CertificationStanding) -> Self {
        StandingView { known_at: Some(found.standing.at.to_string()), ..StandingView::of(found) }
    }

    /// From the registry's answer about the present.
    pub fn of(found: &CertificationStanding) -> Self {
        let unsound = found.unsound.map(|version| ConditionView {
            code: "unsound_signature".to_owned(),
            sentence: format!(
                "A key that signed version {version} has been reported as unsafe for that time: ask the supplier to sign it again."
            ),
            questions: Vec::new(),
            statement: None,
        });
        let beside = StandingView::of_cases(&found.standing);
        StandingView { conditions: unsound.into_iter().chain(beside.conditions).collect(), ..beside }
    }

    /// From the case statements alone: what lists show.
    pub fn of_cases(standing: &Standing) -> Self {
        let conditions = standing.conditions().into_iter().map(|condition| ConditionView {
            code: condition.code.to_owned(),
            sentence: condition.sentence,
            questions: condition.questions.iter().map(ToString::to_string).collect(),
            statement: condition.statement.map(|digest| digest.to_string()),
        });
        let today = standing.today();
        let open = standing.cases.iter().filter(|case| case.state(today) != CaseState::Closed).count();
        StandingView {
            state: standing.state().as_str().to_owned(),
            // The present goes unsaid, so that an answer whose content is the same has the same validator.
            known_at: None,
            conditions: conditions.collect(),
            open_cases: open,
            overdue_cases: standing.overdue().count(),
            carried_on_as: standing.successor().map(|transfer| transfer.other.to_string()),
            carries_on: standing.predecessor().map(|transfer| transfer.other.to_string()),
        }
    }
}
