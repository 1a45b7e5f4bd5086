//! Every question has its answer.

use super::*;
use crate::{
    domain::AnswerId,
    index::{At, CertificationCursor, CertificationFilter, CertificationSort, Counts},
};

fn answer(text: &str) -> AnswerId {
    text.parse().expect("an answer")
}

#[test]
fn a_certification_is_told_as_it_stands() {
    let (_folder, index) = World::full().indexed();
    let row = index.certification(&id("acme/lms")).expect("readable").expect("published");
    assert_eq!((row.current.publication.version, row.current.publication.sequence), (4, 9));
    assert_eq!((row.first_published_at, row.affirmed_at), (at(20), Some(at(40))));
    assert_eq!(row.counts, [2, 0, 1, 0]);
    assert_eq!(row.current.edition.as_str(), "form-2");
    assert_eq!(row.current.changed, [answer("q3.2"), answer("q3.11")]);
    assert_eq!(row.current.effective_on, "2023-12-01".parse().ok());
    assert_eq!(index.certification(&id("acme/nothing")).expect("readable"), None);
    let vle = index.certification(&id("acme/vle")).expect("readable").expect("published");
    assert_eq!((vle.first_published_at, vle.affirmed_at), (at(20), Some(at(50))));
    assert_eq!(vle.current.publication.version, 2);
    let both = index.certifications_of(&"acme".parse().expect("an id")).expect("readable");
    assert_eq!(both, [row, vle]);
    let counts = Counts { suppliers: 1, certifications: 2, versions: 6, transcriptions: 0 };
    assert_eq!(index.counts().expect("readable"), counts);
}

#[test]
fn versions_are_found_by_number_by_time_and_by_digest() {
    let world = World::full();
    let (_folder, index) = world.indexed();
    let lms = id("acme/lms");
    let numbers = |before, limit| -> Vec<u32> {
        let rows = index.versions(&lms, before, limit).expect("readable");
        rows.iter().map(|row| row.publication.version).collect()
    };
    assert_eq!(numbers(None, 10), [4, 3, 2, 1]);
    assert_eq!(numbers(Some(4), 2), [3, 2]);
    assert!(numbers(Some(1), 2).is_empty());
    let in_force = |seconds| {
        let row = index.in_force(&lms, at(seconds)).expect("readable");
        row.map(|row| row.publication.version)
    };
    // Versions 2 and 3 (commits 6 and 7) were published in the same second: the later one counts.
    assert_eq!(
        [19, 20, 29, 30, 39, 40, 999].map(in_force),
        [None, Some(1), Some(1), Some(3), Some(3), Some(4), Some(4)]
    );
    let publications = index.publications(&lms).expect("readable");
    assert_eq!(publications.iter().map(|p| p.sequence).collect::<Vec<_>>(), [4, 6, 7, 9]);
    let third = index.version(&lms, 3).expect("readable").expect("published");
    assert_eq!((&third.publication, third.kind), (&publications[2], ChangeKind::Reaffirmation));
    assert_eq!(index.versions_by_digest(third.publication.digest).expect("readable"), std::slice::from_ref(&third));
    let keys = [1, 2].map(|seed| Some(key(seed).public().fingerprint()));
    assert_eq!([third.signature_key.clone(), third.countersignature_key.clone()], keys);
    assert_eq!(world.blobs[&third.object], world.blobs[&publications[2].digest.hex()[..40]]);
    assert_eq!(index.versions_by_digest(person("nobody")).expect("readable"), []);
}

