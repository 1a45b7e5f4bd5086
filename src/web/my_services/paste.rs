//! Lists that are pasted or uploaded: read, answered and forgotten.

use axum::{
    extract::{Multipart, State, multipart::MultipartRejection},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    edit::standard,
    list::{List, named},
    page, papers, table,
};
use crate::{
    domain::ListEntry,
    registry::{ErrorKind, Registry, RegistryError, Result, door::Door},
    web::{
        ask::{MAX_LIST_QUERY_BYTES, shown_again},
        page::failed,
    },
};

/// What came with the form.
#[derive(Default)]
struct Sent {
    /// The list as it stood in the address.
    kept: Vec<String>,
    reviewed: Option<String>,
    /// Pasted text and files, one after the other.
    text: String,
    /// Which page to show.
    show: String,
}

/// `POST /my-services`: a pasted list or a CSV file, added to what the form brought from the address.
pub async fn paste(State(door): State<Door>, form: std::result::Result<Multipart, MultipartRejection>) -> Response {
    let list = match sent(form).await {
        Ok(sent) => {
            let show = sent.show.clone();
            door.ask(move |registry| read(registry, sent)).await.map(|list| (list, show))
        }
        Err(error) => Err(error),
    };
    let (list, show) = match list {
        Ok(found) => found,
        Err(error) => return failed(door.registry().settings(), &error),
    };
    // A list that fits goes on as an address: it can be kept as a bookmark then.
    let fits = list.query().len() <= MAX_LIST_QUERY_BYTES;
    match show.as_str() {
        "governors" => papers::governors_of(door, list).await,
        "dpia" => papers::dpia_of(door, list).await,
        "cards" => papers::cards_of(door, list).await,
        "csv" => table::table_of(door, list).await,
        _ if fits => ([("cache-control", "no-store")], Redirect::to(&list.address(""))).into_response(),
        _ => page::show(door, list, None, None).await,
    }
}

async fn sent(form: std::result::Result<Multipart, MultipartRejection>) -> Result<Sent> {
    let bad = |_| {
        let detail = "The form did not arrive whole, or it is larger than 1 MiB. Go back and send it again.";
        RegistryError::new(ErrorKind::Unreadable, "bad-parts", detail)
    };
    let mut form = form.map_err(|_| bad(()))?;
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await.map_err(|_| bad(()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| bad(()))?;
        let text = text_of(&bytes);
        match name.as_str() {
            "s" => sent.kept.push(text),
            "reviewed" => sent.reviewed = Some(text).filter(|text| !text.trim().is_empty()),
            "show" => sent.show = text,
            "list" | "file" => sent.text.push_str(&format!("{text}\n")),
            _ => {}
        }
    }
    Ok(sent)
}

/// Spreadsheets on Windows still write Windows-1252: what is no UTF-8 is read byte by byte, so that no line is lost.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn read(registry: &Registry, sent: Sent) -> Result<List> {
    let kept = sent.kept.iter().map(|text| ListEntry::parse(&shown_again(text, 300)));
    let mut list = List { entries: kept.collect(), reviewed: sent.reviewed }.checked()?;
    let mut pasted = lines(&sent.text)?;
    // A thousand lines without an id would be a thousand searches: the first ones are worth it.
    for entry in pasted.iter_mut().filter(|entry| entry.certification().is_none()).take(200) {
        if let [(_, id)] = named(registry, &entry.service, 2)?.as_slice() {
            entry.service = id.clone();
        }
    }
    list.entries.extend(pasted);
    if list.entries.is_empty() {
        let detail = "The list is empty. Write a service on each line: its name, a comma, and the day you signed up.";
        return Err(RegistryError::invalid("too-many-items", detail));
    }
    list.checked()
}

/// Reads a list as people paste it.
///
/// A line an entry: service, day, label, day of the last review; or `supplier/service@day`. A first line without a day
/// whose second column is a word is a heading; lines that begin with # are left out.
///
/// # Errors
/// Unreadable for what is no CSV.
pub fn lines(text: &str) -> Result<Vec<ListEntry>> {
    let delimiter = if text.lines().next().is_some_and(|line| line.contains('\t')) { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| {
            let detail = "The list could not be read as CSV. Write a service on each line: its name, a comma, the day.";
            RegistryError::new(ErrorKind::Unreadable, "bad-parts", detail)
        })?;
        let column = |n: usize| shown_again(unguarded(record.get(n).unwrap_or_default()), 200);
        let is_heading = entries.is_empty() && is_heading(&column(0), &column(1));
        if is_heading || record.iter().all(str::is_empty) {
            continue;
        }
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let entry = match record.len() {
            1 => ListEntry::parse(&column(0)),
            _ => ListEntry::of(&column(0), &column(1), filled(column(3)).as_deref(), filled(column(2)).as_deref()),
        };
        entries.push(standard(entry));
    }
    Ok(entries)
}

/// A cell of a table that was made here, without the apostrophe that keeps spreadsheets from running it.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
}

fn is_heading(first: &str, second: &str) -> bool {
    let words = ["service", "certification", "name", "supplier", "system", "product"];
    let first = first.to_ascii_lowercase();
    !first.contains('/')
        && words.iter().any(|word| first.contains(word))
        && !second.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_people_paste_it() {
        let text = "Service,Since,Label\n# ours\nacme/lms,4/9/2025,\"Office, main\"\nacme/vle@2024-09~B\n\nSchool Payments,2023,,2026-01-01\n";
        let written: Vec<String> = lines(text).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(
            written,
            ["acme/lms@2025-09-04~Office, main", "acme/vle@2024-09~B", "School Payments@2023!2026-01-01"]
        );
        assert_eq!(lines("acme/lms\t4 September 2025\n").unwrap()[0].to_string(), "acme/lms@2025-09-04");
        assert_eq!(lines("Cloud Service\n").unwrap().len(), 0, "one column with such a word is a heading");
    }

    #[test]
    fn bytes_of_another_encoding_lose_no_line() {
        assert_eq!(text_of(b"Caf\xE9 Cloud,2024\nacme/lms,2025"), "Café Cloud,2024\nacme/lms,2025");
    }
}
