//! The list as a table, for spreadsheets; its first four columns can be uploaded again, or given to `certreg since`.

use axum::{extract::State, response::Response};

use super::{
    answered, file,
    list::{Answered, List, Row},
};
use crate::{
    registry::{Registry, door::Door},
    statement::csv::guarded,
    web::{ask::Asked, page::failed},
};

const COLUMNS: [&str; 11] = [
    "service",
    "since",
    "label",
    "reviewed",
    "service_name",
    "supplier_name",
    "current_version",
    "current_published_on",
    "importance",
    "what_changed",
    "needs_attention",
];

/// `/my-services/list.csv`
pub async fn table(State(door): State<Door>, asked: Asked) -> Response {
    match List::of(&asked) {
        Ok(list) => table_of(door, list).await,
        Err(error) => failed(door.registry().settings(), &error),
    }
}

/// The same for a list that did not come as an address.
pub async fn table_of(door: Door, list: List) -> Response {
    let text = answered(&door, list, |registry, answered| Ok(written(registry, &answered))).await;
    file(&door, "text/csv; charset=utf-8; header=present", Some("attachment; filename=\"my-services.csv\""), text)
}

fn written(registry: &Registry, answered: &Answered) -> String {
    let simulated = registry.settings().simulated_dates;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let rows = answered.rows.iter().map(row);
    for (at, row) in std::iter::once(COLUMNS.map(str::to_owned)).chain(rows).enumerate() {
        let mark = simulated.then(|| if at == 0 { "simulated_dates" } else { "true" }.to_owned());
        writer
            .write_record(row.into_iter().map(guarded).chain(mark))
            .expect("every row has as many cells, and memory takes them");
    }
    let bytes = writer.into_inner().expect("writing to memory never fails");
    String::from_utf8(bytes).expect("the cells are UTF-8")
}

fn row(row: &Row) -> [String; 11] {
    let entry = &row.entry;
    let head = |rest: [String; 7]| {
        let [a, b, c, d, e, f, g] = rest;
        let (reviewed, label) =
            (entry.reviewed_on.clone().unwrap_or_default(), entry.label.clone().unwrap_or_default());
        [entry.service.clone(), entry.signed_up_on.clone(), label, reviewed, a, b, c, d, e, f, g]
    };
    match &row.found {
        Ok(found) => {
            let attention: Vec<String> =
                found.attention.iter().map(|(label, sentence)| format!("{label}: {sentence}")).collect();
            let importance = found.importance.map(|importance| importance.as_str().to_owned());
            head([
                found.service_name().to_owned(),
                found.supplier_name().to_owned(),
                found.version().to_string(),
                found.published_on().to_string(),
                importance.unwrap_or_default(),
                found.headline.clone(),
                attention.join("\n"),
            ])
        }
        Err(not_found) => {
            let [a, b, c, d, e, g] = std::array::from_fn(|_| String::new());
            head([a, b, c, d, e, not_found.words.clone(), g])
        }
    }
}
