//! The demo as a visitor gets it: built from nothing, interrupted, continued.

use std::{fs, path::Path};

use certreg::{
    cli::demo::{self, DemoError},
    compare::{self, Reader, ReaderDay, Side},
    domain::{CertificationId, ChangeKind, WatchItem},
    registry::{Clock, Registry, read::VersionContent},
};

fn id(text: &str) -> CertificationId {
    text.parse().expect("an id")
}

fn build(data: &Path) -> Registry {
    demo::build(data, &mut |_| {}).expect("the demo builds")
}

#[test]
fn shows_every_kind_of_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo-data");
    assert!(!demo::is_built(&data).expect("nothing there"));
    let registry = build(&data);
    assert!(demo::is_built(&data).expect("a demo"));

    let versions = registry.index().versions(&id("example-learning/example-cloud"), None, 100).expect("rows");
    let kinds: Vec<ChangeKind> = versions.iter().rev().map(|row| row.kind).collect();
    assert_eq!(kinds.len(), 10);
    assert_eq!(kinds[0], ChangeKind::Initial);
    assert_eq!(kinds[7], ChangeKind::Reaffirmation);
    let first = versions.last().expect("a first version");
    let newest = versions.first().expect("a newest version");
    assert_eq!(first.edition.as_str(), "dfe-2016-dpa");
    assert_eq!(newest.edition.as_str(), "dfe-2018-gdpr");
    assert!(newest.effective_on.expect("announced").starts_at() > registry.clock().now());
    assert!(versions.iter().any(|row| row.promptness_facts().wrong_since.is_some()));
    assert!(versions.iter().any(|row| row.promptness_facts().wording_only));
    for version in 1..=10 {
        let verification = registry.verification(&id("example-learning/example-cloud"), version).expect("a version");
        assert!(verification.sound_then && verification.sound_now, "version {version}: {}", verification.sentence);
    }
    for seed in ["planet-enterprises/planet-estream-cloud", "nexus-software-platforms/parent-hub"] {
        let row = registry.certification(&id(seed)).expect("a transcription").current;
        assert_eq!(row.kind, ChangeKind::Transcription);
        let content = registry.content(&row).expect("a document");
        assert_eq!(content.responses.len(), 37, "{seed}");
        assert_eq!(content.support.len(), 7, "{seed}");
        assert!(registry.verification(&id(seed), 1).expect("a version").sound_now, "{seed}");
    }
    assert!(registry.settings().simulated_dates);
}

/// What the index noted of a version is what its document says.
#[test]
fn a_since_report_says_what_every_document_on_the_way_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = build(&folder.path().join("demo-data"));
    let cloud = id("example-learning/example-cloud");
    let mut rows = registry.index().versions(&cloud, None, 100).expect("rows");
    rows.reverse();
    let versions: Vec<VersionContent> =
        rows.into_iter().map(|row| registry.with_content(row).expect("a document")).collect();
    let sides: Vec<Side<'_>> = versions.iter().map(VersionContent::side).collect();
    let today = registry.clock().now().day_in_london();
    for (place, version) in versions.iter().enumerate() {
        let signed_up_on = version.row.publication.published_at.day_in_london().next();
        let item = WatchItem { certification: cloud.clone(), signed_up_on, reviewed_on: None, label: None };
        let told = registry.since(&item).expect("a report").report;
        let reader = Reader { day: signed_up_on, kind: ReaderDay::SignedUp };
        let read = compare::since(reader, told.baseline, &sides[place..], today).expect("there are versions");
        assert_eq!((told.baseline.version, told.steps.len()), (version.row.publication.version, 9 - place));
        assert_eq!(told, read);
    }
}

#[test]
fn says_nothing_of_real_companies_that_they_did_not_publish() {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = build(&folder.path().join("demo-data"));
    for (supplier, seed) in [
        ("planet-enterprises", include_str!("../seeds/000_5f7981f69bd28955.txt")),
        ("nexus-software-platforms", include_str!("../seeds/004_64dfb80629537511.txt")),
    ] {
        let row = registry.supplier(&supplier.parse().expect("an id")).expect("a supplier");
        let object = row.object.clone();
        let text = String::from_utf8(registry.bytes(&object, row.digest).expect("its record")).expect("text");
        let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let name = record["names"][0].as_str().expect("a name");
        assert!(seed.contains(name), "{name}");
        let website = record["website"].as_str().expect("a website").trim_start_matches("http://").to_owned();
        assert!(seed.contains(&website), "{website}");
        if let Some(number) = record["company_number"].as_str() {
            assert!(seed.contains(&format!("Company number {number}")), "{number}");
        }
    }
}

