//! Attacks on rings, authority, signatures and copies, each seen by the scripts and by `certreg verify` alike.
//!
//! Where a ring or an authority file is bad in itself, the Department's or the root key has signed it: what they sign
//! by mistake, or under somebody's threat, still cannot rewrite what was known.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod forgery;

use std::fs;

use certreg::{
    domain::Digest,
    signing::{AuthorityFile, AuthorityKey, AuthorityRole, KeyEvent, Namespace, Window, sshsig},
};
use common::fixture::{DEPARTMENT, Fixture, OFFICIAL, ROOT, SIGNATORY, instant, key};
use forgery::{
    Copy, Forged, expect_bad, expect_good, root,
    scene::{CLOUD, CLOUD_JSON, RING, next_version, published, write_version},
};

const AUTHORITY: &str = "authority/allowed_signers";
const LATER: &str = "2025-06-01";
const OTHERS: &str = "example-other/example-cloud";

// ---- rings

/// The next ring, with this done to its lines, signed by the Department.
fn ring_with(copy: &Copy, event: &str, alter: impl Fn(&mut Vec<String>)) {
    let ring = copy.text("main", RING);
    let header = format!("version=2 change={event} previous={}", Digest::of(ring.as_bytes()));
    let mut lines: Vec<String> = ring.lines().map(str::to_owned).collect();
    lines[0] = lines[0].replace("version=1 change=enrol", &header);
    alter(&mut lines);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    copy.write_signed(RING, text, DEPARTMENT, Namespace::Keys).commit();
}

/// A line for this key, as the ring would have it.
fn line_of(copy: &Copy, role: &str, encoded: &str, short_hex: &str) -> String {
    let ring = copy.text("main", RING);
    let line = ring.lines().find(|line| line.starts_with(role)).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let options = words[1].replace("20231101100000Z", "20250101000000Z");
    format!("{} {options} ssh-ed25519 {encoded} example-learning-{role}-{short_hex}", words[0])
}

#[test]
fn a_ring_that_is_not_as_it_must_be_is_bad_even_if_the_department_signed_it() {
    type Alteration = (&'static str, &'static str, fn(&mut Vec<String>));
    let alterations: [Alteration; 12] = [
        ("a wildcard for the supplier", "lost", |lines| lines[1] = lines[1].replace("@example-learning ", "@* ")),
        ("a wildcard for the role", "lost", |lines| lines[1] = lines[1].replacen("signatory@", "*@", 1)),
        ("two principals", "lost", |lines| {
            lines[1] = lines[1].replacen("signatory@", "official@example-learning,signatory@", 1)
        }),
        ("no namespaces", "lost", |lines| {
            let (start, end) = (lines[1].find("namespaces").unwrap(), lines[1].find("valid-after").unwrap());
            lines[1].replace_range(start..end, "");
        }),
        ("every namespace", "lost", |lines| {
            let (start, end) = (lines[1].find("namespaces").unwrap(), lines[1].find(",valid-after").unwrap());
            lines[1].replace_range(start..end, "namespaces=\"*\"");
        }),
        ("a namespace more", "lost", |lines| {
            lines[1] = lines[1].replacen("certification@", "countersignature@certreg.example,certification@", 1);
        }),
        ("an authority over keys", "lost", |lines| {
            lines[1] = lines[1].replacen("namespaces", "cert-authority,namespaces", 1)
        }),
        ("a line removed", "left", |lines| drop(lines.remove(1))),
        ("lines exchanged", "enrol", |lines| lines.swap(1, 2)),
        ("a comment line", "enrol", |lines| lines.insert(1, "# nothing to see".to_owned())),
        ("an earlier beginning", "lost", |lines| lines[1] = lines[1].replace("20231101", "20221101")),
        ("time in the machine's own zone", "lost", |lines| {
            lines[1] = lines[1].replace("00Z\" ssh", "00Z\",valid-before=\"20250101000000\" ssh");
        }),
    ];
    let fixture = published();
    for (name, event, alter) in alterations {
        let copy = Copy::of(&fixture);
        ring_with(&copy, event, alter);
        eprintln!("{name}");
        expect_bad(copy.as_of(CLOUD, LATER), "key ring version 2, in force now: ");
    }
}

