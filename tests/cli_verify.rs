//! Forgeries by somebody who has the registry's own key and its whole repository: `certreg verify` finds each.

mod cli_desk;

use std::fs;

use cli_desk::{Desk, Done};
use serde_json::json;

const DOCUMENT: &str = "suppliers/ac/acme/lms.json";

/// A clone with a published certification of two versions, and the registry's stolen key.
fn desk_with_clone() -> Desk {
    let desk = Desk::new();
    desk.registry();
    let server = desk.serve();
    desk.enrol(&server.url);
    desk.finished("c.json", &desk.people());
    desk.sign("c.json");
    desk.certreg(&format!("publish c.json --to {}", server.url)).ok();
    desk.certreg("next c.json --completed-on 2026-02-01 --out n.json").ok();
    desk.edit("n.json", |document| document["responses"]["q5.7"]["statement"] = json!(["Within 30 days."]));
    desk.sign("n.json");
    desk.certreg(&format!("publish n.json --to {}", server.url)).ok();
    assert_eq!(server.stop(), Some(0));
    desk.run("git clone -q data/registry.git clone").ok();
    desk.certreg("verify clone").ok();
    desk
}

/// Commits what is in the clone's work tree as the registry would: with its name, its key, and a time that fits.
fn forge(desk: &Desk, seconds_on: i64) -> Done {
    let time = desk.run("git -C clone log -1 --format=%ct").ok().out;
    let date = format!("{} +0000", time.trim().parse::<i64>().expect("a time") + seconds_on);
    let key = format!("user.signingkey={}", desk.path("data/keys/registry").display());
    let git = |arguments: &[&str]| {
        let mut command = desk.program("git");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "certreg").env(format!("GIT_{who}_DATE"), &date);
            command.env(format!("GIT_{who}_EMAIL"), "registry@certreg.example");
        }
        let output = command.args(["-C", "clone", "-c", "gpg.format=ssh", "-c", &key]).args(arguments).output();
        let output = output.expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["add", "-A"]);
    git(&["commit", "-q", "-S", "-m", "Publish acme/lms version 3"]);
    desk.certreg("verify clone")
}

/// Takes the forged commit away again.
fn undo(desk: &Desk) {
    desk.run("git -C clone reset -q --hard HEAD~1").ok();
    desk.certreg("verify clone").ok();
}

#[test]
fn each_forgery_is_found_and_named() {
    let desk = desk_with_clone();
    let clone = |path: &str| format!("clone/{path}");
    let signed = |name: &str, to: &str| {
        for suffix in ["", ".sig", ".countersig"] {
            fs::copy(desk.path(&format!("{name}{suffix}")), desk.path(&format!("{to}{suffix}"))).expect("a copy");
        }
    };

    // An altered word under the old signatures.
    let altered = desk.read(&clone(DOCUMENT)).replace("Within 30 days.", "Within 3 days.");
    desk.write(&clone(DOCUMENT), altered);
    forge(&desk, 60).ends(1).says("the signature is missing").says("version 3 was due");
    undo(&desk);

    // An older version, with good signatures, put back.
    signed("c.json", &clone(DOCUMENT));
    forge(&desk, 60).ends(1).says("version 3 was due");
    undo(&desk);

    // A document signed twice by one person: the signatory's key in both places.
    desk.certreg("next n.json --completed-on 2026-02-02 --out m.json").ok();
    desk.edit("m.json", |document| document["service_name"] = json!("Other"));
    desk.certreg("sign m.json --role signatory --key signatory").ok();
    desk.certreg("sign m.json --role official --key signatory").ok();
    signed("m.json", &clone(DOCUMENT));
    forge(&desk, 60).ends(1).says("may not give this signature");
    undo(&desk);

    // A ring with a key more, which the Department did not sign.
    let ring = clone("suppliers/ac/acme/allowed_signers");
    desk.write(&ring, desk.read(&ring).replace("change=enrol", "change=lost"));
    forge(&desk, 60).ends(1).says("allowed_signers");
    undo(&desk);

    // Another question under the same edition.
    let edition = clone("editions/dfe-2016-dpa.json");
    desk.write(&edition, desk.read(&edition).replace("encrypted", "stored"));
    forge(&desk, 60).ends(1).says("an edition never changes");
    undo(&desk);

    // Other settings without the root key; a file that has no place; a signature alone.
    let settings = clone("registry.json");
    desk.write(&settings, desk.read(&settings).replace("Register", "Another"));
    desk.write(&clone("suppliers/ac/acme/notes.txt"), "hello\n");
    fs::copy(desk.path("c.json.sig"), desk.path(&clone("suppliers/ac/acme/lms.json.sig"))).expect("a copy");
    let done = forge(&desk, 60).ends(1).says("without the root key's signature");
    done.says("nothing has this place").says("replaced without the file that it signs");
    undo(&desk);

    // Time that goes back; a commit that nobody signed.
    desk.write(&clone("suppliers/ac/acme/notes.txt"), "hello\n");
    forge(&desk, -3600).ends(1).says("its time is before that of the commit before it");
    undo(&desk);
    desk.run("git -C clone -c user.name=x -c user.email=x@x.example commit -q --allow-empty -m x").ok();
    desk.certreg("verify clone").ends(1).says("it lacks the header 'gpgsig'");
}

#[test]
fn a_commit_signed_by_another_key_is_found() {
    let desk = desk_with_clone();
    for ending in ["", ".pub"] {
        fs::copy(desk.path(&format!("official{ending}")), desk.path(&format!("data/keys/registry{ending}")))
            .expect("a key");
    }
    desk.write("clone/suppliers/ac/acme/notes.txt", "hello\n");
    forge(&desk, 60).ends(1).says("the key is not enrolled for 'certreg.example'").says("nothing has this place");
}
