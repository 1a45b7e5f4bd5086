//! The floors of the code: imports go down only, and each technology stays in its home.
//!
//! The floors are read from the header of `src/lib.rs`, so that the map people read is the rule that is checked.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod rust_words;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rust_words::words;

/// The top modules and their floors.
type Floors = BTreeMap<String, u32>;

/// Crates that may be named only in some modules. A prefix that ends in `_` stands for every crate of a family.
const HOMES: [(&str, &[&str]); 6] = [
    ("git2", &["store"]),
    ("gix_", &["store"]),
    ("rusqlite", &["index"]),
    ("ureq", &["cli", "witness"]),
    ("axum", &["api", "web", "server", "cli"]),
    ("tower_http", &["server"]),
];

/// Reads the floors from a header like ``//! - floor 1, pure machines: [`format`], [`signing`]``.
fn floors(lib: &str) -> Floors {
    let header: String = lib.lines().filter_map(|line| line.strip_prefix("//!")).collect();
    let mut floors = Floors::new();
    let mut pieces = header.split("floor ").skip(1);
    let numbered = |piece: &str| piece.split_once([',', ':']).and_then(|(number, _)| number.parse::<u32>().ok());
    for piece in pieces.by_ref() {
        let Some(floor) = numbered(piece) else { continue };
        for name in piece.split("[`").skip(1).filter_map(|rest| rest.split('`').next()) {
            let twice = floors.insert(name.to_owned(), floor);
            assert_eq!(twice, None, "src/lib.rs puts `{name}` on two floors");
        }
    }
    floors
}

/// The module that a file is, from its path below `src`: `a/b.rs` and `a/b/mod.rs` are `[a, b]`.
fn module_of(path: &str) -> Vec<&str> {
    let mut module: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    if module.last() == Some(&"mod") {
        module.pop();
    }
    module
}

/// What one file does against the floors, a sentence each.
fn offences(path: &str, source: &str, floors: &Floors) -> Vec<String> {
    let module = module_of(path);
    let Some(own_floor) = floors.get(module[0]) else {
        return vec![format!("{path}: `{}` stands on no floor; add it to the header of src/lib.rs", module[0])];
    };
    let words = words(source);
    let mut offences = Vec::new();
    for target in roots(&words, module.len()) {
        match floors.get(target) {
            _ if target == module[0] => {}
            Some(floor) if floor < own_floor => {}
            Some(floor) => {
                offences.push(format!("{path}: floor {own_floor} may not know `{target}` on floor {floor}"));
            }
            None => offences.push(format!("{path}: `crate::{target}` stands on no floor")),
        }
    }
    for (name, homes) in HOMES {
        let named = |word: &&str| if name.ends_with('_') { word.starts_with(name) } else { **word == *name };
        if words.iter().any(named) && !homes.contains(&module[0]) {
            offences.push(format!("{path}: {name} is at home in {homes:?} only"));
        }
    }
    offences
}

/// The top modules that paths in `words` reach, from `crate::` or by climbing with `super::`.
///
/// `depth` is the number of modules that the file itself stands in; inline modules are counted on the way.
fn roots<'a>(words: &[&'a str], depth: usize) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut braces: Vec<bool> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let begins_path = at == 0 || words[at - 1] != "::";
        match *word {
            "{" => braces.push(at >= 2 && words[at - 2] == "mod"),
            "}" => drop(braces.pop()),
            "crate" if words.get(at + 1) == Some(&"::") => found.extend(reached(&words[at + 2..])),
            "super" if begins_path => {
                let inside = depth + braces.iter().filter(|is_module| **is_module).count();
                let climbs = words[at..].chunks(2).take_while(|pair| **pair == ["super", "::"]).count();
                if climbs >= inside {
                    found.extend(reached(&words[at + 2 * climbs..]));
                }
            }
            _ => {}
        }
    }
    found
}

