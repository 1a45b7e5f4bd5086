use super::*;
use crate::{
    domain::Digest,
    signing::{
        AuthorityChange, AuthorityFile, AuthorityRole, KeyFileError, KeyRing, Role,
        testing::{at, authority, authority_key, registry, ring, ring_key, secret, settings, start},
    },
};

const LATER: &str = "2026-06-01T12:00:00Z";

/// The same ring with other words in it: what somebody might submit who edits the file by hand.
fn edited(ring: &KeyRing, from: &str, to: &str) -> KeyRing {
    let text = ring.print();
    assert!(text.contains(from), "{from} is in the ring");
    KeyRing::parse(&text.replace(from, to), &registry()).expect("still the grammar")
}

#[test]
fn a_ring_reads_back_byte_for_byte() {
    let first = ring();
    let second = first.rotate(&secret(1).public(), ring_key(Role::Signatory, 3, at(LATER)), at(LATER)).expect("next");
    for version in [&first, &second] {
        let text = version.print();
        assert_eq!(KeyRing::parse(&text, &registry()).as_ref(), Ok(version));
    }
    assert_eq!(second.previous(), Some(&Digest::of(first.print().as_bytes())));
}

#[test]
fn texts_that_differ_in_a_byte_of_layout_are_refused() {
    let text = ring().print();
    let line = text.lines().nth(1).expect("a key line");
    for (changed, what) in [
        (text.trim_end().to_owned(), "no final LF"),
        (format!("{text}\n"), "an empty line"),
        (format!("\u{feff}{text}"), "a BOM"),
        (text.replace('\n', "\r\n"), "CR LF"),
        (text.replace("version=1", "version=01"), "a leading zero"),
        (text.replace("version=1", "version=+1"), "a sign"),
        (text.replace("version=1", "version=0"), "version 0"),
        (text.replace("version=1", "version=4294967296"), "a version too large"),
        (text.replace("version=1 change=enrol", "change=enrol version=1"), "another order"),
        (text.replace("change=enrol", "change=enrol "), "a space at the end"),
        (text.replace("change=enrol", "change=enrol note=x"), "an unknown field"),
        (text.replace("change=enrol", "change=rotate"), "a first version that is a rotation"),
        (text.replace("change=enrol", "change=files"), "the authority's word"),
        (text.replace("supplier=acme", "supplier=acne"), "another supplier's header"),
        (text.replace("/v1", "/v2"), "another format"),
        (format!("{text}{line}\n"), "one key twice"),
        (format!("{text}# remark\n"), "a remark"),
        (text.lines().next().expect("a header").to_owned() + "\n", "no keys"),
        (format!("{} previous={}\n", text.lines().next().expect("a header"), ring().digest()), "previous in version 1"),
        (String::new(), "nothing"),
    ] {
        assert_ne!(changed, text, "{what}");
        assert!(KeyRing::parse(&changed, &registry()).is_err(), "{what}: {changed}");
    }
    let other = "demo.certreg.example".parse().expect("an id");
    assert!(KeyRing::parse(&text, &other).is_err(), "another registry's");
}

#[test]
fn every_event_may_follow_when_it_does_just_its_own_thing() {
    let (ring, now) = (ring(), at(LATER));
    assert_eq!(ring.check_follows(None, start()), Ok(()));
    let signatory = secret(1).public();
    let new = ring_key(Role::Signatory, 3, now);
    let next = [
        ring.enrol(&[new, ring_key(Role::Official, 4, now)]),
        ring.rotate(&signatory, new, now),
        ring.rotate(&signatory, new, now.plus_seconds(86_400)),
        ring.end(&signatory, now, KeyEvent::Left),
        ring.end(&signatory, now, KeyEvent::Lost),
        ring.end(&signatory, at("2026-03-01T00:00:00Z"), KeyEvent::Compromised),
    ];
    for next in next {
        let next = next.expect("a ring");
        assert_eq!(next.check_follows(Some(&ring), now), Ok(()), "{}", next.event());
    }
}

