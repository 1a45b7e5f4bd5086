//! One row an answer, for spreadsheets.

use super::{AnswerView, EvidenceView, StatementView, SupportView};

/// What stands in the columns.
pub const CSV_COLUMNS: [&str; 6] = ["id", "question", "code", "statement", "evidence", "contacts"];

impl StatementView {
    /// One row for each question and support area: id, question, code, statement, evidence, contacts.
    ///
    /// Paragraphs of a statement are parted by an empty line. Cells that a spreadsheet would take for a
    /// formula begin with an apostrophe. Line ends are CR LF (RFC 4180).
    pub fn csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        for row in [CSV_COLUMNS.map(str::to_owned)].into_iter().chain(self.csv_rows()) {
            writer.write_record(row.map(guarded)).expect("every row has six cells, and memory takes them");
        }
        let bytes = writer.into_inner().expect("writing to memory never fails");
        String::from_utf8(bytes).expect("the cells are UTF-8")
    }

    /// The same rows without their header, for tables of many statements; to be [`guarded`].
    pub fn csv_rows(&self) -> impl Iterator<Item = [String; 6]> {
        let answers = self.sections.iter().flat_map(|section| &section.answers).map(answer_row);
        answers.chain(self.support.iter().map(support_row))
    }
}

fn answer_row(answer: &AnswerView) -> [String; 6] {
    let evidence: Vec<String> = answer.evidence.iter().map(evidence_line).collect();
    [
        answer.id.to_string(),
        answer.question.clone(),
        answer.code.slug.to_owned(),
        answer.statement.join("\n\n"),
        evidence.join("\n"),
        String::new(),
    ]
}

fn evidence_line(evidence: &EvidenceView) -> String {
    let note = evidence.note.iter().map(|note| format!(" ({note})")).collect::<String>();
    format!("{}: {}{note}", evidence.title, evidence.url)
}

fn support_row(area: &SupportView) -> [String; 6] {
    let contacts = area.contacts.join("\n");
    let [code, evidence] = [String::new(), String::new()];
    [area.id.to_string(), area.heading.clone(), code, area.statement.join("\n\n"), evidence, contacts]
}

/// Gives `cell` an apostrophe in front when a spreadsheet would run it.
pub fn guarded(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