#[test]
fn a_key_that_fits_everything_or_was_valid_before_it_came_is_bad() {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let fixture = published();
    let encoded = |point: &str| {
        let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
        blob.extend_from_slice(Digest::from_hex(point).unwrap().as_bytes());
        (BASE64_STANDARD.encode(&blob), Digest::of(&blob).hex()[..16].to_owned())
    };
    let zeroes = "0".repeat(62);
    for point in [
        format!("01{zeroes}"),
        format!("00{zeroes}"),
        format!("{zeroes}80"),
        format!("ec{}7f", "f".repeat(60)),
        // The same point written in another way.
        format!("ee{}7f", "f".repeat(60)),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".to_owned(),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85".to_owned(),
    ] {
        let copy = Copy::of(&fixture);
        let (encoded, short) = encoded(&point);
        let line = line_of(&copy, "signatory", &encoded, &short);
        ring_with(&copy, "enrol", |lines| lines.push(line.clone()));
        expect_bad(copy.as_of(CLOUD, LATER), "key ring version 2, in force now: it does not belong here");
    }
    // A good key, but for a time before it was enrolled: for whatever was to be signed in somebody's name afterwards.
    let copy = Copy::of(&fixture);
    let new = key(77).public();
    let encoded = new.line().split(' ').nth(1).unwrap().to_owned();
    let line = line_of(&copy, "signatory", &encoded, &new.short_hex());
    let backdated = line.replace("20250101000000Z", "20240101000000Z");
    ring_with(&copy, "enrol", |lines| lines.push(backdated.clone()));
    expect_bad(copy.verify_all(), "or one was added for the past");
}

#[test]
fn the_end_of_a_key_never_moves_back() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    ring_with(&copy, "lost", |lines| {
        lines[1] = lines[1].replace("00Z\" ssh", "00Z\",valid-before=\"20250101000000Z\" ssh");
    });
    expect_good(copy.verify_all());
    let second = copy.text("main", RING);
    let header = format!("version=3 change=lost previous={}", Digest::of(second.as_bytes()));
    let third =
        second.replace(second.split(' ').skip(4).collect::<Vec<_>>().join(" ").lines().next().unwrap(), &header);
    for (name, text) in [
        ("later", third.replace("valid-before=\"2025", "valid-before=\"2035")),
        ("none any more", third.replace(",valid-before=\"20250101000000Z\"", "")),
    ] {
        let copy_of_third = Copy::of(&fixture);
        copy_of_third
            .write(RING, &second)
            .write(&format!("{RING}.sig"), copy.bytes("main", &format!("{RING}.sig")))
            .commit();
        copy_of_third.write_signed(RING, &text, DEPARTMENT, Namespace::Keys);
        copy_of_third.commit_as(&Forged { at: "2025-02-01T00:00:00Z", ..Forged::default() });
        eprintln!("{name}");
        expect_bad(copy_of_third.verify_all(), "a key of the version before was removed or altered");
    }
}

// ---- the authority file

fn authority(copy: &Copy) -> AuthorityFile {
    AuthorityFile::parse(&copy.text("main", AUTHORITY), &"certreg.example".parse().unwrap()).unwrap()
}

fn put(copy: &Copy, text: &str, signers: &[u8], at: &str) {
    copy.write(AUTHORITY, text);
    for (i, signer) in signers.iter().enumerate() {
        let number = if i == 0 { String::new() } else { (i + 1).to_string() };
        copy.write(&format!("{AUTHORITY}.sig{number}"), copy.sign(*signer, Namespace::Root, text));
    }
    copy.commit_as(&Forged { at, ..Forged::default() });
}

