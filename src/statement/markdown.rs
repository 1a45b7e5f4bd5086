//! The statement as Markdown (CommonMark), with nothing in supplier text acting as markup.

use std::fmt::Write as _;

use super::{
    AnswerView, EvidenceView, Row, StatementView, SupportView,
    view::{SUBTITLE, SUPPORT_HEADING, TITLE},
};

impl StatementView {
    /// The whole statement as Markdown. The supplier's words stand in block quotes.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {TITLE}\n\n*{SUBTITLE}*\n\n");
        paragraph(&mut out, &format!("**{}** – {}", escaped(&self.service_name), escaped(&self.supplier_name)));
        self.assurance.iter().for_each(|sentence| paragraph(&mut out, &escaped_block(sentence)));
        rows(&mut out, "Supplier details", &self.details);
        rows(&mut out, "About this version", &self.record);
        quoted(&mut out, &self.summary);
        self.commitments_markdown(&mut out);
        self.key_markdown(&mut out);
        for section in &self.sections {
            heading(&mut out, 2, &section.heading);
            section.introduction.iter().for_each(|text| paragraph(&mut out, &escaped_block(text)));
            section.answers.iter().for_each(|answer| answer_markdown(&mut out, answer));
        }
        heading(&mut out, 2, SUPPORT_HEADING);
        self.support.iter().for_each(|area| support_markdown(&mut out, area));
        out.truncate(out.trim_end().len());
        out + "\n"
    }

    fn commitments_markdown(&self, out: &mut String) {
        heading(out, 2, "1. Supplier commitments");
        paragraph(out, &escaped_block(&self.commitments_lead()));
        for commitment in &self.commitments {
            let made = if commitment.made { "" } else { "(not made) " };
            put(out, format_args!("- {made}{}\n", escaped_block(&commitment.text)));
        }
        out.push('\n');
    }

    fn key_markdown(&self, out: &mut String) {
        heading(out, 2, "2. Using the Supplier Responses");
        self.introduction.iter().for_each(|text| paragraph(out, &escaped_block(text)));
        for entry in &self.key {
            let caveat = entry.caveat.iter().map(|caveat| format!(" *{}*", escaped(caveat))).collect::<String>();
            let (shape, words) = (entry.code.shape, entry.code.words);
            put(out, format_args!("- {shape} **{words}.** {}{caveat}\n", escaped(&entry.meaning)));
        }
        out.push('\n');
    }
}

fn answer_markdown(out: &mut String, answer: &AnswerView) {
    answer.guidance.iter().for_each(|text| paragraph(out, &format!("*{}*", escaped(text))));
    heading(out, 3, &format!("{} – {}", answer.label, answer.question));
    paragraph(out, &format!("{} **{}**", answer.code.shape, answer.code.words));
    answer.caveat.iter().for_each(|caveat| paragraph(out, &format!("*{}*", escaped(caveat))));
    quoted(out, &answer.statement);
    answer.missing.iter().for_each(|missing| paragraph(out, &format!("*{missing}*")));
    for evidence in &answer.evidence {
        put(out, format_args!("- {}\n", evidence_markdown(evidence)));
    }
    if !answer.evidence.is_empty() {
        out.push('\n');
    }
}

fn evidence_markdown(evidence: &EvidenceView) -> String {
    let title = escaped(&evidence.title);
    let note = evidence.note.iter().map(|note| format!(" ({})", escaped(note))).collect::<String>();
    // A link's address is checked to hold neither spaces nor angle brackets, so it cannot leave them.
    if evidence.is_link {
        format!("Evidence: [{title}](<{}>){note}", evidence.url)
    } else {
        format!("Evidence: {title} – {}{note}", escaped(&evidence.url))
    }
}

fn support_markdown(out: &mut String, area: &SupportView) {
    heading(out, 3, &area.heading);
    area.guidance.iter().for_each(|text| paragraph(out, &format!("*{}*", escaped(text))));
    paragraph(out, "Supplier response:");
    quoted(out, &area.statement);
    area.missing.iter().for_each(|missing| paragraph(out, &format!("*{missing}*")));
    area.contacts.iter().for_each(|contact| put(out, format_args!("- Contact: {}\n", escaped(contact))));
    if !area.contacts.is_empty() {
        out.push('\n');
    }
}

fn heading(out: &mut String, level: usize, text: &str) {
    put(out, format_args!("{} {}\n\n", "#".repeat(level), escaped(text)));
}

fn paragraph(out: &mut String, markup: &str) {
    put(out, format_args!("{markup}\n\n"));
}

fn quoted(out: &mut String, paragraphs: &[String]) {
    let lines: Vec<String> = paragraphs.iter().map(|text| format!("> {}\n", escaped_block(text))).collect();
    if !lines.is_empty() {
        put(out, format_args!("{}\n", lines.join(">\n")));
    }
}

fn rows(out: &mut String, title: &str, rows: &[Row]) {
    heading(out, 2, title);
    rows.iter().for_each(|row| put(out, format_args!("- **{}:** {}\n", row.label, escaped(&row.value))));
    out.push('\n');
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string never fails");
}

/// `text`, on one line, so that CommonMark (§2.4) and its common extensions show it as it is inside a block.
fn escaped(text: &str) -> String {
    const MARKS: [char; 15] = ['\\', '`', '*', '_', '[', ']', '<', '>', '&', '~', '|', '#', '$', '!', '^'];
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if MARKS.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The same where `text` begins a block: nor does it begin a list, a definition or a rule.
fn escaped_block(text: &str) -> String {
    let number_length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(number_length);
    let begins_list = match number {
        "" => rest.starts_with(['-', '+', '=', ':']),
        _ => rest.starts_with(['.', ')']),
    };
    format!("{number}{}{}", if begins_list { "\\" } else { "" }, escaped(rest))
}
