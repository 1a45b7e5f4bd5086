//! `certreg/edition@1`: one wording of the checklist.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use crate::{
    domain::{
        AnswerId, Code, Commitment, Edition, Faults,
        edition::{
            CodeMeaning, CommitmentText, EditionMapping, MappingEntry, Polarity, Question, Relation, Section,
            SupportArea,
        },
    },
    format::{
        Node,
        fields::{Object, Reader, read_document},
    },
};

/// The value of member `format`.
pub const FORMAT: &str = "certreg/edition@1";

/// Reads an edition and checks that it is whole: each id once, every question in a section, every
/// dependency on a question that exists.
///
/// # Errors
/// Every fault at once.
pub fn read(node: Node) -> Result<Edition, Faults> {
    let edition = read_document(node, |r| {
        let format = r.format(FORMAT);
        let id = r.required("id");
        let name = r.required_text("name");
        let introduction = r.texts("introduction");
        let codes = r.objects("codes", |c| {
            let parse = |text: &str| Code::parse(text).filter(|code| *code != Code::NotRecorded);
            let code = c.required_one_of("code", parse, "green, amber or black");
            let (meaning, caveat) = (c.required_text("meaning"), c.text("caveat"));
            Some(CodeMeaning { code: code?, meaning: meaning?, caveat })
        });
        let commitments_introduction = r.texts("commitments_introduction");
        let commitments = r.objects("commitments", |c| {
            let id = c.required_one_of("id", Commitment::parse, "the five commitments of the scheme");
            let text = c.required_text("text");
            Some(CommitmentText { id: id?, text: text? })
        });
        let sections = r.objects("sections", |s| {
            let number = s.required_number("number");
            let number = number.and_then(|number| match u8::try_from(number) {
                Ok(number @ 1..=99) => Some(number),
                _ => {
                    s.fault("number", "out-of-range", "Sections are numbered from 1 to 99.");
                    None
                }
            });
            let (title, introduction) = (s.required_text("title"), s.texts("introduction"));
            Some(Section { number: number?, title: title?, introduction })
        });
        let questions = r.objects("questions", read_question);
        let support_introduction = r.texts("support_introduction");
        let support_areas = r.objects("support_areas", |s| {
            let (id, title) = (s.required("id"), s.required_text("title"));
            let (guidance, advice) = (s.texts("guidance"), s.texts("advice"));
            Some(SupportArea { id: id?, title: title?, guidance, advice })
        });
        let mapping = r.object("mapping", read_mapping);
        format?;
        Some(Edition {
            id: id?,
            name: name?,
            introduction,
            codes,
            commitments_introduction,
            commitments,
            sections,
            questions,
            support_introduction,
            support_areas,
            mapping,
        })
    })?;
    check(&edition)?;
    Ok(edition)
}

fn read_question(r: &mut Reader<'_>) -> Option<Question> {
    let neutral = |text: &str| (text == "neutral").then_some(Polarity::Neutral);
    let (id, text) = (r.required("id"), r.required_text("text"));
    let question = (
        r.texts("guidance"),
        r.parsed("depends_on"),
        r.one_of("polarity", neutral, "neutral, or be left out"),
        r.texts("advice"),
    );
    let (guidance, depends_on, polarity, advice) = question;
    Some(Question {
        id: id?,
        text: text?,
        guidance,
        depends_on,
        polarity: polarity.unwrap_or(Polarity::Positive),
        advice,
    })
}

fn read_mapping(r: &mut Reader<'_>) -> Option<EditionMapping> {
    let (older, older_digest) = (r.required("older"), r.required("older_digest"));
    let entries = r.objects("entries", |e| {
        let parse =
            |text: &str| Relation::ALL.into_iter().find(|(_, name)| *name == text).map(|(relation, _)| relation);
        let relation = e.required_one_of("relation", parse, "same, reworded, split, merged, dropped or added");
        let (older, newer) = (ids(e, "older"), ids(e, "newer"));
        Some(MappingEntry { relation: relation?, older, newer })
    });
    Some(EditionMapping { older: older?, older_digest: older_digest?, entries })
}

