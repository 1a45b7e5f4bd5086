//! The words of each answer, and from when to when they stood.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{AnswerId, Evidence},
    index::{
        Passage, Whose,
        wording::{self, Sought},
    },
};

fn terms(typed: &str) -> Sought {
    Sought::terms(typed).expect("words")
}

/// As `q3.2 from 4 to 6`.
fn told(passages: &[Passage]) -> Vec<String> {
    let gone = |gone: Option<u64>| gone.map(|gone| format!(" to {gone}")).unwrap_or_default();
    passages.iter().map(|passage| format!("{} from {}{}", passage.answer, passage.first, gone(passage.gone))).collect()
}

fn passages(index: &Index, typed: &str, whose: &Whose) -> Vec<String> {
    told(&index.passages(&terms(typed), whose, u64::MAX, 100).expect("readable"))
}

#[test]
fn an_answer_that_a_version_leaves_alone_has_one_passage() {
    let world = World::full();
    let (_folder, index) = world.indexed();
    // Three of the first version, in the form's order; the one stated last comes first.
    let lms = Whose::Certification(4);
    assert_eq!(passages(&index, "yes", &lms), ["q3.10 from 4", "q3.2 from 4 to 6", "q3.1 from 4"]);
    let everybody = passages(&index, "YES", &Whose::Anybody);
    assert_eq!(
        everybody[..3],
        ["q3.10 from 5", "q3.2 from 5", "q3.1 from 5"],
        "its colours changed, its words did not"
    );
    assert_eq!(everybody[3..], passages(&index, "yes", &lms)[..]);
    assert_eq!(passages(&index, "60 days", &Whose::Anybody), ["q3.2 from 6 to 9"]);
    assert_eq!(passages(&index, "not offered", &Whose::Anybody), ["q3.11 from 9"]);
    assert_eq!(passages(&index, "we answer", &Whose::Anybody), ["s3.1 from 5", "s3.1 from 4"]);
    assert_eq!(passages(&index, "yes offered", &Whose::Anybody), [""; 0]);
    let supplier = |id: &str| Whose::Supplier(id.parse().expect("an id"));
    assert_eq!(passages(&index, "offered", &supplier("acme")), ["q3.11 from 9"]);
    for nobody in ["acm", "me", "ac-me", "acme-x"] {
        assert_eq!(passages(&index, "offered", &supplier(nobody)), [""; 0], "{nobody}");
    }
    assert_eq!(passages(&index, "offered", &Whose::Certification(5)), [""; 0]);
    assert_eq!(passages(&index, "c4 sacme", &Whose::Anybody), [""; 0], "whose they are is none of their words");
}

#[test]
fn titles_and_addresses_of_evidence_are_words_of_their_answer() {
    let mut world = World::new();
    let url = "https://acme.example/iso-27001.pdf".to_owned();
    let evidence = Evidence { title: "ISO certificate".into(), url, sha256: None, dated_on: None };
    world.publish(&id("acme/lms"), |draft| {
        draft.responses.insert(
            "q3.2".parse().expect("a question"),
            Response { evidence: vec![evidence], ..response(Code::Green, "Yes.") },
        );
    });
    world.publish(&id("acme/lms"), |_| {});
    let (_folder, index) = world.indexed();
    assert_eq!(passages(&index, "iso-27001 certificate yes", &Whose::Anybody), ["q3.2 from 4 to 5"]);
    let over = Sought::sentence("Yes ISO certificate").expect("words");
    let found = index.passages(&over, &Whose::Anybody, u64::MAX, 9).expect("readable");
    assert_eq!(told(&found), [""; 0], "no run of words reaches over the end of a paragraph");
}

#[test]
fn pages_and_neighbours_are_told_in_order() {
    let mut world = World::new();
    for days in 1..=5 {
        world.publish(&id("acme/lms"), |draft| set(draft, "q3.1", Code::Green, &format!("After {days} days.")));
    }
    let (_folder, index) = world.indexed();
    let page = |below| index.passages(&terms("days"), &Whose::Anybody, below, 2).expect("readable");
    let first = page(u64::MAX);
    assert_eq!(told(&first), ["q3.1 from 8", "q3.1 from 7 to 8"]);
    let second = page(first[1].id);
    assert_eq!(told(&second), ["q3.1 from 6 to 7", "q3.1 from 5 to 6"]);
    assert_eq!(told(&page(second[1].id)), ["q3.1 from 4 to 5"]);
    assert_eq!(index.last_passage().expect("readable"), first[0].id);
    let next = |passage, earlier| index.neighbour(passage, earlier).expect("readable");
    assert_eq!((next(&first[0], true), next(&first[1], false)), (Some(first[1].clone()), Some(first[0].clone())));
    assert_eq!(next(&first[0], false), None);
    assert_eq!(index.gone(&first[1]).expect("readable"), Some(8));
    // At sequence 7 the fourth text stood, which is later than the first three; at 8 nothing later than the fifth does.
    let later = |passage, at| index.said_later(&terms("days"), passage, at).expect("readable");
    assert!(later(&second[0], 7) && !later(&first[1], 7) && later(&first[1], 8) && !later(&first[0], 8));
    let number = |row: Option<crate::index::VersionRow>| row.map(|row| row.publication.version);
    assert_eq!(number(index.version_at(7).expect("readable")), Some(4));
    assert_eq!(number(index.version_before(7).expect("readable")), Some(3));
    assert_eq!(number(index.version_at(3).expect("readable")), None);
}