#[test]
fn each_answer_says_since_when_it_stands_and_how_it_came_about() {
    let (_folder, index) = World::full().indexed();
    let lms = id("acme/lms");
    let told = |rows: Vec<crate::index::AnswerRow>| -> Vec<String> {
        rows.iter().map(|row| format!("{} {:?} since {}", row.answer, row.code, row.since_version)).collect()
    };
    assert_eq!(
        told(index.answers(&lms).expect("readable")),
        ["q3.1 Some(Green) since 1", "q3.10 Some(Green) since 1", "q3.11 Some(Black) since 4", "s3.1 None since 1"]
    );
    let history = index.answer_history(&lms, answer("q3.2")).expect("readable");
    assert_eq!(
        (history[1].importance.as_str(), &history[1].signature_key),
        ("attention", &Some(key(1).public().fingerprint()))
    );
    let told: Vec<&str> = history.iter().map(|row| row.sentence.as_str()).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    First stated.
    Changed from GREEN to AMBER. Rewritten: 'Yes.' became 'After 60 days.'
    No longer asked (before: AMBER): 'After 60 days.'
    ");
    let history: Vec<_> = history.iter().map(|row| (row.version, row.code, row.published_at)).collect();
    assert_eq!(history, [(1, Some(Code::Green), at(20)), (2, Some(Code::Amber), at(30)), (4, None, at(40))]);
    let vle = index.answer_history(&id("acme/vle"), answer("q3.1")).expect("readable");
    assert_eq!(vle[1].sentence, "Colour recorded for the first time: GREEN.");
    let first = index.answer_history(&lms, answer("s3.1")).expect("readable").remove(0);
    assert_eq!((first.sentence.as_str(), first.importance.as_str()), ("First stated.", "information"));
    assert_eq!(index.answer_history(&lms, answer("q9.9")).expect("readable"), []);
}

#[test]
fn editions_suppliers_rings_keys_and_persons_are_found() {
    let world = World::full();
    let (_folder, index) = world.indexed();
    let acme: SupplierId = "acme".parse().expect("an id");
    let editions = index.editions().expect("readable");
    assert_eq!(
        editions.iter().map(|row| (row.id.as_str(), row.sequence)).collect::<Vec<_>>(),
        [("form-1", 1), ("form-2", 8)]
    );
    assert_eq!(index.edition(&editions[1].id).expect("readable").as_ref(), Some(&editions[1]));
    assert_eq!(index.edition_by_digest(editions[0].digest).expect("readable").as_ref(), Some(&editions[0]));
    assert_eq!(index.edition_with_same_letters("form1").expect("readable").as_ref(), Some(&editions[0].id));

    let supplier = index.supplier(&acme).expect("readable").expect("registered");
    assert_eq!(supplier.names, ["Acme Group plc", "100%_Sure"]);
    assert_eq!((supplier.version, supplier.registered_at, supplier.updated_at), (2, at(10), at(50)));
    assert_eq!(index.supplier_record(&acme, supplier.digest).expect("readable"), Some(10));
    assert_eq!(index.supplier_record(&acme, person("nobody")).expect("readable"), None);
    assert_eq!(index.supplier_with_same_letters("acme").expect("readable"), Some(acme.clone()));
    assert_eq!(index.service_with_same_letters(&acme, "lms").expect("readable"), Some(id("acme/lms").service));
    assert_eq!(index.service_with_same_letters(&acme, "l").expect("readable"), None);

    let rings = index.rings(&acme).expect("readable");
    assert_eq!(rings.iter().map(|ring| (ring.version, ring.sequence)).collect::<Vec<_>>(), [(1, 3), (2, 12)]);
    let ring_at = |at| index.ring_at(&acme, at).expect("readable").map(|ring| ring.version);
    assert_eq!([2, 3, 11, 12].map(|n| ring_at(At::Sequence(n))), [None, Some(1), Some(1), Some(2)]);
    assert_eq!([9, 10, 59, 60].map(|n| ring_at(At::Instant(at(n)))), [None, Some(1), Some(1), Some(2)]);
    let owner = index.key_owner("SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ").expect("readable");
    assert_eq!(owner, Some((acme.clone(), "signatory".to_owned())));
    assert_eq!(index.key_owner("SHA256:other").expect("readable"), None);

    assert!(index.person_is_known(person("olive")).expect("readable"));
    assert!(!index.person_is_known(person("nobody")).expect("readable"));
    assert_eq!(index.suppliers_naming(person("sam")).expect("readable"), [acme]);
}

