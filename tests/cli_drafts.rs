//! Drafts on the command line: new, import, next, fmt, check. No connection, no keys.

mod cli_desk;

use cli_desk::{Desk, complete};
use serde_json::json;

#[test]
fn a_blank_draft_is_refused_until_everything_is_written_and_then_accepted() {
    let desk = Desk::new();
    desk.certreg(
        "new --edition dfe-2018-gdpr --registry-id certreg.example --supplier acme --service lms --out c.json",
    )
    .ok()
    .says("97 places to fill in");
    let faults = desk.certreg("check c.json --json").ends(1).out;
    let faults: serde_json::Value = serde_json::from_str(&faults).expect("JSON");
    let codes: Vec<&str> =
        faults["faults"].as_array().expect("a list").iter().filter_map(|f| f["code"].as_str()).collect();
    assert_eq!(codes.iter().filter(|code| **code == "still-to-write").count(), 97, "{codes:?}");
    assert_eq!(codes.len(), 97, "what is still to write is said once: {codes:?}");
    let people = desk.people();
    desk.edit("c.json", |document| complete(document, &people));
    desk.certreg("check c.json").ok().says("no faults");
}

#[test]
fn all_faults_are_listed_at_once_with_their_places() {
    let desk = Desk::new();
    desk.finished("c.json", &desk.people());
    desk.edit("c.json", |document| {
        document["responses"]["q3.1"]["code"] = json!("not_recorded");
        document["responses"].as_object_mut().expect("an object").remove("q5.7");
        document["contact"]["email"] = json!("J.Smyth@company.com");
        document["commitments"].as_object_mut().expect("an object").remove("update_promptly");
        document["responses"]["q4.1"]["evidence"] = json!([{"title": "x", "url": "javascript:alert(1)"}]);
    });
    let done = desk.certreg("check c.json").ends(1).says("5 faults");
    let done = done.says("/responses/q3.1/code").says("/responses/q5.7").says("/contact/email");
    done.says("/commitments/update_promptly").says("/responses/q4.1/evidence/0/url");
}

#[test]
fn layout_is_mended_by_fmt_and_only_layout() {
    let desk = Desk::new();
    desk.finished("c.json", &desk.people());
    let canonical = desk.read("c.json");
    let value: serde_json::Value = serde_json::from_str(&canonical).expect("JSON");
    desk.write("d.json", format!("\u{feff}{value}\r\n"));
    desk.certreg("check d.json").ends(1);
    desk.certreg("fmt --check d.json").ends(1);
    desk.certreg("fmt d.json").ok();
    assert_eq!(desk.read("d.json"), canonical);
    desk.certreg("fmt --check d.json").ok();
    desk.write("e.json", "{\"a\": 1, \"a\": 2}");
    desk.certreg("fmt e.json").ends(1).says("/a");
}

#[test]
fn both_published_forms_become_drafts_that_check_accepts() {
    let desk = Desk::new();
    for (seed, edition) in [("000_5f7981f69bd28955.txt", "dfe-2016-dpa"), ("004_64dfb80629537511.txt", "dfe-2018-gdpr")]
    {
        let name = format!("{edition}.json");
        desk.certreg(&format!("import {} --out {name} --doubts {edition}.doubts", Desk::seed(seed))).ok();
        let draft = desk.json(&name);
        assert_eq!(draft["edition"]["id"], edition);
        assert_eq!(draft["responses"].as_object().expect("answers").len(), 37);
        assert_eq!(draft["support"].as_object().expect("areas").len(), 7);
        assert!(desk.json(&format!("{edition}.doubts"))["doubts"].as_array().expect("a list").len() > 2);
        assert!(desk.has(&format!("{name}.people.json")), "named persons stay out of the draft");
        desk.certreg(&format!("check {name}")).ok();
        desk.certreg(&format!("import {} --out {name}", Desk::seed(seed))).ends(1).says("not overwritten");
    }
    let own = format!("import {} --own --out own.json", Desk::seed("000_5f7981f69bd28955.txt"));
    desk.certreg(&own).ok();
    assert_eq!(desk.json("own.json")["change"]["kind"], "initial");
    desk.certreg("check own.json").ends(1).says("TODO: green, amber or black");
}

#[test]
fn the_draft_of_the_next_version_follows_and_can_move_to_the_newer_wording() {
    let desk = Desk::new();
    desk.finished("c.json", &desk.people());
    let digest = desk.run("sha256sum c.json").ok().out;
    let digest = format!("sha256:{}", digest.split(' ').next().expect("a digest"));
    desk.certreg("next c.json --completed-on 2026-02-01 --out n.json").ok();
    let next = desk.json("n.json");
    assert_eq!((&next["version"], &next["previous"]), (&json!(2), &json!(digest)));
    assert_eq!(next["change"], json!({"kind": "update"}));
    desk.certreg("check n.json").ok();
    desk.certreg("next c.json --reaffirm --completed-on 2026-02-01 --out r.json").ok();
    assert_eq!(desk.json("r.json")["change"]["kind"], "reaffirmation");
    desk.certreg("next c.json --edition dfe-2018-gdpr --completed-on 2026-02-01 --out g.json").ok();
    assert_eq!(desk.json("g.json")["edition"]["id"], "dfe-2018-gdpr");
    desk.certreg("check g.json").ok();
    desk.certreg("diff c.json n.json").ok();
    desk.certreg("diff c.json g.json").ends(1).says("wording");
    desk.certreg("next g.json --edition dfe-2016-dpa").ends(1).says("next newer edition only");
}

#[test]
fn a_file_is_known_by_what_it_says_and_accidents_are_named() {
    let desk = Desk::new();
    let utf16: Vec<u8> = "-----BEGIN".encode_utf16().flat_map(u16::to_le_bytes).collect();
    desk.write("a.sig", [b"\xff\xfe".as_slice(), &utf16].concat());
    desk.certreg("check a.sig").ends(1).says("PowerShell");
    desk.write("b.sig", "-----BEGIN SSH SIGNATURE-----\r\nAAAA\r\n-----END SSH SIGNATURE-----\r\n");
    desk.certreg("check b.sig").ends(1).says("Windows line ends");
    desk.certreg("keygen --supplier acme --role official --registry-id certreg.example --out k --no-passphrase").ok();
    desk.certreg("check k").ends(1).says("never send it");
    desk.certreg("check k.pub").ok().says("a public key");
    desk.certreg("check k.request.json").ok().says("enrol a key as official of acme");
    desk.certreg("person --name Chris --out p.json").ok();
    desk.certreg("check p.json").ok().says("a person record");
    desk.certreg("check nothing.json").ends(3).says("no such file");
    desk.write("x.json", "{\"format\": \"certreg/certification@9\"}\n");
    desk.certreg("check x.json").ends(1);
}

#[test]
fn help_teaches_and_usage_has_its_own_code() {
    let desk = Desk::new();
    for command in ["check", "sign", "publish", "keygen", "authority", "init", "serve", "verify", "since", "import"] {
        let help = desk.certreg(&format!("help {command}")).ok().out;
        assert!(help.contains("xample:") || help.contains("In order:"), "{command} shows an example:\n{help}");
        assert!(!help.contains('\u{1b}'), "no colours in a pipe");
    }
    desk.certreg("help exit-codes").ok().says("the registry has moved on");
    desk.certreg("check").ends(2);
    desk.certreg("chekc x").ends(2).says("check");
    desk.certreg("--color always help exit-codes").ok();
}