/// The first names after `crate::`: one, or one for each item between braces.
fn reached<'a>(words: &[&'a str]) -> Vec<&'a str> {
    if words.first() != Some(&"{") {
        return words.first().copied().into_iter().collect();
    }
    let mut names = Vec::new();
    let mut depth = 0;
    for pair in words.windows(2) {
        match pair[0] {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(pair[0], "{" | ",") && pair[1] != "}" {
            names.push(pair[1]);
        }
    }
    names
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below `src`, with its path there; `lib.rs` and `main.rs` stand on no floor and are left out.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![source_folder()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(source_folder()).unwrap().to_str().unwrap().replace('\\', "/");
                sources.push((relative, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources.retain(|(path, _)| path != "lib.rs" && path != "main.rs");
    sources
}

fn own_floors() -> Floors {
    floors(&fs::read_to_string(source_folder().join("lib.rs")).unwrap())
}

#[test]
fn imports_go_down_only_and_technologies_stay_at_home() {
    let floors = own_floors();
    let sources = sources();
    assert!(sources.len() > 20, "the sources were found");
    let offences: Vec<String> = sources.iter().flat_map(|(path, source)| offences(path, source, &floors)).collect();
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn every_module_stands_on_a_floor() {
    let lib = fs::read_to_string(source_folder().join("lib.rs")).unwrap();
    let floors = own_floors();
    let words = words(&lib);
    let declared: Vec<&str> = words.windows(2).filter(|pair| pair[0] == "mod").map(|pair| pair[1]).collect();
    for module in &declared {
        assert!(floors.contains_key(*module), "name `{module}` in the header of src/lib.rs, with its floor");
    }
    for module in floors.keys() {
        assert!(declared.contains(&module.as_str()), "the header of src/lib.rs names `{module}`, which is not there");
    }
    assert_eq!(floors["domain"], 0);
    assert!(floors["domain"] < floors["store"] && floors["store"] < floors["registry"]);
}

fn made_up(path: &str, source: &str) -> Vec<String> {
    let header = "//! - floor 0, meaning: [`domain`]\n//! - floor 1: [`format`](mod@format), [`signing`]\n\
                  //! - floor 2, one technology each: [`store`]\n//! - floor 3: [`cli`]; floor 4: [`web`]\n";
    offences(path, source, &floors(header))
}

#[test]
fn offending_texts_are_found() {
    for (path, source) in [
        ("domain/mod.rs", "use crate::format::Node;"),
        ("format/mod.rs", "use crate::signing;"),
        ("format/a.rs", "use crate::{domain::{self, Day}, store::Store};"),
        ("format/a.rs", "fn f() -> crate::store::Store { todo() }"),
        ("format/a.rs", "use super::super::store::Store;"),
        ("format/mod.rs", "use super::signing::Key;"),
        ("format/mod.rs", "mod tests { use super::super::signing::Key; }"),
        ("format/mod.rs", "use super::{domain, signing};"),
        ("format/mod.rs", "use crate::unknown::Thing;"),
        ("unknown.rs", ""),
        ("format/a.rs", "let s = r#\"crate::domain\"#; let c = '\"'; use crate::store;"),
        ("signing/a.rs", "fn f<'a>(x: &'a str) { git2::Repository::open(x) }"),
        ("cli/mod.rs", "use gix_odb::at;"),
        ("store/mod.rs", "use rusqlite::Connection;"),
        ("store/mod.rs", "use axum::Router;"),
    ] {
        assert_eq!(made_up(path, source).len(), 1, "{path}: {source}: {:?}", made_up(path, source));
    }
}

#[test]
fn harmless_texts_pass() {
    for (path, source) in [
        ("format/mod.rs", "use crate::domain::Day; use crate::format::profile; pub(super) mod a {}"),
        ("format/a/b.rs", "use super::super::profile; use super::Node;"),
        ("format/mod.rs", "mod tests { use super::*; mod inner { use super::super::Node; } }"),
        ("format/a.rs", "//! See [`crate::store`].\n/* crate::store /* git2 */ */ // super::super::store\n"),
        ("format/a.rs", "const S: &str = \"crate::store \\\" git2\"; const B: &[u8] = br#\"crate::web \" \"#;"),
        ("format/a.rs", "const Q: char = '\\''; const R: char = '\"'; fn f<'a>() {}"),
        ("web/mod.rs", "use axum::Router; use crate::{cli, store, domain};"),
        ("store/mod.rs", "use git2::Repository; use gix_hash::ObjectId; use crate::{domain, format};"),
    ] {
        assert_eq!(made_up(path, source), Vec::<String>::new(), "{path}: {source}");
    }
}