#[test]
fn search_takes_every_sign_as_itself() {
    let mut world = World::full();
    world.publish_supplier("beta", &["Beta Ärzte GmbH"]);
    let (_folder, index) = world.indexed();
    let found = |q| -> Vec<String> {
        let rows = index.suppliers(Some(q), None, 10).expect("readable");
        rows.iter().map(|row| row.id.to_string()).collect()
    };
    assert_eq!(found(""), ["acme", "beta"]);
    assert_eq!(found("100%_s"), ["acme"]);
    assert_eq!(found("%"), ["acme"]);
    assert_eq!(found("ÄRZTE beta"), ["beta"]);
    for nothing in ["a_me", "' OR 1=1 --", "acme beta", "*", "\\"] {
        assert!(found(nothing).is_empty(), "{nothing}");
    }
    let services = |names: &str| {
        let filter = CertificationFilter { names: Some(names.to_owned()), ..Default::default() };
        index.certifications(&filter, None, 10).expect("readable").len()
    };
    assert_eq!(["ACME cloud", "group", "vle", "100%", "%%", "' OR ''='"].map(services), [2, 2, 1, 2, 0, 0]);
}

/// Forty services, some amber, some transcribed, some published again.
fn many() -> World {
    let mut world = World::new();
    for n in 0..40u32 {
        let id = id(&format!("s{}/service-{n:02}", (b'a' + (n * 7 % 5) as u8) as char));
        world.publish(&id, |draft| {
            if n % 3 == 0 {
                set(draft, "q3.2", Code::Amber, "No.");
            }
            if n % 4 == 0 {
                draft.change.kind = ChangeKind::Transcription;
            }
        });
        if n % 5 == 0 {
            world.publish(&id, |draft| set(draft, "q3.1", Code::Amber, "No."));
        }
    }
    world
}

#[test]
fn pages_visit_every_certification_exactly_once_in_order() {
    let world = many();
    let (_folder, index) = world.indexed();
    let plain = CertificationFilter::default();
    let filters = [
        (plain.clone(), 40),
        (CertificationFilter { answer: Some((answer("q3.2"), Code::Amber)), ..plain.clone() }, 11),
        (CertificationFilter { answer: Some((answer("q3.1"), Code::Amber)), ..plain.clone() }, 8),
        (CertificationFilter { transcriptions: Some(true), ..plain.clone() }, 8),
        (CertificationFilter { supplier: "sa".parse().ok(), ..plain.clone() }, 8),
        (CertificationFilter { edition: "form-1".parse().ok(), ..plain.clone() }, 40),
        (CertificationFilter { edition: "form-2".parse().ok(), ..plain.clone() }, 0),
        (CertificationFilter { names: Some("acme SERVICE-1".into()), ..plain.clone() }, 10),
        (CertificationFilter { changed_since: Some(at(100)), ..plain.clone() }, 25),
        (CertificationFilter { changed_since: Some(at(-1)), ..plain }, 40),
    ];
    for (filter, expected) in filters {
        for sort in [CertificationSort::Id, CertificationSort::RecentlyChanged] {
            let filter = CertificationFilter { sort, ..filter.clone() };
            let whole = index.certifications(&filter, None, 1000).expect("readable");
            assert_eq!(whole.len(), expected, "{filter:?}");
            let mut ordered = whole.clone();
            match sort {
                CertificationSort::Id => ordered.sort_by_key(|row| row.current.publication.certification.clone()),
                CertificationSort::RecentlyChanged => {
                    ordered.sort_by_key(|row| std::cmp::Reverse(row.current.publication.sequence));
                }
            }
            assert_eq!(whole, ordered, "{filter:?}");
            for limit in [1, 3, 7] {
                let mut paged = Vec::new();
                let mut cursor = None;
                loop {
                    let page = index.certifications(&filter, cursor.as_ref(), limit).expect("readable");
                    let Some(last) = page.last() else { break };
                    let publication = last.current.publication.clone();
                    cursor =
                        Some(CertificationCursor { id: publication.certification, sequence: publication.sequence });
                    paged.extend(page);
                }
                assert_eq!(paged, whole, "{filter:?} by {limit}");
            }
        }
    }
}

