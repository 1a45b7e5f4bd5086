//! Comparing what is published: two versions, or everything since a day.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};

use super::{ErrorKind, Registry, RegistryError, Result, cases::CertificationStanding, read::VersionContent};
use crate::{
    compare::{
        self, Baseline, Comparison, FreshnessFacts, FreshnessState, Outline, Promptness, Reader, ReaderDay, Side,
        SinceReport, StandingFact,
    },
    domain::{CertificationId, Day, Instant, PromptnessFacts, Publication, SupplierId, WatchItem},
    index::{CertificationFilter, CertificationRow, VersionRow},
};

/// Comparisons of published versions by their sequences: what was published can never change.
pub(super) type Comparisons = Cache<(u64, u64), Arc<Comparison>, ComparisonWeight>;

/// The memory for comparisons that are kept.
const KEPT_COMPARISON_BYTES: u64 = 16 << 20;
/// What a comparison takes besides its changes, and a change besides its texts.
const FRAME_BYTES: usize = 1 << 10;

pub(super) fn no_comparisons() -> Comparisons {
    Cache::with_weighter(KEPT_COMPARISON_BYTES as usize / (8 * FRAME_BYTES), KEPT_COMPARISON_BYTES, ComparisonWeight)
}

/// Counts a comparison by the memory that it takes, about.
#[derive(Clone)]
pub(super) struct ComparisonWeight;

impl Weighter<(u64, u64), Arc<Comparison>> for ComparisonWeight {
    fn weight(&self, _: &(u64, u64), comparison: &Arc<Comparison>) -> u64 {
        // Both texts, and once more with their marks.
        let texts =
            |change: &compare::Change| change.before.iter().chain(&change.after).map(String::len).sum::<usize>();
        (FRAME_BYTES + comparison.all_changes().map(|change| FRAME_BYTES + 2 * texts(change)).sum::<usize>()) as u64
    }
}

/// An answer to "what changed since we signed up" for one service.
#[derive(Debug, Clone)]
pub struct Since {
    /// Which service, when, under which label.
    pub item: WatchItem,
    /// The version that stood then.
    pub then: VersionRow,
    /// The current version.
    pub now: VersionRow,
    /// The net comparison, the steps, and what changed and changed back.
    pub report: SinceReport,
    /// The certification that carries it on now, where it was sold or renamed.
    pub carried_on_as: Option<CertificationId>,
    /// What stands beside the current version.
    pub standing: CertificationStanding,
}

/// The versions of a service, oldest first, through every transfer.
#[derive(Debug, Clone)]
pub struct Line {
    /// What was published, each under the certification that published it.
    pub publications: Vec<Publication>,
    /// The certifications that carry it on, one after the other, and since when.
    pub carried_on: Vec<(CertificationId, Instant)>,
}

impl Line {
    /// A service that nobody carries on.
    pub fn of(publications: Vec<Publication>) -> Line {
        Line { publications, carried_on: Vec::new() }
    }

    /// The same, carried on since then by `other`, which published these.
    ///
    /// What the old side published after it had given the service away is not the service's any more.
    pub fn carried_on_by(mut self, other: CertificationId, since: Instant, publications: Vec<Publication>) -> Line {
        self.publications.retain(|known| known.published_at <= since);
        self.publications.extend(publications);
        self.carried_on.push((other, since));
        self
    }

    /// The same as if one certification had published them all: numbered through, and what was published before its
    /// side took over counts from the take-over on.
    pub fn as_one(&self) -> Vec<Publication> {
        let took_over = |known: &Publication| {
            let since = self.carried_on.iter().find(|(other, _)| *other == known.certification);
            since.map_or(known.published_at, |(_, since)| known.published_at.max(*since))
        };
        let numbered = self.publications.iter().zip(1u32..);
        numbered
            .map(|(known, number)| Publication {
                version: number,
                sequence: number.into(),
                published_at: took_over(known),
                ..known.clone()
            })
            .collect()
    }