#[test]
fn continues_with_what_is_there_and_begins_anew_after_an_interruption() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo-data");
    let sequence = |registry: &Registry| registry.index().latest_sequence().expect("a sequence");
    let built = build(&data);
    let newest = sequence(&built);
    drop(built);
    let again = demo::open(&data, Clock::standing_at(demo::ends_at())).expect("opens");
    assert_eq!(sequence(&again), newest);
    drop(again);

    // As if the building had been interrupted while the finished parts were moved to their place.
    fs::create_dir(data.join("building")).expect("a folder");
    for name in ["registry-id", "people"] {
        fs::rename(data.join(name), data.join("building").join(name)).expect("a move");
    }
    assert!(!demo::is_built(&data).expect("an unfinished demo"));
    assert_eq!(sequence(&build(&data)), newest);
}

#[test]
fn touches_no_folder_that_is_not_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("accounts.xlsx"), "money").expect("a file");
    let error = demo::build(folder.path(), &mut |_| {}).err().expect("refused");
    assert!(matches!(error, DemoError::Occupied(_)), "{error}");
    assert!(folder.path().join("accounts.xlsx").exists());

    fs::write(folder.path().join("registry-id"), "certreg.example\n").expect("a file");
    assert!(matches!(demo::is_built(folder.path()), Err(DemoError::OtherRegistry(..))));
}

#[test]
fn the_ready_made_update_is_accepted_and_the_unsigned_one_refused() {
    use certreg::registry::publish::VersionSubmission;
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo-data");
    let registry = build(&data);
    let read = |name: &str| fs::read(data.join("demo-try").join(name)).expect(name);
    let text = |name: &str| Some(String::from_utf8(read(name)).expect("text"));
    let cloud = id("example-learning/example-cloud");
    let unsigned = VersionSubmission { document: read("unsigned.json"), ..VersionSubmission::default() };
    let error = registry.publish(&cloud, unsigned).expect_err("nobody signed it");
    assert_eq!(error.code, "signature-missing");
    let update = VersionSubmission {
        document: read("update.json"),
        signature: text("update.json.sig"),
        countersignature: text("update.json.countersig"),
        people: Vec::new(),
    };
    let published = registry.publish(&cloud, update).expect("both signed it");
    assert_eq!((published.already, published.version.publication.version), (false, 11));
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo-data");
    drop(build(&data));
    for key in ["demo-keys/root", "demo-keys/department", "demo-keys/signatory", "demo-keys/official", "keys/registry"]
    {
        let mode = fs::metadata(data.join(key)).expect(key).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
}

#[test]
fn says_on_the_command_line_that_its_dates_are_made_up() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(build(&folder.path().join("demo-data")));
    let certreg = |arguments: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_certreg"));
        command.current_dir(folder.path()).args(arguments.split(' '));
        let output = command.output().expect("the program runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let id = "example-learning/example-cloud";
    let document = certreg(&format!("show {id} --version 2 --format document --registry demo-data"));
    fs::write(folder.path().join("c.json"), document).expect("a file");
    for (arguments, words) in [
        (format!("since {id}@2024-01-10"), "Simulated dates"),
        (format!("since {id}@2024-01-10 --format md"), "Simulated dates"),
        (format!("since {id}@2024-01-10 --format html"), "<p class=\"notice\">Simulated dates"),
        (format!("since {id}@2024-01-10 --json"), "\"simulated_dates\": true"),
        (format!("diff {id} 1 2"), "Simulated dates"),
        (format!("diff {id} 1 2 --format md"), "Simulated dates"),
        (format!("diff {id} 1 2 --format html"), "<p class=\"notice\">Simulated dates"),
        (format!("diff {id} 1 2 --json"), "\"simulated_dates\": true"),
        (format!("log {id}"), "Simulated dates"),
        (format!("log {id} --json"), "\"simulated_dates\": true"),
        (format!("show {id}"), "simulated date"),
        (format!("show {id} --format md"), "simulated date"),
        (format!("show {id} --format html"), "simulated date"),
        ("verify c.json".to_owned(), "Simulated dates"),
        ("verify c.json --json".to_owned(), "Simulated dates"),
    ] {
        let said = certreg(&format!("{arguments} --registry demo-data"));
        assert!(said.contains(words), "{arguments}: {said}");
    }
    assert!(certreg("verify demo-data").contains("simulated"));
    assert!(certreg("verify demo-data --json").contains("\"simulated_dates\": true"));
}
