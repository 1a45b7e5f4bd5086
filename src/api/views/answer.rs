//! Single answers and their history.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{AnswerId, Edition, RegistrySettings},
    index::{AnswerChangeRow, AnswerRow},
    registry::read::VersionContent,
};

/// One answer: to a question (37), or on a support area (7).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnswerView {
    /// `q5.7` or `s3.4`.
    #[schema(example = "q5.7", pattern = "^[qs][0-9]+\\.[0-9]+$")]
    pub id: String,
    /// What was asked, in the form's own words.
    pub asked: String,
    /// `green`, `amber` or `black`; in transcriptions `not_recorded`. Absent for support areas.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "green")]
    pub code: Option<String>,
    /// The supplier's words, a paragraph an item: plain text, never markup.
    pub statement: Vec<String>,
    /// Links to what supports it.
    pub evidence: Vec<EvidenceView>,
    /// Support areas: whom a school reaches.
    pub contacts: Vec<SupportContactView>,
    /// In answers about what stands now: the version since which this answer stands unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unchanged_since: Option<UnchangedSinceView>,
}

/// Since when an answer stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnchangedSinceView {
    /// The version that last changed it.
    pub version: u32,
    /// When that was published.
    #[schema(format = DateTime)]
    pub published_at: String,
}

/// A link to supporting evidence, as the supplier gave it. The registry never fetches it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvidenceView {
    /// What a reader will find there.
    pub title: String,
    /// `http` or `https` (in transcriptions anything that was published).
    pub url: String,
    /// Digest of what was linked when it was linked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sha256: Option<String>,
    /// The day that what was linked bears.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    pub dated_on: Option<String>,
}

/// One way to reach support.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SupportContactView {
    /// A role mailbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub email: Option<String>,
    /// For example `Mon–Fri 09:00–17:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hours: Option<String>,
    /// As dialled from the UK or with `+44`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub telephone: Option<String>,
}

/// All answers of a version, in the form's order.
pub fn answers(version: &VersionContent) -> Vec<AnswerView> {
    let content = &version.content;
    let questions = content.responses.keys().map(|id| AnswerId::from(*id));
    let areas = content.support.keys().map(|id| AnswerId::from(*id));
    questions.chain(areas).filter_map(|id| answer(version, id)).collect()
}

/// One answer of a version, if the document has it.
pub fn answer(version: &VersionContent, id: AnswerId) -> Option<AnswerView> {
    let edition: &Edition = &version.edition;
    let blank = AnswerView {
        id: id.to_string(),
        asked: edition.asked(id).unwrap_or_default().to_owned(),
        code: None,
        statement: version.content.statement(id)?.to_vec(),
        evidence: Vec::new(),
        contacts: Vec::new(),
        unchanged_since: None,
    };
    match id {
        AnswerId::Question(question) => {
            let response = version.content.responses.get(&question)?;
            let evidence = response.evidence.iter().map(|evidence| EvidenceView {
                title: evidence.title.clone(),
                url: evidence.url.clone(),
                sha256: evidence.sha256.map(|digest| digest.to_string()),
                dated_on: evidence.dated_on.map(|day| day.to_string()),
            });
            let code = response.code.map(|code| code.as_str().to_owned());
            Some(AnswerView { code, evidence: evidence.collect(), ..blank })
        }
        AnswerId::Support(area) => {
            let contacts = version.content.support.get(&area)?.contacts.iter().map(|contact| SupportContactView {
                email: contact.email.clone(),
                hours: contact.hours.clone(),
                telephone: contact.telephone.clone(),
            });
            Some(AnswerView { contacts: contacts.collect(), ..blank })
        }
    }
}

impl AnswerView {
    /// The same with the version since which it stands, as the index knows it.
    pub fn since(self, rows: &[AnswerRow]) -> Self {
        let row = rows.iter().find(|row| row.answer.to_string() == self.id);
        let since =
            row.map(|row| UnchangedSinceView { version: row.since_version, published_at: row.since_at.to_string() });
        AnswerView { unchanged_since: since, ..self }
    }
}

/// The answers of one version.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnswerList {
    /// `supplier/service`.
    pub certification: String,
    /// Which version they are from.
    pub version: u32,
    /// With `as_of`: the instant that was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub instant: Option<String>,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// In the form's order.
    pub items: Vec<AnswerView>,
}

/// Every version in which one answer changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnswerHistory {
    /// `supplier/service`.
    pub certification: String,
    /// Which answer.
    pub id: String,
    /// What is asked, in the current edition's words.
    pub asked: String,
    /// Present and true when dates of publication are made up: a demonstration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub simulated_dates: Option<bool>,
    /// Oldest first; the first is the first statement.
    pub items: Vec<AnswerChangeView>,
}

/// One change of an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnswerChangeView {
    /// The version that changed it.
    pub version: u32,
    /// When that was published.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// The colour from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub code: Option<String>,
    /// The change in words.
    pub sentence: String,
    /// `attention`, `worth_reading` or `information`. The set is open.
    pub importance: String,
    /// Whose key signed that version (`ssh-keygen -l`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signature_key: Option<String>,
}

impl AnswerHistory {
    /// From the index's rows.
    pub fn of(
        certification: String,
        id: AnswerId,
        asked: &str,
        rows: &[AnswerChangeRow],
        settings: &RegistrySettings,
    ) -> Self {
        let item = |row: &AnswerChangeRow| AnswerChangeView {
            version: row.version,
            published_at: row.published_at.to_string(),
            code: row.code.map(|code| code.as_str().to_owned()),
            sentence: row.sentence.clone(),
            importance: row.importance.to_string(),
            signature_key: row.signature_key.clone(),
        };
        AnswerHistory {
            certification,
            id: id.to_string(),
            asked: asked.to_owned(),
            simulated_dates: settings.simulated_dates.then_some(true),
            items: rows.iter().map(item).collect(),
        }
    }
}