    /// Who runs it now, where somebody else does.
    pub fn fact(&self, supplier_name: &str) -> Option<StandingFact> {
        let (other, since) = self.carried_on.last()?;
        let since = since.day_in_london().in_words();
        let sentence = format!("Now run by {supplier_name} as {other}, since {since}.");
        Some(StandingFact::Beside("carried_on", sentence))
    }
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
        // Before the versions between are listed: a number far off must not cost a row for each below it.
        let new = self.version(id, to)?;
        if from > to {
            let detail = format!("Version {from} is newer than version {to}: compare forwards.");
            return Err(RegistryError::new(ErrorKind::Unreadable, "bad-parameter", detail));
        }
        let old = if from == to { new.clone() } else { self.version(id, from)? };
        if !self.index.corrects_between(id, from, to)? {
            // What lies between counts only for the corrections that it declares.
            return Ok((*self.compared(&old, &new)?).clone());
        }
        let newest_first = self.index.versions(id, to.checked_add(1), (from..=to).count())?;
        let rows = newest_first.into_iter().rev();
        let steps = rows.map(|row| self.with_content(row)).collect::<Result<Vec<VersionContent>>>()?;
        let sides: Vec<Side<'_>> = steps.iter().map(VersionContent::side).collect();
        compare::between(&sides)
            .ok_or_else(|| RegistryError::internal(format!("the versions of {id} cannot be listed")))
    }

    /// Compares two versions of a certification between which nothing is corrected: kept for whoever asks for the same
    /// two next, as it can never change.
    fn compared(&self, old: &VersionRow, new: &VersionRow) -> Result<Arc<Comparison>> {
        let both = (old.publication.sequence, new.publication.sequence);
        self.comparisons.get_or_insert_with(&both, || {
            let (old, new) = (self.with_content(old.clone())?, self.with_content(new.clone())?);
            Ok(Arc::new(compare::versions(old.side(), new.side())))
        })
    }

    /// Compares a version with the current one, and adds what stands beside that.
    ///
    /// # Errors
    /// As [`Registry::compare`].
    pub fn compare_with_current(&self, id: &CertificationId, from: u32) -> Result<Comparison> {
        let current = self.certification(id)?.current.publication.version;
        Ok(self.compare(id, from, current)?.with_standing(&self.standing(id, None)?.facts(), None))
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
        let line = self.line(id)?;
        let mut baseline = compare::baseline(day, &line.as_one())
            .ok_or_else(|| RegistryError::internal(format!("{id} has a current version but no first one")))?;
        let rows = self.rows_of(&line.publications[baseline.version as usize - 1..])?;
        let (Some(then), Some(now)) = (rows.first(), rows.last()) else {
            return Err(RegistryError::internal(format!("the versions of {id} cannot be listed")));
        };
        let (then, now) = (then.clone(), now.clone());
        baseline.version = then.publication.version;
        let kind = if item.reviewed_on.is_some() { ReaderDay::Reviewed } else { ReaderDay::SignedUp };
        let reader = Reader { day, kind };
        // What lies between is noted in the index; it is read only where that does not tell enough.
        let outlines: Vec<Outline<'_>> = rows.iter().map(VersionRow::outline).collect();
        let net = || Ok::<Comparison, RegistryError>((*self.compared(&then, &now)?).clone());
        let report = match compare::since_outlined(reader, baseline, &outlines, net, today)? {
            Some(report) => report,
            None => self.since_read(reader, baseline, rows, today)?,
        };
        let standing = self.standing(&now.publication.certification, None)?;
        let facts: Vec<StandingFact> = line.fact(&now.supplier_name).into_iter().chain(standing.facts()).collect();
        let report = if facts.is_empty() { report } else { report.with_standing(&facts) };
        let carried_on_as = line.carried_on.last().map(|(other, _)| other.clone());
        Ok(Since { item: item.clone(), then, now, report, carried_on_as, standing })
    }

    /// The same from the documents of all these versions.
    fn since_read(&self, reader: Reader, baseline: Baseline, rows: Vec<VersionRow>, today: Day) -> Result<SinceReport> {
        let versions = rows.into_iter().map(|row| self.with_content(row)).collect::<Result<Vec<VersionContent>>>()?;
        let sides: Vec<Side<'_>> = versions.iter().map(VersionContent::side).collect();
        compare::since(reader, baseline, &sides, today)
            .ok_or_else(|| RegistryError::internal("there is no version to compare"))
    }

    /// The rows of these publications, which are oldest first and without gaps, in their order.
    fn rows_of(&self, publications: &[Publication]) -> Result<Vec<VersionRow>> {
        let mut rows = Vec::with_capacity(publications.len());
        for side in publications.chunk_by(|one, next| one.certification == next.certification) {
            let Some(newest) = side.last() else { continue };
            let newest_first = self.index.versions(&newest.certification, newest.version.checked_add(1), side.len())?;
            rows.extend(newest_first.into_iter().rev());
        }
        Ok(rows)
    }

    /// Everything that was published of a service, also under the certifications that carry it on.
    fn line(&self, id: &CertificationId) -> Result<Line> {
        let mut line = Line::of(self.index.publications(id)?);
        for (other, since) in self.carried_on(id)? {
            let publications = self.index.publications(&other)?;
            line = line.carried_on_by(other, since, publications);
        }
        Ok(line)
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

/// How promptly all certifications are kept up to date, counted together, with those that are overdue.
#[derive(Debug, Clone)]
pub struct PromptnessTotals {
    /// When it was counted.
    pub counted_at: Instant,
    /// All certifications together; none where there are none.
    pub together: Option<Promptness>,
    /// How many certifications have each freshness, in the order of [`FreshnessState`].
    pub freshness: [(FreshnessState, usize); 4],
    /// Certifications whose confirmation is due or has lapsed, by id, each with its days.
    pub overdue: Vec<(CertificationRow, FreshnessFacts)>,
}

impl Registry {
    /// Counts promptness over everything that is published.
    ///
    /// Costs some tens of microseconds a version: callers keep the answer for a while.
    pub fn promptness_totals(&self) -> Result<PromptnessTotals> {
        let counted_at = self.clock.now();
        let today = counted_at.day_in_london();
        let states = [FreshnessState::Affirmed, FreshnessState::Due, FreshnessState::Lapsed, FreshnessState::Never];
        let mut freshness = states.map(|state| (state, 0));
        let (mut each, mut overdue) = (Vec::new(), Vec::new());
        for row in self.index.certifications(&CertificationFilter::default(), None, usize::MAX)? {
            let facts = self.promptness_facts(&row.current.publication.certification)?;
            let measured = compare::promptness(&facts, self.settings.freshness, today);
            if let Some((_, count)) = freshness.iter_mut().find(|(state, _)| *state == measured.freshness) {
                *count += 1;
            }
            if let (FreshnessState::Due | FreshnessState::Lapsed, Some(day)) =
                (measured.freshness, measured.last_affirmed_on)
            {
                overdue.push((row, compare::freshness(day, self.settings.freshness, today)));
            }
            each.push(measured);
        }
        Ok(PromptnessTotals { counted_at, together: compare::of_supplier(&each, today), freshness, overdue })
    }
}
