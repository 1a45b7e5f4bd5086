//! The operator's guide speaks of what there is: commands, figures, reasons and codes by their true names.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn guide() -> String {
    fs::read_to_string(root().join("OPERATIONS.md")).unwrap()
}

/// All sources of a folder, with line breaks inside texts taken out.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// The first cells of a section's table.
fn rows(section: &str) -> Vec<String> {
    let guide = guide();
    let text = guide.split_once(&format!("\n## {section}\n")).unwrap().1;
    let text = text.split("\n## ").next().unwrap();
    let lines = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    lines.map(|line| line.split('|').nth(1).unwrap().trim().to_owned()).collect()
}

#[test]
fn every_reason_in_the_guide_is_one_that_the_program_gives() {
    let sources = sources(&root().join("src"));
    for section in ["It is not ready: the reasons one by one", "It does not start"] {
        let rows = rows(section);
        assert!(rows.len() >= 8, "{rows:?}");
        for row in rows {
            for piece in row.split(['…', '/']).map(str::trim).filter(|piece| piece.len() > 8) {
                assert!(sources.contains(piece), "{section}: nobody says '{piece}'");
            }
        }
    }
}

#[test]
fn every_figure_command_and_code_in_the_guide_exists() {
    let (guide, sources) = (guide(), sources(&root().join("src")));
    let words: BTreeSet<&str> = guide.split(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))).collect();
    let figures: Vec<&&str> = words.iter().filter(|word| word.starts_with("certreg_")).collect();
    assert!(figures.len() >= 7, "{figures:?}");
    for figure in figures {
        let name = figure.trim_start_matches("certreg_").trim_end_matches("_total");
        assert!(sources.contains(&format!("\"{name}\"")), "{figure}");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_certreg")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands: BTreeSet<&str> = help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let mut seen = 0;
    for (_, rest) in guide.match_indices("certreg ").map(|(at, found)| guide.split_at(at + found.len())) {
        let word = rest.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).next().unwrap();
        let is_command = guide.contains(&format!("`certreg {word}")) || guide.contains(&format!("\ncertreg {word}"));
        if !word.is_empty() && is_command {
            assert!(commands.contains(word), "there is no 'certreg {word}'");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
    let catalogue = fs::read_to_string(root().join("src/api/catalogue.rs")).unwrap();
    let codes = catalogue.lines().filter(|line| line.contains("\" 503 \""));
    let codes: BTreeSet<&str> = codes.filter_map(|line| line.trim().strip_prefix('"')?.split('"').next()).collect();
    let told = guide.split_once("Other answers with 503").unwrap().1.split("\n## ").next().unwrap();
    let named = told.split('`').skip(1).step_by(2).filter(|word| word.contains('-') || *word == "overloaded");
    let named: Vec<&str> = named.filter(|word| !word.starts_with('/')).collect();
    assert!(named.len() >= 7, "{named:?}");
    named.into_iter().for_each(|code| assert!(codes.contains(code), "{code} in {codes:?}"));
}

#[test]
fn every_setting_in_the_examples_is_one_that_the_server_takes() {
    let unit = fs::read_to_string(root().join("examples/certreg.service")).unwrap();
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/certreg ")).unwrap();
    let container = fs::read_to_string(root().join("examples/Containerfile")).unwrap();
    let command = container.lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    let command: Vec<String> = serde_json::from_str(command).unwrap();
    for words in [start.split(' ').map(str::to_owned).collect(), command] {
        let mut certreg = Command::new(env!("CARGO_BIN_EXE_certreg"));
        let done = certreg.env_clear().args(&words).arg("--print-config").output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        let printed = String::from_utf8(done.stdout).unwrap();
        assert!(printed.contains("log = \"json\""), "{printed}");
    }
}
