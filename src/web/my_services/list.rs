//! The list as its address has it: what the address says, and the addresses that it leads to.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    compare::Importance,
    domain::{Day, ListEntry, WatchItem},
    index::CertificationFilter,
    registry::{
        Registry, RegistryError, Result,
        compare::Since,
        read::VersionContent,
        watch::{MAX_ITEMS, Tally, Watch},
    },
    web::{
        ask::{Asked, encoded, shown_again},
        day,
    },
};

/// The longest text of one entry that is taken over, in characters.
const MAX_ENTRY_CHARACTERS: usize = 300;

/// A reader's list: what stands in the address, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// In the reader's order.
    pub entries: Vec<ListEntry>,
    /// The day of the last review of the whole list, as it was written.
    pub reviewed: Option<String>,
}

impl List {
    /// Reads the address.
    ///
    /// # Errors
    /// Invalid for more services than one list may have.
    pub fn of(asked: &Asked) -> Result<List> {
        let entries = asked.all("s").filter(|text| !text.trim().is_empty());
        let entries = entries.map(|text| ListEntry::parse(&shown_again(text, MAX_ENTRY_CHARACTERS))).collect();
        let reviewed = asked.get("reviewed").map(|text| shown_again(text, 30)).filter(|day| !day.is_empty());
        List { entries, reviewed }.checked()
    }

    /// The same, if it has no more services than a list may have.
    ///
    /// # Errors
    /// Invalid otherwise.
    pub fn checked(self) -> Result<List> {
        if self.entries.len() > MAX_ITEMS {
            let detail = format!(
                "A list has at most {MAX_ITEMS} services; this one has {}. Split it into several lists.",
                self.entries.len()
            );
            return Err(RegistryError::invalid("too-many-items", detail));
        }
        Ok(self)
    }

    /// The query of the list's address.
    pub fn query(&self) -> String {
        let mut query = String::new();
        for entry in &self.entries {
            query.push_str(&format!("&s={}", encoded(&entry.to_string())));
        }
        if let Some(day) = &self.reviewed {
            query.push_str(&format!("&reviewed={}", encoded(day)));
        }
        query.split_off(query.len().min(1))
    }

    /// The address of a page about the list; `page` is empty or for example `/governors`.
    pub fn address(&self, page: &str) -> String {
        let query = self.query();
        if query.is_empty() { format!("/my-services{page}") } else { format!("/my-services{page}?{query}") }
    }
}

/// One line with what was found for it.
pub struct Row {
    /// The line's place, beginning with 1.
    pub place: usize,
    /// As the reader wrote it.
    pub entry: ListEntry,
    /// What was found, or why nothing was.
    pub found: std::result::Result<Found, NotFound>,
}

/// What changed in one service: what lists show of it, so that a long list holds no comparison in full.
pub struct Found {
    /// What was asked.
    pub item: WatchItem,
    /// The current version with its content.
    pub now: VersionContent,
    /// The whole in one line.
    pub headline: String,
    /// Which version it is compared with and why, in words.
    pub baseline_sentence: String,
    /// How much it matters; none when nothing happened.
    pub importance: Option<Importance>,
    /// What needs attention: its label and its sentence.
    pub attention: Vec<(String, String)>,
}

impl Found {
    fn new(item: WatchItem, now: VersionContent, since: &Since) -> Found {
        let report = &since.report;
        let needs = report.net.changes.iter().filter(|change| change.importance == Importance::Attention);
        Found {
            item,
            now,
            headline: report.headline.clone(),
            baseline_sentence: report.baseline_sentence.clone(),
            importance: report.importance,
            attention: needs.map(|change| (change.about.label(), change.sentence.clone())).collect(),
        }
    }
}

/// What changed in one service, with what was found in full; what fails is the row's own matter or everybody's.
fn found(watch: &mut Watch<'_>, item: WatchItem) -> Result<std::result::Result<(Arc<Since>, Found), RegistryError>> {
    let since = match watch.since(&item)? {
        Ok(since) => since,
        Err(error) => return Ok(Err(error)),
    };
    let now = watch.now(&since)?;
    Ok(now.map(|now| (since.clone(), Found::new(item, now, &since))))
}

/// Why nothing can be said of one line.
pub struct NotFound {
    /// In words, with the next step.
    pub words: String,
    /// Services that the reader may have meant: name and id.
    pub suggestions: Vec<(String, String)>,
}

