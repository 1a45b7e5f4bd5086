//! The scripts that every registry carries, on registries that nobody touched, under dash and bash.
//!
//! `verify_forgeries.rs` shows what they say of falsified ones.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use certreg::{
    domain::Day,
    log::{Checkpoint, Tree, leaf_hash},
};
use common::fixture::{Fixture, certification};
use forgery::{
    Copy, expect_good, root,
    scene::{CLOUD, CLOUD_JSON, publish_alone, published, say_next, with_first_record},
};

// ---- what is good

#[test]
fn everything_holds_in_a_registry_that_nobody_touched() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let said = expect_good(copy.verify_all());
    assert!(said.lines().last().unwrap().starts_with("Everything holds: "), "{said}");
    assert!(said.contains("Looked at 2 certification(s) with 4 version(s), and 0 case statement(s)."), "{said}");
    for who in ["signed by signatory@example-learning, SHA256:", "signed by official@example-learning, SHA256:"] {
        assert_eq!(said.matches(who).count(), 3, "{who}: {said}");
    }
    let own = copy.command("sh", "copy").args(["tools/verify-all.sh", &root()]).output().unwrap();
    assert!(own.status.success() && own.stdout == said.as_bytes(), "the clone has the same scripts");
    assert!(fixture.registry.verification(&certification(CLOUD), 3).unwrap().sound_now);
}

#[test]
fn a_day_ends_at_midnight_in_london_also_in_summer() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    for (day, version) in [
        ("2024-01-10", 1),
        ("2024-06-30", 1),
        ("2024-07-01", 2),
        ("2024-07-02", 3),
        ("2024-07-01T22:59:58Z", 1),
        ("2024-07-01T22:59:59Z", 2),
        ("2024-07-01T23:00:00Z", 3),
    ] {
        let said = expect_good(copy.as_of(CLOUD, day));
        assert!(said.contains(&format!("{CLOUD} version {version}, published ")), "{day}: {said}");
        let instant = day.parse::<Day>().map_or_else(|_| day.parse().unwrap(), Day::ends_at);
        let row = fixture.registry.index().in_force(&certification(CLOUD), instant).unwrap().unwrap();
        assert!(said.contains(&row.publication.digest.to_string()), "{day}: {said}");
    }
    for (id, day) in [(CLOUD, "2024-01-09"), (CLOUD, "2024-01-10T09:59:59Z"), ("example-learning/other", "2024-07-01")]
    {
        let (code, said) = copy.as_of(id, day);
        assert_eq!(code, 2, "{said}");
        assert!(said.ends_with(&format!("Nothing was published as {id} by {day}.\n")), "{said}");
    }
}

#[test]
fn a_question_that_makes_no_sense_is_not_answered() {
    let copy = Copy::of(&Fixture::without_suppliers());
    for day in
        ["yesterday", "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "2024-01-01T24:00:00Z", ""]
    {
        assert_eq!(copy.as_of(CLOUD, day).0, 3, "{day}");
    }
    for id in ["../x", "EXAMPLE/x1", "a/b", "ab/supplier", "-a/bb", "a$(id)/bb", "ab/*", "ab/", "ab/x\u{1b}"] {
        assert_eq!(copy.as_of(id, "2024-01-01").0, 3, "{id}");
    }
    for script in ["authority.sh", "commits.sh", "verify-all.sh", "as-of.sh", "leaf.sh"] {
        assert_eq!(copy.run_under_both(script, &[]).0, 3, "{script}");
    }
    assert_eq!(copy.run_under_both("authority.sh", &["SHA256:short"]).0, 3);
    let shallow = ["clone", "--quiet", "--depth", "1", "--branch", "main"];
    let url = format!("file://{}", copy.path().display());
    assert!(copy.command("git", "copy").args(shallow).args([&url, "shallow"]).status().unwrap().success());
    let tool = format!("{}/authority.sh", forgery::TOOLS);
    let output = copy.command("sh", "copy/shallow").args([&tool, &root()]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "half a history proves nothing");
}

#[test]
fn days_end_when_the_time_zone_database_says() {
    // The weeks in which clocks change, leap days, and the ends of years.
    let told_apart = |day: &Day| {
        let text = day.to_string();
        let around =
            [("03-24", "04-02"), ("10-24", "11-02"), ("02-28", "03-01"), ("12-31", "12-31"), ("01-01", "01-01")];
        around.iter().any(|(first, last)| (*first..=*last).contains(&&text[5..]))
    };
    let days = (0..365 * 20).map(|n| "2015-01-01".parse::<Day>().unwrap().plus_days(n));
    let days: Vec<Day> = days.filter(told_apart).collect();
    let list: String = days.iter().map(|day| format!("{day}\n")).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("days"), list).unwrap();
    let script = ". \"$0/day.sh\"; while read -r day; do moment \"$day\" || exit 1; echo \"$before\"; done < days";
    for shell in ["dash", "bash"] {
        let mut command = std::process::Command::new(shell);
        let output = command.current_dir(&folder).args(["-eu", "-c", script, forgery::TOOLS]).output().unwrap();
        assert!(output.status.success());
        let told = String::from_utf8(output.stdout).unwrap();
        let expected: String = days.iter().map(|day| format!("{}\n", day.ends_at().unix_seconds())).collect();
        let differs = told.lines().zip(expected.lines()).zip(&days).find(|((a, b), _)| a != b);
        assert!(told == expected, "{differs:?}");
    }
}