#[test]
fn root_keys_cannot_rewrite_what_was_known_either() {
    let fixture = published();
    let at = "2025-01-01T00:00:00Z";
    let window = Window::new(instant(at), None).unwrap();
    let next = |copy: &Copy| {
        let first = authority(copy);
        let new = AuthorityKey::new(AuthorityRole::Department, key(77).public(), window);
        first.enrol(*first.settings(), &[new]).unwrap().print()
    };
    let of = |text: &str, role: &str| text.lines().find(|line| line.starts_with(role)).unwrap().to_owned();
    type Alteration<'a> = (&'a str, Box<dyn Fn(&str) -> String + 'a>);
    let alterations: [Alteration<'_>; 4] = [
        ("a key removed", Box::new(|text| text.replacen(&format!("{}\n", of(text, "department@")), "", 1))),
        ("a key for the past", Box::new(|text| text.replace("20250101000000Z", "20240101000000Z"))),
        ("a wildcard", Box::new(|text| text.replacen("department@certreg.example ", "*@certreg.example ", 1))),
        (
            "a root key that may sign commits",
            Box::new(|text| text.replacen("namespaces=\"root@", "namespaces=\"git,root@", 1)),
        ),
    ];
    let copy = Copy::of(&fixture);
    put(&copy, &next(&copy), &[ROOT], at);
    expect_good(copy.verify_all());
    for (name, alter) in &alterations {
        let copy = Copy::of(&fixture);
        put(&copy, &alter(&next(&copy)), &[ROOT], at);
        eprintln!("{name}");
        expect_bad(copy.authority(), "authority file version 2: ");
    }
}

#[test]
fn two_root_keys_that_were_stolen_are_still_two() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let first = authority(&copy);
    let at = |text: &str| Window::new(instant(text), None).unwrap();
    let [two, three] =
        [41, 42].map(|seed| AuthorityKey::new(AuthorityRole::Root, key(seed).public(), at("2025-01-01T00:00:00Z")));
    let settings = certreg::signing::AuthoritySettings { threshold: 2, ..*first.settings() };
    let second = first.enrol(settings, &[two, three]).unwrap();
    put(&copy, &second.print(), &[ROOT], "2025-01-01T00:00:00Z");
    let third = second.with_settings(settings).unwrap();
    put(&copy, &third.print(), &[41, 42], "2025-02-01T00:00:00Z");
    let since = instant("2025-01-15T00:00:00Z");
    let one = certreg::signing::AuthoritySettings { threshold: 1, ..settings };
    let fourth = third.end(one, &key(41).public(), since, KeyEvent::Compromised).unwrap();
    put(&copy, &fourth.print(), &[ROOT, 42], "2025-03-01T00:00:00Z");
    let fifth = fourth.end(one, &key(42).public(), since, KeyEvent::Compromised).unwrap();
    put(&copy, &fifth.print(), &[ROOT], "2025-04-01T00:00:00Z");
    let (code, said) = copy.verify_all();
    assert!(code == 4 && !said.contains("BAD"), "{code} {said}");
    let fingerprints = [41, 42].map(|seed| key(seed).public().fingerprint());
    let told = said.lines().find(|line| line.contains("authority file version 3 ")).unwrap();
    assert!(fingerprints.iter().all(|fingerprint| told.contains(fingerprint)), "{told}");
}

#[test]
fn a_first_file_that_lists_the_true_root_and_was_signed_by_another_is_bad() {
    let fixture = published();
    let copy = Copy::of(&fixture);
    let text = copy.text("main", AUTHORITY);
    let line = text.lines().find(|line| line.starts_with("root@")).unwrap();
    let (own, mallory) = (key(ROOT).public(), key(66).public());
    let theirs = line.replace(&own.line(), &mallory.line()).replace(&own.short_hex(), &mallory.short_hex());
    let both = text.replace(line, &format!("{line}\n{theirs}"));
    copy.write(AUTHORITY, &both).write(&format!("{AUTHORITY}.sig"), copy.sign(66, Namespace::Root, &both));
    copy.begin_again("2025-01-01T00:00:00Z");
    let (code, said) = copy.program();
    assert!(code == 1 && said.contains("the root key is not the one that you pinned"), "{said}");
    expect_bad(copy.authority(), "is not signed by the root key");
}

// ---- signatures

