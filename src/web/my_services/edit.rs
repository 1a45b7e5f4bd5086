//! What changes a list: each change makes another address. Buttons of one form say what to do, so that it works
//! without script.

use super::list::List;
use crate::{
    domain::{Day, ListEntry},
    web::{
        ask::{Asked, shown_again},
        day,
    },
};

/// What the address asks to be done with its list.
pub enum Edit {
    /// Nothing.
    None,
    /// It is done: this is the list now.
    Done(List),
    /// The reader must say more.
    Form(Form),
}

/// The form for one entry; what was typed is not lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The entry's place, beginning with 1; none for a new one.
    pub place: Option<usize>,
    /// What was typed, or what stands there now.
    pub entry: ListEntry,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// Reads what is to be done: `remove`, `review`, `unreview` (a place or `all`), `edit` (a place), `add` (a service),
/// and `set` (a place or `new`) with `service`, `day`, `review_day` and `label`.
pub fn asked_for(asked: &Asked, list: &List, today: Day) -> Edit {
    let place = |name: &str| asked.parsed::<usize>(name).filter(|place| (1..=list.entries.len()).contains(place));
    let mut list = list.clone();
    if let Some(place) = place("remove") {
        list.entries.remove(place - 1);
        return Edit::Done(list);
    }
    for (name, day) in [("review", Some(today.to_string())), ("unreview", None)] {
        if asked.get(name) == Some("all") {
            list.entries.iter_mut().for_each(|entry| entry.reviewed_on = None);
            return Edit::Done(List { reviewed: day, ..list });
        }
        if let Some(place) = place(name) {
            list.entries[place - 1].reviewed_on = day;
            return Edit::Done(list);
        }
    }
    if let Some(place) = place("edit") {
        return Edit::Form(Form { place: Some(place), entry: list.entries[place - 1].clone(), error: None });
    }
    if let Some(service) = asked.get("add") {
        let entry = ListEntry::of(&shown_again(service, 100), "", None, None);
        return Edit::Form(Form { place: None, entry, error: None });
    }
    if asked.has("set") { set(asked, list, place("set")) } else { Edit::None }
}

/// Takes over what the form says of one entry, if its days can be read.
fn set(asked: &Asked, mut list: List, place: Option<usize>) -> Edit {
    let typed = |name: &str| shown_again(asked.get(name).unwrap_or_default(), 200);
    let (review_day, label) = (typed("review_day"), typed("label"));
    let filled = |text: &'_ str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let entry =
        ListEntry::of(&typed("service"), &typed("day"), filled(&review_day).as_deref(), filled(&label).as_deref());
    let days = [Some(entry.signed_up_on.as_str()), entry.reviewed_on.as_deref()];
    let bad = days.into_iter().flatten().find_map(|text| day::read(text).err());
    let error = match (entry.service.is_empty(), bad) {
        (true, _) => Some("Say which service it is.".to_owned()),
        (_, Some(error)) => Some(error.detail),
        (false, None) => None,
    };
    if error.is_some() {
        return Edit::Form(Form { place, entry, error });
    }
    let entry = standard(entry);
    match place {
        Some(place) => list.entries[place - 1] = entry,
        None => list.entries.push(entry),
    }
    Edit::Done(list)
}

/// The same with its days written as addresses have them, where they can be read; months and years stay as they are.
pub fn standard(entry: ListEntry) -> ListEntry {
    let written = |text: &String| match day::read(text) {
        Ok(_) if Day::parse_start_of_period(text).is_ok() => text.clone(),
        Ok(day) => day.to_string(),
        Err(_) => text.clone(),
    };
    ListEntry {
        signed_up_on: written(&entry.signed_up_on),
        reviewed_on: entry.reviewed_on.as_ref().map(written),
        ..entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(pairs: &[(&str, &str)]) -> Edit {
        let asked = Asked(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        let list = List::of(&asked).unwrap();
        asked_for(&asked, &list, "2026-11-21".parse().unwrap())
    }

    fn done(pairs: &[(&str, &str)]) -> String {
        match edited(pairs) {
            Edit::Done(list) => list.query(),
            _ => panic!("nothing was done"),
        }
    }

    #[test]
    fn each_button_makes_another_address() {
        let (a, b) = (("s", "acme/lms@2025"), ("s", "acme/vle@2024!2025-01-01~B"));
        assert_eq!(done(&[a, b, ("remove", "1")]), "s=acme/vle@2024!2025-01-01~B");
        assert_eq!(done(&[a, b, ("review", "1")]), "s=acme/lms@2025!2026-11-21&s=acme/vle@2024!2025-01-01~B");
        assert_eq!(done(&[a, b, ("review", "all")]), "s=acme/lms@2025&s=acme/vle@2024~B&reviewed=2026-11-21");
        assert_eq!(done(&[b, ("reviewed", "2026"), ("unreview", "all")]), "s=acme/vle@2024~B");
        assert_eq!(done(&[b, ("unreview", "1")]), "s=acme/vle@2024~B");
        assert_eq!(
            done(&[a, ("set", "1"), ("service", "acme/lms"), ("day", "4/9/2025"), ("label", "A~@!")]),
            "s=acme/lms@2025-09-04~A~@!"
        );
        assert_eq!(
            done(&[a, ("set", "new"), ("service", "Payments"), ("day", "2024-09")]),
            "s=acme/lms@2025&s=Payments@2024-09"
        );
    }

    #[test]
    fn what_cannot_be_read_is_asked_for_again() {
        for (service, day, said) in [("acme/lms", "31/6/2025", "a day that exists"), ("", "2025", "which service")] {
            let edit = edited(&[("set", "new"), ("service", service), ("day", day)]);
            let Edit::Form(form) = edit else { panic!("it was taken") };
            assert_eq!((form.entry.service.as_str(), form.entry.signed_up_on.as_str()), (service, day));
            assert!(form.error.is_some_and(|error| error.contains(said)));
        }
        for (name, value) in [("remove", "2"), ("remove", "0"), ("edit", "x"), ("review", "-1")] {
            assert!(matches!(edited(&[("s", "acme/lms@2025"), (name, value)]), Edit::None), "{name}={value}");
        }
    }
}
