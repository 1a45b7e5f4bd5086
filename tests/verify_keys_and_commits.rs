//! What the scripts that every registry carries say when somebody falsified whose keys count, or the commits.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use std::fs;

use certreg::{
    domain::Digest,
    signing::{AuthorityFile, AuthorityKey, AuthorityRole, AuthoritySettings, KeyEvent, Namespace, Window},
};
use common::fixture::{DEPARTMENT, Fixture, REGISTRY, ROOT, SIGNATORY, instant, key};
use forgery::{
    Copy, Forged, expect_bad, expect_good,
    scene::{CLOUD, CLOUD_JSON, published},
};

const AUTHORITY: &str = "authority/allowed_signers";
const MALLORY: u8 = 66;
const AT: &str = "2025-01-01T00:00:00Z";

fn authority(copy: &Copy) -> AuthorityFile {
    AuthorityFile::parse(&copy.text("main", AUTHORITY), &"certreg.example".parse().unwrap()).unwrap()
}

/// What the header must say of the work tree's files, with this threshold.
fn settings(copy: &Copy, threshold: u32) -> AuthoritySettings {
    copy.git(&["add", "--all"]);
    let paths = copy.git(&["ls-files", "registry.json", "VERIFY.md", "tools"]);
    let mut paths: Vec<&str> = paths.lines().collect();
    paths.sort_unstable();
    let digest = |path: &str| Digest::of(&fs::read(copy.path().join(path)).unwrap());
    let lines: String = paths.iter().map(|path| format!("{}  {path}\n", digest(path).hex())).collect();
    AuthoritySettings { policy: digest("authority/trust-policy"), files: Digest::of(lines.as_bytes()), threshold }
}

fn new_key(role: AuthorityRole, seed: u8) -> AuthorityKey {
    AuthorityKey::new(role, key(seed).public(), Window::new(instant(AT), None).unwrap())
}

/// Writes an authority file with signatures by these root keys.
fn put(copy: &Copy, text: &str, signers: &[u8]) {
    copy.write(AUTHORITY, text);
    for (i, signer) in signers.iter().enumerate() {
        let number = if i == 0 { String::new() } else { (i + 1).to_string() };
        copy.write(&format!("{AUTHORITY}.sig{number}"), copy.sign(*signer, Namespace::Root, text));
    }
}

fn at(at: &str) -> Forged<'_> {
    Forged { at, ..Forged::default() }
}

// ---- whose keys count

#[test]
fn a_further_authority_file_is_good_when_the_roots_before_it_signed() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    copy.write("tools/more.sh", "# more\n");
    let second = authority(&copy).enrol(settings(&copy, 2), &[new_key(AuthorityRole::Root, 11)]).unwrap();
    put(&copy, &second.print(), &[ROOT]);
    copy.commit();
    let said = expect_good(copy.authority());
    assert!(said.contains("authority file version 2 of 2025-01-01T00:00:00Z, signed by SHA256:"), "{said}");

    let before = copy.git(&["rev-parse", "main"]);
    let third = second.enrol(settings(&copy, 2), &[new_key(AuthorityRole::Registry, 13)]).unwrap().print();
    for (signers, why) in [
        (vec![ROOT], "signatures by 2 different root keys are needed"),
        (vec![ROOT, ROOT], "signatures by 2 different root keys are needed"),
        (vec![11, MALLORY], "authority/allowed_signers.sig2 is not a signature by a root key that counted then"),
        (vec![ROOT, 11, 11], "one key signed it twice"),
    ] {
        put(&copy, &third, &signers);
        copy.commit();
        expect_bad(copy.authority(), why);
        copy.git(&["reset", "--quiet", "--hard", &before]);
    }
    put(&copy, &third, &[ROOT, 11]);
    copy.commit();
    copy.write("suppliers/note", "By the new key\n").commit_as(&Forged { signer: 13, ..at("2025-02-01T00:00:00Z") });
    expect_good(copy.commits());
}