#[test]
fn a_signature_in_another_form_is_bad() {
    let fixture = published();
    let namespace = Namespace::Certification.at(&"certreg.example".parse().unwrap());
    type Form = (&'static str, fn(&str, &str, &Copy) -> String);
    let forms: [Form; 7] = [
        ("the group's order added", |namespace, text, _| {
            const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
            let order = Digest::from_hex(ORDER).unwrap();
            let mut signature = key(SIGNATORY).sign_raw(&sshsig::to_be_signed(namespace, text.as_bytes()));
            let mut carry = 0;
            for (byte, order) in signature[32..].iter_mut().zip(order.as_bytes()) {
                let sum = u16::from(*byte) + u16::from(*order) + carry;
                (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
            }
            sshsig::armor(&key(SIGNATORY).public(), namespace, &signature)
        }),
        ("another digest", |namespace, text, copy| {
            copy.secret("key", &key(SIGNATORY).to_openssh("test", None).unwrap());
            let mut command = copy.command("ssh-keygen", ".");
            command.args(["-q", "-Y", "sign", "-f", "key", "-n", namespace, "-O", "hashalg=sha256"]);
            copy.feed(command, text.as_bytes())
        }),
        ("a byte behind", |namespace, text, _| reframed(namespace, text, |blob| blob.push(0))),
        ("a reserved text", |namespace, text, _| {
            reframed(namespace, text, |blob| {
                let at = blob.windows(namespace.len()).position(|part| part == namespace.as_bytes()).unwrap();
                blob.splice(at + namespace.len()..at + namespace.len() + 4, *b"\0\0\0\x01x");
            })
        }),
        ("another version", |namespace, text, _| reframed(namespace, text, |blob| blob[9] = 2)),
        ("64 columns", |namespace, text, _| {
            let good = certreg::signing::sign(&key(SIGNATORY), namespace, text.as_bytes());
            let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
            let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
            format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
        }),
        ("another registry's namespace", |_, text, _| {
            certreg::signing::sign(&key(SIGNATORY), "certification@other.example", text.as_bytes())
        }),
    ];
    for (name, form) in forms {
        let copy = Copy::of(&fixture);
        let text = next_version(&copy, |text| text);
        write_version(&copy, &text);
        copy.write(&format!("{CLOUD_JSON}.sig"), form(&namespace, &text, &copy)).commit();
        eprintln!("{name}");
        expect_bad(copy.as_of(CLOUD, LATER), "the signature by signatory@");
    }
}

/// A good signature whose bytes were altered before they were armoured again.
fn reframed(namespace: &str, text: &str, alter: impl Fn(&mut Vec<u8>)) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let good = certreg::signing::sign(&key(SIGNATORY), namespace, text.as_bytes());
    let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    let mut blob = BASE64_STANDARD.decode(body).unwrap();
    alter(&mut blob);
    let body = BASE64_STANDARD.encode(blob);
    let lines: Vec<&str> = body.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
}

// ---- replay

#[test]
fn what_one_supplier_signed_is_nobody_elses() {
    let fixture = published();
    // Another supplier's whole document with its signatures, in one's own place.
    let copy = Copy::of(&fixture);
    let theirs = "suppliers/ex/example-other/example-cloud.json";
    for suffix in ["", ".sig", ".countersig"] {
        copy.write(
            &format!("{theirs}{suffix}"),
            copy.bytes(&copy.steps(CLOUD_JSON)[0], &format!("{CLOUD_JSON}{suffix}")),
        );
    }
    copy.commit();
    let said = expect_bad(copy.as_of(OTHERS, LATER), "was written for another registry, supplier or service");
    assert!(said.contains("BAD: the signature by signatory@example-other"), "{said}");

    // Keys of one supplier on a document about the other.
    let copy = Copy::of(&fixture);
    let text = copy.text(&copy.steps(CLOUD_JSON)[0], CLOUD_JSON).replace("example-learning", "example-other");
    copy.write_signed(theirs, &text, SIGNATORY, Namespace::Certification);
    copy.write(&format!("{theirs}.countersig"), copy.sign(OFFICIAL, Namespace::Countersignature, &text)).commit();
    expect_bad(copy.as_of(OTHERS, LATER), "the signature by signatory@example-other");

    // Said in another registry, by the same people with the same keys.
    let copy = Copy::of(&fixture);
    let text = next_version(&copy, |text| {
        text.replace("\"registry\": \"certreg.example\"", "\"registry\": \"other.example\"")
    });
    write_version(&copy, &text);
    copy.commit();
    expect_bad(copy.as_of(CLOUD, LATER), "written for another registry");
}

// ---- copies

#[test]
fn a_copy_made_with_windows_line_ends_holds() {
    let fixture = published();
    for options in [["-c", "core.autocrlf=true"], ["-c", "core.eol=crlf"]] {
        let copy = Copy::with(&fixture, &options);
        let document = fs::read(copy.path().join(CLOUD_JSON)).unwrap();
        assert_eq!(document, copy.bytes("main", CLOUD_JSON), "the work tree has the signed bytes: {options:?}");
        expect_good(copy.verify_all());
        expect_good(copy.as_of(CLOUD, LATER));
        let own = copy.command("sh", "copy").args(["tools/verify-all.sh", &root()]).output().unwrap();
        assert!(own.status.success(), "the copy's own scripts can be run: {options:?}");
    }
}

#[test]
fn what_a_copy_says_beside_its_commits_hides_nothing() {
    let fixture = published();
    // Somebody altered the newest version; a replacement shows the good one in its place.
    let copy = Copy::of(&fixture);
    let good = copy.git(&["rev-parse", "main"]);
    copy.write(CLOUD_JSON, copy.text("main", CLOUD_JSON).replace("Our answer to 5.7", "Our answer to 5-7"));
    let bad = copy.commit();
    copy.git(&["replace", "-f", &bad, &good]);
    assert_eq!(copy.git(&["show", "main:suppliers/ex/example-learning/example-cloud.json"]), {
        copy.text(&good, CLOUD_JSON).trim_end().to_owned()
    });
    expect_bad(copy.verify_all(), "order: ");

    // A graft takes a commit out of what 'git log' tells.
    let copy = Copy::of(&fixture);
    copy.write(CLOUD_JSON, copy.text("main", CLOUD_JSON).replace("Our answer to 5.7", "Our answer to 5-7"));
    let bad = copy.commit();
    let last = copy.put_back(&good, CLOUD_JSON).commit_as(&Forged { at: "2025-02-01T00:00:00Z", ..Forged::default() });
    fs::create_dir_all(copy.path().join(".git/info")).unwrap();
    fs::write(copy.path().join(".git/info/grafts"), format!("{last} {good}\n")).unwrap();
    assert!(!copy.git(&["-c", "advice.graftFileDeprecated=false", "rev-list", "main"]).contains(&bad));
    expect_bad(copy.verify_all(), "order: ");
}

#[test]
fn scripts_say_which_versions_they_need() {
    let copy = Copy::of(&Fixture::without_suppliers());
    let guide = copy.text("main", "VERIFY.md");
    assert!(guide.contains("Git 2.34 or newer and OpenSSH 9.1 or newer"));
    for (program, says, wanted) in [
        ("git", "git version 2.33.1", "git 2.34 or newer is needed, this is 2.33."),
        ("git", "not git at all", "git 2.34 or newer is needed, this is another one."),
        ("ssh", "OpenSSH_8.9p1 Ubuntu-3, OpenSSL 3.0.2", "OpenSSH 9.1 or newer is needed, this is 8.9."),
        ("ssh", "OpenSSH_for_Windows_8.6p1, LibreSSL 3.4.3", "OpenSSH 9.1 or newer is needed, this is 8.6."),
    ] {
        let old = tempfile::tempdir().unwrap();
        let shim = old.path().join(program);
        fs::write(&shim, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
        fs::set_permissions(&shim, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", old.path().display(), std::env::var("PATH").unwrap());
        let mut command = copy.command("sh", "copy");
        let output = command.env("PATH", path).args(["tools/authority.sh", &root()]).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{says}");
        assert_eq!(String::from_utf8(output.stderr).unwrap().trim_end(), wanted);
    }
}
