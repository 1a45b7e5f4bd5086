//! The form of a made-up supplier, printed from an edition in several ways.

#![allow(dead_code, reason = "not every test that prints the form reads it back")]

use std::collections::BTreeMap;

use certreg::{
    domain::{AnswerId, Edition, edition::Question},
    import::{self, Imported},
};

pub const SUPPLIER: &str = "Example Learning Ltd";
pub const SERVICE: &str = "Example Cloud";

/// What the made-up supplier answers: different for every question and area.
pub fn answer(id: AnswerId) -> String {
    match id.label().as_str() {
        "Q 3.2" | "Q 8.3" => "N/A".to_owned(),
        "Support 3.1" => "Write to help@example.org or call 0161 496 0000, day or night.".to_owned(),
        label => {
            format!("Yes - measure {label} is in place, checked every 30 days by Example Learning (see policy 7.2).")
        }
    }
}

/// A row of a table with an empty code column.
pub fn table_row(question: &Question) -> String {
    let id = AnswerId::from(question.id);
    format!("Q {} – {}\t\t{}\n", question.id.number(), question.text, answer(id))
}

pub const DETAILS: &str = "Supplier name\tExample Learning Ltd\nAddress\t1 High Street, Leeds, LS1 1AA\n\
                           Contact name\tAda Jones\nContact email\tprivacy@example.org\n\
                           Contact telephone\t0113 496 0000\n";

/// The whole form; `row` prints a question with its answer.
pub fn form(edition: &Edition, details: &str, row: &dyn Fn(&Question) -> String) -> String {
    let filled = |text: &String| {
        let text = text.replace("[supplier]", SUPPLIER).replace("[service]", SERVICE);
        text.replace("[service_url]", "www.example.org").replace("[official]", "Grace Smith")
    };
    let mut text = format!(
        "# Cloud Software Services for Schools\n\nSupplier self-certification statements with\nservice and support \
         commitments\n\nPlease insert supplier details below\n\n{details}\n# Contents\n\n1.\tSupplier Commitments .... 3\n\
         2.\tUsing the Supplier Responses .... 4\n\n## Introduction\n\n"
    );
    let mut paragraph = |words: &str| text.push_str(&format!("{words}\n\n"));
    edition.introduction.iter().for_each(|words| paragraph(words));
    paragraph("## 1. Supplier commitments");
    paragraph(&format!(
        "In order that schools can be confident regarding the accuracy of the self-certification statements made in \
         respect of the {SERVICE} service, the supplier confirms:"
    ));
    edition.commitments.iter().for_each(|promise| paragraph(&format!("- {}", filled(&promise.text))));
    edition.codes.iter().for_each(|code| paragraph(&code.meaning));
    for section in &edition.sections {
        paragraph(&format!("## {}. Supplier Response - {}", section.number, section.title));
        section.introduction.iter().for_each(|words| paragraph(&filled(words)));
        let mut rows = String::from(
            "Question\tSupplier Response Code\tResponse Statement with Supporting Evidence (where applicable)\n",
        );
        for question in edition.questions.iter().filter(|question| question.id.section() == section.number) {
            let guidance = question.guidance.iter().map(|words| format!("\n{words}\n\n"));
            rows.extend(guidance);
            rows.push_str(&row(question));
        }
        paragraph(&rows);
    }
    paragraph(
        "# Appendix 1: Availability and extent of support available to schools when using cloud software services.",
    );
    for area in &edition.support_areas {
        paragraph(&format!("### {} {}", area.id.number(), area.title.to_uppercase()));
        area.guidance.iter().for_each(|words| paragraph(words));
        paragraph(&answer(area.id.into()));
    }
    text
}

/// Every answer that the text should give.
pub fn answers(edition: &Edition) -> BTreeMap<AnswerId, String> {
    edition.answer_ids().map(|id| (id, answer(id))).collect()
}

/// Every answer that was found, paragraphs joined with a bar.
pub fn found(imported: &Imported) -> BTreeMap<AnswerId, String> {
    let joined = |answer: &import::Answer| {
        answer.statement.iter().map(|quote| quote.text.as_str()).collect::<Vec<_>>().join(" | ")
    };
    let responses = imported.found.responses.iter().map(|(id, answer)| (AnswerId::from(*id), joined(answer)));
    let support = imported.found.support.iter().map(|(id, answer)| (AnswerId::from(*id), joined(answer)));
    responses.chain(support).collect()
}