fn ids<T: FromStr<Err: Display>>(r: &mut Reader<'_>, name: &str) -> Vec<T> {
    let mut ids = Vec::new();
    for text in r.texts(name) {
        match text.parse() {
            Ok(id) => ids.push(id),
            Err(error) => r.fault(name, "bad-value", format!("An item of '{name}' cannot be read: {error}.")),
        }
    }
    ids
}

/// All three colours, all five commitments, each once; sections once; at least one question; parents before children.
fn check_whole(edition: &Edition, faults: &mut Faults) {
    let codes: BTreeSet<Code> = edition.codes.iter().map(|meaning| meaning.code).collect();
    if codes.len() != 3 || edition.codes.len() != 3 {
        faults.add("/codes", "not-whole", "An edition says what green, amber and black mean, each once.");
    }
    let commitments: BTreeSet<Commitment> = edition.commitments.iter().map(|commitment| commitment.id).collect();
    if commitments.len() != Commitment::ALL.len() || edition.commitments.len() != Commitment::ALL.len() {
        faults.add("/commitments", "not-whole", "An edition words each of the five commitments once.");
    }
    let sections: BTreeSet<u8> = edition.sections.iter().map(|section| section.number).collect();
    if sections.len() != edition.sections.len() {
        faults.add("/sections", "listed-twice", "Each section is listed once.");
    }
    if edition.questions.is_empty() {
        faults.add("/questions", "not-whole", "An edition asks at least one question.");
    }
    let mut asked = BTreeSet::new();
    for (i, question) in edition.questions.iter().enumerate() {
        if question.depends_on.is_some_and(|parent| !asked.contains(&parent)) {
            let detail = format!("{} depends on a question that is not asked before it.", question.id);
            faults.add(format!("/questions/{i}/depends_on"), "unknown-question", detail);
        }
        asked.insert(question.id);
    }
}

fn check(edition: &Edition) -> Result<(), Faults> {
    let mut faults = Faults::default();
    let mut seen = BTreeSet::new();
    for id in edition.answer_ids() {
        if !seen.insert(id) {
            faults.add("", "listed-twice", format!("{id} is listed twice."));
        }
    }
    check_whole(edition, &mut faults);
    for (i, question) in edition.questions.iter().enumerate() {
        if edition.section(question.id.section()).is_none() {
            faults.add(
                format!("/questions/{i}/id"),
                "no-section",
                format!("{} belongs to a section that is not listed.", question.id),
            );
        }
    }
    if let Some(mapping) = &edition.mapping {
        let newer: Vec<AnswerId> = mapping.entries.iter().flat_map(|entry| entry.newer.iter().copied()).collect();
        let distinct: BTreeSet<AnswerId> = newer.iter().copied().collect();
        if distinct.len() != newer.len() || distinct != seen {
            faults.add(
                "/mapping/entries",
                "mapping-incomplete",
                "The mapping names every answer of this edition exactly once.",
            );
        }
        for (i, entry) in mapping.entries.iter().enumerate() {
            let fits = match entry.relation {
                Relation::Same | Relation::Reworded => entry.older.len() == 1 && entry.newer.len() == 1,
                Relation::Split => entry.older.len() == 1 && entry.newer.len() > 1,
                Relation::Merged => entry.older.len() > 1 && entry.newer.len() == 1,
                Relation::Dropped => !entry.older.is_empty() && entry.newer.is_empty(),
                Relation::Added => entry.older.is_empty() && !entry.newer.is_empty(),
            };
            if !fits {
                faults.add(
                    format!("/mapping/entries/{i}"),
                    "mapping-shape",
                    "The numbers of older and newer answers do not fit the relation.",
                );
            }
        }
    }
    faults.or(())
}

