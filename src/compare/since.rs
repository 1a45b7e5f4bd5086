//! "What changed since we signed up?"

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Change, Comparison, CorrectionFacts, Importance, Outline, Side, StandingFact, Step, VersionFacts, history,
    sentence::list,
    versions::{self, corrections_of, transcription_bounds},
};
use crate::domain::{AnswerId, ChangeKind, Code, Day, Instant, version::Publication};

/// The day from which a reader wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The day.
    pub day: Day,
    /// What happened on it.
    pub kind: ReaderDay,
}

/// What a reader did on the day from which they want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderDay {
    /// They signed up to the service.
    SignedUp,
    /// They last reviewed it.
    Reviewed,
}

/// The version that a reader's day leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Baseline {
    /// Its number.
    pub version: u32,
    /// How it was found.
    pub kind: BaselineKind,
    /// The last instant that counts as before the reader's day.
    pub instant: Instant,
}

/// How a baseline was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineKind {
    /// In force just before the day began.
    InForce,
    /// The first that was published on the day.
    FirstOnDay,
    /// The registry holds nothing from before the day's end: the earliest that it holds.
    EarliestHeld,
}

impl BaselineKind {
    /// For programs, for example `earliest_held`.
    pub fn as_str(self) -> &'static str {
        match self {
            BaselineKind::InForce => "in_force",
            BaselineKind::FirstOnDay => "first_on_day",
            BaselineKind::EarliestHeld => "earliest_held",
        }
    }
}

/// The publication in force at an instant: the one with the greatest sequence that was published by then.
///
/// By the registry's order, never by a date that a supplier claims. `publications` may be in any order.
pub fn in_force(publications: &[Publication], at: Instant) -> Option<&Publication> {
    let published = publications.iter().filter(|publication| publication.published_at <= at);
    published.max_by_key(|publication| publication.sequence)
}

/// The version that a reader of that day knew; `None` only when there is no publication at all.
///
/// The one in force just before 00:00 in London, so that a change on the day itself is shown: a duplicate notice is
/// harmless, a missed one is not. If there was none, the first of that day; if none, the earliest that is held.
pub fn baseline(day: Day, publications: &[Publication]) -> Option<Baseline> {
    let instant = day.starts_at().plus_seconds(-1);
    let of = |publication: &Publication, kind| Baseline { version: publication.version, kind, instant };
    if let Some(known) = in_force(publications, instant) {
        return Some(of(known, BaselineKind::InForce));
    }
    let first = publications.iter().min_by_key(|publication| publication.sequence)?;
    let on_day = first.published_at <= day.ends_at();
    Some(of(first, if on_day { BaselineKind::FirstOnDay } else { BaselineKind::EarliestHeld }))
}

/// What changed for one reader of one certification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinceReport {
    /// The whole in one line: the net comparison's headline, and what changed and changed back.
    pub headline: String,
    /// The reader's day.
    pub reader: Reader,
    /// What the reader's day led to.
    pub baseline: Baseline,
    /// Which version that is and why, in words.
    pub baseline_sentence: String,
    /// The baseline compared with the current version.
    pub net: Comparison,
    /// What each version changed against the one before it, oldest first.
    pub steps: Vec<Step>,
    /// Answers that moved and returned: the net comparison hides them.
    pub changed_and_changed_back: Vec<ChangedBack>,
    /// The current version's change lies ahead; until then an earlier version applies, as the supplier says.
    pub announced: Option<Announced>,
    /// How much the whole matters; none when nothing happened.
    pub importance: Option<Importance>,
}

/// An answer that changed and changed back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedBack {
    /// Its id in the current edition.
    pub answer: AnswerId,
    /// Versions in which it moved, oldest first.
    pub versions: Vec<u32>,
    /// How much the most important of those changes mattered.
    pub importance: Importance,
    /// For example `Q 5.10 changed in version 4 and changed back in version 5.`
    pub sentence: String,
}

/// A version that is published and, as the supplier says, does not apply yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The version.
    pub version: u32,
    /// From when it applies, as the supplier says.
    pub effective_on: Day,
    /// The version that applies until then.
    pub until_then: Option<u32>,
    /// For example `Announced for 15 November 2026; until then version 3.`
    pub sentence: String,
}

impl SinceReport {
    /// Adds what the documents themselves cannot know, and words the headline anew.
    pub fn with_standing(mut self, facts: &[StandingFact]) -> SinceReport {
        self.net = self.net.with_standing(facts, Some(self.reader));
        self.worded()
    }

    /// What the ends tell; what happened on the way is for the caller to add, before it is worded.
    fn begun(reader: Reader, baseline: Baseline, net: Comparison) -> SinceReport {
        SinceReport {
            headline: String::new(),
            reader,
            baseline,
            baseline_sentence: baseline_sentence(reader, baseline, &net.old),
            net,
            steps: Vec::new(),
            changed_and_changed_back: Vec::new(),
            announced: None,
            importance: None,
        }
    }

