//! The whole in one line. The same headline everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{About, Change, Comparison, Counts, Importance, KindCount, VersionFacts, since::Reader};
use crate::domain::{AnswerId, ChangeKind, Code};

/// Counts changes, the most important kinds first.
pub(super) fn count(comparison: &Comparison, questions: usize) -> Counts {
    let changes = &comparison.changes;
    let answers: Vec<Kind> = comparison.all_changes().filter(|change| is_question(change)).map(kind).collect();
    let of = |importance| changes.iter().filter(|change| change.importance == importance).count();
    Counts {
        questions,
        answers_changed: answers.len(),
        answers_by_kind: by_kind(&answers),
        support_changed: changes.iter().filter_map(support).collect::<BTreeSet<_>>().len(),
        other_changed: changes.iter().filter(|change| is_other(change)).count(),
        attention: of(Importance::Attention),
        worth_reading: of(Importance::WorthReading),
        information: of(Importance::Information),
    }
}

fn by_kind(answers: &[Kind]) -> Vec<KindCount> {
    let mut counts: BTreeMap<(usize, &str), (usize, &Kind)> = BTreeMap::new();
    for kind in answers {
        counts.entry((kind.rank, &kind.slug)).or_insert((0, kind)).0 += 1;
    }
    let words = |count: usize, kind: &Kind| format!("{count} {}", if count == 1 { &kind.one } else { &kind.many });
    let listed = counts.into_values();
    listed.map(|(count, kind)| KindCount { kind: kind.slug.clone(), words: words(count, kind), count }).collect()
}

fn is_question(change: &Change) -> bool {
    matches!(change.about, About::Answer(AnswerId::Question(_)))
}

fn support(change: &Change) -> Option<AnswerId> {
    change.about.answer().filter(|id| matches!(id, AnswerId::Support(_)))
}

/// Details that have no sentence of their own in the headline.
fn is_other(change: &Change) -> bool {
    use About::{Announcement, Answer, ColoursRecorded, Edition, LegalEntity, Standing, SupportContact, Version};
    !matches!(
        change.about,
        Answer(_) | SupportContact(_) | Announcement | ColoursRecorded | Edition | LegalEntity | Standing | Version
    )
}

/// A kind of changed answer: its place in the headline, its slug, and its words for one and for several.
struct Kind {
    rank: usize,
    slug: String,
    one: String,
    many: String,
}

impl Kind {
    fn new(rank: usize, slug: &str, one: &str, many: &str) -> Kind {
        Kind { rank, slug: slug.into(), one: one.into(), many: many.into() }
    }

    fn code(before: Code, after: Code) -> Kind {
        let words = format!("{} to {}", before.as_str(), after.as_str());
        let slug = format!("{}_to_{}", before.as_str(), after.as_str());
        Kind { rank: rank(before, after), slug, one: words.clone(), many: words }
    }
}

fn kind(change: &Change) -> Kind {
    let known = |code: Option<Code>| code.filter(|code| *code != Code::NotRecorded);
    if change.correction.is_some() {
        return Kind::new(90, "corrected", "was corrected", "were corrected");
    }
    match change.reason {
        "answer_removed" | "question_dropped" => return Kind::new(91, "removed", "was removed", "were removed"),
        "answer_added" | "question_added" => return Kind::new(92, "added", "was added", "were added"),
        _ => {}
    }
    match (known(change.before_code), known(change.after_code)) {
        (Some(before), Some(after)) if before != after => Kind::code(before, after),
        (Some(_), None) => Kind::new(50, "code_not_recorded", "lost its colour", "lost their colour"),
        (before, after) => words_kind(change, before.is_some() && after.is_some()),
    }
}

fn words_kind(change: &Change, coloured: bool) -> Kind {
    let same_text = change.paragraphs.is_empty();
    if matches!(change.reason, "spacing_only" | "order_only") {
        let words = "changed spacing or order only";
        return Kind::new(80, "spacing_or_order", words, words);
    }
    match (coloured, same_text, change.evidence.is_empty()) {
        (true, false, _) => {
            Kind::new(60, "words", "kept its colour and changed words", "kept their colour and changed words")
        }
        (false, false, _) => Kind::new(60, "words", "changed words", "changed words"),
        (true, true, false) => {
            Kind::new(70, "links", "kept its colour and changed links", "kept their colour and changed links")
        }
        (false, true, false) => Kind::new(70, "links", "changed links", "changed links"),
        (_, true, true) => Kind::new(75, "text_check", "newly raised a text check", "newly raised a text check"),
    }
}

