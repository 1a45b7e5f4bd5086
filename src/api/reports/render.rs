//! A report for people: table, page, Markdown. The words are the comparison's; here they are only put in order.

use std::sync::Arc;

use askama::Template;
use axum::http::header;

use super::Report;
use crate::{
    api::{
        reply::{Cache, Reply},
        views::since::SinceResult,
    },
    compare::TextOptions,
    registry::compare::Since,
    statement::csv::guarded,
};

#[derive(Template)]
#[template(path = "api/reports/since.html")]
struct Page<'a> {
    headline: &'a str,
    made_at: &'a str,
    simulated: bool,
    sections: Vec<Section<'a>>,
}

/// One service of the page.
struct Section<'a> {
    heading: String,
    label: Option<&'a str>,
    sentence: &'a str,
    /// A fragment that the comparison has written and escaped.
    fragment: Option<String>,
}

/// `Example Cloud (Example Learning Ltd)`, or the id where nothing was found.
fn heading(result: &SinceResult) -> String {
    match &result.found {
        Some(found) => format!("{} ({})", found.service_name, found.supplier_name),
        None => result.certification.clone(),
    }
}

/// The report as a page that needs nothing else.
pub(super) fn html(report: &Report) -> Reply {
    let sections = report.view.items.iter().zip(&report.found).map(|(result, since)| Section {
        heading: heading(result),
        label: result.label.as_deref(),
        sentence: &result.sentence,
        fragment: since.as_ref().map(|since| since.report.html()),
    });
    let page = Page {
        headline: &report.view.headline,
        made_at: &report.view.made_at,
        simulated: report.view.simulated_dates.is_some(),
        sections: sections.collect(),
    };
    Reply::page(Cache::Never, page.render().expect("a page of plain values renders into a string"))
}

/// The report in Markdown.
pub(super) fn markdown(report: &Report) -> Reply {
    let simulated = report.view.simulated_dates.map(|_| " Simulated dates: this registry is a demonstration.");
    let head = format!(
        "# What changed since you signed up\n\n**{}**\n\nMade at {}.{}\n",
        report.view.headline,
        report.view.made_at,
        simulated.unwrap_or_default()
    );
    let one = |(result, since): (&SinceResult, &Option<Arc<Since>>)| match since {
        Some(since) => since.report.markdown(),
        None => format!("# {}\n\n{}\n", as_code(&result.certification), result.sentence),
    };
    let parts = report.view.items.iter().zip(&report.found).map(one);
    let text = std::iter::once(head).chain(parts).collect::<Vec<_>>().join("\n");
    Reply::text(Cache::Never, "text/markdown; charset=utf-8", text)
}

/// The report as plain text.
pub(super) fn text(report: &Report) -> Reply {
    let simulated = report.view.simulated_dates.map(|_| " Simulated dates: this registry is a demonstration.");
    let view = &report.view;
    let head = format!("{}\nMade at {}.{}\n", view.headline, view.made_at, simulated.unwrap_or_default());
    let one = |(result, since): (&SinceResult, &Option<Arc<Since>>)| match since {
        Some(since) => since.report.text(&TextOptions::default()),
        None => format!("{}: {}\n", as_code(&result.certification).replace('`', ""), result.sentence),
    };
    let parts = view.items.iter().zip(&report.found).map(one);
    let text = std::iter::once(head).chain(parts).collect::<Vec<_>>().join("\n");
    Reply::text(Cache::Never, "text/plain; charset=utf-8", text)
}

/// The reader's own text as Markdown code, in which nothing acts but backticks and line ends.
fn as_code(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() && *c != '`').take(100).collect();
    let plain = plain.trim();
    if plain.is_empty() { "(no name)".to_owned() } else { format!("`{plain}`") }
}

const COLUMNS: [&str; 15] = [
    "certification",
    "ref",
    "label",
    "service",
    "supplier",
    "signed_up_on",
    "reviewed_on",
    "outcome",
    "importance",
    "from_version",
    "to_version",
    "sentence",
    "baseline",
    "baseline_sentence",
    "current_published_on",
];

/// The report as a table: one row for each service (RFC 4180, line ends CR LF).
pub(super) fn csv(report: &Report) -> Reply {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let rows = report.view.items.iter().zip(&report.found).map(|(result, since)| row(result, since.as_deref()));
    let marks = std::iter::once("simulated_dates").chain(std::iter::repeat("true"));
    for (row, mark) in std::iter::once(COLUMNS.map(str::to_owned)).chain(rows).zip(marks) {
        let mark = report.view.simulated_dates.map(|_| mark.to_owned());
        writer
            .write_record(row.into_iter().map(guarded).chain(mark))
            .expect("every row has as many cells, and memory takes them");
    }
    let bytes = writer.into_inner().expect("writing to memory never fails");
    let text = String::from_utf8(bytes).expect("the cells are UTF-8");
    Reply::text(Cache::Never, "text/csv; charset=utf-8; header=present", text)
        .with(header::CONTENT_DISPOSITION, "attachment; filename=\"what-changed.csv\"")
}

fn row(result: &SinceResult, since: Option<&Since>) -> [String; 15] {
    let found = result.found.as_ref();
    let text = |value: Option<&String>| value.cloned().unwrap_or_default();
    [
        result.certification.clone(),
        text(result.reference.as_ref()),
        text(result.label.as_ref()),
        text(found.map(|found| &found.service_name)),
        text(found.map(|found| &found.supplier_name)),
        text(found.map(|found| &found.signed_up_on)),
        text(found.and_then(|found| found.reviewed_on.as_ref())),
        result.outcome.clone(),
        text(result.importance.as_ref()),
        found.map(|found| found.from_version.to_string()).unwrap_or_default(),
        found.map(|found| found.to_version.to_string()).unwrap_or_default(),
        result.sentence.clone(),
        text(found.map(|found| &found.baseline)),
        text(found.map(|found| &found.baseline_sentence)),
        since.and_then(|since| since.report.net.new.published_on).map(|day| day.to_string()).unwrap_or_default(),
    ]
}
