//! Which documents are kept in memory.

use std::sync::Arc;

use super::*;
use crate::index::cache::{Cache, Newcomers, ROOM_FOR_PUBLISHING, weight};

struct Nowhere;

impl Blobs for Nowhere {
    fn blob(&self, _object: &str) -> Result<Vec<u8>, String> {
        Err("nowhere".to_owned())
    }
}

fn document() -> Arc<Draft> {
    Arc::new(World::full().draft(&id("acme/lms"), |_| {}))
}

fn name(n: u8) -> Digest {
    Digest::of(&[n])
}

fn is_kept(cache: &Cache, n: u8) -> bool {
    cache.document(name(n), "", &Nowhere).is_ok()
}

#[test]
fn a_rebuild_keeps_those_that_came_first_until_their_successors_come() {
    let document = document();
    let mut cache = Cache::for_rebuilding(2 * weight(&document));
    (0..3).for_each(|n| cache.keep(name(n), &document));
    assert_eq!([0, 1, 2].map(|n| is_kept(&cache, n)), [true, true, false]);
    cache.predecessor(name(0), "", &Nowhere).expect("it is here");
    cache.keep(name(4), &document);
    assert_eq!([0, 1, 4].map(|n| is_kept(&cache, n)), [false, true, true]);
}

#[test]
fn publishing_keeps_what_came_last_in_however_little_room() {
    let document = document();
    let mut cache = Cache::new(2 * weight(&document), Newcomers::AreLetIn);
    for n in 0..9 {
        cache.keep(name(n), &document);
        assert!(is_kept(&cache, n));
        assert!((0..=n).filter(|n| is_kept(&cache, *n)).count() <= 2);
    }
}

#[test]
fn publishing_keeps_what_came_lately() {
    let document = document();
    let mut cache = Cache::for_publishing();
    let fit = u32::try_from(ROOM_FOR_PUBLISHING / weight(&document)).expect("a few hundred");
    let name = |n: u32| Digest::of(&n.to_be_bytes());
    let is_kept = |cache: &Cache, n: u32| cache.document(name(n), "", &Nowhere).is_ok();
    let all = 3 * fit;
    for n in 0..all {
        cache.keep(name(n), &document);
        assert!(is_kept(&cache, n), "what came last is here");
    }
    let kept: Vec<u32> = (0..all).filter(|n| is_kept(&cache, *n)).collect();
    assert!(kept.len() <= fit as usize, "{} of {fit}", kept.len());
    let late = kept.iter().filter(|n| **n >= all - fit).count();
    assert!(late * 2 > kept.len(), "{late} of {} came lately", kept.len());
}
