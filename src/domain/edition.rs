//! One wording of the checklist, as data.

use super::{AnswerId, Code, Commitment, Digest, EditionId, QuestionId, SupportAreaId};

/// The checklist in one wording: what was asked, in the form's own words.
///
/// Certifications sign the digest of the edition's file, so the question that was answered can never be
/// altered afterwards. The written form is `certreg/edition@1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// For example `dfe-2018-gdpr`.
    pub id: EditionId,
    /// For people, for example `Department for Education checklist, GDPR wording (2018)`.
    pub name: String,
    /// The form's introduction, a paragraph an item.
    pub introduction: Vec<String>,
    /// What the colours mean, in the form's own words, green first.
    pub codes: Vec<CodeMeaning>,
    /// The words with which the form leads to the promises. `[service]` stands where it names the service.
    pub commitments_introduction: Vec<String>,
    /// The promises of section 1, in the form's order.
    pub commitments: Vec<CommitmentText>,
    /// Sections of questions, in the form's order.
    pub sections: Vec<Section>,
    /// All questions, in the form's order.
    pub questions: Vec<Question>,
    /// The appendix's words before its support areas: what they are for, and how they are to be answered.
    pub support_introduction: Vec<String>,
    /// The appendix's support areas, in the form's order.
    pub support_areas: Vec<SupportArea>,
    /// How this wording relates to the one before it; absent for the first.
    pub mapping: Option<EditionMapping>,
}

/// What a colour means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMeaning {
    /// Green, amber or black.
    pub code: Code,
    /// The form's own sentence.
    pub meaning: String,
    /// What the form adds (amber: not necessarily a negative).
    pub caveat: Option<String>,
}

/// One promise of section 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentText {
    /// Which promise.
    pub id: Commitment,
    /// The form's own words. `[official]` stands where the form names the senior official.
    pub text: String,
}

/// A group of questions with the form's introduction to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The form's number, 1 to 99.
    pub number: u8,
    /// For example `Data Confidentiality`.
    pub title: String,
    /// A paragraph an item. `[supplier]` and `[service]` stand where the form names them.
    pub introduction: Vec<String>,
}

/// One question of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// For example `q5.7`; its section is the number before the dot.
    pub id: QuestionId,
    /// The form's own wording.
    pub text: String,
    /// Text that the form prints between the questions, before this one (encryption, before q5.6).
    pub guidance: Vec<String>,
    /// The question that decides whether this one applies.
    pub depends_on: Option<QuestionId>,
    /// What a plain "yes" would mean.
    pub polarity: Polarity,
    /// What a school might do when the answer gives less assurance.
    pub advice: Vec<String>,
}

/// Whether "yes" is the reassuring answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// Yes reassures.
    Positive,
    /// Neither yes nor no reassures ("do you act as a data controller"): never show green as "Yes".
    Neutral,
}

/// One area of the appendix on support in a serious incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportArea {
    /// For example `s3.4`.
    pub id: SupportAreaId,
    /// For example `Restoring Data`.
    pub title: String,
    /// The form's guidance to suppliers, a paragraph an item.
    pub guidance: Vec<String>,
    /// What a school might do when this statement changes.
    pub advice: Vec<String>,
}

/// How a newer wording relates to the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionMapping {
    /// The older edition.
    pub older: EditionId,
    /// The digest of the older edition's file.
    pub older_digest: Digest,
    /// One entry a relation; together they name every answer of both editions once.
    pub entries: Vec<MappingEntry>,
}

/// One relation between answers of two editions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingEntry {
    /// What became of it.
    pub relation: Relation,
    /// Answers of the older edition; empty for `added`.
    pub older: Vec<AnswerId>,
    /// Answers of the newer edition; empty for `dropped`.
    pub newer: Vec<AnswerId>,
}

/// What became of a question between two editions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// One to one, the same words.
    Same,
    /// One to one, other words.
    Reworded,
    /// One older became several newer.
    Split,
    /// Several older became one newer.
    Merged,
    /// No longer asked.
    Dropped,
    /// Not asked before.
    Added,
}

impl Relation {
    /// Every relation with its written name.
    pub const ALL: [(Relation, &'static str); 6] = [
        (Relation::Same, "same"),
        (Relation::Reworded, "reworded"),
        (Relation::Split, "split"),
        (Relation::Merged, "merged"),
        (Relation::Dropped, "dropped"),
        (Relation::Added, "added"),
    ];
}

impl Edition {
    /// The question with this id.
    pub fn question(&self, id: QuestionId) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// The support area with this id.
    pub fn support_area(&self, id: SupportAreaId) -> Option<&SupportArea> {
        self.support_areas.iter().find(|area| area.id == id)
    }

    /// The section with this number.
    pub fn section(&self, number: u8) -> Option<&Section> {
        self.sections.iter().find(|section| section.number == number)
    }

    /// What was asked: the question's text, or the support area's title.
    pub fn asked(&self, id: AnswerId) -> Option<&str> {
        match id {
            AnswerId::Question(q) => self.question(q).map(|question| question.text.as_str()),
            AnswerId::Support(s) => self.support_area(s).map(|area| area.title.as_str()),
        }
    }

    /// Every answer that the edition asks for: questions, then support areas.
    pub fn answer_ids(&self) -> impl Iterator<Item = AnswerId> + '_ {
        let questions = self.questions.iter().map(|q| AnswerId::from(q.id));
        questions.chain(self.support_areas.iter().map(|s| AnswerId::from(s.id)))
    }
}