/// Texts of few words, so that they repeat; also words that other tables of letters do not know, or take apart.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec![
        "data", "Data", "is", "kept", "e-mail", "don’t", "é", "Σας", "水", "𞤀", "60", "ﬁ", "–",
    ]);
    let paragraph = prop::collection::vec(word, 1..6).prop_map(|words| words.join(" "));
    prop::collection::vec(paragraph, 1..3)
}

/// Each answer's paragraphs.
type Answers = Vec<(AnswerId, Vec<String>)>;

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Search gives what looking at every version of every document gives.
    #[test]
    fn the_index_finds_what_reading_everything_finds(
        versions in prop::collection::vec((0..2usize, 0..3usize, texts()), 1..12),
        typed in prop::collection::vec(prop::sample::select(vec!["data", "KEPT", "e-mail", "mail", "don't", "É", "σασ", "水", "𞤀", "60", "ﬁ"]), 1..3),
    ) {
        let mut world = World::new();
        let ids = [id("acme/lms"), id("acme/vle")];
        // What each version said, by its sequence: every answer's paragraphs.
        let mut said: Vec<(u64, Answers)> = Vec::new();
        let mut last: [Option<Draft>; 2] = [None, None];
        for (which, question, text) in versions {
            let sequence = world.commits.len() as u64;
            let mut draft = world.draft(&ids[which], |_| {});
            if let Some(last) = &last[which] {
                draft.responses = last.responses.clone();
            }
            let question: QuestionId = ["q3.1", "q3.2", "q3.10"][question].parse().expect("a question");
            draft.responses.insert(question, Response { code: Some(Code::Green), statement: text, evidence: Vec::new() });
            let digest = world.commit_signed(paths::document(&ids[which]).as_str(), &v1::certification::write(&draft));
            world.documents.insert(ids[which].clone(), (draft.version, digest));
            let answers = draft.responses.keys().map(|id| AnswerId::from(*id));
            let answers = answers.map(|answer| {
                (answer, wording::paragraphs(&draft, answer).into_iter().map(str::to_owned).collect())
            });
            said.push((sequence, answers.collect()));
            last[which] = Some(draft);
        }
        let (_folder, index) = world.indexed();
        let rebuilt = place();
        let again = world.rebuilt(&rebuilt.1);
        prop_assert_eq!(again.differences(&index).expect("readable"), Vec::<String>::new());
        let joined = typed.join(" ");
        for sought in [Sought::terms(&joined), Sought::sentence(&joined)].into_iter().flatten() {
            let mut wanted: Vec<(u64, String)> = Vec::new();
            for (sequence, answers) in &said {
                for (answer, paragraphs) in answers {
                    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
                    if sought.stands_in(&paragraphs) {
                        wanted.push((*sequence, answer.to_string()));
                    }
                }
            }
            let found = index.passages(&sought, &Whose::Anybody, u64::MAX, 1_000).expect("readable");
            // Each version that says so lies in a passage of its certification that was found.
            for (sequence, answer) in &wanted {
                let row = index.version_at(*sequence).expect("readable").expect("a version");
                let key = index.version(&row.publication.certification, 1).expect("readable").expect("the first");
                let covers = |passage: &Passage| {
                    passage.certification == key.publication.sequence
                        && passage.answer.to_string() == *answer
                        && passage.stood_at(*sequence)
                };
                prop_assert!(found.iter().any(covers), "{answer} of {sequence} for {sought:?}");
            }
            // And, for terms, each passage that was found says so.
            for passage in found.iter().filter(|_| matches!(sought, Sought::Terms(_))) {
                prop_assert!(wanted.contains(&(passage.first, passage.answer.to_string())), "{passage:?} {sought:?}");
            }
        }
    }
}

#[test]
fn passages_that_differ_from_the_repository_are_told() {
    let world = World::full();
    let (folder, index) = world.indexed();
    let path = folder.path().join("index.sqlite");
    drop(index);
    let connection = rusqlite::Connection::open(&path).expect("a database");
    let merges = "SELECT v FROM said_config WHERE k = 'automerge'";
    assert_eq!(connection.query_row(merges, [], |row| row.get::<_, i64>(0)).expect("a setting"), 8);
    let harm = "UPDATE passage SET gone = NULL WHERE gone = 9;
                INSERT INTO said (rowid, words, place) VALUES (999, 'smuggled', 's');";
    connection.execute_batch(harm).expect("tables");
    connection.close().expect("closed");
    let index = Index::open(&path).expect("its tables are whole");
    let (_elsewhere, place) = place();
    let right = World::full();
    let commits = right.commits.iter().cloned().map(Ok::<_, Infallible>);
    let right = Index::rebuild(&place, commits, &right, &mut |_| {}).expect("good commits");
    let differences = right.differences(&index).expect("readable");
    let told = |start: &str| differences.iter().any(|line| line.starts_with(start));
    assert!(told("passage ") && told("said_word 'smuggled' 'words' should not be there"), "{differences:#?}");
}