    /// Writes the headline and weighs the whole.
    fn worded(mut self) -> SinceReport {
        let back = &self.changed_and_changed_back;
        self.importance = self.net.importance().max(back.iter().map(|back| back.importance).max());
        self.headline = headline(&self.net, &self.steps, back, self.announced.as_ref());
        self
    }

    /// For a heading: `you signed up` or `your last review on 4 September 2025`.
    pub(super) fn since_words(&self) -> String {
        match self.reader.kind {
            ReaderDay::SignedUp => "you signed up".to_owned(),
            ReaderDay::Reviewed => format!("your last review on {}", self.reader.day.in_words()),
        }
    }
}

/// Reports what changed between a reader's baseline and the current version.
///
/// `sides` are all versions from the baseline to the current one, oldest first; `None` when there are none. `today`
/// tells which changes lie ahead. Corrections declared anywhere between count, also where a later version overtook
/// them.
pub fn since(reader: Reader, baseline: Baseline, sides: &[Side], today: Day) -> Option<SinceReport> {
    let (first, last) = (sides.first()?, sides.last()?);
    let net = versions::compare(*first, *last, corrections_between(sides), Some(reader));
    let compared: Vec<Comparison> = sides.windows(2).map(|pair| versions::versions(pair[0], pair[1])).collect();
    let claims = sides.iter().map(|side| (side.content.version, side.content.change.effective_on));
    let report = SinceReport {
        steps: compared.iter().map(Step::of).collect(),
        changed_and_changed_back: changed_back(sides, &net, &compared),
        announced: announced(claims, today),
        ..SinceReport::begun(reader, baseline, net)
    };
    Some(report.worded())
}

/// The same report from what the register noted of these versions, oldest first, and the comparison of the first with
/// the last one ([`versions()`](super::versions())), which is asked for where it is needed: no document is read here.
///
/// `None` where that does not tell enough: an answer may have changed and changed back, a correction or a
/// transcription is among them, or the edition or the certification changed on the way. Then it takes [`since`].
///
/// # Errors
/// Those of `net`.
pub fn since_outlined<E>(
    reader: Reader,
    baseline: Baseline,
    outlines: &[Outline],
    net: impl FnOnce() -> Result<Comparison, E>,
    today: Day,
) -> Result<Option<SinceReport>, E> {
    let Some((first, noted)) = outlines.split_first() else { return Ok(None) };
    if first.is_transcription() || !noted.iter().all(|outline| outline.follows(first)) {
        return Ok(None);
    }
    let net = net()?.seen_by(reader);
    let may_be_back = |id| net.change_of(id).is_none_or(|change| change.before_code == change.after_code);
    if moved_twice(noted).any(may_be_back) {
        return Ok(None);
    }
    let claims = outlines.iter().map(|outline| (outline.publication.version, outline.change.effective_on));
    let report = SinceReport {
        steps: noted.iter().map(Outline::step).collect(),
        announced: announced(claims, today),
        ..SinceReport::begun(reader, baseline, net)
    };
    Ok(Some(report.worded()))
}

/// Answers that more than one of these versions changed.
fn moved_twice<'a>(noted: &'a [Outline]) -> impl Iterator<Item = AnswerId> + 'a {
    let mut moved = BTreeSet::new();
    noted.iter().flat_map(|outline| outline.changed).copied().filter(move |id| !moved.insert(*id))
}

/// Compares the first version with the last, with every correction declared after the first.
///
/// `sides` are all versions from the first to the last, oldest first; `None` when there are none. The comparison that a
/// since-report nets to, without a reader: a correction that a later version overtook is told here too.
pub fn between(sides: &[Side]) -> Option<Comparison> {
    let (first, last) = (sides.first()?, sides.last()?);
    Some(versions::compare(*first, *last, corrections_between(sides), None))
}

/// Every correction after the baseline, under the answer's name in the current version; the earliest `wrong_since`
/// counts.
fn corrections_between(sides: &[Side]) -> BTreeMap<AnswerId, CorrectionFacts> {
    let mut found: BTreeMap<AnswerId, CorrectionFacts> = BTreeMap::new();
    for (at, side) in sides.iter().enumerate().skip(1) {
        for (id, facts) in corrections_of(side) {
            let Some(name) = history::name_in_last(&sides[at..], id) else { continue };
            let known = found.entry(name).or_insert_with(|| facts.clone());
            let wrong_since = known.wrong_since.min(facts.wrong_since);
            *known = CorrectionFacts { wrong_since, ..facts };
        }
    }
    found
}

