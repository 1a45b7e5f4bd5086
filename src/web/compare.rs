//! Two to four services side by side: what each supplier answers to the same question. No scores, and no winner.

use std::collections::BTreeSet;

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    address,
    ask::{Asked, encoded, shown_again},
    my_services::list::named,
    page::{Frame, Keep, shown},
    row::{condition, standing},
};
use crate::{
    domain::{AnswerId, CertificationId},
    registry::{ErrorKind, Registry, Result, door::Door, read::VersionContent},
    statement::{CodeWords, Facts, StatementView},
};

/// The most services on one page.
const MOST: usize = 4;

#[derive(Template)]
#[template(path = "web/compare.html")]
struct ComparePage {
    frame: Frame,
    columns: Vec<Column>,
    sections: Vec<Section>,
    /// What was asked for and is not on the register, or is one too many.
    missing: Vec<String>,
    /// How many questions are answered with different colours, of how many.
    different: (usize, usize),
    all: bool,
    editions_differ: bool,
    search: Option<(String, Vec<(String, String)>)>,
}

/// One service.
struct Column {
    id: CertificationId,
    service_name: String,
    supplier_name: String,
    version: u32,
    published_on: String,
    standing: &'static str,
    condition: Option<String>,
}

/// The questions of one section.
struct Section {
    heading: String,
    anchor: String,
    rows: Vec<QuestionRow>,
}

/// One question with an answer of each service, in the order of the columns.
struct QuestionRow {
    id: AnswerId,
    question: String,
    cells: Vec<Option<Cell>>,
    differs: bool,
}

/// One answer.
struct Cell {
    code: CodeWords,
    caveat: Option<String>,
    statement: Vec<String>,
}

/// `/compare?c=supplier/service&c=…`, with `show=all` also what is answered alike.
pub async fn compare(State(door): State<Door>, asked: Asked) -> Response {
    shown(door, Keep::Never, move |registry| page(registry, &asked)).await
}

fn page(registry: &Registry, asked: &Asked) -> Result<ComparePage> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for text in asked.all("c").map(str::trim).filter(|text| !text.is_empty()).take(20) {
        let id: Option<CertificationId> = text.parse().ok();
        if id.clone().is_some_and(|id| !seen.insert(id)) {
            continue;
        }
        match id.map(|id| registry.certification(&id)).transpose() {
            Ok(Some(row)) if found.len() < MOST => {
                let version = registry.with_content(row.current.clone())?;
                let simulated_dates = registry.settings().simulated_dates;
                let facts = Facts { simulated_dates, ..Facts::default() };
                let view = StatementView::new(&version.content, &version.edition, &facts, None);
                found.push((row, version, view));
            }
            Ok(Some(row)) => {
                missing.push(format!("{} is one too many: {MOST} fit on a page.", row.current.service_name))
            }
            Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
            _ => missing.push(format!("{} is not on the register.", shown_again(text, 100))),
        }
    }
    let columns: Vec<Column> =
        found.iter().map(|(row, version, _)| column(registry, row, version)).collect::<Result<_>>()?;
    let views: Vec<&StatementView> = found.iter().map(|(_, _, view)| view).collect();
    let editions: BTreeSet<_> = found.iter().map(|(_, version, _)| version.row.edition.clone()).collect();
    let sections = if views.len() > 1 { sections(&views) } else { Vec::new() };
    let rows = || sections.iter().flat_map(|section| &section.rows);
    let different = (rows().filter(|row| row.differs).count(), rows().count());
    let search = asked.get("find").map(|words| shown_again(words, 200));
    let search = search.map(|words| named(registry, &words, 20).map(|found| (words, found))).transpose()?;
    let names: Vec<&str> = columns.iter().map(|column| column.service_name.as_str()).collect();
    let title = if names.len() > 1 { format!("Compare {}", names.join(", ")) } else { "Compare services".to_owned() };
    let mut frame = Frame::new(registry.settings(), title, "/compare")
        .described("What suppliers of cloud services for schools answer to the same questions, side by side.");
    frame.unlisted = !columns.is_empty();
    Ok(ComparePage {
        frame,
        columns,
        sections,
        missing,
        different,
        all: asked.get("show") == Some("all"),
        editions_differ: editions.len() > 1,
        search,
    })
}