#[test]
fn a_root_key_that_somebody_adds_by_himself_never_counts() {
    let fixture = published();
    let with_mallory = |copy: &Copy| {
        let keys = [AuthorityRole::Root, AuthorityRole::Department].map(|role| new_key(role, MALLORY));
        // The same key in two roles is more than the registry's own code would write.
        let text = authority(copy).enrol(settings(copy, 1), &keys[..1]).unwrap().print();
        let line = text.lines().find(|line| line.contains(&key(MALLORY).public().line())).unwrap().to_owned();
        (text, line)
    };
    // Appended as the next version, self-signed.
    let copy = Copy::of(&fixture);
    let (text, _) = with_mallory(&copy);
    put(&copy, &text, &[MALLORY]);
    copy.commit();
    expect_bad(
        copy.authority(),
        "authority file version 2: authority/allowed_signers.sig is not a signature by a root",
    );
    expect_bad(copy.as_of(CLOUD, "2024-06-30"), "authority file version 2");
    expect_bad(copy.verify_all(), "authority file version 2");

    // Appended to the version there is.
    let copy = Copy::of(&fixture);
    let (_, line) = with_mallory(&copy);
    put(&copy, &format!("{}{line}\n", copy.text("main", AUTHORITY)), &[MALLORY]);
    copy.commit();
    expect_bad(copy.authority(), "authority file version 2: its first line is not as it must be");

    // With the true root's old signature left in place, and with it put back.
    let copy = Copy::of(&fixture);
    let (text, _) = with_mallory(&copy);
    copy.write(AUTHORITY, &text).commit();
    expect_bad(copy.authority(), "authority file version 2: no signature came with it");

    // The former version put back.
    let copy = Copy::of(&fixture);
    let first = copy.git(&["rev-parse", "main"]);
    put(&copy, &authority(&copy).with_settings(settings(&copy, 1)).unwrap().print(), &[ROOT]);
    copy.commit();
    copy.put_back(&first, AUTHORITY).put_back(&first, &format!("{AUTHORITY}.sig")).commit();
    expect_bad(copy.authority(), "authority file version 3: its first line is not as it must be");
}

#[test]
fn a_history_that_began_with_another_root_is_bad() {
    let fixture = published();
    let text = Copy::of(&fixture).text("main", AUTHORITY);
    let root = |text: &str| text.lines().find(|line| line.starts_with("root@")).unwrap().to_owned();
    let of = |seed: u8| key(seed).public();
    let (true_root, comment) = (of(ROOT).line(), of(ROOT).short_hex());
    let mallory = root(&text).replace(&true_root, &of(MALLORY).line()).replace(&comment, &of(MALLORY).short_hex());
    let encoded = |line: &str| line.split(' ').nth(1).unwrap().to_owned();
    for (name, forged, why) in [
        ("another root", text.replace(&root(&text), &mallory), "does not list the root key SHA256:"),
        (
            "both, signed by the other",
            text.replace(&root(&text), &format!("{}\n{mallory}", root(&text))),
            "is not signed by the root key SHA256:",
        ),
        (
            "a line that looks like one key and is another",
            text.replace(
                &root(&text),
                &mallory.replace(
                    "root@certreg.example\",",
                    &format!("root@certreg.example ssh-ed25519 {} x\",", encoded(&true_root)),
                ),
            ),
            "a line is not as it must be",
        ),
    ] {
        let copy = Copy::of(&fixture);
        put(&copy, &forged, &[MALLORY]);
        copy.begin_again(AT);
        eprintln!("{name}");
        expect_bad(copy.authority(), why);
    }
    let copy = Copy::of(&fixture);
    copy.begin_again(AT);
    expect_good(copy.authority());
    let other = key(MALLORY).public().fingerprint();
    expect_bad(copy.run("authority.sh", &[&other]), "does not list the root key");
}

#[test]
fn files_that_no_root_key_signed_for_are_bad() {
    let fixture = published();
    for path in
        ["tools/as-of.sh", "VERIFY.md", "registry.json", "tools/new.sh", "authority/trust-policy", ".gitattributes"]
    {
        let copy = Copy::of(&fixture);
        copy.write(path, "Trust me\n").commit();
        expect_bad(copy.authority(), "without a new authority file");

        // The next authority file speaks of the files as they were before.
        let copy = Copy::of(&fixture);
        let next = authority(&copy).with_settings(settings(&copy, 1)).unwrap();
        put(&copy, &next.print(), &[ROOT]);
        copy.write(path, "Trust me\n").commit();
        let why = if path.starts_with("auth") || path.starts_with(".git") {
            "authority file version 2: "
        } else {
            "registry.json, VERIFY.md or tools/ are not the files"
        };
        expect_bad(copy.authority(), why);
    }
    let copy = Copy::of(&fixture);
    copy.write("tools/new.sh", "# checked and signed\n");
    let next = authority(&copy).with_settings(settings(&copy, 1)).unwrap();
    put(&copy, &next.print(), &[ROOT]);
    copy.commit();
    expect_good(copy.authority());
}

#[test]
fn what_a_compromised_authority_key_signed_was_good_and_is_unsafe() {
    let fixture = published();
    for (role, seed, unsafe_now) in [
        ("Department", DEPARTMENT, "transcription: the key of the Department that signed it has been reported unsafe"),
        ("registry", REGISTRY, "is signed with a key of the registry that has been reported unsafe since"),
    ] {
        let copy = Copy::of(&fixture);
        let role_of = if role == "registry" { AuthorityRole::Registry } else { AuthorityRole::Department };
        let second = authority(&copy).enrol(settings(&copy, 1), &[new_key(role_of, 13)]).unwrap();
        put(&copy, &second.print(), &[ROOT]);
        copy.commit();
        let since = instant("2024-06-01T00:00:00Z");
        let third = second.end(settings(&copy, 1), &key(seed).public(), since, KeyEvent::Compromised).unwrap();
        put(&copy, &third.print(), &[ROOT]);
        copy.commit_as(&at("2025-02-01T00:00:00Z"));
        let (code, said) = copy.verify_all();
        assert!(code == 4 && !said.contains("BAD") && said.contains(unsafe_now), "{role}: {code} {said}");
        expect_good(copy.as_of(CLOUD, "2024-06-30"));
    }
}

