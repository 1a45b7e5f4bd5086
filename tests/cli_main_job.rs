//! The main job on the command line: an operator, the Department, a supplier and a school, with a running registry.

mod cli_desk;

use cli_desk::Desk;
use serde_json::json;

#[test]
fn from_an_empty_folder_to_what_changed() {
    let desk = Desk::new();
    desk.registry();
    let server = desk.serve();
    let url = &server.url;
    desk.enrol(url);
    let people = desk.people();

    // The first version: rehearsed, refused with one signature, published, and published again without harm.
    desk.finished("c.json", &people);
    desk.certreg(&format!("publish c.json --to {url}")).ends(1).says("is not signed");
    desk.certreg("sign c.json --role signatory --key signatory").ok();
    desk.certreg(&format!("publish c.json --to {url} --dry-run")).ok().says("countersignature is still missing");
    desk.certreg(&format!("publish c.json --to {url}")).ends(1).says("signature-missing");
    desk.certreg(&format!("sign c.json --role official --key official --registry {url}")).ok();
    desk.certreg(&format!("publish c.json --to {url}")).ok().says("Published: acme/lms version 1");
    desk.certreg(&format!("publish c.json --to {url}")).ok().says("Published before");
    assert_eq!(desk.json("c.json.receipt.json")["version"], 1);

    // The second version, countersigned the Windows way; a rival that follows the same version comes too late.
    for name in ["n.json", "rival.json"] {
        desk.certreg(&format!("next {url}/v1/certifications/acme/lms --completed-on 2026-02-01 --out {name}")).ok();
        desk.edit(name, |document| {
            document["responses"]["q5.7"] =
                json!({"code": "amber", "statement": [format!("Within 30 days ({name}).")]});
            document["change"]["summary"] = json!(["Data at rest is encrypted later."]);
        });
    }
    desk.sign("n.json");
    std::fs::copy(desk.path("n.json"), desk.path("n.countersign.json")).expect("a copy");
    std::fs::rename(desk.path("n.json.countersig"), desk.path("n.countersign.json.sig")).expect("renamed");
    desk.sign("rival.json");
    desk.certreg(&format!("publish n.json --to {url}")).ok().says("version 2");
    desk.certreg(&format!("publish rival.json --to {url}")).ends(4).says("certreg next");
    desk.certreg(&format!("check rival.json --registry {url}")).ends(1).says("version-conflict");

    // A school asks the running registry and a clone, and gets the same words.
    desk.run("git clone -q data/registry.git clone").ok();
    let both = |arguments: &str| {
        let remote = desk.certreg(&format!("{arguments} --registry {url}"));
        let local = desk.certreg(&format!("{arguments} --registry clone"));
        assert_eq!((remote.code, &remote.out), (local.code, &local.out), "{arguments}");
        local
    };
    both("log acme/lms").ok().says("answers changed");
    both("diff acme/lms").ends(1).says("Q 5.7").says("GREEN");
    both("diff acme/lms 1 2 --format md").ends(1);
    both("diff acme/lms 2 2").ok();
    both("diff acme/lms 1 2 --json").ends(1).says("\"certification\": \"acme/lms\"");
    both("since acme/lms@2026-01-10 --short").ends(1).says("Q 5.7");
    both("show acme/lms --version 1 --no-names").ok().says("This is version 1; the current one is version 2.");
    assert_eq!(both("show acme/lms --version 2 --format document").ok().out, desk.read("n.json"));
    both("show acme/lms --version 9").ends(1).says("It has versions 1 to 2.");
    both("log acme/nothing").ends(1).says("othing is published as acme/nothing");
    desk.certreg(&format!("show acme/lms --registry {url}")).ok().says("Ann Example");
    desk.write("ours.csv", "service,since,label\nacme/lms,2026-01,Our learning platform\nacme/gone,2026-01,Gone\n");
    both("since --list ours.csv").ends(1).says("Our learning platform").says("not answered: acme/gone");

    // Everything verifies, with the root key pinned; another root key does not.
    let root = desk.run("ssh-keygen -lf dep/root.pub").ok().out;
    let root = root.split(' ').nth(1).expect("a fingerprint");
    desk.certreg(&format!("verify clone --root {root}")).ok().says("Everything holds");
    desk.certreg("verify clone --root SHA256:AAAA").ends(1).says("not the one that you pinned");
    desk.certreg("verify n.json --json --registry clone").ok().says("\"holds\": true");
    desk.certreg(&format!("verify n.json --registry {url}")).ok().says("the registry was believed");
    desk.edit("n.json", |document| document["service_name"] = json!("Altered"));
    desk.certreg("verify n.json --registry clone").ends(1).says("n.countersign.json is not a copy of n.json");
    std::fs::remove_file(desk.path("n.countersign.json.sig")).expect("gone");
    desk.certreg("verify n.json --registry clone").ends(1).says("never published there");

    assert_eq!(server.stop(), Some(0));
    desk.certreg("rebuild --check --data data").ok().says("is what the repository says");
    desk.certreg("log acme/lms --registry http://127.0.0.1:9").ends(3).says("cannot be reached");
}

