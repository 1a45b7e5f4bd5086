//! Who has the last word, and what happens to what cannot be understood.

use super::*;

fn told(key: &str, value: &str) -> Told {
    Told { key: key.to_owned(), value: value.to_owned(), by: format!("--set {key}") }
}

fn gather(flags: &Flags, environment: &[(&str, &str)]) -> CliResult<Gathered> {
    Gathered::gather(flags, environment.iter().map(|(name, value)| (name.into(), value.into())))
}

/// A folder with its own file and a file elsewhere.
fn folder(inside: &str, elsewhere: &str) -> (tempfile::TempDir, Flags) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    fs::write(data.join(FILE), inside).expect("written");
    fs::write(folder.path().join("other.toml"), elsewhere).expect("written");
    let flags = Flags {
        told: vec![told("data", data.to_str().expect("a name"))],
        config: Some(folder.path().join("other.toml")),
    };
    (folder, flags)
}

#[test]
fn flags_come_before_the_environment_before_files_before_defaults() {
    let inside = "[limits]\nreads = 1\nslow = 1\nwrites = 1\nconnections = 1\n";
    let (_folder, mut flags) = folder(inside, "[limits]\nreads = 2\nslow = 2\nwrites = 2\n");
    flags.told.push(told("limits.reads", "4"));
    let gathered = gather(&flags, &[("CERTREG_LIMITS_READS", "3"), ("CERTREG_LIMITS_SLOW", "3")]).expect("settings");
    let limits = gathered.settings.limits;
    assert_eq!(
        (limits.reads.at_once, limits.slow.at_once, limits.writes.at_once, limits.connections, limits.streams),
        (4, 3, 2, 1, Limits::default().streams)
    );
    let printed = gathered.print();
    let line = |name: &str| printed.lines().find(|line| line.starts_with(name)).expect("a line").to_owned();
    assert!(line("reads =").contains("# --set limits.reads:"), "{printed}");
    assert!(line("slow =").contains("# CERTREG_LIMITS_SLOW:"), "{printed}");
    assert!(line("writes =").contains("other.toml:"), "{printed}");
    assert!(line("connections =").contains("data/certreg.toml:"), "{printed}");
    assert!(line("streams =").contains("# default:"), "{printed}");
}

#[test]
fn what_is_printed_is_a_file_that_says_the_same() {
    let flags = Flags {
        told: vec![told("metrics", "127.0.0.1:9464"), told("limits.head", "1500ms"), told("log", "json")],
        ..Flags::default()
    };
    let first = gather(&flags, &[]).expect("settings");
    let (_folder, flags) = folder("", &first.print());
    let again = gather(&Flags { told: Vec::new(), ..flags }, &[]).expect("settings");
    assert_eq!(first.settings, again.settings);
}

#[test]
fn what_cannot_be_understood_is_refused_with_a_suggestion() {
    let refused = |flags: &Flags, environment: &[(&str, &str)]| {
        let error = gather(flags, environment).expect_err("refused");
        format!("{} {}", error.message, error.next.unwrap_or_default())
    };
    let (_folder, flags) = folder("[limits]\nconections = 5\n", "");
    let words = refused(&flags, &[]);
    assert!(words.contains("certreg.toml: there is no setting 'limits.conections'"), "{words}");
    assert!(words.contains("Did you mean 'limits.connections'?"), "{words}");
    let (_folder, flags) = folder("data = \"elsewhere\"\n", "");
    assert!(refused(&flags, &[]).contains("that it lies in"));
    let (_folder, flags) = folder("listen = [1]\n", "");
    assert!(refused(&flags, &[]).contains("cannot be a list"));
    let (_folder, flags) = folder("listen\n", "");
    assert!(refused(&flags, &[]).contains("is no TOML"));
    let none = Flags::default();
    assert!(refused(&none, &[("CERTREG_LISTN", "127.0.0.1:1")]).contains("Did you mean CERTREG_LISTEN?"));
    assert!(gather(&none, &[("CERTREG_SERVICE_HOST", "10.0.0.1"), ("CERTREG_PASSPHRASE", "x")]).is_ok());
    for (key, value) in [
        ("listen", "here"),
        ("public", "yes"),
        ("log", "xml"),
        ("limits.idle", "soon"),
        ("limits.idle", "10h"),
        ("limits.idle", "99999999999999999999s"),
        ("limits.idle", "99999999s"),
        ("limits.connections", "0"),
        ("limits.connections", "-1"),
        ("data", ""),
        ("nothing", ""),
    ] {
        let flags = Flags { told: vec![told(key, value)], ..Flags::default() };
        assert!(refused(&flags, &[]).contains(key), "{key}={value}");
    }
}

#[test]
fn every_setting_has_names_of_its_own() {
    let mut variables: Vec<String> = KEYS.iter().map(Key::variable).collect();
    variables.sort();
    variables.dedup();
    assert_eq!(variables.len(), KEYS.len());
    assert!(variables.contains(&"CERTREG_LIMITS_FIRST_BYTE".to_owned()));
}