// ---- commits

#[test]
fn a_commit_by_a_foreign_key_is_bad() {
    let fixture = published();
    for signer in [MALLORY, DEPARTMENT, ROOT, SIGNATORY] {
        let copy = Copy::of(&fixture);
        copy.write("suppliers/note", "Hello\n").commit_as(&Forged { signer, ..at(AT) });
        expect_bad(copy.commits(), "is not signed by a key of the registry");
    }
    // The newest version, committed again by somebody else.
    let copy = Copy::of(&fixture);
    let newest = copy.steps(CLOUD_JSON).pop().unwrap();
    copy.git(&["reset", "--quiet", "--hard", &newest]);
    copy.git(&["reset", "--quiet", "--soft", "main^"]);
    copy.commit_as(&Forged { signer: MALLORY, ..at(AT) });
    expect_bad(copy.as_of(CLOUD, "2025-01-02"), "is not signed by a key of the registry");
    expect_bad(copy.verify_all(), "is not signed by a key of the registry");
}

#[test]
fn time_never_goes_backwards() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    copy.write("suppliers/note", "Hello\n").commit_as(&at("2024-07-01T22:59:59Z"));
    expect_bad(copy.authority(), "time goes backwards at commit");
    expect_bad(copy.as_of(CLOUD, "2025-01-02"), "time goes backwards at commit");
    let copy = Copy::of(&fixture);
    copy.write("suppliers/note", "In the same second\n").commit_as(&at("2024-07-01T23:00:00Z"));
    expect_good(copy.commits());
}

#[test]
fn main_is_one_line_of_plain_commits() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let side = copy.git(&["rev-parse", "main~2"]);
    copy.write("suppliers/note", "Hello\n").commit_as(&Forged { parents: &[side], ..at(AT) });
    expect_bad(copy.commits(), "main is not one line of commits at");
    for headers in ["encoding UTF-8\n", " a folded line\n", "mergetag x\n", "author Mallory <m@example.org> 1 +0000\n"]
    {
        let copy = Copy::of(&fixture);
        copy.write("suppliers/note", "Hello\n").commit_as(&Forged { headers, ..at(AT) });
        expect_bad(copy.commits(), "is not written as the registry writes commits");
    }
}

#[test]
fn odd_files_are_bad() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    std::os::unix::fs::symlink("/etc/passwd", copy.path().join("suppliers/link")).unwrap();
    copy.commit();
    expect_bad(copy.commits(), "brings one of another kind or name");
    for name in ["suppliers/a b", "suppliers/\u{1b}[2J", "suppliers/$(id)", "suppliers/\n"] {
        let copy = Copy::of(&fixture);
        copy.write(name, "Hello\n").commit();
        expect_bad(copy.verify_all(), "brings one of another kind or name");
    }
    for path in ["suppliers/zz/example-learning/example-quiz.json", "suppliers/ex/example-learning/case.json"] {
        let copy = Copy::of(&fixture);
        copy.write(path, "{}\n").commit();
        expect_bad(copy.verify_all(), "a file does not lie where one of its kind belongs");
    }
}

#[test]
fn a_damaged_object_is_found() {
    let copy = Copy::of(&published());
    copy.write("suppliers/note", "Hello\n").commit();
    let id = copy.git(&["rev-parse", "main:suppliers/note"]);
    let file = copy.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    let other = copy.object("blob", b"Hullo\n");
    let other = copy.path().join(".git/objects").join(&other[..2]).join(&other[2..]);
    fs::remove_file(&file).unwrap();
    fs::copy(other, file).unwrap();
    expect_bad(copy.commits(), "git fsck finds damaged or missing objects");
}

#[test]
fn what_stands_beside_main_changes_nothing() {
    let copy = Copy::of(&published());
    let expected = copy.verify_all();
    let (old, new) = (
        copy.git(&["rev-parse", "main:suppliers/ex/example-learning/example-cloud.json"]),
        copy.object("blob", b"{}\n"),
    );
    copy.git(&["replace", &old, &new]);
    copy.git(&["tag", "main", "main~3"]);
    copy.git(&["config", "log.showSignature", "true"]);
    copy.git(&["config", "core.quotePath", "false"]);
    copy.git(&["config", "diff.noprefix", "true"]);
    copy.git(&["config", "diff.renames", "copies"]);
    assert_eq!(copy.verify_all(), expected);
    expect_good(expected);
}

#[test]
fn a_registry_without_anything_is_good() {
    expect_good(Copy::of(&Fixture::without_suppliers()).verify_all());
}
