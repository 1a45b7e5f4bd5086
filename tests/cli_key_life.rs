//! The life of a supplier's keys by the built program and stock ssh-keygen: request, enrol, rotate, left, lost,
//! compromised; and what becomes of what they signed, whoever looks at it.

mod cli_desk;

use cli_desk::{Desk, Server};
use serde_json::{Value, json};

const CLOUD: &str = "acme/lms";

fn fingerprint(desk: &Desk, name: &str) -> String {
    let told = desk.run(&format!("ssh-keygen -lf {name}.pub")).ok().out;
    told.split(' ').nth(1).expect("a fingerprint").to_owned()
}

fn wait() {
    std::thread::sleep(std::time::Duration::from_millis(1200));
}

fn soon(desk: &Desk) -> String {
    desk.run("date -u -d +1seconds +%Y-%m-%dT%H:%M:%SZ").ok().out.trim().to_owned()
}

/// Publishes `name`, signed by these keys; gives when.
fn publish(desk: &Desk, url: &str, name: &str, signatory: &str, official: &str) -> String {
    for (role, key) in [("signatory", signatory), ("official", official)] {
        desk.certreg(&format!("sign {name} --role {role} --key {key}")).ok();
    }
    desk.certreg(&format!("publish {name} --to {url}")).ok();
    let receipt = desk.json(&format!("{name}.receipt.json"));
    wait();
    receipt["published_at"].as_str().expect("an instant").to_owned()
}

/// The version after `name`, with one word changed.
fn next(desk: &Desk, name: &str, new: &str) {
    desk.certreg(&format!("next {name} --completed-on 2026-02-01 --out {new}")).ok();
    desk.edit(new, |document| document["service_name"] = json!(format!("Acme Learning {new}")));
}

fn get(desk: &Desk, server: &Server, path: &str) -> Value {
    let told = desk.run(&format!("curl -s {}{path}", server.url)).ok().out;
    serde_json::from_str(&told).expect("JSON")
}

