//! Questions that follow from another question's answer are told with it.

use super::{About, Change, Context, sentence};
use crate::domain::{AnswerId, Code};

/// Moves each change that follows from its parent question's change into that change.
///
/// The parent's importance becomes that of the most important of them all, so folding never hides anything.
pub(super) fn children(context: &Context, changes: Vec<Change>) -> Vec<Change> {
    let parents: Vec<AnswerId> = changes.iter().filter(|change| code_moved(change)).filter_map(id).collect();
    let parent_of = |change: &Change| {
        let parent = context.parent(id(change)?)?;
        (parents.contains(&parent) && applicability_moved(change) && change.correction.is_none()).then_some(parent)
    };
    let (children, mut rest): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(|change| parent_of(change).is_some());
    for child in children {
        let parent = parent_of(&child);
        match rest.iter_mut().find(|change| id(change) == parent) {
            Some(change) => change.children.push(child),
            // The parent was itself folded away: then the child stands on its own.
            None => rest.push(child),
        }
    }
    rest.iter_mut().filter(|change| !change.children.is_empty()).for_each(|change| tell(context, change));
    rest
}

fn id(change: &Change) -> Option<AnswerId> {
    match change.about {
        About::Answer(id) => Some(id),
        _ => None,
    }
}

fn known(code: Option<Code>) -> Option<Code> {
    code.filter(|code| *code != Code::NotRecorded)
}

fn code_moved(change: &Change) -> bool {
    matches!((known(change.before_code), known(change.after_code)), (Some(before), Some(after)) if before != after)
}

fn applicability_moved(change: &Change) -> bool {
    code_moved(change) && (change.before_code == Some(Code::Black)) != (change.after_code == Some(Code::Black))
}

fn tell(context: &Context, change: &mut Change) {
    change.children.sort_by_key(|child| child.about);
    let order: Vec<AnswerId> = context.new.edition.answer_ids().collect();
    let of = |applies: bool| -> Vec<AnswerId> {
        let wanted = |child: &&Change| (child.after_code != Some(Code::Black)) == applies;
        change.children.iter().filter(wanted).filter_map(id).collect()
    };
    let verb = |ids: &[AnswerId], one: &str, many: &str| match ids.len() {
        0 => String::new(),
        count => format!("{} {}.", sentence::questions(ids, &order), if count == 1 { one } else { many }),
    };
    let (applying, gone) = (of(true), of(false));
    let amber: Vec<AnswerId> =
        change.children.iter().filter(|child| child.after_code == Some(Code::Amber)).filter_map(id).collect();
    let parts = [
        change.sentence.clone(),
        verb(&applying, "now applies", "now apply"),
        verb(&amber, "is AMBER", "are AMBER"),
        verb(&gone, "no longer applies", "no longer apply"),
    ];
    change.sentence = sentence::join(&parts);
    change.importance = change.children.iter().map(|child| child.importance).fold(change.importance, Ord::max);
    if !amber.is_empty() && change.caveat.is_none() {
        change.caveat = Some(context.caveat());
    }
    let importance = change.importance;
    change.children.iter_mut().for_each(|child| child.importance = importance);
}
