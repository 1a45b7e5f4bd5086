//! From a document and the edition it answers to what a reader sees.

use super::{
    AnswerView, CommitmentView, EvidenceView, KeyView, Names, SectionView, SupportView,
    record::person_words,
    words::{clean, code_words, filled},
};
use crate::domain::{
    AnswerId, Code, Draft, Edition, Evidence, Response, SupportAreaId, SupportContact, SupportStatement,
    edition::{CodeMeaning, CommitmentText, Polarity, Question, Section},
};

pub(super) fn cleaned(paragraphs: &[String]) -> Vec<String> {
    paragraphs.iter().map(|paragraph| clean(paragraph)).collect()
}

pub(super) fn commitments(draft: &Draft, edition: &Edition, names: Names<'_>) -> Vec<CommitmentView> {
    let official = match &draft.official {
        Some(official) if names.is_none_or(|name| name(official.person).is_none()) && official.title.is_some() => {
            format!("the {}", person_words(official, names))
        }
        Some(official) => person_words(official, names),
        None => "a person".to_owned(),
    };
    let values = [("[official]", official.as_str())];
    let one = |commitment: &CommitmentText| CommitmentView {
        text: filled(&commitment.text, &values),
        made: draft.commitments.contains(&commitment.id),
    };
    edition.commitments.iter().map(one).collect()
}

pub(super) fn key(draft: &Draft, edition: &Edition) -> Vec<KeyView> {
    let mut key: Vec<KeyView> = edition.codes.iter().map(key_view).collect();
    if draft.responses.values().any(|response| response.code == Some(Code::NotRecorded)) {
        key.push(KeyView {
            code: code_words(Some(Code::NotRecorded), Polarity::Positive),
            meaning:
                "The colours of the published statement were pictures and are lost. Nothing is guessed from the words."
                    .to_owned(),
            caveat: None,
        });
    }
    key
}

fn key_view(code: &CodeMeaning) -> KeyView {
    KeyView {
        code: code_words(Some(code.code), Polarity::Positive),
        meaning: clean(&code.meaning),
        caveat: code.caveat.as_deref().map(clean),
    }
}

/// Questions and answers by section, then the answers that the edition does not ask for.
pub(super) fn sections(draft: &Draft, edition: &Edition) -> Vec<SectionView> {
    let asked = edition.sections.iter().map(|section| section_view(draft, edition, section));
    asked.chain(unasked(draft, edition)).collect()
}

fn section_view(draft: &Draft, edition: &Edition, section: &Section) -> SectionView {
    let (supplier, service) = (clean(&draft.supplier_name), clean(&draft.service_name));
    let service_url = clean(draft.service_url.as_deref().unwrap_or("(no address given)"));
    let values = [("[supplier]", supplier.as_str()), ("[service]", &service), ("[service_url]", &service_url)];
    let asked = edition.questions.iter().filter(|question| question.id.section() == section.number);
    SectionView {
        heading: format!("{}. Supplier Response - {}", section.number, clean(&section.title)),
        anchor: format!("section-{}", section.number),
        introduction: section.introduction.iter().map(|paragraph| filled(paragraph, &values)).collect(),
        answers: asked.map(|question| answer_view(draft, edition, question)).collect(),
    }
}

fn answer_view(draft: &Draft, edition: &Edition, question: &Question) -> AnswerView {
    let response = draft.responses.get(&question.id);
    AnswerView {
        question: clean(&question.text),
        guidance: cleaned(&question.guidance),
        ..shown(draft, edition, question.id.into(), response, question.polarity)
    }
}

/// The answer alone, without the question.
fn shown(
    draft: &Draft,
    edition: &Edition,
    id: AnswerId,
    response: Option<&Response>,
    polarity: Polarity,
) -> AnswerView {
    let code = response.and_then(|response| response.code);
    let caveat = edition.codes.iter().find(|meaning| Some(meaning.code) == code).and_then(|m| m.caveat.as_deref());
    let statement = response.map(|response| cleaned(&response.statement)).unwrap_or_default();
    AnswerView {
        id,
        label: id.label(),
        question: String::new(),
        guidance: Vec::new(),
        code: code_words(code, polarity),
        caveat: caveat.map(clean),
        missing: missing(draft, &statement),
        statement,
        evidence: response.map(|response| response.evidence.iter().map(evidence_view).collect()).unwrap_or_default(),
    }
}

/// What to say where no statement stands.
fn missing(draft: &Draft, statement: &[String]) -> Option<&'static str> {
    match statement {
        [] if draft.is_transcription() => Some("The published statement holds no answer here."),
        [] => Some("No statement yet."),
        _ => None,
    }
}

fn evidence_view(evidence: &Evidence) -> EvidenceView {
    let dated = evidence.dated_on.map(|day| format!("dated {}", day.in_words()));
    let digest = evidence.sha256.map(|digest| digest.to_string());
    let notes: Vec<String> = dated.into_iter().chain(digest).collect();
    let url = clean(&evidence.url);
    EvidenceView {
        title: clean(&evidence.title),
        is_link: is_web_address(&url),
        url,
        note: if notes.is_empty() { None } else { Some(notes.join(", ")) },
    }
}

/// Whether `url` may be made a link: anything but `http` and `https` could run or fetch something unexpected.
fn is_web_address(url: &str) -> bool {
    let after = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    after.is_some_and(|rest| !rest.is_empty() && !rest.contains([' ', '"', '<', '>', '\\', '`']))
}

/// Answers to questions that the edition does not ask: a draft may hold them, and they are not hidden.
fn unasked(draft: &Draft, edition: &Edition) -> Option<SectionView> {
    let answers: Vec<AnswerView> = draft
        .responses
        .iter()
        .filter(|(id, _)| {
            edition.question(**id).is_none_or(|question| edition.section(question.id.section()).is_none())
        })
        .map(|(id, response)| shown(draft, edition, (*id).into(), Some(response), Polarity::Neutral))
        .collect();
    let heading = format!("Answers to questions that edition {} does not ask", edition.id);
    let section = SectionView { heading, anchor: "unasked".to_owned(), introduction: Vec::new(), answers };
    if section.answers.is_empty() { None } else { Some(section) }
}

pub(super) fn support(draft: &Draft, edition: &Edition) -> Vec<SupportView> {
    let asked = edition.support_areas.iter().map(|area| SupportView {
        heading: format!("{} {}", area.id.number(), clean(&area.title)),
        guidance: cleaned(&area.guidance),
        ..support_view(draft, area.id, draft.support.get(&area.id))
    });
    let others = draft.support.iter().filter(|(id, _)| edition.support_area(**id).is_none());
    asked.chain(others.map(|(id, statement)| support_view(draft, *id, Some(statement)))).collect()
}

fn support_view(draft: &Draft, id: SupportAreaId, given: Option<&SupportStatement>) -> SupportView {
    let statement = given.map(|given| cleaned(&given.statement)).unwrap_or_default();
    let contact = |contact: &SupportContact| {
        let parts = [&contact.telephone, &contact.email, &contact.hours];
        parts.into_iter().flatten().map(|part| clean(part)).collect::<Vec<_>>().join(" · ")
    };
    SupportView {
        id,
        heading: id.number(),
        guidance: Vec::new(),
        missing: missing(draft, &statement),
        statement,
        contacts: given.map(|given| given.contacts.iter().map(contact).collect()).unwrap_or_default(),
    }
}