#[test]
fn a_key_is_asked_for_enrolled_exchanged_and_ended() {
    let desk = Desk::new();
    desk.registry();
    let server = desk.serve();
    let url = server.url.clone();
    desk.enrol(&url);
    desk.certreg("check signatory.request.json").ok().says("a request to enrol a key as signatory of acme");
    desk.certreg(&format!("keys list acme --registry {url}"))
        .ok()
        .says(&fingerprint(&desk, "official"))
        .says("may sign");
    // A key always has its first two seconds, whatever is said of it later: the second version must be of a later one.
    wait();
    wait();
    desk.finished("v1.json", &desk.people());
    publish(&desk, &url, "v1.json", "signatory", "official");
    next(&desk, "v1.json", "v2.json");
    let second_at = publish(&desk, &url, "v2.json", "signatory", "official");

    // The new key takes the old one's place, which agrees.
    let rotate = format!("keys rotate signatory --supplier acme --registry {url} --out signatory-2 --no-passphrase");
    desk.certreg(&rotate).ok().says("The old key agrees");
    desk.certreg("check signatory-2.request.json").ok();
    let (old, soon) = (fingerprint(&desk, "signatory"), soon(&desk));
    let enrol = format!("authority enrol signatory-2.request.json --keys dep --to {url} --valid-after {soon}");
    desk.certreg(&enrol).ends(1).says("Only a rotation carries the old key's signature");
    desk.certreg(&format!("{enrol} --replaces {}", fingerprint(&desk, "official"))).ends(1);
    desk.certreg(&format!("{enrol} --replaces {old}")).ok().says("version 2 (rotate)");
    wait();
    next(&desk, "v2.json", "v3.json");
    publish(&desk, &url, "v3.json", "signatory-2", "official");
    // Both are good for a while.
    next(&desk, "v3.json", "v4.json");
    publish(&desk, &url, "v4.json", "signatory", "official");

    // The official leaves: what was countersigned stands, and no more comes.
    let official = fingerprint(&desk, "official");
    let end = |key: &str, event: &str, at: &str| {
        desk.certreg(&format!("authority end-key {key} --supplier acme --event {event} {at} --keys dep --to {url}"))
    };
    end(&official, "left", "").ok().says("may sign until");
    wait();
    next(&desk, "v4.json", "v5.json");
    for (role, key) in [("signatory", "signatory-2"), ("official", "official")] {
        desk.certreg(&format!("sign v5.json --role {role} --key {key}")).ok();
    }
    desk.certreg(&format!("publish v5.json --to {url}")).ends(1).says("was valid until");
    desk.certreg(&format!("keys rotate official --supplier acme --registry {url} --out o2 --no-passphrase"))
        .ends(1)
        .says("cannot hand over");
    end(&official, "rotate", "").ends(2);
    // A successor without the old key's word: enrolled, not rotated.
    let request =
        format!("keys request --supplier acme --role official --registry {url} --out official-2 --no-passphrase");
    desk.certreg(&request).ok().says("send official-2.request.json");
    let enrol = format!("authority enrol official-2.request.json --keys dep --to {url}");
    desk.certreg(&format!("{enrol} --replaces {official}")).ends(1);
    let soon = self::soon(&desk);
    desk.certreg(&format!("{enrol} --valid-after {soon}")).ok().says("(enrol)");
    wait();
    desk.certreg("sign v5.json --role official --key official-2 --force").ok();
    desk.certreg(&format!("publish v5.json --to {url}")).ok();
    wait();

    // Somebody else may have had the first signatory's key since the second version came out.
    end(&old, "compromised", &format!("--at {second_at}")).ok();
    end(&fingerprint(&desk, "signatory-2"), "lost", "").ok();
    let list = get(&desk, &server, "/v1/suppliers/acme/keys");
    let ended = list["items"].as_array().expect("keys").iter().filter(|key| key["valid_before"].is_string());
    assert_eq!(ended.count(), 3);
    let unsound = [false, true, false, true, false];
    everybody_sees(&desk, &server, &unsound);
    stock_tools_see(&desk, &server, &unsound);
    next(&desk, "v5.json", "v6.json");
    desk.certreg("sign v6.json --role signatory --key signatory-2").ok();
    desk.certreg("sign v6.json --role official --key official-2").ok();
    desk.certreg(&format!("publish v6.json --to {url}")).ends(1).says("was valid until");
}

