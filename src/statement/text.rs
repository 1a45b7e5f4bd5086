//! The statement as plain text, 80 columns wide.

use super::{AnswerView, EvidenceView, StatementView, SupportView};
use crate::statement::view::{COMMITMENTS_LEAD, SUBTITLE, TITLE};

const WIDTH_CHARS: usize = 80;

impl StatementView {
    /// The whole statement as plain text. Supplier's words are always indented, headings never.
    pub fn text(&self) -> String {
        let mut out = Lines::default();
        for line in [TITLE, SUBTITLE] {
            out.put(0, line);
        }
        out.blank();
        out.put(2, &format!("{} - {}", self.service_name, self.supplier_name));
        out.blank();
        self.assurance.iter().for_each(|sentence| out.put(0, sentence));
        out.heading("Supplier details");
        self.details.iter().for_each(|row| out.put(2, &format!("{}: {}", row.label, row.value)));
        out.heading("About this version");
        self.record.iter().for_each(|row| out.put(2, &format!("{}: {}", row.label, row.value)));
        self.summary.iter().for_each(|paragraph| out.put(4, paragraph));
        self.put_commitments(&mut out);
        self.put_key(&mut out);
        for section in &self.sections {
            out.heading(&section.heading);
            out.paragraphs(2, &section.introduction);
            section.answers.iter().for_each(|answer| put_answer(&mut out, answer));
        }
        out.heading(super::view::SUPPORT_HEADING);
        self.support.iter().for_each(|area| put_support(&mut out, area));
        out.0
    }

    fn put_commitments(&self, out: &mut Lines) {
        out.heading("1. Supplier commitments");
        out.put(2, &self.commitments_lead());
        for commitment in &self.commitments {
            out.put(4, &format!("{} {}", if commitment.made { "-" } else { "- (not made)" }, commitment.text));
        }
    }

    fn put_key(&self, out: &mut Lines) {
        out.heading("2. Using the Supplier Responses");
        out.paragraphs(2, &self.introduction);
        for entry in &self.key {
            out.put(2, &format!("{} {}", entry.code.shape, entry.code.words));
            out.put(6, &entry.meaning);
            entry.caveat.iter().for_each(|caveat| out.put(6, caveat));
            out.blank();
        }
    }

    /// The form's words before the commitments.
    pub(super) fn commitments_lead(&self) -> String {
        super::words::filled(COMMITMENTS_LEAD, &[("[service]", &self.service_name)])
    }
}

fn put_answer(out: &mut Lines, answer: &AnswerView) {
    out.paragraphs(2, &answer.guidance);
    out.put(2, &format!("{} - {}", answer.label, answer.question));
    out.put(4, &format!("{} {}", answer.code.shape, answer.code.words));
    answer.caveat.iter().for_each(|caveat| out.put(6, &format!("({caveat})")));
    out.blank();
    out.paragraphs(6, &answer.statement);
    answer.missing.iter().for_each(|missing| out.put(6, missing));
    answer.evidence.iter().for_each(|evidence| put_evidence(out, evidence));
    out.blank();
}

fn put_evidence(out: &mut Lines, evidence: &EvidenceView) {
    out.put(6, &format!("Evidence: {}", evidence.title));
    out.put(8, &evidence.url);
    evidence.note.iter().for_each(|note| out.put(8, note));
}

fn put_support(out: &mut Lines, area: &SupportView) {
    out.put(2, &area.heading);
    out.blank();
    out.paragraphs(4, &area.guidance);
    out.put(4, "Supplier response:");
    out.paragraphs(6, &area.statement);
    area.missing.iter().for_each(|missing| out.put(6, missing));
    area.contacts.iter().for_each(|contact| out.put(6, &format!("Contact: {contact}")));
    out.blank();
}

/// Lines of text under construction.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// Adds a text, wrapped at spaces; words are never broken.
    fn put(&mut self, indent: usize, text: &str) {
        let mut column = 0;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > WIDTH_CHARS {
                self.0.push('\n');
                column = 0;
            }
            let gap = if column == 0 { indent } else { 1 };
            self.0.extend(std::iter::repeat_n(' ', gap));
            self.0.push_str(word);
            column += gap + length;
        }
        self.0.push('\n');
    }

    fn paragraphs(&mut self, indent: usize, paragraphs: &[String]) {
        for paragraph in paragraphs {
            self.put(indent, paragraph);
            self.blank();
        }
    }

    /// Ends what stands above with one empty line.
    fn blank(&mut self) {
        if !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.put(0, &text.to_uppercase());
        self.blank();
    }
}