/// A list with what was found for each of its lines.
pub struct Answered {
    /// The list.
    pub list: List,
    /// One row a line, in the list's order.
    pub rows: Vec<Row>,
    /// How much of it changed.
    pub tally: Tally,
}

impl Answered {
    /// Answers every line of `list`.
    ///
    /// # Errors
    /// Those of the registry; what is wrong with a line stands in its row.
    pub fn new(registry: &Registry, list: List, is_wanted: &AtomicBool) -> Result<Answered> {
        let (mut watch, mut tally) = (registry.watch(is_wanted), Tally::default());
        let mut rows = Vec::with_capacity(list.entries.len());
        for (at, entry) in list.entries.iter().enumerate() {
            let found = match item(entry, list.reviewed.as_deref()) {
                Ok(item) => found(&mut watch, item)?,
                Err(error) => Err(error),
            };
            let found = match found {
                Ok((since, found)) => {
                    tally.count(Some(&since));
                    Ok(found)
                }
                Err(error) => Err(not_found(registry, entry, error)?),
            };
            if found.is_err() {
                tally.count(None);
            }
            rows.push(Row { place: at + 1, entry: entry.clone(), found });
        }
        Ok(Answered { list, rows, tally })
    }

    /// Rows by service, each service once, in the order of its first row.
    pub fn groups(&self) -> Vec<Vec<&Row>> {
        let mut groups: Vec<Vec<&Row>> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for row in &self.rows {
            let place = *places.entry(row.entry.service.as_str()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(row),
                None => groups.push(vec![row]),
            }
        }
        groups
    }

    /// Everything that was found, without what was not.
    pub fn found(&self) -> impl Iterator<Item = (&Row, &Found)> {
        self.rows.iter().filter_map(|row| Some((row, row.found.as_ref().ok()?)))
    }
}

/// What a line asks for.
///
/// # Errors
/// Not found, unreadable or invalid, for the row.
pub fn item(entry: &ListEntry, reviewed: Option<&str>) -> Result<WatchItem> {
    let certification = entry
        .certification()
        .ok_or_else(|| RegistryError::not_found("certification-not-found", "Not on the register under this name."))?;
    let read = |text: &str| -> Result<Day> { day::read(text) };
    if entry.signed_up_on.is_empty() {
        let detail = "Say when you signed up: a day, a month or a year.";
        return Err(RegistryError::invalid("bad-day", detail));
    }
    Ok(WatchItem {
        certification,
        signed_up_on: read(&entry.signed_up_on)?,
        reviewed_on: entry.reviewed_on.as_deref().or(reviewed).map(read).transpose()?,
        label: entry.label.clone(),
    })
}

/// Words for the row, and services that may have been meant.
fn not_found(registry: &Registry, entry: &ListEntry, error: RegistryError) -> Result<NotFound> {
    if error.code != "certification-not-found" {
        return Ok(NotFound { words: error.detail, suggestions: Vec::new() });
    }
    let words = "Not on the register: nothing is self-certified here under this name. It stays in your list; you can ask \
                 its supplier to self-certify.";
    let names = entry.service.replace(['/', '-'], " ");
    Ok(NotFound { words: words.to_owned(), suggestions: named(registry, &names, 3)? })
}

/// Services whose names hold all these words: name and id.
///
/// # Errors
/// Those of the index.
pub fn named(registry: &Registry, names: &str, most: usize) -> Result<Vec<(String, String)>> {
    if names.trim().is_empty() {
        return Ok(Vec::new());
    }
    let filter = CertificationFilter { names: Some(names.to_owned()), ..CertificationFilter::default() };
    let rows = registry.index().certifications(&filter, None, most)?;
    let pair = |row: &crate::index::CertificationRow| {
        let current = &row.current;
        (format!("{} ({})", current.service_name, current.supplier_name), current.publication.certification.to_string())
    };
    Ok(rows.iter().map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_its_address() {
        let pairs = [("s", "acme/lms@2025-09~Office & co"), ("s", " "), ("reviewed", "2026"), ("other", "x")];
        let asked = Asked(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        let list = List::of(&asked).unwrap();
        assert_eq!(
            list.address("/governors"),
            "/my-services/governors?s=acme/lms@2025-09~Office%20%26%20co&reviewed=2026"
        );
        assert_eq!(List::default().address(""), "/my-services");
        let many = vec![("s".to_owned(), "acme/lms@2025".to_owned()); 1_001];
        assert_eq!(List::of(&Asked(many)).map_err(|error| error.code), Err("too-many-items"));
    }
}