fn column(registry: &Registry, row: &crate::index::CertificationRow, version: &VersionContent) -> Result<Column> {
    let publication = &version.row.publication;
    Ok(Column {
        condition: condition(registry, &publication.certification)?,
        id: publication.certification.clone(),
        service_name: version.row.service_name.clone(),
        supplier_name: version.row.supplier_name.clone(),
        version: publication.version,
        published_on: publication.published_at.day_in_london().in_words(),
        standing: standing(row),
    })
}

/// The questions of all services by section: those of the first service, then what only the others are asked.
fn sections(views: &[&StatementView]) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut seen = BTreeSet::new();
    for view in views {
        for section in &view.sections {
            let new = section.answers.iter().filter(|answer| seen.insert(answer.id));
            let rows: Vec<QuestionRow> = new.map(|answer| row(views, answer.id, &answer.question)).collect();
            match sections.iter_mut().find(|known| known.anchor == section.anchor) {
                Some(known) => known.rows.extend(rows),
                None => {
                    let (heading, anchor) = (section.heading.clone(), section.anchor.clone());
                    sections.push(Section { heading, anchor, rows });
                }
            }
        }
    }
    sections
}

fn row(views: &[&StatementView], id: AnswerId, question: &str) -> QuestionRow {
    let cell = |view: &&StatementView| {
        let answer = view.sections.iter().flat_map(|section| &section.answers).find(|answer| answer.id == id)?;
        Some(Cell { code: answer.code, caveat: answer.caveat.clone(), statement: answer.statement.clone() })
    };
    let cells: Vec<Option<Cell>> = views.iter().map(cell).collect();
    let code = |cell: &Option<Cell>| cell.as_ref().map(|cell| cell.code.slug);
    let differs = cells.iter().any(|cell| code(cell) != code(&cells[0]));
    QuestionRow { id, question: question.to_owned(), cells, differs }
}

impl ComparePage {
    /// This page's address with one service more, or without one.
    fn with(&self, id: &str) -> String {
        let ids = self.columns.iter().map(|column| column.id.to_string()).chain([id.to_owned()]);
        Self::to(ids)
    }

    fn without(&self, id: &CertificationId) -> String {
        Self::to(self.columns.iter().filter(|column| column.id != *id).map(|column| column.id.to_string()))
    }

    fn to(ids: impl Iterator<Item = String>) -> String {
        let query: Vec<String> = ids.map(|id| format!("c={}", encoded(&id))).collect();
        if query.is_empty() { "/compare".to_owned() } else { format!("/compare?{}", query.join("&")) }
    }

    fn here(&self) -> String {
        Self::to(self.columns.iter().map(|column| column.id.to_string()))
    }

    /// Sections with the rows that are shown.
    fn shown(&self) -> Vec<(&Section, Vec<&QuestionRow>)> {
        let rows = |section: &'_ Section| -> Vec<usize> {
            (0..section.rows.len()).filter(|at| self.all || section.rows[*at].differs).collect()
        };
        let pairs = self
            .sections
            .iter()
            .map(|section| (section, rows(section).into_iter().map(|at| &section.rows[at]).collect::<Vec<_>>()));
        pairs.filter(|(_, rows)| !rows.is_empty()).collect()
    }

    fn may_have_more(&self) -> bool {
        self.columns.len() < MOST
    }

    fn address(&self, column: &Column) -> String {
        address::certification(&column.id)
    }

    fn answer_address(&self, column: &Column, id: &AnswerId) -> String {
        address::answer(&column.id, *id)
    }

    /// What a narrow screen puts before an answer.
    fn name_at(&self, at: &usize) -> &str {
        self.columns.get(*at).map_or("", |column| column.service_name.as_str())
    }
}
