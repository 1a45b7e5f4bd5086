//! Which question a pack answers: one version, or one day.

use serde::{Deserialize, Serialize};

use crate::domain::{CertificationId, Day, Instant, RegistryId};

/// The name of this format.
const FORMAT: &str = "certreg/evidence@1";

/// What was asked, of which certification, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The registry.
    pub registry: RegistryId,
    /// The certification.
    pub certification: CertificationId,
    /// Version or day.
    pub asked: Asked,
    /// When the pack was made, by the registry's clock.
    pub made_at: Instant,
}

/// Version or day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The version with this number.
    Version(u32),
    /// Every version that stood at any moment of this day, in London.
    On(Day),
}

/// A text is no question as packs have it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pack.json does not say which certification, and which version or day: {0}")]
pub struct QuestionError(String);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    made_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    registry: String,
    service: String,
    supplier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
}

impl Question {
    /// The text of `pack.json`.
    pub fn print(&self) -> String {
        let (on, version) = match self.asked {
            Asked::On(day) => (Some(day.to_string()), None),
            Asked::Version(version) => (None, Some(version)),
        };
        let stored = Stored {
            format: FORMAT.to_owned(),
            made_at: self.made_at.to_string(),
            on,
            registry: self.registry.to_string(),
            service: self.certification.service.to_string(),
            supplier: self.certification.supplier.to_string(),
            version,
        };
        let text = serde_json::to_string_pretty(&stored).expect("texts and a number are JSON");
        format!("{text}\n")
    }

    /// Reads what [`Question::print`] writes.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn parse(text: &str) -> Result<Question, QuestionError> {
        let stored: Stored = serde_json::from_str(text).map_err(|error| QuestionError(error.to_string()))?;
        let odd = |what: &str| QuestionError(format!("its {what} cannot be read"));
        if stored.format != FORMAT {
            return Err(odd("format"));
        }
        let asked = match (&stored.on, stored.version) {
            (Some(day), None) => Asked::On(day.parse().map_err(|_| odd("day"))?),
            (None, Some(version)) if version > 0 => Asked::Version(version),
            _ => return Err(odd("question")),
        };
        let supplier = stored.supplier.parse().map_err(|_| odd("supplier"))?;
        let service = stored.service.parse().map_err(|_| odd("service"))?;
        Ok(Question {
            registry: stored.registry.parse().map_err(|_| odd("registry"))?,
            certification: CertificationId::new(supplier, service),
            asked,
            made_at: stored.made_at.parse().map_err(|_| odd("instant"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_reads_back_and_is_only_one() {
        for asked in [Asked::Version(3), Asked::On("2025-09-04".parse().expect("a day"))] {
            let question = Question {
                registry: "certreg.example".parse().expect("an id"),
                certification: "example-learning/example-cloud".parse().expect("an id"),
                asked,
                made_at: "2026-11-21T10:00:00Z".parse().expect("an instant"),
            };
            assert_eq!(Question::parse(&question.print()), Ok(question.clone()));
            let both = question.print().replace("\"service\"", "\"on\": \"2025-09-04\", \"version\": 3, \"service\"");
            assert!(Question::parse(&both).is_err());
        }
        assert!(Question::parse("{}").is_err());
    }
}
