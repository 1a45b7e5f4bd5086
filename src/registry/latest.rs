//! A value that is lent out for as long as its owner lives, and still can be replaced by a newer one.

use std::{ops::Deref, sync::OnceLock};

/// The newest of a chain of values. It is read without a lock; older values stay where they are for those who still
/// look at them, so it is made for what changes a few times a year.
pub(super) struct Latest<T> {
    value: T,
    next: OnceLock<Box<Latest<T>>>,
}

impl<T> Latest<T> {
    pub(super) fn new(value: T) -> Self {
        Latest { value, next: OnceLock::new() }
    }

    /// Puts `value` in the place of the newest one. Whoever borrowed an older one keeps that.
    pub(super) fn replace(&self, value: T) {
        let mut newer = Box::new(Latest::new(value));
        let mut last = self;
        // Somebody else may have added one since: then this one comes behind it.
        while let Err(refused) = last.next.set(newer) {
            newer = refused;
            last = last.next.get().expect("a cell that refuses a value has one");
        }
    }
}

impl<T> Deref for Latest<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let mut last = self;
        while let Some(next) = last.next.get() {
            last = next;
        }
        &last.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_the_newest_value_and_keep_what_they_borrowed() {
        let latest = Latest::new(1);
        let borrowed: &i32 = &latest;
        latest.replace(2);
        latest.replace(3);
        assert_eq!((*borrowed, *latest), (1, 3));
    }
}