/// Registry, program and scripts say the same of each version.
fn everybody_sees(desk: &Desk, server: &Server, unsound: &[bool]) {
    desk.run("git clone -q --branch main data/registry.git clone").ok();
    let root = fingerprint(desk, "dep/root");
    let says = format!("{} unsound signatures as known now", unsound.iter().filter(|unsound| **unsound).count());
    let whole = desk.certreg(&format!("verify clone --root {root}")).ends(4).says(&says);
    for (i, unsound) in unsound.iter().enumerate() {
        let number = i + 1;
        let verification = format!("/v1/certifications/{CLOUD}/versions/{number}/verification");
        let told = get(desk, server, &verification);
        assert_eq!((&told["sound_then"], &told["sound_now"]), (&json!(true), &json!(!unsound)), "{told:#}");
        let named = format!("version {number} of {CLOUD}, by the signatory, was signed with");
        assert_eq!(whole.out.contains(&named), *unsound, "{}", whole.out);
        for registry in [server.url.as_str(), "clone"] {
            let verify = format!("verify v{number}.json --registry {registry}");
            let (code, words) = if *unsound { (4, "Held then, not now:") } else { (0, "Holds:") };
            desk.certreg(&verify).ends(code).says(words);
            let told: Value = serde_json::from_str(&desk.certreg(&format!("{verify} --json")).out).expect("JSON");
            assert_eq!((&told["holds"], &told["held_when_published"]), (&json!(!unsound), &json!(true)), "{told:#}");
        }
        let at = desk.json(&format!("v{number}.json.receipt.json"))["published_at"].clone();
        let mut script = desk.program("sh");
        script.current_dir(desk.path("clone")).args(["tools/as-of.sh", &root, "acme", "lms"]);
        let output = script.arg(at.as_str().expect("an instant")).output().expect("the script runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(if *unsound { 4 } else { 0 }), "version {number}: {said}");
        assert!(said.contains(&format!("{CLOUD} version {number}, published")), "{said}");
    }
}

/// The ring as it is served, in the hands of ssh-keygen alone.
fn stock_tools_see(desk: &Desk, server: &Server, unsound: &[bool]) {
    let ring = desk.run(&format!("curl -s {}/v1/suppliers/acme/allowed_signers", server.url)).ok().out;
    desk.write("ring", ring);
    for (i, unsound) in unsound.iter().enumerate() {
        let name = format!("v{}.json", i + 1);
        let at = desk.json(&format!("{name}.receipt.json"))["published_at"].as_str().expect("text").to_owned();
        let time: String = at.chars().filter(char::is_ascii_alphanumeric).collect::<String>().replace('T', "");
        let verify = format!(
            "ssh-keygen -Y verify -f ring -I signatory@acme -n certification@certreg.example -s {name}.sig \
             -Overify-time={time} < {name}"
        );
        let mut shell = desk.program("sh");
        let good = shell.args(["-c", &verify]).output().expect("ssh-keygen runs").status.success();
        assert_eq!(good, !unsound, "version {}", i + 1);
    }
}

/// A key request made without our program: only the document's exact form matters.
#[test]
fn requests_signed_by_ssh_keygen_are_as_good() {
    let desk = Desk::new();
    desk.registry();
    let server = desk.serve();
    desk.enrol(&server.url);
    for name in ["new", "other"] {
        let mut command = desk.program("ssh-keygen");
        let made = command.args(["-q", "-t", "ed25519", "-N", "", "-C", "ann@laptop", "-f", name]).status();
        assert!(made.expect("ssh-keygen runs").success());
    }
    let key: String = desk.read("new.pub").split(' ').take(2).collect::<Vec<_>>().join(" ");
    let request = format!(
        "{{\n  \"format\": \"certreg/key-request@1\",\n  \"key\": \"{key}\",\n  \"registry\": \"certreg.example\",\n  \
         \"role\": \"signatory\",\n  \"supplier\": \"acme\"\n}}\n"
    );
    desk.write("request", &request);
    let sign = |key: &str| {
        desk.run("rm -f request.sig").ok();
        desk.run(&format!("ssh-keygen -q -Y sign -f {key} -n enrolment@certreg.example request")).ok();
        desk.read("request.sig")
    };
    let (by_new, by_old, by_other) = (sign("new"), sign("signatory"), sign("other"));
    let envelope = |own: &str, old: Option<&str>| {
        let mut request = json!({"document": request, "signature": own});
        if let Some(old) = old {
            request["old_signature"] = json!(old);
        }
        desk.write("new.request.json", json!({"requests": [request]}).to_string());
    };
    let old = fingerprint(&desk, "signatory");
    let enrol = format!("authority enrol new.request.json --keys dep --to {} --replaces {old}", server.url);
    envelope(&by_other, Some(&by_old));
    desk.certreg("check new.request.json").ends(1).says("must be signed by the very key");
    desk.certreg(&enrol).ends(1).says("must be signed by the very key");
    envelope(&by_new, None);
    desk.certreg(&enrol).ends(1).says("the signature is missing");
    envelope(&by_new, Some(&by_other));
    desk.certreg(&enrol).ends(1).says("is not enrolled");
    envelope(&by_new, Some(&by_new));
    desk.certreg(&enrol).ends(1).says("is not enrolled");
    envelope(&by_new, Some(&by_old));
    desk.certreg(&enrol).ok().says("(rotate)");
    // Whoever holds the data has the request with both signatures.
    let short = desk.run("git -C data/registry.git ls-tree -r --name-only main suppliers/ac/acme/keys/").ok().out;
    assert_eq!(short.matches(".oldsig").count(), 1, "{short}");
    // A key serves once.
    desk.certreg(&enrol).ends(1).says("stands on two lines");
}
