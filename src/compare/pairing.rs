//! Which answer of the older version belongs to which of the newer.

use std::collections::BTreeSet;

use super::Side;
use crate::domain::{
    AnswerId, Edition,
    edition::{EditionMapping, Relation},
};

/// Answers that belong together. Exactly one side may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paired {
    /// Answers of the older side: several where questions were merged.
    pub old: Vec<AnswerId>,
    /// The answer of the newer side.
    pub new: Option<AnswerId>,
    /// The two editions ask in other words.
    pub reworded: bool,
    /// Only one of the two editions asks at all.
    pub asked_once: bool,
}

impl Paired {
    /// The name under which a change of it is shown.
    pub(super) fn id(&self) -> AnswerId {
        self.new.or(self.old.first().copied()).expect("a pair has at least one side")
    }
}

/// Pairs all answers of two versions: by id within an edition, through the newer edition's mapping between two.
///
/// Between editions that no mapping joins, equal ids belong together and the questions' texts decide whether they were
/// reworded. In the form's order; what is no longer asked comes last.
pub(super) fn pairs(old: &Side, new: &Side) -> Vec<Paired> {
    let mut found = mapped(old, new);
    let told = |id: &AnswerId, side: fn(&Paired) -> Vec<AnswerId>| found.iter().any(|pair| side(pair).contains(id));
    let (before, after) = (ids(old), ids(new));
    let rest_old: Vec<AnswerId> = before.iter().filter(|id| !told(id, |pair| pair.old.clone())).copied().collect();
    let rest_new: Vec<AnswerId> =
        after.iter().filter(|id| !told(id, |pair| pair.new.into_iter().collect())).copied().collect();
    let asks = |edition: &Edition, id: AnswerId| edition.asked(id).is_some();
    for &id in &rest_new {
        let both = rest_old.contains(&id);
        let once = asks(old.edition, id) != asks(new.edition, id);
        let reworded = both && old.edition.asked(id) != new.edition.asked(id);
        found.push(Paired { old: both.then_some(id).into_iter().collect(), new: Some(id), reworded, asked_once: once });
    }
    for &id in rest_old.iter().filter(|id| !rest_new.contains(id)) {
        let once = asks(old.edition, id) != asks(new.edition, id);
        found.push(Paired { old: vec![id], new: None, reworded: false, asked_once: once });
    }
    found.sort_by_key(|pair| (pair.new.is_none(), pair.id()));
    found
}

/// Every answer that the edition asks for or the content has.
fn ids(side: &Side) -> BTreeSet<AnswerId> {
    let questions = side.content.responses.keys().map(|id| AnswerId::from(*id));
    let support = side.content.support.keys().map(|id| AnswerId::from(*id));
    side.edition.answer_ids().chain(questions).chain(support).collect()
}

/// Whether both sides answer the same wording.
pub(super) fn same_edition(old: &Side, new: &Side) -> bool {
    old.content.edition.digest == new.content.edition.digest || old.edition.id == new.edition.id
}

/// The mapping from the older to the newer side, and whether it must be read backwards.
fn mapping<'a>(old: &Side<'a>, new: &Side<'a>) -> Option<(&'a EditionMapping, bool)> {
    let joins = |newer: &Side<'a>, older: &Side<'a>| {
        let mapping = newer.edition.mapping.as_ref()?;
        (mapping.older == older.edition.id || mapping.older_digest == older.content.edition.digest).then_some(mapping)
    };
    joins(new, old).map(|mapping| (mapping, false)).or_else(|| joins(old, new).map(|mapping| (mapping, true)))
}

fn mapped(old: &Side, new: &Side) -> Vec<Paired> {
    let Some((mapping, backwards)) = mapping(old, new).filter(|_| !same_edition(old, new)) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in &mapping.entries {
        let (before, after) = if backwards { (&entry.newer, &entry.older) } else { (&entry.older, &entry.newer) };
        let asked =
            |edition: &Edition, ids: &[AnswerId]| ids.first().and_then(|id| edition.asked(*id).map(str::to_owned));
        let reworded = entry.relation != Relation::Same
            && (entry.relation != Relation::Reworded || asked(old.edition, before) != asked(new.edition, after));
        if after.is_empty() {
            let gone = |id: &AnswerId| Paired { old: vec![*id], new: None, reworded: false, asked_once: true };
            found.extend(before.iter().map(gone));
        }
        found.extend(after.iter().map(|id| Paired {
            old: before.clone(),
            new: Some(*id),
            reworded: reworded && !before.is_empty(),
            asked_once: before.is_empty(),
        }));
    }
    found
}

/// The older side's answer that `id` of the newer side goes back to, if it goes back to exactly one.
pub(super) fn older_name(old: &Side, new: &Side, id: AnswerId) -> Option<AnswerId> {
    let pair = pairs(old, new).into_iter().find(|pair| pair.new == Some(id))?;
    pair.old.first().copied()
}