#[test]
fn a_compromised_key_ends_just_before_the_moment_and_never_before_it_began() {
    let signatory = secret(1).public();
    let end = |since| {
        let next = ring().end(&signatory, at(since), KeyEvent::Compromised).expect("a ring");
        next.find(&signatory).and_then(|entry| entry.window().valid_before()).expect("an end").to_string()
    };
    assert_eq!(end("2026-03-01T00:00:00Z"), "2026-02-28T23:59:59Z");
    assert_eq!(end("2020-03-01T00:00:00Z"), "2026-01-01T00:00:01Z");
    // Known to be stolen earlier than first thought: the end moves back, never forth.
    let once = ring().end(&signatory, at("2026-03-01T00:00:00Z"), KeyEvent::Compromised).expect("a ring");
    let earlier = once.end(&signatory, at("2026-02-01T00:00:00Z"), KeyEvent::Compromised).expect("a ring");
    assert_eq!(earlier.check_follows(Some(&once), at(LATER)), Ok(()));
    let later = once.end(&signatory, at("2026-04-01T00:00:00Z"), KeyEvent::Compromised);
    assert_eq!(later, Err(KeyFileError::AlreadyEnded(signatory)));
}

#[test]
fn old_lines_stay_as_they_are() {
    let (ring, now) = (ring(), at(LATER));
    let next = ring.enrol(&[ring_key(Role::Signatory, 3, now)]).expect("a ring");
    let text = next.print();
    let lines: Vec<&str> = text.lines().collect();
    let with = |lines: &[&str]| KeyRing::parse(&(lines.join("\n") + "\n"), &registry()).expect("the grammar");
    let moved = with(&[lines[0], lines[2], lines[1], lines[3]]);
    assert_eq!(moved.check_follows(Some(&ring), now), Err(GrowthError::LineChanged { line: 2 }));
    let removed = with(&[lines[0], lines[1]]);
    assert_eq!(removed.check_follows(Some(&ring), now), Err(GrowthError::LineChanged { line: 3 }));
    let earlier = edited(&next, "20260101000000Z", "20250101000000Z");
    assert_eq!(earlier.check_follows(Some(&ring), now), Err(GrowthError::LineChanged { line: 2 }));
    let early = edited(&next, "20260601120000Z", "20260601115959Z");
    let refused = GrowthError::ValidAfter { line: 4, committed_at: now };
    assert_eq!(early.check_follows(Some(&ring), now), Err(refused));
}

#[test]
fn an_end_is_never_taken_back() {
    let (ring, now, signatory) = (ring(), at(LATER), secret(1).public());
    let ended = ring.end(&signatory, now, KeyEvent::Left).expect("a ring");
    let again = ended.end(&secret(2).public(), now, KeyEvent::Left).expect("a ring");
    for to in ["", ",valid-before=\"20270101000000Z\""] {
        let text = again.print().replacen(",valid-before=\"20260601115959Z\"", to, 1);
        let next = KeyRing::parse(&text, &registry()).expect("the grammar");
        assert_eq!(next.check_follows(Some(&ended), now), Err(GrowthError::LineChanged { line: 2 }));
    }
}

#[test]
fn a_header_that_names_another_event_is_refused() {
    let (ring, now) = (ring(), at(LATER));
    let enrolled = ring.enrol(&[ring_key(Role::Signatory, 3, now)]).expect("a ring");
    let ended = ring.end(&secret(1).public(), now, KeyEvent::Left).expect("a ring");
    for (next, event) in [
        (edited(&enrolled, "change=enrol", "change=left"), KeyEvent::Left),
        (edited(&enrolled, "change=enrol", "change=rotate"), KeyEvent::Rotate),
        (edited(&ended, "change=left", "change=rotate"), KeyEvent::Rotate),
        (edited(&ended, "change=left", "change=enrol"), KeyEvent::Enrol),
    ] {
        let refused = next.check_follows(Some(&ring), now).expect_err("another event");
        assert!(matches!(refused, GrowthError::Event(name, _) if name == event.as_str()), "{refused}");
    }
}

#[test]
fn a_rotation_leaves_no_gap_and_stays_in_its_role() {
    let (ring, now) = (ring(), at(LATER));
    let signatory = secret(1).public();
    let refused = ring.rotate(&signatory, ring_key(Role::Official, 3, now), now);
    assert_eq!(refused, Err(KeyFileError::OtherRole));
    let gap = ring.rotate(&signatory, ring_key(Role::Signatory, 3, now), now.plus_seconds(-1)).expect("the grammar");
    assert!(matches!(gap.check_follows(Some(&ring), now), Err(GrowthError::Event("rotate", _))));
    // A key with a planned end is replaced without a change to its line.
    let planned = ring.end(&signatory, at("2026-12-01T00:00:00Z"), KeyEvent::Left).expect("a ring");
    let new = ring_key(Role::Signatory, 3, now);
    let rotated = planned.rotate(&signatory, new, at("2027-01-01T00:00:00Z")).expect("a ring");
    assert_eq!(rotated.check_follows(Some(&planned), now), Ok(()));
}