/// Less assurance first, then what no longer applies, then the rest.
fn rank(before: Code, after: Code) -> usize {
    use Code::{Amber, Black, Green};
    const ORDER: [(Code, Code); 6] =
        [(Green, Amber), (Black, Amber), (Green, Black), (Amber, Black), (Black, Green), (Amber, Green)];
    ORDER.iter().position(|pair| *pair == (before, after)).unwrap_or(ORDER.len())
}

/// Writes the headline.
pub(super) fn write(comparison: &Comparison, reader: Option<&Reader>) -> String {
    // Who signed a re-affirmation is on the list of changes; it does not make it a new version.
    let quiet = |change: &Change| {
        let signer = matches!(change.about, About::Signatory | About::Official);
        change.about == About::Version || (signer && change.importance == Importance::Information)
    };
    let reaffirmed = comparison.changes.iter().any(|change| change.reason == "reaffirmed");
    let quiet = comparison.is_empty() || (reaffirmed && comparison.changes.iter().all(quiet));
    let parts = if quiet { nothing(comparison, reader) } else { changed(comparison) };
    parts.join(" ")
}

fn nothing(comparison: &Comparison, reader: Option<&Reader>) -> Vec<String> {
    let held_from = comparison.old.published_on;
    let new = match (reader.map(|reader| reader.day), held_from) {
        // Nothing is known of the days between: the baseline is the earliest that is held.
        (Some(day), Some(from)) if day < from => {
            format!("No new version since the earliest statement held here ({}).", from.in_words())
        }
        (Some(day), _) | (None, Some(day)) => format!("No new version since {}.", day.in_words()),
        (None, None) => "Nothing changed.".to_owned(),
    };
    std::iter::once(new).chain(last_confirmed(&comparison.new)).collect()
}

/// When the supplier last stood by it. A transcription was never confirmed by anybody.
fn last_confirmed(new: &VersionFacts) -> Option<String> {
    match (new.kind, new.published_on) {
        (ChangeKind::Transcription, _) => Some("Never confirmed by the supplier.".to_owned()),
        (_, day) => day.map(|day| format!("Last confirmed on {}.", day.in_words())),
    }
}

fn changed(comparison: &Comparison) -> Vec<String> {
    let counts = &comparison.counts;
    let about = |wanted: About| comparison.changes.iter().find(|change| change.about == wanted);
    let kinds: Vec<&str> = counts.answers_by_kind.iter().map(|kind| kind.words.as_str()).collect();
    let mut parts = vec![match counts.answers_changed {
        0 => "No answer changed.".to_owned(),
        count => format!("{count} of {} answers changed: {}.", counts.questions, kinds.join(", ")),
    }];
    let mut say = |condition: bool, sentence: String| {
        if condition {
            parts.push(sentence);
        }
    };
    say(counts.support_changed > 0, plural(counts.support_changed, "support statement changed"));
    say(about(About::ColoursRecorded).is_some(), "Colours recorded for the first time.".into());
    say(about(About::LegalEntity).is_some(), "The legal entity changed.".into());
    say(about(About::Edition).is_some(), "It answers another wording of the questions.".into());
    say(counts.other_changed > 0, plural(counts.other_changed, "other detail changed"));
    let announced = comparison.new.effective_on.filter(|_| about(About::Announcement).is_some());
    say(announced.is_some(), announced.map(|day| format!("Announced for {}.", day.in_words())).unwrap_or_default());
    for change in comparison.changes.iter().filter(|change| change.about == About::Standing) {
        say(true, change.sentence.clone());
    }
    let needs = if counts.attention == 1 { "needs" } else { "need" };
    say(counts.attention > 0, format!("{} {needs} your attention.", counts.attention));
    let confirmed = last_confirmed(&comparison.new).filter(|_| comparison.new.kind == ChangeKind::Reaffirmation);
    say(confirmed.is_some(), confirmed.unwrap_or_default());
    parts
}

/// `1 support statement changed.` or `2 support statements changed.`
fn plural(count: usize, what: &str) -> String {
    let (noun, verb) = what.rsplit_once(' ').unwrap_or((what, ""));
    format!("{count} {noun}{} {verb}.", if count == 1 { "" } else { "s" })
}