fn changed_back(sides: &[Side], net: &Comparison, steps: &[Comparison]) -> Vec<ChangedBack> {
    let Some(last) = sides.last() else { return Vec::new() };
    let touched = |comparison: &Comparison, id: AnswerId| {
        let changes = comparison.all_changes().filter(|change| change.about.answer() == Some(id));
        changes.map(|change| change.importance).max()
    };
    let mut found = Vec::new();
    for id in last.edition.answer_ids().filter(|id| touched(net, *id).is_none()) {
        let moves = history::changes_of(sides, id);
        if moves.len() < 2 {
            continue;
        }
        let importance = moves.iter().filter_map(|(at, name)| touched(&steps[at - 1], *name)).max();
        let versions: Vec<u32> = moves.iter().map(|(at, _)| sides[*at].content.version).collect();
        found.push(ChangedBack {
            answer: id,
            importance: importance.unwrap_or(Importance::Information),
            sentence: back_sentence(id, &versions),
            versions,
        });
    }
    found.extend(last.edition.answer_ids().filter_map(|id| colour_back(id, net, steps)));
    found
}

/// An answer whose words differ but whose colour moved and returned: the net comparison shows only the words.
fn colour_back(id: AnswerId, net: &Comparison, steps: &[Comparison]) -> Option<ChangedBack> {
    net.change_of(id).filter(|change| change.before_code == change.after_code)?;
    let moves: Vec<(u32, &Change)> = steps
        .iter()
        .filter_map(|step| Some((step.new.version, step.change_of(id)?)))
        .filter(|(_, change)| change.before_code != change.after_code)
        .collect();
    let [(away, first), .., (back, _)] = moves.as_slice() else { return None };
    let words = |code: Option<Code>| code.map_or("no colour", Code::in_words);
    Some(ChangedBack {
        answer: id,
        importance: moves.iter().map(|(_, change)| change.importance).max()?,
        sentence: format!(
            "{} changed from {} to {} in version {away} and came back in version {back}.",
            id.label(),
            words(first.before_code),
            words(first.after_code)
        ),
        versions: moves.iter().map(|(version, _)| *version).collect(),
    })
}

fn back_sentence(id: AnswerId, versions: &[u32]) -> String {
    let [away @ .., back] = versions else { return String::new() };
    let away: Vec<String> = away.iter().map(u32::to_string).collect();
    let versions = if away.len() == 1 { "version" } else { "versions" };
    format!("{} changed in {versions} {} and changed back in version {back}.", id.label(), list(&away))
}

/// `claims`: every version from the baseline on, oldest first, with the day from which it applies as the supplier says.
fn announced(claims: impl DoubleEndedIterator<Item = (u32, Option<Day>)>, today: Day) -> Option<Announced> {
    let mut newest_first = claims.rev();
    let (version, claim) = newest_first.next()?;
    let effective_on = claim.filter(|day| *day > today)?;
    let until_then = newest_first.find(|(_, day)| day.is_none_or(|day| day <= today)).map(|(version, _)| version);
    let until = until_then.map(|version| format!("; until then version {version}")).unwrap_or_default();
    let sentence = format!("Announced for {}{until}.", effective_on.in_words());
    Some(Announced { version, effective_on, until_then, sentence })
}

fn headline(net: &Comparison, steps: &[Step], back: &[ChangedBack], announced: Option<&Announced>) -> String {
    let quiet = |step: &Step| step.kind == ChangeKind::Reaffirmation;
    let hidden = net.is_empty() && !steps.iter().all(quiet);
    let mut parts = vec![match hidden {
        true => format!("Nothing differs from version {} any more.", net.old.version),
        false => net.headline.clone(),
    }];
    match back.len() {
        0 => {}
        1 => parts.push("1 answer changed and changed back.".into()),
        count => parts.push(format!("{count} answers changed and changed back.")),
    }
    // The net headline already names what the compared version announces.
    parts.extend(
        announced.filter(|_| !net.headline.contains("Announced for")).map(|announced| announced.sentence.clone()),
    );
    parts.join(" ")
}

fn baseline_sentence(reader: Reader, baseline: Baseline, first: &VersionFacts) -> String {
    let (version, day) = (baseline.version, reader.day.in_words());
    let when = match reader.kind {
        ReaderDay::SignedUp => "when you signed up",
        ReaderDay::Reviewed => "when you last reviewed it",
    };
    match baseline.kind {
        BaselineKind::InForce => format!("Version {version}, in force at the start of {day}, {when}."),
        BaselineKind::FirstOnDay => format!("Version {version}, the first that was published here on {day}, {when}."),
        BaselineKind::EarliestHeld => {
            let from = first.published_on.map_or("then".to_owned(), Day::in_words);
            let held = format!(
                "The registry holds nothing from before {from}; this compares with the earliest statement held, version \
                 {version}"
            );
            match first.kind {
                ChangeKind::Transcription => {
                    format!("{held} ({}).", transcription_bounds(first.not_before, first.not_after))
                }
                _ => format!("{held}."),
            }
        }
    }
}
