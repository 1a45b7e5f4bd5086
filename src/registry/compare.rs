//! Comparing what is published: two versions, or everything since a day.

use super::{ErrorKind, Registry, RegistryError, Result, read::VersionContent};
use crate::{
    compare::{self, Comparison, Promptness, Reader, ReaderDay, Side, SinceReport},
    domain::{CertificationId, PromptnessFacts, SupplierId, WatchItem},
};

/// An answer to "what changed since we signed up" for one service.
#[derive(Debug, Clone)]
pub struct Since {
    /// Which service, when, under which label.
    pub item: WatchItem,
    /// The version that stood then.
    pub then: VersionContent,
    /// The current version.
    pub now: VersionContent,
    /// The net comparison, the steps, and what changed and changed back.
    pub report: SinceReport,
}

impl VersionContent {
    /// This version as one side of a comparison.
    pub fn side(&self) -> Side<'_> {
        Side { content: &self.content, edition: &self.edition, publication: Some(&self.row.publication) }
    }
}

impl Registry {
    /// Compares two versions of one certification, with the corrections declared between them.
    ///
    /// # Errors
    /// Not found when one of them is not there; unreadable when `from` is newer than `to`.
    pub fn compare(&self, id: &CertificationId, from: u32, to: u32) -> Result<Comparison> {
        // Before the versions between are loaded: a number far off must not cost a load for each below it.
        self.version(id, to)?;
        let load = |version| self.with_content(self.version(id, version)?);
        let steps = (from..=to).map(load).collect::<Result<Vec<VersionContent>>>()?;
        let sides: Vec<Side<'_>> = steps.iter().map(VersionContent::side).collect();
        compare::between(&sides).ok_or_else(|| {
            let detail = format!("Version {from} is newer than version {to}: compare forwards.");
            RegistryError::new(ErrorKind::Unreadable, "bad-parameter", detail)
        })
    }

    /// Says what changed in one service since the reader signed up (or last reviewed).
    ///
    /// # Errors
    /// Not found when the service is not on the register; invalid when the day lies ahead.
    pub fn since(&self, item: &WatchItem) -> Result<Since> {
        let id = &item.certification;
        let today = self.clock.now().day_in_london();
        let day = item.reviewed_on.unwrap_or(item.signed_up_on);
        if day > today || item.signed_up_on > today {
            let detail =
                format!("That day lies ahead; today is {}. Write the day on which you signed up.", today.in_words());
            return Err(RegistryError::invalid("day-ahead", detail));
        }
        self.certification(id)?;
        let publications = self.index.publications(id)?;
        let baseline = compare::baseline(day, &publications)
            .ok_or_else(|| RegistryError::internal(format!("{id} has a current version but no first one")))?;
        let steps = publications
            .iter()
            .filter(|publication| publication.version >= baseline.version)
            .map(|publication| self.with_content(self.version(id, publication.version)?))
            .collect::<Result<Vec<VersionContent>>>()?;
        let (Some(then), Some(now)) = (steps.first().cloned(), steps.last().cloned()) else {
            return Err(RegistryError::internal(format!("the versions of {id} cannot be listed")));
        };
        let sides: Vec<Side<'_>> = steps.iter().map(VersionContent::side).collect();
        let kind = if item.reviewed_on.is_some() { ReaderDay::Reviewed } else { ReaderDay::SignedUp };
        let report = compare::since(Reader { day, kind }, baseline, &sides, today)
            .ok_or_else(|| RegistryError::internal(format!("the versions of {id} cannot be compared")))?;
        Ok(Since { item: item.clone(), then, now, report })
    }

    /// How promptly one certification is kept up to date.
    pub fn promptness(&self, id: &CertificationId) -> Result<Promptness> {
        self.certification(id)?;
        let facts = self.promptness_facts(id)?;
        Ok(compare::promptness(&facts, self.settings.freshness, self.clock.now().day_in_london()))
    }

    /// How promptly all certifications of a supplier are kept up to date, together; none without certifications.
    pub fn promptness_of_supplier(&self, id: &SupplierId) -> Result<Option<Promptness>> {
        let rows = self.index.certifications_of(id)?;
        let today = self.clock.now().day_in_london();
        let each = rows
            .iter()
            .map(|row| self.promptness_facts(&row.current.publication.certification))
            .map(|facts| Ok(compare::promptness(&facts?, self.settings.freshness, today)))
            .collect::<Result<Vec<Promptness>>>()?;
        Ok(compare::of_supplier(&each, today))
    }

    fn promptness_facts(&self, id: &CertificationId) -> Result<Vec<PromptnessFacts>> {
        let newest_first = self.index.versions(id, None, usize::MAX)?;
        Ok(newest_first.iter().rev().map(|row| row.promptness_facts()).collect())
    }
}