#[test]
fn versions_chain() {
    let (ring, now) = (ring(), at(LATER));
    let second = ring.enrol(&[ring_key(Role::Signatory, 3, now)]).expect("a ring");
    let third = second.enrol(&[ring_key(Role::Signatory, 4, now)]).expect("a ring");
    let version = |expected, found| Err(GrowthError::Version { expected, found });
    assert_eq!(third.check_follows(Some(&ring), now), version(2, 3));
    assert_eq!(ring.check_follows(Some(&ring), now), version(2, 1));
    assert_eq!(second.check_follows(None, now), version(1, 2));
    let fork = ring.enrol(&[ring_key(Role::Signatory, 5, now)]).expect("a ring");
    assert_eq!(third.check_follows(Some(&fork), now), Err(GrowthError::Previous));
}

#[test]
fn the_first_keys_are_not_valid_before_their_ring() {
    let refused = GrowthError::ValidAfter { line: 2, committed_at: at(LATER) };
    assert_eq!(ring().check_follows(None, at(LATER)), Err(refused));
}

#[test]
fn an_authority_file_reads_back_and_grows() {
    let (genesis, now) = (authority(1), at(LATER));
    assert_eq!(AuthorityFile::parse(&genesis.print(), &registry()).as_ref(), Ok(&genesis));
    assert_eq!(genesis.check_follows(None, now), Ok(()));
    let files = genesis.with_settings(settings(2)).expect("a file");
    let new = authority_key(AuthorityRole::Registry, 15, now);
    let old = secret(14).public();
    let rotated = genesis.rotate(settings(1), &old, new, now.plus_seconds(3600)).expect("a file");
    let left = genesis.end(settings(1), &secret(11).public(), now, KeyEvent::Left).expect("a file");
    for next in [files, rotated, left] {
        assert_eq!(AuthorityFile::parse(&next.print(), &registry()).as_ref(), Ok(&next));
        assert_eq!(next.check_follows(Some(&genesis), now), Ok(()), "{}", next.change());
    }
}

#[test]
fn an_authority_file_that_nobody_could_follow_is_refused() {
    let now = at(LATER);
    assert_eq!(authority(2).with_settings(settings(3)), Err(KeyFileError::Threshold));
    assert_eq!(authority(2).with_settings(settings(0)), Err(KeyFileError::Threshold));
    let alone = authority(2).end(settings(2), &secret(11).public(), now, KeyEvent::Left).expect("the grammar");
    assert_eq!(alone.check_follows(Some(&authority(2)), now), Err(GrowthError::Threshold(now)));
    let early = start().plus_seconds(-1);
    assert_eq!(authority(1).check_follows(None, early), Err(GrowthError::NoRegistryKey(early)));
    let roots = vec![authority_key(AuthorityRole::Root, 11, start())];
    assert_eq!(AuthorityFile::genesis(registry(), settings(1), roots), Err(KeyFileError::NoKey("department")));
}

#[test]
fn a_change_of_files_changes_no_key() {
    let (genesis, now) = (authority(1), at(LATER));
    let new = authority_key(AuthorityRole::Department, 15, now);
    let text = genesis.enrol(settings(1), &[new]).expect("a file").print().replace("change=enrol", "change=files");
    let next = AuthorityFile::parse(&text, &registry()).expect("the grammar");
    assert_eq!(next.change(), AuthorityChange::Files);
    assert!(matches!(next.check_follows(Some(&genesis), now), Err(GrowthError::Event("files", _))));
    let other = "demo.certreg.example".parse().expect("an id");
    let refused = AuthorityFile::parse(&genesis.print(), &other);
    assert_eq!(refused, Err(KeyFileError::OtherRegistry("certreg.example".to_owned())));
}

#[test]
fn whatever_is_read_is_written_the_same() {
    let text = ring().print();
    let mut accepted = 0;
    for place in 0..text.len() {
        for letter in ["", "0", "2", "a", "A", " ", "\n", "\"", "é"] {
            let changed = format!("{}{letter}{}", &text[..place], &text[place + 1..]);
            if changed == text {
                continue;
            }
            if let Ok(ring) = KeyRing::parse(&changed, &registry()) {
                assert_eq!(ring.print(), changed);
                assert_eq!(
                    changed.replace(|c: char| c.is_ascii_digit(), "0"),
                    text.replace(|c: char| c.is_ascii_digit(), "0")
                );
                accepted += 1;
            }
        }
    }
    // Other times and nothing else: every letter of keys, names and layout counts.
    assert!((1..100).contains(&accepted), "{accepted}");
}