#[test]
fn the_leaf_of_every_commit_is_that_of_its_receipt() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let commits = copy.git(&["rev-list", "--reverse", "main"]);
    assert_eq!(commits.lines().count() as u64, fixture.sequence() + 1);
    for (sequence, commit) in commits.lines().enumerate() {
        let receipt = fixture.registry.receipt(sequence as u64).unwrap();
        assert_eq!(copy.run_under_both("leaf.sh", &[commit]), (0, receipt.leaf), "commit {sequence}");
    }
    assert_eq!(copy.run_under_both("leaf.sh", &["nonsense"]).0, 3);
    assert_eq!(copy.run_under_both("leaf.sh", &["--all"]).0, 3);
}

#[test]
fn the_root_of_every_size_is_that_of_the_log() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let mut tree = Tree::new();
    for sequence in 0..=fixture.sequence() {
        tree.push(leaf_hash(fixture.registry.receipt(sequence).unwrap().leaf.as_bytes()));
        let text = Checkpoint::new("certreg.example/log", tree.size(), tree.root()).unwrap().print();
        assert_eq!(copy.run_under_both("root.sh", &[&tree.size().to_string()]), (0, text));
    }
    let text = Checkpoint::new("certreg.example/log", tree.size(), tree.root()).unwrap().print();
    assert_eq!(copy.run_under_both("root.sh", &[]), (0, text.clone()));
    let beyond = (tree.size() + 1).to_string();
    for wrong in [&["0"][..], &["01"], &["-1"], &["1x"], &[""], &["1", "2"], &["9999999999"], &[&beyond]] {
        assert_eq!(copy.run_under_both("root.sh", wrong).0, 3, "{wrong:?}");
    }
    copy.put_back(&copy.steps(CLOUD_JSON)[1], CLOUD_JSON).commit();
    let (code, other) = copy.run_under_both("root.sh", &[]);
    assert!(code == 0 && other != text, "one more commit, another root: {other}");
    copy.remove(CLOUD_JSON).commit();
    let (code, said) = copy.run_under_both("root.sh", &[]);
    assert!(code == 3 && said.contains("removes a file"), "{code} {said}");
}

// ---- one signature, where the Department allows it

#[test]
fn one_signature_is_enough_only_while_the_department_says_so() {
    let fixture = with_first_record(true);
    publish_alone(fixture.at("2024-01-10T10:00:00Z"));
    say_next(fixture.at("2024-02-01T10:00:00Z"), false);
    let mut two = fixture.at("2024-03-01T10:00:00Z").next(CLOUD);
    two.official = fixture.draft(CLOUD).official;
    two.commitments = fixture.draft(CLOUD).commitments;
    fixture.publish(&two);
    let copy = Copy::of(&fixture);
    let said = expect_good(copy.as_of(CLOUD, "2024-02-15"));
    assert!(said.contains("signed by one person; not independently verified"), "today's record says two: {said}");
    let said = expect_good(copy.as_of(CLOUD, "2024-03-01"));
    assert!(!said.contains("one person") && said.contains("signed by official@example-learning"), "{said}");
    expect_good(copy.verify_all());
}

// ---- VERIFY.md

/// The blocks marked `sh`, with the placeholders filled in.
fn blocks(guide: &str, url: &str) -> Vec<String> {
    let blocks = guide.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let values = [
        ("URL", url),
        ("ROOT_FINGERPRINT", &root()),
        ("SUPPLIER", "example-learning"),
        ("SERVICE", "example-cloud"),
        ("DAY", "2024-07-01"),
    ];
    blocks.map(|block| values.iter().fold(block.to_owned(), |text, (name, value)| text.replace(name, value))).collect()
}

#[test]
fn every_block_of_the_guide_works_as_written() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let url = format!("file://{}", fixture.data.join("registry.git").display());
    for shell in ["dash", "bash"] {
        copy.git(&["init", "--quiet", &format!("../{shell}")]);
        let mut said = Vec::new();
        for (i, block) in blocks(&copy.text("main", "VERIFY.md"), &url).iter().enumerate() {
            let folder = if i == 0 { shell.to_owned() } else { format!("{shell}/registry") };
            let output = copy.command(shell, &folder).args(["-e", "-c", block]).output().unwrap();
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(output.status.success(), "{shell}, block {i}: {block}\n{told}");
            said.push(told);
        }
        let said = said.concat();
        for who in ["root@", "department@", "signatory@example-learning", "official@example-learning"] {
            assert!(said.contains(&format!("signature for {who}")), "{who}: {said}");
        }
        assert!(said.contains("example-cloud version 2, published 2024-07-01T22:59:59Z"), "{said}");
        let commits = fixture.sequence() as usize + 1;
        assert_eq!(said.matches("Good \"git\" signature for registry@certreg.example").count(), commits, "{said}");
        assert!(said.contains("\nEverything holds: ") && said.contains("certreg.example/leaf/v1\n"), "{said}");
    }
}
