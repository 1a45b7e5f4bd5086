//! Keys and signatures on the command line, with OpenSSH's own programs as the judge.

mod cli_desk;

use std::{fs, os::unix::fs::PermissionsExt as _};

use cli_desk::Desk;

fn keygen(desk: &Desk, role: &str) {
    let arguments = format!("keygen --supplier acme --role {role} --registry-id certreg.example --out {role}");
    desk.certreg(&format!("{arguments} --no-passphrase")).ok();
}

#[test]
fn a_new_key_is_for_its_owner_only_and_is_never_overwritten() {
    let desk = Desk::new();
    let arguments = "keygen --supplier acme --role signatory --registry-id certreg.example --out key";
    let done = desk.with(&[("CERTREG_PASSPHRASE", "correct horse")], arguments).ok();
    let secret = desk.read("key");
    assert!(!done.out.contains(secret.lines().nth(1).expect("a line")), "no secret is printed");
    assert!(!(done.out + &done.err).contains("correct horse"));
    assert_eq!(fs::metadata(desk.path("key")).expect("the key").permissions().mode() & 0o777, 0o600);
    desk.with(&[("CERTREG_PASSPHRASE", "other")], arguments).ends(1).says("not overwritten");
    assert_eq!(desk.read("key"), secret);
    // OpenSSH reads it with the passphrase and derives the same public half.
    let mut command = desk.program("ssh-keygen");
    let output = command.args(["-y", "-P", "correct horse", "-f", "key"]).output().expect("ssh-keygen");
    let derived = String::from_utf8(output.stdout).expect("text");
    assert_eq!(derived.split(' ').nth(1), desk.read("key.pub").split(' ').nth(1));
    desk.certreg("keygen --supplier acme --role official --registry-id certreg.example --out other")
        .ends(3)
        .says("CERTREG_PASSPHRASE");
}

#[test]
fn signatures_are_byte_for_byte_what_ssh_keygen_writes() {
    let desk = Desk::new();
    desk.finished("c.json", &desk.people());
    keygen(&desk, "signatory");
    keygen(&desk, "official");
    desk.sign("c.json");
    let ours = (desk.read("c.json.sig"), desk.read("c.json.countersig"));
    fs::copy(desk.path("c.json"), desk.path("c.countersign.json")).expect("a copy");
    fs::remove_file(desk.path("c.json.sig")).expect("gone");
    desk.run("ssh-keygen -q -Y sign -f signatory -n certification@certreg.example c.json").ok();
    desk.run("ssh-keygen -q -Y sign -f official -n countersignature@certreg.example c.countersign.json").ok();
    assert_eq!(desk.read("c.json.sig"), ours.0);
    assert_eq!(desk.read("c.countersign.json.sig"), ours.1);
}

#[test]
fn ssh_agent_signs_so_that_the_key_need_not_be_there() {
    let mut desk = Desk::new();
    desk.finished("c.json", &desk.people());
    keygen(&desk, "signatory");
    let agent = desk.run("ssh-agent -s -a agent.sock").ok().out;
    let pid = agent.split("SSH_AGENT_PID=").nth(1).and_then(|rest| rest.split(';').next()).expect("a pid").to_owned();
    desk.agent = Some(desk.path("agent.sock").display().to_string());
    desk.run("ssh-add -q signatory").ok();
    fs::remove_file(desk.path("signatory")).expect("gone");
    let done = desk.certreg("sign c.json --role signatory --key signatory.pub");
    desk.run(&format!("kill {pid}")).ok();
    done.ok().says("in ssh-agent");
    desk.agent = None;
    desk.certreg("sign c.json --role signatory --key signatory.pub --force").ends(1).says("ssh-add");
}

#[test]
fn a_key_that_others_may_read_and_a_faulty_document_are_not_used() {
    let desk = Desk::new();
    desk.finished("c.json", &desk.people());
    keygen(&desk, "signatory");
    fs::set_permissions(desk.path("signatory"), fs::Permissions::from_mode(0o644)).expect("a mode");
    desk.certreg("sign c.json --role signatory --key signatory").ends(1).says("chmod 600");
    fs::set_permissions(desk.path("signatory"), fs::Permissions::from_mode(0o600)).expect("a mode");
    desk.edit("c.json", |document| document["responses"]["q3.1"]["code"] = serde_json::json!("not_recorded"));
    desk.certreg("sign c.json --role signatory --key signatory").ends(1).says("/responses/q3.1/code");
    assert!(!desk.has("c.json.sig"));
    desk.certreg("sign c.json --role signatory --key signatory --anyway").ok().says("1 fault not heeded");
}

#[test]
fn an_envelope_goes_from_one_signer_to_the_other() {
    let desk = Desk::new();
    desk.finished("c.json", &desk.people());
    keygen(&desk, "signatory");
    keygen(&desk, "official");
    desk.certreg("sign c.json --role signatory --key signatory --envelope e.json").ok();
    let envelope = desk.json("e.json");
    assert_eq!(envelope["document"], desk.read("c.json"));
    assert_eq!(envelope["people"].as_array().expect("records").len(), 2);
    assert!(envelope.get("countersignature").is_none());
    desk.certreg("sign e.json --role official --key official").ok().says("publish");
    assert!(desk.json("e.json")["countersignature"].as_str().expect("text").starts_with("-----BEGIN SSH SIGNATURE"));
    // The one who signed cannot be replaced by accident.
    keygen(&Desk::new(), "official");
    desk.certreg("keygen --supplier acme --role official --registry-id certreg.example --out o2 --no-passphrase").ok();
    desk.certreg("sign e.json --role official --key o2").ends(1).says("--force");
}

#[test]
fn the_departments_keys_never_lie_in_a_registrys_folder() {
    let desk = Desk::new();
    desk.certreg("init --registry-id certreg.example --name Register --data data").ok();
    for keys in ["data", "data/keys", "data/department", "data/../data/x"] {
        desk.certreg(&format!("authority init --registry-id certreg.example --keys {keys} --no-passphrase"))
            .ends(1)
            .says("the folder of a registry");
    }
    assert!(!desk.has("data/root") && !desk.has("data/department"));
}