#[test]
fn signing_needs_no_connection_and_sending_needs_no_key() {
    let desk = Desk::new();
    desk.registry();
    desk.certreg("authority edition dfe-2016-dpa --keys dep --out edition.json").ok().says("certreg submit");
    desk.certreg("authority supplier acme --name Acme --keys dep --out supplier.json").ok();
    let draft =
        format!("import {} --supplier acme --service lms --out draft.json", Desk::seed("000_5f7981f69bd28955.txt"));
    desk.certreg(&draft).ok();
    desk.certreg("authority transcribe draft.json --keys dep --out transcription.json").ok();
    std::fs::rename(desk.path("dep"), desk.path("away")).expect("the keys are taken away");
    let server = desk.serve();
    let url = &server.url;
    for (file, sequence) in [("edition.json", 1), ("supplier.json", 2), ("transcription.json", 3)] {
        desk.certreg(&format!("submit {file} --to {url}")).ok().says(&format!("sequence {sequence}"));
        desk.certreg(&format!("submit {file} --to {url}")).ok().says("in force already");
    }
    desk.certreg(&format!("show acme/lms --registry {url}")).ok().says("not signed by the supplier");
    desk.certreg(&format!("verify draft.json --registry {url}")).ok().says("the registry was believed");
    desk.certreg("verify draft.json --registry data").ok().says("the supplier did not sign it");
}

#[test]
fn a_key_is_replaced_and_another_reported_as_compromised() {
    let desk = Desk::new();
    desk.registry();
    let server = desk.serve();
    let url = &server.url;
    desk.enrol(url);
    desk.finished("c.json", &desk.people());
    desk.sign("c.json");
    // A key always has its first two seconds: the version must be of a later one.
    std::thread::sleep(std::time::Duration::from_secs(2));
    desk.certreg(&format!("publish c.json --to {url}")).ok();
    let fingerprint = |name: &str| {
        let line = desk.run(&format!("ssh-keygen -lf {name}.pub")).ok().out;
        line.split(' ').nth(1).expect("a fingerprint").to_owned()
    };
    let old = fingerprint("official");
    let keygen = "keygen --supplier acme --role official --registry-id certreg.example --no-passphrase --out official2";
    desk.certreg(&format!("{keygen} --replaces official")).ok();
    let enrol = format!("authority enrol official2.request.json --replaces {old} --keys dep --to {url}");
    desk.certreg(&enrol).ok().says("(rotate)");
    desk.certreg(&format!(
        "authority end-key {} --supplier acme --event compromised --at 2020-01-01T00:00:00Z --keys dep --to {url}",
        fingerprint("signatory")
    ))
    .ok()
    .says("(compromised)");
    // As known then it stands; as known now it is unsound, and both are said.
    desk.certreg("verify data").ends(4).says("as known now: commit 5").says("Everything held then");
    desk.certreg("verify c.json --registry data").ends(4).says("is no longer");
    drop(server);
}

#[test]
fn an_address_that_others_can_reach_must_be_wanted() {
    let desk = Desk::new();
    desk.registry();
    desk.certreg("serve --data data --listen 0.0.0.0:0").ends(2).says("--public");
    desk.certreg("serve --data nowhere --listen 127.0.0.1:0").ends(3).says("certreg init");
    desk.certreg("init --registry-id certreg.example --name Register --data data")
        .ends(1)
        .says("holds a registry already");
}
