//! Lists of a registry to read from, as the API writes them: the same from an address and from a clone.

use serde_json::Value;

use super::{
    error::{CliError, CliResult},
    local::{LocalClone, index_failure},
    remote::Remote,
    source::Source,
};
use crate::{
    api::views::{case::CaseView, certification::CertificationSummary, event::Event},
    domain::Instant,
    index::{CaseFilter, CaseProgress, CertificationFilter},
    registry::{Clock, cases::CaseFound},
};

/// How many are asked for at once.
const PAGE: usize = 200;

impl Source {
    /// Cases, oldest first: `state=open`, `type=erasure` or any other question that the API answers, as far as a clone
    /// can answer it too.
    ///
    /// # Errors
    /// Unreachable when they cannot be read.
    pub(crate) fn case_views(&self, query: &str) -> CliResult<Vec<Value>> {
        match self {
            Source::Remote(remote) => pages(remote, &format!("/v1/cases?limit={PAGE}&{query}")),
            Source::Local(clone) => local_cases(clone, query),
        }
    }

    /// Every certification as it stands.
    ///
    /// # Errors
    /// Unreachable when they cannot be read.
    pub(crate) fn certification_views(&self) -> CliResult<Vec<Value>> {
        let clone = match self {
            Source::Remote(remote) => return pages(remote, &format!("/v1/certifications?limit={PAGE}")),
            Source::Local(clone) => clone,
        };
        let now = Clock::System.now();
        let rows = clone.lists()?.certifications(&CertificationFilter::default(), None, usize::MAX);
        let view = |row: &crate::index::CertificationRow| {
            let standing = clone.case_history(&row.current.publication.certification)?.standing(now);
            Ok(as_value(&CertificationSummary::of(row, &standing, clone.settings())))
        };
        rows.map_err(index_failure)?.iter().map(view).collect()
    }

    /// Events of one type since an instant, oldest first.
    ///
    /// # Errors
    /// Unreachable when they cannot be read.
    pub(crate) fn events(&self, kind: &str, since: Instant) -> CliResult<Vec<Value>> {
        let mut events = match self {
            Source::Remote(remote) => remote_events(remote, kind)?,
            Source::Local(clone) => {
                let rows = clone.lists()?.events(0, usize::MAX, Some(kind), None).map_err(index_failure)?;
                rows.iter().map(|row| as_value(&Event::of(row, clone.settings()))).collect()
            }
        };
        let at =
            |event: &Value| event.get("time").and_then(Value::as_str).and_then(|time| time.parse::<Instant>().ok());
        events.retain(|event| at(event).is_some_and(|at| at >= since));
        Ok(events)
    }
}

fn as_value<T: serde::Serialize>(view: &T) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}

/// Every item of a list that goes on page by page.
fn pages(remote: &Remote, path: &str) -> CliResult<Vec<Value>> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = remote.json(&format!("{path}{cursor}"))?;
        items.extend(page.get("items").and_then(Value::as_array).into_iter().flatten().cloned());
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(items),
        }
    }
}

fn remote_events(remote: &Remote, kind: &str) -> CliResult<Vec<Value>> {
    let (mut items, mut after) = (Vec::new(), 0);
    loop {
        let page = remote.json(&format!("/v1/changes?after={after}&limit=1000&type={kind}"))?;
        items.extend(page.get("items").and_then(Value::as_array).into_iter().flatten().cloned());
        let next = page.get("next").and_then(Value::as_u64);
        match (page.get("more").and_then(Value::as_bool), next) {
            (Some(true), Some(next)) if next > after => after = next,
            (Some(false), _) => return Ok(items),
            _ => return Err(CliError::unreachable("the list of changes cannot be understood")),
        }
    }
}

fn local_cases(clone: &LocalClone, query: &str) -> CliResult<Vec<Value>> {
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let progress = (value("state") == Some("open")).then_some(CaseProgress::Open);
    let filter = CaseFilter { certification: None, kind: value("type").map(str::to_owned), progress };
    let (index, now) = (clone.lists()?, Clock::System.now());
    let today = now.day_in_london();
    let authority = clone.authority()?;
    let mut found = Vec::new();
    for (folder, sequence) in index.cases(&filter, today, 0, usize::MAX).map_err(index_failure)? {
        let rows = index.statements(&folder).map_err(index_failure)?;
        let Some(id) = folder.certification() else { continue };
        let cases = clone.case_history(&id)?.standing(now).cases;
        let ring = clone.ring(&id.supplier)?;
        let case = cases.into_iter().find(|case| case.opening.sequence == sequence);
        let case = case.map(|case| CaseFound::of(folder, case, &rows, ring.as_ref(), &authority));
        found.extend(case.map(|case| as_value(&CaseView::of(&case, today))));
    }
    Ok(found)
}
