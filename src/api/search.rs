//! A page of a list of certifications: those with the words in their names first, then those that say them.

use std::str::FromStr;

use super::{
    certifications::summaries,
    params::{Sequence, write_cursor},
    views::{certification::CertificationPage, found::SnippetView},
};
use crate::{
    index::{CertificationCursor, CertificationFilter, CertificationRow},
    registry::{
        Registry, Result,
        search::{SaidHit, SaidPage, SaidPlace},
    },
};

/// Where a page begins, as a cursor holds it: `12 supplier/service`, or `said 12 7`.
pub(super) enum Place {
    Named(CertificationCursor),
    Said(SaidPlace),
}

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let number = |text: &str| text.parse::<Sequence>().map(|number| number.0).map_err(|_| ());
        let split = |text| str::split_once(text, ' ').ok_or(());
        Ok(match text.strip_prefix("said ") {
            Some(place) => {
                let (at, below) = split(place)?;
                Place::Said(SaidPlace { at: number(at)?, below: number(below)? })
            }
            None => {
                let (sequence, id) = split(text)?;
                let id = id.parse().map_err(|_| ())?;
                Place::Named(CertificationCursor { sequence: number(sequence)?, id })
            }
        })
    }
}

impl Place {
    fn after(row: &CertificationRow) -> String {
        let publication = &row.current.publication;
        write_cursor(&format!("{} {}", publication.sequence, publication.certification))
    }

    fn said(place: SaidPlace) -> String {
        // The first page begins above all passages: a number that every reader of cursors can hold.
        write_cursor(&format!("said {} {}", place.at, place.below.min((1 << 53) - 1)))
    }
}

/// The page after `after`.
pub(super) fn page(
    registry: &Registry,
    filter: &CertificationFilter,
    after: Option<Place>,
    limit: usize,
) -> Result<CertificationPage> {
    let (mut rows, began) = match &after {
        Some(Place::Said(place)) => (Vec::new(), Some(*place)),
        Some(Place::Named(cursor)) => (registry.index().certifications(filter, Some(cursor), limit + 1)?, None),
        None => (registry.index().certifications(filter, None, limit + 1)?, None),
    };
    let more = rows.len() > limit;
    rows.truncate(limit);
    let (named, searched) = (rows.len(), filter.names.is_some());
    let said = if searched && !more { said(registry, filter, began, limit - named)? } else { SaidPage::default() };
    let next_cursor = match rows.last().filter(|_| more) {
        Some(last) => Some(Place::after(last)),
        None => said.next.map(Place::said),
    };
    let mut snippets = vec![Vec::new(); named];
    for SaidHit { row, excerpts } in said.hits {
        snippets.push(excerpts.iter().map(SnippetView::of).collect());
        rows.push(row);
    }
    let mut items = summaries(registry, &rows)?;
    if searched {
        items.iter_mut().zip(snippets).for_each(|(item, snippets)| item.snippets = Some(snippets));
    }
    Ok(CertificationPage { items, next_cursor })
}

/// Hits for what is left of the page. Where nothing is left, whether there are any at all.
fn said(registry: &Registry, filter: &CertificationFilter, began: Option<SaidPlace>, left: usize) -> Result<SaidPage> {
    if left > 0 {
        return registry.said(filter, began, left);
    }
    let begins = registry.said_from_the_beginning()?;
    let found = registry.said(filter, Some(begins), 1)?;
    let any = !found.hits.is_empty() || found.next.is_some();
    Ok(SaidPage { hits: Vec::new(), next: any.then_some(begins) })
}