/// Writes an edition.
pub fn write(edition: &Edition) -> Node {
    let codes = edition.codes.iter().map(|code| {
        let object = Object::new().text("code", code.code.as_str()).text("meaning", &code.meaning);
        object.optional("caveat", code.caveat.as_ref()).build()
    });
    let commitments =
        edition.commitments.iter().map(|c| Object::new().text("id", c.id.as_str()).text("text", &c.text).build());
    let sections = edition.sections.iter().map(|s| {
        Object::new()
            .number("number", s.number.into())
            .text("title", &s.title)
            .texts("introduction", &s.introduction)
            .build()
    });
    let questions = edition.questions.iter().map(|q| {
        Object::new()
            .texts("advice", &q.advice)
            .optional("depends_on", q.depends_on)
            .texts("guidance", &q.guidance)
            .text("id", q.id)
            .optional("polarity", (q.polarity == Polarity::Neutral).then_some("neutral"))
            .text("text", &q.text)
            .build()
    });
    let areas = edition.support_areas.iter().map(|s| {
        Object::new()
            .texts("advice", &s.advice)
            .texts("guidance", &s.guidance)
            .text("id", s.id)
            .text("title", &s.title)
            .build()
    });
    let mapping = edition.mapping.iter().fold(Object::new(), |object, mapping| {
        let entries = mapping.entries.iter().map(write_mapping_entry);
        object
            .array("entries", entries.collect())
            .text("older", &mapping.older)
            .text("older_digest", mapping.older_digest)
    });
    Object::new()
        .array("codes", codes.collect())
        .array("commitments", commitments.collect())
        .texts("commitments_introduction", &edition.commitments_introduction)
        .text("format", FORMAT)
        .text("id", &edition.id)
        .texts("introduction", &edition.introduction)
        .object("mapping", mapping)
        .text("name", &edition.name)
        .array("questions", questions.collect())
        .array("sections", sections.collect())
        .array("support_areas", areas.collect())
        .texts("support_introduction", &edition.support_introduction)
        .build()
}

fn write_mapping_entry(entry: &MappingEntry) -> Node {
    let name = Relation::ALL.iter().find(|(relation, _)| *relation == entry.relation).map(|(_, name)| *name);
    let list = |ids: &[AnswerId]| ids.iter().map(|id| Node::Text(id.to_string())).collect();
    Object::new()
        .array("newer", list(&entry.newer))
        .array("older", list(&entry.older))
        .optional("relation", name)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::Digest,
        format::{profile, v1::stored},
    };

    const DPA: &[u8] = include_bytes!("../../../registry/editions/dfe-2016-dpa.json");
    const GDPR: &[u8] = include_bytes!("../../../registry/editions/dfe-2018-gdpr.json");

    #[test]
    fn both_editions_are_canonical_and_whole() {
        for bytes in [DPA, GDPR] {
            let edition = stored(bytes, read).expect("a canonical edition").value;
            assert_eq!(edition.questions.len(), 37);
            assert_eq!(edition.support_areas.len(), 7);
            assert_eq!(edition.commitments.len(), 5);
            assert_eq!(edition.sections.len(), 7);
            assert_eq!(profile::print(&write(&edition)), bytes, "reading and writing gives the file again");
        }
    }

    #[test]
    fn the_newer_edition_maps_every_answer_of_the_older_one_and_rewords_three() {
        let newer = stored(GDPR, read).expect("a canonical edition").value;
        let mapping = newer.mapping.as_ref().expect("the newer edition maps the older one");
        assert_eq!(mapping.older_digest, Digest::of(DPA));
        let reworded: Vec<String> = mapping
            .entries
            .iter()
            .filter(|entry| entry.relation == Relation::Reworded)
            .map(|entry| entry.newer[0].to_string())
            .collect();
        assert_eq!(reworded, ["q3.1", "q3.2", "q4.3"]);
    }
}