#[test]
fn events_tell_every_commit_once() {
    let world = World::full();
    let (_folder, index) = world.indexed();
    let all = index.events(0, 100, None, None).expect("readable");
    let genesis = index.event(0).expect("readable").expect("the genesis");
    let told: Vec<String> = std::iter::once(&genesis)
        .chain(&all)
        .map(|event| format!("{} {} {:?} {:?}", event.sequence, event.kind, event.certification, event.version))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    0 authority.changed None None
    1 edition.published None None
    2 supplier.registered None None
    3 ring.changed None None
    4 version.published Some(acme/lms) Some(1)
    5 version.transcribed Some(acme/vle) Some(1)
    6 version.published Some(acme/lms) Some(2)
    7 version.reaffirmed Some(acme/lms) Some(3)
    8 edition.published None None
    9 version.published Some(acme/lms) Some(4)
    10 supplier.updated None None
    11 version.published Some(acme/vle) Some(2)
    12 ring.changed None None
    13 case.stated Some(acme/lms) None
    ");
    let of = |kind: Option<&str>, of: Option<&CertificationId>| -> Vec<u64> {
        let events = index.events(5, 3, kind, of).expect("readable");
        events.iter().map(|event| event.sequence).collect()
    };
    assert_eq!(of(None, None), [6, 7, 8]);
    assert_eq!(of(Some("version.published"), None), [6, 9, 11]);
    assert_eq!(of(None, Some(&id("acme/lms"))), [6, 7, 9]);
    assert_eq!(of(Some("case.stated"), Some(&id("acme/lms"))), [13]);
    assert_eq!(of(Some("no.such.kind"), None), [] as [u64; 0]);
    assert_eq!(of(None, Some(&id("acme/nothing"))), [] as [u64; 0]);
    assert_eq!(index.recent_events(2).expect("readable"), [all[12].clone(), all[11].clone()]);
    assert_eq!(index.latest_sequence().expect("readable"), Some(13));
    assert_eq!(all[5].digest, Some(world.commits[6].files[0].digest));
    assert_eq!(all[5].questions, [answer("q3.2")]);
    assert_eq!(all[11].importance, "attention");
}

#[test]
fn a_commit_is_told_as_its_leaf_needs_it() {
    let world = World::full();
    let (_folder, index) = world.indexed();
    let (commit, time, files) = index.commit(6).expect("readable").expect("there");
    assert_eq!((commit, time), (world.commits[6].commit.clone(), at(30)));
    let expected: Vec<_> = world.commits[6].files.iter().map(|file| (file.path.clone(), file.digest)).collect();
    assert_eq!(files.iter().collect::<BTreeSet<_>>(), expected.iter().collect::<BTreeSet<_>>());
    assert_eq!(index.commit(14).expect("readable"), None);
    assert_eq!(
        [-1, 0, 9, 10, 65].map(|n| index.commit_at(at(n)).expect("readable")),
        [None, Some(1), Some(1), Some(3), Some(13)]
    );
}

#[test]
fn a_statement_is_prepared_once_whatever_is_asked() {
    let (_folder, index) = World::full().indexed();
    let sql = "SELECT v.digest FROM certification c JOIN version v ON v.certification = c.key
               LEFT JOIN edition d ON d.id = v.edition WHERE c.supplier = ? AND c.service = ? AND v.version = ?";
    let prepared_again = index.reading(|connection| {
        let mut statement = connection.prepare_cached(sql)?;
        for number in 1..4 {
            assert!(statement.exists(rusqlite::params!["acme", "lms", number])?);
        }
        Ok(statement.get_status(rusqlite::StatementStatus::RePrepare))
    });
    assert_eq!(prepared_again.expect("readable"), 0);
}
